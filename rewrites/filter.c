/* Filters: merged, in a good order, and as low in the plan as they can be.
 *
 * A conjunct that may fail does not move to rows on which it was not evaluated: not below a join (a row without a match was
 * never tested), not before a conjunct that guarded it.
 *
 * Tempting and wrong:
 *   filter(limit(R)) -> limit(filter(R))            other rows are within the limit
 *   filter(left join, p of the right) -> left join with a filtered right    p dropped the rows without a match
 *   filter(anti join, ..) into its right side       more rows of the left would survive
 *   filter(aggregate without keys) -> below         the one row of an empty input stays
 *   filter(group by float key, p) -> below          -0.0 and 0.0 are one group, and 1 / key tells them apart
 *   filter(project(R, f), p(f)) -> project(filter(R, p(f)), f) for a dear f    f is computed twice on the rows that pass
 */
#include "rewrites/measure.h"
#include "rewrites/rules.h"
#include "rewrites/terms.h"

static const Node *filtered(Rw *rw, const Node *rel, Terms t) {
    return t.n ? ir_2(rw->ir, OP_FILTER, rel, ir_and_all(rw->ir, t.n, t.at)) : rel;
}

/* ---- constants ---- */

static bool filter_true_when(Rw *rw, const Match *m) { return (void)rw, rw_is_true(m->at[2]); }
static const Node *take_slot_1(Rw *rw, const Match *m) { return (void)rw, m->at[1]; }

/* law    filter(R, TRUE) == R */
const Rule rule_filter_true = {
    .name = "filter_true",
    .law = "filter(R, TRUE)  ->  R",
    .where = "always",
    .sound = EXACT,
    .lhs = P2(FILTER, 0, ANY(1), CONSTANT(2)),
    .when = filter_true_when,
    .make = take_slot_1,
};

static bool filter_never_when(Rw *rw, const Match *m) {
    return (void)rw, rw_is_false(m->at[2]) || rw_is_null(m->at[2]);
}
static const Node *make_empty(Rw *rw, const Match *m) { return rw_empty(rw->ir, m->at[0]->type); }

/* law    filter(R, FALSE) == {}, filter(R, NULL) == {}       errors of R are not seen */
const Rule rule_filter_never = {
    .name = "filter_never",
    .law = "filter(R, FALSE)  ->  {}",
    .where = "FALSE or NULL",
    .sound = EXACT,
    .lhs = P2(FILTER, 0, ANY(1), CONSTANT(2)),
    .when = filter_never_when,
    .make = make_empty,
};

/* ---- adjacent filters ---- */

static bool filter_merge_when(Rw *rw, const Match *m) {
    (void)rw;
    return !ir_is_fallible(m->at[3]) || !m->at[2]->type->nullable;
}

static const Node *filter_merge_make(Rw *rw, const Match *m) {
    return ir_2(rw->ir, OP_FILTER, m->at[1], ir_2(rw->ir, OP_AND, m->at[2], m->at[3]));
}

/* law    filter(filter(R, p), q) == filter(R, p AND q)
 * where  a q that may fail needs a p that is NOT NULL: NULL AND q evaluates q, the two filters did not */
const Rule rule_filter_merge = {
    .name = "filter_merge",
    .law = "filter(filter(R, p), q)  ->  filter(R, p AND q)",
    .where = "q cannot fail, or p is NOT NULL",
    .sound = EXACT,
    .lhs = P2(FILTER, 0, P2(FILTER, 4, ANY(1), ANY(2)), ANY(3)),
    .when = filter_merge_when,
    .make = filter_merge_make,
};

/* ---- order of conjuncts ---- */

/* Hellerstein's rank: the least comes first (predicate migration, 1993). */
static double rank(Rw *rw, const Node *rel, const Node *p) {
    return (rw_selectivity(rw, rel, p) - 1) / (rw_cost(p) + 1);
}

/* Insertion sort by rank; what may fail is passed by nothing that stood behind it, and passes nothing that guards it.
 * Only whole steps count: equal ranks stay in order. */
