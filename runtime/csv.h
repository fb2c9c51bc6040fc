/* Delimited text files as tables, plain or compressed (.gz, .zst).  Columns are named by the header, typed by the first
 * 20,000 records or as the option types says; csv_dialect.h lists the options, csv_sniff.h how types are found.
 *
 * A value that does not fit a sniffed type widens its column (BIGINT to DOUBLE, DATE to TIMESTAMP, else VARCHAR) and the
 * file is read again; one that does not fit a given type is an error with line and column.  An empty field is NULL, an empty
 * quoted text is ''.
 */
#ifndef DQL_RUNTIME_CSV_H
#define DQL_RUNTIME_CSV_H
#include "runtime/file.h"

bool csv_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e);
TableVersion *csv_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e);
/* As csv, with the tab as delimiter unless the option delim says otherwise. */
bool tsv_open(Arena *a, TypePool *types, const FileSpec *spec, FileSchema *out, RtError *e);
TableVersion *tsv_load(BlockPool *pool, Workers *workers, const FileSpec *spec, RtError *e);
#endif
