/* JOIN: the right side is built into a state with an index on its key, the left side probes it.
 * The key is one 64-bit number: an integer itself, several integers packed by their ranges, or the number under which
 * texts and wide keys are interned.
 */
#include "lower/flow.h"
#include <math.h>

typedef struct Split { /* conjuncts of the condition */
    VEC(const Node *) left_key, right_key; /* left = right, pairs; over the columns of their side */
    VEC(const Node *) left;                /* on the left side alone, or on neither */
    VEC(const Node *) right;               /* on the right side alone */
    VEC(const Node *) rest;                /* over both */
} Split;

typedef enum Sides { SIDE_NONE = 0, SIDE_LEFT = 1, SIDE_RIGHT = 2, SIDE_BOTH = 3 } Sides;

static Sides sides_of(Lower *c, const Node *e, uint32_t n_left, uint32_t n) {
    bool *used = need_none(c, n);
    ir_columns_used(e, n, used);
    int s = SIDE_NONE;
    for (uint32_t i = 0; i < n; i++)
        if (used[i])
            s |= i < n_left ? SIDE_LEFT : SIDE_RIGHT;
    return (Sides)s;
}

/* An expression over the right side's columns, as the right side numbers them. */
static const Node *on_right(Lower *c, const Node *e, uint32_t n_left, uint32_t n) {
    int32_t *map = ARENA_ARRAY(c->a, int32_t, n);
    for (uint32_t i = 0; i < n; i++)
        map[i] = (int32_t)i - (int32_t)n_left;
    return ir_remap(c->ir, e, n, map);
}

static bool add_key(Lower *c, Split *sp, const Node *e, uint32_t n_left, uint32_t n) {
    if (e->op != OP_EQ || e->in[0]->type->kind >= TY_LIST)
        return false;
    Sides a = sides_of(c, e->in[0], n_left, n), b = sides_of(c, e->in[1], n_left, n);
    if (!((a == SIDE_LEFT && b == SIDE_RIGHT) || (a == SIDE_RIGHT && b == SIDE_LEFT)))
        return false;
    *vec_push(&sp->left_key) = e->in[a == SIDE_LEFT ? 0 : 1];
    *vec_push(&sp->right_key) = on_right(c, e->in[a == SIDE_LEFT ? 1 : 0], n_left, n);
    return true;
}

/* What may fail stays in `rest`, so that it is evaluated after the conjuncts before it. */
static Split split(Lower *c, const Node *cond, uint32_t n_left, uint32_t n) {
    Split sp = {0};
    const Node *const *at;
    uint32_t k = conjuncts_of(c->a, cond, &at);
    for (uint32_t i = 0; i < k; i++) {
        if (!ir_is_fallible(at[i]) && add_key(c, &sp, at[i], n_left, n))
            continue;
        Sides side = ir_is_fallible(at[i]) ? SIDE_BOTH : sides_of(c, at[i], n_left, n);
        if (side == SIDE_RIGHT)
            *vec_push(&sp.right) = on_right(c, at[i], n_left, n);
        else if (side == SIDE_BOTH)
            *vec_push(&sp.rest) = at[i];
        else
            *vec_push(&sp.left) = at[i];
    }
    return sp;
}

static void split_free(Split *sp) {
    vec_free(&sp->left_key);
    vec_free(&sp->right_key);
    vec_free(&sp->left);
    vec_free(&sp->right);
    vec_free(&sp->rest);
}

/* ---- keys ---- */
typedef struct Key { /* one part, on both sides */
    LVal left, right;
    Range range; /* of both */
} Key;

typedef enum KeyForm { KEY_NONE, KEY_ONE, KEY_PACKED, KEY_TEXT, KEY_INTERNED } KeyForm;

static bool is_integer(const LVal *x) {
    return range_of_type(x->type).exact;
}

static int bits_of(Range r) {
    Int128 n = range_size(r);
    if (n < 0)
        return 129;
    int bits = 0;
    while (((Int128)1 << bits) < n)
        bits++;
    return bits;
}