static bool order_conjuncts(Rw *rw, const Node *rel, Terms t) {
    bool moved = false;
    for (uint32_t i = 1; i < t.n; i++)
        for (uint32_t j = i; j > 0 && rw_is_free(t.at[j]); j--) {
            if (rank(rw, rel, t.at[j]) >= rank(rw, rel, t.at[j - 1])) break;
            const Node *first = t.at[j - 1];
            t.at[j - 1] = t.at[j];
            t.at[j] = first;
            moved = true;
        }
    return moved;
}

static bool filter_order_when(Rw *rw, const Match *m) {
    return order_conjuncts(rw, m->at[1], rw_conjuncts(rw->ir, m->at[2]));
}

static const Node *filter_order_make(Rw *rw, const Match *m) {
    Terms t = rw_conjuncts(rw->ir, m->at[2]);
    order_conjuncts(rw, m->at[1], t);
    return filtered(rw, m->at[1], t);
}

/* law    filter(R, p AND q) == filter(R, q AND p)
 * where  q's rank (selectivity - 1) / cost is less and q cannot fail: in x <> 0 AND 1 / x > 2 the first guards */
const Rule rule_filter_order = {
    .name = "filter_order",
    .law = "filter(R, p AND q)  ->  filter(R, q AND p)",
    .where = "q drops more rows for its cost and cannot fail",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(FILTER, 0, ANY(1), P2(AND, 2, ANY(3), ANY(4))),
    .when = filter_order_when,
    .make = filter_order_make,
};

/* ---- through row-wise and ordering ops ---- */

static bool filter_project_when(Rw *rw, const Match *m) {
    const Node *project = m->at[1], *p = m->at[2];
    if ((project->below | p->below) & BELOW_VOLATILE) return false;
    uint32_t n = project->type->n;
    bool *used = ARENA_ARRAY(ir_arena(rw->ir), bool, n), cheap = true;
    ir_columns_used(p, n, used);
    for (uint32_t i = 0; i < n; i++) cheap &= !used[i] || rw_is_cheap(project->in[i + 1]);
    return cheap;
}

static const Node *filter_project_make(Rw *rw, const Match *m) {
    const Node *project = m->at[1], *rel = project->in[0];
    const Node *p = ir_substitute(rw->ir, m->at[2], project->type->n, project->in + 1);
    return ir_rel(rw->ir, OP_PROJECT, NULL, ir_2(rw->ir, OP_FILTER, rel, p), project->n - 1, project->in + 1);
}

/* law    filter(project(R, f), p) == project(filter(R, p . f), f)
 * where  what p uses of f is cheap (a network would run twice on the rows that pass; prune_columns moves the filter when
 *        nothing else uses it).  Errors: f is evaluated on fewer rows, p . f on the same */
const Rule rule_filter_project = {
    .name = "filter_project",
    .law = "filter(project(R, f), p)  ->  project(filter(R, p . f), f)",
    .where = "the columns that p uses are cheap",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(FILTER, 0, P0(PROJECT, 1), ANY(2)),
    .when = filter_project_when,
    .make = filter_project_make,
};

static const Node *filter_sort_make(Rw *rw, const Match *m) {
    const Node *sort = m->at[1];
    const Node *rel = ir_2(rw->ir, OP_FILTER, sort->in[0], m->at[2]);
    return ir_rel(rw->ir, OP_SORT, sort->attr, rel, sort->n - 1, sort->in + 1);
}

/* law    filter(sort(R, k), p) == sort(filter(R, p), k)       not of TOPN and LIMIT: other rows would be within it */
const Rule rule_filter_sort = {
    .name = "filter_sort",
    .law = "filter(sort(R, k), p)  ->  sort(filter(R, p), k)",
    .where = "always",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(FILTER, 0, P0(SORT, 1), ANY(2)),
    .make = filter_sort_make,
};

/* ---- through joins ---- */

/* Conjuncts that may move to `side` of the join, the others stay; both in order. */
typedef struct Split {
    Terms moved, stay;
} Split;

