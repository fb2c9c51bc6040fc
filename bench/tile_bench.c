/* Speed of contraction tiles on one thread, against the FMA peak measured in the same run.
 *   tile_bench [level [nr mr]] | peak
 * Medians of interleaved runs; a figure is the median's GFLOP/s and its part of the peak. */
#include "codegen_cpu/jit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 21 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static KInst *i64(KB *b, int64_t v) { return kb_int(b, K_I64, 1, v); }

/* n rounds of `acc` independent FMAs of 16 lanes */
static Kernel *peak_kernel(Arena *a, uint32_t acc) {
    KB *b = kb_new(a, "peak");
    KInst *out = kb_param(b), *init[16], *next[16], *x = kb_float(b, K_F32, 16, 0.999);
    for (uint32_t k = 0; k < acc; k++) init[k] = kb_float(b, K_F32, 16, k);
    kb_loop(b, i64(b, 0), kb_count(b), i64(b, 1), acc, init);
    for (uint32_t k = 0; k < acc; k++) next[k] = kb_fma(b, kb_carried(b, k), x, x);
    KInst *loop = kb_loop_end(b, next);
    for (uint32_t k = 0; k < acc; k++) kb_store(b, out, i64(b, 16 * k), kb_result(b, loop, k));
    return kb_finish(b, NULL);
}

/* out[row][n] = max(0, sum + bias[n]).  Dense: one image of n rows; convolution: n images of oh * ow rows. */
typedef struct Layer {
    const char *name;
    int64_t m, k, n;             /* dense */
    int64_t h, w, c, kh, stride; /* convolution: output size, channels, window; m = h * w */
    KType a_type;
} Layer;

static Kernel *layer_kernel(Arena *a, const Layer *l, uint32_t nr, uint32_t mr) {
    KB *b = kb_new(a, l->name);
    KInst *x = kb_param(b), *w = kb_param(b), *bias = kb_param(b), *out = kb_param(b), *rows = kb_param(b);
    bool conv = l->kh > 0;
    int64_t wide = (l->w - 1) * l->stride + l->kh, high = (l->h - 1) * l->stride + l->kh;
    KTile t = {.a_type = l->a_type,
               .a = x,
               .b = w,
               .n = i64(b, l->n),
               .nr = nr,
               .mr = mr,
               .rows = conv ? rows : NULL};
    t.images = conv ? kb_count(b) : i64(b, 1);
    t.image_stride = i64(b, conv ? high * wide * l->c : 0);
    t.m = conv ? i64(b, l->h * l->w) : kb_count(b);
    t.row_stride = i64(b, l->k);
    t.outer = i64(b, conv ? l->kh : 1);
    t.outer_stride = i64(b, conv ? wide * l->c : 0);
    t.inner = i64(b, conv ? l->kh * l->c : l->k);
    KInst *row, *col, *acc, *pitch = i64(b, (l->n + 15) / 16 * 16), *zero = kb_float(b, K_F32, 16, 0);
    kb_tile(b, &t, &row, &col, &acc);
    KInst *v = kb_op2(b, KI_ADD, acc, kb_load(b, bias, col, K_F32, 16));
    kb_store(b, out, kb_op2(b, KI_ADD, kb_op2(b, KI_MUL, row, pitch), col), kb_op2(b, KI_MAX, v, zero));
    kb_tile_end(b);
    return kb_finish(b, NULL);
}

static void *room(size_t bytes) {
    void *p = aligned_alloc(64, (bytes + 8191) / 4096 * 4096);
    memset(p, 0, bytes);
    return p;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *t) {
    qsort(t, RUNS, sizeof *t, by_value);
    return t[RUNS / 2];
}

/* Seconds of one call: median of runs of about 10 ms. */
static double measure(DqlKernel fn, void *const *args, int64_t n) {
    double t[RUNS], start = now();
    fn(args, n);
    int inner = (int)(0.01 / (now() - start + 1e-7)) + 1;
    for (int r = 0; r < RUNS; r++) {
        start = now();
        for (int k = 0; k < inner; k++) fn(args, n);
        t[r] = (now() - start) / inner;
    }
    return median(t);
}

/* Half as many accumulators of AVX2's 16 registers. */
static double peak(CpuJit *jit, Arena *a, CpuLevel level) {
    float out[256];
    uint32_t acc = level == CPU_V3 ? 6 : 12;
    DqlKernel fn = cpu_jit_get(jit, peak_kernel(a, acc), NULL);
    return 100000.0 * acc * 32 / measure(fn, (void *const[]){out}, 100000) * 1e-9;
}