static KeyForm form_of(Lower *c, uint32_t n, const Key *k) {
    int bits = 0;
    bool ints = true;
    for (uint32_t i = 0; i < n; i++) {
        ints = ints && is_integer(&k[i].left);
        bits += ints ? bits_of(k[i].range) : 0;
    }
    if (n == 0)
        return KEY_NONE;
    if (n == 1 && ints && range_lanes(k[0].range) <= K_I64)
        return KEY_ONE;
    if (n == 1 && (k[0].left.type->kind == TY_VARCHAR || k[0].left.type->kind == TY_BLOB))
        return KEY_TEXT;
    if (ints && bits <= 63)
        return KEY_PACKED;
    for (uint32_t i = 0; i < n; i++)
        if (!is_integer(&k[i].left) && k[i].left.type->kind != TY_VARCHAR && !type_is_float(k[i].left.type))
            lower_fail(c, "a join on %s is not supported in compiled plans yet", type_kind_text(k[i].left.type->kind));
    return KEY_INTERNED;
}

static Stage *pack(Scope *s, uint32_t n, const Key *k, bool left) {
    Stage *sum = NULL;
    for (uint32_t i = 0; i < n; i++) {
        Stage *v = left ? k[i].left.v : k[i].right.v, *lo = int_const(s, k[i].range.lo), *in[] = {v, lo};
        int bits = bits_of(k[i].range);
        Range r = range_span(0, ((Int128)1 << bits) - 1);
        Stage *d = stage_op(s->p, KI_SUB, range_lanes(r), r, 2, in);
        if (!sum) {
            sum = d;
            continue;
        }
        Range up = range_mul(sum->range, range_point((Int128)1 << bits)), both = range_add(up, r);
        Stage *shift[] = {sum, int_const(s, (Int128)1 << bits)};
        Stage *high = stage_op(s->p, KI_MUL, range_lanes(up), up, 2, shift), *parts[] = {high, d};
        sum = stage_op(s->p, KI_ADD, range_lanes(both), both, 2, parts);
    }
    return sum;
}

static CallArg flag(Scope *s, int64_t v) {
    return (CallArg){.arg = build_int(s->c, v, false)};
}

static Stage *intern_text(Scope *s, uint32_t state, LVal x, bool add) {
    x = as_view(s, x);
    Stage *view = x.v;
    if (x.valid)
        view = stage_select(s->p, x.valid, view, stage_scalar(s->p, S_CONST, K_I128, build_int(s->c, 0, true), (Range){0}));
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 5);
    a[0].arg = (Arg){.kind = ARG_STATE, .a = state};
    a[1].value = pipe_layout(s->p, view, s->domain, K_I128);
    if (x.valid)
        a[2].value = pipe_layout(s->p, x.valid, s->domain, K_I1);
    a[4] = flag(s, add);
    *call = (Call){.native = "dql_rt_intern_text", .n = 5, .args = a, .effect = add, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    return a[3].value = stage_out(s->p, st, s->domain, K_I64, range_of_type(type_get(ir_types(s->c->ir), TY_I64)));
}

/* The 64-bit numbers that stand for a key part: two for integers that are wide on either side, an interned number for a
 * text. */
static void parts_of(Scope *s, uint32_t state, const Key *k, bool left, LVal *out, uint32_t *n) {
    LVal x = left ? k->left : k->right, y = x;
    if (x.type->kind == TY_VARCHAR) {
        y.v = intern_text(s, state, x, !left);
    } else if (type_is_float(x.type)) {
        y.v = float_bits(s, x.v);
    } else if (range_lanes(k->range) == K_I128) {
        Range i64 = range_of_type(type_get(ir_types(s->c->ir), TY_I64));
        y.v = stage_op(s->p, KI_SAR, K_I128, i64, 2, (Stage *[]){x.v, int_const(s, 64)});
        out[(*n)++] = y;
        y.v = x.v;
    }
    out[(*n)++] = y;
}

static Stage *intern_keys(Scope *s, uint32_t state, uint32_t n, const Key *k, bool left) {
    LVal *parts = ARENA_ARRAY(s->c->a, LVal, 2 * n);
    uint32_t m = 0;
    for (uint32_t i = 0; i < n; i++)
        parts_of(s, state, &k[i], left, parts, &m);
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 4 + 2 * m);
    a[0].arg = (Arg){.kind = ARG_STATE, .a = state};
    a[2] = flag(s, !left);
    a[3] = flag(s, m);
    for (uint32_t i = 0; i < m; i++) {
        a[4 + 2 * i].value = pipe_layout(s->p, parts[i].v, s->domain, K_I64);
        if (parts[i].valid)
            a[5 + 2 * i].value = pipe_layout(s->p, parts[i].valid, s->domain, K_I1);
    }
    *call = (Call){.native = "dql_rt_intern_keys", .n = 4 + 2 * m, .args = a, .effect = !left, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    return a[1].value = stage_out(s->p, st, s->domain, K_I64, range_of_type(type_get(ir_types(s->c->ir), TY_I64)));
}

