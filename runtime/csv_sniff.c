#include "runtime/csv_sniff.h"
#include "base/date.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/vec.h"
#include "runtime/csv_convert.h"

/* ---- types ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* 007, -01; not 0, 0.5 */
static bool needless_zero(Str s) {
    s = str_strip(s);
    str_take_sign(&s);
    return s.n > 1 && s.p[0] == '0' && is_digit(s.p[1]);
}

SniffType sniff_value(Str s) {
    int64_t i;
    double f;
    int32_t days;
    if (str_ieq(s, STR_LIT("true")) || str_ieq(s, STR_LIT("false"))) return SNIFF_BOOLEAN;
    if (!needless_zero(s)) {
        if (parse_i64(s, &i)) return SNIFF_BIGINT;
        if (parse_f64(s, &f)) return SNIFF_DOUBLE;
    }
    if (parse_date(s, &days)) return SNIFF_DATE;
    return parse_timestamp(s, &i) ? SNIFF_TIMESTAMP : SNIFF_VARCHAR;
}

SniffType sniff_join(SniffType a, SniffType b) {
    if (a > b) return sniff_join(b, a);
    if (a == b || a == SNIFF_NONE) return b;
    bool widens = (a == SNIFF_BIGINT && b == SNIFF_DOUBLE) || (a == SNIFF_DATE && b == SNIFF_TIMESTAMP);
    return widens ? b : SNIFF_VARCHAR;
}

const Type *sniff_type(TypePool *p, SniffType t) {
    static const TypeKind kinds[SNIFF_COUNT] = {TY_VARCHAR, TY_BOOL, TY_I64, TY_F64, TY_DATE, TY_TIMESTAMP, TY_VARCHAR};
    return type_nullable(type_get(p, kinds[t]), true);
}

/* ---- where things are ---- */

typedef struct Sniff {
    Arena *arena;
    TypePool *types;
    const FileSpec *spec;
    const char *text;
    size_t n;
    bool whole;
    CsvLayout *out;
    RtError *e;
} Sniff;

static bool fail(const Sniff *s, const char *why) { return rt_fail(s->e, RT_DATA, "cannot read %s: %s", s->spec->path, why); }

static size_t skip_lines(const Sniff *s, size_t at, int64_t lines) {
    for (; lines > 0 && at < s->n; lines--) {
        const char *end = memchr(s->text + at, '\n', s->n - at);
        at = end ? (size_t)(end - s->text) + 1 : s->n;
    }
    return at;
}

static size_t first_line(const Sniff *s) {
    bool bom = s->n >= 3 && memcmp(s->text, "\xEF\xBB\xBF", 3) == 0;
    size_t at = skip_lines(s, bom ? 3 : 0, s->out->dialect.skip);
    while (at < s->n && (s->text[at] == '\n' || (s->text[at] == '\r' && s->text[at + 1] == '\n'))) at++;
    return at;
}

/* The record at *at; false at the end of the sample or where it is cut. */
static bool read_record(const Sniff *s, const CsvDialect *d, size_t *at, CsvRecord *r, CsvFault *fault) {
    const char *end = s->text + s->n;
    *fault = CSV_OK;
    if (*at >= s->n) return false;
    const char *next = csv_record(d, s->text, s->text + *at, end, r, fault);
    if (!next || (next == end && !s->whole)) return false;
    *at = (size_t)(next - s->text);
    return true;
}

/* ---- delimiter ---- */

enum { DELIM_RECORDS = 100 };

/* Fields of the first record, or 1 if the records differ. */
static size_t try_delim(const Sniff *s, int delim, bool *even) {
    CsvDialect d = s->out->dialect;
    CsvRecord r = {0};
    CsvFault fault;
    size_t at = s->out->begin, fields = 1;
    d.delim = delim;
    *even = true;
    for (int i = 0; i < DELIM_RECORDS && read_record(s, &d, &at, &r, &fault); i++) {
        if (i == 0) fields = r.n;
        *even &= r.n == fields;
    }
    free(r.at);
    return fields;
}

/* The one that gives the most fields a record, the same number in all records before different numbers; else a comma. */
static int sniff_delim(const Sniff *s) {
    static const char candidates[] = ",;\t|";
    size_t best_even = 1, best_odd = 1;
    int even_delim = CSV_NONE, odd_delim = ',';
    for (const char *c = candidates; *c; c++) {
        bool even;
        if (*c == s->out->dialect.quote || *c == s->out->dialect.escape) continue;
        size_t n = try_delim(s, *c, &even);
        if (even && n > best_even) best_even = n, even_delim = *c;
        if (n > best_odd) best_odd = n, odd_delim = *c;
    }
    return even_delim != CSV_NONE ? even_delim : odd_delim;
}

/* ---- names ---- */

static bool name_taken(const FileSchema *s, uint32_t n, const char *name) {
    for (uint32_t i = 0; i < n; i++)
        if (str_ieq(str_of(s->names[i]), str_of(name))) return true;
    return false;
}

