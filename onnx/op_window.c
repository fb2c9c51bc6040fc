/* Convolutions and pools: windows over the spatial dimensions of x (N, C, spatial..). */
#include "onnx/gather.h"
#include "onnx/window.h"

#include <string.h>

static bool per_dimension(OnnxExpand *x, const char *name, uint32_t n, int64_t otherwise, int64_t *out) {
    IntList given;
    for (uint32_t i = 0; i < n; i++) out[i] = otherwise;
    if (!onnx_ints(x, name, &given)) return x->why == NULL;
    if (given.n != n) return onnx_refuse(x, "%s has %u numbers for %u spatial dimensions", name, given.n, n);
    for (uint32_t i = 0; i < n; i++) {
        out[i] = given.at[i];
        if (out[i] < 1 || out[i] > INT32_MAX) return onnx_refuse(x, "%s is %lld", name, (long long)out[i]);
    }
    return true;
}

static bool explicit_pads(OnnxExpand *x, OnnxWindow *w) {
    IntList pads;
    if (!onnx_ints(x, "pads", &pads)) return x->why == NULL;
    if (pads.n != 2 * w->n)
        return onnx_refuse(x, "pads has %u numbers for %u spatial dimensions", pads.n, w->n);
    for (uint32_t i = 0; i < w->n; i++) {
        w->before[i] = pads.at[i];
        w->after[i] = pads.at[w->n + i];
        if (w->before[i] > INT32_MAX || w->after[i] > INT32_MAX)
            return onnx_refuse(x, "its pads are too large");
        if (w->before[i] < 0 || w->after[i] < 0)
            return onnx_missing(x, "negative pads are not supported yet");
    }
    return true;
}

/* SAME: as many positions as strides cover, the odd pad at the end (UPPER) or the beginning. */
static void same_pads(OnnxWindow *w, const int64_t *size, bool upper) {
    for (uint32_t i = 0; i < w->n; i++) {
        int64_t reach = w->dilation[i] * (w->kernel[i] - 1) + 1;
        int64_t positions = (size[i] + w->stride[i] - 1) / w->stride[i];
        int64_t pad = (positions - 1) * w->stride[i] + reach - size[i];
        if (pad < 0) pad = 0;
        w->before[i] = upper ? pad / 2 : pad - pad / 2;
        w->after[i] = pad - w->before[i];
    }
}

/* ceil_mode: one more position where a window begins before the end of the input and its first pad. */
static void ceil_pads(OnnxWindow *w, const int64_t *size) {
    for (uint32_t i = 0; i < w->n; i++) {
        int64_t reach = w->dilation[i] * (w->kernel[i] - 1) + 1,
                room = size[i] + w->before[i] + w->after[i] - reach;
        if (room < 0 || room % w->stride[i] == 0) continue;
        int64_t next = (room / w->stride[i] + 1) * w->stride[i];
        if (next < size[i] + w->before[i]) w->after[i] += w->added[i] = next - room;
    }
}

