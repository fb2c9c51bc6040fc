#include "frontend/function.h"
#include "frontend/subquery.h"

/* ---- which columns ---- */

static bool is_outer(const Node *column) { return ATTR_OF(column, Column)->index >= OUTER_COLUMN; }

typedef struct Sides {
    bool outer, inner;
} Sides;

static const Node *note_side(void *ctx, const Node *column) {
    Sides *s = ctx;
    if (is_outer(column)) s->outer = true;
    else s->inner = true;
    return column;
}

static Sides sides_of(Binder *b, const Node *x) {
    Sides s = {false, false};
    map_columns(b, x, note_side, &s);
    return s;
}

bool names_outer(Binder *b, const Node *x) { return sides_of(b, x).outer; }

/* Outer columns as the join's left ones, inner ones behind them. */
typedef struct Joined {
    Ir *ir;
    uint32_t n_left;
} Joined;

static const Node *as_joined(void *ctx, const Node *column) {
    const Joined *j = ctx;
    uint32_t i = (uint32_t)ATTR_OF(column, Column)->index;
    return ir_column(j->ir, i >= OUTER_COLUMN ? i - OUTER_COLUMN : j->n_left + i, column->type);
}

static const Node *join_condition(Binder *b, const Rel *left, const Node *cond) {
    Joined j = {b->ir, left->node->type->n};
    return map_columns(b, cond, as_joined, &j);
}

static const Node *number_outer(void *ctx, const Node *column) {
    return ir_column(ctx, OUTER_COLUMN + (uint32_t)ATTR_OF(column, Column)->index, column->type);
}

/* ---- a SELECT that may name the enclosing query's columns in its WHERE ---- */

static bool is_plain_query(const Ast *q) {
    return q->kid[QUERY_BODY]->kind == A_SELECT && q->kid[QUERY_WITH]->n == 0 && !q->kid[QUERY_LIMIT] &&
           !q->kid[QUERY_OFFSET] && q->kid[QUERY_PIPES]->n == 0;
}

static bool is_plain_select(const Ast *s) {
    return s->kid[SELECT_FROM]->n && s->kid[SELECT_ON]->n == 0 && !s->kid[SELECT_GROUP] &&
           !s->kid[SELECT_HAVING] && s->kid[SELECT_WINDOWS]->n == 0 && !s->kid[SELECT_QUALIFY];
}

static bool calls_aggregate(const Ast *t) {
    if (t->kind == A_SUBQUERY) return false;
    const Function *f = t->kind == A_CALL ? function_find(t->text) : NULL;
    if (f && op_has(f->op, AGG)) return true;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->kid[i] && calls_aggregate(t->kid[i])) return true;
    return false;
}

static bool is_plain(const Ast *query) {
    return is_plain_query(query) && is_plain_select(query->kid[QUERY_BODY]);
}

/* FROM and what of WHERE is its own; the rest is in c. */
static Rel bind_inner(Binder *b, const Rel *outer, const Ast *select, Correlated *c) {
    const Ast *where = select->kid[SELECT_WHERE];
    Rel r = bind_from(b, select->kid[SELECT_FROM]);
    if (r.node && where && !bind_conjuncts(b, &r, outer, where, "WHERE", c)) r.node = NULL;
    return r;
}

static void enter(Binder *b, Enclosing *e, const Rel *outer) {
    *e = (Enclosing){outer, b->enclosing};
    b->enclosing = e;
}

static void leave(Binder *b, const Enclosing *e) { b->enclosing = e->next; }

/* ---- EXISTS, IN ---- */

typedef struct Test {
    const Ast *query, *arg; /* arg: of IN */
    bool negate;
    Span at;
} Test;

static Test test_of(const Ast *t) {
    Test x = {.at = t->span};
    if (t->kind == A_UNARY) {
        x.negate = true;
        t = t->kid[UNARY_ARG];
    }
    if (t->kind == A_EXISTS) return x.query = t->kid[EXISTS_QUERY], x;
    x.query = t->kid[IN_QUERY];
    x.arg = t->kid[IN_ARG];
    x.negate ^= (t->flags & AST_NOT) != 0;
    return x;
}

/* x = y; under NOT IN a comparison that is NULL keeps the row out as well, so it counts as a match. */
static const Node *in_condition(Binder *b, const Test *t, Expr x, Expr y) {
    const Node *eq = bind_compare(b, OP_EQ, "IN", x, y, t->at);
    if (!eq || !t->negate || !eq->type->nullable) return eq;
    return bind_make2(b, t->at, OP_COALESCE, eq, ir_bool(b->ir, true));
}

