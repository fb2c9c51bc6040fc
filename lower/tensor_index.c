/* Gathers and scatters by subscripts that are known when the program runs.
 * x (outer.., n, inner..)  index (count)  gathered or updates (outer.., count, inner..) */
#include "lower/tensor.h"

typedef struct Along {
    int64_t outer, n, inner, count;
    LVal x, index;
    KInst *at_x, *at_index; /* their memory */
} Along;

static Along along(Scope *s, const Node *e, int64_t axis) {
    const Type *t = e->in[0]->type;
    Along a = {.outer = 1, .n = t->dims[axis], .inner = 1, .count = is_tensor(e->in[1]->type) ? type_elems(e->in[1]->type) : 1};
    for (uint32_t d = 0; d < t->n; d++)
        if (d != axis)
            *(d < axis ? &a.outer : &a.inner) *= t->dims[d];
    a.x = tensor_row_major(s, lower_expr(s, e->in[0]));
    a.index = tensor_row_major(s, lower_expr(s, e->in[1]));
    if (!is_tensor(e->in[1]->type))
        a.index.v = pipe_layout(s->p, a.index.v, s->domain, K_I64);
    return a;
}

static KInst *start_of(KB *b, KInst *row, const Stage *v) {
    return k_mul(b, row, stride_of(v));
}

static KInst *open_loop(KB *b, int64_t n) {
    return kb_loop(b, k_int(b, 0), k_int(b, n), k_int(b, 1), 0, NULL);
}

/* Subscript i of the row, from 0; out of range the row fails, and is 0 where nobody asks for the row. */
static KInst *subscript(TensorKernel *k, const Along *a, const Node *e, KInst *need, KInst *row, KInst *i) {
    KB *b = k->b;
    bool tensor = is_tensor(e->in[1]->type);
    KInst *at = kb_load(b, a->at_index, tensor ? k_plus(b, start_of(b, row, a->index.v), i) : row, K_I64, 1);
    at = kb_select(b, kb_cmp(b, KP_LT, at, k_int(b, 0)), k_add(b, at, a->n), at);
    KInst *bad = kb_cmp(b, KP_UGE, at, k_int(b, a->n));
    tk_fail(k, bad, need, row, 0, ROW_INDEX);
    return kb_select(b, bad, k_int(b, 0), at);
}

/* (o * n + at) * inner */
static KInst *place(KB *b, KInst *o, int64_t n, KInst *at, int64_t inner) {
    return k_mul(b, k_plus(b, k_mul(b, o, n), at), inner);
}

static void copy_run(KB *b, KInst *to, KInst *to_at, KInst *from, KInst *from_at, int64_t n, KType t) {
    uint16_t lanes = n % TENSOR_LANES == 0 ? TENSOR_LANES : 1;
    KInst *j = kb_loop(b, k_int(b, 0), k_int(b, n), k_int(b, lanes), 0, NULL);
    kb_store(b, to, k_plus(b, to_at, j), kb_load(b, from, k_plus(b, from_at, j), t, lanes));
    kb_loop_end(b, NULL);
}

LVal lower_gather(Scope *s, const Node *e) {
    Access known = access_of(s, e);
    if (known.node != e)
        return lower_move(s, e);
    Along a = along(s, e, ATTR_OF(e, Axis)->axis);
    LVal out = {.type = e->type, .valid = mask_and(s->p, a.x.valid, a.index.valid)};
    KType t = a.x.v->type;
    bool tensor = is_tensor(e->type);
    uint32_t bytes = tensor ? register_bytes(e->type) : 0;
    Stage *need = tk_need(s, out.valid);
    TensorKernel k;
    tk_begin(&k, s, "gather");
    KB *b = k.b;
    a.at_x = tk_value(&k, a.x.v);
    a.at_index = tk_value(&k, a.index.v);
    KInst *asked = need ? tk_value(&k, need) : NULL, *to = tk_out(&k);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL), *i = open_loop(b, a.count);
    KInst *at = subscript(&k, &a, e, asked, row, i), *o = open_loop(b, a.outer);
    KInst *from = k_plus(b, start_of(b, row, a.x.v), place(b, o, a.n, at, a.inner));
    KInst *start = tensor ? k_mul(b, row, bytes / (uint32_t)ktype_bytes(t)) : row;
    copy_run(b, to, k_plus(b, start, place(b, o, a.count, i, a.inner)), a.at_x, from, a.inner, t);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, bytes, tensor ? (Range){0} : range_of_type(type_get(ir_types(s->c->ir), TY_I64)));
    tk_sites(s, out.v, 1, &e);
    if (!tensor)
        out.v = tensor_scalar(s, out.v, e->type).v;
    return out;
}

