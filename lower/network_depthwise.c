/* Depthwise convolutions: one filter a channel, so nothing is shared between channels and a vector of 16 of them is the unit.
 * x (C, H, W)  w (C, 1, KH, KW)  out (C, OH, OW), both kept as (H, W, C), C whole vectors
 *
 *   for each image, line of outputs, 16 channels      their filter stays in registers
 *     for each 4 outputs                              a sum each, taps in order
 *
 * Two operations an element loaded: bound by the loads, so a row of outputs shares what it reads.
 */
#include "lower/network_conv.h"

enum { SPAN = 4, MOST_TAPS = 25 };

typedef struct Depthwise {
    Conv v;
    KB *b;
    KInst *x, *w, *to;
    KInst *filter[MOST_TAPS]; /* of the 16 channels at hand */
    int64_t span;             /* outputs at once */
} Depthwise;

static bool depthwise_of(const Node *e, Conv *v) {
    const AttrConv *a = ATTR_OF(e, Conv);
    const Type *w = e->in[1]->type;
    if (a->groups == 1 || a->groups != w->dims[0] || w->dims[1] != 1 || !conv_shape(e, v)) return false;
    return v->c == v->o && v->c % TENSOR_LANES == 0 && v->kh * v->kw <= MOST_TAPS;
}

/* (KH, KW, C): the 16 channels of a tap side by side */
static const Node *by_tap(Scope *s, const Node *w, const Conv *v) {
    AttrShape flat = {.shape = {2, (const int64_t[]){v->c, v->kh * v->kw}}}, swap = {.shape = {2, (const int64_t[]){1, 0}}};
    const Node *taps = ir_node(s->c->ir, OP_RESHAPE, &flat, 1, &w);
    return ir_node(s->c->ir, OP_TRANSPOSE, &swap, 1, &taps);
}

static void load_filter(Depthwise *d, KInst *c) {
    for (int64_t k = 0; k < d->v.kh * d->v.kw; k++)
        d->filter[k] = kb_load(d->b, d->w, k_add(d->b, c, k * d->v.c), K_F32, TENSOR_LANES);
}

/* Sums of `span` outputs; from: the element that the first output's window begins with */
static void sums(const Depthwise *d, KInst *from, KInst **sum) {
    KB *b = d->b;
    const Conv *v = &d->v;
    for (int64_t k = 0; k < d->span; k++) sum[k] = kb_float(b, K_F32, TENSOR_LANES, 0);
    for (int64_t i = 0; i < v->kh; i++)
        for (int64_t j = 0; j < v->kw; j++)
            for (int64_t k = 0; k < d->span; k++) {
                int64_t pixel = i * v->dh * v->pw + j * v->dw + k * v->sw;
                KInst *x = kb_load(b, d->x, k_add(b, from, pixel * v->c), K_F32, TENSOR_LANES);
                sum[k] = kb_fma(b, x, d->filter[i * v->kw + j], sum[k]);
            }
}

/* The last outputs of a line are computed with some before them once more, rather than alone. */
static void line_of_outputs(const Depthwise *d, Tree *m, const Node *top, KInst *image, KInst *from, KInst *oy, KInst *c) {
    KB *b = d->b;
    const Conv *v = &d->v;
    KInst *sum[SPAN], *last = k_int(b, v->ow - d->span);
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, v->ow), k_int(b, d->span), 0, NULL), *ox = kb_op2(b, KI_MIN, i, last);
    sums(d, k_plus(b, from, k_mul(b, ox, v->sw * v->c)), sum);
    KInst *at = k_plus(b, k_mul(b, k_plus(b, k_mul(b, oy, v->ow), ox), v->c), c), *row = k_mul(b, image, v->oh * v->ow * v->c);
    for (int64_t k = 0; k < d->span; k++) {
        KInst *j = k_add(b, at, k * v->c);
        m->acc = sum[k];
        kb_store(b, d->to, k_plus(b, row, j), tree_value(m, top, image, j));
    }
    kb_loop_end(b, NULL);
}

bool lower_depthwise(Scope *s, const Node *top, const Node *e, LVal *out) {
    Depthwise d = {0};
    if (!depthwise_of(e, &d.v) || !is_fixed(s, e->in[1]) || elem_lanes(top->type->elem) != K_F32) return false;
    d.span = d.v.ow < SPAN ? d.v.ow : SPAN;
    LVal in = lower_for_window(s, e->in[0], &d.v);
    Stage *filters = tensor_fixed(s, by_tap(s, e->in[1], &d.v)).v, *x = padded_input(s, in, &d.v);
    Tree m = {.s = s, .out = top->type, .inner = e, .valid = in.valid, .nhwc = true};
    tree_collect(&m, top);
    tree_prepare(&m);
    TensorKernel k;
    tk_begin(&k, s, "depthwise");
    m.k = &k;
    KB *b = d.b = k.b;
    d.x = tk_value(&k, x);
    d.w = tk_value(&k, filters);
    tree_operands(&m);
    d.to = tk_out(&k);
    KInst *lo, *hi;
    tk_share(&k, d.v.oh, &lo, &hi);
    KInst *image = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL), *start = k_mul(b, image, stride_of(x));
    KInst *oy = kb_loop(b, lo, hi, k_int(b, 1), 0, NULL);
    KInst *line = k_plus(b, start, k_mul(b, oy, d.v.sh * d.v.pw * d.v.c));
    KInst *c = kb_loop(b, k_int(b, 0), k_int(b, d.v.c), k_int(b, TENSOR_LANES), 0, NULL);
    load_filter(&d, c);
    line_of_outputs(&d, &m, top, image, k_plus(b, line, c), oy, c);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    *out = (LVal){.v = tk_end(&k, K_F32, (uint32_t)(d.v.oh * d.v.ow * d.v.c) * 4, (Range){0}), .valid = m.valid, .type = top->type, .nhwc = true};
    tree_free(&m);
    return true;
}
