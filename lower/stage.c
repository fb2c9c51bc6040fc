#include "lower/stage.h"
#include <string.h>

void pipe_free(Pipe *p) {
    vec_free(&p->stages);
    vec_free(&p->domains);
    vec_free(&p->finish);
    vec_free(&p->taken);
    vec_free(&p->emitted);
    map_free(&p->same);
}

static void free_deferred(void *pipe) { pipe_free(pipe); }

Pipe *pipe_new(Arena *a, SourceKind source, uint32_t src_a, uint32_t src_b, const char *label) {
    Pipe *p = ARENA_NEW(a, Pipe);
    *p = (Pipe){.arena = a, .source = source, .a = src_a, .b = src_b, .label = label, .batch_rows = BATCH_ROWS};
    *vec_push(&p->domains) = (Domain){.parent = DOMAIN_NONE};
    arena_defer(a, free_deferred, p); /* a plan that is given up is not assembled */
    return p;
}

/* ---- hash-consing ---- */
static uint64_t stage_hash(const Stage *s) {
    uint64_t h = hash_mix(s->op, (uint64_t)s->type << 32 | (uint64_t)s->lanes << 24 | s->domain);
    h = hash_mix(h, (uint64_t)s->pred << 32 | (uint64_t)s->kop << 8 | s->checked);
    h = hash_mix(h, (uint64_t)s->arg.kind << 48 | (uint64_t)s->arg.b << 32 | s->arg.a);
    h = hash_mix(h, (uint64_t)s->lo ^ (uint64_t)s->hi << 1);
    for (uint32_t i = 0; i < s->n; i++)
        h = hash_mix(h, (uint64_t)(uintptr_t)s->in[i]);
    return h;
}

static bool same_arg(Arg a, Arg b) {
    return a.kind == b.kind && a.a == b.a && a.b == b.b;
}

static bool same_stage(const void *x, const void *y) {
    const Stage *a = x, *b = y;
    return a->op == b->op && a->type == b->type && a->lanes == b->lanes && a->domain == b->domain && a->pred == b->pred &&
           a->error == b->error && a->checked == b->checked && a->guarded == b->guarded && a->kop == b->kop &&
           a->n == b->n && same_arg(a->arg, b->arg) && a->lo == b->lo && a->hi == b->hi &&
           (a->n == 0 || memcmp(a->in, b->in, a->n * sizeof *a->in) == 0);
}

static bool is_pure(const Stage *s) {
    return s->op != S_CALL && s->op != S_OUT && s->op != S_ACC && s->op != S_POS;
}

static uint8_t domain_of(const Pipe *p, uint32_t n, Stage *const *in) {
    for (uint32_t i = 0; i < n; i++)
        if (in[i] && in[i]->domain != DOMAIN_NONE)
            return in[i]->domain;
    return p->here;
}

/* Appends `proto` with these inputs, or returns the stage that computes the same. */
static Stage *add(Pipe *p, Stage proto, uint32_t n, Stage *const *in) {
    proto.n = n;
    proto.in = (Stage **)(uintptr_t)in;
    uint64_t h = 0;
    if (is_pure(&proto)) {
        h = stage_hash(&proto);
        Stage *old = map_get(&p->same, h, same_stage, &proto);
        if (old)
            return old;
    }
    Stage *s = ARENA_NEW(p->arena, Stage);
    *s = proto;
    s->in = n ? arena_copy(p->arena, in, n * sizeof *in) : NULL;
    s->id = (uint32_t)p->stages.n;
    *vec_push(&p->stages) = s;
    if (is_pure(s))
        map_add(&p->same, h, s);
    return s;
}

/* Appends the guard, if there is one, as the last input. */
static Stage *add_guarded(Pipe *p, Stage proto, uint32_t n, Stage *const *in, Stage *guard) {
    Stage *all[4];
    memcpy(all, in, n * sizeof *in);
    if (guard)
        all[n] = guard;
    proto.guarded = guard != NULL;
    return add(p, proto, n + (guard != NULL), all);
}

/* ---- leaves ---- */
Stage *stage_scalar(Pipe *p, StageOp op, KType t, Arg arg, Range r) {
    return add(p, (Stage){.op = op, .type = t, .domain = DOMAIN_NONE, .arg = arg, .range = r}, 0, NULL);
}

Stage *stage_column(Pipe *p, Arg arg, ColumnCode code, Arg base, KType t, Range r) {
    return add(p, (Stage){.op = S_COLUMN, .type = t, .arg = arg, .base = base, .code = code, .range = r}, 0, NULL);
}

