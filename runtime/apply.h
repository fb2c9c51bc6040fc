/* Changes of a session's tables and models: what a statement that is no query does with its finished rows.
 * A change is published whole or not at all: on an error the old version stays current.
 */
#ifndef DQL_RUNTIME_APPLY_H
#define DQL_RUNTIME_APPLY_H
#include "runtime/exec.h"

/* Carries out p->kind (base/program.h). rows: result of p's plan, empty for statements without one. *changed: rows inserted,
 * updated or deleted. PG_QUERY and PG_PARAM change nothing here. */
bool rt_apply(RtSession *s, const Program *p, const RtResult *rows, int64_t *changed, RtError *e);
/* CREATE TABLE AS of another table (or file) as it is: the new table shares its segments; nothing is copied. */
bool rt_share(RtSession *s, const Program *p, TableVersion *from, int64_t *changed, RtError *e);
#endif
