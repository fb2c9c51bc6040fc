/* Loads, stores, compaction, calls of the runtime. */
#include "codegen_cpu/emit.h"

static Val aligned(Val access, const KInst *element) {
    int bytes = ktype_bytes((KType)element->type);
    LLVMSetAlignment(access, (unsigned)(bytes > 8 ? 8 : bytes));
    return access;
}

static Val element_address(Emit *e, const KInst *i, const KInst *element) {
    return em_address(e, em_in(e, i, 0), em_in(e, i, 1), (uint32_t)ktype_bytes((KType)element->type));
}

/* Byte 0 or 1 to and from i1. */
static Val from_memory(Emit *e, Val v, unsigned type) {
    return type == K_I1 ? LLVMBuildICmp(e->b, LLVMIntNE, v, LLVMConstNull(LLVMTypeOf(v)), "") : v;
}

static Val to_memory(Emit *e, Val v, const KInst *i) {
    return i->type == K_I1 ? LLVMBuildZExt(e->b, v, em_memory_type(e, K_I1, i->lanes), "") : v;
}

static Val load(Emit *e, const KInst *i) {
    LLVMTypeRef t = em_memory_type(e, (KType)i->type, i->lanes);
    return from_memory(e, aligned(LLVMBuildLoad2(e->b, t, element_address(e, i, i), ""), i), i->type);
}

static Val store(Emit *e, const KInst *i) {
    const KInst *v = i->in[2];
    aligned(LLVMBuildStore(e->b, to_memory(e, em_get(e, v), v), element_address(e, i, v)), v);
    return NULL;
}

void em_prefetch(Emit *e, Val address) {
    LLVMTypeRef ptr = em_scalar_type(e, K_PTR);
    em_intrinsic(e, "llvm.prefetch", 1, &ptr, 4, (Val[]){address, em_i32(e, 0), em_i32(e, 3), em_i32(e, 1)});
}

static Val prefetch(Emit *e, const KInst *i) {
    em_prefetch(e, em_address(e, em_in(e, i, 0), em_in(e, i, 1), 1));
    return NULL;
}

static Val offset(Emit *e, const KInst *i) { return em_address(e, em_in(e, i, 0), em_in(e, i, 1), 1); }

/* ---- compress ---- */

/* Without AVX-512: the set lanes' numbers, one a byte, are gathered by pext from 76543210 under the mask
 * spread to bytes, and permute the vector.  mask: 8 bits in i64. */
static Val permutation(Emit *e, Val mask) {
    Val spread =
        em_intrinsic(e, "llvm.x86.bmi.pdep.64", 0, NULL, 2, (Val[]){mask, em_i64(e, 0x0101010101010101)});
    spread = LLVMBuildMul(e->b, spread, em_i64(e, 255), "");
    Val lanes =
        em_intrinsic(e, "llvm.x86.bmi.pext.64", 0, NULL, 2, (Val[]){em_i64(e, 0x0706050403020100), spread});
    Val bytes = LLVMBuildBitCast(e->b, lanes, em_type(e, K_I8, 8), "");
    return LLVMBuildZExt(e->b, bytes, em_type(e, K_I32, 8), "");
}

static Val packed_avx2(Emit *e, Val v, Val bits, bool pairs) {
    Val mask = LLVMBuildZExt(e->b, bits, em_int_type(e, 64), "");
    if (pairs) { /* four lanes of 64 bits are eight of 32 */
        mask = em_intrinsic(e, "llvm.x86.bmi.pdep.64", 0, NULL, 2, (Val[]){mask, em_i64(e, 0x55)});
        mask = LLVMBuildMul(e->b, mask, em_i64(e, 3), "");
    }
    LLVMTypeRef t = LLVMTypeOf(v), words = em_type(e, K_I32, 8);
    Val p = em_intrinsic(e, "llvm.x86.avx2.permd", 0, NULL, 2,
                         (Val[]){LLVMBuildBitCast(e->b, v, words, ""), permutation(e, mask)});
    return LLVMBuildBitCast(e->b, p, t, "");
}

static Val packed_avx512(Emit *e, Val v, Val mask) {
    LLVMTypeRef t = LLVMTypeOf(v);
    return em_intrinsic(e, "llvm.x86.avx512.mask.compress", 1, &t, 3, (Val[]){v, LLVMConstNull(t), mask});
}

/* Integers of `bits` in chunks that one instruction packs; narrower ones travel as 32 bits. */
typedef struct Chunk {
    uint32_t lanes, bits;
} Chunk;

