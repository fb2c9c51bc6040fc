/* LIKE: patterns that are a literal with % at the ends become a byte comparison or search; all others run the
 * general matcher, which after a % looks for the literal that follows it.
 */
#include "base/text.h"
#include <string.h>

/* A pattern element: one character to match, or % or _. */
typedef struct Element {
    char kind;      /* '%', '_' or 'c' */
    const char *at; /* of 'c': its bytes */
    size_t n;
    const char *next;
} Element;

static Element element_at(const Like *l, const char *p, const char *end) {
    bool escaped = l->escape && *p == l->escape;
    if (!escaped && (*p == '%' || *p == '_')) return (Element){*p, p, 1, p + 1};
    p += escaped;
    size_t n = utf8_step(p, end);
    return (Element){'c', p, n, p + n};
}

static bool ends_in_escape(Str pattern, char escape) {
    if (!escape) return false;
    for (size_t i = 0; i < pattern.n; i++)
        if (pattern.p[i] == escape && ++i == pattern.n) return true;
    return false;
}

/* The pattern without escapes if it is a literal between optional runs of %, and which runs there are. */
static bool simple_pattern(Arena *a, const Like *l, Str *literal, bool *before, bool *after) {
    char *text = arena_alloc(a, l->pattern.n);
    *literal = (Str){text, 0};
    *before = *after = false;
    for (const char *p = l->pattern.p, *end = p + l->pattern.n; p < end;) {
        Element e = element_at(l, p, end);
        p = e.next;
        if (e.kind == '_' || (e.kind == 'c' && *after)) return false;
        if (e.kind == 'c') {
            memcpy(text + literal->n, e.at, e.n);
            literal->n += e.n;
        } else if (literal->n) {
            *after = true;
        } else {
            *before = true;
        }
    }
    return true;
}

bool like_compile(Arena *a, Str pattern, char escape, bool fold, Like *out) {
    static const LikeKind kinds[2][2] = {{LIKE_EXACT, LIKE_PREFIX}, {LIKE_SUFFIX, LIKE_CONTAINS}};
    if (ends_in_escape(pattern, escape)) return false;
    Like l = {.kind = LIKE_GENERAL, .escape = escape, .fold = fold};
    l.pattern = (Str){arena_strndup(a, pattern.p, pattern.n), pattern.n};
    bool before, after;
    if (!fold && simple_pattern(a, &l, &l.literal, &before, &after)) l.kind = kinds[before][after];
    *out = l;
    return true;
}

static bool same_char(const Like *l, const char *x, const char *y, size_t n) {
    if (memcmp(x, y, n) == 0) return true;
    if (!l->fold) return false;
    if (n == 1) return (*x | 32) == (*y | 32) && (*x | 32) >= 'a' && (*x | 32) <= 'z';
    /* Latin-1: C3 80..9E are the capitals of C3 A0..BE, but for the signs at 97 and B7, 9F and BF */
    bool latin = n == 2 && x[0] == (char)0xC3 && y[0] == (char)0xC3 && (x[1] | 32) == (y[1] | 32);
    return latin && (x[1] | 32) != (char)0xB7 && (x[1] | 32) != (char)0xBF;
}

/* Plain bytes from p on: what a search can look for. */
static size_t literal_run(const Like *l, const char *p, const char *end) {
    const char *q = p;
    while (q < end && *q != '%' && *q != '_' && !(l->escape && *q == l->escape)) q++;
    return (size_t)(q - p);
}

/* Where a match of the pattern from p on can begin, at s or later; NULL: nowhere. */
static const char *next_start(const Like *l, const char *p, const char *end, const char *s,
                              const char *s_end) {
    size_t run = l->fold ? 0 : literal_run(l, p, end);
    if (!run) return s;
    return s < s_end ? memmem(s, (size_t)(s_end - s), p, run) : NULL;
}

/* The character at s against the pattern's at *p; moves both on. */
static bool match_one(const Like *l, const char **p, const char *end, const char **s, const char *s_end) {
    Element e = element_at(l, *p, end);
    size_t n = utf8_step(*s, s_end);
    if (e.kind == 'c' && !(e.n == n && same_char(l, e.at, *s, n))) return false;
    *p = e.next;
    *s += n;
    return true;
}

/* Only the last % is ever retried: what an earlier one could take, the last can take too. */
static bool match_general(const Like *l, Str text) {
    const char *p = l->pattern.p, *end = p + l->pattern.n, *s = text.p, *s_end = s + text.n;
    const char *retry_p = NULL, *retry_s = NULL;
    for (;;) {
        if (p < end && *p == '%' && l->escape != '%') {
            if (++p == end) return true;
            if (*p == '%') continue;
            retry_p = p;
            retry_s = s = next_start(l, p, end, s, s_end);
            if (!s) return false;
        } else if (p == end && s == s_end) {
            return true;
        } else if (p < end && s == s_end) {
            return false;
        } else if (p == end || !match_one(l, &p, end, &s, s_end)) {
            if (!retry_p) return false;
            retry_s += utf8_step(retry_s, s_end);
            p = retry_p;
            retry_s = s = next_start(l, p, end, retry_s, s_end);
            if (!s) return false;
        }
    }
}

static bool bytes_equal(const char *p, Str s) { return s.n == 0 || memcmp(p, s.p, s.n) == 0; }

bool like_match(const Like *l, Str s) {
    size_t n = l->literal.n;
    switch (l->kind) {
    case LIKE_EXACT: return s.n == n && bytes_equal(s.p, l->literal);
    case LIKE_PREFIX: return s.n >= n && bytes_equal(s.p, l->literal);
    case LIKE_SUFFIX: return s.n >= n && bytes_equal(s.p + (s.n - n), l->literal);
    case LIKE_CONTAINS: return s.n >= n && memmem(s.p, s.n, l->literal.p, n);
    case LIKE_GENERAL: return match_general(l, s);
    }
    return false;
}
