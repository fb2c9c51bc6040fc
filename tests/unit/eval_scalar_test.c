/* Scalars: arithmetic and its errors, NULL, NaN, logic, choices, casts, text, dates. */
#include "eval_check.h"

#include <math.h>

static const Node *op2(Op op, const char *type, const char *a, const char *b) {
    return ir_2(ir, op, lit(type, a), lit(type, b));
}

static void test_integers(void) {
    CHECK_EVAL(op2(OP_ADD, "INTEGER", "2", "3"), "5");
    CHECK_EVAL(op2(OP_ADD, "INTEGER", "2147483647", "1"), "add: 2147483648 is out of range for INTEGER");
    CHECK_EVAL(op2(OP_SUB, "TINYINT", "-128", "1"), "sub: -129 is out of range for TINYINT");
    CHECK_EVAL(op2(OP_MUL, "BIGINT", "4611686018427387904", "2"), "mul: 9223372036854775808 is out of range for BIGINT");
    CHECK_EVAL(op2(OP_MUL, "UBIGINT", "18446744073709551615", "18446744073709551615"),
               "mul: out of range for UBIGINT");
    CHECK_EVAL(op2(OP_SUB, "UTINYINT", "3", "4"), "sub: -1 is out of range for UTINYINT");
    CHECK_EVAL(op2(OP_DIV, "INTEGER", "-7", "2"), "-3");
    CHECK_EVAL(op2(OP_MOD, "INTEGER", "-7", "2"), "-1");
    CHECK_EVAL(op2(OP_DIV, "INTEGER", "1", "0"), "div: division by zero");
    CHECK_EVAL(op2(OP_MOD, "BIGINT", "1", "0"), "mod: division by zero");
    CHECK_EVAL(op2(OP_DIV, "BIGINT", "-9223372036854775808", "-1"), "div: 9223372036854775808 is out of range for BIGINT");
    CHECK_EVAL(op2(OP_MOD, "BIGINT", "-9223372036854775808", "-1"), "0");
    CHECK_EVAL(op2(OP_DIV, "INTEGER", "NULL", "0"), "NULL");
    CHECK_EVAL(ir_1(ir, OP_NEG, lit("INTEGER", "-2147483648")), "neg: 2147483648 is out of range for INTEGER");
    CHECK_EVAL(ir_1(ir, OP_ABS, lit("SMALLINT", "-32768")), "abs: 32768 is out of range for SMALLINT");
    CHECK_EVAL(ir_1(ir, OP_NEG, lit("UTINYINT", "200")), "-200");
    CHECK_EVAL(op2(OP_MIN2, "INTEGER", "3", "-4"), "-4");
    CHECK_EVAL(op2(OP_MAX2, "INTEGER", "3", "NULL"), "NULL");
}

static void test_decimals(void) {
    CHECK_EVAL(ir_2(ir, OP_ADD, lit("DECIMAL(5,2)", "999.99"), lit("DECIMAL(4,3)", "0.005")), "999.995");
    CHECK_EVAL(ir_2(ir, OP_MUL, lit("DECIMAL(15,2)", "1234.56"), lit("DECIMAL(15,2)", "0.94")), "1160.4864");
    CHECK_EVAL(ir_2(ir, OP_DIV, lit("DECIMAL(5,2)", "1.00"), lit("DECIMAL(5,2)", "4.00")), "0.25");
    CHECK_EVAL(ir_2(ir, OP_DIV, lit("DECIMAL(5,2)", "1.00"), lit("DECIMAL(5,2)", "0.00")),
               "div: division by zero");
    CHECK_EVAL(op2(OP_MOD, "DECIMAL(5,2)", "-7.50", "2.00"), "-1.50");
    CHECK_EVAL(op2(OP_ADD, "DECIMAL(38,0)", "99999999999999999999999999999999999999", "1"),
               "add: 100000000000000000000000000000000000000 is out of range for DECIMAL(38,0)");
    CHECK_EVAL(op2(OP_MUL, "DECIMAL(38,0)", "99999999999999999999999999999999999999", "99"),
               "mul: out of range for DECIMAL(38,0)");
    CHECK_EVAL(ir_1(ir, OP_ABS, lit("DECIMAL(5,2)", "-1.50")), "1.50");
    CHECK_EVAL(ir_1(ir, OP_RELU, lit("DECIMAL(5,2)", "-1.50")), "0.00");
}

