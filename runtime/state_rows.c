/* ST_ROWS: rows are appended to pages of columns, and at the end concatenated to dense columns in the order of morsels. */
#include "base/memory.h"
#include "runtime/state.h"
#include <stdlib.h>
#include <string.h>

enum { FIRST_PAGE = 256, PAGE_BYTES = 1 << 20, COPY_BYTES = 1 << 20 };

static size_t row_bytes(const RtState *s) {
    size_t n = 0;
    for (uint32_t c = 0; c < s->def->n_cols; c++) n += column_stride(s->cols[c].code) + s->cols[c].code.valid;
    return n;
}

static void free_page(RowPage *p) {
    if (!p) return;
    block_free(p->data ? p->data[0] : NULL);
    free(p->data);
    free(p->valid);
    free(p);
}

/* Pages grow from a small first one to about a megabyte. */
static int64_t page_rows(const RtState *s, const RowStore *r) {
    int64_t most = (int64_t)(PAGE_BYTES / (row_bytes(s) + 1)) / 64 * 64, rows = FIRST_PAGE;
    if (most < 64) most = row_bytes(s) > PAGE_BYTES ? 1 : 64;
    for (size_t i = 0; i < r->pages.n && rows < most; i++) rows *= 4;
    return rows < most ? rows : most;
}

/* One block for all columns, each at a cache line. data[0] is the block, also when there is no column. */
static RowPage *new_page(const RtState *s, int64_t rows) {
    uint32_t n = s->def->n_cols;
    size_t at = 0;
    RowPage *p = mem_alloc(sizeof *p);
    *p = (RowPage){.cap = rows, .data = mem_alloc(sizeof(char *) * ((size_t)n + 1)),
                   .valid = mem_alloc(sizeof(uint8_t *) * ((size_t)n + 1))};
    char *block = block_alloc(s->pool, (row_bytes(s) + 128 * (size_t)n + 64) + (size_t)rows * row_bytes(s));
    p->data[0] = block;
    if (!block) return free_page(p), NULL;
    for (uint32_t c = 0; c < n; c++) {
        p->data[c] = block + at;
        at += (column_stride(s->cols[c].code) * (size_t)rows + 63) / 64 * 64;
        p->valid[c] = s->cols[c].code.valid ? (uint8_t *)block + at : NULL;
        if (p->valid[c]) at += ((size_t)rows + 63) / 64 * 64;
    }
    return p;
}

static RowPage *page_with_room(RtLocal *l) {
    RowStore *r = &l->rows;
    RowPage *last = r->pages.n ? vec_last(&r->pages) : NULL;
    if (last && last->n < last->cap) return last;
    RowPage *p = new_page(l->state, page_rows(l->state, r));
    if (p) *vec_push(&r->pages) = p;
    return p;
}

/* Views that point into the batch's scratch are copied to the local's heap; those of NULLs may be anything. */
static bool keep_texts(RtLocal *l, TextView *v, const uint8_t *valid, int64_t n) {
    for (int64_t i = 0; valid && i < n; i++)
        if (!valid[i]) v[i] = (TextView){"", 0};
    if (!l->scratch || !l->scratch->block || l->scratch->block->used == 0) return true;
    for (int64_t i = 0; i < n; i++)
        if (textheap_holds(l->scratch, v[i].p) && !textheap_copy(&l->heap, v[i], &v[i])) return false;
    return true;
}

static bool put_column(RtLocal *l, RowPage *p, uint32_t c, const char *data, const uint8_t *valid, int64_t from, int64_t n) {
    ColumnCode code = l->state->cols[c].code;
    size_t stride = column_stride(code);
    char *to = p->data[c] + (size_t)p->n * stride;
    memcpy(to, data + (size_t)from * stride, (size_t)n * stride);
    if (code.valid) {
        if (valid) memcpy(p->valid[c] + p->n, valid + from, (size_t)n);
        else memset(p->valid[c] + p->n, 1, (size_t)n);
    }
    return code.kind != CODE_VIEW || keep_texts(l, (TextView *)to, valid ? valid + from : NULL, n);
}

static void note_run(RtLocal *l, int64_t n) {
    RowStore *r = &l->rows;
    uint32_t page = (uint32_t)r->pages.n - 1;
    int64_t from = r->pages.at[page]->n;
    RowRun *last = r->runs.n ? &vec_last(&r->runs) : NULL;
    if (last && last->morsel == l->morsel && last->page == page && last->from + last->n == from) last->n += n;
    else *vec_push(&r->runs) = (RowRun){l->morsel, page, from, n};
}

static bool append_rows(RtLocal *l, void *const *cols, int64_t from, int64_t n) {
    for (int64_t end = from + n; from < end;) {
        RowPage *p = page_with_room(l);
        if (!p) return false;
        int64_t m = p->cap - p->n < end - from ? p->cap - p->n : end - from;
        for (uint32_t c = 0; c < l->state->def->n_cols; c++)
            if (!put_column(l, p, c, cols[2 * c], cols[2 * c + 1], from, m)) return false;
        note_run(l, m);
        p->n += m;
        from += m;
    }
    l->rows.n += n;
    return true;
}

/* Runs of rows that may still be among the first. */
static bool append_below(RtLocal *l, void *const *cols, int64_t n) {
    uint8_t width = l->state->cols[0].code.width;
    for (int64_t i = 0, j; i < n; i = j) {
        while (i < n && sort_key(cols[0], width, i) > l->rows.bound) i++;
        for (j = i; j < n && sort_key(cols[0], width, j) <= l->rows.bound;) j++;
        if (j > i && !append_rows(l, cols, i, j - i)) return false;
    }
    return true;
}

