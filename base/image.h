/* Image: data structures as bytes and back.  One visitor describes an image for both directions, so that writing and reading
 * cannot differ: the same calls append a field or take it.  The same data gives the same bytes: no addresses, no padding.
 * Reading checks lengths and a checksum; after damage everything reads as zero, and image_end says so.
 */
#ifndef DQL_BASE_IMAGE_H
#define DQL_BASE_IMAGE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/type.h"

typedef struct Io {
    Buf *out;             /* writing; NULL: reading */
    size_t start;         /* writing: where the image begins in `out` */
    const char *at, *end; /* reading */
    Arena *arena;         /* reading: what is read lives here */
    TypePool *types;
    bool damaged;
} Io;

/* `magic` names what the image is of: 8 bytes. */
Io image_write(Buf *out);
void image_written(Io *io, const char *magic);
/* false: *why says what is wrong with the bytes. */
bool image_read(Io *io, Arena *a, TypePool *types, const void *bytes, size_t n, const char *magic, const char **why);
bool image_end(const Io *io, const char **why); /* everything was read and fitted */

void io_bytes(Io *io, void *p, size_t n);
#define IO(io, field) io_bytes((io), &(field), sizeof(field))
void io_array(Io *io, void *array, uint32_t *n, size_t size); /* array: T **, n elements without pointers and padding */
void io_list(Io *io, void *array, uint32_t *n, size_t size);  /* their number; when reading, room for them */
void io_text(Io *io, const char **s);                         /* NULL and empty differ */
void io_type(Io *io, const Type **t);                         /* NULL allowed */
/* One by one: elements with padding or pointers. */
#define IO_EACH(io, at, n, element)                                                                                    \
    do {                                                                                                               \
        io_list((io), &(at), &(n), sizeof *(at));                                                                      \
        for (uint32_t i_ = 0; i_ < (n); i_++) element((io), &(at)[i_]);                                                \
    } while (0)
#endif
