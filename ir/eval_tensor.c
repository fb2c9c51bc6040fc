/* Tensor operators that move elements: stack, onehot, slice, index, reshape, transpose, concat. */
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
