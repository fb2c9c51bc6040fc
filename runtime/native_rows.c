#include "runtime/abi.h"
#include "runtime/state.h"

static const int64_t no_memory = PROGRAM_ERROR(0, 0, ROW_NO_MEMORY);

int64_t dql_rt_rows_append(void *const *args, int64_t n) { return rows_append(args[0], args + 1, n) ? 0 : no_memory; }
