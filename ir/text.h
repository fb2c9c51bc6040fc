/* The text form of the algebra: one node a line, in order of construction, so inputs come before their uses.
 *     %1 = scan {table="t", version=1, columns=[0], rowid=false, rel=REL(DATE)} : REL(DATE)
 *     %2 = col {index=0, type=DATE} : DATE
 *     %3 = const {value=DATE NOT NULL 1995-01-01} : DATE NOT NULL
 *     %4 = gt %2 %3 : BOOLEAN
 *     %5 = filter %1 %4 : REL(DATE)
 *
 * Invariants: stable (no addresses, equal graphs built in the same order print alike) and closed under
 * reading: what was printed reads back to an equal graph, which prints the same.  The last line is the root.
 * In text written by hand the type may be left out, and lines that are blank or begin with # are skipped.
 */
#ifndef DQL_IR_TEXT_H
#define DQL_IR_TEXT_H
#include "base/buf.h"
#include "ir/node.h"

void ir_print(Buf *out, const Node *root);
/* NULL and a sentence with its line in *why (arena text) when it is no algebra or a type law rejects it. */
const Node *ir_read(Ir *ir, const char *text, const char **why);

/* Types rederived, columns within the input that binds them, aggregate functions only in OP_AGGREGATE, inputs
 * older than uses, commutative inputs in order.  false and a sentence in *why (arena text of ir). */
bool ir_verify(Ir *ir, const Node *root, const char **why);
/* Nodes reachable from root in order of construction; how many. The array lives in the arena. */
size_t ir_reachable(Arena *a, const Node *root, const Node *const **out);
#endif
