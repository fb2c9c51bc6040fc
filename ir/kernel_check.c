/* What each instruction demands of its operands.  The builder asks once an instruction is complete, the
 * verifier again for all of them, so a wrong kernel is found where it is made. */
#include "ir/kernel.h"

static bool is_int(unsigned t) { return t >= K_I1 && t <= K_I128; }
static bool is_wide_int(unsigned t) { return t >= K_I8 && t <= K_I128; }
static bool is_arith_float(unsigned t) { return t == K_F32 || t == K_F64; }
static bool is_float(unsigned t) { return t >= K_F16 && t <= K_F64; }
static bool is_arith(unsigned t) { return is_wide_int(t) || is_arith_float(t); }
static bool is_scalar(const KInst *i, KType t) { return i->type == t && i->lanes == 1; }
static bool same(const KInst *a, const KInst *b) { return a->type == b->type && a->lanes == b->lanes; }

#define NEED(cond, text)                                                                                     \
    if (!(cond)) return (text)

static const char *all_same(const KInst *i) {
    for (uint32_t k = 0; k < i->n; k++)
        NEED(same(i->in[k], i), "operands and result differ in type or lanes");
    return NULL;
}

static const char *arith(const KInst *i, bool ints, bool floats) {
    NEED((ints && is_wide_int(i->type)) || (floats && is_arith_float(i->type)),
         "no such operation on this type");
    return all_same(i);
}

static const char *bitwise(const KInst *i) {
    NEED(is_int(i->type), "bitwise operation on a type that is not an integer");
    return all_same(i);
}

static const char *overflow_test(const KInst *i) {
    NEED(is_wide_int(i->in[0]->type) && same(i->in[0], i->in[1]),
         "overflow test needs two equal integer types");
    NEED(i->type == K_I1 && i->lanes == i->in[0]->lanes, "overflow test gives i1");
    return NULL;
}

static const char *compare(const KInst *i) {
    const KInst *x = i->in[0];
    NEED(same(x, i->in[1]), "compared values differ in type or lanes");
    NEED(is_int(x->type) || is_arith_float(x->type) || x->type == K_PTR, "values that cannot be compared");
    NEED(i->type == K_I1 && i->lanes == x->lanes, "a comparison gives i1");
    NEED(i->pred <= KP_UGE, "unknown predicate");
    NEED(is_int(x->type) || i->pred <= KP_GE, "unsigned predicate on values that are not integers");
    NEED(x->type != K_I1 || i->pred <= KP_NE || i->pred >= KP_ULT, "signed order of i1");
    return NULL;
}

static const char *selection(const KInst *i) {
    NEED(i->in[0]->type == K_I1, "condition is not i1");
    NEED(i->in[0]->lanes == 1 || i->in[0]->lanes == i->lanes, "condition has other lanes");
    NEED(same(i->in[1], i) && same(i->in[2], i), "alternatives differ in type or lanes");
    return NULL;
}

static const char *conversion(const KInst *i) {
    unsigned from = i->in[0]->type, to = i->type;
    int a = ktype_bytes((KType)from), b = ktype_bytes((KType)to);
    NEED(i->in[0]->lanes == i->lanes || i->op == KI_BITCAST, "conversion changes lanes");
    switch (i->op) {
    case KI_SEXT:
    case KI_ZEXT:
        NEED(is_int(from) && is_wide_int(to) && (a < b || from == K_I1), "extension must widen integers");
        break;
    case KI_TRUNC:
        NEED(is_wide_int(from) && is_int(to) && (b < a || to == K_I1), "truncation must narrow integers");
        break;
    case KI_SITOF:
    case KI_UITOF: NEED(is_int(from) && is_arith_float(to), "integer to f32 or f64"); break;
    case KI_FTOSI: NEED(is_arith_float(from) && is_wide_int(to), "f32 or f64 to integer"); break;
    case KI_FEXT: NEED(is_float(from) && is_arith_float(to) && a < b, "extension must widen floats"); break;
    case KI_FTRUNC:
        NEED(is_arith_float(from) && is_float(to) && b < a, "truncation must narrow floats");
        break;
    default:
        NEED(from != K_I1 && to != K_I1 && from != K_VOID && to != K_VOID,
             "bitcast of bits that have no place in memory");
        NEED((from == K_PTR) == (to == K_PTR) || (i->lanes == 1 && i->in[0]->lanes == 1),
             "vector of pointers");
        NEED(a * i->in[0]->lanes == b * i->lanes, "bitcast changes the size");
    }
    return NULL;
}

static const char *memory(const KInst *i) {
    NEED(is_scalar(i->in[0], K_PTR), "address is not a pointer");
    switch (i->op) {
    case KI_LOAD:
        NEED(i->type != K_VOID, "load of nothing");
        NEED(i->type != K_PTR || i->lanes == 1, "vector of pointers");
        break;
    case KI_STORE: NEED(i->in[2]->type != K_VOID, "store of nothing"); break;
    case KI_OFFSET: NEED(is_scalar(i, K_PTR), "offset gives a pointer"); break;
    default: break;
    }
    NEED(is_scalar(i->in[1], K_I64), "index is not an i64");
    return NULL;
}

