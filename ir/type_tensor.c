/* Types of tensor operations: shapes. Dimensions are counted from 0; DIM_ANY is known only at run time. */
#include "ir/type_laws.h"

/* A tensor of `rank` dims, or its element when none is left: a full reduction is a scalar. */
static const Type *tensor_or_scalar(TypeCall *c, const Type *elem, uint32_t rank, const int64_t *dims) {
    return rank ? type_tensor(c->types, elem, rank, dims) : type_nullable(elem, false);
}

/* Input i as a tensor, or NULL and why. */
static const Type *tensor_in(TypeCall *c, uint32_t i) {
    const Type *t = type_in(c, i);
    if (type_is_tensor(t)) return t;
    return type_reject(c, "%s takes a tensor, not %s", op_info[c->op].text, type_name(c, t));
}

static const Type *reject_rank(TypeCall *c) {
    return type_reject(c, "%s: a tensor has at most %d dimensions", op_info[c->op].text, TENSOR_MAX_RANK);
}

/* ---- moving elements ---- */

/* The element type that stacked values widen to: a DECIMAL is a DOUBLE in a tensor. */
static const Type *stacked_elem(TypeCall *c, const Type *t) {
    if (t->kind == TY_DECIMAL) return kind_type(c, TY_F64);
    return t;
}

static bool is_element(const Type *t) { return type_is_integer(t) || type_is_float(t) || t->kind == TY_BOOL; }

/* in: n scalars, or n tensors of one shape; out: the same with a new dimension of size n at `axis` */
const Type *law_type_stack(TypeCall *c) {
    int64_t axis = CALL_ATTR(c, Axis)->axis, dims[TENSOR_MAX_RANK];
    if (c->n == 0) return type_reject_inputs(c);
    const Type *t = want_common_all(c);
    if (!t) return NULL;
    if (t->kind == TY_DECIMAL)
        for (uint32_t i = 0; i < c->n; i++) c->want[i] = stacked_elem(c, t);
    const Type *elem = type_is_tensor(t) ? t->elem : stacked_elem(c, t);
    uint32_t rank = type_is_tensor(t) ? t->n : 0;
    if (!is_element(elem)) return type_reject_inputs(c);
    if (axis < 0 || axis > rank)
        return type_reject(c, "stack: no place %lld in %s", (long long)axis, type_name(c, t));
    if (rank == TENSOR_MAX_RANK) return reject_rank(c);
    for (uint32_t d = 0; d <= rank; d++)
        dims[d] = d < axis ? t->dims[d] : d == axis ? (int64_t)c->n : t->dims[d - 1];
    return strict(c, type_tensor(c->types, elem, rank + 1, dims));
}

/* value, then the classes: 1 where the value equals the class, else 0 */
const Type *law_type_onehot(TypeCall *c) {
    if (c->n < 2) return type_reject(c, "onehot takes a value and its classes");
    if (!want_common_all(c)) return NULL;
    return strict(c, type_tensor(c->types, kind_type(c, TY_F32), 1, &(int64_t){c->n - 1}));
}

static int64_t sliced(int64_t dim, int64_t from, int64_t to, int64_t step) {
    if (to == INT64_MAX) to = dim;
    if (to == DIM_ANY) return DIM_ANY;
    return to > from ? (to - from + step - 1) / step : 0;
}

static bool slice_valid(const AttrSlice *a, const Type *t) {
    if (a->from.n != t->n || a->to.n != t->n || a->step.n != t->n || a->drop.n != t->n) return false;
    for (uint32_t d = 0; d < t->n; d++) {
        bool open = t->dims[d] == DIM_ANY, end = a->to.at[d] == INT64_MAX;
        if (a->from.at[d] < 0 || a->step.at[d] < 1 || a->to.at[d] < 0 || (end && !open)) return false;
        if (!open && (a->from.at[d] > t->dims[d] || a->to.at[d] > t->dims[d])) return false;
        if (a->drop.at[d] && sliced(t->dims[d], a->from.at[d], a->to.at[d], a->step.at[d]) != 1) return false;
    }
    return true;
}

