#include "runtime/column.h"
#include "base/ragged.h"
#include "base/diag.h"
#include "base/number.h"
#include "runtime/dict.h"
#include <string.h>

uint32_t tensor_pitch(int64_t bytes) {
    if (bytes >= 64) return (uint32_t)((bytes + 63) / 64 * 64);
    uint32_t p = 1;
    while (p < bytes) p *= 2;
    return p;
}

static uint8_t decimal_width(const Type *t) { return t->precision > 18 ? 16 : 8; }

ColumnCode column_code_of(const Type *t, bool valid) {
    switch (t->kind) {
    case TY_F16:
    case TY_BF16: return (ColumnCode){CODE_FLOAT, 2, valid, 0};
    case TY_F32: return (ColumnCode){CODE_FLOAT, 4, valid, 0};
    case TY_F64: return (ColumnCode){CODE_FLOAT, 8, valid, 0};
    case TY_VARCHAR:
    case TY_BLOB: return (ColumnCode){CODE_VIEW, 16, valid, 0};
    case TY_INTERVAL: return (ColumnCode){CODE_INTERVAL, 16, valid, 0};
    case TY_TENSOR:
        if (type_ragged(t)) return (ColumnCode){CODE_VIEW, 16, valid, 0};
        return (ColumnCode){CODE_TENSOR, 0, valid, tensor_pitch(type_elems(t) * type_bytes(t->elem))};
    case TY_DECIMAL: return (ColumnCode){CODE_INT, decimal_width(t), valid, 0};
    case TY_U64: return (ColumnCode){CODE_INT, 16, valid, 0};
    case TY_NULL:
    case TY_BOOL:
    case TY_I8:
    case TY_I16:
    case TY_I32:
    case TY_I64:
    case TY_U8:
    case TY_U16:
    case TY_U32:
    case TY_DATE:
    case TY_TIME:
    case TY_TIMESTAMP: return (ColumnCode){CODE_INT, 8, valid, 0};
    case TY_LIST:
    case TY_STRUCT:
    case TY_REL:
    case TY_COUNT: break;
    }
    BUG("no column layout for %s", type_kind_text(t->kind));
}

size_t column_stride(ColumnCode c) { return c.kind == CODE_TENSOR ? c.pitch : c.width; }

size_t column_bytes(ColumnCode c, int64_t rows) {
    return (size_t)(c.kind == CODE_TENSOR ? rows : (rows + 127) / 64 * 64) * column_stride(c);
}

const void *column_row(const ColumnRef *c, int64_t row) {
    return (const char *)c->data + (size_t)row * column_stride(c->code);
}

#define LOAD_AS(T, out, how)                                                                                           \
    do {                                                                                                               \
        const T *p_ = (const T *)c->data + from;                                                                       \
        for (int64_t i = 0; i < n; i++) (out)[i] = (how);                                                              \
    } while (0)

void column_ints(const ColumnRef *c, int64_t from, int64_t n, int64_t *out) {
    int64_t base = c->base;
    switch (c->code.width) {
    case 1: LOAD_AS(uint8_t, out, base + p_[i]); break;
    case 2: LOAD_AS(uint16_t, out, base + p_[i]); break;
    case 4: LOAD_AS(uint32_t, out, base + p_[i]); break;
    case 8: LOAD_AS(int64_t, out, p_[i]); break;
    case 16: LOAD_AS(Int128, out, (int64_t)p_[i]); break;
    }
}

void column_wides(const ColumnRef *c, int64_t from, int64_t n, Int128 *out) {
    int64_t base = c->base;
    switch (c->code.width) {
    case 1: LOAD_AS(uint8_t, out, (Int128)base + p_[i]); break;
    case 2: LOAD_AS(uint16_t, out, (Int128)base + p_[i]); break;
    case 4: LOAD_AS(uint32_t, out, (Int128)base + p_[i]); break;
    case 8: LOAD_AS(int64_t, out, p_[i]); break;
    case 16: LOAD_AS(Int128, out, p_[i]); break;
    }
}

