/* Results as text: every mode, quoting that reads back, widths on a terminal, a full disk. */
#include "runtime/result_print.h"
#include "base/value.h"
#include "tests/unit/check.h"
#include <math.h>
#include <stdlib.h>

enum { ROWS = 4, COLS = 6 };

/* id BIGINT, name VARCHAR, price DECIMAL(9,2), ok BOOLEAN, day DATE, x DOUBLE; the last row is all NULL */
typedef struct Table {
    Arena *arena;
    const char *names[COLS];
    const Type *types[COLS];
    ColumnRef cols[COLS];
} Table;

static const uint8_t valid[64] = {1, 1, 1, 0};

static ColumnRef ref(CodeKind kind, uint8_t width, int64_t base, const void *data) {
    return (ColumnRef){.code = {(uint8_t)kind, width, true, 0}, .base = base, .data = data, .valid = valid};
}

static Table table_new(void) {
    static const uint8_t ids[64] = {0, 1, 200, 0}, oks[64] = {1, 0, 1, 0};
    static const TextView names[ROWS] = {{"plain", 5}, {"a \"b\", c\n", 9}, {"", 0}, {"", 0}};
    static const int64_t prices[64] = {150, -5, 123456789, 0}, days[64] = {0, 19000, -1, 0};
    static const double xs[64] = {0.1, NAN, 1e300, 0};
    Table t = {.arena = arena_new(), .names = {"id", "name", "price", "ok", "day", "x"}};
    TypePool *p = typepool_new(t.arena);
    const Type *types[COLS] = {type_get(p, TY_I64),  type_get(p, TY_VARCHAR), type_decimal(p, 9, 2),
                               type_get(p, TY_BOOL), type_get(p, TY_DATE),    type_get(p, TY_F64)};
    memcpy(t.types, types, sizeof types);
    ColumnRef cols[COLS] = {ref(CODE_INT, 1, 1000, ids), ref(CODE_VIEW, 16, 0, names), ref(CODE_INT, 8, 0, prices),
                            ref(CODE_INT, 1, 0, oks),    ref(CODE_INT, 8, 0, days),    ref(CODE_FLOAT, 8, 0, xs)};
    memcpy(t.cols, cols, sizeof cols);
    return t;
}

/* What result_print writes, until the next call. */
static const char *printed(const Table *t, ResultFormat f, uint32_t n, int64_t rows) {
    static char *text;
    size_t size;
    RtError e = {0};
    free(text);
    FILE *out = open_memstream(&text, &size);
    CHECK(result_print(out, &f, n, t->names, t->types, t->cols, rows, &e));
    fclose(out);
    CHECK_INT(strlen(text), size);
    return text;
}

static void test_delimited(const Table *t) {
    ResultFormat f = {.mode = "csv", .header = true};
    CHECK_STR(printed(t, f, COLS, ROWS), "id,name,price,ok,day,x\n"
                                         "1000,plain,1.50,true,1970-01-01,0.1\n"
                                         "1001,\"a \"\"b\"\", c\n\",-0.05,false,2022-01-08,nan\n"
                                         "1200,\"\",1234567.89,true,1969-12-31,1e+300\n"
                                         ",,,,,\n");
    f = (ResultFormat){.mode = "tsv", .null = "plain", .booleans01 = true};
    CHECK_STR(printed(t, f, 4, ROWS), "1000\t\"plain\"\t1.50\t1\n"
                                      "1001\t\"a \"\"b\"\", c\n\"\t-0.05\t0\n"
                                      "1200\t\"\"\t1234567.89\t1\n"
                                      "plain\tplain\tplain\tplain\n");
    f = (ResultFormat){.mode = "csv", .header = true};
    CHECK_STR(printed(t, f, 2, 0), "id,name\n");
}

