/* Operators: arithmetic, comparison, logic. Widening is the algebra's (ir/type_laws.h); literals adapt here.
 */
#include "base/date.h"
#include "base/number.h"
#include "frontend/scope.h"

static const Type *element(const Type *t) { return t->kind == TY_TENSOR ? t->elem : t; }
static bool is_number(Expr e) { return e.lit == LIT_INT || e.lit == LIT_NUMBER; }
static bool is_time(const Type *t) { return t->kind == TY_DATE || t->kind == TY_TIMESTAMP; }

static bool no_operator(Binder *b, const char *text, Expr x, Expr y, Span at) {
    diag_error(b->diags, E_NO_OPERATOR, at, text, bind_type_text(b, x.node->type),
               bind_type_text(b, y.node->type));
    if ((x.node->type->kind == TY_VARCHAR) != (y.node->type->kind == TY_VARCHAR))
        diag_help(b->diags, "text is not converted by itself: write CAST(.. AS ..)");
    return false;
}

static bool to_type(Binder *b, Expr *e, const Type *to) {
    bool reported = false;
    const Node *n = bind_convert(b, *e, to, CONVERT_IMPLICIT, &reported);
    if (n) e->node = n;
    return !reported;
}

/* A whole number beside an integer type becomes that type if it fits it: small = 3 compares SMALLINTs. Beside
 * a DECIMAL it has just its digits, so that DECIMAL(4,2) < 24 compares DECIMAL(4,2)s. */
static void narrow(Binder *b, Expr *e, const Type *to) {
    Value v;
    const char *why;
    if (e->lit != LIT_INT || (!type_is_integer(to) && to->kind != TY_DECIMAL)) return;
    if (to->kind == TY_DECIMAL) to = type_decimal(b->types, to->precision, to->scale);
    if (value_cast(b->arena, &ATTR_OF(e->node, Const)->value, type_nullable(to, false), &v, &why))
        e->node = ir_const(b->ir, v);
}

/* A TIMESTAMP constant at midnight beside a DATE is that date (d <= DATE '..' - INTERVAL '90' DAY). */
static void to_date(Binder *b, Expr *e, const Type *to) {
    const int64_t day = INT64_C(86400000000);
    if (to->kind != TY_DATE || e->node->type->kind != TY_TIMESTAMP || !ir_is_const(e->node)) return;
    Value v = ATTR_OF(e->node, Const)->value;
    if (v.null || v.i % day != 0) return;
    e->node = ir_const(b->ir, (Value){.type = type_get(b->types, TY_DATE), .i = v.i / day});
}

/* The literal e beside a value of type `other`. False: reported. */
static bool adapt(Binder *b, Expr *e, const Type *other, bool compare) {
    const Type *to = element(other);
    if (compare) to_date(b, e, other);
    if (e->wide && other->kind == TY_TENSOR && to->kind == TY_F64) e->node = e->wide;
    if (e->lit == LIT_NONE || e->lit == LIT_NULL) return true;
    if (e->lit == LIT_STRING) return other->kind == TY_TENSOR || to_type(b, e, other);
    if (type_is_float(to)) return to_type(b, e, to);
    if (compare) narrow(b, e, to);
    return true;
}

static bool adapt_both(Binder *b, Expr *x, Expr *y, bool compare) {
    if (!x->node || !y->node) return false;
    bool literals = x->lit != LIT_NONE && y->lit != LIT_NONE;
    if (literals && (x->lit == LIT_STRING) == (y->lit == LIT_STRING)) return true;
    const Type *of_x = x->node->type, *of_y = y->node->type;
    if (literals) return adapt(b, x->lit == LIT_STRING ? x : y, x->lit == LIT_STRING ? of_y : of_x, compare);
    return adapt(b, x, of_y, compare) && adapt(b, y, of_x, compare);
}

static const Node *make(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    const char *why = NULL;
    const Node *in[] = {x.node, y.node};
    bool tensors = x.node->type->kind == TY_TENSOR && y.node->type->kind == TY_TENSOR;
    if (!ir_check(b->ir, op, NULL, 2, in, &why) && !tensors) return no_operator(b, text, x, y, at), NULL;
    return bind_make(b, at, op, NULL, 2, in);
}

