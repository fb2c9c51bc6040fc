/* Paths: the files that a path with wildcards (`*`, `?`, `[..]`) names, sorted bytewise; a path that is there as it is written
 * names itself. */
#ifndef DQL_RUNTIME_PATHS_H
#define DQL_RUNTIME_PATHS_H
#include "base/arena.h"
#include "runtime/error.h"

typedef struct Paths {
    size_t n; /* at least 1 */
    const char **at;
} Paths;

bool paths_find(Arena *a, const char *path, Paths *out, RtError *e);
#endif
