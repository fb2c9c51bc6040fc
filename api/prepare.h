/* From a syntax tree to a statement that can run: the passes of the compiler, in order. */
#ifndef DQL_API_PREPARE_H
#define DQL_API_PREPARE_H
#include "api/session.h"

/* Binds, rewrites and lowers statement `ast` of s->script into s. On failure the message is in the session. */
int prepare(dql_stmt *s, const Ast *ast);
/* A statement of no text: `plan` over s's Ir and tables, rewritten. */
void prepare_plan(dql_stmt *s, const Node *plan);
/* The session's message is replaced by these diagnostics; returns the status they mean. */
int report_diags(dql_db *db, const Diags *d);
int report_text(dql_db *db, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void time_pass(const dql_db *db, const char *pass, double ms); /* --time-passes */
#endif
