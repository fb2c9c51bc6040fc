#include "lower/tensor.h"
#include <string.h>

/* ---- kernels ---- */
void tk_begin(TensorKernel *k, Scope *s, const char *label) {
    *k = (TensorKernel){.s = s, .b = kb_new(s->c->a, label)};
    k->n = kb_count(k->b);
}

static KInst *add_arg(TensorKernel *k, CallArg a) {
    *vec_push(&k->args) = a;
    return *vec_push(&k->params) = kb_param(k->b);
}

static bool same_arg(Arg x, Arg y) {
    return x.kind == y.kind && x.a == y.a && x.b == y.b;
}

KInst *tk_value(TensorKernel *k, Stage *v) {
    for (size_t i = 0; i < k->args.n; i++)
        if (k->args.at[i].value == v)
            return k->params.at[i];
    return add_arg(k, (CallArg){.value = v});
}

KInst *tk_arg(TensorKernel *k, Arg a) {
    for (size_t i = 0; i < k->args.n; i++)
        if (!k->args.at[i].value && a.kind != ARG_NULL && same_arg(k->args.at[i].arg, a))
            return k->params.at[i];
    return add_arg(k, (CallArg){.arg = a});
}

KInst *tk_bytes(TensorKernel *k, const void *p, size_t n) {
    return tk_arg(k, build_bytes(k->s->c, p, n));
}

void tk_share(TensorKernel *k, int64_t units, KInst **lo, KInst **hi) {
    KInst *part = tk_arg(k, (Arg){.kind = ARG_PART});
    KInst *at = kb_load(k->b, part, k_int(k->b, 0), K_I64, 1), *parts = kb_load(k->b, part, k_int(k->b, 1), K_I64, 1);
    k->splits = true;
    *lo = kb_op2(k->b, KI_UDIV, k_mul(k->b, at, units), parts);
    *hi = kb_op2(k->b, KI_UDIV, k_mul(k->b, k_add(k->b, at, 1), units), parts);
}

KInst *tk_work(TensorKernel *k, uint32_t bytes) {
    Pipe *p = k->s->p;
    if (bytes > p->work_bytes)
        p->work_bytes = bytes;
    return tk_arg(k, (Arg){.kind = ARG_WORK});
}

KInst *tk_out(TensorKernel *k) {
    k->out_at = (uint32_t)k->args.n;
    return add_arg(k, (CallArg){.arg = {.kind = ARG_NULL}});
}

Stage *tk_call(Scope *s, Call *call, uint32_t out_at, KType t, uint32_t row_bytes) {
    call->out = DOMAIN_NONE;
    Stage *st = stage_call(s->p, s->domain, call);
    Stage *out = stage_out(s->p, st, s->domain, t, (Range){0});
    out->row_bytes = row_bytes;
    return call->args[out_at].value = out;
}

Stage *tk_end(TensorKernel *k, KType t, uint32_t row_bytes, Range r) {
    Call *call = ARENA_NEW(k->s->c->a, Call);
    *call = (Call){.kernel = kb_finish(k->b, NULL), .splits = k->splits, .n = (uint32_t)k->args.n,
                   .args = arena_copy(k->s->c->a, k->args.at, k->args.n * sizeof *k->args.at)};
    Stage *out = tk_call(k->s, call, k->out_at, t, row_bytes);
    out->range = r;
    vec_free(&k->args);
    vec_free(&k->params);
    return out;
}

/* ---- errors ---- */
Stage *tk_need(Scope *s, Stage *valid) {
    Stage *need = need_mask(s, valid);
    return need ? pipe_layout(s->p, need, s->domain, K_I1) : NULL;
}

void tk_fail(TensorKernel *k, KInst *bad, KInst *need, KInst *row, uint32_t site, RowError error) {
    KB *b = k->b;
    if (need)
        bad = kb_op2(b, KI_AND, bad, kb_cmp(b, KP_NE, kb_load(b, need, row, K_I8, 1), kb_int(b, K_I8, 1, 0)));
    kb_if(b, bad);
    KInst *at = kb_op2(b, KI_SHL, row, k_int(b, 24));
    kb_return(b, kb_op1(b, KI_NEG, k_add(b, at, (int64_t)(site << 8) + error + 1)));
    kb_if_end(b, 0, NULL);
}

