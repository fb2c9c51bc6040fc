/* A Segment: up to SEGMENT_ROWS rows of a table, one SegColumn a column, each at the narrowest width its values need, with
 * what was found out about them at load (facts).  Immutable and shared by table versions; one reference count.
 * Columns are asked for in the layout that a plan's kernels read (segment_column): when it differs from the stored one it is
 * converted once and kept with the segment.
 */
#ifndef DQL_RUNTIME_SEGMENT_H
#define DQL_RUNTIME_SEGMENT_H
#include "runtime/column.h"
#include "runtime/dict.h"
#include "runtime/mapped.h"
#include <pthread.h>

enum { SEGMENT_BITS = 20, SEGMENT_ROWS = 1 << SEGMENT_BITS };
_Static_assert(SEGMENT_ROWS % MORSEL_ROWS == 0, "a segment is whole morsels");

/* Exact for the rows at hand, or a bound that holds: distinct is an upper bound (-1 unknown); false means not known. */
typedef struct ColumnFacts {
    bool range_known; /* CODE_INT: min and max of the values that are not NULL; false also when there is none */
    bool null_free, sorted, unique;
    Int128 min, max;
    int64_t distinct;
} ColumnFacts;

typedef struct Converted Converted;
typedef struct SegColumn {
    ColumnRef ref;     /* data, valid and dict are owned */
    SharedMap *map;    /* the file that data points into instead, or NULL */
    ColumnFacts facts;
    int64_t rows;
    void **heaps;      /* blocks that views point into */
    uint32_t n_heaps;
    Converted *converted;
} SegColumn;

typedef struct Segment {
    _Atomic int32_t refs;
    BlockPool *pool;
    int64_t rows;
    uint32_t n;
    SegColumn *cols;
    struct Segment *parent; /* whose texts this one's views point into, or NULL */
    pthread_mutex_t lock; /* of the conversions */
    uint8_t *all_valid;   /* a run of ones for columns without NULLs that a plan reads with validity; made on demand */
} Segment;

Segment *segment_new(BlockPool *pool, int64_t rows, uint32_t n); /* columns empty; NULL: no memory */
Segment *segment_ref(Segment *s);
void segment_unref(Segment *s);

void segcolumn_free(SegColumn *c); /* what it owns */

/* Column `col` as `want` says (dict: the version's, for CODE_DICT). false: it does not fit or memory ran out (e says which). */
bool segment_column(Segment *s, uint32_t col, ColumnCode want, const Dict *dict, ColumnRef *out, RtError *e);
/* The n rows listed, ascending, as a segment of its own with the facts that still hold. */
Segment *segment_take(Segment *s, const uint32_t *rows, int64_t n);
/* The same rows in memory of their own where columns are read from a file in place, else another reference. */
Segment *segment_owned(Segment *s);
/* Before a segment is published: codes a text column by a dictionary that holds all its texts, in place. */
bool segment_adopt_dict(Segment *s, uint32_t col, const Dict *dict);

/* facts.c: of numbers in storage order; valid NULL: none is NULL */
void facts_of_ints(ColumnFacts *f, const int64_t *v, const uint8_t *valid, int64_t n, BlockPool *pool);
void facts_of_wides(ColumnFacts *f, const Int128 *v, const uint8_t *valid, int64_t n);
/* of the rows of a, then those of b: as much as follows from theirs */
ColumnFacts facts_join(const ColumnFacts *a, int64_t a_rows, const ColumnFacts *b, int64_t b_rows);
/* Exact distinct count and uniqueness of integers over several columns by a bitmap; false: the range is too large for one. */
bool facts_count_distinct(ColumnFacts *f, uint32_t n, const ColumnRef *cols, const int64_t *rows, BlockPool *pool);
#endif
