/* Elementwise operators: a function of scalars, applied to scalars or along tensors that broadcast (NumPy's
 * rule). */
#ifndef DQL_IR_EVAL_MAP_H
#define DQL_IR_EVAL_MAP_H
#include "ir/eval_law.h"

/* in: scalars of the elements' types; out->type is set. False after eval_fail. */
typedef bool (*EvalElement)(Eval *e, const Node *n, const Value *in, Value *out);
bool eval_map(Eval *e, const Node *n, uint32_t inputs, const Value *in, Value *out, EvalElement fn);

/* The place in v (a tensor or scalar) that element `at` of a result of `rank` dimensions takes, and the next
 * `at`. */
int64_t eval_place(const Value *v, uint32_t rank, const int64_t *at);
void eval_advance(uint32_t rank, const int64_t *shape, int64_t *at);

/* A zeroed tensor of out->type; shape is copied. */
void eval_tensor(Eval *e, Value *out, const int64_t *shape);
/* Sizes that the type knows must be the shape's: what `*` turned out to be is checked here. */
bool eval_check_shape(Eval *e, const Node *n, const Type *t, const int64_t *shape);
/* "[3, 224, 224]" */
const char *eval_shape_text(Eval *e, uint32_t rank, const int64_t *shape);
void eval_shape_of(const Value *v, int64_t *shape); /* TENSOR_MAX_RANK */

/* Element i of a tensor, or the scalar itself (i = 0). */
void eval_store(Value *out, int64_t i, const Value *elem);
/* A float of the element type, rounded once from double where that is FLOAT32 or DOUBLE. */
void eval_store_float(Value *out, int64_t i, double v);
/* x as FLOAT16 or BFLOAT16 holds it, or x itself. */
float eval_round(const Type *t, float x);
#endif
