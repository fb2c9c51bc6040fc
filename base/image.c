#include "base/image.h"
#include "base/hash.h"
#include <string.h>

typedef struct Header {
    char magic[8];
    uint64_t bytes; /* behind the header */
    uint64_t hash;  /* of them */
} Header;

Io image_write(Buf *out) {
    Header h = {0};
    Io io = {.out = out, .start = out->n};
    buf_add(out, &h, sizeof h);
    return io;
}

void image_written(Io *io, const char *magic) {
    Header h;
    char *at = io->out->p + io->start;
    memcpy(h.magic, magic, sizeof h.magic);
    h.bytes = io->out->n - io->start - sizeof h;
    h.hash = hash64(at + sizeof h, h.bytes, 0);
    memcpy(at, &h, sizeof h);
}

bool image_read(Io *io, Arena *a, TypePool *types, const void *bytes, size_t n, const char *magic, const char **why) {
    Header h;
    const char *at = (const char *)bytes + sizeof h;
    if (n < sizeof h) return *why = "the image is cut off", false;
    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.magic, magic, sizeof h.magic)) return *why = "the image is of something else", false;
    if (h.bytes > n - sizeof h) return *why = "the image is cut off", false;
    if (hash64(at, h.bytes, 0) != h.hash) return *why = "the image is damaged", false;
    *io = (Io){.at = at, .end = at + h.bytes, .arena = a, .types = types};
    return true;
}

bool image_end(const Io *io, const char **why) {
    if (!io->damaged && io->at == io->end) return true;
    *why = "the image is damaged";
    return false;
}

void io_bytes(Io *io, void *p, size_t n) {
    if (io->out) {
        buf_add(io->out, p, n);
        return;
    }
    if (io->damaged || (size_t)(io->end - io->at) < n) {
        io->damaged = true;
        if (n) memset(p, 0, n);
        return;
    }
    if (n) memcpy(p, io->at, n);
    io->at += n;
}

/* *at is an array of n elements of `size` bytes without pointers. */
void io_array(Io *io, void *array, uint32_t *n, size_t size) {
    void **at = array;
    IO(io, *n);
    if (!io->out) {
        if ((size_t)(io->end - io->at) / size < *n) io->damaged = true;
        if (io->damaged) *n = 0;
        *at = arena_alloc(io->arena, size * *n);
    }
    io_bytes(io, *at, size * *n);
}

/* Room for n elements when reading; what they hold follows one by one. An element takes at least a byte. */
void io_list(Io *io, void *array, uint32_t *n, size_t size) {
    void **at = array;
    IO(io, *n);
    if (io->out) return;
    if ((size_t)(io->end - io->at) < *n) io->damaged = true;
    if (io->damaged) *n = 0;
    *at = arena_alloc(io->arena, size * *n);
}

/* NULL and empty differ: the length is one more. */
void io_text(Io *io, const char **s) {
    uint32_t n = io->out && *s ? (uint32_t)strlen(*s) + 1 : 0;
    IO(io, n);
    if (io->out) {
        io_bytes(io, (void *)(uintptr_t)*s, n ? n - 1 : 0);
        return;
    }
    if (n > (size_t)(io->end - io->at) + 1) io->damaged = true;
    *s = NULL;
    if (io->damaged || n == 0) return;
    *s = arena_strndup(io->arena, io->at, n - 1);
    io->at += n - 1;
}

void io_type(Io *io, const Type **t) {
    Buf text = {0};
    const char *s = NULL;
    if (io->out && *t) {
        type_print(&text, *t, true);
        s = text.p;
    }
    io_text(io, &s);
    buf_free(&text);
    if (io->out) return;
    *t = s ? type_parse(io->types, s, NULL) : NULL;
    if (s && !*t) io->damaged = true;
}
