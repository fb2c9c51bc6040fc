#include "runtime/scalar.h"
#include <string.h>

size_t scalar_bytes(const Type *t) {
    switch (t->kind) {
    case TY_U64:
    case TY_DECIMAL:
    case TY_INTERVAL:
    case TY_VARCHAR:
    case TY_BLOB: return 16;
    case TY_F16:
    case TY_BF16:
    case TY_F32: return 4;
    case TY_TENSOR: return (size_t)(type_elems(t) * type_bytes(t->elem));
    case TY_NULL:
    case TY_BOOL:
    case TY_I8:
    case TY_I16:
    case TY_I32:
    case TY_I64:
    case TY_U8:
    case TY_U16:
    case TY_U32:
    case TY_F64:
    case TY_DATE:
    case TY_TIME:
    case TY_TIMESTAMP: return 8;
    case TY_LIST:
    case TY_STRUCT:
    case TY_REL:
    case TY_COUNT: return 0;
    }
    return 0;
}

bool scalar_store(void *to, const Value *v) {
    const Type *t = v->type;
    switch (t->kind) {
    case TY_BOOL: memcpy(to, &(int64_t){v->b}, 8); return true;
    case TY_I8:
    case TY_I16:
    case TY_I32:
    case TY_I64:
    case TY_U8:
    case TY_U16:
    case TY_U32:
    case TY_DATE:
    case TY_TIME:
    case TY_TIMESTAMP: memcpy(to, &v->i, 8); return true;
    case TY_U64: memcpy(to, &(Int128){v->u}, 16); return true;
    case TY_DECIMAL: memcpy(to, &v->dec, 16); return true;
    case TY_F16:
    case TY_BF16:
    case TY_F32: memcpy(to, &v->f32, 4); return true;
    case TY_F64: memcpy(to, &v->f64, 8); return true;
    case TY_INTERVAL: memcpy(to, &v->interval, sizeof v->interval); return true;
    case TY_VARCHAR:
    case TY_BLOB: memcpy(to, &(TextView){v->s.p, v->s.n}, sizeof(TextView)); return true;
    case TY_TENSOR: memcpy(to, v->t.data, scalar_bytes(t)); return true;
    case TY_NULL:
    case TY_LIST:
    case TY_STRUCT:
    case TY_REL:
    case TY_COUNT: return false;
    }
    return false;
}

Value scalar_load(const void *from, const Type *t) {
    Value v = {.type = t};
    TextView text;
    switch (t->kind) {
    case TY_BOOL: v.b = *(const int64_t *)from != 0; return v;
    case TY_I8:
    case TY_I16:
    case TY_I32:
    case TY_I64:
    case TY_U8:
    case TY_U16:
    case TY_U32:
    case TY_U64:
    case TY_DATE:
    case TY_TIME:
    case TY_TIMESTAMP: memcpy(&v.i, from, 8); return v;
    case TY_DECIMAL: memcpy(&v.dec, from, 16); return v;
    case TY_F16:
    case TY_BF16:
    case TY_F32: memcpy(&v.f32, from, 4); return v;
    case TY_F64: memcpy(&v.f64, from, 8); return v;
    case TY_INTERVAL: memcpy(&v.interval, from, sizeof v.interval); return v;
    case TY_VARCHAR:
    case TY_BLOB:
        memcpy(&text, from, sizeof text);
        v.s = (Str){text.p, text.n};
        return v;
    case TY_TENSOR: v.t.data = (void *)(uintptr_t)from; v.t.shape = t->dims; return v;
    case TY_NULL:
    case TY_LIST:
    case TY_STRUCT:
    case TY_REL:
    case TY_COUNT: v.null = true; return v;
    }
    return v;
}
