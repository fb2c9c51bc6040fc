/* Text: natives on views.  Rows with NULL hold empty views there. */
#include "lower/expr.h"

static const ColumnCode view_code = {.kind = CODE_VIEW, .width = 16};

LVal as_view(Scope *s, LVal x) {
    if (!x.dict)
        return x;
    Arg dict = {.kind = ARG_DICT, .a = x.dict_scan, .b = (uint16_t)x.dict_column};
    x.v = stage_gather(s->p, x.v, dict, view_code, K_I128, (Range){0}, x.valid);
    x.dict = false;
    return x;
}

Stage *text_view(Scope *s, LVal x) {
    x = as_view(s, x);
    if (x.valid) {
        Stage *empty = stage_scalar(s->p, S_CONST, K_I128, build_int(s->c, 0, true), (Range){0});
        x.v = stage_select(s->p, x.valid, x.v, empty);
    }
    return pipe_layout(s->p, x.v, s->domain, K_I128);
}

static CallArg number(Scope *s, int64_t v) {
    return (CallArg){.arg = build_int(s->c, v, false)};
}

/* Calls a native whose last operand is the output. */
static Stage *native(Scope *s, const char *name, uint32_t n, CallArg *args, KType t, Range r) {
    Call *call = ARENA_NEW(s->c->a, Call);
    *call = (Call){.native = name, .n = n + 1, .args = args, .out = DOMAIN_NONE};
    Stage *st = stage_call(s->p, s->domain, call);
    return args[n].value = stage_out(s->p, st, s->domain, t, r);
}

static const CallArg scratch = {.arg = {.kind = ARG_SCRATCH}};

/* One value for all rows or one a row, with its stride. */
static void one_or_many(Scope *s, LVal x, CallArg *value, CallArg *stride) {
    bool one = x.v->domain == DOMAIN_NONE;
    value->value = one ? x.v : text_view(s, x);
    *stride = number(s, one ? 0 : 1);
}

static Stage *like(Scope *s, const Node *e, LVal x, LVal pattern) {
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 6);
    a[0].value = text_view(s, x);
    one_or_many(s, pattern, &a[1], &a[2]);
    a[3] = number(s, ATTR_OF(e, Like)->escape);
    a[4] = number(s, ATTR_OF(e, Like)->fold);
    return native(s, "dql_rt_text_like", 5, a, K_I1, range_span(0, 1));
}

static Stage *concat(Scope *s, LVal x, LVal y) {
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 6);
    a[0] = scratch;
    one_or_many(s, x, &a[1], &a[2]);
    one_or_many(s, y, &a[3], &a[4]);
    return native(s, "dql_rt_text_concat", 5, a, K_I128, (Range){0});
}

static Stage *changed(Scope *s, const char *name, LVal x) {
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 3);
    a[0] = scratch;
    a[1].value = text_view(s, x);
    return native(s, name, 2, a, K_I128, (Range){0});
}

static Stage *length(Scope *s, LVal x) {
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 2);
    a[0].value = text_view(s, x);
    return native(s, "dql_rt_text_length", 1, a, K_I64, range_span(0, (Int128)1 << 40));
}

static Stage *substring(Scope *s, const Node *e, LVal x, LVal from, LVal count, Stage *valid) {
    Range lengths = range_span(0, INT64_MAX);
    if (!range_within(count.v->range, lengths))
        count.v = check_range(s, count.v, lengths, ROW_OVERFLOW, need_mask(s, valid), build_site(s->c, e, "the length of a substring", count.type));
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 4);
    a[0].value = text_view(s, x);
    a[1].value = pipe_layout(s->p, from.v, s->domain, K_I64);
    a[2].value = pipe_layout(s->p, count.v, s->domain, K_I64);
    return native(s, "dql_rt_text_substring", 3, a, K_I128, (Range){0});
}

static Stage *similarity(Scope *s, const Node *e, LVal x, LVal y) {
    CallArg *a = ARENA_ARRAY(s->c->a, CallArg, 6);
    one_or_many(s, x, &a[0], &a[1]);
    one_or_many(s, y, &a[2], &a[3]);
    if (e->op == OP_LEVENSHTEIN) return native(s, "dql_rt_text_levenshtein", 4, a, K_I64, range_span(0, (Int128)1 << 40));
    if (e->op == OP_JARO_WINKLER) return native(s, "dql_rt_text_jaro_winkler", 4, a, K_F64, (Range){0});
    a[4] = number(s, ATTR_OF(e, Gram)->q);
    return native(s, "dql_rt_text_qgram_jaccard", 5, a, K_F64, (Range){0});
}

LVal expr_text(Scope *s, const Node *e) {
    LVal in[3] = {0}, out = {.type = e->type};
    for (uint32_t i = 0; i < e->n && i < 3; i++) {
        in[i] = lower_expr(s, e->in[i]);
        out.valid = mask_and(s->p, out.valid, in[i].valid);
    }
    switch ((int)e->op) {
    case OP_LIKE: out.v = like(s, e, in[0], in[1]); break;
    case OP_TEXT_CONCAT: out.v = concat(s, in[0], in[1]); break;
    case OP_UPPER: out.v = changed(s, "dql_rt_text_upper", in[0]); break;
    case OP_LOWER: out.v = changed(s, "dql_rt_text_lower", in[0]); break;
    case OP_LEVENSHTEIN: case OP_JARO_WINKLER: case OP_QGRAM_JACCARD: out.v = similarity(s, e, in[0], in[1]); break;
    case OP_LENGTH: out.v = length(s, in[0]); break;
    default: out.v = substring(s, e, in[0], in[1], in[2], out.valid);
    }
    return out;
}
