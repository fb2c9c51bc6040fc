#include "base/winograd.h"
#include <math.h>
#include <string.h>

static const double points[WINOGRAD_TILE - 1] = {0, 1, -1, 2, -0.5, -2};

/* p (x - root), p of degree n */
static void times_linear(double *p, int n, double root) {
    p[n + 1] = p[n];
    for (int k = n; k > 0; k--) p[k] = p[k - 1] - root * p[k];
    p[0] *= -root;
}

/* The product of x - points[k] over all k but `without`. */
static void polynomial(int n, int without, double *p) {
    int degree = 0;
    memset(p, 0, sizeof *p * WINOGRAD_TILE);
    p[0] = 1;
    for (int k = 0; k < n; k++)
        if (k != without) times_linear(p, degree++, points[k]);
}

static double others(int n, int at) {
    double f = 1;
    for (int k = 0; k < n; k++)
        if (k != at) f *= points[at] - points[k];
    return f;
}

Winograd winograd_of(int m) {
    Winograd w = {.m = m, .a = m + 2};
    int n = w.a - 1;
    for (int j = 0; j < n; j++) {
        double scale = others(n, j);
        for (int i = 0; i < m; i++) w.out[i][j] = pow(points[j], i);
        for (int k = 0; k < 3; k++) w.filter[j][k] = pow(points[j], k) / scale;
        polynomial(n, j, w.in[j]);
    }
    w.out[m - 1][n] = w.filter[n][2] = 1;
    polynomial(n, -1, w.in[n]);
    return w;
}

double winograd_growth(const Winograd *w) {
    double most = 0;
    for (int i = 0; i < w->m; i++) {
        double sum = 0;
        for (int j = 0; j < w->a; j++) {
            double filter = 0, in = 0;
            for (int k = 0; k < 3; k++) filter = fmax(filter, fabs(w->filter[j][k]));
            for (int k = 0; k < w->a; k++) in += fabs(w->in[j][k]);
            sum += fabs(w->out[i][j]) * filter * in;
        }
        most = fmax(most, sum);
    }
    return most * most;
}
