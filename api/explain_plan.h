/* A plan for people: relations as an indented tree, expressions inline, networks as a list of their layers. */
#ifndef DQL_API_EXPLAIN_PLAN_H
#define DQL_API_EXPLAIN_PLAN_H
#include "ir/node.h"
#include "ir/source.h"

void explain_plan(Buf *out, const Node *plan, const SourceApi *source, Ir *ir, Arena *arena);
#endif
