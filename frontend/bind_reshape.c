/* Operators that turn columns into rows and rows into columns: UNSTACK, UNPIVOT, MELT, PIVOT.  They are joins, choices and
 * aggregates of the algebra, so that its laws apply to them. */
#include "frontend/constant.h"
#include "frontend/query.h"
#include "ir/tensor_build.h"

static Rel failed(void) { return (Rel){0}; }

static Rel invalid(Binder *b, Span at, const char *why) {
    diag_error(b->diags, E_INVALID, at, why);
    return failed();
}

/* Each row of `in` beside each of the n numbered rows of `columns` BIGINTs; the numbers are the last columns. */
static Rel times(Binder *b, Rel in, uint32_t n, uint32_t columns, const int64_t *at, Span span) {
    const Node **values = ARENA_ARRAY(b->arena, const Node *, n * columns);
    const char **names = ARENA_ARRAY(b->arena, const char *, columns), *why;
    for (uint32_t i = 0; i < n * columns; i++) values[i] = ir_i64(b->ir, at[i]);
    for (uint32_t i = 0; i < columns; i++) names[i] = "";
    return bind_cross(b, in, rel_of_node(b, ir_values(b->ir, n, columns, values, &why), NULL, names), span);
}

/* The first n columns of `in` but those that `drop` says. */
static void keep(Binder *b, const Rel *in, uint32_t n, const bool *drop, Rel *out) {
    for (uint32_t i = 0; i < n; i++)
        if (!drop[i]) rel_add(b, out, in->at[i]);
}

static bool not_null(Binder *b, Rel *r, const Node *x) {
    if (!x->type->nullable) return true;
    const Node *in[] = {r->node, ir_1(b->ir, OP_NOT, ir_1(b->ir, OP_IS_NULL, x))};
    r->node = ir_node(b->ir, OP_FILTER, NULL, 2, in);
    return r->node != NULL;
}

/* ---- UNSTACK x AS d WITH OFFSET AS (r, c): a row for each element of the first axes; none where x is NULL ---- */

enum { UNSTACK_MOST = 1 << 20 };

/* The subscripts of all elements of the first `axes` axes, behind each the number of the element. */
static int64_t *subscripts(Binder *b, const Type *t, uint32_t axes, int64_t n) {
    int64_t *at = ARENA_ARRAY(b->arena, int64_t, n * (axes + 1));
    for (int64_t i = 0; i < n; i++) {
        int64_t rest = i;
        for (uint32_t d = axes; d-- > 0; rest /= t->dims[d]) at[i * (axes + 1) + d] = rest % t->dims[d];
        at[i * (axes + 1) + axes] = i;
    }
    return at;
}

static bool unstacks(Binder *b, const Node *x, uint32_t axes, Span at, int64_t *n) {
    const Type *t = x->type;
    if (t->kind != TY_TENSOR || axes > t->n) {
        diag_error(b->diags, E_SHAPE_MISMATCH, at,
                   arena_printf(b->arena, "UNSTACK takes a tensor of at least %u dimension%s, not %s", axes, axes > 1 ? "s" : "",
                                bind_type_text(b, t)));
        return false;
    }
    *n = 1;
    for (uint32_t d = 0; d < axes; d++)
        if (t->dims[d] == DIM_ANY) return bind_no(b, at, "UNSTACK of dimensions known only at run time"), false;
        else if (__builtin_mul_overflow(*n, t->dims[d], n) || *n > UNSTACK_MOST)
            return bind_no(b, at, arena_printf(b->arena, "UNSTACK into more than %d rows", UNSTACK_MOST)), false;
    return *n > 0 || (bind_no(b, at, "UNSTACK of no elements"), false);
}

/* The first axes as one. */
static const Node *merged(Binder *b, const Node *x, uint32_t axes, int64_t n) {
    int64_t dims[TENSOR_MAX_RANK] = {n};
    for (uint32_t d = axes; d < x->type->n; d++) dims[d - axes + 1] = x->type->dims[d];
    return axes == 1 ? x : ir_reshape(b->ir, x, x->type->n - axes + 1, dims);
}

