/* Dates: years, months and days by integer arithmetic (Neri and Schneider's shifted calendar); the rest are natives. */
#include "lower/expr.h"
#include <string.h>

static const Type *type_of(Scope *s, TypeKind k) {
    return type_get(ir_types(s->c->ir), k);
}

static LVal date_add_interval(Scope *s, const Node *e, LVal time, LVal interval, int sign) {
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *args = ARENA_ARRAY(s->c->a, CallArg, 5);
    if (interval.v->domain != DOMAIN_NONE)
        lower_fail(s->c, "adding an INTERVAL column is not supported in compiled plans yet");
    /* rows that are NULL or that nobody asked for must not fail: they add to the epoch */
    Stage *need = need_mask(s, mask_and(s->p, time.valid, interval.valid));
    Stage *v = need ? stage_select(s->p, need, time.v, int_const(s, 0)) : time.v;
    args[0].value = pipe_layout(s->p, v, s->domain, K_I64);
    args[1].value = interval.v;
    args[2].arg = build_int(s->c, sign, false);
    args[4].arg = build_int(s->c, 0, false);
    *call = (Call){.native = "dql_rt_date_add", .n = 5, .args = args, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    st->site = site_of(s, e, e->type, NULL);
    args[3].value = stage_out(s->p, st, s->domain, K_I64, range_of_type(e->type));
    return (LVal){.v = args[3].value, .valid = mask_and(s->p, time.valid, interval.valid), .type = e->type};
}

LVal expr_date_add(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), y = lower_expr(s, e->in[1]);
    bool left = x.type->kind == TY_TIMESTAMP && y.type->kind == TY_INTERVAL;
    bool right = x.type->kind == TY_INTERVAL && y.type->kind == TY_TIMESTAMP;
    if (left || right)
        return date_add_interval(s, e, left ? x : y, left ? y : x, e->op == OP_SUB ? -1 : 1);
    lower_fail(s->c, "this arithmetic of times is not supported in compiled plans yet");
    return expr_null(s, type_nullable(e->type, true));
}

/* ---- civil date of a day number, all in 64 bits ---- */
static Stage *arith(Scope *s, KOp op, Stage *x, Int128 y) {
    Stage *k = int_const(s, y);
    return stage_arith(s->p, op, op == KI_ADD ? range_add(x->range, k->range) : range_mul(x->range, k->range), x, k);
}

static Stage *by(Scope *s, KOp op, Stage *x, Int128 d) {
    return stage_divide_by(s->p, op, x, d);
}

/* What is outside is no date of the years 1 to 9999: a row that is NULL. */
static Stage *clamp(Scope *s, Stage *x, Range r) {
    if (range_within(x->range, r))
        return x;
    Stage *in[] = {x, int_const(s, r.lo)};
    Stage *y = stage_op(s->p, KI_MAX, x->type, range_max(x->range, in[1]->range), 2, in);
    Stage *z[] = {y, int_const(s, r.hi)};
    return stage_op(s->p, KI_MIN, x->type, r, 2, z);
}

typedef struct Civil {
    Stage *year, *month, *day;
} Civil;

/* Days since 0000-03-01 in eras of 400 years; days of years 1 to 9999 are not negative. */
static Civil civil(Scope *s, Stage *days) {
    Stage *z = arith(s, KI_ADD, clamp(s, days, range_span(-719468, 2932896)), 719468);
    Stage *century4 = arith(s, KI_ADD, arith(s, KI_MUL, z, 4), 3);
    Stage *century = by(s, KI_DIV, century4, 146097), *in_century = by(s, KI_DIV, by(s, KI_REM, century4, 146097), 4);
    Stage *year4 = arith(s, KI_ADD, arith(s, KI_MUL, in_century, 4), 3);
    Stage *year_of = by(s, KI_DIV, year4, 1461), *day_of = by(s, KI_DIV, by(s, KI_REM, year4, 1461), 4);
    Stage *month5 = arith(s, KI_ADD, arith(s, KI_MUL, day_of, 5), 461);
    Stage *month = by(s, KI_DIV, month5, 153), *day = arith(s, KI_ADD, by(s, KI_DIV, by(s, KI_REM, month5, 153), 5), 1);
    Stage *hundred = arith(s, KI_MUL, century, 100);
    Stage *year = stage_arith(s->p, KI_ADD, range_add(hundred->range, year_of->range), hundred, year_of);
    Stage *next = stage_cmp(s->p, KP_GT, month, int_const(s, 12));
    Civil c = {.day = day};
    c.month = stage_select(s->p, next, arith(s, KI_ADD, month, -12), month);
    c.year = stage_select(s->p, next, arith(s, KI_ADD, year, 1), year);
    return c;
}

static Stage *quarter(Scope *s, Stage *month) {
    return by(s, KI_DIV, arith(s, KI_ADD, month, 2), 3);
}

static Stage *native_field(Scope *s, LVal x, const char *field) {
    Stage *micros = x.v;
    if (x.type->kind == TY_DATE)
        micros = arith(s, KI_MUL, x.v, INT64_C(86400) * 1000000);
    if (x.valid)
        micros = stage_select(s->p, x.valid, micros, int_const(s, 0));
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *args = ARENA_ARRAY(s->c->a, CallArg, 3);
    args[0].value = pipe_layout(s->p, micros, s->domain, K_I64);
    args[1].arg = build_text(s->c, (Str){field, strlen(field)});
    *call = (Call){.native = "dql_rt_extract", .n = 3, .args = args, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    return args[2].value = stage_out(s->p, st, s->domain, K_F64, (Range){0});
}

LVal expr_extract(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), out = {.valid = x.valid, .type = e->type};
    const char *field = ATTR_OF(e, Field)->field;
    bool year = strcmp(field, "year") == 0, month = strcmp(field, "month") == 0, q = strcmp(field, "quarter") == 0;
    if (x.type->kind == TY_DATE && (year || month || q || strcmp(field, "day") == 0)) {
        Civil c = civil(s, x.v);
        out.v = year ? c.year : month ? c.month : q ? quarter(s, c.month) : c.day;
        return out;
    }
    out.v = native_field(s, x, field);
    if (e->type->kind == TY_I64)
        out.v = stage_to_int(s->p, out.v, range_of_type(type_of(s, TY_I64)), need_mask(s, x.valid), site_of(s, e, e->type, NULL));
    return out;
}
