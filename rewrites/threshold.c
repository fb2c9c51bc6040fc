/* Selections above networks: a comparison is peeled off its monotone tail, so that it reads the logit.
 *
 * Tempting and wrong:
 *   sigmoid(z) > t -> z > logit(t)               sigmoid rounds: 868 million floats are decided otherwise at t = 0.5
 *   softmax(z)[c] > t -> z[c] > t'               one threshold: the sum reads all of z
 *   softmax of two, bisected on z[0] - z[1]      e / (1 + e) is not monotone as computed: the sum rounds in coarser steps
 *   argmax(f(z)) -> argmax(z), bit for bit       distinct logits round to equal values, and the first of equals wins
 *   argmax(z) = c -> comparisons, for many classes    as many rows of W alone are slower than W
 */
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include "rewrites/measure.h"
#include "rewrites/rules.h"
#include "rewrites/terms.h"
#include <math.h>

/* ---- monotone tails ---- */

static Inverse inverse_of(Rw *rw, const Match *m) {
    return ir_inverse(rw->ir, m->at[0]->op, m->at[1], m->at[2]);
}

/* Some inverses test the domain as well (the root of a negative number is NaN, above t): they pay if f is dear. */
static bool pays(const Match *m, Inverse i) { return i.pred && rw_cost(i.pred) < rw_cost(m->at[0]); }

static bool monotone_when(Rw *rw, const Match *m) {
    Inverse i = inverse_of(rw, m);
    return pays(m, i) && i.exact;
}

static const Node *monotone_make(Rw *rw, const Match *m) { return inverse_of(rw, m).pred; }

/*  law    f(z) cmp t  ==  z cmp inverse_f(t)            f with a stated inverse (ir/laws.h); cmp in  >  >=  <  <=
 *  where  t is a constant; the inverse is total: beyond f's range the test is constant, NaN is above all numbers, NULL gives NULL
 *  bits   sigmoid rounds, so the textbook z > logit(t) decides differently from the computed sigmoid(z) > t.  The inverse
 *         is the boundary of the *computed* function, which is monotone on all 2^32 inputs and the same in every back end.
 */
const Rule rule_monotone_compare = {
    .name = "monotone_compare",
    .law = "f(z) cmp t  ->  z cmp inverse_f(t)",
    .where = "f states an inverse that is exact, t is a constant, the test gets cheaper",
    .sound = EXACT,
    .lhs = F2(COMPARE, 0, ANY(1), CONSTANT(2)),
    .when = monotone_when,
    .make = monotone_make,
};

static bool monotone_real_when(Rw *rw, const Match *m) {
    Inverse i = inverse_of(rw, m);
    return pays(m, i) && !i.exact;
}

/* law    as monotone_compare, for functions of DOUBLE, whose monotonicity is not proved on all inputs */
const Rule rule_monotone_compare_real = {
    .name = "monotone_compare_real",
    .law = "f(z) cmp t  ->  z cmp inverse_f(t)",
    .where = "f of DOUBLE states an inverse, t is a constant",
    .sound = REAL,
    .lhs = F2(COMPARE, 0, ANY(1), CONSTANT(2)),
    .when = monotone_real_when,
    .make = monotone_make,
};

/* ---- two classes ---- */

/* The element that a slice takes out of a vector of two; -1 if it is no such slice. */
static int of_two(const Node *slice, const Node *vector) {
    const Type *t = vector->type;
    if (t->kind != TY_TENSOR || t->n != 1 || t->dims[0] != 2 || !ATTR_OF(slice, Slice)->drop.at[0]) return -1;
    return (int)ATTR_OF(slice, Slice)->from.at[0];
}

static double number(const Node *t) {
    const Value *v = &ATTR_OF(t, Const)->value;
    return v->type->kind == TY_F64 ? v->f64 : (double)v->f32;
}

static const Node *element(Rw *rw, const Node *z, int64_t i) {
    AttrSlice a = {{1, &i}, {1, &(int64_t){i + 1}}, {1, &(int64_t){1}}, {1, &(int64_t){1}}};
    return ir_node(rw->ir, OP_SLICE, &a, 1, &z);
}

static bool softmax_two_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *t = m->at[4];
    bool order = !op_has(m->at[0]->op, COMM) && type_is_float(t->type) && !rw_is_null(t);
    return order && of_two(m->at[1], m->at[3]) >= 0 && number(t) > 0 && number(t) < 1;
}

static const Node *softmax_two_make(Rw *rw, const Match *m) {
    const Node *z = m->at[3];
    int c = of_two(m->at[1], z);
    double t = number(m->at[4]);
    const Node *margin = ir_2(rw->ir, OP_SUB, element(rw, z, c), element(rw, z, 1 - c));
    return ir_2(rw->ir, m->at[0]->op, margin, ir_number(rw->ir, margin->type, log(t / (1 - t))));
}

/* law    softmax(z)[c] > t  ==  z[c] - z[1 - c] > ln(t / (1 - t))       two classes, 0 < t < 1: one hyperplane
 * REAL   e / (1 + e) as computed is not monotone in the margin, so that no boundary on it decides alike */
