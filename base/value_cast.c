/* Casts of one value, PostgreSQL's rules: floats round half to even and decimals half away from zero, what is
 * out of range or no text of the type fails, NULL stays NULL.
 */
#include "base/date.h"
#include "base/number.h"
#include <math.h>

typedef struct Cast {
    Arena *arena;
    const Type *to;
    const char **why;
} Cast;

void value_out_of_range(Buf *b, const char *value, const char *type) {
    if (value) buf_printf(b, "%s is ", value);
    buf_printf(b, "out of range for %s", type);
}

static bool fail_of(const Cast *c, const char *value) {
    Buf name = {0}, text = {0};
    type_print(&name, c->to, false);
    value_out_of_range(&text, value, name.p);
    *c->why = arena_strndup(c->arena, text.p, text.n);
    buf_free(&name);
    buf_free(&text);
    return false;
}

static bool fail_range(const Cast *c) { return fail_of(c, NULL); }

static bool fail_exact(const Cast *c, Int128 v, int scale) {
    Buf text = {0};
    print_decimal(&text, v, scale);
    fail_of(c, text.p);
    buf_free(&text);
    return false;
}

static bool fail_float(const Cast *c, double f) {
    Buf text = {0};
    print_f64(&text, f);
    fail_of(c, text.p);
    buf_free(&text);
    return false;
}

static const char *quoted(const Cast *c, Str s) {
    bool whole = s.n <= 60;
    return arena_printf(c->arena, "'%.*s%s'", whole ? (int)s.n : 57, s.p ? s.p : "", whole ? "" : "..");
}

static bool fail_text(const Cast *c, Str s) {
    Buf name = {0};
    type_print(&name, c->to, false);
    *c->why = arena_printf(c->arena, "%s is not a valid %s", quoted(c, s), name.p);
    buf_free(&name);
    return false;
}

static bool fail_types(const Cast *c, const Type *from) {
    Buf a = {0}, b = {0};
    type_print(&a, from, false);
    type_print(&b, c->to, false);
    *c->why = arena_printf(c->arena, "%s cannot be cast to %s", a.p, b.p);
    buf_free(&a);
    buf_free(&b);
    return false;
}

static bool is_unsigned(const Type *t) { return t->kind >= TY_U8 && t->kind <= TY_U64; }

/* ---- to integers ---- */

/* The whole number nearest to v; NaN and what 128 bits do not hold fail. */
static bool whole_of(const Value *v, Int128 *out) {
    double f = v->type->kind == TY_F64 ? v->f64 : v->f32;
    if (v->type->kind == TY_BOOL) return *out = v->b, true;
    if (v->type->kind == TY_DECIMAL)
        return decimal_rescale(v->dec, v->type->scale, 0, DECIMAL_MAX_DIGITS, out);
    if (type_is_integer(v->type)) return *out = is_unsigned(v->type) ? (Int128)v->u : (Int128)v->i, true;
    if (!(fabs(f) < 1e38)) return false;
    return *out = (Int128)rint(f), true;
}

static bool integer_fits(const Type *t, Int128 v) {
    int bits = 8 * type_bytes(t);
    bool positive = is_unsigned(t);
    Int128 max = ((Int128)1 << (bits - !positive)) - 1, min = positive ? 0 : -max - 1;
    return v >= min && v <= max;
}

static bool store_integer(const Cast *c, Int128 v, Value *out) {
    if (!integer_fits(c->to, v)) return fail_exact(c, v, 0);
    out->i = (int64_t)v;
    return true;
}

static bool text_to_integer(const Cast *c, Str s, Value *out) {
    int64_t i;
    uint64_t u;
    Int128 whole;
    if (parse_i64(s, &i)) whole = i;
    else if (parse_u64(s, &u)) whole = (Int128)u;
    else if (!parse_decimal(s, DECIMAL_MAX_DIGITS, 0, &whole) || memchr(s.p, '.', s.n)) return fail_text(c, s);
    return integer_fits(c->to, whole) ? store_integer(c, whole, out) : fail_of(c, quoted(c, s));
}

static bool float_to_integer(const Cast *c, const Value *v, Value *out) {
    Int128 whole;
    if (whole_of(v, &whole) && integer_fits(c->to, whole)) return store_integer(c, whole, out);
    return fail_float(c, v->type->kind == TY_F64 ? v->f64 : v->f32);
}

