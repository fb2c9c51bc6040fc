/* dql-ulp: the largest errors of the numeric functions in units in the last place, where they occur.
 *     dql-ulp [STRIDE]
 * FLOAT32: every STRIDE-th of all 2^32 inputs (default 61; 1: all, minutes) against the C library's double functions.
 * DOUBLE and pow: random inputs of several ranges against its long double ones.
 */
#include "ir/numeric_c.h"
#include "ir/numeric_f32.h"
#include "ir/numeric_f64.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 2, SAMPLES = 4000000 };

static double sigmoid64(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }
static long double sigmoid80(long double x) { return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x)); }
static float f_sin(N n, float x) { return (float)d_sin(n, x); }
static float f_cos(N n, float x) { return (float)d_cos(n, x); }

typedef struct Function {
    const char *name;
    float (*f32)(N n, float x);
    double (*ref32)(double x);
    double (*f64)(N n, double x);
    long double (*ref64)(long double x);
} Function;

static const Function functions[] = {
    {"exp", f_exp, exp, d_exp, expl},      {"ln", f_log, log, d_log, logl},
    {"tanh", f_tanh, tanh, d_tanh, tanhl}, {"sigmoid", f_sigmoid, sigmoid64, d_sigmoid, sigmoid80},
    {"erf", f_erf, erf, d_erf, erfl},      {"sin", f_sin, sin, d_sin, sinl},
    {"cos", f_cos, cos, d_cos, cosl},
};

/* |got - want| in units of want's last place in a format of `digits` bits with smallest exponent `least` */
static long double ulps(long double got, long double want, int digits, int least, long double largest) {
    if (got != got || want != want) return (got != got) == (want != want) ? 0 : INFINITY;
    if (got == want || (fabsl(want) > largest && fabsl(got) == INFINITY)) return 0;
    int e;
    frexpl(want, &e);
    if (e < least) e = least;
    return fabsl(fabsl(got) == INFINITY ? copysignl(ldexpl(1, least == -1021 ? 1024 : 128), got) - want
                                        : got - want) /
           ldexpl(1, e - digits);
}

typedef struct Task {
    const Function *fn;
    uint64_t first, stride;
    long double worst;
    float at;
} Task;

static void *run32(void *arg) {
    Task *t = arg;
    for (uint64_t i = t->first; i < 1ull << 32; i += t->stride) {
        float x = f_of_bits(0, (int32_t)(uint32_t)i);
        long double e = ulps(t->fn->f32(0, x), t->fn->ref32(x), 24, -125, 0x1.fffffep127L);
        if (e > t->worst) t->worst = e, t->at = x;
    }
    return NULL;
}

static void report32(const Function *fn, uint64_t stride) {
    Task tasks[THREADS], *worst = &tasks[0];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        tasks[i] = (Task){fn, (uint64_t)i * stride, THREADS * stride, 0, 0};
        if (pthread_create(&threads[i], NULL, run32, &tasks[i]) != 0) exit(1);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        if (tasks[i].worst > worst->worst) worst = &tasks[i];
    }
    printf("%-8s FLOAT32 %8.3Lf ulp at %a\n", fn->name, worst->worst, worst->at);
}

static uint64_t random64(uint64_t *s) {
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

/* alternately: any bits; uniform in [-scale, scale] */
static double sample(uint64_t *s, double scale) {
    uint64_t bits = random64(s);
    if (bits & 1) return d_of_bits(0, (int64_t)random64(s));
    return ((double)(int64_t)random64(s) * 0x1p-63) * scale;
}

static void report64(const Function *fn) {
    long double worst = 0;
    double at = 0;
    uint64_t s = 88172645463325252ull;
    for (int i = 0; i < SAMPLES; i++) {
        double x = sample(&s, (double[]){1, 6, 40, 750, 1e6}[i % 5]);
        long double e = ulps(fn->f64(0, x), fn->ref64(x), 53, -1021, 0x1.fffffffffffffp1023L);
        if (e > worst) worst = e, at = x;
    }
    printf("%-8s DOUBLE  %8.3Lf ulp at %a\n", fn->name, worst, at);
}

static void report_pow(void) {
    long double worst = 0;
    double at[2] = {0, 0};
    uint64_t s = 2463534242ull;
    for (int i = 0; i < SAMPLES; i++) {
        double x = sample(&s, (double[]){1, 2, 100}[i % 3]),
               y = sample(&s, (double[]){2, 30, 700}[i / 3 % 3]);
        if (i & 1) x = fabs(x);
        long double e = ulps(d_pow(0, x, y), powl(x, y), 53, -1021, 0x1.fffffffffffffp1023L);
        if (e > worst) worst = e, at[0] = x, at[1] = y;
    }
    printf("%-8s DOUBLE  %8.3Lf ulp at %a, %a\n", "pow", worst, at[0], at[1]);
}

int main(int argc, char **argv) {
    long stride = argc > 1 ? atol(argv[1]) : 61;
    if (stride < 1) return fprintf(stderr, "usage: dql-ulp [STRIDE]\n"), 2;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        report32(&functions[i], (uint64_t)stride);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) report64(&functions[i]);
    report_pow();
    return 0;
}
