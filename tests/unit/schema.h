/* A session without data for tests of the binder: CREATE TABLE, CREATE MODEL, PARAM and DROP take effect on
 * names, types and shapes; every plan is verified; nothing runs.  Files: 'x.csv' has the columns a BIGINT, b
 * VARCHAR; 'none.csv' does not exist.
 */
#ifndef DQL_TESTS_UNIT_SCHEMA_H
#define DQL_TESTS_UNIT_SCHEMA_H
#include "frontend/bind.h"
#include "grammar/parse.h"
#include "ir/text.h"
#include "tests/unit/check.h"
#include <stdlib.h>

enum { SCHEMA_MAX = 64 };

typedef struct SchemaTable {
    const char *name;
    uint32_t n;
    const char **names;
    const Type **types;
} SchemaTable;

typedef struct Schema {
    Arena *arena;
    Intern *names;
    TypePool *types;
    SourceApi source;
    SchemaTable tables[SCHEMA_MAX];
    ModelDef *models[SCHEMA_MAX];
    ParamDef params[SCHEMA_MAX];
    uint32_t n_tables, n_models, n_params;
} Schema;

static inline SchemaTable *schema_find(Schema *s, const char *name) {
    for (uint32_t i = 0; i < s->n_tables; i++)
        if (strcmp(s->tables[i].name, name) == 0) return &s->tables[i];
    return NULL;
}

static inline void schema_info(const SchemaTable *t, TypePool *p, TableInfo *out) {
    const Type **types = malloc(t->n * sizeof *types + 1);
    for (uint32_t i = 0; i < t->n; i++) types[i] = type_import(p, t->types[i]);
    *out = (TableInfo){t->name, 1, 10, t->n, t->names, types};
}

static inline bool schema_table(void *ctx, TypePool *p, const char *name, TableInfo *out) {
    Schema *s = ctx;
    SchemaTable *t = schema_find(s, name);
    if (!t) return false;
    schema_info(t, p, out);
    arena_defer(s->arena, free, (void *)out->types);
    return true;
}

static inline bool schema_file(void *ctx, TypePool *p, const char *path, const char *format, uint32_t n,
                               const char *const *names, const Value *values, TableInfo *out,
                               const char **why) {
    static const char *columns[] = {"a", "b"};
    Schema *s = ctx;
    (void)format, (void)n, (void)names, (void)values;
    if (strcmp(path, "none.csv") == 0)
        return *why = "cannot read none.csv: No such file or directory", false;
    const Type *types[] = {type_nullable(type_get(p, TY_I64), true),
                           type_nullable(type_get(p, TY_VARCHAR), true)};
    *out = (TableInfo){arena_strndup(s->arena, path, strlen(path)), 1, 2, 2, columns,
                       arena_copy(s->arena, types, sizeof types)};
    return true;
}

static inline bool schema_model(void *ctx, const char *name, ModelInfo *out) {
    Schema *s = ctx;
    for (uint32_t i = 0; i < s->n_models; i++)
        if (strcmp(s->models[i]->name, name) == 0) return *out = (ModelInfo){name, 1, s->models[i]}, true;
    return false;
}

static inline size_t schema_names(void *ctx, char kind, Arena *a, const char *const **out) {
    Schema *s = ctx;
    uint32_t n = kind == 't' ? s->n_tables : s->n_models;
    const char **names = ARENA_ARRAY(a, const char *, n);
    for (uint32_t i = 0; i < n; i++) names[i] = kind == 't' ? s->tables[i].name : s->models[i]->name;
    *out = names;
    return n;
}

static inline Schema *schema_new(void) {
    Arena *a = arena_new();
    Schema *s = ARENA_NEW(a, Schema);
    s->arena = a;
    s->names = intern_new();
    s->types = typepool_new(a);
    s->source = (SourceApi){.ctx = s,
                            .table = schema_table,
                            .model = schema_model,
                            .names = schema_names,
                            .open_file = schema_file};
    return s;
}

static inline void schema_free(Schema *s) {
    intern_free(s->names);
    arena_free(s->arena);
}

static inline void schema_create(Schema *s, const Statement *st) {
    SchemaTable *t = schema_find(s, st->target);
    if (!t) t = &s->tables[s->n_tables++];
    t->name = st->target;
    t->n = st->n_columns;
    t->names = ARENA_ARRAY(s->arena, const char *, t->n);
    t->types = ARENA_ARRAY(s->arena, const Type *, t->n);
    for (uint32_t i = 0; i < t->n; i++) {
        t->names[i] = arena_strndup(s->arena, st->columns[i].name, strlen(st->columns[i].name));
        t->types[i] = type_import(s->types, st->columns[i].type);
    }
}

static inline void schema_param(Schema *s, const ParamDef *p) {
    ParamDef *to = &s->params[s->n_params++];
    *to = *p;
    to->type = type_import(s->types, p->type);
    to->value.type = to->type;
}

/* What the statement changes. Statements live in the schema's arena, so nothing is copied but types. */
static inline void schema_apply(Schema *s, const Statement *st) {
    if (st->explain != EXPLAIN_NONE) return;
    if (st->kind == STMT_CREATE_TABLE) schema_create(s, st);
    if (st->kind == STMT_PARAM) schema_param(s, &st->param);
    if (st->kind == STMT_CREATE_MODEL) s->models[s->n_models++] = model_copy(s->arena, s->types, st->model);
    SchemaTable *gone = st->kind == STMT_DROP_TABLE ? schema_find(s, st->target) : NULL;
    if (gone) *gone = s->tables[--s->n_tables];
}

/* Binds one statement in an Ir of its own; a plan that does not verify is a failed check. */
static inline bool schema_bind(Schema *s, Diags *d, const Ast *t, Statement *out) {
    Ir *ir = ir_new(s->arena, s->names);
    Binder b = {.arena = s->arena,
                .ir = ir,
                .source = &s->source,
                .diags = d,
                .names = s->names,
                .params = s->params,
                .n_params = s->n_params};
    bool ok = bind_statement(&b, t, out);
    const char *why = "";
    if (ok && out->plan) CHECK_STR(ir_verify(ir, out->plan, &why) ? "" : why, "");
    return ok;
}

/* Runs a text; the last statement that bound is in *last. Returns the diagnostics' text (of the schema's
 * arena). */
static inline const char *schema_run(Schema *s, const char *name, const char *text, size_t len,
                                     Statement *last) {
    Diags d;
    Buf out = {0};
    Source *source = ARENA_NEW(s->arena, Source);
    *source = (Source){name, arena_strndup(s->arena, text, len), len};
    diags_init(&d, s->arena, source);
    Ast *script = dql_parse(s->arena, s->names, source, &d);
    const Ast *statements = script->kid[SCRIPT_STATEMENTS];
    *last = (Statement){0};
    for (uint32_t i = 0; i < statements->n; i++) {
        Statement st;
        if (!schema_bind(s, &d, statements->kid[i], &st)) continue;
        schema_apply(s, &st);
        *last = st;
    }
    diags_print(&d, &out, false);
    const char *printed = arena_strndup(s->arena, out.p ? out.p : "", out.n);
    buf_free(&out);
    return printed;
}
#endif
