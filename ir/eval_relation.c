/* Relations row by row: scan, values, filter, project, limit. */
#include "ir/eval_law.h"

/* ---- lists of rows ---- */

Value *rows_add(EvalRun *run, RowList *l, uint32_t columns) {
    Value *row = vec_push(&l->rows);
    *row = (Value){0};
    row->list.n = columns;
    return row->list.at = ARENA_ARRAY(run->ctx->arena, Value, columns);
}

void rows_share(RowList *l, const Value *row) { *vec_push(&l->rows) = *row; }

bool rows_done(EvalRun *run, RowList *l, Value *out) {
    out->list.n = l->rows.n;
    out->list.at = l->rows.n ? arena_copy(run->ctx->arena, l->rows.at, l->rows.n * sizeof *l->rows.at) : NULL;
    vec_free(&l->rows);
    vec_free(&l->kept);
    return true;
}

static bool rows_failed(RowList *l) {
    vec_free(&l->rows);
    vec_free(&l->kept);
    return false;
}

/* ---- sources ---- */

/* Sources do not know whether a query sees their types as nullable. */
static void set_nullable(Value *row, uint32_t columns) {
    for (uint32_t i = 0; i < columns; i++) row[i].type = type_nullable(row[i].type, row[i].null);
}

bool law_eval_scan(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    const AttrScan *a = ATTR_OF(n, Scan);
    const SourceApi *source = e->run->ctx->source;
    int64_t cursor = 0, rowid;
    uint32_t columns = n->type->n;
    RowList rows = {0};
    Value *row = ARENA_ARRAY(e->run->ctx->arena, Value, columns);
    RowSource *from = eval_source(e->run, n);
    from->table = a->table;
    from->version = a->version;
    while (source->row(source->ctx, a->table, a->version, &cursor, a->columns.n, a->columns.at,
                       e->run->ctx->arena, e->run->types, row, &rowid)) {
        if (!eval_next(e, NULL, 0)) return rows_failed(&rows);
        if (a->rowid) row[columns - 1] = value_i64(e->run->types, rowid);
        set_nullable(row, columns);
        memcpy(rows_add(e->run, &rows, columns), row, columns * sizeof *row);
    }
    return rows_done(e->run, &rows, out);
}

bool law_eval_values(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    RowList rows = {0};
    uint32_t columns = n->type->n;
    for (int64_t r = 0; r < ATTR_OF(n, Values)->rows; r++) {
        Value *row = rows_add(e->run, &rows, columns);
        if (!eval_next(e, NULL, 0)) return rows_failed(&rows);
        for (uint32_t c = 0; c < columns; c++) {
            if (!eval_value(e, n->in[r * columns + c], &row[c])) return rows_failed(&rows);
            row[c] = eval_keep(e->run->ctx->arena, &row[c]);
        }
    }
    return rows_done(e->run, &rows, out);
}

/* ---- row by row ---- */

/* Rows for which the condition is true, not false or NULL. */
bool law_eval_filter(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Value from, keep;
    RowList rows = {0};
    if (!eval_stream(e->run, n->in[0], &from)) return false;
    for (size_t i = 0; i < from.list.n; i++) {
        if (!eval_next(e, from.list.at[i].list.at, n->in[0]->type->n) || !eval_value(e, n->in[1], &keep)) {
            if (!eval_stop(e->run, n, n->in[0], i)) return rows_failed(&rows);
            break;
        }
        if (keep.null || !keep.b) continue;
        rows_share(&rows, &from.list.at[i]);
        *vec_push(&rows.kept) = i;
    }
    eval_from(e->run, n, n->in[0], rows.kept.at, rows.kept.n);
    return rows_done(e->run, &rows, out);
}

static bool project_row(Eval *e, const Node *n, const Value *from, Value *row) {
    if (!eval_next(e, from->list.at, n->in[0]->type->n)) return false;
    for (uint32_t c = 1; c < n->n; c++) {
        if (!eval_value(e, n->in[c], &row[c - 1])) return false;
        row[c - 1] = eval_keep(e->run->ctx->arena, &row[c - 1]);
    }
    return true;
}

bool law_eval_project(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Value from;
    RowList rows = {0};
    if (!eval_stream(e->run, n->in[0], &from)) return false;
    for (size_t i = 0; i < from.list.n; i++) {
        Value *row = rows_add(e->run, &rows, n->n - 1);
        if (project_row(e, n, &from.list.at[i], row)) continue;
        if (!eval_stop(e->run, n, n->in[0], i)) return rows_failed(&rows);
        rows.rows.n--;
        break;
    }
    eval_from(e->run, n, n->in[0], NULL, 0);
    return rows_done(e->run, &rows, out);
}

/* ---- limit ---- */

bool eval_count(Eval *e, const Node *n, uint32_t input, int64_t none, int64_t *out) {
    Value v;
    if (!eval_next(e, NULL, 0) || !eval_value(e, n->in[input], &v)) return false;
    *out = v.null ? none : v.i;
    return *out >= 0 || eval_fail(e, n, ROW_INDEX, "%s must not be negative", none ? "LIMIT" : "OFFSET");
}

void rows_cut(Value *out, int64_t limit, int64_t offset) {
    size_t skip = (uint64_t)offset < out->list.n ? (size_t)offset : out->list.n;
    out->list.at = out->list.n ? out->list.at + skip : NULL;
    out->list.n -= skip;
    if ((uint64_t)limit < out->list.n) out->list.n = (size_t)limit;
}

bool law_eval_limit(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    int64_t limit, offset;
    Value from;
    if (!eval_count(e, n, 1, INT64_MAX, &limit) || !eval_count(e, n, 2, 0, &offset)) return false;
    if (!eval_stream(e->run, n->in[0], &from)) return false;
    bool enough = (uint64_t)from.list.n >= (uint64_t)limit + (uint64_t)offset;
    if (!enough && !eval_raise(e->run, n->in[0])) return false;
    out->list.at = from.list.at;
    out->list.n = from.list.n;
    rows_cut(out, limit, offset);
    return true;
}
