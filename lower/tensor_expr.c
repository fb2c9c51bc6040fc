/* Dispatch of tensor expressions; what is the same for all rows. */
#include "ir/laws.h"
#include "lower/rows.h"
#include "lower/tensor.h"

typedef struct FixedTensor {
    uint32_t state;
    RowCol col;
    const Type *type;
} FixedTensor;

bool is_fixed(const Scope *s, const Node *e) {
    uint32_t varies = BELOW_COLUMN | BELOW_PARAM | BELOW_VOLATILE | BELOW_SOURCE | BELOW_AGG;
    bool leaf = e->op == OP_WEIGHT || (e->op == OP_CONST && is_tensor(e->type));
    return leaf || (!s->p->once && is_tensor(e->type) && !(e->below & varies) && !ir_is_fallible(e));
}

/* One tensor for all rows, at `at`. */
static LVal in_no_domain(Scope *s, const Type *t, Arg at, uint32_t row_bytes) {
    Stage *v = stage_scalar(s->p, S_CONST, elem_lanes(t->elem), at, (Range){0});
    v->row_bytes = row_bytes;
    return (LVal){.v = v, .type = t};
}

static LVal constant(Scope *s, const Node *e) {
    const Value *v = &ATTR_OF(e, Const)->value;
    if (v->null) {
        static const char zero[64];
        LVal x = in_no_domain(s, e->type, build_bytes(s->c, zero, sizeof zero), register_bytes(e->type));
        x.valid = bool_const(s, false);
        return x;
    }
    size_t bytes = (size_t)type_elems(e->type) * (size_t)type_bytes(e->type->elem);
    return in_no_domain(s, e->type, build_bytes(s->c, v->t.data, bytes), register_bytes(e->type));
}

static FixedTensor *append_fixed(Scope *in, const Node *e, LVal v) {
    Lower *c = in->c;
    FixedTensor *f = ARENA_NEW(c->a, FixedTensor);
    v = tensor_row_major(in, v);
    *f = (FixedTensor){.col = row_col(&v), .type = e->type};
    StateColumn sc = {.code = f->col.code};
    f->state = build_state(c, (State){.kind = ST_ROWS, .expected = 1});
    append_rows(c, in->p, 0, f->state, 1, &v, &f->col);
    build_state_cols(c, f->state, 1, &sc);
    *vec_push(&in->p->finish) = f->state;
    assemble(c, in->p);
    return f;
}

static Scope once_scope(Lower *c, const char *label) {
    Scope s;
    Pipe *p = pipe_new(c->a, SRC_ONE, 0, 0, label);
    p->once = true;
    scope_init(&s, c, p, 0, 0, NULL);
    return s;
}

static LVal read_fixed(Scope *s, const FixedTensor *f) {
    return in_no_domain(s, f->type, (Arg){.kind = ARG_COL, .a = f->state}, f->col.row_bytes);
}

LVal tensor_fixed(Scope *s, const Node *e) {
    if (e->op == OP_CONST)
        return constant(s, e);
    if (e->op == OP_WEIGHT)
        return in_no_domain(s, e->type, (Arg){.kind = ARG_WEIGHT, .a = build_weight(s->c, ATTR_OF(e, Weight))}, register_bytes(e->type));
    FixedTensor *f = ptrmap_get(&s->c->fixed, e);
    if (!f) {
        Scope in = once_scope(s->c, "weights");
        f = append_fixed(&in, e, lower_expr(&in, e));
        scope_free(&in);
        ptrmap_set(&s->c->fixed, e, f);
    }
    return read_fixed(s, f);
}

LVal tensor_prepared(Scope *s, const Node *weights, const char *native, uint32_t n, const int64_t *sizes, uint32_t bytes) {
    Lower *c = s->c;
    Scope in = once_scope(c, "pack");
    Call *call = ARENA_NEW(c->a, Call);
    CallArg *a = ARENA_ARRAY(c->a, CallArg, n + 2);
    a[0].value = tensor_fixed(&in, weights).v;
    for (uint32_t i = 0; i < n; i++)
        a[1 + i].arg = build_int(c, sizes[i], false);
    *call = (Call){.native = native, .n = n + 2, .args = a};
    LVal v = {.type = weights->type, .v = tk_call(&in, call, n + 1, K_F32, (bytes + 63) / 64 * 64)};
    FixedTensor *f = append_fixed(&in, weights, v);
    scope_free(&in);
    return read_fixed(s, f);
}

LVal tensor_packed(Scope *s, const Node *weights, int64_t n, int64_t ch, int64_t kh, int64_t kw, uint32_t nr) {
    bool conv = weights->type->n > 2;
    int64_t k = ch * kh * kw, sizes[] = {n, ch, kh, kw, nr}, flat[] = {n, k, nr};
    uint32_t bytes = (uint32_t)((n + nr - 1) / nr * nr * k * 4);
    return tensor_prepared(s, weights, conv ? "dql_rt_pack_conv" : "dql_rt_pack_panels", conv ? 5 : 3, conv ? sizes : flat, bytes);
}

