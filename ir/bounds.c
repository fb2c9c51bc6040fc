/* Bounds: lo <= f(x) <= hi for all lo_i <= x_i <= hi_i, of the computed f.
 *
 * Every IEEE operation rounds monotonely, so a non-decreasing operation on the bounds is itself a bound: no
 * widening.  Only sums of many terms need it: the terms of the bound's sum are other ones, in another order.
 * There |computed - real| <= gamma_K * sum |a| |b|,  gamma_K = K u / (1 - K u) for both, and 4 (K + 4) u
 * times the sum covers the two and the rounding of the correction itself.
 */
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include <float.h>

static bool is_float(const Node *n) { return type_is_float(ir_elem(n->type)); }
static bool exact(const Bounds *b) { return b->lo == b->hi && b->lo; }
static const Node *min2(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_MIN2, a, b); }
static const Node *max2(Ir *ir, const Node *a, const Node *b) { return ir_2(ir, OP_MAX2, a, b); }

static bool all_known(const Node *n, const Bounds *in) {
    for (uint32_t i = 0; i < n->n; i++)
        if (!in[i].lo) return false;
    return true;
}

/* n over the lower, or the upper bounds of its inputs. */
static const Node *over(Ir *ir, const Node *n, const Bounds *in, bool upper) {
    const Node **x = ARENA_ARRAY(ir_arena(ir), const Node *, n->n);
    for (uint32_t i = 0; i < n->n; i++) x[i] = upper ? in[i].hi : in[i].lo;
    return ir_with_inputs(ir, n, x);
}

bool law_bounds_leaf(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    (void)ir, (void)in;
    *out = (Bounds){n, n};
    return n->op != OP_COLUMN; /* what is known of a column is the caller's */
}

/* DOUBLE functions are not proved to be monotone to the last bit: 16 units of room. */
static const Node *outward(Ir *ir, const Node *x, bool up) {
    const Node *room = ir_2(ir, OP_MUL, ir_1(ir, OP_ABS, x), ir_number(ir, x->type, 16 * DBL_EPSILON));
    room = ir_2(ir, OP_ADD, room, ir_number(ir, x->type, DBL_MIN));
    return ir_2(ir, up ? OP_ADD : OP_SUB, x, room);
}

static bool proved(const Node *n) {
    bool function = n->op >= OP_EXP && n->op <= OP_ERF;
    return !function || ir_elem(n->type)->kind == TY_F32;
}

/* Non-decreasing in every input, or (NEG) non-increasing in its only one. */
bool law_bounds_monotone(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!is_float(n) || !all_known(n, in)) return false;
    bool down = op_has(n->op, DEC);
    *out = (Bounds){over(ir, n, in, down), over(ir, n, in, !down)};
    if (!proved(n) && out->lo != out->hi)
        *out = (Bounds){outward(ir, out->lo, false), outward(ir, out->hi, true)};
    return true;
}

/* Subscripts must be exact. */
bool law_bounds_index(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    for (uint32_t i = 1; i < n->n; i++)
        if (!exact(&in[i])) return false;
    return law_bounds_monotone(ir, n, in, out);
}

/* Setting, adding, least and greatest are non-decreasing in both the element and the update, in the same
 * order of additions.
 */
bool law_bounds_scatter(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!exact(&in[1]) || ATTR_OF(n, Scatter)->kind == SCATTER_MUL) return false;
    return law_bounds_monotone(ir, n, in, out);
}

/* ---- arithmetic ---- */

static bool is_nonzero(const Node *n) {
    if (!ir_is_const(n) || n->type->nullable || !type_is_float(n->type)) return false;
    const Value *v = &ATTR_OF(n, Const)->value;
    return n->type->kind == TY_F64 ? v->f64 != 0 : v->f32 != 0;
}

