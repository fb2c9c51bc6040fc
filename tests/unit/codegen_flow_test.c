/* Memory, lanes across, loops, ifs, returns and calls, on each level that this processor has. */
#include "base/diag.h"
#include "check.h"
#include "codegen_cpu/jit.h"
#include <stdlib.h>

enum { N = 256 };

static Arena *arena;
static CpuJit *jit;
static uint64_t random_state = 88172645463325252u;
static uint64_t random_u64(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static KInst *i64(KB *b, int64_t v) { return kb_int(b, K_I64, 1, v); }

static DqlKernel compile(Kernel *k) {
    const char *why = NULL;
    DqlKernel fn = cpu_jit_get(jit, k, &why);
    if (!fn) fprintf(stderr, "%s: %s\n", k->label, why);
    CHECK(fn != NULL);
    return fn;
}

typedef struct Bench {
    KB *b;
    KInst *p[5], *i;
} Bench; /* a loop over n in steps of `lanes` with five parameters */

static Bench open_loop(const char *label, KType t, uint16_t lanes, uint32_t carried, KInst *(*init)(KB *)) {
    Bench x = {.b = kb_new(arena, arena_printf(arena, "%s %s x %d", label, ktype_text(t), lanes))};
    for (int k = 0; k < 5; k++) x.p[k] = kb_param(x.b);
    KInst *start = carried ? init(x.b) : NULL;
    x.i = kb_loop(x.b, i64(x.b, 0), kb_count(x.b), i64(x.b, lanes), carried, &start);
    return x;
}

static KInst *zero(KB *b) { return i64(b, 0); }

static _Alignas(64) char A[N * 16 + 64], B[N * 16 + 64], OUT[2 * N * 16 + 64], MASK[N + 64];
static _Alignas(64) int32_t INDEX[N + 64];

static void fill(KType t) {
    for (int k = 0; k < N * 16; k++) A[k] = (char)random_u64(), B[k] = (char)random_u64();
    for (int k = 0; k < N; k++) {
        MASK[k] = (char)(random_u64() & 1);
        if (k / 16 % 4 == 0) MASK[k] = 0;
        if (k / 16 % 4 == 1) MASK[k] = 1;
        INDEX[k] = (int32_t)(random_u64() % N);
        if (t == K_I1) A[k] &= 1, B[k] &= 1;
    }
    memset(OUT, 0x5a, sizeof OUT);
}

static void test_compress(KType t, uint16_t lanes) {
    Bench x = open_loop("compress", t, lanes, 1, zero);
    KInst *m = kb_load(x.b, x.p[1], x.i, K_I1, lanes), *v = kb_load(x.b, x.p[0], x.i, t, lanes);
    KInst *next = kb_compress(x.b, x.p[2], kb_carried(x.b, 0), v, m);
    DqlKernel fn = compile(kb_finish(x.b, kb_result(x.b, kb_loop_end(x.b, &next), 0)));
    fill(t);
    int64_t got = fn((void *const[]){A, MASK, OUT, NULL, NULL}, N), n = 0;
    size_t size = (size_t)ktype_bytes(t);
    int bad = 0;
    for (int k = 0; k < N; k++)
        if (MASK[k]) bad += memcmp(OUT + (size_t)n++ * size, A + (size_t)k * size, size) != 0;
    CHECK_INT(got, n);
    CHECK_INT(bad, 0);
    for (size_t k = (size_t)N * size; k < sizeof OUT; k++)
        bad += OUT[k] != 0x5a; /* at most `lanes` elements are written */
    CHECK_INT(bad, 0);
}

static void test_gather(KType t, KType it, uint16_t lanes, bool masked) {
    Bench x = open_loop(masked ? "gather masked" : "gather", t, lanes, 0, NULL);
    KInst *index = kb_load(x.b, x.p[3], x.i, K_I32, lanes);
    if (it == K_I64) index = kb_convert(x.b, KI_SEXT, index, K_I64);
    KInst *m = masked ? kb_load(x.b, x.p[1], x.i, K_I1, lanes) : NULL;
    kb_store(x.b, x.p[2], x.i, kb_gather(x.b, x.p[0], index, t, m));
    kb_loop_end(x.b, NULL);
    DqlKernel fn = compile(kb_finish(x.b, NULL));
    fill(t);
    for (int k = 0; masked && k < N; k++)
        if (!MASK[k]) INDEX[k] = 0x7f000000; /* must not be read */
    fn((void *const[]){A, MASK, OUT, INDEX, NULL}, N);
    size_t size = (size_t)ktype_bytes(t);
    static const char zeros[16];
    int bad = 0;
    for (size_t k = 0; k < N; k++)
        bad += memcmp(OUT + k * size, masked && !MASK[k] ? zeros : A + (size_t)INDEX[k] * size, size) != 0;
    CHECK_INT(bad, 0);
}

static void test_scatter(KType t, KType it, uint16_t lanes, bool masked) {
    Bench x = open_loop(masked ? "scatter masked" : "scatter", t, lanes, 0, NULL);
    KInst *index = kb_load(x.b, x.p[3], x.i, K_I32, lanes);
    if (it == K_I64) index = kb_convert(x.b, KI_SEXT, index, K_I64);
    KInst *m = masked ? kb_load(x.b, x.p[1], x.i, K_I1, lanes) : NULL;
    kb_scatter(x.b, x.p[2], index, kb_load(x.b, x.p[0], x.i, t, lanes), m);
    kb_loop_end(x.b, NULL);
    DqlKernel fn = compile(kb_finish(x.b, NULL));
    fill(t);
    static char want[sizeof OUT];
    memcpy(want, OUT, sizeof OUT);
    size_t size = (size_t)ktype_bytes(t);
    for (int k = 0; k < N; k++) INDEX[k] %= 37; /* many collisions: the last wins */
    for (size_t k = 0; k < N; k++)
        if (!masked || MASK[k]) memcpy(want + (size_t)INDEX[k] * size, A + k * size, size);
    fn((void *const[]){A, MASK, OUT, INDEX, NULL}, N);
    CHECK(memcmp(want, OUT, sizeof OUT) == 0);
}

static void test_memory(uint16_t lanes) {
    for (int t = K_I1; t <= K_F64; t++) {
        test_compress((KType)t, lanes);
        for (int masked = 0; masked < 2; masked++) {
            test_gather((KType)t, K_I32, lanes, masked);
            test_gather((KType)t, K_I64, lanes, masked);
            test_scatter((KType)t, masked ? K_I32 : K_I64, lanes, masked);
        }
    }
}

/* ---- across lanes ---- */

/* The order that kernel_ops.def states. */
static float halving_sum(const float *v, int lanes) {
    float x[64];
    memcpy(x, v, (size_t)lanes * sizeof *x);
    for (int n = lanes / 2; n >= 1; n /= 2)
        for (int k = 0; k < n; k++) x[k] = x[k] + x[k + n];
    return x[0];
}

static void test_reduce_float(uint16_t lanes) {
    KB *b = kb_new(arena, "reduce floats");
    KInst *in = kb_param(b), *out = kb_param(b), *v = kb_load(b, in, i64(b, 0), K_F32, lanes);
    kb_store(b, out, i64(b, 0), kb_reduce(b, KI_REDUCE_ADD, v));
    kb_store(b, out, i64(b, 1), kb_reduce(b, KI_REDUCE_MIN, v));
    kb_store(b, out, i64(b, 2), kb_reduce(b, KI_REDUCE_MAX, v));
    DqlKernel fn = compile(kb_finish(b, NULL));
    for (int round = 0; round < 20; round++) {
        float x[64], got[3], sum, min, max;
        for (int k = 0; k < lanes; k++) x[k] = (float)(int64_t)random_u64() * 0x1p-40f;
        fn((void *const[]){x, got}, 1);
        sum = halving_sum(x, lanes), min = max = x[0];
        for (int k = 1; k < lanes; k++) min = x[k] < min ? x[k] : min, max = x[k] > max ? x[k] : max;
        CHECK(memcmp(&got[0], &sum, 4) == 0);
        CHECK(memcmp(&got[1], &min, 4) == 0);
        CHECK(memcmp(&got[2], &max, 4) == 0);
    }
}

static void test_reduce_int(uint16_t lanes) {
    KB *b = kb_new(arena, "reduce integers");
    KInst *in = kb_param(b), *mask = kb_param(b), *out = kb_param(b), *z = i64(b, 0);
    KInst *v = kb_load(b, in, z, K_I16, lanes), *m = kb_load(b, mask, z, K_I1, lanes);
    KOp ops[] = {KI_REDUCE_ADD, KI_REDUCE_MIN, KI_REDUCE_MAX, KI_REDUCE_OR};
    for (int k = 0; k < 4; k++)
        kb_store(b, out, i64(b, k), kb_convert(b, KI_SEXT, kb_reduce(b, ops[k], v), K_I64));
    kb_store(b, out, i64(b, 4), kb_convert(b, KI_ZEXT, kb_reduce(b, KI_REDUCE_OR, m), K_I64));
    kb_store(b, out, i64(b, 5), kb_op1(b, KI_POPCOUNT, m));
    kb_store(b, out, i64(b, 6), kb_op1(b, KI_FIRST, m));
    DqlKernel fn = compile(kb_finish(b, NULL));
    for (int round = 0; round < 40; round++) {
        int16_t x[64];
        char mk[64];
        int64_t got[7], want[7] = {0, INT16_MAX, INT16_MIN, 0, 0, 0, lanes};
        for (int k = 0; k < lanes; k++) {
            x[k] = (int16_t)random_u64();
            mk[k] = round == 0 ? 0 : round == 1 ? k == lanes - 1 : round == 2 ? 1 : (char)(random_u64() & 1);
            want[0] = (int16_t)(want[0] + x[k]);
            want[1] = x[k] < want[1] ? x[k] : want[1];
            want[2] = x[k] > want[2] ? x[k] : want[2];
            want[3] = (int16_t)(want[3] | x[k]);
            want[4] |= mk[k];
            want[5] += mk[k];
            if (mk[k] && want[6] == lanes) want[6] = k;
        }
        fn((void *const[]){x, mk, got}, 1);
        for (int k = 0; k < 7; k++) CHECK_INT(got[k], want[k]);
    }
}

/* out = iota + splat(x[0]); lane `at` of it read and replaced */
static void test_lanes(uint16_t lanes) {
    KB *b = kb_new(arena, "lanes");
    KInst *in = kb_param(b), *out = kb_param(b), *z = i64(b, 0), *n = kb_count(b),
          *lane = kb_convert(b, KI_TRUNC, n, K_I32);
    KInst *v = kb_op2(b, KI_ADD, kb_iota(b, K_F64, lanes), kb_splat(b, kb_load(b, in, z, K_F64, 1), lanes));
    KInst *w = kb_insert(b, v, kb_op1(b, KI_NEG, kb_extract(b, v, lane)), lane);
    kb_store(b, out, z, w);
    DqlKernel fn = compile(kb_finish(b, n));
    for (int at = 0; at < lanes; at++) {
        double x = 100.5, got[64];
        CHECK_INT(fn((void *const[]){&x, got}, at), at);
        for (int k = 0; k < lanes; k++) CHECK(got[k] == (k == at ? -(k + x) : k + x));
    }
}

static Int128 random_wide(void) {
    return (Int128)(((unsigned __int128)random_u64() << 64) | random_u64()) >> (random_u64() % 128);
}

/* Vectors of 128 bits: reductions, lane access, bits seen as 64-bit lanes, a loop that carries one. */
static void test_wide(uint16_t lanes) {
    KB *b = kb_new(arena, "wide");
    KInst *in = kb_param(b), *out = kb_param(b), *halves = kb_param(b), *z = i64(b, 0),
          *lane = kb_convert(b, KI_TRUNC, kb_count(b), K_I32);
    KInst *v = kb_load(b, in, z, K_I128, lanes);
    KOp ops[] = {KI_REDUCE_ADD, KI_REDUCE_MIN, KI_REDUCE_MAX, KI_REDUCE_OR};
    for (int k = 0; k < 4; k++) kb_store(b, out, i64(b, k), kb_reduce(b, ops[k], v));
    KInst *one = kb_extract(b, v, lane),
          *w = kb_op2(b, KI_ADD, kb_splat(b, one, lanes), kb_iota(b, K_I128, lanes));
    kb_store(b, out, i64(b, 4), kb_insert(b, w, kb_op1(b, KI_NEG, one), lane));
    KInst *bits = kb_convert(b, KI_BITCAST, v, K_I64);
    kb_store(b, halves, z, bits);
    kb_loop(b, z, i64(b, 3), i64(b, 1), 1, &v);
    KInst *next = kb_op2(b, KI_ADD, kb_carried(b, 0), kb_convert(b, KI_BITCAST, bits, K_I128));
    kb_store(b, out, i64(b, 4 + lanes), kb_result(b, kb_loop_end(b, &next), 0));
    DqlKernel fn = compile(kb_finish(b, NULL));
    Int128 x[16], got[36], back[16];
    for (int at = 0; at < lanes; at++) {
        for (int k = 0; k < lanes; k++) x[k] = random_wide();
        unsigned __int128 sum = 0, any = 0;
        Int128 min = x[0], max = x[0];
        for (int k = 0; k < lanes; k++) {
            sum += (unsigned __int128)x[k], any |= (unsigned __int128)x[k];
            min = x[k] < min ? x[k] : min, max = x[k] > max ? x[k] : max;
        }
        fn((void *const[]){x, got, back}, at);
        CHECK(got[0] == (Int128)sum);
        CHECK(got[1] == min);
        CHECK(got[2] == max);
        CHECK(got[3] == (Int128)any);
        for (int k = 0; k < lanes; k++)
            CHECK(got[4 + k] == (k == at ? -x[at] : (Int128)((unsigned __int128)x[at] + (unsigned)k)));
        CHECK(memcmp(back, x, lanes * sizeof *x) == 0);
        for (int k = 0; k < lanes; k++)
            CHECK((unsigned __int128)got[4 + lanes + k] == 4 * (unsigned __int128)x[k]);
    }
}

/* ---- structure ---- */

/* Sum over i of sum over j < i of j, skipping odd i; returns -1 at once when a[i] is 99. */
static void test_nested(void) {
    KB *b = kb_new(arena, "nested");
    KInst *in = kb_param(b), *z = i64(b, 0), *one = i64(b, 1);
    KInst *i = kb_loop(b, z, kb_count(b), one, 1, &z);
    KInst *bad = kb_cmp(b, KP_EQ, kb_load(b, in, i, K_I64, 1), i64(b, 99));
    kb_if(b, bad);
    kb_return(b, kb_op2(b, KI_SUB, i64(b, -1), i));
    kb_if_end(b, 0, NULL);
    kb_if(b, kb_cmp(b, KP_EQ, kb_op2(b, KI_AND, i, one), z));
    KInst *j = kb_loop(b, z, i, one, 1, &z);
    KInst *inner = kb_op2(b, KI_ADD, kb_carried(b, 0), j);
    KInst *sum = kb_result(b, kb_loop_end(b, &inner), 0);
    kb_else(b, 1, &sum);
    KInst *yield = kb_result(b, kb_if_end(b, 1, &z), 0);
    KInst *next = kb_op2(b, KI_ADD, kb_carried(b, 0), yield);
    DqlKernel fn = compile(kb_finish(b, kb_result(b, kb_loop_end(b, &next), 0)));
    int64_t a[50] = {0}, want = 0;
    for (int64_t n = 0; n < 50; n++) {
        CHECK_INT(fn((void *const[]){a}, n), want);
        if (n % 2 == 0) want += n * (n - 1) / 2;
    }
    a[17] = 99;
    CHECK_INT(fn((void *const[]){a}, 50), -18);
    CHECK_INT(fn((void *const[]){a}, -3), 0);
}

/* Both arms return; what follows is dead. Swapped carried values. */
static void test_returns(void) {
    KB *b = kb_new(arena, "returns");
    KInst *n = kb_count(b), *z = i64(b, 0), *one = i64(b, 1);
    kb_loop(b, z, n, one, 2, (KInst *[]){i64(b, 10), i64(b, 20)});
    KInst *x = kb_carried(b, 0), *y = kb_carried(b, 1);
    KInst *loop = kb_loop_end(b, (KInst *[]){y, x});
    x = kb_result(b, loop, 0), y = kb_result(b, loop, 1);
    kb_if(b, kb_cmp(b, KP_LT, x, y));
    kb_return(b, one);
    kb_else(b, 0, NULL);
    kb_return(b, i64(b, 2));
    kb_if_end(b, 0, NULL);
    DqlKernel fn = compile(kb_finish(b, i64(b, 3)));
    CHECK_INT(fn(NULL, 0), 1);
    CHECK_INT(fn(NULL, 1), 2);
    CHECK_INT(fn(NULL, 2), 1);
}

static int64_t weigh(void *const *args, int64_t n) {
    return *(const int64_t *)args[0] * 1000 + *(const int64_t *)args[1] * 10 + n;
}

static void test_call(void) {
    KB *b = kb_new(arena, "call");
    KInst *x = kb_param(b), *eight = i64(b, 8), *y = kb_offset(b, x, eight);
    kb_prefetch(b, x, eight);
    KInst *r = kb_call(b, "weigh", 2, (KInst *[]){y, x}, kb_count(b));
    KInst *s = kb_call(b, "weigh", 2, (KInst *[]){x, y}, r);
    DqlKernel fn = compile(kb_finish(b, s));
    int64_t a[] = {3, 5};
    CHECK_INT(fn((void *const[]){a}, 7), 3000 + 50 + (5000 + 30 + 7));
    b = kb_new(arena, "call of nothing");
    const char *why = NULL;
    CHECK(cpu_jit_get(jit, kb_finish(b, kb_call(b, "no_such_function", 0, NULL, kb_count(b))), &why) == NULL);
    CHECK_STR(why ? why : "", "code needs a function that is not there");
}

/* Pointers in memory, null tests, values of 128 bits carried. */
static void test_pointers(void) {
    KB *b = kb_new(arena, "pointers");
    KInst *in = kb_param(b), *out = kb_param(b), *z = i64(b, 0),
          *wide = kb_int(b, K_I128, 1, (Int128)1 << 90);
    KInst *i = kb_loop(b, z, kb_count(b), i64(b, 1), 1, &wide);
    KInst *p = kb_load(b, in, i, K_PTR, 1), *null = kb_int(b, K_PTR, 1, 0);
    kb_if(b, kb_cmp(b, KP_NE, p, null));
    KInst *yes = kb_convert(b, KI_SEXT, kb_load(b, p, z, K_I32, 1), K_I128);
    kb_else(b, 1, &yes);
    KInst *no = kb_int(b, K_I128, 1, 0);
    KInst *v = kb_result(b, kb_if_end(b, 1, &no), 0), *next = kb_op2(b, KI_ADD, kb_carried(b, 0), v);
    KInst *sum = kb_result(b, kb_loop_end(b, &next), 0);
    kb_store(b, out, z, sum);
    DqlKernel fn = compile(kb_finish(b, NULL));
    int32_t x = -5, y = 100;
    Int128 got;
    fn((void *const[]){(void *[]){&x, NULL, &y}, &got}, 3);
    CHECK(got == ((Int128)1 << 90) + 95);
}

int main(void) {
    static const CpuSymbol symbols[] = {{"weigh", (const void *)(uintptr_t)weigh}};
    static const uint16_t lanes[] = {1, 2, 4, 8, 16, 32, 64};
    for (int level = CPU_V3; level <= (int)cpu_host_level(); level++) {
        jit = cpu_jit_new(&(CpuOptions){
            .level = (CpuLevel)level, .no_disk = true, .verify = true, .symbols = symbols, .n_symbols = 1});
        arena = arena_new();
        for (size_t k = 0; k < sizeof lanes / sizeof *lanes; k++) {
            test_memory(lanes[k]);
            test_reduce_float(lanes[k]);
            test_reduce_int(lanes[k]);
            test_lanes(lanes[k]);
            if (lanes[k] > 1 && lanes[k] <= 16) test_wide(lanes[k]);
        }
        test_nested();
        test_returns();
        test_call();
        test_pointers();
        cpu_jit_free(jit);
        arena_free(arena);
    }
    return check_report("codegen_flow");
}
