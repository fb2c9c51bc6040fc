/* What is found out about a column's values when they are stored. */
#include "runtime/segment.h"
#include <string.h>

enum { BITS_A_ROW = 64 }; /* the largest bitmap for counting distinct integers, in bits a row */

typedef struct Order {
    bool sorted, strict;
} Order;

static Order order_of_ints(const int64_t *v, int64_t n) {
    int descents = 0, equal = 0;
    for (int64_t i = 1; i < n; i++) {
        descents |= v[i] < v[i - 1];
        equal |= v[i] == v[i - 1];
    }
    return (Order){!descents, !descents && !equal};
}

static void range_of_ints(ColumnFacts *f, const int64_t *v, const uint8_t *valid, int64_t n) {
    int64_t min = INT64_MAX, max = INT64_MIN;
    for (int64_t i = 0; i < n; i++) {
        if (valid && !valid[i]) continue;
        min = v[i] < min ? v[i] : min;
        max = v[i] > max ? v[i] : max;
    }
    f->range_known = min <= max;
    f->min = f->range_known ? min : 0;
    f->max = f->range_known ? max : 0;
}

static bool has_null(const uint8_t *valid, int64_t n) { return valid && memchr(valid, 0, (size_t)n) != NULL; }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Values of the range less one: of DECIMAL(38, s) it may not fit Int128. */
static unsigned __int128 spread(const ColumnFacts *f) { return (unsigned __int128)f->max - (unsigned __int128)f->min; }

/* No more distinct values than rows or than the range has. */
static int64_t distinct_bound(const ColumnFacts *f, int64_t n) {
    if (!f->range_known || spread(f) >= (uint64_t)n) return n;
    return (int64_t)spread(f) + 1;
}

bool facts_count_distinct(ColumnFacts *f, uint32_t n, const ColumnRef *cols, const int64_t *rows, BlockPool *pool) {
    int64_t total = 0, repeated = 0, buffer[1024];
    for (uint32_t c = 0; c < n; c++) total += rows[c];
    if (!f->range_known || spread(f) >= (unsigned __int128)BITS_A_ROW * (uint64_t)total) return false;
    int64_t min = (int64_t)f->min, words = (int64_t)spread(f) / 64 + 1, distinct = 0;
    uint64_t *bits = block_zalloc(pool, sizeof *bits * (size_t)words);
    if (!bits) return false;
    for (uint32_t c = 0; c < n; c++)
        for (int64_t at = 0; at < rows[c]; at += 1024) {
            int64_t m = smaller(1024, rows[c] - at);
            column_ints(&cols[c], at, m, buffer);
            for (int64_t i = 0; i < m; i++) {
                if (column_null(&cols[c], at + i)) continue;
                uint64_t k = (uint64_t)(buffer[i] - min), bit = 1ull << (k & 63);
                repeated += (bits[k >> 6] & bit) != 0;
                bits[k >> 6] |= bit;
            }
        }
    for (int64_t w = 0; w < words; w++) distinct += __builtin_popcountll(bits[w]);
    block_free(bits);
    f->distinct = distinct;
    f->unique = f->null_free && repeated == 0;
    return true;
}

void facts_of_ints(ColumnFacts *f, const int64_t *v, const uint8_t *valid, int64_t n, BlockPool *pool) {
    *f = (ColumnFacts){.null_free = !has_null(valid, n)};
    range_of_ints(f, v, valid, n);
    Order o = f->null_free ? order_of_ints(v, n) : (Order){false, false};
    f->sorted = o.sorted;
    f->unique = o.strict;
    f->distinct = o.strict ? n : distinct_bound(f, n);
    if (o.strict) return;
    ColumnRef ref = {.code = {CODE_INT, 8, !f->null_free, 0}, .data = v, .valid = valid};
    facts_count_distinct(f, 1, &ref, &n, pool);
}

void facts_of_wides(ColumnFacts *f, const Int128 *v, const uint8_t *valid, int64_t n) {
    bool any = false, strict = true;
    *f = (ColumnFacts){.null_free = !has_null(valid, n), .sorted = true};
    for (int64_t i = 0; i < n; i++) {
        if (valid && !valid[i]) continue;
        if (!any || v[i] < f->min) f->min = v[i];
        if (!any || v[i] > f->max) f->max = v[i];
        any = true;
        if (i == 0) continue;
        f->sorted &= v[i] >= v[i - 1];
        strict &= v[i] > v[i - 1];
    }
    f->range_known = any;
    f->sorted &= f->null_free;
    f->unique = f->null_free && strict;
    f->distinct = distinct_bound(f, n);
}

ColumnFacts facts_join(const ColumnFacts *a, int64_t a_rows, const ColumnFacts *b, int64_t b_rows) {
    if (a_rows == 0) return *b;
    if (b_rows == 0) return *a;
    bool both = a->range_known && b->range_known;
    bool apart = both && (a->max < b->min || b->max < a->min);
    ColumnFacts f = {
        .null_free = a->null_free && b->null_free,
        .sorted = a->sorted && b->sorted && both && a->max <= b->min,
        .unique = a->unique && b->unique && apart,
        .range_known = a->range_known || b->range_known,
        .distinct = a->distinct < 0 || b->distinct < 0 ? -1 : a->distinct + b->distinct,
    };
    f.min = !b->range_known || (both && a->min < b->min) ? a->min : b->min;
    f.max = !b->range_known || (both && a->max > b->max) ? a->max : b->max;
    if (f.distinct > distinct_bound(&f, a_rows + b_rows)) f.distinct = distinct_bound(&f, a_rows + b_rows);
    return f;
}
