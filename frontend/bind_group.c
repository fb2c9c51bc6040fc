/* Aggregation.  SELECT's expressions are bound over the input, aggregate functions and all; what is a key or
 * an aggregate is found by pointer (equal expressions are one node) and replaced by a column of the
 * OP_AGGREGATE.
 */
#include "frontend/query.h"

bool node_has_aggregate(const Node *n) { return n->below & BELOW_AGG; }

static const Node **append(Binder *b, const Node **at, uint32_t n, const Node *x) {
    const Node **to = at;
    if ((n & (n - 1)) == 0) {
        to = ARENA_ARRAY(b->arena, const Node *, n ? 2 * n : 1);
        if (n) memcpy(to, at, n * sizeof *to);
    }
    to[n] = x;
    return to;
}

static bool find(const Node *const *at, uint32_t n, const Node *x, uint32_t *index) {
    for (uint32_t i = 0; i < n; i++)
        if (at[i] == x) return *index = i, true;
    return false;
}

void group_add_key(Binder *b, Grouping *g, const Node *key) {
    uint32_t i;
    if (!find(g->keys, g->n_keys, key, &i)) g->keys = append(b, g->keys, g->n_keys, key), g->n_keys++;
}

static void collect(Binder *b, Grouping *g, const Node *x, PtrMap *seen) {
    uint32_t i;
    if (!node_has_aggregate(x) || ptrmap_get(seen, x)) return;
    ptrmap_set(seen, x, (void *)x);
    if (op_has(x->op, AGG)) {
        if (!find(g->aggs, g->n_aggs, x, &i)) g->aggs = append(b, g->aggs, g->n_aggs, x), g->n_aggs++;
        return;
    }
    for (i = 0; i < x->n; i++) collect(b, g, x->in[i], seen);
}

void group_collect(Binder *b, Grouping *g, const Node *x) {
    PtrMap seen = {0};
    collect(b, g, x, &seen);
    ptrmap_free(&seen);
}

bool group_build(Binder *b, Grouping *g, const Node *input, Span at) {
    if (distinct_any(g)) return distinct_build(b, g, input, at);
    uint32_t n = 1 + g->n_keys + g->n_aggs;
    const Node **in = ARENA_ARRAY(b->arena, const Node *, n);
    in[0] = input;
    for (uint32_t i = 0; i < g->n_keys; i++) in[1 + i] = g->keys[i];
    for (uint32_t i = 0; i < g->n_aggs; i++) in[1 + g->n_keys + i] = g->aggs[i];
    g->node = bind_make(b, at, OP_AGGREGATE, &(AttrAggregate){g->n_keys}, n, in);
    return g->node != NULL;
}

/* ---- lifting ---- */

typedef struct Lift {
    Binder *b;
    Grouping *g;
    const Scope *s;
    PtrMap done;
} Lift;

static void not_grouped(Lift *l, const Node *column) {
    for (const Use *u = l->s->uses; u; u = u->next) {
        if (u->node != column) continue;
        diag_error(l->b->diags, E_NOT_GROUPED, u->at, u->name);
        return;
    }
    bind_no(l->b, SPAN_NONE, "a subquery that depends on the row beside aggregates");
}

static const Node *output(Lift *l, uint32_t i) { return ir_column(l->b->ir, i, l->g->node->type->fields[i]); }

/* The value of a subquery is the same above the aggregate: it is joined there once more. */
static const Node *lift_subquery(Lift *l, const Node *column) {
    uint32_t i, width = l->g->node->type->n - l->g->n_subs;
    if (find(l->g->subs, l->g->n_subs, column, &i)) return output(l, width + i);
    for (const Sub *s = l->s->subs; s; s = s->next) {
        if (s->column != column || s->correlated) continue;
        const Node *in[] = {l->g->node, s->rel, ir_bool(l->b->ir, true)};
        l->g->node = ir_node(l->b->ir, OP_JOIN, &(AttrJoin){s->kind}, 3, in);
        l->g->subs = append(l->b, l->g->subs, l->g->n_subs++, column);
        return output(l, width + l->g->n_subs - 1);
    }
    return NULL;
}

