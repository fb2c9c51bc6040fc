#include "runtime/exec.h"
#include "base/diag.h"
#include "base/memory.h"
#include "runtime/run.h"
#include <stdlib.h>
#include <string.h>

RtSession *rt_session_new(int threads, int64_t memory_limit) {
    RtSession *s = mem_alloc(sizeof *s);
    memset(s, 0, sizeof *s);
    s->pool = blockpool_new(memory_limit);
    blockpool_watch(s->pool, &s->cancel);
    progress_init(&s->progress);
    s->workers = workers_new(threads);
    s->store = store_new(s->pool, s->workers);
    s->models = models_new(s->pool);
    return s;
}

bool rt_goes_on(const RtSession *s, RtError *e) {
    if (!atomic_load_explicit(&s->cancel, memory_order_relaxed)) return true;
    rt_error_clear(e); /* no memory is given to those who shall stop: that was no limit */
    return rt_fail(e, RT_CANCELLED, "cancelled");
}

void rt_session_free(RtSession *s) {
    if (!s) return;
    store_free(s->store);
    models_free(s->models);
    workers_free(s->workers);
    blockpool_free(s->pool);
    progress_free(&s->progress);
    free(s);
}

/* ---- instance ---- */
/* Views in the pool hold offsets into it until it is where it stays. */
static char *load_consts(BlockPool *pool, const Program *p) {
    char *c = block_zalloc(pool, (size_t)p->n_consts + 64);
    if (!c) return NULL;
    if (p->n_consts) memcpy(c, p->consts, p->n_consts);
    for (uint32_t i = 0; i < p->n_const_views; i++) {
        TextView *v = (TextView *)(c + p->const_views[i]);
        v->p = c + (uintptr_t)v->p;
    }
    return c;
}

static void *list(size_t n, size_t size) { return memset(mem_alloc((n + 1) * size), 0, (n + 1) * size); }

RtInstance *rt_instance_new(RtSession *s, const Program *p) {
    RtInstance *i = mem_alloc(sizeof *i);
    *i = (RtInstance){.session = s, .program = p, .consts = load_consts(s->pool, p)};
    i->natives = list(p->n_natives, sizeof *i->natives);
    i->once = list(p->n_states, sizeof *i->once);
    i->models = list(p->n_weights, sizeof *i->models);
    i->stats = list(p->n_pipelines, sizeof *i->stats);
    for (uint32_t k = 0; k < p->n_natives; k++)
        if (!(i->natives[k] = abi_find(p->natives[k]))) BUG("no native function %s", p->natives[k]);
    if (i->consts) return i;
    rt_instance_free(i);
    return NULL;
}

static void drop_once(RtInstance *i) {
    for (uint32_t k = 0; k < i->program->n_states; k++) {
        state_free(i->once[k]);
        i->once[k] = NULL;
    }
}

void rt_instance_free(RtInstance *i) {
    if (!i) return;
    drop_once(i);
    for (uint32_t k = 0; k < i->program->n_weights; k++) modelversion_unref(i->models[k]);
    block_free(i->consts);
    free(i->natives);
    free(i->once);
    free(i->models);
    free(i->stats);
    free(i);
}

const RtPipelineStats *rt_instance_stats(const RtInstance *i) { return i->stats; }

/* ---- what a run reads ---- */
static bool open_tables(RtRun *r, RtError *e) {
    for (uint32_t i = 0; i < r->program->n_scans; i++) {
        const Scan *s = &r->program->scans[i];
        r->tables[i] = store_table(r->session->store, s->table);
        if (!r->tables[i]) return rt_fail(e, RT_DATA, "there is no table %s", s->table);
        if (!r->session->current_version && r->tables[i]->number != s->version)
            return rt_fail(e, RT_STALE, "table %s has changed since the statement was prepared", s->table);
    }
    return true;
}

static bool find_weight(RtRun *r, uint32_t i, RtError *e) {
    const WeightRef *w = &r->program->weights[i];
    int64_t version = r->session->current_version ? 0 : w->version;
    ModelVersion *v = models_get(r->session->models, w->model, version);
    if (!v) return rt_fail(e, RT_DATA, "model %s has no weights: LOAD MODEL %s FROM '..' first", w->model, w->model);
    int64_t at = modelversion_find(v, w->name);
    if (at < 0) {
        modelversion_unref(v);
        return rt_fail(e, RT_DATA, "model %s has no tensor %s", w->model, w->name);
    }
    r->weights[i] = v->data[at];
    if (r->instance->models[i] == v) {
        modelversion_unref(v);
        return true;
    }
    drop_once(r->instance); /* what was computed from the old weights */
    modelversion_unref(r->instance->models[i]);
    r->instance->models[i] = v;
    return true;
}

static bool find_weights(RtRun *r, RtError *e) {
    for (uint32_t i = 0; i < r->program->n_weights; i++)
        if (!find_weight(r, i, e)) return false;
    return true;
}

