/* Fields of one column converted to values of its type. */
#ifndef DQL_RUNTIME_CSV_CONVERT_H
#define DQL_RUNTIME_CSV_CONVERT_H
#include "runtime/column.h"
#include "runtime/csv_split.h"

typedef struct CsvColumn {
    ColumnRef ref;  /* of `n` rows; texts point into the file's text or `texts` */
    void *data;     /* blocks, reused from part to part */
    uint8_t *valid;
    char *texts;
    int64_t misfit; /* first row whose text is no value of the type; -1: none */
} CsvColumn; /* zero-initialised is empty */
void csv_column_free(CsvColumn *c);

/* Row i's text is fields[i] of `base`. False: no memory. */
bool csv_convert(const CsvDialect *d, const Type *type, const char *base, const CsvField *fields, int64_t n, BlockPool *pool,
                 CsvColumn *out);
bool csv_is_null(const CsvDialect *d, const Type *type, const char *base, CsvField f);
/* Without its escapes; `to` has room for its length. */
size_t csv_unescape(const CsvDialect *d, Str s, char *to);
#endif
