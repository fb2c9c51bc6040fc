/* Accumulators.  Integers by lanes: each lane sums its rows of the call, and the lanes are added to memory at the end;
 * floats and everything by group in row order. */
#include "lower/emit.h"

static KType wider(KType a, KType b) {
    return a > b ? a : b;
}

/* Lane sums of one call (at most BATCH_ROWS rows) of values of this range fit these lanes. */
static KType sum_lanes(const Stage *value, uint16_t lanes) {
    KType t = range_lanes(range_mul(value->range, range_span(0, BATCH_ROWS / lanes)));
    return value->domain == DOMAIN_NONE ? t : wider(t, value->type);
}

static bool is_min(AggKind k) {
    return k == ACC_MIN_I64 || k == ACC_MIN_I128 || k == ACC_MIN_F64;
}

static bool is_count(const Stage *s) {
    return s->pred == ACC_COUNT;
}

static Int128 top_of(KType t) {
    return t == K_I128 ? (Int128)(~(unsigned __int128)0 >> 1) : ((Int128)1 << (8 * ktype_bytes(t) - 1)) - 1;
}

/* What changes no minimum or maximum of values in lanes of t. */
static KInst *neutral(Emit *e, const Stage *s, KType t) {
    return emit_const(e, t, is_min((AggKind)s->pred) ? top_of(t) : -top_of(t) - 1);
}

static KType carried_type(const Emit *e, const Stage *s) {
    if (s->pred == ACC_SUM_I64 || s->pred == ACC_SUM_I128)
        return sum_lanes(s->in[0], e->lanes);
    /* one value to spare on each side, so that the neutral value is no value; full 64 bits: the neutral one is where memory starts */
    KType t = wider(range_lanes(range_add(s->in[0]->range, range_span(-1, 1))), s->in[0]->type);
    return t < K_I64 ? t : K_I64;
}

static KType memory_type(AggKind k) {
    switch (k) {
    case ACC_COUNT: case ACC_SUM_I64: case ACC_MIN_I64: case ACC_MAX_I64: return K_I64;
    case ACC_SUM_I128: case ACC_MIN_I128: case ACC_MAX_I128: case ACC_MIN_TEXT: case ACC_MAX_TEXT: return K_I128;
    case ACC_SUM_F64: case ACC_MIN_F64: case ACC_MAX_F64: break;
    }
    return K_F64;
}

static KInst *zero(Emit *e) {
    return kb_int(e->b, K_I64, 1, 0);
}

/* where the accumulator of the loop is */
static KInst *acc_index(Emit *e) {
    return e->pass ? e->pass : zero(e);
}

/* ---- by lanes ---- */
static void begin_lanes(Emit *e, const Stage *s) {
    if (is_count(s))
        *vec_push(&e->init) = zero(e);
    else if (s->pred == ACC_SUM_I64 || s->pred == ACC_SUM_I128)
        *vec_push(&e->init) = emit_const(e, carried_type(e, s), 0);
    else
        *vec_push(&e->init) = neutral(e, s, carried_type(e, s));
}

static KInst *acc_mask(Emit *e, const Stage *s) {
    KInst *mask = emit_mask(e, s->domain);
    if (e->pass) {
        KInst *group = emit_use(e, s->in[2], s->in[2]->type);
        KInst *pass = kb_splat(e->b, emit_resize(e, e->pass, s->in[2]->type), e->lanes);
        mask = kb_op2(e->b, KI_AND, mask, kb_cmp(e->b, KP_EQ, group, pass));
    }
    return s->in[1] ? kb_op2(e->b, KI_AND, mask, emit_use(e, s->in[1], K_I1)) : mask;
}

static KInst *count_mask(Emit *e, KInst *mask) {
    return e->lanes > 1 ? kb_op1(e->b, KI_POPCOUNT, mask) : emit_resize(e, mask, K_I64);
}

static KInst *round_lanes(Emit *e, const Stage *s, KInst *sum) {
    KInst *mask = acc_mask(e, s);
    if (is_count(s))
        return kb_op2(e->b, KI_ADD, sum, count_mask(e, mask));
    KType t = carried_type(e, s);
    bool adds = s->pred == ACC_SUM_I64 || s->pred == ACC_SUM_I128;
    KInst *x = emit_use(e, s->in[0], t);
    x = kb_select(e->b, mask, x, adds ? emit_const(e, t, 0) : neutral(e, s, t));
    return kb_op2(e->b, adds ? KI_ADD : is_min((AggKind)s->pred) ? KI_MIN : KI_MAX, sum, x);
}

