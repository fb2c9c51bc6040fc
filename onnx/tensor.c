/* TensorProto to elements as dql lays them out. */
#include "onnx/proto.h"

#include <string.h>

TypeKind onnx_kind(int32_t data_type) {
    static const TypeKind kinds[] = {
        [ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT] = TY_F32,    [ONNX__TENSOR_PROTO__DATA_TYPE__UINT8] = TY_U8,
        [ONNX__TENSOR_PROTO__DATA_TYPE__INT8] = TY_I8,      [ONNX__TENSOR_PROTO__DATA_TYPE__UINT16] = TY_U16,
        [ONNX__TENSOR_PROTO__DATA_TYPE__INT16] = TY_I16,    [ONNX__TENSOR_PROTO__DATA_TYPE__INT32] = TY_I32,
        [ONNX__TENSOR_PROTO__DATA_TYPE__INT64] = TY_I64,    [ONNX__TENSOR_PROTO__DATA_TYPE__BOOL] = TY_BOOL,
        [ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16] = TY_F16,  [ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE] = TY_F64,
        [ONNX__TENSOR_PROTO__DATA_TYPE__UINT32] = TY_U32,   [ONNX__TENSOR_PROTO__DATA_TYPE__UINT64] = TY_U64,
        [ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16] = TY_BF16};
    if (data_type < 0 || (size_t)data_type >= sizeof kinds / sizeof *kinds) return TY_NULL;
    return kinds[data_type]; /* TY_NULL is 0 */
}

static int element_bytes(TypeKind kind) {
    static const int bytes[TY_COUNT] = {
#define TYPE(kind, text, n, class) [kind] = n,
#include "base/type.def"
#undef TYPE
    };
    return bytes[kind];
}

int64_t onnx_tensor_bytes(const OnnxTensor *t) { return t->count * element_bytes(t->kind); }

bool onnx_is_weight(const OnnxTensor *t) {
    enum { LITERAL_MAX = 64, INTEGERS_MAX = 4096 };
    bool is_float = t->kind == TY_F16 || t->kind == TY_BF16 || t->kind == TY_F32 || t->kind == TY_F64;
    if (t->count == 0) return false;
    return t->count > (!is_float ? INTEGERS_MAX : t->literal ? LITERAL_MAX : 0);
}

/* ---- elements in fields of their type ---- */

static bool wrong_count(OnnxReader *r, const OnnxTensor *t, size_t n) {
    return onnx_fail(r, "'%s' has %zu elements, its shape needs %lld", t->name, n, (long long)t->count);
}

/* int32_data holds all narrower types, one a field. */
static void narrow(OnnxTensor *t, const int32_t *from, uint8_t *to) {
    int bytes = element_bytes(t->kind);
    for (int64_t i = 0; i < t->count; i++) {
        int32_t v = t->kind == TY_BOOL ? from[i] != 0 : from[i];
        memcpy(to + i * bytes, &v, (size_t)bytes); /* little-endian */
    }
}

static bool from_fields(OnnxReader *r, const Onnx__TensorProto *p, OnnxTensor *t) {
    const void *data = p->int32_data;
    size_t n = p->n_int32_data;
    if (t->kind == TY_F32) data = p->float_data, n = p->n_float_data;
    else if (t->kind == TY_F64) data = p->double_data, n = p->n_double_data;
    else if (t->kind == TY_I64) data = p->int64_data, n = p->n_int64_data;
    else if (t->kind == TY_U64 || t->kind == TY_U32) data = p->uint64_data, n = p->n_uint64_data;
    if (n != (size_t)t->count) return wrong_count(r, t, n);
    size_t bytes = (size_t)onnx_tensor_bytes(t);
    uint8_t *to = arena_alloc(r->arena, bytes);
    if (data == p->int32_data) narrow(t, data, to);
    else if (t->kind == TY_U32)
        for (size_t i = 0; i < n; i++) ((uint32_t *)to)[i] = (uint32_t)p->uint64_data[i];
    else if (bytes) memcpy(to, data, bytes);
    t->data = to;
    return true;
}

static bool from_bytes(OnnxReader *r, OnnxTensor *t, const uint8_t *bytes, size_t n) {
    if (n != (size_t)onnx_tensor_bytes(t))
        return onnx_fail(r, "'%s' has %zu bytes of elements, its shape needs %lld", t->name, n,
                         (long long)onnx_tensor_bytes(t));
    t->data = n == 0 || (uintptr_t)bytes % 8 == 0 ? bytes : arena_copy(r->arena, bytes, n);
    if (t->kind != TY_BOOL) return true;
    bool *truth = arena_alloc(r->arena, n); /* any byte but 0 is true */
    for (size_t i = 0; i < n; i++) truth[i] = bytes[i] != 0;
    t->data = truth;
    return true;
}

static bool shape(OnnxReader *r, const Onnx__TensorProto *p, OnnxTensor *t) {
    int64_t bytes = element_bytes(t->kind);
    if (p->n_dims > TENSOR_MAX_RANK)
        return onnx_fail(r, "'%s' has %zu dimensions, at most %d are supported", t->name, p->n_dims,
                         TENSOR_MAX_RANK);
    t->rank = (uint32_t)p->n_dims;
    t->count = 1;
    for (uint32_t i = 0; i < t->rank; i++) {
        t->dims[i] = p->dims[i];
        if (t->dims[i] < 0)
            return onnx_fail(r, "'%s' has a dimension of size %lld", t->name, (long long)t->dims[i]);
        if (t->dims[i] > INT32_MAX)
            return onnx_fail(r, "'%s' has a dimension of size %lld", t->name, (long long)t->dims[i]);
        if (__builtin_mul_overflow(t->count, t->dims[i], &t->count)) t->count = INT64_MAX;
    }
    if (__builtin_mul_overflow(bytes, t->count, &bytes) || bytes > INT64_MAX / 2)
        return onnx_fail(r, "'%s' has more elements than a machine holds", t->name);
    return true;
}

bool onnx_tensor(OnnxReader *r, const Onnx__TensorProto *p, const char *name, OnnxTensor *t) {
    *t = (OnnxTensor){.name = name, .kind = onnx_kind(p->data_type)};
    if (t->kind == TY_NULL)
        return onnx_fail(r, "'%s' has elements of data type %d, which is not supported yet", name,
                         p->data_type);
    if (p->segment) return onnx_fail(r, "'%s' is a segment of a tensor, which is not supported", name);
    if (!shape(r, p, t)) return false;
    if (p->has_data_location && p->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
        const uint8_t *bytes = onnx_external(r, p, name, onnx_tensor_bytes(t));
        return bytes && from_bytes(r, t, bytes, (size_t)onnx_tensor_bytes(t));
    }
    return p->has_raw_data ? from_bytes(r, t, p->raw_data.data, p->raw_data.len) : from_fields(r, p, t);
}
