/* Parts of an .onnx file, and a graph that was read written back. */
#include "onnx/write.h"

void onnx_put_model(Buf *model, int64_t opset) {
    enum { IR_VERSION = 8 };
    Buf set = {0};
    wire_int(model, MODEL_IR_VERSION, IR_VERSION);
    wire_text(model, MODEL_PRODUCER, "dql");
    wire_text(&set, OPSET_DOMAIN, "");
    wire_int(&set, OPSET_VERSION, opset);
    wire_message(model, MODEL_OPSET, &set);
}

static void tensor_message(Buf *b, const char *name, TypeKind elem, uint32_t rank, const int64_t *dims, const void *data, size_t n) {
    onnx_tensor_head(b, name, elem, rank, dims, n);
    if (n) buf_add(b, data, n);
}

void onnx_put_tensor(Buf *graph, const char *name, TypeKind elem, uint32_t rank, const int64_t *dims, const void *data, size_t n) {
    Buf t = {0};
    tensor_message(&t, name, elem, rank, dims, data, n);
    wire_message(graph, GRAPH_INITIALIZER, &t);
}

void onnx_put_port(Buf *graph, uint32_t field, const char *name, TypeKind elem, uint32_t rank, const int64_t *dims, const char *const *symbols) {
    Buf value = {0}, type = {0}, tensor = {0}, shape = {0};
    for (uint32_t d = 0; rank != ONNX_RANK_UNKNOWN && d < rank; d++) {
        Buf dim = {0};
        if (symbols[d]) wire_text(&dim, DIM_PARAM, symbols[d]);
        else if (dims[d] != DIM_ANY) wire_int(&dim, DIM_VALUE, dims[d]);
        wire_message(&shape, SHAPE_DIM, &dim);
    }
    wire_int(&tensor, TENSOR_TYPE_ELEM, onnx_data_type(elem));
    if (rank != ONNX_RANK_UNKNOWN) wire_message(&tensor, TENSOR_TYPE_SHAPE, &shape);
    wire_message(&type, TYPE_TENSOR_TYPE, &tensor);
    wire_text(&value, VALUE_NAME, name);
    if (elem != TY_NULL) wire_message(&value, VALUE_TYPE, &type);
    wire_message(graph, field, &value);
    buf_free(&type);
}

/* ---- attributes ---- */

static void put(Buf *node, const char *name, OnnxAttrKind kind, Buf *value) {
    static const int8_t types[] = {[ONNX_FLOAT] = 1, [ONNX_INT] = 2, [ONNX_STRING] = 3, [ONNX_TENSOR] = 4, [ONNX_GRAPH] = 5, [ONNX_FLOATS] = 6, [ONNX_INTS] = 7,
                                   [ONNX_STRINGS] = 8, [ONNX_OTHER] = 0};
    wire_text(value, ATTRIBUTE_NAME, name);
    wire_int(value, ATTRIBUTE_TYPE, types[kind]);
    wire_message(node, NODE_ATTRIBUTE, value);
}

void onnx_put_int(Buf *node, const char *name, int64_t v) {
    Buf a = {0};
    wire_int(&a, ATTRIBUTE_I, v);
    put(node, name, ONNX_INT, &a);
}

void onnx_put_ints(Buf *node, const char *name, uint32_t n, const int64_t *v) {
    Buf a = {0};
    for (uint32_t i = 0; i < n; i++) wire_int(&a, ATTRIBUTE_INTS, v[i]);
    put(node, name, ONNX_INTS, &a);
}

void onnx_put_float(Buf *node, const char *name, double v) {
    Buf a = {0};
    wire_float(&a, ATTRIBUTE_F, (float)v);
    put(node, name, ONNX_FLOAT, &a);
}

/* ---- a graph as it was read ---- */

static void put_nodes(Buf *graph, const OnnxGraph *g, uint32_t n, const OnnxNode *nodes);

/* Weights of bodies are the graph's, by names of their own. */
static const char *name_of(const OnnxGraph *g, uint32_t value) {
    if (value == ONNX_ABSENT) return "";
    bool weight = value >= g->n_inputs && value - g->n_inputs < g->n_weights;
    return weight ? g->weights[value - g->n_inputs].name : g->value_names[value];
}

