/* Trees of elementwise operations as one kernel: the leaves are loaded, everything between stays in vector registers. */
#include "lower/tensor.h"

/* Lists and text become tensors by other means. */
static bool is_text_cast(const Node *e) {
    return e->op == OP_CAST && !is_tensor(e->in[0]->type);
}

bool is_elementwise(const Node *e) {
    switch ((int)e->op) {
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_IDIV: case OP_MOD: case OP_NEG: case OP_ABS: case OP_FLOOR: case OP_CEIL:
    case OP_ROUND: case OP_SQRT: case OP_EXP: case OP_LOG: case OP_TANH: case OP_SIGMOID: case OP_ERF: case OP_SIN: case OP_COS: case OP_POW:
    case OP_ATAN2: case OP_RELU: case OP_LEAKY_RELU: case OP_MIN2: case OP_MAX2: case OP_CAST: case OP_WHERE:
    case OP_BIT_AND: case OP_BIT_OR: case OP_BIT_XOR: case OP_BIT_NOT: case OP_SHIFT_LEFT: case OP_SHIFT_RIGHT:
    case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT: case OP_GE: return is_tensor(e->type) && !is_text_cast(e);
    }
    return false;
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

/* One number for all elements: it is part of the kernel. */
static bool is_number_leaf(const Node *e, double *out) {
    if (e->op != OP_CONST) return false;
    const Value *v = &ATTR_OF(e, Const)->value;
    TypeKind k = (is_tensor(e->type) ? e->type->elem : e->type)->kind;
    if (v->null || (k != TY_F32 && k != TY_F64) || (is_tensor(e->type) && type_elems(e->type) != 1)) return false;
    *out = is_tensor(e->type) ? tensor_get(v, 0) : k == TY_F32 ? (double)v->f32 : v->f64;
    return true;
}

static void add_leaf(Tree *m, const Node *e) {
    TreeLeaf number = {.a = {.node = e}, .is_number = true};
    if (is_number_leaf(e, &number.number)) {
        *vec_push(&m->leaves) = number;
        return;
    }
    Access a = is_tensor(e->type) ? access_broadcast(m->s, e, m->out) : (Access){e, NULL, 1, false};
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

/* ---- which operations are the tree's ---- */
/* An operation of the tree has the result's own shape: what is smaller is computed apart and broadcast. */
static bool of_shape(const Tree *m, const Node *e) {
    return is_elementwise(e) && !is_fixed(m->s, e) && type_elems(e->type) == type_elems(m->out) &&
           e->type->n == m->out->n;
}

static bool is_contraction(const Tree *m, const Node *e) {
    return (e->op == OP_CONTRACT || e->op == OP_CONV) && !is_fixed(m->s, e) && type_elems(e->type) == type_elems(m->out);
}

typedef struct Pending {
    const Node *node;
    uint32_t uses; /* in the tree, so far */
} Pending;

typedef struct PendingList {
    VEC(Pending) at;
} PendingList;

static void add_use(PendingList *l, const Node *e) {
    for (size_t i = 0; i < l->at.n; i++)
        if (l->at.at[i].node == e) {
            l->at.at[i].uses++;
            return;
        }
    *vec_push(&l->at) = (Pending){e, 1};
}

/* Inputs are older than uses: when the youngest is taken, all of its uses in the tree are known. */
static Pending take_youngest(PendingList *l) {
    size_t best = 0;
    for (size_t i = 1; i < l->at.n; i++)
        if (l->at.at[i].node->id > l->at.at[best].node->id)
            best = i;
    Pending p = l->at.at[best];
    l->at.at[best] = l->at.at[--l->at.n];
    return p;
}

/* m->own: the operations below `top` that only the tree uses; what others use too is computed once, for all.  Returns the
 * youngest contraction that only the tree uses, or NULL. */
static const Node *find_own(Tree *m, const Node *top) {
    PendingList open = {0};
    const Node *inner = NULL;
    add_use(&open, top);
    while (open.at.n) {
        Pending p = take_youngest(&open);
        if (p.node != top && lower_uses(m->s->c, p.node) > p.uses)
            continue;
        if (is_contraction(m, p.node) && !inner)
            inner = p.node;
        if (!of_shape(m, p.node))
            continue;
        ptrmap_set(&m->own, p.node, (void *)p.node);
        for (uint32_t i = 0; i < p.node->n; i++)
            add_use(&open, p.node->in[i]);
    }
    vec_free(&open.at);
    return inner;
}

static void collect(Tree *m, const Node *e) {
    if (e == m->inner || leaf_of(m, e) || ptrmap_get(&m->seen, e))
        return;
    if (!ptrmap_get(&m->own, e)) {
        add_leaf(m, e);
        return;
    }
    ptrmap_set(&m->seen, e, (void *)e);
    for (uint32_t i = 0; i < e->n; i++)
        collect(m, e->in[i]);
    if (ir_op_fallible(e))
        *vec_push(&m->fallible) = e;
}

void tree_collect(Tree *m, const Node *top) {
    find_own(m, top);
    collect(m, top);
}

static int32_t *nhwc_table(Tree *m, const TreeLeaf *l) {
    int64_t c = m->out->dims[0], area = type_elems(m->out) / c, pitch = round16(c);
    int32_t *table = ARENA_ARRAY(m->s->c->a, int32_t, area * pitch);
    const int32_t *from = access_table(m->s, &l->a, m->out);
    for (int64_t i = 0; i < area * pitch; i++) {
        int64_t channel = i % pitch, at = channel * area + i / pitch;
        table[i] = channel >= c ? 0 : from ? from[at] : (int32_t)at;
    }
    return table;
}

/* Element by element the result's, and channels are channels: a reshape may have moved their border. */
static bool same_elements(const Tree *m, const TreeLeaf *l) {
    return !l->a.table && !l->a.channel && l->a.n == type_elems(m->out) && l->value.type->dims[0] == m->out->dims[0];
}

/* Broadcast from one element: no table. */
static bool same_everywhere(const Access *a) {
    for (int64_t i = 1; a->table && i < a->n; i++)
        if (a->table[i] != a->table[0])
            return false;
    return a->table && a->n > 0;
}

/* An (H, W, C) leaf among (C, H, W) ones is laid out as they are, and the reverse. */
static void settle_layout(Tree *m, TreeLeaf *l) {
    if (l->is_number || !is_tensor(l->value.type))
        return;
    bool same = same_elements(m, l);
    if (l->value.nhwc && !(m->nhwc && same))
        l->value = tensor_row_major(m->s, l->value);
    else if (m->nhwc && same && l->value.v->domain != DOMAIN_NONE)
        l->value = tensor_nhwc(m->s, l->value);
    bool pixel = same && l->a.n == m->out->dims[0]; /* a single one: its elements are its channels */
    l->channel = m->nhwc && (l->a.channel || pixel);
    l->one = !l->channel && !l->value.nhwc && same_everywhere(&l->a);
    int64_t line = !m->nhwc && !l->value.nhwc && l->a.channel ? type_elems(m->out) / m->out->dims[0] : 0;
    l->line = line % TENSOR_LANES == 0 ? line : 0;
}

void tree_prepare(Tree *m) {
    for (size_t i = 0; i < m->leaves.n; i++)
        settle_layout(m, &m->leaves.at[i]);
}

/* Operands of the kernel; after its k is set. */
static void leaf_operands(Tree *m, TreeLeaf *l) {
    if (l->is_number)
        return;
    l->ptr = tk_value(m->k, l->value.v);
    if (!is_tensor(l->value.type) || l->channel || l->one || l->line || (m->nhwc && l->value.nhwc))
        return;
    if (m->nhwc)
        l->table = tk_bytes(m->k, nhwc_table(m, l), sizeof(int32_t) * (size_t)(type_elems(m->out) / m->out->dims[0]) * round16(m->out->dims[0]));
    else if ((l->a.table || l->a.channel) && is_tensor(m->out)) {
        const int32_t *from = access_table(m->s, &l->a, m->out);
        int32_t *padded = ARENA_ARRAY(m->s->c->a, int32_t, round16(l->a.n));
        for (int64_t j = 0; j < l->a.n; j++)
            padded[j] = from[j];
        l->table = tk_bytes(m->k, padded, sizeof *padded * round16(l->a.n));
    }
}

void tree_operands(Tree *m) {
    for (size_t i = 0; i < m->leaves.n; i++)
        leaf_operands(m, &m->leaves.at[i]);
}

/* ---- values ---- */
/* Past a row's end only a register may be read. */
static bool may_overrun(const TreeLeaf *l) {
    return l->value.v->op == S_OUT || l->value.v->domain == DOMAIN_NONE || l->a.n % TENSOR_LANES == 0;
}

static KInst *load_leaf(Tree *m, const TreeLeaf *l, KInst *row, KInst *j) {
    KB *b = m->k->b;
    if (l->is_number)
        return kb_float(b, elem_lanes(is_tensor(l->a.node->type) ? l->a.node->type->elem : l->a.node->type), TENSOR_LANES, l->number);
    Stage *v = l->value.v;
    if (!is_tensor(l->value.type)) {
        KType t = v->op == S_CONST && v->type <= K_I64 ? K_I64 : v->type;
        KInst *x = kb_load(b, l->ptr, v->domain == DOMAIN_NONE ? k_int(b, 0) : row, t, 1);
        if (t == K_I128) /* UBIGINT, whose lanes hold it with a sign */
            x = kb_convert(b, KI_TRUNC, x, K_I64);
        return kb_splat(b, element_wide(b, x, v->type <= K_I64 ? type_get(ir_types(m->s->c->ir), TY_I64) : l->value.type), TENSOR_LANES);
    }
    KInst *start = k_mul(b, row, stride_of(v)), *x;
    if (l->channel)
        return element_wide(b, kb_load(b, l->ptr, k_plus(b, start, kb_op2(b, KI_UREM, j, k_int(b, round16(m->out->dims[0])))), v->type, TENSOR_LANES), l->value.type->elem);
    if (l->one)
        return element_wide(b, kb_splat(b, kb_load(b, l->ptr, k_add(b, start, l->a.table[0]), v->type, 1), TENSOR_LANES), l->value.type->elem);
    if (l->line) {
        KInst *at = k_plus(b, start, kb_op2(b, KI_UDIV, j, k_int(b, l->line)));
        return element_wide(b, kb_splat(b, kb_load(b, l->ptr, at, v->type, 1), TENSOR_LANES), l->value.type->elem);
    }
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
    return element_wide(b, x, l->value.type->elem);
}

static void keep_fails(Tree *m, const Node *e, const Element *el) {
    for (size_t k = 0; k < m->fallible.n; k++)
        for (int f = 0; f < FAIL_KINDS && m->fallible.at[k] == e; f++) {
            KInst **at = &m->fails.at[k * FAIL_KINDS + (size_t)f];
            if (el->fails[f])
                *at = kb_op2(m->k->b, KI_OR, *at, el->fails[f]);
        }
}

static KInst *value(Tree *m, PtrMap *done, const Node *e, KInst *row, KInst *j) {
    KInst *in[3], *x = e == m->inner ? m->acc : ptrmap_get(done, e);
    if (x)
        return x;
    const TreeLeaf *l = leaf_of(m, e);
    if (l) {
        x = load_leaf(m, l, row, j);
    } else {
        Element el = {.b = m->k->b};
        for (uint32_t i = 0; i < e->n; i++)
            in[i] = value(m, done, e->in[i], row, j);
        x = element_value(&el, e, in);
        keep_fails(m, e, &el);
    }
    ptrmap_set(done, e, x);
    return x;
}

KInst *tree_value(Tree *m, const Node *e, KInst *row, KInst *j) {
    PtrMap done = {0};
    KInst *x = value(m, &done, e, row, j);
    ptrmap_free(&done);
    return x;
}

void tree_free(Tree *m) {
    vec_free(&m->leaves);
    vec_free(&m->fallible);
    vec_free(&m->fails);
    ptrmap_free(&m->own);
    ptrmap_free(&m->seen);
}

static bool any_nhwc(const Tree *m) {
    for (size_t i = 0; i < m->leaves.n; i++) {
        const TreeLeaf *l = &m->leaves.at[i];
        if (l->value.nhwc && same_elements(m, l))
            return true;
    }
    return false;
}

static bool tree_can_fail(const Tree *m) {
    for (size_t i = 0; i < m->own.cap; i++)
        if (m->own.key[i] && ir_op_fallible(m->own.key[i]))
            return true;
    return false;
}

/* The contraction whose epilogue the tree can be: operations that fail on no row, since errors are counted by rows.  Leaves
 * may fail: they are computed apart. */
static const Node *find_inner(Scope *s, const Node *e) {
    Tree m = {.s = s, .out = e->type};
    const Node *inner = find_own(&m, e);
    bool fails = tree_can_fail(&m);
    ptrmap_free(&m.own);
    return fails ? NULL : inner;
}

/* ---- errors ---- */
/* Lanes of the row that exist: its last vector goes past its end. */
static KInst *lanes_within(Tree *m, KInst *j, int64_t elems) {
    KB *b = m->k->b;
    KInst *at = kb_op2(b, KI_ADD, kb_splat(b, kb_convert(b, KI_TRUNC, j, K_I32), TENSOR_LANES), kb_iota(b, K_I32, TENSOR_LANES));
    return kb_cmp(b, KP_LT, at, kb_int(b, K_I32, TENSOR_LANES, elems));
}

static void mask_fails(Tree *m, KInst *j, int64_t elems) {
    if (m->fails.n == 0 || elems % TENSOR_LANES == 0)
        return;
    KInst *within = lanes_within(m, j, elems);
    for (size_t i = 0; i < m->fails.n; i++)
        m->fails.at[i] = kb_op2(m->k->b, KI_AND, m->fails.at[i], within);
}

/* After a row's vectors: the first operation that failed on it, if anybody asked for the row. */
static void report_fails(Tree *m, KInst *row, KInst *need, KInst *loop) {
    KB *b = m->k->b;
    for (uint32_t i = 0; i < m->fails.n; i++) {
        KInst *bad = kb_reduce(b, KI_REDUCE_OR, kb_result(b, loop, i));
        tk_fail(m->k, bad, need, row, i / FAIL_KINDS, i % FAIL_KINDS == FAIL_ZERO ? ROW_DIV_ZERO : ROW_OVERFLOW);
    }
}

static bool tile_inner(Scope *s, const Node *e, const Node *inner, LVal *out) {
    return inner->op == OP_CONV ? tile_conv(s, e, inner, out) : tile_linear(s, e, inner, out) || tile_matmul(s, e, inner, out);
}

LVal lower_map(Scope *s, const Node *e) {
    Tree m = {.s = s, .out = e->type};
    LVal out = {.type = e->type};
    const Node *inner = find_inner(s, e);
    if (inner && tile_inner(s, e, inner, &out)) {
        note_work(s, inner);
        return out;
    }
    tree_collect(&m, e);
    m.nhwc = m.fallible.n == 0 && any_nhwc(&m);
    tree_prepare(&m);
    Stage *need = m.fallible.n ? tk_need(s, m.valid) : NULL;
    TensorKernel k;
    tk_begin(&k, s, "map");
    m.k = &k;
    KB *b = k.b;
    KType t = elem_lanes(e->type->elem);
    int64_t elems = m.nhwc ? type_elems(e->type) / e->type->dims[0] * round16(e->type->dims[0]) : type_elems(e->type);
    uint32_t row_bytes = (round16(elems) * (uint32_t)ktype_bytes(t) + 63) / 64 * 64;
    tree_operands(&m);
    KInst *asked = need ? tk_value(&k, need) : NULL, *to = tk_out(&k), *lo = k_int(b, 0), *hi = k_int(b, elems);
    if (m.fallible.n == 0 && elems > TENSOR_LANES) {
        tk_share(&k, round16(elems) / TENSOR_LANES, &lo, &hi);
        lo = k_mul(b, lo, TENSOR_LANES);
        hi = k_mul(b, hi, TENSOR_LANES);
    }
    KInst *row = kb_loop(b, k_int(b, 0), k.n, k_int(b, 1), 0, NULL);
    for (size_t i = 0; i < m.fallible.n * FAIL_KINDS; i++)
        *vec_push(&m.fails) = kb_int(b, K_I1, TENSOR_LANES, 0);
    KInst *j = kb_loop(b, lo, hi, k_int(b, TENSOR_LANES), (uint32_t)m.fails.n, m.fails.at);
    for (size_t i = 0; i < m.fails.n; i++)
        m.fails.at[i] = kb_int(b, K_I1, TENSOR_LANES, 0);
    KInst *x = element_narrow(b, tree_value(&m, e, row, j), t);
    kb_store(b, to, k_plus(b, k_mul(b, row, row_bytes / (uint32_t)ktype_bytes(t)), j), x);
    mask_fails(&m, j, elems);
    for (size_t i = 0; i < m.fails.n; i++)
        m.fails.at[i] = kb_op2(b, KI_OR, m.fails.at[i], kb_carried(b, (uint32_t)i));
    KInst *loop = kb_loop_end(b, m.fails.at);
    report_fails(&m, row, asked, loop);
    kb_loop_end(b, NULL);
    out.v = tk_end(&k, t, row_bytes, (Range){0});
    tk_sites(s, out.v, (uint32_t)m.fallible.n, m.fallible.at);
    out.valid = m.valid;
    out.nhwc = m.nhwc;
    tree_free(&m);
    return out;
}
