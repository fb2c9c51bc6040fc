/* The kernels that are compiled when dql is built: one stage each, over operation and types, made by the constructors and
 * the emission that queries use.  What a plan of the tier "kernels" needs and is not here is compiled when it runs.
 *
 * Inputs of a stage are registers (R), constants (C) or coded source columns; a kernel's text does not say which array a
 * register is, so a direct column or a gathered one needs no kernel of its own.
 */
#include "base/number.h"
#include "lower/emit.h"
#include "lower/lower.h"

typedef struct Ship {
    const Target *t;
    void (*visit)(void *ctx, const Kernel *k);
    void *ctx;
    VEC(Hash128) seen;
    Arena *arena; /* of the kernel at hand */
    Pipe *p;
    uint32_t registers;
} Ship;

static const KType ints[] = {K_I8, K_I16, K_I32, K_I64};
static const KType floats[] = {K_F32, K_F64};
static const KType values[] = {K_I1, K_I8, K_I16, K_I32, K_I64, K_I128, K_F32, K_F64};
#define EACH(T, name, list) for (const T *name = list; name < list + sizeof list / sizeof *list; name++)

static Range full(KType t) {
    if (t > K_I128)
        return (Range){0};
    if (t == K_I1)
        return range_span(0, 1);
    Int128 top = t == K_I128 ? (Int128)1 << 126 : (Int128)1 << (8 * ktype_bytes(t) - 1);
    return range_span(-top, top - 1);
}

/* ---- one kernel ---- */
static void begin(Ship *s) {
    s->arena = arena_new();
    s->p = pipe_new(s->arena, SRC_ONE, 0, 0, "shipped");
    s->registers = 0;
}

static void end(Ship *s) {
    vec_free(&s->p->stages);
    vec_free(&s->p->domains);
    map_free(&s->p->same);
    arena_free(s->arena);
}

static bool is_new(Ship *s, const Kernel *k) {
    Hash128 h = kernel_hash(k);
    for (size_t i = 0; i < s->seen.n; i++)
        if (hash128_eq(s->seen.at[i], h))
            return false;
    *vec_push(&s->seen) = h;
    return true;
}

/* Registers of inputs and of what x yields. */
static int32_t *registers_of(Ship *s) {
    int32_t *reg = ARENA_ARRAY(s->arena, int32_t, s->p->stages.n);
    for (size_t i = 0; i < s->p->stages.n; i++) {
        const Stage *x = s->p->stages.at[i];
        bool place = x->op == S_CONST || x->op == S_COLUMN || x->op == S_CALL || x->op == S_ACC;
        reg[i] = place ? -1 : (int32_t)i;
    }
    return reg;
}

static void emit_stored(Ship *s, Stage *x, bool stored) {
    Unit u = {.kind = x->op != S_ACC || acc_by_lanes(x) ? UNIT_LANES : acc_by_passes(x) ? UNIT_PASSES : UNIT_SCALAR,
              .loop = x->op == S_POS ? 0 : x->domain, .out = x->op == S_POS ? x->domain : DOMAIN_NONE};
    int32_t *reg = registers_of(s);
    *vec_push(&u.stages) = x;
    if (stored && x->type != K_VOID) {
        *vec_push(&u.stored) = x;
        reg[x->id] = (int32_t)x->id;
    }
    Emitted e = emit_unit(s->arena, s->p, s->t, &u, reg);
    if (is_new(s, e.kernel))
        s->visit(s->ctx, e.kernel);
    vec_free(&u.stages);
    vec_free(&u.stored);
    end(s);
}

static void emit(Ship *s, Stage *x) {
    emit_stored(s, x, true);
}

/* ---- inputs ---- */
static Stage *reg_of(Ship *s, KType t, Range r) {
    Call *call = ARENA_NEW(s->arena, Call);
    *call = (Call){.out = DOMAIN_NONE};
    return stage_out(s->p, stage_call(s->p, 0, call), 0, t, r);
}

static Stage *reg(Ship *s, KType t) {
    return reg_of(s, t, full(t));
}

static Stage *constant(Ship *s, KType t) {
    return stage_scalar(s->p, S_CONST, t, (Arg){.kind = ARG_CONST, .a = 16 * s->registers++}, full(t));
}

static Stage *input(Ship *s, char kind, KType t) {
    return kind == 'R' ? reg(s, t) : constant(s, t);
}

static Stage *column(Ship *s, int width, KType t) {
    ColumnCode code = {.kind = CODE_INT, .width = (uint8_t)width};
    Arg base = {.kind = width <= 4 ? ARG_SRC_BASE : ARG_NULL};
    return stage_column(s->p, (Arg){.kind = ARG_SRC}, code, base, t, full(t));
}

