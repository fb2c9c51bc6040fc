/* Safetensors: what is read, and headers that lie. */
#include "runtime/safetensors.h"
#include "tests/unit/tables.h"
#include "tests/unit/temp.h"

/* length, header, data */
static void put(Buf *b, const char *header, const void *data, size_t bytes) {
    uint64_t n = strlen(header);
    buf_clear(b);
    buf_add(b, &n, 8);
    buf_puts(b, header);
    buf_add(b, data, bytes);
}

static const char *read_error(Arena *a, const char *header, size_t bytes) {
    static const uint8_t data[64];
    Buf b = {0};
    SafeTensors out;
    RtError e = {0};
    put(&b, header, data, bytes);
    uint8_t *copy = malloc(b.n); /* its own allocation: reading past it is seen */
    memcpy(copy, b.p, b.n);
    bool ok = safetensors_read(a, "m", copy, b.n, &out, &e);
    const char *why = ok ? "" : arena_strndup(a, e.message.p, e.message.n);
    free(copy);
    buf_free(&b);
    rt_error_clear(&e);
    return why;
}

static void test_reads(Arena *a) {
    float data[5] = {1, 2, 3, 4, 5};
    SafeTensors t;
    RtError e = {0};
    Buf b = {0};
    put(&b,
        " {\"__metadata__\": {\"format\": \"pt\", \"x\": [1, {\"y\": null}]},\n"
        "\"b.\\u00e9\\n\": {\"dtype\": \"F32\", \"shape\": [], \"data_offsets\": [16, 20], \"more\": -1.5e3},"
        "\"w\" : {\"data_offsets\":[0,16],\"shape\":[2,2],\"dtype\":\"F32\"},"
        "\"empty\": {\"dtype\": \"BF16\", \"shape\": [3, 0], \"data_offsets\": [16, 16]}}   ",
        data, sizeof data);
    CHECK(safetensors_read(a, "m", (uint8_t *)b.p, b.n, &t, &e));
    CHECK_INT(t.n, 3);
    CHECK_STR(t.at[0].name, "b.\xc3\xa9\n");
    CHECK_INT(t.at[0].rank, 0);
    CHECK_INT(t.at[0].count, 1);
    CHECK(memcmp(t.at[0].data, &data[4], 4) == 0);
    CHECK_INT(t.at[1].rank, 2);
    CHECK_INT(t.at[1].dims[1], 2);
    CHECK_INT(t.at[1].bytes, 16);
    CHECK_INT(t.at[2].kind, TY_BF16);
    CHECK_INT(t.at[2].count, 0);
    buf_free(&b);
    rt_error_clear(&e);
}

#define F32_AT(name, shape, from, to)                                                                                   \
    "\"" name "\":{\"dtype\":\"F32\",\"shape\":[" shape "],\"data_offsets\":[" #from "," #to "]}"
#define READ_ERROR(header, bytes, why) CHECK_STR(read_error(a, header, bytes), why)

static void test_layout(Arena *a) {
    READ_ERROR("{" F32_AT("w", "4", 0, 16) "}", 16, "");
    READ_ERROR("{}", 0, "");
    READ_ERROR("{" F32_AT("w", "4", 0, 16) "}", 15, "m: tensor w: its data lies in bytes 0 to 16, the file has 15");
    READ_ERROR("{" F32_AT("w", "4", 0, 16) "}", 17, "m: 1 bytes behind the last tensor belong to none");
    READ_ERROR("{" F32_AT("w", "4", 4, 20) "}", 20, "m: tensor w: unused bytes lie before its data");
    READ_ERROR("{" F32_AT("w", "4", 16, 0) "}", 16, "m: tensor w: its data ends before it begins");
    READ_ERROR("{" F32_AT("w", "2,3", 0, 16) "}", 16,
               "m: tensor w: 16 bytes of data where its shape and dtype F32 need 24");
    READ_ERROR("{" F32_AT("w", "4", 0, 16) "," F32_AT("v", "4", 12, 28) "}", 28, "m: tensors w and v overlap");
    READ_ERROR("{" F32_AT("w", "4", 0, 16) "," F32_AT("v", "4", 0, 16) "}", 16, "m: tensors w and v overlap");
    READ_ERROR("{" F32_AT("w", "1", 0, 4) "," F32_AT("w", "1", 4, 8) "}", 8, "m: tensor w: it comes twice");
    READ_ERROR("{" F32_AT("w", "4294967296,4294967296", 0, 16) "}", 16, "m: tensor w: its shape is too large");
    READ_ERROR("{" F32_AT("w", "9223372036854775807", 0, 16) "}", 16, "m: tensor w: its shape is too large");
    READ_ERROR("{" F32_AT("w", "1,1,1,1,1,1,1,1,1", 0, 4) "}", 4, "m: tensor w: it has more than 8 axes");
}

