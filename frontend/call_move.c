/* Functions that move elements of tensors: gathers and scatters by index tensors, borders, repetition, new
 * dimensions. */
#include "frontend/constant.h"
#include "frontend/function.h"
#include "ir/compose.h"
#include "ir/tensor_build.h"
#include "ir/tensor_move.h"

static Expr done(Call *c, const Node *n) {
    bind_origin(c->b, n, c->ast->span);
    return expr_of(n, c->ast->span);
}

static bool bad_shape(Call *c, const char *why) {
    diag_error(c->b->diags, E_SHAPE_MISMATCH, c->ast->span,
               arena_printf(c->b->arena, "%s: %s", c->fn->name, why));
    return false;
}

/* Argument i as a tensor without `*`. */
static bool known(Call *c, uint32_t i) {
    if (!call_tensor(c, i)) return false;
    const Type *t = c->arg[i].node->type;
    if (type_elems(t) != DIM_ANY) return true;
    return bad_shape(
        c, arena_printf(c->b->arena, "the shape of %s is known only at run time", bind_type_text(c->b, t)));
}

/* "(2, 3)" */
static const char *sizes(Call *c, uint32_t n, const int64_t *at) {
    const char *s = "(";
    for (uint32_t i = 0; i < n; i++) s = arena_printf(c->b->arena, "%s%s%lld", s, i ? ", " : "", (long long)at[i]);
    return arena_printf(c->b->arena, "%s)", s);
}

static const char *type_of(Call *c) { return bind_type_text(c->b, c->arg[0].node->type); }

static bool int_option(Call *c, const char *name, int64_t *out) {
    const Ast *given = call_option(c, name);
    return !given || constant_int(c->b, given, name, out);
}

/* name => d of a tensor of this rank; -1 is the last dimension. */
static bool dim_option(Call *c, const char *name, int64_t fallback, uint32_t rank, uint32_t *out) {
    int64_t d = fallback;
    if (!int_option(c, name, &d) || !call_dim(c, rank, &d)) return false;
    *out = (uint32_t)d;
    return true;
}

/* ---- index tensors ---- */

/* [2, 0] is a constant at once, so that its subscripts are resolved when compiling. */
static const Node *constant_index(Call *c, const Node *n) {
    if (n->op != OP_STACK || n->type->n != 1) return n;
    int64_t size = n->n, *at = ARENA_ARRAY(c->b->arena, int64_t, n->n);
    for (uint32_t i = 0; i < n->n; i++) {
        if (!ir_is_const(n->in[i]) || !type_is_integer(n->in[i]->type) || n->in[i]->type->nullable) return n;
        at[i] = ATTR_OF(n->in[i], Const)->value.i;
    }
    return ir_tensor_i64(c->b->ir, 1, &size, at);
}

static bool index_argument(Call *c, bool tensor) {
    if (!call_value(c, 1)) return false;
    const Type *t = c->arg[1].node->type, *elem = ir_elem(t);
    if (type_is_integer(elem) && (!tensor || (t->kind == TY_TENSOR && known(c, 1)))) {
        c->arg[1].node = constant_index(c, c->arg[1].node);
        return true;
    }
    diag_error(c->b->diags, E_ARGUMENT_TYPE, c->ast_arg[1]->span, c->fn->name,
               tensor ? "a tensor of subscripts" : "subscripts", bind_type_text(c->b, t));
    return false;
}

Expr call_gather(Call *c) {
    uint32_t axis;
    if (!call_tensor(c, 0) || !index_argument(c, false)) return call_fail(c);
    if (!dim_option(c, "dim", 0, c->arg[0].node->type->n, &axis)) return call_fail(c);
    return call_make(c, OP_GATHER, &(AttrAxis){axis}, 2,
                     (const Node *const[]){c->arg[0].node, c->arg[1].node});
}

/* reduce => 'none', 'add', 'mul', 'min' or 'max' */
static bool read_kind(Call *c, int64_t *kind) {
    static const char *const names[SCATTER_KINDS] = {"none", "add", "mul", "min", "max"};
    const Ast *given = call_option(c, "reduce");
    const char *text = given ? constant_text(c->b, given, "reduce") : names[0];
    if (!text) return false;
    for (*kind = 0; *kind < SCATTER_KINDS; (*kind)++)
        if (strcmp(names[*kind], text) == 0) return true;
    diag_error(c->b->diags, E_INVALID, given->span, "reduce is 'none', 'add', 'mul', 'min' or 'max'");
    return false;
}

