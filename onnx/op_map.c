/* Elementwise operators: x, y of any shapes that broadcast. */
#include "onnx/expand.h"

#include <string.h>

static bool given(OnnxExpand *x, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!onnx_in(x, i)) return onnx_refuse(x, "input %u is not given", i);
    return true;
}

/* A result of the operands' elements: the algebra's own choice is cast back (it divides integers truly, say).
 */
static bool yield_same(OnnxExpand *x, const Node *node, const OnnxValue *like) {
    return onnx_yield_like(x, 0, onnx_cast(x, node, onnx_elem(like)), like);
}

bool onnx_expand_unary(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    return yield_same(x, onnx_make1(x, x->op, a->node), a);
}

/* Before opset 7 a second operand without `broadcast` has the first's shape, and with `axis` stands from
 * there on. */
static OnnxValue placed(OnnxExpand *x, const OnnxValue *a, const OnnxValue *b) {
    OnnxValue v = *b;
    int64_t axis = onnx_int(x, "axis", (int64_t)a->rank - b->rank);
    if (x->opset >= 7 || axis < 0) return v;
    uint32_t after = a->rank > b->rank + (uint32_t)axis ? a->rank - b->rank - (uint32_t)axis : 0;
    for (uint32_t d = 0; d < after && v.rank < TENSOR_MAX_RANK; d++) v.dims[v.rank++] = 1;
    v.node = onnx_whole(x, &v);
    return v;
}

