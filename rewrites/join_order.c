/* join_order: trees of inner joins are put in the order of least estimated work; the smaller side of a join is built.
 *
 * Dynamic programming over subsets that are connected by conjuncts (Moerkotte and Neumann), bushy trees included, up to
 * MOST relations; beyond that the order written stays.  Requires filters below the joins and equalities in their
 * conditions; leaves a projection that puts the columns back in order.
 *
 * A conjunct that may fail goes above the whole tree: the rows that are left there were all tested before.
 * Another order of rows is another order of float additions and of ties: REAL where that shows, and then off with --exact.
 *
 * Tempting and wrong:
 *   moving a left or semi join among the inner ones by the same rules      their conditions do not commute
 *   estimating each order's rows by itself       two orders of one set would differ; a set has one estimate
 */
#include "rewrites/join_order.h"
#include "rewrites/measure.h"
#include "rewrites/terms.h"
#include <math.h>
#include <string.h>

enum { MOST = 12 }; /* relations in one tree: 3^12 splits take a few milliseconds */

typedef struct Conjunct {
    const Node *p; /* over the tree's columns */
    uint32_t in;   /* relations that it reads */
    double keeps;  /* share of the pairs */
    bool placed;
} Conjunct;

typedef struct Plan { /* of a subset of the relations */
    double cost, rows;
    uint32_t left; /* 0: a single relation */
} Plan;

typedef struct Tree {
    const Rw *rw;
    Arena *arena;
    uint32_t n, columns;
    const Node *rel[MOST];
    uint32_t first[MOST]; /* its first column */
    Terms on;
    Conjunct *conjuncts;
    uint32_t n_conjuncts;
    Plan *best; /* by subset */
    bool too_many;
} Tree;

/* ---- taking a tree apart ---- */

static bool is_inner(const Node *rel) { return rel->op == OP_JOIN && ATTR_OF(rel, Join)->kind == JOIN_INNER; }

static const Node *shifted(Tree *t, const Node *p, uint32_t n, uint32_t by) {
    int32_t *map = ARENA_ARRAY(t->arena, int32_t, n);
    for (uint32_t i = 0; i < n; i++) map[i] = (int32_t)(i + by);
    return ir_remap(t->rw->ir, p, n, map);
}

static void add_conjuncts(Tree *t, const Node *join, uint32_t from) {
    Terms own = rw_conjuncts(t->rw->ir, join->in[2]);
    const Node **all = ARENA_ARRAY(ir_arena(t->rw->ir), const Node *, t->on.n + own.n);
    if (t->on.n) memcpy(all, t->on.at, t->on.n * sizeof *all);
    for (uint32_t i = 0; i < own.n; i++)
        if (!rw_is_true(own.at[i])) all[t->on.n++] = shifted(t, own.at[i], join->type->n, from);
    t->on.at = all;
}

static void take_apart(Tree *t, const Node *rel) {
    if (is_inner(rel)) {
        uint32_t from = t->columns;
        take_apart(t, rel->in[0]);
        take_apart(t, rel->in[1]);
        add_conjuncts(t, rel, from);
        return;
    }
    if (t->n == MOST) {
        t->too_many = true;
        return;
    }
    t->rel[t->n] = rel;
    t->first[t->n++] = t->columns;
    t->columns += rel->type->n;
}

static uint32_t relation_of(const Tree *t, uint32_t column) {
    uint32_t r = 0;
    while (r + 1 < t->n && column >= t->first[r + 1]) r++;
    return r;
}

static uint32_t reads(Tree *t, const Node *p) {
    bool *used = ARENA_ARRAY(t->arena, bool, t->columns);
    uint32_t in = 0;
    ir_columns_used(p, t->columns, used);
    for (uint32_t c = 0; c < t->columns; c++)
        if (used[c]) in |= 1u << relation_of(t, c);
    return in;
}

/* ---- estimates ---- */

static double distinct(Tree *t, const Node *side) {
    uint32_t r = (uint32_t)__builtin_ctz(reads(t, side));
    const Node *rel = t->rel[r];
    return rw_distinct(t->rw, rel, rw_shift(t->rw->ir, side, t->first[r], rel->type->n));
}

static bool is_one(uint32_t set) { return set && !(set & (set - 1)); }

static double keeps(Tree *t, const Node *p) {
    bool equi = p->op == OP_EQ && is_one(reads(t, p->in[0])) && is_one(reads(t, p->in[1]));
    if (!equi) return 1.0 / 3;
    return 1 / fmax(1, fmax(distinct(t, p->in[0]), distinct(t, p->in[1])));
}

