/* ConvTranspose: conv_transpose(x, w) == conv(x spread by stride, w transposed and reversed), stride 1,
 * padded by dilation (kernel - 1) - padding, behind by output_padding more; where that is negative, elements
 * go. */
#include "onnx/gather.h"
#include "onnx/window.h"

#include <string.h>

typedef struct Spread {
    OnnxWindow w;
    int64_t front[TENSOR_MAX_RANK], back[TENSOR_MAX_RANK]; /* of the convolution */
    int64_t groups;
    const Node *weights, *bias;
} Spread;

/* stride - 1 zeros between the elements of dimension d */
static const Node *spread(OnnxExpand *x, const Node *a, uint32_t d, int64_t stride) {
    int64_t dims[TENSOR_MAX_RANK], n = a ? a->type->dims[d] : 0;
    if (!a || stride == 1 || n == 1) return a;
    for (uint32_t i = 0; i <= a->type->n; i++)
        dims[i] = i <= d ? a->type->dims[i] : i == d + 1 ? 1 : a->type->dims[i - 1];
    if (a->type->n == TENSOR_MAX_RANK) return onnx_missing(x, "so many dimensions are not supported"), NULL;
    const Node *apart = onnx_reshape(x, a, a->type->n + 1, dims);
    dims[d + 1] = stride - 1;
    const Node *zeros = onnx_filled(x, type_tensor(x->types, a->type->elem, a->type->n + 1, dims), 0);
    const Node *joined = onnx_concat(x, d + 1, 2, (const Node *const[]){apart, zeros});
    memcpy(dims, a->type->dims, a->type->n * sizeof *dims);
    dims[d] = n * stride;
    return onnx_cut(x, onnx_reshape(x, joined, a->type->n, dims), d, 0, (n - 1) * stride + 1, 1, false);
}

/* w (C, O / groups, kernel..) as (O, C / groups, kernel..), the kernel's elements in reverse */
static const Node *transposed_weights(OnnxExpand *x, const OnnxValue *w, int64_t groups) {
    int64_t dims[TENSOR_MAX_RANK + 1] = {groups, w->dims[0] / groups, w->dims[1]},
                                   order[TENSOR_MAX_RANK] = {0, 2, 1};
    uint32_t n = w->rank - 2;
    for (uint32_t d = 0; d < n; d++) dims[3 + d] = w->dims[2 + d], order[3 + d] = 3 + d;
    const Node *y = onnx_reshape(x, w->node, 3 + n, dims);
    y = onnx_make(x, OP_TRANSPOSE, &(AttrShape){{3 + n, order}}, 1, &y);
    dims[1] = dims[0] * w->dims[1];
    dims[2] = w->dims[0] / groups;
    y = onnx_reshape(x, y, 2 + n, dims + 1);
    for (uint32_t d = 0; d < n; d++) {
        int64_t k = w->dims[2 + d], *at = ARENA_ARRAY(x->arena, int64_t, k);
        for (int64_t i = 0; i < k; i++) at[i] = k - 1 - i;
        if (k > 1) y = onnx_gather_at(x, y, 2 + d, k, at);
    }
    return y;
}

static const Node *one(OnnxExpand *x, const Node *image, const void *with) {
    const Spread *s = with;
    int64_t before[TENSOR_MAX_RANK], after[TENSOR_MAX_RANK], ones[TENSOR_MAX_RANK], bias[TENSOR_MAX_RANK];
    const Node *a = image;
    for (uint32_t i = 0; i < s->w.n; i++) {
        if (!(a = spread(x, a, i + 1, s->w.stride[i]))) return NULL;
        int64_t size = a->type->dims[i + 1], front = s->front[i], back = s->back[i];
        a = onnx_cut(x, a, i + 1, front < 0 ? -front : 0, back < 0 ? size + back : size, 1, false);
        before[i] = front < 0 ? 0 : front;
        after[i] = back < 0 ? 0 : back;
        ones[i] = bias[i + 1] = 1;
    }
    uint32_t n = s->w.n;
    AttrConv attr = {{n, ones}, {n, before}, {n, after}, {n, s->w.dilation}, s->groups, false};
    const Node *y = onnx_make(x, OP_CONV, &attr, 2, (const Node *const[]){a, s->weights});
    if (!s->bias || !y) return y;
    bias[0] = y->type->dims[0];
    return onnx_make2(x, OP_ADD, y, onnx_reshape(x, s->bias, n + 1, bias));
}

/* The convolution's pads from ONNX's: given, or such that the output has a given size. */
static bool pads(OnnxExpand *x, const OnnxValue *in, Spread *s) {
    IntList shape = {0}, extra = {0};
    const char *pad = onnx_string(x, "auto_pad", "NOTSET");
    bool upper = strcmp(pad, "SAME_UPPER") == 0, same = upper || strcmp(pad, "SAME_LOWER") == 0;
    uint32_t n = s->w.n;
    onnx_ints(x, "output_shape", &shape);
    onnx_ints(x, "output_padding", &extra);
    if (x->why || (shape.n && shape.n < n) || (extra.n && extra.n != n))
        return onnx_refuse(x, "its output_shape or output_padding is wrong");
    for (uint32_t i = 0; i < n; i++) {
        int64_t reach = s->w.dilation[i] * (s->w.kernel[i] - 1), out_pad = extra.n ? extra.at[i] : 0,
                size = in->dims[2 + i];
        int64_t before = s->w.before[i], after = s->w.after[i];
        if (shape.n || same) {
            int64_t want = shape.n ? shape.at[shape.n - n + i] : size * s->w.stride[i];
            int64_t total = s->w.stride[i] * (size - 1) + out_pad + reach + 1 - want;
            if (want < 1 || want > INT32_MAX) return onnx_refuse(x, "its output_shape is wrong");
            before = total < 0 ? 0 : upper ? total / 2 : total - total / 2; /* what lacks is added behind */
            after = total - before;
        }
        s->front[i] = reach - before;
        s->back[i] = reach - after + out_pad;
        int64_t spread_size = (size - 1) * s->w.stride[i] + 1;
        if (s->front[i] <= -spread_size || s->back[i] <= -spread_size ||
            s->front[i] + s->back[i] + spread_size <= reach)
            return onnx_refuse(x, "its pads leave nothing");
    }
    return true;
}

bool onnx_expand_conv_transpose(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0), *w = onnx_in(x, 1), *bias = onnx_in(x, 2);
    Spread s = {.groups = onnx_int(x, "group", 1)};
    if (!in || !w || in->rank < 3 || w->rank != in->rank || in->rank > TENSOR_MAX_RANK - 1 ||
        in->dims[0] < 1 || in->dims[1] != w->dims[0])
        return onnx_refuse(x, "its weights do not fit its input");
    if (s.groups < 1 || w->dims[0] % s.groups)
        return onnx_refuse(x, "%lld groups do not fit its weights", (long long)s.groups);
    if (!onnx_window(x, in->rank - 2, in->dims + 2, w->dims + 2, &s.w) || !pads(x, in, &s)) return false;
    s.weights = transposed_weights(x, w, s.groups);
    s.bias = bias ? onnx_whole(x, bias) : NULL;
    const Node *y = onnx_each_image(x, in, one, &s);
    return onnx_yield_images(x, y ? onnx_cast(x, y, onnx_elem(in)) : NULL, in->dims[0], in->rank - 2);
}
