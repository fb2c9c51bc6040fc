/* Tensors: slices move towards the leaves, so that only the outputs that are used are computed; chains of reshape and
 * transpose become one.  Dimensions must be known: with a `*` the shapes are checked at run time, on all of the tensor.
 *
 * Tempting and wrong:
 *   softmax(z)[c] -> a function of z[c]          the sum reads all of z
 *   stack(x, y)[0] -> x                          y NULL makes the stack NULL
 *   (a / b)[i] -> a[i] / b[i] for a scalar       tensors divide as IEEE 754, a scalar by zero fails
 *   (a + b)[i] -> a[i] + b[i] for integers       a scalar sum that overflows fails
 *   transpose(reshape(x)) -> reshape(transpose(x))   other elements meet
 */
#include "ir/tensor_build.h"
#include "rewrites/rules.h"
#include "rewrites/terms.h"

static const Node *take_slot_1(Rw *rw, const Match *m) { return (void)rw, m->at[1]; }
static bool is_known(const Type *t) { return t->kind == TY_TENSOR && type_elems(t) != DIM_ANY; }

/* ---- slices as data ---- */

typedef struct Cut { /* one dimension: [from, to) by step, removed if drop */
    int64_t from, to, step, drop;
} Cut;

static Cut cut_of(const Node *slice, uint32_t d) {
    const AttrSlice *a = ATTR_OF(slice, Slice);
    return (Cut){a->from.at[d], a->to.at[d], a->step.at[d], a->drop.at[d]};
}

static bool is_whole(const Type *t, uint32_t n, const Cut *cuts) {
    for (uint32_t d = 0; d < n; d++)
        if (cuts[d].from != 0 || cuts[d].to != t->dims[d] || cuts[d].step != 1 || cuts[d].drop) return false;
    return true;
}

/* x itself when the cuts take all of it. */
static const Node *sliced(Rw *rw, const Node *x, const Cut *cuts) {
    int64_t field[4][TENSOR_MAX_RANK];
    uint32_t n = x->type->n;
    if (is_whole(x->type, n, cuts)) return x;
    for (uint32_t d = 0; d < n; d++) {
        field[0][d] = cuts[d].from;
        field[1][d] = cuts[d].to;
        field[2][d] = cuts[d].step;
        field[3][d] = cuts[d].drop;
    }
    AttrSlice a = {{n, field[0]}, {n, field[1]}, {n, field[2]}, {n, field[3]}};
    return ir_node(rw->ir, OP_SLICE, &a, 1, &x);
}

static bool slice_whole_when(Rw *rw, const Match *m) {
    (void)rw;
    Cut cuts[TENSOR_MAX_RANK];
    const Type *t = m->at[1]->type;
    for (uint32_t d = 0; d < t->n; d++) cuts[d] = cut_of(m->at[0], d);
    return is_known(t) && is_whole(t, t->n, cuts);
}

/* law    x[:, :] == x */
const Rule rule_slice_whole = {
    .name = "slice_whole",
    .law = "x[:, :]  ->  x",
    .where = "known dimensions, none dropped",
    .sound = EXACT,
    .lhs = P1(SLICE, 0, ANY(1)),
    .when = slice_whole_when,
    .make = take_slot_1,
};

static bool slice_slice_when(Rw *rw, const Match *m) {
    (void)rw;
    return is_known(m->at[2]->type);
}

static const Node *slice_slice_make(Rw *rw, const Match *m) {
    const Node *outer = m->at[0], *inner = m->at[1], *x = m->at[2];
    Cut cuts[TENSOR_MAX_RANK];
    uint32_t k = 0;
    for (uint32_t d = 0; d < x->type->n; d++) {
        Cut i = cuts[d] = cut_of(inner, d);
        if (i.drop) continue;
        Cut o = cut_of(outer, k++);
        int64_t last = o.to > o.from ? i.from + (o.to - 1) * i.step + 1 : i.from + o.from * i.step;
        cuts[d] = (Cut){i.from + o.from * i.step, last, i.step * o.step, o.drop};
    }
    return sliced(rw, x, cuts);
}

