/* Arithmetic, comparison, selection. No instruction carries a flag that would let LLVM assume anything (nsw,
 * fast-math). */
#include "base/diag.h"
#include "codegen_cpu/emit.h"

static bool is_float(const KInst *i) { return i->type == K_F32 || i->type == K_F64; }

static Val binary(Emit *e, const KInst *i) {
    static const struct {
        LLVMOpcode ints, floats;
    } code[KI_COUNT] = {
        [KI_ADD] = {LLVMAdd, LLVMFAdd},  [KI_SUB] = {LLVMSub, LLVMFSub},  [KI_MUL] = {LLVMMul, LLVMFMul},
        [KI_DIV] = {LLVMSDiv, LLVMFDiv}, [KI_REM] = {LLVMSRem, LLVMFRem}, [KI_UDIV] = {LLVMUDiv, 0},
        [KI_UREM] = {LLVMURem, 0},       [KI_AND] = {LLVMAnd, 0},         [KI_OR] = {LLVMOr, 0},
        [KI_XOR] = {LLVMXor, 0},         [KI_SHL] = {LLVMShl, 0},         [KI_SHR] = {LLVMLShr, 0},
        [KI_SAR] = {LLVMAShr, 0},
    };
    LLVMOpcode op = is_float(i) ? code[i->op].floats : code[i->op].ints;
    return LLVMBuildBinOp(e->b, op, em_in(e, i, 0), em_in(e, i, 1), "");
}

/* Vectors have no integer division.  Of up to 16 bits the quotient in f32 truncates to the right integer, of
 * 32 in f64: it is at least 1/|y| away from the next one, and rounding moves it less.  By a constant LLVM
 * multiplies. */
static bool divides_as_float(const KInst *i, Val y) {
    return i->lanes > 1 && i->type <= K_I32 && !LLVMIsConstant(y);
}

static Val quotient(Emit *e, const KInst *i, bool is_signed) {
    LLVMTypeRef t = em_type(e, (KType)i->type, i->lanes);
    LLVMTypeRef real = em_type(e, i->type == K_I32 ? K_F64 : K_F32, i->lanes);
    LLVMOpcode to = is_signed ? LLVMSIToFP : LLVMUIToFP, back = is_signed ? LLVMFPToSI : LLVMFPToUI;
    Val x = LLVMBuildCast(e->b, to, em_in(e, i, 0), real, "");
    Val y = LLVMBuildCast(e->b, to, em_in(e, i, 1), real, "");
    return LLVMBuildCast(e->b, back, LLVMBuildFDiv(e->b, x, y, ""), t, "");
}

static Val divide(Emit *e, const KInst *i) {
    if (is_float(i) || !divides_as_float(i, em_in(e, i, 1))) return binary(e, i);
    return quotient(e, i, i->op == KI_DIV);
}

static Val remainder_of(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0), y = em_in(e, i, 1);
    if (is_float(i) || !divides_as_float(i, y)) return binary(e, i);
    return LLVMBuildSub(e->b, x, LLVMBuildMul(e->b, quotient(e, i, i->op == KI_REM), y, ""), "");
}

static Val compare_values(Emit *e, KPred p, bool real, Val x, Val y) {
    static const LLVMIntPredicate ints[] = {
        [KP_EQ] = LLVMIntEQ,   [KP_NE] = LLVMIntNE,   [KP_LT] = LLVMIntSLT,  [KP_LE] = LLVMIntSLE,
        [KP_GT] = LLVMIntSGT,  [KP_GE] = LLVMIntSGE,  [KP_ULT] = LLVMIntULT, [KP_ULE] = LLVMIntULE,
        [KP_UGT] = LLVMIntUGT, [KP_UGE] = LLVMIntUGE,
    };
    static const LLVMRealPredicate reals[] = {
        [KP_EQ] = LLVMRealOEQ, [KP_NE] = LLVMRealUNE, [KP_LT] = LLVMRealOLT,
        [KP_LE] = LLVMRealOLE, [KP_GT] = LLVMRealOGT, [KP_GE] = LLVMRealOGE,
    };
    return real ? LLVMBuildFCmp(e->b, reals[p], x, y, "") : LLVMBuildICmp(e->b, ints[p], x, y, "");
}

static Val compare(Emit *e, const KInst *i) {
    return compare_values(e, (KPred)i->pred, is_float(i->in[0]), em_in(e, i, 0), em_in(e, i, 1));
}

/* y < x ? y : x is what vminps computes of (y, x), NaN and zeros included. */
static Val extreme(Emit *e, const KInst *i, KPred p) {
    Val x = em_in(e, i, 0), y = em_in(e, i, 1);
    return LLVMBuildSelect(e->b, compare_values(e, p, is_float(i), y, x), y, x, "");
}

