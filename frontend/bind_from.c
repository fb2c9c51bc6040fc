/* Relations of FROM: tables, WITH names, files, subqueries. */
#include "frontend/constant.h"
#include "frontend/query.h"

const char *bind_object_name(Binder *b, const Ast *name) {
    if (!name->kid[NAME_QUALIFIER]) return name->text;
    bind_no(b, name->span, "a name with a schema");
    return NULL;
}

static void suggest_names(Binder *b, char kind, const char *name) {
    const char *const *names = NULL;
    size_t n = b->source->names ? b->source->names(b->source->ctx, kind, b->arena, &names) : 0;
    diag_did_you_mean(b->diags, name, names, n);
}

const TableInfo *bind_table(Binder *b, const Ast *t) {
    TableInfo *info = ARENA_NEW(b->arena, TableInfo);
    const char *name = bind_object_name(b, t);
    if (!name) return NULL;
    if (b->source->table(b->source->ctx, b->types, name, info)) return info;
    diag_error(b->diags, E_UNKNOWN_TABLE, t->span, name);
    suggest_names(b, 't', name);
    return NULL;
}

bool bind_model(Binder *b, const Ast *t, ModelInfo *out) {
    const char *name = bind_object_name(b, t);
    if (!name) return false;
    if (b->source->model(b->source->ctx, name, out)) return true;
    diag_error(b->diags, E_UNKNOWN_MODEL, t->span, name);
    suggest_names(b, 'm', name);
    return false;
}

static const Type *scan_type(Binder *b, const TableInfo *t, bool rowid) {
    const Type **fields = ARENA_ARRAY(b->arena, const Type *, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) fields[i] = t->types[i];
    fields[t->n] = type_get(b->types, TY_I64);
    return type_rel(b->types, t->n + rowid, fields);
}

Rel bind_scan(Binder *b, const TableInfo *t, const char *alias, bool rowid) {
    int64_t *columns = ARENA_ARRAY(b->arena, int64_t, t->n);
    const char **names = ARENA_ARRAY(b->arena, const char *, t->n + 1);
    for (uint32_t i = 0; i < t->n; i++) {
        columns[i] = i;
        names[i] = t->names[i];
    }
    names[t->n] = "rowid";
    AttrScan a = {ir_name(b->ir, t->name), t->version, {t->n, columns}, rowid, scan_type(b, t, rowid)};
    return rel_of_node(b, ir_node(b->ir, OP_SCAN, &a, 0, NULL), alias, names);
}

/* ---- aliases ---- */

static bool rename_columns(Binder *b, Rel *r, const Ast *names) {
    if (names->n > r->n) {
        diag_error(b->diags, E_COLUMN_COUNT, names->span, "the table", r->n, names->n);
        return false;
    }
    for (uint32_t i = 0; i < names->n; i++) r->at[i].name = names->kid[i]->text;
    return true;
}

static Rel with_alias(Binder *b, Rel r, const Ast *alias, const char *otherwise) {
    const char *table = bind_intern(b, alias ? alias->text : otherwise);
    for (uint32_t i = 0; r.node && i < r.n; i++) r.at[i].table = table;
    if (r.node && alias && !rename_columns(b, &r, alias->kid[ALIAS_COLUMNS])) r.node = NULL;
    return r;
}

/* A relation with columns of its own: what a WITH name or a subquery yields is renamed without touching it.
 */
static Rel copy_rel(Binder *b, const Rel *from) {
    Rel r = {.node = from->node};
    for (uint32_t i = 0; i < from->n; i++)
        if (!from->at[i].hidden) rel_add(b, &r, from->at[i]);
    return r;
}

static const Cte *find_cte(Binder *b, const Ast *name) {
    if (name->kid[NAME_QUALIFIER]) return NULL;
    for (const Cte *c = b->ctes; c; c = c->next)
        if (strcmp(c->name, name->text) == 0) return c;
    return NULL;
}

static Rel from_table(Binder *b, const Ast *t) {
    const Ast *name = t->kid[TABLE_NAME], *alias = t->kid[TABLE_ALIAS];
    Rel none = {0};
    if (!bind_absent(b, t->kid[TABLE_VERSION], "VERSION AS OF")) return none;
    const Cte *cte = find_cte(b, name);
    if (cte) return with_alias(b, copy_rel(b, &cte->rel), alias, name->text);
    const TableInfo *info = bind_table(b, name);
    return info ? with_alias(b, bind_scan(b, info, name->text, false), alias, name->text) : none;
}

/* ---- files ---- */

static const char *file_stem(Binder *b, const char *path) {
    const char *base = strrchr(path, '/');
    base = base ? base + 1 : path;
    return arena_strndup(b->arena, base, strcspn(base, "."));
}

static Rel open_file(Binder *b, Span at, const char *path, const char *format, uint32_t n,
                     const char *const *names, const Value *values, const Ast *alias) {
    TableInfo info = {0};
    const char *why = "files cannot be read here";
    const SourceApi *s = b->source;
    if (s->open_file && s->open_file(s->ctx, b->types, path, format, n, names, values, &info, &why))
        return with_alias(b, bind_scan(b, &info, NULL, false), alias, file_stem(b, path));
    diag_error(b->diags, E_FILE, at, why);
    return (Rel){0};
}

