/* Winograd's matrices: y = A' [(G g G') . (B' d B)] A is the convolution, for every tile size; growth bounds what is on the way. */
#include "base/winograd.h"
#include "tests/unit/check.h"
#include <math.h>

static double value(int i) { return (double)((i * 7919 + 13) % 101) / 50 - 1; }

/* one dimension: y = A' [(G g) . (B' d)] */
static void test_one(const Winograd *w) {
    for (int at = 0; at < 20; at++) {
        double products[WINOGRAD_TILE];
        for (int j = 0; j < w->a; j++) {
            double u = 0, v = 0;
            for (int k = 0; k < 3; k++) u += w->filter[j][k] * value(at + k);
            for (int k = 0; k < w->a; k++) v += w->in[j][k] * value(3 * at + k + 5);
            products[j] = u * v;
        }
        for (int i = 0; i < w->m; i++) {
            double y = 0, expected = 0;
            for (int j = 0; j < w->a; j++) y += w->out[i][j] * products[j];
            for (int k = 0; k < 3; k++) expected += value(at + k) * value(3 * at + i + k + 5);
            CHECK(fabs(y - expected) < 1e-12);
        }
    }
}

int main(void) {
    for (int m = WINOGRAD_LEAST; m <= WINOGRAD_MOST; m++) {
        Winograd w = winograd_of(m);
        CHECK_INT(w.m, m);
        CHECK_INT(w.a, m + 2);
        test_one(&w);
        CHECK(winograd_growth(&w) >= 1 && winograd_growth(&w) < 2e5);
    }
    return check_report("winograd");
}
