#include "base/map.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

/* Both tables probe linearly in a power of two of slots, at most three quarters full: a probe always ends. */
#ifdef DQL_HOSTILE
enum { FIRST = 2 };
#else
enum { FIRST = 16 };
#endif

static bool too_full(size_t n, size_t cap) { return n * 4 > cap * 3; }
static size_t next_cap(size_t cap) { return cap ? cap * 2 : FIRST; }

/* Callers' hashes may be weak in any bits: the multiplication spreads them to the ones that are used. */
static size_t slot_of(uint64_t hash, size_t cap) { return (hash * 0x9E3779B97F4A7C15ull >> 32) & (cap - 1); }

static void *new_slots(size_t n, size_t size) {
    void *p = mem_alloc(n * size);
    return memset(p, 0, n * size);
}

void *map_get(const Map *m, uint64_t hash, MapSame same, const void *key) {
    if (!m->cap) return NULL;
    for (size_t i = slot_of(hash, m->cap); m->value[i]; i = (i + 1) & (m->cap - 1))
        if (m->hash[i] == hash && same(m->value[i], key)) return m->value[i];
    return NULL;
}

static void map_put(Map *m, uint64_t hash, void *value) {
    size_t i = slot_of(hash, m->cap);
    while (m->value[i]) i = (i + 1) & (m->cap - 1);
    m->hash[i] = hash;
    m->value[i] = value;
    m->n++;
}

static void map_resize(Map *m, size_t cap) {
    Map to = {new_slots(cap, sizeof *to.hash), new_slots(cap, sizeof *to.value), 0, cap};
    for (size_t i = 0; i < m->cap; i++)
        if (m->value[i]) map_put(&to, m->hash[i], m->value[i]);
    map_free(m);
    *m = to;
}

void map_add(Map *m, uint64_t hash, void *value) {
    if (too_full(m->n + 1, m->cap)) map_resize(m, next_cap(m->cap));
    map_put(m, hash, value);
}

void map_free(Map *m) {
    free(m->hash);
    free(m->value);
    *m = (Map){0};
}

/* The slot of key, or the free one where it belongs. */
static size_t ptrmap_slot(const PtrMap *m, const void *key) {
    size_t i = slot_of((uintptr_t)key, m->cap);
    while (m->key[i] && m->key[i] != key) i = (i + 1) & (m->cap - 1);
    return i;
}

void *ptrmap_get(const PtrMap *m, const void *key) { return m->cap ? m->value[ptrmap_slot(m, key)] : NULL; }

static void ptrmap_resize(PtrMap *m, size_t cap) {
    PtrMap to = {new_slots(cap, sizeof *to.key), new_slots(cap, sizeof *to.value), m->n, cap};
    for (size_t i = 0; i < m->cap; i++) {
        if (!m->key[i]) continue;
        size_t slot = ptrmap_slot(&to, m->key[i]);
        to.key[slot] = m->key[i];
        to.value[slot] = m->value[i];
    }
    ptrmap_free(m);
    *m = to;
}

void ptrmap_set(PtrMap *m, const void *key, void *value) {
    if (too_full(m->n + 1, m->cap)) ptrmap_resize(m, next_cap(m->cap));
    size_t i = ptrmap_slot(m, key);
    m->n += !m->key[i];
    m->key[i] = key;
    m->value[i] = value;
}

void ptrmap_free(PtrMap *m) {
    free(m->key);
    free(m->value);
    *m = (PtrMap){0};
}
