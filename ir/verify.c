/* The verifier: what construction promises, checked again on the whole graph, and what it cannot see: columns
 * against the relation that binds them. */
#include "ir/text.h"
#include "ir/type_laws.h"

typedef struct Verifier {
    Ir *ir;
    const char *why;
} Verifier;

static bool fail(Verifier *v, const Node *n, const char *what) {
    Buf b = {0};
    ir_print(&b, n);
    const char *last = b.p + b.n - 1;
    while (last > b.p && last[-1] != '\n') last--;
    v->why = arena_printf(ir_arena(v->ir), "%s: %s", what, last);
    buf_free(&b);
    return false;
}

static bool check_type(Verifier *v, const Node *n) {
    const Type **want = ARENA_ARRAY(ir_arena(v->ir), const Type *, n->n);
    TypeCall c = {v->ir, ir_types(v->ir), ir_arena(v->ir), n->op, n->attr, n->n, n->in, want, NULL};
    const Type *t = type_laws[n->op](&c);
    if (!t) return fail(v, n, c.why);
    if (t != n->type) return fail(v, n, "the type is not the law's");
    for (uint32_t i = 0; i < n->n; i++)
        if (want[i] && !type_same(want[i], n->in[i]->type)) return fail(v, n, "an operand was not cast");
    return true;
}

static bool check_shape(Verifier *v, const Node *n) {
    int arity = op_info[n->op].arity;
    if (arity >= 0 && n->n != (uint32_t)arity) return fail(v, n, "wrong number of inputs");
    for (uint32_t i = 0; i < n->n; i++)
        if (n->in[i]->id >= n->id) return fail(v, n, "an input is younger than its use");
    if (!op_has(n->op, COMM)) return true;
    bool const0 = ir_is_const(n->in[0]), const1 = ir_is_const(n->in[1]);
    bool ordered = const0 == const1 ? n->in[0]->id <= n->in[1]->id : const1;
    return ordered || fail(v, n, "commutative inputs are out of order");
}

/* ---- columns ---- */

typedef struct Scope {
    const Type *left, *right; /* the columns an expression sees; right NULL but in joins */
} Scope;

static const Type *column_in(const Scope *s, int64_t i) {
    uint32_t n = s->left ? s->left->n : 0;
    if (i >= 0 && i < n) return s->left->fields[i];
    return s->right && i >= n && i < (int64_t)n + s->right->n ? s->right->fields[i - n] : NULL;
}

/* A column may promise less than the input holds, never more. */
static bool check_column(Verifier *v, const Scope *s, const Node *user, const Node *col) {
    const Type *is = column_in(s, ATTR_OF(col, Column)->index);
    if (!is) return fail(v, user, "a column is beyond its input");
    if (!type_same(is, col->type)) return fail(v, user, "a column has another type than its input");
    return col->type->nullable || !is->nullable || fail(v, user, "a column is NOT NULL and its input is not");
}

static bool check_columns(Verifier *v, const Scope *s, const Node *user, const Node *expr, PtrMap *seen) {
    if (!(expr->below & BELOW_COLUMN) || ptrmap_get(seen, expr)) return true;
    ptrmap_set(seen, expr, (void *)expr);
    if (expr->op == OP_COLUMN) return check_column(v, s, user, expr);
    for (uint32_t i = 0; i < expr->n; i++)
        if (!check_columns(v, s, user, expr->in[i], seen)) return false;
    return true;
}

static uint32_t relations_in(const Node *n) {
    uint32_t k = 0;
    while (k < n->n && n->in[k]->type->kind == TY_REL) k++;
    return k;
}

/* Aggregate functions stand directly in OP_AGGREGATE, and not in their own arguments. */
static bool check_aggs(Verifier *v, const Node *n, const Node *expr) {
    bool here = n->op == OP_AGGREGATE && op_has(expr->op, AGG);
    if (!here)
        return !(expr->below & BELOW_AGG) || fail(v, n, "an aggregate function is outside OP_AGGREGATE");
    for (uint32_t i = 0; i < expr->n; i++)
        if (expr->in[i]->below & BELOW_AGG) return fail(v, n, "an aggregate function is within another");
    return true;
}

static bool check_expressions(Verifier *v, const Node *n) {
    uint32_t k = relations_in(n);
    Scope s = {k > 0 ? n->in[0]->type : NULL, k > 1 ? n->in[1]->type : NULL};
    PtrMap seen = {0};
    bool ok = true;
    for (uint32_t i = k; i < n->n && ok; i++)
        ok = check_aggs(v, n, n->in[i]) && check_columns(v, &s, n, n->in[i], &seen);
    ptrmap_free(&seen);
    return ok;
}

bool ir_verify(Ir *ir, const Node *root, const char **why) {
    Verifier v = {ir, NULL};
    const Node *const *all;
    bool ok = true;
    for (size_t i = 0, n = ir_reachable(ir_arena(ir), root, &all); i < n && ok; i++) {
        ok = check_shape(&v, all[i]) && check_type(&v, all[i]);
        if (ok && op_has(all[i]->op, REL)) ok = check_expressions(&v, all[i]);
    }
    if (!ok) *why = v.why;
    return ok;
}
