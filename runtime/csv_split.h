/* Splitting a delimited text into fields: positions only, column by column, nothing is copied or converted.
 *
 * The text must be readable 64 bytes past its end.  Records end with \n or \r\n; lines without any character are no records
 * unless there is just one column.  A quoted field begins with the quote; quotes elsewhere are ordinary characters.
 */
#ifndef DQL_RUNTIME_CSV_SPLIT_H
#define DQL_RUNTIME_CSV_SPLIT_H
#include "runtime/csv_dialect.h"

#define CSV_QUOTED (1u << 31)
#define CSV_ESCAPED (1u << 30) /* quoted, with escapes within */
#define CSV_LENGTH (CSV_ESCAPED - 1)

typedef struct CsvField {
    uint32_t at; /* from the part's begin: of the content, behind an opening quote */
    uint32_t n;  /* length and flags; 0: unquoted and empty */
} CsvField;

typedef enum CsvFault { CSV_OK, CSV_TOO_FEW, CSV_TOO_MANY, CSV_UNCLOSED, CSV_BEHIND_QUOTE, CSV_TOO_LONG } CsvFault;

/* Records that begin in [from, stop) of the text. */
typedef struct CsvPart {
    const char *text;
    size_t n;          /* of the whole text */
    size_t from, stop; /* stop - from < 1 GiB */
    size_t reach;      /* a record that goes on behind this is CSV_TOO_LONG */
    int64_t most;      /* records at most */
    CsvField *fields;  /* column c, record r: [c * stride + r]; room for stride records, see csv_part_room */
    int64_t stride;

    int64_t records;   /* complete ones */
    size_t end;        /* where the next record begins; with a fault: where the faulty one does */
    CsvFault fault;
    uint32_t found;    /* TOO_FEW, TOO_MANY: its fields */
} CsvPart;

/* Records that a part of so many bytes can have: the stride it needs. */
int64_t csv_part_room(size_t bytes, uint32_t n_cols);
void csv_split(const CsvDialect *d, uint32_t n_cols, CsvPart *p);

/* The first byte of [from, to) that is NUL or no UTF-8, or NULL; *lines: line ends before it. */
const char *csv_check_text(const char *from, const char *to, int64_t *lines);

/* Quotes in [from, to). */
size_t csv_count_quotes(const CsvDialect *d, const char *from, const char *to);

/* One record from `p`, any number of fields, slowly: fields appended to *out (positions from `text`); the begin of the next
 * record, or NULL with *fault.  What sniffing uses. */
typedef struct CsvRecord {
    CsvField *at;
    size_t n, cap;
} CsvRecord;
const char *csv_record(const CsvDialect *d, const char *text, const char *p, const char *end, CsvRecord *out, CsvFault *fault);
#endif