/* Names are distinct whatever their case: a second x is x_1. */
static const char *distinct_name(const Sniff *s, uint32_t i, const char *name) {
    const char *own = name;
    for (int k = 1; name_taken(&s->out->schema, i, own); k++) own = arena_printf(s->arena, "%s_%d", name, k);
    return own;
}

static const char *header_name(const Sniff *s, uint32_t i, CsvField f) {
    Str text = {s->text + f.at, f.n & CSV_LENGTH};
    char *name = arena_alloc(s->arena, text.n + 1);
    size_t n = f.n & CSV_ESCAPED ? csv_unescape(&s->out->dialect, text, name) : text.n;
    if (!(f.n & CSV_ESCAPED)) memcpy(name, text.p, n);
    Str trimmed = str_strip((Str){name, n});
    if (trimmed.n == 0 || memchr(trimmed.p, 0, trimmed.n)) return arena_printf(s->arena, "c%u", i);
    return arena_strndup(s->arena, trimmed.p, trimmed.n);
}

static bool check_counts(const Sniff *s, uint32_t n) {
    uint32_t given = s->out->dialect.n_types;
    if (given == 0 || given == n) return true;
    return rt_fail(s->e, RT_DATA, "cannot read %s: option types lists %u types, the file has %u columns", s->spec->path, given, n);
}

/* The first record says how many columns there are, and with a header their names. */
static bool sniff_names(Sniff *s) {
    CsvLayout *o = s->out;
    CsvRecord r = {0};
    CsvFault fault;
    size_t at = o->begin;
    bool read = read_record(s, &o->dialect, &at, &r, &fault);
    uint32_t n = read ? (uint32_t)r.n : !o->dialect.header && at >= s->n ? o->dialect.n_types : 0;
    bool ok = n ? check_counts(s, n)
                : fail(s, fault == CSV_UNCLOSED ? "a quote in its first record is not closed"
                          : fault == CSV_BEHIND_QUOTE ? "text follows a closing quote in its first record"
                          : at < s->n ? "its first record is too long" : "it is empty, not even a header is there");
    o->schema = (FileSchema){n, ARENA_ARRAY(s->arena, const char *, n + 1), ARENA_ARRAY(s->arena, const Type *, n + 1)};
    for (uint32_t i = 0; ok && i < n; i++)
        o->schema.names[i] =
            distinct_name(s, i, o->dialect.header ? header_name(s, i, r.at[i]) : arena_printf(s->arena, "c%u", i));
    if (o->dialect.header) o->begin = at;
    free(r.at);
    return ok;
}

/* ---- types of columns ---- */

static SniffType sniff_column(const Sniff *s, const CsvPart *p, uint32_t col) {
    static const Type text = {.kind = TY_VARCHAR};
    const char *base = p->text + p->from;
    SniffType t = SNIFF_NONE;
    for (int64_t i = 0; i < p->records && t != SNIFF_VARCHAR; i++) {
        CsvField f = p->fields[col * p->stride + i];
        bool blank = !(f.n & CSV_QUOTED) && f.n == 0; /* no value whatever the type */
        if (!blank && !csv_is_null(&s->out->dialect, &text, base, f))
            t = sniff_join(t, sniff_value((Str){base + f.at, f.n & CSV_LENGTH}));
    }
    return t;
}

/* Records that are faulty, or cut by the sample's end, end it: loading will say what is wrong. */
static void sniff_types(Sniff *s) {
    CsvLayout *o = s->out;
    uint32_t n = o->schema.n;
    CsvPart p = {.text = s->text, .n = s->whole ? s->n : s->n + 1, .from = o->begin, .stop = s->n, .reach = s->n,
                 .most = SNIFF_RECORDS};
    int64_t room = csv_part_room(p.stop - p.from, n);
    p.stride = room < SNIFF_RECORDS ? room : SNIFF_RECORDS;
    p.fields = mem_alloc(sizeof *p.fields * (size_t)p.stride * n);
    csv_split(&o->dialect, n, &p);
    o->sniffed = ARENA_ARRAY(s->arena, SniffType, n);
    for (uint32_t c = 0; c < n; c++) {
        o->sniffed[c] = sniff_column(s, &p, c);
        if (o->sniffed[c] == SNIFF_NONE) o->sniffed[c] = SNIFF_VARCHAR;
        o->schema.types[c] = sniff_type(s->types, o->sniffed[c]);
    }
    free(p.fields);
}

bool csv_sniff(Arena *a, TypePool *types, const FileSpec *spec, int delim, const char *text, size_t n, bool whole,
               CsvLayout *out, RtError *e) {
    Sniff s = {a, types, spec, text, n < SNIFF_BYTES ? n : SNIFF_BYTES, whole && n <= SNIFF_BYTES, out, e};
    *out = (CsvLayout){0};
    if (!csv_dialect(a, types, spec, delim, &out->dialect, e)) return false;
    out->begin = first_line(&s);
    if (out->dialect.delim == CSV_NONE) out->dialect.delim = sniff_delim(&s);
    if (!sniff_names(&s)) return false;
    if (out->dialect.n_types == 0) sniff_types(&s);
    else memcpy(out->schema.types, out->dialect.types, sizeof *out->schema.types * out->schema.n);
    return true;
}
