#include "driver/driver.h"
#include "driver/file.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static dql_db *interrupt_db; /* a signal handler takes no argument: the one session of this process */
static volatile sig_atomic_t interrupted;

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* First Ctrl-C cancels the statement, a second one within two seconds ends the process. */
static void on_interrupt(int signal_number) {
    static volatile sig_atomic_t last;
    struct timespec t;
    (void)signal_number;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (last && t.tv_sec - last < 2) _exit(DQL_INTERRUPTED);
    last = (sig_atomic_t)t.tv_sec;
    interrupted = 1;
    if (interrupt_db) dql_interrupt(interrupt_db);
}

void driver_catch_interrupts(Driver *d) {
    struct sigaction action = {.sa_handler = on_interrupt};
    interrupt_db = d->db;
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file larger than the limit is an error like a full disk */
}

static void print_timing(const Driver *d, dql_stmt *s, double total) {
    double compile = 0, run = 0;
    dql_times(s, &compile, &run);
    if (d->timing)
        fprintf(stderr, "{\"statement\": %d, \"compile_ms\": %.3f, \"run_ms\": %.3f, \"total_ms\": %.3f, \"rows\": %lld}\n",
                d->statements, compile, run, total, (long long)dql_row_count(s));
    if (d->timer) fprintf(stderr, "compile %.1f ms, run %.1f ms, %lld rows\n", compile, run, (long long)dql_row_count(s));
}

/* Nobody reads what is written any more (dql .. | head). */
static bool reader_is_gone(void) {
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return ferror(stdout) && poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

static void fail(Driver *d, int status) {
    fflush(stdout);
    if (reader_is_gone()) {
        d->quit = true;
        if (d->status == DQL_OK) d->status = DQL_ERROR;
        return;
    }
    const char *text = dql_errmsg(d->db);
    fputs(text, stderr);
    if (*text && text[strlen(text) - 1] != '\n') fputc('\n', stderr);
    if (d->status == DQL_OK) d->status = status;
}

static bool flush(Driver *d) {
    if (fflush(stdout) == 0) return true;
    if (errno != EPIPE) fprintf(stderr, "dql: cannot write the result: %s\n", strerror(errno));
    d->quit = true;
    if (d->status == DQL_OK) d->status = DQL_ERROR;
    return false;
}

static const dql_format *format(Driver *d) {
    bool box = strcmp(d->format.mode, "box") == 0 && isatty(STDOUT_FILENO);
    d->format.null = d->null ? d->null : box ? "NULL" : "";
    return &d->format;
}

/* Prepares and runs one statement; false when it failed. */
static bool run_one(Driver *d, dql_script *script, int index) {
    double start = now_ms();
    dql_stmt *s = NULL;
    driver_watch_begin(d);
    int status = dql_prepare(script, index, &s);
    d->statements++;
    if (status == DQL_OK) status = dql_step(s);
    driver_watch_end(d);
    if (status == DQL_ROW || status == DQL_DONE) status = dql_print(s, format(d), stdout);
    if (status != DQL_OK) fail(d, status);
    bool ok = flush(d) && status == DQL_OK;
    if (s) print_timing(d, s, now_ms() - start);
    dql_finalize(s);
    return ok;
}

/* Ctrl-C came when no statement could be cancelled, none yet or none any more: a script ends there. */
static bool script_interrupted(Driver *d, bool stop) {
    if (!interrupted || !stop) return false;
    if (d->status == DQL_OK) {
        fputs("dql: cancelled\n", stderr);
        d->status = DQL_INTERRUPTED;
    }
    return true;
}

void driver_run(Driver *d, const char *name, const char *text, size_t len, bool stop) {
    dql_script *script = NULL;
    interrupted = 0;
    int status = dql_read(d->db, name, text, len, &script);
    stop = stop && !d->keep_going;
    if (status != DQL_OK) fail(d, status);
    bool ok = (status == DQL_OK || !stop) && !script_interrupted(d, true); /* while it was read */
    for (int i = 0; ok && !d->quit && i < dql_script_count(script); i++) ok = (run_one(d, script, i) || !stop) && !script_interrupted(d, stop);
    dql_script_free(script);
}

void driver_run_file(Driver *d, const char *path, bool stop) {
    size_t len;
    char *text = driver_read_file(path, &len);
    if (!text) {
        fprintf(stderr, "dql: cannot read %s: %s\n", path, strerror(errno));
        if (d->status == DQL_OK) d->status = DQL_ERROR;
        return;
    }
    driver_run(d, path, text, len, stop);
    free(text);
}

void driver_run_stream(Driver *d, FILE *in) {
    char *line = NULL, *text = calloc(1, 1);
    size_t cap = 0, n = 0;
    ssize_t got;
    while (text && !d->quit && (got = getline(&line, &cap, in)) > 0) {
        if (n == 0 && driver_dot_command(d, line)) continue;
        char *more = realloc(text, n + (size_t)got + 1);
        if (!more) break;
        text = more;
        memcpy(text + n, line, (size_t)got + 1);
        n += (size_t)got;
        if (strchr(line, ';') && dql_complete(text, n)) {
            driver_run(d, "<stdin>", text, n, false);
            n = 0;
        }
    }
    if (text && n && !d->quit) driver_run(d, "<stdin>", text, n, false);
    free(text);
    free(line);
}
