/* DOUBLE: exp, ln, tanh, sigmoid, erf, sin, cos, pow, atan2.  Included once a vocabulary (ir/numeric_c.h) is
 * defined. Coefficients: tools/minimax.py.  `x + x_low` is the unrounded value of a pair of doubles, |x_low|
 * <= ulp(x) / 2.
 */
#define LN2_HIGH 0x1.62e42fefa38p-1 /* 42 bits: k * LN2_HIGH is exact for every exponent k */
#define LN2_LOW  0x1.ef35793c7673p-45

static inline F64 d_poly(N n, F64 x, const double *c, int count) {
    F64 y = D_AT(n, c, count - 1);
    for (int i = count - 2; i >= 0; i--) y = d_fma(n, y, x, D_AT(n, c, i));
    return y;
}

/* x + y = *sum + *low exactly, for |x| >= |y| or x = 0 */
static inline F64 d_fast_sum(N n, F64 x, F64 y, F64 *low) {
    F64 sum = d_add(n, x, y);
    *low = d_add(n, d_sub(n, x, sum), y);
    return sum;
}

/* for all x, y */
static inline F64 d_two_sum(N n, F64 x, F64 y, F64 *low) {
    F64 sum = d_add(n, x, y), other = d_sub(n, sum, x);
    *low = d_add(n, d_sub(n, x, d_sub(n, sum, other)), d_sub(n, y, other));
    return sum;
}

static inline F64 d_two_product(N n, F64 x, F64 y, F64 *low) {
    F64 product = d_mul(n, x, y);
    *low = d_fma(n, x, y, d_neg(n, product));
    return product;
}

/* as f_exp_reduced, of x + x_low */
static inline F64 d_exp_reduced(N n, F64 x, F64 x_low, I64 *k_bits) {
    static const double c[] = {0x1.000000000000ap-1,  0x1.5555555555503p-3,  0x1.5555555550609p-5,
                               0x1.1111111124d4cp-7,  0x1.6c16c184b39e5p-10, 0x1.a01a013d35d09p-13,
                               0x1.a0199895ec348p-16, 0x1.71def4ad0a3bap-19, 0x1.28aecd39e4043p-22,
                               0x1.add5fa732188cp-26};
    F64 t = d_fma(n, x, D(n, 0x1.71547652b82fep+0), D(n, 0x1.8p+52));
    F64 k = d_sub(n, t, D(n, 0x1.8p+52));
    F64 r = d_fma(n, k, D(n, -LN2_HIGH), x);
    r = d_add(n, d_fma(n, k, D(n, -LN2_LOW), r), x_low);
    *k_bits = d_bits(n, t);
    return d_fma(n, d_mul(n, r, r), d_poly(n, r, c, 10), r);
}

/* as f_power_of_2 */
static inline F64 d_power_of_2(N n, I64 k_bits, F64 *second) {
    I64 one = L(n, 0x3ff0000000000000), half = l_and(n, l_shl(n, k_bits, 51), L(n, 0xfff0000000000000u));
    *second = d_of_bits(n, l_add(n, l_sub(n, l_shl(n, k_bits, 52), half), one));
    return d_of_bits(n, l_add(n, half, one));
}

/* e^(x + x_low), x in [-746, 710] */
static inline F64 d_exp_sum(N n, F64 x, F64 x_low) {
    I64 k;
    F64 p = d_add(n, D(n, 1.0), d_exp_reduced(n, x, x_low, &k));
    F64 second, first = d_power_of_2(n, k, &second);
    return d_mul(n, d_mul(n, p, first), second);
}

static inline F64 d_exp(N n, F64 x) {
    x = d_min(n, d_max(n, x, D(n, -746.0)), D(n, 710.0));
    return d_exp_sum(n, x, D(n, 0.0));
}

/* x = 2^e m, sqrt(1/2) <= m < sqrt(2), for x > 0 finite */
static inline F64 d_split(N n, F64 x, F64 *e) {
    M denormal = d_lt(n, x, D(n, 0x1p-1022));
    F64 scaled = d_select(n, denormal, d_mul(n, x, D(n, 0x1p+54)), x);
    I64 sqrt_half = L(n, 0x3fe6a09e667f3bcd);
    I64 bits = l_sub(n, d_bits(n, scaled), sqrt_half);
    *e = d_sub(n, d_of_l(n, l_sar(n, bits, 52)), d_select(n, denormal, D(n, 54.0), D(n, 0.0)));
    return d_of_bits(n, l_add(n, l_and(n, bits, L(n, 0x000fffffffffffff)), sqrt_half));
}

