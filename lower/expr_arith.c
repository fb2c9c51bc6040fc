/* Arithmetic and numeric functions.  Integers of any kind are computed exactly in the lanes that their ranges need;
 * only where the result may leave its type is it tested. */
#include "lower/expr.h"

static bool is_exact(const Type *t) {
    return range_of_type(t).exact;
}

uint16_t site_of(Scope *s, const Node *e, const Type *t, const Type *shown) {
    Buf b = {0};
    type_print(&b, t, false);
    const char *text = arena_strndup(s->c->a, b.p, b.n);
    buf_free(&b);
    return build_site(s->c, e, text, shown);
}

static bool fills_lanes(Range r) {
    KType t = range_lanes(r);
    Int128 top = (Int128)1 << (8 * ktype_bytes(t) - 1);
    return t != K_I128 && r.lo == -top && r.hi == top - 1;
}

Stage *check_range(Scope *s, Stage *x, Range allowed, RowError error, Stage *guard, uint16_t at) {
    return stage_check(s->p, x, int_const(s, allowed.lo), int_const(s, allowed.hi), error, guard, at);
}

Stage *fit_type(Scope *s, const Node *e, Stage *x, const Type *t, Stage *valid) {
    Range r = range_of_type(t);
    if (range_within(x->range, r))
        return x;
    return check_range(s, x, r, ROW_OVERFLOW, need_mask(s, valid), site_of(s, e, t, type_is_numeric(t) ? t : NULL));
}

static Range exact_range(Op op, Range x, Range y) {
    switch ((int)op) {
    case OP_ADD: return range_add(x, y);
    case OP_SUB: return range_sub(x, y);
    default: return range_mul(x, y);
    }
}

/* Exact in lanes up to 64 bits, then tested; beyond, the lanes of the type itself with their overflow tested. */
static Stage *int_arith(Scope *s, const Node *e, KOp op, Range exact, Stage *x, Stage *y, Stage *valid) {
    Range whole = range_of_type(e->type);
    if (range_lanes(exact) <= K_I64 || range_within(exact, whole)) {
        Stage *z = stage_arith(s->p, op, exact, x, y);
        return fit_type(s, e, z, e->type, valid);
    }
    KType t = range_lanes(whole);
    Range lanes = t == K_I128 ? (Range){0} : fills_lanes(whole) ? whole : range_of_type(type_get(ir_types(s->c->ir), TY_I64));
    if (x->type > t || y->type > t)
        t = K_I128, lanes = (Range){0};
    if (lanes.exact)
        t = range_lanes(lanes);
    uint16_t at = site_of(s, e, e->type, t == K_I128 ? NULL : e->type);
    Stage *z = stage_checked(s->p, op, t, lanes, x, y, need_mask(s, valid), at);
    return fit_type(s, e, z, e->type, valid);
}

static Stage *int_div(Scope *s, const Node *e, Stage *x, Stage *y, Stage *valid) {
    bool rem = e->op == OP_MOD;
    Range r = rem ? range_rem(x->range, y->range) : range_div(x->range, y->range), whole = range_of_type(e->type);
    bool clipped = !range_within(r, whole) && fills_lanes(whole) && range_lanes(whole) == K_I64;
    uint16_t at = site_of(s, e, e->type, e->type);
    Stage *q = stage_divide(s->p, rem ? KI_REM : KI_DIV, clipped ? whole : r, clipped, x, y, need_mask(s, valid), at);
    return fit_type(s, e, q, e->type, valid);
}

/* FLOAT16 and BFLOAT16 are kept in f32 lanes, rounded after each operation. */
static Stage *rounded(Scope *s, Stage *x, const Type *t) {
    if (t->kind != TY_F16 && t->kind != TY_BF16)
        return x;
    return stage_convert(s->p, KI_FEXT, stage_convert(s->p, KI_FTRUNC, x, lanes_of_type(t)), K_F32);
}

static KOp op_of(Op op) {
    switch ((int)op) {
    case OP_ADD: return KI_ADD;
    case OP_SUB: return KI_SUB;
    case OP_MUL: return KI_MUL;
    case OP_MOD: return KI_REM;
    default: return KI_DIV;
    }
}

static Stage *float_div(Scope *s, const Node *e, Stage *x, Stage *y, Stage *valid) {
    Stage *q = stage_op2(s->p, op_of(e->op), x, y);
    if (!ir_op_fallible(e))
        return q;
    Stage *zero = stage_cmp(s->p, KP_EQ, y, float_const(s, y->type, 0));
    return stage_fail_if(s->p, q, zero, ROW_DIV_ZERO, need_mask(s, valid), site_of(s, e, e->type, NULL));
}

static Stage *float_arith(Scope *s, const Node *e, Stage *x, Stage *y, Stage *valid) {
    if (e->op == OP_DIV || e->op == OP_MOD)
        return rounded(s, float_div(s, e, x, y, valid), e->type);
    return rounded(s, stage_op2(s->p, op_of(e->op), x, y), e->type);
}

