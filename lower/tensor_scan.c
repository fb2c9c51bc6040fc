/* Running sums and products, and the order of elements, along one dimension: lines of n elements, `inner` apart. */
#include "lower/tensor.h"

typedef struct Lines {
    int64_t outer, n, inner;
} Lines;

static Lines lines_of(const Type *t, int64_t axis) {
    Lines l = {1, t->dims[axis], 1};
    for (uint32_t d = 0; d < t->n; d++)
        if (d != axis)
            *(d < axis ? &l.outer : &l.inner) *= t->dims[d];
    return l;
}

static KInst *open_loop(KB *b, int64_t n) {
    return kb_loop(b, k_int(b, 0), k_int(b, n), k_int(b, 1), 0, NULL);
}

/* FLOAT32 in DOUBLE, each result rounded; integers must stay within BIGINT. */
LVal lower_cumulate(Scope *s, const Node *e) {
    LVal x = tensor_row_major(s, lower_expr(s, e->in[0])), out = {.valid = x.valid, .type = e->type};
    Lines l = lines_of(e->type, ATTR_OF(e, Axis)->axis);
    KType t = elem_lanes(e->type->elem);
    bool is_float = t > K_I128, product = e->op == OP_CUMPROD;
    uint32_t bytes = register_bytes(e->type);
    Stage *need = is_float ? NULL : tk_need(s, x.valid);
    TensorKernel k;
    tk_begin(&k, s, op_info[e->op].text);
    KB *b = k.b;
    KInst *from = tk_value(&k, x.v), *asked = need ? tk_value(&k, need) : NULL, *to = tk_out(&k);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL), *o = open_loop(b, l.outer), *j = open_loop(b, l.inner);
    KInst *init[] = {is_float ? kb_float(b, K_F64, 1, product) : k_int(b, product), kb_int(b, K_I1, 1, 0)};
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, l.n), k_int(b, 1), 2, init), *total = kb_carried(b, 0), *over = kb_carried(b, 1);
    KInst *at = k_plus(b, k_mul(b, k_plus(b, k_mul(b, o, l.n), i), l.inner), j);
    KInst *v = kb_load(b, from, k_plus(b, k_mul(b, row, stride_of(x.v)), at), t, 1);
    if (t == K_F32)
        v = kb_convert(b, KI_FEXT, v, K_F64);
    if (!is_float)
        over = kb_op2(b, KI_OR, over, kb_op2(b, product ? KI_MUL_OV : KI_ADD_OV, total, v));
    KInst *next[] = {kb_op2(b, product ? KI_MUL : KI_ADD, total, v), over};
    KInst *stored = t == K_F32 ? kb_convert(b, KI_FTRUNC, next[0], K_F32) : next[0];
    kb_store(b, to, k_plus(b, k_mul(b, row, bytes / (uint32_t)ktype_bytes(t)), at), stored);
    KInst *loop = kb_loop_end(b, next);
    if (!is_float)
        tk_fail(&k, kb_result(b, loop, 1), asked, row, 0, ROW_OVERFLOW);
    for (int loops = 0; loops < 3; loops++)
        kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, bytes, (Range){0});
    if (!is_float)
        tk_sites(s, out.v, 1, &e);
    return out;
}

LVal lower_argsort(Scope *s, const Node *e) {
    const AttrOrder *a = ATTR_OF(e, Order);
    LVal x = tensor_row_major(s, lower_expr(s, e->in[0])), out = {.valid = x.valid, .type = e->type};
    Lines l = lines_of(e->type, a->axis);
    uint32_t bytes = register_bytes(e->type);
    int64_t settings[] = {(int64_t)e->in[0]->type->elem->kind, stride_of(x.v), l.outer, l.n, l.inner, a->descending};
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *args = ARENA_ARRAY(s->c->a, CallArg, 10);
    args[0].value = x.v;
    for (int i = 0; i < 6; i++)
        args[1 + i].arg = build_int(s->c, settings[i], false);
    args[8].arg = build_int(s->c, bytes / 8, false);
    args[9].arg = build_int(s->c, 0, false);
    *call = (Call){.native = "dql_rt_argsort", .n = 10, .args = args};
    out.v = tk_call(s, call, 7, K_I64, bytes);
    tk_sites(s, out.v, 1, &e);
    return out;
}
