/* Products of tensors that both may vary with the row, on contraction tiles: matmul, attention's scores and weighted sums.
 * x (g.., m.., k.. in any order)  y (g.., k.., n..)  out (g.., m.., n..), the last dimension of out one of y's alone
 * A part is one g and a panel of columns: y's panel is packed into work memory, then the rows of x pass over it.  Operands
 * are read where they lie: slices, transposes and reshapes below them are places (tensor_access.c), no copies. */
#include "lower/tensor.h"

/* Labels in order: of both operands and the result; of one and the result; of both operands alone. */
typedef enum LabelKind { LABEL_GROUP, LABEL_ROW, LABEL_COLUMN, LABEL_INNER, LABEL_KINDS } LabelKind;

typedef struct Operand {
    const Node *node;
    const IntList *labels;
    const Type *type;
} Operand;

typedef struct Matmul {
    Operand x, y, out;
    int64_t size[LABEL_KINDS];
    IntList labels[LABEL_KINDS];
    int32_t *rows;                /* (g, m): where a row of x begins; its k are adjacent */
    int32_t *panel, *at_k, *at_n; /* places of y: of g, k, n; they add up */
    int32_t *to;                  /* (g, m): where a row of the result begins; its n are adjacent */
    bool adjacent;                /* y's n are */
} Matmul;

static int64_t label_at(const IntList *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label)
            return i;
    return -1;
}

static bool has(const Operand *o, int64_t label) {
    return label_at(o->labels, label) >= 0;
}

static bool distinct(const IntList *l) {
    for (uint32_t i = 0; i < l->n; i++)
        if (label_at(l, l->at[i]) != i)
            return false;
    return true;
}

/* ---- what kind of product it is ---- */
static void add(Scope *s, Matmul *m, LabelKind kind, const Operand *o, uint32_t i) {
    IntList *l = &m->labels[kind];
    int64_t *at = ARENA_ARRAY(s->c->a, int64_t, l->n + 1);
    for (uint32_t j = 0; j < l->n; j++)
        at[j] = l->at[j];
    at[l->n] = o->labels->at[i];
    *l = (IntList){l->n + 1, at};
    m->size[kind] *= o->type->dims[i];
}

/* Every label is of one kind; a sum over a label of one operand alone is none of these products. */
static bool sort_labels(Scope *s, Matmul *m) {
    for (int k = 0; k < LABEL_KINDS; k++)
        m->size[k] = 1;
    for (uint32_t i = 0; i < m->out.labels->n; i++) {
        bool x = has(&m->x, m->out.labels->at[i]), y = has(&m->y, m->out.labels->at[i]);
        add(s, m, x && y ? LABEL_GROUP : x ? LABEL_ROW : LABEL_COLUMN, &m->out, i);
    }
    for (uint32_t i = 0; i < m->x.labels->n; i++) {
        if (has(&m->out, m->x.labels->at[i]))
            continue;
        if (!has(&m->y, m->x.labels->at[i]))
            return false;
        add(s, m, LABEL_INNER, &m->x, i);
    }
    for (uint32_t i = 0; i < m->y.labels->n; i++)
        if (!has(&m->out, m->y.labels->at[i]) && !has(&m->x, m->y.labels->at[i]))
            return false;
    return true;
}

static bool read_contract(Scope *s, const Node *e, bool swap, Matmul *m) {
    const AttrContract *a = ATTR_OF(e, Contract);
    *m = (Matmul){.x = {e->in[swap], swap ? &a->b : &a->a, e->in[swap]->type},
                  .y = {e->in[!swap], swap ? &a->a : &a->b, e->in[!swap]->type},
                  .out = {e, &a->out, e->type}};
    if (!is_tensor(e->type) || e->type->elem->kind != TY_F32 || !is_tensor(m->x.type) || !is_tensor(m->y.type) || a->out.n < 1 ||
        !distinct(&a->a) || !distinct(&a->b))
        return false;
    int64_t last = a->out.at[a->out.n - 1];
    return has(&m->y, last) && !has(&m->x, last) && sort_labels(s, m) && type_elems(e->type) > 0 && m->size[LABEL_INNER] > 0;
}

/* ---- places ---- */
/* Elements of the operand for all values of some labels, the others 0; padded to whole vectors by the last. */
static int32_t *places(Scope *s, const Operand *o, uint32_t n, const IntList *of, int64_t count) {
    int64_t stride[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK], dims[TENSOR_MAX_RANK], at[TENSOR_MAX_RANK] = {0}, size = 1, place = 0;
    int32_t *out = ARENA_ARRAY(s->c->a, int32_t, round16(count));
    uint32_t rank = 0;
    for (uint32_t d = o->type->n; d-- > 0; size *= o->type->dims[d])
        stride[d] = size;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < of[k].n; i++, rank++) {
            int64_t d = label_at(o->labels, of[k].at[i]);
            step[rank] = stride[d];
            dims[rank] = o->type->dims[d];
        }
    for (int64_t i = 0; i < count; i++) {
        out[i] = (int32_t)place;
        for (uint32_t d = rank; d-- > 0;) {
            place += step[d];
            if (++at[d] < dims[d])
                break;
            place -= step[d] * dims[d];
            at[d] = 0;
        }
    }
    for (int64_t i = count; i < round16(count); i++)
        out[i] = out[count - 1];
    return out;
}

