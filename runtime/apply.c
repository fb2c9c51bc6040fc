#include "runtime/apply.h"
#include "runtime/builder.h"
#include "runtime/model_export.h"
#include "runtime/model_load.h"
#include "runtime/unique.h"
#include <stdlib.h>

static Schema *schema_of(const Program *p) {
    const char **names = calloc(p->n_columns + 1, sizeof *names);
    const Type **types = calloc(p->n_columns + 1, sizeof *types);
    Schema *s = NULL;
    for (uint32_t i = 0; names && types && i < p->n_columns; i++) {
        names[i] = p->columns[i].name;
        types[i] = p->columns[i].type;
    }
    if (names && types) s = schema_new(p->n_columns, names, types);
    if (s) schema_set_keys(s, p->n_keys, p->keys);
    free(names);
    free(types);
    return s;
}

/* The first NULL where the schema says NOT NULL is an error. */
static bool check_not_null(const Schema *s, uint32_t col, const ColumnRef *c, int64_t rows, const char *table, RtError *e) {
    if (s->types[col]->nullable || !c->code.valid) return true;
    for (int64_t r = 0; r < rows; r++)
        if (!c->valid[r])
            return rt_fail(e, RT_DATA, "NULL in column '%s' of table '%s', which is NOT NULL, in row %lld of the new rows",
                           s->names[col], table, (long long)r + 1);
    return true;
}

/* A version whose keys hold, or NULL. */
static TableVersion *with_keys(TableVersion *v, TableVersion *base, int64_t added, const char *table, RtError *e) {
    if (!v || unique_check(v, base, added, table, e)) return v;
    version_unref(v);
    return NULL;
}

/* rows' columns from `first` on, appended to `base` (NULL: a new table). */
static TableVersion *append_rows(RtSession *s, Schema *schema, TableVersion *base, const RtResult *rows, const char *table, RtError *e) {
    TableBuilder *b = builder_new(s->pool, s->workers, schema);
    bool ok = b != NULL;
    if (!ok) rt_fail_memory(e);
    for (uint32_t c = 0; ok && c < rows->n; c++) {
        ok = check_not_null(schema, c, &rows->cols[c], rows->rows, table, e);
        if (ok && !builder_column(b, c, &rows->cols[c], 0, rows->rows, NULL)) ok = rt_fail_memory(e);
    }
    TableVersion *v = ok ? builder_finish(b, base, e) : NULL;
    builder_free(b);
    return with_keys(v, base, rows->rows, table, e);
}

/* May the table be made? *skip: IF NOT EXISTS, and it does. */
static bool may_create(RtSession *s, const Program *p, bool *skip, RtError *e) {
    TableVersion *old = store_table(s->store, p->target);
    version_unref(old);
    *skip = old && p->if_exists;
    return !old || *skip || p->or_replace || rt_fail(e, RT_DATA, "table '%s' already exists", p->target);
}

typedef struct Sharing {
    TableVersion *from;
    SegRef *to;
    _Atomic bool failed;
} Sharing;

static void share_segment(void *ctx, int64_t i) {
    Sharing *x = ctx;
    Segment *live = version_live_segment(x->from, (uint32_t)i);
    x->to[i].segment = live ? segment_owned(live) : NULL;
    if (!x->to[i].segment) x->failed = true;
}

/* References to the live segments of a version, copies of those that are read from a file, which may change later; NULL: no
 * memory. */
static SegRef *share_segments(TableVersion *from, Workers *workers) {
    Sharing x = {from, calloc(from->n_segments + 1, sizeof *x.to), false};
    if (x.to) workers_each(workers, from->n_segments, share_segment, &x);
    if (!x.failed) return x.to;
    for (uint32_t i = 0; i < from->n_segments; i++) segment_unref(x.to[i].segment);
    free(x.to);
    return NULL;
}

bool rt_share(RtSession *s, const Program *p, TableVersion *from, int64_t *changed, RtError *e) {
    bool skip;
    if (!may_create(s, p, &skip, e) || skip) return skip;
    Schema *schema = schema_of(p);
    SegRef *segments = schema ? share_segments(from, s->workers) : NULL;
    TableVersion *v = segments ? version_new(s->pool, schema, from->n_segments, segments) : NULL;
    schema_unref(schema);
    free(segments);
    if (!v) return rt_fail_memory(e);
    *changed = v->rows;
    store_publish(s->store, p->target, v);
    return true;
}

