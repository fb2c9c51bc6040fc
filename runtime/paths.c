#include "runtime/paths.h"
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_name(const void *x, const void *y) { return strcmp(*(const char *const *)x, *(const char *const *)y); }

static void copy_paths(Arena *a, const glob_t *g, Paths *out) {
    *out = (Paths){g->gl_pathc, ARENA_ARRAY(a, const char *, g->gl_pathc)};
    for (size_t i = 0; i < out->n; i++) out->at[i] = arena_strndup(a, g->gl_pathv[i], strlen(g->gl_pathv[i]));
    qsort(out->at, out->n, sizeof *out->at, by_name);
}

bool paths_find(Arena *a, const char *path, Paths *out, RtError *e) {
    glob_t g = {0};
    if (!strpbrk(path, "*?[") || access(path, F_OK) == 0) {
        *out = (Paths){1, ARENA_ARRAY(a, const char *, 1)};
        out->at[0] = path;
        return true;
    }
    int status = glob(path, GLOB_NOSORT, NULL, &g);
    if (status == 0) copy_paths(a, &g, out);
    globfree(&g);
    if (status == GLOB_NOSPACE) return rt_fail_memory(e);
    return status == 0 || rt_fail(e, RT_DATA, "cannot read %s: no file has such a name", path);
}
