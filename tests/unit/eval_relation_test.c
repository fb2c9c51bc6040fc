/* Relations: scan, values, filter, project, join, aggregate, sort, limit; empty inputs, NULLs, errors. */
#include "eval_check.h"

#include <math.h>

enum { TABLE_ROWS = 3000 };

/* table t (k INTEGER, s VARCHAR): k = i % 1000, NULL where i % 7 = 0; s = "r<i>" */
static bool source_row(void *unused, const char *table, int64_t version, int64_t *cursor, uint32_t n,
                       const int64_t *columns, Arena *a, TypePool *p, Value *out, int64_t *rowid) {
    (void)unused, (void)table, (void)version;
    if (*cursor == TABLE_ROWS) return false;
    int64_t i = (*cursor)++;
    for (uint32_t c = 0; c < n; c++) {
        if (columns[c] == 1) out[c] = value_str(p, str_of(arena_printf(a, "r%lld", (long long)i)));
        else if (i % 7 == 0) out[c] = value_null(type_get(p, TY_I32));
        else out[c] = (Value){.type = type_get(p, TY_I32), .i = i % 1000};
    }
    *rowid = i + 100;
    return true;
}

static const SourceApi source = {.row = source_row};

static const Node *scan(bool rowid) {
    static const int64_t columns[] = {0, 1};
    AttrScan a = {ir_name(ir, "t"),
                  1,
                  {2, columns},
                  rowid,
                  type_of(rowid ? "REL(INTEGER, VARCHAR NOT NULL, BIGINT NOT NULL)"
                                : "REL(INTEGER, VARCHAR NOT NULL)")};
    return ir_node(ir, OP_SCAN, &a, 0, NULL);
}

/* VALUES of one type from text, row by row */
static const Node *values(const char *type, uint32_t rows, uint32_t columns, const char *const *text) {
    const Node **at = ARENA_ARRAY(arena, const Node *, rows *columns);
    const char *why;
    for (uint32_t i = 0; i < rows * columns; i++) at[i] = lit(type, text[i]);
    return ir_values(ir, rows, columns, at, &why);
}
#define VALUES(type, rows, columns, ...) values(type, rows, columns, (const char *const[]){__VA_ARGS__})

static const Node *col(const Node *rel, uint32_t i) { return ir_column(ir, i, rel->type->fields[i]); }

static void test_rows(void) {
    const Node *v = VALUES("INTEGER", 3, 2, "1", "10", "2", "NULL", "3", "30");
    CHECK_ROWS(v, "1 10\n2 NULL\n3 30\n");
    CHECK_ROWS(ir_2(ir, OP_FILTER, v, ir_2(ir, OP_GT, col(v, 1), lit("INTEGER", "10"))), "3 30\n");
    const Node *sum = ir_2(ir, OP_ADD, col(v, 0), col(v, 1));
    CHECK_ROWS(ir_rel(ir, OP_PROJECT, NULL, v, 2, (const Node *[]){sum, col(v, 0)}), "11 1\nNULL 2\n33 3\n");
    CHECK_ROWS(ir_2(ir, OP_FILTER, v, ir_bool(ir, false)), "");
    const Node *quotient =
        ir_2(ir, OP_DIV, lit("INTEGER", "1"), ir_2(ir, OP_SUB, col(v, 0), lit("INTEGER", "2")));
    CHECK_ROWS(ir_rel(ir, OP_PROJECT, NULL, v, 1, &quotient), "div: division by zero");
    const Node *none = ir_node(ir, OP_VALUES, &(AttrValues){1, type_of("REL()")}, 0, NULL);
    CHECK_ROWS(ir_rel(ir, OP_PROJECT, NULL, none, 1, (const Node *[]){lit("INTEGER", "7")}), "7\n");
}

static void test_scan(void) {
    const Node *t = scan(true),
               *found = ir_2(ir, OP_FILTER, t, ir_2(ir, OP_EQ, col(t, 0), lit("INTEGER", "999")));
    CHECK_ROWS(found, "999 r999 1099\n999 r1999 2099\n999 r2999 3099\n");
}

