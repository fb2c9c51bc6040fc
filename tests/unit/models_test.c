/* Models: versions by name and number, files that fit and files that do not, elements converted. */
#include "runtime/model_load.h"
#include "base/number.h"
#include "runtime/elements.h"
#include "tests/unit/check.h"
#include "tests/unit/temp.h"
#include <math.h>

typedef struct Fixture {
    Arena *arena;
    TypePool *types;
    BlockPool *pool;
    Models *models;
    Buf header, data;
} Fixture;

static void add(Fixture *f, const char *name, const char *dtype, const char *shape, const void *p, size_t n) {
    if (f->header.n > 1) buf_putc(&f->header, ',');
    buf_printf(&f->header, "\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%zu,%zu]}", name, dtype, shape, f->data.n,
               f->data.n + n);
    buf_add(&f->data, p, n);
}

static void begin(Fixture *f) {
    buf_clear(&f->header);
    buf_clear(&f->data);
    buf_putc(&f->header, '{');
}

static const char *written(Fixture *f) {
    Buf b = {0};
    buf_putc(&f->header, '}');
    uint64_t n = f->header.n;
    buf_add(&b, &n, 8);
    buf_add(&b, f->header.p, f->header.n);
    buf_add(&b, f->data.p, f->data.n);
    const char *path = temp_file("m.safetensors", b.p, b.n);
    buf_free(&b);
    return path;
}

static const char *load(Fixture *f, const char *path) {
    RtError e = {0};
    bool ok = models_load(f->models, f->pool, "net", path, &e);
    CHECK(ok == (e.kind == RT_NONE));
    const char *why = ok ? "" : arena_strndup(f->arena, e.message.p, e.message.n), *at = strstr(why, "m.safetensors");
    rt_error_clear(&e);
    return at ? at : why;
}

/* w TENSOR(FLOAT32, 2, 3), b TENSOR(FLOAT32, 3) */
static void declare(Fixture *f) {
    const Type *f32 = type_get(f->types, TY_F32);
    const Type *types[] = {type_tensor(f->types, f32, 2, (int64_t[]){2, 3}), type_tensor(f->types, f32, 1, (int64_t[]){3})};
    Schema *s = schema_new(2, (const char *[]){"w", "b"}, types);
    models_declare(f->models, "net", s);
    schema_unref(s);
}

static int64_t newest(Models *m, const char *model) {
    ModelVersion *v = models_get(m, model, 0);
    int64_t n = v ? v->number : 0;
    modelversion_unref(v);
    return n;
}

static const void *tensor(const ModelVersion *v, const char *name) {
    int64_t i = modelversion_find(v, name);
    return i < 0 ? NULL : v->data[i];
}

static const float w[6] = {1, 2, 3, 4, 5, -0.0f}, b3[3] = {0.5f, 0.25f, NAN};

static void test_load(Fixture *f) {
    int64_t batches = 7;
    begin(f);
    add(f, "b", "F32", "[3]", b3, sizeof b3);
    add(f, "bn.num_batches_tracked", "I64", "[]", &batches, 8);
    add(f, "w", "F32", "[2,3]", w, sizeof w);
    CHECK_STR(load(f, written(f)), "");
    ModelVersion *v = models_get(f->models, "net", 0);
    CHECK_INT(v->number, 1);
    CHECK_INT(v->tensors->n, 2);
    const void *t = tensor(v, "w");
    CHECK(t && memcmp(t, w, sizeof w) == 0 && (uintptr_t)t % 64 == 0);
    CHECK(memcmp(tensor(v, "b"), b3, sizeof b3) == 0);
    CHECK(!tensor(v, "bn.num_batches_tracked"));
    modelversion_unref(v);
}

