#include "runtime/segment.h"
#include <string.h>

struct Converted {
    ColumnRef ref; /* data owned, dict counted */
    Converted *next;
};

Segment *segment_new(BlockPool *pool, int64_t rows, uint32_t n) {
    Segment *s = block_zalloc(pool, sizeof *s);
    if (!s) return NULL;
    *s = (Segment){.refs = 1, .pool = pool, .rows = rows, .n = n};
    pthread_mutex_init(&s->lock, NULL);
    s->cols = block_zalloc(pool, sizeof(SegColumn) * ((size_t)n + 1));
    if (s->cols) return s;
    segment_unref(s);
    return NULL;
}

Segment *segment_ref(Segment *s) {
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void segcolumn_free(SegColumn *c) {
    if (!c->map) block_free((void *)(uintptr_t)c->ref.data);
    sharedmap_unref(c->map);
    block_free((void *)(uintptr_t)c->ref.valid);
    dict_unref(c->ref.dict);
    for (uint32_t i = 0; i < c->n_heaps; i++) block_free(c->heaps[i]);
    block_free(c->heaps);
    for (Converted *v; (v = c->converted);) {
        c->converted = v->next;
        block_free((void *)(uintptr_t)v->ref.data);
        dict_unref(v->ref.dict);
        block_free(v);
    }
}

void segment_unref(Segment *s) {
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1) return;
    for (uint32_t i = 0; s->cols && i < s->n; i++) segcolumn_free(&s->cols[i]);
    block_free(s->cols);
    block_free(s->all_valid);
    segment_unref(s->parent);
    pthread_mutex_destroy(&s->lock);
    block_free(s);
}

static bool reads_as(const ColumnRef *r, ColumnCode want, const Dict *dict) {
    if (r->code.kind != want.kind || column_stride(r->code) != column_stride(want)) return false;
    return want.kind != CODE_DICT || r->dict == dict;
}

static const ColumnRef *find_converted(const SegColumn *c, ColumnCode want, const Dict *dict) {
    for (const Converted *v = c->converted; v; v = v->next)
        if (reads_as(&v->ref, want, dict)) return &v->ref;
    return NULL;
}

/* Frame of reference of a conversion: the stored one while it widens, the smallest value when it narrows. */
static int64_t base_for(const SegColumn *c, ColumnCode want) {
    if (want.kind != CODE_INT || want.width >= 8) return 0;
    if (c->ref.code.width < 8) return c->ref.base;
    return c->facts.range_known && c->facts.min >= INT64_MIN && c->facts.min <= INT64_MAX ? (int64_t)c->facts.min : 0;
}

static const ColumnRef *convert(Segment *s, uint32_t col, ColumnCode want, const Dict *dict, RtError *e) {
    SegColumn *c = &s->cols[col];
    bool fits;
    int64_t base = base_for(c, want);
    void *data = column_convert(&c->ref, s->rows, want, base, dict, s->pool, &fits);
    Converted *v = data ? block_zalloc(s->pool, sizeof *v) : NULL;
    if (!fits) return rt_fail(e, RT_STALE, "column %u is stored in a layout that the plan cannot read", col), NULL;
    if (!v) return block_free(data), rt_fail_memory(e), NULL;
    bool coded = want.kind == CODE_DICT;
    *v = (Converted){{.code = want, .base = base, .data = data, .dict = coded ? dict_ref(dict) : NULL}, c->converted};
    c->converted = v;
    return &v->ref;
}

static const uint8_t *all_valid(Segment *s, RtError *e) {
    if (!s->all_valid) {
        s->all_valid = block_alloc(s->pool, ((size_t)s->rows + 127) / 64 * 64);
        if (!s->all_valid) return rt_fail_memory(e), NULL;
        memset(s->all_valid, 1, (size_t)s->rows);
    }
    return s->all_valid;
}

