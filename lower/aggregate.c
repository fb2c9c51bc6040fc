/* AGGREGATE: groups are found by a dense number computed from small keys, or in a hash table; accumulators by type and
 * range.  The pipeline that reads the finished groups turns accumulators into results (AVG is a sum over a count).
 */
#include "base/number.h"
#include "lower/flow.h"
#include <math.h>

enum { DENSE_GROUPS = 65536 };

typedef struct Acc {
    AggKind kind;
    LVal value; /* v NULL: counts rows */
} Acc;

typedef struct Function { /* an aggregate function's accumulators; -1: none */
    const Node *f;
    int acc, count;
    Range range; /* of the argument */
    LVal arg;
} Function;

typedef struct Agg {
    Lower *c;
    const Node *rel;
    Flow in;
    Scope s;
    uint32_t n_keys, n_functions;
    LVal *keys;
    Function *functions;
    VEC(Acc) accs;
    bool dense, number; /* keys are digits of one number; dense: which is the group */
    Int128 groups;      /* above every such number */
    uint32_t state;
} Agg;

/* ---- accumulators ---- */
static int add_acc(Agg *g, AggKind kind, LVal value) {
    for (size_t i = 0; i < g->accs.n; i++)
        if (g->accs.at[i].kind == kind && g->accs.at[i].value.v == value.v && g->accs.at[i].value.valid == value.valid)
            return (int)i;
    *vec_push(&g->accs) = (Acc){kind, value};
    return (int)g->accs.n - 1;
}

/* how many rows have the value */
static int add_count(Agg *g, LVal arg) {
    return add_acc(g, ACC_COUNT, (LVal){.valid = arg.valid});
}

static bool sum_fits(const Agg *g, Range r) {
    double rows = g->in.at_most;
    if (!(rows < 0x1p62) || !r.exact)
        return false;
    return range_lanes(range_mul(r, range_span(0, (Int128)rows))) <= K_I64;
}

static AggKind sum_kind(const Agg *g, const LVal *arg) {
    if (type_is_float(arg->type))
        return ACC_SUM_F64;
    return sum_fits(g, arg->v->range) ? ACC_SUM_I64 : ACC_SUM_I128;
}

static AggKind extreme_kind(const LVal *arg, bool max) {
    if (type_is_float(arg->type))
        return max ? ACC_MAX_F64 : ACC_MIN_F64;
    if (!arg->dict && !range_of_type(arg->type).exact)
        return max ? ACC_MAX_TEXT : ACC_MIN_TEXT;
    if (arg->v->type == K_I128)
        return max ? ACC_MAX_I128 : ACC_MIN_I128;
    return max ? ACC_MAX_I64 : ACC_MIN_I64;
}

static LVal as_double(Agg *g, LVal x) {
    if (type_is_float(x.type))
        x.v = stage_convert(g->in.p, KI_FEXT, x.v, K_F64);
    return x;
}

static void add_function(Agg *g, Function *fn) {
    const Node *f = fn->f;
    bool global = g->n_keys == 0;
    fn->acc = fn->count = -1;
    if (f->op == OP_COUNT_STAR) {
        fn->count = add_count(g, (LVal){0});
        return;
    }
    LVal x = fn->arg = lower_expr(&g->s, f->in[0]);
    fn->range = x.v->range;
    if (f->op == OP_COUNT || f->op == OP_AGG_AVG || x.valid || global)
        fn->count = add_count(g, x);
    if (f->op == OP_COUNT)
        return;
    bool extreme = f->op == OP_AGG_MIN || f->op == OP_AGG_MAX;
    fn->acc = add_acc(g, extreme ? extreme_kind(&x, f->op == OP_AGG_MAX) : sum_kind(g, &x), as_double(g, x));
}

/* ---- groups ---- */
static Int128 digits(const LVal *key) {
    Int128 n = range_size(key->v->range);
    return n < 0 ? -1 : n + (key->valid != NULL);
}

