/* The kernels that dql ships: what single stages of the kernels tier become, for every type that plans come across.
 * Stages are made by their constructors on made-up columns and constants, and go through assemble() like those of a query,
 * so what is shipped is what lowering asks for.  What is not made here is compiled when it is met.
 */
#include "lower/shipped.h"
#include "base/number.h"

/* ---- operands ---- */
static uint8_t bytes(KType t) {
    return (uint8_t)ktype_bytes(t);
}

static const Arg none = {.kind = ARG_NULL};

Range ship_full(KType t) {
    if (t == K_I1)
        return range_span(0, 1);
    if (t >= K_I128)
        return (Range){0};
    Int128 top = (Int128)1 << (8 * bytes(t) - 1);
    return range_span(-top, top - 1);
}

Stage *ship_reg_in(Ship *s, KType t, Range r) {
    static const ColumnCode there = {.kind = CODE_INT, .width = 1};
    Arg data = {.kind = ARG_SRC, .a = s->fresh++}, valid = {.kind = ARG_SRC_VALID, .a = s->fresh++};
    if (t == K_I1)
        return stage_column(s->p, valid, there, none, t, r);
    ColumnCode code = {.kind = t > K_I128 ? CODE_FLOAT : CODE_INT, .width = bytes(t)};
    return stage_column(s->p, data, code, none, t, r);
}

Stage *ship_reg(Ship *s, KType t) {
    return ship_reg_in(s, t, ship_full(t));
}

Stage *ship_num(Ship *s, KType t) {
    return stage_scalar(s->p, S_CONST, t, (Arg){.kind = ARG_CONST, .a = s->fresh++}, ship_full(t));
}

/* a parameter: integers up to 64 bits in 16 bytes, as DECIMAL has it */
static Stage *wide_num(Ship *s, KType t) {
    Stage *x = stage_scalar(s->p, S_PARAM, t, (Arg){.kind = ARG_PARAM, .a = s->fresh++}, ship_full(t));
    x->code.width = 16;
    return x;
}

static Stage *param_valid(Ship *s) {
    return stage_scalar(s->p, S_PARAM, K_I1, (Arg){.kind = ARG_PARAM_VALID, .a = s->fresh++}, ship_full(K_I1));
}

Stage *ship_guard(Ship *s, bool guarded) {
    return guarded ? ship_reg(s, K_I1) : NULL;
}

/* ---- a pipeline of made-up stages ---- */
static void begin(Ship *s) {
    s->p = pipe_new(s->c.a, SRC_ONE, 0, 0, "shipped");
    s->fresh = 0;
    s->made.n = 0;
}

/* A call that reads every value keeps all stages alive. */
void ship_flush(Ship *s) {
    Lower *c = &s->c;
    Call *call = ARENA_NEW(c->a, Call);
    CallArg *args = ARENA_ARRAY(c->a, CallArg, s->made.n + 1);
    for (size_t i = 0; i < s->made.n; i++)
        args[i].value = s->made.at[i];
    *call = (Call){.native = "dql_rt_rows_append", .n = (uint32_t)s->made.n, .args = args, .effect = true, .out = DOMAIN_NONE};
    stage_call(s->p, 0, call);
    assemble(c, s->p);
    for (; s->visited < c->b.kernels.n; s->visited++)
        s->visit(s->ctx, c->b.kernels.at[s->visited]);
    begin(s);
}

void ship_keep(Ship *s, Stage *x) {
    *vec_push(&s->made) = x;
}

/* Partitioning is quadratic in the stages of a pipeline. */
void ship_rest(Ship *s) {
    enum { MANY = 40 };
    if (s->made.n >= MANY)
        ship_flush(s);
}

/* ---- arithmetic of integers ---- */
static const KOp sums[] = {KI_ADD, KI_SUB, KI_MUL};

static void op2(Ship *s, KOp op, KType t, Stage *x, Stage *y) {
    ship_keep(s, stage_op(s->p, op, t, ship_full(t), 2, (Stage *[]){x, y}));
}

