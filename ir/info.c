#include "ir/node.h"

const OpInfo op_info[OP_COUNT_] = {
#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags)                                  \
    [OP_##name] = {text, arity, ATTR_##attr, flags, #ty, #ev, #inv, #bnd, #dlt, #grd, #cst},
#include "ir/ops.def"
#undef OP
};