static int bits_of(Int128 n) {
    int bits = 0;
    while (((Int128)1 << bits) < n)
        bits++;
    return bits;
}

static bool is_small(const LVal *key) {
    return key->dict || range_of_type(key->type).exact;
}

/* All keys as digits of one number: a dense group if it is small, else the one key of a hash table, with digits of whole
 * bits so that they come apart by shifts. */
static void choose_number(Agg *g) {
    Int128 groups = 1;
    int bits = 0;
    bool small = g->n_keys > 0;
    for (uint32_t i = 0; i < g->n_keys && small; i++) {
        Int128 n = is_small(&g->keys[i]) ? digits(&g->keys[i]) : -1;
        small = n > 0 && n <= ((Int128)1 << 62) && (bits += bits_of(n)) <= 62;
        groups *= n;
    }
    g->number = small && !g->c->opt->no_dense;
    g->dense = g->number && groups <= DENSE_GROUPS && (double)groups <= g->in.rows + 1024;
    g->number = g->dense || (g->number && g->n_keys > 1);
    g->groups = g->dense ? groups : (Int128)1 << bits;
}

static Stage *op2(Pipe *p, KOp op, Stage *x, Stage *y, Range r) {
    return stage_op(p, op, range_lanes(r), r, 2, (Stage *[]){x, y});
}

/* v - lo, NULL last */
static Stage *digit(Scope *s, const LVal *key) {
    Int128 n = range_size(key->v->range);
    Stage *v = key->v->type == K_I1 ? stage_convert(s->p, KI_SEXT, key->v, K_I8) : key->v;
    Stage *d = op2(s->p, KI_SUB, v, int_const(s, key->v->range.lo), range_span(0, n - 1));
    return key->valid ? stage_select(s->p, key->valid, d, int_const(s, n)) : d;
}

static Int128 radix(const Agg *g, uint32_t key) {
    Int128 n = digits(&g->keys[key]);
    return g->dense ? n : (Int128)1 << bits_of(n);
}

static Stage *key_number(Agg *g) {
    Stage *sum = NULL;
    for (uint32_t i = 0; i < g->n_keys; i++) {
        Stage *d = digit(&g->s, &g->keys[i]);
        if (!sum) {
            sum = d;
            continue;
        }
        Range up = range_mul(sum->range, range_point(radix(g, i)));
        sum = op2(g->in.p, KI_MUL, sum, int_const(&g->s, radix(g, i)), up);
        sum = op2(g->in.p, KI_ADD, sum, d, range_add(up, d->range));
    }
    return sum;
}

/* A key as columns of a hash table: 64-bit integers or a view. */
typedef struct KeyCols {
    uint32_t n;
    Stage *at[2];
} KeyCols;

static Range any64(const Agg *g) {
    return range_of_type(type_get(ir_types(g->c->ir), TY_I64));
}

static bool is_text(const LVal *x) {
    return !x->dict && !type_is_float(x->type) && !range_of_type(x->type).exact;
}

static KeyCols key_cols(Agg *g, const LVal *key) {
    Pipe *p = g->in.p;
    uint8_t d = g->in.domain;
    if (is_text(key))
        return (KeyCols){1, {pipe_layout(p, key->v, d, K_I128)}};
    if (type_is_float(key->type))
        return (KeyCols){1, {pipe_layout(p, float_bits(&g->s, key->v), d, K_I64)}};
    if (key->v->type != K_I128)
        return (KeyCols){1, {pipe_layout(p, key->v, d, K_I64)}};
    Stage *high = stage_op(p, KI_SAR, K_I128, any64(g), 2, (Stage *[]){key->v, int_const(&g->s, 64)});
    return (KeyCols){2, {pipe_layout(p, high, d, K_I64), pipe_layout(p, key->v, d, K_I64)}};
}

static StateColumn plain(ColumnCode code) {
    return (StateColumn){.code = code};
}

