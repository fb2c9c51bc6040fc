/* Inverses of thresholds:  f(z) cmp t  ->  z cmp t'.  Each law is total on a constant t.
 *
 * Order is SQL's: NaN is above all numbers, so a non-decreasing f with f(NaN) = NaN keeps the order of all
 * its values, and bisection runs over the floats with NaN as the last one.
 *
 * Tempting and wrong
 *  - z > logit(t) for sigmoid(z) > t: sigmoid rounds, so the textbook inverse decides 868 million floats
 * differently at t = 0.5.  The boundary of the computed function is found by bisection over the ordered
 * floats.
 *  - z + c > t  ->  z > t - c on floats: both sides round.  On integers the sum may overflow where z > t - c
 * does not, which only removes an error, and t - c is taken in 128 bits: beyond the type's range the test is
 * constant.
 *  - sqrt(z) < t  ->  z < t', sqrt(z) > t  ->  z > t': negative z gives NaN, which is above t.  The domain is
 * tested too.
 *  - -z > t  ->  z < -t on floats: the negation of NaN is NaN, above t on the left and not below -t on the
 * right.
 */
#include "base/number.h"
#include "ir/laws.h"
#include "ir/numeric.h"
#include "ir/tensor_build.h"
#include <math.h>

static const Inverse no_inverse = {NULL, false};

static bool is_upper(Op cmp) { return cmp == OP_GT || cmp == OP_GE; } /* true of an up-set of f */

static Op flipped(Op cmp) {
    if (cmp == OP_GT) return OP_LT;
    if (cmp == OP_LT) return OP_GT;
    return cmp == OP_GE ? OP_LE : OP_GE;
}

static const Value *value_of(const Node *t) { return &ATTR_OF(t, Const)->value; }

/* ---- ordered domains: the values of a type as consecutive integers ---- */

typedef struct Domain {
    const Type *type;
    int64_t least, greatest; /* positions; the greatest float is NaN */
    bool partial;            /* f of what is below the least is NaN */
} Domain;

/* Position of a float: bits as a signed number, negative ones reflected; -0 and 0 are neighbours. */
static int64_t place_f32(float x) {
    int32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >= 0 ? bits : (int64_t)INT32_MIN - bits - 1;
}

