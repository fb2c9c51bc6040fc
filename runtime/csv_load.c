/* Loading: waves of parts.  Each part of about PART_BYTES is split and converted by one worker; then the parts are checked
 * and appended in order.  Where a part begins is a guess (the first line end outside of quotes, by the parity of the
 * quotes before it); a part is good when the one before it ended there, else it is done again from the right place.
 */
#include "base/memory.h"
#include "base/number.h"
#include "runtime/builder.h"
#include "runtime/csv.h"
#include "runtime/csv_convert.h"
#include "runtime/csv_sniff.h"
#include "runtime/csv_text.h"
#include <stdio.h>
#include <stdlib.h>

enum { PART_BYTES = 1 << 20, LEAST_PART = 1 << 16, PARTS_A_WORKER = 4, GUESS_REACH = 4 * PART_BYTES };

typedef struct Part {
    CsvPart p;
    CsvColumn *cols;
    SniffType *sniffed; /* as wide as this part needs; NULL: types were given */
    size_t quotes;
    int64_t bad_row; /* of the first value that is none of its type; INT64_MAX: none */
    uint32_t bad_col;
    const char *bad_text; /* the first byte that is no text; NULL: none */
    int64_t lines;        /* line ends */
    bool no_memory;
} Part;

typedef struct Load {
    const FileSpec *spec;
    CsvText text;
    CsvLayout layout;
    const Type *types[SNIFF_COUNT]; /* of sniffed columns */
    uint32_t n_cols;
    BlockPool *pool;
    Workers *workers;
    TableBuilder *builder; /* NULL: only to find out how wide the columns must be */
    int64_t n_parts;       /* of a wave */
    Part *parts;
    size_t part_bytes, at; /* at: where the wave begins */
    int64_t row, line;     /* of the record at `at` */
    LineRun *runs;         /* block; where rows stand, as table.h says */
    uint32_t n_runs, most_runs;
    bool widened;
    bool *failed; /* per column: appending ran out of memory */
    char name[PROGRESS_NAME]; /* of the work */
    RtError *e;
} Load;

static const Type *type_of(const Load *l, const SniffType *sniffed, uint32_t c) {
    return sniffed ? l->types[sniffed[c]] : l->layout.schema.types[c];
}

/* ---- one part ---- */

static Str field_text(const CsvPart *p, int64_t row, uint32_t c) {
    CsvField f = p->fields[c * p->stride + row];
    return (Str){p->text + p->from + f.at, f.n & CSV_LENGTH};
}

/* Again with a wider type until all values fit; a given type is not widened. */
static void convert_column(const Load *l, Part *k, uint32_t c) {
    for (;;) {
        const CsvField *fields = k->p.fields + c * k->p.stride;
        const Type *t = type_of(l, k->sniffed, c);
        if (!csv_convert(&l->layout.dialect, t, k->p.text + k->p.from, fields, k->p.records, l->pool, &k->cols[c])) {
            k->no_memory = true;
            return;
        }
        int64_t row = k->cols[c].misfit;
        if (row < 0) return;
        if (!k->sniffed) {
            if (row < k->bad_row) k->bad_row = row, k->bad_col = c;
            return;
        }
        SniffType wider = sniff_join(k->sniffed[c], sniff_value(field_text(&k->p, row, c)));
        k->sniffed[c] = wider == k->sniffed[c] ? SNIFF_VARCHAR : wider;
    }
}

static void do_part(const Load *l, Part *k) {
    csv_split(&l->layout.dialect, l->n_cols, &k->p);
    k->bad_row = INT64_MAX;
    k->bad_text = csv_check_text(k->p.text + k->p.from, k->p.text + k->p.end, &k->lines);
    if (k->sniffed) memcpy(k->sniffed, l->layout.sniffed, sizeof *k->sniffed * l->n_cols);
    for (uint32_t c = 0; c < l->n_cols; c++) convert_column(l, k, c);
}

static void part_item(void *ctx, int64_t i) { do_part(ctx, &((Load *)ctx)->parts[i]); }

/* ---- where parts begin ---- */

static void count_item(void *ctx, int64_t i) {
    Load *l = ctx;
    CsvPart *p = &l->parts[i].p;
    l->parts[i].quotes = csv_count_quotes(&l->layout.dialect, p->text + p->from, p->text + p->stop);
}

/* Behind the first line end outside of quotes, when `inside` says whether `p` is within them. */
static size_t guess_begin(const Load *l, size_t at, size_t stop, bool inside) {
    const char *text = l->text.p;
    for (; at < stop; at++) {
        if ((unsigned char)text[at] == l->layout.dialect.quote) inside = !inside;
        else if (text[at] == '\n' && !inside) return at + 1;
    }
    return stop;
}