/* SQL's order: NaN is the greatest number. */
static Stage *float_extreme(Scope *s, Op op, Stage *x, Stage *y) {
    Stage *nan = op == OP_MIN2 ? x : y;
    Stage *better = stage_cmp(s->p, op == OP_MIN2 ? KP_LT : KP_GT, y, x);
    Stage *take_y = stage_op2(s->p, KI_OR, stage_cmp(s->p, KP_NE, nan, nan), better);
    return stage_select(s->p, take_y, y, x);
}

static Stage *extreme(Scope *s, const Node *e, LVal x, LVal y) {
    bool min = e->op == OP_MIN2;
    if (is_exact(e->type)) {
        Range r = min ? range_min(x.v->range, y.v->range) : range_max(x.v->range, y.v->range);
        KType t = x.v->type > y.v->type ? x.v->type : y.v->type;
        if (t == K_I1)
            return stage_op2(s->p, min ? KI_AND : KI_OR, x.v, y.v);
        return stage_op(s->p, min ? KI_MIN : KI_MAX, t, r, 2, (Stage *[]){x.v, y.v});
    }
    if (type_is_float(e->type))
        return float_extreme(s, e->op, x.v, y.v);
    Stage *take_x = compare_values(s, min ? OP_LE : OP_GE, x, y);
    return stage_select(s->p, take_x, as_view(s, x).v, as_view(s, y).v);
}

static LVal unary(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]);
    KOp op = e->op == OP_NEG ? KI_NEG : KI_ABS;
    if (!is_exact(e->type)) {
        x.v = rounded(s, stage_op1(s->p, op, x.v), e->type);
    } else {
        Range r = op == KI_NEG ? range_neg(x.v->range) : range_abs(x.v->range);
        KType t = range_lanes(r) > x.v->type ? range_lanes(r) : x.v->type;
        Stage *y = stage_op(s->p, op, t, r, 1, &x.v);
        x.v = fit_type(s, e, y, e->type, x.valid);
    }
    x.type = e->type;
    return x;
}

static bool is_temporal(const Type *t) {
    return t->kind == TY_INTERVAL || t->kind == TY_TIME || t->kind == TY_TIMESTAMP;
}

LVal expr_arith(Scope *s, const Node *e) {
    if (e->n == 1)
        return unary(s, e);
    if (is_temporal(e->in[0]->type) && is_temporal(e->in[1]->type) && e->op <= OP_SUB)
        return expr_date_add(s, e);
    LVal x = lower_expr(s, e->in[0]), y = lower_expr(s, e->in[1]);
    LVal out = {.type = e->type, .valid = mask_and(s->p, x.valid, y.valid)};
    if (e->op == OP_MIN2 || e->op == OP_MAX2)
        out.v = extreme(s, e, x, y);
    else if (!is_exact(e->type))
        out.v = float_arith(s, e, x.v, y.v, out.valid);
    else if (e->op == OP_DIV || e->op == OP_MOD)
        out.v = int_div(s, e, x.v, y.v, out.valid);
    else
        out.v = int_arith(s, e, op_of(e->op), exact_range(e->op, x.v->range, y.v->range), x.v, y.v, out.valid);
    return out;
}

/* ---- bits: lanes hold the value with its sign, so that narrower ones agree ---- */
LVal expr_bits(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]);
    Range whole = range_of_type(e->type);
    KType t = range_lanes(whole);
    if (e->n == 1) {
        Stage *ones = int_const(s, whole.lo < 0 ? -1 : whole.hi);
        x.v = stage_op(s->p, KI_XOR, t, whole, 2, (Stage *[]){x.v, ones});
        x.type = e->type;
        return x;
    }
    LVal y = lower_expr(s, e->in[1]);
    KOp op = e->op == OP_BIT_AND ? KI_AND : e->op == OP_BIT_OR ? KI_OR : KI_XOR;
    LVal out = {.type = e->type, .valid = mask_and(s->p, x.valid, y.valid)};
    out.v = stage_op(s->p, op, t, whole, 2, (Stage *[]){x.v, y.v});
    return out;
}

/* ---- numeric functions ---- */
static Stage *leaky_relu(Scope *s, const Node *e, Stage *x) {
    Stage *zero = float_const(s, x->type, 0), *slope = float_const(s, x->type, ATTR_OF(e, Slope)->slope);
    return stage_select(s->p, stage_cmp(s->p, KP_LT, x, zero), stage_op2(s->p, KI_MUL, x, slope), x);
}

LVal expr_numeric(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]);
    Stage *in[2] = {x.v, NULL};
    if (e->n == 2) {
        LVal y = lower_expr(s, e->in[1]);
        in[1] = y.v;
        x.valid = mask_and(s->p, x.valid, y.valid);
    }
    if (is_exact(e->type) && e->op == OP_RELU) {
        Range r = range_max(x.v->range, range_point(0));
        x.v = stage_op(s->p, KI_MAX, range_lanes(r), r, 2, (Stage *[]){x.v, int_const(s, 0)});
    } else if (e->op == OP_LEAKY_RELU) {
        x.v = rounded(s, leaky_relu(s, e, x.v), e->type);
    } else {
        x.v = rounded(s, stage_numeric(s->p, e->op, x.v->type, e->n, in), e->type);
    }
    x.type = e->type;
    return x;
}
