/* Vectors of 128-bit integers, which LLVM would take apart into scalars.  Between instructions such a vector
 * of n lanes is <2n x i64>: the n low halves, then the n high ones; in memory the halves of a lane are
 * neighbours.  What is not written here is done lane by lane on scalars. */
#include "codegen_cpu/emit.h"

static Val half(Emit *e, Val x, uint32_t n, bool high) { return em_lanes(e, x, high ? n : 0, n); }
static Val pair(Emit *e, Val low, Val high, uint32_t n) { return em_concat(e, 2, (Val[]){low, high}, n); }
static uint32_t lanes_of(Val x) { return LLVMGetVectorSize(LLVMTypeOf(x)) / 2; }
static Val filled(Emit *e, uint32_t n, int64_t v) { return em_int_splat(e, em_type(e, K_I64, n), v); }

/* low0 .. high0 .. to low0 high0 low1 .., and back */
static Val to_memory(Emit *e, Val x) {
    int32_t at[128];
    uint32_t n = lanes_of(x);
    for (uint32_t k = 0; k < n; k++) at[2 * k] = (int32_t)k, at[2 * k + 1] = (int32_t)(k + n);
    return em_shuffle(e, x, x, 2 * n, at);
}

static Val from_memory(Emit *e, Val x) {
    int32_t at[128];
    uint32_t n = lanes_of(x);
    for (uint32_t k = 0; k < n; k++) at[k] = (int32_t)(2 * k), at[k + n] = (int32_t)(2 * k + 1);
    return em_shuffle(e, x, x, 2 * n, at);
}

/* ---- scalars ---- */

static Val join(Emit *e, Val low, Val high) {
    LLVMTypeRef i128 = em_int_type(e, 128);
    Val up = LLVMBuildShl(e->b, LLVMBuildZExt(e->b, high, i128, ""), LLVMConstInt(i128, 64, false), "");
    return LLVMBuildOr(e->b, up, LLVMBuildZExt(e->b, low, i128, ""), "");
}

static Val scalar_half(Emit *e, Val x, bool high) {
    if (high) x = LLVMBuildLShr(e->b, x, LLVMConstInt(em_int_type(e, 128), 64, false), "");
    return LLVMBuildTrunc(e->b, x, em_int_type(e, 64), "");
}

static Val lane_at(Emit *e, Val x, Val low_at) {
    Val high_at = LLVMBuildAdd(e->b, low_at, em_i32(e, (int32_t)lanes_of(x)), "");
    return join(e, LLVMBuildExtractElement(e->b, x, low_at, ""),
                LLVMBuildExtractElement(e->b, x, high_at, ""));
}

static Val with_lane(Emit *e, Val x, Val scalar, Val low_at) {
    Val high_at = LLVMBuildAdd(e->b, low_at, em_i32(e, (int32_t)lanes_of(x)), "");
    x = LLVMBuildInsertElement(e->b, x, scalar_half(e, scalar, false), low_at, "");
    return LLVMBuildInsertElement(e->b, x, scalar_half(e, scalar, true), high_at, "");
}

static Val extract(Emit *e, const KInst *i) { return lane_at(e, em_in(e, i, 0), em_in(e, i, 1)); }
static Val insert(Emit *e, const KInst *i) {
    return with_lane(e, em_in(e, i, 0), em_in(e, i, 1), em_in(e, i, 2));
}

static Val splat(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0);
    uint32_t n = i->lanes;
    return pair(e, em_splat(e, scalar_half(e, x, false), n), em_splat(e, scalar_half(e, x, true), n), n);
}

static Val constant(Emit *e, const KInst *i) {
    return pair(e, filled(e, i->lanes, (int64_t)i->wide), filled(e, i->lanes, (int64_t)(i->wide >> 64)),
                i->lanes);
}

static Val iota(Emit *e, const KInst *i) {
    Val low[64];
    for (uint32_t k = 0; k < i->lanes; k++) low[k] = em_i64(e, k);
    return pair(e, LLVMConstVector(low, i->lanes), filled(e, i->lanes, 0), i->lanes);
}

/* ---- arithmetic ---- */

