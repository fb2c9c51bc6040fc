#include "runtime/staging.h"
#include <string.h>

enum { FIRST_ROWS = 1024, HEAP_BYTES = 1 << 20, DICT_ALWAYS = 4096 };

void staging_init(Staging *s, BlockPool *pool, const Type *type) {
    *s = (Staging){.pool = pool, .type = type, .code = column_code_of(type, false)};
}

void staging_clear(Staging *s) {
    for (uint32_t i = 0; i < s->n_heaps; i++) block_free(s->heaps[i]);
    s->n_heaps = 0;
    s->heap_used = 0;
    block_free(s->valid);
    s->valid = NULL;
    s->code.valid = false;
    s->n = 0;
}

void staging_free(Staging *s) {
    staging_clear(s);
    block_free(s->data);
    block_free(s->heaps);
    s->data = NULL;
    s->heaps = NULL;
    s->cap = 0;
}

ColumnRef staging_ref(const Staging *s) {
    return (ColumnRef){.code = s->code, .data = s->data, .valid = s->valid};
}

static bool grow_valid(Staging *s, int64_t cap) {
    uint8_t *v = block_regrow(s->pool, s->valid, s->valid ? (size_t)s->n : 0, ((size_t)cap + 127) / 64 * 64);
    if (!v) return false;
    if (!s->valid) memset(v, 1, (size_t)s->n);
    s->valid = v;
    s->code.valid = true;
    return true;
}

bool staging_reserve(Staging *s, int64_t rows) {
    size_t stride = column_stride(s->code);
    if (rows <= s->cap) return true;
    int64_t cap = s->cap * 2 > FIRST_ROWS ? s->cap * 2 : FIRST_ROWS;
    while (cap < rows) cap *= 2;
    if (s->cap == 0 && rows > FIRST_ROWS) cap = rows; /* a reader that knows its size */
    char *data = block_regrow(s->pool, s->data, (size_t)s->n * stride, column_bytes(s->code, cap));
    if (!data) return false;
    s->data = data;
    s->cap = cap;
    return !s->valid || grow_valid(s, cap);
}

/* Room for n bytes that stay where they are. */
static char *heap_room(Staging *s, size_t n) {
    void *last = s->n_heaps ? s->heaps[s->n_heaps - 1] : NULL;
    if (!last || s->heap_used + n > block_room(last)) {
        if (s->n_heaps == s->cap_heaps) {
            uint32_t cap = s->cap_heaps ? 2 * s->cap_heaps : 4;
            void **all = block_regrow(s->pool, s->heaps, s->n_heaps * sizeof *all, cap * sizeof *all);
            if (!all) return NULL;
            s->heaps = all;
            s->cap_heaps = cap;
        }
        size_t size = s->n_heaps == 0 ? HEAP_BYTES / 64 : HEAP_BYTES;
        if (!(last = block_alloc(s->pool, n > size ? n : size))) return NULL;
        s->heaps[s->n_heaps++] = last;
        s->heap_used = 0;
    }
    s->heap_used += n;
    return (char *)last + s->heap_used - n;
}

static bool append_texts(Staging *s, const ColumnRef *c, int64_t from, int64_t n) {
    TextView *out = (TextView *)s->data + s->n;
    for (int64_t i = 0; i < n; i++) {
        TextView v = column_text(c, from + i);
        char *p = v.n ? heap_room(s, v.n) : "";
        if (!p) return false;
        if (v.n) memcpy(p, v.p, v.n);
        out[i] = (TextView){p, v.n};
    }
    return true;
}

static void append_tensors(Staging *s, const ColumnRef *c, int64_t from, int64_t n) {
    uint32_t pitch = s->code.pitch, bytes = c->code.pitch < pitch ? c->code.pitch : pitch;
    char *out = s->data + (size_t)s->n * pitch;
    if (c->code.pitch == pitch) {
        memcpy(out, column_row(c, from), (size_t)n * pitch);
        return;
    }
    for (int64_t i = 0; i < n; i++, out += pitch) {
        memcpy(out, column_row(c, from + i), bytes);
        memset(out + bytes, 0, pitch - bytes);
    }
}

static bool append_run(Staging *s, const ColumnRef *c, int64_t from, int64_t n) {
    size_t stride = column_stride(s->code);
    char *out = s->data + (size_t)s->n * stride;
    switch ((CodeKind)s->code.kind) {
    case CODE_INT:
        if (s->code.width == 16) column_wides(c, from, n, (Int128 *)out);
        else column_ints(c, from, n, (int64_t *)out);
        return true;
    case CODE_FLOAT:
    case CODE_INTERVAL: memcpy(out, column_row(c, from), (size_t)n * stride); return true;
    case CODE_DICT:
    case CODE_VIEW: return append_texts(s, c, from, n);
    case CODE_TENSOR:
        if (!c->code.valid || !memchr(c->valid + from, 0, (size_t)n)) append_tensors(s, c, from, n);
        else memset(out, 0, (size_t)n * stride);
        return true;
    }
    return false;
}

static bool append_valid(Staging *s, const ColumnRef *c, int64_t from, int64_t n) {
    bool nulls = c->code.valid && memchr(c->valid + from, 0, (size_t)n);
    if (nulls && !s->valid && !grow_valid(s, s->cap)) return false;
    if (!s->valid) return true;
    if (c->code.valid) memcpy(s->valid + s->n, c->valid + from, (size_t)n);
    else memset(s->valid + s->n, 1, (size_t)n);
    return true;
}

