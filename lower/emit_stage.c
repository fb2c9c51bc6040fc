/* The value of one stage in one round of the loop. */
#include "lower/emit.h"
#include "ir/numeric.h"

/* ---- errors ---- */
static KInst *error_result(Emit *e, const Stage *s, RowError error, KInst *row) {
    size_t k = 0;
    while (k < e->sites.n && e->sites.at[k] != s->site)
        k++;
    if (k == e->sites.n)
        *vec_push(&e->sites) = s->site;
    KInst *code = kb_op2(e->b, KI_SHL, row, kb_int(e->b, K_I64, 1, 24));
    code = kb_op2(e->b, KI_ADD, code, kb_int(e->b, K_I64, 1, (Int128)(k << 8 | error) + 1));
    return kb_op1(e->b, KI_NEG, code);
}

static KInst *and_mask(Emit *e, KInst *x, KInst *y) {
    if (!x || !y)
        return x ? x : y;
    return kb_op2(e->b, KI_AND, x, y);
}

static KInst *guard_of(Emit *e, const Stage *s) {
    return s->guarded ? emit_use(e, s->in[s->n - 1], K_I1) : NULL;
}

/* Between error_if and error_end is what happens once, for the first row of the round that is bad: that row's lane. */
static KInst *error_if(Emit *e, const Stage *s, KInst *bad) {
    bad = and_mask(e, and_mask(e, bad, emit_mask(e, s->domain)), guard_of(e, s));
    kb_if(e->b, e->lanes > 1 ? kb_reduce(e->b, KI_REDUCE_OR, bad) : bad);
    return e->lanes > 1 ? kb_op1(e->b, KI_FIRST, bad) : kb_int(e->b, K_I64, 1, 0);
}

static void error_end(Emit *e, const Stage *s, RowError error, KInst *lane) {
    kb_return(e->b, error_result(e, s, error, kb_op2(e->b, KI_ADD, e->i, lane)));
    kb_if_end(e->b, 0, NULL);
}

/* Lane of x as ARG_FAULT holds it: integers in 128 bits, floats as the bits of a double. */
static KInst *wide_lane(Emit *e, KInst *x, KInst *lane) {
    KInst *v = e->lanes > 1 ? kb_extract(e->b, x, kb_convert(e->b, KI_TRUNC, lane, K_I32)) : x;
    if (v->type == K_F32)
        v = kb_convert(e->b, KI_FEXT, v, K_F64);
    if (v->type == K_F64)
        v = kb_convert(e->b, KI_BITCAST, v, K_I64);
    return emit_resize(e, v, K_I128);
}

static void leave(Emit *e, KInst *value) {
    kb_store(e->b, emit_param(e, (Arg){.kind = ARG_FAULT}), kb_int(e->b, K_I64, 1, 0), value);
}

static void error_without(Emit *e, const Stage *s, KInst *bad) {
    error_end(e, s, (RowError)s->error, error_if(e, s, bad));
}

static void error_of(Emit *e, const Stage *s, KInst *bad, KInst *value) {
    KInst *lane = error_if(e, s, bad);
    leave(e, wide_lane(e, value, lane));
    error_end(e, s, (RowError)s->error, lane);
}

/* ---- integers ---- */
static KOp overflow_of(KOp op) {
    return op == KI_ADD ? KI_ADD_OV : op == KI_SUB ? KI_SUB_OV : KI_MUL_OV;
}

/* The exact result of an operation that overflowed its lanes; 128 bits do not hold what overflowed them. */
static void overflow_if(Emit *e, const Stage *s, KInst *bad, KOp op, KInst *x, KInst *y) {
    KInst *lane = error_if(e, s, bad);
    if (x->type < K_I128)
        leave(e, kb_op2(e->b, op, wide_lane(e, x, lane), wide_lane(e, y, lane)));
    error_end(e, s, ROW_OVERFLOW, lane);
}

