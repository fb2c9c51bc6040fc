/* Queries as values: joined to the relation of the expression they stand in.
 *   of one row by itself         INNER JOIN .. ON TRUE (LEFT, when it may have none)
 *   an aggregate that compares for equality with the row: grouped by what it compares, LEFT JOIN on the
 * equality an aggregate that depends on the row otherwise: over the distinct values D of the row's columns
 * that it names, aggregate(join(D, query) GROUP BY D), LEFT JOIN on D EXISTS (query)               count(*) >
 * 0 of it x IN (query)                 LEFT JOIN with its distinct values, and what its NULLs mean The
 * columns in D reject NULL (a NULL makes the condition not TRUE), so a row with a NULL is one without a
 * partner.
 */
#include "frontend/subquery.h"

typedef enum Rows { ROWS_MANY, ROWS_AT_MOST_ONE, ROWS_ONE } Rows;

static bool limits_to_one(const Node *n) {
    if (!ir_is_const(n)) return false;
    const Value *v = &ATTR_OF(n, Const)->value;
    return !v->null && v->i <= 1;
}

static Rows rows_of(const Node *n) {
    if (n->op == OP_PROJECT || n->op == OP_SORT) return rows_of(n->in[0]);
    if (n->op == OP_AGGREGATE) return ATTR_OF(n, Aggregate)->keys == 0 ? ROWS_ONE : ROWS_MANY;
    if (n->op == OP_VALUES) return ATTR_OF(n, Values)->rows == 1 ? ROWS_ONE : ROWS_MANY;
    if (n->op == OP_FILTER) return rows_of(n->in[0]) == ROWS_MANY ? ROWS_MANY : ROWS_AT_MOST_ONE;
    if (n->op == OP_LIMIT)
        return limits_to_one(n->in[1]) || rows_of(n->in[0]) != ROWS_MANY ? ROWS_AT_MOST_ONE : ROWS_MANY;
    bool cross = n->op == OP_JOIN && ATTR_OF(n, Join)->kind == JOIN_INNER && ir_is_const(n->in[2]);
    return cross && rows_of(n->in[1]) == ROWS_ONE ? rows_of(n->in[0]) : ROWS_MANY;
}

static Expr failed(Span at) { return expr_of(NULL, at); }

/* ---- joining ---- */

/* Widens the scope's relation; the right side's column i is column (returned) + i. */
static bool widen(Binder *b, Scope *s, Span at, const Node *right, int kind, const Node *on,
                  uint32_t *first) {
    const Node *in[] = {s->rel->node, right, on};
    const Node *joined = bind_make(b, at, OP_JOIN, &(AttrJoin){kind}, 3, in);
    *first = s->rel->node->type->n;
    if (joined) s->rel->node = joined;
    return joined != NULL;
}

static const Node *column(Binder *b, const Node *rel, uint32_t i) {
    return ir_column(b->ir, i, rel->type->fields[i]);
}

static void note_sub(Binder *b, Scope *s, const Node *rel, int kind, const Node *value, bool correlated) {
    Sub *sub = ARENA_NEW(b->arena, Sub);
    *sub = (Sub){rel, kind, value, correlated, s->subs};
    s->subs = sub;
}

/* A relation of at most one row, its first column the value. */
static Expr join_single(Binder *b, Scope *s, Span at, const Node *rel, int kind) {
    uint32_t n;
    if (!widen(b, s, at, rel, kind, ir_bool(b->ir, true), &n)) return failed(at);
    const Node *value = column(b, s->rel->node, n);
    note_sub(b, s, rel, kind, value, false);
    return expr_of(value, at);
}

static Expr value_of_query(Binder *b, Scope *s, const Ast *t) {
    Rel q = bind_query(b, t->kid[SUBQUERY_QUERY]);
    if (!q.node || !one_column(b, t->span, q.n)) return failed(t->span);
    q = rel_project(b, &q, q.node);
    Rows rows = rows_of(q.node);
    if (rows != ROWS_MANY)
        return join_single(b, s, t->span, q.node, rows == ROWS_ONE ? JOIN_INNER : JOIN_LEFT);
    bind_no(b, t->span, "a query as a value that may have several rows");
    diag_help(b->diags, "an aggregate or LIMIT 1 makes it one row");
    return failed(t->span);
}

/* ---- aggregates ---- */

/* The value over no rows: counts are 0, other aggregates NULL. */
static const Node *when_empty(Binder *b, const Node *x) {
    if (!node_has_aggregate(x)) return x;
    if (x->op == OP_COUNT || x->op == OP_COUNT_STAR) return ir_i64(b->ir, 0);
    if (op_has(x->op, AGG)) return ir_null(b->ir, x->type);
    const Node **in = ARENA_ARRAY(b->arena, const Node *, x->n);
    for (uint32_t i = 0; i < x->n; i++) in[i] = when_empty(b, x->in[i]);
    return ir_with_inputs(b->ir, x, in);
}

