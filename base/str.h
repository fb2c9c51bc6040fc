/* Str is a borrowed run of bytes: not NUL-terminated, not owned.  Intern gives each distinct text one address, so
 * interned names compare by pointer.
 */
#ifndef DQL_BASE_STR_H
#define DQL_BASE_STR_H
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct Str {
    const char *p;
    size_t n;
} Str;

#define STR_LIT(s) ((Str){(s), sizeof(s) - 1})
#define STR_ARG(s) (int)(s).n, (s).p /* for "%.*s" */

static inline Str str_of(const char *s) { return (Str){s, strlen(s)}; }
static inline bool str_eq(Str a, Str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
int str_cmp(Str a, Str b);       /* bytewise, shorter first */
bool str_ieq(Str a, Str b);      /* ASCII case folded */

/* Without the blanks, tabs and carriage returns at both ends: what all readers of values allow around them. */
static inline Str str_strip(Str s) {
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r')) s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t' || s.p[s.n - 1] == '\r')) s.n--;
    return s;
}
/* Takes a sign from the front; true: it was a minus. */
static inline bool str_take_sign(Str *s) {
    bool minus = s->n && s->p[0] == '-';
    if (minus || (s->n && s->p[0] == '+')) s->p++, s->n--;
    return minus;
}

typedef struct Intern Intern;
Intern *intern_new(void);
void intern_free(Intern *t);
const char *intern(Intern *t, Str s);       /* NUL-terminated, unique per content, lives as long as t */
const char *intern_cstr(Intern *t, const char *s);

/* The candidate nearest to `name` by edit distance (ASCII case folded), or NULL when none is near enough to be what
 * a person meant (distance at most a third of the length, at least 1). Used by every "did you mean". */
const char *str_nearest(const char *name, const char *const *candidates, size_t n);
#endif
