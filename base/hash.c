#include "base/hash.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash64(const void *p, size_t n, uint64_t seed) { return XXH3_64bits_withSeed(p, n, seed); }

Hash128 hash128(const void *p, size_t n) {
    XXH128_hash_t h = XXH3_128bits(p, n);
    return (Hash128){h.low64, h.high64};
}

/* Most significant digit first, as xxhsum prints it. */
void hash128_hex(Hash128 h, char out[33]) {
    for (int i = 0; i < 16; i++) {
        out[i] = "0123456789abcdef"[h.hi >> (60 - 4 * i) & 15];
        out[16 + i] = "0123456789abcdef"[h.lo >> (60 - 4 * i) & 15];
    }
    out[32] = 0;
}
