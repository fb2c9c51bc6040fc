/* What the compiler must know of data: tables and models by name, their schemas, versions, statistics and encodings, and
 * rows for the evaluator.  A table of functions that the session (api) binds to the runtime's objects, so that nothing in
 * the compiler includes the runtime.
 */
#ifndef DQL_IR_SOURCE_H
#define DQL_IR_SOURCE_H
#include "base/program.h"
#include "base/value.h"

typedef struct TableInfo {
    const char *name;
    int64_t version;
    int64_t rows;
    uint32_t n; /* columns */
    const char *const *names;
    const Type *const *types; /* of the pool given to the call */
} TableInfo;

/* Exact for the version asked; a bound that is not known has known = false. Numbers as scaled integers / days. */
typedef struct ColumnStats {
    bool range_known;   /* min and max hold for every non-NULL value (integers, DECIMAL, DATE, BOOLEAN, TIMESTAMP) */
    Int128 min, max;
    int64_t distinct;   /* at most this many; -1 unknown */
    bool null_free, sorted, unique;
    ColumnCode code;    /* how the version stores the column (base/program.h) */
} ColumnStats;

typedef struct ModelInfo {
    const char *name;
    int64_t version;
    const void *definition; /* the binder's own object, given back as it was registered (frontend/model.h) */
} ModelInfo;

typedef struct SourceApi {
    void *ctx;
    bool (*table)(void *ctx, TypePool *p, const char *name, TableInfo *out);
    bool (*column_stats)(void *ctx, const char *table, int64_t version, uint32_t column, ColumnStats *out);
    bool (*model)(void *ctx, const char *name, ModelInfo *out);
    /* a file as a table (FROM 'x.csv', read_csv('x.csv', header => TRUE)); format "csv" .. or NULL: by the name's ending.
     * out->name is what OP_SCAN, column_stats and row call it. False: *why is a sentence. */
    bool (*open_file)(void *ctx, TypePool *p, const char *path, const char *format, uint32_t n_options,
                      const char *const *names, const Value *values, TableInfo *out, const char **why);
    /* the names that exist, for "did you mean"; kind 't' or 'm' */
    size_t (*names)(void *ctx, char kind, Arena *a, const char *const **out);
    /* a tensor of a model's version; data borrowed until the version dies */
    bool (*weight)(void *ctx, const char *model, int64_t version, const char *name, TypePool *p, Value *out);
    /* eval: the columns of row `row` (0-based, deleted rows skipped by the callee through *row_out) into out[n].
     * Returns false after the last row. Rows come in storage order; rowid is what DELETE and UPDATE address. */
    bool (*row)(void *ctx, const char *table, int64_t version, int64_t *cursor, uint32_t n, const int64_t *columns,
                Arena *a, TypePool *p, Value *out, int64_t *rowid);
} SourceApi;
#endif
