/* Constants: what has only constants below is evaluated once, by the evaluator.
 *
 * Tempting and wrong:
 *   1 / 0 -> an error now                     in CASE WHEN x THEN 1 / 0 END it may never be evaluated
 *   folding a float contraction or sum        the evaluator adds in another order than the machine
 *   folding random()                          once instead of once a row
 *   x AND NULL -> NULL                        FALSE AND NULL is FALSE: only STRICT ops give NULL for NULL
 */
#include "ir/eval.h"
#include "rewrites/rules.h"
#include "rewrites/terms.h"

/* Results whose last bits depend on the order of additions, or on rounding once instead of twice. */
static bool adds_floats(const Node *n) {
    static const Op ops[] = {OP_CONTRACT, OP_CONV,    OP_SUM,         OP_MEAN,
                             OP_AVG_POOL, OP_SOFTMAX, OP_LOG_SOFTMAX, OP_BATCH_NORM};
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
        if (n->op == ops[i]) return rw_has_float(n->type);
    return false;
}

static bool inputs_are_constants(const Node *n) {
    for (uint32_t i = 0; i < n->n; i++)
        if (!ir_is_const(n->in[i])) return false;
    return n->n > 0;
}

/* The value of an expression without columns; false if it fails. */
static bool value_of(Rw *rw, const Node *n, const Value *row, uint32_t columns, Value *out) {
    EvalCtx c = {.arena = ir_arena(rw->ir), .ir = rw->ir};
    return ir_eval_scalar(&c, n, row, columns, out);
}

static bool is_small(const Type *t) {
    enum { MOST_ELEMENTS = 4096 };
    return t->kind != TY_TENSOR || (type_elems(t) != DIM_ANY && type_elems(t) <= MOST_ELEMENTS);
}

static bool fold_when(Rw *rw, const Match *m) {
    const Node *n = m->at[0];
    Value v;
    if (op_has(n->op, REL) || op_has(n->op, AGG) || op_has(n->op, VOLATILE) || !inputs_are_constants(n))
        return false;
    return is_small(n->type) && !adds_floats(n) && value_of(rw, n, NULL, 0, &v);
}

static const Node *fold_make(Rw *rw, const Match *m) {
    Value v;
    if (!value_of(rw, m->at[0], NULL, 0, &v)) BUG("a constant that could be folded fails");
    v.type = type_nullable(m->at[0]->type, v.null);
    return ir_const(rw->ir, v);
}

/* law    f(1, 2) == its value
 * where  it does not fail (then it stays, and fails when and if it is evaluated), adds no floats, is not large */
const Rule rule_fold = {
    .name = "fold",
    .law = "f(constants)  ->  its value",
    .where = "f does not fail on them, adds up no floats, and is small",
    .sound = EXACT,
    .lhs = F0(PURE, 0),
    .when = fold_when,
    .make = fold_make,
};

/* ---- NULL ---- */

static bool strict_null_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *n = m->at[0];
    bool null = false;
    for (uint32_t i = 0; i < n->n; i++) null |= rw_is_null(n->in[i]);
    return null && n->type->nullable;
}

static const Node *strict_null_make(Rw *rw, const Match *m) { return ir_null(rw->ir, m->at[0]->type); }

/* law    f(x, NULL) == NULL            f STRICT; an x that fails is no longer evaluated
 * where  not AND, OR, IN, CASE, COALESCE, IS NULL: they are not STRICT */
const Rule rule_strict_null = {
    .name = "strict_null",
    .law = "f(x, NULL)  ->  NULL",
    .where = "f is STRICT",
    .sound = EXACT,
    .lhs = F0(STRICT, 0),
    .when = strict_null_when,
    .make = strict_null_make,
};

/* ---- rows ---- */

enum { FEW_ROWS = 256 };

/* keep[r]: p is true on row r. False if a row is not constant or p fails. */
static bool rows_that_pass(Rw *rw, const Node *values, const Node *p, bool *keep) {
    uint32_t n = values->type->n;
    Value *row = ARENA_ARRAY(ir_arena(rw->ir), Value, n), out;
    for (int64_t r = 0; r < ATTR_OF(values, Values)->rows; r++) {
        for (uint32_t c = 0; c < n; c++) row[c] = ATTR_OF(values->in[r * n + c], Const)->value;
        if (!value_of(rw, p, row, n, &out)) return false;
        keep[r] = !out.null && out.b;
    }
    return true;
}

static bool filter_values_when(Rw *rw, const Match *m) {
    const Node *values = m->at[1], *p = m->at[2];
    bool keep[FEW_ROWS];
    if (ATTR_OF(values, Values)->rows > FEW_ROWS || !values->n || !inputs_are_constants(values)) return false;
    if (p->below & (BELOW_PARAM | BELOW_WEIGHT | BELOW_VOLATILE | BELOW_SOURCE)) return false;
    return rows_that_pass(rw, values, p, keep);
}

static const Node *filter_values_make(Rw *rw, const Match *m) {
    const Node *values = m->at[1];
    uint32_t n = values->type->n, k = 0, rows = 0;
    bool keep[FEW_ROWS];
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, values->n);
    rows_that_pass(rw, values, m->at[2], keep);
    for (int64_t r = 0; r < ATTR_OF(values, Values)->rows; r++) {
        if (!keep[r]) continue;
        for (uint32_t c = 0; c < n; c++) in[k++] = values->in[r * n + c];
        rows++;
    }
    return ir_node(rw->ir, OP_VALUES, &(AttrValues){rows, values->type}, k, in);
}

/* law    filter(values(..), p) == values of the rows on which p is true
 * where  rows of constants, few; p fails on none and has no parameter, weight or volatile op */
const Rule rule_filter_values = {
    .name = "filter_values",
    .law = "filter(values(x, y), p)  ->  values of those where p is true",
    .where = "at most 256 rows of constants, p fails on none",
    .sound = EXACT,
    .lhs = P2(FILTER, 0, P0(VALUES, 1), ANY(2)),
    .when = filter_values_when,
    .make = filter_values_make,
};
