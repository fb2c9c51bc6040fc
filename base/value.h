/* Value: one value of any type, with its type.  Used by literals, parameters, the evaluator and results: everywhere
 * that is not a column.  Payloads (strings, tensors, fields) are borrowed from an arena.
 */
#ifndef DQL_BASE_VALUE_H
#define DQL_BASE_VALUE_H
#include "base/hash.h"
#include "base/str.h"
#include "base/type.h"

typedef __int128 Int128;

typedef struct Interval {
    int32_t months, days;
    int64_t micros;
} Interval;

typedef struct Value Value;
struct Value {
    const Type *type; /* TY_NULL for a bare NULL */
    bool null;
    union {
        bool b;             /* TY_BOOL */
        int64_t i;          /* signed integers, DATE, TIME, TIMESTAMP */
        uint64_t u;         /* unsigned integers */
        Int128 dec;         /* TY_DECIMAL: the scaled integer */
        float f32;          /* TY_F16, TY_BF16 (widened), TY_F32 */
        double f64;         /* TY_F64 */
        Interval interval;
        Str s;              /* TY_VARCHAR, TY_BLOB */
        struct {            /* TY_TENSOR: row-major elements; dims as the type says, or shape when it has `*` */
            void *data;
            const int64_t *shape;
        } t;
        struct {            /* TY_LIST, TY_STRUCT */
            Value *at;
            size_t n;
        } list;
    };
};

Value value_null(const Type *t);
Value value_bool(TypePool *p, bool b);
Value value_i64(TypePool *p, int64_t i); /* BIGINT */
Value value_f64(TypePool *p, double f);
Value value_str(TypePool *p, Str s);
/* With all that it borrows in the arena; types NULL: the types stay, else they are taken into that pool. */
Value value_copy(Arena *a, TypePool *types, const Value *v);
/* Equality of representation: NULL equals NULL, NaN equals NaN, -0 differs from 0. Types must be the same pointer. */
bool value_same(const Value *a, const Value *b);
uint64_t value_hash(const Value *v);
/* SQL order: NULL last, NaN above all numbers, -0 equals 0, strings bytewise; <0, 0, >0. Same type but nullability. */
int value_cmp(const Value *a, const Value *b);
/* "V is out of range for INTEGER"; value NULL: of one that nobody can write down, "out of range for INTEGER" */
void value_out_of_range(Buf *b, const char *value, const char *type);
/* As dql's results print it (numbers shortest round-trip, tensors with type, shape and the first values). */
void value_print(Buf *b, const Value *v);
void value_print_whole(Buf *b, const Value *v); /* as CAST(.. AS VARCHAR): tensors with all elements in brackets */
/* As it can be read back in a .dql text: quoted strings, DATE '..', casts where a literal alone has another type. */
void value_print_literal(Buf *b, const Value *v);
int64_t tensor_dim(const Value *t, uint32_t i); /* as the value's shape says, or its type */
int64_t tensor_count(const Value *t);           /* elements */
/* One element as a value of the element type, and back. */
Value tensor_elem(const Value *t, int64_t i);
void tensor_set(Value *t, int64_t i, const Value *v);
/* Elements of tensors by index, widened: integers to double exactly up to 2^53. */
double tensor_get(const Value *t, int64_t i);
#endif
