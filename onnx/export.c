/* Algebra to an ONNX graph: each operator of the algebra is one of ONNX, or a few.
 *
 * What hangs on an input has the batch as a dimension in front of its own; constants and weights have not, which broadcasting, Gemm and the
 * windows take as it is.  Where an operator wants them alike, a constant is spread over the batch.
 */
#include "base/diag.h"
#include "base/map.h"
#include "ir/tensor_build.h"
#include "onnx/write.h"
#include <stdio.h>
#include <stdlib.h>

enum { OPSET = 18, RANKS = TENSOR_MAX_RANK };

typedef struct Made { /* a value of the graph */
    const char *name;
    bool batched;
    uint32_t rank; /* without the batch */
    int64_t dims[RANKS];
} Made;

typedef struct Exporter {
    const OnnxExport *e;
    Arena *arena;
    Buf *graph;
    PtrMap made; /* Made by Node */
    uint32_t count;
    const char *batch; /* the number of rows as a tensor (1), once it is needed */
    const Node *node;  /* being exported */
    const char *why;
} Exporter;

typedef const Made *(*Export)(Exporter *x, const Node *n, const char *op);

static const Made *value(Exporter *x, const Node *n);

static const Made *no(Exporter *x, const Node *n, const char *what) {
    if (!x->why) x->why = arena_printf(x->arena, "the operator %s%s has no form in ONNX yet", op_info[n->op].text, what);
    return NULL;
}

/* ---- nodes ---- */

static const char *fresh(Exporter *x, const char *op) {
    const Origin *o = x->node ? ir_origin(x->e->ir, x->node) : NULL;
    return o && o->layer ? arena_printf(x->arena, "%s/%s_%u", o->layer, op, x->count++) : arena_printf(x->arena, "%s_%u", op, x->count++);
}

/* Takes the attributes' buffer. */
static const char *put(Exporter *x, const char *op, uint32_t n, const char *const *in, Buf *attributes) {
    Buf node = {0};
    const char *name = fresh(x, op);
    for (uint32_t i = 0; i < n; i++) wire_text(&node, NODE_INPUT, in[i]);
    wire_text(&node, NODE_OUTPUT, name);
    wire_text(&node, NODE_NAME, name);
    wire_text(&node, NODE_OP, op);
    if (attributes && attributes->n) buf_add(&node, attributes->p, attributes->n);
    if (attributes) buf_free(attributes);
    wire_message(x->graph, GRAPH_NODE, &node);
    return name;
}

static const char *ints(Exporter *x, uint32_t n, const int64_t *v) {
    const char *name = fresh(x, "numbers");
    onnx_put_tensor(x->graph, name, TY_I64, 1, &(int64_t){n}, v, n * sizeof *v);
    return name;
}

static const Made *made(Exporter *x, const char *name, bool batched, const Type *t) {
    Made *m = ARENA_NEW(x->arena, Made);
    *m = (Made){.name = name, .batched = batched, .rank = t->kind == TY_TENSOR ? t->n : 0};
    if (m->rank) memcpy(m->dims, t->dims, m->rank * sizeof *m->dims);
    return m;
}

static const Made *of_node(Exporter *x, const Node *n, const char *op, uint32_t k, const Made *const *in, Buf *attributes) {
    const char **names = ARENA_ARRAY(x->arena, const char *, k);
    bool batched = false;
    for (uint32_t i = 0; i < k; i++) names[i] = in[i]->name, batched |= in[i]->batched;
    return made(x, put(x, op, k, names, attributes), batched, n->type);
}

/* The same elements; 0 keeps the size of the batch. */
static const Made *reshaped(Exporter *x, const Made *m, uint32_t rank, const int64_t *dims) {
    if (m->rank == rank && (!rank || memcmp(m->dims, dims, rank * sizeof *dims) == 0)) return m;
    int64_t to[RANKS + 1] = {0};
    Made *out = ARENA_NEW(x->arena, Made);
    if (rank) memcpy(to + m->batched, dims, rank * sizeof *dims);
    *out = (Made){put(x, "Reshape", 2, (const char *[]){m->name, ints(x, rank + m->batched, to)}, NULL), m->batched, rank, {0}};
    if (rank) memcpy(out->dims, dims, rank * sizeof *dims);
    return out;
}

