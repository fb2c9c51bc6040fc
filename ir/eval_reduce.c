/* Operators along dimensions of one tensor: sum, mean, prod, max, min, argmax, argmin, cumsum, cumprod,
 * argsort, softmax, log_softmax. */
#include "base/sum.h"
#include "ir/eval_map.h"
#include "ir/eval_walk.h"
#include "ir/numeric.h"

#include <math.h>

/* Two nested walks over a tensor: `outer` over the dimensions that stay, `inner` over those reduced. */
typedef struct Split {
    Walk outer, inner;
    int64_t shape[TENSOR_MAX_RANK]; /* of the result */
    uint32_t rank;
} Split;

static void split(const Node *n, const Value *in, Split *s) {
    const AttrDims *a = ATTR_OF(n, Dims);
    int64_t stride[TENSOR_MAX_RANK];
    uint32_t next = 0;
    *s = (Split){0};
    strides_of(in, stride);
    for (uint32_t d = 0; d < in->type->n; d++) {
        bool gone = next < a->dims.n && a->dims.at[next] == d;
        next += gone;
        walk_add(gone ? &s->inner : &s->outer, tensor_dim(in, d), stride[d], 0);
        if (!gone || a->keep) s->shape[s->rank++] = gone ? 1 : tensor_dim(in, d);
    }
}

static double float_at(const Value *in, const Split *s) {
    return tensor_get(in, s->outer.place[0] + s->inner.place[0]);
}
static Value elem_at(const Value *in, const Split *s) {
    return tensor_elem(in, s->outer.place[0] + s->inner.place[0]);
}

/* ---- sums ---- */

static int64_t add_all(const Value *in, Split *s, FloatSum *sum) {
    int64_t count = 0;
    *sum = (FloatSum){0, 0};
    for (walk_begin(&s->inner); !s->inner.done; walk_next(&s->inner), count++) sum_add(sum, float_at(in, s));
    return count;
}

static bool integer_sum(Eval *e, const Node *n, const Value *in, Split *s, Value *out, int64_t i) {
    Int128 sum = 0;
    for (walk_begin(&s->inner); !s->inner.done; walk_next(&s->inner)) sum += elem_at(in, s).i;
    if (sum < INT64_MIN || sum > INT64_MAX) return eval_fail_range(e, n, type_get(e->run->types, TY_I64));
    Value elem = {.type = type_get(e->run->types, TY_I64), .i = (int64_t)sum};
    eval_store(out, i, &elem);
    return true;
}

static bool reduce_sum(Eval *e, const Node *n, const Value *in, Split *s, Value *out, int64_t i) {
    FloatSum sum;
    if (!type_is_float(in->type->elem)) return integer_sum(e, n, in, s, out, i);
    int64_t count = add_all(in, s, &sum);
    eval_store_float(out, i, n->op == OP_MEAN ? sum_value(&sum) / (double)count : sum_value(&sum));
    return true;
}

/* ---- products: floats in double, one after the other; rounded once ---- */

static bool reduce_prod(Eval *e, const Node *n, const Value *in, Split *s, Value *out, int64_t i) {
    Value whole = {.type = type_get(e->run->types, TY_I64), .i = 1};
    bool is_float = type_is_float(in->type->elem), overflow = false;
    double product = 1;
    for (walk_begin(&s->inner); !s->inner.done; walk_next(&s->inner)) {
        if (is_float) product *= float_at(in, s);
        else overflow |= __builtin_mul_overflow(whole.i, elem_at(in, s).i, &whole.i);
    }
    if (overflow) return eval_fail_range(e, n, whole.type);
    if (is_float) eval_store_float(out, i, product);
    else eval_store(out, i, &whole);
    return true;
}

/* ---- extremes: a NaN is both the largest and the smallest ---- */

static bool is_nan(const Value *v) {
    return type_is_float(v->type) && (v->type->kind == TY_F64 ? isnan(v->f64) : isnan(v->f32));
}

static bool beats(Op op, const Value *v, const Value *best) {
    if (is_nan(best)) return false;
    if (is_nan(v)) return true;
    return op == OP_MIN || op == OP_ARGMIN ? value_cmp(v, best) < 0 : value_cmp(v, best) > 0;
}

/* The first of the best and its place among the reduced elements; -1: there are none. */
static int64_t best_of(const Node *n, const Value *in, Split *s, Value *best) {
    int64_t at = -1, i = 0;
    for (walk_begin(&s->inner); !s->inner.done; walk_next(&s->inner), i++) {
        Value v = elem_at(in, s);
        if (at < 0 || beats(n->op, &v, best)) *best = v, at = i;
    }
    return at;
}

static bool reduce_best(Eval *e, const Node *n, const Value *in, Split *s, Value *out, int64_t i) {
    Value best;
    int64_t at = best_of(n, in, s, &best);
    if (at < 0) return eval_fail(e, n, ROW_INDEX, "%s of no elements", op_info[n->op].text);
    if (n->op == OP_ARGMAX || n->op == OP_ARGMIN)
        best = (Value){.type = type_get(e->run->types, TY_I64), .i = at};
    eval_store(out, i, &best);
    return true;
}

/* ---- the laws ---- */

