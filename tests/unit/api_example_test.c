/* The example of api/README.md, which shows the lines between the marks. */
#include "api/dql.h"
#include "tests/unit/check.h"
#include <string.h>
#include <unistd.h>

static long long rows;

static void example(void) {
    // example
    const char *text = "FROM 'samples/data/iris.csv' |> AGGREGATE COUNT(*) AS n GROUP AND ORDER BY target";
    dql_db *db;
    dql_script *script = NULL;
    dql_stmt *s = NULL;
    if (dql_open(NULL, &db) == DQL_OK && dql_read(db, "example", text, strlen(text), &script) == DQL_OK &&
        dql_prepare(script, 0, &s) == DQL_OK) {
        while (dql_step(s) == DQL_ROW) rows += dql_column_int64(s, 1);
    }
    fputs(dql_errmsg(db), stderr);
    dql_finalize(s);
    dql_script_free(script);
    dql_close(db);
    // example
}

int main(void) {
    CHECK_INT(chdir(DQL_SOURCE_DIR), 0);
    example();
    CHECK_INT(rows, 150);
    return check_report("api_example");
}
