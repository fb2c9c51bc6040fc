/* Types as text: the SQL spelling, and reading it with its synonyms. */
#include "base/str.h"
#include "base/type.h"
#include "base/vec.h"
#include <string.h>

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool plain_name(const char *s) {
    if (!is_letter(*s)) return false;
    while (is_letter(*s) || is_digit(*s)) s++;
    return *s == 0;
}

void type_print_name(Buf *b, const char *s) {
    if (plain_name(s)) {
        buf_puts(b, s);
        return;
    }
    buf_putc(b, '"');
    for (; *s; s++) {
        if (*s == '"') buf_putc(b, '"');
        buf_putc(b, *s);
    }
    buf_putc(b, '"');
}

static void print_fields(Buf *b, const Type *t, bool with_null) {
    buf_putc(b, '(');
    for (uint32_t i = 0; i < t->n; i++) {
        if (i) buf_puts(b, ", ");
        if (t->names) {
            type_print_name(b, t->names[i]);
            buf_putc(b, ' ');
        }
        type_print(b, t->fields[i], with_null);
    }
    buf_putc(b, ')');
}

static void print_tensor(Buf *b, const Type *t) {
    buf_puts(b, "TENSOR(");
    type_print(b, t->elem, false);
    for (uint32_t i = 0; i < t->n; i++) {
        if (t->dims[i] == DIM_ANY) buf_puts(b, ", *");
        else buf_printf(b, ", %lld", (long long)t->dims[i]);
    }
    buf_putc(b, ')');
}

static void print_not_null(Buf *b, const Type *t, bool with_null) {
    if (t->kind == TY_LIST) {
        type_print(b, t->elem, with_null);
        buf_puts(b, "[]");
    } else if (t->kind == TY_TENSOR) {
        print_tensor(b, t);
    } else {
        buf_puts(b, type_kind_text(t->kind));
        if (t->kind == TY_DECIMAL) buf_printf(b, "(%d,%d)", t->precision, t->scale);
        if (t->fields) print_fields(b, t, with_null);
    }
}

void type_print(Buf *b, const Type *t, bool with_null) {
    print_not_null(b, t, with_null);
    if (with_null && !t->nullable && t->kind != TY_REL) buf_puts(b, " NOT NULL");
}

/* ---- reading ---- */

enum { MAX_DEPTH = 64, MAX_FIELDS = 4096 };

typedef struct Reader {
    TypePool *pool;
    const char *at;
    int depth;
} Reader;

static const Type *read_type(Reader *r);

