/* Decimals to and from text. */
#include "base/number.h"

/* A number's text taken apart: digits with at most one point among them, without leading zeros. */
typedef struct Parts {
    bool minus;
    Str digits;    /* from the first digit that is not 0, the point included */
    int64_t whole; /* digits before the point where the exponent puts it; below 0: zeros behind it */
} Parts;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* 123.45 and the like: up to 18 digits in one pass. *frac: digits behind the point. */
static bool parse_short(Str s, uint64_t *digits, int *frac) {
    uint64_t v = 0;
    size_t i = 0, point = s.n;
    if (s.n == 0 || s.n > 19) return false;
    for (; i < s.n; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');
        if (digit <= 9) v = v * 10 + digit;
        else if (s.p[i] == '.' && point == s.n) point = i;
        else return false;
    }
    if (s.n == 1 && point == 0) return false;
    *digits = v;
    *frac = point == s.n ? 0 : (int)(s.n - point - 1);
    return true;
}

static bool split_exponent(Str *s, int64_t *exponent) {
    *exponent = 0;
    for (size_t i = 0; i < s->n; i++) {
        if ((s->p[i] | 32) != 'e') continue;
        Str e = {s->p + i + 1, s->n - i - 1};
        s->n = i;
        return e.n && e.p[e.n - 1] != ' ' && e.p[0] != ' ' && parse_i64(e, exponent) && *exponent > -100000 &&
               *exponent < 100000;
    }
    return true;
}

static bool split(Str s, Parts *out) {
    int64_t exponent, whole = 0, zeros = 0, digits = 0;
    bool point = false;
    *out = (Parts){.minus = str_take_sign(&s)};
    if (!split_exponent(&s, &exponent)) return false;
    out->digits = (Str){s.p + s.n, 0};
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(s.p[i])) return false;
        digits++;
        if (s.p[i] != '0' && !out->digits.n) out->digits = (Str){s.p + i, s.n - i};
        if (out->digits.n) whole += !point;
        else zeros += point;
    }
    out->whole = (out->digits.n && whole ? whole : -zeros) + exponent;
    return digits > 0;
}

/* The first `keep` digits as an integer, rounded by the next; digits that lack are 0. keep <= 39. */
static Int128 keep_digits(Str digits, int64_t keep) {
    Int128 v = 0;
    size_t i = 0;
    for (; keep > 0; i++) {
        if (i < digits.n && digits.p[i] == '.') continue;
        v = v * 10 + (i < digits.n ? digits.p[i] - '0' : 0);
        keep--;
    }
    while (i < digits.n && digits.p[i] == '.') i++;
    return v + (keep == 0 && i < digits.n && digits.p[i] >= '5');
}

static bool parse_long(Str s, int precision, int scale, Int128 *out) {
    Parts parts;
    Int128 v = 0;
    if (!split(s, &parts)) return false;
    int64_t keep = parts.whole + scale;
    if (parts.digits.n && keep > DECIMAL_MAX_DIGITS) return false;
    if (parts.digits.n && keep >= 0) v = keep_digits(parts.digits, keep);
    if (!decimal_fits(v, precision)) return false;
    *out = parts.minus ? -v : v;
    return true;
}

bool parse_decimal(Str s, int precision, int scale, Int128 *out) {
    uint64_t digits;
    int frac;
    s = str_strip(s);
    Str rest = s;
    bool minus = str_take_sign(&rest);
    if (!parse_short(rest, &digits, &frac) || frac > scale) return parse_long(s, precision, scale, out);
    Int128 v;
    if (__builtin_mul_overflow((Int128)digits, decimal_pow10(scale - frac), &v) ||
        !decimal_fits(v, precision))
        return false;
    *out = minus ? -v : v;
    return true;
}

void print_decimal(Buf *b, Int128 v, int scale) {
    char text[48], *end = text + sizeof text, *p = end;
    unsigned __int128 m = v < 0 ? -(unsigned __int128)v : (unsigned __int128)v;
    for (int i = 0; m || i <= scale; i++) {
        if (i == scale && scale) *--p = '.';
        unsigned digit;
        if (m >> 64) digit = (unsigned)(m % 10), m /= 10;
        else digit = (unsigned)((uint64_t)m % 10), m = (uint64_t)m / 10;
        *--p = (char)('0' + digit);
    }
    if (v < 0) *--p = '-';
    buf_add(b, p, (size_t)(end - p));
}
