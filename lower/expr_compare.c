/* Comparisons.  Order of floats is SQL's: NaN equals NaN and is above all numbers. */
#include "lower/expr.h"
#include <string.h>

static KPred pred_of(Op op) {
    switch ((int)op) {
    case OP_EQ: return KP_EQ;
    case OP_NE: return KP_NE;
    case OP_LT: return KP_LT;
    case OP_LE: return KP_LE;
    case OP_GT: return KP_GT;
    default: return KP_GE;
    }
}

static Op swapped(Op op) {
    switch ((int)op) {
    case OP_LT: return OP_GT;
    case OP_LE: return OP_GE;
    case OP_GT: return OP_LT;
    case OP_GE: return OP_LE;
    default: return op;
    }
}

static Stage *is_nan(Scope *s, Stage *x) {
    return stage_cmp(s->p, KP_NE, x, x);
}

/* A literal that is no NaN: inverses of thresholds and folded casts make NaN literals too. */
static bool is_number_const(const Scope *s, const Stage *x) {
    double d = 0;
    float f = 0;
    if (x->op != S_CONST || (x->type != K_F32 && x->type != K_F64))
        return false;
    const char *at = s->c->b.consts.p + x->arg.a;
    if (x->type == K_F64)
        memcpy(&d, at, sizeof d);
    else
        memcpy(&f, at, sizeof f);
    return d == d && f == f;
}

/* x < y: x is a number and y NaN, or in the order of numbers. */
static Stage *float_less(Scope *s, Stage *x, Stage *y) {
    Stage *less = stage_cmp(s->p, KP_LT, x, y);
    if (is_number_const(s, y))
        return less;
    return stage_op2(s->p, KI_OR, less, mask_and(s->p, is_nan(s, y), mask_not(s->p, is_nan(s, x))));
}

static Stage *float_equal(Scope *s, Stage *x, Stage *y) {
    Stage *equal = stage_cmp(s->p, KP_EQ, x, y);
    if (is_number_const(s, x) || is_number_const(s, y))
        return equal;
    return stage_op2(s->p, KI_OR, equal, mask_and(s->p, is_nan(s, x), is_nan(s, y)));
}

static Stage *compare_floats(Scope *s, Op op, Stage *x, Stage *y) {
    switch ((int)op) {
    case OP_EQ: return float_equal(s, x, y);
    case OP_NE: return mask_not(s->p, float_equal(s, x, y));
    case OP_LT: return float_less(s, x, y);
    case OP_LE: return mask_not(s->p, float_less(s, y, x));
    case OP_GT: return float_less(s, y, x);
    default: return mask_not(s->p, float_less(s, x, y));
    }
}

/* The stored code decides if the column is coded in up to 4 bytes and both sides are far from the ends of 64 bits. */
static bool by_code(const Stage *x, const Stage *y) {
    Range safe = range_span(-((Int128)1 << 61), (Int128)1 << 61);
    return x->op == S_COLUMN && x->arg.kind == ARG_SRC && x->code.kind == CODE_INT && x->code.width <= 4 &&
           y->domain == DOMAIN_NONE && range_within(x->range, safe) && range_within(y->range, safe) && x->type != K_I1;
}

static Stage *compare_ints(Scope *s, Op op, Stage *x, Stage *y) {
    if (by_code(x, y))
        return stage_cmp_code(s->p, pred_of(op), x, y);
    if (by_code(y, x))
        return stage_cmp_code(s->p, pred_of(swapped(op)), y, x);
    return stage_cmp(s->p, pred_of(op), x, y);
}

