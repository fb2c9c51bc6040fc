/* Construction of the algebra: one pointer per value, ordered operands, casts put in, columns substituted. */
#include "check.h"
#include "ir/node.h"

static Arena *arena;
static Intern *names;
static Ir *ir;
static const Type *i32, *i64, *f64, *boolean;

static void open_ir(void) {
    arena = arena_new();
    names = intern_new();
    ir = ir_new(arena, names);
    i32 = type_get(ir_types(ir), TY_I32);
    i64 = type_get(ir_types(ir), TY_I64);
    f64 = type_get(ir_types(ir), TY_F64);
    boolean = type_get(ir_types(ir), TY_BOOL);
}

static void close_ir(void) {
    arena_free(arena);
    intern_free(names);
}

static const Node *int_const(int32_t v) { return ir_const(ir, (Value){.type = i32, .i = v}); }

static void test_hash_consing(void) {
    const Node *a = ir_column(ir, 0, i64), *b = ir_column(ir, 1, i64);
    CHECK(a == ir_column(ir, 0, i64));
    CHECK(a != b);
    CHECK(a != ir_column(ir, 0, type_nullable(i64, true)));
    CHECK(ir_2(ir, OP_ADD, a, b) == ir_2(ir, OP_ADD, b, a));
    CHECK(ir_2(ir, OP_SUB, a, b) != ir_2(ir, OP_SUB, b, a));
    CHECK(ir_i64(ir, 7) == ir_i64(ir, 7));
    CHECK(ir_i64(ir, 7) != ir_i64(ir, 8));
    CHECK(ir_const(ir, value_f64(ir_types(ir), 0.0)) != ir_const(ir, value_f64(ir_types(ir), -0.0)));
    const Node *sum = ir_2(ir, OP_ADD, a, b);
    CHECK(ir_with_inputs(ir, sum, sum->in) == sum);
    char text[] = "abc";
    const Node *s = ir_const(ir, value_str(ir_types(ir), str_of(text)));
    text[0] = 'x'; /* the node has its own copy */
    CHECK(s == ir_const(ir, value_str(ir_types(ir), STR_LIT("abc"))));
}

static void test_order(void) {
    const Node *a = ir_column(ir, 0, i64), *b = ir_column(ir, 1, i64);
    const Node *sum = ir_2(ir, OP_ADD, ir_i64(ir, 1), b);
    CHECK(sum->in[0] == b && ir_is_const(sum->in[1]));
    sum = ir_2(ir, OP_MUL, b, a);
    CHECK(sum->in[0] == a && sum->in[1] == b);
}

static void test_casts(void) {
    const Node *wide = ir_column(ir, 0, i64), *narrow = ir_column(ir, 1, i32);
    const Node *sum = ir_2(ir, OP_ADD, wide, int_const(5));
    CHECK(sum->type == i64);
    CHECK(sum->in[1] == ir_i64(ir, 5)); /* a literal is converted at once */
    sum = ir_2(ir, OP_SUB, wide, narrow);
    CHECK(sum->in[1]->op == OP_CAST && sum->in[1]->type == i64);
    const Node *null = ir_const(ir, value_null(type_get(ir_types(ir), TY_NULL)));
    sum = ir_2(ir, OP_ADD, wide, null);
    CHECK(sum->type == type_nullable(i64, true));
    CHECK(sum->in[1] == ir_null(ir, i64));
    CHECK(ir_cast(ir, wide, type_nullable(i64, true)) == wide);
}

static void test_below(void) {
    const Node *a = ir_column(ir, 0, f64), *b = ir_column(ir, 1, i64);
    CHECK(!ir_is_fallible(ir_2(ir, OP_ADD, a, a)));
    CHECK(ir_is_fallible(ir_2(ir, OP_ADD, b, b)));
    CHECK(ir_is_fallible(ir_2(ir, OP_DIV, a, a)));
    CHECK(!ir_is_fallible(ir_2(ir, OP_DIV, b, ir_i64(ir, 3))));
    CHECK(ir_is_fallible(ir_2(ir, OP_DIV, b, ir_i64(ir, -1))));
    CHECK(ir_is_fallible(ir_2(ir, OP_DIV, b, ir_i64(ir, 0))));
    CHECK(!ir_is_fallible(ir_cast(ir, b, f64)));
    CHECK(ir_is_fallible(ir_cast(ir, b, i32)));
    CHECK(ir_is_constant(ir_2(ir, OP_ADD, ir_i64(ir, 1), ir_i64(ir, 2))));
    CHECK(!ir_is_constant(ir_2(ir, OP_ADD, ir_i64(ir, 1), b)));
    const Type *dec = type_decimal(ir_types(ir), 15, 2);
    const Node *d = ir_column(ir, 2, dec);
    CHECK(!ir_is_fallible(ir_2(ir, OP_MUL, d, d)));
    const Node *p6 = ir_2(ir, OP_MUL, ir_2(ir, OP_MUL, d, d), d);
    CHECK(ir_is_fallible(p6)); /* 45 digits, held to 38 */
    CHECK(ir_2(ir, OP_ADD, d, d)->type == type_decimal(ir_types(ir), 16, 2));
}