const Type *law_type_slice(TypeCall *c) {
    const Type *t = tensor_in(c, 0);
    const AttrSlice *a = CALL_ATTR(c, Slice);
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = 0;
    if (!t) return NULL;
    if (!slice_valid(a, t)) return type_reject(c, "the slice is not within %s", type_name(c, t));
    for (uint32_t d = 0; d < t->n; d++)
        if (!a->drop.at[d]) dims[rank++] = sliced(t->dims[d], a->from.at[d], a->to.at[d], a->step.at[d]);
    return strict(c, tensor_or_scalar(c, t->elem, rank, dims));
}

/* tensor, subscripts of the first dimensions: what is left, a scalar when nothing is; list, subscript: its
 * item */
const Type *law_type_index(TypeCall *c) {
    if (c->n < 2) return type_reject(c, "index takes a tensor or list and subscripts");
    const Type *t = type_in(c, 0);
    uint32_t subscripts = c->n - 1;
    for (uint32_t i = 1; i < c->n; i++)
        if (!want_kind(c, i, TY_I64)) return type_reject_inputs(c);
    if (t->kind == TY_LIST && subscripts == 1)
        return type_nullable(t->elem, t->elem->nullable || any_nullable(c, 0));
    if (!type_is_tensor(t)) return type_reject_inputs(c);
    if (subscripts > t->n) return type_reject(c, "%u subscripts for %s", subscripts, type_name(c, t));
    return strict(c, tensor_or_scalar(c, t->elem, t->n - subscripts, t->dims + subscripts));
}

/* x without dimension axis, in whose place the index's dimensions are (none of a scalar) */
static const Type *gathered(TypeCall *c, const Type *x, const Type *elem, int64_t axis) {
    const Type *index = type_in(c, 1), *of = type_is_tensor(index) ? index->elem : index;
    uint32_t own = type_is_tensor(index) ? index->n : 0, rank = 0;
    int64_t dims[2 * TENSOR_MAX_RANK];
    if (!type_is_integer(of)) return type_reject_inputs(c);
    if (axis < 0 || axis >= x->n)
        return type_reject(c, "%s: %s has no dimension %lld", op_info[c->op].text, type_name(c, x),
                           (long long)axis);
    c->want[1] = with_elem(c, index, kind_type(c, TY_I64));
    for (uint32_t d = 0; d < axis; d++) dims[rank++] = x->dims[d];
    for (uint32_t d = 0; d < own; d++) dims[rank++] = index->dims[d];
    for (uint32_t d = (uint32_t)axis + 1; d < x->n; d++) dims[rank++] = x->dims[d];
    return rank > TENSOR_MAX_RANK ? reject_rank(c) : tensor_or_scalar(c, elem, rank, dims);
}

/* x, index: elements of dimension axis; subscripts below 0 count from its end */
const Type *law_type_gather(TypeCall *c) {
    const Type *x = tensor_in(c, 0), *t = x ? gathered(c, x, x->elem, CALL_ATTR(c, Axis)->axis) : NULL;
    return t ? strict(c, t) : NULL;
}

static bool same_dims(const Type *a, const Type *b) {
    if (a->n != b->n) return false;
    for (uint32_t d = 0; d < a->n; d++)
        if (a->dims[d] != b->dims[d] && a->dims[d] != DIM_ANY && b->dims[d] != DIM_ANY) return false;
    return true;
}

/* x, index, updates of the shape that gather would give */
const Type *law_type_scatter(TypeCall *c) {
    const AttrScatter *a = CALL_ATTR(c, Scatter);
    const Type *x = tensor_in(c, 0), *u = x ? tensor_in(c, 2) : NULL;
    if (!u) return NULL;
    const Type *elem = common_elem(c, 0, 2), *t = gathered(c, x, x->elem, a->axis);
    if (!t) return NULL;
    bool sums = a->kind == SCATTER_ADD || a->kind == SCATTER_MUL;
    if (!elem || a->kind < 0 || a->kind >= SCATTER_KINDS || (sums && elem->kind == TY_BOOL))
        return type_reject_inputs(c);
    if (!type_is_tensor(t) || !same_dims(t, u))
        return type_reject(c, "scatter: updates of %s where %s is meant", type_name(c, u), type_name(c, t));
    c->want[0] = with_elem(c, x, elem);
    c->want[2] = with_elem(c, u, elem);
    return strict(c, with_elem(c, x, elem));
}

