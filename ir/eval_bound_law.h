/* The rules of ir/eval_bound.h, for the files that hold them.  A bound is a Value: one DOUBLE for all
 * elements, or a tensor of DOUBLE with one for each. */
#ifndef DQL_IR_EVAL_BOUND_LAW_H
#define DQL_IR_EVAL_BOUND_LAW_H
#include "ir/eval_map.h"

typedef struct Bounds {
    Eval e;
    Value *memo; /* by node id, for the row */
    bool *known;
} Bounds;

typedef struct Bounded {
    Value v, bound;
} Bounded;

/* From the inputs (all evaluated) and the node's value to its bound. */
typedef bool (*BoundRule)(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound);
/* NULL: 0 if the bounds of all inputs are 0, else infinity. */
extern const BoundRule bound_tensor_rules[OP_COUNT_];
/* One element: inputs x with bounds e, result r, unit roundoff u of its type. */
typedef double (*BoundElement)(const Node *n, const double *x, const double *e, double r, double u);
extern const BoundElement bound_element_rules[OP_COUNT_];

Value bound_all(Bounds *b, double bound); /* one for all elements */
bool bound_exact(const Value *bound);
double bound_at(const Value *bound, int64_t i);
double bound_unit(const Type *t); /* unit roundoff of a float type or a tensor's elements, 0 of others */
double bound_number(const Value *v,
                    int64_t i); /* element i, or the scalar, as double; 0 for what is no number */
const Type *bound_type(Bounds *b, const Type *t); /* the same shape of DOUBLE */
#endif
