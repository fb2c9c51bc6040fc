#include "runtime/workers.h"
#include "base/memory.h"
#include "runtime/signal.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Helper {
    Workers *workers;
    int index;
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
};

static void *helper_main(void *arg) {
    Helper *h = arg;
    Workers *w = h->workers;
    for (uint32_t seen = 0;; seen++) {
        signal_await(&w->job, seen);
        if (atomic_load(&w->stop)) return NULL;
        if (h->index < w->want) w->fn(w->ctx, h->index);
        signal_add(&w->running, -1);
    }
}

static void start_helper(Workers *w, int i) {
    Helper *h = &w->helpers[i - 1];
    *h = (Helper){.workers = w, .index = i};
    if (pthread_create(&h->thread, NULL, helper_main, h) != 0) w->n = i; /* the machine has no more: fewer workers */
}

Workers *workers_new(int n) {
    if (n <= 0) n = (int)sysconf(_SC_NPROCESSORS_ONLN);
    Workers *w = mem_alloc(sizeof *w);
    memset(w, 0, sizeof *w);
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

void workers_run(Workers *w, int want, void (*fn)(void *ctx, int worker), void *ctx) {
    if (!w || want <= 1 || w->n <= 1) {
        fn(ctx, 0);
        return;
    }
    w->fn = fn;
    w->ctx = ctx;
    w->want = want;
    signal_set(&w->running, (uint32_t)w->n - 1);
    signal_add(&w->job, 1);
    fn(ctx, 0);
    for (uint32_t left; (left = signal_value(&w->running)) != 0;) signal_await(&w->running, left);
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
