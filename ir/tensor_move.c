#include "ir/tensor_move.h"
#include "ir/compose.h"
#include "ir/tensor_build.h"
#include <math.h>

static bool is_tensor(const Node *x) { return x->type->kind == TY_TENSOR; }
static const Type *i64(Ir *ir) { return type_get(ir_types(ir), TY_I64); }

static void sizes_of(const Node *x, int64_t *dims) {
    for (uint32_t d = 0; d < ir_rank(x->type); d++) dims[d] = x->type->dims[d];
}

static int64_t product(const Type *t, uint32_t from, uint32_t to) {
    int64_t n = 1;
    for (uint32_t d = from; d < to; d++) n *= t->dims[d];
    return n;
}

/* ---- constants ---- */

const Node *ir_tensor_i64(Ir *ir, uint32_t rank, const int64_t *dims, const int64_t *at) {
    const Type *t = type_tensor(ir_types(ir), i64(ir), rank, dims);
    size_t bytes = (size_t)type_elems(t) * sizeof *at;
    return ir_const(ir, (Value){.type = t, .t = {arena_copy(ir_arena(ir), at, bytes), NULL}});
}

const Node *ir_range(Ir *ir, const Type *elem, int64_t n, double start, double step) {
    const Type *t = type_tensor(ir_types(ir), type_nullable(elem, false), 1, &n);
    Value v = {.type = t, .t = {arena_alloc(ir_arena(ir), (size_t)(n * type_bytes(elem)) + 1), NULL}};
    for (int64_t i = 0; i < n; i++) {
        const Node *one = ir_number(ir, t, start + (double)i * step);
        tensor_set(&v, i, &ATTR_OF(one, Const)->value);
    }
    return ir_const(ir, v);
}

const Node *ir_triangle(Ir *ir, int64_t rows, int64_t columns, int64_t k, bool upper) {
    const Type *t = type_tensor(ir_types(ir), type_get(ir_types(ir), TY_BOOL), 2, (int64_t[]){rows, columns});
    bool *at = arena_alloc(ir_arena(ir), (size_t)(rows * columns) + 1);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) at[r * columns + c] = upper ? c - r >= k : c - r <= k;
    return ir_const(ir, (Value){.type = t, .t = {at, NULL}});
}

/* ---- along one dimension ---- */

static bool evenly(int64_t n, const int64_t *at) {
    for (int64_t i = 1; i < n; i++)
        if (at[i] - at[i - 1] != (n > 1 ? at[1] - at[0] : 1)) return false;
    return n < 2 || at[1] > at[0];
}

/* n > 0 elements from `from` by step > 0 */
static const Node *slice_of(Ir *ir, const Node *x, uint32_t axis, int64_t from, int64_t n, int64_t step) {
    int64_t f[TENSOR_MAX_RANK] = {0}, t[TENSOR_MAX_RANK], s[TENSOR_MAX_RANK], drop[TENSOR_MAX_RANK] = {0};
    uint32_t rank = x->type->n;
    sizes_of(x, t);
    for (uint32_t d = 0; d < rank; d++) s[d] = 1;
    if (from == 0 && n == t[axis] && step == 1) return x;
    f[axis] = from, t[axis] = from + (n - 1) * step + 1, s[axis] = step;
    AttrSlice a = {{rank, f}, {rank, t}, {rank, s}, {rank, drop}};
    return ir_node(ir, OP_SLICE, &a, 1, &x);
}

const Node *ir_take(Ir *ir, const Node *x, uint32_t axis, int64_t n, const int64_t *at) {
    if (n > 0 && evenly(n, at)) return slice_of(ir, x, axis, at[0], n, n > 1 ? at[1] - at[0] : 1);
    const Node *in[] = {x, ir_tensor_i64(ir, 1, &n, at)};
    return ir_node(ir, OP_GATHER, &(AttrAxis){axis}, 2, in);
}

const Node *ir_steps(Ir *ir, const Node *x, uint32_t axis, int64_t from, int64_t to, int64_t step) {
    int64_t gap = step > 0 ? to - from : from - to, size = step > 0 ? step : -step;
    int64_t n = gap > 0 ? (gap + size - 1) / size : 0, *at = ARENA_ARRAY(ir_arena(ir), int64_t, n + 1);
    for (int64_t i = 0; i < n; i++) at[i] = from + i * step;
    return ir_take(ir, x, axis, n, at);
}

