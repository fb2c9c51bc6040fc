/* csv and tsv: RFC 4180 with \n as line end, so that what is written reads back as it was. */
#include "runtime/print_mode.h"

static bool has_special(Str s, char delim) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == delim || s.p[i] == '"' || s.p[i] == '\n' || s.p[i] == '\r') return true;
    return false;
}

static void print_quoted(Buf *b, Str s) {
    buf_putc(b, '"');
    for (const char *at; s.n && (at = memchr(s.p, '"', s.n));) {
        size_t n = (size_t)(at - s.p) + 1;
        buf_add(b, s.p, n);
        buf_putc(b, '"');
        s = (Str){s.p + n, s.n - n};
    }
    buf_str(b, s);
    buf_putc(b, '"');
}

/* An unquoted empty text, or one like the format's NULL, would read back as NULL. */
static void print_text(ResultPrinter *p, Str s, char delim) {
    if (s.n == 0 || str_eq(s, str_of(p->format.null)) || has_special(s, delim)) print_quoted(&p->text, s);
    else buf_str(&p->text, s);
}

static bool is_plain(const Type *t) { return type_is_numeric(t) || t->kind == TY_BOOL || t->kind == TY_DATE; }

static void print_field(ResultPrinter *p, const Value *v, char delim) {
    if (v->null || is_plain(v->type)) print_cell(p, &p->text, v);
    else if (v->type->kind == TY_VARCHAR) print_text(p, v->s, delim);
    else {
        buf_clear(&p->cell);
        print_cell(p, &p->cell, v);
        print_text(p, (Str){p->cell.p, p->cell.n}, delim);
    }
}

static void print_names(ResultPrinter *p, char delim) {
    if (!p->format.header) return;
    for (uint32_t i = 0; i < p->n; i++) {
        if (i) buf_putc(&p->text, delim);
        print_text(p, str_of(p->names[i]), delim);
    }
    buf_putc(&p->text, '\n');
}

static void print_fields(ResultPrinter *p, const Value *row, char delim) {
    for (uint32_t i = 0; i < p->n; i++) {
        if (i) buf_putc(&p->text, delim);
        print_field(p, &row[i], delim);
    }
    buf_putc(&p->text, '\n');
}

static void csv_begin(ResultPrinter *p) { print_names(p, ','); }
static void csv_row(ResultPrinter *p, const Value *row) { print_fields(p, row, ','); }
static void tsv_begin(ResultPrinter *p) { print_names(p, '\t'); }
static void tsv_row(ResultPrinter *p, const Value *row) { print_fields(p, row, '\t'); }
static void end(ResultPrinter *p) { (void)p; }

const PrintMode print_csv = {"csv", csv_begin, csv_row, end};
const PrintMode print_tsv = {"tsv", tsv_begin, tsv_row, end};
