/* Loads: columns in their code, registers, constants, gathers. */
#include "lower/emit.h"

static bool same_arg(Arg x, Arg y) {
    return x.kind == y.kind && x.a == y.a && x.b == y.b;
}

KInst *emit_param(Emit *e, Arg arg) {
    for (size_t i = 0; i < e->args.n; i++)
        if (same_arg(e->args.at[i], arg))
            return e->params.at[i];
    *vec_push(&e->args) = arg;
    return *vec_push(&e->params) = kb_param(e->b);
}

KInst *emit_const(Emit *e, KType t, Int128 v) {
    return kb_int(e->b, t, e->lanes, v);
}

KInst *emit_resize(Emit *e, KInst *x, KType t) {
    KType from = (KType)x->type;
    if (from == t || from > K_I128 || t > K_I128)
        return x;
    if (from == K_I1)
        return kb_convert(e->b, KI_ZEXT, x, t);
    return kb_convert(e->b, from < t ? KI_SEXT : KI_TRUNC, x, t);
}

static KType int_of_width(int width) {
    switch (width) {
    case 1: return K_I8;
    case 2: return K_I16;
    case 4: return K_I32;
    case 8: return K_I64;
    }
    return K_I128;
}

/* type of the elements of an array laid out as `code` that hold values of type t */
static KType stored_type(ColumnCode code, KType t) {
    if (code.kind == CODE_FLOAT || code.kind == CODE_TENSOR)
        return t;
    return int_of_width(code.kind == CODE_VIEW || code.kind == CODE_INTERVAL ? 16 : code.width);
}

/* A scalar in lanes of t: integers from the pool in 8 or 16 bytes, whatever their lanes; parameters as program.h says. */
static KInst *emit_scalar(Emit *e, const Stage *s, KType t) {
    bool byte = s->arg.kind == ARG_PARAM_VALID, integer = s->type <= K_I128;
    KType in_memory = byte ? K_I8 : s->type <= K_I64 ? K_I64 : s->type;
    if (s->op == S_PARAM && integer && !byte)
        in_memory = s->code.width == 16 ? K_I128 : K_I64;
    KInst *x = kb_load(e->b, emit_param(e, s->arg), kb_int(e->b, K_I64, 1, 0), in_memory, 1);
    return emit_resize(e, x, integer ? t : s->type);
}

/* codes are unsigned up to 4 bytes */
static KInst *from_code(Emit *e, KInst *raw, KType t) {
    KType from = (KType)raw->type;
    if (from == t || t > K_I128)
        return raw;
    if (from > t)
        return kb_convert(e->b, KI_TRUNC, raw, t);
    return kb_convert(e->b, from <= K_I32 ? KI_ZEXT : KI_SEXT, raw, t);
}

/* The frame of reference of a coded column, as ARG_SRC_BASE. */
static KInst *load_base(Emit *e, const Stage *column) {
    return kb_load(e->b, emit_param(e, column->base), kb_int(e->b, K_I64, 1, 0), K_I64, 1);
}

static Int128 code_top(const Stage *column) {
    return ((Int128)1 << (8 * column->code.width)) - 1;
}

/* scalar - base, turned into the bound of an unsigned comparison with <= or >= (LT c is LE c - 1) */
static KInst *code_limit(Emit *e, const Stage *cmp) {
    KInst *c = emit_scalar(e, cmp->in[1], K_I64);
    KInst *d = cmp->in[0]->base.kind == ARG_NULL ? c : kb_op2(e->b, KI_SUB, c, load_base(e, cmp->in[0]));
    int shift = cmp->pred == KP_LT ? -1 : cmp->pred == KP_GT ? 1 : 0;
    return shift ? kb_op2(e->b, KI_ADD, d, kb_int(e->b, K_I64, 1, shift)) : d;
}

static KInst *code_clamped(Emit *e, const Stage *cmp) {
    KInst *d = kb_op2(e->b, KI_MAX, code_limit(e, cmp), kb_int(e->b, K_I64, 1, 0));
    d = kb_op2(e->b, KI_MIN, d, kb_int(e->b, K_I64, 1, code_top(cmp->in[0])));
    return kb_convert(e->b, KI_TRUNC, d, int_of_width(cmp->in[0]->code.width));
}

/* false where no code can satisfy the predicate (for NE: true where every code does) */
static KInst *code_possible(Emit *e, const Stage *cmp) {
    KInst *d = code_limit(e, cmp), *zero = kb_int(e->b, K_I64, 1, 0);
    KInst *top = kb_int(e->b, K_I64, 1, code_top(cmp->in[0]));
    switch ((KPred)cmp->pred) {
    case KP_LT: case KP_LE: return kb_cmp(e->b, KP_GE, d, zero);
    case KP_GT: case KP_GE: return kb_cmp(e->b, KP_LE, d, top);
    case KP_NE: return kb_op2(e->b, KI_OR, kb_cmp(e->b, KP_LT, d, zero), kb_cmp(e->b, KP_GT, d, top));
    case KP_EQ: case KP_ULT: case KP_ULE: case KP_UGT: case KP_UGE: break;
    }
    return kb_op2(e->b, KI_AND, kb_cmp(e->b, KP_GE, d, zero), kb_cmp(e->b, KP_LE, d, top));
}

