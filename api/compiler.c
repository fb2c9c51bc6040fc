#include "api/compiler.h"
#include "api/prepare.h"
#include "codegen_cpu/jit.h"
#include "runtime/abi.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Kernels that are compiled when dql itself is built; the tool that makes them links without. */
extern const KernelEntry dql_shipped[] __attribute__((weak));

struct Compiler {
    CpuJit *jit;
    Target target;
};

static const CpuSymbol natives[] = {
#define NATIVE(name, where, operands) {#name, (const void *)(uintptr_t)name},
#include "runtime/abi.def"
#undef NATIVE
};

static bool level_of(dql_db *db, CpuLevel *level) {
    CpuLevel host = cpu_host_level();
    if (host == CPU_NONE) {
        report_text(db, DQL_LIMIT, "this processor has no AVX2 and FMA, which generated code needs; --backend=eval works without");
        return false;
    }
    if (!cpu_level_read(db->options.target, level)) *level = host;
    if (*level <= host) return true;
    report_text(db, DQL_USAGE, "this processor is %s and cannot run code for %s", cpu_level_name(host), cpu_level_name(*level));
    return false;
}

static uint32_t cache_bytes(int name, uint32_t otherwise) {
    long v = sysconf(name);
    return v > 0 && v < INT32_MAX ? (uint32_t)v : otherwise;
}

Target target_of(CpuLevel level, uint32_t threads) {
    return (Target){.vector_bytes = level >= CPU_V4 ? 64 : 32, .vector_registers = level >= CPU_V4 ? 32 : 16,
                    .l1_bytes = cache_bytes(_SC_LEVEL1_DCACHE_SIZE, 32 << 10), .l2_bytes = cache_bytes(_SC_LEVEL2_CACHE_SIZE, 1 << 20),
                    .threads = threads};
}

bool compiler_starts_early(const Options *o) { return strcmp(o->tier, "fused") == 0 && strcmp(o->backend, "cpu") == 0; }

Compiler *session_compiler(dql_db *db) {
    CpuLevel level;
    if (db->compiler) return db->compiler;
    if (!level_of(db, &level)) return NULL;
    CpuOptions o = {.level = level, .no_disk = !db->options.cache, .cache_dir = *db->options.cache_dir ? db->options.cache_dir : NULL,
                    .threads = (uint32_t)workers_count(db->rt->workers), .symbols = natives,
                    .n_symbols = sizeof natives / sizeof *natives, .shipped = dql_shipped,
                    .perf_map = db->options.perf_map, .start_llvm = compiler_starts_early(&db->options)};
#ifdef DQL_VERIFY
    o.verify = true;
#endif
    Compiler *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->jit = cpu_jit_new(&o);
    c->target = target_of(level, o.threads);
    return db->compiler = c;
}

void compiler_free(Compiler *c) {
    if (!c) return;
    cpu_jit_free(c->jit);
    free(c);
}

Target compiler_target(const Compiler *c) { return c->target; }

/* ---- code of one statement ---- */
struct Code {
    CpuJit *jit;
    const Lowered *lowered;
    DqlKernel *fn;        /* of the small kernels */
    DqlKernel *fused;     /* of the fused ones, when all_fused */
    _Atomic bool all_fused;
    pthread_mutex_t lock; /* while the job is begun or `fused` filled in */
    const Kernel **missing; /* fused kernels without code */
    uint32_t n_missing;
    int64_t cost_ns;        /* about what compiling them takes */
    _Atomic(CpuJob *) job;  /* compiles them; NULL: not begun */
    RtKernels kernels;
    double wait_ms;       /* compile time that the statement waited for */
    CpuStats before;
};

/* Which of the program's kernels a tier's steps call. */
static bool *kernels_of(const Program *p, Arena *a, bool fused) {
    bool *used = ARENA_ARRAY(a, bool, p->n_kernels + 1);
    for (uint32_t i = 0; i < p->n_pipelines; i++) {
        const Pipeline *l = &p->pipelines[i];
        uint32_t from = fused ? l->fused : l->steps, n = fused ? l->n_fused : l->n_steps;
        for (uint32_t k = from; k < from + n; k++)
            if (!(p->steps[k].flags & STEP_NATIVE)) used[p->steps[k].fn] = true;
    }
    return used;
}

/* Looks the kernels up; those that must be compiled go to missing. */
static uint32_t look_up(Code *c, const bool *used, DqlKernel *fn, const Kernel **missing) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->lowered->n_kernels; i++)
        if (used[i] && !fn[i] && !(fn[i] = cpu_jit_lookup(c->jit, c->lowered->kernels[i]))) missing[n++] = c->lowered->kernels[i];
    return n;
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Compiles and waits. */
static bool compile_now(dql_stmt *s, Code *c, const bool *used, DqlKernel *fn) {
    const Kernel **missing = ARENA_ARRAY(s->arena, const Kernel *, c->lowered->n_kernels + 1);
    uint32_t n = look_up(c, used, fn, missing);
    if (!n) return true;
    double start = now_ms();
    CpuJob *job = cpu_jit_start(c->jit, n, missing);
    if (!cpu_job_wait(job, &s->db->rt->cancel)) {
        cpu_job_free(job);
        return false;
    }
    const char *why = cpu_job_error(job);
    if (why) report_text(s->db, DQL_ERROR, "dql's code generator failed: %s\n", why);
    bool ok = !why && look_up(c, used, fn, missing) == 0;
    cpu_job_free(job);
    c->wait_ms += now_ms() - start;
    return ok;
}

