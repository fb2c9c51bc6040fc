/* The three keys: what changes which, and that construction order changes none. */
#include "check.h"
#include "ir/key.h"

static Arena *arena;
static Intern *names;
static KeyContext context = {.target = "x86-64-v3", .compiler = "c1", .real_choices = ""};

typedef struct Query { /* select a + b from table where a > cutoff and text like pattern and c = $p */
    const char *table;
    int64_t version, cutoff;
    const char *pattern;
    bool b_first;
} Query;

static const Node *column_sum(Ir *ir, const Type *t, bool b_first) {
    const Node *a, *b;
    if (b_first) b = ir_column(ir, 1, t), a = ir_column(ir, 0, t);
    else a = ir_column(ir, 0, t), b = ir_column(ir, 1, t);
    return ir_2(ir, OP_ADD, a, b);
}

static const Node *build(Query q) {
    Ir *ir = ir_new(arena, names);
    const Type *i64 = type_get(ir_types(ir), TY_I64), *text = type_get(ir_types(ir), TY_VARCHAR);
    const Type *rel = type_rel(ir_types(ir), 3, (const Type *[]){i64, i64, text});
    const Node *sum = column_sum(ir, i64, q.b_first);
    AttrScan scan = {q.table, q.version, {3, (int64_t[]){0, 1, 2}}, false, rel};
    const Node *t = ir_node(ir, OP_SCAN, &scan, 0, NULL);
    const Node *pattern = ir_const(ir, value_str(ir_types(ir), str_of(q.pattern)));
    const Node *param = ir_node(ir, OP_PARAM, &(AttrParam){"p", i64}, 0, NULL);
    const Node *conjuncts[3] = {
        ir_2(ir, OP_GT, ir_column(ir, 0, i64), ir_i64(ir, q.cutoff)),
        ir_node(ir, OP_LIKE, &(AttrLike){0, false}, 2, (const Node *[]){ir_column(ir, 2, text), pattern}),
        ir_2(ir, OP_EQ, ir_column(ir, 1, i64), param),
    };
    const Node *filter = ir_2(ir, OP_FILTER, t, ir_and_all(ir, 3, conjuncts));
    return ir_rel(ir, OP_PROJECT, NULL, filter, 1, &sum);
}

static bool same_code(Query a, Query b) {
    Key x = ir_code_key(arena, build(a), &context, NULL), y = ir_code_key(arena, build(b), &context, NULL);
    return key_same(&x, &y);
}

static bool same_result(Query a, Query b) {
    Key x = ir_result_key(arena, build(a), &context), y = ir_result_key(arena, build(b), &context);
    return key_same(&x, &y);
}

static const Query base = {"t", 1, 10, "abc%", false};

static void test_order(void) {
    Query q = base;
    q.b_first = true;
    CHECK(same_code(base, q));
    CHECK(same_result(base, q));
}

static void test_what_changes(void) {
    Query cutoff = base, table = base, version = base, prefix = base, contains = base;
    cutoff.cutoff = 11;
    table.table = "u";
    version.version = 2;
    prefix.pattern = "xy%";
    contains.pattern = "%xy%";
    CHECK(same_code(base, cutoff) && !same_result(base, cutoff));
    CHECK(same_code(base, table) && !same_result(base, table));
    CHECK(same_code(base, version) && !same_result(base, version));
    CHECK(same_code(base, prefix) && !same_result(base, prefix));
    CHECK(!same_code(base, contains)); /* another kind of pattern is other code */
}

static void test_params(void) {
    Key unbound = ir_result_key(arena, build(base), &context);
    KeyContext five = context, six = context;
    Value v5 = {.type = type_get(typepool_new(arena), TY_I64), .i = 5}, v6 = v5;
    v6.i = 6;
    five.n_params = six.n_params = 1;
    five.param_names = six.param_names = (const char *[]){"p"};
    five.params = &v5, six.params = &v6;
    Key k5 = ir_result_key(arena, build(base), &five), k6 = ir_result_key(arena, build(base), &six);
    CHECK(!key_same(&unbound, &k5) && !key_same(&k5, &k6));
    Key c5 = ir_code_key(arena, build(base), &five, NULL), c6 = ir_code_key(arena, build(base), &six, NULL);
    CHECK(key_same(&c5, &c6));
    six = five;
    six.real_choices = "fold_bn";
    k6 = ir_result_key(arena, build(base), &six);
    CHECK(!key_same(&k5, &k6));
    six.target = "x86-64-v4";
    c6 = ir_code_key(arena, build(base), &six, NULL);
    CHECK(!key_same(&c5, &c6));
}

/* Slots come in the same order for queries of one code key: that is how arguments find their places. */
static void test_slots(void) {
    Query q = base;
    Slots a, b;
    q.b_first = true, q.cutoff = 77, q.pattern = "q%";
    ir_code_key(arena, build(base), &context, &a);
    ir_code_key(arena, build(q), &context, &b);
    CHECK_INT(a.n, 4); /* scan, cutoff, pattern, parameter */
    CHECK_INT(b.n, a.n);
    for (uint32_t i = 0; i < a.n; i++)
        CHECK(a.at[i]->op == b.at[i]->op && a.at[i]->type->kind == b.at[i]->type->kind);
}

static int64_t distinct = 100;
static bool stats(void *ctx, const char *table, int64_t version, uint32_t column, ColumnStats *out) {
    (void)ctx, (void)table, (void)version;
    *out =
        (ColumnStats){.range_known = true, .min = -((Int128)1 << 100), .max = column, .distinct = distinct};
    out->code = (ColumnCode){.kind = CODE_INT, .width = 1};
    return true;
}
static bool table(void *ctx, TypePool *p, const char *name, TableInfo *out) {
    (void)ctx, (void)p, (void)name;
    *out = (TableInfo){.rows = 5};
    return true;
}

static void test_statistics(void) {
    SourceApi api = {.column_stats = stats, .table = table};
    KeyContext c = context;
    c.source = &api;
    Key plain = ir_code_key(arena, build(base), &context, NULL),
        code = ir_code_key(arena, build(base), &c, NULL);
    CHECK(!key_same(&plain, &code)); /* encodings shape code */
    Key plan = ir_plan_key(arena, build(base), &c);
    distinct = 200;
    Key code2 = ir_code_key(arena, build(base), &c, NULL), plan2 = ir_plan_key(arena, build(base), &c);
    CHECK(key_same(&code, &code2));
    CHECK(!key_same(&plan, &plan2));
}

int main(void) {
    void (*tests[])(void) = {test_order, test_what_changes, test_params, test_slots, test_statistics};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        arena = arena_new();
        names = intern_new();
        tests[i]();
        arena_free(arena);
        intern_free(names);
    }
    return check_report("key");
}
