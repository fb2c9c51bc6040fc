/* ST_GROUP: from keys to accumulators.
 *
 * A worker's groups are rows of columns (keys, then accumulators) in the order in which they were first seen, found by an
 * index: one integer key by its value, others by hash and comparison.  Dense and global states are direct: a group's
 * number is its key, no index.  Runs say in which morsel groups came, so that the merge sees them in the order of the rows.
 *
 * A table is sealed and a new one begun after each morsel where order matters (float sums), and when it outgrows the cache
 * without having brought many rows together: the merge, which is partitioned, does that better.
 */
#include "base/hash.h"
#include "base/memory.h"
#include "runtime/acc.h"
#include "runtime/state.h"
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_GROUPS = 64,
    FIRST_BITS = 7,
    AHEAD = 12,         /* rows of prefetch */
    PREFETCH_BITS = 12, /* smaller indexes are in the cache */
    CACHED_GROUPS = 12 << 10, /* half a megabyte of index */
    PAYS = 4            /* rows a group that make it worth to let the table grow */
};

typedef struct KeySlot { /* one integer key */
    int64_t key;
    uint32_t group; /* + 1; 0: free */
    uint32_t unused;
} KeySlot;
typedef struct HashSlot {
    uint32_t tag, group;
} HashSlot;

size_t groups_width(const RtState *s, uint32_t c) {
    return c < s->def->n_keys ? s->cols[c].code.width : acc_bytes(s->cols[c].agg);
}
static bool one_integer(const RtState *s) { return s->def->n_keys == 1 && s->cols[0].code.kind == CODE_INT; }

void groups_free(GroupTable *t, const State *def) {
    for (uint32_t c = 0; t->cols && c < def->n_cols; c++) block_free(t->cols[c]);
    for (uint32_t k = 0; t->valid && k < def->n_keys; k++) block_free(t->valid[k]);
    free(t->cols);
    free(t->valid);
    block_free(t->hash);
    block_free(t->slots);
    *t = (GroupTable){0};
}

static void make_lists(const RtState *s, GroupTable *t) {
    size_t n = sizeof(void *) * ((size_t)s->def->n_cols + 1);
    t->cols = memset(mem_alloc(n), 0, n);
    t->valid = memset(mem_alloc(n), 0, n);
}

static bool regrow(BlockPool *pool, void *at, size_t keep, size_t size) {
    void **p = at, *b = block_regrow(pool, *p, keep, size);
    if (b) *p = b;
    return b != NULL;
}

/* Room for groups up to `cap`; new accumulators start at their first value. */
bool groups_make_columns(const RtState *s, GroupTable *t, int64_t cap) {
    if (!t->cols) make_lists(s, t);
    for (uint32_t c = 0; c < s->def->n_cols; c++) {
        size_t w = groups_width(s, c);
        if (!regrow(s->pool, &t->cols[c], (size_t)t->cap * w, ((size_t)cap + 127) / 64 * 64 * w)) return false;
        if (c >= s->def->n_keys) acc_start(s->cols[c].agg, t->cols[c] + (size_t)t->cap * w, cap - t->cap);
    }
    for (uint32_t k = 0; k < s->def->n_keys; k++)
        if (s->cols[k].code.valid && !regrow(s->pool, &t->valid[k], (size_t)t->cap, ((size_t)cap + 127) / 64 * 64))
            return false;
    if (s->def->n_keys && !regrow(s->pool, &t->hash, (size_t)t->cap * 8, (size_t)cap * 8)) return false;
    t->cap = cap;
    return true;
}

/* ---- index ---- */
static uint64_t hash_int(int64_t key) { return join_hash(key); }
static uint32_t home(uint64_t hash, uint32_t bits) { return (uint32_t)(hash >> (64 - bits)); }

static void index_group(const RtState *s, GroupTable *t, uint32_t g) {
    uint32_t mask = (1u << t->bits) - 1, at = home(t->hash[g], t->bits);
    if (one_integer(s)) {
        KeySlot *slots = t->slots;
        if (t->valid[0] && !t->valid[0][g]) return; /* null_group */
        while (slots[at].group) at = (at + 1) & mask;
        slots[at] = (KeySlot){((int64_t *)t->cols[0])[g], g + 1, 0};
        return;
    }
    HashSlot *slots = t->slots;
    while (slots[at].group) at = (at + 1) & mask;
    slots[at] = (HashSlot){(uint32_t)t->hash[g], g + 1};
}

static bool reindex(const RtState *s, GroupTable *t, uint32_t bits) {
    size_t bytes = (one_integer(s) ? sizeof(KeySlot) : sizeof(HashSlot)) << bits;
    void *slots = block_zalloc(s->pool, bytes);
    if (!slots) return false;
    block_free(t->slots);
    t->slots = slots;
    t->bits = bits;
    for (int64_t g = 0; g < t->n; g++) index_group(s, t, (uint32_t)g);
    return true;
}

