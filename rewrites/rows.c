/* Estimates of rows, distinct values and selectivity from the statistics of scanned versions.  Where nothing is known the
 * classic guesses stand: a table has 1,000 rows, an equality keeps a tenth of them, another test a third.
 */
#include "rewrites/measure.h"
#include "rewrites/terms.h"

static const double UNKNOWN_ROWS = 1000, UNKNOWN_TEST = 1.0 / 3, UNKNOWN_EQ = 0.1, UNKNOWN_LIKE = 0.1;

static double at_most(double x, double most) { return x < most ? x : most; }
static double at_least(double x, double least) { return x > least ? x : least; }

/* ---- columns of scans ---- */

static bool join_column(const Node *join, int64_t i, const Node **scan, int64_t *column) {
    uint32_t left = join->in[0]->type->n;
    return i < left ? rw_scan_column(join->in[0], i, scan, column)
                    : rw_scan_column(join->in[1], i - left, scan, column);
}

bool rw_scan_column(const Node *rel, int64_t i, const Node **scan, int64_t *column) {
    switch ((int)rel->op) {
    case OP_SCAN:
        *scan = rel;
        *column = i < ATTR_OF(rel, Scan)->columns.n ? ATTR_OF(rel, Scan)->columns.at[i] : -1;
        return *column >= 0;
    case OP_FILTER:
    case OP_SORT:
    case OP_TOPN:
    case OP_LIMIT: return rw_scan_column(rel->in[0], i, scan, column);
    case OP_JOIN: return join_column(rel, i, scan, column);
    case OP_PROJECT:
        if (rel->in[i + 1]->op != OP_COLUMN) return false;
        return rw_scan_column(rel->in[0], ATTR_OF(rel->in[i + 1], Column)->index, scan, column);
    case OP_AGGREGATE:
        if (i >= ATTR_OF(rel, Aggregate)->keys || rel->in[i + 1]->op != OP_COLUMN) return false;
        return rw_scan_column(rel->in[0], ATTR_OF(rel->in[i + 1], Column)->index, scan, column);
    }
    return false;
}

bool rw_column_stats(const Rw *rw, const Node *rel, int64_t i, ColumnStats *out) {
    const Node *scan;
    int64_t column;
    if (!rw->source || !rw->source->column_stats || !rw_scan_column(rel, i, &scan, &column)) return false;
    const AttrScan *a = ATTR_OF(scan, Scan);
    return rw->source->column_stats(rw->source->ctx, a->table, a->version, (uint32_t)column, out);
}

static double scan_rows(const Rw *rw, const Node *scan) {
    TableInfo t;
    if (!rw->source || !rw->source->table) return UNKNOWN_ROWS;
    if (!rw->source->table(rw->source->ctx, ir_types(rw->ir), ATTR_OF(scan, Scan)->table, &t))
        return UNKNOWN_ROWS;
    return (double)t.rows;
}

/* ---- distinct values ---- */

/* y - x for x <= y, which may not fit into the signed type */
static double distance(Int128 x, Int128 y) { return (double)((unsigned __int128)y - (unsigned __int128)x); }

/* Of the whole version, whatever rel filters; 0: not known. */
static double version_distinct(const Rw *rw, const Node *rel, const Node *expr) {
    ColumnStats s;
    if (expr->op != OP_COLUMN || !rw_column_stats(rw, rel, ATTR_OF(expr, Column)->index, &s)) return 0;
    if (s.distinct >= 0) return (double)s.distinct;
    return s.range_known && s.max >= s.min ? distance(s.min, s.max) + 1 : 0;
}

double rw_distinct(const Rw *rw, const Node *rel, const Node *expr) {
    double rows = rw_rows(rw, rel), product = 1, known = version_distinct(rw, rel, expr);
    if (expr->op == OP_COLUMN) return known > 0 ? at_most(rows, known) : rows;
    if (expr->op == OP_EXTRACT) return at_most(rows, 25);
    for (uint32_t i = 0; i < expr->n; i++)
        product = at_most(rows, product * rw_distinct(rw, rel, expr->in[i]));
    return product;
}

/* ---- selectivity ---- */

static bool scaled(const Value *v, Int128 *out) {
    if (v->null) return false;
    if (v->type->kind == TY_DECIMAL) return *out = v->dec, true;
    if (v->type->kind >= TY_U8 && v->type->kind <= TY_U64) return *out = v->u, true;
    bool whole = type_is_integer(v->type) || v->type->kind == TY_DATE || v->type->kind == TY_TIMESTAMP;
    if (whole) *out = v->i;
    return whole;
}

