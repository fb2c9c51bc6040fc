/* [NOT] EXISTS (query), x [NOT] IN (query) as conjuncts of WHERE: semi- and antijoins. */
#include "frontend/subquery.h"

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

static Expr numbered(Binder *b, Expr x) {
    if (x.node) x.node = map_columns(b, x.node, number_outer, b->ir);
    return x;
}

/* x = y as one more condition; under NOT IN a comparison that is NULL keeps the row out as well: it is a
 * match. */
static bool add_in(Binder *b, const Test *t, Expr x, const Rel *list, Correlated *c) {
    Expr y = expr_of(list->at[0].node, t->query->span);
    const Node *eq = bind_compare(b, OP_EQ, "IN", numbered(b, x), y, t->at);
    if (eq && t->negate && eq->type->nullable)
        eq = bind_make2(b, t->at, OP_COALESCE, eq, ir_bool(b->ir, true));
    if (!eq) return false;
    const Node **all = ARENA_ARRAY(b->arena, const Node *, c->n + 1);
    for (uint32_t i = 0; i < c->n; i++) all[i] = c->cond[i];
    all[c->n] = eq;
    *c = (Correlated){c->n + 1, all};
    return true;
}

/* ---- three forms ---- */

static bool semijoin(Binder *b, Rel *r, const Test *t, const Node *right, const Correlated *c) {
    const Node *cond = subquery_condition(b, r, ir_and_all(b->ir, c->n, c->cond));
    const Node *in[] = {r->node, right, cond};
    r->node = bind_make(b, t->at, OP_JOIN, &(AttrJoin){t->negate ? JOIN_ANTI : JOIN_SEMI}, 3, in);
    return r->node != NULL;
}

static bool filter(Binder *b, Rel *r, const Test *t, const Node *value) {
    value = bind_negate(b, value, t->negate, t->at);
    if (!value) return false;
    r->node = bind_make(b, t->at, OP_FILTER, NULL, 2, (const Node *const[]){r->node, value});
    return r->node != NULL;
}

/* A condition over both sides that is no equality cannot be hashed: the partners are counted for each
 * distinct value of the row's columns instead. */
static bool is_hashable(Binder *b, const Correlated *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        const Node *outer, *inner;
        Sides s = sides_of(b, c->cond[i]);
        if (s.outer && s.inner && !is_equality(b, c->cond[i], &outer, &inner)) return false;
    }
    return true;
}

static bool test(Binder *b, Rel *r, const Test *t, const Rel *inner, const Correlated *c) {
    if (is_hashable(b, c) || !rejects_nulls(b, c)) return semijoin(b, r, t, inner->node, c);
    Scope s = {.rel = r, .clause = "WHERE", .subqueries = true};
    return filter(b, r, t, exists_value(b, &s, t->at, inner, c).node);
}

/* NOT IN of a list by itself, where a NULL on either side decides. */
static bool test_not_in(Binder *b, Rel *r, const Test *t, Expr x, const Rel *list) {
    Scope s = {.rel = r, .clause = "WHERE", .subqueries = true};
    return filter(b, r, t, in_value(b, &s, t->at, x, list));
}

static bool test_in(Binder *b, Rel *r, const Test *t, Expr x, const Rel *inner, const Rel *list,
                    Correlated *c) {
    if (!one_column(b, t->query->span, list->n)) return false;
    bool nulls = x.node->type->nullable || list->at[0].node->type->nullable;
    if (t->negate && nulls && c->n == 0 && !names_outer(b, list->at[0].node)) {
        Rel values = rel_project(b, list, inner->node);
        return test_not_in(b, r, t, x, &values);
    }
    return add_in(b, t, x, list, c) && test(b, r, t, inner, c);
}

/* The list of EXISTS is bound for its errors. */
static bool plain_test(Binder *b, Rel *r, const Test *t, Expr x) {
    const Ast *select = t->query->kid[QUERY_BODY];
    Correlated c = {0};
    Rel list = {0}, inner = bind_inner(b, r, select, &c);
    Scope s = {.rel = &inner, .clause = "SELECT", .outer = r};
    if (!inner.node || !bind_items(b, &s, select->kid[SELECT_ITEMS], &list)) return false;
    return t->arg ? test_in(b, r, t, x, &inner, &list, &c) : test(b, r, t, &inner, &c);
}

static bool other_test(Binder *b, Rel *r, const Test *t, Expr x) {
    Correlated c = {0};
    Rel q = bind_query(b, t->query);
    if (!q.node) return false;
    return t->arg ? test_in(b, r, t, x, &q, &q, &c) : test(b, r, t, &q, &c);
}

bool bind_query_test(Binder *b, Rel *r, const Ast *ast) {
    Test t = test_of(ast);
    Enclosing here;
    Scope s = {.rel = r, .clause = "WHERE", .subqueries = true};
    Expr x = {0};
    if (t.arg && !(x = bind_expr(b, &s, t.arg)).node) return false;
    bool plain = is_plain(t.query) && !calls_aggregate(t.query->kid[QUERY_BODY]->kid[SELECT_ITEMS]);
    enter_subquery(b, &here, r);
    bool ok = plain ? plain_test(b, r, &t, x) : other_test(b, r, &t, x);
    leave_subquery(b, &here);
    return ok;
}
