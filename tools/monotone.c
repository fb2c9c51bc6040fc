/* dql-monotone: checks on all 2^32 inputs that FLOAT32 exp, ln, tanh, sigmoid and erf are non-decreasing and
 * that NaN gives NaN.  The definitions are compiled here once more, for vectors; the bits are those of
 * ir/numeric.c.
 *     dql-monotone [NAME..]        exit code 1 if some function fails
 */
#include "ir/numeric_c.h"
#include "ir/numeric_f32.h"

#include <pthread.h>
#include <stdio.h>

enum { BLOCK = 4096, THREADS = 2, SHOWN = 5 };

#define LOOP(name)                                                                                           \
    static void name##_block(const float *restrict x, float *restrict y) {                                   \
        for (int i = 0; i < BLOCK; i++) y[i] = f_##name(0, x[i]);                                            \
    }
LOOP(exp)
LOOP(log)
LOOP(tanh)
LOOP(sigmoid)
LOOP(erf)

typedef struct Function {
    const char *name;
    void (*block)(const float *x, float *y);
    float from; /* the function is defined from here */
} Function;

static const Function functions[] = {
    {"exp", exp_block, -INFINITY},         {"ln", log_block, 0},          {"tanh", tanh_block, -INFINITY},
    {"sigmoid", sigmoid_block, -INFINITY}, {"erf", erf_block, -INFINITY},
};

/* The i-th float in ascending order: i = 0 is a NaN with all bits set, later -inf .. -0, 0 .. inf, NaNs. */
static float ascending(uint32_t i) { return f_of_bits(0, (int32_t)(i >> 31 ? i ^ 0x80000000u : ~i)); }

typedef struct Task {
    const Function *fn;
    uint32_t first,
        blocks; /* one input before the first block is computed too, so that no seam is left out */
    uint64_t falls, lost_nans;
} Task;

static void show(const Function *fn, float x0, float y0, float x1, float y1) {
    printf("%s(%a) = %a > %s(%a) = %a\n", fn->name, x0, y0, fn->name, x1, y1);
}

static void check(Task *t, const float *x, const float *y, float *last_x, float *last_y) {
    for (int i = 0; i < BLOCK; i++) {
        if (x[i] != x[i] || x[i] < t->fn->from) {
            if (y[i] == y[i] && ++t->lost_nans <= SHOWN) printf("%s(%a) = %a\n", t->fn->name, x[i], y[i]);
            continue;
        }
        if (!(*last_y <= y[i]) && ++t->falls <= SHOWN) show(t->fn, *last_x, *last_y, x[i], y[i]);
        *last_x = x[i], *last_y = y[i];
    }
}

static void *run(void *arg) {
    Task *t = arg;
    float x[BLOCK], y[BLOCK], last_x = -INFINITY, last_y = -INFINITY;
    for (uint32_t b = 0; b < t->blocks; b++) {
        for (uint32_t i = 0; i < BLOCK; i++) x[i] = ascending(t->first + b * BLOCK + i);
        t->fn->block(x, y);
        check(t, x, y, &last_x, &last_y);
    }
    return NULL;
}

static bool monotone(const Function *fn) {
    Task tasks[THREADS];
    pthread_t threads[THREADS];
    uint32_t blocks = (1u << 20) / THREADS;
    for (uint32_t i = 0; i < THREADS; i++) {
        tasks[i] = (Task){fn, i ? i * blocks * BLOCK - BLOCK : 0, blocks + (i ? 1 : 0), 0, 0};
        if (pthread_create(&threads[i], NULL, run, &tasks[i]) != 0) return false;
    }
    uint64_t falls = 0, lost = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        falls += tasks[i].falls;
        lost += tasks[i].lost_nans;
    }
    printf("%-8s 4294967296 inputs, %llu falls, %llu NaNs lost\n", fn->name, (unsigned long long)falls,
           (unsigned long long)lost);
    return falls == 0 && lost == 0;
}

static bool wanted(const char *name, int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0) return true;
    return argc == 1;
}

int main(int argc, char **argv) {
    bool all = true;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (wanted(functions[i].name, argc, argv)) all = monotone(&functions[i]) && all;
    return all ? 0 : 1;
}
