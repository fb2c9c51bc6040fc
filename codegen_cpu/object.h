/* Object files made ahead of time: kernels for several processor levels, and the table (KernelEntry of
 * base/program.h) by which a program finds them.  What dqlc puts beside the program's image, and dql-kernels
 * into dql itself.
 */
#ifndef DQL_CODEGEN_CPU_OBJECT_H
#define DQL_CODEGEN_CPU_OBJECT_H
#include "codegen_cpu/module.h"

/* Each kernel at each of the levels, with symbols k_ and the code key; kernels that occur twice count once.
 * Returns how many. */
uint32_t cpu_functions(Arena *a, uint32_t n, const Kernel *const *kernels, uint32_t n_levels,
                       const CpuLevel *levels, CpuFunction **out);

/* cpu_module_compile into a file. false: *why (malloc'd) says what went wrong; no file is left. */
bool cpu_emit_file(const CpuModule *m, const char *path, char **why);
#endif
