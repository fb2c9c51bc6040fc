#include "runtime/table.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>

Schema *schema_new(uint32_t n, const char *const *names, const Type *const *types) {
    Arena *a = arena_new();
    Schema *s = ARENA_NEW(a, Schema);
    *s = (Schema){.refs = 1, .arena = a, .types_pool = typepool_new(a), .n = n};
    s->names = ARENA_ARRAY(a, const char *, n + 1);
    s->types = ARENA_ARRAY(a, const Type *, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        s->names[i] = arena_strndup(a, names[i], strlen(names[i]));
        s->types[i] = type_import(s->types_pool, types[i]);
    }
    return s;
}

void schema_set_keys(Schema *s, uint32_t n, const uint32_t *keys) {
    s->n_keys = n;
    s->keys = ARENA_ARRAY(s->arena, uint32_t, n + 1);
    for (uint32_t i = 0; i < n; i++) s->keys[i] = keys[i];
}

Schema *schema_ref(Schema *s) {
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void schema_unref(Schema *s) {
    if (s && atomic_fetch_sub(&s->refs, 1) == 1) arena_free(s->arena);
}

static Deletes *deletes_ref(Deletes *d) {
    if (d) atomic_fetch_add(&d->refs, 1);
    return d;
}

static void deletes_unref(Deletes *d) {
    if (d && atomic_fetch_sub(&d->refs, 1) == 1) block_free(d);
}

static int64_t live_rows(SegRef s) { return s.segment->rows - (s.deletes ? s.deletes->n : 0); }

static void unref_segments(const SegRef *segs, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        segment_unref(segs[i].segment);
        deletes_unref(segs[i].deletes);
        segment_unref(segs[i].live);
    }
}

static bool is_text(const SegColumn *c) { return c->ref.code.kind == CODE_DICT || c->ref.code.kind == CODE_VIEW; }

/* One dictionary for all segments, if all are coded and it stays small; *code says what the version reads. */
static bool join_dicts(TableVersion *v, uint32_t col, VersionColumn *out) {
    Dict **all = block_alloc(v->pool, sizeof *all * ((size_t)v->n_segments + 1));
    bool full = false, coded = v->n_segments > 0;
    if (!all) return false;
    for (uint32_t i = 0; i < v->n_segments; i++) {
        all[i] = (Dict *)(uintptr_t)v->segments[i].segment->cols[col].ref.dict;
        coded &= all[i] != NULL;
    }
    out->dict = coded ? dict_union(v->pool, v->n_segments, all, &full) : NULL;
    block_free(all);
    if (coded && !out->dict && !full) return false;
    if (out->dict) {
        out->code = (ColumnCode){CODE_DICT, dict_width(out->dict), out->code.valid, 0};
        out->facts.distinct = out->dict->n;
    } else out->code = (ColumnCode){CODE_VIEW, 16, out->code.valid, 0};
    return true;
}

static void widen(ColumnCode *to, ColumnCode c) {
    if (c.width > to->width) to->width = c.width;
    if (c.pitch > to->pitch) to->pitch = c.pitch;
}

static bool join_column(TableVersion *v, uint32_t col, VersionColumn *out) {
    int64_t rows = 0;
    *out = (VersionColumn){.code = column_code_of(v->schema->types[col], false), .facts.null_free = true};
    if (out->code.kind == CODE_INT) out->code.width = 1;
    for (uint32_t i = 0; i < v->n_segments; i++) {
        const Segment *s = v->segments[i].segment;
        out->facts = facts_join(&out->facts, rows, &s->cols[col].facts, s->rows);
        rows += s->rows;
        if (out->code.kind == CODE_INT) widen(&out->code, s->cols[col].ref.code);
    }
    out->code.valid = !out->facts.null_free;
    bool text = out->code.kind == CODE_VIEW || (v->n_segments && is_text(&v->segments[0].segment->cols[col]));
    return !text || join_dicts(v, col, out);
}

