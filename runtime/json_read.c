#include "runtime/json_read.h"
#include "base/text.h"

enum { MOST_DEPTH = 64 };

static bool fail(JsonReader *r, const char *why) {
    if (!r->why) r->why = why;
    return false;
}

static void skip_blanks(JsonReader *r) {
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')) r->p++;
}

char json_peek(JsonReader *r) {
    skip_blanks(r);
    return r->p < r->end && !r->why ? *r->p : 0;
}

static bool take(JsonReader *r, char c) {
    if (json_peek(r) != c || !c) return false;
    r->p++;
    return true;
}

bool json_enter(JsonReader *r, char open) {
    r->first = true;
    return take(r, open) || fail(r, open == '{' ? "an object is expected" : "an array is expected");
}

bool json_more(JsonReader *r, char close) {
    if (r->why) return false;
    bool first = r->first;
    r->first = false; /* also for what encloses this: it has an element now */
    if (take(r, close)) return false;
    return first || take(r, ',') || fail(r, "a comma or a closing bracket is expected");
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* The four digits behind \u. */
static bool read_unit(JsonReader *r, uint32_t *out) {
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        int h = r->p < r->end ? hex_value(*r->p) : -1;
        if (h < 0) return fail(r, "\\u needs four hexadecimal digits");
        v = v << 4 | (uint32_t)h;
        r->p++;
    }
    *out = v;
    return true;
}

static bool read_code_point(JsonReader *r, uint32_t *out) {
    uint32_t low;
    if (!read_unit(r, out)) return false;
    if (*out >> 10 != 0xD800 >> 10) return *out >> 10 != 0xDC00 >> 10 || fail(r, "half of a surrogate pair");
    if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u') return fail(r, "half of a surrogate pair");
    r->p += 2;
    if (!read_unit(r, &low)) return false;
    if (low >> 10 != 0xDC00 >> 10) return fail(r, "half of a surrogate pair");
    *out = 0x10000 + ((*out & 0x3FF) << 10 | (low & 0x3FF));
    return true;
}

static char *put_utf8(char *to, uint32_t c) {
    if (c < 0x80) *to++ = (char)c;
    else if (c < 0x800) *to++ = (char)(0xC0 | c >> 6), *to++ = (char)(0x80 | (c & 63));
    else if (c < 0x10000)
        *to++ = (char)(0xE0 | c >> 12), *to++ = (char)(0x80 | (c >> 6 & 63)), *to++ = (char)(0x80 | (c & 63));
    else {
        *to++ = (char)(0xF0 | c >> 18), *to++ = (char)(0x80 | (c >> 12 & 63));
        *to++ = (char)(0x80 | (c >> 6 & 63)), *to++ = (char)(0x80 | (c & 63));
    }
    return to;
}

/* What is behind a backslash; never longer than what was read. */
static bool read_escape(JsonReader *r, char **to) {
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    uint32_t c;
    if (r->p == r->end) return fail(r, "a text is not closed");
    char kind = *r->p++;
    const char *at = kind ? strchr(from, kind) : NULL;
    if (at) {
        *(*to)++ = into[at - from];
        return true;
    }
    if (kind != 'u') return fail(r, "an unknown escape");
    if (!read_code_point(r, &c)) return false;
    *to = put_utf8(*to, c);
    return true;
}

static bool unescape(JsonReader *r, Arena *a, size_t room, Str *out) {
    char *text = arena_alloc(a, room + 1), *to = text;
    while (*r->p != '"') { /* the closing quote was found before */
        if (*r->p != '\\') *to++ = *r->p++;
        else if (r->p++, !read_escape(r, &to)) return false;
    }
    *out = (Str){text, (size_t)(to - text)};
    return true;
}

/* The closing quote, or NULL. */
static const char *closing_quote(JsonReader *r, bool *escapes) {
    *escapes = false;
    for (const char *p = r->p; p < r->end && (unsigned char)*p >= ' '; p++) {
        if (*p == '"') return p;
        if (*p == '\\') *escapes = true, p++;
    }
    fail(r, "a text is not closed");
    return NULL;
}

bool json_string(JsonReader *r, Arena *a, Str *out) {
    bool escapes;
    if (!take(r, '"')) return fail(r, "a text is expected");
    const char *end = closing_quote(r, &escapes);
    if (!end) return false;
    *out = (Str){r->p, (size_t)(end - r->p)};
    if (escapes && !unescape(r, a, out->n, out)) return false;
    r->p = end + 1;
    return utf8_valid(*out) || fail(r, "a text is not UTF-8");
}

bool json_key(JsonReader *r, Arena *a, Str *out) {
    return json_string(r, a, out) && (take(r, ':') || fail(r, "a colon is expected"));
}

bool json_count(JsonReader *r, int64_t *out) {
    int64_t v = 0;
    json_peek(r);
    const char *from = r->p;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *r->p - '0', &v))
            return fail(r, "a number is too large");
    char next = r->p < r->end ? *r->p : 0;
    if (r->why || r->p == from || next == '.' || (next | 32) == 'e') return fail(r, "a whole number from 0 is expected");
    *out = v;
    return true;
}

/* true, false, null or a number: loosely, since what is skipped is not used. */
static bool skip_word(JsonReader *r) {
    const char *from = r->p;
    while (r->p < r->end && *r->p && strchr("+-.0123456789abcdefghijklmnopqrstuvwxyzE", *r->p)) r->p++;
    return r->p > from || fail(r, "a value is expected");
}

static bool skip_text(JsonReader *r) {
    bool escapes;
    r->p++;
    const char *end = closing_quote(r, &escapes);
    if (end) r->p = end + 1;
    return end != NULL;
}

static bool skip_at(JsonReader *r, int depth) {
    char c = json_peek(r), close = c == '{' ? '}' : ']';
    if (c == '"') return skip_text(r);
    if (c != '{' && c != '[') return skip_word(r);
    if (depth == MOST_DEPTH) return fail(r, "it is nested too deeply");
    json_enter(r, c);
    while (json_more(r, close)) {
        if (c == '{' && (json_peek(r) != '"' || !skip_text(r) || !take(r, ':'))) return fail(r, "a key is expected");
        if (!skip_at(r, depth + 1)) return false;
    }
    return !r->why;
}

bool json_skip(JsonReader *r) { return skip_at(r, 0); }

bool json_end(JsonReader *r) {
    if (json_peek(r)) return fail(r, "something follows the value");
    return !r->why && (r->p == r->end || fail(r, "something follows the value"));
}
