/* Elementwise functions as expressions.  Written so that they lose no digits where the plain formula would
 * (near 0, near overflow); the error of each is a few units in the last place of the functions they are made
 * of. */
#include "ir/compose.h"
#include "ir/tensor_build.h"
#include <math.h>

static const Node *num(Ir *ir, const Node *like, double v) { return ir_number(ir, like->type, v); }
static const Node *add(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_ADD, a, b); }
static const Node *sub(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_SUB, a, b); }
static const Node *mul(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_MUL, a, b); }
static const Node *divide(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_DIV, a, b); }
static const Node *times(Ir *ir, const Node *a, double v) { return mul(ir, a, num(ir, a, v)); }
static const Node *plus(Ir *ir, const Node *a, double v) { return add(ir, a, num(ir, a, v)); }
static const Node *absolute(Ir *ir, const Node *a) { return ir_1(ir, OP_ABS, a); }
static const Node *below(Ir *ir, const Node *a, double v) { return ir_2(ir, OP_LT, a, num(ir, a, v)); }
static const Node *above(Ir *ir, const Node *a, double v) { return ir_2(ir, OP_GT, a, num(ir, a, v)); }
static const Node *equals(Ir *ir, const Node *a, double v) { return ir_2(ir, OP_EQ, a, num(ir, a, v)); }
static bool is_float(const Node *n) { return type_is_float(ir_elem(n->type)); }

const Node *ir_where(Ir *ir, const Node *cond, const Node *a, const Node *b) {
    return ir_3(ir, cond->type->kind == TY_TENSOR ? OP_WHERE : OP_CASE, cond, a, b);
}

/* x in the floats that functions of it compute in */
static const Node *as_float(Ir *ir, const Node *x) {
    TypePool *types = ir_types(ir);
    const Type *t = x->type, *elem = ir_elem(t);
    if (elem->kind == TY_F32 || elem->kind == TY_F64) return x;
    bool f32 = t->kind == TY_TENSOR || type_is_float(elem);
    const Type *to = type_get(types, f32 ? TY_F32 : TY_F64);
    return ir_cast(ir, x, t->kind == TY_TENSOR ? type_tensor(types, to, t->n, t->dims) : to);
}

/* ---- parts of numbers ---- */

/* NaN is above all numbers. */
static const Node *isnan_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, above(ir, x, INFINITY);
}

static const Node *isinf_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, equals(ir, absolute(ir, x), INFINITY);
}

static const Node *isfinite_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, below(ir, absolute(ir, x), INFINITY);
}

/* -1, 0, 1; NaN of NaN */
static const Node *sign(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = in[0], *negative = ir_where(ir, below(ir, x, 0), num(ir, x, -1), num(ir, x, 0));
    const Node *s = ir_where(ir, above(ir, x, 0), num(ir, x, 1), negative);
    return (void)p, is_float(x) ? ir_where(ir, above(ir, x, INFINITY), x, s) : s;
}

static const Node *trunc_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = in[0];
    (void)p;
    return is_float(x) ? ir_where(ir, below(ir, x, 0), ir_1(ir, OP_CEIL, x), ir_1(ir, OP_FLOOR, x)) : x;
}

/* x - y floor(x / y): the remainder with the sign of the divisor, exact */
static const Node *remainder_(Ir *ir, const Node *const *in, const double *p) {
    const Node *r = ir_2(ir, OP_MOD, in[0], in[1]), *y = r->in[1];
    const Node *apart = ir_2(ir, OP_NE, below(ir, r, 0), below(ir, y, 0));
    const Node *moved = ir_where(ir, equals(ir, r, 0), r, add(ir, r, y));
    return (void)p, ir_where(ir, apart, moved, r);
}

static const Node *whole_quotient(Ir *ir, const Node *a, const Node *b) {
    bool tensor = a->type->kind == TY_TENSOR || b->type->kind == TY_TENSOR;
    return ir_2(ir, tensor ? OP_IDIV : OP_DIV, a, b);
}

