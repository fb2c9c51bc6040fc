/* Progress: what a session is busy with and how far it is, for another thread to look at.  Work that knows its size counts what
 * is done; the rest has a name only.  One thing at a time: a second one begun takes the place of the first.
 */
#ifndef DQL_RUNTIME_PROGRESS_H
#define DQL_RUNTIME_PROGRESS_H
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { PROGRESS_NAME = 64 };
typedef struct Progress {
    pthread_mutex_t lock;     /* of what follows but for done */
    char name[PROGRESS_NAME]; /* "": nothing */
    int64_t total;            /* rows or bytes; 0: not known */
    bool bytes;
    int64_t started; /* nanoseconds of the monotonic clock */
    _Atomic int64_t done;
} Progress;

typedef struct ProgressView {
    char name[PROGRESS_NAME];
    int64_t done, total;
    bool bytes;
    double seconds; /* since it was begun */
} ProgressView;

void progress_init(Progress *p);
void progress_free(Progress *p);
/* NULL is allowed for p, here and below. The name is cut to its room. */
void progress_begin(Progress *p, const char *name, int64_t total, bool bytes);
void progress_end(Progress *p);
ProgressView progress_view(Progress *p);

static inline void progress_add(Progress *p, int64_t n) {
    if (p) atomic_fetch_add_explicit(&p->done, n, memory_order_relaxed);
}
#endif