static Stage *key_stage(Scope *s, KeyForm form, uint32_t state, uint32_t n, const Key *k, bool left) {
    switch (form) {
    case KEY_NONE: return int_const(s, 0);
    case KEY_ONE: return left ? k[0].left.v : k[0].right.v;
    case KEY_PACKED: return pack(s, n, k, left);
    case KEY_TEXT: return intern_text(s, state, left ? k[0].left : k[0].right, !left);
    case KEY_INTERNED: break;
    }
    return intern_keys(s, state, n, k, left);
}

static Stage *key_valid(Pipe *p, uint32_t n, const Key *k, bool left) {
    Stage *valid = NULL;
    for (uint32_t i = 0; i < n; i++)
        valid = mask_and(p, valid, left ? k[i].left.valid : k[i].right.valid);
    return valid;
}

/* ---- build ---- */
typedef struct Built {
    uint32_t state;
    RowCol *cols; /* of the right side; stored column of i is at[i] */
    uint32_t *at;
} Built;

/* The range of keys, where it is small enough to be an index: the runtime knows the rows and decides. */
static void choose_index(Lower *c, State *st, KeyForm form, Range key, bool unique) {
    Int128 n = range_size(key);
    bool number = form == KEY_ONE || form == KEY_PACKED || form == KEY_NONE;
    st->unique = unique;
    if (c->opt->no_dense || !number || n < 0 || n > ((Int128)1 << 32))
        return;
    st->dense = true;
    st->dense_min = (int64_t)key.lo;
    st->dense_n = (int64_t)n;
}

static const uint32_t NO_STATE = UINT32_MAX;

static uint32_t join_state(Lower *c) {
    return build_state(c, (State){.kind = ST_ROWS, .finish = FIN_JOIN, .n_keys = 1});
}

/* state: what the left side's scan asks already, or none. */
static Built build(Lower *c, uint32_t state, Flow *r, Scope *s, const Split *sp, KeyForm form, const Key *k, const bool *need) {
    uint32_t n_keys = (uint32_t)sp->right_key.n, m = 1;
    Built b = {.state = state != NO_STATE ? state : join_state(c), .cols = ARENA_ARRAY(c->a, RowCol, r->n), .at = ARENA_ARRAY(c->a, uint32_t, r->n)};
    Stage *key = key_stage(s, form, b.state, n_keys, k, false);
    c->b.states.at[b.state].expected = (int64_t)r->rows;
    const Node *column = n_keys == 1 ? sp->right_key.at[0] : NULL;
    bool unique = column && column->op == OP_COLUMN && r->unique[ATTR_OF(column, Column)->index] && r->distinct_rows;
    choose_index(c, &c->b.states.at[b.state], form, key->range, unique);
    LVal *v = ARENA_ARRAY(c->a, LVal, r->n + 1);
    RowCol *stored = ARENA_ARRAY(c->a, RowCol, r->n + 1);
    StateColumn *sc = ARENA_ARRAY(c->a, StateColumn, r->n + 1);
    const Type *i64 = type_get(ir_types(c->ir), TY_I64);
    v[0] = (LVal){.v = key, .type = i64};
    stored[0] = (RowCol){.type = i64, .lanes = K_I64, .range = key->range, .code = {.kind = CODE_INT, .width = 8}};
    for (uint32_t i = 0; i < r->n; i++) {
        if (!need[i])
            continue;
        v[m] = r->cols[i];
        b.at[i] = m;
        stored[m] = b.cols[i] = row_col(&v[m]);
        m++;
    }
    for (uint32_t i = 0; i < m; i++)
        sc[i].code = stored[i].code;
    uint8_t there = pipe_filter(r->p, s->domain, key_valid(r->p, n_keys, k, false));
    append_rows(c, r->p, there, b.state, m, v, stored);
    build_state_cols(c, b.state, m, sc);
    *vec_push(&r->p->finish) = b.state;
    r->p->label = arena_printf(c->a, "build %s", r->p->label);
    assemble(c, r->p);
    return b;
}

