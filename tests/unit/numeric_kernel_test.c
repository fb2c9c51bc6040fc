/* The numeric functions on kernel IR compute the bits of those on C numbers: their kernels are interpreted
 * one lane at a time. */
#include "base/diag.h"
#include "ir/numeric.h"
#include "tests/unit/check.h"

#include <math.h>

typedef union Lane {
    float f;
    double d;
    int32_t i;
    int64_t l;
} Lane;

static bool compare(const KInst *at, Lane x, Lane y) {
    double a = at->in[0]->type == K_F32 ? x.f : x.d, b = at->in[0]->type == K_F32 ? y.f : y.d;
    if (at->in[0]->type == K_I64) return at->pred == KP_NE ? x.l != y.l : (BUG("predicate"), false);
    if (at->pred == KP_LT) return a < b;
    if (at->pred != KP_EQ) BUG("predicate");
    return a == b;
}

/* x op y and so on in one C type; integers in int64, wrapped by the caller */
#define FLOAT_OP(T, FMA, RINT, SQRT, FLOOR, CEIL, FABS, x, y, z)                                             \
    switch (op) {                                                                                            \
    case KI_ADD: return (x) + (y);                                                                           \
    case KI_SUB: return (x) - (y);                                                                           \
    case KI_MUL: return (x) * (y);                                                                           \
    case KI_DIV: return (x) / (y);                                                                           \
    case KI_MIN: return (y) < (x) ? (y) : (x);                                                               \
    case KI_MAX: return (y) > (x) ? (y) : (x);                                                               \
    case KI_NEG: return -(x);                                                                                \
    case KI_ABS: return FABS(x);                                                                             \
    case KI_FMA: return FMA(x, y, z);                                                                        \
    case KI_ROUND: return RINT(x);                                                                           \
    case KI_SQRT: return SQRT(x);                                                                            \
    case KI_FLOOR: return FLOOR(x);                                                                          \
    case KI_CEIL: return CEIL(x);                                                                            \
    default: BUG("float op %s", kop_text(op));                                                               \
    }

static float f32_op(KOp op, float x, float y, float z) {
    FLOAT_OP(float, fmaf, rintf, sqrtf, floorf, ceilf, fabsf, x, y, z)
}
static double f64_op(KOp op, double x, double y, double z) {
    FLOAT_OP(double, fma, rint, sqrt, floor, ceil, fabs, x, y, z)
}

static int64_t int_op(KOp op, int64_t x, int64_t y) {
    switch (op) {
    case KI_ADD: return (int64_t)((uint64_t)x + (uint64_t)y);
    case KI_SUB: return (int64_t)((uint64_t)x - (uint64_t)y);
    case KI_MUL: return (int64_t)((uint64_t)x * (uint64_t)y);
    case KI_AND: return x & y;
    case KI_OR: return x | y;
    case KI_XOR: return x ^ y;
    case KI_NOT: return !x; /* i1 only */
    case KI_SHL: return (int64_t)((uint64_t)x << y);
    case KI_SAR: return x >> y;
    case KI_MAX: return y > x ? y : x;
    default: BUG("integer op %s", kop_text(op));
    }
}

static Lane constant(const KInst *at) {
    if (at->type == K_F32) return (Lane){.f = (float)at->fimm};
    if (at->type == K_F64) return (Lane){.d = at->fimm};
    return (Lane){.l = at->imm};
}

static int64_t as_int(const KInst *at, Lane x) { return at->type == K_I32 ? x.i : x.l; }

