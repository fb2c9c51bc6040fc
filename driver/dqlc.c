/* dqlc: the compiler, with cc's flags. One script in, one output (or several by --emit) out. */
#include "api/dql.h"
#include "driver/file.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct Compile {
    const char *script, *out;
    const char *depends; /* -MF: where the dependencies go */
    bool with_depends;   /* -MD */
    const char *emit[8]; /* kinds, in order given */
    int n_emit;
    int stop;            /* -1: go on */
} Compile;

/* --emit kinds with the suffix of the output when -o is not given. */
static const struct Kind {
    const char *name, *suffix;
} kinds[] = {{"exe", ""}, {"obj", ".o"}, {"static", ".a"}, {"shared", ".so"}, {"c-header", ".h"}, {"asm", ".s"}, {"llvm-ir", ".ll"}, {"dep-info", ".d"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static void usage(FILE *out) {
    fputs("usage: dqlc [OPTION..] SCRIPT.dql [-o OUTPUT]\n\n"
          "  -o PATH                        the output\n"
          "  -c                             an object file and its C header\n"
          "  -S                             assembly\n"
          "  -MD, -MF PATH                  also a rule for make: what the program is made of\n"
          "  --emit=exe|obj|static|shared|c-header|asm|llvm-ir|dep-info,..\n"
          "  -O0, -O1, -O2, -O3             no rewrites; those that keep every bit; all (the default)\n"
          "  -g                             names and lines of statements, for debuggers and profilers\n"
          "  --param NAME=VALUE             the default of a parameter\n",
          out);
    char *settings = dql_about("options");
    fprintf(out, "%s  --help, --version\n\nExit codes: 0 ok, 1 an error in the text or the data, 2 a wrong command line,"
                 " 3 a resource limit.\n",
            settings ? settings : "");
    free(settings);
}

static int refuse(const char *arg, const char *why) {
    fprintf(stderr, "dqlc: %s: %s\nTry `dqlc --help`.\n", arg, why);
    return DQL_USAGE;
}

static bool add_emit(Compile *c, const char *name, size_t n) {
    for (int k = 0; k < KINDS; k++)
        if (strlen(kinds[k].name) == n && strncmp(kinds[k].name, name, n) == 0 && c->n_emit < 8) {
            c->emit[c->n_emit++] = kinds[k].name;
            return true;
        }
    return false;
}

static int take_emit(Compile *c, const char *list) {
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, ",");
        if (!add_emit(c, at, n)) return refuse(list, "emits exe, obj, static, shared, c-header, asm, llvm-ir or dep-info");
        at += n + (at[n] == ',');
    }
    return -1;
}

static int take_setting(dql_db *db, const char *arg) {
    const char *equals = strchr(arg, '=');
    char *name = strndup(arg + 2, equals ? (size_t)(equals - arg - 2) : strlen(arg + 2));
    int status = dql_set(db, name, equals ? equals + 1 : NULL);
    free(name);
    return status == DQL_OK ? -1 : refuse(arg, dql_errmsg(db));
}

static int take_param(dql_db *db, const char *value) {
    const char *equals = value ? strchr(value, '=') : NULL;
    if (!equals) return refuse("--param", "needs NAME=VALUE");
    char *name = strndup(value, (size_t)(equals - value));
    int status = dql_param(db, name, equals + 1);
    free(name);
    return status == DQL_OK ? -1 : refuse(value, dql_errmsg(db));
}

static int take_level(dql_db *db, const char *arg) {
    if (arg[2] < '0' || arg[2] > '3' || arg[3]) return refuse(arg, "levels are -O0 to -O3");
    dql_set(db, "optimise", arg[2] == '0' ? "off" : "on");
    dql_set(db, "exact", arg[2] == '1' ? "on" : "off");
    return -1;
}