static void test_limit(void) {
    const Node *v = VALUES("INTEGER", 4, 1, "1", "2", "3", "4");
    CHECK_ROWS(ir_3(ir, OP_LIMIT, v, lit("BIGINT", "2"), lit("BIGINT", "1")), "2\n3\n");
    CHECK_ROWS(ir_3(ir, OP_LIMIT, v, lit("BIGINT", "NULL"), lit("BIGINT", "3")), "4\n");
    CHECK_ROWS(ir_3(ir, OP_LIMIT, v, lit("BIGINT", "9"), lit("BIGINT", "9")), "");
    CHECK_ROWS(ir_3(ir, OP_LIMIT, v, lit("BIGINT", "-1"), lit("BIGINT", "0")),
               "limit: LIMIT must not be negative");
}

static const Node *sorted(const Node *v, int64_t flags0, int64_t flags1) {
    AttrSort a = {{2, (int64_t[]){flags0, flags1}}};
    return ir_rel(ir, OP_SORT, &a, v, 2,
                  (const Node *[]){col(v, 0), ir_2(ir, OP_MOD, col(v, 1), lit("INTEGER", "1"))});
}

static void test_sort(void) {
    const Node *v = VALUES("INTEGER", 5, 2, "2", "1", "NULL", "2", "1", "3", "2", "4", "1", "5");
    CHECK_ROWS(sorted(v, 0, 0), "1 3\n1 5\n2 1\n2 4\nNULL 2\n"); /* stable, NULL last */
    CHECK_ROWS(sorted(v, 1, 0), "2 1\n2 4\n1 3\n1 5\nNULL 2\n");
    CHECK_ROWS(sorted(v, 3, 0), "NULL 2\n2 1\n2 4\n1 3\n1 5\n");
    const Node *f = VALUES("DOUBLE", 4, 1, "nan", "-inf", "NULL", "inf");
    CHECK_ROWS(ir_rel(ir, OP_SORT, &(AttrSort){{1, (int64_t[]){0}}}, f, 1, (const Node *[]){col(f, 0)}),
               "-inf\ninf\nnan\nNULL\n");
    const Node *top[] = {col(v, 1), lit("BIGINT", "2"), lit("BIGINT", "1")};
    CHECK_ROWS(ir_rel(ir, OP_TOPN, &(AttrSort){{1, (int64_t[]){1}}}, v, 3, top), "2 4\n1 3\n");
}

static const Node *join(int64_t kind, const Node *l, const Node *r, const Node *on) {
    return ir_rel(ir, OP_JOIN, &(AttrJoin){kind}, l, 2, (const Node *[]){r, on});
}

static void test_join(void) {
    const Node *l = VALUES("INTEGER", 4, 2, "1", "10", "2", "20", "NULL", "30", "2", "40");
    const Node *r = VALUES("INTEGER", 4, 2, "2", "7", "NULL", "8", "3", "9", "2", "6");
    const Node *rk = ir_column(ir, 2, r->type->fields[0]), *rv = ir_column(ir, 3, r->type->fields[1]);
    const Node *eq = ir_2(ir, OP_EQ, col(l, 0), rk), *less = ir_2(ir, OP_LT, rv, lit("INTEGER", "7"));
    const Node *both = ir_2(ir, OP_AND, eq, less),
               *anything = ir_2(ir, OP_GT, col(l, 1), ir_2(ir, OP_MUL, rv, lit("INTEGER", "5")));
    CHECK_ROWS(join(JOIN_INNER, l, r, eq), "2 20 2 7\n2 20 2 6\n2 40 2 7\n2 40 2 6\n");
    CHECK_ROWS(join(JOIN_INNER, l, r, both), "2 20 2 6\n2 40 2 6\n");
    CHECK_ROWS(join(JOIN_LEFT, l, r, both), "1 10 NULL NULL\n2 20 2 6\nNULL 30 NULL NULL\n2 40 2 6\n");
    CHECK_ROWS(join(JOIN_SEMI, l, r, eq), "2 20\n2 40\n");
    CHECK_ROWS(join(JOIN_ANTI, l, r, eq), "1 10\nNULL 30\n");
    CHECK_ROWS(join(JOIN_SEMI, l, r, anything), "2 40\n");
    CHECK_ROWS(join(JOIN_LEFT, l, ir_2(ir, OP_FILTER, r, ir_bool(ir, false)), eq),
               "1 10 NULL NULL\n2 20 NULL NULL\nNULL 30 NULL NULL\n2 40 NULL NULL\n");
    CHECK_ROWS(join(JOIN_INNER, ir_2(ir, OP_FILTER, l, ir_bool(ir, false)), r, ir_bool(ir, true)), "");
    const Node *t = scan(false); /* 3,000 rows with themselves: a nested loop would take minutes */
    const Node *self =
        join(JOIN_INNER, t, t, ir_2(ir, OP_EQ, col(t, 0), ir_column(ir, 2, t->type->fields[0])));
    const Node *count = ir_node(ir, OP_COUNT_STAR, NULL, 0, NULL);
    CHECK_ROWS(ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){0}, self, 1, &count), "6855\n");
}