/* Whether that is NULL, which the NULLs of a LEFT JOIN say already. */
static bool is_null_when_empty(const Node *x) {
    if (!node_has_aggregate(x)) return false;
    if (op_has(x->op, AGG)) return x->op != OP_COUNT && x->op != OP_COUNT_STAR;
    if (!op_has(x->op, STRICT)) return false;
    for (uint32_t i = 0; i < x->n; i++)
        if (is_null_when_empty(x->in[i])) return true;
    return false;
}

/* keys, item GROUP BY keys */
static const Node *aggregate(Binder *b, const Node *input, Grouping *g, const Node *item, Span at) {
    Scope none = {.clause = "SELECT"};
    Rel out = {0};
    group_collect(b, g, item);
    if (!group_build(b, g, input, at) || !(item = group_lift(b, g, &none, item))) return NULL;
    for (uint32_t i = 0; i < g->n_keys; i++)
        rel_add(b, &out, (Column){.name = "", .node = column(b, g->node, i)});
    rel_add(b, &out, (Column){.name = "", .node = item});
    return rel_project(b, &out, g->node).node;
}

/* LEFT JOIN of keys and item on outer[i] = key i. */
static Expr join_keyed(Binder *b, Scope *s, Span at, const Node *rel, const Node *const *outer,
                       const Node *item) {
    uint32_t n_keys = rel->type->n - 1, n;
    const Node **on = ARENA_ARRAY(b->arena, const Node *, n_keys);
    for (uint32_t i = 0; i < n_keys; i++) on[i] = ir_2(b->ir, OP_EQ, outer[i], column(b, rel, i));
    const Node *cond = subquery_condition(b, s->rel, ir_and_all(b->ir, n_keys, on));
    if (!widen(b, s, at, rel, JOIN_LEFT, cond, &n)) return failed(at);
    const Node *value = column(b, s->rel->node, n + n_keys);
    note_sub(b, s, rel, JOIN_LEFT, value, true);
    if (is_null_when_empty(item)) return expr_of(value, at);
    const Node *missing = ir_1(b->ir, OP_IS_NULL, column(b, s->rel->node, n));
    return expr_of(
        bind_make(b, at, OP_CASE, NULL, 3, (const Node *const[]){missing, when_empty(b, item), value}), at);
}

/* outer = inner */
bool is_equality(Binder *b, const Node *c, const Node **outer, const Node **inner) {
    if (c->op != OP_EQ) return false;
    Sides x = sides_of(b, c->in[0]), y = sides_of(b, c->in[1]);
    bool first = x.outer && !x.inner && !y.outer;
    *outer = c->in[first ? 0 : 1];
    *inner = c->in[first ? 1 : 0];
    return first || (y.outer && !y.inner && !x.outer);
}

/* Keys are the inner sides; two equalities with one inner side keep the second as a condition of its own, so
 * no. */
static bool all_equalities(Binder *b, const Correlated *c, Grouping *g, const Node **outer) {
    const Node *inner;
    for (uint32_t i = 0; i < c->n; i++) {
        if (!is_equality(b, c->cond[i], &outer[i], &inner)) return false;
        group_add_key(b, g, inner);
        if (g->n_keys != i + 1) return false;
    }
    return true;
}

/* ---- over the distinct values of the row's columns ---- */

typedef struct Domain {
    Binder *b;
    uint32_t n;         /* columns of the row */
    const Node **outer; /* as the subquery numbers them */
    const Node *domain; /* their distinct values */
} Domain;

static const Node *collect_outer(void *ctx, const Node *c) {
    Domain *d = ctx;
    if (ATTR_OF(c, Column)->index < OUTER_COLUMN) return c;
    for (uint32_t i = 0; i < d->n; i++)
        if (d->outer[i] == c) return c;
    const Node **grown = ARENA_ARRAY(d->b->arena, const Node *, d->n + 1);
    if (d->n) memcpy(grown, d->outer, d->n * sizeof *grown);
    grown[d->n++] = c;
    d->outer = grown;
    return c;
}

static bool rejects_null(const Node *x, const Node *c) {
    if (x == c) return true;
    if (x->op != OP_AND && !op_has(x->op, STRICT)) return false;
    for (uint32_t i = 0; i < x->n; i++)
        if ((x->in[i]->below & BELOW_COLUMN) && rejects_null(x->in[i], c)) return true;
    return false;
}