/* ---- states ---- */
static bool feeds(const Program *p, const Pipeline *l, uint32_t state) {
    uint32_t from[2] = {l->steps, l->fused}, n[2] = {l->n_steps, l->n_fused};
    for (int t = 0; t < 2; t++)
        for (uint32_t i = from[t]; i < from[t] + n[t]; i++)
            for (uint32_t k = 0; k < p->steps[i].n_args; k++) {
                Arg a = p->args[p->steps[i].args + k];
                if ((a.kind == ARG_LOCAL || a.kind == ARG_LOCAL_COL) && a.a == state) return true;
            }
    return false;
}

static bool is_ordered(const Program *p, uint32_t state) {
    for (uint32_t i = 0; i < p->n_pipelines; i++)
        if (p->pipelines[i].ordered && feeds(p, &p->pipelines[i], state)) return true;
    return false;
}

static int64_t count_arg(const RtRun *r, Arg a, int64_t none, const char *what, RtError *e) {
    int64_t v = none;
    if (a.kind == ARG_CONST) memcpy(&v, r->instance->consts + a.a, 8);
    if (a.kind == ARG_PARAM && r->param_valid[a.a]) memcpy(&v, r->params + r->param_at[a.a], 8);
    if (v < none) rt_fail(e, RT_DATA, "%s must not be negative", what);
    return v;
}

static bool make_states(RtRun *r, RtError *e) {
    for (uint32_t i = 0; i < r->program->n_states; i++) {
        if (r->instance->once[i]) {
            r->states[i] = r->instance->once[i];
            continue;
        }
        RtState *s = state_new(r->session->pool, r->program, i, workers_count(r->session->workers), is_ordered(r->program, i));
        r->states[i] = s;
        s->limit = count_arg(r, s->def->limit, -1, "LIMIT", e);
        s->offset = count_arg(r, s->def->offset, 0, "OFFSET", e);
        if (s->limit == -1 && s->def->limit.kind == ARG_CONST) rt_fail(e, RT_DATA, "LIMIT must not be negative");
    }
    return e->kind == RT_NONE;
}

/* ---- run ---- */
static bool once_done(const RtRun *r, const Pipeline *p) {
    if (!p->once || p->n_finish == 0) return false;
    for (uint32_t i = 0; i < p->n_finish; i++)
        if (!r->instance->once[r->program->finish[p->finish + i]]) return false;
    return true;
}

static bool finish_states(RtRun *r, const Pipeline *p, RtError *e) {
    for (uint32_t i = 0; i < p->n_finish; i++) {
        uint32_t s = r->program->finish[p->finish + i];
        if (!state_finish(r->states[s], r->session->workers, e)) return false;
        if (p->once) r->instance->once[s] = r->states[s];
    }
    return true;
}

static bool run_pipelines(RtRun *r, RtError *e) {
    for (uint32_t i = 0; i < r->program->n_pipelines; i++) {
        const Pipeline *p = &r->program->pipelines[i];
        if (once_done(r, p)) continue;
        if (!pipeline_run(r, i, e) || !finish_states(r, p, e) || !rt_goes_on(r->session, e)) return false;
    }
    return true;
}

static RtRun *run_new(RtInstance *i, const RtKernels *k) {
    const Program *p = i->program;
    RtRun *r = mem_alloc(sizeof *r);
    *r = (RtRun){.instance = i, .session = i->session, .program = p, .kernels = k};
    r->weights = list(p->n_weights, sizeof *r->weights);
    r->tables = list(p->n_scans, sizeof *r->tables);
    r->states = list(p->n_states, sizeof *r->states);
    return r;
}

static void run_free(RtRun *r) {
    for (uint32_t i = 0; i < r->program->n_states; i++)
        if (r->states[i] != r->instance->once[i]) state_free(r->states[i]);
    for (uint32_t i = 0; i < r->program->n_scans; i++) version_unref(r->tables[i]);
    block_free(r->params);
    free(r->param_at);
    free(r->weights);
    free(r->tables);
    free(r->states);
    free(r);
}

/* States that no result column needs go as soon as the run is over. */
static void keep_result(RtRun *r, RtResult *out) {
    uint32_t result = r->program->result;
    *out = (RtResult){.run = r};
    if (result == UINT32_MAX) return;
    out->rows = r->states[result]->rows;
    out->n = r->program->n_columns;
    out->cols = r->states[result]->out;
}

bool rt_run(RtInstance *i, const RtKernels *k, const Value *params, RtResult *out, RtError *e) {
    RtRun *r = run_new(i, k);
    *out = (RtResult){0};
    if (rt_goes_on(i->session, e) && open_tables(r, e) && find_weights(r, e) && params_set(r, params, e) && make_states(r, e) && run_pipelines(r, e)) {
        keep_result(r, out);
        return true;
    }
    run_free(r);
    return false;
}

void rt_result_free(RtResult *r) {
    if (r->run) run_free(r->run);
    *r = (RtResult){0};
}
