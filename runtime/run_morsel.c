/* The morsels of one pipeline, handed to workers in order. */
#include "base/memory.h"
#include "runtime/run_worker.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct Exec {
    RtRun *run;
    const Pipeline *p;
    uint32_t index;
    VEC(Morsel) morsels;
    int64_t first;              /* number of the first one in the run */
    _Atomic int64_t next;
    _Atomic int64_t failed;     /* the lowest morsel with an error; morsels before it still run */
    pthread_mutex_t lock;       /* of the error */
    RtError *error;
    RtState *limited;           /* the only effect of the pipeline is rows of this state, of which `enough` are enough */
    int64_t enough;
    _Atomic int64_t appended;
    _Atomic int64_t fused;
    Team *team;                 /* all workers on the one batch there is; NULL: each takes morsels */
    int64_t started;            /* nanoseconds */
} Exec;

/* ---- what there is to do ---- */
enum {
    SHARES = 8,             /* morsels a worker, so that all end at about the same time */
    LEAST_ROWS = 8192,      /* rows worth a morsel where a row is little work */
    LEAST_FLOPS = 1 << 20,  /* operations worth one: about 10 us */
    SUM_FLOPS = 1 << 29,    /* of a morsel whose float sums are kept apart: a few ms */
    TEAM_FLOPS = 1 << 23,   /* operations of a batch that are worth sharing its steps */
};

/* Does the order of morsels show in the bits: does the pipeline add up floats? */
static bool adds_floats(const RtRun *r, const Pipeline *p) {
    for (uint32_t i = 0; i < p->n_finish; i++) {
        const State *s = &r->program->states[r->program->finish[p->finish + i]];
        for (uint32_t k = s->n_keys; s->kind == ST_GROUP && k < s->n_cols; k++)
            if (r->program->state_cols[s->cols + k].agg == ACC_SUM_F64) return true;
    }
    return false;
}

/* Rows that are much work and cannot fail are shared evenly, however few they are. Others stay in the plan's batches, so that
 * it does not depend on the workers which of several errors of a batch is found. */
static int64_t share_rows(const Pipeline *p, int64_t rows, int64_t workers) {
    int64_t batch = p->batch_rows, rounds = (rows + workers * batch - 1) / (workers * batch);
    if (rounds >= SHARES) return rounds / SHARES * batch;
    int64_t even = (rows + workers * rounds - 1) / (workers * rounds);
    return p->row_flops && !p->may_fail ? even : (even + batch - 1) / batch * batch;
}

/* Whole batches of at least that many operations, a function of the plan alone. */
static int64_t batches_of(const Pipeline *p, int64_t flops) {
    int64_t rows = p->row_flops ? flops / (int64_t)p->row_flops + 1 : MORSEL_ROWS;
    rows = (rows + p->batch_rows - 1) / p->batch_rows * p->batch_rows;
    return rows > MORSEL_ROWS ? MORSEL_ROWS : rows;
}

/* Where floats are added up, the order of morsels shows: their size depends on the plan alone, as little as pays. */
static int64_t morsel_rows(const Exec *x, int64_t rows) {
    const Pipeline *p = x->p;
    if (adds_floats(x->run, p)) return batches_of(p, SUM_FLOPS);
    int64_t least = p->row_flops ? LEAST_FLOPS / (int64_t)p->row_flops + 1 : p->batch_rows < BATCH_ROWS / 2 ? p->batch_rows : LEAST_ROWS;
    int64_t share = share_rows(p, rows, workers_count(x->run->session->workers));
    if (share < least) share = p->may_fail ? batches_of(p, LEAST_FLOPS) : least;
    return share > MORSEL_ROWS ? MORSEL_ROWS : share;
}

static void add_morsels(Exec *x, uint32_t segment, int64_t rows) {
    int64_t step = rows ? morsel_rows(x, rows) : 1;
    for (int64_t at = 0; at < rows; at += step)
        *vec_push(&x->morsels) = (Morsel){segment, at, at + step < rows ? at + step : rows};
}

static uint32_t table_column_of(const RtRun *r, uint32_t scan, uint32_t col) {
    return r->program->scan_cols[r->program->scans[scan].cols + col].column;
}

static const Dict *source_dict(const RtRun *r, const Pipeline *p) {
    return r->tables[p->a]->cols[table_column_of(r, p->a, p->b)].dict;
}

