#include "runtime/file.h"
#include "runtime/csv.h"
#include "runtime/npy.h"
#include "runtime/paths.h"
#include "runtime/picture_table.h"
#include "runtime/safetensors_table.h"
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct FileFormat {
    const char *name;
    const char *endings[4]; /* the first NULL ends them */
    bool (*open)(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e);
    TableVersion *(*load)(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e);
} FileFormat;

static const FileFormat formats[] = {
    {"csv", {".csv", ".csv.gz", ".csv.zst"}, csv_open, csv_load},
    {"tsv", {".tsv", ".tsv.gz", ".tsv.zst"}, tsv_open, tsv_load},
    {"npy", {".npy"}, npy_open, npy_load},
    {"image", {".png", ".jpg", ".jpeg"}, pictures_open, pictures_load},
    {"safetensors", {".safetensors"}, safetensors_open, safetensors_load},
};
enum { N_FORMATS = sizeof formats / sizeof *formats };

/* Formats of the language that have no reader: named, so that the message can say so. */
static const char *const planned[] = {".jsonl", ".npz", ".parquet", ".arrow"};

static bool ends_with(const char *s, const char *ending) {
    size_t n = strlen(s), m = strlen(ending);
    return n > m && str_ieq((Str){s + n - m, m}, str_of(ending));
}

static bool has_ending(const FileFormat *f, const char *path) {
    for (size_t i = 0; i < 4 && f->endings[i]; i++)
        if (ends_with(path, f->endings[i])) return true;
    return false;
}

static const FileFormat *no_format(const FileSpec *spec, RtError *e) {
    if (spec->format)
        return rt_fail(e, RT_DATA, "cannot read %s: the format %s is not supported yet", spec->path, spec->format), NULL;
    for (size_t i = 0; i < sizeof planned / sizeof *planned; i++)
        if (ends_with(spec->path, planned[i]))
            return rt_fail(e, RT_DATA, "cannot read %s: %s files are not supported yet", spec->path, planned[i]), NULL;
    const char *slash = strrchr(spec->path, '/'), *dot = strrchr(slash ? slash : spec->path, '.');
    if (!dot) return rt_fail(e, RT_DATA, "cannot read %s: its name has no ending that says its format", spec->path), NULL;
    return rt_fail(e, RT_DATA, "cannot read %s: %s is not a known format (csv, tsv, npy, png, jpg and safetensors are)", spec->path, dot), NULL;
}

static const FileFormat *find_format(const FileSpec *spec, RtError *e) {
    for (size_t i = 0; i < N_FORMATS; i++)
        if (spec->format ? strcmp(spec->format, formats[i].name) == 0 : has_ending(&formats[i], spec->path))
            return &formats[i];
    return no_format(spec, e);
}

bool file_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e) {
    const FileFormat *f = find_format(spec, e);
    return f && f->open(a, types, spec, out, e);
}

TableVersion *file_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e) {
    const FileFormat *f = find_format(spec, e);
    char name[PROGRESS_NAME];
    snprintf(name, sizeof name, "load %s", spec->path);
    progress_begin(spec->progress, name, 0, false);
    TableVersion *v = f ? f->load(pool, workers, spec, e) : NULL;
    progress_end(spec->progress);
    if (!v || v->file || version_set_file(v, spec->path, 0, NULL)) return v;
    version_unref(v);
    rt_fail_memory(e);
    return NULL;
}

bool file_no_options(const FileSpec *spec, RtError *e) {
    if (spec->n_options == 0) return true;
    return rt_fail(e, RT_DATA, "cannot read %s: this format has no option %s", spec->path, spec->names[0]);
}

void file_stamp(const FileSpec *spec, Buf *out) {
    Arena *a = arena_new();
    Paths paths;
    RtError e = {0};
    if (!paths_find(a, spec->path, &paths, &e)) paths.n = 0;
    for (size_t i = 0; i < paths.n; i++) {
        struct stat st = {0};
        if (stat(paths.at[i], &st) != 0) st.st_mtim.tv_sec = 0;
        if (paths.n > 1) buf_printf(out, " %s", paths.at[i]);
        buf_printf(out, " @%lld.%09ld+%lld", (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, (long long)st.st_size);
    }
    rt_error_clear(&e);
    arena_free(a);
}