/* ---- probe ---- */
static Flow probe(Lower *c, Flow l, Scope *s, int64_t kind, KeyForm form, const Built *b, uint32_t n_keys, const Key *k,
                  Stage *open, Flow *right, const bool *need) {
    static const char *const natives[] = {[JOIN_INNER] = "dql_rt_probe_inner", [JOIN_LEFT] = "dql_rt_probe_left",
                                          [JOIN_SEMI] = "dql_rt_probe_semi", [JOIN_ANTI] = "dql_rt_probe_anti"};
    bool rows = kind == JOIN_INNER || kind == JOIN_LEFT;
    Stage *key = key_stage(s, form, b->state, n_keys, k, true), *valid = mask_and(l.p, open, key_valid(l.p, n_keys, k, true));
    if (form == KEY_TEXT || form == KEY_INTERNED) { /* -1: no such key on the right */
        Stage *known = stage_cmp(l.p, KP_GE, key, int_const(s, 0));
        valid = mask_and(l.p, valid, known);
    }
    Call *call = ARENA_NEW(c->a, Call);
    CallArg *a = ARENA_ARRAY(c->a, CallArg, 6);
    uint8_t d = pipe_domain(l.p, l.domain);
    a[0].arg = (Arg){.kind = ARG_STATE, .a = b->state};
    a[1].value = pipe_layout(l.p, key, l.domain, K_I64);
    if (valid)
        a[2].value = pipe_layout(l.p, valid, l.domain, K_I1);
    if (rows)
        a[5].arg = (Arg){.kind = ARG_CURSOR, .a = l.p->n_cursors++};
    *call = (Call){.native = natives[kind], .n = rows ? 6 : 4, .args = a, .expands = rows, .out = d};
    Stage *st = stage_call(l.p, l.domain, call);
    Range any = range_span(0, INT32_MAX);
    l.p->domains.at[d].maker = st;
    l.p->domains.at[d].pos = a[3].value = stage_out(l.p, st, d, K_I32, any);
    Flow out = l;
    out.domain = d;
    if (!rows)
        return out;
    Stage *row = a[4].value = stage_out(l.p, st, d, K_I32, range_span(-1, INT32_MAX));
    l.p->here = d;
    Stage *guard = kind == JOIN_LEFT ? stage_cmp(l.p, KP_GE, row, int_const(s, 0)) : NULL;
    out.n = l.n + right->n;
    out.cols = ARENA_ARRAY(c->a, LVal, out.n);
    out.unique = need_none(c, out.n);
    bool unique = c->b.states.at[b->state].unique;
    out.distinct_rows = l.distinct_rows && unique;
    out.at_most = unique ? l.at_most : INFINITY;
    for (uint32_t i = 0; i < l.n; i++) {
        out.cols[i] = l.cols[i];
        out.unique[i] = l.unique[i] && unique;
    }
    for (uint32_t i = 0; i < right->n; i++)
        if (need[i])
            out.cols[l.n + i] = row_gather(l.p, row, b->state, b->at[i], &b->cols[i], guard);
    return out;
}

/* ---- the join ---- */
static void need_of(uint32_t n_left, uint32_t n, const bool *all, bool *left, bool *right) {
    for (uint32_t i = 0; i < n; i++)
        if (all[i])
            (i < n_left ? left : right)[i < n_left ? i : i - n_left] = true;
}

static Flow restrict_to(Lower *c, Flow f, uint32_t n, const Node *const *at) {
    Scope s = flow_scope(c, &f);
    f.domain = pipe_filter(f.p, f.domain, lower_conjuncts(&s, n, at));
    scope_free(&s);
    return f;
}

/* An inner join builds its smaller side: swapped(left, right) with the columns put back in order. */
bool join_swaps(Lower *c, const Node *rel) {
    return ATTR_OF(rel, Join)->kind == JOIN_INNER && relation_rows(c, rel->in[0]) * 2 < relation_rows(c, rel->in[1]);
}

static const Node *swapped_condition(Lower *c, const Node *cond, uint32_t n_left, uint32_t n) {
    int32_t *map = ARENA_ARRAY(c->a, int32_t, n);
    for (uint32_t i = 0; i < n; i++)
        map[i] = (int32_t)(i < n_left ? i + (n - n_left) : i - n_left);
    return ir_remap(c->ir, cond, n, map);
}

