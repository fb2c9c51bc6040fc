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

void bind_origin(Binder *b, const Node *n, Span at) {
    if (ir_is_const(n) || n->op == OP_COLUMN || ir_origin(b->ir, n)) return;
    ir_set_origin(b->ir, n, (Origin){at, NULL});
    for (uint32_t i = 0; i < n->n; i++) bind_origin(b, n->in[i], at);
}

/* ---- columns ---- */

typedef struct Mapping {
    Binder *b;
    ColumnFn fn;
    void *ctx;
    PtrMap done;
} Mapping;

static const Node *map_node(Mapping *m, const Node *x);

static const Node *map_inputs(Mapping *m, const Node *x) {
    const Node **in = ARENA_ARRAY(m->b->arena, const Node *, x->n);
    for (uint32_t i = 0; i < x->n; i++)
        if (!(in[i] = map_node(m, x->in[i]))) return NULL;
    return ir_with_inputs(m->b->ir, x, in);
}

static const Node *map_node(Mapping *m, const Node *x) {
    if (!(x->below & BELOW_COLUMN)) return x;
    const Node *y = ptrmap_get(&m->done, x);
    if (y) return y;
    y = x->op == OP_COLUMN ? m->fn(m->ctx, x) : map_inputs(m, x);
    if (y) ptrmap_set(&m->done, x, (void *)y);
    return y;
}

const Node *map_columns(Binder *b, const Node *x, ColumnFn fn, void *ctx) {
    Mapping m = {.b = b, .fn = fn, .ctx = ctx};
    const Node *y = map_node(&m, x);
    ptrmap_free(&m.done);
    return y;
}
