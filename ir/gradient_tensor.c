/* Gradients of operations that move, add up or contract elements. */
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include "ir/tensor_move.h"

static bool is_float(const Node *n) { return type_is_float(ir_elem(n->type)); }

/* ---- moving elements: the adjoint moves back ---- */

bool law_gradient_reshape(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Type *t = n->in[0]->type;
    if (type_elems(t) == DIM_ANY) return false;
    return adj[0] = ir_reshape(ir, y, t->n, t->dims), true;
}

bool law_gradient_transpose(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const IntList *order = &ATTR_OF(n, Shape)->shape;
    int64_t back[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < order->n; d++) back[order->at[d]] = d;
    return adj[0] = ir_node(ir, OP_TRANSPOSE, &(AttrShape){{order->n, back}}, 1, &y), true;
}

/* Zeros of y's shape but `size` along dimension d. */
static const Node *zeros(Ir *ir, const Node *y, uint32_t d, int64_t size) {
    int64_t dims[TENSOR_MAX_RANK];
    for (uint32_t i = 0; i < y->type->n; i++) dims[i] = i == d ? size : y->type->dims[i];
    return ir_filled(ir, type_tensor(ir_types(ir), y->type->elem, y->type->n, dims), 0);
}

static const Node *pad(Ir *ir, const Node *y, uint32_t d, int64_t before, int64_t after) {
    const Node *parts[3];
    uint32_t n = 0;
    if (before) parts[n++] = zeros(ir, y, d, before);
    parts[n++] = y;
    if (after) parts[n++] = zeros(ir, y, d, after);
    return ir_concat(ir, d, n, parts);
}

/* Between two elements step - 1 zeros: (.., n, ..) -> (.., n, 1, ..) -> zeros behind -> (.., n * step, ..) ->
 * cut. */
static const Node *spread(Ir *ir, const Node *y, uint32_t d, int64_t step) {
    int64_t dims[TENSOR_MAX_RANK + 1], from[TENSOR_MAX_RANK] = {0};
    uint32_t rank = y->type->n;
    if (step == 1) return y;
    for (uint32_t i = 0; i <= rank; i++)
        dims[i] = i <= d ? y->type->dims[i] : i == d + 1 ? 1 : y->type->dims[i - 1];
    const Node *wide = pad(ir, ir_reshape(ir, y, rank + 1, dims), d + 1, 0, step - 1);
    for (uint32_t i = 0; i < rank; i++) dims[i] = y->type->dims[i];
    dims[d] *= step;
    wide = ir_reshape(ir, wide, rank, dims);
    dims[d] -= step - 1;
    return ir_slice(ir, wide, from, dims);
}

/* Zeros where the slice did not read. */
bool law_gradient_slice(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const AttrSlice *a = ATTR_OF(n, Slice);
    const Type *t = n->in[0]->type;
    int64_t dims[TENSOR_MAX_RANK];
    if (type_elems(t) == DIM_ANY || type_elems(n->type) == 0) return false;
    for (uint32_t d = 0; d < t->n; d++)
        dims[d] = (a->to.at[d] - a->from.at[d] + a->step.at[d] - 1) / a->step.at[d];
    if (ir_rank(y->type) == 0) y = ir_node(ir, OP_STACK, &(AttrAxis){0}, 1, &y);
    y = ir_reshape(ir, y, t->n, dims);
    for (uint32_t d = 0; d < t->n; d++) {
        if (a->step.at[d] > 1 && t->n == TENSOR_MAX_RANK) return false;
        y = spread(ir, y, d, a->step.at[d]);
        y = pad(ir, y, d, a->from.at[d], t->dims[d] - a->from.at[d] - y->type->dims[d]);
    }
    return adj[0] = y, true;
}

bool law_gradient_concat(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    int64_t axis = ATTR_OF(n, Axis)->axis, from[TENSOR_MAX_RANK] = {0}, to[TENSOR_MAX_RANK];
    if (type_elems(n->type) == DIM_ANY) return false;
    for (uint32_t d = 0; d < n->type->n; d++) to[d] = n->type->dims[d];
    for (uint32_t i = 0; i < n->n; i++) {
        to[axis] = from[axis] + n->in[i]->type->dims[axis];
        adj[i] = ir_slice(ir, y, from, to);
        from[axis] = to[axis];
    }
    return true;
}

