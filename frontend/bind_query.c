/* Queries: WITH, the body, ORDER BY, LIMIT, then the pipes. */
#include "frontend/query.h"
#include <stdlib.h>

/* ---- LIMIT ---- */

static const Node *row_count(Binder *b, const Ast *t, const char *clause) {
    bool reported;
    Scope none = {.clause = clause};
    if (!t || t->kind == A_NULL) return ir_null(b->ir, type_get(b->types, TY_I64));
    Expr e = bind_expr(b, &none, t);
    if (!e.node) return NULL;
    const Node *n = bind_convert(b, e, type_get(b->types, TY_I64), CONVERT_IMPLICIT, &reported);
    Value v;
    if (!n && !reported)
        diag_error(b->diags, E_ARGUMENT_TYPE, e.span, clause, "BIGINT", bind_type_text(b, e.node->type));
    if (n && bind_constant(b, expr_of(n, e.span), &v) && !v.null && v.i < 0) {
        diag_error(b->diags, E_INVALID, e.span, arena_printf(b->arena, "%s must not be negative", clause));
        return NULL;
    }
    return n;
}

bool bind_limit(Binder *b, Rel *r, const Ast *limit, const Ast *offset) {
    if (!limit && !offset) return true;
    const Node *n = row_count(b, limit, "LIMIT"),
               *skip = offset ? row_count(b, offset, "OFFSET") : ir_i64(b->ir, 0);
    if (!n || !skip) return false;
    const Node *in[] = {r->node, n, skip};
    r->node = bind_make(b, limit ? limit->span : offset->span, OP_LIMIT, NULL, 3, in);
    return r->node != NULL;
}

/* ---- ORDER BY over the columns of a relation ---- */

/* Bit 0: descending, bit 1: NULLs first.  NULL is the greatest unless said otherwise (PostgreSQL). */
int64_t bind_order_flags(const Ast *order) {
    bool desc = order->flags & AST_DESC;
    bool first = order->flags & AST_NULLS_FIRST || (desc && !(order->flags & AST_NULLS_LAST));
    return (int64_t)desc | (int64_t)first << 1;
}

bool bind_ordinal(Binder *b, const Ast *t, const char *clause, uint32_t n, uint32_t *index) {
    long long i = strtoll(t->text, NULL, 10);
    if (i >= 1 && i <= n) return *index = (uint32_t)i - 1, true;
    diag_error(b->diags, E_ORDINAL, t->span, clause, i, n);
    return false;
}

const Node *bind_sort(Binder *b, const Node *rel, uint32_t n, const Node *const *keys, const int64_t *flags,
                      Span at) {
    const Node **in = ARENA_ARRAY(b->arena, const Node *, n + 1);
    in[0] = rel;
    for (uint32_t i = 0; i < n; i++) in[1 + i] = keys[i];
    return bind_make(b, at, OP_SORT, &(AttrSort){{n, flags}}, n + 1, in);
}

bool bind_order(Binder *b, Rel *r, const Ast *order) {
    if (order->n == 0) return true;
    const Node **keys = ARENA_ARRAY(b->arena, const Node *, order->n);
    int64_t *flags = ARENA_ARRAY(b->arena, int64_t, order->n);
    Scope s = {.rel = r, .clause = "ORDER BY"};
    bool ok = true;
    for (uint32_t i = 0; i < order->n; i++) {
        const Ast *t = order->kid[i]->kid[ORDER_EXPR];
        uint32_t at;
        flags[i] = bind_order_flags(order->kid[i]);
        if (t->kind != A_INT) keys[i] = bind_expr(b, &s, t).node;
        else keys[i] = bind_ordinal(b, t, "ORDER BY", r->n, &at) ? r->at[at].node : NULL;
        ok &= keys[i] != NULL;
    }
    if (ok) r->node = bind_sort(b, r->node, order->n, keys, flags, order->span);
    return ok && r->node;
}

/* ---- DISTINCT: groups without aggregates ---- */
Rel bind_distinct(Binder *b, Rel r) {
    Grouping g = {0};
    for (uint32_t i = 0; i < r.n; i++) group_add_key(b, &g, r.at[i].node);
    Rel out = {0};
    if (!r.node || !group_build(b, &g, r.node, SPAN_NONE)) return out;
    out.node = g.node;
    for (uint32_t i = 0; i < r.n; i++) {
        Column c = r.at[i];
        for (uint32_t k = 0; k < g.n_keys; k++)
            if (g.keys[k] == r.at[i].node) c.node = ir_column(b->ir, k, g.node->type->fields[k]);
        rel_add(b, &out, c);
    }
    return out;
}

/* ---- VALUES ---- */

static bool check_row(Binder *b, const Ast *row, uint32_t n, const char *what) {
    uint32_t given = row->kid[TUPLE_ITEMS]->n;
    if (given == n) return true;
    diag_error(b->diags, E_COLUMN_COUNT, row->span, what, n, given);
    return false;
}

