/* Shorthands that laws and rewrites build tensor expressions with. */
#ifndef DQL_IR_TENSOR_BUILD_H
#define DQL_IR_TENSOR_BUILD_H
#include "ir/node.h"

static inline const Type *ir_elem(const Type *t) { return t->kind == TY_TENSOR ? t->elem : t; }
static inline uint32_t ir_rank(const Type *t) { return t->kind == TY_TENSOR ? t->n : 0; }

/* [from, to) of each dimension; x itself when that is all of it */
const Node *ir_slice(Ir *ir, const Node *x, const int64_t *from, const int64_t *to);
const Node *ir_reshape(Ir *ir, const Node *x, uint32_t rank, const int64_t *dims);
const Node *ir_concat(Ir *ir, int64_t axis, uint32_t n,
                      const Node *const *parts); /* the part itself when there is one */
const Node *ir_reduce(Ir *ir, Op op, const Node *x, uint32_t n, const int64_t *dims, bool keep);
/* The number v in every element of t (a number or a tensor), NOT NULL; NULL when t has a `*`. */
const Node *ir_filled(Ir *ir, const Type *t, double v);
/* A scalar literal of t's element type. */
const Node *ir_number(Ir *ir, const Type *t, double v);
#endif
