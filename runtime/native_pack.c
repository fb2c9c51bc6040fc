/* Weights for contraction tiles: panels of nr columns, k running slowest inside a panel. */
#include "base/winograd.h"
#include "runtime/abi.h"
#include <string.h>

/* src (N, K)  out (ceil(N / nr), K, nr), zero-padded */
int64_t dql_rt_pack_panels(void *const *args, int64_t n) {
    const float *src = args[0];
    int64_t N = *(const int64_t *)args[1], K = *(const int64_t *)args[2], nr = *(const int64_t *)args[3];
    float *out = args[4];
    (void)n;
    for (int64_t panel = 0; panel < N; panel += nr)
        for (int64_t k = 0; k < K; k++, out += nr)
            for (int64_t j = 0; j < nr; j++) out[j] = panel + j < N ? src[(panel + j) * K + k] : 0.0f;
    return 0;
}

/* src (O, C, KH, KW)  out (ceil(O / nr), KH, KW, C, nr), zero-padded */
int64_t dql_rt_pack_conv(void *const *args, int64_t n) {
    const float *src = args[0];
    int64_t O = *(const int64_t *)args[1], C = *(const int64_t *)args[2], space = *(const int64_t *)args[3] * *(const int64_t *)args[4];
    int64_t nr = *(const int64_t *)args[5];
    float *out = args[6];
    (void)n;
    for (int64_t panel = 0; panel < O; panel += nr)
        for (int64_t at = 0; at < space; at++)
            for (int64_t c = 0; c < C; c++, out += nr)
                for (int64_t j = 0; j < nr; j++) out[j] = panel + j < O ? src[((panel + j) * C + c) * space + at] : 0.0f;
    return 0;
}

/* G g G' (a, a) of one filter g (3, 3) */
static void transform_filter(const Winograd *w, const float *g, float *out) {
    double half[WINOGRAD_TILE][3];
    for (int i = 0; i < w->a; i++)
        for (int k = 0; k < 3; k++)
            half[i][k] = w->filter[i][0] * (double)g[k] + w->filter[i][1] * (double)g[3 + k] + w->filter[i][2] * (double)g[6 + k];
    for (int i = 0; i < w->a; i++)
        for (int j = 0; j < w->a; j++)
            out[i * w->a + j] = (float)(half[i][0] * w->filter[j][0] + half[i][1] * w->filter[j][1] + half[i][2] * w->filter[j][2]);
}

/* src (O, C, 3, 3)  out (a * a, ceil(O / nr), C, nr), zero-padded */
int64_t dql_rt_pack_winograd(void *const *args, int64_t n) {
    const float *src = args[0];
    int64_t O = *(const int64_t *)args[1], C = *(const int64_t *)args[2], nr = *(const int64_t *)args[4];
    Winograd w = winograd_of((int)*(const int64_t *)args[3]);
    int64_t padded = (O + nr - 1) / nr * nr, plane = padded * C;
    float *out = args[5], u[WINOGRAD_TILE * WINOGRAD_TILE];
    (void)n;
    if (padded != O) memset(out, 0, sizeof *out * (size_t)(plane * w.a * w.a));
    for (int64_t o = 0; o < O; o++)
        for (int64_t c = 0; c < C; c++) {
            transform_filter(&w, src + (o * C + c) * 9, u);
            float *to = out + o / nr * C * nr + c * nr + o % nr;
            for (int k = 0; k < w.a * w.a; k++) to[k * plane] = u[k];
        }
    return 0;
}