/* the quotient towards minus infinity */
static const Node *floor_divide(Ir *ir, const Node *const *in, const double *p) {
    const Node *r = ir_2(ir, OP_MOD, in[0], in[1]), *y = r->in[1];
    (void)p;
    if (is_float(r)) return ir_1(ir, OP_FLOOR, divide(ir, in[0], in[1]));
    const Node *q = whole_quotient(ir, r->in[0], y),
               *less = ir_where(ir, equals(ir, r, 0), q, plus(ir, q, -1));
    return ir_where(ir, ir_2(ir, OP_NE, below(ir, r, 0), below(ir, y, 0)), less, q);
}

/* the quotient towards 0 */
static const Node *div_(Ir *ir, const Node *const *in, const double *p) {
    const Node *r = ir_2(ir, OP_MOD, in[0], in[1]);
    if (!is_float(r)) return whole_quotient(ir, r->in[0], r->in[1]);
    const Node *q = divide(ir, in[0], in[1]);
    return trunc_(ir, &q, p);
}

static const Node *between(Ir *ir, const Node *x, const Node *lo, const Node *hi) {
    return ir_2(ir, OP_MIN2, ir_2(ir, OP_MAX2, x, lo), hi);
}

static const Node *clip(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, between(ir, in[0], in[1], in[2]);
}

static const Node *reciprocal(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, divide(ir, num(ir, x, 1), x);
}

static const Node *rsqrt(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = ir_1(ir, OP_SQRT, as_float(ir, in[0]));
    return (void)p, divide(ir, num(ir, x, 1), x);
}

static const Node *square(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, mul(ir, in[0], in[0]);
}

/* ---- exponentials and logarithms ---- */

/* With u = fl(1 + x), ln(u) x / (u - 1): the error of u cancels (Kahan). */
static const Node *log_of_1_plus(Ir *ir, const Node *x) {
    const Node *u = plus(ir, x, 1), *whole = ir_2(ir, OP_LT, u, num(ir, u, INFINITY));
    const Node *y = mul(ir, ir_1(ir, OP_LOG, u), divide(ir, x, plus(ir, u, -1)));
    y = ir_where(ir, equals(ir, u, 1), x, y);
    return ir_where(ir, whole, y, ir_where(ir, above(ir, u, INFINITY), u, x));
}

/* With u = fl(e^x), (u - 1) x / ln(u), likewise. */
static const Node *exp_minus_1(Ir *ir, const Node *x) {
    const Node *u = ir_1(ir, OP_EXP, x), *less = plus(ir, u, -1), *log = ir_1(ir, OP_LOG, u);
    const Node *near = ir_2(ir, OP_LT, absolute(ir, x), num(ir, x, 1));
    const Node *y = mul(ir, less, divide(ir, x, log));
    return ir_where(ir, near, ir_where(ir, equals(ir, u, 1), x, y), less);
}

static const Node *log1p_(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, log_of_1_plus(ir, as_float(ir, in[0]));
}
static const Node *expm1_(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, exp_minus_1(ir, as_float(ir, in[0]));
}

static const Node *log2_(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, times(ir, ir_1(ir, OP_LOG, in[0]), M_LOG2E);
}

static const Node *log10_(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, times(ir, ir_1(ir, OP_LOG, in[0]), M_LOG10E);
}

static const Node *exp2_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, ir_2(ir, OP_POW, num(ir, x, 2), x);
}

/* ---- angles ---- */

static const Node *tan_(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, divide(ir, ir_1(ir, OP_SIN, in[0]), ir_1(ir, OP_COS, in[0]));
}

static const Node *atan_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, ir_2(ir, OP_ATAN2, x, num(ir, x, 1));
}

/* sqrt(1 - x^2) without cancellation; NaN beyond 1 */
static const Node *other_side(Ir *ir, const Node *x) {
    return ir_1(ir, OP_SQRT, mul(ir, sub(ir, num(ir, x, 1), x), plus(ir, x, 1)));
}

static const Node *asin_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, ir_2(ir, OP_ATAN2, x, other_side(ir, x));
}

static const Node *acos_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, ir_2(ir, OP_ATAN2, other_side(ir, x), x);
}

static const Node *degrees(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, times(ir, as_float(ir, in[0]), 180 / M_PI);
}
static const Node *radians(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, times(ir, as_float(ir, in[0]), M_PI / 180);
}

/* ---- hyperbolic functions ---- */

