/* Range: what is known of an integer value: BOOLEAN, integers, scaled DECIMALs, dates, times.  From statistics at the
 * leaves, through the operators exactly; it chooses the lanes and says where overflow cannot happen.
 * A range holds for valid rows of the value's domain only; of NULL and filtered rows nothing is known.
 */
#ifndef DQL_LOWER_RANGE_H
#define DQL_LOWER_RANGE_H
#include "base/value.h"
#include "ir/kernel.h"

typedef struct Range {
    bool exact; /* false: beyond what Int128 arithmetic can say; lo and hi are then of no use */
    Int128 lo, hi;
} Range;

Range range_of_type(const Type *t); /* every value of the type; not exact for types that are no integers */
Range range_point(Int128 v);
Range range_span(Int128 lo, Int128 hi);
Range range_hull(Range a, Range b);
bool range_within(Range inner, Range outer);
bool range_has(Range r, Int128 v);
Range range_add(Range a, Range b);
Range range_sub(Range a, Range b);
Range range_mul(Range a, Range b);
Range range_neg(Range a);
Range range_abs(Range a);
Range range_min(Range a, Range b);
Range range_max(Range a, Range b);
Range range_div(Range a, Range b); /* truncating; b may hold 0, which is left out */
Range range_rem(Range a, Range b);
KType range_lanes(Range r);        /* narrowest of K_I8 .. K_I128 that holds it; K_I128 when not exact */
Int128 range_size(Range r);        /* number of values; -1 when not exact or too many */
#endif
