#include "base/member.h"
#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

enum { BITMAP_SHARE = 64 }; /* bits a member that a bitmap may take: those of a slot */

static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t slots_for(size_t n) {
    uint64_t bits = 3;
    while ((uint64_t)1 << bits < 2 * (uint64_t)n) bits++;
    return bits;
}

/* The smallest number from the first member on that is none. */
static int64_t free_number(const int64_t *v, size_t n) {
    uint64_t x = (uint64_t)v[0];
    for (size_t i = 0; i < n && (uint64_t)v[i] <= x; i++)
        if ((uint64_t)v[i] == x) x++;
    return (int64_t)x;
}

static void fill_bitmap(NumberSet *s, const int64_t *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t off = (uint64_t)v[i] - (uint64_t)s->min;
        s->words[off >> 6] |= (uint64_t)1 << (off & 63);
    }
}

static void fill_slots(NumberSet *s, const int64_t *v, size_t n) {
    uint64_t count = (uint64_t)1 << s->bits;
    for (uint64_t i = 0; i < count; i++) s->words[i] = (uint64_t)s->empty;
    for (size_t i = 0; i < n; i++) {
        uint64_t at = (uint64_t)v[i] * UINT64_C(0x9e3779b97f4a7c15) >> (64 - s->bits);
        while ((int64_t)s->words[at] != s->empty && (int64_t)s->words[at] != v[i])
            at = (at + 1) & (count - 1);
        s->words[at] = (uint64_t)v[i];
    }
}

void number_set(Buf *out, int64_t *v, size_t n) {
    qsort(v, n, sizeof *v, by_value);
    uint64_t span = (uint64_t)v[n - 1] - (uint64_t)v[0];
    bool bitmap = span / BITMAP_SHARE <= n + 64;
    uint64_t bits = bitmap ? 0 : slots_for(n);
    size_t words = bitmap ? (size_t)(span / 64) + 1 : (size_t)1 << bits;
    NumberSet *s = calloc(1, sizeof *s + words * 8);
    if (!s) abort();
    *s = (NumberSet){v[0], span, bits, free_number(v, n)};
    if (bitmap) fill_bitmap(s, v, n);
    else fill_slots(s, v, n);
    buf_add(out, s, sizeof *s + words * 8);
    free(s);
}

static const TextEntry *entries_of(const TextSet *s) {
    return (const TextEntry *)(const void *)(s->slots + ((size_t)1 << s->bits));
}

void text_set(Buf *out, const Str *v, size_t n) {
    uint64_t bits = slots_for(n), mask = ((uint64_t)1 << bits) - 1;
    size_t head = sizeof(TextSet) + sizeof(uint32_t) * ((size_t)1 << bits),
           bytes = head + n * sizeof(TextEntry);
    for (size_t i = 0; i < n; i++) bytes += v[i].n;
    TextSet *s = calloc(1, bytes);
    if (!s) abort();
    *s = (TextSet){.bits = bits, .n = n};
    TextEntry *e = (TextEntry *)(void *)((char *)s + head);
    uint32_t at = (uint32_t)(head + n * sizeof *e);
    for (size_t i = 0; i < n; at += e[i].n, i++) {
        e[i] = (TextEntry){hash64(v[i].p, v[i].n, 0), at, (uint32_t)v[i].n};
        if (v[i].n) memcpy((char *)s + at, v[i].p, v[i].n);
        uint64_t slot = e[i].hash & mask;
        while (s->slots[slot]) slot = (slot + 1) & mask;
        s->slots[slot] = (uint32_t)i + 1;
    }
    buf_add(out, s, bytes);
    free(s);
}

bool text_set_has(const TextSet *s, TextView x) {
    const TextEntry *all = entries_of(s);
    uint64_t hash = hash64(x.p, x.n, 0), mask = ((uint64_t)1 << s->bits) - 1;
    for (uint64_t slot = hash & mask; s->slots[slot]; slot = (slot + 1) & mask) {
        const TextEntry *e = &all[s->slots[slot] - 1];
        if (e->hash == hash && e->n == x.n && (!x.n || memcmp((const char *)s + e->at, x.p, x.n) == 0))
            return true;
    }
    return false;
}
