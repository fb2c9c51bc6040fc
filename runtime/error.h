/* RtError: why a run, a load or a change of data ended.  The runtime returns false (or NULL) with the error filled in and
 * never ends the process.  The first error stays: setting a second one is ignored, so callers may report as they unwind.
 */
#ifndef DQL_RUNTIME_ERROR_H
#define DQL_RUNTIME_ERROR_H
#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

typedef enum RtErrorKind {
    RT_NONE,
    RT_ROW,       /* a row's fault: row_error, site and row say which */
    RT_DATA,      /* a file, table or model is not what the statement needs */
    RT_STALE,     /* a table has another version than the plan was made for: prepare again */
    RT_LIMIT,     /* the memory limit */
    RT_CANCELLED, /* the session's cancel flag */
} RtErrorKind;

typedef struct RtError {
    RtErrorKind kind;
    uint32_t row_error; /* RT_ROW: RowError of base/program.h */
    uint32_t site;      /* RT_ROW: index into Program.sites; UINT32_MAX: unknown */
    int64_t row;        /* RT_ROW: of the scanned table, where the message names it; else of the failing step's input */
    Buf value;          /* RT_ROW: the value as text where it is known, else empty */
    Buf message;        /* one sentence */
} RtError; /* zero-initialised is no error */

bool rt_fail(RtError *e, RtErrorKind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4))); /* false */
bool rt_fail_memory(RtError *e); /* false; RT_LIMIT with the standard sentence */
void rt_error_clear(RtError *e); /* frees its texts; ready for use again */
#endif
