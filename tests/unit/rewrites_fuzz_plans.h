/* Random typed expressions and plans over the fuzzer's tables; what fails on some rows included. */
#ifndef DQL_TESTS_UNIT_REWRITES_FUZZ_PLANS_H
#define DQL_TESTS_UNIT_REWRITES_FUZZ_PLANS_H
#include "rewrites_fuzz_world.h"

/* ---- expressions ---- */

typedef struct Scope {
    uint32_t n;
    const Type *const *types;
} Scope;

static const Node *expr(const Scope *s, TypeKind want, int depth);

static const Node *constant(TypeKind want) {
    Value v = some_value(type_nullable(type_get(ir_types(ir), want), one_in(6)));
    return ir_const(ir, v);
}

/* NULL: there is none of the kind. */
static const Node *column_of(const Scope *s, TypeKind want) {
    uint32_t from = s->n ? below(s->n) : 0;
    for (uint32_t k = 0; k < s->n; k++) {
        uint32_t i = (from + k) % s->n;
        if (s->types[i]->kind == want) return ir_column(ir, i, s->types[i]);
    }
    return NULL;
}

static const Node *column(const Scope *s, TypeKind want) {
    const Node *c = column_of(s, want);
    return c ? c : constant(want);
}

static const Node *made(TypeKind want, Op op, const void *attr, uint32_t n, const Node *const *in) {
    const Type *t = ir_check(ir, op, attr, n, in, NULL);
    return t && t->kind == want ? ir_node(ir, op, attr, n, in) : NULL;
}

static const Node *two(const Scope *s, TypeKind want, Op op, TypeKind of, int depth) {
    const Node *a = expr(s, of, depth - 1), *in[] = {a, one_in(8) ? a : expr(s, of, depth - 1)};
    return made(want, op, NULL, 2, in);
}

static const Node *one(const Scope *s, TypeKind want, Op op, TypeKind of, int depth) {
    const Node *a = expr(s, of, depth - 1);
    return made(want, op, NULL, 1, &a);
}

static const Node *choice(const Scope *s, TypeKind want, int depth) {
    const Node *in[5];
    if (one_in(2)) {
        uint32_t n = 1 + below(3);
        for (uint32_t i = 0; i < n; i++) in[i] = expr(s, want, depth - 1);
        return made(want, OP_COALESCE, NULL, n, in);
    }
    uint32_t n = one_in(2) ? 3 : 5;
    for (uint32_t i = 0; i < n; i++) in[i] = expr(s, i + 1 < n && i % 2 == 0 ? TY_BOOL : want, depth - 1);
    if (one_in(4)) in[1] = in[n - 1];
    return made(want, OP_CASE, NULL, n, in);
}

static const Node *cast_to(const Scope *s, TypeKind want, int depth) {
    static const TypeKind from[] = {TY_I32, TY_F64, TY_F32, TY_VARCHAR, TY_BOOL, TY_I64, TY_I32};
    const Node *a = expr(s, from[below(7)], depth - 1);
    return made(want, OP_CAST, &(AttrCast){type_get(ir_types(ir), want), one_in(3)}, 1, &a);
}

static const TypeKind plain[] = {TY_I32, TY_F64, TY_F32, TY_VARCHAR, TY_BOOL, TY_I64};

static const Node *boolean(const Scope *s, int depth) {
    static const Op compare[] = {OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE};
    TypeKind of = plain[below(6)];
    const Node *in[4];
    switch (below(9)) {
    case 0: return two(s, TY_BOOL, OP_AND, TY_BOOL, depth);
    case 1: return two(s, TY_BOOL, OP_OR, TY_BOOL, depth);
    case 2: return one(s, TY_BOOL, OP_NOT, TY_BOOL, depth);
    case 3: return one(s, TY_BOOL, OP_IS_NULL, of, depth);
    case 4:
        for (int i = 0; i < 4; i++) in[i] = i && one_in(2) ? constant(of) : expr(s, of, depth - 1);
        return made(TY_BOOL, OP_IN, NULL, 2 + below(3), in);
    case 5:
        in[0] = expr(s, TY_VARCHAR, depth - 1), in[1] = constant(TY_VARCHAR);
        return made(TY_BOOL, OP_LIKE, &(AttrLike){0, one_in(3)}, 2, in);
    case 6: return two(s, TY_BOOL, OP_IS_DISTINCT, of, depth);
    default:
        in[0] = expr(s, of, depth - 1), in[1] = one_in(3) ? expr(s, of, depth - 1) : constant(of);
        if (one_in(8)) in[1] = in[0];
        if (one_in(4)) in[2] = in[0], in[0] = in[1], in[1] = in[2];
        return made(TY_BOOL, compare[below(6)], NULL, 2, in);
    }
}

