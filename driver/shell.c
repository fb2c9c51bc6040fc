/* The shell on a terminal: libedit's line editing, history in ~/.dql_history, statements over several lines. */
#include "driver/driver.h"
#include <editline/readline.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const words[] = {"SELECT", "FROM",  "WHERE", "GROUP BY",     "ORDER BY", "LIMIT",        "JOIN",
                                    "INSERT INTO", "VALUES", "UPDATE", "DELETE FROM", "CREATE TABLE", "CREATE MODEL", "LOAD MODEL",
                                    "DROP TABLE", "PREDICT USING", "EXTEND", "AGGREGATE", "EXPLAIN", NULL};

/* The line editor's callbacks take no argument: whose tables and models they complete, and where they are in the list. */
static dql_db *completed;
static char *catalog;
static const char *next_name;

static bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }

/* Names of tables, models and columns are the words in lower case of the catalog's text. */
static char *complete_name(const char *text) {
    size_t typed = strlen(text);
    while (next_name && *next_name) {
        size_t n = 0;
        while (is_name(next_name[n])) n++;
        const char *name = next_name;
        next_name += n ? n : 1;
        if (n >= typed && n > 0 && strncasecmp(name, text, typed) == 0) return strndup(name, n);
    }
    return NULL;
}

static char *complete_word(const char *text, int state) {
    static int at;
    if (state == 0) {
        free(catalog);
        next_name = catalog = dql_catalog(completed, "tables");
        at = 0;
    }
    while (words[at])
        if (strncasecmp(words[at++], text, strlen(text)) == 0) return strdup(words[at - 1]);
    return complete_name(text);
}

static char **complete(const char *text, int start, int end) {
    (void)start;
    (void)end;
    return rl_completion_matches(text, complete_word);
}

static char *history_path(void) {
    char *path = NULL;
    const char *home = getenv("HOME");
    if (!home || asprintf(&path, "%s/.dql_history", home) < 0) return NULL;
    return path;
}

static int terminal_width(void) {
    struct winsize w;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 ? w.ws_col : 0;
}

/* Appends a line; returns the longer text. */
static char *append_line(char *text, const char *line) {
    size_t n = text ? strlen(text) : 0, m = strlen(line);
    char *longer = realloc(text, n + m + 2);
    if (!longer) return text;
    memcpy(longer + n, line, m);
    memcpy(longer + n + m, "\n", 2);
    return longer;
}

static bool is_blank(const char *s) { return s[strspn(s, " \t\r\n")] == 0; }

void driver_shell(Driver *d) {
    char *path = history_path(), *text = NULL, *line;
    rl_readline_name = (char *)"dql";
    completed = d->db;
    rl_attempted_completion_function = complete;
    using_history();
    if (path) read_history(path);
    puts("dql: statements end with ; and .help lists the commands");
    while (!d->quit) {
        errno = 0;
        line = readline(text ? "...> " : "dql> ");
        if (!line && errno == EINTR) { /* Ctrl-C drops the statement begun */
            free(text);
            text = NULL;
            putchar('\n');
            continue;
        }
        if (!line) break;
        if (!text && (is_blank(line) || driver_dot_command(d, line))) {
            if (!is_blank(line)) add_history(line);
            free(line);
            continue;
        }
        text = append_line(text, line);
        free(line);
        if (text && dql_complete(text, strlen(text))) {
            text[strlen(text) - 1] = 0;
            add_history(text);
            d->format.width = terminal_width();
            driver_run(d, "<shell>", text, strlen(text), false);
            free(text);
            text = NULL;
        }
    }
    free(catalog);
    catalog = NULL;
    if (path) write_history(path);
    free(path);
    free(text);
}
