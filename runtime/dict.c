#include "runtime/dict.h"
#include "base/hash.h"
#include <stdlib.h>
#include <string.h>

Dict *dict_ref(const Dict *d) {
    Dict *m = (Dict *)(uintptr_t)d;
    if (m) atomic_fetch_add(&m->refs, 1);
    return m;
}

void dict_unref(const Dict *d) {
    Dict *m = (Dict *)(uintptr_t)d;
    if (!m || atomic_fetch_sub(&m->refs, 1) != 1) return;
    block_free(m->at);
    block_free(m->heap);
    block_free(m);
}

/* Owns copies of n sorted views. */
static Dict *dict_new(BlockPool *pool, const TextView *sorted, uint32_t n) {
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) bytes += sorted[i].n;
    Dict *d = block_zalloc(pool, sizeof *d);
    if (!d) return NULL;
    d->refs = 1;
    d->n = n;
    d->at = block_alloc(pool, sizeof(TextView) * ((size_t)n + 1));
    d->heap = block_alloc(pool, bytes + 1);
    if (!d->at || !d->heap) {
        dict_unref(d);
        return NULL;
    }
    char *to = d->heap;
    for (uint32_t i = 0; i < n; i++) {
        if (sorted[i].n) memcpy(to, sorted[i].p, sorted[i].n);
        d->at[i] = (TextView){to, sorted[i].n};
        to += sorted[i].n;
    }
    return d;
}

/* Distinct texts in order of arrival, found by hash: slots hold index + 1. */
typedef struct Distinct {
    uint32_t n, mask, most;
    uint32_t *slots, *tags;
    TextView *at;
} Distinct;

static bool distinct_init(Distinct *s, BlockPool *pool, uint32_t most) {
    uint32_t cap = 1024;
    while (cap < 2 * (uint64_t)most) cap *= 2;
    *s = (Distinct){.mask = cap - 1, .most = most};
    s->slots = block_zalloc(pool, sizeof(uint32_t) * cap);
    s->tags = block_alloc(pool, sizeof(uint32_t) * ((size_t)most + 1));
    s->at = block_alloc(pool, sizeof(TextView) * ((size_t)most + 1));
    return s->slots && s->tags && s->at;
}

static void distinct_free(Distinct *s) {
    block_free(s->slots);
    block_free(s->tags);
    block_free(s->at);
}

/* Its index, or UINT32_MAX when it would be one too many. */
static uint32_t distinct_add(Distinct *s, TextView v) {
    uint64_t h = hash64(v.p, v.n, 0);
    uint32_t tag = (uint32_t)(h >> 32), slot = (uint32_t)h & s->mask;
    for (uint32_t i; (i = s->slots[slot]); slot = (slot + 1) & s->mask)
        if (s->tags[i - 1] == tag && text_same(s->at[i - 1], v)) return i - 1;
    if (s->n == s->most) return UINT32_MAX;
    s->at[s->n] = v;
    s->tags[s->n] = tag;
    s->slots[slot] = ++s->n;
    return s->n - 1;
}

typedef struct Ranked {
    TextView v;
    uint32_t index;
} Ranked;

static int ranked_cmp(const void *a, const void *b) { return text_cmp(((const Ranked *)a)->v, ((const Ranked *)b)->v); }

/* Sorts the distinct texts into a dictionary; rank[arrival] = code. */
static Dict *distinct_sorted(const Distinct *s, BlockPool *pool, uint32_t *rank) {
    Ranked *r = block_alloc(pool, sizeof *r * ((size_t)s->n + 1));
    if (!r) return NULL;
    for (uint32_t i = 0; i < s->n; i++) r[i] = (Ranked){s->at[i], i};
    qsort(r, s->n, sizeof *r, ranked_cmp);
    for (uint32_t i = 0; i < s->n; i++) {
        s->at[i] = r[i].v;
        rank[r[i].index] = i;
    }
    block_free(r);
    return dict_new(pool, s->at, s->n);
}

static bool code_rows(Distinct *s, const TextView *v, const uint8_t *valid, int64_t n, uint32_t *codes) {
    for (int64_t i = 0; i < n; i++) {
        if (valid && !valid[i]) continue;
        if ((codes[i] = distinct_add(s, v[i])) == UINT32_MAX) return false;
    }
    return true;
}

Dict *dict_build(BlockPool *pool, const TextView *v, const uint8_t *valid, int64_t n, uint32_t most, uint32_t *codes, bool *full) {
    Distinct s;
    Dict *d = NULL;
    uint32_t *rank = NULL;
    *full = false;
    if (distinct_init(&s, pool, most)) {
        *full = !code_rows(&s, v, valid, n, codes);
        if (s.n == 0) distinct_add(&s, (TextView){"", 0}); /* NULL rows hold code 0: it must name a text */
        rank = *full ? NULL : block_alloc(pool, sizeof *rank * ((size_t)s.n + 1));
        d = rank ? distinct_sorted(&s, pool, rank) : NULL;
    }
    for (int64_t i = 0; d && i < n; i++) codes[i] = valid && !valid[i] ? 0 : rank[codes[i]];
    block_free(rank);
    distinct_free(&s);
    return d;
}

static bool dict_holds(const Dict *a, const Dict *b) {
    if (a == b) return true;
    uint32_t i = 0;
    for (uint32_t j = 0; j < b->n; j++) {
        while (i < a->n && text_cmp(a->at[i], b->at[j]) < 0) i++;
        if (i == a->n || !text_same(a->at[i], b->at[j])) return false;
    }
    return true;
}

static Dict *merge_two(BlockPool *pool, const Dict *a, const Dict *b) {
    TextView *v = block_alloc(pool, sizeof *v * ((size_t)a->n + b->n + 1));
    uint32_t i = 0, j = 0, n = 0;
    if (!v) return NULL;
    while (i < a->n || j < b->n) {
        int c = i == a->n ? 1 : j == b->n ? -1 : text_cmp(a->at[i], b->at[j]);
        v[n++] = c <= 0 ? a->at[i] : b->at[j];
        i += c <= 0;
        j += c >= 0;
    }
    Dict *d = dict_new(pool, v, n);
    block_free(v);
    return d;
}

Dict *dict_union(BlockPool *pool, uint32_t n, Dict *const *d, bool *full) {
    Dict *all = n ? dict_ref(d[0]) : dict_new(pool, NULL, 0);
    *full = false;
    for (uint32_t i = 1; all && i < n; i++) {
        if (dict_holds(all, d[i])) continue;
        Dict *next = dict_holds(d[i], all) ? dict_ref(d[i]) : merge_two(pool, all, d[i]);
        dict_unref(all);
        all = next;
    }
    if (all && all->n > DICT_MOST) {
        dict_unref(all);
        *full = true;
        return NULL;
    }
    return all;
}

void dict_map(const Dict *a, const Dict *b, uint32_t *map) {
    for (uint32_t i = 0, j = 0; i < a->n; i++) {
        while (text_cmp(b->at[j], a->at[i]) < 0) j++;
        map[i] = j;
    }
}

int64_t dict_find(const Dict *d, TextView v) {
    uint32_t lo = 0, hi = d->n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int c = text_cmp(d->at[mid], v);
        if (c == 0) return mid;
        if (c < 0) lo = mid + 1;
        else hi = mid;
    }
    return -1;
}