static float f32_at(int64_t place) {
    if (place > place_f32(INFINITY)) return NAN;
    int32_t bits = (int32_t)(place >= 0 ? place : (int64_t)INT32_MIN - place - 1);
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static int64_t place_f64(double x) {
    int64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >= 0 ? bits : INT64_MIN - bits - 1;
}

static double f64_at(int64_t place) {
    if (place > place_f64(INFINITY)) return NAN;
    int64_t bits = place >= 0 ? place : INT64_MIN - place - 1;
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static Value value_at(const Type *t, int64_t place) {
    Value v = {.type = type_nullable(t, false)};
    if (t->kind == TY_F32) v.f32 = f32_at(place);
    else if (t->kind == TY_F64) v.f64 = f64_at(place);
    else v.i = place;
    return v;
}

static Domain float_domain(const Type *t, bool from_zero) {
    if (t->kind == TY_F32)
        return (Domain){t, place_f32(from_zero ? -0.0f : -INFINITY), place_f32(INFINITY) + 1, from_zero};
    return (Domain){t, place_f64(from_zero ? -0.0 : -INFINITY), place_f64(INFINITY) + 1, from_zero};
}

enum { MOST_DAYS = 100000000 }; /* beyond the years 1 to 9999 of every DATE, and still a TIMESTAMP */

/* Signed integers, the unsigned that fit, DATE. False for other types. */
static bool integer_domain(const Type *t, Domain *out) {
    static const int64_t least[TY_COUNT] = {[TY_I8] = INT8_MIN,
                                            [TY_I16] = INT16_MIN,
                                            [TY_I32] = INT32_MIN,
                                            [TY_I64] = INT64_MIN,
                                            [TY_DATE] = -MOST_DAYS};
    static const int64_t greatest[TY_COUNT] = {
        [TY_I8] = INT8_MAX,  [TY_I16] = INT16_MAX,  [TY_I32] = INT32_MAX,  [TY_I64] = INT64_MAX,
        [TY_U8] = UINT8_MAX, [TY_U16] = UINT16_MAX, [TY_U32] = UINT32_MAX, [TY_DATE] = MOST_DAYS};
    *out = (Domain){t, least[t->kind], greatest[t->kind], false};
    return greatest[t->kind] != 0;
}

/* ---- bisection ---- */

typedef struct Test { /* does f(z) cmp t hold? */
    Ir *ir;
    const Node *f;
    Op cmp;
    const Value *t;
} Test;

static double unary_f64(const Node *f, double x) {
    if (f->op == OP_LEAKY_RELU) return x > 0 ? x : x * ATTR_OF(f, Slope)->slope;
    return num_eval_f64(f->op, x);
}

static float unary_f32(const Node *f, float x) {
    if (f->op == OP_LEAKY_RELU) return x > 0 ? x : x * (float)ATTR_OF(f, Slope)->slope;
    return num_eval_f32(f->op, x);
}

static bool is_float_scalar(const Type *t) { return t->kind == TY_F32 || t->kind == TY_F64; }

/* Between floats as IEEE rounds, to infinity too. */
static void apply_cast(const Test *q, const Value *z, Value *y) {
    const char *why;
    if (is_float_scalar(z->type) && is_float_scalar(y->type)) {
        double wide = z->type->kind == TY_F64 ? z->f64 : z->f32;
        if (y->type->kind == TY_F64) y->f64 = wide;
        else y->f32 = (float)wide;
    } else if (!value_cast(ir_arena(q->ir), z, y->type, y, &why)) {
        BUG("a cast that cannot fail: %s", why);
    }
}

static Value apply(const Test *q, const Value *z) {
    Value y = {.type = type_nullable(q->f->type, false)};
    if (q->f->op == OP_CAST) apply_cast(q, z, &y);
    else if (y.type->kind == TY_F64) y.f64 = unary_f64(q->f, z->f64);
    else y.f32 = unary_f32(q->f, z->f32);
    return y;
}

static bool holds(const Test *q, int64_t place) {
    Value z = value_at(q->f->in[0]->type, place), y = apply(q, &z);
    int c = value_cmp(&y, q->t);
    if (q->cmp == OP_GT) return c > 0;
    if (q->cmp == OP_GE) return c >= 0;
    return q->cmp == OP_LT ? c < 0 : c <= 0;
}

/* The end of the up-set (its least place) or down-set (its greatest) that holds; false: it is empty. */
static bool boundary(const Test *q, const Domain *d, int64_t *out) {
    bool up = is_upper(q->cmp);
    int64_t in = up ? d->greatest : d->least, end = up ? d->least : d->greatest;
    if (!holds(q, in)) return false;
    if (holds(q, end)) return *out = end, true;
    for (;;) { /* in holds, end does not */
        uint64_t gap = up ? (uint64_t)in - (uint64_t)end : (uint64_t)end - (uint64_t)in;
        if (gap == 1) return *out = in, true;
        int64_t middle = (int64_t)((uint64_t)(up ? end : in) + gap / 2);
        if (holds(q, middle)) in = middle;
        else end = middle;
    }
}

static const Node *at_place(Ir *ir, const Type *t, int64_t place) { return ir_const(ir, value_at(t, place)); }

/* False of every z, NULL of NULL: nothing is above the greatest. */
static const Node *never(Ir *ir, const Node *z, const Domain *d) {
    return ir_2(ir, OP_GT, z, at_place(ir, z->type, d->greatest));
}

/* What lies below the domain gives NaN: above every number. */
static const Node *outside(Ir *ir, const Test *q, const Domain *d, const Node *test) {
    const Node *z = q->f->in[0], *least = at_place(ir, z->type, d->least);
    bool nan_holds = holds(q, d->greatest), up = is_upper(q->cmp);
    if (!d->partial || nan_holds != up) return test;
    return up ? ir_2(ir, OP_OR, test, ir_2(ir, OP_LT, z, least))
              : ir_2(ir, OP_AND, test, ir_2(ir, OP_GE, z, least));
}

/* The whole law of a non-decreasing f on d. */
static const Node *invert(Ir *ir, Op cmp, const Node *f, const Node *t, const Domain *d) {
    const Node *z = f->in[0];
    Test q = {ir, f, cmp, value_of(t)};
    bool up = is_upper(cmp);
    int64_t place;
    if (q.t->null) return ir_null(ir, type_get(ir_types(ir), TY_BOOL));
    if (!boundary(&q, d, &place)) return never(ir, z, d);
    return outside(ir, &q, d, ir_2(ir, up ? OP_GE : OP_LE, z, at_place(ir, z->type, place)));
}

Inverse law_inverse_bisect(Ir *ir, Op cmp, const Node *f, const Node *t) {
    if (!is_float_scalar(f->type)) return no_inverse;
    if (f->op == OP_LEAKY_RELU && !(ATTR_OF(f, Slope)->slope > 0)) return no_inverse; /* 0: -inf gives NaN */
    Domain d = float_domain(f->type, f->op == OP_SQRT || f->op == OP_LOG);
    bool proved = f->type->kind == TY_F32 || f->op == OP_SQRT || f->op == OP_FLOOR || f->op == OP_CEIL ||
                  f->op == OP_ROUND || f->op == OP_RELU || f->op == OP_LEAKY_RELU;
    return (Inverse){invert(ir, cmp, f, t, &d), proved};
}

/* Casts between ordered types are non-decreasing. One that may fail would have its error hidden. */
Inverse law_inverse_cast(Ir *ir, Op cmp, const Node *f, const Node *t) {
    const Type *from = f->in[0]->type, *to = f->type;
    Domain d;
    if (ir_op_fallible(f) || ATTR_OF(f, Cast)->try) return no_inverse;
    if (is_float_scalar(from) && is_float_scalar(to)) d = float_domain(from, false);
    else if (!integer_domain(from, &d)) return no_inverse;
    if (!type_is_numeric(to) && to->kind != TY_TIMESTAMP) return no_inverse;
    if (to->kind == TY_F16 || to->kind == TY_BF16) return no_inverse;
    return (Inverse){invert(ir, cmp, f, t, &d), true};
}

/* ---- exact arithmetic with a constant, on the scaled integers ---- */

static bool is_exact(const Type *t) { return type_is_integer(t) || t->kind == TY_DECIMAL; }

static Int128 exact_value(const Value *v) {
    if (v->type->kind == TY_DECIMAL) return v->dec;
    return v->type->kind >= TY_U8 ? (Int128)v->u : (Int128)v->i;
}

/* Least and greatest scaled integer of a type: 10^precision - 1 or the integer's. */
static Int128 greatest_of(const Type *t) {
    if (t->kind == TY_DECIMAL) return decimal_pow10(t->precision) - 1;
    int bits = type_bytes(t) * 8 - (t->kind < TY_U8);
    return ((Int128)1 << bits) - 1;
}

static Int128 least_of(const Type *t) {
    if (t->kind == TY_DECIMAL) return -greatest_of(t);
    return t->kind >= TY_U8 ? 0 : -greatest_of(t) - 1;
}

static const Node *exact_const(Ir *ir, const Type *t, Int128 i) {
    Value v = {.type = type_nullable(t, false)};
    if (t->kind == TY_DECIMAL) v.dec = i;
    else v.i = (int64_t)i;
    return ir_const(ir, v);
}

/* z cmp bound, where the bound may lie beyond z's type: then it holds of all z or of none. */
static const Node *compare_exact(Ir *ir, Op cmp, const Node *z, Int128 bound) {
    Int128 least = least_of(z->type), greatest = greatest_of(z->type);
    bool above = bound > greatest, below = bound < least;
    if (!above && !below) return ir_2(ir, cmp, z, exact_const(ir, z->type, bound));
    bool always = is_upper(cmp) ? below : above;
    if (always) return ir_2(ir, OP_GE, z, exact_const(ir, z->type, least));
    return ir_2(ir, OP_GT, z, exact_const(ir, z->type, greatest));
}

/* What leaves 128 bits is beyond every type, on the same side. */
static Int128 saturating_sub(Int128 a, Int128 b) {
    Int128 d;
    if (!__builtin_sub_overflow(a, b, &d)) return d;
    return a > 0 ? (Int128)((unsigned __int128)-1 >> 1) : -(Int128)((unsigned __int128)-1 >> 1) - 1;
}

/* The variable and the constant operand of a binary op, and whether the constant is the second; false if
 * there is none. */
static bool split(const Node *f, const Node **z, const Value **c, bool *second) {
    *second = ir_is_const(f->in[1]);
    if (!*second && !ir_is_const(f->in[0])) return false;
    *z = f->in[*second ? 0 : 1];
    *c = value_of(f->in[*second ? 1 : 0]);
    return is_exact((*z)->type) && is_exact((*c)->type) && is_exact(f->type) && !(*c)->null;
}

static bool same_scale(const Node *f) {
    return f->in[0]->type->scale == f->type->scale && f->in[1]->type->scale == f->type->scale;
}

static Inverse null_test(Ir *ir) { return (Inverse){ir_null(ir, type_get(ir_types(ir), TY_BOOL)), true}; }

Inverse law_inverse_neg(Ir *ir, Op cmp, const Node *f, const Node *t) {
    const Type *type = f->type;
    const Value *v = value_of(t);
    if (v->null) return null_test(ir);
    if (is_exact(type)) return (Inverse){compare_exact(ir, flipped(cmp), f->in[0], -exact_value(v)), true};
    if (!is_float_scalar(type)) return no_inverse;
    double minus = type->kind == TY_F64 ? -v->f64 : -(double)v->f32;
    if (isnan(minus)) return no_inverse;
    const Node *z = f->in[0], *test = ir_2(ir, flipped(cmp), z, ir_number(ir, type, minus));
    const Node *infinity = ir_number(ir, type, INFINITY);
    if (is_upper(cmp)) return (Inverse){ir_2(ir, OP_OR, test, ir_2(ir, OP_GT, z, infinity)), true};
    return (Inverse){ir_2(ir, OP_AND, test, ir_2(ir, OP_LE, z, infinity)), true};
}

Inverse law_inverse_add(Ir *ir, Op cmp, const Node *f, const Node *t) {
    const Node *z;
    const Value *c, *v = value_of(t);
    bool second;
    if (!split(f, &z, &c, &second) || !same_scale(f)) return no_inverse;
    if (v->null) return null_test(ir);
    return (Inverse){compare_exact(ir, cmp, z, saturating_sub(exact_value(v), exact_value(c))), true};
}

/* z - c cmp t  ->  z cmp t + c;   c - z cmp t  ->  z flipped c - t */
Inverse law_inverse_sub(Ir *ir, Op cmp, const Node *f, const Node *t) {
    const Node *z;
    const Value *c, *v = value_of(t);
    bool second;
    if (!split(f, &z, &c, &second) || !same_scale(f)) return no_inverse;
    if (v->null) return null_test(ir);
    if (second)
        return (Inverse){compare_exact(ir, cmp, z, saturating_sub(exact_value(v), -exact_value(c))), true};
    return (Inverse){compare_exact(ir, flipped(cmp), z, saturating_sub(exact_value(c), exact_value(v))),
                     true};
}

static Int128 floor_div(Int128 a, Int128 b) { /* b > 0 */
    Int128 q = a / b;
    return a % b < 0 ? q - 1 : q;
}

/* z * c cmp t:  > and <= compare with floor(t / c), >= and < with ceil(t / c); a negative c flips both sides'
 * signs. */
Inverse law_inverse_mul(Ir *ir, Op cmp, const Node *f, const Node *t) {
    const Node *z;
    const Value *c, *v = value_of(t);
    bool second;
    if (!split(f, &z, &c, &second) || exact_value(c) == 0) return no_inverse;
    if (v->null) return null_test(ir);
    Int128 by = exact_value(c), to = exact_value(v);
    if (by < 0) by = -by, to = -to, cmp = flipped(cmp);
    bool down = cmp == OP_GT || cmp == OP_LE;
    return (Inverse){compare_exact(ir, cmp, z, down ? floor_div(to, by) : -floor_div(-to, by)), true};
}

Inverse ir_inverse(Ir *ir, Op cmp, const Node *f, const Node *t) {
    bool order = cmp == OP_LT || cmp == OP_LE || cmp == OP_GT || cmp == OP_GE;
    InverseLaw law = op_laws[f->op].inverse;
    if (!order || !law || !ir_is_const(t) || f->type->kind == TY_TENSOR || !type_same(f->type, t->type))
        return no_inverse;
    return law(ir, cmp, f, t);
}
