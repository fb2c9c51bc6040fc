/* Numbers and dates of the forms that fill most files, without loops; false for any other form, which base/number.h and
 * base/date.h then read or refuse.  16 bytes behind a text must be readable.
 */
#ifndef DQL_RUNTIME_CSV_NUMBER_H
#define DQL_RUNTIME_CSV_NUMBER_H
#include "base/date.h"
#include <immintrin.h>

static inline uint64_t load8(const char *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

#define EVERY(byte) (0x0101010101010101ull * (byte))

/* Eight characters, the first in the lowest byte, as a number of eight digits. */
static inline bool digits_of_8(uint64_t v, uint64_t *out) {
    uint64_t high = v & EVERY(0xF0), carried = (v + EVERY(6)) & EVERY(0xF0);
    if ((high | carried >> 4) != EVERY(0x33)) return false;
    v -= EVERY('0');
    v = v * 10 + (v >> 8); /* pairs in bytes 0, 2, 4, 6 */
    v = (v & 0xFF000000FF) * (100 + (1000000ull << 32)) + (v >> 16 & 0xFF000000FF) * (1 + (10000ull << 32));
    *out = v >> 32;
    return true;
}

/* n <= 16 digits; none is 0. */
static inline bool digits_of(const char *p, uint32_t n, uint64_t *out) {
    uint64_t high = 0, low;
    if (n > 8) {
        if (!digits_of(p, n - 8, &high)) return false;
        p += n - 8;
        n = 8;
    }
    if (n == 0) return *out = 0, true;
    uint64_t v = load8(p) << (64 - 8 * n) | EVERY('0') >> 1 >> (8 * n - 1);
    if (!digits_of_8(v, &low)) return false;
    *out = high * 100000000 + low;
    return true;
}

static inline bool take_minus(const char **p, uint32_t *n) {
    bool minus = **p == '-';
    *p += minus;
    *n -= minus;
    return minus;
}

static inline bool fast_i64(const char *p, uint32_t n, int64_t *out) {
    uint64_t v;
    bool minus = take_minus(&p, &n);
    if (n - 1 > 15 || !digits_of(p, n, &v)) return false;
    *out = minus ? -(int64_t)v : (int64_t)v;
    return true;
}

/* Exactly `scale` digits behind the point, 0 < scale <= 8; unit is 10^scale. */
static inline bool fast_decimal(const char *p, uint32_t n, uint32_t scale, int64_t unit, int64_t *out) {
    uint64_t whole, fraction;
    bool minus = take_minus(&p, &n);
    if (n < scale + 2 || n > scale + 10 || p[n - 1 - scale] != '.') return false;
    if (!digits_of(p, n - 1 - scale, &whole) || !digits_of(p + n - scale, scale, &fraction)) return false;
    int64_t v = (int64_t)whole * unit + (int64_t)fraction;
    *out = minus ? -v : v;
    return true;
}

/* Up to 15 digits with at most one point: digits and power of ten are exact, so one division rounds once. */
static inline bool fast_f64(const char *p, uint32_t n, double *out) {
    static const double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    static const uint64_t units[] = {1ull,         10ull,         100ull,         1000ull,         10000ull,
                                     100000ull,    1000000ull,    10000000ull,    100000000ull,    1000000000ull,
                                     10000000000ull, 100000000000ull, 1000000000000ull, 10000000000000ull, 100000000000000ull};
    uint64_t whole, fraction = 0;
    bool minus = take_minus(&p, &n);
    if (n - 1 > 14) return false;
    __m128i points = _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)p), _mm_set1_epi8('.'));
    uint32_t mask = (uint32_t)_mm_movemask_epi8(points) | 1u << n, point = (uint32_t)__builtin_ctz(mask);
    uint32_t behind = point < n ? n - point - 1 : 0;
    if (n - (point < n) == 0 || !digits_of(p, point, &whole) || !digits_of(p + point + 1, behind, &fraction)) return false;
    double v = (double)(whole * units[behind] + fraction);
    if (behind) v /= powers[behind];
    *out = minus ? -v : v;
    return true;
}

/* YYYY-MM-DD */
static inline bool fast_date(const char *p, int64_t *out) {
    uint64_t v = load8(p), day = (uint64_t)(unsigned char)p[8] | (uint64_t)(unsigned char)p[9] << 8, number;
    if (p[4] != '-' || p[7] != '-') return false;
    if (!digits_of_8((v & UINT32_MAX) | (v >> 40 & 0xFFFF) << 32 | day << 48, &number)) return false;
    int y = (int)(number / 10000), m = (int)(number / 100 % 100), d = (int)(number % 100);
    if (!date_valid(y, m, d)) return false;
    *out = date_from_ymd(y, m, d);
    return true;
}

/* YYYY-MM-DD HH:MM:SS or with a T */
static inline bool fast_timestamp(const char *p, int64_t *out) {
    int64_t days;
    uint64_t time = load8(p + 11), number;
    if ((p[10] != ' ' && p[10] != 'T') || p[13] != ':' || p[16] != ':') return false;
    uint64_t digits = (time & 0xFFFF) | (time >> 24 & 0xFFFF) << 16 | (time >> 48) << 32;
    if (!digits_of_8(digits << 16 | (EVERY('0') & 0xFFFF), &number) || !fast_date(p, &days)) return false;
    int64_t h = (int64_t)(number / 10000), m = (int64_t)(number / 100 % 100), s = (int64_t)(number % 100);
    if (h > 23 || m > 59 || s > 59) return false;
    *out = (days * 86400 + h * 3600 + m * 60 + s) * 1000000;
    return true;
}
#endif
