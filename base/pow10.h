/* Powers of ten to 128 bits, and the shortest decimal of a float: what reading and printing of floats share. */
#ifndef DQL_BASE_POW10_H
#define DQL_BASE_POW10_H
#include <stdint.h>

enum { POW10_MIN = -342, POW10_MAX = 324, POW10_EXACT_MAX = 55 /* 10^0 to 10^55 are exact */ };

/* 10^e is (hi 2^64 + lo) 2^(pow10_log2(e) - 127), rounded down; the top bit of hi is set. */
typedef struct Pow10 {
    uint64_t hi, lo;
} Pow10;
extern const Pow10 pow10_table[POW10_MAX - POW10_MIN + 1];

static inline Pow10 pow10_get(int e) { return pow10_table[e - POW10_MIN]; }
static inline int pow10_log2(int e) { return (e * 1741647) >> 19; } /* floor(log2(10^e)), |e| <= 1233 */

/* digits * 10^exponent: of the decimals that read back as the float, one with fewest digits, nearest to it. No
 * trailing zeros; 0 is 0. The float is finite and its sign is ignored. */
typedef struct ShortDecimal {
    uint64_t digits;
    int exponent;
} ShortDecimal;
ShortDecimal shortest_f64(double v);
ShortDecimal shortest_f32(float v);
#endif