bool onnx_window(OnnxExpand *x, uint32_t n, const int64_t *size, const int64_t *kernel, OnnxWindow *w) {
    const char *pad = onnx_string(x, "auto_pad", "NOTSET");
    *w = (OnnxWindow){.n = n};
    if (!per_dimension(x, "strides", n, 1, w->stride) || !per_dimension(x, "dilations", n, 1, w->dilation))
        return false;
    if (kernel) memcpy(w->kernel, kernel, n * sizeof *kernel);
    else if (!per_dimension(x, "kernel_shape", n, 0, w->kernel)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (w->kernel[i] < 1) return onnx_refuse(x, "it has no kernel_shape");
    bool upper = strcmp(pad, "SAME_UPPER") == 0, lower = strcmp(pad, "SAME_LOWER") == 0;
    if (upper || lower) same_pads(w, size, upper);
    else if (strcmp(pad, "VALID") != 0 && !explicit_pads(x, w)) return false;
    if (onnx_int(x, "ceil_mode", 0)) ceil_pads(w, size);
    return true;
}

/* ---- convolution ---- */

static const Node *channels(OnnxExpand *x, const Node *bias, uint32_t spatial) {
    int64_t dims[TENSOR_MAX_RANK] = {bias->type->dims[0]};
    for (uint32_t d = 1; d <= spatial; d++) dims[d] = 1;
    return onnx_reshape(x, bias, spatial + 1, dims);
}

const Node *onnx_each_image(OnnxExpand *x, const OnnxValue *v, OnnxOneImage one, const void *with) {
    if (v->dims[0] == 1) return one(x, v->node, with);
    const Node *whole = onnx_whole(x, v), **images = ARENA_ARRAY(x->arena, const Node *, v->dims[0]);
    for (int64_t i = 0; i < v->dims[0]; i++)
        images[i] = one(x, onnx_cut(x, whole, 0, i, i + 1, 1, true), with);
    return onnx_make(x, OP_STACK, &(AttrAxis){0}, (uint32_t)v->dims[0], images);
}

typedef struct ConvOf {
    AttrConv attr;
    const Node *weights, *bias;
} ConvOf;

/* image (C, spatial..)  weights (O, C / groups, kernel..)  out (O, positions..) */
static const Node *convolved(OnnxExpand *x, const Node *image, const void *with) {
    const ConvOf *c = with;
    const Node *y = onnx_make(x, OP_CONV, &c->attr, 2, (const Node *const[]){image, c->weights});
    return c->bias ? onnx_make2(x, OP_ADD, y, channels(x, c->bias, image ? image->type->n - 1 : 0)) : y;
}

/* The result's shape (N, channels, positions..) from one image's. */
bool onnx_yield_images(OnnxExpand *x, const Node *y, int64_t n, uint32_t spatial) {
    if (!y) return false;
    uint32_t from = y->type->n - spatial - 1;
    int64_t dims[TENSOR_MAX_RANK] = {n};
    for (uint32_t d = 0; d <= spatial; d++) dims[d + 1] = y->type->dims[from + d];
    return onnx_yield(x, 0, y, spatial + 2, dims);
}

bool onnx_expand_conv(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0), *w = onnx_in(x, 1), *bias = onnx_in(x, 2);
    OnnxWindow win;
    if (!in || !w || in->rank < 3 || w->rank != in->rank)
        return onnx_refuse(x, "its weights do not fit its input");
    int64_t groups = onnx_int(x, "group", 1);
    if (groups < 1 || groups > INT32_MAX)
        return onnx_refuse(x, "%lld groups do not fit its weights", (long long)groups);
    uint32_t n = in->rank - 2;
    if (in->dims[0] < 1) return onnx_missing(x, "tensors without elements are not supported here");
    if (!onnx_window(x, n, in->dims + 2, w->dims + 2, &win)) return false;
    ConvOf c = {{{n, win.stride}, {n, win.before}, {n, win.after}, {n, win.dilation}, groups, false},
                onnx_whole(x, w),
                bias ? onnx_whole(x, bias) : NULL};
    const Node *y = onnx_each_image(x, in, convolved, &c);
    if (y) y = onnx_cast(x, y, onnx_elem(in));
    return onnx_yield_images(x, y, in->dims[0], n);
}

/* ---- pools ---- */

/* All images' channels side by side: (N C, spatial..) */
const Node *onnx_planes(OnnxExpand *x, const OnnxValue *in) {
    int64_t dims[TENSOR_MAX_RANK];
    if (in->dims[0] == 1) return in->node;
    dims[0] = in->dims[0] * in->dims[1];
    for (uint32_t d = 2; d < in->rank; d++) dims[d - 1] = in->dims[d];
    return onnx_reshape(x, in->node, in->rank - 1, dims);
}

bool onnx_yield_planes(OnnxExpand *x, const Node *y, const OnnxValue *in) {
    if (!y) return false;
    int64_t dims[TENSOR_MAX_RANK] = {in->dims[0], in->dims[1]};
    for (uint32_t d = 2; d < in->rank; d++) dims[d] = y->type->dims[d - 1];
    return onnx_yield(x, 0, onnx_cast(x, y, onnx_elem(in)), in->rank, dims);
}

/* Place (in the plane, or, by columns, in its transposition) of tap `tap` of the window at `position`, -1:
 * outside. */
