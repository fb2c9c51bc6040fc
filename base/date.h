/* Proleptic Gregorian dates as days, times as microseconds. Years 1 to 9999. */
#ifndef DQL_BASE_DATE_H
#define DQL_BASE_DATE_H
#include "base/buf.h"
#include "base/value.h"

int32_t date_from_ymd(int y, int m, int d); /* unchecked */
bool date_valid(int y, int m, int d);
void date_to_ymd(int32_t days, int *y, int *m, int *d);
bool parse_date(Str s, int32_t *days);           /* YYYY-MM-DD */
bool parse_time(Str s, int64_t *micros);         /* HH:MM[:SS[.ffffff]] */
bool parse_timestamp(Str s, int64_t *micros);    /* date, then optionally 'T' or blank and a time */
/* '40' with unit "DAY", or a whole text such as '1 year 2 months 3 days 04:05:06' with unit NULL */
bool parse_interval(Str s, const char *unit, Interval *out);
void print_date(Buf *b, int32_t days);
void print_time(Buf *b, int64_t micros);
void print_timestamp(Buf *b, int64_t micros);
void print_interval(Buf *b, Interval v);

/* Months first with the day clamped to the month's last (PostgreSQL), then days, then microseconds; false out of range. */
bool timestamp_add(int64_t micros, Interval iv, int sign, int64_t *out);
/* field: "year" "month" "day" "quarter" "week" "dow" "doy" "hour" "minute" "second" "epoch"; false if unknown */
bool timestamp_extract(int64_t micros, const char *field, double *out);
#endif