TableVersion *version_new(BlockPool *pool, Schema *schema, uint32_t n, const SegRef *segs) {
    TableVersion *v = block_zalloc(pool, sizeof *v);
    SegRef *copy = block_alloc(pool, sizeof *copy * ((size_t)n + 1));
    if (!v || !copy) {
        unref_segments(segs, n);
        block_free(v);
        block_free(copy);
        return NULL;
    }
    if (n) memcpy(copy, segs, sizeof *copy * n);
    *v = (TableVersion){.refs = 1, .pool = pool, .schema = schema_ref(schema), .n_segments = n, .segments = copy};
    pthread_mutex_init(&v->lock, NULL);
    v->cols = block_zalloc(pool, sizeof(VersionColumn) * ((size_t)schema->n + 1));
    bool ok = v->cols != NULL;
    for (uint32_t i = 0; i < n; i++) v->rows += live_rows(segs[i]);
    for (uint32_t c = 0; ok && c < schema->n; c++) ok = join_column(v, c, &v->cols[c]);
    if (ok) return v;
    version_unref(v);
    return NULL;
}

TableVersion *version_ref(TableVersion *v) {
    atomic_fetch_add(&v->refs, 1);
    return v;
}

static void free_file(TableFile *f) {
    if (!f) return;
    block_free(f->path);
    block_free(f->runs);
    block_free(f);
}

static void free_keys(TableVersion *v) {
    for (uint32_t i = 0, k = 0; v->keys && i < v->schema->n_keys; i += 1 + v->schema->keys[i]) keyset_unref(v->keys[k++]);
    block_free(v->keys);
}

void version_unref(TableVersion *v) {
    if (!v || atomic_fetch_sub(&v->refs, 1) != 1) return;
    unref_segments(v->segments, v->n_segments);
    for (uint32_t c = 0; v->cols && c < v->schema->n; c++) dict_unref(v->cols[c].dict);
    block_free(v->cols);
    block_free(v->segments);
    free_file(v->file);
    free_keys(v);
    schema_unref(v->schema);
    pthread_mutex_destroy(&v->lock);
    block_free(v);
}

ColumnCode table_column_code(const TableVersion *v, uint32_t col) { return v->cols[col].code; }

static void count_column(TableVersion *v, uint32_t col) {
    ColumnRef *refs = block_alloc(v->pool, sizeof *refs * ((size_t)v->n_segments + 1));
    int64_t *rows = block_alloc(v->pool, sizeof *rows * ((size_t)v->n_segments + 1));
    for (uint32_t i = 0; refs && rows && i < v->n_segments; i++) {
        refs[i] = v->segments[i].segment->cols[col].ref;
        rows[i] = v->segments[i].segment->rows;
    }
    if (refs && rows) facts_count_distinct(&v->cols[col].facts, v->n_segments, refs, rows, v->pool);
    block_free(refs);
    block_free(rows);
}

/* A segment that is known to repeat a value settles it: the column does not become unique by counting. */
static bool may_be_unique(const TableVersion *v, uint32_t col) {
    for (uint32_t i = 0; i < v->n_segments; i++) {
        const Segment *s = v->segments[i].segment;
        if (s->cols[col].facts.distinct < s->rows || !s->cols[col].facts.null_free) return false;
    }
    return true;
}

ColumnFacts table_column_facts(TableVersion *v, uint32_t col) {
    VersionColumn *c = &v->cols[col];
    pthread_mutex_lock(&v->lock);
    if (!c->counted && c->code.kind == CODE_INT && v->n_segments > 1 && !c->facts.unique && may_be_unique(v, col))
        count_column(v, col);
    c->counted = true;
    ColumnFacts f = c->facts;
    pthread_mutex_unlock(&v->lock);
    return f;
}

static bool is_deleted(const Deletes *d, int64_t row) { return d->bits[row >> 6] >> (row & 63) & 1; }

static Segment *without_deleted(const TableVersion *v, const SegRef *s) {
    uint32_t *rows = block_alloc(v->pool, sizeof *rows * ((size_t)s->segment->rows + 1));
    int64_t n = 0;
    if (!rows) return NULL;
    for (int64_t i = 0; i < s->segment->rows; i++) {
        rows[n] = (uint32_t)i;
        n += !is_deleted(s->deletes, i);
    }
    Segment *live = segment_take(s->segment, rows, n);
    block_free(rows);
    return live;
}

Segment *version_live_segment(TableVersion *v, uint32_t seg) {
    SegRef *s = &v->segments[seg];
    if (!s->deletes) return s->segment;
    pthread_mutex_lock(&v->lock);
    if (!s->live) s->live = without_deleted(v, s);
    pthread_mutex_unlock(&v->lock);
    return s->live;
}

