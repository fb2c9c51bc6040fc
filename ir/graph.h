/* What an Ir is, for the files that build and mark its nodes (node.c, origin.c, attr.c); others see
 * ir/node.h. */
#ifndef DQL_IR_GRAPH_H
#define DQL_IR_GRAPH_H
#include "ir/node.h"

struct Ir {
    Arena *arena;
    Intern *names;
    TypePool *types;
    Map nodes;      /* every node, by its identity */
    uint32_t count; /* ids given */
    PtrMap origins; /* Node -> Origin, the first one */
};
#endif