/* After this, `more` groups can be added without looking again: columns have room, at most half of the slots are taken. */
static bool reserve(const RtState *s, GroupTable *t, int64_t more) {
    int64_t cap = t->cap ? t->cap : FIRST_GROUPS;
    uint32_t bits = t->bits ? t->bits : FIRST_BITS;
    if (t->n + more >= UINT32_MAX) return false;
    while (cap < t->n + more) cap *= 2;
    while ((int64_t)1 << bits < 2 * (t->n + more)) bits++;
    if (cap > t->cap && !groups_make_columns(s, t, cap)) return false;
    return (bits <= t->bits && t->slots) || reindex(s, t, bits);
}

/* ---- find ---- */
static bool put_key(const RtState *s, GroupTable *t, uint32_t k, int64_t g, const void *data, const uint8_t *valid, int64_t i) {
    bool null = valid && !valid[i];
    if (t->valid[k]) t->valid[k][g] = !null;
    if (s->cols[k].code.kind == CODE_INT) {
        ((int64_t *)t->cols[k])[g] = null ? 0 : ((const int64_t *)data)[i];
        return true;
    }
    TextView *to = (TextView *)t->cols[k] + g;
    *to = null ? (TextView){"", 0} : ((const TextView *)data)[i];
    return null || textheap_copy(t->heap, *to, to);
}

/* A new group with the keys of row i; UINT32_MAX: no memory. */
static uint32_t add_group(const RtState *s, GroupTable *t, void *const *keys, int64_t i, uint64_t hash) {
    uint32_t g = (uint32_t)t->n;
    for (uint32_t k = 0; k < s->def->n_keys; k++)
        if (!put_key(s, t, k, g, keys[2 * k], keys[2 * k + 1], i)) return UINT32_MAX;
    t->hash[g] = hash;
    t->n++;
    return g;
}

static bool find_integers(const RtState *s, GroupTable *t, void *const *keys, int64_t n, uint32_t *group) {
    const int64_t *key = keys[0];
    const uint8_t *valid = keys[1];
    KeySlot *slots = t->slots;
    uint32_t bits = t->bits, mask = (1u << bits) - 1;
    for (int64_t i = 0; i < n; i++) {
        if (bits > PREFETCH_BITS && i + AHEAD < n) __builtin_prefetch(&slots[home(hash_int(key[i + AHEAD]), bits)]);
        if (valid && !valid[i]) {
            if (!t->null_group) t->null_group = add_group(s, t, keys, i, 0) + 1;
            group[i] = t->null_group - 1;
            continue;
        }
        uint64_t h = hash_int(key[i]);
        uint32_t at = home(h, bits);
        while (slots[at].group && slots[at].key != key[i]) at = (at + 1) & mask;
        if (!slots[at].group) slots[at] = (KeySlot){key[i], add_group(s, t, keys, i, h) + 1, 0};
        group[i] = slots[at].group - 1;
    }
    return true;
}

static void hash_keys(const RtState *s, void *const *keys, int64_t n, uint64_t *hash) {
    memset(hash, 0, sizeof *hash * (size_t)n);
    for (uint32_t k = 0; k < s->def->n_keys; k++) {
        const uint8_t *valid = keys[2 * k + 1];
        const int64_t *ints = keys[2 * k];
        const TextView *texts = keys[2 * k];
        bool integer = s->cols[k].code.kind == CODE_INT;
        for (int64_t i = 0; i < n; i++) {
            uint64_t h = 0x5bd1e995;
            if (!valid || valid[i]) h = integer ? hash_int(ints[i]) : hash64(texts[i].p, texts[i].n, k);
            hash[i] = hash_mix(hash[i], h);
        }
    }
    for (int64_t i = 0; i < n; i++) hash[i] = join_hash((int64_t)hash[i]);
}

static bool same_keys(const RtState *s, const GroupTable *t, uint32_t g, void *const *keys, int64_t i) {
    for (uint32_t k = 0; k < s->def->n_keys; k++) {
        const uint8_t *valid = keys[2 * k + 1];
        bool null = valid && !valid[i], group_null = t->valid[k] && !t->valid[k][g];
        if (null != group_null) return false;
        if (null) continue;
        if (s->cols[k].code.kind == CODE_INT) {
            if (((int64_t *)t->cols[k])[g] != ((const int64_t *)keys[2 * k])[i]) return false;
        } else if (!text_same(((TextView *)t->cols[k])[g], ((const TextView *)keys[2 * k])[i])) return false;
    }
    return true;
}

