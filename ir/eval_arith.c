/* Arithmetic: exact and checked on integers and DECIMAL, IEEE 754 on floats, calendar on dates. */
#include "base/date.h"
#include "base/number.h"
#include "ir/eval_map.h"

#include <math.h>

/* ---- integers and DECIMAL ---- */

static bool is_unsigned(const Type *t) { return t->kind >= TY_U8 && t->kind <= TY_U64; }

static Int128 exact_of(const Value *v) {
    if (v->type->kind == TY_DECIMAL) return v->dec;
    return is_unsigned(v->type) ? (Int128)v->u : (Int128)v->i;
}

static bool fits(const Type *t, Int128 v) {
    if (t->kind == TY_DECIMAL) return decimal_fits(v, t->precision);
    int bits = 8 * type_bytes(t);
    Int128 top = (Int128)1 << (bits - !is_unsigned(t));
    return v < top && v >= (is_unsigned(t) ? 0 : -top);
}

static bool store_exact(Eval *e, const Node *n, Int128 v, Value *out) {
    if (!fits(out->type, v)) return eval_fail_exact(e, n, v, out->type);
    if (out->type->kind == TY_DECIMAL) out->dec = v;
    else out->i = (int64_t)v;
    return true;
}

static bool fail_zero(Eval *e, const Node *n) { return eval_fail(e, n, ROW_DIV_ZERO, "division by zero"); }

static bool arith_exact(Eval *e, const Node *n, const Value *in, Value *out) {
    Int128 a = exact_of(&in[0]), b = exact_of(&in[1]), r = 0;
    bool division = n->op == OP_DIV || n->op == OP_IDIV || n->op == OP_MOD, overflow = false;
    if (division && b == 0) return fail_zero(e, n);
    if (n->op == OP_ADD) overflow = __builtin_add_overflow(a, b, &r);
    if (n->op == OP_SUB) overflow = __builtin_sub_overflow(a, b, &r);
    if (n->op == OP_MUL) overflow = __builtin_mul_overflow(a, b, &r);
    if (n->op == OP_DIV || n->op == OP_IDIV) r = a / b; /* towards zero; no operand is the least Int128 */
    if (n->op == OP_MOD) r = a % b;
    return overflow ? eval_fail_range(e, n, out->type) : store_exact(e, n, r, out);
}

/* ---- floats ---- */

static float f32_of(Op op, float a, float b) {
    if (op == OP_ADD) return a + b;
    if (op == OP_SUB) return a - b;
    if (op == OP_MUL) return a * b;
    return op == OP_DIV ? a / b : fmodf(a, b);
}

static double f64_of(Op op, double a, double b) {
    if (op == OP_ADD) return a + b;
    if (op == OP_SUB) return a - b;
    if (op == OP_MUL) return a * b;
    return op == OP_DIV ? a / b : fmod(a, b);
}

/* Scalars do not divide by zero, elements of tensors do. */
static bool arith_float(Eval *e, const Node *n, const Value *in, Value *out) {
    bool wide = out->type->kind == TY_F64,
         checked = n->type->kind != TY_TENSOR && (n->op == OP_DIV || n->op == OP_MOD);
    if (checked && (wide ? in[1].f64 == 0 : in[1].f32 == 0)) return fail_zero(e, n);
    if (wide) out->f64 = f64_of(n->op, in[0].f64, in[1].f64);
    else out->f32 = eval_round(out->type, f32_of(n->op, in[0].f32, in[1].f32));
    return true;
}

/* ---- dates ---- */

static const int64_t day = 86400 * INT64_C(1000000);

static bool is_kind(const Value *v, TypeKind k) { return v->type->kind == k; }

static bool add_intervals(Interval a, Interval b, int sign, Interval *out) {
    Int128 months = (Int128)a.months + sign * (Int128)b.months, days = (Int128)a.days + sign * (Int128)b.days,
           micros = (Int128)a.micros + sign * (Int128)b.micros;
    *out = (Interval){(int32_t)months, (int32_t)days, (int64_t)micros};
    return out->months == months && out->days == days && out->micros == micros;
}

/* Days and the rest, as PostgreSQL. */
static bool time_between(const Value *in, Value *out) {
    int64_t micros;
    if (__builtin_sub_overflow(in[0].i, in[1].i, &micros)) return false;
    out->interval = (Interval){0, (int32_t)(micros / day), micros % day};
    return micros / day == out->interval.days;
}

