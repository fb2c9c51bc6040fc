/* The laws that are builders: from nodes to nodes of the same algebra, so that what a law says is fused,
 * batched and compiled like any query; and the law of cost.  ops.def names each operator's; where it says
 * `none`, none.def says why. The signature rewrites (thresholds, deltas, reuse) are written against this
 * header and never against an operator.
 */
#ifndef DQL_IR_LAWS_H
#define DQL_IR_LAWS_H
#include "base/buf.h"
#include "ir/node.h"

/* ---- inverse on a threshold:  f(z) cmp t  ==  pred(z)   for cmp in OP_LT OP_LE OP_GT OP_GE, t a constant
 * Total on t: beyond the range of f the predicate is true or false of every z; NaN is above all numbers, as
 * everywhere; NULL gives NULL.  exact: the same decision on every z, since the boundary is that of the
 * computed function; otherwise equal over the reals (DOUBLE functions, whose monotonicity is not proved).  An
 * evaluation that may fail is only ever removed. */
typedef struct Inverse {
    const Node *pred; /* NULL: the law does not apply to these types, this t or this comparison */
    bool exact;
} Inverse;
typedef Inverse (*InverseLaw)(Ir *ir, Op cmp, const Node *f, const Node *t);
/* Peels one function off `f cmp t` where f's op states an inverse. */
Inverse ir_inverse(Ir *ir, Op cmp, const Node *f, const Node *t);

/* ---- bounds: lo <= n <= hi elementwise for all inputs within theirs; of the type of n, NULL where n is
 * They bound the computed value, rounding included, where inputs and value are numbers.  Stated for floats:
 * ranges of exact numbers come from statistics.  A bound that is NaN (an infinity met its opposite) or NULL
 * says nothing: whoever decides by lo > t asks for lo <= infinity too, since NaN is above all numbers. */
typedef struct Bounds {
    const Node *lo, *hi; /* the same node: exact */
} Bounds;
typedef bool (*BoundsLaw)(Ir *ir, const Node *n, const Bounds *in, Bounds *out); /* false: none for this n */
/* Bounds of expr from those of its columns (lo NULL: none known); false when a part of expr states none. */
bool ir_bounds(Ir *ir, const Node *expr, uint32_t n, const Bounds *columns, Bounds *out);

/* ---- delta: which part of a value changes when parts of its inputs change, and what is there afterwards
 * A box per dimension [from, to) of the value, and its new content; the rest keeps its base value, which is
 * the node itself.  Scalars have no dimensions: the patch is the new value. */
typedef struct Delta {
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK];
    const Node *patch; /* NULL: unchanged */
} Delta;
/* exact: the patch has the bits of a full evaluation.  Otherwise linear operators add the image of the change
 * to the base, which is cheaper and equal over the reals. false: none for this n. */
typedef bool (*DeltaLaw)(Ir *ir, const Node *n, const Delta *in, bool exact, Delta *out);
/* Delta of expr when its node `at` becomes as `change` says. */
bool ir_delta(Ir *ir, const Node *expr, const Node *at, const Delta *change, bool exact, Delta *out);
/* The value of n after the change, whole. */
const Node *ir_after(Ir *ir, const Node *n, const Delta *d);

/* ---- gradient: adjoints of the inputs from the adjoint of n; NULL in adj: no dependence (integers,
 * conditions) */
typedef bool (*GradientLaw)(Ir *ir, const Node *n, const Node *adjoint,
                            const Node **adj); /* false: none for this n */
/* d y / d wrt[i] for a scalar float y; a zero where y does not depend on it. False and *why where a law is
 * missing. */
bool ir_gradient(Ir *ir, const Node *y, uint32_t n, const Node *const *wrt, const Node **out,
                 const char **why);
/* From a given adjoint of y, which may be a tensor; out[i] NULL where y does not depend on wrt[i]. */
bool gradient_through(Ir *ir, const Node *y, const Node *adjoint, uint32_t n, const Node *const *wrt,
                      const Node **out, const char **why);

/* ---- cost of one evaluation: of a value for one row, of a relation op for `rows` rows in */
typedef struct Cost {
    double flops, bytes; /* bytes read and written */
} Cost;
typedef Cost (*CostLaw)(const Node *n, double rows);
Cost ir_cost(const Node *n, double rows); /* of n alone */
Cost ir_cost_expr(const Node *expr);      /* of the expression: each shared part once */

/* ---- expansion of a COMPOSITE op into other ops, equal over the reals; NULL for the others */
const Node *ir_expand(Ir *ir, const Node *n);

typedef struct OpLaws {
    InverseLaw inverse; /* NULL: none */
    BoundsLaw bounds;
    DeltaLaw delta;
    GradientLaw gradient;
    CostLaw cost;
} OpLaws;
extern const OpLaws op_laws[OP_COUNT_];
/* Why op has no such law ("inverse", "bounds", "delta", "gradient"); NULL if none.def says nothing. */
const char *ir_why_none(Op op, const char *law);
void ir_list_ops(Buf *out); /* the table of laws, for --list-ops */

#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags)                                  \
    Inverse law_inverse_##inv(Ir *, Op, const Node *, const Node *);                                         \
    bool law_bounds_##bnd(Ir *, const Node *, const Bounds *, Bounds *);                                     \
    bool law_delta_##dlt(Ir *, const Node *, const Delta *, bool, Delta *);                                  \
    bool law_gradient_##grd(Ir *, const Node *, const Node *, const Node **);                                \
    Cost law_cost_##cst(const Node *, double);
#include "ir/ops.def"
#undef OP
#endif
