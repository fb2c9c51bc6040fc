/* sum, mean, prod, max, min, argmax, argmin along dimensions; softmax along the last ones.
 * Sums of FLOAT32 are kept in DOUBLE, in the order of the elements. */
#include "ir/numeric.h"
#include "lower/tensor.h"
#include <math.h>

typedef struct Reduce {
    int64_t outer, inner;   /* results, elements of each */
    int32_t *start, *step;  /* of result o, of its element i */
} Reduce;

static bool is_reduced(const AttrDims *a, uint32_t d) {
    for (uint32_t i = 0; i < a->dims.n; i++)
        if (a->dims.at[i] == d)
            return true;
    return false;
}

static void add_dim(int32_t *table, int64_t *n, int64_t size, int64_t stride, Arena *a, int32_t **out) {
    int32_t *next = ARENA_ARRAY(a, int32_t, *n * size);
    for (int64_t i = 0; i < *n; i++)
        for (int64_t j = 0; j < size; j++)
            next[i * size + j] = (int32_t)(table[i] + j * stride);
    *n *= size;
    *out = next;
}

/* nhwc: the first dimension is kept as the last one, rounded up to 16 */
static Reduce reduce_of(Scope *s, const Node *e, bool nhwc) {
    const Type *t = e->in[0]->type;
    Reduce r = {1, 1, ARENA_ARRAY(s->c->a, int32_t, 1), ARENA_ARRAY(s->c->a, int32_t, 1)};
    int64_t stride[TENSOR_MAX_RANK], n = 1;
    for (uint32_t d = t->n; d-- > 0; n *= t->dims[d])
        stride[d] = nhwc ? d ? n * round16(t->dims[0]) : 1 : n;
    for (uint32_t d = 0; d < t->n; d++) {
        bool gone = is_reduced(ATTR_OF(e, Dims), d);
        add_dim(gone ? r.step : r.start, gone ? &r.inner : &r.outer, t->dims[d], stride[d], s->c->a, gone ? &r.step : &r.start);
    }
    return r;
}

/* x beats best: NaN everything but NaN */
static KInst *beats(KB *b, bool min, KInst *x, KInst *best, const Type *elem) {
    bool is_unsigned = elem->kind == TY_U64;
    KInst *better = kb_cmp(b, is_unsigned ? (min ? KP_ULT : KP_UGT) : min ? KP_LT : KP_GT, x, best);
    if (x->type <= K_I128)
        return better;
    KInst *x_nan = kb_cmp(b, KP_NE, x, x), *best_nan = kb_cmp(b, KP_NE, best, best);
    return kb_op2(b, KI_AND, kb_op1(b, KI_NOT, best_nan), kb_op2(b, KI_OR, x_nan, better));
}

/* lanes: results that are computed at once, each in the order of its elements */
typedef struct Loop {
    KB *b;
    uint16_t lanes;
    bool adjacent;      /* their elements are: `base` is that of the first */
    KInst *starts;      /* where they are not: those of the lanes, from base on */
    KInst *ptr, *base, *step;
    const Type *elem;
    KType mem;
    int64_t inner;
    bool fails; /* a sum may leave BIGINT */
} Loop;

static KInst *element(const Loop *l, KInst *i) {
    if (l->lanes > 1 && !l->adjacent) {
        KInst *at = kb_op2(l->b, KI_ADD, l->starts, kb_splat(l->b, kb_load(l->b, l->step, i, K_I32, 1), l->lanes));
        return kb_gather(l->b, kb_offset(l->b, l->ptr, k_mul(l->b, l->base, ktype_bytes(l->mem))), at, l->mem, NULL);
    }
    KInst *at = kb_convert(l->b, KI_SEXT, kb_load(l->b, l->step, i, K_I32, 1), K_I64);
    return element_wide(l->b, kb_load(l->b, l->ptr, k_plus(l->b, l->base, at), l->mem, l->lanes), l->elem);
}

static KInst *in_double(KB *b, KInst *x) {
    return x->type == K_F32 ? kb_convert(b, KI_FEXT, x, K_F64) : x;
}