static KInst *make_hoisted(Emit *e, HoistKind kind, const Stage *s, KType t) {
    switch (kind) {
    case HOIST_SCALAR: return emit_scalar(e, s, t);
    case HOIST_BASE: return emit_resize(e, load_base(e, s), t);
    case HOIST_ROWID: return kb_load(e->b, emit_param(e, s->arg), kb_int(e->b, K_I64, 1, 0), K_I64, 1);
    case HOIST_LIMIT: return code_clamped(e, s);
    case HOIST_POSSIBLE: return code_possible(e, s);
    }
    return NULL;
}

KInst *emit_hoist(Emit *e, HoistKind kind, const Stage *s, KType t) {
    for (size_t i = 0; i < e->hoisted.n; i++) {
        Hoist *h = &e->hoisted.at[i];
        if (h->kind == kind && h->stage == s && h->type == t)
            return h->at;
    }
    KInst *x = kb_splat(e->b, make_hoisted(e, kind, s, t), e->lanes);
    *vec_push(&e->hoisted) = (Hoist){kind, s, t, x};
    return x;
}

static KInst *add_base(Emit *e, const Stage *column, KInst *x) {
    if (column->base.kind == ARG_NULL)
        return x;
    return kb_op2(e->b, KI_ADD, x, emit_hoist(e, HOIST_BASE, column, (KType)x->type));
}

static KInst *decode(Emit *e, const Stage *column, KInst *raw) {
    if (column->arg.kind == ARG_SRC_VALID || raw->type > K_I128)
        return raw;
    KType t = column->type == K_I1 ? K_I8 : column->type;
    KInst *x = add_base(e, column, from_code(e, raw, t));
    return emit_resize(e, x, column->type);
}

static Arg memory_of(const Emit *e, const Stage *s) {
    if (s->op == S_COLUMN && e->reg[s->id] < 0)
        return s->arg;
    return (Arg){.kind = ARG_REG, .a = (uint32_t)e->reg[s->id]};
}

static KType element_of(const Emit *e, const Stage *s) {
    return s->op == S_COLUMN && e->reg[s->id] < 0 && s->arg.kind == ARG_SRC ? stored_type(s->code, s->type) : s->type;
}

static KInst *rowid(Emit *e, const Stage *s, KInst *index) {
    return kb_op2(e->b, KI_ADD, emit_hoist(e, HOIST_ROWID, s, K_I64), index);
}

static KInst *round_index(Emit *e, KType t) {
    KInst *i = emit_resize(e, e->i, t);
    if (e->lanes == 1)
        return i;
    return kb_op2(e->b, KI_ADD, kb_splat(e->b, i, e->lanes), kb_iota(e->b, t, e->lanes));
}

KInst *emit_column(Emit *e, const Stage *s) {
    KType t = s->arg.kind == ARG_SRC ? stored_type(s->code, s->type) : s->type;
    return decode(e, s, kb_load(e->b, emit_param(e, s->arg), e->i, t, e->lanes));
}

KInst *emit_load(Emit *e, const Stage *s) {
    if (s->op == S_ROWID)
        return rowid(e, s, round_index(e, K_I64));
    if (s->op == S_COLUMN && e->reg[s->id] < 0)
        return emit_column(e, s);
    return kb_load(e->b, emit_param(e, memory_of(e, s)), e->i, s->type, e->lanes);
}

static KInst *gather_raw(Emit *e, KInst *ptr, KInst *rows, KType t, KInst *mask) {
    if (t == K_I1)
        return kb_convert(e->b, KI_TRUNC, gather_raw(e, ptr, rows, K_I8, mask), K_I1);
    if (e->lanes == 1) {
        KInst *safe = mask ? kb_select(e->b, mask, rows, emit_const(e, (KType)rows->type, 0)) : rows;
        return kb_load(e->b, ptr, emit_resize(e, safe, K_I64), t, 1);
    }
    return kb_gather(e->b, ptr, rows, t, mask);
}

KInst *emit_gather(Emit *e, KInst *ptr, KInst *rows, ColumnCode code, KType t, KInst *mask) {
    KInst *raw = gather_raw(e, ptr, rows, t == K_I1 ? K_I8 : stored_type(code, t), mask);
    return t == K_I1 ? kb_convert(e->b, KI_TRUNC, raw, K_I1) : from_code(e, raw, t);
}

KInst *emit_gather_from(Emit *e, const Stage *array, KInst *rows, KInst *mask) {
    if (array->op == S_ROWID)
        return rowid(e, array, emit_resize(e, rows, K_I64));
    KInst *raw = gather_raw(e, emit_param(e, memory_of(e, array)), rows, element_of(e, array), mask);
    return array->op == S_COLUMN && e->reg[array->id] < 0 ? decode(e, array, raw) : raw;
}

KInst *emit_use(Emit *e, const Stage *s, KType t) {
    if (s->domain == DOMAIN_NONE)
        return emit_hoist(e, HOIST_SCALAR, s, t);
    KInst *x = e->value[s->id] ? e->value[s->id] : emit_load(e, s);
    emit_is(e, s, x);
    return emit_resize(e, x, t);
}
