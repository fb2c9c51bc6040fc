/* Random queries over the tables of a World.
 *
 * Every number carries the largest absolute value that it can have, integers the width of dql's type: an
 * expression that could overflow is not made (dql fails there, SQLite goes on with floats).  Floats carry how
 * finely they are grained: sums are made of floats that add up exactly, so that the order of additions does
 * not matter. Orders are total: behind the chosen keys come all other columns. */
#ifndef DQL_TESTS_FUZZ_SQL_MAKE_H
#define DQL_TESTS_FUZZ_SQL_MAKE_H
#include "sql_forms.h"
#include "sql_tables.h"
#include <math.h>

typedef struct Scope {
    Expr *at[64];
    uint32_t n;
    const struct Scope *outer; /* of the query around this one */
} Scope;

typedef struct Maker {
    Random r;
    Arena *arena;
    const World *world;
    uint32_t aliases;
    int subqueries; /* still allowed in this statement */
    bool many;      /* the first table is large */
} Maker;

static Query *make_query(Maker *m, const Scope *outer, const Kind *kinds, uint32_t n, int depth);

/* ---- leaves ---- */

static Expr *make_leaf(Maker *m, Kind kind, const char *dql, const char *sqlite) {
    Expr *e = ARENA_NEW(m->arena, Expr);
    e->kind = kind;
    e->text[DQL] = dql;
    e->text[SQLITE] = sqlite;
    e->bits = 32;
    return e;
}

static Expr *make_int(Maker *m) {
    static const int64_t few[] = {0, 1, 2, 3, 5, 7, 10, -1, -2, 30, 100, 1000, 999999, 1000000000000};
    int64_t v = few[below(&m->r, one_in(&m->r, 4) ? 14 : 9)];
    const char *text = arena_printf(m->arena, v < 0 ? "(%lld)" : "%lld", (long long)v);
    Expr *e = make_leaf(m, K_INT, text, text);
    e->most = fabs((double)v);
    e->bits = v > INT32_MAX ? 64 : 32;
    return e;
}

static Expr *make_literal(Maker *m, Kind kind) {
    static const char *const nums[] = {"0.5", "2.25", "(-1.75)", "100.0", "0.0", "12.5"};
    static const char *const dates[] = {"'1998-03-01'", "'1990-01-15'", "'2001-12-28'"};
    static const char *const type_names[] = {"INTEGER", "DOUBLE", "VARCHAR", "DATE", "BOOLEAN"};
    if (one_in(&m->r, 12)) {
        const char *null = arena_printf(m->arena, "CAST(NULL AS %s)", type_names[kind]);
        return make_leaf(m, kind, null, null);
    }
    const char *text = NULL;
    Expr *e;
    switch (kind) {
    case K_INT: return make_int(m);
    case K_NUM:
        text = nums[below(&m->r, 6)];
        e = make_leaf(m, kind, text, text);
        e->most = 100, e->grain = 2;
        return e;
    case K_TEXT:
        text = arena_printf(m->arena, "'%s'", texts[below(&m->r, COUNT_OF(texts))]);
        return make_leaf(m, kind, text, text);
    case K_DATE:
        text = dates[below(&m->r, 3)];
        return make_leaf(m, kind, arena_printf(m->arena, "DATE %s", text), text);
    case K_BOOL: text = one_in(&m->r, 2) ? "TRUE" : "FALSE"; return make_leaf(m, kind, text, text);
    case KINDS: break;
    }
    return NULL;
}

/* A column of the kind from the scope or, sometimes, the one around it; NULL: there is none. */
static Expr *pick(Maker *m, const Scope *s, Kind kind) {
    if (s->outer && one_in(&m->r, 5)) s = s->outer;
    Expr *found = NULL;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < s->n; i++)
        if (s->at[i]->kind == kind && one_in(&m->r, ++seen)) found = s->at[i];
    return found;
}

static Expr *make_simple(Maker *m, const Scope *s, Kind kind) {
    Expr *e = one_in(&m->r, 5) ? NULL : pick(m, s, kind);
    return e ? e : make_literal(m, kind);
}

/* ---- bounds ---- */

static bool fits(const Expr *e) {
    if (e->kind == K_INT) return e->most < (e->bits == 64 ? 4e18 : ldexp(1, e->bits - 1) - 1);
    return e->kind != K_NUM || e->grain >= INEXACT || e->most * ldexp(1, e->grain) < 0x1p52;
}

static void widen(Expr *e, const Expr *in) {
    if (in->kind != K_INT && in->kind != K_NUM) return;
    e->most = fmax(e->most, in->most);
    e->grain = in->grain > e->grain ? in->grain : e->grain;
    if (in->kind == K_INT && in->bits > e->bits) e->bits = in->bits;
}