static bool all_reject_null(const Domain *d, const Correlated *c) {
    for (uint32_t i = 0; i < d->n; i++) {
        bool rejected = false;
        for (uint32_t k = 0; k < c->n; k++) rejected |= rejects_null(c->cond[k], d->outer[i]);
        if (!rejected) return false;
    }
    return true;
}

static const Node *unnumber(void *ctx, const Node *c) {
    return ir_column(ctx, (uint32_t)(ATTR_OF(c, Column)->index - OUTER_COLUMN), c->type);
}

/* The row's columns as those of the domain, the subquery's behind them. */
static const Node *over_domain(void *ctx, const Node *c) {
    const Domain *d = ctx;
    for (uint32_t i = 0; i < d->n; i++)
        if (d->outer[i] == c) return column(d->b, d->domain, i);
    return ir_column(d->b->ir, d->n + (uint32_t)ATTR_OF(c, Column)->index, c->type);
}

bool rejects_nulls(Binder *b, const Correlated *c) {
    Domain d = {.b = b};
    for (uint32_t i = 0; i < c->n; i++) map_columns(b, c->cond[i], collect_outer, &d);
    return all_reject_null(&d, c);
}

static bool build_domain(Domain *d, Scope *s, const Correlated *c, Span at) {
    Grouping g = {0};
    for (uint32_t i = 0; i < c->n; i++) map_columns(d->b, c->cond[i], collect_outer, d);
    if (!all_reject_null(d, c))
        return bind_no(d->b, at, "a query as a value that depends on NULLs of the row"), false;
    for (uint32_t i = 0; i < d->n; i++)
        group_add_key(d->b, &g, map_columns(d->b, d->outer[i], unnumber, d->b->ir));
    if (!group_build(d->b, &g, s->rel->node, at)) return false;
    d->domain = g.node;
    return true;
}

static Expr aggregate_over_domain(Binder *b, Scope *s, Span at, const Rel *inner, const Node *item,
                                  const Correlated *c) {
    Domain d = {.b = b};
    Grouping g = {0};
    if (!build_domain(&d, s, c, at)) return failed(at);
    const Node *cond = map_columns(b, ir_and_all(b->ir, c->n, c->cond), over_domain, &d);
    const Node *in[] = {d.domain, inner->node, cond};
    const Node *joined = bind_make(b, at, OP_JOIN, &(AttrJoin){JOIN_INNER}, 3, in);
    if (!joined) return failed(at);
    for (uint32_t i = 0; i < d.n; i++) group_add_key(b, &g, column(b, joined, i));
    const Node *rel = aggregate(b, joined, &g, map_columns(b, item, over_domain, &d), at);
    return rel ? join_keyed(b, s, at, rel, d.outer, item) : failed(at);
}

/* `item`, an expression over aggregates of the inner relation, as a value of the row. */
static Expr value_of_item(Binder *b, Scope *s, Span at, const Rel *inner, const Node *item,
                          const Correlated *c) {
    Grouping g = {0};
    const Node **outer = ARENA_ARRAY(b->arena, const Node *, c->n);
    if (c->n == 0) {
        const Node *rel = aggregate(b, inner->node, &g, item, at);
        return rel ? join_single(b, s, at, rel, JOIN_INNER) : failed(at);
    }
    if (!all_equalities(b, c, &g, outer)) return aggregate_over_domain(b, s, at, inner, item, c);
    const Node *rel = aggregate(b, inner->node, &g, item, at);
    return rel ? join_keyed(b, s, at, rel, outer, item) : failed(at);
}

static Expr value_of_aggregate(Binder *b, Scope *s, const Ast *t) {
    const Ast *select = t->kid[SUBQUERY_QUERY]->kid[QUERY_BODY];
    Correlated c = {0};
    Rel list = {0}, inner = bind_inner(b, s->rel, select, &c);
    Scope own = {.rel = &inner, .clause = "SELECT", .aggregates = true};
    if (!inner.node || !bind_items(b, &own, select->kid[SELECT_ITEMS], &list)) return failed(t->span);
    if (!one_column(b, t->span, list.n)) return failed(t->span);
    return value_of_item(b, s, t->span, &inner, list.at[0].node, &c);
}

static bool may_stand(Binder *b, const Scope *s, const Ast *t) {
    if (s->rel && s->subqueries) return true;
    bind_not_supported(b, t);
    return false;
}

Expr bind_subquery(Binder *b, Scope *s, const Ast *t) {
    const Ast *query = t->kid[SUBQUERY_QUERY];
    Enclosing here;
    if (!may_stand(b, s, t)) return failed(t->span);
    bool plain = is_plain(query) && calls_aggregate(query->kid[QUERY_BODY]->kid[SELECT_ITEMS]);
    enter_subquery(b, &here, s->rel);
    Expr e = plain ? value_of_aggregate(b, s, t) : value_of_query(b, s, t);
    leave_subquery(b, &here);
    return e;
}

