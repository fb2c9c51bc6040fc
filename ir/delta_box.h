/* Boxes of deltas, shared by the delta laws: what a value is over a box after a change. */
#ifndef DQL_IR_DELTA_BOX_H
#define DQL_IR_DELTA_BOX_H
#include "ir/laws.h"
#include "ir/tensor_build.h"

bool box_known(const Node *n);             /* no `*` in the shapes of n and its inputs */
bool box_full(const Type *t, Delta *out);  /* all of it; false for `*` */
void box_empty(const Type *t, Delta *out); /* to be covered */
void box_cover(Delta *box, uint32_t d, int64_t from, int64_t to);
bool box_is_full(const Type *t, const Delta *d);
/* base after the change d, over [from, to) of each dimension */
const Node *delta_window(Ir *ir, const Node *base, const Delta *d, const int64_t *from, const int64_t *to);
/* patch - base over d's box: what a linear operator needs */
const Node *delta_change(Ir *ir, const Node *base, const Delta *d);
#endif
