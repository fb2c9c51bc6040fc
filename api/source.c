#include "api/source.h"
#include <stdlib.h>

ModelEntry *session_model(dql_db *db, const char *name) {
    for (size_t i = 0; i < db->models.n; i++)
        if (strcmp(db->models.at[i].name, name) == 0) return &db->models.at[i];
    return NULL;
}

TableVersion *pins_table(Pins *p, const char *name) {
    for (size_t i = 0; i < p->at.n; i++)
        if (strcmp(p->at.at[i].name, name) == 0) return p->at.at[i].version;
    TableVersion *v = store_table(p->db->rt->store, name);
    if (v) *vec_push(&p->at) = (Pin){arena_strndup(p->arena, name, strlen(name)), v};
    return v;
}

enum { AHEAD_ROWS = 100000 }; /* what plans made ahead of time are weighed with */

static void fill_info(Pins *p, TypePool *types, const char *name, const TableVersion *v, TableInfo *out) {
    const Schema *s = v->schema;
    const Type **ts = ARENA_ARRAY(p->arena, const Type *, s->n);
    for (uint32_t i = 0; i < s->n; i++) ts[i] = type_import(types, s->types[i]);
    *out = (TableInfo){.name = intern_cstr(p->db->names, name), .version = v->number, .rows = p->db->ahead ? AHEAD_ROWS : v->rows, .n = s->n,
                       .names = s->names, .types = ts};
}

static bool find_table(void *ctx, TypePool *types, const char *name, TableInfo *out) {
    TableVersion *v = pins_table(ctx, name);
    if (v) fill_info(ctx, types, name, v, out);
    return v != NULL;
}

static bool find_stats(void *ctx, const char *table, int64_t version, uint32_t column, ColumnStats *out) {
    TableVersion *v = pins_table(ctx, table);
    if (!v || v->number != version) return false;
    if (((Pins *)ctx)->db->ahead) { /* nothing is known of the values that will be there */
        const Type *t = v->schema->types[column];
        *out = (ColumnStats){.distinct = -1, .null_free = !t->nullable, .code = column_code_of(t, t->nullable)};
        return true;
    }
    ColumnFacts f = table_column_facts(v, column);
    *out = (ColumnStats){.range_known = f.range_known, .min = f.min, .max = f.max, .distinct = f.distinct,
                         .null_free = f.null_free, .sorted = f.sorted, .unique = f.unique,
                         .code = table_column_code(v, column)};
    return true;
}

static bool find_model(void *ctx, const char *name, ModelInfo *out) {
    Pins *p = ctx;
    ModelEntry *m = session_model(p->db, name);
    if (!m) return false;
    ModelVersion *v = models_get(p->db->rt->models, name, 0);
    *out = (ModelInfo){.name = m->name, .version = v ? v->number : 0, .definition = m->def};
    modelversion_unref(v);
    return true;
}

/* A file is a table under its path, options and time of change, so that a file read twice is loaded once and a changed
 * one anew. */
static const char *file_table_name(Pins *p, const FileSpec *spec) {
    Buf name = {0};
    buf_printf(&name, "%s", spec->path);
    if (spec->format) buf_printf(&name, " %s", spec->format);
    for (uint32_t i = 0; i < spec->n_options; i++) {
        buf_printf(&name, " %s=", spec->names[i]);
        value_print_whole(&name, &spec->values[i]);
    }
    file_stamp(spec, &name);
    const char *unique = intern_cstr(p->db->names, name.p);
    buf_free(&name);
    return unique;
}

/* The session keeps what a file was opened with: programs compiled ahead of time open it again. */
static void remember_file(dql_db *db, const char *table, const FileSpec *spec) {
    for (size_t i = 0; i < db->files.n; i++)
        if (db->files.at[i].table == table) return;
    FileTable *f = vec_push(&db->files);
    Arena *a = arena_new();
    TypePool *types = typepool_new(a);
    const char **names = ARENA_ARRAY(a, const char *, spec->n_options + 1);
    Value *values = ARENA_ARRAY(a, Value, spec->n_options + 1);
    for (uint32_t i = 0; i < spec->n_options; i++) {
        names[i] = arena_strndup(a, spec->names[i], strlen(spec->names[i]));
        values[i] = value_copy(a, types, &spec->values[i]);
    }
    *f = (FileTable){table, a, {.path = arena_strndup(a, spec->path, strlen(spec->path)), .format = spec->format,
                                .n_options = spec->n_options, .names = names, .values = values}};
}

