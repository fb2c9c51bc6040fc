/* Types: interning, twins, text both ways, and what two types have in common. */
#include "base/type.h"
#include "tests/unit/check.h"

static TypePool *pool;

static const Type *parse(const char *s) { return type_parse(pool, s, NULL); }

static const char *text(const Type *t) {
    static Buf b;
    buf_clear(&b);
    if (!t) return "none";
    type_print(&b, t, true);
    return b.p;
}

static void check_interning(void) {
    const int64_t dims[] = {3, DIM_ANY};
    const Type *i = type_get(pool, TY_I32);
    CHECK(i == type_get(pool, TY_I32) && !i->nullable);
    CHECK(i->twin->nullable && i->twin->twin == i && type_nullable(i, true) == i->twin);
    CHECK(type_nullable(i, false) == i && type_nullable(i->twin, false) == i);
    CHECK(type_same(i, i->twin) && !type_same(i, type_get(pool, TY_I64)));
    CHECK(type_decimal(pool, 15, 2) == type_decimal(pool, 15, 2));
    CHECK(type_decimal(pool, 15, 2) != type_decimal(pool, 15, 3));
    CHECK(type_tensor(pool, i, 2, dims) == type_tensor(pool, i->twin, 2, dims));
    CHECK(type_list(pool, i) != type_list(pool, i->twin));
    CHECK(type_get(pool, TY_NULL)->nullable && type_nullable(type_get(pool, TY_NULL), false)->nullable);
    const Type *cols[] = {i, i->twin};
    const Type *rel = type_rel(pool, 2, cols);
    CHECK(rel == type_rel(pool, 2, cols) && !rel->twin && type_nullable(rel, true) == rel);
    CHECK(type_rel(pool, 0, NULL) == type_rel(pool, 0, NULL) && type_rel(pool, 0, NULL) != rel);
    char a[] = "a", also_a[] = "a";
    const char *one[] = {a}, *two[] = {also_a};
    CHECK(type_struct(pool, 1, one, cols) == type_struct(pool, 1, two, cols));
}

static void check_import(void) {
    Arena *arena = arena_new();
    TypePool *other = typepool_new(arena);
    const char *s =
        "REL(STRUCT(a DECIMAL(15,2) NOT NULL, b TENSOR(FLOAT32, 3, *))[] NOT NULL, NULL, VARCHAR)";
    const Type *t = type_parse(other, s, NULL);
    CHECK(type_import(pool, t) == parse(s) && type_import(pool, t) != t);
    CHECK_STR(text(type_import(pool, t)), s);
    arena_free(arena);
}

static void check_sizes(void) {
    CHECK_INT(type_bytes(type_decimal(pool, 9, 0)), 4);
    CHECK_INT(type_bytes(type_decimal(pool, 10, 0)), 8);
    CHECK_INT(type_bytes(type_decimal(pool, 18, 18)), 8);
    CHECK_INT(type_bytes(type_decimal(pool, 19, 0)), 16);
    CHECK_INT(type_bytes(type_get(pool, TY_F16)), 2);
    CHECK_INT(type_bytes(parse("TENSOR(FLOAT32, 2)")), 0);
    CHECK_INT(type_elems(parse("TENSOR(UINT8, 3, 224, 224)")), 3 * 224 * 224);
    CHECK_INT(type_elems(parse("TENSOR(UINT8, 3, *)")), DIM_ANY);
    CHECK_INT(type_elems(parse("TENSOR(UINT8)")), 1);
    CHECK_INT(type_elems(parse("TENSOR(UINT8, 0, 5)")), 0);
    CHECK_INT(type_elems(parse("INTEGER")), 1);
    const int64_t big[] = {INT64_MAX / 2, 3, 0};
    CHECK_INT(type_elems(type_tensor(pool, type_get(pool, TY_F32), 2, big)), INT64_MAX);
    CHECK_INT(type_elems(type_tensor(pool, type_get(pool, TY_F32), 3, big)), 0);
    CHECK(type_is_integer(parse("UBIGINT")) && type_is_float(parse("HALF")) &&
          type_is_numeric(parse("DEC(3)")));
    CHECK(!type_is_numeric(parse("DATE")) && !type_is_integer(parse("BOOL")) &&
          !type_is_float(parse("DEC(3)")));
}