/* law    x[a:b][c:d] == x[a + c : a + d] */
const Rule rule_slice_slice = {
    .name = "slice_slice",
    .law = "x[a:b][c:d]  ->  x[a+c : a+d]",
    .where = "known dimensions",
    .sound = EXACT,
    .lhs = P1(SLICE, 0, P1(SLICE, 1, ANY(2))),
    .when = slice_slice_when,
    .make = slice_slice_make,
};

static bool index_slice_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *n = m->at[0];
    for (uint32_t i = 1; i < n->n; i++)
        if (!ir_is_const(n->in[i]) || rw_is_null(n->in[i])) return false;
    return is_known(m->at[1]->type) && !ir_op_fallible(n);
}

static const Node *index_slice_make(Rw *rw, const Match *m) {
    const Node *n = m->at[0], *x = m->at[1];
    Cut cuts[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < x->type->n; d++) {
        int64_t i = d + 1 < n->n ? ATTR_OF(n->in[d + 1], Const)->value.i : 0;
        cuts[d] = d + 1 < n->n ? (Cut){i, i + 1, 1, 1} : (Cut){0, x->type->dims[d], 1, 0};
    }
    return sliced(rw, x, cuts);
}

/* law    index(x, i) == x[i]        i constant: the subscript becomes part of the plan
 * where  i within the known dimension: outside it fails */
const Rule rule_index_slice = {
    .name = "index_slice",
    .law = "index(x, i)  ->  x[i]",
    .where = "i is a constant within the dimension",
    .sound = EXACT,
    .canonical = true,
    .lhs = P1N(INDEX, 0, ANY(1)),
    .when = index_slice_when,
    .make = index_slice_make,
};

/* ---- slices of elementwise ops ---- */

/* The part of an operand that broadcasts to the slice of the result. */
static const Node *operand_slice(Rw *rw, const Node *slice, const Type *result, const Node *x) {
    if (x->type->kind != TY_TENSOR) return x;
    Cut cuts[TENSOR_MAX_RANK];
    uint32_t skip = result->n - x->type->n;
    for (uint32_t d = 0; d < x->type->n; d++) {
        cuts[d] = cut_of(slice, d + skip);
        if (x->type->dims[d] == 1 && result->dims[d + skip] != 1) {
            bool none = cuts[d].to <= cuts[d].from;
            cuts[d] = (Cut){0, none ? 0 : 1, 1, cuts[d].drop};
        }
    }
    return sliced(rw, x, cuts);
}

static bool is_map(const Node *f) {
    static const Op maps[] = {OP_ADD,  OP_SUB,  OP_MUL, OP_NEG,  OP_ABS,       OP_FLOOR,
                              OP_CEIL, OP_ROUND, OP_SQRT, OP_EXP, OP_LOG,  OP_TANH,      OP_SIGMOID,
                              OP_ERF,  OP_SIN,  OP_COS, OP_RELU, OP_LEAKY_RELU};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        if (maps[i] == f->op) return true;
    return false;
}

/* Slices that only drop dimensions of size 1 move too: all slices sit low. */
static bool slice_map_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *f = m->at[1];
    bool known = is_map(f) && is_known(f->type) && type_is_float(f->type->elem);
    for (uint32_t i = 0; known && i < f->n; i++)
        known = f->in[i]->type->kind != TY_TENSOR || is_known(f->in[i]->type);
    return known;
}

static const Node *slice_map_make(Rw *rw, const Match *m) {
    const Node *slice = m->at[0], *f = m->at[1], *in[2];
    for (uint32_t i = 0; i < f->n; i++) in[i] = operand_slice(rw, slice, f->type, f->in[i]);
    return ir_node(rw->ir, f->op, f->attr, f->n, in);
}

/* law    f(x, y)[i] == f(x[i], y[i])         f elementwise, broadcast dimensions are read at 0
 * where  floats: integer sums of scalars fail where those of tensors wrap.  Not division: 1.0 / 0.0 of scalars fails */