/* Widens before adding across lanes, where the sum of all lanes may not fit. */
static KInst *across(Emit *e, const Stage *s, KInst *lanes) {
    if (e->lanes == 1 || is_count(s))
        return lanes;
    if (s->pred == ACC_SUM_I64 || s->pred == ACC_SUM_I128)
        return kb_reduce(e->b, KI_REDUCE_ADD, emit_resize(e, lanes, lanes->type == K_I128 ? K_I128 : K_I64));
    return kb_reduce(e->b, is_min((AggKind)s->pred) ? KI_REDUCE_MIN : KI_REDUCE_MAX, lanes);
}

static KOp combine(AggKind k) {
    if (k == ACC_COUNT || k == ACC_SUM_I64 || k == ACC_SUM_I128)
        return KI_ADD;
    return is_min(k) ? KI_MIN : KI_MAX;
}

static KInst *nothing_seen(Emit *e, const Stage *s, KInst *x, KInst *old) {
    if (s->pred != ACC_MIN_I64 && s->pred != ACC_MAX_I64)
        return x;
    KType t = (KType)x->type;
    KInst *none = kb_int(e->b, t, 1, is_min((AggKind)s->pred) ? top_of(t) : -top_of(t) - 1);
    KInst *seen = kb_cmp(e->b, KP_NE, x, none);
    return kb_select(e->b, seen, emit_resize(e, x, K_I64), old);
}

static void end_lanes(Emit *e, const Stage *s, KInst *lanes) {
    AggKind k = (AggKind)s->pred;
    KInst *ptr = emit_param(e, s->arg), *x = across(e, s, lanes);
    KInst *old = kb_load(e->b, ptr, acc_index(e), memory_type(k), 1);
    x = emit_resize(e, nothing_seen(e, s, x, old), memory_type(k));
    kb_store(e->b, ptr, acc_index(e), kb_op2(e->b, combine(k), old, x));
}

/* ---- row by row ---- */
static KInst *keep_if_null(Emit *e, const Stage *s, KInst *now, KInst *old) {
    return s->in[1] ? kb_select(e->b, emit_use(e, s->in[1], K_I1), now, old) : now;
}

/* TwoSum: s + x exactly as sum and what rounding lost. */
static KInst *two_sum(Emit *e, KInst *s, KInst *x, KInst **lost) {
    KInst *sum = kb_op2(e->b, KI_ADD, s, x);
    KInst *part = kb_op2(e->b, KI_SUB, sum, s);
    KInst *s_lost = kb_op2(e->b, KI_SUB, s, kb_op2(e->b, KI_SUB, sum, part));
    *lost = kb_op2(e->b, KI_ADD, s_lost, kb_op2(e->b, KI_SUB, x, part));
    return sum;
}

/* NaN is the greatest number: a minimum starts as NaN and takes any number, a maximum keeps a NaN. */
static KInst *extreme_f64(Emit *e, const Stage *s, KInst *old, KInst *x) {
    KInst *old_nan = kb_cmp(e->b, KP_NE, old, old), *x_nan = kb_cmp(e->b, KP_NE, x, x);
    if (is_min((AggKind)s->pred)) {
        KInst *less = kb_op2(e->b, KI_OR, old_nan, kb_cmp(e->b, KP_LT, x, old));
        return kb_select(e->b, less, x, old);
    }
    KInst *more = kb_op2(e->b, KI_OR, x_nan, kb_cmp(e->b, KP_GT, x, old));
    return kb_select(e->b, more, x, old);
}

static KInst *row_value(Emit *e, const Stage *s) {
    KType t = memory_type((AggKind)s->pred);
    return is_count(s) ? kb_int(e->b, K_I64, 1, 1) : emit_use(e, s->in[0], t);
}

static KInst *next_of(Emit *e, const Stage *s, KInst *old) {
    KInst *x = row_value(e, s);
    if (s->pred == ACC_MIN_F64 || s->pred == ACC_MAX_F64)
        return keep_if_null(e, s, extreme_f64(e, s, old, x), old);
    return keep_if_null(e, s, kb_op2(e->b, combine((AggKind)s->pred), old, x), old);
}

