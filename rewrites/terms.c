#include "rewrites/terms.h"
#include "base/number.h"
#include "base/vec.h"
#include "rewrites/measure.h"

typedef VEC(const Node *) Nodes;

static void collect(Op op, const Node *p, Nodes *out) {
    if (p->op != op) {
        *vec_push(out) = p;
        return;
    }
    collect(op, p->in[0], out);
    collect(op, p->in[1], out);
}

Terms rw_operands(Ir *ir, Op op, const Node *p) {
    Nodes all = {0};
    collect(op, p, &all);
    Terms t = {(uint32_t)all.n, arena_copy(ir_arena(ir), all.at, all.n * sizeof *all.at)};
    vec_free(&all);
    return t;
}

const Node *rw_joined(Ir *ir, Op op, Terms t) {
    if (t.n > RW_LONG) {
        Terms left = {t.n / 2, t.at}, right = {t.n - t.n / 2, t.at + t.n / 2};
        return ir_2(ir, op, rw_joined(ir, op, left), rw_joined(ir, op, right));
    }
    const Node *all = t.at[0];
    for (uint32_t i = 1; i < t.n; i++) all = ir_2(ir, op, all, t.at[i]);
    return all;
}

static bool is_bool(const Node *n) { return ir_is_const(n) && n->type->kind == TY_BOOL; }
bool rw_is_true(const Node *n) { return is_bool(n) && !rw_is_null(n) && ATTR_OF(n, Const)->value.b; }
bool rw_is_false(const Node *n) { return is_bool(n) && !rw_is_null(n) && !ATTR_OF(n, Const)->value.b; }
bool rw_is_null(const Node *n) { return ir_is_const(n) && ATTR_OF(n, Const)->value.null; }

bool rw_is_number(const Node *n, int value) {
    if (!ir_is_const(n) || rw_is_null(n)) return false;
    const Value *v = &ATTR_OF(n, Const)->value;
    if (type_is_integer(v->type)) return v->i == value;
    if (v->type->kind == TY_DECIMAL) return v->dec == value * decimal_pow10(v->type->scale);
    double f = v->type->kind == TY_F64 ? v->f64 : type_is_float(v->type) ? (double)v->f32 : 0.5;
    return f == value && !(value == 0 && __builtin_signbit(f));
}

/* ---- sides of a join ---- */

int rw_side(const Node *expr, uint32_t left, uint32_t columns) {
    bool few[64] = {0}, *used = columns <= 64 ? few : calloc(columns, 1);
    int side = SIDE_NONE;
    ir_columns_used(expr, columns, used);
    for (uint32_t i = 0; i < columns; i++)
        if (used[i]) side |= i < left ? SIDE_LEFT : SIDE_RIGHT;
    if (used != few) free(used);
    return side;
}

bool rw_is_equi(const Node *p, uint32_t left, uint32_t columns, const Node **a, const Node **b) {
    if (p->op != OP_EQ) return false;
    int s = rw_side(p->in[0], left, columns), t = rw_side(p->in[1], left, columns);
    bool swap = s == SIDE_RIGHT;
    *a = p->in[swap];
    *b = p->in[!swap];
    return (s == SIDE_LEFT && t == SIDE_RIGHT) || (s == SIDE_RIGHT && t == SIDE_LEFT);
}

const Node *rw_shift(Ir *ir, const Node *expr, uint32_t by, uint32_t n) {
    int32_t *map = ARENA_ARRAY(ir_arena(ir), int32_t, by + n);
    for (uint32_t i = 0; i < by + n; i++) map[i] = (int32_t)i - (int32_t)by;
    return ir_remap(ir, expr, by + n, map);
}

/* ---- values ---- */

bool rw_has_float(const Type *t) {
    if (t->kind == TY_TENSOR || t->kind == TY_LIST) return rw_has_float(t->elem);
    if (t->kind != TY_STRUCT) return type_is_float(t);
    for (uint32_t i = 0; i < t->n; i++)
        if (rw_has_float(t->fields[i])) return true;
    return false;
}

int rw_whole_bits(TypeKind k) {
    static const uint8_t bits[TY_COUNT] = {[TY_I8] = 7, [TY_I16] = 15, [TY_I32] = 31, [TY_I64] = 63,
                                           [TY_U8] = 8, [TY_U16] = 16, [TY_U32] = 32, [TY_U64] = 64};
    return bits[k];
}

bool rw_is_signed(const Type *t) { return t->kind >= TY_I8 && t->kind <= TY_I64; }

bool rw_integers_within(const Type *a, const Type *b) {
    if (!type_is_integer(a) || !type_is_integer(b) || rw_whole_bits(a->kind) > rw_whole_bits(b->kind))
        return false;
    return rw_is_signed(b) || !rw_is_signed(a);
}

bool rw_is_cheap(const Node *e) {
    enum { CHEAP = 256 };
    return rw_cost(e) <= CHEAP;
}

const Node *rw_empty(Ir *ir, const Type *rel) {
    return ir_node(ir, OP_VALUES, &(AttrValues){0, rel}, 0, NULL);
}
bool rw_is_empty(const Node *rel) { return rel->op == OP_VALUES && ATTR_OF(rel, Values)->rows == 0; }