static Compile parse(dql_db *db, int argc, char **argv) {
    Compile c = {.stop = -1};
    for (int i = 1; i < argc && c.stop < 0; i++) {
        const char *arg = argv[i];
        if (strcmp(arg, "--help") == 0) {
            usage(stdout);
            c.stop = 0;
        } else if (strcmp(arg, "--version") == 0) {
            char *version = dql_about("version");
            puts(version);
            free(version);
            c.stop = 0;
        } else if (strcmp(arg, "-o") == 0) {
            if (i + 1 == argc) c.stop = refuse(arg, "needs a path");
            else c.out = argv[++i];
        } else if (strcmp(arg, "-c") == 0) {
            add_emit(&c, "obj", 3);
            add_emit(&c, "c-header", 8);
        } else if (strcmp(arg, "-S") == 0) {
            add_emit(&c, "asm", 3);
        } else if (strcmp(arg, "-MD") == 0) {
            c.with_depends = true;
        } else if (strcmp(arg, "-MF") == 0) {
            if (i + 1 == argc) c.stop = refuse(arg, "needs a path");
            else c.depends = argv[++i];
            c.with_depends = true;
        } else if (strncmp(arg, "-O", 2) == 0) {
            c.stop = take_level(db, arg);
        } else if (strcmp(arg, "-g") == 0) {
            dql_set(db, "debug-info", "on");
        } else if (strcmp(arg, "--param") == 0) {
            c.stop = take_param(db, i + 1 < argc ? argv[++i] : NULL);
        } else if (strncmp(arg, "--param=", 8) == 0) {
            c.stop = take_param(db, arg + 8);
        } else if (strncmp(arg, "--emit=", 7) == 0) {
            c.stop = take_emit(&c, arg + 7);
        } else if (strncmp(arg, "--", 2) == 0) {
            c.stop = take_setting(db, arg);
        } else if (arg[0] == '-') {
            c.stop = refuse(arg, "unknown option");
        } else if (c.script) {
            c.stop = refuse(arg, "a second script");
        } else {
            c.script = arg;
        }
    }
    if (c.stop < 0 && !c.script) c.stop = refuse("no script", "name the .dql file to compile");
    if (c.stop < 0 && !c.n_emit) add_emit(&c, "exe", 3);
    if (c.stop < 0 && c.with_depends) add_emit(&c, "dep-info", 8);
    return c;
}

/* q.dql -> q, q.o, q.h: the script's name (without its folder) with another suffix; -o names the first output, and a
 * header beside an object takes its name. */
static char *output_path(const Compile *c, int at) {
    const char *suffix = "";
    for (int k = 0; k < KINDS; k++)
        if (strcmp(kinds[k].name, c->emit[at]) == 0) suffix = kinds[k].suffix;
    if (c->out && at == 0) return strdup(c->out);
    if (c->depends && strcmp(suffix, ".d") == 0) return strdup(c->depends);
    const char *stem = c->out ? c->out : strrchr(c->script, '/') ? strrchr(c->script, '/') + 1 : c->script;
    const char *dot = strrchr(stem, '.'), *slash = strrchr(stem, '/');
    if (dot && slash && dot < slash) dot = NULL; /* of a folder's name */
    char *path = NULL;
    if (asprintf(&path, "%.*s%s", dot ? (int)(dot - stem) : (int)strlen(stem), stem, suffix) < 0) return NULL;
    return path;
}

static int compile(dql_db *db, const Compile *c) {
    size_t len;
    char *text = driver_read_file(c->script, &len);
    if (!text) {
        fprintf(stderr, "dqlc: cannot read %s: %s\n", c->script, strerror(errno));
        return DQL_ERROR;
    }
    dql_output outputs[8];
    char *paths[8];
    for (int i = 0; i < c->n_emit; i++) outputs[i] = (dql_output){c->emit[i], paths[i] = output_path(c, i)};
    int status = dql_compile(db, c->script, text, len, c->n_emit, outputs);
    const char *why = dql_errmsg(db);
    if (status != DQL_OK) fprintf(stderr, "%s%s", why, *why && why[strlen(why) - 1] == '\n' ? "" : "\n");
    for (int i = 0; i < c->n_emit; i++) free(paths[i]);
    free(text);
    return status;
}

static dql_db *interrupt_db;

/* The first one lets the compiler remove what it has begun, a second one ends the process. */
static void on_interrupt(int signal_number) {
    if (interrupt_db) dql_interrupt(interrupt_db);
    signal(signal_number, SIG_DFL);
}

static void catch_signals(dql_db *db) {
    interrupt_db = db;
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    signal(SIGXFSZ, SIG_IGN); /* a file larger than the limit is an error like a full disk */
}

int main(int argc, char **argv) {
    dql_db *db;
    int status = dql_open(NULL, &db);
    if (status == DQL_OK) {
        catch_signals(db);
        dql_set(db, "target", "all");
        Compile c = parse(db, argc, argv);
        status = c.stop >= 0 ? c.stop : compile(db, &c);
    }
    dql_close(db);
    return status;
}
