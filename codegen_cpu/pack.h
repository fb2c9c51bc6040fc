/* Pack: one compiled module as bytes: the kernels in it by key and text, and the object file.  What the disk
 * cache keeps. Layout, little endian: PackHeader; per kernel its Hash128 key, uint64 length and text; the
 * object file, 8-byte aligned; Hash128 of everything before it.
 */
#ifndef DQL_CODEGEN_CPU_PACK_H
#define DQL_CODEGEN_CPU_PACK_H
#include "base/buf.h"
#include "base/hash.h"

typedef struct PackKernel {
    Hash128 key; /* code key; the function's symbol is k_ and its digits */
    Str text;    /* kernel_text */
} PackKernel;

typedef struct Pack {
    uint32_t n;
    PackKernel *kernels;
    Str object;
} Pack;

void pack_write(Buf *out, const Pack *p);
/* Borrows the bytes (8-byte aligned), allocates kernels. false: damaged, or written by another compiler. */
bool pack_read(Str bytes, Pack *out);
void pack_symbol(char out[35], Hash128 key);
#endif
