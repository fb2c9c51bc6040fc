/* CREATE TABLE: columns with types, NOT NULL and keys, or those of a query. */
#include "frontend/scope.h"

static void add_key(Statement *out, uint32_t n) { out->keys[out->n_keys++] = n; }

/* What has no equality that a table could keep. */
static bool check_key(Binder *b, const BoundColumn *c, Span at) {
    if (!c->type || c->type->kind != TY_TENSOR) return true;
    bind_no(b, at, "a key of TENSOR");
    return false;
}

/* A table has one PRIMARY KEY: columns named, or constraints, that would make a second. */
static bool one_primary_key(Binder *b, const Ast *columns, const Ast *constraints) {
    const Ast *first = NULL;
    for (uint32_t i = 0; i < columns->n + constraints->n; i++) {
        const Ast *of = i < columns->n ? columns->kid[i]->kid[COLUMN_DEF_CONSTRAINTS] : constraints;
        uint32_t from = i < columns->n ? 0 : i - columns->n, to = i < columns->n ? of->n : from + 1;
        for (uint32_t k = from; k < to; k++) {
            const Ast *c = of->kid[k];
            if (c->kind != A_PRIMARY_KEY) continue;
            if (first) {
                diag_error(b->diags, E_SECOND_PRIMARY_KEY, c->span);
                diag_note(b->diags, first->span, "the first is here");
                diag_help(b->diags, "PRIMARY KEY (a, b) for a key of several columns, UNIQUE for another key");
                return false;
            }
            first = c;
        }
    }
    return true;
}

static bool column_constraint(Binder *b, const Ast *c, BoundColumn *column, Statement *out) {
    if (c->kind == A_NULLABLE) return true;
    if (c->kind != A_NOT_NULL && c->kind != A_PRIMARY_KEY && c->kind != A_UNIQUE) return bind_not_supported(b, c), false;
    if (c->kind != A_UNIQUE) column->type = type_nullable(column->type, false);
    if (c->kind == A_NOT_NULL) return true;
    add_key(out, 1);
    add_key(out, (uint32_t)(column - out->columns));
    return check_key(b, column, c->span);
}

/* What tables cannot hold yet. */
static bool check_stored(Binder *b, const Type *t, Span at) {
    const char *what = t->kind == TY_LIST ? "a LIST column" : t->kind == TY_STRUCT ? "a STRUCT column" : NULL;
    if (what) bind_no(b, at, what);
    return !what;
}

static bool bind_column(Binder *b, const Ast *t, Statement *out) {
    const Ast *constraints = t->kid[COLUMN_DEF_CONSTRAINTS];
    const Type *type = bind_type(b, t->kid[COLUMN_DEF_TYPE]);
    BoundColumn *column = &out->columns[out->n_columns++];
    bool ok = type != NULL;
    *column = (BoundColumn){t->text, type};
    for (uint32_t i = 0; i < constraints->n && type; i++) ok &= column_constraint(b, constraints->kid[i], column, out);
    return type ? check_stored(b, type, t->kid[COLUMN_DEF_TYPE]->span) && ok : ok;
}

static BoundColumn *find_column(Statement *out, const char *name) {
    for (uint32_t i = 0; i < out->n_columns; i++)
        if (out->columns[i].name && strcmp(out->columns[i].name, name) == 0) return &out->columns[i];
    return NULL;
}

/* PRIMARY KEY (a, b), which makes them NOT NULL, or UNIQUE (a, b). */
static bool bind_key(Binder *b, const Ast *t, Statement *out) {
    const Ast *names = t->kid[t->kind == A_UNIQUE ? UNIQUE_COLUMNS : PRIMARY_KEY_COLUMNS];
    bool ok = true;
    add_key(out, names->n);
    for (uint32_t i = 0; i < names->n; i++) {
        BoundColumn *c = find_column(out, names->kid[i]->text);
        if (!c) {
            diag_error(b->diags, E_UNKNOWN_COLUMN, names->kid[i]->span, names->kid[i]->text), ok = false;
            continue;
        }
        if (c->type && t->kind == A_PRIMARY_KEY) c->type = type_nullable(c->type, false);
        add_key(out, (uint32_t)(c - out->columns));
        ok &= check_key(b, c, names->kid[i]->span);
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

/* The most entries of Statement.keys. */
static uint32_t count_key_columns(const Ast *columns, const Ast *constraints) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < columns->n; i++) n += 2 * columns->kid[i]->kid[COLUMN_DEF_CONSTRAINTS]->n;
    for (uint32_t i = 0; i < constraints->n; i++) {
        const Ast *c = constraints->kid[i];
        if (c->kind == A_PRIMARY_KEY || c->kind == A_UNIQUE) n += 1 + c->kid[c->kind == A_UNIQUE ? UNIQUE_COLUMNS : PRIMARY_KEY_COLUMNS]->n;
    }
    return n;
}

static bool bind_columns(Binder *b, const Ast *t, Statement *out) {
    const Ast *columns = t->kid[CREATE_TABLE_COLUMNS], *constraints = t->kid[CREATE_TABLE_CONSTRAINTS];
    bool ok = one_primary_key(b, columns, constraints);
    out->columns = ARENA_ARRAY(b->arena, BoundColumn, columns->n);
    out->keys = ARENA_ARRAY(b->arena, uint32_t, count_key_columns(columns, constraints));
    for (uint32_t i = 0; i < columns->n; i++) ok &= bind_column(b, columns->kid[i], out);
    for (uint32_t i = 0; i < constraints->n; i++) {
        const Ast *c = constraints->kid[i];
        if (c->kind == A_PRIMARY_KEY || c->kind == A_UNIQUE) ok &= bind_key(b, c, out);
        else bind_not_supported(b, c), ok = false;
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
    for (uint32_t i = 0; i < r.n; i++)
        if (!check_stored(b, out->columns[i].type, query->span)) return false;
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
