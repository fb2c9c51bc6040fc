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

static bool join_test(Binder *b, Rel *r, const Test *t, const Node *right, const Correlated *c) {
    const Node *cond = subquery_condition(b, r, ir_and_all(b->ir, c->n, c->cond));
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
    enter_subquery(b, &here, r);
    bool ok = plain ? plain_test(b, r, &t, x) : other_test(b, r, &t, x);
    leave_subquery(b, &here);
    return ok;
}
