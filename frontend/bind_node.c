/* Checked construction: what the user wrote may not type, so the law is asked before the node is made. */
#include "frontend/scope.h"

const Node *bind_make(Binder *b, Span at, Op op, const void *attr, uint32_t n, const Node *const *in) {
    const char *why = NULL;
    if (!ir_check(b->ir, op, attr, n, in, &why)) {
        diag_error(b->diags, E_TYPE_MISMATCH, at, why);
        return NULL;
    }
    const Node *node = ir_node(b->ir, op, attr, n, in);
    ir_set_origin(b->ir, node, (Origin){at, NULL});
    return node;
}

const Node *bind_make1(Binder *b, Span at, Op op, const Node *x) { return bind_make(b, at, op, NULL, 1, &x); }

const Node *bind_make2(Binder *b, Span at, Op op, const Node *x, const Node *y) {
    return bind_make(b, at, op, NULL, 2, (const Node *const[]){x, y});
}