/* Sizes of 1 in front, so that it broadcasts to `rank` behind the batch. */
static const Made *aligned(Exporter *x, const Made *m, uint32_t rank) {
    int64_t dims[RANKS];
    if (!m->batched || m->rank >= rank) return m;
    for (uint32_t d = 0; d < rank; d++) dims[d] = d < rank - m->rank ? 1 : m->dims[d - (rank - m->rank)];
    return reshaped(x, m, rank, dims);
}

static const char *batch_size(Exporter *x) {
    Buf a = {0};
    onnx_put_int(&a, "start", 0);
    onnx_put_int(&a, "end", 1);
    if (!x->batch) x->batch = put(x, "Shape", 1, &x->e->input_names[0], &a);
    else buf_free(&a);
    return x->batch;
}

/* Once for each row. */
static const Made *spread(Exporter *x, const Made *m) {
    if (m->batched) return m;
    Buf a = {0};
    onnx_put_int(&a, "axis", 0);
    const char *shape = put(x, "Concat", 2, (const char *[]){batch_size(x), ints(x, m->rank, m->dims)}, &a);
    Made *out = ARENA_NEW(x->arena, Made);
    *out = *m;
    out->batched = true;
    out->name = put(x, "Expand", 2, (const char *[]){m->name, shape}, NULL);
    return out;
}

static const Made *const *values(Exporter *x, const Node *n, bool *batched) {
    const Made **in = ARENA_ARRAY(x->arena, const Made *, n->n);
    *batched = false;
    for (uint32_t i = 0; i < n->n; i++) {
        if (!(in[i] = value(x, n->in[i]))) return NULL;
        *batched |= in[i]->batched;
    }
    return in;
}

static const Made *const *spread_values(Exporter *x, const Node *n, bool *batched) {
    const Made *const *in = values(x, n, batched);
    const Made **out = ARENA_ARRAY(x->arena, const Made *, n->n);
    for (uint32_t i = 0; in && i < n->n; i++) out[i] = *batched ? spread(x, in[i]) : in[i];
    return in ? out : NULL;
}

/* ---- leaves ---- */

static size_t bytes_of(const Type *t) { return (size_t)(type_elems(t) * type_bytes(t->elem)); }

static const Made *leaf_column(Exporter *x, const Node *n, const char *op) {
    (void)op;
    return made(x, x->e->input_names[((const AttrColumn *)n->attr)->index], true, n->type);
}

static const Made *leaf_weight(Exporter *x, const Node *n, const char *op) {
    (void)op;
    return made(x, ((const AttrWeight *)n->attr)->name, false, n->type);
}

static const Made *leaf_const(Exporter *x, const Node *n, const char *op) {
    (void)op;
    const Value *v = &((const AttrConst *)n->attr)->value;
    bool tensor = n->type->kind == TY_TENSOR;
    TypeKind elem = (tensor ? n->type->elem : n->type)->kind;
    if (v->null || !onnx_data_type(elem)) return no(x, n, " of this type");
    const char *name = fresh(x, "constant");
    if (tensor) {
        onnx_put_tensor(x->graph, name, elem, n->type->n, n->type->dims, v->t.data, bytes_of(n->type));
        return made(x, name, false, n->type);
    }
    static const int64_t one = 1;
    const Type *t = type_tensor(ir_types(x->e->ir), n->type, 1, &one);
    Value row = {.type = t, .t.data = arena_alloc(x->arena, 16)};
    tensor_set(&row, 0, v);
    onnx_put_tensor(x->graph, name, elem, 0, NULL, row.t.data, bytes_of(t));
    return made(x, name, false, n->type);
}

/* ---- elementwise ---- */

