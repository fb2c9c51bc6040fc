/* Layers: batch normalisation becomes a scale and a shift, and these go into the weights before them.  What depends on
 * weights alone is computed once a statement.
 *
 * Tempting and wrong:
 *   scale into the layer after it             padding: the border adds zeros that the shift does not reach
 *   (x W + b) k -> x (W k) + b                b is scaled too
 *   relu(z) k -> relu(z k)                    for a negative k
 *   folding a scale that depends on the row   it costs more than it saves
 */
#include "base/winograd.h"
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include "rewrites/rules.h"
#include "rewrites/terms.h"

/* Computed once a statement: no column below. */
static bool is_fixed(const Node *n) { return !(n->below & (BELOW_COLUMN | BELOW_VOLATILE)); }

static bool batch_norm_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *n = m->at[0];
    return is_fixed(n->in[1]) && is_fixed(n->in[2]) && is_fixed(n->in[3]) && is_fixed(n->in[4]) &&
           !is_fixed(n->in[0]);
}

static const Node *batch_norm_make(Rw *rw, const Match *m) { return ir_expand(rw->ir, m->at[0]); }

/* law    batch_norm(x, g, s, m, v) == x a + (s - m a),  a = g / sqrt(v + eps)
 * where  the parameters are weights.  REAL: two roundings an element instead of one */
const Rule rule_batch_norm = {
    .name = "batch_norm",
    .law = "batch_norm(x, g, s, m, v)  ->  x a + (s - m a),  a = g / sqrt(v + eps)",
    .where = "the parameters have no column",
    .sound = REAL,
    .lhs = P0(BATCH_NORM, 0),
    .when = batch_norm_when,
    .make = batch_norm_make,
};

/* ---- scales into weights ---- */

/* The dimension of a result of `rank` dims along which a fixed tensor varies; -1: none or several. */
static int varies_along(const Node *k, uint32_t rank) {
    int at = -1;
    if (k->type->kind != TY_TENSOR || k->type->n > rank || type_elems(k->type) == DIM_ANY) return -1;
    for (uint32_t d = 0; d < k->type->n; d++) {
        if (k->type->dims[d] == 1) continue;
        if (at >= 0) return -1;
        at = (int)(d + rank - k->type->n);
    }
    return at;
}

/* k, of one dimension that is not 1, as a tensor of `rank` dims that varies along `at`. */
static const Node *along(Rw *rw, const Node *k, uint32_t rank, uint32_t at) {
    int64_t dims[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < rank; d++) dims[d] = d == at ? type_elems(k->type) : 1;
    return ir_reshape(rw->ir, k, rank, dims);
}

/* A product's layer and its scale, in either order; false if it is no such product. */
static bool layer_and_scale(const Node *mul, bool (*is_layer)(const Node *), const Node **layer,
                            const Node **scale) {
    bool swap = !is_layer(mul->in[0]);
    *layer = mul->in[swap];
    *scale = mul->in[!swap];
    return is_layer(*layer) && is_fixed(*scale) && !is_fixed(*layer);
}

/* a (.., k)  w fixed: the second operand, or the first */
static int fixed_side(const Node *n) { return is_fixed(n->in[1]) ? 1 : is_fixed(n->in[0]) ? 0 : -1; }
static bool is_contract(const Node *n) { return n->op == OP_CONTRACT && fixed_side(n) >= 0; }
static bool is_conv(const Node *n) { return n->op == OP_CONV && fixed_side(n) == 1; }
static bool is_layer(const Node *n) { return is_contract(n) || is_conv(n); }

/* The place of the scale's label in the fixed operand; -1: it is not there, or twice. */
static int scaled_place(const Node *contract, const Node *k) {
    const AttrContract *c = ATTR_OF(contract, Contract);
    int at = varies_along(k, c->out.n), found = -1;
    const IntList *labels = fixed_side(contract) ? &c->b : &c->a,
                  *other = fixed_side(contract) ? &c->a : &c->b;
    if (at < 0 || !type_same(k->type->elem, ir_elem(contract->type))) return -1;
    for (uint32_t d = 0; d < other->n; d++)
        if (other->at[d] == c->out.at[at]) return -1;
    for (uint32_t d = 0; d < labels->n; d++) {
        if (labels->at[d] != c->out.at[at]) continue;
        if (found >= 0) return -1;
        found = (int)d;
    }
    return found;
}

