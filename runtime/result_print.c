#include "runtime/result_print.h"
#include "base/memory.h"
#include "runtime/print_mode.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const PrintMode *const modes[] = {&print_box,   &print_csv,      &print_tsv, &print_json,
                                         &print_jsonl, &print_markdown, &print_line};
enum { N_MODES = sizeof modes / sizeof *modes, FLUSH_BYTES = 1 << 16, ARENA_BYTES = 1 << 20 };

const char *const result_modes[] = {"box", "csv", "tsv", "json", "jsonl", "markdown", "line", NULL};
_Static_assert(sizeof result_modes / sizeof *result_modes == N_MODES + 1, "a name a mode");

static const PrintMode *find_mode(const char *name) {
    for (int i = 0; i < N_MODES; i++)
        if (strcmp(modes[i]->name, name) == 0) return modes[i];
    return NULL;
}

bool result_mode_known(const char *mode) { return find_mode(mode) != NULL; }

static void flush(ResultPrinter *p) {
    errno = 0;
    if (!p->error && p->text.n && fwrite(p->text.p, 1, p->text.n, p->out) != p->text.n) p->error = errno ? errno : EIO;
    buf_clear(&p->text);
}

ResultPrinter *print_begin(FILE *out, const ResultFormat *f, uint32_t n, const char *const *names, const Type *const *types,
                           RtError *e) {
    const PrintMode *mode = find_mode(f->mode);
    if (!mode) return rt_fail(e, RT_DATA, "there is no output mode %s", f->mode), NULL;
    ResultPrinter *p = mem_alloc(sizeof *p);
    *p = (ResultPrinter){.out = out, .format = *f, .mode = mode, .n = n, .names = names, .types = types, .arena = arena_new()};
    if (!p->format.null) p->format.null = "";
    p->row = mem_alloc(sizeof(Value) * ((size_t)n + 1));
    mode->begin(p);
    return p;
}

bool print_row(ResultPrinter *p, const Value *row) {
    p->mode->row(p, row);
    p->rows++;
    if (p->text.n >= FLUSH_BYTES) flush(p);
    return !p->error;
}

bool print_rows(ResultPrinter *p, const ColumnRef *cols, int64_t from, int64_t rows) {
    for (int64_t i = from; i < from + rows && !p->error; i++) {
        for (uint32_t c = 0; c < p->n; c++) p->row[c] = column_value(&cols[c], p->types[c], i, p->arena);
        print_row(p, p->row);
        if (arena_used(p->arena) > ARENA_BYTES) arena_reset(p->arena);
    }
    return !p->error;
}

bool print_end(ResultPrinter *p, RtError *e) {
    p->mode->end(p);
    flush(p);
    if (!p->error && fflush(p->out) != 0) p->error = errno;
    int error = p->error;
    buf_free(&p->text);
    buf_free(&p->cell);
    buf_free(&p->clean);
    arena_free(p->arena);
    free(p->row);
    free(p);
    return !error || rt_fail(e, RT_DATA, "cannot write the result: %s", strerror(error));
}

bool result_print(FILE *out, const ResultFormat *f, uint32_t n, const char *const *names, const Type *const *types,
                  const ColumnRef *cols, int64_t rows, RtError *e) {
    ResultPrinter *p = print_begin(out, f, n, names, types, e);
    if (!p) return false;
    print_rows(p, cols, 0, rows);
    return print_end(p, e);
}
