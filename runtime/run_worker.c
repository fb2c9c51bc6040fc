#include "runtime/run_worker.h"
#include "base/diag.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

enum { REG_SLACK = 4096 };

/* ---- registers ---- */
/* Scalars are written to a multiple of 64 rows and a little past what they hold. */
static size_t reg_bytes(const Pipeline *p, uint32_t row_bytes) {
    size_t rows = (p->batch_rows + 63) / 64 * 64;
    if (row_bytes <= 16) return (rows + 64) * (row_bytes ? row_bytes : 16);
    return (p->batch_rows * (size_t)row_bytes + REG_SLACK + 63) / 64 * 64;
}

static bool make_regs(Worker *w) {
    const Pipeline *p = w->pipeline;
    const Program *of = w->run->program;
    const uint32_t *bytes = of->regs + p->regs, *slots = !of->n_slots ? NULL : of->slots + p->regs;
    size_t total = 64;
    w->regs = mem_alloc(sizeof *w->regs * ((size_t)p->n_regs + 1));
    for (uint32_t i = 0; i < p->n_regs; i++) total += slots && slots[i] != i ? 0 : reg_bytes(p, bytes[i]);
    w->reg_block = block_alloc(w->run->session->pool, total);
    if (!w->reg_block) return false;
    char *at = w->reg_block;
    for (uint32_t i = 0; i < p->n_regs; i++) {
        if (slots && slots[i] != i) continue;
        w->regs[i] = at;
        at += reg_bytes(p, bytes[i]);
    }
    for (uint32_t i = 0; i < p->n_regs; i++)
        if (slots) w->regs[i] = w->regs[slots[i]];
    return true;
}

static uint32_t source_columns(const Program *p, const Pipeline *l) {
    switch ((SourceKind)l->source) {
    case SRC_ONE: return 0;
    case SRC_SCAN: return p->scans[l->a].n_cols;
    case SRC_STATE: return p->states[l->a].n_cols;
    case SRC_DICT: return 1;
    }
    return 0;
}

static void *zeros(size_t n) { return memset(mem_alloc(n), 0, n); }

bool worker_init(Worker *w, RtRun *run, const Pipeline *p, int index) {
    *w = (Worker){.run = run, .pipeline = p, .index = index, .segment = UINT32_MAX, .part = {0, 1}};
    w->scratch.pool = run->session->pool;
    w->n_src = source_columns(run->program, p);
    w->src = zeros(sizeof *w->src * ((size_t)w->n_src + 1));
    w->counts = zeros(sizeof *w->counts * 256);
    w->cursors = zeros(sizeof *w->cursors * ((size_t)p->n_cursors + 1));
    for (uint32_t i = 0; i < p->n_cursors; i++) w->cursors[i].room = p->batch_rows;
    if (p->work_bytes) w->work = block_alloc(run->session->pool, p->work_bytes);
    return (make_regs(w) && (w->work || !p->work_bytes)) || rt_fail_memory(&w->error);
}

static void free_tier(Tier *t) {
    free(t->args);
    free(t->first_arg);
    free(t->first_acc);
    vec_free(&t->src);
    vec_free(&t->acc);
}

void worker_free(Worker *w) {
    free_tier(&w->tiers[0]);
    free_tier(&w->tiers[1]);
    vec_free(&w->locals);
    textheap_free(&w->scratch);
    block_free(w->reg_block);
    block_free(w->work);
    free(w->regs);
    free(w->src);
    free(w->counts);
    free(w->cursors);
    rt_error_clear(&w->error);
}

/* ---- operands ---- */
static RtLocal *use_local(Worker *w, uint32_t state) {
    RtLocal *l = state_local(w->run->states[state], w->index, &w->scratch);
    if (!l) {
        rt_fail_memory(&w->error);
        return NULL;
    }
    for (size_t i = 0; i < w->locals.n; i++)
        if (w->locals.at[i] == l) return l;
    *vec_push(&w->locals) = l;
    return l;
}

static const TextView *dict_of(const RtRun *r, uint32_t scan, uint32_t col) {
    const Scan *s = &r->program->scans[scan];
    const Dict *d = r->tables[scan]->cols[r->program->scan_cols[s->cols + col].column].dict;
    return d ? d->at : NULL;
}

static void *constant(const void *p) { return (void *)(uintptr_t)p; }

/* The pointer of an operand, or NULL where it is looked up later. */
static void *resolve(Worker *w, Tier *t, Arg a, uint32_t at) {
    const RtRun *r = w->run;
    switch ((ArgKind)a.kind) {
    case ARG_NULL: return NULL;
    case ARG_SRC:
    case ARG_SRC_VALID: *vec_push(&t->src) = (SrcArg){at, a.a, a.kind == ARG_SRC_VALID}; return NULL;
    case ARG_SRC_BASE: return &w->src[a.a].base;
    case ARG_ROWID: return &w->rowid;
    case ARG_REG: return w->regs[a.a];
    case ARG_CONST: return r->instance->consts + a.a;
    case ARG_PARAM: return r->params + r->param_at[a.a];
    case ARG_PARAM_VALID: return r->param_valid + a.a;
    case ARG_WEIGHT: return constant(r->weights[a.a]);
    case ARG_DICT: return constant(dict_of(r, a.a, a.b));
    case ARG_STATE: return r->states[a.a];
    case ARG_LOCAL: return use_local(w, a.a);
    case ARG_COL: return constant(r->states[a.a]->out[a.b].data);
    case ARG_COL_VALID: return constant(r->states[a.a]->out[a.b].valid);
    case ARG_LOCAL_COL: *vec_push(&t->acc) = (AccArg){at, a.b, use_local(w, a.a)}; return NULL;
    case ARG_COUNT: return &w->counts[a.a];
    case ARG_CURSOR: return w->cursors[a.a].at;
    case ARG_SCRATCH: return &w->scratch;
    case ARG_WORK: return w->work;
    case ARG_PART: return w->part;
    case ARG_FAULT: return &w->fault;
    }
    BUG("operand kind %u", a.kind);
}

