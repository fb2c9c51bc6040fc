#include "codegen_cpu/pack.h"
#include "base/memory.h"
#include "codegen_cpu/target.h"
#include <stdlib.h>

typedef struct PackHeader {
    char magic[8];
    char compiler[32];
    uint64_t n, object_size;
} PackHeader;

static const char magic[8] = "dqlcode1";

static void pad(Buf *b) {
    while (b->n % 8) buf_putc(b, 0);
}

static PackHeader header(uint64_t n, uint64_t object_size) {
    PackHeader h = {.n = n, .object_size = object_size};
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.compiler, cpu_compiler_version(), sizeof h.compiler);
    return h;
}

void pack_write(Buf *out, const Pack *p) {
    PackHeader h = header(p->n, p->object.n);
    buf_clear(out);
    buf_add(out, &h, sizeof h);
    for (uint32_t i = 0; i < p->n; i++) {
        uint64_t n = p->kernels[i].text.n;
        buf_add(out, &p->kernels[i].key, sizeof(Hash128));
        buf_add(out, &n, sizeof n);
        buf_str(out, p->kernels[i].text);
        pad(out);
    }
    buf_str(out, p->object);
    pad(out);
    Hash128 sum = hash128(out->p, out->n);
    buf_add(out, &sum, sizeof sum);
}

typedef struct Cursor {
    const char *p;
    size_t left;
} Cursor;

/* The next n bytes, padded to 8, or NULL. */
static const char *next(Cursor *c, uint64_t n) {
    uint64_t padded = (n + 7) & ~(uint64_t)7;
    if (padded < n || padded > c->left) return NULL;
    const char *p = c->p;
    c->p += padded;
    c->left -= padded;
    return p;
}

static bool read_kernel(Cursor *c, PackKernel *k) {
    const char *key = next(c, sizeof k->key), *length = next(c, sizeof(uint64_t));
    if (!key || !length) return false;
    uint64_t n;
    memcpy(&k->key, key, sizeof k->key);
    memcpy(&n, length, sizeof n);
    k->text = (Str){next(c, n), n};
    return k->text.p != NULL;
}

static bool sound(Str bytes) {
    PackHeader h, want;
    Hash128 sum;
    if (bytes.n < sizeof h + sizeof sum) return false;
    memcpy(&h, bytes.p, sizeof h);
    want = header(h.n, h.object_size);
    if (memcmp(&h, &want, sizeof h) != 0) return false;
    memcpy(&sum, bytes.p + bytes.n - sizeof sum, sizeof sum);
    return hash128_eq(sum, hash128(bytes.p, bytes.n - sizeof sum)) && h.n <= bytes.n / sizeof(Hash128);
}

bool pack_read(Str bytes, Pack *out) {
    *out = (Pack){0};
    if (!sound(bytes)) return false;
    PackHeader h;
    memcpy(&h, bytes.p, sizeof h);
    Cursor c = {bytes.p + sizeof h, bytes.n - sizeof h - sizeof(Hash128)};
    out->n = (uint32_t)h.n;
    out->kernels = mem_alloc((size_t)h.n * sizeof *out->kernels + 1);
    bool ok = true;
    for (uint32_t i = 0; i < out->n && ok; i++) ok = read_kernel(&c, &out->kernels[i]);
    out->object = (Str){ok ? next(&c, h.object_size) : NULL, h.object_size};
    if (out->object.p) return true;
    free(out->kernels);
    *out = (Pack){0};
    return false;
}

void pack_symbol(char out[35], Hash128 key) {
    memcpy(out, "k_", 2);
    hash128_hex(key, out + 2);
}