static void test_floats(void) {
    CHECK_EVAL(op2(OP_ADD, "FLOAT32", "16777216", "1"), "16777216"); /* one rounding, in FLOAT32 */
    CHECK_EVAL(op2(OP_MUL, "DOUBLE", "1e300", "1e300"), "inf");
    CHECK_EVAL(op2(OP_DIV, "DOUBLE", "1", "0"), "div: division by zero");
    CHECK_EVAL(op2(OP_DIV, "FLOAT32", "1", "-0"), "div: division by zero");
    CHECK_EVAL(op2(OP_MOD, "DOUBLE", "-7.5", "2"), "-1.5");
    CHECK_EVAL(op2(OP_SUB, "DOUBLE", "inf", "inf"), "nan");
    CHECK_EVAL(op2(OP_ADD, "FLOAT16", "2048", "1"), "2048"); /* rounded after each operation */
    CHECK_EVAL(op2(OP_MIN2, "DOUBLE", "nan", "1"), "1");
    CHECK_EVAL(op2(OP_MAX2, "DOUBLE", "1", "nan"), "nan");
    CHECK_EVAL(ir_1(ir, OP_EXP, lit("FLOAT32", "1")), "2.7182817");
    CHECK_EVAL(ir_1(ir, OP_SIGMOID, lit("DOUBLE", "0")), "0.5");
    CHECK_EVAL(ir_1(ir, OP_SQRT, lit("INTEGER", "16")), "4");
    CHECK_EVAL(ir_1(ir, OP_LOG, lit("DOUBLE", "NULL")), "NULL");
    CHECK_EVAL(op2(OP_POW, "DOUBLE", "2", "10"), "1024");
    CHECK_EVAL(ir_node(ir, OP_LEAKY_RELU, &(AttrSlope){0.01}, 1, (const Node *[]){lit("FLOAT32", "-100")}),
               "-1");
    CHECK_EVAL(ir_1(ir, OP_FLOOR, lit("DOUBLE", "-1.5")), "-2");
}

/* x cmp y for all six comparisons: EQ NE LT LE GT GE */
static const char *compared(const char *type, const char *a, const char *b) {
    char *s = arena_alloc(arena, 8);
    for (int i = 0; i < 6; i++) {
        const char *v = eval_text(op2((Op)(OP_EQ + i), type, a, b), NULL, 0);
        s[i] = strcmp(v, "NULL") == 0 ? '?' : v[0] == 't' ? '1' : '0';
    }
    return s;
}

static void test_compare(void) {
    CHECK_STR(compared("INTEGER", "1", "2"), "011100");
    CHECK_STR(compared("INTEGER", "2", "2"), "100101");
    CHECK_STR(compared("INTEGER", "2", "NULL"), "??????");
    CHECK_STR(compared("DOUBLE", "nan", "nan"), "100101"); /* as value_cmp: NaN is one number above all */
    CHECK_STR(compared("DOUBLE", "nan", "inf"), "010011");
    CHECK_STR(compared("FLOAT32", "-0", "0"), "100101");
    CHECK_STR(compared("VARCHAR", "a", "ab"), "011100");
    CHECK_STR(compared("INTERVAL", "1 month", "30 days"), "100101");
    CHECK_EVAL(op2(OP_IS_DISTINCT, "INTEGER", "NULL", "NULL"), "false");
    CHECK_EVAL(op2(OP_IS_DISTINCT, "INTEGER", "1", "NULL"), "true");
    CHECK_EVAL(ir_1(ir, OP_IS_NULL, lit("INTEGER", "NULL")), "true");
}

