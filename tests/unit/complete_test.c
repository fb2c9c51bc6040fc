/* When the shell may run what was typed. */
#include "frontend/complete.h"
#include "tests/unit/check.h"

static const struct {
    const char *text;
    TextState state;
} cases[] = {
    {"", TEXT_BLANK},
    {" \n-- nothing; yet\n", TEXT_BLANK},
    {";;", TEXT_BLANK},
    {"/* a; */ ", TEXT_BLANK},
    {"SELECT 1", TEXT_OPEN},
    {"SELECT 1;", TEXT_COMPLETE},
    {"SELECT 1; -- done", TEXT_COMPLETE},
    {"SELECT 1; /* done; */ ", TEXT_COMPLETE},
    {"SELECT 1; SELECT", TEXT_OPEN},
    {"SELECT 1; ;", TEXT_COMPLETE},
    {"SELECT ';'", TEXT_OPEN},
    {"SELECT ';", TEXT_IN_STRING},
    {"SELECT 'it''s;'", TEXT_OPEN},
    {"SELECT 'it''s';", TEXT_COMPLETE},
    {"SELECT 'back\\';", TEXT_COMPLETE},
    {"SELECT E'back\\';", TEXT_IN_STRING},
    {"SELECT e'it''s \\' ';", TEXT_COMPLETE},
    {"SELECT date'x\\';", TEXT_COMPLETE},
    {"SELECT \"a;", TEXT_IN_NAME},
    {"SELECT \"a;\";", TEXT_COMPLETE},
    {"SELECT 1 /* a; /* b */", TEXT_IN_COMMENT},
    {"SELECT 1 /* a; /* b */ */", TEXT_OPEN},
    {"SELECT (1;", TEXT_IN_BRACKET},
    {"SELECT (1);", TEXT_COMPLETE},
    {"SELECT {a: [1, 2;", TEXT_IN_BRACKET},
    {"SELECT 1);", TEXT_COMPLETE},
    {"SELECT 1 - -1;", TEXT_COMPLETE},
    {"SELECT 1 --;", TEXT_OPEN},
};

int main(void) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        TextState state = text_state(str_of(cases[i].text));
        if (state != cases[i].state) fprintf(stderr, "%s\n", cases[i].text);
        CHECK_INT(state, cases[i].state);
        CHECK(text_is_complete(str_of(cases[i].text)) == (state <= TEXT_COMPLETE));
    }
    return check_report("complete");
}