const Node *ir_part(Ir *ir, const Node *x, int64_t i) {
    int64_t from[TENSOR_MAX_RANK] = {i}, to[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK],
            drop[TENSOR_MAX_RANK] = {1};
    uint32_t rank = x->type->n;
    for (uint32_t d = 0; d < rank; d++) {
        to[d] = d == 0 ? i + 1 : x->type->dims[d] == DIM_ANY ? INT64_MAX : x->type->dims[d];
        step[d] = 1;
    }
    AttrSlice a = {{rank, from}, {rank, to}, {rank, step}, {rank, drop}};
    return ir_node(ir, OP_SLICE, &a, 1, &x);
}

const Node *ir_flip(Ir *ir, const Node *x, uint32_t axis) {
    return ir_steps(ir, x, axis, x->type->dims[axis] - 1, -1, -1);
}

const Node *ir_roll(Ir *ir, const Node *x, uint32_t axis, int64_t shift) {
    int64_t n = x->type->dims[axis];
    if (n == 0 || shift % n == 0) return x;
    int64_t first = (n - shift % n) % n;
    const Node *parts[] = {slice_of(ir, x, axis, first, n - first, 1), slice_of(ir, x, axis, 0, first, 1)};
    return ir_concat(ir, axis, 2, parts);
}

/* size 1 becomes n, or n times the whole dimension */
static const Node *repeated(Ir *ir, const Node *x, uint32_t axis, int64_t times) {
    int64_t own = x->type->dims[axis], n = own * times, *at = ARENA_ARRAY(ir_arena(ir), int64_t, n + 1);
    for (int64_t i = 0; i < n; i++) at[i] = i % own;
    return times == 1 ? x : ir_take(ir, x, axis, n, at);
}

const Node *ir_broadcast(Ir *ir, const Node *x, uint32_t rank, const int64_t *dims) {
    int64_t own[TENSOR_MAX_RANK];
    if (!is_tensor(x)) x = ir_node(ir, OP_STACK, &(AttrAxis){0}, 1, &x);
    uint32_t more = rank - x->type->n;
    for (uint32_t d = 0; d < rank; d++) own[d] = d < more ? 1 : x->type->dims[d - more];
    if (more) x = ir_reshape(ir, x, rank, own);
    for (uint32_t d = 0; d < rank; d++)
        if (own[d] == 1) x = repeated(ir, x, d, dims[d]);
    return x;
}

const Node *ir_tile(Ir *ir, const Node *x, const int64_t *times) {
    for (uint32_t d = 0; d < x->type->n; d++) x = repeated(ir, x, d, times[d]);
    return x;
}

const Node *ir_unsqueeze(Ir *ir, const Node *x, uint32_t axis) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = ir_rank(x->type);
    if (rank == 0) return ir_node(ir, OP_STACK, &(AttrAxis){0}, 1, &x);
    for (uint32_t d = 0; d <= rank; d++)
        dims[d] = d < axis ? x->type->dims[d] : d == axis ? 1 : x->type->dims[d - 1];
    return ir_reshape(ir, x, rank + 1, dims);
}

const Node *ir_permute(Ir *ir, const Node *x, const int64_t *order) {
    return ir_node(ir, OP_TRANSPOSE, &(AttrShape){{x->type->n, order}}, 1, &x);
}

/* ---- borders ---- */

static const Node *filled(Ir *ir, const Node *x, uint32_t axis, int64_t n, const Node *value) {
    int64_t dims[TENSOR_MAX_RANK];
    sizes_of(x, dims);
    dims[axis] = n;
    value = ir_cast(ir, value, ir_elem(x->type));
    if (!ir_is_const(value)) return ir_broadcast(ir, value, x->type->n, dims);
    const Type *t = type_tensor(ir_types(ir), x->type->elem, x->type->n, dims);
    Value v = {.type = t,
               .t = {arena_alloc(ir_arena(ir), (size_t)(type_elems(t) * type_bytes(t->elem)) + 1), NULL}};
    for (int64_t i = 0; i < type_elems(t); i++) tensor_set(&v, i, &ATTR_OF(value, Const)->value);
    return ir_const(ir, v);
}

