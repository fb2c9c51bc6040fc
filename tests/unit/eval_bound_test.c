/* Bounds: another order of additions in FLOAT32 stays within them, and they are not much wider than they need
 * be. */
#include "eval_check.h"
#include "ir/eval_bound.h"
#include "ir/numeric.h"

#include <math.h>

enum { IN = 50, HIDDEN = 40, OUT = 10 };

static uint64_t state = 88172645463325252ull;
static double uniform(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (double)(int64_t)state * 0x1p-63;
}

typedef struct Net {
    double x[IN], w1[HIDDEN * IN], b1[HIDDEN], w2[OUT * HIDDEN], b2[OUT];
} Net;

static void fill(double *at, int n) {
    for (int i = 0; i < n; i++) at[i] = (float)uniform();
}

#define INTS(...)                                                                                            \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[]) { __VA_ARGS__ }                                    \
    }

static const Node *layer(const Node *x, const Node *w, const Node *bias) {
    AttrContract a = {INTS(1), INTS(0, 1), INTS(0)};
    return ir_2(ir, OP_ADD, ir_node(ir, OP_CONTRACT, &a, 2, (const Node *[]){x, w}), bias);
}

static const Node *logits_of(const Net *n) {
    const Node *w1 = tensor("TENSOR(FLOAT32, 40, 50) NOT NULL", n->w1),
               *w2 = tensor("TENSOR(FLOAT32, 10, 40) NOT NULL", n->w2);
    const Node *x = tensor("TENSOR(FLOAT32, 50) NOT NULL", n->x),
               *b1 = tensor("TENSOR(FLOAT32, 40) NOT NULL", n->b1);
    return layer(ir_1(ir, OP_RELU, layer(x, w1, b1)), w2, tensor("TENSOR(FLOAT32, 10) NOT NULL", n->b2));
}

static const Node *softmax_of(const Node *logits) {
    AttrDims first = {INTS(0), false};
    return ir_node(ir, OP_SOFTMAX, &first, 1, &logits);
}

/* The same in FLOAT32, terms added from the first or from the last. */
static void layer32(const float *x, const double *w, const double *bias, int n, int k, bool backwards,
                    float *out) {
    for (int i = 0; i < n; i++) {
        float sum = 0;
        for (int j = 0; j < k; j++) {
            int at = backwards ? k - 1 - j : j;
            sum = backwards ? sum + x[at] * (float)w[i * k + at] : fmaf(x[at], (float)w[i * k + at], sum);
        }
        out[i] = sum + (float)bias[i];
    }
}

static void logits32(const Net *n, bool backwards, float *out) {
    float x[IN], h[HIDDEN];
    for (int i = 0; i < IN; i++) x[i] = (float)n->x[i];
    layer32(x, n->w1, n->b1, HIDDEN, IN, backwards, h);
    for (int i = 0; i < HIDDEN; i++) h[i] = h[i] > 0 ? h[i] : 0;
    layer32(h, n->w2, n->b2, OUT, HIDDEN, backwards, out);
}

static void softmax32(const float *x, float *out) {
    float max = x[0], sum = 0;
    for (int i = 1; i < OUT; i++) max = fmaxf(max, x[i]);
    for (int i = 0; i < OUT; i++) sum += out[i] = num_eval_f32(OP_EXP, x[i] - max);
    for (int i = 0; i < OUT; i++) out[i] /= sum;
}

static void check_within(const Node *expr, const float *other, double most) {
    Value v, bound;
    CHECK(ir_eval_bound(&ctx, expr, NULL, 0, &v, &bound));
    bool within = true, tight = true;
    for (int i = 0; i < OUT; i++) {
        double b = tensor_get(&bound, i);
        within &= fabs(tensor_get(&v, i) - other[i]) <= b;
        tight &= b > 0 && b < most;
    }
    CHECK(within);
    CHECK(tight);
}

static double bound_of(const Node *expr) {
    Value v, bound;
    CHECK(ir_eval_bound(&ctx, expr, NULL, 0, &v, &bound));
    return bound.f64;
}

static void test_network(void) {
    Net n;
    float other[OUT], p[OUT];
    for (int round = 0; round < 20; round++) {
        fill((double *)&n, sizeof n / sizeof(double));
        const Node *logits = logits_of(&n);
        for (int backwards = 0; backwards < 2; backwards++) {
            logits32(&n, backwards, other);
            softmax32(other, p);
            check_within(logits, other, 2e-3);
            check_within(softmax_of(logits), p, 5e-3);
        }
    }
}

static void test_decisions(void) {
    Net n;
    fill((double *)&n, sizeof n / sizeof(double));
    const Node *p = ir_2(ir, OP_INDEX, softmax_of(logits_of(&n)), ir_i64(ir, 3));
    Value v;
    CHECK(ir_eval_scalar(&ctx, p, NULL, 0, &v));
    v.f32 = nextafterf(v.f32, 1);
    const Node *near = ir_2(ir, OP_GT, p, ir_const(ir, v)), *far = ir_2(ir, OP_GT, p, lit("FLOAT32", "2"));
    CHECK(bound_of(near) == INFINITY && bound_of(far) == 0);
    CHECK(bound_of(ir_2(ir, OP_AND, far, near)) == 0); /* FALSE whatever the other is */
    CHECK(bound_of(ir_2(ir, OP_OR, far, near)) == INFINITY);
    const Node *choice[] = {near, lit("INTEGER", "1"), lit("INTEGER", "2")};
    CHECK(bound_of(ir_node(ir, OP_CASE, NULL, 3, choice)) == INFINITY);
    CHECK(bound_of(ir_cast(ir, p, type_of("INTEGER"))) == INFINITY &&
          bound_of(ir_cast(ir, p, type_of("DOUBLE"))) > 0);
    AttrDims first = {INTS(0), false};
    CHECK(bound_of(ir_node(ir, OP_ARGMAX, &first, 1, (const Node *[]){logits_of(&n)})) == 0);
    CHECK(bound_of(ir_2(ir, OP_ADD, lit("DOUBLE", "0.1"), lit("DOUBLE", "0.2"))) == 0); /* computed alike */
}

int main(void) {
    eval_check_begin();
    test_network();
    test_decisions();
    return eval_check_end("eval_bound");
}
