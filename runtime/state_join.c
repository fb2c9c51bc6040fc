/* FIN_JOIN: from keys to rows.  Keys of a known range index an array, or, if they are few of it, a bitmap and by its ranks a
 * compact array; others a table of linear probing that is built in parts, one worker a part; how many does not show in
 * what a probe finds.  Rows of equal keys are chained in ascending order. */
#include "runtime/state.h"
#include <string.h>

enum { MOST_PART_BITS = 4, SERIAL_ROWS = 1 << 16, AHEAD = 16 };

void join_free(JoinIndex *j) {
    block_free(j->next);
    block_free(j->first);
    block_free(j->slots);
    block_free(j->bits_set);
    block_free(j->rank);
    block_free(j->maybe);
    *j = (JoinIndex){0};
}

static uint64_t offset_of(const JoinIndex *j, int64_t row) { return (uint64_t)j->keys[row] - (uint64_t)j->min; }

/* Rows from the last to the first, so that a chain ascends. */
static bool build_array(RtState *s) {
    JoinIndex *j = &s->join;
    j->first = block_alloc(s->pool, sizeof *j->first * ((size_t)j->n + 1));
    if (!j->first) return false;
    memset(j->first, 0xff, sizeof *j->first * ((size_t)j->n + 1));
    for (int64_t i = s->rows - 1; i >= 0; i--) {
        uint64_t k = offset_of(j, i);
        if (k >= (uint64_t)j->n) continue; /* no probe key is out of the range either */
        if (j->next) j->next[i] = j->first[k];
        j->first[k] = (uint32_t)i;
    }
    return true;
}

/* Sets the bits; true: keys ascend, and none is out of the range. */
static bool set_bits(RtState *s) {
    JoinIndex *j = &s->join;
    bool ascend = true;
    uint64_t least = 0;
    for (int64_t i = 0; i < s->rows; i++) {
        uint64_t k = offset_of(j, i);
        ascend &= k >= least && k < (uint64_t)j->n;
        least = k + 1;
        if (k < (uint64_t)j->n) j->bits_set[k >> 6] |= (uint64_t)1 << (k & 63);
    }
    return ascend;
}

static uint32_t count_ranks(JoinIndex *j) {
    uint32_t n = 0;
    for (int64_t w = 0; w <= j->n >> 6; w++) {
        j->rank[w] = n;
        n += (uint32_t)__builtin_popcountll(j->bits_set[w]);
    }
    return n;
}

/* The first row of each key; the others behind it. */
static void chain_by_rank(RtState *s, uint32_t keys) {
    JoinIndex *j = &s->join;
    uint32_t *first = j->first;
    memset(first, 0xff, sizeof *first * keys);
    j->first = NULL; /* join_row is a rank now */
    for (int64_t i = s->rows - 1; i >= 0; i--) {
        uint64_t k = offset_of(j, i);
        if (k >= (uint64_t)j->n) continue;
        uint32_t r = join_row(j, k);
        if (j->next) j->next[i] = first[r];
        first[r] = (uint32_t)i;
    }
    j->first = first;
}

static bool build_bits(RtState *s) {
    JoinIndex *j = &s->join;
    size_t words = (size_t)(j->n >> 6) + 1;
    j->bits_set = block_zalloc(s->pool, sizeof *j->bits_set * (words + 1)); /* windows of 64 bits from any one of n */
    j->rank = block_alloc(s->pool, sizeof *j->rank * words);
    if (!j->bits_set || !j->rank) return false;
    bool ascend = set_bits(s);
    uint32_t keys = count_ranks(j);
    if (keys == s->rows && j->next) {
        block_free(j->next);
        j->next = NULL;
    }
    if (ascend) return true;
    j->first = block_alloc(s->pool, sizeof *j->first * ((size_t)keys + 1));
    if (j->first) chain_by_rank(s, keys);
    return j->first != NULL;
}

typedef struct Build {
    RtState *s;
    _Atomic bool repeated; /* a key came twice */
} Build;

static JoinSlot *slot_of(const JoinIndex *j, int64_t key) {
    JoinSlot *part;
    uint32_t mask = (1u << j->part_bits) - 1, at = join_home(j, join_hash(key), &part);
    while (part[at].row != UINT32_MAX && part[at].key != key) at = (at + 1) & mask;
    return &part[at];
}

