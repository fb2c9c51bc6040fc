/* libdql: the C interface of dql.
 *
 * A dql_db is a session: a catalog of tables and models and its settings.  dql_read parses a text, dql_prepare compiles
 * one of its statements, dql_step runs it and moves through its rows.  A session belongs to one thread at a time, except dql_interrupt, which any thread
 * and any signal handler may call, and dql_watch, which any thread may.  Texts returned are valid until the next call on the same object.
 */
#ifndef DQL_API_DQL_H
#define DQL_API_DQL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dql_db dql_db;
typedef struct dql_stmt dql_stmt;

/* Results; the values of errors are the exit codes of dql and of compiled programs. */
enum {
    DQL_OK = 0,
    DQL_ERROR = 1, /* in the text or the data */
    DQL_USAGE = 2, /* wrong setting or call */
    DQL_LIMIT = 3, /* memory or another resource */
    DQL_INTERRUPTED = 130,
    DQL_ROW = 1000, /* dql_step: a row is there */
    DQL_DONE = 1001 /* dql_step: no more rows */
};

/* path NULL: in memory. On error *out still takes dql_errmsg and dql_close. */
int dql_open(const char *path, dql_db **out);
void dql_close(dql_db *db);
/* A setting of api/options.def by name; DQL_USAGE with a message for unknown names and values. */
int dql_set(dql_db *db, const char *name, const char *value);
const char *dql_errmsg(const dql_db *db); /* full diagnostics of the last error */
void dql_interrupt(dql_db *db);           /* the statement prepared last ends with DQL_INTERRUPTED, if it still runs */
/* What the session is busy with, a part of a statement: a file that is loaded, a pipeline, planning. False: nothing. */
typedef struct dql_progress {
    char name[64];
    int64_t done, total; /* rows or bytes; total 0: it is not known how much there is */
    bool bytes;
    double seconds; /* since this part began */
} dql_progress;
bool dql_watch(dql_db *db, dql_progress *out);

/* Reads a text into statements; `name` is the file name that messages show. With syntax errors the result is DQL_ERROR,
 * dql_errmsg tells them all, and *out still holds the statements that are whole. */
typedef struct dql_script dql_script;
int dql_read(dql_db *db, const char *name, const char *text, size_t len, dql_script **out);
int dql_script_count(const dql_script *s);
void dql_script_free(dql_script *s); /* after its statements */
/* Compiles statement `index` (from 0) against the catalog as it is now. */
int dql_prepare(dql_script *s, int index, dql_stmt **out);
/* Value of a parameter ($name) as text, converted to its declared type when a statement runs; NULL for NULL. It may be
 * set before its PARAM statement and stays for later statements of the session. */
int dql_param(dql_db *db, const char *name, const char *value);
int dql_step(dql_stmt *s);  /* DQL_ROW, DQL_DONE or an error */
int dql_reset(dql_stmt *s); /* to run it again */
void dql_finalize(dql_stmt *s);

int dql_column_count(const dql_stmt *s);
const char *dql_column_name(const dql_stmt *s, int column);
const char *dql_column_type(dql_stmt *s, int column); /* SQL spelling */
bool dql_column_null(const dql_stmt *s, int column);
int64_t dql_column_int64(const dql_stmt *s, int column); /* integers, BOOLEAN, DATE (days), TIMESTAMP (microseconds) */
double dql_column_double(const dql_stmt *s, int column); /* any number */
const char *dql_column_text(dql_stmt *s, int column);    /* any type, as printed */
const void *dql_column_tensor(const dql_stmt *s, int column, int *rank, const int64_t **dims);
int64_t dql_row_count(const dql_stmt *s); /* rows of the result, or rows changed */

/* How results are written: mode box, csv, tsv, json, jsonl, markdown, line or none (run only). */
typedef struct dql_format {
    const char *mode;
    bool header;
    const char *null; /* text for NULL */
    bool booleans01;  /* 0 and 1 instead of false and true */
    int width;        /* of the terminal, for box; 0: no limit */
} dql_format;
/* Runs a prepared statement and writes all its rows (nothing for statements without rows). */
int dql_print(dql_stmt *s, const dql_format *f, FILE *out);
/* milliseconds of the last prepare and run */
void dql_times(const dql_stmt *s, double *compile_ms, double *run_ms);
/* Is text[0..len) a complete statement (or only blanks and comments)? For shells. */
bool dql_complete(const char *text, size_t len);

/* What dql knows of itself, as malloc'd text: "ops" (the table of laws), "rules", "options", "version". NULL: unknown. */
char *dql_about(const char *what);

/* The catalog as malloc'd text: "tables" or "models", one line each: the name, a tab, columns or inputs with their types. */
char *dql_catalog(dql_db *db, const char *what);

/* Ahead of time: compiles a whole script once and writes n outputs. kind: "exe", "obj", "static" or "shared" (libraries), "c-header",
 * "asm", "llvm-ir" or "dep-info" (a rule for make).  A file is written whole or not at all. */
typedef struct dql_output {
    const char *kind, *path;
} dql_output;
int dql_compile(dql_db *db, const char *name, const char *text, size_t len, int n, const dql_output *outputs);

#ifdef __cplusplus
}
#endif
#endif
