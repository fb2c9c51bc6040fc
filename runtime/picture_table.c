#include "runtime/picture_table.h"
#include "runtime/builder.h"
#include "runtime/mapped.h"
#include "runtime/paths.h"
#include "runtime/picture.h"
#include <string.h>

enum { WAVE_BYTES = 64 << 20, SIDE_MOST = 1 << 16 };

typedef struct Pictures {
    BlockPool *pool;
    Paths paths;
    Picture want;  /* what the options say of the shape; 0 where the files decide */
    Picture shape; /* of all rows */
} Pictures;

/* ---- options ---- */

static bool read_mode(const FileSpec *spec, const Value *v, Pictures *out, RtError *e) {
    static const struct {
        const char *name;
        uint32_t channels;
    } modes[] = {{"gray", 1}, {"grey", 1}, {"rgb", 3}, {"rgba", 4}, {"unchanged", 0}};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!v->null && v->type->kind == TY_VARCHAR && str_eq(v->s, str_of(modes[i].name)))
            return out->want.channels = modes[i].channels, true;
    return rt_fail(e, RT_DATA, "cannot read %s: option mode needs 'rgb', 'gray', 'rgba' or 'unchanged'", spec->path);
}

static bool side(const Value *v, int64_t *out) {
    if (v->null || !type_is_integer(v->type)) return false;
    *out = v->i;
    return *out >= 1 && *out <= SIDE_MOST;
}

static bool read_size(const FileSpec *spec, const Value *v, Pictures *out, RtError *e) {
    bool list = !v->null && v->type->kind == TY_LIST;
    const Value *h = list && v->list.n == 2 ? &v->list.at[0] : v, *w = h == v ? v : &v->list.at[1];
    return (side(h, &out->want.height) && side(w, &out->want.width)) ||
           rt_fail(e, RT_DATA, "cannot read %s: option size needs [height, width], each 1 to %d", spec->path, SIDE_MOST);
}

static bool read_options(const FileSpec *spec, Pictures *out, RtError *e) {
    for (uint32_t i = 0; i < spec->n_options; i++) {
        bool mode = strcmp(spec->names[i], "mode") == 0;
        if (!mode && strcmp(spec->names[i], "size") != 0)
            return rt_fail(e, RT_DATA, "cannot read %s: images have no option %s (mode and size are)", spec->path, spec->names[i]);
        if (!(mode ? read_mode : read_size)(spec, &spec->values[i], out, e)) return false;
    }
    return true;
}

/* ---- shapes ---- */

static bool read_header(const Pictures *t, size_t i, Picture *out, RtError *e) {
    Mapped file;
    if (!mapped_open(t->paths.at[i], &file, e)) return false;
    bool ok = picture_header(t->paths.at[i], file.p, file.n, out, e);
    mapped_close(&file);
    if (t->want.channels) out->channels = t->want.channels;
    if (t->want.height) out->height = t->want.height, out->width = t->want.width;
    return ok;
}

static void print_shape(Buf *b, const char *path, const Picture *x) {
    buf_printf(b, "%s has %u x %lld x %lld", path, x->channels, (long long)x->height, (long long)x->width);
}

static bool differ(const Pictures *t, size_t i, const Picture *x, RtError *e) {
    bool size = x->height != t->shape.height || x->width != t->shape.width;
    if (!size && x->channels == t->shape.channels) return true;
    Buf b = {0};
    print_shape(&b, t->paths.at[i], x);
    buf_puts(&b, " (channels, height, width) but ");
    print_shape(&b, t->paths.at[0], &t->shape);
    rt_fail(e, RT_DATA, "%s: %s", b.p,
            size ? "read_image(.., size => [224, 224]) makes them one size" : "read_image(.., mode => 'rgb') makes them alike");
    buf_free(&b);
    return false;
}

static bool find_shape(Pictures *t, RtError *e) {
    for (size_t i = 0; i < t->paths.n; i++) {
        Picture x = {0};
        if (!read_header(t, i, &x, e)) return false;
        if (i == 0) t->shape = x;
        if (!differ(t, i, &x, e)) return false;
    }
    return true;
}

static bool open_files(Arena *a, const FileSpec *spec, Pictures *out, RtError *e) {
    return read_options(spec, out, e) && paths_find(a, spec->path, &out->paths, e) && find_shape(out, e);
}

static void set_schema(Arena *a, TypePool *types, const Pictures *t, FileSchema *out) {
    *out = (FileSchema){2, ARENA_ARRAY(a, const char *, 2), ARENA_ARRAY(a, const Type *, 2)};
    out->names[0] = "file", out->types[0] = type_get(types, TY_VARCHAR);
    out->names[1] = "image";
    out->types[1] = type_tensor(types, type_get(types, TY_U8), 3, (int64_t[]){t->shape.channels, t->shape.height, t->shape.width});
}