static bool scale_contract_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *layer, *k;
    return layer_and_scale(m->at[0], is_contract, &layer, &k) && type_same(m->at[0]->type, layer->type) &&
           scaled_place(layer, k) >= 0;
}

static const Node *scale_contract_make(Rw *rw, const Match *m) {
    const Node *layer, *k;
    layer_and_scale(m->at[0], is_contract, &layer, &k);
    int side = fixed_side(layer);
    const Node *w = layer->in[side], *in[2] = {layer->in[0], layer->in[1]};
    in[side] = ir_2(rw->ir, OP_MUL, w, along(rw, k, w->type->n, (uint32_t)scaled_place(layer, k)));
    return ir_with_inputs(rw->ir, layer, in);
}

/* law    (x W) k == x (W k)          k varies along the outputs of W only
 * where  W and k have no column: W k is computed once a statement */
const Rule rule_scale_contract = {
    .name = "scale_contract",
    .law = "(x W) k  ->  x (W k)",
    .where = "W and k have no column, k varies along the outputs",
    .sound = REAL,
    .lhs = P2(MUL, 0, ANY(1), ANY(2)),
    .when = scale_contract_when,
    .make = scale_contract_make,
};

static bool scale_conv_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *layer, *k;
    return layer_and_scale(m->at[0], is_conv, &layer, &k) && type_same(m->at[0]->type, layer->type) &&
           varies_along(k, layer->type->n) == 0;
}

static const Node *scale_conv_make(Rw *rw, const Match *m) {
    const Node *layer, *k;
    layer_and_scale(m->at[0], is_conv, &layer, &k);
    const Node *w = layer->in[1];
    const Node *in[] = {layer->in[0], ir_2(rw->ir, OP_MUL, w, along(rw, k, w->type->n, 0))};
    return ir_with_inputs(rw->ir, layer, in);
}

/* law    conv(x, w) k == conv(x, w k)       k one number an output channel; w (O, C / groups, kernel..) */
const Rule rule_scale_conv = {
    .name = "scale_conv",
    .law = "conv(x, w) k  ->  conv(x, w k)",
    .where = "w and k have no column, k varies along the output channels",
    .sound = REAL,
    .lhs = P2(MUL, 0, ANY(1), ANY(2)),
    .when = scale_conv_when,
    .make = scale_conv_make,
};

/* ---- sums ---- */

/* z + b of a layer's z and a fixed b, in either order. */
static bool is_biased(const Node *n) {
    const Node *z, *b;
    return n->op == OP_ADD && n->type->kind == TY_TENSOR && layer_and_scale(n, is_layer, &z, &b);
}

static bool scale_bias_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *sum, *k;
    return layer_and_scale(m->at[0], is_biased, &sum, &k) && type_same(m->at[0]->type, sum->type) &&
           type_is_float(sum->type->elem);
}

static const Node *scale_bias_make(Rw *rw, const Match *m) {
    const Node *sum, *k, *z, *b;
    layer_and_scale(m->at[0], is_biased, &sum, &k);
    layer_and_scale(sum, is_layer, &z, &b);
    return ir_2(rw->ir, OP_ADD, ir_2(rw->ir, OP_MUL, z, k), ir_2(rw->ir, OP_MUL, b, k));
}

/* law    (z + b) k == z k + b k        z a layer, b and k fixed: z k goes into the layer's weights */
const Rule rule_scale_bias = {
    .name = "scale_bias",
    .law = "(z + b) k  ->  z k + b k",
    .where = "z is a contraction or convolution with weights, b and k have no column",
    .sound = REAL,
    .canonical = true,
    .lhs = P2(MUL, 0, ANY(1), ANY(2)),
    .when = scale_bias_when,
    .make = scale_bias_make,
};

