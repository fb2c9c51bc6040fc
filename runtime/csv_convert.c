#include "runtime/csv_convert.h"
#include "base/number.h"
#include "runtime/csv_number.h"

/* One column's work. Converters return the first row that does not fit, or -1. */
typedef struct Job {
    const CsvDialect *d;
    const Type *type;
    const char *base;
    const CsvField *fields;
    int64_t n;
    bool has_nullstr;
    uint8_t *valid;
    void *out;
    char *texts;
    bool nulls;
} Job;

void csv_column_free(CsvColumn *c) {
    block_free(c->data);
    block_free(c->valid);
    block_free(c->texts);
    *c = (CsvColumn){0};
}

static Str text_of(const Job *j, int64_t i) { return (Str){j->base + j->fields[i].at, j->fields[i].n & CSV_LENGTH}; }

bool csv_is_null(const CsvDialect *d, const Type *type, const char *base, CsvField f) {
    if (f.n & CSV_QUOTED) return false;
    if (f.n == 0) return d->nullstr.n == 0 || type->kind != TY_VARCHAR;
    return str_eq((Str){base + f.at, f.n}, d->nullstr);
}

static bool slow_null(const Job *j, int64_t i) { return csv_is_null(j->d, j->type, j->base, j->fields[i]); }
static inline bool is_null(const Job *j, int64_t i) { return j->has_nullstr ? slow_null(j, i) : j->fields[i].n == 0; }

static void set_null(Job *j, int64_t i) {
    j->valid[i] = 0;
    j->nulls = true;
}

/* ---- numbers, dates ---- */

/* T *out; `expression` reads s into out[i], true if it could. */
#define EACH(T, expression)                                                                                            \
    do {                                                                                                               \
        T *out = j->out;                                                                                               \
        for (int64_t i = 0; i < j->n; i++) {                                                                           \
            if (is_null(j, i)) {                                                                                       \
                set_null(j, i);                                                                                        \
                out[i] = 0;                                                                                            \
                continue;                                                                                              \
            }                                                                                                          \
            const Str s = text_of(j, i);                                                                               \
            const uint32_t n = (uint32_t)s.n;                                                                          \
            (void)n;                                                                                                   \
            if (!(expression)) return i;                                                                               \
        }                                                                                                              \
        return -1;                                                                                                     \
    } while (0)

static int64_t convert_i64(Job *j) { EACH(int64_t, fast_i64(s.p, n, &out[i]) || parse_i64(s, &out[i])); }

static int64_t convert_small(Job *j) {
    int bits = 8 * type_bytes(j->type);
    bool positive = j->type->kind >= TY_U8 && j->type->kind <= TY_U32;
    int64_t max = ((int64_t)1 << (bits - !positive)) - 1, min = positive ? 0 : -max - 1;
    EACH(int64_t, (fast_i64(s.p, n, &out[i]) || parse_i64(s, &out[i])) && out[i] >= min && out[i] <= max);
}

static int64_t convert_u64(Job *j) {
    uint64_t v;
    EACH(Int128, parse_u64(s, &v) && (out[i] = (Int128)v, true));
}

static int64_t convert_f64(Job *j) { EACH(double, fast_f64(s.p, n, &out[i]) || parse_f64(s, &out[i])); }
static int64_t convert_f32(Job *j) { EACH(float, parse_f32(s, &out[i])); }

static int64_t convert_half(Job *j) {
    float f;
    bool bf16 = j->type->kind == TY_BF16;
    EACH(uint16_t, parse_f32(s, &f) && (out[i] = bf16 ? f32_to_bf16(f) : f32_to_f16(f), true));
}

static bool slow_decimal(const Type *t, Str s, int64_t *out) {
    Int128 v;
    if (!parse_decimal(s, t->precision, t->scale, &v)) return false;
    *out = (int64_t)v;
    return true;
}

static int64_t convert_decimal(Job *j) {
    const Type *t = j->type;
    int64_t unit = t->scale <= 8 ? (int64_t)decimal_pow10(t->scale) : 1, most = (int64_t)decimal_pow10(t->precision) - 1;
    bool fast = t->scale > 0 && t->scale <= 8;
    EACH(int64_t, (fast && fast_decimal(s.p, n, t->scale, unit, &out[i]) && out[i] <= most && out[i] >= -most) ||
                      slow_decimal(t, s, &out[i]));
}

static int64_t convert_wide_decimal(Job *j) { EACH(Int128, parse_decimal(s, j->type->precision, j->type->scale, &out[i])); }

static bool slow_date(Str s, int64_t *out) {
    int32_t days;
    if (!parse_date(s, &days)) return false;
    *out = days;
    return true;
}

