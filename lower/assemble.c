/* From the units of a tier to steps: registers by linear scan, arguments, sites. */
#include "lower/context.h"
#include "lower/emit.h"
#include <stdlib.h>
#include <string.h>

/* When a register holds a value. */
typedef struct Life {
    uint32_t reg, from, to; /* units */
    uint32_t tier;          /* of two tiers' steps one runs */
} Life;

typedef struct Registers {
    Units *units;
    Pipe *p;
    uint32_t *last; /* by stage: last unit that reads it */
    int32_t *reg;   /* by stage */
    uint32_t first; /* of the pipeline, in Build.regs */
    VEC(uint32_t) bytes; /* by register */
    VEC(uint32_t) busy;  /* by register: the last unit that needs what it holds */
    VEC(Life) lives;
    uint32_t tier;
} Registers;

static uint32_t bytes_of(const Stage *s) {
    return s->row_bytes ? s->row_bytes : (uint32_t)ktype_bytes(s->type);
}

static void note_uses(Registers *r, uint32_t unit) {
    const Unit *u = &r->units->at.at[unit];
    for (size_t i = 0; i < u->stages.n; i++)
        for (uint32_t k = 0; k < u->stages.at[i]->n; k++)
            if (u->stages.at[i]->in[k])
                r->last[u->stages.at[i]->in[k]->id] = unit;
}

/* A step that expands is called again, and so are those behind it: what was there before must stay. */
static uint32_t until(const Registers *r, uint32_t unit, const Stage *s) {
    uint32_t last = r->last[s->id] > unit ? r->last[s->id] : unit;
    for (uint32_t j = unit + 1; j <= last; j++) {
        const Stage *call = r->units->at.at[j].stages.at[0];
        if (call->op == S_CALL && call->call->expands)
            return UINT32_MAX;
    }
    return last;
}

static void give_register(Registers *r, uint32_t unit, const Stage *s, uint32_t from) {
    uint32_t bytes = bytes_of(s), reg = from;
    while (reg < r->bytes.n && (r->bytes.at[reg] != bytes || r->busy.at[reg] >= unit))
        reg++;
    if (reg == r->bytes.n) {
        *vec_push(&r->bytes) = bytes;
        *vec_push(&r->busy) = 0;
    }
    r->busy.at[reg] = until(r, unit, s);
    r->reg[s->id] = (int32_t)reg;
    *vec_push(&r->lives) = (Life){reg, unit, r->busy.at[reg], r->tier};
}

/* the registers that a call writes */
static void give_outputs(Registers *r, uint32_t unit, const Stage *call, uint32_t from) {
    for (uint32_t k = 0; k < call->call->n; k++) {
        Stage *v = call->call->args[k].value;
        if (v && v->op == S_OUT && v->in[0] == call)
            give_register(r, unit, v, from);
    }
}

static void give_registers(Registers *r, uint32_t from) {
    uint32_t n = (uint32_t)r->units->at.n;
    for (uint32_t j = 0; j < n; j++)
        note_uses(r, j);
    for (uint32_t j = 0; j < n; j++) {
        const Unit *u = &r->units->at.at[j];
        if (u->kind == UNIT_CALL)
            give_outputs(r, j, u->stages.at[0], from);
        for (size_t i = 0; u->kind != UNIT_CALL && i < u->stored.n; i++)
            give_register(r, j, u->stored.at[i], from);
    }
}

/* ---- memory that registers share ---- */
/* Lives by register; those of one are in order of tier and unit, and none meets the next. */
static int by_register(const void *a, const void *b) {
    const Life *x = a, *y = b;
    if (x->reg != y->reg)
        return x->reg < y->reg ? -1 : 1;
    if (x->tier != y->tier)
        return x->tier < y->tier ? -1 : 1;
    return (x->from > y->from) - (x->from < y->from);
}

static bool before(const Life *x, const Life *y) { return x->tier != y->tier ? x->tier < y->tier : x->to < y->from; }

