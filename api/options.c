#include "api/options.h"
#include "base/diag.h"
#include "base/memory.h"
#include "base/number.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum OptionKind { TEXT, INT, SIZE, BOOL, LIST } OptionKind;

typedef struct OptionRow {
    const char *name, *initial, *argument, *help;
    OptionKind kind;
    size_t offset;
} OptionRow;

static const OptionRow rows[] = {
#define OPTION(name, field, kind, initial, argument, help) {name, initial, argument, help, kind, offsetof(Options, field)},
#include "api/options.def"
#undef OPTION
};
enum { ROWS = sizeof rows / sizeof *rows };

static char *copy(const char *s) {
    size_t n = strlen(s) + 1;
    return memcpy(mem_alloc(n), s, n);
}

static char *format(const char *fmt, const char *a, const char *b) {
    Buf text = {0};
    buf_printf(&text, fmt, a, b);
    return text.p;
}

/* 64, 64K, 2M, 1.5G are too rare to want fractions: digits and one letter. */
static bool parse_size(const char *s, int64_t *out) {
    char *end;
    long long v = strtoll(s, &end, 10);
    int shift = *end == 'K' || *end == 'k' ? 10 : *end == 'M' || *end == 'm' ? 20 : *end == 'G' || *end == 'g' ? 30 : 0;
    end += shift != 0;
    if (end == s || *end || v < 0 || v > INT64_MAX >> shift) return false;
    *out = (int64_t)v << shift;
    return true;
}

/* "eval|cpu": one of the words; "" or upper case: anything */
static bool allowed(const char *argument, const char *value) {
    if (!strchr(argument, '|')) return true;
    size_t n = strlen(value);
    for (const char *at = argument;; at++) {
        if (strncmp(at, value, n) == 0 && (at[n] == '|' || at[n] == 0)) return true;
        if (!(at = strchr(at, '|'))) return false;
    }
}

static void list_add(OptionList *list, const char *more) {
    if (!*more) return;
    char *longer = format(*list->text ? "%s,%s" : "%s%s", list->text, more);
    free(list->text);
    list->text = longer;
}

static bool assign(Options *o, const OptionRow *r, const char *value) {
    void *at = (char *)o + r->offset;
    switch (r->kind) {
    case TEXT:
        if (*value && !allowed(r->argument, value)) return false;
        free(*(char **)at);
        *(char **)at = copy(value);
        return true;
    case INT: return parse_i64(str_of(value), at);
    case SIZE: return parse_size(value, at);
    case BOOL: return parse_bool(str_of(value), at);
    case LIST: list_add(at, value); return true;
    }
    return false;
}

void options_init(Options *o) {
    memset(o, 0, sizeof *o);
    for (int i = 0; i < ROWS; i++) {
        void *at = (char *)o + rows[i].offset;
        if (rows[i].kind == LIST) ((OptionList *)at)->text = copy("");
        if (!assign(o, &rows[i], rows[i].initial)) BUG("initial value of %s", rows[i].name);
    }
}

void options_free(Options *o) {
    for (int i = 0; i < ROWS; i++) {
        void *at = (char *)o + rows[i].offset;
        if (rows[i].kind == TEXT) free(*(char **)at);
        if (rows[i].kind == LIST) free(((OptionList *)at)->text);
    }
}

static char *unknown(const char *name) {
    const char *names[ROWS];
    for (int i = 0; i < ROWS; i++) names[i] = rows[i].name;
    const char *near = str_nearest(name, names, ROWS);
    return near ? format("unknown option '%s'; did you mean '%s'?", name, near) : format("unknown option '%s'%s", name, "");
}

bool options_set(Options *o, const char *name, const char *value, char **why) {
    for (int i = 0; i < ROWS; i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        if (!value && rows[i].kind != BOOL) {
            *why = format("%s needs a value: %s", name, rows[i].argument);
            return false;
        }
        if (assign(o, &rows[i], value ? value : "on")) return true;
        *why = format("bad value for %s: expected %s", name, *rows[i].argument ? rows[i].argument : "on or off");
        return false;
    }
    *why = unknown(name);
    return false;
}

void options_help(Buf *out) {
    for (int i = 0; i < ROWS; i++) {
        const OptionRow *r = &rows[i];
        int width = 30 - (int)strlen(r->name);
        buf_printf(out, "  --%s%s%-*s %s\n", r->name, *r->argument ? "=" : " ", width - 2 > 0 ? width - 2 : 0, r->argument, r->help);
    }
}

static const char *find(const OptionList *list, const char *word) {
    size_t n = strlen(word);
    for (const char *at = list->text; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, word, n) == 0 && (at[n] == ',' || at[n] == 0 || at[n] == ':')) return at + n;
    return NULL;
}

bool option_has(const OptionList *list, const char *word) {
    const char *at = find(list, word);
    return at && *at != ':';
}

char *option_with(const OptionList *list, const char *word) {
    const char *at = find(list, word);
    if (!at || *at != ':') return NULL;
    return strndup(at + 1, strcspn(at + 1, ","));
}
