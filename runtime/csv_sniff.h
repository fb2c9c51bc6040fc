/* What a delimited file's beginning says of the rest: its delimiter, the names of its columns, their types.
 *
 * Sniffed types: the narrowest of BOOLEAN (true, false), BIGINT, DOUBLE, DATE, TIMESTAMP, VARCHAR that all values of the
 * first SNIFF_RECORDS records have; VARCHAR for columns without values.  Digits that begin with a needless 0 (a postcode, a
 * telephone number) are text.
 */
#ifndef DQL_RUNTIME_CSV_SNIFF_H
#define DQL_RUNTIME_CSV_SNIFF_H
#include "runtime/csv_split.h"

enum { SNIFF_RECORDS = 20000, SNIFF_BYTES = 8 << 20 };

typedef enum SniffType { SNIFF_NONE, SNIFF_BOOLEAN, SNIFF_BIGINT, SNIFF_DOUBLE, SNIFF_DATE, SNIFF_TIMESTAMP, SNIFF_VARCHAR, SNIFF_COUNT } SniffType;
SniffType sniff_value(Str s);
SniffType sniff_join(SniffType a, SniffType b); /* the narrowest that holds the values of both */
const Type *sniff_type(TypePool *p, SniffType t); /* nullable */

typedef struct CsvLayout {
    CsvDialect dialect; /* delim is known */
    size_t begin;       /* of the first record of data */
    FileSchema schema;
    SniffType *sniffed; /* per column; NULL: the types were given */
} CsvLayout;

/* From the first n bytes of a text (`whole`: all of it), readable 64 bytes further. */
bool csv_sniff(Arena *a, TypePool *types, const FileSpec *spec, int delim, const char *text, size_t n, bool whole,
               CsvLayout *out, RtError *e);
#endif