static const ColumnCode code_i64 = {.kind = CODE_INT, .width = 8}, code_i128 = {.kind = CODE_INT, .width = 16},
                        code_f64 = {.kind = CODE_FLOAT, .width = 8}, code_view = {.kind = CODE_VIEW, .width = 16};

/* Finds or adds the group in the table; fills the state's key columns. */
static Stage *hash_group(Agg *g, StateColumn *sc, uint32_t *n_cols) {
    Call *call = ARENA_NEW(g->c->a, Call);
    CallArg *a = ARENA_ARRAY(g->c->a, CallArg, 2 + 4 * (size_t)g->n_keys);
    uint32_t m = 0;
    LVal number = {.type = type_get(ir_types(g->c->ir), TY_I64)};
    if (g->number)
        number.v = key_number(g);
    a[0].arg = (Arg){.kind = ARG_LOCAL, .a = g->state};
    for (uint32_t i = 0; i < (g->number ? 1 : g->n_keys); i++) {
        const LVal *key = g->number ? &number : &g->keys[i];
        KeyCols k = key_cols(g, key);
        for (uint32_t j = 0; j < k.n; j++, m++) {
            a[1 + 2 * m].value = k.at[j];
            if (key->valid)
                a[2 + 2 * m].value = pipe_layout(g->in.p, key->valid, g->in.domain, K_I1);
            sc[m] = plain(is_text(key) ? code_view : code_i64);
            sc[m].code.valid = key->valid != NULL;
        }
    }
    *call = (Call){.native = "dql_rt_group_find", .n = 2 + 2 * m, .args = a, .effect = true, .out = DOMAIN_NONE};
    Stage *st = stage_call(g->in.p, g->in.domain, call);
    *n_cols = m;
    return a[1 + 2 * m].value = stage_out(g->in.p, st, g->in.domain, K_I32, range_span(0, INT32_MAX));
}

static ColumnCode acc_code(AggKind k) {
    switch (k) {
    case ACC_COUNT: case ACC_SUM_I64: case ACC_MIN_I64: case ACC_MAX_I64: return code_i64;
    case ACC_SUM_I128: case ACC_MIN_I128: case ACC_MAX_I128: return code_i128;
    case ACC_SUM_F64: case ACC_MIN_F64: case ACC_MAX_F64: return code_f64;
    case ACC_MIN_TEXT: case ACC_MAX_TEXT: break;
    }
    return code_view;
}

static void accumulate_text(Agg *g, const Acc *acc, uint32_t column, Stage *group) {
    Call *call = ARENA_NEW(g->c->a, Call);
    CallArg *a = ARENA_ARRAY(g->c->a, CallArg, 5);
    a[0].arg = (Arg){.kind = ARG_LOCAL, .a = g->state};
    a[1].arg = build_int(g->c, column, false);
    a[2].value = group ? pipe_layout(g->in.p, group, g->in.domain, K_I32) : NULL;
    a[3].value = pipe_layout(g->in.p, acc->value.v, g->in.domain, K_I128);
    if (acc->value.valid)
        a[4].value = pipe_layout(g->in.p, acc->value.valid, g->in.domain, K_I1);
    *call = (Call){.native = "dql_rt_acc_text", .n = 5, .args = a, .effect = true, .out = DOMAIN_NONE};
    stage_call(g->in.p, g->in.domain, call);
}

/* The value in the domain that is aggregated. */
static Stage *at_groups(Agg *g, Stage *v) {
    return v ? pipe_bring(g->in.p, v, g->in.domain) : NULL;
}

