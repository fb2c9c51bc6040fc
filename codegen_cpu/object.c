#include "codegen_cpu/object.h"
#include "base/map.h"
#include "codegen_cpu/jit.h"
#include "codegen_cpu/pack.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool same_symbol(const void *value, const void *key) {
    return strcmp(((const CpuFunction *)value)->symbol, key) == 0;
}

uint32_t cpu_functions(Arena *a, uint32_t n, const Kernel *const *kernels, uint32_t n_levels,
                       const CpuLevel *levels, CpuFunction **out) {
    CpuFunction *f = *out = ARENA_ARRAY(a, CpuFunction, (size_t)n * n_levels);
    Map seen = {0};
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t l = 0; l < n_levels; l++) {
            Hash128 key = cpu_code_key_at(levels[l], kernels[i]);
            char *symbol = arena_alloc(a, 35);
            pack_symbol(symbol, key);
            if (map_get(&seen, key.lo, same_symbol, symbol)) continue;
            f[count] = (CpuFunction){kernels[i], levels[l], symbol, 0};
            map_add(&seen, key.lo, &f[count++]);
        }
    map_free(&seen);
    return count;
}

static bool write_file(const char *path, const Buf *b) {
    FILE *f = fopen(path, "wb");
    if (!f) return false;
    bool ok = fwrite(b->p, 1, b->n, f) == b->n;
    return fclose(f) == 0 && ok;
}

bool cpu_emit_file(const CpuModule *m, const char *path, char **why) {
    Buf bytes = {0};
    bool ok = cpu_module_compile(m, &bytes, why);
    if (ok && !write_file(path, &bytes)) {
        if (why && asprintf(why, "%s: %s", path, strerror(errno)) < 0) *why = NULL;
        unlink(path);
        ok = false;
    }
    buf_free(&bytes);
    return ok;
}
