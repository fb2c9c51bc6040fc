/* The engine: applies the rules bottom-up to a fixpoint, counts, limits and times them.  Rules never print; what happened
 * is in the report, which EXPLAIN shows.
 */
#ifndef DQL_REWRITES_ENGINE_H
#define DQL_REWRITES_ENGINE_H
#include "rewrites/rule.h"

extern const Rule *const rw_rules[]; /* of rules.def, in order of trial; NULL at the end */
extern const size_t rw_rule_count;

typedef struct RwOptions {
    bool off;          /* no rewrites at all */
    bool exact;        /* only EXACT rules */
    bool verify;       /* verify the algebra after each pass */
    int64_t limit;     /* applications in all; -1: no limit */
    const char *without; /* comma separated names of rules and passes that are off; NULL: none */
    const char *stop_after; /* pass name; NULL */
    void (*after_pass)(void *ctx, const char *pass, const Node *plan, double ms); /* NULL */
    void *ctx;
    const _Atomic bool *cancel; /* true: no more rules apply; NULL */
} RwOptions;

typedef struct RwFired { /* one application, in order */
    const char *name;    /* of the rule, or of the pass that is no rule */
    Soundness sound;
    const Node *from, *to;
} RwFired;

typedef struct RwReport {
    Arena *arena;
    RwFired *fired;
    size_t n_fired, cap_fired;
    uint32_t *tried, *hits; /* per rule of rw_rules */
    bool limited;           /* the limit stopped it */
} RwReport;

/* The passes, in order (rewrites/passes.c). Returns the plan rewritten; `report` lives in `arena`. */
const Node *rw_optimise(Ir *ir, const SourceApi *source, const RwOptions *opt, const Node *plan, RwReport *report, Arena *arena);
/* One rule alone, everywhere, to its fixpoint: what the rule tests run. */
const Node *rw_apply_rule(Ir *ir, const SourceApi *source, const Rule *rule, const Node *plan, size_t *fired);
const Rule *rw_find_rule(const char *name); /* NULL: there is none */
/* Is `name` a rule or a pass (for --off)? */
bool rw_known(const char *name);
void rw_list_rules(Buf *out); /* the table of --list-rules */
void rw_print_stats(Buf *out, const RwReport *report); /* --rule-stats: tried and fired, per rule that was tried */
/* What happened, for EXPLAIN: a line a rule in order of first application: how often, soundness, mean share of the part's
 * measure saved, law. */
void rw_print_report(Buf *out, Ir *ir, const SourceApi *source, const RwReport *report);
#endif
