/* PRIMARY KEY and UNIQUE: no two rows of a table are equal in the columns of a key.  Equal as in SQL: -0 is 0, NaN is NaN;
 * rows with a NULL there differ from all others. */
#ifndef DQL_RUNTIME_UNIQUE_H
#define DQL_RUNTIME_UNIQUE_H
#include "runtime/table.h"

/* False with the key and the values that it has twice. */
bool unique_check(TableVersion *v, const char *table, RtError *e);
#endif
