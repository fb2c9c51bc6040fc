/* The sum of floats that all executions compute, FLOAT32 terms widened to double first.
 *
 * State (sum, low), both 0 at the start; TwoSum(x, y) is the rounded sum and the error of that rounding.
 *     add(x)    sum, e = TwoSum(sum, x);          low = low + e
 *     merge(b)  sum, e = TwoSum(sum, b.sum);      low = (low + b.low) + e
 *     value     sum + low, or sum alone where low is NaN (infinite terms)
 * Terms are added in row order within a morsel of MORSEL_ROWS source rows, each morsel from a state of its own;
 * morsels are merged in order.  So the bits depend on the rows and their order alone, not on threads, lanes or
 * batches.
 */
#ifndef DQL_BASE_SUM_H
#define DQL_BASE_SUM_H

typedef struct FloatSum {
    double sum, low;
} FloatSum;

static inline double two_sum(double x, double y, double *error) {
    double sum = x + y, other = sum - x;
    *error = (x - (sum - other)) + (y - other);
    return sum;
}

static inline void sum_add(FloatSum *s, double x) {
    double e;
    s->sum = two_sum(s->sum, x, &e);
    s->low += e;
}

static inline void sum_merge(FloatSum *s, const FloatSum *b) {
    double e;
    s->sum = two_sum(s->sum, b->sum, &e);
    s->low = s->low + b->low + e;
}

static inline double sum_value(const FloatSum *s) { return s->low == s->low ? s->sum + s->low : s->sum; }
#endif
