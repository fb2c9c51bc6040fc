/* Ragged tensors: values of a type with `*`, whose sizes only each value knows.  In columns and registers they are bytes, held as
 * texts are: the sizes of all dimensions (int64), then the elements, row-major; not aligned. */
#ifndef DQL_BASE_RAGGED_H
#define DQL_BASE_RAGGED_H
#include "base/value.h"

static inline bool type_ragged(const Type *t) { return t->kind == TY_TENSOR && type_elems(t) == DIM_ANY; }

size_t ragged_bytes(const Value *v);
void ragged_write(const Value *v, void *to);
Value ragged_read(const Type *t, Str bytes, Arena *a); /* a copy in the arena */
#endif
