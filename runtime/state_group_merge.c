/* The end of an ST_GROUP with an index: the workers' tables become finished columns.
 *
 * All groups, in the order of morsels, are dealt to partitions by their hash; in a partition, which fits the cache, the
 * first group of a key takes in the later ones where it lies.  Those first groups, in their order, are the result.
 */
#include "runtime/acc.h"
#include "runtime/state.h"
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 1 << 16, PARTITION_GROUPS = 8192, MOST_PART_BITS = 10, SERIAL_GROUPS = 4096, PAIRS = 256 };

typedef struct Chunk { /* consecutive groups of one run */
    const GroupTable *table;
    uint32_t table_index;
    int64_t morsel, from, n;
    size_t order;
    int64_t at;    /* of its first group among all */
    int64_t first; /* of its first groups among the result's */
} Chunk;

typedef struct Ref { /* a group */
    uint64_t hash;
    uint32_t at; /* among all */
    uint32_t table, group;
} Ref;

typedef struct Merge {
    RtState *s;
    VEC(Chunk) chunks;
    const GroupTable **tables;
    int64_t n;
    uint32_t bits;     /* 1 << bits partitions */
    int64_t *count;    /* per chunk and partition: groups, then where the next one goes */
    int64_t *ends;     /* per partition */
    Ref *refs;         /* by partition, in order */
    uint8_t *is_first; /* per group */
    bool exact;        /* equal hashes, equal keys: the hash of one integer is a bijection */
    _Atomic bool failed;
} Merge;

