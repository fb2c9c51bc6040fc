/* Tensors whose sizes only each row knows (base/ragged.h): made, opened, cast, reduced, and subscripts of others. Rows whose
 * valid byte is 0 hold empty views; nobody asks for what becomes of them. */
#include "base/number.h"
#include "base/ragged.h"
#include "base/sum.h"
#include "runtime/abi.h"
#include "runtime/elements.h"
#include "runtime/textheap.h"
#include <math.h>
#include <string.h>

static int64_t setting(void *const *args, int i) { return *(const int64_t *)args[i]; }

/* A row's sizes and elements. */
typedef struct Ragged {
    int64_t size[TENSOR_MAX_RANK], n;
    const char *at;
} Ragged;

static Ragged open_row(TextView v, uint32_t rank) {
    Ragged r = {.n = 1, .at = v.p + rank * sizeof(int64_t)};
    if (v.n == 0) return (Ragged){0};
    memcpy(r.size, v.p, rank * sizeof(int64_t));
    for (uint32_t d = 0; d < rank; d++) r.n *= r.size[d];
    return r;
}

static char *make_row(void *scratch, uint32_t rank, const int64_t *size, size_t bytes, TextView *out) {
    size_t head = rank * sizeof *size;
    char *p = textheap_room(scratch, head + bytes);
    if (!p) return NULL;
    memcpy(p, size, head);
    *out = (TextView){p, head + bytes};
    return p + head;
}

static int64_t failed(int64_t row, int64_t error) { return PROGRAM_ERROR(row, 0, error); }

/* ---- between tensors of known sizes and ragged ones ---- */

int64_t dql_rt_ragged_pack(void *const *args, int64_t n) {
    const char *in = args[1];
    int64_t pitch = setting(args, 2), bytes = setting(args, 3), rank = setting(args, 5);
    TextView *out = args[6];
    for (int64_t i = 0; i < n; i++) {
        char *p = make_row(args[0], (uint32_t)rank, args[4], (size_t)bytes, &out[i]);
        if (!p) return failed(0, ROW_NO_MEMORY);
        memcpy(p, in + i * pitch, (size_t)bytes);
    }
    return 0;
}

int64_t dql_rt_ragged_unpack(void *const *args, int64_t n) {
    const TextView *in = args[0];
    const int64_t *sizes = args[1];
    const uint8_t *need = args[4];
    int64_t rank = setting(args, 2), bytes = setting(args, 3), pitch = setting(args, 6);
    char *out = args[5];
    for (int64_t i = 0; i < n; i++, out += pitch) {
        Ragged r = open_row(in[i], (uint32_t)rank);
        bool same = in[i].n && memcmp(r.size, sizes, (size_t)rank * sizeof *sizes) == 0;
        if (!same && (!need || need[i])) return failed(i, ROW_SHAPE);
        if (same) memcpy(out, r.at, (size_t)bytes);
        else memset(out, 0, (size_t)bytes);
    }
    return 0;
}

int64_t dql_rt_ragged_cast(void *const *args, int64_t n) {
    const TextView *in = args[1];
    uint32_t rank = (uint32_t)setting(args, 2);
    TypeKind from = (TypeKind)setting(args, 3), to = (TypeKind)setting(args, 4);
    int64_t bytes = setting(args, 5);
    const uint8_t *need = args[6];
    TextView *out = args[7];
    for (int64_t i = 0; i < n; i++) {
        Ragged r = open_row(in[i], rank);
        out[i] = (TextView){"", 0};
        if (in[i].n == 0) continue;
        char *p = make_row(args[0], rank, r.size, (size_t)(r.n * bytes) + 64, &out[i]);
        char *aligned = (char *)(((uintptr_t)p + 15) & ~(uintptr_t)15);
        if (!p) return failed(0, ROW_NO_MEMORY);
        if (elements_convert(from, r.at, to, aligned, r.n) >= 0 && (!need || need[i])) return failed(i, ROW_OVERFLOW);
        memmove(p, aligned, (size_t)(r.n * bytes));
        out[i].n -= 64;
    }
    return 0;
}

