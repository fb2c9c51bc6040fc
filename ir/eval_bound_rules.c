/* Bounds of elementwise operators, then of those on whole tensors. */
#include "base/winograd.h"
#include "ir/eval_bound_law.h"
#include "ir/eval_walk.h"
#include "ir/numeric.h"

#include <math.h>

/* ---- elements: x inputs, e their bounds (not all 0), r the result, u unit roundoff ---- */

/* d from the inputs, and both executions round a result of about r. */
static double rounded(double d, double r, double u) { return d + 2 * u * (fabs(r) + d); }

static double of_sum(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)x;
    return rounded(e[0] + e[1], r, u);
}

static double of_product(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n;
    return rounded(fabs(x[0]) * e[1] + fabs(x[1]) * e[0] + e[0] * e[1], r, u);
}

static double of_quotient(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n;
    if (fabs(x[1]) <= e[1]) return INFINITY;
    return rounded((e[0] + fabs(r) * e[1]) / (fabs(x[1]) - e[1]), r, u);
}

static double of_slope_1(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)x, (void)r, (void)u;
    return fmax(e[0], e[1]);
}

static double of_leaky_relu(const Node *n, const double *x, const double *e, double r, double u) {
    (void)x;
    return rounded(e[0] * fmax(1, fabs(ATTR_OF(n, Slope)->slope)), r, u);
}

static double of_step(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)r, (void)u;
    return floor(x[0] + e[0]) == floor(x[0] - e[0]) && ceil(x[0] + e[0]) == ceil(x[0] - e[0]) ? 0 : e[0] + 1;
}

static double of_round(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)r, (void)u;
    return rint(x[0] + e[0]) == rint(x[0] - e[0]) ? 0 : e[0] + 1;
}

/* The mask is sure or nothing is. */
static double of_where(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)r, (void)u;
    return e[0] > 0 ? INFINITY : x[0] != 0 ? e[1] : e[2];
}

/* A point that moves by d turns by at most 2 d / radius, if d is below half of it; not across the cut. */
static double of_angle(const Node *n, const double *x, const double *e, double r, double u) {
    double radius = hypot(x[0], x[1]), d = hypot(e[0], e[1]);
    (void)n;
    if (!(d < radius / 2) || (x[1] < e[1] && fabs(x[0]) <= e[0])) return INFINITY;
    return rounded(2 * d / radius, r, 2 * u);
}

static double of_wave(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)x, (void)r;
    return fmin(e[0], 2) + 4 * u;
}

/* The function at x + d as the element type computes it, its argument rounded away from x. */
static double shifted(const Node *n, double x, double d, double u) {
    if (u != 0x1p-24) return num_eval_f64(n->op, x + d * (1 + 0x1p-50));
    return num_eval_f32(n->op, nextafterf((float)(x + d), d < 0 ? -INFINITY : INFINITY));
}

/* FLOAT32 functions are monotone as computed; of the others that is not known to the last place. */
static double of_increasing(const Node *n, const double *x, const double *e, double r, double u) {
    double low = shifted(n, x[0], -e[0], u), high = shifted(n, x[0], e[0], u);
    if (n->op == OP_SQRT && x[0] < e[0]) low = 0;
    return fmax(high - r, r - low) + (u == 0x1p-24 ? 0 : 8 * u * fmax(fabs(high), fabs(low)));
}

static double of_power(const Node *n, const double *x, const double *e, double r, double u) {
    double most = 0;
    if (x[0] <= e[0]) return INFINITY;
    for (int i = 0; i < 4; i++) {
        double y = num_eval2_f64(n->op, x[0] + (i & 1 ? e[0] : -e[0]), x[1] + (i & 2 ? e[1] : -e[1]));
        most = fmax(most, fabs(y - r) + 4 * u * fabs(y));
    }
    return most;
}

static double of_compare(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)r, (void)u;
    return fabs(x[0] - x[1]) > e[0] + e[1] ? 0 : INFINITY;
}

static double of_cast(const Node *n, const double *x, const double *e, double r, double u) {
    (void)n, (void)x;
    return u > 0 ? rounded(e[0], r, u) : INFINITY;
}