static const Made *map(Exporter *x, const Node *n, const char *op) {
    bool batched;
    const Made *const *in = values(x, n, &batched);
    const Made **out = ARENA_ARRAY(x->arena, const Made *, n->n);
    uint32_t rank = n->type->kind == TY_TENSOR ? n->type->n : 0;
    for (uint32_t i = 0; in && i < n->n; i++) out[i] = aligned(x, in[i], rank);
    return in ? of_node(x, n, op, n->n, out, NULL) : NULL;
}

static const Made *float_map(Exporter *x, const Node *n, const char *op) {
    const Type *t = n->in[0]->type;
    return type_is_float(t->kind == TY_TENSOR ? t->elem : t) ? map(x, n, op) : no(x, n, " of integers");
}

static const Made *bits(Exporter *x, const Node *n, const char *op) {
    const Type *t = n->type->kind == TY_TENSOR ? n->type->elem : n->type;
    return map(x, n, t->kind == TY_BOOL ? op : arena_printf(x->arena, "Bitwise%s", op));
}

static const Made *not_equal(Exporter *x, const Node *n, const char *op) {
    const Made *is = map(x, n, op);
    return is ? of_node(x, n, "Not", 1, &is, NULL) : NULL;
}

static const Made *leaky_relu(Exporter *x, const Node *n, const char *op) {
    const Made *in = value(x, n->in[0]);
    Buf a = {0};
    if (!in) return NULL;
    onnx_put_float(&a, "alpha", ((const AttrSlope *)n->attr)->slope);
    return of_node(x, n, op, 1, &in, &a);
}

static const Made *cast(Exporter *x, const Node *n, const char *op) {
    const Made *in = value(x, n->in[0]);
    const Type *to = n->type->kind == TY_TENSOR ? n->type->elem : n->type;
    Buf a = {0};
    if (!in || !onnx_data_type(to->kind)) return in ? no(x, n, " to this type") : NULL;
    onnx_put_int(&a, "to", onnx_data_type(to->kind));
    return of_node(x, n, op, 1, &in, &a);
}

/* ---- shapes ---- */

static const Made *reshape(Exporter *x, const Node *n, const char *op) {
    (void)op;
    const Made *in = value(x, n->in[0]);
    const IntList *to = &((const AttrShape *)n->attr)->shape;
    return in ? reshaped(x, in, to->n, to->at) : NULL;
}

static const Made *transpose(Exporter *x, const Node *n, const char *op) {
    const Made *in = value(x, n->in[0]);
    const IntList *to = &((const AttrShape *)n->attr)->shape;
    int64_t perm[RANKS + 1] = {0};
    Buf a = {0};
    if (!in) return NULL;
    for (uint32_t d = 0; d < to->n; d++) perm[d + in->batched] = to->at[d] + in->batched;
    onnx_put_ints(&a, "perm", to->n + in->batched, perm);
    return of_node(x, n, op, 1, &in, &a);
}

static const Made *slice(Exporter *x, const Node *n, const char *op) {
    const AttrSlice *s = n->attr;
    const Made *in = value(x, n->in[0]);
    int64_t axes[RANKS];
    if (!in) return NULL;
    for (uint32_t d = 0; d < s->from.n; d++) axes[d] = d + in->batched;
    const char *names[] = {in->name, ints(x, s->from.n, s->from.at), ints(x, s->to.n, s->to.at), ints(x, s->from.n, axes), ints(x, s->step.n, s->step.at)};
    Made *cut = ARENA_NEW(x->arena, Made);
    *cut = (Made){put(x, op, 5, names, NULL), in->batched, in->rank, {0}};
    for (uint32_t d = 0; d < s->from.n; d++) cut->dims[d] = (s->to.at[d] - s->from.at[d] + s->step.at[d] - 1) / s->step.at[d];
    return reshaped(x, cut, n->type->kind == TY_TENSOR ? n->type->n : 0, n->type->dims);
}

static const Made *concat(Exporter *x, const Node *n, const char *op) {
    bool batched;
    const Made *const *in = spread_values(x, n, &batched);
    Buf a = {0};
    if (!in) return NULL;
    onnx_put_int(&a, "axis", ((const AttrAxis *)n->attr)->axis + batched);
    return of_node(x, n, op, n->n, in, &a);
}