/* pairs of inputs: both registers, register and constant, constant and register */
typedef const char *Kinds;
static const Kinds pairs[] = {"RR", "RC", "CR"};

/* ---- columns and moves ---- */
static void columns(Ship *s) {
    static const int widths[] = {1, 2, 4, 8};
    EACH(int, w, widths) EACH(KType, t, ints) {
        begin(s), emit(s, column(s, *w, *t));
        begin(s);
        uint8_t d = pipe_filter(s->p, 0, reg(s, K_I1));
        emit(s, pipe_bring(s->p, column(s, *w, *t), d));
    }
    begin(s), emit(s, column(s, 1, K_I1));
}

static void moves(Ship *s) {
    EACH(KType, t, values) {
        begin(s);
        Stage *x = reg(s, *t);
        emit(s, pipe_bring(s->p, x, pipe_filter(s->p, 0, reg(s, K_I1))));
    }
    begin(s);
    uint8_t d = pipe_filter(s->p, 0, reg(s, K_I1));
    emit(s, s->p->domains.at[d].pos);
    begin(s); /* rows that are only counted */
    d = pipe_filter(s->p, 0, reg(s, K_I1));
    emit_stored(s, s->p->domains.at[d].pos, false);
    begin(s);
    d = pipe_filter(s->p, 0, reg(s, K_I1));
    emit(s, pipe_bring(s->p, stage_rowid(s->p), d));
}

static void gather(Ship *s, KType row, ColumnCode code, KType t, bool guarded) {
    begin(s);
    Stage *at = reg(s, row), *guard = guarded ? reg(s, K_I1) : NULL;
    emit(s, stage_gather(s->p, at, (Arg){.kind = ARG_COL}, code, t, full(t), guard));
}

static void gathers(Ship *s) {
    static const KType rows[] = {K_I8, K_I16, K_I32};
    EACH(KType, row, rows) for (int guarded = 0; guarded < 2; guarded++) {
        EACH(KType, t, ints)
            gather(s, *row, (ColumnCode){.kind = CODE_INT, .width = (uint8_t)ktype_bytes(*t)}, *t, guarded);
        gather(s, *row, (ColumnCode){.kind = CODE_INT, .width = 1}, K_I1, guarded);
        gather(s, *row, (ColumnCode){.kind = CODE_VIEW, .width = 16}, K_I128, guarded);
        EACH(KType, f, floats)
            gather(s, *row, (ColumnCode){.kind = CODE_FLOAT, .width = (uint8_t)ktype_bytes(*f)}, *f, guarded);
    }
}

/* ---- arithmetic ---- */
static void binary(Ship *s, KOp op, KType out, const char *kinds, KType x, KType y) {
    begin(s);
    Stage *in[] = {input(s, kinds[0], x), input(s, kinds[1], y)};
    emit(s, stage_op(s->p, op, out, full(out), 2, in));
}

static void integer_arith(Ship *s) {
    static const KOp ops[] = {KI_ADD, KI_SUB, KI_MUL};
    EACH(KOp, op, ops) EACH(KType, out, ints) EACH(KType, x, ints) {
        EACH(KType, y, ints)
            if (*out >= *x || *out >= *y)
                binary(s, *op, *out, "RR", *x, *y);
        binary(s, *op, *out, "RC", *x, K_I8);
        binary(s, *op, *out, "CR", K_I8, *x);
        begin(s); /* a value with itself */
        Stage *twice = reg(s, *x), *in[] = {twice, twice};
        emit(s, stage_op(s->p, *op, *out, full(*out), 2, in));
    }
}

static void checked_arith(Ship *s) {
    static const KOp ops[] = {KI_ADD, KI_SUB, KI_MUL};
    EACH(KOp, op, ops) EACH(Kinds, kinds, pairs) for (int guarded = 0; guarded < 2; guarded++) {
        begin(s);
        Stage *x = input(s, (*kinds)[0], K_I64), *y = input(s, (*kinds)[1], K_I64), *guard = guarded ? reg(s, K_I1) : NULL;
        emit(s, stage_checked(s->p, *op, K_I64, full(K_I64), x, y, guard, 1));
    }
}

static void checks(Ship *s) {
    static const KType from[] = {K_I16, K_I32, K_I64, K_I128};
    EACH(KType, t, from) EACH(KType, to, ints) for (int guarded = 0; guarded < 2; guarded++) {
        if (*to >= *t)
            continue;
        begin(s);
        Stage *x = reg(s, *t), *guard = guarded ? reg(s, K_I1) : NULL;
        emit(s, stage_check(s->p, x, full(*to), ROW_OVERFLOW, guard, 1));
    }
}

