#include "base/cpu.h"
#include <string.h>

CpuLevel cpu_host_level(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("x86-64-v3")) return CPU_NONE;
    if (!__builtin_cpu_supports("x86-64-v4")) return CPU_V3;
    bool more = __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bf16") &&
                __builtin_cpu_supports("avx512vbmi2");
    return more ? CPU_V4X : CPU_V4;
}

const char *cpu_level_name(CpuLevel level) {
    static const char *const names[CPU_LEVELS] = {
        [CPU_V3] = "x86-64-v3", [CPU_V4] = "x86-64-v4", [CPU_V4X] = "x86-64-v4x"};
    return level == CPU_NONE ? "x86-64" : names[level];
}

bool cpu_level_read(const char *name, CpuLevel *out) {
    if (strcmp(name, "native") == 0) {
        *out = cpu_host_level();
        return true;
    }
    for (int l = CPU_V3; l < CPU_LEVELS; l++)
        if (strcmp(name, cpu_level_name((CpuLevel)l)) == 0) {
            *out = (CpuLevel)l;
            return true;
        }
    return false;
}