static bool to_integer(const Cast *c, const Value *v, Value *out) {
    Int128 whole;
    if (v->type->kind == TY_VARCHAR) return text_to_integer(c, v->s, out);
    if (v->type->kind != TY_BOOL && !type_is_numeric(v->type)) return fail_types(c, v->type);
    if (type_is_float(v->type)) return float_to_integer(c, v, out);
    return whole_of(v, &whole) ? store_integer(c, whole, out) : fail_range(c);
}

static bool to_bool(const Cast *c, const Value *v, Value *out) {
    if (v->type->kind == TY_VARCHAR) return parse_bool(v->s, &out->b) || fail_text(c, v->s);
    if (!type_is_numeric(v->type)) return fail_types(c, v->type);
    if (v->type->kind == TY_DECIMAL) out->b = v->dec != 0;
    else if (type_is_integer(v->type)) out->b = v->u != 0;
    else out->b = (v->type->kind == TY_F64 ? v->f64 : v->f32) != 0;
    return true;
}

/* ---- to decimals and floats ---- */

static bool to_decimal(const Cast *c, const Value *v, Value *out) {
    int precision = c->to->precision, scale = c->to->scale, from = v->type->scale;
    Int128 whole;
    if (v->type->kind == TY_VARCHAR) {
        if (parse_decimal(v->s, precision, scale, &out->dec)) return true;
        return parse_f64(v->s, &(double){0}) ? fail_of(c, quoted(c, v->s)) : fail_text(c, v->s);
    }
    if (!type_is_numeric(v->type)) return fail_types(c, v->type);
    if (v->type->kind == TY_F64)
        return decimal_from_f64(v->f64, precision, scale, &out->dec) || fail_float(c, v->f64);
    if (type_is_float(v->type)) return decimal_from_f32(v->f32, precision, scale, &out->dec) || fail_float(c, v->f32);
    if (v->type->kind == TY_DECIMAL) whole = v->dec;
    else whole_of(v, &whole);
    if (decimal_rescale(whole, from, scale, precision, &out->dec)) return true;
    return decimal_rescale(whole, from, scale, DECIMAL_MAX_DIGITS, &whole) ? fail_exact(c, whole, scale) : fail_range(c);
}

/* The float on the way from double to 16 bits: towards zero, with the last bit set if anything was lost, so
 * that the second rounding decides as one would ("round to odd"). */
