/* An .onnx file without the elements of weights: who has these appends them to the graph, as TensorProtos named like the tensors.
 * The file is `model`, the field of the graph, `graph`.
 */
#ifndef DQL_ONNX_WRITE_H
#define DQL_ONNX_WRITE_H
#include "base/onnx_fields.h"
#include "ir/node.h"
#include "onnx/graph.h"

typedef struct OnnxFile {
    Buf model, graph; /* buf_free both */
} OnnxFile;

/* The graph as it was read. */
void onnx_write_graph(OnnxFile *f, const OnnxGraph *g);

/* A network of layers as a graph over a batch: its first dimension, 'N', is the rows. */
typedef struct OnnxExport {
    Ir *ir;
    Arena *arena;
    const char *name; /* of the model */
    uint32_t n_inputs, n_outputs;
    const char *const *input_names, *const *output_names;
    const Node *const *inputs, *const *outputs; /* columns 0 .. n_inputs - 1; what they become */
} OnnxExport;
/* False: *why names the operator that ONNX has no form of. */
bool onnx_export(const OnnxExport *e, OnnxFile *f, const char **why);

/* ---- parts ---- */
void onnx_put_model(Buf *model, int64_t opset);
void onnx_put_tensor(Buf *graph, const char *name, TypeKind elem, uint32_t rank, const int64_t *dims, const void *data, size_t n);
/* field: GRAPH_INPUT or GRAPH_OUTPUT; a dimension is DIM_ANY or has a symbol where its size is open. */
void onnx_put_port(Buf *graph, uint32_t field, const char *name, TypeKind elem, uint32_t rank, const int64_t *dims, const char *const *symbols);
/* Attributes of a node, into the buffer of the node. */
void onnx_put_int(Buf *node, const char *name, int64_t v);
void onnx_put_ints(Buf *node, const char *name, uint32_t n, const int64_t *v);
void onnx_put_float(Buf *node, const char *name, double v);
#endif
