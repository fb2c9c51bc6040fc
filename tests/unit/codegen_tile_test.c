/* KI_TILE: against sums in double, and decision 1: the bits of a row do not depend on M, on how rows are
 * split or permuted, on the tile, or on the processor level. */
#include "base/diag.h"
#include "check.h"
#include "codegen_cpu/jit.h"
#include <math.h>
#include <stdlib.h>

typedef struct Case {
    int64_t images, m, n, outer, inner, row_stride, image_stride, outer_stride;
    uint32_t nr, mr;
    KType a_type;
    bool rows, twice; /* row table; an epilogue too long to be copied */
} Case;

static Arena *arena;
static CpuJit *jits[CPU_LEVELS];

static KInst *i64(KB *b, int64_t v) { return kb_int(b, K_I64, 1, v); }

/* out[row][col] = sum + bias[col] + 1000 * row.  Sizes come at run time: size[] = images, m, n, outer, inner,
 * strides .. */
static Kernel *tile_kernel(const Case *c) {
    KB *b = kb_new(arena, "tile");
    KInst *x = kb_param(b), *w = kb_param(b), *bias = kb_param(b), *out = kb_param(b), *rows = kb_param(b),
          *size = kb_param(b), *s[8];
    for (int k = 0; k < 8; k++) s[k] = kb_load(b, size, i64(b, k), K_I64, 1);
    KTile t = {.a_type = c->a_type,
               .a = x,
               .b = w,
               .n = s[2],
               .nr = c->nr,
               .mr = c->mr,
               .rows = c->rows ? rows : NULL,
               .images = s[0],
               .m = s[1],
               .outer = s[3],
               .inner = s[4],
               .row_stride = s[5],
               .image_stride = s[6],
               .outer_stride = s[7]};
    KInst *row, *col, *acc, *pitch = kb_op2(b, KI_AND, kb_op2(b, KI_ADD, s[2], i64(b, 15)), i64(b, -16));
    kb_tile(b, &t, &row, &col, &acc);
    KInst *v = kb_op2(b, KI_ADD, acc, kb_load(b, bias, col, K_F32, 16));
    KInst *number = kb_op2(b, KI_MUL, kb_convert(b, KI_SITOF, row, K_F32), kb_float(b, K_F32, 1, 1000));
    for (int k = 0; c->twice && k < 30; k++) v = kb_op1(b, KI_NEG, v);
    v = kb_op2(b, KI_ADD, v, kb_splat(b, number, 16));
    kb_store(b, out, kb_op2(b, KI_ADD, kb_op2(b, KI_MUL, row, pitch), col), v);
    kb_tile_end(b);
    return kb_finish(b, NULL);
}

typedef struct Data {
    char *x;
    float *b, *panels, *bias, *out; /* b: [k][n] */
    int32_t *rows;
    int64_t depth, pitch, total;
} Data;

static void *room(int64_t bytes) {
    char *p = aligned_alloc(64, ((size_t)bytes + 4096 + 63) / 64 * 64);
    memset(p, 0x7f, ((size_t)bytes + 4096 + 63) / 64 * 64); /* NaN-like: what must not be read shows */
    return p;
}

static float noise(void) { return (float)rand() / (float)RAND_MAX - 0.5f; }

static void pack(const Case *c, Data *d) {
    int64_t panels = (c->n + c->nr - 1) / c->nr;
    for (int64_t p = 0; p < panels; p++)
        for (int64_t k = 0; k < d->depth; k++)
            for (int64_t j = 0; j < c->nr; j++) {
                int64_t n = p * c->nr + j;
                d->panels[(p * d->depth + k) * c->nr + j] = n < c->n ? d->b[k * c->n + n] : 0;
            }
}

static Data make_data(const Case *c) {
    Data d = {.depth = c->outer * c->inner, .pitch = (c->n + 15) / 16 * 16, .total = c->images * c->m};
    int64_t last_row = c->rows ? 3 * c->m * c->row_stride : c->m * c->row_stride;
    int64_t inputs = c->images * c->image_stride + last_row + c->outer * c->outer_stride + c->inner + 64;
    d.x = room(inputs * 4);
    d.b = room(d.depth * c->n * 4);
    d.panels = room((c->n + 63) / 16 * 16 * d.depth * 4 + 64 * 4 * d.depth);
    d.bias = room((c->n + 80) * 4);
    d.out = room(d.total * d.pitch * 4);
    d.rows = room(c->m * 4);
    for (int64_t i = 0; i < inputs; i++) {
        if (c->a_type == K_F32) ((float *)d.x)[i] = noise();
        else d.x[i] = (char)rand();
    }
    for (int64_t i = 0; i < d.depth * c->n; i++) d.b[i] = noise();
    for (int64_t i = 0; i < c->n + 80; i++) d.bias[i] = noise();
    for (int64_t i = 0; i < c->m; i++) d.rows[i] = (int32_t)(rand() % (2 * c->m + 1) * c->row_stride);
    pack(c, &d);
    return d;
}

