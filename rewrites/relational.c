/* Projections, sorts, limits, values.
 *
 * Tempting and wrong:
 *   limit(filter(R)) -> filter(limit(R))           other rows are within the limit
 *   sort(sort(R, a), b) -> sort(R, b)              rows equal in b are then ordered by chance; under LIMIT other rows come
 *   limit(R, n) -> R                               for a table that has at most n rows today
 *   limit(project(R, f)) -> .. for an f that fails is fine: it is evaluated on fewer rows
 *   project(values, f) -> values of f              only where it stays small
 */
#include "rewrites/rules.h"
#include "rewrites/terms.h"

static const Node *take_slot_1(Rw *rw, const Match *m) { return (void)rw, m->at[1]; }
static const Node *make_empty(Rw *rw, const Match *m) { return rw_empty(rw->ir, m->at[0]->type); }

/* ---- projections ---- */

static bool project_merge_when(Rw *rw, const Match *m) {
    (void)rw;
    return !((m->at[0]->below | m->at[1]->below) & BELOW_VOLATILE);
}

static const Node *project_merge_make(Rw *rw, const Match *m) {
    const Node *outer = m->at[0], *inner = m->at[1];
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, outer->n);
    in[0] = inner->in[0];
    for (uint32_t i = 1; i < outer->n; i++)
        in[i] = ir_substitute(rw->ir, outer->in[i], inner->n - 1, inner->in + 1);
    return ir_node(rw->ir, OP_PROJECT, NULL, outer->n, in);
}

/* law    project(project(R, f), g) == project(R, g . f)
 * where  not volatile.  An expression that g uses twice is one node; one that g does not use is not evaluated any more */
const Rule rule_project_merge = {
    .name = "project_merge",
    .law = "project(project(R, f), g)  ->  project(R, g . f)",
    .where = "nothing volatile",
    .sound = EXACT,
    .canonical = true,
    .lhs = P1N(PROJECT, 0, P0(PROJECT, 1)),
    .when = project_merge_when,
    .make = project_merge_make,
};

static bool project_trivial_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *project = m->at[0];
    if (project->type->n != m->at[1]->type->n) return false;
    for (uint32_t i = 1; i < project->n; i++)
        if (project->in[i]->op != OP_COLUMN || ATTR_OF(project->in[i], Column)->index != i - 1) return false;
    return true;
}

/* law    project(R, all columns in order) == R */
const Rule rule_project_trivial = {
    .name = "project_trivial",
    .law = "project(R, all columns in order)  ->  R",
    .where = "all of them, each once",
    .sound = EXACT,
    .lhs = P1N(PROJECT, 0, ANY(1)),
    .when = project_trivial_when,
    .make = take_slot_1,
};

/* ---- values ---- */

enum { FEW_VALUES = 256 };

static bool project_values_when(Rw *rw, const Match *m) {
    (void)rw;
    int64_t rows = ATTR_OF(m->at[1], Values)->rows;
    bool rowless = rows == 0 || m->at[0]->n == 1;
    return !rowless && rows * m->at[0]->type->n <= FEW_VALUES &&
           !((m->at[0]->below | m->at[1]->below) & BELOW_VOLATILE);
}

static const Node *project_values_make(Rw *rw, const Match *m) {
    const Node *project = m->at[0], *values = m->at[1];
    uint32_t from = values->type->n, to = project->type->n, rows = (uint32_t)ATTR_OF(values, Values)->rows;
    const Node **at = ARENA_ARRAY(ir_arena(rw->ir), const Node *, (size_t)rows *to);
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < to; c++)
            at[r * to + c] = ir_substitute(rw->ir, project->in[c + 1], from, values->in + (size_t)r * from);
    return ir_node(rw->ir, OP_VALUES, &(AttrValues){rows, project->type}, rows * to, at);
}

/* law    project(values(..), f) == values(f(..))
 * where  few values: constants fold, and a query without a table becomes its result */
const Rule rule_project_values = {
    .name = "project_values",
    .law = "project(values(x, y), f)  ->  values(f(x), f(y))",
    .where = "at most 256 values, nothing volatile",
    .sound = EXACT,
    .canonical = true,
    .lhs = P1N(PROJECT, 0, P0(VALUES, 1)),
    .when = project_values_when,
    .make = project_values_make,
};

/* ---- nothing in, nothing out ---- */

static bool empty_in_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *n = m->at[0];
    bool one_row = n->op == OP_AGGREGATE && ATTR_OF(n, Aggregate)->keys == 0;
    return rw_is_empty(m->at[1]) && n->op != OP_JOIN && !one_row;
}

/* law    op({}) == {}
 * where  not an aggregate without keys: COUNT(*) of nothing is one row; joins: join_empty */
const Rule rule_empty_in = {
    .name = "empty_in",
    .law = "op({})  ->  {}",
    .where = "filter, project, sort, limit, topn, aggregate with keys",
    .sound = EXACT,
    .lhs = F1N(REL, 0, ANY(1)),
    .when = empty_in_when,
    .make = make_empty,
};

