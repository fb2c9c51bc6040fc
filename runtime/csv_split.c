#include "runtime/csv_split.h"
#include "base/text.h"
#include "base/vec.h"
#include <immintrin.h>

enum { BLOCK = 64, MOST_RECORD = 1 << 29 };

/* Walks the special characters (delimiter, quote, line end) of a text in order. */
typedef struct Walk {
    const char *block, *end;
    uint64_t bits; /* specials of the block that are still to come */
    __m256i delim, quote, line;
} Walk;

static inline uint64_t equal(__m256i lo, __m256i hi, __m256i c) {
    uint32_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(lo, c));
    uint32_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(hi, c));
    return (uint64_t)b << 32 | a;
}

static inline void load_block(Walk *w) {
    __m256i lo = _mm256_loadu_si256((const __m256i *)w->block), hi = _mm256_loadu_si256((const __m256i *)(w->block + 32));
    w->bits = equal(lo, hi, w->delim) | equal(lo, hi, w->quote) | equal(lo, hi, w->line);
    if (w->end - w->block < BLOCK) w->bits &= (1ull << (w->end - w->block)) - 1;
}

/* At or behind `p`, which is within the text. */
static inline void walk_seek(Walk *w, const char *p) {
    w->block = p;
    load_block(w);
}

static Walk walk_from(const CsvDialect *d, const char *p, const char *end) {
    Walk w = {.end = end, .delim = _mm256_set1_epi8((char)d->delim), .line = _mm256_set1_epi8('\n')};
    w.quote = d->quote == CSV_NONE ? w.delim : _mm256_set1_epi8((char)d->quote);
    if (p < end) walk_seek(&w, p);
    else w.block = p, w.bits = 0;
    return w;
}

/* The next special character, or the end. */
static inline const char *walk_next(Walk *w) {
    while (!w->bits) {
        if (w->end - w->block <= BLOCK) return w->end;
        w->block += BLOCK;
        load_block(w);
    }
    const char *at = w->block + __builtin_ctzll(w->bits);
    w->bits &= w->bits - 1;
    return at;
}

/* Walks behind the opening quote `open` to the closing one; NULL: there is none. */
static inline const char *closing_quote(const CsvDialect *d, Walk *w, uint32_t *flags) {
    for (;;) {
        const char *q = walk_next(w);
        if (q == w->end) return NULL;
        if (*q != d->quote) continue;
        if (d->escape != d->quote || q + 1 == w->end || q[1] != d->quote) return q;
        walk_next(w);
        *flags |= CSV_ESCAPED;
    }
}

/* With an escape character of its own, which hides what follows it. */
static const char *closing_quote_escaped(const CsvDialect *d, Walk *w, const char *p, uint32_t *flags) {
    for (; p < w->end; p++) {
        if (*p == d->escape && p + 1 < w->end) {
            *flags |= CSV_ESCAPED;
            p++;
        } else if (*p == d->quote) {
            if (p + 1 < w->end) walk_seek(w, p + 1);
            else w->block = w->end, w->bits = 0;
            return p;
        }
    }
    return NULL;
}

/* The quoted field that opens at p; its delimiter, line end or the text's end; NULL with *fault. */
static const char *quoted_field(const CsvDialect *d, Walk *w, const char *base, const char *p, CsvField *f, CsvFault *fault) {
    uint32_t flags = CSV_QUOTED;
    walk_next(w); /* the opening quote */
    bool own = d->escape != d->quote && d->escape != CSV_NONE;
    const char *close = own ? closing_quote_escaped(d, w, p + 1, &flags) : closing_quote(d, w, &flags);
    if (!close) return *fault = CSV_UNCLOSED, NULL;
    const char *next = walk_next(w);
    bool crlf = next == close + 2 && close[1] == '\r' && (next == w->end || *next == '\n');
    bool quote = next < w->end && *next == d->quote;
    if (quote || (next != close + 1 && !crlf)) return *fault = CSV_BEHIND_QUOTE, NULL;
    if (close - base >= CSV_LENGTH) return *fault = CSV_TOO_LONG, NULL;
    *f = (CsvField){(uint32_t)(p + 1 - base), (uint32_t)(close - p - 1) | flags};
    return next;
}

static inline const char *plain_field(const CsvDialect *d, Walk *w, const char *base, const char *p, CsvField *f) {
    const char *q = walk_next(w);
    while (q < w->end && *q == d->quote) q = walk_next(w);
    bool crlf = q > p && q[-1] == '\r' && (q == w->end || *q == '\n');
    *f = (CsvField){(uint32_t)(p - base), (uint32_t)(q - p) - crlf};
    return q;
}

