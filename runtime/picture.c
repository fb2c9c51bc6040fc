#include "runtime/picture.h"
#include <string.h>

static bool fits(const char *path, const Picture *x, RtError *e) {
    int64_t bytes;
    if (x->height >= 1 && x->width >= 1 && !__builtin_mul_overflow(x->height, x->width, &bytes) &&
        !__builtin_mul_overflow(bytes, x->channels, &bytes) && bytes <= PICTURE_BYTES_MOST)
        return true;
    return rt_fail(e, RT_DATA, "cannot read %s: its header says %lld x %lld pixels, which is more than 1 GiB", path,
                   (long long)x->width, (long long)x->height);
}

bool picture_room(BlockPool *pool, const char *path, Picture *x, RtError *e) {
    if (!fits(path, x, e)) return false;
    x->pixels = block_alloc(pool, (size_t)(x->height * x->width * x->channels));
    return x->pixels || rt_fail_memory(e);
}

static bool decode(BlockPool *pool, const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e) {
    static const uint8_t png[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, jpeg[3] = {0xFF, 0xD8, 0xFF};
    *out = (Picture){0};
    if (n >= sizeof png && memcmp(p, png, sizeof png) == 0) return png_decode(pool, path, p, n, out, e);
    if (n >= sizeof jpeg && memcmp(p, jpeg, sizeof jpeg) == 0) return jpeg_decode(pool, path, p, n, out, e);
    return rt_fail(e, RT_DATA, "cannot read %s: it is %s", path, n ? "no PNG and no JPEG file" : "empty");
}

bool picture_header(const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e) {
    return decode(NULL, path, p, n, out, e) && fits(path, out, e);
}

bool picture_decode(BlockPool *pool, const char *path, const uint8_t *p, size_t n, Picture *out, RtError *e) {
    return decode(pool, path, p, n, out, e);
}

/* One pixel's grey, colours and alpha. */
static uint8_t luma(const uint8_t *p) { return (uint8_t)((p[0] * 19595u + p[1] * 38470u + p[2] * 7471u + 0x8000) >> 16); }

static void convert_pixel(const uint8_t *from, uint32_t n, uint8_t *to, uint32_t m) {
    bool colour = n >= 3;
    if (m == 1) to[0] = colour ? luma(from) : from[0];
    for (uint32_t c = 0; m > 1 && c < 3; c++) to[c] = from[colour ? c : 0];
    if (m == 4) to[3] = n % 2 ? 255 : from[n - 1];
}

bool picture_convert(BlockPool *pool, Picture *x, uint32_t channels, RtError *e) {
    int64_t pixels = x->height * x->width;
    if (x->channels == channels) return true;
    uint8_t *to = block_alloc(pool, (size_t)(pixels * channels));
    if (!to) return rt_fail_memory(e);
    for (int64_t i = 0; i < pixels; i++)
        convert_pixel(x->pixels + i * x->channels, x->channels, to + i * channels, channels);
    block_free(x->pixels);
    x->pixels = to;
    x->channels = channels;
    return true;
}

void picture_planes(const Picture *x, uint8_t *to) {
    int64_t pixels = x->height * x->width;
    for (uint32_t c = 0; c < x->channels; c++, to += pixels)
        for (int64_t i = 0; i < pixels; i++) to[i] = x->pixels[i * x->channels + c];
}