/* At most one dimension of the target is DIM_ANY where the input's shape is known: it is what is left. */
static bool reshape_dims(const Type *t, const IntList *shape, int64_t *dims) {
    int64_t known = 1, elems = type_elems(t), open = -1;
    for (uint32_t i = 0; i < shape->n; i++) {
        dims[i] = shape->at[i];
        if (dims[i] != DIM_ANY) {
            if (dims[i] < 0 || __builtin_mul_overflow(known, dims[i], &known)) return false;
        } else if (open >= 0) {
            return false;
        } else {
            open = i;
        }
    }
    if (elems == DIM_ANY) return true;
    if (open < 0) return known == elems;
    if (known == 0 || elems % known) return false;
    dims[open] = elems / known;
    return true;
}

/* "(2, 3)" */
static const char *sizes(TypeCall *c, const IntList *l) {
    Buf b = {0};
    for (uint32_t i = 0; i < l->n; i++) buf_printf(&b, "%s%lld", i ? ", " : "(", (long long)l->at[i]);
    buf_puts(&b, l->n ? ")" : "()");
    const char *s = arena_strndup(c->arena, b.p, b.n);
    buf_free(&b);
    return s;
}

const Type *law_type_reshape(TypeCall *c) {
    const Type *t = tensor_in(c, 0);
    const IntList *shape = &CALL_ATTR(c, Shape)->shape;
    int64_t dims[TENSOR_MAX_RANK];
    if (!t) return NULL;
    if (shape->n > TENSOR_MAX_RANK) return reject_rank(c);
    if (!reshape_dims(t, shape, dims))
        return type_reject(c, "%s does not reshape to %s", type_name(c, t), sizes(c, shape));
    return strict(c, type_tensor(c->types, t->elem, shape->n, dims));
}

const Type *law_type_transpose(TypeCall *c) {
    const Type *t = tensor_in(c, 0);
    const IntList *order = &CALL_ATTR(c, Shape)->shape;
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t seen = 0;
    if (!t) return NULL;
    for (uint32_t i = 0; i < order->n && order->n == t->n; i++) {
        if (order->at[i] < 0 || order->at[i] >= t->n) break;
        seen |= 1u << order->at[i];
        dims[i] = t->dims[order->at[i]];
    }
    if (order->n != t->n || seen != (1u << t->n) - 1)
        return type_reject(c, "transpose orders the %u dimensions of %s", t->n, type_name(c, t));
    return strict(c, type_tensor(c->types, t->elem, t->n, dims));
}

/* Sizes along the axis add; the others agree. */
static bool concat_dims(const TypeCall *c, int64_t axis, int64_t *dims) {
    for (uint32_t i = 1; i < c->n; i++) {
        const Type *t = type_in(c, i);
        for (uint32_t d = 0; d < t->n; d++) {
            bool any = dims[d] == DIM_ANY || t->dims[d] == DIM_ANY;
            if (d == axis) dims[d] = any ? DIM_ANY : dims[d] + t->dims[d];
            else if (dims[d] == DIM_ANY) dims[d] = t->dims[d];
            else if (!any && dims[d] != t->dims[d]) return false;
        }
    }
    return true;
}

static const Type *common_of_elems(TypeCall *c) {
    const Type *elem = type_in(c, 0)->elem;
    for (uint32_t i = 1; i < c->n && elem; i++) {
        const Type *next = type_common(c->types, type_tensor(c->types, elem, 0, NULL),
                                       type_tensor(c->types, type_in(c, i)->elem, 0, NULL));
        elem = next ? next->elem : NULL;
    }
    return elem;
}