static Stage *compare_text(Scope *s, Op op, LVal x, LVal y) {
    bool same_dict = x.dict && y.dict && x.dict_scan == y.dict_scan && x.dict_column == y.dict_column;
    if (same_dict)
        return stage_cmp(s->p, pred_of(op), x.v, y.v);
    if (x.v->domain == DOMAIN_NONE && y.v->domain != DOMAIN_NONE)
        return compare_text(s, swapped(op), y, x);
    x = as_view(s, x);
    y = as_view(s, y);
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *args = ARENA_ARRAY(s->c->a, CallArg, 4);
    bool one = y.v->domain == DOMAIN_NONE;
    args[0].value = pipe_layout(s->p, x.v, s->domain, K_I128);
    args[1].value = one ? y.v : pipe_layout(s->p, y.v, s->domain, K_I128);
    args[3].arg = build_int(s->c, one ? 0 : 1, false);
    *call = (Call){.native = "dql_rt_text_compare", .n = 4, .args = args, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    args[2].value = stage_out(s->p, st, s->domain, K_I32, range_span(-1, 1));
    return stage_cmp(s->p, pred_of(op), args[2].value, int_const(s, 0));
}

Stage *compare_values(Scope *s, Op op, LVal x, LVal y) {
    const Type *t = x.type->kind == TY_NULL ? y.type : x.type;
    if (type_is_float(t))
        return compare_floats(s, op, x.v, y.v);
    if (t->kind == TY_VARCHAR || t->kind == TY_BLOB)
        return compare_text(s, op, x, y);
    if (range_of_type(t).exact)
        return compare_ints(s, op, x.v, y.v);
    lower_fail(s->c, "comparing values of type %s is not supported in compiled plans yet", type_kind_text(t->kind));
    return bool_const(s, false);
}

LVal compare_lvals(Scope *s, Op op, LVal x, LVal y, const Type *t) {
    return (LVal){.v = compare_values(s, op, x, y), .valid = mask_and(s->p, x.valid, y.valid), .type = t};
}

LVal expr_compare(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), y = lower_expr(s, e->in[1]);
    return compare_lvals(s, e->op, x, y, e->type);
}

/* Distinct: one is NULL and the other is not, or both are there and differ. */
LVal expr_is_distinct(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), y = lower_expr(s, e->in[1]);
    Stage *differ = compare_values(s, OP_NE, x, y), *yes = bool_const(s, true);
    Stage *xv = x.valid ? x.valid : yes, *yv = y.valid ? y.valid : yes;
    if (!x.valid && !y.valid)
        return (LVal){.v = differ, .type = e->type};
    Stage *both = mask_and(s->p, xv, yv), *one = stage_op2(s->p, KI_XOR, xv, yv);
    return (LVal){.v = stage_op2(s->p, KI_OR, one, mask_and(s->p, both, differ)), .type = e->type};
}

Stage *float_bits(Scope *s, Stage *x) {
    Stage *d = stage_op2(s->p, KI_ADD, stage_convert(s->p, KI_FEXT, x, K_F64), float_const(s, K_F64, 0.0));
    Stage *bits = stage_convert(s->p, KI_BITCAST, d, K_I64);
    bits->range = range_of_type(type_get(ir_types(s->c->ir), TY_I64));
    return stage_select(s->p, stage_cmp(s->p, KP_NE, d, d), int_const(s, (Int128)0x7ff8000000000000), bits);
}

/* x IN (..): true if any equals; NULL if none does and x or an item is NULL. */
LVal expr_in(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), out = {.v = bool_const(s, false), .type = e->type};
    Stage *unknown = NULL;
    if (in_table(s, e, x, &out)) return out;
    for (uint32_t i = 1; i < e->n; i++) {
        LVal eq = compare_lvals(s, OP_EQ, x, lower_expr(s, e->in[i]), e->type);
        out.v = stage_op2(s->p, KI_OR, out.v, mask_and(s->p, eq.v, eq.valid));
        Stage *null = eq.valid ? mask_not(s->p, eq.valid) : NULL;
        unknown = unknown && null ? stage_op2(s->p, KI_OR, unknown, null) : unknown ? unknown : null;
    }
    out.valid = unknown ? stage_op2(s->p, KI_OR, out.v, mask_not(s->p, unknown)) : NULL;
    return out;
}
