/* tests/errors/NAME.dql with NAME.err: the full text of the diagnostics of a script that is bound, not run.
 * UPDATE=1 writes the expectations instead.  With a file as argument, binds it and prints diagnostics and
 * plans.
 */
#include "tests/unit/files.h"
#include "tests/unit/schema.h"

static void run(const char *dir, const char *name) {
    char source[512], path[1024];
    Buf text = {0}, want = {0};
    Schema *s = schema_new();
    Statement last;
    snprintf(source, sizeof source, "%s.dql", name);
    snprintf(path, sizeof path, "%s/%s.dql", dir, name);
    CHECK(file_read(&text, path));
    const char *got = schema_run(s, source, text.p, text.n, &last);
    snprintf(path, sizeof path, "%s/%s.err", dir, name);
    if (getenv("UPDATE")) CHECK(file_write(path, got));
    else if (file_read(&want, path)) CHECK_STR(got, want.p);
    else CHECK_STR(path, "a file with the expectation");
    CHECK(*got);
    schema_free(s);
    buf_free(&text);
    buf_free(&want);
}

static int show(const char *path) {
    Buf text = {0}, plan = {0};
    Schema *s = schema_new();
    Statement last;
    if (!file_read(&text, path)) return 2;
    fputs(schema_run(s, path, text.p, text.n, &last), stdout);
    if (last.plan) ir_print(&plan, last.plan);
    for (uint32_t i = 0; i < last.n_columns; i++) {
        buf_printf(&plan, "%s ", last.columns[i].name);
        type_print(&plan, last.columns[i].type, true);
        buf_puts(&plan, "\n");
    }
    if (plan.n) fputs(plan.p, stdout);
    buf_free(&text);
    buf_free(&plan);
    schema_free(s);
    return 0;
}

int main(int argc, char **argv) {
    const char *dir = DQL_SOURCE_DIR "/tests/errors";
    if (argc > 1) return show(argv[1]);
    Names names = names_in(dir, ".dql");
    for (size_t i = 0; i < names.n; i++) {
        int before = check_failed;
        run(dir, names.at[i]);
        if (check_failed > before) fprintf(stderr, "^ in %s/%s.dql\n", dir, names.at[i]);
    }
    CHECK(names.n > 0);
    printf("bind_files: %zu files\n", names.n);
    names_free(&names);
    return check_report("bind_files");
}
