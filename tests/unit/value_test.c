/* Values: sameness, hash and order agree; text; casts with their limits and messages. */
#include "base/date.h"
#include "base/number.h"
#include "tests/unit/check.h"
#include <math.h>

static Arena *arena;
static TypePool *pool;
static Buf buf;

static const Type *type(const char *s) { return type_parse(pool, s, NULL); }

/* The text as a value of the type: by casts, lists of it by commas. */
static Value make(const char *type_text, const char *text) {
    const char *why = "";
    Value s = value_str(pool, str_of(text)), v = value_null(type(type_text));
    if (strcmp(text, "NULL") == 0) return v;
    CHECK(value_cast(arena, &s, type(type_text), &v, &why));
    CHECK_STR(why, "");
    return v;
}

static Value make_list(const char *list_type, const char *const *items, size_t n) {
    Value v = {.type = type(list_type)};
    v.list.at = ARENA_ARRAY(arena, Value, n);
    v.list.n = n;
    Buf elem = {0};
    type_print(&elem, v.type->elem, false);
    for (size_t i = 0; i < n; i++) v.list.at[i] = make(elem.p, items[i]);
    buf_free(&elem);
    return v;
}

static Value make_tensor(const char *tensor_type, const char *const *items, size_t n) {
    const char *why = "";
    Value list = make_list("VARCHAR[]", items, n), v = {0};
    CHECK(value_cast(arena, &list, type(tensor_type), &v, &why));
    CHECK_STR(why, "");
    return v;
}

static const char *text(const Value *v) { return buf_clear(&buf), value_print(&buf, v), buf.p; }
static const char *literal(const Value *v) { return buf_clear(&buf), value_print_literal(&buf, v), buf.p; }

static const char *cast(const Value *v, const char *to) {
    Value out = {0};
    const char *why = "no reason";
    if (!value_cast(arena, v, type(to), &out, &why)) return why;
    CHECK(out.null ? out.type == type_nullable(type(to), true) : out.type == type(to));
    buf_clear(&buf);
    value_print_whole(&buf, &out);
    return buf.p;
}

/* Rows ascend: every value is below all that follow it. */
static void check_order_of(const char *type_text, const char *const *rows, int n) {
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            Value a = make(type_text, rows[i]), b = make(type_text, rows[j]);
            int c = value_cmp(&a, &b);
            CHECK_INT((c > 0) - (c < 0), (i > j) - (i < j));
            CHECK_INT(value_same(&a, &b), i == j);
            if (i == j) CHECK(value_hash(&a) == value_hash(&b));
        }
}

static void check_order(void) {
    check_order_of("INTEGER", (const char *const[]){"-2147483648", "-1", "0", "2147483647", "NULL"}, 5);
    check_order_of("UBIGINT", (const char *const[]){"0", "1", "18446744073709551615", "NULL"}, 4);
    check_order_of("DOUBLE", (const char *const[]){"-inf", "-1", "0", "5e-324", "inf", "nan", "NULL"}, 7);
    check_order_of("FLOAT32", (const char *const[]){"-inf", "-1", "0", "1e-45", "inf", "nan", "NULL"}, 7);
    check_order_of("DECIMAL(38,2)",
                   (const char *const[]){"-999999999999999999999999999999999999.99", "0", "0.01", "NULL"}, 4);
    check_order_of("VARCHAR", (const char *const[]){"", "A", "AB", "B", "a", "\xC3\xA9", "NULL"}, 7);
    check_order_of("BOOLEAN", (const char *const[]){"false", "true", "NULL"}, 3);
    check_order_of("DATE", (const char *const[]){"0001-01-01", "1969-12-31", "9999-12-31", "NULL"}, 4);
    check_order_of("INTERVAL",
                   (const char *const[]){"-1 month", "00:00:00", "29 days", "1 month", "31 days", "NULL"}, 6);
    Value zero = value_f64(pool, 0), minus = value_f64(pool, -0.0), nan = value_f64(pool, -NAN),
          nan2 = value_f64(pool, NAN);
    CHECK(value_cmp(&zero, &minus) == 0 && !value_same(&zero, &minus));
    CHECK(value_cmp(&nan, &nan2) == 0 && value_same(&nan, &nan2) && value_hash(&nan) == value_hash(&nan2));
    Value month = make("INTERVAL", "1 month"), days = make("INTERVAL", "30 days");
    CHECK(value_cmp(&month, &days) == 0 && !value_same(&month, &days));
    Value list = make_list("INTEGER[]", (const char *const[]){"1", "2"}, 2),
          more = make_list("INTEGER[]", (const char *const[]){"1", "2", "0"}, 3);
    Value null_item = make_list("INTEGER[]", (const char *const[]){"1", "NULL"}, 2);
    CHECK(value_cmp(&list, &more) < 0 && value_cmp(&more, &null_item) < 0 && value_cmp(&list, &list) == 0);
    CHECK(!value_same(&list, &more) && value_same(&list, &list) && value_hash(&list) != value_hash(&more));
    Value t = make_tensor("TENSOR(FLOAT32, 2)", (const char *const[]){"1", "2"}, 2);
    Value u = make_tensor("TENSOR(FLOAT32, 2)", (const char *const[]){"1", "3"}, 2);
    CHECK(value_cmp(&t, &u) < 0 && value_same(&t, &t) && !value_same(&t, &u) &&
          value_hash(&t) != value_hash(&u));
    Value bigint = value_i64(pool, 1), integer = make("INTEGER", "1");
    CHECK(!value_same(&bigint, &integer));
}

