/* Resizing: along each dimension the result is linear in the input, by a matrix (out, in) that is constant: a
 * contraction; where each row has one 1 (nearest), a gather. */
#include "onnx/gather.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Resize {
    const char *mode, *place, *nearest;
    double cubic, extrapolation;
    bool exclude_outside, antialias;
} Resize;

typedef struct Line { /* one dimension */
    int64_t in, out;
    double scale, from, to; /* from, to: of the region of interest */
} Line;

/* Where element i of the result lies in the input. */
static double place(const Resize *r, const Line *l, int64_t i) {
    double at = (double)i, length = (double)l->in * l->scale;
    if (strcmp(r->place, "align_corners") == 0)
        return l->out == 1 ? 0 : at * (double)(l->in - 1) / (double)(l->out - 1);
    if (strcmp(r->place, "asymmetric") == 0) return at / l->scale;
    if (strcmp(r->place, "pytorch_half_pixel") == 0 && l->out <= 1) return 0;
    if (strcmp(r->place, "tf_half_pixel_for_nn") == 0) return (at + 0.5) / l->scale;
    if (strcmp(r->place, "tf_crop_and_resize") == 0)
        return l->out > 1 ? l->from * (double)(l->in - 1) +
                                at * (l->to - l->from) * (double)(l->in - 1) / (double)(l->out - 1)
                          : 0.5 * (l->from + l->to) * (double)(l->in - 1);
    if (strcmp(r->place, "half_pixel_symmetric") == 0) {
        double adjust = (double)l->out / length, center = (double)l->in / 2;
        return (double)(float)(center * (1 - adjust) + (at + 0.5) / l->scale - 0.5); /* a whole number stays one */
    }
    return (at + 0.5) / l->scale - 0.5;
}

static bool outside(const Resize *r, const Line *l, double at) {
    return strcmp(r->place, "tf_crop_and_resize") == 0 && (at < 0 || at > (double)(l->in - 1));
}

static int64_t nearest(const Resize *r, const Line *l, double at) {
    double i = strcmp(r->nearest, "floor") == 0               ? floor(at)
               : strcmp(r->nearest, "ceil") == 0              ? ceil(at)
               : strcmp(r->nearest, "round_prefer_ceil") == 0 ? floor(at + 0.5)
                                                              : ceil(at - 0.5);
    return i < 0 ? 0 : i > (double)(l->in - 1) ? l->in - 1 : (int64_t)i;
}

/* The weight of an element at distance d: a triangle, or Keys' cubic. */
static double kernel(const Resize *r, double d) {
    double a = r->cubic;
    d = fabs(d);
    if (strcmp(r->mode, "linear") == 0) return d < 1 ? 1 - d : 0;
    if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
    return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}

/* Row i of the matrix; elements past the ends count for those at the ends, or not at all. */
static void row(const Resize *r, const Line *l, int64_t i, float *w) {
    double at = place(r, l, i), stretch = r->antialias && l->scale < 1 ? 1 / l->scale : 1;
    double *of = calloc((size_t)l->in, sizeof *of), sum = 0;
    int64_t reach = (int64_t)ceil((strcmp(r->mode, "linear") == 0 ? 1 : 2) * stretch);
    for (int64_t k = (int64_t)floor(at) - reach; k <= (int64_t)floor(at) + reach + 1; k++) {
        double v = kernel(r, ((double)k - at) / stretch);
        int64_t to = k < 0 ? 0 : k >= l->in ? l->in - 1 : k;
        if (r->exclude_outside && to != k) continue;
        of[to] += v;
        sum += v;
    }
    for (int64_t k = 0; k < l->in && !outside(r, l, at); k++) w[k] = (float)(of[k] / sum);
    free(of);
}

static const Node *by_matrix(OnnxExpand *x, const Resize *r, const Line *l, const Node *a, uint32_t d) {
    int64_t labels[TENSOR_MAX_RANK], out[TENSOR_MAX_RANK], dims[] = {l->out, l->in};
    float *w = arena_alloc(ir_arena(x->ir), (size_t)(l->out * l->in) * sizeof *w);
    for (int64_t i = 0; i < l->out; i++) row(r, l, i, w + i * l->in);
    Value v = {.type = type_tensor(x->types, type_get(x->types, TY_F32), 2, dims), .t.data = w};
    enum { OUT = TENSOR_MAX_RANK };
    for (uint32_t i = 0; i < a->type->n; i++) labels[i] = out[i] = i;
    out[d] = OUT;
    AttrContract k = {{a->type->n, labels}, {2, (const int64_t[]){OUT, d}}, {a->type->n, out}};
    return onnx_make(x, OP_CONTRACT, &k, 2, (const Node *const[]){a, ir_const(x->ir, v)});
}

