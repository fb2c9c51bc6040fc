/* Expressions: one function a kind of syntax, found in a table; a kind without one is not supported. */
#include "base/number.h"
#include "frontend/scope.h"

static Expr failed(const Ast *t) { return (Expr){.span = t->span}; }

static Expr bind_name(Binder *b, Scope *s, const Ast *t) {
    return scope_column(b, s, NULL, t->text, t->span);
}

/* ---- a.b ---- */

static Expr unknown_qualifier(Binder *b, const Scope *s, const Ast *of) {
    for (const Enclosing *e = b->enclosing; e; e = e->next)
        for (uint32_t i = 0; i < e->rel->n; i++)
            if (e->rel->at[i].table == of->text)
                return bind_no(b, of->span, "a column of the enclosing query here"), failed(of);
    const char **names = ARENA_ARRAY(b->arena, const char *, 2 * (s->rel ? s->rel->n : 0));
    size_t n = 0;
    for (uint32_t i = 0; s->rel && i < s->rel->n; i++) {
        names[n++] = s->rel->at[i].name;
        if (s->rel->at[i].table) names[n++] = s->rel->at[i].table;
    }
    diag_error(b->diags, E_UNKNOWN_QUALIFIER, of->span, of->text);
    diag_did_you_mean(b->diags, of->text, names, n);
    return failed(of);
}

static Expr field_of(Binder *b, Expr x, const Ast *t) {
    if (!x.node) return failed(t);
    if (x.model) return bind_model_field(b, x, t->text, t->span);
    diag_error(b->diags, E_UNKNOWN_FIELD, t->span, bind_type_text(b, x.node->type), t->text);
    return failed(t);
}

static Expr bind_field(Binder *b, Scope *s, const Ast *t) {
    const Ast *of = t->kid[FIELD_OF];
    uint32_t columns, fields = 0;
    if (of->kind == A_NAME && s->rel) {
        columns = scope_matches(s, of->text, t->text);
        fields = scope_matches(s, NULL, of->text);
        if (columns || (!fields && scope_has_table(s, of->text)))
            return scope_column(b, s, of->text, t->text, t->span);
        if (s->aliases && !fields) rel_find(s->aliases, NULL, of->text, &fields);
    }
    if (of->kind == A_NAME && !fields) return unknown_qualifier(b, s, of);
    return field_of(b, bind_expr(b, s, of), t);
}

/* ---- conversions ---- */

static Expr convert_or_report(Binder *b, Expr x, const Type *to, Span at) {
    bool reported;
    const Node *n = bind_convert(b, x, to, CONVERT_EXPLICIT, &reported);
    if (!n && !reported)
        diag_error(b->diags, E_CANNOT_CAST, at, bind_type_text(b, x.node->type), bind_type_text(b, to));
    return expr_of(n, at);
}

/* A NULL where the conversion fails; a literal is converted now. */
static Expr try_cast(Binder *b, Expr x, const Type *to, Span at) {
    AttrCast a = {type_nullable(to, false), true};
    const char *why;
    if (ir_check(b->ir, OP_CAST, &a, 1, &x.node, &why))
        return expr_of(bind_make(b, at, OP_CAST, &a, 1, &x.node), at);
    diag_error(b->diags, E_CANNOT_CAST, at, bind_type_text(b, x.node->type), bind_type_text(b, to));
    return expr_of(NULL, at);
}

static Expr bind_cast(Binder *b, Scope *s, const Ast *t) {
    const Type *to = bind_type(b, t->kid[CAST_TYPE]);
    Expr x = bind_expr(b, s, t->kid[CAST_ARG]);
    if (!x.node || !to) return failed(t);
    if (t->flags & AST_TRY) return try_cast(b, x, to, t->span);
    Expr e = convert_or_report(b, x, to, t->span);
    if (e.node && type_same(x.node->type, to)) e.model = x.model;
    return e;
}

/* ---- CASE ---- */

/* e[0..n): the results, the ELSE last. cond[i] belongs to e[i]. */
static Expr make_case(Binder *b, const Ast *t, uint32_t n, const Node **cond, Expr *e) {
    if (!bind_unify(b, n, e, "CASE", t->span)) return failed(t);
    const Node **in = ARENA_ARRAY(b->arena, const Node *, 2 * n);
    for (uint32_t i = 0; i + 1 < n; i++) {
        in[2 * i] = cond[i];
        in[2 * i + 1] = e[i].node;
    }
    in[2 * (n - 1)] = e[n - 1].node;
    return expr_of(bind_make(b, t->span, OP_CASE, NULL, 2 * n - 1, in), t->span);
}

