/* Tables: what goes in comes out, at the narrowest width, with facts that hold. */
#include "runtime/builder.h"
#include "runtime/store.h"
#include "tests/unit/check.h"
#include <stdlib.h>

typedef struct Fixture {
    Arena *arena;
    TypePool *types;
    BlockPool *pool;
    Workers *workers;
} Fixture;

static Fixture fixture_new(void) {
    Fixture f = {.arena = arena_new()};
    f.types = typepool_new(f.arena);
    f.pool = blockpool_new(0);
    f.workers = workers_new(2);
    return f;
}

static void fixture_free(Fixture *f) {
    workers_free(f->workers);
    CHECK_INT(blockpool_used(f->pool), 0);
    blockpool_free(f->pool);
    arena_free(f->arena);
}

static Value int_of(const Type *t, int64_t i) { return (Value){.type = t, .i = i}; }
static Value text_of(const Type *t, const char *s) { return (Value){.type = t, .s = str_of(s)}; }

static TableVersion *add_ints(Fixture *f, Schema *s, TableVersion *base, int64_t from, int64_t to, int64_t step) {
    TableBuilder *b = builder_new(f->pool, f->workers, s);
    RtError e = {0};
    for (int64_t i = from; i < to; i++) {
        Value v = int_of(s->types[0], i * step);
        CHECK(builder_value(b, 0, &v));
    }
    TableVersion *v = builder_finish(b, base, &e);
    CHECK(v != NULL);
    builder_free(b);
    return v;
}

static int64_t int_at(TableVersion *v, int64_t row) {
    RtError e = {0};
    ColumnRef c;
    for (uint32_t s = 0; s < v->n_segments; row -= version_live_segment(v, s++)->rows) {
        if (row >= version_live_segment(v, s)->rows) continue;
        int64_t out = 0;
        CHECK(table_column(v, s, 0, table_column_code(v, 0), &c, &e));
        column_ints(&c, row, 1, &out);
        return out;
    }
    return -1;
}

static void test_ints(Fixture *f) {
    const char *names[] = {"k"};
    const Type *types[] = {type_get(f->types, TY_I64)};
    Schema *s = schema_new(1, names, types);
    TableVersion *v = add_ints(f, s, NULL, 1000000, 1000000 + 3 * SEGMENT_ROWS / 2, 1);
    CHECK_INT(v->rows, 3 * SEGMENT_ROWS / 2);
    CHECK_INT(v->n_segments, 2);
    CHECK_INT(table_column_code(v, 0).width, 4);
    ColumnFacts facts = table_column_facts(v, 0);
    CHECK(facts.sorted && facts.unique && facts.null_free && facts.range_known);
    CHECK_INT(facts.min, 1000000);
    CHECK_INT(facts.distinct, v->rows);
    CHECK_INT(int_at(v, SEGMENT_ROWS + 5), 1000000 + SEGMENT_ROWS + 5);
    TableVersion *w = add_ints(f, s, v, 7, 8, 1);
    CHECK_INT(w->n_segments, 3);
    facts = table_column_facts(w, 0);
    CHECK(!facts.sorted && facts.unique);
    CHECK_INT(facts.min, 7);
    CHECK_INT(int_at(w, v->rows), 7);
    version_unref(v);
    version_unref(w);
    schema_unref(s);
}

static void test_small_appends_merge(Fixture *f) {
    const char *names[] = {"k"};
    const Type *types[] = {type_get(f->types, TY_I32)};
    Schema *s = schema_new(1, names, types);
    TableVersion *v = NULL;
    for (int64_t i = 0; i < 300; i++) {
        TableVersion *next = add_ints(f, s, v, i, i + 1, 1);
        version_unref(v);
        v = next;
    }
    CHECK_INT(v->rows, 300);
    CHECK(v->n_segments <= 10);
    for (int64_t i = 0; i < 300; i++) CHECK_INT(int_at(v, i), i);
    version_unref(v);
    schema_unref(s);
}

static void test_shuffled_key_is_unique(Fixture *f) {
    const char *names[] = {"k"};
    const Type *types[] = {type_get(f->types, TY_I64)};
    Schema *s = schema_new(1, names, types);
    TableBuilder *b = builder_new(f->pool, f->workers, s);
    RtError e = {0};
    int64_t n = SEGMENT_ROWS + 100;
    for (int64_t i = 0; i < n; i++) {
        Value v = int_of(types[0], (i * 7919) % 2000003);
        builder_value(b, 0, &v);
    }
    TableVersion *v = builder_finish(b, NULL, &e);
    ColumnFacts facts = table_column_facts(v, 0);
    CHECK(facts.unique && !facts.sorted);
    CHECK_INT(facts.distinct, n);
    builder_free(b);
    version_unref(v);
    schema_unref(s);
}