static void free_data(Data *d) {
    free(d->x), free(d->b), free(d->panels), free(d->bias), free(d->out), free(d->rows);
}

static double element(const Case *c, const Data *d, int64_t row, int64_t k) {
    int64_t image = row / c->m, r = row % c->m;
    int64_t at = image * c->image_stride + (c->rows ? d->rows[r] : r * c->row_stride) +
                 k / c->inner * c->outer_stride + k % c->inner;
    return c->a_type == K_F32 ? (double)((const float *)d->x)[at] : (double)(uint8_t)d->x[at];
}

static void run(CpuJit *jit, const Case *c, const Data *d) {
    const char *why = NULL;
    DqlKernel fn = cpu_jit_get(jit, tile_kernel(c), &why);
    if (!fn) fprintf(stderr, "%s\n", why);
    CHECK(fn != NULL);
    int64_t size[] = {c->images,       c->m,           c->n, c->outer, c->inner, c->row_stride,
                      c->image_stride, c->outer_stride};
    if (fn) fn((void *const[]){d->x, d->panels, d->bias, d->out, d->rows, size}, 1);
}

static void check_values(const Case *c, const Data *d) {
    int bad = 0;
    for (int64_t row = 0; row < d->total; row++)
        for (int64_t n = 0; n < c->n; n++) {
            if ((row * c->n + n) % 3 && d->total * c->n > 20000) continue;
            double sum = d->bias[n], size = fabs(d->bias[n]);
            for (int64_t k = 0; k < d->depth; k++) {
                double term = element(c, d, row, k) * (double)d->b[k * c->n + n];
                sum += term, size += fabs(term);
            }
            sum += 1000.0 * (double)row;
            double bound = ((double)d->depth + 3) * 0x1p-24 * (size + 1000.0 * (double)row) + 1e-30;
            double got = (double)d->out[row * d->pitch + n];
            if (!(fabs(got - sum) <= bound) && bad++ == 0)
                fprintf(stderr, "row %lld column %lld of %lldx%lldx%lld: %g, expected %g +- %g\n",
                        (long long)row, (long long)n, (long long)d->total, (long long)d->depth,
                        (long long)c->n, got, sum, bound);
        }
    CHECK_INT(bad, 0);
}

static void check_case(const Case *c) {
    Data d = make_data(c);
    float *first = room(d.total * d.pitch * 4);
    for (int l = CPU_V3; l <= (int)cpu_host_level(); l++) {
        run(jits[l], c, &d);
        if (l == CPU_V3) memcpy(first, d.out, (size_t)(d.total * d.pitch * 4));
        int bad = 0;
        for (int64_t r = 0; r < d.total; r++)
            bad += memcmp(first + r * d.pitch, d.out + r * d.pitch, (size_t)c->n * 4) != 0;
        CHECK_INT(bad, 0);
    }
    check_values(c, &d);
    free(first);
    free_data(&d);
}

static Case dense(int64_t m, int64_t k, int64_t n, uint32_t nr, uint32_t mr) {
    return (Case){.images = 1,
                  .m = m,
                  .n = n,
                  .outer = 1,
                  .inner = k,
                  .row_stride = k,
                  .nr = nr,
                  .mr = mr,
                  .a_type = K_F32};
}

