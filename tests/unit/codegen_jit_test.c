/* Where code is found: memory, shipped table, disk with damaged entries, compiler threads; and the loader's
 * refusals. */
#include "base/diag.h"
#include "check.h"
#include "codegen_cpu/jit.h"
#include "codegen_cpu/module.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static Arena *arena;
static char dir[] = "/tmp/dql_jit_test.XXXXXX";

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* n * 3 + add, with a constant vector in it so that the object has constants and relocations */
static Kernel *small_in(Arena *a, int64_t add) {
    KB *b = kb_new(a, "small");
    KInst *n = kb_count(b);
    KInst *v = kb_op2(b, KI_MUL, kb_iota(b, K_I64, 4), kb_splat(b, n, 4)); /* 0 n 2n 3n */
    KInst *three = kb_extract(b, v, kb_int(b, K_I32, 1, 3));
    return kb_finish(b, kb_op2(b, KI_ADD, three, kb_int(b, K_I64, 1, add)));
}

static Kernel *small(int64_t add) { return small_in(arena, add); }

static CpuOptions options(void) {
    return (CpuOptions){.level = cpu_host_level(), .cache_dir = dir, .verify = true};
}

static int files(void) {
    DIR *d = opendir(dir);
    int n = 0;
    for (struct dirent *e; d && (e = readdir(d));) n += e->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

static void each_file(void (*fn)(const char *path)) {
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.') fn(path);
    }
    if (d) closedir(d);
}

static void remove_file(const char *path) { CHECK(unlink(path) == 0); }

static void flip_byte(const char *path) {
    int fd = open(path, O_RDWR);
    struct stat st;
    CHECK(fd >= 0 && fstat(fd, &st) == 0);
    char c = 0;
    CHECK(pread(fd, &c, 1, st.st_size / 2) == 1);
    c ^= 4;
    CHECK(pwrite(fd, &c, 1, st.st_size / 2) == 1);
    close(fd);
}

static void cut_short(const char *path) { CHECK(truncate(path, 100) == 0); }

static void memory_and_disk(void) {
    CpuOptions o = options();
    CpuJit *j = cpu_jit_new(&o);
    CHECK(cpu_jit_lookup(j, small(1)) == NULL);
    DqlKernel fn = cpu_jit_get(j, small(1), NULL);
    CHECK(fn && fn(NULL, 10) == 31);
    CHECK(cpu_jit_lookup(j, small(1)) == fn);
    CHECK_INT(cpu_jit_stats(j).compiled, 1);
    cpu_jit_free(j);
    CHECK_INT(files(), 1);
    j = cpu_jit_new(&o);
    double start = now_ms();
    fn = cpu_jit_lookup(j, small(1));
    double spent = now_ms() - start;
    CHECK(fn && fn(NULL, 10) == 31);
    CHECK_INT(cpu_jit_stats(j).disk, 1);
    CHECK(cpu_jit_lookup(j, small(2)) == NULL);
    cpu_jit_free(j);
    printf("first lookup on disk: %.3f ms\n", spent);
}

/* Whatever is wrong with a file, its kernel is compiled again and the file replaced. */
static void damage(void (*how)(const char *path)) {
    CpuOptions o = options();
    each_file(how);
    CpuJit *j = cpu_jit_new(&o);
    CHECK(cpu_jit_lookup(j, small(1)) == NULL);
    DqlKernel fn = cpu_jit_get(j, small(1), NULL);
    CHECK(fn && fn(NULL, 4) == 13);
    CHECK_INT(cpu_jit_stats(j).compiled, 1);
    cpu_jit_free(j);
    j = cpu_jit_new(&o);
    CHECK(cpu_jit_lookup(j, small(1)) != NULL);
    cpu_jit_free(j);
}

