/* Layers as algebra: a linear layer is a contraction and a sum, a convolution CONV and a bias, and so on. */
#include "frontend/model_layer.h"

typedef struct Build {
    Binder *b;
    const ModelLayer *l;
    const char *model;
    int64_t version;
    const ModelTensor *tensors;
    const Node *const *in;
    Span at;
} Build;

static const Node *make(Build *m, Op op, const void *attr, uint32_t n, const Node *const *in) {
    const char *why = NULL;
    for (uint32_t i = 0; i < n; i++)
        if (!in[i]) return NULL;
    if (!ir_check(m->b->ir, op, attr, n, in, &why)) {
        diag_error(m->b->diags, E_SHAPE_MISMATCH, m->at,
                   arena_printf(m->b->arena, "%s: %s", layer_title(m->b, m->l), why));
        return NULL;
    }
    const Node *node = ir_node(m->b->ir, op, attr, n, in);
    ir_set_origin(m->b->ir, node, (Origin){m->at, ir_name(m->b->ir, m->l->name)});
    return node;
}

static const Node *weight(Build *m, uint32_t i) {
    const ModelTensor *t = &m->tensors[m->l->tensor + i];
    AttrWeight a = {ir_name(m->b->ir, m->model), m->version, ir_name(m->b->ir, t->name),
                    type_import(m->b->types, t->type)};
    return ir_node(m->b->ir, OP_WEIGHT, &a, 0, NULL);
}

static IntList ints(Build *m, uint32_t n, const int64_t *at) {
    return (IntList){n, arena_copy(m->b->arena, at, n * sizeof *at)};
}

/* x (.., k)  w (o, k)  out (.., o) = x w^T + b */
static const Node *build_linear(Build *m) {
    uint32_t rank = m->in[0]->type->n;
    int64_t x[TENSOR_MAX_RANK], out[TENSOR_MAX_RANK];
    enum { O = 8, K = 9 };
    for (uint32_t i = 0; i < rank; i++) x[i] = out[i] = i;
    x[rank - 1] = K;
    out[rank - 1] = O;
    AttrContract a = {ints(m, rank, x), ints(m, 2, (int64_t[]){O, K}), ints(m, rank, out)};
    const Node *y = make(m, OP_CONTRACT, &a, 2, (const Node *const[]){m->in[0], weight(m, 0)});
    return m->l->set.bias ? make(m, OP_ADD, NULL, 2, (const Node *const[]){y, weight(m, 1)}) : y;
}

/* bias (o) as (o, 1, ..): one a channel */
static const Node *channel_bias(Build *m, uint32_t spatial) {
    int64_t dims[4] = {m->l->set.out, 1, 1, 1};
    AttrShape a = {ints(m, spatial + 1, dims)};
    const Node *b = weight(m, 1);
    return make(m, OP_RESHAPE, &a, 1, &b);
}

static const Node *build_conv(Build *m) {
    const LayerSettings *s = &m->l->set;
    uint32_t n = m->in[0]->type->n - 1;
    AttrConv a = {ints(m, n, s->stride), ints(m, n, s->before), ints(m, n, s->after), ints(m, n, s->dilation),
                  s->groups};
    const Node *y = make(m, OP_CONV, &a, 2, (const Node *const[]){m->in[0], weight(m, 0)});
    return s->bias ? make(m, OP_ADD, NULL, 2, (const Node *const[]){y, channel_bias(m, n)}) : y;
}

static const Node *build_batch_norm(Build *m) {
    const Node *in[] = {m->in[0], weight(m, 0), weight(m, 1), weight(m, 2), weight(m, 3)};
    return make(m, OP_BATCH_NORM, &(AttrNorm){m->l->set.eps}, 5, in);
}

