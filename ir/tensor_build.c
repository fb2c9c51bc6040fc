#include "ir/tensor_build.h"
#include "base/number.h"

const Node *ir_slice(Ir *ir, const Node *x, const int64_t *from, const int64_t *to) {
    int64_t step[TENSOR_MAX_RANK], drop[TENSOR_MAX_RANK];
    uint32_t n = x->type->n;
    bool all = true;
    for (uint32_t d = 0; d < n; d++) {
        step[d] = 1;
        drop[d] = 0;
        all = all && from[d] == 0 && to[d] == x->type->dims[d];
    }
    if (all) return x;
    AttrSlice a = {{n, from}, {n, to}, {n, step}, {n, drop}};
    return ir_node(ir, OP_SLICE, &a, 1, &x);
}

const Node *ir_reshape(Ir *ir, const Node *x, uint32_t rank, const int64_t *dims) {
    return ir_node(ir, OP_RESHAPE, &(AttrShape){{rank, dims}}, 1, &x);
}

const Node *ir_concat(Ir *ir, int64_t axis, uint32_t n, const Node *const *parts) {
    return n == 1 ? parts[0] : ir_node(ir, OP_CONCAT, &(AttrAxis){axis}, n, parts);
}

const Node *ir_reduce(Ir *ir, Op op, const Node *x, uint32_t n, const int64_t *dims, bool keep) {
    return ir_node(ir, op, &(AttrDims){{n, dims}, keep}, 1, &x);
}

static Value number_value(const Type *t, double v) {
    Value out = {.type = type_nullable(t, false)};
    if (t->kind == TY_F64) out.f64 = v;
    else if (type_is_float(t)) out.f32 = (float)v;
    else if (t->kind == TY_DECIMAL) out.dec = (Int128)v * decimal_pow10(t->scale);
    else out.i = (int64_t)v;
    return out;
}

const Node *ir_number(Ir *ir, const Type *t, double v) { return ir_const(ir, number_value(ir_elem(t), v)); }

static void fill(unsigned char *p, const Type *elem, int64_t n, double v) {
    Value one = number_value(elem, v);
    size_t size = (size_t)type_bytes(elem);
    uint16_t half = elem->kind == TY_F16    ? f32_to_f16(one.f32)
                    : elem->kind == TY_BF16 ? f32_to_bf16(one.f32)
                                            : 0;
    const void *bytes = size == 2 && type_is_float(elem) ? (const void *)&half : (const void *)&one.i;
    for (int64_t i = 0; i < n; i++)
        memcpy(p + (size_t)i * size, bytes, size); /* little-endian: the low bytes */
}

const Node *ir_filled(Ir *ir, const Type *t, double v) {
    if (t->kind != TY_TENSOR) return ir_number(ir, t, v);
    int64_t elems = type_elems(t);
    if (elems == DIM_ANY) return NULL;
    void *data = arena_alloc(ir_arena(ir), (size_t)elems * (size_t)type_bytes(t->elem));
    fill(data, t->elem, elems, v);
    return ir_const(ir, (Value){.type = type_nullable(t, false), .t = {data, NULL}});
}