/* ln(1 + f) = f - (h - s (h + R(s^2))), h = f^2 / 2, s = f / (2 + f), s R = 2 atanh(s) - 2 s */
static inline F64 d_log(N n, F64 x) {
    static const double c[] = {0x1.5555555555592p-1, 0x1.999999997feeep-2, 0x1.24924941e536cp-2,
                               0x1.c71c521042e31p-3, 0x1.74663de8cf4aep-3, 0x1.39a1cc2228677p-3,
                               0x1.2f04f8863d77cp-3};
    F64 e, f = d_sub(n, d_split(n, x, &e), D(n, 1.0));
    F64 h = d_mul(n, d_mul(n, D(n, 0.5), f), f), s = d_div(n, f, d_add(n, D(n, 2.0), f)), z = d_mul(n, s, s);
    F64 r = d_mul(n, z, d_poly(n, z, c, 7));
    F64 low = d_fma(n, s, d_add(n, h, r), d_mul(n, e, D(n, LN2_LOW)));
    F64 y = d_fma(n, e, D(n, LN2_HIGH), d_sub(n, f, d_sub(n, h, low)));
    F64 inf = D(n, INFINITY);
    y = d_select(n, d_lt(n, x, inf), y, x);
    return d_select(n, d_lt(n, D(n, 0.0), x), y,
                    d_select(n, d_eq(n, x, D(n, 0.0)), d_neg(n, inf), D(n, NAN)));
}

static inline F64 d_copysign(N n, F64 x, F64 s) {
    return d_of_bits(n, l_or(n, d_bits(n, x), l_and(n, d_bits(n, s), L(n, 0x8000000000000000u))));
}

/* as f_tanh */
static inline F64 d_tanh(N n, F64 x) {
    static const double c[] = {-0x1.5555555555555p-2,  0x1.111111111108cp-3,   -0x1.ba1ba1ba12ccap-5,
                               0x1.664f48806a2c4p-6,   -0x1.226e350135e8dp-7,  0x1.d6d3be3fc1486p-9,
                               -0x1.7da221da90b3bp-10, 0x1.3548f0290de08p-11,  -0x1.f4799c62f09a4p-13,
                               0x1.9056abdbed47ap-14,  -0x1.2f4d522976a61p-15, 0x1.7d9bc625d0638p-17,
                               -0x1.1a73dc07c8f5dp-19};
    F64 a = d_abs(n, x), z = d_mul(n, x, x);
    F64 small = d_fma(n, d_mul(n, a, z), d_poly(n, z, c, 13), a);
    I64 k;
    F64 t = d_exp_reduced(n, d_min(n, d_add(n, a, a), D(n, 50.0)), D(n, 0.0), &k);
    F64 s = d_of_bits(n, l_add(n, l_shl(n, k, 52), L(n, 0x3ff0000000000000)));
    F64 below = d_fma(n, s, t, d_add(n, s, D(n, 1.0)));
    F64 large = d_sub(n, D(n, 1.0), d_div(n, D(n, 2.0), below));
    return d_copysign(n, d_select(n, d_lt(n, a, D(n, 0.625)), small, large), x);
}

/* as f_sigmoid */
static inline F64 d_sigmoid(N n, F64 x) {
    M tail = d_lt(n, x, D(n, -36.0));
    F64 one = D(n, 1.0), a = d_max(n, d_select(n, tail, x, d_neg(n, x)), D(n, -746.0));
    I64 k;
    F64 t = d_exp_reduced(n, a, D(n, 0.0), &k);
    F64 second, first = d_power_of_2(n, k, &second), s = d_mul(n, first, second);
    F64 e = d_mul(n, d_mul(n, d_add(n, one, t), first), second);
    return d_select(n, tail, d_fma(n, d_neg(n, e), e, e), d_div(n, one, d_fma(n, s, t, d_add(n, one, s))));
}