static void check_texts(TableVersion *v, int64_t n, ColumnCode want) {
    static const char *const words[] = {"pear", "apple", "", "fig"};
    RtError e = {0};
    ColumnRef c;
    int64_t row = 0;
    for (uint32_t s = 0; s < v->n_segments; s++) {
        CHECK(table_column(v, s, 0, want, &c, &e));
        for (int64_t i = 0; i < v->segments[s].segment->rows; i++, row++) {
            CHECK_INT(column_null(&c, i), row % 5 == 4);
            TextView t = column_text(&c, i);
            const char *expected = row % 5 == 4 ? "" : words[row % 4];
            CHECK(t.n == strlen(expected) && memcmp(t.p, expected, t.n) == 0);
        }
    }
    CHECK_INT(row, n);
}

static void test_texts(Fixture *f) {
    static const char *const words[] = {"pear", "apple", "", "fig"};
    const char *names[] = {"s"};
    const Type *types[] = {type_nullable(type_get(f->types, TY_VARCHAR), true)};
    Schema *s = schema_new(1, names, types);
    TableBuilder *b = builder_new(f->pool, f->workers, s);
    RtError e = {0};
    for (int i = 0; i < 1000; i++) {
        Value v = i % 5 == 4 ? value_null(types[0]) : text_of(types[0], words[i % 4]);
        CHECK(builder_value(b, 0, &v));
    }
    TableVersion *v = builder_finish(b, NULL, &e);
    ColumnCode code = table_column_code(v, 0);
    CHECK_INT(code.kind, CODE_DICT);
    CHECK_INT(code.width, 1);
    CHECK(code.valid);
    CHECK_INT(table_column_facts(v, 0).distinct, 4);
    check_texts(v, 1000, code);
    check_texts(v, 1000, (ColumnCode){CODE_VIEW, 16, true, 0});
    Value more = text_of(types[0], "banana");
    CHECK(builder_value(b, 0, &more));
    TableVersion *w = builder_finish(b, v, &e);
    CHECK_INT(w->cols[0].dict->n, 5);
    CHECK_STR(w->cols[0].dict->at[2].n == 6 ? "banana" : "other", "banana");
    ColumnRef c;
    CHECK(table_column(w, 0, 0, table_column_code(w, 0), &c, &e));
    CHECK_INT(((const uint8_t *)c.data)[0], 4); /* pear in the new order */
    check_texts(v, 1000, code);
    builder_free(b);
    version_unref(v);
    version_unref(w);
    schema_unref(s);
}

static void test_deletes(Fixture *f) {
    const char *names[] = {"k"};
    const Type *types[] = {type_get(f->types, TY_I64)};
    Schema *s = schema_new(1, names, types);
    TableVersion *v = add_ints(f, s, NULL, 0, 200, 3);
    int64_t rows[] = {0, 1, 5, 199, 5}, again[] = {0, 3}, n;
    RtError e = {0};
    TableVersion *w = version_delete(v, rows, 5, &n, &e);
    CHECK_INT(n, 4);
    CHECK_INT(w->rows, 196);
    CHECK_INT(int_at(w, 0), 6);
    CHECK_INT(int_at(w, 3), 18);
    CHECK_INT(int_at(w, 195), 594);
    TableVersion *y = version_delete(w, again, 2, &n, &e); /* row ids count live rows */
    CHECK_INT(y->rows, 194);
    CHECK_INT(int_at(y, 0), 9);
    CHECK_INT(int_at(y, 2), 21);
    version_unref(y);
    CHECK_INT(v->rows, 200);
    TableVersion *x = add_ints(f, s, w, 1000, 1200, 3); /* merges with the segment: deleted rows go */
    CHECK_INT(x->rows, 396);
    CHECK_INT(x->n_segments, 1);
    CHECK(!x->segments[0].deletes);
    CHECK_INT(int_at(x, 0), 6);
    CHECK_INT(int_at(x, 196), 3000);
    version_unref(v);
    version_unref(w);
    version_unref(x);
    schema_unref(s);
}