/* Sites of a call are consecutive: the first is the step's. */
void tk_sites(Scope *s, Stage *out, uint32_t n, const Node *const *at) {
    for (uint32_t i = 0; i < n; i++) {
        const Type *t = at[i]->type;
        uint16_t site = site_of(s, at[i], t->kind == TY_TENSOR ? t->elem : t, NULL);
        if (i == 0)
            out->in[0]->site = site;
    }
}

KInst *k_int(KB *b, int64_t v) {
    return kb_int(b, K_I64, 1, v);
}

KInst *k_add(KB *b, KInst *x, int64_t y) {
    return kb_op2(b, KI_ADD, x, k_int(b, y));
}

KInst *k_mul(KB *b, KInst *x, int64_t y) {
    return kb_op2(b, KI_MUL, x, k_int(b, y));
}

KInst *k_plus(KB *b, KInst *x, KInst *y) {
    return kb_op2(b, KI_ADD, x, y);
}

/* ---- types ---- */
KType elem_lanes(const Type *elem) {
    switch (elem->kind) {
    case TY_BOOL: case TY_I8: case TY_U8: return K_I8;
    case TY_I16: case TY_U16: return K_I16;
    case TY_I32: case TY_U32: case TY_DATE: return K_I32;
    case TY_F16: return K_F16;
    case TY_BF16: return K_BF16;
    case TY_F32: return K_F32;
    case TY_F64: return K_F64;
    case TY_NULL: case TY_I64: case TY_U64: case TY_DECIMAL: case TY_TIME: case TY_TIMESTAMP: case TY_INTERVAL:
    case TY_VARCHAR: case TY_BLOB: case TY_LIST: case TY_STRUCT: case TY_TENSOR: case TY_REL: case TY_COUNT: break;
    }
    return K_I64;
}

uint32_t round16(int64_t n) {
    return (uint32_t)((n + 15) / 16 * 16);
}

uint32_t register_bytes(const Type *t) {
    uint32_t bytes = round16(type_elems(t)) * (uint32_t)ktype_bytes(elem_lanes(t->elem));
    return (bytes + 63) / 64 * 64;
}

int64_t stride_of(const Stage *v) {
    return v->domain == DOMAIN_NONE ? 0 : v->row_bytes / (uint32_t)ktype_bytes(v->type);
}

bool shape_known(const Type *t) {
    return type_elems(t) != DIM_ANY && type_elems(t) > 0 && type_elems(t) < INT32_MAX;
}

/* ---- rows ---- */
static void copy_row(KB *b, KInst *to, KInst *to_at, KInst *from, KInst *from_at, uint32_t bytes) {
    uint16_t lanes = bytes % 64 == 0 ? 64 : bytes % 16 == 0 ? 16 : 1;
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, bytes), k_int(b, lanes), 0, NULL);
    kb_store(b, to, k_plus(b, to_at, i), kb_load(b, from, k_plus(b, from_at, i), K_I8, lanes));
    kb_loop_end(b, NULL);
}

static uint32_t row_pitch(uint32_t bytes) {
    return (bytes + 63) / 64 * 64;
}

Stage *tensor_rows(Pipe *p, Stage *array, Arg arg, KType t, uint32_t row_bytes, Stage *row) {
    KB *b = kb_new(p->arena, "rows");
    KInst *n = kb_count(b), *from = kb_param(b), *rows = kb_param(b), *to = kb_param(b);
    KInst *i = kb_loop(b, k_int(b, 0), n, k_int(b, 1), 0, NULL);
    KInst *at = kb_convert(b, KI_SEXT, kb_load(b, rows, i, K_I32, 1), K_I64);
    kb_if(b, kb_cmp(b, KP_GE, at, k_int(b, 0)));
    copy_row(b, to, k_mul(b, i, row_pitch(row_bytes)), from, k_mul(b, at, row_bytes), row_bytes);
    kb_if_end(b, 0, NULL);
    kb_loop_end(b, NULL);
    Call *call = ARENA_NEW(p->arena, Call);
    CallArg *a = ARENA_ARRAY(p->arena, CallArg, 3);
    a[0] = (CallArg){.value = array, .arg = arg};
    a[1].value = row;
    *call = (Call){.kernel = kb_finish(b, NULL), .n = 3, .args = a, .out = DOMAIN_NONE};
    Stage *st = stage_call(p, row->domain, call);
    a[2].value = stage_out(p, st, row->domain, t, (Range){0});
    a[2].value->row_bytes = row_pitch(row_bytes);
    return a[2].value;
}

