/* The end of ST_GROUP where there is nothing to find: direct states (dense, global), and a single table. */
#include "runtime/acc.h"
#include "runtime/state.h"
#include <stdlib.h>
#include <string.h>

typedef struct Output {
    RtState *s;
    const GroupTable *t;
    const uint32_t *rows; /* groups that exist; NULL: all */
    _Atomic bool failed;
} Output;

static void *take_rows(const Output *o, const char *data, ColumnCode code) {
    ColumnRef c = {.code = code, .data = data};
    return column_take(&c, o->rows, o->s->rows, o->s->pool);
}

static void *copy_rows(const Output *o, const char *data, ColumnCode code) {
    void *out = block_alloc(o->s->pool, column_bytes(code, o->s->rows));
    if (out && o->s->rows) memcpy(out, data, (size_t)o->s->rows * code.width);
    return out;
}

/* A dense table has no keys: a group's number is its key. */
static int64_t *dense_keys(const Output *o, ColumnCode code) {
    int64_t *key = block_alloc(o->s->pool, column_bytes(code, o->s->rows));
    for (int64_t i = 0; key && i < o->s->rows; i++) key[i] = o->s->def->dense_min + o->rows[i];
    return key;
}

static const ColumnCode bytes = {CODE_INT, 1, false, 0};

static bool output_key(const Output *o, uint32_t c) {
    ColumnRef *out = &o->s->out[c];
    bool dense = o->s->def->dense;
    *out = (ColumnRef){.code = o->s->cols[c].code};
    out->data = dense ? (void *)dense_keys(o, out->code) : copy_rows(o, o->t->cols[c], out->code);
    if (!out->code.valid) return out->data != NULL;
    uint8_t *valid = block_alloc(o->s->pool, column_bytes(bytes, o->s->rows));
    out->valid = valid;
    if (!valid) return false;
    if (dense) memset(valid, 1, (size_t)o->s->rows);
    else memcpy(valid, o->t->valid[c], (size_t)o->s->rows);
    return out->data != NULL;
}

static bool output_acc(const Output *o, uint32_t c) {
    uint8_t kind = o->s->cols[c].agg;
    ColumnRef *out = &o->s->out[c];
    const char *acc = o->t->cols[c];
    char *taken = o->rows ? take_rows(o, acc, (ColumnCode){CODE_INT, (uint8_t)acc_bytes(kind), false, 0}) : NULL;
    if (o->rows && !taken) return false;
    *out = (ColumnRef){.code = acc_code(kind), .data = block_alloc(o->s->pool, column_bytes(acc_code(kind), o->s->rows))};
    if (out->data) acc_finish(kind, taken ? taken : acc, o->s->rows, (void *)(uintptr_t)out->data);
    block_free(taken);
    return out->data != NULL;
}

static void output_column(void *ctx, int64_t col) {
    Output *o = ctx;
    uint32_t c = (uint32_t)col;
    if (!(c < o->s->def->n_keys ? output_key(o, c) : output_acc(o, c))) o->failed = true;
}

enum { SERIAL_GROUPS = 8192 };

static bool output(RtState *s, const GroupTable *t, const uint32_t *rows, int64_t n, Workers *w) {
    Output o = {.s = s, .t = t, .rows = rows};
    s->rows = n;
    workers_each(n > SERIAL_GROUPS ? w : NULL, s->def->n_cols, output_column, &o);
    return !o.failed;
}

/* ---- direct ---- */
static bool output_existing(RtState *s, const GroupTable *t, Workers *w) {
    if (!s->def->dense) return output(s, t, NULL, 1, w);
    uint32_t *rows = block_alloc(s->pool, sizeof *rows * ((size_t)t->n + 1));
    const int64_t *count = (const int64_t *)t->cols[s->def->n_keys];
    int64_t n = 0;
    if (!rows) return false;
    for (int64_t g = 0; g < t->n; g++) {
        rows[n] = (uint32_t)g;
        n += count[g] != 0;
    }
    bool ok = output(s, t, rows, n, w);
    block_free(rows);
    return ok;
}

static void merge_table(const RtState *s, GroupTable *all, const GroupTable *from, const uint32_t *group) {
    for (uint32_t c = s->def->n_keys; c < s->def->n_cols; c++)
        acc_merge(s->cols[c].agg, all->cols[c], group, from->cols[c], from->n);
}

typedef struct Part { /* what a morsel emitted */
    int64_t morsel;
    const GroupTable *table;
} Part;

static int part_cmp(const void *a, const void *b) {
    const Part *x = a, *y = b;
    return (x->morsel > y->morsel) - (x->morsel < y->morsel);
}

static bool merge_emitted(const RtState *s, GroupTable *all, const GroupTable *from) {
    uint32_t *group = block_alloc(s->pool, sizeof *group * ((size_t)from->n + 1));
    if (!group) return false;
    for (int64_t i = 0; i < from->n; i++)
        group[i] = s->def->dense ? (uint32_t)(((const int64_t *)from->cols[0])[i] - s->def->dense_min) : 0;
    merge_table(s, all, from, group);
    block_free(group);
    return true;
}

static bool merge_in_order(const RtState *s, GroupTable *all) {
    VEC(Part) parts = {0};
    bool ok = true;
    for (int w = 0; w < s->n_locals; w++) {
        const RtLocal *l = s->locals[w];
        for (size_t i = 0; l && i < l->runs.n; i++)
            *vec_push(&parts) = (Part){l->runs.at[i].morsel, &l->sealed.at[l->runs.at[i].table]};
    }
    if (parts.n) qsort(parts.at, parts.n, sizeof *parts.at, part_cmp);
    for (size_t i = 0; ok && i < parts.n; i++) ok = merge_emitted(s, all, parts.at[i].table);
    vec_free(&parts);
    return ok;
}

static bool merge_direct(RtState *s, GroupTable *all) {
    if (s->ordered) return merge_in_order(s, all);
    for (int w = 0; w < s->n_locals; w++)
        if (s->locals[w]) merge_table(s, all, &s->locals[w]->groups, NULL);
    return true;
}

static RtLocal *only_local(const RtState *s) {
    RtLocal *only = NULL;
    for (int w = 0; w < s->n_locals; w++) {
        if (!s->locals[w]) continue;
        if (only) return NULL;
        only = s->locals[w];
    }
    return only;
}

static bool finish_direct(RtState *s, const RtLocal *only, Workers *w) {
    if (only && !s->ordered) return output_existing(s, &only->groups, w);
    RtLocal all = {.state = s};
    bool ok = groups_init(&all) && merge_direct(s, &all.groups) && output_existing(s, &all.groups, w);
    groups_free(&all.groups, s->def);
    return ok;
}

bool groups_finish(RtState *s, Workers *w, RtError *e) {
    const RtLocal *only = only_local(s);
    bool ok;
    if (groups_direct(s->def)) ok = finish_direct(s, only, w);
    else if (only && !s->ordered && only->sealed.n == 0) ok = output(s, &only->groups, NULL, only->groups.n, w);
    else ok = groups_merge(s, w);
    return ok || rt_fail_memory(e);
}