static void test_json(const Table *t) {
    ResultFormat f = {.mode = "json", .null = "ignored"};
    CHECK_STR(printed(t, f, COLS, ROWS),
              "[\n{\"id\":1000,\"name\":\"plain\",\"price\":1.50,\"ok\":true,\"day\":\"1970-01-01\",\"x\":0.1},\n"
              "{\"id\":1001,\"name\":\"a \\\"b\\\", c\\n\",\"price\":-0.05,\"ok\":false,\"day\":\"2022-01-08\",\"x\":\"nan\"},\n"
              "{\"id\":1200,\"name\":\"\",\"price\":1234567.89,\"ok\":true,\"day\":\"1969-12-31\",\"x\":1e+300},\n"
              "{\"id\":null,\"name\":null,\"price\":null,\"ok\":null,\"day\":null,\"x\":null}\n]\n");
    CHECK_STR(printed(t, f, 1, 0), "[]\n");
    f.mode = "jsonl";
    CHECK_STR(printed(t, f, 1, 2), "{\"id\":1000}\n{\"id\":1001}\n");
    CHECK_STR(printed(t, f, 1, 0), "");
}

static void test_markdown_and_line(const Table *t) {
    ResultFormat f = {.mode = "markdown", .header = true, .null = "|"};
    CHECK_STR(printed(t, f, 3, ROWS), "| id | name | price |\n|---:|:---|---:|\n| 1000 | plain | 1.50 |\n"
                                      "| 1001 | a \"b\", c\\n | -0.05 |\n| 1200 |  | 1234567.89 |\n| \\| | \\| | \\| |\n");
    f = (ResultFormat){.mode = "line", .null = "NULL"};
    CHECK_STR(printed(t, f, 3, 2), "   id = 1000\n name = plain\nprice = 1.50\n\n"
                                   "   id = 1001\n name = a \"b\", c\\n\nprice = -0.05\n");
}

static void test_box(const Table *t) {
    ResultFormat f = {.mode = "box", .header = true, .null = "NULL"};
    CHECK_STR(printed(t, f, 3, ROWS), "┌──────┬────────────┬────────────┐\n"
                                      "│   id │ name       │      price │\n"
                                      "├──────┼────────────┼────────────┤\n"
                                      "│ 1000 │ plain      │       1.50 │\n"
                                      "│ 1001 │ a \"b\", c\\n │      -0.05 │\n"
                                      "│ 1200 │            │ 1234567.89 │\n"
                                      "│ NULL │ NULL       │       NULL │\n"
                                      "└──────┴────────────┴────────────┘\n");
    CHECK_STR(printed(t, f, 1, 0), "┌────┐\n│ id │\n├────┤\n└────┘\n");
    f.width = 33;
    CHECK_STR(printed(t, f, 3, 2), "┌──────┬────────────┬───────┐\n"
                                   "│   id │ name       │ price │\n"
                                   "├──────┼────────────┼───────┤\n"
                                   "│ 1000 │ plain      │  1.50 │\n"
                                   "│ 1001 │ a \"b\", c\\n │ -0.05 │\n"
                                   "└──────┴────────────┴───────┘\n");
    f.width = 27;
    f.header = false;
    CHECK_STR(printed(t, f, 3, 2), "┌──────┬──────────┬───────┐\n"
                                   "│ 1000 │ plain    │  1.50 │\n"
                                   "│ 1001 │ a \"b\", … │ -0.05 │\n"
                                   "└──────┴──────────┴───────┘\n");
    f.width = 24;
    CHECK_STR(printed(t, f, 4, 1), "┌──────┬───┬──────┐\n"
                                   "│ 1000 │ … │ true │\n"
                                   "└──────┴───┴──────┘\n");
    f.width = 1; /* cannot be met: the first and the last column stay */
    CHECK_STR(printed(t, f, 4, 1), "┌──────┬───┬──────┐\n"
                                   "│ 1000 │ … │ true │\n"
                                   "└──────┴───┴──────┘\n");
}

static void check_text_box(const char *text, const char *line) {
    Arena *a = arena_new();
    TextView v[64] = {{text, strlen(text)}};
    Table t = {.names = {"s"}, .types = {type_get(typepool_new(a), TY_VARCHAR)}, .cols = {ref(CODE_VIEW, 16, 0, v)}};
    char want[256];
    snprintf(want, sizeof want, "│ %s │\n", line);
    const char *got = printed(&t, (ResultFormat){.mode = "box"}, 1, 1);
    CHECK(strstr(got, want) != NULL);
    if (!strstr(got, want)) fprintf(stderr, "%s", got);
    arena_free(a);
}