/* clang-format off */
const BoundElement bound_element_rules[OP_COUNT_] = {
    [OP_ADD] = of_sum, [OP_SUB] = of_sum, [OP_MUL] = of_product, [OP_DIV] = of_quotient,
    [OP_NEG] = of_slope_1, [OP_ABS] = of_slope_1, [OP_RELU] = of_slope_1, [OP_NOT] = of_slope_1,
    [OP_MIN2] = of_slope_1, [OP_MAX2] = of_slope_1,
    [OP_LEAKY_RELU] = of_leaky_relu, [OP_FLOOR] = of_step, [OP_CEIL] = of_step, [OP_ROUND] = of_round, [OP_WHERE] = of_where, [OP_ATAN2] = of_angle,
    [OP_SIN] = of_wave, [OP_COS] = of_wave, [OP_POW] = of_power,
    [OP_SQRT] = of_increasing, [OP_EXP] = of_increasing, [OP_LOG] = of_increasing, [OP_TANH] = of_increasing,
    [OP_SIGMOID] = of_increasing, [OP_ERF] = of_increasing,
    [OP_EQ] = of_compare, [OP_NE] = of_compare, [OP_LT] = of_compare, [OP_LE] = of_compare,
    [OP_GT] = of_compare, [OP_GE] = of_compare, [OP_CAST] = of_cast,
};
/* clang-format on */

/* ---- the law itself, on DOUBLE tensors ---- */

/* |v|, or the bounds, as one DOUBLE an element */
static Value as_doubles(Bounds *b, const Value *v, const Value *bound) {
    Value out = {.type = bound_type(b, v->type)};
    if (v->type->kind != TY_TENSOR)
        return bound_all(b, bound ? bound_at(bound, 0) : fabs(bound_number(v, 0)));
    int64_t shape[TENSOR_MAX_RANK];
    eval_shape_of(v, shape);
    eval_tensor(&b->e, &out, shape);
    for (int64_t i = 0, n = tensor_count(v); i < n; i++)
        ((double *)out.t.data)[i] = bound ? bound_at(bound, i) : fabs(tensor_get(v, i));
    return out;
}

static bool by_law(Bounds *b, const Node *n, const Value *in, Value *out) {
    *out = (Value){.type = bound_type(b, n->type)};
    return eval_laws[n->op](&b->e, n, in, out);
}

static double *at(Value *v, int64_t i) { return v->type->kind == TY_F64 ? &v->f64 : (double *)v->t.data + i; }
static int64_t count_of(const Value *v) { return v->type->kind == TY_TENSOR ? tensor_count(v) : 1; }

static bool nothing(Bounds *b, Value *bound) { return *bound = bound_all(b, 0), true; }
static bool undecided(Bounds *b, Value *bound) { return *bound = bound_all(b, INFINITY), true; }

/* stack, slice, reshape, transpose, concat: bounds move as the elements do */
static bool of_move(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    (void)v;
    bool exact = true;
    Value *moved = ARENA_ARRAY(b->e.row_arena, Value, n->n);
    for (uint32_t i = 0; i < n->n; i++) {
        exact &= bound_exact(&in[i].bound);
        moved[i] = as_doubles(b, &in[i].v, &in[i].bound);
    }
    return exact ? nothing(b, bound) : by_law(b, n, moved, bound);
}

static bool of_index(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    (void)v;
    Value *moved = ARENA_ARRAY(b->e.row_arena, Value, n->n);
    for (uint32_t i = 1; i < n->n; i++) {
        if (!bound_exact(&in[i].bound)) return undecided(b, bound);
        moved[i] = in[i].v;
    }
    if (bound_exact(&in[0].bound)) return nothing(b, bound);
    if (in[0].v.type->kind != TY_TENSOR) return undecided(b, bound);
    moved[0] = as_doubles(b, &in[0].v, &in[0].bound);
    return by_law(b, n, moved, bound);
}

/* max, min, max_pool: the largest bound of those compared */
static bool of_extreme(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    (void)v;
    Node largest = *n;
    if (n->op == OP_MIN) largest.op = OP_MAX;
    if (bound_exact(&in->bound)) return nothing(b, bound);
    Value e = as_doubles(b, &in->v, &in->bound);
    return by_law(b, &largest, &e, bound);
}

/* One kind only moves, two choose, one adds up as often as the index has subscripts. */
static bool of_scatter(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    int64_t kind = ATTR_OF(n, Scatter)->kind;
    bool same = bound_exact(&in[0].bound) && bound_exact(&in[2].bound);
    if (!bound_exact(&in[1].bound) || (!same && kind == SCATTER_MUL)) return undecided(b, bound);
    if (same) return nothing(b, bound); /* one order of additions */
    AttrScatter a = *ATTR_OF(n, Scatter);
    Node other = *n;
    if (kind == SCATTER_MIN) a.kind = SCATTER_MAX;
    other.attr = &a;
    Value e[3] = {as_doubles(b, &in[0].v, &in[0].bound), in[1].v, as_doubles(b, &in[2].v, &in[2].bound)},
          size;
    Value x[3] = {as_doubles(b, &in[0].v, NULL), in[1].v, as_doubles(b, &in[2].v, NULL)};
    if (!by_law(b, &other, e, bound)) return false;
    if (kind != SCATTER_ADD) return true;
    if (!by_law(b, n, x, &size)) return false;
    double terms = (double)(in[1].v.type->kind == TY_TENSOR ? tensor_count(&in[1].v) : 1) + 1;
    for (int64_t i = 0, count = count_of(v); i < count; i++)
        *at(bound, i) += 2 * terms * bound_unit(v->type) * (*at(&size, i) + *at(bound, i));
    return true;
}