/* The least and greatest of op at the four corners. */
static void corners(Ir *ir, Op op, const Bounds *a, const Bounds *b, Bounds *out) {
    const Node *p = ir_2(ir, op, a->lo, b->lo), *q = ir_2(ir, op, a->hi, b->lo);
    *out = (Bounds){min2(ir, p, q), max2(ir, p, q)};
    if (exact(b)) return;
    p = ir_2(ir, op, a->lo, b->hi), q = ir_2(ir, op, a->hi, b->hi);
    *out = (Bounds){min2(ir, out->lo, min2(ir, p, q)), max2(ir, out->hi, max2(ir, p, q))};
}

bool law_bounds_arith(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!is_float(n) || !all_known(n, in)) return false;
    const Bounds *a = &in[0], *b = &in[1];
    if (n->op == OP_ADD) return *out = (Bounds){over(ir, n, in, false), over(ir, n, in, true)}, true;
    if (n->op == OP_SUB)
        return *out = (Bounds){ir_2(ir, OP_SUB, a->lo, b->hi), ir_2(ir, OP_SUB, a->hi, b->lo)}, true;
    if (n->op == OP_MUL) return corners(ir, OP_MUL, exact(a) ? b : a, exact(a) ? a : b, out), true;
    if (n->op != OP_DIV || !is_nonzero(b->lo) || !exact(b)) return false;
    return corners(ir, OP_DIV, a, b, out), true;
}

bool law_bounds_abs(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!is_float(n) || !in->lo) return false;
    const Node *below = ir_1(ir, OP_NEG, in->hi);
    out->lo = max2(ir, max2(ir, in->lo, below), ir_number(ir, n->type, 0));
    out->hi = max2(ir, ir_1(ir, OP_NEG, in->lo), in->hi);
    return true;
}

bool law_bounds_leaky_relu(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    return ATTR_OF(n, Slope)->slope > 0 && law_bounds_monotone(ir, n, in, out);
}

static bool constant_bounds(Ir *ir, const Node *n, double lo, double hi, Bounds *out) {
    *out = (Bounds){ir_filled(ir, n->type, lo), ir_filled(ir, n->type, hi)};
    return out->lo != NULL;
}

bool law_bounds_unit(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    (void)in;
    return constant_bounds(ir, n, -1, 1, out);
}

/* An angle: within a half turn each way, rounded outward. */
bool law_bounds_turn(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    (void)in;
    return constant_bounds(ir, n, -3.1415928, 3.1415928, out);
}

/* A sum of rounded terms divided by itself may pass 1 by its own rounding: one unit of room. */
bool law_bounds_unit01(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    (void)in;
    double room = n->op == OP_ONEHOT                 ? 0
                  : ir_elem(n->type)->kind == TY_F64 ? 16 * DBL_EPSILON
                                                     : 16 * FLT_EPSILON;
    return constant_bounds(ir, n, 0, 1 + room, out);
}

/* One of the values; conditions may be anything. */
bool law_bounds_hull(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    uint32_t step = n->op == OP_CASE ? 2 : 1;
    if (!is_float(n) || n->type->kind == TY_TENSOR) return false;
    *out = in[n->n - 1];
    for (uint32_t i = step - 1; i < n->n && out->lo; i += step)
        *out = in[i].lo ? (Bounds){min2(ir, out->lo, in[i].lo), max2(ir, out->hi, in[i].hi)}
                        : (Bounds){NULL, NULL};
    return out->lo != NULL;
}

/* Where the mask is known, the value that it chooses; else one of the two. */
bool law_bounds_where(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!is_float(n) || !in[1].lo || !in[2].lo) return false;
    if (exact(&in[0])) return *out = (Bounds){over(ir, n, in, false), over(ir, n, in, true)}, true;
    const Node *lo = min2(ir, in[1].lo, in[2].lo), *hi = max2(ir, in[1].hi, in[2].hi);
    if (type_nullable(lo->type, false) != type_nullable(n->type, false)) return false;
    return *out = (Bounds){lo, hi}, true;
}

