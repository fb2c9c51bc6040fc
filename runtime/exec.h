/* Running Programs (base/program.h).
 *
 * A session holds what statements share: memory, workers, tables, models, the cancel flag.  An instance is one prepared
 * Program with what outlives a run: its constants and the finished states of `once` pipelines.  A run gives a result or an
 * error; neither rows, their order nor any bit of them depends on the number of workers.
 * One run of an instance at a time; different instances may run at once only on different Workers.
 */
#ifndef DQL_RUNTIME_EXEC_H
#define DQL_RUNTIME_EXEC_H
#include "runtime/column.h"
#include "runtime/error.h"
#include "runtime/models.h"
#include "runtime/progress.h"
#include "runtime/store.h"
#include <stdatomic.h>

typedef int64_t (*RtKernel)(void *const *args, int64_t n);

/* Code of a program: fn[i] is its kernels[i], NULL while only the fused tier needs it and that is not compiled. */
typedef struct RtKernels {
    const RtKernel *fn;
    /* Asked at morsel boundaries for pipelines that have a fused form: a table like fn in which that form's kernels are all
     * present, or NULL: not yet. left: nanoseconds that the pipeline still takes at the pace so far, 0 as long as there is none.
     * fused NULL: never. Called from worker threads. */
    const RtKernel *(*fused)(void *ctx, uint32_t pipeline, int64_t left);
    void *ctx;
} RtKernels;

typedef struct RtSession {
    BlockPool *pool;
    Workers *workers;
    Store *store;
    Models *models;
    _Atomic bool cancel;  /* set by any thread or signal handler: runs and loads end; who reports it clears it */
    Progress progress;
    bool current_version; /* compiled programs: scans take the current version of a table, whatever the plan was made for */
} RtSession;

/* Session on new tables and models. threads <= 0: one a processor; limit 0: no memory limit. */
RtSession *rt_session_new(int threads, int64_t memory_limit);
void rt_session_free(RtSession *s);
bool rt_goes_on(const RtSession *s, RtError *e); /* false: cancelled, and e says that instead of what it said */

typedef struct RtInstance RtInstance;
RtInstance *rt_instance_new(RtSession *s, const Program *p); /* the program must outlive it; NULL: no memory */
void rt_instance_free(RtInstance *i);

/* What EXPLAIN ANALYZE prints of a pipeline's last run. */
typedef struct RtPipelineStats {
    int64_t nanoseconds, rows, morsels, fused_morsels;
    int team; /* workers that shared its one batch step by step; 0: each took morsels */
} RtPipelineStats;
const RtPipelineStats *rt_instance_stats(const RtInstance *i); /* per pipeline */

/* Finished rows. Columns and their texts live until rt_result_free, which must come before the instance's end. */
typedef struct RtRun RtRun;
typedef struct RtResult {
    int64_t rows;
    uint32_t n;
    const ColumnRef *cols;
    RtRun *run;
} RtResult; /* zero-initialised is empty */

/* params: one Value a ParamRef, of its type. On false the result is empty and the error says why. */
bool rt_run(RtInstance *i, const RtKernels *k, const Value *params, RtResult *out, RtError *e);
void rt_result_free(RtResult *r);
#endif
