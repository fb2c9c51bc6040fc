#include "codegen_cpu/loader.h"

/* libgcc's, by the names that LLVM calls them; their types do not matter here. */
#define LIBCALLS(X)                                                                                          \
    X(__divti3)                                                                                              \
    X(__modti3) X(__udivti3) X(__umodti3) X(__floattidf) X(__floattisf) X(__floatuntidf) X(__floatuntisf)    \
        X(__fixdfti) X(__fixsfti)
#define DECLARE(name) extern char name[];
LIBCALLS(DECLARE)
#undef DECLARE

const CpuSymbol cpu_libcalls[] = {
#define ROW(name) {#name, name},
    LIBCALLS(ROW)
#undef ROW
        {0},
};
