/* Numbers for texts and tuples that are join keys: equal bytes, equal number.  Numbers depend on the order in which workers
 * come, but only their equality is ever looked at.  Shards with a lock each; after the build only looked up. */
#include "base/hash.h"
#include "base/memory.h"
#include "runtime/state.h"
#include <stdlib.h>
#include <string.h>

enum { SHARD_BITS = 5, SHARDS = 1 << SHARD_BITS, FIRST_SLOTS = 64 };

typedef struct Interned {
    uint64_t hash;
    const char *p;
    uint64_t n;
} Interned;

typedef struct Shard {
    pthread_mutex_t lock;
    TextHeap heap;
    Interned *at; /* in order of arrival */
    uint32_t *slots; /* index + 1 */
    uint32_t n, cap; /* cap slots, at holds half of it */
} Shard;

struct InternTable {
    BlockPool *pool;
    Shard shard[SHARDS];
};

static InternTable *table_new(BlockPool *pool) {
    InternTable *t = block_zalloc(pool, sizeof *t);
    if (!t) return NULL;
    t->pool = pool;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_init(&t->shard[i].lock, NULL);
        t->shard[i].heap.pool = pool;
    }
    return t;
}

InternTable *intern_table(RtState *s) {
    pthread_mutex_lock(&s->lock);
    if (!s->intern) s->intern = table_new(s->pool);
    InternTable *t = s->intern;
    pthread_mutex_unlock(&s->lock);
    return t;
}

void intern_table_free(InternTable *t) {
    if (!t) return;
    for (int i = 0; i < SHARDS; i++) {
        pthread_mutex_destroy(&t->shard[i].lock);
        textheap_free(&t->shard[i].heap);
        block_free(t->shard[i].at);
        block_free(t->shard[i].slots);
    }
    block_free(t);
}

static bool grow(BlockPool *pool, Shard *s) {
    uint32_t cap = s->cap ? 2 * s->cap : FIRST_SLOTS;
    Interned *at = block_alloc(pool, sizeof *at * (cap / 2));
    uint32_t *slots = block_zalloc(pool, sizeof *slots * cap);
    if (!at || !slots) return block_free(at), block_free(slots), false;
    for (uint32_t i = 0; i < s->n; i++) {
        uint32_t slot = (uint32_t)(s->at[i].hash >> SHARD_BITS) & (cap - 1);
        while (slots[slot]) slot = (slot + 1) & (cap - 1);
        slots[slot] = i + 1;
        at[i] = s->at[i];
    }
    block_free(s->at);
    block_free(s->slots);
    s->at = at;
    s->slots = slots;
    s->cap = cap;
    return true;
}

static bool same(const Interned *i, uint64_t hash, const char *p, size_t n) {
    return i->hash == hash && i->n == n && memcmp(i->p, p, n) == 0;
}

/* The index, or -1; *slot is where it is or would be. */
static int64_t look_up(const Shard *s, uint64_t hash, const char *p, size_t n, uint32_t *slot) {
    if (!s->cap) return -1;
    *slot = (uint32_t)(hash >> SHARD_BITS) & (s->cap - 1);
    for (uint32_t i; (i = s->slots[*slot]); *slot = (*slot + 1) & (s->cap - 1))
        if (same(&s->at[i - 1], hash, p, n)) return i - 1;
    return -1;
}

static int64_t add_to(BlockPool *pool, Shard *s, uint64_t hash, const char *p, size_t n) {
    uint32_t slot = 0;
    if (2 * (s->n + 1) > s->cap && !grow(pool, s)) return -1;
    int64_t i = look_up(s, hash, p, n, &slot);
    TextView copy;
    if (i >= 0) return i;
    if (!textheap_copy(&s->heap, (TextView){p, n}, &copy)) return -1;
    s->at[s->n] = (Interned){hash, copy.p, n};
    s->slots[slot] = ++s->n;
    return s->n - 1;
}

int64_t intern_bytes(InternTable *t, const char *p, size_t n, bool add) {
    uint64_t hash = hash64(p, n, 0);
    Shard *s = &t->shard[hash & (SHARDS - 1)];
    uint32_t slot;
    int64_t i;
    if (add) pthread_mutex_lock(&s->lock);
    i = add ? add_to(t->pool, s, hash, p, n) : look_up(s, hash, p, n, &slot);
    if (add) pthread_mutex_unlock(&s->lock);
    return i < 0 ? -1 : i << SHARD_BITS | (int64_t)(hash & (SHARDS - 1));
}
