/* The same elements in another shape or order. */
#include "onnx/expand.h"

#include <string.h>

static const OnnxValue *operand(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    if (!a) onnx_refuse(x, "its input is not given");
    return a;
}

/* 0 copies the input's size, -1 is what is left. */
bool onnx_expand_reshape(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList shape;
    int64_t dims[TENSOR_MAX_RANK], known = 1, open = -1;
    if (!a || !onnx_ints_of(x, "shape", 1, &shape)) return onnx_refuse(x, "its shape is not given");
    if (shape.n > TENSOR_MAX_RANK)
        return onnx_missing(x, "more than %d dimensions are not supported", TENSOR_MAX_RANK);
    for (uint32_t i = 0; i < shape.n; i++) {
        dims[i] = shape.at[i];
        if (dims[i] == 0 && !onnx_int(x, "allowzero", 0)) {
            if (i >= a->rank) return onnx_refuse(x, "its shape copies dimension %u of %u", i, a->rank);
            dims[i] = a->dims[i];
        }
        if (dims[i] == -1 && open < 0) open = i;
        else if (dims[i] < 0 || __builtin_mul_overflow(known, dims[i], &known))
            return onnx_refuse(x, "its shape is wrong");
    }
    if (open >= 0 && (known == 0 || onnx_count(a) % known))
        return onnx_refuse(x, "%lld elements do not have that shape", (long long)onnx_count(a));
    if (open >= 0) dims[open] = onnx_count(a) / known;
    else if (known != onnx_count(a))
        return onnx_refuse(x, "%lld elements do not have that shape", (long long)onnx_count(a));
    return onnx_yield(x, 0, a->node, shape.n, dims);
}

bool onnx_expand_flatten(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    int64_t dims[2] = {1, 1}, axis = onnx_int(x, "axis", 1);
    if (!a) return false;
    if (axis < 0) axis += a->rank;
    if (axis < 0 || axis > a->rank)
        return onnx_refuse(x, "axis %lld of %u dimensions", (long long)axis, a->rank);
    for (uint32_t d = 0; d < a->rank; d++) dims[d >= axis] *= a->dims[d];
    return onnx_yield(x, 0, a->node, 2, dims);
}

bool onnx_expand_squeeze(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList axes;
    bool gone[TENSOR_MAX_RANK] = {0};
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = 0, axis;
    if (!a) return false;
    bool given = onnx_ints_of(x, "axes", 1, &axes);
    if (x->why) return false;
    for (uint32_t i = 0; given && i < axes.n; i++) {
        if (!onnx_axis(x, axes.at[i], a->rank, &axis)) return false;
        if (a->dims[axis] != 1)
            return onnx_refuse(x, "dimension %u has size %lld", axis, (long long)a->dims[axis]);
        gone[axis] = true;
    }
    for (uint32_t d = 0; d < a->rank; d++)
        if (given ? !gone[d] : a->dims[d] != 1) dims[rank++] = a->dims[d];
    return onnx_yield(x, 0, a->node, rank, dims);
}

bool onnx_expand_unsqueeze(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList axes;
    bool fresh[TENSOR_MAX_RANK] = {0};
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t axis, from = 0;
    if (!a || !onnx_ints_of(x, "axes", 1, &axes)) return onnx_refuse(x, "its axes are not given");
    if (a->rank + axes.n > TENSOR_MAX_RANK)
        return onnx_missing(x, "more than %d dimensions are not supported", TENSOR_MAX_RANK);
    uint32_t rank = a->rank + axes.n;
    for (uint32_t i = 0; i < axes.n; i++) {
        if (!onnx_axis(x, axes.at[i], rank, &axis)) return false;
        if (fresh[axis]) return onnx_refuse(x, "axis %u is given twice", axis);
        fresh[axis] = true;
    }
    for (uint32_t d = 0; d < rank; d++) dims[d] = fresh[d] ? 1 : a->dims[from++];
    return onnx_yield(x, 0, a->node, rank, dims);
}

/* order: output dimension d is input dimension order[d] */
static bool transposed(OnnxExpand *x, const OnnxValue *a, const int64_t *order) {
    int64_t dims[TENSOR_MAX_RANK];
    bool same = true;
    for (uint32_t d = 0; d < a->rank; d++) dims[d] = a->dims[order[d]], same = same && order[d] == d;
    if (same) return onnx_yield_like(x, 0, a->node, a);
    int64_t first = onnx_place(a, 0); /* -1: dimension 0 is left out, and may stay so where it stays first */
    bool less = first < 0 && order[0] == 0;
    const Node *in = less ? a->node : onnx_whole(x, a);
    int64_t moved[TENSOR_MAX_RANK];
    for (uint32_t d = less; d < a->rank; d++) moved[d - less] = order[d] - less;
    AttrShape attr = {{a->rank - less, moved}};
    return onnx_yield(x, 0, onnx_make(x, OP_TRANSPOSE, &attr, 1, &in), a->rank, dims);
}