static bool column_as(Segment *s, uint32_t col, ColumnCode want, const Dict *dict, ColumnRef *out, RtError *e) {
    const SegColumn *c = &s->cols[col];
    const ColumnRef *r = reads_as(&c->ref, want, dict) ? &c->ref : find_converted(c, want, dict);
    if (!r && !(r = convert(s, col, want, dict, e))) return false;
    *out = *r;
    out->code.valid = want.valid;
    out->valid = want.valid ? c->ref.valid : NULL;
    if (want.valid && !out->valid && !(out->valid = all_valid(s, e))) return false;
    return true;
}

bool segment_column(Segment *s, uint32_t col, ColumnCode want, const Dict *dict, ColumnRef *out, RtError *e) {
    if (col >= s->n) return rt_fail(e, RT_STALE, "column %u is not there", col);
    if (!want.valid && !s->cols[col].facts.null_free) return rt_fail(e, RT_STALE, "column %u now holds NULLs", col);
    pthread_mutex_lock(&s->lock);
    bool ok = column_as(s, col, want, dict, out, e);
    pthread_mutex_unlock(&s->lock);
    return ok;
}

bool segment_adopt_dict(Segment *s, uint32_t col, const Dict *dict) {
    ColumnRef *r = &s->cols[col].ref;
    ColumnCode want = {CODE_DICT, dict_width(dict), r->code.valid, 0};
    bool fits;
    if (r->dict == dict) return true;
    void *data = column_convert(r, s->rows, want, 0, dict, s->pool, &fits);
    if (!data) return false;
    block_free((void *)(uintptr_t)r->data);
    const Dict *old = r->dict;
    *r = (ColumnRef){.code = want, .data = data, .valid = r->valid, .dict = dict_ref(dict)};
    dict_unref(old);
    return true;
}

static bool take_column(const SegColumn *from, const uint32_t *rows, int64_t n, BlockPool *pool, SegColumn *to) {
    const ColumnRef *r = &from->ref;
    ColumnRef valid = {.code = {CODE_INT, 1, false, 0}, .data = r->valid};
    *to = (SegColumn){.rows = n, .facts = from->facts, .ref = *r};
    to->ref.dict = dict_ref(r->dict);
    to->ref.data = column_take(r, rows, n, pool);
    to->ref.valid = r->valid ? column_take(&valid, rows, n, pool) : NULL;
    return to->ref.data && (!r->valid || to->ref.valid);
}

Segment *segment_take(Segment *s, const uint32_t *rows, int64_t n) {
    Segment *t = segment_new(s->pool, n, s->n);
    bool ok = t != NULL;
    if (t) t->parent = segment_ref(s);
    for (uint32_t c = 0; ok && c < s->n; c++) ok = take_column(&s->cols[c], rows, n, s->pool, &t->cols[c]);
    if (ok) return t;
    segment_unref(t);
    return NULL;
}

static bool is_mapped(const Segment *s) {
    for (uint32_t c = 0; c < s->n; c++)
        if (s->cols[c].map) return true;
    return false;
}

static void *copy_block(const void *p, size_t bytes, size_t room, BlockPool *pool) {
    void *out = block_alloc(pool, room);
    if (out) memcpy(out, p, bytes);
    return out;
}

static bool copy_column(const SegColumn *from, int64_t rows, BlockPool *pool, SegColumn *to) {
    const ColumnRef *r = &from->ref;
    size_t bytes = (size_t)rows * column_stride(r->code);
    *to = (SegColumn){.rows = rows, .facts = from->facts, .ref = *r};
    to->ref.dict = dict_ref(r->dict);
    to->ref.data = copy_block(r->data, bytes, column_bytes(r->code, rows), pool);
    to->ref.valid = r->valid ? copy_block(r->valid, (size_t)rows, ((size_t)rows + 127) / 64 * 64, pool) : NULL;
    return to->ref.data && (!r->valid || to->ref.valid);
}

Segment *segment_owned(Segment *s) {
    if (!is_mapped(s)) return segment_ref(s);
    Segment *t = segment_new(s->pool, s->rows, s->n);
    bool ok = t != NULL;
    if (t) t->parent = segment_ref(s); /* texts */
    for (uint32_t c = 0; ok && c < s->n; c++) ok = copy_column(&s->cols[c], s->rows, s->pool, &t->cols[c]);
    if (ok) return t;
    segment_unref(t);
    return NULL;
}
