/* The pass infer: see infer.c. */
#ifndef DQL_REWRITES_INFER_H
#define DQL_REWRITES_INFER_H
#include "rewrites/pass.h"
const Node *rw_infer(const Rw *rw, const RwOptions *opt, const Node *plan, RwReport *report);
#endif