static Split split(Rw *rw, Terms t, const Node *join, int side,
                   bool (*may)(Rw *rw, const Node *join, int side, const Node *p)) {
    Arena *a = ir_arena(rw->ir);
    Split s = {{0, ARENA_ARRAY(a, const Node *, t.n)}, {0, ARENA_ARRAY(a, const Node *, t.n)}};
    uint32_t left = join->in[0]->type->n, all = left + join->in[1]->type->n;
    for (uint32_t i = 0; i < t.n; i++) {
        Terms *to = rw_is_free(t.at[i]) && rw_side(t.at[i], left, all) == side && may(rw, join, side, t.at[i])
                        ? &s.moved
                        : &s.stay;
        to->at[to->n++] = t.at[i];
    }
    return s;
}

/* A dear test goes below a join only if the join keeps the rows: else it is better on what is left of them. */
static bool pays(Rw *rw, const Node *join, int side, const Node *p) {
    return rw_is_cheap(p) || rw_rows(rw, join) >= rw_rows(rw, join->in[side == SIDE_RIGHT]);
}

static bool always(Rw *rw, const Node *join, int side, const Node *p) {
    (void)rw, (void)join, (void)side, (void)p;
    return true;
}

static bool any_moves(Split s) { return s.moved.n > 0; }

static const Node *side_filtered(Rw *rw, const Node *join, int side, Terms t) {
    const Node *rel = join->in[side == SIDE_RIGHT];
    uint32_t left = join->in[0]->type->n;
    if (side == SIDE_RIGHT)
        for (uint32_t i = 0; i < t.n; i++) t.at[i] = rw_shift(rw->ir, t.at[i], left, rel->type->n);
    return filtered(rw, rel, t);
}

static const Node *join_of(Rw *rw, const Node *join, const Node *l, const Node *r, const Node *on) {
    return ir_node(rw->ir, OP_JOIN, join->attr, 3, (const Node *[]){l, r, on});
}

static Split filter_split(Rw *rw, const Match *m, int side) {
    return split(rw, rw_conjuncts(rw->ir, m->at[2]), m->at[1], side, side == SIDE_BOTH ? always : pays);
}

static const Node *filter_into(Rw *rw, const Match *m, int side) {
    const Node *join = m->at[1];
    Split s = filter_split(rw, m, side);
    const Node *rel = side_filtered(rw, join, side, s.moved);
    bool right = side == SIDE_RIGHT;
    return filtered(rw, join_of(rw, join, right ? join->in[0] : rel, right ? rel : join->in[1], join->in[2]),
                    s.stay);
}

static bool is_inner(const Node *join) { return ATTR_OF(join, Join)->kind == JOIN_INNER; }
static bool filter_join_left_when(Rw *rw, const Match *m) {
    return any_moves(filter_split(rw, m, SIDE_LEFT));
}
static const Node *filter_join_left_make(Rw *rw, const Match *m) { return filter_into(rw, m, SIDE_LEFT); }

/* law    filter(join(L, R, c), p) == join(filter(L, p), R, c)      p of L's columns; inner, left, semi, anti
 * where  p cannot fail (a row without a match was never tested), and is cheap or the join keeps the rows */
const Rule rule_filter_join_left = {
    .name = "filter_join_left",
    .law = "filter(join(L, R, c), p)  ->  join(filter(L, p), R, c)",
    .where = "p is of L's columns, cannot fail, is cheap or the join keeps the rows",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(FILTER, 0, P0(JOIN, 1), ANY(2)),
    .when = filter_join_left_when,
    .make = filter_join_left_make,
};

static bool filter_join_right_when(Rw *rw, const Match *m) {
    return is_inner(m->at[1]) && any_moves(filter_split(rw, m, SIDE_RIGHT));
}
static const Node *filter_join_right_make(Rw *rw, const Match *m) { return filter_into(rw, m, SIDE_RIGHT); }

/* law    filter(join(L, R, c), p) == join(L, filter(R, p), c)      p of R's columns
 * where  inner: a left join would bring the dropped rows of L back, with NULLs */
