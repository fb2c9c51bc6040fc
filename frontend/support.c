#include "frontend/bind.h"

enum { NO, YES };

static const struct {
    const char *name;
    int supported;
} rows[A_COUNT] = {
#define SUPPORT(kind, supported, name) [A_##kind] = {name, supported},
#include "frontend/support.def"
#undef SUPPORT
};

bool support_of(AstKind kind, const char **name) {
    if (!rows[kind].name) BUG("frontend/support.def has no row for %s", ast_kind_text(kind));
    *name = rows[kind].name;
    return rows[kind].supported == YES;
}
