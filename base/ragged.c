#include "base/ragged.h"
#include <string.h>

static size_t sizes_bytes(const Type *t) { return t->n * sizeof(int64_t); }

size_t ragged_bytes(const Value *v) {
    return sizes_bytes(v->type) + (size_t)tensor_count(v) * (size_t)type_bytes(v->type->elem);
}

void ragged_write(const Value *v, void *to) {
    int64_t sizes[TENSOR_MAX_RANK];
    size_t head = sizes_bytes(v->type);
    for (uint32_t d = 0; d < v->type->n; d++) sizes[d] = tensor_dim(v, d);
    memcpy(to, sizes, head);
    memcpy((char *)to + head, v->t.data, ragged_bytes(v) - head);
}

Value ragged_read(const Type *t, Str bytes, Arena *a) {
    size_t head = sizes_bytes(t);
    return (Value){.type = t, .t = {.shape = arena_copy(a, bytes.p, head), .data = arena_copy(a, bytes.p + head, bytes.n - head)}};
}