/* ---- batch_norm ---- */
static const Node *per_channel(Scope *s, const Node *v, const Type *x) {
    int64_t *shape = ARENA_ARRAY(s->c->a, int64_t, x->n);
    for (uint32_t d = 0; d < x->n; d++)
        shape[d] = d ? 1 : v->type->dims[0];
    AttrShape a = {.shape = {x->n, shape}};
    return ir_node(s->c->ir, OP_RESHAPE, &a, 1, &v);
}

static const Node *scale_and_shift(Scope *s, const Node *e) {
    Ir *ir = s->c->ir;
    Value eps = {.type = type_get(ir_types(ir), TY_F32), .f32 = (float)ATTR_OF(e, Norm)->eps};
    if (e->type->elem->kind == TY_F64) {
        eps.type = type_get(ir_types(ir), TY_F64);
        eps.f64 = ATTR_OF(e, Norm)->eps;
    }
    const Node *x = e->in[0], *root = ir_1(ir, OP_SQRT, ir_2(ir, OP_ADD, e->in[4], ir_const(ir, eps)));
    const Node *scale = ir_2(ir, OP_DIV, e->in[1], root);
    const Node *shift = ir_2(ir, OP_SUB, e->in[2], ir_2(ir, OP_MUL, e->in[3], scale));
    const Node *scaled = ir_2(ir, OP_MUL, x, per_channel(s, scale, e->type));
    return ir_2(ir, OP_ADD, scaled, per_channel(s, shift, e->type));
}

/* What takes the place of a node has its uses. */
static const Node *replaced(Scope *s, const Node *e, const Node *same) {
    uint32_t uses = lower_uses(s->c, e);
    ptrmap_set(&s->c->plain, e, (void *)same);
    if (same != e && uses && !lower_uses(s->c, same))
        ptrmap_set(&s->c->uses, same, (void *)(uintptr_t)uses);
    return same;
}

const Node *without_batch_norm(Scope *s, const Node *e) {
    const Node *in[8], *same = ptrmap_get(&s->c->plain, e);
    if (same || e->n > 8 || (e->op != OP_BATCH_NORM && !is_elementwise(e)))
        return same ? same : e;
    for (uint32_t i = 0; i < e->n; i++)
        in[i] = without_batch_norm(s, e->in[i]);
    same = ir_with_inputs(s->c->ir, e, in);
    return replaced(s, e, same->op == OP_BATCH_NORM ? scale_and_shift(s, same) : same);
}

/* ---- dispatch ---- */
static LVal unsupported(Scope *s, const Node *e, const char *why) {
    lower_fail(s->c, "%s%s is not supported in compiled plans yet", op_info[e->op].text, why);
    if (!is_tensor(e->type))
        return expr_null(s, type_nullable(e->type, true));
    static const char zero[64];
    return in_no_domain(s, e->type, build_bytes(s->c, zero, sizeof zero), 64);
}

static bool shapes_known(const Node *e) {
    bool known = !is_tensor(e->type) || shape_known(e->type);
    for (uint32_t i = 0; i < e->n; i++)
        known = known && (!is_tensor(e->in[i]->type) || shape_known(e->in[i]->type));
    return known;
}

void note_work(Scope *s, const Node *e) {
    s->p->row_flops += ir_cost(e, 1).flops;
}

LVal lower_tensor(Scope *s, const Node *e) {
    if (!shapes_known(e))
        return unsupported(s, e, " of a tensor whose shape is known only at run time");
    if (is_fixed(s, e))
        return tensor_fixed(s, e);
    if (e->op == OP_BATCH_NORM || is_elementwise(e)) {
        const Node *same = without_batch_norm(s, e);
        return same == e ? lower_map(s, e) : lower_expr(s, same);
    }
    LVal out = {.type = e->type};
    switch ((int)e->op) {
    case OP_STACK: return lower_stack(s, e);
    case OP_ONEHOT: return lower_onehot(s, e);
    case OP_CONCAT: return lower_concat(s, e);
    case OP_SLICE: case OP_TRANSPOSE: case OP_RESHAPE: return lower_move(s, e);
    case OP_INDEX: return lower_index(s, e);
    case OP_GATHER: return lower_gather(s, e);
    case OP_SCATTER: return lower_scatter(s, e);
    case OP_SUM: case OP_MEAN: case OP_MAX: case OP_MIN: case OP_ARGMAX: case OP_ARGMIN: case OP_PROD: return lower_reduce(s, e);
    case OP_CUMSUM: case OP_CUMPROD: return lower_cumulate(s, e);
    case OP_ARGSORT: return lower_argsort(s, e);
    case OP_SOFTMAX: case OP_LOG_SOFTMAX: return lower_softmax(s, e);
    case OP_CONTRACT: note_work(s, e); return tile_linear(s, e, e, &out) || tile_matmul(s, e, e, &out) ? out : lower_contract(s, e);
    case OP_CONV: note_work(s, e); return tile_conv(s, e, e, &out) ? out : lower_conv(s, e);
    case OP_MAX_POOL: case OP_AVG_POOL: return lower_pool(s, e);
    }
    return unsupported(s, e, " of tensors");
}