static void test_logic(void) {
    const char *at[] = {"false", "true", "NULL"};
    const char *and[] = {"false", "false", "false", "false", "true", "NULL", "false", "NULL", "NULL"};
    const char * or [] = {"false", "true", "NULL", "true", "true", "true", "NULL", "true", "NULL"};
    for (int i = 0; i < 9; i++) {
        CHECK_EVAL(op2(OP_AND, "BOOLEAN", at[i / 3], at[i % 3]), and[i]);
        CHECK_EVAL(op2(OP_OR, "BOOLEAN", at[i / 3], at[i % 3]), or [i]);
    }
    CHECK_EVAL(ir_1(ir, OP_NOT, lit("BOOLEAN", "NULL")), "NULL");
    const Node *fails = ir_2(ir, OP_EQ, op2(OP_DIV, "INTEGER", "1", "0"), lit("INTEGER", "1"));
    CHECK_EVAL(ir_2(ir, OP_AND, lit("BOOLEAN", "false"), fails), "false");
    CHECK_EVAL(ir_2(ir, OP_OR, lit("BOOLEAN", "true"), fails), "true");
    CHECK_EVAL(ir_2(ir, OP_AND, lit("BOOLEAN", "NULL"), fails), "div: division by zero");
}

static void test_choices(void) {
    const Node *fails = op2(OP_DIV, "INTEGER", "1", "0"), *one = lit("INTEGER", "1"),
               *null = lit("INTEGER", "NULL");
    const Node *cases[] = {lit("BOOLEAN", "NULL"), fails, lit("BOOLEAN", "true"), one, fails};
    CHECK_EVAL(ir_node(ir, OP_CASE, NULL, 5, cases), "1");
    CHECK_EVAL(ir_node(ir, OP_CASE, NULL, 3, (const Node *[]){lit("BOOLEAN", "false"), one, null}), "NULL");
    CHECK_EVAL(ir_node(ir, OP_COALESCE, NULL, 3, (const Node *[]){null, one, fails}), "1");
    CHECK_EVAL(ir_node(ir, OP_COALESCE, NULL, 2, (const Node *[]){null, null}), "NULL");
    CHECK_EVAL(ir_node(ir, OP_IN, NULL, 3, (const Node *[]){one, null, one}), "true");
    CHECK_EVAL(ir_node(ir, OP_IN, NULL, 3, (const Node *[]){one, null, lit("INTEGER", "2")}), "NULL");
    CHECK_EVAL(ir_node(ir, OP_IN, NULL, 2, (const Node *[]){one, lit("INTEGER", "2")}), "false");
}

static const Node *cast(const Node *x, const char *to, bool try) {
    return ir_node(ir, OP_CAST, &(AttrCast){type_nullable(type_of(to), false), try}, 1, &x);
}

static void test_casts(void) {
    CHECK_EVAL(cast(lit("VARCHAR", "12"), "INTEGER", false), "12");
    CHECK_EVAL(cast(lit("VARCHAR", "x"), "INTEGER", false), "cast: 'x' is not a valid INTEGER");
    CHECK_INT(ctx.error.code, ROW_BAD_CAST);
    CHECK_EVAL(cast(lit("VARCHAR", "x"), "INTEGER", true), "NULL");
    CHECK_EVAL(cast(lit("INTEGER", "300"), "TINYINT", false), "cast: 300 is out of range for TINYINT");
    CHECK_INT(ctx.error.code, ROW_OVERFLOW);
    CHECK_EVAL(cast(lit("INTEGER", "300"), "TINYINT", true), "NULL");
    CHECK_EVAL(cast(lit("DOUBLE", "2.5"), "INTEGER", false), "2");
    CHECK_EVAL(cast(lit("DOUBLE", "1e300"), "FLOAT32", false), "inf");
    CHECK_EVAL(cast(lit("DOUBLE", "-1e300"), "FLOAT16", false), "-inf");
    CHECK_EVAL(cast(lit("DATE", "2024-02-29"), "VARCHAR", false), "2024-02-29");
    CHECK_EVAL(cast(lit("DECIMAL(5,2)", "NULL"), "BIGINT", false), "NULL");
}

