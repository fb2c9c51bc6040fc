#include "driver/driver.h"
#include <stdlib.h>
#include <string.h>

/* Dot-commands and their backslash synonyms. */
typedef struct Command {
    const char *name, *synonym, *argument, *help;
    void (*run)(Driver *d, const char *argument);
} Command;

static void list_commands(Driver *d, const char *argument);

static void quit(Driver *d, const char *argument) {
    (void)argument;
    d->quit = true;
}

static void print_catalog(Driver *d, const char *what) {
    char *text = dql_catalog(d->db, what);
    fputs(text && *text ? text : "none\n", stdout);
    free(text);
}

static void tables(Driver *d, const char *argument) {
    (void)argument;
    print_catalog(d, "tables");
}

static void models(Driver *d, const char *argument) {
    (void)argument;
    print_catalog(d, "models");
}

static void timer(Driver *d, const char *argument) {
    d->timer = *argument ? strcmp(argument, "on") == 0 : !d->timer;
    printf("timer is %s\n", d->timer ? "on" : "off");
}

static void mode(Driver *d, const char *argument) {
    static const char *const modes[] = {"box", "csv", "tsv", "json", "jsonl", "markdown", "line"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(modes[i], argument) == 0) {
            d->format.mode = modes[i];
            d->mode_given = true;
            return;
        }
    fprintf(stderr, "modes: box csv tsv json jsonl markdown line\n");
}

static void read_script(Driver *d, const char *argument) {
    driver_run_file(d, argument, !d->keep_going);
}

static void explain(Driver *d, const char *argument) {
    char *text = NULL;
    if (asprintf(&text, "EXPLAIN %s", argument) < 0) return;
    driver_run(d, "<explain>", text, strlen(text), true);
    free(text);
}

static void set(Driver *d, const char *argument) {
    const char *blank = strchr(argument, ' ');
    char *name = strndup(argument, blank ? (size_t)(blank - argument) : strlen(argument));
    if (dql_set(d->db, name, blank ? blank + 1 : "on") != DQL_OK) fprintf(stderr, "%s\n", dql_errmsg(d->db));
    free(name);
}

static const Command commands[] = {
    {".help", "\\?", "", "this list", list_commands},
    {".tables", "\\d", "", "tables and their columns", tables},
    {".models", "\\dm", "", "models and their inputs", models},
    {".mode", "\\a", "MODE", "how results are written: box csv tsv json jsonl markdown line", mode},
    {".timer", "\\timing", "[on|off]", "time of each statement", timer},
    {".read", "\\i", "FILE", "run a script", read_script},
    {".explain", "\\e", "QUERY", "the plan of a query", explain},
    {".set", "\\set", "NAME VALUE", "a setting, as on the command line", set},
    {".quit", "\\q", "", "leave", quit},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static void list_commands(Driver *d, const char *argument) {
    (void)d;
    (void)argument;
    for (int i = 0; i < COMMANDS; i++)
        printf("%-9s %-8s %-11s %s\n", commands[i].name, commands[i].synonym, commands[i].argument, commands[i].help);
    puts("Statements end with a semicolon and may take several lines.");
}

bool driver_dot_command(Driver *d, const char *line) {
    while (*line == ' ' || *line == '\t') line++;
    bool dot = line[0] == '.' && line[1] >= 'a' && line[1] <= 'z';
    if (!dot && line[0] != '\\') return false;
    size_t n = strcspn(line, " \t\r\n");
    const char *argument = line + n + strspn(line + n, " \t");
    char *trimmed = strndup(argument, strcspn(argument, "\r\n"));
    size_t end = strlen(trimmed);
    while (end && (trimmed[end - 1] == ' ' || trimmed[end - 1] == ';')) trimmed[--end] = 0;
    for (int i = 0; i < COMMANDS; i++) {
        const char *names[] = {commands[i].name, commands[i].synonym};
        for (int k = 0; k < 2; k++)
            if (strlen(names[k]) == n && strncmp(names[k], line, n) == 0) {
                commands[i].run(d, trimmed);
                free(trimmed);
                return true;
            }
    }
    fprintf(stderr, "unknown command %.*s; .help lists them\n", (int)n, line);
    free(trimmed);
    return true;
}
