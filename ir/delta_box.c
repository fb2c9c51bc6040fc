#include "ir/delta_box.h"

static bool known(const Type *t) { return t->kind != TY_TENSOR || type_elems(t) != DIM_ANY; }

bool box_known(const Node *n) {
    for (uint32_t i = 0; i < n->n; i++)
        if (!known(n->in[i]->type)) return false;
    return known(n->type);
}

bool box_full(const Type *t, Delta *out) {
    for (uint32_t d = 0; d < ir_rank(t); d++) out->from[d] = 0, out->to[d] = t->dims[d];
    return known(t);
}

void box_empty(const Type *t, Delta *out) {
    for (uint32_t d = 0; d < ir_rank(t); d++) out->from[d] = INT64_MAX, out->to[d] = 0;
}

void box_cover(Delta *box, uint32_t d, int64_t from, int64_t to) {
    if (from < box->from[d]) box->from[d] = from;
    if (to > box->to[d]) box->to[d] = to;
}

bool box_is_full(const Type *t, const Delta *d) {
    for (uint32_t i = 0; i < ir_rank(t); i++)
        if (d->from[i] > 0 || d->to[i] < t->dims[i]) return false;
    return true;
}

static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

static bool meets(const Delta *d, uint32_t rank, const int64_t *from, const int64_t *to) {
    for (uint32_t i = 0; i < rank; i++)
        if (max(d->from[i], from[i]) >= min(d->to[i], to[i])) return false;
    return true;
}

static const Node *slice_of_patch(Ir *ir, const Delta *d, uint32_t rank, const int64_t *from,
                                  const int64_t *to) {
    int64_t f[TENSOR_MAX_RANK], t[TENSOR_MAX_RANK];
    for (uint32_t i = 0; i < rank; i++) f[i] = from[i] - d->from[i], t[i] = to[i] - d->from[i];
    return ir_slice(ir, d->patch, f, t);
}

/* Along dimension k and later ones [from, to) may leave the patch; along earlier ones it lies within. */
static const Node *overlay(Ir *ir, const Node *base, const Delta *d, uint32_t k, int64_t *from, int64_t *to) {
    uint32_t rank = base->type->n, n = 0;
    const Node *parts[3];
    if (k == rank) return slice_of_patch(ir, d, rank, from, to);
    int64_t lo = from[k], hi = to[k], a = max(lo, d->from[k]), b = min(hi, d->to[k]);
    if (lo < a) to[k] = a, parts[n++] = ir_slice(ir, base, from, to);
    from[k] = a, to[k] = b;
    parts[n++] = overlay(ir, base, d, k + 1, from, to);
    if (b < hi) from[k] = b, to[k] = hi, parts[n++] = ir_slice(ir, base, from, to);
    from[k] = lo, to[k] = hi;
    return ir_concat(ir, k, n, parts);
}

const Node *delta_window(Ir *ir, const Node *base, const Delta *d, const int64_t *from, const int64_t *to) {
    uint32_t rank = ir_rank(base->type);
    int64_t f[TENSOR_MAX_RANK], t[TENSOR_MAX_RANK];
    if (rank == 0) return d->patch ? d->patch : base;
    if (!d->patch || !meets(d, rank, from, to)) return ir_slice(ir, base, from, to);
    memcpy(f, from, rank * sizeof *f);
    memcpy(t, to, rank * sizeof *t);
    return overlay(ir, base, d, 0, f, t);
}

const Node *ir_after(Ir *ir, const Node *n, const Delta *d) {
    Delta all;
    if (!d->patch) return n;
    box_full(n->type, &all);
    return delta_window(ir, n, d, all.from, all.to);
}

const Node *delta_change(Ir *ir, const Node *base, const Delta *d) {
    const Node *was = ir_rank(base->type) ? ir_slice(ir, base, d->from, d->to) : base;
    return ir_2(ir, OP_SUB, d->patch, was);
}
