#include "rewrites/measure.h"
#include "ir/laws.h"
#include "rewrites/terms.h"
#include <math.h>

static const double BYTE = 0.1; /* beside a flop: values of one row mostly stay in registers and L1 */

static double op_cost(const Node *n) {
    Cost c = ir_cost(n, 1);
    return c.flops + BYTE * c.bytes;
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

/* Conjuncts one by one, each on the rows that those before it left. */
static double test_cost(PtrMap *seen, const Rw *rw, const Node *filter) {
    Terms t = rw_conjuncts(rw->ir, filter->in[1]);
    double cost = 0, share = 1;
    for (uint32_t i = 0; i < t.n; i++) {
        cost += share * walk(seen, t.at[i]);
        share *= rw_selectivity(rw, filter->in[0], t.at[i]);
    }
    return cost;
}

/* All expressions of a relation op together, for one row, so that what they share counts once. */
static double own_cost(const Rw *rw, const Node *rel) {
    PtrMap seen = {0};
    double cost = 0;
    if (rel->op == OP_FILTER) cost = test_cost(&seen, rw, rel);
    for (uint32_t i = 0; i < rel->n && rel->op != OP_FILTER; i++)
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
    case OP_SORT: return sort_cost(rows) + rel->n;
    case OP_TOPN: return rows * 2;
    case OP_AGGREGATE: return rows * (4 + 2.0 * (double)ATTR_OF(rel, Aggregate)->keys);
    case OP_JOIN:
        return rows * 4 + rw_rows(rw, rel->in[1]) * 8 +
               (ATTR_OF(rel, Join)->kind == JOIN_LEFT ? rows + 1 : 0);
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
    double cost = 1 + handling(rw, rel) + driven_rows(rw, rel) * own_cost(rw, rel) +
                  rw_rows(rw, rel) * rel->type->n * 0.25;
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
