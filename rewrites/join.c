/* Joins: outer to inner, empty sides, projections under them.
 *
 * Tempting and wrong:
 *   filter(left join, p of the right) -> inner join     for p = (r IS NULL), COALESCE(r, 0) = 0, r IS DISTINCT FROM 1
 *   left join with c FALSE -> {}                        each row of the left stays, with NULLs
 *   semi join with R empty -> L                         anti join is what stays
 *   left join with R unique -> L                        only when no column of R is used
 */
#include "rewrites/rules.h"
#include "rewrites/terms.h"

/* ---- left to inner ---- */

/* e is NULL on a row whose columns from `left` on are all NULL. */
static bool becomes_null(const Node *e, int64_t left) {
    if (e->op == OP_COLUMN) return ATTR_OF(e, Column)->index >= left;
    if (!op_has(e->op, STRICT)) return false;
    bool any_input = e->op != OP_IN; /* x IN (..): only x counts */
    for (uint32_t i = 0; i < (any_input ? e->n : 1); i++)
        if (becomes_null(e->in[i], left)) return true;
    return false;
}

/* p is not true on such a row. */
static bool rejects_null(const Node *p, int64_t left) {
    if (p->op == OP_AND) return rejects_null(p->in[0], left) || rejects_null(p->in[1], left);
    if (p->op == OP_OR) return rejects_null(p->in[0], left) && rejects_null(p->in[1], left);
    if (p->op == OP_IN) return becomes_null(p->in[0], left);
    if (p->op == OP_NOT && p->in[0]->op == OP_IS_NULL) return becomes_null(p->in[0]->in[0], left);
    return becomes_null(p, left);
}

static bool left_inner_when(Rw *rw, const Match *m) {
    (void)rw;
    const Node *join = m->at[1];
    return ATTR_OF(join, Join)->kind == JOIN_LEFT && rejects_null(m->at[2], join->in[0]->type->n);
}

static const Node *left_inner_make(Rw *rw, const Match *m) {
    const Node *join = ir_node(rw->ir, OP_JOIN, &(AttrJoin){JOIN_INNER}, 3, m->at[1]->in);
    return ir_2(rw->ir, OP_FILTER, join, m->at[2]);
}

/* law    filter(L left join R, p) == filter(L join R, p)
 * where  p is not true where R's columns are NULL: built of STRICT ops on one of them, NOT (r IS NULL), AND of any, OR of all.
 *        Not COALESCE(r, 0) = 0, not r IS NULL, which are true there */
const Rule rule_left_inner = {
    .name = "left_inner",
    .law = "filter(L left join R, p)  ->  filter(L join R, p)",
    .where = "p is not true where R's columns are NULL",
    .sound = EXACT,
    .lhs = P2(FILTER, 0, P0(JOIN, 1), ANY(2)),
    .when = left_inner_when,
    .make = left_inner_make,
};

/* ---- nothing to join ---- */

static bool never(const Node *p) { return rw_is_false(p) || rw_is_null(p); }

static bool join_empty_when(Rw *rw, const Match *m) {
    (void)rw;
    int64_t kind = ATTR_OF(m->at[0], Join)->kind;
    if (rw_is_empty(m->at[1])) return true;
    return (kind == JOIN_INNER || kind == JOIN_SEMI) && (rw_is_empty(m->at[2]) || never(m->at[3]));
}

static const Node *make_empty(Rw *rw, const Match *m) { return rw_empty(rw->ir, m->at[0]->type); }

/* law    {} join R == {},  L join {} == {},  join(L, R, FALSE) == {}
 * where  the last two for inner and semi joins only */
const Rule rule_join_empty = {
    .name = "join_empty",
    .law = "join({}, R, c)  ->  {}",
    .where = "the left is empty; or inner or semi and the right is empty or c is FALSE or NULL",
    .sound = EXACT,
    .lhs = P3(JOIN, 0, ANY(1), ANY(2), ANY(3)),
    .when = join_empty_when,
    .make = make_empty,
};

