/* Cutting a failing query down: clauses go, expressions become one of their operands, as long as it still
 * fails. */
#ifndef DQL_TESTS_FUZZ_SQL_REDUCE_H
#define DQL_TESTS_FUZZ_SQL_REDUCE_H
#include "sql_tree.h"
#include <string.h>

typedef struct Reducer {
    bool (*fails)(void *ctx, const Query *q);
    void *ctx;
    const Query *whole; /* what `fails` is asked */
    bool smaller;       /* something was cut off */
    int tries;
} Reducer;

static bool still_fails(Reducer *r) {
    bool fails = r->tries-- > 0 && r->fails(r->ctx, r->whole);
    r->smaller |= fails;
    return fails;
}

static void reduce_query(Reducer *r, Query *q);

static void reduce_expr(Reducer *r, Expr **slot) {
    for (bool again = true; again;) {
        Expr *e = *slot;
        again = false;
        for (uint32_t i = 0; e->form && i < e->form->n && !again; i++) {
            if (e->in[i]->kind != e->kind) continue;
            *slot = e->in[i];
            if (!(again = still_fails(r))) *slot = e;
        }
    }
    Expr *e = *slot;
    for (uint32_t i = 0; e->form && i < e->form->n; i++) reduce_expr(r, &e->in[i]);
    if (e->query) reduce_query(r, e->query);
}

static void reduce_list(Reducer *r, Expr **at, uint32_t *n, uint32_t least) {
    for (uint32_t i = *n; i-- > 0;) {
        Expr *gone = at[i];
        if (*n > least) {
            memmove(at + i, at + i + 1, (*n - i - 1) * sizeof *at);
            --*n;
            if (still_fails(r)) continue;
            memmove(at + i + 1, at + i, (*n - i) * sizeof *at);
            ++*n;
            at[i] = gone;
        }
        reduce_expr(r, &at[i]);
    }
}

static void reduce_from(Reducer *r, Query *q) {
    for (uint32_t i = 0; i < q->n_from; i++) {
        reduce_list(r, q->from[i].on, &q->from[i].n_on, 0);
        if (q->from[i].derived) reduce_query(r, q->from[i].derived);
    }
    while (q->n_from > 1) {
        q->n_from--;
        if (!still_fails(r)) {
            q->n_from++;
            break;
        }
    }
}

/* The clauses that are a number or a flag. */
static void reduce_clauses(Reducer *r, Query *q) {
    Query old = *q;
    q->n_order = 0, q->limit = -1;
    if (old.n_order && !still_fails(r)) *q = old;
    old = *q;
    q->distinct = false;
    if (old.distinct && !still_fails(r)) *q = old;
    old = *q;
    q->pipes = false;
    if (old.pipes && !still_fails(r)) *q = old;
    old = *q;
    q->having = NULL;
    if (old.having && !still_fails(r)) *q = old;
    if (q->having) reduce_expr(r, &q->having);
}

static void reduce_query(Reducer *r, Query *q) {
    reduce_clauses(r, q);
    reduce_list(r, q->where, &q->n_where, 0);
    if (!q->n_order) reduce_list(r, q->items, &q->n_items, 1);
    reduce_list(r, q->group, &q->n_group, 0);
    reduce_from(r, q);
}

static void reduce(Reducer *r, Query *q) {
    r->whole = q;
    do {
        r->smaller = false;
        reduce_query(r, q);
    } while (r->smaller && r->tries > 0);
}
#endif
