/* A worker's side of one pipeline: registers, cursors, text scratch and the steps' operands, resolved to pointers once; only
 * source columns (per batch) and accumulator columns (which may move, per step) are looked up again.
 */
#ifndef DQL_RUNTIME_RUN_WORKER_H
#define DQL_RUNTIME_RUN_WORKER_H
#include "runtime/abi.h"
#include "runtime/run.h"
#include "runtime/team.h"

typedef struct SrcArg { /* an operand that moves with the batch */
    uint32_t at, col;
    bool valid;
} SrcArg;
typedef struct AccArg { /* an accumulator column of a local */
    uint32_t at, col;
    const RtLocal *local;
} AccArg;

typedef struct Tier { /* one form of the pipeline's steps, for one worker */
    const Step *steps;
    uint32_t n;
    const RtKernel *fn;
    void **args;         /* of all steps, in order */
    uint32_t *first_arg; /* per step */
    VEC(SrcArg) src;
    VEC(AccArg) acc;
    uint32_t *first_acc; /* per step, n + 1 of them */
    bool ready;
} Tier;

typedef struct Morsel {
    uint32_t segment;
    int64_t from, to;
} Morsel;

typedef struct Worker {
    RtRun *run;
    const Pipeline *pipeline;
    int index;
    char **regs;
    char *reg_block;
    char *work; /* ARG_WORK; NULL: no step needs it */
    int64_t part[2]; /* ARG_PART: {0, 1}, all of a step */
    Team *team;      /* that shares its steps; NULL: none */
    RtCursor *cursors;
    int64_t *counts; /* rows of each domain in this batch */
    int64_t rowid;
    uint32_t n_src;
    ColumnRef *src; /* source columns of the current segment */
    uint32_t segment; /* whose they are; UINT32_MAX: none yet */
    TextHeap scratch;
    Int128 fault; /* ARG_FAULT */
    uint32_t failed; /* the step that ended a batch with an error */
    VEC(RtLocal *) locals; /* of the states it feeds */
    Tier tiers[2];         /* steps, fused */
    RtError error;
} Worker;

bool worker_init(Worker *w, RtRun *run, const Pipeline *p, int index);
void worker_free(Worker *w);
/* Resolves the steps of one form; fn: its kernels. */
bool worker_tier(Worker *w, Tier *t, uint32_t first, uint32_t n, const RtKernel *fn);
/* Rows [from, to) of the worker's source as a batch. false: w->error says why. */
bool worker_batch(Worker *w, Tier *t, int64_t from, int64_t to);
bool worker_cancelled(Worker *w); /* then the error says so */
/* run_row.c: the batch [from, to) failed at a row: which row of the source it is is found out and said in the error. What
 * the pipeline appended to `limited` (NULL: nothing can come of it) is that of the rows before it, as if the batch ended there. */
void worker_find_row(Worker *w, Tier *t, int64_t from, int64_t to, RtLocal *limited, int64_t appended);
#endif
