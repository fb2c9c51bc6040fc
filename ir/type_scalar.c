/* Types of leaves, logic, choices, casts, text and dates. */
#include "base/date.h"
#include "base/similarity.h"
#include "ir/type_laws.h"

/* ---- leaves ---- */

const Type *law_type_column(TypeCall *c) { return CALL_ATTR(c, Column)->type; }
const Type *law_type_param(TypeCall *c) { return CALL_ATTR(c, Param)->type; }

const Type *law_type_constant(TypeCall *c) {
    const Value *v = &CALL_ATTR(c, Const)->value;
    if (v->type->nullable != v->null) return type_reject(c, "a constant is nullable exactly if it is NULL");
    return v->type;
}

const Type *law_type_weight(TypeCall *c) {
    const Type *t = CALL_ATTR(c, Weight)->type;
    if (!type_is_tensor(t) || t->nullable)
        return type_reject(c, "a weight is a tensor, not %s", type_name(c, t));
    return t;
}

/* ---- logic ---- */

const Type *law_type_is_null(TypeCall *c) { return kind_type(c, TY_BOOL); }

const Type *law_type_is_distinct(TypeCall *c) { return want_common_all(c) ? kind_type(c, TY_BOOL) : NULL; }

const Type *law_type_logic(TypeCall *c) {
    for (uint32_t i = 0; i < c->n; i++)
        if (!want_bool(c, i)) return type_reject_inputs(c);
    return strict(c, kind_type(c, TY_BOOL));
}

/* ---- choices ---- */

/* condition, value, condition, value, .., else */
const Type *law_type_case_when(TypeCall *c) {
    if (c->n % 2 == 0) return type_reject(c, "case takes pairs of condition and value, then a value");
    uint32_t k = 0, *at = ARENA_ARRAY(c->arena, uint32_t, c->n / 2 + 1);
    for (uint32_t i = 0; i + 1 < c->n; i += 2) {
        at[k++] = i + 1;
        if (!want_bool(c, i))
            return type_reject(c, "a condition of case is BOOLEAN, not %s", type_name(c, type_in(c, i)));
    }
    at[k++] = c->n - 1;
    return want_common(c, k, at);
}

const Type *law_type_coalesce(TypeCall *c) {
    if (c->n == 0) return type_reject_inputs(c);
    const Type *t = want_common_all(c);
    for (uint32_t i = 0; i < c->n && t; i++)
        if (!type_in(c, i)->nullable) return type_nullable(t, false);
    return t;
}

/* value, item, item, .. */
const Type *law_type_in_list(TypeCall *c) {
    if (c->n == 0) return type_reject_inputs(c);
    if (type_is_tensor(type_in(c, 0))) return type_reject_inputs(c);
    return want_common_all(c) ? strict(c, kind_type(c, TY_BOOL)) : NULL;
}

/* ---- casts ---- */

static bool is_text(const Type *t) { return t->kind == TY_VARCHAR; }
static bool is_nested(const Type *t) { return t->kind >= TY_LIST; }

/* BOOLEAN is 0 or 1 of integers and floats, not of DECIMAL. */
static bool numbers_cast(const Type *from, const Type *to) {
    if (from->kind == TY_BOOL) return to->kind == TY_BOOL || type_is_integer(to) || type_is_float(to);
    if (to->kind == TY_BOOL) return type_is_integer(from) || type_is_float(from);
    return type_is_numeric(from) && type_is_numeric(to);
}

static bool dims_compatible(const Type *a, const Type *b) {
    if (a->n != b->n) return false;
    for (uint32_t i = 0; i < a->n; i++)
        if (a->dims[i] != b->dims[i] && a->dims[i] != DIM_ANY && b->dims[i] != DIM_ANY) return false;
    return true;
}

/* Lists nested as deep as the tensor's rank, of what casts to its elements. */
static bool list_depth_fits(const Type *from, const Type *to) {
    for (uint32_t d = 0; d < to->n; d++) {
        if (from->kind != TY_LIST) return false;
        from = from->elem;
    }
    return type_cast_exists(from, to->elem);
}

static bool fields_cast(const Type *from, const Type *to) {
    if (from->n != to->n) return false;
    for (uint32_t i = 0; i < to->n; i++)
        if (!type_cast_exists(from->fields[i], to->fields[i])) return false;
    return true;
}

bool type_cast_exists(const Type *from, const Type *to) {
    if (type_same(from, to) || from->kind == TY_NULL) return true;
    if (is_text(to)) return from->kind != TY_REL;
    if (is_text(from)) return !is_nested(to);
    if (numbers_cast(from, to)) return true;
    if (type_is_tensor(from) && type_is_tensor(to)) return dims_compatible(from, to);
    if (from->kind == TY_LIST && to->kind == TY_LIST) return type_cast_exists(from->elem, to->elem);
    if (from->kind == TY_LIST && type_is_tensor(to)) return list_depth_fits(from, to);
    if (type_is_tensor(from) && to->kind == TY_LIST)
        return from->n == 1 && type_cast_exists(from->elem, to->elem);
    if (from->kind == TY_STRUCT && to->kind == TY_STRUCT) return fields_cast(from, to);
    if (from->kind == TY_DATE) return to->kind == TY_TIMESTAMP;
    return from->kind == TY_TIMESTAMP && (to->kind == TY_DATE || to->kind == TY_TIME);
}

