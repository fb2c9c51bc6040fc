/* Reductions that are expressions of sum, max and the elementwise operators, and what is made of argsort and
 * cumsum. */
#include "ir/compose.h"
#include "ir/tensor_build.h"
#include "ir/tensor_move.h"
#include <math.h>

typedef struct Dims {
    uint32_t n;
    const int64_t *at;
    bool keep;
} Dims;

static const Node *number(Ir *ir, const Node *like, double v) { return ir_number(ir, like->type, v); }
static const Node *with_elem(Ir *ir, const Node *x, TypeKind k) {
    return ir_cast(ir, x, type_tensor(ir_types(ir), type_get(ir_types(ir), k), x->type->n, x->type->dims));
}

static const Node *as_float(Ir *ir, const Node *x) {
    TypeKind k = x->type->elem->kind;
    return k == TY_F32 || k == TY_F64 ? x : with_elem(ir, x, TY_F32);
}

static const Node *reduce(Ir *ir, Op op, const Node *x, const Dims *d) {
    return ir_reduce(ir, op, x, d->n, d->at, d->keep);
}

static const Node *kept(Ir *ir, Op op, const Node *x, const Dims *d) {
    return ir_reduce(ir, op, x, d->n, d->at, true);
}

static const Node *squares(Ir *ir, const Node *x) { return ir_2(ir, OP_MUL, x, x); }

static const Node *mask_of(Ir *ir, const Node *x) {
    return x->type->elem->kind == TY_BOOL ? x : with_elem(ir, x, TY_BOOL);
}

static const Node *any(Ir *ir, const Node *x, const Dims *d, double p) {
    return (void)p, reduce(ir, OP_MAX, mask_of(ir, x), d);
}

static const Node *all(Ir *ir, const Node *x, const Dims *d, double p) {
    return (void)p, reduce(ir, OP_MIN, mask_of(ir, x), d);
}

static const Node *sum_square(Ir *ir, const Node *x, const Dims *d, double p) {
    return (void)p, reduce(ir, OP_SUM, squares(ir, x), d);
}

static const Node *log_sum(Ir *ir, const Node *x, const Dims *d, double p) {
    return (void)p, ir_1(ir, OP_LOG, reduce(ir, OP_SUM, as_float(ir, x), d));
}

/* m + ln sum e^(x - m) with the largest m; one that is infinite is left out, as inf - inf is NaN */
static const Node *log_sum_exp(Ir *ir, const Node *x, const Dims *d, double p) {
    x = as_float(ir, x);
    const Node *m = kept(ir, OP_MAX, x, d),
               *finite = ir_2(ir, OP_LT, ir_1(ir, OP_ABS, m), number(ir, m, INFINITY));
    m = ir_where(ir, finite, m, number(ir, m, 0));
    const Node *sum = kept(ir, OP_SUM, ir_1(ir, OP_EXP, ir_2(ir, OP_SUB, x, m)), d),
               *y = ir_2(ir, OP_ADD, m, ir_1(ir, OP_LOG, sum));
    return (void)p, d->keep ? y : reduce(ir, OP_MAX, y, d); /* of one element each */
}

static double count_of(const Node *x, const Dims *d) {
    double n = 1;
    for (uint32_t i = 0; i < d->n; i++) n *= (double)x->type->dims[d->at[i]];
    return n;
}

/* sum (x - mean)^2 / (n - correction) */
static const Node *variance(Ir *ir, const Node *x, const Dims *d, double correction) {
    x = as_float(ir, x);
    const Node *away = ir_2(ir, OP_SUB, x, kept(ir, OP_MEAN, x, d)),
               *sum = reduce(ir, OP_SUM, squares(ir, away), d);
    double n = count_of(x, d) - correction;
    return ir_2(ir, OP_MUL, sum, number(ir, sum, n > 0 ? 1 / n : INFINITY));
}

static const Node *deviation(Ir *ir, const Node *x, const Dims *d, double correction) {
    return ir_1(ir, OP_SQRT, variance(ir, x, d, correction));
}

/* (sum |x|^p)^(1 / p); the largest |x| of an infinite p */
static const Node *norm(Ir *ir, const Node *x, const Dims *d, double p) {
    x = as_float(ir, x);
    if (p == 2) return ir_1(ir, OP_SQRT, reduce(ir, OP_SUM, squares(ir, x), d));
    const Node *size = ir_1(ir, OP_ABS, x);
    if (isinf(p)) return reduce(ir, p > 0 ? OP_MAX : OP_MIN, size, d);
    if (p == 1) return reduce(ir, OP_SUM, size, d);
    const Node *sum = reduce(ir, OP_SUM, ir_2(ir, OP_POW, size, number(ir, size, p)), d);
    return ir_2(ir, OP_POW, sum, number(ir, sum, 1 / p));
}

static const struct {
    const char *name;
    const Node *(*build)(Ir *ir, const Node *x, const Dims *d, double p);
    double fallback; /* its parameter, when none is given */
} reductions[] = {
    {"any_of", any, 0},
    {"all_of", all, 0},
    {"sum_square", sum_square, 0},
    {"log_sum", log_sum, 0},
    {"logsumexp", log_sum_exp, 0},
    {"var", variance, 1},
    {"std", deviation, 1},
    {"norm", norm, 2},
};

const Node *ir_compose_reduce(Ir *ir, const char *name, const Node *x, uint32_t n, const int64_t *dims,
                              bool keep, const double *p) {
    for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++)
        if (strcmp(reductions[i].name, name) == 0)
            return reductions[i].build(ir, x, &(Dims){n, dims, keep}, p ? *p : reductions[i].fallback);
    return NULL;
}

/* ---- along one dimension ---- */

/* Those after it come to its place; before the first there is nothing: `empty`. */
static const Node *exclusive(Ir *ir, const Node *y, uint32_t axis, double empty) {
    int64_t before[TENSOR_MAX_RANK] = {0}, after[TENSOR_MAX_RANK] = {0};
    before[axis] = 1, after[axis] = -1;
    return ir_pad(ir, y, before, after, PAD_CONSTANT, number(ir, y, empty));
}

const Node *ir_cumulate(Ir *ir, Op op, const Node *x, uint32_t axis, bool without_own, bool reverse) {
    if (reverse) x = ir_flip(ir, x, axis);
    const Node *y = ir_node(ir, op, &(AttrAxis){axis}, 1, &x);
    if (without_own) y = exclusive(ir, y, axis, op == OP_CUMPROD);
    return reverse ? ir_flip(ir, y, axis) : y;
}

const Node *ir_top(Ir *ir, const Node *x, uint32_t axis, int64_t k, bool largest, const Node **places) {
    const Node *order = ir_node(ir, OP_ARGSORT, &(AttrOrder){axis, largest}, 1, &x);
    *places = ir_steps(ir, order, axis, 0, k, 1);
    return ir_gather_elements(ir, x, axis, *places);
}

const Node *ir_arg_last(Ir *ir, Op op, const Node *x, uint32_t axis, bool keep) {
    int64_t dim = axis;
    const Node *first = ir_reduce(ir, op, ir_flip(ir, x, axis), 1, &dim, keep);
    return ir_2(ir, OP_SUB, ir_i64(ir, x->type->dims[axis] - 1), first);
}
