/* Aggregates: filters through them, constant keys, orders below them.
 *
 * Tempting and wrong:
 *   GROUP BY 7 -> no keys                          no row of no rows, and one of them without keys
 *   aggregate(sort(R)) -> aggregate(R)             with a float sum: the bits depend on the order; MIN of 0.0 and -0.0 too
 *   COUNT(x) -> COUNT(*)                           NULLs count only in the latter
 *   filter above a group by float key -> below     -0.0 and 0.0 are one group, and 1 / key tells them apart
 */
#include "rewrites/rules.h"
#include "rewrites/terms.h"

/* ---- filters ---- */

/* p reads only keys without floats. */
static bool of_keys(Rw *rw, const Node *agg, const Node *p) {
    uint32_t n = agg->type->n;
    bool *used = ARENA_ARRAY(ir_arena(rw->ir), bool, n), any = false;
    if (!rw_is_free(p)) return false;
    ir_columns_used(p, n, used);
    for (uint32_t i = 0; i < n; i++) {
        if (!used[i]) continue;
        if (i >= ATTR_OF(agg, Aggregate)->keys || rw_has_float(agg->in[i + 1]->type) ||
            !rw_is_free(agg->in[i + 1]))
            return false;
        any = true;
    }
    return any;
}

static bool filter_aggregate_when(Rw *rw, const Match *m) {
    Terms t = rw_conjuncts(rw->ir, m->at[2]);
    for (uint32_t i = 0; i < t.n; i++)
        if (of_keys(rw, m->at[1], t.at[i])) return true;
    return false;
}

static const Node *filter_aggregate_make(Rw *rw, const Match *m) {
    const Node *agg = m->at[1];
    Terms t = rw_conjuncts(rw->ir, m->at[2]);
    const Node **below = ARENA_ARRAY(ir_arena(rw->ir), const Node *, t.n),
               **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, agg->n);
    uint32_t n_below = 0, stay = 0;
    for (uint32_t i = 0; i < t.n; i++) {
        if (of_keys(rw, agg, t.at[i]))
            below[n_below++] =
                ir_substitute(rw->ir, t.at[i], (uint32_t)ATTR_OF(agg, Aggregate)->keys, agg->in + 1);
        else t.at[stay++] = t.at[i];
    }
    for (uint32_t i = 1; i < agg->n; i++) in[i] = agg->in[i];
    in[0] = ir_2(rw->ir, OP_FILTER, agg->in[0], ir_and_all(rw->ir, n_below, below));
    const Node *made = ir_node(rw->ir, OP_AGGREGATE, agg->attr, agg->n, in);
    return stay ? ir_2(rw->ir, OP_FILTER, made, ir_and_all(rw->ir, stay, t.at)) : made;
}

/* law    filter(aggregate(R, k, a), p(k)) == aggregate(filter(R, p(k)), k, a)
 * where  p reads keys only, and some (an aggregate without keys has a row of nothing); no float keys; p and the keys that it
 *        reads cannot fail: a sum that overflows in a group that p drops is one evaluation less */
const Rule rule_filter_aggregate = {
    .name = "filter_aggregate",
    .law = "filter(aggregate(R, k, a), p(k))  ->  aggregate(filter(R, p(k)), k, a)",
    .where = "p reads only keys, none a float, and cannot fail",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(FILTER, 0, P0(AGGREGATE, 1), ANY(2)),
    .when = filter_aggregate_when,
    .make = filter_aggregate_make,
};

/* ---- constant keys ---- */

static bool is_fixed(const Node *key) {
    return !(key->below & (BELOW_COLUMN | BELOW_VOLATILE)) && !ir_is_fallible(key) &&
           !rw_has_float(key->type);
}

static bool group_key_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *agg = m->at[0];
    int64_t keys = ATTR_OF(agg, Aggregate)->keys, fixed = 0;
    for (int64_t k = 1; k <= keys; k++) fixed += is_fixed(agg->in[k]);
    return fixed > 0 && fixed < keys;
}

