#include "api/run.h"
#include "api/compiler.h"
#include "api/prepare.h"
#include "api/source.h"
#include "base/number.h"
#include "runtime/apply.h"
#include <stdlib.h>
#include <time.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int report_code(dql_stmt *s, int status, DiagCode code, Span span, const char *text) {
    Diags d;
    diags_init(&d, s->arena, &s->script->source);
    span.from = (uint32_t)(span.from + s->shift);
    span.to = (uint32_t)(span.to + s->shift);
    diag_error(&d, code, span, text);
    report_diags(s->db, &d);
    if (status == DQL_INTERRUPTED) atomic_store(&s->db->rt->cancel, false); /* the next statement runs */
    return status;
}

int report_at(dql_stmt *s, int status, Span span, const char *text) {
    return report_code(s, status, status == DQL_LIMIT ? E_LIMIT : E_RUNTIME, span, text);
}

int report_run_error(dql_stmt *s, const Program *p, RtError *e) {
    static const int status_of[] = {[RT_NONE] = DQL_ERROR, [RT_ROW] = DQL_ERROR, [RT_DATA] = DQL_ERROR, [RT_STALE] = DQL_ERROR,
                                    [RT_LIMIT] = DQL_LIMIT, [RT_CANCELLED] = DQL_INTERRUPTED};
    if (e->kind == RT_LIMIT) rt_goes_on(s->db->rt, e);
    bool sited = e->kind == RT_ROW && p && e->site < p->n_sites;
    Span span = sited ? p->sites[e->site].span : s->st.span;
    int status = status_of[e->kind];
    bool file = e->kind == RT_DATA && s->st.kind == STMT_LOAD_MODEL;
    DiagCode code = status == DQL_LIMIT ? E_LIMIT : file ? E_FILE : E_RUNTIME;
    report_code(s, status, code, span, e->message.p ? e->message.p : "the statement failed");
    rt_error_clear(e);
    return status;
}

static const struct { StatementKind from; ProgramKind to; } kind_map[] = {
    {STMT_QUERY, PG_QUERY},       {STMT_CREATE_TABLE, PG_CREATE_TABLE}, {STMT_INSERT, PG_INSERT},
    {STMT_UPDATE, PG_UPDATE},     {STMT_DELETE, PG_DELETE},             {STMT_DROP_TABLE, PG_DROP},
    {STMT_DROP_MODEL, PG_DROP},   {STMT_CREATE_MODEL, PG_CREATE_MODEL}, {STMT_LOAD_MODEL, PG_LOAD_MODEL},
    {STMT_EXPORT_MODEL, PG_EXPORT_MODEL}, {STMT_PARAM, PG_PARAM},
};

/* The weights that came with CREATE MODEL. */
static void describe_tensors(dql_stmt *s, Program *p) {
    const Statement *st = &s->st;
    if (!st->weights) return;
    p->n_tensors = st->n_columns;
    p->tensors = ARENA_ARRAY(s->arena, TensorBytes, st->n_columns);
    for (uint32_t i = 0; i < st->n_columns; i++) p->tensors[i] = (TensorBytes){st->weights[i], st->weights[i] ? (uint64_t)tensor_bytes(st->columns[i].type) : 0};
    p->from = st->from;
    p->from_version = st->version;
}

static void describe_export(dql_stmt *s, Program *p) {
    const Str parts[] = {s->st.file, s->st.graph};
    p->from_version = s->st.version;
    p->n_tensors = s->st.file.n ? 2 : 0;
    p->tensors = ARENA_ARRAY(s->arena, TensorBytes, 2);
    for (uint32_t i = 0; i < p->n_tensors; i++) p->tensors[i] = (TensorBytes){(const uint8_t *)parts[i].p, parts[i].n};
}

