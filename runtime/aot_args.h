/* The command line of a program compiled ahead of time: a few settings and its parameters. */
#ifndef DQL_RUNTIME_AOT_ARGS_H
#define DQL_RUNTIME_AOT_ARGS_H
#include "runtime/aot.h"
#include "runtime/result_print.h"

typedef struct AotArgs {
    ResultFormat format;
    int64_t threads, memory_limit;
    bool timing;
    Value *params; /* one an AotParam, of its type; has_param says which are known */
    bool *has_param;
} AotArgs;

/* -1 to go on, else the exit code (--help, a wrong option). Values live in the arena. */
int aot_args(AotArgs *out, Arena *a, TypePool *types, const AotScript *s, int argc, char **argv);
#endif
