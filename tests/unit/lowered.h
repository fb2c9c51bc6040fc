/* Runs queries on tables, for the tests of lower/: a query in, rows as text out, in both tiers and without rewrites.
 * Tables are those of a runtime session; the plan's scans see their real statistics.
 */
#ifndef DQL_TESTS_UNIT_LOWERED_H
#define DQL_TESTS_UNIT_LOWERED_H
#include "base/vec.h"
#include "codegen_cpu/jit.h"
#include "frontend/bind.h"
#include "grammar/parse.h"
#include "lower/lower.h"
#include "runtime/abi.h"
#include "runtime/builder.h"
#include "runtime/exec.h"
#include "tests/unit/check.h"
#include <stdlib.h>

typedef struct Bench {
    Arena *arena;
    Intern *names;
    Ir *ir;
    RtSession *session;
    CpuJit *jit;
    Target target;
    bool dump;
    VEC(Hash128) shipped;
    size_t used, missing; /* kernels of the tier "kernels", and those that are not shipped */
} Bench;

static void bench_ship(void *ctx, const Kernel *k) {
    Bench *t = ctx;
    *vec_push(&t->shipped) = kernel_hash(k);
}

static bool is_shipped(const Bench *t, const Kernel *k) {
    Hash128 h = kernel_hash(k);
    for (size_t i = 0; i < t->shipped.n; i++)
        if (hash128_eq(t->shipped.at[i], h)) return true;
    return false;
}

/* With MISSING in the environment, prints those of the program's single-stage kernels that would have to be compiled. */
static void bench_count_shipped(Bench *t, const Lowered *l) {
    const Program *p = l->program;
    for (uint32_t i = 0; i < p->n_pipelines; i++)
        for (uint32_t k = 0; k < p->pipelines[i].n_steps; k++) {
            const Step *s = &p->steps[p->pipelines[i].steps + k];
            if (s->flags & STEP_NATIVE) continue;
            t->used++;
            if (is_shipped(t, l->kernels[s->fn])) continue;
            t->missing++;
            if (!getenv("MISSING")) continue;
            Buf b = {0};
            kernel_print(&b, l->kernels[s->fn]);
            fprintf(stderr, "%s\n", b.p);
            buf_free(&b);
        }
}

static bool bench_table(void *ctx, TypePool *p, const char *name, TableInfo *out) {
    Bench *t = ctx;
    TableVersion *v = store_table(t->session->store, name);
    if (!v) return false;
    const Type **types = ARENA_ARRAY(t->arena, const Type *, v->schema->n);
    const char **names = ARENA_ARRAY(t->arena, const char *, v->schema->n);
    for (uint32_t c = 0; c < v->schema->n; c++) {
        types[c] = type_import(p, v->schema->types[c]);
        names[c] = arena_printf(t->arena, "%s", v->schema->names[c]);
    }
    *out = (TableInfo){.name = name, .version = v->number, .rows = v->rows, .n = v->schema->n, .names = names, .types = types};
    version_unref(v);
    return true;
}

static bool bench_stats(void *ctx, const char *table, int64_t version, uint32_t column, ColumnStats *out) {
    Bench *t = ctx;
    (void)version;
    TableVersion *v = store_table(t->session->store, table);
    if (!v) return false;
    ColumnFacts f = table_column_facts(v, column);
    *out = (ColumnStats){.range_known = f.range_known, .min = f.min, .max = f.max, .distinct = f.distinct,
                         .null_free = f.null_free, .sorted = f.sorted, .unique = f.unique, .code = table_column_code(v, column)};
    version_unref(v);
    return true;
}

static size_t bench_names(void *ctx, char kind, Arena *a, const char *const **out) {
    return kind == 't' ? store_names(((Bench *)ctx)->session->store, a, out) : 0;
}

static bool bench_model(void *ctx, const char *name, ModelInfo *out) {
    (void)ctx, (void)name, (void)out;
    return false;
}

static const CpuSymbol bench_symbols[] = {
#define NATIVE(name, where, operands) {#name, (const void *)name},
#include "runtime/abi.def"
#undef NATIVE
};

static void bench_open(Bench *t, int threads) {
    *t = (Bench){.arena = arena_new(), .dump = getenv("DUMP") != NULL};
    t->names = intern_new();
    t->ir = ir_new(t->arena, t->names);
    t->session = rt_session_new(threads, 0);
    CpuOptions o = {.level = cpu_host_level(), .no_disk = true, .verify = true, .symbols = bench_symbols,
                    .n_symbols = sizeof bench_symbols / sizeof *bench_symbols};
    t->jit = cpu_jit_new(&o);
    t->target = (Target){.vector_bytes = o.level >= CPU_V4 ? 64 : 32, .vector_registers = 32, .l1_bytes = 32768, .l2_bytes = 1 << 20, .threads = 2};
    lower_shipped_kernels(&t->target, bench_ship, t);
}

static void bench_close(Bench *t) {
    cpu_jit_free(t->jit);
    rt_session_free(t->session);
    arena_free(t->arena);
    intern_free(t->names);
    vec_free(&t->shipped);
}

/* Columns as "name type" texts; rows from a function that gives value (row, column). */
static void bench_add_table(Bench *t, const char *name, uint32_t n, const char *const *columns, int64_t rows,
                            Value (*value)(int64_t row, uint32_t column, const Type *type)) {
    const Type *ty[32];
    const char *names[32];
    for (uint32_t c = 0; c < n; c++) {
        const char *blank = strchr(columns[c], ' ');
        ty[c] = type_parse(ir_types(t->ir), blank + 1, NULL);
        names[c] = arena_strndup(t->arena, columns[c], (size_t)(blank - columns[c]));
    }
    Schema *s = schema_new(n, names, ty);
    TableBuilder *b = builder_new(t->session->pool, t->session->workers, s);
    for (int64_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < n; c++) {
            Value v = value(r, c, s->types[c]);
            builder_value(b, c, &v);
        }
    RtError e = {0};
    store_publish(t->session->store, name, builder_finish(b, NULL, &e));
    builder_free(b);
    schema_unref(s);
}