/* Widening and rounding casts are non-decreasing; one that may fail on a bound is none. */
bool law_bounds_cast(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!in->lo || ir_op_fallible(n) || !type_is_numeric(ir_elem(n->type))) return false;
    *out = (Bounds){over(ir, n, in, false), over(ir, n, in, true)};
    return true;
}

/* ---- sums of many terms ---- */

static int64_t product(const IntList *dims, const Type *t) {
    int64_t p = 1;
    for (uint32_t i = 0; i < dims->n; i++) {
        if (t->dims[dims->at[i]] == DIM_ANY) return DIM_ANY;
        p *= t->dims[dims->at[i]];
    }
    return p;
}

static bool holds_label(const IntList *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label) return true;
    return false;
}

static int64_t contract_terms(const Node *n) {
    const AttrContract *a = ATTR_OF(n, Contract);
    int64_t k = 1;
    for (int side = 0; side < 2; side++) {
        const IntList *l = side ? &a->b : &a->a;
        for (uint32_t i = 0; i < l->n; i++) {
            bool again = holds_label(&a->out, l->at[i]) || (side && holds_label(&a->a, l->at[i]));
            if (!again && n->in[side]->type->dims[i] == DIM_ANY) return DIM_ANY;
            if (!again) k *= n->in[side]->type->dims[i];
        }
    }
    return k;
}

static int64_t window_elems(const Type *t, uint32_t from) {
    int64_t k = 1;
    for (uint32_t d = from; d < t->n; d++) {
        if (t->dims[d] == DIM_ANY) return DIM_ANY;
        k *= t->dims[d];
    }
    return k;
}

/* Terms that one element of n adds up. */
static int64_t terms(const Node *n) {
    if (n->op == OP_CONTRACT) return contract_terms(n);
    if (n->op == OP_CONV) return window_elems(n->in[1]->type, 1);
    if (n->op == OP_BATCH_NORM) return 4;
    if (n->op == OP_SUM || n->op == OP_MEAN) return product(&ATTR_OF(n, Dims)->dims, n->in[0]->type);
    int64_t k = 1;
    for (uint32_t i = 0; i < ATTR_OF(n, Pool)->kernel.n; i++) k *= ATTR_OF(n, Pool)->kernel.at[i];
    return k;
}

static const Node *magnitude(Ir *ir, const Bounds *b) {
    const Node *lo = ir_1(ir, OP_ABS, b->lo);
    return exact(b) ? lo : max2(ir, lo, ir_1(ir, OP_ABS, b->hi));
}

/* Widens *out by the rounding of n and of the bounds themselves; `sum`: of the terms' magnitudes. */
static bool widen(Ir *ir, const Node *n, const Node *sum, Bounds *out) {
    bool wide = ir_elem(n->type)->kind == TY_F64;
    int64_t k = terms(n);
    if (k == DIM_ANY || k > 1 << 20) return false;
    double unit = wide ? DBL_EPSILON / 2 : FLT_EPSILON / 2, least = wide ? 1e-290 : 1e-36;
    const Node *room = ir_2(ir, OP_MUL, sum, ir_number(ir, n->type, 4.0 * ((double)k + 4) * unit));
    room = ir_2(ir, OP_ADD, room, ir_number(ir, n->type, least));
    *out = (Bounds){ir_2(ir, OP_SUB, out->lo, room), ir_2(ir, OP_ADD, out->hi, room)};
    return true;
}

/* sum, mean, average pool: non-decreasing in each term */
bool law_bounds_sum(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!is_float(n) || !in->lo) return false;
    const Node *mag = magnitude(ir, in);
    *out = (Bounds){over(ir, n, in, false), over(ir, n, in, true)};
    return widen(ir, n, ir_with_inputs(ir, n, &mag), out);
}

static const Node *apply2(Ir *ir, const Node *n, uint32_t x_at, const Node *x, const Node *w) {
    const Node *in[2] = {x_at ? w : x, x_at ? x : w};
    return ir_with_inputs(ir, n, in);
}