/* A sound file under another kernel's name is no hit: texts are compared. */
static void misnamed(void) {
    CpuOptions o = options();
    CpuJit *j = cpu_jit_new(&o);
    char from[512], to[512], hex[33];
    hash128_hex(cpu_code_key(j, small(1)), hex);
    snprintf(from, sizeof from, "%s/%s", dir, hex);
    hash128_hex(cpu_code_key(j, small(77)), hex);
    snprintf(to, sizeof to, "%s/%s", dir, hex);
    CHECK(link(from, to) == 0);
    CHECK(cpu_jit_lookup(j, small(77)) == NULL);
    DqlKernel fn = cpu_jit_get(j, small(77), NULL);
    CHECK(fn && fn(NULL, 1) == 80);
    cpu_jit_free(j);
}

/* One job of many kernels; kernels that were compiled together are found one by one. */
static void many(void) {
    enum { MANY = 100 };
    CpuOptions o = options();
    o.threads = 2;
    CpuJit *j = cpu_jit_new(&o);
    const Kernel *k[MANY];
    Arena *a = arena_new();
    for (int i = 0; i < MANY; i++) k[i] = small_in(a, 1000 + i / 2);
    CpuJob *job = cpu_jit_start(j, MANY, k);
    arena_free(a); /* kernels need not outlive the call */
    CHECK(cpu_job_wait(job, NULL));
    CHECK(cpu_job_done(job));
    CHECK(cpu_job_error(job) == NULL);
    CHECK_INT(cpu_jit_stats(j).compiled, MANY / 2);
    cpu_job_free(job);
    for (int i = 0; i < MANY; i++) {
        DqlKernel fn = cpu_jit_lookup(j, small(1000 + i / 2));
        CHECK(fn && fn(NULL, 1) == 1003 + i / 2);
    }
    cpu_jit_free(j);
    j = cpu_jit_new(&o);
    double start = now_ms();
    for (int i = 0; i < MANY / 2; i++) CHECK(cpu_jit_lookup(j, small(1000 + i)) != NULL);
    printf("%d kernels from disk: %.3f ms\n", MANY / 2, now_ms() - start);
    cpu_jit_free(j);
}

static void *user(void *arg) {
    CpuJit *j = arg;
    Arena *a = arena_new();
    intptr_t bad = 0;
    for (int64_t i = 0; i < 30; i++) {
        const Kernel *k = small_in(a, 5000 + i % 20);
        if (i % 5 == 0) cpu_job_free(cpu_jit_start(j, 1, &k)); /* abandoned */
        DqlKernel fn = cpu_jit_get(j, k, NULL);
        bad += !fn || fn(NULL, 2) != 5006 + i % 20;
    }
    arena_free(a);
    return (void *)bad;
}

static void concurrent(void) {
    CpuOptions o = options();
    o.threads = 2;
    CpuJit *j = cpu_jit_new(&o);
    pthread_t t[4];
    for (int i = 0; i < 4; i++) CHECK(pthread_create(&t[i], NULL, user, j) == 0);
    for (int i = 0; i < 4; i++) {
        void *bad = NULL;
        pthread_join(t[i], &bad);
        CHECK(bad == NULL);
    }
    cpu_jit_free(j);
}

/* A folder beyond its limit loses its oldest files. */
static void limited(void) {
    each_file(remove_file);
    CpuOptions o = options();
    o.cache_limit = 20 * 4096;
    CpuJit *j = cpu_jit_new(&o);
    for (int64_t i = 0; i < 60; i++) CHECK(cpu_jit_get(j, small(9000 + i), NULL) != NULL);
    cpu_jit_free(j);
    CHECK(files() <= 24);
    CHECK(files() >= 10);
    j = cpu_jit_new(&o);
    CHECK(cpu_jit_lookup(j, small(9059)) != NULL);
    cpu_jit_free(j);
}

static int64_t seven(void *const *args, int64_t n) { return (void)args, n + 7; }

