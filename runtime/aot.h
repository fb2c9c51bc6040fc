/* What a program compiled ahead of time carries beside its kernels: the script's statements as Programs, its parameters with
 * their defaults, the files it reads as tables, and its text for messages.  dqlc writes the image into the object file under
 * the names below; main_aot reads it when the program starts.
 */
#ifndef DQL_RUNTIME_AOT_H
#define DQL_RUNTIME_AOT_H
#include "base/program.h"

typedef struct AotParam {
    const char *name;
    const Type *type;
    bool has_default;
    Value value; /* of the type, when has_default */
} AotParam;

typedef struct AotFile { /* a file that scans call `table`; loaded before the first statement that scans it */
    const char *table, *path, *format; /* format NULL: by the path's ending */
    uint32_t n_options;
    const char **names;
    Value *values;
    uint32_t n_columns; /* what the program was compiled for; another schema is refused when it starts */
    const char **column_names;
    const Type **column_types;
} AotFile;

typedef struct AotStatement {
    Program *program;
    Span span; /* in the text */
} AotStatement;

typedef struct AotScript {
    const char *name; /* the source file's, for messages */
    const char *text;
    uint32_t n_params, n_files, n_statements;
    AotParam *params;
    AotFile *files;
    AotStatement *statements;
} AotScript;

void aot_write(Buf *out, const AotScript *s);
/* Everything lives in the arena. false: *why says what is wrong. */
bool aot_read(Arena *a, TypePool *types, const void *bytes, size_t n, AotScript *out, const char **why);

/* Runs the program of this executable with its arguments (aot_run.c); the result is the exit code. */
int dql_aot_main(int argc, char **argv);

/* Symbols of the object file. */
extern const unsigned char dql_aot_image[];
extern const uint64_t dql_aot_image_size;
extern const KernelEntry dql_kernel_table[]; /* by key, then level; ends with fn NULL */
#endif
