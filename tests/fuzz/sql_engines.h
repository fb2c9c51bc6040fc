/* One statement on SQLite or on one execution of dql, and its rows as text: numbers written alike, rows in
 * the order given or, for queries without ORDER BY, sorted. */
#ifndef DQL_TESTS_FUZZ_SQL_ENGINES_H
#define DQL_TESTS_FUZZ_SQL_ENGINES_H
#include "api/dql.h"
#include "sql_tree.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

typedef enum Outcome { DONE, REFUSED, FAILED } Outcome;

typedef struct Answer {
    Outcome outcome;
    char *text; /* the rows, one a line; or the message */
} Answer;

static void write_double(Buf *b, double v) { buf_printf(b, "%.12g", v == 0 ? 0.0 : v); }

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Sorts the lines of `rows` if asked to; the text is in the arena. */
static char *whole(Arena *arena, Buf *rows, bool sorted) {
    size_t n = 0, at = 0;
    for (size_t i = 0; i < rows->n; i++) n += rows->p[i] == '\n';
    if (!rows->n || !sorted) return arena_strndup(arena, rows->n ? rows->p : "", rows->n);
    char **lines = malloc(n * sizeof *lines), *out = arena_alloc(arena, rows->n + 1), *to = out;
    for (size_t i = 0, from = 0; i < rows->n; i++)
        if (rows->p[i] == '\n') rows->p[i] = 0, lines[at++] = rows->p + from, from = i + 1;
    qsort(lines, n, sizeof *lines, by_text);
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(lines[i]);
        memcpy(to, lines[i], len);
        to[len] = '\n';
        to += len + 1;
    }
    free(lines);
    return out;
}

/* ---- SQLite ---- */

static void sqlite_value(Buf *b, sqlite3_stmt *s, int i, Kind kind) {
    if (sqlite3_column_type(s, i) == SQLITE_NULL) buf_puts(b, "NULL");
    else if (kind == K_NUM) write_double(b, sqlite3_column_double(s, i));
    else buf_puts(b, (const char *)sqlite3_column_text(s, i));
}

static Answer sqlite_query(sqlite3 *db, Arena *arena, const char *sql, const Kind *kinds, bool sorted) {
    sqlite3_stmt *s = NULL;
    Buf b = {0};
    int status = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    while (status == SQLITE_OK || status == SQLITE_ROW) {
        if ((status = sqlite3_step(s)) != SQLITE_ROW) break;
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            if (i) buf_putc(&b, '|');
            sqlite_value(&b, s, i, kinds[i]);
        }
        buf_putc(&b, '\n');
    }
    Answer a = {DONE, NULL};
    if (status == SQLITE_DONE) a.text = whole(arena, &b, sorted);
    else a = (Answer){FAILED, arena_printf(arena, "%s\n", sqlite3_errmsg(db))};
    sqlite3_finalize(s);
    buf_free(&b);
    return a;
}

static void sqlite_run(sqlite3 *db, const char *sql) {
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK) return;
    fprintf(stderr, "SQLite: %s\n", message);
    exit(1);
}

/* ---- dql ---- */

static void dql_value(Buf *b, dql_stmt *s, int i, Kind kind) {
    if (dql_column_null(s, i)) buf_puts(b, "NULL");
    else if (kind == K_NUM) write_double(b, dql_column_double(s, i));
    else if (kind == K_BOOL) buf_puts(b, dql_column_int64(s, i) ? "1" : "0");
    else buf_puts(b, dql_column_text(s, i));
}

static Answer dql_failure(dql_db *db, Arena *arena) {
    const char *message = dql_errmsg(db);
    return (Answer){strstr(message, "not supported") ? REFUSED : FAILED,
                    arena_strndup(arena, message, strlen(message))};
}

static Answer dql_rows(dql_db *db, dql_stmt *s, Arena *arena, const Kind *kinds, bool sorted) {
    Buf b = {0};
    int status;
    while ((status = dql_step(s)) == DQL_ROW) {
        for (int i = 0; i < dql_column_count(s); i++) {
            if (i) buf_putc(&b, '|');
            dql_value(&b, s, i, kinds[i]);
        }
        buf_putc(&b, '\n');
    }
    Answer a = status == DQL_DONE ? (Answer){DONE, whole(arena, &b, sorted)} : dql_failure(db, arena);
    buf_free(&b);
    return a;
}

static Answer dql_query(dql_db *db, Arena *arena, const char *sql, const Kind *kinds, bool sorted) {
    dql_script *script = NULL;
    dql_stmt *s = NULL;
    bool ok =
        dql_read(db, "query", sql, strlen(sql), &script) == DQL_OK && dql_prepare(script, 0, &s) == DQL_OK;
    Answer a = ok ? dql_rows(db, s, arena, kinds, sorted) : dql_failure(db, arena);
    if (s) dql_finalize(s);
    dql_script_free(script);
    return a;
}

/* Statements without rows; prints the message of what failed. */
static Outcome dql_run(dql_db *db, const char *sql) {
    dql_script *script = NULL;
    int status = dql_read(db, "statements", sql, strlen(sql), &script);
    for (int i = 0; status == DQL_OK && i < dql_script_count(script); i++) {
        dql_stmt *s = NULL;
        status = dql_prepare(script, i, &s);
        if (status == DQL_OK && (status = dql_step(s)) == DQL_DONE) status = DQL_OK;
        if (s) dql_finalize(s);
    }
    dql_script_free(script);
    if (status == DQL_OK) return DONE;
    if (strstr(dql_errmsg(db), "not supported")) return REFUSED;
    fprintf(stderr, "%s", dql_errmsg(db));
    return FAILED;
}

static dql_db *dql_session(const char *const settings[][2], uint32_t n) {
    dql_db *db = NULL;
    if (dql_open(NULL, &db) != DQL_OK) exit(1);
    for (uint32_t i = 0; i < n && settings[i][0]; i++)
        if (dql_set(db, settings[i][0], settings[i][1]) != DQL_OK)
            fprintf(stderr, "%s", dql_errmsg(db)), exit(1);
    return db;
}
#endif
