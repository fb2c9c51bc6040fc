/* Losses. */
#include "onnx/gather.h"

#include <string.h>

/* All elements added: (1) */
static const Node *total(OnnxExpand *x, const Node *a) {
    if (!a) return NULL;
    a = onnx_reshape(x, a, 1, &(int64_t){type_elems(a->type)});
    return onnx_make(x, OP_SUM, &(AttrDims){{1, (const int64_t[]){0}}, true}, 1, &a);
}

/* log_p (N, C, d..)  target (N, d..)  weight (C): - log_p of the target's class, times its weight, 0 where
 * ignored */
static bool yield_loss(OnnxExpand *x, const Node *log_p, const OnnxValue *a, const OnnxValue *target,
                       const OnnxValue *weight) {
    int64_t dims[TENSOR_MAX_RANK];
    if (!log_p || target->rank + 1 != a->rank) return onnx_refuse(x, "its target does not fit its input");
    for (uint32_t d = 0; d < a->rank; d++) dims[d] = d == 1 ? 1 : target->dims[d - (d > 1)];
    const Node *t = onnx_reshape(x, onnx_cast(x, target->node, TY_I64), a->rank, dims), *counts = NULL;
    const OnnxAttr *ignore = onnx_attr(x, "ignore_index", ONNX_INT);
    if (!t) return false;
    if (ignore) {
        const Node *used = onnx_make2(x, OP_NE, t, onnx_number(x, t, (double)ignore->i));
        t = onnx_make(x, OP_WHERE, NULL, 3, (const Node *const[]){used, t, onnx_number(x, t, 0)});
        counts = onnx_cast(x, used, onnx_elem(a));
    }
    if (weight) {
        const Node *w = onnx_gather(x, onnx_whole(x, weight), 0, t);
        counts = counts ? onnx_make2(x, OP_MUL, w, counts) : w;
    }
    const Node *loss = onnx_make1(x, OP_NEG, onnx_pick(x, log_p, 1, t));
    if (counts) loss = onnx_make2(x, OP_MUL, loss, counts);
    const char *how = onnx_string(x, "reduction", "mean");
    if (strcmp(how, "none") == 0) return onnx_yield_like(x, 0, loss, target);
    loss = total(x, loss);
    if (strcmp(how, "mean") == 0) {
        const Node *n = counts ? total(x, counts)
                        : loss ? onnx_number(x, loss, (double)onnx_count(target))
                               : NULL;
        loss = onnx_make2(x, OP_DIV, loss, n);
    }
    return onnx_yield(x, 0, loss, 0, NULL);
}

bool onnx_expand_nll_loss(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *target = onnx_in(x, 1);
    if (!a || !target || a->rank < 2) return onnx_refuse(x, "it takes (N, C, ..) and a target");
    return yield_loss(x, onnx_whole(x, a), a, target, onnx_in(x, 2));
}

bool onnx_expand_softmax_loss(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0), *target = onnx_in(x, 1);
    if (!a || !target || a->rank < 2) return onnx_refuse(x, "it takes (N, C, ..) and a target");
    const Node *in = onnx_whole(x, a);
    const Node *log_p = onnx_make(x, OP_LOG_SOFTMAX, &(AttrDims){{1, (const int64_t[]){1}}, false}, 1, &in);
    return yield_loss(x, log_p, a, target, onnx_in(x, 2)) && onnx_yield_like(x, 1, log_p, a);
}
