#include "base/value.h"
#include "base/diag.h"
#include "base/number.h"
#include <math.h>
#include <string.h>

Value value_null(const Type *t) { return (Value){.type = type_nullable(t, true), .null = true}; }
Value value_bool(TypePool *p, bool b) { return (Value){.type = type_get(p, TY_BOOL), .b = b}; }
Value value_i64(TypePool *p, int64_t i) { return (Value){.type = type_get(p, TY_I64), .i = i}; }
Value value_f64(TypePool *p, double f) { return (Value){.type = type_get(p, TY_F64), .f64 = f}; }
Value value_str(TypePool *p, Str s) { return (Value){.type = type_get(p, TY_VARCHAR), .s = s}; }

/* ---- tensors ---- */

int64_t tensor_dim(const Value *t, uint32_t i) { return t->t.shape ? t->t.shape[i] : t->type->dims[i]; }

int64_t tensor_count(const Value *t) {
    int64_t n = 1;
    for (uint32_t i = 0; i < t->type->n; i++) n *= tensor_dim(t, i);
    return n;
}

Value tensor_elem(const Value *t, int64_t i) {
    const Type *e = t->type->elem;
    const char *at = (const char *)t->t.data + i * type_bytes(e);
    Value v = {.type = e};
    int16_t i16;
    int32_t i32;
    uint16_t u16;
    uint32_t u32;
    /* clang-format off */
    switch (e->kind) {
    case TY_BOOL: v.b = *at != 0; break;
    case TY_I8: v.i = (int8_t)*at; break;
    case TY_I16: memcpy(&i16, at, 2), v.i = i16; break;
    case TY_I32: memcpy(&i32, at, 4), v.i = i32; break;
    case TY_I64: memcpy(&v.i, at, 8); break;
    case TY_U8: v.u = (uint8_t)*at; break;
    case TY_U16: memcpy(&u16, at, 2), v.u = u16; break;
    case TY_U32: memcpy(&u32, at, 4), v.u = u32; break;
    case TY_U64: memcpy(&v.u, at, 8); break;
    case TY_F16: memcpy(&u16, at, 2), v.f32 = f16_to_f32(u16); break;
    case TY_BF16: memcpy(&u16, at, 2), v.f32 = bf16_to_f32(u16); break;
    case TY_F32: memcpy(&v.f32, at, 4); break;
    case TY_F64: memcpy(&v.f64, at, 8); break;
    case TY_NULL: case TY_DECIMAL: case TY_DATE: case TY_TIME: case TY_TIMESTAMP: case TY_INTERVAL:
    case TY_VARCHAR: case TY_BLOB: case TY_LIST: case TY_STRUCT: case TY_TENSOR: case TY_REL: case TY_COUNT:
        BUG("no tensor has elements of type %s", type_kind_text(e->kind));
    }
    /* clang-format on */
    return v;
}

void tensor_set(Value *t, int64_t i, const Value *v) {
    const Type *e = t->type->elem;
    char *at = (char *)t->t.data + i * type_bytes(e);
    uint16_t half;
    if (e->kind == TY_F16 || e->kind == TY_BF16) {
        half = e->kind == TY_F16 ? f32_to_f16(v->f32) : f32_to_bf16(v->f32);
        memcpy(at, &half, 2);
    } else if (e->kind == TY_F32) {
        memcpy(at, &v->f32, 4);
    } else if (e->kind == TY_F64) {
        memcpy(at, &v->f64, 8);
    } else if (e->kind == TY_BOOL) {
        *at = v->b;
    } else {
        memcpy(at, &v->i, (size_t)type_bytes(e)); /* little endian: the low bytes of either sign */
    }
}

static double widened(const Value *v) {
    if (v->type->kind == TY_F64) return v->f64;
    if (v->type->kind == TY_BOOL) return v->b;
    if (type_is_float(v->type)) return v->f32;
    return v->type->kind >= TY_U8 ? (double)v->u : (double)v->i;
}

double tensor_get(const Value *t, int64_t i) {
    if (t->type->elem->kind == TY_F32) return ((const float *)t->t.data)[i];
    Value v = tensor_elem(t, i);
    return widened(&v);
}

/* ---- sameness ---- */

static bool same_f32(float a, float b) { return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0; }
static bool same_f64(double a, double b) { return isnan(a) ? isnan(b) : memcmp(&a, &b, sizeof a) == 0; }

static bool same_tensor(const Value *a, const Value *b) {
    for (uint32_t i = 0; i < a->type->n; i++)
        if (tensor_dim(a, i) != tensor_dim(b, i)) return false;
    for (int64_t i = 0, n = tensor_count(a); i < n; i++) {
        Value x = tensor_elem(a, i), y = tensor_elem(b, i);
        if (!value_same(&x, &y)) return false;
    }
    return true;
}

static bool same_list(const Value *a, const Value *b) {
    if (a->list.n != b->list.n) return false;
    for (size_t i = 0; i < a->list.n; i++)
        if (!value_same(&a->list.at[i], &b->list.at[i])) return false;
    return true;
}

static bool same_interval(Interval a, Interval b) {
    return a.months == b.months && a.days == b.days && a.micros == b.micros;
}

