/* Types of arithmetic, comparison and numeric functions, on scalars and elementwise on tensors. */
#include "ir/type_laws.h"

static bool is_null(const Type *t) { return t->kind == TY_NULL; }
static bool either_tensor(const TypeCall *c) {
    return type_is_tensor(type_in(c, 0)) || type_is_tensor(type_in(c, 1));
}

static bool is_temporal(const Type *t) {
    return t->kind == TY_DATE || t->kind == TY_TIME || t->kind == TY_TIMESTAMP || t->kind == TY_INTERVAL;
}

/* ---- DECIMAL ---- */

static int digits_of_value(const Value *v) {
    uint64_t u = type_is_integer(v->type) && v->type->kind <= TY_I64 && v->i < 0 ? 0 - (uint64_t)v->i : v->u;
    int n = 1;
    for (; u >= 10; u /= 10) n++;
    return n;
}

/* The DECIMAL that an integer is widened to: its type's digits, a literal's own. */
static const Type *decimal_of(TypeCall *c, uint32_t i) {
    static const uint8_t digits[TY_COUNT] = {[TY_I8] = 3, [TY_I16] = 5, [TY_I32] = 10, [TY_I64] = 19,
                                             [TY_U8] = 3, [TY_U16] = 5, [TY_U32] = 10, [TY_U64] = 20};
    const Type *t = type_in(c, i);
    if (t->kind == TY_DECIMAL) return type_nullable(t, false);
    int n = digits[t->kind];
    if (ir_is_const(c->in[i]) && !t->nullable) n = digits_of_value(&ATTR_OF(c->in[i], Const)->value);
    return type_decimal(c->types, n, 0);
}

static int at_most_38(int digits) { return digits < DECIMAL_MAX_DIGITS ? digits : DECIMAL_MAX_DIGITS; }
static int max(int a, int b) { return a > b ? a : b; }

static const Type *decimal_mul(TypeCall *c, const Type *a, const Type *b) {
    int scale = a->scale + b->scale;
    if (scale > DECIMAL_MAX_DIGITS)
        return type_reject(c, "%s of %s and %s has %d digits after the point, DECIMAL has at most %d",
                           op_info[c->op].text, type_name(c, a), type_name(c, b), scale, DECIMAL_MAX_DIGITS);
    c->want[0] = a;
    c->want[1] = b;
    return type_decimal(c->types, at_most_38(a->precision + b->precision), scale);
}

/* Both operands at the larger scale; a sum has one digit more, a remainder none. */
static const Type *decimal_add(TypeCall *c, const Type *a, const Type *b) {
    int scale = max(a->scale, b->scale);
    int digits = max(a->precision - a->scale, b->precision - b->scale) + scale;
    c->want[0] = c->want[1] = type_decimal(c->types, at_most_38(digits), scale);
    return type_decimal(c->types, at_most_38(digits + (c->op != OP_MOD)), scale);
}

static const Type *decimal_arith(TypeCall *c) {
    const Type *a = decimal_of(c, 0), *b = decimal_of(c, 1);
    if (c->op == OP_DIV) return c->want[0] = c->want[1] = kind_type(c, TY_F64);
    return c->op == OP_MUL ? decimal_mul(c, a, b) : decimal_add(c, a, b);
}

/* ---- dates ---- */

static const struct {
    Op op;
    TypeKind a, b, to;
} temporal[] = {
    {OP_ADD, TY_DATE, TY_I64, TY_DATE},
    {OP_ADD, TY_I64, TY_DATE, TY_DATE},
    {OP_SUB, TY_DATE, TY_I64, TY_DATE},
    {OP_SUB, TY_DATE, TY_DATE, TY_I32},
    {OP_SUB, TY_TIMESTAMP, TY_TIMESTAMP, TY_INTERVAL},
    {OP_ADD, TY_TIMESTAMP, TY_INTERVAL, TY_TIMESTAMP},
    {OP_ADD, TY_INTERVAL, TY_TIMESTAMP, TY_TIMESTAMP},
    {OP_SUB, TY_TIMESTAMP, TY_INTERVAL, TY_TIMESTAMP},
    {OP_ADD, TY_TIME, TY_INTERVAL, TY_TIME},
    {OP_ADD, TY_INTERVAL, TY_TIME, TY_TIME},
    {OP_SUB, TY_TIME, TY_INTERVAL, TY_TIME},
    {OP_ADD, TY_INTERVAL, TY_INTERVAL, TY_INTERVAL},
    {OP_SUB, TY_INTERVAL, TY_INTERVAL, TY_INTERVAL},
};