static const Node *when_condition(Binder *b, Scope *s, const Ast *when, const Expr *operand) {
    Expr c = bind_expr(b, s, when->kid[WHEN_COND]);
    if (operand) return bind_compare(b, OP_EQ, "=", *operand, c, when->kid[WHEN_COND]->span);
    return bind_condition(b, c, "WHEN");
}

static Expr bind_case(Binder *b, Scope *s, const Ast *t) {
    const Ast *whens = t->kid[CASE_WHENS], *last = t->kid[CASE_ELSE];
    uint32_t n = whens->n + 1;
    const Node **cond = ARENA_ARRAY(b->arena, const Node *, n);
    Expr *e = ARENA_ARRAY(b->arena, Expr, n), operand;
    if (t->kid[CASE_OPERAND]) operand = bind_expr(b, s, t->kid[CASE_OPERAND]);
    bool ok = true;
    for (uint32_t i = 0; i < whens->n; i++) {
        cond[i] = when_condition(b, s, whens->kid[i], t->kid[CASE_OPERAND] ? &operand : NULL);
        e[i] = bind_expr(b, s, whens->kid[i]->kid[WHEN_RESULT]);
        ok &= cond[i] && e[i].node;
    }
    e[n - 1] = last ? bind_expr(b, s, last) : bind_null(b, s, t);
    return ok && e[n - 1].node ? make_case(b, t, n, cond, e) : failed(t);
}

/* ---- EXTRACT ---- */

static const char *const date_fields[] = {"year", "month", "day",    "quarter", "week", "dow",
                                          "doy",  "hour",  "minute", "second",  "epoch"};

static bool known_field(Binder *b, const Ast *t) {
    size_t n = sizeof date_fields / sizeof *date_fields;
    for (size_t i = 0; i < n; i++)
        if (strcmp(date_fields[i], t->text) == 0) return true;
    diag_error(b->diags, E_UNKNOWN_FIELD, t->span, "EXTRACT", t->text);
    diag_did_you_mean(b->diags, t->text, date_fields, n);
    return false;
}

static Expr bind_extract(Binder *b, Scope *s, const Ast *t) {
    Expr x = bind_expr(b, s, t->kid[EXTRACT_ARG]);
    if (!x.node || !known_field(b, t)) return failed(t);
    AttrField a = {ir_name(b->ir, t->text)};
    return expr_of(bind_make(b, t->span, OP_EXTRACT, &a, 1, &x.node), t->span);
}

/* ---- the table ---- */

static Expr (*const binders[A_COUNT])(Binder *b, Scope *s, const Ast *t) = {
    [A_NULL] = bind_null,
    [A_BOOL] = bind_bool,
    [A_INT] = bind_int,
    [A_NUMBER] = bind_number,
    [A_STRING] = bind_string,
    [A_PARAM] = bind_param,
    [A_TYPED] = bind_typed,
    [A_INTERVAL] = bind_interval,
    [A_NAME] = bind_name,
    [A_FIELD] = bind_field,
    [A_UNARY] = bind_unary,
    [A_BINARY] = bind_binary,
    [A_IS] = bind_is,
    [A_LIKE] = bind_like,
    [A_BETWEEN] = bind_between,
    [A_IN] = bind_in,
    [A_CASE] = bind_case,
    [A_CAST] = bind_cast,
    [A_EXTRACT] = bind_extract,
    [A_CALL] = bind_call,
    [A_ARRAY] = bind_array,
    [A_SUBSCRIPT] = bind_subscript,
    [A_SUBQUERY] = bind_subquery, [A_EXISTS] = bind_exists,
};

static Expr too_deep(Binder *b, const Ast *t) {
    diag_error(b->diags, E_TOO_DEEP, t->span, BIND_MAX_DEPTH);
    return failed(t);
}

Expr bind_expr(Binder *b, Scope *s, const Ast *t) {
    if (b->depth >= BIND_MAX_DEPTH) return too_deep(b, t);
    if (!binders[t->kind]) {
        bind_not_supported(b, t);
        return failed(t);
    }
    b->depth++;
    Expr e = binders[t->kind](b, s, t);
    b->depth--;
    e.span = t->span;
    return e;
}

bool bind_exprs(Binder *b, Scope *s, const Ast *list, Expr *out) {
    bool ok = true;
    for (uint32_t i = 0; i < list->n; i++) {
        out[i] = bind_expr(b, s, list->kid[i]);
        ok &= out[i].node != NULL;
    }
    return ok;
}
