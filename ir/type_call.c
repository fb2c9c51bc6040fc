/* What the type laws share: rejecting, nullability, wanting casts, common types, broadcasting. */
#include "base/number.h"
#include "ir/type_laws.h"

const TypeLaw type_laws[OP_COUNT_] = {
#define OP(name, text, arity, attr, ty, ev, inv, bnd, dlt, grd, cst, flags) [OP_##name] = law_type_##ty,
#include "ir/ops.def"
#undef OP
};

const Type *type_reject(TypeCall *c, const char *fmt, ...) {
    Buf b = {0};
    va_list ap;
    va_start(ap, fmt);
    buf_vprintf(&b, fmt, ap);
    va_end(ap);
    c->why = arena_strndup(c->arena, b.p, b.n);
    buf_free(&b);
    return NULL;
}

const char *type_name(TypeCall *c, const Type *t) {
    Buf b = {0};
    type_print(&b, t, false);
    const char *s = arena_strndup(c->arena, b.p, b.n);
    buf_free(&b);
    return s;
}

static const char *between(const TypeCall *c, uint32_t i) {
    if (i == 0) return "";
    if (i + 1 < c->n) return ", ";
    return " and ";
}

const Type *type_reject_inputs(TypeCall *c) {
    Buf b = {0};
    for (uint32_t i = 0; i < c->n; i++) {
        buf_puts(&b, between(c, i));
        type_print(&b, type_in(c, i), false);
    }
    type_reject(c, "%s does not take %s", op_info[c->op].text, b.n ? b.p : "no input");
    buf_free(&b);
    return NULL;
}

const Type *type_in(const TypeCall *c, uint32_t i) { return c->in[i]->type; }
bool type_is_tensor(const Type *t) { return t->kind == TY_TENSOR; }

bool any_nullable(const TypeCall *c, uint32_t from) {
    for (uint32_t i = from; i < c->n; i++)
        if (type_in(c, i)->nullable) return true;
    return false;
}

const Type *strict(TypeCall *c, const Type *t) { return type_nullable(t, any_nullable(c, 0)); }
const Type *kind_type(TypeCall *c, TypeKind k) { return type_get(c->types, k); }

const Type *with_elem(TypeCall *c, const Type *t, const Type *elem) {
    return type_is_tensor(t) ? type_tensor(c->types, elem, t->n, t->dims) : type_nullable(elem, false);
}

bool want_kind(TypeCall *c, uint32_t i, TypeKind k) {
    const Type *t = type_in(c, i), *to = kind_type(c, k);
    if (t->kind == k) return true;
    const Type *common = type_common(c->types, t, to);
    if (!common || common->kind != k) return false;
    c->want[i] = to;
    return true;
}

bool want_bool(TypeCall *c, uint32_t i) { return want_kind(c, i, TY_BOOL); }

/* ---- common types ---- */

static bool is_text_literal(const Node *n) { return ir_is_const(n) && n->type->kind == TY_VARCHAR; }

/* Without the text literals when `typed`; NULL if there is none. */
static const Type *common_of(TypeCall *c, uint32_t k, const uint32_t *at, bool typed) {
    const Type *t = NULL;
    for (uint32_t i = 0; i < k; i++) {
        if (typed && is_text_literal(c->in[at[i]])) continue;
        t = t ? type_common(c->types, t, type_in(c, at[i])) : type_in(c, at[i]);
        if (!t) return NULL;
    }
    return t;
}

static const Type *reject_common(TypeCall *c, uint32_t k, const uint32_t *at) {
    const Type *t = type_in(c, at[0]);
    for (uint32_t i = 1; i < k; i++) {
        const Type *next = type_common(c->types, t, type_in(c, at[i]));
        if (!next)
            return type_reject(c, "%s has no common type for %s and %s", op_info[c->op].text, type_name(c, t),
                               type_name(c, type_in(c, at[i])));
        t = next;
    }
    BUG("a common type exists");
}

const Type *want_common(TypeCall *c, uint32_t k, const uint32_t *at) {
    const Type *t = common_of(c, k, at, false);
    if (!t) t = common_of(c, k, at, true);
    if (!t) return reject_common(c, k, at);
    if (t->kind == TY_NULL) t = type_nullable(kind_type(c, TY_VARCHAR), true);
    for (uint32_t i = 0; i < k; i++) c->want[at[i]] = type_nullable(t, false);
    return t;
}

