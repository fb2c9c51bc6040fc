/* Types of the operations that networks are made of: contractions, convolutions, pooling, batch
 * normalisation. */
#include "base/winograd.h"
#include "ir/type_laws.h"

enum { MAX_LABELS = 2 * TENSOR_MAX_RANK };

/* ---- contract ---- */

/* Contractions compute in FLOAT32, DOUBLE or BIGINT. */
static const Type *contracted_in(TypeCall *c, const Type *elem) {
    if (elem->kind == TY_F32 || elem->kind == TY_F64) return elem;
    return kind_type(c, type_is_float(elem) ? TY_F32 : TY_I64);
}

/* Sizes of labels from one operand; false when a label has two sizes or the labels do not fit the rank. */
static bool label_sizes(const Type *t, const IntList *labels, int64_t *size, bool *seen) {
    if (labels->n != t->n) return false;
    for (uint32_t d = 0; d < t->n; d++) {
        int64_t l = labels->at[d];
        if (l < 0 || l >= MAX_LABELS) return false;
        if (!seen[l] || size[l] == DIM_ANY) size[l] = t->dims[d];
        else if (t->dims[d] != DIM_ANY && t->dims[d] != size[l]) return false;
        seen[l] = true;
    }
    return true;
}

/* a, b: labels of the operands; out: of the result, each once; a label that out lacks is summed over */
const Type *law_type_contract(TypeCall *c) {
    const AttrContract *k = CALL_ATTR(c, Contract);
    const Type *a = type_in(c, 0), *b = type_in(c, 1);
    int64_t size[MAX_LABELS], dims[TENSOR_MAX_RANK];
    bool seen[MAX_LABELS] = {0}, used[MAX_LABELS] = {0};
    if (!type_is_tensor(a) || !type_is_tensor(b)) return type_reject_inputs(c);
    const Type *elem = common_elem(c, 0, 1);
    if (!elem || k->out.n > TENSOR_MAX_RANK) return type_reject_inputs(c);
    if (!label_sizes(a, &k->a, size, seen) || !label_sizes(b, &k->b, size, seen))
        return type_reject(c, "contract: the shapes of %s and %s do not fit each other", type_name(c, a),
                           type_name(c, b));
    for (uint32_t i = 0; i < k->out.n; i++) {
        int64_t l = k->out.at[i];
        if (l < 0 || l >= MAX_LABELS || !seen[l] || used[l])
            return type_reject(c, "contract: output label %lld", (long long)l);
        used[l] = true;
        dims[i] = size[l];
    }
    elem = contracted_in(c, elem);
    c->want[0] = with_elem(c, a, elem);
    c->want[1] = with_elem(c, b, elem);
    return strict(c, k->out.n ? type_tensor(c->types, elem, k->out.n, dims) : elem);
}

/* ---- windows ---- */

/* Positions of a window along one dimension, 0 if it does not fit; DIM_ANY stays. */
static int64_t positions(int64_t size, int64_t kernel, int64_t stride, int64_t before, int64_t after,
                         int64_t dilation) {
    if (size == DIM_ANY || kernel == DIM_ANY) return DIM_ANY;
    int64_t room = size + before + after - dilation * (kernel - 1) - 1;
    return room < 0 ? 0 : room / stride + 1;
}

static bool lengths(uint32_t n, const IntList *stride, const IntList *before, const IntList *after,
                    const IntList *dilation) {
    return stride->n == n && before->n == n && after->n == n && dilation->n == n;
}

static bool all_at_least(const IntList *l, int64_t least) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] < least) return false;
    return true;
}

static const Type *reject_window(TypeCall *c, const Type *x) {
    return type_reject(c, "%s: the window does not fit into %s", op_info[c->op].text, type_name(c, x));
}

static bool conv_valid(const AttrConv *a, const Type *x, const Type *w) {
    if (x->n < 2 || w->n != x->n + 1 || a->groups < 1) return false;
    return lengths(x->n - 1, &a->stride, &a->before, &a->after, &a->dilation) &&
           all_at_least(&a->stride, 1) && all_at_least(&a->before, 0) && all_at_least(&a->after, 0) &&
           all_at_least(&a->dilation, 1);
}

/* The form that Winograd's filtering takes: 3 x 3 windows side by side. */
static bool winograd_valid(const AttrConv *a, const Type *x, const Type *w) {
    bool form = x->n == 3 && w->dims[2] == 3 && w->dims[3] == 3 && a->groups == 1;
    for (uint32_t d = 0; form && d < 2; d++) form = a->stride.at[d] == 1 && a->dilation.at[d] == 1;
    return a->winograd == 0 || (form && type_elems(x) != DIM_ANY && type_elems(w) != DIM_ANY && a->winograd >= WINOGRAD_LEAST && a->winograd <= WINOGRAD_MOST);
}

