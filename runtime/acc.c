#include "runtime/acc.h"
#include "runtime/dict.h"
#include <math.h>
#include <string.h>

static const struct AccRow {
    uint8_t bytes;
    ColumnCode code;
} rows[] = {
    [ACC_COUNT] = {8, {CODE_INT, 8, false, 0}},      [ACC_SUM_I64] = {8, {CODE_INT, 8, false, 0}},
    [ACC_SUM_I128] = {16, {CODE_INT, 16, false, 0}}, [ACC_SUM_F64] = {16, {CODE_FLOAT, 8, false, 0}},
    [ACC_MIN_I64] = {8, {CODE_INT, 8, false, 0}},    [ACC_MAX_I64] = {8, {CODE_INT, 8, false, 0}},
    [ACC_MIN_I128] = {16, {CODE_INT, 16, false, 0}}, [ACC_MAX_I128] = {16, {CODE_INT, 16, false, 0}},
    [ACC_MIN_F64] = {8, {CODE_FLOAT, 8, false, 0}},  [ACC_MAX_F64] = {8, {CODE_FLOAT, 8, false, 0}},
    [ACC_MIN_TEXT] = {16, {CODE_VIEW, 16, false, 0}}, [ACC_MAX_TEXT] = {16, {CODE_VIEW, 16, false, 0}},
};

size_t acc_bytes(uint8_t kind) { return rows[kind].bytes; }
ColumnCode acc_code(uint8_t kind) { return rows[kind].code; }

#define FILL(T, value)                                                                                                 \
    for (int64_t i = 0; i < n; i++) ((T *)acc)[i] = (value)

void acc_start(uint8_t kind, char *acc, int64_t n) {
    const Int128 max = (Int128)(~(unsigned __int128)0 >> 1);
    switch ((AggKind)kind) {
    case ACC_COUNT:
    case ACC_SUM_I64:
    case ACC_SUM_I128:
    case ACC_SUM_F64:
    case ACC_MIN_TEXT:
    case ACC_MAX_TEXT: memset(acc, 0, (size_t)n * rows[kind].bytes); break;
    case ACC_MIN_I64: FILL(int64_t, INT64_MAX); break;
    case ACC_MAX_I64: FILL(int64_t, INT64_MIN); break;
    case ACC_MIN_I128: FILL(Int128, max); break;
    case ACC_MAX_I128: FILL(Int128, -max - 1); break;
    case ACC_MIN_F64: FILL(double, NAN); break;
    case ACC_MAX_F64: FILL(double, -INFINITY); break;
    }
}

/* (s, c) + (s', c'): the rounding error of s + s' goes to the compensation (Knuth's TwoSum). */
static void sum_f64(double *to, const double *from) {
    double s = to[0] + from[0], b = s - to[0];
    double error = (to[0] - (s - b)) + (from[0] - b);
    to[0] = s;
    to[1] = to[1] + from[1] + error;
}

/* NaN is the greatest */
static double min_f64(double a, double b) { return isnan(a) || b < a ? b : a; }
static double max_f64(double a, double b) { return isnan(a) ? a : isnan(b) || b > a ? b : a; }

static TextView pick_text(TextView a, TextView b, int sign) {
    if (!a.p || !b.p) return a.p ? a : b;
    return sign * text_cmp(a, b) <= 0 ? a : b;
}

/* One of the kind's accumulators takes in another. */
static void merge_one(uint8_t kind, void *to, const void *from) {
    switch ((AggKind)kind) {
    case ACC_COUNT:
    case ACC_SUM_I64: *(int64_t *)to += *(const int64_t *)from; break;
    case ACC_SUM_I128: *(Int128 *)to += *(const Int128 *)from; break;
    case ACC_SUM_F64: sum_f64(to, from); break;
    case ACC_MIN_I64:
    case ACC_MAX_I64:
    case ACC_MIN_I128:
    case ACC_MAX_I128:
    case ACC_MIN_F64:
    case ACC_MAX_F64:
    case ACC_MIN_TEXT:
    case ACC_MAX_TEXT: acc_merge(kind, to, NULL, from, 1); break;
    }
}

void acc_merge_at(uint8_t kind, char *const *to, const char *const *from, int64_t n) {
    for (int64_t i = 0; i < n; i++) merge_one(kind, to[i], from[i]);
}

#define EACH(T, expr)                                                                                                  \
    for (int64_t i = 0; i < n; i++) {                                                                                  \
        T *a = (T *)to + (group ? group[i] : i);                                                                       \
        const T *b = (const T *)from + i;                                                                              \
        expr;                                                                                                          \
    }

void acc_merge(uint8_t kind, char *to, const uint32_t *group, const char *from, int64_t n) {
    switch ((AggKind)kind) {
    case ACC_COUNT:
    case ACC_SUM_I64: EACH(int64_t, *a += *b) break;
    case ACC_SUM_I128: EACH(Int128, *a += *b) break;
    case ACC_SUM_F64:
        for (int64_t i = 0; i < n; i++)
            sum_f64((double *)to + 2 * (group ? group[i] : i), (const double *)from + 2 * i);
        break;
    case ACC_MIN_I64: EACH(int64_t, *a = *b < *a ? *b : *a) break;
    case ACC_MAX_I64: EACH(int64_t, *a = *b > *a ? *b : *a) break;
    case ACC_MIN_I128: EACH(Int128, *a = *b < *a ? *b : *a) break;
    case ACC_MAX_I128: EACH(Int128, *a = *b > *a ? *b : *a) break;
    case ACC_MIN_F64: EACH(double, *a = min_f64(*a, *b)) break;
    case ACC_MAX_F64: EACH(double, *a = max_f64(*a, *b)) break;
    case ACC_MIN_TEXT: EACH(TextView, *a = pick_text(*a, *b, 1)) break;
    case ACC_MAX_TEXT: EACH(TextView, *a = pick_text(*a, *b, -1)) break;
    }
}

/* The sum alone where the compensation is NaN: infinite terms have no rounding error. */
static void finish_f64(const double *acc, int64_t n, double *out) {
    for (int64_t i = 0; i < n; i++) out[i] = isnan(acc[2 * i + 1]) ? acc[2 * i] : acc[2 * i] + acc[2 * i + 1];
}

void acc_finish(uint8_t kind, const char *acc, int64_t n, void *out) {
    if (kind == ACC_SUM_F64) finish_f64((const double *)acc, n, out);
    else if (n) memcpy(out, acc, (size_t)n * rows[kind].bytes);
}
