#include "base/similarity.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include <stdlib.h>
#include <string.h>

typedef unsigned __int128 Gram;

typedef struct Room {
    void *p;
    size_t bytes;
} Room;

enum { ROOM_A, ROOM_B, ROOM_BITS, ROOM_SLOTS, ROOM_STATE, ROOM_COUNT };

struct Similarity {
    Room room[ROOM_COUNT];
};

typedef struct Text {
    const uint32_t *at;
    size_t n;
} Text;

static void free_rooms(void *p) {
    Similarity *s = p;
    for (int i = 0; i < ROOM_COUNT; i++) free(s->room[i].p);
}

Similarity *similarity_new(Arena *a) {
    Similarity *s = ARENA_NEW(a, Similarity);
    arena_defer(a, free_rooms, s);
    return s;
}

static void *room(Similarity *s, int which, size_t bytes) {
    Room *r = &s->room[which];
    if (r->bytes < bytes) {
        free(r->p);
        r->p = mem_alloc(r->bytes = 2 * bytes + 256);
    }
    return r->p;
}

/* An invalid byte is a character above all code points. */
static uint32_t decode(const char *p, size_t n) {
    const uint8_t *b = (const uint8_t *)p;
    switch (n) {
    case 1: return b[0] < 0x80 ? b[0] : 0x110000u + b[0];
    case 2: return (b[0] & 0x1Fu) << 6 | (b[1] & 0x3Fu);
    case 3: return (b[0] & 0x0Fu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu);
    }
    return (b[0] & 0x07u) << 18 | (b[1] & 0x3Fu) << 12 | (b[2] & 0x3Fu) << 6 | (b[3] & 0x3Fu);
}

static Text characters(Similarity *s, int which, Str t) {
    uint32_t *at = room(s, which, (t.n + 1) * sizeof *at);
    size_t n = 0;
    for (const char *p = t.p, *end = t.p + t.n; p < end; n++) {
        size_t step = (uint8_t)*p < 0x80 ? 1 : utf8_step(p, end);
        at[n] = decode(p, step);
        p += step;
    }
    return (Text){at, n};
}

/* Takes away what both begin and end with. */
static void trim(Text *a, Text *b) {
    size_t prefix = 0;
    while (prefix < a->n && prefix < b->n && a->at[prefix] == b->at[prefix]) prefix++;
    a->at += prefix, a->n -= prefix, b->at += prefix, b->n -= prefix;
    while (a->n && b->n && a->at[a->n - 1] == b->at[b->n - 1]) a->n--, b->n--;
}

/* ---- Levenshtein: the columns of the table of distances as bits of differences.
 * G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming" (1999), in the form of
 * H. Hyyro (2003), 64 rows a word. ---- */

/* Places of each character of the pattern: `words` words a character, found by open addressing. */
typedef struct Places {
    size_t words, mask;
    uint32_t *key; /* 0: a free slot, else the character + 1 */
    uint64_t *bits;
} Places;

static uint64_t *places_of(const Places *p, uint32_t c, bool add) {
    size_t slot = hash_mix(0, c) & p->mask;
    while (p->key[slot] && p->key[slot] != c + 1) slot = (slot + 1) & p->mask;
    if (!p->key[slot] && !add) return NULL;
    p->key[slot] = c + 1;
    return p->bits + slot * p->words;
}

static Places make_places(Similarity *s, Text pattern) {
    Places p = {.words = (pattern.n + 63) / 64, .mask = 15};
    while (p.mask < 2 * pattern.n) p.mask = 2 * p.mask + 1;
    p.key = room(s, ROOM_SLOTS, (p.mask + 1) * sizeof *p.key);
    p.bits = room(s, ROOM_BITS, (p.mask + 1) * p.words * sizeof *p.bits);
    memset(p.key, 0, (p.mask + 1) * sizeof *p.key);
    memset(p.bits, 0, (p.mask + 1) * p.words * sizeof *p.bits);
    for (size_t i = 0; i < pattern.n; i++) places_of(&p, pattern.at[i], true)[i / 64] |= 1ull << (i % 64);
    return p;
}

/* Differences down a column: +1 where plus has a bit, -1 where minus has. */
typedef struct Column {
    uint64_t plus, minus;
} Column;

/* The next column of 64 rows: `in`, `out` are the differences to the right above its first row and in row `last`. */
static void step(Column *c, uint64_t equal, Column in, unsigned last, Column *out) {
    uint64_t vertical = equal | c->minus, same = equal | in.minus;
    uint64_t diagonal = (((same & c->plus) + c->plus) ^ c->plus) | same;
    uint64_t plus = c->minus | ~(diagonal | c->plus), minus = c->plus & diagonal;
    *out = (Column){plus >> last & 1, minus >> last & 1};
    plus = plus << 1 | in.plus, minus = minus << 1 | in.minus;
    c->plus = minus | ~(vertical | plus);
    c->minus = plus & vertical;
}

