/* The text form reads back to what was printed; the verifier finds what construction cannot see. */
#include "check.h"
#include "ir/text.h"
#include <math.h>

static Arena *arena;
static Intern *names;
static Ir *ir;

static const Type *type_of(const char *text) { return type_parse(ir_types(ir), text, NULL); }

static void check_text(const Node *root, const char *want) {
    Buf b = {0};
    ir_print(&b, root);
    CHECK_STR(b.p, want);
    buf_free(&b);
}

/* print(read(print(x))) = print(x), in an Ir of its own */
static void check_round_trip(const Node *root) {
    Buf first = {0}, again = {0};
    const char *why = "";
    ir_print(&first, root);
    Ir *other = ir_new(arena, names);
    const Node *back = ir_read(other, first.p, &why);
    CHECK_STR(back ? "" : why, "");
    if (back) {
        ir_print(&again, back);
        CHECK_STR(again.p, first.p);
        CHECK(back->hash == root->hash);
        CHECK(ir_verify(other, back, &why));
    }
    CHECK(ir_read(ir, first.p, &why) == root); /* in its own Ir it is the same pointer */
    buf_free(&first);
    buf_free(&again);
}

#define INTS(...)                                                                                            \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[]) { __VA_ARGS__ }                                    \
    }

static const Node *scan(void) {
    AttrScan a = {"t \"1\"\n", 7, INTS(0, 3), true,
                  type_of("REL(INTEGER NOT NULL, VARCHAR, BIGINT NOT NULL)")};
    return ir_node(ir, OP_SCAN, &a, 0, NULL);
}

static void test_print(void) {
    const Node *t = scan();
    const Node *a = ir_column(ir, 0, type_of("INTEGER NOT NULL"));
    const Node *sum =
        ir_2(ir, OP_ADD, a, ir_const(ir, (Value){.type = type_of("INTEGER NOT NULL"), .i = -5}));
    const Node *root = ir_rel(ir, OP_PROJECT, NULL, t, 2, (const Node *[]){sum, a});
    check_text(root, "%1 = scan {table=\"t \\\"1\\\"\\x0a\", version=7, columns=[0, 3], rowid=true, "
                     "rel=REL(INTEGER NOT NULL, VARCHAR, BIGINT NOT NULL)} : REL(INTEGER NOT NULL, VARCHAR, "
                     "BIGINT NOT NULL)\n"
                     "%2 = col {index=0, type=INTEGER NOT NULL} : INTEGER NOT NULL\n"
                     "%3 = const {value=INTEGER NOT NULL -5} : INTEGER NOT NULL\n"
                     "%4 = add %2 %3 : INTEGER NOT NULL\n"
                     "%5 = project %1 %4 %2 : REL(INTEGER NOT NULL, INTEGER NOT NULL)\n");
    check_round_trip(root);
}

static Value of(const char *type) {
    Value v;
    memset(&v, 0, sizeof v);
    v.type = type_of(type);
    return v;
}

static void test_values(void) {
    float numbers[] = {1.5f, -0.0f, INFINITY};
    Value v = of("VARCHAR NOT NULL");
    v.s = (Str){"a\"\\\0\x7f\xc3\xa9, }", 10};
    check_round_trip(ir_const(ir, v));
    v = of("DOUBLE NOT NULL"), v.f64 = -0.0;
    check_round_trip(ir_const(ir, v));
    v.f64 = 0.1;
    check_round_trip(ir_const(ir, v));
    v.f64 = NAN;
    check_round_trip(ir_const(ir, v));
    v.f64 = -INFINITY;
    check_round_trip(ir_const(ir, v));
    v = of("FLOAT32 NOT NULL"), v.f32 = 1e-45f;
    check_round_trip(ir_const(ir, v));
    v = of("DECIMAL(38,2) NOT NULL"), v.dec = -((Int128)1 << 120);
    check_round_trip(ir_const(ir, v));
    v = of("UBIGINT NOT NULL"), v.u = UINT64_MAX;
    check_round_trip(ir_const(ir, v));
    v = of("DATE NOT NULL"), v.i = 9000;
    check_round_trip(ir_const(ir, v));
    v = of("TIMESTAMP NOT NULL"), v.i = -1;
    check_round_trip(ir_const(ir, v));
    v = of("INTERVAL NOT NULL"), v.interval = (Interval){-3, 40, 5000000};
    check_round_trip(ir_const(ir, v));
    v = of("TENSOR(FLOAT32, 3) NOT NULL"), v.t.data = numbers;
    check_round_trip(ir_const(ir, v));
    v = of("TENSOR(FLOAT32, *, 1) NOT NULL"), v.t.data = numbers, v.t.shape = (int64_t[]){2, 1};
    check_round_trip(ir_const(ir, v));
    Value items[2] = {of("INTEGER"), value_null(type_of("INTEGER"))};
    items[0].i = 4;
    v = of("INTEGER[] NOT NULL"), v.list.at = items, v.list.n = 2;
    check_round_trip(ir_const(ir, v));
    v.list.n = 0;
    check_round_trip(ir_const(ir, v));
    check_round_trip(ir_null(ir, type_of("STRUCT(a INTEGER, \"b c\" VARCHAR NOT NULL)")));
}