static inline const char *next_field(const CsvDialect *d, Walk *w, const char *base, const char *p, CsvField *f,
                                     CsvFault *fault) {
    if (p < w->end && *p == d->quote) return quoted_field(d, w, base, p, f, fault);
    return plain_field(d, w, base, p, f);
}

/* A line without characters: behind it, or p. */
static inline const char *skip_empty(Walk *w, const char *p) {
    const char *q = p + (*p == '\r');
    if (q < w->end && *q == '\n') {
        walk_next(w);
        return q + 1;
    }
    return p;
}

/* Distinct cache sets for the columns' ends, which are written in turn. */
int64_t csv_part_room(size_t bytes, uint32_t n_cols) {
    int64_t records = (int64_t)(bytes / n_cols) + 1, lines = 4096 / sizeof(CsvField);
    return records / lines * lines + lines + 8;
}

/* The record at p into row `row`; the begin of the next, or NULL with the fault. */
static const char *split_record(const CsvDialect *d, uint32_t n_cols, CsvPart *part, Walk *w, const char *p) {
    const char *base = part->text + part->from;
    CsvField *to = part->fields + part->records, dropped;
    for (uint32_t c = 0;; c++) {
        const char *q = next_field(d, w, base, p, c < n_cols ? to + c * part->stride : &dropped, &part->fault);
        if (!q) return NULL;
        p = q + 1;
        if (q < w->end && *q == d->delim) continue;
        part->found = c + 1;
        if (c + 1 != n_cols) return part->fault = c + 1 < n_cols ? CSV_TOO_FEW : CSV_TOO_MANY, NULL;
        return q < w->end ? p : q;
    }
}

void csv_split(const CsvDialect *d, uint32_t n_cols, CsvPart *part) {
    const char *p = part->text + part->from, *stop = part->text + part->stop, *next;
    Walk w = walk_from(d, p, part->text + part->reach);
    part->records = 0;
    part->fault = CSV_OK;
    while (p < stop && part->records < part->most) {
        if (n_cols > 1 && (next = skip_empty(&w, p)) != p) {
            p = next;
            continue;
        }
        if (!(next = split_record(d, n_cols, part, &w, p))) break;
        if (next - stop > MOST_RECORD || (next == w.end && part->reach < part->n)) {
            part->fault = CSV_TOO_LONG;
            break;
        }
        part->records++;
        p = next;
    }
    part->end = (size_t)(p - part->text);
}

/* Characters from p until one begins at or behind `stop`; NULL: *bad is none. */
static const char *check_characters(const char *p, const char *stop, const char *end, int64_t *lines,
                                    const char **bad) {
    while (p < stop) {
        size_t n = utf8_step(p, end);
        if (*p == 0 || (n == 1 && (unsigned char)*p >= 0x80)) return *bad = p, NULL;
        *lines += *p == '\n';
        p += n;
    }
    return p;
}

const char *csv_check_text(const char *from, const char *to, int64_t *lines) {
    const __m256i zero = _mm256_setzero_si256(), line = _mm256_set1_epi8('\n');
    const char *bad = NULL;
    *lines = 0;
    while (to - from >= BLOCK) {
        __m256i lo = _mm256_loadu_si256((const __m256i *)from),
                hi = _mm256_loadu_si256((const __m256i *)(from + 32));
        __m256i odd =
            _mm256_or_si256(_mm256_or_si256(lo, hi), _mm256_cmpeq_epi8(_mm256_min_epu8(lo, hi), zero));
        if (_mm256_movemask_epi8(odd)) {
            if (!(from = check_characters(from, from + BLOCK, to, lines, &bad))) return bad;
            continue;
        }
        *lines += __builtin_popcountll(equal(lo, hi, line));
        from += BLOCK;
    }
    return check_characters(from, to, to, lines, &bad) ? NULL : bad;
}

size_t csv_count_quotes(const CsvDialect *d, const char *from, const char *to) {
    size_t n = 0;
    if (d->quote == CSV_NONE) return 0;
    __m256i quote = _mm256_set1_epi8((char)d->quote);
    for (; to - from >= BLOCK; from += BLOCK) {
        __m256i lo = _mm256_loadu_si256((const __m256i *)from), hi = _mm256_loadu_si256((const __m256i *)(from + 32));
        n += (size_t)__builtin_popcountll(equal(lo, hi, quote));
    }
    for (; from < to; from++) n += *from == d->quote;
    return n;
}

const char *csv_record(const CsvDialect *d, const char *text, const char *p, const char *end, CsvRecord *out, CsvFault *fault) {
    Walk w = walk_from(d, p, end);
    out->n = 0;
    *fault = CSV_OK;
    for (;;) {
        const char *q = next_field(d, &w, text, p, vec_push(out), fault);
        if (!q) return NULL;
        if (q == end || *q != d->delim) return q < end ? q + 1 : end;
        p = q + 1;
    }
}
