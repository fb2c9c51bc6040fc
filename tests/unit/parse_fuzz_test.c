/* Whatever the text, the parser ends, the tree is well formed and spans lie in the text. The texts are those of
 * tests/parse, cut, spliced, with bytes changed and tokens doubled; deterministic.
 */
#include "base/diag.h"
#include "grammar/parse.h"
#include "tests/unit/check.h"
#include "tests/unit/files.h"

#define ROUNDS 4000

static uint64_t next(uint64_t *state) {
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t n) { return n ? next(state) % n : 0; }

static bool spans_ok(const Ast *t, size_t len) {
    bool ok = t->span.from <= t->span.to && t->span.to <= len;
    for (uint32_t i = 0; ok && i < t->n; i++) ok = !t->kid[i] || spans_ok(t->kid[i], len);
    return ok;
}

static void parse(const char *text, size_t len) {
    Arena *a = arena_new();
    Intern *names = intern_new();
    Diags d;
    Source source = {"fuzz.dql", text, len};
    diags_init(&d, a, &source);
    Buf why = {0}, out = {0};
    Ast *t = dql_parse(a, names, &source, &d);
    bool ok = ast_check(t, &why) && spans_ok(t, len) && t->depth <= AST_MAX_DEPTH + 2;
    for (size_t i = 0; i < d.n; i++) {
        Span at = d.at[i].span;
        ok = ok && (at.from == UINT32_MAX || (at.from <= at.to && at.to <= len));
    }
    diags_print(&d, &out, false);
    CHECK(ok);
    if (!ok) fprintf(stderr, "in: %.*s\n%s\n", (int)len, text, why.p ? why.p : "");
    buf_free(&why);
    buf_free(&out);
    intern_free(names);
    arena_free(a);
}

static void cut(Buf *b, uint64_t *r) {
    b->n = below(r, b->n + 1);
    b->p[b->n] = 0;
}

static void change(Buf *b, uint64_t *r) {
    static const char bytes[] = "()[]{}'\";:|><=*-/$.,x1 \n\\\0\x80";
    for (size_t i = 0, n = 1 + below(r, 4); i < n && b->n; i++) b->p[below(r, b->n)] = bytes[below(r, sizeof bytes)];
}

/* A piece of the text moves to its end: keywords meet where they never do. */
static void splice(Buf *b, uint64_t *r) {
    size_t from = below(r, b->n), len = below(r, b->n - from);
    char *piece = strndup(b->p + from, len);
    b->n = below(r, b->n);
    buf_puts(b, piece);
    free(piece);
}

static void drop_word(Buf *b, uint64_t *r) {
    char *word = b->n ? strchr(b->p + below(r, b->n), ' ') : NULL, *end = word ? strchr(word + 1, ' ') : NULL;
    if (!end) return;
    memmove(word, end, b->n - (size_t)(end - b->p) + 1);
    b->n -= (size_t)(end - word);
}

static void mutate(const Buf *text, uint64_t *r) {
    static void (*const how[])(Buf *, uint64_t *) = {cut, change, splice, drop_word};
    Buf b = {0};
    buf_add(&b, text->p, text->n);
    for (size_t i = 0, n = 1 + below(r, 3); i < n; i++) how[below(r, 4)](&b, r);
    parse(b.p, b.n);
    buf_free(&b);
}

/* Nesting of every kind: a clean error or a tree, never a crash. */
static void deep(const char *open, const char *close, int n) {
    Buf b = {0};
    buf_puts(&b, "SELECT ");
    for (int i = 0; i < n; i++) buf_puts(&b, open);
    buf_puts(&b, "1");
    for (int i = 0; i < n; i++) buf_puts(&b, close);
    buf_puts(&b, "; SELECT 2;");
    parse(b.p, b.n);
    buf_free(&b);
}

int main(void) {
    const char *dir = DQL_SOURCE_DIR "/tests/parse";
    Names names = names_in(dir, ".dql");
    Buf text = {0};
    uint64_t state = 0x9E3779B97F4A7C15ull;
    CHECK(names.n > 0);
    for (int i = 0; i < ROUNDS && names.n; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s.dql", dir, names.at[(size_t)i % names.n]);
        CHECK(file_read(&text, path));
        mutate(&text, &state);
    }
    static const char *const nests[][2] = {{"(", ")"}, {"[", "]"}, {"NOT ", ""}, {"- ", ""}, {"1 + ", ""},
        {"CASE WHEN ", " THEN 1 END"}, {"(SELECT ", ")"}, {"f(", ")"}, {"1 IN (", ")"}, {"x::INT[][] || ", ""},
        {"CAST(", " AS INT)"}, {"1 AND ", ""}, {"EXISTS (SELECT ", ")"}, {"{a: ", "}"}, {"", "[0]"}, {"", ".x"}};
    for (size_t i = 0; i < sizeof nests / sizeof *nests; i++) {
        deep(nests[i][0], nests[i][1], 100);
        deep(nests[i][0], nests[i][1], 5000);
        deep(nests[i][0], nests[i][1], 50000);
    }
    buf_free(&text);
    names_free(&names);
    return check_report("parse_fuzz");
}
