/* Leaves, comparisons, three-valued logic, choices and casts. */
#include "base/number.h"
#include "base/diag.h"
#include "ir/eval_map.h"

#include <math.h>

/* ---- leaves ---- */

static bool give(const Value *v, Value *out) {
    *out = *v;
    out->type = type_nullable(v->type, v->null);
    return true;
}

bool law_eval_column(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    int64_t i = ATTR_OF(n, Column)->index;
    if (i >= e->columns) BUG("column %lld of a row of %u", (long long)i, e->columns);
    return give(&e->row[i], out);
}

bool law_eval_constant(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e, (void)in;
    return give(&ATTR_OF(n, Const)->value, out);
}

bool law_eval_param(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    const EvalCtx *c = e->run->ctx;
    const char *name = ATTR_OF(n, Param)->name;
    for (uint32_t i = 0; i < c->n_params; i++)
        if (strcmp(c->params[i].name, name) == 0) return give(&c->params[i].value, out);
    return eval_fail(e, n, ROW_BAD_CAST, "parameter '$%s' has no value", name);
}

bool law_eval_weight(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    const AttrWeight *a = ATTR_OF(n, Weight);
    const SourceApi *source = e->run->ctx->source;
    if (source && source->weight(source->ctx, a->model, a->version, a->name, e->run->types, out)) return true;
    return eval_fail(e, n, ROW_INDEX, "model '%s' has no weight '%s'", a->model, a->name);
}

/* ---- comparison ---- */

static bool compare(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e;
    int c = value_cmp(&in[0], &in[1]);
    if (n->op == OP_EQ) out->b = c == 0;
    if (n->op == OP_NE) out->b = c != 0;
    if (n->op == OP_LT) out->b = c < 0;
    if (n->op == OP_LE) out->b = c <= 0;
    if (n->op == OP_GT) out->b = c > 0;
    if (n->op == OP_GE) out->b = c >= 0;
    return true;
}

bool law_eval_compare(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, 2, in, out, compare);
}

bool law_eval_is_null(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Value v;
    if (!eval_value(e, n->in[0], &v)) return false;
    return out->b = v.null, true;
}

bool law_eval_is_distinct(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Value a, b;
    if (!eval_value(e, n->in[0], &a) || !eval_value(e, n->in[1], &b)) return false;
    return out->b = value_cmp(&a, &b) != 0, true; /* NULL equals NULL */
}

/* ---- logic ---- */

/* AND is decided by FALSE, OR by TRUE; NULL where neither decides and one is NULL. */
static bool and_or(Eval *e, const Node *n, Value *out) {
    Value a, b;
    bool decides = n->op == OP_OR;
    if (!eval_value(e, n->in[0], &a)) return false;
    if (!a.null && a.b == decides) return out->b = decides, true;
    if (!eval_value(e, n->in[1], &b)) return false;
    if (!b.null && b.b == decides) return out->b = decides, true;
    out->b = !decides;
    return !(a.null || b.null) || eval_null(out);
}

bool law_eval_logic(Eval *e, const Node *n, const Value *in, Value *out) {
    if (n->op == OP_NOT) return out->b = !in->b, true;
    return and_or(e, n, out);
}

bool law_eval_case_when(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Value cond;
    uint32_t i = 0;
    for (; i + 1 < n->n; i += 2) {
        if (!eval_value(e, n->in[i], &cond)) return false;
        if (!cond.null && cond.b) return eval_value(e, n->in[i + 1], out);
    }
    return eval_value(e, n->in[i], out);
}

static bool where(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e, (void)n;
    return *out = in[0].b ? in[1] : in[2], true;
}

bool law_eval_where(Eval *e, const Node *n, const Value *in, Value *out) {
    return eval_map(e, n, 3, in, out, where);
}

bool law_eval_coalesce(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    for (uint32_t i = 0; i < n->n; i++) {
        if (!eval_value(e, n->in[i], out)) return false;
        if (!out->null) return true;
    }
    return true;
}

/* TRUE if an item equals the value; else NULL if one is NULL. */
bool law_eval_in_list(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)in;
    Value value, item;
    bool null = false;
    if (!eval_value(e, n->in[0], &value)) return false;
    if (value.null) return eval_null(out);
    for (uint32_t i = 1; i < n->n; i++) {
        if (!eval_value(e, n->in[i], &item)) return false;
        if (!item.null && value_cmp(&value, &item) == 0) return out->b = true, true;
        null |= item.null;
    }
    return out->b = false, !null || eval_null(out);
}

/* ---- casts ---- */

/* Floats go to infinity where value_cast, which reads what people write, fails. */
static bool overflows_to_inf(const Value *v, Value *out) {
    bool wide = v->type->kind == TY_F64;
    if (!type_is_float(v->type) || !type_is_float(out->type) || out->type->kind == TY_F64) return false;
    out->f32 = copysignf(INFINITY, wide ? (v->f64 < 0 ? -1 : 1) : v->f32);
    return true;
}

static bool cast(Eval *e, const Node *n, const Value *in, Value *out) {
    const char *why;
    const Type *to = out->type;
    if (value_cast(e->arena, in, to, out, &why)) return out->type = to, true;
    if (overflows_to_inf(in, out)) return true;
    return eval_fail(e, n, in->type->kind == TY_VARCHAR ? ROW_BAD_CAST : ROW_OVERFLOW, "%s", why);
}

bool law_eval_cast(Eval *e, const Node *n, const Value *in, Value *out) {
    bool tensors = in->type->kind == TY_TENSOR && out->type->kind == TY_TENSOR;
    const Type *to = out->type;
    if (tensors ? eval_map(e, n, 1, in, out, cast) : cast(e, n, in, out)) return true;
    if (!ATTR_OF(n, Cast)->try || e->run->ctx->error.code == ROW_CANCELLED) return false;
    *out = (Value){.type = to};
    return eval_null(out);
}