static const Node *by_subscripts(OnnxExpand *x, const Resize *r, const Line *l, const Node *a, uint32_t d) {
    int64_t *at = ARENA_ARRAY(x->arena, int64_t, l->out);
    for (int64_t i = 0; i < l->out; i++) at[i] = nearest(r, l, place(r, l, i));
    return onnx_gather_at(x, a, d, l->out, at);
}

/* Places outside of the region's image take the extrapolation value. */
static const Node *extrapolated(OnnxExpand *x, const Resize *r, const Line *l, const Node *a, uint32_t d) {
    int64_t dims[TENSOR_MAX_RANK], *inside = ARENA_ARRAY(x->arena, int64_t, l->out), n = 0;
    for (int64_t i = 0; i < l->out; i++) n += inside[i] = !outside(r, l, place(r, l, i));
    if (n == l->out || !a) return a;
    for (uint32_t i = 0; i < a->type->n; i++) dims[i] = i == d ? l->out : 1;
    const Node *mask = onnx_int_tensor(x, a->type->n, dims, inside);
    mask = onnx_make2(x, OP_NE, mask, onnx_number(x, mask, 0));
    return onnx_make(x, OP_WHERE, NULL, 3,
                     (const Node *const[]){mask, a, onnx_number(x, a, r->extrapolation)});
}

static bool resized(OnnxExpand *x, const Resize *r, const OnnxValue *a, const Line *lines) {
    int64_t dims[TENSOR_MAX_RANK];
    const Node *y = onnx_whole(x, a);
    bool is_nearest = strcmp(r->mode, "nearest") == 0;
    for (uint32_t d = 0; d < a->rank; d++) {
        enum { LONGEST = 1 << 20 };
        const Line *l = &lines[d];
        dims[d] = l->out;
        if (l->out < 1 || l->out > LONGEST || l->in < 1)
            return onnx_refuse(x, "it yields %lld elements in dimension %u", (long long)l->out, d);
        if (l->in == l->out && l->scale == 1 && l->from == 0 && l->to == 1) continue;
        if (!y) return false;
        y = is_nearest ? by_subscripts(x, r, l, y, d) : by_matrix(x, r, l, y, d);
    }
    for (uint32_t d = 0; d < a->rank; d++) y = extrapolated(x, r, &lines[d], y, d);
    return onnx_yield(x, 0, onnx_cast(x, y, onnx_elem(a)), a->rank, dims);
}

/* A list of numbers that is known, or NULL: not given or empty. */
static const double *numbers(OnnxExpand *x, uint32_t i, const char *what, uint32_t n) {
    const OnnxValue *v = onnx_in(x, i);
    Value value;
    if (!v || onnx_count(v) == 0) return NULL;
    if (!onnx_constant(x, v, what, &value)) return NULL;
    double *out = ARENA_ARRAY(x->arena, double, n);
    if (tensor_count(&value) != n)
        return onnx_refuse(x, "%s has %lld numbers, not %u", what, (long long)tensor_count(&value), n), NULL;
    for (uint32_t k = 0; k < n; k++) out[k] = tensor_get(&value, k);
    return out;
}

/* The dimensions that scales, sizes and regions are of. */
static bool axes_of(OnnxExpand *x, const OnnxValue *a, uint32_t *n, uint32_t *axes) {
    IntList given;
    *n = a->rank;
    for (uint32_t d = 0; d < a->rank; d++) axes[d] = d;
    if (!onnx_ints(x, "axes", &given)) return x->why == NULL;
    if (given.n > a->rank) return onnx_refuse(x, "it has more axes than dimensions");
    *n = given.n;
    for (uint32_t i = 0; i < given.n; i++)
        if (!onnx_axis(x, given.at[i], a->rank, &axes[i])) return false;
    return true;
}

