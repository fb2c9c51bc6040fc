/* Lower: the context of one lowering, and the Program that grows in it. */
#ifndef DQL_LOWER_CONTEXT_H
#define DQL_LOWER_CONTEXT_H
#include "lower/lower.h"
#include "lower/stage.h"

typedef struct ConstBlock { /* n bytes of the constants */
    uint64_t hash;
    uint32_t at;
    size_t n;
} ConstBlock;

typedef struct Build {
    VEC(Pipeline) pipelines;
    VEC(Step) steps;
    VEC(Arg) args;
    VEC(uint32_t) regs, slots;
    VEC(uint32_t) finish;
    VEC(State) states;
    VEC(StateColumn) state_cols;
    VEC(Scan) scans;
    VEC(ScanColumn) scan_cols;
    VEC(KernelRef) refs;
    VEC(Kernel *) kernels;
    VEC(Hash128) hashes; /* structural, parallel to kernels */
    VEC(const char *) natives;
    VEC(WeightRef) weights;
    VEC(ParamRef) params;
    VEC(Site) sites;
    Buf consts;
    VEC(uint32_t) const_views;
    VEC(ConstBlock) const_blocks; /* what is in consts, but for the views */
} Build;

/* A join that will drop most rows of the next table that is scanned: they need not come so far (lower/reduce.c). */
typedef struct Reducer {
    uint32_t state, column; /* column of the scan's node */
} Reducer;

typedef struct Lower {
    Arena *a;
    Ir *ir;
    const SourceApi *src;
    const Target *target;
    const LowerOptions *opt;
    Build b;
    PtrMap fixed;    /* Node to FixedTensor (lower/tensor_expr.c) */
    PtrMap uses;     /* Node of the plan to the number of its uses */
    PtrMap plain;    /* Node to the same without batch_norm (lower/tensor_expr.c) */
    const Reducer *reducer; /* NULL: none */
    const char *why; /* the first thing that is not supported */
} Lower;

/* Notes that something is not supported; lowering goes on with anything that is well-formed. */
void lower_fail(Lower *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* How often the plan uses a node; 0 of one that lowering made. */
uint32_t lower_uses(const Lower *c, const Node *e);

/* ---- parts of the program (lower/build.c) ---- */
Arg build_bytes(Lower *c, const void *p, size_t n); /* constants; equal blocks are one */
Arg build_int(Lower *c, Int128 v, bool wide);       /* 8 bytes, wide: 16 */
Arg build_texts(Lower *c, uint32_t n, const Str *s);   /* n TextViews, one behind the other */
Arg build_text(Lower *c, Str s);                    /* a TextView */
Arg build_value(Lower *c, const Value *v);          /* a literal in the layout that S_CONST reads */
uint32_t build_native(Lower *c, const char *name);
uint32_t build_kernel(Lower *c, Kernel *k);
uint32_t build_param(Lower *c, const char *name, const Type *t);
uint32_t build_weight(Lower *c, const AttrWeight *w);
/* Polled where lowering takes long: fails the plan when nobody waits for it any more. */
bool lower_cancelled(Lower *c);
uint16_t build_site(Lower *c, const Node *n, const char *what, const Type *shown); /* index + 1 */
uint32_t build_state(Lower *c, State s);
void build_state_cols(Lower *c, uint32_t state, uint32_t n, const StateColumn *cols);
Program *build_program(Lower *c, uint32_t result, uint32_t n, const ResultColumn *columns);
void build_free(Lower *c);

/* ---- a finished pipeline becomes steps of both tiers (lower/assemble.c) ---- */
void assemble(Lower *c, Pipe *p);
#endif
