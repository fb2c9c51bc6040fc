/* dql against SQLite: random queries over random tables, on four executions, give SQLite's rows.
 *   sqlite_test [SEED [WORLDS [EXECUTION]]]    another seed (default 1), number of worlds, one execution alone
 * A failure prints the tables, the query cut down, and both answers.  What dql refuses as `not supported` is
 * counted.
 */
#include "sql_engines.h"
#include "sql_make.h"
#include "sql_reduce.h"
#include "tests/unit/check.h"
#include <time.h>

enum { QUERIES = 20, MOST_FAILURES = 3 };

typedef struct Execution {
    const char *name;
    uint32_t worlds; /* in a default run */
    const char *settings[4][2];
} Execution;

static const Execution executions[] = {
    {"eval", 25, {{"backend", "eval"}}},
    {"unoptimised", 6, {{"optimise", "off"}, {"tier", "kernels"}, {"cache", "off"}}},
    {"kernels", 20, {{"tier", "kernels"}, {"cache", "off"}}},
    {"fused", 2, {{"tier", "fused"}, {"cache", "off"}}},
};

typedef struct Duel { /* both engines with the same tables */
    const Execution *execution;
    sqlite3 *sqlite;
    dql_db *dql;
    Arena *arena; /* of one query */
    uint64_t seed;
    long asked, refused, failed;
} Duel;

static char *text_of(Arena *arena, const Query *q, Dialect d) {
    Buf b = {0};
    write_query(&b, q, d);
    char *text = arena_strndup(arena, b.p, b.n);
    buf_free(&b);
    return text;
}

static void ask(Duel *d, const Query *q, Answer *sqlite, Answer *dql) {
    Kind kinds[MOST_ITEMS];
    for (uint32_t i = 0; i < q->n_items; i++) kinds[i] = q->items[i]->kind;
    *dql = dql_query(d->dql, d->arena, text_of(d->arena, q, DQL), kinds, !q->n_order);
    *sqlite = (Answer){DONE, ""};
    if (dql->outcome != REFUSED)
        *sqlite = sqlite_query(d->sqlite, d->arena, text_of(d->arena, q, SQLITE), kinds, !q->n_order);
}

static bool differs(const Answer *sqlite, const Answer *dql) {
    return dql->outcome != REFUSED &&
           (sqlite->outcome == FAILED || dql->outcome == FAILED || strcmp(sqlite->text, dql->text) != 0);
}

/* As in the query that failed first: the answers differ, or dql alone fails. */
static bool fails_too(void *ctx, const Query *q) {
    Answer sqlite, dql;
    ask(ctx, q, &sqlite, &dql);
    return sqlite.outcome == DONE && differs(&sqlite, &dql);
}

static void print_table(Duel *d, const Table *t) {
    static const Kind text[MOST_COLUMNS] = {K_TEXT, K_TEXT, K_TEXT, K_TEXT, K_TEXT, K_TEXT, K_TEXT, K_TEXT};
    Answer rows = sqlite_query(d->sqlite, d->arena,
                               arena_printf(d->arena, "SELECT * FROM %s LIMIT 60", t->name), text, false);
    Buf b = {0};
    write_create(&b, t, DQL);
    fprintf(stderr, "%s%s", b.p, rows.text);
    buf_free(&b);
}

static void report(Duel *d, const World *w, Query *q) {
    Answer sqlite, dql;
    fprintf(stderr, "%s, seed %llu:\n%s;\n", d->execution->name, (unsigned long long)d->seed,
            text_of(d->arena, q, DQL));
    Reducer r = {.fails = fails_too, .ctx = d, .tries = 2000};
    if (fails_too(d, q)) reduce(&r, q);
    ask(d, q, &sqlite, &dql);
    for (uint32_t i = 0; i < TABLES; i++)
        if (strstr(text_of(d->arena, q, DQL), w->tables[i].name)) print_table(d, &w->tables[i]);
    fprintf(stderr, "cut down:\n%s;\nSQLite:\n%s;\n%.2000s\ndql:\n%.2000s\n", text_of(d->arena, q, DQL),
            text_of(d->arena, q, SQLITE), sqlite.text, dql.text);
}

