/* Workers: the threads that run morsels.  The caller is worker 0; helpers spin a few microseconds after a job and then
 * sleep, so that the phases of one query follow each other without wake-ups; asleep they are told on which processor to wake.
 * One job at a time; a job may not start another.
 */
#ifndef DQL_RUNTIME_WORKERS_H
#define DQL_RUNTIME_WORKERS_H
#include <stdint.h>

typedef struct Workers Workers;
Workers *workers_new(int n); /* n <= 0: one a processor that the process may use */
void workers_free(Workers *w);
int workers_count(const Workers *w);

/* fn(ctx, worker) on the first `want` workers at once; returns when all are done. */
void workers_run(Workers *w, int want, void (*fn)(void *ctx, int worker), void *ctx);
/* The same of workers that wait for each other on the way, for milliseconds in all: each keeps its processor. */
void workers_run_team(Workers *w, int want, void (*fn)(void *ctx, int worker), void *ctx);
/* fn(ctx, item) for items 0 .. n-1, each once, on any worker. `w` NULL: on the caller. */
void workers_each(Workers *w, int64_t n, void (*fn)(void *ctx, int64_t item), void *ctx);
#endif
