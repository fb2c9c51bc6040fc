#include "base/pow10.h"
#include <stdbool.h>
#include <string.h>

const Pow10 pow10_table[POW10_MAX - POW10_MIN + 1] = {
#define P(hi, lo) {hi, lo},
#include "base/pow10.def"
#undef P
};

typedef unsigned __int128 U128;

/* x * 10^e, scaled as pow10_table, to its upper 64 bits; the last bit is set if anything below them is
 * ("round to odd"): comparisons with the boundaries of a float then decide as the exact product would. The
 * factor rounds up. */
static uint64_t scaled(Pow10 p, uint64_t x) {
    uint64_t low = (uint64_t)((U128)p.lo * x >> 64);
    U128 y = (U128)p.hi * x + low;
    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

static ShortDecimal without_zeros(uint64_t digits, int exponent) {
    while (digits && digits % 10 == 0) digits /= 10, exponent++;
    return (ShortDecimal){digits, exponent};
}

/* floor(log10(2^q)), or of 3/4 2^q: where the gap below the float is half the one above it. */
static int log10_gap(int q, bool closer) { return (q * 1262611 - (closer ? 524031 : 0)) >> 22; }

/* The shortest decimal in the rounding interval of c 2^q (R. Giulietti, "The Schubfach way to render
 * doubles"). All quantities are quarters of units of 10^k; the interval holds its ends when c is even. */
static ShortDecimal shortest(uint64_t c, int q, bool closer) {
    int k = log10_gap(q, closer), h = q + pow10_log2(-k) + 1;
    Pow10 p = pow10_get(-k);
    if (-k < 0 || -k > POW10_EXACT_MAX) p.hi += ++p.lo == 0;
    uint64_t lower = scaled(p, (4 * c - 2 + closer) << h), at = scaled(p, 4 * c << h), odd = c & 1;
    uint64_t upper = scaled(p, (4 * c + 2) << h) - odd;
    lower += odd;
    uint64_t s = at / 4, tens = s / 10;
    bool down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
    if (s >= 10 && down != up) return without_zeros(tens + up, k + 1);
    down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    if (down != up) return without_zeros(s + up, k);
    uint64_t middle = 4 * s + 2;
    return without_zeros(s + (at > middle || (at == middle && (s & 1))), k);
}

/* Of a float with m mantissa bits that are stored and the exponent's bias: */
static ShortDecimal shortest_of_bits(uint64_t bits, int m, int bias) {
    uint64_t fraction = bits & ((UINT64_C(1) << m) - 1);
    int exponent = (int)(bits >> m);
    if (bits == 0) return (ShortDecimal){0, 0};
    if (exponent == 0) return shortest(fraction, 1 - bias - m, false);
    return shortest(fraction | UINT64_C(1) << m, exponent - bias - m, fraction == 0 && exponent > 1);
}

ShortDecimal shortest_f64(double v) {
    uint64_t bits;
    memcpy(&bits, &v, sizeof bits);
    return shortest_of_bits(bits & INT64_MAX, 52, 1023);
}

ShortDecimal shortest_f32(float v) {
    uint32_t bits;
    memcpy(&bits, &v, sizeof bits);
    return shortest_of_bits(bits & INT32_MAX, 23, 127);
}
