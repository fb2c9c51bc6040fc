/* Files as relations: one entry for all formats.  The format is the one named, or follows from the path's ending; how the
 * file is read may be changed by options (name => value), which each format checks.  runtime/README.md lists formats,
 * options and columns.
 *
 * file_open looks at a header or a sample only; file_load reads everything.  A CSV whose types are sniffed may load wider
 * than it opened (a later value did not fit the sample's type): the loaded version's schema is what holds.
 */
#ifndef DQL_RUNTIME_FILE_H
#define DQL_RUNTIME_FILE_H
#include "runtime/progress.h"
#include "runtime/table.h"

typedef struct FileSpec {
    const char *path;
    const char *format; /* "csv", "tsv", "npy", "image", "safetensors"; NULL: by the ending */
    uint32_t n_options;
    const char *const *names; /* lower case */
    const Value *values;
    Progress *progress; /* NULL: nobody looks */
} FileSpec;

typedef struct FileSchema {
    uint32_t n;
    const char **names; /* distinct, in the arena */
    const Type **types; /* of the pool */
} FileSchema;

bool file_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e);
/* An unpublished version with one reference; NULL with the error. */
TableVersion *file_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e);

/* What changes when the file does, or one of those that a path with wildcards names. */
void file_stamp(const FileSpec *spec, Buf *out);

/* For the readers of formats: no option is known to them, or the error. */
bool file_no_options(const FileSpec *spec, RtError *e);
#endif