Expr call_scatter(Call *c) {
    AttrScatter a;
    uint32_t axis;
    if (!known(c, 0) || !index_argument(c, true) || !known(c, 2) || !read_kind(c, &a.kind))
        return call_fail(c);
    if (!dim_option(c, "dim", 0, c->arg[0].node->type->n, &axis)) return call_fail(c);
    a.axis = axis;
    return call_make(c, OP_SCATTER, &a, 3,
                     (const Node *const[]){c->arg[0].node, c->arg[1].node, c->arg[2].node});
}

/* The index has x's rank and fits within it but along axis. */
static bool elements_fit(Call *c, uint32_t axis) {
    const Type *x = c->arg[0].node->type, *index = c->arg[1].node->type;
    bool fit = x->n == index->n;
    for (uint32_t d = 0; fit && d < x->n; d++) fit = d == axis || index->dims[d] <= x->dims[d];
    return fit || bad_shape(c, arena_printf(c->b->arena, "subscripts of %s do not fit %s",
                                            bind_type_text(c->b, index), bind_type_text(c->b, x)));
}

Expr call_gather_elements(Call *c) {
    uint32_t axis;
    if (!known(c, 0) || !index_argument(c, true)) return call_fail(c);
    if (!dim_option(c, "dim", 0, c->arg[0].node->type->n, &axis) || !elements_fit(c, axis))
        return call_fail(c);
    return done(c, ir_gather_elements(c->b->ir, c->arg[0].node, axis, c->arg[1].node));
}

/* Updates take x's element type, as a value that is written into it. */
static bool updates_fit(Call *c, const Type *shape) {
    const Type *u = c->arg[2].node->type, *x = c->arg[0].node->type;
    bool fit = u->n == shape->n;
    for (uint32_t d = 0; fit && d < u->n; d++) fit = u->dims[d] == shape->dims[d];
    if (!fit)
        return bad_shape(c, arena_printf(c->b->arena, "updates of %s where %s is meant",
                                         bind_type_text(c->b, u), bind_type_text(c->b, shape)));
    c->arg[2].node = ir_cast(c->b->ir, c->arg[2].node, type_tensor(c->b->types, x->elem, u->n, u->dims));
    return true;
}

Expr call_scatter_elements(Call *c) {
    uint32_t axis;
    int64_t kind;
    if (!known(c, 0) || !index_argument(c, true) || !known(c, 2) || !read_kind(c, &kind)) return call_fail(c);
    if (!dim_option(c, "dim", 0, c->arg[0].node->type->n, &axis) || !elements_fit(c, axis))
        return call_fail(c);
    if (!updates_fit(c, c->arg[1].node->type)) return call_fail(c);
    return done(c, ir_scatter_elements(c->b->ir, c->arg[0].node, axis, c->arg[1].node, c->arg[2].node, kind));
}

/* The last dimension of the index holds subscripts of x's dimensions from batch on; *out: the shape that they
 * give. */
static bool nd_fit(Call *c, uint32_t batch, const Type **out) {
    const Type *x = c->arg[0].node->type, *index = c->arg[1].node->type;
    uint32_t own = index->n - 1, rank = own;
    int64_t k = index->dims[own], dims[2 * TENSOR_MAX_RANK];
    bool fit = k > 0 && batch + k <= x->n && batch <= own;
    for (uint32_t d = 0; fit && d < batch; d++) fit = index->dims[d] == x->dims[d];
    for (uint32_t d = 0; d < own; d++) dims[d] = index->dims[d];
    for (uint32_t d = batch + (uint32_t)k; fit && d < x->n; d++) dims[rank++] = x->dims[d];
    if (!fit || rank > TENSOR_MAX_RANK)
        return bad_shape(c, arena_printf(c->b->arena, "subscripts of %s do not fit %s",
                                         bind_type_text(c->b, index), bind_type_text(c->b, x)));
    *out = type_tensor(c->b->types, x->elem, rank, dims);
    return true;
}

