/* Tensors from scalars and parts, and parts of tensors. */
#include "lower/tensor.h"

/* A scalar as elements of type t: in memory of those lanes, or one for all rows. */
static Stage *element(Scope *s, LVal x, const Type *t) {
    KType want = elem_lanes(t);
    Stage *v = x.v;
    if (t->kind == TY_BOOL && v->type == K_I1)
        v = stage_convert(s->p, KI_SEXT, v, K_I8);
    if (v->type > K_I128 && v->type != want)
        v = stage_convert(s->p, want > (KType)v->type ? KI_FEXT : KI_FTRUNC, v, want);
    return pipe_layout(s->p, v, s->domain, want);
}

static LVal stack_scalars(Scope *s, const Node *e) {
    LVal out = {.type = e->type};
    KType t = elem_lanes(e->type->elem);
    uint32_t bytes = register_bytes(e->type);
    Stage **in = ARENA_ARRAY(s->c->a, Stage *, e->n);
    for (uint32_t i = 0; i < e->n; i++) {
        LVal x = lower_expr(s, e->in[i]);
        in[i] = element(s, x, e->type->elem);
        out.valid = mask_and(s->p, out.valid, x.valid);
    }
    TensorKernel k;
    tk_begin(&k, s, "stack");
    KInst **ptr = ARENA_ARRAY(s->c->a, KInst *, e->n);
    for (uint32_t i = 0; i < e->n; i++)
        ptr[i] = tk_value(&k, in[i]);
    KInst *to = tk_out(&k), *row = kb_loop(k.b, k_int(k.b, 0), k.n, k_int(k.b, 1), 0, NULL);
    KInst *at = k_mul(k.b, row, bytes / (uint32_t)ktype_bytes(t));
    for (uint32_t i = 0; i < e->n; i++)
        kb_store(k.b, to, k_add(k.b, at, i), kb_load(k.b, ptr[i], row, t, 1));
    kb_loop_end(k.b, NULL);
    out.v = tk_end(&k, t, bytes, (Range){0});
    return out;
}

static LVal *lower_parts(Scope *s, const Node *e) {
    LVal *part = ARENA_ARRAY(s->c->a, LVal, e->n);
    for (uint32_t i = 0; i < e->n; i++)
        part[i] = lower_expr(s, e->in[i]);
    return part;
}

static Stage *all_valid(Scope *s, const Node *e, const LVal *part) {
    Stage *valid = NULL;
    for (uint32_t i = 0; i < e->n; i++)
        valid = mask_and(s->p, valid, part[i].valid);
    return valid;
}

/* Parts that a layer made as (H, W, C) and whose channels are whole vectors are joined as they are. */
static bool joins_channels(const Node *e, uint32_t axis, const LVal *part) {
    bool whole = axis == 0 && e->type->n > 1, nhwc = false;
    for (uint32_t i = 0; i < e->n; i++) {
        whole = whole && e->in[i]->type->dims[0] % TENSOR_LANES == 0;
        nhwc = nhwc || part[i].nhwc;
    }
    return whole && nhwc;
}

/* part i (C_i, H, W) as (H, W, C_i)  out (C, H, W) as (H, W, C): vectors of channels, pixel by pixel */
static LVal join_channels(Scope *s, const Node *e, LVal *part) {
    KType t = elem_lanes(e->type->elem);
    int64_t channels = e->type->dims[0], area = type_elems(e->type) / channels, before = 0;
    for (uint32_t i = 0; i < e->n; i++)
        part[i] = tensor_nhwc(s, part[i]);
    TensorKernel k;
    tk_begin(&k, s, "concat");
    KB *b = k.b;
    KInst **ptr = ARENA_ARRAY(s->c->a, KInst *, e->n), *lo, *hi;
    for (uint32_t i = 0; i < e->n; i++)
        ptr[i] = tk_value(&k, part[i].v);
    KInst *to = tk_out(&k);
    tk_share(&k, area, &lo, &hi);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL), *pixel = kb_loop(b, lo, hi, k_int(b, 1), 0, NULL);
    KInst *to_pixel = k_plus(b, k_mul(b, row, channels * area), k_mul(b, pixel, channels));
    for (uint32_t i = 0; i < e->n; i++) {
        int64_t own = e->in[i]->type->dims[0];
        KInst *from = k_plus(b, k_mul(b, row, stride_of(part[i].v)), k_mul(b, pixel, own)), *at = k_add(b, to_pixel, before);
        KInst *c = kb_loop(b, k_int(b, 0), k_int(b, own), k_int(b, TENSOR_LANES), 0, NULL);
        kb_store(b, to, k_plus(b, at, c), kb_load(b, ptr[i], k_plus(b, from, c), t, TENSOR_LANES));
        kb_loop_end(b, NULL);
        before += own;
    }
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    return (LVal){.v = tk_end(&k, t, (uint32_t)(channels * area * ktype_bytes(t)), (Range){0}), .valid = all_valid(s, e, part), .type = e->type, .nhwc = true};
}