static KInst *op_stage(Emit *e, const Stage *s) {
    uint32_t n = s->n - s->guarded;
    KInst *in[3] = {0};
    for (uint32_t k = 0; k < n; k++)
        in[k] = emit_use(e, s->in[k], s->type);
    if (s->checked)
        overflow_if(e, s, kb_op2(e->b, overflow_of((KOp)s->kop), in[0], in[1]), (KOp)s->kop, in[0], in[1]);
    if (n == 1)
        return kb_op1(e->b, (KOp)s->kop, in[0]);
    return n == 2 ? kb_op2(e->b, (KOp)s->kop, in[0], in[1]) : kb_fma(e->b, in[0], in[1], in[2]);
}

static Int128 lowest(KType t) {
    return t == K_I128 ? (Int128)((unsigned __int128)1 << 127) : -((Int128)1 << (8 * ktype_bytes(t) - 1));
}

/* A division traps on 0 and on lowest / -1, in rows that nobody asked for as well: those divide by 1. */
static KInst *divide(Emit *e, const Stage *s) {
    KInst *x = emit_use(e, s->in[0], s->lanes);
    if (s->n == 1)
        return emit_resize(e, kb_op2(e->b, (KOp)s->kop, x, emit_const(e, s->lanes, s->lo)), s->type);
    KInst *y = emit_use(e, s->in[1], s->lanes);
    KInst *zero = kb_cmp(e->b, KP_EQ, y, emit_const(e, s->lanes, 0));
    KInst *over = kb_op2(e->b, KI_AND, kb_cmp(e->b, KP_EQ, y, emit_const(e, s->lanes, -1)),
                         kb_cmp(e->b, KP_EQ, x, emit_const(e, s->lanes, lowest(s->lanes))));
    if (s->site && range_has(s->in[1]->range, 0))
        error_without(e, s, zero);
    if (s->checked)
        overflow_if(e, s, over, KI_MUL, x, y); /* lowest / -1 = lowest * -1 */
    KInst *safe = kb_select(e->b, kb_op2(e->b, KI_OR, zero, over), emit_const(e, s->lanes, 1), y);
    return emit_resize(e, kb_op2(e->b, (KOp)s->kop, x, safe), s->type);
}

static KInst *check(Emit *e, const Stage *s) {
    KType t = s->in[0]->type;
    KInst *x = emit_use(e, s->in[0], t), *bad = NULL;
    if (s->in[1]->range.lo > lowest(t))
        bad = kb_cmp(e->b, KP_LT, x, emit_use(e, s->in[1], t));
    if (s->in[2]->range.hi < -(lowest(t) + 1)) {
        KInst *above = kb_cmp(e->b, KP_GT, x, emit_use(e, s->in[2], t));
        bad = bad ? kb_op2(e->b, KI_OR, bad, above) : above;
    }
    if (bad)
        error_of(e, s, bad, x);
    return emit_resize(e, x, s->type);
}

static KInst *fail_if(Emit *e, const Stage *s) {
    error_without(e, s, emit_use(e, s->in[1], K_I1));
    return emit_use(e, s->in[0], s->type);
}

/* Bounds of integer types are powers of two or below 2^53, hence exact as floats: hi + 1 is compared strictly. */
static KInst *to_int(Emit *e, const Stage *s) {
    KType f = s->in[0]->type;
    KInst *given = emit_use(e, s->in[0], f), *x = kb_op1(e->b, KI_ROUND, given);
    KInst *low = kb_cmp(e->b, KP_GE, x, kb_float(e->b, f, e->lanes, (double)s->lo));
    KInst *ok = kb_op2(e->b, KI_AND, low, kb_cmp(e->b, KP_LT, x, kb_float(e->b, f, e->lanes, (double)(s->hi + 1))));
    error_of(e, s, kb_op1(e->b, KI_NOT, ok), given);
    x = kb_select(e->b, ok, x, kb_float(e->b, f, e->lanes, 0));
    KType wide = range_lanes(s->range) == K_I128 ? K_I128 : K_I64;
    return emit_resize(e, kb_convert(e->b, KI_FTOSI, x, wide), s->type);
}