/* Lanes a and b give lanes t: the wider of them, or one more for what may not fit. */
static void ints_of_two(Ship *s, KType a, KType b, KType t) {
    ship_rest(s);
    for (int k = 0; k < 3; k++)
        op2(s, sums[k], t, ship_reg(s, a), ship_reg(s, b));
    if (a != b)
        op2(s, KI_SUB, t, ship_reg(s, b), ship_reg(s, a));
    Stage *x = ship_reg(s, a);
    if (a == b)
        op2(s, KI_MUL, t, x, x);
}

static void ints_and_number(Ship *s, KType a, KType t, bool wide) {
    ship_rest(s);
    for (int k = 0; k < 3; k++)
        if (t >= a || sums[k] != KI_MUL)
            op2(s, sums[k], t, ship_reg(s, a), wide ? wide_num(s, t) : ship_num(s, K_I8));
    op2(s, KI_SUB, t, wide ? wide_num(s, t) : ship_num(s, K_I8), ship_reg(s, a));
    if (t < a)
        return;
    op2(s, KI_MIN, t, ship_reg(s, a), wide ? wide_num(s, t) : ship_num(s, K_I8));
    op2(s, KI_MAX, t, ship_reg(s, a), wide ? wide_num(s, t) : ship_num(s, K_I8));
}

static void int_arithmetic(Ship *s) {
    for (KType a = K_I8; a <= K_I128; a++) {
        for (KType b = K_I8; b <= a; b++) {
            for (KType t = a; t <= a + 1 && t <= K_I128; t++)
                ints_of_two(s, a, b, t);
            op2(s, KI_MIN, a, ship_reg(s, a), ship_reg(s, b));
            op2(s, KI_MAX, a, ship_reg(s, a), ship_reg(s, b));
        }
        for (KType t = K_I8; t <= K_I128; t++) {
            ints_and_number(s, a, t, false);
            if (t >= K_I64 && t >= a)
                ints_and_number(s, a, t, true);
        }
        for (KType t = a; t <= a + 1 && t <= K_I128; t++)
            for (int k = 0; k < 2; k++) {
                Stage *x = ship_reg(s, a);
                ship_keep(s, stage_op(s->p, k ? KI_NEG : KI_ABS, t, ship_full(t), 1, &x));
            }
    }
}

static void checked(Ship *s, KOp op, KType t, Stage *x, Stage *y, bool guarded) {
    ship_keep(s, stage_checked(s->p, op, t, ship_full(t), x, y, ship_guard(s, guarded), SHIP_SITE));
    ship_rest(s);
}

/* Overflow is tested in lanes of 64 and 128 bits alone. */
static void checked_arithmetic(Ship *s, bool g) {
    for (KType t = K_I64; t <= K_I128; t++)
        for (int k = 0; k < 3; k++) {
            for (KType a = K_I64; a <= t; a++)
                for (KType b = K_I8; b <= a; b++) {
                    checked(s, sums[k], t, ship_reg(s, a), ship_reg(s, b), g);
                    if (sums[k] == KI_SUB && a != b)
                        checked(s, KI_SUB, t, ship_reg(s, b), ship_reg(s, a), g);
                }
            for (KType a = K_I32; a <= t; a++)
                for (int wide = 0; wide < 2; wide++) {
                    checked(s, sums[k], t, ship_reg(s, a), wide ? wide_num(s, t) : ship_num(s, K_I8), g);
                    if (sums[k] == KI_SUB)
                        checked(s, KI_SUB, t, wide ? wide_num(s, t) : ship_num(s, K_I8), ship_reg(s, a), g);
                }
        }
}