static bool find_hashed(const RtState *s, GroupTable *t, void *const *keys, int64_t n, uint32_t *group) {
    uint64_t hash[BATCH_ROWS];
    HashSlot *slots = t->slots;
    uint32_t mask = (1u << t->bits) - 1;
    hash_keys(s, keys, n, hash);
    for (int64_t i = 0; i < n; i++) {
        if (t->bits > PREFETCH_BITS && i + AHEAD < n) __builtin_prefetch(&slots[home(hash[i + AHEAD], t->bits)]);
        uint32_t at = home(hash[i], t->bits), tag = (uint32_t)hash[i];
        while (slots[at].group && (slots[at].tag != tag || !same_keys(s, t, slots[at].group - 1, keys, i)))
            at = (at + 1) & mask;
        if (!slots[at].group) {
            uint32_t g = add_group(s, t, keys, i, hash[i]);
            if (g == UINT32_MAX) return false;
            slots[at] = (HashSlot){tag, g + 1};
        }
        group[i] = slots[at].group - 1;
    }
    return true;
}

static void find_direct(const RtState *s, void *const *keys, int64_t n, uint32_t *group) {
    const int64_t *key = keys[0];
    for (int64_t i = 0; i < n; i++) group[i] = s->def->dense ? (uint32_t)(key[i] - s->def->dense_min) : 0;
}

/* ---- tables of a worker ---- */
static void note_run(RtLocal *l) {
    if (l->groups.n > l->run_from)
        *vec_push(&l->runs) = (GroupRun){l->morsel, l->run_from, l->groups.n, (uint32_t)l->sealed.n};
    l->run_from = l->groups.n;
}

static size_t index_bytes(const RtState *s, const GroupTable *t) {
    return (one_integer(s) ? sizeof(KeySlot) : sizeof(HashSlot)) << t->bits;
}

/* The index goes on to the new table. */
static void seal(RtLocal *l) {
    GroupTable *t = &l->groups;
    note_run(l);
    GroupTable next = {.slots = t->slots, .bits = t->bits, .heap = t->heap};
    memset(t->slots, 0, index_bytes(l->state, t));
    t->slots = NULL;
    *vec_push(&l->sealed) = *t;
    l->groups = next;
    l->run_from = l->grouped = 0;
}

static void look_whether_it_pays(RtLocal *l) {
    if (l->grouped < PAYS * l->groups.n) seal(l);
    else l->most *= 4;
}

bool groups_find(RtLocal *l, void *const *keys, int64_t n, uint32_t *group) {
    const RtState *s = l->state;
    if (groups_direct(s->def)) {
        find_direct(s, keys, n, group);
        return true;
    }
    if (l->groups.n > l->most) look_whether_it_pays(l);
    if (!reserve(s, &l->groups, n)) return false;
    l->grouped += n;
    return one_integer(s) ? find_integers(s, &l->groups, keys, n, group) : find_hashed(s, &l->groups, keys, n, group);
}

static int64_t direct_groups(const State *d) { return d->dense ? d->dense_n : 1; }

bool groups_init(RtLocal *l) {
    const RtState *s = l->state;
    l->groups.heap = &l->heap;
    l->most = CACHED_GROUPS;
    if (!groups_direct(s->def)) return reserve(s, &l->groups, FIRST_GROUPS / 2);
    l->groups.n = direct_groups(s->def);
    return groups_make_columns(s, &l->groups, l->groups.n);
}

/* ---- direct states where order matters: each morsel's groups become a table ---- */
static bool exists(const RtState *s, const GroupTable *t, int64_t g) {
    return !s->def->dense || ((const int64_t *)t->cols[s->def->n_keys])[g] != 0;
}

static void move_group(const RtState *s, GroupTable *from, int64_t g, GroupTable *to) {
    if (s->def->dense) ((int64_t *)to->cols[0])[to->n] = s->def->dense_min + g;
    for (uint32_t c = s->def->n_keys; c < s->def->n_cols; c++) {
        size_t w = groups_width(s, c);
        memcpy(to->cols[c] + (size_t)to->n * w, from->cols[c] + (size_t)g * w, w);
        acc_start(s->cols[c].agg, from->cols[c] + (size_t)g * w, 1);
    }
    to->n++;
}

static bool emit_direct(RtLocal *l) {
    GroupTable *from = &l->groups, to = {0};
    int64_t n = 0;
    for (int64_t g = 0; g < from->n; g++) n += exists(l->state, from, g);
    bool ok = groups_make_columns(l->state, &to, n);
    for (int64_t g = 0; ok && g < from->n; g++)
        if (exists(l->state, from, g)) move_group(l->state, from, g, &to);
    *vec_push(&l->runs) = (GroupRun){l->morsel, 0, to.n, (uint32_t)l->sealed.n};
    *vec_push(&l->sealed) = to;
    return ok;
}

bool groups_end_morsel(RtLocal *l) {
    if (groups_direct(l->state->def)) return !l->state->ordered || emit_direct(l);
    if (l->state->ordered) seal(l);
    else note_run(l);
    return true;
}
