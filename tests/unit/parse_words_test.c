/* Keywords: the lexer finds each, and each is of one class: reserved, or a name behind AS. */
#include "base/diag.h"
#include "grammar/parse.h"
#include "tests/unit/check.h"

static size_t errors(const char *fmt, const char *word) {
    char text[256];
    snprintf(text, sizeof text, fmt, word, word);
    Arena *a = arena_new();
    Intern *names = intern_new();
    Diags d;
    Source source = {"words.dql", text, strlen(text)};
    diags_init(&d, a, &source);
    dql_parse(a, names, &source, &d);
    size_t n = d.errors;
    intern_free(names);
    arena_free(a);
    return n;
}

static void test_word(const char *word) {
    bool as_name = errors("SELECT a AS %s FROM t", word) == 0, as_alias = errors("SELECT a %s, b FROM t", word) == 0;
    if (as_name == keyword_reserved(word) || as_alias) fprintf(stderr, "%s\n", word);
    CHECK(as_name == !keyword_reserved(word));
    CHECK(!as_alias);
    CHECK_INT(errors("SELECT a AS \"%s\", t.%s FROM t", word), 0);
    CHECK_INT(errors("SELECT f(%s => 1)", word), 0);
    if (as_name) CHECK_INT(errors("SELECT %s, 1 + %s FROM t", word), 0);
    if (as_name) CHECK_INT(errors("CREATE TABLE %s (%s INTEGER)", word), 0);
}

int main(void) {
    for (size_t i = 0; i < keyword_count(); i++) {
        const char *word = keyword_at(i), *after = i + 1 < keyword_count() ? keyword_at(i + 1) : "~";
        test_word(word);
        CHECK(keyword_reserved(word) != keyword_reserved(after) || strcmp(word, after) < 0);
    }
    CHECK(keyword_count() > 200);
    CHECK(keyword_reserved("TENSOR") && keyword_reserved("SELECT"));
    CHECK(!keyword_reserved("MODEL") && !keyword_reserved("NOSUCHWORD"));
    CHECK_INT(errors("SELECT a AS nosuchword, b alias FROM t %s", ""), 0);
    return check_report("parse_words");
}
