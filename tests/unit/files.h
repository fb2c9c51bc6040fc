/* What tests that are files need: the text of a file, and the names of the files of a folder with an ending. */
#ifndef DQL_TESTS_UNIT_FILES_H
#define DQL_TESTS_UNIT_FILES_H
#include "base/buf.h"
#include "base/memory.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef DQL_SOURCE_DIR
#define DQL_SOURCE_DIR "."
#endif

/* Replaces b's content by the file's; false when there is no such file. */
static inline bool file_read(Buf *b, const char *path) {
    FILE *f = fopen(path, "rb");
    char piece[4096];
    buf_clear(b);
    buf_puts(b, "");
    if (!f) return false;
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;) buf_add(b, piece, n);
    fclose(f);
    return true;
}

static inline bool file_write(const char *path, const char *text) {
    FILE *f = fopen(path, "wb");
    if (!f) return false;
    bool ok = fputs(text, f) >= 0;
    return fclose(f) == 0 && ok;
}

typedef struct Names {
    char **at;
    size_t n;
} Names;

static inline int names_cmp(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names without the ending, sorted; names_free releases them. */
static inline Names names_in(const char *dir, const char *ending) {
    Names out = {0};
    DIR *d = opendir(dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        size_t n = strlen(e->d_name), end = strlen(ending);
        if (n <= end || strcmp(e->d_name + n - end, ending) != 0) continue;
        out.at = mem_realloc(out.at, (out.n + 1) * sizeof *out.at);
        out.at[out.n++] = strndup(e->d_name, n - end);
    }
    if (d) closedir(d);
    if (out.n) qsort(out.at, out.n, sizeof *out.at, names_cmp);
    return out;
}

static inline void names_free(Names *names) {
    for (size_t i = 0; i < names->n; i++) free(names->at[i]);
    free(names->at);
}
#endif