/* The parts' elements one after another within each block of `inner` elements. */
static LVal join_parts(Scope *s, const Node *e, uint32_t axis, bool stack) {
    KType t = elem_lanes(e->type->elem);
    uint32_t bytes = register_bytes(e->type);
    LVal *part = lower_parts(s, e), out = {.type = e->type};
    if (!stack && joins_channels(e, axis, part))
        return join_channels(s, e, part);
    for (uint32_t i = 0; i < e->n; i++)
        part[i] = tensor_row_major(s, part[i]);
    out.valid = all_valid(s, e, part);
    TensorKernel k;
    tk_begin(&k, s, stack ? "stack" : "concat");
    KB *b = k.b;
    KInst **ptr = ARENA_ARRAY(s->c->a, KInst *, e->n);
    for (uint32_t i = 0; i < e->n; i++)
        ptr[i] = tk_value(&k, part[i].v);
    KInst *to = tk_out(&k), *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    int64_t inner = 1, outer = 1, before = 0;
    for (uint32_t d = axis + 1; d < e->type->n; d++)
        inner *= e->type->dims[d];
    for (uint32_t d = 0; d < axis; d++)
        outer *= e->type->dims[d];
    for (uint32_t i = 0; i < e->n; i++) {
        int64_t own = type_elems(e->in[i]->type) / outer;
        KInst *from = k_mul(b, row, stride_of(part[i].v));
        KInst *o = kb_loop(b, k_int(b, 0), k_int(b, outer), k_int(b, 1), 0, NULL);
        KInst *from_o = k_plus(b, from, k_mul(b, o, own));
        KInst *to_o = k_add(b, k_plus(b, k_mul(b, row, bytes / (uint32_t)ktype_bytes(t)), k_mul(b, o, e->type->dims[axis] * inner)), before);
        KInst *j = kb_loop(b, k_int(b, 0), k_int(b, own), k_int(b, 1), 0, NULL);
        kb_store(b, to, k_plus(b, to_o, j), kb_load(b, ptr[i], k_plus(b, from_o, j), t, 1));
        kb_loop_end(b, NULL);
        kb_loop_end(b, NULL);
        before += own;
    }
    kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, bytes, (Range){0});
    return out;
}

LVal lower_stack(Scope *s, const Node *e) {
    return is_tensor(e->in[0]->type) ? join_parts(s, e, (uint32_t)ATTR_OF(e, Axis)->axis, true) : stack_scalars(s, e);
}

LVal lower_concat(Scope *s, const Node *e) {
    return join_parts(s, e, (uint32_t)ATTR_OF(e, Axis)->axis, false);
}

LVal lower_onehot(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), out = {.type = e->type, .valid = x.valid};
    uint32_t n = e->n - 1;
    Stage **is = ARENA_ARRAY(s->c->a, Stage *, n);
    for (uint32_t i = 0; i < n; i++) {
        LVal y = lower_expr(s, e->in[i + 1]);
        is[i] = pipe_layout(s->p, stage_convert(s->p, KI_SITOF, compare_values(s, OP_EQ, x, y), K_F32), s->domain, K_F32);
        out.valid = mask_and(s->p, out.valid, y.valid);
    }
    TensorKernel k;
    tk_begin(&k, s, "onehot");
    KInst **ptr = ARENA_ARRAY(s->c->a, KInst *, n);
    for (uint32_t i = 0; i < n; i++)
        ptr[i] = tk_value(&k, is[i]);
    KInst *to = tk_out(&k), *row = kb_loop(k.b, k_int(k.b, 0), k.n, k_int(k.b, 1), 0, NULL);
    for (uint32_t i = 0; i < n; i++)
        kb_store(k.b, to, k_add(k.b, k_mul(k.b, row, register_bytes(e->type) / 4), i), kb_load(k.b, ptr[i], row, K_F32, 1));
    kb_loop_end(k.b, NULL);
    out.v = tk_end(&k, K_F32, register_bytes(e->type), (Range){0});
    return out;
}