const Rule rule_slice_map = {
    .name = "slice_map",
    .law = "f(x, y)[i]  ->  f(x[i], y[i])",
    .where = "f elementwise on floats and no division, known dimensions",
    .sound = EXACT,
    .canonical = true,
    .lhs = P1(SLICE, 0, F0(PURE, 1)),
    .when = slice_map_when,
    .make = slice_map_make,
};

/* ---- slices of contractions ---- */

static int place_of(const IntList *labels, int64_t l) {
    for (uint32_t i = 0; i < labels->n; i++)
        if (labels->at[i] == l) return (int)i;
    return -1;
}

static bool has_twice(const IntList *labels) {
    for (uint32_t i = 0; i < labels->n; i++)
        if (place_of(labels, labels->at[i]) != (int)i) return true;
    return false;
}

/* The operand, cut where its labels are in the result, and what is left of its labels. */
static const Node *contract_operand(Rw *rw, const Node *slice, const IntList *out, const Node *x,
                                    const IntList *labels, IntList *left, int64_t *room) {
    Cut cuts[TENSOR_MAX_RANK];
    *left = (IntList){0, room};
    for (uint32_t d = 0; d < labels->n; d++) {
        int at = place_of(out, labels->at[d]);
        cuts[d] = at >= 0 ? cut_of(slice, (uint32_t)at) : (Cut){0, x->type->dims[d], 1, 0};
        if (!cuts[d].drop) room[left->n++] = labels->at[d];
    }
    return sliced(rw, x, cuts);
}

static uint32_t dropped(const Node *slice, const IntList *out, const IntList *labels) {
    uint32_t n = 0;
    for (uint32_t d = 0; d < labels->n; d++) {
        int at = place_of(out, labels->at[d]);
        n += at >= 0 && cut_of(slice, (uint32_t)at).drop;
    }
    return n;
}

static bool slice_contract_when(Rw *rw, const Match *m) {
    (void)rw;
    const AttrContract *k = ATTR_OF(m->at[1], Contract);
    if (!is_known(m->at[2]->type) || !is_known(m->at[3]->type) || has_twice(&k->a) || has_twice(&k->b))
        return false;
    return dropped(m->at[0], &k->out, &k->a) < k->a.n && dropped(m->at[0], &k->out, &k->b) < k->b.n;
}

static const Node *slice_contract_make(Rw *rw, const Match *m) {
    const Node *slice = m->at[0];
    const AttrContract *k = ATTR_OF(m->at[1], Contract);
    int64_t room[3][TENSOR_MAX_RANK];
    AttrContract to;
    const Node *in[] = {contract_operand(rw, slice, &k->out, m->at[2], &k->a, &to.a, room[0]),
                        contract_operand(rw, slice, &k->out, m->at[3], &k->b, &to.b, room[1])};
    to.out = (IntList){0, room[2]};
    for (uint32_t d = 0; d < k->out.n; d++)
        if (!cut_of(slice, d).drop) room[2][to.out.n++] = k->out.at[d];
    return ir_node(rw->ir, OP_CONTRACT, &to, 2, in);
}

/* law    (x W)[c] == x W[c]       a (.., k)  b (o, k): each output is its own sum by ascending k, so the bits stay
 * where  each operand keeps a dimension; no label twice in one operand (a diagonal).  The outputs that nobody reads are not
 *        computed; W[c] of a weight is cut once a statement */
const Rule rule_slice_contract = {
    .name = "slice_contract",
    .law = "contract(a, b)[c]  ->  contract(a[c], b[c])",
    .where = "known dimensions, no label twice in an operand, each keeps a dimension",
    .sound = EXACT,
    .canonical = true,
    .lhs = P1(SLICE, 0, P2(CONTRACT, 1, ANY(2), ANY(3))),
    .when = slice_contract_when,
    .make = slice_contract_make,
};

/* ---- slices of stacks ---- */

static bool slice_stack_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *stack = m->at[1];
    Cut c = cut_of(m->at[0], (uint32_t)ATTR_OF(stack, Axis)->axis);
    if (!is_known(stack->type) || !c.drop) return false;
    for (uint32_t i = 0; i < stack->n; i++)
        if (i != c.from && stack->in[i]->type->nullable) return false;
    return true;
}