static void insert_part(void *ctx, int64_t part) {
    Build *b = ctx;
    JoinIndex *j = &b->s->join;
    uint32_t top = j->bits - j->part_bits;
    bool repeated = false;
    for (int64_t i = b->s->rows - 1; i >= 0; i--) {
        JoinSlot *home;
        uint32_t at = join_home(j, join_hash(j->keys[i >= AHEAD ? i - AHEAD : 0]), &home);
        __builtin_prefetch(&home[at], 1);
        if (top && join_hash(j->keys[i]) >> (64 - top) != (uint64_t)part) continue;
        JoinSlot *slot = slot_of(j, j->keys[i]);
        repeated |= slot->row != UINT32_MAX;
        if (j->next) j->next[i] = slot->row;
        *slot = (JoinSlot){j->keys[i], (uint32_t)i, 0};
    }
    if (repeated) b->repeated = true;
}

/* A part that would be too full (keys made to collide) makes the table one part: it has room for all rows. */
static bool parts_fit(const RtState *s, uint32_t top, uint32_t part_bits) {
    int64_t count[1 << MOST_PART_BITS] = {0};
    if (top == 0) return true;
    for (int64_t i = 0; i < s->rows; i++) count[join_hash(s->join.keys[i]) >> (64 - top)]++;
    for (uint32_t p = 0; p < 1u << top; p++)
        if (count[p] > (int64_t)(1u << part_bits) * 3 / 4) return false;
    return true;
}

static uint32_t part_bits(const RtState *s, Workers *w) {
    uint32_t bits = 0;
    while (s->rows > SERIAL_ROWS && bits < MOST_PART_BITS && 1 << bits < workers_count(w)) bits++;
    return bits;
}

/* 8 to 16 bits a key: about one absent key in ten is let through. */
static bool build_maybe(RtState *s) {
    JoinIndex *j = &s->join;
    uint32_t bits = 9;
    while ((int64_t)1 << bits < 8 * s->rows) bits++;
    j->maybe = block_zalloc(s->pool, ((size_t)1 << bits) / 8);
    j->maybe_shift = 64 - bits;
    for (int64_t i = 0; j->maybe && i < s->rows; i++) {
        uint64_t h = join_hash(j->keys[i]) >> j->maybe_shift;
        j->maybe[h >> 6] |= (uint64_t)1 << (h & 63);
    }
    return j->maybe != NULL;
}

static bool build_hash(Build *b, Workers *w) {
    RtState *s = b->s;
    JoinIndex *j = &s->join;
    j->bits = 6;
    while ((int64_t)1 << j->bits < 2 * s->rows) j->bits++;
    uint32_t top = part_bits(s, w);
    j->part_bits = parts_fit(s, top, j->bits - top) ? j->bits - top : j->bits;
    size_t bytes = sizeof *j->slots << j->bits;
    j->slots = block_alloc(s->pool, bytes);
    if (!j->slots) return false;
    memset(j->slots, 0xff, bytes);
    workers_each(w, (int64_t)1 << (j->bits - j->part_bits), insert_part, b);
    return !s->def->reduces || build_maybe(s);
}

/* An array where most possible keys are there; bits as long as they take less memory than slots. */
static JoinForm form_of(const RtState *s) {
    int64_t n = s->def->dense_n;
    if (!s->def->dense) return JOIN_TABLE;
    if (n <= 2 * s->rows + 4096) return JOIN_ARRAY;
    return n <= 256 * s->rows + (1 << 16) ? JOIN_BITS : JOIN_TABLE;
}

bool join_finish(RtState *s, Workers *w, RtError *e) {
    Build b = {.s = s};
    bool ok = true;
    s->join = (JoinIndex){.keys = s->out[0].data, .form = form_of(s), .min = s->def->dense_min, .n = s->def->dense_n};
    if (!s->def->unique) s->join.next = block_alloc(s->pool, sizeof(uint32_t) * ((size_t)s->rows + 1));
    if (!s->def->unique && !s->join.next) return rt_fail_memory(e);
    switch (s->join.form) {
    case JOIN_ARRAY: ok = build_array(s); break;
    case JOIN_BITS: ok = build_bits(s); break;
    case JOIN_TABLE: ok = build_hash(&b, w); break;
    }
    if (ok && s->join.form == JOIN_TABLE && s->join.next && !b.repeated) { /* unique after all: probes need no chains */
        block_free(s->join.next);
        s->join.next = NULL;
    }
    return ok || rt_fail_memory(e);
}
