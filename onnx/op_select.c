/* Choices: truth values, masks, one element of many. */
#include "onnx/gather.h"

#include <math.h>
#include <string.h>

static bool given(OnnxExpand *x, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!onnx_in(x, i)) return onnx_refuse(x, "input %u is not given", i);
    return true;
}

static const Node *where(OnnxExpand *x, const Node *mask, const Node *a, const Node *b) {
    return onnx_make(x, OP_WHERE, NULL, 3, (const Node *const[]){mask, a, b});
}

bool onnx_expand_not(OnnxExpand *x) {
    return given(x, 1) &&
           onnx_yield_like(x, 0, onnx_make1(x, OP_BIT_NOT, onnx_in(x, 0)->node), onnx_in(x, 0));
}

bool onnx_expand_where(OnnxExpand *x) {
    if (!given(x, 3)) return false;
    const OnnxValue *of[] = {onnx_in(x, 0), onnx_in(x, 1), onnx_in(x, 2)};
    return onnx_yield_map(x, where(x, of[0]->node, of[1]->node, of[2]->node), 3, of);
}

/* NaN is above all numbers. */
bool onnx_expand_is_nan(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    return onnx_yield_like(x, 0, onnx_make2(x, OP_GT, a->node, onnx_number(x, a->node, INFINITY)), a);
}

bool onnx_expand_is_inf(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    bool up = onnx_int(x, "detect_positive", 1) != 0, down = onnx_int(x, "detect_negative", 1) != 0;
    const Node *in = up && down ? onnx_make1(x, OP_ABS, a->node) : a->node;
    double limit = up ? INFINITY : -INFINITY;
    const Node *y = onnx_make2(x, OP_EQ, in, onnx_number(x, in, limit));
    if (!up && !down) y = onnx_make2(x, OP_NE, in, in);
    return onnx_yield_like(x, 0, y, a);
}

bool onnx_expand_thresholded_relu(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    const Node *above = onnx_make2(x, OP_GT, a->node, onnx_number(x, a->node, onnx_float(x, "alpha", 1)));
    return onnx_yield_like(x, 0, where(x, above, a->node, onnx_number(x, a->node, 0)), a);
}

/* x + bias below -lambda, x - bias above lambda, 0 between */
bool onnx_expand_shrink(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    double bias = onnx_float(x, "bias", 0), lambd = onnx_float(x, "lambd", 0.5);
    const Node *n = a->node, *zero = onnx_number(x, n, 0);
    const Node *high = where(x, onnx_make2(x, OP_GT, n, onnx_number(x, n, lambd)),
                             onnx_make2(x, OP_SUB, n, onnx_number(x, n, bias)), zero);
    const Node *y = where(x, onnx_make2(x, OP_LT, n, onnx_number(x, n, -lambd)),
                          onnx_make2(x, OP_ADD, n, onnx_number(x, n, bias)), high);
    return onnx_yield_like(x, 0, onnx_cast(x, y, onnx_elem(a)), a);
}

static const Node *filled_like(OnnxExpand *x, const Node *a, uint32_t rank, const int64_t *dims, double v) {
    return onnx_filled(x, type_tensor(x->types, a->type->elem, rank, dims), v);
}

/* 1 where the largest of the axis is, the first of equals; before opset 13 of all dimensions from the axis on
 */
bool onnx_expand_hardmax(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    uint32_t axis;
    int64_t dims[3] = {1, 1, 1};
    if (!a || !onnx_axis(x, onnx_int(x, "axis", x->opset >= 13 ? -1 : 1), a->rank, &axis))
        return onnx_refuse(x, "its input is not given");
    for (uint32_t d = 0; d < a->rank; d++)
        dims[d < axis ? 0 : d == axis || x->opset < 13 ? 1 : 2] *= a->dims[d];
    const Node *in = onnx_reshape(x, a->node, 3, dims);
    const Node *best = onnx_make(x, OP_ARGMAX, &(AttrDims){{1, (const int64_t[]){1}}, true}, 1, &in);
    const Node *mask = onnx_make2(x, OP_EQ, onnx_iota(x, 3, 1, dims[1]), best);
    if (!mask) return false;
    return onnx_yield_like(x, 0, where(x, mask, filled_like(x, in, 3, dims, 1), onnx_number(x, in, 0)), a);
}

