/* Three-valued logic: NOT, AND, OR.
 *
 * AND and OR evaluate a fallible operand only where those to its left leave it open, so they are not commutative, and an
 * operand may be dropped or moved left only if it cannot fail.
 *
 * Tempting and wrong:
 *   NOT (x AND y) -> NOT x AND NOT y     OR
 *   x AND NOT x -> FALSE                 NULL for NULL
 *   x OR NOT x -> TRUE                   NULL for NULL
 *   x > 3 AND x < 2 -> FALSE             NULL for NULL (as a filter it is FALSE)
 *   x AND NULL -> FALSE                  NULL for TRUE; under NOT it matters
 *   (p AND a) OR (q AND a) -> a AND (p OR q)    when a fails: it was guarded by p
 */
#include "rewrites/rules.h"
#include "rewrites/terms.h"

static const Node *take_slot_1(Rw *rw, const Match *m) {
    (void)rw;
    return m->at[1];
}

/* ---- NOT ---- */

/* law    NOT NOT x == x          three values: NOT NULL is NULL */
const Rule rule_not_not = {
    .name = "not_not",
    .law = "NOT NOT x  ->  x",
    .where = "always",
    .sound = EXACT,
    .lhs = P1(NOT, 0, P1(NOT, 2, ANY(1))),
    .make = take_slot_1,
};

static Op negated(Op op) {
    switch ((int)op) {
    case OP_EQ: return OP_NE;
    case OP_NE: return OP_EQ;
    case OP_LT: return OP_GE;
    case OP_LE: return OP_GT;
    case OP_GT: return OP_LE;
    case OP_GE: return OP_LT;
    }
    BUG("%s is no comparison", op_info[op].text);
}

static const Node *not_compare_make(Rw *rw, const Match *m) {
    return ir_2(rw->ir, negated(m->at[1]->op), m->at[2], m->at[3]);
}

/* law    NOT (x < y) == x >= y        floats too: NaN is above all numbers and equal to itself; NULL gives NULL on both sides */
const Rule rule_not_compare = {
    .name = "not_compare",
    .law = "NOT (x < y)  ->  x >= y",
    .where = "always: the order is total",
    .sound = EXACT,
    .lhs = P1(NOT, 0, F2(COMPARE, 1, ANY(2), ANY(3))),
    .make = not_compare_make,
};

/* ---- AND and OR with a constant ---- */

static const Node *other_than(const Match *m, bool (*is)(const Node *)) {
    return m->at[is(m->at[1]) ? 2 : 1];
}
static bool has_true(Rw *rw, const Match *m) {
    return (void)rw, rw_is_true(m->at[1]) || rw_is_true(m->at[2]);
}
static bool has_false(Rw *rw, const Match *m) {
    return (void)rw, rw_is_false(m->at[1]) || rw_is_false(m->at[2]);
}
static const Node *drop_true(Rw *rw, const Match *m) { return (void)rw, other_than(m, rw_is_true); }
static const Node *drop_false(Rw *rw, const Match *m) { return (void)rw, other_than(m, rw_is_false); }
static const Node *make_true(Rw *rw, const Match *m) { return (void)m, ir_bool(rw->ir, true); }
static const Node *make_false(Rw *rw, const Match *m) { return (void)m, ir_bool(rw->ir, false); }

/* law    x AND TRUE == x */
const Rule rule_and_true = {
    .name = "and_true",
    .law = "x AND TRUE  ->  x",
    .where = "either side",
    .sound = EXACT,
    .lhs = P2(AND, 0, ANY(1), ANY(2)),
    .when = has_true,
    .make = drop_true,
};

/* law    x AND FALSE == FALSE       NULL AND FALSE is FALSE; an x that fails is no longer evaluated */
const Rule rule_and_false = {
    .name = "and_false",
    .law = "x AND FALSE  ->  FALSE",
    .where = "either side",
    .sound = EXACT,
    .lhs = P2(AND, 0, ANY(1), ANY(2)),
    .when = has_false,
    .make = make_false,
};

