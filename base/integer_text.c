/* Integers and booleans to and from text. */
#include "base/number.h"

/* All of s as digits; 19 of them cannot overflow, so only what lies behind is checked. */
static bool digits_u64(Str s, uint64_t *out) {
    uint64_t v = 0;
    size_t i = 0;
    if (s.n == 0) return false;
    for (; i < s.n && i < 19; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');
        if (digit > 9) return false;
        v = v * 10 + digit;
    }
    for (; i < s.n; i++) {
        unsigned digit = (unsigned)(s.p[i] - '0');
        if (digit > 9 || __builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, digit, &v))
            return false;
    }
    *out = v;
    return true;
}

bool parse_i64(Str s, int64_t *out) {
    uint64_t v;
    s = str_strip(s);
    bool minus = str_take_sign(&s);
    if (!digits_u64(s, &v) || v > (uint64_t)INT64_MAX + minus) return false;
    *out = (int64_t)(minus ? -v : v);
    return true;
}

bool parse_u64(Str s, uint64_t *out) {
    uint64_t v;
    s = str_strip(s);
    bool minus = str_take_sign(&s);
    if (!digits_u64(s, &v) || (minus && v)) return false;
    *out = v;
    return true;
}

bool parse_bool(Str s, bool *out) {
    static const char *const words[2][6] = {{"false", "f", "no", "n", "off", "0"},
                                            {"true", "t", "yes", "y", "on", "1"}};
    s = str_strip(s);
    for (int b = 0; b < 2; b++)
        for (int i = 0; i < 6; i++)
            if (str_ieq(s, str_of(words[b][i]))) return *out = b, true;
    return false;
}

void print_u64(Buf *b, uint64_t v) {
    char text[20];
    size_t i = sizeof text;
    do text[--i] = (char)('0' + v % 10);
    while (v /= 10);
    buf_add(b, text + i, sizeof text - i);
}

void print_i64(Buf *b, int64_t v) {
    if (v < 0) buf_putc(b, '-');
    print_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}
