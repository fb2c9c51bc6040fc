#include "api/compiler.h"
#include "api/kept.h"
#include "api/prepare.h"
#include "api/source.h"
#include "grammar/parse.h"
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof((dql_progress *)0)->name == PROGRESS_NAME, "dql.h and runtime/progress.h agree");

int dql_open(const char *path, dql_db **out) {
    dql_db *db = calloc(1, sizeof *db);
    if (!(*out = db)) return DQL_LIMIT;
    options_init(&db->options);
    db->arena = arena_new();
    db->names = intern_new();
    if (path) return report_text(db, DQL_USAGE, "%s: databases on disk are not supported yet; open without a path to work in memory", path);
    return DQL_OK;
}

static void free_models(dql_db *db) {
    for (size_t i = 0; i < db->models.n; i++) arena_free(db->models.at[i].arena);
    vec_free(&db->models);
}

static void free_files(dql_db *db) {
    for (size_t i = 0; i < db->files.n; i++) arena_free(db->files.at[i].arena);
    vec_free(&db->files);
}

static void free_params(dql_db *db) {
    for (size_t i = 0; i < db->params.n; i++) {
        arena_free(db->params.at[i].arena);
        free(db->params.at[i].name);
        free(db->params.at[i].given);
    }
    vec_free(&db->params);
}

void dql_close(dql_db *db) {
    if (!db) return;
    kept_free(db);
    compiler_free(db->compiler);
    if (db->rt) rt_session_free(db->rt);
    free_models(db);
    free_files(db);
    free_params(db);
    options_free(&db->options);
    intern_free(db->names);
    arena_free(db->arena);
    buf_free(&db->message);
    free(db);
}

bool session_start(dql_db *db) {
    if (!db->rt) __atomic_store_n(&db->rt, rt_session_new((int)db->options.threads, db->options.memory_limit), __ATOMIC_RELEASE);
    if (!db->rt) report_text(db, DQL_LIMIT, "out of memory when the session started");
    else if (compiler_starts_early(&db->options)) session_compiler(db); /* what fails here is said by the first statement */
    return db->rt != NULL;
}

int dql_set(dql_db *db, const char *name, const char *value) {
    char *why = NULL;
    if (!options_set(&db->options, name, value, &why)) {
        int status = report_text(db, DQL_USAGE, "%s", why);
        free(why);
        return status;
    }
    db->catalog++;
    if (db->rt && strcmp(name, "memory-limit") == 0) blockpool_set_limit(db->rt->pool, db->options.memory_limit);
    if (db->rt && strcmp(name, "threads") == 0) return report_text(db, DQL_USAGE, "threads can be set before the first statement only");
    return DQL_OK;
}

const char *dql_errmsg(const dql_db *db) { return db && db->message.p ? db->message.p : ""; }

bool dql_watch(dql_db *db, dql_progress *out) {
    RtSession *rt = __atomic_load_n(&db->rt, __ATOMIC_ACQUIRE);
    if (!rt) return false;
    ProgressView v = progress_view(&rt->progress);
    *out = (dql_progress){.done = v.done, .total = v.total, .bytes = v.bytes, .seconds = v.seconds};
    memcpy(out->name, v.name, sizeof out->name);
    return v.name[0] != 0;
}

void dql_interrupt(dql_db *db) {
    if (db->rt) atomic_store(&db->rt->cancel, true);
}

static void dump_tokens(const dql_db *db, const Source *source) {
    if (!option_has(&db->options.dump, "tokens")) return;
    Buf text = {0};
    dql_tokens(&text, source);
    fprintf(stderr, "%s", text.p ? text.p : "");
    buf_free(&text);
}

int dql_read(dql_db *db, const char *name, const char *text, size_t len, dql_script **out) {
    dql_script *s = calloc(1, sizeof *s);
    *out = s;
    if (!s || !session_start(db)) return DQL_LIMIT;
    s->db = db;
    s->arena = arena_new();
    s->source = (Source){.name = arena_strndup(s->arena, name, strlen(name)), .text = arena_strndup(s->arena, text, len), .len = len};
    Diags d;
    diags_init(&d, s->arena, &s->source);
    dump_tokens(db, &s->source);
    s->ast = dql_parse(s->arena, db->names, &s->source, &d);
    return d.errors ? report_diags(db, &d) : DQL_OK;
}

int dql_script_count(const dql_script *s) { return s && s->ast ? (int)s->ast->kid[SCRIPT_STATEMENTS]->n : 0; }

void dql_script_free(dql_script *s) {
    if (!s) return;
    if (s->arena) arena_free(s->arena);
    free(s);
}

dql_stmt *statement_new(dql_script *script, uint32_t from, Str text) {
    dql_db *db = script->db;
    dql_stmt *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    *s = (dql_stmt){.db = db, .script = script, .arena = arena_new(), .row = -1, .from = from, .catalog = db->catalog};
    s->ir = ir_new(s->arena, db->names);
    s->key = arena_strndup(s->arena, text.p, text.n);
    pins_init(&s->pins, db, s->arena);
    diags_init(&s->diags, s->arena, &script->source);
    return s;
}

/* A kept statement in its new place. */
static dql_stmt *again(dql_stmt *s, const dql_script *script, const Ast *ast) {
    s->script = script;
    s->shift = (int64_t)ast->span.from - s->from;
    s->compile_ms = s->run_ms = 0;
    return s;
}

int dql_prepare(dql_script *script, int index, dql_stmt **out) {
    const Ast *ast = script->ast->kid[SCRIPT_STATEMENTS]->kid[index];
    Str text = {script->source.text + ast->span.from, ast->span.to - ast->span.from};
    atomic_store(&script->db->rt->cancel, false); /* from here on an interrupt is meant for this statement */
    dql_stmt *s = script->db->ahead ? NULL : kept_take(script->db, text);
    if (s) {
        *out = again(s, script, ast);
        return DQL_OK;
    }
    if (!(*out = s = statement_new(script, ast->span.from, text))) return DQL_LIMIT;
    int status = prepare(s, ast);
    if (status == DQL_OK) return DQL_OK;
    statement_free(s);
    *out = NULL;
    return status;
}