/* A sum that no longer fits DECIMAL(38). */
static void decimal_sums(Ship *s) {
    Int128 top = decimal_pow10(38) - 1;
    for (int guarded = 0; guarded < 2; guarded++) {
        begin(s);
        Stage *x = reg(s, K_I128), *guard = guarded ? reg(s, K_I1) : NULL;
        emit(s, stage_check(s->p, x, range_span(-top, top), ROW_OVERFLOW, guard, 1));
    }
}

static void divisions(Ship *s) {
    static const KOp ops[] = {KI_DIV, KI_REM};
    EACH(KOp, op, ops) EACH(KType, x, ints) EACH(KType, y, ints) for (int k = 0; k < 4; k++) {
        begin(s);
        Stage *a = reg(s, *x), *b = k & 1 ? reg(s, *y) : stage_scalar(s->p, S_CONST, *y, (Arg){.kind = ARG_CONST}, range_span(2, 100));
        Stage *guard = k & 2 ? reg(s, K_I1) : NULL;
        Range r = *op == KI_REM ? range_rem(a->range, b->range) : range_div(a->range, b->range);
        bool clipped = range_lanes(r) > K_I64;
        emit(s, stage_divide(s->p, *op, clipped ? full(K_I64) : r, clipped, a, b, guard, 1));
    }
}

/* Digits of a dense group's number. */
static void digits(Ship *s) {
    static const KOp ops[] = {KI_DIV, KI_REM};
    static const int64_t top[] = {100, 10000, 65536};
    EACH(KOp, op, ops) EACH(int64_t, n, top) EACH(int64_t, d, top) {
        begin(s);
        Stage *x = reg_of(s, K_I64, range_span(0, *n));
        Stage *by = stage_scalar(s->p, S_CONST, range_lanes(range_point(*d)), (Arg){.kind = ARG_CONST}, range_point(*d));
        Range r = *op == KI_REM ? range_span(0, *d - 1) : range_div(x->range, by->range);
        emit(s, stage_divide(s->p, *op, r, false, x, by, NULL, 0));
    }
}

static void bits(Ship *s) {
    static const KOp ops[] = {KI_AND, KI_OR, KI_XOR, KI_SHR, KI_SAR};
    EACH(KOp, op, ops) EACH(Kinds, kinds, pairs) EACH(KType, t, ints)
        binary(s, *op, *t, *kinds, *t, *t);
    EACH(KType, t, ints) {
        binary(s, KI_AND, *t, "RC", K_I64, K_I64);
        binary(s, KI_SHR, *t, "RC", K_I64, K_I64);
        begin(s);
        Stage *x = reg(s, *t);
        emit(s, stage_op1(s->p, KI_NOT, x));
    }
}

static void float_arith(Ship *s) {
    static const KOp ops[] = {KI_ADD, KI_SUB, KI_MUL, KI_DIV};
    static const KOp ones[] = {KI_NEG, KI_ABS};
    EACH(KType, f, floats) {
        EACH(KOp, op, ops) EACH(Kinds, kinds, pairs)
            binary(s, *op, *f, *kinds, *f, *f);
        EACH(KOp, op, ones) {
            begin(s);
            Stage *x = reg(s, *f);
            emit(s, stage_op1(s->p, *op, x));
        }
        for (Op op = OP_FLOOR; op <= OP_COS; op++) {
            begin(s);
            Stage *x = reg(s, *f);
            emit(s, stage_numeric(s->p, op, *f, 1, &x));
        }
    }
}

static void integer_ones(Ship *s) {
    static const KOp ops[] = {KI_NEG, KI_ABS};
    EACH(KOp, op, ops) EACH(KType, t, ints) for (KType out = *t; out <= *t + 1 && out <= K_I64; out++) {
        begin(s);
        Stage *x = reg(s, *t);
        emit(s, stage_op(s->p, *op, out, full(out), 1, &x));
    }
}

/* ---- masks, comparisons, choices ---- */
static void logic(Ship *s) {
    static const KOp ops[] = {KI_AND, KI_OR, KI_XOR};
    EACH(KOp, op, ops) EACH(Kinds, kinds, pairs)
        binary(s, *op, K_I1, *kinds, K_I1, K_I1);
    begin(s);
    Stage *x = reg(s, K_I1);
    emit(s, mask_not(s->p, x));
}

static void compare(Ship *s, KPred pred, const char *kinds, KType x, KType y) {
    begin(s);
    Stage *a = input(s, kinds[0], x), *b = input(s, kinds[1], y);
    emit(s, stage_cmp(s->p, pred, a, b));
}