/* The parts of the wave at l->at; returns how many there are. */
static int64_t lay_out(Load *l) {
    size_t n = l->text.n, at = l->at, quotes = 0;
    int64_t count = 0;
    for (; count < l->n_parts && at < n; count++, at += l->part_bytes) {
        Part *k = &l->parts[count];
        k->p.from = at;
        k->p.stop = n - at < l->part_bytes ? n : at + l->part_bytes;
        k->p.reach = n - k->p.stop < GUESS_REACH ? n : k->p.stop + GUESS_REACH;
    }
    workers_each(l->workers, count, count_item, l);
    for (int64_t i = 0; i < count; i++) {
        CsvPart *p = &l->parts[i].p;
        if (i) p->from = guess_begin(l, p->from, p->stop, quotes % 2);
        quotes += l->parts[i].quotes;
    }
    return count;
}

/* ---- checking and appending ---- */

static int64_t line_of(const Load *l, size_t at) {
    int64_t line = 1;
    const char *p = l->text.p, *end = p + at;
    while ((p = memchr(p, '\n', (size_t)(end - p)))) line++, p++;
    return line;
}

static bool fail_fault(const Load *l, const CsvPart *p) {
    const char *path = l->spec->path;
    long long line = line_of(l, p->end);
    switch (p->fault) {
    case CSV_TOO_FEW:
    case CSV_TOO_MANY:
        return rt_fail(l->e, RT_DATA, "%s:%lld: %u field%s where %u are expected", path, line, p->found,
                       p->found == 1 ? "" : "s", l->n_cols);
    case CSV_UNCLOSED: return rt_fail(l->e, RT_DATA, "%s:%lld: a quote of this record is not closed", path, line);
    case CSV_BEHIND_QUOTE: return rt_fail(l->e, RT_DATA, "%s:%lld: text follows a closing quote", path, line);
    case CSV_TOO_LONG: return rt_fail(l->e, RT_DATA, "%s:%lld: this record is too long", path, line);
    case CSV_OK: break;
    }
    return true;
}

/* The cast says why, and of which value. */
static bool fail_value(const Load *l, const Part *k) {
    Arena *a = arena_new();
    const Type *t = type_of(l, k->sniffed, k->bad_col);
    Str s = field_text(&k->p, k->bad_row, k->bad_col);
    Value text = {.type = type_get(typepool_new(a), TY_VARCHAR), .s = s}, v;
    const char *why = "not a value of the column's type";
    value_cast(a, &text, t, &v, &why);
    rt_fail(l->e, RT_DATA, "%s:%lld: column %s: %s", l->spec->path, (long long)line_of(l, (size_t)(s.p - l->text.p)),
            l->layout.schema.names[k->bad_col], why);
    arena_free(a);
    return false;
}

static bool fail_text(const Load *l, const char *at) {
    long long line = line_of(l, (size_t)(at - l->text.p));
    if (*at == 0)
        return rt_fail(l->e, RT_DATA, "%s:%lld: a NUL byte: files are read as UTF-8 text, without such bytes",
                       l->spec->path, line);
    bool utf16 = at == l->text.p && l->text.n > 1 &&
                 (memcmp(at, "\xFF\xFE", 2) == 0 || memcmp(at, "\xFE\xFF", 2) == 0);
    return rt_fail(
        l->e, RT_DATA,
        "%s:%lld: the byte 0x%02X is not UTF-8 here: convert the file, for example by iconv -f %s -t UTF-8",
        l->spec->path, line, (unsigned char)*at, utf16 ? "UTF-16" : "LATIN1");
}

/* A value in an earlier row than the fault comes first: the fault is behind all rows of the part. */
static bool check_part(Load *l, Part *k) {
    bool within = l->at > k->p.stop; /* of a record of the part before: none begins here */
    if (within) k->p.stop = l->at;
    if (within || k->p.from != l->at || (k->p.fault != CSV_OK && k->p.reach < l->text.n)) {
        k->p.from = l->at;
        k->p.reach = l->text.n;
        do_part(l, k);
    }
    if (k->no_memory) return rt_fail_memory(l->e);
    bool value = k->bad_row != INT64_MAX;
    if (k->bad_text && !(value && field_text(&k->p, k->bad_row, k->bad_col).p < k->bad_text))
        return fail_text(l, k->bad_text);
    if (value) return fail_value(l, k);
    return k->p.fault == CSV_OK || fail_fault(l, &k->p);
}

