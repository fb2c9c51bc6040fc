/* FIN_SORT: rows in the order of their leading columns, stable.
 *
 * A row's first keys are packed into a 64-bit prefix whose unsigned order is theirs; (prefix, row) pairs are radix-sorted,
 * and only runs of equal prefixes that do not hold all keys are compared key by key.  With a limit each worker now and
 * then drops the rows that cannot be among the first.
 */
#include "base/memory.h"
#include "runtime/state.h"
#include <stdlib.h>
#include <string.h>

enum { RADIX_ROWS = 256, TRIM_ROWS = 8192, PARALLEL_ROWS = 1 << 16 };

typedef struct Item {
    uint64_t prefix;
    uint32_t row;
} Item;

typedef struct Sorter {
    const ColumnRef *keys;
    const StateColumn *cols;
    uint32_t n_keys;
    uint32_t packed; /* keys that the prefix holds whole */
    Item *items, *spare;
} Sorter;

/* ---- one key ---- */
static bool descending(const StateColumn *c) { return c->flags & 1; }
static bool nulls_first(const StateColumn *c) { return c->flags & 2; }

uint64_t sort_key(const void *data, uint8_t width, int64_t row) {
    switch (width) {
    case 1: return ((const uint8_t *)data)[row];
    case 2: return ((const uint16_t *)data)[row];
    case 4: return ((const uint32_t *)data)[row];
    default: return ((const uint64_t *)data)[row];
    }
}

static uint64_t unsigned_key(const ColumnRef *c, int64_t row) { return sort_key(c->data, c->code.width, row); }

static int cmp_text(const ColumnRef *c, const StateColumn *col, uint32_t a, uint32_t b) {
    bool null_a = column_null(c, a), null_b = column_null(c, b);
    if (null_a || null_b) return nulls_first(col) ? null_b - null_a : null_a - null_b;
    int r = text_cmp(((const TextView *)c->data)[a], ((const TextView *)c->data)[b]);
    return descending(col) ? -r : r;
}

static int cmp_wide(const ColumnRef *c, uint32_t a, uint32_t b) {
    const unsigned __int128 *v = c->data;
    return (v[a] > v[b]) - (v[a] < v[b]);
}

static int cmp_rows(const Sorter *s, uint32_t from, uint32_t a, uint32_t b) {
    for (uint32_t k = from; k < s->n_keys; k++) {
        const ColumnRef *c = &s->keys[k];
        int r;
        if (c->code.kind == CODE_VIEW) r = cmp_text(c, &s->cols[k], a, b);
        else if (c->code.width == 16) r = cmp_wide(c, a, b);
        else {
            uint64_t x = unsigned_key(c, a), y = unsigned_key(c, b);
            r = (x > y) - (x < y);
        }
        if (r) return r;
    }
    return 0;
}

/* ---- prefix ---- */
/* The first bytes of a text, smallest first, after a byte that places NULLs; equal prefixes decide nothing. */
static uint64_t text_prefix(const ColumnRef *c, const StateColumn *col, int64_t row) {
    uint64_t bytes = 0;
    if (column_null(c, row)) return nulls_first(col) ? 0 : ~0ull;
    TextView v = ((const TextView *)c->data)[row];
    memcpy(&bytes, v.p, v.n < 7 ? v.n : 7);
    bytes = __builtin_bswap64(bytes) >> 8;
    if (descending(col)) bytes = ~bytes & 0xffffffffffffffull;
    return 1ull << 56 | bytes;
}

static void fill_prefixes(Sorter *s, int64_t n) {
    uint32_t used = 0, k = 0;
    for (int64_t i = 0; i < n; i++) s->items[i] = (Item){0, (uint32_t)i};
    for (; k < s->n_keys; k++) {
        const ColumnRef *c = &s->keys[k];
        if (c->code.kind == CODE_VIEW || c->code.width == 16 || used + c->code.width > 8) break;
        unsigned bits = 8 * c->code.width;
        for (int64_t i = 0; i < n; i++) {
            uint64_t high = bits == 64 ? 0 : s->items[i].prefix << bits;
            s->items[i].prefix = high | unsigned_key(c, i);
        }
        used += c->code.width;
    }
    s->packed = k;
    if (used || s->n_keys == 0) return;
    const ColumnRef *c = &s->keys[0];
    for (int64_t i = 0; i < n; i++)
        s->items[i].prefix = c->code.kind == CODE_VIEW ? text_prefix(c, &s->cols[0], i)
                                                       : (uint64_t)(((const unsigned __int128 *)c->data)[i] >> 64);
}

