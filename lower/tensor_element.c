/* One elementwise operation on el->lanes lanes: 16 of a tree, one of a scalar loop.  Floats are in lanes of FLOAT32 or DOUBLE, halves rounded after each
 * operation; integers and BOOLEAN in K_I64, unsigned ones zero-extended, so that only UBIGINT needs other instructions.
 * What leaves its type or divides by zero is noted in el->fails; the lanes then hold anything. */
#include "base/diag.h"
#include "ir/numeric.h"
#include "lower/tensor.h"
#include <math.h>

static bool is_unsigned(const Type *t) {
    return t->kind >= TY_U8 && t->kind <= TY_U64;
}

/* lanes as x's */
static KInst *whole(KB *b, const KInst *x, Int128 v) {
    return kb_int(b, K_I64, x->lanes, v);
}

static KInst *real(KB *b, const KInst *x, double v) {
    return kb_float(b, (KType)x->type, x->lanes, v);
}

static KInst *either(KB *b, KInst *x, KInst *y) {
    return x && y ? kb_op2(b, KI_OR, x, y) : x ? x : y;
}

static void note(Element *el, ElementFail kind, KInst *bad) {
    el->fails[kind] = either(el->b, el->fails[kind], bad);
}

KInst *element_half(KB *b, KInst *x, const Type *elem) {
    KType half = elem_lanes(elem);
    if (half != K_F16 && half != K_BF16)
        return x;
    return kb_convert(b, KI_FEXT, kb_convert(b, KI_FTRUNC, x, half), K_F32);
}

KInst *element_wide(KB *b, KInst *x, const Type *elem) {
    KType t = (KType)x->type;
    if (t == K_F16 || t == K_BF16)
        return kb_convert(b, KI_FEXT, x, K_F32);
    return t < K_I64 ? kb_convert(b, is_unsigned(elem) || elem->kind == TY_BOOL || t == K_I1 ? KI_ZEXT : KI_SEXT, x, K_I64) : x;
}

KInst *element_narrow(KB *b, KInst *x, KType to) {
    if (x->type == to)
        return x;
    return kb_convert(b, to <= K_I64 ? KI_TRUNC : KI_FTRUNC, x, to);
}

/* ---- integers ---- */
/* x, exact in 64 signed bits, as a value of t, which is narrower */
static KInst *fit(Element *el, KInst *x, const Type *t) {
    Range r = range_of_type(t);
    note(el, FAIL_RANGE, either(el->b, kb_cmp(el->b, KP_LT, x, whole(el->b, x, r.lo)), kb_cmp(el->b, KP_GT, x, whole(el->b, x, r.hi))));
    return x;
}

/* The product of 64 unsigned bits wraps when dividing it by one factor does not give the other. */
static KInst *unsigned_wraps(KB *b, KInst *x, KInst *y, KInst *product) {
    KInst *zero = kb_cmp(b, KP_EQ, y, whole(b, x, 0)), *by = kb_select(b, zero, whole(b, x, 1), y);
    KInst *other = kb_cmp(b, KP_NE, kb_op2(b, KI_UDIV, product, by), x);
    return kb_op2(b, KI_AND, kb_op1(b, KI_NOT, zero), other);
}

static KInst *sum_or_product(Element *el, Op op, KInst *x, KInst *y, const Type *t) {
    KB *b = el->b;
    KOp k = op == OP_ADD ? KI_ADD : op == OP_SUB ? KI_SUB : KI_MUL;
    KInst *r = kb_op2(b, k, x, y);
    if (t->kind == TY_I64)
        note(el, FAIL_RANGE, kb_op2(b, op == OP_ADD ? KI_ADD_OV : op == OP_SUB ? KI_SUB_OV : KI_MUL_OV, x, y));
    else if (t->kind == TY_U64)
        note(el, FAIL_RANGE, op == OP_ADD ? kb_cmp(b, KP_ULT, r, x) : op == OP_SUB ? kb_cmp(b, KP_ULT, x, y) : unsigned_wraps(b, x, y, r));
    else if (t->kind == TY_U32 && op == OP_MUL)
        note(el, FAIL_RANGE, kb_cmp(b, KP_UGT, r, whole(b, x, UINT32_MAX)));
    else
        return fit(el, r, t);
    return r;
}

