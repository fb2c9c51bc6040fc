/* Aggregates over DISTINCT values by two aggregates: the inner one groups by the keys and the value, with
 * partial results of the other aggregates; the outer one groups by the keys. SELECT k, count(DISTINCT x),
 * sum(y) ..  ->  k, count(x), sum(s) of (k, x, sum(y) AS s GROUP BY k, x) GROUP BY k Until then the argument
 * is marked by a COALESCE of one input, which nothing else makes.
 */
#include "frontend/scope.h"

const Node *distinct_mark(Binder *b, const Node *x) { return ir_1(b->ir, OP_COALESCE, x); }

static const Node *marked(const Node *agg) {
    if (agg->n != 1 || agg->in[0]->op != OP_COALESCE || agg->in[0]->n != 1) return NULL;
    return agg->in[0]->in[0];
}

bool distinct_any(const Grouping *g) {
    for (uint32_t i = 0; i < g->n_aggs; i++)
        if (marked(g->aggs[i])) return true;
    return false;
}

/* The first marked value, and whether there is another. */
static const Node *first_value(const Grouping *g, bool *another) {
    const Node *x = NULL;
    *another = false;
    for (uint32_t i = 0; i < g->n_aggs; i++) {
        const Node *m = marked(g->aggs[i]);
        *another |= m && x && m != x;
        if (!x) x = m;
    }
    return x;
}

/* Without keys each value has an aggregate of one row of its own; their cross join has one row again. */
static bool build_apart(Binder *b, Grouping *g, const Node *x, const Node *input, Span at) {
    Grouping one = {0}, others = {0};
    Rel all = {0};
    Scope none = {.clause = "SELECT"};
    for (uint32_t i = 0; i < g->n_aggs; i++)
        group_collect(b, marked(g->aggs[i]) == x ? &one : &others, g->aggs[i]);
    if (!group_build(b, &one, input, at) || !group_build(b, &others, input, at)) return false;
    const Node *in[] = {one.node, others.node, ir_bool(b->ir, true)};
    const Node *joined = ir_node(b->ir, OP_JOIN, &(AttrJoin){JOIN_INNER}, 3, in);
    for (uint32_t i = 0; i < g->n_aggs; i++) {
        bool mine = marked(g->aggs[i]) == x;
        const Node *c = group_lift(b, mine ? &one : &others, &none, g->aggs[i]);
        uint32_t at_column = (uint32_t)ATTR_OF(c, Column)->index + (mine ? 0 : one.n_aggs);
        rel_add(b, &all,
                (Column){.name = "", .node = ir_column(b->ir, at_column, joined->type->fields[at_column])});
    }
    g->node = rel_project(b, &all, joined).node;
    return true;
}

static void add_partial(Binder *b, Grouping *inner, const Node *agg) {
    if (marked(agg)) return;
    if (agg->op != OP_AGG_AVG) return group_collect(b, inner, agg);
    group_collect(b, inner, ir_1(b->ir, OP_AGG_SUM, agg->in[0]));
    group_collect(b, inner, ir_1(b->ir, OP_COUNT, agg->in[0]));
}

static const Node *column(Binder *b, const Node *rel, uint32_t i) {
    return ir_column(b->ir, i, rel->type->fields[i]);
}

static const Node *partial(Binder *b, const Grouping *inner, const Node *agg) {
    uint32_t i = 0;
    while (inner->aggs[i] != agg) i++;
    return column(b, inner->node, inner->n_keys + i);
}

static const Node *total(Binder *b, const Grouping *inner, const Node *agg) {
    return ir_1(b->ir, OP_AGG_SUM, partial(b, inner, agg));
}

/* The whole aggregate as an expression over aggregates of the partial results. `value`: the DISTINCT column.
 */
static const Node *combine(Binder *b, const Grouping *inner, const Node *agg, const Node *value) {
    if (marked(agg)) return ir_1(b->ir, agg->op, value);
    if (agg->op == OP_AGG_MIN || agg->op == OP_AGG_MAX) return ir_1(b->ir, agg->op, partial(b, inner, agg));
    if (agg->op == OP_AGG_SUM) return ir_cast(b->ir, total(b, inner, agg), agg->type);
    if (agg->op != OP_AGG_AVG) { /* counts: 0, not NULL, of no rows */
        const Node *n = ir_cast(b->ir, total(b, inner, agg), agg->type);
        return ir_2(b->ir, OP_COALESCE, n, ir_i64(b->ir, 0));
    }
    const Type *f64 = type_get(b->types, TY_F64);
    const Node *sum = total(b, inner, ir_1(b->ir, OP_AGG_SUM, agg->in[0]));
    const Node *n = total(b, inner, ir_1(b->ir, OP_COUNT, agg->in[0]));
    const Node *none = ir_2(b->ir, OP_EQ, n, ir_cast(b->ir, ir_i64(b->ir, 0), n->type));
    const Node *mean = ir_2(b->ir, OP_DIV, ir_cast(b->ir, sum, f64), ir_cast(b->ir, n, f64));
    return ir_3(b->ir, OP_CASE, none, ir_null(b->ir, f64), mean);
}

static bool build_inner(Binder *b, const Grouping *g, const Node *x, const Node *input, Span at,
                        Grouping *inner) {
    for (uint32_t i = 0; i < g->n_keys; i++) group_add_key(b, inner, g->keys[i]);
    group_add_key(b, inner, x);
    for (uint32_t i = 0; i < g->n_aggs; i++) add_partial(b, inner, g->aggs[i]);
    return group_build(b, inner, input, at);
}

/* g->node yields the keys, then the aggregates, as one OP_AGGREGATE would. */
static bool build_outer(Binder *b, Grouping *g, const Grouping *inner, const Node *value, Span at) {
    Grouping outer = {0};
    Rel all = {0};
    for (uint32_t i = 0; i < g->n_keys; i++) group_add_key(b, &outer, column(b, inner->node, i));
    const Node **expr = ARENA_ARRAY(b->arena, const Node *, g->n_aggs);
    for (uint32_t i = 0; i < g->n_aggs; i++) {
        expr[i] = combine(b, inner, g->aggs[i], value);
        group_collect(b, &outer, expr[i]);
    }
    if (!group_build(b, &outer, inner->node, at)) return false;
    Scope none = {.clause = "SELECT"};
    for (uint32_t i = 0; i < g->n_keys; i++)
        rel_add(b, &all, (Column){.name = "", .node = column(b, outer.node, i)});
    for (uint32_t i = 0; i < g->n_aggs; i++)
        rel_add(b, &all, (Column){.name = "", .node = group_lift(b, &outer, &none, expr[i])});
    g->node = rel_project(b, &all, outer.node).node;
    return true;
}

bool distinct_build(Binder *b, Grouping *g, const Node *input, Span at) {
    Grouping inner = {0};
    bool another;
    const Node *x = first_value(g, &another);
    if (another && g->n_keys) return bind_no(b, at, "DISTINCT over several expressions with GROUP BY"), false;
    if (another) return build_apart(b, g, x, input, at);
    if (!build_inner(b, g, x, input, at, &inner)) return false;
    uint32_t k = 0;
    while (inner.keys[k] != x) k++;
    return build_outer(b, g, &inner, column(b, inner.node, k), at);
}
