#include "runtime/elements.h"
#include "base/number.h"
#include <math.h>

/* One element on its way: exact in one of the two. */
typedef struct Element {
    bool is_float;
    double f;
    Int128 i;
} Element;

static uint32_t load_u32(const uint8_t *p, size_t n) {
    uint32_t v = 0;
    memcpy(&v, p, n);
    return v;
}

static uint64_t load_u64(const uint8_t *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static float load_f32(const uint8_t *p) {
    float f;
    memcpy(&f, p, sizeof f);
    return f;
}

static double load_f64(const uint8_t *p) {
    double f;
    memcpy(&f, p, sizeof f);
    return f;
}

static Element float_element(double f) { return (Element){true, f, 0}; }
static Element int_element(Int128 i) { return (Element){false, 0, i}; }

static Element load(TypeKind kind, const uint8_t *p) {
    /* clang-format off */
    switch (kind) {
    case TY_BOOL: return int_element(*p != 0);
    case TY_I8: return int_element((int8_t)*p);
    case TY_I16: return int_element((int16_t)load_u32(p, 2));
    case TY_I32: return int_element((int32_t)load_u32(p, 4));
    case TY_I64: return int_element((int64_t)load_u64(p));
    case TY_U8: return int_element(*p);
    case TY_U16: return int_element(load_u32(p, 2));
    case TY_U32: return int_element(load_u32(p, 4));
    case TY_U64: return int_element(load_u64(p));
    case TY_F16: return float_element(f16_to_f32((uint16_t)load_u32(p, 2)));
    case TY_BF16: return float_element(bf16_to_f32((uint16_t)load_u32(p, 2)));
    case TY_F32: return float_element(load_f32(p));
    case TY_F64: return float_element(load_f64(p));
    case TY_NULL: case TY_DECIMAL: case TY_DATE: case TY_TIME: case TY_TIMESTAMP: case TY_INTERVAL: case TY_VARCHAR:
    case TY_BLOB: case TY_LIST: case TY_STRUCT: case TY_TENSOR: case TY_REL: case TY_COUNT: break;
    }
    /* clang-format on */
    return (Element){0};
}

/* The float next to f towards 0, or f, with its last bit set if anything was cut: rounding that again to half as many
 * bits gives what rounding f at once would (Boldo and Melquiond, round to odd). */
static float round_to_odd(double f) {
    float near = (float)f;
    uint32_t bits;
    if (isnan(f) || (double)near == f) return near;
    memcpy(&bits, &near, sizeof bits);
    if (fabs((double)near) > fabs(f)) bits--;
    bits |= 1;
    memcpy(&near, &bits, sizeof near);
    return near;
}

/* Integers beyond 2^53 to double, keeping what rounding needs, as above. */
static double int_to_odd(Int128 i) {
    double near = (double)i;
    uint64_t bits;
    if ((Int128)near == i) return near;
    memcpy(&bits, &near, sizeof bits);
    if (i < 0 ? (Int128)near < i : (Int128)near > i) bits--;
    bits |= 1;
    memcpy(&near, &bits, sizeof near);
    return near;
}

static void store_float(TypeKind kind, Element v, uint8_t *out) {
    double f = v.is_float ? v.f : kind == TY_F64 ? (double)v.i : int_to_odd(v.i);
    float narrow = (float)f;
    uint16_t half;
    if (kind == TY_F64) memcpy(out, &f, sizeof f);
    else if (kind == TY_F32) memcpy(out, &narrow, sizeof narrow);
    else {
        narrow = round_to_odd(f);
        half = kind == TY_F16 ? f32_to_f16(narrow) : f32_to_bf16(narrow);
        memcpy(out, &half, sizeof half);
    }
}

static bool store_int(Int128 v, int bytes, bool is_signed, uint8_t *out) {
    Int128 min = is_signed ? -((Int128)1 << (8 * bytes - 1)) : 0, max = min + ((Int128)1 << (8 * bytes)) - 1;
    if (v < min || v > max) return false;
    memcpy(out, &v, (size_t)bytes);
    return true;
}

static bool store(TypeKind kind, int bytes, Element v, uint8_t *out) {
    bool is_float = kind == TY_F16 || kind == TY_BF16 || kind == TY_F32 || kind == TY_F64;
    if (is_float) store_float(kind, v, out);
    else if (v.is_float) return false;
    else return store_int(v.i, bytes, kind == TY_I8 || kind == TY_I16 || kind == TY_I32 || kind == TY_I64, out);
    return true;
}

static int bytes_of(TypeKind kind) { return type_bytes(&(Type){.kind = kind}); }

static int64_t normalise_booleans(const uint8_t *in, uint8_t *out, int64_t n) {
    for (int64_t i = 0; i < n; i++) out[i] = in[i] != 0;
    return -1;
}

int64_t elements_convert(TypeKind from, const void *in, TypeKind to, void *out, int64_t n) {
    int in_bytes = bytes_of(from), out_bytes = bytes_of(to);
    if (from == to && to == TY_BOOL) return normalise_booleans(in, out, n);
    if (from == to) {
        if (n) memcpy(out, in, (size_t)n * (size_t)in_bytes);
        return -1;
    }
    if (to == TY_BOOL) return n ? 0 : -1;
    for (int64_t i = 0; i < n; i++)
        if (!store(to, out_bytes, load(from, (const uint8_t *)in + i * in_bytes), (uint8_t *)out + i * out_bytes)) return i;
    return -1;
}
