/* Elements by subscripts, taken and put. */
#include "onnx/gather.h"

#include <string.h>

const Node *onnx_iota(OnnxExpand *x, uint32_t rank, uint32_t d, int64_t n) {
    int64_t dims[TENSOR_MAX_RANK], *at = ARENA_ARRAY(x->arena, int64_t, n);
    for (uint32_t i = 0; i < rank; i++) dims[i] = i == d ? n : 1;
    for (int64_t i = 0; i < n; i++) at[i] = i;
    return onnx_int_tensor(x, rank, dims, at);
}

const Node *onnx_gather(OnnxExpand *x, const Node *a, uint32_t axis, const Node *index) {
    return onnx_make(x, OP_GATHER, &(AttrAxis){axis}, 2, (const Node *const[]){a, index});
}

const Node *onnx_gather_at(OnnxExpand *x, const Node *a, uint32_t axis, int64_t n, const int64_t *at) {
    return onnx_gather(x, a, axis, onnx_int_tensor(x, 1, &n, at));
}

const Node *onnx_from_start(OnnxExpand *x, const Node *index, int64_t n) {
    index = onnx_cast(x, index, TY_I64);
    const Node *below = onnx_make2(x, OP_LT, index, onnx_number(x, index, 0));
    const Node *counted = onnx_make2(x, OP_ADD, index, onnx_number(x, index, (double)n));
    return onnx_make(x, OP_WHERE, NULL, 3, (const Node *const[]){below, counted, index});
}

static int64_t elems(const Node *a) { return type_elems(a->type); }

static const Node *flat(OnnxExpand *x, const Node *a) {
    return a ? onnx_reshape(x, a, 1, &(int64_t){elems(a)}) : NULL;
}

static void strides(const Type *t, int64_t *out) {
    int64_t n = 1;
    for (uint32_t d = t->n; d-- > 0; n *= t->dims[d]) out[d] = n;
}

/* Places in flat a: those of index's own coordinates, its value in place of coordinate `axis`. */
static const Node *places(OnnxExpand *x, const Node *a, uint32_t axis, const Node *index) {
    int64_t stride[TENSOR_MAX_RANK], n = elems(index), *base = ARENA_ARRAY(x->arena, int64_t, n);
    strides(a->type, stride);
    for (int64_t i = 0; i < n; i++)
        for (int64_t rest = i, d = index->type->n - 1; d >= 0; rest /= index->type->dims[d], d--)
            if (d != axis) base[i] += rest % index->type->dims[d] * stride[d];
    const Node *at = onnx_from_start(x, index, a->type->dims[axis]);
    at = onnx_make2(x, OP_MUL, at, onnx_number(x, at, (double)stride[axis]));
    return flat(x, onnx_make2(x, OP_ADD, at, onnx_int_tensor(x, index->type->n, index->type->dims, base)));
}

const Node *onnx_pick(OnnxExpand *x, const Node *a, uint32_t axis, const Node *index) {
    if (!a || !index) return NULL;
    bool fits = a->type->n == index->type->n;
    for (uint32_t d = 0; fits && d < a->type->n; d++)
        fits = d == axis || index->type->dims[d] <= a->type->dims[d];
    if (!fits) return onnx_refuse(x, "its indices have other dimensions than its input"), NULL;
    const Node *y = onnx_gather(x, flat(x, a), 0, places(x, a, axis, index));
    return onnx_reshape(x, y, index->type->n, index->type->dims);
}

/* ---- operators ---- */

static bool two(OnnxExpand *x, const OnnxValue **a, const OnnxValue **indices) {
    *a = onnx_in(x, 0);
    *indices = onnx_in(x, 1);
    return *a && *indices ? true : onnx_refuse(x, "its indices are not given");
}

/* Shape arithmetic takes one element of a shape: a slice, which folds. */
static const Node *one_element(OnnxExpand *x, const Node *a, uint32_t axis, const Node *index) {
    int64_t n = a->type->dims[axis];
    const Value *v = ir_is_const(index) && elems(index) == 1 ? &ATTR_OF(index, Const)->value : NULL;
    double i = v ? tensor_get(v, 0) : 0;
    if (i < 0) i += (double)n;
    if (!v || i < 0 || i >= (double)n) return onnx_gather(x, a, axis, index);
    return onnx_cut(x, a, axis, (int64_t)i, (int64_t)i + 1, 1, false);
}

