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

int report_at(dql_stmt *s, int status, Span span, const char *text) {
    Diags d;
    diags_init(&d, s->arena, &s->script->source);
    diag_error(&d, status == DQL_LIMIT ? E_LIMIT : E_RUNTIME, span, text);
    report_diags(s->db, &d);
    return status;
}

int report_run_error(dql_stmt *s, const Program *p, RtError *e) {
    static const int status_of[] = {[RT_NONE] = DQL_ERROR, [RT_ROW] = DQL_ERROR, [RT_DATA] = DQL_ERROR, [RT_STALE] = DQL_ERROR,
                                    [RT_LIMIT] = DQL_LIMIT, [RT_CANCELLED] = DQL_INTERRUPTED};
    bool sited = e->kind == RT_ROW && p && e->site < p->n_sites;
    Span span = sited ? p->sites[e->site].span : s->st.span;
    int status = report_at(s, status_of[e->kind], span, e->message.p ? e->message.p : "the statement failed");
    rt_error_clear(e);
    return status;
}

static const struct { StatementKind from; ProgramKind to; } kind_map[] = {
    {STMT_QUERY, PG_QUERY},       {STMT_CREATE_TABLE, PG_CREATE_TABLE}, {STMT_INSERT, PG_INSERT},
    {STMT_UPDATE, PG_UPDATE},     {STMT_DELETE, PG_DELETE},             {STMT_DROP_TABLE, PG_DROP},
    {STMT_DROP_MODEL, PG_DROP},   {STMT_CREATE_MODEL, PG_CREATE_MODEL}, {STMT_LOAD_MODEL, PG_LOAD_MODEL},
    {STMT_PARAM, PG_PARAM},
};

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
    if (st->kind == STMT_QUERY && st->explain == EXPLAIN_NONE && p->columns) return;
    p->n_columns = st->n_columns;
    p->columns = ARENA_ARRAY(s->arena, ResultColumn, st->n_columns);
    for (uint32_t i = 0; i < st->n_columns; i++) p->columns[i] = (ResultColumn){st->columns[i].name, st->columns[i].type};
}

static ModelEntry *add_model(dql_db *db, const char *name) {
    ModelEntry *m = session_model(db, name);
    if (m) arena_free(m->arena);
    else m = vec_push(&db->models);
    *m = (ModelEntry){.name = name, .arena = arena_new()};
    return m;
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
    if (s->st.kind == STMT_PARAM) declare_param(db, &s->st.param);
    if (s->st.kind == STMT_DROP_MODEL) drop_model(db, s->st.target);
    if (s->st.kind == STMT_CREATE_MODEL && !(s->st.if_exists && session_model(db, s->st.target))) {
        ModelEntry *m = add_model(db, s->st.target);
        m->def = model_copy(m->arena, typepool_new(m->arena), s->st.model);
    }
}

static int param_value(dql_stmt *s, const ParamRef *ref, Value *out) {
    const ParamEntry *p = param_entry(s->db, ref->name);
    const char *why = NULL;
    if (p->given) {
        Value text = value_str(ir_types(s->ir), str_of(p->given));
        if (value_cast(s->arena, &text, ref->type, out, &why)) return DQL_OK;
        return report_text(s->db, DQL_ERROR, "parameter %s: '%s' is %s\n", ref->name, p->given, why ? why : "not of its type");
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

static int run_plan(dql_stmt *s) {
    if (strcmp(s->db->options.backend, "eval") == 0) return run_eval(s);
    return run_cpu(s);
}

static int apply(dql_stmt *s) {
    RtError e = {0};
    if (!rt_apply(s->db->rt, s->program, &s->result, &s->changed, &e)) return report_run_error(s, NULL, &e);
    remember(s);
    return DQL_OK;
}

int run(dql_stmt *s) {
    if (s->ran) return DQL_OK;
    double start = now_ms(), compiled = s->compile_ms;
    int status = DQL_OK;
    if (s->st.explain != EXPLAIN_NONE) status = explain(s);
    else {
        if (s->plan) status = run_plan(s);
        if (!s->program) s->program = ARENA_NEW(s->arena, Program);
        if (status == DQL_OK) {
            describe(s, s->program);
            status = apply(s);
        }
    }
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
