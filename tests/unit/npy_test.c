/* .npy files: all element types, both orders, and files that lie. */
#include "tests/unit/tables.h"
#include "tests/unit/temp.h"

/* magic, version, header padded to 64 bytes, data */
static FileSpec npy(const char *descr, const char *order, const char *shape, int version, const void *data, size_t bytes) {
    Buf b = {0}, dict = {0};
    size_t start = version == 1 ? 10 : 12;
    buf_printf(&dict, "{'descr': %s, 'fortran_order': %s, 'shape': %s, }", descr, order, shape);
    while ((start + dict.n + 1) % 64) buf_putc(&dict, ' ');
    buf_putc(&dict, '\n');
    buf_add(&b, "\x93NUMPY", 6);
    buf_add(&b, (char[]){(char)version, 0}, 2);
    for (size_t i = 0; i < start - 8; i++) buf_putc(&b, (char)(dict.n >> (8 * i)));
    buf_add(&b, dict.p, dict.n);
    buf_add(&b, data, bytes);
    FileSpec s = {.path = temp_file("x.npy", b.p, b.n)};
    buf_free(&b);
    buf_free(&dict);
    return s;
}

static void check_scalar(Fixture *f, const char *descr, const void *data, size_t bytes, const char *type, const char *a,
                         const char *b) {
    char want[64];
    const char *why;
    FileSpec s = npy(descr, "False", "(2,)", 1, data, bytes);
    snprintf(want, sizeof want, "i BIGINT, value %s", type);
    CHECK_STR(schema_of(f, &s), want);
    TableVersion *v = load_file(f, &s, &why);
    CHECK_STR(why, "");
    if (!v) return;
    CHECK_INT(v->rows, 2);
    CHECK_STR(cell(f, v, 1, 0), "1");
    CHECK_STR(cell(f, v, 0, 1), a);
    CHECK_STR(cell(f, v, 1, 1), b);
    version_unref(v);
}

#define SCALAR(descr, T, x, y, type, a, b) check_scalar(f, descr, (T[]){x, y}, sizeof(T[2]), type, a, b)

static void test_scalars(Fixture *f) {
    SCALAR("'|b1'", uint8_t, 0, 7, "BOOLEAN", "false", "true"); /* 7 is no boolean: read as true */
    SCALAR("'|i1'", int8_t, -128, 127, "TINYINT", "-128", "127");
    SCALAR("'<i2'", int16_t, -32768, 5, "SMALLINT", "-32768", "5");
    SCALAR("'<i4'", int32_t, INT32_MIN, INT32_MAX, "INTEGER", "-2147483648", "2147483647");
    SCALAR("'<i8'", int64_t, INT64_MIN, INT64_MAX, "BIGINT", "-9223372036854775808", "9223372036854775807");
    SCALAR("'|u1'", uint8_t, 0, 255, "UTINYINT", "0", "255");
    SCALAR("'<u2'", uint16_t, 1, 65535, "USMALLINT", "1", "65535");
    SCALAR("'<u4'", uint32_t, 2, UINT32_MAX, "UINTEGER", "2", "4294967295");
    SCALAR("'<u8'", uint64_t, 3, UINT64_MAX, "UBIGINT", "3", "18446744073709551615");
    SCALAR("'<f2'", uint16_t, 0x3C00, 0xC500, "FLOAT16", "1", "-5");
    SCALAR("\"<f4\"", float, 0.1f, -0.0f, "FLOAT32", "0.1", "-0");
    SCALAR("'<f8'", double, 0.1, 1e300, "DOUBLE", "0.1", "1e+300");
}

static void check_cells(Fixture *f, FileSpec s, const char *schema, int64_t rows, const char *first, const char *last) {
    const char *why;
    CHECK_STR(schema_of(f, &s), schema);
    TableVersion *v = load_file(f, &s, &why);
    CHECK_STR(why, "");
    if (!v) return;
    CHECK_INT(v->rows, rows);
    if (rows) CHECK_STR(cell(f, v, 0, 1), first);
    if (rows) CHECK_STR(cell(f, v, rows - 1, 1), last);
    version_unref(v);
}