static float round_to_odd(double v) {
    float f = (float)v;
    uint32_t bits;
    if ((double)f == v || !isfinite(v)) return f;
    memcpy(&bits, &f, sizeof bits);
    bits = (bits - (fabs((double)f) > fabs(v))) | 1;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static float narrow(const Type *to, double v) {
    if (to->kind == TY_F32) return (float)v;
    return to->kind == TY_F16 ? f16_to_f32(f32_to_f16(round_to_odd(v)))
                              : bf16_to_f32(f32_to_bf16(round_to_odd(v)));
}

static bool store_float(const Cast *c, double v, Value *out) {
    if (c->to->kind == TY_F64) return out->f64 = v, true;
    out->f32 = narrow(c->to, v);
    return isfinite(out->f32) || !isfinite(v) || fail_float(c, v);
}

static bool text_to_float(const Cast *c, Str s, Value *out) {
    double v;
    if (c->to->kind == TY_F32) return parse_f32(s, &out->f32) || fail_text(c, s);
    return parse_f64(s, &v) ? store_float(c, v, out) : fail_text(c, s);
}

/* Rounded once: a decimal goes to FLOAT32 by its text, an integer by the machine. */
static bool to_float(const Cast *c, const Value *v, Value *out) {
    bool f32 = c->to->kind == TY_F32;
    if (v->type->kind == TY_VARCHAR) return text_to_float(c, v->s, out);
    if (v->type->kind == TY_DECIMAL && f32) {
        Buf b = {0};
        print_decimal(&b, v->dec, v->type->scale);
        bool ok = parse_f32((Str){b.p, b.n}, &out->f32);
        buf_free(&b);
        return ok;
    }
    if (v->type->kind == TY_DECIMAL) return store_float(c, decimal_to_f64(v->dec, v->type->scale), out);
    if (v->type->kind == TY_BOOL) return store_float(c, v->b, out);
    if (v->type->kind == TY_F64) return store_float(c, v->f64, out);
    if (type_is_float(v->type)) return store_float(c, v->f32, out);
    if (!type_is_integer(v->type)) return fail_types(c, v->type);
    if (f32) return out->f32 = is_unsigned(v->type) ? (float)v->u : (float)v->i, true;
    return store_float(c, is_unsigned(v->type) ? (double)v->u : (double)v->i, out);
}

/* ---- to times and text ---- */

static const int64_t day = 86400 * INT64_C(1000000);

static bool text_to_time(const Cast *c, Str s, Value *out) {
    int32_t days = 0;
    bool ok = c->to->kind == TY_DATE        ? parse_date(s, &days)
              : c->to->kind == TY_TIME      ? parse_time(s, &out->i)
              : c->to->kind == TY_TIMESTAMP ? parse_timestamp(s, &out->i)
                                            : parse_interval(s, NULL, &out->interval);
    if (c->to->kind == TY_DATE) out->i = days;
    return ok || fail_text(c, s);
}

static bool to_time(const Cast *c, const Value *v, Value *out) {
    TypeKind from = v->type->kind, to = c->to->kind;
    int64_t time = from == TY_TIMESTAMP ? (v->i % day + day) % day : v->i;
    if (from == TY_VARCHAR) return text_to_time(c, v->s, out);
    if (from == TY_DATE && to == TY_TIMESTAMP) return !__builtin_mul_overflow(v->i, day, &out->i) || fail_range(c);
    if (from == TY_TIMESTAMP && to == TY_DATE) return out->i = (v->i - time) / day, true;
    if (from == TY_TIMESTAMP && to == TY_TIME) return out->i = time, true;
    if (from == TY_TIME && to == TY_INTERVAL) return out->interval = (Interval){0, 0, v->i}, true;
    return fail_types(c, v->type);
}

static bool to_text(const Cast *c, const Value *v, Value *out) {
    Buf b = {0};
    value_print_whole(&b, v);
    out->s = (Str){arena_strndup(c->arena, b.p, b.n), b.n};
    buf_free(&b);
    return true;
}

static int hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* Text that begins with \x is hexadecimal, as blobs print; any other is its bytes. */
static bool to_blob(const Cast *c, const Value *v, Value *out) {
    if (v->type->kind != TY_VARCHAR) return fail_types(c, v->type);
    Str s = v->s;
    if (s.n < 2 || s.p[0] != '\\' || s.p[1] != 'x') return out->s = s, true;
    char *bytes = arena_alloc(c->arena, s.n / 2);
    for (size_t i = 2; i < s.n; i += 2) {
        int high = hex_digit(s.p[i]), low = i + 1 < s.n ? hex_digit(s.p[i + 1]) : -1;
        if (high < 0 || low < 0) return fail_text(c, s);
        bytes[i / 2 - 1] = (char)(high << 4 | low);
    }
    out->s = (Str){bytes, s.n / 2 - 1};
    return true;
}

/* ---- to lists, structs and tensors ---- */

/* Item i of a list or struct, or of a tensor of rank 1. */
static Value item(const Value *v, size_t i) {
    return v->type->kind == TY_TENSOR ? tensor_elem(v, (int64_t)i) : v->list.at[i];
}

static bool to_items(const Cast *c, const Value *v, Value *out) {
    bool list = c->to->kind == TY_LIST, tensor = list && v->type->kind == TY_TENSOR && v->type->n == 1;
    if (v->type->kind != c->to->kind && !tensor) return fail_types(c, v->type);
    size_t n = tensor ? (size_t)tensor_count(v) : v->list.n;
    if (!list && n != c->to->n) return fail_types(c, v->type);
    Value *at = ARENA_ARRAY(c->arena, Value, n);
    for (size_t i = 0; i < n; i++) {
        Value from = item(v, i);
        if (!value_cast(c->arena, &from, list ? c->to->elem : c->to->fields[i], &at[i], c->why)) return false;
    }
    out->list.at = at;
    out->list.n = n;
    return true;
}

/* Lists nested as deep as the rank, or a tensor of the same rank. */
static int64_t outer_size(const Value *v, uint32_t dim) {
    if (v->null) return -1;
    if (v->type->kind == TY_TENSOR) return tensor_dim(v, dim);
    return v->type->kind == TY_LIST ? (int64_t)v->list.n : -1;
}

/* The shape by the first item of each level; sizes that the type knows must agree. */
static bool shape_of(const Cast *c, const Value *v, int64_t *shape) {
    bool tensor = v->type->kind == TY_TENSOR;
    if (tensor && v->type->n != c->to->n) return fail_types(c, v->type);
    for (uint32_t i = 0; i < c->to->n; i++) {
        int64_t want = c->to->dims[i], size = v ? outer_size(v, i) : want == DIM_ANY ? 0 : want;
        if (size < 0) return *c->why = "has fewer dimensions than the tensor, or a NULL", false;
        if (want != DIM_ANY && want != size) {
            *c->why = arena_printf(c->arena, "has size %lld in dimension %u where %lld is expected",
                                   (long long)size, i, (long long)want);
            return false;
        }
        shape[i] = size;
        if (!tensor && v) v = size ? &v->list.at[0] : NULL;
    }
    return true;
}

static bool set_elem(const Cast *c, const Value *v, Value *out, int64_t i) {
    Value elem;
    if (v->null) return *c->why = "is NULL, which no element of a tensor is", false;
    if (!value_cast(c->arena, v, out->type->elem, &elem, c->why)) return false;
    tensor_set(out, i, &elem);
    return true;
}

static bool fill(const Cast *c, const Value *v, uint32_t dim, Value *out, int64_t *at) {
    if (dim == c->to->n) return set_elem(c, v, out, (*at)++);
    if (outer_size(v, dim) != out->t.shape[dim]) return *c->why = "has rows of different sizes", false;
    for (size_t i = 0; i < v->list.n; i++)
        if (!fill(c, &v->list.at[i], dim + 1, out, at)) return false;
    return true;
}

static bool fill_from_tensor(const Cast *c, const Value *v, Value *out) {
    for (int64_t i = 0, n = tensor_count(out); i < n; i++) {
        Value elem = tensor_elem(v, i);
        if (!set_elem(c, &elem, out, i)) return false;
    }
    return true;
}

enum { TENSOR_ALIGN = 64 };

static bool to_tensor(const Cast *c, const Value *v, Value *out) {
    int64_t *shape = ARENA_ARRAY(c->arena, int64_t, c->to->n), at = 0;
    if (!shape_of(c, v, shape)) return false;
    out->t.shape = shape;
    size_t bytes = (size_t)tensor_count(out) * (size_t)type_bytes(c->to->elem);
    uintptr_t data = (uintptr_t)arena_alloc(c->arena, bytes + TENSOR_ALIGN);
    out->t.data = (void *)((data + TENSOR_ALIGN - 1) & ~(uintptr_t)(TENSOR_ALIGN - 1));
    return v->type->kind == TY_TENSOR ? fill_from_tensor(c, v, out) : fill(c, v, 0, out, &at);
}

/* ---- all of them ---- */

static bool convert(const Cast *c, const Value *v, Value *out) {
    /* clang-format off */
    switch (c->to->kind) {
    case TY_BOOL: return to_bool(c, v, out);
    case TY_I8: case TY_I16: case TY_I32: case TY_I64: case TY_U8: case TY_U16: case TY_U32: case TY_U64:
        return to_integer(c, v, out);
    case TY_F16: case TY_BF16: case TY_F32: case TY_F64: return to_float(c, v, out);
    case TY_DECIMAL: return to_decimal(c, v, out);
    case TY_DATE: case TY_TIME: case TY_TIMESTAMP: case TY_INTERVAL: return to_time(c, v, out);
    case TY_VARCHAR: return to_text(c, v, out);
    case TY_BLOB: return to_blob(c, v, out);
    case TY_LIST: case TY_STRUCT: return to_items(c, v, out);
    case TY_TENSOR: return to_tensor(c, v, out);
    case TY_NULL: case TY_REL: case TY_COUNT: break;
    }
    /* clang-format on */
    return fail_types(c, v->type);
}

bool value_cast(Arena *a, const Value *v, const Type *to, Value *out, const char **why) {
    if (v->null) return *out = value_null(to), true;
    Value result = *v;
    result.type = to;
    if (!type_same(v->type, to)) {
        Cast c = {a, to, why};
        result = (Value){.type = to};
        if (!convert(&c, v, &result)) return false;
    }
    *out = result;
    return true;
}
