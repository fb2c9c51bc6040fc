/* Dict: the distinct texts of a column, sorted bytewise, so that code order is text order.  Immutable, one reference count.
 * Segments are coded by their own dictionary; a table version has one for all its segments (dict_union) and recodes lazily.
 */
#ifndef DQL_RUNTIME_DICT_H
#define DQL_RUNTIME_DICT_H
#include "base/program.h"
#include "runtime/block.h"
#include <stdatomic.h>

enum { DICT_MOST = 1 << 16 }; /* more distinct texts than this are stored as views */

typedef struct Dict {
    _Atomic int32_t refs;
    uint32_t n;
    TextView *at;
    char *heap;
} Dict;

static inline uint8_t dict_width(const Dict *d) { return d->n <= 256 ? 1 : d->n <= 65536 ? 2 : 4; }
static inline int text_cmp(TextView a, TextView b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0; /* an empty text may have no bytes at all */
    return c ? c : (a.n > b.n) - (a.n < b.n);
}
static inline bool text_same(TextView a, TextView b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }

/* Codes n views if they have at most `most` distinct texts: the dictionary, and codes[row] (rows with valid 0 get code 0).
 * NULL with *full: too many; NULL without: no memory. */
Dict *dict_build(BlockPool *pool, const TextView *v, const uint8_t *valid, int64_t n, uint32_t most, uint32_t *codes, bool *full);
/* One dictionary for all of `d` (one of them when it holds the rest); NULL with *full as above. */
Dict *dict_union(BlockPool *pool, uint32_t n, Dict *const *d, bool *full);
/* map[code in a] = code in b; every text of a must be in b. */
void dict_map(const Dict *a, const Dict *b, uint32_t *map);
int64_t dict_find(const Dict *d, TextView v); /* -1: absent */
Dict *dict_ref(const Dict *d);
void dict_unref(const Dict *d); /* NULL is allowed */
#endif
