/* Kernels to an object file, assembly or LLVM text, in memory.  One call is one LLVM module in a context of
 * its own, so calls on several threads do not meet.  A module costs about 0.7 ms before its first kernel:
 * compile several together.
 */
#ifndef DQL_CODEGEN_CPU_MODULE_H
#define DQL_CODEGEN_CPU_MODULE_H
#include "base/cpu.h"
#include "base/program.h"
#include "ir/kernel.h"

typedef enum CpuOutput { CPU_OBJECT, CPU_ASSEMBLY, CPU_LLVM } CpuOutput;

typedef struct CpuFunction {
    const Kernel *kernel;
    CpuLevel level;
    const char *symbol;
    uint32_t line; /* of the source, for debuggers */
} CpuFunction;

typedef struct CpuModule {
    uint32_t n;
    const CpuFunction *functions;
    const char *table; /* symbol of a table of KernelEntry (base/program.h) of all functions, by key and
                          level; NULL: none */
    bool table_only;   /* the functions' code is in other objects */
    bool texts;        /* the table has the kernels' texts */
    CpuOutput output;
    const char *source; /* debug information: the functions are lines of this file; NULL: none */
    bool verify; /* LLVM's verifier: for tests and debugging */
} CpuModule;

/* false: *why says what LLVM did not like (malloc'd). */
bool cpu_module_compile(const CpuModule *m, Buf *out, char **why);
#endif
