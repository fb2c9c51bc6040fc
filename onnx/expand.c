/* Attributes, constants and nodes for the expansions. */
#include "onnx/expand.h"

#include "ir/eval.h"
#include "ir/laws.h"

#include <stdarg.h>
#include <string.h>

/* ---- failing ---- */

static void say(OnnxExpand *x, const char *fmt, va_list ap) {
    Buf text = {0};
    const OnnxNode *n = x->node;
    buf_printf(&text, "%s: ", x->graph->path);
    if (n && n->name[0]) buf_printf(&text, "node '%s' (%s): ", n->name, n->op);
    else if (n)
        buf_printf(&text, "node of '%s' (%s): ",
                   n->n_out && n->out[0] != ONNX_ABSENT ? x->graph->value_names[n->out[0]] : "", n->op);
    buf_vprintf(&text, fmt, ap);
    x->why = arena_strndup(x->arena, text.p, text.n);
    buf_free(&text);
}

bool onnx_refuse(OnnxExpand *x, const char *fmt, ...) {
    if (x->why) return false;
    va_list ap;
    va_start(ap, fmt);
    say(x, fmt, ap);
    va_end(ap);
    return false;
}

bool onnx_missing(OnnxExpand *x, const char *fmt, ...) {
    if (x->why) return false;
    va_list ap;
    va_start(ap, fmt);
    say(x, fmt, ap);
    va_end(ap);
    x->import->unsupported = true;
    return false;
}

/* ---- inputs, attributes ---- */

const OnnxValue *onnx_in(OnnxExpand *x, uint32_t i) {
    if (i >= x->node->n_in || x->node->in[i] == ONNX_ABSENT) return NULL;
    return &x->values[x->node->in[i]];
}

bool onnx_wants(OnnxExpand *x, uint32_t i) { return i < x->node->n_out && x->node->out[i] != ONNX_ABSENT; }

const OnnxAttr *onnx_attr(OnnxExpand *x, const char *name, OnnxAttrKind kind) {
    for (uint32_t i = 0; i < x->node->n_attrs; i++) {
        const OnnxAttr *a = &x->node->attrs[i];
        if (strcmp(a->name, name) != 0) continue;
        if (a->kind == kind) return a;
        onnx_refuse(x, "attribute '%s' is of another type", name);
        return NULL;
    }
    return NULL;
}

int64_t onnx_int(OnnxExpand *x, const char *name, int64_t otherwise) {
    const OnnxAttr *a = onnx_attr(x, name, ONNX_INT);
    return a ? a->i : otherwise;
}

double onnx_float(OnnxExpand *x, const char *name, double otherwise) {
    const OnnxAttr *a = onnx_attr(x, name, ONNX_FLOAT);
    return a ? a->f : otherwise;
}

const char *onnx_string(OnnxExpand *x, const char *name, const char *otherwise) {
    const OnnxAttr *a = onnx_attr(x, name, ONNX_STRING);
    return a ? a->s : otherwise;
}

bool onnx_ints(OnnxExpand *x, const char *name, IntList *out) {
    const OnnxAttr *a = onnx_attr(x, name, ONNX_INTS);
    if (a) *out = (IntList){a->n, a->ints};
    return a != NULL;
}

bool onnx_is_there(const OnnxValue *v) { return v->node || v->form != ONNX_IS_TENSOR; }

bool onnx_is_known(const OnnxValue *v) {
    return !(v->node->below & (BELOW_COLUMN | BELOW_PARAM | BELOW_VOLATILE | BELOW_SOURCE));
}

bool onnx_constant(OnnxExpand *x, const OnnxValue *v, const char *what, Value *out) {
    OnnxImport *c = x->import;
    if (!v || !v->node) return onnx_refuse(x, "%s is not given", what);
    if (!onnx_is_known(v) && !c->known)
        return onnx_refuse(
            x, "%s depends on the model's input, and shapes must be known when the query is compiled", what);
    EvalCtx ctx = {.arena = x->arena, .ir = x->ir, .source = c->source};
    if (ir_eval_scalar(&ctx, v->node, c->known, c->n_known, out)) return true;
    return onnx_refuse(x, "%s cannot be computed: %s", what, ctx.error.text ? ctx.error.text : "it fails");
}

bool onnx_constant_ints(OnnxExpand *x, const OnnxValue *v, const char *what, IntList *out) {
    Value value;
    if (!onnx_constant(x, v, what, &value)) return false;
    int64_t n = tensor_count(&value), *at = ARENA_ARRAY(x->arena, int64_t, n);
    if (!type_is_integer(value.type->elem) && value.type->elem->kind != TY_BOOL)
        return onnx_refuse(x, "%s takes integers", what);
    for (int64_t i = 0; i < n; i++) {
        Value e = tensor_elem(&value, i);
        at[i] = e.type->kind == TY_BOOL ? e.b : e.i;
    }
    *out = (IntList){(uint32_t)n, at};
    return true;
}

bool onnx_ints_of(OnnxExpand *x, const char *name, uint32_t i, IntList *out) {
    const OnnxValue *v = onnx_in(x, i);
    if (onnx_ints(x, name, out)) return true;
    return v && onnx_constant_ints(x, v, name, out);
}

