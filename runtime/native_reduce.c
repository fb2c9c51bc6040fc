/* Which rows of a scan a join may match, by the stored codes of the key, before anything else looks at them.
 * Where the keys of neighbouring rows are near each other (a table in the order of its key) eight rows are looked up at a time,
 * in one window of the index's bits; else each has a word of its own.  Nothing is assumed: a batch shows which it is. */
#include "runtime/abi.h"
#include "runtime/state.h"
#include <immintrin.h>
#include <string.h>

typedef struct Codes { /* of the key in a batch: value = base + code */
    const void *at;
    int64_t base, n;
    const uint8_t *valid; /* NULL: all are */
    uint8_t width;        /* 1, 2, 4: unsigned; 8: signed, base 0 */
} Codes;

#define ALWAYS inline __attribute__((always_inline))

static ALWAYS int64_t code_at(const void *at, uint8_t width, int64_t i) {
    switch (width) {
    case 1: return ((const uint8_t *)at)[i];
    case 2: return ((const uint16_t *)at)[i];
    case 4: return ((const uint32_t *)at)[i];
    }
    return ((const int64_t *)at)[i];
}

/* ---- one row after the other ---- */
static ALWAYS uint64_t is_there(const JoinIndex *j, JoinForm form, int64_t key) {
    uint64_t k = (uint64_t)key - (uint64_t)j->min, n = (uint64_t)j->n;
    switch (form) {
    case JOIN_BITS: return join_bit(j->bits_set, k, n);
    case JOIN_ARRAY: return j->first[k < n ? k : n] != UINT32_MAX;
    case JOIN_TABLE: break;
    }
    return join_maybe(j, key);
}

/* By value, and form and width constants: nothing is read again because bytes were written. */
static ALWAYS void test_codes(JoinIndex j, Codes c, JoinForm form, uint8_t width, int64_t from, int64_t to, uint8_t *out) {
    for (int64_t i = from; i < to; i++) out[i] = (uint8_t)is_there(&j, form, code_at(c.at, width, i) + c.base);
    for (int64_t i = from; c.valid && i < to; i++) out[i] &= c.valid[i];
}

static ALWAYS void test_form(const JoinIndex *j, const Codes *c, JoinForm form, uint8_t *out) {
    switch (c->width) {
    case 1: test_codes(*j, *c, form, 1, 0, c->n, out); return;
    case 2: test_codes(*j, *c, form, 2, 0, c->n, out); return;
    case 4: test_codes(*j, *c, form, 4, 0, c->n, out); return;
    }
    test_codes(*j, *c, form, 8, 0, c->n, out);
}

/* ---- eight codes of nearby keys against a window of 64 bits of the index ---- */
static ALWAYS __m256i eight_codes(const void *at, uint8_t width, int64_t i) {
    switch (width) {
    case 1: return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)((const uint8_t *)at + i)));
    case 2: return _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)((const uint16_t *)at + i)));
    }
    return _mm256_loadu_si256((const __m256i *)((const uint32_t *)at + i));
}

/* Bits k .. k + 63; k is below n, and there is a word behind that of n. */
static ALWAYS uint64_t window_at(const uint64_t *bits, uint64_t k) {
    return bits[k >> 6] >> (k & 63) | bits[(k >> 6) + 1] << 1 << (63 - (k & 63));
}

/* Which of the eight are there, as bits; -1: the first is not the least, or one is too far from it. */
static ALWAYS int64_t find_eight(const JoinIndex *j, const Codes *c, uint8_t width, int64_t i) {
    int64_t first = code_at(c->at, width, i);
    uint64_t k = (uint64_t)(first + c->base) - (uint64_t)j->min;
    __m256i at = _mm256_sub_epi32(eight_codes(c->at, width, i), _mm256_set1_epi32((int32_t)first));
    if (k >= (uint64_t)j->n || !_mm256_testz_si256(at, _mm256_set1_epi32(~63))) return -1;
    uint64_t w = window_at(j->bits_set, k);
    __m256i low = _mm256_srlv_epi32(_mm256_set1_epi32((int32_t)w), at);
    __m256i high = _mm256_srlv_epi32(_mm256_set1_epi32((int32_t)(w >> 32)), _mm256_sub_epi32(at, _mm256_set1_epi32(32)));
    return _mm256_movemask_ps(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_or_si256(low, high), 31)));
}

