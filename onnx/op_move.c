/* Parts of tensors, and tensors joined. */
#include "onnx/gather.h"

#include <string.h>

static const OnnxValue *operand(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    if (!a) onnx_refuse(x, "its input is not given");
    return a;
}

bool onnx_expand_concat(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    uint32_t axis, n = 0;
    if (!a || !onnx_axis(x, onnx_int(x, "axis", x->opset < 4 ? 1 : 0), a->rank, &axis)) return false;
    const Node **parts = ARENA_ARRAY(x->arena, const Node *, x->node->n_in);
    int64_t dims[TENSOR_MAX_RANK];
    memcpy(dims, a->dims, sizeof dims);
    dims[axis] = 0;
    bool less = onnx_place(a, axis) == (int64_t)axis - 1 && axis > 0;
    for (uint32_t i = 0; i < x->node->n_in; i++) {
        const OnnxValue *v = onnx_in(x, i);
        if (!v || v->rank != a->rank)
            return onnx_refuse(x, "its inputs have different numbers of dimensions");
        less = less && v->dims[0] == 1;
    }
    for (uint32_t i = 0; i < x->node->n_in; i++) {
        const OnnxValue *v = onnx_in(x, i);
        dims[axis] += v->dims[axis];
        if (v->dims[axis] > 0) parts[n++] = less ? v->node : onnx_whole(x, v);
    }
    if (n == 0) return onnx_yield(x, 0, a->node, a->rank, dims);
    return onnx_yield(x, 0, onnx_concat(x, axis - less, n, parts), a->rank, dims);
}

/* ---- slices ---- */

typedef struct Range1 {
    int64_t from, step, n;
} Range1;

/* ONNX's bounds: counted from the end when negative, then within the dimension. */
static Range1 range_of(int64_t size, int64_t start, int64_t end, int64_t step) {
    if (start < 0) start += size;
    if (end < 0) end += size;
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    start = start < low ? (step > 0 ? 0 : -1) : start > high ? high : start;
    if (step < 0 && start < 0) start = -1;
    end = end < low ? low : end > high ? high : end;
    int64_t n = 0; /* of positions; steps may be as large as they like */
    if (step > 0 && end > start) n = (end - start - 1) / step + 1;
    if (step < 0 && start > end) n = step < end - start ? 1 : (start - end - 1) / -step + 1;
    return (Range1){start, step, n};
}

/* Parts of size 1, last first: slices go forward only. */
static const Node *backwards(OnnxExpand *x, const Node *a, uint32_t d, const Range1 *r) {
    enum { PARTS_MAX = 1024 };
    if (r->n > PARTS_MAX)
        return onnx_missing(x, "%lld steps backwards are not supported yet", (long long)r->n), NULL;
    const Node **parts = ARENA_ARRAY(x->arena, const Node *, r->n);
    for (int64_t i = 0; i < r->n; i++)
        parts[i] = onnx_cut(x, a, d, r->from + i * r->step, r->from + i * r->step + 1, 1, false);
    return onnx_concat(x, d, (uint32_t)r->n, parts);
}

static bool bounds_of(OnnxExpand *x, IntList *starts, IntList *ends, IntList *axes, IntList *steps) {
    *axes = *steps = (IntList){0};
    if (!onnx_ints_of(x, "starts", 1, starts) || !onnx_ints_of(x, "ends", 2, ends))
        return onnx_refuse(x, "its starts and ends are not given");
    onnx_ints_of(x, "axes", 3, axes);
    onnx_ints_of(x, "steps", 4, steps);
    if (x->why) return false;
    if (starts->n != ends->n || (axes->n && axes->n != starts->n) || (steps->n && steps->n != starts->n))
        return onnx_refuse(x, "its starts, ends, axes and steps differ in number");
    return true;
}