const Type *law_type_cast(TypeCall *c) {
    const AttrCast *a = CALL_ATTR(c, Cast);
    const Type *from = type_in(c, 0);
    if (!type_cast_exists(from, a->to))
        return type_reject(c, "there is no cast from %s to %s", type_name(c, from), type_name(c, a->to));
    return type_nullable(a->to, from->nullable || a->try);
}

/* ---- text ---- */

static bool want_text(TypeCall *c, uint32_t i) { return want_kind(c, i, TY_VARCHAR); }

const Type *law_type_like(TypeCall *c) {
    if (!want_text(c, 0) || !want_text(c, 1)) return type_reject_inputs(c);
    return strict(c, kind_type(c, TY_BOOL));
}

/* One operand must be text; the other is made text. */
const Type *law_type_text2(TypeCall *c) {
    const Type *a = type_in(c, 0), *b = type_in(c, 1), *text = kind_type(c, TY_VARCHAR);
    bool any_text = is_text(a) || is_text(b) || (a->kind == TY_NULL && b->kind == TY_NULL);
    if (!any_text || is_nested(a) || is_nested(b)) return type_reject_inputs(c);
    c->want[0] = c->want[1] = text;
    return strict(c, text);
}

const Type *law_type_text1(TypeCall *c) {
    return want_text(c, 0) ? strict(c, kind_type(c, TY_VARCHAR)) : type_reject_inputs(c);
}

const Type *law_type_length(TypeCall *c) {
    return want_text(c, 0) ? strict(c, kind_type(c, TY_I64)) : type_reject_inputs(c);
}

static const Type *two_texts(TypeCall *c, TypeKind result) {
    return want_text(c, 0) && want_text(c, 1) ? strict(c, kind_type(c, result)) : type_reject_inputs(c);
}

const Type *law_type_levenshtein(TypeCall *c) { return two_texts(c, TY_I64); }

/* qgram_jaccard has a q */
const Type *law_type_similarity(TypeCall *c) {
    int64_t q = c->op == OP_QGRAM_JACCARD ? CALL_ATTR(c, Gram)->q : 1;
    if (q < 1 || q > QGRAM_MOST) return type_reject(c, "q is 1 to %d, not %lld", QGRAM_MOST, (long long)q);
    return two_texts(c, TY_F64);
}

/* text, first character from 1, characters */
const Type *law_type_substring(TypeCall *c) {
    if (!want_text(c, 0) || !want_kind(c, 1, TY_I64) || !want_kind(c, 2, TY_I64))
        return type_reject_inputs(c);
    return strict(c, kind_type(c, TY_VARCHAR));
}

/* second and epoch have a fraction and are DOUBLE, the other fields BIGINT */
const Type *law_type_extract(TypeCall *c) {
    const char *field = CALL_ATTR(c, Field)->field;
    double unused;
    if (!timestamp_extract(0, field, &unused)) return type_reject(c, "a date has no field %s", field);
    if (type_in(c, 0)->kind != TY_DATE && !want_kind(c, 0, TY_TIMESTAMP)) return type_reject_inputs(c);
    bool fraction = strcmp(field, "second") == 0 || strcmp(field, "epoch") == 0;
    return strict(c, kind_type(c, fraction ? TY_F64 : TY_I64));
}

/* ---- aggregate functions: nullable, since a group may be empty; OP_AGGREGATE knows better of grouped ones
 * ---- */

const Type *law_type_agg_count(TypeCall *c) { return kind_type(c, TY_I64); }

static bool want_number(TypeCall *c) {
    if (type_in(c, 0)->kind == TY_NULL) c->want[0] = kind_type(c, TY_I32);
    return c->want[0] || type_is_numeric(type_in(c, 0));
}

const Type *law_type_agg_sum(TypeCall *c) {
    if (!want_number(c)) return type_reject_inputs(c);
    const Type *t = c->want[0] ? c->want[0] : type_in(c, 0), *sum;
    if (type_is_float(t)) sum = kind_type(c, TY_F64);
    else if (t->kind == TY_DECIMAL) sum = type_decimal(c->types, DECIMAL_MAX_DIGITS, t->scale);
    else if (t->kind == TY_I64 || t->kind == TY_U64) sum = type_decimal(c->types, DECIMAL_MAX_DIGITS, 0);
    else sum = kind_type(c, TY_I64);
    return type_nullable(sum, true);
}

const Type *law_type_agg_avg(TypeCall *c) {
    return want_number(c) ? type_nullable(kind_type(c, TY_F64), true) : type_reject_inputs(c);
}

const Type *law_type_agg_min(TypeCall *c) {
    const Type *t = type_in(c, 0);
    if (t->kind == TY_NULL) t = c->want[0] = kind_type(c, TY_VARCHAR);
    return is_nested(t) ? type_reject_inputs(c) : type_nullable(t, true);
}
