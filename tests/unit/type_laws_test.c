/* Types of operators: a table of operator, operand types and the result's type or the sentence that rejects
 * it. */
#include "check.h"
#include "ir/node.h"

static Arena *arena;
static Intern *names;
static Ir *ir;

static const Type *type_of(const char *text) { return type_parse(ir_types(ir), text, NULL); }

enum { MOST = 5 };
typedef struct Case {
    Op op;
    const char *in[MOST]; /* types of columns; a leading '=' makes it a literal of that type (integer 1, text,
                             NULL) */
    const char *out;      /* the type's text, or the sentence */
} Case;

static Value literal(const Type *t) {
    Value v = {.type = type_nullable(t, false)};
    if (t->kind == TY_VARCHAR) v.s = STR_LIT("1995-01-01");
    else if (t->kind == TY_F64) v.f64 = 1;
    else if (t->kind == TY_DECIMAL) v.dec = 1;
    else if (t->kind == TY_NULL) v = value_null(t);
    else v.i = 1;
    return v;
}

static const Node *operand(const char *text, uint32_t i) {
    if (*text == '=') return ir_const(ir, literal(type_of(text + 1)));
    const Type *t = type_of(text);
    CHECK(t != NULL);
    return ir_column(ir, i, t);
}

static void check_attr(const Case *c, const void *attr) {
    const Node *in[MOST];
    uint32_t n = 0;
    const char *why = "no sentence";
    Buf b = {0};
    while (n < MOST && c->in[n]) in[n] = operand(c->in[n], n), n++;
    const Type *t = ir_check(ir, c->op, attr, n, in, &why);
    if (t) type_print(&b, t, true);
    else buf_puts(&b, why);
    check_str(b.p, c->out, op_info[c->op].text, __FILE__, __LINE__);
    /* what was built wants nothing more: its own type is the law's */
    if (t) {
        const Node *node = ir_node(ir, c->op, attr, n, in);
        CHECK(node->type == t || type_same(node->type, t) || node->type->kind == TY_DECIMAL);
        CHECK(ir_node(ir, node->op, node->attr, node->n, node->in) == node);
    }
    buf_free(&b);
}

