/* The eval law of each op, for the files that hold them (ir/eval_*.c).
 *
 * A law gets the values of the node's inputs in `in` if its op is STRICT (none is NULL then), NULL otherwise:
 * it evaluates what it needs by eval_value.  out->type is the result's type, NOT NULL, already set; a law
 * that yields NULL calls eval_null.  It returns false after eval_fail.  Payloads come from e->arena.
 *
 * A relation is a Value whose list is its rows; a row is a Value whose list is its columns.
 */
#ifndef DQL_IR_EVAL_LAW_H
#define DQL_IR_EVAL_LAW_H
#include "base/vec.h"
#include "ir/eval.h"

/* What one evaluation of a relation shares. */
typedef struct EvalRun {
    EvalCtx *ctx;
    TypePool *types;
    PtrMap relations; /* Node -> Value: a relation used twice is evaluated once */
    PtrMap sources;   /* Node -> RowSource, of those that have one */
} EvalRun;

/* Where a relation's rows come from, and what ended them. */
typedef struct RowSource {
    const char *table; /* each row is one of this table's, as it is or computed of it alone; NULL: not so */
    int64_t version;
    const size_t *rows; /* which; NULL: the i-th */
    EvalError pending;  /* code 0: none; else of the row behind the last one */
} RowSource;

/* Evaluates expressions on one row after the other. Results on a row die with it. */
typedef struct Eval {
    EvalRun *run;
    Arena *arena;     /* where the node at hand puts its result: */
    Arena *row_arena; /* this, or the run's if no column is below it */
    const Value *row;
    uint32_t columns;
    uint64_t now; /* number of the row */
    uint32_t n_memo;
    Value *memo; /* by node id; holds if stamp says `now` or EVERY_ROW */
    uint64_t *stamp;
    const Value *group;   /* OP_AGGREGATE: rows of the group at hand, a list */
    const size_t *places; /* and their places in the input */
} Eval;

typedef bool (*EvalLaw)(Eval *e, const Node *n, const Value *in, Value *out);
#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags)                                  \
    bool law_eval_##ev(Eval *e, const Node *n, const Value *in, Value *out);
#include "ir/ops.def"
#undef OP
extern const EvalLaw eval_laws[OP_COUNT_];

/* Nodes with ids below `nodes` can be evaluated. eval_close frees. */
void eval_open(Eval *e, EvalRun *run, uint32_t nodes);
void eval_close(Eval *e);
/* The next row; false when cancelled. */
bool eval_next(Eval *e, const Value *row, uint32_t columns);
bool eval_value(Eval *e, const Node *n, Value *out);
/* A relation input, once per run. */
bool eval_relation(EvalRun *run, const Node *rel, Value *out);
/* The same, but an error of one of its rows is left to eval_raise: out has the rows before it. */
bool eval_stream(EvalRun *run, const Node *rel, Value *out);
bool eval_raise(EvalRun *run,
                const Node *rel); /* false: a row behind those of rel failed, and the error is set */
/* The law of the relation `of` failed at the i-th row of `rel`: says so in the error, which is handed on as
 * pending. False: the error is none of a row, and ends everything. */
bool eval_stop(EvalRun *run, const Node *of, const Node *rel, size_t i);
void eval_locate(EvalRun *run, const Node *rel, size_t i); /* the error's row */
/* The rows of `of` come from rel's: of them those at `kept` (NULL: the first of them). */
void eval_from(EvalRun *run, const Node *of, const Node *rel, const size_t *kept, size_t n);
RowSource *eval_source(EvalRun *run, const Node *rel); /* never NULL */

bool eval_fail(Eval *e, const Node *n, RowError code, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
bool eval_fail_range(Eval *e, const Node *n, const Type *t); /* out of range for T */
bool eval_fail_exact(Eval *e, const Node *n, Int128 v, const Type *t); /* V is out of range for T; scaled as T is */
bool eval_null(Value *out);                                  /* true */
/* A copy that outlives the row. */
Value eval_keep(Arena *a, const Value *v);

/* ---- relations: `e` of a relation's law is open for its expressions ---- */
typedef struct RowList {
    VEC(Value) rows;
    VEC(size_t) kept; /* filters: their places in the input */
} RowList;
Value *rows_add(EvalRun *run, RowList *l, uint32_t columns); /* the new row's columns, to be filled */
void rows_share(RowList *l, const Value *row);               /* an existing row */
bool rows_done(EvalRun *run, RowList *l, Value *out);        /* true; frees l */
/* The one value of a LIMIT or OFFSET, `none` when NULL; fails when negative. */
bool eval_count(Eval *e, const Node *n, uint32_t input, int64_t none, int64_t *out);
/* Rows [offset, offset + limit) of out's. */
void rows_cut(Value *out, int64_t limit, int64_t offset);
#endif