static const Made *stack(Exporter *x, const Node *n, const char *op) {
    bool batched;
    const Made *const *in = spread_values(x, n, &batched);
    const Made **out = ARENA_ARRAY(x->arena, const Made *, n->n);
    uint32_t axis = (uint32_t)((const AttrAxis *)n->attr)->axis;
    Buf a = {0};
    if (!in) return NULL;
    for (uint32_t i = 0; i < n->n; i++) {
        int64_t dims[RANKS];
        for (uint32_t d = 0; d < n->type->n; d++) dims[d] = d == axis ? 1 : in[i]->dims[d - (d > axis)];
        out[i] = reshaped(x, in[i], n->type->n, dims);
    }
    onnx_put_int(&a, "axis", axis + batched);
    return of_node(x, n, op, n->n, out, &a);
}

/* Constant elements by subscripts that may hang on inputs, or the other way round. */
static const Made *gather(Exporter *x, const Node *n, const char *op) {
    bool batched;
    const Made *const *in = values(x, n, &batched);
    int64_t axis = ((const AttrAxis *)n->attr)->axis;
    Buf a = {0};
    if (!in) return NULL;
    if (in[1]->batched && (in[0]->batched || axis)) return no(x, n, " by subscripts of each row");
    onnx_put_int(&a, "axis", axis + in[0]->batched);
    return of_node(x, n, op, 2, in, &a);
}

/* ---- over dimensions ---- */

static const Made *reduce(Exporter *x, const Node *n, const char *op) {
    const AttrDims *r = n->attr;
    const Made *in = value(x, n->in[0]);
    int64_t axes[RANKS];
    Buf a = {0};
    if (!in) return NULL;
    for (uint32_t d = 0; d < r->dims.n; d++) axes[d] = r->dims.at[d] + in->batched;
    onnx_put_int(&a, "keepdims", r->keep);
    return made(x, put(x, op, 2, (const char *[]){in->name, ints(x, r->dims.n, axes)}, &a), in->batched, n->type);
}

static const Made *along(Exporter *x, const Node *n, const char *op) {
    const AttrDims *r = n->attr;
    const Made *in = value(x, n->in[0]);
    Buf a = {0};
    if (!in) return NULL;
    if (r->dims.n != 1) return no(x, n, " over several dimensions");
    onnx_put_int(&a, "axis", r->dims.at[0] + in->batched);
    if (n->op != OP_SOFTMAX && n->op != OP_LOG_SOFTMAX) onnx_put_int(&a, "keepdims", r->keep);
    const Made *y = of_node(x, n, op, 1, &in, &a);
    const Type *elem = n->type->kind == TY_TENSOR ? n->type->elem : n->type;
    if ((n->op == OP_ARGMAX || n->op == OP_ARGMIN) && elem->kind != TY_I64) {
        onnx_put_int(&a, "to", onnx_data_type(elem->kind));
        y = of_node(x, n, "Cast", 1, &y, &a);
    }
    return y;
}

static const Made *cumulate(Exporter *x, const Node *n, const char *op) {
    const Made *in = value(x, n->in[0]);
    if (!in) return NULL;
    const char *axis = ints(x, 1, &(int64_t){((const AttrAxis *)n->attr)->axis + in->batched});
    return made(x, put(x, op, 2, (const char *[]){in->name, axis}, NULL), in->batched, n->type);
}

/* ---- products ---- */

static bool same_labels(const IntList *a, uint32_t from, const IntList *b, uint32_t at, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (a->at[from + i] != b->at[at + i]) return false;
    return true;
}