static Flow unswap(Lower *c, Flow f, uint32_t n_left, uint32_t n_right) {
    Flow out = f;
    out.cols = ARENA_ARRAY(c->a, LVal, f.n);
    out.unique = need_none(c, f.n);
    for (uint32_t i = 0; i < f.n; i++) {
        uint32_t to = i < n_right ? n_left + i : i - n_right;
        out.cols[to] = f.cols[i];
        out.unique[to] = f.unique[i];
    }
    return out;
}

static Flow join_flows(Lower *c, uint32_t state, Flow l, Flow r, int64_t kind, const Node *cond, const bool *right_stays) {
    uint32_t n = l.n + r.n;
    Split sp = split(c, cond, l.n, n);
    if (sp.rest.n && kind != JOIN_INNER)
        lower_fail(c, "an outer, semi or anti join with a condition over both sides that is no equality is not supported "
                      "in compiled plans yet");
    r = restrict_to(c, r, (uint32_t)sp.right.n, sp.right.at);
    if (kind == JOIN_INNER)
        l = restrict_to(c, l, (uint32_t)sp.left.n, sp.left.at);
    Scope ls = flow_scope(c, &l), rs = flow_scope(c, &r);
    uint32_t n_keys = (uint32_t)sp.left_key.n;
    Key *k = ARENA_ARRAY(c->a, Key, n_keys);
    for (uint32_t i = 0; i < n_keys; i++) {
        l.p->here = l.domain;
        k[i].left = lower_expr(&ls, sp.left_key.at[i]);
        k[i].right = lower_expr(&rs, sp.right_key.at[i]);
        k[i].range = range_hull(k[i].left.v->range, k[i].right.v->range);
    }
    KeyForm form = form_of(c, n_keys, k);
    Built b = build(c, state, &r, &rs, &sp, form, k, right_stays);
    /* a left row that fails its own condition matches nothing */
    Stage *open = kind == JOIN_INNER ? NULL : lower_conjuncts(&ls, (uint32_t)sp.left.n, sp.left.at);
    Flow out = probe(c, l, &ls, kind, form, &b, n_keys, k, open, &r, right_stays);
    scope_free(&ls);
    scope_free(&rs);
    if (kind == JOIN_INNER && sp.rest.n)
        out = restrict_to(c, out, (uint32_t)sp.rest.n, sp.rest.at);
    split_free(&sp);
    return out;
}

/* The left side; with the join's only key, rows that it drops may not even leave their scan, which asks *state then. */
static Flow lower_left(Lower *c, const Node *rel, const bool *need, uint32_t *state) {
    uint32_t n_left = rel->in[0]->type->n;
    Split sp = split(c, rel->in[2], n_left, n_left + rel->in[1]->type->n);
    const Node *key = sp.left_key.n == 1 ? sp.left_key.at[0] : NULL, *right = key ? sp.right_key.at[0] : NULL;
    split_free(&sp);
    bool integers = key && range_of_type(key->type).exact && range_of_type(right->type).exact &&
                    range_lanes(range_hull(range_of_type(key->type), range_of_type(right->type))) <= K_I64;
    Reducer reducer = {0};
    bool reduces = integers && !join_swaps(c, rel) && reduces_scan(c, rel, key, &reducer);
    if (reduces) {
        c->reducer = &reducer;
        *state = reducer.state = join_state(c);
        c->b.states.at[*state].reduces = true;
    }
    Flow l = lower_relation(c, rel->in[0], need);
    if (reduces)
        c->reducer = NULL;
    return l;
}

Flow lower_join(Lower *c, const Node *rel, const bool *need) {
    uint32_t n_left = rel->in[0]->type->n, n_right = rel->in[1]->type->n, n = n_left + n_right;
    int64_t kind = ATTR_OF(rel, Join)->kind;
    bool *used = need_none(c, n), *left = need_none(c, n_left), *right = need_none(c, n_right);
    for (uint32_t i = 0; i < rel->type->n; i++)
        used[i] = need[i];
    ir_columns_used(rel->in[2], n, used);
    need_of(n_left, n, used, left, right);
    uint32_t state = NO_STATE;
    Flow l = lower_left(c, rel, left, &state), r = lower_relation(c, rel->in[1], right);
    if (c->why)
        return flow_none(c, rel);
    if (join_swaps(c, rel))
        return unswap(c, join_flows(c, state, r, l, kind, swapped_condition(c, rel->in[2], n_left, n), left), n_left, n_right);
    return join_flows(c, state, l, r, kind, rel->in[2], right);
}
