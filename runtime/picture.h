/* Pictures: PNG and JPEG files, decoded to bytes.  Which of the two a file is says its first bytes, not its name.
 *
 * Channels are 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA; samples have 8 bits: 16 are scaled to 8 (x / 257, rounded), fewer to
 * 8, a palette and its transparency are looked up, CMYK becomes RGB.  Nothing in a file is trusted, and what is cut short
 * or damaged is refused, never filled up.  The orientation that a camera notes is not applied.
 */
#ifndef DQL_RUNTIME_PICTURE_H
#define DQL_RUNTIME_PICTURE_H
#include "runtime/block.h"
#include "runtime/error.h"

enum { PICTURE_BYTES_MOST = 1 << 30 }; /* decoded */

typedef struct Picture {
    int64_t height, width;
    uint32_t channels;
    uint8_t *pixels; /* (height, width, channels), a block; NULL: only its header was read */
} Picture;

/* From the n bytes of a file; path is for the message. */
bool picture_header(const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e);
bool picture_decode(BlockPool *pool, const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e);

/* In place, the block replaced: 1, 3 or 4 channels.  Grey is ITU-R 601 luma in 16-bit fixed point, alpha is left out or full,
 * both as Pillow's. */
bool picture_convert(BlockPool *pool, Picture *x, uint32_t channels, RtError *e);
/* Bilinear, antialiased, to Pillow's bytes (picture_resize.c). */
bool picture_resize(BlockPool *pool, Picture *x, int64_t height, int64_t width, RtError *e);
void picture_planes(const Picture *x, uint8_t *to); /* (channels, height, width) */

/* The two formats; the caller has looked at the first bytes. */
bool png_decode(BlockPool *pool, const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e);
bool jpeg_decode(BlockPool *pool, const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e); /* pool NULL: the header */
bool picture_room(BlockPool *pool, const char *path, Picture *x, RtError *e); /* pixels for its sizes, which are checked */
#endif
