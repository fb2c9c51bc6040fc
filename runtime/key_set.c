#include "runtime/key_set.h"
#include <pthread.h>
#include <stdatomic.h>

struct KeySet {
    _Atomic int32_t refs;
    BlockPool *pool;
    pthread_mutex_t lock;
    uint64_t *slots; /* 0: free */
    uint64_t mask, n;
};

KeySet *keyset_new(BlockPool *pool, int64_t room) {
    KeySet *s = block_zalloc(pool, sizeof *s);
    uint64_t mask = 63;
    while (mask < 2 * (uint64_t)room) mask = 2 * mask + 1;
    uint64_t *slots = s ? block_zalloc(pool, (mask + 1) * sizeof *slots) : NULL;
    if (!slots) {
        block_free(s);
        return NULL;
    }
    s->refs = 1;
    s->pool = pool;
    s->slots = slots;
    s->mask = mask;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

KeySet *keyset_ref(KeySet *s) {
    atomic_fetch_add(&s->refs, 1);
    return s;
}

void keyset_unref(KeySet *s) {
    if (!s || atomic_fetch_sub(&s->refs, 1) != 1) return;
    pthread_mutex_destroy(&s->lock);
    block_free(s->slots);
    block_free(s);
}

/* Where the hash is, or would be. */
static uint64_t *find(uint64_t *slots, uint64_t mask, uint64_t hash) {
    uint64_t at = hash & mask;
    while (slots[at] && slots[at] != hash) at = (at + 1) & mask;
    return &slots[at];
}

static bool grow(KeySet *s) {
    uint64_t mask = 2 * s->mask + 1, *slots = block_zalloc(s->pool, (mask + 1) * sizeof *slots);
    if (!slots) return false;
    for (uint64_t i = 0; i <= s->mask; i++)
        if (s->slots[i]) *find(slots, mask, s->slots[i]) = s->slots[i];
    block_free(s->slots);
    s->slots = slots;
    s->mask = mask;
    return true;
}

KeyAdded keyset_add(KeySet *s, uint64_t hash) {
    KeyAdded added = KEY_NO_MEMORY;
    hash += hash == 0;
    pthread_mutex_lock(&s->lock);
    if (2 * s->n <= s->mask || grow(s)) {
        uint64_t *slot = find(s->slots, s->mask, hash);
        added = *slot ? KEY_THERE : KEY_NEW;
        s->n += !*slot;
        *slot = hash;
    }
    pthread_mutex_unlock(&s->lock);
    return added;
}
