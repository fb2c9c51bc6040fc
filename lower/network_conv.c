/* Convolutions by tiles on a padded (H, W, C) copy of the input; the elementwise tree above is the epilogue.
 * x (C, H, W)  w (O, C, KH, KW)  out (O, OH, OW) kept as (OH, OW, O), O rounded up to 16 */
#include "lower/network_conv.h"

bool conv_shape(const Node *e, Conv *v) {
    const AttrConv *a = ATTR_OF(e, Conv);
    const Type *x = e->in[0]->type, *w = e->in[1]->type;
    uint32_t n = x->n - 1;
    if (n < 1 || n > 2 || e->type->elem->kind != TY_F32)
        return false;
    bool two = n == 2;
    *v = (Conv){.c = x->dims[0], .h = two ? x->dims[1] : 1, .w = x->dims[n], .o = w->dims[0], .kh = two ? w->dims[2] : 1,
                .kw = w->dims[n + 1], .oh = two ? e->type->dims[1] : 1, .ow = e->type->dims[n], .sh = two ? a->stride.at[0] : 1,
                .sw = a->stride.at[n - 1], .dh = two ? a->dilation.at[0] : 1,
                .dw = a->dilation.at[n - 1], .top = two ? a->before.at[0] : 0,
                .left = a->before.at[n - 1]};
    v->ph = v->h + v->top + (two ? a->after.at[0] : 0);
    v->pw = v->w + v->left + a->after.at[n - 1];
    v->padded = v->ph > v->h || v->pw > v->w;
    return true;
}

bool conv_of(const Node *e, Conv *v) {
    return ATTR_OF(e, Conv)->groups == 1 && conv_shape(e, v) && v->dw == 1;
}

/* Rows of pixels with a border of zeros, when channels are whole vectors. */
static Stage *pad_vectors(Scope *s, Stage *x, const Conv *v) {
    TensorKernel k;
    int64_t line = v->pw * v->c, stride = round16(v->ph * line);
    tk_begin(&k, s, "pad");
    KB *b = k.b;
    KInst *from = tk_value(&k, x), *to = tk_out(&k), *zero = kb_float(b, K_F32, TENSOR_LANES, 0), *lo, *hi;
    tk_share(&k, v->ph, &lo, &hi);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    KInst *out = k_mul(b, row, stride), *in = k_mul(b, row, stride_of(x));
    KInst *p = kb_loop(b, lo, hi, k_int(b, 1), 0, NULL), *h = k_add(b, p, -v->top), *to_line = k_plus(b, out, k_mul(b, p, line));
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, line), k_int(b, TENSOR_LANES), 0, NULL);
    kb_store(b, to, k_plus(b, to_line, i), zero);
    kb_loop_end(b, NULL);
    kb_if(b, kb_cmp(b, KP_ULT, h, k_int(b, v->h)));
    KInst *from_line = k_plus(b, in, k_mul(b, h, v->w * v->c));
    KInst *j = kb_loop(b, k_int(b, 0), k_int(b, v->w * v->c), k_int(b, TENSOR_LANES), 0, NULL);
    kb_store(b, to, k_plus(b, k_add(b, to_line, v->left * v->c), j), kb_load(b, from, k_plus(b, from_line, j), K_F32, TENSOR_LANES));
    kb_loop_end(b, NULL);
    kb_if_end(b, 0, NULL);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    return tk_end(&k, K_F32, (uint32_t)stride * 4, (Range){0});
}

static Stage *pad_elements(Scope *s, LVal x, const Conv *v) {
    int64_t n = v->ph * v->pw * v->c, pitch = x.nhwc ? round16(v->c) : 1;
    int32_t *table = ARENA_ARRAY(s->c->a, int32_t, n);
    for (int64_t i = 0; i < n; i++) {
        int64_t c = i % v->c, w = i / v->c % v->pw - v->left, h = i / v->c / v->pw - v->top;
        bool inside = w >= 0 && w < v->w && h >= 0 && h < v->h;
        int64_t at = x.nhwc ? (h * v->w + w) * pitch + c : (c * v->h + h) * v->w + w;
        table[i] = inside ? (int32_t)at : -1;
    }
    return tensor_gather(s, x.v, table, n);
}

Stage *padded_input(Scope *s, LVal x, const Conv *v) {
    if (x.bordered)
        return x.v;
    if (x.nhwc && v->c % TENSOR_LANES == 0)
        return v->padded ? pad_vectors(s, x.v, v) : x.v;
    return pad_elements(s, x, v);
}

/* ---- images with their border ---- */

LVal lower_for_window(Scope *s, const Node *in, const Conv *v) {
    Border d = {in, v->top, v->left, v->ph, v->pw};
    const Border *outer = s->border;
    s->border = v->padded && v->c % TENSOR_LANES == 0 && lower_uses(s->c, in) == 1 ? &d : NULL;
    LVal x = lower_expr(s, in);
    s->border = outer;
    return x;
}

const Border *border_of(const Scope *s, const Node *top) { return s->border && s->border->node == top ? s->border : NULL; }

static void store_zeros(KB *b, KInst *to, KInst *at, int64_t n, KInst *zero) {
    if (!n)
        return;
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, n), k_int(b, TENSOR_LANES), 0, NULL);
    kb_store(b, to, k_plus(b, at, i), zero);
    kb_loop_end(b, NULL);
}