/* ---- comparison on the stored code: value cmp c  <=>  code cmp c - base, with c - base clamped to what a code can be ---- */
static KInst *cmp_code(Emit *e, const Stage *s) {
    const Stage *column = s->in[0];
    KType t = column->code.width == 1 ? K_I8 : column->code.width == 2 ? K_I16 : K_I32;
    KInst *code = kb_load(e->b, emit_param(e, column->arg), e->i, t, e->lanes);
    KInst *limit = emit_hoist(e, HOIST_LIMIT, s, t), *possible = emit_hoist(e, HOIST_POSSIBLE, s, K_I1);
    static const KPred code_pred[] = {[KP_EQ] = KP_EQ, [KP_NE] = KP_NE, [KP_LT] = KP_ULE, [KP_LE] = KP_ULE,
                                      [KP_GT] = KP_UGE, [KP_GE] = KP_UGE};
    KInst *x = kb_cmp(e->b, code_pred[s->pred], code, limit);
    return kb_op2(e->b, s->pred == KP_NE ? KI_OR : KI_AND, x, possible);
}

/* ---- domains and moves ---- */
static KInst *filter(Emit *e, const Stage *s) {
    uint8_t parent = e->p->domains.at[s->domain].parent;
    e->mask[s->domain] = and_mask(e, emit_mask(e, parent), emit_use(e, s->in[0], K_I1));
    if (parent != e->u->loop)
        return NULL;
    KInst *i = emit_resize(e, e->i, K_I32);
    return kb_op2(e->b, KI_ADD, kb_splat(e->b, i, e->lanes), kb_iota(e->b, K_I32, e->lanes));
}

static bool in_unit(const Emit *e, uint8_t d) {
    return d == e->u->loop || e->mask[d];
}

static KInst *take(Emit *e, const Stage *s) {
    if (in_unit(e, s->in[0]->domain))
        return emit_use(e, s->in[0], s->type);
    return emit_gather_from(e, s->in[0], emit_use(e, s->in[1], K_I32), emit_mask(e, s->domain));
}

static KInst *gather(Emit *e, const Stage *s) {
    KInst *mask = and_mask(e, emit_mask(e, s->domain), guard_of(e, s));
    return emit_gather(e, emit_param(e, s->arg), emit_use(e, s->in[0], K_I32), s->code, s->type, mask);
}

static KInst *convert(Emit *e, const Stage *s) {
    if (s->kop == KI_SEXT)
        return emit_use(e, s->in[0], s->type);
    KInst *x = emit_use(e, s->in[0], s->lanes);
    if (s->kop == KI_SITOF && s->lanes == K_I1)
        return kb_convert(e->b, KI_UITOF, x, s->type);
    return kb_convert(e->b, (KOp)s->kop, x, s->type);
}

static KInst *compare(Emit *e, const Stage *s) {
    return kb_cmp(e->b, (KPred)s->pred, emit_use(e, s->in[0], s->lanes), emit_use(e, s->in[1], s->lanes));
}

static KInst *choose(Emit *e, const Stage *s) {
    return kb_select(e->b, emit_use(e, s->in[0], K_I1), emit_use(e, s->in[1], s->type), emit_use(e, s->in[2], s->type));
}

static KInst *numeric(Emit *e, const Stage *s) {
    KInst *x = emit_use(e, s->in[0], s->type);
    return s->n == 1 ? num_emit(e->b, (Op)s->kop, x) : num_emit2(e->b, (Op)s->kop, x, emit_use(e, s->in[1], s->type));
}

KInst *emit_stage(Emit *e, const Stage *s) {
    switch (s->op) {
    case S_COLUMN: return emit_column(e, s);
    case S_GATHER: return gather(e, s);
    case S_POS: return filter(e, s);
    case S_TAKE: return take(e, s);
    case S_OP: return op_stage(e, s);
    case S_DIVIDE: return divide(e, s);
    case S_CMP: return compare(e, s);
    case S_CMP_CODE: return cmp_code(e, s);
    case S_SELECT: return choose(e, s);
    case S_CONVERT: return convert(e, s);
    case S_TO_INT: return to_int(e, s);
    case S_CHECK: return check(e, s);
    case S_FAIL_IF: return fail_if(e, s);
    case S_NUMERIC: return numeric(e, s);
    case S_CONST: case S_PARAM: case S_ROWID: case S_OUT: case S_CALL: case S_ACC: break;
    }
    return NULL;
}