static int64_t tap_place(const OnnxWindow *w, const int64_t *size, const int64_t *out, int64_t position,
                         int64_t tap, bool columns) {
    int64_t coord[TENSOR_MAX_RANK], at = 0;
    for (uint32_t d = w->n; d-- > 0; position /= out[d], tap /= w->kernel[d]) {
        coord[d] = position % out[d] * w->stride[d] - w->before[d] + tap % w->kernel[d] * w->dilation[d];
        if (coord[d] < 0 || coord[d] >= size[d]) return -1;
    }
    for (uint32_t i = 0; i < w->n; i++) {
        uint32_t d = columns ? w->n - 1 - i : i;
        at = at * size[d] + coord[d];
    }
    return at;
}

/* Of each position and tap; a tap outside is the first one inside: a repeated element changes neither the
 * largest nor which is the first. */
static int64_t *places(OnnxExpand *x, const OnnxWindow *w, const int64_t *size, const int64_t *out,
                       int64_t positions, int64_t taps, bool columns) {
    int64_t *table = ARENA_ARRAY(x->arena, int64_t, positions * taps);
    for (int64_t p = 0; p < positions; p++) {
        int64_t first = 0;
        for (int64_t t = taps; t-- > 0;) {
            int64_t at = table[p * taps + t] = tap_place(w, size, out, p, t, columns);
            if (at >= 0) first = at;
        }
        for (int64_t t = 0; t < taps; t++)
            if (table[p * taps + t] < 0) table[p * taps + t] = first;
    }
    return table;
}

/* Second output: where the largest elements are, counted through the whole input.  planes (P, S) are gathered
 * as (P, positions, taps), whose largest tap says which place. */
static bool yield_places(OnnxExpand *x, const OnnxValue *in, const Node *y, const OnnxWindow *w) {
    int64_t plane = 1, positions = 1, taps = 1, planes = in->dims[0] * in->dims[1],
            dims[TENSOR_MAX_RANK] = {in->dims[0], in->dims[1]};
    const int64_t *size = in->dims + 2, *out = y->type->dims + (y->type->n - w->n);
    bool columns = onnx_int(x, "storage_order", 0) != 0;
    for (uint32_t d = 0; d < w->n; d++)
        plane *= size[d], positions *= dims[2 + d] = out[d], taps *= w->kernel[d];
    int64_t *start = ARENA_ARRAY(x->arena, int64_t, positions),
            *base = ARENA_ARRAY(x->arena, int64_t, planes);
    for (int64_t i = 0; i < planes; i++) base[i] = i * plane;
    for (int64_t p = 0; p < positions; p++) start[p] = p * taps;
    const Node *flat = onnx_reshape(x, in->node, 2, (int64_t[]){planes, plane});
    const Node *all =
        onnx_gather_at(x, flat, 1, positions * taps, places(x, w, size, out, positions, taps, false));
    all = onnx_reshape(x, all, 3, (int64_t[]){planes, positions, taps});
    const Node *best = onnx_make(x, OP_ARGMAX, &(AttrDims){{1, (const int64_t[]){2}}, false}, 1, &all);
    best = onnx_make2(x, OP_ADD, best, onnx_int_tensor(x, 2, (int64_t[]){1, positions}, start));
    const Node *named = onnx_int_tensor(x, 1, (int64_t[]){positions * taps},
                                        places(x, w, size, out, positions, taps, columns));
    const Node *place = onnx_make2(x, OP_ADD, onnx_gather(x, named, 0, best),
                                   onnx_int_tensor(x, 2, (int64_t[]){planes, 1}, base));
    return onnx_yield(x, 1, place, in->rank, dims);
}

/* Pads are counted, but what ceil_mode adds behind them is not: the quotient of all taps and those that count, of each position. */
static const Node *without_added(OnnxExpand *x, const OnnxWindow *w, const int64_t *size, const Node *y) {
    for (uint32_t d = 0; d < w->n && y; d++) {
        int64_t dims[TENSOR_MAX_RANK], out = y->type->dims[1 + d];
        if (!w->added[d]) continue;
        Value v = {.type = type_tensor(x->types, type_get(x->types, TY_F32), 1, &out)};
        float *at = v.t.data = arena_alloc(ir_arena(x->ir), (size_t)out * sizeof *at);
        for (int64_t p = 0; p < out; p++) {
            int64_t room = size[d] + w->before[d] + w->after[d] - w->added[d] - p * w->stride[d];
            int64_t taps = (room + w->dilation[d] - 1) / w->dilation[d];
            at[p] = (float)w->kernel[d] / (float)(taps < w->kernel[d] ? taps : w->kernel[d]);
        }
        for (uint32_t i = 0; i < y->type->n; i++) dims[i] = i == 1 + d ? out : 1;
        y = onnx_make2(x, OP_MUL, y, onnx_cast(x, onnx_reshape(x, ir_const(x->ir, v), y->type->n, dims), y->type->elem->kind));
    }
    return y;
}

