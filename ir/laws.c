/* The table of laws, made of ops.def, and the reasons of those that are missing, made of none.def. */
#include "ir/laws.h"

#define law_inverse_none  NULL
#define law_bounds_none   NULL
#define law_delta_none    NULL
#define law_gradient_none NULL
const OpLaws op_laws[OP_COUNT_] = {
#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags)                                  \
    [OP_##name] = {law_inverse_##inv, law_bounds_##bnd, law_delta_##dlt, law_gradient_##grd, law_cost_##cst},
#include "ir/ops.def"
#undef OP
};

static const struct {
    Op op;
    const char *law, *why;
} reasons[] = {
#define NONE(op, law, why) {OP_##op, #law, why},
#include "ir/none.def"
#undef NONE
};

const char *ir_why_none(Op op, const char *law) {
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].op == op && strcmp(reasons[i].law, law) == 0) return reasons[i].why;
    return NULL;
}

static void list_flags(Buf *out, uint32_t flags) {
    static const char *const names[] = {"pure",       "commutative", "increasing", "decreasing", "linear",
                                        "idempotent", "row-wise",    "order",      "fallible",   "strict",
                                        "relation",   "aggregate",   "comparison", "volatile",   "composite"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags >> i & 1) buf_printf(out, " %s", names[i]);
    buf_putc(out, '\n');
}

void ir_list_ops(Buf *out) {
    buf_printf(out, "%-12s %-12s %-12s %-10s %-10s %-10s %-12s %-12s %s\n", "operator", "type", "eval",
               "inverse", "bounds", "delta", "gradient", "cost", "flags");
    for (Op op = 0; op < OP_COUNT_; op++) {
        const OpInfo *i = &op_info[op];
        buf_printf(out, "%-12s %-12s %-12s %-10s %-10s %-10s %-12s %-12s", i->text, i->type, i->eval,
                   i->inverse, i->bounds, i->delta, i->gradient, i->cost);
        list_flags(out, i->flags);
    }
}
