#include "lower/emit.h"

static int wider(int x, int y) {
    return x > y ? x : y;
}

static int bytes_of_input(const Stage *s, const Stage *in) {
    if (!in || in->type == K_VOID || in->domain == DOMAIN_NONE)
        return 1;
    return s->op == S_CMP_CODE ? in->code.width : ktype_bytes(in->type);
}

/* Two vector registers of the widest values: enough to hide latencies, few enough not to spill. */
static uint16_t choose_lanes(const Target *t, const Unit *u) {
    if (u->kind == UNIT_SCALAR)
        return 1;
    int widest = 1;
    for (size_t i = 0; i < u->stages.n; i++) {
        const Stage *s = u->stages.at[i];
        for (uint32_t k = 0; k < s->n; k++)
            widest = wider(widest, bytes_of_input(s, s->in[k]));
        widest = wider(widest, s->type == K_VOID ? 1 : ktype_bytes(s->type));
    }
    uint32_t lanes = 2 * t->vector_bytes / (uint32_t)widest;
    return (uint16_t)(lanes > 64 ? 64 : lanes < 4 ? 4 : lanes);
}

/* rows of the round that exist: the last round goes past n */
static KInst *tail_mask(Emit *e) {
    if (e->lanes == 1)
        return kb_int(e->b, K_I1, 1, 1);
    KInst *left = kb_convert(e->b, KI_TRUNC, kb_op2(e->b, KI_SUB, e->n, e->i), K_I32);
    return kb_cmp(e->b, KP_LT, kb_iota(e->b, K_I32, e->lanes), kb_splat(e->b, left, e->lanes));
}

KInst *emit_mask(Emit *e, uint8_t domain) {
    if (!e->mask[domain])
        e->mask[domain] = tail_mask(e);
    return e->mask[domain];
}

static Arg reg_of(const Emit *e, const Stage *s) {
    return (Arg){.kind = ARG_REG, .a = (uint32_t)e->reg[s->id]};
}

static void store_dense(Emit *e) {
    for (size_t i = 0; i < e->u->stored.n; i++) {
        const Stage *s = e->u->stored.at[i];
        if (s->domain == e->u->loop)
            kb_store(e->b, emit_param(e, reg_of(e, s)), e->i, e->value[s->id]);
    }
}

/* Appends what passed of the output domain; returns the rows it has now. */
static KInst *store_compressed(Emit *e, KInst *at) {
    KInst *mask = emit_mask(e, e->u->out), *next = NULL;
    for (size_t i = 0; i < e->u->stored.n; i++) {
        const Stage *s = e->u->stored.at[i];
        if (s->domain == e->u->out)
            next = kb_compress(e->b, emit_param(e, reg_of(e, s)), at, e->value[s->id], mask);
    }
    return next ? next : kb_op2(e->b, KI_ADD, at, kb_op1(e->b, KI_POPCOUNT, mask));
}

static void round_of_loop(Emit *e) {
    uint32_t slot = e->u->out != DOMAIN_NONE;
    e->next.n = 0;
    if (slot)
        *vec_push(&e->next) = NULL;
    for (size_t i = 0; i < e->u->stages.n; i++) {
        const Stage *s = e->u->stages.at[i];
        if (s->op == S_ACC)
            emit_acc_round(e, s, &slot);
        else
            emit_is(e, s, emit_stage(e, s));
    }
    store_dense(e);
    if (e->u->out != DOMAIN_NONE)
        e->next.at[0] = store_compressed(e, kb_carried(e->b, 0));
}

static void begin(Emit *e) {
    e->init.n = 0;
    if (e->u->out != DOMAIN_NONE)
        *vec_push(&e->init) = kb_int(e->b, K_I64, 1, 0);
    for (size_t i = 0; i < e->u->stages.n; i++)
        if (e->u->stages.at[i]->op == S_ACC)
            emit_acc_begin(e, e->u->stages.at[i]);
}

