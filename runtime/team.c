#include "runtime/team.h"
#include "base/memory.h"
#include "runtime/signal.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_ARGS = 64, PARTS = 2 }; /* parts a worker */

/* A call: fixed from the moment that its ticket is out until its last part is done. */
typedef struct TeamCall {
    DqlKernel fn;
    void *const *args;
    uint32_t n_args;
    const int64_t *part;
    const void *work;
    int64_t rows;
} TeamCall;

struct Team {
    int n;
    int64_t parts;
    char **work; /* by worker; [0] is not used */
    TeamCall call;
    _Atomic uint64_t ticket; /* number of the call << 32 | parts taken */
    _Atomic bool over;
    Signal job;  /* number of the call: who has nothing to do waits for the next */
    Signal done; /* parts */
};

Team *team_new(BlockPool *pool, int n, size_t work_bytes) {
    Team *t = mem_alloc(sizeof *t);
    *t = (Team){.n = n, .parts = (int64_t)n * PARTS, .work = mem_alloc(sizeof *t->work * (size_t)n)};
    t->ticket = (uint64_t)t->parts; /* none left */
    memset(t->work, 0, sizeof *t->work * (size_t)n);
    for (int i = 1; work_bytes && i < n; i++)
        if (!(t->work[i] = block_alloc(pool, work_bytes))) {
            team_free(t);
            return NULL;
        }
    return t;
}

void team_free(Team *t) {
    if (!t) return;
    for (int i = 1; i < t->n; i++) block_free(t->work[i]);
    free(t->work);
    free(t);
}

/* A part of the current call, if there is one left. Who has one keeps the call from ending. */
static bool take(Team *t, int64_t *part) {
    uint64_t ticket = atomic_load(&t->ticket);
    while ((int64_t)(ticket & UINT32_MAX) < t->parts)
        if (atomic_compare_exchange_weak(&t->ticket, &ticket, ticket + 1)) return *part = (int64_t)(ticket & UINT32_MAX), true;
    return false;
}

static void run_part(Team *t, int worker, int64_t number) {
    const TeamCall *c = &t->call;
    int64_t part[2] = {number, t->parts};
    void *args[MOST_ARGS];
    for (uint32_t k = 0; k < c->n_args; k++) {
        bool work = worker > 0 && c->args[k] && c->args[k] == c->work;
        args[k] = c->args[k] == c->part ? part : work ? t->work[worker] : c->args[k];
    }
    c->fn(args, c->rows);
}

static void run_parts(Team *t, int worker) {
    for (int64_t part; take(t, &part);) {
        run_part(t, worker, part);
        signal_add(&t->done, 1);
    }
}

void team_call(Team *t, DqlKernel fn, void *const *args, uint32_t n_args, int64_t *part, const void *work, int64_t rows) {
    if (n_args > MOST_ARGS) { /* all of it at once */
        fn(args, rows);
        return;
    }
    t->call = (TeamCall){fn, args, n_args, part, work, rows};
    signal_set(&t->done, 0);
    atomic_store(&t->ticket, ((atomic_load(&t->ticket) >> 32) + 1) << 32);
    signal_add(&t->job, 1);
    run_parts(t, 0);
    for (uint32_t done; (done = signal_value(&t->done)) != (uint32_t)t->parts;) signal_await(&t->done, done);
}

void team_help(Team *t, int worker) {
    while (!atomic_load(&t->over)) {
        uint32_t job = signal_value(&t->job);
        run_parts(t, worker);
        if (!atomic_load(&t->over)) signal_await(&t->job, job);
    }
}

void team_end(Team *t) {
    atomic_store(&t->over, true);
    signal_add(&t->job, 1);
}
