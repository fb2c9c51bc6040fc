/* Comparison rules: constants to the right, casts and additions off the compared value.
 *
 * Order is SQL's and total: NaN equals NaN and is above all numbers, -0.0 equals 0.0.  The four ordered comparisons lose
 * casts and arithmetic by the law of inverses (threshold.c); here are = and <>.
 *
 * Tempting and wrong:
 *   x = x -> TRUE                              NULL = NULL is NULL
 *   x + 0.5 = c -> x = c - 0.5                 floats round
 *   CAST(x AS INTEGER) = 3 -> x = 3            x = 2.6 and x = '03' are 3
 *   CAST(x AS T) = c -> x = CAST(c AS S)       2.5 becomes 2 or 3
 */
#include "base/number.h"
#include "rewrites/rules.h"
#include "rewrites/terms.h"

static Op flipped(Op op) {
    switch ((int)op) {
    case OP_LT: return OP_GT;
    case OP_LE: return OP_GE;
    case OP_GT: return OP_LT;
    case OP_GE: return OP_LE;
    }
    return op;
}

static bool flip_when(Rw *rw, const Match *m) {
    (void)rw;
    return !op_has(m->at[0]->op, COMM) && ir_is_constant(m->at[1]) && !ir_is_constant(m->at[2]);
}

static const Node *flip_make(Rw *rw, const Match *m) {
    return ir_2(rw->ir, flipped(m->at[0]->op), m->at[2], m->at[1]);
}

/* law    c < x == x > c      constants stand right, as in commutative ops */
const Rule rule_compare_flip = {
    .name = "compare_flip",
    .law = "c < x  ->  x > c",
    .where = "c has no column and x has",
    .sound = EXACT,
    .canonical = true,
    .lhs = F2(COMPARE, 0, ANY(1), ANY(2)),
    .when = flip_when,
    .make = flip_make,
};

static bool compare_self_when(Rw *rw, const Match *m) {
    (void)rw;
    const Type *t = m->at[1]->type;
    bool plain = !t->nullable && t->kind < TY_LIST;
    return m->at[1] == m->at[2] && plain && !(m->at[1]->below & BELOW_VOLATILE);
}

static const Node *compare_self_make(Rw *rw, const Match *m) {
    Op op = m->at[0]->op;
    return ir_bool(rw->ir, op == OP_EQ || op == OP_LE || op == OP_GE);
}

/* law    x = x == TRUE, x < x == FALSE
 * where  NOT NULL (NULL = NULL is NULL), a scalar; floats too: NaN = NaN is TRUE */
const Rule rule_compare_self = {
    .name = "compare_self",
    .law = "x = x  ->  TRUE,  x < x  ->  FALSE",
    .where = "x is a scalar and NOT NULL",
    .sound = EXACT,
    .lhs = F2(COMPARE, 0, ANY(1), ANY(2)),
    .when = compare_self_when,
    .make = compare_self_make,
};

/* The constant of the one type as a value of another, when it is there exactly. */
static bool exactly(Rw *rw, const Node *c, const Type *t, const Node **out) {
    Value v, back;
    const char *why;
    const Value *value = &ATTR_OF(c, Const)->value;
    Arena *a = ir_arena(rw->ir);
    if (value->null || !value_cast(a, value, type_nullable(t, false), &v, &why)) return false;
    if (!value_cast(a, &v, value->type, &back, &why) || !value_same(&back, value)) return false;
    *out = ir_const(rw->ir, v);
    return true;
}

/* Casts that tell all values apart. */
static bool injective_cast(const Type *from, const Type *to) {
    if (rw_integers_within(from, to)) return true;
    if (from->kind == TY_F32 && to->kind == TY_F64) return true;
    return type_is_integer(from) && rw_whole_bits(from->kind) <= 32 && to->kind == TY_F64;
}

static bool equal_cast_when(Rw *rw, const Match *m) {
    const Node *c, *x = m->at[2];
    if (!ATTR_OF(m->at[1], Cast)->try && injective_cast(x->type, m->at[1]->type))
        return exactly(rw, m->at[3], x->type, &c);
    return false;
}

static const Node *equal_cast_make(Rw *rw, const Match *m) {
    const Node *c = NULL;
    exactly(rw, m->at[3], m->at[2]->type, &c);
    return ir_2(rw->ir, m->at[0]->op, m->at[2], c);
}

/* law    CAST(x AS T) = c == x = c'       c' is c in the narrower type, exactly
 * where  not TINYINT x against 300: no such c' */
const Rule rule_equal_cast = {
    .name = "equal_cast",
    .law = "CAST(x AS T) = c  ->  x = c",
    .where = "T holds x's type, c is exactly a value of x's type",
    .sound = EXACT,
    .lhs = F2(COMPARE | COMM, 0, P1(CAST, 1, ANY(2)), CONSTANT(3)),
    .when = equal_cast_when,
    .make = equal_cast_make,
};

static bool in_range(Int128 v, TypeKind k) {
    Int128 top = (Int128)1 << rw_whole_bits(k);
    return v < top && v >= (k <= TY_I64 ? -top : 0);
}

static Int128 integer_of(const Node *c) {
    const Value *v = &ATTR_OF(c, Const)->value;
    return rw_is_signed(v->type) ? v->i : (Int128)v->u;
}

/* What the constant becomes on the other side. */
static bool moved(const Match *m, Int128 *out) {
    const Type *t = m->at[1]->type;
    if (!type_is_integer(t) || !type_same(t, m->at[2]->type) || rw_is_null(m->at[3]) || rw_is_null(m->at[4]))
        return false;
    Int128 c = integer_of(m->at[3]), d = integer_of(m->at[4]);
    *out = m->at[1]->op == OP_ADD ? d - c : d + c;
    return in_range(*out, t->kind);
}

static bool move_when(Rw *rw, const Match *m) {
    (void)rw;
    Int128 c;
    return moved(m, &c);
}

static const Node *move_make(Rw *rw, const Match *m) {
    Int128 c = 0;
    moved(m, &c);
    Value v = ATTR_OF(m->at[4], Const)->value;
    if (rw_is_signed(v.type)) v.i = (int64_t)c;
    else v.u = (uint64_t)c;
    return ir_2(rw->ir, m->at[0]->op, m->at[2], ir_const(rw->ir, v));
}

/* law    x + c = d == x = d - c     integers
 * where  d - c is a value of the type.  An x + c that overflowed failed; now it does not (an evaluation removed).
 *        Floats round: 1e20 + 1 = 1e20 */
const Rule rule_equal_add = {
    .name = "equal_add",
    .law = "x + c = d  ->  x = d - c",
    .where = "integers, d - c fits the type",
    .sound = EXACT,
    .lhs = F2(COMPARE | COMM, 0, P2(ADD, 1, ANY(2), CONSTANT(3)), CONSTANT(4)),
    .when = move_when,
    .make = move_make,
};

/* law    x - c = d == x = d + c     as equal_add */
const Rule rule_equal_sub = {
    .name = "equal_sub",
    .law = "x - c = d  ->  x = d + c",
    .where = "integers, d + c fits the type",
    .sound = EXACT,
    .lhs = F2(COMPARE | COMM, 0, P2(SUB, 1, ANY(2), CONSTANT(3)), CONSTANT(4)),
    .when = move_when,
    .make = move_make,
};