/* The upper or lower triangle of the last two dimensions, from diagonal k. */
bool onnx_expand_trilu(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *k = onnx_in(x, 1);
    IntList at = {1, (const int64_t[]){0}};
    if (!a || a->rank < 2) return onnx_refuse(x, "it takes a matrix");
    if (k && !onnx_constant_ints(x, k, "its k", &at)) return false;
    if (at.n != 1) return onnx_refuse(x, "its k is no number");
    if (onnx_count(a) == 0) return onnx_yield_like(x, 0, a->node, a);
    bool upper = onnx_int(x, "upper", 1) != 0;
    const Node *row = onnx_iota(x, 2, 0, a->dims[a->rank - 2]),
               *col = onnx_iota(x, 2, 1, a->dims[a->rank - 1]);
    const Node *diagonal = onnx_make2(x, OP_ADD, row, onnx_number(x, row, (double)at.at[0]));
    const Node *mask = onnx_make2(x, upper ? OP_GE : OP_LE, col, diagonal), *whole = onnx_whole(x, a);
    return onnx_yield_like(x, 0, whole ? where(x, mask, whole, onnx_number(x, whole, 0)) : NULL, a);
}

/* indices of any shape, a new dimension of `depth` at axis; values (off, on) */
bool onnx_expand_one_hot(OnnxExpand *x) {
    if (!given(x, 3)) return false;
    const OnnxValue *indices = onnx_in(x, 0), *values = onnx_in(x, 2);
    Value depth;
    uint32_t axis;
    int64_t dims[TENSOR_MAX_RANK];
    if (!onnx_constant(x, onnx_in(x, 1), "its depth", &depth)) return false;
    int64_t n = (int64_t)tensor_get(&depth, 0);
    if (n < 1 || n > 1 << 24 || onnx_count(values) != 2)
        return onnx_refuse(x, "its depth is %lld", (long long)n);
    if (indices->rank + 1 > TENSOR_MAX_RANK)
        return onnx_missing(x, "more than %d dimensions are not supported", TENSOR_MAX_RANK);
    if (!onnx_axis(x, onnx_int(x, "axis", -1), indices->rank + 1, &axis)) return false;
    for (uint32_t d = 0; d <= indices->rank; d++) dims[d] = d == axis ? 1 : indices->dims[d - (d > axis)];
    const Node *at = indices->node;
    if (type_is_float(at->type->elem)) at = onnx_cast(x, at, TY_I64);
    at = onnx_reshape(x, onnx_from_start(x, at, n), indices->rank + 1, dims);
    const Node *mask = onnx_make2(x, OP_EQ, at, onnx_iota(x, indices->rank + 1, axis, n));
    dims[axis] = n;
    const Node *off = onnx_cut(x, onnx_whole(x, values), 0, 0, 1, 1, false),
               *on = onnx_cut(x, onnx_whole(x, values), 0, 1, 2, 1, false);
    return onnx_yield(x, 0, where(x, mask, on, off), indices->rank + 1, dims);
}

/* ---- results whose shape hangs on values: these must be known ---- */

static bool truth(const Value *v, int64_t i) {
    Value e = tensor_elem(v, i);
    return e.type->kind == TY_BOOL ? e.b : tensor_get(v, i) != 0;
}

bool onnx_expand_compress(OnnxExpand *x) {
    if (!given(x, 2)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    Value cond;
    uint32_t axis = 0;
    bool flat = !onnx_attr(x, "axis", ONNX_INT);
    int64_t dims[TENSOR_MAX_RANK], n = 0, all = onnx_count(a);
    if (!onnx_constant(x, onnx_in(x, 1), "its condition", &cond)) return false;
    if (!flat && !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis)) return false;
    int64_t *at = ARENA_ARRAY(x->arena, int64_t, tensor_count(&cond)), limit = flat ? all : a->dims[axis];
    for (int64_t i = 0; i < tensor_count(&cond) && i < limit; i++)
        if (truth(&cond, i)) at[n++] = i;
    memcpy(dims, a->dims, sizeof dims);
    dims[axis] = n;
    const Node *in = flat ? onnx_reshape(x, a->node, 1, &all) : onnx_whole(x, a);
    return onnx_yield(x, 0, onnx_gather_at(x, in, axis, n, at), flat ? 1 : a->rank, dims);
}

