/* Tables in memory: a Schema, and TableVersions over it.  A version is a list of immutable segments, each with an optional
 * bitmap of deleted rows; versions share segments.  All are counted: whoever runs on a version holds a reference, so that
 * changes never disturb a running statement.
 *
 * Scans read the live rows of a segment (version_live_segment): with deletions, a copy without them that is made when it is
 * first asked for.  Row id = segment index in the version << SEGMENT_BITS | offset among the live rows: consecutive within
 * a segment, valid in this version only.
 * Kernels see one ColumnCode per column and version: the widest over the segments, one dictionary for all of them.
 */
#ifndef DQL_RUNTIME_TABLE_H
#define DQL_RUNTIME_TABLE_H
#include "runtime/key_set.h"
#include "runtime/segment.h"
#include "runtime/workers.h"

typedef struct Schema {
    _Atomic int32_t refs;
    Arena *arena; /* names and types */
    TypePool *types_pool;
    uint32_t n;
    const char **names;
    const Type **types;
    uint32_t n_keys; /* length of keys */
    uint32_t *keys;  /* PRIMARY KEY and UNIQUE: of each the number of its columns, then these */
} Schema;
Schema *schema_new(uint32_t n, const char *const *names, const Type *const *types); /* copies both */
void schema_set_keys(Schema *s, uint32_t n, const uint32_t *keys); /* before it is shared; copied */
Schema *schema_ref(Schema *s);
void schema_unref(Schema *s);

typedef struct Deletes { /* of one segment */
    _Atomic int32_t refs;
    int64_t n;       /* rows deleted */
    uint64_t bits[]; /* 1: deleted */
} Deletes;

typedef struct SegRef {
    Segment *segment;
    Deletes *deletes; /* NULL: none */
    Segment *live;    /* made on demand: the rows that are not deleted */
} SegRef;

typedef struct VersionColumn {
    ColumnCode code;
    const Dict *dict; /* CODE_DICT */
    ColumnFacts facts;
    bool counted; /* distinct and unique were counted over all segments */
} VersionColumn;

/* From `row` on (0 is the first) each row stands on the line behind that of the row before it. */
typedef struct LineRun {
    int64_t row, line;
} LineRun;
typedef struct TableFile { /* what a version was loaded from */
    char *path;
    uint32_t n_runs; /* 0: the format has no lines */
    LineRun *runs;
} TableFile;

typedef struct TableVersion {
    _Atomic int32_t refs;
    BlockPool *pool;
    Schema *schema;
    int64_t number; /* 1, 2, .. in order of publication; 0: not published */
    int64_t rows;   /* without the deleted ones */
    uint32_t n_segments;
    SegRef *segments;
    VersionColumn *cols;
    TableFile *file;      /* NULL: it is no file's */
    KeySet **keys;        /* per key of the schema, NULL where there is none; NULL: none at all */
    pthread_mutex_t lock; /* of the lazy counts and live segments */
} TableVersion;

/* Takes over the references in segs, also on failure (NULL: no memory). */
TableVersion *version_new(BlockPool *pool, Schema *schema, uint32_t n, const SegRef *segs);
TableVersion *version_ref(TableVersion *v);
void version_unref(TableVersion *v);

ColumnCode table_column_code(const TableVersion *v, uint32_t col);
/* Facts of the whole column; counts distinct integers on first demand. */
ColumnFacts table_column_facts(TableVersion *v, uint32_t col);
/* The live rows of segment `seg`, borrowed from the version; NULL: no memory. */
Segment *version_live_segment(TableVersion *v, uint32_t seg);
/* Segment `seg`'s live rows of the column as `want` says. */
bool table_column(TableVersion *v, uint32_t seg, uint32_t col, ColumnCode want, ColumnRef *out, RtError *e);

/* " in row 7 of table 't'", " in line 9 of 'x.csv'": where the live row stands that `row` others come before.
 */
void version_print_row(Buf *out, const TableVersion *v, const char *table, int64_t row);
/* The version is what `path` held; runs: block, taken over, may be NULL. False: no memory. */
bool version_set_file(TableVersion *v, const char *path, uint32_t n_runs, LineRun *runs);

/* New versions of a table; the given one is unchanged. NULL with the error. */
TableVersion *version_append(TableVersion *v, uint32_t n, Segment *const *segments, RtError *e); /* takes the references */
TableVersion *version_delete(TableVersion *v, const int64_t *rowids, int64_t n, int64_t *deleted, RtError *e);
#endif
