/* Which nodes may fail on a row: the flag FALLIBLE says that an op can, types and constants say that this one
 * cannot. Floats never fail but in a scalar division (by zero, as PostgreSQL), they overflow to infinity;
 * DECIMAL sums and products hold every result until their precision reaches 38 digits.
 */
#include "ir/node.h"

static const Type *scalar(const Type *t) { return t->kind == TY_TENSOR ? t->elem : t; }

static bool arith_fails(const Type *t) {
    if (t->kind == TY_DECIMAL) return t->precision == DECIMAL_MAX_DIGITS;
    return !type_is_float(t);
}

static bool is_nonzero_const(const Node *n) {
    if (!ir_is_const(n)) return false;
    const Value *v = &ATTR_OF(n, Const)->value;
    if (v->null) return true;
    if (type_is_float(v->type)) return v->type->kind == TY_F64 ? v->f64 != 0 : v->f32 != 0;
    if (v->type->kind == TY_DECIMAL) return v->dec != 0;
    return type_is_integer(v->type) && v->i != 0;
}

/* A constant divisor other than 0 and -1 (whose quotient of the least integer overflows) never fails. */
static bool division_fails(const Node *n) {
    const Node *by = n->in[1];
    if (n->type->kind == TY_TENSOR && type_is_float(n->type->elem)) return false;
    if (!is_nonzero_const(by)) return true;
    if (!type_is_integer(by->type)) return false;
    const Value *v = &ATTR_OF(by, Const)->value;
    return !v->null && v->i == -1;
}

static int whole_bits(TypeKind k) {
    static const uint8_t bits[TY_COUNT] = {
        [TY_BOOL] = 1, [TY_I8] = 7,   [TY_I16] = 15, [TY_I32] = 31, [TY_I64] = 63,
        [TY_U8] = 8,   [TY_U16] = 16, [TY_U32] = 32, [TY_U64] = 64};
    return bits[k];
}

/* Digits before the point that every value of an exact numeric type fits in. */
static int whole_digits(const Type *t) {
    return t->kind == TY_DECIMAL ? t->precision - t->scale : whole_bits(t->kind) * 30103 / 100000 + 1;
}

/* A float that is too large becomes infinite; FLOAT16 holds exact numbers to 65504, the others 10^38. */
static bool float_holds(const Type *from, const Type *to) {
    return type_is_float(from) || to->kind != TY_F16 || whole_digits(from) < 5;
}

static bool widens(const Type *from, const Type *to) {
    bool exact_from = type_is_integer(from) || from->kind == TY_DECIMAL || from->kind == TY_BOOL;
    if (type_same(from, to) || from->kind == TY_NULL) return true;
    if (type_is_float(to)) return (exact_from || type_is_float(from)) && float_holds(from, to);
    if (type_is_integer(to) && (type_is_integer(from) || from->kind == TY_BOOL)) {
        bool from_signed = from->kind >= TY_I8 && from->kind <= TY_I64, to_signed = to->kind <= TY_I64;
        return whole_bits(from->kind) <= whole_bits(to->kind) && (to_signed || !from_signed);
    }
    if (to->kind == TY_DECIMAL && exact_from)
        return whole_digits(from) + (from->scale > to->scale) <= whole_digits(to);
    if (from->kind == TY_DATE) return to->kind == TY_TIMESTAMP;
    return to->kind == TY_VARCHAR;
}

/* A subscript is safe when it and the dimension are known. */
static bool index_fails(const Node *n) {
    const Type *t = n->in[0]->type;
    if (t->kind != TY_TENSOR) return true;
    for (uint32_t i = 1; i < n->n; i++) {
        if (!ir_is_const(n->in[i]) || t->dims[i - 1] == DIM_ANY) return true;
        const Value *v = &ATTR_OF(n->in[i], Const)->value;
        if (!v->null && (v->i < 0 || v->i >= t->dims[i - 1])) return true;
    }
    return false;
}

/* Subscripts of a gather or scatter are safe when they and the dimension are known. */
static bool gather_fails(const Node *n) {
    int64_t axis = n->op == OP_GATHER ? ATTR_OF(n, Axis)->axis : ATTR_OF(n, Scatter)->axis;
    int64_t size = n->in[0]->type->dims[axis];
    if (!ir_is_const(n->in[1]) || size == DIM_ANY) return true;
    const Value *v = &ATTR_OF(n->in[1], Const)->value;
    bool tensor = v->type->kind == TY_TENSOR;
    for (int64_t i = 0; !v->null && i < (tensor ? tensor_count(v) : 1); i++) {
        int64_t at = tensor ? ((const int64_t *)v->t.data)[i] : v->i;
        if (at < -size || at >= size) return true;
    }
    return false;
}

static bool scatter_fails(const Node *n) {
    int64_t kind = ATTR_OF(n, Scatter)->kind;
    bool sums = kind == SCATTER_ADD || kind == SCATTER_MUL;
    return gather_fails(n) || (sums && !type_is_float(n->type->elem));
}

/* A length below 0 is refused. */
static bool substring_fails(const Node *n) {
    const Node *length = n->in[2];
    return !ir_is_const(length) || (!ATTR_OF(length, Const)->value.null && ATTR_OF(length, Const)->value.i < 0);
}

/* Shapes with `*` are checked at run time. */
static bool shape_open(const Node *n) {
    for (uint32_t i = 0; i < n->n; i++)
        if (n->in[i]->type->kind == TY_TENSOR && type_elems(n->in[i]->type) == DIM_ANY) return true;
    return false;
}

static bool checks_shape(const Node *n) {
    if (op_has(n->op, REL)) return false;
    return n->n > 1 || n->op == OP_SLICE || n->op == OP_RESHAPE || n->op == OP_CAST;
}

/* Bits of the integers that an input was widened from. */
static int source_bits(const Node *x) {
    if (x->op == OP_CAST) x = x->in[0];
    return whole_bits(scalar(x->type)->kind);
}

/* Sums of BIGINT: 2^31 elements of up to 32 bits stay within one, and 2^22 products of 40 bits together. */
static bool sum_fails(const Node *n) {
    if (type_is_float(scalar(n->type))) return false;
    if (n->op == OP_SUM) return source_bits(n->in[0]) > 32;
    return source_bits(n->in[0]) + source_bits(n->in[1]) > 40;
}

bool ir_op_fallible(const Node *n) {
    if (checks_shape(n) && shape_open(n)) return true;
    if (!op_has(n->op, FALLIBLE)) return false;
    if (n->op == OP_CAST) return !ATTR_OF(n, Cast)->try && !widens(scalar(n->in[0]->type), scalar(n->type));
    if (n->op == OP_DIV || n->op == OP_IDIV || n->op == OP_MOD) return division_fails(n);
    if (n->op == OP_SUM || n->op == OP_CONTRACT) return sum_fails(n);
    if (n->op == OP_INDEX) return index_fails(n);
    if (n->op == OP_GATHER) return gather_fails(n);
    if (n->op == OP_SCATTER) return scatter_fails(n);
    if (n->op == OP_SUBSTRING) return substring_fails(n);
    if ((n->op == OP_NEG || n->op == OP_ABS) && n->type->kind == TY_DECIMAL) return false;
    return arith_fails(scalar(n->type));
}
