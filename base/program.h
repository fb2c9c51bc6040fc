/* Program: a compiled statement as plain data.  lower/ writes it, runtime/ runs it, neither includes the other.  The
 * shell runs it in the process that made it; dqlc serialises it into the executable beside the object code.
 *
 * Model of execution
 *  A Program is a list of pipelines in dependency order.  A pipeline reads a source (a table, the rows of a finished
 *  state, a dictionary, or one empty row) in morsels of at most MORSEL_ROWS, a morsel in batches of at most batch_rows <=
 *  BATCH_ROWS, and runs its steps on each batch.  A step is one call of a kernel (generated) or a native (a runtime
 *  function of runtime/abi.def) on all rows of a *domain*:
 *
 *    domain 0 is the batch; a filter makes a domain of the rows that pass, a join probe one of the matches.  A register
 *    holds one value a row of one domain, dense from 0; rows move from domain to domain by an explicit take (positions
 *    in a u32 register).  So a kernel never sees a selection vector, and there is one form of each kernel.
 *
 *  Breakers are states: local parts, one a worker, appended to by native steps; when all morsels are done the pipeline's
 *  finish list merges them (in morsel order where order matters) and indexes or sorts them.  A finished state is a row
 *  set: dense columns that later pipelines read as a source or take from by row number.
 *
 *  Two tiers: each pipeline has `steps`, made of small kernels that are shipped precompiled where possible, and `fused`,
 *  the same work in few large kernels, swapped in at a morsel boundary once compiled.  Both give the same bits.
 *
 * Kernel ABI:  int64_t kernel(void *const *args, int64_t n)
 *  args are resolved from Arg by the executor before each call; n is the row count of the step's input domain, n > 0.
 *  Result >= 0: rows of the output domain (0 if the step has none).  Negative: error, see PROGRAM_ERROR.
 *  Registers, consts, weights and finished columns are 64-byte aligned.  Kernels have no scalar tail loops: they read the
 *  rows of source columns, validity bytes, registers and finished columns up to a multiple of 64 rows (of scalars; what is
 *  there does not matter), and write registers up to a multiple of 64 elements.  Batches start at a multiple of 64 rows of
 *  their segment.  Constants and weights are readable 64 bytes past their end.
 *  Rows of a kernel that have NULL hold any value in the register; generated code sanitises before it divides or indexes.
 */
#ifndef DQL_BASE_PROGRAM_H
#define DQL_BASE_PROGRAM_H
#include "base/buf.h"
#include "base/hash.h"
#include "base/span.h"
#include "base/value.h"

enum { BATCH_ROWS = 2048, MORSEL_ROWS = 65536 };

/* How a column (of a segment, register or row set) is laid out. */
typedef enum CodeKind {
    CODE_INT,   /* width 1, 2, 4: unsigned, value = base + code; width 8, 16: the signed value itself, base 0.
                   Integers, DECIMAL (scaled), DATE, TIME, TIMESTAMP, BOOLEAN (width 1, 0 or 1) */
    CODE_FLOAT, /* width 2, 4, 8 */
    CODE_DICT,  /* width 1, 2, 4: code into a dictionary of distinct strings, sorted bytewise (code order = text order) */
    CODE_VIEW,  /* width 16: TextView; what registers hold, and segments of strings that are not dictionary-coded */
    CODE_TENSOR, /* rows of `pitch` bytes, each 64-byte aligned when pitch is; elements of the type's element kind */
    CODE_INTERVAL, /* width 16: struct Interval */
} CodeKind;

typedef struct ColumnCode {
    uint8_t kind;  /* CodeKind */
    uint8_t width; /* bytes of one value; 0 for CODE_TENSOR */
    bool valid;    /* a validity byte per row accompanies it (1 valid, 0 NULL); false: no NULL in it */
    uint32_t pitch; /* CODE_TENSOR: bytes a row */
} ColumnCode;

typedef struct TextView { /* borrowed text: dictionary, heap or batch-local storage */
    const char *p;
    uint64_t n;
} TextView;