static void bound_sum(Expr *e, bool of_rows) {
    double most = e->in[0]->most;
    if (of_rows) most *= MANY_ROWS * FEW_ROWS, e->bits = 64;
    else if (e->form->n > 1) most += e->in[1]->most;
    e->most = most;
}

static void bound_product(Expr *e) {
    e->most = e->in[0]->most * e->in[1]->most;
    e->grain = e->in[0]->grain + e->in[1]->grain;
}

/* False: the expression could leave its type, or add floats that are not exact. */
static bool bound(Expr *e) {
    const Form *f = e->form;
    e->bits = 0;
    for (uint32_t i = 0; i < f->n; i++) widen(e, e->in[i]);
    switch (f->bound) {
    case B_LARGEST: break;
    case B_SUM: bound_sum(e, false); break;
    case B_ROWS: bound_sum(e, true); break;
    case B_PRODUCT: bound_product(e); break;
    case B_QUOTIENT:
        if (e->kind == K_NUM && (e->in[0]->most * MANY_ROWS * FEW_ROWS) * ldexp(1, e->in[0]->grain) > 0x1p52)
            return false;
        if (e->kind == K_NUM) e->grain = INEXACT;
        break;
    case B_SMALL:
        if (f->n == 2 && f->in[0] != f->in[1] && e->most > 0x1p50)
            return false; /* an integer compared as a float */
        e->most = 100000, e->bits = 32, e->grain = 0;
        break;
    }
    if (e->kind == K_NUM && f->bound == B_ROWS && e->grain >= INEXACT) return false;
    if (e->kind == K_INT && e->bits == 0) e->bits = 32;
    return fits(e);
}

/* ---- expressions ---- */

static const Form *pick_form(Maker *m, const Form *at, uint32_t n, Kind kind) {
    const Form *found = NULL;
    uint32_t seen = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (at[i].kind != kind) continue;
        seen += at[i].weight;
        if (below(&m->r, seen) < at[i].weight) found = &at[i];
    }
    return found;
}

static Expr *make_expr(Maker *m, const Scope *s, Kind kind, int depth);

/* NULL: it could fail. */
static Expr *make_form(Maker *m, const Scope *s, const Form *f, int depth) {
    Expr *e = ARENA_NEW(m->arena, Expr);
    e->form = f;
    e->kind = f->kind;
    for (uint32_t i = 0; i < f->n; i++) e->in[i] = make_expr(m, s, f->in[i], depth - 1);
    return bound(e) ? e : NULL;
}

static Query *make_scalar_query(Maker *m, const Scope *outer, Kind kind, int depth);

static Expr *make_subquery(Maker *m, const Scope *s, Kind kind, int depth) {
    const Form *f = pick_form(m, subquery_forms, COUNT_OF(subquery_forms), kind);
    m->subqueries--;
    Expr *e = make_form(m, s, f, depth);
    if (!e) return NULL;
    bool scalar = strcmp(f->text[DQL], "($q)") == 0;
    e->query = scalar ? make_scalar_query(m, s, kind, depth - 1) : make_query(m, s, f->in, 1, depth - 1);
    if (!scalar) return e;
    const Expr *item = e->query->items[0];
    e->most = item->most, e->bits = item->bits, e->grain = item->grain;
    return e;
}

static Expr *make_expr(Maker *m, const Scope *s, Kind kind, int depth) {
    if (depth <= 0 || one_in(&m->r, 4)) return make_simple(m, s, kind);
    Expr *e = NULL;
    if (m->subqueries > 0 && depth > 1 && one_in(&m->r, 8)) e = make_subquery(m, s, kind, depth);
    else e = make_form(m, s, pick_form(m, forms, COUNT_OF(forms), kind), depth);
    return e ? e : make_simple(m, s, kind);
}

static Kind random_kind(Maker *m) {
    static const Kind often[] = {K_INT, K_INT, K_INT, K_NUM, K_TEXT, K_TEXT, K_DATE, K_BOOL};
    return often[below(&m->r, 8)];
}

/* ---- FROM ---- */

static void add_column(Maker *m, Scope *s, const char *alias, const char *name, const Expr *like) {
    Expr *e = ARENA_NEW(m->arena, Expr);
    *e = *like;
    e->form = NULL;
    e->query = NULL;
    e->text[DQL] = e->text[SQLITE] = arena_printf(m->arena, "%s.%s", alias, name);
    if (s->n < COUNT_OF(s->at)) s->at[s->n++] = e;
}

