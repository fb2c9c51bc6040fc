/* What the rule fuzzer plays with: random numbers, one small Ir, tables with NULL, NaN, -0.0, infinities,
 * ties and no rows, and the SourceApi that reads them.  One test includes it. */
#ifndef DQL_TESTS_UNIT_REWRITES_FUZZ_WORLD_H
#define DQL_TESTS_UNIT_REWRITES_FUZZ_WORLD_H
#include "ir/node.h"
#include "ir/source.h"
#include <math.h>
#include <string.h>

/* ---- randomness ---- */

static uint64_t state;

static uint64_t next(void) { /* splitmix64 */
    uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t below(uint32_t n) { return (uint32_t)(next() % n); }
static bool one_in(uint32_t n) { return below(n) == 0; }

/* ---- one plan's world ---- */

static Arena *arena;
static Intern *names;
static Ir *ir;

enum { COLUMNS = 8, TABLES = 3, MOST_ROWS = 8 };
static const char *const column_types[COLUMNS] = {"INTEGER",         "INTEGER NOT NULL",           "BOOLEAN",
                                                  "DOUBLE",          "FLOAT32 NOT NULL",           "VARCHAR",
                                                  "DOUBLE NOT NULL", "TENSOR(FLOAT32, 3) NOT NULL"};

typedef struct Table {
    int64_t rows;
    Value at[MOST_ROWS][COLUMNS];
} Table;
static Table tables[TABLES];

static const Type *type_of(const char *text) { return type_parse(ir_types(ir), text, NULL); }

static double some_double(void) {
    static const double few[] = {0, -0.0, 1, -1, 0.5, 2.5, 1e20, INFINITY, -INFINITY, NAN, 3, 1e-3};
    return few[below(sizeof few / sizeof *few)];
}

static Str some_text(void) {
    static const char *const few[] = {"", "a", "abc", "b", "ab%", "x_y", "ABC"};
    const char *s = few[below(sizeof few / sizeof *few)];
    return (Str){s, strlen(s)};
}

static int64_t some_int(void) {
    static const int64_t few[] = {0, 1, -1, 2, 3, 5, 7, INT32_MAX, INT32_MIN};
    return few[below(one_in(4) ? 9 : 7)];
}

static Value some_tensor(const Type *t) {
    Value v = {.type = t};
    v.t.data = arena_alloc(arena, (size_t)type_elems(t) * sizeof(float));
    for (int64_t i = 0; i < type_elems(t); i++)
        ((float *)v.t.data)[i] = one_in(12) ? (float)some_double() : (float)((int)below(17) - 8) / 4;
    return v;
}

static Value some_value(const Type *t) {
    if (t->nullable && one_in(4)) return value_null(t);
    t = type_nullable(t, false);
    if (t->kind == TY_TENSOR) return some_tensor(t);
    Value v = {.type = t};
    switch ((int)t->kind) {
    case TY_BOOL: v.b = one_in(2); break;
    case TY_F64: v.f64 = some_double(); break;
    case TY_F32: v.f32 = (float)some_double(); break;
    case TY_VARCHAR: v.s = some_text(); break;
    default: v.i = some_int();
    }
    return v;
}

static void fill_tables(void) {
    for (int t = 0; t < TABLES; t++) {
        tables[t].rows = one_in(5) ? 0 : 1 + below(MOST_ROWS);
        for (int64_t r = 0; r < tables[t].rows; r++)
            for (int c = 0; c < COLUMNS; c++) tables[t].at[r][c] = some_value(type_of(column_types[c]));
    }
}

static const Table *table_named(const char *name) { return &tables[name[1] - '0']; }

static bool find_table(void *ctx, TypePool *p, const char *name, TableInfo *out) {
    (void)ctx, (void)p;
    *out = (TableInfo){.name = name, .version = 1, .rows = table_named(name)->rows, .n = COLUMNS};
    return true;
}

static bool column_stats(void *ctx, const char *table, int64_t version, uint32_t column, ColumnStats *out) {
    const Table *t = table_named(table);
    (void)ctx, (void)version;
    *out = (ColumnStats){.distinct = t->rows, .range_known = column < 2, .min = INT64_MAX, .max = INT64_MIN};
    for (int64_t r = 0; r < t->rows && column < 2; r++) {
        if (t->at[r][column].null) continue;
        if (t->at[r][column].i < out->min) out->min = t->at[r][column].i;
        if (t->at[r][column].i > out->max) out->max = t->at[r][column].i;
    }
    return true;
}

static bool next_row(void *ctx, const char *table, int64_t version, int64_t *cursor, uint32_t n,
                     const int64_t *columns, Arena *a, TypePool *p, Value *out, int64_t *rowid) {
    const Table *t = table_named(table);
    (void)ctx, (void)version, (void)a, (void)p;
    if (*cursor >= t->rows) return false;
    for (uint32_t i = 0; i < n; i++) out[i] = t->at[*cursor][columns[i]];
    *rowid = (*cursor)++;
    return true;
}

/* The same numbers for the same name. */
static bool find_weight(void *ctx, const char *model, int64_t version, const char *name, TypePool *p,
                        Value *out) {
    uint64_t kept = state;
    (void)ctx, (void)model, (void)version, (void)p;
    state = (uint64_t)name[0] * 77 + (uint64_t)name[1];
    const char *type = name[0] == 'W' ? "TENSOR(FLOAT32, 4, 3) NOT NULL" : "TENSOR(FLOAT32, 4) NOT NULL";
    *out = (Value){.type = type_of(type)};
    int64_t n = type_elems(out->type);
    out->t.data = arena_alloc(arena, (size_t)n * sizeof(float));
    for (int64_t i = 0; i < n; i++) ((float *)out->t.data)[i] = 0.25f + (float)below(1000) / 500;
    state = kept;
    return true;
}

static const SourceApi source = {
    .table = find_table, .column_stats = column_stats, .row = next_row, .weight = find_weight};
#endif
