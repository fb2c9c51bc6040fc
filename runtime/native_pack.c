/* Weights for contraction tiles: panels of nr columns, k running slowest inside a panel. */
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
