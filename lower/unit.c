#include "lower/unit.h"
#include <string.h>

/* ---- liveness: backwards from what changes a state ---- */
static void mark(Stage *s) {
    if (s)
        s->live = true;
}

static void mark_domain(Pipe *p, uint8_t d) {
    if (d != DOMAIN_NONE)
        mark(p->domains.at[d].maker);
}

static void count_users(Pipe *p) {
    for (size_t i = 0; i < p->stages.n; i++) {
        const Stage *s = p->stages.at[i];
        for (uint32_t k = 0; s->live && k < s->n; k++)
            if (s->in[k])
                s->in[k]->n_users++;
    }
}

static void list_users(Pipe *p) {
    count_users(p);
    for (size_t i = 0; i < p->stages.n; i++) {
        Stage *s = p->stages.at[i];
        s->users = ARENA_ARRAY(p->arena, Stage *, s->n_users);
        s->n_users = 0;
        for (uint32_t k = 0; s->live && k < s->n; k++)
            if (s->in[k])
                s->in[k]->users[s->in[k]->n_users++] = s;
    }
}

void mark_live(Pipe *p) {
    for (size_t i = p->stages.n; i-- > 0;) {
        Stage *s = p->stages.at[i];
        s->live = s->live || s->op == S_ACC || (s->op == S_CALL && s->call->effect);
        if (!s->live)
            continue;
        mark_domain(p, s->domain);
        for (uint32_t k = 0; k < s->n; k++)
            mark(s->in[k]);
        if (s->op == S_POS)
            mark_domain(p, p->domains.at[s->domain].parent);
    }
    list_users(p);
}

/* ---- what is a stage of a unit ---- */
bool reads_code(const Stage *consumer, const Stage *s) {
    return s->op == S_COLUMN && consumer->in[0] == s && (consumer->op == S_TAKE || consumer->op == S_CMP_CODE);
}

static bool only_code_read(const Stage *s) {
    for (uint32_t i = 0; i < s->n_users; i++)
        if (!reads_code(s->users[i], s))
            return false;
    return true;
}

/* Calls need an array. */
static bool called_with(const Stage *s) {
    for (uint32_t i = 0; i < s->n_users; i++)
        if (s->users[i]->op == S_CALL)
            return true;
    return false;
}

bool is_inline(const Stage *s, Tier tier) {
    switch (s->op) {
    case S_CONST: case S_PARAM: case S_ROWID: case S_OUT: return true;
    case S_COLUMN:
        return stage_is_direct(s) || ((tier == UNITS_FUSED || only_code_read(s)) && !called_with(s));
    case S_GATHER: case S_POS: case S_TAKE: case S_OP: case S_DIVIDE: case S_CMP: case S_CMP_CODE: case S_SELECT:
    case S_CONVERT: case S_TO_INT: case S_CHECK: case S_FAIL_IF: case S_NUMERIC: case S_CALL: case S_ACC: return false;
    }
    return false;
}

static bool sums_in_lanes(const Stage *s) {
    switch ((AggKind)s->pred) {
    case ACC_COUNT: case ACC_SUM_I64: case ACC_MIN_I64: case ACC_MAX_I64: return true;
    case ACC_SUM_I128: return s->in[0]->type < K_I128;
    case ACC_SUM_F64: case ACC_MIN_I128: case ACC_MAX_I128: case ACC_MIN_F64: case ACC_MAX_F64: case ACC_MIN_TEXT:
    case ACC_MAX_TEXT: return false;
    }
    return false;
}

bool acc_by_lanes(const Stage *s) {
    return !s->in[2] && sums_in_lanes(s);
}

bool acc_by_passes(const Stage *s) {
    enum { PASSES = 16 };
    return s->in[2] && s->base.kind == ARG_CONST && s->in[2]->range.hi < PASSES && sums_in_lanes(s);
}

static UnitKind kind_of(const Stage *s) {
    if (s->op == S_CALL)
        return UNIT_CALL;
    if (s->op != S_ACC || acc_by_lanes(s))
        return UNIT_LANES;
    return acc_by_passes(s) ? UNIT_PASSES : UNIT_SCALAR;
}

/* ---- domains of a unit ---- */
static bool has_stage(const Unit *u, const Stage *s) {
    return s->unit == u->number;
}

static bool derived(const Pipe *p, const Unit *u, uint8_t d) {
    return d != u->loop && p->domains.at[d].maker && has_stage(u, p->domains.at[d].maker);
}

static bool in_unit(const Pipe *p, const Unit *u, uint8_t d) {
    return d == u->loop || derived(p, u, d);
}

static uint8_t entry_domain(const Pipe *p, const Stage *s) {
    return s->op == S_POS ? p->domains.at[s->domain].parent : s->domain;
}

