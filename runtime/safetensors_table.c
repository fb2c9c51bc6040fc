#include "runtime/safetensors_table.h"
#include "runtime/builder.h"
#include "runtime/mapped.h"
#include "runtime/safetensors.h"

enum { N_COLUMNS = 4 };
static const char *const columns[N_COLUMNS] = {"name", "dtype", "shape", "elements"};

static bool read_tensors(Arena *a, const FileSpec *spec, Mapped *file, SafeTensors *out, RtError *e) {
    if (!file_no_options(spec, e) || !mapped_open(spec->path, file, e)) return false;
    if (safetensors_read(a, spec->path, file->p, file->n, out, e)) return true;
    mapped_close(file);
    return false;
}

static void set_schema(Arena *a, TypePool *types, FileSchema *out) {
    *out = (FileSchema){N_COLUMNS, ARENA_ARRAY(a, const char *, N_COLUMNS), ARENA_ARRAY(a, const Type *, N_COLUMNS)};
    for (uint32_t i = 0; i < N_COLUMNS; i++) {
        out->names[i] = columns[i];
        out->types[i] = type_get(types, i < 3 ? TY_VARCHAR : TY_I64);
    }
}

bool safetensors_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e) {
    Mapped file;
    SafeTensors tensors;
    if (!read_tensors(a, spec, &file, &tensors, e)) return false;
    mapped_close(&file);
    set_schema(a, types, out);
    return true;
}

static void print_shape(Buf *b, const SafeTensor *t) {
    buf_putc(b, '[');
    for (uint32_t i = 0; i < t->rank; i++) buf_printf(b, "%s%lld", i ? ", " : "", (long long)t->dims[i]);
    buf_putc(b, ']');
}

static bool add_tensor(TableBuilder *b, const FileSchema *s, const SafeTensor *t) {
    Buf shape = {0};
    print_shape(&shape, t);
    Value v[N_COLUMNS] = {
        {.type = s->types[0], .s = str_of(t->name)},
        {.type = s->types[1], .s = str_of(t->dtype)},
        {.type = s->types[2], .s = {shape.p, shape.n}},
        {.type = s->types[3], .i = t->count},
    };
    bool ok = true;
    for (uint32_t i = 0; ok && i < N_COLUMNS; i++) ok = builder_value(b, i, &v[i]);
    buf_free(&shape);
    return ok;
}

static TableVersion *build(BlockPool *pool, Workers *workers, const FileSchema *s, const SafeTensors *t, RtError *e) {
    Schema *schema = schema_new(s->n, s->names, s->types);
    TableBuilder *b = builder_new(pool, workers, schema);
    bool ok = b != NULL;
    for (uint32_t i = 0; ok && i < t->n; i++) ok = add_tensor(b, s, &t->at[i]);
    TableVersion *v = ok ? builder_finish(b, NULL, e) : NULL;
    if (!ok) rt_fail_memory(e);
    builder_free(b);
    schema_unref(schema);
    return v;
}

TableVersion *safetensors_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e) {
    Arena *a = arena_new();
    Mapped file;
    SafeTensors tensors;
    FileSchema schema;
    TableVersion *v = NULL;
    if (read_tensors(a, spec, &file, &tensors, e)) {
        set_schema(a, typepool_new(a), &schema);
        v = build(pool, workers, &schema, &tensors, e);
        mapped_close(&file);
    }
    arena_free(a);
    return v;
}