static void shipped(void) {
    CpuOptions o = options();
    o.no_disk = true;
    Buf text = {0};
    kernel_text(&text, small(1));
    KernelEntry table[] = {{kernel_hash(small(1)), CPU_V3, seven, text.p},
                           {kernel_hash(small(1)), CPU_LEVELS, NULL, text.p},
                           {{0}, 0, NULL, NULL}};
    o.shipped = table;
    CpuJit *j = cpu_jit_new(&o);
    CHECK(cpu_jit_lookup(j, small(1)) == seven);
    CHECK(cpu_jit_lookup(j, small(2)) == NULL);
    CHECK_INT(cpu_jit_stats(j).shipped, 1);
    cpu_jit_free(j);
    buf_free(&text);
}

static void ignore(void *ctx, const char *name, void *address, size_t bytes) { (void)ctx, (void)name, (void)address, (void)bytes; }

/* Any single changed byte of an object is loaded or refused, never a crash. (Code that was loaded is not
 * run.) */
static void loader_refuses(void) {
    Buf object = {0};
    CpuFunction f = {small(3), CPU_V3, "k_test", 0};
    CHECK(cpu_module_compile(&(CpuModule){.n = 1, .functions = &f, .verify = true}, &object, NULL));
    CpuLoader *l = cpu_loader_new(0, NULL);
    const char *why = NULL;
    CHECK(cpu_loader_load(l, object.p, object.n, ignore, NULL, &why));
    CHECK(!cpu_loader_load(l, "hello", 5, ignore, NULL, &why));
    CHECK_STR(why, "not an ELF file");
    int refused = 0;
    char *copy = malloc(object.n);
    for (size_t i = 0; i < object.n; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            memcpy(copy, object.p, object.n);
            copy[i] = (char)(copy[i] ^ 1 << bit);
            refused += !cpu_loader_load(l, copy, object.n, ignore, NULL, &why);
        }
    for (size_t n = 0; n < object.n; n += 7)
        refused += !cpu_loader_load(l, object.p, n & ~(size_t)7, ignore, NULL, &why);
    CHECK(refused > 50);
    double start = now_ms();
    for (int i = 0; i < 1000; i++) CHECK(cpu_loader_load(l, object.p, object.n, ignore, NULL, &why));
    printf("loading an object: %.4f ms\n", (now_ms() - start) / 1000);
    free(copy);
    cpu_loader_free(l);
    buf_free(&object);
}

/* About 150 instructions. */
static void compile_time(void) {
    CpuOptions o = options();
    o.no_disk = true;
    o.verify = false;
    CpuJit *j = cpu_jit_new(&o);
    for (int round = 0; round < 5; round++) {
        KB *b = kb_new(arena, "long");
        KInst *x = kb_param(b), *y = kb_param(b),
              *i = kb_loop(b, kb_int(b, K_I64, 1, 0), kb_count(b), kb_int(b, K_I64, 1, 16), 0, NULL);
        KInst *v = kb_load(b, x, i, K_F32, 16), *w = v;
        for (int k = 0; k < 45; k++) {
            w = kb_fma(b, w, v, kb_float(b, K_F32, 16, round + k * 0.1));
            w = kb_select(b, kb_cmp(b, KP_LT, w, v), v, w);
        }
        kb_store(b, y, i, w);
        kb_loop_end(b, NULL);
        Kernel *k = kb_finish(b, NULL);
        double start = now_ms();
        CHECK(cpu_jit_get(j, k, NULL) != NULL);
        printf("%u instructions compiled in %.2f ms\n", kernel_size(k), now_ms() - start);
    }
    cpu_jit_free(j);
}

int main(void) {
    arena = arena_new();
    CHECK(mkdtemp(dir) != NULL);
    memory_and_disk();
    damage(flip_byte);
    damage(cut_short);
    misnamed();
    many();
    concurrent();
    limited();
    shipped();
    loader_refuses();
    compile_time();
    each_file(remove_file);
    CHECK(rmdir(dir) == 0);
    arena_free(arena);
    return check_report("codegen_jit");
}
