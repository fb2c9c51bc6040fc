/* Tensors made of nothing but shapes and numbers that are known. */
#include "onnx/expand.h"

#include <string.h>

/* A constant of one number everywhere. */
static const Node *filled(OnnxExpand *x, TypeKind kind, uint32_t rank, const int64_t *dims, double v) {
    OnnxValue shape = {.rank = rank};
    memcpy(shape.dims, dims, rank * sizeof *dims);
    if (onnx_count(&shape) > ONNX_MADE_MAX)
        return onnx_refuse(x, "it yields %lld elements", (long long)onnx_count(&shape)), NULL;
    return onnx_filled(
        x, type_tensor(x->types, type_get(x->types, kind), rank ? rank : 1, rank ? dims : (int64_t[]){1}), v);
}

bool onnx_expand_constant_of_shape(OnnxExpand *x) {
    const OnnxAttr *value = onnx_attr(x, "value", ONNX_TENSOR);
    IntList shape;
    if (!onnx_constant_ints(x, onnx_in(x, 0), "its shape", &shape)) return false;
    if (shape.n > TENSOR_MAX_RANK)
        return onnx_missing(x, "more than %d dimensions are not supported", TENSOR_MAX_RANK);
    for (uint32_t d = 0; d < shape.n; d++)
        if (shape.at[d] < 0) return onnx_refuse(x, "its shape has size %lld", (long long)shape.at[d]);
    double v = 0;
    if (value && value->t->count != 1) return onnx_refuse(x, "its value is no number");
    if (value) {
        Value t = {.type = onnx_weight_type(x->types, value->t), .t.data = (void *)(uintptr_t)value->t->data};
        v = tensor_get(&t, 0);
    }
    return onnx_yield(x, 0, filled(x, value ? value->t->kind : TY_F32, shape.n, shape.at, v), shape.n,
                      shape.at);
}

/* start, limit, delta: numbers */
bool onnx_expand_range(OnnxExpand *x) {
    Value v[3];
    double at[3];
    for (uint32_t i = 0; i < 3; i++) {
        if (!onnx_constant(x, onnx_in(x, i),
                           i == 0   ? "its start"
                           : i == 1 ? "its limit"
                                    : "its delta",
                           &v[i]))
            return false;
        if (tensor_count(&v[i]) != 1) return onnx_refuse(x, "it takes three numbers");
        at[i] = tensor_get(&v[i], 0);
    }
    double span = (at[1] - at[0]) / at[2];
    int64_t n = span > 0 ? (int64_t)(span < ONNX_MADE_MAX ? span : ONNX_MADE_MAX) : 0;
    if (at[2] == 0 || span != span || n == ONNX_MADE_MAX)
        return onnx_refuse(x, "it yields too many elements");
    n += (double)n < span;
    const Node *y = filled(x, v[0].type->elem->kind, 1, &n, 0);
    if (!y) return false;
    Value out = ATTR_OF(y, Const)->value;
    out.t.data = arena_copy(ir_arena(x->ir), out.t.data, (size_t)n * (size_t)type_bytes(out.type->elem));
    for (int64_t i = 0; i < n; i++) {
        Value e = tensor_elem(&v[0], 0);
        if (e.type->kind == TY_F64) e.f64 = at[0] + (double)i * at[2];
        else if (type_is_float(e.type)) e.f32 = (float)(at[0] + (double)i * at[2]);
        else e.i = (int64_t)(at[0] + (double)i * at[2]);
        tensor_set(&out, i, &e);
    }
    return onnx_yield(x, 0, ir_const(x->ir, out), 1, &n);
}

/* Ones on diagonal k of a matrix of the input's shape. */
bool onnx_expand_eye_like(OnnxExpand *x) {
    const OnnxValue *a = onnx_in(x, 0);
    int64_t k = onnx_int(x, "k", 0), dtype = onnx_int(x, "dtype", 0);
    if (!a || a->rank != 2) return onnx_refuse(x, "it takes a matrix");
    if (k > INT32_MAX || k < -INT32_MAX) k = INT32_MAX; /* beyond every corner */
    TypeKind kind = dtype == 0    ? onnx_elem(a)
                    : dtype == 1  ? TY_F32
                    : dtype == 11 ? TY_F64
                    : dtype == 6  ? TY_I32
                    : dtype == 7  ? TY_I64
                                  : TY_NULL;
    if (kind == TY_NULL) return onnx_missing(x, "data type %lld is not supported here yet", (long long)dtype);
    const Node *y = filled(x, kind, 2, a->dims, 0);
    if (!y) return false;
    Value out = ATTR_OF(y, Const)->value;
    out.t.data =
        arena_copy(ir_arena(x->ir), out.t.data, (size_t)onnx_count(a) * (size_t)type_bytes(out.type->elem));
    Value one = ATTR_OF(ir_number(x->ir, out.type, 1), Const)->value;
    for (int64_t r = 0; r < a->dims[0]; r++)
        if (r + k >= 0 && r + k < a->dims[1]) tensor_set(&out, r * a->dims[1] + r + k, &one);
    return onnx_yield(x, 0, ir_const(x->ir, out), 2, a->dims);
}
