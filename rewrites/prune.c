/* prune_columns: from the root down, each op keeps only the columns that are used above it, so that scans read only those;
 * aggregate functions, expressions and values that nobody reads go.
 *
 * Requires filters in place (a filter's columns are used).  A filter above a projection moves below it here if the dear
 * columns that it reads are not used above: then the network runs once, in the filter (filter_project moves cheap ones).
 *
 * Tempting and wrong:
 *   dropping a group key that nobody reads         it says how many groups there are
 *   dropping the only function without keys        the aggregate's one row stays
 *   narrowing a shared scan for one of its users   each user has its own narrow scan
 */
#include "rewrites/prune.h"
#include "rewrites/terms.h"
#include <string.h>

typedef struct Pruned {
    const Node *rel;
    int32_t *map; /* old column to new one, -1: gone */
} Pruned;

typedef struct Prune {
    const Rw *rw;
    Arena *arena; /* scratch */
} Prune;

static Pruned prune(Prune *p, const Node *rel, const bool *need);

static bool *need_none(Prune *p, const Node *rel) { return ARENA_ARRAY(p->arena, bool, rel->type->n); }

static bool *need_copy(Prune *p, const Node *rel, const bool *need) {
    return arena_copy(p->arena, need, rel->type->n * sizeof *need);
}

/* The map of a list of which `keep` says what stays; *kept: how many. */
static int32_t *places(Prune *p, uint32_t n, const bool *keep, uint32_t *kept) {
    int32_t *map = ARENA_ARRAY(p->arena, int32_t, n);
    *kept = 0;
    for (uint32_t i = 0; i < n; i++) map[i] = keep[i] ? (int32_t)(*kept)++ : -1;
    return map;
}

static const Node *moved(Prune *p, const Node *expr, const Node *rel, const int32_t *map) {
    return ir_remap(p->rw->ir, expr, rel->type->n, map);
}

/* ---- leaves ---- */

static Pruned prune_scan(Prune *p, const Node *scan, const bool *need) {
    AttrScan a = *ATTR_OF(scan, Scan);
    uint32_t n = scan->type->n, kept, k = 0;
    int32_t *map = places(p, n, need, &kept);
    if (kept == n) return (Pruned){scan, map};
    int64_t *columns = ARENA_ARRAY(p->arena, int64_t, n);
    const Type **types = ARENA_ARRAY(p->arena, const Type *, n);
    for (uint32_t i = 0; i < n; i++) {
        if (map[i] < 0) continue;
        types[map[i]] = scan->type->fields[i];
        if (i < a.columns.n) columns[k++] = a.columns.at[i];
    }
    a.rowid = a.rowid && need[n - 1];
    a.columns = (IntList){k, columns};
    a.rel = type_rel(ir_types(p->rw->ir), kept, types);
    return (Pruned){ir_node(p->rw->ir, OP_SCAN, &a, 0, NULL), map};
}

static Pruned prune_values(Prune *p, const Node *values, const bool *need) {
    uint32_t n = values->type->n, kept, k = 0;
    int32_t *map = places(p, n, need, &kept);
    if (kept == n) return (Pruned){values, map};
    const Node **in = ARENA_ARRAY(p->arena, const Node *, values->n);
    const Type **types = ARENA_ARRAY(p->arena, const Type *, n);
    for (uint32_t i = 0; i < n; i++)
        if (need[i]) types[map[i]] = values->type->fields[i];
    for (uint32_t i = 0; i < values->n; i++)
        if (need[i % n]) in[k++] = values->in[i];
    AttrValues a = {ATTR_OF(values, Values)->rows, type_rel(ir_types(p->rw->ir), kept, types)};
    return (Pruned){ir_node(p->rw->ir, OP_VALUES, &a, k, in), map};
}

/* ---- one input ---- */

/* A projection's dear expressions that p reads and nobody above does. */
static bool only_filter_reads(Prune *p, const Node *filter, const bool *need) {
    const Node *project = filter->in[0];
    bool *used = need_none(p, project), dear = false;
    if ((project->below | filter->in[1]->below) & BELOW_VOLATILE) return false;
    ir_columns_used(filter->in[1], project->type->n, used);
    for (uint32_t i = 0; i < project->type->n; i++) {
        if (!used[i] || rw_is_cheap(project->in[i + 1])) continue;
        if (need[i]) return false;
        dear = true;
    }
    return dear;
}

static const Node *filter_below(Prune *p, const Node *filter) {
    const Node *project = filter->in[0];
    const Node *test = ir_substitute(p->rw->ir, filter->in[1], project->type->n, project->in + 1);
    const Node *below = ir_2(p->rw->ir, OP_FILTER, project->in[0], test);
    return ir_rel(p->rw->ir, OP_PROJECT, NULL, below, project->n - 1, project->in + 1);
}

