/* once: dear expressions (networks) are evaluated where their inputs have the fewest rows.
 *   join:   project(join(L, R, c), f(R))  ->  project(join(L, project(R, R, f(R)), c), column)
 *           a network over a join runs once for each row of the side that it reads, not for each pair
 *   values: project(R, f(k))  ->  project(join(R, project(aggregate(R by k), k, f(k)), k = k), column)
 *           and once for each value of columns that have few
 * It is a pass since rows decide, and since the measure of rules does not see that R is read twice.
 *
 * Where: f neither fails nor is volatile: it is evaluated on rows that have no partner.  What is below a join
 * that keeps rows without a partner is NULL there: of a left join only the left side.  k has a type whose
 * equal values are the same (no float: NaN and -0.0); where k may be NULL f(NULL) must be NULL, for NULL
 * finds no partner.
 *
 * Tempting and wrong:
 *   below a limit or topn                 they drop rows first: more would be evaluated
 *   through an aggregate                  its rows are not those of its input
 *   into a relation that has other users  it would be computed twice
 */
#include "rewrites/once.h"
#include "rewrites/measure.h"
#include "rewrites/terms.h"
#include <math.h>

typedef struct Once {
    const Rw *rw;
    const RwOptions *opt;
    RwReport *report;
    Arena *arena; /* scratch */
    PtrMap uses;  /* of each relation of the plan: how many (a count as a pointer) */
    PtrMap done;  /* relations rewritten */
} Once;

/* ---- where an expression may go ---- */

/* An expression one relation further down. */
typedef struct Below {
    const Node *rel, *expr; /* NULL: it may not go there */
    uint32_t side;          /* of a join: 0 left, 1 right */
} Below;

static bool shared(const Once *o, const Node *rel) { return (uintptr_t)ptrmap_get(&o->uses, rel) > 1; }

static bool columns_only(const Node *project) {
    for (uint32_t i = 1; i < project->n; i++)
        if (project->in[i]->op != OP_COLUMN) return false;
    return true;
}

static Below below_join(Once *o, const Node *join, const Node *e) {
    int64_t kind = ATTR_OF(join, Join)->kind;
    uint32_t left = join->in[0]->type->n, right = join->in[1]->type->n;
    int side = rw_side(e, left, left + right);
    if (side == SIDE_LEFT) return (Below){join->in[0], e, 0};
    if (side == SIDE_RIGHT && kind == JOIN_INNER)
        return (Below){join->in[1], rw_shift(o->rw->ir, e, left, right), 1};
    return (Below){0};
}

static Below below(Once *o, const Node *rel, const Node *e) {
    if (shared(o, rel)) return (Below){0};
    switch ((int)rel->op) {
    case OP_FILTER:
    case OP_SORT: return (Below){rel->in[0], e, 0};
    case OP_JOIN: return below_join(o, rel, e);
    case OP_PROJECT:
        if (columns_only(rel))
            return (Below){rel->in[0], ir_substitute(o->rw->ir, e, rel->type->n, rel->in + 1), 0};
    }
    return (Below){0};
}

typedef struct Place {
    uint32_t steps; /* relations down */
    double rows;    /* there */
    const Node *rel, *expr;
} Place;

/* The fewest rows on its way down. */
static Place lowest(Once *o, const Node *rel, const Node *e) {
    Place best = {0, rw_rows(o->rw, rel), rel, e};
    Below b = {rel, e, 0};
    for (uint32_t steps = 1; (b = below(o, b.rel, b.expr)).rel; steps++)
        if (rw_rows(o->rw, b.rel) < best.rows) best = (Place){steps, rw_rows(o->rw, b.rel), b.rel, b.expr};
    return best;
}

/* ---- few values ---- */

enum { MOST_KEYS = 3 };

typedef struct Keys {
    uint32_t n;
    uint32_t at[MOST_KEYS];
    bool nullable;
} Keys;

static bool is_key(const Type *t) {
    return t->kind != TY_TENSOR && t->kind != TY_LIST && t->kind != TY_STRUCT && !rw_has_float(t);
}

