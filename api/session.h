/* What libdql's objects are made of; only files of api/ include it. */
#ifndef DQL_API_SESSION_H
#define DQL_API_SESSION_H
#include "api/dql.h"
#include "api/options.h"
#include "base/diag.h"
#include "base/vec.h"
#include "frontend/bind.h"
#include "ir/source.h"
#include "lower/lower.h"
#include "rewrites/engine.h"
#include "runtime/exec.h"
#include "runtime/file.h"

/* A model: its definition (frontend) in an arena of its own; its weights live in the runtime by (name, version). */
typedef struct ModelEntry {
    const char *name; /* interned */
    Arena *arena;
    const ModelDef *def;
} ModelEntry;

typedef struct ParamEntry {
    char *name;
    Arena *arena;    /* of type and value */
    const Type *type; /* NULL until PARAM declares it */
    bool has_default;
    Value value;     /* default */
    char *given;     /* dql_param's text; NULL: none */
    bool given_null;
} ParamEntry;

/* A file that a statement reads as a table. */
typedef struct FileTable {
    const char *table; /* interned */
    Arena *arena;      /* of the spec */
    FileSpec spec;
} FileTable;

struct dql_db {
    Options options;
    Arena *arena;   /* of names: lives as long as the session */
    Intern *names;
    RtSession *rt;  /* NULL until the first statement: made with the settings of then */
    struct Compiler *compiler; /* api/compiler.h; NULL until it is first needed */
    VEC(ModelEntry) models;
    VEC(ParamEntry) params;
    bool ahead;     /* compiling ahead of time: tables are known by their schema alone, files by their first rows */
    VEC(FileTable) files; /* files that statements read, by the table's name */
    VEC(dql_stmt *) kept; /* finished queries that may come again (api/kept.c) */
    uint64_t catalog;     /* changes of tables' and models' existence, definitions and weights, of parameters, of settings */
    Buf message;          /* of the last error */
};

struct dql_script {
    dql_db *db;
    Arena *arena;
    Source source;
    char *text; /* owned copy */
    const Ast *ast;
};

/* A table version that a statement holds. */
typedef struct Pin {
    const char *name;
    TableVersion *version;
} Pin;

/* What a statement sees of the session (api/source.c): each table that it names is taken once, in the version that is
 * current then, and kept until the statement ends. */
typedef struct Pins {
    dql_db *db;
    Arena *arena;
    VEC(Pin) at;
    bool files; /* some of the tables are files */
    RtErrorKind failed; /* why the last file could not be read */
    SourceApi api; /* ctx is this struct */
} Pins;

struct dql_stmt {
    dql_db *db;
    const dql_script *script;
    uint32_t from;       /* where the statement begins in the script's text; its spans count from shift bytes before */
    int64_t shift;
    char *key;           /* its text, for api/kept.c */
    uint64_t catalog;    /* db->catalog when it was prepared */
    Arena *arena;
    Pins pins;
    Ir *ir;
    Diags diags;
    Statement st;
    const Node *plan;  /* rewritten */
    RwReport report;
    Lowered lowered;
    Program *program;      /* lowered.program, or one without a plan; NULL before the first run */
    struct Code *code;     /* compiled kernels (api/compiler.h) */
    RtInstance *instance;
    struct Evaluated *evaluated; /* rows of the evaluator (api/run_eval.c) */
    RtResult result;
    bool ran;
    int64_t row;           /* dql_step's position: -1 before the first */
    int64_t changed;
    Buf text;              /* of dql_column_text and _type */
    double compile_ms, run_ms;
};

/* A statement to be prepared: text `text` at `from` of the script. NULL: no memory. */
dql_stmt *statement_new(dql_script *script, uint32_t from, Str text);
#endif