static Pruned prune_filter(Prune *p, const Node *filter, const bool *need) {
    if (filter->in[0]->op == OP_PROJECT && only_filter_reads(p, filter, need))
        return prune(p, filter_below(p, filter), need);
    bool *below = need_copy(p, filter, need);
    ir_columns_used(filter->in[1], filter->type->n, below);
    Pruned in = prune(p, filter->in[0], below);
    const Node *test = moved(p, filter->in[1], filter->in[0], in.map);
    return (Pruned){ir_2(p->rw->ir, OP_FILTER, in.rel, test), in.map};
}

/* Expressions from `first` on: those that stay, over what is below; the columns that all of them read. */
static Pruned prune_list(Prune *p, const Node *rel, const bool *keep, const void *attr) {
    uint32_t n = rel->n - 1, kept;
    bool *below = need_none(p, rel->in[0]);
    for (uint32_t i = 0; i < n; i++)
        if (keep[i]) ir_columns_used(rel->in[i + 1], rel->in[0]->type->n, below);
    Pruned in = prune(p, rel->in[0], below);
    int32_t *map = places(p, n, keep, &kept);
    const Node **list = ARENA_ARRAY(p->arena, const Node *, n + 1);
    for (uint32_t i = 0; i < n; i++)
        if (keep[i]) list[map[i]] = moved(p, rel->in[i + 1], rel->in[0], in.map);
    return (Pruned){ir_rel(p->rw->ir, rel->op, attr, in.rel, kept, list), map};
}

static Pruned prune_aggregate(Prune *p, const Node *agg, const bool *need) {
    bool *keep = need_copy(p, agg, need);
    int64_t keys = ATTR_OF(agg, Aggregate)->keys;
    bool any = keys > 0;
    for (uint32_t i = 0; i < agg->type->n; i++) {
        if (i < keys) keep[i] = true;
        any |= keep[i];
    }
    if (!any && agg->type->n) keep[0] = true;
    return prune_list(p, agg, keep, agg->attr);
}

/* Filters of rows or their order: what is read by their own expressions is needed too; all columns pass through. */
static Pruned prune_through(Prune *p, const Node *rel, const bool *need) {
    bool *below = need_copy(p, rel, need);
    for (uint32_t i = 1; i < rel->n; i++) ir_columns_used(rel->in[i], rel->type->n, below);
    Pruned in = prune(p, rel->in[0], below);
    const Node **more = ARENA_ARRAY(p->arena, const Node *, rel->n);
    for (uint32_t i = 1; i < rel->n; i++) more[i - 1] = moved(p, rel->in[i], rel->in[0], in.map);
    return (Pruned){ir_rel(p->rw->ir, rel->op, rel->attr, in.rel, rel->n - 1, more), in.map};
}

/* ---- joins ---- */

static Pruned prune_join(Prune *p, const Node *join, const bool *need) {
    const Node *l = join->in[0], *r = join->in[1];
    uint32_t left = l->type->n, n = left + r->type->n;
    bool *below = ARENA_ARRAY(p->arena, bool, n);
    memcpy(below, need, join->type->n * sizeof *need);
    ir_columns_used(join->in[2], n, below);
    Pruned a = prune(p, l, below), b = prune(p, r, below + left);
    int32_t *map = ARENA_ARRAY(p->arena, int32_t, n);
    for (uint32_t i = 0; i < left; i++) map[i] = a.map[i];
    for (uint32_t i = left; i < n; i++)
        map[i] = b.map[i - left] < 0 ? -1 : b.map[i - left] + (int32_t)a.rel->type->n;
    const Node *on = ir_remap(p->rw->ir, join->in[2], n, map);
    return (Pruned){ir_node(p->rw->ir, OP_JOIN, join->attr, 3, (const Node *[]){a.rel, b.rel, on}), map};
}

static Pruned prune(Prune *p, const Node *rel, const bool *need) {
    switch ((int)rel->op) {
    case OP_SCAN: return prune_scan(p, rel, need);
    case OP_VALUES: return prune_values(p, rel, need);
    case OP_FILTER: return prune_filter(p, rel, need);
    case OP_PROJECT: return prune_list(p, rel, need, NULL);
    case OP_AGGREGATE: return prune_aggregate(p, rel, need);
    case OP_JOIN: return prune_join(p, rel, need);
    case OP_SORT:
    case OP_LIMIT:
    case OP_TOPN: return prune_through(p, rel, need);
    }
    BUG("%s is no relation", op_info[rel->op].text);
}

const Node *rw_prune_columns(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report) {
    Prune p = {rw, arena_new()};
    (void)opt;
    bool *all = need_none(&p, plan);
    memset(all, true, plan->type->n);
    const Node *to = prune(&p, plan, all).rel;
    arena_free(p.arena);
    if (to != plan) rw_note(report, "prune_columns", EXACT, plan, to);
    return to;
}