static void skip_blanks(Reader *r) {
    while (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r') r->at++;
}

/* Nothing is taken, blanks included, when the next character is another. */
static bool take(Reader *r, char c) {
    const char *from = r->at;
    skip_blanks(r);
    if (*r->at == c) return r->at++, true;
    r->at = from;
    return false;
}

static Str take_word(Reader *r) {
    skip_blanks(r);
    const char *from = r->at;
    if (is_letter(*r->at))
        while (is_letter(*r->at) || is_digit(*r->at)) r->at++;
    return (Str){from, (size_t)(r->at - from)};
}

/* Takes all the words or none. */
static bool take_words(Reader *r, const char *a, const char *b) {
    const char *from = r->at;
    if (str_ieq(take_word(r), str_of(a)) && (!b || str_ieq(take_word(r), str_of(b)))) return true;
    r->at = from;
    return false;
}

static bool take_number(Reader *r, int64_t max, int64_t *out) {
    skip_blanks(r);
    const char *s = r->at;
    int64_t n = 0;
    for (; is_digit(*s); s++) {
        n = n * 10 + (*s - '0');
        if (n > max) return false;
    }
    if (s == r->at) return false;
    r->at = s;
    *out = n;
    return true;
}

/* The kinds that are one word, and how else people spell them. INT8 counts bits like UINT8, not bytes. */
/* clang-format off */
static const struct {
    const char *text;
    TypeKind kind;
} words[] = {
    {"BOOL", TY_BOOL},      {"INT8", TY_I8},       {"INT16", TY_I16},       {"INT32", TY_I32},
    {"INT", TY_I32},        {"INT64", TY_I64},     {"UINT8", TY_U8},        {"UINT16", TY_U16},
    {"UINT32", TY_U32},     {"UINT64", TY_U64},    {"HALF", TY_F16},        {"REAL", TY_F32},
    {"FLOAT64", TY_F64},    {"FLOAT", TY_F64},     {"NUMERIC", TY_DECIMAL}, {"DEC", TY_DECIMAL},
    {"DATETIME", TY_TIMESTAMP}, {"TEXT", TY_VARCHAR}, {"STRING", TY_VARCHAR}, {"CHAR", TY_VARCHAR},
    {"CHARACTER", TY_VARCHAR},  {"BYTEA", TY_BLOB},   {"BYTES", TY_BLOB},
};
/* clang-format on */

static bool kind_of_word(Str word, TypeKind *kind) {
    for (TypeKind k = 0; k < TY_COUNT; k++)
        if (str_ieq(word, str_of(type_kind_text(k)))) return *kind = k, k != TY_LIST;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (str_ieq(word, str_of(words[i].text))) return *kind = words[i].kind, true;
    return false;
}

/* DECIMAL alone is DECIMAL(18,3), DECIMAL(p) is DECIMAL(p,0). */
static const Type *read_decimal(Reader *r) {
    int64_t precision = 18, scale = 3;
    if (take(r, '(')) {
        scale = 0;
        if (!take_number(r, DECIMAL_MAX_DIGITS, &precision) || precision < 1) return NULL;
        if (take(r, ',') && !take_number(r, precision, &scale)) return NULL;
        if (!take(r, ')')) return NULL;
    }
    return type_decimal(r->pool, (int)precision, (int)scale);
}

/* The length of VARCHAR(25) and CHAR(10) is read and not kept. */
static const Type *read_text(Reader *r) {
    int64_t length;
    take_words(r, "VARYING", NULL);
    if (take(r, '(') && !(take_number(r, INT32_MAX, &length) && take(r, ')'))) return NULL;
    return type_get(r->pool, TY_VARCHAR);
}

/* FLOAT(p) counts binary digits: to 24 FLOAT32, to 53 DOUBLE (the standard, as PostgreSQL reads it). */
static const Type *read_double(Reader *r) {
    int64_t digits = 53;
    take_words(r, "PRECISION", NULL);
    if (take(r, '(') && !(take_number(r, 53, &digits) && digits > 0 && take(r, ')'))) return NULL;
    return type_get(r->pool, digits <= 24 ? TY_F32 : TY_F64);
}

static bool is_element(const Type *t) { return type_is_integer(t) || type_is_float(t) || t->kind == TY_BOOL; }

/* Sizes whose product no machine can hold are refused here, so that sizes multiply safely everywhere. */
static const Type *read_tensor(Reader *r) {
    int64_t dims[TENSOR_MAX_RANK], known = 1;
    uint32_t rank = 0;
    const Type *elem = take(r, '(') ? read_type(r) : NULL;
    if (!elem || !is_element(elem)) return NULL;
    while (take(r, ',')) {
        if (rank == TENSOR_MAX_RANK) return NULL;
        if (take(r, '*')) dims[rank] = DIM_ANY;
        else if (!take_number(r, INT64_C(1) << 40, &dims[rank])) return NULL;
        if (dims[rank] > 0 && __builtin_mul_overflow(known, dims[rank], &known)) return NULL;
        rank++;
    }
    if (known > INT64_C(1) << 46 || !take(r, ')')) return NULL;
    return type_tensor(r->pool, elem, rank, dims);
}

/* A field's name, plain or in double quotes, in *out; the caller frees it. */
static bool read_name(Reader *r, char **out) {
    Buf b = {0};
    if (take(r, '"')) {
        for (; *r->at && (*r->at != '"' || r->at[1] == '"'); r->at++) {
            r->at += *r->at == '"';
            buf_putc(&b, *r->at);
        }
        if (!take(r, '"')) buf_clear(&b);
    } else {
        buf_str(&b, take_word(r));
    }
    *out = b.p;
    return b.n > 0;
}

typedef struct Fields {
    VEC(const Type *) types;
    VEC(char *) names;
} Fields;

static bool read_field(Reader *r, Fields *f, bool named) {
    if (f->types.n == MAX_FIELDS) return false;
    if (named && !read_name(r, vec_push(&f->names))) return false;
    const Type *t = read_type(r);
    *vec_push(&f->types) = t;
    return t != NULL;
}

static bool read_fields(Reader *r, Fields *f, bool named) {
    if (!take(r, '(')) return false;
    if (take(r, ')')) return true;
    do {
        if (!read_field(r, f, named)) return false;
    } while (take(r, ','));
    return take(r, ')');
}

static const Type *read_composite(Reader *r, TypeKind kind) {
    Fields f = {0};
    const Type *t = NULL;
    if (read_fields(r, &f, kind == TY_STRUCT)) {
        uint32_t n = (uint32_t)f.types.n;
        if (kind == TY_REL) t = type_rel(r->pool, n, f.types.at);
        else t = type_struct(r->pool, n, (const char *const *)f.names.at, f.types.at);
    }
    for (size_t i = 0; i < f.names.n; i++) free(f.names.at[i]);
    vec_free(&f.names);
    vec_free(&f.types);
    return t;
}

static const Type *read_base(Reader *r) {
    TypeKind kind;
    if (!kind_of_word(take_word(r), &kind)) return NULL;
    if (kind == TY_DECIMAL) return read_decimal(r);
    if (kind == TY_VARCHAR) return read_text(r);
    if (kind == TY_F64) return read_double(r);
    if (kind == TY_TENSOR) return read_tensor(r);
    if (kind == TY_STRUCT || kind == TY_REL) return read_composite(r, kind);
    return type_get(r->pool, kind);
}

/* A type is nullable until NOT NULL is read; `[]` and NOT NULL apply to what stands before them. */
static const Type *read_suffixes(Reader *r, const Type *t) {
    for (int depth = 0; t; depth++) {
        const char *from = r->at;
        if (take(r, '[')) {
            if (!take(r, ']')) return r->at = from, t;
            if (depth == MAX_DEPTH) return NULL;
            t = type_nullable(type_list(r->pool, t), true);
        } else if (take_words(r, "NOT", "NULL")) {
            t = type_nullable(t, false);
        } else {
            r->at = from;
            return t;
        }
    }
    return NULL;
}

static const Type *read_type(Reader *r) {
    if (r->depth == MAX_DEPTH) return NULL;
    r->depth++;
    const Type *t = read_base(r);
    r->depth--;
    return t ? read_suffixes(r, type_nullable(t, true)) : NULL;
}

const Type *type_parse(TypePool *p, const char *s, const char **end) {
    Reader r = {p, s, 0};
    const Type *t = read_type(&r);
    if (!t) return NULL;
    if (end) *end = r.at;
    else skip_blanks(&r);
    return !end && *r.at ? NULL : t;
}
