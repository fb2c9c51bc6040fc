/* FIN_JOIN: from keys to rows.  A dense key indexes an array; others a table of linear probing that is built in parts, one
 * worker a part; how many does not show in what a probe finds.  Rows of equal keys are chained in ascending order. */
#include "runtime/state.h"
#include <string.h>

enum { MOST_PART_BITS = 4, SERIAL_ROWS = 1 << 16, AHEAD = 16 };

void join_free(JoinIndex *j) {
    block_free(j->next);
    block_free(j->first);
    block_free(j->slots);
    *j = (JoinIndex){0};
}

/* Rows from the last to the first, so that a chain ascends. */
static bool build_dense(RtState *s) {
    JoinIndex *j = &s->join;
    j->min = s->def->dense_min;
    j->n = s->def->dense_n;
    j->first = block_alloc(s->pool, sizeof *j->first * ((size_t)j->n + 1));
    if (!j->first) return false;
    memset(j->first, 0xff, sizeof *j->first * (size_t)j->n);
    for (int64_t i = s->rows - 1; i >= 0; i--) {
        uint64_t k = (uint64_t)j->keys[i] - (uint64_t)j->min;
        if (k >= (uint64_t)j->n) continue; /* no probe key is out of the range either */
        if (j->next) j->next[i] = j->first[k];
        j->first[k] = (uint32_t)i;
    }
    return true;
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
    return true;
}

bool join_finish(RtState *s, Workers *w, RtError *e) {
    Build b = {.s = s};
    s->join.keys = s->out[0].data;
    if (!s->def->unique) s->join.next = block_alloc(s->pool, sizeof(uint32_t) * ((size_t)s->rows + 1));
    if (!s->def->unique && !s->join.next) return rt_fail_memory(e);
    if (!(s->def->dense ? build_dense(s) : build_hash(&b, w))) return rt_fail_memory(e);
    if (!s->def->dense && s->join.next && !b.repeated) { /* unique after all: probes need no chains */
        block_free(s->join.next);
        s->join.next = NULL;
    }
    return true;
}