/* ---- scatter ---- */
/* The operator that joins two elements of a type, over columns 0 and 1. */
static const Node *joining(Scope *s, int64_t kind, const Type *elem) {
    static const Op ops[SCATTER_KINDS] = {OP_ADD, OP_ADD, OP_MUL, OP_MIN2, OP_MAX2};
    Ir *ir = s->c->ir;
    const Type *t = type_tensor(ir_types(ir), elem, 1, (int64_t[]){1});
    return ir_2(ir, ops[kind], ir_column(ir, 0, t), ir_column(ir, 1, t));
}

static KInst *joined(TensorKernel *k, const Node *join, KInst *x, KInst *u, KInst *need, KInst *row) {
    Element el = {.b = k->b};
    const Type *elem = join->type->elem;
    KInst *in[] = {element_wide(k->b, x, elem), element_wide(k->b, u, elem)};
    KInst *r = element_value(&el, join, in);
    if (el.fails[FAIL_RANGE])
        tk_fail(k, el.fails[FAIL_RANGE], need, row, 0, ROW_OVERFLOW);
    return element_narrow(k->b, r, (KType)x->type);
}

LVal lower_scatter(Scope *s, const Node *e) {
    const AttrScatter *attr = ATTR_OF(e, Scatter);
    Along a = along(s, e, attr->axis);
    LVal updates = tensor_row_major(s, lower_expr(s, e->in[2])), out = {.type = e->type};
    KType t = elem_lanes(e->type->elem);
    uint32_t bytes = register_bytes(e->type);
    const Node *join = attr->kind == SCATTER_SET ? NULL : joining(s, attr->kind, e->type->elem);
    out.valid = mask_and(s->p, mask_and(s->p, a.x.valid, a.index.valid), updates.valid);
    Stage *need = tk_need(s, out.valid);
    TensorKernel k;
    tk_begin(&k, s, "scatter");
    KB *b = k.b;
    a.at_x = tk_value(&k, a.x.v);
    a.at_index = tk_value(&k, a.index.v);
    KInst *from = tk_value(&k, updates.v), *asked = need ? tk_value(&k, need) : NULL, *to = tk_out(&k);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL), *start = k_mul(b, row, bytes / (uint32_t)ktype_bytes(t));
    copy_run(b, to, start, a.at_x, start_of(b, row, a.x.v), type_elems(e->type), t);
    KInst *i = open_loop(b, a.count), *at = subscript(&k, &a, e, asked, row, i), *o = open_loop(b, a.outer), *j = open_loop(b, a.inner);
    KInst *u = kb_load(b, from, k_plus(b, k_plus(b, start_of(b, row, updates.v), place(b, o, a.count, i, a.inner)), j), t, 1);
    KInst *target = k_plus(b, k_plus(b, start, place(b, o, a.n, at, a.inner)), j);
    if (join)
        u = joined(&k, join, kb_load(b, to, target, t, 1), u, asked, row);
    kb_store(b, to, target, u);
    for (int loops = 0; loops < 4; loops++)
        kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, bytes, (Range){0});
    tk_sites(s, out.v, 1, &e);
    return out;
}
