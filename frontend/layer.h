/* Layers from syntax to algebra, in two steps: layer_settle_<family> reads the arguments, checks the shapes
 * and names the parameter tensors; layer_build_<family> makes the nodes.  A family's two functions stand in
 * one file, layer_<subject>.c.
 */
#ifndef DQL_FRONTEND_LAYER_H
#define DQL_FRONTEND_LAYER_H
#include "frontend/constant.h"
#include "frontend/model.h"

enum { LAYER_MAX_ARGS = 16, LAYER_MAX_TENSORS = 128 };

/* One layer on its way to settings: its arguments by name, the types of its inputs, and whom to name when
 * shapes do not fit. */
typedef struct Settle {
    Binder *b;
    const Ast *ast;                    /* the LAYER */
    const char *names[LAYER_MAX_ARGS]; /* its arguments, in order */
    const Ast *args[LAYER_MAX_ARGS];   /* as given, or NULL */
    const char *shown[LAYER_MAX_ARGS]; /* as resolved */
    uint32_t n_args;
    ModelLayer *layer; /* kind, name, inputs given; settings to be filled */
    uint32_t n_in;
    const Type *const *in;   /* types of the inputs */
    const char *const *from; /* "layer 'c1' (conv2d)", "input 'x'": where each comes from */
    uint32_t n_tensors;
    ModelTensor tensors[LAYER_MAX_TENSORS]; /* names without the layer's: "weight" */
} Settle;

/* One layer on its way to nodes. */
typedef struct Build {
    Binder *b;
    const ModelLayer *l;
    const char *model;
    int64_t version;
    const ModelTensor *tensors; /* of the model: state_dict names complete */
    const Node *const *in;
    Span at;
} Build;

bool layer_kind_find(const char *name, LayerKind *out);
void layer_unknown(Binder *b, const Ast *t, const char *const *more,
                   size_t n);                            /* reports, with the nearest name */
const char *layer_title(Binder *b, const ModelLayer *l); /* "layer 'c1' (conv2d)" */
/* Arguments to settings and tensors, shapes checked; false: reported. */
bool layer_settle(Settle *s);
/* The layer as algebra. tensors: those of the model, state_dict names complete. */
const Node *layer_build(Binder *b, const ModelLayer *l, const char *model, int64_t version,
                        const ModelTensor *tensors, const Node *const *in, Span at);

/* x (C, H, W) as interpolate's (C, height, width), mode 'bilinear' (layer_resize.c) */
const Node *layer_bilinear(Binder *b, const Node *x, int64_t height, int64_t width, bool antialias, Span at);

#define LAYER(kind, name, family, arguments)                                                                 \
    bool layer_settle_##family(Settle *s);                                                                   \
    const Node *layer_build_##family(Build *m);
#include "frontend/layer.def"
#undef LAYER

/* ---- arguments (layer_argument.c): the default where not given; false: reported ---- */
const Ast *arg_given(Settle *s, const char *name); /* or NULL */
bool arg_int(Settle *s, const char *name, int64_t otherwise, int64_t least, int64_t *out);
bool arg_ints(Settle *s, const char *name, uint32_t max, uint32_t *n,
              int64_t *out); /* 1 to max of them, given */
bool arg_bool(Settle *s, const char *name, bool otherwise, bool *out);
bool arg_double(Settle *s, const char *name, double otherwise, double *out);
/* A word of `words`, which ends with NULL: its index. */
bool arg_word(Settle *s, const char *name, const char *const *words, int64_t *out);
/* A number for all n spatial dimensions, or one for each. */
bool arg_spatial(Settle *s, const char *name, uint32_t n, const int64_t *otherwise, int64_t least,
                 int64_t *out);
/* A dimension as PyTorch counts them, the batch being 0; -1 is the last.  *out is 0-based: rows have no
 * batch. */
