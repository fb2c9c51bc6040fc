/* Moves of elements as expressions of the algebra: whoever imports or binds one of these gets slices,
 * concatenations, gathers and scatters, which every law and execution knows.  Shapes must be known.
 * Dimensions count from 0; subscripts inside index tensors below 0 count from the end, as in NumPy. */
#ifndef DQL_IR_TENSOR_MOVE_H
#define DQL_IR_TENSOR_MOVE_H
#include "ir/node.h"

/* Constant tensors: of BIGINT from `at`; start, start + step, .. of elem (an integer or float type) */
const Node *ir_tensor_i64(Ir *ir, uint32_t rank, const int64_t *dims, const int64_t *at);
const Node *ir_range(Ir *ir, const Type *elem, int64_t n, double start, double step);
/* TRUE where column - row >= k (upper) or <= k (lower) */
const Node *ir_triangle(Ir *ir, int64_t rows, int64_t columns, int64_t k, bool upper);

/* Elements at[0 .. n) of a dimension, which becomes n long; a slice where they ascend evenly. */
const Node *ir_take(Ir *ir, const Node *x, uint32_t axis, int64_t n, const int64_t *at);
/* from, from + step, .. before `to`; step may be negative, `to` then as low as -1: [from, .., to) downwards
 */
const Node *ir_steps(Ir *ir, const Node *x, uint32_t axis, int64_t from, int64_t to, int64_t step);
const Node *ir_part(Ir *ir, const Node *x, int64_t i); /* x[i]: a scalar of a vector */
const Node *ir_flip(Ir *ir, const Node *x, uint32_t axis);
const Node *ir_roll(Ir *ir, const Node *x, uint32_t axis, int64_t shift); /* towards higher subscripts */
/* x broadcast to the shape, which x's own must fit as NumPy's broadcasting says */
const Node *ir_broadcast(Ir *ir, const Node *x, uint32_t rank, const int64_t *dims);
const Node *ir_tile(Ir *ir, const Node *x, const int64_t *times); /* the whole dimension, repeated */
const Node *ir_unsqueeze(Ir *ir, const Node *x, uint32_t axis);   /* a new dimension of size 1 */
const Node *ir_permute(Ir *ir, const Node *x, const int64_t *order);

typedef enum PadMode { PAD_CONSTANT, PAD_REFLECT, PAD_EDGE, PAD_WRAP } PadMode;
/* before and after per dimension; negative: cut away.  value: a scalar, for PAD_CONSTANT. NULL: reflect or
 * wrap of too little. */
const Node *ir_pad(Ir *ir, const Node *x, const int64_t *before, const int64_t *after, PadMode mode,
                   const Node *value);

/* index and result have one shape, which fits x's but at `axis`: out[i, j, k] = x[i, index[i, j, k], k] (axis
 * 1) */
const Node *ir_gather_elements(Ir *ir, const Node *x, uint32_t axis, const Node *index);
const Node *ir_scatter_elements(Ir *ir, const Node *x, uint32_t axis, const Node *index, const Node *updates,
                                int64_t kind);
/* index (batch.., n.., k): k subscripts of x (batch.., d1.. dk, rest..); result (batch.., n.., rest..) */
const Node *ir_gather_nd(Ir *ir, const Node *x, uint32_t batch, const Node *index);
const Node *ir_scatter_nd(Ir *ir, const Node *x, const Node *index, const Node *updates, int64_t kind);
/* 1 at the subscript that index says, else 0, along a new dimension `axis` of size depth; none for subscripts
 * out of range */
const Node *ir_onehot(Ir *ir, const Node *index, int64_t depth, uint32_t axis, const Type *elem);
#endif