Expr call_gather_nd(Call *c) {
    const Type *shape;
    int64_t batch = 0;
    if (!known(c, 0) || !index_argument(c, true) || !int_option(c, "batch_dims", &batch)) return call_fail(c);
    if (batch < 0 || !nd_fit(c, (uint32_t)batch, &shape)) return call_fail(c);
    return done(c, ir_gather_nd(c->b->ir, c->arg[0].node, (uint32_t)batch, c->arg[1].node));
}

Expr call_scatter_nd(Call *c) {
    const Type *shape;
    int64_t kind;
    if (!known(c, 0) || !index_argument(c, true) || !known(c, 2) || !read_kind(c, &kind)) return call_fail(c);
    if (!nd_fit(c, 0, &shape) || !updates_fit(c, shape)) return call_fail(c);
    return done(c, ir_scatter_nd(c->b->ir, c->arg[0].node, c->arg[1].node, c->arg[2].node, kind));
}

/* ---- order and repetition ---- */

/* dims => 1 or [0, 2]; all when it is left out */
Expr call_flip(Call *c) {
    int64_t dims[TENSOR_MAX_RANK];
    if (!known(c, 0)) return call_fail(c);
    const Node *x = c->arg[0].node;
    uint32_t rank = x->type->n, n = rank;
    const Ast *given = call_option(c, "dims");
    for (uint32_t d = 0; d < rank; d++) dims[d] = d;
    if (given && !constant_ints(c->b, given, "dims", TENSOR_MAX_RANK, &n, dims)) return call_fail(c);
    for (uint32_t i = 0; i < n; i++) {
        if (!call_dim(c, rank, &dims[i])) return call_fail(c);
        x = ir_flip(c->b->ir, x, (uint32_t)dims[i]);
    }
    return done(c, x);
}

Expr call_roll(Call *c) {
    uint32_t axis;
    int64_t shift;
    if (!known(c, 0) || !constant_int(c->b, c->ast_arg[1], "the shift of roll", &shift)) return call_fail(c);
    if (!dim_option(c, "dim", 0, c->arg[0].node->type->n, &axis)) return call_fail(c);
    return done(c, ir_roll(c->b->ir, c->arg[0].node, axis, shift));
}

/* tile(x, 2, 3): times for the last dimensions, as NumPy's */
Expr call_tile(Call *c) {
    int64_t given[TENSOR_MAX_RANK], times[TENSOR_MAX_RANK];
    uint32_t n;
    if (!known(c, 0) || !call_ints(c, 1, &n, given)) return call_fail(c);
    const Node *x = c->arg[0].node;
    while (x->type->n < n) x = ir_unsqueeze(c->b->ir, x, 0);
    for (uint32_t d = 0; d < x->type->n; d++) {
        times[d] = d + n < x->type->n ? 1 : given[d + n - x->type->n];
        if (times[d] < 1) return bad_shape(c, "a dimension is repeated at least once"), call_fail(c);
    }
    return done(c, ir_tile(c->b->ir, x, times));
}

/* expand(x, 2, 3): -1 keeps a dimension's size */
Expr call_expand(Call *c) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t n;
    if (!known(c, 0) || !call_ints(c, 1, &n, dims)) return call_fail(c);
    const Type *t = c->arg[0].node->type;
    bool fit = n >= t->n;
    const char *wanted = sizes(c, n, dims);
    for (uint32_t d = 0; fit && d < n; d++) {
        int64_t own = d + t->n < n ? 1 : t->dims[d + t->n - n];
        if (dims[d] == -1) dims[d] = own;
        fit = dims[d] > 0 && (own == 1 || own == dims[d]);
    }
    if (!fit)
        return bad_shape(c, arena_printf(c->b->arena, "%s does not broadcast to %s", type_of(c), wanted)),
               call_fail(c);
    return done(c, ir_broadcast(c->b->ir, c->arg[0].node, n, dims));
}

/* ---- dimensions of size 1 ---- */

