/* How many columns of a terminal a text takes. */
#include "base/text.h"
#include "runtime/print_mode.h"

typedef struct Range {
    uint32_t from, to;
} Range;

/* Combining marks, joiners and variation selectors (the frequent blocks). */
static const Range zero_wide[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x591, 0x5BD},   {0x610, 0x61A},   {0x64B, 0x65F},
                                  {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F},
                                  {0xFE20, 0xFE2F}, {0xE0100, 0xE01EF}};
/* East Asian wide and fullwidth, emoji. */
static const Range two_wide[] = {{0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xAC00, 0xD7A3},
                                 {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},
                                 {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

static bool within(uint32_t c, const Range *r, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (c >= r[i].from && c <= r[i].to) return true;
    return false;
}

/* Of a character of n bytes; a byte that is no UTF-8 stands for itself. */
static uint32_t code_point(const char *p, size_t n) {
    unsigned char lead = (unsigned char)*p;
    if (n == 1) return lead;
    uint32_t c = lead & (0x7F >> n);
    for (size_t i = 1; i < n; i++) c = c << 6 | ((unsigned char)p[i] & 63);
    return c;
}

static int char_width(uint32_t c) {
    if (c < 0x300) return 1;
    if (within(c, zero_wide, sizeof zero_wide / sizeof *zero_wide)) return 0;
    return within(c, two_wide, sizeof two_wide / sizeof *two_wide) ? 2 : 1;
}

int text_width(Str s) {
    int width = 0;
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        size_t n = utf8_step(p, end);
        width += char_width(code_point(p, n));
        p += n;
    }
    return width;
}

Str text_fit(Str s, int width) {
    const char *p = s.p, *end = s.p + s.n;
    while (p < end) {
        size_t n = utf8_step(p, end);
        if ((width -= char_width(code_point(p, n))) < 0) break;
        p += n;
    }
    return (Str){s.p, (size_t)(p - s.p)};
}
