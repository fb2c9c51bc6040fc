/* Deltas of operators that add up or look through windows: contract, reductions, convolution, pooling. */
#include "ir/delta_box.h"

static bool is_float(const Node *n) { return type_is_float(ir_elem(n->type)); }

/* base over the box + the image of the change */
static const Node *add_to_base(Ir *ir, const Node *n, const Delta *box, const Node *image) {
    return ir_2(ir, OP_ADD, ir_rank(n->type) ? ir_slice(ir, n, box->from, box->to) : n, image);
}

/* ---- contract ---- */

static const IntList *labels(const Node *n, uint32_t side) {
    return side ? &ATTR_OF(n, Contract)->b : &ATTR_OF(n, Contract)->a;
}

static int place(const IntList *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label) return (int)i;
    return -1;
}

/* Where the output changes: along its labels that a changed operand has, where that changed; along the others
 * everywhere. */
static void contract_box(const Node *n, const Delta *in, Delta *out) {
    const IntList *result = &ATTR_OF(n, Contract)->out;
    box_empty(n->type, out);
    for (uint32_t side = 0; side < 2; side++)
        for (uint32_t d = 0; d < result->n && in[side].patch; d++) {
            int at = place(labels(n, side), result->at[d]);
            box_cover(out, d, at < 0 ? 0 : in[side].from[at], at < 0 ? n->type->dims[d] : in[side].to[at]);
        }
}

/* Operand `side` over the box of the output, and over `inner` (if given) along its summed labels. */
static const Node *operand(Ir *ir, const Node *n, uint32_t side, const Delta *in, const Delta *out,
                           const Delta *inner) {
    const IntList *own = labels(n, side), *result = &ATTR_OF(n, Contract)->out;
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < own->n; d++) {
        int at = place(result, own->at[d]), other = inner ? place(labels(n, 1 - side), own->at[d]) : -1;
        from[d] = 0, to[d] = n->in[side]->type->dims[d];
        if (at >= 0) from[d] = out->from[at], to[d] = out->to[at];
        else if (other >= 0) from[d] = inner->from[other], to[d] = inner->to[other];
    }
    return delta_window(ir, n->in[side], in, from, to);
}

static bool sums_over_part(const Node *n, uint32_t side, const Delta *in) {
    const IntList *own = labels(n, side);
    for (uint32_t d = 0; d < own->n; d++) {
        bool part = in->from[d] > 0 || in->to[d] < n->in[side]->type->dims[d];
        if (part && place(&ATTR_OF(n, Contract)->out, own->at[d]) < 0) return true;
    }
    return false;
}

/* W x' = W x + W[:, changed] (x' - x) */
bool law_delta_contract(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    static const Delta none = {.patch = NULL};
    uint32_t side = in[0].patch == NULL;
    if (!box_known(n)) return false;
    contract_box(n, in, out);
    bool linear = !exact && is_float(n) && !in[1 - side].patch && sums_over_part(n, side, &in[side]);
    const Node *x[2] = {operand(ir, n, 0, &in[0], out, NULL), operand(ir, n, 1, &in[1], out, NULL)};
    if (linear) {
        x[side] = delta_change(ir, n->in[side], &in[side]);
        x[1 - side] = operand(ir, n, 1 - side, &none, out, &in[side]);
    }
    const Node *image = ir_with_inputs(ir, n, x);
    out->patch = linear ? add_to_base(ir, n, out, image) : image;
    return true;
}

/* ---- reductions ---- */

static bool is_reduced(const AttrDims *a, uint32_t d) {
    for (uint32_t i = 0; i < a->dims.n; i++)
        if (a->dims.at[i] == d) return true;
    return false;
}

static int64_t reduced_elems(const Node *n) {
    const AttrDims *a = ATTR_OF(n, Dims);
    int64_t k = 1;
    for (uint32_t i = 0; i < a->dims.n; i++) k *= n->in[0]->type->dims[a->dims.at[i]];
    return k;
}

/* sum (x' - x) over the changed part, divided for a mean */
static const Node *reduce_change(Ir *ir, const Node *n, const Delta *in) {
    const AttrDims *a = ATTR_OF(n, Dims);
    const Node *sum = ir_reduce(ir, OP_SUM, delta_change(ir, n->in[0], in), a->dims.n, a->dims.at, a->keep);
    if (n->op == OP_SUM) return sum;
    return ir_2(ir, OP_DIV, sum, ir_number(ir, n->type, (double)reduced_elems(n)));
}

bool law_delta_reduce(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const AttrDims *a = ATTR_OF(n, Dims);
    const Type *t = n->in[0]->type;
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK];
    uint32_t rank = 0;
    if (!box_known(n)) return false;
    for (uint32_t d = 0; d < t->n; d++) {
        bool gone = is_reduced(a, d);
        from[d] = gone ? 0 : in->from[d];
        to[d] = gone ? t->dims[d] : in->to[d];
        if (!gone || a->keep) out->from[rank] = from[d], out->to[rank++] = gone ? 1 : to[d];
    }
    bool linear = !exact && is_float(n) && (n->op == OP_SUM || n->op == OP_MEAN) && !box_is_full(t, in);
    if (linear) return out->patch = add_to_base(ir, n, out, reduce_change(ir, n, in)), true;
    const Node *window = delta_window(ir, n->in[0], in, from, to);
    out->patch = ir_with_inputs(ir, n, &window);
    return true;
}