const Node *bind_compare(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    return adapt_both(b, &x, &y, true) ? make(b, op, text, x, y, at) : NULL;
}

/* ---- arithmetic ---- */

/* Dates of constants are computed at once, so that they compare as dates. False: not that case, or out of
 * range. */
static bool fold_time(Binder *b, Op op, Expr x, Expr y, Value *out) {
    Value t, i;
    if (!bind_constant(b, x, &t) || !bind_constant(b, y, &i) || t.null || i.null) return false;
    if (op == OP_ADD && is_time(i.type) && t.type->kind == TY_INTERVAL) {
        Value swap = t;
        t = i;
        i = swap;
    }
    if (!is_time(t.type) || i.type->kind != TY_INTERVAL) return false;
    int64_t micros = t.type->kind == TY_DATE ? t.i * INT64_C(86400000000) : t.i;
    *out = (Value){.type = type_get(b->types, TY_TIMESTAMP)};
    return timestamp_add(micros, i.interval, op == OP_SUB ? -1 : 1, &out->i);
}

static Expr arith(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    Value v;
    if (!adapt_both(b, &x, &y, false)) return expr_of(NULL, at);
    if ((op == OP_ADD || op == OP_SUB) && fold_time(b, op, x, y, &v)) return expr_of(ir_const(b->ir, v), at);
    return expr_of(make(b, op, text, x, y, at), at);
}

static Expr compare(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    return expr_of(bind_compare(b, op, text, x, y, at), at);
}

static Expr not_distinct(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    const Node *n = bind_compare(b, op, text, x, y, at);
    return expr_of(n ? bind_make1(b, at, OP_NOT, n) : NULL, at);
}

static const char *logic_name(Op op) { return op == OP_AND ? "AND" : "OR"; }

/* Masks: tensors of BOOLEAN, element by element. */
static bool is_mask(Expr x) {
    return x.node && x.node->type->kind == TY_TENSOR && x.node->type->elem->kind == TY_BOOL;
}

static Expr mask_logic(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    if (!x.node || !y.node) return expr_of(NULL, at);
    return expr_of(make(b, op == OP_AND ? OP_BIT_AND : OP_BIT_OR, text, x, y, at), at);
}

static Expr logic(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    if (is_mask(x) || is_mask(y)) return mask_logic(b, op, text, x, y, at);
    const Node *l = bind_condition(b, x, logic_name(op)), *r = bind_condition(b, y, logic_name(op));
    return expr_of(l && r ? bind_make2(b, at, op, l, r) : NULL, at);
}

/* || takes text on one side at least; what stands on the other is written as text (PostgreSQL's anynonarray
 * || text). */
static Expr concat(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    const Type *varchar = type_get(b->types, TY_VARCHAR);
    if (!x.node || !y.node) return expr_of(NULL, at);
    if (x.node->type->kind == TY_VARCHAR || y.node->type->kind == TY_VARCHAR || x.lit == LIT_NULL ||
        y.lit == LIT_NULL) {
        bool reported;
        const Node *l = bind_convert(b, x, varchar, CONVERT_ASSIGN, &reported);
        const Node *r = bind_convert(b, y, varchar, CONVERT_ASSIGN, &reported);
        if (l && r) return expr_of(bind_make2(b, at, op, l, r), at);
    }
    no_operator(b, text, x, y, at);
    return expr_of(NULL, at);
}

/* ^ is pow, on floats. */
static Expr power(Binder *b, Op op, const char *text, Expr x, Expr y, Span at) {
    if (!adapt_both(b, &x, &y, false)) return expr_of(NULL, at);
    return expr_of(make(b, op, text, x, y, at), at);
}

