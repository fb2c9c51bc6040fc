#include "runtime/builder.h"
#include "base/number.h"
#include "base/ragged.h"
#include "base/vec.h"
#include "runtime/staging.h"
#include <stdlib.h>
#include <string.h>

typedef struct BuildColumn {
    Staging staging;
    VEC(SegColumn) sealed; /* of whole segments, in order */
    bool failed;
} BuildColumn;

struct TableBuilder {
    BlockPool *pool;
    Workers *workers;
    Schema *schema;
    BuildColumn *cols;
};

TableBuilder *builder_new(BlockPool *pool, Workers *workers, Schema *schema) {
    TableBuilder *b = block_zalloc(pool, sizeof *b);
    if (!b) return NULL;
    *b = (TableBuilder){.pool = pool, .workers = workers, .schema = schema_ref(schema)};
    b->cols = block_zalloc(pool, sizeof(BuildColumn) * ((size_t)schema->n + 1));
    for (uint32_t c = 0; b->cols && c < schema->n; c++) staging_init(&b->cols[c].staging, pool, schema->types[c]);
    if (b->cols) return b;
    builder_free(b);
    return NULL;
}

void builder_free(TableBuilder *b) {
    if (!b) return;
    for (uint32_t c = 0; b->cols && c < b->schema->n; c++) {
        BuildColumn *k = &b->cols[c];
        staging_free(&k->staging);
        for (size_t i = 0; i < k->sealed.n; i++) segcolumn_free(&k->sealed.at[i]);
        vec_free(&k->sealed);
    }
    block_free(b->cols);
    schema_unref(b->schema);
    block_free(b);
}

static bool seal(BuildColumn *k) {
    SegColumn out;
    if (!staging_seal(&k->staging, &out)) return false;
    *vec_push(&k->sealed) = out;
    return true;
}

static bool append(BuildColumn *k, const ColumnRef *c, int64_t from, int64_t n, const uint32_t *rows) {
    while (n > 0) {
        int64_t room = SEGMENT_ROWS - k->staging.n, m = n < room ? n : room;
        if (!staging_append(&k->staging, c, from, m, rows)) return false;
        if (k->staging.n == SEGMENT_ROWS && !seal(k)) return false;
        from += m;
        n -= m;
        if (rows) rows += m;
    }
    return true;
}

bool builder_column(TableBuilder *b, uint32_t col, const ColumnRef *c, int64_t from, int64_t n, const uint32_t *rows) {
    return append(&b->cols[col], c, from, n, rows);
}

bool builder_mapped(TableBuilder *b, uint32_t col, SharedMap *map, const void *data, int64_t rows) {
    ColumnCode code = column_code_of(b->schema->types[col], false);
    for (int64_t at = 0; at < rows; at += SEGMENT_ROWS) {
        int64_t n = rows - at < SEGMENT_ROWS ? rows - at : SEGMENT_ROWS;
        *vec_push(&b->cols[col].sealed) =
            (SegColumn){.ref = {.code = code, .data = (const char *)data + (size_t)at * code.pitch}, .map = sharedmap_ref(map),
                        .facts = {.null_free = true, .distinct = -1}, .rows = n};
    }
    return true;
}

/* A value as a column of one row: `bits` holds its bytes where they are not pointed to. */
static ColumnRef value_column(const Value *v, const Type *t, Int128 *bits, uint8_t *valid) {
    ColumnRef c = {.code = column_code_of(t, true), .data = bits, .valid = valid};
    *valid = !v->null;
    *bits = 0;
    if (v->null) return c;
    switch ((CodeKind)c.code.kind) {
    case CODE_INT:
        c.code.width = 16;
        *bits = t->kind == TY_DECIMAL ? v->dec : t->kind == TY_BOOL ? v->b : t->kind == TY_U64 ? (Int128)v->u : v->i;
        return c;
    case CODE_FLOAT: {
        uint16_t half = t->kind == TY_F16 ? f32_to_f16(v->f32) : t->kind == TY_BF16 ? f32_to_bf16(v->f32) : 0;
        if (c.code.width == 2) memcpy(bits, &half, 2);
        else memcpy(bits, c.code.width == 4 ? (const void *)&v->f32 : (const void *)&v->f64, c.code.width);
        return c;
    }
    case CODE_DICT:
    case CODE_VIEW: memcpy(bits, &(TextView){v->s.p, v->s.n}, sizeof(TextView)); return c;
    case CODE_TENSOR:
        c.code.pitch = (uint32_t)(type_elems(t) * type_bytes(t->elem));
        c.data = v->t.data;
        return c;
    case CODE_INTERVAL: memcpy(bits, &v->interval, sizeof v->interval); return c;
    }
    return c;
}

/* Ragged tensors are held as texts. */
static bool ragged_value(TableBuilder *b, uint32_t col, const Value *v) {
    char *bytes = block_alloc(b->pool, ragged_bytes(v));
    if (!bytes) return false;
    ragged_write(v, bytes);
    TextView view = {bytes, ragged_bytes(v)};
    ColumnRef c = {.code = {CODE_VIEW, 16, false, 0}, .data = &view};
    bool ok = append(&b->cols[col], &c, 0, 1, NULL);
    block_free(bytes);
    return ok;
}

bool builder_value(TableBuilder *b, uint32_t col, const Value *v) {
    Int128 bits;
    uint8_t valid;
    if (!v->null && type_ragged(b->schema->types[col])) return ragged_value(b, col, v);
    ColumnRef c = value_column(v, b->schema->types[col], &bits, &valid);
    return append(&b->cols[col], &c, 0, 1, NULL);
}

