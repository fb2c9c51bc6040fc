/* Scalar rules: casts, arithmetic, choices, membership, text.
 *
 * Tempting and wrong:
 *   x + 0.0 -> x                 -0.0 + 0.0 is 0.0 (x - 0.0 and x + -0.0 are x)
 *   x * 0 -> 0                   NULL * 0 is NULL; NaN * 0 and inf * 0 are NaN; -1.0 * 0.0 is -0.0
 *   x - x -> 0, x / x -> 1       NULL, NaN, inf - inf; 0 / 0 fails
 *   (x + 1.5) - 1.5 -> x         rounding
 *   CAST(CAST(x AS T) AS S) -> CAST(x AS S)    when T rounds: 2.6 through INTEGER, 2^53 + 1 through DOUBLE to FLOAT32
 *   COALESCE(x, y) -> x          when x fails on no row: NOT NULL is what counts
 *   x IN (a, NULL) -> x = a      false and NULL differ under NOT
 *   LIKE 'abc' -> = 'abc'        with ILIKE, or where the pattern has an escape (its literal is what counts)
 */
#include "base/text.h"
#include "rewrites/rules.h"
#include "rewrites/terms.h"

static const Node *take_slot_1(Rw *rw, const Match *m) {
    (void)rw;
    return m->at[1];
}

static bool same_type(const Match *m) { return type_same(m->at[0]->type, m->at[1]->type); }

/* ---- casts ---- */

static bool cast_identity_when(Rw *rw, const Match *m) {
    (void)rw;
    return same_type(m);
}

/* law    CAST(x AS T) == x                  x of type T */
const Rule rule_cast_identity = {
    .name = "cast_identity",
    .law = "CAST(x AS T)  ->  x",
    .where = "x is of type T",
    .sound = EXACT,
    .lhs = P1(CAST, 0, ANY(1)),
    .when = cast_identity_when,
    .make = take_slot_1,
};

/* The middle type holds each value, and the last cast reads the value alone, not how it is written: FLOAT32 0.1 is
 * 0.10000000149.. as a DOUBLE when it becomes text or DECIMAL. */
static bool cast_cast_when(Rw *rw, const Match *m) {
    (void)rw;
    const Type *from = m->at[2]->type, *mid = m->at[1]->type, *to = m->at[0]->type;
    if (ATTR_OF(m->at[0], Cast)->try || ATTR_OF(m->at[1], Cast)->try) return false;
    if (rw_integers_within(from, mid)) return type_is_numeric(to) || to->kind == TY_VARCHAR;
    bool exact_float = from->kind == TY_F32 || (type_is_integer(from) && rw_whole_bits(from->kind) <= 32);
    return exact_float && mid->kind == TY_F64 &&
           (type_is_integer(to) || to->kind == TY_F32 || to->kind == TY_F64);
}

static const Node *cast_cast_make(Rw *rw, const Match *m) {
    return ir_cast(rw->ir, m->at[2], m->at[0]->type);
}

/* law    CAST(CAST(x AS T) AS S) == CAST(x AS S)       T holds every value of x
 * where  not x DOUBLE, T INTEGER: 2.6 -> 3; not S text or DECIMAL behind FLOAT32 -> DOUBLE */
const Rule rule_cast_cast = {
    .name = "cast_cast",
    .law = "CAST(CAST(x AS T) AS S)  ->  CAST(x AS S)",
    .where = "T holds every value of x's type, S reads only the value",
    .sound = EXACT,
    .lhs = P1(CAST, 0, P1(CAST, 1, ANY(2))),
    .when = cast_cast_when,
    .make = cast_cast_make,
};

/* ---- arithmetic that changes nothing ---- */

