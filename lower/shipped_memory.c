/* Shipped kernels that read columns, move rows from domain to domain and accumulate. */
#include "lower/shipped.h"

typedef struct Stored { /* how a column is stored, and the lanes it is read in */
    uint8_t kind, width;
    bool based;
    KType first, last;
} Stored;

static const Stored stored[] = {
    {CODE_INT, 1, true, K_I1, K_I128},  {CODE_INT, 2, true, K_I8, K_I128},   {CODE_INT, 4, true, K_I8, K_I128},
    {CODE_INT, 8, false, K_I8, K_I128}, {CODE_INT, 16, false, K_I8, K_I128}, {CODE_DICT, 1, false, K_I8, K_I16},
    {CODE_DICT, 2, false, K_I8, K_I32}, {CODE_DICT, 4, false, K_I8, K_I32},
};
enum { STORED = sizeof stored / sizeof *stored };

static Stage *column(Ship *s, const Stored *c, KType t) {
    Arg data = {.kind = ARG_SRC, .a = s->fresh++}, base = {.kind = c->based ? ARG_SRC_BASE : ARG_NULL, .a = data.a};
    return stage_column(s->p, data, (ColumnCode){.kind = c->kind, .width = c->width}, base, t, ship_full(t));
}

static void decodes(Ship *s) {
    for (int k = 0; k < STORED; k++)
        for (KType t = stored[k].first; t <= stored[k].last; t++)
            ship_keep(s, column(s, &stored[k], t));
    ship_flush(s);
}

/* ---- from domain to domain ---- */
static void takes(Ship *s) {
    ship_flush(s);
    uint8_t d = pipe_filter(s->p, 0, ship_reg(s, K_I1));
    for (KType t = K_I1; t <= K_F64; t++)
        ship_keep(s, pipe_bring(s->p, ship_reg(s, t), d));
    for (int k = 0; k < STORED; k++)
        for (KType t = stored[k].first; t <= stored[k].last; t++)
            ship_keep(s, pipe_bring(s->p, column(s, &stored[k], t), d));
    ship_keep(s, pipe_bring(s->p, stage_rowid(s->p), d));
    ship_flush(s);
}

/* Filters whose positions nobody asks for, and of conditions that are one for all rows. */
static void filters(Ship *s) {
    Arg rows = {.kind = ARG_LOCAL_COL};
    ship_flush(s);
    for (int k = 0; k < 2; k++) {
        uint8_t d = pipe_filter(s->p, 0, k ? ship_num(s, K_I1) : ship_reg(s, K_I1));
        stage_acc(s->p, d, ACC_COUNT, rows, NULL, NULL, NULL, rows);
    }
    ship_keep(s, pipe_bring(s->p, ship_reg(s, K_I8), pipe_filter(s->p, 0, ship_num(s, K_I1))));
    ship_flush(s);
}

static void gather(Ship *s, KType row, ColumnCode code, KType t, bool guarded) {
    Arg array = {.kind = ARG_COL, .a = s->fresh++};
    ship_keep(s, stage_gather(s->p, ship_reg(s, row), array, code, t, ship_full(t), ship_guard(s, guarded)));
}

/* Rows of states by number, entries of dictionaries by code. */
static void gathers(Ship *s, bool guarded) {
    for (KType row = K_I8; row <= K_I64; row++)
        for (KType t = K_I1; t <= K_F64; t++)
            gather(s, row, (ColumnCode){.kind = t > K_I128 ? CODE_FLOAT : CODE_INT, .width = (uint8_t)ktype_bytes(t)}, t, guarded);
    ship_flush(s);
}

/* ---- accumulators ---- */
typedef struct Into { /* where values go */
    KType group; /* K_VOID: no groups */
    bool few;    /* groups */
} Into;

static void acc(Ship *s, Into into, AggKind kind, Stage *value, bool valid) {
    Arg column = {.kind = ARG_LOCAL_COL, .b = (uint16_t)s->fresh++};
    Arg groups = {.kind = into.few ? ARG_CONST : ARG_NULL, .a = s->fresh++};
    Stage *group = NULL;
    if (into.group != K_VOID)
        group = into.few ? ship_reg_in(s, into.group, range_span(0, 1)) : ship_reg(s, into.group);
    stage_acc(s->p, 0, kind, column, value, ship_guard(s, valid), group, groups);
}

/* Values of lanes t: any, and so small that their sums fit the lanes. */
static void acc_of(Ship *s, Into into, AggKind kind, KType t, bool valid) {
    acc(s, into, kind, ship_reg(s, t), valid);
    acc(s, into, kind, ship_reg_in(s, t, range_span(0, 1)), valid);
}

static void int_accs(Ship *s, Into into, bool valid) {
    for (KType t = K_I8; t <= K_I128; t++) {
        acc_of(s, into, ACC_SUM_I128, t, valid);
        if (t < K_I128)
            acc_of(s, into, ACC_SUM_I64, t, valid);
    }
    for (KType t = K_I1; t <= K_I64; t++) {
        acc_of(s, into, ACC_MIN_I64, t, valid);
        acc_of(s, into, ACC_MAX_I64, t, valid);
    }
    Stage *one = ship_num(s, K_I8);
    for (Int128 top = 1; top < (Int128)1 << 60; top = top * 1000 + 1) {
        one = ship_num(s, K_I8);
        one->range = range_span(0, top);
        acc(s, into, ACC_SUM_I64, one, valid);
        one = ship_num(s, K_I8);
        one->range = range_span(0, top);
        acc(s, into, ACC_SUM_I128, one, valid);
    }
}

static void accs(Ship *s, Into into, bool valid) {
    ship_flush(s);
    acc(s, into, ACC_COUNT, NULL, valid);
    int_accs(s, into, valid);
    ship_flush(s);
    if (into.few)
        return;
    acc(s, into, ACC_MIN_I128, ship_reg(s, K_I128), valid);
    acc(s, into, ACC_MAX_I128, ship_reg(s, K_I128), valid);
    acc(s, into, ACC_SUM_F64, ship_reg(s, K_F64), valid);
    acc(s, into, ACC_MIN_F64, ship_reg(s, K_F64), valid);
    acc(s, into, ACC_MAX_F64, ship_reg(s, K_F64), valid);
    ship_flush(s);
}

void ship_memory(Ship *s) {
    static const Into into[] = {{K_VOID, false}, {K_I8, true}, {K_I8, false}, {K_I16, false}, {K_I32, false}};
    decodes(s);
    takes(s);
    filters(s);
    gathers(s, false);
    gathers(s, true);
    for (size_t k = 0; k < sizeof into / sizeof *into; k++) {
        accs(s, into[k], false);
        accs(s, into[k], true);
    }
}
