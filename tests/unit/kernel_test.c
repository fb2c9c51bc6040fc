/* The kernel IR: building, text form, verifier. */
#include "base/diag.h"
#include "check.h"
#include "ir/kernel.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* sum of x[i] where x[i] > 0, and the count of them, in steps of 8; early return when the count is negative
 */
static Kernel *sample(Arena *a) {
    KB *b = kb_new(a, "sample");
    KInst *x = kb_param(b), *out = kb_param(b), *n = kb_count(b);
    KInst *zero = kb_int(b, K_I64, 1, 0), *eight = kb_int(b, K_I64, 1, 8);
    kb_if(b, kb_cmp(b, KP_LT, n, zero));
    kb_return(b, kb_int(b, K_I64, 1, -7));
    kb_if_end(b, 0, NULL);
    KInst *init[] = {kb_float(b, K_F32, 8, 0.1), zero};
    KInst *i = kb_loop(b, zero, n, eight, 2, init);
    KInst *v = kb_load(b, x, i, K_F32, 8);
    KInst *m = kb_cmp(b, KP_GT, v, kb_float(b, K_F32, 8, 0));
    KInst *sum = kb_op2(b, KI_ADD, kb_carried(b, 0), kb_select(b, m, v, kb_float(b, K_F32, 8, 0)));
    KInst *count = kb_op2(b, KI_ADD, kb_carried(b, 1), kb_op1(b, KI_POPCOUNT, m));
    KInst *loop = kb_loop_end(b, (KInst *[]){sum, count});
    kb_store(b, out, zero, kb_reduce(b, KI_REDUCE_ADD, kb_result(b, loop, 0)));
    KInst *many = kb_cmp(b, KP_GT, kb_result(b, loop, 1), eight);
    kb_if(b, many);
    KInst *yes = kb_int(b, K_I128, 1, (Int128)1 << 100);
    kb_else(b, 1, &yes);
    KInst *no = kb_int(b, K_I128, 1, -1);
    KInst *wide = kb_result(b, kb_if_end(b, 1, &no), 0);
    kb_store(b, out, eight, wide);
    kb_store(b, out, zero, kb_iota(b, K_I16, 32)); /* an operation without operands, followed by a value */
    kb_store(b, out, zero, kb_iota(b, K_F64, 4));
    kb_op1(b, KI_NEG, kb_iota(b, K_I8, 1));
    kb_call(b, "dql_rt_text_length", 2, (KInst *[]){x, out}, n);
    return kb_finish(b, kb_result(b, loop, 1));
}

static Kernel *tile_sample(Arena *a) {
    KB *b = kb_new(a, "tile");
    KInst *x = kb_param(b), *w = kb_param(b), *out = kb_param(b), *m = kb_count(b);
    KInst *one = kb_int(b, K_I64, 1, 1), *zero = kb_int(b, K_I64, 1, 0), *k = kb_int(b, K_I64, 1, 30);
    KTile t = {.a_type = K_F32,
               .a = x,
               .images = one,
               .image_stride = zero,
               .m = m,
               .row_stride = k,
               .outer = one,
               .outer_stride = zero,
               .inner = k,
               .b = w,
               .n = kb_int(b, K_I64, 1, 20),
               .nr = 32,
               .mr = 6};
    KInst *row, *col, *acc;
    kb_tile(b, &t, &row, &col, &acc);
    KInst *at = kb_op2(b, KI_ADD, kb_op2(b, KI_MUL, row, kb_int(b, K_I64, 1, 32)), col);
    kb_store(b, out, at, kb_op2(b, KI_MAX, acc, kb_float(b, K_F32, 16, 0)));
    kb_tile_end(b);
    return kb_finish(b, NULL);
}

static void round_trip(Arena *a, const Kernel *k) {
    Buf one = {0}, two = {0};
    const char *why = NULL;
    kernel_print(&one, k);
    CHECK(kernel_verify(k, a, &why));
    if (why) fprintf(stderr, "%s\n%s", why, one.p);
    Kernel *again = kernel_read(a, one.p, &why);
    if (why) fprintf(stderr, "%s\n%s", why, one.p);
    CHECK(again != NULL);
    buf_clear(&one);
    kernel_text(&one, k);
    if (again) {
        kernel_text(&two, again);
        CHECK_STR(two.p, one.p);
        CHECK(hash128_eq(kernel_hash(k), kernel_hash(again)));
        CHECK_INT(kernel_size(k), kernel_size(again));
    }
    buf_free(&one);
    buf_free(&two);
}

static void refused(Arena *a, const char *body, const char *want) {
    const char *why = NULL;
    Kernel *k = kernel_read(a, arena_printf(a, "kernel 2 {\n%s\n}", body), &why);
    CHECK(k == NULL);
    CHECK_STR(why ? why : "nothing", want);
}

static void mistakes(Arena *a) {
    refused(a, "return v0", "line 2: value used before it is defined");
    refused(a, "v0:i64 = const 1", "a kernel must end with return");
    refused(a, "v0:i64 = frob 1", "line 2: unknown operation");
    refused(a, "v0:ptr = param 2", "line 2: no such parameter");
    refused(a, "v0:i64 = const 1\nv0:i64 = const 2\nreturn v0", "line 3: value defined twice");
    refused(a, "v0:i64 = const 1\nv1:f32 = const 2\nv2:i64 = add v0, v1\nreturn v2",
            "line 4: operands and result differ in type or lanes");
    refused(a, "v0:i64 = const 1\nv1 = loop v0, v0, v0 -> v2:i64 {\nv3:i64 = const 4\n}\nreturn v3",
            "return: operand is not defined here");
    refused(a, "v0:f32x3 = const 1", "line 2: lanes must be a power of two up to 64");
    refused(a, "v0:f32 = const 1\nv1:f32 = and v0, v0",
            "line 3: bitwise operation on a type that is not an integer");
    refused(a, "v0:i64 = const 1\nv1 = if v0 {\n}\nreturn v0", "line 3: condition is not one i1");
    refused(a, "v0:i64 = const 1\nstore v0, v0, v0", "line 3: address is not a pointer");
    refused(a, "v0:i64 = const 1\nreturn v0\n} x {", "line 4: text after the kernel");
}

/* A mistake of the compiler's own aborts at the instruction that is wrong. */
static void builder_aborts(void) {
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen("/dev/null", "w", stderr)) _exit(2);
        KB *b = kb_new(arena_new(), "wrong");
        kb_op2(b, KI_ADD, kb_int(b, K_I64, 1, 1), kb_int(b, K_I32, 1, 1));
        _exit(0);
    }
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void labels_do_not_count(Arena *a) {
    Kernel *x = sample(a), *y = sample(a);
    y->label = "another";
    CHECK(hash128_eq(kernel_hash(x), kernel_hash(y)));
    CHECK(!hash128_eq(kernel_hash(x), kernel_hash(tile_sample(a))));
}

int main(void) {
    Arena *a = arena_new();
    round_trip(a, sample(a));
    round_trip(a, tile_sample(a));
    mistakes(a);
    builder_aborts();
    labels_do_not_count(a);
    arena_free(a);
    return check_report("kernel");
}