static void estimate_conjuncts(Tree *t) {
    t->conjuncts = ARENA_ARRAY(t->arena, Conjunct, t->on.n);
    for (uint32_t i = 0; i < t->on.n; i++)
        t->conjuncts[t->n_conjuncts++] =
            (Conjunct){.p = t->on.at[i], .in = reads(t, t->on.at[i]), .keeps = keeps(t, t->on.at[i])};
}

/* One number a set, whatever the order. */
static double rows_of(const Tree *t, uint32_t set) {
    double rows = 1;
    for (uint32_t r = 0; r < t->n; r++)
        if (set >> r & 1) rows *= fmax(rw_rows(t->rw, t->rel[r]), 1);
    for (uint32_t i = 0; i < t->n_conjuncts; i++)
        if (!is_one(t->conjuncts[i].in) && (t->conjuncts[i].in & ~set) == 0) rows *= t->conjuncts[i].keeps;
    return rows;
}

static bool connected(const Tree *t, uint32_t left, uint32_t right) {
    for (uint32_t i = 0; i < t->n_conjuncts; i++) {
        uint32_t in = t->conjuncts[i].in;
        if ((in & left) && (in & right) && !(in & ~(left | right))) return true;
    }
    return false;
}

/* Probing costs a lookup a row, building three; what comes out is moved. */
static double join_cost(const Tree *t, uint32_t left, uint32_t right) {
    const Plan *l = &t->best[left], *r = &t->best[right];
    return l->cost + r->cost + l->rows + 3 * r->rows + t->best[left | right].rows;
}

/* ---- search ---- */

static void best_split(Tree *t, uint32_t set, bool cross) {
    Plan *b = &t->best[set];
    for (uint32_t left = (set - 1) & set; left; left = (left - 1) & set) {
        uint32_t right = set & ~left;
        bool possible = isfinite(t->best[left].cost) && isfinite(t->best[right].cost) &&
                        (cross || connected(t, left, right));
        if (!possible || join_cost(t, left, right) >= b->cost) continue;
        b->cost = join_cost(t, left, right);
        b->left = left;
    }
}

/* Products without a condition only where nothing else joins the set. */
static void search(Tree *t) {
    uint32_t all = 1u << t->n;
    t->best = ARENA_ARRAY(t->arena, Plan, all);
    for (int cross = 0; cross < 2; cross++) {
        for (uint32_t set = 1; set < all; set++) {
            bool one = is_one(set);
            if (cross && isfinite(t->best[set].cost)) continue;
            t->best[set] = (Plan){one ? 0 : INFINITY, rows_of(t, set), 0};
            if (!one) best_split(t, set, cross);
        }
        if (isfinite(t->best[all - 1].cost)) return;
    }
}

/* Work of the tree as it is written. */
static double cost_written(Tree *t, const Node *rel, uint32_t *at, uint32_t *set) {
    if (!is_inner(rel)) {
        *set = 1u << (*at)++;
        return 0;
    }
    uint32_t left, right;
    double l = cost_written(t, rel->in[0], at, &left), r = cost_written(t, rel->in[1], at, &right);
    *set = left | right;
    return l + r + rows_of(t, left) + 3 * rows_of(t, right) + rows_of(t, *set);
}

/* ---- building ---- */

typedef struct Built {
    const Node *rel;
    int32_t *map; /* the tree's column to the relation's, -1: it is not in it */
} Built;

static Built leaf(Tree *t, uint32_t r) {
    Built b = {t->rel[r], ARENA_ARRAY(t->arena, int32_t, t->columns)};
    for (uint32_t c = 0; c < t->columns; c++) b.map[c] = -1;
    for (uint32_t c = 0; c < b.rel->type->n; c++) b.map[t->first[r] + c] = (int32_t)c;
    return b;
}

/* The conjuncts that can be tested now, in their order, and cannot fail. */
static const Node *condition(Tree *t, uint32_t set, const int32_t *map) {
    const Node **at = ARENA_ARRAY(t->arena, const Node *, t->n_conjuncts);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_conjuncts; i++) {
        Conjunct *c = &t->conjuncts[i];
        if (c->placed || (c->in & ~set) || !rw_is_free(c->p)) continue;
        c->placed = true;
        at[n++] = ir_remap(t->rw->ir, c->p, t->columns, map);
    }
    return ir_and_all(t->rw->ir, n, at);
}

static Built build(Tree *t, uint32_t set) {
    if (is_one(set)) return leaf(t, (uint32_t)__builtin_ctz(set));
    uint32_t left = t->best[set].left;
    Built l = build(t, left), r = build(t, set & ~left);
    for (uint32_t c = 0; c < t->columns; c++)
        if (r.map[c] >= 0) l.map[c] = r.map[c] + (int32_t)l.rel->type->n;
    const Node *in[] = {l.rel, r.rel, condition(t, set, l.map)};
    return (Built){ir_node(t->rw->ir, OP_JOIN, &(AttrJoin){JOIN_INNER}, 3, in), l.map};
}

