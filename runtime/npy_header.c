/* The header of a .npy file: magic, version, length, and a Python dictionary as text, such as
 * {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), } */
#include "runtime/npy.h"
#include <string.h>

typedef struct Reader {
    const char *path;
    const char *p, *end;
    RtError *e;
} Reader;

static bool fail(Reader *r, const char *what) { return rt_fail(r->e, RT_DATA, "%s: %s", r->path, what); }

static void skip_blanks(Reader *r) {
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t')) r->p++;
}

static bool take(Reader *r, char c) {
    skip_blanks(r);
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

static bool take_word(Reader *r, const char *word) {
    size_t n = strlen(word);
    skip_blanks(r);
    if ((size_t)(r->end - r->p) < n || memcmp(r->p, word, n) != 0) return false;
    r->p += n;
    return true;
}

static bool read_string(Reader *r, Str *out) {
    skip_blanks(r);
    char quote = r->p < r->end ? *r->p : 0;
    if (quote != '\'' && quote != '"') return fail(r, "its header is damaged: a quoted text is expected");
    const char *from = ++r->p, *to = memchr(from, quote, (size_t)(r->end - from));
    if (!to) return fail(r, "its header is damaged: a quote is not closed");
    *out = (Str){from, (size_t)(to - from)};
    r->p = to + 1;
    return true;
}

static const struct {
    const char *text;
    TypeKind kind;
    uint8_t bytes;
} elements[] = {
    {"b1", TY_BOOL, 1}, {"i1", TY_I8, 1},  {"i2", TY_I16, 2}, {"i4", TY_I32, 4}, {"i8", TY_I64, 8}, {"u1", TY_U8, 1},
    {"u2", TY_U16, 2},  {"u4", TY_U32, 4}, {"u8", TY_U64, 8}, {"f2", TY_F16, 2}, {"f4", TY_F32, 4}, {"f8", TY_F64, 8},
};

static bool read_descr(Reader *r, NpyHeader *out) {
    Str s;
    skip_blanks(r);
    if (r->p < r->end && *r->p == '[') return fail(r, "records (a structured dtype) are not supported");
    if (!read_string(r, &s)) return false;
    bool order = s.n && strchr("<>|=", s.p[0]);
    Str code = order ? (Str){s.p + 1, s.n - 1} : s;
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++) {
        if (!str_eq(code, str_of(elements[i].text))) continue;
        if (s.p[0] == '>' && elements[i].bytes > 1)
            return rt_fail(r->e, RT_DATA, "%s: dtype %.*s is big-endian; save it in little-endian order", r->path, STR_ARG(s));
        out->kind = elements[i].kind;
        out->bytes = elements[i].bytes;
        return true;
    }
    return rt_fail(r->e, RT_DATA, "%s: dtype %.*s is not supported (booleans, integers and floats are)", r->path, STR_ARG(s));
}

static bool read_order(Reader *r, NpyHeader *out) {
    out->fortran = take_word(r, "True");
    return out->fortran || take_word(r, "False") || fail(r, "its header is damaged: fortran_order is neither True nor False");
}

static bool read_dim(Reader *r, int64_t *out) {
    int64_t v = 0;
    const char *from = r->p;
    for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *r->p - '0', &v))
            return fail(r, "its shape is too large");
    *out = v;
    if (r->p == from) return fail(r, "its header is damaged: the shape is not a tuple of numbers");
    if (r->p < r->end && *r->p == 'L') r->p++; /* Python 2 wrote long integers so */
    return true;
}

static bool read_shape(Reader *r, NpyHeader *out) {
    if (!take(r, '(')) return fail(r, "its header is damaged: the shape is not a tuple");
    for (out->rank = 0; !take(r, ')');) {
        if (out->rank == NPY_MAX_RANK) return fail(r, "it has more axes than a tensor column can have");
        if (!read_dim(r, &out->dims[out->rank++])) return false;
        if (!take(r, ',') && !(r->p < r->end && *r->p == ')')) return fail(r, "its header is damaged: the shape does not end");
    }
    return true;
}

enum { HAS_DESCR = 1, HAS_ORDER = 2, HAS_SHAPE = 4, HAS_ALL = 7 };

static bool read_entry(Reader *r, NpyHeader *out, int *seen) {
    Str key;
    if (!read_string(r, &key)) return false;
    if (!take(r, ':')) return fail(r, "its header is damaged: a colon is expected");
    int bit = str_eq(key, STR_LIT("descr")) ? HAS_DESCR : str_eq(key, STR_LIT("fortran_order")) ? HAS_ORDER
              : str_eq(key, STR_LIT("shape")) ? HAS_SHAPE : 0;
    if (!bit || (*seen & bit)) return rt_fail(r->e, RT_DATA, "%s: its header has an unexpected key %.*s", r->path, STR_ARG(key));
    *seen |= bit;
    return bit == HAS_DESCR ? read_descr(r, out) : bit == HAS_ORDER ? read_order(r, out) : read_shape(r, out);
}

static bool read_dict(Reader *r, NpyHeader *out) {
    int seen = 0;
    if (!take(r, '{')) return fail(r, "its header is damaged: it is not a dictionary");
    while (!take(r, '}')) {
        if (!read_entry(r, out, &seen)) return false;
        take(r, ',');
    }
    return seen == HAS_ALL || fail(r, "its header is damaged: descr, fortran_order or shape is missing");
}

static size_t little_endian(const uint8_t *p, int n) {
    size_t v = 0;
    while (n-- > 0) v = v << 8 | p[n];
    return v;
}

/* Sets r to the dictionary's text and data_at behind it. */
static bool read_frame(Reader *r, const uint8_t *p, size_t n, NpyHeader *out) {
    if (n < 10 || memcmp(p, "\x93NUMPY", 6) != 0) return fail(r, "it is not a .npy file");
    if (p[6] < 1 || p[6] > 3) return rt_fail(r->e, RT_DATA, "%s: .npy version %d.%d is not known", r->path, p[6], p[7]);
    size_t start = p[6] == 1 ? 10 : 12, length = n < start ? 0 : little_endian(p + 8, p[6] == 1 ? 2 : 4);
    if (n < start || length > n - start) return fail(r, "it is cut off within its header");
    r->p = (const char *)p + start;
    r->end = r->p + length;
    out->data_at = start + length;
    return true;
}

static bool count_elements(Reader *r, size_t have, NpyHeader *out) {
    int64_t bytes;
    out->count = 1;
    for (uint32_t i = 0; i < out->rank; i++) {
        if (i && out->dims[i] == 0) return fail(r, "an axis behind the first has length 0");
        if (__builtin_mul_overflow(out->count, out->dims[i], &out->count)) return fail(r, "its shape is too large");
    }
    if (__builtin_mul_overflow(out->count, (int64_t)out->bytes, &bytes)) return fail(r, "its shape is too large");
    if ((size_t)bytes == have) return true;
    return rt_fail(r->e, RT_DATA, "%s: %zu bytes of data where its header promises %lld%s", r->path, have, (long long)bytes,
                   have < (size_t)bytes ? ": it is cut off" : "");
}

bool npy_header(const char *path, const uint8_t *p, size_t n, NpyHeader *out, RtError *e) {
    Reader r = {.path = path, .e = e};
    *out = (NpyHeader){0};
    return read_frame(&r, p, n, out) && read_dict(&r, out) && count_elements(&r, n - out->data_at, out);
}