static void comparisons(Ship *s) {
    for (KPred pred = KP_EQ; pred <= KP_GE; pred++) {
        EACH(KType, x, ints) EACH(KType, y, ints) {
            compare(s, pred, "RR", *x, *y);
            if (*y >= *x)
                compare(s, pred, "RC", *x, *y);
        }
        EACH(KType, f, floats) {
            compare(s, pred, "RR", *f, *f);
            compare(s, pred, "RC", *f, *f);
            begin(s); /* is it NaN */
            Stage *x = reg(s, *f);
            emit(s, stage_cmp(s->p, pred, x, x));
        }
        for (int w = 1; w <= 4; w *= 2) {
            begin(s);
            Stage *x = column(s, w, K_I64), *y = constant(s, K_I64);
            emit(s, stage_cmp_code(s->p, pred, x, y));
        }
    }
}

static void choices(Ship *s) {
    static const Kinds kinds[] = {"RR", "RC", "CR", "CC"};
    EACH(KType, t, values) EACH(Kinds, k, kinds) {
        begin(s);
        Stage *cond = reg(s, K_I1), *x = input(s, (*k)[0], *t), *y = input(s, (*k)[1], *t);
        emit(s, stage_select(s->p, cond, x, y));
    }
}

/* ---- conversions ---- */
static void conversions(Ship *s) {
    static const KType resized[] = {K_I1, K_I8, K_I16, K_I32, K_I64, K_I128};
    EACH(KType, from, resized) EACH(KType, to, resized) {
        if (*from == *to || *to == K_I1)
            continue;
        begin(s);
        Stage *x = reg(s, *from);
        emit(s, stage_convert(s->p, KI_SEXT, x, *to));
    }
    EACH(KType, to, resized) {
        begin(s);
        Stage *x = constant(s, *to == K_I8 ? K_I16 : K_I8);
        emit(s, stage_convert(s->p, KI_SEXT, x, *to));
    }
    EACH(KType, f, floats) EACH(KType, from, ints) {
        begin(s);
        Stage *x = reg(s, *from);
        emit(s, stage_convert(s->p, KI_SITOF, x, *f));
    }
    begin(s);
    Stage *x = reg(s, K_F32);
    emit(s, stage_convert(s->p, KI_FEXT, x, K_F64));
    begin(s);
    x = reg(s, K_F64);
    emit(s, stage_convert(s->p, KI_FTRUNC, x, K_F32));
    begin(s);
    x = reg(s, K_F64);
    emit(s, stage_convert(s->p, KI_BITCAST, x, K_I64));
}

/* ---- accumulators ---- */
static Range narrow(KType t) { /* sums of a batch stay in the same lanes */
    Int128 top = (Int128)1 << (8 * ktype_bytes(t) - 13);
    return range_span(-top, top - 1);
}

/* group: 0 none, 1 of few, 2.. registers of group numbers */
static Stage *group_input(Ship *s, int group) {
    static const KType types[] = {K_I8, K_I16, K_I32};
    if (group == 0)
        return NULL;
    return group == 1 ? reg_of(s, K_I8, range_span(0, 15)) : reg(s, types[group - 2]);
}

static void accumulate(Ship *s, AggKind kind, KType t, Range r, bool valid, int group) {
    begin(s);
    Stage *x = kind == ACC_COUNT ? NULL : reg_of(s, t, r), *there = valid ? reg(s, K_I1) : NULL, *g = group_input(s, group);
    Arg groups = {.kind = group == 1 ? ARG_CONST : ARG_NULL, .a = 4096};
    emit(s, stage_acc(s->p, 0, kind, (Arg){.kind = ARG_LOCAL_COL}, x, there, g, groups));
}

static void accumulators(Ship *s) {
    static const AggKind kinds[] = {ACC_SUM_I64, ACC_SUM_I128, ACC_MIN_I64, ACC_MAX_I64};
    static const AggKind of_floats[] = {ACC_SUM_F64, ACC_MIN_F64, ACC_MAX_F64};
    for (int group = 0; group < 5; group++)
        for (int valid = 0; valid < 2; valid++) {
            accumulate(s, ACC_COUNT, K_VOID, (Range){0}, valid, group);
            EACH(AggKind, kind, kinds) EACH(KType, t, ints) {
                accumulate(s, *kind, *t, full(*t), valid, group);
                if (*t > K_I8)
                    accumulate(s, *kind, *t, narrow(*t), valid, group);
            }
            EACH(AggKind, kind, of_floats)
                accumulate(s, *kind, K_F64, (Range){0}, valid, group);
        }
}

void lower_shipped_kernels(const Target *t, void (*visit)(void *ctx, const Kernel *k), void *ctx) {
    Ship s = {.t = t, .visit = visit, .ctx = ctx};
    columns(&s);
    moves(&s);
    gathers(&s);
    integer_arith(&s);
    checked_arith(&s);
    checks(&s);
    decimal_sums(&s);
    divisions(&s);
    digits(&s);
    bits(&s);
    float_arith(&s);
    integer_ones(&s);
    logic(&s);
    comparisons(&s);
    choices(&s);
    conversions(&s);
    accumulators(&s);
    vec_free(&s.seen);
}