bool onnx_axis(OnnxExpand *x, int64_t axis, uint32_t rank, uint32_t *out) {
    int64_t at = axis < 0 ? axis + rank : axis;
    if (at < 0 || at >= rank) return onnx_refuse(x, "axis %lld of %u dimensions", (long long)axis, rank);
    *out = (uint32_t)at;
    return true;
}

TypeKind onnx_elem(const OnnxValue *v) { return v->node->type->elem->kind; }

static int64_t product(uint32_t rank, const int64_t *dims) {
    int64_t n = 1;
    for (uint32_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(n, dims[i], &n)) return INT64_MAX;
    return n;
}

int64_t onnx_count(const OnnxValue *v) { return product(v->rank, v->dims); }

/* ---- nodes ---- */

/* What walks down the algebra recurses. */
#ifdef __SANITIZE_ADDRESS__
enum { HIGHEST = 1000 }; /* frames are larger */
#else
enum { HIGHEST = 10000 };
#endif

const Node *onnx_make(OnnxExpand *x, Op op, const void *attr, uint32_t n, const Node *const *in) {
    const char *why = NULL;
    for (uint32_t i = 0; i < n; i++)
        if (!in[i]) return NULL;
    if (!ir_check(x->ir, op, attr, n, in, &why)) return onnx_refuse(x, "%s", why), NULL;
    const Node *node = ir_node(x->ir, op, attr, n, in);
    if (node->height > HIGHEST) return onnx_refuse(x, "operators are more than %d deep here, loops unrolled", HIGHEST), NULL;
    const OnnxNode *from = x->node;
    const char *name = from && from->name[0] ? from->name
                       : from && from->n_out && from->out[0] != ONNX_ABSENT
                           ? x->graph->value_names[from->out[0]]
                           : NULL;
    ir_set_origin(x->ir, node, (Origin){x->import->at, name ? ir_name(x->ir, name) : NULL});
    return node;
}

const Node *onnx_make1(OnnxExpand *x, Op op, const Node *a) { return onnx_make(x, op, NULL, 1, &a); }

const Node *onnx_make2(OnnxExpand *x, Op op, const Node *a, const Node *b) {
    return onnx_make(x, op, NULL, 2, (const Node *const[]){a, b});
}

/* v as the element type holds it: truth values are 0 or 1, and what leaves an integer type is its nearest. */
static double held(const Type *elem, double v) {
    static const double widest = 9.2e18;
    if (elem->kind == TY_BOOL) return v != 0;
    if (type_is_float(elem)) return v;
    bool is_unsigned = elem->kind >= TY_U8 && elem->kind <= TY_U64;
    int bits = 8 * type_bytes(elem) - !is_unsigned;
    double high = bits > 62 ? widest : (double)(((int64_t)1 << bits) - 1), low = is_unsigned ? 0 : -high - 1;
    return v != v ? 0 : v > high ? high : v < low ? low : v;
}

const Node *onnx_number(OnnxExpand *x, const Node *like, double v) {
    return like ? ir_number(x->ir, like->type, held(ir_elem(like->type), v)) : NULL;
}

const Node *onnx_filled(OnnxExpand *x, const Type *t, double v) {
    return ir_filled(x->ir, t, held(t->elem, v));
}

const Node *onnx_cast(OnnxExpand *x, const Node *a, TypeKind kind) {
    if (!a || a->type->elem->kind == kind) return a;
    const Type *to = type_tensor(x->types, type_get(x->types, kind), a->type->n, a->type->dims);
    return ir_is_const(a) ? ir_cast(x->ir, a, to) : onnx_make(x, OP_CAST, &(AttrCast){to, false}, 1, &a);
}

static bool same_dims(const Type *t, uint32_t rank, const int64_t *dims) {
    return t->n == rank && (rank == 0 || memcmp(t->dims, dims, rank * sizeof *dims) == 0);
}

const Node *onnx_reshape(OnnxExpand *x, const Node *a, uint32_t rank, const int64_t *dims) {
    if (!a) return NULL;
    if (a->type->kind != TY_TENSOR) a = onnx_make(x, OP_STACK, &(AttrAxis){0}, 1, &a);
    while (a && a->op == OP_RESHAPE && !same_dims(a->type, rank, dims)) a = a->in[0];
    if (!a || same_dims(a->type, rank, dims)) return a;
    return onnx_make(x, OP_RESHAPE, &(AttrShape){{rank, dims}}, 1, &a);
}

const Node *onnx_whole(OnnxExpand *x, const OnnxValue *v) {
    static const int64_t one = 1;
    return v->rank ? onnx_reshape(x, v->node, v->rank, v->dims) : onnx_reshape(x, v->node, 1, &one);
}

