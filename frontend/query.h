/* Parts of queries that SELECT and the pipes share. */
#ifndef DQL_FRONTEND_QUERY_H
#define DQL_FRONTEND_QUERY_H
#include "frontend/scope.h"

Rel bind_select(Binder *b, const Ast *select, const Ast *order);
int64_t bind_order_flags(const Ast *order);
bool bind_ordinal(Binder *b, const Ast *number, const char *clause, uint32_t n, uint32_t *index);
const Node *bind_sort(Binder *b, const Node *rel, uint32_t n, const Node *const *keys, const int64_t *flags,
                      Span at);
bool bind_order(Binder *b, Rel *r, const Ast *order);
/* A SELECT list, or the items of an AGGREGATE: out's nodes are over s->rel. */
bool bind_items(Binder *b, Scope *s, const Ast *items, Rel *out);
/* Operators on one table, in FROM and behind |> (bind_reshape.c); in: what they read. */
Rel bind_unstack(Binder *b, Rel in, const Ast *t);
Rel bind_melt(Binder *b, Rel in, const Ast *t);
Rel bind_unpivot(Binder *b, Rel in, const Ast *t);
Rel bind_pivot(Binder *b, Rel in, const Ast *t);
/* Adds the keys of GROUP BY; names[i] are those of keys that have one (pipes), NULL to do without. */
bool bind_group_keys(Binder *b, Scope *s, const Ast *group, const Rel *items, Grouping *g, Rel *named);
#endif