static KInst *quotient(Element *el, Op op, KInst *x, KInst *y, const Type *t) {
    KB *b = el->b;
    bool rem = op == OP_MOD;
    KInst *zero = kb_cmp(b, KP_EQ, y, whole(b, x, 0)), *unsafe = zero;
    note(el, FAIL_ZERO, zero);
    if (t->kind == TY_I64) {
        KInst *over = kb_op2(b, KI_AND, kb_cmp(b, KP_EQ, y, whole(b, x, -1)), kb_cmp(b, KP_EQ, x, whole(b, x, INT64_MIN)));
        unsafe = either(b, unsafe, over);
        if (!rem)
            note(el, FAIL_RANGE, over);
    }
    KInst *by = kb_select(b, unsafe, whole(b, x, 1), y);
    if (t->kind == TY_U64)
        return kb_op2(b, rem ? KI_UREM : KI_UDIV, x, by);
    KInst *r = kb_op2(b, rem ? KI_REM : KI_DIV, x, by);
    return rem || is_unsigned(t) ? r : t->kind == TY_I64 ? r : fit(el, r, t);
}

static KInst *sign_off(Element *el, Op op, KInst *x, const Type *t) {
    if (op == OP_ABS && (is_unsigned(t) || t->kind == TY_BOOL))
        return x;
    KInst *r = kb_op1(el->b, op == OP_NEG ? KI_NEG : KI_ABS, x);
    if (t->kind != TY_I64)
        return fit(el, r, t);
    note(el, FAIL_RANGE, kb_cmp(el->b, KP_EQ, x, whole(el->b, x, INT64_MIN)));
    return r;
}

static KInst *int_extreme(KB *b, Op op, KInst *x, KInst *y, const Type *t) {
    if (t->kind != TY_U64)
        return kb_op2(b, op == OP_MIN2 ? KI_MIN : KI_MAX, x, y);
    return kb_select(b, kb_cmp(b, op == OP_MIN2 ? KP_ULT : KP_UGT, y, x), y, x);
}

/* ---- bits ---- */
static KInst *complement(KB *b, KInst *x, const Type *t) {
    Range r = range_of_type(t);
    return kb_op2(b, KI_XOR, x, whole(b, x, r.lo < 0 ? -1 : r.hi));
}

static KInst *cut(KB *b, KInst *x, const Type *t) {
    int unused = 64 - 8 * type_bytes(t);
    if (is_unsigned(t))
        return kb_op2(b, KI_AND, x, whole(b, x, range_of_type(t).hi));
    return kb_op2(b, KI_SAR, kb_op2(b, KI_SHL, x, whole(b, x, unused)), whole(b, x, unused));
}

static KInst *shift(KB *b, Op op, KInst *x, KInst *y, const Type *t) {
    int width = 8 * type_bytes(t);
    KInst *out = kb_cmp(b, KP_UGE, y, whole(b, x, width)), *by = kb_select(b, out, whole(b, x, 0), y);
    if (op == OP_SHIFT_LEFT)
        return cut(b, kb_select(b, out, whole(b, x, 0), kb_op2(b, KI_SHL, x, by)), t);
    if (!is_unsigned(t))
        return kb_op2(b, KI_SAR, x, kb_select(b, out, whole(b, x, 63), y));
    return kb_select(b, out, whole(b, x, 0), kb_op2(b, KI_SHR, x, by));
}

static KInst *int_operation(Element *el, const Node *e, KInst *x, KInst *y) {
    const Type *t = elem_of(e->type);
    KB *b = el->b;
    switch ((int)e->op) {
    case OP_ADD: case OP_SUB: case OP_MUL: return sum_or_product(el, e->op, x, y, t);
    case OP_IDIV: case OP_MOD: return quotient(el, e->op, x, y, t);
    case OP_NEG: case OP_ABS: return sign_off(el, e->op, x, t);
    case OP_MIN2: case OP_MAX2: return int_extreme(b, e->op, x, y, t);
    case OP_RELU: return is_unsigned(t) ? x : kb_op2(b, KI_MAX, x, whole(b, x, 0));
    case OP_BIT_AND: return kb_op2(b, KI_AND, x, y);
    case OP_BIT_OR: return kb_op2(b, KI_OR, x, y);
    case OP_BIT_XOR: return kb_op2(b, KI_XOR, x, y);
    case OP_BIT_NOT: return complement(b, x, t);
    case OP_SHIFT_LEFT: case OP_SHIFT_RIGHT: return shift(b, e->op, x, y, t);
    }
    BUG("%s of integers", op_info[e->op].text);
}

/* ---- comparison: NaN is above all numbers and equals itself ---- */
/* A literal that is no NaN: the code depends on that, not on its value. */
static bool is_number(const Node *e) {
    while (e->op == OP_CAST && type_is_float(e->in[0]->type))
        e = e->in[0];
    if (!ir_is_const(e) || !type_is_float(e->type))
        return false;
    const Value *v = &ATTR_OF(e, Const)->value;
    return v->type->kind == TY_F64 ? v->f64 == v->f64 : v->f32 == v->f32;
}

static KInst *nan_of(KB *b, KInst *x) {
    return kb_cmp(b, KP_NE, x, x);
}