static Expr values_cell(Binder *b, const Ast *t, const BoundColumn *target) {
    Scope none = {.clause = "VALUES"};
    Expr e = {.span = t->span};
    if (t->kind == A_DEFAULT_VALUE && target) e = bind_null(b, &none, t);
    else e = bind_expr(b, &none, t);
    e.span = t->span;
    if (e.node && target) e.node = bind_assign(b, e, "column", target->name, target->type);
    return e;
}

/* Column c of all rows meets in one type. */
static bool unify_column(Binder *b, uint32_t rows, uint32_t columns, uint32_t c, Expr *e, Span at) {
    Expr *column = ARENA_ARRAY(b->arena, Expr, rows);
    for (uint32_t r = 0; r < rows; r++) column[r] = e[r * columns + c];
    if (!bind_unify(b, rows, column, "VALUES", at)) return false;
    for (uint32_t r = 0; r < rows; r++) e[r * columns + c] = column[r];
    return true;
}

static Rel values_rel(Binder *b, const Ast *t, uint32_t rows, uint32_t columns, const Expr *e) {
    const Node **at = ARENA_ARRAY(b->arena, const Node *, rows *columns);
    const char **names = ARENA_ARRAY(b->arena, const char *, columns), *why;
    for (uint32_t i = 0; i < rows * columns; i++) at[i] = e[i].node;
    for (uint32_t i = 0; i < columns; i++) names[i] = arena_printf(b->arena, "column%u", i + 1);
    const Node *node = ir_values(b->ir, rows, columns, at, &why);
    if (node) return rel_of_node(b, node, NULL, names);
    diag_error(b->diags, E_TYPE_MISMATCH, t->span, why);
    return (Rel){0};
}

Rel bind_values(Binder *b, const Ast *t, uint32_t n, const BoundColumn *targets) {
    const Ast *rows = t->kid[VALUES_ROWS];
    uint32_t columns = targets ? n : rows->kid[0]->kid[TUPLE_ITEMS]->n;
    Expr *e = ARENA_ARRAY(b->arena, Expr, rows->n * columns);
    bool ok = true;
    for (uint32_t r = 0; r < rows->n; r++) {
        const Ast *items = rows->kid[r]->kid[TUPLE_ITEMS];
        if (!check_row(b, rows->kid[r], columns, targets ? "the table" : "VALUES")) return (Rel){0};
        for (uint32_t c = 0; c < columns; c++) {
            e[r * columns + c] = values_cell(b, items->kid[c], targets ? &targets[c] : NULL);
            ok &= e[r * columns + c].node != NULL;
        }
    }
    for (uint32_t c = 0; ok && !targets && c < columns; c++)
        ok = unify_column(b, rows->n, columns, c, e, t->span);
    return ok ? values_rel(b, t, rows->n, columns, e) : (Rel){0};
}

/* ---- a query ---- */

static void bind_cte(Binder *b, const Ast *t) {
    Cte *c = ARENA_NEW(b->arena, Cte);
    *c = (Cte){t->text, bind_query(b, t->kid[CTE_QUERY]), b->ctes};
    const Ast *names = t->kid[CTE_COLUMNS];
    if (c->rel.node && names->n > c->rel.n) {
        diag_error(b->diags, E_COLUMN_COUNT, names->span, t->text, c->rel.n, names->n);
        c->rel.node = NULL;
    }
    for (uint32_t i = 0; c->rel.node && i < names->n; i++) c->rel.at[i].name = names->kid[i]->text;
    b->ctes = c;
}

static Rel bind_body(Binder *b, const Ast *query) {
    const Ast *body = query->kid[QUERY_BODY];
    if (body->kind == A_SELECT) return bind_select(b, body, query->kid[QUERY_ORDER]);
    Rel r = {0};
    if (body->kind == A_QUERY) r = bind_query(b, body);
    else if (body->kind == A_FROM) r = bind_from(b, body->kid[FROM_TABLES]);
    else if (body->kind == A_VALUES) r = bind_values(b, body, 0, NULL);
    else bind_not_supported(b, body);
    if (r.node && !bind_order(b, &r, query->kid[QUERY_ORDER])) r.node = NULL;
    return r;
}

static Rel query_with(Binder *b, const Ast *t) {
    const Ast *with = t->kid[QUERY_WITH];
    if (t->flags & AST_RECURSIVE) return bind_no(b, with->span, "WITH RECURSIVE"), (Rel){0};
    for (uint32_t i = 0; i < with->n; i++) bind_cte(b, with->kid[i]);
    Rel r = bind_body(b, t);
    if (!r.node || !bind_limit(b, &r, t->kid[QUERY_LIMIT], t->kid[QUERY_OFFSET])) return (Rel){0};
    return bind_pipes(b, r, t->kid[QUERY_PIPES]);
}

Rel bind_query(Binder *b, const Ast *t) {
    const struct Cte *outer = b->ctes;
    if (b->depth >= BIND_MAX_DEPTH)
        return diag_error(b->diags, E_TOO_DEEP, t->span, BIND_MAX_DEPTH), (Rel){0};
    b->depth++;
    Rel r = query_with(b, t);
    b->depth--;
    b->ctes = outer;
    return r;
}