static void test_terminal_text(void) {
    check_text_box("日本", "日本");
    check_text_box("e\xCC\x81t\xC3\xA9", "e\xCC\x81t\xC3\xA9");
    check_text_box("\x1b[31mred\x07", "\\x1b[31mred\\x07");
    check_text_box("\xC2\x9B" "1m", "\\x9b1m");
    check_text_box("bad\xff\xc3", "bad\xEF\xBF\xBD\xEF\xBF\xBD");
    Arena *a = arena_new();
    TextView v[64] = {{"日本日本日本", 18}, {"ab", 2}};
    Table t = {.names = {"s"}, .types = {type_get(typepool_new(a), TY_VARCHAR)}, .cols = {ref(CODE_VIEW, 16, 0, v)}};
    CHECK_STR(printed(&t, (ResultFormat){.mode = "box", .width = 12}, 1, 2), "┌──────────┐\n"
                                                                             "│ 日本日…  │\n"
                                                                             "│ ab       │\n"
                                                                             "└──────────┘\n");
    arena_free(a);
}

static void test_tensors(void) {
    Arena *a = arena_new();
    TypePool *p = typepool_new(a);
    float x[64] = {1, 2.5f, -0.0f, INFINITY};
    Table t = {.names = {"t"}, .types = {type_tensor(p, type_get(p, TY_F32), 2, (int64_t[]){2, 2})}};
    t.cols[0] = (ColumnRef){.code = {CODE_TENSOR, 0, false, 16}, .data = x};
    CHECK_STR(printed(&t, (ResultFormat){.mode = "jsonl"}, 1, 1), "{\"t\":[[1,2.5],[-0,\"inf\"]]}\n");
    CHECK_STR(printed(&t, (ResultFormat){.mode = "csv"}, 1, 1), "\"TENSOR(FLOAT32, 2, 2) [1, 2.5, -0, inf]\"\n");
    arena_free(a);
}

static void test_json_text(void) {
    Arena *a = arena_new();
    TextView v[64] = {{"\\\x01\x7f\xff\xC3\xA9", 6}};
    Table t = {.names = {"a\"b"}, .types = {type_get(typepool_new(a), TY_VARCHAR)}, .cols = {ref(CODE_VIEW, 16, 0, v)}};
    CHECK_STR(printed(&t, (ResultFormat){.mode = "jsonl"}, 1, 1),
              "{\"a\\\"b\":\"\\\\\\u0001\\u007f\xEF\xBF\xBD\xC3\xA9\"}\n");
    arena_free(a);
}

static void test_many_rows_in_a_box(const Table *t) {
    int64_t rows = BOX_MEASURED + 10;
    char *text = NULL;
    size_t size, lines = 0;
    RtError e = {0};
    FILE *out = open_memstream(&text, &size);
    ResultFormat f = {.mode = "box"};
    ResultPrinter *p = print_begin(out, &f, 2, t->names, t->types, &e);
    for (int64_t i = 0; i < rows; i++) CHECK(print_rows(p, t->cols, i % 2, 1));
    CHECK(print_end(p, &e));
    fclose(out);
    for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
    CHECK_INT(lines, rows + 2);
    free(text);
}

static void test_failures(const Table *t) {
    RtError e = {0};
    ResultFormat f = {.mode = "xml"};
    CHECK(!result_print(stdout, &f, 1, t->names, t->types, t->cols, 1, &e));
    CHECK_STR(e.message.p, "there is no output mode xml");
    rt_error_clear(&e);
    for (int i = 0; result_modes[i]; i++) {
        FILE *full = fopen("/dev/full", "w");
        if (!full) continue;
        f = (ResultFormat){.mode = result_modes[i], .header = true};
        CHECK(result_mode_known(result_modes[i]));
        CHECK(!result_print(full, &f, COLS, t->names, t->types, t->cols, ROWS, &e));
        CHECK_STR(e.message.p, "cannot write the result: No space left on device");
        rt_error_clear(&e);
        fclose(full);
    }
}

int main(void) {
    Table t = table_new();
    test_delimited(&t);
    test_json(&t);
    test_markdown_and_line(&t);
    test_box(&t);
    test_terminal_text();
    test_tensors();
    test_json_text();
    test_many_rows_in_a_box(&t);
    test_failures(&t);
    arena_free(t.arena);
    return check_report("result_print");
}
