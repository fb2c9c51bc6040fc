/* Operators along dimensions of one tensor: sum, mean, max, min, argmax, softmax, log_softmax. */
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

/* ---- extremes: a NaN is both the largest and the smallest ---- */

static bool is_nan(const Value *v) {
    return type_is_float(v->type) && (v->type->kind == TY_F64 ? isnan(v->f64) : isnan(v->f32));
}

static bool beats(Op op, const Value *v, const Value *best) {
    if (is_nan(best)) return false;
    if (is_nan(v)) return true;
    return op == OP_MIN ? value_cmp(v, best) < 0 : value_cmp(v, best) > 0;
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
    if (n->op == OP_ARGMAX) best = (Value){.type = type_get(e->run->types, TY_I64), .i = at};
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
        if (!(sum ? reduce_sum(e, n, in, &s, out, i) : reduce_best(e, n, in, &s, out, i))) return false;
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
