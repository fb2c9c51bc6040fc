#include "runtime/unique.h"
#include "base/hash.h"

typedef struct Slot { /* a row by its key's hash */
    uint64_t hash;
    uint32_t row, segment; /* segment + 1; 0: free */
} Slot;

typedef struct Key {
    TableVersion *v;
    uint32_t n;
    const uint32_t *columns;
    ColumnRef *at; /* of each segment */
    Arena *arena;  /* of values that are copied */
    Slot *slots;
    uint64_t mask;
} Key;

static Value key_value(const Key *k, uint32_t segment, uint32_t row, uint32_t i) {
    Value v = column_value(&k->at[segment * k->n + i], k->v->schema->types[k->columns[i]], row, k->arena);
    if (v.null) return v;
    if (v.type->kind == TY_F64 && v.f64 == 0) v.f64 = 0.0;
    if ((v.type->kind == TY_F32 || v.type->kind == TY_F16 || v.type->kind == TY_BF16) && v.f32 == 0) v.f32 = 0.0f;
    return v;
}

/* False: a NULL is among the values. */
static bool key_hash(const Key *k, uint32_t segment, uint32_t row, uint64_t *hash) {
    *hash = 0;
    for (uint32_t i = 0; i < k->n; i++) {
        Value v = key_value(k, segment, row, i);
        if (v.null) return false;
        *hash = hash_mix(*hash, value_hash(&v));
    }
    return true;
}

static bool key_same(const Key *k, const Slot *s, uint32_t segment, uint32_t row) {
    for (uint32_t i = 0; i < k->n; i++) {
        Value a = key_value(k, s->segment - 1, s->row, i), b = key_value(k, segment, row, i);
        if (!value_same(&a, &b)) return false;
    }
    return true;
}

/* "the key (a, b) of table 't' has (1, x) twice" */
static bool fail_twice(const Key *k, const char *table, uint32_t segment, uint32_t row, RtError *e) {
    Buf names = {0}, values = {0};
    for (uint32_t i = 0; i < k->n; i++) {
        Value v = key_value(k, segment, row, i);
        buf_printf(&names, "%s%s", i ? ", " : "", k->v->schema->names[k->columns[i]]);
        buf_puts(&values, i ? ", " : "");
        value_print(&values, &v);
    }
    rt_fail(e, RT_DATA, "the key (%s) of table '%s' has (%s) twice", names.p, table, values.p);
    buf_free(&names);
    buf_free(&values);
    return false;
}

static bool add_row(const Key *k, const char *table, uint32_t segment, uint32_t row, RtError *e) {
    uint64_t hash;
    if (!key_hash(k, segment, row, &hash)) return true;
    uint64_t at = hash & k->mask;
    for (; k->slots[at].segment; at = (at + 1) & k->mask)
        if (k->slots[at].hash == hash && key_same(k, &k->slots[at], segment, row)) return fail_twice(k, table, segment, row, e);
    k->slots[at] = (Slot){hash, row, segment + 1};
    return true;
}

static bool read_columns(Key *k, RtError *e) {
    for (uint32_t s = 0; s < k->v->n_segments; s++)
        for (uint32_t i = 0; i < k->n; i++) {
            uint32_t c = k->columns[i];
            if (!table_column(k->v, s, c, table_column_code(k->v, c), &k->at[s * k->n + i], e)) return false;
        }
    return true;
}

static bool check_rows(Key *k, const char *table, RtError *e) {
    for (uint32_t s = 0; s < k->v->n_segments; s++) {
        const Segment *live = version_live_segment(k->v, s);
        for (uint32_t row = 0; row < (uint32_t)live->rows; row++)
            if (!add_row(k, table, s, row, e)) return false;
    }
    return true;
}

/* All rows. Leaves the hashes of their keys in *set when it had to look at them. */
static bool check_key(TableVersion *v, uint32_t n, const uint32_t *columns, const char *table, KeySet **set, RtError *e) {
    if (n == 1 && table_column_facts(v, columns[0]).unique) return true;
    Key k = {.v = v, .n = n, .columns = columns, .arena = arena_new(), .mask = 63};
    while (k.mask < 2 * (uint64_t)v->rows) k.mask = 2 * k.mask + 1;
    k.at = ARENA_ARRAY(k.arena, ColumnRef, (size_t)v->n_segments * n + 1);
    k.slots = block_zalloc(v->pool, (k.mask + 1) * sizeof *k.slots);
    bool ok = k.slots ? read_columns(&k, e) && check_rows(&k, table, e) : rt_fail_memory(e);
    if (ok) *set = keyset_new(v->pool, v->rows);
    for (uint64_t i = 0; ok && *set && i <= k.mask; i++)
        if (k.slots[i].segment) keyset_add(*set, k.slots[i].hash);
    block_free(k.slots);
    arena_free(k.arena);
    return ok;
}

