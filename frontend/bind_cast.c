/* Conversions. The algebra's type laws widen operands by themselves (ir/type_laws.h); here is what SQL adds:
 *  - a literal takes the type of what it meets, so that x * 2.5 stays FLOAT32 and price < 24 stays DECIMAL;
 *  - what is converted without being asked (implicit), on its way into a column (assignment), or by CAST
 * (explicit). Strictness is PostgreSQL's: text never becomes a number unless it is a literal or CAST says so.
 */
#include "base/number.h"
#include "frontend/scope.h"

static const Node *bad_literal(Binder *b, Expr e, const Type *to, bool *reported) {
    diag_error(b->diags, E_BAD_LITERAL, e.span, e.text, bind_type_text(b, to));
    *reported = true;
    return NULL;
}

static bool is_number(Expr e) { return e.lit == LIT_INT || e.lit == LIT_NUMBER; }

static bool is_scalar(const Type *t) {
    return t->kind != TY_TENSOR && t->kind != TY_LIST && t->kind != TY_STRUCT && t->kind != TY_REL;
}

/* Numbers to floats from their digits: 0.1 as FLOAT32 is rounded once. */
static bool literal_value(Binder *b, Expr e, const Type *to, Value *out) {
    const char *why;
    Value text = value_str(b->types, str_of(e.text ? e.text : ""));
    bool digits = e.lit == LIT_STRING || (is_number(e) && (type_is_float(to) || to->kind == TY_VARCHAR));
    return value_cast(b->arena, digits ? &text : &ATTR_OF(e.node, Const)->value, to, out, &why);
}

static const Node *convert_literal(Binder *b, Expr e, const Type *to, bool *reported) {
    Value v;
    if (e.lit == LIT_NULL) return ir_null(b->ir, to);
    if (!literal_value(b, e, to, &v)) return bad_literal(b, e, to, reported);
    return ir_const(b->ir, v);
}

static bool literal_fits(Expr e, const Type *to, Strictness how) {
    if (e.lit == LIT_NONE) return false;
    if (e.lit == LIT_NULL) return true;
    if (e.lit == LIT_STRING) return is_scalar(to);
    return type_is_numeric(to) || (how != CONVERT_IMPLICIT && to->kind == TY_VARCHAR);
}

static bool same_dims(const Type *a, const Type *b) {
    if (a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->dims[i] != b->dims[i] && b->dims[i] != DIM_ANY) return false;
    return true;
}

static bool widens(Binder *b, const Type *from, const Type *to) {
    const Type *common = type_common(b->types, from, to);
    return common && type_same(common, to);
}

static bool assigns(const Type *from, const Type *to) {
    if (type_is_numeric(from) && type_is_numeric(to)) return true;
    if (from->kind == TY_TIMESTAMP)
        return to->kind == TY_DATE || to->kind == TY_TIME || to->kind == TY_VARCHAR;
    if (from->kind == TY_TENSOR && to->kind == TY_TENSOR) return same_dims(from, to);
    return to->kind == TY_VARCHAR && is_scalar(from) && from->kind != TY_BLOB;
}

static bool allowed(Binder *b, const Type *from, const Type *to, Strictness how) {
    return how == CONVERT_EXPLICIT || widens(b, from, to) || (how == CONVERT_ASSIGN && assigns(from, to));
}

/* [0.1, 0.2] beside DOUBLE is rounded once. */
static Expr as_wide(Expr e, const Type *to) {
    if (e.wide && to->kind == TY_TENSOR && to->elem->kind == TY_F64) e.node = e.wide;
    return e;
}

const Node *bind_convert(Binder *b, Expr e, const Type *to, Strictness how, bool *reported) {
    const char *why = NULL;
    to = type_nullable(to, false);
    *reported = false;
    e = as_wide(e, to);
    if (type_same(e.node->type, to)) return e.node;
    if (literal_fits(e, to, how)) return convert_literal(b, e, to, reported);
    if (!allowed(b, e.node->type, to, how)) return NULL;
    AttrCast a = {to, false};
    if (!ir_check(b->ir, OP_CAST, &a, 1, &e.node, &why)) return NULL;
    const Node *node = ir_cast(b->ir, e.node, to);
    ir_set_origin(b->ir, node, (Origin){e.span, NULL});
    return node;
}

/* ---- a common type ---- */

