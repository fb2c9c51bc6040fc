/* An ONNX graph as algebra: each operator is an expansion into the algebra's own operators (onnx/op.def), so
 * that laws, rewrites and both executions apply to it.  Shapes are fixed: they come from the inputs at hand.
 */
#ifndef DQL_ONNX_IMPORT_H
#define DQL_ONNX_IMPORT_H
#include "ir/node.h"
#include "ir/source.h"
#include "onnx/graph.h"

typedef struct OnnxImport {
    Ir *ir;
    Arena *arena;
    const OnnxGraph *graph;
    const SourceApi *source; /* values of weights that shape the graph */
    const char *model;       /* whose version's tensors the weights are */
    int64_t version;
    Span at;
    const Value *known; /* values of the columns below the inputs, or NULL: those that shape the graph become
                           constants */
    uint32_t n_known;
    uint32_t *ranks;     /* out, or NULL: of each output with its batch dimension: 0 for a number */
    const Node **values; /* out, or NULL: each value, without a leading dimension of size 1 */
    bool unsupported;    /* out: the failure is an operator that is not imported */
} OnnxImport;

/* inputs[i]: input i, without its batch dimension; its other dimensions as declared or, where the file leaves
 * them open, its own.  out[i]: output i, likewise.  A number is a TENSOR of one element.  False: *why is a
 * sentence. */
bool onnx_import(OnnxImport *c, const Node *const *inputs, const Node **out, const char **why);
/* Whether all operators are known; else *why names each node whose is not. */
bool onnx_supported(Arena *a, const OnnxGraph *g, const char **why);
/* What a port holds for one row: NOT NULL TENSOR; NULL: its rank is not declared. */
const Type *onnx_port_type(TypePool *types, const OnnxPort *p);
const Type *onnx_weight_type(TypePool *types, const OnnxTensor *t);
/* A source of the graph's own weights, for a model that is not known to the session yet. */
SourceApi onnx_weights(const OnnxGraph *g);
#endif
