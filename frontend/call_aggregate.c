/* Aggregates: nodes of the algebra like any other, until bind_group.c lifts them into an OP_AGGREGATE. */
#include "frontend/function.h"

static bool refuse(Call *c, const char *where) {
    diag_error(c->b->diags, E_AGGREGATE_HERE, c->ast->span, c->fn->name, where);
    return false;
}

static bool allowed_here(Call *c) {
    if (c->s->aggregates) return c->s->aggregated = true;
    refuse(c, arena_printf(c->b->arena, "in %s", c->s->clause));
    if (strcmp(c->s->clause, "WHERE") == 0) diag_help(c->b->diags, "conditions on aggregates go to HAVING");
    if (strncmp(c->s->clause, "|>", 2) == 0) diag_help(c->b->diags, "aggregates go to |> AGGREGATE");
    return false;
}

/* Columns inside an aggregate need not be grouped: their uses are forgotten. */
static Expr argument(Call *c, const Ast *t) {
    Use *uses = c->s->uses;
    Expr x = bind_expr(c->b, c->s, t);
    c->s->uses = uses;
    return x;
}

/* FILTER (WHERE f): what fails it is NULL, and every aggregate skips NULLs. */
static const Node *filtered(Call *c, const Node *x) {
    const Ast *filter = c->ast->kid[CALL_FILTER];
    if (!filter || !x) return x;
    const Node *cond = bind_condition(c->b, argument(c, filter), "FILTER");
    if (!cond) return NULL;
    const Node *in[] = {cond, x, ir_null(c->b->ir, x->type)};
    return bind_make(c->b, c->ast->span, OP_CASE, NULL, 3, in);
}

/* DISTINCT changes nothing for min and max; the others' argument is marked (bind_distinct.c). */
static const Node *distinct(Call *c, const Node *x) {
    bool matters = c->fn->op != OP_AGG_MIN && c->fn->op != OP_AGG_MAX;
    return c->ast->flags & AST_DISTINCT && matters ? distinct_mark(c->b, x) : x;
}

static Expr aggregate(Call *c, Op op, const Node *x) {
    x = filtered(c, x);
    if (x && (x->below & BELOW_AGG)) x = refuse(c, "around another aggregate") ? x : NULL;
    if (x) x = distinct(c, x);
    return x ? call_make(c, op, NULL, 1, &x) : call_fail(c);
}

static Expr count_rows(Call *c) {
    if (c->ast->kid[CALL_FILTER]) return aggregate(c, OP_COUNT, ir_bool(c->b->ir, true));
    return call_make(c, OP_COUNT_STAR, NULL, 0, NULL);
}

Expr call_count(Call *c) {
    if (!allowed_here(c)) return call_fail(c);
    if (c->ast->flags & AST_STAR) return count_rows(c);
    Expr x = argument(c, c->ast_arg[0]);
    return x.node ? aggregate(c, OP_COUNT, x.node) : call_fail(c);
}

static bool check_star(Call *c) {
    if (!(c->ast->flags & AST_STAR)) return true;
    diag_error(c->b->diags, E_INVALID, c->ast->span,
               arena_printf(c->b->arena, "* belongs to count, not to %s", c->fn->name));
    return false;
}

/* A tensor is reduced to its own sum; scalars are aggregated over rows. */
Expr call_sum(Call *c) {
    if (!check_star(c)) return call_fail(c);
    Use *uses = c->s->uses;
    Expr x = bind_expr(c->b, c->s, c->ast_arg[0]);
    if (!x.node) return call_fail(c);
    c->arg = &x;
    if (x.node->type->kind == TY_TENSOR || c->ast->kid[CALL_ARGS]->n > c->n) return call_reduce(c);
    c->s->uses = uses;
    return allowed_here(c) ? aggregate(c, c->fn->op, x.node) : call_fail(c);
}
