/* Safetensors: a JSON header of names, element types, shapes and offsets, then the bytes of all tensors without gaps.
 * Files are not trusted: every offset and size is checked before use, and messages name file and tensor.
 */
#ifndef DQL_RUNTIME_SAFETENSORS_H
#define DQL_RUNTIME_SAFETENSORS_H
#include "base/type.h"
#include "runtime/error.h"

typedef struct SafeTensor {
    const char *name; /* distinct in the file */
    const char *dtype; /* as the file spells it: "F32" */
    TypeKind kind;
    uint32_t rank; /* <= TENSOR_MAX_RANK */
    int64_t dims[TENSOR_MAX_RANK];
    int64_t count;       /* elements */
    const uint8_t *data; /* in the file's bytes, little-endian, not aligned */
    size_t bytes;
} SafeTensor;

typedef struct SafeTensors {
    uint32_t n;
    SafeTensor *at; /* in the order of the header */
} SafeTensors;

/* From the n bytes of a whole file, which the result points into. */
bool safetensors_read(Arena *a, const char *path, const uint8_t *p, size_t n, SafeTensors *out, RtError *e);
const char *safetensors_dtype(TypeKind kind); /* "F32" of an element type that files have, else "" */
#endif