static void test_columns(void) {
    const Node *a = ir_column(ir, 0, i64), *c = ir_column(ir, 2, i64);
    const Node *e = ir_2(ir, OP_ADD, ir_2(ir, OP_MUL, a, c), a);
    bool used[3] = {0};
    ir_columns_used(e, 3, used);
    CHECK(used[0] && !used[1] && used[2]);
    int32_t map[3] = {1, -1, 0};
    const Node *moved = ir_remap(ir, e, 3, map);
    const Node *a1 = ir_column(ir, 1, i64), *c0 = ir_column(ir, 0, i64);
    CHECK(moved == ir_2(ir, OP_ADD, ir_2(ir, OP_MUL, a1, c0), a1));
    const Node *with[3] = {ir_i64(ir, 2), a, ir_i64(ir, 3)};
    CHECK(ir_substitute(ir, e, 3, with) ==
          ir_2(ir, OP_ADD, ir_2(ir, OP_MUL, ir_i64(ir, 2), ir_i64(ir, 3)), ir_i64(ir, 2)));
}

/* A chain in which each node is used twice has 2^200 paths: every walk must visit nodes, not paths. */
static void test_shared(void) {
    const Node *n = ir_column(ir, 0, f64);
    for (int i = 0; i < 200; i++) n = ir_2(ir, OP_ADD, n, n);
    bool used[1] = {0};
    ir_columns_used(n, 1, used);
    CHECK(used[0]);
    int32_t map[1] = {4};
    CHECK(ir_remap(ir, n, 1, map) != n);
}

static void test_relations(void) {
    const char *why;
    const Node *rows[4] = {int_const(1), ir_bool(ir, true), ir_i64(ir, 2), ir_null(ir, boolean)};
    const Node *v = ir_values(ir, 2, 2, rows, &why);
    CHECK(v->type->n == 2 && v->type->fields[0] == i64 && v->type->fields[1] == type_nullable(boolean, true));
    CHECK(v->in[0] == ir_i64(ir, 1));
    rows[1] = ir_i64(ir, 3);
    CHECK(!ir_values(ir, 2, 2, rows, &why));
    CHECK_STR(why, "the values of column 2 have no common type");
    const Node *pred = ir_2(ir, OP_GT, ir_column(ir, 0, i64), ir_i64(ir, 0));
    const Node *f = ir_2(ir, OP_FILTER, v, pred);
    CHECK(f->type == v->type && !(f->below & BELOW_COLUMN));
    const Node *project[1] = {ir_2(ir, OP_ADD, ir_column(ir, 0, i64), ir_i64(ir, 1))};
    const Node *p = ir_rel(ir, OP_PROJECT, NULL, f, 1, project);
    CHECK(p->type->n == 1 && p->type->fields[0] == i64 && ir_is_fallible(p));
}

static void test_origins(void) {
    const Node *a = ir_column(ir, 0, i64);
    CHECK(!ir_origin(ir, a));
    ir_set_origin(ir, a, (Origin){{3, 5}, NULL});
    ir_set_origin(ir, a, (Origin){{8, 9}, "c1"});
    CHECK_INT(ir_origin(ir, a)->span.from, 3);
    CHECK_STR(ir_origin(ir, a)->layer, "c1");
}

/* Equal structures of two Irs hash alike, whatever the order of construction. */
static void test_hash_across(void) {
    const Node *a = ir_column(ir, 0, i64), *b = ir_column(ir, 1, i64);
    uint64_t h = ir_2(ir, OP_ADD, a, b)->hash;
    Ir *other = ir_new(arena, names);
    const Type *t = type_get(ir_types(other), TY_I64);
    const Node *b2 = ir_column(other, 1, t), *a2 = ir_column(other, 0, t);
    CHECK(ir_2(other, OP_ADD, a2, b2)->hash == h);
}

int main(void) {
    void (*tests[])(void) = {test_hash_consing, test_order,     test_casts,   test_below,      test_columns,
                             test_shared,       test_relations, test_origins, test_hash_across};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        open_ir();
        tests[i]();
        close_ir();
    }
    return check_report("node");
}