/* Of all axes, where sizes bound the result and the picture keeps its shape; 0: each axis has its own. */
static double common_scale(OnnxExpand *x, const OnnxValue *a, uint32_t n, const uint32_t *axes, const double *sizes) {
    const char *policy = onnx_string(x, "keep_aspect_ratio_policy", "stretch");
    double scale = 0;
    if (strcmp(policy, "stretch") == 0) return 0;
    for (uint32_t i = 0; i < n; i++) {
        double s = sizes[i] / (double)a->dims[axes[i]];
        if (i == 0 || (strcmp(policy, "not_larger") == 0 ? s < scale : s > scale)) scale = s;
    }
    return scale;
}

static bool read_lines(OnnxExpand *x, const OnnxValue *a, bool region, Line *lines) {
    uint32_t n, axes[TENSOR_MAX_RANK], at = x->opset >= 11;
    if (!axes_of(x, a, &n, axes)) return false;
    const double *scales = numbers(x, 1 + at, "its scales", n),
                 *sizes = at ? numbers(x, 3, "its sizes", n) : NULL;
    const double *roi = region ? numbers(x, 1, "its region", 2 * n) : NULL;
    if (x->why) return false;
    if (!scales == !sizes) return onnx_refuse(x, "it takes scales or sizes");
    double one = sizes ? common_scale(x, a, n, axes, sizes) : 0;
    for (uint32_t d = 0; d < a->rank; d++) lines[d] = (Line){a->dims[d], a->dims[d], 1, 0, 1};
    for (uint32_t i = 0; i < n; i++) {
        Line *l = &lines[axes[i]];
        if (roi) l->from = roi[i], l->to = roi[n + i];
        double size = sizes ? sizes[i] : floor((double)l->in * (roi ? l->to - l->from : 1) * scales[i]);
        if (one > 0) size = floor(one * (double)l->in + 0.5);
        if (!(size >= 0 && size < 1e9)) return onnx_refuse(x, "its scales or sizes are wrong");
        l->out = (int64_t)size;
        l->scale = one > 0 ? one : sizes ? size / (double)l->in : scales[i];
    }
    return true;
}

bool onnx_expand_resize(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    bool old = x->opset < 11;
    Resize r = {.mode = onnx_string(x, "mode", "nearest"),
                .cubic = onnx_float(x, "cubic_coeff_a", -0.75),
                .place = onnx_string(x, "coordinate_transformation_mode", old ? "asymmetric" : "half_pixel"),
                .nearest = onnx_string(x, "nearest_mode", old ? "floor" : "round_prefer_floor"),
                .extrapolation = onnx_float(x, "extrapolation_value", 0),
                .exclude_outside = onnx_int(x, "exclude_outside", 0) != 0,
                .antialias = onnx_int(x, "antialias", 0) != 0};
    Line lines[TENSOR_MAX_RANK];
    if (!a) return onnx_refuse(x, "its input is not given");
    if (strcmp(r.mode, "nearest") != 0 && strcmp(r.mode, "linear") != 0 && strcmp(r.mode, "cubic") != 0)
        return onnx_missing(x, "mode %s is not supported yet", r.mode);
    return read_lines(x, a, strcmp(r.place, "tf_crop_and_resize") == 0, lines) && resized(x, &r, a, lines);
}

/* Resize of opsets 7 to 9. */
bool onnx_expand_upsample(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    const OnnxAttr *given = onnx_attr(x, "scales", ONNX_FLOATS);
    Resize r = {
        .mode = onnx_string(x, "mode", "nearest"), .place = "asymmetric", .nearest = "floor", .cubic = -0.75};
    Line lines[TENSOR_MAX_RANK];
    if (!a) return onnx_refuse(x, "its input is not given");
    if (strcmp(r.mode, "bilinear") == 0) r.mode = "linear";
    const double *scales = given ? NULL : numbers(x, 1, "its scales", a->rank);
    if (x->why || (given && given->n != a->rank) || (!given && !scales))
        return onnx_refuse(x, "it takes a scale for each dimension");
    for (uint32_t d = 0; d < a->rank; d++) {
        double scale = given ? (double)given->floats[d] : scales[d], size = floor((double)a->dims[d] * scale);
        if (!(size >= 1 && size < 1e9)) return onnx_refuse(x, "its scales are wrong");
        lines[d] = (Line){a->dims[d], (int64_t)size, scale, 0, 1};
    }
    return resized(x, &r, a, lines);
}
