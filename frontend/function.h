/* Functions called by name: the table (function.def) and a call whose arguments are bound. */
#ifndef DQL_FRONTEND_FUNCTION_H
#define DQL_FRONTEND_FUNCTION_H
#include "frontend/scope.h"

typedef struct Call Call;
typedef struct Function {
    const char *name;
    Expr (*bind)(Call *c);
    Op op;
    int min, max;
    const char *options, *takes;
} Function;

struct Call {
    Binder *b;
    Scope *s;
    const Ast *ast;
    const Function *fn;
    uint32_t n;          /* positional arguments */
    const Ast **ast_arg; /* as written: constants are read from it */
    Expr *arg;           /* bound, none failed; arrays are not bound (node NULL) */
};

const Function *function_find(const char *name);
const char *const *function_names(Arena *a, size_t *n);
/* The value of name => value, or NULL. */
const Ast *call_option(const Call *c, const char *name);
Expr call_fail(const Call *c);
void call_reject(Call *c, Op op, const char *why); /* what the law of op says, in the name of the function */
Expr call_make(Call *c, Op op, const void *attr, uint32_t n, const Node *const *in);
/* Argument i as a value: a list, which was not bound, becomes a tensor. */
bool call_value(Call *c, uint32_t i);
/* Argument i must be a tensor (reported). */
bool call_tensor(Call *c, uint32_t i);

/* *dim of a tensor of this rank, negative from its end, as one from 0 (reported). */
bool call_dim(Call *c, uint32_t rank, int64_t *dim);
/* Arguments from..n as whole numbers, or one list or tuple of them. */
bool call_ints(Call *c, uint32_t from, uint32_t *n, int64_t *out);
Expr call_onehot_tensor(Call *c);

Expr call_composed(Call *c); /* ir/compose.def */
#define FUNCTION(name, family, op, min, max, options, takes) Expr call_##family(Call *c);
#include "frontend/function.def"
#undef FUNCTION
#endif
