/* Emit: one kernel being translated to an LLVM function.  Internal to codegen_cpu.
 *
 * No LLVM pass over the IR follows: what is written here is what is selected, so values are built in SSA,
 * loops are tested at the bottom, and vectors have the width that the target computes with. Representation:
 * K_I1 is i1 in registers and a byte in memory; K_F16 and K_BF16 are i16 (only conversions know what they
 * mean); lanes > 1 is <lanes x T>, but of K_I128 <2 lanes x i64>: emit_wide.c.
 */
#ifndef DQL_CODEGEN_CPU_EMIT_H
#define DQL_CODEGEN_CPU_EMIT_H
#include "base/cpu.h"
#include "ir/kernel.h"
#include <llvm-c/Core.h>

typedef LLVMValueRef Val;

typedef struct Emit {
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef b;
    CpuLevel level;
    Arena *arena; /* as long as the kernel is translated */
    const Kernel *kernel;
    Val fn;
    LLVMBasicBlockRef entry; /* holds the allocas */
    Val *value;              /* by number of the KInst */
    Val **results;           /* by number of a loop or if: its results */
} Emit;

/* Adds kernel k to the module as the function `symbol`. */
void emit_kernel(LLVMModuleRef module, CpuLevel level, const Kernel *k, const char *symbol);

/* ---- types and constants ---- */
LLVMTypeRef em_scalar_type(const Emit *e, KType t);
LLVMTypeRef em_type(const Emit *e, KType t, uint32_t lanes);
LLVMTypeRef em_memory_type(const Emit *e, KType t, uint32_t lanes); /* i1 as i8 */
LLVMTypeRef em_int_type(const Emit *e, uint32_t bits);
LLVMTypeRef em_vector(LLVMTypeRef scalar, uint32_t lanes); /* the scalar itself for one lane */
Val em_i64(const Emit *e, int64_t v);
Val em_i32(const Emit *e, int32_t v);
Val em_int_splat(const Emit *e, LLVMTypeRef type, int64_t v); /* of an integer or vector of integers */

/* ---- values ---- */
static inline Val em_get(const Emit *e, const KInst *i) { return e->value[i->id]; }
static inline void em_set(Emit *e, const KInst *i, Val v) { e->value[i->id] = v; }
static inline Val em_in(const Emit *e, const KInst *i, uint32_t k) { return em_get(e, i->in[k]); }

/* Calls an intrinsic; overloads are the types it is specialised to. */
Val em_intrinsic(Emit *e, const char *name, uint32_t n_types, LLVMTypeRef *types, uint32_t n, Val *args);
Val em_intrinsic1(Emit *e, const char *name, Val x); /* overloaded on the type of x */
Val em_intrinsic2(Emit *e, const char *name, Val x, Val y);
Val em_splat(Emit *e, Val scalar, uint32_t lanes);
Val em_lanes(Emit *e, Val vec, uint32_t from, uint32_t n); /* lanes from .. from + n - 1; n 1: the scalar */
Val em_lane(Emit *e, Val vec, uint32_t lane);
Val em_concat(Emit *e, uint32_t n, Val *parts,
              uint32_t lanes); /* n (a power of two) parts of `lanes` lanes each */
Val em_shuffle(Emit *e, Val x, Val y, uint32_t n, const int32_t *from); /* lanes of x, then of y */
Val em_widen_lanes(Emit *e, Val vec, uint32_t from, uint32_t to);       /* new lanes hold zero */
Val em_address(Emit *e, Val ptr, Val index, uint32_t bytes);            /* ptr + index * bytes */
Val em_mask_bits(Emit *e, Val mask, uint32_t lanes); /* i1 x lanes as an integer of that many bits */
Val em_alloca(Emit *e, LLVMTypeRef type, uint32_t align);
LLVMBasicBlockRef em_block(Emit *e);
void em_at(Emit *e, LLVMBasicBlockRef block);
Val em_phi(Emit *e, LLVMTypeRef type, Val from, LLVMBasicBlockRef block);
void em_incoming(Val phi, Val from, LLVMBasicBlockRef block);
LLVMBasicBlockRef em_here(const Emit *e);

/* ---- subjects: each has a table of the instructions that it translates; a result of NULL is none ---- */
typedef Val (*Translate)(Emit *e, const KInst *i);
extern const Translate emit_arith[KI_COUNT], emit_convert[KI_COUNT], emit_lane[KI_COUNT],
    emit_memory[KI_COUNT], emit_indexed[KI_COUNT], emit_flow[KI_COUNT];
extern const Translate emit_wide[KI_COUNT];                       /* those that have vectors of K_I128 */
Val emit_wide_by_lane(Emit *e, const KInst *i, Translate scalar); /* for the others of them */
Val emit_tile(Emit *e, const KInst *i);
void emit_block(Emit *e, const KBlock *b);
void em_prefetch(Emit *e, Val address);
Val em_mask_or_all(Emit *e, const KInst *mask, uint32_t lanes);
Val em_gather(Emit *e, Val pointers, LLVMTypeRef type, uint32_t align, Val mask); /* masked-off lanes 0 */
void em_scatter(Emit *e, Val pointers, Val value, uint32_t align, Val mask);
/* Stores the lanes of v (integers of `bits`) whose mask is set at ptr[at ..]; returns at + how many. */
Val em_compress(Emit *e, Val ptr, Val at, Val v, Val mask, uint32_t bits);

/* for (counter = lo; counter < hi; counter += step), step > 0, tested at the bottom; guarded unless it surely
 * runs once */
typedef struct EmLoop {
    LLVMBasicBlockRef before, body, after;
    Val counter, hi, step;
    bool guarded;
} EmLoop;
EmLoop em_loop(Emit *e, Val lo, Val hi, Val step);
Val em_loop_phi(Emit *e, const EmLoop *l, Val init); /* right after em_loop */
void em_loop_end(Emit *e, EmLoop *l, uint32_t n, Val *phi,
                 Val *next); /* phi[k] becomes the value behind the loop */
#endif
