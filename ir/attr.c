/* Hash, equality and copy of attribute structs, field by field as attr.def declares them. */
#include "ir/attr.h"
#include "ir/graph.h"
#include <stddef.h>

/* One function a struct lists its fields: that is where the struct's name is at hand for offsetof. */
#define ATTR_BEGIN(name)                                                                                     \
    static size_t list_##name(FieldInfo *f) {                                                                \
        typedef Attr##name A;                                                                                \
        size_t n = 0;
#define F(field, of_kind) f[n++] = (FieldInfo){#field, of_kind, offsetof(A, field)};
#define F_INT(field)      F(field, FIELD_INT)
#define F_OPTION(field)   F(field, FIELD_OPTION)
#define F_BOOL(field)     F(field, FIELD_BOOL)
#define F_F64(field)      F(field, FIELD_F64)
#define F_TEXT(field)     F(field, FIELD_TEXT)
#define F_VALUE(field)    F(field, FIELD_VALUE)
#define F_TYPE(field)     F(field, FIELD_TYPE)
#define F_INTS(field)     F(field, FIELD_INTS)
#define ATTR_END(name)                                                                                       \
    return n;                                                                                                \
    }
#include "ir/attr.def"
#undef ATTR_BEGIN
#undef F
#undef F_INT
#undef F_OPTION
#undef F_BOOL
#undef F_F64
#undef F_TEXT
#undef F_VALUE
#undef F_TYPE
#undef F_INTS
#undef ATTR_END

static size_t list_None(FieldInfo *f) { return (void)f, 0; }

static const struct {
    size_t size;
    size_t (*list)(FieldInfo *);
} structs[ATTR_COUNT_] = {
    [ATTR_None] = {0, list_None},
#define ATTR_BEGIN(name) [ATTR_##name] = {sizeof(Attr##name), list_##name},
#define F_INT(field)
#define F_OPTION(field)
#define F_BOOL(field)
#define F_F64(field)
#define F_TEXT(field)
#define F_VALUE(field)
#define F_TYPE(field)
#define F_INTS(field)
#define ATTR_END(name)
#include "ir/attr.def"
#undef ATTR_BEGIN
#undef F_INT
#undef F_OPTION
#undef F_BOOL
#undef F_F64
#undef F_TEXT
#undef F_VALUE
#undef F_TYPE
#undef F_INTS
#undef ATTR_END
};

size_t attr_size(AttrKind k) { return structs[k].size; }
size_t attr_fields(AttrKind k, FieldInfo out[ATTR_MAX_FIELDS]) { return structs[k].list(out); }

static const void *at(const void *a, const FieldInfo *f) { return (const char *)a + f->offset; }

uint64_t type_structure_hash(const Type *t) {
    uint64_t h = hash_mix((uint64_t)t->kind << 1 | t->nullable,
                          (uint64_t)t->precision << 40 | (uint64_t)t->scale << 32 | t->n);
    if (t->elem) h = hash_mix(h, type_structure_hash(t->elem));
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->dims) h = hash_mix(h, (uint64_t)t->dims[i]);
        if (t->fields) h = hash_mix(h, type_structure_hash(t->fields[i]));
        if (t->names) h = hash_mix(h, hash64(t->names[i], strlen(t->names[i]), 0));
    }
    return h;
}

static uint64_t text_hash(const char *s) { return s ? hash64(s, strlen(s), 1) : 2; }

static uint64_t field_hash(FieldKind k, const void *p) {
    switch (k) {
    case FIELD_INT:
    case FIELD_OPTION: return (uint64_t) * (const int64_t *)p;
    case FIELD_BOOL: return *(const bool *)p;
    case FIELD_F64: return hash64(p, sizeof(double), 0);
    case FIELD_TEXT: return text_hash(*(const char *const *)p);
    case FIELD_TYPE: return type_structure_hash(*(const Type *const *)p);
    case FIELD_VALUE: {
        const Value *v = p;
        return hash_mix(type_structure_hash(v->type), value_hash(v));
    }
    case FIELD_INTS: {
        const IntList *l = p;
        return hash64(l->at, l->n * sizeof *l->at, l->n);
    }
    }
    BUG("field kind %d", k);
}

uint64_t attr_hash(AttrKind k, const void *a) {
    FieldInfo f[ATTR_MAX_FIELDS];
    uint64_t h = 0;
    for (size_t i = 0, n = attr_fields(k, f); i < n; i++)
        h = hash_mix(h, field_hash(f[i].kind, at(a, &f[i])));
    return h;
}

static bool text_equal(const char *a, const char *b) { return a == b || (a && b && strcmp(a, b) == 0); }

static bool ints_equal(const IntList *a, const IntList *b) {
    return a->n == b->n && (a->n == 0 || memcmp(a->at, b->at, a->n * sizeof *a->at) == 0);
}

static bool field_equal(FieldKind k, const void *a, const void *b) {
    switch (k) {
    case FIELD_INT:
    case FIELD_OPTION: return *(const int64_t *)a == *(const int64_t *)b;
    case FIELD_BOOL: return *(const bool *)a == *(const bool *)b;
    case FIELD_F64: return memcmp(a, b, sizeof(double)) == 0;
    case FIELD_TEXT: return text_equal(*(const char *const *)a, *(const char *const *)b);
    case FIELD_TYPE: return *(const Type *const *)a == *(const Type *const *)b;
    case FIELD_VALUE: {
        const Value *x = a, *y = b;
        return x->type == y->type && value_same(x, y);
    }
    case FIELD_INTS: return ints_equal(a, b);
    }
    BUG("field kind %d", k);
}

bool attr_equal(AttrKind k, const void *a, const void *b) {
    FieldInfo f[ATTR_MAX_FIELDS];
    for (size_t i = 0, n = attr_fields(k, f); i < n; i++)
        if (!field_equal(f[i].kind, at(a, &f[i]), at(b, &f[i]))) return false;
    return true;
}

static void field_copy(Ir *ir, FieldKind k, void *p) {
    if (k == FIELD_TEXT) {
        const char **s = p;
        if (*s) *s = ir_name(ir, *s);
    } else if (k == FIELD_VALUE) {
        *(Value *)p = value_copy(ir->arena, NULL, p);
    } else if (k == FIELD_INTS) {
        IntList *l = p;
        l->at = arena_copy(ir->arena, l->at, l->n * sizeof *l->at);
    } else if (k == FIELD_TYPE) {
        const Type *t = *(const Type **)p;
        if (type_import(ir->types, t) != t) BUG("a type in an attribute is of another pool");
    }
}

const void *attr_copy(Ir *ir, AttrKind k, const void *a) {
    if (k == ATTR_None) return NULL;
    FieldInfo f[ATTR_MAX_FIELDS];
    void *copy = arena_copy(ir->arena, a, attr_size(k));
    for (size_t i = 0, n = attr_fields(k, f); i < n; i++)
        field_copy(ir, f[i].kind, (char *)copy + f[i].offset);
    return copy;
}