const Type *law_type_concat(TypeCall *c) {
    int64_t axis = CALL_ATTR(c, Axis)->axis, dims[TENSOR_MAX_RANK];
    if (c->n == 0) return type_reject_inputs(c);
    for (uint32_t i = 0; i < c->n; i++) {
        if (!tensor_in(c, i)) return NULL;
        if (type_in(c, i)->n != type_in(c, 0)->n) return type_reject_inputs(c);
    }
    const Type *t = type_in(c, 0), *elem = common_of_elems(c);
    if (axis < 0 || axis >= t->n || !elem) return type_reject_inputs(c);
    for (uint32_t d = 0; d < t->n; d++) dims[d] = t->dims[d];
    if (!concat_dims(c, axis, dims))
        return type_reject(c, "concat: the shapes of %s and %s differ beside dimension %lld", type_name(c, t),
                           type_name(c, type_in(c, c->n - 1)), (long long)axis);
    for (uint32_t i = 0; i < c->n; i++) c->want[i] = with_elem(c, type_in(c, i), elem);
    return strict(c, type_tensor(c->types, elem, t->n, dims));
}

/* ---- reductions ---- */

/* The shape without dims (or with size 1 there); false if a dimension is not the tensor's or the order is
 * wrong. */
static bool reduced_dims(const Type *t, const AttrDims *a, uint32_t *rank, int64_t *dims) {
    uint32_t next = 0;
    *rank = 0;
    for (uint32_t d = 0; d < t->n; d++) {
        bool gone = next < a->dims.n && a->dims.at[next] == d;
        next += gone;
        if (!gone || a->keep) dims[(*rank)++] = gone ? 1 : t->dims[d];
    }
    return next == a->dims.n && a->dims.n > 0;
}

static bool reduces_nothing(const Type *t, const AttrDims *a) {
    for (uint32_t i = 0; i < a->dims.n; i++)
        if (t->dims[a->dims.at[i]] == 0) return true;
    return false;
}

static const Type *reduced(TypeCall *c, const Type *t, const Type *elem) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank;
    const AttrDims *a = CALL_ATTR(c, Dims);
    if (!reduced_dims(t, a, &rank, dims))
        return type_reject(c, "%s: %s has no such dimensions", op_info[c->op].text, type_name(c, t));
    if (c->op != OP_SUM && c->op != OP_PROD && reduces_nothing(t, a))
        return type_reject(c, "%s of no elements of %s", op_info[c->op].text, type_name(c, t));
    return strict(c, tensor_or_scalar(c, elem, rank, dims));
}

/* Integers add up in BIGINT and average in FLOAT32; FLOAT16 and BFLOAT16 add up in FLOAT32. */
static const Type *reduced_in(TypeCall *c, const Type *elem) {
    if (c->op == OP_MAX || c->op == OP_MIN) return elem;
    if (elem->kind == TY_F32 || elem->kind == TY_F64) return elem;
    return kind_type(c, type_is_float(elem) || c->op == OP_MEAN ? TY_F32 : TY_I64);
}

const Type *law_type_reduce(TypeCall *c) {
    const Type *t = tensor_in(c, 0);
    if (!t) return NULL;
    const Type *elem = reduced_in(c, t->elem);
    c->want[0] = with_elem(c, t, elem);
    return reduced(c, t, elem);
}

/* One dimension: the index of the first largest (least) along it; a NaN is both. */
const Type *law_type_argmax(TypeCall *c) {
    const Type *t = tensor_in(c, 0);
    if (!t) return NULL;
    if (CALL_ATTR(c, Dims)->dims.n != 1)
        return type_reject(c, "%s goes along one dimension", op_info[c->op].text);
    return reduced(c, t, kind_type(c, TY_I64));
}

static bool has_axis(TypeCall *c, const Type *t, int64_t axis) {
    if (axis >= 0 && axis < t->n) return true;
    return type_reject(c, "%s: %s has no dimension %lld", op_info[c->op].text, type_name(c, t),
                       (long long)axis);
}

/* Running sums and products along one dimension, in the types of sum. */
const Type *law_type_cumulate(TypeCall *c) {
    const Type *t = tensor_in(c, 0);
    if (!t || !has_axis(c, t, CALL_ATTR(c, Axis)->axis)) return NULL;
    return strict(c, c->want[0] = with_elem(c, t, reduced_in(c, t->elem)));
}

const Type *law_type_argsort(TypeCall *c) {
    const Type *t = tensor_in(c, 0);
    if (!t || !has_axis(c, t, CALL_ATTR(c, Order)->axis)) return NULL;
    return strict(c, with_elem(c, t, kind_type(c, TY_I64)));
}
