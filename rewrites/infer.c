/* infer: what the alternatives of a join's condition say of one side becomes a filter of that side:
 *   join(L, R, (l = 1 AND r = 2) OR (l = 3 AND r = 4))  ->  join(filter(L, l = 1 OR l = 3), filter(R, r = 2 OR r = 4), ..)
 * The condition stays: the filter is implied by it, so the rows are the same.  It is a pass since it adds work that pays
 * only below a join, and would add it again at each application.
 *
 * Where: inner and semi joins, both sides; left and anti joins, the right side (their left rows stay without a match).
 * Conjuncts that may fail are left out: below the join they would be evaluated on rows that have no match.
 */
#include "rewrites/infer.h"
#include "rewrites/terms.h"

typedef struct Walk {
    const Rw *rw;
    const RwOptions *opt;
    RwReport *report;
    PtrMap seen;
} Walk;

/* The conjuncts of an alternative that read one side alone, as that side numbers its columns; NULL: there is none. */
static const Node *of_side(Walk *w, const Node *join, const Node *alternative, int side) {
    uint32_t left = join->in[0]->type->n, right = join->in[1]->type->n;
    Terms t = rw_conjuncts(w->rw->ir, alternative);
    uint32_t k = 0;
    for (uint32_t i = 0; i < t.n; i++) {
        if (!rw_is_free(t.at[i]) || !rw_is_cheap(t.at[i]) || rw_side(t.at[i], left, left + right) != side)
            continue;
        t.at[k++] = side == SIDE_LEFT ? t.at[i] : rw_shift(w->rw->ir, t.at[i], left, right);
    }
    return k ? ir_and_all(w->rw->ir, k, t.at) : NULL;
}

/* What p, a disjunction over both sides, says of one; NULL: nothing. */
static const Node *implied(Walk *w, const Node *join, const Node *p, int side) {
    if (p->op != OP_OR) return NULL;
    Terms t = rw_operands(w->rw->ir, OP_OR, p);
    for (uint32_t i = 0; i < t.n; i++)
        if (!(t.at[i] = of_side(w, join, t.at[i], side))) return NULL;
    return rw_joined(w->rw->ir, OP_OR, t);
}

static const Node *filtered_side(Walk *w, const Node *join, int side) {
    const Node *rel = join->in[side == SIDE_RIGHT];
    Terms t = rw_conjuncts(w->rw->ir, join->in[2]);
    uint32_t left = join->in[0]->type->n, all = left + join->in[1]->type->n;
    for (uint32_t i = 0; i < t.n; i++) {
        const Node *p = rw_side(t.at[i], left, all) == SIDE_BOTH ? implied(w, join, t.at[i], side) : NULL;
        if (p) rel = ir_2(w->rw->ir, OP_FILTER, rel, p);
    }
    return rel;
}

static const Node *infer_join(Walk *w, const Node *join) {
    int64_t kind = ATTR_OF(join, Join)->kind;
    if (rw_limited(w->opt, w->report)) return join;
    bool both = kind == JOIN_INNER || kind == JOIN_SEMI;
    const Node *in[] = {both ? filtered_side(w, join, SIDE_LEFT) : join->in[0],
                        filtered_side(w, join, SIDE_RIGHT), join->in[2]};
    const Node *to = ir_with_inputs(w->rw->ir, join, in);
    if (to != join) rw_note(w->report, "infer", EXACT, join, to);
    return to;
}

static const Node *walk(Walk *w, const Node *rel) {
    const Node *known = ptrmap_get(&w->seen, rel);
    if (known) return known;
    const Node **in = ARENA_ARRAY(ir_arena(w->rw->ir), const Node *, rel->n);
    for (uint32_t i = 0; i < rel->n; i++)
        in[i] = rel->in[i]->type->kind == TY_REL ? walk(w, rel->in[i]) : rel->in[i];
    const Node *to = ir_with_inputs(w->rw->ir, rel, in);
    if (to->op == OP_JOIN) to = infer_join(w, to);
    ptrmap_set(&w->seen, rel, (void *)to);
    return to;
}

const Node *rw_infer(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report) {
    Walk w = {.rw = rw, .opt = opt, .report = report};
    const Node *to = walk(&w, plan);
    ptrmap_free(&w.seen);
    return to;
}