static const Node *element(const Scope *s, int depth) {
    static const Op unary[] = {OP_SIGMOID, OP_RELU, OP_TANH, OP_NEG, OP_EXP, OP_ABS};
    const Node *x = column_of(s, TY_TENSOR), *y = column_of(s, TY_TENSOR);
    if (!x) return NULL;
    for (int i = 0; i < depth; i++) {
        if (one_in(3)) x = ir_2(ir, one_in(2) ? OP_ADD : OP_MUL, x, one_in(2) ? y : constant(TY_F32));
        else x = ir_1(ir, unary[below(6)], x);
    }
    int64_t i = below(3);
    if (one_in(3)) return made(TY_F32, OP_INDEX, NULL, 2, (const Node *[]){x, ir_i64(ir, i)});
    AttrSlice a = {{1, &i}, {1, &(int64_t){i + 1}}, {1, &(int64_t){1}}, {1, &(int64_t){1}}};
    return made(TY_F32, OP_SLICE, &a, 1, &x);
}

static const Node *number(const Scope *s, TypeKind want, int depth) {
    static const Op binary[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD, OP_MIN2, OP_MAX2};
    static const Op unary[] = {OP_NEG, OP_ABS,  OP_FLOOR,   OP_CEIL, OP_SQRT, OP_EXP,
                               OP_LOG, OP_TANH, OP_SIGMOID, OP_ERF,  OP_RELU};
    if (want == TY_F32 && one_in(3)) return element(s, (int)below(4));
    return one_in(2) ? two(s, want, binary[below(7)], want, depth)
                     : one(s, want, unary[below(type_is_float(type_get(ir_types(ir), want)) ? 11 : 2)], want,
                           depth);
}

static const Node *text(const Scope *s, int depth) {
    static const Op unary[] = {OP_UPPER, OP_LOWER};
    return one_in(2) ? one(s, TY_VARCHAR, unary[below(2)], TY_VARCHAR, depth)
                     : two(s, TY_VARCHAR, OP_TEXT_CONCAT, TY_VARCHAR, depth);
}

static const Node *expr(const Scope *s, TypeKind want, int depth) {
    const Node *n = NULL;
    if (depth <= 0) return one_in(3) ? constant(want) : column(s, want);
    if (one_in(6)) n = choice(s, want, depth);
    else if (one_in(6)) n = cast_to(s, want, depth);
    else if (want == TY_BOOL) n = boolean(s, depth);
    else if (want == TY_VARCHAR) n = text(s, depth);
    else n = number(s, want, depth);
    return n ? n : column(s, want);
}

/* Chains of moves, over a tensor whose elements are all at hand. */
static const Node *moves(const Node *x) {
    for (uint32_t k = below(5); k > 0; k--) {
        const Type *t = x->type;
        int64_t at[3][TENSOR_MAX_RANK];
        if (t->n == 2 && one_in(2)) {
            bool turn = !one_in(3);
            x = ir_node(ir, OP_TRANSPOSE, &(AttrShape){{2, (int64_t[]){turn, !turn}}}, 1, &x);
        } else if (one_in(2)) {
            int64_t n = type_elems(t), by = n % 2 == 0 && one_in(2) ? 2 : 1;
            IntList shape = one_in(2) ? (IntList){1, (int64_t[]){n}} : (IntList){2, (int64_t[]){by, n / by}};
            x = ir_node(ir, OP_RESHAPE, &(AttrShape){shape}, 1, &x);
        } else {
            int64_t step[TENSOR_MAX_RANK], drop[TENSOR_MAX_RANK] = {0};
            for (uint32_t d = 0; d < t->n; d++) {
                at[0][d] = one_in(2) ? 0 : below((uint32_t)t->dims[d]);
                at[1][d] = one_in(2) ? t->dims[d] : at[0][d] + 1 + below((uint32_t)(t->dims[d] - at[0][d]));
                step[d] = 1 + below(2);
            }
            AttrSlice a = {{t->n, at[0]}, {t->n, at[1]}, {t->n, step}, {t->n, drop}};
            x = ir_node(ir, OP_SLICE, &a, 1, &x);
        }
        if (one_in(4)) x = ir_1(ir, OP_RELU, x);
    }
    return x;
}

/* ---- plans ---- */

static Scope scope_of(const Node *rel) { return (Scope){rel->type->n, rel->type->fields}; }

static const Node *scan(void) {
    int64_t columns[COLUMNS];
    const Type *types[COLUMNS];
    uint32_t n = 0;
    for (int c = 0; c < COLUMNS; c++)
        if (c == 0 || !one_in(3)) columns[n] = c, types[n++] = type_of(column_types[c]);
    AttrScan a = {
        arena_printf(arena, "t%u", below(TABLES)), 1, {n, columns}, false, type_rel(ir_types(ir), n, types)};
    return ir_node(ir, OP_SCAN, &a, 0, NULL);
}

