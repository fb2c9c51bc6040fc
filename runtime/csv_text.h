/* CsvText: the text of a delimited file in memory, mapped or decompressed. */
#ifndef DQL_RUNTIME_CSV_TEXT_H
#define DQL_RUNTIME_CSV_TEXT_H
#include "runtime/block.h"
#include "runtime/mapped.h"

typedef struct CsvText {
    const char *p; /* 64 bytes past its end are readable */
    size_t n;
    bool whole; /* n is all of the file */
    Mapped file;
    void *block;
} CsvText;

/* At least `most` bytes of it, or all. */
bool csv_text_open(BlockPool *pool, const char *path, size_t most, CsvText *out, RtError *e);
void csv_text_close(CsvText *t);
#endif