/* What lies at i of a dimension of size n when it goes on beyond its ends. */
static int64_t beyond(PadMode mode, int64_t i, int64_t n) {
    if (mode == PAD_EDGE) return i < 0 ? 0 : i < n ? i : n - 1;
    if (mode == PAD_WRAP) return ((i % n) + n) % n;
    int64_t period = n > 1 ? 2 * (n - 1) : 1, at = ((i % period) + period) % period;
    return at < n ? at : period - at;
}

static const Node *pad_one(Ir *ir, const Node *x, uint32_t axis, int64_t before, int64_t after, PadMode mode,
                           const Node *value) {
    int64_t n = x->type->dims[axis], from = before < 0 ? -before : 0, to = after < 0 ? n + after : n;
    if (to <= from && mode != PAD_CONSTANT) return NULL;
    if (mode != PAD_CONSTANT) {
        int64_t size = n + before + after, *at = ARENA_ARRAY(ir_arena(ir), int64_t, size + 1);
        for (int64_t i = 0; i < size; i++) at[i] = beyond(mode, i - before, n);
        return ir_take(ir, x, axis, size, at);
    }
    const Node *parts[3];
    uint32_t k = 0;
    if (before > 0) parts[k++] = filled(ir, x, axis, before, value);
    if (to > from) parts[k++] = slice_of(ir, x, axis, from, to - from, 1);
    if (after > 0) parts[k++] = filled(ir, x, axis, after, value);
    return k ? ir_concat(ir, axis, k, parts) : NULL;
}

const Node *ir_pad(Ir *ir, const Node *x, const int64_t *before, const int64_t *after, PadMode mode,
                   const Node *value) {
    for (uint32_t d = 0; d < x->type->n && x; d++)
        if (before[d] || after[d]) x = pad_one(ir, x, d, before[d], after[d], mode, value);
    return x;
}

/* ---- by index tensors: one gather or scatter of the flat tensor, at places that are computed ---- */

/* A subscript of a dimension of size n as one from 0; out of range it becomes one of no tensor, so that the
 * gather fails. */
static const Node *subscript(Ir *ir, const Node *index, int64_t n) {
    const Node *size = ir_i64(ir, n), *below = ir_2(ir, OP_LT, index, ir_i64(ir, 0));
    const Node *from0 = ir_where(ir, below, ir_2(ir, OP_ADD, index, size), index);
    const Node *low = ir_2(ir, OP_LT, index, ir_i64(ir, -n)), *high = ir_2(ir, OP_GE, index, size);
    return ir_where(ir, ir_2(ir, OP_BIT_OR, low, high), ir_i64(ir, INT64_C(1) << 40), from0);
}

static const Node *as_i64(Ir *ir, const Node *index) {
    return ir_cast(ir, index, type_tensor(ir_types(ir), i64(ir), index->type->n, index->type->dims));
}

static const Node *flat(Ir *ir, const Node *x) {
    return ir_reshape(ir, x, 1, (int64_t[]){type_elems(x->type)});
}

/* Places in the flat x of every element of index: its own coordinates but along axis. */
static const Node *element_places(Ir *ir, const Node *x, uint32_t axis, const Node *index) {
    const Type *t = index->type;
    int64_t count = type_elems(t), stride = product(x->type, axis + 1, x->type->n),
            *at = ARENA_ARRAY(ir_arena(ir), int64_t, count + 1);
    for (int64_t i = 0; i < count; i++) {
        int64_t rest = i, place = 0, step = 1;
        for (uint32_t d = t->n; d-- > 0; rest /= t->dims[d], step *= x->type->dims[d])
            if (d != axis) place += rest % t->dims[d] * step;
        at[i] = place;
    }
    const Node *along =
        ir_2(ir, OP_MUL, subscript(ir, as_i64(ir, index), x->type->dims[axis]), ir_i64(ir, stride));
    return ir_2(ir, OP_ADD, along, ir_tensor_i64(ir, t->n, t->dims, at));
}

