/* INSERT, UPDATE, DELETE: plans that yield the new rows, or row ids and new values. */
#include "frontend/query.h"

static uint32_t column_index(Binder *b, const TableInfo *t, const Ast *name) {
    for (uint32_t i = 0; i < t->n; i++)
        if (strcmp(t->names[i], name->text) == 0) return i;
    for (uint32_t i = 0; i < t->n; i++)
        if (str_ieq(str_of(t->names[i]), str_of(name->text))) return i;
    diag_error(b->diags, E_UNKNOWN_COLUMN, name->span, name->text);
    diag_did_you_mean(b->diags, name->text, t->names, t->n);
    return UINT32_MAX;
}

/* ---- INSERT ---- */

typedef struct Insert {
    Binder *b;
    const Ast *ast;
    const TableInfo *table;
    uint32_t n;           /* columns named, or all */
    uint32_t *column;     /* of the table, in the order given */
    BoundColumn *targets; /* their names and types */
} Insert;

static bool is_named_twice(Insert *i, uint32_t k) {
    for (uint32_t j = 0; j < k; j++)
        if (i->column[j] == i->column[k]) return true;
    return false;
}

static bool insert_columns(Insert *i) {
    const Ast *names = i->ast->kid[INSERT_COLUMNS];
    bool ok = true;
    i->n = names->n ? names->n : i->table->n;
    i->column = ARENA_ARRAY(i->b->arena, uint32_t, i->n);
    i->targets = ARENA_ARRAY(i->b->arena, BoundColumn, i->n);
    for (uint32_t k = 0; k < i->n; k++) {
        uint32_t c = names->n ? column_index(i->b, i->table, names->kid[k]) : k;
        i->column[k] = c;
        ok &= c != UINT32_MAX;
        if (c == UINT32_MAX) continue;
        i->targets[k] = (BoundColumn){i->table->names[c], i->table->types[c]};
        if (!is_named_twice(i, k)) continue;
        diag_error(i->b->diags, E_TWICE, names->kid[k]->span, "column", i->table->names[c]);
        ok = false;
    }
    return ok;
}

/* Columns that INSERT does not name are NULL, which NOT NULL ones cannot be. */
static bool check_missing(Insert *i) {
    bool *given = ARENA_ARRAY(i->b->arena, bool, i->table->n), ok = true;
    for (uint32_t k = 0; k < i->n; k++) given[i->column[k]] = true;
    for (uint32_t c = 0; c < i->table->n; c++) {
        if (given[c] || i->table->types[c]->nullable) continue;
        diag_error(i->b->diags, E_NULL_IN_NOT_NULL, i->ast->kid[INSERT_COLUMNS]->span, "column",
                   i->table->names[c]);
        diag_help(i->b->diags, "INSERT gives it no value");
        ok = false;
    }
    return ok;
}

static bool is_plain_values(const Ast *query) {
    return query->kid[QUERY_BODY]->kind == A_VALUES && query->kid[QUERY_PIPES]->n == 0 &&
           query->kid[QUERY_ORDER]->n == 0 && query->kid[QUERY_WITH]->n == 0 && !query->kid[QUERY_LIMIT] &&
           !query->kid[QUERY_OFFSET];
}

static Rel insert_source(Insert *i) {
    const Ast *source = i->ast->kid[INSERT_SOURCE];
    if (is_plain_values(source)) return bind_values(i->b, source->kid[QUERY_BODY], i->n, i->targets);
    Rel r = bind_query(i->b, source);
    if (!r.node || r.n == i->n) return r;
    diag_error(i->b->diags, E_COLUMN_COUNT, source->span, "the table", i->n, r.n);
    return (Rel){0};
}

/* INSERT .. SELECT '1995-01-01', NULL: a constant of the list is still the literal that was written. */
static Expr insert_value(Insert *i, const Rel *r, uint32_t k) {
    Expr e = expr_of(r->at[k].node, i->ast->kid[INSERT_SOURCE]->span);
    if (r->node->op != OP_PROJECT || e.node->op != OP_COLUMN) return e;
    const Node *x = r->node->in[1 + ATTR_OF(e.node, Column)->index];
    if (!ir_is_const(x) || x->type->kind != TY_VARCHAR) return e;
    const Value *v = &ATTR_OF(x, Const)->value;
    e.node = x;
    e.lit = v->null ? LIT_NULL : LIT_STRING;
    if (!v->null) e.text = arena_strndup(i->b->arena, v->s.p, v->s.n);
    return e;
}

