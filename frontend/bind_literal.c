/* Literals and parameters. A number without a point is INTEGER, BIGINT or DECIMAL by its size, with a point
 * DECIMAL of exactly its digits, with an exponent DOUBLE; what it meets may make it another type
 * (bind_cast.c).
 */
#include "base/date.h"
#include "base/number.h"
#include "frontend/scope.h"

static Expr literal(Binder *b, Literal lit, const char *text, Value v, Span at) {
    return (Expr){.node = ir_const(b->ir, v), .lit = lit, .text = text, .span = at};
}

Expr bind_null(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    return (Expr){.node = ir_null(b->ir, type_get(b->types, TY_NULL)), .lit = LIT_NULL, .span = t->span};
}

Expr bind_bool(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    return expr_of(ir_bool(b->ir, strcmp(t->text, "true") == 0), t->span);
}

Expr bind_string(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    return literal(b, LIT_STRING, t->text, value_str(b->types, str_of(t->text)), t->span);
}

static bool is_sign(char c) { return c == '-' || c == '+'; }

/* Digits before and behind the point, without leading zeros: 0.05 has none and two. */
static void count_digits(const char *s, int *whole, int *scale) {
    *whole = *scale = 0;
    if (is_sign(*s)) s++;
    while (*s == '0') s++;
    for (; *s >= '0' && *s <= '9'; s++) ++*whole;
    if (*s == '.') *scale = (int)strlen(s + 1);
}

static bool decimal_value(Binder *b, const char *text, Value *out) {
    int whole, scale;
    count_digits(text, &whole, &scale);
    int precision = whole + scale ? whole + scale : 1;
    if (precision > DECIMAL_MAX_DIGITS) return false;
    *out = (Value){.type = type_decimal(b->types, precision, scale)};
    return parse_decimal(str_of(text), precision, scale, &out->dec);
}

static bool double_value(Binder *b, const char *text, Value *out) {
    double f;
    if (!parse_f64(str_of(text), &f)) return false;
    *out = value_f64(b->types, f);
    return true;
}

static Expr bad_number(Binder *b, const char *text, Span at) {
    diag_error(b->diags, E_BAD_NUMBER, at, text);
    return (Expr){.span = at};
}

static Expr int_literal(Binder *b, const char *text, Span at) {
    int64_t i;
    Value v;
    if (parse_i64(str_of(text), &i)) {
        v = value_i64(b->types, i);
        if (i == (int32_t)i) v.type = type_get(b->types, TY_I32);
    } else if (!decimal_value(b, text, &v)) {
        return bad_number(b, text, at);
    }
    return literal(b, LIT_INT, text, v, at);
}

static Expr number_literal(Binder *b, const char *text, Span at) {
    Value v;
    bool exponent = strpbrk(text, "eE") != NULL;
    if ((exponent || !decimal_value(b, text, &v)) && !double_value(b, text, &v))
        return bad_number(b, text, at);
    return literal(b, LIT_NUMBER, text, v, at);
}

Expr bind_int(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    return int_literal(b, t->text, t->span);
}

Expr bind_number(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    return number_literal(b, t->text, t->span);
}

/* -9223372036854775808 is a BIGINT though its digits alone are not. */
Expr bind_negated_literal(Binder *b, Expr e, Span at) {
    const char *text = *e.text == '-' ? e.text + 1 : arena_printf(b->arena, "-%s", e.text);
    return e.lit == LIT_INT ? int_literal(b, text, at) : number_literal(b, text, at);
}

Expr bind_typed(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    const Type *type = bind_type(b, t->kid[TYPED_TYPE]);
    if (!type) return (Expr){.span = t->span};
    Value text = value_str(b->types, str_of(t->text)), v;
    const char *why;
    if (!value_cast(b->arena, &text, type_nullable(type, false), &v, &why)) {
        diag_error(b->diags, E_BAD_LITERAL, t->span, t->text, bind_type_text(b, type));
        return (Expr){.span = t->span};
    }
    return expr_of(ir_const(b->ir, v), t->span);
}

Expr bind_interval(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    const Ast *value = t->kid[INTERVAL_VALUE];
    Value v = {.type = type_get(b->types, TY_INTERVAL)};
    if (value->kind != A_STRING && value->kind != A_INT && value->kind != A_NUMBER) {
        bind_no(b, value->span, "an INTERVAL of an expression");
        return (Expr){.span = t->span};
    }
    if (!parse_interval(str_of(value->text), t->text, &v.interval)) {
        diag_error(b->diags, E_BAD_LITERAL, t->span, value->text, "INTERVAL");
        return (Expr){.span = t->span};
    }
    return expr_of(ir_const(b->ir, v), t->span);
}

static void unknown_param(Binder *b, const Ast *t) {
    const char **names = ARENA_ARRAY(b->arena, const char *, b->n_params);
    for (uint32_t i = 0; i < b->n_params; i++) names[i] = b->params[i].name;
    diag_error(b->diags, E_UNKNOWN_PARAM, t->span, t->text);
    diag_did_you_mean(b->diags, t->text, names, b->n_params);
    if (!str_nearest(t->text, names, b->n_params))
        diag_help(b->diags, "declare it first: PARAM %s DOUBLE DEFAULT 0.5;", t->text);
}

Expr bind_param(Binder *b, Scope *s, const Ast *t) {
    (void)s;
    for (uint32_t i = 0; i < b->n_params; i++) {
        if (strcmp(b->params[i].name, t->text) != 0) continue;
        const Type *type = type_import(b->types, b->params[i].type);
        AttrParam a = {ir_name(b->ir, t->text), type};
        return expr_of(ir_node(b->ir, OP_PARAM, &a, 0, NULL), t->span);
    }
    unknown_param(b, t);
    return (Expr){.span = t->span};
}