static const RtKernel *all_fused(void *ctx, uint32_t pipeline, int64_t left) {
    (void)pipeline;
    (void)left;
    return ctx;
}

static const RtKernel *bench_compile(Bench *t, const Lowered *l) {
    RtKernel *fn = ARENA_ARRAY(t->arena, RtKernel, l->n_kernels + 1);
    const Kernel *const *all = (const Kernel *const *)l->kernels;
    for (uint32_t i = 0; i < l->n_kernels; i++) {
        const char *why = NULL;
        if (!kernel_verify(l->kernels[i], t->arena, &why)) fprintf(stderr, "kernel %u: %s\n", i, why), CHECK(false);
    }
    CpuJob *job = cpu_jit_start(t->jit, l->n_kernels, all);
    CHECK(cpu_job_wait(job, NULL));
    if (cpu_job_error(job)) fprintf(stderr, "%s\n", cpu_job_error(job)), CHECK(false);
    cpu_job_free(job);
    for (uint32_t i = 0; i < l->n_kernels; i++) fn[i] = (RtKernel)cpu_jit_lookup(t->jit, l->kernels[i]);
    return fn;
}

static void print_rows(Bench *t, Buf *b, const Program *p, const RtResult *r) {
    for (int64_t row = 0; row < r->rows; row++) {
        for (uint32_t c = 0; c < r->n; c++) {
            Value v = column_value(&r->cols[c], p->columns[c].type, row, t->arena);
            if (c) buf_puts(b, " ");
            value_print(b, &v);
        }
        buf_puts(b, "\n");
    }
}

static void dump_program(const Lowered *l) {
    Buf b = {0};
    program_print(&b, l->program);
    for (uint32_t i = 0; i < l->n_kernels; i++) {
        buf_printf(&b, "kernel %u\n", i);
        kernel_print(&b, l->kernels[i]);
    }
    fprintf(stderr, "%s\n", b.p);
    buf_free(&b);
}

static void run_program(Bench *t, const Lowered *l, const RtKernel *fn, bool fused, Buf *out) {
    RtInstance *in = rt_instance_new(t->session, l->program);
    RtKernels k = {.fn = fn, .fused = fused ? all_fused : NULL, .ctx = (void *)(uintptr_t)fn};
    RtResult r = {0};
    RtError e = {0};
    if (rt_run(in, &k, NULL, &r, &e)) print_rows(t, out, l->program, &r);
    else if (e.kind == RT_ROW) buf_printf(out, "error %u at row %lld: %s\n", e.row_error, (long long)e.row, l->program->sites[e.site].what);
    else buf_printf(out, "error: %s\n", e.message.p ? e.message.p : "?");
    rt_result_free(&r);
    rt_error_clear(&e);
    rt_instance_free(in);
}

static SourceApi bench_source(Bench *t) {
    return (SourceApi){.ctx = t, .table = bench_table, .column_stats = bench_stats, .names = bench_names, .model = bench_model};
}

static bool bench_bind(Bench *t, const char *text, Statement *out) {
    Source source = {"test", text, strlen(text)};
    SourceApi api = bench_source(t);
    Diags d = {0};
    diags_init(&d, t->arena, &source);
    Ast *script = dql_parse(t->arena, t->names, &source, &d);
    Binder b = {.arena = t->arena, .ir = t->ir, .source = &api, .diags = &d, .names = t->names};
    bool ok = script->n == 1 && script->kid[0]->n == 1 && bind_statement(&b, script->kid[0]->kid[0], out);
    Buf why = {0};
    if (!ok) diags_print(&d, &why, false), fprintf(stderr, "%s\n", why.p);
    buf_free(&why);
    CHECK(ok);
    return ok;
}

/* Rows of the query, or its error; both tiers must agree. */
static const char *bench_run_with(Bench *t, const char *text, const LowerOptions *opt) {
    Statement st;
    if (!bench_bind(t, text, &st)) return "";
    uint32_t n = st.n_columns;
    const char *names[64], *why = NULL;
    for (uint32_t i = 0; i < n; i++) names[i] = st.columns[i].name;
    Lowered l;
    SourceApi api = bench_source(t);
    if (!lower_query(t->arena, t->ir, &api, &t->target, opt, st.plan, n, names, &l, &why))
        return arena_printf(t->arena, "not lowered: %s\n", why);
    if (t->dump) dump_program(&l);
    if (!opt) bench_count_shipped(t, &l);
    const RtKernel *fn = bench_compile(t, &l);
    Buf kernels = {0}, fused = {0};
    run_program(t, &l, fn, false, &kernels);
    run_program(t, &l, fn, true, &fused);
    const char *rows = arena_strndup(t->arena, kernels.p ? kernels.p : "", kernels.n);
    CHECK_STR(fused.p ? fused.p : "", rows);
    buf_free(&kernels);
    buf_free(&fused);
    return rows;
}

static inline const char *bench_run(Bench *t, const char *text) { return bench_run_with(t, text, NULL); }

/* The same rows with and without dense arrays, and at full widths. */
static inline const char *bench_run_all(Bench *t, const char *text) {
    const char *rows = bench_run(t, text);
    CHECK_STR(bench_run_with(t, text, &(LowerOptions){.no_dense = true}), rows);
    CHECK_STR(bench_run_with(t, text, &(LowerOptions){.no_ranges = true}), rows);
    return rows;
}
#endif
