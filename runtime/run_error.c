/* What a step's negative result says to a person: the words of the evaluator (ir/eval_*.c). */
#include "base/number.h"
#include "runtime/abi.h"
#include "runtime/native_cast.h"
#include "runtime/run.h"
#include <string.h>

static bool is_cast(const RtRun *r, const Step *step) {
    return (step->flags & STEP_NATIVE) && r->instance->natives[step->fn] == dql_rt_cast;
}

/* The value that the kernel left in ARG_FAULT; an exact one may lie outside of its type. */
static void print_fault(Buf *out, const Type *t, Int128 fault) {
    Value v = {.type = t};
    int64_t bits = (int64_t)fault;
    memcpy(&v.f64, &bits, sizeof v.f64);
    if (t->kind == TY_F64) value_print(out, &v);
    else print_decimal(out, fault, t->kind == TY_DECIMAL ? t->scale : 0);
}

static void explain(Buf *out, RowError kind, const Buf *value, const char *what) {
    switch (kind) {
    case ROW_OVERFLOW: value_out_of_range(out, value->p, what); return;
    case ROW_DIV_ZERO: buf_puts(out, "division by zero"); return;
    case ROW_BAD_CAST: buf_printf(out, "not a valid %s", what); return;
    case ROW_INDEX: buf_printf(out, "subscript %s of %s", value->p ? value->p : "out of range", what); return;
    case ROW_SHAPE: buf_printf(out, "a shape other than that of %s", what); return;
    case ROW_LIMIT: buf_puts(out, "a limit of the system is exceeded"); return;
    case ROW_NO_MEMORY: case ROW_CANCELLED: break; /* not a row's fault */
    }
}

void run_error_set(const RtRun *r, const Step *step, void *const *args, int64_t result, Int128 fault, RtError *e) {
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
    const Site *at = e->site != UINT32_MAX ? &r->program->sites[e->site] : NULL;
    if (is_cast(r, step)) {
        cast_explain(args, e->row, &e->value, &e->message);
        return;
    }
    if (at && at->shown && kind != ROW_DIV_ZERO) print_fault(&e->value, at->shown, fault);
    explain(&e->message, (RowError)kind, &e->value, at && at->what ? at->what : "its type");
}
