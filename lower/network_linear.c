/* Linear layers: a contraction of rows with packed weights by tiles, and the elementwise tree above it as their epilogue.
 * x (n, [m,] k)  w (n_out, k)  out (n, [m,] n_out) */
#include "lower/tensor.h"

/* Micro tiles that keep the accumulators in registers: 24 of 32 wide ones, 12 of 16 narrower ones.  Rows whose distance is
 * a multiple of a page compete for the same lines of the cache: fewer at once. */
/* The width that leaves the fewest columns unused, the widest of these. */
static uint32_t tile_width(int64_t n) {
    static const uint32_t widths[] = {64, 48, 32};
    uint32_t best = 64;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        if ((n + widths[i] - 1) / widths[i] * widths[i] < (n + best - 1) / best * best) best = widths[i];
    return n <= 16 ? 16 : best;
}

void choose_tile(const Target *t, int64_t n, int64_t row_bytes, uint32_t *nr, uint32_t *mr) {
    bool wide = t->vector_bytes >= 64;
    *nr = wide ? tile_width(n) : 16;
    *mr = !wide ? 6 : *nr == 64 ? 6 : *nr == 48 ? 8 : 12;
    if (row_bytes % 4096 == 0 && *mr > 6)
        *mr = 6;
}

typedef struct Linear {
    const Node *x, *w;      /* w as (n, k) */
    int64_t m, n, k;
} Linear;

static int64_t find_label(const IntList *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label)
            return i;
    return -1;
}

/* The weights with their output label first, then those that are summed in x's order. */
static const Node *ordered_weights(Scope *s, const Node *w, const IntList *labels, const IntList *x, uint32_t first_k, int64_t out) {
    int64_t *order = ARENA_ARRAY(s->c->a, int64_t, labels->n);
    bool same = true;
    order[0] = find_label(labels, out);
    for (uint32_t i = first_k; i < x->n; i++)
        order[1 + i - first_k] = find_label(labels, x->at[i]);
    for (uint32_t i = 0; i < labels->n; i++)
        same = same && order[i] == i;
    if (same)
        return w;
    AttrShape a = {.shape = {labels->n, order}};
    return ir_node(s->c->ir, OP_TRANSPOSE, &a, 1, &w);
}

/* x: leading labels stay in order, the others are summed; w: one label of its own, the last of the result. */
static bool match(Scope *s, const Node *e, bool swap, Linear *l) {
    const AttrContract *a = ATTR_OF(e, Contract);
    const IntList *x = swap ? &a->b : &a->a, *w = swap ? &a->a : &a->b, *out = &a->out;
    l->x = e->in[swap];
    const Node *weights = e->in[!swap];
    if (!is_fixed(s, weights) || is_fixed(s, l->x) || e->type->kind != TY_TENSOR || e->type->elem->kind != TY_F32 || out->n < 1)
        return false;
    uint32_t lead = out->n - 1;
    int64_t own = out->at[lead];
    if (x->n < lead || w->n != x->n - lead + 1 || find_label(w, own) < 0 || find_label(x, own) >= 0)
        return false;
    l->m = l->k = 1;
    for (uint32_t i = 0; i < x->n; i++) {
        bool stays = i < lead;
        if (stays ? x->at[i] != out->at[i] || find_label(w, x->at[i]) >= 0 : find_label(w, x->at[i]) < 0)
            return false;
        *(stays ? &l->m : &l->k) *= l->x->type->dims[i];
    }
    for (uint32_t i = 0; i + 1 < w->n; i++)
        if (find_label(&(IntList){w->n - i - 1, w->at + i + 1}, w->at[i]) >= 0)
            return false;
    l->n = e->type->dims[lead];
    l->w = ordered_weights(s, weights, w, x, lead, own);
    return l->m == 1 || l->n % 16 == 0;
}

static void share_panels(TensorKernel *k, const Linear *l, uint32_t nr, KInst **panels, KInst **first, KInst **columns) {
    KB *b = k->b;
    KInst *lo, *hi;
    tk_share(k, (l->n + nr - 1) / nr, &lo, &hi);
    *first = k_mul(b, lo, nr);
    *columns = kb_op2(b, KI_SUB, kb_op2(b, KI_MIN, k_mul(b, hi, nr), k_int(b, l->n)), *first);
    *panels = kb_offset(b, *panels, k_mul(b, lo, l->k * nr * 4));
}

bool tile_linear(Scope *s, const Node *top, const Node *e, LVal *out) {
    Linear l;
    if (!match(s, e, false, &l) && !match(s, e, true, &l))
        return false;
    uint32_t nr, mr, bytes = register_bytes(top->type);
    LVal x = tensor_row_major(s, lower_expr(s, l.x));
    choose_tile(s->c->target, l.n, l.m > 1 ? l.k * 4 : x.v->row_bytes, &nr, &mr);
    LVal w = tensor_packed(s, l.w, l.n, l.k, 1, 1, nr);
    if (elem_lanes(top->type->elem) != K_F32 || x.v->type != K_F32)
        return false;
    Tree m = {.s = s, .out = top->type, .inner = e, .valid = x.valid};
    tree_collect(&m, top);
    tree_prepare(&m);
    TensorKernel k;
    tk_begin(&k, s, "linear");
    m.k = &k;
    KB *b = k.b;
    KInst *from = tk_value(&k, x.v), *panels = tk_value(&k, w.v);
    tree_operands(&m);
    KInst *to = tk_out(&k), *one = k_int(b, 1), *zero = k_int(b, 0), *pitch = k_int(b, stride_of(x.v)), *row, *col;
    KInst *first = zero, *columns = k_int(b, l.n); /* of this call: whole panels */
    if (l.n > nr)
        share_panels(&k, &l, nr, &panels, &first, &columns);
    KTile tile = {.a_type = K_F32, .a = from, .images = l.m > 1 ? k.n : one, .image_stride = l.m > 1 ? pitch : zero,
                  .m = l.m > 1 ? k_int(b, l.m) : k.n, .row_stride = l.m > 1 ? k_int(b, l.k) : pitch, .outer = one,
                  .outer_stride = zero, .inner = k_int(b, l.k), .b = panels, .n = columns, .nr = nr, .mr = mr};
    kb_tile(b, &tile, &row, &col, &m.acc);
    KInst *image = l.m > 1 ? kb_op2(b, KI_UDIV, row, k_int(b, l.m)) : row, *j = l.n > nr ? k_plus(b, first, col) : col;
    if (l.m > 1)
        j = k_plus(b, k_mul(b, kb_op2(b, KI_UREM, row, k_int(b, l.m)), l.n), j);
    kb_store(b, to, k_plus(b, k_mul(b, image, bytes / 4), j), tree_value(&m, top, image, j));
    kb_tile_end(b);
    *out = (LVal){.v = tk_end(&k, K_F32, bytes, (Range){0}), .valid = m.valid, .type = top->type};
    tree_free(&m);
    return true;
}