typedef enum ArgKind {
    ARG_NULL,        /* a NULL pointer */
    ARG_SRC,         /* source column `a`: data at the batch's first row */
    ARG_SRC_VALID,   /* its validity bytes at the batch's first row */
    ARG_SRC_BASE,    /* int64_t *: its frame of reference in this segment */
    ARG_ROWID,       /* int64_t *: row id of the batch's first row; ids of a batch are consecutive */
    ARG_REG,         /* register `a` of this worker */
    ARG_CONST,       /* constant pool at byte offset `a` */
    ARG_PARAM,       /* parameter `a`: int64_t for integers, BOOLEAN, DATE, TIME, TIMESTAMP; Int128 for DECIMAL and UBIGINT; float for
                        FLOAT16, BFLOAT16, FLOAT32; double; TextView; Interval; elements of a tensor */
    ARG_PARAM_VALID, /* one byte: 1, or 0 for NULL */
    ARG_WEIGHT,      /* raw elements of weights[a] */
    ARG_DICT,        /* TextView[]: dictionary of column `b` of scans[a] */
    ARG_STATE,       /* state `a`, the object shared by all workers (finished, when it is read) */
    ARG_LOCAL,       /* state `a`, this worker's part */
    ARG_COL,         /* finished state `a`, column `b`: data of row 0 */
    ARG_COL_VALID,   /* finished state `a`, column `b`: validity bytes of row 0 */
    ARG_LOCAL_COL,   /* ST_GROUP `a`, this worker's part: accumulator column `b` (may move when groups are added) */
    ARG_COUNT,       /* int64_t *: row count of domain `a` in this batch */
    ARG_CURSOR,      /* int64_t[4]: cursor `a`, zeroed before the first call of a batch, for STEP_EXPANDS */
    ARG_SCRATCH,     /* this worker's text arena for strings that live as long as the batch */
    ARG_PART,        /* int64_t[2]: {part, parts} of the units of a step that splits (STEP_SPLITS): {0, 1} but in a team */
    ARG_WORK,        /* this worker's work memory, 64-byte aligned: Pipeline.work_bytes, of no meaning between two steps */
    ARG_FAULT,       /* Int128 *: where a kernel that fails leaves the value that its site shows: an integer, or a double's bits */
} ArgKind;

typedef struct Arg {
    uint16_t kind; /* ArgKind */
    uint16_t b;
    uint32_t a;
} Arg;

enum {
    STEP_NATIVE = 1,  /* fn indexes natives, else kernels */
    STEP_EXPANDS = 2, /* may have more output than fits: called again, with the following steps in between, until its
                         cursor (the Arg of kind ARG_CURSOR) is {0,..} again */
    STEP_SPLITS = 4,  /* may be called with parts of its units, on several workers at once (ARG_PART) */
};
#define DOMAIN_NONE 255

typedef struct Step {
    uint32_t fn;
    uint32_t args; /* first of its Args in Program.args */
    uint16_t n_args;
    uint8_t in, out; /* domains; out DOMAIN_NONE when the step makes none */
    uint16_t flags;
    uint16_t site;   /* first error site of the step: the site in a result is relative to it (so kernels name none) */
} Step;

typedef enum SourceKind {
    SRC_ONE,   /* one row without columns */
    SRC_SCAN,  /* a: index into scans */
    SRC_STATE, /* a: a finished state; column c is its column c */
    SRC_DICT,  /* dictionary of column b of scans[a]: column 0 is CODE_VIEW */
} SourceKind;

typedef struct Pipeline {
    uint8_t source; /* SourceKind */
    bool once;      /* depends on weights and constants only: run once for the life of the prepared statement */
    bool ordered;   /* some state it feeds needs results in morsel order (float sums, results): the executor keeps a local part
                       per morsel and merges in morsel order */
    uint32_t a, b;
    uint32_t batch_rows;
    uint64_t row_flops;      /* estimated operations of contractions and convolutions on a row of the source */
    bool may_fail;           /* a row may: then it shows which rows are in a batch together, if several are wrong */
    uint32_t steps, n_steps; /* in Program.steps */
    uint32_t fused, n_fused; /* n_fused 0: no fused form */
    uint32_t regs, n_regs;   /* in Program.regs: bytes per row of each register (0: BATCH_ROWS-independent, see fixed) */
    uint32_t work_bytes;     /* the most that a step needs of ARG_WORK */
    uint8_t n_domains;
    uint8_t n_cursors;
    uint32_t finish, n_finish; /* in Program.finish: states to finish when all morsels are done */
    const char *label;         /* for EXPLAIN ANALYZE */
} Pipeline;

typedef enum StateKind {
    ST_ROWS,  /* appended rows; then nothing, a join index, or a sort */
    ST_GROUP, /* groups with accumulators */
} StateKind;

