/* Probes of a FIN_JOIN index: the first matching row of each probe row is found for the whole batch with prefetching, then
 * matches are written out; a batch with more matches than fit goes on where it stopped (RtCursor: next probe row, next row
 * of its chain + 1). */
#include "runtime/abi.h"
#include "runtime/state.h"

enum { AHEAD = 16 };

static void find_dense(const JoinIndex *j, const int64_t *key, int64_t n, uint32_t *row) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t k = (uint64_t)key[i] - (uint64_t)j->min;
        row[i] = k < (uint64_t)j->n ? j->first[k] : UINT32_MAX;
    }
}

static void find_bits(const JoinIndex *j, const int64_t *key, int64_t n, uint32_t *row) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t k = (uint64_t)key[i] - (uint64_t)j->min;
        row[i] = join_bit(j->bits_set, k, (uint64_t)j->n) ? join_row(j, k) : UINT32_MAX;
    }
}

static void find_hashed(const JoinIndex *j, const int64_t *key, int64_t n, uint32_t *row) {
    JoinSlot *part, *home[AHEAD];
    uint32_t at[AHEAD], mask = (1u << j->part_bits) - 1;
    for (int64_t i = 0; i < n + AHEAD; i++) {
        int64_t done = i - AHEAD;
        uint32_t ring = (uint32_t)i % AHEAD;
        if (done >= 0) {
            const JoinSlot *slots = home[ring];
            uint32_t s = at[ring];
            while (slots[s].row != UINT32_MAX && slots[s].key != key[done]) s = (s + 1) & mask;
            row[done] = slots[s].row;
        }
        if (i >= n) continue;
        at[ring] = join_home(j, join_hash(key[i]), &part);
        home[ring] = part;
        __builtin_prefetch(&part[at[ring]]);
    }
}

/* First matching row of each probe row; UINT32_MAX: none. */
static void find_rows(const RtState *s, const int64_t *key, const uint8_t *valid, int64_t n, uint32_t *row) {
    switch (s->join.form) {
    case JOIN_ARRAY: find_dense(&s->join, key, n, row); break;
    case JOIN_BITS: find_bits(&s->join, key, n, row); break;
    case JOIN_TABLE: find_hashed(&s->join, key, n, row); break;
    }
    for (int64_t i = 0; valid && i < n; i++) row[i] |= valid[i] ? 0 : UINT32_MAX;
}

/* JOIN_BITS: positions whose key is there, or is not. */
static int64_t select_bits(const JoinIndex *j, const int64_t *key, const uint8_t *valid, int64_t n, bool there, uint32_t *position) {
    const uint64_t *bits = j->bits_set, top = (uint64_t)j->n, min = (uint64_t)j->min, flip = !there;
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t has = join_bit(bits, (uint64_t)key[i] - min, top);
        if (valid) has &= valid[i];
        position[m] = (uint32_t)i;
        m += (int64_t)(has ^ flip);
    }
    return m;
}

/* Unique keys: few rows pass the bits, and only they look for their row. */
static int64_t probe_bits(const JoinIndex *j, const int64_t *key, const uint8_t *valid, int64_t n, uint32_t *position, uint32_t *row) {
    int64_t m = select_bits(j, key, valid, n, true, position);
    for (int64_t i = 0; i < m; i++) row[i] = join_row(j, (uint64_t)key[position[i]] - (uint64_t)j->min);
    return m;
}

/* At most one match a row: all output fits. */
static int64_t emit_unique(const uint32_t *first, int64_t n, bool outer, uint32_t *position, uint32_t *row) {
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        position[m] = (uint32_t)i;
        row[m] = first[i];
        m += outer || first[i] != UINT32_MAX;
    }
    return m;
}

/* Rows whose key is there (position, first row), from where the cursor stands. */
static int64_t hits_of(const RtState *s, const int64_t *key, const uint8_t *valid, int64_t n, uint32_t *position, uint32_t *row) {
    if (s->join.form == JOIN_BITS) return probe_bits(&s->join, key, valid, n, position, row);
    uint32_t first[BATCH_ROWS];
    find_rows(s, key, valid, n, first);
    return emit_unique(first, n, false, position, row);
}

static int64_t all_of(const RtState *s, const int64_t *key, const uint8_t *valid, int64_t n, uint32_t *position, uint32_t *row) {
    find_rows(s, key, valid, n, row);
    for (int64_t i = 0; i < n; i++) position[i] = (uint32_t)i;
    return n;
}

/* The chains of `hits` rows, as far as there is room. */
static int64_t emit_chains(const RtState *s, const uint32_t *hit, const uint32_t *first, int64_t hits, void *const *args) {
    RtCursor *c = args[5];
    uint32_t *position = args[3], *row = args[4];
    const uint32_t *next = s->join.next;
    int64_t m = 0, from = c->at[0];
    uint32_t resumed = (uint32_t)(c->at[1] - 1);
    for (int64_t h = 0; h < hits; h++) {
        uint32_t r = h == 0 && c->at[1] ? resumed : first[h];
        do {
            if (m == c->room) {
                c->at[0] = from + hit[h];
                c->at[1] = (int64_t)r + 1;
                return m;
            }
            position[m] = (uint32_t)from + hit[h];
            row[m++] = r;
            r = r == UINT32_MAX ? r : next[r];
        } while (r != UINT32_MAX);
    }
    c->at[0] = c->at[1] = 0;
    return m;
}

static int64_t probe(void *const *args, int64_t n, bool outer) {
    const RtState *s = args[0];
    const RtCursor *c = args[5];
    int64_t from = c->at[0];
    const int64_t *key = (const int64_t *)args[1] + from;
    const uint8_t *valid = args[2] ? (const uint8_t *)args[2] + from : NULL;
    uint32_t hit[BATCH_ROWS], first[BATCH_ROWS];
    bool unique = !s->join.next;
    uint32_t *position = unique ? args[3] : hit, *row = unique ? args[4] : first;
    int64_t hits = (outer ? all_of : hits_of)(s, key, valid, n - from, position, row);
    return unique ? hits : emit_chains(s, hit, first, hits, args);
}

int64_t dql_rt_probe_inner(void *const *args, int64_t n) { return probe(args, n, false); }
int64_t dql_rt_probe_left(void *const *args, int64_t n) { return probe(args, n, true); }

static int64_t filter(void *const *args, int64_t n, bool matched) {
    uint32_t first[BATCH_ROWS], *position = args[3];
    const RtState *s = args[0];
    int64_t m = 0;
    if (s->join.form == JOIN_BITS) return select_bits(&s->join, args[1], args[2], n, matched, position);
    find_rows(s, args[1], args[2], n, first);
    for (int64_t i = 0; i < n; i++) {
        position[m] = (uint32_t)i;
        m += (first[i] != UINT32_MAX) == matched;
    }
    return m;
}

int64_t dql_rt_probe_semi(void *const *args, int64_t n) { return filter(args, n, true); }
int64_t dql_rt_probe_anti(void *const *args, int64_t n) { return filter(args, n, false); }