static void test_tensors_and_floats(Fixture *f) {
    int64_t dims[] = {2, 3};
    const char *names[] = {"t", "d"};
    const Type *types[] = {type_tensor(f->types, type_get(f->types, TY_F32), 2, dims), type_get(f->types, TY_F64)};
    Schema *s = schema_new(2, names, types);
    TableBuilder *b = builder_new(f->pool, f->workers, s);
    RtError e = {0};
    for (int i = 0; i < 10; i++) {
        float x[6] = {0, 1, 2, 3, 4, (float)i};
        Value v = {.type = types[0], .t = {x, dims}}, d = {.type = types[1], .f64 = i / 4.0};
        CHECK(builder_value(b, 0, &v) && builder_value(b, 1, &d));
    }
    TableVersion *v = builder_finish(b, NULL, &e);
    CHECK_INT(table_column_code(v, 0).pitch, 32);
    ColumnRef c;
    CHECK(table_column(v, 0, 0, table_column_code(v, 0), &c, &e));
    Value t = column_value(&c, s->types[0], 7, f->arena);
    CHECK(((float *)t.t.data)[5] == 7.0f && ((float *)t.t.data)[1] == 1.0f);
    CHECK(table_column(v, 0, 1, table_column_code(v, 1), &c, &e));
    CHECK(column_value(&c, s->types[1], 3, f->arena).f64 == 0.75);
    builder_free(b);
    version_unref(v);
    schema_unref(s);
}

static void test_conversion_that_does_not_fit(Fixture *f) {
    const char *names[] = {"k"};
    const Type *types[] = {type_get(f->types, TY_I64)};
    Schema *s = schema_new(1, names, types);
    TableVersion *v = add_ints(f, s, NULL, 0, 10, 100);
    RtError e = {0};
    ColumnRef c;
    CHECK(table_column(v, 0, 0, (ColumnCode){CODE_INT, 8, true, 0}, &c, &e));
    CHECK(((const int64_t *)c.data)[9] == 900 && c.valid[9] == 1);
    CHECK(!table_column(v, 0, 0, (ColumnCode){CODE_INT, 1, false, 0}, &c, &e));
    CHECK_INT(e.kind, RT_STALE);
    rt_error_clear(&e);
    version_unref(v);
    schema_unref(s);
}

static void test_memory_limit(Fixture *f) {
    const char *names[] = {"k"};
    const Type *types[] = {type_get(f->types, TY_I64)};
    Schema *s = schema_new(1, names, types);
    blockpool_set_limit(f->pool, 1 << 20);
    TableBuilder *b = builder_new(f->pool, f->workers, s);
    bool ok = true;
    for (int64_t i = 0; ok && i < 1000000; i++) {
        Value v = int_of(types[0], i);
        ok = builder_value(b, 0, &v);
    }
    CHECK(!ok);
    builder_free(b);
    blockpool_set_limit(f->pool, 0);
    schema_unref(s);
}

static void test_store(Fixture *f) {
    const char *names[] = {"k"};
    const Type *types[] = {type_get(f->types, TY_I64)};
    Schema *s = schema_new(1, names, types);
    Store *store = store_new(f->pool, f->workers);
    CHECK(!store_table(store, "t"));
    store_publish(store, "t", add_ints(f, s, NULL, 0, 3, 1));
    TableVersion *one = store_table(store, "t");
    store_publish(store, "t", add_ints(f, s, one, 3, 5, 1));
    TableVersion *two = store_table(store, "t");
    CHECK(two->number > one->number);
    CHECK_INT(one->rows, 3);
    CHECK_INT(two->rows, 5);
    const char *const *all;
    CHECK_INT(store_names(store, f->arena, &all), 1);
    CHECK_STR(all[0], "t");
    CHECK(store_drop(store, "t") && !store_drop(store, "t"));
    version_unref(one);
    version_unref(two);
    store_free(store);
    schema_unref(s);
}

int main(void) {
    Fixture f = fixture_new();
    test_ints(&f);
    test_small_appends_merge(&f);
    test_shuffled_key_is_unique(&f);
    test_texts(&f);
    test_deletes(&f);
    test_tensors_and_floats(&f);
    test_conversion_that_does_not_fit(&f);
    test_memory_limit(&f);
    test_store(&f);
    fixture_free(&f);
    return check_report("table");
}