static Expr outer_value(Binder *b, Rel *r, const Ast *arg) {
    Scope s = {.rel = r, .clause = "WHERE", .subqueries = true};
    Expr x = bind_expr(b, &s, arg);
    if (x.node) x.node = map_columns(b, x.node, number_outer, b->ir);
    return x;
}

static bool one_column(Binder *b, Span at, uint32_t n) {
    if (n != 1)
        diag_error(b->diags, E_INVALID, at,
                   arena_printf(b->arena, "this query yields one column, not %u", n));
    return n == 1;
}

static bool join_test(Binder *b, Rel *r, const Test *t, const Node *right, const Correlated *c) {
    const Node *cond = join_condition(b, r, ir_and_all(b->ir, c->n, c->cond));
    const Node *in[] = {r->node, right, cond};
    r->node = bind_make(b, t->at, OP_JOIN, &(AttrJoin){t->negate ? JOIN_ANTI : JOIN_SEMI}, 3, in);
    return r->node != NULL;
}

static bool add_in(Binder *b, const Test *t, Expr x, const Rel *list, Correlated *c) {
    if (!one_column(b, t->query->span, list->n)) return false;
    const Node *cond = in_condition(b, t, x, expr_of(list->at[0].node, t->query->span));
    if (!cond) return false;
    const Node **all = ARENA_ARRAY(b->arena, const Node *, c->n + 1);
    for (uint32_t i = 0; i < c->n; i++) all[i] = c->cond[i];
    all[c->n] = cond;
    *c = (Correlated){c->n + 1, all};
    return true;
}

/* The list is bound for its errors, and for IN's value. */
static bool plain_test(Binder *b, Rel *r, const Test *t, Expr x) {
    const Ast *select = t->query->kid[QUERY_BODY];
    Correlated c = {0};
    Rel list = {0}, inner = bind_inner(b, r, select, &c);
    Scope s = {.rel = &inner, .clause = "SELECT", .outer = r};
    if (!inner.node || !bind_items(b, &s, select->kid[SELECT_ITEMS], &list)) return false;
    if (t->arg && !add_in(b, t, x, &list, &c)) return false;
    return join_test(b, r, t, inner.node, &c);
}

static bool other_test(Binder *b, Rel *r, const Test *t, Expr x) {
    Correlated c = {0};
    Rel q = bind_query(b, t->query);
    if (!q.node || (t->arg && !add_in(b, t, x, &q, &c))) return false;
    return join_test(b, r, t, q.node, &c);
}

bool bind_query_test(Binder *b, Rel *r, const Ast *ast) {
    Test t = test_of(ast);
    Enclosing here;
    Expr x = {0};
    if (t.arg && !(x = outer_value(b, r, t.arg)).node) return false;
    bool plain = is_plain(t.query) && !calls_aggregate(t.query->kid[QUERY_BODY]->kid[SELECT_ITEMS]);
    enter(b, &here, r);
    bool ok = plain ? plain_test(b, r, &t, x) : other_test(b, r, &t, x);
    leave(b, &here);
    return ok;
}

/* ---- a query as a value ---- */

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

/* Joins `right` to the scope's relation; `column` of it is the value. */
static Expr join_value(Binder *b, Scope *s, Span at, const Node *right, int kind, const Node *on,
                       uint32_t column) {
    uint32_t n = s->rel->node->type->n;
    const Node *in[] = {s->rel->node, right, on};
    const Node *joined = bind_make(b, at, OP_JOIN, &(AttrJoin){kind}, 3, in);
    if (!joined) return expr_of(NULL, at);
    s->rel->node = joined;
    Sub *sub = ARENA_NEW(b->arena, Sub);
    *sub = (Sub){right, kind, ir_column(b->ir, n + column, joined->type->fields[n + column]),
                 !ir_is_const(on), s->subs};
    s->subs = sub;
    return expr_of(sub->column, at);
}

static Expr value_of_query(Binder *b, Scope *s, const Ast *t) {
    Rel q = bind_query(b, t->kid[SUBQUERY_QUERY]);
    if (!q.node || !one_column(b, t->span, q.n)) return expr_of(NULL, t->span);
    q = rel_project(b, &q, q.node);
    Rows rows = rows_of(q.node);
    if (rows == ROWS_MANY) {
        bind_no(b, t->span, "a query as a value that may have several rows");
        diag_help(b->diags, "an aggregate or LIMIT 1 makes it one row");
        return expr_of(NULL, t->span);
    }
    return join_value(b, s, t->span, q.node, rows == ROWS_ONE ? JOIN_INNER : JOIN_LEFT, ir_bool(b->ir, true),
                      0);
}

/* ---- a correlated aggregate ---- */

