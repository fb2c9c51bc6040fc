/* Pipe operators: each sees only the columns of its input. */
#include "frontend/query.h"

static Rel failed(void) { return (Rel){0}; }

static Rel pipe_where(Binder *b, Rel in, const Ast *t) {
    return bind_where(b, &in, t->kid[PIPE_WHERE_COND], "|> WHERE") ? in : failed();
}

static Rel pipe_select(Binder *b, Rel in, const Ast *t) {
    Scope s = {.rel = &in, .clause = "|> SELECT", .subqueries = true};
    Rel list = {0};
    if (!bind_absent(b, t->kid[PIPE_SELECT_WINDOWS], "WINDOW")) return failed();
    if (!bind_items(b, &s, t->kid[PIPE_SELECT_ITEMS], &list)) return failed();
    Rel out = rel_project(b, &list, in.node);
    return t->flags & AST_DISTINCT ? bind_distinct(b, out) : out;
}

static Rel pipe_extend(Binder *b, Rel in, const Ast *t) {
    Scope s = {.rel = &in, .clause = "|> EXTEND", .subqueries = true};
    Rel all = in, list = {0};
    if (!bind_absent(b, t->kid[PIPE_EXTEND_WINDOWS], "WINDOW")) return failed();
    if (!bind_items(b, &s, t->kid[PIPE_EXTEND_ITEMS], &list)) return failed();
    for (uint32_t i = 0; i < list.n; i++) rel_add(b, &all, list.at[i]);
    return rel_project(b, &all, in.node);
}

/* A copy whose columns may be changed. */
static Rel copy(Binder *b, const Rel *r) {
    Rel out = {.node = r->node};
    for (uint32_t i = 0; i < r->n; i++) rel_add(b, &out, r->at[i]);
    return out;
}

static Column *named_column(Binder *b, Rel *r, const Ast *name) {
    uint32_t matches;
    Column *c = (Column *)rel_find(r, NULL, name->text, &matches);
    if (c && matches == 1) return c;
    Scope s = {.rel = r, .clause = "the pipe"};
    scope_column(b, &s, NULL, name->text, name->span);
    return NULL;
}

/* |> SET a = a + 1: all right sides see the columns before. */
static Rel pipe_set(Binder *b, Rel in, const Ast *t) {
    Scope s = {.rel = &in, .clause = "|> SET", .subqueries = true};
    Rel out = copy(b, &in);
    const Ast *sets = t->kid[PIPE_SET_SETS];
    bool ok = true;
    for (uint32_t i = 0; i < sets->n; i++) {
        const Ast *target = sets->kid[i]->kid[ASSIGN_TARGET];
        if (target->kind != A_NAME) return bind_no(b, target->span, "SET of a part of a column"), failed();
        Column *c = named_column(b, &out, target);
        Expr e = bind_expr(b, &s, sets->kid[i]->kid[ASSIGN_VALUE]);
        ok &= c && e.node;
        if (c && e.node) *c = (Column){.name = c->name, .node = e.node, .model = e.model};
    }
    return ok ? rel_project(b, &out, in.node) : failed();
}

static Rel pipe_drop(Binder *b, Rel in, const Ast *t) {
    const Ast *names = t->kid[PIPE_DROP_NAMES];
    bool *drop = ARENA_ARRAY(b->arena, bool, in.n), ok = true;
    for (uint32_t i = 0; i < names->n; i++) {
        Column *c = named_column(b, &in, names->kid[i]);
        if (c) drop[c - in.at] = true;
        ok &= c != NULL;
    }
    Rel out = {0};
    for (uint32_t i = 0; i < in.n; i++)
        if (!drop[i]) rel_add(b, &out, in.at[i]);
    if (ok && out.n == 0) diag_error(b->diags, E_INVALID, t->span, "|> DROP leaves no column"), ok = false;
    return ok ? rel_project(b, &out, in.node) : failed();
}

static Rel pipe_rename(Binder *b, Rel in, const Ast *t) {
    const Ast *items = t->kid[PIPE_RENAME_ITEMS];
    Rel out = copy(b, &in);
    bool ok = true;
    for (uint32_t i = 0; i < items->n; i++) {
        Column *c = named_column(b, &out, items->kid[i]->kid[ITEM_EXPR]);
        ok &= c != NULL;
        if (c) c->name = items->kid[i]->text;
    }
    return ok ? out : failed();
}