static void test_header_text(Arena *a) {
    READ_ERROR("{\"w\":{\"dtype\":\"F8_E4M3\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
               "m: tensor w: dtype F8_E4M3 is not supported");
    READ_ERROR("{\"w\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "m: tensor w: dtype, shape or data_offsets is missing");
    READ_ERROR("{\"w\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
               "m: tensor w: a key of its description comes twice");
    READ_ERROR("{" F32_AT("w", "-4", 0, 16) "}", 16, "m: its header is damaged: a whole number from 0 is expected");
    READ_ERROR("{" F32_AT("w", "4.0", 0, 16) "}", 16, "m: its header is damaged: a whole number from 0 is expected");
    READ_ERROR("{" F32_AT("w", "4,", 0, 16) "}", 16, "m: its header is damaged: a whole number from 0 is expected");
    READ_ERROR("{\"w\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,1]}}", 1,
               "m: its header is damaged: data_offsets has more than two numbers");
    READ_ERROR("{" F32_AT("w", "4", 0, 16), 16, "m: its header is damaged: a comma or a closing bracket is expected");
    READ_ERROR("{" F32_AT("w", "4", 0, 16) "}x", 16, "m: its header is damaged: something follows the value");
    READ_ERROR("{" F32_AT("w", "4", 0, 16) ",}", 16, "m: its header is damaged: a text is expected");
    READ_ERROR("[]", 0, "m: its header is damaged: an object is expected");
    READ_ERROR("", 0, "m: its header is damaged: an object is expected");
    READ_ERROR("{\"a\\", 0, "m: its header is damaged: a text is not closed");
    READ_ERROR("{\"a\\ud800\":1}", 0, "m: its header is damaged: half of a surrogate pair");
    READ_ERROR("{\"a\\u12\":1}", 0, "m: its header is damaged: \\u needs four hexadecimal digits");
    READ_ERROR("{\"a\\q\":1}", 0, "m: its header is damaged: an unknown escape");
    READ_ERROR("{\"a\xff\":1}", 0, "m: its header is damaged: a text is not UTF-8");
    READ_ERROR("{\"a\\u0000b\":{}}", 0, "m: tensor a: its name contains a NUL");
}

static void test_frames(Arena *a) {
    static const uint8_t huge[10] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, '{', '}'};
    static const uint8_t lying[10] = {3, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    SafeTensors t;
    RtError e = {0};
    CHECK(!safetensors_read(a, "m", huge, 7, &t, &e));
    CHECK_STR(e.message.p, "m: it is not a safetensors file: too short");
    rt_error_clear(&e);
    CHECK(!safetensors_read(a, "m", huge, 10, &t, &e));
    rt_error_clear(&e);
    CHECK(!safetensors_read(a, "m", lying, 10, &t, &e));
    CHECK_STR(e.message.p, "m: its header claims 3 bytes, the file has 10: it is cut off or not a safetensors file");
    rt_error_clear(&e);
}

static void test_depth(Arena *a) {
    Buf b = {0};
    buf_puts(&b, "{\"__metadata__\":");
    for (int i = 0; i < 100000; i++) buf_putc(&b, '[');
    CHECK_STR(read_error(a, b.p, 0), "m: its header is damaged: it is nested too deeply");
    buf_free(&b);
}

/* Every byte damaged in turn, every length: never outside of the bytes given. */
static void test_damage(Arena *a) {
    Buf b = {0};
    float data[4] = {0};
    put(&b, "{" F32_AT("w\\u0041", "1, 2", 0, 8) "," F32_AT("v", "2", 8, 16) "}", data, sizeof data);
    for (size_t i = 0; i < 9 * b.n; i++) {
        size_t n = i < 8 * b.n ? b.n : i - 8 * b.n;
        uint8_t *copy = malloc(n + 1);
        SafeTensors t;
        RtError e = {0};
        memcpy(copy, b.p, n);
        if (i < 8 * b.n) copy[i / 8] ^= (uint8_t)(1 << i % 8);
        bool ok = safetensors_read(a, "m", copy, n, &t, &e);
        CHECK(ok == (e.kind == RT_NONE));
        rt_error_clear(&e);
        free(copy);
    }
    buf_free(&b);
}

static void test_relation(Fixture *f) {
    Buf b = {0};
    const char *why;
    float data[7] = {0};
    put(&b, "{" F32_AT("w", "2,3", 0, 24) "," F32_AT("v", "", 24, 28) "}", data, sizeof data);
    FileSpec s = {.path = temp_file("m.safetensors", b.p, b.n)};
    CHECK_STR(schema_of(f, &s), "name VARCHAR, dtype VARCHAR, shape VARCHAR, elements BIGINT");
    TableVersion *v = load_file(f, &s, &why);
    CHECK_STR(why, "");
    CHECK_INT(v->rows, 2);
    CHECK_STR(cell(f, v, 0, 0), "w");
    CHECK_STR(cell(f, v, 0, 2), "[2, 3]");
    CHECK_STR(cell(f, v, 1, 2), "[]");
    CHECK_STR(cell(f, v, 0, 3), "6");
    version_unref(v);
    buf_free(&b);
}

int main(void) {
    Fixture f = fixture_new();
    test_reads(f.arena);
    test_layout(f.arena);
    test_header_text(f.arena);
    test_frames(f.arena);
    test_depth(f.arena);
    test_damage(f.arena);
    test_relation(&f);
    fixture_free(&f);
    temp_remove();
    return check_report("safetensors");
}
