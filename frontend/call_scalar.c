/* Functions of scalars: most are an operator of the algebra with the same arguments. */
#include "frontend/constant.h"
#include "frontend/function.h"

static const Node **nodes_of(Call *c) {
    const Node **in = ARENA_ARRAY(c->b->arena, const Node *, c->n + 1);
    for (uint32_t i = 0; i < c->n; i++) in[i] = c->arg[i].node;
    return in;
}

static bool values(Call *c) {
    bool ok = true;
    for (uint32_t i = 0; i < c->n; i++) ok &= call_value(c, i);
    return ok;
}

Expr call_plain(Call *c) {
    return values(c) ? call_make(c, c->fn->op, NULL, c->n, nodes_of(c)) : call_fail(c);
}

/* pow(x, 2) of a FLOAT32 stays FLOAT32: a literal takes the type of the other. */
Expr call_binary(Call *c) {
    if (!values(c)) return call_fail(c);
    for (int i = 0; i < 2; i++) {
        bool reported;
        const Type *other = c->arg[1 - i].node->type;
        if (c->arg[i].lit == LIT_NONE || c->arg[1 - i].lit != LIT_NONE || !type_is_float(other)) continue;
        const Node *n = bind_convert(c->b, c->arg[i], other, CONVERT_IMPLICIT, &reported);
        if (reported) return call_fail(c);
        if (n) c->arg[i].node = n;
    }
    return call_make(c, c->fn->op, NULL, 2, nodes_of(c));
}

Expr call_slope(Call *c) {
    AttrSlope a = {0.01};
    const Ast *slope = c->n > 1 ? c->ast_arg[1] : call_option(c, "negative_slope");
    if (slope && !constant_double(c->b, slope, "negative_slope", &a.slope)) return call_fail(c);
    return values(c) ? call_make(c, OP_LEAKY_RELU, &a, 1, nodes_of(c)) : call_fail(c);
}

static bool unified(Call *c) {
    return values(c) && bind_unify(c->b, c->n, c->arg, c->fn->name, c->ast->span);
}

/* The least of two; a NULL is left out as in PostgreSQL, while the algebra's least is strict. */
static const Node *extreme(Call *c, const Node *x, const Node *y) {
    const Node *n = bind_make2(c->b, c->ast->span, c->fn->op, x, y);
    if (!n || !n->type->nullable) return n;
    return bind_make(c->b, c->ast->span, OP_COALESCE, NULL, 3, (const Node *const[]){n, x, y});
}

Expr call_extreme(Call *c) {
    if (!unified(c)) return call_fail(c);
    const Node *n = c->arg[0].node;
    for (uint32_t i = 1; i < c->n && n; i++) n = extreme(c, n, c->arg[i].node);
    return expr_of(n, c->ast->span);
}

/* What stands behind a value that is never NULL is never looked at. */
Expr call_coalesce(Call *c) {
    if (!unified(c)) return call_fail(c);
    uint32_t n = 1;
    while (n < c->n && c->arg[n - 1].node->type->nullable) n++;
    if (n == 1) return expr_of(c->arg[0].node, c->ast->span);
    return call_make(c, OP_COALESCE, NULL, n, nodes_of(c));
}

/* CASE WHEN a = b THEN NULL ELSE a END */
Expr call_nullif(Call *c) {
    if (!values(c)) return call_fail(c);
    const Node *same = bind_compare(c->b, OP_EQ, "=", c->arg[0], c->arg[1], c->ast->span);
    if (!same) return call_fail(c);
    const Node *a = c->arg[0].node;
    const Node *in[] = {same, ir_null(c->b->ir, a->type), a};
    return call_make(c, OP_CASE, NULL, 3, in);
}

/* Without a length, to the end. */
Expr call_substring(Call *c) {
    if (!values(c)) return call_fail(c);
    const Node **in = nodes_of(c);
    const Node *all[] = {in[0], in[1], c->n > 2 ? in[2] : ir_i64(c->b->ir, INT32_MAX)};
    return call_make(c, OP_SUBSTRING, NULL, 3, all);
}