/* ---- lines ---- */

static bool add_run(Load *l, int64_t row, int64_t line) {
    const LineRun *last = l->n_runs ? &l->runs[l->n_runs - 1] : NULL;
    if (last && line - last->line == row - last->row) return true;
    if (l->n_runs == l->most_runs) {
        uint32_t most = l->most_runs ? 2 * l->most_runs : 16;
        LineRun *more = block_regrow(l->pool, l->runs, l->n_runs * sizeof *more, most * sizeof *more);
        if (!more) return rt_fail_memory(l->e);
        l->runs = more;
        l->most_runs = most;
    }
    l->runs[l->n_runs++] = (LineRun){row, line};
    return true;
}

/* Of a part where some records take several lines, or lines are empty. */
static bool add_runs(Load *l, const CsvPart *p) {
    const char *at = p->text + p->from;
    int64_t line = l->line;
    for (int64_t r = 0; r < p->records; r++) {
        const char *field = p->text + p->from + p->fields[r].at;
        while ((at = memchr(at, '\n', (size_t)(field - at)))) line++, at++;
        at = field;
        if (!add_run(l, l->row + r, line)) return false;
    }
    return true;
}

static bool note_lines(Load *l, const Part *k) {
    const CsvPart *p = &k->p;
    bool open_end = p->records && p->end == p->n && p->text[p->n - 1] != '\n';
    bool even = k->lines == p->records - open_end;
    if (p->records && !(even ? add_run(l, l->row, l->line) : add_runs(l, p))) return false;
    l->row += p->records;
    l->line += k->lines;
    return true;
}

static bool check_parts(Load *l, int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (!check_part(l, &l->parts[i]) || !note_lines(l, &l->parts[i])) return false;
        l->at = l->parts[i].p.end;
    }
    return true;
}

static void widen(Load *l, int64_t n) {
    for (int64_t i = 0; l->layout.sniffed && i < n; i++)
        for (uint32_t c = 0; c < l->n_cols; c++) {
            SniffType t = sniff_join(l->layout.sniffed[c], l->parts[i].sniffed[c]);
            l->widened |= t != l->layout.sniffed[c];
            l->layout.sniffed[c] = t;
        }
}

typedef struct Append {
    Load *l;
    int64_t n;
} Append;

static void append_column(void *ctx, int64_t c) {
    Append *a = ctx;
    for (int64_t i = 0; i < a->n; i++) {
        const Part *k = &a->l->parts[i];
        if (k->p.records && !builder_column(a->l->builder, (uint32_t)c, &k->cols[c].ref, 0, k->p.records, NULL)) {
            a->l->failed[c] = true;
            return;
        }
    }
}

static bool append(Load *l, int64_t n) {
    Append a = {l, n};
    workers_each(l->workers, l->n_cols, append_column, &a);
    for (uint32_t c = 0; c < l->n_cols; c++)
        if (l->failed[c]) return rt_fail_memory(l->e);
    return true;
}

static bool wave(Load *l) {
    void *asked = block_alloc(l->pool, 1); /* none for who is cancelled */
    if (!asked) return rt_fail_memory(l->e);
    block_free(asked);
    int64_t n = lay_out(l);
    size_t from = l->at;
    workers_each(l->workers, n, part_item, l);
    if (!check_parts(l, n)) return false;
    progress_add(l->spec->progress, (int64_t)(l->at - from));
    widen(l, n);
    if (!l->widened) return append(l, n);
    builder_free(l->builder);
    l->builder = NULL;
    return true;
}

/* ---- the file ---- */

static bool init_part(Load *l, Part *k) {
    int64_t stride = csv_part_room(l->part_bytes, l->n_cols);
    k->p = (CsvPart){.text = l->text.p, .n = l->text.n, .most = INT64_MAX, .stride = stride};
    k->p.fields = block_alloc(l->pool, sizeof(CsvField) * (size_t)stride * l->n_cols);
    k->cols = block_zalloc(l->pool, sizeof(CsvColumn) * l->n_cols);
    if (l->layout.sniffed) k->sniffed = block_zalloc(l->pool, sizeof(SniffType) * l->n_cols);
    return k->p.fields && k->cols && (k->sniffed || !l->layout.sniffed);
}

