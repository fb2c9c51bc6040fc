/* PRIMARY KEY and UNIQUE: no two rows of a table are equal in the columns of a key.  Equal as in SQL: -0 is 0, NaN is NaN;
 * rows with a NULL there differ from all others. */
#ifndef DQL_RUNTIME_UNIQUE_H
#define DQL_RUNTIME_UNIQUE_H
#include "runtime/table.h"

/* v: the rows of base (NULL: none), whose keys hold, and `added` ones behind them. False with the key and the values that it
 * has twice. v keeps what makes the next check short. */
bool unique_check(TableVersion *v, TableVersion *base, int64_t added, const char *table, RtError *e);
/* v: base after an UPDATE of the n_set columns. */
bool unique_check_update(TableVersion *v, const TableVersion *base, uint32_t n_set, const uint32_t *set, const char *table, RtError *e);
/* v has no rows that base has not. */
void unique_keep(TableVersion *v, const TableVersion *base);
#endif
