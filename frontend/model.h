/* A network as the binder understood it: layers with resolved hyper-parameters over numbered values, or the graph of
 * an .onnx file (onnx/graph.h).
 *
 * Values are numbered: 0 .. n_inputs-1 are the inputs, n_inputs + i is what layer i yields, so a layer reads
 * only smaller numbers and the list is in order of evaluation.  Sequences, branches and LET are all this one
 * form.
 *
 * Names of layers are `AS name`, else the layer's index in its chain as in PyTorch's Sequential ('0', '1',
 * ..; every layer counts, named or not); inside branches `i.b.j`: layer j of branch b of stage i.  The
 * tensors are named like a PyTorch state_dict: '0.weight', 'c1.bias', 'bn.running_mean'.
 *
 * A ModelDef outlives the statement that made it: the session copies it with model_copy into memory and a
 * pool of its own and gives it back through ModelInfo.definition; model_apply imports its types into the
 * statement's pool.
 */
#ifndef DQL_FRONTEND_MODEL_H
#define DQL_FRONTEND_MODEL_H
#include "base/span.h"
#include "base/type.h"
#include "ir/node.h"

typedef enum LayerKind {
#define LAYER(kind, name, family, arguments) LAYER_##kind,
#include "frontend/layer.def"
#undef LAYER
    LAYER_COUNT
} LayerKind;

typedef struct ModelTensor { /* inputs, outputs, and the tensors of the state_dict */
    const char *name;
    const Type *type; /* NOT NULL TENSOR */
} ModelTensor;

/* Hyper-parameters; which are meant follows from the kind (layer.def). */
typedef struct LayerSettings {
    int64_t in, out; /* linear: features; conv, batch_norm: channels */
    int64_t kernel[3], stride[3], before[3], after[3], dilation[3]; /* conv, pools, pads: one a spatial dimension */
    int64_t extra[3]; /* conv_transpose: output_padding; avg_pool: what ceil_mode adds behind */
    int64_t groups;
    int64_t mode;    /* a word's index: padding_mode, approximate, .. */
    int64_t divisor; /* avg_pool: divisor_override, or 0 */
    bool bias, count_pad, affine, tracked, causal, norm_first, bidirectional;
    double eps, momentum, p;
    double scale[3]; /* interpolate: scale_factor of each dimension; 0: by the sizes */
    double a, b, c; /* of activations and norms, in the order of their arguments */
    int64_t dim; /* softmax, concat: 0-based without a batch dimension; flatten: the first one flattened */
    int64_t last; /* flatten: the last one; lstm: proj_size, or 0 */
    uint32_t n_shape; /* reshape */
    int64_t shape[TENSOR_MAX_RANK];
} LayerSettings;

typedef struct ModelLayer {
    LayerKind kind;
    const char *name;
    const char *arguments; /* "kernel_size => 3, .." as resolved */
    LayerSettings set;
    bool frozen; /* by FREEZE LAYER: training leaves its tensors as they are */
    uint32_t n_in;
    const uint32_t *in;         /* values */
    uint32_t tensor, n_tensors; /* its part of ModelDef.tensors (a shared layer names the first use's) */
    const Type *type;           /* of the value it yields */
} ModelLayer;

typedef struct ModelDef {
    const char *name;
    uint32_t n_inputs, n_outputs, n_layers, n_tensors;
    const ModelTensor *inputs, *outputs;
    const uint32_t *results; /* the value of each output */
    const ModelLayer *layers;
    const ModelTensor *tensors;
    const struct OnnxGraph *graph; /* of a model from a file, in place of layers and results; else NULL */
} ModelDef;

const char *layer_kind_text(LayerKind k);
ModelDef *model_copy(Arena *a, TypePool *types, const ModelDef *m);

struct Binder;
/* The network on `inputs` (n_inputs nodes of the inputs' types) as algebra; the weights are OP_WEIGHTs of
 * this version; each node's origin is its layer.  out[i] is output i.  False: the error was reported at `at`.
 */
bool model_apply(struct Binder *b, const ModelDef *m, int64_t version, const Node *const *inputs, Span at,
                 const Node **out);
#endif
