/* The rules of rules.def by name. */
#ifndef DQL_REWRITES_RULES_H
#define DQL_REWRITES_RULES_H
#include "rewrites/rule.h"

#define RULE(file, name) extern const Rule rule_##name;
#include "rewrites/rules.def"
#undef RULE
#endif
