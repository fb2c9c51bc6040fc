/* The disk cache of compiled code: one folder, a file for each code key, named by it.  Kernels that were
 * compiled together share one file under several names (hard links).  Files appear whole or not at all
 * (written aside, then linked), carry a checksum, and are only ever replaced, so any number of processes may
 * share the folder.  When it grows beyond its limit, the files that were not used for longest are removed.
 */
#ifndef DQL_CODEGEN_CPU_CACHE_H
#define DQL_CODEGEN_CPU_CACHE_H
#include "base/buf.h"
#include "base/hash.h"
#include <stdint.h>

typedef struct CpuCache CpuCache;

/* dir NULL: $XDG_CACHE_HOME/dql or ~/.cache/dql.  NULL when there is no such place; the folder itself is made
 * when something is stored.  limit: bytes. */
CpuCache *cpu_cache_open(const char *dir, uint64_t limit);
void cpu_cache_close(CpuCache *c); /* NULL is allowed */

/* The file of a key. false: there is none. Thread safe, as is cpu_cache_put. */
bool cpu_cache_get(const CpuCache *c, Hash128 key, Buf *out);
/* Stores one file under n keys, replacing what was there. Failure is silent: the cache is only a cache. */
void cpu_cache_put(CpuCache *c, uint32_t n, const Hash128 *keys, Str bytes);
#endif
