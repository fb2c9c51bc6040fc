/* lower: from the algebra to a Program (base/program.h) and its kernels (ir/kernel.h).
 *
 * A plan is split at its breakers (join build, aggregate, sort, limit, result) into pipelines.  A pipeline is first a
 * list of stages (lower/stage.h); two partitions of that list into kernels give the tiers (lower/kernelize.h).
 * Invariants
 *  - Kernels depend on types, widths and structure, never on a literal's value: literals come through ARG_CONST.
 *  - Both tiers compute the same bits.
 *  - An expression that may fail is evaluated on the rows on which the algebra evaluates it, and no others.
 */
#ifndef DQL_LOWER_LOWER_H
#define DQL_LOWER_LOWER_H
#include "base/program.h"
#include "ir/kernel.h"
#include "ir/node.h"
#include "ir/source.h"
#include "lower/target.h"

typedef struct LowerOptions {
    bool no_fused;   /* --tier=kernels: leave out the fused steps */
    bool no_dense;   /* hash tables where dense arrays would do (tests) */
    bool no_ranges;  /* ignore statistics: every type at its full width (tests) */
    double (*rows)(void *ctx, const Node *rel); /* estimated rows; NULL: rough guesses */
    void *rows_ctx;
    Hash128 (*code_key)(void *ctx, const Kernel *k); /* NULL: kernel_hash */
    void *key_ctx;
    const _Atomic bool *cancel; /* true: lowering fails soon; NULL */
} LowerOptions;

typedef struct Lowered {
    Program *program; /* kind PG_QUERY; api sets kind and target for other statements */
    uint32_t n_kernels;
    Kernel **kernels; /* parallel to program->kernels */
} Lowered;

/* Lowers the relation `plan` with the names of its n columns.  false: something is not supported, *why says what.
 * Everything lives in the arena. */
bool lower_query(Arena *a, Ir *ir, const SourceApi *src, const Target *t, const LowerOptions *opt, const Node *plan,
                 uint32_t n, const char *const *names, Lowered *out, const char **why);

/* The single-stage kernels worth shipping precompiled (at most 3,000), each once; the kernel lives until visit returns. */
void lower_shipped_kernels(const Target *t, void (*visit)(void *ctx, const Kernel *k), void *ctx);
#endif
