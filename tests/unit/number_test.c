/* Numbers: limits, rounding and text both ways, each against a slower definition where there is one. */
#include "base/number.h"
#include "base/pow10.h"
#include "tests/unit/check.h"
#include <math.h>
#include <stdlib.h>

static Buf buf;

static uint64_t random_state = 0x853C49E6748FEA9B;
static uint64_t random_u64(void) {
    random_state += 0x9E3779B97F4A7C15;
    uint64_t z = random_state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static const char *i64_text(int64_t v) { return buf_clear(&buf), print_i64(&buf, v), buf.p; }
static const char *u64_text(uint64_t v) { return buf_clear(&buf), print_u64(&buf, v), buf.p; }
static const char *f64_text(double v) { return buf_clear(&buf), print_f64(&buf, v), buf.p; }
static const char *f32_text(float v) { return buf_clear(&buf), print_f32(&buf, v), buf.p; }
static const char *dec_text(Int128 v, int scale) {
    return buf_clear(&buf), print_decimal(&buf, v, scale), buf.p;
}

static void check_integers(void) {
    static const struct {
        const char *text;
        int64_t v;
    } good[] = {{"0", 0},
                {" -0 ", 0},
                {"+5", 5},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN},
                {"000000000000000000000000042", 42},
                {"\t-7\r", -7},
                {"999999999999999999", 999999999999999999}};
    static const char *const bad[] = {"",
                                      " ",
                                      "-",
                                      "+",
                                      "--1",
                                      "1 2",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999",
                                      "1.0",
                                      "0x1",
                                      "1e3",
                                      "12a",
                                      "a",
                                      "1-",
                                      "18446744073709551616"};
    int64_t i = 77;
    uint64_t u = 77;
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        CHECK(parse_i64(str_of(good[k].text), &i));
        CHECK_INT(i, good[k].v);
    }
    i = 77;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) CHECK(!parse_i64(str_of(bad[k]), &i) && i == 77);
    CHECK(parse_u64(str_of("18446744073709551615"), &u) && u == UINT64_MAX && parse_u64(str_of("-0"), &u) &&
          u == 0);
    CHECK(parse_u64(str_of("9999999999999999999"), &u) && u == UINT64_C(9999999999999999999));
    u = 77;
    CHECK(!parse_u64(str_of("18446744073709551616"), &u) && !parse_u64(str_of("-1"), &u) && u == 77);
    CHECK(!parse_u64(str_of("99999999999999999999"), &u) && !parse_u64(str_of("1844674407370955161x"), &u));
    CHECK(!parse_i64((Str){0}, &i));
    CHECK_STR(i64_text(INT64_MIN), "-9223372036854775808");
    CHECK_STR(i64_text(INT64_MAX), "9223372036854775807");
    CHECK_STR(i64_text(0), "0");
    CHECK_STR(u64_text(UINT64_MAX), "18446744073709551615");
}

static void check_bool(void) {
    static const char *const yes[] = {"true", "T", "Yes", "y", "ON", "1", " true "};
    static const char *const no[] = {"false", "F", "No", "n", "OFF", "0"};
    static const char *const bad[] = {"", "tru", "2", "truex", "01"};
    bool b;
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) CHECK(parse_bool(str_of(yes[i]), &b) && b);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++) CHECK(parse_bool(str_of(no[i]), &b) && !b);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parse_bool(str_of(bad[i]), &b));
}

/* ---- powers of ten: each row of the table from an exact big number ---- */

enum { WORDS = 72 }; /* 2304 bits: 2^2176 / 10^342 keeps 1039 bits, exact enough to floor its upper 128 */
typedef struct Big {
    uint32_t w[WORDS]; /* lowest first */
} Big;

static void big_times_10(Big *b) {
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++, carry >>= 32) b->w[i] = (uint32_t)(carry += (uint64_t)b->w[i] * 10);
}

static void big_over_10(Big *b) {
    uint64_t rest = 0;
    for (int i = WORDS - 1; i >= 0; i--, rest %= 10) b->w[i] = (uint32_t)((rest = rest << 32 | b->w[i]) / 10);
}

static Pow10 big_top(const Big *b) {
    int top = WORDS * 32 - 1;
    while (!(b->w[top / 32] >> top % 32 & 1)) top--;
    unsigned __int128 v = 0;
    for (int i = 0; i < 128; i++) v = v << 1 | (top - i < 0 ? 0 : b->w[(top - i) / 32] >> (top - i) % 32 & 1);
    return (Pow10){(uint64_t)(v >> 64), (uint64_t)v};
}

