/* Tensors: a value of TENSOR type is a stage whose memory has row_bytes from row to row: a register (a multiple of 64
 * bytes), a source column, or, in no domain, one tensor for all rows (weights, constants, what depends on weights alone).
 * Elements are row-major; between the layers of a network (C, H, W) may be kept as (H, W, C), C rounded up to 16 (LVal.nhwc).
 *
 * Each operation is a kernel of its own, a CALL stage; elementwise trees are one kernel, and so is a contraction with the
 * elementwise tree above it.  A kernel loops over the rows of its domain; elements go by vectors of 16.
 * Invariant: a register row may be written up to the next multiple of 16 elements; nothing else is.
 */
#ifndef DQL_LOWER_TENSOR_H
#define DQL_LOWER_TENSOR_H
#include "base/ragged.h"
#include "lower/expr.h"

enum { TENSOR_LANES = 16 };

/* A kernel under construction and the operands of the call. */
typedef struct TensorKernel {
    Scope *s;
    KB *b;
    KInst *n;
    VEC(CallArg) args;
    VEC(KInst *) params;
    uint32_t out_at; /* which operand is the result */
    bool splits;     /* its units may be shared */
} TensorKernel;

void tk_begin(TensorKernel *k, Scope *s, const char *label);
/* Rows on which an error of this kernel counts, one byte a row; NULL: all.  Before tk_begin. */
Stage *tk_need(Scope *s, Stage *valid);
/* Leaves with the error of `row` where bad (one i1) holds and `need`, the memory of tk_need's, says so. */
void tk_fail(TensorKernel *k, KInst *bad, KInst *need, KInst *row, uint32_t site, RowError error);
void tk_sites(Scope *s, Stage *out, uint32_t n, const Node *const *at); /* of the call that writes `out`, in the order of `site` */
KInst *tk_value(TensorKernel *k, Stage *v);       /* its memory; before any loop */
KInst *tk_bytes(TensorKernel *k, const void *p, size_t n); /* a constant table */
KInst *tk_arg(TensorKernel *k, Arg a);
/* [lo, hi): this call's share of `units` that are independent of each other; other workers may run the rest (STEP_SPLITS) */
void tk_share(TensorKernel *k, int64_t units, KInst **lo, KInst **hi);
KInst *tk_work(TensorKernel *k, uint32_t bytes);  /* the worker's work memory, at least that much */
KInst *tk_out(TensorKernel *k);                   /* the result's memory */
Stage *tk_end(TensorKernel *k, KType t, uint32_t row_bytes, Range r); /* the result; row_bytes 0: a scalar */
Stage *tk_call(Scope *s, Call *call, uint32_t out_at, KType t, uint32_t row_bytes); /* the same of a native */

/* scalars of addresses */
KInst *k_int(KB *b, int64_t v);
KInst *k_add(KB *b, KInst *x, int64_t y);
KInst *k_mul(KB *b, KInst *x, int64_t y);
KInst *k_plus(KB *b, KInst *x, KInst *y);

/* ---- what a tensor type is ---- */
static inline bool is_tensor(const Type *t) { return t->kind == TY_TENSOR && !type_ragged(t); } /* ragged ones are views */
static inline const Type *elem_of(const Type *t) { return is_tensor(t) ? t->elem : t; }
KType elem_lanes(const Type *elem);        /* in memory: unsigned kinds have the lanes of their width */
uint32_t register_bytes(const Type *t);    /* a register row of this tensor */
int64_t stride_of(const Stage *v);         /* elements from row to row; 0 in no domain */
bool shape_known(const Type *t);
uint32_t round16(int64_t n);

/* ---- values ---- */
LVal lower_tensor(Scope *s, const Node *e);        /* any op with a tensor in or out (tensor_expr.c) */
LVal tensor_row_major(Scope *s, LVal x);           /* not nhwc */
LVal tensor_nhwc(Scope *s, LVal x);                /* (C, H, W) to (H, W, C) */
/* An expression of weights and constants alone: computed once for the prepared statement. */
bool is_fixed(const Scope *s, const Node *e);
LVal tensor_fixed(Scope *s, const Node *e);
/* The elements of x that `table` (n of them) lists; -1 gives 0. */
Stage *tensor_gather(Scope *s, Stage *x, const int32_t *table, int64_t n);

/* ---- access by tables: moves of elements are resolved when compiling (tensor_access.c) ---- */
typedef struct Access {
    const Node *node;     /* whose value is read */
    const int32_t *table; /* element of it for each element of the result; NULL: the same */
    int64_t n;            /* elements of the result */
    bool channel;         /* the element that the result's first dimension says: no table is made of it before it is needed */
} Access;
/* Looks through slice, transpose, reshape and constant subscripts. */
Access access_of(Scope *s, const Node *e);
/* e as the operand of an elementwise operation with result type `out` */
Access access_broadcast(Scope *s, const Node *e, const Type *out);
const int32_t *access_table(Scope *s, const Access *a, const Type *out); /* made now, if need be */