static double gamma_of(double terms, double u) {
    return terms * u < 0.5 ? terms * u / (1 - terms * u) : INFINITY;
}

/* sum, mean, avg_pool of `terms` each: the law of the bounds, and gamma times that of the absolute values */
static bool of_sums(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    if (!type_is_float(in->v.type->elem))
        return bound_exact(&in->bound) ? nothing(b, bound) : undecided(b, bound);
    double u = bound_unit(v->type), terms = (double)tensor_count(&in->v) / (double)count_of(v);
    if (n->op == OP_AVG_POOL) terms = 1;
    for (uint32_t d = 0; n->op == OP_AVG_POOL && d < ATTR_OF(n, Pool)->kernel.n; d++)
        terms *= (double)ATTR_OF(n, Pool)->kernel.at[d];
    Value e = as_doubles(b, &in->v, &in->bound), x = as_doubles(b, &in->v, NULL), size;
    if (!by_law(b, n, &e, bound) || !by_law(b, n, &x, &size)) return false;
    for (int64_t i = 0, count = count_of(v); i < count; i++)
        *at(bound, i) += gamma_of(terms + 2, u) * (*at(&size, i) + *at(bound, i));
    return true;
}

/* Running sums are computed in one order by all; what goes in moves them by sums, too. */
static bool of_cumsum(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    if (bound_exact(&in->bound)) return nothing(b, bound);
    if (bound_unit(v->type) == 0) return undecided(b, bound);
    Value e = as_doubles(b, &in->v, &in->bound), x = as_doubles(b, &in->v, NULL), size;
    if (!by_law(b, n, &e, bound) || !by_law(b, n, &x, &size)) return false;
    for (int64_t i = 0, count = count_of(v); i < count; i++) *at(bound, i) += 4 * bound_unit(v->type) * (*at(&size, i) + *at(bound, i));
    return true;
}

/* terms of one output */
static double contracted(const Node *n, const Bounded *in) {
    const AttrContract *a = ATTR_OF(n, Contract);
    double size[WALK_MAX], terms = 1;
    for (int l = 0; l < WALK_MAX; l++) size[l] = 1;
    for (uint32_t d = 0; d < a->a.n; d++) size[a->a.at[d]] = (double)tensor_dim(&in[0].v, d);
    for (uint32_t d = 0; d < a->b.n; d++) size[a->b.at[d]] = (double)tensor_dim(&in[1].v, d);
    for (uint32_t d = 0; d < a->out.n; d++) size[a->out.at[d]] = 1;
    for (int l = 0; l < WALK_MAX; l++) terms *= size[l];
    return terms;
}

static double terms_of(const Node *n, const Bounded *in) {
    if (n->op == OP_CONTRACT) return contracted(n, in);
    return (double)tensor_count(&in[1].v) / (double)tensor_dim(&in[1].v, 0);
}

static bool add_law(Bounds *b, const Node *n, const Value *x, const Value *y, Value *sum) {
    Value more;
    if (!by_law(b, n, (Value[]){*x, *y}, &more)) return false;
    for (int64_t i = 0, count = count_of(sum); i < count; i++) *at(sum, i) += *at(&more, i);
    return true;
}

/* Roundings of a transformed tile are relative to all of its inputs: to the largest input, times the size of each output's filter. */
static bool of_winograd(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    Winograd w = winograd_of((int)ATTR_OF(n, Conv)->winograd);
    double most = 0, gamma = gamma_of(terms_of(n, in) + 4 * w.a + 1, bound_unit(v->type)) * winograd_growth(&w);
    for (int64_t i = 0, count = tensor_count(&in[0].v); i < count; i++)
        most = fmax(most, fabs(tensor_get(&in[0].v, i)) + bound_at(&in[0].bound, i));
    int64_t filter = tensor_count(&in[1].v) / tensor_dim(&in[1].v, 0), area = count_of(v) / tensor_dim(v, 0);
    (void)b;
    for (int64_t o = 0; o < tensor_dim(v, 0); o++) {
        double size = 0;
        for (int64_t k = o * filter; k < (o + 1) * filter; k++) size += fabs(tensor_get(&in[1].v, k)) + bound_at(&in[1].bound, k);
        for (int64_t i = o * area; i < (o + 1) * area; i++) *at(bound, i) += gamma * size * most;
    }
    return true;
}