static const Node *slice_stack_make(Rw *rw, const Match *m) {
    const Node *slice = m->at[0], *stack = m->at[1];
    uint32_t axis = (uint32_t)ATTR_OF(stack, Axis)->axis, k = 0;
    const Node *x = stack->in[cut_of(slice, axis).from];
    Cut cuts[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < stack->type->n; d++)
        if (d != axis) cuts[k++] = cut_of(slice, d);
    return x->type->kind == TY_TENSOR ? sliced(rw, x, cuts) : x;
}

/* law    stack(x, y)[0] == x          where y is NOT NULL: a NULL in it makes the stack NULL */
const Rule rule_slice_stack = {
    .name = "slice_stack",
    .law = "stack(x, y)[0]  ->  x",
    .where = "the others are NOT NULL",
    .sound = EXACT,
    .lhs = P1(SLICE, 0, P0(STACK, 1)),
    .when = slice_stack_when,
    .make = slice_stack_make,
};

/* ---- reshape ---- */

static bool reshape_reshape_when(Rw *rw, const Match *m) {
    (void)rw;
    return is_known(m->at[2]->type) && is_known(m->at[0]->type);
}

static const Node *reshape_reshape_make(Rw *rw, const Match *m) {
    return ir_reshape(rw->ir, m->at[2], m->at[0]->type->n, m->at[0]->type->dims);
}

/* law    reshape(reshape(x)) == reshape(x)        the order of elements is row-major in both */
const Rule rule_reshape_reshape = {
    .name = "reshape_reshape",
    .law = "reshape(reshape(x))  ->  reshape(x)",
    .where = "known dimensions",
    .sound = EXACT,
    .lhs = P1(RESHAPE, 0, P1(RESHAPE, 1, ANY(2))),
    .when = reshape_reshape_when,
    .make = reshape_reshape_make,
};

static bool reshape_same_when(Rw *rw, const Match *m) {
    (void)rw;
    return is_known(m->at[0]->type) && type_same(m->at[0]->type, m->at[1]->type);
}

/* law    reshape(x) to x's shape == x */
const Rule rule_reshape_same = {
    .name = "reshape_same",
    .law = "reshape(x)  ->  x",
    .where = "to the shape that x has",
    .sound = EXACT,
    .lhs = P1(RESHAPE, 0, ANY(1)),
    .when = reshape_same_when,
    .make = take_slot_1,
};

/* ---- transpose ---- */

static const Node *transpose_transpose_make(Rw *rw, const Match *m) {
    const IntList *outer = &ATTR_OF(m->at[0], Shape)->shape, *inner = &ATTR_OF(m->at[1], Shape)->shape;
    int64_t order[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < outer->n; d++) order[d] = inner->at[outer->at[d]];
    return ir_node(rw->ir, OP_TRANSPOSE, &(AttrShape){{outer->n, order}}, 1, &m->at[2]);
}

/* law    transpose(transpose(x, p), q) == transpose(x, p . q) */
const Rule rule_transpose_transpose = {
    .name = "transpose_transpose",
    .law = "transpose(transpose(x, p), q)  ->  transpose(x, p . q)",
    .where = "always",
    .sound = EXACT,
    .lhs = P1(TRANSPOSE, 0, P1(TRANSPOSE, 1, ANY(2))),
    .make = transpose_transpose_make,
};

static bool transpose_same_when(Rw *rw, const Match *m) {
    (void)rw;
    const IntList *order = &ATTR_OF(m->at[0], Shape)->shape;
    for (uint32_t d = 0; d < order->n; d++)
        if (order->at[d] != d) return false;
    return true;
}

/* law    transpose(x, identity) == x */
const Rule rule_transpose_same = {
    .name = "transpose_same",
    .law = "transpose(x, identity)  ->  x",
    .where = "dimensions in order",
    .sound = EXACT,
    .lhs = P1(TRANSPOSE, 0, ANY(1)),
    .when = transpose_same_when,
    .make = take_slot_1,
};