/* first: of each register, in lives; the number of lives behind the last. */
static bool meet(const Life *lives, const uint32_t *first, uint32_t a, uint32_t b) {
    uint32_t i = first[a], k = first[b];
    while (i < first[a + 1] && k < first[b + 1]) {
        if (before(&lives[i], &lives[k]))
            i++;
        else if (before(&lives[k], &lives[i]))
            k++;
        else
            return true;
    }
    return false;
}

static uint32_t *sort_lives(Lower *c, Registers *r) {
    uint32_t n = (uint32_t)r->bytes.n, *first = ARENA_ARRAY(c->a, uint32_t, n + 1), i = 0;
    if (r->lives.n)
        qsort(r->lives.at, r->lives.n, sizeof *r->lives.at, by_register);
    for (uint32_t reg = 0; reg <= n; reg++) {
        first[reg] = i;
        while (i < r->lives.n && r->lives.at[i].reg == reg)
            i++;
    }
    return first;
}

static bool may_share(const Registers *r, const uint32_t *first, const uint32_t *slot, uint32_t reg, uint32_t owner) {
    for (uint32_t k = 0; k < r->bytes.n; k++)
        if (slot[k] == owner && meet(r->lives.at, first, reg, k))
            return false;
    return true;
}

typedef struct Sized {
    uint32_t reg, bytes;
} Sized;

static int largest_first(const void *a, const void *b) {
    const Sized *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return (x->reg > y->reg) - (x->reg < y->reg);
}

/* The largest first, each where the first larger one lies whose registers are never needed with it: a network touches little more than what
 * is alive at once, most of it in the cache. (Greedy by size: Pisarchyk and Lee, Efficient Memory Management for Deep Neural Net Inference,
 * 2020.) Scalars, which are small, keep memory of their own. */
static void share_memory(Lower *c, Registers *r) {
    enum { SCALAR = 16 };
    uint32_t n = (uint32_t)r->bytes.n, *first = sort_lives(c, r), *slot = ARENA_ARRAY(c->a, uint32_t, n + 1);
    Sized *order = ARENA_ARRAY(c->a, Sized, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        order[i] = (Sized){i, r->bytes.at[i]};
        slot[i] = UINT32_MAX;
    }
    qsort(order, n, sizeof *order, largest_first);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t reg = order[i].reg, k = 0;
        while (k < i && !(order[i].bytes > SCALAR && slot[order[k].reg] == order[k].reg && may_share(r, first, slot, reg, order[k].reg)))
            k++;
        slot[reg] = order[k].reg;
    }
    for (uint32_t i = 0; i < n; i++)
        *vec_push(&c->b.slots) = slot[i];
}

/* ---- steps ---- */
static Arg place_of(const Registers *r, const Stage *s) {
    if (r->reg[s->id] >= 0)
        return (Arg){.kind = ARG_REG, .a = (uint32_t)r->reg[s->id]};
    return s->arg;
}

static void add_call(Lower *c, const Registers *r, const Unit *u) {
    const Stage *s = u->stages.at[0];
    const Call *call = s->call;
    Step step = {.args = (uint32_t)c->b.args.n, .n_args = (uint16_t)call->n, .in = s->domain, .out = call->out,
                 .site = s->site ? (uint16_t)(s->site - 1) : 0};
    step.fn = call->native ? build_native(c, call->native) : build_kernel(c, call->kernel);
    step.flags = (uint16_t)((call->native ? STEP_NATIVE : 0) | (call->expands ? STEP_EXPANDS : 0) | (call->splits ? STEP_SPLITS : 0));
    for (uint32_t k = 0; k < call->n; k++)
        *vec_push(&c->b.args) = call->args[k].value ? place_of(r, call->args[k].value) : call->args[k].arg;
    *vec_push(&c->b.steps) = step;
}

/* The sites of a step are consecutive: its k-th is Step.site + k. */
static uint16_t copy_sites(Lower *c, const Emitted *e) {
    uint16_t first = (uint16_t)c->b.sites.n;
    for (uint32_t i = 0; i < e->n_sites; i++) {
        Site s = c->b.sites.at[e->sites[i] - 1];
        *vec_push(&c->b.sites) = s;
    }
    return first;
}

