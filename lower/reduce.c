/* Semi-join reduction: the rows of a scanned table that a join further up will not match are dropped on their stored keys,
 * before filters and other joins see them.  The join then finds fewer rows to probe; what it answers is the same.
 *   where  the join drops rows without a match (inner, semi) and has one integer key, on the left a column of the scan;
 *          the rows go from the scan to the join in one pipeline
 *   not    below anything that may fail: a row dropped early would no longer report its error, as the evaluator does
 * Whether it pays is a matter of the orders: one that drops nearly all rows first is as good.
 */
#include "lower/flow.h"

/* ---- estimates ---- */
static double rough_rows(Lower *c, const Node *rel) {
    TableInfo info;
    switch ((int)rel->op) {
    case OP_SCAN:
        return c->src->table(c->src->ctx, ir_types(c->ir), ATTR_OF(rel, Scan)->table, &info) ? (double)info.rows : 0;
    case OP_VALUES: return (double)ATTR_OF(rel, Values)->rows;
    case OP_FILTER: return relation_rows(c, rel->in[0]) / 3 + 1;
    case OP_AGGREGATE: return ATTR_OF(rel, Aggregate)->keys ? relation_rows(c, rel->in[0]) / 10 + 1 : 1;
    }
    return relation_rows(c, rel->in[0]);
}

double relation_rows(Lower *c, const Node *rel) {
    return c->opt->rows ? c->opt->rows(c->opt->rows_ctx, rel) : rough_rows(c, rel);
}

/* ---- where a column comes from, in the same pipeline ---- */
static bool from_scan(Lower *c, const Node *rel, int64_t i, const Node **scan, uint32_t *column) {
    switch ((int)rel->op) {
    case OP_SCAN:
        *scan = rel;
        *column = (uint32_t)i;
        return i < ATTR_OF(rel, Scan)->columns.n;
    case OP_FILTER: return from_scan(c, rel->in[0], i, scan, column);
    case OP_PROJECT:
        return rel->in[i + 1]->op == OP_COLUMN &&
               from_scan(c, rel->in[0], ATTR_OF(rel->in[i + 1], Column)->index, scan, column);
    case OP_JOIN:
        return i < rel->in[0]->type->n && !join_swaps(c, rel) && from_scan(c, rel->in[0], i, scan, column);
    }
    return false;
}

/* Nanoseconds a row of the scan, of which other tests keep `kept`, and the join matches the part `matched` of those. */
static bool pays(double kept, double matched, bool sorted) {
    const double look = 0.8, look_sorted = 0.4, take = 2, convert = 0.3;
    double late = kept < 1 ? kept * (take + look) : convert + look;
    return (sorted ? look_sorted : look) + kept * matched * take < 0.8 * late;
}

bool reduces_scan(Lower *c, const Node *rel, const Node *key, Reducer *out) {
    const Node *scan, *left = rel->in[0];
    int64_t kind = ATTR_OF(rel, Join)->kind;
    ColumnStats st = {.distinct = -1};
    if (c->reducer || (kind != JOIN_INNER && kind != JOIN_SEMI) || key->op != OP_COLUMN ||
        ir_is_fallible(left) || !from_scan(c, left, ATTR_OF(key, Column)->index, &scan, &out->column))
        return false;
    const AttrScan *a = ATTR_OF(scan, Scan);
    if (!c->src->column_stats(c->src->ctx, a->table, a->version, (uint32_t)a->columns.at[out->column], &st) ||
        st.code.kind != CODE_INT || st.code.width > 8)
        return false;
    double rows = relation_rows(c, left), matched = relation_rows(c, rel) / (rows + 1);
    return pays(rows / (relation_rows(c, scan) + 1), matched < 1 ? matched : 1, st.sorted);
}

/* ---- the step ---- */
Stage *reduce_scan(Lower *c, Pipe *p, uint32_t at, const ColumnStats *st) {
    Call *call = ARENA_NEW(c->a, Call);
    CallArg *a = ARENA_ARRAY(c->a, CallArg, 6);
    a[0].arg = (Arg){.kind = ARG_STATE, .a = c->reducer->state};
    a[1].arg = (Arg){.kind = ARG_SRC, .a = at};
    a[2].arg = build_int(c, st->code.width, false);
    a[3].arg = st->code.width <= 4 ? (Arg){.kind = ARG_SRC_BASE, .a = at} : build_int(c, 0, false);
    if (st->code.valid)
        a[4].arg = (Arg){.kind = ARG_SRC_VALID, .a = at};
    *call = (Call){.native = "dql_rt_reduce", .n = 6, .args = a, .out = DOMAIN_NONE};
    return a[5].value = stage_out(p, stage_call(p, 0, call), 0, K_I1, range_span(0, 1));
}
