/* Keys of groups and joins: values that value_cmp calls equal, made the same (-0 is 0), and their hash. */
#ifndef DQL_IR_EVAL_KEY_H
#define DQL_IR_EVAL_KEY_H
#include "ir/eval_law.h"

/* The n expressions on the row at hand, in the run's arena. */
bool eval_keys(Eval *e, uint32_t n, const Node *const *exprs, Value **out);
uint64_t keys_hash(uint32_t n, const Value *keys);
bool keys_equal(uint32_t n, const Value *a, const Value *b); /* NULL equals NULL */
#endif
