/* SORT and TOPN: key columns whose unsigned order is the order asked for, then the rows.
 * NULL and direction go into the code where a range leaves room; else a column of its own says which are NULL. */
#include "lower/flow.h"

typedef struct Keys {
    VEC(LVal) at;
    VEC(uint8_t) flags;
} Keys;

enum { DESCENDING = 1, NULLS_FIRST = 2 };

static Stage *arith(Pipe *p, KOp op, Stage *x, Stage *y, Range r) {
    return stage_op(p, op, range_lanes(r), r, 2, (Stage *[]){x, y});
}

static void push(Keys *k, Stage *v, Stage *valid, const Type *t, uint8_t flags) {
    *vec_push(&k->at) = (LVal){.v = v, .valid = valid, .type = t};
    *vec_push(&k->flags) = flags;
}

/* 0 or 1 first: which of NULL and the others comes first */
static void null_key(Scope *s, Keys *k, LVal x, int flags) {
    if (x.valid)
        push(k, flags & NULLS_FIRST ? x.valid : mask_not(s->p, x.valid), NULL, type_get(ir_types(s->c->ir), TY_BOOL), 0);
}

/* v - lo or hi - v, NULL before (0) or behind (size) */
static bool small_key(Scope *s, Keys *k, LVal x, int flags) {
    Int128 size = range_size(x.v->range);
    if (size < 0 || size > ((Int128)1 << 62))
        return false;
    Range r = x.v->range, code = range_span(0, size);
    bool first = x.valid && (flags & NULLS_FIRST);
    Stage *end = int_const(s, flags & DESCENDING ? r.hi + first : r.lo - first);
    Stage *v = x.v->type == K_I1 ? stage_convert(s->p, KI_SEXT, x.v, K_I8) : x.v;
    Stage *d = flags & DESCENDING ? arith(s->p, KI_SUB, end, v, code) : arith(s->p, KI_SUB, v, end, code);
    if (x.valid)
        d = stage_select(s->p, x.valid, d, int_const(s, flags & NULLS_FIRST ? 0 : size));
    push(k, d, NULL, type_get(ir_types(s->c->ir), TY_I64), 0);
    return true;
}

static Stage *flipped(Scope *s, Stage *bits, int flags) {
    return flags & DESCENDING ? stage_op1(s->p, KI_NOT, bits) : bits;
}

/* What lies where x is NULL is not defined: the rows must be equal in this key, for the next one to order them. */
static Stage *equal_nulls(Scope *s, LVal x, Stage *code) {
    return x.valid ? stage_select(s->p, x.valid, code, int_const(s, 0)) : code;
}

/* Signed 64 bits as unsigned order: the sign bit inverted.  The range says "any": what is stored is bits. */
static void wide_key(Scope *s, Keys *k, LVal x, int flags) {
    const Type *i64 = type_get(ir_types(s->c->ir), TY_I64);
    Stage *sign = int_const(s, INT64_MIN);
    Range bits = range_of_type(i64);
    null_key(s, k, x, flags);
    x.v = equal_nulls(s, x, x.v);
    if (x.v->type == K_I128) {
        Stage *high = stage_op(s->p, KI_SAR, K_I128, bits, 2, (Stage *[]){x.v, int_const(s, 64)});
        push(k, flipped(s, stage_op(s->p, KI_XOR, K_I64, bits, 2, (Stage *[]){high, sign}), flags), NULL, i64, 0);
        Stage *low = stage_convert(s->p, KI_SEXT, x.v, K_I64);
        push(k, flipped(s, stage_op(s->p, KI_XOR, K_I64, bits, 2, (Stage *[]){low, int_const(s, 0)}), flags), NULL, i64, 0);
        return;
    }
    push(k, flipped(s, stage_op(s->p, KI_XOR, K_I64, bits, 2, (Stage *[]){x.v, sign}), flags), NULL, i64, 0);
}

