/* Whatever the text, reading, binding, rewriting and lowering end with a plan or a message: never a crash, a failed check
 * or an endless loop.  The texts are those of all .dql files of the tests, a token changed, dropped, doubled, moved or
 * taken from another file; each session runs what changes its catalog on the evaluator and compiles the queries.
 *
 * statement_fuzz_test [SECONDS [SEED]]: for SECONDS instead of the few rounds of a test run, from another seed.
 */
#include "api/dql.h"
#include "base/vec.h"
#include "tests/unit/check.h"
#include "tests/unit/files.h"
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 400, SLOW_SECONDS = 100, MAX_TEXT = 20000 };

typedef struct Token {
    const char *p;
    size_t n;
} Token;
typedef VEC(Token) Tokens;

typedef struct Corpus {
    VEC(Buf) texts;
    VEC(Tokens) files;
    Tokens all;
} Corpus;

static const Buf *current; /* for the watchdog, which is a signal handler */

static uint64_t next(uint64_t *state) {
    *state ^= *state << 13, *state ^= *state >> 7, *state ^= *state << 17;
    return *state;
}

static size_t below(uint64_t *state, size_t n) { return n ? next(state) % n : 0; }

/* ---- tokens: words, numbers, quoted texts, single marks; blanks go with the token before them ---- */
static size_t token_length(const char *p, const char *end) {
    const char *at = p;
    if (*at == '\'' || *at == '"') {
        const char *close = memchr(at + 1, *at, (size_t)(end - at - 1));
        at = close ? close + 1 : end;
    } else if (*at == '-' && at + 1 < end && at[1] == '-') {
        while (at < end && *at != '\n') at++;
    } else if (strchr("|=<>:!", *at)) {
        while (at < end && *at && strchr("|=<>:!", *at)) at++;
    } else if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.$", *at)) {
        while (at < end && *at && strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789.$", *at)) at++;
    } else
        at++;
    while (at < end && (*at == ' ' || *at == '\n')) at++;
    return (size_t)(at - p);
}

static void split(Tokens *out, const Buf *text) {
    for (const char *at = text->p, *end = text->p + text->n; at < end;) {
        size_t n = token_length(at, end);
        *vec_push(out) = (Token){at, n};
        at += n;
    }
}

static void add_folder(Corpus *c, const char *dir) {
    Names names = names_in(dir, ".dql");
    for (size_t i = 0; i < names.n; i++) {
        char path[1024];
        Buf text = {0};
        snprintf(path, sizeof path, "%s/%s.dql", dir, names.at[i]);
        if (file_read(&text, path) && text.n && text.n < MAX_TEXT) *vec_push(&c->texts) = text;
        else buf_free(&text);
    }
    names_free(&names);
}

static Corpus read_corpus(void) {
    static const char *const folders[] = {"tests/exec", "tests/errors", "tests/plans", "tests/parse", "tests/bugs", "samples"};
    Corpus c = {0};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) add_folder(&c, folders[i]);
    for (size_t i = 0; i < c.texts.n; i++) {
        Tokens t = {0};
        split(&t, &c.texts.at[i]);
        for (size_t k = 0; k < t.n; k++) *vec_push(&c.all) = t.at[k];
        *vec_push(&c.files) = t;
    }
    return c;
}

static void free_corpus(Corpus *c) {
    for (size_t i = 0; i < c->texts.n; i++) buf_free(&c->texts.at[i]);
    for (size_t i = 0; i < c->files.n; i++) vec_free(&c->files.at[i]);
    vec_free(&c->texts);
    vec_free(&c->files);
    vec_free(&c->all);
}

/* ---- mutations of a list of tokens ---- */
static const char *const odd[] = {"0 ", "-1 ", "2147483648 ", "9223372036854775807 ", "9223372036854775808 ", "1e308 ", "1e-400 ",
    "99999999999999999999999999999999999999 ", "0.00000000000000000000000000000000000001 ", "NULL ", "'' ", "'x' ", "TRUE ", "( ", ") ",
    ", ", "; ", "* ", "NOT ", "IN (1, NULL) ", "LIKE '%' ", "IS NULL ", "::INTEGER ", "::DECIMAL(38, 38) ", "::VARCHAR ", "::DATE ",
    "::TENSOR(FLOAT32, 2) ", "[0] ", "[-1] ", "[1:0] ", "|> WHERE TRUE ", "|> LIMIT 0 ", "|> DISTINCT ", "DATE '9999-12-31' ",
    "INTERVAL '1 month' ", "CASE WHEN NULL THEN 1 END ", "(SELECT 1) ", "(VALUES (1, NULL)) ", "COUNT(*) ", "SUM(a) ", "$p ", "/ 0 ", "% 0 "};
