/* Hashes. hash64 is for tables inside a process; Hash128 (XXH3) names things on disk and across processes. */
#ifndef DQL_BASE_HASH_H
#define DQL_BASE_HASH_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Hash128 {
    uint64_t lo, hi;
} Hash128;

uint64_t hash64(const void *p, size_t n, uint64_t seed);
/* Not symmetric: the order of what is mixed in counts. */
static inline uint64_t hash_mix(uint64_t h, uint64_t v) {
    h = ((h << 5 | h >> 59) ^ v) * 0x9E3779B97F4A7C15ull;
    return h ^ (h >> 29);
}
Hash128 hash128(const void *p, size_t n);
static inline bool hash128_eq(Hash128 a, Hash128 b) { return a.lo == b.lo && a.hi == b.hi; }
void hash128_hex(Hash128 h, char out[33]); /* 32 lower-case digits and NUL */
#endif
