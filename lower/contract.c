/* Contractions and convolutions of any form, one result after another: for shapes that tiles do not take (groups, dilated
 * rows, three dimensions, weights that depend on the row). */
#include "lower/tensor.h"

/* Places in both operands of every combination of some labels. */
typedef struct Places {
    int64_t n;
    int32_t *a, *b;
} Places;

static int64_t label_stride(const Type *t, const IntList *labels, int64_t label, int64_t *size) {
    int64_t n = 1, sum = 0;
    for (uint32_t d = t->n; d-- > 0; n *= t->dims[d]) {
        if (labels->at[d] != label)
            continue;
        sum += n;
        *size = t->dims[d];
    }
    return sum;
}

/* `size` steps of sa and sb from each place, the innermost dimension so far. */
static void add_dimension(Scope *s, Places *p, int64_t size, int64_t sa, int64_t sb) {
    Places q = {p->n * size, ARENA_ARRAY(s->c->a, int32_t, p->n * size), ARENA_ARRAY(s->c->a, int32_t, p->n * size)};
    for (int64_t i = 0; i < p->n; i++)
        for (int64_t j = 0; j < size; j++) {
            q.a[i * size + j] = (int32_t)(p->a[i] + j * sa);
            q.b[i * size + j] = (int32_t)(p->b[i] + j * sb);
        }
    *p = q;
}

static void add_label(Scope *s, Places *p, const Node *e, int64_t label) {
    const AttrContract *c = ATTR_OF(e, Contract);
    int64_t size = 1, sa = label_stride(e->in[0]->type, &c->a, label, &size), sb = label_stride(e->in[1]->type, &c->b, label, &size);
    add_dimension(s, p, size, sa, sb);
}

static bool has_label(const IntList *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label)
            return true;
    return false;
}

static Places one_place(Scope *s) {
    return (Places){1, ARENA_ARRAY(s->c->a, int32_t, 1), ARENA_ARRAY(s->c->a, int32_t, 1)};
}

static KInst *at(KB *b, KInst *table, KInst *i, KInst *base) {
    return k_plus(b, base, kb_convert(b, KI_SEXT, kb_load(b, table, i, K_I32, 1), K_I64));
}

/* Products are added in DOUBLE, of integers that may leave BIGINT in 128 bits: only the sum must be one. */
static KInst *wide(KB *b, KInst *x, KType sums) {
    if (sums == K_I128)
        return kb_convert(b, KI_SEXT, x, K_I128);
    return x->type == K_F32 ? kb_convert(b, KI_FEXT, x, K_F64) : x;
}

static KInst *add_product(KB *b, KInst *x, KInst *y, KInst *sum) {
    return x->type <= K_I128 ? kb_op2(b, KI_ADD, sum, kb_op2(b, KI_MUL, x, y)) : kb_fma(b, x, y, sum);
}

/* The sum as an element; *bad: it is no BIGINT. */
static KInst *whole_sum(KB *b, KInst *sum, KType t, KInst **bad) {
    if (sum->type != K_I128)
        return element_narrow(b, sum, t);
    KInst *low = kb_convert(b, KI_TRUNC, sum, K_I64);
    *bad = kb_cmp(b, KP_NE, kb_convert(b, KI_SEXT, low, K_I128), sum);
    return low;
}

/* out[o] = the sum over i of x[outer.a[o] + inner.a[i]] * y[outer.b[o] + inner.b[i]], in the order of i */
static LVal sums_of_products(Scope *s, const Node *e, LVal x, LVal y, Places outer, Places inner, const char *label) {
    LVal out = {.type = e->type, .valid = mask_and(s->p, x.valid, y.valid)};
    KType t = elem_lanes(elem_of(e->type));
    uint32_t bytes = is_tensor(e->type) ? register_bytes(e->type) : 0;
    Stage *need = ir_op_fallible(e) ? tk_need(s, out.valid) : NULL;
    KType sums = t > K_I128 ? K_F64 : ir_op_fallible(e) ? K_I128 : K_I64;
    TensorKernel k;
    tk_begin(&k, s, label);
    KB *b = k.b;
    KInst *px = tk_value(&k, x.v), *py = tk_value(&k, y.v);
    KInst *oa = tk_bytes(&k, outer.a, sizeof *outer.a * (size_t)outer.n), *ob = tk_bytes(&k, outer.b, sizeof *outer.b * (size_t)outer.n);
    KInst *ia = tk_bytes(&k, inner.a, sizeof *inner.a * (size_t)inner.n), *ib = tk_bytes(&k, inner.b, sizeof *inner.b * (size_t)inner.n);
    KInst *asked = need ? tk_value(&k, need) : NULL, *bad = NULL;
    KInst *to = tk_out(&k), *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    KInst *o = kb_loop(b, k_int(b, 0), k_int(b, outer.n), k_int(b, 1), 0, NULL);
    KInst *ba = at(b, oa, o, k_mul(b, row, stride_of(x.v))), *bb = at(b, ob, o, k_mul(b, row, stride_of(y.v)));
    KInst *zero = t <= K_I128 ? kb_int(b, sums, 1, 0) : kb_float(b, sums, 1, 0), *i = kb_loop(b, k_int(b, 0), k_int(b, inner.n), k_int(b, 1), 1, &zero);
    KInst *u = wide(b, kb_load(b, px, at(b, ia, i, ba), x.v->type, 1), sums), *v = wide(b, kb_load(b, py, at(b, ib, i, bb), y.v->type, 1), sums);
    KInst *next = add_product(b, u, v, kb_carried(b, 0));
    KInst *sum = kb_result(b, kb_loop_end(b, &next), 0);
    KInst *place = bytes ? k_plus(b, k_mul(b, row, bytes / (uint32_t)ktype_bytes(t)), o) : row;
    kb_store(b, to, place, whole_sum(b, sum, t, &bad));
    if (bad)
        tk_fail(&k, bad, asked, row, 0, ROW_OVERFLOW);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, bytes, t <= K_I128 && !bytes ? range_of_type(e->type) : (Range){0});
    if (bad)
        tk_sites(s, out.v, 1, &e);
    return out;
}