static void shapes(void) {
    static const struct {
        uint32_t nr, mr;
    } tiles[] = {{64, 6}, {48, 9}, {32, 12}, {16, 14}, {16, 1}, {64, 4}};
    for (size_t t = 0; t < sizeof tiles / sizeof *tiles; t++) {
        for (int64_t m = 1; m <= 15; m += t ? 2 : 1) {
            Case c = dense(m, 1 + m * 3 % 17, 1 + m * 11 % 150, tiles[t].nr, tiles[t].mr);
            check_case(&c);
        }
        for (int64_t m = 17; m <= 200; m = m * 3 / 2 + 1) {
            Case c = dense(m, 37, 1 + m % 97, tiles[t].nr, tiles[t].mr);
            check_case(&c);
            c.a_type = K_I8;
            check_case(&c);
            c.twice = true;
            check_case(&c);
        }
    }
    Case c = dense(193, 1000, 65, 64, 6);
    check_case(&c);
    c = dense(5, 1000, 1000, 64, 6);
    check_case(&c);
    for (int64_t m = 1; m <= 13; m += 4) { /* bytes in several chunks */
        c = dense(m, 600, 50, m == 5 ? 64 : 16, 6);
        c.a_type = K_I8;
        check_case(&c);
    }
    c = dense(0, 10, 10, 64, 6);
    check_case(&c);
}

/* Windows that overlap, several images, a row table. */
static void convolutions(void) {
    for (int64_t images = 1; images <= 5; images += 2)
        for (int64_t m = 1; m <= 121; m += 40) {
            Case c = {.images = images,
                      .m = m,
                      .n = 33,
                      .outer = 3,
                      .inner = 9,
                      .row_stride = 3,
                      .image_stride = 3000,
                      .outer_stride = 60,
                      .nr = 64,
                      .mr = 6,
                      .a_type = K_F32,
                      .rows = true};
            check_case(&c);
            c.a_type = K_I8;
            c.nr = 16, c.mr = 14;
            check_case(&c);
        }
}

/* No row number here: bits are compared. */
static Kernel *plain_kernel(int64_t k, int64_t n, uint32_t nr, uint32_t mr) {
    KB *b = kb_new(arena, "plain");
    KInst *x = kb_param(b), *w = kb_param(b), *out = kb_param(b), *row, *col, *acc;
    KTile t = {.a_type = K_F32,
               .a = x,
               .b = w,
               .n = i64(b, n),
               .nr = nr,
               .mr = mr,
               .images = i64(b, 1),
               .m = kb_count(b),
               .outer = i64(b, 1),
               .inner = i64(b, k),
               .row_stride = i64(b, k),
               .image_stride = i64(b, 0),
               .outer_stride = i64(b, 0)};
    kb_tile(b, &t, &row, &col, &acc);
    kb_store(b, out, kb_op2(b, KI_ADD, kb_op2(b, KI_MUL, row, i64(b, (n + 15) / 16 * 16)), col), acc);
    kb_tile_end(b);
    return kb_finish(b, NULL);
}

static void splits(void) {
    enum { M = 150, K = 97, COLS = 70, PITCH = 80 };
    static const uint32_t mrs[] = {6, 4, 1};
    Case c = dense(M, K, COLS, 64, 6);
    Data d = make_data(&c);
    float *part = room(M * PITCH * 4), *want = NULL;
    for (int l = CPU_V3; l <= (int)cpu_host_level(); l++)
        for (size_t t = 0; t < sizeof mrs / sizeof *mrs; t++) {
            DqlKernel fn = cpu_jit_get(jits[l], plain_kernel(K, COLS, 64, mrs[t]), NULL);
            CHECK(fn != NULL);
            if (!fn) continue;
            for (int64_t piece = M; piece >= 1; piece = piece * 2 / 3) {
                for (int64_t r = 0; r < M; r += piece)
                    fn((void *const[]){d.x + r * K * 4, d.panels, part + r * PITCH},
                       r + piece < M ? piece : M - r);
                if (!want) want = memcpy(room(M * PITCH * 4), part, M * PITCH * 4);
                int bad = 0;
                for (int64_t r = 0; r < M; r++)
                    bad += memcmp(want + r * PITCH, part + r * PITCH, COLS * 4) != 0;
                CHECK_INT(bad, 0);
            }
        }
    free(part);
    free(want);
    free_data(&d);
}

int main(void) {
    arena = arena_new();
    for (int l = CPU_V3; l <= (int)cpu_host_level(); l++)
        jits[l] = cpu_jit_new(&(CpuOptions){.level = (CpuLevel)l, .no_disk = true, .verify = true});
    shapes();
    convolutions();
    splits();
    for (int l = CPU_V3; l <= (int)cpu_host_level(); l++) cpu_jit_free(jits[l]);
    arena_free(arena);
    return check_report("codegen_tile");
}