/* contract and conv, one operand exact: its positive part takes one bound, its negative part the other */
bool law_bounds_linear(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    if (!is_float(n) || !all_known(n, in)) return false;
    uint32_t x_at = exact(&in[0]);
    const Bounds *x = &in[x_at], *w = &in[1 - x_at];
    if (!exact(w)) return false;
    const Node *zero = ir_number(ir, n->type, 0);
    const Node *plus = max2(ir, w->lo, zero), *minus = min2(ir, w->lo, zero);
    out->lo = ir_2(ir, OP_ADD, apply2(ir, n, x_at, x->lo, plus), apply2(ir, n, x_at, x->hi, minus));
    out->hi = ir_2(ir, OP_ADD, apply2(ir, n, x_at, x->hi, plus), apply2(ir, n, x_at, x->lo, minus));
    return widen(ir, n, apply2(ir, n, x_at, magnitude(ir, x), ir_1(ir, OP_ABS, w->lo)), out);
}

/* ---- whole expressions ---- */

typedef struct Walk {
    Ir *ir;
    PtrMap known; /* node -> Bounds; lo NULL: none */
    uint32_t n;
    const Bounds *columns;
} Walk;

static Bounds *bounds_of(Walk *w, const Node *n);

static bool from_inputs(Walk *w, const Node *n, Bounds *out) {
    Bounds *in = ARENA_ARRAY(ir_arena(w->ir), Bounds, n->n);
    bool same = n->n > 0;
    for (uint32_t i = 0; i < n->n; i++) {
        in[i] = *bounds_of(w, n->in[i]);
        same = same && in[i].lo == n->in[i] && in[i].hi == n->in[i];
    }
    if (same) return *out = (Bounds){n, n}, true;
    BoundsLaw law = op_laws[n->op].bounds;
    return law && law(w->ir, n, in, out);
}

static Bounds *bounds_of(Walk *w, const Node *n) {
    Bounds *b = ptrmap_get(&w->known, n);
    if (b) return b;
    b = ARENA_NEW(ir_arena(w->ir), Bounds);
    int64_t column = n->op == OP_COLUMN ? ATTR_OF(n, Column)->index : -1;
    if (column >= 0 && column < w->n) *b = w->columns[column];
    else if (!from_inputs(w, n, b)) *b = (Bounds){NULL, NULL};
    ptrmap_set(&w->known, n, b);
    return b;
}

bool ir_bounds(Ir *ir, const Node *expr, uint32_t n, const Bounds *columns, Bounds *out) {
    Walk w = {.ir = ir, .n = n, .columns = columns};
    *out = *bounds_of(&w, expr);
    ptrmap_free(&w.known);
    return out->lo != NULL;
}

/* The expansion x a + b rounds otherwise than an evaluation in one go: both lie within a few units of the sum
 * of |x a| and of the parts of |b|, which may cancel. */
bool law_bounds_batch_norm(Ir *ir, const Node *n, const Bounds *in, Bounds *out) {
    Walk w = {.ir = ir};
    for (uint32_t i = 0; i < n->n; i++) ptrmap_set(&w.known, n->in[i], (void *)&in[i]);
    *out = *bounds_of(&w, ir_expand(ir, n));
    ptrmap_free(&w.known);
    for (uint32_t i = 1; i < n->n; i++)
        if (!exact(&in[i])) return false;
    if (!out->lo) return false;
    const Node *parts[5] = {magnitude(ir, &in[0]), ir_1(ir, OP_ABS, n->in[1]), ir_1(ir, OP_ABS, n->in[2]),
                            ir_1(ir, OP_NEG, ir_1(ir, OP_ABS, n->in[3])), n->in[4]};
    return widen(ir, n, ir_expand(ir, ir_with_inputs(ir, n, parts)), out);
}
