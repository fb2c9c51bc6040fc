/* Graph to algebra: inputs and weights become nodes, each node of the graph its expansion. */
#include "onnx/import.h"
#include "onnx/expand.h"

#include <string.h>

typedef struct OpRow {
    const char *name;
    OnnxExpansion expand;
    Op op;
    bool any; /* takes sequences and optional values too */
} OpRow;

static const OpRow rows[] = {
#define ONNX_OP(name, expansion, op) {#name, onnx_expand_##expansion, op, false},
#define ONNX_ANY_OP(name, expansion) {#name, onnx_expand_##expansion, OP_CONST, true},
#include "onnx/op.def"
#undef ONNX_OP
#undef ONNX_ANY_OP
};

static const OpRow *find_row(const OnnxNode *n) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!n->domain[0] && strcmp(rows[i].name, n->op) == 0) return &rows[i];
    return NULL;
}

static void name_unknown(const OnnxGraph *g, uint32_t n_nodes, const OnnxNode *nodes, Buf *text) {
    for (uint32_t i = 0; i < n_nodes; i++) {
        const OnnxNode *n = &nodes[i];
        for (uint32_t k = 0; k < n->n_attrs; k++)
            if (n->attrs[k].kind == ONNX_GRAPH) name_unknown(g, n->attrs[k].g->n_nodes, n->attrs[k].g->nodes, text);
        if (find_row(n)) continue;
        const char *out = n->n_out && n->out[0] != ONNX_ABSENT ? g->value_names[n->out[0]] : "";
        buf_printf(text, "%s%s%s%s (%s '%s')", text->n ? ", " : "", n->domain, n->domain[0] ? "." : "", n->op,
                   n->name[0] ? "node" : "the node of", n->name[0] ? n->name : out);
    }
}

bool onnx_supported(Arena *a, const OnnxGraph *g, const char **why) {
    Buf text = {0};
    name_unknown(g, g->n_nodes, g->nodes, &text);
    if (text.n) *why = arena_printf(a, "%s has operators that are not supported yet: %s", g->path, text.p);
    bool ok = text.n == 0;
    buf_free(&text);
    return ok;
}

/* ---- types ---- */

const Type *onnx_port_type(TypePool *types, const OnnxPort *p) {
    int64_t dims[TENSOR_MAX_RANK] = {1};
    uint32_t n = 0;
    if (p->rank == ONNX_RANK_UNKNOWN) return NULL;
    for (uint32_t d = 0; d < p->rank; d++)
        if ((int32_t)d != p->batch) dims[n++] = p->dims[d];
    return type_tensor(types, type_get(types, p->kind), n ? n : 1, dims);
}

const Type *onnx_weight_type(TypePool *types, const OnnxTensor *t) {
    static const int64_t one = 1;
    return type_tensor(types, type_get(types, t->kind), t->rank ? t->rank : 1, t->rank ? t->dims : &one);
}

/* ---- weights of a graph that is no model yet ---- */

static bool graph_weight(void *ctx, const char *model, int64_t version, const char *name, TypePool *types,
                         Value *out) {
    const OnnxGraph *g = ctx;
    (void)model, (void)version;
    for (uint32_t i = 0; i < g->n_weights; i++) {
        const OnnxTensor *t = &g->weights[i];
        if (strcmp(t->name, name) != 0) continue;
        *out = (Value){.type = onnx_weight_type(types, t), .t.data = (void *)(uintptr_t)t->data};
        return t->data != NULL;
    }
    return false;
}

SourceApi onnx_weights(const OnnxGraph *g) {
    return (SourceApi){.ctx = (void *)(uintptr_t)g, .weight = graph_weight};
}

/* ---- leaves ---- */

/* As they come: without folding. */
static void set(OnnxExpand *x, uint32_t value, const Node *node, uint32_t rank, const int64_t *dims) {
    OnnxValue *v = &x->values[value];
    v->rank = rank;
    if (rank) memcpy(v->dims, dims, rank * sizeof *dims);
    bool less = rank >= 2 && dims[0] == 1;
    static const int64_t one = 1;
    v->node = rank ? onnx_reshape(x, node, rank - less, dims + less) : onnx_reshape(x, node, 1, &one);
}

