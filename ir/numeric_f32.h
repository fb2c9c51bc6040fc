/* FLOAT32: exp, ln, tanh, sigmoid, erf in single precision.  Included once a vocabulary (ir/numeric_c.h) is
 * defined. Coefficients: tools/minimax.py.
 *
 * Why they are monotone: each is a composition of operations that round, hence monotone, where no sum has
 * terms that move against each other; a polynomial is only ever added to a larger term whose steps exceed its
 * jitter.  What remains are the seams (between two powers of 2, between two formulas), and those are checked
 * on all inputs.
 */

/* c[0] + c[1] x + .. + c[count - 1] x^(count - 1) */
static inline F32 f_poly(N n, F32 x, const float *c, int count) {
    F32 y = F_AT(n, c, count - 1);
    for (int i = count - 2; i >= 0; i--) y = f_fma(n, y, x, F_AT(n, c, i));
    return y;
}

/* x = k ln 2 + r, |r| <= ln(2) / 2: returns e^r - 1; k is in the low bits of *k_bits. */
static inline F32 f_exp_reduced(N n, F32 x, I32 *k_bits) {
    static const float c[] = {0x1.fffffcp-2f, 0x1.55548cp-3f, 0x1.555858p-5f, 0x1.123dep-7f, 0x1.6ac752p-10f};
    F32 t = f_fma(n, x, F(n, 0x1.715476p+0), F(n, 0x1.8p+23)); /* the sum's last place is 1: rounds to k */
    F32 k = f_sub(n, t, F(n, 0x1.8p+23));
    F32 r = f_fma(n, k, F(n, -0x1.62e43p-1), x);
    r = f_fma(n, k, F(n, 0x1.05c61p-29), r);
    *k_bits = f_bits(n, t);
    return f_fma(n, f_mul(n, r, r), f_poly(n, r, c, 5), r);
}

/* 2^k in two factors, so that overflow and the one rounding to a denormal happen in a last product; -151 <= k
 * <= 129 */
static inline F32 f_power_of_2(N n, I32 k_bits, F32 *second) {
    I32 one = I(n, 0x3f800000), half = i_and(n, i_shl(n, k_bits, 22), I(n, 0xff800000u));
    *second = f_of_bits(n, i_add(n, i_sub(n, i_shl(n, k_bits, 23), half), one));
    return f_of_bits(n, i_add(n, half, one));
}

static inline F32 f_exp(N n, F32 x) {
    x = f_min(n, f_max(n, x, F(n, -104.0)), F(n, 89.0));
    I32 k;
    F32 p = f_add(n, F(n, 1.0), f_exp_reduced(n, x, &k));
    F32 second, first = f_power_of_2(n, k, &second);
    return f_mul(n, f_mul(n, p, first), second);
}

/* e^x = s + s t, for |x| <= 87; s and t, of which 1 + e^x and 1 - e^x need one rounding */
static inline F32 f_exp_parts(N n, F32 x, F32 *t) {
    I32 k;
    *t = f_exp_reduced(n, x, &k);
    return f_of_bits(n, i_add(n, i_shl(n, k, 23), I(n, 0x3f800000)));
}

/* x = 2^e m, sqrt(1/2) <= m < sqrt(2): e ln 2 + ln(1 + f) with f = m - 1 */
static inline F32 f_log(N n, F32 x) {
    static const float c[] = {-0x1.fffff8p-2f, 0x1.55555p-2f,   -0x1.000426p-2f,
                              0x1.99a3f4p-3f,  -0x1.54276cp-3f, 0x1.227192p-3f,
                              -0x1.0f3762p-3f, 0x1.0848a4p-3f,  -0x1.3830c2p-4f};
    M denormal = f_lt(n, x, F(n, 0x1p-126));
    F32 scaled = f_select(n, denormal, f_mul(n, x, F(n, 0x1p+23)), x);
    I32 sqrt_half = I(n, 0x3f3504f3);
    I32 bits = i_sub(n, f_bits(n, scaled), sqrt_half);
    F32 e = f_sub(n, f_of_i(n, i_sar(n, bits, 23)), f_select(n, denormal, F(n, 23.0), F(n, 0.0)));
    F32 f = f_sub(n, f_of_bits(n, i_add(n, i_and(n, bits, I(n, 0x007fffff)), sqrt_half)), F(n, 1.0));
    F32 low = f_fma(n, f_mul(n, f, f), f_poly(n, f, c, 9), f_mul(n, e, F(n, -0x1.05c61p-29)));
    F32 y = f_fma(n, e, F(n, 0x1.62e43p-1), f_add(n, f, low));
    /* NaN and +inf are their own logarithm */
    F32 inf = F(n, INFINITY);
    y = f_select(n, f_lt(n, x, inf), y, x);
    return f_select(n, f_lt(n, F(n, 0.0), x), y,
                    f_select(n, f_eq(n, x, F(n, 0.0)), f_neg(n, inf), F(n, NAN)));
}