static bool add_zero_when(Rw *rw, const Match *m) {
    (void)rw;
    const Value *v = &ATTR_OF(m->at[2], Const)->value;
    bool minus_zero = !v->null && ((v->type->kind == TY_F64 && v->f64 == 0 && __builtin_signbit(v->f64)) ||
                                   (v->type->kind == TY_F32 && v->f32 == 0 && __builtin_signbit(v->f32)));
    bool zero = !rw_has_float(m->at[0]->type) && rw_is_number(m->at[2], 0);
    return same_type(m) && (zero || minus_zero);
}

/* law    x + 0 == x         integers; -0.0 for floats
 * where  not x + 0.0: -0.0 + 0.0 is 0.0.  DECIMAL + 0 has another type */
const Rule rule_add_zero = {
    .name = "add_zero",
    .law = "x + 0  ->  x",
    .where = "integers, or a float and -0.0",
    .sound = EXACT,
    .lhs = P2(ADD, 0, ANY(1), CONSTANT(2)),
    .when = add_zero_when,
    .make = take_slot_1,
};

static bool sub_zero_when(Rw *rw, const Match *m) {
    (void)rw;
    return same_type(m) && rw_is_number(m->at[2], 0);
}

/* law    x - 0 == x         -0.0 - 0.0 is -0.0, so floats too; not x - -0.0: -0.0 - -0.0 is 0.0 */
const Rule rule_sub_zero = {
    .name = "sub_zero",
    .law = "x - 0  ->  x",
    .where = "the zero is not -0.0",
    .sound = EXACT,
    .lhs = P2(SUB, 0, ANY(1), CONSTANT(2)),
    .when = sub_zero_when,
    .make = take_slot_1,
};

static bool one_when(Rw *rw, const Match *m) {
    (void)rw;
    return same_type(m) && rw_is_number(m->at[2], 1);
}

/* law    x * 1 == x         exact for floats, NaN and -0.0 included; DECIMAL * 1 has another type */
const Rule rule_mul_one = {
    .name = "mul_one",
    .law = "x * 1  ->  x",
    .where = "the type stays",
    .sound = EXACT,
    .lhs = P2(MUL, 0, ANY(1), CONSTANT(2)),
    .when = one_when,
    .make = take_slot_1,
};

/* law    x / 1 == x         integer / integer is an integer; DECIMAL / 1 is DOUBLE */
const Rule rule_div_one = {
    .name = "div_one",
    .law = "x / 1  ->  x",
    .where = "the type stays",
    .sound = EXACT,
    .lhs = P2(DIV, 0, ANY(1), CONSTANT(2)),
    .when = one_when,
    .make = take_slot_1,
};

/* law    -(-x) == x         the least integer failed and now does not: an evaluation removed, not added */
const Rule rule_neg_neg = {
    .name = "neg_neg",
    .law = "-(-x)  ->  x",
    .where = "always; what - widens is already cast",
    .sound = EXACT,
    .lhs = P1(NEG, 0, P1(NEG, 2, ANY(1))),
    .make = take_slot_1,
};

static bool idempotent_when(Rw *rw, const Match *m) {
    (void)rw;
    return m->at[0]->op == m->at[1]->op;
}

/* law    f(f(x)) == f(x)     f flagged idempotent: abs, floor, ceil, relu, upper, lower */
const Rule rule_idempotent = {
    .name = "idempotent",
    .law = "f(f(x))  ->  f(x)",
    .where = "f is one operation and flagged IDEMP",
    .sound = EXACT,
    .lhs = F1(IDEMP, 0, F1(IDEMP, 1, ANY(2))),
    .when = idempotent_when,
    .make = take_slot_1,
};

/* ---- NULL ---- */

static bool is_null_when(Rw *rw, const Match *m) {
    (void)rw;
    return !m->at[1]->type->nullable;
}

static const Node *make_false(Rw *rw, const Match *m) {
    (void)m;
    return ir_bool(rw->ir, false);
}

/* law    x IS NULL == FALSE      x NOT NULL */
const Rule rule_is_null_never = {
    .name = "is_null_never",
    .law = "x IS NULL  ->  FALSE",
    .where = "x is NOT NULL",
    .sound = EXACT,
    .lhs = P1(IS_NULL, 0, ANY(1)),
    .when = is_null_when,
    .make = make_false,
};

