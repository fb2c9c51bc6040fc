#include "lower/rows.h"

static ColumnCode int_code(KType t, bool valid) {
    return (ColumnCode){.kind = CODE_INT, .width = (uint8_t)ktype_bytes(t), .valid = valid};
}

static KType int_layout(Range r, KType lanes) {
    if (lanes == K_I1 || (r.exact && r.lo >= 0))
        return lanes;
    return lanes == K_I128 ? K_I128 : K_I64;
}

RowCol row_col(const LVal *v) {
    RowCol c = {.type = v->type, .lanes = v->v->type, .range = v->v->range, .dict = v->dict, .dict_scan = v->dict_scan,
                .dict_column = v->dict_column, .row_bytes = v->v->row_bytes};
    bool valid = v->valid != NULL;
    if (c.row_bytes) {
        c.code = (ColumnCode){.kind = CODE_TENSOR, .valid = valid, .pitch = c.row_bytes};
    } else if (type_is_float(v->type)) {
        c.row_bytes = 0;
        c.lanes = lanes_of_type(v->type);
        c.code = (ColumnCode){.kind = CODE_FLOAT, .width = (uint8_t)ktype_bytes(c.lanes), .valid = valid};
    } else if (lanes_of_type(v->type) == K_I128 && !v->dict && !range_of_type(v->type).exact) {
        c.code = (ColumnCode){.kind = v->type->kind == TY_INTERVAL ? CODE_INTERVAL : CODE_VIEW, .width = 16, .valid = valid};
    } else {
        c.lanes = int_layout(c.range, c.lanes);
        c.code = int_code(c.lanes == K_I1 ? K_I8 : c.lanes, valid);
    }
    return c;
}

Stage *row_layout(Pipe *p, uint8_t domain, const RowCol *col, Stage *v) {
    v = pipe_bring(p, v, domain);
    if (col->row_bytes)
        return tensor_repitch(p, v, domain, col->row_bytes);
    p->here = domain;
    if (v->type > K_I128 && v->type != col->lanes)
        v = stage_convert(p, KI_FTRUNC, v, col->lanes);
    return pipe_layout(p, v, domain, col->lanes);
}

void append_rows(Lower *c, Pipe *p, uint8_t domain, uint32_t state, uint32_t n, const LVal *v, const RowCol *cols) {
    Call *call = ARENA_NEW(c->a, Call);
    CallArg *args = ARENA_ARRAY(c->a, CallArg, 1 + 2 * (size_t)n);
    args[0].arg = (Arg){.kind = ARG_LOCAL, .a = state};
    for (uint32_t i = 0; i < n; i++) {
        args[1 + 2 * i].value = row_layout(p, domain, &cols[i], v[i].v);
        if (v[i].valid)
            args[2 + 2 * i].value = pipe_layout(p, v[i].valid, domain, K_I1);
    }
    *call = (Call){.native = "dql_rt_rows_append", .n = 1 + 2 * n, .args = args, .effect = true, .out = DOMAIN_NONE};
    stage_call(p, domain, call);
}

/* FLOAT16 values are f32 in stages. */
static Stage *widened(Pipe *p, Stage *x) {
    return !x->row_bytes && (x->type == K_F16 || x->type == K_BF16) ? stage_convert(p, KI_FEXT, x, K_F32) : x;
}

static LVal lval(const RowCol *col, Stage *v, Stage *valid) {
    return (LVal){.v = v, .valid = valid, .type = col->type, .dict = col->dict, .dict_scan = col->dict_scan,
                  .dict_column = col->dict_column};
}

LVal row_source(Pipe *p, uint32_t i, const RowCol *col) {
    static const ColumnCode bytes = {.kind = CODE_INT, .width = 1};
    Arg none = {.kind = ARG_NULL};
    Stage *v = stage_column(p, (Arg){.kind = ARG_SRC, .a = i}, col->code, none, col->lanes, col->range), *valid = NULL;
    v->row_bytes = col->row_bytes;
    if (col->code.valid)
        valid = stage_column(p, (Arg){.kind = ARG_SRC_VALID, .a = i}, bytes, none, K_I1, range_span(0, 1));
    return lval(col, widened(p, v), valid);
}

LVal row_gather(Pipe *p, Stage *row, uint32_t state, uint32_t i, const RowCol *col, Stage *guard) {
    static const ColumnCode bytes = {.kind = CODE_INT, .width = 1};
    Arg data = {.kind = ARG_COL, .a = state, .b = (uint16_t)i}, there = {.kind = ARG_COL_VALID, .a = state, .b = (uint16_t)i};
    Stage *valid = guard, *v = col->row_bytes ? tensor_rows(p, NULL, data, col->lanes, col->row_bytes, row)
                                              : stage_gather(p, row, data, col->code, col->lanes, col->range, guard);
    if (col->code.valid)
        valid = mask_and(p, guard, stage_gather(p, row, there, bytes, K_I1, range_span(0, 1), guard));
    return lval(col, widened(p, v), valid);
}
