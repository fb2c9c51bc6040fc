/* Rows of states: how values are laid out when a pipeline appends them, and read again by a later one. */
#ifndef DQL_LOWER_ROWS_H
#define DQL_LOWER_ROWS_H
#include "lower/expr.h"

/* A column of a state, as much as its readers need to know. */
typedef struct RowCol {
    const Type *type;
    KType lanes;     /* in memory and as a stage value */
    Range range;
    ColumnCode code;
    uint32_t row_bytes; /* tensors */
    bool dict;
    uint32_t dict_scan, dict_column;
} RowCol;

/* The layout in which v is stored: integers without negatives in their own lanes (codes are unsigned), else in 64 or 128
 * bits. */
RowCol row_col(const LVal *v);
/* v in the layout of `col`, dense in its domain. */
Stage *row_layout(Pipe *p, uint8_t domain, const RowCol *col, Stage *v);
/* Appends n values a row of the domain to ST_ROWS `state`; cols[i] says how. */
void append_rows(Lower *c, Pipe *p, uint8_t domain, uint32_t state, uint32_t n, const LVal *v, const RowCol *cols);
/* Column i of the state that is the pipeline's source. */
LVal row_source(Pipe *p, uint32_t i, const RowCol *col);
/* Column i of a finished state at the rows `row`; guard: where row is one (NULL: everywhere). */
LVal row_gather(Pipe *p, Stage *row, uint32_t state, uint32_t i, const RowCol *col, Stage *guard);
#endif