/* Literals come last: they take the type of the others where they can. */
static const Type *join_literal(Binder *b, const Type *t, const Expr *e) {
    if (!t || e->lit == LIT_NULL) return t ? t : e->node->type;
    if (e->lit == LIT_STRING)
        return is_scalar(t) && t->kind != TY_NULL ? t : type_common(b->types, t, e->node->type);
    if (type_is_float(t)) return t;
    return type_common(b->types, t, e->node->type);
}

const Type *bind_common(Binder *b, uint32_t n, const Expr *e) {
    const Type *t = NULL;
    for (uint32_t i = 0; i < n; i++) {
        if (e[i].lit != LIT_NONE) continue;
        t = t ? type_common(b->types, t, e[i].node->type) : e[i].node->type;
        if (!t) return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!is_number(e[i])) continue;
        const Type *own = e[i].node->type;
        t = t ? join_literal(b, t, &e[i]) : own;
        if (!t) return NULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        if (e[i].lit != LIT_STRING && e[i].lit != LIT_NULL) continue;
        t = t && t->kind != TY_NULL ? join_literal(b, t, &e[i]) : e[i].node->type;
        if (!t) return NULL;
    }
    return t && t->kind == TY_NULL ? type_nullable(type_get(b->types, TY_VARCHAR), true) : t;
}

static bool convert_all(Binder *b, uint32_t n, Expr *e, const Type *to) {
    bool ok = true;
    for (uint32_t i = 0; i < n; i++) {
        bool reported = false;
        const Node *node = bind_convert(b, e[i], to, CONVERT_IMPLICIT, &reported);
        if (!node && !reported)
            BUG("%s does not widen to %s", bind_type_text(b, e[i].node->type), bind_type_text(b, to));
        ok &= node != NULL;
        e[i].node = node;
        e[i].lit = LIT_NONE;
    }
    return ok;
}

/* The first whose type has nothing in common with those before it. */
static void report_no_common(Binder *b, uint32_t n, const Expr *e, const char *what, Span at) {
    for (uint32_t i = 2; i <= n; i++) {
        if (bind_common(b, i, e)) continue;
        const Type *before = bind_common(b, i - 1, e);
        diag_error(b->diags, E_NO_COMMON_TYPE, e[i - 1].span, what, bind_type_text(b, e[i - 1].node->type),
                   bind_type_text(b, before));
        return;
    }
    diag_error(b->diags, E_NO_COMMON_TYPE, at, what, bind_type_text(b, e[0].node->type), "the others");
}

bool bind_unify(Binder *b, uint32_t n, Expr *e, const char *what, Span at) {
    const Type *t = bind_common(b, n, e);
    if (t) return convert_all(b, n, e, t);
    report_no_common(b, n, e, what, at);
    return false;
}

/* ---- into a column, into a condition ---- */

static bool is_null_literal(const Node *n) { return ir_is_const(n) && ATTR_OF(n, Const)->value.null; }

const Node *bind_assign(Binder *b, Expr e, const char *kind, const char *name, const Type *to) {
    bool reported;
    const Node *node = bind_convert(b, e, to, CONVERT_ASSIGN, &reported);
    if (!node && !reported) {
        diag_error(b->diags, E_ASSIGN_TYPE, e.span, kind, name, bind_type_text(b, to),
                   bind_type_text(b, e.node->type));
        if (is_scalar(to) && is_scalar(e.node->type))
            diag_help(b->diags, "convert it: CAST(.. AS %s)", bind_type_text(b, to));
    }
    if (node && !to->nullable && is_null_literal(node)) {
        diag_error(b->diags, E_NULL_IN_NOT_NULL, e.span, kind, name);
        return NULL;
    }
    return node;
}

const Node *bind_condition(Binder *b, Expr e, const char *clause) {
    bool reported;
    if (!e.node) return NULL;
    const Node *node = bind_convert(b, e, type_get(b->types, TY_BOOL), CONVERT_IMPLICIT, &reported);
    if (!node && !reported)
        diag_error(b->diags, E_CONDITION_TYPE, e.span, clause, bind_type_text(b, e.node->type));
    return node;
}

bool bind_constant(Binder *b, Expr e, Value *out) {
    (void)b;
    if (!e.node || !ir_is_const(e.node)) return false;
    *out = ATTR_OF(e.node, Const)->value;
    return true;
}
