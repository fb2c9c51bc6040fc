/* A script on its way to files of machine code. */
#ifndef DQL_API_AHEAD_H
#define DQL_API_AHEAD_H
#include "api/session.h"
#include "base/cpu.h"
#include "runtime/aot.h"

typedef struct AheadKernel {
    const Kernel *kernel;
    uint32_t line; /* of the first statement that uses it */
} AheadKernel;

typedef struct Ahead {
    dql_db *db;
    dql_script *script;
    Arena *arena;
    AotScript image;
    CpuLevel level; /* whose vectors and tiles the kernels are made for */
    uint32_t n_levels;
    CpuLevel levels[CPU_LEVELS]; /* they are compiled for */
    VEC(dql_stmt *) statements;
    VEC(AheadKernel) kernels;
} Ahead;

/* Writes one output of dqlc (a name of --emit): the whole file or, with a message and a status, none. */
int ahead_cancelled(Ahead *a); /* DQL_INTERRUPTED and its message */
int ahead_emit(Ahead *a, const char *output, const char *path);
#endif
