/* How far another execution's result may lie from the evaluator's: a bound for each element, worst case.
 *
 * Sources of difference: a sum of n terms in another order, in the element type's precision with unit
 * roundoff u, is off by at most gamma_n = n u / (1 - n u) times the sum of the terms' absolute values.
 * Everything else is computed alike, so an elementwise operator on exact inputs is exact; on inexact ones it
 * passes the bounds on: by its slope, or for a function that increases by its values at the ends of the
 * interval.  A comparison, an argmax or a cast to an exact type is exact if the bounds cannot change it, else
 * its bound is infinity: the result is undecided, and a test that sees another prints it. DECIMAL, integers,
 * text: as above.  Choices of CASE by an undecided condition are undecided.
 */
#ifndef DQL_IR_EVAL_BOUND_H
#define DQL_IR_EVAL_BOUND_H
#include "ir/eval.h"

/* As ir_eval_scalar.  *bound is DOUBLE for a scalar, TENSOR(DOUBLE, ..) of the value's shape for a tensor; 0
 * for NULL. */
bool ir_eval_bound(EvalCtx *c, const Node *expr, const Value *row, uint32_t n, Value *value, Value *bound);
#endif