/* small: x + x P(x^2); else 1 - e^(-a^2) erfcx(a), erfcx a polynomial of t = (a - 3) / (a + 3) on [1, 6] */
static inline F64 d_erf(N n, F64 x) {
    static const double near[] = {0x1.06eba8214db69p-3,   -0x1.812746b0379e7p-2,  0x1.ce2f21a042bdep-4,
                                  -0x1.b82ce312889c2p-6,  0x1.565bcd0e65193p-8,   -0x1.c02db3fef017bp-11,
                                  0x1.f9a326c2d8d12p-14,  -0x1.f4d2562a0c85fp-17, 0x1.b9e6518d904c8p-20,
                                  -0x1.5f6d9cb9a03dep-23, 0x1.fc43eff55d14dp-27,  -0x1.4e63595aadf71p-30,
                                  0x1.7f171534db1dep-34,  -0x1.29e131c3c9a4cp-38};
    static const double far[] = {
        0x1.6e9827d229d2dp-3,   -0x1.4e102b9cf8513p-2, 0x1.f6ff204105974p-3,  -0x1.336ffbef08b4bp-3,
        0x1.258b13b017aa8p-4,   -0x1.8fa58eb5d9655p-6, 0x1.17c838ee80e98p-8,  0x1.73101e78af6afp-11,
        -0x1.39084c556b801p-11, 0x1.7ba1038968c75p-15, 0x1.0cac33af48cf7p-14, -0x1.af86cb2da3e7cp-17,
        -0x1.0bb3c75b11386p-17, 0x1.1c87ad68d06d6p-19, 0x1.504470fb29708p-20, -0x1.3aa5020a65924p-22,
        -0x1.f9349453a82d8p-23, 0x1.9fed2cb40752p-26,  0x1.8706770bfe08dp-25, 0x1.3d2bc924f6c23p-27};
    F64 small = d_fma(n, x, d_poly(n, d_mul(n, x, x), near, 14), x);
    F64 a = d_min(n, d_abs(n, x), D(n, 6.0)), z_low, z = d_two_product(n, a, a, &z_low);
    F64 t = d_div(n, d_sub(n, a, D(n, 3.0)), d_add(n, a, D(n, 3.0)));
    F64 erfc = d_mul(n, d_exp_sum(n, d_neg(n, z), d_neg(n, z_low)), d_poly(n, t, far, 20));
    F64 large = d_copysign(n, d_sub(n, D(n, 1.0), erfc), x);
    return d_select(n, d_lt(n, d_abs(n, x), D(n, 1.0)), small, large);
}

/* ---- sin, cos: x = q pi/2 + r + r_low, |r| <= pi/4; the two low bits of q are in *q ---- */

/* |x| < 2^30: subtracts q pi/2 in three parts */
static inline F64 d_reduce_near(N n, F64 x, F64 *r_low, I64 *q) {
    F64 t = d_fma(n, x, D(n, 0x1.45f306dc9c883p-1), D(n, 0x1.8p+52));
    F64 k = d_sub(n, t, D(n, 0x1.8p+52));
    *q = d_bits(n, t);
    F64 r = d_fma(n, k, D(n, -0x1.921fb54442d18p+0), x); /* exact */
    F64 part_low, low, part = d_two_product(n, k, D(n, -0x1.1a62633145c07p-54), &part_low);
    r = d_two_sum(n, r, part, &low);
    low = d_add(n, low, d_fma(n, k, D(n, 0x1.f1976b7ed8fbcp-110), part_low));
    return d_fast_sum(n, r, low, r_low);
}

/* The fraction of x to the nearest integer, which is added to *sum modulo 4; exact. */
static inline F64 d_fraction(N n, F64 x, F64 *sum) {
    F64 whole = d_round(n, x);
    F64 fours = d_round(n, d_mul(n, whole, D(n, 0.25)));
    *sum = d_add(n, *sum, d_fma(n, fours, D(n, -4.0), whole));
    return d_sub(n, x, whole);
}

/* 2^30 <= |x| < inf, by exact products with the part of 2/pi that matters (Payne and Hanek).  2/pi is kept in
 * 50-bit pieces; x = m 2^(50 i) with m an integer multiple of 4 (or i = 0), so that pieces before the i-th
 * give multiples of 4, and five pieces from there give 2^-146 of a quadrant. */