static bool create_table(RtSession *s, const Program *p, const RtResult *rows, int64_t *changed, RtError *e) {
    bool skip;
    if (!may_create(s, p, &skip, e) || skip) return skip;
    Schema *schema = schema_of(p);
    if (!schema) return rt_fail_memory(e);
    TableVersion *v = rows->n ? append_rows(s, schema, NULL, rows, p->target, e) : version_new(s->pool, schema, 0, NULL);
    schema_unref(schema);
    if (!v) return rows->n ? false : rt_fail_memory(e);
    *changed = v->rows;
    store_publish(s->store, p->target, v);
    return true;
}

static TableVersion *target_table(RtSession *s, const Program *p, RtError *e) {
    TableVersion *v = store_table(s->store, p->target);
    if (!v) rt_fail(e, RT_DATA, "table '%s' does not exist", p->target);
    return v;
}

static bool insert(RtSession *s, const Program *p, const RtResult *rows, int64_t *changed, RtError *e) {
    TableVersion *base = target_table(s, p, e);
    if (!base) return false;
    TableVersion *v = append_rows(s, base->schema, base, rows, p->target, e);
    version_unref(base);
    if (!v) return false;
    *changed = rows->rows;
    store_publish(s->store, p->target, v);
    return true;
}

static int64_t *row_ids(const RtResult *rows, RtError *e) {
    int64_t *ids = malloc((size_t)(rows->rows + 1) * sizeof *ids);
    if (!ids) rt_fail_memory(e);
    else column_ints(&rows->cols[0], 0, rows->rows, ids);
    return ids;
}

static bool delete_rows(RtSession *s, const Program *p, const RtResult *rows, int64_t *changed, RtError *e) {
    TableVersion *base = target_table(s, p, e);
    if (!base) return false;
    int64_t *ids = row_ids(rows, e);
    TableVersion *v = ids ? version_delete(base, ids, rows->rows, changed, e) : NULL;
    free(ids);
    if (v) unique_keep(v, base);
    version_unref(base);
    if (v) store_publish(s->store, p->target, v);
    return v != NULL;
}

/* Column `col` of the rows that ids name, from the table itself. */
static bool copy_old(TableBuilder *b, TableVersion *base, uint32_t col, const int64_t *ids, int64_t n, RtError *e) {
    uint32_t *offsets = malloc((size_t)(n + 1) * sizeof *offsets);
    bool ok = offsets || rt_fail_memory(e);
    for (int64_t at = 0, end; ok && at < n; at = end) { /* runs of rows of one segment */
        int64_t segment = ids[at] >> SEGMENT_BITS;
        for (end = at; end < n && ids[end] >> SEGMENT_BITS == segment; end++) offsets[end - at] = (uint32_t)(ids[end] & (SEGMENT_ROWS - 1));
        ColumnRef c;
        ok = table_column(base, (uint32_t)segment, col, table_column_code(base, col), &c, e);
        if (ok && !builder_column(b, col, &c, 0, end - at, offsets)) ok = rt_fail_memory(e);
    }
    free(offsets);
    return ok;
}

static int64_t set_index(const Program *p, uint32_t col) {
    for (uint32_t i = 0; i < p->n_set; i++)
        if (p->set_columns[i] == col) return i;
    return -1;
}

static bool new_rows(TableBuilder *b, TableVersion *base, const Program *p, const RtResult *rows, const int64_t *ids, RtError *e) {
    for (uint32_t c = 0; c < base->schema->n; c++) {
        int64_t set = set_index(p, c);
        if (set < 0) {
            if (!copy_old(b, base, c, ids, rows->rows, e)) return false;
            continue;
        }
        const ColumnRef *values = &rows->cols[1 + set];
        if (!check_not_null(base->schema, c, values, rows->rows, p->target, e)) return false;
        if (!builder_column(b, c, values, 0, rows->rows, NULL)) return rt_fail_memory(e);
    }
    return true;
}