const Node *onnx_cut(OnnxExpand *x, const Node *a, uint32_t d, int64_t from, int64_t to, int64_t step,
                     bool drop) {
    int64_t lo[TENSOR_MAX_RANK], hi[TENSOR_MAX_RANK], by[TENSOR_MAX_RANK], gone[TENSOR_MAX_RANK];
    if (!a) return NULL;
    uint32_t n = a->type->n;
    if (from == 0 && to == a->type->dims[d] && step == 1 && !drop) return a;
    for (uint32_t i = 0; i < n; i++) {
        lo[i] = i == d ? from : 0;
        hi[i] = i == d ? to : a->type->dims[i];
        by[i] = i == d ? step : 1;
        gone[i] = i == d && drop;
    }
    AttrSlice s = {{n, lo}, {n, hi}, {n, by}, {n, gone}};
    return onnx_make(x, OP_SLICE, &s, 1, &a);
}

const Node *onnx_concat(OnnxExpand *x, uint32_t axis, uint32_t n, const Node *const *parts) {
    return n == 1 ? parts[0] : onnx_make(x, OP_CONCAT, &(AttrAxis){axis}, n, parts);
}

const Node *onnx_int_tensor(OnnxExpand *x, uint32_t rank, const int64_t *dims, const int64_t *at) {
    size_t bytes = (size_t)product(rank, dims) * sizeof *at;
    Value v = {.type = type_tensor(x->types, type_get(x->types, TY_I64), rank, dims)};
    v.t.data = arena_copy(ir_arena(x->ir), at, bytes);
    return ir_const(x->ir, v);
}

static bool leaves_out(const OnnxValue *v) { return v->rank >= 2 && v->dims[0] == 1; }

int64_t onnx_place(const OnnxValue *v, uint32_t d) { return leaves_out(v) ? (int64_t)d - 1 : (int64_t)d; }

/* ---- outputs ---- */

enum { FOLD_MAX = 1 << 16, FOLD_FLOPS = 1 << 24 };

/* What depends on no input is a constant at once: shapes come of such. */
static const Node *fold(OnnxExpand *x, const Node *node) {
    Value v;
    if (ir_is_const(node) || !ir_is_constant(node) || type_elems(node->type) > FOLD_MAX) return node;
    Cost cost = ir_cost_expr(node);
    if (cost.flops > FOLD_FLOPS || cost.bytes > FOLD_FLOPS) return node;
    EvalCtx ctx = {.arena = x->arena, .ir = x->ir, .source = x->import->source};
    if (!ir_eval_scalar(&ctx, node, NULL, 0, &v)) {
        onnx_refuse(x, "%s", ctx.error.text ? ctx.error.text : "it fails");
        return NULL;
    }
    return ir_const(x->ir, value_copy(ir_arena(x->ir), x->types, &v));
}

bool onnx_set(OnnxExpand *x, OnnxValue *v, const Node *node, uint32_t rank, const int64_t *dims) {
    *v = (OnnxValue){.rank = rank};
    if (rank) memcpy(v->dims, dims, rank * sizeof *dims);
    if (!node) return onnx_refuse(x, "it cannot be expressed");
    for (uint32_t d = 0; d < rank; d++)
        if (dims[d] > ONNX_VALUE_MAX)
            return onnx_refuse(x, "it yields a dimension of size %lld", (long long)dims[d]);
    if (onnx_count(v) > ONNX_VALUE_MAX)
        return onnx_refuse(x, "it yields %lld elements", (long long)onnx_count(v));
    bool less = leaves_out(v);
    node = rank ? onnx_reshape(x, node, rank - less, v->dims + less) : onnx_whole(x, &(OnnxValue){.node = node});
    v->node = node ? fold(x, node) : NULL;
    return v->node != NULL;
}

bool onnx_yield(OnnxExpand *x, uint32_t i, const Node *node, uint32_t rank, const int64_t *dims) {
    if (!onnx_wants(x, i)) return node != NULL;
    return onnx_set(x, &x->values[x->node->out[i]], node, rank, dims);
}

bool onnx_yield_value(OnnxExpand *x, uint32_t i, const OnnxValue *v) {
    if (onnx_wants(x, i)) x->values[x->node->out[i]] = *v;
    return true;
}

bool onnx_yield_like(OnnxExpand *x, uint32_t i, const Node *node, const OnnxValue *like) {
    return onnx_yield(x, i, node, like->rank, like->dims);
}

bool onnx_broadcast(OnnxExpand *x, uint32_t n, const OnnxValue *const *of, uint32_t *rank, int64_t *dims) {
    *rank = 0;
    for (uint32_t k = 0; k < n; k++)
        if (of[k]->rank > *rank) *rank = of[k]->rank;
    for (uint32_t d = 0; d < *rank; d++) dims[d] = 1;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t d = 0; d < of[k]->rank; d++) {
            int64_t *to = &dims[*rank - of[k]->rank + d], size = of[k]->dims[d];
            if (*to == 1) *to = size;
            else if (size != 1 && size != *to)
                return onnx_refuse(x, "sizes %lld and %lld do not broadcast", (long long)*to,
                                   (long long)size);
        }
    return true;
}

bool onnx_yield_map(OnnxExpand *x, const Node *node, uint32_t n, const OnnxValue *const *of) {
    uint32_t rank;
    int64_t dims[TENSOR_MAX_RANK];
    return onnx_broadcast(x, n, of, &rank, dims) && onnx_yield(x, 0, node, rank, dims);
}