/* ---- reductions ---- */

typedef enum Fold { FOLD_SUM, FOLD_MEAN, FOLD_MAX, FOLD_MIN, FOLD_ARGMAX, FOLD_ARGMIN } Fold;

#define LOADED(T, how)                                                                                                 \
    {                                                                                                                  \
        T x;                                                                                                           \
        memcpy(&x, p, sizeof x);                                                                                       \
        return how;                                                                                                    \
    }
static double float_at(TypeKind kind, const char *p) {
    if (kind == TY_F32) LOADED(float, (double)x)
    if (kind == TY_F64) LOADED(double, x)
    if (kind == TY_F16) LOADED(uint16_t, (double)f16_to_f32(x))
    LOADED(uint16_t, (double)bf16_to_f32(x))
}

static Int128 int_at(TypeKind kind, const char *p) {
    if (kind == TY_BOOL || kind == TY_U8) LOADED(uint8_t, x)
    if (kind == TY_I8) LOADED(int8_t, x)
    if (kind == TY_I16) LOADED(int16_t, x)
    if (kind == TY_U16) LOADED(uint16_t, x)
    if (kind == TY_I32) LOADED(int32_t, x)
    if (kind == TY_U32) LOADED(uint32_t, x)
    if (kind == TY_U64) LOADED(uint64_t, x)
    LOADED(int64_t, x)
}

static bool is_float(TypeKind k) { return k == TY_F16 || k == TY_BF16 || k == TY_F32 || k == TY_F64; }

/* What is reduced to one element: the first of the best wins, a NaN beats all. */
typedef struct Taken {
    FloatSum sum;
    Int128 whole;
    double best;
    int64_t at, n;
} Taken;

static void take(Taken *s, Fold fold, TypeKind kind, const char *p) {
    bool least = fold == FOLD_MIN || fold == FOLD_ARGMIN, better;
    double x = is_float(kind) ? float_at(kind, p) : 0;
    Int128 i = is_float(kind) ? 0 : int_at(kind, p);
    if (fold <= FOLD_MEAN) {
        sum_add(&s->sum, x);
        s->whole += i;
    } else {
        if (!is_float(kind)) better = least ? i < s->whole : i > s->whole;
        else better = s->best == s->best && (x != x || (least ? x < s->best : x > s->best));
        if (s->n == 0 || better) s->best = x, s->whole = i, s->at = s->n;
    }
    s->n++;
}

static bool put(const Taken *s, Fold fold, TypeKind kind, TypeKind to, int64_t i, char *out) {
    double x = fold > FOLD_MEAN ? s->best : fold == FOLD_MEAN ? sum_value(&s->sum) / (double)s->n : sum_value(&s->sum);
    int64_t whole = fold >= FOLD_ARGMAX ? s->at : (int64_t)s->whole;
    float f = (float)x;
    if (fold > FOLD_MEAN && s->n == 0) return false;
    if (fold == FOLD_MEAN && !is_float(kind)) f = (float)(x = (double)s->whole / (double)s->n);
    uint16_t half = to == TY_F16 ? f32_to_f16(f) : f32_to_bf16(f);
    if (to == TY_F64) memcpy(out + i * 8, &x, 8);
    else if (to == TY_F32) memcpy(out + i * 4, &f, 4);
    else if (to == TY_F16 || to == TY_BF16) memcpy(out + i * 2, &half, 2);
    else memcpy(out + i * 8, &whole, 8);
    return fold != FOLD_SUM || is_float(kind) || whole == s->whole;
}

/* The place among the results of element i. */
static int64_t result_of(const Ragged *r, uint32_t rank, int64_t reduced, int64_t i) {
    int64_t at = 0, stride = 1;
    for (uint32_t d = rank; d-- > 0; i /= r->size[d])
        if (!(reduced >> d & 1)) at += i % r->size[d] * stride, stride *= r->size[d];
    return at;
}