LVal lower_contract(Scope *s, const Node *e) {
    const AttrContract *c = ATTR_OF(e, Contract);
    LVal x = tensor_row_major(s, lower_expr(s, e->in[0])), y = tensor_row_major(s, lower_expr(s, e->in[1]));
    Places outer = one_place(s), inner = one_place(s);
    for (uint32_t i = 0; i < c->out.n; i++)
        add_label(s, &outer, e, c->out.at[i]);
    for (int64_t l = 0; l < 2 * TENSOR_MAX_RANK; l++)
        if ((has_label(&c->a, l) || has_label(&c->b, l)) && !has_label(&c->out, l))
            add_label(s, &inner, e, l);
    return sums_of_products(s, e, x, y, outer, inner, "contract");
}

/* ---- convolution ----
 * x (C, spatial..)  w (O, C / groups, kernel..)  out (O, spatial..) */

/* x with its border of zeros, row-major; sizes[d] becomes the padded size of spatial dimension d. */
static LVal padded(Scope *s, const Node *e, int64_t *sizes) {
    const AttrConv *a = ATTR_OF(e, Conv);
    const Type *x = e->in[0]->type;
    uint32_t rank = x->n - 1;
    int64_t n = x->dims[0];
    LVal v = tensor_row_major(s, lower_expr(s, e->in[0]));
    for (uint32_t d = 0; d < rank; d++)
        n *= sizes[d] = x->dims[d + 1] + a->before.at[d] + a->after.at[d];
    if (n == type_elems(x))
        return v;
    int32_t *table = ARENA_ARRAY(s->c->a, int32_t, n);
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i, from = 0, step = 1;
        bool inside = true;
        for (uint32_t d = rank; d-- > 0; rest /= sizes[d], step *= x->dims[d + 1]) {
            int64_t at = rest % sizes[d] - a->before.at[d];
            inside = inside && at >= 0 && at < x->dims[d + 1];
            from += at * step;
        }
        table[i] = inside ? (int32_t)(from + rest * step) : -1;
    }
    v.v = tensor_gather(s, v.v, table, n);
    return v;
}

LVal lower_conv(Scope *s, const Node *e) {
    const AttrConv *a = ATTR_OF(e, Conv);
    const Type *w = e->in[1]->type;
    uint32_t rank = w->n - 2;
    int64_t sizes[TENSOR_MAX_RANK], line[TENSOR_MAX_RANK], plane = 1, taps = 1, channels = w->dims[1], filters = w->dims[0] / a->groups;
    LVal x = padded(s, e, sizes), y = tensor_row_major(s, lower_expr(s, e->in[1]));
    for (uint32_t d = rank; d-- > 0; plane *= sizes[d], taps *= w->dims[d + 2])
        line[d] = plane;
    Places outer = one_place(s), inner = one_place(s);
    add_dimension(s, &outer, a->groups, channels * plane, filters * channels * taps);
    add_dimension(s, &outer, filters, 0, channels * taps);
    add_dimension(s, &inner, channels, plane, taps);
    for (uint32_t d = 0; d < rank; d++) {
        add_dimension(s, &outer, e->type->dims[d + 1], a->stride.at[d] * line[d], 0);
        add_dimension(s, &inner, w->dims[d + 2], a->dilation.at[d] * line[d], taps /= w->dims[d + 2]);
    }
    return sums_of_products(s, e, x, y, outer, inner, "conv");
}
