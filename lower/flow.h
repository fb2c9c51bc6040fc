/* Flow: a relation on its way through a pipeline: values of the rows of one domain.  lower_relation() makes the flow of a
 * relation op; breakers finish a pipeline inside and start the next.
 */
#ifndef DQL_LOWER_FLOW_H
#define DQL_LOWER_FLOW_H
#include "lower/rows.h"

typedef struct Flow {
    Pipe *p;
    uint8_t domain;
    uint32_t n;
    LVal *cols;     /* those that are not needed have v == NULL */
    double rows;    /* estimate */
    double at_most; /* no more rows than this; infinite when unknown */
    bool distinct_rows; /* each source row comes at most once: a unique source column is still unique */
    bool *unique;   /* by column: no value twice */
    Stage *mask;    /* rows that are wanted, of a scan whose filter is still to come; NULL: all */
} Flow;

/* need[i]: column i of the relation is used. */
Flow lower_relation(Lower *c, const Node *rel, const bool *need);
Flow lower_join(Lower *c, const Node *rel, const bool *need);
double relation_rows(Lower *c, const Node *rel); /* an estimate */
bool join_swaps(Lower *c, const Node *rel);      /* its left side is built, its right side probes */
/* lower/reduce.c */
/* Whether the join `rel` had better drop rows of the table that its left side scans before anything else looks at them;
 * key: its only key, over the left side's columns. */
bool reduces_scan(Lower *c, const Node *rel, const Node *key, Reducer *out);
/* Which rows of the scan may have a match in c->reducer's state; the key is column `at` of the program's scan. */
Stage *reduce_scan(Lower *c, Pipe *p, uint32_t at, const ColumnStats *st);
Flow lower_aggregate(Lower *c, const Node *rel, const bool *need);
Flow lower_sort(Lower *c, const Node *rel, const bool *need); /* SORT, TOPN */
Flow lower_limit(Lower *c, const Node *rel, const bool *need);
Flow lower_values(Lower *c, const Node *rel, const bool *need);
/* VALUES of many constant rows; false: it is none (constant_rows.c). */
bool lower_constant_rows(Lower *c, const Node *rel, const bool *need, Flow *out);

Flow flow_on(Lower *c, Pipe *p, uint32_t n);
/* A flow without rows of the relation's type, after a failure. */
Flow flow_none(Lower *c, const Node *rel);
Scope flow_scope(Lower *c, const Flow *f);
/* The pipeline that reads a finished state of these columns; columns that are not needed stay out. */
Flow flow_from_state(Lower *c, uint32_t state, uint32_t n, const RowCol *cols, const char *label);
/* Appends the flow's needed columns to `state` and finishes the pipeline; cols (n of the flow) says how they are stored. */
void flow_into_state(Lower *c, Flow *f, uint32_t state, RowCol *cols);
bool *need_none(Lower *c, uint32_t n);
/* LIMIT's or TOPN's number as an argument: a literal or a parameter. */
Arg limit_arg(Lower *c, const Node *e);
#endif
