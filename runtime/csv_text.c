#include "runtime/csv_text.h"
#include "runtime/decompress.h"
#include <string.h>

enum { FIRST_ROOM = 1 << 20 };

/* Room for more text: twice as much as before. */
static bool grow(BlockPool *pool, CsvText *t, size_t *room, RtError *e) {
    size_t more = *room ? 2 * *room : FIRST_ROOM;
    void *block = block_regrow(pool, t->block, t->n, more);
    if (!block) return rt_fail_memory(e);
    t->block = block;
    *room = more;
    return true;
}

static bool read_all(BlockPool *pool, Decompressor *d, size_t most, CsvText *t, RtError *e) {
    size_t room = 0, got = 1;
    while (got && t->n <= most) {
        if (t->n == room && !grow(pool, t, &room, e)) return false;
        if (!decompress_read(d, (char *)t->block + t->n, room - t->n, &got, e)) return false;
        t->n += got;
    }
    t->whole = got == 0;
    t->p = t->block;
    return true;
}

static bool decompress(BlockPool *pool, const char *path, Compression kind, size_t most, CsvText *t, RtError *e) {
    Decompressor *d = decompress_begin(kind, path, t->file.p, t->file.n, e);
    bool ok = d && read_all(pool, d, most, t, e);
    decompress_end(d);
    return ok;
}

/* A text whose lines end with CR alone, as on old Macintoshs: they become line feeds. */
static bool line_feeds(BlockPool *pool, CsvText *t, RtError *e) {
    if (t->n == 0 || memchr(t->p, '\n', t->n) || !memchr(t->p, '\r', t->n)) return true;
    char *copy = block_alloc(pool, t->n + 64);
    if (!copy) return rt_fail_memory(e);
    for (size_t i = 0; i < t->n; i++) copy[i] = t->p[i] == '\r' ? '\n' : t->p[i];
    block_free(t->block);
    t->p = t->block = copy;
    return true;
}

static bool open_text(BlockPool *pool, const char *path, size_t most, CsvText *out, RtError *e) {
    Compression kind = compression_of(path);
    *out = (CsvText){0};
    if (!mapped_open(path, &out->file, e)) return false;
    if (kind == COMPRESSION_NONE) {
        out->p = (const char *)out->file.p;
        out->n = out->file.n;
        out->whole = true;
        return true;
    }
    return decompress(pool, path, kind, most, out, e);
}

bool csv_text_open(BlockPool *pool, const char *path, size_t most, CsvText *out, RtError *e) {
    if (open_text(pool, path, most, out, e) && line_feeds(pool, out, e)) return true;
    csv_text_close(out);
    return false;
}

void csv_text_close(CsvText *t) {
    mapped_close(&t->file);
    block_free(t->block);
    *t = (CsvText){0};
}