static inline F64 d_reduce_far(N n, F64 x, F64 *r_low, I64 *q) {
    static const double pieces[] = {
        0x28be60db93910p0, 0x1529fc2757d1fp0, 0x14d377036d8a5p0, 0x1993c439041fep0, 0x1458eaf7aef15p0,
        0x21b7246e3a424p0, 0x374b801924bbap0, 0x209d1921cfe1dp0, 0x3ac72c4a69cfbp0, 0x288235f52ebb4p0,
        0x1213a671c09adp0, 0x05f7e413991d6p0, 0x0e60d4ce7d272p0, 0x045f8bbdf9283p0, 0x2c7fe25fff781p0,
        0x1980fef2f118bp0, 0x16829b47db4d9p0, 0x3ecf27cb09b74p0, 0x3d18fd9a797fap0, 0x22d7527bac7ebp0,
        0x397c5ecf41ce7p0, 0x378a5292ea6bfp0, 0x2d7ec47e35742p0, 0x056033046fc7bp0, 0x1aeafc33ef082p0,
        0x1af4361da9e39p0};
    enum { PIECES = sizeof pieces / sizeof *pieces, USED = 5 };
    I64 exponent = l_sub(n, l_and(n, l_sar(n, d_bits(n, x), 52), L(n, 0x7ff)), L(n, 1023 + 54));
    I64 i = l_sar(n, l_mul(n, l_max(n, exponent, L(n, 0)), L(n, 5243)), 18); /* / 50 */
    F64 m = d_mul(n, x, d_of_bits(n, l_shl(n, l_sub(n, L(n, 1023), l_mul(n, i, L(n, 50))), 52)));
    F64 at[PIECES + 16]; /* shifted left by i, one bit of i at a time */
    for (int k = 0; k < PIECES + 16; k++) at[k] = k < PIECES ? D_AT(n, pieces, k) : D(n, 0.0);
    for (int by = 16, left = USED + 15; by > 0; left = USED + by / 2 - 1, by /= 2) {
        M shift = l_ne(n, l_and(n, i, L(n, by)), L(n, 0));
        for (int k = 0; k < left; k++) at[k] = d_select(n, shift, at[k + by], at[k]);
    }
    F64 sum = D(n, 0.0), high = D(n, 0.0), low = D(n, 0.0);
    for (int k = 0; k < USED; k++) {
        m = d_mul(n, m, D(n, 0x1p-50));
        F64 part[2];
        part[0] = d_two_product(n, m, at[k], &part[1]);
        for (int j = 0; j < 2; j++) {
            F64 lost;
            high = d_two_sum(n, high, d_fraction(n, part[j], &sum), &lost);
            high = d_fraction(n, high, &sum);
            low = d_add(n, low, lost);
        }
    }
    high = d_fraction(n, d_two_sum(n, high, low, &low), &sum);
    *q = d_bits(n, d_add(n, sum, D(n, 0x1.8p+52)));
    F64 r = d_two_product(n, high, D(n, 0x1.921fb54442d18p+0), r_low);
    *r_low = d_add(n, *r_low,
                   d_fma(n, high, D(n, 0x1.1a62633145c07p-54), d_mul(n, low, D(n, 0x1.921fb54442d18p+0))));
    return r;
}

/* sin(x + turn pi/2); +-inf and NaN give NaN */
static inline F64 d_sin_turned(N n, F64 x, int turn) {
    static const double sine[] = {-0x1.5555555555555p-3, 0x1.1111111111067p-7,   -0x1.a01a019ffdba3p-13,
                                  0x1.71de3a32a9539p-19, -0x1.ae642ad5d2a5fp-26, 0x1.6108b35be0503p-33,
                                  -0x1.9f708ad371c1p-41};
    static const double cosine[] = {0x1.5555555555555p-5,   -0x1.6c16c16c16b2ap-10, 0x1.a01a019ffb553p-16,
                                    -0x1.27e4fb583866ep-22, 0x1.1eed6d05f581fp-29,  -0x1.93713e49da86ap-37,
                                    0x1.9c346c68a6a2ap-45};
    F64 near_low, far_low;
    I64 near_q, far_q;
    F64 near = d_reduce_near(n, x, &near_low, &near_q), far = d_reduce_far(n, x, &far_low, &far_q);
    M is_far = d_lt(n, D(n, 0x1p+30), d_abs(n, x));
    F64 r = d_select(n, is_far, far, near), r_low = d_select(n, is_far, far_low, near_low);
    I64 q = l_add(n, l_select(n, is_far, far_q, near_q), L(n, turn));
    F64 z = d_mul(n, r, r), half = d_mul(n, D(n, 0.5), z), one_less = d_sub(n, D(n, 1.0), half);
    /* sin(r + r_low) = sin r + r_low cos r;  cos(r + r_low) = cos r - r_low sin r */
    F64 s = d_fma(n, d_mul(n, r, z), d_poly(n, z, sine, 7), d_mul(n, r_low, one_less));
    F64 c = d_fma(n, d_mul(n, z, z), d_poly(n, z, cosine, 7), d_neg(n, d_mul(n, r, r_low)));
    c = d_add(n, one_less, d_add(n, d_sub(n, d_sub(n, D(n, 1.0), one_less), half), c));
    F64 y = d_select(n, l_ne(n, l_and(n, q, L(n, 1)), L(n, 0)), c, d_add(n, r, s));
    y = d_of_bits(n, l_xor(n, d_bits(n, y), l_shl(n, l_and(n, q, L(n, 2)), 62)));
    y = d_select(n, d_lt(n, d_abs(n, x), D(n, INFINITY)), y, D(n, NAN));
    /* sin(-0) is -0 */
    return turn ? y : d_select(n, d_eq(n, x, D(n, 0.0)), x, y);
}