/* What COALESCE can reach: constants that are NULL are skipped, behind a NOT NULL operand nothing is read. */
static uint32_t reachable(const Node *n, const Node **out) {
    uint32_t k = 0;
    for (uint32_t i = 0; i < n->n; i++) {
        bool last = i + 1 == n->n;
        if (rw_is_null(n->in[i]) && !(last && k == 0)) continue;
        if (out) out[k] = n->in[i];
        k++;
        if (!n->in[i]->type->nullable) break;
    }
    return k;
}

static bool coalesce_when(Rw *rw, const Match *m) {
    (void)rw;
    return m->at[0]->n == 1 || reachable(m->at[0], NULL) < m->at[0]->n;
}

static const Node *coalesce_make(Rw *rw, const Match *m) {
    const Node *n = m->at[0];
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, n->n);
    uint32_t k = reachable(n, in);
    return k == 1 ? in[0] : ir_node(rw->ir, OP_COALESCE, NULL, k, in);
}

/* law    COALESCE(x, NULL, y, z) == COALESCE(x, y)     y NOT NULL;  COALESCE(x) == x
 * where  NOT NULL by type: an x that merely has no NULL in today's version would do, but the plan may be kept */
const Rule rule_coalesce_short = {
    .name = "coalesce_short",
    .law = "COALESCE(x, NULL, y, z)  ->  COALESCE(x, y)",
    .where = "y is NOT NULL; NULL is a constant",
    .sound = EXACT,
    .lhs = P1N(COALESCE, 0, ANY(1)),
    .when = coalesce_when,
    .make = coalesce_make,
};

/* ---- CASE ---- */

/* The first pair whose condition is constant; n if there is none. */
static uint32_t decided_pair(const Node *n) {
    uint32_t i = 0;
    while (i + 1 < n->n && !(ir_is_const(n->in[i]) && n->in[i]->type->kind == TY_BOOL)) i += 2;
    return i + 1 < n->n ? i : n->n;
}

static bool case_decided_when(Rw *rw, const Match *m) {
    (void)rw;
    return decided_pair(m->at[0]) < m->at[0]->n;
}

static const Node *case_of(Rw *rw, uint32_t n, const Node *const *in) {
    return n == 1 ? in[0] : ir_node(rw->ir, OP_CASE, NULL, n, in);
}

static const Node *case_decided_make(Rw *rw, const Match *m) {
    const Node *n = m->at[0];
    uint32_t i = decided_pair(n), k = i;
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, n->n);
    for (uint32_t j = 0; j < i; j++) in[j] = n->in[j];
    if (rw_is_true(n->in[i])) in[k++] = n->in[i + 1];
    else
        for (uint32_t j = i + 2; j < n->n; j++) in[k++] = n->in[j];
    return case_of(rw, k, in);
}

/* law    CASE .. WHEN TRUE THEN x .. END == CASE .. ELSE x END;  a pair WHEN FALSE or WHEN NULL is nothing */
const Rule rule_case_decided = {
    .name = "case_decided",
    .law = "CASE WHEN TRUE THEN x ELSE y END  ->  x,  CASE WHEN FALSE THEN x ELSE y END  ->  y",
    .where = "the condition is a constant",
    .sound = EXACT,
    .lhs = P1N(CASE, 0, ANY(1)),
    .when = case_decided_when,
    .make = case_decided_make,
};

static bool case_same_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *n = m->at[0], *value = n->in[n->n - 1];
    for (uint32_t i = 1; i < n->n; i += 2)
        if (n->in[i] != value) return false;
    return true;
}

static const Node *case_same_make(Rw *rw, const Match *m) {
    (void)rw;
    return m->at[0]->in[m->at[0]->n - 1];
}

