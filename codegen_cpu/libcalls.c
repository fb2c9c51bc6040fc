#include "codegen_cpu/loader.h"

/* libgcc's and, for the exact remainder of floats, the C library's, by the names that LLVM calls them; their types do not
 * matter here. */
#define LIBCALLS(X)                                                                                          \
    X(__divti3)                                                                                              \
    X(__modti3) X(__udivti3) X(__umodti3) X(__floattidf) X(__floattisf) X(__floatuntidf) X(__floatuntisf)    \
        X(__fixdfti) X(__fixsfti)
#define DECLARE(name) extern char name[];
LIBCALLS(DECLARE)
#undef DECLARE
extern char c_fmod[] __asm__("fmod");
extern char c_fmodf[] __asm__("fmodf");

const CpuSymbol cpu_libcalls[] = {
#define ROW(name) {#name, name},
    LIBCALLS(ROW)
#undef ROW
        {"fmod", c_fmod},
        {"fmodf", c_fmodf},
        {0},
};
