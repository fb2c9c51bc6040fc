/* Pooling on (H, W, C): vectors of channels, the largest or the mean over the window's pixels that are inside.
 * x (C, H, W)  out (C, OH, OW), both kept as (H, W, C) */
#include "ir/tensor_build.h"
#include "lower/tensor.h"
#include <math.h>
#include <string.h>

typedef struct Pool {
    int64_t c, h, w, oh, ow, kh, kw, sh, sw, dh, dw, top, left, bottom, right;
} Pool;

static bool pool_of(const Node *e, Pool *p) {
    const AttrPool *a = ATTR_OF(e, Pool);
    const Type *x = e->in[0]->type;
    uint32_t n = a->kernel.n;
    if (x->n != n + 1 || n < 1 || n > 2 || (x->elem->kind != TY_F32 && x->elem->kind != TY_F64))
        return false;
    bool two = n == 2;
    *p = (Pool){.c = x->dims[0], .h = two ? x->dims[1] : 1, .w = x->dims[n], .oh = two ? e->type->dims[1] : 1, .ow = e->type->dims[n],
                .kh = two ? a->kernel.at[0] : 1, .kw = a->kernel.at[n - 1], .sh = two ? a->stride.at[0] : 1, .sw = a->stride.at[n - 1],
                .dh = two ? a->dilation.at[0] : 1, .dw = a->dilation.at[n - 1], .top = two ? a->before.at[0] : 0,
                .left = a->before.at[n - 1], .bottom = two ? a->after.at[0] : 0, .right = a->after.at[n - 1]};
    return true;
}

/* taps [lo, hi) of a window at `start` that lie within [0, size) */
static void taps(KB *b, KInst *start, int64_t kernel, int64_t dilation, int64_t size, KInst **lo, KInst **hi) {
    KInst *zero = k_int(b, 0);
    KInst *skip = kb_op2(b, KI_DIV, k_add(b, kb_op2(b, KI_SUB, zero, start), dilation - 1), k_int(b, dilation));
    KInst *room = kb_op2(b, KI_DIV, k_add(b, kb_op2(b, KI_SUB, k_int(b, size), start), dilation - 1), k_int(b, dilation));
    *lo = kb_op2(b, KI_MAX, zero, skip);
    *hi = kb_op2(b, KI_MIN, k_int(b, kernel), kb_op2(b, KI_MAX, room, zero));
}

typedef struct PoolLoop {
    KB *b;
    KInst *from, *base, *h0, *w0, *c;
    const Pool *p;
    uint32_t pitch;
    KType t;
    bool max;
} PoolLoop;

/* NaN is above all numbers, and stays. */
static KInst *merge(const PoolLoop *l, KInst *best, KInst *x) {
    KB *b = l->b;
    if (!l->max)
        return kb_op2(b, KI_ADD, best, x);
    KInst *take = kb_op2(b, KI_OR, kb_cmp(b, KP_GT, x, best), kb_cmp(b, KP_NE, x, x));
    return kb_select(b, take, x, best);
}

static KInst *window(const PoolLoop *l, KInst *lo_h, KInst *hi_h, KInst *lo_w, KInst *hi_w) {
    KB *b = l->b;
    const Pool *p = l->p;
    KInst *init = kb_float(b, l->t, TENSOR_LANES, l->max ? -INFINITY : 0);
    KInst *i = kb_loop(b, lo_h, hi_h, k_int(b, 1), 1, &init);
    KInst *line = k_mul(b, k_plus(b, l->h0, k_mul(b, i, p->dh)), p->w * l->pitch);
    KInst *so_far = kb_carried(b, 0);
    KInst *j = kb_loop(b, lo_w, hi_w, k_int(b, 1), 1, &so_far);
    KInst *at = k_plus(b, k_plus(b, l->base, line), k_mul(b, k_plus(b, l->w0, k_mul(b, j, p->dw)), l->pitch));
    KInst *next = merge(l, kb_carried(b, 0), kb_load(b, l->from, k_plus(b, at, l->c), l->t, TENSOR_LANES));
    next = kb_result(b, kb_loop_end(b, &next), 0);
    return kb_result(b, kb_loop_end(b, &next), 0);
}

static KInst *counted(KB *b, bool pad, const Pool *p, const PoolLoop *l, KInst *h, KInst *w) {
    KInst *lo, *hi;
    if (pad) { /* taps within the padded input */
        taps(b, k_add(b, l->h0, p->top), p->kh, p->dh, p->h + p->top + p->bottom, &lo, &hi);
        h = kb_op2(b, KI_SUB, hi, lo);
        taps(b, k_add(b, l->w0, p->left), p->kw, p->dw, p->w + p->left + p->right, &lo, &hi);
        w = kb_op2(b, KI_SUB, hi, lo);
    }
    return kb_splat(b, kb_convert(b, KI_SITOF, kb_op2(b, KI_MUL, h, w), l->t), TENSOR_LANES);
}