/* (e^x + e^-x) / 2 with e^|x| as a square, so that it overflows only where the result does */
static const Node *cosh_of(Ir *ir, const Node *x) {
    const Node *half = times(ir, absolute(ir, x), 0.5);
    const Node *e = ir_1(ir, OP_EXP, half), *f = ir_1(ir, OP_EXP, ir_1(ir, OP_NEG, half));
    return add(ir, mul(ir, times(ir, e, 0.5), e), mul(ir, times(ir, f, 0.5), f));
}

static const Node *cosh_(Ir *ir, const Node *const *in, const double *p) {
    return (void)p, cosh_of(ir, as_float(ir, in[0]));
}

static const Node *sinh_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, mul(ir, ir_1(ir, OP_TANH, x), cosh_of(ir, x));
}

/* x with the sign turned where s is negative */
static const Node *with_sign(Ir *ir, const Node *x, const Node *s) {
    return ir_where(ir, below(ir, s, 0), ir_1(ir, OP_NEG, x), x);
}

/* ln(a + sqrt(a^2 + 1)) = log1p(a + a^2 / (1 + sqrt(a^2 + 1))), a = |x|; ln(2 a) where a^2 may overflow */
static const Node *asinh_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]), *a = absolute(ir, x), *large = above(ir, a, 1e9);
    const Node *z = ir_where(ir, large, num(ir, a, 0), mul(ir, a, a));
    const Node *root = ir_1(ir, OP_SQRT, plus(ir, z, 1));
    const Node *y = log_of_1_plus(ir, add(ir, a, divide(ir, z, plus(ir, root, 1))));
    y = ir_where(ir, large, plus(ir, ir_1(ir, OP_LOG, a), M_LN2), y);
    return (void)p, with_sign(ir, y, x);
}

/* ln(x + sqrt(x^2 - 1)) = log1p(t + sqrt(2 t + t^2)), t = x - 1; NaN below 1 */
static const Node *acosh_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]), *large = above(ir, x, 1e9);
    const Node *t = plus(ir, ir_where(ir, large, num(ir, x, 1), x), -1);
    const Node *root = ir_1(ir, OP_SQRT, add(ir, times(ir, t, 2), mul(ir, t, t)));
    const Node *y = log_of_1_plus(ir, add(ir, t, root));
    return (void)p, ir_where(ir, large, plus(ir, ir_1(ir, OP_LOG, x), M_LN2), y);
}

/* log1p(2 a / (1 - a)) / 2; NaN beyond 1 */
static const Node *atanh_(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]), *a = absolute(ir, x);
    const Node *q = ir_where(ir, equals(ir, a, 1), num(ir, a, INFINITY),
                             divide(ir, times(ir, a, 2), sub(ir, num(ir, a, 1), a)));
    return (void)p, with_sign(ir, times(ir, log_of_1_plus(ir, q), 0.5), x);
}

/* ---- activations ---- */

static const Node *positive_or(Ir *ir, const Node *x, const Node *other) {
    return ir_where(ir, above(ir, x, 0), x, other);
}

static const Node *elu(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return positive_or(ir, x, times(ir, exp_minus_1(ir, x), p[0]));
}

static const Node *celu(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return positive_or(ir, x, times(ir, exp_minus_1(ir, divide(ir, x, num(ir, x, p[0]))), p[0]));
}

static const Node *selu(Ir *ir, const Node *const *in, const double *p) {
    return times(ir, elu(ir, in, p), p[1]);
}

/* x P(X <= x) of a normal X */
static const Node *gelu(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, mul(ir, times(ir, x, 0.5), plus(ir, ir_1(ir, OP_ERF, times(ir, x, M_SQRT1_2)), 1));
}

static const Node *gelu_tanh(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]), *cube = mul(ir, mul(ir, x, x), x);
    const Node *inner = times(ir, add(ir, x, times(ir, cube, 0.044715)), M_SQRT1_2 * M_2_SQRTPI);
    return (void)p, mul(ir, times(ir, x, 0.5), plus(ir, ir_1(ir, OP_TANH, inner), 1));
}

static const Node *silu(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, mul(ir, x, ir_1(ir, OP_SIGMOID, x));
}

