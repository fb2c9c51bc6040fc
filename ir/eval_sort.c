/* Sorting: stable, by value_cmp, NULLs last unless a key says first, whatever its direction. */
#include "base/memory.h"
#include "ir/eval_law.h"

enum { DESCENDING = 1, NULLS_FIRST = 2 };

typedef struct SortRow {
    const Value *row; /* a row: a list of columns */
    Value *keys;
} SortRow;

typedef struct Order {
    const IntList *flags; /* one a key */
} Order;

static int cmp_key(const Value *a, const Value *b, int64_t flags) {
    if (a->null || b->null) return (a->null - b->null) * (flags & NULLS_FIRST ? -1 : 1);
    int c = value_cmp(a, b);
    return flags & DESCENDING ? -c : c;
}

static int cmp_rows(const SortRow *a, const SortRow *b, const Order *o) {
    for (uint32_t k = 0; k < o->flags->n; k++) {
        int c = cmp_key(&a->keys[k], &b->keys[k], o->flags->at[k]);
        if (c) return c;
    }
    return 0;
}

/* Merge sort of at[0 .. n) with room for n more behind; equal rows keep their order. */
static void sort_rows(SortRow *at, SortRow *room, size_t n, const Order *o) {
    if (n < 2) return;
    size_t half = n / 2, i = 0, j = half;
    sort_rows(at, room, half, o);
    sort_rows(at + half, room, n - half, o);
    memcpy(room, at, n * sizeof *at);
    for (size_t k = 0; k < n; k++) {
        bool left = j == n || (i < half && cmp_rows(&room[i], &room[j], o) <= 0);
        at[k] = left ? room[i++] : room[j++];
    }
}

static bool fill_keys(Eval *e, const Node *n, uint32_t keys, const Value *from, SortRow *at) {
    for (size_t i = 0; i < from->list.n; i++) {
        at[i] = (SortRow){&from->list.at[i], ARENA_ARRAY(e->run->ctx->arena, Value, keys)};
        if (!eval_next(e, from->list.at[i].list.at, n->in[0]->type->n)) return false;
        for (uint32_t k = 0; k < keys; k++) {
            if (!eval_value(e, n->in[1 + k], &at[i].keys[k])) return eval_locate(e->run, n->in[0], i), false;
            at[i].keys[k] = eval_keep(e->run->ctx->arena, &at[i].keys[k]);
        }
    }
    return true;
}

bool law_eval_sort(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Value from;
    Order o = {&ATTR_OF(n, Sort)->flags};
    if (!eval_stream(e->run, n->in[0], &from)) return false;
    SortRow *at = mem_alloc(2 * from.list.n * sizeof *at + 1);
    bool ok = fill_keys(e, n, o.flags->n, &from, at) && eval_raise(e->run, n->in[0]);
    if (ok) sort_rows(at, at + from.list.n, from.list.n, &o);
    RowList rows = {0};
    for (size_t i = 0; ok && i < from.list.n; i++) rows_share(&rows, at[i].row);
    free(at);
    return ok && rows_done(e->run, &rows, out);
}

/* relation, keys, limit, offset */
bool law_eval_topn(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t limit, offset;
    if (!eval_count(e, n, n->n - 2, INT64_MAX, &limit) || !eval_count(e, n, n->n - 1, 0, &offset))
        return false;
    if (!law_eval_sort(e, n, in, out)) return false;
    rows_cut(out, limit, offset);
    return true;
}