static bool reduce(Eval *e, const Node *n, const Value *in, Value *out) {
    Split s;
    int64_t i = 0;
    bool sum = n->op == OP_SUM || n->op == OP_MEAN;
    split(n, in, &s);
    if (out->type->kind == TY_TENSOR) eval_tensor(e, out, s.shape);
    for (walk_begin(&s.outer); !s.outer.done; walk_next(&s.outer), i++)
        if (!(sum                ? reduce_sum(e, n, in, &s, out, i)
              : n->op == OP_PROD ? reduce_prod(e, n, in, &s, out, i)
                                 : reduce_best(e, n, in, &s, out, i)))
            return false;
    return true;
}

bool law_eval_reduce(Eval *e, const Node *n, const Value *in, Value *out) { return reduce(e, n, in, out); }
bool law_eval_argmax(Eval *e, const Node *n, const Value *in, Value *out) { return reduce(e, n, in, out); }

/* e^(x - max) / sum e^(x - max), or x - max - ln sum; in double, rounded once */
static void softmax_of(const Node *n, const Value *in, Split *s, Value *out) {
    double max = -INFINITY;
    FloatSum sum = {0, 0};
    for (walk_begin(&s->inner); !s->inner.done; walk_next(&s->inner)) max = fmax(max, float_at(in, s));
    for (walk_begin(&s->inner); !s->inner.done; walk_next(&s->inner))
        sum_add(&sum, num_eval_f64(OP_EXP, float_at(in, s) - max));
    double total = sum_value(&sum), log_total = num_eval_f64(OP_LOG, total);
    for (walk_begin(&s->inner); !s->inner.done; walk_next(&s->inner)) {
        double x = float_at(in, s) - max;
        eval_store_float(out, s->outer.place[0] + s->inner.place[0],
                         n->op == OP_SOFTMAX ? num_eval_f64(OP_EXP, x) / total : x - log_total);
    }
}

bool law_eval_softmax(Eval *e, const Node *n, const Value *in, Value *out) {
    Split s;
    int64_t shape[TENSOR_MAX_RANK];
    split(n, in, &s);
    eval_shape_of(in, shape);
    eval_tensor(e, out, shape);
    for (walk_begin(&s.outer); !s.outer.done; walk_next(&s.outer)) softmax_of(n, in, &s, out);
    return true;
}

/* ---- along one dimension ---- */

/* The walk over all other dimensions; the places of axis follow from it in steps of *stride. */
static void lines_of(const Value *in, int64_t axis, Walk *w, int64_t *n, int64_t *stride) {
    int64_t strides[TENSOR_MAX_RANK];
    strides_of(in, strides);
    *w = (Walk){0};
    for (uint32_t d = 0; d < in->type->n; d++)
        if (d != axis) walk_add(w, tensor_dim(in, d), strides[d], 0);
    *n = tensor_dim(in, (uint32_t)axis);
    *stride = strides[axis];
}

/* Floats in double, each result rounded; integers must stay within BIGINT. */
static bool cumulate(Eval *e, const Node *n, const Value *in, int64_t at, int64_t count, int64_t stride,
                     Value *out) {
    bool product = n->op == OP_CUMPROD, is_float = type_is_float(in->type->elem), overflow = false;
    double total = product;
    Value whole = {.type = type_get(e->run->types, TY_I64), .i = product};
    for (int64_t i = 0; i < count; i++, at += stride) {
        double x = is_float ? tensor_get(in, at) : 0;
        int64_t k = is_float ? 0 : tensor_elem(in, at).i;
        total = product ? total * x : total + x;
        overflow |= product ? __builtin_mul_overflow(whole.i, k, &whole.i)
                            : __builtin_add_overflow(whole.i, k, &whole.i);
        if (is_float) eval_store_float(out, at, total);
        else eval_store(out, at, &whole);
    }
    return !overflow || eval_fail_range(e, n, whole.type);
}

bool law_eval_cumulate(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t shape[TENSOR_MAX_RANK], count, stride;
    Walk w;
    eval_shape_of(in, shape);
    eval_tensor(e, out, shape);
    lines_of(in, ATTR_OF(n, Axis)->axis, &w, &count, &stride);
    for (walk_begin(&w); !w.done; walk_next(&w))
        if (!cumulate(e, n, in, w.place[0], count, stride, out)) return false;
    return true;
}

/* Insertion: equal elements stay in order, NaN is above all numbers. */
static void argsort(const Value *in, int64_t at, int64_t count, int64_t stride, bool descending,
                    int64_t *out) {
    for (int64_t i = 0; i < count; i++) {
        Value v = tensor_elem(in, at + i * stride);
        int64_t k = i;
        for (; k > 0; k--) {
            Value before = tensor_elem(in, at + out[at + (k - 1) * stride] * stride);
            int order = value_cmp(&before, &v);
            if (descending ? order >= 0 : order <= 0) break;
            out[at + k * stride] = out[at + (k - 1) * stride];
        }
        out[at + k * stride] = i;
    }
}

bool law_eval_argsort(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t shape[TENSOR_MAX_RANK], count, stride;
    Walk w;
    eval_shape_of(in, shape);
    eval_tensor(e, out, shape);
    lines_of(in, ATTR_OF(n, Order)->axis, &w, &count, &stride);
    for (walk_begin(&w); !w.done; walk_next(&w))
        argsort(in, w.place[0], count, stride, ATTR_OF(n, Order)->descending, out->t.data);
    return true;
}
