/* Contractions of any number of operands, and matrix products with broadcasting, as pairs of contract. */
#ifndef DQL_IR_CONTRACT_BUILD_H
#define DQL_IR_CONTRACT_BUILD_H
#include "ir/node.h"

/* "bij,bjk->bik", with blanks, capitals and `...`; without ->, the labels that stand once, in alphabetical
 * order.  A label that stands twice in an operand is its diagonal; dimensions of size 1 stand for any size.
 * Operands are contracted from the left. NULL and a sentence in *why. */
const Node *ir_einsum(Ir *ir, const char *equation, uint32_t n, const Node *const *in, const char **why);
/* NumPy's matmul: the last dimension of a with the last but one of b (its only one of a vector), the others
 * broadcast. */
const Node *ir_matmul(Ir *ir, const Node *a, const Node *b, const char **why);
#endif