static uint32_t code_at(const void *data, uint8_t width, int64_t row) {
    if (width == 1) return ((const uint8_t *)data)[row];
    if (width == 2) return ((const uint16_t *)data)[row];
    return ((const uint32_t *)data)[row];
}

TextView column_text(const ColumnRef *c, int64_t row) {
    if (column_null(c, row)) return (TextView){"", 0};
    if (c->code.kind == CODE_VIEW) return ((const TextView *)c->data)[row];
    return c->dict->at[code_at(c->data, c->code.width, row)];
}

static Value int_value(const Type *t, Int128 v) {
    Value out = {.type = t};
    if (t->kind == TY_DECIMAL) out.dec = v;
    else if (t->kind == TY_BOOL) out.b = v != 0;
    else if (t->kind == TY_U64) out.u = (uint64_t)v;
    else out.i = (int64_t)v;
    return out;
}

static float half_value(const Type *t, uint16_t h) { return t->kind == TY_F16 ? f16_to_f32(h) : bf16_to_f32(h); }

static Value float_value(const Type *t, const void *p, uint8_t width) {
    Value out = {.type = t};
    if (width == 8) memcpy(&out.f64, p, 8);
    else if (width == 4) memcpy(&out.f32, p, 4);
    else out.f32 = half_value(t, *(const uint16_t *)p);
    return out;
}

Value column_value(const ColumnRef *c, const Type *t, int64_t row, Arena *a) {
    Value v = {.type = t, .null = column_null(c, row)};
    TextView text;
    Int128 wide;
    if (v.null) return v;
    switch ((CodeKind)c->code.kind) {
    case CODE_INT: column_wides(c, row, 1, &wide); return int_value(t, wide);
    case CODE_FLOAT: return float_value(t, column_row(c, row), c->code.width);
    case CODE_DICT:
    case CODE_VIEW:
        text = column_text(c, row);
        if (t->kind == TY_TENSOR) return ragged_read(t, (Str){text.p, text.n}, a);
        v.s = (Str){text.p, text.n};
        return v;
    case CODE_TENSOR: v.t.data = (void *)(uintptr_t)column_row(c, row); v.t.shape = t->dims; return v;
    case CODE_INTERVAL: memcpy(&v.interval, column_row(c, row), sizeof v.interval); return v;
    }
    return v;
}

bool ints_fit(uint8_t width, int64_t base, Int128 min, Int128 max) {
    if (width == 16) return true;
    if (width == 8) return min >= INT64_MIN && max <= INT64_MAX;
    return min >= base && max - base < (Int128)1 << (8 * width);
}

#define STORE_AS(T)                                                                                                    \
    for (int64_t i = 0; i < n; i++) ((T *)out)[i] = (T)((uint64_t)v[i] - (uint64_t)base)

void ints_store(void *out, uint8_t width, int64_t base, const int64_t *v, int64_t n) {
    switch (width) {
    case 1: STORE_AS(uint8_t); break;
    case 2: STORE_AS(uint16_t); break;
    case 4: STORE_AS(uint32_t); break;
    case 8: memcpy(out, v, sizeof *v * (size_t)n); break;
    case 16:
        for (int64_t i = 0; i < n; i++) ((Int128 *)out)[i] = v[i];
        break;
    }
}

enum { STEP_ROWS = 1024 };

/* Widest first: the range of a step decides whether its values fit. */
static bool convert_ints(const ColumnRef *c, int64_t n, uint8_t width, int64_t base, char *out) {
    Int128 wide[STEP_ROWS];
    int64_t narrow[STEP_ROWS];
    for (int64_t at = 0; at < n; at += STEP_ROWS) {
        int64_t m = n - at < STEP_ROWS ? n - at : STEP_ROWS;
        column_wides(c, at, m, wide);
        Int128 min = wide[0], max = wide[0];
        for (int64_t i = 1; i < m; i++) {
            if (wide[i] < min) min = wide[i];
            if (wide[i] > max) max = wide[i];
        }
        if (!ints_fit(width, base, min, max)) return false;
        if (width == 16) memcpy(out + (size_t)at * 16, wide, (size_t)m * 16);
        else {
            for (int64_t i = 0; i < m; i++) narrow[i] = (int64_t)wide[i];
            ints_store(out + (size_t)at * width, width, base, narrow, m);
        }
    }
    return true;
}