static Val plus(Emit *e, Val x, Val y, bool minus) {
    uint32_t n = lanes_of(x);
    Val xl = half(e, x, n, false), yl = half(e, y, n, false), xh = half(e, x, n, true);
    Val yh = half(e, y, n, true);
    Val low = minus ? LLVMBuildSub(e->b, xl, yl, "") : LLVMBuildAdd(e->b, xl, yl, "");
    Val carry =
        minus ? LLVMBuildICmp(e->b, LLVMIntULT, xl, yl, "") : LLVMBuildICmp(e->b, LLVMIntULT, low, xl, "");
    carry = LLVMBuildZExt(e->b, carry, LLVMTypeOf(low), "");
    Val high = minus ? LLVMBuildSub(e->b, xh, yh, "") : LLVMBuildAdd(e->b, xh, yh, "");
    high = minus ? LLVMBuildSub(e->b, high, carry, "") : LLVMBuildAdd(e->b, high, carry, "");
    return pair(e, low, high, n);
}

static Val below(Emit *e, Val x, Val y, bool is_signed) {
    uint32_t n = lanes_of(x);
    Val xh = half(e, x, n, true), yh = half(e, y, n, true);
    Val low = LLVMBuildICmp(e->b, LLVMIntULT, half(e, x, n, false), half(e, y, n, false), "");
    Val high = LLVMBuildICmp(e->b, is_signed ? LLVMIntSLT : LLVMIntULT, xh, yh, "");
    Val same = LLVMBuildICmp(e->b, LLVMIntEQ, xh, yh, "");
    return LLVMBuildOr(e->b, high, LLVMBuildAnd(e->b, same, low, ""), "");
}

static Val equal(Emit *e, Val x, Val y) {
    uint32_t n = lanes_of(x);
    Val low = LLVMBuildICmp(e->b, LLVMIntEQ, half(e, x, n, false), half(e, y, n, false), "");
    return LLVMBuildAnd(e->b, low,
                        LLVMBuildICmp(e->b, LLVMIntEQ, half(e, x, n, true), half(e, y, n, true), ""), "");
}

static Val choose(Emit *e, Val mask, Val x, Val y) {
    bool one = LLVMGetTypeKind(LLVMTypeOf(mask)) != LLVMVectorTypeKind;
    return LLVMBuildSelect(e->b, one ? mask : pair(e, mask, mask, lanes_of(x)), x, y, "");
}

static Val add(Emit *e, const KInst *i) { return plus(e, em_in(e, i, 0), em_in(e, i, 1), false); }
static Val sub(Emit *e, const KInst *i) { return plus(e, em_in(e, i, 0), em_in(e, i, 1), true); }
static Val negative(Emit *e, Val x) { return plus(e, LLVMConstNull(LLVMTypeOf(x)), x, true); }
static Val neg(Emit *e, const KInst *i) { return negative(e, em_in(e, i, 0)); }

static Val magnitude(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0);
    return choose(e, below(e, x, LLVMConstNull(LLVMTypeOf(x)), true), negative(e, x), x);
}

/* As for narrower lanes (emit_arith.c), on the high halves: they hold the signs. */
static Val overflow(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0), y = em_in(e, i, 1);
    bool minus = i->op == KI_SUB_OV;
    uint32_t n = lanes_of(x);
    Val s = half(e, plus(e, x, y, minus), n, true), xh = half(e, x, n, true), yh = half(e, y, n, true);
    Val a = LLVMBuildXor(e->b, xh, minus ? yh : s, ""), b = LLVMBuildXor(e->b, minus ? xh : yh, s, "");
    return LLVMBuildICmp(e->b, LLVMIntSLT, LLVMBuildAnd(e->b, a, b, ""), filled(e, n, 0), "");
}

static Val bitwise(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0);
    if (i->op == KI_NOT) return LLVMBuildNot(e->b, x, "");
    if (i->op == KI_AND) return LLVMBuildAnd(e->b, x, em_in(e, i, 1), "");
    return i->op == KI_OR ? LLVMBuildOr(e->b, x, em_in(e, i, 1), "")
                          : LLVMBuildXor(e->b, x, em_in(e, i, 1), "");
}

static Val compare(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0), y = em_in(e, i, 1);
    switch ((KPred)i->pred) {
    case KP_EQ: return equal(e, x, y);
    case KP_NE: return LLVMBuildNot(e->b, equal(e, x, y), "");
    case KP_LT: return below(e, x, y, true);
    case KP_GT: return below(e, y, x, true);
    case KP_LE: return LLVMBuildNot(e->b, below(e, y, x, true), "");
    case KP_GE: return LLVMBuildNot(e->b, below(e, x, y, true), "");
    case KP_ULT: return below(e, x, y, false);
    case KP_UGT: return below(e, y, x, false);
    case KP_ULE: return LLVMBuildNot(e->b, below(e, y, x, false), "");
    case KP_UGE: return LLVMBuildNot(e->b, below(e, x, y, false), "");
    }
    return NULL;
}