static Rel from_file(Binder *b, const Ast *t) {
    return open_file(b, t->span, t->text, NULL, 0, NULL, NULL, t->kid[FILE_ALIAS]);
}

static Rel bad_reader(Binder *b, const Ast *call) {
    const char *takes = "a path, then name => value";
    diag_error(b->diags, E_ARGUMENT_COUNT, call->span, call->text, takes, (int)call->kid[CALL_ARGS]->n);
    return (Rel){0};
}

/* read_csv('x.csv', header => TRUE): the first argument is the path, the others are options. */
static Rel from_reader(Binder *b, const Ast *call, const Ast *alias) {
    const Ast *args = call->kid[CALL_ARGS];
    const char **names = ARENA_ARRAY(b->arena, const char *, args->n);
    Value *values = ARENA_ARRAY(b->arena, Value, args->n);
    const char *path = NULL;
    uint32_t n = 0;
    for (uint32_t i = 0; i < args->n; i++) {
        const Ast *arg = args->kid[i];
        if (i == 0 && arg->kind != A_ARG && !(path = constant_text(b, arg, "the path"))) return (Rel){0};
        if (i == 0 && path) continue;
        if (arg->kind != A_ARG) return bad_reader(b, call);
        names[n] = arg->text;
        if (!constant_value(b, arg->kid[ARG_VALUE], arg->text, &values[n++])) return (Rel){0};
    }
    if (!path) return bad_reader(b, call);
    return open_file(b, call->span, path, call->text + strlen("read_"), n, names, values, alias);
}

static bool is_ml_predict(const Ast *call) {
    const Ast *q = call->kid[CALL_QUALIFIER];
    return q && strcmp(q->text, "ml") == 0 && strcmp(call->text, "predict") == 0;
}

static Rel from_call(Binder *b, const Ast *t) {
    const Ast *call = t->kid[TABLE_CALL_CALL], *alias = t->kid[TABLE_CALL_ALIAS];
    if (!bind_absent(b, t->kid[TABLE_CALL_OFFSET], "WITH OFFSET")) return (Rel){0};
    if (is_ml_predict(call)) {
        Rel r = bind_predict_call(b, call);
        return alias ? with_alias(b, r, alias, NULL) : r;
    }
    if (!call->kid[CALL_QUALIFIER] && strncmp(call->text, "read_", 5) == 0)
        return from_reader(b, call, alias);
    bind_no(b, call->span, arena_printf(b->arena, "table function %s", call->text));
    return (Rel){0};
}

static Rel from_query(Binder *b, const Ast *t) {
    if (t->flags & AST_LATERAL) return bind_no(b, t->span, "LATERAL"), (Rel){0};
    Rel r = bind_query(b, t->kid[DERIVED_QUERY]);
    return r.node ? with_alias(b, copy_rel(b, &r), t->kid[DERIVED_ALIAS], NULL) : r;
}

/* t PIVOT (..) [AS alias], and the others */
static Rel from_reshaped(Binder *b, const Ast *t) {
    const Ast *op = t->kid[RESHAPED_OP], *alias = t->kid[RESHAPED_ALIAS];
    Rel r = bind_relation(b, t->kid[RESHAPED_TABLE]);
    if (!r.node) return r;
    if (op->kind == A_PIPE_UNSTACK) r = bind_unstack(b, r, op);
    else if (op->kind == A_PIPE_MELT) r = bind_melt(b, r, op);
    else if (op->kind == A_PIPE_UNPIVOT) r = bind_unpivot(b, r, op);
    else if (op->kind == A_PIPE_PIVOT) r = bind_pivot(b, r, op);
    else return bind_not_supported(b, op), (Rel){0};
    return alias && r.node ? with_alias(b, r, alias, NULL) : r;
}

Rel bind_relation(Binder *b, const Ast *t) {
    if (t->kind == A_TABLE) return from_table(b, t);
    if (t->kind == A_FILE) return from_file(b, t);
    if (t->kind == A_TABLE_CALL) return from_call(b, t);
    if (t->kind == A_DERIVED) return from_query(b, t);
    if (t->kind == A_JOIN) return bind_join(b, bind_relation(b, t->kid[JOIN_LHS]), t);
    if (t->kind == A_RESHAPED) return from_reshaped(b, t);
    bind_not_supported(b, t);
    return (Rel){0};
}

/* The comma is a cross join; WHERE makes it a join proper (a rewrite, not here). All are bound, so that each
 * unknown table is reported. */
Rel bind_from(Binder *b, const Ast *tables) {
    Rel r = bind_relation(b, tables->kid[0]);
    for (uint32_t i = 1; i < tables->n; i++) {
        Rel next = bind_relation(b, tables->kid[i]);
        r = r.node && next.node ? bind_cross(b, r, next, tables->kid[i]->span) : (Rel){0};
    }
    return r;
}
