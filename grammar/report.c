/* Syntax errors in a reader's words. bison gives every token that may follow, often two hundred: groups of them are
 * named ("an expression"), what remains is ranked, and at most LISTED are shown.
 */
#include "grammar/parser.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define LISTED 6
#define FOUND_MAX 30

/* What may follow, as a set from which groups are taken. */
typedef struct Expected {
    const char **at;
    size_t n;
} Expected;

static bool has(const Expected *e, const char *token) {
    for (size_t i = 0; i < e->n; i++)
        if (strcmp(e->at[i], token) == 0) return true;
    return false;
}

static bool has_all(const Expected *e, const char *const *tokens) {
    for (; *tokens; tokens++)
        if (!has(e, *tokens)) return false;
    return true;
}

static bool listed(const char *const *tokens, const char *token) {
    for (; *tokens; tokens++)
        if (strcmp(*tokens, token) == 0) return true;
    return false;
}

static bool is_keyword(const char *token) { return keyword_token(token) != 0; }

static bool is_open_word(const char *token) { return is_keyword(token) && !keyword_reserved(token); }

typedef const char *const Tokens[];
#define NAME_TOKENS "a name", "a quoted name"

static Tokens expression_first = {NAME_TOKENS, "an integer", "a number", "a string", "a parameter", "a blob", "'('", "'['", "'{'",
                                  "'-'", "'+'", "NOT", "NULL", "TRUE", "FALSE", "CASE", "CAST", "EXISTS", "ARRAY",
                                  "LEFT", "RIGHT", "WHERE", "DISTINCT", "ALL", NULL};
static Tokens type_first = {NAME_TOKENS, "TENSOR", NULL};
static Tokens name_tokens = {NAME_TOKENS, NULL};
static Tokens alias_tokens = {NAME_TOKENS, "AS", NULL};
static Tokens operators = {"'+'", "'-'", "'*'", "'/'", "'%'", "'^'", "||", "<->", "<=>", "<#>", "'='", "<>", "'<'",
                           "<=", "'>'", ">=", "::", "'.'", "'['", "IS", "NOT", "LIKE", "ILIKE", "BETWEEN", "IN", "AND",
                           "OR", "OVER", "FILTER", "IGNORE", "RESPECT", "ESCAPE", "ANY", "SOME", NULL};
static Tokens comparisons = {"'='", "<>", "'<'", "<=", "'>'", ">=", NULL};
static Tokens joins = {"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL", "SEMI", "ANTI", NULL};
static Tokens reshapes = {"PIVOT", "UNPIVOT", "MELT", "TABLESAMPLE", "UNSTACK", "EXPLODE", NULL};
static Tokens setops = {"UNION", "INTERSECT", "EXCEPT", NULL};
static Tokens limits = {"LIMIT", "OFFSET", "FETCH", NULL};
static Tokens constraints = {"NOT", "NULL", "PRIMARY", "UNIQUE", "CHECK", "DEFAULT", "REFERENCES", NULL};
static Tokens end_tokens = {"';'", "the end of the text", NULL};

/* A group is recognised by tokens that occur together nowhere else. Those that match take their tokens away, in this
 * order. words: keywords that go with them. */
typedef enum Words { NO_WORDS, OPEN_WORDS, ALL_WORDS } Words;
typedef struct Group {
    const char *name; /* one of the tokens: it stands for all of them; NULL: dropped without a word */
    const char *mark[4];
    const char *without; /* and a token that must not be there */
    const char *const *tokens;
    Words words;
} Group;

static const Group groups[] = {
    {"a statement", {"TRAIN", "INSERT"}, "a name", expression_first, ALL_WORDS},
    {"a pipe operator", {"EXTEND", "TEE"}, "a name", expression_first, ALL_WORDS},
    {"an expression", {"a number", "CASE", "THEN"}, "", expression_first, ALL_WORDS},
    {"an expression", {"a number", "CASE"}, "", expression_first, OPEN_WORDS},
    {"a name", {"a name", "THEN", "INTO"}, "", name_tokens, ALL_WORDS},
    {"a type", {"a name", "TENSOR"}, "", type_first, OPEN_WORDS},
    {"a name", {"a name", "ALTERNATIVES"}, "", name_tokens, OPEN_WORDS},
    {"an alias", {"a name", "AS"}, "", alias_tokens, NO_WORDS},
    {"a name", {"a name"}, "", name_tokens, NO_WORDS},
    {"an operator", {"'+'", "'*'", "||"}, "", operators, NO_WORDS},
    {"a constraint", {"PRIMARY", "DEFAULT"}, "", constraints, NO_WORDS},
    {"JOIN", {"JOIN", "CROSS"}, "", joins, NO_WORDS},
    {NULL, {"PIVOT", "MELT"}, "", reshapes, NO_WORDS},
    {"UNION", {"UNION", "EXCEPT"}, "", setops, NO_WORDS},
    {"LIMIT", {"LIMIT", "FETCH"}, "", limits, NO_WORDS},
    {"';'", {"';'"}, "", end_tokens, NO_WORDS},
};

static bool matches(const Expected *e, const Group *g) { return has_all(e, g->mark) && !has(e, g->without); }

static bool taken(const Group *g, const char *token) {
    return listed(g->tokens, token) || (g->words == ALL_WORDS && is_keyword(token)) ||
           (g->words == OPEN_WORDS && is_open_word(token));
}

