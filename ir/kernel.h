/* The kernel IR: what both code generators read, and all they read.  Made by lower/.
 *
 * A Kernel is one function with the kernel ABI of base/program.h: parameters are the pointers in args[], `n` rows come
 * in, the result is a row count or an error.  The body is structured SSA: blocks of instructions; loops and ifs hold
 * blocks; a loop carries values explicitly, so that no back end needs mem2reg or any other pass.
 * A value has an element type and lanes: 1 is a scalar, more is a vector that the back end maps to registers (or, on a
 * device, to a thread's small vector).  Nothing here names a CPU; lanes and tile sizes are lower's choice from its Target.
 *
 * Exactness: floats are never contracted or reassociated; KI_FMA is one rounding; K_F32 and K_F64 follow IEEE 754.
 * The orders of additions of KI_REDUCE_ADD and KI_TILE are fixed below, the same on all machines.
 */
#ifndef DQL_IR_KERNEL_H
#define DQL_IR_KERNEL_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/value.h"

typedef enum KType { K_VOID, K_I1, K_I8, K_I16, K_I32, K_I64, K_I128, K_F16, K_BF16, K_F32, K_F64, K_PTR, K_TYPE_COUNT } KType;

typedef enum KOp {
#define KINST(name, text, args, doc) KI_##name,
#include "ir/kernel_ops.def"
#undef KINST
    KI_COUNT
} KOp;

typedef enum KPred { KP_EQ, KP_NE, KP_LT, KP_LE, KP_GT, KP_GE, KP_ULT, KP_ULE, KP_UGT, KP_UGE } KPred; /* floats: ordered, but NE is unordered */

typedef struct KInst KInst;
typedef struct KBlock {
    KInst **at;
    uint32_t n, cap;
} KBlock;

/* Access to the left operand of a contraction tile: row m of image i starts at base + i * image + rows[m], k = (outer,
 * inner) at + outer * outer_stride + inner; all in elements.  A linear layer is one image of M rows with rows NULL and
 * row_stride; a convolution has OH * OW rows an image, outer = KH, inner = KW * C on a padded NHWC input. */
typedef struct KTile {
    KType a_type;           /* K_F32, or K_I8 as unsigned bytes converted to float on load */
    KInst *a, *images, *image_stride;       /* ptr, i64, i64 */
    KInst *m, *rows, *row_stride;           /* i64 rows an image; ptr to int32 offsets or NULL; i64 */
    KInst *outer, *outer_stride, *inner;    /* i64 */
    KInst *b;               /* ptr: panels [n / nr][outer * inner][nr], 64-byte aligned, last panel zero-padded (nr <= 16 wide: as pack_panels) */
    KInst *n;               /* i64 declared columns */
    uint32_t nr;            /* columns a panel: 16, 32, 48 or 64 */
    uint32_t mr;            /* rows a micro tile of the target */
    /* epilogue: runs for each (row, vector of 16 columns) with the sums; p_row: global row = image * m + row (i64),
     * p_col: first column (i64), p_acc: f32 x 16.  It stores its results itself (16 lanes may be stored: outputs have
     * a pitch rounded up to 16 elements). */
    KInst *p_row, *p_col, *p_acc;
    KBlock epilogue;
} KTile;
/* Order of a KI_TILE's additions (decision 1): acc = 0; for k ascending: acc = fma(a, b, acc); one accumulator an output,
 * whatever M, the tile or the batch. */

struct KInst {
    uint16_t op;      /* KOp */
    uint8_t type;     /* KType of the result, K_VOID if none */
    uint8_t pred;     /* KI_CMP */
    uint16_t lanes;
    uint32_t id;      /* value number, in order of construction */
    uint32_t n;
    KInst **in;
    union {           /* by op */
        int64_t imm;        /* KI_CONST of integers, KI_PARAM index, KI_SHUFFLE.. */
        double fimm;        /* KI_CONST of floats */
        Int128 wide;        /* KI_CONST of K_I128 */
        struct {            /* KI_LOOP: in = lo, hi, step, init..; phi[0] is the counter, phi[1..] the carried values;
                               next = values for the next round; results are KI_RESULT i of this instruction */
            KInst **phi, **next;
            uint32_t carried;
            KBlock body;
            bool parallel;  /* iterations are independent: a device may spread them over threads */
        } loop;
        struct {            /* KI_IF: in = condition; both blocks yield `n_yield` values, read by KI_RESULT i */
            KBlock then, otherwise;
            KInst **then_yield, **else_yield;
            uint32_t n_yield;
        } branch;
        KTile *tile;        /* KI_TILE */
        const char *name;   /* KI_CALL: a BOTH or HOST function of runtime/abi.def */
    };
};

typedef struct Kernel {
    const char *label;    /* for people; not part of the key */
    uint32_t n_params;    /* args[0 .. n_params) */
    KBlock body;
    uint32_t n_values;
    Arena *arena;
    KInst *count;         /* KI_COUNT_IN: n */
} Kernel;

