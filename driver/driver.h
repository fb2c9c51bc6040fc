/* The shell: what one run of `dql` knows.  Everything that it does to data goes through libdql (api/dql.h). */
#ifndef DQL_DRIVER_DRIVER_H
#define DQL_DRIVER_DRIVER_H
#include "api/dql.h"

typedef struct Watch Watch; /* progress.c */

typedef struct Driver {
    dql_db *db;
    dql_format format;
    const char *null;  /* --null; NULL: "NULL" in boxes on a terminal, nothing elsewhere */
    bool mode_given;   /* --mode or .mode: otherwise box on a terminal, csv elsewhere */
    bool timing;       /* --timing=json */
    bool timer;        /* .timer on: a line for people */
    bool keep_going;   /* a script goes on after a failing statement */
    bool quit;
    bool no_progress;  /* --progress=off */
    Watch *watch;      /* shows the progress of long statements; NULL: nobody does */
    int statements;    /* run so far, for --timing=json */
    int status;        /* exit code: of the first failing statement */
} Driver;

typedef struct CommandLine {
    const char *file;      /* script, NULL: standard input or the shell */
    const char *database;  /* a .dqldb folder */
    const char *text;      /* -c */
    const char *about;     /* --list-ops, --list-rules: print and stop */
    int stop;              /* -1: go on; else exit with this code (--help, wrong options) */
} CommandLine;

CommandLine driver_options(Driver *d, int argc, char **argv);
void driver_usage(FILE *out);

/* Runs all statements of a text. stop: at the first failing one (scripts); otherwise it goes on (standard input). */
void driver_run(Driver *d, const char *name, const char *text, size_t len, bool stop);
void driver_run_file(Driver *d, const char *path, bool stop);
void driver_run_stream(Driver *d, FILE *in); /* standard input: statements as they come, dot-commands on lines of their own */
void driver_shell(Driver *d);

/* A line that begins with `.` or `\`; true when it was one. */
bool driver_dot_command(Driver *d, const char *line);

void driver_catch_interrupts(Driver *d);

/* Progress on standard error, where that is a terminal, of what runs longer than a second between begin and end. */
void driver_watch_open(Driver *d);
void driver_watch_begin(Driver *d);
void driver_watch_end(Driver *d); /* the line is gone */
void driver_watch_close(Driver *d);
#endif