/* clang-format off */
static const Case cases[] = {
    {OP_ADD, {"INTEGER NOT NULL", "INTEGER NOT NULL"}, "INTEGER NOT NULL"},
    {OP_ADD, {"INTEGER", "BIGINT NOT NULL"}, "BIGINT"},
    {OP_DIV, {"INTEGER NOT NULL", "SMALLINT NOT NULL"}, "INTEGER NOT NULL"},
    {OP_MUL, {"FLOAT32 NOT NULL", "FLOAT32 NOT NULL"}, "FLOAT32 NOT NULL"},
    {OP_MUL, {"FLOAT32 NOT NULL", "INTEGER NOT NULL"}, "DOUBLE NOT NULL"},
    {OP_ADD, {"INTEGER NOT NULL", "=NULL"}, "INTEGER"},
    {OP_ADD, {"UBIGINT NOT NULL", "BIGINT NOT NULL"}, "DECIMAL(21,0) NOT NULL"},
    {OP_ADD, {"DECIMAL(15,2) NOT NULL", "DECIMAL(10,4) NOT NULL"}, "DECIMAL(18,4) NOT NULL"},
    {OP_SUB, {"=INTEGER", "DECIMAL(15,2) NOT NULL"}, "DECIMAL(16,2) NOT NULL"},
    {OP_MUL, {"DECIMAL(15,2) NOT NULL", "DECIMAL(16,2) NOT NULL"}, "DECIMAL(31,4) NOT NULL"},
    {OP_MUL, {"=INTEGER", "DECIMAL(15,2) NOT NULL"}, "DECIMAL(16,2) NOT NULL"},
    {OP_MUL, {"DECIMAL(38,2) NOT NULL", "DECIMAL(16,2) NOT NULL"}, "DECIMAL(38,4) NOT NULL"},
    {OP_MUL, {"DECIMAL(38,30) NOT NULL", "DECIMAL(38,9) NOT NULL"},
     "mul of DECIMAL(38,30) and DECIMAL(38,9) has 39 digits after the point, DECIMAL has at most 38"},
    {OP_DIV, {"DECIMAL(15,2) NOT NULL", "INTEGER NOT NULL"}, "DOUBLE NOT NULL"},
    {OP_MOD, {"DECIMAL(15,2) NOT NULL", "INTEGER NOT NULL"}, "DECIMAL(15,2) NOT NULL"},
    {OP_ADD, {"VARCHAR", "INTEGER"}, "add does not take VARCHAR and INTEGER"},
    {OP_ADD, {"DATE NOT NULL", "INTEGER NOT NULL"}, "DATE NOT NULL"},
    {OP_ADD, {"INTEGER NOT NULL", "DATE NOT NULL"}, "DATE NOT NULL"},
    {OP_SUB, {"DATE NOT NULL", "DATE NOT NULL"}, "INTEGER NOT NULL"},
    {OP_SUB, {"DATE NOT NULL", "INTERVAL NOT NULL"}, "TIMESTAMP NOT NULL"},
    {OP_ADD, {"INTERVAL NOT NULL", "DATE NOT NULL"}, "TIMESTAMP NOT NULL"},
    {OP_SUB, {"TIMESTAMP NOT NULL", "DATE NOT NULL"}, "INTERVAL NOT NULL"},
    {OP_MUL, {"DATE", "INTEGER"}, "mul does not take DATE and INTEGER"},
    {OP_NEG, {"UTINYINT NOT NULL"}, "SMALLINT NOT NULL"},
    {OP_NEG, {"BOOLEAN"}, "neg does not take BOOLEAN"},
    {OP_SQRT, {"INTEGER NOT NULL"}, "DOUBLE NOT NULL"},
    {OP_SQRT, {"FLOAT16 NOT NULL"}, "FLOAT32 NOT NULL"},
    {OP_ROUND, {"FLOAT16"}, "FLOAT16"},
    {OP_ATAN2, {"TENSOR(FLOAT32, 3) NOT NULL", "INTEGER NOT NULL"}, "TENSOR(FLOAT32, 3) NOT NULL"},
    {OP_IDIV, {"TENSOR(TINYINT, 3)", "=INTEGER"}, "TENSOR(TINYINT, 3)"},
    {OP_IDIV, {"INTEGER", "INTEGER"}, "idiv does not take INTEGER and INTEGER"},
    {OP_IDIV, {"TENSOR(FLOAT32, 3)", "TENSOR(INTEGER, 3)"}, "idiv does not take TENSOR(FLOAT32, 3) and TENSOR(INTEGER, 3)"},
    {OP_BIT_AND, {"TENSOR(BOOLEAN, 3) NOT NULL", "TENSOR(BOOLEAN, 2, 1) NOT NULL"}, "TENSOR(BOOLEAN, 2, 3) NOT NULL"},
    {OP_BIT_OR, {"SMALLINT", "INTEGER NOT NULL"}, "INTEGER"},
    {OP_BIT_XOR, {"BOOLEAN", "BOOLEAN"}, "bit_xor does not take BOOLEAN and BOOLEAN"},
    {OP_BIT_NOT, {"TENSOR(FLOAT32, 3)"}, "bit_not does not take TENSOR(FLOAT32, 3)"},
    {OP_SHIFT_LEFT, {"TENSOR(UTINYINT, 3)", "=INTEGER"}, "TENSOR(UTINYINT, 3)"},
    {OP_SHIFT_RIGHT, {"INTEGER", "INTEGER"}, "shift_right does not take INTEGER and INTEGER"},
    {OP_WHERE, {"TENSOR(BOOLEAN, 3) NOT NULL", "FLOAT32 NOT NULL", "TENSOR(FLOAT32, 2, 1) NOT NULL"}, "TENSOR(FLOAT32, 2, 3) NOT NULL"},
    {OP_WHERE, {"TENSOR(BOOLEAN, 3)", "=DECIMAL(2, 1)", "=INTEGER"}, "TENSOR(FLOAT32, 3)"},
    {OP_WHERE, {"BOOLEAN", "FLOAT32", "FLOAT32"}, "where does not take BOOLEAN, FLOAT32 and FLOAT32"},
    {OP_WHERE, {"TENSOR(BOOLEAN, 3)", "TENSOR(FLOAT32, 2)", "FLOAT32"}, "where: the shapes of TENSOR(BOOLEAN, 3) and TENSOR(FLOAT32, 2) do not broadcast"},
    {OP_FLOOR, {"FLOAT32"}, "FLOAT32"},
    {OP_POW, {"FLOAT32 NOT NULL", "INTEGER NOT NULL"}, "DOUBLE NOT NULL"},
    /* comparison and choices */
    {OP_LT, {"DATE NOT NULL", "TIMESTAMP NOT NULL"}, "BOOLEAN NOT NULL"},
    {OP_LT, {"DATE NOT NULL", "=VARCHAR"}, "BOOLEAN NOT NULL"},
    {OP_LT, {"DATE NOT NULL", "VARCHAR"}, "lt has no common type for DATE and VARCHAR"},
    {OP_EQ, {"BOOLEAN", "INTEGER"}, "eq has no common type for BOOLEAN and INTEGER"},
    {OP_LT, {"INTEGER[]", "INTEGER[]"}, "lt does not take INTEGER[] and INTEGER[]"},
    {OP_IS_DISTINCT, {"INTEGER", "BIGINT"}, "BOOLEAN NOT NULL"},
    {OP_IS_DISTINCT, {"INTEGER[]", "=VARCHAR"}, "is_distinct does not take INTEGER[] and VARCHAR"},
    {OP_IS_NULL, {"REL(INTEGER)"}, "is_null does not take REL(INTEGER)"},
    {OP_AND, {"BOOLEAN NOT NULL", "=NULL"}, "BOOLEAN"},
    {OP_AND, {"BOOLEAN", "INTEGER"}, "and does not take BOOLEAN and INTEGER"},
    {OP_CASE, {"BOOLEAN", "INTEGER NOT NULL", "BIGINT NOT NULL"}, "BIGINT NOT NULL"},
    {OP_CASE, {"BOOLEAN", "INTEGER NOT NULL", "=NULL"}, "INTEGER"},
    {OP_CASE, {"INTEGER", "INTEGER", "INTEGER"}, "a condition of case is BOOLEAN, not INTEGER"},
    {OP_COALESCE, {"INTEGER", "BIGINT NOT NULL"}, "BIGINT NOT NULL"},
    {OP_COALESCE, {"=NULL", "=NULL"}, "VARCHAR"},
    {OP_IN, {"INTEGER NOT NULL", "=INTEGER", "=NULL"}, "BOOLEAN"},
    {OP_TEXT_CONCAT, {"VARCHAR NOT NULL", "INTEGER NOT NULL"}, "VARCHAR NOT NULL"},
    {OP_LENGTH, {"INTEGER"}, "length does not take INTEGER"},
    /* tensors */
    {OP_DIV, {"TENSOR(UINT8, 3, 4) NOT NULL", "=DOUBLE"}, "TENSOR(FLOAT32, 3, 4) NOT NULL"},
    {OP_DIV, {"TENSOR(UINT8, 3, 4) NOT NULL", "=INTEGER"}, "TENSOR(FLOAT32, 3, 4) NOT NULL"},
    {OP_SUB, {"TENSOR(UINT8, 3, 4) NOT NULL", "=INTEGER"}, "TENSOR(UTINYINT, 3, 4) NOT NULL"},
    {OP_MUL, {"TENSOR(FLOAT32, 3) NOT NULL", "=DOUBLE"}, "TENSOR(FLOAT32, 3) NOT NULL"},
    {OP_MUL, {"TENSOR(FLOAT32, 3) NOT NULL", "DOUBLE NOT NULL"}, "TENSOR(DOUBLE, 3) NOT NULL"},
    {OP_ADD, {"TENSOR(FLOAT32, 3, 1) NOT NULL", "TENSOR(INTEGER, 4)"}, "TENSOR(FLOAT32, 3, 4)"},
    {OP_ADD, {"TENSOR(FLOAT32, 3, *) NOT NULL", "TENSOR(FLOAT32, 4) NOT NULL"}, "TENSOR(FLOAT32, 3, 4) NOT NULL"},
    {OP_ADD, {"TENSOR(FLOAT32, 3, 4)", "TENSOR(FLOAT32, 3)"},
     "add: the shapes of TENSOR(FLOAT32, 3, 4) and TENSOR(FLOAT32, 3) do not broadcast"},
    {OP_GT, {"TENSOR(FLOAT32, 3) NOT NULL", "=DECIMAL(2,1)"}, "TENSOR(BOOLEAN, 3) NOT NULL"},
    {OP_EXP, {"TENSOR(INTEGER, 2) NOT NULL"}, "TENSOR(FLOAT32, 2) NOT NULL"},
    {OP_INDEX, {"TENSOR(FLOAT32, 3, 4) NOT NULL", "=INTEGER", "INTEGER"}, "FLOAT32"},
    {OP_INDEX, {"TENSOR(FLOAT32, 3, 4) NOT NULL", "=INTEGER"}, "TENSOR(FLOAT32, 4) NOT NULL"},
    {OP_INDEX, {"TENSOR(FLOAT32, 3)", "INTEGER", "INTEGER"}, "2 subscripts for TENSOR(FLOAT32, 3)"},
    {OP_ONEHOT, {"VARCHAR NOT NULL", "=VARCHAR", "=VARCHAR"}, "TENSOR(FLOAT32, 2) NOT NULL"},
    /* aggregate functions */
    {OP_AGG_SUM, {"INTEGER NOT NULL"}, "BIGINT"},
    {OP_AGG_SUM, {"BIGINT NOT NULL"}, "DECIMAL(38,0)"},
    {OP_AGG_SUM, {"DECIMAL(15,2)"}, "DECIMAL(38,2)"},
    {OP_AGG_SUM, {"FLOAT32"}, "DOUBLE"},
    {OP_AGG_SUM, {"VARCHAR"}, "agg_sum does not take VARCHAR"},
    {OP_AGG_AVG, {"INTEGER"}, "DOUBLE"},
    {OP_COUNT, {"VARCHAR"}, "BIGINT NOT NULL"},
    {OP_COUNT, {"VARCHAR", "VARCHAR"}, "count takes 1 inputs, not 2"},
};
/* clang-format on */