/* ---- new rows alone ---- */

/* Adds the keys of the last n rows. False: one may be there already, or there is no memory to know. */
static bool add_last(TableVersion *v, uint32_t n_columns, const uint32_t *columns, int64_t n, KeySet *set) {
    Key k = {.v = v, .n = n_columns, .columns = columns, .arena = arena_new()};
    bool ok = true;
    k.at = ARENA_ARRAY(k.arena, ColumnRef, n_columns);
    for (uint32_t s = v->n_segments; ok && n > 0 && s-- > 0;) {
        const Segment *live = version_live_segment(v, s);
        int64_t from = !live || live->rows <= n ? 0 : live->rows - n;
        if (!live) ok = false;
        for (uint32_t i = 0; ok && i < n_columns; i++) k.at[i] = live->cols[columns[i]].ref;
        for (int64_t row = from; ok && row < live->rows; row++) {
            uint64_t hash;
            if (key_hash(&k, 0, (uint32_t)row, &hash)) ok = keyset_add(set, hash) == KEY_NEW;
        }
        if (ok) n -= live->rows - from;
    }
    arena_free(k.arena);
    return ok;
}

enum { FEW = 8 }; /* new rows are few when the old ones are so many times more: then a set pays */

/* The set that covers the rows of base: its own, or one made now because few rows are new. NULL: none. */
static KeySet *set_of(TableVersion *base, uint32_t key, uint32_t n, const uint32_t *columns, int64_t added) {
    if (base->keys && base->keys[key]) return keyset_ref(base->keys[key]);
    if (base->rows / FEW <= added) return NULL;
    KeySet *set = keyset_new(base->pool, base->rows);
    if (!set || add_last(base, n, columns, base->rows, set)) return set;
    keyset_unref(set);
    return NULL;
}

static bool is_set(uint32_t n, const uint32_t *columns, uint32_t n_set, const uint32_t *set) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < n_set; k++)
            if (columns[i] == set[k]) return true;
    return false;
}

static bool make_sets(TableVersion *v) {
    if (!v->keys) v->keys = block_zalloc(v->pool, sizeof(KeySet *) * v->schema->n_keys);
    return v->keys != NULL;
}

bool unique_check(TableVersion *v, TableVersion *base, int64_t added, const char *table, RtError *e) {
    const Schema *s = v->schema;
    if (s->n_keys == 0) return true;
    if (!make_sets(v)) return rt_fail_memory(e);
    for (uint32_t i = 0, k = 0; i < s->n_keys; i += 1 + s->keys[i], k++) {
        uint32_t n = s->keys[i];
        const uint32_t *columns = s->keys + i + 1;
        KeySet *set = base ? set_of(base, k, n, columns, added) : NULL;
        if (set && add_last(v, n, columns, added, set)) v->keys[k] = set;
        else {
            keyset_unref(set);
            if (!check_key(v, n, columns, table, &v->keys[k], e)) return false;
        }
    }
    return true;
}

bool unique_check_update(TableVersion *v, const TableVersion *base, uint32_t n_set, const uint32_t *set, const char *table, RtError *e) {
    const Schema *s = v->schema;
    if (s->n_keys == 0) return true;
    if (!make_sets(v)) return rt_fail_memory(e);
    for (uint32_t i = 0, k = 0; i < s->n_keys; i += 1 + s->keys[i], k++) {
        const uint32_t *columns = s->keys + i + 1;
        if (!is_set(s->keys[i], columns, n_set, set)) {
            if (base->keys && base->keys[k]) v->keys[k] = keyset_ref(base->keys[k]);
        } else if (!check_key(v, s->keys[i], columns, table, &v->keys[k], e)) return false;
    }
    return true;
}

void unique_keep(TableVersion *v, const TableVersion *base) {
    const Schema *s = v->schema;
    if (!base->keys || !make_sets(v)) return;
    for (uint32_t i = 0, k = 0; i < s->n_keys; i += 1 + s->keys[i], k++)
        if (base->keys[k]) v->keys[k] = keyset_ref(base->keys[k]);
}