static void seal_rest(void *ctx, int64_t col) {
    BuildColumn *k = &((TableBuilder *)ctx)->cols[col];
    if (k->staging.n && !seal(k)) k->failed = true;
}

static bool seal_all(TableBuilder *b) {
    workers_each(b->workers, b->schema->n, seal_rest, b);
    for (uint32_t c = 0; c < b->schema->n; c++)
        if (b->cols[c].failed) return false;
    return true;
}

/* Moves sealed column parts into segments. */
static Segment *assemble(TableBuilder *b, size_t at) {
    int64_t rows = b->cols[0].sealed.at[at].rows;
    Segment *s = segment_new(b->pool, rows, b->schema->n);
    for (uint32_t c = 0; s && c < b->schema->n; c++) {
        s->cols[c] = b->cols[c].sealed.at[at];
        b->cols[c].sealed.at[at] = (SegColumn){0};
    }
    return s;
}

static int64_t sealed_rows(const TableBuilder *b) {
    int64_t n = 0;
    if (b->schema->n == 0) return 0;
    for (size_t i = 0; i < b->cols[0].sealed.n; i++) n += b->cols[0].sealed.at[i].rows;
    return n + b->cols[0].staging.n;
}

/* How many segments at the end of `base` are merged with `rows` new ones: each while it is at most twice as large as what
 * follows it, so that a row is rewritten a logarithmic number of times. */
static uint32_t merged_segments(const TableVersion *base, int64_t rows) {
    uint32_t n = 0;
    while (n < base->n_segments) {
        int64_t last = base->segments[base->n_segments - 1 - n].segment->rows;
        if (last > 2 * rows || last + rows > SEGMENT_ROWS) break;
        rows += last;
        n++;
    }
    return n;
}

typedef struct Prepend {
    TableBuilder *to;
    TableVersion *base;
    TableBuilder *from;
    uint32_t first;
    RtError *e;
} Prepend;

static bool copy_segment(TableBuilder *to, TableVersion *v, uint32_t seg, uint32_t col) {
    const Segment *s = version_live_segment(v, seg);
    return s && builder_column(to, col, &s->cols[col].ref, 0, s->rows, NULL);
}

/* Old rows first, then the new ones, which are still unsealed (fewer than a segment). */
static void prepend_column(void *ctx, int64_t col) {
    Prepend *p = ctx;
    uint32_t c = (uint32_t)col;
    bool ok = true;
    for (uint32_t s = p->first; ok && s < p->base->n_segments; s++) ok = copy_segment(p->to, p->base, s, c);
    ColumnRef rest = staging_ref(&p->from->cols[c].staging);
    ok = ok && builder_column(p->to, c, &rest, 0, p->from->cols[c].staging.n, NULL);
    if (!ok) p->to->cols[c].failed = true;
}

static bool add_segments(TableBuilder *b, Segment **out, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!(out[i] = assemble(b, i))) {
            while (i-- > 0) segment_unref(out[i]);
            return false;
        }
    for (uint32_t c = 0; c < b->schema->n; c++) b->cols[c].sealed.n = 0;
    return true;
}

static TableVersion *without_last(TableVersion *v, uint32_t n, RtError *e) {
    SegRef *segs = block_alloc(v->pool, sizeof *segs * ((size_t)v->n_segments + 1));
    if (!segs) return rt_fail_memory(e), NULL;
    for (uint32_t i = 0; i < v->n_segments - n; i++) {
        segs[i] = v->segments[i];
        segment_ref(segs[i].segment);
        if (segs[i].deletes) atomic_fetch_add(&segs[i].deletes->refs, 1);
        if (segs[i].live) segment_ref(segs[i].live);
    }
    TableVersion *next = version_new(v->pool, v->schema, v->n_segments - n, segs);
    block_free(segs);
    if (!next) rt_fail_memory(e);
    return next;
}

static TableVersion *finish_onto(TableBuilder *b, TableVersion *base, RtError *e) {
    uint32_t n = 0;
    if (!seal_all(b)) return rt_fail_memory(e), NULL;
    n = b->schema->n ? (uint32_t)b->cols[0].sealed.n : 0;
    Segment **segs = block_alloc(b->pool, sizeof *segs * ((size_t)n + 1));
    if (!segs || !add_segments(b, segs, n)) {
        block_free(segs);
        return rt_fail_memory(e), NULL;
    }
    TableVersion *next = version_append(base, n, segs, e);
    block_free(segs);
    return next;
}

static TableVersion *merge_tail(TableBuilder *b, TableVersion *base, uint32_t merged, RtError *e) {
    TableBuilder *all = builder_new(b->pool, b->workers, b->schema);
    TableVersion *head = all ? without_last(base, merged, e) : NULL, *next = NULL;
    Prepend p = {all, base, b, base->n_segments - merged, e};
    if (head) {
        workers_each(b->workers, b->schema->n, prepend_column, &p);
        next = finish_onto(all, head, e);
        for (uint32_t c = 0; c < b->schema->n; c++) staging_clear(&b->cols[c].staging);
    } else rt_fail_memory(e);
    version_unref(head);
    builder_free(all);
    return next;
}

TableVersion *builder_finish(TableBuilder *b, TableVersion *base, RtError *e) {
    TableVersion *empty = base ? version_ref(base) : version_new(b->pool, b->schema, 0, NULL), *next;
    if (!empty) return rt_fail_memory(e), NULL;
    int64_t rows = sealed_rows(b);
    uint32_t merged = rows < SEGMENT_ROWS ? merged_segments(empty, rows) : 0;
    if (rows == 0) return empty;
    next = merged ? merge_tail(b, empty, merged, e) : finish_onto(b, empty, e);
    version_unref(empty);
    return next;
}