/* What may fail, above the tree; then the columns in their old order. */
static const Node *finish(Tree *t, const Node *written, Built b) {
    const Node *rel = b.rel;
    const Node **list = ARENA_ARRAY(t->arena, const Node *, t->columns + t->n_conjuncts);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_conjuncts; i++)
        if (!t->conjuncts[i].placed) list[n++] = ir_remap(t->rw->ir, t->conjuncts[i].p, t->columns, b.map);
    if (n) rel = ir_2(t->rw->ir, OP_FILTER, rel, ir_and_all(t->rw->ir, n, list));
    for (uint32_t c = 0; c < t->columns; c++)
        list[c] = ir_column(t->rw->ir, (uint32_t)b.map[c], written->type->fields[c]);
    return ir_rel(t->rw->ir, OP_PROJECT, NULL, rel, t->columns, list);
}

/* The tree in the best order, or as it is when that gains less than a twentieth. */
static const Node *order_tree(const Rw *rw, const Node *join) {
    Tree t = {.rw = rw, .arena = arena_new()};
    const Node *to = join;
    uint32_t at = 0, set;
    take_apart(&t, join);
    if (!t.too_many) {
        estimate_conjuncts(&t);
        search(&t);
        uint32_t all = (1u << t.n) - 1;
        if (t.best[all].cost < 0.95 * cost_written(&t, join, &at, &set))
            to = finish(&t, join, build(&t, all));
    }
    arena_free(t.arena);
    return to;
}

/* ---- the pass ---- */

typedef struct Walk {
    const Rw *rw;
    const RwOptions *opt;
    RwReport *report;
    PtrMap seen[2]; /* rewritten, by whether the order of rows shows */
} Walk;

/* The order of the input's rows shows in the result: float sums, which of equal rows a limit keeps. */
static bool order_shows(const Node *rel, bool above) {
    if (rel->op == OP_SORT || rel->op == OP_TOPN || rel->op == OP_LIMIT) return true;
    if (rel->op != OP_AGGREGATE) return above;
    for (uint32_t i = 1; i < rel->n; i++) {
        const Node *f = rel->in[i];
        bool float_key = !op_has(f->op, AGG) && rw_has_float(f->type);
        if (float_key || (f->n && op_has(f->op, AGG) && f->op != OP_COUNT && rw_has_float(f->in[0]->type)))
            return true;
    }
    return above;
}

static const Node *walk(Walk *w, const Node *rel, bool shows);

static const Node *walk_inputs(Walk *w, const Node *rel, bool shows) {
    const Node **in = ARENA_ARRAY(ir_arena(w->rw->ir), const Node *, rel->n);
    for (uint32_t i = 0; i < rel->n; i++)
        in[i] = rel->in[i]->type->kind == TY_REL ? walk(w, rel->in[i], order_shows(rel, shows)) : rel->in[i];
    return ir_with_inputs(w->rw->ir, rel, in);
}

/* A tree's leaves first. */
static const Node *walk_leaves(Walk *w, const Node *rel, bool shows) {
    if (!is_inner(rel)) return walk(w, rel, shows);
    const Node *in[] = {walk_leaves(w, rel->in[0], shows), walk_leaves(w, rel->in[1], shows), rel->in[2]};
    return ir_with_inputs(w->rw->ir, rel, in);
}

static const Node *walk_tree(Walk *w, const Node *join, bool shows) {
    join = walk_leaves(w, join, shows);
    if ((shows && w->opt->exact) || rw_limited(w->opt, w->report)) return join;
    const Node *to = order_tree(w->rw, join);
    if (to != join) rw_note(w->report, "join_order", shows ? REAL : EXACT, join, to);
    return to;
}

static const Node *walk(Walk *w, const Node *rel, bool shows) {
    const Node *known = ptrmap_get(&w->seen[shows], rel);
    if (known) return known;
    const Node *to = is_inner(rel) ? walk_tree(w, rel, shows) : walk_inputs(w, rel, shows);
    ptrmap_set(&w->seen[shows], rel, (void *)to);
    return to;
}

const Node *rw_join_order(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report) {
    Walk w = {.rw = rw, .opt = opt, .report = report};
    const Node *to = walk(&w, plan, false);
    ptrmap_free(&w.seen[0]);
    ptrmap_free(&w.seen[1]);
    return to;
}