const Rule rule_filter_join_right = {
    .name = "filter_join_right",
    .law = "filter(join(L, R, c), p)  ->  join(L, filter(R, p), c)",
    .where = "inner; p is of R's columns, cannot fail, is cheap or the join keeps the rows",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(FILTER, 0, P0(JOIN, 1), ANY(2)),
    .when = filter_join_right_when,
    .make = filter_join_right_make,
};

static bool filter_join_on_when(Rw *rw, const Match *m) {
    return is_inner(m->at[1]) && any_moves(filter_split(rw, m, SIDE_BOTH));
}

static const Node *filter_join_on_make(Rw *rw, const Match *m) {
    const Node *join = m->at[1];
    Split s = filter_split(rw, m, SIDE_BOTH);
    const Node *on = ir_2(rw->ir, OP_AND, join->in[2], ir_and_all(rw->ir, s.moved.n, s.moved.at));
    return filtered(rw, join_of(rw, join, join->in[0], join->in[1], on), s.stay);
}

/* law    filter(join(L, R, c), p) == join(L, R, c AND p)           inner; p of both sides: a cross join becomes a join */
const Rule rule_filter_join_on = {
    .name = "filter_join_on",
    .law = "filter(join(L, R, c), p)  ->  join(L, R, c AND p)",
    .where = "inner; p is of both sides and cannot fail",
    .sound = EXACT,
    .canonical = true,
    .lhs = P2(FILTER, 0, P0(JOIN, 1), ANY(2)),
    .when = filter_join_on_when,
    .make = filter_join_on_make,
};

static Split on_split(Rw *rw, const Match *m, int side) {
    return split(rw, rw_conjuncts(rw->ir, m->at[0]->in[2]), m->at[0], side, pays);
}

static bool join_on_left_when(Rw *rw, const Match *m) {
    int64_t kind = ATTR_OF(m->at[0], Join)->kind;
    return (kind == JOIN_INNER || kind == JOIN_SEMI) && any_moves(on_split(rw, m, SIDE_LEFT));
}

static const Node *join_on_left_make(Rw *rw, const Match *m) {
    const Node *join = m->at[0];
    Split s = on_split(rw, m, SIDE_LEFT);
    const Node *l = side_filtered(rw, join, SIDE_LEFT, s.moved);
    return join_of(rw, join, l, join->in[1], ir_and_all(rw->ir, s.stay.n, s.stay.at));
}

/* law    join(L, R, c AND p) == join(filter(L, p), R, c)           p of L's columns
 * where  inner or semi: left and anti joins keep the rows of L on which p does not hold */
const Rule rule_join_on_left = {
    .name = "join_on_left",
    .law = "join(L, R, c AND p)  ->  join(filter(L, p), R, c)",
    .where = "inner or semi; p is of L's columns and cannot fail",
    .sound = EXACT,
    .canonical = true,
    .lhs = P3(JOIN, 0, ANY(1), ANY(2), ANY(3)),
    .when = join_on_left_when,
    .make = join_on_left_make,
};

static bool join_on_right_when(Rw *rw, const Match *m) { return any_moves(on_split(rw, m, SIDE_RIGHT)); }

static const Node *join_on_right_make(Rw *rw, const Match *m) {
    const Node *join = m->at[0];
    Split s = on_split(rw, m, SIDE_RIGHT);
    const Node *r = side_filtered(rw, join, SIDE_RIGHT, s.moved);
    return join_of(rw, join, join->in[0], r, ir_and_all(rw->ir, s.stay.n, s.stay.at));
}

/* law    join(L, R, c AND p) == join(L, filter(R, p), c)           p of R's columns; inner, left, semi, anti */
const Rule rule_join_on_right = {
    .name = "join_on_right",
    .law = "join(L, R, c AND p)  ->  join(L, filter(R, p), c)",
    .where = "p is of R's columns and cannot fail",
    .sound = EXACT,
    .canonical = true,
    .lhs = P3(JOIN, 0, ANY(1), ANY(2), ANY(3)),
    .when = join_on_right_when,
    .make = join_on_right_make,
};
