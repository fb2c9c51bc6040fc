#include "runtime/progress.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void progress_init(Progress *p) { pthread_mutex_init(&p->lock, NULL); }
void progress_free(Progress *p) { pthread_mutex_destroy(&p->lock); }

void progress_begin(Progress *p, const char *name, int64_t total, bool bytes) {
    if (!p) return;
    pthread_mutex_lock(&p->lock);
    snprintf(p->name, sizeof p->name, "%s", name);
    p->total = total;
    p->bytes = bytes;
    p->started = now();
    atomic_store(&p->done, 0);
    pthread_mutex_unlock(&p->lock);
}

void progress_end(Progress *p) { progress_begin(p, "", 0, false); }

ProgressView progress_view(Progress *p) {
    ProgressView v;
    pthread_mutex_lock(&p->lock);
    v = (ProgressView){.done = atomic_load(&p->done), .total = p->total, .bytes = p->bytes, .seconds = (double)(now() - p->started) * 1e-9};
    memcpy(v.name, p->name, sizeof v.name);
    pthread_mutex_unlock(&p->lock);
    return v;
}