Expr call_unsqueeze(Call *c) {
    int64_t axis;
    if (!known(c, 0) || !constant_int(c->b, c->ast_arg[1], "the dimension of unsqueeze", &axis))
        return call_fail(c);
    uint32_t rank = c->arg[0].node->type->n;
    if (rank == TENSOR_MAX_RANK) return bad_shape(c, "a tensor has no more dimensions"), call_fail(c);
    if (!call_dim(c, rank + 1, &axis)) return call_fail(c);
    return done(c, ir_unsqueeze(c->b->ir, c->arg[0].node, (uint32_t)axis));
}

/* squeeze(x, 1), squeeze(x, [0, 2]); without dimensions, all of size 1 */
Expr call_squeeze(Call *c) {
    int64_t gone[TENSOR_MAX_RANK], dims[TENSOR_MAX_RANK];
    uint32_t n = 0, rank = 0;
    bool drop[TENSOR_MAX_RANK] = {0};
    if (!known(c, 0) || (c->n > 1 && !call_ints(c, 1, &n, gone))) return call_fail(c);
    const Type *t = c->arg[0].node->type;
    for (uint32_t i = 0; i < n; i++) {
        if (!call_dim(c, t->n, &gone[i])) return call_fail(c);
        if (t->dims[gone[i]] != 1) return bad_shape(c, arena_printf(c->b->arena, "dimension %lld of %s is not of size 1", (long long)gone[i], type_of(c))),
                   call_fail(c);
        drop[gone[i]] = true;
    }
    for (uint32_t d = 0; d < t->n; d++)
        if (c->n > 1 ? !drop[d] : t->dims[d] != 1) dims[rank++] = t->dims[d];
    if (rank == 0) dims[rank++] = 1;
    return done(c, ir_reshape(c->b->ir, c->arg[0].node, rank, dims));
}

Expr call_stack(Call *c) {
    const Node **in = ARENA_ARRAY(c->b->arena, const Node *, c->n);
    uint32_t axis;
    for (uint32_t i = 0; i < c->n; i++) {
        if (!call_tensor(c, i)) return call_fail(c);
        in[i] = c->arg[i].node;
    }
    if (!dim_option(c, "dim", 0, in[0]->type->n + 1, &axis)) return call_fail(c);
    return call_make(c, OP_STACK, &(AttrAxis){axis}, c->n, in);
}

/* ---- borders ---- */

/* PyTorch's and NumPy's names */
static const struct {
    const char *name;
    PadMode mode;
} pad_modes[] = {{"constant", PAD_CONSTANT}, {"reflect", PAD_REFLECT}, {"replicate", PAD_EDGE},
                 {"edge", PAD_EDGE},         {"circular", PAD_WRAP},   {"wrap", PAD_WRAP}};

static bool read_mode(Call *c, PadMode *out) {
    const Ast *given = call_option(c, "mode");
    const char *text = given ? constant_text(c->b, given, "mode") : "constant";
    for (size_t i = 0; text && i < sizeof pad_modes / sizeof *pad_modes; i++)
        if (strcmp(pad_modes[i].name, text) == 0) return *out = pad_modes[i].mode, true;
    if (text)
        diag_error(c->b->diags, E_INVALID, given->span,
                   "a mode of pad is 'constant', 'reflect', 'replicate' or 'circular'");
    return false;
}

/* pad(x, [left, right, top, bottom]): pairs from the last dimension on, as PyTorch's */
Expr call_pad(Call *c) {
    int64_t at[2 * TENSOR_MAX_RANK], before[TENSOR_MAX_RANK] = {0}, after[TENSOR_MAX_RANK] = {0};
    double value = 0;
    uint32_t n;
    PadMode mode;
    const Ast *given = call_option(c, "value");
    if (!known(c, 0) || !constant_ints(c->b, c->ast_arg[1], "the border of pad", 2 * TENSOR_MAX_RANK, &n, at))
        return call_fail(c);
    if (!read_mode(c, &mode) || (given && !constant_double(c->b, given, "value", &value)))
        return call_fail(c);
    const Type *t = c->arg[0].node->type;
    bool fit = n % 2 == 0 && n / 2 <= t->n;
    for (uint32_t i = 0; fit && i < n / 2; i++) {
        uint32_t d = t->n - 1 - i;
        before[d] = at[2 * i], after[d] = at[2 * i + 1];
        fit = t->dims[d] + before[d] + after[d] > 0 &&
              (mode != PAD_REFLECT || (before[d] < t->dims[d] && after[d] < t->dims[d]));
    }
    const Node *x =
        fit ? ir_pad(c->b->ir, c->arg[0].node, before, after, mode, ir_number(c->b->ir, t, value)) : NULL;
    if (!x)
        return bad_shape(c,
                         arena_printf(c->b->arena, "the border %s does not fit %s", sizes(c, n, at), type_of(c))),
               call_fail(c);
    return done(c, x);
}

