/* Prepared queries are kept when they are finalized: the same text against the same catalog and table versions runs again
 * without any pass of the compiler, on code and packed weights that are there.
 */
#ifndef DQL_API_KEPT_H
#define DQL_API_KEPT_H
#include "api/session.h"

enum { KEPT_MOST = 16 };

/* A kept statement of this text that still holds, taken out of the session's list, or NULL. Drops those that do not hold. */
dql_stmt *kept_take(dql_db *db, Str text);
bool kept_put(dql_stmt *s); /* false: it is not one to keep */
void kept_free(dql_db *db);
void statement_free(dql_stmt *s); /* result.c */
#endif
