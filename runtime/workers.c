#include "runtime/workers.h"
#include "base/memory.h"
#include "runtime/signal.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Helper {
    Workers *workers;
    int index;
    int cpu;     /* where its last job ended */
    bool placed; /* it may run on that one only, until it runs */
    pthread_t thread;
} Helper;

struct Workers {
    int n; /* with the caller */
    Helper *helpers;
    void (*fn)(void *, int);
    void *ctx;
    int want;
    Signal job;     /* number of the current job: helpers wait for it to change */
    Signal running; /* helpers that have not finished it */
    _Atomic bool stop;
    bool stay;      /* the job's helpers keep their processors until it ends */
    cpu_set_t cpus; /* that the threads may run on */
    int n_cpus;     /* 0: unknown */
};

/* ---- where helpers wake ----
 * Who sleeps for long is often woken on the processor of who wakes it, since a virtual processor at rest does not look idle, and
 * waits there until the system balances its load, about 5 ms: half of the job's speed. So helpers are told where to wake, each on a
 * processor of its own; running there they may be moved again, as other programs need. A team sleeps and wakes often in a job that is
 * short: its workers, the caller too, stay where they are. */

static void find_cpus(Workers *w) {
    w->n_cpus = sched_getaffinity(0, sizeof w->cpus, &w->cpus) == 0 ? CPU_COUNT(&w->cpus) : 0;
}

static int first_of(const cpu_set_t *set) {
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, set)) return i;
    return -1;
}

static void place_helpers(Workers *w) {
    cpu_set_t left = w->cpus;
    int own = sched_getcpu();
    if (own >= 0) CPU_CLR(own, &left);
    for (int i = 1; i < w->want; i++) {
        Helper *h = &w->helpers[i - 1];
        int cpu = h->cpu >= 0 && CPU_ISSET(h->cpu, &left) ? h->cpu : first_of(&left);
        if (cpu < 0) return; /* more threads than processors */
        CPU_CLR(cpu, &left);
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(cpu, &one);
        h->placed = pthread_setaffinity_np(h->thread, sizeof one, &one) == 0;
    }
}

static void stay_on(int cpu) {
    cpu_set_t one;
    CPU_ZERO(&one);
    if (cpu >= 0) CPU_SET(cpu, &one);
    if (cpu >= 0) sched_setaffinity(0, sizeof one, &one);
}

static void unplace(Helper *h) {
    if (h->placed) pthread_setaffinity_np(h->thread, sizeof h->workers->cpus, &h->workers->cpus);
    h->placed = false;
}

static void *helper_main(void *arg) {
    Helper *h = arg;
    Workers *w = h->workers;
    for (uint32_t seen = 0;; seen++) {
        signal_await(&w->job, seen);
        if (atomic_load(&w->stop)) return NULL;
        if (!w->stay) unplace(h);
        if (h->index < w->want) w->fn(w->ctx, h->index);
        h->cpu = sched_getcpu();
        unplace(h);
        signal_add(&w->running, -1);
    }
}

static void start_helper(Workers *w, int i) {
    Helper *h = &w->helpers[i - 1];
    *h = (Helper){.workers = w, .index = i, .cpu = -1};
    if (pthread_create(&h->thread, NULL, helper_main, h) != 0) w->n = i; /* the machine has no more: fewer workers */
}

Workers *workers_new(int n) {
    Workers *w = mem_alloc(sizeof *w);
    memset(w, 0, sizeof *w);
    find_cpus(w);
    if (n <= 0) n = w->n_cpus ? w->n_cpus : (int)sysconf(_SC_NPROCESSORS_ONLN);
    w->n = n < 1 ? 1 : n;
    w->helpers = mem_alloc(sizeof(Helper) * (size_t)w->n);
    for (int i = 1; i < w->n; i++) start_helper(w, i);
    return w;
}

void workers_free(Workers *w) {
    if (!w) return;
    atomic_store(&w->stop, true);
    signal_add(&w->job, 1);
    for (int i = 1; i < w->n; i++) pthread_join(w->helpers[i - 1].thread, NULL);
    free(w->helpers);
    free(w);
}

int workers_count(const Workers *w) { return w ? w->n : 1; }

static void start(Workers *w) {
    signal_set(&w->running, (uint32_t)w->n - 1);
    signal_add(&w->job, 1);
}

static void wait_for_helpers(Workers *w) {
    for (uint32_t left; (left = signal_value(&w->running)) != 0;) signal_await(&w->running, left);
}

void workers_run(Workers *w, int want, void (*fn)(void *ctx, int worker), void *ctx) {
    if (!w || want <= 1 || w->n <= 1) {
        fn(ctx, 0);
        return;
    }
    w->fn = fn;
    w->ctx = ctx;
    w->want = want;
    if (w->n_cpus > 1 && signal_sleepers(&w->job)) place_helpers(w);
    w->stay = false;
    start(w);
    fn(ctx, 0);
    wait_for_helpers(w);
}

void workers_run_team(Workers *w, int want, void (*fn)(void *ctx, int worker), void *ctx) {
    cpu_set_t before;
    if (!w || want <= 1 || w->n_cpus < w->n || sched_getaffinity(0, sizeof before, &before) != 0) {
        workers_run(w, want, fn, ctx);
        return;
    }
    w->fn = fn;
    w->ctx = ctx;
    w->want = want;
    w->stay = true;
    stay_on(sched_getcpu());
    place_helpers(w);
    start(w);
    fn(ctx, 0);
    wait_for_helpers(w);
    sched_setaffinity(0, sizeof before, &before);
}

typedef struct Each {
    void (*fn)(void *, int64_t);
    void *ctx;
    int64_t n;
    _Atomic int64_t next;
} Each;

static void each_worker(void *ctx, int worker) {
    Each *e = ctx;
    (void)worker;
    for (int64_t i; (i = atomic_fetch_add(&e->next, 1)) < e->n;) e->fn(e->ctx, i);
}

void workers_each(Workers *w, int64_t n, void (*fn)(void *ctx, int64_t item), void *ctx) {
    Each e = {.fn = fn, .ctx = ctx, .n = n};
    workers_run(w, n > 1 ? (int)(n < workers_count(w) ? n : workers_count(w)) : 1, each_worker, &e);
}
