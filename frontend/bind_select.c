/* SELECT: FROM, WHERE, then the list, GROUP BY, HAVING and ORDER BY bound over what WHERE left, lifted over
 * the aggregate if there is one, projected, and sorted.  Sort keys that are not in the list travel as extra
 * columns.
 */
#include "frontend/query.h"

typedef struct Select {
    Binder *b;
    const Ast *ast, *order;
    Rel in;           /* after FROM and WHERE */
    Scope scope;      /* over `in` */
    Rel list;         /* items; nodes over `in` */
    const Node *base; /* in.node before subqueries were joined to it */
    const Node *having;
    uint32_t n_keys; /* of ORDER BY */
    const Node **keys;
    int64_t *flags;
} Select;

static bool from_and_where(Select *q) {
    const Ast *from = q->ast->kid[SELECT_FROM];
    const char *why;
    if (from->n) q->in = bind_from(q->b, from);
    else q->in.node = ir_values(q->b->ir, 1, 0, NULL, &why);
    return q->in.node && bind_where(q->b, &q->in, q->ast->kid[SELECT_WHERE], "WHERE");
}

static bool unsupported_parts(Select *q) {
    return bind_absent(q->b, q->ast->kid[SELECT_ON], "DISTINCT ON") &
           bind_absent(q->b, q->ast->kid[SELECT_WINDOWS], "WINDOW") &
           bind_absent(q->b, q->ast->kid[SELECT_QUALIFY], "QUALIFY");
}

static bool bind_list(Select *q) {
    q->scope.clause = "SELECT";
    q->scope.aggregates = true;
    return bind_items(q->b, &q->scope, q->ast->kid[SELECT_ITEMS], &q->list);
}

static bool bind_having(Select *q) {
    const Ast *having = q->ast->kid[SELECT_HAVING];
    if (!having) return true;
    q->scope.clause = "HAVING";
    q->having = bind_condition(q->b, bind_expr(q->b, &q->scope, having), "HAVING");
    return q->having != NULL;
}

/* An ordinal or a bare name of the list means that item; else an expression over the input (and, where the
 * input has no such name, over the list's names). */
static const Node *order_key(Select *q, const Ast *t) {
    uint32_t at, matches = 0;
    if (t->kind == A_INT)
        return bind_ordinal(q->b, t, "ORDER BY", q->list.n, &at) ? q->list.at[at].node : NULL;
    const Column *c = t->kind == A_NAME ? rel_find(&q->list, NULL, t->text, &matches) : NULL;
    if (c && matches == 1) return c->node;
    return bind_expr(q->b, &q->scope, t).node;
}

static bool bind_keys(Select *q) {
    bool ok = true;
    q->scope.clause = "ORDER BY";
    q->n_keys = q->order->n;
    q->keys = ARENA_ARRAY(q->b->arena, const Node *, q->n_keys);
    q->flags = ARENA_ARRAY(q->b->arena, int64_t, q->n_keys);
    for (uint32_t i = 0; i < q->n_keys; i++) {
        q->flags[i] = bind_order_flags(q->order->kid[i]);
        ok &= (q->keys[i] = order_key(q, q->order->kid[i]->kid[ORDER_EXPR])) != NULL;
    }
    return ok;
}

/* ---- grouping ---- */

static bool is_grouped(const Select *q) {
    return q->ast->kid[SELECT_GROUP] || q->having || q->scope.aggregated;
}

static void collect(Select *q, Grouping *g) {
    for (uint32_t i = 0; i < q->list.n; i++) group_collect(q->b, g, q->list.at[i].node);
    if (q->having) group_collect(q->b, g, q->having);
    for (uint32_t i = 0; i < q->n_keys; i++) group_collect(q->b, g, q->keys[i]);
}

/* Whether keys or arguments of aggregates need the values of subqueries below the aggregate. */
static bool names_subquery(const Select *q, const Grouping *g) {
    uint32_t n = q->in.node->type->n;
    bool *used = ARENA_ARRAY(q->b->arena, bool, n), any = false;
    for (uint32_t i = 0; i < g->n_keys; i++) ir_columns_used(g->keys[i], n, used);
    for (uint32_t i = 0; i < g->n_aggs; i++) ir_columns_used(g->aggs[i], n, used);
    for (uint32_t i = q->base->type->n; i < n; i++) any |= used[i];
    return any;
}

