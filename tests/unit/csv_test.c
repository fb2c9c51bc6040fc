/* Delimited files: dialects, types, values that widen columns, errors with their place, parts that end within records. */
#include "runtime/csv_sniff.h"
#include "runtime/result_print.h"
#include "tests/unit/tables.h"
#include "tests/unit/temp.h"
#include <zlib.h>
#include <zstd.h>

typedef struct Option {
    const char *name;
    Value value;
} Option;

static FileSpec spec_of(Fixture *f, const char *name, const char *text, size_t bytes, uint32_t n, const Option *options) {
    FileSpec s = {.path = arena_printf(f->arena, "%s", temp_file(name, text, bytes)), .n_options = n};
    const char **names = ARENA_ARRAY(f->arena, const char *, n + 1);
    Value *values = ARENA_ARRAY(f->arena, Value, n + 1);
    for (uint32_t i = 0; i < n; i++) names[i] = options[i].name, values[i] = options[i].value;
    s.names = names;
    s.values = values;
    return s;
}

static FileSpec csv(Fixture *f, const char *text) { return spec_of(f, "t.csv", text, strlen(text), 0, NULL); }
static FileSpec csv_with(Fixture *f, const char *text, const char *name, Value v) {
    return spec_of(f, "t.csv", text, strlen(text), 1, &(Option){name, v});
}
static Value text_value(Fixture *f, const char *s) { return value_str(f->types, str_of(s)); }