static void begin_fused(Code *c) {
    if (!c->n_missing || atomic_load(&c->job)) return;
    pthread_mutex_lock(&c->lock);
    if (!atomic_load(&c->job)) atomic_store(&c->job, cpu_jit_start(c->jit, c->n_missing, c->missing));
    pthread_mutex_unlock(&c->lock);
}

/* Compiling takes processors from the run. Fused code saves about a third of what is left, so less is not worth it. */
static bool pays(const Code *c, int64_t left) {
#ifdef DQL_HOSTILE
    return c->n_missing > 0 && left >= 0;
#else
    return left > 3 * c->cost_ns;
#endif
}

/* Asked at morsel boundaries by any worker: the fused code once it is all there. */
static const RtKernel *fused_code(void *ctx, uint32_t pipeline, int64_t left) {
    Code *c = ctx;
    (void)pipeline;
    if (atomic_load_explicit(&c->all_fused, memory_order_acquire)) return c->fused;
    if (pays(c, left)) begin_fused(c);
    if (!c->job || !cpu_job_done(c->job)) return NULL;
    pthread_mutex_lock(&c->lock);
    if (!atomic_load(&c->all_fused) && !cpu_job_error(c->job)) {
        for (uint32_t i = 0; i < c->lowered->n_kernels; i++)
            if (!c->fused[i]) c->fused[i] = cpu_jit_lookup(c->jit, c->lowered->kernels[i]);
        atomic_store_explicit(&c->all_fused, true, memory_order_release);
    }
    pthread_mutex_unlock(&c->lock);
    return atomic_load(&c->all_fused) ? c->fused : NULL;
}

static bool every_pipeline_fused(const Program *p) {
    for (uint32_t i = 0; i < p->n_pipelines; i++)
        if (p->pipelines[i].n_steps && !p->pipelines[i].n_fused) return false;
    return true;
}

/* auto: fused code from a cache, or the small kernels now and the fused ones in the background when it pays. */
static bool start_auto(dql_stmt *s, Code *c, const bool *small, const bool *fused) {
    enum { NS_PER_INSTRUCTION = 50000 };
    const Kernel **missing = ARENA_ARRAY(s->arena, const Kernel *, c->lowered->n_kernels + 1);
    uint32_t n = look_up(c, fused, c->fused, missing);
    if (!n) atomic_store(&c->all_fused, true);
    if (!n && every_pipeline_fused(s->program)) return true;
    if (!compile_now(s, c, small, c->fn)) return false;
    c->missing = missing;
    c->n_missing = n;
    for (uint32_t i = 0; i < n; i++) c->cost_ns += (int64_t)NS_PER_INSTRUCTION * kernel_size(missing[i]);
    return true;
}

/* Small kernels that the first run has to compile. */
static void dump_missing(const dql_stmt *s, const Code *c, const bool *small) {
    Buf text = {0};
    for (uint32_t i = 0; i < s->lowered.n_kernels; i++)
        if (small[i] && !cpu_jit_is_shipped(c->jit, s->lowered.kernels[i])) kernel_print(&text, s->lowered.kernels[i]);
    if (text.p) fputs(text.p, stderr);
    buf_free(&text);
}

bool code_get(dql_stmt *s, Code **out) {
    const Program *p = s->program;
    Code *c = calloc(1, sizeof *c);
    if (!(*out = c)) return false;
    c->jit = s->db->compiler->jit;
    c->lowered = &s->lowered;
    c->fn = ARENA_ARRAY(s->arena, DqlKernel, p->n_kernels + 1);
    c->fused = ARENA_ARRAY(s->arena, DqlKernel, p->n_kernels + 1);
    c->before = cpu_jit_stats(c->jit);
    pthread_mutex_init(&c->lock, NULL);
    c->kernels = (RtKernels){.fn = c->fn, .fused = fused_code, .ctx = c};
    const bool *small = kernels_of(p, s->arena, false), *fused = kernels_of(p, s->arena, true);
    if (option_has(&s->db->options.dump, "missing")) dump_missing(s, c, small);
    if (strcmp(s->db->options.tier, "auto") == 0) return start_auto(s, c, small, fused);
    bool only_fused = strcmp(s->db->options.tier, "fused") == 0;
    bool ok = (only_fused && every_pipeline_fused(p)) || compile_now(s, c, small, c->fn);
    if (ok && only_fused) {
        ok = compile_now(s, c, fused, c->fused);
        atomic_store(&c->all_fused, ok);
    }
    return ok;
}

const RtKernels *code_kernels(const Code *c) { return &c->kernels; }

void code_ran(Code *c) { begin_fused(c); }

void code_free(Code *c) {
    if (!c) return;
    cpu_job_free(c->job);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void code_describe(const Code *c, Buf *out) {
    CpuStats now = cpu_jit_stats(c->jit);
    buf_printf(out, "kernels: %llu in memory, %llu shipped, %llu on disk, %llu compiled; waited %.1f ms for the compiler\n",
               (unsigned long long)(now.memory - c->before.memory), (unsigned long long)(now.shipped - c->before.shipped),
               (unsigned long long)(now.disk - c->before.disk), (unsigned long long)(now.compiled - c->before.compiled), c->wait_ms);
}