static void put_port(Buf *graph, uint32_t field, const char *name, const OnnxPort *p) {
    onnx_put_port(graph, field, name, p->kind, p->rank, p->dims, p->symbols);
}

static void put_body(Buf *b, const OnnxGraph *g, const OnnxBody *body) {
    wire_text(b, GRAPH_NAME, "body");
    put_nodes(b, g, body->n_nodes, body->nodes);
    for (uint32_t i = 0; i < body->n_inputs; i++) put_port(b, GRAPH_INPUT, name_of(g, body->inputs[i]), &body->in[i]);
    for (uint32_t i = 0; i < body->n_outputs; i++) put_port(b, GRAPH_OUTPUT, name_of(g, body->results[i]), &body->out[i]);
}

static void put_attribute(Buf *node, const OnnxGraph *g, const OnnxAttr *a) {
    Buf v = {0}, inner = {0};
    switch (a->kind) {
    case ONNX_FLOAT: wire_float(&v, ATTRIBUTE_F, (float)a->f); break;
    case ONNX_INT: wire_int(&v, ATTRIBUTE_I, a->i); break;
    case ONNX_STRING: wire_text(&v, ATTRIBUTE_S, a->s); break;
    case ONNX_TENSOR:
        tensor_message(&inner, a->t->name, a->t->kind, a->t->rank, a->t->dims, a->t->data, (size_t)onnx_tensor_bytes(a->t));
        wire_message(&v, ATTRIBUTE_T, &inner);
        break;
    case ONNX_GRAPH:
        put_body(&inner, g, a->g);
        wire_message(&v, ATTRIBUTE_G, &inner);
        break;
    case ONNX_FLOATS:
        for (uint32_t i = 0; i < a->n; i++) wire_float(&v, ATTRIBUTE_FLOATS, a->floats[i]);
        break;
    case ONNX_INTS:
        for (uint32_t i = 0; i < a->n; i++) wire_int(&v, ATTRIBUTE_INTS, a->ints[i]);
        break;
    case ONNX_STRINGS:
        for (uint32_t i = 0; i < a->n; i++) wire_text(&v, ATTRIBUTE_STRINGS, a->strings[i]);
        break;
    case ONNX_OTHER: return; /* of no operator that is imported */
    }
    put(node, a->name, a->kind, &v);
}

static void put_nodes(Buf *graph, const OnnxGraph *g, uint32_t n, const OnnxNode *nodes) {
    for (uint32_t i = 0; i < n; i++) {
        Buf node = {0};
        for (uint32_t k = 0; k < nodes[i].n_in; k++) wire_text(&node, NODE_INPUT, name_of(g, nodes[i].in[k]));
        for (uint32_t k = 0; k < nodes[i].n_out; k++) wire_text(&node, NODE_OUTPUT, name_of(g, nodes[i].out[k]));
        wire_text(&node, NODE_NAME, nodes[i].name);
        wire_text(&node, NODE_OP, nodes[i].op);
        wire_text(&node, NODE_DOMAIN, nodes[i].domain);
        for (uint32_t k = 0; k < nodes[i].n_attrs; k++) put_attribute(&node, g, &nodes[i].attrs[k]);
        wire_message(graph, GRAPH_NODE, &node);
    }
}

void onnx_write_graph(OnnxFile *f, const OnnxGraph *g) {
    onnx_put_model(&f->model, g->opset);
    wire_text(&f->graph, GRAPH_NAME, "dql");
    put_nodes(&f->graph, g, g->n_nodes, g->nodes);
    for (uint32_t i = 0; i < g->n_weights; i++) {
        const OnnxTensor *t = &g->weights[i];
        if (!onnx_is_weight(t)) onnx_put_tensor(&f->graph, t->name, t->kind, t->rank, t->dims, t->data, (size_t)onnx_tensor_bytes(t));
    }
    for (uint32_t i = 0; i < g->n_inputs; i++) put_port(&f->graph, GRAPH_INPUT, g->inputs[i].name, &g->inputs[i]);
    for (uint32_t i = 0; i < g->n_outputs; i++) put_port(&f->graph, GRAPH_OUTPUT, g->outputs[i].name, &g->outputs[i]);
}
