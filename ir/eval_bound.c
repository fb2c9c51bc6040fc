#include "ir/eval_bound.h"
#include "base/memory.h"
#include "base/number.h"
#include "ir/eval_bound_law.h"

#include <math.h>

/* ---- bounds as values ---- */

Value bound_all(Bounds *b, double bound) { return value_f64(b->e.run->types, bound); }

bool bound_exact(const Value *bound) { return bound->type->kind == TY_F64 && bound->f64 == 0; }

double bound_at(const Value *bound, int64_t i) {
    return bound->type->kind == TY_F64 ? bound->f64 : ((const double *)bound->t.data)[i];
}

double bound_unit(const Type *t) {
    if (t->kind == TY_TENSOR) t = t->elem;
    if (t->kind == TY_F64) return 0x1p-53;
    if (t->kind == TY_F32) return 0x1p-24;
    return t->kind == TY_F16 ? 0x1p-11 : t->kind == TY_BF16 ? 0x1p-8 : 0;
}

double bound_number(const Value *v, int64_t i) {
    const Type *t = v->type;
    if (t->kind == TY_TENSOR) return tensor_get(v, i);
    if (t->kind == TY_F64) return v->f64;
    if (type_is_float(t)) return v->f32;
    if (t->kind == TY_DECIMAL) return decimal_to_f64(v->dec, t->scale);
    if (t->kind == TY_BOOL) return v->b;
    return type_is_integer(t) ? (double)v->i : 0;
}

const Type *bound_type(Bounds *b, const Type *t) {
    const Type *f64 = type_get(b->e.run->types, TY_F64);
    return t->kind == TY_TENSOR ? type_tensor(b->e.run->types, f64, t->n, t->dims) : f64;
}

/* ---- rules ---- */

static bool all_exact(const Node *n, const Bounded *in) {
    for (uint32_t i = 0; i < n->n; i++)
        if (!bound_exact(&in[i].bound)) return false;
    return true;
}

enum { MOST = 3 }; /* inputs of an elementwise operator */

static double element(const Node *n, const Bounded *in, const int64_t *place, double r, double u) {
    double x[MOST] = {0}, e[MOST] = {0};
    for (uint32_t k = 0; k < n->n; k++) {
        x[k] = bound_number(&in[k].v, place[k]);
        e[k] = bound_at(&in[k].bound, place[k]);
    }
    if (e[0] == 0 && e[1] == 0 && e[2] == 0) return 0;
    double bound = bound_element_rules[n->op](n, x, e, r, u);
    return isnan(bound) ? INFINITY : bound * (1 + 0x1p-40); /* the bound's own roundings */
}

static void elements(Bounds *b, const Node *n, const Bounded *in, const Value *v, Value *bound) {
    int64_t shape[TENSOR_MAX_RANK], at[TENSOR_MAX_RANK] = {0}, place[MOST] = {0};
    double u = bound_unit(v->type);
    if (v->type->kind != TY_TENSOR) {
        *bound = bound_all(b, element(n, in, place, bound_number(v, 0), u));
        return;
    }
    *bound = (Value){.type = bound_type(b, v->type)};
    eval_shape_of(v, shape);
    eval_tensor(&b->e, bound, shape);
    uint32_t rank = v->type->n;
    for (int64_t i = 0, count = tensor_count(v); i < count; i++, eval_advance(rank, shape, at)) {
        for (uint32_t k = 0; k < n->n; k++) place[k] = eval_place(&in[k].v, rank, at);
        ((double *)bound->t.data)[i] = element(n, in, place, bound_number(v, i), u);
    }
}

static bool bound_of(Bounds *b, const Node *n, Value *v, Value *bound);

static bool by_rules(Bounds *b, const Node *n, const Value *v, Value *bound) {
    Bounded *in = ARENA_ARRAY(b->e.row_arena, Bounded, n->n);
    for (uint32_t i = 0; i < n->n; i++)
        if (!bound_of(b, n->in[i], &in[i].v, &in[i].bound)) return false;
    if (v->null) return *bound = bound_all(b, 0), true;
    if (bound_tensor_rules[n->op]) return bound_tensor_rules[n->op](b, n, in, v, bound);
    bool same_kind = n->n > 0 && (v->type->kind == TY_TENSOR || in[0].v.type->kind != TY_TENSOR);
    if (all_exact(n, in)) *bound = bound_all(b, 0);
    else if (bound_element_rules[n->op] && same_kind) elements(b, n, in, v, bound);
    else *bound = bound_all(b, INFINITY);
    return true;
}

