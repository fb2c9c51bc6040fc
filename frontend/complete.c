#include "frontend/complete.h"

typedef struct Scan {
    Str text;
    size_t at;
    int brackets;
    TextState state;
} Scan;

static char peek(const Scan *s, size_t ahead) { return s->at + ahead < s->text.n ? s->text.p[s->at + ahead] : 0; }

static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80);
}

static bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

/* E'..' knows backslashes, unless its E is the end of a longer word. */
static bool escapes(const Scan *s) {
    char before = s->at > 0 ? s->text.p[s->at - 1] : 0;
    return (before == 'e' || before == 'E') && (s->at < 2 || !is_word(s->text.p[s->at - 2]));
}

/* From the opening quote to behind the closing one; a doubled quote simply closes and opens again. */
static void skip_quoted(Scan *s, char quote, TextState inside) {
    bool backslash = quote == '\'' && escapes(s);
    s->state = inside;
    for (s->at++; s->at < s->text.n; s->at++) {
        if (backslash && peek(s, 0) == '\\') s->at++;
        else if (peek(s, 0) == quote && !(backslash && peek(s, 1) == quote)) break;
        else if (peek(s, 0) == quote) s->at++;
    }
    if (s->at++ < s->text.n) s->state = TEXT_OPEN;
}

static void skip_line(Scan *s) {
    while (s->at < s->text.n && peek(s, 0) != '\n') s->at++;
}

/* Comments nest. What was before goes on behind them. */
static void skip_comment(Scan *s) {
    int depth = 0;
    while (s->at < s->text.n) {
        int step = peek(s, 0) == '/' && peek(s, 1) == '*' ? 1 : peek(s, 0) == '*' && peek(s, 1) == '/' ? -1 : 0;
        s->at += step ? 2 : 1;
        depth += step;
        if (depth == 0) return;
    }
    s->state = TEXT_IN_COMMENT;
}

static void skip_other(Scan *s) {
    char c = peek(s, 0);
    s->at++;
    if (is_blank(c)) return;
    if (c == '(' || c == '[' || c == '{') s->brackets++;
    if ((c == ')' || c == ']' || c == '}') && s->brackets > 0) s->brackets--;
    if (c != ';' || s->brackets) s->state = TEXT_OPEN;
    else if (s->state != TEXT_BLANK) s->state = TEXT_COMPLETE;
}

TextState text_state(Str text) {
    Scan s = {.text = text, .state = TEXT_BLANK};
    while (s.at < text.n) {
        char c = peek(&s, 0), next = peek(&s, 1);
        if (c == '\'') skip_quoted(&s, c, TEXT_IN_STRING);
        else if (c == '"') skip_quoted(&s, c, TEXT_IN_NAME);
        else if (c == '-' && next == '-') skip_line(&s);
        else if (c == '/' && next == '*') skip_comment(&s);
        else skip_other(&s);
    }
    return s.state == TEXT_OPEN && s.brackets ? TEXT_IN_BRACKET : s.state;
}

bool text_is_complete(Str text) {
    TextState state = text_state(text);
    return state == TEXT_COMPLETE || state == TEXT_BLANK;
}
