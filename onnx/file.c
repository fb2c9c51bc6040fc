/* Files: the model's own, and those beside it that hold elements. */
#include "onnx/proto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Mapping {
    void *p;
    size_t n;
} Mapping;

static void unmap(void *m) { munmap(((Mapping *)m)->p, ((Mapping *)m)->n); }

static bool cannot_read(OnnxReader *r, const char *path, const char *why) {
    if (path == r->path) return onnx_fail(r, "cannot be read: %s", why);
    return onnx_fail(r, "%s cannot be read: %s", path, why);
}

static const uint8_t *map(OnnxReader *r, int fd, const char *path, size_t *n) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) return cannot_read(r, path, "not a regular file"), NULL;
    *n = (size_t)st.st_size;
    if (*n == 0) return (const uint8_t *)"";
    Mapping *m = ARENA_NEW(r->arena, Mapping);
    *m = (Mapping){mmap(NULL, *n, PROT_READ, MAP_PRIVATE, fd, 0), *n};
    if (m->p == MAP_FAILED) return cannot_read(r, path, strerror(errno)), NULL;
    arena_defer(r->arena, unmap, m);
    return m->p;
}

const uint8_t *onnx_map(OnnxReader *r, const char *path, size_t *n) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_read(r, path, strerror(errno)), NULL;
    const uint8_t *p = map(r, fd, path, n);
    close(fd);
    return p;
}

/* ---- beside the model ---- */

static const char *entry(const Onnx__TensorProto *t, const char *key) {
    for (size_t i = 0; i < t->n_external_data; i++)
        if (t->external_data[i]->key && strcmp(t->external_data[i]->key, key) == 0)
            return t->external_data[i]->value;
    return NULL;
}

static bool number(const char *s, int64_t *out) {
    char *end;
    errno = 0;
    *out = strtoll(s, &end, 10);
    return *s && !*end && errno == 0 && *out >= 0;
}

/* The file's real path, if it is within the real folder of the model: `..`, absolute names and links that
 * lead out are refused. */
static bool within_folder(OnnxReader *r, const char *location, const char *name, char real[PATH_MAX]) {
    const char *slash = strrchr(r->path, '/');
    const char *folder = slash ? arena_strndup(r->arena, r->path, (size_t)(slash - r->path + 1)) : ".";
    char root[PATH_MAX];
    if (location[0] == '/' || !realpath(folder, root) ||
        !realpath(arena_printf(r->arena, "%s/%s", folder, location), real))
        return onnx_fail(r, "the elements of '%s' are in '%s', which is not a file in the model's folder",
                         name, location);
    size_t n = strlen(root);
    if (strncmp(real, root, n) == 0 && (real[n] == '/' || n == 1)) return true;
    return onnx_fail(r, "the elements of '%s' are in '%s', outside the model's folder", name, location);
}

const uint8_t *onnx_external(OnnxReader *r, const Onnx__TensorProto *t, const char *name, int64_t bytes) {
    const char *location = entry(t, "location"), *at = entry(t, "offset"), *length = entry(t, "length");
    char real[PATH_MAX];
    int64_t offset = 0, given = bytes;
    size_t n;
    if (!location || (at && !number(at, &offset)) || (length && !number(length, &given)))
        return onnx_fail(r, "where the elements of '%s' are is not said well", name), NULL;
    if (given != bytes)
        return onnx_fail(r, "'%s' has %lld bytes of elements, its shape needs %lld", name, (long long)given,
                         (long long)bytes),
               NULL;
    if (!within_folder(r, location, name, real)) return NULL;
    const uint8_t *p = onnx_map(r, real, &n);
    if (!p) return NULL;
    if (offset > (int64_t)n || bytes > (int64_t)n - offset)
        return onnx_fail(r, "'%s' ends before the elements of '%s' do", location, name), NULL;
    return p + offset;
}
