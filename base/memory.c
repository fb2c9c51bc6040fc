#include "base/memory.h"
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t size) {
    fprintf(stderr, "out of memory: %zu bytes\n", size);
    exit(3);
}

void *mem_alloc(size_t size) {
    void *p = size > PTRDIFF_MAX ? NULL : malloc(size ? size : 1);
    if (!p) out_of_memory(size);
#ifdef DQL_HOSTILE
    memset(p, 0xAB, size);
#endif
    return p;
}

void *mem_realloc(void *p, size_t size) {
    void *q = size > PTRDIFF_MAX ? NULL : realloc(p, size ? size : 1);
    if (!q) out_of_memory(size);
    return q;
}

/* The one mutable global of base: a test hook, which only hostile builds read. */
static atomic_long fail_countdown;

void mem_fail_after(long n) { atomic_store(&fail_countdown, n); }

bool mem_should_fail(void) {
#ifdef DQL_HOSTILE
    if (atomic_load_explicit(&fail_countdown, memory_order_relaxed) <= 0) return false;
    return atomic_fetch_sub(&fail_countdown, 1) == 1;
#else
    return false;
#endif
}