static const Type *temporal_arith(TypeCall *c) {
    for (size_t r = 0; r < sizeof temporal / sizeof *temporal; r++) {
        if (temporal[r].op != c->op) continue;
        if (want_kind(c, 0, temporal[r].a) && want_kind(c, 1, temporal[r].b))
            return kind_type(c, temporal[r].to);
        c->want[0] = c->want[1] = NULL;
    }
    return type_reject_inputs(c);
}

/* ---- numbers ---- */

/* True division of integer tensors, as NumPy's; booleans count as integers. */
static const Type *arith_elem(TypeCall *c, const Type *elem) {
    if (elem->kind == TY_BOOL) elem = kind_type(c, TY_I32);
    return c->op == OP_DIV && !type_is_float(elem) ? kind_type(c, TY_F32) : elem;
}

static const Type *tensor_arith(TypeCall *c) {
    const Type *elem = common_elem(c, 0, 1);
    return elem ? broadcast(c, 0, 1, arith_elem(c, elem)) : type_reject_inputs(c);
}

static const Type *scalar_arith(TypeCall *c) {
    const Type *a = type_in(c, 0), *b = type_in(c, 1);
    if (is_null(a) && is_null(b)) return c->want[0] = c->want[1] = kind_type(c, TY_I32);
    if (is_null(a)) a = b;
    if (is_null(b)) b = a;
    if (!type_is_numeric(a) || !type_is_numeric(b)) return type_reject_inputs(c);
    if (is_null(type_in(c, 0)) || is_null(type_in(c, 1))) return c->want[0] = c->want[1] = a;
    const Type *t = type_common(c->types, a, b);
    if (t->kind == TY_DECIMAL) return decimal_arith(c);
    return c->want[0] = c->want[1] = t;
}

const Type *law_type_arith(TypeCall *c) {
    const Type *t;
    if (either_tensor(c)) t = tensor_arith(c);
    else if (is_temporal(type_in(c, 0)) || is_temporal(type_in(c, 1))) t = temporal_arith(c);
    else t = scalar_arith(c);
    return t ? strict(c, t) : NULL;
}

/* Tensors alone: scalars have DIV. */
const Type *law_type_int_div(TypeCall *c) {
    if (!either_tensor(c)) return type_reject_inputs(c);
    const Type *elem = common_elem(c, 0, 1);
    if (!elem || !type_is_integer(elem)) return type_reject_inputs(c);
    const Type *t = broadcast(c, 0, 1, elem);
    return t ? strict(c, t) : NULL;
}

/* ---- bits ---- */

static const Type *bits_elem(const Type *t) { return type_is_tensor(t) ? t->elem : t; }
static bool has_bits(const Type *elem, bool tensor) {
    return type_is_integer(elem) || (tensor && elem->kind == TY_BOOL);
}

/* Integers, or tensors of integers or of BOOLEAN. */
const Type *law_type_bits(TypeCall *c) {
    if (c->n == 1) {
        const Type *t = type_in(c, 0);
        return has_bits(bits_elem(t), type_is_tensor(t)) ? t : type_reject_inputs(c);
    }
    bool tensor = either_tensor(c);
    const Type *elem = tensor ? common_elem(c, 0, 1) : type_common(c->types, type_in(c, 0), type_in(c, 1));
    if (!elem || !has_bits(elem, tensor)) return type_reject_inputs(c);
    if (!tensor) return strict(c, c->want[0] = c->want[1] = elem);
    const Type *t = broadcast(c, 0, 1, elem);
    return t ? strict(c, t) : NULL;
}

const Type *law_type_shift(TypeCall *c) {
    if (!either_tensor(c)) return type_reject_inputs(c);
    const Type *elem = common_elem(c, 0, 1);
    if (!elem || !type_is_integer(elem)) return type_reject_inputs(c);
    const Type *t = broadcast(c, 0, 1, elem);
    return t ? strict(c, t) : NULL;
}

/* ---- choice of elements ---- */

/* mask, then, else: the three broadcast; scalars alone have CASE */
const Type *law_type_where(TypeCall *c) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank;
    const Type *mask = type_in(c, 0);
    if (!type_is_tensor(mask) || mask->elem->kind != TY_BOOL) return type_reject_inputs(c);
    const Type *elem = common_elem(c, 1, 2);
    if (!elem) return type_reject_inputs(c);
    const Type *values = broadcast(c, 1, 2, elem);
    if (!values) return NULL;
    if (!broadcast_dims(mask, values, &rank, dims))
        return type_reject(c, "where: the shapes of %s and %s do not broadcast", type_name(c, mask),
                           type_name(c, values));
    return strict(c, type_tensor(c->types, elem, rank, dims));
}