/* Rows that were taken lie further apart than those of a table; one tensor for all rows is repeated. */
Stage *tensor_repitch(Pipe *p, Stage *x, uint8_t domain, uint32_t row_bytes) {
    bool one_row = p->source == SRC_ONE;
    if (one_row || (x->domain != DOMAIN_NONE && x->row_bytes == row_bytes))
        return x;
    KB *b = kb_new(p->arena, "pitch");
    KInst *n = kb_count(b), *from = kb_param(b), *to = kb_param(b);
    KInst *i = kb_loop(b, k_int(b, 0), n, k_int(b, 1), 0, NULL);
    uint32_t step = x->domain == DOMAIN_NONE ? 0 : x->row_bytes, bytes = x->row_bytes < row_bytes ? x->row_bytes : row_bytes;
    copy_row(b, to, k_mul(b, i, row_bytes), from, k_mul(b, i, step), bytes);
    kb_loop_end(b, NULL);
    Call *call = ARENA_NEW(p->arena, Call);
    CallArg *a = ARENA_ARRAY(p->arena, CallArg, 2);
    a[0].value = x;
    *call = (Call){.kernel = kb_finish(b, NULL), .n = 2, .args = a, .out = DOMAIN_NONE};
    Stage *st = stage_call(p, domain, call);
    a[1].value = stage_out(p, st, domain, x->type, (Range){0});
    a[1].value->row_bytes = row_bytes;
    return a[1].value;
}

/* ---- elements by a table ---- */
Stage *tensor_gather(Scope *s, Stage *x, const int32_t *table, int64_t n) {
    TensorKernel k;
    KType t = x->type;
    uint32_t row_bytes = (round16(n) * (uint32_t)ktype_bytes(t) + 63) / 64 * 64;
    int32_t *padded = ARENA_ARRAY(s->c->a, int32_t, round16(n));
    for (int64_t i = 0; i < round16(n); i++)
        padded[i] = i < n ? table[i] : -1;
    tk_begin(&k, s, "elements");
    KB *b = k.b;
    KInst *from = tk_value(&k, x), *places = tk_bytes(&k, padded, sizeof *padded * round16(n)), *to = tk_out(&k), *lo, *hi;
    tk_share(&k, round16(n) / TENSOR_LANES, &lo, &hi);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    KInst *base = kb_offset(b, from, k_mul(b, row, x->domain == DOMAIN_NONE ? 0 : x->row_bytes));
    KInst *j = kb_loop(b, k_mul(b, lo, TENSOR_LANES), k_mul(b, hi, TENSOR_LANES), k_int(b, TENSOR_LANES), 0, NULL);
    KInst *at = kb_load(b, places, j, K_I32, TENSOR_LANES);
    KInst *mask = kb_cmp(b, KP_GE, at, kb_int(b, K_I32, TENSOR_LANES, 0));
    kb_store(b, to, k_plus(b, k_mul(b, row, row_bytes / (uint32_t)ktype_bytes(t)), j), kb_gather(b, base, at, t, mask));
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    return tk_end(&k, t, row_bytes, (Range){0});
}

/* ---- layouts of (C, H, W) ---- */
static int32_t *layout_table(Scope *s, const Type *t, bool to_nhwc, int64_t *n) {
    int64_t c = t->dims[0], area = type_elems(t) / c, pitch = round16(c);
    *n = to_nhwc ? area * pitch : area * c;
    int32_t *table = ARENA_ARRAY(s->c->a, int32_t, *n);
    for (int64_t i = 0; i < *n; i++) {
        int64_t channel = to_nhwc ? i % pitch : i / area, at = to_nhwc ? i / pitch : i % area;
        table[i] = channel >= c ? -1 : (int32_t)(to_nhwc ? channel * area + at : at * pitch + channel);
    }
    return table;
}

static LVal relaid(Scope *s, LVal x, bool to_nhwc) {
    int64_t n;
    const int32_t *table = layout_table(s, x.type, to_nhwc, &n);
    x.v = tensor_gather(s, x.v, table, n);
    x.nhwc = to_nhwc;
    return x;
}

LVal tensor_row_major(Scope *s, LVal x) {
    return x.nhwc ? relaid(s, x, false) : x;
}

LVal tensor_nhwc(Scope *s, LVal x) {
    return x.nhwc ? x : relaid(s, x, true);
}
