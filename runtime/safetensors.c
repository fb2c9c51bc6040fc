#include "runtime/safetensors.h"
#include "base/map.h"
#include "base/hash.h"
#include "base/vec.h"
#include "runtime/json_read.h"

/* As much header as the format's own reader accepts. */
#define HEADER_MOST ((uint64_t)100 << 20)

typedef struct Reader {
    Arena *arena;
    const char *path;
    JsonReader json;
    const uint8_t *data; /* behind the header */
    uint64_t room;       /* bytes of data */
    VEC(SafeTensor) tensors;
    Map names;
    RtError *e;
} Reader;

static const struct {
    const char *text;
    TypeKind kind;
    uint8_t bytes;
} dtypes[] = {
    {"F64", TY_F64, 8}, {"F32", TY_F32, 4}, {"F16", TY_F16, 2}, {"BF16", TY_BF16, 2}, {"I64", TY_I64, 8},
    {"I32", TY_I32, 4}, {"I16", TY_I16, 2}, {"I8", TY_I8, 1},   {"U64", TY_U64, 8},   {"U32", TY_U32, 4},
    {"U16", TY_U16, 2}, {"U8", TY_U8, 1},   {"BOOL", TY_BOOL, 1},
};

const char *safetensors_dtype(TypeKind kind) {
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++)
        if (dtypes[i].kind == kind) return dtypes[i].text;
    return "";
}

static bool fail(Reader *r, const SafeTensor *t, const char *what) {
    return rt_fail(r->e, RT_DATA, "%s: tensor %s: %s", r->path, t->name, what);
}

static bool fail_json(Reader *r) {
    return rt_fail(r->e, RT_DATA, "%s: its header is damaged: %s", r->path, r->json.why ? r->json.why : "it ends early");
}

static char *own(Reader *r, Str s) { return arena_strndup(r->arena, s.p, s.n); }

static bool read_dtype(Reader *r, SafeTensor *t, uint32_t *bytes) {
    Str s;
    if (!json_string(&r->json, r->arena, &s)) return fail_json(r);
    t->dtype = own(r, s);
    for (size_t i = 0; i < sizeof dtypes / sizeof *dtypes; i++) {
        if (!str_eq(s, str_of(dtypes[i].text))) continue;
        t->kind = dtypes[i].kind;
        *bytes = dtypes[i].bytes;
        return true;
    }
    return rt_fail(r->e, RT_DATA, "%s: tensor %s: dtype %s is not supported", r->path, t->name, t->dtype);
}

static bool read_shape(Reader *r, SafeTensor *t) {
    t->rank = 0;
    t->count = 1;
    if (!json_enter(&r->json, '[')) return fail_json(r);
    while (json_more(&r->json, ']')) {
        int64_t dim;
        if (!json_count(&r->json, &dim)) return fail_json(r);
        if (t->rank == TENSOR_MAX_RANK) return fail(r, t, "it has more than 8 axes");
        if (__builtin_mul_overflow(t->count, dim, &t->count)) return fail(r, t, "its shape is too large");
        t->dims[t->rank++] = dim;
    }
    return !r->json.why || fail_json(r);
}

static bool read_offsets(Reader *r, int64_t at[2]) {
    if (!json_enter(&r->json, '[')) return fail_json(r);
    for (int i = 0; i < 2; i++)
        if (!json_more(&r->json, ']') || !json_count(&r->json, &at[i])) return fail_json(r);
    if (json_more(&r->json, ']')) r->json.why = "data_offsets has more than two numbers";
    return !r->json.why || fail_json(r);
}

static bool set_data(Reader *r, SafeTensor *t, const int64_t at[2], uint32_t elem_bytes) {
    int64_t need;
    if (at[0] > at[1]) return fail(r, t, "its data ends before it begins");
    if ((uint64_t)at[1] > r->room)
        return rt_fail(r->e, RT_DATA, "%s: tensor %s: its data lies in bytes %lld to %lld, the file has %llu", r->path, t->name,
                       (long long)at[0], (long long)at[1], (unsigned long long)r->room);
    if (__builtin_mul_overflow(t->count, (int64_t)elem_bytes, &need)) return fail(r, t, "its shape is too large");
    if (need != at[1] - at[0])
        return rt_fail(r->e, RT_DATA, "%s: tensor %s: %lld bytes of data where its shape and dtype %s need %lld", r->path,
                       t->name, (long long)(at[1] - at[0]), t->dtype, (long long)need);
    t->data = r->data + at[0];
    t->bytes = (size_t)need;
    return true;
}

enum { HAS_DTYPE = 1, HAS_SHAPE = 2, HAS_OFFSETS = 4, HAS_ALL = 7 };

static int field_of(Str key) {
    return str_eq(key, STR_LIT("dtype")) ? HAS_DTYPE : str_eq(key, STR_LIT("shape")) ? HAS_SHAPE
           : str_eq(key, STR_LIT("data_offsets")) ? HAS_OFFSETS : 0;
}

