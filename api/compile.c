/* Ahead of time: the statements of a script as Programs of fused kernels, which emit.c writes. */
#include "api/ahead.h"
#include "api/compiler.h"
#include "api/prepare.h"
#include "api/run.h"
#include "base/number.h"
#include "runtime/apply.h"

/* Programs made ahead of time are all fused: each pipeline's fused steps become its only ones. */
static void keep_fused(Program *p) {
    for (uint32_t i = 0; i < p->n_pipelines; i++) {
        Pipeline *l = &p->pipelines[i];
        if (!l->n_fused) continue;
        l->steps = l->fused;
        l->n_steps = l->n_fused;
        l->n_fused = 0;
    }
}

static void collect_kernels(Ahead *a, const dql_stmt *s) {
    uint32_t line = source_line_col(&a->script->source, s->st.span.from).line;
    for (uint32_t i = 0; i < s->program->n_pipelines; i++) {
        const Pipeline *l = &s->program->pipelines[i];
        for (uint32_t k = l->steps; k < l->steps + l->n_steps; k++) {
            const Step *step = &s->program->steps[k];
            if (!(step->flags & STEP_NATIVE))
                *vec_push(&a->kernels) = (AheadKernel){s->lowered.kernels[step->fn], line};
        }
    }
}

static int add_statement(Ahead *a, int index) {
    dql_stmt *s;
    int status = dql_prepare(a->script, index, &s);
    if (status != DQL_OK) return status;
    *vec_push(&a->statements) = s;
    if (s->st.explain != EXPLAIN_NONE)
        return report_at(s, DQL_ERROR, s->st.span,
                         "EXPLAIN needs the compiler when the program runs: run it in the shell");
    status = lower_ahead(s, target_of(a->level, 2));
    if (status != DQL_OK) return status;
    keep_fused(s->program);
    collect_kernels(a, s);
    int64_t changed;
    RtError e = {0};
    RtResult none = {0};
    ProgramKind kind = s->program->kind;
    Program declared = *s->program;
    declared.from_version = 0; /* models are loaded when the program runs */
    if ((kind == PG_CREATE_TABLE || kind == PG_DROP || kind == PG_CREATE_MODEL) &&
        !rt_apply(a->db->rt, &declared, &none, &changed, &e))
        return report_run_error(s, NULL, &e);
    remember(s);
    return DQL_OK;
}

/* The parameter as the script declares it, with the default that --param gives. */
static int describe_param(Ahead *a, const ParamEntry *p) {
    AotParam *out = &a->image.params[a->image.n_params++];
    const char *why = NULL;
    if (!p->type)
        return report_text(a->db, DQL_ERROR, "--param %s: the script declares no such parameter", p->name);
    *out = (AotParam){p->name, p->type, p->has_default, p->value};
    if (!p->given) return DQL_OK;
    TypePool *types = typepool_new(a->arena);
    Value text = value_str(types, str_of(p->given));
    out->has_default = value_cast(a->arena, &text, p->type, &out->value, &why);
    return out->has_default ? DQL_OK : report_text(a->db, DQL_ERROR, "--param %s: %s", p->name, why);
}

static int describe_script(Ahead *a) {
    dql_db *db = a->db;
    AotScript *m = &a->image;
    int status = DQL_OK;
    *m = (AotScript){.name = a->script->source.name,
                     .text = a->script->source.text,
                     .n_params = 0,
                     .n_files = (uint32_t)db->files.n,
                     .n_statements = (uint32_t)a->statements.n};
    m->params = ARENA_ARRAY(a->arena, AotParam, db->params.n + 1);
    for (size_t i = 0; i < db->params.n && status == DQL_OK; i++)
        status = describe_param(a, &db->params.at[i]);
    m->files = ARENA_ARRAY(a->arena, AotFile, db->files.n + 1);
    for (size_t i = 0; i < db->files.n; i++) {
        const FileTable *f = &db->files.at[i];
        TableVersion *v = store_table(db->rt->store, f->table);
        m->files[i] = (AotFile){f->table,
                                f->spec.path,
                                f->spec.format,
                                f->spec.n_options,
                                (const char **)(uintptr_t)f->spec.names,
                                (Value *)(uintptr_t)f->spec.values,
                                v->schema->n,
                                v->schema->names,
                                v->schema->types};
        version_unref(v); /* the store keeps it */
    }
    m->statements = ARENA_ARRAY(a->arena, AotStatement, a->statements.n + 1);
    for (size_t i = 0; i < a->statements.n; i++)
        m->statements[i] = (AotStatement){a->statements.at[i]->program, a->statements.at[i]->st.span};
    return status;
}

int ahead_cancelled(Ahead *a) { return report_text(a->db, DQL_INTERRUPTED, "cancelled"); }

/* Between two statements: what runs looks itself. */
static int add_statements(Ahead *a) {
    int status = DQL_OK;
    for (int i = 0; status == DQL_OK && i < dql_script_count(a->script); i++)
        status = atomic_load(&a->db->rt->cancel) ? ahead_cancelled(a) : add_statement(a, i);
    return status;
}

/* For all levels kernels are shaped for the first one. */
static void choose_levels(Ahead *a) {
    if (cpu_level_read(a->db->options.target, &a->level)) {
        a->levels[a->n_levels++] = a->level;
        return;
    }
    a->level = CPU_V3;
    for (int l = CPU_V3; l < CPU_LEVELS; l++) a->levels[a->n_levels++] = (CpuLevel)l;
}

int dql_compile(dql_db *db, const char *name, const char *text, size_t len, int n,
                const dql_output *outputs) {
    Ahead a = {.db = db, .arena = arena_new()};
    db->ahead = true;
    choose_levels(&a);
    int status = dql_read(db, name, text, len, &a.script);
    if (status == DQL_OK) status = add_statements(&a);
    if (status == DQL_OK) status = describe_script(&a);
    for (int i = 0; status == DQL_OK && i < n; i++) status = ahead_emit(&a, outputs[i].kind, outputs[i].path);
    for (size_t i = 0; i < a.statements.n; i++) dql_finalize(a.statements.at[i]);
    vec_free(&a.statements);
    vec_free(&a.kernels);
    dql_script_free(a.script);
    arena_free(a.arena);
    return status;
}
