/* Relations: scan, filter, project, and the breakers that need no algorithm of their own. */
#include "lower/flow.h"
#include "lower/tensor.h"
#include <math.h>

bool *need_none(Lower *c, uint32_t n) {
    return ARENA_ARRAY(c->a, bool, n + 1);
}

Flow flow_on(Lower *c, Pipe *p, uint32_t n) {
    return (Flow){.p = p, .n = n, .cols = ARENA_ARRAY(c->a, LVal, n), .unique = need_none(c, n), .at_most = INFINITY};
}

Scope flow_scope(Lower *c, const Flow *f) {
    Scope s;
    scope_init(&s, c, f->p, f->domain, f->n, f->cols);
    return s;
}

Flow flow_none(Lower *c, const Node *rel) {
    Flow f = flow_on(c, pipe_new(c->a, SRC_ONE, 0, 0, "none"), rel->type->n);
    Scope s = flow_scope(c, &f);
    for (uint32_t i = 0; i < f.n; i++)
        f.cols[i] = expr_null(&s, rel->type->fields[i]);
    return f;
}

/* ---- scan ---- */
static Range stats_range(Lower *c, const ColumnStats *st, const Type *t) {
    Range whole = range_of_type(t);
    if (!whole.exact || c->opt->no_ranges || !st->range_known)
        return whole;
    return st->min <= st->max ? range_span(st->min, st->max) : range_point(0);
}

static LVal dict_column(Pipe *p, uint32_t scan, uint32_t at, const ColumnStats *st, const Type *t) {
    Arg none = {.kind = ARG_NULL};
    Int128 top = st->distinct > 0 ? st->distinct - 1 : ((Int128)1 << (8 * st->code.width)) - 1;
    Range r = range_span(0, top > INT32_MAX ? INT32_MAX : top);
    Stage *v = stage_column(p, (Arg){.kind = ARG_SRC, .a = at}, st->code, none, range_lanes(r), r);
    return (LVal){.v = v, .type = t, .dict = true, .dict_scan = scan, .dict_column = at};
}

static KType column_lanes(const Type *t, Range r) {
    return r.exact && t->kind != TY_BOOL ? range_lanes(r) : lanes_of_type(t);
}

static LVal plain_column(Pipe *p, uint32_t at, const ColumnStats *st, const Type *t, Range r) {
    Arg base = {.kind = ARG_NULL}, data = {.kind = ARG_SRC, .a = at};
    if (st->code.kind == CODE_INT && st->code.width <= 4)
        base = (Arg){.kind = ARG_SRC_BASE, .a = at};
    Stage *v = stage_column(p, data, st->code, base, is_tensor(t) ? elem_lanes(t->elem) : column_lanes(t, r), r);
    if (is_tensor(t))
        v->row_bytes = st->code.pitch;
    else if (v->type == K_F16 || v->type == K_BF16)
        v = stage_convert(p, KI_FEXT, v, K_F32);
    return (LVal){.v = v, .type = t};
}

static LVal scan_column(Lower *c, Pipe *p, uint32_t scan, uint32_t at, const ColumnStats *st, const Type *t) {
    static const ColumnCode bytes = {.kind = CODE_INT, .width = 1};
    LVal x = st->code.kind == CODE_DICT ? dict_column(p, scan, at, st, t) : plain_column(p, at, st, t, stats_range(c, st, t));
    if (st->code.valid)
        x.valid = stage_column(p, (Arg){.kind = ARG_SRC_VALID, .a = at}, bytes, (Arg){.kind = ARG_NULL}, K_I1, range_span(0, 1));
    return x;
}

static bool column_stats(Lower *c, const AttrScan *a, uint32_t i, ColumnStats *st) {
    *st = (ColumnStats){.distinct = -1};
    if (c->src->column_stats(c->src->ctx, a->table, a->version, (uint32_t)a->columns.at[i], st))
        return true;
    lower_fail(c, "nothing is known of column %lld of %s", (long long)a->columns.at[i], a->table);
    return false;
}

static int64_t table_rows(Lower *c, const AttrScan *a) {
    TableInfo info;
    return c->src->table(c->src->ctx, ir_types(c->ir), a->table, &info) ? info.rows : 0;
}

/* The first table to be scanned for a join that reduces it (whose key is needed, so it is among the scan's columns). */
static void reduce(Lower *c, Flow *f, const AttrScan *a, uint32_t first) {
    ColumnStats st;
    for (uint32_t i = first; c->reducer && i < c->b.scan_cols.n; i++) {
        uint32_t column = (uint32_t)a->columns.at[c->reducer->column];
        if (c->b.scan_cols.at[i].column != column || !column_stats(c, a, c->reducer->column, &st))
            continue;
        f->mask = reduce_scan(c, f->p, i - first, &st);
        c->reducer = NULL;
    }
}

static Flow masked(Flow f) {
    f.domain = pipe_filter(f.p, f.domain, f.mask);
    f.mask = NULL;
    return f;
}

