/* A network under construction: layers over numbered values, as a statement's chains are read. */
#ifndef DQL_FRONTEND_NETWORK_H
#define DQL_FRONTEND_NETWORK_H
#include "frontend/layer.h"

/* A name that starts a chain or is an argument of concat: an input or a LET binding. */
typedef struct NamedValue {
    const char *name;
    uint32_t value;
} NamedValue;

typedef struct Network {
    Binder *b;
    const char *name;
    uint32_t n_inputs, n_layers, n_tensors, n_values, n_names;
    ModelTensor *inputs;
    ModelLayer *layers;
    ModelTensor *tensors;
    const Node **node; /* of each value: types, and proof that the layers build */
    const char **from; /* of each value: "layer 'c1' (conv2d)" */
    NamedValue *names;
    uint32_t cap, tensor_cap;
} Network;

/* Given b, name, inputs: room for all layers that t's syntax holds and `more` values; returns how many. */
uint32_t network_begin(Network *w, const Ast *t, uint32_t more);
ModelDef *network_finish(Network *w, uint32_t n, const ModelTensor *outputs, const uint32_t *results);
/* Reported where false; *value: what goes in (if has_value), and what comes out. Names of layers begin with
 * prefix. */
bool network_chain(Network *w, const Ast *t, const char *prefix, bool has_value, uint32_t *value);
bool network_let(Network *w, const Ast *t, uint32_t *value);
/* The chain in place of a layer of this name. */
bool network_replace(Network *w, const Ast *chain, const char *name, uint32_t *value);
bool network_value(const Network *w, const char *name, uint32_t *value); /* of an input or LET binding */
/* Adds the layer at layers[n_layers], whose settings, inputs and tensors are complete. */
bool network_yield(Network *w, ModelLayer *l, const Ast *t, uint32_t *value);
ModelLayer *network_find_layer(Network *w, const char *name); /* or NULL */
void network_reserve_tensors(Network *w, uint32_t n);         /* room for n more */
#endif
