#include "base/buf.h"
#include "base/vec.h"
#include <stdio.h>

/* Room for n more bytes and the NUL. */
static char *room(Buf *b, size_t n) {
    if (b->cap - b->n <= n) b->p = vec_grow(b->p, &b->cap, b->n + n + 1, 1);
    return b->p + b->n;
}

static void advance(Buf *b, size_t n) {
    b->n += n;
    b->p[b->n] = 0;
}

void buf_add(Buf *b, const void *p, size_t n) {
    char *to = room(b, n);
    if (n) memcpy(to, p, n);
    advance(b, n);
}

void buf_puts(Buf *b, const char *s) { buf_add(b, s, strlen(s)); }
void buf_str(Buf *b, Str s) { buf_add(b, s.p, s.n); }

void buf_putc(Buf *b, char c) {
    *room(b, 1) = c;
    advance(b, 1);
}

void buf_vprintf(Buf *b, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n >= 0) {
        vsnprintf(room(b, (size_t)n), (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

void buf_printf(Buf *b, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(b, fmt, ap);
    va_end(ap);
}

void buf_clear(Buf *b) {
    b->n = 0;
    if (b->p) b->p[0] = 0;
}

void buf_free(Buf *b) {
    free(b->p);
    *b = (Buf){0};
}
