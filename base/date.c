#include "base/date.h"
#include <string.h>

/* A day count goes by eras of 400 years (146,097 days) that begin on March 1, so that the leap day is a
 * year's last and the days before a month are (153 m + 2) / 5, m = 0 for March.  Day 0 is 1970-01-01, day
 * 719,468 of era 0. */
enum { ERA_DAYS = 146097, ERA_TO_EPOCH = 719468 };

static const int64_t second = 1000000, minute = 60 * INT64_C(1000000), hour = 3600 * INT64_C(1000000),
                     day = 86400 * INT64_C(1000000);

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }
static int64_t floor_mod(int64_t a, int64_t b) { return a - floor_div(a, b) * b; }

int32_t date_from_ymd(int y, int m, int d) {
    int64_t year = (int64_t)y - (m <= 2);
    int64_t era = floor_div(year, 400), of_era = floor_mod(year, 400);
    int64_t of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    int64_t days = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    return (int32_t)(era * ERA_DAYS + days - ERA_TO_EPOCH);
}

void date_to_ymd(int32_t days, int *y, int *m, int *d) {
    int64_t z = (int64_t)days + ERA_TO_EPOCH, era = floor_div(z, ERA_DAYS), of_era = floor_mod(z, ERA_DAYS);
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / (ERA_DAYS - 1)) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int month = (int)((5 * of_year + 2) / 153);
    *d = (int)(of_year - (153 * month + 2) / 5) + 1;
    *m = month < 10 ? month + 3 : month - 9;
    *y = (int)(year + era * 400) + (*m <= 2);
}

static bool leap(int y) { return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0); }

static int month_days(int y, int m) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[m - 1] + (m == 2 && leap(y));
}

bool date_valid(int y, int m, int d) {
    return y >= 1 && y <= 9999 && m >= 1 && m <= 12 && d >= 1 && d <= month_days(y, m);
}

/* ---- reading ---- */

/* Between min and max digits at *p. */
static bool take_digits(const char **p, const char *end, int min, int max, int *out) {
    int n = 0, v = 0;
    for (; n < max && *p < end && **p >= '0' && **p <= '9'; n++) v = v * 10 + (*(*p)++ - '0');
    *out = v;
    return n >= min;
}

static bool take(const char **p, const char *end, char c) {
    if (*p == end || **p != c) return false;
    ++*p;
    return true;
}

/* Four digits of year: 1-2-3 is no date. */
static bool take_date(const char **p, const char *end, int32_t *days) {
    int y, m, d;
    if (!take_digits(p, end, 4, 4, &y) || !take(p, end, '-') || !take_digits(p, end, 1, 2, &m) ||
        !take(p, end, '-') || !take_digits(p, end, 1, 2, &d) || !date_valid(y, m, d))
        return false;
    *days = date_from_ymd(y, m, d);
    return true;
}

/* A dot and any number of digits as microseconds; the seventh digit rounds. Nothing there is 0. */
static bool take_fraction(const char **p, const char *end, int64_t *micros) {
    *micros = 0;
    if (!take(p, end, '.')) return true;
    const char *from = *p;
    for (int64_t unit = 100000; *p < end && **p >= '0' && **p <= '9'; unit /= 10) {
        *micros += (**p - '0') * unit;
        if (*p - from == 6) *micros += **p >= '5';
        ++*p;
    }
    return *p > from;
}

static bool take_time(const char **p, const char *end, int64_t *micros) {
    int h, m, s = 0;
    int64_t fraction = 0;
    if (!take_digits(p, end, 1, 2, &h) || !take(p, end, ':') || !take_digits(p, end, 2, 2, &m)) return false;
    if (take(p, end, ':') && !(take_digits(p, end, 2, 2, &s) && take_fraction(p, end, &fraction)))
        return false;
    if (h > 23 || m > 59 || s > 59) return false;
    *micros = h * hour + m * minute + s * second + fraction;
    return true;
}

bool parse_date(Str s, int32_t *days) {
    s = str_strip(s);
    const char *p = s.p, *end = s.p + s.n;
    int32_t v;
    if (!take_date(&p, end, &v) || p != end) return false;
    *days = v;
    return true;
}

/* A time that rounds up to midnight of the next day is none. */
bool parse_time(Str s, int64_t *micros) {
    s = str_strip(s);
    const char *p = s.p, *end = s.p + s.n;
    int64_t v;
    if (!take_time(&p, end, &v) || p != end || v >= day) return false;
    *micros = v;
    return true;
}

/* A trailing Z (UTC) is allowed: a TIMESTAMP has no zone. */
bool parse_timestamp(Str s, int64_t *micros) {
    s = str_strip(s);
    const char *p = s.p, *end = s.p + s.n;
    int32_t days;
    int64_t time = 0;
    if (!take_date(&p, end, &days)) return false;
    if (p != end) {
        if (!take(&p, end, 'T') && !take(&p, end, ' ')) return false;
        while (p < end && *p == ' ') p++;
        if (!take_time(&p, end, &time)) return false;
        take(&p, end, 'Z');
    }
    if (p != end) return false;
    *micros = days * day + time;
    return true;
}

