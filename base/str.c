#include "base/str.h"
#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/memory.h"
#include <stdlib.h>

int str_cmp(Str a, Str b) {
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;
    return c ? c : (a.n > b.n) - (a.n < b.n);
}

static char fold(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

bool str_ieq(Str a, Str b) {
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++)
        if (fold(a.p[i]) != fold(b.p[i])) return false;
    return true;
}

struct Intern {
    Arena *arena;
    Map map;
};

typedef struct Name {
    size_t n;
    char text[];
} Name;

Intern *intern_new(void) {
    Intern *t = mem_alloc(sizeof *t);
    *t = (Intern){.arena = arena_new()};
    return t;
}

void intern_free(Intern *t) {
    if (!t) return;
    map_free(&t->map);
    arena_free(t->arena);
    free(t);
}

static bool name_is(const void *value, const void *key) {
    const Name *name = value;
    return str_eq((Str){name->text, name->n}, *(const Str *)key);
}

const char *intern(Intern *t, Str s) {
    uint64_t hash = hash64(s.p, s.n, 0);
    Name *name = map_get(&t->map, hash, name_is, &s);
    if (name) return name->text;
    name = arena_alloc(t->arena, sizeof *name + s.n + 1);
    name->n = s.n;
    if (s.n) memcpy(name->text, s.p, s.n);
    map_add(&t->map, hash, name);
    return name->text;
}

const char *intern_cstr(Intern *t, const char *s) { return intern(t, str_of(s)); }

static int min3(int a, int b, int c) { return a < b ? (a < c ? a : c) : (b < c ? b : c); }

/* Edit distance where swapping two neighbours is one step (optimal string alignment). rows: 3 (b.n + 1). */
static int distance(Str a, Str b, int *rows) {
    int *before = rows, *prev = rows + b.n + 1, *row = prev + b.n + 1;
    for (size_t j = 0; j <= b.n; j++) row[j] = (int)j;
    for (size_t i = 1; i <= a.n; i++) {
        int *oldest = before;
        before = prev, prev = row, row = oldest;
        row[0] = (int)i;
        for (size_t j = 1; j <= b.n; j++) {
            char x = fold(a.p[i - 1]), y = fold(b.p[j - 1]);
            row[j] = min3(prev[j] + 1, row[j - 1] + 1, prev[j - 1] + (x != y));
            bool swapped = i > 1 && j > 1 && x == fold(b.p[j - 2]) && y == fold(a.p[i - 2]);
            if (swapped && before[j - 2] + 1 < row[j]) row[j] = before[j - 2] + 1;
        }
    }
    return row[b.n];
}

/* Nobody mistypes a name this long; and the distance costs the product of the lengths. */
enum { NEAREST_MAX = 200 };

const char *str_nearest(const char *name, const char *const *candidates, size_t n) {
    Str want = str_of(name);
    if (want.n == 0 || want.n > NEAREST_MAX) return NULL;
    int limit = want.n < 3 ? 1 : (int)(want.n / 3);
    int *rows = mem_alloc(3 * (want.n + 1) * sizeof *rows);
    const char *best = NULL;
    for (size_t i = 0; i < n; i++) {
        Str c = str_of(candidates[i]);
        size_t longer = c.n > want.n ? c.n : want.n;
        if (c.n > want.n + (size_t)limit) continue;
        int d = distance(c, want, rows);
        if (d > limit || d >= (int)longer) continue; /* one letter is not near another */
        best = candidates[i];
        limit = d - 1;
    }
    free(rows);
    return best;
}