static const char *indexed(const KInst *i) {
    const KInst *index = i->in[1], *value = i->op == KI_GATHER ? i : i->in[2];
    NEED(is_scalar(i->in[0], K_PTR), "address is not a pointer");
    NEED(index->type == K_I32 || index->type == K_I64, "indexes must be i32 or i64");
    NEED(value->lanes == index->lanes && value->type != K_VOID && value->type != K_PTR,
         "values do not fit the indexes");
    if (i->n == (i->op == KI_GATHER ? 3u : 4u)) {
        const KInst *mask = i->in[i->n - 1];
        NEED(mask->type == K_I1 && mask->lanes == index->lanes, "mask does not fit the indexes");
    }
    return NULL;
}

static const char *compress(const KInst *i) {
    NEED(is_scalar(i->in[0], K_PTR) && is_scalar(i->in[1], K_I64), "compress writes to ptr at i64");
    NEED(i->in[3]->type == K_I1 && i->in[3]->lanes == i->in[2]->lanes, "mask does not fit the value");
    NEED(i->in[2]->type != K_PTR, "vector of pointers");
    NEED(is_scalar(i, K_I64), "compress gives an i64");
    return NULL;
}

static const char *lane_access(const KInst *i) {
    const KInst *lane = i->in[i->n - 1];
    NEED(is_scalar(lane, K_I32), "lane is not an i32");
    if (i->op == KI_EXTRACT) {
        NEED(i->lanes == 1 && i->type == i->in[0]->type, "extract gives one lane");
        return NULL;
    }
    NEED(same(i, i->in[0]) && is_scalar(i->in[1], (KType)i->type), "inserted value does not fit");
    return NULL;
}

static const char *reduction(const KInst *i) {
    const KInst *x = i->in[0];
    bool or_ = i->op == KI_REDUCE_OR;
    NEED(i->lanes == 1 && i->type == x->type, "reduction gives one lane");
    NEED(or_ ? is_int(x->type) : is_arith(x->type), "no such reduction of this type");
    return NULL;
}

static const char *call(const KInst *i) {
    NEED(i->name && i->n >= 1, "call without a name or a count");
    for (uint32_t k = 0; k + 1 < i->n; k++)
        NEED(is_scalar(i->in[k], K_PTR), "operand of a call is not a pointer");
    NEED(is_scalar(i->in[i->n - 1], K_I64) && is_scalar(i, K_I64), "count and result of a call are i64");
    return NULL;
}

static const char *loop(const KInst *i) {
    NEED(i->n == i->loop.carried + 3, "loop needs lo, hi, step and an initial value for each carried one");
    for (int k = 0; k < 3; k++) NEED(is_scalar(i->in[k], K_I64), "bounds of a loop are i64");
    NEED(is_scalar(i->loop.phi[0], K_I64), "counter of a loop is i64");
    for (uint32_t k = 0; k < i->loop.carried; k++) {
        NEED(same(i->loop.phi[k + 1], i->in[k + 3]), "initial value of another type");
        NEED(!i->loop.next || same(i->loop.phi[k + 1], i->loop.next[k]), "next value of another type");
    }
    return NULL;
}

static const char *branch(const KInst *i) {
    NEED(is_scalar(i->in[0], K_I1), "condition is not one i1");
    for (uint32_t k = 0; k < i->branch.n_yield; k++)
        NEED(same(i->branch.then_yield[k], i->branch.else_yield[k]), "the branches yield different types");
    return NULL;
}

static const char *result(const KInst *i) {
    const KInst *x = i->in[0];
    NEED(x->op == KI_LOOP || x->op == KI_IF, "result of something that has none");
    uint32_t n = x->op == KI_LOOP ? x->loop.carried : x->branch.n_yield;
    NEED(i->imm >= 0 && (uint64_t)i->imm < n, "no such result");
    NEED(same(i, x->op == KI_LOOP ? x->loop.phi[i->imm + 1] : x->branch.then_yield[i->imm]),
         "result of another type");
    return NULL;
}

static const char *tile(const KInst *i) {
    const KTile *t = i->tile;
    const KInst *const counts[] = {t->images, t->image_stride, t->m,     t->row_stride,
                                   t->outer,  t->outer_stride, t->inner, t->n};
    NEED(t->a_type == K_F32 || t->a_type == K_I8, "left operand of a tile is f32 or bytes");
    NEED(t->a && is_scalar(t->a, K_PTR) && t->b && is_scalar(t->b, K_PTR), "operands of a tile are pointers");
    NEED(!t->rows || is_scalar(t->rows, K_PTR), "row offsets are a pointer");
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
        NEED(counts[k] && is_scalar(counts[k], K_I64), "sizes and strides of a tile are i64");
    NEED(t->nr >= 16 && t->nr <= 64 && t->nr % 16 == 0, "nr is 16, 32, 48 or 64");
    NEED(t->mr >= 1 && t->mr <= 32, "mr is 1 to 32");
    NEED(is_scalar(t->p_row, K_I64) && is_scalar(t->p_col, K_I64), "row and column of a tile are i64");
    NEED(t->p_acc->type == K_F32 && t->p_acc->lanes == 16, "accumulators of a tile are f32 x 16");
    return NULL;
}

