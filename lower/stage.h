/* Stage: one operation on the rows of one domain, in SSA.  A pipeline is a list of them; what a stage yields is one value
 * a row of its domain ("stage value"), and it is named by the stage itself.
 *
 * Invariants
 *  - Stages are numbered in order; inputs come before.  Pure stages of a pipeline are hash-consed.
 *  - All value inputs of a stage are in its domain or in none (constants, parameters), but those of TAKE (in[0] is in
 *    an ancestor domain) and POS (the mask is in the parent domain).  An operation on scalars alone is in Pipe.here.
 *  - Integers are signed in lanes of `type`, which hold `range`; an operation converts its inputs to the lanes it works
 *    in, so there are no stages for widening.  Lanes are the narrowest where values begin; arithmetic keeps the lanes it
 *    got or widens them, so that there are few kernels.  Booleans and masks are K_I1.  Positions and row numbers
 *    are u32 in K_I32.  Texts are views in K_I128.
 *  - What a value is in a row that is NULL, or where a guard is false, is not defined.  Stages that divide or index
 *    sanitise what they are given by their guard.
 */
#ifndef DQL_LOWER_STAGE_H
#define DQL_LOWER_STAGE_H
#include "base/map.h"
#include "base/program.h"
#include "base/vec.h"
#include "ir/kernel.h"
#include "ir/node.h"
#include "lower/range.h"

typedef enum StageOp {
    S_CONST,   /* scalar from ARG_CONST; domain DOMAIN_NONE */
    S_PARAM,   /* scalar from ARG_PARAM or ARG_PARAM_VALID (type K_I1); domain DOMAIN_NONE */
    S_COLUMN,  /* source column, arg ARG_SRC in `code`, or ARG_SRC_VALID (type K_I1); domain 0 */
    S_ROWID,   /* row id; domain 0 */
    S_GATHER,  /* element in[0] (row number) of the array arg (ARG_COL, ARG_COL_VALID, ARG_DICT) laid out as `code`; guard: read there only */
    S_POS,     /* filter: positions in the parent of the rows where in[0] holds; makes `domain` */
    S_TAKE,    /* in[0] of an ancestor domain at positions in[1] */
    S_OP,      /* kop on lanes of `type`; checked: overflow of those lanes is an error where the guard holds */
    S_DIVIDE,  /* kop KI_DIV or KI_REM, on integers; 0 and overflow are errors where the guard holds; one input: by `lo` */
    S_CMP,     /* pred on inputs in lanes of `lanes` */
    S_CMP_CODE, /* pred of the source column in[0] and a scalar in[1], decided on the stored code */
    S_SELECT,  /* in[0] ? in[1] : in[2] */
    S_CONVERT, /* kop: KI_SITOF (from lanes), KI_FEXT, KI_FTRUNC, KI_BITCAST, KI_SEXT (only resizes) */
    S_TO_INT,  /* float to integer, half to even; out of lo..hi is an error where the guard holds */
    S_CHECK,   /* in[0], which must lie in in[1]..in[2] (scalars) where the guard holds (errors with `error`) */
    S_FAIL_IF, /* in[0]; in[1] is an error where the guard holds */
    S_NUMERIC, /* numeric function kop (an Op) of ir/numeric_kernel.c */
    S_OUT,     /* register that in[0], a CALL, writes */
    S_CALL,    /* a native, or a kernel built by other means; a staging point */
    S_ACC,     /* adds in[0] (none: counts) to accumulator `arg` of kind pred; in: value, valid or NULL, group or NULL */
} StageOp;

typedef struct Stage Stage;

/* Operand of a call: a stage's value in memory, or what `arg` says. */
typedef struct CallArg {
    Stage *value; /* its register; an S_OUT of this call: written; NULL: arg */
    Arg arg;
} CallArg;

typedef struct Call {
    const char *native; /* name in abi.def, or NULL: kernel */
    Kernel *kernel;
    uint32_t n;
    CallArg *args;
    bool expands;
    bool splits;  /* ARG_PART among its operands */
    bool effect; /* changes a state: never dropped */
    uint8_t out; /* domain it makes or DOMAIN_NONE */
} Call;

struct Stage {
    StageOp op;
    KType type;     /* of the value; K_VOID: none */
    KType lanes;    /* S_CMP: lanes in which inputs are compared; S_DIVIDE: in which it divides */
    uint8_t domain; /* DOMAIN_NONE: a scalar */
    uint8_t pred;   /* KPred, AggKind */
    uint8_t error;  /* RowError */
    bool checked;
    bool guarded;   /* the last input is the guard: K_I1 */
    uint16_t kop;
    uint16_t site;  /* index in Program.sites + 1; 0: none */
    uint32_t id, n;
    Stage **in;     /* S_ACC may hold NULLs */
    Arg arg;
    Arg base;       /* S_COLUMN in a coded width: its frame of reference, or ARG_NULL (base 0); S_ACC of a dense group: the
                       number of groups */
    ColumnCode code;
    Range range;    /* integers */
    Int128 lo, hi;
    uint32_t row_bytes; /* tensors: bytes from row to row, of elements of `type`; 0: a scalar */
    Call *call;
    bool live;
    Stage **users; /* live stages that read it, in order; set by mark_live */
    uint32_t n_users;
    uint32_t unit; /* number of the unit that it is in, from 1; 0: none */
};

/* One value of an expression: a stage and whether it is there. */
typedef struct LVal {
    Stage *v;
    Stage *valid;       /* K_I1; NULL: never NULL */
    const Type *type;
    bool nhwc;          /* tensor (C, H, W) whose elements are stored (H, W, C), C rounded up to 16: between layers */
    bool bordered;      /* nhwc, with the zeros around it that its only user wished for (Scope.border) */
    bool dict;          /* text as a code of dictionary (dict_scan, dict_column) */
    uint32_t dict_scan, dict_column;
} LVal;