/* law    x OR FALSE == x */
const Rule rule_or_false = {
    .name = "or_false",
    .law = "x OR FALSE  ->  x",
    .where = "either side",
    .sound = EXACT,
    .lhs = P2(OR, 0, ANY(1), ANY(2)),
    .when = has_false,
    .make = drop_false,
};

/* law    x OR TRUE == TRUE          NULL OR TRUE is TRUE */
const Rule rule_or_true = {
    .name = "or_true",
    .law = "x OR TRUE  ->  TRUE",
    .where = "either side",
    .sound = EXACT,
    .lhs = P2(OR, 0, ANY(1), ANY(2)),
    .when = has_true,
    .make = make_true,
};

/* ---- operands that occur twice ---- */

/* The first of each, in order. */
static Terms once_each(Terms t) {
    PtrMap seen = {0};
    uint32_t k = 0;
    for (uint32_t i = 0; i < t.n; i++) {
        const Node *term = t.at[i];
        if (ptrmap_get(&seen, term)) continue;
        ptrmap_set(&seen, term, (void *)term);
        t.at[k++] = term;
    }
    ptrmap_free(&seen);
    return (Terms){k, t.at};
}

static bool twice_when(Rw *rw, const Match *m) {
    Terms t = rw_operands(rw->ir, m->at[0]->op, m->at[0]);
    return !(m->at[0]->below & BELOW_VOLATILE) && once_each(t).n < t.n;
}

static const Node *twice_make(Rw *rw, const Match *m) {
    return rw_joined(rw->ir, m->at[0]->op, once_each(rw_operands(rw->ir, m->at[0]->op, m->at[0])));
}

/* law    x AND y AND x == x AND y       the first stays: it guards what follows */
const Rule rule_and_same = {
    .name = "and_same",
    .law = "x AND y AND x  ->  x AND y",
    .where = "in nested ANDs",
    .sound = EXACT,
    .lhs = P2(AND, 0, ANY(1), ANY(2)),
    .when = twice_when,
    .make = twice_make,
};

/* law    x OR y OR x == x OR y */
const Rule rule_or_same = {
    .name = "or_same",
    .law = "x OR y OR x  ->  x OR y",
    .where = "in nested ORs",
    .sound = EXACT,
    .lhs = P2(OR, 0, ANY(1), ANY(2)),
    .when = twice_when,
    .make = twice_make,
};

/* ---- ranges ---- */

static bool is_upper(Op op) { return op == OP_LT || op == OP_LE; }
static bool is_lower(Op op) { return op == OP_GT || op == OP_GE; }

/* Two tests of one value against constants of which the first implies the second. */
static bool implies(const Node *p, const Node *q) {
    if (!op_has(p->op, COMPARE) || !op_has(q->op, COMPARE) || p->in[0] != q->in[0] ||
        p->in[0]->type->kind == TY_TENSOR)
        return false;
    if (!ir_is_const(p->in[1]) || !ir_is_const(q->in[1]) || rw_is_null(p->in[1]) || rw_is_null(q->in[1]))
        return false;
    const Value *a = &ATTR_OF(p->in[1], Const)->value, *b = &ATTR_OF(q->in[1], Const)->value;
    int order = value_cmp(a, b);
    bool both_closed = p->op == q->op || q->op == OP_LE || q->op == OP_GE; /* at equal constants */
    if (p->op == OP_EQ && is_upper(q->op)) return order < 0 || (order == 0 && q->op == OP_LE);
    if (p->op == OP_EQ && is_lower(q->op)) return order > 0 || (order == 0 && q->op == OP_GE);
    if (is_upper(p->op) && is_upper(q->op)) return order < 0 || (order == 0 && both_closed);
    if (is_lower(p->op) && is_lower(q->op)) return order > 0 || (order == 0 && both_closed);
    return false;
}

