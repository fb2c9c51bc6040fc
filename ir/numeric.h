/* The numeric functions: sqrt, exp, ln, tanh, sigmoid, erf, sin, cos, pow, atan2 of FLOAT32 and DOUBLE,
 * defined once.
 *
 * A definition (ir/numeric_f32.h, ir/numeric_f64.h) is straight-line code over a small vocabulary: IEEE add,
 * mul, div, fma, min, max, round, compare, select, and bit operations on integers of the same width.  The
 * including file gives the vocabulary its meaning: ir/numeric_c.h on C numbers (eval), ir/numeric_kernel.c on
 * kernel IR (all machines).  Nothing is contracted or reassociated and each operation rounds once, so every
 * machine computes the same bits.
 *
 * Invariants
 *  - NaN in, NaN out (but pow(1, y) = pow(x, 0) = 1).  Which NaN is not defined.
 *  - FLOAT32 exp, ln, tanh, sigmoid, erf are non-decreasing on all their 2^32 inputs (ln on [-0, inf]), so
 *    that the inverse of a threshold is exact.  dql-monotone checks all inputs, tests/unit/numeric_test.c
 *    2^24 of them.
 *  - Denormals, infinities and overflow are IEEE's; ln(x) of x < 0 is NaN, ln(+-0) is -inf.
 *  - FLOAT32 sin, cos, pow and atan2 are the DOUBLE ones rounded once more.
 *
 * Largest errors in units in the last place: see ir/NUMERIC.md.
 */
#ifndef DQL_IR_NUMERIC_H
#define DQL_IR_NUMERIC_H
#include "ir/kernel.h"
#include "ir/node.h"

/* OP_SQRT .. OP_COS, OP_FLOOR, OP_CEIL, OP_ROUND, OP_RELU; BUG for another op. */
float num_eval_f32(Op op, float x);
double num_eval_f64(Op op, double x);
/* OP_POW, OP_ATAN2 */
float num_eval2_f32(Op op, float x, float y);
double num_eval2_f64(Op op, double x, double y);

bool num_is_unary(Op op);

/* The same on kernel IR, on any number of lanes of K_F32 or K_F64. */
KInst *num_emit(KB *b, Op op, KInst *x);
KInst *num_emit2(KB *b, Op op, KInst *x, KInst *y);
#endif
