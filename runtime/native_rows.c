#include "runtime/abi.h"
#include "runtime/state.h"

static const int64_t no_memory = PROGRAM_ERROR(0, 0, ROW_NO_MEMORY);

int64_t dql_rt_rows_append(void *const *args, int64_t n) { return rows_append(args[0], args + 1, n) ? 0 : no_memory; }

int64_t dql_rt_rows(void *const *args, int64_t n) {
    int64_t each = *(const int64_t *)args[0], m = 0;
    uint32_t *position = args[1], *number = args[2];
    RtCursor *c = args[3];
    for (; c->at[0] < n; c->at[0]++, c->at[1] = 0)
        for (; c->at[1] < each; c->at[1]++, m++) {
            if (m == c->room) return m;
            position[m] = (uint32_t)c->at[0];
            number[m] = (uint32_t)c->at[1];
        }
    c->at[0] = c->at[1] = 0;
    return m;
}
