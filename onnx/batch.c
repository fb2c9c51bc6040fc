/* Which dimension of each input and output the rows of a query are. */
#include "onnx/graph.h"

#include <stdlib.h>
#include <string.h>

static int32_t find_symbol(const OnnxPort *p, const char *name) {
    for (uint32_t i = 0; p->rank != ONNX_RANK_UNKNOWN && i < p->rank; i++)
        if (p->symbols[i] && strcmp(p->symbols[i], name) == 0) return (int32_t)i;
    return -1;
}

static bool may_be_batch(const OnnxPort *p, int64_t dim) {
    return p->rank == ONNX_RANK_UNKNOWN ||
           (dim < (int64_t)p->rank && (p->dims[dim] == DIM_ANY || p->dims[dim] == 1));
}

/* The named dimension: a symbol's, or the K of "dim K". */
static bool named(OnnxPort *ports, uint32_t n, const char *name) {
    char *end;
    bool numbered = strncmp(name, "dim ", 4) == 0 && name[4] >= '0' && name[4] <= '9';
    long dim = numbered ? strtol(name + 4, &end, 10) : -1;
    bool any = false;
    if (numbered && (*end || dim >= TENSOR_MAX_RANK)) return false;
    for (uint32_t i = 0; i < n; i++) {
        ports[i].batch = find_symbol(&ports[i], name);
        if (numbered && may_be_batch(&ports[i], dim)) ports[i].batch = (int32_t)dim;
        any |= ports[i].batch >= 0;
    }
    return any;
}

static void print_dims(Buf *b, const OnnxPort *p) {
    buf_putc(b, '(');
    for (uint32_t i = 0; i < p->rank; i++) buf_printf(b, "%s%lld", i ? ", " : "", (long long)p->dims[i]);
    buf_putc(b, ')');
}

static bool first(OnnxGraph *g, Arena *a, OnnxPort *inputs, OnnxPort *outputs, const char **why) {
    Buf dims = {0};
    for (uint32_t i = 0; i < g->n_inputs; i++) {
        inputs[i].batch = 0;
        if (may_be_batch(&inputs[i], 0)) continue;
        print_dims(&dims, &inputs[i]);
        *why = arena_printf(
            a,
            "%s has no batch dimension: its input '%s' is %s. OPTIONS (batch = 'dim 1') names another "
            "dimension, batch = 'none' takes whole tensors",
            g->path, inputs[i].name, dims.p);
        buf_free(&dims);
        return false;
    }
    for (uint32_t i = 0; i < g->n_outputs; i++) outputs[i].batch = 0;
    return true;
}

bool onnx_find_batch(Arena *a, OnnxGraph *g, const char *name, const char **why) {
    OnnxPort *inputs = arena_copy(a, g->inputs, g->n_inputs * sizeof *g->inputs);
    OnnxPort *outputs = arena_copy(a, g->outputs, g->n_outputs * sizeof *g->outputs);
    g->inputs = inputs;
    g->outputs = outputs;
    if (!name) return first(g, a, inputs, outputs, why);
    if (strcmp(name, "none") == 0) return true;
    if (!named(inputs, g->n_inputs, name)) {
        *why = arena_printf(a, "%s: no input has a dimension '%s'", g->path, name);
        return false;
    }
    named(outputs, g->n_outputs, name);
    return true;
}