bool onnx_expand_slice(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList starts, ends, axes, steps;
    int64_t dims[TENSOR_MAX_RANK];
    if (!a || !bounds_of(x, &starts, &ends, &axes, &steps)) return false;
    memcpy(dims, a->dims, sizeof dims);
    const Node *y = NULL;
    bool whole = false;
    for (uint32_t i = 0; i < starts.n; i++) {
        uint32_t axis;
        int64_t step = steps.n ? steps.at[i] : 1;
        if (!onnx_axis(x, axes.n ? axes.at[i] : i, a->rank, &axis)) return false;
        if (step == 0) return onnx_refuse(x, "a step is 0");
        whole |= onnx_place(a, axis) < 0;
    }
    y = whole ? onnx_whole(x, a) : a->node;
    for (uint32_t i = 0; i < starts.n; i++) {
        uint32_t axis;
        if (!onnx_axis(x, axes.n ? axes.at[i] : i, a->rank, &axis)) return false;
        int64_t step = steps.n ? steps.at[i] : 1;
        Range1 r = range_of(dims[axis], starts.at[i], ends.at[i], step);
        uint32_t d = (uint32_t)(whole ? axis : onnx_place(a, axis));
        if (r.n == 0) y = onnx_cut(x, y, d, 0, 0, 1, false);
        else if (step < 0) y = backwards(x, y, d, &r);
        else y = onnx_cut(x, y, d, r.from, r.from + (r.n - 1) * step + 1, step, false);
        dims[axis] = r.n;
    }
    return onnx_yield(x, 0, y, a->rank, dims);
}

/* Parts of given sizes, or equal ones. */
bool onnx_expand_split(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList sizes = {0};
    uint32_t axis, n = x->node->n_out;
    int64_t dims[TENSOR_MAX_RANK], at = 0;
    if (!a || !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis)) return false;
    onnx_ints_of(x, "split", 1, &sizes);
    if (x->why) return false;
    if (sizes.n && sizes.n != n) return onnx_refuse(x, "%u sizes for %u parts", sizes.n, n);
    if (n == 0) return onnx_refuse(x, "it has no outputs");
    int64_t equal = (a->dims[axis] + n - 1) / n;
    memcpy(dims, a->dims, sizeof dims);
    const Node *whole = onnx_place(a, axis) < 0 ? onnx_whole(x, a) : a->node;
    uint32_t d = (uint32_t)(onnx_place(a, axis) < 0 ? axis : onnx_place(a, axis));
    for (uint32_t i = 0; i < n; i++) {
        int64_t left = a->dims[axis] - at;
        dims[axis] = sizes.n ? sizes.at[i] : equal < left ? equal : left;
        if (dims[axis] < 0 || dims[axis] > left)
            return onnx_refuse(x, "its parts are larger than dimension %u", axis);
        const Node *part = onnx_cut(x, whole, d, at, at + dims[axis], 1, false);
        if (!onnx_yield(x, i, part, a->rank, dims)) return false;
        at += dims[axis];
    }
    return true;
}

bool onnx_expand_tile(OnnxExpand *x) {
    const OnnxValue *a = operand(x);
    IntList times;
    int64_t dims[TENSOR_MAX_RANK];
    if (!a || !onnx_constant_ints(x, onnx_in(x, 1), "its repeats", &times)) return false;
    if (times.n != a->rank) return onnx_refuse(x, "%u repeats for %u dimensions", times.n, a->rank);
    const Node *y = onnx_whole(x, a);
    for (uint32_t d = 0; d < a->rank; d++) {
        enum { REPEATS_MAX = 1 << 16 };
        if (times.at[d] < 1 || times.at[d] > REPEATS_MAX)
            return onnx_missing(x, "%lld repeats are not supported", (long long)times.at[d]);
        const Node **parts = ARENA_ARRAY(x->arena, const Node *, times.at[d]);
        for (int64_t i = 0; i < times.at[d]; i++) parts[i] = y;
        y = onnx_concat(x, d, (uint32_t)times.at[d], parts);
        dims[d] = a->dims[d] * times.at[d];
    }
    return onnx_yield(x, 0, y, a->rank, dims);
}

/* ---- pad ---- */

enum { PAD_MAX = 1 << 24 };

static bool is_pad(int64_t n) { return n >= -PAD_MAX && n <= PAD_MAX; }

static bool pads_of(OnnxExpand *x, const OnnxValue *a, int64_t *before, int64_t *after) {
    IntList pads, axes = {0};
    if (!onnx_ints_of(x, x->opset < 2 ? "paddings" : "pads", 1, &pads))
        return onnx_refuse(x, "its pads are not given");
    onnx_ints_of(x, "axes", 3, &axes);
    if (x->why) return false;
    uint32_t n = axes.n ? axes.n : a->rank;
    if (pads.n != 2 * n) return onnx_refuse(x, "%u pads for %u dimensions", pads.n, n);
    for (uint32_t d = 0; d < a->rank; d++) before[d] = after[d] = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t axis;
        if (!onnx_axis(x, axes.n ? axes.at[i] : i, a->rank, &axis)) return false;
        if (!is_pad(pads.at[i]) || !is_pad(pads.at[n + i])) return onnx_refuse(x, "its pads are too large");
        before[axis] = pads.at[i];
        after[axis] = pads.at[n + i];
    }
    return true;
}

