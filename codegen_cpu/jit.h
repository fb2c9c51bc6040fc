/* CpuJit: native code for kernels, from the nearest place that has it: memory, the code shipped in this
 * program, the disk cache, or the compiler.  Kernels are compiled on worker threads; LLVM is not touched
 * before the first of them, unless start_llvm asks for it. All functions may be called from any thread.  Code lives as long as its CpuJit.
 */
#ifndef DQL_CODEGEN_CPU_JIT_H
#define DQL_CODEGEN_CPU_JIT_H
#include "base/cpu.h"
#include "base/program.h"
#include "codegen_cpu/loader.h"
#include "ir/kernel.h"

typedef struct CpuOptions {
    CpuLevel level;
    bool no_disk;             /* keep nothing on disk */
    const char *cache_dir;    /* NULL: $XDG_CACHE_HOME/dql or ~/.cache/dql */
    uint64_t cache_limit;     /* bytes; 0: 256 MiB */
    uint32_t threads;         /* that compile; 0: one. A thread that waits for a job compiles too */
    bool verify;              /* LLVM's verifier on each module */
    bool perf_map;            /* names of what is compiled for perf, in /tmp/perf-PID.map */
    bool start_llvm;          /* at once, on a worker: whoever opens it is about to compile */
    const CpuSymbol *symbols; /* what code may call: the functions of runtime/abi.def; borrowed */
    size_t n_symbols;
    const KernelEntry *shipped; /* table of a dql-kernels object, or NULL */
} CpuOptions;

typedef struct CpuJit CpuJit;
CpuJit *cpu_jit_new(const CpuOptions *o);
void cpu_jit_free(CpuJit *j); /* waits for what is being compiled */

/* hash128 of the kernel's text, the target and the compiler's version. */
Hash128 cpu_code_key(const CpuJit *j, const Kernel *k);
Hash128 cpu_code_key_at(CpuLevel level, const Kernel *k);

/* Code that is in memory, shipped or on disk. NULL: it has to be compiled. */
DqlKernel cpu_jit_lookup(CpuJit *j, const Kernel *k);

/* Its code comes with this program. */
bool cpu_jit_is_shipped(const CpuJit *j, const Kernel *k);

/* A job compiles those of n kernels for which there is no code yet, in the background.  The kernels need not
 * outlive the call. */
typedef struct CpuJob CpuJob;
CpuJob *cpu_jit_start(CpuJit *j, uint32_t n, const Kernel *const *kernels);
bool cpu_job_done(const CpuJob *job);         /* cpu_jit_lookup finds what could be compiled */
/* Until done, compiling meanwhile; false: *cancel (NULL: none) came true before. */
bool cpu_job_wait(CpuJob *job, const _Atomic bool *cancel);
void cpu_job_free(CpuJob *job);               /* NULL is allowed; an unfinished job runs to its end */
const char *cpu_job_error(const CpuJob *job); /* when done: what could not be compiled, or NULL */

/* Lookup, or compile and wait. NULL with *why (as long as the jit lives): it cannot be compiled. */
DqlKernel cpu_jit_get(CpuJit *j, const Kernel *k, const char **why);

typedef struct CpuStats {
    uint64_t memory, shipped, disk, compiled; /* kernels found there, or compiled */
    double compile_ms;                        /* sum over threads */
} CpuStats;
CpuStats cpu_jit_stats(CpuJit *j);
#endif