static void add_table(Maker *m, Scope *s, const char *alias, const Table *t) {
    for (uint32_t i = 0; i < t->n_columns; i++) {
        const Column *c = &t->columns[i];
        Expr like = {.kind = c->kind, .bits = c->bits, .grain = c->kind == K_NUM ? 2 : 0};
        like.most = fmax(fabs((double)c->from), fabs((double)c->to));
        add_column(m, s, alias, c->name, &like);
    }
}

static void make_source(Maker *m, Scope *s, Source *out, bool first, int depth) {
    out->alias = arena_printf(m->arena, "a%u", m->aliases++);
    if (depth > 0 && one_in(&m->r, 6)) {
        out->derived = make_query(m, NULL, NULL, 0, depth - 1);
        for (uint32_t i = 0; i < out->derived->n_items; i++)
            add_column(m, s, out->alias, arena_printf(m->arena, "c%u", i), out->derived->items[i]);
        return;
    }
    uint32_t from = m->many && !(first && !s->outer && depth > 1)
                        ? 1
                        : 0; /* one large table at most, and not in a subquery */
    const Table *t = &m->world->tables[from + below(&m->r, TABLES - from)];
    out->table = t->name;
    add_table(m, s, out->alias, t);
}

static const Form equal_forms[KINDS] = {
    {K_BOOL, 1, SAME("$0 = $1"), 2, {K_INT, K_INT}, B_SMALL},
    {K_BOOL, 1, SAME("$0 = $1"), 2, {K_NUM, K_NUM}, B_SMALL},
    {K_BOOL, 1, SAME("$0 = $1"), 2, {K_TEXT, K_TEXT}, B_SMALL},
    {K_BOOL, 1, SAME("$0 = $1"), 2, {K_DATE, K_DATE}, B_SMALL},
    {K_BOOL, 1, SAME("$0 = $1"), 2, {K_BOOL, K_BOOL}, B_SMALL},
};

/* left = right, columns of one kind or expressions over them; NULL: none in common */
static Expr *make_equal(Maker *m, const Scope *left, const Scope *right) {
    Expr *e = ARENA_NEW(m->arena, Expr);
    for (int tries = 0; tries < 4; tries++) {
        Kind kind = random_kind(m);
        Expr *l = pick(m, left, kind), *r = pick(m, right, kind);
        if (!l || !r) continue;
        if (one_in(&m->r, 6)) l = make_expr(m, left, kind, 1);
        if (one_in(&m->r, 6)) r = make_expr(m, right, kind, 1);
        e->form = &equal_forms[kind];
        e->kind = K_BOOL;
        e->in[0] = l, e->in[1] = r;
        return e;
    }
    return NULL;
}

static void make_on(Maker *m, Source *out, const Scope *left, const Scope *right, const Scope *both) {
    uint32_t equalities = 1 + (one_in(&m->r, 3) ? 1 + below(&m->r, 2) : 0);
    for (uint32_t i = 0; i < equalities; i++) {
        Expr *e = make_equal(m, left, right);
        if (e) out->on[out->n_on++] = e;
    }
    if (out->n_on == 0) out->join = JOIN_CROSS;
    else if (one_in(&m->r, 4))
        out->on[out->n_on++] = make_expr(m,
                                         out->join == JOIN_INNER ? both
                                         : one_in(&m->r, 3)      ? left
                                                                 : right,
                                         K_BOOL, 2);
}

static void make_from(Maker *m, Query *q, Scope *s, int depth) {
    uint32_t most = m->many ? 2 : MOST_SOURCES;
    q->n_from = one_in(&m->r, 2) ? 1 : 1 + below(&m->r, most);
    for (uint32_t i = 0; i < q->n_from; i++) {
        Source *src = &q->from[i];
        Scope right = {.outer = NULL}, left = *s;
        left.outer = NULL;
        make_source(m, &right, src, i == 0 && !s->outer, depth);
        for (uint32_t k = 0; k < right.n && s->n < COUNT_OF(s->at); k++) s->at[s->n++] = right.at[k];
        if (i == 0) continue;
        src->join = one_in(&m->r, 6) ? JOIN_CROSS : one_in(&m->r, 2) ? JOIN_INNER : JOIN_LEFT;
        Scope both = *s;
        both.outer = NULL;
        int subqueries = m->subqueries;
        m->subqueries = 0;
        if (src->join > JOIN_CROSS) make_on(m, src, &left, &right, &both);
        m->subqueries = subqueries;
    }
}

/* ---- queries ---- */

