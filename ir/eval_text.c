/* Text and fields of dates: the functions of base/text.h and base/date.h. */
#include "base/date.h"
#include "base/similarity.h"
#include "base/text.h"
#include "ir/eval_law.h"

/* A pattern that ends with its escape character matches nothing. */
bool law_eval_like(Eval *e, const Node *n, const Value *in, Value *out) {
    const AttrLike *a = ATTR_OF(n, Like);
    Like like;
    bool valid = like_compile(e->arena, in[1].s, (char)a->escape, a->fold, &like);
    return out->b = valid && like_match(&like, in[0].s), true;
}

bool law_eval_text_concat(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)n;
    char *p = arena_alloc(e->arena, in[0].s.n + in[1].s.n);
    if (in[0].s.n) memcpy(p, in[0].s.p, in[0].s.n);
    if (in[1].s.n) memcpy(p + in[0].s.n, in[1].s.p, in[1].s.n);
    out->s = (Str){p, in[0].s.n + in[1].s.n};
    return true;
}

bool law_eval_text_case(Eval *e, const Node *n, const Value *in, Value *out) {
    out->s = n->op == OP_UPPER ? text_upper(e->arena, in->s) : text_lower(e->arena, in->s);
    return true;
}

bool law_eval_length(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)e, (void)n;
    return out->i = (int64_t)utf8_length(in->s), true;
}

bool law_eval_substring(Eval *e, const Node *n, const Value *in, Value *out) {
    if (in[2].i < 0)
        return eval_fail(e, n, ROW_OVERFLOW, "%lld is out of range for the length of a substring", (long long)in[2].i);
    return out->s = utf8_substring(in[0].s, in[1].i, in[2].i), true;
}

bool law_eval_levenshtein(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)n;
    return out->i = text_levenshtein(similarity_new(e->arena), in[0].s, in[1].s), true;
}

bool law_eval_jaro_winkler(Eval *e, const Node *n, const Value *in, Value *out) {
    (void)n;
    return out->f64 = text_jaro_winkler(similarity_new(e->arena), in[0].s, in[1].s), true;
}

bool law_eval_qgram_jaccard(Eval *e, const Node *n, const Value *in, Value *out) {
    return out->f64 = text_qgram_jaccard(similarity_new(e->arena), in[0].s, in[1].s, ATTR_OF(n, Gram)->q), true;
}

bool law_eval_extract(Eval *e, const Node *n, const Value *in, Value *out) {
    const char *field = ATTR_OF(n, Field)->field;
    double v;
    int64_t micros = in->type->kind == TY_DATE ? in->i * 86400 * 1000000 : in->i;
    if (!timestamp_extract(micros, field, &v)) return eval_fail(e, n, ROW_BAD_CAST, "no field %s", field);
    if (out->type->kind == TY_F64) out->f64 = v;
    else out->i = (int64_t)v;
    return true;
}