/* The signed type that holds all negations of an unsigned one. */
static const Type *negated(TypeCall *c, const Type *t) {
    if (t->kind == TY_U64) return type_decimal(c->types, 20, 0);
    bool is_unsigned = t->kind >= TY_U8 && t->kind <= TY_U32;
    return is_unsigned ? kind_type(c, (TypeKind)(t->kind - TY_U8 + TY_I16)) : t;
}

const Type *law_type_same(TypeCall *c) {
    const Type *t = type_in(c, 0), *elem = type_is_tensor(t) ? t->elem : t;
    if (is_null(t)) elem = kind_type(c, TY_I32);
    if (!type_is_numeric(elem)) return type_reject_inputs(c);
    if (c->op == OP_NEG) elem = negated(c, elem);
    if (type_is_tensor(t) && elem->kind == TY_DECIMAL) elem = kind_type(c, TY_F32);
    c->want[0] = with_elem(c, t, elem);
    return strict(c, c->want[0]);
}

static bool is_ordered(const Type *t) {
    return t->kind != TY_STRUCT && t->kind != TY_LIST && t->kind != TY_REL && t->kind != TY_TENSOR;
}

const Type *law_type_minmax(TypeCall *c) {
    if (either_tensor(c)) {
        const Type *elem = common_elem(c, 0, 1);
        const Type *t = elem ? broadcast(c, 0, 1, elem) : type_reject_inputs(c);
        return t ? strict(c, t) : NULL;
    }
    const Type *t = want_common_all(c);
    if (t && !is_ordered(t)) return type_reject_inputs(c);
    return t ? strict(c, t) : NULL;
}

const Type *law_type_compare(TypeCall *c) {
    const Type *t;
    if (either_tensor(c)) {
        const Type *elem = common_elem(c, 0, 1);
        t = elem ? broadcast(c, 0, 1, elem) : type_reject_inputs(c);
        return t ? strict(c, with_elem(c, t, kind_type(c, TY_BOOL))) : NULL;
    }
    if (!(t = want_common_all(c))) return NULL;
    if (!is_ordered(t) && c->op != OP_EQ && c->op != OP_NE) return type_reject_inputs(c);
    return strict(c, kind_type(c, TY_BOOL));
}

/* ---- numeric functions ---- */

/* FLOAT16 and BFLOAT16 only store numbers; functions compute in FLOAT32. */
static const Type *computed_in(TypeCall *c, const Type *t) {
    const Type *elem = type_is_tensor(t) ? t->elem : t;
    if (elem->kind == TY_F64 || elem->kind == TY_F32) return elem;
    return kind_type(c, type_is_tensor(t) || type_is_float(elem) ? TY_F32 : TY_F64);
}

static bool is_number(const Type *t) {
    return is_null(t) || type_is_numeric(t) || (type_is_tensor(t) && t->elem->kind != TY_BOOL);
}

const Type *law_type_float_fn(TypeCall *c) {
    const Type *t = type_in(c, 0);
    if (!is_number(t)) return type_reject_inputs(c);
    return strict(c, c->want[0] = with_elem(c, t, computed_in(c, t)));
}

const Type *law_type_float_fn2(TypeCall *c) {
    const Type *t, *a = type_in(c, 0), *b = type_in(c, 1);
    if (!is_number(a) || !is_number(b)) return type_reject_inputs(c);
    if (either_tensor(c)) {
        const Type *elem = common_elem(c, 0, 1);
        t = elem ? broadcast(c, 0, 1, computed_in(c, type_tensor(c->types, elem, 0, NULL)))
                 : type_reject_inputs(c);
    } else {
        t = c->want[0] = c->want[1] = computed_in(c, type_common(c->types, a, b));
    }
    return t ? strict(c, t) : NULL;
}

/* ops over dimensions of a tensor: softmax */
static bool dims_within(const AttrDims *d, const Type *t) {
    for (uint32_t i = 0; i < d->dims.n; i++)
        if (d->dims.at[i] < 0 || d->dims.at[i] >= t->n || (i && d->dims.at[i] <= d->dims.at[i - 1]))
            return false;
    return d->dims.n > 0;
}

const Type *law_type_float_same(TypeCall *c) {
    const Type *t = type_in(c, 0);
    bool over_dims = op_info[c->op].attr == ATTR_Dims;
    if (!is_number(t) || (over_dims && !type_is_tensor(t))) return type_reject_inputs(c);
    if (over_dims && !dims_within(CALL_ATTR(c, Dims), t))
        return type_reject(c, "%s: %s has no such dimensions", op_info[c->op].text, type_name(c, t));
    const Type *elem = type_is_tensor(t) ? t->elem : t;
    c->want[0] = type_is_float(elem) ? t : with_elem(c, t, computed_in(c, t));
    return strict(c, c->want[0]);
}