static void add_kernel(Lower *c, const Registers *r, const Unit *u) {
    Emitted e = emit_unit(c->a, r->p, c->target, u, r->reg);
    Step step = {.fn = build_kernel(c, e.kernel), .args = (uint32_t)c->b.args.n, .n_args = (uint16_t)e.n_args,
                 .in = u->loop, .out = u->out, .site = e.n_sites ? copy_sites(c, &e) : 0};
    for (uint32_t k = 0; k < e.n_args; k++)
        *vec_push(&c->b.args) = e.args[k];
    *vec_push(&c->b.steps) = step;
}

static uint32_t add_steps(Lower *c, Registers *r, Tier tier) {
    Units units = partition(r->p, tier);
    size_t n = r->p->stages.n ? r->p->stages.n : 1;
    uint32_t from = (uint32_t)r->bytes.n, first = (uint32_t)c->b.steps.n;
    r->units = &units;
    r->tier = tier;
    r->last = ARENA_ARRAY(c->a, uint32_t, n);
    r->reg = ARENA_ARRAY(c->a, int32_t, n);
    memset(r->reg, -1, n * sizeof *r->reg);
    give_registers(r, from);
    for (size_t i = 0; i < units.at.n && !lower_cancelled(c); i++)
        if (units.at.at[i].kind == UNIT_CALL)
            add_call(c, r, &units.at.at[i]);
        else
            add_kernel(c, r, &units.at.at[i]);
    units_free(&units);
    return (uint32_t)c->b.steps.n - first;
}

/* As many rows as keep the tensors of a batch in the second-level cache. */
static uint32_t choose_batch(const Lower *c, const Pipe *p) {
    uint64_t bytes = 1;
    uint32_t rows = p->batch_rows;
    for (size_t i = 0; i < p->stages.n; i++) {
        const Stage *s = p->stages.at[i];
        bytes += s->live && s->domain != DOMAIN_NONE ? s->row_bytes : 0;
    }
    while (rows > 1 && rows * bytes > c->target->l2_bytes)
        rows /= 2;
    return rows;
}

static bool may_fail(const Pipe *p) {
    for (size_t i = 0; i < p->stages.n; i++)
        if (p->stages.at[i]->live && p->stages.at[i]->site)
            return true;
    return false;
}

void assemble(Lower *c, Pipe *p) {
    if (lower_cancelled(c)) {
        pipe_free(p);
        return;
    }
    mark_live(p);
    Registers r = {.p = p};
    Pipeline out = {.source = (uint8_t)p->source, .once = p->once, .ordered = p->ordered, .a = p->a, .b = p->b,
                    .batch_rows = choose_batch(c, p), .row_flops = (uint64_t)p->row_flops, .may_fail = may_fail(p), .work_bytes = p->work_bytes, .n_domains = (uint8_t)p->domains.n, .n_cursors = p->n_cursors,
                    .label = p->label};
    out.steps = (uint32_t)c->b.steps.n;
    out.n_steps = add_steps(c, &r, UNITS_SINGLE);
    out.fused = (uint32_t)c->b.steps.n;
    out.n_fused = c->opt->no_fused ? 0 : add_steps(c, &r, UNITS_FUSED);
    out.regs = (uint32_t)c->b.regs.n;
    out.n_regs = (uint32_t)r.bytes.n;
    for (size_t i = 0; i < r.bytes.n; i++)
        *vec_push(&c->b.regs) = r.bytes.at[i];
    share_memory(c, &r);
    out.finish = (uint32_t)c->b.finish.n;
    out.n_finish = (uint32_t)p->finish.n;
    for (size_t i = 0; i < p->finish.n; i++)
        *vec_push(&c->b.finish) = p->finish.at[i];
    *vec_push(&c->b.pipelines) = out;
    vec_free(&r.busy);
    vec_free(&r.lives);
    vec_free(&r.bytes);
    pipe_free(p);
}
