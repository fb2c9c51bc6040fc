#include "lower/tensor.h"

void scope_init(Scope *s, Lower *c, Pipe *p, uint8_t domain, uint32_t n, const LVal *cols) {
    *s = (Scope){.c = c, .p = p, .domain = domain, .n = n, .cols = cols};
    p->here = domain;
}

void scope_free(Scope *s) {
    ptrmap_free(&s->memo);
}

/* ---- constants ---- */
Stage *int_const(Scope *s, Int128 v) {
    KType t = range_lanes(range_point(v));
    return stage_scalar(s->p, S_CONST, t, build_int(s->c, v, t == K_I128), range_point(v));
}

Stage *bool_const(Scope *s, bool b) {
    return stage_scalar(s->p, S_CONST, K_I1, build_int(s->c, b, false), range_point(b));
}

Stage *float_const(Scope *s, KType t, double v) {
    float f = (float)v;
    Value x = {.type = type_get(ir_types(s->c->ir), t == K_F64 ? TY_F64 : TY_F32)};
    if (t == K_F64)
        x.f64 = v;
    else
        x.f32 = f;
    return stage_scalar(s->p, S_CONST, t, build_value(s->c, &x), (Range){0});
}

KType lanes_of_type(const Type *t) {
    switch (t->kind) {
    case TY_BOOL: return K_I1;
    case TY_F16: return K_F16;
    case TY_BF16: return K_BF16;
    case TY_F32: return K_F32;
    case TY_F64: return K_F64;
    case TY_VARCHAR: case TY_BLOB: case TY_INTERVAL: return K_I128;
    case TY_TENSOR: return K_I128; /* a view of a ragged one; others have lanes of their own */
    case TY_NULL: case TY_I8: case TY_I16: case TY_I32: case TY_I64: case TY_U8: case TY_U16: case TY_U32: case TY_U64:
    case TY_DECIMAL: case TY_DATE: case TY_TIME: case TY_TIMESTAMP: case TY_LIST: case TY_STRUCT:
    case TY_REL: case TY_COUNT: break;
    }
    return range_lanes(range_of_type(t));
}

/* FLOAT16 constants are computed with as FLOAT32, where they are exact. */
static KType scalar_lanes(const Type *t) {
    KType k = lanes_of_type(t);
    return k == K_F16 || k == K_BF16 ? K_F32 : k;
}

static LVal expr_const(Scope *s, const Node *e) {
    const Value *v = &ATTR_OF(e, Const)->value;
    if (v->null)
        return expr_null(s, e->type);
    if (e->type->kind == TY_LIST || e->type->kind == TY_STRUCT) {
        lower_fail(s->c, "constants of type %s in compiled plans are not supported yet", type_kind_text(e->type->kind));
        return expr_null(s, e->type);
    }
    Range r = range_of_type(v->type);
    Arg at = build_value(s->c, v);
    KType t = scalar_lanes(v->type);
    LVal x = {.type = e->type};
    if (r.exact) {
        Int128 i = v->type->kind == TY_BOOL ? v->b : v->type->kind == TY_DECIMAL ? v->dec
                   : v->type->kind >= TY_U8 && v->type->kind <= TY_U64 ? (Int128)v->u : v->i;
        r = range_point(i);
        t = t == K_I1 ? t : range_lanes(r);
    }
    x.v = stage_scalar(s->p, S_CONST, t, at, r);
    return x;
}

LVal expr_null(Scope *s, const Type *t) {
    LVal x = {.type = t, .valid = bool_const(s, false)};
    KType k = scalar_lanes(t);
    if (k == K_F32 || k == K_F64)
        x.v = float_const(s, k, 0);
    else
        x.v = stage_scalar(s->p, S_CONST, k == K_I1 || lanes_of_type(t) == K_I128 ? k : K_I8, build_int(s->c, 0, true),
                           range_point(0));
    return x;
}

static LVal expr_param(Scope *s, const Node *e) {
    uint32_t k = build_param(s->c, ATTR_OF(e, Param)->name, e->type);
    Range r = range_of_type(e->type);
    LVal x = {.type = e->type};
    x.v = stage_scalar(s->p, S_PARAM, scalar_lanes(e->type), (Arg){.kind = ARG_PARAM, .a = k}, r);
    x.v->code.width = e->type->kind == TY_DECIMAL || e->type->kind == TY_U64 || !r.exact ? 16 : 8;
    if (e->type->nullable)
        x.valid = stage_scalar(s->p, S_PARAM, K_I1, (Arg){.kind = ARG_PARAM_VALID, .a = k}, range_span(0, 1));
    return x;
}

static LVal expr_column(Scope *s, const Node *e) {
    LVal x = pipe_bring_val(s->p, s->cols[ATTR_OF(e, Column)->index], s->domain);
    x.type = e->type;
    return x;
}

/* ---- logic ---- */
Stage *need_mask(Scope *s, Stage *valid) {
    return mask_and(s->p, s->guard, valid);
}

static Stage *or_masks(Scope *s, Stage *x, Stage *y) {
    return x && y ? stage_op2(s->p, KI_OR, x, y) : NULL;
}