static void test_tensors(Fixture *f) {
    uint8_t bytes[24];
    float floats[12];
    for (int i = 0; i < 24; i++) bytes[i] = (uint8_t)i;
    for (int i = 0; i < 12; i++) floats[i] = (float)i / 2;
    check_cells(f, npy("'|u1'", "False", "(2, 3, 4)", 2, bytes, 24), "i BIGINT, value TENSOR(UTINYINT, 3, 4)", 2,
                "[[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]", "[[12, 13, 14, 15], [16, 17, 18, 19], [20, 21, 22, 23]]");
    check_cells(f, npy("'|u1'", "True", "(2, 3, 4)", 3, bytes, 24), "i BIGINT, value TENSOR(UTINYINT, 3, 4)", 2,
                "[[0, 6, 12, 18], [2, 8, 14, 20], [4, 10, 16, 22]]", "[[1, 7, 13, 19], [3, 9, 15, 21], [5, 11, 17, 23]]");
    check_cells(f, npy("'<f4'", "False", "(4L, 3L)", 1, floats, 48), "i BIGINT, value TENSOR(FLOAT32, 3)", 4, "[0, 0.5, 1]",
                "[4.5, 5, 5.5]");
    check_cells(f, npy("'<f4'", "True", "(4, 3)", 1, floats, 48), "i BIGINT, value TENSOR(FLOAT32, 3)", 4, "[0, 2, 4]",
                "[1.5, 3.5, 5.5]");
    check_cells(f, npy("'|b1'", "False", "(3, 8)", 1, bytes, 24), "i BIGINT, value TENSOR(BOOLEAN, 8)", 3,
                "[false, true, true, true, true, true, true, true]", "[true, true, true, true, true, true, true, true]");
}

static void test_shapes_at_the_edge(Fixture *f) {
    double one = 2.5;
    check_cells(f, npy("'<f8'", "False", "()", 1, &one, 8), "i BIGINT, value DOUBLE", 1, "2.5", "2.5");
    check_cells(f, npy("'<f8'", "True", "(1,)", 1, &one, 8), "i BIGINT, value DOUBLE", 1, "2.5", "2.5");
    check_cells(f, npy("'<f8'", "False", "(0, 5)", 1, "", 0), "i BIGINT, value TENSOR(DOUBLE, 5)", 0, "", "");
}

static void test_many_rows(Fixture *f) {
    int64_t n = 300000;
    int32_t *x = malloc(sizeof *x * (size_t)n);
    for (int64_t i = 0; i < n; i++) x[i] = (int32_t)(i * 7 - 1000);
    check_cells(f, npy("'<i4'", "False", "(300000,)", 1, x, sizeof *x * (size_t)n), "i BIGINT, value INTEGER", n, "-1000",
                "2098993");
    free(x);
}

static void check_fails(Fixture *f, FileSpec s, const char *why) {
    const char *got;
    size_t dir = strlen(temp_dir) + 1;
    CHECK(!load_file(f, &s, &got));
    CHECK_STR(strlen(got) > dir ? got + dir : got, why);
    got = schema_of(f, &s);
    CHECK_STR(strlen(got) > dir ? got + dir : got, why);
}

static void test_lies(Fixture *f) {
    double d[4] = {0};
    check_fails(f, npy("'>f4'", "False", "(4,)", 1, d, 16), "x.npy: dtype >f4 is big-endian; save it in little-endian order");
    check_fails(f, npy("'<c8'", "False", "(4,)", 1, d, 32),
                "x.npy: dtype <c8 is not supported (booleans, integers and floats are)");
    check_fails(f, npy("'|O'", "False", "(4,)", 1, d, 32),
                "x.npy: dtype |O is not supported (booleans, integers and floats are)");
    check_fails(f, npy("[('a', '<f4')]", "False", "(4,)", 1, d, 16), "x.npy: records (a structured dtype) are not supported");
    check_fails(f, npy("'<f8'", "False", "(5,)", 1, d, 32),
                "x.npy: 32 bytes of data where its header promises 40: it is cut off");
    check_fails(f, npy("'<f8'", "False", "(3,)", 1, d, 32), "x.npy: 32 bytes of data where its header promises 24");
    check_fails(f, npy("'<f8'", "False", "(4, 0)", 1, d, 0), "x.npy: an axis behind the first has length 0");
    check_fails(f, npy("'<f8'", "False", "(4294967296, 4294967296, 2)", 1, d, 32), "x.npy: its shape is too large");
    check_fails(f, npy("'<f8'", "False", "(99999999999999999999,)", 1, d, 32), "x.npy: its shape is too large");
    check_fails(f, npy("'<f8'", "False", "(0, 1073741824)", 1, d, 0), "x.npy: a row of it is larger than 1 GiB");
    check_fails(f, npy("'<f8'", "False", "(1,1,1,1,1,1,1,1,1,1)", 1, d, 8),
                "x.npy: it has more axes than a tensor column can have");
    check_fails(f, npy("'<f8'", "False", "(-1,)", 1, d, 8), "x.npy: its header is damaged: the shape is not a tuple of numbers");
    check_fails(f, npy("'<f8'", "False", "4", 1, d, 8), "x.npy: its header is damaged: the shape is not a tuple");
    check_fails(f, npy("'<f8'", "Maybe", "(4,)", 1, d, 8),
                "x.npy: its header is damaged: fortran_order is neither True nor False");
    check_fails(f, npy("'<f8'", "False", "(4,)", 4, d, 32), "x.npy: .npy version 4.0 is not known");
}

