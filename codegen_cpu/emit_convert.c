/* Conversions. Half precision and bfloat16 values are i16 between instructions. */
#include "codegen_cpu/emit.h"

static LLVMTypeRef result_type(Emit *e, const KInst *i) { return em_type(e, (KType)i->type, i->lanes); }

static Val integer(Emit *e, const KInst *i) {
    static const LLVMOpcode code[KI_COUNT] = {
        [KI_SEXT] = LLVMSExt,    [KI_ZEXT] = LLVMZExt,    [KI_TRUNC] = LLVMTrunc,
        [KI_SITOF] = LLVMSIToFP, [KI_UITOF] = LLVMUIToFP, [KI_FTOSI] = LLVMFPToSI,
    };
    return LLVMBuildCast(e->b, code[i->op], em_in(e, i, 0), result_type(e, i), "");
}

static Val bitcast(Emit *e, const KInst *i) {
    if (i->type == K_PTR && i->in[0]->type != K_PTR)
        return LLVMBuildIntToPtr(e->b, em_in(e, i, 0), result_type(e, i), "");
    if (i->type != K_PTR && i->in[0]->type == K_PTR)
        return LLVMBuildPtrToInt(e->b, em_in(e, i, 0), result_type(e, i), "");
    return LLVMBuildBitCast(e->b, em_in(e, i, 0), result_type(e, i), "");
}

static Val as(Emit *e, Val x, KType t, uint32_t lanes) {
    return LLVMBuildBitCast(e->b, x, em_type(e, t, lanes), "");
}
static Val shift(Emit *e, Val x, int by) {
    return LLVMBuildLShr(e->b, x, em_int_splat(e, LLVMTypeOf(x), by), "");
}
static Val both(Emit *e, Val x, int64_t bits) {
    return LLVMBuildAnd(e->b, x, em_int_splat(e, LLVMTypeOf(x), bits), "");
}
static Val either(Emit *e, Val x, int64_t bits) {
    return LLVMBuildOr(e->b, x, em_int_splat(e, LLVMTypeOf(x), bits), "");
}

static LLVMTypeRef half_type(Emit *e, uint32_t lanes) {
    return em_vector(LLVMHalfTypeInContext(e->context), lanes);
}

static Val extend(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0);
    uint32_t n = i->lanes;
    if (i->in[0]->type == K_F16) x = LLVMBuildBitCast(e->b, x, half_type(e, n), "");
    if (i->in[0]->type == K_BF16) {
        Val wide = LLVMBuildZExt(e->b, x, em_type(e, K_I32, n), "");
        x = as(e, LLVMBuildShl(e->b, wide, em_int_splat(e, LLVMTypeOf(wide), 16), ""), K_F32, n);
        if (i->type == K_F32) return x;
    }
    return LLVMBuildFPExt(e->b, x, result_type(e, i), "");
}

/* To nearest even: half of the dropped part's unit, and one more when the kept part is odd. NaN stays a quiet
 * NaN. The instruction vcvtneps2bf16 is no use: it takes subnormals for zero. */
static Val bf16_of_f32(Emit *e, Val x, uint32_t n) {
    Val bits = as(e, x, K_I32, n), odd = both(e, shift(e, bits, 16), 1);
    Val up = LLVMBuildAdd(e->b, odd, em_int_splat(e, LLVMTypeOf(odd), 0x7fff), "");
    Val rounded = LLVMBuildAdd(e->b, bits, up, "");
    Val nan = LLVMBuildFCmp(e->b, LLVMRealUNO, x, x, "");
    Val kept = LLVMBuildSelect(e->b, nan, either(e, bits, 0x400000), rounded, "");
    return LLVMBuildTrunc(e->b, shift(e, kept, 16), em_type(e, K_I16, n), "");
}

static Val f16_of_f32(Emit *e, Val x, uint32_t n) {
    return LLVMBuildBitCast(e->b, LLVMBuildFPTrunc(e->b, x, half_type(e, n), ""), em_type(e, K_I16, n), "");
}

/* f64 to f32 rounded to odd (towards zero, lowest bit set when inexact): rounding that again to a half gives
 * what one rounding would. */
static Val f32_of_f64_to_odd(Emit *e, Val x, uint32_t n) {
    LLVMTypeRef f64 = LLVMTypeOf(x);
    Val near = LLVMBuildFPTrunc(e->b, x, em_type(e, K_F32, n), "");
    Val back = LLVMBuildFPExt(e->b, near, f64, "");
    Val away = LLVMBuildFCmp(e->b, LLVMRealOGT, em_intrinsic1(e, "llvm.fabs", back),
                             em_intrinsic1(e, "llvm.fabs", x), "");
    Val inexact = LLVMBuildFCmp(e->b, LLVMRealONE, back, x, "");
    Val bits = as(e, near, K_I32, n);
    Val down = LLVMBuildSub(e->b, bits, LLVMBuildZExt(e->b, away, LLVMTypeOf(bits), ""), "");
    return as(e, LLVMBuildOr(e->b, down, LLVMBuildZExt(e->b, inexact, LLVMTypeOf(bits), ""), ""), K_F32, n);
}

static Val truncate(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0);
    if (i->type == K_F32) return LLVMBuildFPTrunc(e->b, x, result_type(e, i), "");
    if (i->in[0]->type == K_F64) x = f32_of_f64_to_odd(e, x, i->lanes);
    return i->type == K_F16 ? f16_of_f32(e, x, i->lanes) : bf16_of_f32(e, x, i->lanes);
}

/* clang-format off */
const Translate emit_convert[KI_COUNT] = {
    [KI_SEXT] = integer,  [KI_ZEXT] = integer,  [KI_TRUNC] = integer,
    [KI_SITOF] = integer, [KI_UITOF] = integer, [KI_FTOSI] = integer,
    [KI_FEXT] = extend,   [KI_FTRUNC] = truncate, [KI_BITCAST] = bitcast,
};
/* clang-format on */
