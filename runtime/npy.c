#include "runtime/npy.h"
#include "runtime/builder.h"
#include "runtime/mapped.h"
#include <string.h>

/* A row's elements, and the file's. */
typedef struct Npy {
    Mapped file;
    NpyHeader h;
    int64_t rows, row_elems;
    const uint8_t *data;
    const Type *value; /* column 1 */
} Npy;

enum { STEP_BYTES = 1 << 20, ROW_BYTES_MOST = 1 << 30 };

static bool read_header(Npy *f, TypePool *types, const char *path, RtError *e) {
    NpyHeader *h = &f->h;
    if (!npy_header(path, f->file.p, f->file.n, h, e)) return false;
    f->rows = h->rank ? h->dims[0] : 1;
    f->row_elems = 1;
    for (uint32_t i = 1; i < h->rank; i++)
        if (__builtin_mul_overflow(f->row_elems, h->dims[i], &f->row_elems) || f->row_elems > ROW_BYTES_MOST / h->bytes)
            return rt_fail(e, RT_DATA, "%s: a row of it is larger than 1 GiB", path);
    f->data = f->file.p + h->data_at;
    f->value = type_get(types, h->kind);
    if (h->rank > 1) f->value = type_tensor(types, f->value, h->rank - 1, h->dims + 1);
    return true;
}

static bool open_file(Npy *f, TypePool *types, const FileSpec *spec, RtError *e) {
    if (!file_no_options(spec, e) || !mapped_open(spec->path, &f->file, e)) return false;
    if (read_header(f, types, spec->path, e)) return true;
    mapped_close(&f->file);
    return false;
}

bool npy_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e) {
    Npy f;
    if (!open_file(&f, types, spec, e)) return false;
    *out = (FileSchema){2, ARENA_ARRAY(a, const char *, 2), ARENA_ARRAY(a, const Type *, 2)};
    out->names[0] = "i", out->types[0] = type_get(types, TY_I64);
    out->names[1] = "value", out->types[1] = f.value;
    mapped_close(&f.file);
    return true;
}

/* Row `row` of a Fortran-ordered array in C order: the row's index varies fastest in the file, then axis 1, 2, .. */
static void gather_row(const Npy *f, int64_t row, uint8_t *to) {
    int64_t at[NPY_MAX_RANK] = {0}, stride[NPY_MAX_RANK];
    uint32_t rank = f->h.rank, bytes = f->h.bytes;
    stride[0] = 1;
    for (uint32_t i = 1; i < rank; i++) stride[i] = stride[i - 1] * f->h.dims[i - 1];
    int64_t from = row;
    for (int64_t k = 0; k < f->row_elems; k++, to += bytes) {
        memcpy(to, f->data + (size_t)from * bytes, bytes);
        for (uint32_t i = rank - 1; i >= 1; i--) { /* the last axis varies fastest in a row */
            from += stride[i];
            if (++at[i] < f->h.dims[i]) break;
            from -= at[i] * stride[i];
            at[i] = 0;
        }
    }
}

/* Rows [from, from + n) in C order, booleans as 0 or 1. */
static void copy_rows(const Npy *f, int64_t from, int64_t n, uint8_t *to) {
    size_t row_bytes = (size_t)f->row_elems * f->h.bytes, bytes = (size_t)n * row_bytes;
    if (f->h.fortran && f->h.rank > 1)
        for (int64_t i = 0; i < n; i++) gather_row(f, from + i, to + (size_t)i * row_bytes);
    else memcpy(to, f->data + (size_t)from * row_bytes, bytes);
    for (size_t i = 0; f->h.kind == TY_BOOL && i < bytes; i++) to[i] = to[i] != 0;
}

#define WIDEN(from, to)                                                                                                \
    for (int64_t i = 0; i < n; i++) ((to *)out)[i] = ((const from *)in)[i]