static inline F64 d_sin(N n, F64 x) { return d_sin_turned(n, x, 0); }
static inline F64 d_cos(N n, F64 x) { return d_sin_turned(n, x, 1); }

/* ---- pow ---- */

/* ln x to about 2^-65, x > 0 finite: e ln 2 + 2 s + s z (2/3 + z P(z)), s = (m - 1) / (m + 1), z = s^2, in
 * pairs */
static inline F64 d_log_pair(N n, F64 x, F64 *low) {
    static const double c[] = {0x1.9999999999996p-2, 0x1.2492492492f52p-2, 0x1.c71c71c5965d3p-3,
                               0x1.745d182975603p-3, 0x1.3b1364bfbf8b8p-3, 0x1.112070c3a6c18p-3,
                               0x1.de3d2b6f7c9b2p-4, 0x1.eac81e8f236f4p-4};
    F64 e, m = d_split(n, x, &e), one = D(n, 1.0);
    F64 f = d_sub(n, m, one), below = d_add(n, m, one), below_low = d_sub(n, m, d_sub(n, below, one));
    F64 s = d_div(n, f, below);
    F64 s_low = d_div(n, d_fma(n, d_neg(n, s), below_low, d_fma(n, d_neg(n, s), below, f)), below);
    F64 z_low, t_low, u_low, v_low, y_low, sum_low;
    F64 z = d_two_product(n, s, s, &z_low);
    z_low = d_fma(n, d_add(n, s, s), s_low, z_low);
    F64 t = d_fast_sum(n, D(n, 0x1.5555555555555p-1), d_mul(n, z, d_poly(n, z, c, 8)), &t_low);
    t_low = d_add(n, t_low, D(n, 0x1.5555555555555p-55));
    F64 u = d_two_product(n, z, t, &u_low);
    u_low = d_add(n, u_low, d_fma(n, z, t_low, d_mul(n, z_low, t)));
    F64 v = d_two_product(n, s, u, &v_low);
    v_low = d_add(n, v_low, d_fma(n, s, u_low, d_mul(n, s_low, u)));
    F64 y = d_fast_sum(n, d_add(n, s, s), v, &y_low);
    y_low = d_add(n, y_low, d_add(n, d_add(n, s_low, s_low), v_low));
    F64 sum = d_fast_sum(n, d_mul(n, e, D(n, LN2_HIGH)), y, &sum_low);
    sum_low = d_add(n, sum_low, d_fma(n, e, D(n, LN2_LOW), y_low));
    return d_fast_sum(n, sum, sum_low, low);
}

/* |x|^y without signs, for a = |x| */
static inline F64 d_pow_magnitude(N n, F64 a, F64 y) {
    F64 inf = D(n, INFINITY), zero = D(n, 0.0), low, product_low;
    F64 log = d_log_pair(n, a, &low);
    M finite = m_and(n, d_lt(n, zero, a), d_lt(n, a, inf));
    log = d_select(n, finite, log, d_select(n, d_eq(n, a, zero), d_neg(n, inf), a));
    F64 product = d_two_product(n, y, log, &product_low);
    product_low = d_fma(n, y, low, product_low);
    F64 clamped = d_min(n, d_max(n, product, D(n, -746.0)), D(n, 710.0));
    product_low = d_select(n, d_eq(n, clamped, product), product_low, zero);
    return d_exp_sum(n, clamped, product_low);
}

