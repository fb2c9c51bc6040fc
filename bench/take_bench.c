/* Taking 2,048 values by positions (0 .. 4,095, ascending with gaps) and compacting: nanoseconds a value, by
 * lanes. */
#include "codegen_cpu/jit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { N = 2048, RUNS = 15, INNER = 400 };

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static KInst *i64(KB *b, int64_t v) { return kb_int(b, K_I64, 1, v); }

static Kernel *take(Arena *a, KType t, uint16_t lanes) {
    KB *b = kb_new(a, "take");
    KInst *in = kb_param(b), *index = kb_param(b), *mask = kb_param(b), *out = kb_param(b);
    (void)mask;
    KInst *i = kb_loop(b, i64(b, 0), kb_count(b), i64(b, lanes), 0, NULL);
    KInst *at = kb_load(b, index, i, K_I32, lanes);
    kb_store(b, out, i,
             lanes == 1 ? kb_load(b, in, kb_convert(b, KI_SEXT, at, K_I64), t, 1)
                        : kb_gather(b, in, at, t, NULL));
    kb_loop_end(b, NULL);
    return kb_finish(b, NULL);
}

static Kernel *compact(Arena *a, KType t, uint16_t lanes) {
    KB *b = kb_new(a, "compact");
    KInst *in = kb_param(b), *index = kb_param(b), *mask = kb_param(b), *out = kb_param(b), *zero = i64(b, 0);
    (void)index;
    KInst *i = kb_loop(b, zero, kb_count(b), i64(b, lanes), 1, &zero);
    KInst *next =
        kb_compress(b, out, kb_carried(b, 0), kb_load(b, in, i, t, lanes), kb_load(b, mask, i, K_I1, lanes));
    return kb_finish(b, kb_result(b, kb_loop_end(b, &next), 0));
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double measure(DqlKernel fn, void *const *args) {
    double t[RUNS];
    for (int r = 0; r < RUNS; r++) {
        double start = now();
        for (int k = 0; k < INNER; k++) fn(args, N);
        t[r] = (now() - start) / INNER / N * 1e9;
    }
    qsort(t, RUNS, sizeof *t, by_value);
    return t[RUNS / 2];
}

int main(int argc, char **argv) {
    static const KType types[] = {K_I8, K_I16, K_I32, K_I64, K_F64, K_I128};
    static const uint16_t lanes[] = {1, 4, 8, 16, 32};
    static _Alignas(64) char in[4096 * 16 + 64], out[4096 * 16], mask[N];
    static _Alignas(64) int32_t index[N];
    CpuLevel level = cpu_host_level();
    if (argc > 1 && !cpu_level_read(argv[1], &level)) return fprintf(stderr, "take_bench [level]\n"), 2;
    for (int k = 0, at = 0; k < N; k++, at += 1 + rand() % 2) index[k] = at % 4096, mask[k] = rand() & 1;
    Arena *a = arena_new();
    CpuJit *jit = cpu_jit_new(&(CpuOptions){.level = level, .no_disk = true});
    printf("%s, ns a value by lanes\n%-14s", cpu_level_name(level), "");
    for (size_t l = 0; l < sizeof lanes / sizeof *lanes; l++) printf("%8u", lanes[l]);
    for (int what = 0; what < 2; what++)
        for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
            printf("\n%-8s%-6s", what ? "compact" : "take", ktype_text(types[t]));
            for (size_t l = 0; l < sizeof lanes / sizeof *lanes; l++) {
                DqlKernel fn = cpu_jit_get(jit, (what ? compact : take)(a, types[t], lanes[l]), NULL);
                printf("%8.3f", measure(fn, (void *const[]){in, index, mask, out}));
            }
        }
    printf("\n");
    cpu_jit_free(jit);
    arena_free(a);
    return 0;
}
