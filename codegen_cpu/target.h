/* What LLVM is told of a level, and what the compiler that made a piece of code is called. */
#ifndef DQL_CODEGEN_CPU_TARGET_H
#define DQL_CODEGEN_CPU_TARGET_H
#include "base/cpu.h"
#include <llvm-c/TargetMachine.h>

const char *cpu_target_cpu(CpuLevel level);      /* LLVM's processor name */
const char *cpu_target_features(CpuLevel level); /* what it adds to that */

/* Position-independent code, small model. Initialises LLVM on the first call; thread safe. The caller
 * disposes. */
LLVMTargetMachineRef cpu_target_machine(CpuLevel level);

/* Hash of the sources that decide what code a kernel becomes: part of every code key. */
const char *cpu_compiler_version(void);
#endif
