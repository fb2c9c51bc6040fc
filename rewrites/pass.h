/* A pass: a step of the optimiser that is not one rule: a run of the rules, or a search (join order, column pruning). */
#ifndef DQL_REWRITES_PASS_H
#define DQL_REWRITES_PASS_H
#include "rewrites/engine.h"

typedef struct Pass {
    const char *name, *does; /* "requires X, breaks Y" in words */
    const Node *(*run)(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report);
} Pass;

extern const Pass rw_passes[]; /* passes.c: the pipeline on one screen */
extern const size_t rw_pass_count;

/* All rules that are on, to a fixpoint. */
const Node *rw_run_rules(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report);
/* Notes an application of a pass that is no rule. */
void rw_note(RwReport *report, const char *pass, Soundness sound, const Node *from, const Node *to);
bool rw_limited(const RwOptions *opt, const RwReport *report); /* no more applications are allowed */
#endif
