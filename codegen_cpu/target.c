#include "codegen_cpu/target.h"
#include "base/diag.h"
#include "codegen_cpu/version.h" /* generated: COMPILER_VERSION */
#include <llvm-c/Target.h>
#include <pthread.h>

static const struct {
    const char *cpu, *features;
} levels[CPU_LEVELS] = {
    /* AVX2's gathers are no slower than scalar loads, and without them each masked lane is a branch. */
    [CPU_V3] = {"x86-64-v3", "+fast-gather"},
    [CPU_V4] = {"x86-64-v4", "-prefer-256-bit"},
    [CPU_V4X] = {"x86-64-v4", "-prefer-256-bit,+avx512vnni,+avx512bf16,+avx512vbmi2"},
};

const char *cpu_target_cpu(CpuLevel level) { return levels[level].cpu; }
const char *cpu_target_features(CpuLevel level) { return levels[level].features; }
const char *cpu_compiler_version(void) { return COMPILER_VERSION; }

static void initialise(void) {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
}

LLVMTargetMachineRef cpu_target_machine(CpuLevel level) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const char triple[] = "x86_64-unknown-linux-gnu";
    pthread_once(&once, initialise);
    LLVMTargetRef target;
    char *why = NULL;
    if (LLVMGetTargetFromTriple(triple, &target, &why)) BUG("LLVM: %s", why);
    return LLVMCreateTargetMachine(target, triple, cpu_target_cpu(level), cpu_target_features(level),
                                   LLVMCodeGenLevelLess, LLVMRelocPIC, LLVMCodeModelSmall);
}
