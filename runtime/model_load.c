#include "runtime/model_load.h"
#include "runtime/elements.h"
#include "runtime/mapped.h"
#include "runtime/safetensors.h"
#include <string.h>

typedef struct Load {
    const char *model, *path;
    const Schema *want;
    SafeTensors file;
    RtError *e;
} Load;

enum { NAMES_SHOWN = 8 };

static const SafeTensor *find(const Load *l, const char *name) {
    for (uint32_t i = 0; i < l->file.n; i++)
        if (strcmp(l->file.at[i].name, name) == 0) return &l->file.at[i];
    return NULL;
}

static bool is_expected(const Load *l, const char *name) {
    for (uint32_t i = 0; i < l->want->n; i++)
        if (strcmp(l->want->names[i], name) == 0) return true;
    return false;
}

static bool is_ignored(const char *name) {
    static const char ending[] = "num_batches_tracked";
    size_t n = strlen(name), m = sizeof ending - 1;
    return n >= m && strcmp(name + n - m, ending) == 0;
}

/* A list of names that ends with a count when it is long. */
static void list_name(Buf *b, uint32_t *listed, const char *name) {
    if ((*listed)++ < NAMES_SHOWN) buf_printf(b, "%s%s", b->n ? ", " : "", name);
}

static void end_list(Buf *b, uint32_t listed) {
    if (listed > NAMES_SHOWN) buf_printf(b, " and %u more", listed - NAMES_SHOWN);
}

static void list_missing(const Load *l, Buf *b) {
    uint32_t listed = 0;
    for (uint32_t i = 0; i < l->want->n; i++)
        if (!find(l, l->want->names[i])) list_name(b, &listed, l->want->names[i]);
    end_list(b, listed);
}

static void list_extra(const Load *l, Buf *b) {
    uint32_t listed = 0;
    for (uint32_t i = 0; i < l->file.n; i++)
        if (!is_expected(l, l->file.at[i].name) && !is_ignored(l->file.at[i].name)) list_name(b, &listed, l->file.at[i].name);
    end_list(b, listed);
}

static bool check_names(const Load *l) {
    Buf missing = {0}, extra = {0};
    list_missing(l, &missing);
    list_extra(l, &extra);
    bool ok = !missing.n && !extra.n;
    if (!ok)
        rt_fail(l->e, RT_DATA, "%s does not fit model %s: %s%s%s%s%s", l->path, l->model, missing.n ? "it lacks " : "",
                missing.n ? missing.p : "", missing.n && extra.n ? "; " : "", extra.n ? "the model has no " : "",
                extra.n ? extra.p : "");
    buf_free(&missing);
    buf_free(&extra);
    return ok;
}

static bool same_shape(const Type *t, const SafeTensor *f) {
    uint32_t rank = t->kind == TY_TENSOR ? t->n : 0;
    return rank == f->rank && (rank == 0 || memcmp(t->dims, f->dims, rank * sizeof *f->dims) == 0);
}

static void print_dims(Buf *b, uint32_t rank, const int64_t *dims) {
    buf_putc(b, '(');
    for (uint32_t i = 0; i < rank; i++) buf_printf(b, "%s%lld", i ? ", " : "", (long long)dims[i]);
    buf_putc(b, ')');
}

static bool fail_shape(const Load *l, const Type *t, const SafeTensor *f) {
    Buf want = {0}, have = {0};
    print_dims(&want, t->kind == TY_TENSOR ? t->n : 0, t->dims);
    print_dims(&have, f->rank, f->dims);
    rt_fail(l->e, RT_DATA, "%s does not fit model %s: tensor %s has shape %s, the model needs %s", l->path, l->model, f->name,
            have.p, want.p);
    buf_free(&want);
    buf_free(&have);
    return false;
}

static bool fill(const Load *l, uint32_t i, void *to) {
    const Type *t = l->want->types[i];
    const SafeTensor *from = find(l, l->want->names[i]);
    TypeKind kind = t->kind == TY_TENSOR ? t->elem->kind : t->kind;
    int64_t bad = elements_convert(from->kind, from->data, kind, to, from->count);
    if (bad < 0) return true;
    return rt_fail(l->e, RT_DATA, "%s: tensor %s: element %lld of dtype %s does not fit %s, which model %s needs", l->path,
                   from->name, (long long)bad, from->dtype, type_kind_text(kind), l->model);
}

static bool check_shapes(const Load *l) {
    for (uint32_t i = 0; i < l->want->n; i++) {
        const SafeTensor *f = find(l, l->want->names[i]);
        if (!same_shape(l->want->types[i], f)) return fail_shape(l, l->want->types[i], f);
    }
    return true;
}

static ModelVersion *build(const Load *l, BlockPool *pool, Schema *tensors) {
    if (!check_names(l) || !check_shapes(l)) return NULL;
    ModelVersion *v = modelversion_new(pool, tensors);
    if (!v) return rt_fail_memory(l->e), NULL;
    for (uint32_t i = 0; i < tensors->n; i++)
        if (!fill(l, i, v->data[i])) return modelversion_unref(v), NULL;
    return v;
}

static ModelVersion *load(const char *model, const char *path, BlockPool *pool, Schema *tensors, RtError *e) {
    Mapped file;
    if (!mapped_open(path, &file, e)) return NULL;
    Arena *a = arena_new();
    Load l = {.model = model, .path = path, .want = tensors, .e = e};
    ModelVersion *v = safetensors_read(a, path, file.p, file.n, &l.file, e) ? build(&l, pool, tensors) : NULL;
    arena_free(a);
    mapped_close(&file);
    return v;
}

static bool fail_unknown(const char *model, RtError *e) { return rt_fail(e, RT_DATA, "there is no model %s", model); }

bool models_load(Models *m, BlockPool *pool, const char *model, const char *path, RtError *e) {
    Schema *tensors = models_tensors(m, model);
    if (!tensors) return fail_unknown(model, e);
    ModelVersion *v = load(model, path, pool, tensors, e);
    schema_unref(tensors);
    if (!v) return false;
    return models_publish(m, model, v) || fail_unknown(model, e);
}
