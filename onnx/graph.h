/* An ONNX model as plain data: what reading a file yields (onnx_read) and importing takes (onnx/import.h).
 *
 * Values are numbered: inputs from 0, then weights, then what the nodes yield; those of graphs within nodes (the
 * branches of an If) are numbered with them, weights too.  What reading, which trusts nothing in a file, has
 * established:
 *  - a node reads smaller numbers only, so the list of nodes is an order of evaluation and has no cycle; what a
 *    body yields is smaller than what its node yields;
 *  - each value has one name and, in one graph, each name one value;
 *  - a weight has as many bytes as its shape and type say, at most TENSOR_MAX_RANK dimensions;
 *  - results are numbers of values.
 * What operators there are, and what they take, is the importer's business.
 *
 * Tensors of `Constant` nodes are weights too (literal).  Everything lives in the arena given to onnx_read,
 * but elements in files beside the model, which stay mapped as long as it lives.
 */
#ifndef DQL_ONNX_GRAPH_H
#define DQL_ONNX_GRAPH_H
#include "base/type.h"

enum { ONNX_OPSET_MIN = 1, ONNX_OPSET_MAX = 24 };
#define ONNX_ABSENT UINT32_MAX /* an optional input or output that the node leaves out */

typedef struct OnnxTensor {
    const char *name;
    TypeKind kind; /* of the elements, laid out as a dql tensor's (BOOLEAN, FLOAT16 too) */
    uint32_t rank;
    int64_t dims[TENSOR_MAX_RANK], count;
    bool literal;     /* written as a constant in the graph */
    const void *data; /* row-major; NULL where onnx_copy left it out */
} OnnxTensor;

typedef enum OnnxAttrKind {
    ONNX_FLOAT = 1, /* f */
    ONNX_INT,       /* i */
    ONNX_STRING,    /* s */
    ONNX_TENSOR,    /* t */
    ONNX_GRAPH,     /* g */
    ONNX_FLOATS,    /* n, floats */
    ONNX_INTS,      /* n, ints */
    ONNX_STRINGS,   /* n, strings */
    ONNX_OTHER      /* nothing */
} OnnxAttrKind;

enum { ONNX_RANK_UNKNOWN = UINT32_MAX };

/* An input or an output as declared. */
typedef struct OnnxPort {
    const char *name;
    TypeKind kind;
    uint32_t rank;                        /* ONNX_RANK_UNKNOWN: the file does not say */
    int64_t dims[TENSOR_MAX_RANK];        /* DIM_ANY: symbolic or not given */
    const char *symbols[TENSOR_MAX_RANK]; /* "N", or NULL */
    int32_t batch; /* the dimension that a query's rows are (onnx_find_batch), -1: none */
} OnnxPort;

/* A graph within a node, which reads the values of the graphs around it as well as its inputs. */
typedef struct OnnxBody {
    uint32_t n_inputs, n_nodes, n_outputs;
    const uint32_t *inputs, *results; /* values */
    const OnnxPort *in, *out;         /* as declared; kind TY_NULL: no tensor, or not said */
    const struct OnnxNode *nodes;
} OnnxBody;

typedef struct OnnxAttr {
    const char *name;
    OnnxAttrKind kind;
    uint32_t n;
    union {
        double f;
        int64_t i;
        const char *s;
        const OnnxTensor *t;
        const OnnxBody *g;
        const float *floats;
        const int64_t *ints;
        const char *const *strings;
    };
} OnnxAttr;

typedef struct OnnxNode {
    const char *name, *op, *domain; /* "" where the file gives none */
    uint32_t n_in, n_out, n_attrs;
    const uint32_t *in, *out; /* values, or ONNX_ABSENT */
    const OnnxAttr *attrs;
} OnnxNode;

typedef struct OnnxGraph {
    const char *path;
    int64_t opset; /* of the standard operators */
    uint32_t n_inputs, n_weights, n_nodes, n_outputs, n_values;
    const OnnxPort *inputs, *outputs;
    const OnnxTensor *weights;
    const OnnxNode *nodes;
    const uint32_t *results;        /* the value of each output */
    const char *const *value_names; /* of each value */
} OnnxGraph;

/* False: *why is a sentence that names file, node and value. */
bool onnx_read(Arena *a, const char *path, OnnxGraph **out, const char **why);
/* The same of the file's bytes; external data is looked for beside `path`. */
bool onnx_read_bytes(Arena *a, const char *path, const void *bytes, size_t n, OnnxGraph **out,
                     const char **why);
/* A TensorProto of its own, as conformance cases hold inputs and outputs. */
bool onnx_read_tensor(Arena *a, const char *path, OnnxTensor *out, const char **why);
/* Without the elements of model weights (onnx_is_weight). */
OnnxGraph *onnx_copy(Arena *a, const OnnxGraph *g);
/* A tensor of the model's state rather than a constant of the graph: floats, and whatever is large. */
bool onnx_is_weight(const OnnxTensor *t);
int64_t onnx_tensor_bytes(const OnnxTensor *t);

/* Finds each input's and output's batch dimension, the one that is a row of a query: the first, where it is
 * symbolic or 1; with a name, the dimension of that symbol; "dim K" is dimension K; "none": values are whole.
 */
bool onnx_find_batch(Arena *a, OnnxGraph *g, const char *name, const char **why);
#endif