/* ---- masks and ranges ---- */

/* what is above (below) the diagonal of the last two dimensions, 0 elsewhere */
Expr call_triangle(Call *c) {
    int64_t k = 0;
    if (!known(c, 0) || !int_option(c, "diagonal", &k)) return call_fail(c);
    const Node *x = c->arg[0].node;
    const Type *t = x->type;
    if (t->n < 2) return bad_shape(c, arena_printf(c->b->arena, "a triangle has two dimensions, not %s", type_of(c))), call_fail(c);
    const Node *mask =
        ir_triangle(c->b->ir, t->dims[t->n - 2], t->dims[t->n - 1], k, strcmp(c->fn->name, "triu") == 0);
    return done(c, ir_where(c->b->ir, mask, x, ir_number(c->b->ir, t, 0)));
}

static bool sensible(Call *c, double n) {
    return (n >= 1 && n <= 1 << 26) || bad_shape(c, "of no elements or too many");
}

Expr call_eye(Call *c) {
    int64_t n;
    if (!constant_int(c->b, c->ast_arg[0], "the size of eye", &n) || !sensible(c, (double)n * (double)n))
        return call_fail(c);
    const Type *f32 = type_get(c->b->types, TY_F32);
    const Node *at = ir_range(c->b->ir, type_get(c->b->types, TY_I64), n, 0, 1);
    return done(c, ir_onehot(c->b->ir, at, n, 1, f32));
}

/* arange(stop), arange(start, stop), arange(start, stop, step): BIGINT of whole numbers, else FLOAT32 */
Expr call_arange(Call *c) {
    double v[3] = {0, 0, 1};
    bool whole = true;
    for (uint32_t i = 0; i < c->n; i++) {
        const Ast *t = c->ast_arg[i];
        if (!constant_double(c->b, t, "a bound of arange", &v[c->n == 1 ? 1 : i])) return call_fail(c);
        whole = whole && (t->kind == A_INT || (t->kind == A_UNARY && t->kid[UNARY_ARG]->kind == A_INT));
    }
    double n = v[2] != 0 ? __builtin_ceil((v[1] - v[0]) / v[2]) : 0;
    if (!sensible(c, n)) return call_fail(c);
    return done(c,
                ir_range(c->b->ir, type_get(c->b->types, whole ? TY_I64 : TY_F32), (int64_t)n, v[0], v[2]));
}

/* onehot(index, depth, dim => -1) of a tensor of subscripts */
Expr call_onehot_tensor(Call *c) {
    int64_t depth;
    uint32_t axis;
    if (!known(c, 0) || !constant_int(c->b, c->ast_arg[1], "the depth of onehot", &depth))
        return call_fail(c);
    const Type *t = c->arg[0].node->type;
    if (!type_is_integer(t->elem) || t->n == TENSOR_MAX_RANK)
        return bad_shape(c, arena_printf(c->b->arena, "it takes a tensor of subscripts, not %s", type_of(c))), call_fail(c);
    if (!sensible(c, (double)depth) || !dim_option(c, "dim", -1, t->n + 1, &axis)) return call_fail(c);
    return done(c, ir_onehot(c->b->ir, c->arg[0].node, depth, axis, type_get(c->b->types, TY_F32)));
}

