/* The vocabulary of ir/numeric_f32.h and ir/numeric_f64.h on C numbers.  Needs -ffp-contract=off.  `n` is the
 * context that the kernel IR's vocabulary needs; here it is nothing.
 */
#ifndef DQL_IR_NUMERIC_C_H
#define DQL_IR_NUMERIC_C_H
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef int N;
typedef float F32;
typedef double F64;
typedef int32_t I32;
typedef int64_t I64;
typedef bool M;

#define F(n, c)           ((void)(n), (float)(c))
#define D(n, c)           ((void)(n), (double)(c))
#define I(n, c)           ((void)(n), (int32_t)(c))
#define L(n, c)           ((void)(n), (int64_t)(c))
#define F_AT(n, table, i) ((void)(n), (F32)(table)[i])
#define D_AT(n, table, i) ((void)(n), (table)[i])

/* clang-format off */
static inline F32 f_add(N n, F32 x, F32 y) { (void)n; return x + y; }
static inline F32 f_sub(N n, F32 x, F32 y) { (void)n; return x - y; }
static inline F32 f_mul(N n, F32 x, F32 y) { (void)n; return x * y; }
static inline F32 f_div(N n, F32 x, F32 y) { (void)n; return x / y; }
static inline F32 f_fma(N n, F32 x, F32 y, F32 z) { (void)n; return fmaf(x, y, z); }
static inline F32 f_min(N n, F32 x, F32 y) { (void)n; return y < x ? y : x; }
static inline F32 f_max(N n, F32 x, F32 y) { (void)n; return y > x ? y : x; }
static inline F32 f_neg(N n, F32 x) { (void)n; return -x; }
static inline F32 f_abs(N n, F32 x) { (void)n; return fabsf(x); }
static inline M f_lt(N n, F32 x, F32 y) { (void)n; return x < y; }
static inline M f_eq(N n, F32 x, F32 y) { (void)n; return x == y; }
static inline F32 f_select(N n, M m, F32 x, F32 y) { (void)n; return m ? x : y; }

static inline F64 d_add(N n, F64 x, F64 y) { (void)n; return x + y; }
static inline F64 d_sub(N n, F64 x, F64 y) { (void)n; return x - y; }
static inline F64 d_mul(N n, F64 x, F64 y) { (void)n; return x * y; }
static inline F64 d_div(N n, F64 x, F64 y) { (void)n; return x / y; }
static inline F64 d_fma(N n, F64 x, F64 y, F64 z) { (void)n; return fma(x, y, z); }
static inline F64 d_min(N n, F64 x, F64 y) { (void)n; return y < x ? y : x; }
static inline F64 d_max(N n, F64 x, F64 y) { (void)n; return y > x ? y : x; }
static inline F64 d_neg(N n, F64 x) { (void)n; return -x; }
static inline F64 d_abs(N n, F64 x) { (void)n; return fabs(x); }
static inline F64 d_round(N n, F64 x) { (void)n; return rint(x); }
static inline M d_lt(N n, F64 x, F64 y) { (void)n; return x < y; }
static inline M d_eq(N n, F64 x, F64 y) { (void)n; return x == y; }
static inline F64 d_select(N n, M m, F64 x, F64 y) { (void)n; return m ? x : y; }

static inline I32 i_add(N n, I32 x, I32 y) { (void)n; return (I32)((uint32_t)x + (uint32_t)y); }
static inline I32 i_sub(N n, I32 x, I32 y) { (void)n; return (I32)((uint32_t)x - (uint32_t)y); }
static inline I32 i_and(N n, I32 x, I32 y) { (void)n; return x & y; }
static inline I32 i_or(N n, I32 x, I32 y) { (void)n; return x | y; }
static inline I32 i_shl(N n, I32 x, int by) { (void)n; return (I32)((uint32_t)x << by); }
static inline I32 i_sar(N n, I32 x, int by) { (void)n; return x >> by; }

static inline I64 l_add(N n, I64 x, I64 y) { (void)n; return (I64)((uint64_t)x + (uint64_t)y); }
static inline I64 l_sub(N n, I64 x, I64 y) { (void)n; return (I64)((uint64_t)x - (uint64_t)y); }
static inline I64 l_mul(N n, I64 x, I64 y) { (void)n; return (I64)((uint64_t)x * (uint64_t)y); }
static inline I64 l_and(N n, I64 x, I64 y) { (void)n; return x & y; }
static inline I64 l_or(N n, I64 x, I64 y) { (void)n; return x | y; }
static inline I64 l_xor(N n, I64 x, I64 y) { (void)n; return x ^ y; }
static inline I64 l_max(N n, I64 x, I64 y) { (void)n; return y > x ? y : x; }
static inline I64 l_shl(N n, I64 x, int by) { (void)n; return (I64)((uint64_t)x << by); }
static inline I64 l_sar(N n, I64 x, int by) { (void)n; return x >> by; }
static inline I64 l_select(N n, M m, I64 x, I64 y) { (void)n; return m ? x : y; }
static inline M l_ne(N n, I64 x, I64 y) { (void)n; return x != y; }

static inline M m_and(N n, M x, M y) { (void)n; return x & y; }
static inline M m_or(N n, M x, M y) { (void)n; return x | y; }
static inline M m_not(N n, M x) { (void)n; return !x; }

static inline I32 f_bits(N n, F32 x) { I32 i; (void)n; memcpy(&i, &x, 4); return i; }
static inline F32 f_of_bits(N n, I32 i) { F32 x; (void)n; memcpy(&x, &i, 4); return x; }
static inline I64 d_bits(N n, F64 x) { I64 i; (void)n; memcpy(&i, &x, 8); return i; }
static inline F64 d_of_bits(N n, I64 i) { F64 x; (void)n; memcpy(&x, &i, 8); return x; }
static inline F32 f_of_i(N n, I32 i) { (void)n; return (F32)i; }
static inline F64 d_of_l(N n, I64 i) { (void)n; return (F64)i; }
static inline F32 f_of_d(N n, F64 x) { (void)n; return (F32)x; }
static inline F64 d_of_f(N n, F32 x) { (void)n; return x; }
/* clang-format on */
#endif
