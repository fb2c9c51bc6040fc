/* Normalisations. */
#include "onnx/window.h"

static const Node *along(OnnxExpand *x, const OnnxValue *v, uint32_t axis, uint32_t rank) {
    int64_t dims[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < rank; d++) dims[d] = d == axis ? onnx_count(v) : 1;
    return onnx_reshape(x, v->node, rank, dims);
}

/* ---- batch_norm ---- */

typedef struct Stats {
    const Node *mean, *var;
} Stats;

/* Mean and variance over dims (ascending), kept with size 1. */
static Stats stats(OnnxExpand *x, const Node *a, uint32_t n, const int64_t *dims) {
    AttrDims over = {{n, dims}, true};
    const Node *mean = onnx_make(x, OP_MEAN, &over, 1, &a);
    const Node *off = onnx_make2(x, OP_SUB, a, mean), *square = onnx_make2(x, OP_MUL, off, off);
    return (Stats){mean, onnx_make(x, OP_MEAN, &over, 1, &square)};
}

/* (a - mean) / sqrt(var + eps) */
static const Node *standardised(OnnxExpand *x, const Node *a, Stats s, double eps) {
    if (!s.var) return NULL;
    const Node *root = onnx_make1(x, OP_SQRT, onnx_make2(x, OP_ADD, s.var, onnx_number(x, s.var, eps)));
    return onnx_make2(x, OP_DIV, onnx_make2(x, OP_SUB, a, s.mean), root);
}

/* (1 - m) batch + m old: what a step of training leaves behind */
static bool yield_running(OnnxExpand *x, uint32_t i, const Node *batch, const OnnxValue *old) {
    double m = onnx_float(x, "momentum", (double)0.9f);
    if (!onnx_wants(x, i)) return true;
    batch = onnx_reshape(x, batch, 1, &(int64_t){onnx_count(old)});
    const Node *fresh = onnx_make2(x, OP_MUL, batch, onnx_number(x, batch, 1 - m));
    const Node *kept = onnx_make2(x, OP_MUL, old->node, onnx_number(x, old->node, m));
    return onnx_yield_like(x, i, onnx_make2(x, OP_ADD, fresh, kept), old);
}

static bool trained_batch_norm(OnnxExpand *x, const OnnxValue *in, const OnnxValue *const *p, double eps) {
    int64_t dims[TENSOR_MAX_RANK];
    for (uint32_t d = 0, n = 0; d < in->rank; d++)
        if (d != 1) dims[n++] = d;
    const Node *a = onnx_whole(x, in);
    Stats s = stats(x, a, in->rank - 1, dims);
    const Node *y = standardised(x, a, s, eps);
    y = onnx_make2(x, OP_MUL, y, along(x, p[0], 1, in->rank));
    y = onnx_make2(x, OP_ADD, y, along(x, p[1], 1, in->rank));
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(in)), in) && yield_running(x, 1, s.mean, p[2]) &&
           yield_running(x, 2, s.var, p[3]);
}

static const Node *normed(OnnxExpand *x, const Node *image, const void *with) {
    const Node *const *p = with;
    double eps = (double)(float)onnx_float(x, "epsilon", (double)1e-5f);
    return onnx_make(x, OP_BATCH_NORM, &(AttrNorm){eps}, 5,
                     (const Node *const[]){image, p[0], p[1], p[2], p[3]});
}

/* x (N, C, ..)  scale, shift, mean, var (C) */
bool onnx_expand_batch_norm(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0), *p[4];
    const Node *at[4];
    if (!in || in->rank < 2 || in->dims[0] < 1) return onnx_refuse(x, "it takes (N, C, ..)");
    for (uint32_t i = 0; i < 4; i++) {
        if (!(p[i] = onnx_in(x, i + 1)) || onnx_count(p[i]) != in->dims[1])
            return onnx_refuse(x, "its parameters are not one number a channel");
        at[i] = onnx_whole(x, p[i]);
    }
    if (x->opset < 9 && !onnx_int(x, "spatial", 1))
        return onnx_missing(x, "spatial = 0 is not supported yet");
    if (x->opset >= 14 && onnx_int(x, "training_mode", 0))
        return trained_batch_norm(x, in, p, onnx_float(x, "epsilon", (double)1e-5f));
    const Node *y = onnx_each_image(x, in, normed, at);
    return y && onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(in)), in);
}

/* ---- one sample's own statistics ---- */