/* Share of the column's range below the constant. */
static double range_test(const Rw *rw, const Node *rel, const Node *p) {
    ColumnStats s;
    Int128 c;
    bool known =
        p->in[0]->op == OP_COLUMN && ir_is_const(p->in[1]) && scaled(&ATTR_OF(p->in[1], Const)->value, &c) &&
        rw_column_stats(rw, rel, ATTR_OF(p->in[0], Column)->index, &s) && s.range_known && s.max > s.min;
    if (!known) return UNKNOWN_TEST;
    double below = c <= s.min ? 0 : at_most(distance(s.min, c) / distance(s.min, s.max), 1);
    return p->op == OP_LT || p->op == OP_LE ? below : 1 - below;
}

/* Not by the rows of rel: merging or moving a filter must not change what the others keep. */
static double equal_test(const Rw *rw, const Node *rel, const Node *a, const Node *b) {
    double known = at_least(version_distinct(rw, rel, a), version_distinct(rw, rel, b));
    return known > 0 ? 1 / at_least(known, 1) : UNKNOWN_EQ;
}

static double test(const Rw *rw, const Node *rel, const Node *p) {
    switch ((int)p->op) {
    case OP_CONST: return ATTR_OF(p, Const)->value.null || !ATTR_OF(p, Const)->value.b ? 0 : 1;
    case OP_AND: return test(rw, rel, p->in[0]) * test(rw, rel, p->in[1]);
    case OP_OR: return 1 - (1 - test(rw, rel, p->in[0])) * (1 - test(rw, rel, p->in[1]));
    case OP_NOT: return 1 - test(rw, rel, p->in[0]);
    case OP_EQ: return equal_test(rw, rel, p->in[0], p->in[1]);
    case OP_NE: return 1 - equal_test(rw, rel, p->in[0], p->in[1]);
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: return range_test(rw, rel, p);
    case OP_IN: return at_most(1, (p->n - 1) * equal_test(rw, rel, p->in[0], p->in[0]));
    case OP_LIKE: return UNKNOWN_LIKE;
    }
    return UNKNOWN_TEST;
}

double rw_selectivity(const Rw *rw, const Node *rel, const Node *p) { return test(rw, rel, p); }

/* ---- rows ---- */

/* |L| |R| / max(distinct of either side) for each equality of the two sides. */
static double matches(const Rw *rw, const Node *join) {
    const Node *l = join->in[0], *r = join->in[1];
    uint32_t left = l->type->n;
    Terms t = rw_conjuncts(rw->ir, join->in[2]);
    double rows = rw_rows(rw, l) * rw_rows(rw, r);
    for (uint32_t i = 0; i < t.n; i++) {
        const Node *a, *b;
        if (rw_is_equi(t.at[i], left, l->type->n + r->type->n, &a, &b))
            rows /= at_least(1, at_least(rw_distinct(rw, l, a),
                                         rw_distinct(rw, r, rw_shift(rw->ir, b, left, r->type->n))));
        else if (!rw_is_true(t.at[i])) rows *= UNKNOWN_TEST;
    }
    return rows;
}

static double join_rows(const Rw *rw, const Node *join) {
    double found = matches(rw, join), left = rw_rows(rw, join->in[0]);
    switch (ATTR_OF(join, Join)->kind) {
    case JOIN_LEFT: return at_least(found, left);
    case JOIN_SEMI: return at_most(found, left) * 0.9;
    case JOIN_ANTI: return left * 0.5;
    }
    return found;
}

static double groups(const Rw *rw, const Node *agg) {
    double rows = rw_rows(rw, agg->in[0]), n = 1;
    for (int64_t k = 0; k < ATTR_OF(agg, Aggregate)->keys; k++)
        n = at_most(rows, n * rw_distinct(rw, agg->in[0], agg->in[k + 1]));
    return n;
}

static double limited(const Rw *rw, const Node *rel, const Node *limit) {
    double rows = rw_rows(rw, rel->in[0]);
    const Value *v = ir_is_const(limit) ? &ATTR_OF(limit, Const)->value : NULL;
    return v && !v->null ? at_most(rows, (double)v->i) : rows;
}

static double estimate(const Rw *rw, const Node *rel) {
    switch ((int)rel->op) {
    case OP_SCAN: return scan_rows(rw, rel);
    case OP_VALUES: return (double)ATTR_OF(rel, Values)->rows;
    case OP_FILTER: return rw_rows(rw, rel->in[0]) * rw_selectivity(rw, rel->in[0], rel->in[1]);
    case OP_JOIN: return join_rows(rw, rel);
    case OP_AGGREGATE: return groups(rw, rel);
    case OP_LIMIT: return limited(rw, rel, rel->in[1]);
    case OP_TOPN: return limited(rw, rel, rel->in[rel->n - 2]);
    }
    return rw_rows(rw, rel->in[0]);
}

double rw_rows(const Rw *rw, const Node *rel) {
    double *known = ptrmap_get(rw->rows, rel);
    if (known) return *known;
    known = ARENA_NEW(ir_arena(rw->ir), double);
    *known = estimate(rw, rel);
    ptrmap_set(rw->rows, rel, known);
    return *known;
}
