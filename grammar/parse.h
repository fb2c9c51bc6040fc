/* From text to syntax tree. The language is described in README.md; the tree in frontend/ast.h.
 * Errors are collected in the Diags, at most one a statement: after one, parsing goes on behind the next `;`.
 */
#ifndef DQL_GRAMMAR_PARSE_H
#define DQL_GRAMMAR_PARSE_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/diag.h"
#include "base/span.h"
#include "base/str.h"
#include "frontend/ast.h"

/* Never NULL: an A_SCRIPT with the statements that parsed, in order. Nodes live in the arena, texts in the Intern. */
Ast *dql_parse(Arena *a, Intern *names, const Source *source, Diags *diags);

/* The tokens, one a line: where, what, the text. For --dump=tokens. */
void dql_tokens(Buf *out, const Source *source);

/* The keywords in upper case, the reserved ones (names only in double quotes) first; each part sorted. */
size_t keyword_count(void);
const char *keyword_at(size_t i);
bool keyword_reserved(const char *upper);
#endif