static bool append_rows(Staging *s, const ColumnRef *c, int64_t from, int64_t n) {
    if (!append_run(s, c, from, n) || !append_valid(s, c, from, n)) return false;
    s->n += n;
    return true;
}

bool staging_append(Staging *s, const ColumnRef *c, int64_t from, int64_t n, const uint32_t *rows) {
    bool by_row = rows || (c->code.kind == CODE_TENSOR && c->code.valid);
    if (!staging_reserve(s, s->n + n)) return false;
    if (!by_row) return append_rows(s, c, from, n);
    for (int64_t i = 0; i < n; i++)
        if (!append_rows(s, c, rows ? rows[i] : from + i, 1)) return false;
    return true;
}

static void *hand_over(Staging *s) {
    void *data = s->data;
    s->data = NULL;
    s->cap = 0;
    return data;
}

static uint8_t narrowest(const ColumnFacts *f) {
    if (!f->range_known) return 1;
    if (f->min < INT64_MIN || f->max > INT64_MAX) return 16;
    for (uint8_t w = 1; w <= 4; w *= 2)
        if (ints_fit(w, (int64_t)f->min, f->min, f->max)) return w;
    return 8;
}

/* NULL rows hold the smallest value: what is stored stays in the range of the facts. */
static void fill_nulls(Staging *s, const ColumnFacts *f) {
    if (f->null_free) return;
    for (int64_t i = 0; i < s->n; i++) {
        if (s->valid[i]) continue;
        if (s->code.width == 16) ((Int128 *)s->data)[i] = f->min;
        else ((int64_t *)s->data)[i] = (int64_t)f->min;
    }
}

static bool seal_ints(Staging *s, SegColumn *out) {
    bool fits;
    if (s->code.width == 16) facts_of_wides(&out->facts, (Int128 *)s->data, s->valid, s->n);
    else facts_of_ints(&out->facts, (int64_t *)s->data, s->valid, s->n, s->pool);
    fill_nulls(s, &out->facts);
    uint8_t width = narrowest(&out->facts);
    ColumnRef from = staging_ref(s);
    from.code.valid = false;
    out->ref.code = (ColumnCode){CODE_INT, width, s->valid != NULL, 0};
    out->ref.base = width < 8 && out->facts.range_known ? (int64_t)out->facts.min : 0;
    out->ref.data = column_convert(&from, s->n, out->ref.code, out->ref.base, NULL, s->pool, &fits);
    return out->ref.data != NULL;
}

static void order_of_codes(ColumnFacts *f, const uint32_t *codes, int64_t n) {
    f->sorted = f->null_free;
    for (int64_t i = 1; i < n; i++) f->sorted &= codes[i] >= codes[i - 1];
}

static bool seal_coded(Staging *s, SegColumn *out, Dict *d, const uint32_t *codes) {
    ColumnRef from = {.code = {CODE_INT, 4, false, 0}, .data = codes};
    bool fits;
    order_of_codes(&out->facts, codes, s->n);
    out->facts.distinct = d->n;
    out->facts.unique = out->facts.null_free && d->n == s->n;
    out->ref.code = (ColumnCode){CODE_DICT, dict_width(d), s->valid != NULL, 0};
    out->ref.dict = d;
    ColumnCode want = {CODE_INT, dict_width(d), false, 0};
    out->ref.data = column_convert(&from, s->n, want, 0, NULL, s->pool, &fits);
    return out->ref.data != NULL;
}

static uint32_t dict_most(int64_t rows) {
    int64_t most = rows / 2 > DICT_ALWAYS ? rows / 2 : DICT_ALWAYS;
    return (uint32_t)(most < DICT_MOST ? most : DICT_MOST);
}

static void hand_over_texts(Staging *s, SegColumn *out) {
    out->ref.code = s->code;
    out->ref.data = hand_over(s);
    out->heaps = s->heaps;
    out->n_heaps = s->n_heaps;
    s->heaps = NULL;
    s->n_heaps = s->cap_heaps = 0;
    out->facts.distinct = -1;
}

static bool seal_texts(Staging *s, SegColumn *out) {
    bool full = false, ok;
    if (s->type->kind == TY_TENSOR) return hand_over_texts(s, out), true; /* ragged: no dictionary */
    uint32_t *codes = block_alloc(s->pool, sizeof *codes * (size_t)s->n);
    Dict *d = codes ? dict_build(s->pool, (TextView *)s->data, s->valid, s->n, dict_most(s->n), codes, &full) : NULL;
    ok = d ? seal_coded(s, out, d, codes) : full;
    if (full) hand_over_texts(s, out);
    block_free(codes);
    return ok;
}

bool staging_seal(Staging *s, SegColumn *out) {
    bool ok = true;
    *out = (SegColumn){.rows = s->n, .facts = {.null_free = !s->valid || !memchr(s->valid, 0, (size_t)s->n), .distinct = -1}};
    if (s->code.kind == CODE_INT) ok = seal_ints(s, out);
    else if (s->code.kind == CODE_VIEW) ok = seal_texts(s, out);
    else {
        out->ref.code = s->code;
        out->ref.data = hand_over(s);
    }
    out->ref.code.valid = s->valid != NULL;
    out->ref.valid = s->valid;
    s->valid = NULL;
    if (!ok) segcolumn_free(out);
    staging_clear(s);
    return ok;
}
