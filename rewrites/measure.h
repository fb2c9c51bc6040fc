/* The measure that every non-canonical rule lowers: an estimate of the work of a plan, the termination proof of the
 * engine and the gain that EXPLAIN shows.  Units: a scalar operation.
 *   Relations: rows (estimated from statistics) times the cost of the expressions on them, plus rows times columns moved.
 *   Expressions: the law of cost for one row, counted once for shared nodes; what has no column is counted as if it ran
 *   on a thousandth of a row, for it runs once a statement.
 */
#ifndef DQL_REWRITES_MEASURE_H
#define DQL_REWRITES_MEASURE_H
#include "rewrites/rule.h"

double rw_measure(const Rw *rw, const Node *n);
double rw_cost(const Node *expr);                                      /* of one row */
double rw_rows(const Rw *rw, const Node *rel);                         /* estimated rows */
double rw_selectivity(const Rw *rw, const Node *rel, const Node *p);   /* share of the rows of rel on which p is true, 0..1 */
/* The scan and its column that column i of rel is, unchanged; false if it is computed. */
bool rw_scan_column(const Node *rel, int64_t i, const Node **scan, int64_t *column);
bool rw_column_stats(const Rw *rw, const Node *rel, int64_t i, ColumnStats *out);
double rw_distinct(const Rw *rw, const Node *rel, const Node *expr);   /* estimated distinct values of expr over rel */
#endif
