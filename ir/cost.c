/* Cost of one evaluation: floating or integer operations, and bytes read and written.  A rough, monotone
 * measure: it ranks alternatives of one plan and does not predict seconds. */
#include "ir/laws.h"
#include "ir/tensor_build.h"
#include "ir/text.h"
#include <math.h>

enum { ASSUMED_DIM = 64, FUNCTION_FLOPS = 20, TEXT_BYTES = 16 }; /* a `*`, exp and the like, a short text */

static double elems(const Type *t) {
    double k = 1;
    for (uint32_t d = 0; d < ir_rank(t); d++) k *= t->dims[d] == DIM_ANY ? ASSUMED_DIM : (double)t->dims[d];
    return k;
}

static double value_bytes(const Type *t) {
    int one = t->kind == TY_REL ? 0 : type_bytes(ir_elem(t));
    return elems(t) * (one ? one : TEXT_BYTES);
}

static double row_bytes(const Type *rel) {
    double b = 0;
    for (uint32_t i = 0; i < rel->n; i++) b += value_bytes(rel->fields[i]);
    return b;
}

static double bytes_in(const Node *n) {
    double b = value_bytes(n->type);
    for (uint32_t i = 0; i < n->n; i++) b += value_bytes(n->in[i]->type);
    return b;
}

static bool is_function(Op op) { return op >= OP_EXP && op <= OP_ATAN2; }

Cost law_cost_free(const Node *n, double rows) { return (void)n, (void)rows, (Cost){0, 0}; }

Cost law_cost_pointwise(const Node *n, double rows) {
    double ops = is_function(n->op) ? FUNCTION_FLOPS : n->n > 2 ? n->n - 1 : 1;
    return (void)rows, (Cost){elems(n->type) * ops, bytes_in(n)};
}

Cost law_cost_move(const Node *n, double rows) { return (void)rows, (Cost){0, 2 * value_bytes(n->type)}; }
Cost law_cost_text(const Node *n, double rows) { return (void)rows, (Cost){2.0 * TEXT_BYTES, bytes_in(n)}; }

static double log2_of(double rows) {
    double k = 1;
    for (; rows > 2; rows /= 2) k++;
    return k;
}

/* n log n comparisons of each line */
Cost law_cost_sort_axis(const Node *n, double rows) {
    int64_t size = n->type->dims[ATTR_OF(n, Order)->axis];
    return (void)rows, (Cost){elems(n->type) * 2 * log2_of(size > 0 ? (double)size : 1), bytes_in(n)};
}

Cost law_cost_reduce(const Node *n, double rows) {
    double passes = n->op == OP_SOFTMAX || n->op == OP_LOG_SOFTMAX ? FUNCTION_FLOPS + 3 : 1;
    return (void)rows, (Cost){elems(n->in[0]->type) * passes, bytes_in(n)};
}

/* Every label once: two operations for each combination of indexes. */
Cost law_cost_contract(const Node *n, double rows) {
    const AttrContract *a = ATTR_OF(n, Contract);
    uint64_t seen = 0;
    double combinations = 1;
    (void)rows;
    for (int side = 0; side < 2; side++) {
        const IntList *l = side ? &a->b : &a->a;
        for (uint32_t d = 0; d < l->n; d++) {
            int64_t size = n->in[side]->type->dims[d];
            if (!(seen >> l->at[d] & 1)) combinations *= size == DIM_ANY ? ASSUMED_DIM : (double)size;
            seen |= (uint64_t)1 << l->at[d];
        }
    }
    return (Cost){2 * combinations, bytes_in(n)};
}

/* Products of transformed tiles, which cannot be faster than their filters are read from beyond the caches (about 20 tiles' worth),
 * and the transforms of either side's channels, which run at a third of the rate of products. */
static Cost winograd_cost(const Node *n, double bytes) {
    enum { TRANSFORM = 14, LEAST_TILES = 20 };
    const Type *y = n->type, *w = n->in[1]->type;
    double m = (double)ATTR_OF(n, Conv)->winograd, a = m + 2, pairs = (double)(w->dims[0] * w->dims[1]);
    double tiles = ceil((double)y->dims[1] / m) * ceil((double)y->dims[2] / m);
    double products = 2 * fmax(tiles, LEAST_TILES) * a * a * pairs;
    return (Cost){products + TRANSFORM * a * a * tiles * (double)(w->dims[0] + w->dims[1]), bytes};
}

/* Each output adds up one filter: w without its first dimension. */
Cost law_cost_conv(const Node *n, double rows) {
    if (ATTR_OF(n, Conv)->winograd) return (void)rows, winograd_cost(n, bytes_in(n));
    const Type *w = n->in[1]->type;
    double filters = w->dims[0] == DIM_ANY ? ASSUMED_DIM : (double)w->dims[0];
    return (void)rows, (Cost){2 * elems(n->type) * elems(w) / filters, bytes_in(n)};
}

Cost law_cost_pool(const Node *n, double rows) {
    double window = 1;
    for (uint32_t i = 0; i < ATTR_OF(n, Pool)->kernel.n; i++)
        window *= (double)ATTR_OF(n, Pool)->kernel.at[i];
    return (void)rows, (Cost){elems(n->type) * window, bytes_in(n)};
}

Cost law_cost_aggregate_fn(const Node *n, double rows) {
    return (void)rows, (Cost){1, 2 * value_bytes(n->type)};
}

/* ---- relations: `rows` rows in ---- */

static Cost times(Cost c, double k) { return (Cost){c.flops * k, c.bytes * k}; }
static Cost plus(Cost a, Cost b) { return (Cost){a.flops + b.flops, a.bytes + b.bytes}; }

static Cost expressions(const Node *n, double rows) {
    Cost c = {0, 0};
    for (uint32_t i = 0; i < n->n; i++)
        if (n->in[i]->type->kind != TY_REL) c = plus(c, ir_cost_expr(n->in[i]));
    return times(c, rows);
}

Cost law_cost_scan(const Node *n, double rows) { return (Cost){0, rows * row_bytes(n->type)}; }
Cost law_cost_rows(const Node *n, double rows) { return (Cost){0, rows * row_bytes(n->type)}; }
Cost law_cost_rowwise(const Node *n, double rows) { return expressions(n, rows); }

/* Build and probe: a hash, a lookup that misses the cache, the condition. */
Cost law_cost_join(const Node *n, double rows) {
    return plus(expressions(n, rows), (Cost){10 * rows, rows * (64 + row_bytes(n->type))});
}

Cost law_cost_aggregate(const Node *n, double rows) {
    return plus(expressions(n, rows), (Cost){10 * rows, rows * (64 + row_bytes(n->type))});
}

Cost law_cost_sort(const Node *n, double rows) {
    double compares = rows * log2_of(rows);
    return plus(expressions(n, rows), (Cost){2 * compares, 16 * compares + 2 * rows * row_bytes(n->type)});
}

Cost ir_cost(const Node *n, double rows) { return op_laws[n->op].cost(n, rows); }

/* Values only: an expression holds no relation. */
Cost ir_cost_expr(const Node *expr) {
    Arena *a = arena_new();
    const Node *const *all;
    Cost c = {0, 0};
    for (size_t i = 0, n = ir_reachable(a, expr, &all); i < n; i++) c = plus(c, ir_cost(all[i], 1));
    arena_free(a);
    return c;
}
