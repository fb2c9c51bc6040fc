/* Running a prepared statement on the back end that the settings name. */
#ifndef DQL_API_RUN_H
#define DQL_API_RUN_H
#include "api/session.h"

/* Runs s if it has not run: fills s->result, carries out its change. */
int run(dql_stmt *s);
void run_free(dql_stmt *s); /* result and everything made to get it */

/* Back ends: rows of s->plan into s->result. */
int run_eval(dql_stmt *s);
int run_cpu(dql_stmt *s);
int explain(dql_stmt *s); /* EXPLAIN: its lines become the result */
void evaluated_free(struct Evaluated *e); /* NULL is allowed */

/* Ahead of time: s->program for this target, in general layouts. */
int lower_ahead(dql_stmt *s, Target target);
int lower_only(dql_stmt *s); /* for this machine, to be dumped */
void describe(dql_stmt *s, Program *p); /* what the statement does with its rows, written into its Program */
void remember(dql_stmt *s);             /* what the session itself keeps of a statement that succeeded */

/* Parameters of the session in the order of `refs`, converted to their types. */
int params_get(dql_stmt *s, uint32_t n, const ParamRef *refs, Value *out);
int report_run_error(dql_stmt *s, const Program *p, RtError *e);
/* The message for an error at `span`: as a diagnostic of the statement's text. */
int report_at(dql_stmt *s, int status, Span span, const char *text);
#endif
