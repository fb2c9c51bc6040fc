#include "runtime/block.h"
#include "base/memory.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A header of one cache line precedes each block.  Sizes are rounded to four classes a doubling; blocks from POOLED bytes
 * on are mapped and kept on a free list of their class. */
enum { LINE = 64, FIRST_BITS = 16, CLASSES = 4 * (48 - FIRST_BITS), HUGE_BYTES = 2 << 20 };
#define POOLED ((size_t)1 << FIRST_BITS)
#define MOST_CACHED ((size_t)2 << 30)
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED 1 /* every block its own allocation, so that overruns are seen */
#else
#define SANITIZED 0
#endif

typedef struct Header {
    BlockPool *pool;
    size_t bytes; /* in all, with header and tail */
    size_t room;
    struct Header *next;
    int class; /* -1: not pooled */
} Header;

struct BlockPool {
    pthread_mutex_t lock;
    _Atomic int64_t used, peak, limit;
    const _Atomic bool *cancel;
    size_t cached;
    Header *free[CLASSES];
};

BlockPool *blockpool_new(int64_t limit) {
    BlockPool *p = mem_alloc(sizeof *p);
    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    p->limit = limit;
    return p;
}

static void drop_cache(BlockPool *p) {
    for (int c = 0; c < CLASSES; c++)
        for (Header *h; (h = p->free[c]);) {
            p->free[c] = h->next;
            munmap(h, h->bytes);
        }
    p->cached = 0;
}

void blockpool_free(BlockPool *p) {
    if (!p) return;
    drop_cache(p);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

void blockpool_set_limit(BlockPool *p, int64_t limit) { atomic_store(&p->limit, limit); }
void blockpool_watch(BlockPool *p, const _Atomic bool *cancel) { p->cancel = cancel; }

static bool cancelled(const BlockPool *p) { return p->cancel && atomic_load_explicit(p->cancel, memory_order_relaxed); }

int64_t blockpool_used(const BlockPool *p) { return atomic_load(&p->used); }
int64_t blockpool_peak(const BlockPool *p) { return atomic_load(&p->peak); }

static bool reserve(BlockPool *p, int64_t bytes) {
    int64_t used = atomic_fetch_add(&p->used, bytes) + bytes, limit = atomic_load(&p->limit);
    if (limit > 0 && used > limit) {
        atomic_fetch_sub(&p->used, bytes);
        return false;
    }
    int64_t peak = atomic_load(&p->peak);
    while (used > peak && !atomic_compare_exchange_weak(&p->peak, &peak, used)) {}
    return true;
}

/* The smallest class that holds `bytes`, and its size: 2^k * (4..7) / 4. */
static int class_of(size_t bytes, size_t *size) {
    int bits = 63 - __builtin_clzll(bytes | POOLED);
    size_t step = (size_t)1 << (bits - 2), quarters = (bytes - ((size_t)1 << bits) + step - 1) / step;
    if (bytes < POOLED) quarters = 0;
    *size = ((size_t)1 << bits) + quarters * step;
    return (bits - FIRST_BITS) * 4 + (int)quarters;
}

static Header *take_cached(BlockPool *p, int class) {
    pthread_mutex_lock(&p->lock);
    Header *h = p->free[class];
    if (h) {
        p->free[class] = h->next;
        p->cached -= h->bytes;
    }
    pthread_mutex_unlock(&p->lock);
    return h;
}

/* Maps whole huge pages where the block is large: an aligned part of a larger mapping. */
static void *map_pages(size_t bytes) {
    size_t slack = bytes >= HUGE_BYTES ? HUGE_BYTES : 0;
    char *at = mmap(NULL, bytes + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) return NULL;
    if (!slack) return at;
    size_t head = -(uintptr_t)at & (HUGE_BYTES - 1);
    if (head) munmap(at, head);
    if (slack > head) munmap(at + head + bytes, slack - head);
    madvise(at + head, bytes, MADV_HUGEPAGE);
    return at + head;
}

static Header *take_mapped(BlockPool *p, size_t bytes) {
    Header *h = map_pages(bytes);
    if (h) return h;
    pthread_mutex_lock(&p->lock);
    drop_cache(p);
    pthread_mutex_unlock(&p->lock);
    return map_pages(bytes);
}

static Header *take_small(size_t bytes) {
    void *h = NULL;
    return posix_memalign(&h, LINE, bytes) == 0 ? h : NULL;
}

static Header *take(BlockPool *p, size_t bytes, int class) {
    if (class < 0) return take_small(bytes);
    Header *h = take_cached(p, class);
    return h ? h : take_mapped(p, bytes);
}

void *block_alloc(BlockPool *p, size_t size) {
    size_t bytes = (size + 3 * LINE - 1) / LINE * LINE;
    int class = -1;
    if (size > (size_t)1 << 46 || cancelled(p) || mem_should_fail()) return NULL;
    if (!SANITIZED && bytes >= POOLED) class = class_of(bytes, &bytes);
    if (!reserve(p, (int64_t)bytes)) return NULL;
    Header *h = take(p, bytes, class);
    if (!h) {
        atomic_fetch_sub(&p->used, (int64_t)bytes);
        return NULL;
    }
    *h = (Header){.pool = p, .bytes = bytes, .room = SANITIZED ? size : bytes - 2 * LINE, .class = class};
#ifdef DQL_HOSTILE
    memset((char *)h + LINE, 0xAB, size);
#endif
    return (char *)h + LINE;
}

void *block_zalloc(BlockPool *p, size_t size) {
    void *b = block_alloc(p, size);
    if (b) memset(b, 0, size);
    return b;
}

void *block_regrow(BlockPool *p, void *old, size_t keep, size_t size) {
    void *b = block_alloc(p, size);
    if (!b) return NULL;
    if (keep) memcpy(b, old, keep);
    block_free(old);
    return b;
}

static Header *header_of(const void *block) { return (Header *)((char *)(uintptr_t)block - LINE); }

size_t block_room(const void *block) { return header_of(block)->room; }

static bool keep_cached(Header *h) {
    BlockPool *p = h->pool;
    pthread_mutex_lock(&p->lock);
    bool keep = p->cached + h->bytes <= MOST_CACHED;
    if (keep) {
        p->cached += h->bytes;
        h->next = p->free[h->class];
        p->free[h->class] = h;
    }
    pthread_mutex_unlock(&p->lock);
    return keep;
}

void block_free(void *block) {
    if (!block) return;
    Header *h = header_of(block);
    atomic_fetch_sub(&h->pool->used, (int64_t)h->bytes);
    if (h->class < 0) free(h);
    else if (!keep_cached(h)) munmap(h, h->bytes);
}