/* ---- building (ir/kernel_build.c): every call appends to the innermost open block ---- */
typedef struct KB KB;
KB *kb_new(Arena *a, const char *label);
Kernel *kb_finish(KB *b, KInst *result); /* result: i64 returned, NULL returns 0 */
KInst *kb_param(KB *b);                  /* next args[] pointer */
KInst *kb_count(KB *b);                  /* n, i64 */
KInst *kb_int(KB *b, KType t, uint16_t lanes, Int128 v);    /* splat constant */
KInst *kb_float(KB *b, KType t, uint16_t lanes, double v);
KInst *kb_iota(KB *b, KType t, uint16_t lanes);             /* 0, 1, 2, .. */
KInst *kb_op1(KB *b, KOp op, KInst *x);                     /* result type of x */
KInst *kb_op2(KB *b, KOp op, KInst *x, KInst *y);           /* both of the same type and lanes */
KInst *kb_fma(KB *b, KInst *x, KInst *y, KInst *z);
KInst *kb_cmp(KB *b, KPred p, KInst *x, KInst *y);          /* i1 x lanes */
KInst *kb_select(KB *b, KInst *cond, KInst *x, KInst *y);
KInst *kb_convert(KB *b, KOp op, KInst *x, KType to);       /* KI_SEXT .. KI_BITCAST (BITCAST: same size) */
KInst *kb_splat(KB *b, KInst *scalar, uint16_t lanes);
KInst *kb_extract(KB *b, KInst *vec, KInst *lane);          /* lane i32 scalar */
KInst *kb_insert(KB *b, KInst *vec, KInst *scalar, KInst *lane);
/* element `index` (i64) of an array of t at ptr; lanes > 1: consecutive elements from there, any alignment */
KInst *kb_load(KB *b, KInst *ptr, KInst *index, KType t, uint16_t lanes);
void kb_store(KB *b, KInst *ptr, KInst *index, KInst *value);
KInst *kb_gather(KB *b, KInst *ptr, KInst *indexes, KType t, KInst *mask); /* i32 or i64 x lanes; mask NULL: all; masked-off lanes 0 */
void kb_scatter(KB *b, KInst *ptr, KInst *indexes, KInst *value, KInst *mask); /* in lane order */
/* appends the lanes of value whose mask is set at ptr[at..]; returns at + number set (i64). Up to `lanes` elements may be written. */
KInst *kb_compress(KB *b, KInst *ptr, KInst *at, KInst *value, KInst *mask);
KInst *kb_offset(KB *b, KInst *ptr, KInst *bytes);          /* ptr + i64 */
void kb_prefetch(KB *b, KInst *ptr, KInst *bytes);          /* the line at ptr + bytes, to be read soon; never faults */
KInst *kb_call(KB *b, const char *abi_name, uint32_t n, KInst *const *ptr_args, KInst *count); /* i64 */
KInst *kb_reduce(KB *b, KOp op, KInst *vec);                /* KI_REDUCE_ADD .. : see kernel_ops.def for the order */

/* Loop: kb_loop opens it and returns the counter (i64); kb_carried(b, i) is the i-th carried value inside;
 * kb_loop_end gives the next values and returns the loop, whose results are kb_result(b, loop, i). */
KInst *kb_loop(KB *b, KInst *lo, KInst *hi, KInst *step, uint32_t carried, KInst *const *init);
KInst *kb_carried(KB *b, uint32_t i);
KInst *kb_loop_end(KB *b, KInst *const *next);
KInst *kb_result(KB *b, KInst *loop_or_if, uint32_t i);
void kb_if(KB *b, KInst *cond); /* i1 scalar */
void kb_else(KB *b, uint32_t n_yield, KInst *const *yield);
KInst *kb_if_end(KB *b, uint32_t n_yield, KInst *const *yield); /* without kb_else: nothing is yielded */
/* Early return of an error or a count from inside loops and ifs. */
void kb_return(KB *b, KInst *i64_value);
/* Tile: fill everything but p_row, p_col, p_acc and epilogue, open it, build the epilogue, close it. */
void kb_tile(KB *b, const KTile *shape, KInst **p_row, KInst **p_col, KInst **p_acc);
void kb_tile_end(KB *b);

/* ---- whole kernels ---- */
void kernel_print(Buf *out, const Kernel *k);                    /* the text form, values numbered in order, with remarks */
void kernel_text(Buf *out, const Kernel *k);                     /* the same without label and remarks: what a code key covers */
Kernel *kernel_read(Arena *a, const char *text, const char **why); /* of the text form */
bool kernel_verify(const Kernel *k, Arena *a, const char **why); /* types, lanes, definition before use, structure */
const char *kinst_wrong(const KInst *i);                         /* what its operands violate, NULL when they fit */
Hash128 kernel_hash(const Kernel *k);                            /* of kernel_text: the structural part of the code key */
uint32_t kernel_size(const Kernel *k);                           /* instructions */
const char *ktype_text(KType t);
const char *kop_text(KOp op);
int kop_inputs(KOp op); /* -1: any number */
const char *kpred_text(KPred p);
int ktype_bytes(KType t); /* in memory; K_I1 is stored as a byte 0 or 1 */
#endif
