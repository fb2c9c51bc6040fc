/* Activations. */
#include "onnx/expand.h"

#include <string.h>

static const OnnxValue *operand(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    if (!a) onnx_refuse(x, "its input is not given");
    return a;
}

static const Node *times(OnnxExpand *x, const Node *a, double k) {
    return k == 1 ? a : onnx_make2(x, OP_MUL, a, onnx_number(x, a, k));
}

static const Node *plus(OnnxExpand *x, const Node *a, double k) {
    return onnx_make2(x, OP_ADD, a, onnx_number(x, a, k));
}

static bool yield(OnnxExpand *x, const Node *y, const OnnxValue *a) {
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(a)), a);
}

bool onnx_expand_leaky_relu(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    AttrSlope slope = {(double)(float)onnx_float(x, "alpha", 0.01f)};
    return a && yield(x, onnx_make(x, OP_LEAKY_RELU, &slope, 1, &a->node), a);
}

static const Node *negative_part(OnnxExpand *x, const Node *a) {
    return onnx_make2(x, OP_MIN2, a, onnx_number(x, a, 0));
}

/* max(x, 0) + slope min(x, 0) */
bool onnx_expand_prelu(OnnxExpand *x) {
    const OnnxValue *a = operand(x), *slope = onnx_in(x, 1);
    if (!a || !slope) return onnx_refuse(x, "its slope is not given");
    const Node *below = onnx_make2(x, OP_MUL, negative_part(x, a->node), slope->node);
    const Node *above = onnx_make2(x, OP_MAX2, a->node, onnx_number(x, a->node, 0));
    return yield(x, onnx_make2(x, OP_ADD, above, below), a);
}

/* gamma (max(x, 0) + alpha (e^(min(x, 0) / d) - 1)): elu has gamma = d = 1, celu d = alpha */
bool onnx_expand_elu(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    if (!a) return false;
    bool selu = strcmp(x->node->op, "Selu") == 0, celu = strcmp(x->node->op, "Celu") == 0;
    double alpha = onnx_float(x, "alpha", selu ? (double)1.67326319217681884765625f : 1);
    double gamma = selu ? onnx_float(x, "gamma", (double)1.05070102214813232421875f) : 1;
    const Node *below = negative_part(x, a->node);
    if (celu && alpha != 1) below = onnx_make2(x, OP_DIV, below, onnx_number(x, below, alpha));
    below = times(x, plus(x, onnx_make1(x, OP_EXP, below), -1), alpha);
    const Node *y = onnx_make2(x, OP_ADD, onnx_make1(x, OP_RELU, a->node), below);
    return yield(x, times(x, y, gamma), a);
}

/* log(1 + e^x) = max(x, 0) + log(1 + e^-|x|) */
static const Node *softplus(OnnxExpand *x, const Node *a) {
    const Node *e = onnx_make1(x, OP_EXP, onnx_make1(x, OP_NEG, onnx_make1(x, OP_ABS, a)));
    return onnx_make2(x, OP_ADD, onnx_make1(x, OP_RELU, a), onnx_make1(x, OP_LOG, plus(x, e, 1)));
}

bool onnx_expand_softplus(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    return a && yield(x, softplus(x, a->node), a);
}

bool onnx_expand_mish(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    return a && yield(x, onnx_make2(x, OP_MUL, a->node, onnx_make1(x, OP_TANH, softplus(x, a->node))), a);
}

/* x sigmoid(alpha x) */
bool onnx_expand_swish(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    return a && yield(x,
                      onnx_make2(x, OP_MUL, a->node,
                                 onnx_make1(x, OP_SIGMOID, times(x, a->node, onnx_float(x, "alpha", 1)))),
                      a);
}

bool onnx_expand_softsign(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    return a && yield(x, onnx_make2(x, OP_DIV, a->node, plus(x, onnx_make1(x, OP_ABS, a->node), 1)), a);
}

static const Node *hard_sigmoid(OnnxExpand *x, const Node *a, double alpha, double beta) {
    const Node *y = plus(x, times(x, a, alpha), beta);
    return onnx_make2(x, OP_MIN2, onnx_make2(x, OP_MAX2, y, onnx_number(x, a, 0)), onnx_number(x, a, 1));
}

bool onnx_expand_hard_sigmoid(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    double alpha = onnx_float(x, "alpha", (double)0.2f), beta = onnx_float(x, "beta", 0.5);
    return a && yield(x, hard_sigmoid(x, a->node, alpha, beta), a);
}

bool onnx_expand_hard_swish(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    return a && yield(x, onnx_make2(x, OP_MUL, a->node, hard_sigmoid(x, a->node, 1.0 / 6, 0.5)), a);
}

/* x / 2 (1 + erf(x / sqrt 2)), or by tanh */
bool onnx_expand_gelu(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    if (!a) return false;
    const Node *u = times(x, a->node, 0.7071067811865476), *f;
    if (strcmp(onnx_string(x, "approximate", "none"), "tanh") == 0) {
        const Node *cube = onnx_make2(x, OP_MUL, a->node, onnx_make2(x, OP_MUL, a->node, a->node));
        u = times(x, onnx_make2(x, OP_ADD, a->node, times(x, cube, 0.044715)), 0.7978845608028654);
        f = onnx_make1(x, OP_TANH, u);
    } else {
        f = onnx_make1(x, OP_ERF, u);
    }
    return yield(x, onnx_make2(x, OP_MUL, times(x, a->node, 0.5), plus(x, f, 1)), a);
}

/* The identity when nothing is trained; its mask is all true. */
bool onnx_expand_dropout(OnnxExpand *x) {
    const OnnxValue *a = operand(x), *training = onnx_in(x, 2);
    Value on;
    if (!a) return false;
    if (x->opset >= 12 && training && onnx_constant(x, training, "training_mode", &on) &&
        tensor_elem(&on, 0).b) {
        const OnnxValue *ratio = onnx_in(x, 1);
        Value r;
        if (!ratio || !onnx_constant(x, ratio, "ratio", &r) || tensor_get(&r, 0) != 0)
            return onnx_missing(x, "dropout in training is not supported yet");
    }
    if (x->why) return false;
    if (onnx_wants(x, 1)) {
        const Type *t = type_tensor(x->types, type_get(x->types, x->opset >= 10 ? TY_BOOL : onnx_elem(a)),
                                    a->node->type->n, a->node->type->dims);
        if (!onnx_yield_like(x, 1, onnx_filled(x, t, 1), a)) return false;
    }
    return onnx_yield_like(x, 0, a->node, a);
}

/* Along one axis; before opset 13 over all dimensions from the axis on. */
bool onnx_expand_softmax(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    uint32_t axis;
    int64_t dims[TENSOR_MAX_RANK];
    if (!a || !onnx_axis(x, onnx_int(x, "axis", x->opset >= 13 ? -1 : 1), a->rank, &axis)) return false;
    uint32_t n = x->opset >= 13 ? 1 : a->rank - axis;
    bool kept = onnx_place(a, axis) >= 0;
    const Node *in = kept ? a->node : onnx_whole(x, a);
    for (uint32_t i = 0; i < n; i++) dims[i] = kept ? onnx_place(a, axis + i) : axis + i;
    return yield(x, onnx_make(x, x->op, &(AttrDims){{n, dims}, false}, 1, &in), a);
}