/* Ahead of time: an empty table of the file's schema. */
static TableVersion *file_schema_only(Pins *p, const FileSpec *spec, RtError *e) {
    FileSchema fs;
    TypePool *types = typepool_new(p->arena);
    if (!file_open(p->arena, types, spec, &fs, e)) return NULL;
    Schema *schema = schema_new(fs.n, fs.names, fs.types);
    TableVersion *v = schema ? version_new(p->db->rt->pool, schema, 0, NULL) : NULL;
    schema_unref(schema);
    if (!v) rt_fail_memory(e);
    return v;
}

static bool open_file(void *ctx, TypePool *types, const char *path, const char *format, uint32_t n, const char *const *names,
                      const Value *values, TableInfo *out, const char **why) {
    Pins *p = ctx;
    FileSpec spec = {.path = path, .format = format, .n_options = n, .names = names, .values = values,
                     .progress = &p->db->rt->progress};
    const char *table = file_table_name(p, &spec);
    TableVersion *v = pins_table(p, table);
    p->files = true;
    if (!v) {
        RtError e = {0};
        RtSession *rt = p->db->rt;
        TableVersion *loaded = p->db->ahead ? file_schema_only(p, &spec, &e) : file_load(rt->pool, rt->workers, &spec, &e);
        if (!loaded) {
            if (e.kind == RT_LIMIT) rt_goes_on(rt, &e);
            p->failed = e.kind;
            *why = arena_printf(p->arena, "%s", e.message.p);
            rt_error_clear(&e);
            return false;
        }
        store_publish(rt->store, table, loaded);
        remember_file(p->db, table, &spec);
        v = pins_table(p, table);
    }
    fill_info(p, types, table, v, out);
    return true;
}

static bool find_weight(void *ctx, const char *model, int64_t version, const char *name, TypePool *types, Value *out) {
    Pins *p = ctx;
    ModelVersion *v = models_get(p->db->rt->models, model, version);
    int64_t at = v ? modelversion_find(v, name) : -1;
    if (at >= 0) *out = (Value){.type = type_import(types, v->tensors->types[at]), .t.data = v->data[at]};
    modelversion_unref(v); /* the session keeps it */
    return at >= 0;
}

static size_t find_names(void *ctx, char kind, Arena *a, const char *const **out) {
    Pins *p = ctx;
    if (kind == 't') return store_names(p->db->rt->store, a, out);
    const char **names = ARENA_ARRAY(a, const char *, p->db->models.n);
    for (size_t i = 0; i < p->db->models.n; i++) names[i] = p->db->models.at[i].name;
    *out = names;
    return p->db->models.n;
}

/* cursor: the row id of the next row. */
static bool next_row(void *ctx, const char *table, int64_t version, int64_t *cursor, uint32_t n, const int64_t *columns,
                     Arena *a, TypePool *types, Value *out, int64_t *rowid) {
    TableVersion *v = pins_table(ctx, table);
    if (!v || v->number != version) return false;
    for (uint32_t seg = (uint32_t)(*cursor >> SEGMENT_BITS); seg < v->n_segments; seg++) {
        int64_t row = (int64_t)seg == *cursor >> SEGMENT_BITS ? *cursor & (SEGMENT_ROWS - 1) : 0;
        Segment *live = version_live_segment(v, seg);
        if (!live || row >= live->rows) continue;
        for (uint32_t i = 0; i < n; i++) {
            const Type *t = v->schema->types[columns[i]];
            out[i] = column_value(&live->cols[columns[i]].ref, t, row, a);
            out[i].type = type_import(types, t);
        }
        *rowid = (int64_t)seg << SEGMENT_BITS | row;
        *cursor = row + 1 == live->rows ? (int64_t)(seg + 1) << SEGMENT_BITS : *rowid + 1;
        return true;
    }
    return false;
}

void pins_init(Pins *p, dql_db *db, Arena *arena) {
    *p = (Pins){.db = db, .arena = arena};
    p->api = (SourceApi){.ctx = p, .table = find_table, .column_stats = find_stats, .model = find_model,
                         .open_file = open_file, .names = find_names, .weight = find_weight, .row = next_row};
}

void pins_free(Pins *p) {
    for (size_t i = 0; i < p->at.n; i++) version_unref(p->at.at[i].version);
    vec_free(&p->at);
}