static const Node *border(OnnxExpand *x, const Node *a, uint32_t d, int64_t size, double value) {
    int64_t dims[TENSOR_MAX_RANK];
    memcpy(dims, a->type->dims, a->type->n * sizeof *dims);
    dims[d] = size;
    OnnxValue shape = {.rank = a->type->n};
    memcpy(shape.dims, dims, sizeof dims);
    if (onnx_count(&shape) > ONNX_MADE_MAX)
        return onnx_refuse(x, "its pads have %lld elements", (long long)onnx_count(&shape)), NULL;
    return onnx_filled(x, type_tensor(x->types, a->type->elem, a->type->n, dims), value);
}

static const Node *padded(OnnxExpand *x, const Node *a, uint32_t d, int64_t before, int64_t after,
                          double value) {
    const Node *parts[3];
    uint32_t n = 0;
    if (before < 0 || after < 0) { /* a negative pad takes away */
        int64_t from = before < 0 ? -before : 0, to = a->type->dims[d] + (after < 0 ? after : 0);
        if (to <= from) return onnx_missing(x, "pads that leave nothing are not supported"), NULL;
        a = onnx_cut(x, a, d, from, to, 1, false);
    }
    if (!a) return NULL;
    if (before > 0) parts[n++] = border(x, a, d, before, value);
    parts[n++] = a;
    if (after > 0) parts[n++] = border(x, a, d, after, value);
    return onnx_concat(x, d, n, parts);
}

/* The subscript that stands at i, which may be outside of [0, n). */
static int64_t inside(const char *mode, int64_t i, int64_t n) {
    if (strcmp(mode, "edge") == 0) return i < 0 ? 0 : i >= n ? n - 1 : i;
    if (strcmp(mode, "wrap") == 0) return (i % n + n) % n;
    int64_t period = n > 1 ? 2 * (n - 1) : 1, at = (i % period + period) % period;
    return at < n ? at : period - at;
}

/* Elements of the input stand for the border: reflect, edge, wrap. */
static bool mirrored(OnnxExpand *x, const OnnxValue *a, const int64_t *before, const int64_t *after) {
    const char *mode = onnx_string(x, "mode", "");
    int64_t dims[TENSOR_MAX_RANK];
    const Node *y = onnx_whole(x, a);
    if (strcmp(mode, "reflect") != 0 && strcmp(mode, "edge") != 0 && strcmp(mode, "wrap") != 0)
        return onnx_missing(x, "mode %s is not supported yet", mode);
    for (uint32_t d = 0; y && d < a->rank; d++) {
        dims[d] = a->dims[d] + before[d] + after[d];
        if (before[d] > PAD_MAX || after[d] > PAD_MAX || dims[d] < 1)
            return onnx_refuse(x, "its pads do not fit its input");
        if (before[d] == 0 && after[d] == 0) continue;
        int64_t *at = ARENA_ARRAY(x->arena, int64_t, dims[d]);
        for (int64_t i = 0; i < dims[d]; i++) at[i] = inside(mode, i - before[d], a->dims[d]);
        y = onnx_gather_at(x, y, d, dims[d], at);
    }
    return onnx_yield(x, 0, y, a->rank, dims);
}

bool onnx_expand_pad(OnnxExpand *x) {
    const OnnxValue *a = operand(x), *v = onnx_in(x, 2);
    int64_t before[TENSOR_MAX_RANK], after[TENSOR_MAX_RANK], dims[TENSOR_MAX_RANK];
    double value = onnx_float(x, "value", 0);
    Value given;
    if (!a || !pads_of(x, a, before, after)) return false;
    if (strcmp(onnx_string(x, "mode", "constant"), "constant") != 0) return mirrored(x, a, before, after);
    if (x->opset >= 11 && v) {
        if (!onnx_constant(x, v, "its value", &given) || tensor_count(&given) != 1)
            return onnx_refuse(x, "its value is no number");
        value = tensor_get(&given, 0);
    }
    const Node *y = onnx_whole(x, a);
    for (uint32_t d = 0; y && d < a->rank; d++) {
        if (before[d] > PAD_MAX || after[d] > PAD_MAX) return onnx_refuse(x, "its pads are too large");
        y = padded(x, y, d, before[d], after[d], value);
        dims[d] = a->dims[d] + before[d] + after[d];
    }
    return onnx_yield(x, 0, y, a->rank, dims);
}
