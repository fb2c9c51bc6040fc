/* TextHeap: copies of texts that stay where they are until the heap is reset or freed.  One thread at a time. */
#ifndef DQL_RUNTIME_TEXTHEAP_H
#define DQL_RUNTIME_TEXTHEAP_H
#include "base/program.h"
#include "runtime/block.h"

typedef struct HeapBlock {
    struct HeapBlock *next; /* older */
    size_t used, room;
    char bytes[];
} HeapBlock;

typedef struct TextHeap {
    BlockPool *pool;
    HeapBlock *block; /* the one being filled */
} TextHeap;

char *textheap_room(TextHeap *h, size_t n); /* n bytes, or NULL: no memory */
bool textheap_copy(TextHeap *h, TextView v, TextView *out);
bool textheap_holds(const TextHeap *h, const char *p);
void textheap_reset(TextHeap *h); /* keeps one block */
void textheap_free(TextHeap *h);
/* Moves all texts of `from` to `to`: they live as long as `to` now. */
void textheap_join(TextHeap *to, TextHeap *from);
#endif