/* What the statement does with its rows, written into its Program. */
void describe(dql_stmt *s, Program *p) {
    const Statement *st = &s->st;
    for (size_t i = 0; i < sizeof kind_map / sizeof *kind_map; i++)
        if (kind_map[i].from == st->kind) p->kind = (uint8_t)kind_map[i].to;
    p->if_exists = st->if_exists;
    p->or_replace = st->or_replace;
    p->model = st->kind == STMT_DROP_MODEL;
    p->target = st->target;
    p->path = st->path;
    p->n_set = st->n_set;
    p->set_columns = st->set;
    p->n_keys = st->n_keys;
    p->keys = st->keys;
    describe_tensors(s, p);
    if (st->kind == STMT_EXPORT_MODEL) describe_export(s, p);
    if (p->columns && st->kind != STMT_CREATE_TABLE) return; /* those of the plan */
    p->n_columns = st->n_columns;
    p->columns = ARENA_ARRAY(s->arena, ResultColumn, st->n_columns);
    for (uint32_t i = 0; i < st->n_columns; i++) { /* names may be those of a model that is replaced before the program is written */
        const char *name = st->columns[i].name;
        p->columns[i] = (ResultColumn){name ? arena_strndup(s->arena, name, strlen(name)) : NULL, st->columns[i].type};
    }
}

/* def may hold names of the model that it replaces. */
static void add_model(dql_db *db, const char *name, const ModelDef *def) {
    ModelEntry added = {.name = name, .arena = arena_new()}, *m = session_model(db, name);
    added.def = model_copy(added.arena, typepool_new(added.arena), def);
    if (m) arena_free(m->arena);
    else m = vec_push(&db->models);
    *m = added;
}

static void drop_model(dql_db *db, const char *name) {
    ModelEntry *m = session_model(db, name);
    if (!m) return;
    arena_free(m->arena);
    *m = db->models.at[--db->models.n];
}

static ParamEntry *param_entry(dql_db *db, const char *name) {
    for (size_t i = 0; i < db->params.n; i++)
        if (strcmp(db->params.at[i].name, name) == 0) return &db->params.at[i];
    ParamEntry *p = vec_push(&db->params);
    *p = (ParamEntry){.name = strdup(name), .arena = arena_new()};
    return p;
}

int dql_param(dql_db *db, const char *name, const char *value) {
    ParamEntry *p = param_entry(db, name);
    free(p->given);
    p->given = value ? strdup(value) : NULL;
    p->given_null = !value;
    return DQL_OK;
}

static void declare_param(dql_db *db, const ParamDef *d) {
    ParamEntry *p = param_entry(db, d->name);
    TypePool *pool = typepool_new(p->arena);
    p->type = type_import(pool, d->type);
    p->has_default = d->has_default;
    if (d->has_default) {
        p->value = d->value;
        p->value.type = p->type;
        if (!d->value.null && (p->type->kind == TY_VARCHAR || p->type->kind == TY_BLOB))
            p->value.s.p = arena_strndup(p->arena, d->value.s.p, d->value.s.n);
    }
}

/* What the session itself keeps of a statement that succeeded. */
void remember(dql_stmt *s) {
    dql_db *db = s->db;
    if (s->st.kind != STMT_QUERY && s->st.kind != STMT_INSERT && s->st.kind != STMT_UPDATE && s->st.kind != STMT_DELETE) db->catalog++;
    if (s->st.kind == STMT_PARAM) declare_param(db, &s->st.param);
    if (s->st.kind == STMT_DROP_MODEL) drop_model(db, s->st.target);
    if (s->st.kind == STMT_CREATE_MODEL && !(s->st.if_exists && session_model(db, s->st.target)))
        add_model(db, s->st.target, s->st.model);
}

static int param_value(dql_stmt *s, const ParamRef *ref, Value *out) {
    const ParamEntry *p = param_entry(s->db, ref->name);
    const char *why = NULL;
    if (p->given) {
        Value text = value_str(ir_types(s->ir), str_of(p->given));
        if (value_cast(s->arena, &text, ref->type, out, &why)) return DQL_OK;
        return report_text(s->db, DQL_ERROR, "parameter %s: %s\n", ref->name, why);
    }
    if (p->given_null) *out = value_null(type_nullable(ref->type, true));
    else if (p->has_default) {
        *out = p->value;
        out->type = type_import(ir_types(s->ir), p->value.type);
    } else
        return report_text(s->db, DQL_ERROR, "parameter %s has no default: give it with --%s=VALUE\n", ref->name, ref->name);
    return DQL_OK;
}

