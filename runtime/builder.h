/* TableBuilder: collects rows and seals them into segments.  Columns are independent: different threads may append to
 * different columns at once; one column is appended to in row order by one thread at a time.
 * Texts and tensors are copied in.  Any function may fail for memory: false, and the builder can then only be freed.
 */
#ifndef DQL_RUNTIME_BUILDER_H
#define DQL_RUNTIME_BUILDER_H
#include "runtime/table.h"

typedef struct TableBuilder TableBuilder;
TableBuilder *builder_new(BlockPool *pool, Workers *workers, Schema *schema);
void builder_free(TableBuilder *b);

/* One value of the column's type (NULL: v->null). */
bool builder_value(TableBuilder *b, uint32_t col, const Value *v);
/* Rows [from, from + n) of a finished column; rows not NULL: the n rows it lists instead. */
bool builder_column(TableBuilder *b, uint32_t col, const ColumnRef *c, int64_t from, int64_t n, const uint32_t *rows);

/* All rows of a column of tensors without NULLs, read where they are in a file: column_code_of's pitch, 64 bytes readable
 * behind the last. */
bool builder_mapped(TableBuilder *b, uint32_t col, SharedMap *map, const void *data, int64_t rows);

/* The version `base` with the rows added (NULL: a version of them alone); small segments at base's end are merged with
 * them. Columns must be of equal length. The builder is empty afterwards. */
TableVersion *builder_finish(TableBuilder *b, TableVersion *base, RtError *e);
#endif