/* x (C, spatial..)  w (O, C / groups, kernel..)  out (O, positions..) */
const Type *law_type_conv(TypeCall *c) {
    const AttrConv *a = CALL_ATTR(c, Conv);
    const Type *x = type_in(c, 0), *w = type_in(c, 1);
    int64_t dims[TENSOR_MAX_RANK];
    if (!type_is_tensor(x) || !type_is_tensor(w)) return type_reject_inputs(c);
    const Type *elem = common_elem(c, 0, 1);
    if (!elem || !conv_valid(a, x, w) || !winograd_valid(a, x, w))
        return type_reject(c, "conv does not take %s with weights %s", type_name(c, x), type_name(c, w));
    bool channels_known = x->dims[0] != DIM_ANY && w->dims[1] != DIM_ANY && w->dims[0] != DIM_ANY;
    if (channels_known && (x->dims[0] != w->dims[1] * a->groups || w->dims[0] % a->groups))
        return type_reject(c, "conv: %s has %lld channels, weights %s take %lld", type_name(c, x),
                           (long long)x->dims[0], type_name(c, w), (long long)(w->dims[1] * a->groups));
    dims[0] = w->dims[0];
    for (uint32_t d = 0; d + 1 < x->n; d++) {
        dims[d + 1] = positions(x->dims[d + 1], w->dims[d + 2], a->stride.at[d], a->before.at[d],
                                a->after.at[d], a->dilation.at[d]);
        if (dims[d + 1] == 0) return reject_window(c, x);
    }
    elem = type_is_float(elem) ? contracted_in(c, elem) : kind_type(c, TY_F32);
    c->want[0] = with_elem(c, x, elem);
    c->want[1] = with_elem(c, w, elem);
    return strict(c, type_tensor(c->types, elem, x->n, dims));
}

static bool pool_valid(const AttrPool *a, const Type *x) {
    uint32_t n = a->kernel.n;
    if (n == 0 || n > x->n || !lengths(n, &a->stride, &a->before, &a->after, &a->dilation)) return false;
    for (uint32_t i = 0; i < n; i++) /* each window holds an element that is not padding */
        if (a->before.at[i] >= a->kernel.at[i] * a->dilation.at[i]) return false;
    return all_at_least(&a->kernel, 1) && all_at_least(&a->stride, 1) && all_at_least(&a->before, 0) &&
           all_at_least(&a->after, 0) && all_at_least(&a->dilation, 1);
}

/* x (.., spatial..)  out (.., positions..): windows over the last kernel.n dimensions */
const Type *law_type_pool(TypeCall *c) {
    const AttrPool *a = CALL_ATTR(c, Pool);
    const Type *x = type_in(c, 0);
    int64_t dims[TENSOR_MAX_RANK];
    if (!type_is_tensor(x) || x->elem->kind == TY_BOOL) return type_reject_inputs(c);
    if (!pool_valid(a, x)) return reject_window(c, x);
    uint32_t outer = x->n - a->kernel.n;
    for (uint32_t d = 0; d < x->n; d++) {
        uint32_t s = d - outer;
        dims[d] = d < outer ? x->dims[d]
                            : positions(x->dims[d], a->kernel.at[s], a->stride.at[s], a->before.at[s],
                                        a->after.at[s], a->dilation.at[s]);
        if (d >= outer && dims[d] == 0) return reject_window(c, x);
    }
    bool as_is = c->op == OP_MAX_POOL || x->elem->kind == TY_F64;
    const Type *elem = as_is ? x->elem : kind_type(c, TY_F32);
    c->want[0] = with_elem(c, x, elem);
    return strict(c, type_tensor(c->types, elem, x->n, dims));
}

/* x (C, ..)  scale, shift, mean, var (C) */
const Type *law_type_batch_norm(TypeCall *c) {
    const Type *x = type_in(c, 0);
    if (!type_is_tensor(x) || x->n < 1) return type_reject_inputs(c);
    const Type *elem = x->elem->kind == TY_F64 ? x->elem : kind_type(c, TY_F32);
    c->want[0] = with_elem(c, x, elem);
    for (uint32_t i = 1; i < c->n; i++) {
        const Type *t = type_in(c, i);
        if (!type_is_tensor(t) || t->n != 1) return type_reject_inputs(c);
        if (t->dims[0] != x->dims[0] && t->dims[0] != DIM_ANY && x->dims[0] != DIM_ANY)
            return type_reject(c, "batch_norm: %s has %lld channels, its parameters are %s", type_name(c, x),
                               (long long)x->dims[0], type_name(c, t));
        c->want[i] = with_elem(c, t, elem);
    }
    return strict(c, c->want[0]);
}
