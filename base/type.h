/* Types of values and of relations: interned, immutable, compared by pointer within one TypePool.
 * nullable is part of the type: INTEGER and INTEGER NOT NULL are two types that differ in one bit.
 * A relation's type is TY_REL: the tuple of its columns' types.  It holds no names: columns are addressed by position.
 */
#ifndef DQL_BASE_TYPE_H
#define DQL_BASE_TYPE_H
#include "base/arena.h"
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum TypeKind {
#define TYPE(kind, text, bytes, class) kind,
#include "base/type.def"
#undef TYPE
    TY_COUNT
} TypeKind;

#define DIM_ANY (-1)    /* `*`: known only at run time */
#define TENSOR_MAX_RANK 8
#define DECIMAL_MAX_DIGITS 38

typedef struct Type Type;
struct Type {
    TypeKind kind;
    bool nullable;
    uint8_t precision, scale;  /* TY_DECIMAL: 1 <= precision <= 38, scale <= precision */
    uint32_t n;                /* TY_TENSOR: rank; TY_STRUCT, TY_REL: number of fields */
    const Type *elem;          /* TY_TENSOR, TY_LIST: element type, NOT NULL for tensors */
    const int64_t *dims;       /* TY_TENSOR: n sizes, DIM_ANY allowed */
    const Type *const *fields; /* TY_STRUCT, TY_REL */
    const char *const *names;  /* TY_STRUCT: field names (interned text of the pool) */
    const Type *twin;          /* the same type with the other nullability; NULL for TY_REL */
};

typedef struct TypePool TypePool;
TypePool *typepool_new(Arena *a); /* lives and dies with the arena */

/* All constructors return NOT NULL types; type_nullable flips the bit. */
const Type *type_get(TypePool *p, TypeKind kind); /* kinds without attributes */
const Type *type_decimal(TypePool *p, int precision, int scale);
const Type *type_tensor(TypePool *p, const Type *elem, uint32_t rank, const int64_t *dims);
const Type *type_list(TypePool *p, const Type *elem);
const Type *type_struct(TypePool *p, uint32_t n, const char *const *names, const Type *const *fields);
const Type *type_rel(TypePool *p, uint32_t n, const Type *const *fields);
const Type *type_nullable(const Type *t, bool nullable);
/* Copies a type of another pool into p. */
const Type *type_import(TypePool *p, const Type *t);

bool type_is_integer(const Type *t);  /* TINYINT .. UBIGINT */
bool type_is_float(const Type *t);    /* FLOAT16 .. DOUBLE */
bool type_is_numeric(const Type *t);  /* integers, DECIMAL, floats */
bool type_same(const Type *a, const Type *b); /* equal but for nullability */
int type_bytes(const Type *t);        /* bytes of one value in memory (type.def; DECIMAL by precision); 0 = varying */
int64_t type_elems(const Type *t);    /* elements of a tensor, DIM_ANY if a dimension is; 1 for scalars */
const char *type_kind_text(TypeKind k);

void type_print_name(Buf *b, const char *name); /* of a field: in double quotes unless it is a plain name */
/* SQL spelling: "DECIMAL(15,2)", "TENSOR(FLOAT32, 3, *, *)", "INTEGER NOT NULL" only when `with_null`. */
void type_print(Buf *b, const Type *t, bool with_null);
/* Reads what type_print wrote with its nullability (a type without NOT NULL is nullable), and the synonyms INT, REAL,
 * STRING, DOUBLE PRECISION, .. in any case.  *end is behind the type's last character; with end NULL the type must be
 * the whole text.  NULL and *end untouched on error. */
const Type *type_parse(TypePool *p, const char *s, const char **end);

/* The type both can be widened to implicitly (PostgreSQL's rules for scalars; NumPy's for tensor elements, never above
 * FLOAT32 unless one is FLOAT64), nullable if either is; NULL if there is none. */
const Type *type_common(TypePool *p, const Type *a, const Type *b);
#endif