/* An operand and whether it may be NaN. */
typedef struct Operand {
    KInst *x;
    bool number;
} Operand;

static KInst *float_less(KB *b, Operand x, Operand y) {
    KInst *less = kb_cmp(b, KP_LT, x.x, y.x);
    if (y.number)
        return less;
    KInst *above = nan_of(b, y.x);
    return kb_op2(b, KI_OR, less, x.number ? above : kb_op2(b, KI_AND, above, kb_op1(b, KI_NOT, nan_of(b, x.x))));
}

static KInst *float_equal(KB *b, Operand x, Operand y) {
    KInst *equal = kb_cmp(b, KP_EQ, x.x, y.x);
    if (x.number || y.number)
        return equal;
    return kb_op2(b, KI_OR, equal, kb_op2(b, KI_AND, nan_of(b, x.x), nan_of(b, y.x)));
}

static KInst *float_compare(KB *b, Op op, Operand x, Operand y) {
    switch ((int)op) {
    case OP_EQ: return float_equal(b, x, y);
    case OP_NE: return kb_op1(b, KI_NOT, float_equal(b, x, y));
    case OP_LT: return float_less(b, x, y);
    case OP_LE: return kb_op1(b, KI_NOT, float_less(b, y, x));
    case OP_GT: return float_less(b, y, x);
    }
    return kb_op1(b, KI_NOT, float_less(b, x, y));
}

static KInst *compare(KB *b, const Node *e, KInst *x, KInst *y) {
    static const KPred with_sign[] = {KP_EQ, KP_NE, KP_LT, KP_LE, KP_GT, KP_GE};
    static const KPred without[] = {KP_EQ, KP_NE, KP_ULT, KP_ULE, KP_UGT, KP_UGE};
    if (x->type > K_I128)
        return float_compare(b, e->op, (Operand){x, is_number(e->in[0])}, (Operand){y, is_number(e->in[1])});
    return kb_cmp(b, (elem_of(e->in[0]->type)->kind == TY_U64 ? without : with_sign)[e->op - OP_EQ], x, y);
}

/* ---- floats ---- */
static bool is_known_number(const KInst *x) { return x->op == KI_CONST && x->fimm == x->fimm; }

/* With a constant one comparison does, and is one instruction: which operand equal ones yield is seen of zeros alone. */
static KInst *extreme_of_constant(KB *b, bool min, KInst *x, KInst *y) {
    if (is_known_number(min ? x : y)) return kb_select(b, kb_cmp(b, min ? KP_LT : KP_GT, y, x), y, x);
    const KInst *known = min ? y : x;
    if (!is_known_number(known) || known->fimm == 0) return NULL;
    return min ? kb_select(b, kb_cmp(b, KP_LT, x, y), x, y) : kb_select(b, kb_cmp(b, KP_GT, x, y), x, y);
}

/* NaN is above all numbers. */
static KInst *float_extreme(KB *b, Op op, KInst *x, KInst *y) {
    KInst *one = extreme_of_constant(b, op == OP_MIN2, x, y);
    if (one) return one;
    KInst *nan = op == OP_MIN2 ? x : y;
    KInst *better = kb_cmp(b, op == OP_MIN2 ? KP_LT : KP_GT, y, x);
    return kb_select(b, kb_op2(b, KI_OR, nan_of(b, nan), better), y, x);
}

static KInst *leaky(KB *b, const Node *e, KInst *x) {
    KInst *zero = kb_float(b, (KType)x->type, x->lanes, 0), *slope = kb_float(b, (KType)x->type, x->lanes, ATTR_OF(e, Slope)->slope);
    return kb_select(b, kb_cmp(b, KP_LT, x, zero), kb_op2(b, KI_MUL, x, slope), x);
}

static KInst *float_operation(KB *b, const Node *e, KInst *x, KInst *y) {
    switch ((int)e->op) {
    case OP_ADD: return kb_op2(b, KI_ADD, x, y);
    case OP_SUB: return kb_op2(b, KI_SUB, x, y);
    case OP_MUL: return kb_op2(b, KI_MUL, x, y);
    case OP_DIV: return kb_op2(b, KI_DIV, x, y);
    case OP_MOD: return kb_op2(b, KI_REM, x, y);
    case OP_NEG: return kb_op1(b, KI_NEG, x);
    case OP_ABS: return kb_op1(b, KI_ABS, x);
    case OP_MIN2: case OP_MAX2: return float_extreme(b, e->op, x, y);
    case OP_LEAKY_RELU: return leaky(b, e, x);
    case OP_POW: case OP_ATAN2: return num_emit2(b, e->op, x, y);
    }
    return num_emit(b, e->op, x);
}

/* ---- casts ---- */
/* Half to even; bounds of integer types are powers of two, hence exact: hi + 1 is compared strictly.  The upper half of
 * UBIGINT is 2^63 less, with that bit set afterwards. */