static void make_where(Maker *m, Query *q, const Scope *s, int depth) {
    if (s->outer && !one_in(&m->r, 3)) {
        Scope inner = *s;
        inner.outer = NULL;
        Expr *e = make_equal(m, &inner, s->outer);
        if (e) q->where[q->n_where++] = e;
    }
    uint32_t n = one_in(&m->r, 3) ? 0 : 1 + below(&m->r, 2);
    for (uint32_t i = 0; i < n; i++) q->where[q->n_where++] = make_expr(m, s, K_BOOL, depth + 1);
}

static Expr *make_aggregate(Maker *m, const Scope *s, Kind kind) {
    const Form *f = pick_form(m, aggregate_forms, COUNT_OF(aggregate_forms), kind);
    return f ? make_form(m, s, f, 2) : NULL;
}

/* The scope behind GROUP BY: keys and aggregates.  Literals are no keys: a number would be a position. */
static void make_groups(Maker *m, Query *q, const Scope *s, Scope *out) {
    Scope inner = *s;
    inner.outer = NULL;
    uint32_t n = below(&m->r, 4);
    for (uint32_t i = 0; i < n; i++) {
        Expr *e =
            one_in(&m->r, 3) ? make_expr(m, &inner, random_kind(m), 2) : pick(m, &inner, random_kind(m));
        if (e && (e->form || strchr(e->text[DQL], '.'))) q->group[q->n_group++] = out->at[out->n++] = e;
    }
    for (uint32_t i = 0, k = 1 + below(&m->r, 4); i < k; i++) {
        Expr *e = make_aggregate(m, &inner, random_kind(m));
        if (e) out->at[out->n++] = e;
    }
}

static void make_items(Maker *m, Query *q, const Scope *s, const Kind *kinds, uint32_t n, int depth) {
    q->n_items = n ? n : 1 + below(&m->r, 4);
    for (uint32_t i = 0; i < q->n_items; i++) {
        Kind kind = n ? kinds[i] : random_kind(m);
        Expr *e = one_in(&m->r, 3) ? pick(m, s, kind) : NULL;
        q->items[i] = e ? e : make_expr(m, s, kind, depth);
    }
}

static void make_order(Maker *m, Query *q, bool limited) {
    uint32_t n = below(&m->r, 3);
    for (uint32_t i = 0; i < n + q->n_items; i++) {
        OrderKey k = {i < n ? below(&m->r, q->n_items) : i - n, one_in(&m->r, 2), one_in(&m->r, 4),
                      one_in(&m->r, 2)};
        q->order[q->n_order++] = k;
    }
    if (!limited) return;
    q->limit = (int)below(&m->r, one_in(&m->r, 4) ? 100 : 8);
    if (one_in(&m->r, 4)) q->offset = (int)below(&m->r, 5);
}

static Query *new_query(Maker *m) {
    Query *q = ARENA_NEW(m->arena, Query);
    q->limit = q->offset = -1;
    return q;
}

/* kinds[0..n): of the columns; n = 0: any. */
static Query *make_query(Maker *m, const Scope *outer, const Kind *kinds, uint32_t n, int depth) {
    Query *q = new_query(m);
    Scope s = {.outer = outer}, groups = {0};
    make_from(m, q, &s, depth);
    make_where(m, q, &s, depth);
    q->grouped = one_in(&m->r, 3);
    int subqueries = m->subqueries;
    if (q->grouped) m->subqueries = 0;
    if (q->grouped) make_groups(m, q, &s, &groups);
    make_items(m, q, q->grouped ? &groups : &s, kinds, n, 1 + depth / 2);
    if (q->n_group && one_in(&m->r, 3)) q->having = make_expr(m, &groups, K_BOOL, 2);
    if (q->grouped) m->subqueries = subqueries;
    q->distinct = one_in(&m->r, 6);
    q->pipes = one_in(&m->r, 4);
    bool order = outer ? one_in(&m->r, 8) : one_in(&m->r, 2);
    if (order && q->n_items <= MOST_ITEMS) make_order(m, q, outer || one_in(&m->r, 2));
    return q;
}

/* One row and one column: an aggregate of a whole table. */
static Query *make_scalar_query(Maker *m, const Scope *outer, Kind kind, int depth) {
    Query *q = new_query(m);
    Scope s = {.outer = outer}, inner;
    make_from(m, q, &s, depth);
    make_where(m, q, &s, depth);
    inner = s;
    inner.outer = NULL;
    q->grouped = true;
    q->n_items = 1;
    q->items[0] = make_aggregate(m, &inner, kind);
    if (q->items[0]) return q;
    q->grouped = false; /* no aggregate of that kind that cannot fail: the least value */
    q->items[0] = make_simple(m, &inner, kind);
    q->order[q->n_order++] = (OrderKey){0, false, false, false};
    q->limit = 1;
    return q;
}
#endif