static void test_text(void) {
    const Node *s = lit("VARCHAR", "Grün");
    CHECK_EVAL(ir_node(ir, OP_LIKE, &(AttrLike){0, false}, 2, (const Node *[]){s, lit("VARCHAR", "G_ü__%")}),
               "false");
    CHECK_EVAL(ir_node(ir, OP_LIKE, &(AttrLike){0, false}, 2, (const Node *[]){s, lit("VARCHAR", "G_ün")}),
               "true");
    CHECK_EVAL(ir_node(ir, OP_LIKE, &(AttrLike){0, true}, 2, (const Node *[]){s, lit("VARCHAR", "gr%")}),
               "true");
    CHECK_EVAL(ir_node(ir, OP_LIKE, &(AttrLike){0, false}, 2, (const Node *[]){s, lit("VARCHAR", "NULL")}),
               "NULL");
    CHECK_EVAL(ir_2(ir, OP_TEXT_CONCAT, s, lit("VARCHAR", "!")), "Grün!");
    CHECK_EVAL(ir_1(ir, OP_UPPER, s), "GRÜN");
    CHECK_EVAL(ir_1(ir, OP_LENGTH, s), "4");
    CHECK_EVAL(ir_3(ir, OP_SUBSTRING, s, lit("BIGINT", "2"), lit("BIGINT", "2")), "rü");
}

static const Node *extract(const char *field, const Node *x) {
    return ir_node(ir, OP_EXTRACT, &(AttrField){ir_name(ir, field)}, 1, &x);
}

static void test_dates(void) {
    const Node *d = lit("DATE", "2024-01-31"), *month = lit("INTERVAL", "1 month"),
               *t = lit("TIMESTAMP", "2024-01-31 12:00:00");
    CHECK_EVAL(extract("year", d), "2024");
    CHECK_EVAL(extract("hour", t), "12");
    CHECK_EVAL(ir_2(ir, OP_ADD, t, month), "2024-02-29 12:00:00");
    CHECK_EVAL(ir_2(ir, OP_SUB, t, month), "2023-12-31 12:00:00");
    CHECK_EVAL(ir_2(ir, OP_ADD, d, lit("INTEGER", "1")), "2024-02-01");
    CHECK_EVAL(ir_2(ir, OP_ADD, lit("INTEGER", "1"), d), "2024-02-01");
    CHECK_EVAL(ir_2(ir, OP_SUB, d, lit("DATE", "2023-01-31")), "365");
    CHECK_EVAL(ir_2(ir, OP_SUB, t, lit("TIMESTAMP", "2024-01-30 11:00:00")), "1 day 01:00:00");
    CHECK_EVAL(ir_2(ir, OP_SUB, lit("TIME", "01:00:00"), lit("INTERVAL", "2 hours")), "23:00:00");
    CHECK_EVAL(ir_2(ir, OP_ADD, lit("INTERVAL", "1 day"), month), "1 month 1 day");
}

static void test_columns(void) {
    const Node *x = ir_column(ir, 0, type_of("INTEGER")),
               *param = ir_node(ir, OP_PARAM, &(AttrParam){ir_name(ir, "p"), type_of("INTEGER")}, 0, NULL);
    Value row[] = {value_of("INTEGER", "20")};
    EvalParam p = {"p", value_of("INTEGER", "22")};
    CHECK_STR(eval_text(ir_2(ir, OP_ADD, x, param), row, 1), "param: parameter '$p' has no value");
    ctx.params = &p;
    ctx.n_params = 1;
    CHECK_STR(eval_text(ir_2(ir, OP_ADD, x, param), row, 1), "42");
    _Atomic bool cancel = 1;
    ctx.cancel = &cancel;
    CHECK_STR(eval_text(x, row, 1), "-: cancelled");
    CHECK_INT(ctx.error.code, ROW_CANCELLED);
    ctx.cancel = NULL;
}

/* Shared parts are evaluated once: 2^60 additions otherwise. */
static void test_sharing(void) {
    const Node *x = ir_column(ir, 0, type_of("BIGINT"));
    for (int i = 0; i < 60; i++) x = ir_2(ir, OP_ADD, x, x);
    Value row[] = {value_of("BIGINT", "1")};
    CHECK_STR(eval_text(x, row, 1), "1152921504606846976");
}

int main(void) {
    eval_check_begin();
    test_integers();
    test_decimals();
    test_floats();
    test_compare();
    test_logic();
    test_choices();
    test_casts();
    test_text();
    test_dates();
    test_columns();
    test_sharing();
    return eval_check_end("eval_scalar");
}
