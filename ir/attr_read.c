/* Attributes from text, as attr_print writes them. */
#include "base/date.h"
#include "base/number.h"
#include "base/vec.h"
#include "ir/attr.h"

typedef struct Reader {
    Ir *ir;
    const char *s;
    const char *why;
} Reader;

static bool fail(Reader *r, const char *expected) {
    if (!r->why) r->why = arena_printf(ir_arena(r->ir), "expected %s at \"%.20s\"", expected, r->s);
    return false;
}

static void blanks(Reader *r) {
    while (*r->s == ' ') r->s++;
}

static bool take(Reader *r, const char *word) {
    blanks(r);
    size_t n = strlen(word);
    if (strncmp(r->s, word, n) != 0) return false;
    r->s += n;
    return true;
}

static bool next_is(Reader *r, const char *word) {
    blanks(r);
    return strncmp(r->s, word, strlen(word)) == 0;
}

/* What stands before the next separator: a number, a date, a word. */
static Str atom(Reader *r) {
    blanks(r);
    size_t n = strcspn(r->s, " ,{}[]\n");
    Str s = {r->s, n};
    r->s += n;
    return s;
}

static bool read_int(Reader *r, int64_t *out) {
    const char *at = r->s;
    if (parse_i64(atom(r), out)) return true;
    r->s = at;
    return fail(r, "an integer");
}

static bool read_bool(Reader *r, bool *out) {
    *out = take(r, "true");
    return *out || take(r, "false") || fail(r, "true or false");
}