/* The columns that e reads, if they are few and keys. */
static bool keys_of(Once *o, const Node *rel, const Node *e, Keys *out) {
    uint32_t n = rel->type->n;
    bool *used = ARENA_ARRAY(o->arena, bool, n + 1);
    *out = (Keys){0};
    ir_columns_used(e, n, used);
    for (uint32_t i = 0; i < n; i++) {
        if (!used[i]) continue;
        if (out->n == MOST_KEYS || !is_key(rel->type->fields[i])) return false;
        out->at[out->n++] = i;
        out->nullable |= rel->type->fields[i]->nullable;
    }
    return out->n > 0;
}

static bool strict(const Node *e) {
    if (!(e->below & BELOW_COLUMN) || e->op == OP_COLUMN) return true;
    if (!op_has(e->op, STRICT)) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (!strict(e->in[i])) return false;
    return true;
}

static bool is_read_twice_cheaply(const Once *o, const Node *rel) {
    while (rel->op == OP_FILTER && rw_is_cheap(rel->in[1]) && !(rel->below & BELOW_VOLATILE))
        rel = rel->in[0];
    return rel->op == OP_SCAN && !shared(o, rel);
}

/* Grouping and finding a row's group again cost about as much as that many operations of a network. */
static bool has_few_values(Once *o, const Place *p, double cost, Keys *keys) {
    static const double FIND = 1000, LEAST = 4;
    double values = 1;
    if (cost < FIND || !is_read_twice_cheaply(o, p->rel) || !keys_of(o, p->rel, p->expr, keys)) return false;
    if (keys->nullable && !strict(p->expr)) return false;
    for (uint32_t k = 0; k < keys->n; k++) {
        ColumnStats known;
        if (!rw_column_stats(o->rw, p->rel, keys->at[k], &known)) return false;
        values *=
            rw_distinct(o->rw, p->rel, ir_column(o->rw->ir, keys->at[k], p->rel->type->fields[keys->at[k]]));
    }
    return values * LEAST < p->rows && (p->rows - values) * cost > p->rows * FIND;
}

/* ---- which expressions move ---- */

typedef struct Move {
    const Node *expr; /* over the user's input; NULL: nothing moves */
    Place to;
    Keys keys; /* n > 0: evaluated for each of their values */
} Move;

static double width(const Node *e) {
    int64_t n = type_elems(e->type);
    return n < 1 ? 1e6 : (double)n;
}

/* Fewer evaluations must be worth the value's way up: written once, and moved with the rows of the join. */
static bool pays(Once *o, const Node *rel, const Node *e, Move *m) {
    double rows = rw_rows(o->rw, rel), cost = rw_cost(e);
    *m = (Move){e, lowest(o, rel, e), {0}};
    if (!rw_is_free(m->to.expr)) return false;
    if (has_few_values(o, &m->to, cost, &m->keys)) return true;
    m->keys.n = 0;
    return m->to.steps && m->to.rows * 1.25 < rows &&
           (rows - m->to.rows) * cost > 2 * width(e) * (rows + m->to.rows);
}

/* The largest dear expressions first.  What only some rows evaluate (CASE) stays with them. */
static bool find(Once *o, PtrMap *seen, const Node *rel, const Node *e, Move *m) {
    uint32_t bad = BELOW_AGG | BELOW_SOURCE;
    if (!(e->below & BELOW_COLUMN) || e->op == OP_COLUMN || ptrmap_get(seen, e)) return false;
    ptrmap_set(seen, e, (void *)e);
    if (rw_is_cheap(e)) return false;
    if (!(e->below & bad) && rw_is_free(e) && pays(o, rel, e, m)) return true;
    if (e->op == OP_CASE || e->op == OP_COALESCE) return false;
    for (uint32_t i = 0; i < e->n; i++)
        if (find(o, seen, rel, e->in[i], m)) return true;
    return false;
}

static bool find_in(Once *o, const Node *user, Move *m) {
    PtrMap seen = {0};
    bool found = false;
    for (uint32_t i = 1; i < user->n && !found; i++) found = find(o, &seen, user->in[0], user->in[i], m);
    ptrmap_free(&seen);
    return found;
}

/* ---- moving one ---- */

/* A relation with one more column. */
typedef struct Wide {
    const Node *rel;
    int32_t *map; /* old column to new one */
    uint32_t at;  /* the expression's */
} Wide;

static int32_t *identity(Once *o, uint32_t n) {
    int32_t *map = ARENA_ARRAY(o->arena, int32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) map[i] = (int32_t)i;
    return map;
}