/* -0 as 0, every NaN as the greatest; negative numbers have all bits inverted, others the sign bit. */
static void float_key(Scope *s, Keys *k, LVal x, int flags) {
    const Type *i64 = type_get(ir_types(s->c->ir), TY_I64);
    Pipe *p = s->p;
    Range any = range_of_type(i64);
    Stage *d = stage_convert(p, KI_FEXT, x.v, K_F64);
    d = stage_op2(p, KI_ADD, d, float_const(s, K_F64, 0.0));
    Stage *nan = stage_cmp(p, KP_NE, d, d);
    Stage *bits = stage_convert(p, KI_BITCAST, d, K_I64);
    bits->range = any;
    Stage *negative = stage_cmp(p, KP_LT, bits, int_const(s, 0));
    Stage *mask = stage_select(p, negative, int_const(s, -1), int_const(s, INT64_MIN));
    Stage *code = stage_op(p, KI_XOR, K_I64, any, 2, (Stage *[]){bits, mask});
    code = equal_nulls(s, x, stage_select(p, nan, int_const(s, -1), code));
    null_key(s, k, x, flags);
    push(k, flipped(s, code, flags), NULL, i64, 0);
}

static void add_key(Scope *s, Keys *k, LVal x, int flags) {
    if (x.v->type == K_F32 || x.v->type == K_F64) {
        float_key(s, k, x, flags);
    } else if (x.dict || range_of_type(x.type).exact) {
        if (!small_key(s, k, x, flags))
            wide_key(s, k, x, flags);
    } else if (x.type->kind == TY_VARCHAR || x.type->kind == TY_BLOB) {
        push(k, x.v, x.valid, x.type, (uint8_t)flags);
    } else {
        lower_fail(s->c, "sorting by %s is not supported in compiled plans yet", type_kind_text(x.type->kind));
    }
}

/* Keys are bits: stored in their own lanes, whatever their sign. */
static RowCol key_col(const LVal *key) {
    RowCol c = row_col(key);
    if (c.code.kind == CODE_INT && key->v->type != K_I1)
        c = (RowCol){.type = key->type, .lanes = key->v->type, .range = key->v->range,
                     .code = {.kind = CODE_INT, .width = (uint8_t)ktype_bytes(key->v->type)}};
    return c;
}

Flow lower_sort(Lower *c, const Node *rel, const bool *need) {
    bool top = rel->op == OP_TOPN;
    uint32_t n = rel->type->n, n_keys = rel->n - 1 - (top ? 2 : 0);
    const IntList flags = ATTR_OF(rel, Sort)->flags;
    bool *below = need_none(c, n);
    for (uint32_t i = 0; i < n; i++)
        below[i] = need[i];
    for (uint32_t i = 0; i < n_keys; i++)
        ir_columns_used(rel->in[1 + i], n, below);
    Flow in = lower_relation(c, rel->in[0], below);
    Scope s = flow_scope(c, &in);
    Keys keys = {0};
    for (uint32_t i = 0; i < n_keys; i++)
        add_key(&s, &keys, lower_expr(&s, rel->in[1 + i]), (int)flags.at[i]);
    scope_free(&s);

    uint32_t k = (uint32_t)keys.at.n, m = 0;
    LVal *v = ARENA_ARRAY(c->a, LVal, k + n);
    RowCol *stored = ARENA_ARRAY(c->a, RowCol, k + n), *cols = ARENA_ARRAY(c->a, RowCol, n);
    StateColumn *sc = ARENA_ARRAY(c->a, StateColumn, k + n);
    for (; m < k; m++) {
        v[m] = keys.at.at[m];
        stored[m] = key_col(&v[m]);
        sc[m] = (StateColumn){.code = stored[m].code, .flags = keys.flags.at[m]};
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!need[i])
            continue;
        v[m] = in.cols[i];
        sc[m].code = (stored[m] = cols[i] = row_col(&v[m])).code;
        m++;
    }
    vec_free(&keys.at);
    vec_free(&keys.flags);
    State st = {.kind = ST_ROWS, .finish = FIN_SORT, .n_keys = k, .expected = (int64_t)in.rows};
    if (top) {
        st.limit = limit_arg(c, rel->in[rel->n - 2]);
        st.offset = limit_arg(c, rel->in[rel->n - 1]);
    }
    uint32_t state = build_state(c, st);
    append_rows(c, in.p, in.domain, state, m, v, stored);
    build_state_cols(c, state, m, sc);
    *vec_push(&in.p->finish) = state;
    in.p->ordered = true;
    assemble(c, in.p);

    Flow out = flow_on(c, pipe_new(c->a, SRC_STATE, state, 0, top ? "top" : "sort"), n);
    for (uint32_t i = 0, at = k; i < n; i++)
        if (need[i])
            out.cols[i] = row_source(out.p, at++, &cols[i]);
    return out;
}