static void take(Expected *e, const Group *g) {
    size_t kept = 0;
    for (size_t i = 0; i < e->n; i++)
        if (!taken(g, e->at[i])) e->at[kept++] = e->at[i];
    e->n = kept;
}

/* What a reader most likely left out comes first. */
static Tokens ranking = {"')'", "']'", "'}'", "','", "TABLE", "VIEW", "AS", "FROM", "THEN", "END", "ON", "USING", "BY", "SET",
                         "INTO", "JOIN", "WHERE", "|>", "';'", "GROUP", "ORDER", "LIMIT", "'('", "UNION", NULL};

static size_t rank(const char *token) {
    size_t i = 0;
    while (ranking[i] && strcmp(ranking[i], token) != 0) i++;
    return i;
}

static int by_rank(const void *a, const void *b) {
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    size_t rx = rank(x), ry = rank(y);
    return rx != ry ? (rx < ry ? -1 : 1) : strcmp(x, y);
}

static void add_name(Buf *b, const char *token) {
    bool sign = token[0] != '\'' && !(token[0] >= 'a' && token[0] <= 'z') && !is_keyword(token);
    buf_printf(b, sign ? "'%s'" : "%s", token);
}

static void add_expected(Buf *b, Expected e) {
    const char *shown[LISTED];
    size_t n = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        const Group *g = &groups[i];
        if (!matches(&e, g)) continue;
        take(&e, g);
        if (g->name && (is_keyword(g->name) || g->name[0] == '\'')) e.at[e.n++] = g->name;
        else if (g->name) shown[n++] = g->name;
    }
    qsort(e.at, e.n, sizeof *e.at, by_rank);
    for (size_t i = 0; i < e.n && n < LISTED; i++) shown[n++] = e.at[i];
    for (size_t i = 0; i < n; i++) {
        buf_puts(b, i == 0 ? "expected " : i + 1 == n ? " or " : ", ");
        add_name(b, shown[i]);
    }
}

static void add_found(Buf *b, const Parser *p, Span at, const char *found) {
    const char *text = p->source->text + at.from;
    int n = (int)(at.to - at.from);
    if (is_keyword(found) || n == 0) buf_puts(b, found);
    else if (n > FOUND_MAX) buf_printf(b, "%.*s..", FOUND_MAX, text);
    else buf_printf(b, *text == '\'' || *text == '"' ? "%.*s" : "'%.*s'", n, text);
}

/* The word before a place: SELECT a FORM t fails at t, but FORM was meant to be a keyword. */
static Str word_before(const Parser *p, uint32_t from) {
    const char *text = p->source->text;
    uint32_t to = from;
    while (to > 0 && isspace((unsigned char)text[to - 1])) to--;
    for (from = to; from > 0 && (isalnum((unsigned char)text[from - 1]) || text[from - 1] == '_');) from--;
    return (Str){text + from, to - from};
}

/* Shorter words are near to too many. */
static bool suggest(Parser *p, Str word, const Expected *e) {
    const char *s = arena_strndup(p->arena, word.p, word.n);
    if (word.n < 3 || !str_nearest(s, e->at, e->n)) return false;
    diag_did_you_mean(p->diags, s, e->at, e->n);
    return true;
}

/* A keyword where a name is wanted; a name that looks like a keyword which may stand here. */
static void advise(Parser *p, Span at, const char *found, const Expected *e) {
    Str text = {p->source->text + at.from, at.to - at.from};
    bool name = has(e, "a name"), any_name = name && has(e, "ALTERNATIVES");
    if (is_keyword(found) && any_name && !has(e, "a number"))
        diag_help(p->diags, "%s is a reserved word; write \"%.*s\" to use it as a name", found, STR_ARG(text));
    else if (is_open_word(found) && name && has(e, "AS"))
        diag_help(p->diags, "%s is a keyword, so this alias needs AS: AS %.*s", found, STR_ARG(text));
    else if (listed(comparisons, found) && has(e, "AND") && has(e, "'+'"))
        diag_help(p->diags, "comparisons do not chain: write a < b AND b < c, or parentheses");
    else if (strcmp(found, "a name") == 0 && !suggest(p, text, e))
        suggest(p, word_before(p, at.from), e);
}

void report_syntax(Parser *p, Span at, const char *found, const char *const *expected, size_t n) {
    if (!report_first(p)) return;
    Expected e = {ARENA_ARRAY(p->arena, const char *, n), n};
    if (n) memcpy(e.at, expected, n * sizeof *expected);
    Buf b = {0};
    add_expected(&b, (Expected){arena_copy(p->arena, e.at, n * sizeof *e.at), n});
    buf_puts(&b, b.n ? ", found " : "unexpected ");
    add_found(&b, p, at, found);
    diag_error(p->diags, E_SYNTAX, at, b.p);
    buf_free(&b);
    advise(p, at, found, &e);
}

bool report_first(Parser *p) {
    bool first = !p->failed;
    p->failed = true;
    return first;
}

void report_too_deep(Parser *p, Span at) {
    if (!report_first(p)) return;
    diag_error(p->diags, E_TOO_DEEP, at, AST_MAX_DEPTH);
    diag_help(p->diags, "each operator of a chain is a level too: x IN (..) stands for many OR, WITH names parts of a query");
}
