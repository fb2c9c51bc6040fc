/* Slices, transpositions, reshapes, constant subscripts, gathers and broadcasting, as tables from result element to operand element. */
#include "lower/tensor.h"
#include <string.h>

static void strides(const Type *t, int64_t *out) {
    int64_t n = 1;
    for (uint32_t d = t->n; d-- > 0; n *= t->dims[d])
        out[d] = n;
}

/* place of result element i: start + sum of its coordinates over `dims` times `step` */
static int64_t place(int64_t i, uint32_t rank, const int64_t *dims, const int64_t *step, int64_t start) {
    for (uint32_t d = rank; d-- > 0; i /= dims[d])
        start += i % dims[d] * step[d];
    return start;
}

static Access strided(Scope *s, Access in, uint32_t rank, const int64_t *dims, const int64_t *step, int64_t start) {
    int64_t n = 1;
    for (uint32_t d = 0; d < rank; d++)
        n *= dims[d];
    int32_t *table = ARENA_ARRAY(s->c->a, int32_t, n);
    bool same = n == in.n;
    for (int64_t i = 0; i < n; i++) {
        int64_t at = place(i, rank, dims, step, start);
        same = same && at == i;
        table[i] = in.table ? in.table[at] : (int32_t)at;
    }
    if (same)
        return in;
    return (Access){in.node, table, n};
}

static Access slice(Scope *s, const Node *e, Access in) {
    const AttrSlice *a = ATTR_OF(e, Slice);
    const Type *t = e->in[0]->type;
    int64_t own[TENSOR_MAX_RANK], dims[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK], start = 0;
    strides(t, own);
    for (uint32_t d = 0; d < t->n; d++) {
        int64_t from = a->from.at[d], to = a->to.at[d] == INT64_MAX ? t->dims[d] : a->to.at[d];
        dims[d] = to > from ? (to - from + a->step.at[d] - 1) / a->step.at[d] : 0;
        step[d] = own[d] * a->step.at[d];
        start += from * own[d];
    }
    return strided(s, in, t->n, dims, step, start);
}

static Access transpose(Scope *s, const Node *e, Access in) {
    const IntList *order = &ATTR_OF(e, Shape)->shape;
    int64_t own[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK];
    strides(e->in[0]->type, own);
    for (uint32_t d = 0; d < order->n; d++)
        step[d] = own[order->at[d]];
    return strided(s, in, e->type->n, e->type->dims, step, 0);
}

static bool constant_subscripts(const Node *e) {
    for (uint32_t i = 1; i < e->n; i++)
        if (!ir_is_const(e->in[i]) || ATTR_OF(e->in[i], Const)->value.null)
            return false;
    return !ir_op_fallible(e) && is_tensor(e->in[0]->type);
}

static Access subscript(Scope *s, const Node *e, Access in) {
    const Type *t = e->in[0]->type;
    int64_t own[TENSOR_MAX_RANK], start = 0;
    strides(t, own);
    uint32_t k = e->n - 1;
    for (uint32_t d = 0; d < k; d++)
        start += ATTR_OF(e->in[d + 1], Const)->value.i * own[d];
    return strided(s, in, t->n - k, t->dims + k, own + k, start);
}

/* The index counts from the end below 0; it is a list of subscripts, one of which is a scalar. */
static Access gather(Scope *s, const Node *e, Access in) {
    const Type *t = e->in[0]->type;
    const Value *v = &ATTR_OF(e->in[1], Const)->value;
    int64_t axis = ATTR_OF(e, Axis)->axis, n = is_tensor(v->type) ? tensor_count(v) : 1, size = t->dims[axis];
    int64_t inner = 1, outer = 1;
    for (uint32_t d = 0; d < t->n; d++)
        if (d != axis)
            *(d < axis ? &outer : &inner) *= t->dims[d];
    int32_t *table = ARENA_ARRAY(s->c->a, int32_t, outer * n * inner);
    for (int64_t i = 0; i < outer * n * inner; i++) {
        int64_t k = i / inner % n, at = is_tensor(v->type) ? ((const int64_t *)v->t.data)[k] : v->i;
        at = (i / inner / n * size + (at < 0 ? at + size : at)) * inner + i % inner;
        table[i] = in.table ? in.table[at] : (int32_t)at;
    }
    return (Access){in.node, table, outer * n * inner};
}

/* A gather whose subscripts are known is resolved when compiling. */
static bool gathers_known(const Node *e) {
    return ir_is_const(e->in[1]) && !ATTR_OF(e->in[1], Const)->value.null && !ir_op_fallible(e);
}

Access access_of(Scope *s, const Node *e) {
    Access self = {e, NULL, is_tensor(e->type) ? type_elems(e->type) : 1};
    if (e->n == 0 || !is_tensor(e->in[0]->type) || !shape_known(e->in[0]->type))
        return self;
    switch ((int)e->op) {
    case OP_SLICE: return slice(s, e, access_of(s, e->in[0]));
    case OP_TRANSPOSE: return transpose(s, e, access_of(s, e->in[0]));
    case OP_RESHAPE: return access_of(s, e->in[0]);
    case OP_GATHER: return gathers_known(e) ? gather(s, e, access_of(s, e->in[0])) : self;
    case OP_INDEX: return constant_subscripts(e) ? subscript(s, e, access_of(s, e->in[0])) : self;
    }
    return self;
}

Access access_broadcast(Scope *s, const Node *e, const Type *out) {
    Access in = access_of(s, e);
    if (!is_tensor(e->type) || !is_tensor(out))
        return in;
    const Type *t = e->type;
    int64_t own[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK];
    uint32_t missing = out->n - t->n;
    strides(t, own);
    for (uint32_t d = 0; d < out->n; d++)
        step[d] = d < missing || t->dims[d - missing] == 1 ? 0 : own[d - missing];
    return strided(s, in, out->n, out->dims, step, 0);
}

bool access_is_channel(const Access *a, const Type *out) {
    int64_t c = out->dims[0], area = type_elems(out) / c;
    for (int64_t i = 0; i < a->n; i++)
        if ((a->table ? a->table[i] : i) != i / area)
            return false;
    return a->n == type_elems(out);
}