static void test_conversion(Fixture *f) {
    double d[3] = {0.1, 1e300, -3};
    uint16_t h[6] = {0x3C00, 0xC000, 0x7C00, 1, 0x8000, 0x3555}, bf[3] = {0x3F80, 0xC040, 0x7FC0};
    begin(f);
    add(f, "w", "F16", "[2,3]", h, sizeof h);
    add(f, "b", "F64", "[3]", d, sizeof d);
    CHECK_STR(load(f, written(f)), "");
    ModelVersion *v = models_get(f->models, "net", 0);
    const float *x = tensor(v, "w"), *y = tensor(v, "b");
    CHECK(x[0] == 1 && x[1] == -2 && isinf(x[2]) && x[3] == 0x1p-24f && signbit(x[4]));
    CHECK(y[0] == 0.1f && isinf(y[1]) && y[2] == -3);
    modelversion_unref(v);
    begin(f);
    add(f, "w", "BOOL", "[2,3]", "\0\1\0\1\2\0", 6);
    add(f, "b", "BF16", "[3]", bf, sizeof bf);
    CHECK_STR(load(f, written(f)), "");
    v = models_get(f->models, "net", 0);
    x = tensor(v, "w"), y = tensor(v, "b");
    CHECK(x[0] == 0 && x[1] == 1 && x[4] == 1 && y[0] == 1 && y[1] == -3 && isnan(y[2]));
    modelversion_unref(v);
}

static void test_misfits(Fixture *f) {
    float many[12] = {0};
    int64_t before = newest(f->models, "net");
    begin(f);
    add(f, "w", "F32", "[3,2]", w, sizeof w);
    add(f, "b", "F32", "[3]", b3, sizeof b3);
    CHECK_STR(load(f, written(f)),
              "m.safetensors does not fit model net: tensor w has shape (3, 2), the model needs (2, 3)");
    begin(f);
    add(f, "w", "F32", "[6]", w, sizeof w);
    add(f, "b", "F32", "[3]", b3, sizeof b3);
    CHECK_STR(load(f, written(f)), "m.safetensors does not fit model net: tensor w has shape (6), the model needs (2, 3)");
    begin(f);
    add(f, "w", "F32", "[2,3]", w, sizeof w);
    add(f, "bias", "F32", "[3]", b3, sizeof b3);
    CHECK_STR(load(f, written(f)), "m.safetensors does not fit model net: it lacks b; the model has no bias");
    begin(f);
    for (int i = 0; i < 10; i++) add(f, (char[]){'t', (char)('0' + i), 0}, "F32", "[1]", &many[i], 4);
    CHECK_STR(load(f, written(f)), "m.safetensors does not fit model net: it lacks w, b; the model has no t0, t1, t2, t3, t4, "
                                   "t5, t6, t7 and 2 more");
    CHECK(strstr(load(f, "no/file"), "cannot read no/file: No such file") != NULL);
    CHECK(strstr(load(f, temp_file("m.safetensors", "abc", 3)), "too short") != NULL);
    CHECK_INT(newest(f->models, "net"), before);
}

static void publish(Fixture *f, const char *model, float value) {
    Schema *s = models_tensors(f->models, model);
    ModelVersion *v = modelversion_new(f->pool, s);
    *(float *)v->data[0] = value;
    CHECK(models_publish(f->models, model, v));
    schema_unref(s);
}

static void test_versions(Fixture *f) {
    Models *m = f->models;
    const char *const *all;
    RtError e = {0};
    CHECK(!models_get(m, "other", 0) && !models_drop(m, "other"));
    CHECK(!models_load(m, f->pool, "other", "x.safetensors", &e));
    CHECK_STR(e.message.p, "there is no model other");
    rt_error_clear(&e);
    Schema *s = schema_new(1, (const char *[]){"alpha"}, (const Type *[]){type_get(f->types, TY_F32)});
    models_declare(m, "other", s);
    schema_unref(s);
    CHECK_INT(newest(m, "other"), 0);
    for (int i = 0; i < 3; i++) publish(f, "other", (float)i);
    CHECK_INT(newest(m, "other"), 3);
    CHECK(!models_get(m, "other", 4));
    ModelVersion *v = models_get(m, "other", 2);
    CHECK(v->number == 2 && *(const float *)tensor(v, "alpha") == 1);
    CHECK_INT(models_names(m, f->arena, &all), 2);
    CHECK_STR(all[1], "other");
    CHECK(models_drop(m, "other"));
    CHECK(*(const float *)tensor(v, "alpha") == 1); /* whoever holds it keeps it */
    modelversion_unref(v);
}

