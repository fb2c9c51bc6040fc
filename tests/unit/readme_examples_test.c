/* Every ```sql block of the language reference parses, also those that tests/docs does not run (```sql parse); its table of
 * statements is well formed. */
#include "base/diag.h"
#include "grammar/parse.h"
#include "tests/unit/check.h"
#include "tests/unit/files.h"

#define README DQL_SOURCE_DIR "/grammar/README.md"

static void parse(const char *text, size_t len) {
    Arena *a = arena_new();
    Intern *names = intern_new();
    Diags d;
    Source source = {"grammar/README.md", text, len};
    diags_init(&d, a, &source);
    Ast *t = dql_parse(a, names, &source, &d);
    Buf out = {0};
    diags_print(&d, &out, false);
    CHECK_STR(out.n ? out.p : "", "");
    CHECK(t->kid[SCRIPT_STATEMENTS]->n > 0);
    buf_free(&out);
    intern_free(names);
    arena_free(a);
}

static int test_blocks(const char *text) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, "```sql")); n++) {
        at += strcspn(at, "\n") + 1;
        const char *end = strstr(at, "```");
        CHECK(end != NULL);
        if (!end) break;
        parse(at, (size_t)(end - at));
        at = end + 3;
    }
    return n;
}

static int test_table(const char *text) {
    static const char head[] = "| statement | status |\n|---|---|\n";
    const char *at = strstr(text, head);
    int n = 0;
    CHECK(at != NULL);
    for (at = at ? at + strlen(head) : ""; *at == '|'; n++) {
        const char *end = strchr(at, '\n'), *status = strstr(at, "` | ");
        CHECK(strncmp(at, "| `", 3) == 0 && end && status && status < end);
        if (!end || !status) break;
        CHECK(strncmp(status, "` | supported |", 15) == 0 || strncmp(status, "` | not supported yet |", 23) == 0);
        at = end + 1;
    }
    return n;
}

int main(void) {
    Buf text = {0};
    CHECK(file_read(&text, README));
    int blocks = test_blocks(text.p), rows = test_table(text.p);
    printf("readme_examples: %d blocks, %d statements in the table\n", blocks, rows);
    CHECK(blocks > 20);
    CHECK(rows > 30);
    buf_free(&text);
    return check_report("readme_examples");
}
