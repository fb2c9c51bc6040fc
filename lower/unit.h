/* Unit: the stages that become one step: a kernel over one loop domain, or a call.  partition() makes the units of a tier:
 * UNITS_SINGLE one stage each (found in the shipped object cache), UNITS_FUSED all stages between two staging points.
 *
 * Within a fused unit a filter is a mask: its domain is "derived" from the loop domain, values in it are lanes under the
 * mask, and taking them is the identity.
 * Invariants of a unit
 *  - Values that other units read ("stored") are in the loop domain or in one derived domain `out`, where they are
 *    compressed; a stored S_POS has the loop domain as its parent.
 *  - No memory access that depends on a test: gathers are in the loop domain.
 */
#ifndef DQL_LOWER_UNIT_H
#define DQL_LOWER_UNIT_H
#include "lower/stage.h"

typedef enum Tier { UNITS_SINGLE, UNITS_FUSED } Tier;
typedef enum UnitKind {
    UNIT_LANES,  /* one loop over vectors of rows */
    UNIT_PASSES, /* one such loop for each of a few groups: accumulators by vectors under the mask of the group */
    UNIT_SCALAR, /* one loop over rows: accumulators by group or in row order */
    UNIT_CALL
} UnitKind;

typedef struct Unit {
    uint32_t number; /* Stage.unit of its stages */
    UnitKind kind;
    uint8_t loop; /* domain of the rows it loops over */
    uint8_t out;  /* derived domain whose values it stores, or DOMAIN_NONE */
    VEC(Stage *) stages;
    VEC(Stage *) stored;
} Unit;

typedef struct Units {
    VEC(Unit) at;
} Units;

void mark_live(Pipe *p);
Units partition(Pipe *p, Tier tier);
void units_free(Units *u);

/* The stage is no stage of a unit: its consumers load it from where it is. */
bool is_inline(const Stage *s, Tier tier);
/* Consumer reads column s in its stored code, whatever the tier. */
bool reads_code(const Stage *consumer, const Stage *s);
/* Accumulations that go by vectors: ungrouped, or with so few groups that a pass for each pays. */
bool acc_by_lanes(const Stage *s);
bool acc_by_passes(const Stage *s);
#endif
