/* The pass prune_columns: see prune.c. */
#ifndef DQL_REWRITES_PRUNE_H
#define DQL_REWRITES_PRUNE_H
#include "rewrites/pass.h"
const Node *rw_prune_columns(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report);
#endif
