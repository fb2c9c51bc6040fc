/* Rows as text for people and programs, in the modes of the shell: box, csv, tsv, json, jsonl, markdown, line.
 * Values print as value_print says.  In csv and tsv a text is quoted when it has to be, when it is empty, or when it would
 * read as NULL; json has tensors and lists whole, as arrays, and floats that are not finite as texts.  box and markdown
 * align numbers to the right; control characters never reach the terminal (box, line, markdown).
 *
 * box measures its columns over the first BOX_MEASURED rows: a wider cell that comes later moves its line's border.
 */
#ifndef DQL_RUNTIME_RESULT_PRINT_H
#define DQL_RUNTIME_RESULT_PRINT_H
#include "runtime/column.h"
#include "runtime/error.h"
#include <stdio.h>

enum { BOX_MEASURED = 10000 };

typedef struct ResultFormat {
    const char *mode; /* one of result_modes */
    bool header;      /* names of the columns first: box, csv, tsv, markdown */
    const char *null; /* text for NULL but in json; NULL: the empty text */
    bool booleans01;  /* 1 and 0 instead of true and false */
    int width;        /* of the terminal in characters, for box; 0: no limit */
} ResultFormat;

extern const char *const result_modes[]; /* ends with NULL */
bool result_mode_known(const char *mode);

/* All rows of finished columns. False when the mode is not known or `out` cannot be written (a full disk); out is flushed. */
bool result_print(FILE *out, const ResultFormat *f, uint32_t n, const char *const *names, const Type *const *types,
                  const ColumnRef *cols, int64_t rows, RtError *e);

/* The same in pieces.  Names and types must live until the end; NULL: the mode is not known. */
typedef struct ResultPrinter ResultPrinter;
ResultPrinter *print_begin(FILE *out, const ResultFormat *f, uint32_t n, const char *const *names, const Type *const *types,
                           RtError *e);
/* Once `out` has failed nothing more is written, and both return false: the caller may stop and ask print_end why. */
bool print_rows(ResultPrinter *p, const ColumnRef *cols, int64_t from, int64_t rows);
bool print_row(ResultPrinter *p, const Value *row);
bool print_end(ResultPrinter *p, RtError *e); /* frees p */
#endif
