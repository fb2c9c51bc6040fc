/* Numbers to and from text, decimals, and checked integer arithmetic, shared by the evaluator and the runtime.
 * Every function that can fail returns false and leaves *out untouched.
 */
#ifndef DQL_BASE_NUMBER_H
#define DQL_BASE_NUMBER_H
#include "base/buf.h"
#include "base/value.h"

bool parse_i64(Str s, int64_t *out);  /* optional sign, digits, surrounding blanks; overflow fails */
bool parse_u64(Str s, uint64_t *out);
bool parse_f64(Str s, double *out);   /* correctly rounded, beyond the range fails; inf, infinity, nan in any case */
bool parse_f32(Str s, float *out);    /* rounded once, not through double */
bool parse_bool(Str s, bool *out);    /* true t yes y on 1, false f no n off 0, any case */
/* Text to scaled integer: rounds half away from zero to `scale` digits; fails beyond `precision` digits. */
bool parse_decimal(Str s, int precision, int scale, Int128 *out);

void print_i64(Buf *b, int64_t v);
void print_u64(Buf *b, uint64_t v);
void print_f64(Buf *b, double v); /* shortest text that reads back to the same bits; 1e15 and above with exponent; nan, inf, -inf */
void print_f32(Buf *b, float v);
void print_decimal(Buf *b, Int128 v, int scale); /* all `scale` digits: 1.50 */

Int128 decimal_pow10(int n); /* 0 <= n <= 38 */
bool decimal_fits(Int128 v, int precision);
bool decimal_rescale(Int128 v, int from_scale, int to_scale, int to_precision, Int128 *out); /* half away from zero */
bool decimal_div(Int128 a, int a_scale, Int128 b, int b_scale, int out_scale, int out_precision, Int128 *out);
double decimal_to_f64(Int128 v, int scale);
/* The shortest decimal that reads back as v, rounded: what prints is what is converted. NaN and infinity fail. */
bool decimal_from_f64(double v, int precision, int scale, Int128 *out);
bool decimal_from_f32(float v, int precision, int scale, Int128 *out);
bool f64_to_i64(double v, int64_t *out); /* rounds half to even as PostgreSQL; NaN and out of range fail */

float f16_to_f32(uint16_t h);
uint16_t f32_to_f16(float f); /* round to nearest even */
float bf16_to_f32(uint16_t h);
uint16_t f32_to_bf16(float f);

/* Converts one value (NULL to a NULL of the type, nullable); the arena holds new text. *why says what was wrong with the value ("out of range for INTEGER"). */
bool value_cast(Arena *a, const Value *v, const Type *to, Value *out, const char **why);
#endif