/* law    CASE WHEN p THEN x ELSE x END == x        conditions that fail are no longer evaluated */
const Rule rule_case_same = {
    .name = "case_same",
    .law = "CASE WHEN p THEN x ELSE x END  ->  x",
    .where = "all values are one node",
    .sound = EXACT,
    .lhs = P1N(CASE, 0, ANY(1)),
    .when = case_same_when,
    .make = case_same_make,
};

/* ---- IN ---- */

static uint32_t distinct_items(const Node *n, const Node **out) {
    uint32_t k = 0;
    PtrMap seen = {0};
    for (uint32_t i = 1; i < n->n; i++) {
        if (ptrmap_get(&seen, n->in[i])) continue;
        ptrmap_set(&seen, n->in[i], (void *)n->in[i]);
        if (out) out[k + 1] = n->in[i];
        k++;
    }
    ptrmap_free(&seen);
    return k;
}

static bool in_distinct_when(Rw *rw, const Match *m) {
    (void)rw;
    return !(m->at[0]->below & BELOW_VOLATILE) && distinct_items(m->at[0], NULL) + 1 < m->at[0]->n;
}

static const Node *in_distinct_make(Rw *rw, const Match *m) {
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, m->at[0]->n);
    in[0] = m->at[1];
    return ir_node(rw->ir, OP_IN, NULL, distinct_items(m->at[0], in) + 1, in);
}

/* law    x IN (a, b, a) == x IN (a, b) */
const Rule rule_in_distinct = {
    .name = "in_distinct",
    .law = "x IN (a, b, a)  ->  x IN (a, b)",
    .where = "equal items are one node",
    .sound = EXACT,
    .lhs = P1N(IN, 0, ANY(1)),
    .when = in_distinct_when,
    .make = in_distinct_make,
};

static bool in_one_when(Rw *rw, const Match *m) {
    (void)rw;
    return !m->at[1]->type->nullable || !ir_is_fallible(m->at[2]);
}

static const Node *in_one_make(Rw *rw, const Match *m) { return ir_2(rw->ir, OP_EQ, m->at[1], m->at[2]); }

/* law    x IN (a) == x = a
 * where  x is NOT NULL or a cannot fail: NULL IN (1 / 0) is NULL, NULL = 1 / 0 fails */
const Rule rule_in_one = {
    .name = "in_one",
    .law = "x IN (a)  ->  x = a",
    .where = "x is NOT NULL or a cannot fail",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(IN, 0, ANY(1), ANY(2)),
    .when = in_one_when,
    .make = in_one_make,
};

/* ---- text ---- */

static bool like_literal(Rw *rw, const Match *m, Str *out) {
    const AttrLike *a = ATTR_OF(m->at[0], Like);
    const Value *pattern = &ATTR_OF(m->at[2], Const)->value;
    Like like;
    if (pattern->null || a->fold) return false;
    if (!like_compile(ir_arena(rw->ir), pattern->s, (char)a->escape, false, &like) || like.kind != LIKE_EXACT)
        return false;
    *out = like.literal;
    return true;
}

static bool like_equal_when(Rw *rw, const Match *m) {
    Str unused;
    return like_literal(rw, m, &unused);
}

static const Node *like_equal_make(Rw *rw, const Match *m) {
    Str text = {0};
    like_literal(rw, m, &text);
    return ir_2(rw->ir, OP_EQ, m->at[1], ir_const(rw->ir, value_str(ir_types(rw->ir), text)));
}

/* law    x LIKE 'abc' == x = 'abc'         no wildcard; an escaped one is the character itself
 * where  not ILIKE: 'ABC' matches 'abc' */
const Rule rule_like_equal = {
    .name = "like_equal",
    .law = "x LIKE 'abc'  ->  x = 'abc'",
    .where = "the pattern has no wildcard, case counts",
    .sound = EXACT,
    .lhs = P2(LIKE, 0, ANY(1), CONSTANT(2)),
    .when = like_equal_when,
    .make = like_equal_make,
};