static KInst *float_to_int(Element *el, KInst *x, const Type *to) {
    KB *b = el->b;
    Range r = range_of_type(to);
    x = kb_op1(b, KI_ROUND, x);
    KInst *low = kb_cmp(b, KP_GE, x, real(b, x, (double)r.lo));
    KInst *ok = kb_op2(b, KI_AND, low, kb_cmp(b, KP_LT, x, real(b, x, (double)(r.hi + 1))));
    note(el, FAIL_RANGE, kb_op1(b, KI_NOT, ok));
    x = kb_select(b, ok, x, real(b, x, 0));
    if (to->kind != TY_U64)
        return kb_convert(b, KI_FTOSI, x, K_I64);
    KInst *top = real(b, x, 0x1p63), *upper = kb_cmp(b, KP_GE, x, top);
    KInst *y = kb_convert(b, KI_FTOSI, kb_select(b, upper, kb_op2(b, KI_SUB, x, top), x), K_I64);
    return kb_op2(b, KI_XOR, y, kb_select(b, upper, whole(b, x, INT64_MIN), whole(b, x, 0)));
}

static KInst *int_to_int(Element *el, KInst *x, const Type *from, const Type *to) {
    Range a = range_of_type(from), r = range_of_type(to);
    if (range_within(a, r))
        return x;
    if (from->kind == TY_U64 && to->kind == TY_I64)
        note(el, FAIL_RANGE, kb_cmp(el->b, KP_LT, x, whole(el->b, x, 0)));
    else if (from->kind == TY_U64)
        note(el, FAIL_RANGE, kb_cmp(el->b, KP_UGT, x, whole(el->b, x, r.hi)));
    else if (to->kind == TY_U64)
        note(el, FAIL_RANGE, kb_cmp(el->b, KP_LT, x, whole(el->b, x, 0)));
    else
        return fit(el, x, to);
    return x;
}

/* A half takes an integer through DOUBLE, as the evaluator; one that it does not hold fails. */
static KInst *int_to_float(Element *el, KInst *x, const Type *from, const Type *to) {
    KB *b = el->b;
    KType half = elem_lanes(to);
    bool small = half == K_F16 || half == K_BF16;
    KInst *y = kb_convert(b, from->kind == TY_U64 ? KI_UITOF : KI_SITOF, x, small ? K_F64 : half);
    if (!small)
        return y;
    y = kb_convert(b, KI_FEXT, kb_convert(b, KI_FTRUNC, y, half), K_F32);
    if (half == K_F16)
        note(el, FAIL_RANGE, kb_cmp(b, KP_EQ, kb_op1(b, KI_ABS, y), real(b, y, INFINITY)));
    return y;
}

static KInst *float_to_float(KB *b, KInst *x, const Type *to) {
    KType half = elem_lanes(to), want = half == K_F64 ? K_F64 : K_F32;
    if (half == K_F16 || half == K_BF16)
        return x->type == K_F32 ? element_half(b, x, to) : kb_convert(b, KI_FEXT, kb_convert(b, KI_FTRUNC, x, half), K_F32);
    return x->type == want ? x : kb_convert(b, x->type == K_F32 ? KI_FEXT : KI_FTRUNC, x, want);
}

static KInst *cast(Element *el, const Node *e, KInst *x) {
    const Type *to = elem_of(e->type), *from = elem_of(e->in[0]->type);
    if (type_is_float(from) && type_is_float(to))
        return float_to_float(el->b, x, to);
    if (to->kind == TY_BOOL) {
        KInst *zero = type_is_float(from) ? real(el->b, x, 0) : whole(el->b, x, 0);
        return kb_convert(el->b, KI_ZEXT, kb_cmp(el->b, KP_NE, x, zero), K_I64);
    }
    if (type_is_float(to))
        return int_to_float(el, x, from, to);
    return type_is_float(from) ? float_to_int(el, x, to) : int_to_int(el, x, from, to);
}

KInst *element_value(Element *el, const Node *e, KInst *const *in) {
    KB *b = el->b;
    if (e->op == OP_CAST)
        return cast(el, e, in[0]);
    if (op_has(e->op, COMPARE))
        return kb_convert(b, KI_ZEXT, compare(b, e, in[0], in[1]), K_I64);
    if (e->op == OP_WHERE)
        return kb_select(b, kb_cmp(b, KP_NE, in[0], whole(b, in[0], 0)), in[1], in[2]);
    KInst *y = e->n > 1 ? in[1] : NULL;
    if (in[0]->type <= K_I128)
        return int_operation(el, e, in[0], y);
    return element_half(b, float_operation(b, e, in[0], y), elem_of(e->type));
}