static bool read_tensor(Reader *r, SafeTensor *t) {
    int seen = 0;
    uint32_t elem_bytes = 0;
    int64_t at[2] = {0};
    Str key;
    if (!json_enter(&r->json, '{')) return fail_json(r);
    while (json_more(&r->json, '}')) {
        if (!json_key(&r->json, r->arena, &key)) return fail_json(r);
        int field = field_of(key);
        if (seen & field) return fail(r, t, "a key of its description comes twice");
        seen |= field;
        bool ok = field == HAS_DTYPE ? read_dtype(r, t, &elem_bytes) : field == HAS_SHAPE ? read_shape(r, t)
                  : field == HAS_OFFSETS ? read_offsets(r, at) : json_skip(&r->json) || fail_json(r);
        if (!ok) return false;
    }
    if (r->json.why) return fail_json(r);
    if (seen != HAS_ALL) return fail(r, t, "dtype, shape or data_offsets is missing");
    return set_data(r, t, at, elem_bytes);
}

static bool same_name(const void *name, const void *key) { return strcmp(name, key) == 0; }

static bool add_name(Reader *r, const SafeTensor *t) {
    uint64_t h = hash64(t->name, strlen(t->name), 0);
    if (map_get(&r->names, h, same_name, t->name)) return fail(r, t, "it comes twice");
    map_add(&r->names, h, (void *)(uintptr_t)t->name);
    return true;
}

static bool read_entry(Reader *r) {
    Str key;
    SafeTensor t = {0};
    if (!json_key(&r->json, r->arena, &key)) return fail_json(r);
    if (str_eq(key, STR_LIT("__metadata__"))) return json_skip(&r->json) || fail_json(r);
    t.name = own(r, key);
    if (strlen(t.name) != key.n) return fail(r, &t, "its name contains a NUL");
    if (!add_name(r, &t) || !read_tensor(r, &t)) return false;
    *vec_push(&r->tensors) = t;
    return true;
}

static bool read_header(Reader *r) {
    if (!json_enter(&r->json, '{')) return fail_json(r);
    while (json_more(&r->json, '}'))
        if (!read_entry(r)) return false;
    return json_end(&r->json) || fail_json(r);
}

static int by_data(const void *a, const void *b) {
    const SafeTensor *const *x = a, *const *y = b;
    if ((*x)->data != (*y)->data) return (*x)->data < (*y)->data ? -1 : 1;
    return ((*x)->bytes > (*y)->bytes) - ((*x)->bytes < (*y)->bytes); /* empty ones first */
}

/* In the order of their data, each begins where the one before it ends, and the last ends with the file. */
static bool check_layout(Reader *r) {
    const SafeTensor **order = ARENA_ARRAY(r->arena, const SafeTensor *, r->tensors.n + 1);
    const uint8_t *at = r->data;
    for (size_t i = 0; i < r->tensors.n; i++) order[i] = &r->tensors.at[i];
    if (r->tensors.n) qsort(order, r->tensors.n, sizeof *order, by_data);
    for (size_t i = 0; i < r->tensors.n; i++) {
        if (order[i]->data < at)
            return rt_fail(r->e, RT_DATA, "%s: tensors %s and %s overlap", r->path, order[i - 1]->name, order[i]->name);
        if (order[i]->data > at) return fail(r, order[i], "unused bytes lie before its data");
        at += order[i]->bytes;
    }
    size_t rest = (size_t)(r->data + r->room - at);
    return rest == 0 || rt_fail(r->e, RT_DATA, "%s: %zu bytes behind the last tensor belong to none", r->path, rest);
}

/* The header's text and the data behind it. */
static bool read_frame(Reader *r, const uint8_t *p, size_t n) {
    uint64_t length = 0;
    if (n < 8) return rt_fail(r->e, RT_DATA, "%s: it is not a safetensors file: too short", r->path);
    for (int i = 7; i >= 0; i--) length = length << 8 | p[i];
    if (length > HEADER_MOST || length > n - 8)
        return rt_fail(r->e, RT_DATA, "%s: its header claims %llu bytes, the file has %zu: it is cut off or not a safetensors file",
                       r->path, (unsigned long long)length, n);
    r->json = (JsonReader){.p = (const char *)p + 8, .end = (const char *)p + 8 + length};
    r->data = p + 8 + length;
    r->room = n - 8 - length;
    return true;
}

bool safetensors_read(Arena *a, const char *path, const uint8_t *p, size_t n, SafeTensors *out, RtError *e) {
    Reader r = {.arena = a, .path = path, .e = e};
    bool ok = read_frame(&r, p, n) && read_header(&r) && check_layout(&r);
    if (ok) *out = (SafeTensors){(uint32_t)r.tensors.n, arena_copy(a, r.tensors.at, sizeof(SafeTensor) * r.tensors.n)};
    vec_free(&r.tensors);
    map_free(&r.names);
    return ok;
}