static bool add_input(OnnxExpand *x, uint32_t i, const Node *node) {
    const OnnxPort *p = &x->graph->inputs[i];
    const Type *t = node->type;
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t n = 0, from = 0;
    bool number = p->rank != ONNX_RANK_UNKNOWN && p->rank == (p->batch >= 0); /* its row is one element */
    for (; !number && from < t->n; from++) {
        if ((int32_t)n == p->batch) dims[n++] = 1;
        if (n == TENSOR_MAX_RANK) return onnx_refuse(x, "input '%s' has too many dimensions", p->name);
        if (t->dims[from] == DIM_ANY)
            return onnx_refuse(x, "the shape of input '%s' must be known when the query is compiled",
                               p->name);
        dims[n++] = t->dims[from];
    }
    if (p->batch >= 0 && (int32_t)n <= p->batch) dims[n++] = 1;
    if (p->rank != ONNX_RANK_UNKNOWN && n != p->rank)
        return onnx_refuse(x, "input '%s' has %u dimensions, not %u", p->name, p->rank, n);
    OnnxValue whole = {.rank = n};
    memcpy(whole.dims, dims, sizeof dims);
    bool large = onnx_count(&whole) > ONNX_VALUE_MAX;
    for (uint32_t d = 0; d < n; d++) large |= dims[d] > ONNX_VALUE_MAX;
    if (large) return onnx_refuse(x, "input '%s' has more elements than are supported", p->name);
    set(x, i, node, n, dims);
    return true;
}

static const Node *leaf(OnnxExpand *x, const OnnxTensor *t) {
    const Type *type = onnx_weight_type(x->types, t);
    if (!onnx_is_weight(t)) {
        Value v = {.type = type,
                   .t.data = arena_copy(ir_arena(x->ir), t->data, (size_t)onnx_tensor_bytes(t))};
        return ir_const(x->ir, v);
    }
    OnnxImport *c = x->import;
    AttrWeight a = {ir_name(x->ir, c->model), c->version, ir_name(x->ir, t->name), type};
    return ir_node(x->ir, OP_WEIGHT, &a, 0, NULL);
}

/* ---- results ---- */

static bool give(OnnxExpand *x, uint32_t i, const Node **out) {
    const OnnxPort *p = &x->graph->outputs[i];
    const OnnxValue *v = &x->values[x->graph->results[i]];
    int64_t dims[TENSOR_MAX_RANK] = {1};
    uint32_t n = 0;
    if (p->batch >= 0 && ((int32_t)v->rank <= p->batch || v->dims[p->batch] != 1))
        return onnx_refuse(
            x,
            "output '%s' has no batch dimension: for one element of the batch it is not of size 1 in "
            "dimension %d",
            p->name, p->batch);
    for (uint32_t d = 0; d < v->rank; d++)
        if ((int32_t)d != p->batch) dims[n++] = v->dims[d];
    if (x->import->ranks) x->import->ranks[i] = v->rank;
    *out = onnx_reshape(x, v->node, n ? n : 1, dims);
    return *out != NULL;
}

bool onnx_expand_node(OnnxExpand *x, const OnnxNode *n) {
    const OpRow *row = find_row(n);
    x->node = n;
    if (!row)
        return onnx_missing(x, "operator %s%s%s is not supported yet", n->domain, n->domain[0] ? "." : "",
                            n->op);
    x->op = row->op;
    for (uint32_t i = 0; i < n->n_in; i++) {
        const OnnxValue *v = onnx_in(x, i);
        if (!v) continue;
        if (!onnx_is_there(v))
            return onnx_missing(x, "it reads '%s', which its node does not yield here",
                                x->graph->value_names[n->in[i]]);
        if (!row->any && v->form != ONNX_IS_TENSOR)
            return onnx_refuse(x, "it takes tensors, and '%s' is %s", x->graph->value_names[n->in[i]],
                               v->form == ONNX_IS_LIST ? "a sequence" : "an optional value without an element");
    }
    if (!row->expand(x) || x->why) return onnx_refuse(x, "it cannot be imported");
    return true;
}

bool onnx_import(OnnxImport *c, const Node *const *inputs, const Node **out, const char **why) {
    const OnnxGraph *g = c->graph;
    OnnxExpand x = {.import = c,
                    .ir = c->ir,
                    .arena = c->arena,
                    .types = ir_types(c->ir),
                    .graph = g,
                    .opset = g->opset,
                    .values = ARENA_ARRAY(c->arena, OnnxValue, g->n_values)};
    bool ok = true;
    for (uint32_t i = 0; ok && i < g->n_inputs; i++) ok = add_input(&x, i, inputs[i]);
    for (uint32_t i = 0; ok && i < g->n_weights; i++)
        set(&x, g->n_inputs + i, leaf(&x, &g->weights[i]), g->weights[i].rank, g->weights[i].dims);
    for (uint32_t i = 0; ok && i < g->n_nodes; i++) ok = onnx_expand_node(&x, &g->nodes[i]);
    x.node = NULL;
    for (uint32_t i = 0; ok && i < g->n_outputs; i++) {
        const OnnxValue *v = &x.values[g->results[i]];
        if (!onnx_is_there(v)) ok = onnx_missing(&x, "output '%s' is not yielded here", g->outputs[i].name);
        else if (v->form != ONNX_IS_TENSOR)
            ok = onnx_missing(&x, "output '%s' is a sequence or an optional value, which is not supported yet", g->outputs[i].name);
        else ok = give(&x, i, &out[i]);
    }
    for (uint32_t i = 0; c->values && i < g->n_values; i++) c->values[i] = x.values[i].node;
    *why = x.why;
    return ok;
}
