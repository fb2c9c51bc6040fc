/* Columns of expressions: which are used, and the same expression over other ones.  Shared parts are visited
 * once. */
#include "ir/graph.h"

typedef struct Walk {
    Ir *ir;
    PtrMap done; /* node -> its replacement */
    uint32_t n;
    const Node *const *exprs; /* replacement of column i, or */
    const int32_t *map;       /* its new index */
} Walk;

static const Node *replace_column(const Walk *w, const Node *col) {
    int64_t i = ATTR_OF(col, Column)->index;
    if (i >= w->n) BUG("column %lld of %u", (long long)i, w->n);
    if (w->exprs) return w->exprs[i];
    if (w->map[i] < 0) BUG("column %lld is used and has no new place", (long long)i);
    return ir_column(w->ir, (uint32_t)w->map[i], col->type);
}

static const Node *replace(Walk *w, const Node *n) {
    if (!(n->below & BELOW_COLUMN)) return n;
    const Node *found = ptrmap_get(&w->done, n);
    if (found) return found;
    const Node *to;
    if (n->op == OP_COLUMN) {
        to = replace_column(w, n);
    } else {
        const Node **in = ARENA_ARRAY(w->ir->arena, const Node *, n->n);
        for (uint32_t i = 0; i < n->n; i++) in[i] = replace(w, n->in[i]);
        to = ir_with_inputs(w->ir, n, in);
    }
    ptrmap_set(&w->done, n, (void *)to);
    return to;
}

static const Node *walk(Walk w, const Node *expr) {
    const Node *to = replace(&w, expr);
    ptrmap_free(&w.done);
    return to;
}

const Node *ir_substitute(Ir *ir, const Node *expr, uint32_t n, const Node *const *exprs) {
    return walk((Walk){.ir = ir, .n = n, .exprs = exprs}, expr);
}

const Node *ir_remap(Ir *ir, const Node *expr, uint32_t n, const int32_t *map) {
    return walk((Walk){.ir = ir, .n = n, .map = map}, expr);
}

static void mark(PtrMap *seen, const Node *expr, uint32_t n, bool *used) {
    if (!(expr->below & BELOW_COLUMN) || ptrmap_get(seen, expr)) return;
    ptrmap_set(seen, expr, (void *)expr);
    if (expr->op == OP_COLUMN) {
        int64_t i = ATTR_OF(expr, Column)->index;
        if (i >= n) BUG("column %lld of %u", (long long)i, n);
        used[i] = true;
    }
    for (uint32_t i = 0; i < expr->n; i++) mark(seen, expr->in[i], n, used);
}

void ir_columns_used(const Node *expr, uint32_t n, bool *used) {
    PtrMap seen = {0};
    mark(&seen, expr, n, used);
    ptrmap_free(&seen);
}