/* BIGINT adds up in 128 bits: only the whole sum must be one. */
static KInst *sum(const Loop *l, bool mean, KInst **bad) {
    KB *b = l->b;
    bool is_float = type_is_float(l->elem), wide = l->fails;
    KInst *zero = is_float ? kb_float(b, K_F64, l->lanes, 0) : kb_int(b, wide ? K_I128 : K_I64, 1, 0);
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, l->inner), k_int(b, 1), 1, &zero);
    KInst *x = in_double(b, element(l, i));
    if (wide)
        x = kb_convert(b, KI_SEXT, x, K_I128);
    KInst *next = kb_op2(b, KI_ADD, kb_carried(b, 0), x);
    KInst *total = kb_result(b, kb_loop_end(b, &next), 0);
    if (wide) {
        KInst *low = kb_convert(b, KI_TRUNC, total, K_I64);
        *bad = kb_cmp(b, KP_NE, kb_convert(b, KI_SEXT, low, K_I128), total);
        return low;
    }
    return mean ? kb_op2(b, KI_DIV, total, kb_float(b, K_F64, l->lanes, (double)l->inner)) : total;
}

/* Products of integers fail where they leave BIGINT first. */
static KInst *product(const Loop *l, KInst **bad) {
    KB *b = l->b;
    bool is_float = type_is_float(l->elem);
    KInst *init[] = {is_float ? kb_float(b, K_F64, 1, 1) : k_int(b, 1), kb_int(b, K_I1, 1, 0)};
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, l->inner), k_int(b, 1), 2, init);
    KInst *x = in_double(b, element(l, i)), *over = kb_carried(b, 1);
    if (!is_float)
        over = kb_op2(b, KI_OR, over, kb_op2(b, KI_MUL_OV, kb_carried(b, 0), x));
    KInst *next[] = {kb_op2(b, KI_MUL, kb_carried(b, 0), x), over}, *loop = kb_loop_end(b, next);
    *bad = is_float ? NULL : kb_result(b, loop, 1);
    return kb_result(b, loop, 0);
}

static bool is_index(Op op) {
    return op == OP_ARGMAX || op == OP_ARGMIN;
}

static KInst *best(const Loop *l, Op op) {
    KB *b = l->b;
    KInst *init[] = {element(l, k_int(b, 0)), k_int(b, 0)};
    KInst *i = kb_loop(b, k_int(b, 1), k_int(b, l->inner), k_int(b, 1), 2, init);
    KInst *x = element(l, i), *better = beats(b, op == OP_MIN || op == OP_ARGMIN, x, kb_carried(b, 0), l->elem);
    KInst *next[] = {kb_select(b, better, x, kb_carried(b, 0)), kb_select(b, better, i, kb_carried(b, 1))};
    return kb_result(b, kb_loop_end(b, next), is_index(op));
}

static KInst *reduced(const Loop *l, Op op, KInst **bad) {
    if (op == OP_PROD)
        return product(l, bad);
    return op == OP_SUM || op == OP_MEAN ? sum(l, op == OP_MEAN, bad) : best(l, op);
}

/* Sums of FLOAT32 side by side: a lane a result. */
static bool side_by_side(const Node *e, const Reduce *r) {
    return (e->op == OP_SUM || e->op == OP_MEAN) && is_tensor(e->type) && r->outer >= TENSOR_LANES && e->in[0]->type->elem->kind == TY_F32 &&
           e->type->elem->kind == TY_F32;
}

static bool are_adjacent(const Reduce *r) {
    bool adjacent = r->outer % TENSOR_LANES == 0;
    for (int64_t o = 0; o < r->outer; o++)
        adjacent = adjacent && r->start[o] == r->start[o - o % TENSOR_LANES] + o % TENSOR_LANES;
    return adjacent;
}

static const int32_t *whole_vectors(Scope *s, const int32_t *table, int64_t n) {
    int32_t *out = ARENA_ARRAY(s->c->a, int32_t, round16(n));
    for (int64_t i = 0; i < round16(n); i++)
        out[i] = table[i < n ? i : n - 1];
    return out;
}