bool onnx_expand_gather(OnnxExpand *x) {
    const OnnxValue *a, *indices;
    uint32_t axis, rank = 0;
    int64_t dims[2 * TENSOR_MAX_RANK];
    if (!two(x, &a, &indices) || !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis)) return false;
    for (uint32_t d = 0; d < axis; d++) dims[rank++] = a->dims[d];
    for (uint32_t d = 0; d < indices->rank; d++) dims[rank++] = indices->dims[d];
    for (uint32_t d = axis + 1; d < a->rank; d++) dims[rank++] = a->dims[d];
    if (rank > TENSOR_MAX_RANK)
        return onnx_missing(x, "more than %d dimensions are not supported", TENSOR_MAX_RANK);
    const Node *index = onnx_reshape(x, indices->node, 1, &(int64_t){onnx_count(indices)}),
               *whole = onnx_whole(x, a);
    return onnx_yield(x, 0, whole && index ? one_element(x, whole, axis, index) : NULL, rank, dims);
}

bool onnx_expand_gather_elements(OnnxExpand *x) {
    const OnnxValue *a, *indices;
    uint32_t axis;
    if (!two(x, &a, &indices) || !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis)) return false;
    return onnx_yield_like(x, 0, onnx_pick(x, onnx_whole(x, a), axis, onnx_whole(x, indices)), indices);
}

/* Subscripts (.., k) of the first k dimensions behind the batch: their places among the slices they name,
 * flat. */
static const Node *slice_places(OnnxExpand *x, const OnnxValue *a, const OnnxValue *indices, uint32_t batch,
                                int64_t k) {
    int64_t n = onnx_count(indices) / k, per_batch = n, before = 1, *base = ARENA_ARRAY(x->arena, int64_t, n);
    const Node *at = NULL, *whole = onnx_reshape(x, indices->node, 2, (int64_t[]){n, k});
    for (int64_t j = 0; j < k; j++) {
        int64_t size = a->dims[batch + j];
        const Node *one = onnx_from_start(x, onnx_cut(x, whole, 1, j, j + 1, 1, true), size);
        at = at ? onnx_make2(x, OP_ADD, onnx_make2(x, OP_MUL, at, onnx_number(x, at, (double)size)), one)
                : one;
        before *= size;
    }
    for (uint32_t d = 0; d < batch; d++) per_batch /= indices->dims[d];
    for (int64_t i = 0; i < n; i++) base[i] = i / per_batch * before;
    return onnx_make2(x, OP_ADD, at, onnx_int_tensor(x, 1, &n, base));
}

/* a as (slices, elements of one): the dimensions behind the batch and k others are a slice */
static const Node *slices(OnnxExpand *x, const OnnxValue *a, uint32_t subscripted) {
    int64_t dims[2] = {1, 1};
    for (uint32_t d = 0; d < a->rank; d++) dims[d >= subscripted] *= a->dims[d];
    return onnx_reshape(x, a->node, 2, dims);
}

bool onnx_expand_gather_nd(OnnxExpand *x) {
    const OnnxValue *a, *indices;
    int64_t batch = onnx_int(x, "batch_dims", 0), dims[2 * TENSOR_MAX_RANK];
    uint32_t rank = 0;
    if (!two(x, &a, &indices) || indices->rank == 0) return onnx_refuse(x, "its indices are a number");
    int64_t k = indices->dims[indices->rank - 1];
    if (batch < 0 || k < 1 || batch >= indices->rank || batch + k > a->rank)
        return onnx_refuse(x, "its indices do not fit its input");
    for (int64_t d = 0; d < batch; d++)
        if (a->dims[d] != indices->dims[d] || a->dims[d] < 1)
            return onnx_refuse(x, "its batch dimensions differ");
    for (uint32_t d = 0; d + 1 < indices->rank; d++) dims[rank++] = indices->dims[d];
    for (uint32_t d = (uint32_t)(batch + k); d < a->rank; d++) dims[rank++] = a->dims[d];
    if (rank > TENSOR_MAX_RANK)
        return onnx_missing(x, "more than %d dimensions are not supported", TENSOR_MAX_RANK);
    const Node *at = slice_places(x, a, indices, (uint32_t)batch, k);
    return onnx_yield(x, 0, onnx_gather(x, slices(x, a, (uint32_t)(batch + k)), 0, at), rank, dims);
}

static bool reduction(OnnxExpand *x, int64_t *kind) {
    static const char *const names[SCATTER_KINDS] = {[SCATTER_SET] = "none",
                                                     [SCATTER_ADD] = "add",
                                                     [SCATTER_MUL] = "mul",
                                                     [SCATTER_MIN] = "min",
                                                     [SCATTER_MAX] = "max"};
    const char *name = onnx_string(x, "reduction", "none");
    for (*kind = 0; *kind < SCATTER_KINDS; ++*kind)
        if (strcmp(name, names[*kind]) == 0) return true;
    return onnx_missing(x, "reduction %s is not supported yet", name);
}

