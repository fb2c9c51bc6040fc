/* json: one array of objects, a line each; jsonl: the objects alone. */
#include "base/text.h"
#include "runtime/print_mode.h"
#include <math.h>

static void print_char(Buf *b, char c) {
    if (c == '"' || c == '\\') buf_putc(b, '\\'), buf_putc(b, c);
    else if (c == '\n') buf_puts(b, "\\n");
    else if (c == '\t') buf_puts(b, "\\t");
    else if (c == '\r') buf_puts(b, "\\r");
    else buf_printf(b, "\\u%04x", (unsigned char)c);
}

static bool is_plain(char c) { return c >= ' ' && c != '"' && c != '\\' && c != 0x7F; }

/* Broken UTF-8 becomes U+FFFD: JSON has no other bytes. */
static void print_string(Buf *b, Str s) {
    buf_putc(b, '"');
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        const char *from = p;
        while (p < end && is_plain(*p)) p++;
        buf_add(b, from, (size_t)(p - from));
        if (p == end) break;
        size_t n = utf8_step(p, end);
        if (*p >= 0) print_char(b, *p);
        else if (n == 1) buf_puts(b, "\xEF\xBF\xBD");
        else buf_add(b, p, n);
        p += n;
    }
    buf_putc(b, '"');
}

static void print_value(ResultPrinter *p, Buf *b, const Value *v);

/* Nested arrays, one level a dimension; *at is the next element. */
static void print_dims(ResultPrinter *p, Buf *b, const Value *t, uint32_t dim, int64_t *at) {
    if (dim == t->type->n) {
        Value v = tensor_elem(t, (*at)++);
        print_value(p, b, &v);
        return;
    }
    buf_putc(b, '[');
    for (int64_t i = 0; i < tensor_dim(t, dim); i++) {
        if (i) buf_putc(b, ',');
        print_dims(p, b, t, dim + 1, at);
    }
    buf_putc(b, ']');
}

static void print_items(ResultPrinter *p, Buf *b, const Value *v) {
    bool named = v->type->kind == TY_STRUCT;
    buf_putc(b, named ? '{' : '[');
    for (size_t i = 0; i < v->list.n; i++) {
        if (i) buf_putc(b, ',');
        if (named) print_string(b, str_of(v->type->names[i])), buf_putc(b, ':');
        print_value(p, b, &v->list.at[i]);
    }
    buf_putc(b, named ? '}' : ']');
}

static void print_as_string(Buf *b, const Value *v) {
    Buf text = {0};
    value_print(&text, v);
    print_string(b, (Str){text.p, text.n});
    buf_free(&text);
}

static bool is_number(const Value *v) {
    if (type_is_float(v->type)) return isfinite(v->type->kind == TY_F64 ? v->f64 : (double)v->f32);
    return type_is_numeric(v->type) || v->type->kind == TY_BOOL;
}

static void print_value(ResultPrinter *p, Buf *b, const Value *v) {
    int64_t at = 0;
    if (v->null) buf_puts(b, "null");
    else if (v->type->kind == TY_VARCHAR) print_string(b, v->s);
    else if (v->type->kind == TY_TENSOR) print_dims(p, b, v, 0, &at);
    else if (v->type->kind == TY_LIST || v->type->kind == TY_STRUCT) print_items(p, b, v);
    else if (is_number(v)) print_cell(p, b, v);
    else print_as_string(b, v);
}

static void print_object(ResultPrinter *p, const Value *row) {
    Buf *b = &p->text;
    buf_putc(b, '{');
    for (uint32_t i = 0; i < p->n; i++) {
        if (i) buf_putc(b, ',');
        print_string(b, str_of(p->names[i]));
        buf_putc(b, ':');
        print_value(p, b, &row[i]);
    }
    buf_putc(b, '}');
}

static void json_begin(ResultPrinter *p) { buf_putc(&p->text, '['); }
static void json_row(ResultPrinter *p, const Value *row) {
    buf_puts(&p->text, p->rows ? ",\n" : "\n");
    print_object(p, row);
}
static void json_end(ResultPrinter *p) { buf_puts(&p->text, p->rows ? "\n]\n" : "]\n"); }

static void jsonl_begin(ResultPrinter *p) { (void)p; }
static void jsonl_row(ResultPrinter *p, const Value *row) {
    print_object(p, row);
    buf_putc(&p->text, '\n');
}
static void jsonl_end(ResultPrinter *p) { (void)p; }

const PrintMode print_json = {"json", json_begin, json_row, json_end};
const PrintMode print_jsonl = {"jsonl", jsonl_begin, jsonl_row, jsonl_end};