/* outer = inner: the inner side becomes a key of the aggregate. */
static bool is_equality(Binder *b, const Node *c, const Node **outer, const Node **inner) {
    if (c->op != OP_EQ) return false;
    Sides x = sides_of(b, c->in[0]), y = sides_of(b, c->in[1]);
    bool first = x.outer && !x.inner && !y.outer;
    *outer = c->in[first ? 0 : 1];
    *inner = c->in[first ? 1 : 0];
    return first || (y.outer && !y.inner && !x.outer);
}

/* Whether x is NULL when no row is aggregated, so that the NULLs of a left join say it already. */
static bool is_null_when_empty(const Node *x) {
    if (!node_has_aggregate(x)) return false;
    if (op_has(x->op, AGG)) return x->op != OP_COUNT && x->op != OP_COUNT_STAR;
    if (!op_has(x->op, STRICT)) return false;
    for (uint32_t i = 0; i < x->n; i++)
        if (is_null_when_empty(x->in[i])) return true;
    return false;
}

/* GROUP BY the inner sides, LEFT JOIN on the equalities. */
static Expr aggregate_by_key(Binder *b, Scope *s, const Ast *t, Rel *inner, const Node *item,
                             const Correlated *c) {
    Grouping g = {0};
    Scope none = {.rel = inner, .clause = "SELECT"};
    const Node **on = ARENA_ARRAY(b->arena, const Node *, c->n), *outer, *key;
    for (uint32_t i = 0; i < c->n; i++) {
        if (!is_equality(b, c->cond[i], &outer, &key)) {
            bind_no(b, t->span, "a query as a value that depends on the row by other than equality");
            return expr_of(NULL, t->span);
        }
        group_add_key(b, &g, key);
    }
    group_collect(b, &g, item);
    if (!group_build(b, &g, inner->node, t->span) || !(item = group_lift(b, &g, &none, item)))
        return expr_of(NULL, t->span);
    for (uint32_t i = 0; i < c->n; i++) {
        is_equality(b, c->cond[i], &outer, &key);
        uint32_t k = 0;
        while (g.keys[k] != key) k++;
        on[i] = ir_2(b->ir, OP_EQ, outer, ir_column(b->ir, k, g.node->type->fields[k]));
    }
    Rel out = {0};
    for (uint32_t i = 0; i < g.n_keys; i++)
        rel_add(b, &out, (Column){.name = "", .node = ir_column(b->ir, i, g.node->type->fields[i])});
    rel_add(b, &out, (Column){.name = "", .node = item});
    out = rel_project(b, &out, g.node);
    const Node *cond = join_condition(b, s->rel, ir_and_all(b->ir, c->n, on));
    return join_value(b, s, t->span, out.node, JOIN_LEFT, cond, g.n_keys);
}

static Expr value_of_aggregate(Binder *b, Scope *s, const Ast *t) {
    const Ast *select = t->kid[SUBQUERY_QUERY]->kid[QUERY_BODY];
    Correlated c = {0};
    Rel list = {0}, inner = bind_inner(b, s->rel, select, &c);
    Scope own = {.rel = &inner, .clause = "SELECT", .aggregates = true};
    if (!inner.node || !bind_items(b, &own, select->kid[SELECT_ITEMS], &list)) return expr_of(NULL, t->span);
    if (!one_column(b, t->span, list.n)) return expr_of(NULL, t->span);
    const Node *item = list.at[0].node;
    if (c.n && !is_null_when_empty(item)) {
        bind_no(b, t->span, "a correlated query as a value that is not NULL for no rows (count)");
        return expr_of(NULL, t->span);
    }
    if (c.n) return aggregate_by_key(b, s, t, &inner, item, &c);
    Grouping g = {0};
    group_collect(b, &g, item);
    if (!group_build(b, &g, inner.node, t->span) || !(item = group_lift(b, &g, &own, item)))
        return expr_of(NULL, t->span);
    Rel out = {0};
    rel_add(b, &out, (Column){.name = "", .node = item});
    return join_value(b, s, t->span, rel_project(b, &out, g.node).node, JOIN_INNER, ir_bool(b->ir, true), 0);
}

Expr bind_subquery(Binder *b, Scope *s, const Ast *t) {
    const Ast *query = t->kid[SUBQUERY_QUERY];
    Enclosing here;
    if (!s->rel || !s->subqueries) return bind_not_supported(b, t), expr_of(NULL, t->span);
    bool aggregate = is_plain(query) && calls_aggregate(query->kid[QUERY_BODY]->kid[SELECT_ITEMS]);
    enter(b, &here, s->rel);
    Expr e = aggregate ? value_of_aggregate(b, s, t) : value_of_query(b, s, t);
    leave(b, &here);
    return e;
}
