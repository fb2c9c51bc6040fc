/* The type that two types widen to: one rule a class of types, see type.h. */
#include "base/memory.h"
#include "base/type.h"
#include <stdlib.h>

static bool is_signed(TypeKind k) { return k >= TY_I8 && k <= TY_I64; }
static TypeKind wider(TypeKind a, TypeKind b) { return a > b ? a : b; } /* of two kinds of one sign */

/* A signed and an unsigned integer meet in the signed one that holds both; none holds UBIGINT. */
static TypeKind mixed_integer(TypeKind s, TypeKind u) {
    if (u == TY_U64) return TY_NULL;
    TypeKind holds_u = (TypeKind)(TY_I16 + (u - TY_U8));
    return wider(s, holds_u);
}

static TypeKind common_integer(TypeKind a, TypeKind b) {
    if (is_signed(a) == is_signed(b)) return wider(a, b);
    return is_signed(a) ? mixed_integer(a, b) : mixed_integer(b, a);
}

/* FLOAT16 and BFLOAT16 hold different numbers: FLOAT32 holds both. */
static TypeKind common_float(TypeKind a, TypeKind b) {
    if (a == b) return a;
    return wider(wider(a, b), TY_F32);
}

static int integer_digits(TypeKind k) {
    static const uint8_t digits[TY_COUNT] = {[TY_I8] = 3, [TY_I16] = 5, [TY_I32] = 10, [TY_I64] = 19,
                                             [TY_U8] = 3, [TY_U16] = 5, [TY_U32] = 10, [TY_U64] = 20};
    return digits[k];
}

static int whole_digits(const Type *t) {
    return t->kind == TY_DECIMAL ? t->precision - t->scale : integer_digits(t->kind);
}

/* All digits of both; beyond 38 the scale stays and a value that is too large fails when it is cast. */
static const Type *common_decimal(TypePool *p, const Type *a, const Type *b) {
    int whole = whole_digits(a) > whole_digits(b) ? whole_digits(a) : whole_digits(b);
    int scale = a->scale > b->scale ? a->scale : b->scale;
    int precision = whole + scale < DECIMAL_MAX_DIGITS ? whole + scale : DECIMAL_MAX_DIGITS;
    return type_decimal(p, precision, scale);
}

static const Type *common_numeric(TypePool *p, const Type *a, const Type *b) {
    if (type_is_float(a) && type_is_float(b)) return type_get(p, common_float(a->kind, b->kind));
    if (type_is_float(a) || type_is_float(b)) return type_get(p, TY_F64);
    if (a->kind == TY_DECIMAL || b->kind == TY_DECIMAL) return common_decimal(p, a, b);
    TypeKind k = common_integer(a->kind, b->kind);
    return k == TY_NULL ? common_decimal(p, a, b) : type_get(p, k);
}

/* NumPy's promotion of an integer and a float: the float if it holds the integer, else FLOAT32,
 * and FLOAT64 only where it was already there. */
static TypeKind integer_and_float(TypeKind i, TypeKind f) {
    if (f == TY_F32 || f == TY_F64) return f;
    return i == TY_I8 || i == TY_U8 ? f : TY_F32;
}

static TypeKind common_element(const Type *a, const Type *b) {
    if (a->kind == b->kind) return a->kind;
    if (a->kind == TY_BOOL && type_is_numeric(b)) return b->kind;
    if (b->kind == TY_BOOL && type_is_numeric(a)) return a->kind;
    if (type_is_integer(a) && type_is_float(b)) return integer_and_float(a->kind, b->kind);
    if (type_is_float(a) && type_is_integer(b)) return integer_and_float(b->kind, a->kind);
    if (type_is_float(a) && type_is_float(b)) return common_float(a->kind, b->kind);
    if (!type_is_integer(a) || !type_is_integer(b)) return TY_NULL;
    TypeKind k = common_integer(a->kind, b->kind);
    return k == TY_NULL ? TY_F32 : k; /* BIGINT and UBIGINT: NumPy's float64, held to FLOAT32 */
}

/* A known size widens to `*`; two sizes that differ are an error that the user should see. */
static const Type *common_tensor(TypePool *p, const Type *a, const Type *b) {
    int64_t dims[TENSOR_MAX_RANK];
    if (a->n != b->n) return NULL;
    for (uint32_t i = 0; i < a->n; i++) {
        bool any = a->dims[i] == DIM_ANY || b->dims[i] == DIM_ANY;
        if (!any && a->dims[i] != b->dims[i]) return NULL;
        dims[i] = any ? DIM_ANY : a->dims[i];
    }
    TypeKind elem = common_element(a->elem, b->elem);
    return elem == TY_NULL ? NULL : type_tensor(p, type_get(p, elem), a->n, dims);
}

/* Fields pair up by position and must be called the same. */
static bool common_fields(TypePool *p, const Type *a, const Type *b, const Type **fields) {
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->names[i] != b->names[i]) return false; /* interned in one pool */
        if (!(fields[i] = type_common(p, a->fields[i], b->fields[i]))) return false;
    }
    return true;
}

static const Type *common_struct(TypePool *p, const Type *a, const Type *b) {
    if (a->n != b->n) return NULL;
    const Type **fields = mem_alloc(a->n * sizeof(Type *));
    const Type *t = common_fields(p, a, b, fields) ? type_struct(p, a->n, a->names, fields) : NULL;
    free(fields);
    return t;
}

static const Type *common_list(TypePool *p, const Type *a, const Type *b) {
    const Type *elem = type_common(p, a->elem, b->elem);
    return elem ? type_list(p, elem) : NULL;
}

static const Type *common_not_null(TypePool *p, const Type *a, const Type *b) {
    if (type_same(a, b)) return type_nullable(a, false);
    if (a->kind == TY_NULL) return b;
    if (b->kind == TY_NULL) return a;
    if (type_is_numeric(a) && type_is_numeric(b)) return common_numeric(p, a, b);
    if (a->kind == TY_DATE && b->kind == TY_TIMESTAMP) return b;
    if (a->kind == TY_TIMESTAMP && b->kind == TY_DATE) return a;
    if (a->kind != b->kind) return NULL;
    if (a->kind == TY_TENSOR) return common_tensor(p, a, b);
    if (a->kind == TY_LIST) return common_list(p, a, b);
    if (a->kind == TY_STRUCT) return common_struct(p, a, b);
    return NULL;
}

const Type *type_common(TypePool *p, const Type *a, const Type *b) {
    if (a->kind == TY_REL || b->kind == TY_REL) return a == b ? a : NULL;
    const Type *t = common_not_null(p, a, b);
    return t ? type_nullable(t, a->nullable || b->nullable) : NULL;
}