bool value_same(const Value *a, const Value *b) {
    if (a->type != b->type || a->null != b->null) return false;
    if (a->null) return true;
    /* clang-format off */
    switch (a->type->kind) {
    case TY_NULL: case TY_REL: case TY_COUNT: return true;
    case TY_BOOL: return a->b == b->b;
    case TY_I8: case TY_I16: case TY_I32: case TY_I64: case TY_DATE: case TY_TIME: case TY_TIMESTAMP:
        return a->i == b->i;
    case TY_U8: case TY_U16: case TY_U32: case TY_U64: return a->u == b->u;
    case TY_F16: case TY_BF16: case TY_F32: return same_f32(a->f32, b->f32);
    case TY_F64: return same_f64(a->f64, b->f64);
    case TY_DECIMAL: return a->dec == b->dec;
    case TY_INTERVAL: return same_interval(a->interval, b->interval);
    case TY_VARCHAR: case TY_BLOB: return str_eq(a->s, b->s);
    case TY_LIST: case TY_STRUCT: return same_list(a, b);
    case TY_TENSOR: return same_tensor(a, b);
    }
    /* clang-format on */
    return false;
}

/* ---- hashes: equal for what value_same calls equal ---- */

static uint64_t hash_f64(double v) {
    uint64_t bits;
    if (isnan(v)) v = NAN;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static uint64_t hash_values(const Value *at, size_t n) {
    uint64_t h = n;
    for (size_t i = 0; i < n; i++) h = hash_mix(h, value_hash(&at[i]));
    return h;
}

static uint64_t hash_tensor(const Value *t) {
    uint64_t h = 0;
    for (uint32_t i = 0; i < t->type->n; i++) h = hash_mix(h, (uint64_t)tensor_dim(t, i));
    for (int64_t i = 0, n = tensor_count(t); i < n; i++) {
        Value v = tensor_elem(t, i);
        h = hash_mix(h, value_hash(&v));
    }
    return h;
}

static uint64_t payload_hash(const Value *v) {
    /* clang-format off */
    switch (v->type->kind) {
    case TY_NULL: case TY_REL: case TY_COUNT: return 0;
    case TY_BOOL: return v->b;
    case TY_I8: case TY_I16: case TY_I32: case TY_I64: case TY_DATE: case TY_TIME: case TY_TIMESTAMP:
    case TY_U8: case TY_U16: case TY_U32: case TY_U64: return v->u;
    case TY_F16: case TY_BF16: case TY_F32: return hash_f64(v->f32);
    case TY_F64: return hash_f64(v->f64);
    case TY_DECIMAL: return hash_mix((uint64_t)v->dec, (uint64_t)(v->dec >> 64));
    case TY_INTERVAL:
        return hash_mix((uint64_t)(uint32_t)v->interval.months << 32 | (uint32_t)v->interval.days,
                        (uint64_t)v->interval.micros);
    case TY_VARCHAR: case TY_BLOB: return hash64(v->s.p, v->s.n, 0);
    case TY_LIST: case TY_STRUCT: return hash_values(v->list.at, v->list.n);
    case TY_TENSOR: return hash_tensor(v);
    }
    /* clang-format on */
    return 0;
}

uint64_t value_hash(const Value *v) {
    return hash_mix(v->type->kind, v->null ? UINT64_C(0x9E3779B97F4A7C15) : payload_hash(v));
}

/* ---- order ---- */

#define CMP(a, b) (((a) > (b)) - ((a) < (b)))

static int cmp_f64(double a, double b) { return isnan(a) || isnan(b) ? !!isnan(a) - !!isnan(b) : CMP(a, b); }

/* A month counts 30 days, a day 24 hours (PostgreSQL): 1 month equals 30 days. */
static Int128 interval_micros(Interval v) {
    return ((Int128)v.months * 30 + v.days) * INT64_C(86400000000) + v.micros;
}

static int cmp_list(const Value *a, const Value *b) {
    for (size_t i = 0; i < a->list.n && i < b->list.n; i++) {
        int c = value_cmp(&a->list.at[i], &b->list.at[i]);
        if (c) return c;
    }
    return CMP(a->list.n, b->list.n);
}

static int cmp_tensor(const Value *a, const Value *b) {
    int64_t n = tensor_count(a), m = tensor_count(b);
    for (int64_t i = 0; i < n && i < m; i++) {
        Value x = tensor_elem(a, i), y = tensor_elem(b, i);
        int c = value_cmp(&x, &y);
        if (c) return c;
    }
    for (uint32_t i = 0; n == m && i < a->type->n; i++)
        if (tensor_dim(a, i) != tensor_dim(b, i)) return CMP(tensor_dim(a, i), tensor_dim(b, i));
    return CMP(n, m);
}

int value_cmp(const Value *a, const Value *b) {
    if (a->null || b->null) return a->null - b->null;
    /* clang-format off */
    switch (a->type->kind) {
    case TY_NULL: case TY_REL: case TY_COUNT: return 0;
    case TY_BOOL: return a->b - b->b;
    case TY_I8: case TY_I16: case TY_I32: case TY_I64: case TY_DATE: case TY_TIME: case TY_TIMESTAMP:
        return CMP(a->i, b->i);
    case TY_U8: case TY_U16: case TY_U32: case TY_U64: return CMP(a->u, b->u);
    case TY_F16: case TY_BF16: case TY_F32: return cmp_f64(a->f32, b->f32);
    case TY_F64: return cmp_f64(a->f64, b->f64);
    case TY_DECIMAL: return CMP(a->dec, b->dec);
    case TY_INTERVAL: return CMP(interval_micros(a->interval), interval_micros(b->interval));
    case TY_VARCHAR: case TY_BLOB: return str_cmp(a->s, b->s);
    case TY_LIST: case TY_STRUCT: return cmp_list(a, b);
    case TY_TENSOR: return cmp_tensor(a, b);
    }
    /* clang-format on */
    return 0;
}