static void accumulate(Agg *g, uint32_t first, Stage *group) {
    Arg groups = g->dense ? build_int(g->c, g->groups, false) : (Arg){.kind = ARG_NULL};
    for (size_t i = 0; i < g->accs.n; i++) {
        Acc *acc = &g->accs.at[i];
        if (acc->kind == ACC_MIN_TEXT || acc->kind == ACC_MAX_TEXT) {
            accumulate_text(g, acc, first + (uint32_t)i, group);
            continue;
        }
        Arg column = {.kind = ARG_LOCAL_COL, .a = g->state, .b = (uint16_t)(first + i)};
        stage_acc(g->in.p, g->in.domain, acc->kind, column, acc->value.v, acc->value.valid, group, groups);
    }
}

/* ---- building ---- */
static uint32_t build_groups(Agg *g) {
    Lower *c = g->c;
    uint32_t m = 0;
    StateColumn *sc = ARENA_ARRAY(c->a, StateColumn, 2 * g->n_keys + g->accs.n + 1);
    g->state = build_state(c, (State){.kind = ST_GROUP, .global = g->n_keys == 0, .expected = 1024});
    Stage *group = NULL;
    if (g->dense) {
        group = key_number(g);
        sc[m++] = plain(code_i64);
    } else if (g->n_keys) {
        group = hash_group(g, sc, &m);
    }
    for (size_t i = 0; i < g->accs.n; i++) {
        sc[m + i] = plain(acc_code(g->accs.at[i].kind));
        sc[m + i].agg = (uint8_t)g->accs.at[i].kind;
        if (g->accs.at[i].kind == ACC_SUM_F64)
            g->in.p->ordered = true;
        g->accs.at[i].value.v = at_groups(g, g->accs.at[i].value.v);
        g->accs.at[i].value.valid = at_groups(g, g->accs.at[i].value.valid);
    }
    accumulate(g, m, group);
    State *st = &c->b.states.at[g->state];
    st->n_keys = m;
    st->dense = g->dense;
    st->dense_n = g->dense ? (int64_t)g->groups : 0;
    st->expected = g->dense ? (int64_t)g->groups : (int64_t)g->in.rows / 10 + 16;
    build_state_cols(c, g->state, m + (uint32_t)g->accs.n, sc);
    *vec_push(&g->in.p->finish) = g->state;
    assemble(c, g->in.p);
    return m;
}

/* ---- reading ---- */
static LVal like_key(const LVal *key, Stage *v, Stage *valid) {
    LVal x = *key;
    x.v = v;
    x.valid = valid;
    return x;
}

/* Takes the last digit off the number. */
static Stage *last_digit(Agg *g, Scope *out, uint32_t key, Stage **number) {
    Pipe *p = out->p;
    Stage *left = *number;
    Int128 n = radix(g, key);
    if (key == 0)
        return left;
    Stage *size = int_const(out, n);
    Range digit = range_span(0, n - 1), rest = range_div(left->range, size->range);
    if (g->dense) {
        *number = stage_divide(p, KI_DIV, rest, false, left, size, NULL, 0);
        return stage_divide(p, KI_REM, digit, false, left, size, NULL, 0);
    }
    *number = stage_op(p, KI_SHR, K_I64, rest, 2, (Stage *[]){left, int_const(out, bits_of(n))});
    return stage_op(p, KI_AND, K_I64, digit, 2, (Stage *[]){left, int_const(out, n - 1)});
}

static void number_keys(Agg *g, Scope *out, LVal *cols) {
    Pipe *p = out->p;
    Arg src = {.kind = ARG_SRC, .a = 0}, none = {.kind = ARG_NULL};
    Stage *left = stage_column(p, src, code_i64, none, K_I64, range_span(0, g->groups - 1));
    for (uint32_t i = g->n_keys; i-- > 0;) {
        const LVal *key = &g->keys[i];
        Range r = key->v->range;
        Stage *d = last_digit(g, out, i, &left);
        Stage *valid = key->valid ? stage_cmp(p, KP_LT, d, int_const(out, range_size(r))) : NULL;
        Stage *v = op2(p, KI_ADD, d, int_const(out, r.lo), r);
        if (key->type->kind == TY_BOOL)
            v = stage_cmp(p, KP_NE, v, int_const(out, 0));
        cols[i] = like_key(key, v, valid);
    }
}

