/* Intervals as text: a number and a unit, any number of times, and at most one HH:MM:SS. */
#include "base/date.h"
#include "base/number.h"
#include <string.h>

/* A unit is months, days or microseconds of its own size; a fraction spills into the next smaller. */
static const struct Unit {
    const char *name;
    int32_t months, days;
    int64_t micros;
} units[] = {
    {"year", 12, 0, 0},         {"quarter", 3, 0, 0},       {"month", 1, 0, 0},
    {"mon", 1, 0, 0},           {"week", 0, 7, 0},          {"day", 0, 1, 0},
    {"hour", 0, 0, 3600000000}, {"minute", 0, 0, 60000000}, {"min", 0, 0, 60000000},
    {"second", 0, 0, 1000000},  {"sec", 0, 0, 1000000},     {"millisecond", 0, 0, 1000},
    {"microsecond", 0, 0, 1},
};

static const struct Unit *unit_named(Str name) {
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        Str full = str_of(units[i].name);
        bool plural = name.n == full.n + 1 && (name.p[full.n] | 32) == 's';
        if (str_ieq((Str){name.p, name.n - plural}, full)) return &units[i];
    }
    return NULL;
}

enum { MILLION = 1000000, MONTH_DAYS = 30 };
static const int64_t day_micros = 86400 * INT64_C(1000000);

/* A number as millionths: -1.5 is -1,500,000. */
typedef __int128 Millionths;

static bool add32(int32_t *to, Millionths v) {
    Millionths sum = *to + v;
    if (sum < INT32_MIN || sum > INT32_MAX) return false;
    *to = (int32_t)sum;
    return true;
}

static bool add64(int64_t *to, Millionths v) {
    Millionths sum = *to + v;
    if (sum < INT64_MIN || sum > INT64_MAX) return false;
    *to = (int64_t)sum;
    return true;
}

static bool add_days(Interval *iv, Millionths days) {
    return add32(&iv->days, days / MILLION) && add64(&iv->micros, days % MILLION * (day_micros / MILLION));
}

/* Years round to months, as in PostgreSQL; a month's fraction counts 30 days. */
static bool add_unit(Interval *iv, Millionths n, const struct Unit *u) {
    if (u->months > 1) {
        Millionths months = n * u->months, half = months < 0 ? -MILLION / 2 : MILLION / 2;
        return add32(&iv->months, (months + half) / MILLION);
    }
    if (u->months) return add32(&iv->months, n / MILLION) && add_days(iv, n % MILLION * MONTH_DAYS);
    if (u->days) return add_days(iv, n * u->days);
    return add64(&iv->micros, n * u->micros / MILLION);
}

typedef struct Reader {
    const char *p, *end;
} Reader;

static bool at_digit(const Reader *r) { return r->p < r->end && *r->p >= '0' && *r->p <= '9'; }

static void skip_blanks(Reader *r) {
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t')) r->p++;
}

static bool take(Reader *r, char c) {
    if (r->p == r->end || *r->p != c) return false;
    r->p++;
    return true;
}

/* At most 19 digits, so that no sum below leaves 128 bits; decimals behind the sixth are dropped. */
static bool take_number(Reader *r, Millionths *out) {
    const char *from = r->p;
    Millionths v = 0;
    for (; at_digit(r); r->p++) v = v * 10 + (*r->p - '0');
    if (r->p - from > 19) return false;
    v *= MILLION;
    bool any = r->p > from;
    if (take(r, '.'))
        for (Millionths unit = MILLION / 10; at_digit(r); unit /= 10, any = true) v += (*r->p++ - '0') * unit;
    *out = v;
    return any;
}

static Str take_word(Reader *r) {
    const char *from = r->p;
    while (r->p < r->end && ((*r->p >= 'a' && *r->p <= 'z') || (*r->p >= 'A' && *r->p <= 'Z'))) r->p++;
    return (Str){from, (size_t)(r->p - from)};
}

/* The rest of HH:MM[:SS[.ffffff]] behind the hours. */
static bool add_clock(Reader *r, Interval *iv, Millionths hours, int sign) {
    Millionths m, s = 0;
    if (hours % MILLION || !take_number(r, &m) || m % MILLION || m >= 60 * MILLION) return false;
    if (take(r, ':') && (!take_number(r, &s) || s >= 60 * MILLION)) return false;
    return add64(&iv->micros, sign * (hours * 3600 + m * 60 + s));
}

static bool add_part(Reader *r, Interval *iv) {
    int sign = take(r, '-') ? -1 : 1;
    Millionths n;
    if (sign > 0) take(r, '+');
    if (!take_number(r, &n)) return false;
    if (take(r, ':')) return add_clock(r, iv, n, sign);
    skip_blanks(r);
    const struct Unit *u = unit_named(take_word(r));
    return u && add_unit(iv, sign * n, u);
}

static bool negate(Interval *iv) {
    return !__builtin_sub_overflow(0, iv->months, &iv->months) &&
           !__builtin_sub_overflow(0, iv->days, &iv->days) &&
           !__builtin_sub_overflow(0, iv->micros, &iv->micros);
}

static bool read_parts(Reader *r, Interval *iv) {
    skip_blanks(r);
    if (r->p == r->end) return false;
    while (r->p < r->end) {
        if (*r->p == 'a' || *r->p == 'A')
            return str_ieq(take_word(r), STR_LIT("ago")) && (skip_blanks(r), r->p == r->end) && negate(iv);
        if (!add_part(r, iv)) return false;
        skip_blanks(r);
    }
    return true;
}

/* A number alone, of the unit; false if more follows. */
static bool read_number(Reader *r, const struct Unit *u, Interval *iv) {
    Millionths n;
    skip_blanks(r);
    int sign = take(r, '-') ? -1 : 1;
    if (sign > 0) take(r, '+');
    if (!take_number(r, &n)) return false;
    skip_blanks(r);
    return r->p == r->end && add_unit(iv, sign * n, u);
}

bool parse_interval(Str s, const char *unit, Interval *out) {
    Reader r = {s.p, s.p + s.n};
    Interval iv = {0};
    const struct Unit *u = unit ? unit_named(str_of(unit)) : NULL;
    if (unit ? !u || !read_number(&r, u, &iv) : !read_parts(&r, &iv)) return false;
    *out = iv;
    return true;
}

static void print_part(Buf *b, int n, const char *unit) {
    if (n)
        buf_printf(b, "%s%d %s%s", b->n && b->p[b->n - 1] != ' ' ? " " : "", n, unit,
                   n == 1 || n == -1 ? "" : "s");
}

/* 1 year 2 months 3 days 04:05:06; parts that are 0 are left out, and each has its own sign. */
void print_interval(Buf *b, Interval v) {
    Buf text = {0};
    print_part(&text, v.months / 12, "year");
    print_part(&text, v.months % 12, "month");
    print_part(&text, v.days, "day");
    if (v.micros || text.n == 0) {
        if (text.n) buf_putc(&text, ' ');
        print_time(&text, v.micros);
    }
    buf_str(b, (Str){text.p, text.n});
    buf_free(&text);
}
