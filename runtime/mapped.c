#include "runtime/mapped.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAD = 64 };

static bool fail(const char *path, RtError *e) {
    return rt_fail(e, RT_DATA, "cannot read %s: %s", path, strerror(errno));
}

/* Zero pages first, the file over them: so that there is something behind a file that ends with its page. */
static void *map_padded(int fd, size_t n) {
    void *room = mmap(NULL, n + PAD, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED || n == 0) return room;
    if (mmap(room, n, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED) return room;
    munmap(room, n + PAD);
    return MAP_FAILED;
}

static bool map(int fd, const char *path, Mapped *out, RtError *e) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fail(path, e);
    if (S_ISDIR(st.st_mode)) return rt_fail(e, RT_DATA, "cannot read %s: it is a folder, not a file", path);
    if (!S_ISREG(st.st_mode)) return rt_fail(e, RT_DATA, "cannot read %s: not a regular file", path);
    void *p = map_padded(fd, (size_t)st.st_size);
    if (p == MAP_FAILED) return fail(path, e);
    madvise(p, (size_t)st.st_size, MADV_SEQUENTIAL);
    *out = (Mapped){p, (size_t)st.st_size};
    return true;
}

bool mapped_open(const char *path, Mapped *out, RtError *e) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* of a pipe: it is refused, not waited for */
    if (fd < 0) return fail(path, e);
    bool ok = map(fd, path, out, e);
    close(fd);
    return ok;
}

void mapped_close(Mapped *m) {
    if (m->p) munmap((void *)(uintptr_t)m->p, m->n + PAD);
    *m = (Mapped){0};
}

struct SharedMap {
    _Atomic int32_t refs;
    Mapped file;
};

SharedMap *mapped_share(Mapped *m) {
    SharedMap *s = malloc(sizeof *s);
    if (!s) return NULL;
    *s = (SharedMap){.refs = 1, .file = *m};
    *m = (Mapped){0};
    return s;
}

SharedMap *sharedmap_ref(SharedMap *m) {
    atomic_fetch_add(&m->refs, 1);
    return m;
}

void sharedmap_unref(SharedMap *m) {
    if (!m || atomic_fetch_sub(&m->refs, 1) != 1) return;
    mapped_close(&m->file);
    free(m);
}
