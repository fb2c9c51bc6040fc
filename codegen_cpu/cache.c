#include "codegen_cpu/cache.h"
#include "base/memory.h"
#include "base/vec.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct CpuCache {
    Buf dir;
    uint64_t limit;
    pthread_mutex_t lock;
    uint64_t size; /* bytes in the folder; known once counted */
    bool counted;
};

enum { FRESH_SECONDS = 3600 }; /* a file's time of use is not written more often */

static bool default_dir(Buf *out) {
    const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (xdg && *xdg == '/') buf_printf(out, "%s/dql", xdg);
    else if (home && *home == '/') buf_printf(out, "%s/.cache/dql", home);
    return out->n > 0;
}

CpuCache *cpu_cache_open(const char *dir, uint64_t limit) {
    Buf path = {0};
    if (dir) buf_puts(&path, dir);
    else if (!default_dir(&path)) return NULL;
    CpuCache *c = mem_alloc(sizeof *c);
    *c = (CpuCache){.dir = path, .limit = limit};
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void cpu_cache_close(CpuCache *c) {
    if (!c) return;
    pthread_mutex_destroy(&c->lock);
    buf_free(&c->dir);
    free(c);
}

static Buf path_of(const CpuCache *c, Hash128 key) {
    Buf path = {0};
    char hex[33];
    hash128_hex(key, hex);
    buf_printf(&path, "%s/%s", c->dir.p, hex);
    return path;
}

/* ---- reading ---- */

static bool read_all(int fd, size_t size, Buf *out) {
    buf_clear(out);
    out->p = vec_grow(out->p, &out->cap, size + 1, 1);
    while (out->n < size) {
        ssize_t got = read(fd, out->p + out->n, size - out->n);
        if (got <= 0) return false;
        out->n += (size_t)got;
    }
    out->p[out->n] = 0;
    return true;
}

static void note_use(int fd, const struct stat *st) {
    if (time(NULL) - st->st_mtime > FRESH_SECONDS) futimens(fd, NULL);
}

bool cpu_cache_get(const CpuCache *c, Hash128 key, Buf *out) {
    Buf path = path_of(c, key);
    int fd = open(path.p, O_RDONLY | O_CLOEXEC);
    buf_free(&path);
    if (fd < 0) return false;
    struct stat st;
    bool ok = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read_all(fd, (size_t)st.st_size, out);
    if (ok) note_use(fd, &st);
    close(fd);
    return ok;
}

/* ---- the limit ---- */

typedef struct Used {
    char name[33];
    uint64_t bytes; /* of this name: a file of n names counts a part for each */
    time_t time;
} Used;

typedef VEC(Used) UsedList;

static int oldest_first(const void *a, const void *b) {
    time_t x = ((const Used *)a)->time, y = ((const Used *)b)->time;
    return (x > y) - (x < y);
}

static void add_used(UsedList *list, int dir, const char *name) {
    struct stat st;
    if (strlen(name) != 32 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return;
    Used *u = vec_push(list);
    memcpy(u->name, name, 33);
    u->bytes = ((uint64_t)st.st_blocks * 512 + st.st_nlink - 1) / st.st_nlink;
    u->time = st.st_mtime;
}

static UsedList list_used(DIR *dir) {
    UsedList list = {0};
    for (struct dirent *d; (d = readdir(dir));) add_used(&list, dirfd(dir), d->d_name);
    return list;
}

/* Counts the folder, and removes the oldest files down to three quarters of the limit when it is above. */
static void trim(CpuCache *c) {
    DIR *dir = opendir(c->dir.p);
    if (!dir) return;
    UsedList list = list_used(dir);
    c->size = 0;
    for (size_t i = 0; i < list.n; i++) c->size += list.at[i].bytes;
    if (c->size > c->limit) {
        qsort(list.at, list.n, sizeof *list.at, oldest_first);
        for (size_t i = 0; i < list.n && c->size > c->limit / 4 * 3; i++)
            if (unlinkat(dirfd(dir), list.at[i].name, 0) == 0) c->size -= list.at[i].bytes;
    }
    c->counted = true;
    vec_free(&list);
    closedir(dir);
}

/* ---- writing ---- */

static bool make_folder(const char *path) {
    if (mkdir(path, 0700) == 0) return true;
    struct stat st;
    if (stat(path, &st) == 0) return S_ISDIR(st.st_mode);
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) return false;
    Buf parent = {0};
    buf_add(&parent, path, (size_t)(slash - path));
    bool ok = make_folder(parent.p) && mkdir(path, 0700) == 0;
    buf_free(&parent);
    return ok;
}

static bool write_all(int fd, Str s) {
    while (s.n) {
        ssize_t put = write(fd, s.p, s.n);
        if (put <= 0) return false;
        s.p += put;
        s.n -= (size_t)put;
    }
    return true;
}

/* A name for the file aside; rename then takes it over the old file at once. */
static void publish(const CpuCache *c, const char *whole, Hash128 key) {
    Buf path = path_of(c, key), aside = {0};
    buf_printf(&aside, "%s.link", whole);
    if (link(whole, aside.p) == 0 && rename(aside.p, path.p) != 0) unlink(aside.p);
    unlink(aside.p); /* rename does nothing when both are the same file */
    buf_free(&path);
    buf_free(&aside);
}

void cpu_cache_put(CpuCache *c, uint32_t n, const Hash128 *keys, Str bytes) {
    if (!make_folder(c->dir.p)) return;
    Buf whole = {0};
    buf_printf(&whole, "%s/tmp.XXXXXX", c->dir.p);
    int fd = mkostemp(whole.p, O_CLOEXEC);
    if (fd >= 0) {
        bool ok = write_all(fd, bytes);
        close(fd);
        for (uint32_t i = 0; ok && i < n; i++) publish(c, whole.p, keys[i]);
        unlink(whole.p);
    }
    buf_free(&whole);
    pthread_mutex_lock(&c->lock);
    c->size += (bytes.n + 4095) & ~(uint64_t)4095; /* what it takes on the disk */
    if (!c->counted || c->size > c->limit) trim(c);
    pthread_mutex_unlock(&c->lock);
}
