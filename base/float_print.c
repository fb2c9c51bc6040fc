/* Floats to text: the shortest digits that read back as the same float. 1e-4 to 1e15 without exponent. */
#include "base/number.h"
#include "base/pow10.h"
#include <math.h>
#include <stdlib.h>

enum { TEXT_MAX = 40 };

/* The digits of v in front of `end`; returns their begin. */
static char *digits_before(char *end, uint64_t v) {
    do *--end = (char)('0' + v % 10);
    while (v /= 10);
    return end;
}

static void add_zeros(Buf *b, int n) { buf_add(b, "00000000000000000000", (size_t)n); }

/* d.ddde+XX: at least two digits of exponent. */
static void print_scientific(Buf *b, Str digits, int exponent) {
    buf_putc(b, digits.p[0]);
    if (digits.n > 1) buf_putc(b, '.');
    buf_add(b, digits.p + 1, digits.n - 1);
    buf_putc(b, 'e');
    buf_putc(b, exponent < 0 ? '-' : '+');
    if (abs(exponent) < 10) buf_putc(b, '0');
    print_u64(b, (uint64_t)abs(exponent));
}

/* `point` digits stand before the point. */
static void print_positional(Buf *b, Str digits, int point) {
    if (point <= 0) {
        buf_puts(b, "0.");
        add_zeros(b, -point);
        buf_str(b, digits);
    } else if ((size_t)point >= digits.n) {
        buf_str(b, digits);
        add_zeros(b, point - (int)digits.n);
    } else {
        buf_add(b, digits.p, (size_t)point);
        buf_putc(b, '.');
        buf_add(b, digits.p + point, digits.n - (size_t)point);
    }
}

static void print_short(Buf *b, ShortDecimal d) {
    char text[TEXT_MAX], *end = text + sizeof text, *from = digits_before(end, d.digits);
    Str digits = {from, (size_t)(end - from)};
    int exponent = (int)digits.n - 1 + d.exponent;
    if (exponent < -4 || exponent >= 15) print_scientific(b, digits, exponent);
    else print_positional(b, digits, exponent + 1);
}

static bool print_special(Buf *b, double v) {
    if (isfinite(v)) return false;
    buf_puts(b, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
    return true;
}

/* Whole numbers, the most frequent ones, need no search for digits. */
static bool print_whole(Buf *b, double magnitude) {
    if (magnitude >= 1e15 || magnitude != (double)(uint64_t)magnitude) return false;
    print_u64(b, (uint64_t)magnitude);
    return true;
}

void print_f64(Buf *b, double v) {
    if (print_special(b, v)) return;
    if (signbit(v)) buf_putc(b, '-');
    if (!print_whole(b, fabs(v))) print_short(b, shortest_f64(v));
}

void print_f32(Buf *b, float v) {
    if (print_special(b, v)) return;
    if (signbit(v)) buf_putc(b, '-');
    if (fabsf(v) >= 16777216 || !print_whole(b, fabsf(v))) print_short(b, shortest_f32(v));
}
