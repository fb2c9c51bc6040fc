/* An Arena owns everything that is freed together: the AST, IR and analyses of one statement, or the names of
 * one session.  Blocks are zeroed and 16-byte aligned and live until arena_free or arena_reset.  Not thread safe:
 * one arena belongs to one thread at a time.
 */
#ifndef DQL_BASE_ARENA_H
#define DQL_BASE_ARENA_H
#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *a);  /* NULL is allowed */
void arena_reset(Arena *a); /* frees all blocks, keeps the arena */
size_t arena_used(const Arena *a);

/* Never NULL: when memory runs out the process' out-of-memory handler runs (base/memory.h). size 0 is allowed. */
void *arena_alloc(Arena *a, size_t size);
char *arena_strndup(Arena *a, const char *s, size_t n); /* adds the terminating NUL */
void *arena_copy(Arena *a, const void *p, size_t size);
char *arena_printf(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Calls fn(arg) when the arena is reset or freed, last deferred first: how malloc'd parts die with their arena. */
void arena_defer(Arena *a, void (*fn)(void *), void *arg);

#define ARENA_NEW(a, T) ((T *)arena_alloc((a), sizeof(T)))
#define ARENA_ARRAY(a, T, n) ((T *)arena_alloc((a), sizeof(T) * (size_t)(n)))
#endif
