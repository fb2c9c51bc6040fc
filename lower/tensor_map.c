/* Trees of elementwise operations as one kernel: the leaves are loaded, everything between stays in vector registers. */
#include "ir/numeric.h"
#include "lower/tensor.h"

bool is_elementwise(const Node *e) {
    switch ((int)e->op) {
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_NEG: case OP_ABS: case OP_FLOOR: case OP_CEIL: case OP_SQRT:
    case OP_EXP: case OP_LOG: case OP_TANH: case OP_SIGMOID: case OP_ERF: case OP_SIN: case OP_COS: case OP_POW: case OP_RELU:
    case OP_LEAKY_RELU: case OP_MIN2: case OP_MAX2: case OP_CAST:
    case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT: case OP_GE: return is_tensor(e->type);
    }
    return false;
}

static KType computed_lanes(const Type *elem) {
    KType t = elem_lanes(elem);
    if (t == K_F16 || t == K_BF16)
        return K_F32;
    return t <= K_I64 ? K_I64 : t;
}

/* ---- leaves ---- */
/* The value of a leaf: a tensor, or a scalar in memory of its own lanes. */
static LVal leaf_value(Tree *m, const Access *a) {
    Scope *s = m->s;
    LVal x = is_fixed(s, a->node) && is_tensor(a->node->type) ? tensor_fixed(s, a->node) : lower_expr(s, a->node);
    if (is_tensor(a->node->type))
        return x;
    if (x.v->domain != DOMAIN_NONE)
        x.v = pipe_layout(s->p, x.v, s->domain, x.v->type);
    return x;
}

static void add_leaf(Tree *m, const Node *e) {
    Access a = is_tensor(e->type) ? access_broadcast(m->s, e, m->out) : (Access){e, NULL, 1};
    TreeLeaf leaf = {.a = a, .value = leaf_value(m, &a)};
    m->valid = mask_and(m->s->p, m->valid, leaf.value.valid);
    leaf.a.node = e; /* found again by the operand */
    *vec_push(&m->leaves) = leaf;
}

static const TreeLeaf *leaf_of(const Tree *m, const Node *e) {
    for (size_t i = 0; i < m->leaves.n; i++)
        if (m->leaves.at[i].a.node == e)
            return &m->leaves.at[i];
    return NULL;
}

/* An operation of the tree has the result's own shape: what is smaller is computed apart and broadcast. */
static bool in_tree(const Tree *m, const Node *e) {
    return is_elementwise(e) && !is_fixed(m->s, e) && type_elems(e->type) == type_elems(m->out) &&
           e->type->n == m->out->n;
}

void tree_collect(Tree *m, const Node *e) {
    if (e == m->inner || leaf_of(m, e))
        return;
    if (!in_tree(m, e)) {
        add_leaf(m, e);
        return;
    }
    for (uint32_t i = 0; i < e->n; i++)
        tree_collect(m, e->in[i]);
}

static int32_t *nhwc_table(Tree *m, const TreeLeaf *l) {
    int64_t c = m->out->dims[0], area = type_elems(m->out) / c, pitch = round16(c);
    int32_t *table = ARENA_ARRAY(m->s->c->a, int32_t, area * pitch);
    for (int64_t i = 0; i < area * pitch; i++) {
        int64_t channel = i % pitch, at = channel * area + i / pitch;
        table[i] = channel >= c ? 0 : l->a.table ? l->a.table[at] : (int32_t)at;
    }
    return table;
}

/* An (H, W, C) leaf among (C, H, W) ones is laid out as they are, and the reverse. */
static void settle_layout(Tree *m, TreeLeaf *l) {
    if (!is_tensor(l->value.type))
        return;
    bool same = !l->a.table && l->a.n == type_elems(m->out);
    if (l->value.nhwc && !(m->nhwc && same))
        l->value = tensor_row_major(m->s, l->value);
    else if (m->nhwc && same && l->value.v->domain != DOMAIN_NONE)
        l->value = tensor_nhwc(m->s, l->value);
    l->channel = m->nhwc && access_is_channel(&l->a, m->out);
}

void tree_prepare(Tree *m) {
    for (size_t i = 0; i < m->leaves.n; i++)
        settle_layout(m, &m->leaves.at[i]);
}

/* Operands of the kernel; after its k is set. */
static void leaf_operands(Tree *m, TreeLeaf *l) {
    l->ptr = tk_value(m->k, l->value.v);
    if (!is_tensor(l->value.type) || l->channel || (m->nhwc && l->value.nhwc))
        return;
    if (m->nhwc)
        l->table = tk_bytes(m->k, nhwc_table(m, l), sizeof(int32_t) * (size_t)(type_elems(m->out) / m->out->dims[0]) * round16(m->out->dims[0]));
    else if (l->a.table && is_tensor(m->out)) {
        int32_t *padded = ARENA_ARRAY(m->s->c->a, int32_t, round16(l->a.n));
        for (int64_t j = 0; j < l->a.n; j++)
            padded[j] = l->a.table[j];
        l->table = tk_bytes(m->k, padded, sizeof *padded * round16(l->a.n));
    }
}