LVal lower_reduce(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), out = {.valid = x.valid, .type = e->type};
    Reduce r = reduce_of(s, e, x.nhwc);
    const Type *elem = elem_of(e->type), *of = e->in[0]->type->elem;
    KType t = elem_lanes(elem);
    bool tensor = is_tensor(e->type), fails = ir_op_fallible(e);
    uint32_t bytes = tensor ? register_bytes(e->type) : 0;
    Stage *need = fails ? tk_need(s, x.valid) : NULL;
    TensorKernel k;
    tk_begin(&k, s, op_info[e->op].text);
    KB *b = k.b;
    Loop l = {.b = b, .ptr = tk_value(&k, x.v), .elem = of, .mem = x.v->type, .inner = r.inner, .fails = fails,
              .lanes = side_by_side(e, &r) ? TENSOR_LANES : 1, .adjacent = are_adjacent(&r)};
    KInst *start = tk_bytes(&k, whole_vectors(s, r.start, r.outer), sizeof *r.start * round16(r.outer)), *asked = need ? tk_value(&k, need) : NULL, *bad = NULL;
    l.step = tk_bytes(&k, r.step, sizeof *r.step * (size_t)r.inner);
    KInst *to = tk_out(&k), *lo = k_int(b, 0), *hi = k_int(b, r.outer);
    if (!fails && r.outer > l.lanes) {
        tk_share(&k, (r.outer + l.lanes - 1) / l.lanes, &lo, &hi);
        lo = k_mul(b, lo, l.lanes);
        hi = kb_op2(b, KI_MIN, k_mul(b, hi, l.lanes), k_int(b, r.outer));
    }
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    KInst *o = kb_loop(b, lo, hi, k_int(b, l.lanes), 0, NULL);
    l.base = k_mul(b, row, stride_of(x.v));
    if (l.lanes > 1 && !l.adjacent)
        l.starts = kb_load(b, start, o, K_I32, l.lanes);
    else
        l.base = k_plus(b, l.base, kb_convert(b, KI_SEXT, kb_load(b, start, o, K_I32, 1), K_I64));
    KInst *y = reduced(&l, e->op, &bad);
    if (bad)
        tk_fail(&k, bad, asked, row, 0, ROW_OVERFLOW);
    KInst *at = tensor ? k_plus(b, k_mul(b, row, bytes / (uint32_t)ktype_bytes(t)), o) : row;
    kb_store(b, to, at, element_narrow(b, y, t));
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    Range range = is_index(e->op) ? range_span(0, r.inner - 1) : range_of_type(type_get(ir_types(s->c->ir), TY_I64));
    out.v = tk_end(&k, t, bytes, range);
    if (bad)
        tk_sites(s, out.v, 1, &e);
    if (!tensor && !is_index(e->op))
        out.v = tensor_scalar(s, out.v, elem).v;
    return out;
}

/* ---- softmax: along dimensions that are the last ones ---- */
static bool trailing(const AttrDims *a, const Type *t, int64_t *inner) {
    *inner = 1;
    for (uint32_t i = 0; i < a->dims.n; i++) {
        if (a->dims.at[a->dims.n - 1 - i] != t->n - 1 - i)
            return false;
        *inner *= t->dims[t->n - 1 - i];
    }
    return true;
}

typedef struct Soft {
    KB *b;
    KInst *from, *from_at, *to, *to_at;
    int64_t n;
    KType t;
} Soft;

static KInst *soft_mask(const Soft *f, KInst *j) {
    KInst *left = kb_convert(f->b, KI_TRUNC, kb_op2(f->b, KI_SUB, k_int(f->b, f->n), j), K_I32);
    return kb_cmp(f->b, KP_LT, kb_iota(f->b, K_I32, TENSOR_LANES), kb_splat(f->b, left, TENSOR_LANES));
}

static KInst *soft_max(const Soft *f) {
    KB *b = f->b;
    KInst *low = kb_float(b, f->t, TENSOR_LANES, -INFINITY);
    KInst *j = kb_loop(b, k_int(b, 0), k_int(b, f->n), k_int(b, TENSOR_LANES), 1, &low);
    KInst *x = kb_load(b, f->from, k_plus(b, f->from_at, j), f->t, TENSOR_LANES);
    KInst *next = kb_op2(b, KI_MAX, kb_carried(b, 0), kb_select(b, soft_mask(f, j), x, low));
    return kb_splat(b, kb_reduce(b, KI_REDUCE_MAX, kb_result(b, kb_loop_end(b, &next), 0)), TENSOR_LANES);
}