static Val magnitude(Emit *e, Val x) {
    return em_intrinsic(e, "llvm.abs", 1, (LLVMTypeRef[]){LLVMTypeOf(x)}, 2,
                        (Val[]){x, LLVMConstInt(em_int_type(e, 1), 0, false)});
}

static Val absolute(Emit *e, const KInst *i) {
    return is_float(i) ? em_intrinsic1(e, "llvm.fabs", em_in(e, i, 0)) : magnitude(e, em_in(e, i, 0));
}

static Val negate(Emit *e, const KInst *i) {
    return is_float(i) ? LLVMBuildFNeg(e->b, em_in(e, i, 0), "") : LLVMBuildNeg(e->b, em_in(e, i, 0), "");
}

static Val fma_of(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0);
    LLVMTypeRef t = LLVMTypeOf(x);
    return em_intrinsic(e, "llvm.fma", 1, &t, 3, (Val[]){x, em_in(e, i, 1), em_in(e, i, 2)});
}

/* ---- overflow ---- */

static Val overflow_bit(Emit *e, const char *intrinsic, Val x, Val y) {
    return LLVMBuildExtractValue(e->b, em_intrinsic2(e, intrinsic, x, y), 1, "");
}

/* The sum overflows when both operands differ from it in sign: (s ^ x) & (s ^ y) < 0. The difference: (x ^ y)
 * & (x ^ s) < 0. */
static Val sign_overflow(Emit *e, const KInst *i, bool sub) {
    Val x = em_in(e, i, 0), y = em_in(e, i, 1);
    if (i->lanes == 1 && i->in[0]->type != K_I128)
        return overflow_bit(e, sub ? "llvm.ssub.with.overflow" : "llvm.sadd.with.overflow", x, y);
    Val s = sub ? LLVMBuildSub(e->b, x, y, "") : LLVMBuildAdd(e->b, x, y, "");
    Val a = sub ? LLVMBuildXor(e->b, x, y, "") : LLVMBuildXor(e->b, s, x, "");
    Val b = sub ? LLVMBuildXor(e->b, x, s, "") : LLVMBuildXor(e->b, s, y, "");
    Val both = LLVMBuildAnd(e->b, a, b, "");
    return LLVMBuildICmp(e->b, LLVMIntSLT, both, LLVMConstNull(LLVMTypeOf(both)), "");
}

/* In lanes twice as wide the product is exact; it overflows when its lower half extended is another. */
static Val widened_mul_overflow(Emit *e, const KInst *i) {
    uint32_t bits = 8 * (uint32_t)ktype_bytes((KType)i->in[0]->type);
    LLVMTypeRef narrow = LLVMTypeOf(em_in(e, i, 0)), wide = em_vector(em_int_type(e, 2 * bits), i->lanes);
    Val x = LLVMBuildSExt(e->b, em_in(e, i, 0), wide, ""), y = LLVMBuildSExt(e->b, em_in(e, i, 1), wide, "");
    Val product = LLVMBuildMul(e->b, x, y, "");
    Val back = LLVMBuildSExt(e->b, LLVMBuildTrunc(e->b, product, narrow, ""), wide, "");
    return LLVMBuildICmp(e->b, LLVMIntNE, product, back, "");
}

/* 128 bits without a library call.  With magnitudes a = ah 2^64 + al, b likewise, the product exceeds 128
 * bits when both high parts are set, when ah bl + al bh does not fit 64 bits, or when adding it to the high
 * part of al bl carries; below that the signed result must have the sign of the operands (or be 0). */
static Val mul128_overflow(Emit *e, Val x, Val y) {
    LLVMBuilderRef b = e->b;
    LLVMTypeRef i64 = em_int_type(e, 64), i128 = em_int_type(e, 128);
    Val s64 = LLVMConstInt(i128, 64, false), zero = LLVMConstNull(i64);
    Val ax = magnitude(e, x), ay = magnitude(e, y);
    Val al = LLVMBuildTrunc(b, ax, i64, ""), ah = LLVMBuildTrunc(b, LLVMBuildLShr(b, ax, s64, ""), i64, "");
    Val bl = LLVMBuildTrunc(b, ay, i64, ""), bh = LLVMBuildTrunc(b, LLVMBuildLShr(b, ay, s64, ""), i64, "");
    Val both = LLVMBuildAnd(b, LLVMBuildICmp(b, LLVMIntNE, ah, zero, ""),
                            LLVMBuildICmp(b, LLVMIntNE, bh, zero, ""), "");
    Val p = em_intrinsic2(e, "llvm.umul.with.overflow", ah, bl);
    Val q = em_intrinsic2(e, "llvm.umul.with.overflow", al, bh);
    Val cross = LLVMBuildOr(b, LLVMBuildExtractValue(b, p, 0, ""), LLVMBuildExtractValue(b, q, 0, ""),
                            ""); /* one is 0 */
    Val low = LLVMBuildMul(b, LLVMBuildZExt(b, al, i128, ""), LLVMBuildZExt(b, bl, i128, ""), "");
    Val high = LLVMBuildTrunc(b, LLVMBuildLShr(b, low, s64, ""), i64, "");
    Val carry = overflow_bit(e, "llvm.uadd.with.overflow", high, cross);
    Val product = LLVMBuildMul(b, x, y, ""), nothing = LLVMConstNull(i128);
    Val negative = LLVMBuildICmp(b, LLVMIntSLT, LLVMBuildXor(b, x, y, ""), nothing, "");
    Val sign = LLVMBuildXor(b, negative, LLVMBuildICmp(b, LLVMIntSLT, product, nothing, ""), "");
    sign = LLVMBuildAnd(b, sign, LLVMBuildICmp(b, LLVMIntNE, product, nothing, ""), "");
    Val any = LLVMBuildOr(b, LLVMBuildOr(b, both, carry, ""), sign, "");
    any = LLVMBuildOr(b, any, LLVMBuildExtractValue(b, p, 1, ""), "");
    return LLVMBuildOr(b, any, LLVMBuildExtractValue(b, q, 1, ""), "");
}

