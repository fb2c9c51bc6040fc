#include "frontend/constant.h"
#include "base/number.h"

static bool not_constant(Binder *b, const Ast *t, const char *what, const char *of) {
    diag_error(b->diags, E_NOT_CONSTANT, t->span, what, of);
    return false;
}

static bool common_type(Binder *b, const Ast *t, const char *what, uint32_t n, const Value *v, const Type **out) {
    *out = v[0].type;
    for (uint32_t i = 1; i < n; i++)
        if (!(*out = type_common(b->types, *out, v[i].type))) return not_constant(b, t, what, "a list of one type");
    return true;
}

static bool list_value(Binder *b, const Ast *t, const char *what, Value *out) {
    const Ast *items = t->kid[ARRAY_ITEMS];
    Value *v = ARENA_ARRAY(b->arena, Value, items->n);
    const Type *elem;
    const char *why;
    for (uint32_t i = 0; i < items->n; i++)
        if (!constant_value(b, items->kid[i], what, &v[i])) return false;
    if (items->n == 0) return not_constant(b, t, what, "a list of something");
    if (!common_type(b, t, what, items->n, v, &elem)) return false;
    for (uint32_t i = 0; i < items->n; i++)
        if (!v[i].null && !value_cast(b->arena, &v[i], type_nullable(elem, false), &v[i], &why))
            return not_constant(b, t, what, "a list of one type");
    *out = (Value){.type = type_list(b->types, elem), .list = {v, items->n}};
    return true;
}

bool constant_value(Binder *b, const Ast *t, const char *what, Value *out) {
    if (t->kind == A_ARRAY) return list_value(b, t, what, out);
    bool literal = t->kind == A_UNARY || t->kind == A_INT || t->kind == A_NUMBER || t->kind == A_STRING ||
                   t->kind == A_BOOL || t->kind == A_NULL || t->kind == A_TYPED;
    if (!literal) return not_constant(b, t, what, "a literal");
    Scope none = {.clause = what};
    Expr e = bind_expr(b, &none, t);
    if (!e.node) return false;
    return bind_constant(b, e, out) || not_constant(b, t, what, "a literal");
}

static bool is_minus(const Ast *t) { return t->kind == A_UNARY && *t->text == '-'; }

bool constant_int(Binder *b, const Ast *t, const char *what, int64_t *out) {
    const Ast *digits = is_minus(t) ? t->kid[UNARY_ARG] : t;
    if (digits->kind != A_INT || !parse_i64(str_of(digits->text), out))
        return not_constant(b, t, what, "a whole number");
    if (is_minus(t)) *out = -*out;
    return true;
}

bool constant_bool(Binder *b, const Ast *t, const char *what, bool *out) {
    if (t->kind != A_BOOL) return not_constant(b, t, what, "TRUE or FALSE");
    *out = strcmp(t->text, "true") == 0;
    return true;
}

bool constant_double(Binder *b, const Ast *t, const char *what, double *out) {
    const Ast *digits = is_minus(t) ? t->kid[UNARY_ARG] : t;
    bool number = digits->kind == A_INT || digits->kind == A_NUMBER;
    if (!number || !parse_f64(str_of(digits->text), out)) return not_constant(b, t, what, "a number");
    if (is_minus(t)) *out = -*out;
    return true;
}

const char *constant_text(Binder *b, const Ast *t, const char *what) {
    if (t->kind == A_STRING) return t->text;
    not_constant(b, t, what, "a text in quotes");
    return NULL;
}

bool constant_ints(Binder *b, const Ast *t, const char *what, uint32_t max, uint32_t *n, int64_t *out) {
    *n = 1;
    if (t->kind != A_ARRAY && t->kind != A_TUPLE) return constant_int(b, t, what, out);
    const Ast *items = t->kid[0];
    *n = items->n;
    if (items->n > max || items->n == 0)
        return not_constant(b, t, what, arena_printf(b->arena, "1 to %u whole numbers", max));
    for (uint32_t i = 0; i < items->n; i++)
        if (!constant_int(b, items->kid[i], what, &out[i])) return false;
    return true;
}
