#include "runtime/textheap.h"
#include <string.h>

enum { FIRST_BYTES = 16 << 10, MOST_BYTES = 4 << 20 };

static bool add_block(TextHeap *h, size_t n) {
    size_t size = h->block ? 2 * h->block->room : FIRST_BYTES;
    if (size > MOST_BYTES) size = MOST_BYTES;
    if (size < n) size = n;
    HeapBlock *b = block_alloc(h->pool, sizeof *b + size);
    if (!b) return false;
    *b = (HeapBlock){.next = h->block, .room = size};
    h->block = b;
    return true;
}

char *textheap_room(TextHeap *h, size_t n) {
    if ((!h->block || h->block->room - h->block->used < n) && !add_block(h, n)) return NULL;
    char *p = h->block->bytes + h->block->used;
    h->block->used += n;
    return p;
}

bool textheap_copy(TextHeap *h, TextView v, TextView *out) {
    char *p = textheap_room(h, v.n);
    if (!p) return false;
    if (v.n) memcpy(p, v.p, v.n);
    *out = (TextView){p, v.n};
    return true;
}

bool textheap_holds(const TextHeap *h, const char *p) {
    for (const HeapBlock *b = h->block; b; b = b->next)
        if ((size_t)((uintptr_t)p - (uintptr_t)b->bytes) < b->used) return true;
    return false;
}

static void free_list(HeapBlock *b) {
    for (HeapBlock *next; b; b = next) {
        next = b->next;
        block_free(b);
    }
}

void textheap_reset(TextHeap *h) {
    if (!h->block) return;
    free_list(h->block->next);
    h->block->next = NULL;
    h->block->used = 0;
}

void textheap_free(TextHeap *h) {
    free_list(h->block);
    h->block = NULL;
}

void textheap_join(TextHeap *to, TextHeap *from) {
    HeapBlock **end = &from->block;
    while (*end) end = &(*end)->next;
    *end = to->block;
    to->block = from->block;
    from->block = NULL;
}