#define INTS(...)                                                                                            \
    {                                                                                                        \
        sizeof((int64_t[]){__VA_ARGS__}) / 8, (int64_t[]) { __VA_ARGS__ }                                    \
    }

static void test_tensor_attrs(void) {
    AttrContract linear = {INTS(0), INTS(1, 0), INTS(1)};
    check_attr(&(Case){OP_CONTRACT,
                       {"TENSOR(FLOAT32, 784) NOT NULL", "TENSOR(FLOAT32, 10, 784) NOT NULL"},
                       "TENSOR(FLOAT32, 10) NOT NULL"},
               &linear);
    check_attr(&(Case){OP_CONTRACT,
                       {"TENSOR(FLOAT32, 783)", "TENSOR(FLOAT32, 10, 784)"},
                       "contract: the shapes of TENSOR(FLOAT32, 783) and TENSOR(FLOAT32, 10, 784) do not fit "
                       "each other"},
               &linear);
    AttrConv same3 = {INTS(1, 1), INTS(1, 1), INTS(1, 1), INTS(1, 1), 1, 0};
    check_attr(&(Case){OP_CONV,
                       {"TENSOR(UINT8, 3, 32, 30) NOT NULL", "TENSOR(FLOAT32, 16, 3, 3, 3) NOT NULL"},
                       "TENSOR(FLOAT32, 16, 32, 30) NOT NULL"},
               &same3);
    check_attr(
        &(Case){
            OP_CONV,
            {"TENSOR(FLOAT32, 4, 32, 30)", "TENSOR(FLOAT32, 16, 3, 3, 3)"},
            "conv: TENSOR(FLOAT32, 4, 32, 30) has 4 channels, weights TENSOR(FLOAT32, 16, 3, 3, 3) take 3"},
        &same3);
    AttrPool half = {INTS(2, 2), INTS(2, 2), INTS(0, 0), INTS(0, 0), INTS(1, 1), true};
    check_attr(
        &(Case){OP_MAX_POOL, {"TENSOR(FLOAT32, 16, 5, 4) NOT NULL"}, "TENSOR(FLOAT32, 16, 2, 2) NOT NULL"},
        &half);
    check_attr(&(Case){OP_AVG_POOL,
                       {"TENSOR(FLOAT32, 16, 1, 4)"},
                       "avg_pool: the window does not fit into TENSOR(FLOAT32, 16, 1, 4)"},
               &half);
    AttrDims last = {INTS(1), false}, both = {INTS(0, 1), false};
    check_attr(&(Case){OP_SUM, {"TENSOR(UINT8, 3, 4) NOT NULL"}, "TENSOR(BIGINT, 3) NOT NULL"}, &last);
    check_attr(&(Case){OP_MAX, {"TENSOR(UINT8, 3, 4) NOT NULL"}, "UTINYINT NOT NULL"}, &both);
    check_attr(&(Case){OP_ARGMAX, {"TENSOR(FLOAT32, 3, *) NOT NULL"}, "TENSOR(BIGINT, 3) NOT NULL"}, &last);
    check_attr(
        &(Case){OP_SOFTMAX, {"TENSOR(FLOAT32, 3)"}, "softmax: TENSOR(FLOAT32, 3) has no such dimensions"},
        &last);
    AttrShape flat = {INTS(-1)}, swap = {INTS(1, 0)}, seven = {INTS(7)};
    check_attr(&(Case){OP_RESHAPE, {"TENSOR(FLOAT32, 3, 4) NOT NULL"}, "TENSOR(FLOAT32, 12) NOT NULL"},
               &flat);
    check_attr(&(Case){OP_RESHAPE,
                       {"TENSOR(FLOAT32, 3, 4)"},
                       "TENSOR(FLOAT32, 3, 4) does not reshape to (7)"},
               &seven);
    check_attr(&(Case){OP_TRANSPOSE, {"TENSOR(FLOAT32, 3, *)"}, "TENSOR(FLOAT32, *, 3)"}, &swap);
    AttrSlice crop = {INTS(0, 1), INTS(1, 9), INTS(1, 2), INTS(1, 0)};
    check_attr(&(Case){OP_SLICE, {"TENSOR(FLOAT32, 3, 9) NOT NULL"}, "TENSOR(FLOAT32, 4) NOT NULL"}, &crop);
    AttrAxis axis = {0}, one = {1};
    check_attr(&(Case){OP_STACK, {"FLOAT32 NOT NULL", "INTEGER NOT NULL"}, "TENSOR(DOUBLE, 2) NOT NULL"},
               &axis);
    check_attr(&(Case){OP_STACK, {"DECIMAL(5,1)", "DECIMAL(4,2)"}, "TENSOR(DOUBLE, 2)"}, &axis);
    check_attr(&(Case){OP_STACK,
                       {"TENSOR(UINT8, 5) NOT NULL", "TENSOR(UINT8, 5) NOT NULL"},
                       "TENSOR(UTINYINT, 5, 2) NOT NULL"},
               &one);
    check_attr(&(Case){OP_CONCAT,
                       {"TENSOR(FLOAT32, 3, 4) NOT NULL", "TENSOR(FLOAT32, 3, 5) NOT NULL"},
                       "TENSOR(FLOAT32, 3, 9) NOT NULL"},
               &one);
    check_attr(&(Case){OP_GATHER,
                       {"TENSOR(UINT8, 3, 4) NOT NULL", "TENSOR(INTEGER, 2, 5)"},
                       "TENSOR(UTINYINT, 3, 2, 5)"},
               &one);
    check_attr(&(Case){OP_GATHER,
                       {"TENSOR(UINT8, 3, *) NOT NULL", "SMALLINT NOT NULL"},
                       "TENSOR(UTINYINT, *) NOT NULL"},
               &axis);
    check_attr(
        &(Case){OP_GATHER, {"TENSOR(UINT8, 3)", "BIGINT"}, "gather: TENSOR(UTINYINT, 3) has no dimension 1"},
        &one);
    check_attr(&(Case){OP_GATHER,
                       {"TENSOR(UINT8, 3)", "FLOAT32"},
                       "gather does not take TENSOR(UTINYINT, 3) and FLOAT32"},
               &axis);
    AttrScatter sum = {0, SCATTER_ADD};
    check_attr(&(Case){OP_SCATTER,
                       {"TENSOR(FLOAT32, 3, 4)", "TENSOR(BIGINT, 5)", "TENSOR(INTEGER, 5, 4)"},
                       "TENSOR(FLOAT32, 3, 4)"},
               &sum);
    check_attr(&(Case){OP_SCATTER,
                       {"TENSOR(FLOAT32, 3, 4)", "TENSOR(BIGINT, 5)", "TENSOR(FLOAT32, 4)"},
                       "scatter: updates of TENSOR(FLOAT32, 4) where TENSOR(FLOAT32, 5, 4) is meant"},
               &sum);
    check_attr(&(Case){OP_SCATTER,
                       {"TENSOR(BOOLEAN, 3)", "TENSOR(BIGINT, 3)", "TENSOR(BOOLEAN, 3)"},
                       "scatter does not take TENSOR(BOOLEAN, 3), TENSOR(BIGINT, 3) and TENSOR(BOOLEAN, 3)"},
               &sum);
    AttrOrder down = {1, true};
    check_attr(&(Case){OP_PROD, {"TENSOR(UINT8, 3, 4) NOT NULL"}, "TENSOR(BIGINT, 3) NOT NULL"}, &last);
    check_attr(&(Case){OP_ARGMIN, {"TENSOR(FLOAT32, 3, 4)"}, "argmin goes along one dimension"}, &both);
    check_attr(&(Case){OP_CUMSUM, {"TENSOR(FLOAT16, 3, 4)"}, "TENSOR(FLOAT32, 3, 4)"}, &one);
    check_attr(&(Case){OP_CUMPROD, {"TENSOR(UINT8, 3)"}, "cumprod: TENSOR(UTINYINT, 3) has no dimension 1"},
               &one);
    check_attr(&(Case){OP_ARGSORT, {"TENSOR(BOOLEAN, 3, *) NOT NULL"}, "TENSOR(BIGINT, 3, *) NOT NULL"},
               &down);
    AttrNorm norm = {1e-5};
    check_attr(
        &(Case){OP_BATCH_NORM,
                {"TENSOR(FLOAT32, 3, 4)", "TENSOR(FLOAT32, 4)", "TENSOR(FLOAT32, 4)", "TENSOR(FLOAT32, 4)",
                 "TENSOR(FLOAT32, 4)"},
                "batch_norm: TENSOR(FLOAT32, 3, 4) has 3 channels, its parameters are TENSOR(FLOAT32, 4)"},
        &norm);
    AttrCast date = {type_of("DATE"), false}, number = {type_of("INTEGER NOT NULL"), true};
    date.to = type_nullable(date.to, false);
    check_attr(&(Case){OP_CAST, {"INTEGER"}, "there is no cast from INTEGER to DATE"}, &date);
    check_attr(&(Case){OP_CAST, {"VARCHAR NOT NULL"}, "INTEGER"}, &number);
    AttrField year = {"year"}, era = {"era"};
    check_attr(&(Case){OP_EXTRACT, {"DATE NOT NULL"}, "BIGINT NOT NULL"}, &year);
    check_attr(&(Case){OP_EXTRACT, {"DATE NOT NULL"}, "a date has no field era"}, &era);
}