static const Node *lift(Lift *l, const Node *x);

static const Node *lift_inputs(Lift *l, const Node *x) {
    const Node **in = ARENA_ARRAY(l->b->arena, const Node *, x->n);
    for (uint32_t i = 0; i < x->n; i++)
        if (!(in[i] = lift(l, x->in[i]))) return NULL;
    return ir_with_inputs(l->b->ir, x, in);
}

static const Node *lift_column(Lift *l, const Node *x) {
    const Node *y = lift_subquery(l, x);
    if (!y) not_grouped(l, x);
    return y;
}

static const Node *lift_new(Lift *l, const Node *x) {
    uint32_t i;
    if (find(l->g->keys, l->g->n_keys, x, &i)) return output(l, i);
    if (find(l->g->aggs, l->g->n_aggs, x, &i)) return output(l, l->g->n_keys + i);
    if (x->op == OP_COLUMN) return lift_column(l, x);
    return x->n ? lift_inputs(l, x) : x;
}

static const Node *lift(Lift *l, const Node *x) {
    const Node *known = ptrmap_get(&l->done, x);
    if (known) return known;
    const Node *y = lift_new(l, x);
    if (y) ptrmap_set(&l->done, x, (void *)y);
    return y;
}

const Node *group_lift(Binder *b, Grouping *g, const Scope *s, const Node *expr) {
    Lift l = {.b = b, .g = g, .s = s};
    const Node *y = lift(&l, expr);
    ptrmap_free(&l.done);
    return y;
}

/* ---- GROUP BY ---- */

/* An ordinal or the name of an item that is no column of the input means that item. */
static Expr key_expr(Binder *b, Scope *s, const Ast *t, const Rel *items) {
    uint32_t at;
    if (t->kind != A_INT || !items) return bind_expr(b, s, t);
    Expr e = {.span = t->span};
    if (bind_ordinal(b, t, "GROUP BY", items->n, &at)) e.node = items->at[at].node;
    return e;
}

static bool add_key(Binder *b, Scope *s, const Ast *t, const Rel *items, Grouping *g, Rel *named) {
    const Ast *expr = t->kind == A_ITEM ? t->kid[ITEM_EXPR] : t;
    if (expr->kind == A_ROLLUP || expr->kind == A_CUBE || expr->kind == A_GROUPING_SETS)
        return bind_not_supported(b, expr), false;
    Expr e = key_expr(b, s, expr, items);
    if (!e.node) return false;
    if (node_has_aggregate(e.node)) {
        diag_error(b->diags, E_INVALID, expr->span, "GROUP BY takes no aggregate");
        return false;
    }
    group_add_key(b, g, e.node);
    const char *alias = t->kind == A_ITEM && t->text ? t->text : named ? bind_item_name(b, expr) : NULL;
    if (named) rel_add(b, named, (Column){.name = alias, .node = e.node, .model = e.model});
    return true;
}

static void group_by_all(Binder *b, const Rel *items, Grouping *g) {
    for (uint32_t i = 0; i < items->n; i++)
        if (!node_has_aggregate(items->at[i].node)) group_add_key(b, g, items->at[i].node);
}

bool bind_group_keys(Binder *b, Scope *s, const Ast *group, const Rel *items, Grouping *g, Rel *named) {
    const Ast *keys = group->kid[GROUP_ITEMS];
    bool ok = true, aggregates = s->aggregates;
    Use *uses = s->uses;
    if (group->flags & AST_ALL) return group_by_all(b, items, g), true;
    s->aggregates = false;
    for (uint32_t i = 0; i < keys->n; i++) ok &= add_key(b, s, keys->kid[i], items, g, named);
    s->aggregates = aggregates;
    s->uses = uses;
    return ok;
}
