/* grammar/README.md says what is supported: each row of its table has a statement here, which the binder must
 * refuse with E0301 exactly when the row says so; and frontend/support.def knows every kind of syntax.
 */
#include "tests/unit/files.h"
#include "tests/unit/schema.h"

static const char schema_text[] =
    "CREATE TABLE t (a INTEGER, b INTEGER, x TENSOR(FLOAT32, 4));"
    "CREATE MODEL m INPUT (x TENSOR(FLOAT32, 4)) OUTPUT (p TENSOR(FLOAT32, 2)) LAYERS (linear(2));";

static const struct {
    const char *row, *text;
} examples[] = {
    {"CREATE TABLE", "CREATE TABLE n (a INTEGER NOT NULL)"},
    {"CREATE TABLE AS", "CREATE TABLE n AS SELECT a FROM t"},
    {"DROP TABLE", "DROP TABLE t"},
    {"INSERT", "INSERT INTO t (a) VALUES (1)"},
    {"UPDATE", "UPDATE t SET a = 1"},
    {"DELETE", "DELETE FROM t"},
    {"MERGE", "MERGE INTO t USING t AS u ON t.a = u.a WHEN MATCHED THEN DELETE"},
    {"ON CONFLICT", "INSERT INTO t (a) VALUES (1) ON CONFLICT DO NOTHING"},
    {"RETURNING", "DELETE FROM t RETURNING a"},
    {"BEGIN", "BEGIN"},
    {"SAVEPOINT", "SAVEPOINT s"},
    {"COPY", "COPY t TO 't.csv'"},
    {"ATTACH", "ATTACH 'shop.db' AS shop"},
    {"SELECT", "SELECT a FROM t WHERE b > 1 GROUP BY a ORDER BY a LIMIT 3"},
    {"FROM", "FROM t"},
    {"VALUES", "VALUES (1, 'a')"},
    {"WITH", "WITH q AS (SELECT a FROM t) SELECT a FROM q"},
    {"WITH RECURSIVE", "WITH RECURSIVE q AS (SELECT a FROM t) SELECT a FROM q"},
    {"UNION, INTERSECT, EXCEPT", "SELECT a FROM t UNION SELECT b FROM t"},
    {"GROUP BY ROLLUP, CUBE, GROUPING SETS", "SELECT a FROM t GROUP BY ROLLUP (a)"},
    {"OVER", "SELECT sum(a) OVER (ORDER BY b) FROM t"},
    {"QUALIFY", "SELECT a FROM t QUALIFY a > 1"},
    {"DISTINCT ON", "SELECT DISTINCT ON (a) a FROM t"},
    {"LATERAL", "SELECT a FROM t, LATERAL (SELECT 1) AS q"},
    {"NEAREST", "SELECT t.a FROM t JOIN t AS u NEAREST 5 BY DISTANCE t.x <=> u.x"},
    {"VERSION AS OF", "FROM t VERSION AS OF 4"},
    {"|> WHERE", "FROM t |> WHERE a > 1"},
    {"|> SELECT", "FROM t |> SELECT a"},
    {"|> EXTEND", "FROM t |> EXTEND a + 1 AS n"},
    {"|> JOIN", "FROM t |> JOIN t AS u USING (a)"},
    {"|> AGGREGATE", "FROM t |> AGGREGATE count(*) AS n GROUP BY a"},
    {"|> ORDER BY", "FROM t |> ORDER BY a"},
    {"|> LIMIT", "FROM t |> LIMIT 1"},
    {"|> PREDICT", "FROM t |> PREDICT USING m AS y"},
    {"|> SET", "FROM t |> SET a = 1"},
    {"|> DROP", "FROM t |> DROP a"},
    {"|> RENAME", "FROM t |> RENAME a AS n"},
    {"|> AS", "FROM t |> AS u"},
    {"|> DISTINCT", "FROM t |> SELECT a |> DISTINCT"},
    {"|> CALL", "FROM t |> CALL f(1)"},
    {"|> UNION, INTERSECT, EXCEPT", "FROM t |> UNION (FROM t)"},
    {"|> WITH", "FROM t |> WITH q AS (FROM t)"},
    {"|> TABLESAMPLE", "FROM t |> TABLESAMPLE BERNOULLI (10 PERCENT)"},
    {"|> PIVOT", "FROM t |> PIVOT (sum(a) FOR b IN (1, 2))"},
    {"|> UNPIVOT", "FROM t |> UNPIVOT (v FOR n IN (a, b))"},
    {"|> MELT", "FROM t |> MELT (a, b) AS (n, v)"},
    {"|> UNSTACK", "FROM t |> UNSTACK x AS e"},
    {"|> EXPLODE", "FROM t |> EXPLODE x AS e"},
    {"|> ASSERT", "FROM t |> ASSERT a > 1"},
    {"|> TEE", "FROM t |> TEE (|> WHERE a > 1)"},
    {"|> EXPLAIN PREDICT", "FROM t |> EXPLAIN PREDICT USING m BY occlusion(window => 2) AS h"},
    {"|> RENDER", "FROM t |> RENDER overlay"},
    {"|> WITH PROVENANCE", "FROM t |> WITH PROVENANCE counting AS p"},
    {"|> AUGMENT", "FROM t |> AUGMENT POLICY flip()"},
    {"|> LABEL", "FROM t |> LABEL USING (lf)"},
    {"CREATE MODEL .. LAYERS",
     "CREATE MODEL n INPUT (x TENSOR(FLOAT32, 4)) OUTPUT (p TENSOR(FLOAT32, 2)) LAYERS (linear(2))"},
    {"CREATE MODEL .. FROM file", "CREATE MODEL n FROM '" DQL_SOURCE_DIR "/tests/data/onnx_mlp.onnx'"},
    {"CREATE MODEL .. FROM MODEL", "CREATE MODEL n FROM MODEL m"},
    {"CREATE MODEL .. ALTERNATIVES", "CREATE MODEL n ALTERNATIVES (m QUALITY 0.9)"},
    {"LOAD MODEL", "LOAD MODEL m FROM 'm.safetensors'"},
    {"EXPORT MODEL", "EXPORT MODEL m TO 'm.safetensors'"},
    {"TAG MODEL", "TAG MODEL m AS 'prod'"},
    {"DROP MODEL", "DROP MODEL m"},
    {"TRAIN MODEL", "TRAIN MODEL m ON (FROM t) TARGET a"},
    {"EVALUATE MODEL", "EVALUATE MODEL m ON (FROM t) TARGET a"},
    {"TUNE MODEL", "TUNE MODEL m ON (FROM t) TARGET a"},
    {"CREATE VIEW", "CREATE VIEW v AS FROM t"},
    {"CREATE MATERIALIZED VIEW", "CREATE MATERIALIZED VIEW v AS FROM t"},
    {"REFRESH MATERIALIZED VIEW", "REFRESH MATERIALIZED VIEW v"},
    {"PROVENANCE OF", "PROVENANCE OF (SELECT a FROM t)"},
    {"CORRECT", "CORRECT v SET a = 1"},
    {"CREATE STREAM", "CREATE STREAM s (a INTEGER)"},
    {"CREATE LABELING FUNCTION", "CREATE LABELING FUNCTION lf (a INTEGER) RETURNS INTEGER AS a"},
    {"PARAM", "PARAM n INTEGER DEFAULT 3"},
    {"EXPLAIN", "EXPLAIN FROM t"},
    {"EXPLAIN ANALYZE", "EXPLAIN ANALYZE FROM t"},
    {"SHOW MODEL", "SHOW MODEL m"},
    {"SHOW", "SHOW TABLES"},
    {"DESCRIBE", "DESCRIBE t"},
    {"SUMMARIZE", "SUMMARIZE t"},
    {"SET", "SET threads = 2"},
    {"PREPARE", "PREPARE q AS SELECT 1"},
};
enum { N = sizeof examples / sizeof *examples };