static Value list_value(Fixture *f, const char *const *texts, size_t n) {
    const Type *text = type_get(f->types, TY_VARCHAR);
    Value v = {.type = type_list(f->types, text), .list = {ARENA_ARRAY(f->arena, Value, n + 1), n}};
    for (size_t i = 0; i < n; i++) v.list.at[i] = text_value(f, texts[i]);
    return v;
}
#define TYPES(f, ...)                                                                                                  \
    list_value(f, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* The message without the folder. */
static const char *local(const char *message) {
    const char *at = temp_dir[0] ? strstr(message, temp_dir) : NULL;
    static char text[512];
    if (!at) return message;
    snprintf(text, sizeof text, "%.*s%s", (int)(at - message), message, at + strlen(temp_dir) + 1);
    return text;
}

/* Schema, then all rows: cells between bars, texts in quotes, rows behind semicolons. */
static const char *whole(Fixture *f, FileSpec s) {
    Buf b = {0};
    const char *why;
    TableVersion *v = load_file(f, &s, &why);
    if (!v) return local(why);
    for (uint32_t c = 0; c < v->schema->n; c++) {
        buf_printf(&b, "%s%s ", c ? ", " : "", v->schema->names[c]);
        type_print(&b, v->schema->types[c], false);
    }
    for (int64_t r = 0; r < v->rows; r++) {
        buf_putc(&b, ';');
        for (uint32_t c = 0; c < v->schema->n; c++) {
            const char *x = cell(f, v, r, c);
            bool text = v->schema->types[c]->kind == TY_VARCHAR && strcmp(x, "NULL") != 0;
            buf_printf(&b, text ? "|'%s'" : "|%s", x);
        }
    }
    version_unref(v);
    char *out = arena_strndup(f->arena, b.p, b.n);
    buf_free(&b);
    return out;
}

static void test_types(Fixture *f) {
    CHECK_STR(whole(f, csv(f, "b,i,d,day,ts,s,none\n"
                              "true,1,1.5,2020-02-29,2020-01-01 10:00:00,x,\n"
                              "FALSE,-2,3,1999-12-31,2020-01-01,007,\n"
                              ",,,,,,\n")),
              "b BOOLEAN, i BIGINT, d DOUBLE, day DATE, ts TIMESTAMP, s VARCHAR, none VARCHAR"
              ";|true|1|1.5|2020-02-29|2020-01-01 10:00:00|'x'|NULL"
              ";|false|-2|3|1999-12-31|2020-01-01 00:00:00|'007'|NULL;|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
    CHECK_STR(whole(f, csv(f, "n,z,d\n9223372036854775807,01,2020-02-30\n-9223372036854775808,02,x\n")),
              "n BIGINT, z VARCHAR, d VARCHAR;|9223372036854775807|'01'|'2020-02-30';|-9223372036854775808|'02'|'x'");
    CHECK_STR(whole(f, csv(f, "x,y\n9223372036854775808,1e5\n 7 ,-.5\n")),
              "x DOUBLE, y DOUBLE;|9.223372036854776e+18|100000;|7|-0.5");
}

static void test_text_forms(Fixture *f) {
    CHECK_STR(whole(f, csv(f, "\xEF\xBB\xBF" "a,b\r\n\"x, \"\"y\"\"\r\nz\",\"\"\r\n,plain\r\n")),
              "a VARCHAR, b VARCHAR;|'x, \"y\"\r\nz'|'';|NULL|'plain'");
    CHECK_STR(whole(f, csv(f, "a,b\n\n1,\"2\"\n\r\n\n3,4")), "a BIGINT, b BIGINT;|1|2;|3|4");
    CHECK_STR(whole(f, csv(f, "a\nx\n\ny\n")), "a VARCHAR;|'x';|NULL;|'y'");
    CHECK_STR(whole(f, csv(f, "a,b\n5\" disk,in \"quotes\"\n")), "a VARCHAR, b VARCHAR;|'5\" disk'|'in \"quotes\"'");
    CHECK_STR(whole(f, csv(f, "a,b\n\"x\",\"y\"\r")), "a VARCHAR, b VARCHAR;|'x'|'y'");
    CHECK_STR(whole(f, csv(f, "a,A,,\"q \"\"n\",a\n1,2,3,4,5\n")),
              "a BIGINT, A_1 BIGINT, c2 BIGINT, q \"n BIGINT, a_2 BIGINT;|1|2|3|4|5");
    CHECK_STR(whole(f, csv(f, "a,b\n")), "a VARCHAR, b VARCHAR");
    CHECK_STR(whole(f, csv(f, "a,b")), "a VARCHAR, b VARCHAR");
}

static void test_delimiters(Fixture *f) {
    CHECK_STR(whole(f, csv(f, "a;b\n1,5;2\n2,5;3\n")), "a VARCHAR, b BIGINT;|'1,5'|2;|'2,5'|3");
    CHECK_STR(whole(f, csv(f, "a|b|c\n1|2|3\n")), "a BIGINT, b BIGINT, c BIGINT;|1|2|3");
    CHECK_STR(whole(f, csv(f, "a\tb\n1\t\"x\ty\"\n")), "a BIGINT, b VARCHAR;|1|'x\ty'");
    CHECK_STR(whole(f, spec_of(f, "t.tsv", "a,b\tc\n1\t2\n", 10, 0, NULL)), "a,b BIGINT, c BIGINT;|1|2");
    CHECK_STR(whole(f, csv_with(f, "a:b;c\n1:2;3\n", "delim", text_value(f, ":"))), "a BIGINT, b;c VARCHAR;|1|'2;3'");
    CHECK_STR(whole(f, csv_with(f, "a\tb,c\n1\t2\n", "delim", text_value(f, "\\t"))), "a BIGINT, b,c BIGINT;|1|2");
}

static void test_options(Fixture *f) {
    Value no = value_bool(f->types, false);
    CHECK_STR(whole(f, csv_with(f, "1,x\n2,y\n", "header", no)), "c0 BIGINT, c1 VARCHAR;|1|'x';|2|'y'");
    CHECK_STR(whole(f, csv_with(f, "# made by hand\n\na,b\n1,2\n", "skip", value_i64(f->types, 1))), "a BIGINT, b BIGINT;|1|2");
    CHECK_STR(whole(f, csv_with(f, "a,b\nNA,NA\n1,\"NA\"\n,\n", "nullstr", text_value(f, "NA"))),
              "a BIGINT, b VARCHAR;|NULL|NULL;|1|'NA';|NULL|''");
    CHECK_STR(whole(f, csv_with(f, "a,b\n'x,''y',2\n", "quote", text_value(f, "'"))), "a VARCHAR, b BIGINT;|'x,'y'|2");
    CHECK_STR(whole(f, csv_with(f, "a,b\n\"x\\\"y\\\\\",\"2\"\n", "escape", text_value(f, "\\"))),
              "a VARCHAR, b BIGINT;|'x\"y\\'|2");
    CHECK_STR(whole(f, csv_with(f, "a,b\n\"x,\"y\"\n", "quote", text_value(f, ""))), "a VARCHAR, b VARCHAR;|'\"x'|'\"y\"'");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n", "headr", no)), "cannot read t.csv: there is no option headr; did you mean header?");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n", "header", text_value(f, "x"))), "cannot read t.csv: option header needs TRUE or FALSE");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n", "delim", text_value(f, "ab"))),
              "cannot read t.csv: option delim needs a text of one character, no line end");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n", "delim", text_value(f, "\""))),
              "cannot read t.csv: delim, quote and escape must differ");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n", "skip", value_i64(f->types, -1))),
              "cannot read t.csv: option skip needs a number of lines");
}

