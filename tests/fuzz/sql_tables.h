/* Random tables: NULLs, duplicates, ties, wide ranges, dense and sparse keys, one row, no rows; some of many
 * batches. */
#ifndef DQL_TESTS_FUZZ_SQL_TABLES_H
#define DQL_TESTS_FUZZ_SQL_TABLES_H
#include "random.h"
#include "sql_tree.h"

enum { TABLES = 3, MOST_COLUMNS = 8, FEW_ROWS = 25, MANY_ROWS = 5000 };

typedef struct Column {
    const char *name, *type[2];
    Kind kind;
    int bits; /* K_INT */
    bool not_null;
    uint32_t nulls;   /* one in so many rows; 0: none */
    int64_t from, to; /* numbers, dates as days from 1990-01-01; the pool of texts from 0 */
    bool dense;       /* from + row */
} Column;

typedef struct Table {
    const char *name;
    uint32_t n_columns;
    Column columns[MOST_COLUMNS];
    uint32_t rows;
} Table;

typedef struct World {
    Table tables[TABLES];
} World;

typedef struct ColumnType {
    Kind kind;
    const char *type[2];
    int bits;
    int64_t most;
} ColumnType;

static const ColumnType column_types[] = {
    {K_INT, {"INTEGER", "INTEGER"}, 32, 1000000},
    {K_INT, {"INTEGER", "INTEGER"}, 32, 100},
    {K_INT, {"BIGINT", "INTEGER"}, 64, 1000000000000},
    {K_INT, {"SMALLINT", "INTEGER"}, 16, 5000},
    {K_INT, {"TINYINT", "INTEGER"}, 8, 60},
    {K_NUM, {"DOUBLE", "REAL"}, 0, 4000},
    {K_TEXT, {"VARCHAR", "TEXT"}, 0, 11},
    {K_DATE, {"DATE", "TEXT"}, 0, 5000},
    {K_BOOL, {"BOOLEAN", "INTEGER"}, 0, 1},
};

static const char *const texts[] = {"a",   "ab", "",           "B",
                                    "abc", "b",  "Abba",       "x_b",
                                    "5%",  "ba", "zu\xc3\x9f", "a longer text than sixteen bytes"};

static void random_range(Random *r, const ColumnType *t, Column *c) {
    static const int64_t narrow[] = {1, 3, 10, 30};
    int64_t most = one_in(r, 3) || t->kind == K_TEXT ? t->most : narrow[below(r, 4)];
    if (most > t->most) most = t->most;
    c->to = most;
    c->from = t->kind == K_TEXT || t->kind == K_BOOL || one_in(r, 2) ? 0 : -most;
    c->dense = t->kind == K_INT && t->bits >= 16 && one_in(r, 4);
    if (c->dense) c->from = one_in(r, 2) ? 0 : t->bits == 64 ? 1000000000 : -7, c->to = c->from + MANY_ROWS;
}

static void random_column(Random *r, Arena *arena, uint32_t at, Column *c) {
    const ColumnType *t =
        &column_types[at == 0 ? 0 : below(r, (uint32_t)(sizeof column_types / sizeof *column_types))];
    static const uint32_t nulls[] = {0, 0, 2, 5, 20};
    *c = (Column){arena_printf(arena, "k%u", at),
                  {t->type[DQL], t->type[SQLITE]},
                  t->kind,
                  t->bits,
                  one_in(r, 4),
                  nulls[below(r, 5)],
                  0,
                  0,
                  false};
    if (c->not_null) c->nulls = 0;
    else if (one_in(r, 25)) c->nulls = 1;
    random_range(r, t, c);
}

static void random_world(Random *r, Arena *arena, bool many, World *w) {
    static const uint32_t few[] = {0, 1, 2, 7, 12, FEW_ROWS, FEW_ROWS};
    for (uint32_t i = 0; i < TABLES; i++) {
        Table *t = &w->tables[i];
        *t = (Table){.name = arena_printf(arena, "t%u", i),
                     .n_columns = 3 + below(r, MOST_COLUMNS - 2),
                     .rows = few[below(r, 7)]};
        if (many && i == 0) t->rows = 2000 + below(r, MANY_ROWS - 2000);
        for (uint32_t k = 0; k < t->n_columns; k++) random_column(r, arena, k, &t->columns[k]);
    }
}

static void write_date(Buf *b,
                       int64_t days) { /* days from 1990-01-01, in months of 28 days: any dates will do */
    int64_t year = 1990 + (days >= 0 ? days / 336 : -((335 - days) / 336)), rest = days - (year - 1990) * 336;
    buf_printf(b, "'%04d-%02d-%02d'", (int)year, (int)(rest / 28) + 1, (int)(rest % 28) + 1);
}

static void write_value(Buf *b, const Column *c, int64_t v, Dialect d) {
    switch (c->kind) {
    case K_INT: buf_printf(b, "%lld", (long long)v); break;
    case K_NUM: buf_printf(b, "%g", (double)v / 4); break;
    case K_TEXT: buf_printf(b, "'%s'", texts[v]); break;
    case K_DATE:
        if (d == DQL) buf_puts(b, "DATE ");
        write_date(b, v);
        break;
    case K_BOOL: buf_puts(b, d == DQL ? (v ? "TRUE" : "FALSE") : v ? "1" : "0"); break;
    case KINDS: break;
    }
}

static void write_create(Buf *b, const Table *t, Dialect d) {
    buf_printf(b, "CREATE TABLE %s (", t->name);
    for (uint32_t i = 0; i < t->n_columns; i++)
        buf_printf(b, "%s%s %s%s", i ? ", " : "", t->columns[i].name, t->columns[i].type[d],
                   t->columns[i].not_null ? " NOT NULL" : "");
    buf_puts(b, ");\n");
}

static void write_row(Buf both[2], Random *r, const Table *t, uint32_t row) {
    for (uint32_t i = 0; i < t->n_columns; i++) {
        const Column *c = &t->columns[i];
        bool null = c->nulls && one_in(r, c->nulls);
        int64_t v = c->dense ? c->from + row : between(r, c->from, c->to);
        for (Dialect d = DQL; d <= SQLITE; d++) {
            buf_puts(&both[d], i ? ", " : "(");
            if (null) buf_puts(&both[d], "NULL");
            else write_value(&both[d], c, v, d);
        }
    }
    for (Dialect d = DQL; d <= SQLITE; d++) buf_putc(&both[d], ')');
}

/* The statements that make the tables, in both dialects; some rows come in several INSERTs. */
static void write_world(Buf both[2], Random *r, const World *w) {
    for (uint32_t i = 0; i < TABLES; i++) {
        const Table *t = &w->tables[i];
        for (Dialect d = DQL; d <= SQLITE; d++) write_create(&both[d], t, d);
        uint32_t part = 1 + below(r, t->rows < 500 ? t->rows + 1 : 500);
        for (uint32_t row = 0; row < t->rows; row++) {
            for (Dialect d = DQL; d <= SQLITE; d++) {
                if (row % part == 0) buf_printf(&both[d], "INSERT INTO %s VALUES ", t->name);
                else buf_puts(&both[d], ", ");
            }
            write_row(both, r, t, row);
            if (row % part == part - 1 || row + 1 == t->rows)
                for (Dialect d = DQL; d <= SQLITE; d++) buf_puts(&both[d], ";\n");
        }
    }
}
#endif
