/* Text to floats, correctly rounded. Three ways, the first that is sure of its answer wins: one exact
 * operation on doubles; the digits times a 128-bit power of ten, if no halfway case lies within the error;
 * strtod.
 */
#include "base/memory.h"
#include "base/number.h"
#include "base/pow10.h"
#include <locale.h>
#include <math.h>
#include <stdlib.h>

typedef unsigned __int128 U128;

/* digits * 10^exponent, or with `more` something above it and below (digits + 1) * 10^exponent. */
typedef struct Scan {
    uint64_t digits;
    int64_t exponent;
    bool minus, more;
} Scan;

typedef struct Format {
    int bits, bias; /* of the significand with its leading 1; of the exponent */
} Format;

static const Format format_f32 = {24, 127}, format_f64 = {53, 1023};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* The digits of one side of the point; false if there are none. */
static bool scan_digits(const char **p, const char *end, Scan *s, bool fraction) {
    const char *from = *p;
    for (; *p < end && is_digit(**p); ++*p) {
        unsigned digit = (unsigned)(**p - '0');
        if (s->digits < UINT64_C(1000000000000000000)) {
            s->digits = s->digits * 10 + digit;
            s->exponent -= fraction;
        } else {
            s->more |= digit != 0;
            s->exponent += !fraction;
        }
    }
    return *p > from;
}

static bool scan_exponent(const char **p, const char *end, Scan *s) {
    int64_t e = 0;
    bool minus = false;
    if (*p < end && (**p == '-' || **p == '+')) minus = *(*p)++ == '-';
    const char *from = *p;
    for (; *p < end && is_digit(**p); ++*p)
        if (e < 1000000000) e = e * 10 + (**p - '0');
    s->exponent += minus ? -e : e;
    return *p > from;
}

static bool scan(Str text, Scan *s) {
    const char *p = text.p, *end = text.p + text.n;
    *s = (Scan){0};
    if (p < end && (*p == '-' || *p == '+')) s->minus = *p++ == '-';
    bool any = scan_digits(&p, end, s, false);
    if (p < end && *p == '.') {
        p++;
        any |= scan_digits(&p, end, s, true);
    }
    if (!any) return false;
    if (p < end && (*p == 'e' || *p == 'E')) {
        p++;
        if (!scan_exponent(&p, end, s)) return false;
    }
    return p == end;
}

/* inf, infinity and nan, which a scan does not know. */
static bool parse_word(Str s, double *out) {
    bool minus = str_take_sign(&s);
    bool infinite = str_ieq(s, STR_LIT("inf")) || str_ieq(s, STR_LIT("infinity"));
    if (!infinite && !str_ieq(s, STR_LIT("nan"))) return false;
    double v = infinite ? INFINITY : NAN;
    *out = minus ? -v : v;
    return true;
}

/* An error of at most 4 units below `rest` (0 when exact) decides nothing unless it reaches the half. */
static bool round_up(U128 rest, U128 half, bool exact, bool sticky, uint64_t kept, bool *up) {
    if (exact) *up = rest > half || (rest == half && (sticky || (kept & 1)));
    else if (rest <= half && half - rest <= 4) return false;
    else *up = rest > half;
    return true;
}

/* The bits of the float nearest to w 10^q; false: not sure, or not a normal number. w > 0. */
static bool product_bits(uint64_t w, int64_t q, const Format *f, uint64_t *bits) {
    if (q < POW10_MIN || q > POW10_MAX) return false;
    int zeros = __builtin_clzll(w);
    Pow10 p = pow10_get((int)q);
    U128 low = (U128)(w << zeros) * p.lo, product = (U128)(w << zeros) * p.hi + (uint64_t)(low >> 64);
    uint64_t below = (uint64_t)low;
    bool top = product >> 127;
    if (!top) {
        product = product << 1 | below >> 63;
        below <<= 1;
    }
    int exponent = pow10_log2((int)q) + 63 - zeros + top;
    int drop = 128 - f->bits;
    uint64_t kept = (uint64_t)(product >> drop);
    bool up = false, exact = q >= 0 && q <= POW10_EXACT_MAX;
    U128 rest = product & (((U128)1 << drop) - 1);
    if (!round_up(rest, (U128)1 << (drop - 1), exact, below != 0, kept, &up)) return false;
    kept += up;
    if (kept >> f->bits) kept >>= 1, exponent++;
    if (exponent <= -f->bias || exponent > f->bias) return false;
    *bits = (uint64_t)(exponent + f->bias) << (f->bits - 1) | (kept & ((UINT64_C(1) << (f->bits - 1)) - 1));
    return true;
}

/* Digits that were left out must not matter: both neighbours round to the same. */
static bool fast_bits(const Scan *s, const Format *f, uint64_t *bits) {
    uint64_t next;
    if (!product_bits(s->digits, s->exponent, f, bits)) return false;
    return !s->more || (product_bits(s->digits + 1, s->exponent, f, &next) && next == *bits);
}

static char *terminated(Str s) {
    char *text = mem_alloc(s.n + 1);
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    return text;
}

/* The C locale is a constant of the C library: nothing to free. */
static double slow_f64(Str s) {
    char *text = terminated(s);
    double v = strtod_l(text, NULL, newlocale(LC_ALL_MASK, "C", (locale_t)0));
    free(text);
    return v;
}

static float slow_f32(Str s) {
    char *text = terminated(s);
    float v = strtof_l(text, NULL, newlocale(LC_ALL_MASK, "C", (locale_t)0));
    free(text);
    return v;
}

/* Both operands are exact, so one operation rounds once. Takes all zeros. */
static bool exact_f64(const Scan *s, double *out) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (s->digits == 0) return *out = 0, true;
    if (s->more || s->digits >> 53 || s->exponent < -22 || s->exponent > 22) return false;
    double v = (double)s->digits;
    *out = s->exponent < 0 ? v / powers[-s->exponent] : v * powers[s->exponent];
    return true;
}

static double f64_of_bits(uint64_t bits) {
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static float f32_of_bits(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* A number too large for the type fails; one too small is 0. */
bool parse_f64(Str text, double *out) {
    Scan s;
    double v;
    uint64_t bits;
    text = str_strip(text);
    if (!scan(text, &s)) return parse_word(text, out);
    if (!exact_f64(&s, &v)) v = fast_bits(&s, &format_f64, &bits) ? f64_of_bits(bits) : fabs(slow_f64(text));
    if (isinf(v)) return false;
    *out = s.minus ? -v : v;
    return true;
}

bool parse_f32(Str text, float *out) {
    Scan s;
    float v = 0;
    double word;
    uint64_t bits;
    text = str_strip(text);
    if (!scan(text, &s)) {
        if (!parse_word(text, &word)) return false;
        *out = (float)word;
        return true;
    }
    if (s.digits && fast_bits(&s, &format_f32, &bits)) v = f32_of_bits((uint32_t)bits);
    else if (s.digits) v = fabsf(slow_f32(text));
    if (isinf(v)) return false;
    *out = s.minus ? -v : v;
    return true;
}
