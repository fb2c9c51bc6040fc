/* Rewriting bottom-up to a fixpoint: a node's inputs are normal before the node is tried; a result is tried again.
 * One memo per run: shared nodes are rewritten once, so the work is linear in the DAG and in the applications.
 */
#include "rewrites/engine.h"
#include "ir/text.h"
#include "rewrites/measure.h"
#include "rewrites/pass.h"
#include <string.h>
#include <time.h>

enum { MAX_TRIES = 1000 }; /* applications at one node: a rule set that needs more does not terminate */

typedef struct Engine {
    Rw rw;
    const Rule *const *rules;
    const bool *on; /* per rule; NULL: all */
    const RwOptions *opt;
    RwReport *report; /* NULL: not kept */
    Arena *scratch;
    PtrMap memo; /* node to its normal form */
    size_t fired;
} Engine;

/* ---- options ---- */

static bool listed(const char *list, const char *name) {
    size_t n = strlen(name);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, name, n) == 0 && (at[n] == ',' || at[n] == 0)) return true;
    return false;
}

static const bool *switched_on(Arena *a, const RwOptions *opt) {
    bool *on = ARENA_ARRAY(a, bool, rw_rule_count);
    for (size_t i = 0; i < rw_rule_count; i++)
        on[i] = !(opt->exact && rw_rules[i]->sound != EXACT) && !listed(opt->without, rw_rules[i]->name);
    return on;
}

bool rw_limited(const RwOptions *opt, const RwReport *report) {
    return (opt->cancel && *opt->cancel) || (opt->limit >= 0 && (int64_t)report->n_fired >= opt->limit);
}

static bool at_limit(const Engine *e) { return e->report && rw_limited(e->opt, e->report); }

/* ---- the report ---- */

void rw_note(RwReport *r, const char *name, Soundness sound, const Node *from, const Node *to) {
    if (r->n_fired == r->cap_fired) {
        size_t cap = r->cap_fired ? r->cap_fired * 2 : 16;
        RwFired *more = ARENA_ARRAY(r->arena, RwFired, cap);
        if (r->n_fired) memcpy(more, r->fired, r->n_fired * sizeof *more);
        r->fired = more;
        r->cap_fired = cap;
    }
    r->fired[r->n_fired++] = (RwFired){name, sound, from, to};
}

static void note_fired(Engine *e, size_t index, const Node *from, const Node *to) {
    e->fired++;
    if (!e->report) return;
    rw_note(e->report, e->rules[index]->name, e->rules[index]->sound, from, to);
    e->report->hits[index]++;
}

/* ---- checks of an application ---- */

static bool keeps_value_type(const Type *from, const Type *to) {
    return type_same(from, to) && (from->nullable || !to->nullable);
}

static bool keeps_type(const Type *from, const Type *to) {
    if (from->kind != TY_REL) return keeps_value_type(from, to);
    if (to->kind != TY_REL || from->n != to->n) return false;
    for (uint32_t i = 0; i < from->n; i++)
        if (!keeps_value_type(from->fields[i], to->fields[i])) return false;
    return true;
}

static void check_application(Engine *e, const Rule *r, const Node *from, const Node *to) {
    if (to == from) BUG("rule %s returned the node it was given", r->name);
    if (!keeps_type(from->type, to->type)) BUG("rule %s changes the type", r->name);
#ifdef DQL_VERIFY
    if (!r->canonical && rw_measure(&e->rw, to) >= rw_measure(&e->rw, from))
        BUG("rule %s does not lower the measure", r->name);
#else
    (void)e;
#endif
}

/* ---- rewriting ---- */

/* The first rule that applies at n, or n itself. */
static const Node *apply_once(Engine *e, const Node *n) {
    for (size_t i = 0; e->rules[i]; i++) {
        const Rule *r = e->rules[i];
        Match m = {{0}};
        if ((e->on && !e->on[i]) || !pat_match(r->lhs, n, &m)) continue;
        if (e->report) e->report->tried[i]++;
        if (r->when && !r->when(&e->rw, &m)) continue;
        const Node *to = r->make(&e->rw, &m);
        check_application(e, r, n, to);
        ir_comes_from(e->rw.ir, to, n);
        note_fired(e, i, n, to);
        return to;
    }
    return n;
}

