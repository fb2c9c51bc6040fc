/* Gather and scatter. Indexes are signed; an element's address is ptr + index * its size. */
#include "codegen_cpu/emit.h"

static const KInst *mask_of(const KInst *i, uint32_t at) { return i->n > at ? i->in[at] : NULL; }

static Val address_at(Emit *e, const KInst *i, Val index, uint32_t bytes) {
    if (i->in[1]->type == K_I32) index = LLVMBuildSExt(e->b, index, em_int_type(e, 64), "");
    return em_address(e, em_in(e, i, 0), index, bytes);
}

/* Runs `body` where the scalar condition holds; NULL: always. The value is `otherwise` elsewhere. */
typedef Val (*Guarded)(Emit *e, const KInst *i, uint32_t lane);
static Val where(Emit *e, const KInst *i, uint32_t lane, Val cond, Guarded body, Val otherwise) {
    if (!cond) return body(e, i, lane);
    LLVMBasicBlockRef before = em_here(e), yes = em_block(e), after = em_block(e);
    LLVMBuildCondBr(e->b, cond, yes, after);
    em_at(e, yes);
    Val v = body(e, i, lane);
    LLVMBasicBlockRef end = em_here(e);
    LLVMBuildBr(e->b, after);
    em_at(e, after);
    if (!otherwise) return NULL;
    Val phi = em_phi(e, LLVMTypeOf(v), v, end);
    em_incoming(phi, otherwise, before);
    return phi;
}

static Val load_lane(Emit *e, const KInst *i, uint32_t lane) {
    uint32_t bytes = (uint32_t)ktype_bytes((KType)i->type);
    Val at = address_at(e, i, em_lane(e, em_in(e, i, 1), lane), bytes);
    Val v = LLVMBuildLoad2(e->b, em_memory_type(e, (KType)i->type, 1), at, "");
    LLVMSetAlignment(v, bytes > 8 ? 8 : bytes);
    return v;
}

static Val gather_lanes(Emit *e, const KInst *i) {
    const KInst *mask = mask_of(i, 2);
    LLVMTypeRef t = em_memory_type(e, (KType)i->type, 1);
    Val all = LLVMGetPoison(em_vector(t, i->lanes));
    for (uint32_t k = 0; k < i->lanes; k++) {
        Val v = where(e, i, k, mask ? em_lane(e, em_get(e, mask), k) : NULL, load_lane, LLVMConstNull(t));
        if (i->lanes == 1) return v;
        all = LLVMBuildInsertElement(e->b, all, v, em_i32(e, (int32_t)k), "");
    }
    return all;
}

static Val pointers(Emit *e, const KInst *i, uint32_t bytes) {
    return em_address(e, em_in(e, i, 0), em_in(e, i, 1), bytes);
}

static Val mask_or_all(Emit *e, const KInst *mask, uint32_t lanes) {
    return mask ? em_get(e, mask) : em_int_splat(e, em_type(e, K_I1, lanes), 1);
}

/* One instruction gathers 32 or 64 bits a lane.  Narrower elements are the low part of 32 bits read at their address:
 * what kernels gather from is readable behind its end. */
static Val gather_at_once(Emit *e, const KInst *i) {
    uint32_t bytes = (uint32_t)ktype_bytes((KType)i->type);
    KType as = bytes >= 4 ? (KType)i->type : K_I32;
    LLVMTypeRef types[] = {em_type(e, as, i->lanes), em_vector(em_scalar_type(e, K_PTR), i->lanes)};
    Val v = em_intrinsic(e, "llvm.masked.gather", 2, types, 4,
                         (Val[]){pointers(e, i, bytes), em_i32(e, (int32_t)bytes), mask_or_all(e, mask_of(i, 2), i->lanes),
                                 LLVMConstNull(types[0])});
    return bytes >= 4 ? v : LLVMBuildTrunc(e->b, v, em_memory_type(e, (KType)i->type, i->lanes), "");
}

static Val gather(Emit *e, const KInst *i) {
    Val v = i->lanes > 1 && i->type != K_I128 ? gather_at_once(e, i) : gather_lanes(e, i);
    return i->type == K_I1 ? LLVMBuildICmp(e->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "") : v;
}

/* Two lanes may have the same index, and the later wins: so does the instruction. */
static Val scatter_at_once(Emit *e, const KInst *i) {
    const KInst *value = i->in[2];
    uint32_t bytes = (uint32_t)ktype_bytes((KType)value->type);
    LLVMTypeRef types[] = {LLVMTypeOf(em_get(e, value)), em_vector(em_scalar_type(e, K_PTR), value->lanes)};
    em_intrinsic(e, "llvm.masked.scatter", 2, types, 4,
                 (Val[]){em_get(e, value), pointers(e, i, bytes), em_i32(e, (int32_t)bytes), mask_or_all(e, mask_of(i, 3), value->lanes)});
    return NULL;
}

static Val store_lane(Emit *e, const KInst *i, uint32_t lane) {
    const KInst *value = i->in[2];
    uint32_t bytes = (uint32_t)ktype_bytes((KType)value->type);
    Val at = address_at(e, i, em_lane(e, em_in(e, i, 1), lane), bytes), v = em_lane(e, em_get(e, value), lane);
    if (value->type == K_I1) v = LLVMBuildZExt(e->b, v, em_int_type(e, 8), "");
    Val access = LLVMBuildStore(e->b, v, at);
    LLVMSetAlignment(access, bytes > 8 ? 8 : bytes);
    return NULL;
}

static Val scatter(Emit *e, const KInst *i) {
    int size = ktype_bytes((KType)i->in[2]->type);
    if (e->level >= CPU_V4 && i->in[1]->lanes > 1 && (size == 4 || size == 8)) return scatter_at_once(e, i);
    const KInst *mask = mask_of(i, 3);
    for (uint32_t k = 0; k < i->in[1]->lanes; k++)
        where(e, i, k, mask ? em_lane(e, em_get(e, mask), k) : NULL, store_lane, NULL);
    return NULL;
}

const Translate emit_indexed[KI_COUNT] = {[KI_GATHER] = gather, [KI_SCATTER] = scatter};