static ALWAYS void put_eight(const Codes *c, int64_t i, int64_t there, uint8_t *out) {
    uint64_t bytes = _pdep_u64((uint64_t)there, 0x0101010101010101), valid = ~(uint64_t)0;
    if (c->valid) memcpy(&valid, c->valid + i, 8);
    bytes &= valid;
    memcpy(out + i, &bytes, 8);
}

/* ---- eight codes anywhere, each with a word of the index ---- */
/* Rows i .. to in eights; what is left, and all when no code of 32 bits can be a key, is left to the caller: the first row not done. */
static ALWAYS int64_t gather_eights(const JoinIndex *j, const Codes *c, uint8_t width, int64_t i, uint8_t *out) {
    const int64_t codes = INT64_C(1) << 32;
    int64_t low = (int64_t)((uint64_t)j->min - (uint64_t)c->base), end = (int64_t)((uint64_t)low + (uint64_t)j->n);
    int64_t from = low > 0 ? low : 0, last = (end < codes ? end : codes) - 1;
    if (from > last) return i;
    __m256i first = _mm256_set1_epi32((int32_t)from), most = _mm256_set1_epi32((int32_t)last), min = _mm256_set1_epi32((int32_t)low);
    for (; i + 8 <= c->n; i += 8) {
        __m256i code = eight_codes(c->at, width, i), near = _mm256_min_epu32(_mm256_max_epu32(code, first), most);
        __m256i k = _mm256_sub_epi32(near, min), inside = _mm256_cmpeq_epi32(code, near);
        __m256i word = _mm256_i32gather_epi32((const int *)(const void *)j->bits_set, _mm256_srli_epi32(k, 5), 4);
        __m256i there = _mm256_and_si256(inside, _mm256_slli_epi32(_mm256_srlv_epi32(word, _mm256_and_si256(k, _mm256_set1_epi32(31))), 31));
        put_eight(c, i, _mm256_movemask_ps(_mm256_castsi256_ps(there)), out);
    }
    return i;
}

/* Keys of a table in no order are far from each other: after a few such eights each is looked up by itself. */
static ALWAYS void reduce_codes(JoinIndex j, Codes c, uint8_t width, uint8_t *out) {
    enum { MOST_FAR = 8, AHEAD_BYTES = 2048 }; /* the processor itself looks ahead in a page only */
    int64_t i = 0;
    for (int far = 0; i + 8 <= c.n && far < MOST_FAR; i += 8) {
        __builtin_prefetch((const char *)c.at + i * width + AHEAD_BYTES);
        int64_t there = find_eight(&j, &c, width, i);
        if (there >= 0) put_eight(&c, i, there, out);
        else far++, test_codes(j, c, JOIN_BITS, width, i, i + 8, out);
    }
    i = gather_eights(&j, &c, width, i, out);
    test_codes(j, c, JOIN_BITS, width, i, c.n, out);
}

static void reduce_by_bits(const JoinIndex *j, const Codes *c, uint8_t *out) {
    switch (c->width) {
    case 1: reduce_codes(*j, *c, 1, out); return;
    case 2: reduce_codes(*j, *c, 2, out); return;
    case 4: reduce_codes(*j, *c, 4, out); return;
    }
    test_form(j, c, JOIN_BITS, out);
}

int64_t dql_rt_reduce(void *const *args, int64_t n) {
    const JoinIndex *j = &((const RtState *)args[0])->join;
    const int64_t *width = args[2], *base = args[3];
    Codes c = {.at = args[1], .base = *base, .n = n, .valid = args[4], .width = (uint8_t)*width};
    switch (j->form) {
    case JOIN_BITS: reduce_by_bits(j, &c, args[5]); break;
    case JOIN_ARRAY: test_form(j, &c, JOIN_ARRAY, args[5]); break;
    case JOIN_TABLE: test_form(j, &c, JOIN_TABLE, args[5]); break;
    }
    return 0;
}