/* IEEE 754's pow */
static inline F64 d_pow(N n, F64 x, F64 y) {
    F64 one = D(n, 1.0), zero = D(n, 0.0), half = D(n, 0.5), inf = D(n, INFINITY), a = d_abs(n, x),
        b = d_abs(n, y);
    F64 p = d_pow_magnitude(n, a, y);
    /* 1^y, x^0, (-1)^+-inf */
    M is_one =
        m_or(n, m_or(n, d_eq(n, x, one), d_eq(n, y, zero)), m_and(n, d_eq(n, a, one), d_eq(n, b, inf)));
    M integer = d_eq(n, d_round(n, y), y), even = d_eq(n, d_round(n, d_mul(n, y, half)), d_mul(n, y, half));
    M odd = m_and(n, integer, m_not(n, even));
    /* negative finite base and no integer exponent: NaN */
    M no_root =
        m_and(n, m_and(n, d_lt(n, x, zero), d_lt(n, a, inf)), m_not(n, m_or(n, integer, d_eq(n, b, inf))));
    p = d_select(n, odd, d_copysign(n, p, x), p);
    return d_select(n, is_one, one, d_select(n, no_root, D(n, NAN), p));
}

/* ---- atan2 ---- */

/* The angle of the point (x, y).  With a >= b its coordinates' magnitudes: t = b / a, or (b - a) / (b + a)
 * where that is nearer to 0, of which the arctangent is t + t^3 P(t^2); then pi/4, pi/2 and pi bring it to
 * its octant. */
static inline F64 d_atan2(N n, F64 y, F64 x) {
    static const double c[] = {-0x1.555555555553dp-2, 0x1.999999999589bp-3,  -0x1.24924922af50ep-3,
                               0x1.c71c70e7000e3p-4,  -0x1.745cf8facb195p-4, 0x1.3b111b5f714cbp-4,
                               -0x1.10ebd31d7c318p-4, 0x1.df10dc182e0dap-5,  -0x1.9cd9e67db98ebp-5,
                               0x1.37e7f923c9df8p-5,  -0x1.2592916f23eaap-6};
    F64 zero = D(n, 0.0), one = D(n, 1.0), inf = D(n, INFINITY);
    F64 u = d_abs(n, x), v = d_abs(n, y);
    M steep = d_lt(n, u, v);
    F64 a = d_select(n, steep, v, u), b = d_select(n, steep, u, v);
    /* two infinities are as two ones; a sum of large ones must not overflow */
    M endless = d_eq(n, a, inf);
    b = d_select(n, endless, d_select(n, d_eq(n, b, inf), one, zero), b);
    a = d_select(n, endless, one, a);
    F64 scale = d_select(n, d_lt(n, D(n, 0x1p+1000), a), D(n, 0x1p-100), one);
    a = d_mul(n, a, scale);
    b = d_mul(n, b, scale);
    M near = m_not(n, d_lt(n, d_mul(n, a, D(n, 0x1.a827999fcef32p-2)), b));
    F64 above = d_select(n, near, b, d_sub(n, b, a)), below = d_select(n, near, a, d_add(n, b, a));
    F64 t = d_select(n, d_eq(n, a, zero), zero, d_div(n, above, below)), z = d_mul(n, t, t);
    F64 low = d_mul(n, d_mul(n, t, z), d_poly(n, z, c, 11));
    F64 turn = d_select(n, near, zero, D(n, 0x1.921fb54442d18p-1));
    F64 turn_low = d_select(n, near, zero, D(n, 0x1.1a62633145c07p-55));
    /* the angle from the axis of a: turn + t + low, kept as a pair */
    F64 sum_low, sum = d_fast_sum(n, turn, t, &sum_low);
    low = d_add(n, low, d_add(n, sum_low, turn_low));
    F64 r = d_add(n, sum, low);
    F64 half = D(n, 0x1.921fb54442d18p+0), half_low = D(n, 0x1.1a62633145c07p-54), other_low;
    F64 other = d_fast_sum(n, half, d_neg(n, sum), &other_low);
    other = d_add(n, other, d_add(n, other_low, d_sub(n, half_low, low)));
    r = d_select(n, steep, other, r);
    F64 back = d_sub(n, d_add(n, half, half), d_sub(n, r, d_add(n, half_low, half_low)));
    r = d_select(n, d_lt(n, d_copysign(n, one, x), zero), back, r);
    M number = m_and(n, d_eq(n, x, x), d_eq(n, y, y));
    return d_select(n, number, d_copysign(n, r, y), D(n, NAN));
}
