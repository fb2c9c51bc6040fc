/* ColumnRef: a borrowed, finished column of values: of a segment, of a finished state, of a reader's chunk.
 *
 * Layout is its ColumnCode (base/program.h).  What the contract leaves open is fixed here:
 *  - a row that is NULL holds the smallest value of the column (integers), 0.0, an empty view or zero elements, so that
 *    ranges from the statistics hold for what is stored, NULL or not;
 *  - CODE_INT of width 1, 2, 4 adds `base`; width 16 is for DECIMAL and UBIGINT beyond 64 bits;
 *  - tensors of a type with `*` are CODE_VIEW: sizes and elements (base/ragged.h), never coded;
 *  - CODE_TENSOR rows of less than 64 bytes have the next power of two as pitch, so that none straddles a cache line; larger
 *    ones the next multiple of 64.  Bytes between row and pitch are zero.
 */
#ifndef DQL_RUNTIME_COLUMN_H
#define DQL_RUNTIME_COLUMN_H
#include "base/program.h"
#include "runtime/block.h"

typedef struct Dict Dict;
typedef struct ColumnRef {
    ColumnCode code; /* code.valid: `valid` is there */
    int64_t base;
    const void *data;
    const uint8_t *valid;
    const Dict *dict; /* CODE_DICT */
} ColumnRef;

/* The code of a column of this type before anything is known of its values: the widest. */
ColumnCode column_code_of(const Type *t, bool valid);
uint32_t tensor_pitch(int64_t bytes);
size_t column_stride(ColumnCode c); /* bytes from row to row */
size_t column_bytes(ColumnCode c, int64_t rows); /* of a block for them: kernels read scalars 64 rows past the end */
const void *column_row(const ColumnRef *c, int64_t row); /* its bytes */
static inline bool column_null(const ColumnRef *c, int64_t row) { return c->code.valid && !c->valid[row]; }

/* Rows [from, from + n) as numbers; CODE_INT only. int64 for widths up to 8. */
void column_ints(const ColumnRef *c, int64_t from, int64_t n, int64_t *out);
void column_wides(const ColumnRef *c, int64_t from, int64_t n, Int128 *out);
TextView column_text(const ColumnRef *c, int64_t row); /* CODE_DICT, CODE_VIEW */
/* One row as a value; texts and tensors are borrowed from the column where the layout allows it, else copied to the arena. */
Value column_value(const ColumnRef *c, const Type *t, int64_t row, Arena *a);

/* Rows as `want` says: a new block of n rows, NULL when memory runs out.  *fits false (and NULL): a value is outside of what
 * `want` holds.  CODE_DICT needs `to`, which must hold all values. Validity is copied unchanged by the caller. */
void *column_convert(const ColumnRef *c, int64_t n, ColumnCode want, int64_t base, const Dict *to, BlockPool *pool, bool *fits);
/* The rows listed, in the same code: a new block or NULL. */
void *column_take(const ColumnRef *c, const uint32_t *rows, int64_t n, BlockPool *pool);
/* numbers to CODE_INT of a width */
void ints_store(void *out, uint8_t width, int64_t base, const int64_t *v, int64_t n);
bool ints_fit(uint8_t width, int64_t base, Int128 min, Int128 max);
#endif