/* Keys: halves of wide numbers, codes in the order of unsigned numbers. */
static void key_bits(Ship *s) {
    static const struct { KOp op; KType t, a, b; } rows[] = { /* b K_VOID: a number of 8 bytes; K_I1: of 16 */
        {KI_SAR, K_I128, K_I128, K_VOID}, {KI_XOR, K_I64, K_I128, K_VOID}, {KI_XOR, K_I64, K_I64, K_VOID},
        {KI_XOR, K_I64, K_I64, K_I64},    {KI_SHL, K_I128, K_I64, K_VOID}, {KI_AND, K_I128, K_I64, K_I1},
        {KI_OR, K_I128, K_I128, K_I128},  {KI_AND, K_I64, K_I64, K_VOID},  {KI_SHR, K_I64, K_I64, K_VOID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Stage *y = rows[i].b == K_VOID ? ship_num(s, K_I8) : rows[i].b == K_I1 ? ship_num(s, K_I128) : ship_reg(s, rows[i].b);
        op2(s, rows[i].op, rows[i].t, ship_reg(s, rows[i].a), y);
    }
    ship_keep(s, stage_op1(s->p, KI_NOT, ship_reg(s, K_I64)));
}

/* ---- division ---- */
static void divided(Ship *s, KOp op, KType t, bool over, Stage *x, Stage *y, bool guarded) {
    ship_keep(s, stage_divide(s->p, op, ship_full(t), over, x, y, ship_guard(s, guarded), SHIP_SITE));
    ship_rest(s);
}

static Stage *never_zero(Stage *x) {
    x->range = range_span(1, 2);
    return x;
}

/* Where the divisor cannot be 0 nothing fails, and no guard is read. */
static void divided_safely(Ship *s, KOp op, KType t, Stage *x, Stage *y) {
    divided(s, op, t, false, x, never_zero(y), false);
}

static void division(Ship *s, KOp op, KType t, bool g) {
    for (KType a = K_I8; a <= t; a++) {
        for (KType b = K_I8; b <= t; b++)
            if (a == t || b == t || (op == KI_DIV && (a + 1 == t || b + 1 == t))) {
                divided(s, op, t, false, ship_reg(s, a), ship_reg(s, b), g);
                divided_safely(s, op, t, ship_reg(s, a), ship_reg(s, b));
            }
        divided(s, op, t, false, ship_reg(s, a), ship_num(s, K_I8), g);
        divided(s, op, t, false, ship_num(s, K_I8), ship_reg(s, a), g);
        divided_safely(s, op, t, ship_reg(s, a), ship_num(s, K_I8));
    }
    if (t == K_I64) {
        divided(s, op, t, true, ship_reg(s, t), ship_reg(s, t), g);
        divided(s, op, t, true, ship_num(s, t), ship_reg(s, t), g);
    }
}

/* Numbers that are part of an operation: scales of DECIMALs, the calendar of dates. */
static void divisions_by(Ship *s) {
    static const Int128 calendar[] = {3, 4, 5, 153, 1461, 146097};
    for (size_t k = 0; k < sizeof calendar / sizeof *calendar; k++) {
        ship_keep(s, stage_divide_by(s->p, KI_DIV, ship_reg(s, K_I32), calendar[k]));
        ship_keep(s, stage_divide_by(s->p, KI_REM, ship_reg(s, K_I32), calendar[k]));
    }
    Int128 day = INT64_C(86400) * 1000000, unit = 1;
    ship_keep(s, stage_divide_by(s->p, KI_DIV, ship_reg(s, K_I64), day));
    ship_keep(s, stage_divide_by(s->p, KI_REM, ship_reg(s, K_I64), day));
    for (int k = 1; k <= 18; k++) {
        unit *= 10;
        KType least = range_lanes(range_point(unit / 2));
        for (KType t = least; t <= K_I128; t++)
            ship_keep(s, stage_divide_by(s->p, KI_DIV, ship_reg(s, t), unit));
    }
}

/* Bits of INTEGER and BIGINT, of columns and with a literal. */
static void bits(Ship *s, KType t) {
    static const KOp ops[] = {KI_AND, KI_OR, KI_XOR};
    for (int k = 0; k < 3; k++) {
        op2(s, ops[k], t, ship_reg(s, t), ship_reg(s, t));
        for (KType a = K_I8; a <= t; a++)
            op2(s, ops[k], t, ship_reg(s, a), ship_num(s, K_I8));
    }
}

/* ---- floats ---- */
static void float_arithmetic(Ship *s, KType t) {
    static const KOp ops[] = {KI_ADD, KI_SUB, KI_MUL, KI_DIV, KI_REM};
    for (int k = 0; k < 5; k++) {
        op2(s, ops[k], t, ship_reg(s, t), ship_reg(s, t));
        op2(s, ops[k], t, ship_reg(s, t), ship_num(s, t));
        op2(s, ops[k], t, ship_num(s, t), ship_reg(s, t));
    }
    Stage *x = ship_reg(s, t);
    op2(s, KI_MUL, t, x, x);
    ship_keep(s, stage_op1(s->p, KI_NEG, x));
    ship_keep(s, stage_op1(s->p, KI_ABS, x));
    for (int g = 0; g < 2; g++)
        ship_keep(s, stage_fail_if(s->p, x, ship_reg(s, K_I1), ROW_DIV_ZERO, ship_guard(s, g), SHIP_SITE));
}

static void numeric(Ship *s, KType t) {
    static const Op ops[] = {OP_FLOOR, OP_CEIL, OP_ROUND, OP_SQRT, OP_EXP, OP_LOG, OP_TANH, OP_SIGMOID, OP_ERF, OP_SIN, OP_COS, OP_RELU};
    Stage *x = ship_reg(s, t), *y = ship_reg(s, t), *c = ship_num(s, t);
    for (size_t k = 0; k < sizeof ops / sizeof *ops; k++)
        ship_keep(s, stage_numeric(s->p, ops[k], t, 1, &x));
    static const Op of_two[] = {OP_POW, OP_ATAN2};
    for (size_t k = 0; k < sizeof of_two / sizeof *of_two; k++) {
        ship_keep(s, stage_numeric(s->p, of_two[k], t, 2, (Stage *[]){x, y}));
        ship_keep(s, stage_numeric(s->p, of_two[k], t, 2, (Stage *[]){x, c}));
        ship_keep(s, stage_numeric(s->p, of_two[k], t, 2, (Stage *[]){c, x}));
    }
}

/* ---- comparisons and choices ---- */
static void compared(Ship *s, Stage *x, Stage *y) {
    for (KPred p = KP_EQ; p <= KP_GE; p++)
        ship_keep(s, stage_cmp(s->p, p, x, y));
    ship_rest(s);
}

static void comparisons(Ship *s) {
    compared(s, ship_reg(s, K_I1), ship_reg(s, K_I1));
    compared(s, ship_reg(s, K_I1), ship_num(s, K_I1));
    for (KType a = K_I8; a <= K_I128; a++) {
        for (KType b = K_I8; b <= a; b++)
            compared(s, ship_reg(s, a), ship_reg(s, b));
        for (KType t = a; t <= K_I128; t++)
            compared(s, ship_reg(s, a), ship_num(s, t));
        compared(s, ship_reg(s, a), wide_num(s, a > K_I64 ? a : K_I64));
    }
    for (KType t = K_F32; t <= K_F64; t++) {
        compared(s, ship_reg(s, t), ship_reg(s, t));
        compared(s, ship_reg(s, t), ship_num(s, t));
        Stage *x = ship_reg(s, t);
        ship_keep(s, stage_cmp(s->p, KP_NE, x, x));
    }
}

static Stage *coded(Ship *s, int width, bool based, KType t) {
    Arg data = {.kind = ARG_SRC, .a = s->fresh++}, base = {.kind = based ? ARG_SRC_BASE : ARG_NULL, .a = data.a};
    return stage_column(s->p, data, (ColumnCode){.kind = CODE_INT, .width = (uint8_t)width}, base, t, ship_full(t));
}

static void comparisons_of_codes(Ship *s) {
    for (int width = 1; width <= 4; width *= 2)
        for (int based = 0; based < 2; based++)
            for (KPred p = KP_EQ; p <= KP_GE; p++) {
                ship_keep(s, stage_cmp_code(s->p, p, coded(s, width, based, K_I64), ship_num(s, K_I64)));
                ship_keep(s, stage_cmp_code(s->p, p, coded(s, width, based, K_I64), wide_num(s, K_I64)));
                ship_rest(s);
            }
}

static void choice(Ship *s, Stage *x, Stage *y) {
    ship_keep(s, stage_select(s->p, ship_reg(s, K_I1), x, y));
    ship_rest(s);
}

static void choices_with_numbers(Ship *s, KType a, KType t) {
    choice(s, ship_reg(s, a), ship_num(s, t));
    choice(s, ship_num(s, t), ship_reg(s, a));
}

static void choices(Ship *s) {
    for (KType a = K_I8; a <= K_I128; a++) {
        for (KType b = K_I8; b <= K_I128; b++)
            choice(s, ship_reg(s, a), ship_reg(s, b));
        for (KType t = a; t <= K_I128; t++)
            choices_with_numbers(s, a, t);
        choice(s, ship_num(s, a), ship_num(s, a));
    }
    static const KType others[] = {K_I1, K_F32, K_F64};
    for (int k = 0; k < 3; k++) {
        choice(s, ship_reg(s, others[k]), ship_reg(s, others[k]));
        choices_with_numbers(s, others[k], others[k]);
        choice(s, ship_num(s, others[k]), ship_num(s, others[k]));
    }
}

static void masks(Ship *s) {
    static const KOp ops[] = {KI_AND, KI_OR, KI_XOR};
    for (int k = 0; k < 3; k++) {
        op2(s, ops[k], K_I1, ship_reg(s, K_I1), ship_reg(s, K_I1));
        op2(s, ops[k], K_I1, ship_reg(s, K_I1), ship_num(s, K_I1));
        op2(s, ops[k], K_I1, ship_reg(s, K_I1), param_valid(s));
        op2(s, ops[k], K_I1, ship_num(s, K_I1), param_valid(s));
    }
    ship_keep(s, stage_op1(s->p, KI_NOT, ship_reg(s, K_I1)));
    ship_keep(s, stage_op1(s->p, KI_NOT, param_valid(s)));
}

/* ---- conversions and checks ---- */
static void convert(Ship *s, KOp op, Stage *x, KType to) {
    ship_keep(s, stage_convert(s->p, op, x, to));
    ship_rest(s);
}

static void conversions(Ship *s) {
    for (KType t = K_I1; t <= K_I128; t++) {
        convert(s, KI_SITOF, ship_reg(s, t), K_F32);
        convert(s, KI_SITOF, ship_reg(s, t), K_F64);
        for (KType to = K_I1; to <= K_I128; to++)
            if (t != to && (to > K_I1 || t > K_I1)) {
                convert(s, KI_SEXT, ship_reg(s, t), to);
                convert(s, KI_SEXT, ship_num(s, t), to);
            }
    }
    convert(s, KI_SITOF, ship_num(s, K_I8), K_F32);
    convert(s, KI_SITOF, ship_num(s, K_I8), K_F64);
    for (KType half = K_F16; half <= K_BF16; half++) {
        convert(s, KI_FEXT, ship_reg(s, half), K_F32);
        convert(s, KI_FEXT, ship_reg(s, half), K_F64);
        convert(s, KI_FTRUNC, ship_reg(s, K_F32), half);
        convert(s, KI_FTRUNC, ship_reg(s, K_F64), half);
    }
    convert(s, KI_FEXT, ship_reg(s, K_F32), K_F64);
    convert(s, KI_FTRUNC, ship_reg(s, K_F64), K_F32);
    convert(s, KI_BITCAST, ship_reg(s, K_F64), K_I64);
    convert(s, KI_BITCAST, ship_reg(s, K_I64), K_F64);
    /* what has no memory of its own gets some: constants, parameters, row ids */
    for (KType t = K_I1; t <= K_F64; t++)
        ship_keep(s, pipe_layout(s->p, ship_num(s, t), 0, t));
    for (KType t = K_I64; t <= K_I128; t++)
        ship_keep(s, pipe_layout(s->p, wide_num(s, t), 0, t));
    ship_keep(s, pipe_layout(s->p, param_valid(s), 0, K_I1));
    ship_keep(s, pipe_layout(s->p, stage_rowid(s->p), 0, K_I64));
}

static Stage *bound(Ship *s, Int128 at) {
    Stage *x = ship_num(s, K_I8);
    x->range = range_point(at);
    return x;
}

/* Bounds that are those of the lanes are not tested: both are, or one. */
static void checks(Ship *s, KType a, KType t, bool g) {
    Range whole = ship_full(t);
    Int128 inner = (Int128)1 << (8 * bytes(t) - 2), ends[3][2] = {{-1, inner}, {whole.lo, 1}, {-1, whole.hi}};
    for (int k = 0; k < (a == t && whole.exact ? 3 : 1); k++) {
        Stage *lo = bound(s, ends[k][0]), *hi = bound(s, ends[k][1]);
        ship_keep(s, stage_check(s->p, ship_reg(s, a), lo, hi, ROW_OVERFLOW, ship_guard(s, g), SHIP_SITE));
    }
    if (t == K_I128) { /* sums of decimals */
        Int128 top = decimal_pow10(38) - 1;
        Stage *lo = ship_num(s, t), *hi = ship_num(s, t);
        lo->range = range_point(-top);
        hi->range = range_point(top);
        ship_keep(s, stage_check(s->p, ship_reg(s, a), lo, hi, ROW_OVERFLOW, ship_guard(s, g), SHIP_SITE));
    }
    ship_rest(s);
}

static void to_ints(Ship *s, KType from, bool g) {
    Range to[] = {ship_full(K_I8), ship_full(K_I16), ship_full(K_I32), ship_full(K_I64), range_span(0, 255), range_span(0, 65535),
                  range_span(0, UINT32_MAX)};
    for (size_t k = 0; k < sizeof to / sizeof *to; k++)
        ship_keep(s, stage_to_int(s->p, ship_reg(s, from), to[k], ship_guard(s, g), SHIP_SITE));
}

/* ---- all ---- */
static void what_may_fail(Ship *s, bool guarded) {
    checked_arithmetic(s, guarded);
    for (KType t = K_I8; t <= K_I128; t++) {
        division(s, KI_DIV, t, guarded);
        division(s, KI_REM, t, guarded);
        for (KType a = t; a <= K_I128; a++)
            checks(s, a, t, guarded);
    }
    to_ints(s, K_F32, guarded);
    to_ints(s, K_F64, guarded);
}

void lower_shipped_kernels(const Target *t, void (*visit)(void *ctx, const Kernel *k), void *ctx) {
    static const LowerOptions small = {.no_fused = true};
    Arena *a = arena_new();
    Ship s = {.c = {.a = a, .target = t, .opt = &small}, .visit = visit, .ctx = ctx};
    *vec_push(&s.c.b.sites) = (Site){0};
    begin(&s);
    int_arithmetic(&s);
    key_bits(&s);
    bits(&s, K_I32);
    bits(&s, K_I64);
    divisions_by(&s);
    comparisons(&s);
    comparisons_of_codes(&s);
    choices(&s);
    masks(&s);
    conversions(&s);
    for (KType f = K_F32; f <= K_F64; f++) {
        float_arithmetic(&s, f);
        numeric(&s, f);
    }
    what_may_fail(&s, false);
    what_may_fail(&s, true);
    ship_memory(&s);
    ship_flush(&s);
    vec_free(&s.p->domains); /* of the pipeline that the last flush began */
    vec_free(&s.made);
    build_free(&s.c);
    arena_free(a);
}
