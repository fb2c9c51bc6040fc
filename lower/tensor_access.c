/* Slices, transpositions, reshapes, constant subscripts, gathers and broadcasting, as tables from result element to operand element. */
#include "lower/tensor.h"
#include <string.h>

static void strides(const Type *t, int64_t *out) {
    int64_t n = 1;
    for (uint32_t d = t->n; d-- > 0; n *= t->dims[d])
        out[d] = n;
}

/* Are the elements read in order? */
static bool in_order(uint32_t rank, const int64_t *dims, const int64_t *step) {
    int64_t n = 1;
    for (uint32_t d = rank; d-- > 0; n *= dims[d])
        if (dims[d] != 1 && step[d] != n)
            return false;
    return true;
}

static bool along_first(uint32_t rank, const int64_t *dims, const int64_t *step) {
    for (uint32_t d = 1; d < rank; d++)
        if (dims[d] != 1 && step[d] != 0)
            return false;
    return rank > 0 && (step[0] == 1 || dims[0] == 1);
}

/* Result element i is element start + sum of i's coordinates over `dims` times `step`. */
static Access strided(Scope *s, Access in, uint32_t rank, const int64_t *dims, const int64_t *step, int64_t start) {
    int64_t n = 1, at[TENSOR_MAX_RANK] = {0}, from = start;
    for (uint32_t d = 0; d < rank; d++)
        n *= dims[d];
    if (start == 0 && n == in.n && in_order(rank, dims, step))
        return in;
    if (start == 0 && !in.table && along_first(rank, dims, step))
        return (Access){in.node, NULL, n, true};
    int32_t *table = ARENA_ARRAY(s->c->a, int32_t, n);
    for (int64_t i = 0; i < n; i++) {
        table[i] = in.table ? in.table[from] : (int32_t)from;
        for (uint32_t d = rank; d-- > 0;) {
            from += step[d];
            if (++at[d] < dims[d])
                break;
            from -= step[d] * dims[d];
            at[d] = 0;
        }
    }
    return (Access){in.node, table, n, false};
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
    return (Access){in.node, table, outer * n * inner, false};
}

/* A gather whose subscripts are known is resolved when compiling. */
static bool gathers_known(const Node *e) {
    return ir_is_const(e->in[1]) && !ATTR_OF(e->in[1], Const)->value.null && !ir_op_fallible(e);
}

Access access_of(Scope *s, const Node *e) {
    Access self = {e, NULL, is_tensor(e->type) ? type_elems(e->type) : 1, false};
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

const int32_t *access_table(Scope *s, const Access *a, const Type *out) {
    if (!a->channel)
        return a->table;
    int64_t area = type_elems(out) / out->dims[0];
    int32_t *table = ARENA_ARRAY(s->c->a, int32_t, a->n);
    for (int64_t i = 0; i < a->n; i++)
        table[i] = (int32_t)(i / area);
    return table;
}