static void test_memory(Fixture *f) {
    begin(f);
    add(f, "w", "F32", "[2,3]", w, sizeof w);
    add(f, "b", "F32", "[3]", b3, sizeof b3);
    const char *path = written(f);
    blockpool_set_limit(f->pool, blockpool_used(f->pool) + 200);
    CHECK(strstr(load(f, path), "out of memory") != NULL);
    blockpool_set_limit(f->pool, 0);
}

static uint16_t to_half(double d, TypeKind kind) {
    uint16_t h;
    CHECK_INT(elements_convert(TY_F64, &d, kind, &h, 1), -1);
    return h;
}

static void test_elements(void) {
    int64_t i[3] = {-128, 127, 128}, big = (1ll << 53) + 1;
    uint64_t u = UINT64_MAX;
    int8_t i8[3];
    float f32;
    double f64 = 1;
    CHECK_INT(elements_convert(TY_I64, i, TY_I8, i8, 3), 2);
    CHECK(i8[0] == -128 && i8[1] == 127);
    CHECK_INT(elements_convert(TY_I64, i, TY_U8, i8, 3), 0);
    CHECK_INT(elements_convert(TY_F64, &f64, TY_I8, i8, 1), 0);
    CHECK_INT(elements_convert(TY_I64, i, TY_BOOL, i8, 1), 0);
    CHECK_INT(elements_convert(TY_U64, &u, TY_I64, i, 1), 0);
    CHECK_INT(elements_convert(TY_U64, &u, TY_F32, &f32, 1), -1);
    CHECK(f32 == 0x1p64f);
    CHECK_INT(elements_convert(TY_I64, &big, TY_F64, &f64, 1), -1);
    CHECK(f64 == 0x1p53);
    big = (1ll << 62) + (1ll << 38) + 1; /* just above half of a unit of 2^39: through double it would round to even, down */
    CHECK_INT(elements_convert(TY_I64, &big, TY_F32, &f32, 1), -1);
    CHECK(f32 == 0x1p62f + 0x1p39f);
    big = -big;
    CHECK_INT(elements_convert(TY_I64, &big, TY_F32, &f32, 1), -1);
    CHECK(f32 == -(0x1p62f + 0x1p39f));
    CHECK_INT(to_half(1 + 0x1p-11 + 0x1p-40, TY_F16), 0x3C01); /* rounded once, not through float */
    CHECK_INT(to_half(1 + 0x1p-11, TY_F16), 0x3C00);
    CHECK_INT(to_half(-(1 + 0x1p-11 + 0x1p-40), TY_F16), 0xBC01);
    CHECK_INT(to_half(1e300, TY_F16), 0x7C00);
    CHECK_INT(to_half(-1e300, TY_BF16), 0xFF80);
    CHECK_INT(to_half(1e-300, TY_BF16), 0);
    CHECK_INT(to_half(1 + 0x1p-8 + 0x1p-40, TY_BF16), 0x3F81);
}

int main(void) {
    Fixture f = {.arena = arena_new(), .pool = blockpool_new(0)};
    f.types = typepool_new(f.arena);
    f.models = models_new(f.pool);
    declare(&f);
    test_load(&f);
    test_conversion(&f);
    test_misfits(&f);
    test_versions(&f);
    test_memory(&f);
    test_elements();
    models_free(f.models);
    CHECK_INT(blockpool_used(f.pool), 0);
    blockpool_free(f.pool);
    arena_free(f.arena);
    buf_free(&f.header);
    buf_free(&f.data);
    temp_remove();
    return check_report("models");
}