static void sum_f64(Emit *e, const Stage *s, KInst *old[2], KInst *now[2]) {
    KInst *lost, *sum = two_sum(e, old[0], emit_use(e, s->in[0], K_F64), &lost);
    now[0] = keep_if_null(e, s, sum, old[0]);
    now[1] = keep_if_null(e, s, kb_op2(e->b, KI_ADD, old[1], lost), old[1]);
}

static KInst *group_index(Emit *e, const Stage *s) {
    return emit_resize(e, emit_use(e, s->in[2], K_I32), K_I64);
}

static void round_grouped(Emit *e, const Stage *s) {
    KInst *ptr = emit_param(e, s->arg), *g = group_index(e, s);
    if (s->pred != ACC_SUM_F64) {
        KInst *old = kb_load(e->b, ptr, g, memory_type((AggKind)s->pred), 1);
        kb_store(e->b, ptr, g, next_of(e, s, old));
        return;
    }
    KInst *at[2], *old[2], *now[2];
    at[0] = kb_op2(e->b, KI_ADD, g, g);
    at[1] = kb_op2(e->b, KI_ADD, at[0], kb_int(e->b, K_I64, 1, 1));
    for (int i = 0; i < 2; i++)
        old[i] = kb_load(e->b, ptr, at[i], K_F64, 1);
    sum_f64(e, s, old, now);
    for (int i = 0; i < 2; i++)
        kb_store(e->b, ptr, at[i], now[i]);
}

static uint32_t row_slots(const Stage *s) {
    return s->pred == ACC_SUM_F64 ? 2 : 1;
}

static void begin_row(Emit *e, const Stage *s) {
    KInst *ptr = emit_param(e, s->arg);
    for (uint32_t i = 0; i < row_slots(s); i++)
        *vec_push(&e->init) = kb_load(e->b, ptr, kb_int(e->b, K_I64, 1, i), memory_type((AggKind)s->pred), 1);
}

static void round_row(Emit *e, const Stage *s, uint32_t slot) {
    KInst *old[2] = {kb_carried(e->b, slot), NULL}, *now[2] = {NULL, NULL};
    if (s->pred == ACC_SUM_F64) {
        old[1] = kb_carried(e->b, slot + 1);
        sum_f64(e, s, old, now);
    } else {
        now[0] = next_of(e, s, old[0]);
    }
    for (uint32_t i = 0; i < row_slots(s); i++)
        *vec_push(&e->next) = now[i];
}

/* ---- both ---- */
bool emit_acc_counts_all(const Emit *e, const Stage *s) {
    return s->op == S_ACC && is_count(s) && !s->in[1] && !s->in[2] && s->domain == e->u->loop;
}

void emit_acc_begin(Emit *e, const Stage *s) {
    if (emit_acc_counts_all(e, s) || (s->in[2] && !e->pass))
        return;
    if (e->pass || acc_by_lanes(s))
        begin_lanes(e, s);
    else
        begin_row(e, s);
}

void emit_acc_round(Emit *e, const Stage *s, uint32_t *slot) {
    if (s->in[2] && !e->pass) {
        round_grouped(e, s);
    } else if (emit_acc_counts_all(e, s)) {
        return;
    } else if (e->pass || acc_by_lanes(s)) {
        *vec_push(&e->next) = round_lanes(e, s, kb_carried(e->b, (*slot)++));
    } else {
        round_row(e, s, *slot);
        *slot += row_slots(s);
    }
}

void emit_acc_end(Emit *e, const Stage *s, KInst *loop, uint32_t *slot) {
    if (s->in[2] && !e->pass)
        return;
    if (emit_acc_counts_all(e, s)) {
        end_lanes(e, s, e->n);
        return;
    }
    if (e->pass || acc_by_lanes(s)) {
        end_lanes(e, s, kb_result(e->b, loop, (*slot)++));
        return;
    }
    for (uint32_t i = 0; i < row_slots(s); i++)
        kb_store(e->b, emit_param(e, s->arg), kb_int(e->b, K_I64, 1, i), kb_result(e->b, loop, (*slot)++));
}