typedef enum FinishKind {
    FIN_NONE, /* rows in morsel order; limit and offset applied */
    FIN_JOIN, /* index on column 0, the key: CODE_INT width 8 without NULLs (rows with NULL keys are not appended) */
    FIN_SORT, /* by the leading sort_keys columns (order-preserving unsigned codes, width 1..8, or CODE_VIEW with its flag),
                 stable in morsel order; limit and offset applied */
} FinishKind;

/* Accumulator layout of the worker's part; all start as zero bytes but MIN/MAX as stated.  Finished columns: CODE_INT width 8
 * (I64, COUNT) or 16 (I128), CODE_FLOAT width 8, CODE_VIEW; without validity. */
typedef enum AggKind {
    ACC_COUNT,   /* int64 */
    ACC_SUM_I64, /* int64; the compiler proved that it cannot overflow */
    ACC_SUM_I128, /* Int128 */
    ACC_SUM_F64, /* double[2]: sum and compensation (TwoSum); merged in morsel order; finished: one double, sum + compensation,
                    or the sum alone where the compensation is NaN (infinite terms) */
    ACC_MIN_I64, ACC_MAX_I64,   /* int64; start INT64_MAX / INT64_MIN */
    ACC_MIN_I128, ACC_MAX_I128, /* Int128; start max / min */
    ACC_MIN_F64, ACC_MAX_F64,   /* double; NaN is the greatest; start NaN / -inf */
    ACC_MIN_TEXT, ACC_MAX_TEXT, /* TextView; start p = NULL */
} AggKind;

typedef struct StateColumn {
    ColumnCode code;
    uint8_t agg;   /* ST_GROUP accumulators: AggKind */
    uint8_t flags; /* FIN_SORT keys of CODE_VIEW: bit 0 descending, bit 1 nulls first */
} StateColumn;

typedef struct State {
    uint8_t kind, finish;
    uint32_t cols, n_cols;  /* in Program.state_cols.  ST_GROUP: n_keys key columns, then accumulators */
    uint32_t n_keys;        /* ST_GROUP: key columns (CODE_INT width 8, or CODE_VIEW; NULLs by validity); FIN_SORT: sort keys */
    bool dense;             /* ST_GROUP, one key: group = key - dense_min, no table: room for dense_n groups from the start, those whose
                               first accumulator (an ACC_COUNT of all rows) is 0 do not exist; FIN_JOIN: direct array by key - dense_min */
    bool unique;            /* FIN_JOIN: the compiler knows that keys are unique */
    bool reduces;           /* FIN_JOIN: dql_rt_reduce asks it */
    int64_t dense_min, dense_n;
    Arg limit, offset;      /* ARG_CONST or ARG_PARAM of int64; ARG_NULL: none */
    int64_t expected;       /* estimated rows or groups, for first sizes */
    bool global;            /* ST_GROUP without keys: exactly one group, present even for no rows */
} State;

typedef struct Scan {
    const char *table;
    int64_t version;  /* as prepared; a compiled program checks the schema and takes the current version */
    uint32_t cols, n_cols; /* in Program.scan_cols */
} Scan;
typedef struct ScanColumn {
    uint32_t column;   /* in the table */
    ColumnCode code;   /* what the kernels read; the runtime converts segments that are stored otherwise */
} ScanColumn;

typedef int64_t (*DqlKernel)(void *const *args, int64_t n);

/* A row of the table of kernels in an object file made ahead of time (dql_kernel_table of dqlc's, dql_shipped of
 * dql-kernels'), ordered by key and level; the last has fn NULL. A program runs the highest level that the processor has. */
typedef struct KernelEntry {
    Hash128 key;      /* kernel_hash: the same for all levels */
    int64_t level;    /* CpuLevel */
    DqlKernel fn;
    const char *text; /* kernel_text, for comparison; NULL in dqlc's, where keys were compared when compiling */
} KernelEntry;

typedef struct KernelRef {
    Hash128 key;       /* code key */
    const char *symbol; /* "k_" and the key in hex */
} KernelRef;

typedef struct WeightRef { const char *model; int64_t version; const char *name; } WeightRef;
typedef struct ParamRef { const char *name; const Type *type; } ParamRef;
typedef struct ResultColumn { const char *name; const Type *type; } ResultColumn;
typedef struct TensorBytes { const uint8_t *at; uint64_t n; } TensorBytes;