/* Known where both are, or where one alone decides. */
static Stage *logic_valid(Scope *s, LVal x, LVal y, bool decides) {
    if (!x.valid && !y.valid)
        return NULL;
    Stage *xd = mask_and(s->p, x.valid, decides ? x.v : mask_not(s->p, x.v));
    Stage *yd = mask_and(s->p, y.valid, decides ? y.v : mask_not(s->p, y.v));
    return or_masks(s, mask_and(s->p, x.valid, y.valid), or_masks(s, xd, yd));
}

/* A scope in which errors count only where `also` holds. */
static Scope inner_scope(Scope *s, Stage *also) {
    Scope in = *s;
    in.guard = mask_and(s->p, s->guard, also);
    in.root = s->root ? s->root : s;
    in.memo = (PtrMap){0};
    return in;
}

static LVal under(Scope *s, Stage *also, const Node *e) {
    if (!ir_is_fallible(e) || !also)
        return lower_expr(s, e);
    Scope in = inner_scope(s, also);
    LVal x = lower_expr(&in, e);
    scope_free(&in);
    return x;
}

/* AND evaluates its second operand where the first is not false, OR where it is not true. */
static LVal expr_logic(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]), y;
    if (e->op == OP_NOT)
        return (LVal){.v = mask_not(s->p, x.v), .valid = x.valid, .type = e->type};
    bool is_or = e->op == OP_OR;
    Stage *open = is_or ? mask_not(s->p, x.v) : x.v;
    if (x.valid && ir_is_fallible(e->in[1]))
        open = stage_op2(s->p, KI_OR, open, mask_not(s->p, x.valid));
    y = under(s, open, e->in[1]);
    LVal out = {.type = e->type, .valid = logic_valid(s, x, y, is_or)};
    out.v = stage_op2(s->p, is_or ? KI_OR : KI_AND, x.v, y.v);
    return out;
}

static LVal expr_is_null(Scope *s, const Node *e) {
    LVal x = lower_expr(s, e->in[0]);
    return (LVal){.v = x.valid ? mask_not(s->p, x.valid) : bool_const(s, false), .type = e->type};
}

/* ---- choices ---- */
static Stage *choose_valid(Scope *s, Stage *cond, Stage *x, Stage *y) {
    if (!x && !y)
        return NULL;
    return stage_select(s->p, cond, x ? x : bool_const(s, true), y ? y : bool_const(s, true));
}

static LVal choose(Scope *s, Stage *cond, LVal x, LVal y) {
    bool same_dict = x.dict && y.dict && x.dict_scan == y.dict_scan && x.dict_column == y.dict_column;
    if (!same_dict) {
        x = as_view(s, x);
        y = as_view(s, y);
    }
    LVal out = x;
    out.v = stage_select(s->p, cond, x.v, y.v);
    out.valid = choose_valid(s, cond, x.valid, y.valid);
    return out;
}

static Stage *holds(Scope *s, LVal cond) {
    return mask_and(s->p, cond.v, cond.valid);
}

static LVal case_from(Scope *s, const Node *e, uint32_t i, Stage *open) {
    if (i + 1 == e->n)
        return under(s, open, e->in[i]);
    Stage *taken = holds(s, under(s, open, e->in[i]));
    LVal then = under(s, mask_and(s->p, open, taken), e->in[i + 1]);
    Stage *left = ir_is_fallible(e) ? mask_and(s->p, open, mask_not(s->p, taken)) : NULL;
    return choose(s, taken, then, case_from(s, e, i + 2, left));
}

static LVal coalesce_from(Scope *s, const Node *e, uint32_t i, Stage *open) {
    LVal x = under(s, open, e->in[i]);
    if (i + 1 == e->n || !x.valid)
        return x;
    LVal rest = coalesce_from(s, e, i + 1, mask_and(s->p, open, mask_not(s->p, x.valid)));
    LVal out = choose(s, x.valid, x, rest);
    out.valid = rest.valid ? stage_op2(s->p, KI_OR, x.valid, rest.valid) : NULL;
    return out;
}

static LVal typed(LVal x, const Type *t) {
    x.type = t;
    return x;
}

/* ---- dispatch ---- */
static LVal unsupported(Scope *s, const Node *e) {
    lower_fail(s->c, "%s is not supported in compiled plans yet", op_info[e->op].text);
    return expr_null(s, type_nullable(e->type, true));
}

/* Tensor expressions, but what only asks for NULL or moves a value. */
static bool is_tensor_op(const Node *e) {
    if (e->op == OP_COLUMN || e->op == OP_IS_NULL)
        return false;
    bool any = is_tensor(e->type);
    for (uint32_t i = 0; i < e->n; i++)
        any = any || is_tensor(e->in[i]->type);
    return any;
}

LVal plain_value(Scope *s, LVal x) {
    return is_tensor(x.type) ? tensor_row_major(s, x) : as_view(s, x);
}