bool onnx_expand_binary(OnnxExpand *x) {
    if (!given(x, 2)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    OnnxValue b = placed(x, a, onnx_in(x, 1));
    const Node *y = onnx_make2(x, x->op, a->node, b.node);
    return onnx_yield_map(x, onnx_cast(x, y, onnx_elem(a)), 2, (const OnnxValue *const[]){a, &b});
}

static bool is_float(TypeKind k) { return k == TY_F16 || k == TY_BF16 || k == TY_F32 || k == TY_F64; }

/* Towards zero: the sign times the floor of the magnitude. */
static const Node *truncated(OnnxExpand *x, const Node *q) {
    const Node *zero = onnx_number(x, q, 0);
    const Node *up = onnx_make1(x, OP_FLOOR, onnx_make2(x, OP_MAX2, q, zero));
    const Node *down = onnx_make1(x, OP_CEIL, onnx_make2(x, OP_MIN2, q, zero));
    return onnx_make2(x, OP_ADD, up, down);
}

/* Integers divide towards zero. */
bool onnx_expand_div(OnnxExpand *x) {
    if (!given(x, 2)) return false;
    const OnnxValue *a = onnx_in(x, 0), *b = onnx_in(x, 1);
    if (is_float(onnx_elem(a))) return onnx_expand_binary(x);
    const Node *y = onnx_cast(x, onnx_make2(x, OP_IDIV, a->node, b->node), onnx_elem(a));
    return onnx_yield_map(x, y, 2, (const OnnxValue *const[]){a, b});
}

/* fmod: the sign of the dividend, as the algebra's; else that of the divisor */
bool onnx_expand_mod(OnnxExpand *x) {
    if (!given(x, 2)) return false;
    const OnnxValue *a = onnx_in(x, 0), *b = onnx_in(x, 1);
    const Node *y = onnx_make2(x, OP_MOD, a->node, b->node);
    if (!onnx_int(x, "fmod", 0) && y) {
        const Node *zero = onnx_number(x, y, 0), *moved = onnx_make2(x, OP_ADD, y, b->node);
        const Node *mixed = onnx_make2(x, OP_NE, onnx_make2(x, OP_LT, y, zero),
                                       onnx_make2(x, OP_LT, b->node, onnx_number(x, b->node, 0)));
        const Node *off = onnx_make2(x, OP_BIT_AND, mixed, onnx_make2(x, OP_NE, y, zero));
        y = onnx_make(x, OP_WHERE, NULL, 3, (const Node *const[]){off, moved, y});
    }
    return onnx_yield_map(x, onnx_cast(x, y, onnx_elem(a)), 2, (const OnnxValue *const[]){a, b});
}

bool onnx_expand_bit_shift(OnnxExpand *x) {
    if (strcmp(onnx_string(x, "direction", ""), "RIGHT") == 0) x->op = OP_SHIFT_RIGHT;
    return onnx_expand_binary(x);
}

/* The result has the base's elements; integers go by way of DOUBLE. */
bool onnx_expand_pow(OnnxExpand *x) {
    if (!given(x, 2)) return false;
    const OnnxValue *a = onnx_in(x, 0), *b = onnx_in(x, 1);
    TypeKind kind = onnx_elem(a), in = is_float(kind) ? kind : TY_F64;
    const Node *y = onnx_make2(x, OP_POW, onnx_cast(x, a->node, in), onnx_cast(x, b->node, in));
    return onnx_yield_map(x, onnx_cast(x, y, kind), 2, (const OnnxValue *const[]){a, b});
}

static const OnnxValue **all_inputs(OnnxExpand *x) {
    const OnnxValue **of = ARENA_ARRAY(x->arena, const OnnxValue *, x->node->n_in);
    for (uint32_t i = 0; i < x->node->n_in; i++) of[i] = onnx_in(x, i);
    return of;
}

static const Node *folded(OnnxExpand *x, const OnnxValue *const *of) {
    const Node *y = of[0]->node;
    for (uint32_t i = 1; i < x->node->n_in; i++) y = onnx_make2(x, x->op, y, of[i]->node);
    return onnx_cast(x, y, onnx_elem(of[0]));
}

bool onnx_expand_variadic(OnnxExpand *x) {
    if (x->node->n_in == 0 || !given(x, x->node->n_in)) return onnx_refuse(x, "it takes inputs");
    const OnnxValue **of = all_inputs(x);
    return onnx_yield_map(x, folded(x, of), x->node->n_in, of);
}

bool onnx_expand_mean(OnnxExpand *x) {
    if (x->node->n_in == 0 || !given(x, x->node->n_in)) return onnx_refuse(x, "it takes inputs");
    const OnnxValue **of = all_inputs(x);
    const Node *sum = folded(x, of);
    const Node *y = onnx_make2(x, OP_DIV, sum, onnx_number(x, sum, (double)x->node->n_in));
    return onnx_yield_map(x, onnx_cast(x, y, onnx_elem(of[0])), x->node->n_in, of);
}

bool onnx_expand_compare(OnnxExpand *x) {
    if (!given(x, 2)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    OnnxValue b = placed(x, a, onnx_in(x, 1));
    return onnx_yield_map(x, onnx_make2(x, x->op, a->node, b.node), 2, (const OnnxValue *const[]){a, &b});
}

bool onnx_expand_identity(OnnxExpand *x) {
    return given(x, 1) && onnx_yield_value(x, 0, onnx_in(x, 0));
}

/* ---- casts ---- */

static TypeKind data_type(int64_t t) {
    static const TypeKind kinds[] = {
        [1] = TY_F32,  [2] = TY_U8,   [3] = TY_I8,   [4] = TY_U16,  [5] = TY_I16,
        [6] = TY_I32,  [7] = TY_I64,  [9] = TY_BOOL, [10] = TY_F16, [11] = TY_F64,
        [12] = TY_U32, [13] = TY_U64, [16] = TY_BF16};
    return t > 0 && t < (int64_t)(sizeof kinds / sizeof *kinds) ? kinds[t] : TY_NULL;
}

/* Floats become integers towards zero. */
static const Node *converted(OnnxExpand *x, const Node *a, TypeKind to) {
    TypeKind from = a->type->elem->kind;
    if (to == TY_BOOL && from != TY_BOOL) return onnx_make2(x, OP_NE, a, onnx_number(x, a, 0));
    if (is_float(from) && !is_float(to)) a = truncated(x, a);
    return onnx_cast(x, a, to);
}

bool onnx_expand_cast(OnnxExpand *x) {
    TypeKind to = data_type(onnx_int(x, "to", 0));
    if (!given(x, 1)) return false;
    if (to == TY_NULL)
        return onnx_missing(x, "casts to data type %lld are not supported yet",
                            (long long)onnx_int(x, "to", 0));
    return onnx_yield_like(x, 0, converted(x, onnx_in(x, 0)->node, to), onnx_in(x, 0));
}

bool onnx_expand_cast_like(OnnxExpand *x) {
    return given(x, 2) &&
           onnx_yield_like(x, 0, converted(x, onnx_in(x, 0)->node, onnx_elem(onnx_in(x, 1))), onnx_in(x, 0));
}

/* ---- functions that are expressions ---- */

bool onnx_expand_reciprocal(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    return yield_same(x, onnx_make2(x, OP_DIV, onnx_number(x, a->node, 1), a->node), a);
}

/* (e^x + e^-x) / 2, or with minus the sine */
bool onnx_expand_cosh(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    const Node *up = onnx_make1(x, OP_EXP, a->node),
               *down = onnx_make1(x, OP_EXP, onnx_make1(x, OP_NEG, a->node));
    const Node *sum = onnx_make2(x, x->op, up, down);
    return yield_same(x, onnx_make2(x, OP_MUL, sum, onnx_number(x, a->node, 0.5)), a);
}

bool onnx_expand_tan(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    return yield_same(
        x, onnx_make2(x, OP_DIV, onnx_make1(x, OP_SIN, a->node), onnx_make1(x, OP_COS, a->node)), a);
}

bool onnx_expand_atan(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    return yield_same(x, onnx_make2(x, OP_ATAN2, a->node, onnx_number(x, a->node, 1)), a);
}

static const Node *plus(OnnxExpand *x, const Node *a, double k) {
    return onnx_make2(x, OP_ADD, a, onnx_number(x, a, k));
}
static const Node *one_minus(OnnxExpand *x, const Node *a) {
    return onnx_make2(x, OP_SUB, onnx_number(x, a, 1), a);
}

/* atan2(x, r) and atan2(r, x), r = sqrt((1 - x) (1 + x)) */
bool onnx_expand_asin(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    const Node *r = onnx_make1(x, OP_SQRT, onnx_make2(x, OP_MUL, one_minus(x, a->node), plus(x, a->node, 1)));
    bool cosine = strcmp(x->node->op, "Acos") == 0;
    return yield_same(x, onnx_make2(x, OP_ATAN2, cosine ? r : a->node, cosine ? a->node : r), a);
}

static const Node *sign(OnnxExpand *x, const Node *a) {
    const Node *zero = onnx_number(x, a, 0);
    TypeKind kind = a->type->elem->kind;
    const Node *above = onnx_cast(x, onnx_make2(x, OP_GT, a, zero), kind);
    return onnx_make2(x, OP_SUB, above, onnx_cast(x, onnx_make2(x, OP_LT, a, zero), kind));
}

/* sign(x) log(|x| + sqrt(x^2 + 1)) */
bool onnx_expand_asinh(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    const Node *root = onnx_make1(x, OP_SQRT, plus(x, onnx_make2(x, OP_MUL, a->node, a->node), 1));
    const Node *log = onnx_make1(x, OP_LOG, onnx_make2(x, OP_ADD, onnx_make1(x, OP_ABS, a->node), root));
    return yield_same(x, onnx_make2(x, OP_MUL, sign(x, a->node), log), a);
}

bool onnx_expand_acosh(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    const Node *root = onnx_make1(x, OP_SQRT, plus(x, onnx_make2(x, OP_MUL, a->node, a->node), -1));
    return yield_same(x, onnx_make1(x, OP_LOG, onnx_make2(x, OP_ADD, a->node, root)), a);
}

/* log((1 + x) / (1 - x)) / 2 */
bool onnx_expand_atanh(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    const Node *log =
        onnx_make1(x, OP_LOG, onnx_make2(x, OP_DIV, plus(x, a->node, 1), one_minus(x, a->node)));
    return yield_same(x, onnx_make2(x, OP_MUL, log, onnx_number(x, a->node, 0.5)), a);
}

/* (x > 0) - (x < 0) */
bool onnx_expand_sign(OnnxExpand *x) {
    return given(x, 1) && yield_same(x, sign(x, onnx_in(x, 0)->node), onnx_in(x, 0));
}

/* Bounds are attributes before opset 11, numbers after. */
static const Node *bound(OnnxExpand *x, const char *name, uint32_t i) {
    const OnnxValue *a = onnx_in(x, 0), *v = onnx_in(x, i);
    if (x->opset >= 11) return v ? v->node : NULL;
    return onnx_attr(x, name, ONNX_FLOAT) ? onnx_number(x, a->node, onnx_float(x, name, 0)) : NULL;
}

bool onnx_expand_clip(OnnxExpand *x) {
    if (!given(x, 1)) return false;
    const OnnxValue *a = onnx_in(x, 0);
    const Node *low = bound(x, "min", 1), *high = bound(x, "max", 2), *y = a->node;
    if (low) y = onnx_make2(x, OP_MAX2, y, low);
    if (high) y = onnx_make2(x, OP_MIN2, y, high);
    return yield_same(x, y, a);
}
