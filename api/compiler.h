/* Native code of a session: one CpuJit, and the code of each statement in the tiers that the settings ask for.
 *
 *   kernels  every step's kernel is there before the run; fused forms are left out
 *   fused    all kernels are compiled before the run, which uses fused forms only
 *   auto     fused forms whose code is in a cache are used at once; else the run starts on the small kernels.  The fused
 *            forms are compiled meanwhile and swapped in at a morsel boundary as soon as a pipeline has so much left to do
 *            that it pays, else when the run is over
 */
#ifndef DQL_API_COMPILER_H
#define DQL_API_COMPILER_H
#include "api/session.h"
#include "base/cpu.h"

typedef struct Compiler Compiler;
typedef struct Code Code;

Compiler *session_compiler(dql_db *db); /* started on first use; NULL with the message set */
bool compiler_starts_early(const Options *o); /* with the session: the first statement will want LLVM at once */
void compiler_free(Compiler *c);        /* NULL is allowed */
Target compiler_target(const Compiler *c);

/* What lowering must know of a level and of this machine. */
Target target_of(CpuLevel level, uint32_t threads);

bool session_start(dql_db *db); /* session.c */

/* Code for the statement's kernels; false with the message set. */
bool code_get(dql_stmt *s, Code **out);
const RtKernels *code_kernels(const Code *c);
void code_ran(Code *c); /* the run is over: what it did not wait for is compiled now, for the next one */
void code_free(Code *c); /* NULL is allowed */
/* Tiers and caches for EXPLAIN ANALYZE: "3 kernels shipped, 1 compiled in 4.1 ms". */
void code_describe(const Code *c, Buf *out);
#endif
