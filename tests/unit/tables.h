/* What tests of loaded tables need: pools, and cells as text. */
#ifndef DQL_TESTS_UNIT_TABLES_H
#define DQL_TESTS_UNIT_TABLES_H
#include "runtime/file.h"
#include "tests/unit/check.h"

typedef struct Fixture {
    Arena *arena;
    TypePool *types;
    BlockPool *pool;
    Workers *workers;
} Fixture;

static inline Fixture fixture_new(void) {
    Fixture f = {.arena = arena_new()};
    f.types = typepool_new(f.arena);
    f.pool = blockpool_new(0);
    f.workers = workers_new(2);
    return f;
}

static inline void fixture_free(Fixture *f) {
    workers_free(f->workers);
    CHECK_INT(blockpool_used(f->pool), 0);
    blockpool_free(f->pool);
    arena_free(f->arena);
}

/* A cell as results print it, tensors whole; in the arena. */
static inline const char *cell(Fixture *f, TableVersion *v, int64_t row, uint32_t col) {
    RtError e = {0};
    ColumnRef c;
    Buf b = {0};
    uint32_t s = 0;
    while (s < v->n_segments && row >= version_live_segment(v, s)->rows) row -= version_live_segment(v, s++)->rows;
    if (s == v->n_segments || !table_column(v, s, col, table_column_code(v, col), &c, &e)) return "no such cell";
    Value x = column_value(&c, v->schema->types[col], row, f->arena);
    value_print_whole(&b, &x);
    char *text = arena_strndup(f->arena, b.p, b.n);
    buf_free(&b);
    return text;
}

/* The file's table, or NULL with the message in *why. */
static inline TableVersion *load_file(Fixture *f, const FileSpec *spec, const char **why) {
    RtError e = {0};
    TableVersion *v = file_load(f->pool, f->workers, spec, &e);
    *why = e.message.n ? arena_strndup(f->arena, e.message.p, e.message.n) : "";
    CHECK((v != NULL) == (e.kind == RT_NONE));
    rt_error_clear(&e);
    return v;
}

/* The names and types that file_open gives, or its message: "i BIGINT, value FLOAT32". */
static inline const char *schema_of(Fixture *f, const FileSpec *spec) {
    RtError e = {0};
    FileSchema s;
    Buf b = {0};
    if (!file_open(f->arena, f->types, spec, &s, &e)) buf_puts(&b, e.message.p);
    else
        for (uint32_t i = 0; i < s.n; i++) {
            buf_printf(&b, "%s%s ", i ? ", " : "", s.names[i]);
            type_print(&b, s.types[i], false);
        }
    char *text = arena_strndup(f->arena, b.p, b.n);
    buf_free(&b);
    rt_error_clear(&e);
    return text;
}
#endif
