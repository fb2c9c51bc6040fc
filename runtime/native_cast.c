/* Casts by the rules of base, one row after the other. */
#include "base/number.h"
#include "runtime/abi.h"
#include "runtime/native_cast.h"
#include "runtime/scalar.h"
#include "runtime/textheap.h"
#include <string.h>

static Type type_of_code(int64_t code) {
    return (Type){.kind = (TypeKind)(code & 0xff), .precision = (uint8_t)(code >> 8), .scale = (uint8_t)(code >> 16)};
}

/* New text moves from the arena to the scratch, where the batch can read it. */
static bool store(TextHeap *scratch, const Value *v, void *to) {
    TextView text;
    if (v->type->kind != TY_VARCHAR && v->type->kind != TY_BLOB) return scalar_store(to, v);
    if (!textheap_copy(scratch, (TextView){v->s.p, v->s.n}, &text)) return false;
    memcpy(to, &text, sizeof text);
    return true;
}

int64_t dql_rt_cast(void *const *args, int64_t n) {
    Type from = type_of_code(*(const int64_t *)args[1]), to = type_of_code(*(const int64_t *)args[2]);
    const uint8_t *valid = args[3];
    uint8_t *out_valid = args[6];
    int64_t site = *(const int64_t *)args[5], result = 0;
    size_t from_bytes = scalar_bytes(&from), to_bytes = scalar_bytes(&to);
    Arena *arena = arena_new();
    for (int64_t i = 0; i < n && result == 0; i++) {
        const char *why;
        char *at = (char *)args[4] + (size_t)i * to_bytes;
        Value out, in;
        memset(at, 0, to_bytes);
        if (out_valid) out_valid[i] = !valid || valid[i];
        if (valid && !valid[i]) continue;
        in = scalar_load((const char *)args[0] + (size_t)i * from_bytes, &from);
        if (!value_cast(arena, &in, &to, &out, &why)) {
            if (out_valid) out_valid[i] = 0;
            else result = PROGRAM_ERROR(i, site, ROW_BAD_CAST);
        } else if (!store(args[7], &out, at)) result = PROGRAM_ERROR(i, site, ROW_NO_MEMORY);
    }
    arena_free(arena);
    return result;
}

void cast_explain(void *const *args, int64_t row, Buf *value, Buf *why_out) {
    Type from = type_of_code(*(const int64_t *)args[1]), to = type_of_code(*(const int64_t *)args[2]);
    Arena *arena = arena_new();
    Value in = scalar_load((const char *)args[0] + (size_t)row * scalar_bytes(&from), &from), out;
    const char *why = "cannot be cast";
    value_print(value, &in);
    value_cast(arena, &in, &to, &out, &why);
    buf_puts(why_out, why);
    arena_free(arena);
}