/* (.., k) with weights (o, k): a linear layer. */
static const Made *linear(Exporter *x, const Node *n, const Made *a, const Made *w) {
    const AttrContract *c = n->attr;
    uint32_t r = c->a.n;
    bool is = a->batched && !w->batched && c->b.n == 2 && r >= 1 && c->out.n == r && c->a.at[r - 1] == c->b.at[1] && c->out.at[r - 1] == c->b.at[0] &&
              same_labels(&c->a, 0, &c->out, 0, r - 1);
    for (uint32_t i = 0; is && i < r; i++) is = c->a.at[i] != c->b.at[0];
    if (!is) return NULL;
    Buf t = {0};
    if (r == 1) {
        onnx_put_int(&t, "transB", 1);
        return of_node(x, n, "Gemm", 2, (const Made *[]){a, w}, &t);
    }
    onnx_put_ints(&t, "perm", 2, (const int64_t[]){1, 0});
    const char *turned = put(x, "Transpose", 1, &w->name, &t);
    return made(x, put(x, "MatMul", 2, (const char *[]){a->name, turned}, NULL), true, n->type);
}

static void put_labels(Buf *b, const IntList *l, bool batched, const int64_t *seen, uint32_t n) {
    if (batched) buf_putc(b, 'N');
    for (uint32_t i = 0; i < l->n; i++)
        for (uint32_t k = 0; k < n; k++)
            if (seen[k] == l->at[i]) buf_putc(b, (char)('a' + k));
}

static const Made *contract(Exporter *x, const Node *n, const char *op) {
    const AttrContract *c = n->attr;
    bool batched;
    const Made *const *in = values(x, n, &batched);
    int64_t seen[2 * RANKS];
    uint32_t k = 0;
    Buf equation = {0}, attribute = {0}, a = {0};
    if (!in) return NULL;
    const Made *y = linear(x, n, in[0], in[1]);
    if (y) return y;
    for (uint32_t i = 0; i < c->a.n + c->b.n; i++) {
        int64_t label = i < c->a.n ? c->a.at[i] : c->b.at[i - c->a.n];
        bool known = false;
        for (uint32_t j = 0; j < k; j++) known |= seen[j] == label;
        if (!known) seen[k++] = label;
    }
    put_labels(&equation, &c->a, in[0]->batched, seen, k);
    buf_putc(&equation, ',');
    put_labels(&equation, &c->b, in[1]->batched, seen, k);
    buf_puts(&equation, "->");
    put_labels(&equation, &c->out, batched, seen, k);
    wire_text(&attribute, ATTRIBUTE_NAME, "equation");
    wire_bytes(&attribute, ATTRIBUTE_S, equation.p, equation.n);
    wire_int(&attribute, ATTRIBUTE_TYPE, 3);
    wire_message(&a, NODE_ATTRIBUTE, &attribute);
    buf_free(&equation);
    return of_node(x, n, op, 2, in, &a);
}

/* ---- windows: (channels, spatial..) behind the batch ---- */

static void put_window(Buf *a, const IntList *stride, const IntList *before, const IntList *after, const IntList *dilation) {
    int64_t pads[2 * RANKS];
    for (uint32_t d = 0; d < before->n; d++) pads[d] = before->at[d], pads[before->n + d] = after->at[d];
    onnx_put_ints(a, "strides", stride->n, stride->at);
    onnx_put_ints(a, "pads", 2 * before->n, pads);
    onnx_put_ints(a, "dilations", dilation->n, dilation->at);
}

static const Made *conv(Exporter *x, const Node *n, const char *op) {
    const AttrConv *c = n->attr;
    bool batched;
    const Made *const *in = values(x, n, &batched);
    Buf a = {0};
    if (!in) return NULL;
    if (in[1]->batched) return no(x, n, " with weights of each row");
    const Made *of[] = {spread(x, in[0]), in[1]};
    put_window(&a, &c->stride, &c->before, &c->after, &c->dilation);
    onnx_put_int(&a, "group", c->groups);
    return of_node(x, n, op, 2, of, &a);
}

