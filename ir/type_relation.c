/* Types of relations: the tuple of the columns' types.  Expressions are typed by their own nodes; that their
 * columns are the input's is the verifier's business (ir/verify.c), since it takes a walk. */
#include "ir/type_laws.h"

static const Type *input_rel(TypeCall *c, uint32_t i) {
    if (i < c->n && type_in(c, i)->kind == TY_REL) return type_in(c, i);
    return type_reject(c, "input %u of %s is a relation", i, op_info[c->op].text);
}

const Type *law_type_scan(TypeCall *c) {
    const AttrScan *a = CALL_ATTR(c, Scan);
    if (a->rel->kind != TY_REL || a->rel->n != a->columns.n + a->rowid)
        return type_reject(c, "scan of %u columns has the type %s", a->columns.n, type_name(c, a->rel));
    return a->rel;
}

const Type *law_type_values(TypeCall *c) {
    const AttrValues *a = CALL_ATTR(c, Values);
    if (a->rel->kind != TY_REL || (uint64_t)a->rows * a->rel->n != c->n)
        return type_reject(c, "values has %u inputs for %lld rows of %s", c->n, (long long)a->rows,
                           type_name(c, a->rel));
    for (uint32_t i = 0; i < c->n; i++) {
        const Type *to = a->rel->fields[i % a->rel->n], *from = type_in(c, i);
        if (from->nullable && !to->nullable)
            return type_reject(c, "column %u of values is NOT NULL and has a nullable value",
                               i % a->rel->n + 1);
        c->want[i] = to;
    }
    return a->rel;
}

const Type *law_type_filter(TypeCall *c) {
    const Type *t = input_rel(c, 0);
    if (t && !want_bool(c, 1))
        return type_reject(c, "a filter is BOOLEAN, not %s", type_name(c, type_in(c, 1)));
    return t;
}

/* A bare NULL as a column is text, as PostgreSQL's. */
static const Type *column_type(TypeCall *c, uint32_t i) {
    const Type *t = type_in(c, i);
    if (t->kind == TY_REL)
        return type_reject(c, "a column of %s is a value, not a relation", op_info[c->op].text);
    if (t->kind != TY_NULL) return t;
    c->want[i] = kind_type(c, TY_VARCHAR);
    return type_nullable(c->want[i], true);
}

const Type *law_type_project(TypeCall *c) {
    if (!input_rel(c, 0)) return NULL;
    const Type **fields = ARENA_ARRAY(c->arena, const Type *, c->n);
    for (uint32_t i = 1; i < c->n; i++)
        if (!(fields[i - 1] = column_type(c, i))) return NULL;
    return type_rel(c->types, c->n - 1, fields);
}

static const Type *joined(TypeCall *c, const Type *l, const Type *r, bool right_null) {
    const Type **fields = ARENA_ARRAY(c->arena, const Type *, l->n + r->n);
    for (uint32_t i = 0; i < l->n; i++) fields[i] = l->fields[i];
    for (uint32_t i = 0; i < r->n; i++)
        fields[l->n + i] = type_nullable(r->fields[i], right_null || r->fields[i]->nullable);
    return type_rel(c->types, l->n + r->n, fields);
}

/* left, right, condition over both */
const Type *law_type_join(TypeCall *c) {
    const Type *l = input_rel(c, 0), *r = input_rel(c, 1);
    if (!l || !r) return NULL;
    if (!want_bool(c, 2))
        return type_reject(c, "the condition of a join is BOOLEAN, not %s", type_name(c, type_in(c, 2)));
    int64_t kind = CALL_ATTR(c, Join)->kind;
    if (kind == JOIN_SEMI || kind == JOIN_ANTI) return l;
    if (kind != JOIN_INNER && kind != JOIN_LEFT) return type_reject(c, "join kind %lld", (long long)kind);
    return joined(c, l, r, kind == JOIN_LEFT);
}

/* Of a group: never empty when there are keys, so a NOT NULL argument gives a NOT NULL result. */
static const Type *agg_type(const TypeCall *c, uint32_t i, bool grouped) {
    const Node *f = c->in[i];
    bool never_null = grouped && f->n == 1 && !f->in[0]->type->nullable;
    return never_null ? type_nullable(f->type, false) : f->type;
}

const Type *law_type_aggregate(TypeCall *c) {
    if (!input_rel(c, 0)) return NULL;
    int64_t keys = CALL_ATTR(c, Aggregate)->keys;
    if (keys < 0 || keys > c->n - 1)
        return type_reject(c, "aggregate has %lld keys of %u inputs", (long long)keys, c->n);
    const Type **fields = ARENA_ARRAY(c->arena, const Type *, c->n);
    for (uint32_t i = 1; i < c->n; i++) {
        bool key = i <= keys;
        if (key == op_has(c->in[i]->op, AGG))
            return type_reject(c, key ? "a key of aggregate is no aggregate function"
                                      : "aggregate takes aggregate functions behind its keys");
        if (!(fields[i - 1] = key ? column_type(c, i) : agg_type(c, i, keys > 0))) return NULL;
    }
    return type_rel(c->types, c->n - 1, fields);
}

static bool sort_keys(TypeCall *c, uint32_t n) {
    const AttrSort *a = CALL_ATTR(c, Sort);
    if (a->flags.n != n)
        return type_reject(c, "%s has %u keys and %u flags", op_info[c->op].text, n, a->flags.n), false;
    for (uint32_t i = 1; i <= n; i++)
        if (!column_type(c, i)) return false;
    return true;
}

const Type *law_type_sort(TypeCall *c) {
    const Type *t = input_rel(c, 0);
    return t && sort_keys(c, c->n - 1) ? t : NULL;
}

/* limit (NULL: all) and offset: one value for the whole relation */
static bool limits(TypeCall *c, uint32_t at) {
    for (uint32_t i = at; i < at + 2; i++) {
        if (!want_kind(c, i, TY_I64))
            return type_reject(c, "a limit is BIGINT, not %s", type_name(c, type_in(c, i))), false;
        if (c->in[i]->below & BELOW_COLUMN) return type_reject(c, "a limit does not depend on rows"), false;
    }
    return true;
}

const Type *law_type_limit(TypeCall *c) {
    const Type *t = input_rel(c, 0);
    return t && limits(c, 1) ? t : NULL;
}

const Type *law_type_topn(TypeCall *c) {
    const Type *t = input_rel(c, 0);
    if (!t) return NULL;
    if (c->n < 4) return type_reject(c, "topn takes a relation, keys, limit and offset");
    return sort_keys(c, c->n - 3) && limits(c, c->n - 2) ? t : NULL;
}