static bool seen[N];

/* What the binder says of the row's example: supported means no diagnostic at all. */
static void check_row(const char *row, bool supported) {
    for (size_t i = 0; i < N; i++) {
        if (strcmp(examples[i].row, row) != 0) continue;
        Schema *s = schema_new();
        Statement st;
        seen[i] = true;
        schema_run(s, "schema", schema_text, strlen(schema_text), &st);
        const char *got = schema_run(s, "example", examples[i].text, strlen(examples[i].text), &st);
        if (supported) CHECK_STR(got, "");
        else CHECK_STR(strstr(got, "E0301") ? "E0301" : *got ? got : examples[i].text, "E0301");
        schema_free(s);
        return;
    }
    CHECK_STR(row, "a row with an example in support_test.c");
}

/* "| `NAME` | status |", a `|` in NAME being written `\|` */
static bool read_row(const char **at, Buf *name, bool *supported) {
    const char *p = *at;
    buf_clear(name);
    if (strncmp(p, "| `", 3) != 0) return false;
    for (p += 3; *p && *p != '`' && *p != '\n'; p++)
        if (!(p[0] == '\\' && p[1] == '|')) buf_putc(name, *p);
    *supported = strncmp(p, "` | supported |", 15) == 0;
    *at = strchr(p, '\n');
    return *at && ++*at;
}

static int check_table(const char *text) {
    static const char head[] = "| statement | status |\n|---|---|\n";
    const char *at = strstr(text, head);
    Buf name = {0};
    bool supported;
    int n = 0;
    CHECK(at != NULL);
    if (!at) return 0;
    at += strlen(head);
    for (; read_row(&at, &name, &supported); n++) check_row(name.p, supported);
    buf_free(&name);
    return n;
}

int main(void) {
    Buf text = {0};
    const char *name;
    for (AstKind k = 0; k < A_COUNT; k++) {
        support_of(k, &name);
        CHECK(*name);
    }
    CHECK(file_read(&text, DQL_SOURCE_DIR "/grammar/README.md"));
    int rows = check_table(text.p);
    printf("support: %d rows\n", rows);
    CHECK(rows > 60);
    for (size_t i = 0; i < N; i++)
        if (!seen[i]) CHECK_STR(examples[i].row, "a row of grammar/README.md");
    buf_free(&text);
    return check_report("support");
}
