/* Decimals as scaled 128-bit integers. All rounding is half away from zero. */
#include "base/number.h"
#include "base/pow10.h"
#include <math.h>

typedef unsigned __int128 U128;

/* clang-format off */
#define E10 ((Int128)10000000000)
#define E20 (E10 * E10)
#define E30 (E20 * E10)
#define FIVE(unit) (unit), (unit) * 10, (unit) * 100, (unit) * 1000, (unit) * 10000
static const Int128 powers[DECIMAL_MAX_DIGITS + 1] = {
    FIVE((Int128)1), FIVE((Int128)100000), FIVE(E10), FIVE(E10 * 100000), FIVE(E20), FIVE(E20 * 100000),
    FIVE(E30), E30 * 100000, E30 * 1000000, E30 * 10000000, E30 * 100000000};
#undef FIVE
/* clang-format on */

Int128 decimal_pow10(int n) { return powers[n]; }

static U128 magnitude(Int128 v) { return v < 0 ? -(U128)v : (U128)v; }

bool decimal_fits(Int128 v, int precision) { return magnitude(v) < (U128)powers[precision]; }

/* n / d; at the half, away from zero: of magnitudes up. */
static U128 divide_rounded(U128 n, U128 d) {
    U128 q = n / d, r = n % d;
    return q + (r >= d - r);
}

static bool signed_result(U128 v, bool minus, int precision, Int128 *out) {
    if (v >= (U128)powers[precision]) return false;
    *out = minus ? -(Int128)v : (Int128)v;
    return true;
}

/* v * 10^shift, 0 <= shift; false beyond 128 bits. */
static bool scale_up(U128 v, int shift, U128 *out) {
    if (v == 0) return *out = 0, true;
    return shift <= DECIMAL_MAX_DIGITS && !__builtin_mul_overflow(v, (U128)powers[shift], out);
}

/* Rounded v / 10^shift; a divisor above 10^38 leaves less than half of any decimal. */
static U128 scale_down(U128 v, int shift) {
    return shift > DECIMAL_MAX_DIGITS ? 0 : divide_rounded(v, (U128)powers[shift]);
}

static bool shift_digits(U128 v, bool minus, int shift, int precision, Int128 *out) {
    if (shift < 0) v = scale_down(v, -shift);
    else if (!scale_up(v, shift, &v)) return false;
    return signed_result(v, minus, precision, out);
}

bool decimal_rescale(Int128 v, int from_scale, int to_scale, int to_precision, Int128 *out) {
    return shift_digits(magnitude(v), v < 0, to_scale - from_scale, to_precision, out);
}

/* 10 r / d and its remainder, where 10 r may exceed 128 bits: 10 = 2 (2 2 + 1). r < d <= 10^38. */
static int next_digit(U128 *r, U128 d) {
    U128 x = 2 * *r;
    int q = x >= d;
    x -= q ? d : 0;
    x = 2 * x + *r;
    q = 2 * q + (int)(x / d);
    x = 2 * (x % d);
    q = 2 * q + (x >= d);
    *r = x >= d ? x - d : x;
    return q;
}

/* Rounded n 10^digits / d by long division, for a numerator beyond 128 bits. */
static bool divide_long(U128 n, U128 d, int digits, U128 *out) {
    U128 q = n / d, r = n % d;
    for (; digits > 0; digits--) {
        if (q >= (U128)powers[DECIMAL_MAX_DIGITS - 1]) return false; /* one more digit fits no decimal */
        q = q * 10 + (U128)next_digit(&r, d);
    }
    *out = q + (r >= d - r);
    return true;
}

bool decimal_div(Int128 a, int a_scale, Int128 b, int b_scale, int out_scale, int out_precision,
                 Int128 *out) {
    U128 n = magnitude(a), d = magnitude(b), scaled, q;
    int shift = out_scale - a_scale + b_scale;
    if (b == 0) return false;
    if (shift < 0) q = scale_up(d, -shift, &scaled) ? divide_rounded(n, scaled) : 0;
    else if (scale_up(n, shift, &scaled)) q = divide_rounded(scaled, d);
    else if (!divide_long(n, d, shift, &q)) return false;
    return signed_result(q, (a < 0) != (b < 0), out_precision, out);
}

/* Correctly rounded: by one division where both sides are exact, else through the text. */
double decimal_to_f64(Int128 v, int scale) {
    static const double exact[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                   1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (scale == 0) return (double)v;
    if (scale <= 22 && magnitude(v) >> 53 == 0) return (double)v / exact[scale];
    Buf b = {0};
    double out = 0;
    print_decimal(&b, v, scale);
    parse_f64((Str){b.p, b.n}, &out);
    buf_free(&b);
    return out;
}

/* What is rounded is the float as it prints: 1.005 is 1.01 with two digits. */
bool decimal_from_f64(double v, int precision, int scale, Int128 *out) {
    if (!isfinite(v)) return false;
    ShortDecimal d = shortest_f64(v);
    return shift_digits(d.digits, v < 0, d.exponent + scale, precision, out);
}

bool decimal_from_f32(float v, int precision, int scale, Int128 *out) {
    if (!isfinite(v)) return false;
    ShortDecimal d = shortest_f32(v);
    return shift_digits(d.digits, v < 0, d.exponent + scale, precision, out);
}

bool f64_to_i64(double v, int64_t *out) {
    double whole = rint(v);
    if (!(whole >= -0x1p63 && whole < 0x1p63)) return false;
    *out = (int64_t)whole;
    return true;
}