static bool anti_empty_when(Rw *rw, const Match *m) {
    (void)rw;
    return ATTR_OF(m->at[0], Join)->kind == JOIN_ANTI && (rw_is_empty(m->at[2]) || never(m->at[3]));
}

static const Node *take_slot_1(Rw *rw, const Match *m) { return (void)rw, m->at[1]; }

/* law    L anti join {} == L */
const Rule rule_anti_empty = {
    .name = "anti_empty",
    .law = "L anti join {}  ->  L",
    .where = "anti; the right is empty or c is FALSE or NULL",
    .sound = EXACT,
    .lhs = P3(JOIN, 0, ANY(1), ANY(2), ANY(3)),
    .when = anti_empty_when,
    .make = take_slot_1,
};

/* ---- projections under joins ---- */

static bool only_columns(const Node *project) {
    for (uint32_t i = 1; i < project->n; i++)
        if (project->in[i]->op != OP_COLUMN) return false;
    return true;
}

/* Which input is a projection of columns alone that can be taken above: 0, 1, or -1. */
static int projected_side(const Node *join) {
    int64_t kind = ATTR_OF(join, Join)->kind;
    bool semi = kind == JOIN_SEMI || kind == JOIN_ANTI;
    for (int side = 0; side < 2; side++)
        if (join->in[side]->op == OP_PROJECT && only_columns(join->in[side]) && !(semi && side == 0))
            return side;
    return -1;
}

static bool join_project_when(Rw *rw, const Match *m) { return (void)rw, projected_side(m->at[0]) >= 0; }

/* Column i of the old join as a column of the new one, whose side `side` has the projection's input. */
static const Node **columns_of(Rw *rw, const Node *join, int side) {
    const Node *project = join->in[side];
    uint32_t left = join->in[0]->type->n, n = left + join->in[1]->type->n;
    const Node **cols = ARENA_ARRAY(ir_arena(rw->ir), const Node *, n);
    uint32_t new_left = side == 0 ? project->in[0]->type->n : left;
    bool outer = ATTR_OF(join, Join)->kind == JOIN_LEFT;
    for (uint32_t i = 0; i < n; i++) {
        bool right = i >= left, here = right == (side == 1);
        uint32_t local = right ? i - left : i;
        int64_t to = here ? ATTR_OF(project->in[local + 1], Column)->index : local;
        const Type *t = join->in[right]->type->fields[local];
        cols[i] = ir_column(rw->ir, (uint32_t)to + (right ? new_left : 0),
                            type_nullable(t, t->nullable || (outer && right)));
    }
    return cols;
}

static const Node *join_project_make(Rw *rw, const Match *m) {
    const Node *join = m->at[0];
    int side = projected_side(join);
    uint32_t n = join->in[0]->type->n + join->in[1]->type->n;
    const Node **cols = columns_of(rw, join, side);
    const Node *in[3] = {join->in[0], join->in[1], ir_substitute(rw->ir, join->in[2], n, cols)};
    in[side] = join->in[side]->in[0];
    const Node *made = ir_node(rw->ir, OP_JOIN, join->attr, 3, in);
    if (join->type->n == n) return ir_rel(rw->ir, OP_PROJECT, NULL, made, n, cols);
    return made; /* semi, anti: only the left's columns come out, and the right was projected */
}

/* law    join(project(L, columns), R, c) == project(join(L, R, c'), columns)
 * where  columns alone: an expression would be computed on other rows, and of a left join's right not be NULL.  Brings joins
 *        together, so that their order can be chosen; prune_columns drops what is not used */
const Rule rule_join_project = {
    .name = "join_project",
    .law = "join(project(L, columns), R, c)  ->  project(join(L, R, c), columns)",
    .where = "either side (the right of semi and anti joins); the projection has columns only",
    .sound = EXACT,
    .canonical = true,
    .lhs = P3(JOIN, 0, ANY(1), ANY(2), ANY(3)),
    .when = join_project_when,
    .make = join_project_make,
};
