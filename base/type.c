#include "base/type.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"
#include <string.h>

typedef enum TypeClass {
    CLASS_NONE,
    CLASS_BOOL,
    CLASS_INT,
    CLASS_FLOAT,
    CLASS_DECIMAL,
    CLASS_TIME,
    CLASS_TEXT,
    CLASS_NESTED,
    CLASS_REL
} TypeClass;

static const struct {
    const char *text;
    uint8_t bytes, class;
} kinds[TY_COUNT] = {
#define TYPE(kind, text, bytes, class) [kind] = {text, bytes, CLASS_##class},
#include "base/type.def"
#undef TYPE
};

struct TypePool {
    Arena *arena;
    Map types; /* the NOT NULL twins (TY_NULL and TY_REL: the type) */
    Intern *names;
};

static void typepool_close(void *arg) {
    TypePool *p = arg;
    map_free(&p->types);
    intern_free(p->names);
}

TypePool *typepool_new(Arena *a) {
    TypePool *p = ARENA_NEW(a, TypePool);
    p->arena = a;
    p->names = intern_new();
    arena_defer(a, typepool_close, p);
    return p;
}

/* Parts are interned already, so a type's identity is its own fields, with pointers for the parts. */
static uint64_t type_hash(const Type *t) {
    uint64_t h = hash_mix(t->kind, (uint64_t)t->precision << 40 | (uint64_t)t->scale << 32 | t->n);
    h = hash_mix(h, (uintptr_t)t->elem);
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->dims) h = hash_mix(h, (uint64_t)t->dims[i]);
        if (t->fields) h = hash_mix(h, (uintptr_t)t->fields[i]);
        if (t->names) h = hash_mix(h, (uintptr_t)t->names[i]);
    }
    return h;
}

static bool parts_equal(const Type *a, const Type *b) {
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->dims && a->dims[i] != b->dims[i]) return false;
        if (a->fields && a->fields[i] != b->fields[i]) return false;
        if (a->names && a->names[i] != b->names[i]) return false;
    }
    return true;
}

static bool type_equal(const void *value, const void *key) {
    const Type *a = value, *b = key;
    return a->kind == b->kind && a->precision == b->precision && a->scale == b->scale && a->n == b->n &&
           a->elem == b->elem && parts_equal(a, b);
}

static void *copy_array(TypePool *p, const void *at, uint32_t n, size_t size) {
    return at ? arena_copy(p->arena, at, n * size) : NULL;
}

/* The pool's type that equals *t; both twins are made at once. */
static const Type *pool_get(TypePool *p, const Type *t) {
    uint64_t hash = type_hash(t);
    const Type *found = map_get(&p->types, hash, type_equal, t);
    if (found) return found;
    Type *pair = ARENA_ARRAY(p->arena, Type, 2);
    pair[0] = *t;
    pair[0].dims = copy_array(p, t->dims, t->n, sizeof *t->dims);
    pair[0].fields = copy_array(p, t->fields, t->n, sizeof *t->fields);
    pair[0].names = copy_array(p, t->names, t->n, sizeof *t->names);
    if (t->kind != TY_REL && t->kind != TY_NULL) {
        pair[1] = pair[0];
        pair[1].nullable = true;
        pair[0].twin = &pair[1];
        pair[1].twin = &pair[0];
    }
    map_add(&p->types, hash, pair);
    return pair;
}

const Type *type_get(TypePool *p, TypeKind kind) {
    return pool_get(p, &(Type){.kind = kind, .nullable = kind == TY_NULL});
}

const Type *type_decimal(TypePool *p, int precision, int scale) {
    return pool_get(p, &(Type){.kind = TY_DECIMAL, .precision = (uint8_t)precision, .scale = (uint8_t)scale});
}

/* What dims, fields and names point to when there are none: a tensor of rank 0, a struct without fields. */
static const int64_t no_dims[1];
static const Type *const no_fields[1];
static const char *const no_names[1];

