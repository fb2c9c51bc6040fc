/* Gather and scatter. Indexes are signed; an element's address is ptr + index * its size. */
#include "codegen_cpu/emit.h"

static const KInst *mask_of(const KInst *i, uint32_t at) { return i->n > at ? i->in[at] : NULL; }

static Val address_at(Emit *e, const KInst *i, Val index, uint32_t bytes) {
    if (i->in[1]->type == K_I32) index = LLVMBuildSExt(e->b, index, em_int_type(e, 64), "");
    return em_address(e, em_in(e, i, 0), index, bytes);
}

Val em_mask_or_all(Emit *e, const KInst *mask, uint32_t lanes) {
    return mask ? em_get(e, mask) : em_int_splat(e, em_type(e, K_I1, lanes), 1);
}

Val em_gather(Emit *e, Val pointers, LLVMTypeRef type, uint32_t align, Val mask) {
    LLVMTypeRef types[] = {type, LLVMTypeOf(pointers)};
    return em_intrinsic(e, "llvm.masked.gather", 2, types, 4,
                        (Val[]){pointers, em_i32(e, (int32_t)align), mask, LLVMConstNull(type)});
}

void em_scatter(Emit *e, Val pointers, Val value, uint32_t align, Val mask) {
    LLVMTypeRef types[] = {LLVMTypeOf(value), LLVMTypeOf(pointers)};
    em_intrinsic(e, "llvm.masked.scatter", 2, types, 4,
                 (Val[]){value, pointers, em_i32(e, (int32_t)align), mask});
}

static Val load_one(Emit *e, const KInst *i) {
    uint32_t bytes = (uint32_t)ktype_bytes((KType)i->type);
    Val v = LLVMBuildLoad2(e->b, em_memory_type(e, (KType)i->type, 1),
                           address_at(e, i, em_in(e, i, 1), bytes), "");
    LLVMSetAlignment(v, bytes > 8 ? 8 : bytes);
    return v;
}

/* One instruction gathers 32 or 64 bits a lane.  Narrower elements are the low part of 32 bits read at their
 * address: what kernels gather from is readable behind its end. */
static Val gather_lanes(Emit *e, const KInst *i) {
    uint32_t bytes = (uint32_t)ktype_bytes((KType)i->type);
    Val at = em_address(e, em_in(e, i, 0), em_in(e, i, 1), bytes);
    Val mask = em_mask_or_all(e, mask_of(i, 2), i->lanes);
    Val v = em_gather(e, at, em_type(e, bytes >= 4 ? (KType)i->type : K_I32, i->lanes), bytes, mask);
    return bytes >= 4 ? v : LLVMBuildTrunc(e->b, v, em_memory_type(e, (KType)i->type, i->lanes), "");
}

static Val gather_one(Emit *e, const KInst *i) {
    const KInst *mask = mask_of(i, 2);
    if (!mask) return load_one(e, i);
    LLVMBasicBlockRef before = em_here(e), yes = em_block(e), after = em_block(e);
    LLVMBuildCondBr(e->b, em_get(e, mask), yes, after);
    em_at(e, yes);
    Val v = load_one(e, i);
    LLVMBuildBr(e->b, after);
    em_at(e, after);
    Val phi = em_phi(e, LLVMTypeOf(v), v, yes);
    em_incoming(phi, LLVMConstNull(LLVMTypeOf(v)), before);
    return phi;
}

static Val gather(Emit *e, const KInst *i) {
    Val v = i->lanes > 1 ? gather_lanes(e, i) : gather_one(e, i);
    return i->type == K_I1 ? LLVMBuildICmp(e->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "") : v;
}

static void store_lane(Emit *e, const KInst *i, Val value, uint32_t lane) {
    uint32_t bytes = (uint32_t)ktype_bytes((KType)i->in[2]->type);
    Val access = LLVMBuildStore(e->b, em_lane(e, value, lane),
                                address_at(e, i, em_lane(e, em_in(e, i, 1), lane), bytes));
    LLVMSetAlignment(access, bytes > 8 ? 8 : bytes);
}

static void store_lane_where(Emit *e, const KInst *i, Val value, uint32_t lane, Val cond) {
    LLVMBasicBlockRef yes = em_block(e), after = em_block(e);
    LLVMBuildCondBr(e->b, cond, yes, after);
    em_at(e, yes);
    store_lane(e, i, value, lane);
    LLVMBuildBr(e->b, after);
    em_at(e, after);
}

/* Two lanes may have the same index, and the later wins: lane by lane, or by the instruction that does so. */
static Val scatter(Emit *e, const KInst *i) {
    const KInst *v = i->in[2], *mask = mask_of(i, 3);
    uint32_t bytes = (uint32_t)ktype_bytes((KType)v->type);
    Val value = em_get(e, v);
    if (e->level >= CPU_V4 && v->lanes > 1 && (bytes == 4 || bytes == 8)) {
        em_scatter(e, em_address(e, em_in(e, i, 0), em_in(e, i, 1), bytes), value, bytes,
                   em_mask_or_all(e, mask, v->lanes));
        return NULL;
    }
    if (v->type == K_I1) value = LLVMBuildZExt(e->b, value, em_memory_type(e, K_I1, v->lanes), "");
    for (uint32_t k = 0; k < v->lanes; k++) {
        if (mask) store_lane_where(e, i, value, k, em_lane(e, em_get(e, mask), k));
        else store_lane(e, i, value, k);
    }
    return NULL;
}

const Translate emit_indexed[KI_COUNT] = {[KI_GATHER] = gather, [KI_SCATTER] = scatter};
