/* t[i], t[i, j], t[0, :, 10:20], t[-1], t[::-1]: zero-based, slices without their end. */
#include "frontend/constant.h"
#include "frontend/scope.h"
#include "ir/tensor_move.h"

/* One index a dimension; dimensions not named are kept whole.  A dimension with a step below 0 is kept whole
 * too, and goes backwards afterwards. */
typedef struct Cut {
    int64_t from[TENSOR_MAX_RANK], to[TENSOR_MAX_RANK], step[TENSOR_MAX_RANK], drop[TENSOR_MAX_RANK];
    int64_t first[TENSOR_MAX_RANK], last[TENSOR_MAX_RANK],
        back[TENSOR_MAX_RANK]; /* back: the step below 0, or 0 */
} Cut;

static bool out_of_range(Binder *b, Span at, int64_t i, uint32_t dim, const Type *t) {
    diag_error(b->diags, E_INDEX_RANGE, at, (long long)i, (int)dim, bind_type_text(b, t));
    return false;
}

/* Below 0 it counts from the end, where the size is known. */
static int64_t from_start(int64_t i, int64_t size) { return i < 0 && size != DIM_ANY ? i + size : i; }

static bool cut_index(Binder *b, const Ast *t, const Type *of, uint32_t d, Cut *c) {
    int64_t given, size = of->dims[d];
    if (!constant_int(b, t, "an index", &given)) return false;
    int64_t i = from_start(given, size);
    if (i < 0 || i == INT64_MAX || (size != DIM_ANY && i >= size))
        return out_of_range(b, t->span, given, d, of);
    c->from[d] = i;
    c->to[d] = i + 1;
    c->step[d] = c->drop[d] = 1;
    return true;
}

/* *at: the bound of a slice, if one is given; from 0 to the size, or one less of both for a step below 0. */
static bool bound(Binder *b, const Ast *t, const Type *of, uint32_t d, int64_t *at) {
    int64_t given, size = of->dims[d];
    if (!t) return true;
    if (!constant_int(b, t, "an index", &given)) return false;
    *at = from_start(given, size);
    return (*at >= 0 && (size == DIM_ANY || *at <= size)) || out_of_range(b, t->span, given, d, of);
}

static bool cut_back(Binder *b, const Ast *t, const Type *of, uint32_t d, Cut *c) {
    const Ast *from = t->kid[SLICE_FROM], *to = t->kid[SLICE_TO];
    int64_t size = of->dims[d], first = size - 1, last = -1;
    if (size == DIM_ANY) return bind_no(b, t->span, "a step below 0 along a dimension *"), false;
    if (!bound(b, from, of, d, &first) || !bound(b, to, of, d, &last)) return false;
    if (first >= size) return out_of_range(b, from->span, first, d, of);
    if (first <= last) return out_of_range(b, to->span, last, d, of);
    c->first[d] = first, c->last[d] = last, c->to[d] = size;
    return true;
}

static bool cut_slice(Binder *b, const Ast *t, const Type *of, uint32_t d, Cut *c) {
    const Ast *step = t->kid[SLICE_STEP];
    int64_t size = of->dims[d], by = 1;
    if (step && !constant_int(b, step, "a step", &by)) return false;
    if (by == 0) return diag_error(b->diags, E_INVALID, step->span, "a step is not 0"), false;
    c->step[d] = by < 0 ? 1 : by;
    c->back[d] = by < 0 ? by : 0;
    if (by < 0) return cut_back(b, t, of, d, c);
    c->to[d] = size == DIM_ANY ? INT64_MAX : size;
    if (!bound(b, t->kid[SLICE_FROM], of, d, &c->from[d]) || !bound(b, t->kid[SLICE_TO], of, d, &c->to[d]))
        return false;
    return c->to[d] >= c->from[d] || out_of_range(b, t->kid[SLICE_TO]->span, c->to[d], d, of);
}

static void cut_whole(const Type *of, uint32_t d, Cut *c) {
    c->to[d] = of->dims[d] == DIM_ANY ? INT64_MAX : of->dims[d];
    c->step[d] = 1;
}

static IntList ints(Binder *b, uint32_t n, const int64_t *at) {
    return (IntList){n, arena_copy(b->arena, at, n * sizeof *at)};
}

static const Node *backwards(Binder *b, const Node *x, uint32_t rank, const Cut *c) {
    uint32_t axis = 0;
    for (uint32_t d = 0; d < rank; d++) {
        if (c->back[d]) x = ir_steps(b->ir, x, axis, c->first[d], c->last[d], c->back[d]);
        axis += !c->drop[d];
    }
    return x;
}