/* ---- sorting items [0, n), which are in row order ---- */
static int cmp_items(const void *a, const void *b, void *sorter) {
    const Item *x = a, *y = b;
    const Sorter *s = sorter;
    if (x->prefix != y->prefix) return x->prefix < y->prefix ? -1 : 1;
    int r = s->packed < s->n_keys ? cmp_rows(s, s->packed, x->row, y->row) : 0;
    return r ? r : (x->row > y->row) - (x->row < y->row);
}

/* Least significant byte first; bytes that are the same in all items are skipped. Leaves the result in `a`. */
static void radix_sort(Item *a, Item *b, int64_t n) {
    uint32_t count[8][256];
    Item *to = a;
    memset(count, 0, sizeof count);
    for (int64_t i = 0; i < n; i++)
        for (int d = 0; d < 8; d++) count[d][a[i].prefix >> (8 * d) & 255]++;
    for (int d = 0; d < 8; d++) {
        uint32_t at = 0, *c = count[d];
        if (c[a[0].prefix >> (8 * d) & 255] == n) continue;
        for (int v = 0; v < 256; v++) {
            uint32_t m = c[v];
            c[v] = at;
            at += m;
        }
        for (int64_t i = 0; i < n; i++) b[c[a[i].prefix >> (8 * d) & 255]++] = a[i];
        Item *t = a;
        a = b;
        b = t;
    }
    if (a != to) memcpy(to, a, sizeof *a * (size_t)n);
}

static void sort_ties(const Sorter *s, Item *a, int64_t n) {
    for (int64_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && a[j].prefix == a[i].prefix; j++) {}
        if (j - i > 1) qsort_r(a + i, (size_t)(j - i), sizeof *a, cmp_items, (void *)(uintptr_t)s);
    }
}

static void sort_range(const Sorter *s, int64_t from, int64_t to) {
    Item *a = s->items + from;
    if (to - from < RADIX_ROWS) {
        qsort_r(a, (size_t)(to - from), sizeof *a, cmp_items, (void *)(uintptr_t)s);
        return;
    }
    radix_sort(a, s->spare + from, to - from);
    if (s->packed < s->n_keys) sort_ties(s, a, to - from);
}

static void merge_ranges(const Sorter *s, int64_t from, int64_t mid, int64_t to) {
    const Item *a = s->items + from, *a_end = s->items + mid, *b = a_end, *b_end = s->items + to;
    Item *out = s->spare + from;
    while (a < a_end && b < b_end) *out++ = cmp_items(b, a, (void *)(uintptr_t)s) < 0 ? *b++ : *a++;
    memcpy(out, a, sizeof *a * (size_t)(a_end - a));
    out += a_end - a;
    memcpy(out, b, sizeof *b * (size_t)(b_end - b));
    memcpy(s->items + from, s->spare + from, sizeof *out * (size_t)(to - from));
}

typedef struct Parallel {
    const Sorter *s;
    int64_t n, step;
} Parallel;

static void sort_task(void *ctx, int64_t i) {
    Parallel *p = ctx;
    int64_t from = i * p->step, to = from + p->step < p->n ? from + p->step : p->n;
    sort_range(p->s, from, to);
}

static void merge_task(void *ctx, int64_t i) {
    Parallel *p = ctx;
    int64_t from = 2 * i * p->step, mid = from + p->step, to = mid + p->step < p->n ? mid + p->step : p->n;
    if (mid < p->n) merge_ranges(p->s, from, mid, to);
}

static void sort_items(const Sorter *s, int64_t n, Workers *w) {
    Parallel p = {s, n, n};
    if (n > PARALLEL_ROWS && workers_count(w) > 1) p.step = (n + workers_count(w) - 1) / workers_count(w);
    if (n == 0) return;
    for (workers_each(w, (n + p.step - 1) / p.step, sort_task, &p); p.step < n; p.step *= 2)
        workers_each(w, (n + 2 * p.step - 1) / (2 * p.step), merge_task, &p);
}

bool sort_rows(const RtState *st, const ColumnRef *keys, int64_t n, Workers *w, uint32_t *order) {
    Sorter s = {.keys = keys, .cols = st->cols, .n_keys = st->def->n_keys};
    s.items = block_alloc(st->pool, sizeof(Item) * ((size_t)n + 1));
    s.spare = block_alloc(st->pool, sizeof(Item) * ((size_t)n + 1));
    bool ok = s.items && s.spare;
    if (ok) {
        fill_prefixes(&s, n);
        sort_items(&s, n, w);
        for (int64_t i = 0; i < n; i++) order[i] = s.items[i].row;
    }
    block_free(s.items);
    block_free(s.spare);
    return ok;
}

/* ---- the finished state ---- */
typedef struct Reorder {
    RtState *s;
    const uint32_t *rows;
    int64_t n;
    _Atomic bool failed;
} Reorder;

