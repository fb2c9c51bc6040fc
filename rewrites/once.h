/* The pass once: see once.c. */
#ifndef DQL_REWRITES_ONCE_H
#define DQL_REWRITES_ONCE_H
#include "rewrites/pass.h"
const Node *rw_once(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report);
#endif
