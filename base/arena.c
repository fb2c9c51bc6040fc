#include "base/arena.h"
#include "base/memory.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Chunks grow with the arena, so that few blocks cost little and many blocks few mallocs. Hostile builds give
 * nearly every block a chunk of its own: a write past a block then leaves malloc's block: ASan sees it. */
#ifdef DQL_HOSTILE
enum { CHUNK_MIN = 64, CHUNK_MAX = 64 };
#else
enum { CHUNK_MIN = 4 << 10, CHUNK_MAX = 1 << 20 };
#endif
enum { ALIGN = 16 };

typedef struct Chunk Chunk;
struct Chunk {
    Chunk *prev;
    size_t size, used;
    _Alignas(ALIGN) char data[];
};

typedef struct Deferred Deferred;
struct Deferred {
    Deferred *prev;
    void (*fn)(void *);
    void *arg;
};

struct Arena {
    Chunk *last;
    Deferred *deferred;
    size_t used;
};

Arena *arena_new(void) {
    Arena *a = mem_alloc(sizeof *a);
    *a = (Arena){0};
    return a;
}

void arena_reset(Arena *a) {
    for (Deferred *d = a->deferred; d; d = d->prev) d->fn(d->arg);
    for (Chunk *c = a->last, *prev; c; c = prev) {
        prev = c->prev;
        free(c);
    }
    *a = (Arena){0};
}

void arena_free(Arena *a) {
    if (!a) return;
    arena_reset(a);
    free(a);
}

size_t arena_used(const Arena *a) { return a->used; }

static size_t chunk_size(const Arena *a, size_t need) {
    size_t size = a->last ? a->last->size * 2 : CHUNK_MIN;
    if (size > CHUNK_MAX) size = CHUNK_MAX;
    return size < need ? need : size;
}

static Chunk *chunk_add(Arena *a, size_t need) {
    size_t size = chunk_size(a, need);
    Chunk *c = mem_alloc(size > PTRDIFF_MAX ? SIZE_MAX : sizeof(Chunk) + size);
    *c = (Chunk){.prev = a->last, .size = size};
#ifdef DQL_HOSTILE
    memset(c->data, 0xAB, size);
#endif
    return a->last = c;
}

void *arena_alloc(Arena *a, size_t size) {
    if (size > PTRDIFF_MAX - ALIGN) return mem_alloc(SIZE_MAX); /* does not return */
    size_t need = size ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
    Chunk *c = a->last;
    if (!c || c->size - c->used < need) c = chunk_add(a, need);
    void *p = c->data + c->used;
    c->used += need;
    a->used += need;
    return memset(p, 0, size);
}

void *arena_copy(Arena *a, const void *p, size_t size) {
    void *q = arena_alloc(a, size);
    return size ? memcpy(q, p, size) : q;
}

char *arena_strndup(Arena *a, const char *s, size_t n) {
    char *q = arena_alloc(a, n + 1);
    return n ? memcpy(q, s, n) : q;
}

char *arena_printf(Arena *a, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *s = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
    if (n > 0) vsnprintf(s, (size_t)n + 1, fmt, again);
    va_end(again);
    va_end(ap);
    return s;
}

void arena_defer(Arena *a, void (*fn)(void *), void *arg) {
    Deferred *d = ARENA_NEW(a, Deferred);
    *d = (Deferred){a->deferred, fn, arg};
    a->deferred = d;
}
