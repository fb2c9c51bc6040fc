/* Probes of a FIN_JOIN index: the first matching row of each probe row is found for the whole batch with prefetching, then
 * matches are written out; a batch with more matches than fit goes on where it stopped (RtCursor: next probe row, next row
 * of its chain + 1). */
#include "runtime/abi.h"
#include "runtime/state.h"

enum { AHEAD = 16, NONE = -1 };

static void find_dense(const JoinIndex *j, const int64_t *key, int64_t n, uint32_t *row) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t k = (uint64_t)key[i] - (uint64_t)j->min;
        row[i] = k < (uint64_t)j->n ? j->first[k] : UINT32_MAX;
    }
}

static void find_bits(const JoinIndex *j, const int64_t *key, int64_t n, uint32_t *row) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t k = (uint64_t)key[i] - (uint64_t)j->min;
        row[i] = join_has(j, k) ? join_row(j, k) : UINT32_MAX;
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
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++) {
        bool has = join_has(j, (uint64_t)key[i] - (uint64_t)j->min);
        if (valid) has &= valid[i];
        position[m] = (uint32_t)i;
        m += has == there;
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

static int64_t emit_chains(const RtState *s, const uint32_t *first, int64_t n, bool outer, void *const *args) {
    RtCursor *c = args[5];
    uint32_t *position = args[3], *row = args[4];
    const uint32_t *next = s->join.next;
    int64_t m = 0, i = c->at[0];
    uint32_t r = c->at[1] ? (uint32_t)(c->at[1] - 1) : first[0];
    for (; i < n;) {
        if (m == c->room) {
            c->at[0] = i;
            c->at[1] = (int64_t)r + 1;
            return m;
        }
        position[m] = (uint32_t)i;
        row[m] = r;
        m += outer || r != UINT32_MAX;
        r = r == UINT32_MAX ? r : next[r];
        if (r != UINT32_MAX) continue;
        if (++i < n) r = first[i - c->at[0]];
    }
    c->at[0] = c->at[1] = 0;
    return m;
}

static int64_t probe(void *const *args, int64_t n, bool outer) {
    const RtState *s = args[0];
    RtCursor *c = args[5];
    const uint8_t *valid = args[2];
    uint32_t first[BATCH_ROWS];
    int64_t from = c->at[0];
    if (s->join.form == JOIN_BITS && !s->join.next && !outer) return probe_bits(&s->join, args[1], valid, n, args[3], args[4]);
    find_rows(s, (const int64_t *)args[1] + from, valid ? valid + from : NULL, n - from, first);
    return s->join.next ? emit_chains(s, first, n, outer, args) : emit_unique(first, n, outer, args[3], args[4]);
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
