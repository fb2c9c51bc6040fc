/* Values beyond one tensor: elements and joins of tensors, sequences, what a graph within a node yields. */
#include "onnx/expand.h"

#include <string.h>

OnnxValue onnx_list(uint32_t n, const OnnxValue *items) { return (OnnxValue){.form = ONNX_IS_LIST, .n = n, .items = items}; }

bool onnx_bool_value(OnnxExpand *x, bool b, OnnxValue *out) {
    static const int64_t one = 1;
    return onnx_set(x, out, onnx_filled(x, type_tensor(x->types, type_get(x->types, TY_BOOL), 1, &one), b), 0, NULL);
}

bool onnx_int_value(OnnxExpand *x, int64_t i, OnnxValue *out) {
    static const int64_t one = 1;
    return onnx_set(x, out, onnx_int_tensor(x, 1, &one, &i), 0, NULL);
}

/* ---- elements and joins ---- */

static uint32_t without(const OnnxValue *v, uint32_t axis, int64_t *dims) {
    uint32_t n = 0;
    for (uint32_t d = 0; d < v->rank; d++)
        if (d != axis) dims[n++] = v->dims[d];
    return n;
}

bool onnx_element(OnnxExpand *x, const OnnxValue *v, uint32_t axis, int64_t i, OnnxValue *out) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t n = without(v, axis, dims);
    return onnx_set(x, out, onnx_cut(x, onnx_whole(x, v), axis, i, i + 1, 1, false), n, dims);
}

static void print_shape(Buf *b, const OnnxValue *v) {
    buf_putc(b, '(');
    for (uint32_t d = 0; d < v->rank; d++) buf_printf(b, "%s%lld", d ? ", " : "", (long long)v->dims[d]);
    buf_putc(b, ')');
}

/* Equal but for the axis; UINT32_MAX: equal. */
static bool fit(OnnxExpand *x, const OnnxValue *a, const OnnxValue *b, uint32_t axis) {
    bool ok = a->form == ONNX_IS_TENSOR && b->form == ONNX_IS_TENSOR && a->rank == b->rank && onnx_elem(a) == onnx_elem(b);
    for (uint32_t d = 0; ok && d < a->rank; d++) ok = d == axis || a->dims[d] == b->dims[d];
    if (ok) return true;
    Buf text = {0};
    print_shape(&text, a);
    buf_puts(&text, " and ");
    print_shape(&text, b);
    onnx_refuse(x, "its parts do not fit each other: their shapes are %s, or their types differ", text.p);
    buf_free(&text);
    return false;
}

bool onnx_join(OnnxExpand *x, uint32_t n, const OnnxValue *parts, int64_t axis, OnnxValue *out) {
    const Node **nodes = ARENA_ARRAY(x->arena, const Node *, n);
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t d;
    if (!onnx_axis(x, axis, parts[0].rank, &d)) return false;
    memcpy(dims, parts[0].dims, sizeof dims);
    dims[d] = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!fit(x, &parts[0], &parts[i], d)) return false;
        nodes[i] = onnx_whole(x, &parts[i]);
        dims[d] += parts[i].dims[d];
    }
    return onnx_set(x, out, onnx_concat(x, d, n, nodes), parts[0].rank, dims);
}

bool onnx_stack(OnnxExpand *x, uint32_t n, const OnnxValue *parts, int64_t axis, OnnxValue *out) {
    const Node **nodes = ARENA_ARRAY(x->arena, const Node *, n);
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = parts[0].rank + 1, d;
    if (rank > TENSOR_MAX_RANK) return onnx_refuse(x, "it yields %u dimensions", rank);
    if (!onnx_axis(x, axis, rank, &d)) return false;
    for (uint32_t i = 0; i < rank; i++) dims[i] = i < d ? parts[0].dims[i] : i == d ? 1 : parts[0].dims[i - 1];
    for (uint32_t i = 0; i < n; i++) {
        if (!fit(x, &parts[0], &parts[i], UINT32_MAX)) return false;
        nodes[i] = onnx_reshape(x, parts[i].node, rank, dims);
    }
    const Node *all = onnx_concat(x, d, n, nodes);
    dims[d] = n;
    return onnx_set(x, out, all, rank, dims);
}

/* ---- graphs within nodes ---- */

const OnnxBody *onnx_body(OnnxExpand *x, const char *name) {
    const OnnxAttr *a = onnx_attr(x, name, ONNX_GRAPH);
    if (!a) onnx_refuse(x, "its graph '%s' is not given", name);
    return a ? a->g : NULL;
}

bool onnx_run(OnnxExpand *x, const OnnxBody *b, const OnnxValue *in, OnnxValue *out) {
    enum { UNROLLED_MAX = 1 << 17 };
    const OnnxNode *node = x->node;
    bool ok = true;
    for (uint32_t i = 0; i < b->n_inputs; i++) x->values[b->inputs[i]] = in[i];
    for (uint32_t i = 0; ok && i < b->n_nodes; i++) {
        if (x->unrolled++ == UNROLLED_MAX)
            ok = onnx_refuse(x, "graphs within nodes come to more than %d nodes when loops are unrolled", UNROLLED_MAX);
        else ok = onnx_expand_node(x, &b->nodes[i]);
    }
    x->node = node;
    for (uint32_t i = 0; ok && i < b->n_outputs; i++) {
        out[i] = x->values[b->results[i]];
        if (!onnx_is_there(&out[i])) ok = onnx_missing(x, "'%s' is not yielded here", x->graph->value_names[b->results[i]]);
    }
    return ok;
}
