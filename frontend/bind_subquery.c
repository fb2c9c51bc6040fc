/* What all subqueries need: which columns are the enclosing query's, and a SELECT whose WHERE may name them.
 */
#include "frontend/function.h"
#include "frontend/subquery.h"

/* ---- which columns ---- */

static bool is_outer(const Node *column) { return ATTR_OF(column, Column)->index >= OUTER_COLUMN; }

static const Node *note_side(void *ctx, const Node *column) {
    Sides *s = ctx;
    if (is_outer(column)) s->outer = true;
    else s->inner = true;
    return column;
}

Sides sides_of(Binder *b, const Node *x) {
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

const Node *subquery_condition(Binder *b, const Rel *left, const Node *cond) {
    Joined j = {b->ir, left->node->type->n};
    return map_columns(b, cond, as_joined, &j);
}

const Node *number_outer(void *ctx, const Node *column) {
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

bool calls_aggregate(const Ast *t) {
    if (t->kind == A_SUBQUERY) return false;
    const Function *f = t->kind == A_CALL ? function_find(t->text) : NULL;
    if (f && op_has(f->op, AGG)) return true;
    for (uint32_t i = 0; i < t->n; i++)
        if (t->kid[i] && calls_aggregate(t->kid[i])) return true;
    return false;
}

bool is_plain(const Ast *query) { return is_plain_query(query) && is_plain_select(query->kid[QUERY_BODY]); }

/* FROM and what of WHERE is its own; the rest is in c. */
Rel bind_inner(Binder *b, const Rel *outer, const Ast *select, Correlated *c) {
    const Ast *where = select->kid[SELECT_WHERE];
    Rel r = bind_from(b, select->kid[SELECT_FROM]);
    if (r.node && where && !bind_conjuncts(b, &r, outer, where, "WHERE", c)) r.node = NULL;
    return r;
}

void enter_subquery(Binder *b, Enclosing *e, const Rel *outer) {
    *e = (Enclosing){outer, b->enclosing};
    b->enclosing = e;
}

void leave_subquery(Binder *b, const Enclosing *e) { b->enclosing = e->next; }

bool one_column(Binder *b, Span at, uint32_t n) {
    if (n != 1)
        diag_error(b->diags, E_INVALID, at,
                   arena_printf(b->arena, "this query yields one column, not %u", n));
    return n == 1;
}