static void test_given_types(Fixture *f) {
    Value types = TYPES(f, "TINYINT", "DECIMAL(5,2)", "FLOAT32", "UBIGINT", "TIME", "INTERVAL", "DECIMAL(38,10)", "VARCHAR",
                        "BOOLEAN", "FLOAT16");
    CHECK_STR(whole(f, csv_with(f, "a,b,c,d,e,f,g,h,i,j\n"
                                   "-128,1.5,0.1,18446744073709551615,10:20:30,1 day,12345678901234567890.5,7,yes,0.5\n"
                                   "127,-999.99,1e3,0,00:00,2 months,-1,,0,65504\n"
                                   ",,,,,,,,,\n",
                                "types", types)),
              "a TINYINT, b DECIMAL(5,2), c FLOAT32, d UBIGINT, e TIME, f INTERVAL, g DECIMAL(38,10), h VARCHAR, i BOOLEAN, j FLOAT16"
              ";|-128|1.50|0.1|18446744073709551615|10:20:30|1 day|12345678901234567890.5000000000|'7'|true|0.5"
              ";|127|-999.99|1000|0|00:00:00|2 months|-1.0000000000|NULL|false|65504"
              ";|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n300\n", "types", TYPES(f, "TINYINT"))),
              "t.csv:3: column a: '300' is out of range for TINYINT");
    CHECK_STR(whole(f, csv_with(f, "a\n\"x\ny\"\n", "types", TYPES(f, "DATE"))),
              "t.csv:2: column a: 'x\ny' is not a valid DATE");
    CHECK_STR(whole(f, csv_with(f, "a\n1000.00\n", "types", TYPES(f, "DECIMAL(5,2)"))),
              "t.csv:2: column a: '1000.00' is out of range for DECIMAL(5,2)");
    CHECK_STR(whole(f, csv_with(f, "a,b\n1,2\n", "types", TYPES(f, "DATE"))),
              "cannot read t.csv: option types lists 1 types, the file has 2 columns");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n", "types", TYPES(f, "NUMBER"))), "cannot read t.csv: option types: NUMBER is not a type");
    CHECK_STR(whole(f, csv_with(f, "a\n1\n", "types", TYPES(f, "INTEGER[]"))),
              "cannot read t.csv: option types: columns of type INTEGER[] cannot be read from text");
}

static void test_faults(Fixture *f) {
    CHECK_STR(whole(f, csv(f, "")), "cannot read t.csv: it is empty, not even a header is there");
    CHECK_STR(whole(f, csv(f, "\n\r\n")), "cannot read t.csv: it is empty, not even a header is there");
    CHECK_STR(whole(f, csv(f, "a,b\n1,2\n\n3\n4,5\n")), "t.csv:4: 1 field where 2 are expected");
    CHECK_STR(whole(f, csv(f, "a,b\n1,2\n3,4,5\n")), "t.csv:3: 3 fields where 2 are expected");
    CHECK_STR(whole(f, csv(f, "a,b\n1,\"2\n3,4\n")), "t.csv:2: a quote of this record is not closed");
    CHECK_STR(whole(f, csv(f, "a,b\n1,\"2\"x\n")), "t.csv:2: text follows a closing quote");
    CHECK_STR(whole(f, csv(f, "a,b\n1,\"2\" \n")), "t.csv:2: text follows a closing quote");
    CHECK_STR(whole(f, csv(f, "\"a,b\n1,2\n")), "cannot read t.csv: a quote in its first record is not closed");
    CHECK_STR(whole(f, csv_with(f, "a,b\nx,1\n1,2,3\n", "types", TYPES(f, "INTEGER", "INTEGER"))),
              "t.csv:2: column a: 'x' is not a valid INTEGER"); /* the first error in the file, not the worst */
    CHECK_STR(whole(f, csv(f, "a,b\n\"x\"\"")), "t.csv:2: a quote of this record is not closed");
}

/* n records, then one that is different, in the last part. */
static FileSpec long_file(Fixture *f, const char *header, const char *record, int n, const char *last) {
    Buf b = {0};
    buf_puts(&b, header);
    for (int i = 0; i < n; i++) buf_puts(&b, record);
    buf_puts(&b, last);
    FileSpec s = spec_of(f, "long.csv", b.p, b.n, 0, NULL);
    buf_free(&b);
    return s;
}

