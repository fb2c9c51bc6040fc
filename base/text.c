#include "base/text.h"
#include <string.h>

static bool is_tail(const char *p) { return (*p & 0xC0) == 0x80; }

/* Bytes of the sequence that a lead byte announces; 0 for bytes that lead none. */
static size_t announced(unsigned char c) {
    return c < 0x80 ? 1 : c < 0xC2 ? 0 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : c < 0xF5 ? 4 : 0;
}

/* The second byte rules out what is too long, a surrogate, or above U+10FFFF. */
static bool second_allowed(unsigned char lead, unsigned char c) {
    switch (lead) {
    case 0xE0: return c >= 0xA0;
    case 0xED: return c < 0xA0;
    case 0xF0: return c >= 0x90;
    case 0xF4: return c < 0x90;
    }
    return true;
}

/* Bytes of the valid character at p, 0 if there is none. p < end. */
static size_t valid_step(const char *p, const char *end) {
    unsigned char lead = (unsigned char)*p;
    size_t n = announced(lead);
    if (n == 0 || (size_t)(end - p) < n) return 0;
    for (size_t i = 1; i < n; i++)
        if (!is_tail(p + i)) return 0;
    return n > 2 && !second_allowed(lead, (unsigned char)p[1]) ? 0 : n;
}

size_t utf8_step(const char *p, const char *end) {
    if (*p >= 0) return 1; /* ASCII */
    size_t n = valid_step(p, end);
    return n ? n : 1;
}

static bool eight_ascii(const char *p, const char *end) {
    uint64_t word;
    if (end - p < 8) return false;
    memcpy(&word, p, 8);
    return (word & 0x8080808080808080ull) == 0;
}

bool utf8_valid(Str s) {
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        size_t n = eight_ascii(p, end) ? 8 : valid_step(p, end);
        if (n == 0) return false;
        p += n;
    }
    return true;
}

size_t utf8_length(Str s) {
    size_t count = 0;
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        if (eight_ascii(p, end)) p += 8, count += 8;
        else p += utf8_step(p, end), count++;
    }
    return count;
}

/* The place `chars` characters behind p, or end. */
static const char *skip_chars(const char *p, const char *end, int64_t chars) {
    for (; chars >= 8 && eight_ascii(p, end); chars -= 8) p += 8;
    for (; chars > 0 && p < end; chars--) p += utf8_step(p, end);
    return p;
}

Str utf8_substring(Str s, int64_t from, int64_t len) {
    int64_t to; /* the first position that is left out */
    if (__builtin_add_overflow(from, len, &to)) to = INT64_MAX;
    if (from < 1) from = 1;
    if (to <= from) return (Str){s.p, 0};
    const char *end = s.p + s.n, *p = skip_chars(s.p, end, from - 1);
    return (Str){p, (size_t)(skip_chars(p, end, to - from) - p)};
}

/* U+00C0..U+00DE without the multiplication sign are the capitals of U+00E0..U+00FE: C3 80..9E, A0..BE. */
static bool latin(const char *p, unsigned char first) {
    unsigned char c = (unsigned char)(*p - first);
    return p[-1] == (char)0xC3 && c <= 0x1E && c != 0x17;
}

Str text_upper(Arena *a, Str s) {
    char *p = arena_strndup(a, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if ((p[i] >= 'a' && p[i] <= 'z') || (i && latin(p + i, 0xA0))) p[i] = (char)(p[i] - 32);
    return (Str){p, s.n};
}

Str text_lower(Arena *a, Str s) {
    char *p = arena_strndup(a, s.p, s.n);
    for (size_t i = 0; i < s.n; i++)
        if ((p[i] >= 'A' && p[i] <= 'Z') || (i && latin(p + i, 0x80))) p[i] = (char)(p[i] + 32);
    return (Str){p, s.n};
}

Str text_trim(Str s) {
    while (s.n && s.p[0] == ' ') s.p++, s.n--;
    while (s.n && s.p[s.n - 1] == ' ') s.n--;
    return s;
}

int64_t text_position(Str needle, Str hay) {
    if (needle.n == 0) return 1;
    const char *at = needle.n <= hay.n ? memmem(hay.p, hay.n, needle.p, needle.n) : NULL;
    return at ? (int64_t)utf8_length((Str){hay.p, (size_t)(at - hay.p)}) + 1 : 0;
}