static const Node *column_of(Once *o, const Node *rel, uint32_t i) {
    return ir_column(o->rw->ir, i, rel->type->fields[i]);
}

static Wide computed(Once *o, const Node *rel, const Node *e) {
    uint32_t n = rel->type->n;
    const Node **list = ARENA_ARRAY(o->arena, const Node *, n + 1);
    for (uint32_t i = 0; i < n; i++) list[i] = column_of(o, rel, i);
    list[n] = e;
    return (Wide){ir_rel(o->rw->ir, OP_PROJECT, NULL, rel, n + 1, list), identity(o, n), n};
}

/* (k, f(k)) for each value of the keys */
static const Node *values_of(Once *o, const Node *rel, const Node *e, const Keys *k) {
    Ir *ir = o->rw->ir;
    const Node *list[MOST_KEYS + 1];
    int32_t *map = identity(o, rel->type->n);
    for (uint32_t i = 0; i < k->n; i++) {
        list[i] = column_of(o, rel, k->at[i]);
        map[k->at[i]] = (int32_t)i;
    }
    const Node *groups = ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){k->n}, rel, k->n, list);
    for (uint32_t i = 0; i < k->n; i++) list[i] = column_of(o, groups, i);
    list[k->n] = ir_remap(ir, e, rel->type->n, map);
    return ir_rel(ir, OP_PROJECT, NULL, groups, k->n + 1, list);
}

static Wide looked_up(Once *o, const Node *rel, const Node *e, const Keys *k) {
    Ir *ir = o->rw->ir;
    const Node *values = values_of(o, rel, e, k), *on[MOST_KEYS];
    uint32_t n = rel->type->n;
    for (uint32_t i = 0; i < k->n; i++)
        on[i] = ir_2(ir, OP_EQ, column_of(o, rel, k->at[i]), ir_column(ir, n + i, values->type->fields[i]));
    AttrJoin a = {.kind = k->nullable ? JOIN_LEFT : JOIN_INNER};
    const Node *join = ir_node(ir, OP_JOIN, &a, 3, (const Node *[]){rel, values, ir_and_all(ir, k->n, on)});
    return (Wide){join, identity(o, n), n + k->n};
}

static Wide widen(Once *o, const Node *rel, const Move *m, const Node *e, uint32_t steps);

/* Inputs first; the columns of a join's right side move behind the new one of its left. */
static Wide widen_join(Once *o, const Node *join, const Wide *in, uint32_t side) {
    uint32_t left = join->in[0]->type->n, n = left + join->in[1]->type->n;
    int32_t *map = identity(o, n);
    for (uint32_t i = 0; i < n; i++) {
        bool of_right = i >= left;
        if (of_right == side) map[i] = in->map[i - (side ? left : 0)] + (side ? (int32_t)left : 0);
        else if (of_right) map[i] = (int32_t)i + 1;
    }
    const Node *on = ir_remap(o->rw->ir, join->in[2], n, map);
    const Node *inputs[] = {side ? join->in[0] : in->rel, side ? in->rel : join->in[1], on};
    return (Wide){ir_node(o->rw->ir, OP_JOIN, join->attr, 3, inputs), map, in->at + (side ? left : 0)};
}

static Wide widen_project(Once *o, const Node *project, const Wide *in) {
    uint32_t n = project->n - 1;
    const Node **list = ARENA_ARRAY(o->arena, const Node *, n + 1);
    for (uint32_t i = 0; i < n; i++)
        list[i] = ir_remap(o->rw->ir, project->in[i + 1], project->in[0]->type->n, in->map);
    list[n] = column_of(o, in->rel, in->at);
    return (Wide){ir_rel(o->rw->ir, OP_PROJECT, NULL, in->rel, n + 1, list), identity(o, n), n};
}

/* Filters and sorts pass their columns through. */
static Wide widen_through(Once *o, const Node *rel, const Wide *in) {
    const Node **list = ARENA_ARRAY(o->arena, const Node *, rel->n);
    for (uint32_t i = 1; i < rel->n; i++)
        list[i - 1] = ir_remap(o->rw->ir, rel->in[i], rel->type->n, in->map);
    return (Wide){ir_rel(o->rw->ir, rel->op, rel->attr, in->rel, rel->n - 1, list), in->map, in->at};
}