static void end(Emit *e, KInst *loop) {
    uint32_t slot = e->u->out != DOMAIN_NONE;
    for (size_t i = 0; i < e->u->stages.n; i++)
        if (e->u->stages.at[i]->op == S_ACC)
            emit_acc_end(e, e->u->stages.at[i], loop, &slot);
}

static bool needs_loop(const Emit *e) {
    for (size_t i = 0; i < e->u->stages.n; i++)
        if (!emit_acc_counts_all(e, e->u->stages.at[i]))
            return true;
    return false;
}

static KInst *rows_loop(Emit *e) {
    begin(e);
    KInst *zero = kb_int(e->b, K_I64, 1, 0), *step = kb_int(e->b, K_I64, 1, e->lanes);
    e->i = kb_loop(e->b, zero, e->n, step, (uint32_t)e->init.n, e->init.at);
    round_of_loop(e);
    KInst *loop = kb_loop_end(e->b, e->next.at);
    end(e, loop);
    return loop;
}

/* A pass over the rows for each group. */
static Kernel *passes_kernel(Emit *e) {
    Arg groups = e->u->stages.at[0]->base;
    KInst *zero = kb_int(e->b, K_I64, 1, 0), *one = kb_int(e->b, K_I64, 1, 1);
    KInst *n = kb_load(e->b, emit_param(e, groups), zero, K_I64, 1);
    e->pass = kb_loop(e->b, zero, n, one, 0, NULL);
    rows_loop(e);
    kb_loop_end(e->b, NULL);
    return kb_finish(e->b, NULL);
}

static Kernel *loop_kernel(Emit *e) {
    if (e->u->kind == UNIT_PASSES)
        return passes_kernel(e);
    if (!needs_loop(e)) {
        end(e, NULL);
        return kb_finish(e->b, NULL);
    }
    KInst *loop = rows_loop(e);
    return kb_finish(e->b, e->u->out != DOMAIN_NONE ? kb_result(e->b, loop, 0) : NULL);
}

static void forget_values(Emit *e) {
    if (!e->p->values)
        e->p->values = ARENA_ARRAY(e->arena, KInst *, e->p->stages.n + 1);
    e->value = e->p->values;
    while (e->p->emitted.n)
        e->value[vec_pop(&e->p->emitted)->id] = NULL;
}

void emit_is(Emit *e, const Stage *s, KInst *x) {
    if (!e->value[s->id])
        *vec_push(&e->p->emitted) = (Stage *)(uintptr_t)s;
    e->value[s->id] = x;
}

/* Starts a kernel in which everything that the run before wanted ahead of the loop is there. */
static void restart(Emit *e) {
    size_t n_args = e->args.n, n_hoisted = e->hoisted.n;
    e->b = kb_new(e->arena, "unit");
    e->n = kb_count(e->b);
    e->args.n = e->params.n = e->hoisted.n = 0;
    for (size_t i = 0; i < n_args; i++)
        emit_param(e, e->args.at[i]);
    for (size_t i = 0; i < n_hoisted; i++) {
        Hoist h = e->hoisted.at[i];
        emit_hoist(e, h.kind, h.stage, h.type);
    }
    forget_values(e);
    e->mask = ARENA_ARRAY(e->arena, KInst *, 256);
}

static Emitted finish(Emit *e, Kernel *k) {
    Emitted out = {.kernel = k, .n_args = (uint32_t)e->args.n, .n_sites = (uint32_t)e->sites.n};
    out.args = arena_copy(e->arena, e->args.at, e->args.n * sizeof *e->args.at);
    out.sites = arena_copy(e->arena, e->sites.at, e->sites.n * sizeof *e->sites.at);
    vec_free(&e->args);
    vec_free(&e->params);
    vec_free(&e->hoisted);
    vec_free(&e->sites);
    vec_free(&e->init);
    vec_free(&e->next);
    return out;
}

Emitted emit_unit(Arena *a, Pipe *p, const Target *t, const Unit *u, const int32_t *reg) {
    Emit e = {.arena = a, .p = p, .u = u, .reg = reg, .lanes = choose_lanes(t, u)};
    restart(&e);
    loop_kernel(&e);
    restart(&e);
    return finish(&e, loop_kernel(&e));
}
