/* CREATE TABLE: columns with types and NOT NULL, or those of a query. */
#include "frontend/scope.h"

static bool column_constraint(Binder *b, const Ast *c, const Type **type) {
    if (c->kind == A_NOT_NULL || c->kind == A_PRIMARY_KEY) *type = type_nullable(*type, false);
    else if (c->kind != A_NULLABLE) return bind_not_supported(b, c), false;
    return true;
}

static bool bind_column(Binder *b, const Ast *t, BoundColumn *out) {
    const Ast *constraints = t->kid[COLUMN_DEF_CONSTRAINTS];
    const Type *type = bind_type(b, t->kid[COLUMN_DEF_TYPE]);
    bool ok = type != NULL;
    for (uint32_t i = 0; i < constraints->n && type; i++)
        ok &= column_constraint(b, constraints->kid[i], &type);
    *out = (BoundColumn){t->text, type};
    if (type && (type->kind == TY_LIST || type->kind == TY_STRUCT))
        return bind_no(b, t->kid[COLUMN_DEF_TYPE]->span,
                       type->kind == TY_LIST ? "a LIST column" : "a STRUCT column"),
               false;
    return ok;
}

static BoundColumn *find_column(Statement *out, const char *name) {
    for (uint32_t i = 0; i < out->n_columns; i++)
        if (out->columns[i].name && strcmp(out->columns[i].name, name) == 0) return &out->columns[i];
    return NULL;
}

/* PRIMARY KEY (a, b) makes them NOT NULL; uniqueness is not enforced yet. */
static bool primary_key(Binder *b, const Ast *t, Statement *out) {
    const Ast *names = t->kid[PRIMARY_KEY_COLUMNS];
    bool ok = true;
    for (uint32_t i = 0; i < names->n; i++) {
        BoundColumn *c = find_column(out, names->kid[i]->text);
        if (!c) diag_error(b->diags, E_UNKNOWN_COLUMN, names->kid[i]->span, names->kid[i]->text), ok = false;
        else if (c->type) c->type = type_nullable(c->type, false);
    }
    return ok;
}

static bool duplicates(Binder *b, const Ast *columns, const Statement *out) {
    for (uint32_t i = 0; i < out->n_columns; i++)
        for (uint32_t k = 0; k < i; k++) {
            if (strcmp(out->columns[i].name, out->columns[k].name) != 0) continue;
            diag_error(b->diags, E_TWICE, columns->kid[i]->span, "column", out->columns[i].name);
            if (columns->kid[k]->span.from != columns->kid[i]->span.from)
                diag_note(b->diags, columns->kid[k]->span, "it is declared here");
            return true;
        }
    return false;
}

static bool bind_columns(Binder *b, const Ast *t, Statement *out) {
    const Ast *columns = t->kid[CREATE_TABLE_COLUMNS], *constraints = t->kid[CREATE_TABLE_CONSTRAINTS];
    bool ok = true;
    out->columns = ARENA_ARRAY(b->arena, BoundColumn, columns->n);
    for (uint32_t i = 0; i < columns->n; i++)
        ok &= bind_column(b, columns->kid[i], &out->columns[out->n_columns++]);
    for (uint32_t i = 0; i < constraints->n; i++) {
        if (constraints->kid[i]->kind == A_PRIMARY_KEY) ok &= primary_key(b, constraints->kid[i], out);
        else bind_not_supported(b, constraints->kid[i]), ok = false;
    }
    return ok && !duplicates(b, columns, out);
}

static bool check_query_names(Binder *b, const Ast *query, const Rel *r) {
    for (uint32_t i = 0; i < r->n; i++)
        for (uint32_t k = 0; k < i; k++) {
            if (r->at[i].name != r->at[k].name) continue;
            diag_error(b->diags, E_TWICE, query->span, "column", r->at[i].name);
            diag_help(b->diags, "give it another name: AS other");
            return false;
        }
    return true;
}

static bool bind_create_as(Binder *b, const Ast *t, Statement *out) {
    const Ast *query = t->kid[CREATE_TABLE_QUERY];
    Rel r = bind_query(b, query);
    if (!r.node || !check_query_names(b, query, &r)) return false;
    r = rel_project(b, &r, r.node);
    out->plan = r.node;
    out->n_columns = r.n;
    out->columns = ARENA_ARRAY(b->arena, BoundColumn, r.n);
    for (uint32_t i = 0; i < r.n; i++)
        out->columns[i] = (BoundColumn){r.at[i].name, type_nullable(r.at[i].node->type, true)};
    return true;
}

static bool check_new(Binder *b, const Ast *t, Statement *out) {
    TableInfo info;
    if (!(out->target = bind_object_name(b, t->kid[CREATE_TABLE_NAME]))) return false;
    if (out->if_exists || out->or_replace || !b->source->table(b->source->ctx, b->types, out->target, &info))
        return true;
    diag_error(b->diags, E_DUPLICATE_NAME, t->kid[CREATE_TABLE_NAME]->span, "table", out->target);
    diag_help(b->diags, "CREATE OR REPLACE TABLE, or CREATE TABLE IF NOT EXISTS");
    return false;
}

bool bind_create_table(Binder *b, const Ast *t, Statement *out) {
    out->kind = STMT_CREATE_TABLE;
    out->if_exists = t->flags & AST_IF_NOT_EXISTS;
    out->or_replace = t->flags & AST_OR_REPLACE;
    if (t->flags & AST_TEMPORARY) return bind_no(b, t->span, "CREATE TEMPORARY TABLE"), false;
    if (!bind_absent(b, t->kid[CREATE_TABLE_OPTIONS], "OPTIONS of CREATE TABLE")) return false;
    bool ok = check_new(b, t, out);
    return (t->kid[CREATE_TABLE_QUERY] ? bind_create_as(b, t, out) : bind_columns(b, t, out)) && ok;
}
