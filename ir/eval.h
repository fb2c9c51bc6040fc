/* The reference evaluator: what every operator means, slowly and obviously.  It is the arbiter of the other
 * executions, folds constants and runs tiny statements.
 *
 * Semantics
 *  - Three-valued logic; AND and OR evaluate from the left and stop when the answer is known; CASE, COALESCE
 *    and IN evaluate what they need.  Every other operator evaluates all its inputs, then is NULL if it is
 *    STRICT and one is.
 *  - Order and equality are value_cmp's (base/value.h) everywhere: NaN equals NaN and is above all numbers,
 *    -0 equals 0. Group keys are made equal: -0 becomes 0.  MIN and MAX of a tensor, max_pool and argmax take
 *    a NaN where there is one.
 *  - FLOAT32 is computed in FLOAT32, one rounding an operation; FLOAT16 and BFLOAT16 in FLOAT32, rounded
 *    after each. Reductions, contractions, convolutions, pooling, normalisation, softmax compute in
 *    compensated double and round once: other executions differ from them by the bounds of ir/eval_bound.h.
 *  - Scalar division by zero and whatever leaves the type of an integer or DECIMAL is an error; floats
 *    overflow to infinity, by casts too.  Tensors of floats divide as IEEE 754 says.
 *  - SUM, AVG of floats: base/sum.h, over morsels of the aggregate's input.  AVG of integers and DECIMAL: the
 *    exact sum converted to double, divided by 10^scale, then by the count.
 *  - The error of a relation is that of its first row: operators that go row by row hand on the rows before
 * the one that failed, and only what needs all of them ends.  Of a LIMIT's rows, those behind the last are
 * not looked at.
 *  - Groups come in order of first appearance, join results in order of the left input, then the right.
 *
 * A value's type is nullable exactly if it is NULL, whatever the node's says.  Results live in ctx->arena.
 */
#ifndef DQL_IR_EVAL_H
#define DQL_IR_EVAL_H
#include "ir/node.h"
#include "ir/source.h"

typedef struct EvalError {
    RowError code;    /* base/program.h */
    const Node *node; /* whose evaluation failed; ir_origin has its place in the text */
    const char *text; /* "out of range for INTEGER": arena */
    const char
        *table; /* whose row it was, where there is one below all joins and groups; NULL: none is named */
    int64_t version, row; /* of it; 0 is the first row */
} EvalError;

typedef struct EvalParam {
    const char *name;
    Value value;
} EvalParam;

typedef struct EvalCtx {
    Arena *arena;
    Ir *ir;
    const SourceApi *source; /* may be NULL where there is no scan and no weight */
    uint32_t n_params;
    const EvalParam *params;
    const _Atomic bool *cancel; /* true: stop with ROW_CANCELLED; may be NULL */
    size_t limit;               /* bytes of the arena at which it stops with ROW_NO_MEMORY, about; 0: none */
    EvalError error;            /* set when a function returns false */
} EvalCtx;

typedef struct Rows {
    size_t n;
    uint32_t columns;
    const Value *const *at; /* at[row][column] */
} Rows;

bool ir_eval(EvalCtx *c, const Node *rel, Rows *out);
/* `row` holds the n columns that expr refers to. */
bool ir_eval_scalar(EvalCtx *c, const Node *expr, const Value *row, uint32_t n, Value *out);
#endif