static const Node *normal(Engine *e, const Node *n);

static const Node *with_normal_inputs(Engine *e, const Node *n) {
    if (!n->n) return n;
    const Node **in = ARENA_ARRAY(e->scratch, const Node *, n->n);
    for (uint32_t i = 0; i < n->n; i++) in[i] = normal(e, n->in[i]);
    return ir_with_inputs(e->rw.ir, n, in);
}

static const Node *normal(Engine *e, const Node *n) {
    const Node *known = ptrmap_get(&e->memo, n);
    if (known) return known;
    const Node *at = with_normal_inputs(e, n);
    for (int tries = 0; !at_limit(e); tries++) {
        const Node *to = apply_once(e, at);
        if (to == at) break;
        if (tries == MAX_TRIES) BUG("the rules do not come to an end at %s", op_info[n->op].text);
        at = with_normal_inputs(e, to);
    }
    ptrmap_set(&e->memo, n, (void *)at);
    if (at != n) ptrmap_set(&e->memo, at, (void *)at);
    return at;
}

/* Again until nothing changes: a rule may make a node in one place that another rule wants in another. */
static const Node *run_rules(Engine *e, const Node *plan) {
    const Node *before;
    do {
        before = plan;
        plan = normal(e, plan);
        ptrmap_free(&e->memo);
        e->memo = (PtrMap){0};
    } while (plan != before && !at_limit(e));
    return plan;
}

const Node *rw_run_rules(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report) {
    Arena *scratch = arena_new();
    Engine e = {.rw = *rw,
                .rules = rw_rules,
                .on = switched_on(scratch, opt),
                .opt = opt,
                .report = report,
                .scratch = scratch};
    plan = run_rules(&e, plan);
    arena_free(scratch);
    return plan;
}

const Node *rw_apply_rule(Ir *ir, const SourceApi *source, const Rule *rule, const Node *plan,
                          size_t *fired) {
    const Rule *const rules[] = {rule, NULL};
    Arena *scratch = arena_new();
    PtrMap rows = {0};
    Engine e = {.rw = {ir, source, &rows}, .rules = rules, .scratch = scratch};
    plan = run_rules(&e, plan);
    if (fired) *fired = e.fired;
    ptrmap_free(&rows);
    arena_free(scratch);
    return plan;
}

/* ---- passes ---- */

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void verify(const Rw *rw, const RwOptions *opt, const Pass *pass, const Node *plan) {
    const char *why = NULL;
#ifndef DQL_VERIFY
    if (!opt->verify) return;
#else
    (void)opt;
#endif
    if (!ir_verify(rw->ir, plan, &why)) BUG("after pass %s: %s", pass->name, why);
}

/* Each pass runs through this one wrapper: skip if off, time, run, verify. */
static const Node *run_pass(const Rw *rw, const Pass *pass, const RwOptions *opt, const Node *plan,
                            RwReport *report) {
    if (listed(opt->without, pass->name) || rw_limited(opt, report)) return plan;
    double start = now_ms();
    plan = pass->run(rw, opt, plan, report);
    double ms = now_ms() - start;
    verify(rw, opt, pass, plan);
    if (opt->after_pass) opt->after_pass(opt->ctx, pass->name, plan, ms);
    return plan;
}

const Node *rw_optimise(Ir *ir, const SourceApi *source, const RwOptions *opt, const Node *plan,
                        RwReport *report, Arena *arena) {
    PtrMap rows = {0};
    Rw rw = {ir, source, &rows};
    *report = (RwReport){.arena = arena,
                         .tried = ARENA_ARRAY(arena, uint32_t, rw_rule_count),
                         .hits = ARENA_ARRAY(arena, uint32_t, rw_rule_count)};
    if (opt->off) return plan;
    for (size_t i = 0; i < rw_pass_count; i++) {
        plan = run_pass(&rw, &rw_passes[i], opt, plan, report);
        if (opt->stop_after && strcmp(opt->stop_after, rw_passes[i].name) == 0) break;
    }
    report->limited = rw_limited(opt, report);
    ptrmap_free(&rows);
    return plan;
}