static void test_groups(void) {
    const Node *v =
        VALUES("DOUBLE", 6, 2, "-0", "1", "nan", "2", "0", "3", "nan", "NULL", "NULL", "5", "NULL", "NULL");
    const Node *x = col(v, 1), *fns[] = {col(v, 0),
                                         ir_1(ir, OP_COUNT, x),
                                         ir_1(ir, OP_AGG_SUM, x),
                                         ir_1(ir, OP_AGG_AVG, x),
                                         ir_1(ir, OP_AGG_MIN, x),
                                         ir_1(ir, OP_AGG_MAX, x)};
    CHECK_ROWS(ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){1}, v, 6, fns),
               "0 2 4 2 1 3\nnan 1 2 2 2 2\nNULL 1 5 5 5 5\n");
    const Node *empty = ir_2(ir, OP_FILTER, v, ir_bool(ir, false));
    CHECK_ROWS(ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){1}, empty, 6, fns), "");
    CHECK_ROWS(ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){0}, empty, 5, fns + 1), "0 NULL NULL NULL NULL\n");
}

static const char *folded(Op op, const Node *v) {
    const Node *fn = ir_1(ir, op, col(v, 0));
    return rows_text(ir_rel(ir, OP_AGGREGATE, &(AttrAggregate){0}, v, 1, &fn));
}

static void test_sums(void) {
    CHECK_STR(folded(OP_AGG_SUM, VALUES("INTEGER", 2, 1, "2147483647", "1")), "2147483648\n");
    CHECK_STR(folded(OP_AGG_SUM, VALUES("BIGINT", 2, 1, "9223372036854775807", "9223372036854775807")),
              "18446744073709551614\n");
    CHECK_STR(folded(OP_AGG_AVG, VALUES("INTEGER", 2, 1, "1", "2")), "1.5\n");
    CHECK_STR(folded(OP_AGG_AVG, VALUES("DECIMAL(5,2)", 2, 1, "0.10", "0.20")), "0.15\n");
    const char *most = "99999999999999999999999999999999999999";
    CHECK_STR(folded(OP_AGG_SUM, VALUES("DECIMAL(38,0)", 2, 1, most, "1")),
              "agg_sum: 100000000000000000000000000000000000000 is out of range for DECIMAL(38,0)");
    CHECK_STR(folded(OP_AGG_SUM, VALUES("DOUBLE", 4, 1, "1", "1e100", "1", "-1e100")),
              "2\n"); /* compensated */
    CHECK_STR(folded(OP_AGG_SUM, VALUES("DOUBLE", 2, 1, "inf", "1")), "inf\n");
    CHECK_STR(folded(OP_AGG_SUM, VALUES("DOUBLE", 2, 1, "inf", "-inf")), "nan\n");
    CHECK_STR(folded(OP_AGG_SUM, VALUES("FLOAT32", 2, 1, "0.1", "0.2")), "0.30000000447034836\n");
    CHECK_STR(folded(OP_AGG_MIN, VALUES("VARCHAR", 3, 1, "b", "NULL", "a")), "a\n");
    CHECK_STR(folded(OP_AGG_MAX, VALUES("DATE", 2, 1, "2024-01-01", "2023-12-31")), "2024-01-01\n");
}

int main(void) {
    eval_check_begin();
    ctx.source = &source;
    test_rows();
    test_scan();
    test_limit();
    test_sort();
    test_join();
    test_groups();
    test_sums();
    return eval_check_end("eval_relation");
}