static const char *constant(const KInst *i) {
    NEED(is_int(i->type) || is_arith_float(i->type) || i->type == K_PTR, "constant of this type");
    NEED(i->type != K_PTR || (i->imm == 0 && i->lanes == 1), "the only constant pointer is null");
    return NULL;
}

static const char *splat(const KInst *i) {
    NEED(is_scalar(i->in[0], (KType)i->type) && i->lanes > 1 && i->type != K_PTR,
         "splat of one value to lanes");
    return NULL;
}

static const char *bit_count(const KInst *i) {
    const KInst *x = i->in[0];
    if (x->type == K_I1) {
        NEED(is_scalar(i, K_I64), "a mask's count is an i64");
        return NULL;
    }
    NEED(i->op == KI_POPCOUNT && is_wide_int(x->type), "first set lane of a mask, or bits of integers");
    return all_same(i);
}

static const char *gives(const KInst *i, KType t, const char *why) { return is_scalar(i, t) ? NULL : why; }

/* clang-format off */
static const char *by_op(const KInst *i) {
    switch ((KOp)i->op) {
    case KI_PARAM: return gives(i, K_PTR, "a parameter is a pointer");
    case KI_COUNT_IN: return gives(i, K_I64, "the row count is an i64");
    case KI_CONST: return constant(i);
    case KI_IOTA: return is_wide_int(i->type) || is_arith_float(i->type) ? NULL : "iota of this type";
    case KI_ADD: case KI_SUB: case KI_MUL: case KI_DIV: case KI_REM: case KI_NEG: case KI_MIN: case KI_MAX: case KI_ABS:
        return arith(i, true, true);
    case KI_UDIV: case KI_UREM: case KI_SHL: case KI_SHR: case KI_SAR: return arith(i, true, false);
    case KI_SQRT: case KI_FLOOR: case KI_CEIL: case KI_ROUND: case KI_FMA: return arith(i, false, true);
    case KI_ADD_OV: case KI_SUB_OV: case KI_MUL_OV: return overflow_test(i);
    case KI_AND: case KI_OR: case KI_XOR: case KI_NOT: return bitwise(i);
    case KI_CMP: return compare(i);
    case KI_SELECT: return selection(i);
    case KI_SEXT: case KI_ZEXT: case KI_TRUNC: case KI_SITOF: case KI_UITOF: case KI_FTOSI: case KI_FEXT:
    case KI_FTRUNC: case KI_BITCAST: return conversion(i);
    case KI_SPLAT: return splat(i);
    case KI_EXTRACT: case KI_INSERT: return lane_access(i);
    case KI_LOAD: case KI_STORE: case KI_OFFSET: case KI_PREFETCH: return memory(i);
    case KI_GATHER: case KI_SCATTER: return indexed(i);
    case KI_COMPRESS: return compress(i);
    case KI_REDUCE_ADD: case KI_REDUCE_MIN: case KI_REDUCE_MAX: case KI_REDUCE_OR: return reduction(i);
    case KI_POPCOUNT: return bit_count(i);
    case KI_FIRST: return i->in[0]->type == K_I1 ? bit_count(i) : "first set lane of something that is no mask";
    case KI_CALL: return call(i);
    case KI_LOOP: return loop(i);
    case KI_IF: return branch(i);
    case KI_PHI: return NULL;
    case KI_RESULT: return result(i);
    case KI_RETURN: return gives(i->in[0], K_I64, "a kernel returns an i64");
    case KI_TILE: return tile(i);
    case KI_COUNT: break;
    }
    return "unknown operation";
}
/* clang-format on */

/* A gather or scatter without a mask has one input less than its row in the table says. */
static bool inputs_fit(const KInst *i) {
    int n = kop_inputs((KOp)i->op);
    if (n < 0 || i->n == (uint32_t)n) return true;
    return (i->op == KI_GATHER || i->op == KI_SCATTER) && i->n + 1 == (uint32_t)n;
}

const char *kinst_wrong(const KInst *i) {
    NEED(i->op < KI_COUNT, "unknown operation");
    NEED(i->lanes && (i->lanes & (i->lanes - 1)) == 0 && i->lanes <= 64,
         "lanes must be a power of two up to 64");
    NEED(inputs_fit(i), "wrong number of operands");
    for (uint32_t k = 0; k < i->n; k++) NEED(i->in[k], "operand missing");
    return by_op(i);
}