void tree_operands(Tree *m) {
    for (size_t i = 0; i < m->leaves.n; i++)
        leaf_operands(m, &m->leaves.at[i]);
}

/* ---- values ---- */
static KInst *widen(KB *b, KInst *x, const Type *elem) {
    KType t = (KType)x->type;
    if (t == K_F16 || t == K_BF16)
        return kb_convert(b, KI_FEXT, x, K_F32);
    bool is_unsigned = (elem->kind >= TY_U8 && elem->kind <= TY_U64) || elem->kind == TY_BOOL;
    return t < K_I64 ? kb_convert(b, is_unsigned || t == K_I1 ? KI_ZEXT : KI_SEXT, x, K_I64) : x;
}

/* Past a row's end only a register may be read. */
static bool may_overrun(const TreeLeaf *l) {
    return l->value.v->op == S_OUT || l->value.v->domain == DOMAIN_NONE || l->a.n % TENSOR_LANES == 0;
}

static KInst *load_leaf(Tree *m, const TreeLeaf *l, KInst *row, KInst *j) {
    KB *b = m->k->b;
    Stage *v = l->value.v;
    if (!is_tensor(l->value.type)) {
        KType t = v->op == S_CONST && v->type <= K_I64 ? K_I64 : v->type;
        KInst *x = kb_load(b, l->ptr, v->domain == DOMAIN_NONE ? k_int(b, 0) : row, t, 1);
        return kb_splat(b, widen(b, x, v->type <= K_I64 ? type_get(ir_types(m->s->c->ir), TY_I64) : l->value.type), TENSOR_LANES);
    }
    KInst *start = k_mul(b, row, stride_of(v)), *x;
    if (l->channel)
        return widen(b, kb_load(b, l->ptr, kb_op2(b, KI_UREM, j, k_int(b, round16(m->out->dims[0]))), v->type, TENSOR_LANES), l->value.type->elem);
    KInst *base = kb_offset(b, l->ptr, k_mul(b, row, stride_of(v) * ktype_bytes(v->type)));
    if (l->table)
        x = kb_gather(b, base, kb_load(b, l->table, j, K_I32, TENSOR_LANES), v->type, NULL);
    else if (may_overrun(l))
        x = kb_load(b, l->ptr, k_plus(b, start, j), v->type, TENSOR_LANES);
    else {
        KInst *at = kb_op2(b, KI_ADD, kb_splat(b, kb_convert(b, KI_TRUNC, j, K_I32), TENSOR_LANES), kb_iota(b, K_I32, TENSOR_LANES));
        KInst *mask = kb_cmp(b, KP_LT, at, kb_int(b, K_I32, TENSOR_LANES, l->a.n));
        x = kb_gather(b, base, at, v->type, mask);
    }
    return widen(b, x, l->value.type->elem);
}

static KInst *cast(Tree *m, const Node *e, KInst *x) {
    KB *b = m->k->b;
    const Type *to = elem_of(e->type), *from = elem_of(e->in[0]->type);
    KType want = computed_lanes(to);
    if (type_is_float(to)) {
        if (!type_is_float(from))
            return kb_convert(b, from->kind == TY_U64 ? KI_UITOF : KI_SITOF, x, want);
        KInst *y = x->type == want ? x : kb_convert(b, x->type == K_F32 ? KI_FEXT : KI_FTRUNC, x, want);
        KType half = elem_lanes(to);
        return half == want ? y : kb_convert(b, KI_FEXT, kb_convert(b, KI_FTRUNC, y, half), K_F32);
    }
    if (type_is_float(from) || ir_op_fallible(e))
        lower_fail(m->s->c, "this cast of tensors is not supported in compiled plans yet");
    return type_is_float(from) ? kb_int(b, K_I64, TENSOR_LANES, 0) : x;
}

/* NaN is above all numbers. */
static KInst *extreme(KB *b, Op op, KInst *x, KInst *y) {
    KInst *nan = op == OP_MIN2 ? x : y;
    KInst *better = kb_cmp(b, op == OP_MIN2 ? KP_LT : KP_GT, y, x);
    return kb_select(b, kb_op2(b, KI_OR, kb_cmp(b, KP_NE, nan, nan), better), y, x);
}

static KInst *leaky(KB *b, const Node *e, KInst *x) {
    KInst *zero = kb_float(b, (KType)x->type, x->lanes, 0), *slope = kb_float(b, (KType)x->type, x->lanes, ATTR_OF(e, Slope)->slope);
    return kb_select(b, kb_cmp(b, KP_LT, x, zero), kb_op2(b, KI_MUL, x, slope), x);
}