static void check_last(Fixture *f, FileSpec s, int64_t rows, const char *schema, const char *first, const char *last) {
    const char *why;
    Buf b = {0};
    TableVersion *v = load_file(f, &s, &why);
    CHECK_STR(why, "");
    if (!v) return;
    for (uint32_t c = 0; c < v->schema->n; c++) {
        if (c) buf_putc(&b, ' ');
        type_print(&b, v->schema->types[c], false);
    }
    CHECK_INT(v->rows, rows);
    CHECK_STR(b.p, schema);
    CHECK_STR(cell(f, v, 0, 0), first);
    CHECK_STR(cell(f, v, rows - 1, 0), last);
    buf_free(&b);
    version_unref(v);
}

static void test_late_values(Fixture *f) {
    int n = 300000;
    check_last(f, long_file(f, "a,b\n", "1,2020-01-01\n", n, "2.5,2020-01-01 12:00\n"), n + 1, "DOUBLE TIMESTAMP", "1", "2.5");
    check_last(f, long_file(f, "a,b\n", "1,true\n", n, "99999999999999999999,no\n"), n + 1, "DOUBLE BOOLEAN", "1", "1e+20");
    check_last(f, long_file(f, "a,b\n", "1,true\n", n, "x,1\n"), n + 1, "VARCHAR BOOLEAN", "1", "x");
    check_last(f, long_file(f, "a,b\n", "1.5,1\n", n, "\"\"\"\",1\n"), n + 1, "VARCHAR BIGINT", "1.5", "\"");
    const char *why;
    FileSpec s = long_file(f, "a,b\n", "1,2\n", n, "1,2,3\n");
    CHECK(!load_file(f, &s, &why));
    CHECK_STR(local(why), "long.csv:300002: 3 fields where 2 are expected");
}

/* Line ends and quotes where a part might begin, so that guesses fail; records longer than parts. */
static void test_parts(Fixture *f) {
    Buf record = {0};
    int n = 100000;
    check_last(f, long_file(f, "a,b\n", "\"x\n1,2\n\",3\n", n, "\"\n\",4\n"), n + 1, "VARCHAR BIGINT", "x\n1,2\n", "\n");
    check_last(f, long_file(f, "a,b\n", "5\" disk,\"1\n,\n2\"\n", n, "last,z\n"), n + 1, "VARCHAR VARCHAR", "5\" disk", "last");
    buf_puts(&record, "\"");
    for (int i = 0; i < 700000; i++) buf_puts(&record, i % 3 ? ",1\n" : "ab\n");
    buf_puts(&record, "\",7\n");
    check_last(f, long_file(f, "a,b\n", record.p, 3, "last,8\n"), 4, "VARCHAR BIGINT",
               arena_strndup(f->arena, record.p + 1, record.n - 5), "last");
    buf_free(&record);
}

/* ---- against a reader that is slow and obvious ---- */

typedef struct Cells {
    char text[64][32];
    int n;
} Cells;

/* One record of comma, double quote, line end; false: not well-formed. */
static bool slow_record(const char **p, const char *end, Cells *out) {
    out->n = 0;
    for (;;) {
        char *to = out->text[out->n++];
        bool quoted = *p < end && **p == '"';
        if (quoted) ++*p;
        while (*p < end) {
            if (quoted && **p == '"' && *p + 1 < end && (*p)[1] == '"') ++*p;
            else if (quoted ? **p == '"' : **p == ',' || **p == '\n') break;
            *to++ = *(*p)++;
        }
        *to = 0;
        if (quoted && *p == end) return false;
        if (quoted) ++*p;
        if (*p == end) return true;
        if (**p != ',' && **p != '\n') return false;
        if (*(*p)++ == '\n') return true;
    }
}

/* A text of well-formed and of broken records of 3 columns, typed as texts. */
static void random_text(Buf *b, unsigned *seed, bool broken) {
    static const char pieces[] = "ab1,\n\"";
    buf_puts(b, "x,y,z\n");
    for (int r = 0; r < 6; r++)
        for (int c = 0; c < 3; c++) {
            bool quoted = rand_r(seed) % 2;
            if (quoted) buf_putc(b, '"');
            for (int i = rand_r(seed) % 5; i > 0; i--) {
                char k = pieces[rand_r(seed) % (quoted ? 6 : 3)];
                buf_putc(b, k);
                if (k == '"') buf_putc(b, '"');
            }
            if (quoted) buf_putc(b, '"');
            if (broken && rand_r(seed) % 40 == 0) buf_putc(b, pieces[rand_r(seed) % 6]);
            buf_putc(b, c < 2 ? ',' : '\n');
        }
}