static void test_relations(void) {
    const Type *t = type_of("REL(INTEGER NOT NULL, VARCHAR)");
    const Node *scan = ir_node(ir, OP_SCAN, &(AttrScan){"t", 1, INTS(0, 1), false, t}, 0, NULL);
    const Node *yes = ir_bool(ir, true), *no = ir_i64(ir, 1);
    const char *why;
    const Node *join[3] = {scan, scan, yes};
    const Node *left = ir_node(ir, OP_JOIN, &(AttrJoin){JOIN_LEFT}, 3, join);
    CHECK(left->type == type_of("REL(INTEGER NOT NULL, VARCHAR, INTEGER, VARCHAR)"));
    CHECK(ir_node(ir, OP_JOIN, &(AttrJoin){JOIN_SEMI}, 3, join)->type == t);
    const Node *filter[2] = {scan, no};
    CHECK(!ir_check(ir, OP_FILTER, NULL, 2, filter, &why));
    CHECK_STR(why, "a filter is BOOLEAN, not BIGINT");
    const Node *col = ir_column(ir, 0, t->fields[0]);
    const Node *agg[3] = {scan, col, ir_1(ir, OP_AGG_SUM, col)};
    CHECK(ir_node(ir, OP_AGGREGATE, &(AttrAggregate){1}, 3, agg)->type ==
          type_of("REL(INTEGER NOT NULL, BIGINT NOT NULL)"));
    const Node *all[2] = {scan, agg[2]};
    CHECK(ir_node(ir, OP_AGGREGATE, &(AttrAggregate){0}, 2, all)->type == type_of("REL(BIGINT)"));
    CHECK(!ir_check(ir, OP_AGGREGATE, &(AttrAggregate){2}, 3, agg, &why));
    CHECK_STR(why, "a key of aggregate is no aggregate function");
    const Node *limit[3] = {scan, col, ir_i64(ir, 0)};
    CHECK(!ir_check(ir, OP_LIMIT, NULL, 3, limit, &why));
    CHECK_STR(why, "a limit does not depend on rows");
    const Node *project[2] = {scan, ir_const(ir, value_null(type_get(ir_types(ir), TY_NULL)))};
    CHECK(ir_node(ir, OP_PROJECT, NULL, 2, project)->type == type_of("REL(VARCHAR)"));
}

int main(void) {
    arena = arena_new();
    names = intern_new();
    ir = ir_new(arena, names);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check_attr(&cases[i], NULL);
    test_tensor_attrs();
    test_relations();
    arena_free(arena);
    intern_free(names);
    return check_report("type_laws");
}
