/* What a step's negative result says to a person. */
#include "runtime/abi.h"
#include "runtime/native_cast.h"
#include "runtime/run.h"

static const char *sentence(uint32_t kind) {
    switch ((RowError)kind) {
    case ROW_OVERFLOW: return "value out of range";
    case ROW_DIV_ZERO: return "division by zero";
    case ROW_BAD_CAST: return "the text cannot be read as a value of this type";
    case ROW_INDEX: return "subscript out of range";
    case ROW_NO_MEMORY: return "out of memory";
    case ROW_CANCELLED: return "cancelled";
    case ROW_LIMIT: return "a limit of the system is exceeded";
    }
    return "error";
}

static bool is_cast(const RtRun *r, const Step *step) {
    return (step->flags & STEP_NATIVE) && r->instance->natives[step->fn] == dql_rt_cast;
}

void run_error_set(const RtRun *r, const Step *step, void *const *args, int64_t result, RtError *e) {
    uint32_t kind = PROGRAM_ERROR_KIND(result), site = PROGRAM_ERROR_SITE(result) + step->site;
    if (kind == ROW_NO_MEMORY) {
        rt_fail_memory(e);
        return;
    }
    if (kind == ROW_CANCELLED) {
        rt_fail(e, RT_CANCELLED, "cancelled");
        return;
    }
    e->kind = RT_ROW;
    e->row_error = kind;
    e->row = PROGRAM_ERROR_ROW(result);
    e->site = site < r->program->n_sites ? site : UINT32_MAX;
    const char *what = e->site != UINT32_MAX ? r->program->sites[e->site].what : NULL;
    if (what && *what) buf_printf(&e->message, "%s: ", what);
    if (is_cast(r, step)) cast_explain(args, e->row, &e->value, &e->message);
    else buf_puts(&e->message, sentence(kind));
}