static void convert_views(const ColumnRef *c, int64_t n, TextView *out) {
    for (int64_t i = 0; i < n; i++) out[i] = column_text(c, i);
}

static void put_code(void *out, uint8_t width, int64_t row, uint32_t code) {
    if (width == 1) ((uint8_t *)out)[row] = (uint8_t)code;
    else if (width == 2) ((uint16_t *)out)[row] = (uint16_t)code;
    else ((uint32_t *)out)[row] = code;
}

static bool recode(const ColumnRef *c, int64_t n, uint8_t width, const Dict *to, BlockPool *pool, void *out) {
    uint32_t *map = block_zalloc(pool, sizeof *map * ((size_t)c->dict->n + 1));
    if (!map) return false;
    dict_map(c->dict, to, map);
    for (int64_t i = 0; i < n; i++) put_code(out, width, i, map[code_at(c->data, c->code.width, i)]);
    block_free(map);
    return true;
}

static bool encode_views(const ColumnRef *c, int64_t n, uint8_t width, const Dict *to, void *out) {
    for (int64_t i = 0; i < n; i++) {
        int64_t code = column_null(c, i) ? 0 : dict_find(to, ((const TextView *)c->data)[i]);
        if (code < 0) return false;
        put_code(out, width, i, (uint32_t)code);
    }
    return true;
}

static bool same_layout(ColumnCode a, ColumnCode b) { return a.kind == b.kind && column_stride(a) == column_stride(b); }

static void repitch(const ColumnRef *c, int64_t n, uint32_t pitch, char *out) {
    uint32_t bytes = c->code.pitch < pitch ? c->code.pitch : pitch;
    memset(out, 0, (size_t)n * pitch);
    for (int64_t i = 0; i < n; i++) memcpy(out + (size_t)i * pitch, column_row(c, i), bytes);
}

void *column_convert(const ColumnRef *c, int64_t n, ColumnCode want, int64_t base, const Dict *to, BlockPool *pool, bool *fits) {
    bool text = c->code.kind == CODE_DICT || c->code.kind == CODE_VIEW, done = true;
    char *out = block_alloc(pool, column_bytes(want, n));
    *fits = true;
    if (!out) return NULL;
    if (c->code.kind == CODE_INT && want.kind == CODE_INT) *fits = convert_ints(c, n, want.width, base, out);
    else if (text && want.kind == CODE_VIEW) convert_views(c, n, (TextView *)out);
    else if (c->code.kind == CODE_DICT && want.kind == CODE_DICT) done = recode(c, n, want.width, to, pool, out);
    else if (text && want.kind == CODE_DICT) *fits = encode_views(c, n, want.width, to, out);
    else if (c->code.kind == CODE_TENSOR && want.kind == CODE_TENSOR) repitch(c, n, want.pitch, out);
    else if (same_layout(c->code, want)) memcpy(out, c->data, (size_t)n * column_stride(want));
    else *fits = false;
    if (*fits && done) return out;
    block_free(out);
    return NULL;
}

#define TAKE_AS(T)                                                                                                     \
    for (int64_t i = 0; i < n; i++) ((T *)out)[i] = ((const T *)c->data)[rows[i]]

void *column_take(const ColumnRef *c, const uint32_t *rows, int64_t n, BlockPool *pool) {
    size_t stride = column_stride(c->code);
    char *out = block_alloc(pool, column_bytes(c->code, n));
    if (!out) return NULL;
    switch (stride) {
    case 1: TAKE_AS(uint8_t); break;
    case 2: TAKE_AS(uint16_t); break;
    case 4: TAKE_AS(uint32_t); break;
    case 8: TAKE_AS(uint64_t); break;
    case 16: TAKE_AS(Int128); break;
    default:
        for (int64_t i = 0; i < n; i++) memcpy(out + (size_t)i * stride, column_row(c, rows[i]), stride);
    }
    return out;
}