Stage *stage_rowid(Pipe *p) {
    return add(p, (Stage){.op = S_ROWID, .type = K_I64, .arg = {.kind = ARG_ROWID},
                          .range = range_span(0, INT64_MAX)}, 0, NULL);
}

/* ---- operations ---- */
static KType wider(KType a, KType b) {
    return a > b ? a : b;
}

static bool commutes(KOp op, KType t) {
    bool same = op == KI_ADD || op == KI_MUL || op == KI_MIN || op == KI_MAX || op == KI_AND || op == KI_OR || op == KI_XOR;
    return same && t <= K_I128;
}

/* One order of operands where both compute the same: scalars last, the wider lanes first. */
static bool out_of_order(const Stage *x, const Stage *y) {
    if (x->domain == DOMAIN_NONE || y->domain == DOMAIN_NONE)
        return y->domain != DOMAIN_NONE;
    return x->type != y->type ? x->type < y->type : x->id > y->id;
}

static void put_in_order(KOp op, KType t, Stage *in[2]) {
    Stage *x = in[0];
    if (!commutes(op, t) || !out_of_order(x, in[1]))
        return;
    in[0] = in[1];
    in[1] = x;
}

Stage *stage_op(Pipe *p, KOp op, KType t, Range r, uint32_t n, Stage *const *in) {
    Stage *at[3];
    memcpy(at, in, n * sizeof *in);
    if (n == 2)
        put_in_order(op, t, at);
    return add(p, (Stage){.op = S_OP, .type = t, .domain = domain_of(p, n, in), .kop = op, .range = r}, n, at);
}

static KType lanes_in(const Stage *x) {
    return x->domain == DOMAIN_NONE ? K_I8 : x->type;
}

Stage *stage_arith(Pipe *p, KOp op, Range r, Stage *x, Stage *y) {
    KType t = wider(range_lanes(r), wider(lanes_in(x), lanes_in(y)));
    return stage_op(p, op, t, r, 2, (Stage *[]){x, y});
}

/* A mask may come out either way, whatever is known of the one that went in. */
static Range range_after(const Stage *x) {
    return x->type == K_I1 ? range_span(0, 1) : x->range;
}

Stage *stage_op1(Pipe *p, KOp op, Stage *x) {
    return stage_op(p, op, x->type, range_after(x), 1, &x);
}

Stage *stage_op2(Pipe *p, KOp op, Stage *x, Stage *y) {
    return stage_op(p, op, x->type, range_after(x), 2, (Stage *[]){x, y});
}

Stage *stage_checked(Pipe *p, KOp op, KType t, Range r, Stage *x, Stage *y, Stage *guard, uint16_t site) {
    Stage *in[] = {x, y};
    Stage s = {.op = S_OP, .type = t, .domain = domain_of(p, 2, in), .kop = op, .range = r, .checked = true,
               .error = ROW_OVERFLOW, .site = site};
    put_in_order(op, t, in);
    return add_guarded(p, s, 2, in, guard);
}

Stage *stage_divide(Pipe *p, KOp op, Range r, bool checked, Stage *x, Stage *y, Stage *guard, uint16_t site) {
    Stage *in[] = {x, y};
    KType t = wider(wider(x->type, y->type), range_lanes(r));
    Stage s = {.op = S_DIVIDE, .type = t, .lanes = t, .domain = domain_of(p, 2, in), .kop = op, .range = r,
               .checked = checked, .error = ROW_DIV_ZERO, .site = site};
    return add_guarded(p, s, 2, in, guard);
}

Stage *stage_divide_by(Pipe *p, KOp op, Stage *x, Int128 by) {
    Range d = range_point(by), r = op == KI_DIV ? range_div(x->range, d) : range_rem(x->range, d);
    KType t = wider(x->type, range_lanes(d));
    Stage s = {.op = S_DIVIDE, .type = t, .lanes = t, .domain = domain_of(p, 1, &x), .kop = op, .range = r, .lo = by};
    return add(p, s, 1, &x);
}

Stage *stage_check(Pipe *p, Stage *x, Stage *lo, Stage *hi, RowError error, Stage *guard, uint16_t site) {
    Int128 least = lo->range.lo, most = hi->range.hi;
    Range r = range_span(x->range.exact && x->range.lo > least ? x->range.lo : least,
                         x->range.exact && x->range.hi < most ? x->range.hi : most);
    Stage *in[] = {x, lo, hi};
    Stage s = {.op = S_CHECK, .type = range_lanes(r), .domain = domain_of(p, 1, &x), .range = r, .error = (uint8_t)error,
               .site = site};
    return add_guarded(p, s, 3, in, guard);
}