/* A time of day goes round; only the interval's time counts. */
static int64_t time_add(int64_t time, Interval iv, int sign) {
    int64_t sum = (time + sign * (iv.micros % day)) % day;
    return sum < 0 ? sum + day : sum;
}

static bool temporal(const Value *in, int sign, Value *out) {
    const Value *time = is_kind(&in[0], TY_INTERVAL) ? &in[1] : &in[0], *other = time == in ? &in[1] : &in[0];
    if (is_kind(time, TY_INTERVAL))
        return add_intervals(in[0].interval, in[1].interval, sign, &out->interval);
    if (is_kind(out, TY_TIME)) return out->i = time_add(time->i, other->interval, sign), true;
    if (is_kind(out, TY_INTERVAL)) return time_between(in, out);
    if (is_kind(out, TY_TIMESTAMP)) return timestamp_add(time->i, other->interval, sign, &out->i);
    Int128 days = (Int128)in[0].i + sign * (Int128)in[1].i; /* DATE +- INTEGER, DATE - DATE */
    out->i = (int64_t)days;
    return days >= INT32_MIN && days <= INT32_MAX;
}

static bool is_temporal(const Type *t) { return t->kind >= TY_DATE && t->kind <= TY_INTERVAL; }

static bool arith(Eval *e, const Node *n, const Value *in, Value *out) {
    if (is_temporal(in[0].type) || is_temporal(in[1].type))
        return temporal(in, n->op == OP_SUB ? -1 : 1, out) || eval_fail_range(e, n, out->type);
    return type_is_float(out->type) ? arith_float(e, n, in, out) : arith_exact(e, n, in, out);
}

bool law_eval_arith(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, 2, in, out, arith);
}

/* ---- one operand ---- */

static double sign_off(Op op, double x) { return op == OP_NEG ? -x : fabs(x); }

static bool arith1(Eval *e, const Node *n, const Value *in, Value *out) {
    if (out->type->kind == TY_F64) return out->f64 = sign_off(n->op, in->f64), true;
    if (type_is_float(out->type)) return out->f32 = (float)sign_off(n->op, in->f32), true;
    Int128 v = exact_of(in);
    return store_exact(e, n, n->op == OP_NEG || v < 0 ? -v : v, out);
}

bool law_eval_arith1(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, 1, in, out, arith1);
}

/* ---- bits: of the value without end, cut to the type's width ---- */

static int64_t cut(const Type *t, uint64_t v) {
    if (t->kind == TY_BOOL) return (int64_t)(v & 1);
    int unused = 64 - 8 * type_bytes(t);
    return is_unsigned(t) ? (int64_t)(v << unused >> unused) : (int64_t)(v << unused) >> unused;
}

static uint64_t bits_of(const Value *v) { return v->type->kind == TY_BOOL ? v->b : v->u; }

/* An amount that is not below the width moves every bit out. */
static uint64_t shifted(const Node *n, const Value *in) {
    const Type *t = in->type;
    uint64_t width = 8 * (uint64_t)type_bytes(t), by = in[1].u;
    bool left = n->op == OP_SHIFT_LEFT, negative = !is_unsigned(t) && in[0].i < 0;
    if (by >= width) return !left && negative ? UINT64_MAX : 0;
    if (left) return in[0].u << by;
    return negative ? (uint64_t)(in[0].i >> by) : in[0].u >> by;
}

static bool bits(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e;
    uint64_t a = bits_of(&in[0]), b = n->n > 1 ? bits_of(&in[1]) : 0, r = ~a;
    if (n->op == OP_BIT_AND) r = a & b;
    if (n->op == OP_BIT_OR) r = a | b;
    if (n->op == OP_BIT_XOR) r = a ^ b;
    if (n->op == OP_SHIFT_LEFT || n->op == OP_SHIFT_RIGHT) r = shifted(n, in);
    int64_t v = cut(out->type, r);
    if (out->type->kind == TY_BOOL) out->b = v;
    else out->i = v;
    return true;
}

bool law_eval_bits(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, n->n, in, out, bits);
}

static bool minmax(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e;
    int c = value_cmp(&in[1], &in[0]);
    *out = (n->op == OP_MIN2 ? c < 0 : c > 0) ? in[1] : in[0];
    return true;
}

bool law_eval_minmax(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, 2, in, out, minmax);
}
