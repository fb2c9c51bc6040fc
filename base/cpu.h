/* Levels of x86-64 that code is generated for; a processor of one level runs the code of those below it, and
 * all of them compute the same bits.
 */
#ifndef DQL_BASE_CPU_H
#define DQL_BASE_CPU_H
#include <stdbool.h>

typedef enum CpuLevel {
    CPU_NONE = -1, /* no AVX2 and FMA: generated code does not run */
    CPU_V3,        /* x86-64-v3: AVX2, FMA, BMI2, F16C */
    CPU_V4,        /* x86-64-v4: AVX-512 F, BW, CD, DQ, VL */
    CPU_V4X,       /* with VNNI, BF16 and VBMI2 */
    CPU_LEVELS
} CpuLevel;

CpuLevel cpu_host_level(void);
const char *cpu_level_name(CpuLevel level); /* "x86-64-v3", "x86-64-v4", "x86-64-v4x"; CPU_NONE: "x86-64" */
bool cpu_level_read(const char *name, CpuLevel *out); /* also "native" */
#endif
