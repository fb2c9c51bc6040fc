/* box: a table with borders.  Rows are kept until the columns have been measured; where the table is wider than the
 * terminal, long columns are cut (..), numbers last, and if that is not enough columns in the middle are left out.
 */
#include "base/memory.h"
#include "base/vec.h"
#include "runtime/print_mode.h"
#include <stdlib.h>

enum { NARROWEST = 8 }; /* a text column is not cut below this */

typedef struct Box {
    VEC(size_t) ends; /* in `texts`, of each cell, row by row */
    Buf texts;
    int *widths;      /* per column; -1: left out */
    bool measured;    /* and all rows so far printed */
} Box;

static Str clean_name(ResultPrinter *p, uint32_t i) {
    buf_clear(&p->clean);
    print_clean(&p->clean, str_of(p->names[i]));
    return (Str){p->clean.p, p->clean.n};
}

static void begin(ResultPrinter *p) {
    Box *x = mem_alloc(sizeof *x);
    *x = (Box){.widths = mem_alloc(sizeof(int) * ((size_t)p->n + 1))};
    for (uint32_t i = 0; i < p->n; i++) x->widths[i] = p->format.header ? text_width(clean_name(p, i)) : 0;
    p->state = x;
}

/* ---- widths ---- */

static int limited(const ResultPrinter *p, const Box *x, uint32_t i, int most) {
    return print_align_right(p->types[i]) || x->widths[i] <= most ? x->widths[i] : most;
}

/* Borders and blanks are 3 characters a column and one more; so is a column left out, as "…". */
static int table_width(const ResultPrinter *p, const Box *x, int most) {
    int width = 1;
    bool gap = false;
    for (uint32_t i = 0; i < p->n; i++) {
        if (x->widths[i] >= 0) width += 3 + limited(p, x, i, most);
        else gap = true;
    }
    return width + (gap ? 4 : 0);
}

static int widest(const ResultPrinter *p, const Box *x) {
    int most = 0;
    for (uint32_t i = 0; i < p->n; i++)
        if (x->widths[i] > most) most = x->widths[i];
    return most;
}

/* One after the other from the middle, the first and the last stay. */
static void leave_out(const ResultPrinter *p, Box *x) {
    uint32_t from = p->n / 2, to = from;
    while (to - from + 2 < p->n && table_width(p, x, NARROWEST) > p->format.width) {
        if (to + 1 < p->n && (to - from) % 2 == 0) x->widths[to++] = -1;
        else if (from > 1) x->widths[--from] = -1;
        else if (to + 1 < p->n) x->widths[to++] = -1;
        else return;
    }
}

static void fit_terminal(const ResultPrinter *p, Box *x) {
    int most = widest(p, x);
    if (p->format.width <= 0) return;
    if (table_width(p, x, NARROWEST) > p->format.width) leave_out(p, x);
    while (most > NARROWEST && table_width(p, x, most) > p->format.width) most--;
    for (uint32_t i = 0; i < p->n; i++)
        if (x->widths[i] >= 0) x->widths[i] = limited(p, x, i, most);
}

/* ---- lines ---- */

/* Whether column i is the first of those left out, where "…" stands for them. */
static bool is_gap(const Box *x, uint32_t i) { return x->widths[i] < 0 && (i == 0 || x->widths[i - 1] >= 0); }

static void print_dashes(Buf *b, int n) {
    while (n-- > 0) buf_puts(b, "─");
}

static void print_border(ResultPrinter *p, const Box *x, const char *left, const char *middle, const char *right) {
    const char *before = left;
    for (uint32_t i = 0; i < p->n; i++) {
        if (x->widths[i] < 0 && !is_gap(x, i)) continue;
        buf_puts(&p->text, before);
        print_dashes(&p->text, (x->widths[i] < 0 ? 1 : x->widths[i]) + 2);
        before = middle;
    }
    buf_puts(&p->text, p->n ? right : "");
    buf_putc(&p->text, '\n');
}

static void print_blanks(Buf *b, int n) {
    while (n-- > 0) buf_putc(b, ' ');
}

/* After the rows that were measured a wider cell may come: it is printed whole unless the terminal is too narrow. */
static void print_padded(ResultPrinter *p, Str s, int width, bool right, bool whole) {
    Buf *b = &p->text;
    int have = text_width(s), cut = have > width && !whole;
    if (cut) s = text_fit(s, width - 1), have = text_width(s) + 1;
    buf_putc(b, ' ');
    if (right) print_blanks(b, width - have);
    buf_str(b, s);
    if (cut) buf_puts(b, "…");
    if (!right) print_blanks(b, width - have);
    buf_putc(b, ' ');
}

static void print_box_cell(ResultPrinter *p, const Box *x, uint32_t i, Str s, bool whole) {
    if (x->widths[i] < 0 && !is_gap(x, i)) return;
    buf_puts(&p->text, "│");
    if (x->widths[i] < 0) buf_puts(&p->text, " … ");
    else print_padded(p, s, x->widths[i], print_align_right(p->types[i]), whole);
}

static void print_names(ResultPrinter *p, const Box *x) {
    if (!p->format.header) return;
    for (uint32_t i = 0; i < p->n; i++) print_box_cell(p, x, i, clean_name(p, i), false);
    buf_puts(&p->text, "│\n");
    print_border(p, x, "├", "┼", "┤");
}

static void print_kept(ResultPrinter *p, Box *x) {
    size_t at = 0;
    for (size_t k = 0; k < x->ends.n; k++) {
        uint32_t i = (uint32_t)(k % p->n);
        print_box_cell(p, x, i, (Str){x->texts.p + at, x->ends.at[k] - at}, false);
        if (i == p->n - 1) buf_puts(&p->text, "│\n");
        at = x->ends.at[k];
    }
    vec_free(&x->ends);
    buf_free(&x->texts);
}

static void print_measured(ResultPrinter *p, Box *x) {
    if (x->measured) return;
    x->measured = true;
    fit_terminal(p, x);
    print_border(p, x, "┌", "┬", "┐");
    print_names(p, x);
    print_kept(p, x);
}

static void keep(ResultPrinter *p, Box *x, const Value *row) {
    for (uint32_t i = 0; i < p->n; i++) {
        Str s = print_clean_cell(p, &row[i]);
        int width = text_width(s);
        if (width > x->widths[i]) x->widths[i] = width;
        buf_str(&x->texts, s);
        *vec_push(&x->ends) = x->texts.n;
    }
}

static void row(ResultPrinter *p, const Value *values) {
    Box *x = p->state;
    if (p->rows < BOX_MEASURED) {
        keep(p, x, values);
        return;
    }
    print_measured(p, x);
    for (uint32_t i = 0; i < p->n; i++) print_box_cell(p, x, i, print_clean_cell(p, &values[i]), p->format.width <= 0);
    if (p->n) buf_puts(&p->text, "│\n");
}

static void end(ResultPrinter *p) {
    Box *x = p->state;
    print_measured(p, x);
    print_border(p, x, "└", "┴", "┘");
    free(x->widths);
    free(x);
}

const PrintMode print_box = {"box", begin, row, end};
