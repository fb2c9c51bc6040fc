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

typedef struct Sides {
    bool outer, inner; /* has columns of the enclosing query, of its own */
} Sides;
Sides sides_of(Binder *b, const Node *x);
bool names_outer(Binder *b, const Node *x);
/* A column of the enclosing query as a subquery numbers it. ctx: the Ir. */
const Node *number_outer(void *ctx, const Node *column);
/* cond over the columns of left's relation, then the subquery's. */
const Node *subquery_condition(Binder *b, const Rel *left, const Node *cond);
/* One SELECT without grouping, so that FROM and WHERE are all that decides which rows it has. */
bool is_plain(const Ast *query);
bool calls_aggregate(const Ast *t);
/* FROM and what of WHERE is its own; conjuncts that name outer's columns go to c. */
Rel bind_inner(Binder *b, const Rel *outer, const Ast *select, Correlated *c);
bool one_column(Binder *b, Span at, uint32_t n); /* n is 1, or reported */
void enter_subquery(Binder *b, Enclosing *e, const Rel *outer);
void leave_subquery(Binder *b, const Enclosing *e);
/* Filters r by the conjuncts of cond, but for those that name `outer`'s columns, which are kept. */
bool bind_conjuncts(Binder *b, Rel *r, const Rel *outer, const Ast *cond, const char *clause,
                    Correlated *correlated);
bool is_equality(Binder *b, const Node *c, const Node **outer, const Node **inner); /* outer = inner */
/* Each of the row's columns makes some condition not TRUE when it is NULL. */
bool rejects_nulls(Binder *b, const Correlated *c);
/* Whether the inner relation has rows that meet c, and whether x is among values' one column, as values of the row. */
Expr exists_value(Binder *b, Scope *s, Span at, const Rel *inner, const Correlated *c);
const Node *in_value(Binder *b, Scope *s, Span at, Expr x, const Rel *values);
/* [NOT] EXISTS (query), x [NOT] IN (query): r by a semi- or antijoin. */
bool bind_query_test(Binder *b, Rel *r, const Ast *t);
#endif
