/* Deltas: the part of a value that changes, and its new content.
 *
 * Exact form: the operator on what it reads of the changed input (its halo), overlaid on the base: the same
 * bits as a full evaluation.  Linear form: base + operator(change), only over the changed part of the input:
 * equal over the reals.
 */
#include "ir/delta_box.h"

static bool is_changed(const Delta *d) { return d->patch != NULL; }

static bool unchanged(Delta *out) { return out->patch = NULL, true; }

bool law_delta_leaf(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    (void)ir, (void)n, (void)in, (void)exact;
    return unchanged(out);
}

/* n over other inputs, whose shapes may differ from n's own: a cast names its shape. */
static const Node *apply(Ir *ir, const Node *n, const Node *const *in) {
    if (n->op != OP_CAST || n->type->kind != TY_TENSOR) return ir_with_inputs(ir, n, in);
    AttrCast a = *ATTR_OF(n, Cast);
    a.to = type_tensor(ir_types(ir), a.to->elem, in[0]->type->n, in[0]->type->dims);
    return ir_node(ir, OP_CAST, &a, 1, in);
}

/* Everything may change: the operator on the whole inputs. */
bool law_delta_full(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const Node **x = ARENA_ARRAY(ir_arena(ir), const Node *, n->n);
    (void)exact;
    if (!box_full(n->type, out)) return false;
    for (uint32_t i = 0; i < n->n; i++) x[i] = ir_after(ir, n->in[i], &in[i]);
    out->patch = ir_with_inputs(ir, n, x);
    return true;
}

/* ---- elementwise, with broadcasting ---- */

/* Dimension of input i that meets dimension d of n, or -1 where it is broadcast. */
static int aligned(const Node *n, uint32_t i, uint32_t d) {
    const Type *t = n->in[i]->type;
    int at = (int)d - (int)(n->type->n - ir_rank(t));
    return at >= 0 && (t->dims[at] != 1 || n->type->dims[d] == 1) ? at : -1;
}

static void cover(const Node *n, uint32_t i, const Delta *in, Delta *out) {
    for (uint32_t d = 0; d < ir_rank(n->type); d++) {
        int at = aligned(n, i, d);
        box_cover(out, d, at < 0 ? 0 : in->from[at], at < 0 ? n->type->dims[d] : in->to[at]);
    }
}

/* What input i is over the box of the output. */
static const Node *part_of(Ir *ir, const Node *n, uint32_t i, const Delta *in, const Delta *box) {
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK];
    const Type *t = n->in[i]->type;
    if (t->kind != TY_TENSOR) return ir_after(ir, n->in[i], in);
    for (uint32_t d = 0; d < t->n; d++) from[d] = 0, to[d] = t->dims[d];
    for (uint32_t d = 0; d < ir_rank(n->type); d++) {
        int at = aligned(n, i, d);
        if (at >= 0) from[at] = box->from[d], to[at] = box->to[d];
    }
    return delta_window(ir, n->in[i], in, from, to);
}

bool law_delta_pointwise(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const Node **x = ARENA_ARRAY(ir_arena(ir), const Node *, n->n);
    (void)exact;
    if (!box_known(n)) return false;
    box_empty(n->type, out);
    for (uint32_t i = 0; i < n->n; i++)
        if (is_changed(&in[i])) cover(n, i, &in[i], out);
    for (uint32_t i = 0; i < n->n; i++) x[i] = part_of(ir, n, i, &in[i], out);
    out->patch = apply(ir, n, x);
    return true;
}

/* ---- moving elements: the patch moves alone ---- */

static int64_t ceil_div(int64_t a, int64_t b) { return a >= 0 ? (a + b - 1) / b : -(-a / b); }
static int64_t floor_div(int64_t a, int64_t b) { return -ceil_div(-a, b); }

bool law_delta_slice(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const AttrSlice *a = ATTR_OF(n, Slice);
    const Type *t = n->in[0]->type;
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK];
    uint32_t rank = 0;
    (void)exact;
    if (!box_known(n)) return false;
    for (uint32_t d = 0; d < t->n; d++) {
        int64_t step = a->step.at[d], first = ceil_div(in->from[d] - a->from.at[d], step);
        int64_t count = ceil_div(a->to.at[d] - a->from.at[d], step);
        int64_t end = floor_div(in->to[d] - 1 - a->from.at[d], step) + 1;
        if (first < 0) first = 0;
        if (end > count) end = count;
        if (first >= end) return unchanged(out);
        from[d] = a->from.at[d] + first * step - in->from[d];
        to[d] = from[d] + (end - first - 1) * step + 1;
        if (!a->drop.at[d]) out->from[rank] = first, out->to[rank++] = end;
    }
    AttrSlice moved = {{t->n, from}, {t->n, to}, a->step, a->drop};
    out->patch = ir_node(ir, OP_SLICE, &moved, 1, &in->patch);
    return true;
}

