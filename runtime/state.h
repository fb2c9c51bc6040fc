/* States: the pipeline breakers of a run.  A RtState is the shared object (ARG_STATE); each worker has a RtLocal of it
 * (ARG_LOCAL) that native steps append to.  When all morsels of the feeding pipelines are done the state is finished: the
 * locals are merged in the order of morsels, whatever worker ran them, so that the rows and their order, float sums
 * included, do not depend on the number of workers.  A finished state is dense columns and, for a join, an index.
 */
#ifndef DQL_RUNTIME_STATE_H
#define DQL_RUNTIME_STATE_H
#include "base/vec.h"
#include "runtime/column.h"
#include "runtime/dict.h"
#include "runtime/error.h"
#include "runtime/textheap.h"
#include "runtime/workers.h"
#include <pthread.h>

/* ---- rows of ST_ROWS, in pages of columns ---- */
typedef struct RowPage {
    int64_t n, cap;
    char **data;     /* per column */
    uint8_t **valid; /* per column, NULL where the code has none */
} RowPage;
typedef struct RowRun { /* rows of one morsel that are consecutive in a page */
    int64_t morsel;
    uint32_t page;
    int64_t from, n;
} RowRun;
typedef struct RowStore {
    VEC(RowPage *) pages;
    VEC(RowRun) runs; /* ascending in morsel */
    int64_t n;
    bool bounded;   /* top-n: rows whose first key is greater than `bound` cannot be in the result */
    uint64_t bound;
} RowStore;

/* ---- groups of ST_GROUP ---- */
typedef struct GroupTable {
    int64_t n, cap;   /* groups; direct (dense, global): n = cap from the start */
    char **cols;      /* per state column: keys, then accumulators */
    uint8_t **valid;  /* per key */
    uint64_t *hash;   /* per group */
    void *slots;      /* the index, of the table being filled only */
    uint32_t bits;    /* 1 << bits slots; 0: none yet */
    uint32_t null_group; /* one integer key: its NULL group + 1 */
    TextHeap *heap;   /* copies of text keys */
} GroupTable;
typedef struct GroupRun { /* groups that were added in one morsel: [from, to) of a table */
    int64_t morsel, from, to;
    uint32_t table; /* in RtLocal.sealed; its length: the one being filled */
} GroupRun;

/* ---- FIN_JOIN ---- */
typedef struct JoinSlot {
    int64_t key;
    uint32_t row; /* first row; UINT32_MAX: free */
    uint32_t unused;
} JoinSlot;
typedef enum JoinForm {
    JOIN_ARRAY, /* first: by key - min */
    JOIN_BITS,  /* few of the keys that are possible: bits say which there are, first: by the number of bits before it */
    JOIN_TABLE, /* slots */
} JoinForm;
typedef struct JoinIndex {
    const int64_t *keys;
    JoinForm form;
    uint32_t *next;    /* the next row with the same key, ascending; NULL: keys are unique */
    uint32_t *first;   /* first row of a key; JOIN_BITS, NULL: rows are in the order of their keys */
    uint64_t *bits_set; /* JOIN_BITS: bit key - min */
    uint32_t *rank;    /* for each word of them, the bits set before it */
    int64_t min, n;    /* of possible keys */
    JoinSlot *slots;   /* hash: parts of 1 << part_bits slots, a key's part by the top bits of its hash */
    uint32_t bits, part_bits;
    uint64_t *maybe;   /* hash, where the state reduces a scan: the bit of a key's hash >> maybe_shift is set */
    uint32_t maybe_shift;
} JoinIndex;

typedef struct InternTable InternTable;
typedef struct RtLocal RtLocal;

typedef struct RtState {
    const State *def;
    const StateColumn *cols;
    BlockPool *pool;
    bool ordered; /* fed by an ordered pipeline: float sums are kept per morsel */
    int64_t limit, offset; /* limit -1: none */
    RtLocal **locals;      /* per worker, NULL until needed */
    int n_locals;
    bool finished;
    int64_t rows;
    ColumnRef *out; /* finished columns; data and valid owned */
    TextHeap heap;  /* texts of the finished columns */
    JoinIndex join;
    InternTable *intern;
    pthread_mutex_t lock; /* of intern's creation */
} RtState;

