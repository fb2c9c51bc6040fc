/* The numeric functions on C numbers. */
#include "ir/numeric.h"
#include "base/diag.h"
#include "ir/numeric_c.h"

#include "ir/numeric_f32.h"
#include "ir/numeric_f64.h"

/* clang-format off */
static float f_sqrt(N n, float x) { (void)n; return sqrtf(x); }
static float f_sin(N n, float x) { return (float)d_sin(n, x); }
static float f_cos(N n, float x) { return (float)d_cos(n, x); }
static float f_floor(N n, float x) { (void)n; return floorf(x); }
static float f_ceil(N n, float x) { (void)n; return ceilf(x); }
static float f_round(N n, float x) { (void)n; return rintf(x); }
static float f_relu(N n, float x) { return f_max(n, x, 0); }
static double d_sqrt(N n, double x) { (void)n; return sqrt(x); }
static double d_floor(N n, double x) { (void)n; return floor(x); }
static double d_ceil(N n, double x) { (void)n; return ceil(x); }
static double d_relu(N n, double x) { return d_max(n, x, 0); }
/* clang-format on */

static const struct Function {
    float (*f32)(N n, float x);
    double (*f64)(N n, double x);
} functions[OP_COUNT_] = {
    [OP_SQRT] = {f_sqrt, d_sqrt},    [OP_EXP] = {f_exp, d_exp},    [OP_LOG] = {f_log, d_log},
    [OP_TANH] = {f_tanh, d_tanh},    [OP_ERF] = {f_erf, d_erf},    [OP_SIGMOID] = {f_sigmoid, d_sigmoid},
    [OP_SIN] = {f_sin, d_sin},       [OP_COS] = {f_cos, d_cos},    [OP_CEIL] = {f_ceil, d_ceil},
    [OP_FLOOR] = {f_floor, d_floor}, [OP_RELU] = {f_relu, d_relu}, [OP_ROUND] = {f_round, d_round},
};

bool num_is_unary(Op op) { return functions[op].f32 != NULL; }

float num_eval_f32(Op op, float x) {
    if (!num_is_unary(op)) BUG("op %d is no numeric function of one number", (int)op);
    return functions[op].f32(0, x);
}

double num_eval_f64(Op op, double x) {
    if (!num_is_unary(op)) BUG("op %d is no numeric function of one number", (int)op);
    return functions[op].f64(0, x);
}

static double (*of_two(Op op))(N n, double x, double y) {
    if (op != OP_POW && op != OP_ATAN2) BUG("op %d is no numeric function of two numbers", (int)op);
    return op == OP_POW ? d_pow : d_atan2;
}

float num_eval2_f32(Op op, float x, float y) { return (float)of_two(op)(0, x, y); }
double num_eval2_f64(Op op, double x, double y) { return of_two(op)(0, x, y); }