static Val by_lane(Emit *e, const KInst *i, Val (*one)(Emit *, Val, Val)) {
    Val all = LLVMGetPoison(em_type(e, K_I1, i->lanes));
    for (uint32_t k = 0; k < i->lanes; k++) {
        Val v = one(e, em_lane(e, em_in(e, i, 0), k), em_lane(e, em_in(e, i, 1), k));
        all = LLVMBuildInsertElement(e->b, all, v, em_i32(e, (int32_t)k), "");
    }
    return all;
}

static Val mul64_overflow(Emit *e, Val x, Val y) { return overflow_bit(e, "llvm.smul.with.overflow", x, y); }

static Val mul_overflow(Emit *e, const KInst *i) {
    unsigned t = i->in[0]->type;
    if (t == K_I128)
        return i->lanes == 1 ? mul128_overflow(e, em_in(e, i, 0), em_in(e, i, 1))
                             : by_lane(e, i, mul128_overflow);
    if (i->lanes == 1) return mul64_overflow(e, em_in(e, i, 0), em_in(e, i, 1));
    return t == K_I64 ? by_lane(e, i, mul64_overflow) : widened_mul_overflow(e, i);
}

static Val add_overflow(Emit *e, const KInst *i) { return sign_overflow(e, i, false); }
static Val sub_overflow(Emit *e, const KInst *i) { return sign_overflow(e, i, true); }
static Val least(Emit *e, const KInst *i) { return extreme(e, i, KP_LT); }
static Val greatest(Emit *e, const KInst *i) { return extreme(e, i, KP_GT); }
static Val not_of(Emit *e, const KInst *i) { return LLVMBuildNot(e->b, em_in(e, i, 0), ""); }
static Val square_root(Emit *e, const KInst *i) { return em_intrinsic1(e, "llvm.sqrt", em_in(e, i, 0)); }
static Val round_down(Emit *e, const KInst *i) { return em_intrinsic1(e, "llvm.floor", em_in(e, i, 0)); }
static Val round_up(Emit *e, const KInst *i) { return em_intrinsic1(e, "llvm.ceil", em_in(e, i, 0)); }
static Val round_even(Emit *e, const KInst *i) { return em_intrinsic1(e, "llvm.roundeven", em_in(e, i, 0)); }

static Val choose(Emit *e, const KInst *i) {
    return LLVMBuildSelect(e->b, em_in(e, i, 0), em_in(e, i, 1), em_in(e, i, 2), "");
}

/* clang-format off */
const Translate emit_arith[KI_COUNT] = {
    [KI_ADD] = binary,          [KI_SUB] = binary,          [KI_MUL] = binary,          [KI_DIV] = divide,
    [KI_REM] = remainder_of,    [KI_UDIV] = divide,         [KI_UREM] = remainder_of,   [KI_AND] = binary,
    [KI_OR] = binary,           [KI_XOR] = binary,          [KI_SHL] = binary,          [KI_SHR] = binary,
    [KI_SAR] = binary,          [KI_ADD_OV] = add_overflow, [KI_SUB_OV] = sub_overflow, [KI_MUL_OV] = mul_overflow,
    [KI_NEG] = negate,          [KI_NOT] = not_of,          [KI_MIN] = least,           [KI_MAX] = greatest,
    [KI_ABS] = absolute,        [KI_SQRT] = square_root,    [KI_FLOOR] = round_down,    [KI_CEIL] = round_up,
    [KI_ROUND] = round_even,    [KI_FMA] = fma_of,          [KI_CMP] = compare,         [KI_SELECT] = choose,
};
/* clang-format on */
