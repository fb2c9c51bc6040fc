/* The order of the elements of tensors along one dimension.  Elements become unsigned keys of the same order,
 * keys are merged with their places: stable, n log n. */
#include "base/number.h"
#include "runtime/abi.h"
#include "runtime/run.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Keyed {
    uint64_t key;
    int64_t at;
} Keyed;

/* NaN is above all numbers, -0 equals 0. */
static uint64_t key_of_float(double v) {
    uint64_t bits, sign = UINT64_C(1) << 63;
    if (isnan(v)) return UINT64_MAX;
    v += 0.0;
    memcpy(&bits, &v, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static uint64_t key_of_int(int64_t v) { return (uint64_t)v ^ UINT64_C(1) << 63; }

static uint64_t key_at(const void *data, TypeKind kind, int64_t i) {
    switch (kind) {
    case TY_BOOL:
    case TY_U8: return ((const uint8_t *)data)[i];
    case TY_U16: return ((const uint16_t *)data)[i];
    case TY_U32: return ((const uint32_t *)data)[i];
    case TY_U64: return ((const uint64_t *)data)[i];
    case TY_I8: return key_of_int(((const int8_t *)data)[i]);
    case TY_I16: return key_of_int(((const int16_t *)data)[i]);
    case TY_I32: return key_of_int(((const int32_t *)data)[i]);
    case TY_I64: return key_of_int(((const int64_t *)data)[i]);
    case TY_F16: return key_of_float(f16_to_f32(((const uint16_t *)data)[i]));
    case TY_BF16: return key_of_float(bf16_to_f32(((const uint16_t *)data)[i]));
    case TY_F32: return key_of_float(((const float *)data)[i]);
    case TY_F64: return key_of_float(((const double *)data)[i]);
    case TY_NULL:
    case TY_DECIMAL:
    case TY_DATE:
    case TY_TIME:
    case TY_TIMESTAMP:
    case TY_INTERVAL:
    case TY_VARCHAR:
    case TY_BLOB:
    case TY_LIST:
    case TY_STRUCT:
    case TY_TENSOR:
    case TY_REL:
    case TY_COUNT: break;
    }
    return 0;
}

static void merge(const Keyed *a, const Keyed *a_end, const Keyed *b, const Keyed *b_end, Keyed *out) {
    while (a < a_end && b < b_end) *out++ = b->key < a->key ? *b++ : *a++;
    while (a < a_end) *out++ = *a++;
    while (b < b_end) *out++ = *b++;
}

/* Runs of 1, 2, 4, .. merged from one half of `at` (2 n) to the other; returns the sorted one. */
static const Keyed *sort(Keyed *at, int64_t n) {
    Keyed *from = at, *to = at + n;
    for (int64_t run = 1; run < n; run *= 2) {
        for (int64_t i = 0; i < n; i += 2 * run) {
            int64_t middle = i + run < n ? i + run : n, end = i + 2 * run < n ? i + 2 * run : n;
            merge(from + i, from + middle, from + middle, from + end, to + i);
        }
        Keyed *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static int64_t setting(void *const *args, int i) { return *(const int64_t *)args[i]; }

int64_t dql_rt_argsort(void *const *args, int64_t rows) {
    TypeKind kind = (TypeKind)(setting(args, 1) & 0xff);
    int64_t stride = setting(args, 2), outer = setting(args, 3), n = setting(args, 4),
            inner = setting(args, 5);
    uint64_t turn = setting(args, 6) ? UINT64_MAX : 0;
    int64_t *out = args[7], pitch = setting(args, 8);
    Keyed *at = malloc(2 * sizeof *at * (size_t)n + 1);
    if (!at) return PROGRAM_ERROR(0, setting(args, 9), ROW_NO_MEMORY);
    for (int64_t row = 0; row < rows; row++)
        for (int64_t line = 0; line < outer * inner; line++) {
            int64_t first = line / inner * n * inner + line % inner;
            for (int64_t i = 0; i < n; i++)
                at[i] = (Keyed){key_at(args[0], kind, row * stride + first + i * inner) ^ turn, i};
            const Keyed *sorted = sort(at, n);
            for (int64_t i = 0; i < n; i++) out[row * pitch + first + i * inner] = sorted[i].at;
        }
    free(at);
    return 0;
}