/* A pair (i, j), i implied by j; false if there is none. */
static bool find_implied(Terms t, uint32_t *i, uint32_t *j) {
    if (t.n > RW_LONG) return false;
    for (*i = 0; *i < t.n; ++*i)
        for (*j = 0; *j < t.n; ++*j)
            if (*i != *j && t.at[*i] != t.at[*j] && implies(t.at[*j], t.at[*i])) return true;
    return false;
}

static bool range_when(Rw *rw, const Match *m) {
    uint32_t i, j;
    return !(m->at[0]->below & BELOW_VOLATILE) && find_implied(rw_conjuncts(rw->ir, m->at[0]), &i, &j);
}

/* The stronger test stands where the first of the two stood, so that what it guards is evaluated on no more rows. */
static const Node *range_make(Rw *rw, const Match *m) {
    Terms t = rw_conjuncts(rw->ir, m->at[0]);
    uint32_t i = 0, j = 0, k = 0;
    find_implied(t, &i, &j);
    uint32_t first = i < j ? i : j, second = i < j ? j : i;
    t.at[first] = t.at[j];
    for (uint32_t c = 0; c < t.n; c++)
        if (c != second) t.at[k++] = t.at[c];
    return rw_joined(rw->ir, OP_AND, (Terms){k, t.at});
}

/* law    x >= 1 AND x >= 3 == x >= 3,  x = 2 AND x < 5 == x = 2
 * where  same x and constants, so both are NULL together; NaN has its place in the order */
const Rule rule_range_merge = {
    .name = "range_merge",
    .law = "x >= 1 AND x >= 3  ->  x >= 3",
    .where = "one test of x implies the other, constants are not NULL, at most 256 conjuncts",
    .sound = EXACT,
    .lhs = P2(AND, 0, ANY(1), ANY(2)),
    .when = range_when,
    .make = range_make,
};

/* ---- what all alternatives share ---- */

static bool among(const Node *x, Terms t) {
    for (uint32_t i = 0; i < t.n; i++)
        if (t.at[i] == x) return true;
    return false;
}

/* A conjunct of every alternative that cannot fail; NULL: there is none. */
static const Node *shared_conjunct(Rw *rw, Terms alternatives) {
    Terms first = rw_conjuncts(rw->ir, alternatives.at[0]);
    for (uint32_t c = 0; c < first.n; c++) {
        uint32_t i = 1;
        while (rw_is_free(first.at[c]) && i < alternatives.n &&
               among(first.at[c], rw_conjuncts(rw->ir, alternatives.at[i])))
            i++;
        if (i == alternatives.n) return first.at[c];
    }
    return NULL;
}

static bool factor_when(Rw *rw, const Match *m) {
    return shared_conjunct(rw, rw_operands(rw->ir, OP_OR, m->at[0])) != NULL;
}

/* An alternative without the conjunct; TRUE when nothing is left. */
static const Node *without(Rw *rw, const Node *alternative, const Node *conjunct) {
    Terms t = rw_conjuncts(rw->ir, alternative);
    uint32_t k = 0;
    for (uint32_t i = 0; i < t.n; i++)
        if (t.at[i] != conjunct) t.at[k++] = t.at[i];
    return ir_and_all(rw->ir, k, t.at);
}

static const Node *factor_make(Rw *rw, const Match *m) {
    Terms t = rw_operands(rw->ir, OP_OR, m->at[0]);
    const Node *shared = shared_conjunct(rw, t);
    for (uint32_t i = 0; i < t.n; i++) {
        t.at[i] = without(rw, t.at[i], shared);
        if (rw_is_true(t.at[i])) return shared;
    }
    return ir_2(rw->ir, OP_AND, shared, rw_joined(rw->ir, OP_OR, t));
}

/* law    (a AND p) OR (a AND q) == a AND (p OR q),  a OR (a AND q) == a      also of three values
 * where  a does not fail: in (p AND a) OR q it is guarded by p */
const Rule rule_or_factor = {
    .name = "or_factor",
    .law = "(a AND p) OR (a AND q)  ->  a AND (p OR q)",
    .where = "a cannot fail",
    .sound = EXACT,
    .lhs = P2(OR, 0, ANY(1), ANY(2)),
    .when = factor_when,
    .make = factor_make,
};

