/* dql-kernels FOLDER: compiles the kernels that lower ships (lower_shipped_kernels) for each processor level
 * into FOLDER/shipped_N.o, N = 0 .. SHARDS - 1, and their table `dql_shipped` into FOLDER/shipped_table.o.
 * Run when dql is built, after the compiler's libraries and before the programs (decision 13 of the design).
 * FOLDER/shipped.key says what the objects there were made of: when it is still the same they are left alone.
 */
#include "base/memory.h"
#include "base/vec.h"
#include "codegen_cpu/object.h"
#include "lower/lower.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

enum { SHARDS = 4, THREADS = 2, MOST = 3000, MOST_BYTES = 12 << 20 };

typedef struct Visit {
    Arena *arena;
    VEC(const Kernel *) kernels;
} Visit;

/* A visited kernel lives no longer than the visit. */
static void visit(void *ctx, const Kernel *k) {
    Visit *v = ctx;
    Buf text = {0};
    const char *why = NULL;
    kernel_text(&text, k);
    Kernel *copy = kernel_read(v->arena, text.p, &why);
    if (!copy) {
        fprintf(stderr, "dql-kernels: %s: %s\n", k->label, why);
        exit(1);
    }
    *vec_push(&v->kernels) = copy;
    buf_free(&text);
}

typedef struct Shard {
    const char *folder;
    int number;
    CpuModule module;
    char *why;
} Shard;

static void path_of(char out[4096], const char *folder, int shard) {
    if (shard < 0) snprintf(out, 4096, "%s/shipped_table.o", folder);
    else snprintf(out, 4096, "%s/shipped_%d.o", folder, shard);
}

static void *compile(void *arg) {
    Shard *s = arg;
    char path[4096];
    path_of(path, s->folder, s->number);
    cpu_emit_file(&s->module, path, &s->why);
    return NULL;
}

static void fail(const char *why) {
    fprintf(stderr, "dql-kernels: %s\n", why ? why : "failed");
    exit(1);
}

/* THREADS shards at a time. */
static void compile_all(Shard *shards, int n) {
    for (int first = 0; first < n; first += THREADS) {
        pthread_t t[THREADS];
        int count = n - first < THREADS ? n - first : THREADS;
        for (int i = 0; i < count; i++)
            if (pthread_create(&t[i], NULL, compile, &shards[first + i]) != 0) fail("no thread");
        for (int i = 0; i < count; i++) pthread_join(t[i], NULL);
        for (int i = 0; i < count; i++)
            if (shards[first + i].why) fail(shards[first + i].why);
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static long long size_of(const char *folder) {
    long long size = 0;
    for (int k = -1; k < SHARDS; k++) {
        char path[4096];
        struct stat st;
        path_of(path, folder, k);
        if (stat(path, &st) == 0) size += st.st_size;
    }
    return size;
}

/* ---- whether there is anything to do ---- */

/* The symbols are code keys: of text, level and compiler. */
static void key_of(char out[33], size_t n, const CpuFunction *f) {
    Buf all = {0};
    for (size_t i = 0; i < n; i++) buf_puts(&all, f[i].symbol);
    hash128_hex(hash128(all.p, all.n), out);
    buf_free(&all);
}

static FILE *open_key(const char *folder, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/shipped.key", folder);
    return fopen(path, mode);
}

static bool is_made(const char *folder, const char *key) {
    char old[33] = "";
    for (int k = -1; k < SHARDS; k++) {
        char path[4096];
        struct stat st;
        path_of(path, folder, k);
        if (stat(path, &st) != 0) return false;
    }
    FILE *f = open_key(folder, "r");
    bool same = f && fread(old, 1, 32, f) == 32 && strcmp(old, key) == 0;
    if (f) fclose(f);
    return same;
}

static void note_key(const char *folder, const char *key) {
    FILE *f = open_key(folder, "w");
    if (!f) return;
    fputs(key, f);
    fclose(f);
}

/* ---- all of it ---- */

/* What single stages depend on: the registers. Caches and threads shape only fused code. */
static Target target_of(CpuLevel level) {
    bool wide = level >= CPU_V4;
    return (Target){.vector_bytes = wide ? 64 : 32,
                    .vector_registers = wide ? 32 : 16,
                    .l1_bytes = 32 << 10,
                    .l2_bytes = 1 << 20,
                    .threads = 1};
}

/* The levels that have code of their own; v4x runs that of v4. */
static const CpuLevel levels[] = {CPU_V3, CPU_V4};
enum { LEVELS = sizeof levels / sizeof *levels };

typedef VEC(CpuFunction) Functions;

static void add_level(Arena *a, CpuLevel level, Functions *all) {
    Visit v = {.arena = a};
    Target target = target_of(level);
    lower_shipped_kernels(&target, visit, &v);
    CpuFunction *f;
    uint32_t n = cpu_functions(a, (uint32_t)v.kernels.n, v.kernels.at, 1, &level, &f);
    if (n > MOST) fail("more than 3,000 kernels for a level");
    for (uint32_t i = 0; i < n; i++) *vec_push(all) = f[i];
    vec_free(&v.kernels);
}

static void make(const char *folder, const Functions *all) {
    Shard shards[SHARDS + 1];
    for (int s = 0; s < SHARDS; s++) {
        size_t from = all->n * (size_t)s / SHARDS, to = all->n * (size_t)(s + 1) / SHARDS;
        shards[s] = (Shard){folder, s, {.n = (uint32_t)(to - from), .functions = all->at + from}, NULL};
    }
    CpuModule table = {.n = (uint32_t)all->n, .functions = all->at, .table = "dql_shipped", .table_only = true, .texts = true};
    shards[SHARDS] = (Shard){folder, -1, table, NULL};
    compile_all(shards, SHARDS + 1);
}

int main(int argc, char **argv) {
    if (argc != 2) return fprintf(stderr, "dql-kernels FOLDER\n"), 2;
    double start = now();
    Arena *a = arena_new();
    Functions all = {0};
    char key[33];
    for (int l = 0; l < LEVELS; l++) add_level(a, levels[l], &all);
    key_of(key, all.n, all.at);
    if (is_made(argv[1], key)) return printf("dql-kernels: %zu kernels as before\n", all.n), 0;
    make(argv[1], &all);
    long long bytes = size_of(argv[1]);
    printf("dql-kernels: %zu kernels, %.1f MB, %.1f s\n", all.n, (double)bytes * 1e-6, now() - start);
    if (bytes > (long long)MOST_BYTES * LEVELS) fail("more than 12 MB a level");
    note_key(argv[1], key);
    vec_free(&all);
    arena_free(a);
    return 0;
}
