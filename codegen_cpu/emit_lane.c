/* What looks across lanes: splat, extract, insert, reductions, counts of masks. */
#include "codegen_cpu/emit.h"

Val em_shuffle(Emit *e, Val x, Val y, uint32_t n, const int32_t *from) {
    Val at[128];
    for (uint32_t k = 0; k < n; k++) at[k] = em_i32(e, from[k]);
    return LLVMBuildShuffleVector(e->b, x, y, LLVMConstVector(at, n), "");
}

Val em_splat(Emit *e, Val scalar, uint32_t lanes) {
    if (lanes == 1) return scalar;
    Val one = LLVMBuildInsertElement(e->b, LLVMGetPoison(em_vector(LLVMTypeOf(scalar), lanes)), scalar,
                                     em_i32(e, 0), "");
    static const int32_t zeros[128];
    return em_shuffle(e, one, one, lanes, zeros);
}

Val em_lane(Emit *e, Val vec, uint32_t lane) {
    if (LLVMGetTypeKind(LLVMTypeOf(vec)) != LLVMVectorTypeKind) return vec;
    return LLVMBuildExtractElement(e->b, vec, em_i32(e, (int32_t)lane), "");
}

static void count_up(int32_t *at, uint32_t n, uint32_t from) {
    for (uint32_t k = 0; k < n; k++) at[k] = (int32_t)(from + k);
}

Val em_lanes(Emit *e, Val vec, uint32_t from, uint32_t n) {
    if (n == 1) return em_lane(e, vec, from);
    if (LLVMGetVectorSize(LLVMTypeOf(vec)) == n) return vec;
    int32_t at[128];
    count_up(at, n, from);
    return em_shuffle(e, vec, vec, n, at);
}

static Val of_scalars(Emit *e, uint32_t n, const Val *parts) {
    Val v = LLVMGetPoison(em_vector(LLVMTypeOf(parts[0]), n));
    for (uint32_t k = 0; k < n; k++) v = LLVMBuildInsertElement(e->b, v, parts[k], em_i32(e, (int32_t)k), "");
    return v;
}

Val em_concat(Emit *e, uint32_t n, Val *parts, uint32_t lanes) {
    int32_t at[128];
    if (lanes == 1) return of_scalars(e, n, parts);
    for (uint32_t have = n; have > 1; have /= 2, lanes *= 2) {
        count_up(at, 2 * lanes, 0);
        for (uint32_t k = 0; k < have / 2; k++)
            parts[k] = em_shuffle(e, parts[2 * k], parts[2 * k + 1], 2 * lanes, at);
    }
    return parts[0];
}

Val em_widen_lanes(Emit *e, Val vec, uint32_t from, uint32_t to) {
    if (from == to) return vec;
    int32_t at[128];
    if (from == 1)
        return LLVMBuildInsertElement(e->b, LLVMConstNull(em_vector(LLVMTypeOf(vec), to)), vec, em_i32(e, 0),
                                      "");
    for (uint32_t k = 0; k < to; k++) at[k] = (int32_t)(k < from ? k : from);
    return em_shuffle(e, vec, LLVMConstNull(LLVMTypeOf(vec)), to, at);
}

Val em_mask_bits(Emit *e, Val mask, uint32_t lanes) {
    return LLVMBuildBitCast(e->b, mask, em_int_type(e, lanes), "");
}

static Val splat(Emit *e, const KInst *i) { return em_splat(e, em_in(e, i, 0), i->lanes); }

static Val extract(Emit *e, const KInst *i) {
    if (i->in[0]->lanes == 1) return em_in(e, i, 0);
    return LLVMBuildExtractElement(e->b, em_in(e, i, 0), em_in(e, i, 1), "");
}

static Val insert(Emit *e, const KInst *i) {
    if (i->lanes == 1) return em_in(e, i, 1);
    return LLVMBuildInsertElement(e->b, em_in(e, i, 0), em_in(e, i, 1), em_in(e, i, 2), "");
}

static Val combine(Emit *e, const KInst *i, Val x, Val y) {
    bool real = i->type == K_F32 || i->type == K_F64;
    LLVMBuilderRef b = e->b;
    if (i->op == KI_REDUCE_OR) return LLVMBuildOr(b, x, y, "");
    if (i->op == KI_REDUCE_ADD) return real ? LLVMBuildFAdd(b, x, y, "") : LLVMBuildAdd(b, x, y, "");
    bool min = i->op == KI_REDUCE_MIN;
    Val c = real ? LLVMBuildFCmp(b, min ? LLVMRealOLT : LLVMRealOGT, y, x, "")
                 : LLVMBuildICmp(b, min ? LLVMIntSLT : LLVMIntSGT, y, x, "");
    return LLVMBuildSelect(b, c, y, x, "");
}

/* Any lane of a mask: its bits are not all zero. */
static Val any(Emit *e, const KInst *i) {
    Val bits = em_mask_bits(e, em_in(e, i, 0), i->in[0]->lanes);
    return LLVMBuildICmp(e->b, LLVMIntNE, bits, LLVMConstNull(LLVMTypeOf(bits)), "");
}

static Val reduce(Emit *e, const KInst *i) {
    if (i->type == K_I1) return any(e, i);
    Val x = em_in(e, i, 0);
    for (uint32_t n = i->in[0]->lanes; n > 1; n /= 2)
        x = combine(e, i, em_lanes(e, x, 0, n / 2), em_lanes(e, x, n / 2, n / 2));
    return x;
}

static Val to_i64(Emit *e, Val bits, uint32_t width) {
    return width == 64 ? bits : LLVMBuildZExt(e->b, bits, em_int_type(e, 64), "");
}

static Val popcount(Emit *e, const KInst *i) {
    uint32_t lanes = i->in[0]->lanes;
    if (i->in[0]->type != K_I1) return em_intrinsic1(e, "llvm.ctpop", em_in(e, i, 0));
    if (lanes == 1) return to_i64(e, em_in(e, i, 0), 1);
    return em_intrinsic1(e, "llvm.ctpop", to_i64(e, em_mask_bits(e, em_in(e, i, 0), lanes), lanes));
}

/* A bit behind the last lane answers for an empty mask. */
static Val first(Emit *e, const KInst *i) {
    uint32_t lanes = i->in[0]->lanes;
    Val bits = to_i64(e, em_mask_bits(e, em_in(e, i, 0), lanes), lanes);
    Val no = LLVMConstNull(em_int_type(e, 1));
    if (lanes < 64) bits = LLVMBuildOr(e->b, bits, em_i64(e, (int64_t)1 << lanes), "");
    LLVMTypeRef t = LLVMTypeOf(bits);
    return em_intrinsic(e, "llvm.cttz", 1, &t, 2, (Val[]){bits, no});
}

/* clang-format off */
const Translate emit_lane[KI_COUNT] = {
    [KI_SPLAT] = splat,       [KI_EXTRACT] = extract,   [KI_INSERT] = insert,
    [KI_REDUCE_ADD] = reduce, [KI_REDUCE_MIN] = reduce, [KI_REDUCE_MAX] = reduce, [KI_REDUCE_OR] = reduce,
    [KI_POPCOUNT] = popcount, [KI_FIRST] = first,
};
/* clang-format on */