bool onnx_expand_scatter_elements(OnnxExpand *x) {
    const OnnxValue *a, *indices, *updates = onnx_in(x, 2);
    uint32_t axis;
    AttrScatter how = {.axis = 0};
    if (!two(x, &a, &indices) || !updates || !onnx_axis(x, onnx_int(x, "axis", 0), a->rank, &axis) ||
        !reduction(x, &how.kind))
        return onnx_refuse(x, "its updates are not given");
    bool fits = a->rank == indices->rank && updates->rank == indices->rank;
    for (uint32_t d = 0; fits && d < a->rank; d++)
        fits = (d == axis || indices->dims[d] <= a->dims[d]) && updates->dims[d] == indices->dims[d];
    if (!fits) return onnx_refuse(x, "its indices and updates do not fit its input");
    const Node *whole = onnx_whole(x, a), *index = onnx_whole(x, indices);
    if (!whole || !index) return false;
    const Node *in[] = {flat(x, whole), places(x, whole, axis, index), flat(x, updates->node)};
    return onnx_yield_like(x, 0, onnx_make(x, OP_SCATTER, &how, 3, in), a);
}

bool onnx_expand_scatter_nd(OnnxExpand *x) {
    const OnnxValue *a, *indices, *updates = onnx_in(x, 2);
    AttrScatter how = {.axis = 0};
    if (!two(x, &a, &indices) || !updates || indices->rank == 0 || !reduction(x, &how.kind))
        return onnx_refuse(x, "its updates are not given");
    int64_t k = indices->dims[indices->rank - 1];
    if (k < 1 || k > a->rank) return onnx_refuse(x, "its indices do not fit its input");
    const Node *rows = slices(x, a, (uint32_t)k);
    if (!rows) return false;
    int64_t dims[] = {onnx_count(indices) / k, rows->type->dims[1]};
    if (dims[0] * dims[1] != onnx_count(updates)) return onnx_refuse(x, "its updates do not fit its indices");
    const Node *in[] = {rows, slice_places(x, a, indices, 0, k), onnx_reshape(x, updates->node, 2, dims)};
    return onnx_yield_like(x, 0, onnx_make(x, OP_SCATTER, &how, 3, in), a);
}

/* ---- by order ---- */

/* The k largest or smallest along an axis, the first of equals first. */
bool onnx_expand_topk(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    IntList k;
    uint32_t axis;
    int64_t dims[TENSOR_MAX_RANK], one;
    if (!a || !onnx_axis(x, onnx_int(x, "axis", -1), a->rank, &axis))
        return onnx_refuse(x, "its input is not given");
    if (x->opset < 10) one = onnx_int(x, "k", 0), k = (IntList){1, &one};
    else if (!onnx_constant_ints(x, onnx_in(x, 1), "its k", &k)) return false;
    if (k.n != 1 || k.at[0] < 0 || k.at[0] > a->dims[axis])
        return onnx_refuse(x, "its k does not fit dimension %u", axis);
    memcpy(dims, a->dims, sizeof dims);
    dims[axis] = k.at[0];
    const Node *whole = onnx_whole(x, a);
    AttrOrder order = {axis, onnx_int(x, "largest", 1) != 0};
    const Node *first = onnx_cut(x, onnx_make(x, OP_ARGSORT, &order, 1, &whole), axis, 0, k.at[0], 1, false);
    return onnx_yield(x, 0, onnx_pick(x, whole, axis, first), a->rank, dims) &&
           onnx_yield(x, 1, first, a->rank, dims);
}

/* x (time, batch, ..): the first len[b] steps of each sequence in reverse */
bool onnx_expand_reverse_sequence(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *len = onnx_in(x, 1);
    int64_t time = onnx_int(x, "time_axis", 0), batch = onnx_int(x, "batch_axis", 1), dims[TENSOR_MAX_RANK];
    if (!a || !len || a->rank < 2 || time < 0 || time > 1 || batch != 1 - time)
        return onnx_refuse(x, "it takes a tensor and lengths");
    if (onnx_count(len) != a->dims[batch])
        return onnx_refuse(x, "it has %lld lengths for %lld sequences", (long long)onnx_count(len),
                           (long long)a->dims[batch]);
    for (uint32_t d = 0; d < a->rank; d++) dims[d] = d == batch ? a->dims[d] : 1;
    const Node *lengths = onnx_reshape(x, onnx_cast(x, len->node, TY_I64), a->rank, dims);
    const Node *t = onnx_iota(x, a->rank, (uint32_t)time, a->dims[time]);
    const Node *back = onnx_make2(x, OP_SUB, onnx_make2(x, OP_SUB, lengths, onnx_number(x, t, 1)), t);
    const Node *at =
        onnx_make(x, OP_WHERE, NULL, 3, (const Node *const[]){onnx_make2(x, OP_LT, t, lengths), back, t});
    if (!at) return false;
    at = onnx_make2(x, OP_ADD, at,
                    onnx_filled(x, type_tensor(x->types, type_get(x->types, TY_I64), a->rank, a->dims), 0));
    return onnx_yield_like(x, 0, onnx_pick(x, onnx_whole(x, a), (uint32_t)time, at), a);
}