/* Updated rows are deleted and added again at the end. */
static bool update(RtSession *s, const Program *p, const RtResult *rows, int64_t *changed, RtError *e) {
    TableVersion *base = target_table(s, p, e);
    if (!base) return false;
    int64_t *ids = row_ids(rows, e);
    TableBuilder *b = ids ? builder_new(s->pool, s->workers, base->schema) : NULL;
    bool ok = b || (ids && rt_fail_memory(e));
    TableVersion *v = NULL;
    if (ok && new_rows(b, base, p, rows, ids, e)) {
        TableVersion *without = version_delete(base, ids, rows->rows, changed, e);
        v = without ? builder_finish(b, without, e) : NULL;
        version_unref(without);
        if (v && !unique_check_update(v, base, p->n_set, p->set_columns, p->target, e)) {
            version_unref(v);
            v = NULL;
        }
    }
    builder_free(b);
    free(ids);
    version_unref(base);
    if (v) store_publish(s->store, p->target, v);
    return v != NULL;
}

static bool drop(RtSession *s, const Program *p, RtError *e) {
    bool found = p->model ? models_drop(s->models, p->target) : store_drop(s->store, p->target);
    return found || p->if_exists || rt_fail(e, RT_DATA, "%s '%s' does not exist", p->model ? "model" : "table", p->target);
}

static void copy_tensor(ModelVersion *to, uint32_t i, const ModelVersion *from) {
    int64_t at = modelversion_find(from, to->tensors->names[i]);
    if (at >= 0) memcpy(to->data[i], from->data[at], (size_t)tensor_bytes(to->tensors->types[i]));
}

/* The elements that came with the model, and those of the model that it was made from. */
static bool first_version(RtSession *s, const Program *p, Schema *schema, const ModelVersion *from, RtError *e) {
    ModelVersion *v = modelversion_new(s->pool, schema);
    if (!v) return rt_fail_memory(e);
    for (uint32_t i = 0; i < p->n_tensors; i++) {
        if (p->tensors[i].n) memcpy(v->data[i], p->tensors[i].at, p->tensors[i].n);
        else if (from) copy_tensor(v, i, from);
    }
    return models_publish(s->models, p->target, v);
}

/* Declares the model; one made from a model that has not been loaded is not loaded either. */
static bool declare_model(RtSession *s, const Program *p, Schema *schema, const ModelVersion *from, RtError *e) {
    models_declare(s->models, p->target, schema);
    return !p->n_tensors || (p->from && !from) || first_version(s, p, schema, from, e);
}

static bool create_model(RtSession *s, const Program *p, RtError *e) {
    Schema *old = models_tensors(s->models, p->target);
    schema_unref(old);
    if (old && p->if_exists) return true;
    if (old && !p->or_replace) return rt_fail(e, RT_DATA, "model '%s' already exists", p->target);
    Schema *schema = schema_of(p);
    if (!schema) return rt_fail_memory(e);
    ModelVersion *from = p->from ? models_get(s->models, p->from, p->from_version) : NULL; /* it may be the one that is replaced */
    bool ok = from || p->from_version == 0 || rt_fail(e, RT_DATA, "model '%s' has no version %lld", p->from, (long long)p->from_version);
    ok = ok && declare_model(s, p, schema, from, e);
    modelversion_unref(from);
    schema_unref(schema);
    return ok;
}

bool rt_apply(RtSession *s, const Program *p, const RtResult *rows, int64_t *changed, RtError *e) {
    *changed = 0;
    switch ((ProgramKind)p->kind) {
    case PG_QUERY:
    case PG_PARAM: return true;
    case PG_CREATE_TABLE: return create_table(s, p, rows, changed, e);
    case PG_INSERT: return insert(s, p, rows, changed, e);
    case PG_DELETE: return delete_rows(s, p, rows, changed, e);
    case PG_UPDATE: return update(s, p, rows, changed, e);
    case PG_DROP: return drop(s, p, e);
    case PG_CREATE_MODEL: return create_model(s, p, e);
    case PG_LOAD_MODEL: return models_load(s->models, s->pool, p->target, p->path, e);
    case PG_EXPORT_MODEL: return models_save(s->models, p->target, p->from_version, p->path, p->n_tensors ? p->tensors : NULL, e);
    }
    return false;
}
