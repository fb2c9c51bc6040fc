/* Messages to the plain graph: names become numbers of values, and everything that graph.h promises is
 * checked. */
#include "base/hash.h"
#include "base/map.h"
#include "onnx/proto.h"

#include <string.h>

typedef struct Named {
    const char *name;
    uint32_t value;
} Named;

/* One graph of a model: its own, or a body's. */
typedef struct Read {
    OnnxReader *r;
    const Onnx__GraphProto *from;
    const struct Read *outer; /* NULL: the model's */
    OnnxGraph *g;             /* that is made of all */
    Map names;                /* of this graph's values, to Named */
    Map *weight_names;        /* of all graphs' weights */
    OnnxTensor *weights;
    const char **value_names;
} Read;

static bool same_name(const void *value, const void *key) {
    return strcmp(((const Named *)value)->name, key) == 0;
}

static Named *find_here(const Read *d, const char *name) {
    return map_get(&d->names, hash64(name, strlen(name), 0), same_name, name);
}

static const Named *find(const Read *d, const char *name) {
    const Named *n = NULL;
    for (; d && !n; d = d->outer) n = find_here(d, name);
    return n;
}

static bool name_value(Read *d, const char *name, uint32_t value) {
    if (find_here(d, name)) return onnx_fail(d->r, "two values are named '%s'", name);
    Named *n = ARENA_NEW(d->r->arena, Named);
    *n = (Named){name, value};
    map_add(&d->names, hash64(name, strlen(name), 0), n);
    if (value != ONNX_ABSENT) d->value_names[value] = name;
    return true;
}

/* Of a node, or an input of a body. */
static bool add_value(Read *d, const char *name, uint32_t *value) { return name_value(d, name, *value = d->g->n_values++); }

/* The next weight, whose name in the model's state is one of its own: those of two bodies may have the same. */
static OnnxTensor *add_weight(Read *d, const char *name, uint32_t *value) {
    *value = d->g->n_inputs + d->g->n_weights;
    OnnxTensor *t = &d->weights[d->g->n_weights++];
    Named *n = ARENA_NEW(d->r->arena, Named);
    *n = (Named){name, *value};
    while (map_get(d->weight_names, hash64(n->name, strlen(n->name), 0), same_name, n->name))
        n->name = arena_printf(d->r->arena, "%s@%u", n->name, *value);
    map_add(d->weight_names, hash64(n->name, strlen(n->name), 0), n);
    t->name = n->name;
    return t;
}

static const char *text(Arena *a, ProtobufCBinaryData s) {
    return arena_strndup(a, (const char *)s.data, s.len);
}

const char *onnx_node_title(Arena *a, const OnnxNode *n) {
    return n->name[0] ? arena_printf(a, "node '%s' (%s)", n->name, n->op)
                      : arena_printf(a, "a node (%s)", n->op);
}

/* ---- inputs, outputs, weights ---- */

static bool port_dims(Read *d, const Onnx__TensorShapeProto *shape, OnnxPort *port) {
    if (!shape) return true;
    if (shape->n_dim > TENSOR_MAX_RANK)
        return onnx_fail(d->r, "'%s' has %zu dimensions, at most %d are supported", port->name, shape->n_dim,
                         TENSOR_MAX_RANK);
    port->rank = (uint32_t)shape->n_dim;
    for (uint32_t i = 0; i < port->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *dim = shape->dim[i];
        port->dims[i] = DIM_ANY;
        if (dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM && dim->dim_param[0])
            port->symbols[i] = dim->dim_param;
        if (dim->value_case != ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE) continue;
        if (dim->dim_value < 0)
            return onnx_fail(d->r, "'%s' has a dimension of size %lld", port->name,
                             (long long)dim->dim_value);
        port->dims[i] = dim->dim_value;
    }
    return true;
}