typedef struct Domain {
    uint8_t parent; /* DOMAIN_NONE: domain 0 */
    Stage *pos;     /* positions in the parent */
    Stage *maker;   /* S_POS or S_CALL; NULL for domain 0 */
} Domain;

typedef struct Pipe {
    Arena *arena;
    SourceKind source;
    uint32_t a, b;
    bool once, ordered;
    uint32_t batch_rows;
    double row_flops;     /* of contractions and convolutions, a row */
    uint32_t work_bytes;  /* of ARG_WORK */
    const char *label;
    VEC(Stage *) stages;
    VEC(Domain) domains;
    VEC(uint32_t) finish; /* states */
    VEC(Stage *) taken;   /* tensor stage, positions, the rows taken: triples */
    VEC(Stage *) emitted; /* those that have an Emit.value now */
    KInst **values;       /* Emit.value: of all stages, NULL between two kernels */
    Map same;             /* hash-consing */
    uint8_t here;         /* domain of operations on scalars alone */
    uint8_t n_cursors;
} Pipe;

Pipe *pipe_new(Arena *a, SourceKind source, uint32_t src_a, uint32_t src_b, const char *label);
void pipe_free(Pipe *p); /* what the arena does not hold; done at the arena's end at the latest */

/* Constructors.  Scalars live in no domain; the domain of an operation is that of its inputs. */
Stage *stage_scalar(Pipe *p, StageOp op, KType t, Arg arg, Range r);
Stage *stage_column(Pipe *p, Arg arg, ColumnCode code, Arg base, KType t, Range r);
Stage *stage_rowid(Pipe *p);
Stage *stage_op(Pipe *p, KOp op, KType t, Range r, uint32_t n, Stage *const *in);
/* arithmetic of integers in the lanes that the result needs, and no fewer than those that come in */
Stage *stage_arith(Pipe *p, KOp op, Range r, Stage *x, Stage *y);
Stage *stage_op1(Pipe *p, KOp op, Stage *x);            /* type of x, and its range unless it is a mask */
Stage *stage_op2(Pipe *p, KOp op, Stage *x, Stage *y);  /* masks and floats: type of x */
Stage *stage_checked(Pipe *p, KOp op, KType t, Range r, Stage *x, Stage *y, Stage *guard, uint16_t site);
/* r: range of the quotient; checked: lowest / -1 of the lanes is an error */
Stage *stage_divide(Pipe *p, KOp op, Range r, bool checked, Stage *x, Stage *y, Stage *guard, uint16_t site);
/* by a constant that is part of the operation's structure (10^k of a DECIMAL's scale, 153 days of five months), not 0 or -1 */
Stage *stage_divide_by(Pipe *p, KOp op, Stage *x, Int128 by);
Stage *stage_check(Pipe *p, Stage *x, Stage *lo, Stage *hi, RowError error, Stage *guard, uint16_t site);
Stage *stage_fail_if(Pipe *p, Stage *x, Stage *bad, RowError error, Stage *guard, uint16_t site);
Stage *stage_cmp(Pipe *p, KPred pred, Stage *x, Stage *y);
Stage *stage_cmp_code(Pipe *p, KPred pred, Stage *column, Stage *scalar); /* column: a coded S_COLUMN; scalar within 62 bits */
Stage *stage_select(Pipe *p, Stage *cond, Stage *x, Stage *y);
Stage *stage_convert(Pipe *p, KOp op, Stage *x, KType to);
Stage *stage_to_int(Pipe *p, Stage *x, Range allowed, Stage *guard, uint16_t site);
Stage *stage_numeric(Pipe *p, Op op, KType t, uint32_t n, Stage *const *in);
Stage *stage_gather(Pipe *p, Stage *row, Arg array, ColumnCode code, KType t, Range r, Stage *guard);
Stage *stage_acc(Pipe *p, uint8_t domain, AggKind kind, Arg column, Stage *value, Stage *valid, Stage *group, Arg groups);
Stage *stage_call(Pipe *p, uint8_t domain, Call *call);
Stage *stage_out(Pipe *p, Stage *call, uint8_t domain, KType t, Range r);

/* Rows of a tensor column: out[i] = array[row[i]], negative rows left alone (lower/tensor.c). */
Stage *tensor_rows(Pipe *p, Stage *array, Arg arg, KType t, uint32_t row_bytes, Stage *row);

/* The same rows `row_bytes` apart, in `domain`; x itself where they are (lower/tensor.c). */
Stage *tensor_repitch(Pipe *p, Stage *x, uint8_t domain, uint32_t row_bytes);

/* Masks; NULL is "always". */
Stage *mask_and(Pipe *p, Stage *x, Stage *y);
Stage *mask_not(Pipe *p, Stage *x);

/* Domain of the rows of `domain` where mask holds (same domain when mask is NULL). */
uint8_t pipe_filter(Pipe *p, uint8_t domain, Stage *mask);
uint8_t pipe_domain(Pipe *p, uint8_t parent); /* of a call that writes positions: set pos and maker afterwards */
/* x as a value of `domain`, which is x's own or a descendant of it. */
Stage *pipe_bring(Pipe *p, Stage *x, uint8_t domain);
LVal pipe_bring_val(Pipe *p, LVal x, uint8_t domain);
/* x in lanes of exactly `t`, as a value that has memory of that layout (for natives and states). */
Stage *pipe_layout(Pipe *p, Stage *x, uint8_t domain, KType t);

/* Memory can be read in place as an array of `type` (no code, no base). */
bool stage_is_direct(const Stage *s);
#endif