/* (rank, n): the coordinates of the elements that are not 0 */
bool onnx_expand_non_zero(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    Value v;
    if (!onnx_constant(x, a, "its input", &v)) return false;
    int64_t count = onnx_count(a), n = 0, k = 0;
    for (int64_t i = 0; i < count; i++) n += truth(&v, i);
    int64_t dims[] = {a->rank, n}, *at = ARENA_ARRAY(x->arena, int64_t, a->rank * n);
    for (int64_t i = 0; i < count; i++) {
        if (!truth(&v, i)) continue;
        for (int64_t rest = i, d = (int64_t)a->rank - 1; d >= 0; rest /= a->dims[d], d--)
            at[d * n + k] = rest % a->dims[d];
        k++;
    }
    return onnx_yield(x, 0, onnx_int_tensor(x, 2, dims, at), 2, dims);
}

typedef struct Slices {
    Value v;
    int64_t outer, n, inner; /* slice i of n: elements [o][i][k] */
} Slices;

static int compare(const Slices *s, int64_t a, int64_t b) {
    for (int64_t o = 0; o < s->outer; o++)
        for (int64_t k = 0; k < s->inner; k++) {
            Value x = tensor_elem(&s->v, (o * s->n + a) * s->inner + k),
                  y = tensor_elem(&s->v, (o * s->n + b) * s->inner + k);
            int c = value_cmp(&x, &y);
            if (c) return c;
        }
    return 0;
}

/* Distinct slices by insertion, sorted or as they come: first[] the first slice of each, count[], and of[] of
 * each slice. */
static int64_t distinct(const Slices *s, bool sorted, int64_t *first, int64_t *of, int64_t *count) {
    int64_t n = 0;
    for (int64_t i = 0; i < s->n; i++) {
        int64_t at = 0;
        while (at < n && compare(s, first[at], i) != 0) at++;
        if (at == n) {
            at = sorted ? 0 : n;
            while (sorted && at < n && compare(s, first[at], i) < 0) at++;
            for (int64_t k = n++; k > at; k--) first[k] = first[k - 1], count[k] = count[k - 1];
            for (int64_t k = 0; k < i; k++) of[k] += of[k] >= at;
            first[at] = i;
            count[at] = 0;
        }
        count[at]++;
        of[i] = at;
    }
    return n;
}

bool onnx_expand_unique(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    bool flat = !onnx_attr(x, "axis", ONNX_INT);
    uint32_t axis = 0;
    int64_t dims[TENSOR_MAX_RANK], all = onnx_count(a);
    if (!flat && !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis)) return false;
    Slices s = {.outer = 1, .n = flat ? all : a->dims[axis], .inner = 1};
    for (uint32_t d = 0; !flat && d < a->rank; d++)
        *(d < axis ? &s.outer : &s.inner) *= d == axis ? 1 : a->dims[d];
    if (!onnx_constant(x, a, "its input", &s.v)) return false;
    int64_t *first = ARENA_ARRAY(x->arena, int64_t, s.n), *of = ARENA_ARRAY(x->arena, int64_t, s.n),
            *count = ARENA_ARRAY(x->arena, int64_t, s.n);
    int64_t n = distinct(&s, onnx_int(x, "sorted", 1) != 0, first, of, count);
    memcpy(dims, a->dims, sizeof dims);
    dims[axis] = n;
    const Node *in = flat ? onnx_reshape(x, a->node, 1, &all) : onnx_whole(x, a);
    return onnx_yield(x, 0, onnx_gather_at(x, in, axis, n, first), flat ? 1 : a->rank, dims) &&
           onnx_yield(x, 1, onnx_int_tensor(x, 1, &n, first), 1, &n) &&
           onnx_yield(x, 2, onnx_int_tensor(x, 1, &s.n, of), 1, &s.n) &&
           onnx_yield(x, 3, onnx_int_tensor(x, 1, &n, count), 1, &n);
}
