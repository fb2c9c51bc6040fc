/* dql-monotone: checks that FLOAT32 exp, ln, tanh, sigmoid and erf, as native code for this machine, never
 * fall over all 2^32 inputs and give NaN for NaN; and on 2^24 inputs, one in each 256, that the evaluator
 * gives the same bits. dql-monotone [NAME..]        exit code 1 if some function fails
 */
#include "codegen_cpu/jit.h"
#include "ir/numeric.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 4096, LANES = 16, MOST_THREADS = 64, SHOWN = 5, SAMPLE = 256 };

static const struct Function {
    Op op;
    float from; /* the function is defined from here */
} functions[] = {
    {OP_EXP, -INFINITY}, {OP_LOG, 0}, {OP_TANH, -INFINITY}, {OP_SIGMOID, -INFINITY}, {OP_ERF, -INFINITY}};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

/* The i-th float in ascending order: i = 0 is a NaN with all bits set, later -inf .. -0, 0 .. inf, NaNs. */
static float ascending(uint32_t i) {
    uint32_t bits = i >> 31 ? i ^ 0x80000000u : ~i;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

typedef struct Task {
    const struct Function *fn;
    DqlKernel kernel;
    uint32_t first,
        blocks; /* one input before the first block is computed too, so that no seam is left out */
    uint64_t falls, lost_nans, differences;
    float last_x, last_y;
} Task;

static void show(const Task *t, float x0, float y0, float x1, float y1) {
    const char *name = op_info[t->fn->op].text;
    printf("%s(%a) = %a > %s(%a) = %a\n", name, x0, y0, name, x1, y1);
}

static void check_each(Task *t, const float *x, const float *y) {
    for (int i = 0; i < BLOCK; i++) {
        if (x[i] != x[i] || x[i] < t->fn->from) {
            if (y[i] == y[i] && ++t->lost_nans <= SHOWN)
                printf("%s(%a) = %a\n", op_info[t->fn->op].text, x[i], y[i]);
            continue;
        }
        if (!(t->last_y <= y[i]) && ++t->falls <= SHOWN) show(t, t->last_x, t->last_y, x[i], y[i]);
        t->last_x = x[i], t->last_y = y[i];
    }
}

static bool rises(const float *y) {
    int falls = 0;
    for (int i = 1; i < BLOCK; i++) falls += !(y[i - 1] <= y[i]);
    return falls == 0;
}

static bool all_nan(const float *y) {
    int nans = 0;
    for (int i = 0; i < BLOCK; i++) nans += y[i] != y[i];
    return nans == BLOCK;
}

/* Blocks inside or outside the domain that are right are seen to be so at once; others one input at a time.
 */
static void check(Task *t, const float *x, const float *y) {
    float from = t->fn->from, x0 = x[0], x1 = x[BLOCK - 1];
    bool inside = x0 >= from && x1 == x1, outside = (x0 != x0 && x1 != x1) || x1 < from;
    if (inside && t->last_y <= y[0] && rises(y)) t->last_x = x1, t->last_y = y[BLOCK - 1];
    else if (!outside || !all_nan(y)) check_each(t, x, y);
}

static void compare(Task *t, uint32_t block, const float *x, const float *y) {
    for (uint32_t s = 0; s < BLOCK / SAMPLE; s++) {
        uint32_t i = s * SAMPLE + (block * 37 + s * 101) % SAMPLE;
        float want = num_eval_f32(t->fn->op, x[i]);
        bool same = memcmp(&want, &y[i], sizeof want) == 0 || (want != want && y[i] != y[i]);
        if (!same && ++t->differences <= SHOWN)
            printf("%s(%a) = %a, evaluated %a\n", op_info[t->fn->op].text, x[i], y[i], want);
    }
}

static void *run(void *arg) {
    Task *t = arg;
    _Alignas(64) float x[BLOCK], y[BLOCK];
    for (uint32_t b = 0; b < t->blocks; b++) {
        for (uint32_t i = 0; i < BLOCK; i++) x[i] = ascending(t->first + b * BLOCK + i);
        t->kernel((void *const[]){x, y}, BLOCK);
        check(t, x, y);
        compare(t, b, x, y);
    }
    return NULL;
}

/* y[i] = op(x[i]) */
static Kernel *build(Arena *a, Op op) {
    KB *b = kb_new(a, op_info[op].text);
    KInst *x = kb_param(b), *y = kb_param(b);
    KInst *i = kb_loop(b, kb_int(b, K_I64, 1, 0), kb_count(b), kb_int(b, K_I64, 1, LANES), 0, NULL);
    kb_store(b, y, i, num_emit(b, op, kb_load(b, x, i, K_F32, LANES)));
    kb_loop_end(b, NULL);
    return kb_finish(b, NULL);
}

static bool monotone(const struct Function *fn, DqlKernel kernel, uint32_t n) {
    Task tasks[MOST_THREADS], sum = {.fn = fn};
    pthread_t threads[MOST_THREADS];
    uint32_t blocks = (1u << 20) / n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t rest = i + 1 == n ? (1u << 20) - n * blocks : 0;
        tasks[i] = (Task){.fn = fn,
                          .kernel = kernel,
                          .first = i ? (i * blocks - 1) * BLOCK : 0,
                          .blocks = blocks + rest + (i ? 1 : 0),
                          .last_x = -INFINITY,
                          .last_y = -INFINITY};
        if (pthread_create(&threads[i], NULL, run, &tasks[i]) != 0) return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        pthread_join(threads[i], NULL);
        sum.falls += tasks[i].falls;
        sum.lost_nans += tasks[i].lost_nans;
        sum.differences += tasks[i].differences;
    }
    printf("%-8s 4294967296 inputs, %llu falls, %llu NaNs lost; %llu of 16777216 evaluated otherwise\n",
           op_info[fn->op].text, (unsigned long long)sum.falls, (unsigned long long)sum.lost_nans,
           (unsigned long long)sum.differences);
    return sum.falls == 0 && sum.lost_nans == 0 && sum.differences == 0;
}

static bool wanted(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return true;
    return argc == 1;
}

int main(int argc, char **argv) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t n = processors < 1 ? 1 : processors > MOST_THREADS ? MOST_THREADS : (uint32_t)processors;
    CpuJit *jit = cpu_jit_new(&(CpuOptions){.level = cpu_host_level(), .no_disk = true, .threads = 1});
    Arena *arena = arena_new();
    bool all = true;
    for (int i = 0; i < FUNCTIONS; i++) {
        const char *why = NULL;
        if (!wanted(op_info[functions[i].op].text, argc, argv)) continue;
        DqlKernel kernel = cpu_jit_get(jit, build(arena, functions[i].op), &why);
        if (!kernel) printf("%s\n", why ? why : "no code");
        all = kernel && monotone(&functions[i], kernel, n) && all;
    }
    cpu_jit_free(jit);
    arena_free(arena);
    return all ? 0 : 1;
}
