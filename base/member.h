/* Sets of constants that x IN (..) is looked up in: built when a statement is compiled, read by the runtime.
 * Flat: they lie in a program's pool of constants and in executables.
 */
#ifndef DQL_BASE_MEMBER_H
#define DQL_BASE_MEMBER_H
#include "base/buf.h"
#include "base/program.h"

/* Numbers of 64 bits: a bitmap from `min` on where they lie close together, else slots of linear probing. */
typedef struct NumberSet {
    int64_t min;
    uint64_t span;    /* largest - min */
    uint64_t bits;    /* 1 << bits slots, at most half of them taken; 0: a bitmap */
    int64_t empty;    /* what a free slot holds: no member */
    uint64_t words[]; /* of the bitmap, or the slots */
} NumberSet;

typedef struct TextEntry {
    uint64_t hash;
    uint32_t at, n; /* bytes from the set's start */
} TextEntry;

/* Texts: 1 << bits slots with the number of an entry from 1 on, 0: free; then the entries, then their bytes.
 */
typedef struct TextSet {
    uint64_t bits, n;
    uint32_t slots[];
} TextSet;

void number_set(Buf *out, int64_t *v, size_t n); /* sorts v; n > 0 */
void text_set(Buf *out, const Str *v, size_t n);
bool text_set_has(const TextSet *s, TextView x);

static inline bool number_set_has(const NumberSet *s, int64_t x) {
    uint64_t off = (uint64_t)x - (uint64_t)s->min;
    if (off > s->span) return false;
    if (!s->bits) return s->words[off >> 6] >> (off & 63) & 1;
    uint64_t mask = ((uint64_t)1 << s->bits) - 1,
             at = (uint64_t)x * UINT64_C(0x9e3779b97f4a7c15) >> (64 - s->bits);
    while ((int64_t)s->words[at] != s->empty && (int64_t)s->words[at] != x) at = (at + 1) & mask;
    return (int64_t)s->words[at] == x && x != s->empty;
}
#endif
