/* Functions of scalars: most are an operator of the algebra with the same arguments. */
#include "frontend/constant.h"
#include "frontend/function.h"
#include "ir/compose.h"

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

/* Half away from zero of DECIMAL, to `n` digits; half to even of floats, as PostgreSQL. */
Expr call_round(Call *c) {
    int64_t digits = 0;
    if (!values(c) || (c->n > 1 && !constant_int(c->b, c->ast_arg[1], "digits of round", &digits)))
        return call_fail(c);
    const Node *x = c->arg[0].node;
    const Type *t = x->type;
    if (type_is_integer(t) && digits >= 0) return c->arg[0];
    if (t->kind == TY_DECIMAL && digits >= 0) {
        if (digits >= t->scale) return c->arg[0];
        int whole = t->precision - t->scale + 1 + (int)digits;
        const Type *to =
            type_decimal(c->b->types, whole < DECIMAL_MAX_DIGITS ? whole : DECIMAL_MAX_DIGITS, (int)digits);
        return expr_of(ir_cast(c->b->ir, x, to), c->ast->span);
    }
    if (digits != 0) {
        diag_error(c->b->diags, E_ARGUMENT_TYPE, c->ast->span, c->fn->name, "a DECIMAL to round to digits",
                   bind_type_text(c->b, t));
        return call_fail(c);
    }
    return call_make(c, OP_ROUND, NULL, 1, &x);
}

/* A literal takes the type of the tensor or float beside it. */
static bool literals_adapt(Call *c) {
    for (uint32_t i = 0; i < c->n; i++)
        for (uint32_t k = 0; k < c->n; k++) {
            const Type *other = c->arg[k].node->type, *elem = other->kind == TY_TENSOR ? other->elem : other;
            bool reported;
            if (c->arg[i].lit == LIT_NONE || c->arg[k].lit != LIT_NONE || !type_is_float(elem)) continue;
            const Node *n = bind_convert(c->b, c->arg[i], elem, CONVERT_IMPLICIT, &reported);
            if (reported) return false;
            if (n) c->arg[i].node = n;
        }
    return true;
}

static Expr no_such_operands(Call *c) {
    Buf b = {0};
    for (uint32_t i = 0; i < c->n; i++)
        buf_printf(&b, "%s%s",
                   i == 0         ? ""
                   : i + 1 < c->n ? ", "
                                  : " and ",
                   bind_type_text(c->b, c->arg[i].node->type));
    diag_error(c->b->diags, E_ARGUMENT_TYPE, c->ast->span, c->fn->name,
               c->n > 1 ? "numbers whose shapes fit" : "a number", b.p);
    buf_free(&b);
    return call_fail(c);
}

static bool read_parameters(Call *c, const Composition *f, double *p) {
    const char *name = f->options;
    for (int i = 0; i < COMPOSE_PARAMS; i++) {
        size_t n = strcspn(name, " ");
        const Ast *given = n ? call_option(c, arena_strndup(c->b->arena, name, n)) : NULL;
        p[i] = f->defaults[i];
        if (given && !constant_double(c->b, given, given->text ? given->text : "a parameter", &p[i]))
            return false;
        name += n + (name[n] == ' ');
    }
    return true;
}

Expr call_composed(Call *c) {
    const Composition *f = ir_composition(c->fn->name);
    double p[COMPOSE_PARAMS];
    if (!values(c) || !literals_adapt(c) || !read_parameters(c, f, p)) return call_fail(c);
    const Node *n = ir_compose(c->b->ir, f, nodes_of(c), p);
    if (!n) return no_such_operands(c);
    bind_origin(c->b, n, c->ast->span);
    return expr_of(n, c->ast->span);
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

/* Element by element where an argument is a tensor, else CASE. */
Expr call_where(Call *c) {
    if (!values(c) || !literals_adapt(c)) return call_fail(c);
    if (c->arg[0].node->type->kind == TY_TENSOR) return call_make(c, OP_WHERE, NULL, 3, nodes_of(c));
    const Node *cond = bind_condition(c->b, c->arg[0], c->fn->name);
    if (!cond || !bind_unify(c->b, 2, c->arg + 1, c->fn->name, c->ast->span)) return call_fail(c);
    return call_make(c, OP_CASE, NULL, 3, (const Node *const[]){cond, c->arg[1].node, c->arg[2].node});
}

/* The least of two; a NULL is left out as in PostgreSQL, while the algebra's least is strict. */
static const Node *extreme(Call *c, const Node *x, const Node *y) {
    const Node *n = bind_make2(c->b, c->ast->span, c->fn->op, x, y);
    if (!n || !n->type->nullable) return n;
    return bind_make(c->b, c->ast->span, OP_COALESCE, NULL, 3, (const Node *const[]){n, x, y});
}

static bool any_tensor(const Call *c) {
    for (uint32_t i = 0; i < c->n; i++)
        if (c->arg[i].node->type->kind == TY_TENSOR) return true;
    return false;
}

static Expr tensor_extreme(Call *c) {
    if (!literals_adapt(c)) return call_fail(c);
    Expr x = c->arg[0];
    for (uint32_t i = 1; i < c->n && x.node; i++)
        x = call_make(c, c->fn->op, NULL, 2, (const Node *const[]){x.node, c->arg[i].node});
    return x;
}

Expr call_extreme(Call *c) {
    if (!values(c)) return call_fail(c);
    if (any_tensor(c)) return tensor_extreme(c);
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

/* qgram_jaccard(a, b, q => 3) */
Expr call_grams(Call *c) {
    AttrGram a = {3};
    const Ast *q = c->n > 2 ? c->ast_arg[2] : call_option(c, "q");
    if (q && !constant_int(c->b, q, "q", &a.q)) return call_fail(c);
    return values(c) ? call_make(c, OP_QGRAM_JACCARD, &a, 2, nodes_of(c)) : call_fail(c);
}

/* Without a length, to the end. */
Expr call_substring(Call *c) {
    if (!values(c)) return call_fail(c);
    const Node **in = nodes_of(c);
    const Node *all[] = {in[0], in[1], c->n > 2 ? in[2] : ir_i64(c->b->ir, INT32_MAX)};
    return call_make(c, OP_SUBSTRING, NULL, 3, all);
}