bool worker_tier(Worker *w, Tier *t, uint32_t first, uint32_t n, const RtKernel *fn) {
    const Program *p = w->run->program;
    uint32_t total = 0;
    *t = (Tier){.steps = p->steps + first, .n = n, .fn = fn, .ready = true};
    t->first_arg = mem_alloc(sizeof *t->first_arg * ((size_t)n + 1));
    t->first_acc = mem_alloc(sizeof *t->first_acc * ((size_t)n + 1));
    for (uint32_t i = 0; i < n; i++) total += t->steps[i].n_args;
    t->args = zeros(sizeof *t->args * ((size_t)total + 1));
    total = 0;
    for (uint32_t i = 0; i < n; i++) {
        const Step *s = &t->steps[i];
        if (!(s->flags & STEP_NATIVE) && !fn[s->fn]) return rt_fail(&w->error, RT_DATA, "kernel %u has no code", s->fn);
        t->first_arg[i] = total;
        t->first_acc[i] = (uint32_t)t->acc.n;
        for (uint32_t k = 0; k < s->n_args; k++, total++) t->args[total] = resolve(w, t, p->args[s->args + k], total);
    }
    t->first_acc[n] = (uint32_t)t->acc.n;
    return w->error.kind == RT_NONE;
}

/* ---- steps ---- */
static int64_t call(Worker *w, Tier *t, uint32_t i) {
    const Step *s = &t->steps[i];
    for (uint32_t k = t->first_acc[i]; k < t->first_acc[i + 1]; k++)
        t->args[t->acc.at[k].at] = t->acc.at[k].local->groups.cols[t->acc.at[k].col];
    RtKernel fn = s->flags & STEP_NATIVE ? w->run->instance->natives[s->fn] : t->fn[s->fn];
    void *const *args = t->args + t->first_arg[i];
    if (w->team && s->flags & STEP_SPLITS) {
        team_call(w->team, fn, args, s->n_args, w->part, w->work, w->counts[s->in]);
        return 0; /* splitting steps cannot fail and make no domain */
    }
    return fn(args, w->counts[s->in]);
}

static bool fail(Worker *w, const Tier *t, uint32_t i, int64_t result) {
    w->failed = i;
    run_error_set(w->run, &t->steps[i], t->args + t->first_arg[i], result, w->fault, &w->error);
    return false;
}

static const RtCursor *cursor_of(Worker *w, const Step *s) {
    for (uint32_t k = 0; k < s->n_args; k++) {
        Arg a = w->run->program->args[s->args + k];
        if (a.kind == ARG_CURSOR) return &w->cursors[a.a];
    }
    BUG("an expanding step without a cursor");
}

static bool run_steps(Worker *w, Tier *t, uint32_t i);

bool worker_cancelled(Worker *w) {
    if (!atomic_load_explicit(&w->run->session->cancel, memory_order_relaxed)) return false;
    rt_fail(&w->error, RT_CANCELLED, "cancelled");
    return true;
}

/* The rest of the steps runs once for each portion of the step's output, which may be far more rows than the batch's. */
static bool expand(Worker *w, Tier *t, uint32_t i) {
    const Step *s = &t->steps[i];
    const RtCursor *c = cursor_of(w, s);
    do {
        int64_t r = call(w, t, i);
        if (r < 0) return fail(w, t, i, r);
        w->counts[s->out] = r;
        if (worker_cancelled(w) || !run_steps(w, t, i + 1)) return false;
    } while (c->at[0] | c->at[1] | c->at[2] | c->at[3]);
    return true;
}

static bool run_steps(Worker *w, Tier *t, uint32_t i) {
    for (; i < t->n; i++) {
        const Step *s = &t->steps[i];
        int64_t r = 0;
        if (w->counts[s->in] > 0) {
            if (s->flags & STEP_EXPANDS) return expand(w, t, i);
            if ((r = call(w, t, i)) < 0) return fail(w, t, i, r);
        }
        if (s->out != DOMAIN_NONE) w->counts[s->out] = r;
    }
    return true;
}

bool worker_batch(Worker *w, Tier *t, int64_t from, int64_t to) {
    for (size_t i = 0; i < t->src.n; i++) {
        const SrcArg *a = &t->src.at[i];
        const ColumnRef *c = &w->src[a->col];
        t->args[a->at] = constant(a->valid ? c->valid ? c->valid + from : NULL : column_row(c, from));
    }
    for (uint32_t i = 0; i < w->pipeline->n_cursors; i++) memset(w->cursors[i].at, 0, sizeof w->cursors[i].at);
    w->counts[0] = to - from;
    w->rowid = ((int64_t)w->segment << SEGMENT_BITS) + from;
    textheap_reset(&w->scratch);
    return run_steps(w, t, 0);
}
