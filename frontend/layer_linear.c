/* Linear layers, and rows of a table of weights. */
#include "frontend/layer.h"

/* x (.., in)  weight (out, in)  bias (out) */
bool layer_settle_linear(Settle *s) {
    LayerSettings *set = &s->layer->set;
    const Type *x = s->in[0];
    if (!input_one(s) || !arg_int(s, "out_features", 0, 1, &set->out) ||
        !arg_bool(s, "bias", true, &set->bias))
        return false;
    if (x->n == 0) return input_reject(s, 0, "it takes a vector");
    if (!input_known(s, x->n - 1)) return false;
    set->in = x->dims[x->n - 1];
    layer_tensor(s, "weight", 2, (int64_t[]){set->out, set->in});
    if (set->bias) layer_tensor(s, "bias", 1, &set->out);
    return true;
}

const Node *layer_build_linear(Build *m) {
    const Node *y = nn_linear(m, m->in[0], nn_weight(m, 0), NULL);
    return m->l->set.bias ? nn_2(m, OP_ADD, y, nn_weight(m, 1)) : y;
}

/* x1 (.., a)  x2 (.., b)  weight (out, a, b)  bias (out):  y[o] = sum over a and b of x1 weight[o] x2 */
bool layer_settle_bilinear(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (s->n_in != 2) return arg_reject(s, NULL, "bilinear takes two inputs: bilinear(x, z, 4)");
    if (!arg_int(s, "out_features", 0, 1, &set->out) || !arg_bool(s, "bias", true, &set->bias)) return false;
    for (uint32_t i = 0; i < 2; i++)
        if (s->in[i]->n != 1 || s->in[i]->dims[0] == DIM_ANY)
            return input_reject(s, i, "it takes vectors of known size");
    layer_tensor(s, "weight", 3, (int64_t[]){set->out, s->in[0]->dims[0], s->in[1]->dims[0]});
    if (set->bias) layer_tensor(s, "bias", 1, &set->out);
    return true;
}

const Node *layer_build_bilinear(Build *m) {
    const Node *half = nn_einsum(m, "a,oab->ob", m->in[0], nn_weight(m, 0));
    const Node *y = nn_einsum(m, "ob,b->o", half, m->in[1]);
    return m->l->set.bias ? nn_2(m, OP_ADD, y, nn_weight(m, 1)) : y;
}

/* x whole numbers (..)  weight (n, dim)  out (.., dim): a row of the weights for each */
bool layer_settle_embedding(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_int(s, "num_embeddings", 0, 1, &set->in) ||
        !arg_int(s, "embedding_dim", 0, 1, &set->out))
        return false;
    int64_t ignored; /* that row is trained otherwise, not read otherwise */
    const Ast *padding = arg_given(s, "padding_idx");
    if (padding && !constant_int(s->b, padding, "padding_idx", &ignored)) return false;
    if (!type_is_integer(s->in[0]->elem)) return input_reject(s, 0, "it takes whole numbers");
    if (s->in[0]->n == TENSOR_MAX_RANK)
        return input_reject(s, 0, "a tensor has at most %d dimensions", TENSOR_MAX_RANK);
    layer_tensor(s, "weight", 2, (int64_t[]){set->in, set->out});
    return true;
}

const Node *layer_build_embedding(Build *m) {
    return nn_make(m, OP_GATHER, &(AttrAxis){0}, 2, (const Node *const[]){nn_weight(m, 0), m->in[0]});
}