struct RtLocal {
    RtState *state;
    const TextHeap *scratch; /* the worker's: texts in it must be copied */
    int64_t morsel;          /* the one being run */
    TextHeap heap;
    RowStore rows;
    GroupTable groups;       /* what the steps of the current morsel work on */
    VEC(GroupTable) sealed;  /* full ones, and those of finished morsels where order matters */
    VEC(GroupRun) runs;      /* ascending in morsel */
    int64_t run_from;        /* groups of the current table that are in runs */
    int64_t grouped, most;   /* rows since the table was begun; groups at which to look whether grouping pays */
};

RtState *state_new(BlockPool *pool, const Program *p, uint32_t index, int n_workers, bool ordered);
void state_free(RtState *s);
RtLocal *state_local(RtState *s, int worker, const TextHeap *scratch); /* NULL: no memory */
void local_begin(RtLocal *l, int64_t morsel);
bool local_end(RtLocal *l); /* of the morsel */
bool state_finish(RtState *s, Workers *w, RtError *e);

/* state_rows.c */
bool rows_append(RtLocal *l, void *const *cols, int64_t n); /* cols: per column data, valid */
void rows_free(RowStore *r);
void rows_truncate(RowStore *r, int64_t n); /* the first n that were appended stay */
bool rows_gather_local(RtLocal *l, ColumnRef *out); /* its rows as dense columns, owned by the caller also on failure */
bool rows_finish(RtState *s, Workers *w, RtError *e);
/* state_sort.c: the finished rows in order, limit and offset applied; a local's best rows alone */
bool sort_finish(RtState *s, Workers *w, RtError *e);
bool sort_trim(RtLocal *l);
uint64_t sort_key(const void *data, uint8_t width, int64_t row); /* of CODE_INT keys: unsigned, ascending */
bool sort_rows(const RtState *s, const ColumnRef *keys, int64_t n, Workers *w, uint32_t *order);
/* state_group.c */
bool groups_init(RtLocal *l);
bool groups_end_morsel(RtLocal *l);
void groups_free(GroupTable *t, const State *def);
/* The group of each row, n at most BATCH_ROWS; keys: per key data, valid. */
bool groups_find(RtLocal *l, void *const *keys, int64_t n, uint32_t *group);
bool groups_make_columns(const RtState *s, GroupTable *t, int64_t cap); /* for cap groups, accumulators at their start */
size_t groups_width(const RtState *s, uint32_t col);
bool groups_finish(RtState *s, Workers *w, RtError *e);
bool groups_merge(RtState *s, Workers *w); /* state_group_merge.c: tables of a state with an index, into finished columns */
static inline bool groups_direct(const State *d) { return d->dense || d->global || d->n_keys == 0; }
/* state_join.c */
bool join_finish(RtState *s, Workers *w, RtError *e);
void join_free(JoinIndex *j);
static inline uint64_t join_hash(int64_t key) {
    uint64_t h = (uint64_t)key * 0x9E3779B97F4A7C15ull;
    return (h ^ h >> 32) * 0xD6E8FEB86659FD93ull;
}
/* JOIN_BITS: the bit of key - min = k; that of n is not set.  And the row of a key that is there. */
static inline uint64_t join_bit(const uint64_t *bits, uint64_t k, uint64_t n) {
    k = k < n ? k : n;
    return bits[k >> 6] >> (k & 63) & 1;
}
static inline uint32_t join_row(const JoinIndex *j, uint64_t k) {
    uint64_t before = j->bits_set[k >> 6] & (((uint64_t)1 << (k & 63)) - 1);
    uint32_t r = j->rank[k >> 6] + (uint32_t)__builtin_popcountll(before);
    return j->first ? j->first[r] : r;
}
/* 0: the key is not there. */
static inline uint64_t join_maybe(const JoinIndex *j, int64_t key) {
    uint64_t h = join_hash(key) >> j->maybe_shift;
    return j->maybe[h >> 6] >> (h & 63) & 1;
}
/* A key's part of the table and its first slot in it. */
static inline uint32_t join_home(const JoinIndex *j, uint64_t hash, JoinSlot **part) {
    uint32_t top = j->bits - j->part_bits;
    *part = j->slots + (top ? hash >> (64 - top) << j->part_bits : 0);
    return (uint32_t)(hash >> 16) & ((1u << j->part_bits) - 1);
}
/* intern.c */
InternTable *intern_table(RtState *s); /* made on first use; NULL: no memory */
int64_t intern_bytes(InternTable *t, const char *p, size_t n, bool add); /* -1: absent, or no memory with add */
void intern_table_free(InternTable *t);
#endif
