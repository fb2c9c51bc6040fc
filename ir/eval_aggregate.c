/* Groups in order of first appearance, and the aggregate functions over the rows of a group in input order. */
#include "base/memory.h"
#include "base/number.h"
#include "base/sum.h"
#include "ir/eval_key.h"

/* ---- groups ---- */

typedef struct Group {
    uint64_t hash;
    Value *keys;
    RowList rows;
    VEC(size_t) places; /* of its rows in the input, which say the morsel */
} Group;

typedef struct Groups {
    uint32_t n_keys;
    VEC(Group *) at;
    Map by_keys;
} Groups;

static bool same_group(const void *group, const void *keys) {
    const Group *g = group, *k = keys;
    return keys_equal((uint32_t)k->hash, g->keys, k->keys);
}

static Group *add_group(Groups *gs, uint64_t hash, Value *keys) {
    Group *g = mem_alloc(sizeof *g);
    *g = (Group){.hash = hash, .keys = keys};
    *vec_push(&gs->at) = g;
    map_add(&gs->by_keys, hash, g);
    return g;
}

static Group *group_of(Groups *gs, Value *keys) {
    uint64_t hash = keys_hash(gs->n_keys, keys);
    Group key = {.hash = gs->n_keys, .keys = keys};
    Group *g = map_get(&gs->by_keys, hash, same_group, &key);
    return g ? g : add_group(gs, hash, keys);
}

static void free_groups(Groups *gs) {
    for (size_t i = 0; i < gs->at.n; i++) {
        vec_free(&gs->at.at[i]->rows.rows);
        vec_free(&gs->at.at[i]->places);
        free(gs->at.at[i]);
    }
    vec_free(&gs->at);
    map_free(&gs->by_keys);
}

static bool make_groups(Eval *e, const Node *n, Groups *gs) {
    Value from, *keys;
    if (!eval_stream(e->run, n->in[0], &from)) return false;
    if (gs->n_keys == 0) add_group(gs, keys_hash(0, NULL), NULL); /* there even without rows */
    for (size_t i = 0; i < from.list.n; i++) {
        const Value *row = &from.list.at[i];
        if (!eval_next(e, row->list.at, n->in[0]->type->n)) return false;
        if (!eval_keys(e, gs->n_keys, n->in + 1, &keys)) return false;
        Group *g = group_of(gs, keys);
        rows_share(&g->rows, row);
        *vec_push(&g->places) = i;
    }
    return true;
}

static bool group_row(Eval *e, const Node *n, const Group *g, uint32_t n_keys, Value *row) {
    Value rows = {.list = {g->rows.rows.at, g->rows.rows.n}};
    for (uint32_t i = 0; i < n_keys; i++) row[i] = g->keys[i];
    for (uint32_t i = n_keys; i + 1 < n->n; i++) {
        const Node *fn = n->in[i + 1];
        row[i].type = type_nullable(fn->type, false);
        e->group = &rows;
        e->places = g->places.at;
        if (!eval_laws[fn->op](e, fn, NULL, &row[i])) return false;
        row[i] = eval_keep(e->run->ctx->arena, &row[i]);
    }
    return true;
}

static bool row_fails(Eval *e, const Node *n, const Value *row) {
    Value v;
    if (!eval_next(e, row->list.at, n->in[0]->type->n)) return true;
    for (uint32_t i = 1; i < n->n; i++) {
        bool key = i <= (uint32_t)ATTR_OF(n, Aggregate)->keys;
        const Node *of = key ? n->in[i] : n->in[i]->n ? n->in[i]->in[0] : NULL;
        if (of && !eval_value(e, of, &v)) return true;
    }
    return false;
}

/* Something failed, in the order of groups: the error is that of the first row whose keys or arguments do,
 * then one of the rows that did not come, then one of the groups. */
static bool fail_first(Eval *e, const Node *n) {
    EvalRun *run = e->run;
    EvalError found = run->ctx->error;
    Value from;
    if (found.code == ROW_CANCELLED || found.code == ROW_NO_MEMORY) return false;
    if (!eval_stream(run, n->in[0], &from)) return false;
    for (size_t i = 0; i < from.list.n; i++)
        if (row_fails(e, n, &from.list.at[i])) return eval_locate(run, n->in[0], i), false;
    if (eval_raise(run, n->in[0])) run->ctx->error = found;
    return false;
}