static KPred pred_of(Op op) {
    static const KPred preds[] = {KP_EQ, KP_NE, KP_LT, KP_LE, KP_GT, KP_GE};
    return preds[op - OP_EQ];
}

static KInst *operation(Tree *m, const Node *e, KInst *x, KInst *y) {
    KB *b = m->k->b;
    if (e->op >= OP_EQ && e->op <= OP_GE)
        return kb_convert(b, KI_ZEXT, kb_cmp(b, pred_of(e->op), x, y), K_I64);
    if (x->type <= K_I128) {
        lower_fail(m->s->c, "%s of integer tensors is not supported in compiled plans yet", op_info[e->op].text);
        return x;
    }
    switch ((int)e->op) {
    case OP_ADD: return kb_op2(b, KI_ADD, x, y);
    case OP_SUB: return kb_op2(b, KI_SUB, x, y);
    case OP_MUL: return kb_op2(b, KI_MUL, x, y);
    case OP_DIV: return kb_op2(b, KI_DIV, x, y);
    case OP_NEG: return kb_op1(b, KI_NEG, x);
    case OP_ABS: return kb_op1(b, KI_ABS, x);
    case OP_MIN2: case OP_MAX2: return extreme(b, e->op, x, y);
    case OP_LEAKY_RELU: return leaky(b, e, x);
    case OP_POW: return num_emit2(b, e->op, x, y);
    }
    return num_emit(b, e->op, x);
}

KInst *tree_value(Tree *m, const Node *e, KInst *row, KInst *j) {
    if (e == m->inner)
        return m->acc;
    const TreeLeaf *l = leaf_of(m, e);
    if (l)
        return load_leaf(m, l, row, j);
    KInst *x = tree_value(m, e->in[0], row, j);
    if (e->op == OP_CAST)
        return cast(m, e, x);
    KInst *y = e->n > 1 ? e->in[1] == e->in[0] ? x : tree_value(m, e->in[1], row, j) : NULL;
    KInst *z = operation(m, e, x, y);
    KType half = elem_lanes(e->type->elem);
    if (half == K_F16 || half == K_BF16)
        z = kb_convert(m->k->b, KI_FEXT, kb_convert(m->k->b, KI_FTRUNC, z, half), K_F32);
    return z;
}

void tree_free(Tree *m) {
    vec_free(&m->leaves);
}

static KInst *narrow(KB *b, KInst *x, KType to) {
    if (x->type == to)
        return x;
    return kb_convert(b, to <= K_I64 ? KI_TRUNC : KI_FTRUNC, x, to);
}

static bool any_nhwc(const Tree *m) {
    for (size_t i = 0; i < m->leaves.n; i++) {
        const TreeLeaf *l = &m->leaves.at[i];
        if (l->value.nhwc && !l->a.table)
            return true;
    }
    return false;
}

/* The contraction of the tree, if there is one that nothing else uses here. */
static const Node *find_inner(const Tree *m, const Node *e) {
    if ((e->op == OP_CONTRACT || e->op == OP_CONV) && !is_fixed(m->s, e))
        return type_elems(e->type) == type_elems(m->out) ? e : NULL;
    if (!in_tree(m, e))
        return NULL;
    const Node *found = NULL;
    for (uint32_t i = 0; i < e->n; i++) {
        const Node *one = find_inner(m, e->in[i]);
        if (one)
            found = one;
    }
    return found;
}

LVal lower_map(Scope *s, const Node *e) {
    Tree m = {.s = s, .out = e->type};
    LVal out = {.type = e->type};
    const Node *inner = find_inner(&m, e);
    if (inner && (inner->op == OP_CONV ? tile_conv(s, e, inner, &out) : tile_linear(s, e, inner, &out))) {
        note_work(s, inner);
        return out;
    }
    tree_collect(&m, e);
    m.nhwc = any_nhwc(&m);
    tree_prepare(&m);
    TensorKernel k;
    tk_begin(&k, s, "map");
    m.k = &k;
    KB *b = k.b;
    KType t = elem_lanes(e->type->elem);
    int64_t elems = m.nhwc ? type_elems(e->type) / e->type->dims[0] * round16(e->type->dims[0]) : type_elems(e->type);
    uint32_t row_bytes = (round16(elems) * (uint32_t)ktype_bytes(t) + 63) / 64 * 64;
    tree_operands(&m);
    KInst *to = tk_out(&k);
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    KInst *j = kb_loop(b, k_int(b, 0), k_int(b, elems), k_int(b, TENSOR_LANES), 0, NULL);
    KInst *x = narrow(b, tree_value(&m, e, row, j), t);
    kb_store(b, to, k_plus(b, k_mul(b, row, row_bytes / (uint32_t)ktype_bytes(t)), j), x);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, row_bytes, (Range){0});
    out.valid = m.valid;
    out.nhwc = m.nhwc;
    tree_free(&m);
    return out;
}