int64_t dql_rt_ragged_reduce(void *const *args, int64_t n) {
    const TextView *in = args[1];
    TypeKind kind = (TypeKind)setting(args, 2), to = (TypeKind)setting(args, 3);
    uint32_t rank = (uint32_t)setting(args, 4);
    int64_t reduced = setting(args, 5), results = setting(args, 7), pitch = setting(args, 10);
    int64_t bytes = kind == TY_F64 || kind == TY_I64 || kind == TY_U64 ? 8 : kind == TY_F32 || kind == TY_I32 || kind == TY_U32 ? 4
                    : kind == TY_BOOL || kind == TY_I8 || kind == TY_U8                                                         ? 1
                                                                                                                                : 2;
    Fold fold = (Fold)setting(args, 6);
    const uint8_t *need = args[8];
    char *out = args[9];
    Taken *states = (Taken *)(((uintptr_t)textheap_room(args[0], (size_t)results * sizeof *states + 16) + 15) & ~(uintptr_t)15);
    if (!states) return failed(0, ROW_NO_MEMORY);
    for (int64_t i = 0; i < n; i++, out += pitch) {
        Ragged r = open_row(in[i], rank);
        bool ok = true;
        memset(states, 0, (size_t)results * sizeof *states);
        for (int64_t k = 0; k < r.n; k++) take(&states[result_of(&r, rank, reduced, k)], fold, kind, r.at + k * bytes);
        for (int64_t k = 0; k < results; k++) ok &= put(&states[k], fold, kind, to, k, out);
        if (!ok && (!need || need[i])) return failed(i, fold == FOLD_SUM ? ROW_OVERFLOW : ROW_INDEX);
    }
    return 0;
}

/* ---- x[index] along one dimension of x, which is one for all rows or one a row ---- */

int64_t dql_rt_ragged_gather(void *const *args, int64_t n) {
    const char *x = args[1];
    const TextView *index = args[6];
    int64_t pitch = setting(args, 2), outer = setting(args, 3), count = setting(args, 4), run = setting(args, 5);
    uint32_t rank = (uint32_t)setting(args, 8), before = (uint32_t)setting(args, 9), x_rank = (uint32_t)setting(args, 11);
    TypeKind kind = (TypeKind)setting(args, 7);
    const int64_t *x_sizes = args[10];
    const uint8_t *need = args[12];
    int64_t bytes = kind == TY_I64 || kind == TY_U64 ? 8 : kind == TY_I32 || kind == TY_U32 ? 4 : kind == TY_I8 || kind == TY_U8 ? 1 : 2;
    TextView *out = args[13];
    for (int64_t i = 0; i < n; i++, x += pitch) {
        Ragged r = open_row(index[i], rank);
        int64_t size[2 * TENSOR_MAX_RANK];
        uint32_t m = 0;
        out[i] = (TextView){"", 0};
        if (index[i].n == 0) continue;
        for (uint32_t d = 0; d < before; d++) size[m++] = x_sizes[d];
        for (uint32_t d = 0; d < rank; d++) size[m++] = r.size[d];
        for (uint32_t d = before + 1; d < x_rank; d++) size[m++] = x_sizes[d];
        char *p = make_row(args[0], m, size, (size_t)(outer * r.n * run), &out[i]);
        if (!p) return failed(0, ROW_NO_MEMORY);
        for (int64_t o = 0; o < outer; o++)
            for (int64_t k = 0; k < r.n; k++, p += run) {
                Int128 at = int_at(kind, r.at + k * bytes);
                if (at < 0) at += count;
                bool inside = at >= 0 && at < count;
                if (!inside && (!need || need[i])) return failed(i, ROW_INDEX);
                if (inside) memcpy(p, x + (o * count + (int64_t)at) * run, (size_t)run);
                else memset(p, 0, (size_t)run);
            }
    }
    return 0;
}
