/* Emission: the Kernel of a unit and the operands of its step.  The same code serves both tiers.
 * A unit of lanes is one loop over vectors of rows; the last round reads and writes past n, where the contract of
 * base/program.h allows it, and masks off what has an effect: accumulation, compression, errors, gathers.
 */
#ifndef DQL_LOWER_EMIT_H
#define DQL_LOWER_EMIT_H
#include "lower/target.h"
#include "lower/unit.h"

/* What is the same in every round is made before the loop: scalars in the lanes of a use, frames of reference, limits on
 * codes.  Emission runs twice: the first run finds out what that is, the second makes it first. */
typedef enum HoistKind { HOIST_SCALAR, HOIST_BASE, HOIST_ROWID, HOIST_LIMIT, HOIST_POSSIBLE } HoistKind;
typedef struct Hoist {
    HoistKind kind;
    const Stage *stage;
    KType type;
    KInst *at;
} Hoist;

typedef struct Emit {
    Arena *arena;
    KB *b;
    Pipe *p;
    const Unit *u;
    const int32_t *reg; /* by stage id: register that holds it in this tier, -1 none */
    uint16_t lanes;
    KInst *i;           /* the loop's counter: first row of the round */
    KInst *n;
    KInst *pass;        /* UNIT_PASSES: the group of this loop, i64 */
    KInst **value;      /* by stage id: in this round */
    KInst **mask;       /* by domain: rows of the round that are in it */
    VEC(Arg) args;
    VEC(KInst *) params; /* parallel to args */
    VEC(Hoist) hoisted;
    VEC(uint16_t) sites; /* Stage.site in order: the step's sites */
    VEC(KInst *) init;   /* carried values of the loop */
    VEC(KInst *) next;
} Emit;

typedef struct Emitted {
    Kernel *kernel;
    uint32_t n_args, n_sites;
    Arg *args;
    uint16_t *sites;
} Emitted;

Emitted emit_unit(Arena *a, Pipe *p, const Target *t, const Unit *u, const int32_t *reg);

/* ---- between the files of emission ---- */
KInst *emit_param(Emit *e, Arg arg);
KInst *emit_load(Emit *e, const Stage *s);                   /* from memory, this round's rows */
KInst *emit_column(Emit *e, const Stage *s);                 /* a source column, from where it is stored */
KInst *emit_use(Emit *e, const Stage *s, KType t);           /* in lanes of t */
KInst *emit_resize(Emit *e, KInst *x, KType t);              /* K_I1 and integers */
KInst *emit_mask(Emit *e, uint8_t domain);                   /* rows of the round in the domain */
KInst *emit_gather_from(Emit *e, const Stage *array, KInst *rows, KInst *mask);
KInst *emit_gather(Emit *e, KInst *ptr, KInst *rows, ColumnCode code, KType t, KInst *mask);
KInst *emit_stage(Emit *e, const Stage *s);                  /* its value */
void emit_is(Emit *e, const Stage *s, KInst *x);             /* x is its value in this round */
KInst *emit_const(Emit *e, KType t, Int128 v);               /* splat */
KInst *emit_hoist(Emit *e, HoistKind kind, const Stage *s, KType t);
/* Accumulators: initial carried values before the loop, next ones in each round, and what is added to memory after it.
 * Grouped ones go to memory in each round.  `slot` counts the carried values. */
bool emit_acc_counts_all(const Emit *e, const Stage *s);     /* counts the rows of the loop: n, without looking */
void emit_acc_begin(Emit *e, const Stage *s);
void emit_acc_round(Emit *e, const Stage *s, uint32_t *slot);
void emit_acc_end(Emit *e, const Stage *s, KInst *loop, uint32_t *slot);
#endif