static Rel pipe_as(Binder *b, Rel in, const Ast *t) {
    Rel out = copy(b, &in);
    for (uint32_t i = 0; i < out.n; i++) out.at[i].table = t->text;
    return out;
}

static Rel pipe_join(Binder *b, Rel in, const Ast *t) { return bind_join(b, in, t); }

/* ---- AGGREGATE items GROUP BY keys: the keys come first, then the items ---- */

static bool check_aggregate_items(Binder *b, const Rel *items, const Ast *t) {
    for (uint32_t i = 0; i < items->n; i++) {
        if (node_has_aggregate(items->at[i].node)) continue;
        diag_error(b->diags, E_INVALID, i < t->n ? t->kid[i]->span : t->span,
                   "|> AGGREGATE takes aggregates; keys go to GROUP BY");
        return false;
    }
    return true;
}

static Rel sorted_by_keys(Binder *b, Rel r, uint32_t n, const Ast *at) {
    const Node **keys = ARENA_ARRAY(b->arena, const Node *, n);
    int64_t *flags = ARENA_ARRAY(b->arena, int64_t, n);
    for (uint32_t i = 0; i < n; i++) keys[i] = r.at[i].node;
    r.node = bind_sort(b, r.node, n, keys, flags, at->span);
    return r;
}

static Rel pipe_aggregate(Binder *b, Rel in, const Ast *t) {
    Scope s = {.rel = &in, .clause = "|> AGGREGATE", .aggregates = true};
    const Ast *items = t->kid[PIPE_AGGREGATE_ITEMS], *by = t->kid[PIPE_AGGREGATE_GROUP];
    Grouping g = {0};
    Rel list = {0}, out = {0};
    bool ok = bind_items(b, &s, items, &list) && check_aggregate_items(b, &list, items);
    if (by) ok &= bind_group_keys(b, &s, by, &list, &g, &out);
    if (!ok) return failed();
    for (uint32_t i = 0; i < list.n; i++) {
        group_collect(b, &g, list.at[i].node);
        rel_add(b, &out, list.at[i]);
    }
    if (!group_build(b, &g, in.node, t->span)) return failed();
    for (uint32_t i = 0; i < out.n; i++)
        ok &= (out.at[i].node = group_lift(b, &g, &s, out.at[i].node)) != NULL;
    if (!ok) return failed();
    uint32_t n_keys = out.n - list.n;
    out = rel_project(b, &out, g.node);
    return by && by->flags & AST_ORDER && n_keys ? sorted_by_keys(b, out, n_keys, by) : out;
}

static Rel pipe_distinct(Binder *b, Rel in, const Ast *t) {
    (void)t;
    return bind_distinct(b, in);
}

static Rel pipe_order(Binder *b, Rel in, const Ast *t) {
    return bind_order(b, &in, t->kid[PIPE_ORDER_ORDER]) ? in : failed();
}

static Rel pipe_limit(Binder *b, Rel in, const Ast *t) {
    return bind_limit(b, &in, t->kid[PIPE_LIMIT_LIMIT], t->kid[PIPE_LIMIT_OFFSET]) ? in : failed();
}

static Rel (*const pipes[A_COUNT])(Binder *b, Rel in, const Ast *t) = {
    [A_PIPE_WHERE] = pipe_where,
    [A_PIPE_SELECT] = pipe_select,
    [A_PIPE_EXTEND] = pipe_extend,
    [A_PIPE_SET] = pipe_set,
    [A_PIPE_DROP] = pipe_drop,
    [A_PIPE_RENAME] = pipe_rename,
    [A_PIPE_AS] = pipe_as,
    [A_JOIN] = pipe_join,
    [A_PIPE_AGGREGATE] = pipe_aggregate,
    [A_PIPE_DISTINCT] = pipe_distinct,
    [A_PIPE_ORDER] = pipe_order,
    [A_PIPE_LIMIT] = pipe_limit,
    [A_PIPE_PREDICT] = bind_predict_pipe,
    [A_PIPE_UNSTACK] = bind_unstack,
    [A_PIPE_MELT] = bind_melt,
    [A_PIPE_UNPIVOT] = bind_unpivot,
    [A_PIPE_PIVOT] = bind_pivot,
};

Rel bind_pipes(Binder *b, Rel in, const Ast *list) {
    for (uint32_t i = 0; i < list->n && in.node; i++) {
        const Ast *t = list->kid[i];
        if (!pipes[t->kind]) return bind_not_supported(b, t), failed();
        in = pipes[t->kind](b, in, t);
    }
    return in;
}