static const Node *build_pool(Build *m) {
    const LayerSettings *s = &m->l->set;
    uint32_t n = m->in[0]->type->n - 1;
    AttrPool a = {ints(m, n, s->kernel), ints(m, n, s->stride),   ints(m, n, s->before),
                  ints(m, n, s->after),  ints(m, n, s->dilation), s->count_pad};
    bool max = m->l->kind == LAYER_MAX_POOL1D || m->l->kind == LAYER_MAX_POOL2D;
    return make(m, max ? OP_MAX_POOL : OP_AVG_POOL, &a, 1, m->in);
}

static const Node *build_flatten(Build *m) {
    const Type *t = m->in[0]->type;
    int64_t shape[TENSOR_MAX_RANK];
    uint32_t dim = (uint32_t)m->l->set.dim;
    shape[dim] = 1;
    for (uint32_t i = 0; i < t->n; i++) {
        if (i < dim) shape[i] = t->dims[i];
        else if (t->dims[i] == DIM_ANY || shape[dim] == DIM_ANY) shape[dim] = DIM_ANY;
        else shape[dim] *= t->dims[i];
    }
    return make(m, OP_RESHAPE, &(AttrShape){ints(m, dim + 1, shape)}, 1, m->in);
}

static const Node *build_reshape(Build *m) {
    return make(m, OP_RESHAPE, &(AttrShape){ints(m, m->l->set.n_shape, m->l->set.shape)}, 1, m->in);
}

/* dropout is the identity when nothing is trained */
static const Node *build_pointwise(Build *m) {
    if (m->l->kind == LAYER_RELU) return make(m, OP_RELU, NULL, 1, m->in);
    if (m->l->kind == LAYER_LEAKY_RELU)
        return make(m, OP_LEAKY_RELU, &(AttrSlope){m->l->set.slope}, 1, m->in);
    if (m->l->kind == LAYER_SIGMOID) return make(m, OP_SIGMOID, NULL, 1, m->in);
    if (m->l->kind == LAYER_TANH) return make(m, OP_TANH, NULL, 1, m->in);
    return m->in[0];
}

static const Node *build_softmax(Build *m) {
    AttrDims a = {ints(m, 1, &m->l->set.dim), false};
    return make(m, m->l->kind == LAYER_SOFTMAX ? OP_SOFTMAX : OP_LOG_SOFTMAX, &a, 1, m->in);
}

static const Node *build_add(Build *m) {
    const Node *y = m->in[0];
    for (uint32_t i = 1; i < m->l->n_in; i++)
        y = make(m, OP_ADD, NULL, 2, (const Node *const[]){y, m->in[i]});
    return y;
}

static const Node *build_concat(Build *m) {
    return make(m, OP_CONCAT, &(AttrAxis){m->l->set.dim}, m->l->n_in, m->in);
}

const Node *layer_build(Binder *b, const ModelLayer *l, const char *model, int64_t version,
                        const ModelTensor *tensors, const Node *const *in, Span at) {
    static const Node *(*const builders[LAYER_COUNT])(Build *) = {
#define LAYER(kind, name, family, arguments) [LAYER_##kind] = build_##family,
#include "frontend/layer.def"
#undef LAYER
    };
    Build m = {b, l, model, version, tensors, in, at};
    return builders[l->kind](&m);
}

bool model_apply(Binder *b, const ModelDef *m, int64_t version, const Node *const *inputs, Span at,
                 const Node **out) {
    const Node **value = ARENA_ARRAY(b->arena, const Node *, m->n_inputs + m->n_layers);
    memcpy(value, inputs, m->n_inputs * sizeof *value);
    for (uint32_t i = 0; i < m->n_layers; i++) {
        const ModelLayer *l = &m->layers[i];
        const Node **in = ARENA_ARRAY(b->arena, const Node *, l->n_in);
        for (uint32_t k = 0; k < l->n_in; k++) in[k] = value[l->in[k]];
        if (!(value[m->n_inputs + i] = layer_build(b, l, m->name, version, m->tensors, in, at))) return false;
    }
    for (uint32_t i = 0; i < m->n_outputs; i++) out[i] = value[m->results[i]];
    return true;
}
