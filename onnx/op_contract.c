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
    y = onnx_reshape(x, y, rank ? rank : 1, rank ? dims : (int64_t[]){1});
    return onnx_yield(x, 0, onnx_cast(x, y, onnx_elem(a)), rank, dims);
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

/* ---- einsum ---- */

enum { TERMS_MAX = 8, LETTERS = 2 * TENSOR_MAX_RANK - 1 };

typedef struct Equation {
    char letters[LETTERS]; /* label i is letters[i] */
    uint32_t n_letters, n;
    IntList in[TERMS_MAX], out;
} Equation;

static int64_t label_of(Equation *q, char c) {
    for (uint32_t i = 0; i < q->n_letters; i++)
        if (q->letters[i] == c) return i;
    if (q->n_letters == LETTERS) return -1;
    q->letters[q->n_letters] = c;
    return q->n_letters++;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* One term: its labels up to a comma, an arrow or the end. */
static const char *term(OnnxExpand *x, Equation *q, const char *p, IntList *out) {
    int64_t at[TENSOR_MAX_RANK];
    uint32_t n = 0;
    for (; *p && *p != ',' && *p != '-'; p++) {
        if (*p == ' ') continue;
        if (!is_letter(*p)) return onnx_missing(x, "'%c' in an equation is not supported yet", *p), NULL;
        if (n == TENSOR_MAX_RANK || (at[n++] = label_of(q, *p)) < 0)
            return onnx_missing(x, "its equation has too many letters"), NULL;
    }
    *out = (IntList){n, arena_copy(x->arena, at, n * sizeof *at)};
    return p;
}

/* Without an arrow: the letters that stand once, in order of the alphabet. */
static void implied(OnnxExpand *x, Equation *q) {
    int64_t at[LETTERS];
    uint32_t n = 0;
    for (char c = 'A'; c <= 'z'; c++) {
        uint32_t times = 0;
        int64_t label = -1;
        for (uint32_t i = 0; i < q->n_letters; i++)
            if (q->letters[i] == c) label = i;
        for (uint32_t k = 0; label >= 0 && k < q->n; k++)
            for (uint32_t i = 0; i < q->in[k].n; i++) times += q->in[k].at[i] == label;
        if (times == 1 && n < TENSOR_MAX_RANK) at[n++] = label;
    }
    q->out = (IntList){n, arena_copy(x->arena, at, n * sizeof *at)};
}

static bool equation(OnnxExpand *x, const char *p, Equation *q) {
    while (q->n < TERMS_MAX && (p = term(x, q, p, &q->in[q->n]))) {
        q->n++;
        if (*p != ',') break;
        p++;
    }
    if (!p || q->n != x->node->n_in)
        return onnx_refuse(x, "its equation has another number of terms than it has inputs");
    if (!*p) return implied(x, q), true;
    return p[0] == '-' && p[1] == '>' && (p = term(x, q, p + 2, &q->out)) && !*p
               ? true
               : onnx_refuse(x, "its equation is not understood");
}

static bool needed(const Equation *q, uint32_t from, int64_t label) {
    bool later = has(&q->out, label);
    for (uint32_t k = from; k < q->n; k++) later |= has(&q->in[k], label);
    return later;
}

/* Labels of the first k operands' product that something later needs. */
static IntList kept_labels(OnnxExpand *x, const Equation *q, const IntList *a, const IntList *b,
                           uint32_t from) {
    int64_t *at = ARENA_ARRAY(x->arena, int64_t, a->n + b->n);
    IntList out = {0, at};
    for (uint32_t i = 0; i < a->n + b->n; i++) {
        int64_t label = i < a->n ? a->at[i] : b->at[i - a->n];
        if (needed(q, from, label) && !has(&out, label)) at[out.n++] = label;
    }
    return out;
}

bool onnx_expand_einsum(OnnxExpand *x) {
    Equation q = {.n = 0};
    int64_t dims[TENSOR_MAX_RANK], size[LETTERS] = {0};
    if (!equation(x, onnx_string(x, "equation", ""), &q)) return false;
    for (uint32_t k = 0; k < q.n; k++) {
        const OnnxValue *v = onnx_in(x, k);
        if (!v || v->rank != q.in[k].n)
            return onnx_refuse(x, "term %u of its equation does not fit its input", k);
        for (uint32_t d = 0; d < v->rank; d++) {
            int64_t *s = &size[q.in[k].at[d]];
            if (*s && *s != v->dims[d])
                return onnx_refuse(x, "sizes %lld and %lld have one letter", (long long)*s,
                                   (long long)v->dims[d]);
            *s = v->dims[d];
        }
    }
    TypeKind kind = onnx_elem(onnx_in(x, 0));
    IntList la = q.in[0];
    const Node *y = la.n ? onnx_whole(x, onnx_in(x, 0)) : onnx_in(x, 0)->node;
    if (la.n == 0) la = (IntList){1, (const int64_t[]){LETTERS}};
    for (uint32_t k = 1; k < q.n || k == 1; k++) { /* alone: times 1 */
        const Node *b = k < q.n ? onnx_whole(x, onnx_in(x, k)) : onnx_number(x, y, 1);
        IntList lb = k < q.n && q.in[k].n ? q.in[k] : (IntList){1, (const int64_t[]){LETTERS}};
        if (k >= q.n) b = onnx_make(x, OP_STACK, &(AttrAxis){0}, 1, &b);
        IntList out = k + 1 >= q.n ? q.out : kept_labels(x, &q, &la, &lb, k + 1);
        if (out.n > TENSOR_MAX_RANK)
            return onnx_missing(x, "more than %d dimensions between are not supported", TENSOR_MAX_RANK);
        AttrContract c = {la, lb, out};
        y = onnx_make(x, OP_CONTRACT, &c, 2, (const Node *const[]){y, b});
        la = out;
    }
    for (uint32_t d = 0; d < q.out.n; d++) dims[d] = size[q.out.at[d]];
    y = onnx_reshape(x, y, q.out.n ? q.out.n : 1, q.out.n ? dims : (int64_t[]){1});
    return onnx_yield(x, 0, onnx_cast(x, y, kind), q.out.n, dims);
}
