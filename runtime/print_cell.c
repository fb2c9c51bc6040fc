/* What all modes share: a value as text, cleaned of what a terminal would obey. */
#include "base/text.h"
#include "runtime/print_mode.h"

void print_cell(const ResultPrinter *p, Buf *b, const Value *v) {
    if (v->null) buf_puts(b, p->format.null);
    else if (v->type->kind == TY_BOOL && p->format.booleans01) buf_putc(b, v->b ? '1' : '0');
    else value_print(b, v);
}

bool print_align_right(const Type *t) { return type_is_numeric(t); }

static void print_control(Buf *b, unsigned char c) {
    if (c == '\n') buf_puts(b, "\\n");
    else if (c == '\r') buf_puts(b, "\\r");
    else if (c == '\t') buf_puts(b, "\\t");
    else buf_printf(b, "\\x%02x", c);
}

/* U+0080 to U+009F are controls as well. */
static bool is_c1(const char *p, size_t n) { return n == 2 && (unsigned char)p[0] == 0xC2 && (unsigned char)p[1] < 0xA0; }

void print_clean(Buf *b, Str s) {
    for (const char *p = s.p, *end = s.p + s.n; p < end;) {
        size_t n = utf8_step(p, end);
        if (n == 1 && *p < 0) buf_puts(b, "\xEF\xBF\xBD");
        else if (n == 1 && ((unsigned char)*p < ' ' || *p == 0x7F)) print_control(b, (unsigned char)*p);
        else if (is_c1(p, n)) print_control(b, (unsigned char)p[1]);
        else buf_add(b, p, n);
        p += n;
    }
}

Str print_clean_cell(ResultPrinter *p, const Value *v) {
    buf_clear(&p->cell);
    buf_clear(&p->clean);
    print_cell(p, &p->cell, v);
    print_clean(&p->clean, (Str){p->cell.p, p->cell.n});
    return (Str){p->clean.p, p->clean.n};
}