static bool init_parts(Load *l) {
    int workers = workers_count(l->workers);
    size_t even = (l->text.n - l->layout.begin) / (size_t)(workers * PARTS_A_WORKER) + 1;
    l->part_bytes = even < LEAST_PART ? LEAST_PART : even < PART_BYTES ? even : PART_BYTES;
    l->n_parts = workers * PARTS_A_WORKER;
    l->parts = block_zalloc(l->pool, sizeof(Part) * (size_t)l->n_parts);
    l->failed = block_zalloc(l->pool, sizeof(bool) * l->n_cols);
    bool ok = l->parts && l->failed;
    for (int64_t i = 0; ok && i < l->n_parts; i++) ok = init_part(l, &l->parts[i]);
    return ok || rt_fail_memory(l->e);
}

static void free_parts(Load *l) {
    for (int64_t i = 0; l->parts && i < l->n_parts; i++) {
        Part *k = &l->parts[i];
        for (uint32_t c = 0; k->cols && c < l->n_cols; c++) csv_column_free(&k->cols[c]);
        block_free(k->p.fields);
        block_free(k->cols);
        block_free(k->sniffed);
    }
    block_free(l->parts);
    block_free(l->failed);
    block_free(l->runs);
}

static TableVersion *with_lines(Load *l, TableVersion *v) {
    if (!v) return NULL;
    LineRun *runs = l->runs;
    l->runs = NULL;
    if (version_set_file(v, l->spec->path, l->n_runs, runs)) return v;
    version_unref(v);
    rt_fail_memory(l->e);
    return NULL;
}

/* All records once: the table, or NULL; then *again says that columns had to be widened. */
static TableVersion *pass(Load *l, TypePool *types, bool *again) {
    FileSchema *s = &l->layout.schema;
    for (uint32_t c = 0; l->layout.sniffed && c < s->n; c++) s->types[c] = sniff_type(types, l->layout.sniffed[c]);
    Schema *schema = schema_new(s->n, s->names, s->types);
    TableVersion *v = NULL;
    l->builder = builder_new(l->pool, l->workers, schema);
    l->at = l->layout.begin;
    l->widened = false;
    l->row = 0;
    l->line = line_of(l, l->at);
    l->n_runs = 0;
    bool ok = l->builder || rt_fail_memory(l->e);
    progress_begin(l->spec->progress, l->name, (int64_t)(l->text.n - l->at), true);
    while (ok && l->at < l->text.n) ok = wave(l);
    *again = ok && l->widened;
    if (ok && !l->widened) v = with_lines(l, builder_finish(l->builder, NULL, l->e));
    builder_free(l->builder);
    schema_unref(schema);
    return v;
}

static TableVersion *load_text(Load *l, Arena *a, TypePool *types, int delim) {
    TableVersion *v = NULL;
    bool again = true;
    if (!csv_sniff(a, types, l->spec, delim, l->text.p, l->text.n, true, &l->layout, l->e)) return NULL;
    l->n_cols = l->layout.schema.n;
    int64_t lines;
    const char *bad = csv_check_text(l->text.p, l->text.p + l->layout.begin, &lines);
    if (bad) return fail_text(l, bad), NULL;
    for (int t = 0; t < SNIFF_COUNT; t++) l->types[t] = sniff_type(types, (SniffType)t);
    snprintf(l->name, sizeof l->name, "load %s", l->spec->path);
    if (init_parts(l))
        while (again) v = pass(l, types, &again);
    free_parts(l);
    return v;
}

static TableVersion *load(BlockPool *pool, Workers *workers, const FileSpec *spec, int delim, RtError *e) {
    Load l = {.spec = spec, .pool = pool, .workers = workers, .e = e};
    if (!csv_text_open(pool, spec->path, SIZE_MAX, &l.text, e)) return NULL;
    Arena *a = arena_new();
    TableVersion *v = load_text(&l, a, typepool_new(a), delim);
    arena_free(a);
    csv_text_close(&l.text);
    return v;
}

static bool open_file(Arena *a, TypePool *types, const FileSpec *spec, int delim, FileSchema *out, RtError *e) {
    BlockPool *pool = blockpool_new(0);
    CsvText text;
    CsvLayout layout;
    bool ok = csv_text_open(pool, spec->path, SNIFF_BYTES, &text, e);
    if (ok) {
        ok = csv_sniff(a, types, spec, delim, text.p, text.n, text.whole, &layout, e);
        csv_text_close(&text);
    }
    if (ok) *out = layout.schema;
    blockpool_free(pool);
    return ok;
}

bool csv_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e) {
    return open_file(a, types, spec, CSV_NONE, out, e);
}
bool tsv_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e) {
    return open_file(a, types, spec, '\t', out, e);
}
TableVersion *csv_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e) {
    return load(pool, workers, spec, CSV_NONE, e);
}
TableVersion *tsv_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e) {
    return load(pool, workers, spec, '\t', e);
}