/* x (N, C, spatial..)  scale, shift (C) */
bool onnx_expand_instance_norm(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0), *scale = onnx_in(x, 1), *shift = onnx_in(x, 2);
    int64_t dims[TENSOR_MAX_RANK];
    if (!in || !scale || !shift || in->rank < 3)
        return onnx_refuse(x, "it takes (N, C, spatial..), scale and shift");
    for (uint32_t d = 2; d < in->rank; d++) dims[d - 2] = d;
    const Node *a = onnx_whole(x, in);
    const Node *y =
        standardised(x, a, stats(x, a, in->rank - 2, dims), onnx_float(x, "epsilon", (double)1e-5f));
    y = onnx_make2(x, OP_MUL, y, along(x, scale, 1, in->rank));
    y = onnx_make2(x, OP_ADD, y, along(x, shift, 1, in->rank));
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(in)), in);
}

static bool yield_stat(OnnxExpand *x, uint32_t i, const Node *s) {
    return !onnx_wants(x, i) || (s && onnx_yield(x, i, s, s->type->n, s->type->dims));
}

/* Over the dimensions from `axis` on; outputs: y, mean, 1 / deviation */
bool onnx_expand_layer_norm(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0), *scale = onnx_in(x, 1), *shift = onnx_in(x, 2);
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t axis;
    if (!in || !scale || !onnx_axis(x, onnx_int(x, "axis", -1), in->rank, &axis))
        return onnx_refuse(x, "it takes a tensor and a scale");
    for (uint32_t d = axis; d < in->rank; d++) dims[d - axis] = d;
    const Node *a = onnx_cast(x, onnx_whole(x, in), onnx_elem(in) == TY_F64 ? TY_F64 : TY_F32);
    Stats s = stats(x, a, in->rank - axis, dims);
    double eps = onnx_float(x, "epsilon", (double)1e-5f);
    const Node *y = onnx_make2(x, OP_MUL, standardised(x, a, s, eps), scale->node);
    if (shift) y = onnx_make2(x, OP_ADD, y, shift->node);
    const Node *root =
        s.var ? onnx_make1(x, OP_SQRT, onnx_make2(x, OP_ADD, s.var, onnx_number(x, s.var, eps))) : NULL;
    const Node *inverse = root ? onnx_make2(x, OP_DIV, onnx_number(x, root, 1), root) : NULL;
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(in)), in) && yield_stat(x, 1, s.mean) &&
           yield_stat(x, 2, inverse);
}

/* (x - mean) / (sqrt(var) + 1e-9) over the axes */
bool onnx_expand_mvn(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0);
    IntList axes = {3, (const int64_t[]){0, 2, 3}};
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t n = 0, axis;
    bool over[TENSOR_MAX_RANK] = {0};
    if (!in) return onnx_refuse(x, "its input is not given");
    onnx_ints(x, "axes", &axes);
    for (uint32_t i = 0; i < axes.n; i++) {
        if (!onnx_axis(x, axes.at[i], in->rank, &axis)) return false;
        over[axis] = true;
    }
    for (uint32_t d = 0; d < in->rank; d++)
        if (over[d]) dims[n++] = d;
    const Node *a = onnx_whole(x, in);
    Stats s = stats(x, a, n, dims);
    const Node *root = onnx_make1(x, OP_SQRT, s.var);
    const Node *y = onnx_make2(x, OP_DIV, onnx_make2(x, OP_SUB, a, s.mean),
                               root ? onnx_make2(x, OP_ADD, root, onnx_number(x, root, 1e-9)) : NULL);
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(in)), in);
}

/* x (N, C, ..): x / (bias + alpha mean)^beta, the mean of squares over `size` channels, where zeros stand
 * beside them: a pool over the channels of (N, C, rest) as the last but one dimension */
bool onnx_expand_lrn(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0);
    int64_t size = onnx_int(x, "size", 0), rest = 1;
    if (!in || in->rank < 3 || size < 1 || size > INT32_MAX)
        return onnx_refuse(x, "it takes (N, C, ..) and a size");
    for (uint32_t d = 2; d < in->rank; d++) rest *= in->dims[d];
    const Node *a = onnx_whole(x, in), *square = onnx_make2(x, OP_MUL, a, a);
    square = onnx_reshape(x, square, 3, (int64_t[]){in->dims[0], in->dims[1], rest});
    int64_t kernel[] = {size, 1}, one[] = {1, 1}, before[] = {(size - 1) / 2, 0},
            after[] = {size - 1 - before[0], 0};
    AttrPool pool = {{2, kernel}, {2, one}, {2, before}, {2, after}, {2, one}, true};
    const Node *mean = onnx_make(x, OP_AVG_POOL, &pool, 1, &square);
    if (!mean) return false;
    const Node *base =
        onnx_make2(x, OP_MUL, mean, onnx_number(x, mean, onnx_float(x, "alpha", (double)0.0001f)));
    base = onnx_make2(x, OP_ADD, base, onnx_number(x, mean, onnx_float(x, "bias", 1)));
    base = onnx_make2(x, OP_POW, base, onnx_number(x, mean, onnx_float(x, "beta", 0.75)));
    return onnx_yield_like(x, 0, onnx_make2(x, OP_DIV, a, onnx_reshape(x, base, in->rank, in->dims)), in);
}

