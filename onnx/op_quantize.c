/* Quantized tensors: real = (q - zero point) scale.  Products of integers go by way of DOUBLE, which holds
 * them exactly. */
#include "onnx/window.h"

#include <string.h>

/* A number, or one a slice of `axis`, to stand beside `like`. */
static const Node *beside(OnnxExpand *x, const OnnxValue *v, const OnnxValue *like, int64_t axis) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t at;
    if (onnx_count(v) == 1) return onnx_reshape(x, v->node, 1, (const int64_t[]){1});
    if (v->rank != 1 || !onnx_axis(x, axis, like->rank, &at))
        return onnx_missing(x, "scales of blocks are not supported yet"), NULL;
    for (uint32_t d = 0; d < like->rank; d++) dims[d] = d == at ? v->dims[0] : 1;
    return onnx_reshape(x, v->node, like->rank, dims);
}

/* a less its zero point, in `kind` */
static const Node *centred(OnnxExpand *x, const OnnxValue *a, const OnnxValue *zero, int64_t axis,
                           TypeKind kind) {
    const Node *y = onnx_cast(x, a->node, kind);
    return zero ? onnx_make2(x, OP_SUB, y, onnx_cast(x, beside(x, zero, a, axis), kind)) : y;
}

/* round(a) + zero, held within the type's range */
static const Node *saturated(OnnxExpand *x, const Node *a, const Node *zero, TypeKind kind) {
    static const double low[TY_COUNT] = {[TY_I8] = -128, [TY_I16] = -32768, [TY_I32] = -2147483648.0};
    static const double high[TY_COUNT] = {
        [TY_I8] = 127, [TY_I16] = 32767, [TY_I32] = 2147483647.0, [TY_U8] = 255, [TY_U16] = 65535};
    if (!high[kind])
        return onnx_missing(x, "quantizing to %s is not supported yet", type_kind_text(kind)), NULL;
    const Node *y = onnx_make1(x, OP_ROUND, a);
    if (zero && y) y = onnx_make2(x, OP_ADD, y, onnx_cast(x, zero, y->type->elem->kind));
    y = onnx_make2(x, OP_MAX2, y, onnx_number(x, y, low[kind]));
    return onnx_cast(x, onnx_make2(x, OP_MIN2, y, onnx_number(x, y, high[kind])), kind);
}

bool onnx_expand_quantize(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *scale = onnx_in(x, 1), *zero = onnx_in(x, 2);
    int64_t axis = onnx_int(x, "axis", 1), to = onnx_int(x, "output_dtype", 0);
    if (!a || !scale) return onnx_refuse(x, "its scale is not given");
    if (to && to != 2 && to != 3)
        return onnx_missing(x, "output_dtype %lld is not supported yet", (long long)to);
    TypeKind kind = zero ? onnx_elem(zero) : to == 3 ? TY_I8 : TY_U8;
    const Node *y = onnx_make2(x, OP_DIV, a->node, beside(x, scale, a, axis));
    return onnx_yield_like(x, 0, saturated(x, y, zero ? beside(x, zero, a, axis) : NULL, kind), a);
}

bool onnx_expand_dequantize(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *scale = onnx_in(x, 1), *zero = onnx_in(x, 2);
    int64_t axis = onnx_int(x, "axis", 1);
    if (!a || !scale) return onnx_refuse(x, "its scale is not given");
    const Node *y = centred(x, a, zero, axis, onnx_elem(scale));
    return onnx_yield_like(
        x, 0, onnx_cast(x, onnx_make2(x, OP_MUL, y, beside(x, scale, a, axis)), onnx_elem(scale)), a);
}

static const Node *extreme(OnnxExpand *x, Op op, const Node *a) {
    if (!a) return NULL;
    a = onnx_reshape(x, a, 1, &(int64_t){type_elems(a->type)});
    a = onnx_make(x, op, &(AttrDims){{1, (const int64_t[]){0}}, true}, 1, &a);
    return onnx_make2(x, op == OP_MAX ? OP_MAX2 : OP_MIN2, a, onnx_number(x, a, 0));
}

