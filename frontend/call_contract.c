/* Sums of products: matmul, dot and einsum are spellings of one operator, CONTRACT over labelled dimensions.
 */
#include "frontend/constant.h"
#include "frontend/function.h"

typedef struct Labels {
    uint32_t n;
    int64_t at[TENSOR_MAX_RANK];
} Labels;

static IntList list_of(Call *c, const Labels *l) {
    return (IntList){l->n, arena_copy(c->b->arena, l->at, l->n * sizeof *l->at)};
}

static Expr contract(Call *c, const Labels *a, const Labels *b, const Labels *out, uint32_t first) {
    AttrContract attr = {list_of(c, a), list_of(c, b), list_of(c, out)};
    const Node *in[] = {c->arg[first].node, c->arg[first + 1].node};
    return call_make(c, OP_CONTRACT, &attr, 2, in);
}

static Expr bad_shapes(Call *c, const char *rule) {
    diag_error(c->b->diags, E_SHAPE_MISMATCH, c->ast->span,
               arena_printf(c->b->arena, "%s does not take %s and %s: %s", c->fn->name,
                            bind_type_text(c->b, c->arg[0].node->type),
                            bind_type_text(c->b, c->arg[1].node->type), rule));
    return call_fail(c);
}

/* As PyTorch's matmul without broadcasting: the last dimension of a meets the last but one of b (its only one
 * if b is a vector); leading dimensions of both, when both have them, are a batch and equal. */
Expr call_matmul(Call *c) {
    if (!call_tensor(c, 0) || !call_tensor(c, 1)) return call_fail(c);
    const Type *x = c->arg[0].node->type, *y = c->arg[1].node->type;
    Labels a = {x->n, {0}}, b = {y->n, {0}}, out = {0};
    if (x->n == 0 || y->n == 0) return bad_shapes(c, "both need a dimension");
    if (x->n > 2 && y->n > 2 && x->n != y->n) return bad_shapes(c, "their batch dimensions differ");
    if (*c->fn->name == 'd' && (x->n != 1 || y->n != 1)) return bad_shapes(c, "both must be vectors");
    bool batch = x->n > 2 && y->n > 2;
    uint32_t meet = y->n > 1 ? y->n - 2 : 0;
    for (uint32_t i = 0; i < x->n; i++) a.at[i] = i;
    for (uint32_t i = 0; i < y->n; i++) b.at[i] = batch && i < meet ? i : TENSOR_MAX_RANK + i;
    b.at[meet] = x->n - 1;
    for (uint32_t i = 0; !batch && i < meet; i++) out.at[out.n++] = b.at[i];
    for (uint32_t i = 0; i + 1 < x->n; i++) out.at[out.n++] = a.at[i];
    if (y->n > 1) out.at[out.n++] = b.at[y->n - 1];
    return contract(c, &a, &b, &out, 0);
}

/* ---- einsum('bij,bjk->bik', a, b) ---- */

static bool read_labels(const char **p, Labels *out) {
    out->n = 0;
    for (; **p >= 'a' && **p <= 'z'; (*p)++) {
        if (out->n == TENSOR_MAX_RANK) return false;
        out->at[out->n++] = **p - 'a';
    }
    return true;
}

static bool read_equation(const char *p, Labels *a, Labels *b, Labels *out) {
    if (!read_labels(&p, a) || *p++ != ',') return false;
    if (!read_labels(&p, b) || strncmp(p, "->", 2) != 0) return false;
    p += 2;
    return read_labels(&p, out) && *p == 0;
}

Expr call_einsum(Call *c) {
    Labels a, b, out;
    const char *equation = constant_text(c->b, c->ast_arg[0], "the equation of einsum");
    if (!equation || !call_tensor(c, 1) || !call_tensor(c, 2)) return call_fail(c);
    if (!read_equation(equation, &a, &b, &out)) {
        diag_error(c->b->diags, E_INVALID, c->ast_arg[0]->span,
                   "an equation of einsum has two operands and a result, as 'ij,jk->ik'");
        return call_fail(c);
    }
    return contract(c, &a, &b, &out, 1);
}