void store_border(TensorKernel *k, const Border *d, int64_t oh, int64_t ow, int64_t pitch, KInst *to, KInst *at) {
    KB *b = k->b;
    KInst *zero = kb_float(b, K_F32, TENSOR_LANES, 0), *lo, *hi;
    tk_share(k, d->ph, &lo, &hi);
    KInst *p = kb_loop(b, lo, hi, k_int(b, 1), 0, NULL), *line = k_plus(b, at, k_mul(b, p, d->pw * pitch));
    kb_if(b, kb_cmp(b, KP_ULT, k_add(b, p, -d->top), k_int(b, oh)));
    store_zeros(b, to, line, d->left * pitch, zero);
    store_zeros(b, to, k_add(b, line, (d->left + ow) * pitch), (d->pw - d->left - ow) * pitch, zero);
    kb_else(b, 0, NULL);
    store_zeros(b, to, line, d->pw * pitch, zero);
    kb_if_end(b, 0, NULL);
    kb_loop_end(b, NULL);
}

/* Where each pixel is stored. */
static KInst *bordered_rows(TensorKernel *k, const Border *d, const Conv *v, int64_t pitch) {
    int64_t m = v->oh * v->ow;
    int32_t *rows = ARENA_ARRAY(k->s->c->a, int32_t, m);
    for (int64_t i = 0; i < m; i++)
        rows[i] = (int32_t)(((i / v->ow + d->top) * d->pw + i % v->ow + d->left) * pitch);
    return tk_bytes(k, rows, sizeof *rows * (size_t)m);
}

static KInst *row_offsets(TensorKernel *k, const Conv *v) {
    int64_t m = v->oh * v->ow;
    int32_t *rows = ARENA_ARRAY(k->s->c->a, int32_t, m);
    for (int64_t i = 0; i < m; i++)
        rows[i] = (int32_t)((i / v->ow * v->sh * v->pw + i % v->ow * v->sw) * v->c);
    return tk_bytes(k, rows, sizeof *rows * (size_t)m);
}

bool tile_conv(Scope *s, const Node *top, const Node *e, LVal *out) {
    Conv v;
    if (ATTR_OF(e, Conv)->winograd && tile_winograd(s, top, e, out))
        return true;
    if (lower_depthwise(s, top, e, out))
        return true;
    if (!conv_of(e, &v) || !is_fixed(s, e->in[1]) || elem_lanes(top->type->elem) != K_F32)
        return false;
    const Border *border = border_of(s, top);
    uint32_t nr, mr, pitch = round16(v.o), bytes = (uint32_t)(border ? round16(border->ph * border->pw * pitch) : v.oh * v.ow * pitch) * 4;
    choose_tile(s->c->target, v.o, v.sw * v.c * 4, &nr, &mr);
    LVal in = lower_for_window(s, e->in[0], &v), w = tensor_packed(s, e->in[1], v.o, v.c, v.kh, v.kw, nr);
    Stage *x = padded_input(s, in, &v);
    Tree m = {.s = s, .out = top->type, .inner = e, .valid = in.valid, .nhwc = true};
    tree_collect(&m, top);
    tree_prepare(&m);
    TensorKernel k;
    tk_begin(&k, s, "conv");
    m.k = &k;
    KB *b = k.b;
    KInst *from = tk_value(&k, x), *panels = tk_value(&k, w.v), *rows = row_offsets(&k, &v);
    KInst *places = border ? bordered_rows(&k, border, &v, pitch) : NULL;
    tree_operands(&m);
    KInst *to = tk_out(&k), *row, *col, *lo, *hi;
    tk_share(&k, v.oh * v.ow, &lo, &hi);
    KInst *image = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL), *start = k_mul(b, image, bytes / 4);
    if (border)
        store_border(&k, border, v.oh, v.ow, pitch, to, start);
    KTile tile = {.a_type = K_F32, .a = kb_offset(b, from, k_mul(b, image, stride_of(x) * 4)), .images = k_int(b, 1), .image_stride = k_int(b, 0),
                  .m = kb_op2(b, KI_SUB, hi, lo), .rows = kb_offset(b, rows, k_mul(b, lo, 4)), .row_stride = k_int(b, 0),
                  .outer = k_int(b, v.kh), .outer_stride = k_int(b, v.dh * v.pw * v.c), .inner = k_int(b, v.kw * v.c), .b = panels,
                  .n = k_int(b, v.o), .nr = nr, .mr = mr};
    kb_tile(b, &tile, &row, &col, &m.acc);
    KInst *pixel = k_plus(b, lo, row), *j = k_plus(b, k_mul(b, pixel, pitch), col), *at = j;
    if (border)
        at = k_plus(b, kb_convert(b, KI_SEXT, kb_load(b, places, pixel, K_I32, 1), K_I64), col);
    kb_store(b, to, k_plus(b, start, at), tree_value(&m, top, image, j));
    kb_tile_end(b);
    kb_loop_end(b, NULL);
    *out = (LVal){.v = tk_end(&k, K_F32, bytes, (Range){0}), .valid = m.valid, .type = top->type, .nhwc = true, .bordered = border != NULL};
    tree_free(&m);
    return true;
}