static bool list_morsels(Exec *x) {
    RtRun *r = x->run;
    switch ((SourceKind)x->p->source) {
    case SRC_ONE: add_morsels(x, 0, 1); return true;
    case SRC_STATE: add_morsels(x, 0, r->states[x->p->a]->rows); return true;
    case SRC_DICT:
        if (r->tables[x->p->a]->n_segments && !source_dict(r, x->p))
            return rt_fail(x->error, RT_STALE, "a text column is no longer dictionary-coded");
        add_morsels(x, 0, source_dict(r, x->p) ? source_dict(r, x->p)->n : 0);
        return true;
    case SRC_SCAN:
        for (uint32_t s = 0; s < r->tables[x->p->a]->n_segments; s++) {
            const Segment *live = version_live_segment(r->tables[x->p->a], s);
            if (!live) return rt_fail_memory(x->error);
            add_morsels(x, s, live->rows);
        }
        return true;
    }
    return true;
}

/* LIMIT without ORDER BY: rows of the first morsels are enough. */
static void find_limit(Exec *x) {
    if (x->p->n_finish != 1) return;
    RtState *s = x->run->states[x->run->program->finish[x->p->finish]];
    if (s->def->kind != ST_ROWS || s->def->finish != FIN_NONE || s->limit < 0) return;
    x->limited = s;
    x->enough = s->limit + s->offset;
}

/* ---- a worker ---- */
static bool open_segment(Worker *w, uint32_t segment) {
    RtRun *r = w->run;
    const Pipeline *p = w->pipeline;
    if (w->segment == segment) return true;
    w->segment = segment;
    if (p->source == SRC_STATE) memcpy(w->src, r->states[p->a]->out, sizeof *w->src * w->n_src);
    if (p->source == SRC_DICT)
        w->src[0] = (ColumnRef){.code = {CODE_VIEW, 16, false, 0}, .data = source_dict(r, p)->at};
    if (p->source != SRC_SCAN) return true;
    const Scan *s = &r->program->scans[p->a];
    for (uint32_t c = 0; c < s->n_cols; c++) {
        const ScanColumn *k = &r->program->scan_cols[s->cols + c];
        if (!table_column(r->tables[p->a], segment, k->column, k->code, &w->src[c], &w->error)) return false;
    }
    return true;
}

/* A single morsel of one batch and much work is shared step by step. */
static bool form_team(Exec *x, int workers) {
    const Morsel *m = x->morsels.at;
    bool worth = x->morsels.n == 1 && workers > 1 && !x->p->may_fail && m->to - m->from <= x->p->batch_rows &&
                 (double)(m->to - m->from) * (double)x->p->row_flops >= TEAM_FLOPS;
    if (!worth) return true;
    x->team = team_new(x->run->session->pool, workers, x->p->work_bytes);
    return x->team || rt_fail_memory(x->error);
}

static int workers_for(const Exec *x) {
    int all = workers_count(x->run->session->workers);
    return !x->team && x->morsels.n < (size_t)all ? (int)x->morsels.n : all;
}

static int64_t nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* What the morsels from `number` on will take if they take as long as those before it. */
static int64_t time_left(const Exec *x, int64_t number) {
    int64_t done = number + 1 - workers_count(x->run->session->workers); /* the others' are under way */
    if (done <= 0) return 0;
    return (int64_t)((double)(nanoseconds() - x->started) * (double)((int64_t)x->morsels.n - number) / (double)done);
}

/* The fused form as soon as there is one. NULL: an error. */
static Tier *choose_tier(Exec *x, Worker *w, int64_t number) {
    const RtKernels *k = x->run->kernels;
    Tier *steps = &w->tiers[0], *fused = &w->tiers[1];
    if (x->p->n_fused && !fused->ready && k->fused) {
        const RtKernel *fn = k->fused(k->ctx, x->index, time_left(x, number));
        if (fn && !worker_tier(w, fused, x->p->fused, x->p->n_fused, fn)) return NULL;
    }
    if (fused->ready) {
        atomic_fetch_add(&x->fused, 1);
        return fused;
    }
    if (!steps->ready && !worker_tier(w, steps, x->p->steps, x->p->n_steps, k->fn)) return NULL;
    return steps;
}

static int64_t limited_rows(const Exec *x, const Worker *w) {
    const RtLocal *l = x->limited ? x->limited->locals[w->index] : NULL;
    return l ? l->rows.n : 0;
}

static bool run_batch(const Exec *x, Worker *w, Tier *t, int64_t from, int64_t to) {
    RtLocal *l = x->limited ? x->limited->locals[w->index] : NULL;
    int64_t appended = l ? l->rows.n : 0;
    if (worker_batch(w, t, from, to)) return true;
    if (w->error.kind == RT_ROW) worker_find_row(w, t, from, to, l, appended);
    return false;
}