static bool lift(Select *q, Grouping *g, const Node **x) {
    const Node *y = group_lift(q->b, g, &q->scope, *x);
    if (y) *x = y;
    return y != NULL;
}

static bool lift_all(Select *q, Grouping *g) {
    bool ok = true;
    for (uint32_t i = 0; i < q->list.n; i++) ok &= lift(q, g, &q->list.at[i].node);
    if (q->having) ok &= lift(q, g, &q->having);
    for (uint32_t i = 0; ok && i < q->n_keys; i++) ok &= lift(q, g, &q->keys[i]);
    return ok;
}

static bool group(Select *q) {
    Grouping g = {0};
    const Ast *by = q->ast->kid[SELECT_GROUP];
    q->scope.clause = "GROUP BY";
    if (by && !bind_group_keys(q->b, &q->scope, by, &q->list, &g, NULL)) return false;
    collect(q, &g);
    if (!names_subquery(q, &g)) q->in.node = q->base;
    if (!group_build(q->b, &g, q->in.node, by ? by->span : q->ast->span) || !lift_all(q, &g)) return false;
    q->in = (Rel){.node = g.node};
    if (!q->having) return true;
    const Node *in[] = {q->in.node, q->having};
    q->in.node = bind_make(q->b, q->ast->kid[SELECT_HAVING]->span, OP_FILTER, NULL, 2, in);
    return q->in.node != NULL;
}

/* ---- the result ---- */

/* The list, and behind it the sort keys that are not in it; key i becomes its column. */
static Rel with_keys(Select *q) {
    Rel all = {0};
    for (uint32_t i = 0; i < q->list.n; i++) rel_add(q->b, &all, q->list.at[i]);
    for (uint32_t i = 0; i < q->n_keys; i++) {
        uint32_t at = 0;
        while (at < all.n && all.at[at].node != q->keys[i]) at++;
        if (at == all.n) rel_add(q->b, &all, (Column){.name = "", .node = q->keys[i]});
    }
    return all;
}

static void keys_to_columns(Select *q, const Rel *before, const Rel *after) {
    for (uint32_t i = 0; i < q->n_keys; i++)
        for (uint32_t at = 0; at < before->n; at++)
            if (before->at[at].node == q->keys[i]) {
                q->keys[i] = after->at[at].node;
                break;
            }
}

static bool check_distinct_keys(Select *q, const Rel *all) {
    if (all->n == q->list.n) return true;
    for (uint32_t i = 0; i < q->n_keys; i++) {
        uint32_t at = 0;
        while (at < q->list.n && q->list.at[at].node != q->keys[i]) at++;
        if (at < q->list.n) continue;
        diag_error(q->b->diags, E_INVALID, q->order->kid[i]->span,
                   "with DISTINCT, ORDER BY takes what is in the SELECT list");
        return false;
    }
    return true;
}

static Rel visible(Select *q, Rel r) {
    if (r.n == q->list.n) return r;
    r.n = q->list.n;
    return rel_project(q->b, &r, r.node);
}

static Rel result(Select *q) {
    Rel all = with_keys(q), none = {0};
    bool distinct = q->ast->flags & AST_DISTINCT;
    if (distinct && !check_distinct_keys(q, &all)) return none;
    Rel out = rel_project(q->b, &all, q->in.node);
    keys_to_columns(q, &all, &out);
    if (distinct) {
        Rel set = bind_distinct(q->b, out);
        keys_to_columns(q, &out, &set);
        out = set;
    }
    if (out.node && q->n_keys)
        out.node = bind_sort(q->b, out.node, q->n_keys, q->keys, q->flags, q->order->span);
    return out.node ? visible(q, out) : none;
}

Rel bind_select(Binder *b, const Ast *t, const Ast *order) {
    Select q = {.b = b, .ast = t, .order = order};
    Rel none = {0};
    if (!unsupported_parts(&q) || !from_and_where(&q)) return none;
    q.scope = (Scope){.rel = &q.in, .subqueries = true};
    q.base = q.in.node;
    bool ok = bind_list(&q);
    q.scope.aliases = &q.list;
    ok &= bind_having(&q);
    if (!ok || !bind_keys(&q)) return none;
    if (is_grouped(&q) && !group(&q)) return none;
    return result(&q);
}