static const struct Operator {
    const char *text;
    Expr (*bind)(Binder *b, Op op, const char *text, Expr x, Expr y, Span at);
    Op op;
} operators[] = {
    {"and", logic, OP_AND},
    {"or", logic, OP_OR},
    {"=", compare, OP_EQ},
    {"<>", compare, OP_NE},
    {"<", compare, OP_LT},
    {"<=", compare, OP_LE},
    {">", compare, OP_GT},
    {">=", compare, OP_GE},
    {"+", arith, OP_ADD},
    {"-", arith, OP_SUB},
    {"*", arith, OP_MUL},
    {"/", arith, OP_DIV},
    {"%", arith, OP_MOD},
    {"^", power, OP_POW},
    {"||", concat, OP_TEXT_CONCAT},
    {"is distinct from", compare, OP_IS_DISTINCT},
    {"is not distinct from", not_distinct, OP_IS_DISTINCT},
};

static const struct Operator *find_operator(const char *text) {
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strcmp(operators[i].text, text) == 0) return &operators[i];
    return NULL;
}

static Expr apply(Binder *b, const Ast *t, Expr x, Expr y) {
    const struct Operator *o = find_operator(t->text);
    if (o) return o->bind(b, o->op, t->text, x, y, t->span);
    bind_no(b, t->span, arena_printf(b->arena, "operator %s", t->text));
    return expr_of(NULL, t->span);
}

/* a AND b AND c .. leans to the left: its spine is walked in a loop, so that its length is not a depth. */
Expr bind_binary(Binder *b, Scope *s, const Ast *t) {
    uint32_t n = 0;
    for (const Ast *l = t; l->kind == A_BINARY; l = l->kid[BINARY_LEFT]) n++;
    const Ast **spine = ARENA_ARRAY(b->arena, const Ast *, n);
    const Ast *l = t;
    for (uint32_t i = n; i-- > 0; l = l->kid[BINARY_LEFT]) spine[i] = l;
    Expr x = bind_expr(b, s, l);
    for (uint32_t i = 0; i < n; i++) x = apply(b, spine[i], x, bind_expr(b, s, spine[i]->kid[BINARY_RIGHT]));
    return x;
}

/* ---- one operand ---- */

const Node *bind_negate(Binder *b, const Node *x, bool negate, Span at) {
    return x && negate ? bind_make1(b, at, OP_NOT, x) : x;
}

static Expr unary_minus(Binder *b, Expr x, const Ast *t) {
    if (!x.node) return x;
    if (is_number(x)) return bind_negated_literal(b, x, t->span);
    return expr_of(bind_make1(b, t->span, OP_NEG, x.node), t->span);
}

static Expr unary_plus(Binder *b, Expr x, const Ast *t) {
    const Type *of = x.node ? element(x.node->type) : NULL;
    if (!of || type_is_numeric(of) || of->kind == TY_INTERVAL || of->kind == TY_NULL) return x;
    diag_error(b->diags, E_ARGUMENT_TYPE, t->span, "operator +", "a number", bind_type_text(b, x.node->type));
    return expr_of(NULL, t->span);
}

Expr bind_unary(Binder *b, Scope *s, const Ast *t) {
    Expr x = bind_expr(b, s, t->kid[UNARY_ARG]);
    if (*t->text == '-') return unary_minus(b, x, t);
    if (*t->text == '+') return unary_plus(b, x, t);
    if (is_mask(x)) return expr_of(bind_make1(b, t->span, OP_BIT_NOT, x.node), t->span);
    return expr_of(bind_negate(b, bind_condition(b, x, "NOT"), true, t->span), t->span);
}

Expr bind_between(Binder *b, Scope *s, const Ast *t) {
    Expr x = bind_expr(b, s, t->kid[BETWEEN_ARG]);
    const Node *low = bind_compare(b, OP_GE, "BETWEEN", x, bind_expr(b, s, t->kid[BETWEEN_LOW]), t->span);
    const Node *high = bind_compare(b, OP_LE, "BETWEEN", x, bind_expr(b, s, t->kid[BETWEEN_HIGH]), t->span);
    const Node *both = low && high ? bind_make2(b, t->span, OP_AND, low, high) : NULL;
    return expr_of(bind_negate(b, both, t->flags & AST_NOT, t->span), t->span);
}

