/* One value in the layout of a parameter (ARG_PARAM): what constants, casts and parameters share. */
#ifndef DQL_RUNTIME_SCALAR_H
#define DQL_RUNTIME_SCALAR_H
#include "base/program.h"

size_t scalar_bytes(const Type *t); /* 8 or 16, 4 for floats of up to 32 bits; a tensor's elements */
bool scalar_store(void *to, const Value *v); /* not NULL; false: no layout for this type */
Value scalar_load(const void *from, const Type *t); /* texts and tensors borrowed */
#endif