/* Writes e^(x - max) where `keep`; the lane sums are added up by halves. */
static KInst *soft_sum(const Soft *f, KInst *max, bool keep) {
    KB *b = f->b;
    KInst *zero = kb_float(b, f->t, TENSOR_LANES, 0);
    KInst *j = kb_loop(b, k_int(b, 0), k_int(b, f->n), k_int(b, TENSOR_LANES), 1, &zero);
    KInst *x = kb_load(b, f->from, k_plus(b, f->from_at, j), f->t, TENSOR_LANES);
    KInst *y = num_emit(b, OP_EXP, kb_op2(b, KI_SUB, x, max));
    if (keep)
        kb_store(b, f->to, k_plus(b, f->to_at, j), y);
    KInst *next = kb_op2(b, KI_ADD, kb_carried(b, 0), kb_select(b, soft_mask(f, j), y, zero));
    return kb_splat(b, kb_reduce(b, KI_REDUCE_ADD, kb_result(b, kb_loop_end(b, &next), 0)), TENSOR_LANES);
}

static void soft_finish(const Soft *f, bool log, KInst *max, KInst *total) {
    KB *b = f->b;
    if (log)
        total = num_emit(b, OP_LOG, total);
    KInst *j = kb_loop(b, k_int(b, 0), k_int(b, f->n), k_int(b, TENSOR_LANES), 0, NULL);
    KInst *x = kb_load(b, log ? f->from : f->to, k_plus(b, log ? f->from_at : f->to_at, j), f->t, TENSOR_LANES);
    KInst *y = log ? kb_op2(b, KI_SUB, kb_op2(b, KI_SUB, x, max), total) : kb_op2(b, KI_DIV, x, total);
    kb_store(b, f->to, k_plus(b, f->to_at, j), y);
    kb_loop_end(b, NULL);
}

/* x with the dimensions of the softmax last, and what puts them back. */
static const Node *dims_last(Scope *s, const Node *e) {
    const AttrDims *a = ATTR_OF(e, Dims);
    uint32_t n = e->type->n, at = 0;
    int64_t order[TENSOR_MAX_RANK], back[TENSOR_MAX_RANK], last[TENSOR_MAX_RANK];
    for (uint32_t d = 0; d < n; d++)
        if (!is_reduced(a, d))
            order[at++] = d;
    for (uint32_t i = 0; i < a->dims.n; i++) {
        last[i] = at;
        order[at++] = a->dims.at[i];
    }
    for (uint32_t d = 0; d < n; d++)
        back[order[d]] = d;
    const Node *x = ir_node(s->c->ir, OP_TRANSPOSE, &(AttrShape){{n, order}}, 1, e->in);
    const Node *y = ir_node(s->c->ir, e->op, &(AttrDims){{a->dims.n, last}, a->keep}, 1, &x);
    return ir_node(s->c->ir, OP_TRANSPOSE, &(AttrShape){{n, back}}, 1, &y);
}

/* Vectors written past a group's end are overwritten by the next group: groups go in ascending order, in one part. */
LVal lower_softmax(Scope *s, const Node *e) {
    int64_t inner;
    if (!trailing(ATTR_OF(e, Dims), e->type, &inner))
        return lower_expr(s, dims_last(s, e));
    LVal x = tensor_row_major(s, lower_expr(s, e->in[0])), out = {.valid = x.valid, .type = e->type};
    KType t = elem_lanes(e->type->elem);
    uint32_t bytes = register_bytes(e->type);
    if (t != K_F32 && t != K_F64) {
        lower_fail(s->c, "this softmax is not supported in compiled plans yet");
        return x;
    }
    TensorKernel k;
    tk_begin(&k, s, op_info[e->op].text);
    KB *b = k.b;
    Soft f = {.b = b, .from = tk_value(&k, x.v), .n = inner, .t = t};
    f.to = tk_out(&k);
    int64_t groups = type_elems(e->type) / inner;
    KInst *lo = k_int(b, 0), *hi = k_int(b, groups);
    if (inner % TENSOR_LANES == 0)
        tk_share(&k, groups, &lo, &hi);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    KInst *o = kb_loop(b, lo, hi, k_int(b, 1), 0, NULL);
    f.from_at = k_plus(b, k_mul(b, row, stride_of(x.v)), k_mul(b, o, inner));
    f.to_at = k_plus(b, k_mul(b, row, bytes / (uint32_t)ktype_bytes(t)), k_mul(b, o, inner));
    bool log = e->op == OP_LOG_SOFTMAX;
    KInst *max = soft_max(&f);
    soft_finish(&f, log, max, soft_sum(&f, max, !log));
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, bytes, (Range){0});
    return out;
}
