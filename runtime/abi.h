/* The native functions of abi.def: prototypes, and what their operands point to. */
#ifndef DQL_RUNTIME_ABI_H
#define DQL_RUNTIME_ABI_H
#include <stdint.h>

#define NATIVE(name, where, operands) int64_t name(void *const *args, int64_t n);
#include "runtime/abi.def"
#undef NATIVE

/* What ARG_CURSOR points to. The executor says how many rows fit into the output registers. */
typedef struct RtCursor {
    int64_t at[4];
    int64_t room;
} RtCursor;
#endif
