/* Types as written to types: the text of the syntax is read by base's type_parse, the one list of names. */
#include "frontend/scope.h"

static void print_type(Buf *out, const Ast *t);

static void print_argument(Buf *out, const Ast *t) {
    if (t->kind == A_STAR) buf_putc(out, '*');
    else if (t->kind == A_INT) buf_puts(out, t->text);
    else print_type(out, t);
}

static void print_field(Buf *out, const Ast *field) {
    buf_putc(out, '"');
    for (const char *s = field->text; *s; s++) {
        if (*s == '"') buf_putc(out, '"');
        buf_putc(out, *s);
    }
    buf_puts(out, "\" ");
    print_type(out, field->kid[COLUMN_DEF_TYPE]);
}

static void print_list(Buf *out, const Ast *list, void (*print)(Buf *, const Ast *)) {
    for (uint32_t i = 0; i < list->n; i++) {
        buf_puts(out, i ? ", " : "(");
        print(out, list->kid[i]);
    }
    if (list->n) buf_putc(out, ')');
}

static void print_type(Buf *out, const Ast *t) {
    if (t->kind == A_LIST_TYPE) {
        print_type(out, t->kid[LIST_TYPE_ELEM]);
        buf_puts(out, "[]");
    } else if (t->kind == A_STRUCT_TYPE) {
        buf_puts(out, "STRUCT");
        print_list(out, t->kid[STRUCT_TYPE_FIELDS], print_field);
    } else {
        buf_puts(out, t->text);
        print_list(out, t->kid[TYPE_ARGS], print_argument);
    }
}

static const char *const known[] = {
    "boolean", "tinyint", "smallint",  "integer",  "bigint",  "utinyint", "usmallint", "uinteger",
    "ubigint", "float16", "bfloat16",  "real",     "float32", "double",   "float64",   "decimal",
    "date",    "time",    "timestamp", "interval", "varchar", "text",     "string",    "blob",
    "struct",  "tensor",  "int",       "uint8",    "uint16",  "uint32",   "uint64",    "int8",
    "int16",   "int32",   "int64",     "numeric",  "bool"};

/* A name that is a type's with arguments that are not, or no name of a type. */
static void report(Binder *b, const Ast *t, const char *text) {
    const size_t n = sizeof known / sizeof *known;
    for (size_t i = 0; t->kind == A_TYPE && i < n; i++) {
        if (strcmp(known[i], t->text) != 0) continue;
        diag_error(b->diags, E_BAD_LITERAL, t->span, text, "type");
        return;
    }
    diag_error(b->diags, E_UNKNOWN_TYPE, t->span, text);
    if (t->kind == A_TYPE) diag_did_you_mean(b->diags, t->text, known, n);
}

const Type *bind_type(Binder *b, const Ast *t) {
    Buf text = {0};
    print_type(&text, t);
    const Type *type = type_parse(b->types, text.p, NULL);
    if (!type) report(b, t, arena_strndup(b->arena, text.p, text.n));
    buf_free(&text);
    return type;
}
