/* Reductions over axes. */
#include "onnx/gather.h"

#include <string.h>

typedef struct Axes {
    bool over[TENSOR_MAX_RANK];
    bool none; /* the operator leaves its input as it is */
} Axes;

static bool axes_of(OnnxExpand *x, const OnnxValue *a, Axes *out) {
    IntList given = {0};
    uint32_t axis;
    *out = (Axes){0};
    onnx_ints_of(x, "axes", 1, &given);
    if (x->why) return false;
    out->none = given.n == 0 && onnx_int(x, "noop_with_empty_axes", 0);
    for (uint32_t d = 0; d < a->rank; d++) out->over[d] = given.n == 0 && !out->none;
    for (uint32_t i = 0; i < given.n; i++) {
        if (!onnx_axis(x, given.at[i], a->rank, &axis)) return false;
        out->over[axis] = true;
    }
    return true;
}

/* node has a's dimensions; the result keeps those of size 1. */
static const Node *reduced(OnnxExpand *x, Op op, const Node *node, const OnnxValue *a, const Axes *axes) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t n = 0;
    for (uint32_t d = 0; d < a->rank; d++)
        if (axes->over[d] && onnx_place(a, d) >= 0) dims[n++] = onnx_place(a, d);
    return n ? onnx_make(x, op, &(AttrDims){{n, dims}, true}, 1, &node) : node;
}

static bool yield_reduced(OnnxExpand *x, const Node *y, const OnnxValue *a, const Axes *axes, TypeKind kind) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = 0;
    bool keep = onnx_int(x, "keepdims", 1) != 0;
    for (uint32_t d = 0; d < a->rank; d++)
        if (!axes->over[d] || keep) dims[rank++] = axes->over[d] ? 1 : a->dims[d];
    return onnx_yield(x, 0, onnx_cast(x, y, kind), rank, dims);
}

static bool begin(OnnxExpand *x, const OnnxValue **a, Axes *axes) {
    *a = onnx_in(x, 0);
    return *a ? axes_of(x, *a, axes) : onnx_refuse(x, "its input is not given");
}

bool onnx_expand_reduce(OnnxExpand *x) {
    const OnnxValue *a;
    Axes axes;
    if (!begin(x, &a, &axes)) return false;
    return yield_reduced(x, reduced(x, x->op, a->node, a, &axes), a, &axes, onnx_elem(a));
}

/* Before the sum: the magnitude, the square, the exponential; after it: the root, the logarithm. */
bool onnx_expand_reduce_of(OnnxExpand *x) {
    const OnnxValue *a;
    Axes axes;
    if (!begin(x, &a, &axes)) return false;
    const Node *in = a->node, *most = NULL;
    if (x->op == OP_EXP) { /* less the largest, so that nothing overflows */
        most = reduced(x, OP_MAX, in, a, &axes);
        in = onnx_make1(x, OP_EXP, onnx_make2(x, OP_SUB, in, most));
    }
    if (x->op == OP_ABS) in = onnx_make1(x, OP_ABS, in);
    if (x->op == OP_MUL) in = onnx_make2(x, OP_MUL, in, in);
    const Node *y = reduced(x, OP_SUM, in, a, &axes);
    if (strcmp(x->node->op, "ReduceL2") == 0) y = onnx_make1(x, OP_SQRT, y);
    if (x->op == OP_LOG || x->op == OP_EXP) y = onnx_make1(x, OP_LOG, y);
    if (most) y = onnx_make2(x, OP_ADD, y, most);
    return yield_reduced(x, y, a, &axes, onnx_elem(a));
}

/* The first of equals, or the last: the first from the end. */
bool onnx_expand_argmax(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    Axes axes = {0};
    uint32_t axis;
    if (!a || !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis))
        return onnx_refuse(x, "its input is not given");
    axes.over[axis] = true;
    const Node *in = onnx_whole(x, a);
    bool last = onnx_int(x, "select_last_index", 0) != 0;
    int64_t n = a->dims[axis], *back = ARENA_ARRAY(x->arena, int64_t, n);
    for (int64_t i = 0; i < n; i++) back[i] = n - 1 - i;
    if (last) in = onnx_gather_at(x, in, axis, n, back);
    const Node *y = onnx_make(x, x->op, &(AttrDims){{1, &(int64_t){axis}}, true}, 1, &in);
    if (last) y = onnx_make2(x, OP_SUB, onnx_number(x, y, (double)(n - 1)), y);
    return yield_reduced(x, y, a, &axes, TY_I64);
}

/* Along one axis; reverse: from its end; exclusive: without the element itself. */
bool onnx_expand_cumsum(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    IntList at;
    uint32_t axis;
    if (!a || !onnx_constant_ints(x, onnx_in(x, 1), "its axis", &at) || at.n != 1)
        return onnx_refuse(x, "its axis is not given");
    if (!onnx_axis(x, at.at[0], a->rank, &axis)) return false;
    const Node *in = onnx_whole(x, a);
    bool reverse = onnx_int(x, "reverse", 0) != 0;
    int64_t n = a->dims[axis], *back = ARENA_ARRAY(x->arena, int64_t, n);
    for (int64_t i = 0; i < n; i++) back[i] = n - 1 - i;
    const Node *y = reverse ? onnx_gather_at(x, in, axis, n, back) : in, *own = y;
    y = onnx_make(x, OP_CUMSUM, &(AttrAxis){axis}, 1, &y);
    if (onnx_int(x, "exclusive", 0)) y = onnx_make2(x, OP_SUB, y, own);
    if (reverse) y = onnx_gather_at(x, y, axis, n, back);
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(a)), a);
}