static Lane interpret1(const KInst *at, const Lane *v) {
    Lane x = at->n > 0 ? v[at->in[0]->id] : (Lane){0}, y = at->n > 1 ? v[at->in[1]->id] : x;
    Lane z = at->n > 2 ? v[at->in[2]->id] : y;
    KOp op = (KOp)at->op;
    if (op == KI_CONST) return constant(at);
    if (op == KI_BITCAST) return x;
    if (op == KI_CMP) return (Lane){.l = compare(at, x, y)};
    if (op == KI_SELECT) return x.l & 1 ? y : z;
    if (op == KI_FEXT) return (Lane){.d = x.f};
    if (op == KI_FTRUNC) return (Lane){.f = (float)x.d};
    if (op == KI_SITOF) return at->type == K_F32 ? (Lane){.f = (float)x.i} : (Lane){.d = (double)x.l};
    if (at->type == K_F32) return (Lane){.f = f32_op(op, x.f, y.f, z.f)};
    if (at->type == K_F64) return (Lane){.d = f64_op(op, x.d, y.d, z.d)};
    int64_t r = int_op(op, as_int(at->in[0], x), at->n > 1 ? as_int(at->in[1], y) : 0);
    return at->type == K_I32 ? (Lane){.i = (int32_t)r} : (Lane){.l = r};
}

/* The kernel is loads of its inputs, the function, a store. */
static Lane interpret(const Kernel *k, Lane *v, Lane x, Lane y) {
    int loads = 0;
    for (uint32_t i = 0; i < k->body.n; i++) {
        const KInst *at = k->body.at[i];
        if (at->op == KI_STORE) return v[at->in[2]->id];
        if (at->op == KI_PARAM) continue;
        v[at->id] = at->op == KI_LOAD ? (loads++ ? y : x) : interpret1(at, v);
    }
    BUG("no store");
}

static Kernel *build(Arena *a, Op op, KType type) {
    KB *b = kb_new(a, "numeric");
    KInst *in = kb_param(b), *out = kb_param(b), *zero = kb_int(b, K_I64, 1, 0);
    KInst *x = kb_load(b, in, zero, type, 8),
          *y = op == OP_POW || op == OP_ATAN2 ? kb_load(b, in, zero, type, 8) : NULL;
    kb_store(b, out, zero, y ? num_emit2(b, op, x, y) : num_emit(b, op, x));
    return kb_finish(b, NULL);
}

static uint64_t random64(uint64_t *s) {
    *s ^= *s << 13, *s ^= *s >> 7, *s ^= *s << 17;
    return *s;
}

static bool same32(float a, float b) { return memcmp(&a, &b, 4) == 0 || (a != a && b != b); }
static bool same64(double a, double b) { return memcmp(&a, &b, 8) == 0 || (a != a && b != b); }

static void test_op(Arena *a, Op op, int rounds) {
    Kernel *k32 = build(a, op, K_F32), *k64 = build(a, op, K_F64);
    const char *why = NULL;
    CHECK(kernel_verify(k32, a, &why) && kernel_verify(k64, a, &why));
    Lane *v = ARENA_ARRAY(a, Lane, k32->n_values + k64->n_values);
    uint64_t s = 88172645463325252ull;
    int differ = 0;
    for (int i = 0; i < rounds; i++) {
        double near = (double)(int64_t)random64(&s) * 0x1p-63 * (i % 3 ? 20 : 110),
               other = (double)(i % 41 - 20) / 2;
        Lane x32 = {.f = (float)near}, y32 = {.f = (float)other}, x64 = {.d = near}, y64 = {.d = other};
        if (i % 4 == 0) x32.i = (int32_t)random64(&s), x64.l = (int64_t)random64(&s);
        bool two = op == OP_POW || op == OP_ATAN2;
        float want32 = two ? num_eval2_f32(op, x32.f, y32.f) : num_eval_f32(op, x32.f);
        double want64 = two ? num_eval2_f64(op, x64.d, y64.d) : num_eval_f64(op, x64.d);
        differ +=
            !same32(interpret(k32, v, x32, y32).f, want32) + !same64(interpret(k64, v, x64, y64).d, want64);
    }
    CHECK_INT(differ, 0);
}

int main(void) {
    Arena *a = arena_new();
    const Op ops[] = {OP_SQRT, OP_EXP, OP_LOG,   OP_TANH, OP_SIGMOID, OP_ERF,  OP_SIN,
                      OP_COS,  OP_POW, OP_ATAN2, OP_RELU, OP_FLOOR,   OP_CEIL, OP_ROUND};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) test_op(a, ops[i], 20000);
    arena_free(a);
    return check_report("numeric_kernel");
}
