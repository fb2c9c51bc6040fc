/* The pass join_order: see join_order.c. */
#ifndef DQL_REWRITES_JOIN_ORDER_H
#define DQL_REWRITES_JOIN_ORDER_H
#include "rewrites/pass.h"
const Node *rw_join_order(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report);
#endif