static void check_print(void) {
    static const char *const rows[][4] = {
        /* type, text, as it prints, as a literal */
        {"INTEGER", "-5", "-5", "-5"},
        {"INTEGER", "-2147483648", "-2147483648", "CAST('-2147483648' AS INTEGER)"},
        {"BIGINT", "5", "5", "CAST('5' AS BIGINT)"},
        {"BIGINT", "NULL", "NULL", "CAST(NULL AS BIGINT)"},
        {"NULL", "NULL", "NULL", "NULL"},
        {"BOOLEAN", "t", "true", "TRUE"},
        {"DOUBLE", "1.50", "1.5", "CAST('1.5' AS DOUBLE)"},
        {"FLOAT32", "nan", "nan", "CAST('nan' AS FLOAT32)"},
        {"DECIMAL(5,2)", "1.5", "1.50", "CAST('1.50' AS DECIMAL(5,2))"},
        {"FLOAT16", "0.5", "0.5", "CAST('0.5' AS FLOAT16)"},
        {"VARCHAR", "it's", "it's", "'it''s'"},
        {"VARCHAR", "", "", "''"},
        {"DATE", "2024-02-29", "2024-02-29", "DATE '2024-02-29'"},
        {"TIME", "1:02", "01:02:00", "TIME '01:02:00'"},
        {"TIMESTAMP", "2024-02-29", "2024-02-29 00:00:00", "TIMESTAMP '2024-02-29 00:00:00'"},
        {"INTERVAL", "90 minutes", "01:30:00", "INTERVAL '01:30:00'"},
        {"BLOB", "a'\xFF", "\\x6127FF", "CAST('\\x6127FF' AS BLOB)"},
        {"UBIGINT", "18446744073709551615", "18446744073709551615",
         "CAST('18446744073709551615' AS UBIGINT)"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Value v = make(rows[i][0], rows[i][1]);
        CHECK_STR(text(&v), rows[i][2]);
        CHECK_STR(literal(&v), rows[i][3]);
    }
    Value list = make_list("VARCHAR[]", (const char *const[]){"a", "it's", "NULL"}, 3);
    CHECK_STR(text(&list), "['a', 'it''s', NULL]");
    CHECK_STR(literal(&list), "CAST(['a', 'it''s', CAST(NULL AS VARCHAR)] AS VARCHAR[])");
    Value items[] = {make("INTEGER", "1"), list}, s = {.type = type("STRUCT(a INTEGER, \"b c\" VARCHAR[])")};
    s.list.at = items, s.list.n = 2;
    CHECK_STR(text(&s), "{a: 1, \"b c\": ['a', 'it''s', NULL]}");
}

static void check_tensors(void) {
    static const char *const twelve[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "-0.5"};
    Value t = make_tensor("TENSOR(FLOAT32, *)", twelve, 12);
    CHECK_STR(text(&t), "TENSOR(FLOAT32, 12) [0, 1, 2, 3, 4, 5, 6, 7, ..]");
    CHECK_STR(cast(&t, "VARCHAR"), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -0.5]");
    CHECK_INT(tensor_count(&t), 12);
    CHECK(tensor_get(&t, 11) == -0.5 && (uintptr_t)t.t.data % 64 == 0);
    Value two = make_tensor("TENSOR(DOUBLE, 2)", (const char *const[]){"-0", "inf"}, 2);
    CHECK_STR(text(&two), "TENSOR(DOUBLE, 2) [-0, inf]");
    CHECK_STR(literal(&two), "CAST([CAST('-0' AS DOUBLE), CAST('inf' AS DOUBLE)] AS TENSOR(DOUBLE, 2))");
    CHECK_STR(cast(&two, "TENSOR(UINT8, 2)"), "inf is out of range for UTINYINT");
    CHECK_STR(cast(&two, "TENSOR(FLOAT32, 3)"), "has size 2 in dimension 0 where 3 is expected");
    CHECK_STR(cast(&two, "TENSOR(FLOAT32, 2, 1)"),
              "TENSOR(DOUBLE, 2) cannot be cast to TENSOR(FLOAT32, 2, 1)");
    CHECK_STR(cast(&two, "FLOAT32[]"), "[-0, inf]");
    Value rows[2] = {make_list("INTEGER[]", (const char *const[]){"1", "2"}, 2),
                     make_list("INTEGER[]", (const char *const[]){"3", "4"}, 2)};
    Value nested = {.type = type("INTEGER[][]")};
    nested.list.at = rows, nested.list.n = 2;
    CHECK_STR(cast(&nested, "TENSOR(UINT8, 2, *)"), "[[1, 2], [3, 4]]");
    CHECK_STR(cast(&nested, "TENSOR(UINT8, 4)"), "has size 2 in dimension 0 where 4 is expected");
    CHECK_STR(cast(&nested, "TENSOR(UINT8, *, *, *)"), "has fewer dimensions than the tensor, or a NULL");
    CHECK_STR(cast(&nested, "TENSOR(UINT8, *)"), "INTEGER[] cannot be cast to UTINYINT");
    rows[1].list.n = 1;
    CHECK_STR(cast(&nested, "TENSOR(UINT8, 2, *)"), "has rows of different sizes");
    rows[1] = make_list("INTEGER[]", (const char *const[]){"1", "NULL"}, 2);
    CHECK_STR(cast(&nested, "TENSOR(UINT8, 2, *)"), "is NULL, which no element of a tensor is");
    nested.list.n = 0;
    CHECK_STR(cast(&nested, "TENSOR(UINT8, 0, 3)"), "[]");
    CHECK_STR(cast(&nested, "TENSOR(UINT8, *, *)"), "[]");
    static const char *const kinds[] = {"BOOLEAN",  "TINYINT",   "SMALLINT", "INTEGER", "BIGINT",
                                        "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "FLOAT16",
                                        "BFLOAT16", "FLOAT32",   "DOUBLE"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        Value v = make_tensor(arena_printf(arena, "TENSOR(%s, 3)", kinds[i]),
                              (const char *const[]){"1", "0", "1"}, 3);
        CHECK(tensor_get(&v, 0) == 1 && tensor_get(&v, 1) == 0 && tensor_get(&v, 2) == 1);
    }
    Value least = make_tensor("TENSOR(TINYINT, 1)", (const char *const[]){"-128"}, 1);
    CHECK(tensor_get(&least, 0) == -128);
}

static void check_casts(void) {
    static const char *const rows[][4] = {
        /* from, text, to, result */
        {"DOUBLE", "2.5", "INTEGER", "2"},
        {"DOUBLE", "3.5", "INTEGER", "4"},
        {"DECIMAL(3,1)", "2.5", "INTEGER", "3"},
        {"DECIMAL(3,1)", "-2.5", "INTEGER", "-3"},
        {"DOUBLE", "nan", "INTEGER", "nan is out of range for INTEGER"},
        {"DOUBLE", "2147483647.4", "INTEGER", "2147483647"},
        {"DOUBLE", "2147483647.5", "INTEGER", "2147483647.5 is out of range for INTEGER"},
        {"DOUBLE", "1.8446744073709550e19", "UBIGINT", "18446744073709549568"},
        {"DOUBLE", "1.8446744073709552e19", "UBIGINT", "1.8446744073709552e+19 is out of range for UBIGINT"},
        {"DOUBLE", "-0.4", "UTINYINT", "0"},
        {"DOUBLE", "-0.6", "UTINYINT", "-0.6 is out of range for UTINYINT"},
        {"BIGINT", "128", "TINYINT", "128 is out of range for TINYINT"},
        {"BIGINT", "-128", "TINYINT", "-128"},
        {"BIGINT", "9223372036854775807", "UBIGINT", "9223372036854775807"},
        {"UBIGINT", "9223372036854775808", "BIGINT", "9223372036854775808 is out of range for BIGINT"},
        {"BIGINT", "-1", "UINTEGER", "-1 is out of range for UINTEGER"},
        {"BOOLEAN", "true", "INTEGER", "1"},
        {"INTEGER", "7", "BOOLEAN", "true"},
        {"INTEGER", "0", "BOOLEAN", "false"},
        {"VARCHAR", " 12 ", "INTEGER", "12"},
        {"VARCHAR", "12x", "INTEGER", "'12x' is not a valid INTEGER"},
        {"VARCHAR", "1.5", "INTEGER", "'1.5' is not a valid INTEGER"},
        {"VARCHAR", "99999999999", "INTEGER", "'99999999999' is out of range for INTEGER"},
        {"VARCHAR", "99999999999999999999999", "BIGINT", "'99999999999999999999999' is out of range for BIGINT"},
        {"VARCHAR", "", "BIGINT", "'' is not a valid BIGINT"},
        {"VARCHAR", "yes", "BOOLEAN", "true"},
        {"VARCHAR", "maybe", "BOOLEAN", "'maybe' is not a valid BOOLEAN"},
        {"INTEGER", "5", "DECIMAL(3,2)", "5.00"},
        {"INTEGER", "10", "DECIMAL(3,2)", "10.00 is out of range for DECIMAL(3,2)"},
        {"UBIGINT", "18446744073709551615", "DECIMAL(20,0)", "18446744073709551615"},
        {"DOUBLE", "1.005", "DECIMAL(5,2)", "1.01"},
        {"FLOAT32", "0.1", "DECIMAL(20,15)", "0.100000000000000"},
        {"DECIMAL(5,2)", "9.99", "DECIMAL(2,1)", "10.0 is out of range for DECIMAL(2,1)"},
        {"DECIMAL(5,2)", "9.94", "DECIMAL(2,1)", "9.9"},
        {"VARCHAR", "x", "DECIMAL(2,1)", "'x' is not a valid DECIMAL(2,1)"},
        {"VARCHAR", "10", "DECIMAL(2,1)", "'10' is out of range for DECIMAL(2,1)"},
        {"DECIMAL(20,5)", "123456789.12345", "DOUBLE", "123456789.12345"},
        {"DECIMAL(20,5)", "16777217.00001", "FLOAT32", "16777218"},
        {"BIGINT", "16777217", "FLOAT32", "16777216"},
        {"BIGINT", "9007199254740993", "DOUBLE", "9.007199254740992e+15"},
        {"DOUBLE", "1e39", "FLOAT32", "1e+39 is out of range for FLOAT32"},
        {"DOUBLE", "inf", "FLOAT32", "inf"},
        {"DOUBLE", "65520", "FLOAT16", "65520 is out of range for FLOAT16"},
        {"DOUBLE", "65519.9", "FLOAT16", "65504"},
        {"DOUBLE", "1.00048828125000001", "FLOAT16", "1"},
        {"DOUBLE", "1.00048828125001", "FLOAT16", "1.0009766"},
        {"VARCHAR", "1e400", "DOUBLE", "'1e400' is not a valid DOUBLE"},
        {"FLOAT32", "0.1", "DOUBLE", "0.10000000149011612"},
        {"DATE", "2024-02-29", "TIMESTAMP", "2024-02-29 00:00:00"},
        {"TIMESTAMP", "1969-12-31 23:59:59.5", "DATE", "1969-12-31"},
        {"TIMESTAMP", "1969-12-31 23:59:59.5", "TIME", "23:59:59.5"},
        {"TIME", "01:30", "INTERVAL", "01:30:00"},
        {"VARCHAR", "2023-02-29", "DATE", "'2023-02-29' is not a valid DATE"},
        {"VARCHAR", "2 days", "INTERVAL", "2 days"},
        {"DATE", "2024-01-01", "INTEGER", "DATE cannot be cast to INTEGER"},
        {"BOOLEAN", "true", "DATE", "BOOLEAN cannot be cast to DATE"},
        {"DATE", "2024-01-01", "VARCHAR", "2024-01-01"},
        {"DOUBLE", "0.1", "VARCHAR", "0.1"},
        {"INTEGER", "NULL", "VARCHAR", "NULL"},
        {"VARCHAR", "\\x41fF", "BLOB", "\\x41FF"},
        {"VARCHAR", "\\x4", "BLOB", "'\\x4' is not a valid BLOB"},
        {"BLOB", "AB", "VARCHAR", "\\x4142"},
        {"INTEGER", "1", "INTEGER NOT NULL", "1"},
        {"INTEGER", "1", "INTEGER[]", "INTEGER cannot be cast to INTEGER[]"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        Value v = make(rows[i][0], rows[i][1]);
        CHECK_STR(cast(&v, rows[i][2]), rows[i][3]);
    }
    Value items[] = {make("INTEGER", "1"), make("VARCHAR", "2")},
          s = {.type = type("STRUCT(a INTEGER, b VARCHAR)")};
    s.list.at = items, s.list.n = 2;
    CHECK_STR(cast(&s, "STRUCT(x DOUBLE, y BIGINT)"), "{x: 1, y: 2}");
    CHECK_STR(cast(&s, "STRUCT(x DOUBLE)"),
              "STRUCT(a INTEGER, b VARCHAR) cannot be cast to STRUCT(x DOUBLE)");
    CHECK_STR(cast(&s, "STRUCT(x DATE, y BIGINT)"), "INTEGER cannot be cast to DATE");
}

int main(void) {
    arena = arena_new();
    pool = typepool_new(arena);
    check_order();
    check_print();
    check_tensors();
    check_casts();
    arena_free(arena);
    buf_free(&buf);
    return check_report("value");
}
