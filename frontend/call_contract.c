/* Sums of products: matmul, dot and einsum are spellings of one operator, CONTRACT over labelled dimensions.
 */
#include "frontend/constant.h"
#include "frontend/function.h"
#include "ir/contract_build.h"

static Expr bad_shapes(Call *c, const char *rule) {
    diag_error(c->b->diags, E_SHAPE_MISMATCH, c->ast->span,
               arena_printf(c->b->arena, "%s does not take %s and %s: %s", c->fn->name,
                            bind_type_text(c->b, c->arg[0].node->type),
                            bind_type_text(c->b, c->arg[1].node->type), rule));
    return call_fail(c);
}

static Expr made(Call *c, const Node *n) {
    bind_origin(c->b, n, c->ast->span);
    return expr_of(n, c->ast->span);
}

/* As NumPy's and PyTorch's matmul. */
Expr call_matmul(Call *c) {
    const char *why = NULL;
    if (!call_tensor(c, 0) || !call_tensor(c, 1)) return call_fail(c);
    const Node *a = c->arg[0].node, *b = c->arg[1].node;
    if (a->type->n == 0 || b->type->n == 0) return bad_shapes(c, "both need a dimension");
    if (*c->fn->name == 'd' && (a->type->n != 1 || b->type->n != 1))
        return bad_shapes(c, "both must be vectors");
    const Node *n = ir_matmul(c->b->ir, a, b, &why);
    if (n) return made(c, n);
    call_reject(c, OP_CONTRACT, why);
    return call_fail(c);
}

/* einsum('bij,bjk->bik', a, b) */
Expr call_einsum(Call *c) {
    const char *equation = constant_text(c->b, c->ast_arg[0], "the equation of einsum"), *why = NULL;
    const Node **in = ARENA_ARRAY(c->b->arena, const Node *, c->n);
    if (!equation) return call_fail(c);
    for (uint32_t i = 1; i < c->n; i++) {
        if (!call_tensor(c, i)) return call_fail(c);
        in[i - 1] = c->arg[i].node;
    }
    const Node *n = ir_einsum(c->b->ir, equation, c->n - 1, in, &why);
    if (n) return made(c, n);
    diag_error(c->b->diags, E_SHAPE_MISMATCH, c->ast->span,
               arena_printf(c->b->arena, "einsum('%s'): %s", equation, why));
    return call_fail(c);
}