/* Over the dimensions from `axis` on: x / sqrt(mean x^2 + eps) scale */
bool onnx_expand_rms_norm(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0), *scale = onnx_in(x, 1);
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t axis;
    if (!in || !scale || !onnx_axis(x, onnx_int(x, "axis", -1), in->rank, &axis))
        return onnx_refuse(x, "it takes a tensor and a scale");
    for (uint32_t d = axis; d < in->rank; d++) dims[d - axis] = d;
    const Node *a = onnx_cast(x, onnx_whole(x, in), onnx_elem(in) == TY_F64 ? TY_F64 : TY_F32),
               *square = onnx_make2(x, OP_MUL, a, a);
    const Node *mean = onnx_make(x, OP_MEAN, &(AttrDims){{in->rank - axis, dims}, true}, 1, &square);
    if (!mean) return false;
    mean = onnx_make2(x, OP_ADD, mean, onnx_number(x, mean, onnx_float(x, "epsilon", (double)1e-5f)));
    const Node *y = onnx_cast(x, onnx_make2(x, OP_DIV, a, onnx_make1(x, OP_SQRT, mean)), onnx_elem(in));
    return onnx_yield_like(x, 0, onnx_cast(x, onnx_make2(x, OP_MUL, y, scale->node), onnx_elem(in)), in);
}

/* x (N, C, ..): each of num_groups groups of channels has its own statistics; scale, shift (C), before opset
 * 21 (groups) */
bool onnx_expand_group_norm(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0), *scale = onnx_in(x, 1), *shift = onnx_in(x, 2);
    int64_t groups = onnx_int(x, "num_groups", 0);
    if (!in || !scale || !shift || in->rank < 2 || groups < 1 || in->dims[1] % groups || onnx_count(in) == 0)
        return onnx_refuse(x, "it takes (N, C, ..), scale and shift, and groups that divide C");
    int64_t per = in->dims[1] / groups, rest = onnx_count(in) / in->dims[0] / in->dims[1],
            dims[] = {in->dims[0], groups, per, rest};
    bool each = onnx_count(scale) == in->dims[1];
    const Node *a = onnx_reshape(x, in->node, 4, dims);
    const Node *y =
        standardised(x, a, stats(x, a, 2, (const int64_t[]){2, 3}), onnx_float(x, "epsilon", (double)1e-5f));
    int64_t channel[] = {1, groups, each ? per : 1, 1};
    if (onnx_count(scale) != (each ? in->dims[1] : groups) || onnx_count(shift) != onnx_count(scale))
        return onnx_refuse(x, "its scale and shift are not one number a channel");
    y = onnx_make2(x, OP_MUL, y, onnx_reshape(x, scale->node, 4, channel));
    y = onnx_make2(x, OP_ADD, y, onnx_reshape(x, shift->node, 4, channel));
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(in)), in);
}

/* Along one axis: x over the sum of magnitudes, or the root of that of squares; 0 where that is 0 */
bool onnx_expand_lp_norm(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0);
    uint32_t axis;
    if (!in || !onnx_axis(x, onnx_int(x, "axis", -1), in->rank, &axis))
        return onnx_refuse(x, "its input is not given");
    bool one = onnx_int(x, "p", 2) == 1;
    const Node *a = onnx_whole(x, in), *of = one ? onnx_make1(x, OP_ABS, a) : onnx_make2(x, OP_MUL, a, a);
    const Node *n = onnx_make(x, OP_SUM, &(AttrDims){{1, &(int64_t){axis}}, true}, 1, &of);
    if (!one) n = onnx_make1(x, OP_SQRT, n);
    if (!n) return false;
    const Node *safe = onnx_make(
        x, OP_WHERE, NULL, 3,
        (const Node *const[]){onnx_make2(x, OP_EQ, n, onnx_number(x, n, 0)), onnx_number(x, n, 1), n});
    return onnx_yield_like(x, 0, onnx_make2(x, OP_DIV, a, safe), in);
}
