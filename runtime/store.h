/* Store: the tables of a session by name.  Names are compared exactly; a file that a query reads is a table under its path.
 * Every change publishes a new TableVersion; whoever holds the old one keeps it.  Safe for any thread.
 */
#ifndef DQL_RUNTIME_STORE_H
#define DQL_RUNTIME_STORE_H
#include "runtime/table.h"

typedef struct Store Store;
Store *store_new(BlockPool *pool, Workers *workers);
void store_free(Store *s);
BlockPool *store_pool(Store *s);
Workers *store_workers(Store *s);

/* The current version with a reference of the caller's, or NULL. */
TableVersion *store_table(Store *s, const char *name);
/* Publishes `v` as the table's current version (created when absent); takes over the caller's reference. */
void store_publish(Store *s, const char *name, TableVersion *v);
bool store_drop(Store *s, const char *name); /* false: there is none */
/* Names in order of creation, in the arena. */
size_t store_names(Store *s, Arena *a, const char *const **out);
#endif