/* contract, conv: gamma |a||b| + |a| eb + ea |b| + ea eb, each a contraction itself */
static bool of_products(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    bool exact = bound_exact(&in[0].bound) && bound_exact(&in[1].bound);
    if (bound_unit(v->type) == 0) return exact ? nothing(b, bound) : undecided(b, bound);
    Value x[2], e[2], size;
    for (int k = 0; k < 2; k++) {
        x[k] = as_doubles(b, &in[k].v, NULL);
        e[k] = as_doubles(b, &in[k].v, &in[k].bound);
    }
    if (!by_law(b, n, x, &size)) return false;
    *bound = as_doubles(b, v, &(Value){.type = type_get(b->e.run->types, TY_F64)});
    if (!exact && !(add_law(b, n, &x[0], &e[1], bound) && add_law(b, n, &e[0], &x[1], bound) &&
                    add_law(b, n, &e[0], &e[1], bound)))
        return false;
    double gamma = gamma_of(terms_of(n, in) + 1, bound_unit(v->type));
    for (int64_t i = 0, count = count_of(v); i < count; i++)
        *at(bound, i) += gamma * (*at(&size, i) + *at(bound, i));
    return n->op != OP_CONV || !ATTR_OF(n, Conv)->winograd || of_winograd(b, n, in, v, bound);
}

/* x s + t, folded or not: a few roundings of each part */
static bool of_batch_norm(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    for (int k = 1; k < 5; k++)
        if (!bound_exact(&in[k].bound)) return undecided(b, bound);
    *bound = as_doubles(b, &in[0].v, &in[0].bound);
    int64_t count = tensor_count(v), inner = count ? count / tensor_dim(v, 0) : 1;
    for (int64_t i = 0; i < count; i++) {
        int64_t c = i / inner;
        double factor = fabs(tensor_get(&in[1].v, c)) / sqrt(tensor_get(&in[4].v, c) + ATTR_OF(n, Norm)->eps);
        double size = (fabs(tensor_get(&in[0].v, i)) + fabs(tensor_get(&in[3].v, c))) * factor +
                      fabs(tensor_get(&in[2].v, c));
        *at(bound, i) = *at(bound, i) * factor + 8 * bound_unit(v->type) * (size + *at(bound, i) * factor);
    }
    return true;
}

static double largest_bound(const Bounded *in) {
    double most = 0;
    for (int64_t i = 0, n = tensor_count(&in->v); i < n; i++) most = fmax(most, bound_at(&in->bound, i));
    return most;
}

/* Logits within E move each probability by a factor within e^(+-2E); n terms are added, and the arguments of
 * exp, at most 104 for a probability that is not 0, are rounded. */
static bool of_softmax(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    double u = bound_unit(v->type), terms = (double)tensor_count(v),
           move = 2 * largest_bound(in) + (terms + 300) * u;
    *bound = as_doubles(b, v, NULL);
    for (int64_t i = 0; i < tensor_count(v); i++) {
        double size = *at(bound, i);
        *at(bound, i) =
            n->op == OP_SOFTMAX ? size * expm1(move) + 0x1p-126 : move + 8 * u * (size + log(terms + 1));
    }
    return true;
}

/* One vector: decided if the best stays above all others. */
static bool of_argmax(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    (void)n;
    if (bound_exact(&in->bound)) return nothing(b, bound);
    if (in->v.type->n != 1) return undecided(b, bound);
    int64_t best = v->type->kind == TY_TENSOR ? (int64_t)tensor_get(v, 0) : v->i;
    double least = tensor_get(&in->v, best) - bound_at(&in->bound, best);
    for (int64_t i = 0; i < tensor_count(&in->v); i++)
        if (i != best && !(tensor_get(&in->v, i) + bound_at(&in->bound, i) < least))
            return undecided(b, bound);
    return nothing(b, bound);
}

/* clang-format off */
const BoundRule bound_tensor_rules[OP_COUNT_] = {
    [OP_STACK] = of_move, [OP_SLICE] = of_move, [OP_RESHAPE] = of_move, [OP_TRANSPOSE] = of_move,
    [OP_CONCAT] = of_move, [OP_INDEX] = of_index, [OP_GATHER] = of_index, [OP_SCATTER] = of_scatter, [OP_MAX] = of_extreme, [OP_MIN] = of_extreme, [OP_MAX_POOL] = of_extreme,
    [OP_SUM] = of_sums, [OP_MEAN] = of_sums, [OP_AVG_POOL] = of_sums, [OP_CONTRACT] = of_products,
    [OP_CONV] = of_products, [OP_BATCH_NORM] = of_batch_norm, [OP_SOFTMAX] = of_softmax,
    [OP_LOG_SOFTMAX] = of_softmax, [OP_CUMSUM] = of_cumsum, [OP_ARGMAX] = of_argmax,
};
/* clang-format on */
