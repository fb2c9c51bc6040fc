/* A graph in memory of its own. */
#include "onnx/graph.h"

#include <string.h>

static const char *copy_text(Arena *a, const char *s) { return s ? arena_strndup(a, s, strlen(s)) : NULL; }

static void copy_tensor(Arena *a, OnnxTensor *to, const OnnxTensor *from, bool elements) {
    *to = *from;
    to->name = copy_text(a, from->name);
    to->data = elements ? arena_copy(a, from->data, (size_t)onnx_tensor_bytes(from)) : NULL;
}

static OnnxPort *copy_ports(Arena *a, const OnnxPort *from, uint32_t n) {
    OnnxPort *to = arena_copy(a, from, n * sizeof *from);
    for (uint32_t i = 0; i < n; i++) {
        to[i].name = copy_text(a, from[i].name);
        for (uint32_t d = 0; d < TENSOR_MAX_RANK; d++) to[i].symbols[d] = copy_text(a, from[i].symbols[d]);
    }
    return to;
}

static const char *const *copy_texts(Arena *a, const char *const *from, uint32_t n) {
    const char **to = ARENA_ARRAY(a, const char *, n);
    for (uint32_t i = 0; i < n; i++) to[i] = copy_text(a, from[i]);
    return to;
}

static OnnxNode *copy_nodes(Arena *a, const OnnxNode *from, uint32_t n);

static const OnnxBody *copy_body(Arena *a, const OnnxBody *from) {
    OnnxBody *to = arena_copy(a, from, sizeof *from);
    to->inputs = arena_copy(a, from->inputs, from->n_inputs * sizeof *from->inputs);
    to->results = arena_copy(a, from->results, from->n_outputs * sizeof *from->results);
    to->in = copy_ports(a, from->in, from->n_inputs);
    to->out = copy_ports(a, from->out, from->n_outputs);
    to->nodes = copy_nodes(a, from->nodes, from->n_nodes);
    return to;
}

static void copy_attr(Arena *a, OnnxAttr *to, const OnnxAttr *from) {
    *to = *from;
    to->name = copy_text(a, from->name);
    switch (from->kind) {
    case ONNX_STRING: to->s = copy_text(a, from->s); break;
    case ONNX_FLOATS: to->floats = arena_copy(a, from->floats, from->n * sizeof *from->floats); break;
    case ONNX_INTS: to->ints = arena_copy(a, from->ints, from->n * sizeof *from->ints); break;
    case ONNX_STRINGS: to->strings = copy_texts(a, from->strings, from->n); break;
    case ONNX_GRAPH: to->g = copy_body(a, from->g); break;
    case ONNX_TENSOR: {
        OnnxTensor *t = ARENA_NEW(a, OnnxTensor);
        copy_tensor(a, t, from->t, true);
        to->t = t;
        break;
    }
    case ONNX_FLOAT:
    case ONNX_INT:
    case ONNX_OTHER: break;
    }
}

static OnnxNode *copy_nodes(Arena *a, const OnnxNode *from, uint32_t n) {
    OnnxNode *to = arena_copy(a, from, n * sizeof *from);
    for (uint32_t i = 0; i < n; i++) {
        OnnxAttr *attrs = ARENA_ARRAY(a, OnnxAttr, from[i].n_attrs);
        for (uint32_t k = 0; k < from[i].n_attrs; k++) copy_attr(a, &attrs[k], &from[i].attrs[k]);
        to[i].name = copy_text(a, from[i].name);
        to[i].op = copy_text(a, from[i].op);
        to[i].domain = copy_text(a, from[i].domain);
        to[i].in = arena_copy(a, from[i].in, from[i].n_in * sizeof *from[i].in);
        to[i].out = arena_copy(a, from[i].out, from[i].n_out * sizeof *from[i].out);
        to[i].attrs = attrs;
    }
    return to;
}

OnnxGraph *onnx_copy(Arena *a, const OnnxGraph *g) {
    OnnxGraph *to = ARENA_NEW(a, OnnxGraph);
    OnnxTensor *weights = ARENA_ARRAY(a, OnnxTensor, g->n_weights);
    *to = *g;
    for (uint32_t i = 0; i < g->n_weights; i++)
        copy_tensor(a, &weights[i], &g->weights[i], g->weights[i].data && !onnx_is_weight(&g->weights[i]));
    to->path = copy_text(a, g->path);
    to->inputs = copy_ports(a, g->inputs, g->n_inputs);
    to->outputs = copy_ports(a, g->outputs, g->n_outputs);
    to->weights = weights;
    to->nodes = copy_nodes(a, g->nodes, g->n_nodes);
    to->results = arena_copy(a, g->results, g->n_outputs * sizeof *g->results);
    to->value_names = copy_texts(a, g->value_names, g->n_values);
    return to;
}