bool law_gradient_stack(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    int64_t axis = ATTR_OF(n, Axis)->axis;
    int64_t from[TENSOR_MAX_RANK] = {0}, to[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK],
            drop[TENSOR_MAX_RANK] = {0};
    uint32_t rank = n->type->n;
    if (type_elems(n->type) == DIM_ANY) return false;
    for (uint32_t d = 0; d < rank; d++) to[d] = n->type->dims[d], step[d] = 1;
    drop[axis] = 1;
    for (uint32_t i = 0; i < n->n; i++) {
        from[axis] = i, to[axis] = i + 1;
        AttrSlice a = {{rank, from}, {rank, to}, {rank, step}, {rank, drop}};
        adj[i] = is_float(n->in[i]) ? ir_node(ir, OP_SLICE, &a, 1, &y) : NULL;
    }
    return true;
}

/* Each element gets the sum of the adjoints of its uses. */
bool law_gradient_gather(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *x = n->in[0], *index = n->in[1], *zero = ir_filled(ir, x->type, 0);
    adj[1] = NULL;
    if (!is_float(n) || !zero || type_elems(n->type) == DIM_ANY) return false;
    if (index->type->kind != TY_TENSOR) { /* one subscript: a dimension of size 1 */
        index = ir_node(ir, OP_STACK, &(AttrAxis){0}, 1, &index);
        y = ir_unsqueeze(ir, y, (uint32_t)ATTR_OF(n, Axis)->axis);
    }
    AttrScatter a = {ATTR_OF(n, Axis)->axis, SCATTER_ADD};
    return adj[0] = ir_node(ir, OP_SCATTER, &a, 3, (const Node *[]){zero, index, y}), true;
}

/* Additions alone: of what is set, only the last update counts. */
bool law_gradient_scatter(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const AttrScatter *a = ATTR_OF(n, Scatter);
    adj[0] = y, adj[1] = NULL;
    if (!is_float(n) || a->kind != SCATTER_ADD) return false;
    return adj[2] = ir_node(ir, OP_GATHER, &(AttrAxis){a->axis}, 2, (const Node *[]){y, n->in[1]}), true;
}

/* The adjoint at the subscripts, zeros elsewhere. */
bool law_gradient_index(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Type *t = n->in[0]->type;
    uint32_t k = n->n - 1;
    int64_t dims[TENSOR_MAX_RANK] = {1};
    for (uint32_t i = 1; i < n->n; i++) adj[i] = NULL;
    if (t->kind != TY_TENSOR || !is_float(n) || type_elems(t) == DIM_ANY) return false;
    for (uint32_t d = k; d < t->n; d++) dims[d - k + 1] = t->dims[d];
    const Node *index = ir_node(ir, OP_STACK, &(AttrAxis){0}, k, n->in + 1), *zero = ir_filled(ir, t, 0);
    index = ir_reshape(ir, index, 2, (int64_t[]){1, k});
    if (ir_rank(y->type) == 0) y = ir_node(ir, OP_STACK, &(AttrAxis){0}, 1, &y);
    y = ir_reshape(ir, y, t->n - k + 1, dims);
    return adj[0] = ir_scatter_nd(ir, zero, index, y, SCATTER_ADD), true;
}

/* ---- reductions ---- */

/* y with the reduced dimensions back as size 1: it broadcasts against the input. */
static const Node *kept(Ir *ir, const Node *n, const Node *y) {
    const AttrDims *a = ATTR_OF(n, Dims);
    const Type *t = n->in[0]->type;
    int64_t dims[TENSOR_MAX_RANK];
    if (a->keep || ir_rank(y->type) == 0) return y;
    for (uint32_t d = 0; d < t->n; d++) dims[d] = t->dims[d];
    for (uint32_t i = 0; i < a->dims.n; i++) dims[a->dims.at[i]] = 1;
    return ir_reshape(ir, y, t->n, dims);
}

