/* Native execution: lower, get code, run the Program. */
#include "api/compiler.h"
#include "api/prepare.h"
#include "api/run.h"
#include "codegen_cpu/object.h"
#include "rewrites/measure.h"
#include <stdlib.h>
#include <time.h>

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* What the code generator makes of the kernels, for this machine's level. */
static void dump_code(dql_stmt *s, CpuOutput output) {
    CpuLevel level = cpu_host_level();
    CpuFunction *functions;
    Buf text = {0};
    char *why = NULL;
    if (!cpu_level_read(s->db->options.target, &level)) level = cpu_host_level();
    uint32_t n = cpu_functions(s->arena, s->lowered.n_kernels, (const Kernel *const *)s->lowered.kernels, 1, &level, &functions);
    CpuModule m = {.n = n, .functions = functions, .output = output};
    if (cpu_module_compile(&m, &text, &why)) fprintf(stderr, "%.*s", (int)text.n, text.p);
    free(why);
    buf_free(&text);
}

static void dump_lowered(dql_stmt *s) {
    const OptionList *dump = &s->db->options.dump;
    Buf text = {0};
    if (option_has(dump, "program")) program_print(&text, s->program);
    for (uint32_t i = 0; option_has(dump, "kernels") && i < s->lowered.n_kernels; i++) {
        buf_printf(&text, "; kernel %u of the program\n", i);
        kernel_print(&text, s->lowered.kernels[i]);
    }
    if (text.p) fputs(text.p, stderr);
    buf_free(&text);
    if (option_has(dump, "llvm")) dump_code(s, CPU_LLVM);
    if (option_has(dump, "asm")) dump_code(s, CPU_ASSEMBLY);
}

static double estimate(void *ctx, const Node *rel) { return rw_rows(ctx, rel); }

static int lower(dql_stmt *s, const Target *target) {
    const Options *o = &s->db->options;
    PtrMap rows = {0};
    Rw rw = {.ir = s->ir, .source = &s->pins.api, .rows = &rows};
    LowerOptions opt = {.cancel = &s->db->rt->cancel, .no_fused = !s->db->ahead && strcmp(o->tier, "kernels") == 0, .rows = estimate,
                        .rows_ctx = &rw};
    const char **names = ARENA_ARRAY(s->arena, const char *, s->plan->type->n + 1);
    const char *why = NULL;
    for (uint32_t i = 0; i < s->plan->type->n; i++) names[i] = i < s->st.n_columns ? s->st.columns[i].name : "column";
    double start = now_ms();
    bool ok = lower_query(s->arena, s->ir, &s->pins.api, target, &opt, s->plan, s->plan->type->n, names, &s->lowered, &why);
    ptrmap_free(&rows);
    if (!ok) return report_at(s, atomic_load(opt.cancel) ? DQL_INTERRUPTED : DQL_ERROR, s->st.span, why);
    s->program = s->lowered.program;
    time_pass(s->db, "lower", now_ms() - start);
    dump_lowered(s);
    return DQL_OK;
}

int lower_ahead(dql_stmt *s, Target target) {
    int status = s->plan ? lower(s, &target) : DQL_OK;
    if (status != DQL_OK) return status;
    if (!s->program) s->program = ARENA_NEW(s->arena, Program);
    if (!s->plan) s->program->result = UINT32_MAX;
    describe(s, s->program);
    return DQL_OK;
}

int lower_only(dql_stmt *s) {
    Compiler *c = session_compiler(s->db);
    if (!c) return DQL_LIMIT;
    Target target = compiler_target(c);
    return lower(s, &target);
}

static int compile(dql_stmt *s) {
    Compiler *c = session_compiler(s->db);
    if (!c) return DQL_LIMIT;
    Target target = compiler_target(c);
    progress_begin(&s->db->rt->progress, "compile", 0, false);
    int status = lower(s, &target);
    if (status != DQL_OK) return status;
    double start = now_ms();
    if (!code_get(s, &s->code))
        return atomic_load(&s->db->rt->cancel) ? report_at(s, DQL_INTERRUPTED, s->st.span, "cancelled") : DQL_ERROR;
    time_pass(s->db, "code", now_ms() - start);
    s->instance = rt_instance_new(s->db->rt, s->program);
    return s->instance ? DQL_OK : report_at(s, DQL_LIMIT, s->st.span, "out of memory");
}

int run_cpu(dql_stmt *s) {
    if (!s->instance) {
        double start = now_ms();
        int status = compile(s);
        s->compile_ms += now_ms() - start;
        if (status != DQL_OK) return status;
    }
    Value *params = ARENA_ARRAY(s->arena, Value, s->program->n_params + 1);
    int status = params_get(s, s->program->n_params, s->program->params, params);
    if (status != DQL_OK) return status;
    RtError e = {0};
    bool ok = rt_run(s->instance, code_kernels(s->code), params, &s->result, &e);
    code_ran(s->code);
    if (ok) return DQL_OK;
    return report_run_error(s, s->program, &e);
}