bool pictures_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e) {
    Pictures t = {0};
    if (!open_files(a, spec, &t, e)) return false;
    set_schema(a, types, &t, out);
    return true;
}

/* ---- pixels ---- */

/* Files [from, from + n), decoded by all workers. */
typedef struct Wave {
    const Pictures *t;
    size_t from;
    uint8_t *rows;
    size_t pitch;
    RtError *errors; /* one a file: the first in order is reported */
} Wave;

static bool fit(const Pictures *t, const char *path, Picture *x, RtError *e) {
    if (t->want.channels && !picture_convert(t->pool, x, t->want.channels, e)) return false;
    if (t->want.height && !picture_resize(t->pool, x, t->want.height, t->want.width, e)) return false;
    if (x->channels == t->shape.channels && x->height == t->shape.height && x->width == t->shape.width) return true;
    return rt_fail(e, RT_DATA, "cannot read %s: it changes while it is read", path);
}

static bool decode_row(const Pictures *t, const char *path, uint8_t *to, RtError *e) {
    Mapped file;
    Picture x;
    if (!mapped_open(path, &file, e)) return false;
    bool ok = picture_decode(t->pool, path, file.p, file.n, &x, e);
    mapped_close(&file);
    ok = ok && fit(t, path, &x, e);
    if (ok) picture_planes(&x, to);
    block_free(x.pixels);
    return ok;
}

static void decode_item(void *ctx, int64_t i) {
    Wave *w = ctx;
    decode_row(w->t, w->t->paths.at[w->from + (size_t)i], w->rows + (size_t)i * w->pitch, &w->errors[i]);
}

static bool first_error(RtError *errors, size_t n, RtError *e) {
    bool ok = true;
    for (size_t i = 0; i < n; i++) {
        if (errors[i].kind != RT_NONE && ok) ok = rt_fail(e, errors[i].kind, "%s", errors[i].message.p);
        rt_error_clear(&errors[i]);
    }
    return ok;
}

static bool add_rows(const Wave *w, size_t n, const Type *image, TableBuilder *b, RtError *e) {
    ColumnRef pixels = {.code = column_code_of(image, false), .data = w->rows};
    pixels.code.pitch = (uint32_t)w->pitch;
    bool ok = builder_column(b, 1, &pixels, 0, (int64_t)n, NULL);
    for (size_t i = 0; ok && i < n; i++) {
        TextView path = {w->t->paths.at[w->from + i], strlen(w->t->paths.at[w->from + i])};
        ColumnRef c = {.code = {CODE_VIEW, 16, false, 0}, .data = &path};
        ok = builder_column(b, 0, &c, 0, 1, NULL);
    }
    return ok || rt_fail_memory(e);
}

static bool load_rows(const Pictures *t, Workers *workers, const Type *image, TableBuilder *b, RtError *e) {
    size_t pitch = (size_t)(t->shape.channels * t->shape.height * t->shape.width), most = WAVE_BYTES / pitch + 2 * (size_t)workers_count(workers);
    if (most > t->paths.n) most = t->paths.n;
    Wave w = {.t = t, .pitch = pitch, .rows = block_alloc(t->pool, most * pitch), .errors = block_zalloc(t->pool, most * sizeof(RtError))};
    bool ok = (w.rows && w.errors) || rt_fail_memory(e);
    for (; ok && w.from < t->paths.n; w.from += most) {
        size_t n = t->paths.n - w.from < most ? t->paths.n - w.from : most;
        workers_each(workers, (int64_t)n, decode_item, &w);
        ok = first_error(w.errors, n, e) && add_rows(&w, n, image, b, e);
    }
    block_free(w.errors);
    block_free(w.rows);
    return ok;
}

static TableVersion *load(const Pictures *t, Workers *workers, const FileSchema *s, RtError *e) {
    Schema *schema = schema_new(s->n, s->names, s->types);
    TableBuilder *b = builder_new(t->pool, workers, schema);
    bool ok = b ? load_rows(t, workers, s->types[1], b, e) : rt_fail_memory(e);
    TableVersion *v = ok ? builder_finish(b, NULL, e) : NULL;
    builder_free(b);
    schema_unref(schema);
    return v;
}

TableVersion *pictures_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e) {
    Arena *a = arena_new();
    Pictures t = {.pool = pool};
    FileSchema schema;
    TableVersion *v = NULL;
    if (open_files(a, spec, &t, e)) {
        set_schema(a, typepool_new(a), &t, &schema);
        v = load(&t, workers, &schema, e);
    }
    arena_free(a);
    return v;
}
