/* Functions that are expressions of the algebra: whoever imports or binds one of these names gets the
 * expression, so that every law, rewrite and execution that knows the operators knows the function.
 *
 * All of them are elementwise, of scalars and tensors alike.  Integers and halves compute in FLOAT32
 * (scalars: DOUBLE), as the numeric functions do; abs-like ones (sign, clip, remainder, ..) keep the type.
 * Errors are those of the operators. */
#ifndef DQL_IR_COMPOSE_H
#define DQL_IR_COMPOSE_H
#include "ir/node.h"

enum { COMPOSE_PARAMS = 2 };
typedef struct Composition {
    const char *name;
    uint32_t n;          /* operands */
    const char *options; /* names of its parameters, separated by blanks */
    double defaults[COMPOSE_PARAMS];
    const Node *(*build)(Ir *ir, const Node *const *in, const double *p);
    const char *law; /* what it is, in words */
} Composition;
const Composition *ir_composition(const char *name); /* NULL: none of this name */

/* The expression; NULL where the operands have no such types.  p: parameters, NULL for their defaults. */
const Node *ir_compose(Ir *ir, const Composition *c, const Node *const *in, const double *p);

/* any_of, all_of, sum_square, log_sum, logsumexp, var and std (p: the correction, 1), norm (p, 2) over
 * dimensions that ascend, of a tensor of numbers (any_of, all_of: of a mask too); NULL: no such name. */
const Node *ir_compose_reduce(Ir *ir, const char *name, const Node *x, uint32_t n, const int64_t *dims,
                              bool keep, const double *p);
/* OP_CUMSUM or OP_CUMPROD; without_own: of those before; reverse: from the end */
const Node *ir_cumulate(Ir *ir, Op op, const Node *x, uint32_t axis, bool without_own, bool reverse);
/* The k largest (least), in order, and their places; k = all: sorted. */
const Node *ir_top(Ir *ir, const Node *x, uint32_t axis, int64_t k, bool largest, const Node **places);
const Node *ir_arg_last(Ir *ir, Op op, const Node *x, uint32_t axis,
                        bool keep); /* OP_ARGMAX or OP_ARGMIN: the last of equals */

/* cond ? a : b, element by element where cond is a tensor */
const Node *ir_where(Ir *ir, const Node *cond, const Node *a, const Node *b);
#endif
