/* Staging: values of one column in arrival order at full width, until they are sealed into a segment's column, where they
 * get the narrowest width and their facts.
 */
#ifndef DQL_RUNTIME_STAGING_H
#define DQL_RUNTIME_STAGING_H
#include "runtime/segment.h"

typedef struct Staging {
    BlockPool *pool;
    const Type *type;
    ColumnCode code; /* column_code_of(type); valid: a NULL has come */
    int64_t n, cap;
    char *data;
    uint8_t *valid; /* NULL until the first NULL */
    void **heaps;   /* texts; the last one is being filled */
    uint32_t n_heaps, cap_heaps;
    size_t heap_used;
} Staging;

void staging_init(Staging *s, BlockPool *pool, const Type *type);
void staging_clear(Staging *s); /* forgets the rows */
void staging_free(Staging *s);
bool staging_reserve(Staging *s, int64_t rows);
/* Rows [from, from + n) of c, or the n rows listed. */
bool staging_append(Staging *s, const ColumnRef *c, int64_t from, int64_t n, const uint32_t *rows);
ColumnRef staging_ref(const Staging *s);
/* All rows as a column at its narrowest; the staging is empty afterwards. */
bool staging_seal(Staging *s, SegColumn *out);
#endif