const Rule rule_softmax_two = {
    .name = "softmax_two",
    .law = "softmax(z)[c] > t  ->  z[c] - z[1-c] > ln(t / (1-t))",
    .where = "two classes, t is a constant between 0 and 1",
    .sound = REAL,
    .lhs = F2(COMPARE, 0, P1(SLICE, 1, P1(SOFTMAX, 2, ANY(3))), CONSTANT(4)),
    .when = softmax_two_when,
    .make = softmax_two_make,
};

/* ---- the class ---- */

static int64_t class_of(const Node *c) { return ATTR_OF(c, Const)->value.i; }

static const Node *wins(Rw *rw, const Node *z, int64_t c) {
    const Node *all = NULL;
    for (int64_t j = 0; j < z->type->dims[0]; j++) {
        if (j == c) continue;
        const Node *p = ir_2(rw->ir, j < c ? OP_GT : OP_GE, element(rw, z, c), element(rw, z, j));
        all = all ? ir_2(rw->ir, OP_AND, all, p) : p;
    }
    return all;
}

static bool argmax_equal_when(Rw *rw, const Match *m) {
    enum { MOST_CLASSES = 64 };
    const Type *t = m->at[2]->type;
    bool vector = t->kind == TY_TENSOR && t->n == 1 && t->dims[0] > 1 && t->dims[0] <= MOST_CLASSES;
    if (!vector || rw_is_null(m->at[3]) || class_of(m->at[3]) < 0 || class_of(m->at[3]) >= t->dims[0])
        return false;
    return rw_cost(wins(rw, m->at[2], class_of(m->at[3]))) < rw_cost(m->at[0]);
}

static const Node *argmax_equal_make(Rw *rw, const Match *m) {
    return wins(rw, m->at[2], class_of(m->at[3]));
}

/* law    argmax(z) = c  ==  z[c] > z[j] for j < c and z[c] >= z[j] for j > c       the first of equals wins, NaN is above all
 * where  it gets cheaper: with two classes it is one comparison; ten rows of W one by one are dearer than W */
const Rule rule_argmax_equal = {
    .name = "argmax_equal",
    .law = "argmax(z) = c  ->  z[c] > z[j] for j < c, z[c] >= z[j] for j > c",
    .where = "c is a class, the test gets cheaper",
    .sound = EXACT,
    .lhs = P2(EQ, 0, P1(ARGMAX, 1, ANY(2)), CONSTANT(3)),
    .when = argmax_equal_when,
    .make = argmax_equal_make,
};

static bool same_dim(const Node *argmax, const Node *softmax) {
    const IntList *d = &ATTR_OF(softmax, Dims)->dims;
    return d->n == 1 && d->at[0] == ATTR_OF(argmax, Dims)->dims.at[0];
}

static bool argmax_softmax_when(Rw *rw, const Match *m) { return (void)rw, same_dim(m->at[0], m->at[1]); }
static const Node *argmax_make(Rw *rw, const Match *m) { return ir_with_inputs(rw->ir, m->at[0], &m->at[2]); }

/* law    argmax(softmax(z)) == argmax(z)            along the same dimension
 * REAL   distinct logits round to equal probabilities; an infinite or NaN logit makes all of them NaN */
const Rule rule_argmax_softmax = {
    .name = "argmax_softmax",
    .law = "argmax(softmax(z))  ->  argmax(z)",
    .where = "along the same dimension",
    .sound = REAL,
    .lhs = P1(ARGMAX, 0, P1(SOFTMAX, 1, ANY(2))),
    .when = argmax_softmax_when,
    .make = argmax_make,
};

/* law    argmax(log_softmax(z)) == argmax(z)        as argmax_softmax */
const Rule rule_argmax_log_softmax = {
    .name = "argmax_log_softmax",
    .law = "argmax(log_softmax(z))  ->  argmax(z)",
    .where = "along the same dimension",
    .sound = REAL,
    .lhs = P1(ARGMAX, 0, P1(LOG_SOFTMAX, 1, ANY(2))),
    .when = argmax_softmax_when,
    .make = argmax_make,
};

static bool argmax_increasing_when(Rw *rw, const Match *m) {
    (void)rw;
    Op op = m->at[1]->op;
    return op == OP_SIGMOID || op == OP_TANH || op == OP_EXP || op == OP_ERF;
}

/* law    argmax(f(z)) == argmax(z)                  f strictly increasing over the reals
 * where  not relu, floor: equal values where z differs.  REAL: sigmoid(40) and sigmoid(50) are both 1 */
const Rule rule_argmax_increasing = {
    .name = "argmax_increasing",
    .law = "argmax(f(z))  ->  argmax(z)",
    .where = "f is sigmoid, tanh, exp or erf",
    .sound = REAL,
    .lhs = P1(ARGMAX, 0, F1(INC, 1, ANY(2))),
    .when = argmax_increasing_when,
    .make = argmax_make,
};
