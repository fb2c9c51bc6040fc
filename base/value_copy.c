#include "base/value.h"

static Value copy_tensor(Arena *a, const Value *v) {
    Value c = *v;
    c.t.data = arena_copy(a, v->t.data, (size_t)(tensor_count(v) * type_bytes(v->type->elem)));
    if (v->t.shape) c.t.shape = arena_copy(a, v->t.shape, v->type->n * sizeof *v->t.shape);
    return c;
}

static Value copy_items(Arena *a, TypePool *types, const Value *v) {
    Value c = *v;
    c.list.at = ARENA_ARRAY(a, Value, v->list.n);
    for (size_t i = 0; i < v->list.n; i++) c.list.at[i] = value_copy(a, types, &v->list.at[i]);
    return c;
}

static Value copy_text(Arena *a, const Value *v) {
    Value c = *v;
    c.s.p = arena_strndup(a, v->s.n ? v->s.p : "", v->s.n);
    return c;
}

static Value copy_payload(Arena *a, TypePool *types, const Value *v) {
    if (v->null) return *v;
    if (v->type->kind == TY_TENSOR) return copy_tensor(a, v);
    if (v->type->kind == TY_LIST || v->type->kind == TY_STRUCT) return copy_items(a, types, v);
    if (v->type->kind == TY_VARCHAR || v->type->kind == TY_BLOB) return copy_text(a, v);
    return *v;
}

Value value_copy(Arena *a, TypePool *types, const Value *v) {
    Value c = copy_payload(a, types, v);
    if (types) c.type = type_import(types, v->type);
    return c;
}