/* ln(1 + e^x) = max(x, 0) + log1p(e^-|x|) */
static const Node *softplus_of(Ir *ir, const Node *x) {
    return add(ir, ir_1(ir, OP_RELU, x),
               log_of_1_plus(ir, ir_1(ir, OP_EXP, ir_1(ir, OP_NEG, absolute(ir, x)))));
}

/* with beta and, above it, the identity, as PyTorch's */
static const Node *softplus(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]), *z = p[0] == 1 ? x : times(ir, x, p[0]);
    const Node *y = softplus_of(ir, z);
    if (p[0] != 1) y = divide(ir, y, num(ir, y, p[0]));
    return ir_where(ir, above(ir, z, p[1]), x, y);
}

static const Node *mish(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, mul(ir, x, ir_1(ir, OP_TANH, softplus_of(ir, x)));
}

static const Node *softsign(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, divide(ir, x, plus(ir, absolute(ir, x), 1));
}

static const Node *log_sigmoid(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, ir_1(ir, OP_NEG, softplus_of(ir, ir_1(ir, OP_NEG, x)));
}

static const Node *hard_sigmoid(Ir *ir, const Node *x, double alpha, double beta) {
    return between(ir, plus(ir, times(ir, x, alpha), beta), num(ir, x, 0), num(ir, x, 1));
}

static const Node *hardsigmoid(Ir *ir, const Node *const *in, const double *p) {
    return hard_sigmoid(ir, as_float(ir, in[0]), p[0], p[1]);
}

static const Node *hardswish(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, mul(ir, x, hard_sigmoid(ir, x, 1.0 / 6, 0.5));
}

static const Node *hardtanh(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = in[0];
    return between(ir, x, num(ir, x, p[0]), num(ir, x, p[1]));
}

static const Node *relu6(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = in[0];
    return (void)p, between(ir, x, num(ir, x, 0), num(ir, x, 6));
}

static const Node *threshold(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = in[0];
    return ir_where(ir, above(ir, x, p[0]), x, num(ir, x, p[1]));
}

/* 0 within lambd of 0; beyond, x itself or nearer to 0 by it */
static const Node *hardshrink(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = in[0];
    return ir_where(ir, above(ir, absolute(ir, x), p[0]), x, num(ir, x, 0));
}

static const Node *softshrink(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = in[0], *low = ir_where(ir, below(ir, x, -p[0]), plus(ir, x, p[0]), num(ir, x, 0));
    return ir_where(ir, above(ir, x, p[0]), plus(ir, x, -p[0]), low);
}

static const Node *tanhshrink(Ir *ir, const Node *const *in, const double *p) {
    const Node *x = as_float(ir, in[0]);
    return (void)p, sub(ir, x, ir_1(ir, OP_TANH, x));
}

#define SELU_ALPHA 1.6732632423543772848170429916717
#define SELU_SCALE 1.0507009873554804934193349852946

static const Composition compositions[] = {
#define COMPOSITION(name, n, takes, options, first, second, build, law)                                      \
    {name, n, options, {first, second}, build, law},
#include "ir/compose.def"
#undef COMPOSITION
};

const Composition *ir_composition(const char *name) {
    for (size_t i = 0; i < sizeof compositions / sizeof *compositions; i++)
        if (strcmp(compositions[i].name, name) == 0) return &compositions[i];
    return NULL;
}

static bool is_number(const Type *t) {
    const Type *e = t->kind == TY_TENSOR ? t->elem : t;
    return type_is_numeric(e);
}

/* What the operators inside would reject is found by typing the operands as one of them takes them. */
static bool fits(Ir *ir, const Composition *c, const Node *const *in) {
    const char *why;
    for (uint32_t i = 0; i < c->n; i++)
        if (!is_number(in[i]->type)) return false;
    for (uint32_t i = 1; i < c->n; i++)
        if (!ir_check(ir, OP_MAX2, NULL, 2, (const Node *const[]){in[0], in[i]}, &why)) return false;
    return true;
}

const Node *ir_compose(Ir *ir, const Composition *c, const Node *const *in, const double *p) {
    return fits(ir, c, in) ? c->build(ir, in, p ? p : c->defaults) : NULL;
}
