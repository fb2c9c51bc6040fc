/* Diagnostics: what a user did wrong, collected with spans; never an abort, exit or longjmp.
 * Every message is a row of diag.def with a stable code.  One Diags belongs to one run of the compiler over one Source.
 */
#ifndef DQL_BASE_DIAG_H
#define DQL_BASE_DIAG_H
#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include <stdbool.h>

typedef enum DiagCode {
#define DIAG(code, name, text) name,
#include "base/diag.def"
#undef DIAG
    DIAG_COUNT
} DiagCode;

typedef enum Severity { SEV_ERROR, SEV_WARNING, SEV_NOTE, SEV_HELP } Severity;

typedef struct Diag {
    Severity severity;
    DiagCode code; /* of the error that a note or help belongs to */
    Span span;     /* from == to == UINT32_MAX: no place in the source */
    const char *text;
} Diag;

typedef struct Diags {
    Arena *arena;
    const Source *source;
    Diag *at;
    size_t n, cap;
    size_t errors;
} Diags;

#define SPAN_NONE ((Span){UINT32_MAX, UINT32_MAX})

void diags_init(Diags *d, Arena *arena, const Source *source);
/* Adds an error; the format is the row's text and the arguments must match it. */
void diag_error(Diags *d, DiagCode code, Span at, ...);
/* Adds a note or a help line to the last error. */
void diag_note(Diags *d, Span at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_help(Diags *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* "did you mean NAME?" when a candidate is near; nothing otherwise. */
void diag_did_you_mean(Diags *d, const char *name, const char *const *candidates, size_t n);

/* q.dql:2:16: error[E0102]: text / source line / carets / notes, in order of position; colour when asked. */
void diags_print(const Diags *d, Buf *out, bool colour);

/* A mistake of ours, never of the user: prints where and aborts. */
_Noreturn void bug_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define BUG(...) bug_at(__FILE__, __LINE__, __VA_ARGS__)
#endif
