/* Tensors whose sizes only each row knows: views of sizes and elements (base/ragged.h), on which natives work. */
#include "base/ragged.h"
#include "lower/tensor.h"

bool touches_ragged(const Node *e) {
    if (e->op == OP_COLUMN || e->op == OP_IS_NULL || e->op == OP_CASE || e->op == OP_COALESCE || e->op == OP_CONST) return false;
    bool any = type_ragged(e->type);
    for (uint32_t i = 0; i < e->n; i++) any = any || type_ragged(e->in[i]->type);
    return any;
}

static LVal unsupported(Scope *s, const Node *e) {
    lower_fail(s->c, "%s of tensors whose shape is known only at run time is not supported in compiled plans yet", op_info[e->op].text);
    return expr_null(s, type_nullable(e->type, true));
}

static CallArg number(Scope *s, int64_t v) { return (CallArg){.arg = build_int(s->c, v, false)}; }
static CallArg sizes(Scope *s, const Type *t) { return (CallArg){.arg = build_bytes(s->c, t->dims, t->n * sizeof *t->dims)}; }
static CallArg mask(Scope *s, Stage *valid) {
    Stage *need = need_mask(s, valid);
    return (CallArg){.value = need ? pipe_layout(s->p, need, s->domain, K_I1) : NULL};
}
static const CallArg scratch = {.arg = {.kind = ARG_SCRATCH}};

/* what: of the message when a row fails */
static Stage *call(Scope *s, const Node *e, const Type *what, const char *name, uint32_t n, const CallArg *args, uint32_t out_at,
                   KType t, uint32_t row_bytes) {
    Call *c = ARENA_NEW(s->c->a, Call);
    *c = (Call){.native = name, .n = n, .args = arena_copy(s->c->a, args, n * sizeof *args)};
    Stage *out = tk_call(s, c, out_at, t, row_bytes);
    out->in[0]->site = site_of(s, e, what, NULL);
    return out;
}

static int64_t elem_bytes(const Type *t) { return type_bytes(t->elem); }

/* ---- casts ---- */

static LVal pack(Scope *s, const Node *e) {
    const Type *from = e->in[0]->type, *to = e->type;
    for (uint32_t d = 0; d < to->n; d++)
        if (to->dims[d] != DIM_ANY && to->dims[d] != from->dims[d]) return unsupported(s, e);
    const Node *x = ir_cast(s->c->ir, e->in[0], type_tensor(ir_types(s->c->ir), type_nullable(to->elem, false), from->n, from->dims));
    LVal in = tensor_row_major(s, lower_expr(s, x)), out = {.type = to, .valid = in.valid};
    int64_t bytes = type_elems(from) * elem_bytes(to), pitch = stride_of(in.v) * ktype_bytes((KType)in.v->type);
    CallArg a[] = {scratch, {.value = in.v}, number(s, pitch), number(s, bytes), sizes(s, from), number(s, from->n), {0}};
    out.v = call(s, e, to, "dql_rt_ragged_pack", 7, a, 6, K_I128, 0);
    return out;
}

static LVal unpack(Scope *s, const Node *e) {
    const Type *from = e->in[0]->type;
    const Type *mid = type_tensor(ir_types(s->c->ir), type_nullable(from->elem, false), e->type->n, e->type->dims);
    LVal in = lower_expr(s, e->in[0]), out = {.type = mid, .valid = in.valid};
    uint32_t pitch = register_bytes(mid);
    CallArg a[] = {{.value = text_view(s, in)}, sizes(s, mid), number(s, mid->n), number(s, type_elems(mid) * elem_bytes(mid)),
                   mask(s, in.valid), {0}, number(s, pitch)};
    out.v = call(s, e, mid, "dql_rt_ragged_unpack", 7, a, 5, elem_lanes(mid->elem), pitch);
    return out;
}

static bool converts(const Type *from, const Type *to) {
    return type_is_float(to) || (!type_is_float(from) && from->kind != TY_BOOL && to->kind != TY_BOOL);
}