bool rows_append(RtLocal *l, void *const *cols, int64_t n) {
    return l->rows.bounded ? append_below(l, cols, n) : append_rows(l, cols, 0, n);
}

void rows_free(RowStore *r) {
    for (size_t i = 0; i < r->pages.n; i++) free_page(r->pages.at[i]);
    vec_free(&r->pages);
    vec_free(&r->runs);
    r->n = 0;
}

void rows_truncate(RowStore *r, int64_t n) {
    while (r->n > n) {
        RowRun *last = &vec_last(&r->runs);
        int64_t drop = r->n - n < last->n ? r->n - n : last->n;
        r->pages.at[last->page]->n -= drop;
        r->n -= drop;
        if ((last->n -= drop) == 0) r->runs.n--;
    }
    while (r->pages.n && vec_last(&r->pages)->n == 0) free_page(r->pages.at[--r->pages.n]);
}

/* ---- finish ---- */
typedef struct Piece { /* of the result: rows of one run */
    const RowPage *page;
    int64_t morsel, from, n, to;
    size_t order;
} Piece;

typedef struct Concat {
    const RtState *s;
    ColumnRef *out;
    Piece *pieces;
    size_t n, per_task;
} Concat;

static int piece_cmp(const void *a, const void *b) {
    const Piece *x = a, *y = b;
    if (x->morsel != y->morsel) return x->morsel < y->morsel ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

typedef VEC(Piece) Pieces;

static void add_pieces(Pieces *all, const RtLocal *l) {
    for (size_t i = 0; i < l->rows.runs.n; i++) {
        RowRun r = l->rows.runs.at[i];
        *vec_push(all) = (Piece){l->rows.pages.at[r.page], r.morsel, r.from, r.n, 0, all->n};
    }
}

static size_t collect(const RtState *s, Piece **out) {
    Pieces all = {0};
    for (int w = 0; w < s->n_locals; w++)
        if (s->locals[w]) add_pieces(&all, s->locals[w]);
    if (all.n) qsort(all.at, all.n, sizeof *all.at, piece_cmp);
    *out = all.at;
    return all.n;
}

/* Where each piece goes, `skip` rows left out and then at most `left`. */
static int64_t place(Piece *p, size_t n, int64_t skip, int64_t left) {
    int64_t at = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t drop = p[i].n < skip ? p[i].n : skip;
        skip -= drop;
        p[i].from += drop;
        p[i].n -= drop;
        if (p[i].n > left) p[i].n = left;
        left -= p[i].n;
        p[i].to = at;
        at += p[i].n;
    }
    return at;
}

static void copy_pieces(void *ctx, int64_t task) {
    Concat *k = ctx;
    const RtState *s = k->s;
    size_t end = (size_t)(task + 1) * k->per_task < k->n ? (size_t)(task + 1) * k->per_task : k->n;
    for (size_t i = (size_t)task * k->per_task; i < end; i++)
        for (uint32_t c = 0; c < s->def->n_cols; c++) {
            const Piece *p = &k->pieces[i];
            size_t stride = column_stride(s->cols[c].code);
            memcpy((char *)(uintptr_t)k->out[c].data + (size_t)p->to * stride,
                   p->page->data[c] + (size_t)p->from * stride, (size_t)p->n * stride);
            if (k->out[c].valid)
                memcpy((uint8_t *)(uintptr_t)k->out[c].valid + p->to, p->page->valid[c] + p->from, (size_t)p->n);
        }
}

static bool make_columns(const RtState *s, int64_t rows, ColumnRef *out) {
    ColumnCode byte = {CODE_INT, 1, false, 0};
    bool ok = true;
    for (uint32_t c = 0; c < s->def->n_cols; c++) {
        ColumnCode code = s->cols[c].code;
        out[c] = (ColumnRef){.code = code, .data = block_alloc(s->pool, column_bytes(code, rows))};
        if (code.valid) out[c].valid = block_alloc(s->pool, column_bytes(byte, rows));
        ok &= out[c].data && (!code.valid || out[c].valid);
    }
    return ok;
}

bool rows_finish(RtState *s, Workers *w, RtError *e) {
    Concat k = {.s = s, .out = s->out};
    k.n = collect(s, &k.pieces);
    bool cut = s->def->finish == FIN_NONE;
    int64_t rows = place(k.pieces, k.n, cut ? s->offset : 0, cut && s->limit >= 0 ? s->limit : INT64_MAX);
    bool ok = rows < UINT32_MAX && make_columns(s, rows, s->out);
    s->rows = rows;
    if (ok && k.n) {
        bool large = (size_t)rows * row_bytes(s) > COPY_BYTES;
        k.per_task = large ? (k.n + 31) / 32 : k.n;
        workers_each(large ? w : NULL, (int64_t)((k.n + k.per_task - 1) / k.per_task), copy_pieces, &k);
    }
    free(k.pieces);
    if (rows >= UINT32_MAX) return rt_fail(e, RT_LIMIT, "more than 4294967294 rows between two steps of a query");
    return ok || rt_fail_memory(e);
}

bool rows_gather_local(RtLocal *l, ColumnRef *out) {
    Pieces all = {0};
    add_pieces(&all, l);
    Concat k = {.s = l->state, .out = out, .pieces = all.at, .n = all.n, .per_task = all.n};
    int64_t rows = place(all.at, all.n, 0, INT64_MAX);
    bool ok = make_columns(l->state, rows, out);
    if (ok && k.n) copy_pieces(&k, 0);
    vec_free(&all);
    return ok;
}
