/* x IN (many constants): a set that is built now and looked up by a native; few are compared one by one
 * (expr_compare.c). NULL is the answer where x is NULL, and where x is not found and an item is NULL. */
#include "base/member.h"
#include "ir/eval.h"
#include "lower/expr.h"
#include <string.h>

enum { FEW = 12 };

typedef struct Items {
    size_t n;
    int64_t *numbers;
    Str *texts;
    bool null;
} Items;

/* As lanes of 64 bits hold it; floats as float_bits does. */
static int64_t number_of(const Value *v) {
    const Type *t = v->type;
    double d = t->kind == TY_F64 ? v->f64 : (double)v->f32;
    int64_t bits;
    if (t->kind == TY_DECIMAL) return (int64_t)v->dec;
    if (t->kind == TY_BOOL) return v->b;
    if (!type_is_float(t)) return v->i;
    d = d != d ? __builtin_nan("") : d + 0.0;
    memcpy(&bits, &d, 8);
    return d != d ? 0x7ff8000000000000 : bits;
}

static bool value_of(Scope *s, const Node *e, Value *out) {
    if (ir_is_const(e)) {
        *out = ATTR_OF(e, Const)->value;
        return true;
    }
    EvalCtx c = {.arena = s->c->a, .ir = s->c->ir};
    return ir_is_constant(e) && !ir_is_fallible(e) && ir_eval_scalar(&c, e, NULL, 0, out);
}

static bool collect(Scope *s, const Node *e, bool text, Items *out) {
    out->numbers = text ? NULL : ARENA_ARRAY(s->c->a, int64_t, e->n);
    out->texts = text ? ARENA_ARRAY(s->c->a, Str, e->n) : NULL;
    for (uint32_t i = 1; i < e->n; i++) {
        Value v;
        if (!value_of(s, e->in[i], &v)) return false;
        if (v.null) out->null = true;
        else if (text) out->texts[out->n++] = v.s;
        else out->numbers[out->n++] = number_of(&v);
    }
    return true;
}

static bool is_narrow(const Type *t) {
    Range all = range_of_type(t);
    return all.exact && range_lanes(all) <= K_I64;
}

static Stage *look_up(Scope *s, const char *name, Arg table, Stage *x) {
    Call *call = ARENA_NEW(s->c->a, Call);
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 3);
    a[0].arg = table;
    a[1].value = x;
    *call = (Call){.native = name, .n = 3, .args = a, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    return a[2].value = stage_out(s->p, st, s->domain, K_I1, range_span(0, 1));
}

bool in_table(Scope *s, const Node *e, LVal x, LVal *out) {
    const Type *t = e->in[0]->type;
    bool text = t->kind == TY_VARCHAR || t->kind == TY_BLOB;
    Items items = {0};
    if (e->n - 1 <= FEW || x.v->domain == DOMAIN_NONE || (!text && !type_is_float(t) && !is_narrow(t)) ||
        !collect(s, e, text, &items) || !items.n)
        return false;
    Buf set = {0};
    if (text) text_set(&set, items.texts, items.n);
    else number_set(&set, items.numbers, items.n);
    Arg table = build_bytes(s->c, set.p, set.n);
    buf_free(&set);
    Stage *in = text ? text_view(s, x)
                     : pipe_layout(s->p, type_is_float(t) ? float_bits(s, x.v) : x.v, s->domain, K_I64);
    out->v = mask_and(s->p, x.valid, look_up(s, text ? "dql_rt_in_texts" : "dql_rt_in_numbers", table, in));
    out->valid = items.null ? mask_and(s->p, x.valid, out->v) : x.valid;
    return true;
}
