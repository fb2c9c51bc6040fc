/* The table of laws: each `none` has its reason and each reason its `none`; expansions and costs. */
#include "check.h"
#include "ir/laws.h"
#include "ir/text.h"

static Arena *arena;
static Intern *names;
static Ir *ir;

static const Type *type_of(const char *text) { return type_parse(ir_types(ir), text, NULL); }

static void check_reason(Op op, const char *law, const char *named) {
    const char *why = ir_why_none(op, law);
    bool none = strcmp(named, "none") == 0;
    CHECK(none == (why != NULL));
    if (none != (why != NULL)) fprintf(stderr, "%s %s is %s\n", op_info[op].text, law, named);
    if (why) CHECK(strlen(why) > 7);
}

static void test_reasons(void) {
    for (Op op = 0; op < OP_COUNT_; op++) {
        const OpInfo *i = &op_info[op];
        check_reason(op, "inverse", i->inverse);
        check_reason(op, "bounds", i->bounds);
        check_reason(op, "delta", i->delta);
        check_reason(op, "gradient", i->gradient);
        CHECK((op_laws[op].inverse == NULL) == (strcmp(i->inverse, "none") == 0));
        CHECK((op_laws[op].gradient == NULL) == (strcmp(i->gradient, "none") == 0));
        CHECK(op_laws[op].cost != NULL);
    }
}

/* Names in the text form are one operator's each. */
static void test_names(void) {
    for (Op a = 0; a < OP_COUNT_; a++)
        for (Op b = 0; b < a; b++) CHECK(strcmp(op_info[a].text, op_info[b].text) != 0);
}

static void test_list(void) {
    Buf b = {0};
    size_t lines = 0;
    ir_list_ops(&b);
    for (size_t i = 0; i < b.n; i++) lines += b.p[i] == '\n';
    CHECK_INT(lines, OP_COUNT_ + 1);
    CHECK(strstr(b.p, "sigmoid      float_fn     math         bisect     monotone   pointwise  sigmoid      "
                      "pointwise    "
                      "pure increasing strict\n") != NULL);
    buf_free(&b);
}

static const Node *weight(const char *name, const char *type) {
    return ir_node(ir, OP_WEIGHT, &(AttrWeight){"m", 1, ir_name(ir, name), type_of(type)}, 0, NULL);
}

static const Node *batch_norm(void) {
    const char *c = "TENSOR(FLOAT32, 3) NOT NULL";
    const Node *in[5] = {ir_column(ir, 0, type_of("TENSOR(FLOAT32, 3, 4, 4)")), weight("g", c),
                         weight("b", c), weight("m", c), weight("v", c)};
    return ir_node(ir, OP_BATCH_NORM, &(AttrNorm){1e-5}, 5, in);
}

static void test_expand(void) {
    const Node *n = batch_norm(), *e = ir_expand(ir, n);
    const char *why = "";
    CHECK(e->type == n->type);
    CHECK(ir_verify(ir, e, &why));
    for (Op op = 0; op < OP_COUNT_; op++) CHECK(op_has(op, COMPOSITE) == (op == OP_BATCH_NORM));
    CHECK(!ir_expand(ir, e));
}

static void test_cost(void) {
    const Node *x = ir_column(ir, 0, type_of("TENSOR(FLOAT32, 784) NOT NULL"));
    const Node *w = weight("w", "TENSOR(FLOAT32, 10, 784) NOT NULL");
    AttrContract linear = {{1, (int64_t[]){0}}, {2, (int64_t[]){1, 0}}, {1, (int64_t[]){1}}};
    const Node *y = ir_node(ir, OP_CONTRACT, &linear, 2, (const Node *[]){x, w});
    CHECK_INT(ir_cost(y, 1).flops, 2 * 7840);
    const Node *r = ir_1(ir, OP_RELU, y);
    CHECK_INT(ir_cost_expr(ir_2(ir, OP_ADD, r, r)).flops, 2 * 7840 + 10 + 10); /* r once */
    AttrConv conv = {{1, (int64_t[]){1}}, {1, (int64_t[]){1}}, {1, (int64_t[]){1}}, {1, (int64_t[]){1}}, 2, 0};
    const Node *img = ir_column(ir, 1, type_of("TENSOR(FLOAT32, 4, 8) NOT NULL"));
    const Node *k = weight("k", "TENSOR(FLOAT32, 6, 2, 3) NOT NULL");
    const Node *c = ir_node(ir, OP_CONV, &conv, 2, (const Node *[]){img, k});
    CHECK_INT(ir_cost(c, 1).flops, 2 * 6 * 8 * 2 * 3);
    const Node *scan = ir_node(
        ir, OP_SCAN, &(AttrScan){"t", 1, {1, (int64_t[]){0}}, false, type_of("REL(BIGINT)")}, 0, NULL);
    CHECK_INT(ir_cost(scan, 100).bytes, 800);
}

int main(void) {
    void (*tests[])(void) = {test_reasons, test_names, test_list, test_expand, test_cost};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        arena = arena_new();
        names = intern_new();
        ir = ir_new(arena, names);
        tests[i]();
        arena_free(arena);
        intern_free(names);
    }
    return check_report("laws");
}
