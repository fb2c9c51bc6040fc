/* The vocabulary that families build their nodes with, and a whole network as algebra. */
#include "frontend/layer.h"
#include "ir/tensor_build.h"
#include "onnx/import.h"
#include <stdio.h>

const Node *nn_make(Build *m, Op op, const void *attr, uint32_t n, const Node *const *in) {
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

const Node *nn_weight(Build *m, uint32_t i) {
    const ModelTensor *t = &m->tensors[m->l->tensor + i];
    AttrWeight a = {ir_name(m->b->ir, m->model), m->version, ir_name(m->b->ir, t->name),
                    type_import(m->b->types, t->type)};
    return ir_node(m->b->ir, OP_WEIGHT, &a, 0, NULL);
}

IntList nn_ints(Build *m, uint32_t n, const int64_t *at) {
    return (IntList){n, arena_copy(m->b->arena, at, n * sizeof *at)};
}

/* ---- arithmetic ---- */

const Node *nn_1(Build *m, Op op, const Node *x) { return nn_make(m, op, NULL, 1, &x); }
const Node *nn_2(Build *m, Op op, const Node *x, const Node *y) {
    return nn_make(m, op, NULL, 2, (const Node *const[]){x, y});
}

const Node *nn_number(Build *m, const Node *like, double v) {
    return like ? ir_number(m->b->ir, like->type, v) : NULL;
}

const Node *nn_op(Build *m, Op op, const Node *x, double y) { return nn_2(m, op, x, nn_number(m, x, y)); }

const Node *nn_table(Build *m, const Node *like, uint32_t rank, const int64_t *dims, const double *at) {
    if (!like) return NULL;
    bool wide = like->type->elem->kind == TY_F64;
    const Type *t = type_tensor(m->b->types, type_get(m->b->types, wide ? TY_F64 : TY_F32), rank, dims);
    int64_t n = type_elems(t);
    float *narrow = ARENA_ARRAY(m->b->arena, float, n);
    for (int64_t i = 0; i < n; i++) narrow[i] = (float)at[i];
    return ir_const(m->b->ir, (Value){.type = t, .t = {wide ? (void *)at : narrow, NULL}});
}

/* ---- shapes ---- */

const Node *nn_reshape(Build *m, const Node *x, uint32_t rank, const int64_t *dims) {
    return nn_make(m, OP_RESHAPE, &(AttrShape){nn_ints(m, rank, dims)}, 1, &x);
}

const Node *nn_split(Build *m, const Node *x, uint32_t at, uint32_t n, const int64_t *dims) {
    int64_t all[2 * TENSOR_MAX_RANK];
    uint32_t rank = 0;
    if (!x) return NULL;
    for (uint32_t d = 0; d < at; d++) all[rank++] = x->type->dims[d];
    for (uint32_t d = 0; d < n; d++) all[rank++] = dims[d];
    for (uint32_t d = at + 1; d < x->type->n; d++) all[rank++] = x->type->dims[d];
    return nn_reshape(m, x, rank, all);
}

const Node *nn_merge(Build *m, const Node *x, uint32_t at, uint32_t n) {
    int64_t all[TENSOR_MAX_RANK];
    uint32_t rank = 0;
    if (!x) return NULL;
    for (uint32_t d = 0; d < x->type->n; d++) {
        int64_t size = x->type->dims[d];
        if (d <= at || d >= at + n) all[rank++] = size;
        else all[at] = all[at] == DIM_ANY || size == DIM_ANY ? DIM_ANY : all[at] * size;
    }
    return nn_reshape(m, x, rank, all);
}

const Node *nn_transpose(Build *m, const Node *x, uint32_t i, uint32_t j) {
    int64_t order[TENSOR_MAX_RANK];
    if (!x) return NULL;
    for (uint32_t d = 0; d < x->type->n; d++) order[d] = d == i ? j : d == j ? i : d;
    return nn_make(m, OP_TRANSPOSE, &(AttrShape){nn_ints(m, x->type->n, order)}, 1, &x);
}

const Node *nn_slice(Build *m, const Node *x, uint32_t dim, int64_t from, int64_t to) {
    int64_t first[TENSOR_MAX_RANK] = {0}, end[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK],
            drop[TENSOR_MAX_RANK] = {0};
    if (!x || (from == 0 && to == x->type->dims[dim])) return x;
    uint32_t n = x->type->n;
    for (uint32_t d = 0; d < n; d++) {
        end[d] = x->type->dims[d] == DIM_ANY ? INT64_MAX : x->type->dims[d];
        step[d] = 1;
    }
    first[dim] = from;
    end[dim] = to;
    AttrSlice a = {nn_ints(m, n, first), nn_ints(m, n, end), nn_ints(m, n, step), nn_ints(m, n, drop)};
    return nn_make(m, OP_SLICE, &a, 1, &x);
}

const Node *nn_gather(Build *m, const Node *x, uint32_t dim, int64_t n, const int64_t *at) {
    const Type *t = type_tensor(m->b->types, type_get(m->b->types, TY_I64), 1, &n);
    int64_t *own = arena_copy(m->b->arena, at, (size_t)n * sizeof *own);
    const Node *index = ir_const(m->b->ir, (Value){.type = t, .t = {own, NULL}});
    return nn_make(m, OP_GATHER, &(AttrAxis){dim}, 2, (const Node *const[]){x, index});
}

const Node *nn_concat(Build *m, int64_t axis, uint32_t n, const Node *const *parts) {
    return n == 1 ? parts[0] : nn_make(m, OP_CONCAT, &(AttrAxis){axis}, n, parts);
}

const Node *nn_reduce(Build *m, Op op, const Node *x, uint32_t n, const int64_t *dims, bool keep) {
    return nn_make(m, op, &(AttrDims){nn_ints(m, n, dims), keep}, 1, &x);
}

const Node *nn_softmax(Build *m, const Node *x, int64_t dim) {
    return nn_make(m, OP_SOFTMAX, &(AttrDims){nn_ints(m, 1, &dim), false}, 1, &x);
}

const Node *nn_per_channel(Build *m, const Node *v, uint32_t rank) {
    int64_t dims[TENSOR_MAX_RANK];
    if (!v) return NULL;
    for (uint32_t d = 0; d < rank; d++) dims[d] = d ? 1 : v->type->dims[0];
    return nn_reshape(m, v, rank, dims);
}

/* ---- contractions ---- */

/* Labels are numbers: in order of their first occurrence. */
static IntList labels(Build *m, const char **p, char *known, uint32_t *n) {
    int64_t at[2 * TENSOR_MAX_RANK];
    uint32_t count = 0;
    for (; **p && **p != ',' && **p != '-'; ++*p) {
        const char *seen = memchr(known, **p, *n);
        if (!seen) known[(*n)++] = **p;
        at[count++] = seen ? seen - known : *n - 1;
    }
    return nn_ints(m, count, at);
}

const Node *nn_einsum(Build *m, const char *spec, const Node *x, const Node *y) {
    char known[2 * TENSOR_MAX_RANK];
    uint32_t n = 0;
    AttrContract a;
    a.a = labels(m, &spec, known, &n);
    spec++;
    a.b = labels(m, &spec, known, &n);
    spec += 2;
    a.out = labels(m, &spec, known, &n);
    return nn_make(m, OP_CONTRACT, &a, 2, (const Node *const[]){x, y});
}

const Node *nn_linear(Build *m, const Node *x, const Node *w, const Node *b) {
    char spec[2 * TENSOR_MAX_RANK + 8];
    if (!x) return NULL;
    int lead = (int)x->type->n - 1;
    snprintf(spec, sizeof spec, "%.*sk,ok->%.*so", lead, "abcdefgh", lead, "abcdefgh");
    const Node *y = nn_einsum(m, spec, x, w);
    return b ? nn_2(m, OP_ADD, y, b) : y;
}

/* ---- a network ---- */

static bool apply_graph(Binder *b, const ModelDef *m, int64_t version, const Node *const *inputs, Span at,
                        const Node **out) {
    OnnxImport c = {.ir = b->ir, .arena = b->arena, .graph = m->graph, .source = b->source, .model = m->name,
                    .version = version, .at = at};
    const char *why;
    if (onnx_import(&c, inputs, out, &why)) return true;
    diag_error(b->diags, E_SHAPE_MISMATCH, at, why);
    return false;
}

bool model_apply(Binder *b, const ModelDef *m, int64_t version, const Node *const *inputs, Span at,
                 const Node **out) {
    if (m->graph) return apply_graph(b, m, version, inputs, at, out);
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