bool law_delta_transpose(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const IntList *order = &ATTR_OF(n, Shape)->shape;
    (void)exact;
    for (uint32_t d = 0; d < order->n; d++) {
        out->from[d] = in->from[order->at[d]];
        out->to[d] = in->to[order->at[d]];
    }
    out->patch = ir_with_inputs(ir, n, &in->patch);
    return true;
}

/* A box is a box in another shape only when it is all of it, or whole along the inner dimensions: taken
 * whole. */
bool law_delta_reshape(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    return law_delta_full(ir, n, in, exact, out);
}

static uint32_t only_changed(const Node *n, const Delta *in) {
    uint32_t at = n->n;
    for (uint32_t i = 0; i < n->n; i++) {
        if (!is_changed(&in[i])) continue;
        if (at < n->n) return n->n;
        at = i;
    }
    return at;
}

/* One part changed: its patch, further along the axis. */
bool law_delta_concat(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    int64_t axis = ATTR_OF(n, Axis)->axis, offset = 0;
    uint32_t at = only_changed(n, in);
    if (!box_known(n)) return false;
    if (at == n->n) return law_delta_full(ir, n, in, exact, out);
    for (uint32_t i = 0; i < at; i++) offset += n->in[i]->type->dims[axis];
    *out = in[at];
    out->from[axis] += offset;
    out->to[axis] += offset;
    return true;
}

/* The slices from the first to the last changed input. */
bool law_delta_stack(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    uint32_t first = n->n, last = 0;
    int64_t axis = ATTR_OF(n, Axis)->axis;
    (void)exact;
    if (!box_full(n->type, out)) return false;
    for (uint32_t i = 0; i < n->n; i++)
        if (is_changed(&in[i])) last = i, first = first < i ? first : i;
    const Node **x = ARENA_ARRAY(ir_arena(ir), const Node *, n->n);
    for (uint32_t i = first; i <= last; i++) x[i - first] = ir_after(ir, n->in[i], &in[i]);
    out->from[axis] = first;
    out->to[axis] = last + 1;
    out->patch = ir_node(ir, OP_STACK, n->attr, last + 1 - first, x);
    return true;
}

/* x (C, ..) over the box, the parameters (C) of its channels. */
bool law_delta_batch_norm(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out) {
    const Node *x[5] = {in[0].patch};
    for (uint32_t i = 1; i < n->n; i++) {
        if (is_changed(&in[i]) || !box_known(n)) return law_delta_full(ir, n, in, exact, out);
        x[i] = ir_slice(ir, n->in[i], &in[0].from[0], &in[0].to[0]);
    }
    *out = in[0];
    out->patch = ir_with_inputs(ir, n, x);
    return true;
}

/* ---- whole expressions ---- */

typedef struct Walk {
    Ir *ir;
    PtrMap known; /* node -> Delta */
    bool exact, missing;
} Walk;

static const Delta *delta_of(Walk *w, const Node *n);

static void from_inputs(Walk *w, const Node *n, Delta *out) {
    Delta *in = ARENA_ARRAY(ir_arena(w->ir), Delta, n->n);
    bool any = false;
    for (uint32_t i = 0; i < n->n; i++) {
        in[i] = *delta_of(w, n->in[i]);
        any = any || is_changed(&in[i]);
    }
    DeltaLaw law = op_laws[n->op].delta;
    if (any && !w->missing && (!law || !law(w->ir, n, in, w->exact, out))) w->missing = true;
}

static const Delta *delta_of(Walk *w, const Node *n) {
    Delta *d = ptrmap_get(&w->known, n);
    if (d) return d;
    d = ARENA_NEW(ir_arena(w->ir), Delta);
    from_inputs(w, n, d);
    ptrmap_set(&w->known, n, d);
    return d;
}

bool ir_delta(Ir *ir, const Node *expr, const Node *at, const Delta *change, bool exact, Delta *out) {
    Walk w = {.ir = ir, .exact = exact};
    ptrmap_set(&w.known, at, (void *)change);
    *out = *delta_of(&w, expr);
    ptrmap_free(&w.known);
    return !w.missing;
}