Stage *stage_fail_if(Pipe *p, Stage *x, Stage *bad, RowError error, Stage *guard, uint16_t site) {
    Stage *in[] = {x, bad};
    Stage s = {.op = S_FAIL_IF, .type = x->type, .domain = domain_of(p, 2, in), .range = x->range,
               .error = (uint8_t)error, .site = site};
    return add_guarded(p, s, 2, in, guard);
}

static KType compare_lanes(const Stage *x, const Stage *y) {
    return x->type <= K_I128 ? wider(x->type, y->type) : x->type;
}

static KPred swapped(KPred p) {
    switch (p) {
    case KP_LT: return KP_GT;
    case KP_LE: return KP_GE;
    case KP_GT: return KP_LT;
    case KP_GE: return KP_LE;
    case KP_ULT: return KP_UGT;
    case KP_ULE: return KP_UGE;
    case KP_UGT: return KP_ULT;
    case KP_UGE: return KP_ULE;
    case KP_EQ: case KP_NE: break;
    }
    return p;
}

Stage *stage_cmp(Pipe *p, KPred pred, Stage *x, Stage *y) {
    if (out_of_order(x, y))
        return stage_cmp(p, swapped(pred), y, x);
    Stage *in[] = {x, y};
    KType lanes = compare_lanes(x, y);
    return add(p, (Stage){.op = S_CMP, .type = K_I1, .lanes = lanes == K_I1 ? K_I8 : lanes, .domain = domain_of(p, 2, in),
                          .pred = (uint8_t)pred, .range = range_span(0, 1)}, 2, in);
}

Stage *stage_cmp_code(Pipe *p, KPred pred, Stage *column, Stage *scalar) {
    Stage *in[] = {column, scalar};
    return add(p, (Stage){.op = S_CMP_CODE, .type = K_I1, .domain = column->domain, .pred = (uint8_t)pred,
                          .range = range_span(0, 1)}, 2, in);
}

Stage *stage_select(Pipe *p, Stage *cond, Stage *x, Stage *y) {
    Stage *in[] = {cond, x, y};
    Range r = range_hull(x->range, y->range);
    KType t = compare_lanes(x, y);
    return add(p, (Stage){.op = S_SELECT, .type = t, .domain = domain_of(p, 3, in), .range = r}, 3, in);
}

Stage *stage_convert(Pipe *p, KOp op, Stage *x, KType to) {
    if (x->type == to && op != KI_BITCAST)
        return x;
    return add(p, (Stage){.op = S_CONVERT, .type = to, .lanes = x->type, .kop = op, .domain = domain_of(p, 1, &x),
                          .range = x->range}, 1, &x);
}

Stage *stage_to_int(Pipe *p, Stage *x, Range allowed, Stage *guard, uint16_t site) {
    Stage s = {.op = S_TO_INT, .type = range_lanes(allowed), .domain = domain_of(p, 1, &x), .range = allowed,
               .lo = allowed.lo, .hi = allowed.hi, .error = ROW_OVERFLOW, .site = site};
    return add_guarded(p, s, 1, &x, guard);
}

Stage *stage_numeric(Pipe *p, Op op, KType t, uint32_t n, Stage *const *in) {
    return add(p, (Stage){.op = S_NUMERIC, .type = t, .kop = (uint16_t)op, .domain = domain_of(p, n, in)}, n, in);
}

Stage *stage_gather(Pipe *p, Stage *row, Arg array, ColumnCode code, KType t, Range r, Stage *guard) {
    Stage s = {.op = S_GATHER, .type = t, .domain = domain_of(p, 1, &row), .arg = array, .code = code, .range = r};
    return add_guarded(p, s, 1, &row, guard);
}

Stage *stage_acc(Pipe *p, uint8_t domain, AggKind kind, Arg column, Stage *value, Stage *valid, Stage *group, Arg groups) {
    Stage *in[] = {value, valid, group};
    return add(p, (Stage){.op = S_ACC, .domain = domain, .pred = (uint8_t)kind, .arg = column, .base = groups}, 3, in);
}

Stage *stage_call(Pipe *p, uint8_t domain, Call *call) {
    Stage **in = ARENA_ARRAY(p->arena, Stage *, call->n);
    uint32_t n = 0;
    for (uint32_t i = 0; i < call->n; i++)
        if (call->args[i].value)
            in[n++] = call->args[i].value;
    return add(p, (Stage){.op = S_CALL, .domain = domain, .call = call}, n, in);
}