/* Order of construction, not of walking, numbers the lines: reading keeps commutative inputs where they are.
 */
static void test_order(void) {
    const Type *t = type_of("DOUBLE NOT NULL");
    const Node *a = ir_column(ir, 0, t), *b = ir_column(ir, 1, t);
    const Node *root = ir_2(ir, OP_SUB, ir_1(ir, OP_NEG, b), ir_2(ir, OP_ADD, b, a));
    check_round_trip(root);
    check_round_trip(ir_2(ir, OP_MUL, ir_node(ir, OP_PARAM, &(AttrParam){"cutoff", t}, 0, NULL), root));
}

static void check_rejected(const char *text, const char *want) {
    const char *why = "read";
    CHECK(!ir_read(ir, text, &why));
    CHECK_STR(why, want);
}

static void test_reading(void) {
    const char *why = "";
    const Node *n = ir_read(ir, "# a comment\n\n%7 = const {value=BIGINT NOT NULL 3}\n%2 = neg %7\n", &why);
    CHECK(n == ir_1(ir, OP_NEG, ir_i64(ir, 3)));
    check_rejected("", "line 1: there is no node");
    check_rejected("%1 = frobnicate", "line 1: no operator is called frobnicate");
    check_rejected("%1 = neg %2", "line 1: %2 is not defined above");
    check_rejected("%1 = const {value=BIGINT NOT NULL x}", "line 1: expected an integer at \"x}\"");
    check_rejected("%1 = const {value=BIGINT NOT NULL 3} : INTEGER NOT NULL",
                   "line 1: the type is BIGINT NOT NULL, not INTEGER NOT NULL");
    check_rejected("%1 = const {value=BOOLEAN NOT NULL true}\n%2 = neg %1",
                   "line 2: neg does not take BOOLEAN");
    check_rejected("%1 = const {value=BOOLEAN NOT NULL true} x", "line 1: expected the end of the line");
}

static void check_unsound(const Node *root, const char *want) {
    const char *why = "verified";
    CHECK(!ir_verify(ir, root, &why));
    CHECK(strncmp(why, want, strlen(want)) == 0);
    if (strncmp(why, want, strlen(want)) != 0) fprintf(stderr, "%s\n", why);
}

static void test_verify(void) {
    const char *why;
    const Node *t = scan(), *boolean = ir_column(ir, 0, type_of("BOOLEAN NOT NULL"));
    check_unsound(ir_2(ir, OP_FILTER, t, boolean), "a column has another type than its input");
    const Node *far = ir_1(ir, OP_IS_NULL, ir_column(ir, 3, type_of("INTEGER")));
    check_unsound(ir_2(ir, OP_FILTER, t, far), "a column is beyond its input");
    const Node *text = ir_column(ir, 1, type_of("VARCHAR NOT NULL"));
    check_unsound(ir_2(ir, OP_FILTER, t, ir_2(ir, OP_EQ, text, text)),
                  "a column is NOT NULL and its input is not");
    const Node *weak = ir_column(ir, 0, type_of("INTEGER"));
    CHECK(ir_verify(ir, ir_2(ir, OP_FILTER, t, ir_2(ir, OP_EQ, weak, weak)), &why));
    const Node *sum = ir_1(ir, OP_AGG_SUM, ir_column(ir, 0, type_of("INTEGER NOT NULL")));
    check_unsound(ir_rel(ir, OP_PROJECT, NULL, t, 1, &sum), "an aggregate function is outside OP_AGGREGATE");
    const Node *nested = ir_1(ir, OP_AGG_SUM, sum);
    check_unsound(ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){0}, t, 1, &nested),
                  "an aggregate function is within another");
    CHECK(ir_verify(ir, ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){0}, t, 1, &sum), &why));
    const Node *both = ir_2(ir, OP_EQ, ir_column(ir, 0, type_of("INTEGER NOT NULL")),
                            ir_column(ir, 3, type_of("INTEGER NOT NULL")));
    CHECK(
        ir_verify(ir, ir_node(ir, OP_JOIN, &(AttrJoin){JOIN_INNER}, 3, (const Node *[]){t, t, both}), &why));
}

int main(void) {
    void (*tests[])(void) = {test_print, test_values, test_order, test_reading, test_verify};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        arena = arena_new();
        names = intern_new();
        ir = ir_new(arena, names);
        tests[i]();
        arena_free(arena);
        intern_free(names);
    }
    return check_report("ir_text");
}