bool onnx_expand_pool(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0);
    OnnxWindow w;
    if (!in || in->rank < 3) return onnx_refuse(x, "it takes (N, C, spatial..)");
    uint32_t n = in->rank - 2;
    if (!onnx_window(x, n, in->dims + 2, NULL, &w)) return false;
    bool count = onnx_int(x, "count_include_pad", 0) != 0;
    AttrPool a = {{n, w.kernel}, {n, w.stride}, {n, w.before}, {n, w.after}, {n, w.dilation}, count};
    const Node *planes = onnx_planes(x, in);
    const Node *y = onnx_make(x, x->op, &a, 1, &planes);
    if (count) y = without_added(x, &w, in->dims + 2, y);
    return onnx_yield_planes(x, y, in) && (!onnx_wants(x, 1) || yield_places(x, in, y, &w));
}

/* ---- the p-norm of a window, or of a plane ---- */

static const Node *powers(OnnxExpand *x, const Node *a, int64_t p) {
    if (p == 2) return onnx_make2(x, OP_MUL, a, a);
    const Node *size = onnx_make1(x, OP_ABS, a);
    return p == 1 ? size : onnx_make2(x, OP_POW, size, onnx_number(x, size, (double)p));
}

static const Node *root(OnnxExpand *x, const Node *sum, int64_t p) {
    if (p == 2) return onnx_make1(x, OP_SQRT, sum);
    return p == 1 ? sum : onnx_make2(x, OP_POW, sum, onnx_number(x, sum, 1 / (double)p));
}

static bool order(OnnxExpand *x, int64_t *p) {
    *p = onnx_int(x, "p", 2);
    return *p >= 1 || onnx_refuse(x, "p is %lld", (long long)*p);
}

bool onnx_expand_lp_pool(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0);
    OnnxWindow w;
    int64_t p, taps = 1;
    if (!in || in->rank < 3) return onnx_refuse(x, "it takes (N, C, spatial..)");
    uint32_t n = in->rank - 2;
    if (!order(x, &p) || !onnx_window(x, n, in->dims + 2, NULL, &w)) return false;
    for (uint32_t d = 0; d < n; d++) taps *= w.kernel[d];
    AttrPool a = {{n, w.kernel}, {n, w.stride}, {n, w.before}, {n, w.after}, {n, w.dilation}, true};
    const Node *planes = powers(x, onnx_planes(x, in), p);
    const Node *mean = onnx_make(x, OP_AVG_POOL, &a, 1, &planes);
    const Node *sum = onnx_make2(x, OP_MUL, mean, onnx_number(x, mean, (double)taps));
    return onnx_yield_planes(x, root(x, sum, p), in);
}

bool onnx_expand_global_lp_pool(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0);
    int64_t dims[TENSOR_MAX_RANK], p;
    if (!in || in->rank < 3) return onnx_refuse(x, "it takes (N, C, spatial..)");
    uint32_t n = in->rank - 2;
    for (uint32_t d = 0; d < n; d++) dims[d] = d + 1;
    if (!order(x, &p)) return false;
    const Node *planes = powers(x, onnx_planes(x, in), p);
    return onnx_yield_planes(x, root(x, onnx_make(x, OP_SUM, &(AttrDims){{n, dims}, true}, 1, &planes), p), in);
}

/* x (N, C, spatial..)  out (N, C, 1..) */
bool onnx_expand_global_pool(OnnxExpand *x) {
    const OnnxValue *in = onnx_in(x, 0);
    int64_t dims[TENSOR_MAX_RANK];
    if (!in || in->rank < 3) return onnx_refuse(x, "it takes (N, C, spatial..)");
    uint32_t n = in->rank - 2;
    for (uint32_t d = 0; d < n; d++) dims[d] = d + 1;
    const Node *planes = onnx_planes(x, in);
    return onnx_yield_planes(x, onnx_make(x, x->op, &(AttrDims){{n, dims}, true}, 1, &planes), in);
}
