/* Tensor operators that move elements: stack, onehot, slice, index, gather, scatter, reshape, transpose,
 * concat. */
#include "ir/eval_map.h"
#include "ir/eval_walk.h"

static bool is_tensor(const Value *v) { return v->type->kind == TY_TENSOR; }

static void copy_elem(Value *to, int64_t i, const Value *from, int64_t j) {
    Value elem = is_tensor(from) ? tensor_elem(from, j) : *from;
    eval_store(to, i, &elem);
}

static int64_t product(const int64_t *shape, uint32_t from, uint32_t to) {
    int64_t n = 1;
    for (uint32_t d = from; d < to; d++) n *= shape[d];
    return n;
}

/* All elements of `from` at the places that the walk's first stride says, in the order of out. */
static void gather(const Value *from, int64_t start, Walk *w, Value *out) {
    int64_t i = 0;
    for (walk_begin(w); !w->done; walk_next(w)) copy_elem(out, i++, from, start + w->place[0]);
}

/* ---- joining ---- */

/* in: n tensors of one shape, or scalars; out: a new dimension of size n at axis */
bool law_eval_stack(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t axis = ATTR_OF(n, Axis)->axis, shape[TENSOR_MAX_RANK], own[TENSOR_MAX_RANK] = {0};
    uint32_t rank = is_tensor(in) ? in->type->n : 0;
    if (rank) eval_shape_of(in, own);
    for (uint32_t i = 1; i < n->n; i++)
        for (uint32_t d = 0; d < rank; d++)
            if (tensor_dim(&in[i], d) != own[d])
                return eval_fail(e, n, ROW_INDEX, "stacked shapes that differ");
    for (uint32_t d = 0; d <= rank; d++)
        shape[d] = d < axis ? own[d] : d == axis ? (int64_t)n->n : own[d - 1];
    if (!eval_check_shape(e, n, out->type, shape)) return false;
    eval_tensor(e, out, shape);
    int64_t inner = product(own, (uint32_t)axis, rank), count = tensor_count(out);
    for (int64_t i = 0; i < count; i++) {
        int64_t outer = i / inner / n->n, which = i / inner % n->n;
        copy_elem(out, i, &in[which], outer * inner + i % inner);
    }
    return true;
}

static bool concat_shape(Eval *e, const Node *n, const Value *in, int64_t axis, int64_t *shape) {
    eval_shape_of(in, shape);
    for (uint32_t i = 1; i < n->n; i++)
        for (uint32_t d = 0; d < in->type->n; d++) {
            if (d == axis) shape[d] += tensor_dim(&in[i], d);
            else if (tensor_dim(&in[i], d) != shape[d])
                return eval_fail(e, n, ROW_INDEX, "concatenated shapes that differ");
        }
    return true;
}

bool law_eval_concat(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t axis = ATTR_OF(n, Axis)->axis, shape[TENSOR_MAX_RANK], before = 0;
    if (!concat_shape(e, n, in, axis, shape) || !eval_check_shape(e, n, out->type, shape)) return false;
    eval_tensor(e, out, shape);
    int64_t inner = product(shape, (uint32_t)axis + 1, out->type->n);
    for (uint32_t i = 0; i < n->n; i++) {
        int64_t own = tensor_dim(&in[i], (uint32_t)axis) * inner, count = tensor_count(&in[i]);
        for (int64_t k = 0; k < count; k++)
            copy_elem(out, k / own * shape[axis] * inner + before + k % own, &in[i], k);
        before += own;
    }
    return true;
}

/* value, classes: 1 where they are equal */
bool law_eval_onehot(Eval *e, const Node *n, const Value *in, Value *out) {
    eval_tensor(e, out, &(int64_t){n->n - 1});
    for (uint32_t i = 1; i < n->n; i++) eval_store_float(out, i - 1, value_cmp(&in[0], &in[i]) == 0);
    return true;
}

/* ---- choosing ---- */