static void check_random(Fixture *f, unsigned seed, bool broken) {
    Buf b = {0};
    random_text(&b, &seed, broken);
    FileSpec s = spec_of(f, "r.csv", b.p, b.n, 1, &(Option){"types", TYPES(f, "VARCHAR", "VARCHAR", "VARCHAR")});
    const char *why, *p = b.p, *end = b.p + b.n;
    Cells cells;
    bool ok = slow_record(&p, end, &cells);
    TableVersion *v = load_file(f, &s, &why);
    int64_t row = 0;
    while (p < end) {
        if (*p == '\n') {
            p++;
            continue;
        }
        ok = ok && slow_record(&p, end, &cells) && cells.n == 3;
        if (!ok) break;
        for (uint32_t c = 0; v && c < 3; c++) {
            const char *got = cell(f, v, row, c);
            CHECK_STR(strcmp(got, "NULL") == 0 ? "" : got, cells.text[c]);
        }
        row++;
    }
    CHECK_INT(v != NULL, ok);
    if (v && ok) CHECK_INT(v->rows, row);
    if (v != NULL && !ok) fprintf(stderr, "%s", b.p);
    version_unref(v);
    buf_free(&b);
}

static void test_random(Fixture *f) {
    for (unsigned i = 1; i <= 300; i++) check_random(f, i, i % 2);
}

/* ---- compression ---- */