static bool bias_bias_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *sum, *d;
    return m->at[0]->type->kind == TY_TENSOR && layer_and_scale(m->at[0], is_biased, &sum, &d) &&
           type_same(m->at[0]->type, sum->type) && type_is_float(sum->type->elem);
}

static const Node *bias_bias_make(Rw *rw, const Match *m) {
    const Node *sum, *d, *z, *b;
    layer_and_scale(m->at[0], is_biased, &sum, &d);
    layer_and_scale(sum, is_layer, &z, &b);
    return ir_2(rw->ir, OP_ADD, z, ir_2(rw->ir, OP_ADD, b, d));
}

/* law    (z + b) + d == z + (b + d)         b and d fixed: one addition an element, one sum a statement */
const Rule rule_bias_bias = {
    .name = "bias_bias",
    .law = "(z + b) + d  ->  z + (b + d)",
    .where = "z is a contraction or convolution with weights, b and d have no column",
    .sound = REAL,
    .lhs = P2(ADD, 0, ANY(1), ANY(2)),
    .when = bias_bias_when,
    .make = bias_bias_make,
};

/* ---- Winograd's filtering ---- */

/* The convolution by tiles of m x m outputs. */
static const Node *by_tiles(Rw *rw, const Node *conv, int64_t m) {
    AttrConv a = *ATTR_OF(conv, Conv);
    a.winograd = m;
    return ir_node(rw->ir, OP_CONV, &a, 2, conv->in);
}

/* Whole vectors of channels on both sides: less is bound by memory, not by products. */
static bool takes_winograd(const Node *conv) {
    const AttrConv *a = ATTR_OF(conv, Conv);
    const Type *x = conv->in[0]->type, *w = conv->in[1]->type;
    bool form = a->winograd == 0 && a->groups == 1 && x->n == 3 && conv->type->elem->kind == TY_F32 && type_elems(x) != DIM_ANY &&
                type_elems(w) != DIM_ANY && w->dims[2] == 3 && w->dims[3] == 3;
    for (uint32_t d = 0; form && d < 2; d++) form = a->stride.at[d] == 1 && a->dilation.at[d] == 1;
    return form && is_conv(conv) && !is_fixed(conv->in[0]) && w->dims[0] % 16 == 0 && w->dims[1] % 16 == 0;
}

static bool conv_winograd_when(Rw *rw, const Match *m) {
    const Node *conv = m->at[0];
    if (!takes_winograd(conv)) return false;
    double direct = ir_cost(conv, 1).flops;
    for (int64_t k = 3; k <= WINOGRAD_MOST; k++)
        if (ir_cost(by_tiles(rw, conv, k), 1).flops < 0.9 * direct) return true;
    return false;
}

static const Node *conv_winograd_make(Rw *rw, const Match *m) {
    const Node *best = by_tiles(rw, m->at[0], 3);
    for (int64_t k = 4; k <= WINOGRAD_MOST; k++) {
        const Node *one = by_tiles(rw, m->at[0], k);
        if (ir_cost(one, 1).flops < ir_cost(best, 1).flops) best = one;
    }
    return best;
}

/* law    conv(x, w) == A' [(G w G') . (B' x B)] A          on each tile of m x m outputs; w (O, C, 3, 3)
 * where  windows of 3 x 3 side by side (a stride leaves out most of a tile's outputs), O and C whole vectors of 16, w fixed:
 *        G w G' is computed once a statement; fewer operations by a tenth
 * REAL   sums are of other products; rounding errors grow by about two (m = 4) */
const Rule rule_conv_winograd = {
    .name = "conv_winograd",
    .law = "conv(x, w)  ->  A' [(G w G') . (B' x B)] A  on tiles of m x m outputs",
    .where = "3 x 3 windows, no stride, dilation or groups, whole vectors of channels, w has no column",
    .sound = REAL,
    .lhs = P2(CONV, 0, ANY(1), ANY(2)),
    .when = conv_winograd_when,
    .make = conv_winograd_make,
};