static Flow lower_scan(Lower *c, const Node *rel, const bool *need) {
    const AttrScan *a = ATTR_OF(rel, Scan);
    uint32_t scan = (uint32_t)c->b.scans.n, first = (uint32_t)c->b.scan_cols.n;
    *vec_push(&c->b.scans) = (Scan){.table = a->table, .version = a->version, .cols = first};
    Flow f = flow_on(c, pipe_new(c->a, SRC_SCAN, scan, 0, a->table), rel->type->n);
    f.at_most = (double)table_rows(c, a);
    f.distinct_rows = true;
    ColumnStats st;
    for (uint32_t i = 0; i < a->columns.n; i++) {
        if (!need[i] || !column_stats(c, a, i, &st))
            continue;
        f.cols[i] = scan_column(c, f.p, scan, (uint32_t)c->b.scan_cols.n - first, &st, rel->type->fields[i]);
        f.unique[i] = st.unique;
        *vec_push(&c->b.scan_cols) = (ScanColumn){(uint32_t)a->columns.at[i], st.code};
    }
    if (a->rowid && need[a->columns.n])
        f.cols[a->columns.n] = (LVal){.v = stage_rowid(f.p), .type = rel->type->fields[a->columns.n]};
    c->b.scans.at[scan].n_cols = (uint32_t)c->b.scan_cols.n - first;
    reduce(c, &f, a, first);
    return f;
}

/* ---- filter and project ---- */
static Flow lower_filter(Lower *c, const Node *rel, const bool *need) {
    uint32_t n = rel->type->n;
    bool *below = need_none(c, n);
    for (uint32_t i = 0; i < n; i++)
        below[i] = need[i];
    ir_columns_used(rel->in[1], n, below);
    Flow f = rel->in[0]->op == OP_SCAN ? lower_scan(c, rel->in[0], below) : lower_relation(c, rel->in[0], below);
    Scope s = flow_scope(c, &f);
    f.mask = mask_and(f.p, f.mask, lower_condition(&s, rel->in[1]));
    scope_free(&s);
    return masked(f);
}

static Flow lower_project(Lower *c, const Node *rel, const bool *need) {
    uint32_t n = rel->in[0]->type->n;
    bool *below = need_none(c, n);
    for (uint32_t i = 0; i + 1 < rel->n; i++)
        if (need[i])
            ir_columns_used(rel->in[i + 1], n, below);
    Flow in = lower_relation(c, rel->in[0], below), out = in;
    out.n = rel->type->n;
    out.cols = ARENA_ARRAY(c->a, LVal, out.n);
    out.unique = need_none(c, out.n);
    Scope s = flow_scope(c, &in);
    for (uint32_t i = 0; i < out.n; i++) {
        const Node *e = rel->in[i + 1];
        if (!need[i])
            continue;
        bool plain = e->op == OP_COLUMN;
        out.cols[i] = plain ? in.cols[ATTR_OF(e, Column)->index] : lower_expr(&s, e);
        out.cols[i].type = e->type;
        out.unique[i] = plain && in.unique[ATTR_OF(e, Column)->index];
    }
    scope_free(&s);
    return out;
}

/* ---- states ---- */
Flow flow_from_state(Lower *c, uint32_t state, uint32_t n, const RowCol *cols, const char *label) {
    Flow f = flow_on(c, pipe_new(c->a, SRC_STATE, state, 0, label), n);
    for (uint32_t i = 0, at = 0; i < n; i++)
        if (cols[i].type)
            f.cols[i] = row_source(f.p, at++, &cols[i]);
    f.distinct_rows = true;
    return f;
}

void flow_into_state(Lower *c, Flow *f, uint32_t state, RowCol *cols) {
    LVal *v = ARENA_ARRAY(c->a, LVal, f->n);
    RowCol *stored = ARENA_ARRAY(c->a, RowCol, f->n);
    StateColumn *sc = ARENA_ARRAY(c->a, StateColumn, f->n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n; i++) {
        cols[i] = (RowCol){0};
        if (!f->cols[i].v)
            continue;
        v[n] = f->cols[i];
        sc[n].code = (stored[n] = cols[i] = row_col(&v[n])).code;
        n++;
    }
    append_rows(c, f->p, f->domain, state, n, v, stored);
    build_state_cols(c, state, n, sc);
    *vec_push(&f->p->finish) = state;
    f->p->ordered = true;
    assemble(c, f->p);
}

Arg limit_arg(Lower *c, const Node *e) {
    if (e->op == OP_PARAM)
        return (Arg){.kind = ARG_PARAM, .a = build_param(c, ATTR_OF(e, Param)->name, e->type)};
    if (!ir_is_const(e)) {
        lower_fail(c, "a LIMIT that is neither a number nor a parameter is not supported in compiled plans yet");
        return (Arg){.kind = ARG_NULL};
    }
    const Value *v = &ATTR_OF(e, Const)->value;
    return v->null ? (Arg){.kind = ARG_NULL} : build_int(c, v->i, false);
}

