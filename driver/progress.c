/* Progress of long statements: a line on standard error that a thread of its own rewrites until the statement is over. */
#include "driver/driver.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { AFTER_MS = 1000, EVERY_MS = 200 };

struct Watch {
    dql_db *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool running, shown, over; /* a statement is; a line is there; the thread shall end */
    struct timespec next;      /* when to look */
};

static struct timespec from_now(int ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_nsec += ms % 1000 * 1000000L;
    t.tv_sec += ms / 1000 + t.tv_nsec / 1000000000L;
    t.tv_nsec %= 1000000000L;
    return t;
}

/* ---- the line ---- */

/* 950, 12.5 k, 3.1 M, 2.0 G */
static void print_amount(char *out, size_t n, double x) {
    static const char *const units[] = {"", " k", " M", " G", " T"};
    int u = 0;
    for (; x >= 1000 && u < 4; u++) x /= 1000;
    snprintf(out, n, u ? "%.1f%s" : "%.0f%s", x, units[u]);
}

static void print_time(char *out, size_t n, double seconds) {
    long s = (long)(seconds + 0.5);
    if (s < 60) snprintf(out, n, "%ld s", s);
    else if (s < 3600) snprintf(out, n, "%ld min %ld s", s / 60, s % 60);
    else snprintf(out, n, "%ld h %ld min", s / 3600, s / 60 % 60);
}

static void print_line(char *out, size_t n, const dql_progress *p) {
    char done[32], total[32], left[32];
    print_amount(done, sizeof done, (double)p->done);
    print_amount(total, sizeof total, (double)p->total);
    if (p->total <= 0 || p->done <= 0 || p->done > p->total) {
        print_time(left, sizeof left, p->seconds);
        snprintf(out, n, "%s: %s", p->name, left);
        return;
    }
    print_time(left, sizeof left, p->seconds * (double)(p->total - p->done) / (double)p->done);
    snprintf(out, n, "%s: %d %%, %s%s of %s%s, %s left", p->name, (int)(100.0 * (double)p->done / (double)p->total), done,
             p->bytes ? "B" : "", total, p->bytes ? "B" : " rows", left);
}

static int width(void) {
    struct winsize w;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 1 ? w.ws_col - 1 : 79;
}

static void erase(Watch *w) {
    if (w->shown) fputs("\r\033[K", stderr);
    w->shown = false;
}

static void draw(Watch *w) {
    char line[256];
    dql_progress p;
    if (!dql_watch(w->db, &p)) return;
    print_line(line, sizeof line, &p);
    fprintf(stderr, "\r\033[K%.*s", width(), line);
    w->shown = true;
}

/* ---- the thread ---- */

static void *watch(void *ctx) {
    Watch *w = ctx;
    pthread_mutex_lock(&w->lock);
    while (!w->over) {
        if (!w->running) pthread_cond_wait(&w->changed, &w->lock);
        else if (pthread_cond_timedwait(&w->changed, &w->lock, &w->next) == ETIMEDOUT && w->running) {
            draw(w);
            w->next = from_now(EVERY_MS);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Signals are the main thread's: the line editor waits for them. */
static bool start(Watch *w) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&w->thread, NULL, watch, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ok;
}

void driver_watch_open(Driver *d) {
    pthread_condattr_t clock;
    if (d->no_progress || !isatty(STDERR_FILENO)) return;
    Watch *w = calloc(1, sizeof *w);
    if (!w) return;
    w->db = d->db;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &clock);
    pthread_condattr_destroy(&clock);
    if (start(w)) d->watch = w;
    else free(w);
}

static void set(Watch *w, bool running, bool over) {
    if (!w) return;
    pthread_mutex_lock(&w->lock);
    w->running = running;
    w->over = over;
    w->next = from_now(AFTER_MS);
    erase(w);
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void driver_watch_begin(Driver *d) { set(d->watch, true, false); }
void driver_watch_end(Driver *d) { set(d->watch, false, false); }

void driver_watch_close(Driver *d) {
    Watch *w = d->watch;
    if (!w) return;
    set(w, false, true);
    pthread_join(w->thread, NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->changed);
    free(w);
    d->watch = NULL;
}
