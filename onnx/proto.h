/* Between the files that read a model's bytes: the message types come from onnx.proto, by protobuf-c. */
#ifndef DQL_ONNX_PROTO_H
#define DQL_ONNX_PROTO_H
#include "onnx/graph.h"

#include <onnx.pb-c.h>

typedef struct OnnxReader {
    Arena *arena;
    const char *path; /* of the model */
    const char *why;  /* of the first error */
} OnnxReader;

/* Sets why to "path: ..", if nothing has; false. */
bool onnx_fail(OnnxReader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The model's messages in the arena; NULL: damaged, or nested too deep for a stack. */
Onnx__ModelProto *onnx_unpack(OnnxReader *r, const uint8_t *bytes, size_t n);
/* A tensor with its elements, in the arena or mapped from a file beside the model. */
bool onnx_tensor(OnnxReader *r, const Onnx__TensorProto *from, const char *name, OnnxTensor *out);
/* The element type of a TensorProto.DataType; TY_NULL: none of ours. */
TypeKind onnx_kind(int32_t data_type);
/* A whole file, mapped until the arena is freed; NULL: failed. */
const uint8_t *onnx_map(OnnxReader *r, const char *path, size_t *n);
/* `length` bytes at `offset` of the file `location` in the model's folder. */
const uint8_t *onnx_external(OnnxReader *r, const Onnx__TensorProto *t, const char *name, int64_t bytes);
#endif
