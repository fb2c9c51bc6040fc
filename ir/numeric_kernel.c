/* The numeric functions on kernel IR: the vocabulary emits instructions, the definitions are those of
 * ir/numeric.c. */
#include "ir/numeric.h"
#include "base/diag.h"

#include <math.h>

typedef struct Emit {
    KB *b;
    uint16_t lanes;
} Emit;

typedef const Emit *N;
typedef KInst *F32;
typedef KInst *F64;
typedef KInst *I32;
typedef KInst *I64;
typedef KInst *M;

/* clang-format off */
#define F(n, c) kb_float((n)->b, K_F32, (n)->lanes, c)
#define D(n, c) kb_float((n)->b, K_F64, (n)->lanes, c)
#define I(n, c) kb_int((n)->b, K_I32, (n)->lanes, (int32_t)(c))
#define L(n, c) kb_int((n)->b, K_I64, (n)->lanes, (int64_t)(c))
#define F_AT(n, table, i) F(n, (table)[i])
#define D_AT(n, table, i) D(n, (table)[i])

/* The instructions take their type from the operands, so that FLOAT32's and DOUBLE's words are the same
 * functions. */
static KInst *op1(N n, KOp op, KInst *x) { return kb_op1(n->b, op, x); }
static KInst *op2(N n, KOp op, KInst *x, KInst *y) { return kb_op2(n->b, op, x, y); }
static KInst *shift(N n, KOp op, KInst *x, int by) {
    return op2(n, op, x, kb_int(n->b, (KType)x->type, n->lanes, by));
}
static KInst *convert(N n, KOp op, KInst *x, KType to) { return kb_convert(n->b, op, x, to); }

#define f_add(n, x, y) op2(n, KI_ADD, x, y)
#define f_sub(n, x, y) op2(n, KI_SUB, x, y)
#define f_mul(n, x, y) op2(n, KI_MUL, x, y)
#define f_div(n, x, y) op2(n, KI_DIV, x, y)
#define f_min(n, x, y) op2(n, KI_MIN, x, y)
#define f_max(n, x, y) op2(n, KI_MAX, x, y)
#define f_fma(n, x, y, z) kb_fma((n)->b, x, y, z)
#define f_neg(n, x) op1(n, KI_NEG, x)
#define f_abs(n, x) op1(n, KI_ABS, x)
#define f_lt(n, x, y) kb_cmp((n)->b, KP_LT, x, y)
#define f_eq(n, x, y) kb_cmp((n)->b, KP_EQ, x, y)
#define f_select(n, m, x, y) kb_select((n)->b, m, x, y)
#define d_add f_add
#define d_sub f_sub
#define d_mul f_mul
#define d_div f_div
#define d_min f_min
#define d_max f_max
#define d_fma f_fma
#define d_neg f_neg
#define d_abs f_abs
#define d_round(n, x) op1(n, KI_ROUND, x)
#define d_lt f_lt
#define d_eq f_eq
#define d_select f_select
#define i_add f_add
#define i_sub f_sub
#define i_and(n, x, y) op2(n, KI_AND, x, y)
#define i_or(n, x, y) op2(n, KI_OR, x, y)
#define i_shl(n, x, by) shift(n, KI_SHL, x, by)
#define i_sar(n, x, by) shift(n, KI_SAR, x, by)
#define l_add f_add
#define l_sub f_sub
#define l_mul f_mul
#define l_and i_and
#define l_or i_or
#define l_xor(n, x, y) op2(n, KI_XOR, x, y)
#define l_max f_max
#define l_shl i_shl
#define l_sar i_sar
#define l_ne(n, x, y) kb_cmp((n)->b, KP_NE, x, y)
#define l_select f_select
#define m_and i_and
#define m_or i_or
#define m_not(n, x) op1(n, KI_NOT, x)
#define f_bits(n, x) convert(n, KI_BITCAST, x, K_I32)
#define f_of_bits(n, x) convert(n, KI_BITCAST, x, K_F32)
#define d_bits(n, x) convert(n, KI_BITCAST, x, K_I64)
#define d_of_bits(n, x) convert(n, KI_BITCAST, x, K_F64)
#define f_of_i(n, x) convert(n, KI_SITOF, x, K_F32)
#define d_of_l(n, x) convert(n, KI_SITOF, x, K_F64)
/* clang-format on */

#include "ir/numeric_f32.h"
#include "ir/numeric_f64.h"

static KInst *through_f64(N n, KInst *(*fn)(N n, KInst *x), KInst *x) {
    return convert(n, KI_FTRUNC, fn(n, convert(n, KI_FEXT, x, K_F64)), K_F32);
}

/* clang-format off */
static KInst *emit_sqrt(N n, KInst *x) { return op1(n, KI_SQRT, x); }
static KInst *emit_floor(N n, KInst *x) { return op1(n, KI_FLOOR, x); }
static KInst *emit_ceil(N n, KInst *x) { return op1(n, KI_CEIL, x); }
static KInst *emit_round(N n, KInst *x) { return op1(n, KI_ROUND, x); }
static KInst *f_sin(N n, KInst *x) { return through_f64(n, d_sin, x); }
static KInst *f_cos(N n, KInst *x) { return through_f64(n, d_cos, x); }
static KInst *emit_relu(N n, KInst *x) { return f_max(n, x, kb_float(n->b, (KType)x->type, n->lanes, 0)); }
/* clang-format on */

static const struct Function {
    KInst *(*f32)(N n, KInst *x);
    KInst *(*f64)(N n, KInst *x);
} functions[OP_COUNT_] = {
    [OP_SQRT] = {emit_sqrt, emit_sqrt}, [OP_EXP] = {f_exp, d_exp},
    [OP_LOG] = {f_log, d_log},          [OP_TANH] = {f_tanh, d_tanh},
    [OP_ERF] = {f_erf, d_erf},          [OP_SIGMOID] = {f_sigmoid, d_sigmoid},
    [OP_SIN] = {f_sin, d_sin},          [OP_COS] = {f_cos, d_cos},
    [OP_CEIL] = {emit_ceil, emit_ceil}, [OP_FLOOR] = {emit_floor, emit_floor},
    [OP_RELU] = {emit_relu, emit_relu}, [OP_ROUND] = {emit_round, emit_round},
};

static bool is_f32(const KInst *x) {
    if (x->type != K_F32 && x->type != K_F64) BUG("numeric function of %s", ktype_text((KType)x->type));
    return x->type == K_F32;
}

KInst *num_emit(KB *b, Op op, KInst *x) {
    Emit n = {b, x->lanes};
    if (!functions[op].f32) BUG("op %d is no numeric function of one number", (int)op);
    return is_f32(x) ? functions[op].f32(&n, x) : functions[op].f64(&n, x);
}

KInst *num_emit2(KB *b, Op op, KInst *x, KInst *y) {
    Emit n = {b, x->lanes};
    if (op != OP_POW && op != OP_ATAN2) BUG("op %d is no numeric function of two numbers", (int)op);
    KInst *(*fn)(N n, KInst *x, KInst *y) = op == OP_POW ? d_pow : d_atan2;
    if (!is_f32(x)) return fn(&n, x, y);
    return convert(&n, KI_FTRUNC, fn(&n, convert(&n, KI_FEXT, x, K_F64), convert(&n, KI_FEXT, y, K_F64)), K_F32);
}
