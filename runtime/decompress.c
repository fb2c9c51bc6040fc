#include "runtime/decompress.h"
#include "base/memory.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

struct Decompressor {
    Compression kind;
    const char *path;
    const uint8_t *in;
    size_t n, at; /* bytes given, bytes used */
    bool ended;   /* a member or frame ended with the last byte used */
    z_stream z;
    ZSTD_DCtx *zstd;
};

static bool ends_with(const char *s, const char *ending) {
    size_t n = strlen(s), m = strlen(ending);
    return n > m && str_ieq((Str){s + n - m, m}, str_of(ending));
}

Compression compression_of(const char *path) {
    return ends_with(path, ".gz") ? COMPRESSION_GZIP : ends_with(path, ".zst") ? COMPRESSION_ZSTD : COMPRESSION_NONE;
}

static bool fail(const Decompressor *d, const char *why, RtError *e) {
    return rt_fail(e, RT_DATA, "cannot decompress %s: %s", d->path, why);
}

Decompressor *decompress_begin(Compression kind, const char *path, const uint8_t *in, size_t n, RtError *e) {
    Decompressor *d = mem_alloc(sizeof *d);
    *d = (Decompressor){.kind = kind, .path = path, .in = in, .n = n};
    bool ok = kind == COMPRESSION_GZIP ? inflateInit2(&d->z, 15 + 16) == Z_OK : (d->zstd = ZSTD_createDCtx()) != NULL;
    if (ok) return d;
    free(d);
    rt_fail_memory(e);
    return NULL;
}

void decompress_end(Decompressor *d) {
    if (!d) return;
    if (d->kind == COMPRESSION_GZIP) inflateEnd(&d->z);
    else ZSTD_freeDCtx(d->zstd);
    free(d);
}

/* zlib counts in 32 bits. */
static uInt most(size_t n) { return n < 1u << 30 ? (uInt)n : 1u << 30; }

/* One call of the library; *got grows. */
static bool step_gzip(Decompressor *d, uint8_t *out, size_t room, size_t *got, RtError *e) {
    if (d->ended && inflateReset(&d->z) != Z_OK) return fail(d, "the next member cannot be read", e);
    uInt in = most(d->n - d->at), space = most(room - *got);
    d->z.next_in = (Bytef *)(uintptr_t)(d->in + d->at), d->z.avail_in = in;
    d->z.next_out = out + *got, d->z.avail_out = space;
    int r = inflate(&d->z, Z_NO_FLUSH);
    d->at += in - d->z.avail_in;
    *got += space - d->z.avail_out;
    d->ended = r == Z_STREAM_END;
    if (r == Z_OK || r == Z_STREAM_END || (r == Z_BUF_ERROR && d->at == d->n)) return true;
    return fail(d, d->z.msg ? d->z.msg : "damaged data", e);
}

static bool step_zstd(Decompressor *d, uint8_t *out, size_t room, size_t *got, RtError *e) {
    ZSTD_inBuffer in = {d->in, d->n, d->at};
    ZSTD_outBuffer to = {out, room, *got};
    size_t r = ZSTD_decompressStream(d->zstd, &to, &in);
    d->at = in.pos;
    *got = to.pos;
    if (ZSTD_isError(r)) return fail(d, ZSTD_getErrorName(r), e);
    d->ended = r == 0;
    return true;
}

bool decompress_read(Decompressor *d, void *out, size_t room, size_t *got, RtError *e) {
    *got = 0;
    while (*got < room) {
        size_t at = d->at, had = *got;
        if (d->at == d->n && (d->ended || d->n == 0)) return d->n > 0 || fail(d, "the file is empty", e);
        if (!(d->kind == COMPRESSION_GZIP ? step_gzip : step_zstd)(d, out, room, got, e)) return false;
        if (d->at == at && *got == had && !d->ended) return fail(d, "the file is cut off", e);
    }
    return true;
}