static Stage *from_halves(Pipe *p, Stage *high, Stage *low, Range r, Scope *s) {
    Stage *up = stage_op(p, KI_SHL, K_I128, (Range){0}, 2, (Stage *[]){high, int_const(s, 64)});
    Stage *mask = int_const(s, ((Int128)1 << 64) - 1);
    Stage *down = stage_op(p, KI_AND, K_I128, (Range){0}, 2, (Stage *[]){low, mask});
    return stage_op(p, KI_OR, K_I128, r, 2, (Stage *[]){up, down});
}

static void hash_keys(Agg *g, Scope *out, LVal *cols) {
    static const ColumnCode bytes = {.kind = CODE_INT, .width = 1};
    Pipe *p = out->p;
    Arg none = {.kind = ARG_NULL};
    for (uint32_t i = 0, m = 0; i < g->n_keys; i++, m++) {
        const LVal *key = &g->keys[i];
        Arg at = {.kind = ARG_SRC, .a = m}, there = {.kind = ARG_SRC_VALID, .a = m};
        Stage *valid = key->valid ? stage_column(p, there, bytes, none, K_I1, range_span(0, 1)) : NULL, *v;
        if (is_text(key)) {
            v = stage_column(p, at, code_view, none, K_I128, (Range){0});
        } else if (type_is_float(key->type)) {
            v = stage_convert(p, KI_BITCAST, stage_column(p, at, code_i64, none, K_I64, any64(g)), K_F64);
            if (key->v->type == K_F32)
                v = stage_convert(p, KI_FTRUNC, v, K_F32);
        } else if (key->v->type == K_I128) {
            Stage *high = stage_column(p, at, code_i64, none, K_I64, any64(g));
            at.a = ++m;
            v = from_halves(p, high, stage_column(p, at, code_i64, none, K_I64, any64(g)), key->v->range, out);
        } else {
            v = stage_column(p, at, code_i64, none, K_I64, key->v->range);
            if (key->type->kind == TY_BOOL)
                v = stage_cmp(p, KP_NE, v, int_const(out, 0));
        }
        cols[i] = like_key(key, v, valid);
    }
}

static Range acc_range(const Agg *g, const Function *fn, AggKind k) {
    if (k == ACC_COUNT)
        return range_span(0, g->in.at_most < 0x1p62 ? (Int128)g->in.at_most : INT64_MAX);
    if (k == ACC_SUM_I64)
        return range_mul(fn->range, range_span(0, (Int128)g->in.at_most));
    return k == ACC_SUM_I128 ? (Range){0} : fn->range;
}

static Stage *acc_column(Agg *g, Pipe *p, uint32_t first, int acc, const Function *fn) {
    AggKind k = g->accs.at[acc].kind;
    ColumnCode code = acc_code(k);
    Arg at = {.kind = ARG_SRC, .a = first + (uint32_t)acc};
    KType t = code.kind == CODE_FLOAT ? K_F64 : code.width == 16 ? K_I128 : K_I64;
    return stage_column(p, at, code, (Arg){.kind = ARG_NULL}, t, acc_range(g, fn, k));
}

/* Exact sums become doubles once, over ten to the scale, then are divided by the count. */
static Stage *average(Scope *s, const Function *fn, Stage *sum, Stage *count) {
    int scale = fn->arg.type->kind == TY_DECIMAL ? fn->arg.type->scale : 0;
    if (sum->type != K_F64)
        sum = stage_convert(s->p, KI_SITOF, sum, K_F64);
    if (scale)
        sum = stage_op2(s->p, KI_DIV, sum, float_const(s, K_F64, decimal_to_f64(decimal_pow10(scale), 0)));
    return stage_op2(s->p, KI_DIV, sum, stage_convert(s->p, KI_SITOF, count, K_F64));
}