/* The table's columns in order: the k-th value where column[k] names it, else NULL. */
static const Node *insert_row(Insert *i, const Rel *r) {
    Rel all = {0};
    bool ok = true;
    for (uint32_t c = 0; c < i->table->n; c++)
        rel_add(i->b, &all,
                (Column){.name = i->table->names[c], .node = ir_null(i->b->ir, i->table->types[c])});
    for (uint32_t k = 0; k < i->n; k++) {
        const Node *n =
            bind_assign(i->b, insert_value(i, r, k), "column", i->targets[k].name, i->targets[k].type);
        all.at[i->column[k]].node = n;
        ok &= n != NULL;
    }
    return ok ? rel_project(i->b, &all, r->node).node : NULL;
}

bool bind_insert(Binder *b, const Ast *t, Statement *out) {
    Insert i = {.b = b, .ast = t, .table = bind_table(b, t->kid[INSERT_TABLE])};
    out->kind = STMT_INSERT;
    bool ok = bind_absent(b, t->kid[INSERT_CONFLICT], "ON CONFLICT") &
              bind_absent(b, t->kid[INSERT_RETURNING], "RETURNING");
    if (!i.table || !ok) return false;
    if (!t->kid[INSERT_SOURCE]) return bind_no(b, t->span, "DEFAULT VALUES"), false;
    out->target = i.table->name;
    out->version = i.table->version;
    if (!insert_columns(&i) || !check_missing(&i)) return false;
    Rel r = insert_source(&i);
    out->plan = r.node ? insert_row(&i, &r) : NULL;
    return out->plan != NULL;
}

/* ---- UPDATE, DELETE ---- */

/* The table with its rowid as last column, filtered. */
static bool rows_to_change(Binder *b, const Ast *table, const Ast *where, Statement *out, Rel *r) {
    const TableInfo *info = bind_table(b, table->kid[TABLE_NAME]);
    const Ast *alias = table->kid[TABLE_ALIAS];
    if (!info || !bind_absent(b, table->kid[TABLE_VERSION], "VERSION AS OF")) return false;
    out->target = info->name;
    out->version = info->version;
    *r = bind_scan(b, info, alias ? alias->text : info->name, true);
    r->at[r->n - 1].hidden = true;
    r->at[r->n - 1].table = NULL;
    return bind_where(b, r, where, "WHERE");
}

bool bind_delete(Binder *b, const Ast *t, Statement *out) {
    Rel r;
    out->kind = STMT_DELETE;
    bool ok = bind_absent(b, t->kid[DELETE_USING], "DELETE .. USING") &
              bind_absent(b, t->kid[DELETE_RETURNING], "RETURNING");
    if (!ok || !rows_to_change(b, t->kid[DELETE_TABLE], t->kid[DELETE_WHERE], out, &r)) return false;
    Rel ids = {0};
    rel_add(b, &ids, r.at[r.n - 1]);
    out->plan = rel_project(b, &ids, r.node).node;
    return true;
}

static bool set_column(Binder *b, Rel *r, const TableInfo *info, const Ast *set, Statement *out,
                       Rel *values) {
    const Ast *target = set->kid[ASSIGN_TARGET], *value = set->kid[ASSIGN_VALUE];
    Scope s = {.rel = r, .clause = "SET", .subqueries = true};
    if (target->kind != A_NAME) return bind_no(b, target->span, "SET of a part of a column"), false;
    uint32_t c = column_index(b, info, target);
    Expr e = value->kind == A_DEFAULT_VALUE ? bind_null(b, &s, value) : bind_expr(b, &s, value);
    if (c == UINT32_MAX || !e.node) return false;
    for (uint32_t i = 0; i < out->n_set; i++) {
        if (out->set[i] != c) continue;
        diag_error(b->diags, E_TWICE, target->span, "column", info->names[c]);
        return false;
    }
    const Node *n = bind_assign(b, e, "column", info->names[c], info->types[c]);
    out->set[out->n_set++] = c;
    rel_add(b, values, (Column){.name = info->names[c], .node = n});
    return n != NULL;
}

bool bind_update(Binder *b, const Ast *t, Statement *out) {
    Rel r, values = {0};
    const Ast *sets = t->kid[UPDATE_SETS];
    out->kind = STMT_UPDATE;
    bool ok = bind_absent(b, t->kid[UPDATE_FROM], "UPDATE .. FROM") &
              bind_absent(b, t->kid[UPDATE_RETURNING], "RETURNING");
    if (!ok || !rows_to_change(b, t->kid[UPDATE_TABLE], t->kid[UPDATE_WHERE], out, &r)) return false;
    const TableInfo *info = bind_table(b, t->kid[UPDATE_TABLE]->kid[TABLE_NAME]);
    out->set = ARENA_ARRAY(b->arena, uint32_t, sets->n);
    rel_add(b, &values, r.at[r.n - 1]);
    for (uint32_t i = 0; i < sets->n; i++) ok &= set_column(b, &r, info, sets->kid[i], out, &values);
    if (ok) out->plan = rel_project(b, &values, r.node).node;
    return ok;
}
