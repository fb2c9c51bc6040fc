/* Blocks: all memory that data takes.  A BlockPool counts it against a limit and keeps freed large blocks, so that queries
 * run on pages that are already there (a fresh page costs more than the work on it).
 *
 * A block is 64-byte aligned and 64 bytes past its end may be read.  Allocation may fail (limit, machine, test hook of
 * base/memory.h) and returns NULL.  A block remembers its pool.  All functions may be called from any thread.
 */
#ifndef DQL_RUNTIME_BLOCK_H
#define DQL_RUNTIME_BLOCK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct BlockPool BlockPool;
BlockPool *blockpool_new(int64_t limit); /* bytes; 0: no limit */
void blockpool_free(BlockPool *p);       /* all its blocks must have been freed */
void blockpool_set_limit(BlockPool *p, int64_t limit);
void blockpool_watch(BlockPool *p, const _Atomic bool *cancel); /* while *cancel holds, no block is given: what needs memory ends */
int64_t blockpool_used(const BlockPool *p); /* bytes of live blocks */
int64_t blockpool_peak(const BlockPool *p);

void *block_alloc(BlockPool *p, size_t size);  /* contents undefined */
void *block_zalloc(BlockPool *p, size_t size); /* zeroed */
/* A block of `size` bytes that starts with the first `keep` bytes of `old`, which is freed (NULL allowed); on failure NULL and `old` stays. */
void *block_regrow(BlockPool *p, void *old, size_t keep, size_t size);
void block_free(void *block); /* NULL is allowed */
size_t block_room(const void *block); /* bytes that fit: at least what was asked for */
#endif