Flow lower_limit(Lower *c, const Node *rel, const bool *need) {
    Flow in = lower_relation(c, rel->in[0], need);
    uint32_t state = build_state(c, (State){.kind = ST_ROWS, .finish = FIN_NONE, .limit = limit_arg(c, rel->in[1]),
                                            .offset = limit_arg(c, rel->in[2]), .expected = (int64_t)in.rows});
    RowCol *cols = ARENA_ARRAY(c->a, RowCol, in.n);
    flow_into_state(c, &in, state, cols);
    Flow out = flow_from_state(c, state, in.n, cols, "limit");
    return out;
}

static Flow no_rows(Lower *c, const Node *rel) {
    Flow f = flow_none(c, rel);
    Scope s = flow_scope(c, &f);
    f.domain = pipe_filter(f.p, f.domain, bool_const(&s, false));
    scope_free(&s);
    return f;
}

/* Each row is a pipeline of its own into one state: lists of expressions are short. */
Flow lower_values(Lower *c, const Node *rel, const bool *need) {
    int64_t rows = ATTR_OF(rel, Values)->rows;
    uint32_t n = rel->type->n, state = build_state(c, (State){.kind = ST_ROWS, .expected = rows});
    RowCol *cols = ARENA_ARRAY(c->a, RowCol, n);
    Flow many;
    if (rows == 0)
        return no_rows(c, rel);
    if (lower_constant_rows(c, rel, need, &many))
        return many;
    if (rows > 256)
        lower_fail(c, "VALUES with %lld rows that are no constants are not supported in compiled plans yet", (long long)rows);
    Flow *each = ARENA_ARRAY(c->a, Flow, rows);
    for (int64_t r = 0; r < rows; r++) {
        Flow f = flow_on(c, pipe_new(c->a, SRC_ONE, 0, 0, "values"), n);
        Scope s = flow_scope(c, &f);
        for (uint32_t i = 0; i < n; i++)
            if (need[i])
                f.cols[i] = lower_expr(&s, rel->in[(uint64_t)r * n + i]);
        scope_free(&s);
        each[r] = f;
    }
    /* one layout for all rows: full width, and nullable if one value is */
    for (uint32_t i = 0; i < n; i++) {
        if (!need[i])
            continue;
        LVal wide = each[0].cols[i];
        Stage v = *wide.v;
        for (int64_t r = 1; r < rows; r++) {
            v.range = range_hull(v.range, each[r].cols[i].v->range);
            wide.valid = wide.valid ? wide.valid : each[r].cols[i].valid;
        }
        v.type = v.type <= K_I128 && v.type != K_I1 && range_of_type(rel->type->fields[i]).exact ? range_lanes(v.range) : v.type;
        wide.v = &v;
        cols[i] = row_col(&wide);
        cols[i].type = rel->type->fields[i];
    }
    StateColumn *sc = ARENA_ARRAY(c->a, StateColumn, n);
    uint32_t k = 0;
    for (uint32_t i = 0; i < n; i++)
        if (need[i])
            sc[k++].code = cols[i].code;
    build_state_cols(c, state, k, sc);
    for (int64_t r = 0; r < rows; r++) {
        LVal *v = ARENA_ARRAY(c->a, LVal, n);
        RowCol *stored = ARENA_ARRAY(c->a, RowCol, n);
        uint32_t m = 0;
        for (uint32_t i = 0; i < n; i++)
            if (need[i])
                v[m] = each[r].cols[i], stored[m++] = cols[i];
        append_rows(c, each[r].p, 0, state, m, v, stored);
        each[r].p->ordered = true;
        if (r + 1 == rows)
            *vec_push(&each[r].p->finish) = state;
        assemble(c, each[r].p);
    }
    Flow out = flow_from_state(c, state, n, cols, "values");
    out.at_most = (double)rows;
    return out;
}

static Flow relation(Lower *c, const Node *rel, const bool *need) {
    switch ((int)rel->op) {
    case OP_SCAN: return lower_scan(c, rel, need);
    case OP_FILTER: return lower_filter(c, rel, need);
    case OP_PROJECT: return lower_project(c, rel, need);
    case OP_JOIN: return lower_join(c, rel, need);
    case OP_AGGREGATE: return lower_aggregate(c, rel, need);
    case OP_SORT: case OP_TOPN: return lower_sort(c, rel, need);
    case OP_LIMIT: return lower_limit(c, rel, need);
    case OP_VALUES: return lower_values(c, rel, need);
    }
    lower_fail(c, "%s is not supported in compiled plans yet", op_info[rel->op].text);
    return flow_none(c, rel);
}

Flow lower_relation(Lower *c, const Node *rel, const bool *need) {
    Flow f = masked(relation(c, rel, need));
    f.rows = relation_rows(c, rel);
    return f;
}
