/* Loader: brings object files that LLVM wrote into the process.  Small on purpose: one relocatable x86-64 ELF
 * file of position-independent code and constants, no writable data, no thread-local variables.  Loading
 * takes microseconds and needs nothing of LLVM.
 *
 * Memory comes in chunks mapped twice, to write and to execute, so no page is ever both and other threads run
 * code of a chunk while more is added to it.  Code lives as long as its loader.  One thread at a time (the
 * jit's lock).
 */
#ifndef DQL_CODEGEN_CPU_LOADER_H
#define DQL_CODEGEN_CPU_LOADER_H
#include <stdbool.h>
#include <stddef.h>

/* What generated code may call by name. */
typedef struct CpuSymbol {
    const char *name;
    const void *address;
} CpuSymbol;

typedef struct CpuLoader CpuLoader;
CpuLoader *cpu_loader_new(size_t n, const CpuSymbol *symbols); /* borrowed */
void cpu_loader_free(CpuLoader *l);

/* Calls found(ctx, name, address, bytes) for each function of the object.  false: the bytes are no such object, or
 * need a symbol that is not there; nothing was loaded and *why says what (static text). */
bool cpu_loader_load(CpuLoader *l, const void *object, size_t n,
                     void (*found)(void *ctx, const char *name, void *address, size_t bytes), void *ctx, const char **why);

/* What code needs of the compiler's own run-time library: 128-bit division and conversion. Ends with name
 * NULL. */
extern const CpuSymbol cpu_libcalls[];
#endif
