/* Shorthands over ir_node. */
#include "base/number.h"
#include "ir/graph.h"

const Node *ir_const(Ir *ir, Value v) {
    v.type = type_nullable(type_import(ir->types, v.type), v.null);
    return ir_node(ir, OP_CONST, &(AttrConst){v}, 0, NULL);
}

const Node *ir_bool(Ir *ir, bool b) { return ir_const(ir, value_bool(ir->types, b)); }
const Node *ir_i64(Ir *ir, int64_t i) { return ir_const(ir, value_i64(ir->types, i)); }
const Node *ir_null(Ir *ir, const Type *t) { return ir_const(ir, value_null(type_nullable(t, true))); }

const Node *ir_column(Ir *ir, uint32_t index, const Type *t) {
    return ir_node(ir, OP_COLUMN, &(AttrColumn){index, t}, 0, NULL);
}

const Node *ir_1(Ir *ir, Op op, const Node *a) { return ir_node(ir, op, NULL, 1, &a); }

const Node *ir_2(Ir *ir, Op op, const Node *a, const Node *b) {
    return ir_node(ir, op, NULL, 2, (const Node *[]){a, b});
}

const Node *ir_3(Ir *ir, Op op, const Node *a, const Node *b, const Node *c) {
    return ir_node(ir, op, NULL, 3, (const Node *[]){a, b, c});
}

static bool cast_const(Ir *ir, const Node *n, const Type *to, Value *out) {
    const char *why;
    return value_cast(ir->arena, &ATTR_OF(n, Const)->value, to, out, &why);
}

const Node *ir_cast(Ir *ir, const Node *a, const Type *to) {
    Value v;
    to = type_nullable(to, false);
    if (type_same(a->type, to)) return a;
    if (ir_is_const(a) && ATTR_OF(a, Const)->value.null) return ir_null(ir, to);
    if (ir_is_const(a) && cast_const(ir, a, to, &v)) return ir_const(ir, v);
    return ir_node(ir, OP_CAST, &(AttrCast){to, false}, 1, &a);
}

/* Column c of all rows: the type that all its values widen to. */
static const Type *column_type(Ir *ir, uint32_t rows, uint32_t columns, uint32_t c, const Node *const *at) {
    const Type *t = rows ? at[c]->type : type_get(ir->types, TY_NULL);
    for (uint32_t r = 1; r < rows && t; r++) t = type_common(ir->types, t, at[r * columns + c]->type);
    return t && t->kind == TY_NULL ? type_nullable(type_get(ir->types, TY_VARCHAR), true) : t;
}

const Node *ir_values(Ir *ir, uint32_t rows, uint32_t columns, const Node *const *at, const char **why) {
    const Type **types = ARENA_ARRAY(ir->arena, const Type *, columns);
    for (uint32_t c = 0; c < columns; c++) {
        if ((types[c] = column_type(ir, rows, columns, c, at))) continue;
        *why = arena_printf(ir->arena, "the values of column %u have no common type", c + 1);
        return NULL;
    }
    AttrValues attr = {rows, type_rel(ir->types, columns, types)};
    return ir_node(ir, OP_VALUES, &attr, rows * columns, at);
}

const Node *ir_rel(Ir *ir, Op op, const void *attr, const Node *rel, uint32_t n, const Node *const *more) {
    const Node **in = ARENA_ARRAY(ir->arena, const Node *, n + 1);
    in[0] = rel;
    for (uint32_t i = 0; i < n; i++) in[i + 1] = more[i];
    return ir_node(ir, op, attr, n + 1, in);
}

const Node *ir_and_all(Ir *ir, uint32_t n, const Node *const *conjuncts) {
    enum { LONG = 256 }; /* more: as deep as their logarithm */
    if (n == 0) return ir_bool(ir, true);
    if (n > LONG) return ir_2(ir, OP_AND, ir_and_all(ir, n / 2, conjuncts), ir_and_all(ir, n - n / 2, conjuncts + n / 2));
    const Node *all = conjuncts[0];
    for (uint32_t i = 1; i < n; i++) all = ir_2(ir, OP_AND, all, conjuncts[i]);
    return all;
}
