/* Constants as written: what options of functions and layers are made of.  Each reads one form of syntax and
 * reports what it is not; nothing is looked up.
 */
#ifndef DQL_FRONTEND_CONSTANT_H
#define DQL_FRONTEND_CONSTANT_H
#include "frontend/scope.h"

bool constant_int(Binder *b, const Ast *t, const char *what, int64_t *out);
bool constant_bool(Binder *b, const Ast *t, const char *what, bool *out);
bool constant_double(Binder *b, const Ast *t, const char *what, double *out);
const char *constant_text(Binder *b, const Ast *t, const char *what);
/* A number, [1, 2] or (1, 2): at most max of them. */
bool constant_ints(Binder *b, const Ast *t, const char *what, uint32_t max, uint32_t *n, int64_t *out);
/* Any literal, with its own type; [a, b] is a LIST of what the types have in common. */
bool constant_value(Binder *b, const Ast *t, const char *what, Value *out);
#endif
