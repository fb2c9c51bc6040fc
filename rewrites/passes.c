/* The optimiser on one screen: each pass runs once, in this order. */
#include "rewrites/infer.h"
#include "rewrites/join_order.h"
#include "rewrites/once.h"
#include "rewrites/prune.h"

const Pass rw_passes[] = {
    {"simplify", "all rules to a fixpoint: constants, filters down, thresholds, slices", rw_run_rules},
    {"infer",
     "filters that a join's alternatives imply of one side; requires equalities and alternatives in join "
     "conditions",
     rw_infer},
    {"place", "all rules again: implied filters go down", rw_run_rules},
    {"join_order",
     "order of inner joins by statistics; requires filters below joins, leaves projections above them",
     rw_join_order},
    {"tidy", "all rules again: conditions and projections that the order moved", rw_run_rules},
    {"once", "networks where their inputs have the fewest rows or values; requires the joins in order", rw_once},
    {"prune_columns", "only columns that are used; requires filters in place", rw_prune_columns},
    {"finish", "all rules again: projections that became trivial, filters that pruning moved", rw_run_rules},
};
const size_t rw_pass_count = sizeof rw_passes / sizeof *rw_passes;
