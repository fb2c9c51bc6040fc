/* libdql from C: the lifecycle that api/dql.h states. */
#include "api/dql.h"
#include "tests/unit/check.h"
#include <stdlib.h>

static dql_stmt *prepare_one(dql_db *db, const char *text, dql_script **script) {
    dql_stmt *s = NULL;
    if (dql_read(db, "test", text, strlen(text), script) != DQL_OK) return NULL;
    return dql_prepare(*script, 0, &s) == DQL_OK ? s : NULL;
}

/* Runs all statements of a text; the last one's status. */
static int run_all(dql_db *db, const char *text) {
    dql_script *script;
    int status = dql_read(db, "test", text, strlen(text), &script);
    for (int i = 0; status == DQL_OK && i < dql_script_count(script); i++) {
        dql_stmt *s;
        status = dql_prepare(script, i, &s);
        if (status != DQL_OK) break;
        while ((status = dql_step(s)) == DQL_ROW) {}
        if (status == DQL_DONE) status = DQL_OK;
        dql_finalize(s);
    }
    dql_script_free(script);
    return status;
}

static void test_rows(dql_db *db) {
    dql_script *script;
    CHECK_INT(run_all(db, "CREATE TABLE t (i INTEGER, s VARCHAR, d DECIMAL(6, 2), x TENSOR(FLOAT32, 2));"
                          "INSERT INTO t VALUES (1, 'one', 1.25, [1, 2]), (2, NULL, NULL, [3, 4]);"), DQL_OK);
    dql_stmt *s = prepare_one(db, "SELECT i, s, d, x, i > 1 AS b FROM t ORDER BY i", &script);
    CHECK(s != NULL);
    CHECK_INT(dql_column_count(s), 5);
    CHECK_STR(dql_column_name(s, 2), "d");
    CHECK_STR(dql_column_type(s, 3), "TENSOR(FLOAT32, 2)");
    for (int again = 0; again < 2; again++) {
        CHECK_INT(dql_step(s), DQL_ROW);
        CHECK_INT(dql_column_int64(s, 0), 1);
        CHECK_STR(dql_column_text(s, 1), "one");
        CHECK(dql_column_double(s, 2) == 1.25);
        int rank = 0;
        const int64_t *dims;
        const float *x = dql_column_tensor(s, 3, &rank, &dims);
        CHECK(x && rank == 1 && dims[0] == 2 && x[0] == 1 && x[1] == 2);
        CHECK_INT(dql_column_int64(s, 4), 0);
        CHECK_INT(dql_step(s), DQL_ROW);
        CHECK(dql_column_null(s, 1) && dql_column_text(s, 1) == NULL);
        CHECK(dql_column_null(s, 2));
        CHECK_INT(dql_step(s), DQL_DONE);
        CHECK_INT(dql_row_count(s), 2);
        dql_reset(s);
    }
    dql_finalize(s);
    dql_script_free(script);
}

static void test_errors(dql_db *db) {
    dql_script *script;
    CHECK_INT(dql_read(db, "bad", "SELECT 1; SELEC 2; SELECT 3;", 28, &script), DQL_ERROR);
    CHECK(strstr(dql_errmsg(db), "bad:1:11: error[E0001]") != NULL);
    CHECK_INT(dql_script_count(script), 2);
    dql_script_free(script);
    CHECK_INT(run_all(db, "SELECT missing FROM t"), DQL_ERROR);
    CHECK_INT(run_all(db, "SELECT 1 / (i - 1) FROM t"), DQL_ERROR);
    CHECK(strstr(dql_errmsg(db), "division by zero") != NULL);
    CHECK_INT(run_all(db, "SELECT 1 FROM t"), DQL_OK);
    CHECK_INT(dql_set(db, "no-such-setting", "1"), DQL_USAGE);
    CHECK_INT(dql_set(db, "tier", "fast"), DQL_USAGE);
    dql_db *on_disk;
    CHECK_INT(dql_open("x.dqldb", &on_disk), DQL_USAGE);
    CHECK(strstr(dql_errmsg(on_disk), "not supported yet") != NULL);
    dql_close(on_disk);
}

static void test_params(dql_db *db) {
    dql_script *script;
    CHECK_INT(run_all(db, "PARAM least INTEGER DEFAULT 2"), DQL_OK);
    dql_stmt *s = prepare_one(db, "SELECT COUNT(*) AS n FROM t WHERE i >= $least", &script);
    CHECK(s != NULL);
    CHECK(dql_step(s) == DQL_ROW && dql_column_int64(s, 0) == 1);
    dql_reset(s);
    CHECK_INT(dql_param(db, "least", "1"), DQL_OK);
    CHECK(dql_step(s) == DQL_ROW && dql_column_int64(s, 0) == 2);
    dql_reset(s);
    CHECK_INT(dql_param(db, "least", "many"), DQL_OK);
    CHECK_INT(dql_step(s), DQL_ERROR);
    dql_finalize(s);
    dql_script_free(script);
    CHECK_INT(dql_param(db, "least", NULL), DQL_OK);
}

static void test_two_sessions(void) {
    dql_db *a, *b;
    CHECK_INT(dql_open(NULL, &a), DQL_OK);
    CHECK_INT(dql_open(NULL, &b), DQL_OK);
    CHECK_INT(run_all(a, "CREATE TABLE only_here (i INTEGER)"), DQL_OK);
    CHECK_INT(run_all(b, "SELECT i FROM only_here"), DQL_ERROR);
    dql_close(a);
    dql_close(b);
}

int main(void) {
    static const char *const backends[] = {"eval", "cpu"};
    for (int i = 0; i < 2; i++) {
        dql_db *db;
        CHECK_INT(dql_open(NULL, &db), DQL_OK);
        CHECK_INT(dql_set(db, "backend", backends[i]), DQL_OK);
        CHECK_INT(dql_set(db, "cache", "off"), DQL_OK);
        test_rows(db);
        test_errors(db);
        test_params(db);
        dql_close(db);
    }
    test_two_sessions();
    char *ops = dql_about("ops");
    CHECK(ops && strstr(ops, "sigmoid"));
    free(ops);
    CHECK(dql_about("nonsense") == NULL);
    CHECK(dql_complete("SELECT 1;", 9) && !dql_complete("SELECT (1", 9));
    return check_report("api");
}