bool law_eval_slice(Eval *e, const Node *n, const Value *in, Value *out) {
    const AttrSlice *a = ATTR_OF(n, Slice);
    int64_t stride[TENSOR_MAX_RANK], shape[TENSOR_MAX_RANK], start = 0;
    uint32_t rank = 0;
    Walk w = {0};
    strides_of(in, stride);
    for (uint32_t d = 0; d < in->type->n; d++) {
        int64_t dim = tensor_dim(in, d), from = a->from.at[d], step = a->step.at[d];
        int64_t to = a->to.at[d] == INT64_MAX ? dim : a->to.at[d],
                size = to > from ? (to - from + step - 1) / step : 0;
        if (from > dim || to > dim || (a->drop.at[d] && size != 1))
            return eval_fail(e, n, ROW_INDEX, "slice %lld:%lld of %lld", (long long)from, (long long)to,
                             (long long)dim);
        start += from * stride[d];
        walk_add(&w, size, stride[d] * step, 0);
        if (!a->drop.at[d]) shape[rank++] = size;
    }
    if (is_tensor(out)) eval_tensor(e, out, shape);
    gather(in, start, &w, out);
    return true;
}

static bool index_list(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t i = in[1].i;
    if (i < 0 || (uint64_t)i >= in[0].list.n)
        return eval_fail(e, n, ROW_INDEX, "subscript %lld of a list of %zu", (long long)i, in[0].list.n);
    *out = in[0].list.at[i];
    out->type = type_nullable(out->type, out->null);
    return true;
}

/* tensor, subscripts of its first dimensions */
bool law_eval_index(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t shape[TENSOR_MAX_RANK], place = 0;
    uint32_t subscripts = n->n - 1;
    if (!is_tensor(in)) return index_list(e, n, in, out);
    eval_shape_of(in, shape);
    for (uint32_t d = 0; d < subscripts; d++) {
        int64_t i = in[d + 1].i;
        if (i < 0 || i >= shape[d])
            return eval_fail(e, n, ROW_INDEX, "subscript %lld of dimension %u with size %lld", (long long)i,
                             d, (long long)shape[d]);
        place = place * shape[d] + i;
    }
    int64_t inner = product(shape, subscripts, in->type->n);
    if (is_tensor(out)) eval_tensor(e, out, shape + subscripts);
    for (int64_t k = 0; k < inner; k++) copy_elem(out, k, in, place * inner + k);
    return true;
}

/* ---- by index tensors ---- */

/* Dimension axis of x as n elements, each `inner` apart, `outer` times. */
typedef struct Along {
    int64_t outer, n, inner;
} Along;

static Along along(const Value *x, int64_t axis) {
    int64_t shape[TENSOR_MAX_RANK];
    eval_shape_of(x, shape);
    uint32_t d = (uint32_t)axis;
    return (Along){product(shape, 0, d), shape[d], product(shape, d + 1, x->type->n)};
}

static int64_t index_count(const Value *index) { return is_tensor(index) ? tensor_count(index) : 1; }

/* Subscript i of the index, counted from 0. */
static bool subscript(Eval *e, const Node *n, const Value *index, int64_t i, int64_t size, int64_t *out) {
    int64_t at = is_tensor(index) ? ((const int64_t *)index->t.data)[i] : index->i;
    *out = at < 0 ? at + size : at;
    if (*out >= 0 && *out < size) return true;
    return eval_fail(e, n, ROW_INDEX, "subscript %lld of a dimension with size %lld", (long long)at,
                     (long long)size);
}

bool law_eval_gather(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t axis = ATTR_OF(n, Axis)->axis, shape[2 * TENSOR_MAX_RANK], count = index_count(&in[1]), at;
    uint32_t rank = 0;
    Along a = along(&in[0], axis);
    for (uint32_t d = 0; d < axis; d++) shape[rank++] = tensor_dim(&in[0], d);
    for (uint32_t d = 0; is_tensor(&in[1]) && d < in[1].type->n; d++) shape[rank++] = tensor_dim(&in[1], d);
    for (uint32_t d = (uint32_t)axis + 1; d < in[0].type->n; d++) shape[rank++] = tensor_dim(&in[0], d);
    if (is_tensor(out)) eval_tensor(e, out, shape);
    for (int64_t i = 0; i < count; i++) {
        if (!subscript(e, n, &in[1], i, a.n, &at)) return false;
        for (int64_t o = 0; o < a.outer; o++)
            for (int64_t k = 0; k < a.inner; k++)
                copy_elem(out, (o * count + i) * a.inner + k, &in[0], (o * a.n + at) * a.inner + k);
    }
    return true;
}