static void check_round_trip(void) {
    static const char *const same[] = {
        "NULL",
        "BOOLEAN",
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT NOT NULL",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "FLOAT16",
        "BFLOAT16",
        "FLOAT32",
        "DOUBLE",
        "DECIMAL(38,38)",
        "DECIMAL(1,0) NOT NULL",
        "DATE",
        "TIME",
        "TIMESTAMP",
        "INTERVAL",
        "VARCHAR",
        "BLOB",
        "INTEGER[]",
        "INTEGER NOT NULL[][] NOT NULL",
        "STRUCT(a INTEGER, \"B c\"\"d\" VARCHAR NOT NULL)",
        "STRUCT()",
        "TENSOR(FLOAT32)",
        "TENSOR(FLOAT32, 3, *, *) NOT NULL",
        "STRUCT(a INTEGER)[]",
        "REL()",
        "REL(REL(INTEGER), DATE NOT NULL)",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) CHECK_STR(text(parse(same[i])), same[i]);
}

static void check_synonyms(void) {
    static const char *const pairs[][2] = {
        {"int", "INTEGER"},
        {" INT ", "INTEGER"},
        {"real", "FLOAT32"},
        {"FLOAT", "DOUBLE"},
        {"FLOAT(24)", "FLOAT32"},
        {"FLOAT(25)", "DOUBLE"},
        {"Double  Precision", "DOUBLE"},
        {"FLOAT64", "DOUBLE"},
        {"NUMERIC", "DECIMAL(18,3)"},
        {"NUMERIC(7)", "DECIMAL(7,0)"},
        {"numeric ( 7 , 2 )", "DECIMAL(7,2)"},
        {"TEXT", "VARCHAR"},
        {"STRING", "VARCHAR"},
        {"VARCHAR(25)", "VARCHAR"},
        {"CHAR(1)", "VARCHAR"},
        {"CHARACTER VARYING(9)", "VARCHAR"},
        {"UINT8", "UTINYINT"},
        {"INT8", "TINYINT"},
        {"INT64", "BIGINT"},
        {"BYTEA", "BLOB"},
        {"tensor(float32,3,*,*)", "TENSOR(FLOAT32, 3, *, *)"},
        {"text []\tnot  null", "VARCHAR[] NOT NULL"},
        {"struct ( a int , b text [] )", "STRUCT(a INTEGER, b VARCHAR[])"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        CHECK_STR(text(parse(pairs[i][0])), pairs[i][1]);
}

static void check_errors(void) {
    static const char *const bad[] = {
        "",
        "INTEGERS",
        "LIST",
        "DECIMAL(0,0)",
        "DECIMAL(39,0)",
        "DECIMAL(3,4)",
        "DECIMAL(3",
        "DECIMAL()",
        "TENSOR",
        "TENSOR()",
        "TENSOR(VARCHAR, 3)",
        "TENSOR(FLOAT32, -1)",
        "TENSOR(FLOAT32, 1,1,1,1,1,1,1,1,1)",
        "TENSOR(FLOAT32, 99999999, 99999999)",
        "TENSOR(FLOAT32, 3",
        "STRUCT",
        "STRUCT(a)",
        "STRUCT(INTEGER)x",
        "STRUCT(\"\" INTEGER)",
        "STRUCT(\"a INTEGER)",
        "VARCHAR(",
        "VARCHAR()",
        "INTEGER[",
        "INTEGER[3]",
        "INTEGER x",
        "INTEGER NOT",
        "FLOAT(54)",
        "FLOAT(0)",
        "REL(INTEGER,)",
        "99999999999999999999",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK_STR(text(parse(bad[i])), "none");
    char deep[4096];
    memset(deep, '[', sizeof deep);
    memcpy(deep, "INT", 3);
    for (size_t i = 4; i < sizeof deep - 1; i += 2) deep[i] = ']';
    deep[sizeof deep - 1] = 0;
    CHECK(!parse(deep));
    Buf b = {0};
    for (int i = 0; i < 5000; i++) buf_puts(&b, "STRUCT(a ");
    CHECK(!parse(b.p));
    buf_free(&b);
}

static void check_end(void) {
    const char *s = "DECIMAL (3) NOT DISTINCT", *end = NULL;
    CHECK(type_parse(pool, s, &end) && end == s + 11);
    s = "INTEGER , b", end = NULL;
    CHECK(type_parse(pool, s, &end) && end == s + 7);
    s = "INTEGER [0]", end = NULL;
    CHECK(type_parse(pool, s, &end) && end == s + 7);
    end = s;
    CHECK(!type_parse(pool, "foo", &end) && end == s);
}

static void check_common(void) {
    static const char *const rows[][3] = {
        {"INTEGER", "BIGINT", "BIGINT"},
        {"TINYINT", "UTINYINT", "SMALLINT"},
        {"UINTEGER", "TINYINT", "BIGINT"},
        {"USMALLINT", "BIGINT", "BIGINT"},
        {"UBIGINT", "TINYINT", "DECIMAL(20,0)"},
        {"UTINYINT", "UBIGINT", "UBIGINT"},
        {"INTEGER", "DECIMAL(5,2)", "DECIMAL(12,2)"},
        {"BIGINT", "DECIMAL(15,2)", "DECIMAL(21,2)"},
        {"DECIMAL(15,2)", "DECIMAL(10,6)", "DECIMAL(19,6)"},
        {"DECIMAL(38,0)", "DECIMAL(38,10)", "DECIMAL(38,10)"},
        {"DECIMAL(5,2)", "FLOAT32", "DOUBLE"},
        {"DECIMAL(5,2)", "DOUBLE", "DOUBLE"},
        {"FLOAT32", "TINYINT", "DOUBLE"},
        {"FLOAT32", "BIGINT", "DOUBLE"},
        {"FLOAT16", "BFLOAT16", "FLOAT32"},
        {"FLOAT16", "FLOAT32", "FLOAT32"},
        {"BFLOAT16", "DOUBLE", "DOUBLE"},
        {"FLOAT32", "DOUBLE", "DOUBLE"},
        {"NULL", "INTEGER NOT NULL", "INTEGER"},
        {"NULL", "NULL", "NULL"},
        {"INTEGER NOT NULL", "BIGINT NOT NULL", "BIGINT NOT NULL"},
        {"INTEGER NOT NULL", "INTEGER", "INTEGER"},
        {"DATE", "TIMESTAMP", "TIMESTAMP"},
        {"DATE", "TIME", "none"},
        {"VARCHAR", "INTEGER", "none"},
        {"VARCHAR", "BLOB", "none"},
        {"VARCHAR", "VARCHAR NOT NULL", "VARCHAR"},
        {"BOOLEAN", "INTEGER", "none"},
        {"DATE", "INTEGER", "none"},
        {"INTEGER[]", "BIGINT[]", "BIGINT[]"},
        {"INTEGER[]", "INTEGER", "none"},
        {"INTEGER NOT NULL[]", "INTEGER[]", "INTEGER[]"},
        {"STRUCT(a INTEGER)", "STRUCT(a BIGINT)", "STRUCT(a BIGINT)"},
        {"STRUCT(a INTEGER)", "STRUCT(b BIGINT)", "none"},
        {"STRUCT(a DATE)", "STRUCT(a BLOB)", "none"},
        {"STRUCT()", "STRUCT()", "STRUCT()"},
        {"TENSOR(FLOAT32, 3)", "TENSOR(UINT8, 3)", "TENSOR(FLOAT32, 3)"},
        {"TENSOR(UINT8, 3)", "TENSOR(INT8, *)", "TENSOR(SMALLINT, *)"},
        {"TENSOR(FLOAT32, 3)", "TENSOR(BIGINT, 3)", "TENSOR(FLOAT32, 3)"},
        {"TENSOR(FLOAT16, 3)", "TENSOR(SMALLINT, 3)", "TENSOR(FLOAT32, 3)"},
        {"TENSOR(FLOAT16, 3)", "TENSOR(UINT8, 3)", "TENSOR(FLOAT16, 3)"},
        {"TENSOR(UBIGINT, 3)", "TENSOR(BIGINT, 3)", "TENSOR(FLOAT32, 3)"},
        {"TENSOR(DOUBLE, 3)", "TENSOR(FLOAT16, 3)", "TENSOR(DOUBLE, 3)"},
        {"TENSOR(BOOLEAN, 3)", "TENSOR(UINT8, 3)", "TENSOR(UTINYINT, 3)"},
        {"TENSOR(FLOAT32, 3)", "TENSOR(FLOAT32, 4)", "none"},
        {"TENSOR(FLOAT32, 3)", "TENSOR(FLOAT32, 3, 1)", "none"},
        {"TENSOR(FLOAT32, 3)", "FLOAT32", "none"},
        {"TENSOR(FLOAT32, 3)", "NULL", "TENSOR(FLOAT32, 3)"},
        {"REL(INTEGER)", "REL(INTEGER)", "REL(INTEGER)"},
        {"REL(INTEGER)", "REL(BIGINT)", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CHECK_STR(text(type_common(pool, parse(rows[i][0]), parse(rows[i][1]))), rows[i][2]);
        CHECK_STR(text(type_common(pool, parse(rows[i][1]), parse(rows[i][0]))), rows[i][2]);
    }
}

int main(void) {
    Arena *arena = arena_new();
    pool = typepool_new(arena);
    check_interning();
    check_import();
    check_sizes();
    check_round_trip();
    check_synonyms();
    check_errors();
    check_end();
    check_common();
    arena_free(arena);
    return check_report("type");
}