/* Over the last dimensions: those before are channels, one for ONNX. */
static const Made *pool(Exporter *x, const Node *n, const char *op) {
    const AttrPool *p = n->attr;
    const Made *in = value(x, n->in[0]);
    int64_t dims[RANKS];
    Buf a = {0};
    if (!in) return NULL;
    uint32_t k = p->kernel.n;
    bool dilated = false;
    for (uint32_t d = 0; d < k; d++) dilated |= p->dilation.at[d] != 1;
    if (dilated && n->op == OP_AVG_POOL) return no(x, n, " with dilation");
    dims[0] = 1;
    for (uint32_t d = 0; d < in->rank; d++) dims[d < in->rank - k ? 0 : d - (in->rank - k) + 1] = d < in->rank - k ? dims[0] * in->dims[d] : in->dims[d];
    in = spread(x, reshaped(x, in, k + 1, dims));
    onnx_put_ints(&a, "kernel_shape", k, p->kernel.at);
    if (n->op == OP_AVG_POOL) {
        int64_t pads[2 * RANKS];
        for (uint32_t d = 0; d < k; d++) pads[d] = p->before.at[d], pads[k + d] = p->after.at[d];
        onnx_put_ints(&a, "strides", k, p->stride.at);
        onnx_put_ints(&a, "pads", 2 * k, pads);
        onnx_put_int(&a, "count_include_pad", p->count_pad);
    } else {
        put_window(&a, &p->stride, &p->before, &p->after, &p->dilation);
    }
    Made *y = ARENA_NEW(x->arena, Made);
    *y = (Made){put(x, op, 1, &in->name, &a), true, k + 1, {dims[0]}};
    for (uint32_t d = 0; d < k; d++) y->dims[1 + d] = n->type->dims[n->type->n - k + d];
    return reshaped(x, y, n->type->n, n->type->dims);
}

static const Made *batch_norm(Exporter *x, const Node *n, const char *op) {
    bool batched;
    const Made *const *in = values(x, n, &batched);
    Buf a = {0};
    if (!in) return NULL;
    const Made *of[] = {spread(x, in[0]), in[1], in[2], in[3], in[4]};
    onnx_put_float(&a, "epsilon", ((const AttrNorm *)n->attr)->eps);
    return of_node(x, n, op, 5, of, &a);
}

/* ---- the table ---- */

static const struct {
    Export export;
    const char *op; /* ONNX's */
} exports[OP_COUNT_] = {
    [OP_COLUMN] = {leaf_column, ""},
    [OP_CONST] = {leaf_const, ""},
    [OP_WEIGHT] = {leaf_weight, ""},
    [OP_ADD] = {map, "Add"},
    [OP_SUB] = {map, "Sub"},
    [OP_MUL] = {map, "Mul"},
    [OP_DIV] = {float_map, "Div"},
    [OP_NEG] = {map, "Neg"},
    [OP_ABS] = {map, "Abs"},
    [OP_MIN2] = {map, "Min"},
    [OP_MAX2] = {map, "Max"},
    [OP_FLOOR] = {float_map, "Floor"},
    [OP_CEIL] = {float_map, "Ceil"},
    [OP_ROUND] = {float_map, "Round"},
    [OP_SQRT] = {map, "Sqrt"},
    [OP_EXP] = {map, "Exp"},
    [OP_LOG] = {map, "Log"},
    [OP_TANH] = {map, "Tanh"},
    [OP_SIGMOID] = {map, "Sigmoid"},
    [OP_ERF] = {map, "Erf"},
    [OP_SIN] = {map, "Sin"},
    [OP_COS] = {map, "Cos"},
    [OP_POW] = {map, "Pow"},
    [OP_RELU] = {map, "Relu"},
    [OP_LEAKY_RELU] = {leaky_relu, "LeakyRelu"},
    [OP_EQ] = {map, "Equal"},
    [OP_NE] = {not_equal, "Equal"},
    [OP_LT] = {map, "Less"},
    [OP_LE] = {map, "LessOrEqual"},
    [OP_GT] = {map, "Greater"},
    [OP_GE] = {map, "GreaterOrEqual"},
    [OP_AND] = {map, "And"},
    [OP_OR] = {map, "Or"},
    [OP_NOT] = {map, "Not"},
    [OP_BIT_AND] = {bits, "And"},
    [OP_BIT_OR] = {bits, "Or"},
    [OP_BIT_XOR] = {bits, "Xor"},
    [OP_BIT_NOT] = {bits, "Not"},
    [OP_CAST] = {cast, "Cast"},
    [OP_WHERE] = {map, "Where"},
    [OP_STACK] = {stack, "Concat"},
    [OP_SLICE] = {slice, "Slice"},
    [OP_GATHER] = {gather, "Gather"},
    [OP_RESHAPE] = {reshape, ""},
    [OP_TRANSPOSE] = {transpose, "Transpose"},
    [OP_CONCAT] = {concat, "Concat"},
    [OP_SUM] = {reduce, "ReduceSum"},
    [OP_MEAN] = {reduce, "ReduceMean"},
    [OP_MAX] = {reduce, "ReduceMax"},
    [OP_MIN] = {reduce, "ReduceMin"},
    [OP_PROD] = {reduce, "ReduceProd"},
    [OP_ARGMAX] = {along, "ArgMax"},
    [OP_ARGMIN] = {along, "ArgMin"},
    [OP_CUMSUM] = {cumulate, "CumSum"},
    [OP_CONTRACT] = {contract, "Einsum"},
    [OP_CONV] = {conv, "Conv"},
    [OP_MAX_POOL] = {pool, "MaxPool"},
    [OP_AVG_POOL] = {pool, "AveragePool"},
    [OP_BATCH_NORM] = {batch_norm, "BatchNormalization"},
    [OP_SOFTMAX] = {along, "Softmax"},
    [OP_LOG_SOFTMAX] = {along, "LogSoftmax"},
};