/* The part of a pool's attributes for n dimensions from `at` on; a second dimension, where there is one left, has windows of 1. */
static AttrPool part_of(Scope *s, const AttrPool *a, uint32_t at, uint32_t n) {
    const IntList *from[] = {&a->kernel, &a->stride, &a->before, &a->after, &a->dilation};
    AttrPool part = {.count_pad = a->count_pad};
    IntList *to[] = {&part.kernel, &part.stride, &part.before, &part.after, &part.dilation};
    for (int i = 0; i < 5; i++) {
        int64_t *v = ARENA_ARRAY(s->c->a, int64_t, 2);
        v[1] = i != 2 && i != 3;
        memcpy(v, from[i]->at + at, n * sizeof *v);
        *to[i] = (IntList){2, v};
    }
    return part;
}

static const Node *pooled(Scope *s, const Node *e, const Node *x, AttrPool a) {
    return ir_node(s->c->ir, e->op, &a, 1, &x);
}

/* x (C, D, H, W): windows are boxes, so planes are pooled first, (C D, H, W), then what is left along the depth,
 * (C, D, OH OW).  The largest of the largest; a mean of means, each of the same number of elements. */
static LVal pool_boxes(Scope *s, const Node *e) {
    const AttrPool *a = ATTR_OF(e, Pool);
    Ir *ir = s->c->ir;
    const int64_t *d = e->in[0]->type->dims, *o = e->type->dims;
    const Node *planes = ir_reshape(ir, e->in[0], 3, (int64_t[]){d[0] * d[1], d[2], d[3]});
    const Node *lines = ir_reshape(ir, pooled(s, e, planes, part_of(s, a, 1, 2)), 3, (int64_t[]){d[0], d[1], o[2] * o[3]});
    const Node *y = ir_reshape(ir, pooled(s, e, lines, part_of(s, a, 0, 1)), 4, o);
    LVal out = lower_expr(s, y);
    out.type = e->type;
    return out;
}

LVal lower_pool(Scope *s, const Node *e) {
    Pool p;
    if (ATTR_OF(e, Pool)->kernel.n == 3 && e->in[0]->type->n == 4)
        return pool_boxes(s, e);
    LVal x = lower_expr(s, e->in[0]), out = {.valid = x.valid, .type = e->type, .nhwc = true};
    if (!pool_of(e, &p)) {
        lower_fail(s->c, "this pooling is not supported in compiled plans yet");
        return x;
    }
    x = tensor_nhwc(s, x);
    KType t = elem_lanes(e->type->elem);
    uint32_t pitch = round16(p.c), elems = (uint32_t)(p.oh * p.ow) * pitch;
    TensorKernel k;
    tk_begin(&k, s, op_info[e->op].text);
    KB *b = k.b;
    PoolLoop l = {.b = b, .from = tk_value(&k, x.v), .p = &p, .pitch = pitch, .t = t, .max = e->op == OP_MAX_POOL};
    KInst *to = tk_out(&k), *lo_h, *hi_h, *lo_w, *hi_w, *first, *last;
    tk_share(&k, p.oh, &first, &last);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    l.base = k_mul(b, row, stride_of(x.v));
    KInst *h = kb_loop(b, first, last, k_int(b, 1), 0, NULL);
    l.h0 = k_add(b, k_mul(b, h, p.sh), -p.top);
    taps(b, l.h0, p.kh, p.dh, p.h, &lo_h, &hi_h);
    KInst *w = kb_loop(b, k_int(b, 0), k_int(b, p.ow), k_int(b, 1), 0, NULL);
    l.w0 = k_add(b, k_mul(b, w, p.sw), -p.left);
    taps(b, l.w0, p.kw, p.dw, p.w, &lo_w, &hi_w);
    l.c = kb_loop(b, k_int(b, 0), k_int(b, pitch), k_int(b, TENSOR_LANES), 0, NULL);
    KInst *y = window(&l, lo_h, hi_h, lo_w, hi_w);
    if (!l.max) {
        KInst *inside_h = kb_op2(b, KI_SUB, hi_h, lo_h), *inside_w = kb_op2(b, KI_SUB, hi_w, lo_w);
        y = kb_op2(b, KI_DIV, y, counted(b, ATTR_OF(e, Pool)->count_pad, &p, &l, inside_h, inside_w));
    }
    KInst *pixel = k_mul(b, k_plus(b, k_mul(b, h, p.ow), w), pitch);
    kb_store(b, to, k_plus(b, k_plus(b, k_mul(b, row, elems), pixel), l.c), y);
    for (int i = 0; i < 4; i++)
        kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, elems * (uint32_t)ktype_bytes(t), (Range){0});
    return out;
}
