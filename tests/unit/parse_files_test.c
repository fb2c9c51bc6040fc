/* tests/parse/NAME.dql with NAME.ast (the tree) and NAME.err (the diagnostics): a text with an .ast alone has no errors.
 * UPDATE=1 writes the expectations instead. The folder may be given as argument.
 */
#include "base/diag.h"
#include "grammar/parse.h"
#include "tests/unit/check.h"
#include "tests/unit/files.h"

typedef struct Parsed {
    Buf tree, errors;
    uint32_t statements;
} Parsed;

static void parse(const char *name, const Buf *text, Parsed *out) {
    Arena *a = arena_new();
    Intern *names = intern_new();
    Diags d;
    Source source = {name, text->p, text->n};
    diags_init(&d, a, &source);
    Ast *t = dql_parse(a, names, &source, &d);
    Buf why = {0};
    CHECK(ast_check(t, &why));
    CHECK_STR(why.n ? why.p : "", "");
    buf_puts(&out->tree, ""), buf_puts(&out->errors, "");
    ast_print(&out->tree, t);
    diags_print(&d, &out->errors, false);
    out->statements = t->kid[SCRIPT_STATEMENTS]->n;
    buf_free(&why);
    intern_free(names);
    arena_free(a);
}

static void compare(const char *path, const char *got, bool wanted) {
    Buf want = {0};
    if (getenv("UPDATE")) {
        if (wanted) CHECK(file_write(path, got));
        else remove(path);
    } else if (file_read(&want, path)) CHECK_STR(got, want.p);
    else if (wanted) CHECK_STR(path, "a file with the expectation");
    buf_free(&want);
}

static void run(const char *dir, const char *name) {
    char source[512], path[1024];
    Buf text = {0};
    Parsed p = {0};
    snprintf(source, sizeof source, "%s.dql", name);
    snprintf(path, sizeof path, "%s/%s", dir, source);
    CHECK(file_read(&text, path));
    parse(source, &text, &p);
    snprintf(path, sizeof path, "%s/%s.ast", dir, name);
    compare(path, p.tree.p, p.statements > 0);
    snprintf(path, sizeof path, "%s/%s.err", dir, name);
    compare(path, p.errors.p, p.errors.n > 0);
    buf_free(&text);
    buf_free(&p.tree);
    buf_free(&p.errors);
}

int main(int argc, char **argv) {
    const char *dir = argc > 1 ? argv[1] : DQL_SOURCE_DIR "/tests/parse";
    Names names = names_in(dir, ".dql");
    for (size_t i = 0; i < names.n; i++) {
        int before = check_failed;
        run(dir, names.at[i]);
        if (check_failed > before) fprintf(stderr, "^ in %s/%s.dql\n", dir, names.at[i]);
    }
    CHECK(names.n > 0);
    printf("parse_files: %zu files\n", names.n);
    names_free(&names);
    return check_report("parse_files");
}
