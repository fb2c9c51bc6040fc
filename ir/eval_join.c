/* Joins: every pair of rows for which the condition is true, in order of the left rows, then the right.
 *
 * Equalities of the condition between the two sides that cannot fail choose the candidates by a hash; the
 * whole condition then decides on each.  So pairs whose keys differ are not looked at, which removes
 * evaluations and adds none.
 */
#include "ir/eval_key.h"
#include "ir/eval_law.h"

typedef struct Side {
    Value rows;
    uint32_t columns;
    Value **keys; /* per row, NULL where a key is NULL: such a row equals none */
} Side;

typedef struct Join {
    Eval *e;
    const Node *node;
    uint32_t n_keys, cap;
    const Node **left, **right; /* equal keys; right ones over the right input's columns */
    Side side[2];
    size_t *first, *next; /* chains of right rows by hash: place + 1; 0 ends */
    size_t buckets;
    Value *pair; /* columns of the row at hand of both sides */
} Join;

/* ---- which conjuncts are keys ---- */

/* 1: left columns only, 2: right only, 3: both, 0: none */
static int sides_used(const Join *j, const Node *expr) {
    uint32_t l = j->side[0].columns, all = l + j->side[1].columns;
    bool *used = ARENA_ARRAY(j->e->run->ctx->arena, bool, all);
    int sides = 0;
    ir_columns_used(expr, all, used);
    for (uint32_t i = 0; i < all; i++) sides |= used[i] ? (i < l ? 1 : 2) : 0;
    return sides;
}

static void add_key(Join *j, const Node *left, const Node *right) {
    j->left[j->n_keys] = left;
    j->right[j->n_keys++] = right;
}

static void find_keys(Join *j, const Node *cond) {
    if (cond->op == OP_AND) {
        find_keys(j, cond->in[0]);
        find_keys(j, cond->in[1]);
        return;
    }
    if (cond->op != OP_EQ || j->n_keys == j->cap || ir_is_fallible(cond)) return;
    int a = sides_used(j, cond->in[0]), b = sides_used(j, cond->in[1]);
    if (a == 1 && b == 2) add_key(j, cond->in[0], cond->in[1]);
    if (a == 2 && b == 1) add_key(j, cond->in[1], cond->in[0]);
}

/* ---- the table ---- */

/* The columns of the other side are not looked at. */
static bool side_keys(Join *j, int side, const Node **exprs) {
    Side *s = &j->side[side];
    Arena *a = j->e->run->ctx->arena;
    uint32_t offset = side ? j->side[0].columns : 0;
    s->keys = ARENA_ARRAY(a, Value *, s->rows.list.n);
    for (size_t i = 0; i < s->rows.list.n; i++) {
        memcpy(j->pair + offset, s->rows.list.at[i].list.at, s->columns * sizeof(Value));
        if (!eval_next(j->e, j->pair, j->side[0].columns + j->side[1].columns)) return false;
        if (!eval_keys(j->e, j->n_keys, exprs, &s->keys[i])) return false;
        for (uint32_t k = 0; s->keys[i] && k < j->n_keys; k++)
            if (s->keys[i][k].null) s->keys[i] = NULL;
    }
    return true;
}

static void build(Join *j) {
    const Side *s = &j->side[1];
    Arena *a = j->e->run->ctx->arena;
    for (j->buckets = 16; j->buckets < 2 * s->rows.list.n;) j->buckets *= 2;
    j->first = ARENA_ARRAY(a, size_t, j->buckets);
    j->next = ARENA_ARRAY(a, size_t, s->rows.list.n);
    for (size_t i = s->rows.list.n; i-- > 0;) { /* backwards, so that chains are in order */
        if (!s->keys[i]) continue;
        size_t *bucket = &j->first[keys_hash(j->n_keys, s->keys[i]) & (j->buckets - 1)];
        j->next[i] = *bucket;
        *bucket = i + 1;
    }
}

/* ---- pairs ---- */

static bool matches(Join *j, size_t right, bool *out) {
    Value v;
    const Side *s = &j->side[1];
    uint32_t l = j->side[0].columns;
    memcpy(j->pair + l, s->rows.list.at[right].list.at, s->columns * sizeof(Value));
    if (!eval_next(j->e, j->pair, l + s->columns) || !eval_value(j->e, j->node->in[2], &v)) return false;
    *out = !v.null && v.b;
    return true;
}

/* The candidate after `place` (0: the first) as place + 1; 0 when there is none. */
static size_t next_candidate(const Join *j, size_t left, size_t place) {
    if (j->n_keys == 0) return place < j->side[1].rows.list.n ? place + 1 : 0;
    const Value *keys = j->side[0].keys[left];
    if (!keys) return 0;
    size_t at = place ? j->next[place - 1] : j->first[keys_hash(j->n_keys, keys) & (j->buckets - 1)];
    while (at && !keys_equal(j->n_keys, keys, j->side[1].keys[at - 1])) at = j->next[at - 1];
    return at;
}

static void emit(Join *j, RowList *rows, bool matched) {
    uint32_t l = j->side[0].columns, r = j->side[1].columns;
    Value *row = rows_add(j->e->run, rows, l + r);
    memcpy(row, j->pair, (l + r) * sizeof *row);
    for (uint32_t i = l; i < l + r && !matched; i++) row[i] = value_null(j->node->type->fields[i]);
}

static bool join_row(Join *j, size_t left, int64_t kind, RowList *rows) {
    bool any = false, match;
    const Value *row = &j->side[0].rows.list.at[left];
    memcpy(j->pair, row->list.at, j->side[0].columns * sizeof(Value));
    for (size_t at = 0; (at = next_candidate(j, left, at)) != 0;) {
        if (!matches(j, at - 1, &match)) return false;
        any |= match;
        if (match && (kind == JOIN_INNER || kind == JOIN_LEFT)) emit(j, rows, true);
        else if (match) break;
    }
    if (kind == JOIN_LEFT && !any) emit(j, rows, false);
    if (kind == (any ? JOIN_SEMI : JOIN_ANTI)) rows_share(rows, row);
    return true;
}

static bool join_rows(Join *j, RowList *rows) {
    for (size_t i = 0; i < j->side[0].rows.list.n; i++)
        if (!join_row(j, i, ATTR_OF(j->node, Join)->kind, rows)) return false;
    return true;
}

enum { MAX_KEYS = 32 };

bool law_eval_join(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    const Node *left[MAX_KEYS], *right[MAX_KEYS];
    Join j = {.e = e, .node = n, .left = left, .right = right, .cap = MAX_KEYS};
    RowList rows = {0};
    for (int s = 0; s < 2; s++) {
        if (!(s ? eval_relation : eval_stream)(e->run, n->in[s], &j.side[s].rows)) return false;
        j.side[s].columns = n->in[s]->type->n;
    }
    j.pair = ARENA_ARRAY(e->run->ctx->arena, Value, j.side[0].columns + j.side[1].columns);
    find_keys(&j, n->in[2]);
    if (j.n_keys && (!side_keys(&j, 0, left) || !side_keys(&j, 1, right))) return false;
    if (j.n_keys) build(&j);
    bool stopped = !join_rows(&j, &rows);
    if (stopped && !eval_stop(e->run, n, NULL, 0)) {
        vec_free(&rows.rows);
        return false;
    }
    if (!stopped) eval_source(e->run, n)->pending = eval_source(e->run, n->in[0])->pending;
    return rows_done(e->run, &rows, out);
}
