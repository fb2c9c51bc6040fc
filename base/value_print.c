/* Values as text: for people, for CAST(.. AS VARCHAR), and as literals that can be read back. */
#include "base/date.h"
#include "base/number.h"
#include <math.h>

/* A printer of one value inside a list, a struct or a tensor. */
typedef void (*PrintElem)(Buf *, const Value *);

/* More elements than this, and only the first ones show. */
enum { TENSOR_SHOWN = 10, TENSOR_FIRST = 8 };

static void print_quoted(Buf *b, Str s) {
    buf_putc(b, '\'');
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '\'') buf_putc(b, '\'');
        buf_putc(b, s.p[i]);
    }
    buf_putc(b, '\'');
}

static void print_blob(Buf *b, Str s) {
    buf_puts(b, "\\x");
    for (size_t i = 0; i < s.n; i++) {
        buf_putc(b, "0123456789ABCDEF"[(unsigned char)s.p[i] >> 4]);
        buf_putc(b, "0123456789ABCDEF"[s.p[i] & 15]);
    }
}

static void print_items(Buf *b, const Value *v, PrintElem print) {
    const Type *t = v->type;
    buf_putc(b, t->kind == TY_STRUCT ? '{' : '[');
    for (size_t i = 0; i < v->list.n; i++) {
        if (i) buf_puts(b, ", ");
        if (t->kind == TY_STRUCT) {
            type_print_name(b, t->names[i]);
            buf_puts(b, ": ");
        }
        print(b, &v->list.at[i]);
    }
    buf_putc(b, t->kind == TY_STRUCT ? '}' : ']');
}

/* Nested brackets, one level a dimension; *at is the next element. */
static void print_dims(Buf *b, const Value *t, uint32_t dim, int64_t *at, PrintElem print) {
    if (dim == t->type->n) {
        Value v = tensor_elem(t, (*at)++);
        print(b, &v);
        return;
    }
    buf_putc(b, '[');
    for (int64_t i = 0; i < tensor_dim(t, dim); i++) {
        if (i) buf_puts(b, ", ");
        print_dims(b, t, dim + 1, at, print);
    }
    buf_putc(b, ']');
}

static void print_whole_tensor(Buf *b, const Value *t, PrintElem print) {
    int64_t at = 0;
    print_dims(b, t, 0, &at, print);
}

/* TENSOR(FLOAT32, 2, 600) [0, 0.5, 1, ..]: type, shape and the first values in row-major order. */
static void print_tensor_start(Buf *b, const Value *t) {
    int64_t count = tensor_count(t), shown = count > TENSOR_SHOWN ? TENSOR_FIRST : count;
    buf_printf(b, "TENSOR(%s", type_kind_text(t->type->elem->kind));
    for (uint32_t i = 0; i < t->type->n; i++) buf_printf(b, ", %lld", (long long)tensor_dim(t, i));
    buf_puts(b, ") [");
    for (int64_t i = 0; i < shown; i++) {
        Value v = tensor_elem(t, i);
        if (i) buf_puts(b, ", ");
        value_print(b, &v);
    }
    buf_puts(b, shown < count ? ", ..]" : "]");
}

static void print_item(Buf *b, const Value *v) {
    if (!v->null && v->type->kind == TY_VARCHAR) print_quoted(b, v->s);
    else value_print(b, v);
}

void value_print(Buf *b, const Value *v) {
    if (v->null) {
        buf_puts(b, "NULL");
        return;
    }
    /* clang-format off */
    switch (v->type->kind) {
    case TY_NULL: case TY_REL: case TY_COUNT: buf_puts(b, "NULL"); break;
    case TY_BOOL: buf_puts(b, v->b ? "true" : "false"); break;
    case TY_I8: case TY_I16: case TY_I32: case TY_I64: print_i64(b, v->i); break;
    case TY_U8: case TY_U16: case TY_U32: case TY_U64: print_u64(b, v->u); break;
    case TY_F16: case TY_BF16: case TY_F32: print_f32(b, v->f32); break;
    case TY_F64: print_f64(b, v->f64); break;
    case TY_DECIMAL: print_decimal(b, v->dec, v->type->scale); break;
    case TY_DATE: print_date(b, (int32_t)v->i); break;
    case TY_TIME: print_time(b, v->i); break;
    case TY_TIMESTAMP: print_timestamp(b, v->i); break;
    case TY_INTERVAL: print_interval(b, v->interval); break;
    case TY_VARCHAR: buf_str(b, v->s); break;
    case TY_BLOB: print_blob(b, v->s); break;
    case TY_LIST: case TY_STRUCT: print_items(b, v, print_item); break;
    case TY_TENSOR: print_tensor_start(b, v); break;
    }
    /* clang-format on */
}

void value_print_whole(Buf *b, const Value *v) {
    if (!v->null && v->type->kind == TY_TENSOR) print_whole_tensor(b, v, value_print);
    else value_print(b, v);
}

/* ---- literals ---- */

/* A finite number is a literal of its own inside a tensor, whose cast gives it its type; -0 would lose
 * its sign. */
static void print_element_literal(Buf *b, const Value *v) {
    double f = !type_is_float(v->type) ? 1 : v->type->kind == TY_F64 ? v->f64 : v->f32;
    if (isfinite(f) && !(f == 0 && signbit(f))) value_print(b, v);
    else value_print_literal(b, v);
}

static bool is_plain_integer(const Value *v) { return v->type->kind == TY_I32 && v->i > INT32_MIN; }

static void print_payload(Buf *b, const Value *v) {
    if (v->null) {
        buf_puts(b, "NULL");
    } else if (v->type->kind == TY_LIST || v->type->kind == TY_STRUCT) {
        print_items(b, v, value_print_literal);
    } else if (v->type->kind == TY_TENSOR) {
        print_whole_tensor(b, v, print_element_literal);
    } else {
        Buf text = {0};
        value_print(&text, v);
        print_quoted(b, (Str){text.p, text.n});
        buf_free(&text);
    }
}

/* What a literal alone would not be: CAST('1.5' AS DOUBLE). */
static void print_cast(Buf *b, const Value *v) {
    buf_puts(b, "CAST(");
    print_payload(b, v);
    buf_puts(b, " AS ");
    type_print(b, v->type, false);
    buf_putc(b, ')');
}

static bool has_keyword(TypeKind k) {
    return k == TY_DATE || k == TY_TIME || k == TY_TIMESTAMP || k == TY_INTERVAL;
}

void value_print_literal(Buf *b, const Value *v) {
    if (v->type->kind == TY_NULL) {
        buf_puts(b, "NULL");
    } else if (v->null) {
        print_cast(b, v);
    } else if (v->type->kind == TY_BOOL) {
        buf_puts(b, v->b ? "TRUE" : "FALSE");
    } else if (is_plain_integer(v)) {
        value_print(b, v);
    } else if (v->type->kind == TY_VARCHAR) {
        print_quoted(b, v->s);
    } else if (has_keyword(v->type->kind)) {
        buf_printf(b, "%s ", type_kind_text(v->type->kind));
        print_payload(b, v);
    } else {
        print_cast(b, v);
    }
}
