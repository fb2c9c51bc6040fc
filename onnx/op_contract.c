/* Products. */
#include "onnx/expand.h"

/* Labels of a value's node: those of its dimensions, less the one that is left out. */
static IntList labels(OnnxExpand *x, const OnnxValue *v, const int64_t *of) {
    uint32_t out = v->rank - v->node->type->n;
    return (IntList){v->node->type->n, arena_copy(x->arena, of + out, v->node->type->n * sizeof *of)};
}

static bool has(const IntList *l, int64_t label) {
    for (uint32_t i = 0; i < l->n; i++)
        if (l->at[i] == label) return true;
    return false;
}

/* out labels that neither operand's node has are of size 1: reshaping brings them back */
static const Node *contract(OnnxExpand *x, const Node *a, IntList la, const Node *b, IntList lb, uint32_t n,
                            const int64_t *out) {
    int64_t kept[TENSOR_MAX_RANK];
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++)
        if (has(&la, out[i]) || has(&lb, out[i])) kept[m++] = out[i];
    AttrContract k = {la, lb, {m, kept}};
    return onnx_make(x, OP_CONTRACT, &k, 2, (const Node *const[]){a, b});
}

enum { M = 8, K = 9, N = 10 };

/* Batch dimensions of size 1 broadcast: they are taken out of the operand. */
static OnnxValue without_ones(OnnxExpand *x, const OnnxValue *v, int64_t *label) {
    OnnxValue out = {.node = v->node};
    uint32_t batch = v->rank > 2 ? v->rank - 2 : 0;
    for (uint32_t d = 0; d < v->rank; d++) {
        if (d < batch && v->dims[d] == 1) continue;
        label[out.rank] = d < batch ? (int64_t)(batch - 1 - d) : label[TENSOR_MAX_RANK + d - batch];
        out.dims[out.rank++] = v->dims[d];
    }
    if (out.rank != v->rank) {
        bool less = out.rank >= 2 && out.dims[0] == 1;
        out.node = onnx_reshape(x, v->node, out.rank - less, out.dims + less);
    }
    return out;
}

/* a (.., m, k)  b (.., k, n)  out (.., m, n); a vector has no m or no n */
bool onnx_expand_matmul(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *b = onnx_in(x, 1);
    int64_t la[2 * TENSOR_MAX_RANK] = {0}, lb[2 * TENSOR_MAX_RANK] = {0}, out[TENSOR_MAX_RANK],
                   dims[TENSOR_MAX_RANK];
    if (!a || !b || a->rank == 0 || b->rank == 0) return onnx_refuse(x, "it takes two tensors");
    int64_t ka = a->dims[a->rank - 1], kb = b->dims[b->rank > 1 ? b->rank - 2 : 0];
    if (ka != kb) return onnx_refuse(x, "%lld columns times %lld rows", (long long)ka, (long long)kb);
    la[TENSOR_MAX_RANK] = a->rank > 1 ? M : K, la[TENSOR_MAX_RANK + 1] = K;
    lb[TENSOR_MAX_RANK] = K, lb[TENSOR_MAX_RANK + 1] = N;
    OnnxValue va = without_ones(x, a, la), vb = without_ones(x, b, lb);
    if (!va.node || !vb.node) return false;
    OnnxValue ba = {.rank = a->rank > 2 ? a->rank - 2 : 0}, bb = {.rank = b->rank > 2 ? b->rank - 2 : 0};
    for (uint32_t d = 0; d < ba.rank; d++) ba.dims[d] = a->dims[d];
    for (uint32_t d = 0; d < bb.rank; d++) bb.dims[d] = b->dims[d];
    uint32_t rank;
    if (!onnx_broadcast(x, 2, (const OnnxValue *const[]){&ba, &bb}, &rank, dims)) return false;
    for (uint32_t d = 0; d < rank; d++) out[d] = rank - 1 - d;
    if (a->rank > 1) out[rank] = M, dims[rank++] = a->dims[a->rank - 2];
    if (b->rank > 1) out[rank] = N, dims[rank++] = b->dims[b->rank - 1];
    const Node *y = contract(x, va.node, labels(x, &va, la), vb.node, labels(x, &vb, lb), rank, out);
    return onnx_yield(x, 0, onnx_reshape(x, y, rank ? rank : 1, rank ? dims : (int64_t[]){1}), rank, dims);
}

static const Node *scaled(OnnxExpand *x, const Node *a, double k) {
    return k == 1 || !a ? a : onnx_make2(x, OP_MUL, a, onnx_number(x, a, k));
}

/* a (m, k) or transposed  b (k, n) or transposed  c broadcasts  out (m, n) = alpha a b + beta c */
bool onnx_expand_gemm(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *b = onnx_in(x, 1), *c = onnx_in(x, 2);
    if (!a || !b || a->rank != 2 || b->rank != 2) return onnx_refuse(x, "it takes two matrices");
    bool ta = onnx_int(x, "transA", 0) != 0, tb = onnx_int(x, "transB", 0) != 0;
    int64_t dims[2] = {a->dims[ta], b->dims[!tb]};
    if (a->dims[!ta] != b->dims[tb])
        return onnx_refuse(x, "%lld columns times %lld rows", (long long)a->dims[!ta],
                           (long long)b->dims[tb]);
    IntList la = labels(x, a, ta ? (int64_t[]){K, M} : (int64_t[]){M, K});
    IntList lb = labels(x, b, tb ? (int64_t[]){N, K} : (int64_t[]){K, N});
    const Node *y = contract(x, a->node, la, b->node, lb, 2, (int64_t[]){M, N});
    if (y && y->type->kind != TY_TENSOR) y = onnx_reshape(x, y, 1, (int64_t[]){1});
    OnnxValue product = {.rank = 2, .dims = {dims[0], dims[1]}};
    bool less = dims[0] == 1;
    y = scaled(x, onnx_reshape(x, y, 2 - less, product.dims + less), onnx_float(x, "alpha", 1));
    if (c && onnx_float(x, "beta", 1) != 0)
        y = onnx_make2(x, OP_ADD, y, scaled(x, c->node, onnx_float(x, "beta", 1)));
    return onnx_yield(x, 0, onnx_cast(x, y, onnx_elem(a)), 2, dims);
}