static Val extreme(Emit *e, Val x, Val y, bool min) {
    return choose(e, min ? below(e, y, x, true) : below(e, x, y, true), y, x);
}
static Val least(Emit *e, const KInst *i) { return extreme(e, em_in(e, i, 0), em_in(e, i, 1), true); }
static Val greatest(Emit *e, const KInst *i) { return extreme(e, em_in(e, i, 0), em_in(e, i, 1), false); }
static Val chosen(Emit *e, const KInst *i) {
    return choose(e, em_in(e, i, 0), em_in(e, i, 1), em_in(e, i, 2));
}

/* ---- conversion ---- */

static Val extend(Emit *e, const KInst *i) {
    LLVMTypeRef i64 = em_type(e, K_I64, i->lanes);
    Val x = em_in(e, i, 0), low = x;
    bool is_signed = i->op == KI_SEXT;
    if (i->in[0]->type != K_I64)
        low = is_signed ? LLVMBuildSExt(e->b, x, i64, "") : LLVMBuildZExt(e->b, x, i64, "");
    Val high = is_signed ? LLVMBuildAShr(e->b, low, filled(e, i->lanes, 63), "") : filled(e, i->lanes, 0);
    return pair(e, low, high, i->lanes);
}

static Val truncate(Emit *e, const KInst *i) {
    Val low = half(e, em_in(e, i, 0), i->lanes, false);
    return i->type == K_I64 ? low : LLVMBuildTrunc(e->b, low, em_type(e, (KType)i->type, i->lanes), "");
}

/* Through the order of memory. */
static Val bitcast(Emit *e, const KInst *i) {
    bool from = i->in[0]->type == K_I128 && i->in[0]->lanes > 1, to = i->type == K_I128 && i->lanes > 1;
    Val x = from ? to_memory(e, em_in(e, i, 0)) : em_in(e, i, 0);
    LLVMTypeRef t = to ? em_type(e, K_I64, 2u * i->lanes) : em_type(e, (KType)i->type, i->lanes);
    x = LLVMBuildBitCast(e->b, x, t, "");
    return to ? from_memory(e, x) : x;
}

static Val reduce(Emit *e, const KInst *i) {
    Val x = em_in(e, i, 0);
    for (uint32_t n = i->in[0]->lanes / 2; n >= 1; n /= 2) {
        Val xl = half(e, x, 2 * n, false), xh = half(e, x, 2 * n, true);
        Val a = pair(e, em_lanes(e, xl, 0, n), em_lanes(e, xh, 0, n), n),
            b = pair(e, em_lanes(e, xl, n, n), em_lanes(e, xh, n, n), n);
        if (i->op == KI_REDUCE_ADD) x = plus(e, a, b, false);
        else if (i->op == KI_REDUCE_OR) x = LLVMBuildOr(e->b, a, b, "");
        else x = extreme(e, a, b, i->op == KI_REDUCE_MIN);
    }
    return lane_at(e, x, em_i32(e, 0));
}

/* ---- memory ---- */

static Val load(Emit *e, const KInst *i) {
    Val at = em_address(e, em_in(e, i, 0), em_in(e, i, 1), 16);
    Val v = LLVMBuildLoad2(e->b, em_type(e, K_I64, 2u * i->lanes), at, "");
    LLVMSetAlignment(v, 8);
    return from_memory(e, v);
}

static Val store(Emit *e, const KInst *i) {
    Val at = em_address(e, em_in(e, i, 0), em_in(e, i, 1), 16);
    LLVMSetAlignment(LLVMBuildStore(e->b, to_memory(e, em_in(e, i, 2)), at), 8);
    return NULL;
}

/* Sixteen zero bytes that a lane which is masked off reads. */
static Val nothing(Emit *e) {
    static const char name[] = "dql_nothing";
    Val g = LLVMGetNamedGlobal(e->module, name);
    if (g) return g;
    LLVMTypeRef t = em_type(e, K_I64, 2);
    g = LLVMAddGlobal(e->module, t, name);
    LLVMSetInitializer(g, LLVMConstNull(t));
    LLVMSetGlobalConstant(g, true);
    LLVMSetLinkage(g, LLVMPrivateLinkage);
    LLVMSetAlignment(g, 16);
    return g;
}

