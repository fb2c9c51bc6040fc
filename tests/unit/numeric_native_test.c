/* The numeric functions as native code of each level compute the bits of those on C numbers, on the inputs where any
 * last place could differ: all exponents, seams, NaN, infinities, denormals. */
#include "check.h"
#include "codegen_cpu/jit.h"
#include "ir/numeric.h"

#include <math.h>
#include <time.h>

enum { LANES = 16, BATCH = 4096, BATCHES = 32 };

static float x32[BATCH], y32[BATCH], z32[BATCH];
static double x64[BATCH], y64[BATCH], z64[BATCH];

static uint64_t state = 88172645463325252ull;
static uint64_t random64(void) {
    state ^= state << 13, state ^= state >> 7;
    return state ^= state << 17;
}

/* Half any bits, half near the numbers people use. */
static void fill(void) {
    for (int i = 0; i < BATCH; i++) {
        uint64_t a = random64(), b = random64();
        memcpy(&x32[i], &a, 4), memcpy(&x64[i], &a, 8);
        memcpy(&y32[i], &b, 4), memcpy(&y64[i], &b, 8);
        if (i % 2) x64[i] = (double)(int64_t)a * 0x1p-63 * (i % 4 == 1 ? 20 : 110), x32[i] = (float)x64[i];
        if (i % 2) y64[i] = (double)(int64_t)b * 0x1p-60, y32[i] = (float)y64[i];
        if (i % 16 == 1) y32[i] = rintf(y32[i]), y64[i] = rint(y64[i]);
    }
}

static bool takes_two(Op op) { return op == OP_POW || op == OP_ATAN2; }

/* out[i] = op(x[i]) or op(x[i], y[i]) */
static Kernel *build(Arena *a, Op op, KType t) {
    KB *b = kb_new(a, "numeric");
    KInst *x = kb_param(b), *y = kb_param(b), *out = kb_param(b);
    KInst *i = kb_loop(b, kb_int(b, K_I64, 1, 0), kb_count(b), kb_int(b, K_I64, 1, LANES), 0, NULL);
    KInst *v = kb_load(b, x, i, t, LANES);
    kb_store(b, out, i, takes_two(op) ? num_emit2(b, op, v, kb_load(b, y, i, t, LANES)) : num_emit(b, op, v));
    kb_loop_end(b, NULL);
    return kb_finish(b, NULL);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool same(const void *a, const void *b, size_t n, bool nan) { return nan || memcmp(a, b, n) == 0; }

static int differences32(Op op) {
    int n = 0;
    for (int i = 0; i < BATCH; i++) {
        float want = takes_two(op) ? num_eval2_f32(op, x32[i], y32[i]) : num_eval_f32(op, x32[i]);
        n += !same(&want, &z32[i], 4, isnan(want) && isnan(z32[i]));
    }
    return n;
}

static int differences64(Op op) {
    int n = 0;
    for (int i = 0; i < BATCH; i++) {
        double want = takes_two(op) ? num_eval2_f64(op, x64[i], y64[i]) : num_eval_f64(op, x64[i]);
        n += !same(&want, &z64[i], 8, isnan(want) && isnan(z64[i]));
    }
    return n;
}

static void test_op(CpuJit *jit, Arena *a, Op op, KType t) {
    const char *why = NULL;
    DqlKernel fn = cpu_jit_get(jit, build(a, op, t), &why);
    CHECK_STR(why ? why : "", "");
    if (!fn) return;
    int differ = 0;
    double best = 1e9;
    for (int batch = 0; batch < BATCHES; batch++) {
        fill();
        void *args32[] = {x32, y32, z32}, *args64[] = {x64, y64, z64};
        double start = seconds();
        fn(t == K_F32 ? args32 : args64, BATCH);
        best = fmin(best, seconds() - start);
        differ += t == K_F32 ? differences32(op) : differences64(op);
    }
    CHECK_INT(differ, 0);
    printf(" %s %s %.2f G/s", ktype_text(t), op_info[op].text, BATCH / best * 1e-9);
}

int main(void) {
    const Op ops[] = {OP_SQRT, OP_EXP, OP_LOG, OP_TANH, OP_SIGMOID, OP_ERF, OP_SIN, OP_COS, OP_POW, OP_ATAN2, OP_RELU, OP_FLOOR, OP_ROUND};
    for (int level = CPU_V3; level <= (int)cpu_host_level(); level++) {
        CpuJit *jit = cpu_jit_new(&(CpuOptions){.level = (CpuLevel)level, .no_disk = true, .verify = true, .threads = 1});
        Arena *arena = arena_new();
        printf("%s:", cpu_level_name((CpuLevel)level));
        for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
            test_op(jit, arena, ops[i], K_F32);
            test_op(jit, arena, ops[i], K_F64);
        }
        CpuStats s = cpu_jit_stats(jit);
        printf("; %.0f ms to compile\n", s.compile_ms);
        cpu_jit_free(jit);
        arena_free(arena);
    }
    return check_report("numeric_native");
}