static int wrong_rows(int from, int to, int step, Big b) {
    int wrong = 0;
    for (int e = from; e != to + step; e += step) {
        Pow10 want = big_top(&b), have = pow10_get(e);
        wrong += want.hi != have.hi || want.lo != have.lo;
        if (step > 0) big_times_10(&b);
        else big_over_10(&b);
    }
    return wrong;
}

/* floor(floor(x / 10) / 10) is floor(x / 100): the negative powers are exact floors of 2^2176 / 10^n. */
static void check_pow10(void) {
    CHECK_INT(wrong_rows(0, POW10_MAX, 1, (Big){{1}}), 0);
    Big one = {0};
    one.w[68] = 1;
    CHECK_INT(wrong_rows(0, POW10_MIN, -1, one), 0);
}

/* ---- floats ---- */

static void check_f64_text(void) {
    static const struct {
        double v;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"},
        {100, "100"},
        {0.1 + 0.2, "0.30000000000000004"},
        {123456789012345, "123456789012345"},
        {999999999999999, "999999999999999"},
        {1e15, "1e+15"},
        {1e16, "1e+16"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {9007199254740993, "9.007199254740992e+15"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {1.5e-10, "1.5e-10"},
        {1e100, "1e+100"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {2.225073858507201e-308, "2.225073858507201e-308"},
        {123456.789, "123456.789"},
        {12345678901234.5, "12345678901234.5"},
        {4.35, "4.35"},
        {0.3, "0.3"},
        {2e-3, "0.002"},
        {1e14 + 0.5, "100000000000000.5"},
        {9.5367431640625e-07, "9.5367431640625e-07"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) CHECK_STR(f64_text(rows[i].v), rows[i].text);
    CHECK_STR(f64_text(NAN), "nan");
    CHECK_STR(f64_text(-NAN), "nan");
    CHECK_STR(f64_text(INFINITY), "inf");
    CHECK_STR(f64_text(-INFINITY), "-inf");
    CHECK_STR(f32_text(0.1f), "0.1");
    CHECK_STR(f32_text(16777216), "16777216");
    CHECK_STR(f32_text(3.4028235e38f), "3.4028235e+38");
    CHECK_STR(f32_text(1e-45f), "1e-45");
    CHECK_STR(f32_text(-0.0f), "-0");
    CHECK_STR(f32_text(1.17549435e-38f), "1.1754944e-38");
    CHECK_STR(f32_text(33554432), "33554432");
}

static double f64_of(uint64_t bits) {
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static float f32_of(uint32_t bits) {
    float v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* What printf gives with the fewest digits that read back, the nearest decimal of that length. At a power of
 * two even fewer may do: the gap below is half, and printf's nearest may lie in it while the one above still
 * reads back. */
static bool is_shortest(double v, bool f32) {
    ShortDecimal d = f32 ? shortest_f32((float)v) : shortest_f64(v);
    char want[64], have[64];
    int p = 0;
    do snprintf(want, sizeof want, "%.*e", p, fabs(v));
    while ((f32 ? strtof(want, NULL) != (float)fabs(v) : strtod(want, NULL) != fabs(v)) && ++p < 17);
    snprintf(have, sizeof have, "%llue%d", (unsigned long long)d.digits, d.exponent);
    char again[64];
    snprintf(again, sizeof again, "%.*e", p, strtod(have, NULL));
    int digits = snprintf(NULL, 0, "%llu", (unsigned long long)d.digits);
    return digits <= p || (digits == p + 1 && strcmp(again, want) == 0);
}

static bool round_trips(double v) {
    double back;
    f64_text(v);
    return parse_f64((Str){buf.p, buf.n}, &back) && memcmp(&back, &v, sizeof v) == 0 &&
           strtod(buf.p, NULL) == v;
}

static bool round_trips_f32(float v) {
    float back;
    f32_text(v);
    return parse_f32((Str){buf.p, buf.n}, &back) && memcmp(&back, &v, sizeof v) == 0 &&
           strtof(buf.p, NULL) == v;
}

/* Random bits, and numbers that people write: k / 10^n. */
static void check_float_round_trip(void) {
    int wrong = 0, not_shortest = 0;
    for (int i = 0; i < 200000; i++) {
        double v = f64_of(random_u64()),
               human = (double)(int64_t)(random_u64() >> (random_u64() % 64)) / pow(10, i % 12);
        float f = f32_of((uint32_t)random_u64());
        wrong += isfinite(v) && !round_trips(v);
        wrong += !round_trips(human);
        wrong += isfinite(f) && !round_trips_f32(f);
        if (i % 20) continue;
        not_shortest += isfinite(v) && v != 0 && !is_shortest(v, false);
        not_shortest += human != 0 && !is_shortest(human, false);
        not_shortest += isfinite(f) && f != 0 && !is_shortest(f, true);
    }
    for (int e = 0; e < 2047; e++) { /* powers of two: the gap below is half of the one above */
        double v = f64_of((uint64_t)e << 52);
        wrong +=
            !round_trips(v) || !round_trips(nextafter(v, INFINITY)) || !round_trips(nextafter(v, -INFINITY));
        if (e) not_shortest += !is_shortest(v, false);
    }
    CHECK_INT(wrong, 0);
    CHECK_INT(not_shortest, 0);
}

static bool parses_as_c(const char *text) {
    double v = -77, want = strtod(text, NULL);
    float f = -77, want_f = strtof(text, NULL);
    bool ok = parse_f64(str_of(text), &v), ok_f = parse_f32(str_of(text), &f);
    return (isinf(want) ? !ok && v == -77 : ok && memcmp(&v, &want, sizeof v) == 0) &&
           (isinf(want_f) ? !ok_f && f == -77 : ok_f && memcmp(&f, &want_f, sizeof f) == 0);
}

static void check_float_parse(void) {
    static const char *const hard[] = {
        "9007199254740993",
        "9007199254740992.999999999999999999",
        "9007199254740993.00000000000000000000000001",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-400",
        "1e308",
        "1.8e308",
        "1e400",
        "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872070"
        "9633028641669288791094655554785194040263065748867150582068190890200070838367627385484581771153176447"
        "5730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880",
        "1e23",
        "8.5e22",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000000000000000001",
        "16777217",
        "16777216.999999999",
        "16777217.0000000001",
        "3.4028235677973366e38",
        "3.4028234e38",
        "1.1754943e-38",
        "0.1e1",
        "1.e2",
        ".5",
        "5.",
        "-.5e-1",
        "00000000000000000000000000001.5",
        "1.50000000000000000000000000000000000000",
        "1e+5",
        "1E-5",
        "0e999999999999",
        "0.0000000e-5",
        "1e99999999999999999999",
        "1e-99999999999999999999",
        "12345678901234567890e-19",
        "7.2057594037927933e16",
        "6.9294956446009195e15",
        "5e-325",
    };
    static const char *const bad[] = {"",    ".",   "e5",   "1e", "1e+", "1.2.3", "1x", "0x10",
                                      "- 1", "1,5", "infx", "na", "1 2", "--1",   "+-1"};
    double v = 7;
    float f = 7;
    for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
        CHECK(parses_as_c(hard[i]));
        if (!parses_as_c(hard[i])) fprintf(stderr, "  %s\n", hard[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!parse_f64(str_of(bad[i]), &v) && v == 7 && !parse_f32(str_of(bad[i]), &f) && f == 7);
    CHECK(parse_f64(str_of(" -Infinity "), &v) && isinf(v) && v < 0 && parse_f64(str_of("NaN"), &v) &&
          isnan(v));
    CHECK(parse_f32(str_of("inf"), &f) && isinf(f) && parse_f64(str_of("-0"), &v) && v == 0 && signbit(v));
    int wrong = 0;
    for (int i = 0; i < 200000; i++) {
        char text[80];
        int digits = (int)(random_u64() % 25) + 1, n = 0;
        for (; n < digits; n++) text[n] = (char)('0' + random_u64() % 10);
        if (random_u64() & 1) text[n / 2] = '.';
        snprintf(text + n, sizeof text - (size_t)n, "%se%d", n == 1 ? "1" : "",
                 (int)(random_u64() % (i & 1 ? 40 : 660)) - (i & 1 ? 20 : 340));
        wrong += !parses_as_c(text);
    }
    CHECK_INT(wrong, 0);
}

/* Decimals at and beside the middle of two neighbours: exact by %.*f of long double halves. */
static void check_float_halfway(void) {
    int wrong = 0;
    for (int i = 0; i < 20000; i++) {
        double v = f64_of((random_u64() & 0x000FFFFFFFFFFFFF) | (uint64_t)(1023 - 20 + i % 90) << 52);
        float f = (float)v;
        char text[256];
        long double middle = ((long double)v + nextafter(v, INFINITY)) / 2;
        snprintf(text, sizeof text, "%.90Lf", middle);
        wrong += !parses_as_c(text);
        snprintf(text, sizeof text, "%.90f", ((double)f + nextafterf(f, INFINITY)) / 2);
        wrong += !parses_as_c(text);
    }
    CHECK_INT(wrong, 0);
}

/* ---- decimals ---- */

static const char *parsed(const char *s, int precision, int scale) {
    Int128 v = 77;
    if (!parse_decimal(str_of(s), precision, scale, &v)) return v == 77 ? "bad" : "changed";
    return dec_text(v, scale);
}

static void check_decimal_parse(void) {
    static const struct {
        const char *text;
        int precision, scale;
        const char *want;
    } rows[] = {
        {"1.5", 5, 2, "1.50"},
        {"-1.5", 5, 2, "-1.50"},
        {"0", 5, 2, "0.00"},
        {".5", 5, 2, "0.50"},
        {"5.", 5, 2, "5.00"},
        {"1.005", 5, 2, "1.01"},
        {"1.004999999999999999999999999", 5, 2, "1.00"},
        {"-1.005", 5, 2, "-1.01"},
        {"999.995", 5, 2, "bad"},
        {"999.994", 5, 2, "999.99"},
        {"1000", 5, 2, "bad"},
        {"0.005", 5, 2, "0.01"},
        {"0.0049", 5, 2, "0.00"},
        {"-0.001", 5, 2, "0.00"},
        {"0.5", 1, 0, "1"},
        {"0.49", 1, 0, "0"},
        {"9.5", 1, 0, "bad"},
        {"99999999999999999999999999999999999999", 38, 0, "99999999999999999999999999999999999999"},
        {"-99999999999999999999999999999999999999", 38, 0, "-99999999999999999999999999999999999999"},
        {"100000000000000000000000000000000000000", 38, 0, "bad"},
        {"99999999999999999999999999999999999999.4", 38, 0, "99999999999999999999999999999999999999"},
        {"99999999999999999999999999999999999999.5", 38, 0, "bad"},
        {"0.99999999999999999999999999999999999999", 38, 38, "0.99999999999999999999999999999999999999"},
        {"0.000000000000000000000000000000000000005", 38, 38, "0.00000000000000000000000000000000000001"},
        {"0.000000000000000000000000000000000000004", 38, 38, "0.00000000000000000000000000000000000000"},
        {"1", 38, 38, "bad"},
        {"1e3", 5, 0, "1000"},
        {"1.2345e3", 6, 1, "1234.5"},
        {"12e-3", 5, 3, "0.012"},
        {"15e-3", 5, 2, "0.02"},
        {"1e-40", 5, 2, "0.00"},
        {"1e99999999", 5, 2, "bad"},
        {"0e5", 5, 2, "0.00"},
        {"5e-3", 5, 2, "0.01"},
        {"50e-4", 5, 2, "0.01"},
        {"0.0005e1", 5, 2, "0.01"},
        {"1E2", 5, 2, "100.00"},
        {" 12.30 ", 5, 2, "12.30"},
        {"+7", 5, 2, "7.00"},
        {"000000000000000000000000000000000000000000001.25", 3, 2, "1.25"},
        {"1.2500000000000000000000000000000000000000000000000", 3, 2, "1.25"},
        {"123456789012345678.9", 38, 2, "123456789012345678.90"},
        {"", 5, 2, "bad"},
        {".", 5, 2, "bad"},
        {"-", 5, 2, "bad"},
        {"1.2.3", 5, 2, "bad"},
        {"1e", 5, 2, "bad"},
        {"e1", 5, 2, "bad"},
        {"1e5x", 9, 2, "bad"},
        {"1 2", 5, 2, "bad"},
        {"--1", 5, 2, "bad"},
        {"1e 5", 9, 2, "bad"},
        {"nan", 5, 2, "bad"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_STR(parsed(rows[i].text, rows[i].precision, rows[i].scale), rows[i].want);
    CHECK_STR(dec_text(5, 3), "0.005");
    CHECK_STR(dec_text(-5, 0), "-5");
    CHECK_STR(dec_text(-1, 38), "-0.00000000000000000000000000000000000001");
    CHECK_STR(dec_text((Int128)1 << 126, 0), "85070591730234615865843651857942052864");
    CHECK_STR(dec_text((Int128)((unsigned __int128)1 << 127), 2),
              "-1701411834604692317316873037158841057.28");
}

static const char *divided(const char *a, int as, const char *b, int bs, int scale, int precision) {
    Int128 x, y, out = 77;
    CHECK(parse_decimal(str_of(a), 38, as, &x) && parse_decimal(str_of(b), 38, bs, &y));
    return decimal_div(x, as, y, bs, scale, precision, &out) ? dec_text(out, scale)
           : out == 77                                       ? "bad"
                                                             : "changed";
}

static void check_decimal_div(void) {
    CHECK_STR(divided("1", 0, "3", 0, 6, 38), "0.333333");
    CHECK_STR(divided("2", 0, "3", 0, 6, 38), "0.666667");
    CHECK_STR(divided("-2", 2, "3", 5, 6, 38), "-0.666667");
    CHECK_STR(divided("1", 0, "-8", 0, 2, 38), "-0.13");
    CHECK_STR(divided("1", 0, "0", 0, 2, 38), "bad");
    CHECK_STR(divided("100", 0, "1", 0, 0, 2), "bad");
    CHECK_STR(divided("1.25", 30, "0.5", 30, 1, 5), "2.5");
    CHECK_STR(divided("0.05", 38, "1", 0, 1, 38), "0.1");
    CHECK_STR(divided("0.04", 38, "1", 0, 1, 38), "0.0");
    CHECK_STR(divided("99999999999999999999999999999999999999", 0, "99999999999999999999999999999999999999",
                      0, 37, 38),
              "1.0000000000000000000000000000000000000");
    CHECK_STR(divided("1", 0, "99999999999999999999999999999999999999", 0, 38, 38),
              "0.00000000000000000000000000000000000001");
    CHECK_STR(divided("99999999999999999999999999999999999998", 0, "99999999999999999999999999999999999999",
                      0, 38, 38),
              "0.99999999999999999999999999999999999999");
    CHECK_STR(divided("99999999999999999999999999999999999999", 0, "0.00000000000000000000000000000000000001",
                      38, 38, 38),
              "bad");
    CHECK_STR(divided("12345678901234567890.1234567890", 10, "7", 0, 18, 38),
              "1763668414462081127.160493827000000000");
    CHECK_STR(divided("0.00000000000000000000000000000000000001", 38, "3", 0, 0, 38), "0");
    CHECK_STR(divided("0.99999999999999999999999999999999999999", 38,
                      "99999999999999999999999999999999999999", 0, 0, 38),
              "0");
}

static void check_decimal_arithmetic(void) {
    Int128 v = 77;
    CHECK(decimal_pow10(0) == 1 && decimal_pow10(19) == (Int128)10000000000000000000u &&
          decimal_pow10(38) == decimal_pow10(19) * decimal_pow10(19));
    for (int i = 1; i <= 38; i++) CHECK(decimal_pow10(i) == decimal_pow10(i - 1) * 10);
    CHECK(decimal_fits(999, 3) && !decimal_fits(1000, 3) && decimal_fits(-999, 3) && !decimal_fits(-1000, 3));
    CHECK(!decimal_fits((Int128)((unsigned __int128)1 << 127), 38));
    CHECK(decimal_rescale(150, 2, 1, 5, &v) && v == 15 && decimal_rescale(155, 2, 1, 5, &v) && v == 16);
    CHECK(decimal_rescale(-155, 2, 1, 5, &v) && v == -16 && decimal_rescale(-154, 2, 1, 5, &v) && v == -15);
    CHECK(decimal_rescale(5, 0, 3, 4, &v) && v == 5000);
    v = 77;
    CHECK(!decimal_rescale(5, 0, 3, 3, &v) && !decimal_rescale(decimal_pow10(30), 0, 30, 38, &v) && v == 77);
    CHECK(decimal_rescale(0, 0, 38, 38, &v) && v == 0);
    CHECK(decimal_to_f64(12345, 2) == 123.45 && decimal_to_f64(-1, 38) == -1e-38 &&
          decimal_to_f64(decimal_pow10(38) - 1, 0) == 1e38);
    CHECK(decimal_to_f64((Int128)1234567890123456789, 15) == 1234.567890123456789);
    CHECK(decimal_from_f64(1.005, 10, 2, &v) && v == 101 && decimal_from_f64(-2.5, 10, 0, &v) && v == -3);
    CHECK(decimal_from_f64(0.1, 38, 30, &v) && v == decimal_pow10(29) &&
          decimal_from_f64(1e-300, 10, 2, &v) && v == 0);
    CHECK(decimal_from_f64(1e15, 16, 0, &v) && v == decimal_pow10(15) && decimal_from_f64(0, 1, 0, &v) &&
          v == 0);
    v = 77;
    CHECK(!decimal_from_f64(1e300, 38, 0, &v) && !decimal_from_f64(NAN, 38, 0, &v) &&
          !decimal_from_f64(INFINITY, 38, 0, &v));
    CHECK(!decimal_from_f64(100, 2, 0, &v) && v == 77);
    int wrong = 0;
    for (int i = 0; i < 20000; i++) {
        Int128 d = (Int128)(((unsigned __int128)random_u64() << 64 | random_u64()) >>
                            (random_u64() % 127 + 1)) %
                   decimal_pow10(38),
               back;
        int scale = i % 39;
        wrong += !parse_decimal(str_of(dec_text(d, scale)), 38, scale, &back) || back != d;
        wrong += decimal_to_f64(d, scale) != strtod(buf.p, NULL);
    }
    CHECK_INT(wrong, 0);
}

static void check_f64_to_i64(void) {
    int64_t v = 77;
    CHECK(f64_to_i64(2.5, &v) && v == 2 && f64_to_i64(3.5, &v) && v == 4 && f64_to_i64(-2.5, &v) && v == -2);
    CHECK(f64_to_i64(0.49999999999999994, &v) && v == 0 && f64_to_i64(-0x1p63, &v) && v == INT64_MIN);
    v = 77;
    CHECK(!f64_to_i64(0x1p63, &v) && !f64_to_i64(NAN, &v) && !f64_to_i64(INFINITY, &v) &&
          !f64_to_i64(-1e19, &v) && v == 77);
}

/* Every 16-bit pattern survives; floats go to the nearer neighbour, ties to even. */
static void check_half(void) {
    int wrong = 0;
    for (uint32_t h = 0; h <= 0xFFFF; h++) {
        uint16_t half = (uint16_t)h;
        float f = f16_to_f32(half), b = bf16_to_f32(half);
        wrong += isnan(f) ? !isnan(f16_to_f32(f32_to_f16(f))) : f32_to_f16(f) != half;
        wrong += isnan(b) ? !isnan(bf16_to_f32(f32_to_bf16(b))) : f32_to_bf16(b) != half;
    }
    for (uint32_t h = 0; h < 0x7C00; h++) { /* the middle of h and h + 1, and its neighbours */
        float low = f16_to_f32((uint16_t)h), high = h == 0x7BFF ? 65536 : f16_to_f32((uint16_t)(h + 1)),
              middle = (low + high) / 2;
        wrong += f32_to_f16(middle) != (uint16_t)(h + (h & 1));
        wrong += f32_to_f16(nextafterf(middle, 0)) != h || f32_to_f16(nextafterf(middle, 1e6f)) != h + 1;
        wrong += f32_to_f16(-middle) != (uint16_t)(0x8000 | (h + (h & 1)));
    }
    CHECK_INT(wrong, 0);
    CHECK(f16_to_f32(0x3C00) == 1 && f16_to_f32(0x0001) == 0x1p-24f && f16_to_f32(0x7BFF) == 65504 &&
          isinf(f16_to_f32(0xFC00)));
    CHECK(f32_to_f16(1e10f) == 0x7C00 && f32_to_f16(-1e10f) == 0xFC00 && f32_to_f16(1e-10f) == 0);
    CHECK(f32_to_bf16(3.4028235e38f) == 0x7F80 && f32_to_bf16(1.00390625f) == 0x3F80 &&
          f32_to_bf16(1.01171875f) == 0x3F82);
}

int main(void) {
    check_integers();
    check_bool();
    check_pow10();
    check_f64_text();
    check_float_round_trip();
    check_float_parse();
    check_float_halfway();
    check_decimal_parse();
    check_decimal_div();
    check_decimal_arithmetic();
    check_f64_to_i64();
    check_half();
    buf_free(&buf);
    return check_report("number");
}