static int64_t distance(Similarity *s, Text pattern, Text text) {
    Places p = make_places(s, pattern);
    Column *c = room(s, ROOM_STATE, p.words * sizeof *c);
    int64_t score = (int64_t)pattern.n;
    for (size_t w = 0; w < p.words; w++) c[w] = (Column){UINT64_MAX, 0};
    for (size_t i = 0; i < text.n; i++) {
        const uint64_t *equal = places_of(&p, text.at[i], false);
        Column carry = {1, 0};
        for (size_t w = 0; w < p.words; w++)
            step(&c[w], equal ? equal[w] : 0, carry, w + 1 < p.words ? 63 : (unsigned)((pattern.n - 1) % 64), &carry);
        score += (int64_t)carry.plus - (int64_t)carry.minus;
    }
    return score;
}

int64_t text_levenshtein(Similarity *s, Str a, Str b) {
    Text x = characters(s, ROOM_A, a), y = characters(s, ROOM_B, b);
    trim(&x, &y);
    if (x.n > y.n) {
        Text swap = x;
        x = y, y = swap;
    }
    return x.n == 0 ? (int64_t)y.n : distance(s, x, y);
}

/* ---- Jaro, Winkler: characters match when they are equal and less than half the longer text apart; each matches once,
 * the first that is free.  M. Jaro (1989), W. Winkler (1990). ---- */

/* used[i]: character i of a is matched; order: the matched characters of b. Returns how many. */
static size_t match(Text a, Text b, uint8_t *used, uint32_t *order) {
    size_t longer = a.n > b.n ? a.n : b.n, reach = longer / 2 > 1 ? longer / 2 - 1 : 0, n = 0;
    for (size_t j = 0; j < b.n; j++) {
        size_t from = j > reach ? j - reach : 0, to = j + reach + 1 < a.n ? j + reach + 1 : a.n;
        for (size_t i = from; i < to; i++)
            if (!used[i] && a.at[i] == b.at[j]) {
                used[i] = 1;
                order[n++] = b.at[j];
                break;
            }
    }
    return n;
}

static double jaro(Similarity *s, Text a, Text b) {
    uint8_t *used = room(s, ROOM_SLOTS, a.n);
    uint32_t *order = room(s, ROOM_BITS, b.n * sizeof *order);
    memset(used, 0, a.n);
    size_t n = match(a, b, used, order), moved = 0;
    if (n == 0) return 0;
    for (size_t i = 0, k = 0; i < a.n; i++)
        if (used[i]) moved += a.at[i] != order[k++];
    double m = (double)n;
    return (m / (double)a.n + m / (double)b.n + (m - (double)(moved / 2)) / m) / 3;
}

double text_jaro_winkler(Similarity *s, Str a, Str b) {
    Text x = characters(s, ROOM_A, a), y = characters(s, ROOM_B, b);
    if (x.n == 0 || y.n == 0) return x.n == y.n;
    size_t prefix = 0;
    while (prefix < 4 && prefix < x.n && prefix < y.n && x.at[prefix] == y.at[prefix]) prefix++;
    double like = jaro(s, x, y);
    return like > 0.7 ? like + (double)prefix * 0.1 * (1 - like) : like;
}

/* ---- runs of q characters: 21 bits a character, so that a run is a number ---- */

typedef struct GramSet {
    Gram *at; /* 0: free */
    size_t mask, n;
} GramSet;

static bool gram_find(GramSet *s, Gram g, bool add) {
    size_t slot = hash_mix(hash_mix(0, (uint64_t)g), (uint64_t)(g >> 64)) & s->mask;
    while (s->at[slot] && s->at[slot] != g) slot = (slot + 1) & s->mask;
    if (s->at[slot]) return true;
    if (add) s->at[slot] = g, s->n++;
    return false;
}

/* Character c as 1 .. 2^21 - 1. */
static Gram push(Gram g, uint32_t c, int64_t q) {
    Gram all = ((Gram)1 << 21 * q) - 1;
    return (g << 21 | (c + 1)) & all;
}

static GramSet grams_of(Similarity *s, int which, Text t, int64_t q) {
    GramSet g = {.mask = 15};
    while (g.mask < 2 * t.n) g.mask = 2 * g.mask + 1;
    g.at = room(s, which, (g.mask + 1) * sizeof *g.at);
    memset(g.at, 0, (g.mask + 1) * sizeof *g.at);
    Gram run = 0;
    for (size_t i = 0; i < t.n; i++) {
        run = push(run, t.at[i], q);
        if ((int64_t)i + 1 >= q || i + 1 == t.n) gram_find(&g, run, true);
    }
    return g;
}

double text_qgram_jaccard(Similarity *s, Str a, Str b, int64_t q) {
    Text x = characters(s, ROOM_A, a), y = characters(s, ROOM_B, b);
    GramSet of_x = grams_of(s, ROOM_BITS, x, q), of_y = grams_of(s, ROOM_SLOTS, y, q);
    size_t common = 0, all;
    for (size_t i = 0; i <= of_y.mask; i++)
        if (of_y.at[i]) common += gram_find(&of_x, of_y.at[i], false);
    all = of_x.n + of_y.n - common;
    return all ? (double)common / (double)all : 1;
}
