/* One file a rule: tests/rewrites/RULE.ir.  Sections "from:" and "to:" in pairs and "same:", each followed by lines of the
 * algebra's text form (a comment may stand behind the colon): the rule alone turns `from` into `to`, everywhere and to its
 * fixpoint, and does not fire in `same`, the counter-examples of its side conditions. */
#include "check.h"
#include "ir/text.h"
#include "rewrites/engine.h"
#include "rewrites/pass.h"
#include <dirent.h>
#include <stdlib.h>

static Arena *arena;
static Ir *ir;

static const char *folder(void) {
    const char *slash = strrchr(__FILE__, '/');
    return arena_printf(arena, "%.*s/../rewrites", (int)(slash ? slash - __FILE__ : 1), slash ? __FILE__ : ".");
}

static char *read_file(const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    Buf b = {0};
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) buf_add(&b, part, n);
    fclose(f);
    char *text = arena_strndup(arena, b.n ? b.p : "", b.n);
    buf_free(&b);
    return text;
}

static void fail(const char *rule, const char *what, const Node *got, const Node *want) {
    check_count++;
    check_failed++;
    Buf b = {0};
    if (got) ir_print(&b, got);
    if (want) buf_puts(&b, "expected\n"), ir_print(&b, want);
    fprintf(stderr, "tests/rewrites/%s.ir: %s\n%s", rule, what, b.n ? b.p : "");
    buf_free(&b);
}

static const Node *read_section(const char *rule, const char *text) {
    const char *why = "";
    const Node *n = ir_read(ir, text, &why);
    if (!n) fail(rule, why, NULL, NULL);
    return n;
}

static void check_pair(const Rule *r, const char *from_text, const char *to_text) {
    const char *why;
    size_t fired;
    const Node *from = read_section(r->name, from_text);
    const Node *got = from ? rw_apply_rule(ir, NULL, r, from, &fired) : NULL;
    const Node *to = read_section(r->name, to_text);
    if (!got || !to) return;
    check_count++;
    if (fired == 0) fail(r->name, "the rule did not fire in", from, NULL);
    else if (got != to) fail(r->name, "the result is", got, to);
    if (from->type->kind == TY_REL && !ir_verify(ir, got, &why)) fail(r->name, why, NULL, NULL);
}

static void check_same(const Rule *r, const char *text) {
    size_t fired = 0;
    const Node *n = read_section(r->name, text);
    const Node *got = n ? rw_apply_rule(ir, NULL, r, n, &fired) : NULL;
    check_count++;
    if (fired) fail(r->name, "the rule fired and gave", got, n);
}

/* Cuts the next section off: its name in *name, its lines are returned; NULL at the end. */
static char *next_section(char **at, char **name) {
    char *s = *at;
    while (*s == '#' || *s == '\n') s = strchr(s, '\n') ? strchr(s, '\n') + 1 : s + strlen(s);
    char *colon = strchr(s, ':'), *body = colon ? strchr(colon, '\n') : NULL;
    if (!body) return NULL;
    *name = s;
    *colon = 0;
    *body++ = 0;
    *at = body;
    while (**at == '%' || **at == '#' || **at == '\n') {
        char *line = *at;
        *at = strchr(line, '\n') ? strchr(line, '\n') + 1 : line + strlen(line);
        if (*line != '%') memset(line, ' ', strcspn(line, "\n"));
    }
    return arena_strndup(arena, body, (size_t)(*at - body));
}

static void check_file(const Rule *r, char *text) {
    char *name, *body, *from = NULL;
    int pairs = 0, same = 0;
    while ((body = next_section(&text, &name))) {
        if (strcmp(name, "from") == 0) from = body;
        else if (strcmp(name, "to") == 0 && from) check_pair(r, from, body), pairs++, from = NULL;
        else if (strcmp(name, "same") == 0) check_same(r, body), same++;
        else fail(r->name, "a section is from:, to: behind from:, or same:", NULL, NULL);
    }
    if (!pairs || !same) fail(r->name, "there are no from: and to:, or no same:", NULL, NULL);
}

static void test_rules(void) {
    for (size_t i = 0; i < rw_rule_count; i++) {
        char *text = read_file(arena_printf(arena, "%s/%s.ir", folder(), rw_rules[i]->name));
        CHECK(rw_rules[i]->law && rw_rules[i]->where && rw_rules[i]->make);
        CHECK(rw_find_rule(rw_rules[i]->name) == rw_rules[i]);
        if (text) check_file(rw_rules[i], text);
        else fail(rw_rules[i]->name, "the rule has no file", NULL, NULL);
    }
}

static void test_files(void) {
    DIR *dir = opendir(folder());
    CHECK(dir != NULL);
    for (struct dirent *d; dir && (d = readdir(dir));) {
        char *dot = strrchr(d->d_name, '.');
        if (d->d_name[0] == '.' || !dot || strcmp(dot, ".ir") != 0) continue;
        *dot = 0;
        if (!rw_find_rule(d->d_name)) fail(d->d_name, "the file has no rule", NULL, NULL);
    }
    if (dir) closedir(dir);
}

static void test_listing(void) {
    Buf b = {0};
    rw_list_rules(&b);
    for (size_t i = 0; i < rw_rule_count; i++) CHECK(strstr(b.p, rw_rules[i]->law) != NULL);
    for (size_t i = 0; i < rw_pass_count; i++) CHECK(rw_known(rw_passes[i].name));
    CHECK(!rw_known("no_such_rule"));
    buf_free(&b);
}

int main(void) {
    void (*tests[])(void) = {test_rules, test_files, test_listing};
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        arena = arena_new();
        Intern *names = intern_new();
        ir = ir_new(arena, names);
        tests[i]();
        arena_free(arena);
        intern_free(names);
    }
    return check_report("rewrites");
}