bool law_eval_aggregate(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Groups gs = {.n_keys = (uint32_t)ATTR_OF(n, Aggregate)->keys};
    RowList rows = {0};
    bool ok = make_groups(e, n, &gs);
    for (size_t i = 0; ok && i < gs.at.n; i++)
        ok = group_row(e, n, gs.at.at[i], gs.n_keys, rows_add(e->run, &rows, n->type->n));
    free_groups(&gs);
    if (ok && eval_raise(e->run, n->in[0])) return rows_done(e->run, &rows, out);
    vec_free(&rows.rows);
    return !ok && fail_first(e, n);
}

/* ---- functions ---- */

typedef struct Fold {
    int64_t count; /* values that are not NULL */
    Int128 exact;  /* sum of integers and scaled decimals */
    bool overflow; /* of Int128 itself */
    FloatSum total, morsel;
    size_t morsel_at;
    Value best; /* least or greatest, the first of equals */
} Fold;

static Int128 exact_of(const Value *v) {
    if (v->type->kind == TY_DECIMAL) return v->dec;
    return v->type->kind >= TY_U8 ? (Int128)v->u : (Int128)v->i;
}

static void add_float(Fold *f, double x, size_t place) {
    if (place / MORSEL_ROWS != f->morsel_at) {
        sum_merge(&f->total, &f->morsel);
        f->morsel = (FloatSum){0, 0};
        f->morsel_at = place / MORSEL_ROWS;
    }
    sum_add(&f->morsel, x);
}

static void add_value(Fold *f, const Value *v, size_t place) {
    if (v->type->kind == TY_F64) add_float(f, v->f64, place);
    else if (type_is_float(v->type)) add_float(f, v->f32, place);
    else f->overflow |= __builtin_add_overflow(f->exact, exact_of(v), &f->exact);
}

static void take_best(Eval *e, Fold *f, const Value *v, int sign) {
    if (f->count > 1 && value_cmp(v, &f->best) * sign <= 0) return;
    f->best = eval_keep(e->run->ctx->arena, v);
}

static bool fold_rows(Eval *e, const Node *n, Fold *f) {
    const Value *rows = e->group;
    const size_t *places = e->places;
    for (size_t i = 0; i < rows->list.n; i++) {
        Value v;
        if (!eval_next(e, rows->list.at[i].list.at, (uint32_t)rows->list.at[i].list.n)) return false;
        if (!eval_value(e, n->in[0], &v)) return false;
        if (v.null) continue;
        f->count++;
        if (n->op == OP_AGG_SUM || n->op == OP_AGG_AVG) add_value(f, &v, places[i]);
        if (n->op == OP_AGG_MIN) take_best(e, f, &v, -1);
        if (n->op == OP_AGG_MAX) take_best(e, f, &v, 1);
    }
    sum_merge(&f->total, &f->morsel);
    return true;
}

static bool finish_sum(Eval *e, const Node *n, const Fold *f, Value *out) {
    if (out->type->kind == TY_F64) return out->f64 = sum_value(&f->total), true;
    bool fits = out->type->kind == TY_DECIMAL ? decimal_fits(f->exact, out->type->precision)
                                              : f->exact >= INT64_MIN && f->exact <= INT64_MAX;
    if (f->overflow) return eval_fail_range(e, n, out->type);
    if (!fits) return eval_fail_exact(e, n, f->exact, out->type);
    if (out->type->kind == TY_DECIMAL) out->dec = f->exact;
    else out->i = (int64_t)f->exact;
    return true;
}

static bool finish_avg(Eval *e, const Node *n, const Fold *f, Value *out) {
    const Type *t = n->in[0]->type;
    if (f->overflow) return eval_fail_range(e, n, out->type);
    if (type_is_float(t)) return out->f64 = sum_value(&f->total) / (double)f->count, true;
    out->f64 = (double)f->exact;
    if (t->kind == TY_DECIMAL && t->scale) out->f64 /= decimal_to_f64(decimal_pow10(t->scale), 0);
    return out->f64 /= (double)f->count, true;
}

bool law_eval_aggregate_fn(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Fold f = {0};
    if (n->op == OP_COUNT_STAR) return out->i = (int64_t)e->group->list.n, true;
    if (!fold_rows(e, n, &f)) return false;
    if (n->op == OP_COUNT) return out->i = f.count, true;
    if (f.count == 0) return eval_null(out);
    if (n->op == OP_AGG_SUM) return finish_sum(e, n, &f, out);
    if (n->op == OP_AGG_AVG) return finish_avg(e, n, &f, out);
    *out = f.best;
    return true;
}
