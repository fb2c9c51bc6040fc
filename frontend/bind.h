/* The binder: names, types and shapes of one statement, resolved into the algebra (ir/node.h).
 *
 * Invariants
 *  - bind_statement returns false exactly when it added an error to `diags`; it never aborts on a user's
 * text.
 *  - The plan holds no implicit conversion: every widening is an OP_CAST or a constant of the right type.
 *  - A plan's columns are positional; their names are in Statement.columns.
 *  - Everything in a Statement lives in the Binder's arena or in the Ir's.
 */
#ifndef DQL_FRONTEND_BIND_H
#define DQL_FRONTEND_BIND_H
#include "base/diag.h"
#include "frontend/ast.h"
#include "frontend/model.h"
#include "ir/node.h"
#include "ir/source.h"

typedef enum StatementKind {
    STMT_QUERY,        /* plan, columns */
    STMT_CREATE_TABLE, /* target, columns, or_replace, if_exists (IF NOT EXISTS); CREATE TABLE AS: plan yields
                          the columns */
    STMT_INSERT, /* target, plan: one column for each column of the table, in its order and of its types */
    STMT_UPDATE, /* target, plan: rowid BIGINT, then the new values of the columns set[0..n_set) */
    STMT_DELETE, /* target, plan: rowid BIGINT */
    STMT_DROP_TABLE,   /* target, if_exists */
    STMT_DROP_MODEL,   /* target, if_exists */
    STMT_CREATE_MODEL, /* target, model, or_replace, if_exists; columns: the tensors of its state_dict */
    STMT_LOAD_MODEL,   /* target, path, model; columns: the tensors expected in the file */
    STMT_EXPORT_MODEL, /* target, version (0: the newest), path */
    STMT_PARAM,        /* param */
} StatementKind;

typedef enum ExplainKind { EXPLAIN_NONE, EXPLAIN_PLAN, EXPLAIN_ANALYZE } ExplainKind;

/* A column of a result or of a table to be made; NOT NULL is in the type.  A plan's own type may be nullable
 * where the target's column is NOT NULL (INSERT, UPDATE): whoever runs it refuses the NULLs that come. */
typedef struct BoundColumn {
    const char *name;
    const Type *type;
} BoundColumn;

/* PARAM name TYPE DEFAULT value */
typedef struct ParamDef {
    const char *name;
    const Type *type;
    bool has_default;
    Value value; /* of `type`, when has_default */
    Span span;
} ParamDef;

typedef struct Statement {
    StatementKind kind;
    ExplainKind explain;
    Span span;
    const Node *plan; /* a relation, NULL if the statement has none */
    uint32_t n_columns;
    BoundColumn *columns;
    const char *target; /* table or model, NULL */
    int64_t version;    /* of the target table when it was bound, 0 when it is new; CREATE MODEL FROM MODEL, EXPORT MODEL: VERSION AS OF */
    uint32_t n_set;
    uint32_t *set; /* UPDATE: indices of table columns */
    uint32_t n_keys;
    uint32_t *keys; /* CREATE TABLE, PRIMARY KEY and UNIQUE: of each the number of its columns, then their indices */
    const char *path;
    bool if_exists, or_replace;
    const ModelDef *model;
    const void *const *weights; /* CREATE MODEL FROM: the elements of each column; NULL: the model has no version yet */
    const char *from; /* CREATE MODEL FROM MODEL: where columns without elements have theirs, in `version` (0: the newest) */
    Str file, graph; /* EXPORT MODEL to .onnx: the file but its graph, the graph but the weights; else empty */
    ParamDef param;
} Statement;

typedef struct Binder {
    /* given by the caller */
    Arena *arena;
    Ir *ir;
    const SourceApi *source;
    Diags *diags;
    Intern *names; /* the one the syntax tree was made with */
    const ParamDef *params;
    uint32_t n_params;
    /* the binder's own; zero */
    TypePool *types;
    const struct Cte *ctes;            /* the WITH names in scope, innermost first */
    const struct Enclosing *enclosing; /* the queries around this one, for messages */
    uint32_t depth;                    /* of the expression or query at hand */
} Binder;

bool bind_statement(Binder *b, const Ast *stmt, Statement *out);
/* Whether statements, clauses and expressions of this kind are supported, and their name in messages and in
 * grammar/README.md (frontend/support.def). */
bool support_of(AstKind kind, const char **name);
#endif
