#include "driver/driver.h"
#include <stdlib.h>
#include <string.h>

/* The options that are the shell's own; all others are settings of the session (api/options.def). */
typedef struct Option {
    const char *name, *argument, *help;
    bool (*take)(Driver *d, CommandLine *c, const char *value);
} Option;

static bool is_one_of(const char *value, const char *const *words) {
    for (; *words; words++)
        if (strcmp(value, *words) == 0) return true;
    return false;
}

static bool take_command(Driver *d, CommandLine *c, const char *value) {
    (void)d;
    c->text = value;
    return true;
}

static bool take_mode(Driver *d, CommandLine *c, const char *value) {
    static const char *const modes[] = {"box", "csv", "tsv", "json", "jsonl", "markdown", "line", "none", NULL};
    (void)c;
    d->format.mode = value;
    d->mode_given = true;
    return is_one_of(value, modes);
}

static bool take_switch(const char *value, const char *on, const char *off, bool *out) {
    *out = strcmp(value, on) == 0;
    return *out || strcmp(value, off) == 0;
}

static bool take_header(Driver *d, CommandLine *c, const char *value) {
    (void)c;
    return take_switch(value, "on", "off", &d->format.header);
}

static bool take_null(Driver *d, CommandLine *c, const char *value) {
    (void)c;
    d->null = value;
    return true;
}

static bool take_booleans(Driver *d, CommandLine *c, const char *value) {
    (void)c;
    return take_switch(value, "01", "true", &d->format.booleans01);
}

static bool take_timing(Driver *d, CommandLine *c, const char *value) {
    (void)c;
    d->timing = true;
    return strcmp(value, "json") == 0;
}

static bool take_progress(Driver *d, CommandLine *c, const char *value) {
    bool on;
    (void)c;
    if (!take_switch(value, "on", "off", &on)) return false;
    d->no_progress = !on;
    return true;
}

static bool take_keep_going(Driver *d, CommandLine *c, const char *value) {
    (void)c;
    (void)value;
    d->keep_going = true;
    return true;
}

static bool take_param(Driver *d, CommandLine *c, const char *value) {
    const char *equals = strchr(value, '=');
    (void)c;
    if (!equals) return false;
    char *name = strndup(value, (size_t)(equals - value));
    bool ok = dql_param(d->db, name, equals + 1) == DQL_OK;
    free(name);
    return ok;
}

static bool take_list_ops(Driver *d, CommandLine *c, const char *value) {
    (void)d;
    (void)value;
    c->about = "ops";
    return true;
}

static bool take_list_rules(Driver *d, CommandLine *c, const char *value) {
    (void)d;
    (void)value;
    c->about = "rules";
    return true;
}

static const Option own_options[] = {
    {"-c", "TEXT", "run the statements of TEXT", take_command},
    {"--mode", "box|csv|tsv|json|jsonl|markdown|line|none", "how results are written (none: not at all)", take_mode},
    {"--header", "on|off", "column names above the rows", take_header},
    {"--null", "TEXT", "what NULL is written as", take_null},
    {"--booleans", "true|01", "how booleans are written", take_booleans},
    {"--timing", "json", "one line of JSON a statement to stderr", take_timing},
    {"--progress", "on|off", "a line on the terminal while a statement runs longer than a second", take_progress},
    {"--keep-going", "", "a script goes on after a failing statement", take_keep_going},
    {"--param", "NAME=VALUE", "value of a parameter; also --NAME=VALUE after the script's name", take_param},
    {"--list-ops", "", "print the operators and their laws", take_list_ops},
    {"--list-rules", "", "print the rewrite rules", take_list_rules},
};
enum { OWN_OPTIONS = sizeof own_options / sizeof *own_options };

void driver_usage(FILE *out) {
    fputs("usage: dql [OPTION..] [SCRIPT.dql [--PARAMETER=VALUE..]] [-c TEXT]\n"
          "Without a script and -c: statements from standard input, or a shell on a terminal.\n\n",
          out);
    for (int i = 0; i < OWN_OPTIONS; i++) {
        const Option *o = &own_options[i];
        fprintf(out, "  %s%s%-*s %s\n", o->name, *o->argument ? (o->name[1] == '-' ? "=" : " ") : "",
                (int)(30 - strlen(o->name)), o->argument, o->help);
    }
    char *settings = dql_about("options");
    fprintf(out, "%s  --help, --version\n\nExit codes: 0 ok, 1 an error in the text or the data, 2 a wrong command line,"
                 " 3 a resource limit, 130 interrupted.\n",
            settings ? settings : "");
    free(settings);
}

static int refuse(const char *arg, const char *why) {
    fprintf(stderr, "dql: %s: %s\nTry `dql --help`.\n", arg, why);
    return DQL_USAGE;
}

/* One option of the session's settings or, behind the script's name, a parameter. */
static int take_setting(Driver *d, const CommandLine *c, const char *arg, const char *name, const char *value) {
    if (dql_set(d->db, name, value) == DQL_OK) return -1;
    bool known = strncmp(dql_errmsg(d->db), "unknown", 7) != 0;
    if (known || (!c->file && !c->text) || !value) return refuse(arg, dql_errmsg(d->db));
    return dql_param(d->db, name, value) == DQL_OK ? -1 : refuse(arg, dql_errmsg(d->db));
}

/* `--name=value`, `--name value` for the own options that need one, `-c TEXT`. Returns -1 or the exit code. */
static int take_option(Driver *d, CommandLine *c, int argc, char **argv, int *at) {
    const char *arg = argv[*at], *equals = strchr(arg, '=');
    size_t length = equals ? (size_t)(equals - arg) : strlen(arg);
    for (int i = 0; i < OWN_OPTIONS; i++) {
        const Option *o = &own_options[i];
        if (strlen(o->name) != length || strncmp(o->name, arg, length) != 0) continue;
        const char *value = equals ? equals + 1 : NULL;
        if (!value && *o->argument && *at + 1 < argc) value = argv[++*at];
        if (!value && *o->argument) return refuse(arg, "needs a value");
        return o->take(d, c, value) ? -1 : refuse(arg, "has a value that it does not take");
    }
    if (strncmp(arg, "--", 2) != 0) return refuse(arg, "unknown option");
    char *name = strndup(arg + 2, length - 2);
    int stop = take_setting(d, c, arg, name, equals ? equals + 1 : NULL);
    free(name);
    return stop;
}

static bool ends_with(const char *s, const char *end) {
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

CommandLine driver_options(Driver *d, int argc, char **argv) {
    CommandLine c = {.stop = -1};
    for (int i = 1; i < argc && c.stop < 0; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            driver_usage(stdout);
            c.stop = 0;
        } else if (strcmp(argv[i], "--version") == 0) {
            char *version = dql_about("version");
            printf("%s\n", version);
            free(version);
            c.stop = 0;
        } else if (argv[i][0] == '-' && argv[i][1]) {
            c.stop = take_option(d, &c, argc, argv, &i);
        } else if (ends_with(argv[i], ".dqldb")) {
            c.database = argv[i];
        } else if (!c.file) {
            c.file = argv[i];
        } else {
            c.stop = refuse(argv[i], "a second script");
        }
    }
    return c;
}