static const Made *value(Exporter *x, const Node *n) {
    const Made *m = ptrmap_get(&x->made, n);
    if (m) return m;
    const Node *outer = x->node;
    x->node = n;
    m = exports[n->op].export ? exports[n->op].export(x, n, exports[n->op].op) : no(x, n, "");
    x->node = outer;
    if (m) ptrmap_set(&x->made, n, (void *)(uintptr_t)m);
    return m;
}

/* ---- the file ---- */

static void put_port(Exporter *x, uint32_t field, const char *name, const Type *t) {
    static const int64_t one = 1;
    static const char *const symbols[RANKS + 1] = {"N"};
    int64_t dims[RANKS + 1] = {DIM_ANY};
    uint32_t rank = t->kind == TY_TENSOR ? t->n : 1;
    memcpy(dims + 1, t->kind == TY_TENSOR ? t->dims : &one, rank * sizeof *dims);
    onnx_put_port(x->graph, field, name, (t->kind == TY_TENSOR ? t->elem : t)->kind, rank + 1, dims, symbols);
}

static bool put_output(Exporter *x, uint32_t i) {
    const Node *n = x->e->outputs[i];
    const Made *m = value(x, n);
    if (!m) return false;
    static const int64_t one = 1;
    m = spread(x, m->rank ? m : reshaped(x, m, 1, &one));
    Buf node = {0};
    wire_text(&node, NODE_INPUT, m->name);
    wire_text(&node, NODE_OUTPUT, x->e->output_names[i]);
    wire_text(&node, NODE_NAME, x->e->output_names[i]);
    wire_text(&node, NODE_OP, "Identity");
    wire_message(x->graph, GRAPH_NODE, &node);
    put_port(x, GRAPH_OUTPUT, x->e->output_names[i], n->type);
    return true;
}

bool onnx_export(const OnnxExport *e, OnnxFile *f, const char **why) {
    Exporter x = {.e = e, .arena = e->arena, .graph = &f->graph};
    bool ok = true;
    onnx_put_model(&f->model, OPSET);
    wire_text(&f->graph, GRAPH_NAME, e->name);
    for (uint32_t i = 0; i < e->n_inputs; i++) put_port(&x, GRAPH_INPUT, e->input_names[i], e->inputs[i]->type);
    for (uint32_t i = 0; ok && i < e->n_outputs; i++) ok = put_output(&x, i);
    ptrmap_free(&x.made);
    *why = x.why;
    return ok;
}