static bool run_batches(Exec *x, Worker *w, Tier *t, int64_t number) {
    const Morsel *m = &x->morsels.at[number];
    for (int64_t at = m->from; at < m->to; at += x->p->batch_rows) {
        if (worker_cancelled(w)) return false;
        if (atomic_load_explicit(&x->failed, memory_order_relaxed) < number) return true; /* of no use any more */
        int64_t to = at + x->p->batch_rows < m->to ? at + x->p->batch_rows : m->to;
        if (!run_batch(x, w, t, at, to)) return false;
        progress_add(&x->run->session->progress, to - at);
    }
    return true;
}

static bool run_one(Exec *x, Worker *w, int64_t number) {
    Tier *t = choose_tier(x, w, number);
    int64_t before = limited_rows(x, w);
    if (!t || !open_segment(w, x->morsels.at[number].segment)) return false;
    for (size_t i = 0; i < w->locals.n; i++) local_begin(w->locals.at[i], x->first + number);
    if (!run_batches(x, w, t, number)) return false;
    for (size_t i = 0; i < w->locals.n; i++)
        if (!local_end(w->locals.at[i])) return rt_fail_memory(&w->error);
    if (x->limited) atomic_fetch_add(&x->appended, limited_rows(x, w) - before);
    return true;
}

static void note_error(Exec *x, int64_t number, RtError *e) {
    pthread_mutex_lock(&x->lock);
    if (number < atomic_load(&x->failed)) {
        rt_error_clear(x->error);
        *x->error = *e;
        *e = (RtError){0};
        atomic_store(&x->failed, number);
    }
    pthread_mutex_unlock(&x->lock);
}

/* Morsels are taken in order, so those before the next one are done or being done. */
static int64_t take_morsel(Exec *x) {
    if (x->limited && atomic_load(&x->appended) >= x->enough) return INT64_MAX;
    return atomic_fetch_add(&x->next, 1);
}

static void run_worker(void *ctx, int index) {
    Exec *x = ctx;
    Worker w;
    if (x->team && index > 0) {
        team_help(x->team, index);
        return;
    }
    bool ok = worker_init(&w, x->run, x->p, index);
    w.team = x->team;
    if (!ok) note_error(x, 0, &w.error);
    for (int64_t m; ok && (m = take_morsel(x)) < (int64_t)x->morsels.n && m < atomic_load(&x->failed);)
        if (!(ok = run_one(x, &w, m))) note_error(x, m, &w.error);
    if (x->team) team_end(x->team);
    worker_free(&w);
}

/* The rows before the one that failed suffice: as if it had never been looked at. */
static bool limit_reached_before(const Exec *x, int64_t failed) {
    int64_t rows = 0;
    for (int i = 0; x->limited && i < x->limited->n_locals; i++) {
        const RtLocal *l = x->limited->locals[i];
        for (size_t k = 0; l && k < l->rows.runs.n; k++)
            if (l->rows.runs.at[k].morsel <= x->first + failed) rows += l->rows.runs.at[k].n;
    }
    return x->limited && rows >= x->enough;
}

static int64_t rows_of(const Exec *x) {
    int64_t rows = 0;
    for (size_t i = 0; i < x->morsels.n; i++) rows += x->morsels.at[i].to - x->morsels.at[i].from;
    return rows;
}

static void note_stats(const Exec *x) {
    RtPipelineStats *s = &x->run->instance->stats[x->index];
    *s = (RtPipelineStats){.nanoseconds = nanoseconds() - x->started, .rows = rows_of(x), .morsels = (int64_t)x->morsels.n, .fused_morsels = x->fused,
                           .team = x->team ? workers_count(x->run->session->workers) : 0};
}

bool pipeline_run(RtRun *r, uint32_t index, RtError *e) {
    Exec x = {.run = r, .p = &r->program->pipelines[index], .index = index, .first = r->morsels, .failed = INT64_MAX, .error = e,
              .started = nanoseconds()};
    bool ok = list_morsels(&x);
    find_limit(&x);
    pthread_mutex_init(&x.lock, NULL);
    ok = ok && form_team(&x, workers_count(r->session->workers));
    progress_begin(&r->session->progress, x.p->label ? x.p->label : "", rows_of(&x), false);
    if (ok && x.morsels.n) (x.team ? workers_run_team : workers_run)(r->session->workers, workers_for(&x), run_worker, &x);
    if (x.failed != INT64_MAX && limit_reached_before(&x, x.failed)) {
        rt_error_clear(e);
        x.failed = INT64_MAX;
    }
    ok = ok && x.failed == INT64_MAX;
    note_stats(&x);
    team_free(x.team);
    r->morsels += (int64_t)x.morsels.n;
    pthread_mutex_destroy(&x.lock);
    vec_free(&x.morsels);
    return ok;
}
