/* Where nodes come from: spans of the text and layers of models, beside the graph. */
#include "ir/graph.h"

void ir_set_origin(Ir *ir, const Node *node, Origin o) {
    Origin *had = ptrmap_get(&ir->origins, node);
    if (!had) {
        had = ARENA_NEW(ir->arena, Origin);
        *had = o;
        ptrmap_set(&ir->origins, node, had);
    } else if (!had->layer) {
        had->layer = o.layer;
    }
}

const Node *ir_comes_from(Ir *ir, const Node *node, const Node *old) {
    const Origin *o = ir_origin(ir, old);
    if (o) ir_set_origin(ir, node, *o);
    return node;
}

const Origin *ir_origin(const Ir *ir, const Node *node) { return ptrmap_get(&ir->origins, node); }