static LVal result_of(Agg *g, Scope *s, uint32_t first, const Function *fn) {
    LVal out = {.type = fn->f->type};
    Stage *count = fn->count >= 0 ? acc_column(g, s->p, first, fn->count, fn) : NULL;
    if (fn->acc < 0)
        return out.v = count, out;
    Stage *v = acc_column(g, s->p, first, fn->acc, fn);
    if (count && (g->n_keys == 0 || fn->arg.valid))
        out.valid = stage_cmp(s->p, KP_GT, count, int_const(s, 0));
    out.dict = fn->arg.dict;
    out.dict_scan = fn->arg.dict_scan;
    out.dict_column = fn->arg.dict_column;
    bool sum = fn->f->op == OP_AGG_SUM;
    if (fn->f->op == OP_AGG_AVG)
        v = average(s, fn, v, count);
    else if (v->type == K_F64 && fn->arg.v->type == K_F32 && !sum)
        v = stage_convert(s->p, KI_FTRUNC, v, K_F32);
    else if (fn->arg.type->kind == TY_BOOL)
        v = stage_cmp(s->p, KP_NE, v, int_const(s, 0));
    else if (sum && v->type != K_F64)
        v = fit_type(s, fn->f, v, fn->f->type, out.valid);
    out.v = v;
    return out;
}

static Flow read_groups(Agg *g, uint32_t first, const bool *need) {
    Lower *c = g->c;
    Flow f = flow_on(c, pipe_new(c->a, SRC_STATE, g->state, 0, "groups"), g->rel->type->n);
    Scope s = flow_scope(c, &f);
    if (g->number)
        number_keys(g, &s, f.cols);
    else
        hash_keys(g, &s, f.cols);
    for (uint32_t i = 0; i < g->n_functions; i++)
        if (need[g->n_keys + i])
            f.cols[g->n_keys + i] = result_of(g, &s, first, &g->functions[i]);
    for (uint32_t i = 0; i < f.n; i++)
        f.cols[i].type = g->rel->type->fields[i];
    scope_free(&s);
    f.at_most = g->n_keys == 0 ? 1 : g->dense ? (double)g->groups : g->in.at_most;
    f.distinct_rows = true;
    if (g->n_keys == 1)
        f.unique[0] = true;
    return f;
}

static Flow aggregate_input(Lower *c, const Node *rel, uint32_t n_keys, const bool *need) {
    uint32_t n = rel->in[0]->type->n;
    bool *below = need_none(c, n);
    for (uint32_t i = 0; i + 1 < rel->n; i++)
        if (i < n_keys || need[i])
            ir_columns_used(rel->in[1 + i], n, below);
    return lower_relation(c, rel->in[0], below);
}

Flow lower_aggregate(Lower *c, const Node *rel, const bool *need) {
    Agg g = {.c = c, .rel = rel, .n_keys = (uint32_t)ATTR_OF(rel, Aggregate)->keys};
    g.n_functions = rel->n - 1 - g.n_keys;
    g.in = aggregate_input(c, rel, g.n_keys, need);
    if (c->why)
        return flow_none(c, rel);
    g.s = flow_scope(c, &g.in);
    g.keys = ARENA_ARRAY(c->a, LVal, g.n_keys);
    g.functions = ARENA_ARRAY(c->a, Function, g.n_functions);
    for (uint32_t i = 0; i < g.n_keys; i++)
        g.keys[i] = lower_expr(&g.s, rel->in[1 + i]);
    choose_number(&g);
    if (g.dense)
        add_count(&g, (LVal){0});
    for (uint32_t i = 0; i < g.n_functions; i++) {
        g.functions[i].f = rel->in[1 + g.n_keys + i];
        if (need[g.n_keys + i])
            add_function(&g, &g.functions[i]);
    }
    uint32_t first = build_groups(&g);
    Flow f = read_groups(&g, first, need);
    scope_free(&g.s);
    vec_free(&g.accs);
    return f;
}
