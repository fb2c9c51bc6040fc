/* Statements: one function a kind, found in a table. */
#include "frontend/bind.h"
#include "frontend/constant.h"
#include "frontend/scope.h"
#include <ctype.h>

static bool bind_rows(Binder *b, const Ast *t, Statement *out) {
    Rel r = bind_query(b, t);
    out->kind = STMT_QUERY;
    if (!r.node) return false;
    Rel shown = {0};
    for (uint32_t i = 0; i < r.n; i++)
        if (!r.at[i].hidden) rel_add(b, &shown, r.at[i]);
    r = rel_project(b, &shown, r.node);
    out->plan = r.node;
    out->n_columns = r.n;
    out->columns = ARENA_ARRAY(b->arena, BoundColumn, r.n);
    for (uint32_t i = 0; i < r.n; i++) out->columns[i] = (BoundColumn){r.at[i].name, r.at[i].node->type};
    return true;
}

static const char *drop_title(Binder *b, const char *what) {
    char *title = arena_printf(b->arena, "DROP %s", what);
    for (char *p = title; *p; p++) *p = (char)toupper((unsigned char)*p);
    return title;
}

static bool bind_drop(Binder *b, const Ast *t, Statement *out) {
    const Ast *name = t->kid[DROP_NAME];
    ModelInfo model;
    bool table = strcmp(t->text, "table") == 0;
    if (!table && strcmp(t->text, "model") != 0) return bind_no(b, t->span, drop_title(b, t->text)), false;
    if (t->flags & AST_CASCADE) return bind_no(b, t->span, "CASCADE"), false;
    out->kind = table ? STMT_DROP_TABLE : STMT_DROP_MODEL;
    out->if_exists = t->flags & AST_IF_EXISTS;
    if (!(out->target = bind_object_name(b, name)) || out->if_exists) return out->target != NULL;
    return table ? bind_table(b, name) != NULL : bind_model(b, name, &model);
}

static bool bind_param_decl(Binder *b, const Ast *t, Statement *out) {
    const Type *type = bind_type(b, t->kid[PARAM_DECL_TYPE]);
    const Ast *value = t->kid[PARAM_DECL_DEFAULT];
    Scope none = {.clause = "DEFAULT"};
    out->kind = STMT_PARAM;
    if (!type) return false;
    out->param = (ParamDef){.name = t->text, .type = type, .has_default = value != NULL, .span = t->span};
    if (!value) return true;
    Expr e = bind_expr(b, &none, value);
    const Node *n = e.node ? bind_assign(b, e, "parameter", t->text, type) : NULL;
    if (!n) return false;
    if (bind_constant(b, expr_of(n, value->span), &out->param.value)) return true;
    diag_error(b->diags, E_NOT_CONSTANT, value->span, "the DEFAULT of a parameter", "a constant");
    return false;
}

static bool bind_any(Binder *b, const Ast *t, Statement *out);

static bool bind_explain(Binder *b, const Ast *t, Statement *out) {
    const Ast *options = t->kid[EXPLAIN_OPTIONS];
    if (!bind_absent(b, options, "an option of EXPLAIN") || !bind_any(b, t->kid[EXPLAIN_STATEMENT], out))
        return false;
    out->explain = t->flags & AST_ANALYZE ? EXPLAIN_ANALYZE : EXPLAIN_PLAN;
    return true;
}

static bool (*const statements[A_COUNT])(Binder *b, const Ast *t, Statement *out) = {
    [A_QUERY] = bind_rows,
    [A_CREATE_TABLE] = bind_create_table,
    [A_INSERT] = bind_insert,
    [A_UPDATE] = bind_update,
    [A_DELETE] = bind_delete,
    [A_DROP] = bind_drop,
    [A_PARAM_DECL] = bind_param_decl,
    [A_EXPLAIN] = bind_explain,
    [A_CREATE_MODEL] = bind_create_model,
    [A_CREATE_MODEL_FILE] = bind_create_model_file,
    [A_CREATE_MODEL_FROM] = bind_create_model_from,
    [A_LOAD_MODEL] = bind_load_model,
    [A_EXPORT_MODEL] = bind_export_model,
    [A_SHOW] = bind_show,
};

static bool bind_any(Binder *b, const Ast *t, Statement *out) {
    if (statements[t->kind]) return statements[t->kind](b, t, out);
    bind_not_supported(b, t);
    return false;
}

bool bind_statement(Binder *b, const Ast *t, Statement *out) {
    size_t before = b->diags->errors;
    *out = (Statement){.span = t->span};
    b->types = ir_types(b->ir);
    b->ctes = NULL;
    b->enclosing = NULL;
    b->depth = 0;
    bool ok = bind_any(b, t, out);
    if (ok != (b->diags->errors == before))
        BUG("the binder said %d with %zu errors", ok, b->diags->errors - before);
    return ok;
}