bool law_gradient_sum(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *zero = ir_filled(ir, n->in[0]->type, 0);
    if (!is_float(n) || !zero) return false;
    return adj[0] = ir_2(ir, OP_ADD, kept(ir, n, y), zero), true;
}

bool law_gradient_mean(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Type *t = n->in[0]->type;
    const AttrDims *a = ATTR_OF(n, Dims);
    double count = 1;
    for (uint32_t i = 0; i < a->dims.n; i++) count *= (double)t->dims[a->dims.at[i]];
    return law_gradient_sum(ir, n, ir_2(ir, OP_DIV, y, ir_number(ir, y->type, count)), adj);
}

/* Shared equally among the elements that attain it. */
bool law_gradient_max(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const Node *x = n->in[0];
    const AttrDims *a = ATTR_OF(n, Dims);
    if (!is_float(n) || type_elems(x->type) == DIM_ANY) return false;
    const Node *hit = ir_cast(ir, ir_2(ir, OP_EQ, x, kept(ir, n, n)), x->type);
    const Node *count = ir_reduce(ir, OP_SUM, hit, a->dims.n, a->dims.at, true);
    adj[0] = ir_2(ir, OP_DIV, ir_2(ir, OP_MUL, hit, kept(ir, n, y)), count);
    return true;
}

/* Each element is in all sums from its own on. */
bool law_gradient_cumsum(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    uint32_t axis = (uint32_t)ATTR_OF(n, Axis)->axis;
    if (!is_float(n) || type_elems(n->type) == DIM_ANY) return false;
    const Node *back = ir_flip(ir, y, axis);
    return adj[0] = ir_flip(ir, ir_node(ir, OP_CUMSUM, n->attr, 1, &back), axis), true;
}

/* n (y - sum n y) */
bool law_gradient_softmax(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const AttrDims *a = ATTR_OF(n, Dims);
    const Node *dot = ir_reduce(ir, OP_SUM, ir_2(ir, OP_MUL, y, n), a->dims.n, a->dims.at, true);
    return adj[0] = ir_2(ir, OP_MUL, n, ir_2(ir, OP_SUB, y, dot)), true;
}

/* y - exp(n) sum y */
bool law_gradient_log_softmax(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const AttrDims *a = ATTR_OF(n, Dims);
    const Node *sum = ir_reduce(ir, OP_SUM, y, a->dims.n, a->dims.at, true);
    return adj[0] = ir_2(ir, OP_SUB, y, ir_2(ir, OP_MUL, ir_1(ir, OP_EXP, n), sum)), true;
}

/* ---- contract ---- */

static bool has(const IntList *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label) return true;
    return false;
}

/* Each label once, and found in the result or in the other operand: then the adjoint is a contraction too. */
static bool invertible(const IntList *own, const IntList *other, const IntList *out) {
    for (uint32_t i = 0; i < own->n; i++) {
        for (uint32_t j = 0; j < i; j++)
            if (own->at[i] == own->at[j]) return false;
        if (!has(other, own->at[i]) && !has(out, own->at[i])) return false;
    }
    return true;
}

static const Node *back(Ir *ir, const Node *y, const IntList *out, const Node *other, const IntList *others,
                        const IntList *own) {
    if (out->n == 0) y = ir_node(ir, OP_STACK, &(AttrAxis){0}, 1, &y);
    int64_t one = 15; /* a scalar as a tensor of one element with a label of its own */
    AttrContract a = {out->n ? *out : (IntList){1, &one}, *others, *own};
    return ir_node(ir, OP_CONTRACT, &a, 2, (const Node *[]){y, other});
}

bool law_gradient_contract(Ir *ir, const Node *n, const Node *y, const Node **adj) {
    const AttrContract *a = ATTR_OF(n, Contract);
    if (!is_float(n) || !invertible(&a->a, &a->b, &a->out) || !invertible(&a->b, &a->a, &a->out))
        return false;
    if (has(&a->a, 15) || has(&a->b, 15)) return false;
    adj[0] = back(ir, y, &a->out, n->in[1], &a->b, &a->a);
    adj[1] = back(ir, y, &a->out, n->in[0], &a->a, &a->b);
    return true;
}
