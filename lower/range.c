#include "lower/range.h"
#include "base/number.h"

static const Range unknown = {0};

Range range_span(Int128 lo, Int128 hi) {
    return (Range){true, lo, hi};
}

Range range_point(Int128 v) {
    return range_span(v, v);
}

static Range signed_bits(int bits) {
    Int128 top = (Int128)1 << (bits - 1);
    return range_span(-top, top - 1);
}

static Range unsigned_bits(int bits) {
    return range_span(0, ((Int128)1 << bits) - 1);
}

static Range decimal_range(int precision) {
    Int128 top = decimal_pow10(precision) - 1;
    return range_span(-top, top);
}

Range range_of_type(const Type *t) {
    switch (t->kind) {
    case TY_BOOL: return range_span(0, 1);
    case TY_I8: return signed_bits(8);
    case TY_I16: return signed_bits(16);
    case TY_I32: case TY_DATE: return signed_bits(32);
    case TY_I64: case TY_TIMESTAMP: return signed_bits(64);
    case TY_TIME: return range_span(0, (Int128)86400 * 1000000);
    case TY_U8: return unsigned_bits(8);
    case TY_U16: return unsigned_bits(16);
    case TY_U32: return unsigned_bits(32);
    case TY_U64: return unsigned_bits(64);
    case TY_DECIMAL: return decimal_range(t->precision);
    case TY_NULL: return range_point(0);
    case TY_F16: case TY_BF16: case TY_F32: case TY_F64: case TY_INTERVAL: case TY_VARCHAR: case TY_BLOB: case TY_LIST:
    case TY_STRUCT: case TY_TENSOR: case TY_REL: case TY_COUNT: break;
    }
    return unknown;
}

Range range_hull(Range a, Range b) {
    if (!a.exact || !b.exact)
        return unknown;
    return range_span(a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi);
}

bool range_within(Range inner, Range outer) {
    return inner.exact && outer.exact && inner.lo >= outer.lo && inner.hi <= outer.hi;
}

bool range_has(Range r, Int128 v) {
    return !r.exact || (r.lo <= v && v <= r.hi);
}

Range range_add(Range a, Range b) {
    Range r = {a.exact && b.exact, 0, 0};
    if (!r.exact || __builtin_add_overflow(a.lo, b.lo, &r.lo) || __builtin_add_overflow(a.hi, b.hi, &r.hi))
        return unknown;
    return r;
}

Range range_sub(Range a, Range b) {
    Range r = {a.exact && b.exact, 0, 0};
    if (!r.exact || __builtin_sub_overflow(a.lo, b.hi, &r.lo) || __builtin_sub_overflow(a.hi, b.lo, &r.hi))
        return unknown;
    return r;
}

Range range_mul(Range a, Range b) {
    if (!a.exact || !b.exact)
        return unknown;
    Int128 ends[4];
    if (__builtin_mul_overflow(a.lo, b.lo, &ends[0]) || __builtin_mul_overflow(a.lo, b.hi, &ends[1]) ||
        __builtin_mul_overflow(a.hi, b.lo, &ends[2]) || __builtin_mul_overflow(a.hi, b.hi, &ends[3]))
        return unknown;
    Range r = range_point(ends[0]);
    for (int i = 1; i < 4; i++)
        r = range_hull(r, range_point(ends[i]));
    return r;
}

Range range_neg(Range a) {
    return range_sub(range_point(0), a);
}

Range range_abs(Range a) {
    Range n = range_neg(a);
    if (!n.exact)
        return unknown;
    if (a.lo >= 0)
        return a;
    if (a.hi <= 0)
        return n;
    return range_span(0, a.hi > n.hi ? a.hi : n.hi);
}

Range range_min(Range a, Range b) {
    if (!a.exact || !b.exact)
        return unknown;
    return range_span(a.lo < b.lo ? a.lo : b.lo, a.hi < b.hi ? a.hi : b.hi);
}

Range range_max(Range a, Range b) {
    if (!a.exact || !b.exact)
        return unknown;
    return range_span(a.lo > b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi);
}

/* |a / b| <= |a| for every divisor but 0; a positive divisor keeps the ends in order. */
Range range_div(Range a, Range b) {
    if (!a.exact || !b.exact)
        return unknown;
    if (b.lo > 0) {
        Range r = range_hull(range_point(a.lo / b.lo), range_point(a.lo / b.hi));
        return range_hull(r, range_hull(range_point(a.hi / b.lo), range_point(a.hi / b.hi)));
    }
    return range_hull(a, range_neg(a));
}

Range range_rem(Range a, Range b) {
    Range m = range_abs(b);
    if (!a.exact || !m.exact)
        return unknown;
    Int128 top = m.hi > 0 ? m.hi - 1 : 0;
    return range_span(a.lo < 0 ? (a.lo < -top ? -top : a.lo) : 0, a.hi > 0 ? (a.hi > top ? top : a.hi) : 0);
}

KType range_lanes(Range r) {
    for (KType t = K_I8; t < K_I128; t++)
        if (range_within(r, signed_bits(8 << (t - K_I8))))
            return t;
    return K_I128;
}

Int128 range_size(Range r) {
    Int128 n;
    if (!r.exact || __builtin_sub_overflow(r.hi, r.lo, &n) || n > ((Int128)1 << 64))
        return -1;
    return n + 1;
}
