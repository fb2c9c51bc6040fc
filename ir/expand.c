/* Expansions of composite ops: what they mean over the reals.  An execution may compute the whole at once and
 * round less. */
#include "ir/laws.h"
#include "ir/tensor_build.h"

/* (C) as (C, 1, .., 1) beside x (C, ..) */
static const Node *per_channel(Ir *ir, const Node *v, uint32_t rank) {
    int64_t dims[TENSOR_MAX_RANK] = {v->type->dims[0]};
    for (uint32_t d = 1; d < rank; d++) dims[d] = 1;
    return ir_reshape(ir, v, rank, dims);
}

/* x * a + b  with  a = scale / sqrt(var + eps),  b = shift - mean * a: both per channel, known before x is */
static const Node *batch_norm(Ir *ir, const Node *n) {
    const Node *x = n->in[0], *scale = n->in[1], *shift = n->in[2], *mean = n->in[3], *var = n->in[4];
    const Node *eps = ir_number(ir, n->type, ATTR_OF(n, Norm)->eps);
    const Node *a = ir_2(ir, OP_DIV, scale, ir_1(ir, OP_SQRT, ir_2(ir, OP_ADD, var, eps)));
    const Node *b = ir_2(ir, OP_SUB, shift, ir_2(ir, OP_MUL, mean, a));
    uint32_t rank = x->type->n;
    return ir_2(ir, OP_ADD, ir_2(ir, OP_MUL, x, per_channel(ir, a, rank)), per_channel(ir, b, rank));
}

const Node *ir_expand(Ir *ir, const Node *n) { return n->op == OP_BATCH_NORM ? batch_norm(ir, n) : NULL; }
