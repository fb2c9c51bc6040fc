/* The pipeline of passes on one screen:
 *
 *   parse   text -> AST                 (dql_read)
 *   bind    AST -> algebra              requires the catalog; names, types and shapes are resolved
 *   rewrite algebra -> algebra          passes of rewrites/passes.c
 *   lower   algebra -> Program, kernels requires statistics of the pinned table versions
 *   compile kernels -> code             (api/compiler.c, when the statement first runs)
 */
#include "api/prepare.h"
#include "api/run.h"
#include "api/source.h"
#include "ir/text.h"
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

int report_text(dql_db *db, int status, const char *fmt, ...) {
    va_list ap;
    buf_clear(&db->message);
    va_start(ap, fmt);
    buf_vprintf(&db->message, fmt, ap);
    va_end(ap);
    return status;
}

int report_diags(dql_db *db, const Diags *d) {
    int status = DQL_ERROR;
    for (size_t i = 0; i < d->n; i++)
        if (d->at[i].severity == SEV_ERROR && d->at[i].code == E_LIMIT) status = DQL_LIMIT;
    buf_clear(&db->message);
    diags_print(d, &db->message, false);
    return status;
}

static bool stops_after(const dql_db *db, const char *pass) { return strcmp(db->options.stop_after, pass) == 0; }

static void dump_ir(const dql_db *db, const char *pass, const Node *plan) {
    char *wanted = option_with(&db->options.dump, "ir");
    if (wanted && strncmp(wanted, "after=", 6) == 0 && strcmp(wanted + 6, pass) == 0) {
        Buf text = {0};
        ir_print(&text, plan);
        fprintf(stderr, "%s", text.p);
        buf_free(&text);
    }
    free(wanted);
}

void time_pass(const dql_db *db, const char *pass, double ms) {
    if (db->options.time_passes) fprintf(stderr, "%-20s %8.3f ms\n", pass, ms);
}

static void after_pass(void *ctx, const char *pass, const Node *plan, double ms) {
    dql_stmt *s = ctx;
    dump_ir(s->db, pass, plan);
    time_pass(s->db, pass, ms);
}

static bool bind(dql_stmt *s, const Ast *ast) {
    dql_db *db = s->db;
    size_t n = 0;
    ParamDef *params = ARENA_ARRAY(s->arena, ParamDef, db->params.n + 1);
    for (size_t i = 0; i < db->params.n; i++) {
        const ParamEntry *p = &db->params.at[i];
        if (!p->type) continue;
        params[n++] = (ParamDef){.name = intern_cstr(db->names, p->name), .type = type_import(ir_types(s->ir), p->type)};
    }
    Binder b = {.arena = s->arena, .ir = s->ir, .source = &s->pins.api, .diags = &s->diags, .names = db->names,
                .params = params, .n_params = (uint32_t)n};
    if (!bind_statement(&b, ast, &s->st)) return false;
    s->plan = s->st.plan;
    return true;
}

static void rewrite(dql_stmt *s) {
    const Options *o = &s->db->options;
    RwOptions opt = {.off = !o->optimise, .exact = o->exact, .verify = strcmp(o->verify, "each") == 0, .limit = o->rule_limit,
                     .without = o->off.text, .after_pass = after_pass, .ctx = s, .cancel = &s->db->rt->cancel};
    s->plan = rw_optimise(s->ir, &s->pins.api, &opt, s->plan, &s->report, s->arena);
}

static void print_rule_stats(const RwReport *r) {
    Buf text = {0};
    rw_print_stats(&text, r);
    fprintf(stderr, "%s", text.p ? text.p : "");
    buf_free(&text);
}

static void dump_ast(const dql_db *db, const Ast *ast) {
    if (!option_has(&db->options.dump, "ast")) return;
    Buf text = {0};
    ast_print(&text, ast);
    fprintf(stderr, "%s\n", text.p);
    buf_free(&text);
}

static bool is_cancelled(const dql_db *db) { return atomic_load(&db->rt->cancel); }

static int cancelled(dql_stmt *s) { return report_at(s, DQL_INTERRUPTED, s->st.span, "cancelled"); }

/* A file that did not fit or was no longer wanted is no mistake of the text. */
static int bind_failed(dql_stmt *s) {
    if (s->pins.failed == RT_CANCELLED) return cancelled(s);
    int status = report_diags(s->db, &s->diags);
    return s->pins.failed == RT_LIMIT ? DQL_LIMIT : status;
}

static int passes(dql_stmt *s, const Ast *ast) {
    dql_db *db = s->db;
    dump_ast(db, ast);
    if (stops_after(db, "parse")) return DQL_OK;
    double start = now_ms();
    if (!bind(s, ast)) return bind_failed(s);
    time_pass(db, "bind", now_ms() - start);
    if (!s->plan) return DQL_OK;
    dump_ir(db, "bind", s->plan);
    if (stops_after(db, "bind")) return DQL_OK;
    rewrite(s);
    if (is_cancelled(db)) return cancelled(s);
    if (db->options.rule_stats) print_rule_stats(&s->report);
    if (option_has(&db->options.dump, "ir")) {
        Buf text = {0};
        ir_print(&text, s->plan);
        fprintf(stderr, "%s", text.p);
        buf_free(&text);
    }
    return DQL_OK;
}

void prepare_plan(dql_stmt *s, const Node *plan) {
    s->plan = plan;
    rewrite(s);
}

int prepare(dql_stmt *s, const Ast *ast) {
    double start = now_ms();
    progress_begin(&s->db->rt->progress, "plan", 0, false);
    int status = passes(s, ast);
    progress_end(&s->db->rt->progress);
    s->compile_ms = now_ms() - start;
    return status;
}
