/* A team: workers that share each step of one batch, where a pipeline has a single batch of much work (one image through a
 * network). Worker 0 runs the steps; one that splits (STEP_SPLITS) is cut into parts, which whoever is there takes one after the
 * other, so that a worker whose processor is busy elsewhere holds nobody up. What a step computes does not depend on the parts.
 */
#ifndef DQL_RUNTIME_TEAM_H
#define DQL_RUNTIME_TEAM_H
#include "base/program.h"
#include "runtime/block.h"
#include <stdbool.h>

typedef struct Team Team;
/* Of n workers; work_bytes of work memory for each but worker 0, who has its own. NULL: out of memory. */
Team *team_new(BlockPool *pool, int n, size_t work_bytes);
void team_free(Team *t);
/* Calls fn on all parts; part: what the operand ARG_PART points to, work: what ARG_WORK does, in args (n_args of them). */
void team_call(Team *t, DqlKernel fn, void *const *args, uint32_t n_args, int64_t *part, const void *work, int64_t rows);
void team_help(Team *t, int worker); /* workers 1 .. n - 1, until team_end */
void team_end(Team *t);              /* worker 0, when there are no more steps */
#endif