/* A gather, if its rows are not those of the unit one by one. */
static bool gathers(const Pipe *p, const Unit *u, const Stage *s) {
    return s->op == S_GATHER || (s->op == S_TAKE && !in_unit(p, u, s->in[0]->domain));
}

static bool fits(const Pipe *p, const Unit *u, const Stage *s, Tier tier) {
    if (u->stages.n == 0)
        return true;
    uint8_t d = entry_domain(p, s);
    if (tier == UNITS_SINGLE || u->kind == UNIT_CALL || kind_of(s) != u->kind || !in_unit(p, u, d))
        return false;
    return d == u->loop || !gathers(p, u, s);
}

/* ---- what a unit must store ---- */
static bool used_outside(const Unit *u, const Stage *s) {
    for (uint32_t i = 0; i < s->n_users; i++)
        if (!has_stage(u, s->users[i]))
            return true;
    return false;
}

static bool domain_used_outside(const Pipe *p, const Unit *u, uint8_t d) {
    for (size_t i = 0; i < p->stages.n; i++) {
        const Stage *s = p->stages.at[i];
        if (s->live && entry_domain(p, s) == d && !has_stage(u, s) && s->op != S_OUT)
            return true;
    }
    return false;
}

/* Sets u->out and u->stored; returns how many stages can stay: all, or those before a filter that would break the
 * invariant of one derived output domain. */
static size_t find_stored(const Pipe *p, Unit *u) {
    u->stored.n = 0;
    u->out = DOMAIN_NONE;
    size_t second = u->stages.n;
    for (size_t i = 0; i < u->stages.n; i++) {
        Stage *s = u->stages.at[i];
        bool filter = s->op == S_POS;
        bool used = s->type != K_VOID && used_outside(u, s);
        bool needed = used || (filter && domain_used_outside(p, u, s->domain));
        if (filter && second == u->stages.n && u->out != DOMAIN_NONE)
            second = i;
        if (filter && used && p->domains.at[s->domain].parent != u->loop)
            return i;
        if (!needed)
            continue;
        if (derived(p, u, s->domain)) {
            if (u->out != DOMAIN_NONE && u->out != s->domain)
                return second < u->stages.n ? second : i;
            u->out = s->domain;
        }
        if (used)
            *vec_push(&u->stored) = s;
    }
    return u->stages.n;
}

static size_t first_filter(const Unit *u) {
    size_t i = 0;
    while (i < u->stages.n && u->stages.at[i]->op != S_POS)
        i++;
    return i;
}

/* Cuts the unit until its outputs are as the invariant says. */
static void settle(const Pipe *p, Unit *u) {
    for (;;) {
        size_t keep = find_stored(p, u);
        if (keep == u->stages.n)
            return;
        size_t first = first_filter(u);
        keep = keep > first ? keep : first + 1;
        while (u->stages.n > keep)
            vec_pop(&u->stages)->unit = 0;
    }
}

static Unit unit_at(const Stage *s, const Pipe *p) {
    return (Unit){.kind = kind_of(s), .loop = entry_domain(p, s), .out = DOMAIN_NONE};
}

/* Compiling takes more than twice as long for twice as many stages. */
enum { MOST_STAGES = 256 };

/* Stages from `from` on, as many as fit. */
static Unit collect(Pipe *p, size_t from, uint32_t number, Tier tier) {
    Unit u = unit_at(p->stages.at[from], p);
    u.number = number;
    for (size_t i = from; i < p->stages.n; i++) {
        Stage *s = p->stages.at[i];
        if (!s->live || is_inline(s, tier))
            continue;
        if (u.stages.n == MOST_STAGES || !fits(p, &u, s, tier))
            break;
        *vec_push(&u.stages) = s;
        s->unit = number;
    }
    return u;
}

Units partition(Pipe *p, Tier tier) {
    Units units = {0};
    for (size_t i = 0; i < p->stages.n; i++)
        p->stages.at[i]->unit = 0;
    for (size_t i = 0; i < p->stages.n;) {
        Stage *s = p->stages.at[i];
        if (!s->live || is_inline(s, tier)) {
            i++;
            continue;
        }
        Unit u = collect(p, i, (uint32_t)units.at.n + 1, tier);
        settle(p, &u);
        i = vec_last(&u.stages)->id + 1;
        if (u.kind == UNIT_CALL)
            u.out = s->call->out;
        *vec_push(&units.at) = u;
    }
    return units;
}

void units_free(Units *u) {
    for (size_t i = 0; i < u->at.n; i++) {
        vec_free(&u->at.at[i].stages);
        vec_free(&u->at.at[i].stored);
    }
    vec_free(&u->at);
}