static void bench(CpuJit *jit, Arena *a, CpuLevel level, const Layer *l, uint32_t nr, uint32_t mr) {
    bool conv = l->kh > 0;
    int64_t wide = (l->w - 1) * l->stride + l->kh, high = (l->h - 1) * l->stride + l->kh;
    int64_t rows = conv ? l->h * l->w : l->m, depth = conv ? l->kh * l->kh * l->c : l->k;
    int64_t inputs = conv ? high * wide * l->c : l->m * l->k, panels = (l->n + nr - 1) / nr * nr;
    float *x = room((size_t)inputs * 4), *w = room((size_t)(panels * depth) * 4),
          *bias = room((size_t)panels * 4);
    float *out = room((size_t)(rows * (panels + 16)) * 4);
    int32_t *offsets = room((size_t)rows * 4);
    for (int64_t i = 0; i < rows && conv; i++)
        offsets[i] = (int32_t)((i / l->w * wide + i % l->w) * l->stride * l->c);
    double start = now();
    DqlKernel fn = cpu_jit_get(jit, layer_kernel(a, l, nr, mr), NULL);
    double compile = now() - start, top = peak(jit, a, level);
    double t = measure(fn, (void *const[]){x, w, bias, out, offsets}, conv ? 1 : l->m);
    double speed = 2.0 * (double)(rows * l->n * depth) / t * 1e-9;
    printf("%-28s nr %u mr %2u  %8.1f us  %6.1f GFLOP/s  %5.1f %% of %.0f  compiled in %.1f ms\n", l->name,
           nr, mr, t * 1e6, speed, 100 * speed / top, top, compile * 1e3);
    free(x), free(w), free(bias), free(out), free(offsets);
}

int main(int argc, char **argv) {
    static const Layer layers[] = {
        {"dense 1024x1024, M=1", 1, 1024, 1024, .a_type = K_F32},
        {"dense 1024x1024, M=8", 8, 1024, 1024, .a_type = K_F32},
        {"dense 1024x1024, M=64", 64, 1024, 1024, .a_type = K_F32},
        {"dense 1024x1024, M=1024", 1024, 1024, 1024, .a_type = K_F32},
        {"dense 784x256, M=1000", 1000, 784, 256, .a_type = K_F32},
        {"dense 784x256 u8, M=1000", 1000, 784, 256, .a_type = K_I8},
        {"dense 256x128, M=1000", 1000, 256, 128, .a_type = K_F32},
        {"dense 64x64, M=2000", 2000, 64, 64, .a_type = K_F32},
        {"dense 784x10, M=1000", 1000, 784, 10, .a_type = K_F32},
        {"dense 784x10 u8, M=1000", 1000, 784, 10, .a_type = K_I8},
        {"conv 3x3 64-64 56x56", 0, 0, 64, 56, 56, 64, 3, 1, K_F32},
        {"conv 3x3 256-256 14x14", 0, 0, 256, 14, 14, 256, 3, 1, K_F32},
        {"conv 3x3 512-512 7x7", 0, 0, 512, 7, 7, 512, 3, 1, K_F32},
        {"conv 7x7/2 3-64 112x112", 0, 0, 64, 112, 112, 3, 7, 2, K_F32},
        {"conv 1x1 256-64 56x56", 0, 0, 64, 56, 56, 256, 1, 1, K_F32},
    };
    CpuLevel level = cpu_host_level();
    bool only_peak = argc == 2 && strcmp(argv[1], "peak") == 0;
    if (argc > 1 && !only_peak && !cpu_level_read(argv[1], &level))
        return fprintf(stderr, "tile_bench [level [nr mr]] | peak\n"), 2;
    Arena *a = arena_new();
    CpuJit *jit = cpu_jit_new(&(CpuOptions){.level = level, .no_disk = true, .verify = true});
    printf("%s\n", cpu_level_name(level));
    if (only_peak) printf("%.1f GFLOP/s\n", peak(jit, a, level));
    for (size_t i = 0; i < sizeof layers / sizeof *layers && !only_peak; i++) {
        uint32_t nr = layers[i].n <= 16 ? 16 : 64, mr = layers[i].n <= 16 ? 12 : 6;
        if (argc > 4 && !strstr(layers[i].name, argv[4])) continue;
        if (argc > 3) nr = (uint32_t)atoi(argv[2]), mr = (uint32_t)atoi(argv[3]);
        bench(jit, a, level, &layers[i], nr, mr);
    }
    cpu_jit_free(jit);
    arena_free(a);
    return 0;
}