static Chunk chunk_of(const Emit *e, uint32_t bits) {
    if (e->level == CPU_V4X && bits <= 16) return (Chunk){512 / bits, bits};
    uint32_t wide = bits < 32 ? 32 : bits;
    return (Chunk){(e->level == CPU_V3 ? 256 : 512) / wide, wide};
}

static Val packed(Emit *e, Chunk c, Val v, Val mask) {
    if (e->level == CPU_V3) return packed_avx2(e, v, em_mask_bits(e, mask, c.lanes), c.bits == 64);
    return packed_avx512(e, v, mask);
}

static Val count_set(Emit *e, Val mask, uint32_t lanes) {
    Val bits = em_mask_bits(e, mask, lanes);
    if (lanes < 64) bits = LLVMBuildZExt(e->b, bits, em_int_type(e, 64), "");
    return lanes == 1 ? bits : em_intrinsic1(e, "llvm.ctpop", bits);
}

static Val compress_chunk(Emit *e, Val ptr, Val at, Val v, Val mask, uint32_t n, uint32_t bits) {
    Chunk c = chunk_of(e, bits);
    Val wide = c.bits == bits ? v : LLVMBuildZExt(e->b, v, em_vector(em_int_type(e, c.bits), n), "");
    Val p = packed(e, c, em_widen_lanes(e, wide, n, c.lanes), em_widen_lanes(e, mask, n, c.lanes));
    p = em_lanes(e, p, 0, n);
    if (c.bits != bits) p = LLVMBuildTrunc(e->b, p, em_vector(em_int_type(e, bits), n), "");
    LLVMSetAlignment(LLVMBuildStore(e->b, p, em_address(e, ptr, at, bits / 8)), bits / 8);
    return LLVMBuildAdd(e->b, at, count_set(e, mask, n), "");
}

Val em_compress(Emit *e, Val ptr, Val at, Val v, Val mask, uint32_t bits) {
    uint32_t lanes = LLVMGetVectorSize(LLVMTypeOf(v)),
             n = chunk_of(e, bits).lanes < lanes ? chunk_of(e, bits).lanes : lanes;
    for (uint32_t k = 0; k < lanes; k += n)
        at = compress_chunk(e, ptr, at, em_lanes(e, v, k, n), em_lanes(e, mask, k, n), n, bits);
    return at;
}

/* One value: stored always, and stepped over when it is set. */
static Val compress_one(Emit *e, const KInst *i) {
    Val at = em_in(e, i, 1), set = LLVMBuildZExt(e->b, em_in(e, i, 3), em_int_type(e, 64), "");
    uint32_t bytes = (uint32_t)ktype_bytes((KType)i->in[2]->type);
    Val access = LLVMBuildStore(e->b, to_memory(e, em_in(e, i, 2), i->in[2]),
                                em_address(e, em_in(e, i, 0), at, bytes));
    LLVMSetAlignment(access, bytes > 8 ? 8 : bytes);
    return LLVMBuildAdd(e->b, at, set, "");
}

static Val compress(Emit *e, const KInst *i) {
    const KInst *value = i->in[2];
    uint32_t bits = 8 * (uint32_t)ktype_bytes((KType)value->type);
    if (value->lanes == 1) return compress_one(e, i);
    Val v = LLVMBuildBitCast(e->b, to_memory(e, em_get(e, value), value),
                             em_vector(em_int_type(e, bits), value->lanes), "");
    return em_compress(e, em_in(e, i, 0), em_in(e, i, 1), v, em_in(e, i, 3), bits);
}

/* ---- calls ---- */

/* Functions of the runtime have the kernel ABI themselves: operands go into an array. */
static Val call(Emit *e, const KInst *i) {
    LLVMTypeRef i64 = em_int_type(e, 64), ptr = em_scalar_type(e, K_PTR);
    LLVMTypeRef type = LLVMFunctionType(i64, (LLVMTypeRef[]){ptr, i64}, 2, false);
    Val f = LLVMGetNamedFunction(e->module, i->name);
    if (!f) f = LLVMAddFunction(e->module, i->name, type);
    Val args = em_alloca(e, LLVMArrayType2(ptr, i->n), 8);
    for (uint32_t k = 0; k + 1 < i->n; k++)
        LLVMBuildStore(e->b, em_in(e, i, k), em_address(e, args, em_i64(e, k), 8));
    return LLVMBuildCall2(e->b, type, f, (Val[]){args, em_in(e, i, i->n - 1)}, 2, "");
}

/* clang-format off */
const Translate emit_memory[KI_COUNT] = {
    [KI_LOAD] = load,         [KI_STORE] = store,       [KI_PREFETCH] = prefetch,
    [KI_OFFSET] = offset,     [KI_COMPRESS] = compress, [KI_CALL] = call,
};
/* clang-format on */
