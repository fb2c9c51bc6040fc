/* CsvDialect: how a delimited text is written (RFC 4180 and its relatives), from the options of a statement, the rest
 * sniffed from a sample.
 *
 *   header => TRUE    the first record names the columns (FALSE: c0, c1, ..)
 *   delim => ','      one character; else sniffed among , ; tab and |, tsv: a tab
 *   quote => '"'      '' : none
 *   escape            before a quote within quotes; the quote itself unless given
 *   nullstr => ''     an unquoted field that reads so is NULL; an empty unquoted field of a column that is no text, too
 *   skip => 0         lines before the header or the first record
 *   types => [..]     SQL types, one a column, instead of sniffing
 */
#ifndef DQL_RUNTIME_CSV_DIALECT_H
#define DQL_RUNTIME_CSV_DIALECT_H
#include "runtime/file.h"

enum { CSV_NONE = 256 }; /* no such character: equals no char */

typedef struct CsvDialect {
    bool header;
    int delim; /* CSV_NONE: to be sniffed */
    int quote, escape;
    Str nullstr;
    int64_t skip;
    uint32_t n_types; /* 0: to be sniffed */
    const Type **types;
} CsvDialect;

/* Texts are borrowed from the options, types are of the pool. */
bool csv_dialect(Arena *a, TypePool *pool, const FileSpec *spec, int delim, CsvDialect *out, RtError *e);
#endif