/* Numbers as staged columns hold them: int64, UBIGINT in 128 bits. */
static void widen(TypeKind kind, const void *in, int64_t n, void *out) {
    if (kind == TY_I8) WIDEN(int8_t, int64_t);
    else if (kind == TY_I16) WIDEN(int16_t, int64_t);
    else if (kind == TY_I32) WIDEN(int32_t, int64_t);
    else if (kind == TY_I64) WIDEN(int64_t, int64_t);
    else if (kind == TY_U8 || kind == TY_BOOL) WIDEN(uint8_t, int64_t);
    else if (kind == TY_U16) WIDEN(uint16_t, int64_t);
    else if (kind == TY_U32) WIDEN(uint32_t, int64_t);
    else if (kind == TY_U64) WIDEN(uint64_t, Int128);
}

static bool add_step(const Npy *f, TableBuilder *b, int64_t from, int64_t n, uint8_t *buffer, void *wide) {
    ColumnRef c = {.code = column_code_of(f->value, false), .data = buffer};
    copy_rows(f, from, n, buffer);
    if (c.code.kind == CODE_INT) {
        widen(f->h.kind, buffer, n, wide);
        c.data = wide;
    } else if (c.code.kind == CODE_TENSOR) c.code.pitch = (uint32_t)(f->row_elems * f->h.bytes);
    return builder_column(b, 1, &c, 0, n, NULL);
}

static bool add_steps(const Npy *f, BlockPool *pool, TableBuilder *b) {
    int64_t row_bytes = f->row_elems * f->h.bytes, step = STEP_BYTES / row_bytes;
    if (step < 1) step = 1;
    uint8_t *buffer = block_alloc(pool, (size_t)(step * row_bytes));
    void *wide = f->h.rank > 1 ? buffer : block_alloc(pool, (size_t)step * sizeof(Int128));
    bool ok = buffer && wide;
    for (int64_t at = 0; ok && at < f->rows; at += step)
        ok = add_step(f, b, at, f->rows - at < step ? f->rows - at : step, buffer, wide);
    if (wide != buffer) block_free(wide);
    block_free(buffer);
    return ok;
}

/* Rows in the file are laid out as the column's are: it is read in place, whatever its size. */
static bool add_mapped(Npy *f, TableBuilder *b) {
    SharedMap *map = mapped_share(&f->file);
    bool ok = map && builder_mapped(b, 1, map, f->data, f->rows);
    sharedmap_unref(map);
    return ok;
}

/* Tensors that are stored as the column wants them go straight from the file, so that the column is allocated once. */
static bool add_values(Npy *f, BlockPool *pool, TableBuilder *b) {
    if (f->h.rank < 2 || f->h.fortran || f->h.kind == TY_BOOL) return add_steps(f, pool, b);
    ColumnRef c = {.code = column_code_of(f->value, false), .data = f->data};
    uint32_t pitch = (uint32_t)(f->row_elems * f->h.bytes);
    if (pitch == c.code.pitch && (uintptr_t)f->data % 64 == 0) return add_mapped(f, b);
    c.code.pitch = pitch;
    return f->rows == 0 || builder_column(b, 1, &c, 0, f->rows, NULL);
}

static bool add_indices(int64_t rows, TableBuilder *b) {
    int64_t step[1024];
    ColumnRef c = {.code = {CODE_INT, 8, false, 0}, .data = step};
    bool ok = true;
    for (int64_t at = 0; ok && at < rows; at += 1024) {
        int64_t n = rows - at < 1024 ? rows - at : 1024;
        for (int64_t i = 0; i < n; i++) step[i] = at + i;
        ok = builder_column(b, 0, &c, 0, n, NULL);
    }
    return ok;
}

static TableVersion *load(Npy *f, TypePool *types, BlockPool *pool, Workers *workers, RtError *e) {
    Schema *s = schema_new(2, (const char *[]){"i", "value"}, (const Type *[]){type_get(types, TY_I64), f->value});
    TableBuilder *b = builder_new(pool, workers, s);
    bool ok = b && add_indices(f->rows, b) && add_values(f, pool, b);
    TableVersion *v = ok ? builder_finish(b, NULL, e) : NULL;
    if (!ok) rt_fail_memory(e);
    builder_free(b);
    schema_unref(s);
    return v;
}

TableVersion *npy_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e) {
    Npy f;
    Arena *a = arena_new();
    TypePool *types = typepool_new(a);
    TableVersion *v = NULL;
    if (open_file(&f, types, spec, e)) {
        v = load(&f, types, pool, workers, e);
        mapped_close(&f.file);
    }
    arena_free(a);
    return v;
}
