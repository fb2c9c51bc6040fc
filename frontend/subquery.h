/* Subqueries in conditions and as values, unnested as they are bound (Neumann and Kemper's result for the
 * common forms): EXISTS and IN (query) become semi- and antijoins, a scalar aggregate a join on the
 * equalities that correlate it.
 */
#ifndef DQL_FRONTEND_SUBQUERY_H
#define DQL_FRONTEND_SUBQUERY_H
#include "frontend/query.h"

/* Conjuncts of a subquery's WHERE that name columns of the enclosing query (numbered from OUTER_COLUMN). */
typedef struct Correlated {
    uint32_t n;
    const Node **cond;
} Correlated;

bool names_outer(Binder *b, const Node *x);
/* Filters r by the conjuncts of cond, but for those that name `outer`'s columns, which are kept. */
bool bind_conjuncts(Binder *b, Rel *r, const Rel *outer, const Ast *cond, const char *clause,
                    Correlated *correlated);
/* [NOT] EXISTS (query), x [NOT] IN (query): r by a semi- or antijoin. */
bool bind_query_test(Binder *b, Rel *r, const Ast *t);
#endif