static LVal lower_new(Scope *s, const Node *e) {
    LVal x;
    if (expr_by_dictionary(s, e, &x))
        return x;
    if (touches_ragged(e))
        return lower_ragged(s, e);
    if (is_tensor_op(e) || e->op == OP_ONEHOT)
        return lower_tensor(s, e);
    switch (e->op) {
    case OP_COLUMN: return expr_column(s, e);
    case OP_CONST: return expr_const(s, e);
    case OP_PARAM: return expr_param(s, e);
    case OP_ADD: case OP_SUB: case OP_MUL: case OP_DIV: case OP_MOD: case OP_NEG: case OP_ABS: case OP_MIN2: case OP_MAX2:
        return expr_arith(s, e);
    case OP_BIT_AND: case OP_BIT_OR: case OP_BIT_XOR: case OP_BIT_NOT: return expr_bits(s, e);
    case OP_FLOOR: case OP_CEIL: case OP_ROUND: case OP_SQRT: case OP_EXP: case OP_LOG: case OP_TANH: case OP_SIGMOID: case OP_ERF:
    case OP_SIN: case OP_COS: case OP_POW: case OP_ATAN2: case OP_RELU: case OP_LEAKY_RELU: return expr_numeric(s, e);
    case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT: case OP_GE: return expr_compare(s, e);
    case OP_IS_NULL: return expr_is_null(s, e);
    case OP_IS_DISTINCT: return expr_is_distinct(s, e);
    case OP_AND: case OP_OR: case OP_NOT: return expr_logic(s, e);
    case OP_CASE: return typed(case_from(s, e, 0, NULL), e->type);
    case OP_COALESCE: return typed(coalesce_from(s, e, 0, NULL), e->type);
    case OP_IN: return expr_in(s, e);
    case OP_CAST: return expr_cast(s, e);
    case OP_LIKE: case OP_TEXT_CONCAT: case OP_UPPER: case OP_LOWER: case OP_LENGTH: case OP_SUBSTRING:
    case OP_LEVENSHTEIN: case OP_JARO_WINKLER: case OP_QGRAM_JACCARD: return expr_text(s, e);
    case OP_EXTRACT: return expr_extract(s, e);
    case OP_SCAN: case OP_VALUES: case OP_FILTER: case OP_PROJECT: case OP_JOIN: case OP_AGGREGATE: case OP_SORT:
    case OP_LIMIT: case OP_TOPN: case OP_WEIGHT: case OP_IDIV: case OP_SHIFT_LEFT: case OP_SHIFT_RIGHT: case OP_WHERE: case OP_STACK: case OP_ONEHOT: case OP_SLICE: case OP_INDEX: case OP_GATHER: case OP_SCATTER:
    case OP_RESHAPE: case OP_TRANSPOSE: case OP_CONCAT: case OP_SUM: case OP_MEAN: case OP_MAX: case OP_MIN:
    case OP_ARGMAX: case OP_ARGMIN: case OP_PROD: case OP_CUMSUM: case OP_CUMPROD: case OP_ARGSORT: case OP_CONTRACT: case OP_CONV: case OP_MAX_POOL: case OP_AVG_POOL: case OP_BATCH_NORM:
    case OP_SOFTMAX: case OP_LOG_SOFTMAX: case OP_COUNT_STAR: case OP_COUNT: case OP_AGG_SUM: case OP_AGG_AVG:
    case OP_AGG_MIN: case OP_AGG_MAX: case OP_COUNT_: break;
    }
    return unsupported(s, e);
}

LVal lower_expr(Scope *s, const Node *e) {
    Scope *home = ir_is_fallible(e) || !s->root ? s : s->root;
    LVal *old = ptrmap_get(&home->memo, e);
    if (old)
        return *old;
    LVal x = lower_new(home, e);
    ptrmap_set(&home->memo, e, arena_copy(s->c->a, &x, sizeof x));
    return x;
}

/* ---- conditions ---- */
static bool is_true(const Node *e) {
    if (!ir_is_const(e) || e->type->kind != TY_BOOL)
        return false;
    const Value *v = &ATTR_OF(e, Const)->value;
    return !v->null && v->b;
}

Stage *lower_condition(Scope *s, const Node *e) {
    const Node *const *at;
    uint32_t n = conjuncts_of(s->c->a, e, &at);
    return lower_conjuncts(s, n, at);
}

Stage *lower_conjuncts(Scope *s, uint32_t n, const Node *const *at) {
    Stage *mask = NULL;
    for (uint32_t i = 0; i < n; i++)
        if (!is_true(at[i]))
            mask = mask_and(s->p, mask, holds(s, under(s, mask, at[i])));
    return mask;
}

static uint32_t count_conjuncts(const Node *e) {
    return e->op == OP_AND ? count_conjuncts(e->in[0]) + count_conjuncts(e->in[1]) : 1;
}

static const Node **put_conjuncts(const Node *e, const Node **to) {
    if (e->op == OP_AND)
        return put_conjuncts(e->in[1], put_conjuncts(e->in[0], to));
    *to = e;
    return to + 1;
}

uint32_t conjuncts_of(Arena *a, const Node *e, const Node *const **out) {
    uint32_t n = count_conjuncts(e);
    const Node **at = ARENA_ARRAY(a, const Node *, n);
    put_conjuncts(e, at);
    *out = at;
    return n;
}
