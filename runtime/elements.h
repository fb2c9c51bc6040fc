/* Runs of raw elements (base/type.def's booleans, integers and floats, little-endian) converted between element types:
 * what loading weights needs.
 */
#ifndef DQL_RUNTIME_ELEMENTS_H
#define DQL_RUNTIME_ELEMENTS_H
#include "base/type.h"

/* n elements; `in` need not be aligned, `out` is.  Floats are rounded once; integers and booleans become floats rounded once
 * and integers where they fit; floats become no integers, numbers no booleans.  -1: done; else the index of the first
 * element that has no place in `to`. */
int64_t elements_convert(TypeKind from, const void *in, TypeKind to, void *out, int64_t n);
#endif