static const Node *group_key_make(Rw *rw, const Match *m) {
    const Node *agg = m->at[0];
    int64_t keys = ATTR_OF(agg, Aggregate)->keys, left = 0;
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, agg->n),
               **out = ARENA_ARRAY(ir_arena(rw->ir), const Node *, agg->n);
    uint32_t n = 0;
    for (uint32_t i = 1; i < agg->n; i++) {
        bool fixed = i <= keys && is_fixed(agg->in[i]);
        left += i <= keys && !fixed;
        out[i - 1] = fixed ? agg->in[i] : ir_column(rw->ir, n, agg->type->fields[i - 1]);
        if (!fixed) in[n++] = agg->in[i];
    }
    const Node *made = ir_rel(rw->ir, OP_AGGREGATE, &(AttrAggregate){left}, agg->in[0], n, in);
    return ir_rel(rw->ir, OP_PROJECT, NULL, made, agg->n - 1, out);
}

/* law    aggregate(R, (k, c), a) == project(aggregate(R, (k), a), k, c, a)
 * where  a key that depends on rows stays: GROUP BY 7 has no group of no rows, no keys have one; c is no float: the key of
 *        the group of -0.0 is 0.0 */
const Rule rule_group_key = {
    .name = "group_key",
    .law = "aggregate(R, (k, c), a)  ->  project(aggregate(R, (k), a), k, c, a)",
    .where = "c has no column, is no float and cannot fail, another key has a column",
    .sound = EXACT,
    .canonical = true,
    .lhs = P1N(AGGREGATE, 0, ANY(1)),
    .when = group_key_when,
    .make = group_key_make,
};

/* ---- counting ---- */

static bool count_all_when(Rw *rw, const Match *m) {
    (void)rw;
    return !m->at[1]->type->nullable;
}

static const Node *count_all_make(Rw *rw, const Match *m) {
    return (void)m, ir_node(rw->ir, OP_COUNT_STAR, NULL, 0, NULL);
}

/* law    COUNT(x) == COUNT(*)           x NOT NULL; an x that fails is no longer evaluated */
const Rule rule_count_all = {
    .name = "count_all",
    .law = "COUNT(x)  ->  COUNT(*)",
    .where = "x is NOT NULL",
    .sound = EXACT,
    .lhs = P1(COUNT, 0, ANY(1)),
    .when = count_all_when,
    .make = count_all_make,
};

/* ---- order ---- */

/* The aggregate's bits depend on the order of its input. */
static bool order_counts(const Node *f) {
    if (!op_has(f->op, AGG) || f->n == 0 || f->op == OP_COUNT) return false;
    return rw_has_float(f->in[0]->type);
}

static bool aggregate_sort_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *agg = m->at[0];
    for (uint32_t i = 1; i < agg->n; i++)
        if (order_counts(agg->in[i]) ||
            (i <= ATTR_OF(agg, Aggregate)->keys && rw_has_float(agg->in[i]->type)))
            return false;
    return true;
}

static const Node *aggregate_sort_make(Rw *rw, const Match *m) {
    const Node *agg = m->at[0];
    return ir_rel(rw->ir, OP_AGGREGATE, agg->attr, m->at[1]->in[0], agg->n - 1, agg->in + 1);
}

/* law    aggregate(sort(R), k, a) == aggregate(R, k, a)
 * where  no float is aggregated (sums round, MIN keeps the first of 0.0 and -0.0) or a key (the first of the two names the group) */
const Rule rule_aggregate_sort = {
    .name = "aggregate_sort",
    .law = "aggregate(sort(R), k, a)  ->  aggregate(R, k, a)",
    .where = "no float is aggregated or a key",
    .sound = EXACT,
    .lhs = P1N(AGGREGATE, 0, P0(SORT, 1)),
    .when = aggregate_sort_when,
    .make = aggregate_sort_make,
};
