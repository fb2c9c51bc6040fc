/* Buf is a growable byte string that is always NUL-terminated: what printers write to. Zero-initialised is empty. */
#ifndef DQL_BASE_BUF_H
#define DQL_BASE_BUF_H
#include "base/str.h"
#include <stdarg.h>
#include <stddef.h>

typedef struct Buf {
    char *p;
    size_t n, cap;
} Buf;

void buf_add(Buf *b, const void *p, size_t n);
void buf_puts(Buf *b, const char *s);
void buf_putc(Buf *b, char c);
void buf_str(Buf *b, Str s);
void buf_printf(Buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(Buf *b, const char *fmt, va_list ap);
void buf_clear(Buf *b); /* keeps the storage */
void buf_free(Buf *b);
#endif