/* A load of 16 bytes for each lane: twice as fast as two gathers of halves. */
static Val gather(Emit *e, const KInst *i) {
    Val part[64], index = em_in(e, i, 1);
    for (uint32_t k = 0; k < i->lanes; k++) {
        Val at = em_address(e, em_in(e, i, 0), em_lane(e, index, k), 16);
        if (i->n > 2) at = LLVMBuildSelect(e->b, em_lane(e, em_in(e, i, 2), k), at, nothing(e), "");
        part[k] = LLVMBuildLoad2(e->b, em_type(e, K_I64, 2), at, "");
        LLVMSetAlignment(part[k], 8);
    }
    return from_memory(e, em_concat(e, i->lanes, part, 2));
}

/* Lanes in order, both halves of each. */
static Val scatter(Emit *e, const KInst *i) {
    uint32_t n = i->in[1]->lanes;
    Val base = em_in(e, i, 0), mask = em_mask_or_all(e, i->n > 3 ? i->in[3] : NULL, n);
    for (int h = 0; h < 2; h++)
        em_scatter(e, em_address(e, em_address(e, base, em_i64(e, h), 8), em_in(e, i, 1), 16),
                   half(e, em_in(e, i, 2), n, h), 8, mask);
    return NULL;
}

/* As twice as many 64-bit values. */
static Val compress(Emit *e, const KInst *i) {
    Val one = em_i64(e, 1), at = LLVMBuildShl(e->b, em_in(e, i, 1), one, ""), mask = em_in(e, i, 3);
    Val twice = to_memory(e, pair(e, mask, mask, i->in[2]->lanes));
    at = em_compress(e, em_in(e, i, 0), at, to_memory(e, em_in(e, i, 2)), twice, 64);
    return LLVMBuildLShr(e->b, at, one, "");
}

/* ---- lane by lane ---- */

static bool is_wide(const KInst *i) { return i->type == K_I128 && i->lanes > 1; }

static Val operand_lane(Emit *e, const KInst *i, uint32_t lane) {
    return is_wide(i) ? lane_at(e, em_get(e, i), em_i32(e, (int32_t)lane)) : em_lane(e, em_get(e, i), lane);
}

/* The scalar instruction on operands that stand for one lane; their values are behind the kernel's own. */
Val emit_wide_by_lane(Emit *e, const KInst *i, Translate scalar) {
    KInst one = *i, operand[3], *in[3];
    one.lanes = 1;
    one.in = in;
    Val all = LLVMGetPoison(em_type(e, (KType)i->type, i->lanes));
    for (uint32_t lane = 0; lane < i->lanes; lane++) {
        for (uint32_t k = 0; k < i->n; k++) {
            operand[k] = *i->in[k];
            operand[k].lanes = 1;
            operand[k].id = e->kernel->n_values + k;
            in[k] = &operand[k];
            em_set(e, in[k], operand_lane(e, i->in[k], lane));
        }
        Val v = scalar(e, &one), at = em_i32(e, (int32_t)lane);
        all = is_wide(i) ? with_lane(e, all, v, at) : LLVMBuildInsertElement(e->b, all, v, at, "");
    }
    return all;
}

/* clang-format off */
const Translate emit_wide[KI_COUNT] = {
    [KI_CONST] = constant,     [KI_IOTA] = iota,          [KI_ADD] = add,            [KI_SUB] = sub,
    [KI_ADD_OV] = overflow,    [KI_SUB_OV] = overflow,    [KI_NEG] = neg,            [KI_ABS] = magnitude,
    [KI_AND] = bitwise,        [KI_OR] = bitwise,         [KI_XOR] = bitwise,        [KI_NOT] = bitwise,
    [KI_MIN] = least,          [KI_MAX] = greatest,       [KI_CMP] = compare,        [KI_SELECT] = chosen,
    [KI_SEXT] = extend,        [KI_ZEXT] = extend,        [KI_TRUNC] = truncate,     [KI_BITCAST] = bitcast,
    [KI_SPLAT] = splat,        [KI_EXTRACT] = extract,    [KI_INSERT] = insert,      [KI_LOAD] = load,
    [KI_STORE] = store,        [KI_GATHER] = gather,      [KI_SCATTER] = scatter,    [KI_COMPRESS] = compress,
    [KI_REDUCE_ADD] = reduce,  [KI_REDUCE_MIN] = reduce,  [KI_REDUCE_MAX] = reduce,  [KI_REDUCE_OR] = reduce,
};
/* clang-format on */
