/* The session's tables, files and models as the compiler sees them (ir/source.h). */
#ifndef DQL_API_SOURCE_H
#define DQL_API_SOURCE_H
#include "api/session.h"

void pins_init(Pins *p, dql_db *db, Arena *arena);
void pins_free(Pins *p);
TableVersion *pins_table(Pins *p, const char *name); /* NULL: there is none */
ModelEntry *session_model(dql_db *db, const char *name);
#endif