/* ---- EXISTS as a value ---- */

Expr exists_value(Binder *b, Scope *s, Span at, const Rel *inner, const Correlated *c) {
    Expr n = value_of_item(b, s, at, inner, ir_node(b->ir, OP_COUNT_STAR, NULL, 0, NULL), c);
    return n.node ? expr_of(bind_make2(b, at, OP_GT, n.node, ir_i64(b->ir, 0)), at) : n;
}

static Expr exists_query(Binder *b, Scope *s, const Ast *t) {
    const Ast *query = t->kid[EXISTS_QUERY], *select = query->kid[QUERY_BODY];
    bool plain = is_plain(query) && !calls_aggregate(select->kid[SELECT_ITEMS]);
    Correlated c = {0};
    Rel list = {0}, q = plain ? bind_inner(b, s->rel, select, &c) : bind_query(b, query);
    Scope own = {.rel = &q, .clause = "SELECT", .outer = s->rel};
    if (!q.node || (plain && !bind_items(b, &own, select->kid[SELECT_ITEMS], &list))) return failed(t->span);
    return exists_value(b, s, t->span, &q, &c);
}

Expr bind_exists(Binder *b, Scope *s, const Ast *t) {
    Enclosing here;
    if (!may_stand(b, s, t)) return failed(t->span);
    enter_subquery(b, &here, s->rel);
    Expr e = exists_query(b, s, t);
    leave_subquery(b, &here);
    return e;
}

/* ---- IN as a value ---- */

/* count(*), count(y) of the query */
static const Node *counts(Binder *b, const Node *q, const Node *y) {
    const Node *in[] = {q, ir_node(b->ir, OP_COUNT_STAR, NULL, 0, NULL), ir_1(b->ir, OP_COUNT, y)};
    return ir_node(b->ir, OP_AGGREGATE, &(AttrAggregate){0}, 3, in);
}

/* TRUE if a partner was found; else FALSE for an empty list, NULL if x or a value of the list is NULL, else
 * FALSE. */
static const Node *in_case(Binder *b, Span at, const Node *x, const Node *y, const Node *all,
                           const Node *known) {
    const Node *found = ir_1(b->ir, OP_NOT, ir_1(b->ir, OP_IS_NULL, y));
    const Node *empty = ir_2(b->ir, OP_EQ, all, ir_i64(b->ir, 0));
    const Node *nulls = ir_2(b->ir, OP_OR, ir_1(b->ir, OP_IS_NULL, x), ir_2(b->ir, OP_LT, known, all));
    const Node *in[] = {found,
                        ir_bool(b->ir, true),
                        empty,
                        ir_bool(b->ir, false),
                        nulls,
                        ir_null(b->ir, type_get(b->types, TY_BOOL)),
                        ir_bool(b->ir, false)};
    return bind_make(b, at, OP_CASE, NULL, 7, in);
}

const Node *in_value(Binder *b, Scope *s, Span at, Expr x, const Rel *values) {
    uint32_t counted, listed;
    Rel list = bind_distinct(b, *values);
    const Node *stats = list.node ? counts(b, values->node, values->at[0].node) : NULL;
    if (!stats || !widen(b, s, at, stats, JOIN_INNER, ir_bool(b->ir, true), &counted)) return NULL;
    const Node *y = ir_column(b->ir, s->rel->node->type->n, list.at[0].node->type);
    const Node *on = bind_compare(b, OP_EQ, "IN", x, expr_of(y, at), at);
    if (!on || !widen(b, s, at, list.node, JOIN_LEFT, on, &listed)) return NULL;
    const Node *rel = s->rel->node;
    return in_case(b, at, x.node, column(b, rel, listed), column(b, rel, counted),
                   column(b, rel, counted + 1));
}

static const Node *in_query(Binder *b, Scope *s, const Ast *t, Expr x) {
    Rel q = bind_query(b, t->kid[IN_QUERY]);
    if (!q.node || !one_column(b, t->kid[IN_QUERY]->span, q.n)) return NULL;
    q = rel_project(b, &q, q.node);
    return in_value(b, s, t->span, x, &q);
}

Expr bind_in_query(Binder *b, Scope *s, const Ast *t) {
    Enclosing here;
    Expr x = bind_expr(b, s, t->kid[IN_ARG]);
    if (!x.node) return x;
    if (!s->rel || !s->subqueries || node_has_aggregate(x.node))
        return bind_no(b, t->span, "IN (query) here"), failed(t->span);
    enter_subquery(b, &here, s->rel);
    const Node *in = in_query(b, s, t, x);
    leave_subquery(b, &here);
    return expr_of(bind_negate(b, in, t->flags & AST_NOT, t->span), t->span);
}
