/* Running the program of an executable: its statements in order, as the shell would. */
#include "base/cpu.h"
#include "base/diag.h"
#include "runtime/aot_args.h"
#include "runtime/apply.h"
#include "runtime/file.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { FAILED = 1, LIMIT = 3, INTERRUPTED = 130 };

typedef struct Aot {
    AotScript script;
    AotArgs args;
    Arena *arena;
    RtSession *session;
    CpuLevel level;
} Aot;

static RtSession *interrupt_session; /* a signal handler takes no argument */

static void on_interrupt(int number) {
    static volatile sig_atomic_t last;
    struct timespec t;
    (void)number;
    clock_gettime(CLOCK_MONOTONIC, &t);
    if (last && t.tv_sec - last < 2) _exit(INTERRUPTED);
    last = (sig_atomic_t)t.tv_sec;
    atomic_store(&interrupt_session->cancel, true);
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static int report(const Aot *x, const AotStatement *s, RtError *e) {
    Source source = {.name = x->script.name, .text = x->script.text, .len = strlen(x->script.text)};
    Diags d;
    Buf out = {0};
    bool sited = e->kind == RT_ROW && e->site < s->program->n_sites;
    diags_init(&d, x->arena, &source);
    diag_error(&d, e->kind == RT_LIMIT ? E_LIMIT : E_RUNTIME, sited ? s->program->sites[e->site].span : s->span, e->message.p);
    diags_print(&d, &out, false);
    fputs(out.p, stderr);
    buf_free(&out);
    int status = e->kind == RT_LIMIT ? LIMIT : e->kind == RT_CANCELLED ? INTERRUPTED : FAILED;
    rt_error_clear(e);
    return status;
}

/* ---- files ---- */
static bool same_schema(const AotFile *f, const TableVersion *v, RtError *e) {
    const Schema *s = v->schema;
    bool same = s->n == f->n_columns;
    for (uint32_t i = 0; same && i < s->n; i++) {
        Buf is = {0}, was = {0};
        type_print(&is, s->types[i], false);
        type_print(&was, f->column_types[i], false);
        same = strcmp(s->names[i], f->column_names[i]) == 0 && strcmp(is.p, was.p) == 0;
        if (!same)
            rt_fail(e, RT_DATA, "%s has a column %s %s where this program was compiled for %s %s: compile it again", f->path, s->names[i],
                    is.p, f->column_names[i], was.p);
        buf_free(&is);
        buf_free(&was);
    }
    return same || rt_fail(e, RT_DATA, "%s has %u columns where this program was compiled for %u: compile it again", f->path, s->n, f->n_columns);
}

static bool load_file(Aot *x, const AotFile *f, RtError *e) {
    FileSpec spec = {.path = f->path, .format = f->format, .n_options = f->n_options, .names = f->names, .values = f->values};
    TableVersion *v = file_load(x->session->pool, x->session->workers, &spec, e);
    if (!v) return false;
    if (!same_schema(f, v, e)) {
        version_unref(v);
        return false;
    }
    store_publish(x->session->store, f->table, v);
    return true;
}

/* The files among the statement's scans that are not loaded yet. */
static bool load_files(Aot *x, const Program *p, RtError *e) {
    for (uint32_t i = 0; i < p->n_scans; i++)
        for (uint32_t k = 0; k < x->script.n_files; k++) {
            const AotFile *f = &x->script.files[k];
            if (strcmp(f->table, p->scans[i].table) != 0) continue;
            TableVersion *v = store_table(x->session->store, f->table);
            version_unref(v);
            if (!v && !load_file(x, f, e)) return false;
        }
    return true;
}

/* ---- code ---- */
/* The highest level that this processor runs; NULL: not in the table. */
static DqlKernel find_kernel(Hash128 key, CpuLevel level) {
    DqlKernel best = NULL;
    for (const KernelEntry *k = dql_kernel_table; k->fn; k++)
        if (hash128_eq(k->key, key) && k->level <= level) best = k->fn;
    return best;
}

static bool find_kernels(const Aot *x, const Program *p, DqlKernel *fn, RtError *e) {
    for (uint32_t i = 0; i < p->n_pipelines; i++)
        for (uint32_t k = p->pipelines[i].steps; k < p->pipelines[i].steps + p->pipelines[i].n_steps; k++) {
            const Step *s = &p->steps[k];
            if ((s->flags & STEP_NATIVE) || fn[s->fn]) continue;
            if (!(fn[s->fn] = find_kernel(p->kernels[s->fn].key, x->level)))
                return rt_fail(e, RT_LIMIT, "this program was compiled for another processor than %s (dqlc --target): compile it again for this one", cpu_level_name(x->level));
        }
    return true;
}

static bool find_params(const Aot *x, const Program *p, Value *out, RtError *e) {
    for (uint32_t i = 0; i < p->n_params; i++)
        for (uint32_t k = 0; k < x->script.n_params; k++) {
            if (strcmp(x->script.params[k].name, p->params[i].name) != 0) continue;
            if (!x->args.has_param[k]) return rt_fail(e, RT_DATA, "parameter %s has no default: give it with --%s=VALUE", p->params[i].name, p->params[i].name);
            out[i] = x->args.params[k];
        }
    return true;
}

/* ---- statements ---- */
static bool print_result(const Aot *x, const Program *p, const RtResult *r, RtError *e) {
    const char **names = ARENA_ARRAY(x->arena, const char *, p->n_columns + 1);
    const Type **types = ARENA_ARRAY(x->arena, const Type *, p->n_columns + 1);
    for (uint32_t i = 0; i < p->n_columns; i++) {
        names[i] = p->columns[i].name;
        types[i] = p->columns[i].type;
    }
    return result_print(stdout, &x->args.format, p->n_columns, names, types, r->cols, r->rows, e);
}

static bool run_plan(Aot *x, const Program *p, RtInstance **instance, RtResult *r, RtError *e) {
    DqlKernel *fn = ARENA_ARRAY(x->arena, DqlKernel, p->n_kernels + 1);
    Value *params = ARENA_ARRAY(x->arena, Value, p->n_params + 1);
    RtKernels kernels = {.fn = fn};
    if (!load_files(x, p, e) || !find_kernels(x, p, fn, e) || !find_params(x, p, params, e)) return false;
    if (!(*instance = rt_instance_new(x->session, p))) return rt_fail_memory(e);
    return rt_run(*instance, &kernels, params, r, e);
}

static int run_statement(Aot *x, uint32_t index) {
    const AotStatement *s = &x->script.statements[index];
    const Program *p = s->program;
    RtInstance *instance = NULL;
    RtResult r = {0};
    RtError e = {0};
    int64_t changed = 0;
    double start = now_ms();
    bool ok = p->result == UINT32_MAX || run_plan(x, p, &instance, &r, &e);
    ok = ok && rt_apply(x->session, p, &r, &changed, &e);
    double ran = now_ms() - start;
    int64_t rows = p->kind == PG_QUERY ? r.rows : changed;
    if (ok && p->kind == PG_QUERY) ok = print_result(x, p, &r, &e);
    rt_result_free(&r);
    if (instance) rt_instance_free(instance);
    if (x->args.timing)
        fprintf(stderr, "{\"statement\": %u, \"compile_ms\": 0, \"run_ms\": %.3f, \"total_ms\": %.3f, \"rows\": %lld}\n", index + 1, ran,
                now_ms() - start, (long long)rows);
    return ok ? 0 : report(x, s, &e);
}

static int run_all(Aot *x) {
    struct sigaction action = {.sa_handler = on_interrupt};
    x->session = rt_session_new((int)x->args.threads, x->args.memory_limit);
    if (!x->session) {
        fputs("out of memory\n", stderr);
        return LIMIT;
    }
    x->session->current_version = true;
    interrupt_session = x->session;
    sigaction(SIGINT, &action, NULL);
    signal(SIGXFSZ, SIG_IGN); /* a file larger than the limit is an error like a full disk */
    int status = 0;
    for (uint32_t i = 0; status == 0 && i < x->script.n_statements; i++) status = run_statement(x, i);
    signal(SIGINT, SIG_DFL);
    rt_session_free(x->session);
    return status;
}

int dql_aot_main(int argc, char **argv) {
    Aot x = {.arena = arena_new(), .level = cpu_host_level()};
    TypePool *types = typepool_new(x.arena);
    const char *why = NULL;
    int status;
    if (x.level == CPU_NONE) {
        fprintf(stderr, "%s: this processor has no AVX2 and FMA, which compiled programs need\n", argv[0]);
        status = LIMIT;
    } else if (!aot_read(x.arena, types, dql_aot_image, dql_aot_image_size, &x.script, &why)) {
        fprintf(stderr, "%s: the program is damaged: %s\n", argv[0], why);
        status = FAILED;
    } else {
        status = aot_args(&x.args, x.arena, types, &x.script, argc, argv);
        if (status < 0) status = run_all(&x);
    }
    arena_free(x.arena);
    return status;
}
