/* Where a row is in what a person wrote: the line of a file, or the row of a table. */
#include "runtime/table.h"
#include <string.h>

bool version_set_file(TableVersion *v, const char *path, uint32_t n_runs, LineRun *runs) {
    TableFile *f = block_zalloc(v->pool, sizeof *f);
    char *copy = block_alloc(v->pool, strlen(path) + 1);
    if (!f || !copy) {
        block_free(f);
        block_free(copy);
        block_free(runs);
        return false;
    }
    memcpy(copy, path, strlen(path) + 1);
    *f = (TableFile){copy, n_runs, runs};
    v->file = f;
    return true;
}

static int64_t line_of(const TableFile *f, int64_t row) {
    uint32_t low = 0, high = f->n_runs; /* the last run that begins at or before the row */
    while (high - low > 1) {
        uint32_t mid = low + (high - low) / 2;
        if (f->runs[mid].row <= row) low = mid;
        else high = mid;
    }
    return f->runs[low].line + row - f->runs[low].row;
}

void version_print_row(Buf *out, const TableVersion *v, const char *table, int64_t row) {
    const TableFile *f = v->file;
    if (!f) buf_printf(out, " in row %lld of table '%s'", (long long)row + 1, table);
    else if (!f->n_runs) buf_printf(out, " in row %lld of '%s'", (long long)row + 1, f->path);
    else buf_printf(out, " in line %lld of '%s'", (long long)line_of(f, row), f->path);
}