/* (.., C r r, H, W) to (.., C, H r, W r), or back, as PyTorch's pixel_shuffle */
Expr call_shuffle(Call *c) {
    int64_t r, dims[TENSOR_MAX_RANK], order[TENSOR_MAX_RANK];
    bool back = strcmp(c->fn->name, "pixel_unshuffle") == 0;
    if (!known(c, 0) || !constant_int(c->b, c->ast_arg[1], "the factor", &r)) return call_fail(c);
    const Type *t = c->arg[0].node->type;
    uint32_t lead = t->n - 3, n = lead;
    if (t->n < 3 || t->n + 2 > TENSOR_MAX_RANK || r < 1)
        return bad_shape(c, arena_printf(c->b->arena, "it takes (.., C, H, W) and a factor, not %s and %lld", type_of(c), (long long)r)), call_fail(c);
    const int64_t *at = t->dims + lead;
    if (back ? at[1] % r || at[2] % r : at[0] % (r * r))
        return bad_shape(c, arena_printf(c->b->arena, "%lld does not divide the shape of %s", (long long)r, type_of(c))), call_fail(c);
    for (uint32_t d = 0; d < lead; d++) dims[d] = t->dims[d], order[d] = d;
    int64_t split[] = {back ? at[0] : at[0] / (r * r), back ? at[1] / r : r, r, back ? at[2] / r : at[1],
                       back ? r : at[2]};
    static const int64_t apart[2][5] = {{0, 3, 1, 4, 2}, {0, 2, 4, 1, 3}};
    for (uint32_t d = 0; d < 5; d++) dims[n++] = split[d];
    for (uint32_t d = 0; d < 5; d++) order[lead + d] = lead + apart[back][d];
    const Node *x = ir_permute(c->b->ir, ir_reshape(c->b->ir, c->arg[0].node, n, dims), order);
    dims[lead] = back ? at[0] * r * r : split[0], dims[lead + 1] = back ? at[1] / r : at[1] * r,
    dims[lead + 2] = back ? at[2] / r : at[2] * r;
    return done(c, ir_reshape(c->b->ir, x, t->n, dims));
}

/* ---- along one dimension ---- */

static bool bool_option(Call *c, const char *name, bool *out) {
    const Ast *given = call_option(c, name);
    return !given || constant_bool(c->b, given, name, out);
}

/* Numbers in a known shape, and the dimension. */
static bool line_arguments(Call *c, int64_t fallback, uint32_t *axis) {
    if (!known(c, 0)) return false;
    return dim_option(c, "dim", fallback, c->arg[0].node->type->n, axis);
}

Expr call_cumulate(Call *c) {
    uint32_t axis;
    bool exclusive = false, reverse = false;
    if (!line_arguments(c, -1, &axis) || !bool_option(c, "exclusive", &exclusive) ||
        !bool_option(c, "reverse", &reverse))
        return call_fail(c);
    return done(c, ir_cumulate(c->b->ir, c->fn->op, c->arg[0].node, axis, exclusive, reverse));
}

Expr call_order(Call *c) {
    uint32_t axis;
    bool descending = false;
    const Node *places;
    if (!line_arguments(c, -1, &axis) || !bool_option(c, "descending", &descending)) return call_fail(c);
    const Node *x = c->arg[0].node,
               *sorted = ir_top(c->b->ir, x, axis, x->type->dims[axis], descending, &places);
    return done(c, strcmp(c->fn->name, "sort") == 0 ? sorted : places);
}

Expr call_top(Call *c) {
    uint32_t axis;
    int64_t k;
    bool largest = true;
    const Node *places;
    if (!line_arguments(c, -1, &axis) || !bool_option(c, "largest", &largest)) return call_fail(c);
    if (!constant_int(c->b, c->ast_arg[1], "how many topk takes", &k)) return call_fail(c);
    int64_t size = c->arg[0].node->type->dims[axis];
    if (k < 1 || k > size)
        return bad_shape(c,
                         arena_printf(c->b->arena, "%lld of the %lld elements along dimension %u of %s", (long long)k, (long long)size, axis, type_of(c))),
               call_fail(c);
    const Node *top = ir_top(c->b->ir, c->arg[0].node, axis, k, largest, &places);
    return done(c, strcmp(c->fn->name, "topk") == 0 ? top : places);
}

/* Several columns: bind_items.c makes them where AS gives their names. */
Expr call_fields(Call *c) {
    diag_error(c->b->diags, E_INVALID, c->ast->span, "vector2fields makes several columns");
    diag_help(c->b->diags, "name them: vector2fields(x) AS (a, b)");
    return call_fail(c);
}