/* To UTINYINT over the range of the values and 0; outputs: y, scale, zero point */
bool onnx_expand_dynamic_quantize(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    if (!a || onnx_count(a) == 0) return onnx_refuse(x, "its input has no elements");
    const Node *low = extreme(x, OP_MIN, a->node), *high = extreme(x, OP_MAX, a->node);
    const Node *scale = onnx_make2(x, OP_DIV, onnx_make2(x, OP_SUB, high, low), onnx_number(x, high, 255));
    const Node *start = onnx_make2(x, OP_DIV, onnx_make1(x, OP_NEG, low), scale);
    const Node *zero = saturated(x, start, NULL, TY_U8);
    const Node *y = saturated(x, onnx_make2(x, OP_DIV, a->node, scale), zero, TY_U8);
    return onnx_yield_like(x, 0, y, a) && onnx_yield(x, 1, scale, 0, NULL) && onnx_yield(x, 2, zero, 0, NULL);
}

/* ---- products ---- */

/* The node's expansion with other operands, as another operator; input 2 (a bias) is left out. */
static bool as_product(OnnxExpand *x, const Node *a, const Node *b, OnnxExpansion expand, OnnxValue *out) {
    OnnxValue of[3] = {*onnx_in(x, 0), *onnx_in(x, x->node->n_in > 4 ? 3 : 1)};
    OnnxNode node = *x->node;
    const OnnxNode *own = x->node;
    OnnxValue *values = x->values;
    if (!a || !b) return false;
    of[0].node = a;
    of[1].node = b;
    node.in = (const uint32_t[]){0, 1};
    node.out = (const uint32_t[]){2};
    node.n_in = 2;
    node.n_out = 1;
    x->node = &node;
    x->values = of;
    bool ok = expand(x);
    x->node = own;
    x->values = values;
    *out = of[2];
    return ok && out->node;
}

static bool integer_product(OnnxExpand *x, OnnxExpansion expand, int64_t axis_a, int64_t axis_b) {
    const OnnxValue *a = onnx_in(x, 0), *b = onnx_in(x, 1), *za = onnx_in(x, 2), *zb = onnx_in(x, 3);
    OnnxValue y;
    if (!a || !b) return onnx_refuse(x, "it takes two tensors");
    if (!as_product(x, centred(x, a, za, axis_a, TY_F64), centred(x, b, zb, axis_b, TY_F64), expand, &y))
        return false;
    return onnx_yield_like(x, 0, onnx_cast(x, y.node, TY_I32), &y);
}

bool onnx_expand_matmul_integer(OnnxExpand *x) { return integer_product(x, onnx_expand_matmul, -2, -1); }
bool onnx_expand_conv_integer(OnnxExpand *x) { return integer_product(x, onnx_expand_conv, 1, 0); }

/* inputs: a, its scale and zero point, b, its, y's scale and zero point[, bias] */
static bool linear_product(OnnxExpand *x, OnnxExpansion expand, int64_t axis_a, int64_t axis_b,
                           int64_t axis_y) {
    const OnnxValue *in[8];
    OnnxValue y;
    for (uint32_t i = 0; i < 8; i++)
        if (!(in[i] = onnx_in(x, i))) return onnx_refuse(x, "input %u is not given", i);
    const Node *a = centred(x, in[0], in[2], axis_a, TY_F64), *b = centred(x, in[3], in[5], axis_b, TY_F64);
    if (!as_product(x, a, b, expand, &y)) return false;
    const OnnxValue *bias = onnx_in(x, 8);
    const Node *sum = y.node;
    if (bias) sum = onnx_make2(x, OP_ADD, sum, onnx_cast(x, beside(x, bias, &y, axis_y), TY_F64));
    const Node *scale = onnx_make2(x, OP_MUL, onnx_cast(x, beside(x, in[1], &y, axis_a), TY_F64),
                                   onnx_cast(x, beside(x, in[4], &y, axis_y), TY_F64));
    scale = onnx_make2(x, OP_DIV, scale, onnx_cast(x, beside(x, in[6], &y, axis_y), TY_F64));
    const Node *q =
        saturated(x, onnx_make2(x, OP_MUL, sum, scale), beside(x, in[7], &y, axis_y), onnx_elem(in[7]));
    return onnx_yield_like(x, 0, q, &y);
}

bool onnx_expand_qlinear_matmul(OnnxExpand *x) { return linear_product(x, onnx_expand_matmul, -2, -1, -1); }
bool onnx_expand_qlinear_conv(OnnxExpand *x) { return linear_product(x, onnx_expand_conv, 1, 0, 1); }
