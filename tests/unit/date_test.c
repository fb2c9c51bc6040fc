/* Dates, times, intervals: calendar arithmetic over all valid days, text both ways, month clamping. */
#include "base/date.h"
#include "tests/unit/check.h"

static Buf buf;

static const char *date_text(int32_t days) { return buf_clear(&buf), print_date(&buf, days), buf.p; }
static const char *time_text(int64_t t) { return buf_clear(&buf), print_time(&buf, t), buf.p; }
static const char *timestamp_text(int64_t t) { return buf_clear(&buf), print_timestamp(&buf, t), buf.p; }
static const char *interval_text(Interval v) { return buf_clear(&buf), print_interval(&buf, v), buf.p; }

static void check_calendar(void) {
    CHECK_INT(date_from_ymd(1970, 1, 1), 0);
    CHECK_INT(date_from_ymd(1969, 12, 31), -1);
    CHECK_INT(date_from_ymd(2000, 3, 1), 11017);
    CHECK_INT(date_from_ymd(1, 1, 1), -719162);
    CHECK_INT(date_from_ymd(9999, 12, 31), 2932896);
    CHECK(date_valid(2000, 2, 29) && !date_valid(1900, 2, 29) && date_valid(2024, 2, 29) &&
          !date_valid(2023, 2, 29));
    CHECK(!date_valid(0, 1, 1) && !date_valid(10000, 1, 1) && !date_valid(2000, 13, 1) &&
          !date_valid(2000, 0, 1));
    CHECK(!date_valid(2000, 4, 31) && !date_valid(2000, 1, 0) && date_valid(9999, 12, 31) &&
          date_valid(1, 1, 1));
    int32_t next = date_from_ymd(1, 1, 1);
    int wrong = 0;
    for (int y = 1; y <= 9999; y++)
        for (int m = 1; m <= 12; m++)
            for (int d = 1; date_valid(y, m, d); d++, next++) {
                int y2, m2, d2;
                date_to_ymd(next, &y2, &m2, &d2);
                wrong += date_from_ymd(y, m, d) != next || y2 != y || m2 != m || d2 != d;
            }
    CHECK_INT(wrong, 0);
    CHECK_INT(next, 2932897);
}

static void check_parse_date(void) {
    int32_t d = 7;
    CHECK(parse_date(str_of("1994-01-01"), &d) && d == 8766);
    CHECK(parse_date(str_of(" 2024-2-29 "), &d) && d == date_from_ymd(2024, 2, 29));
    CHECK_STR(date_text(d), "2024-02-29");
    CHECK_STR(date_text(date_from_ymd(1, 1, 1)), "0001-01-01");
    CHECK_STR(date_text(date_from_ymd(9999, 12, 31)), "9999-12-31");
    static const char *const bad[] = {
        "",         "2023-02-29",  "1-2-3",       "0000-01-01", "2023-1",     "2023-01-01x",
        "20230101", "2023-001-01", "12023-01-01", "2023-01-32", "2023--1-01", "-2023-01-01"};
    d = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parse_date(str_of(bad[i]), &d) && d == 7);
}

static void check_parse_time(void) {
    static const char *const same[] = {"00:00:00", "23:59:59.999999", "12:34:56.5", "01:02:03.000001"};
    static const char *const bad[] = {
        "",          "24:00:00",         "12",       "12:60", "12:00:60", "12:00:00.", "1:2",
        "-01:00:00", "23:59:59.9999999", "12:00:00Z"};
    int64_t t = 7;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK(parse_time(str_of(same[i]), &t));
        CHECK_STR(time_text(t), same[i]);
    }
    CHECK(parse_time(str_of("9:05"), &t) && t == INT64_C(32700000000));
    CHECK(parse_time(str_of("00:00:00.1234565"), &t) && t == 123457);
    CHECK(parse_time(str_of("00:00:00.123456499999999"), &t) && t == 123456);
    t = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parse_time(str_of(bad[i]), &t) && t == 7);
}

static void check_parse_timestamp(void) {
    static const char *const same[] = {"1970-01-01 00:00:00", "1969-12-31 23:59:59.999999",
                                       "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999",
                                       "2024-02-29 12:00:00.25"};
    int64_t t = 7;
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        CHECK(parse_timestamp(str_of(same[i]), &t));
        CHECK_STR(timestamp_text(t), same[i]);
    }
    CHECK(parse_timestamp(str_of("1969-12-31T23:59:59.999999Z"), &t) && t == -1);
    CHECK(parse_timestamp(str_of("1970-01-02"), &t) && t == INT64_C(86400000000));
    static const char *const bad[] = {"", "1970-01-01T", "1970-01-01X00:00", "1970-01-01 25:00", "00:00:00"};
    t = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(!parse_timestamp(str_of(bad[i]), &t) && t == 7);
}

static Interval parsed(const char *s, const char *unit) {
    Interval v = {-77, -77, -77};
    CHECK(parse_interval(str_of(s), unit, &v));
    return v;
}

static bool is(Interval v, int months, int days, int64_t micros) {
    return v.months == months && v.days == days && v.micros == micros;
}