Stage *stage_out(Pipe *p, Stage *call, uint8_t domain, KType t, Range r) {
    return add(p, (Stage){.op = S_OUT, .type = t, .domain = domain, .range = r}, 1, &call);
}

Stage *mask_and(Pipe *p, Stage *x, Stage *y) {
    if (!x || !y || x == y)
        return x ? x : y;
    return stage_op2(p, KI_AND, x, y);
}

Stage *mask_not(Pipe *p, Stage *x) {
    return stage_op1(p, KI_NOT, x);
}

/* ---- domains ---- */
uint8_t pipe_domain(Pipe *p, uint8_t parent) {
    *vec_push(&p->domains) = (Domain){.parent = parent};
    return (uint8_t)(p->domains.n - 1);
}

uint8_t pipe_filter(Pipe *p, uint8_t domain, Stage *mask) {
    if (!mask)
        return domain;
    uint8_t d = pipe_domain(p, domain);
    Stage *pos = add(p, (Stage){.op = S_POS, .type = K_I32, .domain = d, .range = range_span(0, INT32_MAX)}, 1, &mask);
    p->domains.at[d].pos = p->domains.at[d].maker = pos;
    return d;
}

static Stage *take(Pipe *p, Stage *x, Stage *pos) {
    Stage *in[] = {x, pos};
    return add(p, (Stage){.op = S_TAKE, .type = x->type, .domain = pos->domain, .range = x->range}, 2, in);
}

/* Rows of tensors are copied, once for each set of positions. */
static Stage *take_tensor(Pipe *p, Stage *x, Stage *pos) {
    for (size_t i = 0; i < p->taken.n; i += 3)
        if (p->taken.at[i] == x && p->taken.at[i + 1] == pos)
            return p->taken.at[i + 2];
    Stage *rows = tensor_rows(p, x, (Arg){.kind = ARG_NULL}, x->type, x->row_bytes, pos);
    *vec_push(&p->taken) = x;
    *vec_push(&p->taken) = pos;
    return *vec_push(&p->taken) = rows;
}

/* positions in `from` of the rows of its descendant `to` */
static Stage *positions(Pipe *p, uint8_t from, uint8_t to) {
    Domain d = p->domains.at[to];
    return d.parent == from ? d.pos : take(p, positions(p, from, d.parent), d.pos);
}

/* Loads from memory are repeated at the new rows instead of moving what they loaded. */
static Stage *bring_gather(Pipe *p, Stage *x, uint8_t domain) {
    Stage *guard = x->guarded ? pipe_bring(p, x->in[1], domain) : NULL;
    return stage_gather(p, pipe_bring(p, x->in[0], domain), x->arg, x->code, x->type, x->range, guard);
}

Stage *pipe_bring(Pipe *p, Stage *x, uint8_t domain) {
    if (!x || x->domain == DOMAIN_NONE || x->domain == domain)
        return x;
    if (x->op == S_GATHER)
        return bring_gather(p, x, domain);
    if (x->op == S_TAKE)
        return pipe_bring(p, x->in[0], domain);
    Stage *pos = positions(p, x->domain, domain);
    return x->row_bytes ? take_tensor(p, x, pos) : take(p, x, pos);
}

LVal pipe_bring_val(Pipe *p, LVal x, uint8_t domain) {
    x.v = pipe_bring(p, x.v, domain);
    x.valid = pipe_bring(p, x.valid, domain);
    return x;
}

bool stage_is_direct(const Stage *s) {
    if (s->op != S_COLUMN)
        return false;
    if (s->arg.kind == ARG_SRC_VALID || s->code.kind == CODE_FLOAT || s->code.kind == CODE_VIEW || s->code.kind == CODE_TENSOR)
        return true;
    return s->base.kind == ARG_NULL && s->code.width == ktype_bytes(s->type);
}

/* A resize that a native needs is a stage, and so is a scalar, which has no array; a column is read in the lanes wanted. */
Stage *pipe_layout(Pipe *p, Stage *x, uint8_t domain, KType t) {
    x = pipe_bring(p, x, domain);
    bool array = x->domain != DOMAIN_NONE && x->op != S_ROWID;
    if (array && x->type == t)
        return x;
    if (x->op == S_COLUMN && x->arg.kind == ARG_SRC && x->code.kind != CODE_FLOAT && x->type != K_I1)
        return stage_column(p, x->arg, x->code, x->base, t, x->range);
    p->here = domain;
    return add(p, (Stage){.op = S_CONVERT, .type = t, .lanes = x->type, .kop = KI_SEXT,
                          .domain = domain_of(p, 1, &x), .range = x->range}, 1, &x);
}
