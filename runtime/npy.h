/* NumPy's .npy (format versions 1 to 3): columns `i BIGINT`, the index on the first axis from 0, and `value`, a scalar or
 * a TENSOR of the remaining axes.  Booleans, integers and floats of the machine's byte order, C and Fortran order.
 */
#ifndef DQL_RUNTIME_NPY_H
#define DQL_RUNTIME_NPY_H
#include "runtime/file.h"

enum { NPY_MAX_RANK = TENSOR_MAX_RANK + 1 };

typedef struct NpyHeader {
    TypeKind kind;   /* of an element */
    uint32_t bytes;  /* of an element */
    bool fortran;    /* the first axis varies fastest */
    uint32_t rank;
    int64_t dims[NPY_MAX_RANK];
    int64_t count;   /* elements */
    size_t data_at;  /* offset in the file, where count * bytes bytes follow to its end */
} NpyHeader;

/* From the bytes of a whole file; path is for the message. */
bool npy_header(const char *path, const uint8_t *p, size_t n, NpyHeader *out, RtError *e);

bool npy_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e);
TableVersion *npy_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e);
#endif