/* ---- printing ---- */

/* The last n digits of v, written by hand: results print millions of them. */
static void print_digits(Buf *b, uint64_t v, int n) {
    char text[8];
    for (int i = n; i > 0; v /= 10) text[--i] = (char)('0' + v % 10);
    buf_add(b, text, (size_t)n);
}

void print_date(Buf *b, int32_t days) {
    int y, m, d;
    date_to_ymd(days, &y, &m, &d);
    if (y < 0 || y > 9999) buf_printf(b, "%d", y);
    else print_digits(b, (uint64_t)y, 4);
    buf_putc(b, '-');
    print_digits(b, (uint64_t)m, 2);
    buf_putc(b, '-');
    print_digits(b, (uint64_t)d, 2);
}

/* Microseconds only as far as they are not 0; an interval's time may be negative and longer than a day. */
void print_time(Buf *b, int64_t micros) {
    uint64_t t = micros < 0 ? -(uint64_t)micros : (uint64_t)micros, hours = t / (uint64_t)hour;
    uint64_t fraction = t % (uint64_t)second;
    int digits = 6;
    if (micros < 0) buf_putc(b, '-');
    if (hours > 99) buf_printf(b, "%llu", (unsigned long long)hours);
    else print_digits(b, hours, 2);
    buf_putc(b, ':');
    print_digits(b, t / (uint64_t)minute % 60, 2);
    buf_putc(b, ':');
    print_digits(b, t / (uint64_t)second % 60, 2);
    if (fraction == 0) return;
    for (; fraction % 10 == 0; fraction /= 10) digits--;
    buf_putc(b, '.');
    print_digits(b, fraction, digits);
}

void print_timestamp(Buf *b, int64_t micros) {
    print_date(b, (int32_t)floor_div(micros, day));
    buf_putc(b, ' ');
    print_time(b, floor_mod(micros, day));
}

/* ---- arithmetic ---- */

static bool add_months(int32_t days, int64_t months, int32_t *out) {
    int y, m, d;
    date_to_ymd(days, &y, &m, &d);
    int64_t month = (int64_t)y * 12 + (m - 1) + months, year = floor_div(month, 12);
    if (year < 1 || year > 9999) return false;
    m = (int)floor_mod(month, 12) + 1;
    int last = month_days((int)year, m);
    *out = date_from_ymd((int)year, m, d < last ? d : last);
    return true;
}

bool timestamp_add(int64_t micros, Interval iv, int sign, int64_t *out) {
    int32_t days = (int32_t)floor_div(micros, day);
    if (iv.months && !add_months(days, (int64_t)iv.months * sign, &days)) return false;
    Int128 at = ((Int128)days + (Int128)iv.days * sign) * day + floor_mod(micros, day);
    Int128 sum = at + (Int128)iv.micros * sign;
    if (sum < (Int128)date_from_ymd(1, 1, 1) * day || sum >= (Int128)date_from_ymd(10000, 1, 1) * day)
        return false;
    *out = (int64_t)sum;
    return true;
}

/* 0 is Sunday; day 0 was a Thursday. */
static int day_of_week(int32_t days) { return (int)floor_mod((int64_t)days + 4, 7); }

/* ISO: the week of a date is its Thursday's. */
static int week(int32_t days) {
    int y, m, d;
    int32_t thursday = days - (day_of_week(days) + 6) % 7 + 3;
    date_to_ymd(thursday, &y, &m, &d);
    return (thursday - date_from_ymd(y, 1, 1)) / 7 + 1;
}

typedef enum Field {
    YEAR,
    MONTH,
    DAY,
    QUARTER,
    WEEK,
    DOW,
    DOY,
    HOUR,
    MINUTE,
    SECOND,
    EPOCH,
    FIELD_COUNT
} Field;

static Field field_named(const char *name) {
    static const char *const names[] = {"year", "month", "day",    "quarter", "week", "dow",
                                        "doy",  "hour",  "minute", "second",  "epoch"};
    Field f = 0;
    while (f < FIELD_COUNT && !str_ieq(str_of(name), str_of(names[f]))) f++;
    return f;
}

bool timestamp_extract(int64_t micros, const char *field, double *out) {
    int32_t days = (int32_t)floor_div(micros, day);
    int64_t time = floor_mod(micros, day);
    int y, m, d;
    date_to_ymd(days, &y, &m, &d);
    switch (field_named(field)) {
    case YEAR: return *out = y, true;
    case MONTH: return *out = m, true;
    case DAY: return *out = d, true;
    case QUARTER: return *out = (m + 2) / 3, true;
    case WEEK: return *out = week(days), true;
    case DOW: return *out = day_of_week(days), true;
    case DOY: return *out = days - date_from_ymd(y, 1, 1) + 1, true;
    case HOUR: return *out = (double)(time / hour), true;
    case MINUTE: return *out = (double)(time / minute % 60), true;
    case SECOND: return *out = (double)(time % minute) / 1e6, true;
    case EPOCH: return *out = (double)micros / 1e6, true;
    case FIELD_COUNT: break;
    }
    return false;
}
