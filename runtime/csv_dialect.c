#include "runtime/csv_dialect.h"

typedef struct Options {
    Arena *arena;
    TypePool *pool;
    const char *path;
    CsvDialect *out;
    RtError *e;
} Options;

static bool fail(Options *o, const char *name, const char *need) {
    return rt_fail(o->e, RT_DATA, "cannot read %s: option %s needs %s", o->path, name, need);
}

static bool is_text(const Value *v) { return !v->null && v->type->kind == TY_VARCHAR; }

/* One byte, '' or \t for a tab. */
static bool read_char(Options *o, const char *name, const Value *v, bool may_be_none, int *out) {
    if (!is_text(v)) return fail(o, name, "a text of one character");
    bool tab = str_eq(v->s, STR_LIT("\\t"));
    if (v->s.n == 0 && may_be_none) return *out = CSV_NONE, true;
    if (!tab && (v->s.n != 1 || v->s.p[0] == '\n' || v->s.p[0] == '\r' || v->s.p[0] < 0))
        return fail(o, name, "a text of one character, no line end");
    *out = tab ? '\t' : v->s.p[0];
    return true;
}

static bool read_header(Options *o, const char *name, const Value *v) {
    if (v->null || v->type->kind != TY_BOOL) return fail(o, name, "TRUE or FALSE");
    o->out->header = v->b;
    return true;
}
static bool read_delim(Options *o, const char *name, const Value *v) { return read_char(o, name, v, false, &o->out->delim); }
static bool read_quote(Options *o, const char *name, const Value *v) { return read_char(o, name, v, true, &o->out->quote); }
static bool read_escape(Options *o, const char *name, const Value *v) { return read_char(o, name, v, true, &o->out->escape); }

static bool read_nullstr(Options *o, const char *name, const Value *v) {
    if (!is_text(v)) return fail(o, name, "a text");
    o->out->nullstr = v->s;
    return true;
}

static bool read_skip(Options *o, const char *name, const Value *v) {
    if (v->null || !type_is_integer(v->type) || v->i < 0) return fail(o, name, "a number of lines");
    o->out->skip = v->i;
    return true;
}

static bool readable(const Type *t) {
    return type_is_numeric(t) || t->kind == TY_BOOL || t->kind == TY_VARCHAR || t->kind == TY_INTERVAL || t->kind == TY_DATE ||
           t->kind == TY_TIME || t->kind == TY_TIMESTAMP;
}

static bool read_type(Options *o, const char *name, const Value *v, const Type **out) {
    if (!is_text(v)) return fail(o, name, "a list of types as texts");
    const char *text = arena_strndup(o->arena, v->s.p, v->s.n);
    *out = type_parse(o->pool, text, NULL);
    if (!*out) return rt_fail(o->e, RT_DATA, "cannot read %s: option types: %s is not a type", o->path, text);
    return readable(*out) || rt_fail(o->e, RT_DATA, "cannot read %s: option types: columns of type %s cannot be read from text", o->path, text);
}

static bool read_types(Options *o, const char *name, const Value *v) {
    if (v->null || v->type->kind != TY_LIST || v->list.n == 0) return fail(o, name, "a list of types as texts");
    o->out->n_types = (uint32_t)v->list.n;
    o->out->types = ARENA_ARRAY(o->arena, const Type *, v->list.n);
    for (size_t i = 0; i < v->list.n; i++)
        if (!read_type(o, name, &v->list.at[i], &o->out->types[i])) return false;
    return true;
}

static const struct {
    const char *name;
    bool (*read)(Options *o, const char *name, const Value *v);
} options[] = {
    {"header", read_header}, {"delim", read_delim}, {"quote", read_quote}, {"escape", read_escape},
    {"nullstr", read_nullstr}, {"skip", read_skip}, {"types", read_types},
};
enum { N_OPTIONS = sizeof options / sizeof *options };

static bool read_option(Options *o, const char *name, const Value *v) {
    const char *names[N_OPTIONS];
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (strcmp(options[i].name, name) == 0) return options[i].read(o, name, v);
        names[i] = options[i].name;
    }
    const char *near = str_nearest(name, names, N_OPTIONS);
    return rt_fail(o->e, RT_DATA, "cannot read %s: there is no option %s%s%s%s", o->path, name, near ? "; did you mean " : "",
                   near ? near : "", near ? "?" : "");
}

static bool check(Options *o) {
    const CsvDialect *d = o->out;
    if (d->delim != CSV_NONE && (d->delim == d->quote || d->delim == d->escape))
        return rt_fail(o->e, RT_DATA, "cannot read %s: delim, quote and escape must differ", o->path);
    return true;
}

bool csv_dialect(Arena *a, TypePool *pool, const FileSpec *spec, int delim, CsvDialect *out, RtError *e) {
    Options o = {a, pool, spec->path, out, e};
    enum { UNSET = CSV_NONE + 1 };
    *out = (CsvDialect){.header = true, .delim = delim, .quote = '"', .escape = UNSET};
    for (uint32_t i = 0; i < spec->n_options; i++)
        if (!read_option(&o, spec->names[i], &spec->values[i])) return false;
    if (out->escape == UNSET) out->escape = out->quote;
    return check(&o);
}