/* Where the rows of the result begin; false: their columns are not adjacent or no whole vectors. */
static bool place_result(Scope *s, Matmul *m) {
    int64_t n = m->size[LABEL_COLUMN];
    const IntList rows[] = {m->labels[LABEL_GROUP], m->labels[LABEL_ROW]};
    const int32_t *column = places(s, &m->out, 1, &m->labels[LABEL_COLUMN], n);
    for (int64_t i = 0; i < n; i++)
        if (column[i] != i)
            return false;
    m->to = places(s, &m->out, 2, rows, m->size[LABEL_GROUP] * m->size[LABEL_ROW]);
    return n % TENSOR_LANES == 0;
}

/* The places of `e` through what moves elements alone, and the value that they are in. */
static Access operand(Scope *s, const Node *e, LVal *v) {
    Access a = access_of(s, e);
    a.table = access_table(s, &a, e->type);
    *v = tensor_row_major(s, lower_expr(s, a.node));
    return a;
}

static int32_t through(const Access *a, int32_t i) {
    return a->table ? a->table[i] : i;
}

/* x as it lies, if the k of each row are adjacent; otherwise gathered so. */
static Stage *place_rows(Scope *s, Matmul *m, const Access *a, Stage *v) {
    const IntList all[] = {m->labels[LABEL_GROUP], m->labels[LABEL_ROW], m->labels[LABEL_INNER]};
    int64_t depth = m->size[LABEL_INNER], rows = m->size[LABEL_GROUP] * m->size[LABEL_ROW];
    int32_t *table = places(s, &m->x, 3, all, rows * depth);
    bool adjacent = true;
    m->rows = ARENA_ARRAY(s->c->a, int32_t, rows);
    for (int64_t i = 0; i < rows * depth; i++) {
        table[i] = through(a, table[i]);
        adjacent = adjacent && table[i] == table[i - i % depth] + i % depth;
    }
    for (int64_t r = 0; r < rows; r++)
        m->rows[r] = adjacent ? table[r * depth] : (int32_t)(r * depth);
    return adjacent ? v : tensor_gather(s, v, table, rows * depth);
}

/* y's places as sums of those of g, k and n; false: they are none. */
static bool place_panels(Scope *s, Matmul *m, const Access *a) {
    const IntList all[] = {m->labels[LABEL_GROUP], m->labels[LABEL_INNER], m->labels[LABEL_COLUMN]};
    int64_t groups = m->size[LABEL_GROUP], depth = m->size[LABEL_INNER], columns = m->size[LABEL_COLUMN], counts[] = {groups, depth, columns};
    int32_t *table = places(s, &m->y, 3, all, groups * depth * columns), *parts[3], zero = through(a, 0);
    for (int p = 0; p < 3; p++) {
        parts[p] = places(s, &m->y, 1, &all[p], counts[p]);
        for (int64_t i = 0; i < round16(counts[p]); i++)
            parts[p][i] = through(a, parts[p][i]) - (p ? zero : 0);
    }
    m->panel = parts[0];
    m->at_k = parts[1];
    m->at_n = parts[2];
    m->adjacent = true;
    for (int64_t i = 0; i < columns; i++)
        m->adjacent = m->adjacent && m->at_n[i] == i;
    for (int64_t i = 0; i < groups * depth * columns; i++)
        if (through(a, table[i]) != m->panel[i / columns / depth] + m->at_k[i / columns % depth] + m->at_n[i % columns])
            return false;
    return true;
}

static Stage *place_y(Scope *s, Matmul *m, const Access *a, LVal *y) {
    if (!place_panels(s, m, a)) { /* in its own order they are such sums */
        *y = tensor_row_major(s, lower_expr(s, m->y.node));
        place_panels(s, m, &(Access){m->y.node, NULL, type_elems(m->y.type), false});
    }
    return y->v;
}

/* ---- the kernel ---- */
static KInst *entry(KB *b, KInst *table, KInst *i) {
    return kb_convert(b, KI_SEXT, kb_load(b, table, i, K_I32, 1), K_I64);
}

static KInst *table_arg(TensorKernel *k, const int32_t *table, int64_t n) {
    return tk_bytes(k, table, sizeof *table * round16(n));
}

typedef struct Panel {
    KInst *at_k, *at_n, *memory; /* (k, nr) */
    KInst *first, *columns;
    uint32_t nr;
} Panel;

