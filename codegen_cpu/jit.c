#include "codegen_cpu/jit.h"
#include "base/map.h"
#include "base/memory.h"
#include "base/vec.h"
#include "codegen_cpu/cache.h"
#include "codegen_cpu/module.h"
#include "codegen_cpu/pack.h"
#include "codegen_cpu/target.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A kernel with code. */
typedef struct Entry {
    Hash128 key;
    Str text;
    DqlKernel fn;
} Entry;

/* A kernel to be compiled. */
typedef struct Pending {
    Hash128 key;
    Str text;      /* owned */
    uint32_t size; /* instructions */
    const char *label; /* interned in the jit's arena, or NULL */
} Pending;

/* Kernels that are compiled as one module. */
typedef struct Group {
    CpuJob *job;
    uint32_t n;
    Pending *sources;
} Group;

struct CpuJob {
    CpuJit *jit;
    uint32_t left; /* groups that are not compiled yet */
    _Atomic bool done;
    bool abandoned; /* freed before it was done */
    const char *error;
};

struct CpuJit {
    CpuOptions o;
    CpuCache *cache;
    Arena *arena; /* entries, texts, errors */
    Map entries;  /* Entry by key */
    CpuLoader *loader;
    size_t n_shipped;
    CpuStats stats;
    pthread_mutex_t lock; /* of everything here but the cache */
    pthread_cond_t work, progress;
    VEC(Group) queue;
    VEC(pthread_t) threads;
    bool stop, llvm_started, knows_cpus;
    cpu_set_t cpus; /* that the threads may run on */
};

enum { GROUP_SIZE = 400, DEFAULT_LIMIT = 256 << 20 };

/* ---- keys ---- */

static Hash128 key_of(CpuLevel level, Str text) {
    Buf b = {0};
    buf_str(&b, text);
    buf_puts(&b, cpu_level_name(level));
    buf_puts(&b, cpu_compiler_version());
    Hash128 key = hash128(b.p, b.n);
    buf_free(&b);
    return key;
}

static Str text_of(Buf *b, const Kernel *k) {
    kernel_text(b, k);
    return (Str){b->p, b->n};
}

Hash128 cpu_code_key_at(CpuLevel level, const Kernel *k) {
    Buf b = {0};
    Hash128 key = key_of(level, text_of(&b, k));
    buf_free(&b);
    return key;
}

Hash128 cpu_code_key(const CpuJit *j, const Kernel *k) { return cpu_code_key_at(j->o.level, k); }

/* ---- code that is there: all under the lock ---- */

static bool same_entry(const void *value, const void *key) {
    const Entry *a = value, *b = key;
    return hash128_eq(a->key, b->key) && str_eq(a->text, b->text);
}

static Entry *find_entry(const CpuJit *j, Hash128 key, Str text) {
    return map_get(&j->entries, key.lo, same_entry, &(Entry){.key = key, .text = text});
}

static void add_entry(CpuJit *j, Hash128 key, Str text, DqlKernel fn) {
    if (!fn || find_entry(j, key, text)) return;
    Entry *e = ARENA_NEW(j->arena, Entry);
    *e = (Entry){key, {arena_strndup(j->arena, text.p, text.n), text.n}, fn};
    map_add(&j->entries, key.lo, e);
}

typedef struct Found {
    const Pack *pack;
    DqlKernel *fn;
    FILE *map; /* NULL: none is kept */
    const char *const *labels;
} Found;

static void found_symbol(void *ctx, const char *name, void *address, size_t bytes) {
    Found *f = ctx;
    char symbol[35];
    for (uint32_t i = 0; i < f->pack->n; i++) {
        pack_symbol(symbol, f->pack->kernels[i].key);
        if (strcmp(symbol, name) != 0) continue;
        f->fn[i] = (DqlKernel)(uintptr_t)address;
        if (f->map) fprintf(f->map, "%lx %zx dql_%s_%s\n", (unsigned long)(uintptr_t)address, bytes, f->labels && f->labels[i] ? f->labels[i] : "kernel", name);
    }
}

/* The file that perf reads the names of a process's own code from. */
static FILE *perf_map(const CpuJit *j) {
    char path[64];
    if (!j->o.perf_map) return NULL;
    snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)getpid());
    return fopen(path, "a");
}

static bool load_pack(CpuJit *j, const Pack *p, const char *const *labels, const char **why) {
    DqlKernel *fn = calloc(p->n + 1, sizeof *fn);
    FILE *map = perf_map(j);
    bool ok = fn && cpu_loader_load(j->loader, p->object.p, p->object.n, found_symbol, &(Found){p, fn, map, labels}, why);
    if (map) fclose(map);
    for (uint32_t i = 0; ok && i < p->n; i++) add_entry(j, p->kernels[i].key, p->kernels[i].text, fn[i]);
    free(fn);
    return ok;
}

