/* Attributes as text. Values say their type first, so that the literal behind it can be read without
 * guessing. */
#include "base/date.h"
#include "base/number.h"
#include "ir/attr.h"

static void print_quoted(Buf *b, Str s) {
    buf_putc(b, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char ch = (unsigned char)s.p[i];
        if (ch == '"' || ch == '\\') buf_printf(b, "\\%c", ch);
        else if (ch < ' ' || ch == 127) buf_printf(b, "\\x%02x", ch);
        else buf_putc(b, (char)ch);
    }
    buf_putc(b, '"');
}

static void print_ints(Buf *b, uint32_t n, const int64_t *at) {
    buf_putc(b, '[');
    for (uint32_t i = 0; i < n; i++) buf_printf(b, "%s%lld", i ? ", " : "", (long long)at[i]);
    buf_putc(b, ']');
}

static void print_payload(Buf *b, const Value *v);

static void print_item(Buf *b, const Value *v) {
    if (v->null) buf_puts(b, "null");
    else print_payload(b, v);
}

static void print_items(Buf *b, const Value *v) {
    buf_putc(b, '{');
    for (size_t i = 0; i < v->list.n; i++) {
        if (i) buf_puts(b, ", ");
        print_item(b, &v->list.at[i]);
    }
    buf_putc(b, '}');
}

/* The shape, then the elements' bytes in memory order: exact for every element type. */
static void print_tensor(Buf *b, const Value *v) {
    const int64_t *dims = v->t.shape ? v->t.shape : v->type->dims;
    const unsigned char *p = v->t.data;
    int64_t elems = 1;
    for (uint32_t i = 0; i < v->type->n; i++) elems *= dims[i];
    print_ints(b, v->type->n, dims);
    buf_puts(b, " \"");
    for (int64_t i = 0, n = elems * type_bytes(v->type->elem); i < n; i++) buf_printf(b, "%02x", p[i]);
    buf_putc(b, '"');
}

static void print_payload(Buf *b, const Value *v) {
    switch (v->type->kind) {
    case TY_BOOL: buf_puts(b, v->b ? "true" : "false"); return;
    case TY_I8:
    case TY_I16:
    case TY_I32:
    case TY_I64: print_i64(b, v->i); return;
    case TY_U8:
    case TY_U16:
    case TY_U32:
    case TY_U64: print_u64(b, v->u); return;
    case TY_F16:
    case TY_BF16:
    case TY_F32: print_f32(b, v->f32); return;
    case TY_F64: print_f64(b, v->f64); return;
    case TY_DECIMAL: print_decimal(b, v->dec, v->type->scale); return;
    case TY_DATE: print_date(b, (int32_t)v->i); return;
    case TY_TIME:
    case TY_TIMESTAMP: buf_printf(b, "%lldus", (long long)v->i); return;
    case TY_INTERVAL:
        print_ints(b, 3, (int64_t[]){v->interval.months, v->interval.days, v->interval.micros});
        return;
    case TY_VARCHAR:
    case TY_BLOB: print_quoted(b, v->s); return;
    case TY_LIST:
    case TY_STRUCT: print_items(b, v); return;
    case TY_TENSOR: print_tensor(b, v); return;
    case TY_NULL:
    case TY_REL:
    case TY_COUNT: break;
    }
    BUG("a constant of type %s", type_kind_text(v->type->kind));
}

static void print_value(Buf *b, const Value *v) {
    type_print(b, v->type, true);
    buf_putc(b, ' ');
    print_item(b, v);
}

static void print_field(Buf *b, FieldKind k, const void *p) {
    switch (k) {
    case FIELD_INT:
    case FIELD_OPTION: print_i64(b, *(const int64_t *)p); return;
    case FIELD_BOOL: buf_puts(b, *(const bool *)p ? "true" : "false"); return;
    case FIELD_F64: print_f64(b, *(const double *)p); return;
    case FIELD_TEXT: {
        const char *s = *(const char *const *)p;
        if (s) print_quoted(b, str_of(s));
        else buf_puts(b, "null");
        return;
    }
    case FIELD_TYPE: type_print(b, *(const Type *const *)p, true); return;
    case FIELD_VALUE: print_value(b, p); return;
    case FIELD_INTS: {
        const IntList *l = p;
        print_ints(b, l->n, l->at);
        return;
    }
    }
    BUG("field kind %d", k);
}

void attr_print(Buf *b, AttrKind k, const void *a) {
    FieldInfo f[ATTR_MAX_FIELDS];
    size_t n = attr_fields(k, f);
    for (size_t i = 0; i < n; i++) {
        if (f[i].kind == FIELD_OPTION && !*(const int64_t *)((const char *)a + f[i].offset)) continue;
        buf_printf(b, "%s%s=", i ? ", " : "{", f[i].name);
        print_field(b, f[i].kind, (const char *)a + f[i].offset);
    }
    if (n) buf_putc(b, '}');
}
