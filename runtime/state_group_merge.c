/* The end of ST_GROUP: the workers' parts become one table, in the order of morsels, and that finished columns. */
#include "runtime/acc.h"
#include "runtime/state.h"
#include <stdlib.h>
#include <string.h>

typedef struct Part { /* groups of one run */
    const GroupTable *table;
    GroupRun run;
} Part;

static int part_cmp(const void *a, const void *b) {
    const Part *x = a, *y = b;
    return (x->run.morsel > y->run.morsel) - (x->run.morsel < y->run.morsel);
}

/* All runs, ascending in morsel. A morsel has one run. */
static size_t collect(const RtState *s, Part **out) {
    VEC(Part) all = {0};
    for (int w = 0; w < s->n_locals; w++) {
        const RtLocal *l = s->locals[w];
        if (!l) continue;
        const GroupTable *t = groups_direct(s->def) ? &l->emitted : &l->groups;
        for (size_t i = 0; i < l->runs.n; i++) *vec_push(&all) = (Part){t, l->runs.at[i]};
    }
    if (all.n) qsort(all.at, all.n, sizeof *all.at, part_cmp);
    *out = all.at;
    return all.n;
}

static size_t column_width(const RtState *s, uint32_t c) {
    return c < s->def->n_keys ? s->cols[c].code.width : acc_bytes(s->cols[c].agg);
}

static void merge_accs(const RtState *s, GroupTable *to, const uint32_t *group, const GroupTable *from, int64_t first, int64_t n) {
    for (uint32_t c = s->def->n_keys; c < s->def->n_cols; c++)
        acc_merge(s->cols[c].agg, to->cols[c], group, from->cols[c] + (size_t)first * column_width(s, c), n);
}

static bool merge_chunk(const RtState *s, GroupTable *to, const GroupTable *from, int64_t first, int64_t n, void **keys) {
    uint32_t group[BATCH_ROWS];
    for (uint32_t k = 0; k < s->def->n_keys; k++) {
        keys[2 * k] = from->cols[k] + (size_t)first * column_width(s, k);
        keys[2 * k + 1] = from->valid[k] ? from->valid[k] + first : NULL;
    }
    if (!groups_find(s, to, keys, n, group)) return false;
    merge_accs(s, to, group, from, first, n);
    return true;
}

static bool merge_parts(const RtState *s, GroupTable *to, const Part *parts, size_t n) {
    void **keys = malloc(sizeof *keys * (2 * (size_t)s->def->n_keys + 1));
    bool ok = keys != NULL;
    for (size_t i = 0; i < n; i++)
        for (int64_t at = parts[i].run.from; ok && at < parts[i].run.to; at += BATCH_ROWS) {
            int64_t left = parts[i].run.to - at;
            ok = merge_chunk(s, to, parts[i].table, at, left < BATCH_ROWS ? left : BATCH_ROWS, keys);
        }
    free(keys);
    return ok;
}

/* ---- finished columns ---- */
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

static void *copy_rows(const Output *o, const char *data, size_t width) {
    ColumnCode code = {CODE_INT, (uint8_t)width, false, 0};
    if (o->rows) return take_rows(o, data, code);
    void *out = block_alloc(o->s->pool, column_bytes(code, o->s->rows));
    if (out) memcpy(out, data, (size_t)o->s->rows * width);
    return out;
}

static bool output_key(const Output *o, uint32_t c) {
    ColumnRef *out = &o->s->out[c];
    *out = (ColumnRef){.code = o->s->cols[c].code};
    if (o->s->def->dense) { /* a direct table has no keys: a group's number is its key */
        int64_t *key = block_alloc(o->s->pool, column_bytes(out->code, o->s->rows));
        for (int64_t i = 0; key && i < o->s->rows; i++) key[i] = o->s->def->dense_min + o->rows[i];
        out->data = key;
    } else out->data = copy_rows(o, o->t->cols[c], out->code.width);
    if (!out->code.valid) return out->data != NULL;
    uint8_t *valid = block_alloc(o->s->pool, column_bytes((ColumnCode){CODE_INT, 1, false, 0}, o->s->rows));
    if (valid && o->t->valid[c] && !o->s->def->dense) memcpy(valid, o->t->valid[c], (size_t)o->s->rows);
    else if (valid) memset(valid, 1, (size_t)o->s->rows);
    out->valid = valid;
    return out->data && valid;
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

/* ---- direct: dense and global ---- */
static bool new_direct(RtState *s, GroupTable *t) {
    RtLocal l = {.state = s};
    bool ok = groups_init(&l);
    *t = l.groups;
    t->heap = NULL;
    return ok;
}

/* In order: what each morsel emitted. A dense group's number comes from its key. */
static bool merge_direct(RtState *s, GroupTable *all, const Part *parts, size_t n) {
    if (s->ordered) return merge_parts(s, all, parts, n);
    for (int w = 0; w < s->n_locals; w++)
        if (s->locals[w]) merge_accs(s, all, NULL, &s->locals[w]->groups, 0, all->n);
    return true;
}

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

static RtLocal *only_local(const RtState *s) {
    RtLocal *only = NULL;
    for (int w = 0; w < s->n_locals; w++) {
        if (!s->locals[w]) continue;
        if (only) return NULL;
        only = s->locals[w];
    }
    return only;
}

bool groups_finish(RtState *s, Workers *w, RtError *e) {
    RtLocal *only = s->ordered ? NULL : only_local(s);
    GroupTable all = {0};
    Part *parts = NULL;
    bool ok, direct = groups_direct(s->def);
    if (only) ok = direct ? output_existing(s, &only->groups, w) : output(s, &only->groups, NULL, only->groups.n, w);
    else {
        size_t n = collect(s, &parts);
        ok = direct ? new_direct(s, &all) && merge_direct(s, &all, parts, n)
                    : groups_reserve(s, &all, 1) && merge_parts(s, &all, parts, n);
        ok = ok && (direct ? output_existing(s, &all, w) : output(s, &all, NULL, all.n, w));
    }
    free(parts);
    groups_free(&all, s->def);
    return ok || rt_fail_memory(e);
}
