/* Casts.  What is a shift, a rescaling or a rounding is generated; the rest (text, floats to DECIMAL, ..) is a native. */
#include "base/number.h"
#include "lower/expr.h"

static const int64_t day_micros = INT64_C(86400) * 1000000;

static bool is_exact(const Type *t) {
    return range_of_type(t).exact;
}

static int scale_of(const Type *t) {
    return t->kind == TY_DECIMAL ? t->scale : 0;
}

/* x * 10^k, exact when the range allows. */
static Stage *scale_up(Scope *s, const Node *e, Stage *x, int k, Stage *valid) {
    Stage *f = int_const(s, decimal_pow10(k));
    Range exact = range_mul(x->range, f->range);
    if (exact.exact)
        return stage_arith(s->p, KI_MUL, exact, x, f);
    return stage_checked(s->p, KI_MUL, K_I128, exact, x, f, need_mask(s, valid), site_of(s, e, ATTR_OF(e, Cast)->to, NULL));
}

/* x / 10^k, half away from zero. */
static Stage *scale_down(Scope *s, Stage *x, int k) {
    Int128 unit = decimal_pow10(k);
    Stage *half = int_const(s, unit / 2), *minus = int_const(s, -(unit / 2));
    Stage *negative = stage_cmp(s->p, KP_LT, x, int_const(s, 0));
    Range r = range_add(x->range, range_span(-(unit / 2), unit / 2));
    Stage *up = stage_arith(s->p, KI_ADD, r, x, stage_select(s->p, negative, minus, half));
    return stage_divide_by(s->p, KI_DIV, up, unit);
}

static Stage *exact_to_exact(Scope *s, const Node *e, LVal x, const Type *to) {
    int up = scale_of(to) - scale_of(x.type);
    Stage *v = x.v;
    if (up > 0)
        v = scale_up(s, e, v, up, x.valid);
    else if (up < 0)
        v = scale_down(s, v, -up);
    if (to->kind == TY_BOOL)
        return stage_cmp(s->p, KP_NE, v, int_const(s, 0));
    return fit_type(s, e, v, to, x.valid);
}

static Stage *narrow_float(Scope *s, Stage *x, const Type *to) {
    KType want = lanes_of_type(to);
    if (want == K_F64)
        return stage_convert(s->p, KI_FEXT, x, K_F64);
    if (x->type == K_F64 && want == K_F32)
        return stage_convert(s->p, KI_FTRUNC, x, K_F32);
    if (want == K_F32)
        return x;
    return stage_convert(s->p, KI_FEXT, stage_convert(s->p, KI_FTRUNC, x, want), K_F32);
}

/* Integers of up to 53 bits over a power of ten up to 10^22 round once in double. */
static bool divides_once(const Stage *x, int scale) {
    return scale <= 22 && range_within(x->range, range_span(-((Int128)1 << 53), (Int128)1 << 53));
}

static Stage *exact_to_float(Scope *s, Stage *x, int scale, const Type *to) {
    if (scale == 0 && to->kind == TY_F32)
        return stage_convert(s->p, KI_SITOF, x, K_F32);
    Stage *d = stage_convert(s->p, KI_SITOF, x, K_F64);
    if (scale)
        d = stage_op2(s->p, KI_DIV, d, float_const(s, K_F64, decimal_to_f64(decimal_pow10(scale), 0)));
    return narrow_float(s, d, to);
}

/* ---- natives ---- */
static int64_t type_code(const Type *t) {
    return (int64_t)t->kind | (int64_t)t->precision << 8 | (int64_t)t->scale << 16;
}

/* lanes of a value as a parameter of its type: what dql_rt_cast reads and writes */
static KType wide_lanes(const Type *t) {
    KType k = lanes_of_type(t);
    if (t->kind == TY_DECIMAL || t->kind == TY_U64)
        return K_I128;
    if (is_exact(t))
        return K_I64;
    return k == K_F16 || k == K_BF16 ? K_F32 : k;
}

static CallArg constant(Scope *s, int64_t v) {
    return (CallArg){.arg = build_int(s->c, v, false)};
}