const Type *want_common_all(TypeCall *c) {
    uint32_t few[16], *at = c->n <= 16 ? few : ARENA_ARRAY(c->arena, uint32_t, c->n);
    for (uint32_t i = 0; i < c->n; i++) at[i] = i;
    return want_common(c, c->n, at);
}

/* ---- tensors ---- */

static bool is_element(const Type *t) { return type_is_integer(t) || type_is_float(t) || t->kind == TY_BOOL; }

/* NumPy's promotion, held to FLOAT32; a DECIMAL beside a tensor is a FLOAT32. */
static const Type *promote(TypeCall *c, const Type *a, const Type *b) {
    const Type *f32 = kind_type(c, TY_F32);
    if (a->kind == TY_DECIMAL) a = f32;
    if (b->kind == TY_DECIMAL) b = f32;
    if (!is_element(a) || !is_element(b)) return NULL;
    const Type *t =
        type_common(c->types, type_tensor(c->types, a, 0, NULL), type_tensor(c->types, b, 0, NULL));
    return t ? t->elem : NULL;
}

/* Constants and parameters are written for the tensor beside them; columns and weights widen it. */
static bool is_literal(const Node *n) { return !(n->below & (BELOW_COLUMN | BELOW_WEIGHT | BELOW_AGG)); }

static bool const_fits(TypeCall *c, const Node *n, const Type *elem) {
    Value v;
    const char *why;
    return !ir_is_const(n) || value_cast(c->arena, &ATTR_OF(n, Const)->value, elem, &v, &why);
}

static const Type *elem_beside(TypeCall *c, const Type *elem, const Node *scalar) {
    const Type *s = scalar->type;
    if (s->kind == TY_NULL) return elem;
    if (is_literal(scalar) && type_is_numeric(s)) {
        if (type_is_float(elem)) return elem;
        if (!type_is_integer(s)) return kind_type(c, TY_F32);
        if (type_is_integer(elem) && const_fits(c, scalar, elem)) return elem;
    }
    return promote(c, elem, s);
}

const Type *common_elem(TypeCall *c, uint32_t i, uint32_t j) {
    const Type *a = type_in(c, i), *b = type_in(c, j);
    if (type_is_tensor(a) && type_is_tensor(b)) return promote(c, a->elem, b->elem);
    if (!type_is_tensor(a) && !type_is_tensor(b)) return promote(c, a, b);
    return type_is_tensor(a) ? elem_beside(c, a->elem, c->in[j]) : elem_beside(c, b->elem, c->in[i]);
}

/* Dimension d counted from the last; 1 where the tensor has none. */
static int64_t dim_from_last(const Type *t, uint32_t d) {
    return type_is_tensor(t) && d < t->n ? t->dims[t->n - 1 - d] : 1;
}

bool broadcast_dims(const Type *a, const Type *b, uint32_t *rank, int64_t *dims) {
    uint32_t ra = type_is_tensor(a) ? a->n : 0, rb = type_is_tensor(b) ? b->n : 0;
    *rank = ra > rb ? ra : rb;
    for (uint32_t d = 0; d < *rank; d++) {
        int64_t x = dim_from_last(a, d), y = dim_from_last(b, d);
        int64_t *out = &dims[*rank - 1 - d];
        if (x == y || y == 1) *out = x;
        else if (x == 1) *out = y;
        else if (x == DIM_ANY || y == DIM_ANY) *out = x == DIM_ANY ? y : x;
        else return false;
    }
    return true;
}

const Type *broadcast(TypeCall *c, uint32_t i, uint32_t j, const Type *elem) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank;
    const Type *a = type_in(c, i), *b = type_in(c, j);
    if (!broadcast_dims(a, b, &rank, dims))
        return type_reject(c, "%s: the shapes of %s and %s do not broadcast", op_info[c->op].text,
                           type_name(c, a), type_name(c, b));
    c->want[i] = with_elem(c, a, elem);
    c->want[j] = with_elem(c, b, elem);
    return type_tensor(c->types, elem, rank, dims);
}
