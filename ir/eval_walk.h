/* Walk: all index tuples of a shape in row-major order, with the places of each in two tensors. */
#ifndef DQL_IR_EVAL_WALK_H
#define DQL_IR_EVAL_WALK_H
#include "base/value.h"

enum { WALK_MAX = 2 * TENSOR_MAX_RANK };

typedef struct Walk {
    uint32_t rank;
    int64_t size[WALK_MAX], stride[WALK_MAX][2];
    int64_t at[WALK_MAX];
    int64_t place[2];
    bool done;
} Walk;

/* for (walk_begin(&w); !w.done; walk_next(&w)): once for rank 0, never for an empty shape */
static inline void walk_begin(Walk *w) {
    w->done = false;
    w->place[0] = w->place[1] = 0;
    for (uint32_t d = 0; d < w->rank; d++) {
        w->at[d] = 0;
        w->done |= w->size[d] == 0;
    }
}

static inline void walk_next(Walk *w) {
    for (uint32_t d = w->rank; d-- > 0;) {
        for (int i = 0; i < 2; i++) w->place[i] += w->stride[d][i];
        if (++w->at[d] < w->size[d]) return;
        for (int i = 0; i < 2; i++) w->place[i] -= w->size[d] * w->stride[d][i];
        w->at[d] = 0;
    }
    w->done = true;
}

static inline void walk_add(Walk *w, int64_t size, int64_t stride0, int64_t stride1) {
    w->size[w->rank] = size;
    w->stride[w->rank][0] = stride0;
    w->stride[w->rank++][1] = stride1;
}

/* Row-major strides of v's shape. */
static inline void strides_of(const Value *v, int64_t *stride) {
    int64_t next = 1;
    for (uint32_t d = v->type->n; d-- > 0;) {
        stride[d] = next;
        next *= tensor_dim(v, d);
    }
}
#endif
