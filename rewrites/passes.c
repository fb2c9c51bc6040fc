/* The optimiser on one screen: each pass runs once, in this order. */
#include "rewrites/pass.h"

static const Node *simplify(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report) {
    return rw_run_rules(rw, opt, plan, report);
}

const Pass rw_passes[] = {
    {"simplify", "all rules to a fixpoint", simplify},
};
const size_t rw_pass_count = sizeof rw_passes / sizeof *rw_passes;
