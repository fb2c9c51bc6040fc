#include "ir/eval_key.h"

static void normalise(Value *v) {
    if (v->null || !type_is_float(v->type)) return;
    if (v->type->kind == TY_F64) v->f64 += 0.0; /* -0 + 0 is 0 */
    else v->f32 += 0.0f;
}

bool eval_keys(Eval *e, uint32_t n, const Node *const *exprs, Value **out) {
    Value *keys = ARENA_ARRAY(e->run->ctx->arena, Value, n);
    for (uint32_t i = 0; i < n; i++) {
        if (!eval_value(e, exprs[i], &keys[i])) return false;
        keys[i] = eval_keep(e->run->ctx->arena, &keys[i]);
        normalise(&keys[i]);
    }
    *out = keys;
    return true;
}

/* Intervals and nested values may be equal and differ in bits: they share a bucket. */
static uint64_t key_hash(const Value *v) {
    TypeKind k = v->type->kind;
    if (!v->null && (k == TY_INTERVAL || k == TY_LIST || k == TY_STRUCT || k == TY_TENSOR)) return k;
    return value_hash(v);
}

uint64_t keys_hash(uint32_t n, const Value *keys) {
    uint64_t h = n;
    for (uint32_t i = 0; i < n; i++) h = hash_mix(h, key_hash(&keys[i]));
    return hash_mix(h, h >> 32);
}

bool keys_equal(uint32_t n, const Value *a, const Value *b) {
    for (uint32_t i = 0; i < n; i++)
        if (value_cmp(&a[i], &b[i]) != 0) return false;
    return true;
}