Rel bind_unstack(Binder *b, Rel in, const Ast *t) {
    Scope s = {.rel = &in, .clause = "UNSTACK", .subqueries = true};
    const Ast *expr = t->kid[PIPE_UNSTACK_EXPR], *as = t->kid[PIPE_UNSTACK_AS], *offsets = t->kid[PIPE_UNSTACK_OFFSETS];
    uint32_t axes = offsets->n ? offsets->n : 1, columns = in.n;
    int64_t n;
    Expr e = bind_expr(b, &s, expr);
    if (!e.node || !unstacks(b, e.node, axes, expr->span, &n)) return failed();
    Rel all = in, out = {0};
    const char *name = bind_intern(b, as ? as->text : bind_item_name(b, expr));
    bool *drop = ARENA_ARRAY(b->arena, bool, columns); /* what has its name and is it: the rows take its place */
    for (uint32_t i = 0; i < columns; i++) drop[i] = in.at[i].node == e.node && strcmp(in.at[i].name, name) == 0;
    rel_add(b, &all, (Column){.name = name, .node = e.node});
    all = rel_project(b, &all, all.node);
    if (!all.node || !not_null(b, &all, all.at[columns].node)) return failed();
    all = times(b, all, (uint32_t)n, axes + 1, subscripts(b, e.node->type, axes, n), t->span);
    if (!all.node) return failed();
    keep(b, &all, columns, drop, &out);
    const Node *from[] = {merged(b, all.at[columns].node, axes, n), all.at[columns + 1 + axes].node};
    const Node *element = bind_make(b, t->span, OP_GATHER, &(AttrAxis){0}, 2, from);
    if (!element) return failed();
    rel_add(b, &out, (Column){.name = all.at[columns].name, .node = element});
    for (uint32_t i = 0; i < offsets->n; i++)
        rel_add(b, &out, (Column){.name = offsets->kid[i]->text, .node = all.at[columns + 1 + i].node});
    return rel_project(b, &out, all.node);
}

/* ---- UNPIVOT, MELT: a row for each of some columns: its name and its value ---- */

typedef struct Melt {
    uint32_t n;
    Expr *values;
    const char **labels;
    bool *drop; /* columns of the input that became rows */
} Melt;

static Column *plain_column(Rel *r, const Node *x) {
    for (uint32_t i = 0; i < r->n; i++)
        if (!r->at[i].hidden && r->at[i].node == x) return &r->at[i];
    return NULL;
}

static bool melt_one(Binder *b, Rel *in, const Ast *t, Melt *m) {
    Scope s = {.rel = in, .clause = "MELT"};
    const Ast *expr = t->kind == A_ITEM ? t->kid[ITEM_EXPR] : t;
    Expr e = bind_expr(b, &s, expr);
    if (!e.node) return false;
    Column *c = plain_column(in, e.node);
    if (!c) return invalid(b, t->span, "only columns become rows"), false;
    m->drop[c - in->at] = true;
    m->labels[m->n] = t->kind == A_ITEM && t->text ? t->text : c->name;
    m->values[m->n++] = e;
    return true;
}

/* CASE i WHEN 0 THEN a WHEN 1 THEN b .. END */
static const Node *choice(Binder *b, const Node *i, uint32_t n, const Node *const *values, Span at) {
    const Node **in = ARENA_ARRAY(b->arena, const Node *, 2 * n);
    uint32_t m = 0;
    for (uint32_t k = 0; k + 1 < n; k++) {
        in[m++] = ir_2(b->ir, OP_EQ, i, ir_i64(b->ir, k));
        in[m++] = values[k];
    }
    in[m++] = values[n - 1];
    return n == 1 ? values[0] : bind_make(b, at, OP_CASE, NULL, m, in);
}

static Rel melt(Binder *b, Rel in, const Ast *list, const Ast *name, const Ast *value, bool nulls, Span at) {
    Melt m = {.values = ARENA_ARRAY(b->arena, Expr, list->n), .labels = ARENA_ARRAY(b->arena, const char *, list->n),
              .drop = ARENA_ARRAY(b->arena, bool, in.n)};
    for (uint32_t i = 0; i < list->n; i++)
        if (!melt_one(b, &in, list->kid[i], &m)) return failed();
    if (!bind_unify(b, m.n, m.values, "columns that become rows", at)) return failed();
    const Node **values = ARENA_ARRAY(b->arena, const Node *, m.n), **labels = ARENA_ARRAY(b->arena, const Node *, m.n);
    int64_t *number = ARENA_ARRAY(b->arena, int64_t, m.n);
    uint32_t columns = in.n;
    Rel all = in, out = {0};
    for (uint32_t i = 0; i < m.n; i++) {
        number[i] = i;
        rel_add(b, &all, (Column){.name = "", .node = m.values[i].node});
        labels[i] = ir_const(b->ir, value_str(b->types, str_of(m.labels[i])));
    }
    all = times(b, rel_project(b, &all, all.node), m.n, 1, number, at);
    if (!all.node) return failed();
    const Node *i = all.at[columns + m.n].node;
    for (uint32_t k = 0; k < m.n; k++) values[k] = all.at[columns + k].node;
    keep(b, &all, columns, m.drop, &out);
    const Node *label = choice(b, i, m.n, labels, at), *x = choice(b, i, m.n, values, at);
    if (!label || !x) return failed();
    rel_add(b, &out, (Column){.name = name->text, .node = label});
    rel_add(b, &out, (Column){.name = value->text, .node = x});
    out = rel_project(b, &out, all.node);
    return nulls || not_null(b, &out, out.at[out.n - 1].node) ? out : failed();
}