static const Node *slice(Binder *b, const Ast *t, const Node *x) {
    const Ast *indices = t->kid[SUBSCRIPT_INDICES];
    uint32_t rank = x->type->n;
    Cut c = {.from = {0}};
    bool ok = true;
    for (uint32_t d = 0; d < rank; d++) {
        if (d >= indices->n) cut_whole(x->type, d, &c);
        else if (indices->kid[d]->kind == A_SLICE) ok &= cut_slice(b, indices->kid[d], x->type, d, &c);
        else ok &= cut_index(b, indices->kid[d], x->type, d, &c);
    }
    AttrSlice a = {ints(b, rank, c.from), ints(b, rank, c.to), ints(b, rank, c.step), ints(b, rank, c.drop)};
    const Node *cut = ok ? bind_make(b, t->span, OP_SLICE, &a, 1, &x) : NULL;
    return cut ? backwards(b, cut, rank, &c) : NULL;
}

static bool is_constant_index(const Ast *t) {
    return t->kind == A_INT || t->kind == A_SLICE || (t->kind == A_UNARY && t->kid[UNARY_ARG]->kind == A_INT);
}

static bool all_constant(const Ast *indices) {
    for (uint32_t i = 0; i < indices->n; i++)
        if (!is_constant_index(indices->kid[i])) return false;
    return true;
}

/* An index that is computed: every dimension must have one. */
static const Node *element(Binder *b, Scope *s, const Ast *t, const Node *x) {
    const Ast *indices = t->kid[SUBSCRIPT_INDICES];
    const Node **in = ARENA_ARRAY(b->arena, const Node *, indices->n + 1);
    in[0] = x;
    for (uint32_t i = 0; i < indices->n; i++) {
        if (indices->kid[i]->kind == A_SLICE)
            return bind_no(b, indices->kid[i]->span, "a slice beside a computed index"), NULL;
        if (!(in[i + 1] = bind_expr(b, s, indices->kid[i]).node)) return NULL;
    }
    return bind_make(b, t->span, OP_INDEX, NULL, indices->n + 1, in);
}

Expr bind_subscript(Binder *b, Scope *s, const Ast *t) {
    Expr x = bind_expr(b, s, t->kid[SUBSCRIPT_OF]);
    const Ast *indices = t->kid[SUBSCRIPT_INDICES];
    if (!x.node) return x;
    const Type *type = x.node->type;
    if (type->kind != TY_TENSOR || indices->n > type->n) {
        diag_error(b->diags, E_SHAPE_MISMATCH, t->span,
                   arena_printf(b->arena, "%u %s on %s", indices->n, indices->n == 1 ? "index" : "indices",
                                bind_type_text(b, type)));
        return expr_of(NULL, t->span);
    }
    return expr_of(all_constant(indices) ? slice(b, t, x.node) : element(b, s, t, x.node), t->span);
}

/* ---- [a, b, c] ---- */

/* Until there are lists, an array is the tensor of its elements: numbers, or arrays of one shape. */
/* The elements as DOUBLE, NULL when none of them has digits that FLOAT32 may lose. */
static const Node *wide_array(Binder *b, uint32_t n, const Expr *e, const Type *common, bool point, Span at) {
    const Node **in = ARENA_ARRAY(b->arena, const Node *, n);
    const Type *elem = type_get(b->types, TY_F64);
    const Type *to = common->kind == TY_TENSOR ? type_tensor(b->types, elem, common->n, common->dims) : elem;
    for (uint32_t i = 0; i < n; i++) point |= e[i].wide != NULL;
    for (uint32_t i = 0; point && i < n; i++) {
        bool reported;
        if (!(in[i] = bind_convert(b, e[i], to, CONVERT_EXPLICIT, &reported))) return NULL;
    }
    return point ? bind_make(b, at, OP_STACK, &(AttrAxis){0}, n, in) : NULL;
}

Expr bind_array(Binder *b, Scope *s, const Ast *t) {
    const Ast *items = t->kid[ARRAY_ITEMS];
    Expr *e = ARENA_ARRAY(b->arena, Expr, items->n);
    const Node **in = ARENA_ARRAY(b->arena, const Node *, items->n);
    if (items->n == 0) return bind_no(b, t->span, "an empty list"), expr_of(NULL, t->span);
    if (!bind_exprs(b, s, items, e)) return expr_of(NULL, t->span);
    const Type *common = bind_common(b, items->n, e);
    bool point = common && common->kind == TY_DECIMAL;
    if (point)
        common = type_nullable(type_get(b->types, TY_F32), common->nullable);
    bool number = common && (type_is_numeric(common) || common->kind == TY_TENSOR || common->kind == TY_BOOL);
    if (!number) return bind_no(b, t->span, "a list of other things than numbers"), expr_of(NULL, t->span);
    for (uint32_t i = 0; i < items->n; i++) {
        bool reported;
        if (!(in[i] = bind_convert(b, e[i], common, CONVERT_EXPLICIT, &reported)))
            return expr_of(NULL, t->span);
    }
    Expr array = expr_of(bind_make(b, t->span, OP_STACK, &(AttrAxis){0}, items->n, in), t->span);
    if (array.node) array.wide = wide_array(b, items->n, e, common, point, t->span);
    return array;
}