static bool limit_zero_when(Rw *rw, const Match *m) {
    (void)rw;
    return rw_is_number(m->at[0]->in[m->at[0]->n - 2], 0);
}

/* law    limit(R, 0) == {} */
const Rule rule_limit_zero = {
    .name = "limit_zero",
    .law = "limit(R, 0)  ->  {}",
    .where = "the limit is the constant 0",
    .sound = EXACT,
    .lhs = P3(LIMIT, 0, ANY(1), ANY(2), ANY(3)),
    .when = limit_zero_when,
    .make = make_empty,
};

static bool limit_none_when(Rw *rw, const Match *m) {
    (void)rw;
    return rw_is_null(m->at[2]) && rw_is_number(m->at[3], 0);
}

/* law    limit(R, NULL, 0) == R */
const Rule rule_limit_none = {
    .name = "limit_none",
    .law = "limit(R, ALL, 0)  ->  R",
    .where = "no limit and no offset",
    .sound = EXACT,
    .lhs = P3(LIMIT, 0, ANY(1), ANY(2), ANY(3)),
    .when = limit_none_when,
    .make = take_slot_1,
};

/* ---- order ---- */

static bool limit_sort_when(Rw *rw, const Match *m) {
    (void)rw;
    return !rw_is_null(m->at[2]);
}

static const Node *limit_sort_make(Rw *rw, const Match *m) {
    const Node *sort = m->at[1];
    const Node **in = ARENA_ARRAY(ir_arena(rw->ir), const Node *, sort->n + 2);
    for (uint32_t i = 0; i < sort->n; i++) in[i] = sort->in[i];
    in[sort->n] = m->at[2];
    in[sort->n + 1] = m->at[3];
    return ir_node(rw->ir, OP_TOPN, sort->attr, sort->n + 2, in);
}

/* law    limit(sort(R, k), n, o) == topn(R, k, n, o)          both stable
 * where  there is a limit: an offset alone keeps nearly all rows */
const Rule rule_limit_sort = {
    .name = "limit_sort",
    .law = "limit(sort(R, k), n, o)  ->  topn(R, k, n, o)",
    .where = "the limit is not NULL",
    .sound = EXACT,
    .lhs = P3(LIMIT, 0, P0(SORT, 1), ANY(2), ANY(3)),
    .when = limit_sort_when,
    .make = limit_sort_make,
};

static const Node *limit_project_make(Rw *rw, const Match *m) {
    const Node *project = m->at[1];
    const Node *limit = ir_3(rw->ir, OP_LIMIT, project->in[0], m->at[2], m->at[3]);
    return ir_rel(rw->ir, OP_PROJECT, NULL, limit, project->n - 1, project->in + 1);
}

/* law    limit(project(R, f), n, o) == project(limit(R, n, o), f)      f is evaluated on fewer rows */
const Rule rule_limit_project = {
    .name = "limit_project",
    .law = "limit(project(R, f), n, o)  ->  project(limit(R, n, o), f)",
    .where = "always",
    .sound = EXACT,
    .canonical = true,
    .lhs = P3(LIMIT, 0, P0(PROJECT, 1), ANY(2), ANY(3)),
    .make = limit_project_make,
};

/* Constant keys, and keys that occurred before. */
static bool key_is_idle(const Node *sort, uint32_t key) {
    if (!(sort->in[key]->below & (BELOW_COLUMN | BELOW_VOLATILE))) return !ir_is_fallible(sort->in[key]);
    for (uint32_t i = 1; i < key; i++)
        if (sort->in[i] == sort->in[key]) return true;
    return false;
}

static bool sort_key_when(Rw *rw, const Match *m) {
    (void)rw;
    for (uint32_t i = 1; i < m->at[0]->n; i++)
        if (key_is_idle(m->at[0], i)) return true;
    return false;
}

static const Node *sort_key_make(Rw *rw, const Match *m) {
    const Node *sort = m->at[0];
    Arena *a = ir_arena(rw->ir);
    const Node **in = ARENA_ARRAY(a, const Node *, sort->n);
    int64_t *flags = ARENA_ARRAY(a, int64_t, sort->n);
    uint32_t k = 0;
    for (uint32_t i = 1; i < sort->n; i++) {
        if (key_is_idle(sort, i)) continue;
        in[k] = sort->in[i];
        flags[k++] = ATTR_OF(sort, Sort)->flags.at[i - 1];
    }
    if (k == 0) return m->at[1];
    return ir_rel(rw->ir, OP_SORT, &(AttrSort){{k, flags}}, m->at[1], k, in);
}

/* law    sort(R, a, 'x', b, a) == sort(R, a, b);  sort(R) == R */
const Rule rule_sort_key = {
    .name = "sort_key",
    .law = "sort(R, a, constant, b, a)  ->  sort(R, a, b)",
    .where = "keys without columns that cannot fail, keys that occurred before",
    .sound = EXACT,
    .lhs = P1N(SORT, 0, ANY(1)),
    .when = sort_key_when,
    .make = sort_key_make,
};