static void check_fails_bytes(Fixture *f, const void *p, size_t n, const char *why) {
    check_fails(f, (FileSpec){.path = temp_file("x.npy", p, n)}, why);
}

static void test_frames(Fixture *f) {
    check_fails_bytes(f, "", 0, "x.npy: it is not a .npy file");
    check_fails_bytes(f, "\x93NUMPY\1\0\xff\xff{}", 12, "x.npy: it is cut off within its header");
    check_fails_bytes(f, "\x93NUMPY\2\0\xff\xff", 10, "x.npy: it is cut off within its header");
    check_fails_bytes(f, "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14, "x.npy: it is cut off within its header");
    check_fails_bytes(f, "\x93NUMPY\1\0\2\0{}", 12,
                      "x.npy: its header is damaged: descr, fortran_order or shape is missing");
    check_fails_bytes(f, "\x93NUMPY\1\0\2\0[]", 12, "x.npy: its header is damaged: it is not a dictionary");
    check_fails_bytes(f, "\x93NUMPY\1\0\1\0{", 11, "x.npy: its header is damaged: a quoted text is expected");
}

/* Any byte of the header damaged, any length: an answer or a message, and nothing read outside (under the sanitizer). */
static void test_damage(Fixture *f) {
    float x[6] = {1, 2, 3, 4, 5, 6};
    char bytes[256];
    FileSpec s = npy("'<f4'", "False", "(2, 3)", 1, x, sizeof x);
    FILE *in = fopen(s.path, "rb");
    size_t n = fread(bytes, 1, sizeof bytes, in), loaded = 0;
    fclose(in);
    for (size_t at = 0; at < 2 * n; at++) {
        RtError e = {0};
        char damaged[256];
        memcpy(damaged, bytes, n);
        if (at < n) damaged[at] ^= 1 << at % 8;
        s.path = temp_file("x.npy", damaged, at < n ? n : at - n);
        TableVersion *v = file_load(f->pool, f->workers, &s, &e);
        CHECK((v != NULL) == (e.kind == RT_NONE));
        loaded += v != NULL;
        version_unref(v);
        rt_error_clear(&e);
    }
    CHECK(loaded > 24 && loaded < n); /* the data may be anything; some blanks of the header too */
}

static void test_files(Fixture *f) {
    const char *why;
    FileSpec s = {.path = "no/such/file.npy"};
    CHECK_STR(schema_of(f, &s), "cannot read no/such/file.npy: No such file or directory");
    s.path = "x.parquet";
    CHECK_STR(schema_of(f, &s), "cannot read x.parquet: .parquet files are not supported yet");
    s.path = "dir.d/x";
    CHECK_STR(schema_of(f, &s), "cannot read dir.d/x: its name has no ending that says its format");
    s.path = "x.foo";
    CHECK_STR(schema_of(f, &s), "cannot read x.foo: .foo is not a known format (csv, tsv, npy, png, jpg and safetensors are)");
    s.format = "orc";
    CHECK_STR(schema_of(f, &s), "cannot read x.foo: the format orc is not supported yet");
    double d = 1;
    Value header = value_bool(f->types, true);
    s = npy("'<f8'", "False", "(1,)", 1, &d, 8);
    s.format = "npy";
    CHECK_STR(schema_of(f, &s), "i BIGINT, value DOUBLE");
    s.n_options = 1, s.names = (const char *[]){"header"}, s.values = &header;
    CHECK(!load_file(f, &s, &why));
    CHECK(strstr(why, "this format has no option header") != NULL);
    s.n_options = 0;
    s.path = temp_dir;
    CHECK(!load_file(f, &s, &why));
    CHECK(strstr(why, "it is a folder") != NULL);
}

static void test_memory(Fixture *f) {
    const char *why;
    float x[6] = {0};
    FileSpec s = npy("'<f4'", "False", "(2, 3)", 1, x, sizeof x);
    blockpool_set_limit(f->pool, 1);
    CHECK(!load_file(f, &s, &why));
    CHECK(strstr(why, "out of memory") != NULL);
    blockpool_set_limit(f->pool, 0);
}

int main(void) {
    Fixture f = fixture_new();
    test_scalars(&f);
    test_tensors(&f);
    test_shapes_at_the_edge(&f);
    test_many_rows(&f);
    test_lies(&f);
    test_frames(&f);
    test_damage(&f);
    test_files(&f);
    test_memory(&f);
    fixture_free(&f);
    temp_remove();
    return check_report("npy");
}
