#include "runtime/abi.h"
#include "runtime/run.h"
#include <string.h>

static const struct AbiRow {
    const char *name;
    RtKernel fn;
} rows[] = {
#define NATIVE(name, where, operands) {#name, name},
#include "runtime/abi.def"
#undef NATIVE
};

RtKernel abi_find(const char *name) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].name, name) == 0) return rows[i].fn;
    return NULL;
}
