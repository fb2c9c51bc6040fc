#include "runtime/mapped.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *path, RtError *e) {
    return rt_fail(e, RT_DATA, "cannot read %s: %s", path, strerror(errno));
}

static bool map(int fd, const char *path, Mapped *out, RtError *e) {
    struct stat st;
    if (fstat(fd, &st) != 0) return fail(path, e);
    if (!S_ISREG(st.st_mode)) return rt_fail(e, RT_DATA, "cannot read %s: not a regular file", path);
    *out = (Mapped){(const uint8_t *)"", (size_t)st.st_size};
    if (st.st_size == 0) return true;
    void *p = mmap(NULL, out->n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) return fail(path, e);
    madvise(p, out->n, MADV_SEQUENTIAL);
    out->p = p;
    return true;
}

bool mapped_open(const char *path, Mapped *out, RtError *e) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail(path, e);
    bool ok = map(fd, path, out, e);
    close(fd);
    return ok;
}

void mapped_close(Mapped *m) {
    if (m->n) munmap((void *)(uintptr_t)m->p, m->n);
    *m = (Mapped){0};
}