/* Columns from `first` on of the matrix at `from`, zeros behind them. */
static void pack(TensorKernel *k, const Matmul *m, const Panel *p, KInst *from) {
    KB *b = k->b;
    KInst *i = kb_loop(b, k_int(b, 0), k_int(b, m->size[LABEL_INNER]), k_int(b, 1), 0, NULL);
    KInst *line = kb_offset(b, from, k_mul(b, entry(b, p->at_k, i), 4)), *to = k_mul(b, i, p->nr);
    KInst *j = kb_loop(b, k_int(b, 0), p->columns, k_int(b, TENSOR_LANES), 0, NULL), *n = k_plus(b, p->first, j);
    KInst *x = m->adjacent ? kb_load(b, line, n, K_F32, TENSOR_LANES)
                           : kb_gather(b, line, kb_load(b, p->at_n, n, K_I32, TENSOR_LANES), K_F32, NULL);
    kb_store(b, p->memory, k_plus(b, to, j), x);
    kb_loop_end(b, NULL);
    KInst *rest = kb_loop(b, p->columns, k_int(b, p->nr), k_int(b, TENSOR_LANES), 0, NULL);
    kb_store(b, p->memory, k_plus(b, to, rest), kb_float(b, K_F32, TENSOR_LANES, 0));
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
}

static LVal matmul_kernel(Scope *s, const Node *top, Matmul *m, Tree *t, Stage *x, Stage *y) {
    uint32_t nr, mr, bytes = register_bytes(top->type);
    int64_t groups = m->size[LABEL_GROUP], height = m->size[LABEL_ROW], width = m->size[LABEL_COLUMN], depth = m->size[LABEL_INNER];
    choose_tile(s->c->target, width, depth * 4, &nr, &mr);
    int64_t panels = (width + nr - 1) / nr;
    TensorKernel k;
    tk_begin(&k, s, "matmul");
    t->k = &k;
    KB *b = k.b;
    KInst *from_x = tk_value(&k, x), *from_y = tk_value(&k, y), *rows = tk_bytes(&k, m->rows, sizeof *m->rows * (size_t)(groups * height));
    KInst *to_rows = table_arg(&k, m->to, groups * height), *group_at = table_arg(&k, m->panel, groups);
    Panel p = {.at_k = table_arg(&k, m->at_k, depth), .at_n = table_arg(&k, m->at_n, width), .memory = tk_work(&k, (uint32_t)(nr * depth * 4)), .nr = nr};
    tree_operands(t);
    KInst *to = tk_out(&k), *lo, *hi, *row, *col, *zero = k_int(b, 0), *one = k_int(b, 1);
    tk_share(&k, groups * panels, &lo, &hi);
    KInst *image = kb_loop(b, zero, k.n, one, 0, NULL), *part = kb_loop(b, lo, hi, one, 0, NULL);
    KInst *g = kb_op2(b, KI_UDIV, part, k_int(b, panels)), *first_row = k_mul(b, g, height);
    p.first = k_mul(b, kb_op2(b, KI_UREM, part, k_int(b, panels)), nr);
    p.columns = kb_op2(b, KI_MIN, k_int(b, nr), kb_op2(b, KI_SUB, k_int(b, width), p.first));
    pack(&k, m, &p, kb_offset(b, from_y, k_mul(b, k_plus(b, k_mul(b, image, stride_of(y)), entry(b, group_at, g)), 4)));
    KTile tile = {.a_type = K_F32, .a = kb_offset(b, from_x, k_mul(b, image, stride_of(x) * 4)), .images = one, .image_stride = zero,
                  .m = k_int(b, height), .rows = kb_offset(b, rows, k_mul(b, first_row, 4)), .row_stride = zero, .outer = one, .outer_stride = zero,
                  .inner = k_int(b, depth), .b = p.memory, .n = p.columns, .nr = nr, .mr = mr};
    kb_tile(b, &tile, &row, &col, &t->acc);
    KInst *j = k_plus(b, entry(b, to_rows, k_plus(b, first_row, row)), k_plus(b, p.first, col));
    kb_store(b, to, k_plus(b, k_mul(b, image, bytes / 4), j), tree_value(t, top, image, j));
    kb_tile_end(b);
    kb_loop_end(b, NULL);
    kb_loop_end(b, NULL);
    return (LVal){.v = tk_end(&k, K_F32, bytes, (Range){0}), .valid = t->valid, .type = top->type};
}

bool tile_matmul(Scope *s, const Node *top, const Node *e, LVal *out) {
    Matmul m;
    if ((!read_contract(s, e, false, &m) && !read_contract(s, e, true, &m)) || !place_result(s, &m) || elem_lanes(top->type->elem) != K_F32)
        return false;
    LVal x, y;
    Access ax = operand(s, m.x.node, &x), ay = operand(s, m.y.node, &y);
    if (x.v->type != K_F32 || y.v->type != K_F32)
        return false;
    Stage *columns = place_y(s, &m, &ay, &y), *rows = place_rows(s, &m, &ax, x.v);
    Tree t = {.s = s, .out = top->type, .inner = e, .valid = mask_and(s->p, x.valid, y.valid)};
    tree_collect(&t, top);
    tree_prepare(&t);
    *out = matmul_kernel(s, top, &m, &t, rows, columns);
    tree_free(&t);
    return true;
}