static bool read_ints(Reader *r, IntList *out) {
    VEC(int64_t) list = {0};
    bool ok = take(r, "[") || fail(r, "[");
    bool more = ok && !take(r, "]");
    while (ok && more) {
        ok = read_int(r, vec_push(&list));
        more = ok && take(r, ",");
        if (ok && !more) ok = take(r, "]") || fail(r, "]");
    }
    *out = (IntList){(uint32_t)list.n, arena_copy(ir_arena(r->ir), list.at, list.n * sizeof(int64_t))};
    vec_free(&list);
    return ok;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two hexadecimal digits, or -1. */
static int hex_byte(const char *s) {
    int hi = hex_digit(s[0]), lo = hi < 0 ? -1 : hex_digit(s[1]);
    return lo < 0 ? -1 : hi * 16 + lo;
}

/* One character of a quoted text; false at the closing quote or a wrong escape. */
static bool read_char(Reader *r, Buf *b) {
    if (*r->s == '"' || *r->s == 0) return false;
    if (*r->s != '\\') return buf_putc(b, *r->s++), true;
    int byte = r->s[1] == 'x' ? hex_byte(r->s + 2) : -1;
    if (byte >= 0) buf_putc(b, (char)byte), r->s += 4;
    else if (r->s[1] == '"' || r->s[1] == '\\') buf_putc(b, r->s[1]), r->s += 2;
    else return false;
    return true;
}

static bool read_quoted(Reader *r, Str *out) {
    Buf b = {0};
    if (!take(r, "\"")) return fail(r, "a quoted text");
    while (read_char(r, &b)) continue;
    *out = (Str){arena_strndup(ir_arena(r->ir), b.n ? b.p : "", b.n), b.n};
    buf_free(&b);
    return take(r, "\"") || fail(r, "\"");
}

static bool read_text(Reader *r, const char **out) {
    Str s;
    if (take(r, "null")) return *out = NULL, true;
    if (!read_quoted(r, &s)) return false;
    *out = ir_name(r->ir, s.p);
    return true;
}

static bool read_type(Reader *r, const Type **out) {
    const char *end;
    blanks(r);
    *out = type_parse(ir_types(r->ir), r->s, &end);
    if (!*out) return fail(r, "a type");
    r->s = end;
    return true;
}

/* ---- values ---- */

static bool read_payload(Reader *r, Value *v);

static bool read_item(Reader *r, const Type *t, Value *v) {
    *v = (Value){.type = t};
    v->null = take(r, "null");
    return v->null || read_payload(r, v);
}

/* Items of a list have its element's type, those of a struct their field's. */
static bool read_items(Reader *r, Value *v) {
    VEC(Value) items = {0};
    bool ok = take(r, "{") || fail(r, "{");
    bool more = ok && !take(r, "}");
    while (ok && more) {
        const Type *t = v->type->kind == TY_LIST ? v->type->elem
                        : items.n < v->type->n   ? v->type->fields[items.n]
                                                 : NULL;
        ok = t ? read_item(r, t, vec_push(&items)) : fail(r, "no more fields");
        more = ok && take(r, ",");
        if (ok && !more) ok = take(r, "}") || fail(r, "}");
    }
    v->list.n = items.n;
    v->list.at = arena_copy(ir_arena(r->ir), items.at, items.n * sizeof(Value));
    vec_free(&items);
    return ok;
}

static bool read_bytes(Reader *r, unsigned char *p, int64_t n) {
    if (!take(r, "\"")) return fail(r, "the bytes of a tensor");
    for (int64_t i = 0; i < n; i++, r->s += 2) {
        int byte = hex_byte(r->s);
        if (byte < 0) return fail(r, "two hexadecimal digits");
        p[i] = (unsigned char)byte;
    }
    return take(r, "\"") || fail(r, "the end of the tensor");
}

static bool shape_fits(const Type *t, const IntList *shape, int64_t *elems) {
    *elems = 1;
    for (uint32_t i = 0; i < shape->n; i++) {
        if (shape->at[i] < 0 || (t->dims[i] != DIM_ANY && t->dims[i] != shape->at[i])) return false;
        if (__builtin_mul_overflow(*elems, shape->at[i], elems)) return false;
    }
    return true;
}

static bool read_tensor(Reader *r, Value *v) {
    IntList shape;
    int64_t elems;
    if (!read_ints(r, &shape)) return false;
    if (shape.n != v->type->n || !shape_fits(v->type, &shape, &elems)) return fail(r, "a shape of the type");
    int64_t bytes = elems * type_bytes(v->type->elem);
    if ((size_t)bytes > strlen(r->s)) return fail(r, "the bytes of a tensor");
    v->t.data = arena_alloc(ir_arena(r->ir), (size_t)bytes);
    v->t.shape = type_elems(v->type) == DIM_ANY ? shape.at : NULL;
    return read_bytes(r, v->t.data, bytes);
}

static bool read_micros(Reader *r, int64_t *out) {
    Str s = atom(r);
    if (s.n > 2 && memcmp(s.p + s.n - 2, "us", 2) == 0 && parse_i64((Str){s.p, s.n - 2}, out)) return true;
    return fail(r, "microseconds");
}

static bool read_interval(Reader *r, Interval *out) {
    IntList l;
    if (!read_ints(r, &l)) return false;
    if (l.n != 3) return fail(r, "months, days and microseconds");
    *out = (Interval){(int32_t)l.at[0], (int32_t)l.at[1], l.at[2]};
    return true;
}

static bool read_date(Reader *r, Value *v) {
    int32_t days;
    if (!parse_date(atom(r), &days)) return fail(r, "a date");
    v->i = days;
    return true;
}

static bool read_payload(Reader *r, Value *v) {
    const Type *t = v->type;
    switch (t->kind) {
    case TY_BOOL: return read_bool(r, &v->b);
    case TY_I8:
    case TY_I16:
    case TY_I32:
    case TY_I64: return read_int(r, &v->i);
    case TY_U8:
    case TY_U16:
    case TY_U32:
    case TY_U64: return parse_u64(atom(r), &v->u) || fail(r, "an integer");
    case TY_F16:
    case TY_BF16:
    case TY_F32: return parse_f32(atom(r), &v->f32) || fail(r, "a number");
    case TY_F64: return parse_f64(atom(r), &v->f64) || fail(r, "a number");
    case TY_DECIMAL:
        return parse_decimal(atom(r), t->precision, t->scale, &v->dec) || fail(r, "a decimal number");
    case TY_DATE: return read_date(r, v);
    case TY_TIME:
    case TY_TIMESTAMP: return read_micros(r, &v->i);
    case TY_INTERVAL: return read_interval(r, &v->interval);
    case TY_VARCHAR:
    case TY_BLOB: return read_quoted(r, &v->s);
    case TY_LIST:
    case TY_STRUCT: return read_items(r, v);
    case TY_TENSOR: return read_tensor(r, v);
    case TY_NULL:
    case TY_REL:
    case TY_COUNT: break;
    }
    return fail(r, "null");
}

static bool read_value(Reader *r, Value *out) {
    const Type *t;
    return read_type(r, &t) && read_item(r, t, out);
}

static bool read_field(Reader *r, FieldKind k, void *out) {
    switch (k) {
    case FIELD_INT:
    case FIELD_OPTION: return read_int(r, out);
    case FIELD_BOOL: return read_bool(r, out);
    case FIELD_F64: return parse_f64(atom(r), out) || fail(r, "a number");
    case FIELD_TEXT: return read_text(r, out);
    case FIELD_TYPE: return read_type(r, out);
    case FIELD_VALUE: return read_value(r, out);
    case FIELD_INTS: return read_ints(r, out);
    }
    BUG("field kind %d", k);
}

bool attr_read(Ir *ir, AttrKind k, const char **s, void *out, const char **why) {
    FieldInfo f[ATTR_MAX_FIELDS];
    Reader r = {ir, *s, NULL};
    size_t n = attr_fields(k, f);
    bool ok = true;
    for (size_t i = 0; i < n && ok; i++) {
        if (f[i].kind == FIELD_OPTION && !next_is(&r, ",")) continue;
        ok = take(&r, i ? "," : "{") || fail(&r, i ? "," : "{");
        ok = ok && ((take(&r, f[i].name) && take(&r, "=")) || fail(&r, f[i].name));
        ok = ok && read_field(&r, f[i].kind, (char *)out + f[i].offset);
    }
    if (ok && n) ok = take(&r, "}") || fail(&r, "}");
    *s = r.s;
    *why = r.why;
    return ok;
}