/* ---- elementwise trees (tensor_map.c) ---- */
typedef struct TreeLeaf {
    Access a;
    LVal value;     /* of a.node */
    KInst *ptr, *table;
    bool channel;   /* indexed by the first dimension alone */
    bool one;       /* the same element everywhere */
    int64_t line;   /* the same element for that many, whole vectors; 0: not so */
    bool is_number; /* one constant for all elements, in place of a value */
    double number;
} TreeLeaf;

/* ---- one operation on 16 lanes (tensor_element.c) ---- */
typedef enum ElementFail { FAIL_ZERO, FAIL_RANGE, FAIL_KINDS } ElementFail;
typedef struct Element {
    KB *b;
    KInst *fails[FAIL_KINDS]; /* lanes that failed so, NULL: none can */
} Element;
KInst *element_value(Element *el, const Node *e, KInst *const *in);
KInst *element_wide(KB *b, KInst *x, const Type *elem); /* from the lanes of memory */
KInst *element_narrow(KB *b, KInst *x, KType to);       /* to those of memory */
KInst *element_half(KB *b, KInst *x, const Type *elem); /* rounded to FLOAT16 or BFLOAT16 where elem is one */

typedef struct Tree {
    Scope *s;
    TensorKernel *k;
    const Type *out;
    bool nhwc;           /* elements are numbered (H, W, C), C rounded up to 16 */
    const Node *inner;   /* a contraction whose sums are `acc`, or NULL */
    KInst *acc;
    VEC(TreeLeaf) leaves;
    PtrMap own;          /* operations that are computed here and nowhere else */
    PtrMap seen;         /* those that were collected */
    VEC(const Node *) fallible; /* those that may fail, inputs first */
    VEC(KInst *) fails;  /* for each of them FAIL_KINDS masks of lanes: carried from vector to vector */
    Stage *valid;
} Tree;
bool is_elementwise(const Node *e);
LVal lower_map(Scope *s, const Node *e);
void tree_collect(Tree *m, const Node *e);           /* leaves of the tree, their values */
void tree_prepare(Tree *m);                          /* their layouts, once nhwc is settled */
void tree_operands(Tree *m);                         /* their memory, once m->k is begun; before any loop */
/* 16 elements from j on in row `row` */
KInst *tree_value(Tree *m, const Node *e, KInst *row, KInst *j);
void tree_free(Tree *m);

/* ---- the other operations ---- */
bool touches_ragged(const Node *e);                /* ragged.c: it or an operand has sizes that only the row knows */
LVal lower_ragged(Scope *s, const Node *e);
LVal lower_reduce(Scope *s, const Node *e);        /* tensor_reduce.c: sum, mean, max, min, argmax */
LVal lower_cumulate(Scope *s, const Node *e);      /* tensor_scan.c */
LVal lower_argsort(Scope *s, const Node *e);
LVal lower_softmax(Scope *s, const Node *e);       /* softmax.c */
LVal lower_stack(Scope *s, const Node *e);         /* tensor_build.c */
LVal lower_onehot(Scope *s, const Node *e);
LVal lower_concat(Scope *s, const Node *e);
LVal lower_index(Scope *s, const Node *e);
LVal lower_gather(Scope *s, const Node *e);        /* tensor_index.c */
LVal lower_scatter(Scope *s, const Node *e);
LVal tensor_scalar(Scope *s, Stage *v, const Type *elem); /* an element in memory lanes as a scalar of its type */
LVal lower_move(Scope *s, const Node *e);          /* slice, transpose, reshape, constant subscripts */
/* weights in the form that a native makes of them once: args are the weights, n sizes, the result of `bytes` */
LVal tensor_prepared(Scope *s, const Node *weights, const char *native, uint32_t n, const int64_t *sizes, uint32_t bytes);
/* the packed form of weights (O, C, KH, KW) or (N, K): spatial 1; panels of nr columns */
LVal tensor_packed(Scope *s, const Node *weights, int64_t n, int64_t c, int64_t kh, int64_t kw, uint32_t nr);
void choose_tile(const Target *t, int64_t n, int64_t row_bytes, uint32_t *nr, uint32_t *mr);
/* contractions with the elementwise tree `top` above them; false: not of a form that tiles take */
void note_work(Scope *s, const Node *e);          /* tensor_expr.c: operations that the pipeline does for a row */
bool tile_linear(Scope *s, const Node *top, const Node *contract, LVal *out); /* network_linear.c */
bool tile_matmul(Scope *s, const Node *top, const Node *contract, LVal *out); /* network_matmul.c */
bool tile_conv(Scope *s, const Node *top, const Node *conv, LVal *out);       /* network_conv.c */
LVal lower_contract(Scope *s, const Node *e);      /* contract.c: any, element by element */
LVal lower_conv(Scope *s, const Node *e);
LVal lower_pool(Scope *s, const Node *e);          /* network_pool.c */
/* The tree with scale and shift for every batch_norm: x * (gamma / sqrt(var + eps)) + (beta - mean * that). */
const Node *without_batch_norm(Scope *s, const Node *e);
#endif
