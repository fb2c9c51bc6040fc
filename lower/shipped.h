/* Ship: stages on made-up operands, for lower_shipped_kernels() (lower/shipped.c). */
#ifndef DQL_LOWER_SHIPPED_H
#define DQL_LOWER_SHIPPED_H
#include "lower/context.h"

enum { SHIP_SITE = 1 };

typedef struct Ship {
    Lower c;
    Pipe *p;             /* stages made so far */
    VEC(Stage *) made;   /* those to keep */
    size_t visited;      /* kernels */
    uint32_t fresh;      /* number of the next column, constant or accumulator */
    void (*visit)(void *ctx, const Kernel *k);
    void *ctx;
} Ship;

Range ship_full(KType t);                /* all values of the lanes */
Stage *ship_reg(Ship *s, KType t);       /* a value in memory */
Stage *ship_reg_in(Ship *s, KType t, Range r);
Stage *ship_num(Ship *s, KType t);       /* a constant of 8 bytes, or 16 */
Stage *ship_guard(Ship *s, bool guarded);
void ship_keep(Ship *s, Stage *x);
void ship_rest(Ship *s);                 /* flushes when there are many stages */
/* The pipeline's kernels are visited; a new one begins, in which no older stage may be used. */
void ship_flush(Ship *s);
void ship_memory(Ship *s);               /* lower/shipped_memory.c: columns, domains, accumulators */
#endif
