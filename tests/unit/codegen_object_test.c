/* Object files: linked by the system's compiler into a library, their table names each kernel at each level,
 * and assembly and LLVM text come out readable. */
#include "check.h"
#include "codegen_cpu/object.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static KInst *i64(KB *b, int64_t v) { return kb_int(b, K_I64, 1, v); }

/* out[i] = x[i] / d as 128 bits, and a call of the program's */
static Kernel *divide(Arena *a) {
    KB *b = kb_new(a, "divide");
    KInst *x = kb_param(b), *out = kb_param(b), *i = kb_loop(b, i64(b, 0), kb_count(b), i64(b, 1), 0, NULL);
    kb_store(b, out, i, kb_op2(b, KI_DIV, kb_load(b, x, i, K_I128, 1), kb_int(b, K_I128, 1, 1000)));
    kb_loop_end(b, NULL);
    return kb_finish(b, kb_call(b, "object_test_native", 1, (KInst *[]){out}, kb_count(b)));
}

static Kernel *scale(Arena *a) {
    KB *b = kb_new(a, "scale");
    KInst *x = kb_param(b), *out = kb_param(b), *i = kb_loop(b, i64(b, 0), kb_count(b), i64(b, 16), 0, NULL);
    kb_store(b, out, i, kb_op2(b, KI_MUL, kb_load(b, x, i, K_F32, 16), kb_iota(b, K_F32, 16)));
    kb_loop_end(b, NULL);
    return kb_finish(b, NULL);
}

static const KernelEntry *row(const KernelEntry *table, const Kernel *k, CpuLevel level) {
    for (; table->fn; table++)
        if (hash128_eq(table->key, kernel_hash(k)) && table->level == (int64_t)level) return table;
    return NULL;
}

static void check_table(const KernelEntry *table, const Kernel *d, const Kernel *s) {
    int n = 0;
    for (; table[n].fn; n++)
        if (n)
            CHECK(table[n - 1].key.hi < table[n].key.hi ||
                  (hash128_eq(table[n - 1].key, table[n].key) && table[n - 1].level < table[n].level));
    CHECK_INT(n, 4);
    for (int l = CPU_V3; l <= CPU_V4 && l <= (int)cpu_host_level(); l++) {
        const KernelEntry *e = row(table, s, (CpuLevel)l);
        float x[16], y[16];
        for (int k = 0; k < 16; k++) x[k] = 2;
        CHECK(e && e->fn((void *const[]){x, y}, 16) == 0 && y[15] == 30);
        e = row(table, d, (CpuLevel)l);
        Int128 a = (Int128)1 << 100, q;
        CHECK(e && e->fn((void *const[]){&a, &q}, 1) == 43);
        CHECK(q == a / 1000);
        Buf text = {0};
        kernel_text(&text, d);
        CHECK_STR(e && e->text ? e->text : "", text.p);
        buf_free(&text);
    }
}

static void linked(Arena *a, const char *dir) {
    const CpuLevel levels[] = {CPU_V3, CPU_V4};
    const Kernel *kernels[] = {divide(a), scale(a), divide(a)};
    CpuFunction *f;
    uint32_t n = cpu_functions(a, 3, kernels, 2, levels, &f);
    char *why = NULL;
    CHECK_INT(n, 4);
    CHECK(cpu_emit_file(&(CpuModule){.n = 2, .functions = f, .verify = true}, arena_printf(a, "%s/a.o", dir),
                        &why));
    CHECK(cpu_emit_file(&(CpuModule){.n = 2, .functions = f + 2, .verify = true},
                        arena_printf(a, "%s/b.o", dir), &why));
    CpuModule table = {
        .n = n, .functions = f, .table = "test_table", .table_only = true, .texts = true, .verify = true};
    CHECK(cpu_emit_file(&table, arena_printf(a, "%s/t.o", dir), &why));
    const char *native =
        "int64_t object_test_native(void *const *args, int64_t n) { return args[0] ? 42 + n : 0; }";
    CHECK(system(arena_printf(a,
                              "cd %s && printf '#include <stdint.h>\\n%s\\n' > n.c && cc -shared -fPIC -o "
                              "lib.so n.c a.o b.o t.o",
                              dir, native)) == 0);
    void *lib = dlopen(arena_printf(a, "%s/lib.so", dir), RTLD_NOW);
    if (!lib) fprintf(stderr, "%s\n", dlerror());
    CHECK(lib != NULL);
    const KernelEntry *t = lib ? dlsym(lib, "test_table") : NULL;
    CHECK(t != NULL);
    if (t) check_table(t, kernels[0], kernels[1]);
    if (lib) dlclose(lib);
}

static void as_text(Arena *a) {
    CpuFunction f = {scale(a), CPU_V4, "k_scale", 0};
    Buf b = {0};
    CHECK(cpu_module_compile(&(CpuModule){.n = 1, .functions = &f, .output = CPU_ASSEMBLY}, &b, NULL));
    CHECK(b.p && strstr(b.p, "k_scale:") && strstr(b.p, "vmulps") && strstr(b.p, "zmm"));
    buf_clear(&b);
    CHECK(cpu_module_compile(&(CpuModule){.n = 1, .functions = &f, .output = CPU_LLVM}, &b, NULL));
    CHECK(b.p && strstr(b.p, "define i64 @k_scale(") && strstr(b.p, "fmul <16 x float>"));
    buf_free(&b);
}

static void not_written(Arena *a) {
    CpuFunction f = {scale(a), CPU_V3, "k_scale", 0};
    char *why = NULL;
    CHECK(!cpu_emit_file(&(CpuModule){.n = 1, .functions = &f}, "/no/such/folder/x.o", &why));
    CHECK_STR(why ? why : "", "/no/such/folder/x.o: No such file or directory");
    free(why);
}

int main(void) {
    char dir[] = "/tmp/dql_object_test.XXXXXX";
    CHECK(mkdtemp(dir) != NULL);
    Arena *a = arena_new();
    linked(a, dir);
    as_text(a);
    not_written(a);
    CHECK(system(arena_printf(a, "rm -r %s", dir)) == 0);
    arena_free(a);
    return check_report("codegen_object");
}