static const Node *values(void) {
    const Node *at[9];
    uint32_t rows = below(4);
    const Type *types[3];
    for (uint32_t i = 0; i < 3; i++) types[i] = type_of(column_types[below(7)]);
    for (uint32_t i = 0; i < rows * 3; i++) at[i] = ir_const(ir, some_value(types[i % 3]));
    AttrValues a = {rows, type_rel(ir_types(ir), 3, types)};
    return ir_node(ir, OP_VALUES, &a, rows * 3, at);
}

static const Node *condition(const Scope *s) {
    const Node *p = expr(s, TY_BOOL, 3);
    for (uint32_t k = below(3); k > 0; k--) p = ir_2(ir, OP_AND, p, expr(s, TY_BOOL, 2));
    return p;
}

static const Node *relation(int depth);

static const Node *project(const Node *rel) {
    Scope s = scope_of(rel);
    const Node *in[5];
    uint32_t n = 1 + below(4);
    in[0] = rel;
    for (uint32_t i = 0; i < n; i++) in[i + 1] = expr(&s, plain[below(6)], (int)below(3));
    return ir_node(ir, OP_PROJECT, NULL, n + 1, in);
}

static const Node *join(int depth) {
    const Node *l = relation(depth - 1), *r = relation(depth - 1);
    const Type *types[64];
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->type->n && n < 64; i++) types[n++] = l->type->fields[i];
    for (uint32_t i = 0; i < r->type->n && n < 64; i++) types[n++] = r->type->fields[i];
    if (n == 64) return l;
    Scope s = {n, types};
    const Node *on = condition(&s);
    for (uint32_t i = l->type->n; i < n && !one_in(3); i++) {
        if (types[i]->kind != types[0]->kind || types[0]->kind == TY_TENSOR) continue;
        on = ir_2(ir, OP_AND, on, ir_2(ir, OP_EQ, ir_column(ir, 0, types[0]), ir_column(ir, i, types[i])));
        break;
    }
    if (one_in(3)) on = ir_bool(ir, true);
    AttrJoin a = {below(4)};
    return ir_node(ir, OP_JOIN, &a, 3, (const Node *[]){l, r, on});
}

static const Node *aggregate(const Node *rel) {
    static const Op fns[] = {OP_COUNT, OP_AGG_SUM, OP_AGG_AVG, OP_AGG_MIN, OP_AGG_MAX};
    Scope s = scope_of(rel);
    const Node *in[6];
    uint32_t keys = below(3), k = 0;
    for (uint32_t i = 0; i < keys; i++) in[k++] = one_in(5) ? constant(TY_I32) : expr(&s, plain[below(6)], 1);
    in[k++] = ir_node(ir, OP_COUNT_STAR, NULL, 0, NULL);
    for (uint32_t i = below(3); i > 0; i--) {
        Op f = fns[below(5)];
        in[k++] =
            ir_1(ir, f, expr(&s, f == OP_COUNT || f == OP_AGG_MIN ? plain[below(6)] : plain[below(3)], 1));
    }
    return ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){keys}, rel, k, in);
}

/* By all columns, so that which rows a limit keeps is defined; tensors are no keys. */
static const Node *sorted(const Node *rel, bool all) {
    Scope s = scope_of(rel);
    const Node *in[66];
    int64_t flags[64];
    uint32_t k = 0, from = below(s.n + 1);
    for (uint32_t i = 0; i < s.n && i < 60; i++) {
        uint32_t c = (i + from) % s.n;
        if (s.types[c]->kind == TY_TENSOR || (!all && one_in(2))) continue;
        flags[k] = below(4);
        in[k++] = ir_column(ir, c, s.types[c]);
    }
    if (one_in(4)) flags[k] = 0, in[k++] = constant(TY_I32);
    if (!k || !all) return k ? ir_rel(ir, OP_SORT, &(AttrSort){{k, flags}}, rel, k, in) : rel;
    const Node *sort = ir_rel(ir, OP_SORT, &(AttrSort){{k, flags}}, rel, k, in);
    if (one_in(3)) sort = project(sort);
    const Node *limit = one_in(6) ? ir_null(ir, type_get(ir_types(ir), TY_I64)) : ir_i64(ir, below(4));
    return ir_3(ir, OP_LIMIT, sort, limit, ir_i64(ir, below(2)));
}

static bool has_tensor(const Node *rel) {
    for (uint32_t i = 0; i < rel->type->n; i++)
        if (rel->type->fields[i]->kind == TY_TENSOR) return true;
    return false;
}

static const Node *relation(int depth) {
    if (depth <= 0) return one_in(8) ? values() : scan();
    if (one_in(4)) return join(depth);
    const Node *rel = relation(depth - 1);
    Scope s = scope_of(rel);
    switch (below(8)) {
    case 0:
    case 1:
    case 2: return ir_2(ir, OP_FILTER, rel, condition(&s));
    case 3:
    case 4: return project(rel);
    case 5: return aggregate(rel);
    default: return sorted(rel, !has_tensor(rel) && one_in(2));
    }
}
#endif