/* ---- windows ---- */

typedef struct Axis { /* one spatial dimension of a window operator */
    int64_t size, positions, kernel, stride, before, dilation;
} Axis;

typedef struct Reach {        /* what a change along an axis reaches */
    int64_t out_from, out_to; /* positions of the output */
    int64_t from, to;         /* what they read of the input, within it */
    int64_t before, after;    /* and beyond it: padding */
} Reach;

static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }
static int64_t ceil_div(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }
static int64_t floor_div(int64_t a, int64_t b) { return -ceil_div(-a, b); }

/* Cells [from, to) of the input are all that is read (the change, or everything): the rest is padding of
 * zeros. */
static Reach reach(const Axis *x, int64_t changed_from, int64_t changed_to, int64_t from, int64_t to) {
    int64_t span = x->dilation * (x->kernel - 1) + 1;
    Reach r = {.out_from = max(ceil_div(x->before + changed_from - span + 1, x->stride), 0),
               .out_to = min(floor_div(x->before + changed_to - 1, x->stride) + 1, x->positions)};
    int64_t start = r.out_from * x->stride - x->before, end = (r.out_to - 1) * x->stride - x->before + span;
    r.from = min(max(start, from), to);
    r.to = max(min(end, to), r.from);
    r.before = r.from - start;
    r.after = end - r.to;
    return r;
}

/* conv: only the image changed. Linear: the change alone, padded with zeros to the windows that see it. */
bool law_delta_conv(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const AttrConv *a = ATTR_OF(n, Conv);
    const Node *x = n->in[0], *w = n->in[1];
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK], before[TENSOR_MAX_RANK], after[TENSOR_MAX_RANK];
    if (!box_known(n)) return false;
    if (in[1].patch) return law_delta_full(ir, n, in, exact, out);
    out->from[0] = 0, out->to[0] = n->type->dims[0];
    from[0] = 0, to[0] = x->type->dims[0];
    for (uint32_t d = 1; d < x->type->n; d++) {
        Axis axis = {x->type->dims[d],    n->type->dims[d],    w->type->dims[d + 1],
                     a->stride.at[d - 1], a->before.at[d - 1], a->dilation.at[d - 1]};
        Reach r = exact ? reach(&axis, in->from[d], in->to[d], 0, axis.size)
                        : reach(&axis, in->from[d], in->to[d], in->from[d], in->to[d]);
        if (r.out_from >= r.out_to) return out->patch = NULL, true;
        out->from[d] = r.out_from, out->to[d] = r.out_to;
        from[d] = r.from, to[d] = r.to, before[d - 1] = r.before, after[d - 1] = r.after;
    }
    uint32_t spatial = x->type->n - 1;
    AttrConv part = {a->stride, {spatial, before}, {spatial, after}, a->dilation, a->groups, 0};
    const Node *read = delta_window(ir, x, in, from, to);
    if (!exact) read = ir_2(ir, OP_SUB, read, ir_slice(ir, x, from, to));
    const Node *image = ir_node(ir, OP_CONV, &part, 2, (const Node *[]){read, w});
    out->patch = exact ? image : add_to_base(ir, n, out, image);
    return true;
}

/* Pools read their windows whole. */
bool law_delta_pool(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const AttrPool *a = ATTR_OF(n, Pool);
    const Node *x = n->in[0];
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK], before[TENSOR_MAX_RANK], after[TENSOR_MAX_RANK];
    uint32_t outer = x->type->n - a->kernel.n;
    (void)exact;
    if (!box_known(n)) return false;
    for (uint32_t d = 0; d < outer; d++) out->from[d] = from[d] = in->from[d], out->to[d] = to[d] = in->to[d];
    for (uint32_t d = outer; d < x->type->n; d++) {
        uint32_t s = d - outer;
        Axis axis = {x->type->dims[d], n->type->dims[d], a->kernel.at[s],
                     a->stride.at[s],  a->before.at[s],  a->dilation.at[s]};
        Reach r = reach(&axis, in->from[d], in->to[d], 0, axis.size);
        if (r.out_from >= r.out_to) return out->patch = NULL, true;
        out->from[d] = r.out_from, out->to[d] = r.out_to;
        from[d] = r.from, to[d] = r.to, before[s] = r.before, after[s] = r.after;
    }
    AttrPool part = {a->kernel,   a->stride,   {a->kernel.n, before}, {a->kernel.n, after},
                     a->dilation, a->count_pad};
    const Node *window = delta_window(ir, x, in, from, to);
    out->patch = ir_node(ir, n->op, &part, 1, &window);
    return true;
}
