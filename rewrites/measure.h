/* The measure that every non-canonical rule lowers: an estimate of the work of a plan, the termination proof of the engine. */
#ifndef DQL_REWRITES_MEASURE_H
#define DQL_REWRITES_MEASURE_H
#include "rewrites/rule.h"

/* Relations: rows (estimated from statistics) times the cost of the expressions on them, plus rows times columns moved.
 * Expressions: cost of the ops (ir/cost.h), counted once for shared nodes. */
double rw_measure(const Rw *rw, const Node *n);
double rw_rows(const Rw *rw, const Node *rel); /* estimated rows */
#endif