static bool port(Read *d, const Onnx__ValueInfoProto *info, const char *what, OnnxPort *port) {
    *port = (OnnxPort){.name = info->name, .rank = ONNX_RANK_UNKNOWN, .batch = -1};
    if (!info->name || !info->name[0]) return onnx_fail(d->r, "an %s has no name", what);
    if (!info->type || info->type->value_case == ONNX__TYPE_PROTO__VALUE__NOT_SET) return true;
    if (info->type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
        return onnx_fail(d->r, "%s '%s' is a sequence, map or optional value, which is not supported yet",
                         what, info->name);
    const Onnx__TypeProto__Tensor *t = info->type->tensor_type;
    port->kind = onnx_kind(t->elem_type);
    if (port->kind == TY_NULL)
        return onnx_fail(d->r, "%s '%s' has elements of data type %d, which is not supported yet", what,
                         info->name, t->elem_type);
    return port_dims(d, t->shape, port);
}

/* Files before IR version 4 list initialisers among the inputs. */
static bool has_initializer(const Read *d, const char *name) {
    const Named *n = find_here(d, name);
    return n && n->value == ONNX_ABSENT;
}

static bool note_initializers(Read *d) {
    for (size_t i = 0; i < d->from->n_initializer; i++) {
        const char *name = d->from->initializer[i]->name;
        if (!name || !name[0]) return onnx_fail(d->r, "an initializer has no name");
        if (find_here(d, name)) return onnx_fail(d->r, "two initializers are named '%s'", name);
        name_value(d, name, ONNX_ABSENT);
    }
    if (d->from->n_sparse_initializer) return onnx_fail(d->r, "sparse initializers are not supported yet");
    return true;
}

static bool inputs(Read *d) {
    OnnxPort *ports = ARENA_ARRAY(d->r->arena, OnnxPort, d->from->n_input);
    d->g->inputs = ports;
    for (size_t i = 0; i < d->from->n_input; i++) {
        const Onnx__ValueInfoProto *info = d->from->input[i];
        OnnxPort *p = &ports[d->g->n_inputs];
        if (info->name && has_initializer(d, info->name)) continue;
        if (!port(d, info, "input", p) || !name_value(d, info->name, d->g->n_inputs++)) return false;
        if (p->kind == TY_NULL)
            return onnx_fail(d->r, "the file does not say what type input '%s' has", info->name);
    }
    return true;
}

static bool weights(Read *d) {
    for (size_t i = 0; i < d->from->n_initializer; i++) {
        const Onnx__TensorProto *from = d->from->initializer[i];
        Named *n = find_here(d, from->name);
        OnnxTensor *t = add_weight(d, from->name, &n->value);
        if (!onnx_tensor(d->r, from, t->name, t)) return false;
        d->value_names[n->value] = from->name;
    }
    return true;
}

/* ---- constants ---- */

static const Onnx__AttributeProto *attribute(const Onnx__NodeProto *n, const char *name) {
    for (size_t i = 0; i < n->n_attribute; i++)
        if (n->attribute[i]->name && strcmp(n->attribute[i]->name, name) == 0) return n->attribute[i];
    return NULL;
}

static bool plain(OnnxTensor *t, TypeKind kind, bool vector, size_t n, const void *data) {
    *t = (OnnxTensor){.name = t->name,
                      .kind = kind,
                      .rank = vector,
                      .dims = {(int64_t)n},
                      .count = (int64_t)n,
                      .data = data};
    return true;
}

static bool constant_tensor(Read *d, const Onnx__NodeProto *n, OnnxTensor *t) {
    const Onnx__AttributeProto *a;
    if ((a = attribute(n, "value")) && a->t) return onnx_tensor(d->r, a->t, t->name, t);
    if ((a = attribute(n, "value_float"))) return plain(t, TY_F32, false, 1, &a->f);
    if ((a = attribute(n, "value_floats"))) return plain(t, TY_F32, true, a->n_floats, a->floats);
    if ((a = attribute(n, "value_int"))) return plain(t, TY_I64, false, 1, &a->i);
    if ((a = attribute(n, "value_ints"))) return plain(t, TY_I64, true, a->n_ints, a->ints);
    return onnx_fail(d->r, "the constant '%s' has no value of a supported kind", t->name);
}

static bool is_constant(const Onnx__NodeProto *n) {
    return n->op_type && strcmp(n->op_type, "Constant") == 0 && (!n->domain || !n->domain[0]);
}

/* They are numbered with the weights, before any node. */
static bool constants(Read *d) {
    for (size_t i = 0; i < d->from->n_node; i++) {
        const Onnx__NodeProto *n = d->from->node[i];
        uint32_t value;
        if (!is_constant(n)) continue;
        if (n->n_output != 1) return onnx_fail(d->r, "a Constant has %zu outputs", n->n_output);
        OnnxTensor *t = add_weight(d, n->output[0], &value);
        if (!name_value(d, n->output[0], value) || !constant_tensor(d, n, t)) return false;
        t->literal = true;
    }
    return true;
}

/* ---- nodes ---- */

static bool node_inputs(Read *d, const Onnx__NodeProto *p, OnnxNode *n) {
    uint32_t *in = ARENA_ARRAY(d->r->arena, uint32_t, p->n_input);
    n->in = in;
    n->n_in = (uint32_t)p->n_input;
    for (uint32_t i = 0; i < n->n_in; i++) {
        const Named *value = p->input[i][0] ? find(d, p->input[i]) : NULL;
        in[i] = value ? value->value : ONNX_ABSENT;
        if (!value && p->input[i][0])
            return onnx_fail(
                d->r, "%s reads '%s', which is no input, no initializer and not yielded by a node before it",
                onnx_node_title(d->r->arena, n), p->input[i]);
    }
    return true;
}

static bool node_outputs(Read *d, const Onnx__NodeProto *p, OnnxNode *n) {
    uint32_t *out = ARENA_ARRAY(d->r->arena, uint32_t, p->n_output);
    n->out = out;
    n->n_out = (uint32_t)p->n_output;
    for (uint32_t i = 0; i < n->n_out; i++) {
        out[i] = ONNX_ABSENT;
        if (p->output[i][0] && !add_value(d, p->output[i], &out[i])) return false;
    }
    return true;
}

static const OnnxBody *read_body(Read *outer, const Onnx__GraphProto *from);

static bool attr_value(Read *d, const Onnx__AttributeProto *p, const OnnxNode *n, OnnxAttr *a) {
    Arena *arena = d->r->arena;
    switch (a->kind) {
    case ONNX_FLOAT: a->f = (double)p->f; return true;
    case ONNX_INT: a->i = p->i; return true;
    case ONNX_STRING: a->s = text(arena, p->s); return true;
    case ONNX_FLOATS: a->floats = p->floats, a->n = (uint32_t)p->n_floats; return true;
    case ONNX_INTS: a->ints = p->ints, a->n = (uint32_t)p->n_ints; return true;
    case ONNX_STRINGS: {
        const char **strings = ARENA_ARRAY(arena, const char *, p->n_strings);
        for (size_t i = 0; i < p->n_strings; i++) strings[i] = text(arena, p->strings[i]);
        a->strings = strings;
        a->n = (uint32_t)p->n_strings;
        return true;
    }
    case ONNX_TENSOR: {
        OnnxTensor *t = ARENA_NEW(arena, OnnxTensor);
        a->t = t;
        if (!p->t)
            return onnx_fail(d->r, "%s: attribute '%s' has no tensor", onnx_node_title(arena, n), a->name);
        return onnx_tensor(d->r, p->t, arena_printf(arena, "%s of %s", a->name, onnx_node_title(arena, n)),
                           t);
    }
    case ONNX_GRAPH:
        if (!p->g)
            return onnx_fail(d->r, "%s: attribute '%s' has no graph", onnx_node_title(arena, n), a->name);
        return (a->g = read_body(d, p->g)) != NULL;
    case ONNX_OTHER: return true;
    }
    return true;
}

/* Old writers give no type: it is that of the field which is there. */
static OnnxAttrKind attr_kind(const Onnx__AttributeProto *p) {
    static const OnnxAttrKind kinds[] = {[ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT] = ONNX_FLOAT,
                                         [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT] = ONNX_INT,
                                         [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING] = ONNX_STRING,
                                         [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR] = ONNX_TENSOR,
                                         [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH] = ONNX_GRAPH,
                                         [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS] = ONNX_FLOATS,
                                         [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS] = ONNX_INTS,
                                         [ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS] = ONNX_STRINGS};
    if (p->has_type && p->type != ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__UNDEFINED) {
        if ((size_t)p->type < sizeof kinds / sizeof *kinds && kinds[p->type]) return kinds[p->type];
        return ONNX_OTHER;
    }
    if (p->has_f) return ONNX_FLOAT;
    if (p->has_i) return ONNX_INT;
    if (p->has_s) return ONNX_STRING;
    if (p->t) return ONNX_TENSOR;
    if (p->g) return ONNX_GRAPH;
    if (p->n_floats) return ONNX_FLOATS;
    if (p->n_ints) return ONNX_INTS;
    return p->n_strings ? ONNX_STRINGS : ONNX_OTHER;
}

static bool node_attrs(Read *d, const Onnx__NodeProto *p, OnnxNode *n) {
    OnnxAttr *at = ARENA_ARRAY(d->r->arena, OnnxAttr, p->n_attribute);
    n->attrs = at;
    for (size_t i = 0; i < p->n_attribute; i++) {
        OnnxAttr *a = &at[n->n_attrs++];
        *a = (OnnxAttr){.name = p->attribute[i]->name, .kind = attr_kind(p->attribute[i])};
        if (!a->name) return onnx_fail(d->r, "%s: an attribute has no name", onnx_node_title(d->r->arena, n));
        if (!attr_value(d, p->attribute[i], n, a)) return false;
    }
    return true;
}

static const char *or_empty(const char *s) { return s ? s : ""; }

/* Attributes first: a body does not read what its node yields. */
static bool nodes(Read *d, const OnnxNode **list, uint32_t *count) {
    OnnxNode *at = ARENA_ARRAY(d->r->arena, OnnxNode, d->from->n_node);
    *list = at;
    for (size_t i = 0; i < d->from->n_node; i++) {
        const Onnx__NodeProto *p = d->from->node[i];
        if (is_constant(p)) continue;
        OnnxNode *n = &at[(*count)++];
        *n = (OnnxNode){.name = or_empty(p->name), .op = or_empty(p->op_type), .domain = or_empty(p->domain)};
        if (strcmp(n->domain, "ai.onnx") == 0) n->domain = "";
        if (!node_inputs(d, p, n) || !node_attrs(d, p, n) || !node_outputs(d, p, n)) return false;
    }
    return true;
}

static bool outputs(Read *d) {
    uint32_t *results = ARENA_ARRAY(d->r->arena, uint32_t, d->from->n_output);
    OnnxPort *ports = ARENA_ARRAY(d->r->arena, OnnxPort, d->from->n_output);
    d->g->results = results;
    d->g->outputs = ports;
    for (size_t i = 0; i < d->from->n_output; i++) {
        OnnxPort *out = &ports[d->g->n_outputs];
        if (!port(d, d->from->output[i], "output", out)) return false;
        const Named *value = find(d, out->name);
        if (!value) return onnx_fail(d->r, "output '%s' is yielded by no node", out->name);
        for (uint32_t k = 0; k < d->g->n_outputs; k++)
            if (results[k] == value->value) return onnx_fail(d->r, "output '%s' is given twice", out->name);
        results[d->g->n_outputs++] = value->value;
    }
    return d->g->n_outputs > 0 || onnx_fail(d->r, "the model has no outputs");
}

/* ---- bodies ---- */

/* Their declared types are hints: what values are is known when they are imported. */
static bool body_port(Read *d, const Onnx__ValueInfoProto *info, OnnxPort *p) {
    bool tensor = info->type && info->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
    *p = (OnnxPort){.name = info->name, .rank = ONNX_RANK_UNKNOWN, .batch = -1};
    if (!info->name || !info->name[0]) return onnx_fail(d->r, "an input or output of a graph within a node has no name");
    if (!tensor) return true;
    p->kind = onnx_kind(info->type->tensor_type->elem_type);
    return port_dims(d, info->type->tensor_type->shape, p);
}

static bool body_inputs(Read *d, OnnxBody *b) {
    uint32_t *in = ARENA_ARRAY(d->r->arena, uint32_t, d->from->n_input);
    OnnxPort *ports = ARENA_ARRAY(d->r->arena, OnnxPort, d->from->n_input);
    b->inputs = in;
    b->in = ports;
    for (size_t i = 0; i < d->from->n_input; i++) {
        const Onnx__ValueInfoProto *info = d->from->input[i];
        if (info->name && has_initializer(d, info->name)) continue;
        if (!body_port(d, info, &ports[b->n_inputs]) || !add_value(d, info->name, &in[b->n_inputs++])) return false;
    }
    return true;
}

static bool body_outputs(Read *d, OnnxBody *b) {
    uint32_t *results = ARENA_ARRAY(d->r->arena, uint32_t, d->from->n_output);
    OnnxPort *ports = ARENA_ARRAY(d->r->arena, OnnxPort, d->from->n_output);
    b->results = results;
    b->out = ports;
    for (size_t i = 0; i < d->from->n_output; i++) {
        if (!body_port(d, d->from->output[i], &ports[i])) return false;
        const Named *value = find(d, ports[i].name);
        if (!value) return onnx_fail(d->r, "output '%s' is yielded by no node", ports[i].name);
        results[b->n_outputs++] = value->value;
    }
    return true;
}

static const OnnxBody *read_body(Read *outer, const Onnx__GraphProto *from) {
    Read d = *outer;
    OnnxBody *b = ARENA_NEW(d.r->arena, OnnxBody);
    *b = (OnnxBody){0};
    d.from = from;
    d.outer = outer;
    d.names = (Map){0};
    bool ok = note_initializers(&d) && body_inputs(&d, b) && weights(&d) && constants(&d) && nodes(&d, &b->nodes, &b->n_nodes) &&
              body_outputs(&d, b);
    map_free(&d.names);
    return ok ? b : NULL;
}

/* ---- the model ---- */

static bool opset(OnnxReader *r, const Onnx__ModelProto *m, OnnxGraph *g) {
    g->opset = m->n_opset_import ? 0 : 1; /* files before IR version 3 name none */
    for (size_t i = 0; i < m->n_opset_import; i++) {
        const char *domain = or_empty(m->opset_import[i]->domain);
        if (!domain[0] || strcmp(domain, "ai.onnx") == 0) g->opset = m->opset_import[i]->version;
    }
    if (g->opset >= ONNX_OPSET_MIN && g->opset <= ONNX_OPSET_MAX) return true;
    return onnx_fail(r, "its operators are of opset %lld; those of %d to %d are known", (long long)g->opset,
                     ONNX_OPSET_MIN, ONNX_OPSET_MAX);
}

typedef struct Counts {
    size_t weights, values;
} Counts;

/* With those of bodies. */
static void count(const Onnx__GraphProto *p, Counts *c) {
    c->values += p->n_input;
    c->weights += p->n_initializer;
    for (size_t i = 0; i < p->n_node; i++) {
        if (is_constant(p->node[i])) c->weights++;
        c->values += p->node[i]->n_output;
        for (size_t k = 0; k < p->node[i]->n_attribute; k++)
            if (p->node[i]->attribute[k]->g) count(p->node[i]->attribute[k]->g, c);
    }
}

static bool graph(OnnxReader *r, const Onnx__ModelProto *m, OnnxGraph *g) {
    Counts n = {0};
    Map weight_names = {0};
    if (!m->graph) return onnx_fail(r, "it has no graph");
    if (m->n_functions) return onnx_fail(r, "models with functions of their own are not supported yet");
    count(m->graph, &n);
    Read d = {.r = r, .from = m->graph, .g = g, .weight_names = &weight_names};
    g->weights = d.weights = ARENA_ARRAY(r->arena, OnnxTensor, n.weights);
    g->value_names = d.value_names = ARENA_ARRAY(r->arena, const char *, n.values + n.weights);
    bool ok = opset(r, m, g) && note_initializers(&d) && inputs(&d);
    g->n_values = g->n_inputs + (uint32_t)n.weights;
    ok = ok && weights(&d) && constants(&d) && nodes(&d, &g->nodes, &g->n_nodes) && outputs(&d);
    map_free(&d.names);
    map_free(&weight_names);
    return ok;
}

bool onnx_read_bytes(Arena *a, const char *path, const void *bytes, size_t n, OnnxGraph **out,
                     const char **why) {
    OnnxReader r = {.arena = a, .path = path};
    *out = ARENA_NEW(a, OnnxGraph);
    **out = (OnnxGraph){.path = arena_strndup(a, path, strlen(path))};
    const Onnx__ModelProto *m = onnx_unpack(&r, bytes, n);
    bool ok = m && graph(&r, m, *out);
    *why = r.why;
    return ok;
}

bool onnx_read(Arena *a, const char *path, OnnxGraph **out, const char **why) {
    OnnxReader r = {.arena = a, .path = path};
    size_t n;
    const uint8_t *bytes = onnx_map(&r, path, &n);
    *why = r.why;
    return bytes && onnx_read_bytes(a, path, bytes, n, out, why);
}
