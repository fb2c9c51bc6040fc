/* The numeric functions: monotone (2^24 of the 2^32 inputs and every seam), close to the C library's, right
 * at the ends. */
#include "ir/numeric.h"
#include "tests/unit/check.h"

#include <math.h>

static float of_bits(uint32_t bits) {
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

/* ascending: 0 is -inf, then -max .. -0, 0, .. inf */
static float ascending(uint32_t i) {
    i += 0x7fffffu;
    return of_bits(i >> 31 ? i ^ 0x80000000u : ~i);
}
enum { ORDERED = 2u * 0x7f800000u + 2u - 1u };

static const Op monotone[] = {OP_EXP,  OP_LOG,  OP_TANH,  OP_SIGMOID, OP_ERF,
                              OP_SQRT, OP_RELU, OP_FLOOR, OP_CEIL,    OP_ROUND};
enum { MONOTONE = sizeof monotone / sizeof *monotone };

static long falls(Op op, uint64_t first, uint64_t last, uint32_t step) {
    float before = -INFINITY;
    long n = 0;
    for (uint64_t i = first; i <= last; i += step) {
        float x = ascending((uint32_t)i), y = num_eval_f32(op, x);
        if ((op == OP_LOG || op == OP_SQRT) && x < 0) continue;
        n += !(before <= y);
        before = y;
    }
    return n;
}

static uint32_t place(float x) { /* inverse of ascending */
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return (bits >> 31 ? ~bits : bits ^ 0x80000000u) - 0x7fffffu;
}

static void test_monotone(void) {
    const float seams[] = {0.625f,      0.875f,      -0.625f, -0.875f, -16.0f, 1.0f,
                           0.70710678f, 1.41421356f, 4.0f,    -4.0f,   89.0f,  -104.0f};
    for (int f = 0; f < MONOTONE; f++) {
        CHECK_INT(falls(monotone[f], 0, ORDERED, 256), 0);
        for (size_t s = 0; s < sizeof seams / sizeof *seams; s++)
            CHECK_INT(falls(monotone[f], place(seams[s]) - 3000, place(seams[s]) + 3000, 1), 0);
        for (int k = -150; k < 129; k++) { /* between two powers of 2 of exp's result, and of ln's argument */
            CHECK_INT(falls(monotone[f], place((k + 0.5f) * 0.69314718f) - 20,
                            place((k + 0.5f) * 0.69314718f) + 20, 1),
                      0);
            float at = ldexpf(0.70710678f, k);
            if (at > 0) CHECK_INT(falls(monotone[f], place(at) - 20, place(at) + 20, 1), 0);
        }
    }
}

static double sigmoid(double x) { return x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)); }

static double ulps32(float got, double want) {
    if (got == (float)want || (got != got && want != want)) return 0;
    int e;
    frexp(want, &e);
    return fabs(got - want) / ldexp(1, (e < -125 ? -125 : e) - 24);
}

static double ulps64(double got, double want) {
    if (got == want || (got != got && want != want)) return 0;
    int e;
    frexp(want, &e);
    return fabs(got - want) / ldexp(1, (e < -1021 ? -1021 : e) - 53);
}

static void test_error(void) {
    static const struct {
        Op op;
        double (*want)(double);
        double most32, most64; /* the C library's own error is below 1 for these */
    } at[] = {{OP_EXP, exp, 1.01, 2},        {OP_LOG, log, 0.9, 2}, {OP_TANH, tanh, 1.2, 3},
              {OP_SIGMOID, sigmoid, 1.7, 4}, {OP_ERF, erf, 0.9, 2}, {OP_SIN, sin, 0.51, 2},
              {OP_COS, cos, 0.51, 2}};
    for (size_t f = 0; f < sizeof at / sizeof *at; f++) {
        double worst32 = 0, worst64 = 0;
        for (uint64_t i = 0; i < 1u << 20; i++) {
            float x = ascending((uint32_t)(i * ORDERED >> 20));
            worst32 = fmax(worst32, ulps32(num_eval_f32(at[f].op, x), at[f].want(x)));
            double y = x * (1 + (double)i * 0x1p-50);
            worst64 = fmax(worst64, ulps64(num_eval_f64(at[f].op, y), at[f].want(y)));
        }
        if (worst32 > at[f].most32 || worst64 > at[f].most64)
            fprintf(stderr, "op %d: %g %g\n", at[f].op, worst32, worst64);
        CHECK(worst32 <= at[f].most32 && worst64 <= at[f].most64);
    }
}