static Wide widen(Once *o, const Node *rel, const Move *m, const Node *e, uint32_t steps) {
    if (!steps) return m->keys.n ? looked_up(o, rel, e, &m->keys) : computed(o, rel, e);
    Below b = below(o, rel, e);
    Wide in = widen(o, b.rel, m, b.expr, steps - 1);
    if (rel->op == OP_JOIN) return widen_join(o, rel, &in, b.side);
    return rel->op == OP_PROJECT ? widen_project(o, rel, &in) : widen_through(o, rel, &in);
}

/* e with `old` for the new column, its other columns where they are now. */
static const Node *replaced(Once *o, PtrMap *done, const Node *e, const Node *old, const Wide *w) {
    if (e == old) return column_of(o, w->rel, w->at);
    if (!(e->below & BELOW_COLUMN)) return e;
    if (e->op == OP_COLUMN) return column_of(o, w->rel, (uint32_t)w->map[ATTR_OF(e, Column)->index]);
    const Node *known = ptrmap_get(done, e);
    if (known) return known;
    const Node **in = ARENA_ARRAY(o->arena, const Node *, e->n + 1);
    for (uint32_t i = 0; i < e->n; i++) in[i] = replaced(o, done, e->in[i], old, w);
    known = ir_with_inputs(o->rw->ir, e, in);
    ptrmap_set(done, e, (void *)known);
    return known;
}

/* A user whose columns are those of its input has one too many now. */
static const Node *narrowed(Once *o, const Node *user, const Node *to, const Wide *w) {
    if (to->type->n == user->type->n) return to;
    const Node **list = ARENA_ARRAY(o->arena, const Node *, user->type->n + 1);
    for (uint32_t i = 0; i < user->type->n; i++) list[i] = column_of(o, to, (uint32_t)w->map[i]);
    return ir_rel(o->rw->ir, OP_PROJECT, NULL, to, user->type->n, list);
}

static const Node *moved(Once *o, const Node *user, const Move *m) {
    Wide w = widen(o, user->in[0], m, m->expr, m->to.steps);
    const Node **list = ARENA_ARRAY(o->arena, const Node *, user->n);
    PtrMap done = {0};
    for (uint32_t i = 1; i < user->n; i++) list[i - 1] = replaced(o, &done, user->in[i], m->expr, &w);
    ptrmap_free(&done);
    return narrowed(o, user, ir_rel(o->rw->ir, user->op, user->attr, w.rel, user->n - 1, list), &w);
}

/* ---- the pass ---- */

static bool is_user(const Node *rel) {
    return rel->op == OP_PROJECT || rel->op == OP_FILTER || rel->op == OP_AGGREGATE || rel->op == OP_SORT ||
           rel->op == OP_TOPN;
}

/* All dear expressions of one relation, one after the other.  A projection that was put above it is not
 * looked at. */
static const Node *settle(Once *o, const Node *rel) {
    Move m;
    while (is_user(rel) && !rw_limited(o->opt, o->report) && find_in(o, rel, &m)) {
        const Node *to = moved(o, rel, &m);
        rw_note(o->report, "once", EXACT, rel, to);
        rel = to;
    }
    return rel;
}

static const Node *walk(Once *o, const Node *rel) {
    const Node *known = ptrmap_get(&o->done, rel);
    if (known) return known;
    const Node *to = settle(o, rel);
    const Node **in = ARENA_ARRAY(o->arena, const Node *, to->n + 1);
    for (uint32_t i = 0; i < to->n; i++)
        in[i] = to->in[i]->type->kind == TY_REL ? walk(o, to->in[i]) : to->in[i];
    to = ir_with_inputs(o->rw->ir, to, in);
    ptrmap_set(&o->done, rel, (void *)to);
    return to;
}

static void count_uses(Once *o, const Node *rel) {
    uintptr_t n = (uintptr_t)ptrmap_get(&o->uses, rel);
    ptrmap_set(&o->uses, rel, (void *)(n + 1));
    for (uint32_t i = 0; !n && i < rel->n; i++)
        if (rel->in[i]->type->kind == TY_REL) count_uses(o, rel->in[i]);
}

const Node *rw_once(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report) {
    Once o = {.rw = rw, .opt = opt, .report = report, .arena = arena_new()};
    count_uses(&o, plan);
    const Node *to = walk(&o, plan);
    ptrmap_free(&o.uses);
    ptrmap_free(&o.done);
    arena_free(o.arena);
    return to;
}
