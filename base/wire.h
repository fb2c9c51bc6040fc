/* Protocol buffers, written: the fields of a message one after the other into a buffer.  A message within a message is a buffer of its
 * own, put by wire_bytes.
 */
#ifndef DQL_BASE_WIRE_H
#define DQL_BASE_WIRE_H
#include "base/buf.h"
#include <stdint.h>
#include <string.h>

enum { WIRE_VARINT, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

static inline void wire_varint(Buf *b, uint64_t v) {
    for (; v > 127; v >>= 7) buf_putc(b, (char)(v | 0x80));
    buf_putc(b, (char)v);
}

static inline void wire_int(Buf *b, uint32_t field, int64_t v) {
    wire_varint(b, field << 3 | WIRE_VARINT);
    wire_varint(b, (uint64_t)v);
}

/* What comes before n bytes of a field. */
static inline void wire_begin(Buf *b, uint32_t field, uint64_t n) {
    wire_varint(b, field << 3 | WIRE_BYTES);
    wire_varint(b, n);
}

static inline void wire_bytes(Buf *b, uint32_t field, const void *at, size_t n) {
    wire_begin(b, field, n);
    if (n) buf_add(b, at, n);
}

static inline void wire_text(Buf *b, uint32_t field, const char *s) { wire_bytes(b, field, s, strlen(s)); }

static inline void wire_float(Buf *b, uint32_t field, float v) {
    wire_varint(b, field << 3 | WIRE_FIXED32);
    buf_add(b, (const char *)&v, sizeof v); /* little-endian */
}

/* Puts an inner message and frees it. */
static inline void wire_message(Buf *b, uint32_t field, Buf *inner) {
    wire_bytes(b, field, inner->p, inner->n);
    buf_free(inner);
}
#endif
