/* Span is a half-open byte range of one Source.  Line and column are computed only when a message is printed. */
#ifndef DQL_BASE_SPAN_H
#define DQL_BASE_SPAN_H
#include <stddef.h>
#include <stdint.h>

typedef struct Span {
    uint32_t from, to;
} Span;

typedef struct Source {
    const char *name; /* file name, "<stdin>" or "<command line>" */
    const char *text; /* NUL-terminated; may hold NULs before len */
    size_t len;
} Source;

static inline Span span_join(Span a, Span b) {
    return (Span){a.from < b.from ? a.from : b.from, a.to > b.to ? a.to : b.to};
}
typedef struct LineCol {
    uint32_t line, col; /* from 1; col counts characters (UTF-8), not bytes */
} LineCol;
LineCol source_line_col(const Source *s, uint32_t offset);
#endif
