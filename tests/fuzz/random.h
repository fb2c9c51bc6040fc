/* Random numbers of one test: the same sequence for the same seed on every machine. */
#ifndef DQL_TESTS_FUZZ_RANDOM_H
#define DQL_TESTS_FUZZ_RANDOM_H
#include <stdbool.h>
#include <stdint.h>

typedef struct Random {
    uint64_t state;
} Random;

static inline uint64_t random_next(Random *r) { /* splitmix64 */
    uint64_t z = (r->state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline uint32_t below(Random *r, uint32_t n) { return (uint32_t)(random_next(r) % n); }
static inline bool one_in(Random *r, uint32_t n) { return below(r, n) == 0; }
static inline int64_t between(Random *r, int64_t from, int64_t to) {
    return from + (int64_t)(random_next(r) % (uint64_t)(to - from + 1));
}
#endif
