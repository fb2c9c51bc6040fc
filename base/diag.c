#include "base/diag.h"
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *code, *text;
} rows[DIAG_COUNT] = {
#define DIAG(code, name, text) [name] = {code, text},
#include "base/diag.def"
#undef DIAG
};

void diags_init(Diags *d, Arena *arena, const Source *source) {
    *d = (Diags){.arena = arena, .source = source};
}

static void add(Diags *d, Severity severity, DiagCode code, Span at, const char *fmt, va_list ap) {
    if (d->n == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 8;
        Diag *to = ARENA_ARRAY(d->arena, Diag, cap);
        if (d->n) memcpy(to, d->at, d->n * sizeof *to);
        d->at = to;
        d->cap = cap;
    }
    Buf text = {0};
    buf_vprintf(&text, fmt, ap);
    d->at[d->n++] = (Diag){severity, code, at, arena_strndup(d->arena, text.p, text.n)};
    buf_free(&text);
}

void diag_error(Diags *d, DiagCode code, Span at, ...) {
    va_list ap;
    va_start(ap, at);
    add(d, SEV_ERROR, code, at, rows[code].text, ap);
    va_end(ap);
    d->errors++;
}

static DiagCode last_code(const Diags *d) { return d->n ? d->at[d->n - 1].code : 0; }

void diag_note(Diags *d, Span at, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    add(d, SEV_NOTE, last_code(d), at, fmt, ap);
    va_end(ap);
}

void diag_help(Diags *d, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    add(d, SEV_HELP, last_code(d), SPAN_NONE, fmt, ap);
    va_end(ap);
}

void diag_did_you_mean(Diags *d, const char *name, const char *const *candidates, size_t n) {
    const char *near = str_nearest(name, candidates, n);
    if (near) diag_help(d, "did you mean %s?", near);
}

void bug_at(const char *file, int line, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    fprintf(stderr, "%s:%d: bug: ", file, line);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    abort();
}

/* ---- printing ---- */

typedef struct Style {
    const char *name, *colour;
} Style;

static const Style styles[] = {
    [SEV_ERROR] = {"error", "\033[1;31m"},
    [SEV_WARNING] = {"warning", "\033[1;35m"},
    [SEV_NOTE] = {"note", "\033[1;36m"},
    [SEV_HELP] = {"help", "\033[1;32m"},
};

static void paint(Buf *out, bool colour, const char *code) {
    if (colour) buf_puts(out, code);
}

static bool has_place(const Diags *d, const Diag *g) { return d->source && g->span.from != UINT32_MAX; }

static void print_place(Buf *out, const Diags *d, const Diag *g, bool colour) {
    if (!d->source || g->severity == SEV_HELP) return;
    paint(out, colour, "\033[1m");
    if (has_place(d, g)) {
        LineCol at = source_line_col(d->source, g->span.from);
        buf_printf(out, "%s:%u:%u: ", d->source->name, at.line, at.col);
    } else if (d->source->name) {
        buf_printf(out, "%s: ", d->source->name);
    }
    paint(out, colour, "\033[0m");
}

/* A control character would move the cursor or recolour the terminal: it prints as '?', a tab as itself. */
static void print_source_text(Buf *out, Str line) {
    for (size_t i = 0; i < line.n; i++) {
        unsigned char c = (unsigned char)line.p[i];
        buf_putc(out, (c < ' ' && c != '\t') || c == 127 ? '?' : (char)c);
    }
}

static size_t print_run(Buf *out, Str s, char mark) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if ((s.p[i] & 0xC0) == 0x80) continue;
        buf_putc(out, mark == ' ' && s.p[i] == '\t' ? '\t' : mark);
        n++;
    }
    return n;
}

/* At most so many bytes of a line before and behind the start of the span: a line may have megabytes. */
enum { SHOWN_BEFORE = 200, SHOWN_BEHIND = 280 };

static bool is_middle(char c) { return (c & 0xC0) == 0x80; } /* of a character of several bytes */

static size_t line_begin(const Source *s, size_t from, bool *cut) {
    size_t begin = from;
    while (begin > 0 && s->text[begin - 1] != '\n' && from - begin < SHOWN_BEFORE) begin--;
    while (begin < from && is_middle(s->text[begin])) begin++;
    *cut = begin > 0 && s->text[begin - 1] != '\n';
    return begin;
}

static size_t line_end(const Source *s, size_t from, bool *cut) {
    size_t end = from;
    while (end < s->len && s->text[end] != '\n' && end - from < SHOWN_BEHIND) end++;
    while (end < s->len && is_middle(s->text[end])) end++;
    *cut = end < s->len && s->text[end] != '\n' && s->text[end] != '\r';
    return end > from && s->text[end - 1] == '\r' ? end - 1 : end;
}

/* The line of the span's start, and carets under the part of the span that lies on it (at least one). */
static void print_marked_line(Buf *out, const Source *s, const Diag *g, bool colour) {
    bool before, behind;
    size_t from = g->span.from < s->len ? g->span.from : s->len;
    size_t begin = line_begin(s, from, &before), end = line_end(s, from, &behind);
    size_t to = g->span.to < from ? from : g->span.to > end ? end : g->span.to;
    buf_printf(out, "%5u | %s", source_line_col(s, (uint32_t)from).line, before ? "..." : "");
    print_source_text(out, (Str){s->text + begin, end - begin});
    buf_printf(out, "%s\n      | %s", behind ? "..." : "", before ? "   " : "");
    print_run(out, (Str){s->text + begin, from - begin}, ' ');
    paint(out, colour, styles[g->severity].colour);
    if (print_run(out, (Str){s->text + from, to - from}, '^') == 0) buf_putc(out, '^');
    paint(out, colour, "\033[0m");
    buf_putc(out, '\n');
}

static void print_diag(Buf *out, const Diags *d, const Diag *g, bool colour) {
    print_place(out, d, g, colour);
    paint(out, colour, styles[g->severity].colour);
    buf_puts(out, styles[g->severity].name);
    if (g->severity == SEV_ERROR) buf_printf(out, "[%s]", rows[g->code].code);
    paint(out, colour, "\033[0m");
    buf_printf(out, ": %s\n", g->text);
    if (has_place(d, g)) print_marked_line(out, d->source, g, colour);
}

/* An error and the notes that follow it. */
typedef struct Group {
    uint32_t from;
    size_t first;
} Group;

static int group_cmp(const void *a, const void *b) {
    const Group *x = a, *y = b;
    if (x->from != y->from) return x->from < y->from ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static bool opens_group(const Diags *d, size_t i) {
    return i == 0 || d->at[i].severity == SEV_ERROR || d->at[i].severity == SEV_WARNING;
}

void diags_print(const Diags *d, Buf *out, bool colour) {
    Group *groups = ARENA_ARRAY(d->arena, Group, d->n);
    size_t n = 0;
    for (size_t i = 0; i < d->n; i++)
        if (opens_group(d, i)) groups[n++] = (Group){d->at[i].span.from, i};
    qsort(groups, n, sizeof *groups, group_cmp);
    for (size_t i = 0; i < n; i++) {
        size_t g = groups[i].first;
        do print_diag(out, d, &d->at[g++], colour);
        while (g < d->n && !opens_group(d, g));
    }
}