bool onnx_expand_transpose(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList perm;
    int64_t order[TENSOR_MAX_RANK];
    uint32_t seen = 0;
    if (!a) return false;
    for (uint32_t d = 0; d < a->rank; d++) order[d] = a->rank - 1 - d;
    if (onnx_ints(x, "perm", &perm)) {
        if (perm.n != a->rank) return onnx_refuse(x, "perm orders %u of %u dimensions", perm.n, a->rank);
        for (uint32_t d = 0; d < a->rank; d++) {
            order[d] = perm.at[d];
            if (order[d] < 0 || order[d] >= a->rank || seen >> order[d] & 1)
                return onnx_refuse(x, "perm is no permutation");
            seen |= 1u << order[d];
        }
    }
    return x->why == NULL && transposed(x, a, order);
}

/* ---- shapes as values ---- */

static int64_t clamped(int64_t i, int64_t rank) {
    if (i < 0) i += rank;
    return i < 0 ? 0 : i > rank ? rank : i;
}

bool onnx_expand_shape(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    if (!a) return false;
    int64_t from = clamped(onnx_int(x, "start", 0), a->rank),
            to = clamped(onnx_int(x, "end", a->rank), a->rank);
    int64_t n = to > from ? to - from : 0;
    return onnx_yield(x, 0, onnx_int_tensor(x, 1, &n, a->dims + from), 1, &n);
}

bool onnx_expand_size(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    int64_t one = 1, n = a ? onnx_count(a) : 0;
    return a && onnx_yield(x, 0, onnx_int_tensor(x, 1, &one, &n), 0, NULL);
}

/* Broadcasting, made real by adding zeros (or a false OR, of truth values). */
bool onnx_expand_expand(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList shape;
    uint32_t rank;
    int64_t dims[TENSOR_MAX_RANK];
    if (!a || !onnx_constant_ints(x, onnx_in(x, 1), "its shape", &shape)) return false;
    if (shape.n > TENSOR_MAX_RANK)
        return onnx_missing(x, "more than %d dimensions are not supported", TENSOR_MAX_RANK);
    OnnxValue to = {.rank = shape.n};
    for (uint32_t d = 0; d < shape.n; d++) {
        if (shape.at[d] < 0) return onnx_refuse(x, "its shape has size %lld", (long long)shape.at[d]);
        to.dims[d] = shape.at[d];
    }
    if (!onnx_broadcast(x, 2, (const OnnxValue *const[]){a, &to}, &rank, dims)) return false;
    OnnxValue all = {.rank = rank};
    memcpy(all.dims, dims, sizeof dims);
    if (onnx_count(&all) == onnx_count(a)) return onnx_yield(x, 0, a->node, rank, dims);
    for (uint32_t d = 0; d < rank; d++) { /* zeros along the dimensions that grow */
        uint32_t own = d + a->rank - rank;
        to.dims[d] = d + a->rank >= rank && a->dims[own] == dims[d] ? 1 : dims[d];
    }
    if ((to.rank = rank, onnx_count(&to)) > ONNX_MADE_MAX)
        return onnx_refuse(x, "it yields %lld elements", (long long)onnx_count(&all));
    bool truth = onnx_elem(a) == TY_BOOL;
    const Type *t = type_tensor(x->types, type_get(x->types, onnx_elem(a)), rank, to.dims);
    const Node *y = onnx_make2(x, truth ? OP_BIT_OR : OP_ADD, a->node, onnx_filled(x, t, 0));
    return onnx_yield(x, 0, y, rank, dims);
}

/* ---- depth and space ---- */

/* (N, C, H, W) split into six dimensions, which move */
static bool rearranged(OnnxExpand *x, const OnnxValue *a, const int64_t *split, const int64_t *order,
                       const int64_t *dims) {
    OnnxValue six = {.rank = 6};
    memcpy(six.dims, split, 6 * sizeof *split);
    const Node *in = onnx_reshape(x, a->node, 6, split);
    return onnx_yield(x, 0, onnx_make(x, OP_TRANSPOSE, &(AttrShape){{6, order}}, 1, &in), 4, dims);
}

bool onnx_expand_depth_to_space(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    int64_t b = onnx_int(x, "blocksize", 0);
    bool crd = strcmp(onnx_string(x, "mode", "DCR"), "CRD") == 0;
    if (!a || a->rank != 4 || b < 1 || b > INT16_MAX || a->dims[1] % (b * b))
        return onnx_refuse(x, "blocksize %lld does not fit its input", (long long)b);
    int64_t n = a->dims[0], c = a->dims[1] / (b * b), h = a->dims[2], w = a->dims[3],
            dims[] = {n, c, h * b, w * b};
    if (crd) return rearranged(x, a, (int64_t[]){n, c, b, b, h, w}, (int64_t[]){0, 1, 4, 2, 5, 3}, dims);
    return rearranged(x, a, (int64_t[]){n, b, b, c, h, w}, (int64_t[]){0, 3, 4, 1, 5, 2}, dims);
}

bool onnx_expand_space_to_depth(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    int64_t b = onnx_int(x, "blocksize", 0);
    if (!a || a->rank != 4 || b < 1 || b > INT16_MAX || a->dims[2] % b || a->dims[3] % b)
        return onnx_refuse(x, "blocksize %lld does not fit its input", (long long)b);
    int64_t n = a->dims[0], c = a->dims[1], h = a->dims[2] / b, w = a->dims[3] / b;
    return rearranged(x, a, (int64_t[]){n, c, h, b, w, b}, (int64_t[]){0, 3, 5, 1, 2, 4},
                      (int64_t[]){n, c * b * b, h, w});
}