/* IS [NOT] TRUE, FALSE: never NULL */
static const Node *is_truth(Binder *b, Expr x, bool truth, Span at) {
    const Node *c = bind_condition(b, x, truth ? "IS TRUE" : "IS FALSE");
    const Node *distinct = c ? bind_make2(b, at, OP_IS_DISTINCT, c, ir_bool(b->ir, truth)) : NULL;
    return bind_negate(b, distinct, true, at);
}

Expr bind_is(Binder *b, Scope *s, const Ast *t) {
    Expr x = bind_expr(b, s, t->kid[IS_ARG]);
    bool negate = t->flags & AST_NOT;
    const Node *n = NULL;
    if (!x.node) return x;
    if (strcmp(t->text, "true") == 0 || strcmp(t->text, "false") == 0)
        n = is_truth(b, x, *t->text == 't', t->span);
    else if (strcmp(t->text, "unknown") != 0) n = bind_make1(b, t->span, OP_IS_NULL, x.node);
    else if ((n = bind_condition(b, x, "IS UNKNOWN"))) n = bind_make1(b, t->span, OP_IS_NULL, n);
    return expr_of(bind_negate(b, n, negate, t->span), t->span);
}

static Expr in_list(Binder *b, const Ast *t, uint32_t n, Expr *e) {
    if (!bind_unify(b, n, e, "IN", t->span)) return expr_of(NULL, t->span);
    const Node **in = ARENA_ARRAY(b->arena, const Node *, n);
    for (uint32_t i = 0; i < n; i++) in[i] = e[i].node;
    const Node *node = bind_make(b, t->span, OP_IN, NULL, n, in);
    return expr_of(bind_negate(b, node, t->flags & AST_NOT, t->span), t->span);
}

Expr bind_in(Binder *b, Scope *s, const Ast *t) {
    const Ast *items = t->kid[IN_ITEMS];
    if (t->kid[IN_QUERY]) return bind_in_query(b, s, t);
    Expr *e = ARENA_ARRAY(b->arena, Expr, items->n + 1);
    e[0] = bind_expr(b, s, t->kid[IN_ARG]);
    bool ok = bind_exprs(b, s, items, e + 1) && e[0].node;
    if (!ok) return expr_of(NULL, t->span);
    if (items->n == 0) return expr_of(ir_bool(b->ir, t->flags & AST_NOT), t->span);
    return in_list(b, t, items->n + 1, e);
}

static bool escape_of(Binder *b, const Ast *t, int64_t *out) {
    const Ast *e = t->kid[LIKE_ESCAPE];
    *out = e && e->kind == A_STRING ? (unsigned char)*e->text : 0;
    if (!e || (e->kind == A_STRING && strlen(e->text) <= 1)) return true;
    diag_error(b->diags, E_INVALID, e->span, "ESCAPE takes one character in quotes");
    return false;
}

static const Node *like_operand(Binder *b, Expr e, const char *what) {
    bool reported;
    const Node *n =
        e.node ? bind_convert(b, e, type_get(b->types, TY_VARCHAR), CONVERT_IMPLICIT, &reported) : NULL;
    if (!n && e.node)
        diag_error(b->diags, E_ARGUMENT_TYPE, e.span, what, "VARCHAR", bind_type_text(b, e.node->type));
    return n;
}

/* Without ESCAPE the backslash escapes, as in PostgreSQL. */
Expr bind_like(Binder *b, Scope *s, const Ast *t) {
    AttrLike a = {'\\', *t->text == 'i'};
    const char *what = a.fold ? "ILIKE" : "LIKE";
    const Node *x = like_operand(b, bind_expr(b, s, t->kid[LIKE_ARG]), what);
    const Node *pattern = like_operand(b, bind_expr(b, s, t->kid[LIKE_PATTERN]), what);
    if (t->kid[LIKE_ESCAPE] && !escape_of(b, t, &a.escape)) return expr_of(NULL, t->span);
    if (!x || !pattern) return expr_of(NULL, t->span);
    const Node *n = bind_make(b, t->span, OP_LIKE, &a, 2, (const Node *const[]){x, pattern});
    return expr_of(bind_negate(b, n, t->flags & AST_NOT, t->span), t->span);
}