/* |x| with the sign of s */
static inline F32 f_copysign(N n, F32 x, F32 s) {
    return f_of_bits(n, i_or(n, f_bits(n, x), i_and(n, f_bits(n, s), I(n, 0x80000000u))));
}

/* small: x + x^3 P(x^2); else 1 - 2 / (e^2x + 1), which rounds monotonically at each of its steps */
static inline F32 f_tanh(N n, F32 x) {
    static const float c[] = {-0x1.555552p-2f, 0x1.110fe6p-3f,  -0x1.b9d594p-5f,
                              0x1.627f22p-6f,  -0x1.06e7b4p-7f, 0x1.06e83p-9f};
    F32 a = f_abs(n, x), z = f_mul(n, x, x);
    F32 small = f_fma(n, f_mul(n, a, z), f_poly(n, z, c, 6), a);
    F32 t, s = f_exp_parts(n, f_min(n, f_add(n, a, a), F(n, 20.0)), &t);
    F32 below = f_fma(n, s, t, f_add(n, s, F(n, 1.0)));
    F32 large = f_sub(n, F(n, 1.0), f_div(n, F(n, 2.0), below));
    return f_copysign(n, f_select(n, f_lt(n, a, F(n, 0.625)), small, large), x);
}

/* 1 / (1 + e^-x) with one rounding of 1 + s + s t, as s + 1 is exact; below -16 e^x - e^2x, which is more
 * exact there */
static inline F32 f_sigmoid(N n, F32 x) {
    M tail = f_lt(n, x, F(n, -16.0));
    F32 one = F(n, 1.0), a = f_max(n, f_select(n, tail, x, f_neg(n, x)), F(n, -104.0));
    I32 k;
    F32 t = f_exp_reduced(n, a, &k);
    F32 second, first = f_power_of_2(n, k, &second), s = f_mul(n, first, second);
    F32 e = f_mul(n, f_mul(n, f_add(n, one, t), first), second);
    return f_select(n, tail, f_fma(n, f_neg(n, e), e, e), f_div(n, one, f_fma(n, s, t, f_add(n, one, s))));
}

/* small: x + x P(x^2); else 1 - erfc, erfc(a) = e^-(a + a P(a)) */
static inline F32 f_erf(N n, F32 x) {
    static const float near[] = {0x1.06eba8p-3f, -0x1.81274p-2f,   0x1.ce2d6p-4f,  -0x1.b8007ep-6f,
                                 0x1.54422ep-8f, -0x1.a5b6c2p-11f, 0x1.4e332cp-14f};
    static const float far[] = {0x1.070bap-3f,    0x1.45bfcp-1f,   0x1.a96e62p-4f,
                                -0x1.55d15cp-6f,  0x1.87ef3ap-10f, 0x1.5afe46p-11f,
                                -0x1.11aaf4p-12f, 0x1.5ad7bcp-15f, -0x1.60ecb4p-19f};
    F32 z = f_mul(n, x, x);
    F32 small = f_fma(n, x, f_poly(n, z, near, 7), x);
    F32 a = f_min(n, f_abs(n, x), F(n, 4.0));
    F32 t, s = f_exp_parts(n, f_neg(n, f_fma(n, a, f_poly(n, a, far, 9), a)), &t);
    F32 large = f_copysign(n, f_fma(n, f_neg(n, s), t, f_sub(n, F(n, 1.0), s)), x);
    return f_select(n, f_lt(n, f_abs(n, x), F(n, 0.875)), small, large);
}
