#include "runtime/workers.h"
#include "base/memory.h"
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SPINS = 4000 }; /* pauses, about 20 us on current x86 */

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
    _Atomic uint32_t job;     /* number of the current job: helpers wait for it to change */
    _Atomic uint32_t running; /* helpers that have not finished it */
    _Atomic uint32_t sleepers;
    _Atomic bool stop;
};

static void futex_wait(_Atomic uint32_t *at, uint32_t seen) {
    syscall(SYS_futex, at, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
}
static void futex_wake(_Atomic uint32_t *at) { syscall(SYS_futex, at, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0); }

/* Waits until *at differs from `seen`. */
static void await_change(_Atomic uint32_t *at, uint32_t seen, _Atomic uint32_t *sleepers) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(at, memory_order_acquire) != seen) return;
        __builtin_ia32_pause();
    }
    atomic_fetch_add(sleepers, 1);
    while (atomic_load(at) == seen) futex_wait(at, seen);
    atomic_fetch_sub(sleepers, 1);
}

static void *helper_main(void *arg) {
    Helper *h = arg;
    Workers *w = h->workers;
    for (uint32_t seen = 0;; seen++) {
        await_change(&w->job, seen, &w->sleepers);
        if (atomic_load(&w->stop)) return NULL;
        if (h->index < w->want) w->fn(w->ctx, h->index);
        if (atomic_fetch_sub(&w->running, 1) == 1) futex_wake(&w->running);
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

static void publish(Workers *w) {
    atomic_fetch_add(&w->job, 1);
    if (atomic_load(&w->sleepers)) futex_wake(&w->job);
}

void workers_free(Workers *w) {
    if (!w) return;
    atomic_store(&w->stop, true);
    publish(w);
    for (int i = 1; i < w->n; i++) pthread_join(w->helpers[i - 1].thread, NULL);
    free(w->helpers);
    free(w);
}

int workers_count(const Workers *w) { return w ? w->n : 1; }

static void await_helpers(Workers *w) {
    for (int i = 0; i < SPINS; i++) {
        if (atomic_load_explicit(&w->running, memory_order_acquire) == 0) return;
        __builtin_ia32_pause();
    }
    for (uint32_t left; (left = atomic_load(&w->running)) != 0;) futex_wait(&w->running, left);
}

void workers_run(Workers *w, int want, void (*fn)(void *ctx, int worker), void *ctx) {
    if (!w || want <= 1 || w->n <= 1) {
        fn(ctx, 0);
        return;
    }
    w->fn = fn;
    w->ctx = ctx;
    w->want = want;
    atomic_store(&w->running, (uint32_t)w->n - 1);
    publish(w);
    fn(ctx, 0);
    await_helpers(w);
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
