#include "base/vec.h"
#include "base/memory.h"
#include <stdint.h>

#ifdef DQL_HOSTILE
enum { FIRST = 1 };
#else
enum { FIRST = 8 };
#endif

void *vec_grow(void *at, size_t *cap, size_t need, size_t elem_size) {
    size_t to = *cap ? *cap : FIRST;
    while (to < need) to = to > SIZE_MAX / 2 ? need : to * 2;
    size_t bytes = 0;
    if (__builtin_mul_overflow(to, elem_size, &bytes)) bytes = SIZE_MAX;
    at = mem_realloc(at, bytes);
    *cap = to;
    return at;
}