static void reorder_column(void *ctx, int64_t c) {
    Reorder *r = ctx;
    ColumnRef *out = &r->s->out[c], valid = {.code = {CODE_INT, 1, false, 0}, .data = out->valid};
    void *data = column_take(out, r->rows, r->n, r->s->pool);
    void *bytes = out->valid ? column_take(&valid, r->rows, r->n, r->s->pool) : NULL;
    if (!data || (out->valid && !bytes)) {
        block_free(data);
        block_free(bytes);
        r->failed = true;
        return;
    }
    block_free((void *)(uintptr_t)out->data);
    block_free((void *)(uintptr_t)out->valid);
    out->data = data;
    out->valid = bytes;
}

bool sort_finish(RtState *s, Workers *w, RtError *e) {
    uint32_t *order = block_alloc(s->pool, sizeof *order * ((size_t)s->rows + 1));
    int64_t from = s->offset < s->rows ? s->offset : s->rows, n = s->rows - from;
    bool ok = order && sort_rows(s, s->out, s->rows, w, order);
    if (s->limit >= 0 && n > s->limit) n = s->limit;
    Reorder r = {.s = s, .rows = order ? order + from : NULL, .n = n};
    if (ok) workers_each(n > PARALLEL_ROWS ? w : NULL, s->def->n_cols, reorder_column, &r);
    if (ok) s->rows = n;
    block_free(order);
    return (ok && !r.failed) || rt_fail_memory(e);
}

/* ---- top-n: a worker keeps its best limit + offset rows ---- */
static int by_row(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static int64_t morsel_of(const RowStore *r, const int64_t *starts, uint32_t row) {
    size_t lo = 0, hi = r->runs.n;
    while (hi - lo > 1) {
        size_t mid = (lo + hi) / 2;
        if (starts[mid] <= row) lo = mid;
        else hi = mid;
    }
    return r->runs.at[lo].morsel;
}

/* The rows kept, in their old order and with their morsels, as the local's only rows. */
static bool keep_rows(RtLocal *l, const ColumnRef *cols, const uint32_t *rows, int64_t n) {
    RowStore old = l->rows;
    void **args = mem_alloc(sizeof *args * (2 * (size_t)l->state->def->n_cols + 1));
    int64_t *starts = mem_alloc(sizeof *starts * (old.runs.n + 1)), at = 0, morsel = l->morsel;
    bool ok = true;
    for (size_t i = 0; i < old.runs.n; at += old.runs.at[i++].n) starts[i] = at;
    l->rows = (RowStore){.bounded = old.bounded, .bound = old.bound};
    for (int64_t i = 0; ok && i < n; i++) {
        for (uint32_t c = 0; c < l->state->def->n_cols; c++) {
            args[2 * c] = (void *)(uintptr_t)column_row(&cols[c], rows[i]);
            args[2 * c + 1] = cols[c].valid ? (void *)(uintptr_t)(cols[c].valid + rows[i]) : NULL;
        }
        l->morsel = morsel_of(&old, starts, rows[i]);
        ok = rows_append(l, args, 1);
    }
    l->morsel = morsel;
    rows_free(&old);
    free(args);
    free(starts);
    return ok;
}

static bool select_best(RtLocal *l, const ColumnRef *cols, int64_t n, int64_t keep) {
    uint32_t *order = block_alloc(l->state->pool, sizeof *order * ((size_t)n + 1));
    bool ok = order && sort_rows(l->state, cols, n, NULL, order);
    if (ok) {
        ColumnCode first = cols[0].code;
        l->rows.bounded = keep > 0 && first.kind == CODE_INT && first.width <= 8;
        if (l->rows.bounded) l->rows.bound = unsigned_key(&cols[0], order[keep - 1]);
        qsort(order, (size_t)keep, sizeof *order, by_row);
        ok = keep_rows(l, cols, order, keep);
    }
    block_free(order);
    return ok;
}

bool sort_trim(RtLocal *l) {
    RtState *s = l->state;
    if (s->limit < 0 || s->limit > INT32_MAX || s->offset > INT32_MAX) return true;
    int64_t keep = s->limit + s->offset;
    if (l->rows.n < 4 * keep + TRIM_ROWS) return true;
    ColumnRef *cols = mem_alloc(sizeof *cols * ((size_t)s->def->n_cols + 1));
    int64_t n = l->rows.n;
    bool ok = rows_gather_local(l, cols) && select_best(l, cols, n, keep);
    for (uint32_t c = 0; c < s->def->n_cols; c++) {
        block_free((void *)(uintptr_t)cols[c].data);
        block_free((void *)(uintptr_t)cols[c].valid);
    }
    free(cols);
    return ok;
}
