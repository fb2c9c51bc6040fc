/* VEC(T) is a growable array by value: struct { T *at; size_t n, cap; }.  Zero-initialised is empty.  Storage is
 * malloc'd; vec_free releases it.  `VEC(T) v = {0}; *vec_push(&v) = x; for (size_t i = 0; i < v.n; i++) use(v.at[i]);`
 */
#ifndef DQL_BASE_VEC_H
#define DQL_BASE_VEC_H
#include <stddef.h>
#include <stdlib.h>

#define VEC(T)                                                                                                         \
    struct {                                                                                                           \
        T *at;                                                                                                         \
        size_t n, cap;                                                                                                 \
    }

/* Grows to hold at least `need` elements and returns the (possibly moved) storage; out of memory as arena_alloc. */
void *vec_grow(void *at, size_t *cap, size_t need, size_t elem_size);

#define vec_reserve(v, need)                                                                                           \
    ((v)->cap >= (size_t)(need) ? (void)0                                                                              \
                                : (void)((v)->at = vec_grow((v)->at, &(v)->cap, (size_t)(need), sizeof *(v)->at)))
#define vec_push(v) (vec_reserve((v), (v)->n + 1), &(v)->at[(v)->n++])
#define vec_pop(v) ((v)->at[--(v)->n])
#define vec_last(v) ((v)->at[(v)->n - 1])
#define vec_free(v) (free((v)->at), (v)->at = NULL, (v)->n = (v)->cap = 0)
#endif