/* As the operators add, mul, least, greatest of two elements. */
static bool combine(Eval *e, const Node *n, const Value *x, const Value *u, Value *out) {
    static const Op ops[SCATTER_KINDS] = {OP_ADD, OP_ADD, OP_MUL, OP_MIN2, OP_MAX2};
    int64_t kind = ATTR_OF(n, Scatter)->kind;
    Node two = *n;
    two.op = ops[kind];
    if (kind == SCATTER_SET) return *out = *u, true;
    out->type = x->type;
    return kind >= SCATTER_MIN ? law_eval_minmax(e, &two, (Value[]){*x, *u}, out)
                               : law_eval_arith(e, &two, (Value[]){*x, *u}, out);
}

/* Updates in the order of the index: the last one stays, floats are rounded after each. */
bool law_eval_scatter(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t count = index_count(&in[1]), shape[TENSOR_MAX_RANK], at;
    Along a = along(&in[0], ATTR_OF(n, Scatter)->axis);
    eval_shape_of(&in[0], shape);
    if (tensor_count(&in[2]) != a.outer * count * a.inner)
        return eval_fail(e, n, ROW_INDEX, "updates of another shape");
    eval_tensor(e, out, shape);
    for (int64_t i = 0; i < tensor_count(&in[0]); i++) copy_elem(out, i, &in[0], i);
    for (int64_t i = 0; i < count; i++) {
        if (!subscript(e, n, &in[1], i, a.n, &at)) return false;
        for (int64_t o = 0; o < a.outer; o++)
            for (int64_t k = 0; k < a.inner; k++) {
                int64_t place = (o * a.n + at) * a.inner + k;
                Value x = tensor_elem(out, place), u = tensor_elem(&in[2], (o * count + i) * a.inner + k), r;
                if (!combine(e, n, &x, &u, &r)) return false;
                tensor_set(out, place, &r);
            }
    }
    return true;
}

/* ---- the same elements in another shape ---- */

bool law_eval_reshape(Eval *e, const Node *n, const Value *in, Value *out) {
    const IntList *want = &ATTR_OF(n, Shape)->shape;
    int64_t shape[TENSOR_MAX_RANK], count = tensor_count(in), known = 1, open = -1;
    for (uint32_t d = 0; d < want->n; d++) {
        shape[d] = want->at[d];
        if (shape[d] == DIM_ANY) open = d;
        else known *= shape[d];
    }
    if (open >= 0) shape[open] = known ? count / known : 0;
    if (product(shape, 0, want->n) != count)
        return eval_fail(e, n, ROW_INDEX, "%lld elements for the shape %s", (long long)count,
                         eval_shape_text(e, want->n, shape));
    out->t.shape = arena_copy(e->arena, shape, want->n * sizeof *shape);
    out->t.data = in->t.data;
    return true;
}

/* dimension i of out is dimension shape[i] of in */
bool law_eval_transpose(Eval *e, const Node *n, const Value *in, Value *out) {
    const IntList *order = &ATTR_OF(n, Shape)->shape;
    int64_t stride[TENSOR_MAX_RANK], shape[TENSOR_MAX_RANK];
    Walk w = {0};
    strides_of(in, stride);
    for (uint32_t d = 0; d < order->n; d++) {
        shape[d] = tensor_dim(in, (uint32_t)order->at[d]);
        walk_add(&w, shape[d], stride[order->at[d]], 0);
    }
    eval_tensor(e, out, shape);
    gather(in, 0, &w, out);
    return true;
}
