#include "rewrites/measure.h"
#include <math.h>

/* ---- one op on one row ---- */

static double elems(const Type *t) {
    enum { UNKNOWN_DIM = 256 };
    if (t->kind != TY_TENSOR) return 1;
    double n = 1;
    for (uint32_t i = 0; i < t->n; i++) n *= t->dims[i] == DIM_ANY ? UNKNOWN_DIM : (double)t->dims[i];
    return n;
}

/* Multiply-adds: elements of the result times the size of the labels that are summed over. */
static double contract_cost(const Node *n) {
    const AttrContract *k = ATTR_OF(n, Contract);
    double size[2 * TENSOR_MAX_RANK], all = 1;
    for (int l = 0; l < 2 * TENSOR_MAX_RANK; l++) size[l] = 1;
    for (int side = 0; side < 2; side++) {
        const IntList *labels = side ? &k->b : &k->a;
        for (uint32_t d = 0; d < labels->n; d++)
            size[labels->at[d]] = n->in[side]->type->dims[d] == DIM_ANY ? 256 : (double)n->in[side]->type->dims[d];
    }
    for (int l = 0; l < 2 * TENSOR_MAX_RANK; l++) all *= size[l];
    return all;
}

/* Of scalar functions: additions that take as long. Text costs by its unknown length. */
static double pointwise_cost(Op op) {
    switch ((int)op) {
    case OP_DIV:
    case OP_MOD:
    case OP_SQRT: return 4;
    case OP_EXP:
    case OP_LOG:
    case OP_TANH:
    case OP_SIGMOID:
    case OP_ERF:
    case OP_SIN:
    case OP_COS: return 16;
    case OP_POW: return 40;
    case OP_LIKE:
    case OP_TEXT_CONCAT:
    case OP_UPPER:
    case OP_LOWER:
    case OP_SUBSTRING: return 20;
    }
    return 1;
}

static double window(const IntList *kernel) {
    double n = 1;
    for (uint32_t i = 0; i < kernel->n; i++) n *= (double)kernel->at[i];
    return n;
}

static double op_cost(const Node *n) {
    switch ((int)n->op) {
    case OP_COLUMN:
    case OP_CONST:
    case OP_PARAM:
    case OP_WEIGHT: return 0;
    case OP_RESHAPE: return 0.125;
    case OP_IN: return n->n - 1;
    case OP_SUM:
    case OP_MEAN:
    case OP_MAX:
    case OP_MIN:
    case OP_ARGMAX: return elems(n->in[0]->type);
    case OP_SOFTMAX:
    case OP_LOG_SOFTMAX: return 24 * elems(n->type);
    case OP_BATCH_NORM: return 8 * elems(n->type);
    case OP_CONTRACT: return contract_cost(n);
    case OP_CONV: return elems(n->type) * elems(n->in[1]->type) / fmax(elems(n->in[1]->type) > 0 ? (double)n->in[1]->type->dims[0] : 1, 1);
    case OP_MAX_POOL:
    case OP_AVG_POOL: return elems(n->type) * window(&ATTR_OF(n, Pool)->kernel);
    }
    return pointwise_cost(n->op) * elems(n->type);
}

/* ---- expressions ---- */

static const double ONCE = 1e-3; /* share of a row's cost of what runs once a statement */

static double walk(PtrMap *seen, const Node *n) {
    if (n->type->kind == TY_REL || ptrmap_get(seen, n)) return 0;
    ptrmap_set(seen, n, (void *)n);
    double cost = n->below & BELOW_COLUMN ? op_cost(n) : op_cost(n) * ONCE;
    for (uint32_t i = 0; i < n->n; i++) cost += walk(seen, n->in[i]);
    return cost;
}

double rw_cost(const Node *expr) {
    PtrMap seen = {0};
    double cost = walk(&seen, expr);
    ptrmap_free(&seen);
    return cost;
}

/* All expressions of a relation op together, so that what they share counts once. */
static double own_cost(const Node *rel) {
    PtrMap seen = {0};
    double cost = 0;
    for (uint32_t i = 0; i < rel->n; i++)
        if (rel->in[i]->type->kind != TY_REL) cost += walk(&seen, rel->in[i]);
    ptrmap_free(&seen);
    return cost;
}

/* ---- relations ---- */

static double sort_cost(double rows) { return rows * 4 * log2(rows + 2); }

/* What an op does to its input's rows, beside its expressions and beside moving its output. */
static double handling(const Rw *rw, const Node *rel) {
    double rows = rel->n && rel->in[0]->type->kind == TY_REL ? rw_rows(rw, rel->in[0]) : 0;
    switch ((int)rel->op) {
    case OP_SORT: return sort_cost(rows);
    case OP_TOPN: return rows * 2;
    case OP_AGGREGATE: return rows * (4 + 2.0 * (double)ATTR_OF(rel, Aggregate)->keys);
    case OP_JOIN: return rows * 4 + rw_rows(rw, rel->in[1]) * 8 + (ATTR_OF(rel, Join)->kind == JOIN_LEFT ? rows : 0);
    }
    return rows;
}

static double driven_rows(const Rw *rw, const Node *rel) {
    if (rel->op == OP_VALUES || !rel->n) return rw_rows(rw, rel);
    if (rel->op != OP_JOIN) return rw_rows(rw, rel->in[0]);
    return fmax(rw_rows(rw, rel), rw_rows(rw, rel->in[0]) + rw_rows(rw, rel->in[1]));
}

static double relation_cost(PtrMap *seen, const Rw *rw, const Node *rel) {
    if (rel->type->kind != TY_REL || ptrmap_get(seen, rel)) return 0;
    ptrmap_set(seen, rel, (void *)rel);
    double cost = 1 + handling(rw, rel) + driven_rows(rw, rel) * own_cost(rel) + rw_rows(rw, rel) * rel->type->n * 0.25;
    for (uint32_t i = 0; i < rel->n; i++) cost += relation_cost(seen, rw, rel->in[i]);
    return cost;
}

static double count(PtrMap *seen, const Node *n) {
    if (ptrmap_get(seen, n)) return 0;
    ptrmap_set(seen, n, (void *)n);
    double all = 1;
    for (uint32_t i = 0; i < n->n; i++) all += count(seen, n->in[i]);
    return all;
}

/* Size decides between plans of equal cost. */
double rw_measure(const Rw *rw, const Node *n) {
    PtrMap seen = {0}, all = {0};
    double cost = n->type->kind == TY_REL ? relation_cost(&seen, rw, n) : walk(&seen, n);
    cost += 1e-6 * count(&all, n);
    ptrmap_free(&seen);
    ptrmap_free(&all);
    return cost;
}
