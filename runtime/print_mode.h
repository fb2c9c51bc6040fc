/* PrintMode: how one mode writes rows; what the writers of modes share.  Within runtime/print_*.c and result_print.c. */
#ifndef DQL_RUNTIME_PRINT_MODE_H
#define DQL_RUNTIME_PRINT_MODE_H
#include "runtime/result_print.h"

typedef struct PrintMode {
    const char *name;
    void (*begin)(ResultPrinter *p);
    void (*row)(ResultPrinter *p, const Value *row); /* p->rows: rows before it */
    void (*end)(ResultPrinter *p);
} PrintMode;

struct ResultPrinter {
    FILE *out;
    ResultFormat format;
    const PrintMode *mode;
    uint32_t n;
    const char *const *names;
    const Type *const *types;
    int64_t rows;
    Buf text;    /* not yet written */
    Buf cell, clean; /* scratch of one cell */
    void *state; /* the mode's own */
    Value *row;
    Arena *arena;
    int error; /* errno of the failed write; 0: none */
};

extern const PrintMode print_csv, print_tsv, print_json, print_jsonl, print_markdown, print_line, print_box;

/* A value as the format asks, NULL included. */
void print_cell(const ResultPrinter *p, Buf *b, const Value *v);
/* Control characters written as \n, \t, \x1b, broken UTF-8 as U+FFFD. Valid until the next call. */
Str print_clean_cell(ResultPrinter *p, const Value *v);
void print_clean(Buf *b, Str s);
bool print_align_right(const Type *t); /* numbers */

int text_width(Str s); /* columns on a terminal: 2 for East Asian wide characters and emoji, 0 for combining marks */
/* The longest start of s of at most `width` columns. */
Str text_fit(Str s, int width);
#endif