static void test_ends(void) {
    for (int f = 0; f < MONOTONE; f++) {
        CHECK(isnan(num_eval_f32(monotone[f], NAN)) && isnan(num_eval_f64(monotone[f], NAN)));
        CHECK(isnan(num_eval_f32(monotone[f], of_bits(0xff812345u))));
    }
    CHECK(num_eval_f32(OP_EXP, -INFINITY) == 0 && num_eval_f32(OP_EXP, INFINITY) == INFINITY);
    CHECK(num_eval_f32(OP_EXP, 0) == 1 && num_eval_f32(OP_EXP, 88.72284f) == INFINITY);
    CHECK(num_eval_f32(OP_EXP, -103.0f) == 0x1p-149f && num_eval_f64(OP_EXP, -745.0) == 0x1p-1074);
    CHECK(num_eval_f32(OP_LOG, 1) == 0 && num_eval_f32(OP_LOG, 0) == -INFINITY &&
          num_eval_f32(OP_LOG, -0.0f) == -INFINITY);
    CHECK(isnan(num_eval_f32(OP_LOG, -1)) && num_eval_f32(OP_LOG, INFINITY) == INFINITY);
    CHECK(fabsf(num_eval_f32(OP_LOG, 0x1p-149f) + 103.27893f) < 1e-5f);
    CHECK(num_eval_f32(OP_TANH, INFINITY) == 1 && num_eval_f32(OP_TANH, -INFINITY) == -1);
    CHECK(signbit(num_eval_f32(OP_TANH, -0.0f)) && signbit(num_eval_f32(OP_ERF, -0.0f)) &&
          signbit(num_eval_f64(OP_SIN, -0.0)));
    CHECK(num_eval_f32(OP_TANH, 0x1p-149f) == 0x1p-149f);
    CHECK(num_eval_f32(OP_SIGMOID, 0) == 0.5f && num_eval_f32(OP_SIGMOID, INFINITY) == 1 &&
          num_eval_f32(OP_SIGMOID, -INFINITY) == 0);
    CHECK(num_eval_f32(OP_SIGMOID, -100) == num_eval_f32(OP_EXP, -100) && num_eval_f32(OP_SIGMOID, -100) > 0);
    CHECK(num_eval_f32(OP_ERF, INFINITY) == 1 && num_eval_f64(OP_ERF, -INFINITY) == -1);
    CHECK(isnan(num_eval_f64(OP_SIN, INFINITY)) && isnan(num_eval_f32(OP_COS, -INFINITY)) &&
          num_eval_f64(OP_COS, 0) == 1);
    CHECK(num_eval_f64(OP_SIN, 1e22) == -0.8522008497671888 &&
          num_eval_f64(OP_SIN, 0x1.fffffffffffffp+1023) == 0.004961954789184062);
    CHECK(num_eval_f32(OP_RELU, -1) == 0 && num_eval_f32(OP_RELU, 2) == 2 &&
          num_eval_f64(OP_CEIL, -0.5) == 0);
}

static void test_pow(void) {
    const double at[] = {-INFINITY, -3, -2.5, -2, -1,    -0.5,      -0.0,     0,  0.5,
                         1,         2,  2.5,  3,  1e300, 0x1p-1074, INFINITY, NAN};
    enum { COUNT = sizeof at / sizeof *at };
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            double got = num_eval2_f64(OP_POW, at[i], at[j]), want = pow(at[i], at[j]);
            bool same = ulps64(got, want) <= 1 && (isnan(want) || signbit(got) == signbit(want));
            if (!same) fprintf(stderr, "pow(%g, %g) = %g, not %g\n", at[i], at[j], got, want);
            CHECK(same);
        }
    CHECK(num_eval2_f32(OP_POW, 2, 10) == 1024 && num_eval2_f32(OP_POW, 10, 38) == 1e38f &&
          num_eval2_f32(OP_POW, 10, 39) == INFINITY);
    CHECK(num_eval2_f64(OP_POW, 10, 15) == 1e15 && num_eval2_f64(OP_POW, 3, 20) == 3486784401.0);
}

static void test_atan2(void) {
    const double at[] = {-INFINITY, -1e308, -3,  -1, -0.4142, -1e-310, -0.0,     0,
                         1e-310,    0.4143, 0.5, 1,  2.5,     1e300,   INFINITY, NAN};
    enum { COUNT = sizeof at / sizeof *at };
    for (int i = 0; i < COUNT; i++)
        for (int j = 0; j < COUNT; j++) {
            double got = num_eval2_f64(OP_ATAN2, at[i], at[j]), want = atan2(at[i], at[j]);
            bool same = ulps64(got, want) <= 2 && (isnan(want) || signbit(got) == signbit(want));
            if (!same) fprintf(stderr, "atan2(%g, %g) = %a, not %a\n", at[i], at[j], got, want);
            CHECK(same);
            float got32 = num_eval2_f32(OP_ATAN2, (float)at[i], (float)at[j]);
            CHECK(isnan(want) ? isnan(got32) : got32 == (float)atan2((float)at[i], (float)at[j]));
        }
}

int main(void) {
    CHECK(num_is_unary(OP_EXP) && !num_is_unary(OP_POW) && !num_is_unary(OP_ADD));
    test_monotone();
    test_error();
    test_ends();
    test_pow();
    test_atan2();
    return check_report("numeric");
}
