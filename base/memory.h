/* Memory that a query uses is counted and can be refused (the runtime's, which returns NULL); memory of the compiler
 * is small and cannot: it comes from here.
 */
#ifndef DQL_BASE_MEMORY_H
#define DQL_BASE_MEMORY_H
#include <stdbool.h>
#include <stddef.h>

/* malloc, realloc that never return NULL: on failure print one line to stderr and end the process with exit code 3. */
void *mem_alloc(size_t size);
void *mem_realloc(void *p, size_t size);

/* Test hook of hostile builds: the n-th fallible allocation from now fails once (0 = off). Allocations that may fail
 * (the runtime's) ask this first. */
void mem_fail_after(long n);
bool mem_should_fail(void);
#endif
