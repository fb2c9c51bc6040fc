/* Whatever a file holds, reading it ends with a table, a model's tensors or a message: csv, npy, pictures and safetensors whose
 * bytes are changed, cut, doubled and moved.  Each text is its own allocation or file, so that sanitizers see reads past it.
 *
 * reader_fuzz_test [SECONDS [SEED]]: for SECONDS instead of the few rounds of a test run, from another seed.
 */
#include "base/memory.h"
#include "runtime/safetensors.h"
#include "tests/unit/tables.h"
#include "tests/unit/temp.h"
#include <time.h>

enum { ROUNDS = 3000 };

static uint64_t next(uint64_t *state) {
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t n) { return n ? next(state) % n : 0; }

/* ---- seeds ---- */
static void seed_csv(Buf *b, uint64_t *r) {
    static const char *const cells[] = {"1", "-7", "2.5", "1e300", "", "\"\"", "\"a,b\"", "\"x\"\"y\"", "true", "2020-02-29",
        "9999-12-31", "2020-01-01 10:00:00", "text", "NULL", "99999999999999999999", "0x1F", "\xc3\xa9", "\xff"};
    size_t columns = 1 + below(r, 4);
    buf_puts(b, "a,b,c,d");
    b->n = 2 * columns - 1;
    for (size_t i = 0, rows = below(r, 30); i < rows; i++) {
        buf_puts(b, below(r, 20) ? "\n" : "\r\n");
        for (size_t c = 0; c < columns; c++) buf_printf(b, "%s%s", c ? "," : "", cells[below(r, sizeof cells / sizeof *cells)]);
    }
    buf_puts(b, "\n");
}

static void seed_npy(Buf *b, uint64_t *r) {
    static const char *const kinds[] = {"|b1", "|i1", "<i2", "<i4", "<i8", "<u8", "<f2", "<f4", "<f8", ">f4", "|O"};
    static const char *const shapes[] = {"()", "(3,)", "(2, 3)", "(0,)", "(2, 2, 2)", "(4611686018427387904, 4)"};
    size_t k = below(r, sizeof kinds / sizeof *kinds), shape = below(r, sizeof shapes / sizeof *shapes);
    Buf dict = {0};
    buf_printf(&dict, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", kinds[k], below(r, 2) ? "True" : "False", shapes[shape]);
    while ((dict.n + 11) % 64) buf_putc(&dict, ' ');
    buf_putc(&dict, '\n');
    buf_add(b, "\x93NUMPY\1\0", 8);
    buf_putc(b, (char)dict.n);
    buf_putc(b, (char)(dict.n >> 8));
    buf_add(b, dict.p, dict.n);
    for (size_t i = 0, n = below(r, 80); i < n; i++) buf_putc(b, (char)next(r));
    buf_free(&dict);
}

static void seed_safetensors(Buf *b, uint64_t *r) {
    static const char *const dtypes[] = {"F32", "F64", "F16", "BF16", "I8", "U8", "I64", "BOOL", "F8_E4M3"};
    Buf h = {0};
    uint64_t at = 0, n;
    buf_puts(&h, "{\"__metadata__\":{\"format\":\"pt\"}");
    for (size_t i = 0, tensors = below(r, 4); i < tensors; i++, at += 8)
        buf_printf(&h, ",\"t%zu\":{\"dtype\":\"%s\",\"shape\":[%zu,2],\"data_offsets\":[%llu,%llu]}", i,
                   dtypes[below(r, sizeof dtypes / sizeof *dtypes)], below(r, 3), (unsigned long long)at, (unsigned long long)at + 8);
    buf_puts(&h, "}");
    n = h.n;
    buf_add(b, &n, 8);
    buf_add(b, h.p, h.n);
    for (uint64_t i = 0; i < at; i++) buf_putc(b, (char)next(r));
    buf_free(&h);
}

/* One of the pictures that tests read. */
static void seed_picture(Buf *b, uint64_t *r) {
    static const char *const files[] = {"palette.png", "rgb.png", "interlaced.png", "deep.png", "rgb.jpg", "cmyk.jpg", "progressive.jpg"};
    char path[256], bytes[4096];
    snprintf(path, sizeof path, "%s/tests/data/pictures/%s", DQL_SOURCE_DIR, files[below(r, sizeof files / sizeof *files)]);
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    if (!f) return;
    buf_add(b, bytes, fread(bytes, 1, sizeof bytes, f));
    fclose(f);
}

/* ---- mutations ---- */
static void mutate(Buf *b, uint64_t *r) {
    static const char odd[] = "\"',;\n\r\t\0{}[]:-+.e0123456789\xff\x80\x7f\\";
    size_t at = below(r, b->n), len = below(r, b->n - at), n = b->n;
    if (!n) return;
    switch (below(r, 5)) {
    case 0: b->p[at] = odd[below(r, sizeof odd - 1)]; break;
    case 1: b->p[at] ^= (char)(1u << below(r, 8)); break;
    case 2: b->n = at; break;
    case 3: memmove(b->p + at, b->p + at + len, n - at - len), b->n = n - len; break;
    case 4: {
        char *piece = mem_alloc(len + 1);
        memcpy(piece, b->p + at, len);
        buf_add(b, piece, len);
        free(piece);
        break;
    }
    }
}

/* ---- one file ---- */
static void read_table(Fixture *f, const char *name, const Buf *b) {
    const char *why = NULL;
    FileSpec s = {.path = temp_file(name, b->p, b->n)};
    TableVersion *v = load_file(f, &s, &why);
    CHECK(v || (why && *why));
    for (int64_t i = 0; v && i < v->rows && i < 40; i++)
        for (uint32_t c = 0; c < v->schema->n; c++) cell(f, v, i, c);
    version_unref(v);
}

static void read_tensors(const Buf *b) {
    Arena *a = arena_new();
    SafeTensors out;
    RtError e = {0};
    uint8_t *copy = mem_alloc(b->n + 1);
    memcpy(copy, b->p, b->n);
    bool ok = safetensors_read(a, "m", copy, b->n, &out, &e);
    CHECK(ok || e.message.n);
    uint64_t sum = 0;
    for (size_t i = 0; ok && i < out.n; i++)
        for (size_t k = 0; k < (size_t)out.at[i].bytes; k++) sum += ((const uint8_t *)out.at[i].data)[k];
    CHECK(sum < UINT64_MAX);
    free(copy);
    rt_error_clear(&e);
    arena_free(a);
}

int main(int argc, char **argv) {
    static void (*const seeds[])(Buf *, uint64_t *) = {seed_csv, seed_npy, seed_safetensors, seed_picture};
    static const char *const names[] = {"f.csv", "f.npy", "f.safetensors", "f.png"};
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 0, rounds = 0;
    uint64_t state = 0x2545F4914F6CDD1Dull + (argc > 2 ? strtoull(argv[2], NULL, 10) : 0);
    Buf b = {0};
    for (time_t start = time(NULL); seconds ? time(NULL) - start < seconds : rounds < ROUNDS; rounds++) {
        Fixture f = fixture_new();
        size_t kind = below(&state, 4);
        buf_clear(&b);
        seeds[kind](&b, &state);
        for (size_t i = 0, n = below(&state, 4); i < n; i++) mutate(&b, &state);
        buf_putc(&b, 0);
        b.n--;
        read_table(&f, names[kind], &b);
        if (kind == 2) read_tensors(&b);
        fixture_free(&f);
    }
    printf("%ld files\n", rounds);
    buf_free(&b);
    temp_remove();
    return check_report("reader_fuzz");
}