enum { ODD = sizeof odd / sizeof *odd };

static Token any_token(const Corpus *c, uint64_t *r) {
    if (below(r, 3) == 0) {
        const char *s = odd[below(r, ODD)];
        return (Token){s, strlen(s)};
    }
    return c->all.at[below(r, c->all.n)];
}

static void mutate(Tokens *t, const Corpus *c, uint64_t *r) {
    size_t at = below(r, t->n), other = below(r, t->n);
    Token swapped = t->at[at], copied = t->at[other];
    switch (below(r, 6)) {
    case 0: t->at[at] = any_token(c, r); break;
    case 1: t->at[at].n = 0; break;
    case 2: t->at[at] = copied; break;
    case 3: t->at[at] = copied, t->at[other] = swapped; break;
    case 4: *vec_push(t) = copied; break;
    case 5: /* a run of tokens from another file takes the place of one here */
        *vec_push(t) = swapped;
        for (size_t i = at, from = below(r, c->all.n); i < t->n && i < at + below(r, 6) && from < c->all.n; i++, from++)
            t->at[i] = c->all.at[from];
        break;
    }
}

static void mutated(Buf *out, const Tokens *file, const Corpus *c, uint64_t *r) {
    Tokens t = {0};
    for (size_t i = 0; i < file->n; i++) *vec_push(&t) = file->at[i];
    for (size_t i = 0, n = 1 + below(r, 4); i < n && t.n; i++) mutate(&t, c, r);
    buf_clear(out);
    for (size_t i = 0; i < t.n; i++) buf_add(out, t.at[i].p, t.at[i].n);
    vec_free(&t);
}

/* ---- one text ---- */
static void too_slow(int signal_number) {
    (void)signal_number;
    if (write(STDERR_FILENO, "too slow:\n", 10) + write(STDERR_FILENO, current->p, current->n) < 0) _exit(2);
    _exit(1);
}

static bool known_status(int status) {
    return status == DQL_OK || status == DQL_DONE || status == DQL_ROW || status == DQL_ERROR || status == DQL_LIMIT;
}

static bool run_statement(dql_db *db, dql_script *script, int index) {
    dql_stmt *s = NULL;
    int status = dql_prepare(script, index, &s);
    if (status == DQL_OK) status = dql_step(s);
    bool ok = known_status(status) && (status != DQL_ERROR || *dql_errmsg(db));
    dql_finalize(s);
    return ok;
}

static void run_text(const Buf *text) {
    static const char *const settings[][2] = {{"backend", "eval"}, {"threads", "1"}, {"cache", "off"}, {"stop-after", "lower"},
                                              {"verify", "each"}, {"memory-limit", "256M"}};
    dql_db *db;
    dql_script *script = NULL;
    current = text;
    alarm(SLOW_SECONDS);
    bool ok = dql_open(NULL, &db) == DQL_OK;
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) ok = ok && dql_set(db, settings[i][0], settings[i][1]) == DQL_OK;
    ok = ok && known_status(dql_read(db, "fuzz.dql", text->p, text->n, &script));
    for (int i = 0; ok && i < dql_script_count(script); i++) ok = run_statement(db, script, i);
    CHECK(ok);
    if (!ok) fprintf(stderr, "in: %s\n", text->p);
    dql_script_free(script);
    dql_close(db);
    alarm(0);
}

int main(int argc, char **argv) {
    long seconds = argc > 1 ? strtol(argv[1], NULL, 10) : 0, rounds = 0;
    uint64_t state = 0x9E3779B97F4A7C15ull + (argc > 2 ? strtoull(argv[2], NULL, 10) : 0);
    Buf text = {0};
    if (chdir(DQL_SOURCE_DIR) != 0) return 2;
    Corpus c = read_corpus();
    CHECK(c.files.n > 0);
    signal(SIGALRM, too_slow);
    for (time_t start = time(NULL); c.files.n && (seconds ? time(NULL) - start < seconds : rounds < ROUNDS); rounds++) {
        mutated(&text, &c.files.at[below(&state, c.files.n)], &c, &state);
        if (argc > 3) file_write(argv[3], text.p); /* the text at hand when the process dies */
        run_text(&text);
    }
    printf("%ld texts\n", rounds);
    buf_free(&text);
    free_corpus(&c);
    return check_report("statement_fuzz");
}
