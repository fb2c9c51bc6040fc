/* Target: what lowering must know of a machine.  Sizes only: nothing names a CPU. */
#ifndef DQL_LOWER_TARGET_H
#define DQL_LOWER_TARGET_H
#include <stdint.h>

typedef struct Target {
    uint32_t vector_bytes;     /* of one vector register: 16, 32 or 64 */
    uint32_t vector_registers; /* 16 or 32 */
    uint32_t l1_bytes, l2_bytes; /* data caches of one core */
    uint32_t threads;
} Target;
#endif