static void check_intervals(void) {
    CHECK(is(parsed("40", "DAY"), 0, 40, 0) && is(parsed("-3", "month"), -3, 0, 0) &&
          is(parsed(" 2 ", "YEARS"), 24, 0, 0));
    CHECK(is(parsed("40", "MILLISECOND"), 0, 0, 40000) && is(parsed("1.5", "HOUR"), 0, 0, 5400000000));
    CHECK(is(parsed("1.5", "day"), 0, 1, 43200000000) && is(parsed("1.5", "month"), 1, 15, 0));
    CHECK(is(parsed("1.5", "year"), 18, 0, 0) && is(parsed("1.5", "week"), 0, 10, 43200000000));
    CHECK(is(parsed("-0.000001", "second"), 0, 0, -1) && is(parsed("1", "quarter"), 3, 0, 0));
    CHECK(is(parsed("1 year 2 months 3 days 04:05:06", NULL), 14, 3, 14706000000));
    CHECK(is(parsed("1 year 2 mons -3 days -04:05:06.5", NULL), 14, -3, -14706500000));
    CHECK(is(parsed("2 hours ago", NULL), 0, 0, -7200000000) && is(parsed("3weeks 1 DAY", NULL), 0, 22, 0));
    CHECK(is(parsed("100:00", NULL), 0, 0, 360000000000));
    CHECK(is(parsed("-2147483648 days", NULL), 0, INT32_MIN, 0));
    static const char *const same[] = {"00:00:00",
                                       "1 year",
                                       "1 year 2 months 3 days 04:05:06",
                                       "-1 year -2 months",
                                       "2 years -3 days 100:00:00.000001",
                                       "-04:05:06.5",
                                       "-1 month",
                                       "1 day"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        CHECK_STR(interval_text(parsed(same[i], NULL)), same[i]);
    Interval least = {INT32_MIN, INT32_MIN, INT64_MIN}, v = {7, 7, 7};
    Interval back = parsed(interval_text(least), NULL);
    CHECK(is(back, INT32_MIN, INT32_MIN, INT64_MIN));
    static const char *const bad[] = {"",
                                      " ",
                                      "5",
                                      "day",
                                      "5 daze",
                                      "1 day ago 2",
                                      "1:60",
                                      "1:2:60",
                                      "1.5:00",
                                      ".",
                                      "99999999999 days",
                                      "99999999999999999999 seconds",
                                      "-2147483648 months ago"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECK(!parse_interval(str_of(bad[i]), NULL, &v));
    CHECK(!parse_interval(str_of("5 days"), "DAY", &v) && !parse_interval(str_of("5"), "DAZE", &v));
    CHECK(!parse_interval(str_of(""), "DAY", &v) && is(v, 7, 7, 7));
}

static const char *added(const char *at, const char *interval, int sign) {
    int64_t t;
    CHECK(parse_timestamp(str_of(at), &t));
    return timestamp_add(t, parsed(interval, NULL), sign, &t) ? timestamp_text(t) : "out of range";
}

static void check_add(void) {
    CHECK_STR(added("2024-01-31", "1 month", 1), "2024-02-29 00:00:00");
    CHECK_STR(added("2023-01-31", "1 month", 1), "2023-02-28 00:00:00");
    CHECK_STR(added("2024-03-31", "1 month", -1), "2024-02-29 00:00:00");
    CHECK_STR(added("2024-02-29", "1 year", 1), "2025-02-28 00:00:00");
    CHECK_STR(added("2024-02-29", "4 years", -1), "2020-02-29 00:00:00");
    CHECK_STR(added("2024-01-31 10:00", "1 month 1 day 14:00:00", 1), "2024-03-02 00:00:00");
    CHECK_STR(added("1998-12-01", "90 days", -1), "1998-09-02 00:00:00");
    CHECK_STR(added("1970-01-01", "00:00:00.000001", -1), "1969-12-31 23:59:59.999999");
    CHECK_STR(added("0001-01-01", "00:00:00.000001", -1), "out of range");
    CHECK_STR(added("9999-12-31 23:59:59.999999", "00:00:00.000001", 1), "out of range");
    CHECK_STR(added("9999-12-31", "1 month", 1), "out of range");
    CHECK_STR(added("0001-01-31", "1 month", -1), "out of range");
    CHECK_STR(added("2000-01-01", "2147483647 months", 1), "out of range");
    CHECK_STR(added("2000-01-01", "-2147483648 days", -1), "out of range");
    CHECK_STR(added("9999-11-30", "1 month 1 day", 1), "9999-12-31 00:00:00");
}

static double field(const char *at, const char *name) {
    int64_t t;
    double v = -99;
    CHECK(parse_timestamp(str_of(at), &t) && timestamp_extract(t, name, &v));
    return v;
}

static void check_extract(void) {
    static const char *const at = "2024-02-29 13:14:15.25";
    CHECK(field(at, "year") == 2024 && field(at, "MONTH") == 2 && field(at, "day") == 29 &&
          field(at, "quarter") == 1);
    CHECK(field(at, "hour") == 13 && field(at, "minute") == 14 && field(at, "second") == 15.25);
    CHECK(field(at, "dow") == 4 && field(at, "doy") == 60 && field(at, "week") == 9);
    CHECK(field("1970-01-01 00:00:01.5", "epoch") == 1.5 && field("1969-12-31 23:59:59", "epoch") == -1);
    CHECK(field("1969-12-31 23:00", "hour") == 23 && field("2023-12-31", "doy") == 365 &&
          field("1970-01-04", "dow") == 0);
    CHECK(field("2021-01-03", "week") == 53 && field("2021-01-04", "week") == 1 &&
          field("2020-12-31", "week") == 53);
    CHECK(field("2024-12-30", "week") == 1 && field("2023-01-01", "week") == 52 &&
          field("2000-12-31", "quarter") == 4);
    double v = 7;
    CHECK(!timestamp_extract(0, "fortnight", &v) && v == 7);
}

int main(void) {
    check_calendar();
    check_parse_date();
    check_parse_time();
    check_parse_timestamp();
    check_intervals();
    check_add();
    check_extract();
    buf_free(&buf);
    return check_report("date");
}