const Type *type_tensor(TypePool *p, const Type *elem, uint32_t rank, const int64_t *dims) {
    return pool_get(p, &(Type){.kind = TY_TENSOR,
                               .n = rank,
                               .elem = type_nullable(elem, false),
                               .dims = rank ? dims : no_dims});
}

const Type *type_list(TypePool *p, const Type *elem) {
    return pool_get(p, &(Type){.kind = TY_LIST, .elem = elem});
}

const Type *type_struct(TypePool *p, uint32_t n, const char *const *names, const Type *const *fields) {
    const char **own = ARENA_ARRAY(p->arena, const char *, n);
    for (uint32_t i = 0; i < n; i++) own[i] = intern_cstr(p->names, names[i]);
    return pool_get(p, &(Type){.kind = TY_STRUCT,
                               .n = n,
                               .fields = n ? fields : no_fields,
                               .names = n ? (const char *const *)own : no_names});
}

const Type *type_rel(TypePool *p, uint32_t n, const Type *const *fields) {
    return pool_get(p, &(Type){.kind = TY_REL, .n = n, .fields = n ? fields : no_fields});
}

const Type *type_nullable(const Type *t, bool nullable) {
    return t->nullable == nullable || !t->twin ? t : t->twin;
}

static const Type **import_fields(TypePool *p, const Type *t) {
    const Type **fields = ARENA_ARRAY(p->arena, const Type *, t->n);
    for (uint32_t i = 0; i < t->n; i++) fields[i] = type_import(p, t->fields[i]);
    return fields;
}

static const Type *import_not_null(TypePool *p, const Type *t) {
    /* clang-format off */
    switch (t->kind) {
    case TY_DECIMAL: return type_decimal(p, t->precision, t->scale);
    case TY_TENSOR: return type_tensor(p, type_import(p, t->elem), t->n, t->dims);
    case TY_LIST: return type_list(p, type_import(p, t->elem));
    case TY_STRUCT: return type_struct(p, t->n, t->names, import_fields(p, t));
    case TY_REL: return type_rel(p, t->n, import_fields(p, t));
    case TY_NULL: case TY_BOOL: case TY_I8: case TY_I16: case TY_I32: case TY_I64: case TY_U8: case TY_U16:
    case TY_U32: case TY_U64: case TY_F16: case TY_BF16: case TY_F32: case TY_F64: case TY_DATE: case TY_TIME:
    case TY_TIMESTAMP: case TY_INTERVAL: case TY_VARCHAR: case TY_BLOB: case TY_COUNT: break;
    }
    /* clang-format on */
    return type_get(p, t->kind);
}

const Type *type_import(TypePool *p, const Type *t) {
    return type_nullable(import_not_null(p, t), t->nullable);
}

bool type_is_integer(const Type *t) { return kinds[t->kind].class == CLASS_INT; }
bool type_is_float(const Type *t) { return kinds[t->kind].class == CLASS_FLOAT; }

bool type_is_numeric(const Type *t) {
    return type_is_integer(t) || type_is_float(t) || kinds[t->kind].class == CLASS_DECIMAL;
}

bool type_same(const Type *a, const Type *b) { return a == b || (a->twin && a->twin == b); }

int type_bytes(const Type *t) {
    if (t->kind != TY_DECIMAL) return kinds[t->kind].bytes;
    return t->precision <= 9 ? 4 : t->precision <= 18 ? 8 : 16;
}

/* Saturates at INT64_MAX: no such tensor exists, and whoever allocates it is refused. */
int64_t type_elems(const Type *t) {
    if (t->kind != TY_TENSOR) return 1;
    int64_t elems = 1;
    bool empty = false;
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->dims[i] == DIM_ANY) return DIM_ANY;
        empty |= t->dims[i] == 0;
        if (__builtin_mul_overflow(elems, t->dims[i], &elems)) elems = INT64_MAX;
    }
    return empty ? 0 : elems;
}

const char *type_kind_text(TypeKind k) { return kinds[k].text; }