/* Where a run-time error is reported: the message is made of the error's kind, `what` and the value. */
typedef struct Site {
    Span span;
    const char *what;  /* what does not hold the value: "INTEGER", "dimension 0 with size 3" */
    const Type *shown; /* type of the value in ARG_FAULT; NULL: none is left there */
} Site;
typedef enum RowError {
    ROW_OVERFLOW = 1, ROW_DIV_ZERO, ROW_BAD_CAST, ROW_INDEX, ROW_NO_MEMORY, ROW_CANCELLED, ROW_LIMIT, ROW_SHAPE
} RowError;
/* a kernel's result for an error at row `row` of its input domain */
#define PROGRAM_ERROR(row, site, err) (-(int64_t)(((uint64_t)(row) << 24 | (uint64_t)(site) << 8 | (uint64_t)(err)) + 1))
#define PROGRAM_ERROR_ROW(r) ((int64_t)((uint64_t)(-((r) + 1)) >> 24))
#define PROGRAM_ERROR_SITE(r) ((uint32_t)((uint64_t)(-((r) + 1)) >> 8 & 0xffff))
#define PROGRAM_ERROR_KIND(r) ((uint32_t)((uint64_t)(-((r) + 1)) & 0xff))

typedef enum ProgramKind {
    PG_QUERY,        /* rows of state `result` */
    PG_INSERT,       /* rows of `result` appended to `target`, columns in table order */
    PG_DELETE,       /* `result` column 0: row ids */
    PG_UPDATE,       /* column 0: row ids, then the new values of columns set_columns */
    PG_CREATE_TABLE, /* target, columns; with a result (CREATE TABLE AS) its rows */
    PG_DROP,         /* table or model `target` */
    PG_CREATE_MODEL, /* target; the definition stays with the compiler, the runtime knows names and shapes of tensors */
    PG_LOAD_MODEL,   /* target, path */
    PG_EXPORT_MODEL, /* target in from_version, path; tensors: none, or what an .onnx file has beside the weights: all but its graph, the graph */
    PG_PARAM,        /* declares target with type columns[0].type */
} ProgramKind;

typedef struct Program {
    uint8_t kind;
    bool if_exists, or_replace; /* IF [NOT] EXISTS; OR REPLACE */
    bool model;                 /* PG_DROP: a model, not a table */
    const char *target;
    const char *path;
    uint32_t result; /* state; UINT32_MAX: none */
    uint32_t n_columns;
    ResultColumn *columns;  /* of the result, of the created table, or tensors of a model */
    uint32_t n_tensors; TensorBytes *tensors; /* PG_CREATE_MODEL: the elements of each column in version 1; none: no version yet */
    const char *from; int64_t from_version;   /* PG_CREATE_MODEL: the model whose tensors are those without bytes; version 0: its newest */
    uint32_t n_set; uint32_t *set_columns;
    uint32_t n_keys; uint32_t *keys; /* of the created table, as in runtime/table.h */
    uint32_t n_pipelines; Pipeline *pipelines;
    uint32_t n_steps; Step *steps;
    uint32_t n_args; Arg *args;
    uint32_t n_regs; uint32_t *regs;
    uint32_t n_slots; uint32_t *slots; /* by register: that of the pipeline in whose memory it may lie, since both are never needed at once; none: its own */
    uint32_t n_finish; uint32_t *finish;
    uint32_t n_states; State *states;
    uint32_t n_state_cols; StateColumn *state_cols;
    uint32_t n_scans; Scan *scans;
    uint32_t n_scan_cols; ScanColumn *scan_cols;
    uint32_t n_kernels; KernelRef *kernels;
    uint32_t n_natives; const char **natives; /* names in runtime/abi.def */
    uint32_t n_weights; WeightRef *weights;
    uint32_t n_params; ParamRef *params;
    uint32_t n_sites; Site *sites;
    uint32_t n_consts; uint8_t *consts; /* bytes; blocks 64-byte aligned; TextViews in it are offsets (p = offset from the pool) fixed
                                           up on load: const_views lists their byte offsets */
    uint32_t n_const_views; uint32_t *const_views;
} Program;

/* Pointer-free image and back; read checks lengths and a checksum and returns NULL with *why. The Program lives in the arena. */
void program_write(Buf *out, const Program *p);
Program *program_read(Arena *a, TypePool *types, const void *bytes, size_t n, const char **why);
/* The steps of both tiers, states and operands as numbered lines, stable, for --dump=program. */
void program_print(Buf *out, const Program *p);
#endif