bool table_column(TableVersion *v, uint32_t seg, uint32_t col, ColumnCode want, ColumnRef *out, RtError *e) {
    Segment *s = version_live_segment(v, seg);
    if (!s) return rt_fail_memory(e);
    if (col >= v->schema->n) return rt_fail(e, RT_STALE, "column %u is not there", col);
    const Dict *dict = v->cols[col].dict;
    if (want.kind == CODE_DICT && (!dict || dict_width(dict) > want.width))
        return rt_fail(e, RT_STALE, "column %s is no longer dictionary-coded", v->schema->names[col]);
    return segment_column(s, col, want, dict, out, e);
}

static SegRef *copy_segments(const TableVersion *v, uint32_t more) {
    SegRef *s = block_alloc(v->pool, sizeof *s * ((size_t)v->n_segments + more + 1));
    for (uint32_t i = 0; s && i < v->n_segments; i++)
        s[i] = (SegRef){segment_ref(v->segments[i].segment), deletes_ref(v->segments[i].deletes), NULL};
    return s;
}

/* Segments that nobody else sees yet are recoded in place, so that the first query need not. */
static void adopt_dicts(TableVersion *v, uint32_t first_new) {
    for (uint32_t i = first_new; i < v->n_segments; i++)
        for (uint32_t c = 0; c < v->schema->n; c++)
            if (v->cols[c].dict) segment_adopt_dict(v->segments[i].segment, c, v->cols[c].dict);
}

TableVersion *version_append(TableVersion *v, uint32_t n, Segment *const *segments, RtError *e) {
    SegRef *s = copy_segments(v, n);
    for (uint32_t i = 0; i < n; i++) {
        if (s) s[v->n_segments + i] = (SegRef){segments[i], NULL, NULL};
        else segment_unref(segments[i]);
    }
    TableVersion *next = s ? version_new(v->pool, v->schema, v->n_segments + n, s) : NULL;
    block_free(s);
    if (!next) return rt_fail_memory(e), NULL;
    adopt_dicts(next, v->n_segments);
    return next;
}

static Deletes *deletes_copy(BlockPool *pool, const SegRef *s) {
    size_t bytes = sizeof(Deletes) + sizeof(uint64_t) * (size_t)(s->segment->rows / 64 + 1);
    Deletes *d = block_zalloc(pool, bytes);
    if (d && s->deletes) memcpy(d, s->deletes, bytes);
    if (d) d->refs = 1;
    return d;
}

/* The offset in the segment of the k-th row that was live before this statement. */
static int64_t live_offset(const Deletes *before, int64_t k) {
    if (!before) return k;
    int64_t word = 0;
    for (int64_t live; k >= (live = 64 - __builtin_popcountll(before->bits[word])); word++) k -= live;
    uint64_t bits = ~before->bits[word];
    for (; k > 0; k--) bits &= bits - 1;
    return word * 64 + __builtin_ctzll(bits);
}

/* Marks one row; the segment's bitmap is copied before its first change. */
static bool delete_row(const TableVersion *v, SegRef *segs, int64_t rowid, int64_t *count) {
    uint32_t seg = (uint32_t)(rowid >> SEGMENT_BITS);
    const Deletes *before = v->segments[seg].deletes;
    int64_t row = live_offset(before, rowid & (SEGMENT_ROWS - 1));
    if (segs[seg].deletes == before) {
        Deletes *copy = deletes_copy(v->pool, &segs[seg]);
        if (!copy) return false;
        deletes_unref(segs[seg].deletes);
        segs[seg].deletes = copy;
    }
    Deletes *d = segs[seg].deletes;
    if (is_deleted(d, row)) return true;
    d->bits[row >> 6] |= 1ull << (row & 63);
    d->n++;
    (*count)++;
    return true;
}

/* Segments without a live row are dropped. */
static uint32_t drop_empty(SegRef *segs, uint32_t n) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (live_rows(segs[i]) == 0) unref_segments(&segs[i], 1);
        else segs[kept++] = segs[i];
    }
    return kept;
}

TableVersion *version_delete(TableVersion *v, const int64_t *rowids, int64_t n, int64_t *count, RtError *e) {
    SegRef *segs = copy_segments(v, 0);
    TableVersion *next = NULL;
    bool ok = segs != NULL;
    *count = 0;
    for (int64_t i = 0; ok && i < n; i++) ok = delete_row(v, segs, rowids[i], count);
    if (ok) next = version_new(v->pool, v->schema, drop_empty(segs, v->n_segments), segs);
    else if (segs) unref_segments(segs, v->n_segments);
    block_free(segs);
    if (!next) rt_fail_memory(e);
    return next;
}