static int64_t convert_date(Job *j) { EACH(int64_t, (n == 10 && fast_date(s.p, &out[i])) || slow_date(s, &out[i])); }
static int64_t convert_time(Job *j) { EACH(int64_t, parse_time(s, &out[i])); }

static int64_t convert_timestamp(Job *j) {
    EACH(int64_t, (n == 19 && fast_timestamp(s.p, &out[i])) || parse_timestamp(s, &out[i]));
}

static int64_t convert_bool(Job *j) {
    bool v;
    EACH(int64_t, parse_bool(s, &v) && (out[i] = v, true));
}

/* ---- texts ---- */

size_t csv_unescape(const CsvDialect *d, Str s, char *to) {
    char *at = to;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == d->escape && i + 1 < s.n) i++;
        *at++ = s.p[i];
    }
    return (size_t)(at - to);
}

/* Where row i's text is, without escapes. */
static Str plain_text(Job *j, int64_t i) {
    Str s = text_of(j, i);
    if (!(j->fields[i].n & CSV_ESCAPED)) return s;
    Str plain = {j->texts, csv_unescape(j->d, s, j->texts)};
    j->texts += plain.n;
    return plain;
}

static int64_t convert_text(Job *j) {
    TextView *out = j->out;
    for (int64_t i = 0; i < j->n; i++) {
        Str s = plain_text(j, i);
        bool null = is_null(j, i);
        if (null) set_null(j, i);
        out[i] = null ? (TextView){"", 0} : (TextView){s.p, s.n};
    }
    return -1;
}

static int64_t convert_interval(Job *j) {
    Interval *out = j->out;
    for (int64_t i = 0; i < j->n; i++) {
        bool null = is_null(j, i);
        out[i] = (Interval){0};
        if (null) set_null(j, i);
        else if (!parse_interval(text_of(j, i), NULL, &out[i])) return i;
    }
    return -1;
}

/* ---- a column ---- */

static int64_t convert(Job *j) {
    /* clang-format off */
    switch (j->type->kind) {
    case TY_BOOL: return convert_bool(j);
    case TY_I64: return convert_i64(j);
    case TY_I8: case TY_I16: case TY_I32: case TY_U8: case TY_U16: case TY_U32: return convert_small(j);
    case TY_U64: return convert_u64(j);
    case TY_F64: return convert_f64(j);
    case TY_F32: return convert_f32(j);
    case TY_F16: case TY_BF16: return convert_half(j);
    case TY_DECIMAL: return j->type->precision > 18 ? convert_wide_decimal(j) : convert_decimal(j);
    case TY_DATE: return convert_date(j);
    case TY_TIME: return convert_time(j);
    case TY_TIMESTAMP: return convert_timestamp(j);
    case TY_VARCHAR: return convert_text(j);
    case TY_INTERVAL: return convert_interval(j);
    case TY_NULL: case TY_BLOB: case TY_LIST: case TY_STRUCT: case TY_TENSOR: case TY_REL: case TY_COUNT: break;
    }
    /* clang-format on */
    return 0;
}

static bool make_room(void **block, size_t bytes, BlockPool *pool) {
    if (*block && block_room(*block) >= bytes) return true;
    block_free(*block);
    *block = block_alloc(pool, bytes);
    return *block != NULL;
}

/* Bytes that texts without their escapes take at most. */
static size_t escaped_bytes(const CsvField *fields, int64_t n) {
    size_t bytes = 0;
    for (int64_t i = 0; i < n; i++)
        if (fields[i].n & CSV_ESCAPED) bytes += fields[i].n & CSV_LENGTH;
    return bytes;
}

bool csv_convert(const CsvDialect *d, const Type *type, const char *base, const CsvField *fields, int64_t n, BlockPool *pool,
                 CsvColumn *out) {
    ColumnCode code = column_code_of(type, false);
    size_t texts = type->kind == TY_VARCHAR ? escaped_bytes(fields, n) : 0;
    if (!make_room(&out->data, column_bytes(code, n), pool) || !make_room((void **)&out->valid, (size_t)n, pool)) return false;
    if (texts && !make_room((void **)&out->texts, texts, pool)) return false;
    memset(out->valid, 1, (size_t)n);
    Job j = {d, type, base, fields, n, d->nullstr.n > 0, out->valid, out->data, out->texts, false};
    out->misfit = convert(&j);
    code.valid = j.nulls;
    out->ref = (ColumnRef){.code = code, .data = out->data, .valid = j.nulls ? out->valid : NULL};
    return true;
}