bool arg_dim(Settle *s, const char *name, int64_t otherwise, int64_t *out);
/* What SHOW MODEL says of an argument; the functions above do so themselves. */
void arg_note(Settle *s, const char *name, const char *text);
/* At least `least`, and no more than any machine holds. */
bool arg_in_range(Settle *s, const Ast *t, const char *name, int64_t least, int64_t value);
bool arg_reject(Settle *s, const char *name, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* ---- shapes (layer_argument.c); false: reported, with both layers and both shapes ---- */
bool input_reject(Settle *s, uint32_t input, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool input_one(Settle *s);
bool input_several(Settle *s);
bool input_known(Settle *s, uint32_t dim); /* not `*` */
bool input_all_known(Settle *s);
bool input_rank(Settle *s, uint32_t rank, const char *form);
const char *input_form(uint32_t spatial); /* "(channels, height, width)" */
/* Kernel, stride, dilation and padding of a window over n spatial dimensions (layer_conv.c). */
bool window_args(Settle *s, uint32_t n, bool stride_is_kernel);
bool window_fits(Settle *s, uint32_t n); /* at least one position */
typedef enum PadMode { PAD_VALUE, PAD_REFLECT, PAD_REPLICATE, PAD_CIRCULAR } PadMode;
bool pad_fits(Settle *s, uint32_t dim, PadMode mode, int64_t before, int64_t after); /* layer_pad.c */
uint32_t input_spatial(LayerKind k);                                                 /* 2 of conv2d */
/* A parameter tensor: FLOAT32 computes in FLOAT32, DOUBLE in DOUBLE; integers become FLOAT32. */
void layer_tensor(Settle *s, const char *name, uint32_t rank, const int64_t *dims);

/* ---- nodes (layer_build.c): NULL in, NULL out; what does not type is reported ---- */
const Node *nn_make(Build *m, Op op, const void *attr, uint32_t n, const Node *const *in);
const Node *nn_weight(Build *m, uint32_t i); /* tensor i of the layer */
IntList nn_ints(Build *m, uint32_t n, const int64_t *at);
const Node *nn_1(Build *m, Op op, const Node *x);
const Node *nn_2(Build *m, Op op, const Node *x, const Node *y);
const Node *nn_op(Build *m, Op op, const Node *x, double y); /* x op the number y */
const Node *nn_number(Build *m, const Node *like, double v); /* of like's element type */
const Node *nn_reshape(Build *m, const Node *x, uint32_t rank, const int64_t *dims);
/* Dimension `at` becomes the n dimensions `dims`; n = 0 removes it. */
const Node *nn_split(Build *m, const Node *x, uint32_t at, uint32_t n, const int64_t *dims);
/* The `n` dimensions from `at` on become one. */
const Node *nn_merge(Build *m, const Node *x, uint32_t at, uint32_t n);
const Node *nn_transpose(Build *m, const Node *x, uint32_t i, uint32_t j); /* swaps two dimensions */
const Node *nn_slice(Build *m, const Node *x, uint32_t dim, int64_t from, int64_t to);
const Node *nn_gather(Build *m, const Node *x, uint32_t dim, int64_t n,
                      const int64_t *at); /* places of a dimension */
const Node *nn_concat(Build *m, int64_t axis, uint32_t n, const Node *const *parts);
const Node *nn_reduce(Build *m, Op op, const Node *x, uint32_t n, const int64_t *dims, bool keep);
const Node *nn_softmax(Build *m, const Node *x, int64_t dim);
/* A border of `value` or of elements of x; negative sizes cut off. */
const Node *nn_pad(Build *m, const Node *x, uint32_t dim, PadMode mode, int64_t before, int64_t after,
                   double value);
const Node *nn_spread(Build *m, const Node *x, uint32_t dim,
                      int64_t step); /* zeros between elements: step apart */
const Node *nn_reverse(Build *m, const Node *x, uint32_t dim);
/* einsum: a letter a dimension, "tk,ok->to" */
const Node *nn_einsum(Build *m, const char *spec, const Node *x, const Node *y);
/* (C) as (C, 1, ..) beside x (C, ..) */
const Node *nn_per_channel(Build *m, const Node *v, uint32_t rank);
const Node *nn_gelu(Build *m, const Node *x, bool by_tanh);
/* A constant, DOUBLE beside DOUBLE, else FLOAT32. */
const Node *nn_table(Build *m, const Node *like, uint32_t rank, const int64_t *dims, const double *at);
/* Over the last n dimensions; weight and bias may be NULL. */
const Node *nn_layer_norm(Build *m, const Node *x, uint32_t n, const Node *weight, const Node *bias);
/* x (.., k)  w (o, k)  b (o) or NULL  out (.., o) = x w^T + b */
const Node *nn_linear(Build *m, const Node *x, const Node *w, const Node *b);
#endif