/* ---- the groups in order ---- */
static int chunk_cmp(const void *a, const void *b) {
    const Chunk *x = a, *y = b;
    if (x->morsel != y->morsel) return x->morsel < y->morsel ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void add_chunks(Merge *m, const GroupTable *t, uint32_t index, const GroupRun *r) {
    for (int64_t at = r->from; at < r->to; at += CHUNK)
        *vec_push(&m->chunks) = (Chunk){.table = t, .table_index = index, .morsel = r->morsel, .from = at,
                                        .n = r->to - at < CHUNK ? r->to - at : CHUNK, .order = m->chunks.n};
}

static bool collect(Merge *m) {
    RtState *s = m->s;
    uint32_t tables = 0, at = 0;
    for (int w = 0; w < s->n_locals; w++) tables += s->locals[w] ? (uint32_t)s->locals[w]->sealed.n + 1 : 0;
    m->tables = malloc(sizeof *m->tables * ((size_t)tables + 1));
    for (int w = 0; m->tables && w < s->n_locals; w++) {
        const RtLocal *l = s->locals[w];
        if (!l) continue;
        for (size_t i = 0; i < l->sealed.n; i++) m->tables[at + i] = &l->sealed.at[i];
        m->tables[at + l->sealed.n] = &l->groups;
        for (size_t i = 0; i < l->runs.n; i++)
            add_chunks(m, m->tables[at + l->runs.at[i].table], at + l->runs.at[i].table, &l->runs.at[i]);
        at += (uint32_t)l->sealed.n + 1;
    }
    if (m->chunks.n) qsort(m->chunks.at, m->chunks.n, sizeof *m->chunks.at, chunk_cmp);
    for (size_t i = 0; i < m->chunks.n; i++) {
        m->chunks.at[i].at = m->n;
        m->n += m->chunks.at[i].n;
    }
    return m->tables != NULL;
}

/* ---- dealing them to partitions ---- */
static uint32_t partition_of(const Merge *m, uint64_t hash) { return m->bits ? (uint32_t)(hash >> (64 - m->bits)) : 0; }

static void count_chunk(void *ctx, int64_t i) {
    Merge *m = ctx;
    const Chunk *c = &m->chunks.at[i];
    int64_t *count = m->count + (i << m->bits);
    for (int64_t g = c->from; g < c->from + c->n; g++) count[partition_of(m, c->table->hash[g])]++;
}

/* From counts to places: partition after partition, in each chunk after chunk. */
static void place_chunks(Merge *m) {
    int64_t at = 0;
    for (uint32_t p = 0; p < 1u << m->bits; p++) {
        for (size_t i = 0; i < m->chunks.n; i++) {
            int64_t *c = &m->count[(i << m->bits) + p], n = *c;
            *c = at;
            at += n;
        }
        m->ends[p] = at;
    }
}

static void deal_chunk(void *ctx, int64_t i) {
    Merge *m = ctx;
    const Chunk *c = &m->chunks.at[i];
    int64_t *to = m->count + (i << m->bits);
    for (int64_t k = 0; k < c->n; k++) {
        uint64_t h = c->table->hash[c->from + k];
        m->refs[to[partition_of(m, h)]++] = (Ref){h, (uint32_t)(c->at + k), c->table_index, (uint32_t)(c->from + k)};
    }
}

/* ---- one partition ---- */
static bool key_same(const RtState *s, uint32_t k, const GroupTable *a, uint32_t i, const GroupTable *b, uint32_t j) {
    bool null_a = a->valid[k] && !a->valid[k][i], null_b = b->valid[k] && !b->valid[k][j];
    if (null_a || null_b) return null_a == null_b;
    if (s->cols[k].code.kind == CODE_INT) return ((int64_t *)a->cols[k])[i] == ((int64_t *)b->cols[k])[j];
    return text_same(((TextView *)a->cols[k])[i], ((TextView *)b->cols[k])[j]);
}

static bool same_group(const Merge *m, const Ref *x, const Ref *y) {
    if (x->hash != y->hash) return false;
    for (uint32_t k = 0; !m->exact && k < m->s->def->n_keys; k++)
        if (!key_same(m->s, k, m->tables[x->table], x->group, m->tables[y->table], y->group)) return false;
    return true;
}

typedef struct Pairs { /* later groups and the first ones that take them in */
    const Ref *to[PAIRS], *from[PAIRS];
    int64_t n;
} Pairs;

static void merge_pairs(const Merge *m, Pairs *p) {
    char *to[PAIRS];
    const char *from[PAIRS];
    for (uint32_t c = m->s->def->n_keys; c < m->s->def->n_cols; c++) {
        size_t w = groups_width(m->s, c);
        for (int64_t i = 0; i < p->n; i++) {
            to[i] = m->tables[p->to[i]->table]->cols[c] + p->to[i]->group * w;
            from[i] = m->tables[p->from[i]->table]->cols[c] + p->from[i]->group * w;
            __builtin_prefetch(from[i]);
            __builtin_prefetch(to[i], 1);
        }
        acc_merge_at(m->s->cols[c].agg, to, from, p->n);
    }
    p->n = 0;
}

static void merge_partition(void *ctx, int64_t p) {
    Merge *m = ctx;
    const Ref *refs = m->refs + (p ? m->ends[p - 1] : 0);
    int64_t n = m->ends[p] - (p ? m->ends[p - 1] : 0);
    uint32_t bits = 4;
    Pairs pairs = {.n = 0};
    while ((int64_t)1 << bits < 2 * n) bits++;
    uint32_t mask = (1u << bits) - 1, *slots = block_zalloc(m->s->pool, sizeof *slots << bits); /* ref + 1 */
    if (!slots) m->failed = true;
    for (int64_t i = 0; slots && i < n; i++) {
        uint32_t at = (uint32_t)refs[i].hash & mask;
        while (slots[at] && !same_group(m, &refs[slots[at] - 1], &refs[i])) at = (at + 1) & mask;
        if (!slots[at]) {
            slots[at] = (uint32_t)i + 1;
            m->is_first[refs[i].at] = 1;
            continue;
        }
        pairs.to[pairs.n] = &refs[slots[at] - 1];
        pairs.from[pairs.n++] = &refs[i];
        if (pairs.n == PAIRS) merge_pairs(m, &pairs);
    }
    merge_pairs(m, &pairs);
    block_free(slots);
}

/* ---- finished columns ---- */
static void put_column(const Merge *m, const Chunk *c, uint32_t col) {
    const RtState *s = m->s;
    bool key = col < s->def->n_keys;
    size_t from_w = groups_width(s, col), to_w = s->out[col].code.width;
    const char *from = c->table->cols[col] + (size_t)c->from * from_w;
    char *to = (char *)(uintptr_t)s->out[col].data + (size_t)c->first * to_w;
    for (int64_t k = 0; k < c->n; k++, from += from_w) {
        if (!m->is_first[c->at + k]) continue;
        if (key || from_w == to_w) memcpy(to, from, to_w);
        else acc_finish(s->cols[col].agg, from, 1, to);
        to += to_w;
    }
}

static void put_valid(const Merge *m, const Chunk *c, uint32_t key) {
    uint8_t *to = (uint8_t *)(uintptr_t)m->s->out[key].valid;
    if (!to) return;
    to += c->first;
    for (int64_t k = 0; k < c->n; k++)
        if (m->is_first[c->at + k]) *to++ = c->table->valid[key][c->from + k];
}

static void put_chunk(void *ctx, int64_t i) {
    Merge *m = ctx;
    const Chunk *c = &m->chunks.at[i];
    for (uint32_t col = 0; col < m->s->def->n_cols; col++) {
        put_column(m, c, col);
        if (col < m->s->def->n_keys) put_valid(m, c, col);
    }
}

static bool make_columns(RtState *s) {
    bool ok = true;
    for (uint32_t c = 0; c < s->def->n_cols; c++) {
        bool key = c < s->def->n_keys;
        ColumnRef *out = &s->out[c];
        *out = (ColumnRef){.code = key ? s->cols[c].code : acc_code(s->cols[c].agg)};
        out->data = block_alloc(s->pool, column_bytes(out->code, s->rows));
        if (out->code.valid) out->valid = block_alloc(s->pool, column_bytes((ColumnCode){CODE_INT, 1, false, 0}, s->rows));
        ok &= out->data && (!out->code.valid || out->valid);
    }
    return ok;
}

static void count_first(Merge *m) {
    m->s->rows = 0;
    for (size_t i = 0; i < m->chunks.n; i++) {
        Chunk *c = &m->chunks.at[i];
        c->first = m->s->rows;
        for (int64_t k = 0; k < c->n; k++) m->s->rows += m->is_first[c->at + k];
    }
}

static uint32_t partition_bits(int64_t groups) {
    uint32_t bits = 0;
    if (groups <= 2 * PARTITION_GROUPS) return 0;
    while (bits < MOST_PART_BITS && groups >> bits > PARTITION_GROUPS) bits++;
    return bits;
}

static bool prepare(Merge *m) {
    BlockPool *pool = m->s->pool;
    m->bits = partition_bits(m->n);
    m->exact = m->s->def->n_keys == 1 && m->s->cols[0].code.kind == CODE_INT && !m->s->cols[0].code.valid;
    m->count = block_zalloc(pool, sizeof *m->count * ((m->chunks.n + 1) << m->bits));
    m->ends = block_zalloc(pool, sizeof *m->ends << m->bits);
    m->refs = block_alloc(pool, sizeof *m->refs * (size_t)(m->n + 1));
    m->is_first = block_zalloc(pool, (size_t)m->n + 1);
    return m->count && m->ends && m->refs && m->is_first && m->n < UINT32_MAX;
}

static bool merge(Merge *m, Workers *w) {
    if (m->n < SERIAL_GROUPS) w = NULL;
    if (!prepare(m)) return false;
    workers_each(w, (int64_t)m->chunks.n, count_chunk, m);
    place_chunks(m);
    workers_each(w, (int64_t)m->chunks.n, deal_chunk, m);
    workers_each(w, (int64_t)1 << m->bits, merge_partition, m);
    if (m->failed) return false;
    count_first(m);
    if (!make_columns(m->s)) return false;
    workers_each(w, (int64_t)m->chunks.n, put_chunk, m);
    return true;
}

bool groups_merge(RtState *s, Workers *w) {
    Merge m = {.s = s};
    bool ok = collect(&m) && merge(&m, w);
    vec_free(&m.chunks);
    free(m.tables);
    block_free(m.count);
    block_free(m.ends);
    block_free(m.refs);
    block_free(m.is_first);
    return ok;
}