static DqlKernel find_on_disk(CpuJit *j, Hash128 key, Str text) {
    Buf bytes = {0};
    Pack p = {0};
    DqlKernel fn = NULL;
    if (j->cache && cpu_cache_get(j->cache, key, &bytes) && pack_read((Str){bytes.p, bytes.n}, &p) &&
        load_pack(j, &p, NULL, NULL)) {
        Entry *e = find_entry(j, key, text);
        fn = e ? e->fn : NULL;
    }
    free(p.kernels);
    buf_free(&bytes);
    return fn;
}

static int order(Hash128 a, Hash128 b) {
    if (a.hi != b.hi) return a.hi < b.hi ? -1 : 1;
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/* The first row of the table with this key or a greater one. */
static size_t lower_bound(const CpuJit *j, Hash128 key) {
    size_t lo = 0, hi = j->n_shipped;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (order(j->o.shipped[mid].key, key) < 0) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static DqlKernel find_shipped(const CpuJit *j, Str text) {
    if (!j->n_shipped) return NULL;
    Hash128 key = hash128(text.p, text.n);
    DqlKernel best = NULL;
    for (size_t i = lower_bound(j, key); i < j->n_shipped && hash128_eq(j->o.shipped[i].key, key); i++)
        if (j->o.shipped[i].level <= (int64_t)j->o.level && str_eq(str_of(j->o.shipped[i].text), text))
            best = j->o.shipped[i].fn;
    return best;
}

bool cpu_jit_is_shipped(const CpuJit *j, const Kernel *k) {
    Buf b = {0};
    bool there = find_shipped(j, text_of(&b, k)) != NULL;
    buf_free(&b);
    return there;
}

static DqlKernel find(CpuJit *j, Hash128 key, Str text) {
    Entry *e = find_entry(j, key, text);
    if (e) return j->stats.memory++, e->fn;
    DqlKernel fn = find_shipped(j, text);
    if (fn) return j->stats.shipped++, add_entry(j, key, text, fn), fn;
    fn = find_on_disk(j, key, text);
    if (fn) j->stats.disk++;
    return fn;
}

DqlKernel cpu_jit_lookup(CpuJit *j, const Kernel *k) {
    Buf b = {0};
    Str text = text_of(&b, k);
    Hash128 key = key_of(j->o.level, text);
    pthread_mutex_lock(&j->lock);
    DqlKernel fn = find(j, key, text);
    pthread_mutex_unlock(&j->lock);
    buf_free(&b);
    return fn;
}

/* ---- compiling ---- */

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* Outside the lock. The kernels are read back from their text, so that nothing of the caller's is needed. */
static bool compile_group(const CpuJit *j, const Group *g, Buf *object, char **why) {
    Arena *a = arena_new();
    CpuFunction *f = ARENA_ARRAY(a, CpuFunction, g->n);
    const char *wrong = NULL;
    for (uint32_t i = 0; i < g->n && !wrong; i++) {
        char *symbol = arena_alloc(a, 35);
        pack_symbol(symbol, g->sources[i].key);
        f[i] = (CpuFunction){kernel_read(a, g->sources[i].text.p, &wrong), j->o.level, symbol, 0};
    }
    *why = wrong ? strdup(wrong) : NULL;
    bool ok = !wrong &&
              cpu_module_compile(&(CpuModule){.n = g->n, .functions = f, .verify = j->o.verify}, object, why);
    arena_free(a);
    return ok;
}

static void keep_on_disk(CpuJit *j, const Pack *p) {
    Buf bytes = {0};
    Hash128 *keys = mem_alloc(p->n * sizeof *keys);
    for (uint32_t i = 0; i < p->n; i++) keys[i] = p->kernels[i].key;
    pack_write(&bytes, p);
    cpu_cache_put(j->cache, p->n, keys, (Str){bytes.p, bytes.n});
    free(keys);
    buf_free(&bytes);
}

static void free_group(Group *g) {
    for (uint32_t i = 0; i < g->n; i++) free((char *)(uintptr_t)g->sources[i].text.p);
    free(g->sources);
}

/* Under the lock. */
static void finish_group(CpuJit *j, CpuJob *job, const char *error) {
    if (error && !job->error) job->error = arena_strndup(j->arena, error, strlen(error));
    if (--job->left == 0) {
        atomic_store(&job->done, true);
        if (job->abandoned) free(job);
    }
    pthread_cond_broadcast(&j->progress);
}

/* Takes the lock held and returns with it held. */
static void run_group(CpuJit *j, Group g) {
    pthread_mutex_unlock(&j->lock);
    double start = now_ms();
    Buf object = {0};
    char *error = NULL;
    const char *why = NULL;
    bool ok = compile_group(j, &g, &object, &error);
    Pack p = {g.n, mem_alloc(g.n * sizeof(PackKernel)), {object.p, object.n}};
    const char **labels = mem_alloc(g.n * sizeof *labels);
    for (uint32_t i = 0; i < g.n; i++) {
        p.kernels[i] = (PackKernel){g.sources[i].key, g.sources[i].text};
        labels[i] = g.sources[i].label;
    }
    double spent = now_ms() - start;
    pthread_mutex_lock(&j->lock);
    if (ok) ok = load_pack(j, &p, labels, &why);
    j->stats.compiled += g.n;
    j->stats.compile_ms += spent;
    finish_group(j, g.job, error ? error : why);
    pthread_mutex_unlock(&j->lock);
    if (ok && j->cache) keep_on_disk(j, &p);
    free(p.kernels);
    free(labels);
    free(error);
    buf_free(&object);
    free_group(&g);
    pthread_mutex_lock(&j->lock);
}

/* The largest shipped kernel up to a size: what it needs of LLVM, most others need, and it is compiled before anybody waits. */
static const KernelEntry *typical_kernel(const CpuJit *j) {
    enum { LARGEST_TEXT = 1500 };
    const KernelEntry *best = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < j->n_shipped; i++) {
        size_t n = strlen(j->o.shipped[i].text);
        if (n <= LARGEST_TEXT && n > longest) longest = n, best = &j->o.shipped[i];
    }
    return best;
}

/* The first module of a process takes half as long again as the next: tables are filled, pages of LLVM's code and of the heap are
 * touched. A shipped kernel is compiled for that alone, outside the lock. */
static void start_llvm(const CpuJit *j) {
    const KernelEntry *k = typical_kernel(j);
    if (!k) return;
    char *text = strdup(k->text), *why = NULL;
    Buf object = {0};
    Pending p = {.text = str_of(text)};
    if (text) compile_group(j, &(Group){.n = 1, .sources = &p}, &object, &why);
    free(why);
    free(text);
    buf_free(&object);
}

/* Who starts it may be held on one processor for the moment. */
static void *worker(void *arg) {
    CpuJit *j = arg;
    if (j->knows_cpus) sched_setaffinity(0, sizeof j->cpus, &j->cpus);
    pthread_mutex_lock(&j->lock);
    if (j->o.start_llvm && !j->llvm_started) {
        j->llvm_started = true;
        pthread_mutex_unlock(&j->lock);
        start_llvm(j);
        pthread_mutex_lock(&j->lock);
    }
    while (!j->stop || j->queue.n) {
        if (j->queue.n) run_group(j, vec_pop(&j->queue));
        else pthread_cond_wait(&j->work, &j->lock);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

static void start_threads(CpuJit *j) {
    uint32_t want = j->o.threads ? j->o.threads : 1;
    while (j->threads.n < want) {
        pthread_t t;
        if (pthread_create(&t, NULL, worker, j) != 0) return; /* whoever waits compiles */
        *vec_push(&j->threads) = t;
    }
}

/* Adds a kernel to the job's last group, or to a new one when that is large enough. */
static void enqueue(CpuJit *j, CpuJob *job, Pending s) {
    Group *g = j->queue.n ? &vec_last(&j->queue) : NULL;
    uint32_t size = s.size;
    for (uint32_t i = 0; g && i < g->n; i++) size += g->sources[i].size;
    if (!g || g->job != job || size > GROUP_SIZE) {
        g = vec_push(&j->queue);
        *g = (Group){.job = job};
        job->left++;
    }
    g->sources = mem_realloc(g->sources, (g->n + 1) * sizeof *g->sources);
    g->sources[g->n++] = s;
}

static bool in_queue(const CpuJit *j, const CpuJob *job, Hash128 key) {
    for (size_t i = 0; i < j->queue.n; i++)
        for (uint32_t k = 0; j->queue.at[i].job == job && k < j->queue.at[i].n; k++)
            if (hash128_eq(j->queue.at[i].sources[k].key, key)) return true;
    return false;
}

static const char *label_of(CpuJit *j, const Kernel *k) {
    return j->o.perf_map && k->label ? arena_strndup(j->arena, k->label, strlen(k->label)) : NULL;
}

CpuJob *cpu_jit_start(CpuJit *j, uint32_t n, const Kernel *const *kernels) {
    CpuJob *job = mem_alloc(sizeof *job);
    *job = (CpuJob){.jit = j};
    pthread_mutex_lock(&j->lock);
    for (uint32_t i = 0; i < n; i++) {
        Buf b = {0};
        Str text = text_of(&b, kernels[i]);
        Hash128 key = key_of(j->o.level, text);
        if (in_queue(j, job, key) || find(j, key, text)) buf_free(&b);
        else enqueue(j, job, (Pending){key, text, kernel_size(kernels[i]), label_of(j, kernels[i])});
    }
    atomic_store(&job->done, job->left == 0);
    if (job->left) start_threads(j);
    pthread_cond_broadcast(&j->work);
    pthread_mutex_unlock(&j->lock);
    return job;
}

bool cpu_job_done(const CpuJob *job) { return atomic_load(&job->done); }
const char *cpu_job_error(const CpuJob *job) { return job->error; }

/* For progress, or until it is time to look whether anybody still waits. */
static void wait_a_little(CpuJit *j) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_nsec += 20000000;
    if (t.tv_nsec >= 1000000000) t.tv_nsec -= 1000000000, t.tv_sec++;
    pthread_cond_timedwait(&j->progress, &j->lock, &t);
}

/* Its own groups are last in the queue, unless others came since: any will do. */
bool cpu_job_wait(CpuJob *job, const _Atomic bool *cancel) {
    CpuJit *j = job->jit;
    pthread_mutex_lock(&j->lock);
    while (!cpu_job_done(job) && !(cancel && atomic_load(cancel))) {
        if (j->queue.n) run_group(j, vec_pop(&j->queue));
        else wait_a_little(j);
    }
    bool done = cpu_job_done(job);
    pthread_mutex_unlock(&j->lock);
    return done;
}

void cpu_job_free(CpuJob *job) {
    if (!job) return;
    CpuJit *j = job->jit;
    pthread_mutex_lock(&j->lock);
    if (cpu_job_done(job)) free(job);
    else job->abandoned = true;
    pthread_mutex_unlock(&j->lock);
}

DqlKernel cpu_jit_get(CpuJit *j, const Kernel *k, const char **why) {
    CpuJob *job = cpu_jit_start(j, 1, &k);
    cpu_job_wait(job, NULL);
    if (why) *why = cpu_job_error(job);
    DqlKernel fn = cpu_job_error(job) ? NULL : cpu_jit_lookup(j, k);
    cpu_job_free(job);
    return fn;
}

/* ---- life ---- */

CpuJit *cpu_jit_new(const CpuOptions *o) {
    CpuJit *j = mem_alloc(sizeof *j);
    *j = (CpuJit){.o = *o, .arena = arena_new(), .loader = cpu_loader_new(o->n_symbols, o->symbols)};
    j->knows_cpus = sched_getaffinity(0, sizeof j->cpus, &j->cpus) == 0;
    if (!o->no_disk) j->cache = cpu_cache_open(o->cache_dir, o->cache_limit ? o->cache_limit : DEFAULT_LIMIT);
    while (o->shipped && o->shipped[j->n_shipped].fn) j->n_shipped++;
    pthread_mutex_init(&j->lock, NULL);
    pthread_cond_init(&j->work, NULL);
    pthread_cond_init(&j->progress, NULL);
    if (o->start_llvm) start_threads(j);
    return j;
}

/* What waits is still compiled, for the cache on disk, unless that takes longer than anybody waits for a process to end. */
static void drop_rest(CpuJit *j) {
    enum { MOST_GROUPS = 4 };
    while (j->queue.n > MOST_GROUPS) {
        Group g = vec_pop(&j->queue);
        finish_group(j, g.job, "closed");
        free_group(&g);
    }
}

void cpu_jit_free(CpuJit *j) {
    if (!j) return;
    pthread_mutex_lock(&j->lock);
    j->stop = true;
    drop_rest(j);
    pthread_cond_broadcast(&j->work);
    pthread_mutex_unlock(&j->lock);
    for (size_t i = 0; i < j->threads.n; i++) pthread_join(j->threads.at[i], NULL);
    vec_free(&j->threads);
    vec_free(&j->queue);
    map_free(&j->entries);
    cpu_loader_free(j->loader);
    cpu_cache_close(j->cache);
    arena_free(j->arena);
    pthread_mutex_destroy(&j->lock);
    pthread_cond_destroy(&j->work);
    pthread_cond_destroy(&j->progress);
    free(j);
}

CpuStats cpu_jit_stats(CpuJit *j) {
    pthread_mutex_lock(&j->lock);
    CpuStats s = j->stats;
    pthread_mutex_unlock(&j->lock);
    return s;
}