static LVal native_cast(Scope *s, const Node *e, LVal x, const Type *to, bool try) {
    Stage *need = need_mask(s, x.valid);
    x = as_view(s, x);
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *args = ARENA_ARRAY(s->c->a, CallArg, 8);
    args[0].value = pipe_layout(s->p, x.v, s->domain, wide_lanes(x.type));
    args[1] = constant(s, type_code(x.type));
    args[2] = constant(s, type_code(to));
    if (need)
        args[3].value = pipe_layout(s->p, need, s->domain, K_I1);
    args[5] = constant(s, 0);
    args[7].arg = (Arg){.kind = ARG_SCRATCH};
    bool text = lanes_of_type(to) == K_I128 && !is_exact(to);
    *call = (Call){.native = "dql_rt_cast", .n = 8, .args = args, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    st->site = site_of(s, e, to, NULL);
    LVal out = {.type = e->type, .valid = x.valid};
    args[4].value = out.v = stage_out(s->p, st, s->domain, text ? K_I128 : wide_lanes(to), range_of_type(to));
    if (try)
        args[6].value = out.valid = stage_out(s->p, st, s->domain, K_I1, range_span(0, 1));
    if (to->kind == TY_BOOL)
        out.v = stage_cmp(s->p, KP_NE, out.v, int_const(s, 0));
    return out;
}

/* ---- dates ---- */
static Stage *floor_div(Scope *s, Stage *x, Int128 by) {
    Stage *q = stage_divide_by(s->p, KI_DIV, x, by), *r = stage_divide_by(s->p, KI_REM, x, by);
    Stage *less = stage_cmp(s->p, KP_LT, r, int_const(s, 0));
    Range range = range_sub(q->range, range_span(0, 1));
    return stage_arith(s->p, KI_SUB, range, q, stage_convert(s->p, KI_SEXT, less, K_I8));
}

static Stage *date_to_micros(Scope *s, const Node *e, LVal x) {
    Stage *f = int_const(s, day_micros);
    Stage *z = stage_arith(s->p, KI_MUL, range_mul(x.v->range, f->range), x.v, f);
    return fit_type(s, e, z, type_get(ir_types(s->c->ir), TY_TIMESTAMP), x.valid);
}

static bool rounds_to_int(const Type *from, const Type *to) {
    return (from->kind == TY_F32 || from->kind == TY_F64) && (to->kind >= TY_I8 && to->kind <= TY_U32);
}

/* NULL: only the native can */
static Stage *generated(Scope *s, const Node *e, LVal x, const Type *to) {
    const Type *from = x.type;
    bool number = type_is_numeric(from) || from->kind == TY_BOOL, to_number = type_is_numeric(to) || to->kind == TY_BOOL;
    if (from->kind == TY_DATE && to->kind == TY_TIMESTAMP)
        return date_to_micros(s, e, x);
    if (from->kind == TY_TIMESTAMP && to->kind == TY_DATE)
        return fit_type(s, e, floor_div(s, x.v, day_micros), to, x.valid);
    if (!number || !to_number)
        return NULL;
    if (is_exact(from) && is_exact(to))
        return exact_to_exact(s, e, x, to);
    if (type_is_float(from) && type_is_float(to))
        return narrow_float(s, x.v, to);
    if (is_exact(from) && type_is_float(to) && divides_once(x.v, scale_of(from)) && to->kind >= TY_F32)
        return exact_to_float(s, x.v, scale_of(from), to);
    if (is_exact(from) && to->kind == TY_F64 && scale_of(from) == 0 && x.v->type <= K_I64)
        return exact_to_float(s, x.v, 0, to);
    if (rounds_to_int(from, to))
        return stage_to_int(s->p, x.v, range_of_type(to), need_mask(s, x.valid), site_of(s, e, to, type_get(ir_types(s->c->ir), TY_F64)));
    return NULL;
}

LVal expr_cast(Scope *s, const Node *e) {
    const Type *to = ATTR_OF(e, Cast)->to;
    bool try = ATTR_OF(e, Cast)->try;
    LVal x = lower_expr(s, e->in[0]);
    if (type_same(x.type, to) || x.type->kind == TY_NULL)
        return x.type->kind == TY_NULL ? expr_null(s, e->type) : (x.type = e->type, x);
    Stage *v = try ? NULL : generated(s, e, x, to);
    if (!v)
        return native_cast(s, e, x, to, try);
    return (LVal){.v = v, .valid = x.valid, .type = e->type};
}