static const Node *gather(Ir *ir, const Node *x, const Node *index) {
    return ir_node(ir, OP_GATHER, &(AttrAxis){0}, 2, (const Node *[]){x, index});
}

static const Node *scatter(Ir *ir, const Node *x, const Node *index, const Node *updates, int64_t kind) {
    return ir_node(ir, OP_SCATTER, &(AttrScatter){0, kind}, 3, (const Node *[]){x, index, updates});
}

const Node *ir_gather_elements(Ir *ir, const Node *x, uint32_t axis, const Node *index) {
    return gather(ir, flat(ir, x), element_places(ir, x, axis, index));
}

const Node *ir_scatter_elements(Ir *ir, const Node *x, uint32_t axis, const Node *index, const Node *updates,
                                int64_t kind) {
    const Node *out = scatter(ir, flat(ir, x), element_places(ir, x, axis, index), updates, kind);
    return ir_reshape(ir, out, x->type->n, x->type->dims);
}

/* index (.., k) to places of x's k dimensions from `batch` on, (..) */
static const Node *nd_places(Ir *ir, const Node *x, uint32_t batch, const Node *index) {
    const Type *t = index->type;
    uint32_t rank = t->n - 1, k = (uint32_t)t->dims[rank];
    const Node *places = NULL;
    index = as_i64(ir, index);
    for (uint32_t i = 0; i < k; i++) {
        int64_t stride = product(x->type, batch + i + 1, batch + k);
        const Node *one = slice_of(ir, index, rank, i, 1, 1);
        one = subscript(ir, one, x->type->dims[batch + i]);
        one = ir_2(ir, OP_MUL, one, ir_i64(ir, stride));
        places = places ? ir_2(ir, OP_ADD, places, one) : one;
    }
    return rank ? ir_reshape(ir, places, rank, t->dims) : places;
}

/* Each batch has its own part of the rows. */
static const Node *batch_places(Ir *ir, const Node *places, uint32_t batch, int64_t rows) {
    int64_t dims[TENSOR_MAX_RANK], n = product(places->type, 0, batch);
    if (batch == 0) return places;
    for (uint32_t d = 0; d < places->type->n; d++) dims[d] = d < batch ? places->type->dims[d] : 1;
    const Node *start = ir_range(ir, i64(ir), n, 0, (double)rows);
    return ir_2(ir, OP_ADD, places, ir_reshape(ir, start, places->type->n, dims));
}

/* (batch and subscribed dimensions as one, rest..) */
static const Node *as_rows(Ir *ir, const Node *x, uint32_t leading) {
    int64_t dims[TENSOR_MAX_RANK] = {product(x->type, 0, leading)};
    uint32_t rank = 1 + x->type->n - leading;
    for (uint32_t d = 1; d < rank; d++) dims[d] = x->type->dims[leading + d - 1];
    return ir_reshape(ir, x, rank, dims);
}

const Node *ir_gather_nd(Ir *ir, const Node *x, uint32_t batch, const Node *index) {
    uint32_t k = (uint32_t)index->type->dims[index->type->n - 1];
    const Node *places = nd_places(ir, x, batch, index);
    places = batch_places(ir, places, batch, product(x->type, batch, batch + k));
    return gather(ir, as_rows(ir, x, batch + k), places);
}

const Node *ir_scatter_nd(Ir *ir, const Node *x, const Node *index, const Node *updates, int64_t kind) {
    uint32_t k = (uint32_t)index->type->dims[index->type->n - 1];
    const Node *out = scatter(ir, as_rows(ir, x, k), nd_places(ir, x, 0, index), updates, kind);
    return ir_reshape(ir, out, x->type->n, x->type->dims);
}

const Node *ir_onehot(Ir *ir, const Node *index, int64_t depth, uint32_t axis, const Type *elem) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = index->type->n + 1;
    for (uint32_t d = 0; d < rank; d++) dims[d] = d == axis ? depth : 1;
    const Node *classes = ir_reshape(ir, ir_range(ir, ir_elem(index->type), depth, 0, 1), rank, dims);
    const Node *hit = ir_2(ir, OP_EQ, ir_unsqueeze(ir, index, axis), classes);
    return ir_cast(ir, hit, type_tensor(ir_types(ir), elem, rank, hit->type->dims));
}
