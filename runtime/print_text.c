/* markdown: a table of pipes; line: a line a value, an empty line between rows. */
#include "runtime/print_mode.h"

static void print_markdown_cell(Buf *b, Str s) {
    buf_putc(b, ' ');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '|') buf_putc(b, '\\');
        buf_putc(b, s.p[i]);
    }
    buf_puts(b, " |");
}

/* The line below the names is what makes it a table, so it is there without a header, too. */
static void markdown_begin(ResultPrinter *p) {
    buf_putc(&p->text, '|');
    for (uint32_t i = 0; i < p->n; i++) {
        buf_clear(&p->clean);
        print_clean(&p->clean, str_of(p->format.header ? p->names[i] : ""));
        print_markdown_cell(&p->text, (Str){p->clean.p, p->clean.n});
    }
    buf_puts(&p->text, "\n|");
    for (uint32_t i = 0; i < p->n; i++) buf_puts(&p->text, print_align_right(p->types[i]) ? "---:|" : ":---|");
    buf_putc(&p->text, '\n');
}

static void markdown_row(ResultPrinter *p, const Value *row) {
    buf_putc(&p->text, '|');
    for (uint32_t i = 0; i < p->n; i++) print_markdown_cell(&p->text, print_clean_cell(p, &row[i]));
    buf_putc(&p->text, '\n');
}

static int widest_name(const ResultPrinter *p) {
    int most = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        int width = text_width(str_of(p->names[i]));
        if (width > most) most = width;
    }
    return most;
}

static void begin(ResultPrinter *p) { (void)p; }
static void end(ResultPrinter *p) { (void)p; }

static void line_row(ResultPrinter *p, const Value *row) {
    int width = widest_name(p);
    if (p->rows) buf_putc(&p->text, '\n');
    for (uint32_t i = 0; i < p->n; i++) {
        buf_printf(&p->text, "%*s", width - text_width(str_of(p->names[i])), "");
        print_clean(&p->text, str_of(p->names[i]));
        buf_puts(&p->text, " = ");
        buf_str(&p->text, print_clean_cell(p, &row[i]));
        buf_putc(&p->text, '\n');
    }
}

const PrintMode print_markdown = {"markdown", markdown_begin, markdown_row, end};
const PrintMode print_line = {"line", begin, line_row, end};
