#include "frontend/model.h"
#include "onnx/graph.h"
#include <string.h>

const char *layer_kind_text(LayerKind k) {
    static const char *const names[LAYER_COUNT] = {
#define LAYER(kind, name, family, arguments) [LAYER_##kind] = name,
#include "frontend/layer.def"
#undef LAYER
    };
    return names[k];
}

static const char *copy_text(Arena *a, const char *s) { return s ? arena_strndup(a, s, strlen(s)) : NULL; }

static ModelTensor *copy_tensors(Arena *a, TypePool *types, const ModelTensor *from, uint32_t n) {
    ModelTensor *to = ARENA_ARRAY(a, ModelTensor, n);
    for (uint32_t i = 0; i < n; i++)
        to[i] = (ModelTensor){copy_text(a, from[i].name), type_import(types, from[i].type)};
    return to;
}

static ModelLayer *copy_layers(Arena *a, TypePool *types, const ModelLayer *from, uint32_t n) {
    ModelLayer *to = ARENA_ARRAY(a, ModelLayer, n);
    for (uint32_t i = 0; i < n; i++) {
        to[i] = from[i];
        to[i].name = copy_text(a, from[i].name);
        to[i].arguments = copy_text(a, from[i].arguments);
        to[i].in = arena_copy(a, from[i].in, from[i].n_in * sizeof *from[i].in);
        to[i].type = type_import(types, from[i].type);
    }
    return to;
}

ModelDef *model_copy(Arena *a, TypePool *types, const ModelDef *m) {
    ModelDef *to = ARENA_NEW(a, ModelDef);
    *to = *m;
    to->name = copy_text(a, m->name);
    to->inputs = copy_tensors(a, types, m->inputs, m->n_inputs);
    to->outputs = copy_tensors(a, types, m->outputs, m->n_outputs);
    to->tensors = copy_tensors(a, types, m->tensors, m->n_tensors);
    to->layers = copy_layers(a, types, m->layers, m->n_layers);
    to->results = m->results ? arena_copy(a, m->results, m->n_outputs * sizeof *m->results) : NULL;
    to->graph = m->graph ? onnx_copy(a, m->graph) : NULL;
    return to;
}
