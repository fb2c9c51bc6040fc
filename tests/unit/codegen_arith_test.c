/* Every arithmetic and conversion instruction against plain C, on edge and random values, for several lanes,
 * on each level that this processor has. All levels meet the same reference, so they agree bit for bit. */
#include "base/diag.h"
#include "check.h"
#include "codegen_cpu/jit.h"
#include <math.h>
#include <stdlib.h>

enum { N = 256 };

typedef union Cell {
    uint64_t half[2];
    Int128 i;
    double f64;
    float f32;
} Cell;

static uint64_t random_state = 88172645463325252u;
static uint64_t random_u64(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static int bits_of(KType t) { return t == K_I1 ? 1 : 8 * ktype_bytes(t); }
static bool is_float(KType t) { return t == K_F32 || t == K_F64; }

/* Sign-extended from the width; i1 is 0 or 1. */
static Int128 wrap(KType t, Int128 v) {
    if (t == K_I1) return v & 1;
    int drop = 128 - bits_of(t);
    return (Int128)((unsigned __int128)v << drop) >> drop;
}

static Int128 edge_int(KType t, int i) {
    int b = bits_of(t);
    Int128 low = (Int128)((unsigned __int128)1 << (b - 1));
    Int128 edges[] = {0,
                      1,
                      -1,
                      2,
                      -2,
                      low,
                      low + 1,
                      ~low,
                      ~low - 1,
                      7,
                      -7,
                      (Int128)1 << (b / 2),
                      ((Int128)1 << (b / 2)) - 1,
                      -((Int128)1 << (b / 2))};
    int n = sizeof edges / sizeof *edges;
    if (i < n * n) return edges[i % n];
    Int128 r = (Int128)(((unsigned __int128)random_u64() << 64) | random_u64());
    return wrap(t, r >> (random_u64() % (unsigned)b));
}

static Int128 edge_int_y(KType t, int i) { return i < 14 * 14 ? edge_int(t, i / 14) : edge_int(t, i); }

static double edge_float(int i) {
    static const double edges[] = {0.0,  -0.0, 1,     -1,       0.5,       1.5, 2.5,
                                   -2.5, 1e30, -1e30, INFINITY, -INFINITY, NAN, 1e-40};
    if (i < 14 * 14) return edges[i % 14];
    return ldexp((double)(int64_t)random_u64() * 0x1p-63, (int)(random_u64() % 60) - 30);
}

static double edge_float_y(int i) { return edge_float(i < 14 * 14 ? i / 14 : i); }

static void put(void *array, KType t, int i, Cell v) {
    memcpy((char *)array + i * ktype_bytes(t), &v, (size_t)ktype_bytes(t));
}

static Cell get(const void *array, KType t, int i) {
    Cell v = {{0, 0}};
    memcpy(&v, (const char *)array + i * ktype_bytes(t), (size_t)ktype_bytes(t));
    if (!is_float(t) && t != K_F16 && t != K_BF16) v.i = wrap(t, v.i);
    return v;
}

static void fill(void *x, void *y, void *z, KType t) {
    for (int i = 0; i < N; i++) {
        Cell a = {{0}}, b = {{0}}, c = {{0}};
        if (t == K_F32)
            a.f32 = (float)edge_float(i), b.f32 = (float)edge_float_y(i), c.f32 = (float)edge_float(N - i);
        else if (t == K_F64) a.f64 = edge_float(i), b.f64 = edge_float_y(i), c.f64 = edge_float(N - i);
        else a.i = wrap(t, edge_int(t, i)), b.i = wrap(t, edge_int_y(t, i)), c.i = wrap(t, edge_int(t, i));
        put(x, t, i, a), put(y, t, i, b), put(z, t, i, c);
    }
}

/* ---- the reference ---- */

static Cell int_ref(KOp op, KType t, Int128 x, Int128 y, Int128 z) {
    typedef unsigned __int128 U;
    U mask = bits_of(t) == 128 ? ~(U)0 : ((U)1 << bits_of(t)) - 1, ux = (U)x & mask, uy = (U)y & mask;
    int b = bits_of(t);
    Int128 r = 0;
    (void)z;
    switch (op) {
    case KI_ADD: r = (Int128)(ux + uy); break;
    case KI_SUB: r = (Int128)(ux - uy); break;
    case KI_MUL: r = (Int128)(ux * uy); break;
    case KI_DIV: r = x / y; break;
    case KI_REM: r = x % y; break;
    case KI_UDIV: r = (Int128)(ux / uy); break;
    case KI_UREM: r = (Int128)(ux % uy); break;
    case KI_ADD_OV:
    case KI_SUB_OV:
    case KI_MUL_OV: {
        Int128 full;
        bool over = op == KI_ADD_OV   ? __builtin_add_overflow(x, y, &full)
                    : op == KI_SUB_OV ? __builtin_sub_overflow(x, y, &full)
                                      : __builtin_mul_overflow(x, y, &full);
        r = over || full != wrap(t, full);
        break;
    }
    case KI_NEG: r = (Int128)(0 - ux); break;
    case KI_AND: r = x & y; break;
    case KI_OR: r = x | y; break;
    case KI_XOR: r = x ^ y; break;
    case KI_NOT: r = ~x; break;
    case KI_SHL: r = (Int128)(ux << (uy % (U)b)); break;
    case KI_SHR: r = (Int128)(ux >> (uy % (U)b)); break;
    case KI_SAR: r = x >> (int)(uy % (U)b); break;
    case KI_MIN: r = y < x ? y : x; break;
    case KI_MAX: r = y > x ? y : x; break;
    case KI_ABS: r = x < 0 ? (Int128)(0 - ux) : x; break;
    case KI_POPCOUNT:
        for (U v = ux; v; v &= v - 1) r++;
        break;
    default: BUG("no reference");
    }
    return (Cell){.i = op == KI_ADD_OV || op == KI_SUB_OV || op == KI_MUL_OV ? r : wrap(t, r)};
}

#define FLOAT_REF(NAME, T, M, S)                                                                             \
    static Cell NAME(KOp op, T x, T y, T z) {                                                                \
        T r = 0;                                                                                             \
        switch (op) {                                                                                        \
        case KI_ADD: r = x + y; break;                                                                       \
        case KI_SUB: r = x - y; break;                                                                       \
        case KI_MUL: r = x * y; break;                                                                       \
        case KI_DIV: r = x / y; break;                                                                       \
        case KI_NEG: r = -x; break;                                                                          \
        case KI_MIN: r = y < x ? y : x; break;                                                               \
        case KI_MAX: r = y > x ? y : x; break;                                                               \
        case KI_ABS: r = fabs##S(x); break;                                                                  \
        case KI_SQRT: r = sqrt##S(x); break;                                                                 \
        case KI_FLOOR: r = floor##S(x); break;                                                               \
        case KI_CEIL: r = ceil##S(x); break;                                                                 \
        case KI_ROUND: r = rint##S(x); break;                                                                \
        case KI_FMA: r = fma##S(x, y, z); break;                                                             \
        default: BUG("no reference");                                                                        \
        }                                                                                                    \
        Cell c = {{0}};                                                                                      \
        c.M = r;                                                                                             \
        return c;                                                                                            \
    }
FLOAT_REF(f32_ref, float, f32, f)
FLOAT_REF(f64_ref, double, f64, )

static Cell reference(KOp op, KType t, Cell x, Cell y, Cell z) {
    if (t == K_F32) return f32_ref(op, x.f32, y.f32, z.f32);
    if (t == K_F64) return f64_ref(op, x.f64, y.f64, z.f64);
    return int_ref(op, t, x.i, y.i, z.i);
}

/* NaNs are equal whatever their bits; all else by bits. */
static bool equal(KType t, Cell a, Cell b) {
    if (t == K_F32 && isnan(a.f32) && isnan(b.f32)) return true;
    if (t == K_F64 && isnan(a.f64) && isnan(b.f64)) return true;
    return a.half[0] == b.half[0] && a.half[1] == b.half[1];
}

/* ---- running ---- */

static _Alignas(64) char X[N * 16 + 64], Y[N * 16 + 64], Z[N * 16 + 64], OUT[N * 16 + 64];
static CpuJit *jit;
static Arena *arena;

static void run(const Kernel *k) {
    const char *why = NULL;
    DqlKernel fn = cpu_jit_get(jit, k, &why);
    if (!fn) {
        fprintf(stderr, "%s: %s\n", k->label, why);
        CHECK(fn);
        return;
    }
    memset(OUT, 0x5a, sizeof OUT);
    CHECK_INT(fn((void *const[]){X, Y, Z, OUT}, N), 0);
}

static int arity(KOp op) { return kop_inputs(op); }

/* out[i] = op(x[i], y[i], z[i]) */
static Kernel *elementwise(KOp op, KType t, uint16_t lanes) {
    KB *b = kb_new(arena, arena_printf(arena, "%s %s x %d", kop_text(op), ktype_text(t), lanes));
    KInst *x = kb_param(b), *y = kb_param(b), *z = kb_param(b), *out = kb_param(b);
    KInst *i = kb_loop(b, kb_int(b, K_I64, 1, 0), kb_count(b), kb_int(b, K_I64, 1, lanes), 0, NULL);
    KInst *a = kb_load(b, x, i, t, lanes), *c = arity(op) > 1 ? kb_load(b, y, i, t, lanes) : NULL;
    if (op == KI_SHL || op == KI_SHR || op == KI_SAR)
        c = kb_op2(b, KI_AND, c, kb_int(b, t, lanes, bits_of(t) - 1));
    KInst *r = arity(op) == 1   ? kb_op1(b, op, a)
               : arity(op) == 2 ? kb_op2(b, op, a, c)
                                : kb_fma(b, a, c, kb_load(b, z, i, t, lanes));
    kb_store(b, out, i, r);
    kb_loop_end(b, NULL);
    return kb_finish(b, NULL);
}

static void make_divisible(KType t) {
    Int128 low = wrap(t, (Int128)((unsigned __int128)1 << (bits_of(t) - 1)));
    for (int i = 0; i < N; i++) {
        Cell x = get(X, t, i), y = get(Y, t, i);
        if (y.i == 0 || (x.i == low && y.i == -1)) put(Y, t, i, (Cell){.i = 3});
    }
}

static void compare(const Kernel *k, KType to, const Cell *want) {
    int bad = 0;
    for (int i = 0; i < N; i++) {
        Cell got = get(OUT, to, i), w = want[i];
        if (!is_float(to) && to != K_F16 && to != K_BF16) w.i = wrap(to, w.i);
        if (equal(to, got, w)) continue;
        if (bad++ == 0)
            fprintf(stderr, "%s: element %d: %016llx %016llx, expected %016llx %016llx\n", k->label, i,
                    (unsigned long long)got.half[1], (unsigned long long)got.half[0],
                    (unsigned long long)w.half[1], (unsigned long long)w.half[0]);
    }
    CHECK_INT(bad, 0);
}

static void check_op(KOp op, KType t, uint16_t lanes) {
    Cell want[N];
    fill(X, Y, Z, t);
    if (op == KI_DIV || op == KI_REM || op == KI_UDIV || op == KI_UREM)
        if (!is_float(t)) make_divisible(t);
    for (int i = 0; i < N; i++) want[i] = reference(op, t, get(X, t, i), get(Y, t, i), get(Z, t, i));
    Kernel *k = elementwise(op, t, lanes);
    run(k);
    compare(k, op == KI_ADD_OV || op == KI_SUB_OV || op == KI_MUL_OV ? K_I1 : t, want);
}

static void arithmetic(uint16_t lanes) {
    static const KOp ints[] = {KI_ADD,    KI_SUB,    KI_MUL, KI_DIV, KI_REM, KI_UDIV,    KI_UREM, KI_ADD_OV,
                               KI_SUB_OV, KI_MUL_OV, KI_NEG, KI_AND, KI_OR,  KI_XOR,     KI_NOT,  KI_SHL,
                               KI_SHR,    KI_SAR,    KI_MIN, KI_MAX, KI_ABS, KI_POPCOUNT};
    static const KOp floats[] = {KI_ADD, KI_SUB,  KI_MUL,   KI_DIV,  KI_NEG,   KI_MIN, KI_MAX,
                                 KI_ABS, KI_SQRT, KI_FLOOR, KI_CEIL, KI_ROUND, KI_FMA};
    for (int t = K_I8; t <= K_I128; t++)
        for (size_t k = 0; k < sizeof ints / sizeof *ints; k++)
            if (t != K_I128 || lanes <= 8) check_op(ints[k], (KType)t, lanes);
    for (int t = K_F32; t <= K_F64; t++)
        for (size_t k = 0; k < sizeof floats / sizeof *floats; k++) check_op(floats[k], (KType)t, lanes);
}

/* ---- comparison and selection ---- */

static bool holds(KPred p, KType t, Cell x, Cell y) {
    typedef unsigned __int128 U;
    double a = t == K_F32 ? (double)x.f32 : x.f64, b = t == K_F32 ? (double)y.f32 : y.f64;
    bool f = is_float(t);
    switch (p) {
    case KP_EQ: return f ? a == b : x.i == y.i;
    case KP_NE: return f ? a != b : x.i != y.i;
    case KP_LT: return f ? a < b : x.i < y.i;
    case KP_LE: return f ? a <= b : x.i <= y.i;
    case KP_GT: return f ? a > b : x.i > y.i;
    case KP_GE: return f ? a >= b : x.i >= y.i;
    case KP_ULT: return (U)x.i < (U)y.i;
    case KP_ULE: return (U)x.i <= (U)y.i;
    case KP_UGT: return (U)x.i > (U)y.i;
    case KP_UGE: return (U)x.i >= (U)y.i;
    }
    return false;
}

/* out[i] = x[i] pred y[i] ? x[i] : z[i], and through i1 in memory */
static void check_cmp(KPred p, KType t, uint16_t lanes) {
    KB *b = kb_new(arena, arena_printf(arena, "cmp %s %s x %d", kpred_text(p), ktype_text(t), lanes));
    KInst *x = kb_param(b), *y = kb_param(b), *z = kb_param(b), *out = kb_param(b);
    KInst *i = kb_loop(b, kb_int(b, K_I64, 1, 0), kb_count(b), kb_int(b, K_I64, 1, lanes), 0, NULL);
    KInst *a = kb_load(b, x, i, t, lanes), *c = kb_cmp(b, p, a, kb_load(b, y, i, t, lanes));
    kb_store(b, out, i, c);
    c = kb_load(b, out, i, K_I1, lanes);
    KInst *s = kb_select(b, c, a, kb_load(b, z, i, t, lanes));
    kb_store(b, x, i, s);
    kb_loop_end(b, NULL);
    Kernel *k = kb_finish(b, NULL);
    Cell want[N], chosen[N];
    fill(X, Y, Z, t);
    for (int n = 0; n < N; n++) {
        want[n] = (Cell){.i = holds(p, t, get(X, t, n), get(Y, t, n))};
        chosen[n] = want[n].i ? get(X, t, n) : get(Z, t, n);
    }
    run(k);
    compare(k, K_I1, want);
    memcpy(OUT, X, sizeof OUT);
    compare(k, t, chosen);
}

static void comparisons(uint16_t lanes) {
    for (int t = K_I8; t <= K_F64; t++)
        for (int p = KP_EQ; p <= (is_float((KType)t) ? KP_GE : KP_UGE); p++)
            if (t != K_F16 && t != K_BF16 && (t != K_I128 || lanes <= 8))
                check_cmp((KPred)p, (KType)t, lanes);
}

/* ---- conversions ---- */

static void check_convert(KOp op, KType from, KType to, uint16_t lanes, const Cell *want) {
    KB *b = kb_new(arena, arena_printf(arena, "%s %s to %s x %d", kop_text(op), ktype_text(from),
                                       ktype_text(to), lanes));
    KInst *x = kb_param(b), *y = kb_param(b), *z = kb_param(b), *out = kb_param(b);
    (void)y, (void)z;
    KInst *i = kb_loop(b, kb_int(b, K_I64, 1, 0), kb_count(b), kb_int(b, K_I64, 1, lanes), 0, NULL);
    kb_store(b, out, i, kb_convert(b, op, kb_load(b, x, i, from, lanes), to));
    kb_loop_end(b, NULL);
    Kernel *k = kb_finish(b, NULL);
    run(k);
    compare(k, to, want);
}

static void int_conversions(uint16_t lanes) {
    Cell want[N];
    for (int from = K_I8; from <= K_I128; from++)
        for (int to = K_I8; to <= K_I128; to++) {
            if (from == to || (lanes > 8 && (from == K_I128 || to == K_I128))) continue;
            fill(X, Y, Z, (KType)from);
            unsigned __int128 low =
                from == K_I128 ? ~(unsigned __int128)0 : ((unsigned __int128)1 << bits_of((KType)from)) - 1;
            for (int i = 0; i < N; i++) want[i] = get(X, (KType)from, i);
            check_convert(to > from ? KI_SEXT : KI_TRUNC, (KType)from, (KType)to, lanes, want);
            for (int i = 0; i < N; i++) want[i].i = (Int128)((unsigned __int128)want[i].i & low);
            if (to > from) check_convert(KI_ZEXT, (KType)from, (KType)to, lanes, want);
        }
    for (int to = K_I8; to <= K_I64; to++) {
        for (int i = 0; i < N; i++) X[i] = (char)(random_u64() & 1), want[i] = (Cell){.i = X[i]};
        check_convert(KI_ZEXT, K_I1, (KType)to, lanes, want);
        for (int i = 0; i < N; i++) want[i].i = -want[i].i;
        check_convert(KI_SEXT, K_I1, (KType)to, lanes, want);
        fill(X, Y, Z, (KType)to);
        for (int i = 0; i < N; i++) want[i].i = get(X, (KType)to, i).i & 1;
        check_convert(KI_TRUNC, (KType)to, K_I1, lanes, want);
    }
}

static void int_float_conversions(uint16_t lanes) {
    Cell want[N];
    for (int t = K_I8; t <= K_I128; t++) {
        if (t == K_I128 && lanes > 8) continue;
        fill(X, Y, Z, (KType)t);
        unsigned __int128 low =
            t == K_I128 ? ~(unsigned __int128)0 : ((unsigned __int128)1 << bits_of((KType)t)) - 1;
        for (int f = K_F32; f <= K_F64; f++)
            for (int u = 0; u < 2; u++) {
                for (int i = 0; i < N; i++) {
                    Int128 v = get(X, (KType)t, i).i;
                    unsigned __int128 w = (unsigned __int128)v & low;
                    want[i] = (Cell){{0, 0}};
                    if (f == K_F32) want[i].f32 = u ? (float)w : (float)v;
                    else want[i].f64 = u ? (double)w : (double)v;
                }
                check_convert(u ? KI_UITOF : KI_SITOF, (KType)t, (KType)f, lanes, want);
            }
        for (int f = K_F32; f <= K_F64; f++) { /* in range only */
            for (int i = 0; i < N; i++) {
                double v = ldexp((double)(int64_t)random_u64() * 0x1p-63,
                                 bits_of((KType)t) - 1 - (int)(random_u64() % 6));
                Cell c = {{0, 0}};
                if (f == K_F32) c.f32 = (float)(v * 0.99);
                else c.f64 = v * 0.99;
                put(X, (KType)f, i, c);
                want[i] = (Cell){.i = f == K_F32 ? (Int128)c.f32 : (Int128)c.f64};
            }
            check_convert(KI_FTOSI, (KType)f, (KType)t, lanes, want);
        }
    }
}

/* The nearest of all finite halves (or bfloat16s), ties to the even one: by search. */
static uint16_t nearest(double v, int mantissa, int max_exp, int min_exp) {
    uint16_t sign = signbit(v) ? 0x8000 : 0;
    if (isnan(v)) return 0xffff;
    v = fabs(v);
    int e;
    frexp(v, &e);
    if (e < min_exp) e = min_exp;
    double ulp = ldexp(1, e - 1 - mantissa), r = rint(v / ulp) * ulp;
    uint16_t inf = (uint16_t)(((1 << (15 - mantissa)) - 1) << mantissa);
    if (isinf(v) || r >= ldexp(1, max_exp)) return sign | inf;
    if (r == 0) return sign;
    frexp(r, &e);
    if (e < min_exp) return sign | (uint16_t)(r / ldexp(1, min_exp - 1 - mantissa));
    int biased = e - min_exp + 1;
    return (uint16_t)(sign | (biased << mantissa) |
                      (int)(ldexp(r, 1 - e) * (1 << mantissa) - (1 << mantissa)));
}

static double widen(uint16_t h, int mantissa, int min_exp) {
    int e = h >> mantissa & ((1 << (15 - mantissa)) - 1), m = h & ((1 << mantissa) - 1);
    double v = e == (1 << (15 - mantissa)) - 1 ? (m ? NAN : INFINITY)
               : e                             ? ldexp((1 << mantissa) + m, e + min_exp - 2 - mantissa)
                                               : ldexp(m, min_exp - 1 - mantissa);
    return h & 0x8000 ? -v : v;
}

static void small_float(KType small, int mantissa, int max_exp, int min_exp, uint16_t lanes) {
    Cell want[N];
    for (int f = K_F32; f <= K_F64; f++) {
        for (int i = 0; i < N; i++) {
            double v = i & 1 ? edge_float(i)
                             : ldexp(1 + (double)(random_u64() >> 12) * 0x1p-52,
                                     min_exp - 12 + (int)(random_u64() % 60));
            if (i % 7 == 0) v = widen((uint16_t)random_u64(), mantissa, min_exp); /* exact */
            if (i % 7 == 1) { /* a tie, or just beside one */
                v = widen((uint16_t)(random_u64() % 0x7000), mantissa, min_exp) +
                    widen(1, mantissa, min_exp) / 2;
                if (i & 2) v = nextafter(v, i & 4 ? INFINITY : -INFINITY);
            }
            Cell c = {{0, 0}};
            if (f == K_F32) c.f32 = (float)v, v = (double)c.f32;
            else c.f64 = v;
            put(X, (KType)f, i, c);
            want[i] = (Cell){.i = nearest(v, mantissa, max_exp, min_exp)};
            if (isnan(v)) { /* any NaN will do: not tested by bits */
                c = (Cell){{0, 0}};
                put(X, (KType)f, i, c);
                want[i] = (Cell){{0, 0}};
            }
        }
        check_convert(KI_FTRUNC, (KType)f, small, lanes, want);
        for (int i = 0; i < N; i++) {
            uint16_t h = (uint16_t)(i < 16 ? i * 0x1000 : (int)random_u64());
            put(X, small, i, (Cell){.i = h});
            want[i] = (Cell){{0, 0}};
            if (f == K_F32) want[i].f32 = (float)widen(h, mantissa, min_exp);
            else want[i].f64 = widen(h, mantissa, min_exp);
        }
        check_convert(KI_FEXT, small, (KType)f, lanes, want);
    }
}

static void float_conversions(uint16_t lanes) {
    Cell want[N];
    fill(X, Y, Z, K_F64);
    for (int i = 0; i < N; i++) want[i] = (Cell){.f32 = (float)get(X, K_F64, i).f64};
    for (int i = 0; i < N; i++) {
        Cell c = {{0, 0}};
        c.f32 = (float)get(X, K_F64, i).f64;
        want[i] = c;
    }
    check_convert(KI_FTRUNC, K_F64, K_F32, lanes, want);
    fill(X, Y, Z, K_F32);
    for (int i = 0; i < N; i++) {
        Cell c = {{0, 0}};
        c.f64 = (double)get(X, K_F32, i).f32;
        want[i] = c;
    }
    check_convert(KI_FEXT, K_F32, K_F64, lanes, want);
    for (int i = 0; i < N; i++) want[i] = (Cell){.i = get(X, K_I32, i).i};
    check_convert(KI_BITCAST, K_F32, K_I32, lanes, want);
    small_float(K_F16, 10, 16, -13, lanes);
    small_float(K_BF16, 7, 128, -125, lanes);
}

int main(void) {
    static const uint16_t lanes[] = {1, 4, 8, 16};
    for (int level = CPU_V3; level <= (int)cpu_host_level(); level++) {
        jit = cpu_jit_new(
            &(CpuOptions){.level = (CpuLevel)level, .no_disk = true, .verify = true, .threads = 1});
        arena = arena_new();
        for (size_t k = 0; k < sizeof lanes / sizeof *lanes; k++) {
            arithmetic(lanes[k]);
            comparisons(lanes[k]);
            int_conversions(lanes[k]);
            int_float_conversions(lanes[k]);
            float_conversions(lanes[k]);
        }
        CpuStats s = cpu_jit_stats(jit);
        printf("%s: %llu kernels compiled in %.0f ms\n", cpu_level_name((CpuLevel)level),
               (unsigned long long)s.compiled, s.compile_ms);
        cpu_jit_free(jit);
        arena_free(arena);
    }
    return check_report("codegen_arith");
}
