/* Decompressor: bytes of a gzip or zstd file in memory, piece by piece.  Several members or frames one after the other are
 * one text, as their tools read them.
 */
#ifndef DQL_RUNTIME_DECOMPRESS_H
#define DQL_RUNTIME_DECOMPRESS_H
#include "runtime/error.h"

typedef enum Compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD } Compression;
Compression compression_of(const char *path); /* by its ending: .gz, .zst */

typedef struct Decompressor Decompressor;
/* `path` is for messages; both are borrowed. */
Decompressor *decompress_begin(Compression kind, const char *path, const uint8_t *in, size_t n, RtError *e);
/* Up to `room` bytes, fewer only at the end of the text; *got 0: there are no more. */
bool decompress_read(Decompressor *d, void *out, size_t room, size_t *got, RtError *e);
void decompress_end(Decompressor *d); /* NULL is allowed */
#endif