/* ---- many constants ---- */

enum { MANY = 12 }; /* up to as many comparisons are as fast as a set */

/* x = c, x <> c, x IN (c, ..), NOT x IN (c, ..): the constants; NULL: p is none of these. */
typedef struct Listed {
    const Node *x;
    uint32_t n;
    const Node *const *at;
} Listed;

static Listed listed(Op join, const Node *p) {
    bool is_or = join == OP_OR;
    if (p->op == (is_or ? OP_EQ : OP_NE) && ir_is_const(p->in[1])) return (Listed){p->in[0], 1, p->in + 1};
    if (!is_or && p->op == OP_NOT) p = p->in[0];
    else if (!is_or) return (Listed){0};
    if (p->op != OP_IN) return (Listed){0};
    for (uint32_t i = 1; i < p->n; i++)
        if (!ir_is_const(p->in[i])) return (Listed){0};
    return (Listed){p->in[0], p->n - 1, p->in + 1};
}

/* Neighbours [from, to) that test the same x by constants that are many together. */
typedef struct Run {
    uint32_t from, to, constants;
} Run;

static bool find_run(Op op, Terms t, Run *out) {
    for (uint32_t i = 0, end; i < t.n; i = end) {
        Listed first = listed(op, t.at[i]), next;
        Run r = {i, i + 1, first.n};
        end = i + 1;
        if (!first.x || first.x->type->kind == TY_TENSOR || (first.x->below & BELOW_VOLATILE)) continue;
        for (; end < t.n && (next = listed(op, t.at[end])).x == first.x; end++) r.constants += next.n;
        r.to = end;
        *out = r;
        if (r.to > r.from + 1 && r.constants > MANY) return true;
    }
    return false;
}

static bool listed_when(Rw *rw, const Match *m) {
    Run r;
    return find_run(m->at[0]->op, rw_operands(rw->ir, m->at[0]->op, m->at[0]), &r);
}

static const Node *listed_make(Rw *rw, const Match *m) {
    Op op = m->at[0]->op;
    Terms t = rw_operands(rw->ir, op, m->at[0]);
    Run r = {0};
    find_run(op, t, &r);
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, r.constants + 1);
    uint32_t n = 1;
    in[0] = listed(op, t.at[r.from]).x;
    for (uint32_t i = r.from; i < r.to; i++) {
        Listed l = listed(op, t.at[i]);
        for (uint32_t k = 0; k < l.n; k++) in[n++] = l.at[k];
    }
    const Node *test = ir_node(rw->ir, OP_IN, NULL, n, in);
    t.at[r.from] = op == OP_OR ? test : ir_1(rw->ir, OP_NOT, test);
    memmove(t.at + r.from + 1, t.at + r.to, (t.n - r.to) * sizeof *t.at);
    return rw_joined(rw->ir, op, (Terms){t.n - (r.to - r.from) + 1, t.at});
}

/* law    x = a OR x = b OR .. == x IN (a, b, ..)    also where x or a constant is NULL
 * where  they are neighbours: x may fail, and nothing that guards it is passed */
const Rule rule_or_in = {
    .name = "or_in",
    .law = "x = a OR x = b OR ..  ->  x IN (a, b, ..)",
    .where = "more than 12 constants side by side",
    .sound = EXACT,
    .lhs = P2(OR, 0, ANY(1), ANY(2)),
    .when = listed_when,
    .make = listed_make,
};

/* law    x <> a AND x <> b AND .. == NOT x IN (a, b, ..) */
const Rule rule_and_not_in = {
    .name = "and_not_in",
    .law = "x <> a AND x <> b AND ..  ->  NOT x IN (a, b, ..)",
    .where = "more than 12 constants side by side",
    .sound = EXACT,
    .lhs = P2(AND, 0, ANY(1), ANY(2)),
    .when = listed_when,
    .make = listed_make,
};