static size_t gzip(const char *text, size_t n, uint8_t *out, size_t room) {
    z_stream z = {0};
    CHECK_INT(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text, z.avail_in = (uInt)n;
    z.next_out = out, z.avail_out = (uInt)room;
    CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static void check_cut(Fixture *f, const char *name, const uint8_t *bytes, size_t n) {
    FileSpec s = spec_of(f, name, (const char *)bytes, n, 0, NULL);
    const char *why;
    CHECK(!load_file(f, &s, &why));
    if (!strstr(local(why), "cannot decompress")) fprintf(stderr, "%s\n", why);
    CHECK(strstr(local(why), "cannot decompress") != NULL);
}

static void test_compressed(Fixture *f) {
    static const char text[] = "a,b\n1,x\n2,y\n";
    static uint8_t out[1024];
    size_t n = gzip(text, sizeof text - 1, out, sizeof out), m;
    CHECK_STR(whole(f, spec_of(f, "t.csv.gz", (char *)out, n, 0, NULL)), "a BIGINT, b VARCHAR;|1|'x';|2|'y'");
    m = gzip("3,z\n", 4, out + n, sizeof out - n);
    CHECK_STR(whole(f, spec_of(f, "t.csv.gz", (char *)out, n + m, 0, NULL)), "a BIGINT, b VARCHAR;|1|'x';|2|'y';|3|'z'");
    for (size_t cut = 0; cut < n; cut++) check_cut(f, "t.csv.gz", out, cut);
    out[n / 2] ^= 255;
    check_cut(f, "t.csv.gz", out, n);
    n = ZSTD_compress(out, sizeof out, text, sizeof text - 1, 3);
    CHECK_STR(whole(f, spec_of(f, "t.csv.zst", (char *)out, n, 0, NULL)), "a BIGINT, b VARCHAR;|1|'x';|2|'y'");
    for (size_t cut = 0; cut < n; cut++) check_cut(f, "t.csv.zst", out, cut);
}

static void test_large_compressed(Fixture *f) {
    Buf b = {0};
    buf_puts(&b, "a,b\n");
    for (int i = 0; i < 500000; i++) buf_printf(&b, "%d,text %d of many\n", i, i % 100);
    CHECK(b.n > SNIFF_BYTES);
    size_t room = compressBound(b.n) + 64;
    uint8_t *out = malloc(room);
    size_t n = gzip(b.p, b.n, out, room);
    FileSpec s = spec_of(f, "t.tsv.gz", (char *)out, n, 1, &(Option){"delim", text_value(f, ",")});
    CHECK_STR(schema_of(f, &s), "a BIGINT, b VARCHAR");
    check_last(f, s, 500000, "BIGINT VARCHAR", "0", "499999");
    free(out);
    buf_free(&b);
}

static void test_sniff(void) {
    static const struct {
        const char *text;
        SniffType type;
    } cases[] = {{"true", SNIFF_BOOLEAN}, {"t", SNIFF_VARCHAR},   {"0", SNIFF_BIGINT},   {"-0.5", SNIFF_DOUBLE},
                 {"00", SNIFF_VARCHAR},   {"-01.5", SNIFF_VARCHAR}, {"1e999", SNIFF_VARCHAR}, {"nan", SNIFF_DOUBLE},
                 {"1.", SNIFF_DOUBLE},    {"2020-1-1", SNIFF_DATE}, {"2020-01-01T00:00:00", SNIFF_TIMESTAMP},
                 {"10:00", SNIFF_VARCHAR}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) CHECK_INT(sniff_value(str_of(cases[i].text)), cases[i].type);
    for (SniffType a = SNIFF_NONE; a < SNIFF_COUNT; a++)
        for (SniffType b = SNIFF_NONE; b < SNIFF_COUNT; b++) {
            CHECK_INT(sniff_join(a, b), sniff_join(b, a));
            for (SniffType c = SNIFF_NONE; c < SNIFF_COUNT; c++)
                CHECK_INT(sniff_join(a, sniff_join(b, c)), sniff_join(sniff_join(a, b), c));
        }
}

/* The table as the mode prints it; in the arena. */
static const char *printed(Fixture *f, FileSpec s, const char *mode) {
    char *text = NULL;
    size_t size;
    const char *why;
    RtError e = {0};
    TableVersion *v = load_file(f, &s, &why);
    FILE *out = open_memstream(&text, &size);
    ResultPrinter *p = print_begin(out, &(ResultFormat){.mode = mode, .header = true}, v->schema->n, v->schema->names,
                                   v->schema->types, &e);
    for (uint32_t i = 0; i < v->n_segments; i++) {
        ColumnRef cols[8];
        for (uint32_t c = 0; c < v->schema->n; c++) CHECK(table_column(v, i, c, table_column_code(v, c), &cols[c], &e));
        CHECK(print_rows(p, cols, 0, version_live_segment(v, i)->rows));
    }
    CHECK(print_end(p, &e));
    fclose(out);
    version_unref(v);
    const char *own = arena_strndup(f->arena, text, size);
    free(text);
    return own;
}

/* What is printed reads back as it was. */
static void test_round_trip(Fixture *f) {
    FileSpec s = csv(f, "\"a\"\"b\",\"c,\nd\",\"\te\",day\n"
                        "\"x\"\"\r\ny,\t\",1.5e300,true,2020-01-01\n\"\",nan,,\n,-0,false,0001-12-31\n 'x ,inf,true,9999-01-01\n");
    CHECK_STR(whole(f, s), "a\"b VARCHAR, c,\nd DOUBLE, e BOOLEAN, day DATE;|'x\"\r\ny,\t'|1.5e+300|true|2020-01-01"
                           ";|''|nan|NULL|NULL;|NULL|-0|false|0001-12-31;|' 'x '|inf|true|9999-01-01");
    const char *want = whole(f, s), *text = printed(f, s, "csv");
    CHECK_STR(whole(f, csv(f, text)), want);
    text = printed(f, csv(f, text), "tsv");
    CHECK_STR(whole(f, spec_of(f, "t.tsv", text, strlen(text), 0, NULL)), want);
}

static void test_memory(Fixture *f) {
    const char *why;
    FileSpec s = long_file(f, "a,b\n", "1,some text\n", 100000, "");
    for (int64_t limit = 1 << 10; limit < 64 << 20; limit *= 2) {
        blockpool_set_limit(f->pool, limit);
        TableVersion *v = load_file(f, &s, &why);
        CHECK(v || strstr(why, "out of memory") != NULL);
        version_unref(v);
    }
    blockpool_set_limit(f->pool, 0);
}

int main(void) {
    Fixture f = fixture_new();
    test_types(&f);
    test_text_forms(&f);
    test_delimiters(&f);
    test_options(&f);
    test_given_types(&f);
    test_faults(&f);
    test_late_values(&f);
    test_parts(&f);
    test_random(&f);
    test_compressed(&f);
    test_large_compressed(&f);
    test_sniff();
    test_round_trip(&f);
    test_memory(&f);
    fixture_free(&f);
    temp_remove();
    return check_report("csv");
}