/* ---- parts ---- */
/* A scalar result's lanes: unsigned elements need one more bit. */
LVal tensor_scalar(Scope *s, Stage *v, const Type *elem) {
    Range r = range_of_type(elem);
    if (elem->kind == TY_BOOL)
        return (LVal){.v = stage_cmp(s->p, KP_NE, v, int_const(s, 0)), .type = elem};
    if (r.exact && r.lo >= 0) {
        int bits = 8 * ktype_bytes(v->type);
        Stage *mask = int_const(s, ((Int128)1 << bits) - 1);
        v = stage_op(s->p, KI_AND, range_lanes(r), r, 2, (Stage *[]){v, mask});
    }
    if (v->type == K_F16 || v->type == K_BF16)
        v = stage_convert(s->p, KI_FEXT, v, K_F32);
    return (LVal){.v = v, .type = elem};
}

/* out[row] = x[row][place], place one for all or a value of the row */
static LVal element_at(Scope *s, LVal x, int64_t place, Stage *places, const Type *elem) {
    KType t = elem_lanes(elem);
    TensorKernel k;
    tk_begin(&k, s, "element");
    KB *b = k.b;
    KInst *from = tk_value(&k, x.v), *at = places ? tk_value(&k, places) : NULL, *to = tk_out(&k);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    KInst *j = places ? kb_load(b, at, row, K_I64, 1) : k_int(b, place);
    kb_store(b, to, row, kb_load(b, from, k_plus(b, k_mul(b, row, stride_of(x.v)), j), t, 1));
    kb_loop_end(b, NULL);
    LVal out = tensor_scalar(s, tk_end(&k, t, 0, range_of_type(type_get(ir_types(s->c->ir), TY_I64))), elem);
    out.valid = x.valid;
    return out;
}

LVal lower_move(Scope *s, const Node *e) {
    Access a = access_of(s, e);
    LVal x = tensor_row_major(s, lower_expr(s, a.node));
    if (!is_tensor(e->type)) {
        x = element_at(s, x, a.table ? a.table[0] : 0, NULL, e->type);
        x.type = e->type;
        return x;
    }
    if (a.table)
        x.v = tensor_gather(s, x.v, a.table, a.n);
    x.type = e->type;
    return x;
}

/* Subscripts that depend on the row: each is within its dimension or an error. */
static uint16_t dimension_site(Scope *s, const Node *e, uint32_t d, int64_t size) {
    const char *what = arena_printf(s->c->a, "dimension %u with size %lld", d, (long long)size);
    return build_site(s->c, e, what, type_get(ir_types(s->c->ir), TY_I64));
}

static LVal dynamic_index(Scope *s, const Node *e) {
    LVal x = tensor_row_major(s, lower_expr(s, e->in[0]));
    const Type *t = e->in[0]->type;
    Stage *at = int_const(s, 0);
    if (is_tensor(e->type))
        lower_fail(s->c, "a subscript that leaves a tensor and depends on the row is not supported in compiled plans yet");
    for (uint32_t d = 0; d + 1 < e->n; d++) {
        LVal i = lower_expr(s, e->in[d + 1]);
        x.valid = mask_and(s->p, x.valid, i.valid);
        Range in = range_span(0, t->dims[d] - 1);
        Stage *ok = range_within(i.v->range, in) ? i.v
                    : check_range(s, i.v, in, ROW_INDEX, need_mask(s, x.valid), dimension_site(s, e, d, t->dims[d]));
        Range up = range_mul(at->range, range_point(t->dims[d])), sum = range_add(up, in);
        at = stage_op(s->p, KI_MUL, range_lanes(up), up, 2, (Stage *[]){at, int_const(s, t->dims[d])});
        at = stage_op(s->p, KI_ADD, range_lanes(sum), sum, 2, (Stage *[]){at, ok});
    }
    Stage *need = need_mask(s, x.valid);
    if (need)
        at = stage_select(s->p, need, at, int_const(s, 0));
    LVal out = element_at(s, x, 0, pipe_layout(s->p, at, s->domain, K_I64), e->type);
    out.valid = x.valid;
    out.type = e->type;
    return out;
}

LVal lower_index(Scope *s, const Node *e) {
    Access a = access_of(s, e);
    return a.node == e ? dynamic_index(s, e) : lower_move(s, e);
}
