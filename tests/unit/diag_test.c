/* Diagnostics as a user reads them, and where a byte offset is. */
#include "base/diag.h"
#include "tests/unit/check.h"

static Arena *arena;
static Buf out;

static Source source_of(const char *text) { return (Source){"q.dql", text, strlen(text)}; }

static Span at(const Source *s, const char *what) {
    uint32_t from = (uint32_t)(strstr(s->text, what) - s->text);
    return (Span){from, from + (uint32_t)strlen(what)};
}

static const char *printed(const Diags *d, bool colour) {
    return buf_clear(&out), diags_print(d, &out, colour), out.p;
}

static void check_error(void) {
    Source s = source_of("FROM t\n  |> WHERE nmae > 3\n;");
    Diags d;
    diags_init(&d, arena, &s);
    CHECK_STR((diags_print(&d, &out, false), out.p ? out.p : ""), "");
    diag_error(&d, E_UNKNOWN_COLUMN, at(&s, "nmae"), "nmae");
    diag_note(&d, at(&s, "t\n"), "table '%s' is used here", "t");
    diag_did_you_mean(&d, "nmae", (const char *const[]){"id", "name"}, 2);
    diag_did_you_mean(&d, "nmae", (const char *const[]){"id"}, 1);
    CHECK_INT(d.errors, 1);
    CHECK_STR(printed(&d, false), "q.dql:2:12: error[E0102]: column 'nmae' does not exist\n"
                                  "    2 |   |> WHERE nmae > 3\n"
                                  "      |            ^^^^\n"
                                  "q.dql:1:6: note: table 't' is used here\n"
                                  "    1 | FROM t\n"
                                  "      |      ^\n"
                                  "help: did you mean name?\n");
}

/* Errors print in the order of their places, each with its own notes; one without a place last. */
static void check_order(void) {
    Source s = source_of("a b c");
    Diags d;
    diags_init(&d, arena, &s);
    diag_error(&d, E_FILE, SPAN_NONE, "cannot open 'x.csv'");
    diag_error(&d, E_SYNTAX, at(&s, "c"), "third");
    diag_note(&d, SPAN_NONE, "of third");
    diag_error(&d, E_SYNTAX, at(&s, "a"), "first");
    diag_help(&d, "of %s", "first");
    diag_error(&d, E_SYNTAX, at(&s, "a"), "second");
    CHECK_INT(d.errors, 4);
    CHECK_STR(printed(&d, false),
              "q.dql:1:1: error[E0001]: first\n    1 | a b c\n      | ^\nhelp: of first\n"
              "q.dql:1:1: error[E0001]: second\n    1 | a b c\n      | ^\n"
              "q.dql:1:5: error[E0001]: third\n    1 | a b c\n      |     ^\nq.dql: note: of third\n"
              "q.dql: error[E0401]: cannot open 'x.csv'\n");
}

static const char *marked(const char *text, Span span) {
    Source s = source_of(text);
    Diags d;
    diags_init(&d, arena, &s);
    diag_error(&d, E_SYNTAX, span, "x");
    return printed(&d, false);
}

static void check_lines(void) {
    CHECK_STR(marked("\tab\tcd", (Span){4, 6}),
              "q.dql:1:5: error[E0001]: x\n    1 | \tab\tcd\n      | \t  \t^^\n");
    CHECK_STR(marked("ab\ncd\nef", (Span){1, 7}), "q.dql:1:2: error[E0001]: x\n    1 | ab\n      |  ^\n");
    CHECK_STR(marked("ab\r\ncd", (Span){0, 6}), "q.dql:1:1: error[E0001]: x\n    1 | ab\n      | ^^\n");
    CHECK_STR(marked("ab\n", (Span){3, 3}), "q.dql:2:1: error[E0001]: x\n    2 | \n      | ^\n");
    CHECK_STR(marked("ab", (Span){2, 2}), "q.dql:1:3: error[E0001]: x\n    1 | ab\n      |   ^\n");
    CHECK_STR(marked("ab", (Span){100, 200}), "q.dql:1:3: error[E0001]: x\n    1 | ab\n      |   ^\n");
    CHECK_STR(marked("", (Span){0, 0}), "q.dql:1:1: error[E0001]: x\n    1 | \n      | ^\n");
    CHECK_STR(marked("ab\ncd", (Span){2, 2}), "q.dql:1:3: error[E0001]: x\n    1 | ab\n      |   ^\n");
    CHECK_STR(marked("'\xC3\xA9\xE2\x82\xAC' b", (Span){8, 9}),
              "q.dql:1:6: error[E0001]: x\n    1 | '\xC3\xA9\xE2\x82\xAC' b\n      |      ^\n");
    CHECK_STR(marked("a\033[31mb", (Span){6, 7}),
              "q.dql:1:7: error[E0001]: x\n    1 | a?[31mb\n      |       ^\n");
    Source s = source_of("ab\n\xC3\xA9z\n");
    LineCol z = source_line_col(&s, 5), end = source_line_col(&s, 7), beyond = source_line_col(&s, 99);
    CHECK(z.line == 2 && z.col == 2 && end.line == 3 && end.col == 1 && beyond.line == 3 && beyond.col == 1);
    Span joined = span_join((Span){3, 5}, (Span){1, 4});
    CHECK(joined.from == 1 && joined.to == 5);
}

static void check_many(void) {
    Source s = source_of("abc");
    Diags d;
    diags_init(&d, arena, &s);
    for (int i = 0; i < 100; i++) diag_error(&d, E_BAD_NUMBER, (Span){0, 1}, "12x");
    CHECK(d.n == 100 && d.errors == 100 && d.at[99].code == E_BAD_NUMBER);
    CHECK_STR(d.at[99].text, "bad number '12x'");
    Diags bare;
    diags_init(&bare, arena, NULL);
    diag_error(&bare, E_LIMIT, (Span){0, 1}, "too much");
    CHECK_STR(printed(&bare, false), "error[E0601]: too much\n");
    CHECK_STR(printed(&bare, true), "\033[1;31merror[E0601]\033[0m: too much\n");
}

int main(void) {
    arena = arena_new();
    check_error();
    check_order();
    check_lines();
    check_many();
    arena_free(arena);
    buf_free(&out);
    return check_report("diag");
}