/* ---- operators that evaluate what they need ---- */

static bool undecided(Bounds *b, Value *bound) { return *bound = bound_all(b, INFINITY), true; }

static bool of_case(Bounds *b, const Node *n, Value *bound) {
    Value cond;
    uint32_t i = 0;
    for (; i + 1 < n->n; i += 2) {
        if (!bound_of(b, n->in[i], &cond, bound)) return false;
        if (!bound_exact(bound)) return undecided(b, bound);
        if (!cond.null && cond.b) return bound_of(b, n->in[i + 1], &cond, bound);
    }
    return bound_of(b, n->in[i], &cond, bound);
}

/* The first input that decides, which is the last that the evaluator looked at. */
static bool of_first(Bounds *b, const Node *n, Value *bound) {
    Value v;
    for (uint32_t i = 0; i < n->n; i++) {
        if (!bound_of(b, n->in[i], &v, bound)) return false;
        bool last = n->op == OP_COALESCE ? !v.null : !v.null && v.b == (n->op == OP_OR);
        if (last || (n->op != OP_COALESCE && !bound_exact(bound))) return true;
    }
    return true;
}

static bool of_in(Bounds *b, const Node *n, Value *bound) {
    Value value, item;
    if (!bound_of(b, n->in[0], &value, bound)) return false;
    for (uint32_t i = 1; i < n->n && bound_exact(bound) && !value.null; i++) {
        if (!bound_of(b, n->in[i], &item, bound)) return false;
        if (!item.null && value_cmp(&value, &item) == 0) break;
    }
    return bound_exact(bound) || undecided(b, bound);
}

static bool compute(Bounds *b, const Node *n, const Value *v, Value *bound) {
    if (n->op == OP_CASE) return of_case(b, n, bound);
    if (n->op == OP_COALESCE || n->op == OP_AND || n->op == OP_OR) return of_first(b, n, bound);
    return n->op == OP_IN ? of_in(b, n, bound) : by_rules(b, n, v, bound);
}

static bool bound_of(Bounds *b, const Node *n, Value *v, Value *bound) {
    if (!eval_value(&b->e, n, v)) return false;
    if (b->known[n->id]) return *bound = b->memo[n->id], true;
    if (!compute(b, n, v, bound)) return false;
    b->memo[n->id] = *bound;
    b->known[n->id] = true;
    return true;
}

/* ---- entry point ---- */

static Value expanded(Bounds *b, const Value *v, const Value *bound) {
    if (v->null || v->type->kind != TY_TENSOR || bound->type->kind == TY_TENSOR) return *bound;
    int64_t shape[TENSOR_MAX_RANK];
    Value out = {.type = bound_type(b, v->type)};
    eval_shape_of(v, shape);
    eval_tensor(&b->e, &out, shape);
    for (int64_t i = 0, n = tensor_count(&out); i < n; i++) ((double *)out.t.data)[i] = bound->f64;
    return out;
}

bool ir_eval_bound(EvalCtx *c, const Node *expr, const Value *row, uint32_t n, Value *value, Value *bound) {
    EvalRun run = {.ctx = c, .types = ir_types(c->ir)};
    Bounds b = {.memo = mem_alloc((expr->id + 1) * sizeof *b.memo),
                .known = calloc(expr->id + 1, sizeof *b.known)};
    eval_open(&b.e, &run, expr->id + 1);
    bool ok = b.known && eval_next(&b.e, row, n) && bound_of(&b, expr, value, bound);
    if (ok) {
        *bound = expanded(&b, value, bound);
        *value = eval_keep(c->arena, value);
        *bound = eval_keep(c->arena, bound);
    }
    eval_close(&b.e);
    ptrmap_free(&run.relations);
    free(b.memo);
    free(b.known);
    return ok;
}
