#include "runtime/aot_args.h"
#include "base/number.h"
#include <string.h>
#include <unistd.h>

enum { USAGE = 2 };

static void help(const AotScript *s, const char *program) {
    printf("usage: %s [OPTION..]\n\nRuns %s, compiled by dql.\n\n", program, s->name);
    for (uint32_t i = 0; i < s->n_params; i++) {
        Buf text = {0};
        type_print(&text, s->params[i].type, false);
        buf_printf(&text, s->params[i].has_default ? ", default " : ", required");
        if (s->params[i].has_default) value_print(&text, &s->params[i].value);
        printf("  --%-24s %s\n", s->params[i].name, text.p);
        buf_free(&text);
    }
    puts("  --mode=MODE               box, csv, tsv, json, jsonl, markdown or line\n"
         "  --header=on|off           column names above the rows\n"
         "  --null=TEXT               what NULL is written as\n"
         "  --booleans=true|01        how booleans are written\n"
         "  --threads=N               worker threads (0: one per processor)\n"
         "  --memory-limit=BYTES      most memory (K, M, G; 0: no limit)\n"
         "  --timing=json             one line of JSON a statement to stderr\n"
         "  --help");
}

static int refuse(const char *arg, const char *why) {
    fprintf(stderr, "%s: %s\nTry --help.\n", arg, why);
    return USAGE;
}

static bool one_of(const char *value, const char *yes, const char *no, bool *out) {
    *out = strcmp(value, yes) == 0;
    return *out || strcmp(value, no) == 0;
}

static bool size_of(const char *s, int64_t *out) {
    size_t n = strlen(s);
    int shift = n ? (s[n - 1] == 'K' ? 10 : s[n - 1] == 'M' ? 20 : s[n - 1] == 'G' ? 30 : 0) : 0;
    if (!parse_i64((Str){s, n - (shift != 0)}, out) || *out < 0 || *out > INT64_MAX >> shift) return false;
    *out <<= shift;
    return true;
}

/* 1: taken, 0: not one of these, -1: a bad value */
static int take_setting(AotArgs *a, const char *name, const char *value) {
    bool ok;
    if (strcmp(name, "mode") == 0) {
        a->format.mode = value;
        ok = result_mode_known(value);
    } else if (strcmp(name, "null") == 0) {
        a->format.null = value;
        ok = true;
    } else if (strcmp(name, "header") == 0) ok = one_of(value, "on", "off", &a->format.header);
    else if (strcmp(name, "booleans") == 0) ok = one_of(value, "01", "true", &a->format.booleans01);
    else if (strcmp(name, "threads") == 0) ok = parse_i64(str_of(value), &a->threads);
    else if (strcmp(name, "memory-limit") == 0) ok = size_of(value, &a->memory_limit);
    else if (strcmp(name, "timing") == 0) ok = a->timing = strcmp(value, "json") == 0;
    else return 0;
    return ok ? 1 : -1;
}

static int take_param(AotArgs *a, Arena *arena, TypePool *types, const AotScript *s, const char *arg, const char *name, const char *value) {
    for (uint32_t i = 0; i < s->n_params; i++) {
        const char *why = NULL;
        if (strcmp(s->params[i].name, name) != 0) continue;
        Value text = value_str(types, str_of(arena_strndup(arena, value, strlen(value))));
        if (!value_cast(arena, &text, s->params[i].type, &a->params[i], &why)) return refuse(arg, why ? why : "bad value");
        a->has_param[i] = true;
        return -1;
    }
    return refuse(arg, "unknown option");
}

static int take(AotArgs *a, Arena *arena, TypePool *types, const AotScript *s, const char *arg) {
    const char *equals = strchr(arg, '=');
    if (strncmp(arg, "--", 2) != 0) return refuse(arg, "unknown argument");
    if (!equals) return refuse(arg, "needs a value: --name=value");
    const char *name = arena_strndup(arena, arg + 2, (size_t)(equals - arg - 2));
    int taken = take_setting(a, name, equals + 1);
    if (taken < 0) return refuse(arg, "has a value that it does not take");
    return taken ? -1 : take_param(a, arena, types, s, arg, name, equals + 1);
}

int aot_args(AotArgs *out, Arena *a, TypePool *types, const AotScript *s, int argc, char **argv) {
    *out = (AotArgs){.format = {.mode = isatty(STDOUT_FILENO) ? "box" : "csv", .header = true, .null = ""},
                     .params = ARENA_ARRAY(a, Value, s->n_params + 1),
                     .has_param = ARENA_ARRAY(a, bool, s->n_params + 1)};
    for (uint32_t i = 0; i < s->n_params; i++) {
        out->params[i] = s->params[i].value;
        out->has_param[i] = s->params[i].has_default;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            help(s, argv[0]);
            return 0;
        }
        int stop = take(out, a, types, s, argv[i]);
        if (stop >= 0) return stop;
    }
    return -1;
}