Rel bind_melt(Binder *b, Rel in, const Ast *t) {
    return melt(b, in, t->kid[PIPE_MELT_COLUMNS], t->kid[PIPE_MELT_NAME], t->kid[PIPE_MELT_VALUE], true, t->span);
}

Rel bind_unpivot(Binder *b, Rel in, const Ast *t) {
    return melt(b, in, t->kid[PIPE_UNPIVOT_IN], t->kid[PIPE_UNPIVOT_NAME], t->kid[PIPE_UNPIVOT_VALUE], t->flags & AST_INCLUDE_NULLS, t->span);
}

/* ---- PIVOT (f(x), .. FOR k IN (v, ..)): f over the rows where k = v, a column each; what is named neither in f nor in k
 * groups the rows ---- */

/* x with the arguments of its aggregates NULL where cond does not hold: aggregates skip NULLs. */
static const Node *where(Binder *b, const Node *x, const Node *cond, Span at) {
    if (!node_has_aggregate(x)) return x;
    if (op_has(x->op, AGG)) {
        const Node *value = x->op == OP_COUNT_STAR ? ir_bool(b->ir, true) : x->in[0];
        const Node *in[] = {cond, value, ir_null(b->ir, value->type)};
        const Node *kept = bind_make(b, at, OP_CASE, NULL, 3, in);
        return kept ? bind_make1(b, at, x->op == OP_COUNT_STAR ? OP_COUNT : x->op, kept) : NULL;
    }
    const Node **in = ARENA_ARRAY(b->arena, const Node *, x->n);
    for (uint32_t i = 0; i < x->n; i++)
        if (!(in[i] = where(b, x->in[i], cond, at))) return NULL;
    return ir_with_inputs(b->ir, x, in);
}

static const char *value_name(Binder *b, const Ast *item) {
    const Ast *e = item->kid[ITEM_EXPR];
    bool literal = e->kind == A_STRING || e->kind == A_INT || e->kind == A_NUMBER;
    return bind_intern(b, item->text ? item->text : literal ? e->text : bind_item_name(b, e));
}

static void mark(const Node *x, PtrMap *used) {
    if (ptrmap_get(used, x)) return;
    ptrmap_set(used, x, (void *)x);
    for (uint32_t i = 0; i < x->n; i++) mark(x->in[i], used);
}

static bool pivot_columns(Binder *b, Scope *s, const Ast *t, const Rel *items, Expr key, Grouping *g, Rel *out) {
    const Ast *values = t->kid[PIPE_PIVOT_IN], *aggregates = t->kid[PIPE_PIVOT_AGGREGATES];
    for (uint32_t v = 0; v < values->n; v++) {
        const Ast *item = values->kid[v];
        Expr value = bind_expr(b, s, item->kid[ITEM_EXPR]);
        const Node *cond = value.node ? bind_compare(b, OP_EQ, "=", key, value, item->span) : NULL;
        if (!cond) return false;
        for (uint32_t i = 0; i < items->n; i++) {
            const Node *x = where(b, items->at[i].node, cond, item->span);
            const char *name = value_name(b, item), *of = aggregates->kid[i]->text;
            if (!x) return false;
            if (of || items->n > 1) name = bind_intern(b, arena_printf(b->arena, "%s_%s", of ? of : items->at[i].name, name));
            group_collect(b, g, x);
            rel_add(b, out, (Column){.name = name, .node = x});
        }
    }
    return true;
}

Rel bind_pivot(Binder *b, Rel in, const Ast *t) {
    Scope s = {.rel = &in, .clause = "PIVOT", .aggregates = true}, plain = {.rel = &in, .clause = "PIVOT"};
    Rel items = {0}, out = {0};
    Grouping g = {0};
    PtrMap used = {0};
    Expr key = bind_expr(b, &plain, t->kid[PIPE_PIVOT_FOR]);
    if (!bind_items(b, &s, t->kid[PIPE_PIVOT_AGGREGATES], &items) || !key.node) return failed();
    for (uint32_t i = 0; i < items.n; i++) {
        if (!node_has_aggregate(items.at[i].node)) return invalid(b, t->kid[PIPE_PIVOT_AGGREGATES]->kid[i]->span, "PIVOT takes aggregates");
        mark(items.at[i].node, &used);
    }
    mark(key.node, &used);
    for (uint32_t i = 0; i < in.n; i++)
        if (!in.at[i].hidden && !ptrmap_get(&used, in.at[i].node)) group_add_key(b, &g, in.at[i].node), rel_add(b, &out, in.at[i]);
    ptrmap_free(&used);
    bool ok = pivot_columns(b, &plain, t, &items, key, &g, &out) && group_build(b, &g, in.node, t->span);
    for (uint32_t i = 0; ok && i < out.n; i++) ok = (out.at[i].node = group_lift(b, &g, &s, out.at[i].node)) != NULL;
    return ok ? rel_project(b, &out, g.node) : failed();
}