static void compare(Duel *d, const World *w, Query *q) {
    Answer sqlite, dql;
    ask(d, q, &sqlite, &dql);
    d->asked++;
    if (dql.outcome == REFUSED) {
        d->refused++;
        if (getenv("DQL_FUZZ_REFUSED")) fprintf(stderr, "%s%s\n", dql.text, text_of(d->arena, q, DQL));
    }
    if (!differs(&sqlite, &dql)) return;
    if (d->failed++ < MOST_FAILURES) report(d, w, q);
}

/* UPDATE and DELETE of a table, with what its rows say. */
static void change(Duel *d, Maker *m, const World *w) {
    const Table *t = &w->tables[below(&m->r, TABLES)];
    Scope s = {0};
    add_table(m, &s, t->name, t);
    m->subqueries = 0;
    const Column *c = &t->columns[below(&m->r, t->n_columns)];
    Expr *where = make_expr(m, &s, K_BOOL, 3), *value = pick(m, &s, c->kind);
    bool update = one_in(&m->r, 2) && !c->not_null && (c->kind != K_INT || value->bits == c->bits);
    Buf both[2] = {0};
    for (Dialect i = DQL; i <= SQLITE; i++) {
        if (update) buf_printf(&both[i], "UPDATE %s SET %s = %s WHERE ", t->name, c->name, value->text[i]);
        else buf_printf(&both[i], "DELETE FROM %s WHERE ", t->name);
        write_expr(&both[i], where, i);
    }
    Outcome done = dql_run(d->dql, both[DQL].p);
    if (done == DONE) sqlite_run(d->sqlite, both[SQLITE].p);
    if (done == FAILED)
        d->failed++, fprintf(stderr, "%s, seed %llu: %s\n", d->execution->name, (unsigned long long)d->seed,
                             both[DQL].p);
    for (Dialect i = DQL; i <= SQLITE; i++) buf_free(&both[i]);
}

static void open_world(Duel *d, Maker *m, World *w) {
    Buf both[2] = {0};
    random_world(&m->r, m->arena, m->many, w);
    write_world(both, &m->r, w);
    if (sqlite3_open(":memory:", &d->sqlite) != SQLITE_OK) exit(1);
    sqlite_run(d->sqlite, "PRAGMA case_sensitive_like = ON");
    sqlite_run(d->sqlite, both[SQLITE].p);
    d->dql = dql_session(d->execution->settings, 4);
    if (dql_run(d->dql, both[DQL].p) != DONE) d->failed++;
    for (Dialect i = DQL; i <= SQLITE; i++) buf_free(&both[i]);
}

static void play_world(Duel *d) {
    World w;
    Maker m = {.r = {d->seed}, .arena = arena_new(), .world = &w};
    m.many = one_in(&m.r, 4);
    open_world(d, &m, &w);
    for (int i = 0; i < QUERIES; i++) {
        d->arena = arena_new();
        Random next = {random_next(&m.r)};
        Maker q = {.r = next, .arena = d->arena, .world = &w, .many = m.many, .subqueries = 2};
        if (one_in(&q.r, 10)) change(d, &q, &w), q.subqueries = 2;
        compare(d, &w, make_query(&q, NULL, NULL, 0, 2));
        arena_free(d->arena);
    }
    dql_close(d->dql);
    sqlite3_close(d->sqlite);
    arena_free(m.arena);
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    for (uint32_t i = 0; i < COUNT_OF(executions); i++) {
        Duel d = {.execution = &executions[i]};
        if (argc > 3 && strcmp(argv[3], d.execution->name) != 0) continue;
        clock_t start = clock();
        uint32_t worlds = argc > 2 ? (uint32_t)atoi(argv[2]) : executions[i].worlds;
        for (uint32_t k = 0; k < worlds; k++) {
            d.seed = (seed << 32) + k;
            play_world(&d);
        }
        printf("%s: %ld queries, %ld refused, %ld failed, %.1f s of CPU time\n", d.execution->name, d.asked,
               d.refused, d.failed, (double)(clock() - start) / CLOCKS_PER_SEC);
        CHECK_INT(d.failed, 0);
        CHECK(d.refused * 3 < d.asked);
    }
    return check_report("sqlite_test");
}