int params_get(dql_stmt *s, uint32_t n, const ParamRef *refs, Value *out) {
    int status = DQL_OK;
    for (uint32_t i = 0; i < n && status == DQL_OK; i++) status = param_value(s, &refs[i], &out[i]);
    return status;
}

static bool is_exact_sum(const Node *n) { return n->op == OP_AGG_SUM && n->type->kind != TY_TENSOR && !type_is_float(n->type); }

static bool has_float_sum(const Node *n, int depth) {
    static const Op sums[] = {OP_SUM, OP_MEAN, OP_CONTRACT, OP_CONV, OP_AVG_POOL, OP_SOFTMAX, OP_LOG_SOFTMAX, OP_AGG_SUM, OP_AGG_AVG};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        if (n->op == sums[i] && !is_exact_sum(n)) return true;
    if (depth == 0) return true; /* too deep to look: not tiny */
    for (uint32_t i = 0; i < n->n; i++)
        if (n->in[i]->n && has_float_sum(n->in[i], depth - 1)) return true;
    return false;
}

/* A statement over constants alone: the evaluator answers it before a compiler would start.  Float sums and contractions
 * are left to native code, whose order of additions is the one that counts. */
static bool is_tiny(const Node *plan) {
    enum { TINY_NODES = 1 << 24 };
    return plan->id < TINY_NODES && !(plan->below & (BELOW_SOURCE | BELOW_WEIGHT | BELOW_VOLATILE)) && !has_float_sum(plan, 64);
}

static int run_plan(dql_stmt *s) {
    if (strcmp(s->db->options.backend, "eval") == 0 || is_tiny(s->plan)) return run_eval(s);
    return run_cpu(s);
}

static int apply(dql_stmt *s) {
    RtError e = {0};
    progress_begin(&s->db->rt->progress, "store", 0, false);
    if (!rt_apply(s->db->rt, s->program, &s->result, &s->changed, &e)) return report_run_error(s, NULL, &e);
    remember(s);
    return DQL_OK;
}

/* CREATE TABLE AS of a whole table or file: its version, or NULL. */
static TableVersion *copied_whole(dql_stmt *s) {
    if (s->st.kind != STMT_CREATE_TABLE || !s->plan || s->plan->op != OP_SCAN) return NULL;
    const AttrScan *a = ATTR_OF(s->plan, Scan);
    TableVersion *v = pins_table(&s->pins, a->table);
    if (!v || a->rowid || a->columns.n != v->schema->n) return NULL;
    for (uint32_t i = 0; i < a->columns.n; i++)
        if (a->columns.at[i] != i) return NULL;
    return v;
}

static int share(dql_stmt *s, TableVersion *from) {
    RtError e = {0};
    s->program = ARENA_NEW(s->arena, Program);
    describe(s, s->program);
    if (!rt_share(s->db->rt, s->program, from, &s->changed, &e)) return report_run_error(s, NULL, &e);
    remember(s);
    return DQL_OK;
}

static int run_statement(dql_stmt *s) {
    TableVersion *whole = copied_whole(s);
    if (s->st.explain != EXPLAIN_NONE) return explain(s);
    if (whole) return share(s, whole);
    int status = s->plan ? run_plan(s) : DQL_OK;
    if (status != DQL_OK) return status;
    if (!s->program) s->program = ARENA_NEW(s->arena, Program);
    describe(s, s->program);
    return apply(s);
}

int run(dql_stmt *s) {
    if (s->ran) return DQL_OK;
    double start = now_ms(), compiled = s->compile_ms;
    int status = run_statement(s);
    progress_end(&s->db->rt->progress);
    s->run_ms = now_ms() - start - (s->compile_ms - compiled);
    s->ran = status == DQL_OK;
    return status;
}

void run_free(dql_stmt *s) {
    rt_result_free(&s->result);
    evaluated_free(s->evaluated);
    s->evaluated = NULL;
    s->result = (RtResult){0};
    s->ran = false;
    s->row = -1;
}