static LVal recast(Scope *s, const Node *e) {
    const Type *from = e->in[0]->type, *to = e->type;
    for (uint32_t d = 0; d < to->n; d++)
        if (to->dims[d] != DIM_ANY && to->dims[d] != from->dims[d]) return unsupported(s, e);
    LVal in = lower_expr(s, e->in[0]), out = {.type = to, .valid = in.valid, .v = in.v};
    if (from->elem->kind == to->elem->kind) return out;
    if (!converts(from->elem, to->elem)) return unsupported(s, e);
    CallArg a[] = {scratch, {.value = text_view(s, in)}, number(s, from->n), number(s, from->elem->kind), number(s, to->elem->kind),
                   number(s, elem_bytes(to)), mask(s, in.valid), {0}};
    out.v = call(s, e, to->elem, "dql_rt_ragged_cast", 8, a, 7, K_I128, 0);
    return out;
}

static LVal cast(Scope *s, const Node *e) {
    const Type *from = e->in[0]->type, *to = e->type;
    if (from->kind != TY_TENSOR || to->kind != TY_TENSOR || from->n != to->n || ATTR_OF(e, Cast)->try) return unsupported(s, e);
    if (!type_ragged(from)) return pack(s, e);
    if (type_ragged(to)) return recast(s, e);
    LVal same = unpack(s, e);
    if (from->elem->kind == to->elem->kind) return same.type = to, same;
    return unsupported(s, e);
}

/* ---- reductions to a known shape ---- */

static int fold_of(Op op) {
    static const Op ops[] = {OP_SUM, OP_MEAN, OP_MAX, OP_MIN, OP_ARGMAX, OP_ARGMIN}; /* in the order of native_ragged.c */
    for (int i = 0; i < 6; i++)
        if (ops[i] == op) return i;
    return -1;
}

static LVal reduce(Scope *s, const Node *e) {
    const AttrDims *a = ATTR_OF(e, Dims);
    const Type *elem = elem_of(e->type);
    LVal in = lower_expr(s, e->in[0]), out = {.type = e->type, .valid = in.valid};
    int fold = fold_of(e->op);
    bool tensor = is_tensor(e->type), whole = elem->kind == TY_I64;
    int64_t reduced = 0, results = tensor ? type_elems(e->type) : 1;
    if (fold < 0 || type_ragged(e->type) || !(whole || type_is_float(elem))) return unsupported(s, e);
    for (uint32_t i = 0; i < a->dims.n; i++) reduced |= INT64_C(1) << a->dims.at[i];
    uint32_t bytes = tensor ? register_bytes(e->type) : 0, pitch = tensor ? bytes : (uint32_t)ktype_bytes(elem_lanes(elem));
    CallArg args[] = {scratch, {.value = text_view(s, in)}, number(s, e->in[0]->type->elem->kind), number(s, elem->kind),
                      number(s, e->in[0]->type->n), number(s, reduced), number(s, fold), number(s, results), mask(s, in.valid), {0},
                      number(s, pitch)};
    out.v = call(s, e, elem, "dql_rt_ragged_reduce", 11, args, 9, elem_lanes(elem), bytes);
    if (tensor) return out;
    if (whole) out.v->range = range_of_type(elem);
    out.v = tensor_scalar(s, out.v, elem).v;
    return out;
}

/* ---- x[index] with ragged subscripts ---- */

static LVal gather(Scope *s, const Node *e) {
    const Type *t = e->in[0]->type, *of = e->in[1]->type;
    int64_t axis = ATTR_OF(e, Axis)->axis, outer = 1, inner = elem_bytes(t);
    if (type_ragged(t) || !type_ragged(of)) return unsupported(s, e);
    LVal x = tensor_row_major(s, lower_expr(s, e->in[0])), index = lower_expr(s, e->in[1]);
    LVal out = {.type = e->type, .valid = mask_and(s->p, x.valid, index.valid)};
    for (uint32_t d = 0; d < t->n; d++)
        if (d != axis) *(d < axis ? &outer : &inner) *= t->dims[d];
    int64_t pitch = stride_of(x.v) * ktype_bytes((KType)x.v->type);
    CallArg a[] = {scratch, {.value = x.v}, number(s, pitch), number(s, outer), number(s, t->dims[axis]), number(s, inner),
                   {.value = text_view(s, index)}, number(s, of->elem->kind), number(s, of->n), number(s, axis), sizes(s, t), number(s, t->n),
                   mask(s, out.valid), {0}};
    out.v = call(s, e, t, "dql_rt_ragged_gather", 14, a, 13, K_I128, 0);
    return out;
}

LVal lower_ragged(Scope *s, const Node *e) {
    if (e->op == OP_CAST) return cast(s, e);
    if (e->op == OP_GATHER) return gather(s, e);
    if (fold_of(e->op) >= 0) return reduce(s, e);
    return unsupported(s, e);
}
