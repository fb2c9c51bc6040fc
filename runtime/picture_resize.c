/* Bilinear resizing of 8-bit pictures, antialiased, by the method of Pillow's Image.resize(.., BILINEAR) (src/libImaging/Resample.c)
 * and to its bytes.  An output sample is the mean of the input samples under a triangle that is as wide as two output samples,
 * but never narrower than two input samples; weights have 22 bits behind the point.  Columns first, rounded to bytes, then
 * rows (Pillow 13 takes the other order for some sizes, which may differ by 1). */
#include "runtime/picture.h"
#include <math.h>

enum { WEIGHT_BITS = 22 };

/* Output i reads inputs [from[i], from[i] + n[i]) with weights weight[i * most + ..]. */
typedef struct Taps {
    int64_t most;
    int32_t *from, *n, *weight; /* of one block */
} Taps;

static void fill_taps(Taps *t, int64_t in, int64_t i, double scale) {
    double stretch = fmax(scale, 1), centre = ((double)i + 0.5) * scale, sum = 0;
    int64_t from = (int64_t)fmax(centre - stretch + 0.5, 0), to = (int64_t)fmin(centre + stretch + 0.5, (double)in);
    int32_t *weight = t->weight + i * t->most;
    for (int pass = 0; pass < 2; pass++)
        for (int64_t k = from; k < to; k++) {
            double x = fabs(((double)k - centre + 0.5) * (1 / stretch));
            double w = x < 1 ? 1 - x : 0;
            if (pass == 0) sum += w;
            else weight[k - from] = (int32_t)(0.5 + w / sum * (1 << WEIGHT_BITS));
        }
    t->from[i] = (int32_t)from;
    t->n[i] = (int32_t)(to - from);
}

static bool make_taps(BlockPool *pool, int64_t in, int64_t out, Taps *t) {
    double scale = (double)in / (double)out;
    t->most = (int64_t)ceil(fmax(scale, 1)) * 2 + 1;
    if (!(t->from = block_alloc(pool, (size_t)out * (size_t)(t->most + 2) * sizeof *t->from))) return false;
    t->n = t->from + out;
    t->weight = t->n + out;
    for (int64_t i = 0; i < out; i++) fill_taps(t, in, i, scale);
    return true;
}

/* x (outer, in, inner)  to (outer, out, inner)  sums (inner) */
static void resample(const Taps *t, const uint8_t *x, int64_t outer, int64_t in, int64_t out, int64_t inner, int32_t *sums, uint8_t *to) {
    for (int64_t o = 0; o < outer; o++, x += in * inner)
        for (int64_t i = 0; i < out; i++, to += inner) {
            const uint8_t *from = x + t->from[i] * inner;
            const int32_t *w = t->weight + i * t->most;
            for (int64_t j = 0; j < inner; j++) sums[j] = 1 << (WEIGHT_BITS - 1);
            for (int32_t k = 0; k < t->n[i]; k++, from += inner)
                for (int64_t j = 0; j < inner; j++) sums[j] += w[k] * from[j];
            for (int64_t j = 0; j < inner; j++) to[j] = (uint8_t)(sums[j] >> WEIGHT_BITS);
        }
}

/* One of the two dimensions; the block is replaced. */
static bool along(BlockPool *pool, Picture *x, int64_t outer, int64_t in, int64_t out, int64_t inner, RtError *e) {
    Taps t = {0};
    if (in == out) return true;
    uint8_t *to = block_alloc(pool, (size_t)(outer * out * inner));
    int32_t *sums = block_alloc(pool, (size_t)inner * sizeof *sums);
    bool ok = to && sums && make_taps(pool, in, out, &t);
    if (ok) resample(&t, x->pixels, outer, in, out, inner, sums, to);
    block_free(t.from);
    block_free(sums);
    block_free(ok ? x->pixels : to);
    if (ok) x->pixels = to;
    return ok || rt_fail_memory(e);
}

bool picture_resize(BlockPool *pool, Picture *x, int64_t height, int64_t width, RtError *e) {
    if (!along(pool, x, x->height, x->width, width, x->channels, e)) return false;
    x->width = width;
    if (!along(pool, x, 1, x->height, height, x->width * x->channels, e)) return false;
    x->height = height;
    return true;
}
