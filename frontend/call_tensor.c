/* Functions of tensors: reductions, shapes, vectors from columns. */
#include "frontend/constant.h"
#include "frontend/function.h"
#include "ir/compose.h"
#include "ir/tensor_build.h"

static IntList int_list(Call *c, uint32_t n, const int64_t *at) {
    return (IntList){n, arena_copy(c->b->arena, at, n * sizeof *at)};
}

static bool bad_dim(Call *c, int64_t dim, uint32_t i) {
    diag_error(c->b->diags, E_SHAPE_MISMATCH, c->ast->span,
               arena_printf(c->b->arena, "%s: %s has no dimension %lld", c->fn->name,
                            bind_type_text(c->b, c->arg[i].node->type), (long long)dim));
    return false;
}

/* -1 is the last dimension. */
bool call_dim(Call *c, uint32_t rank, int64_t *dim) {
    int64_t d = *dim < 0 ? *dim + rank : *dim;
    if (d < 0 || d >= rank) return bad_dim(c, *dim, 0);
    *dim = d;
    return true;
}

static bool sorted_dims(Call *c, uint32_t n, int64_t *dims) {
    for (uint32_t i = 1; i < n; i++)
        for (uint32_t j = i; j > 0 && dims[j] < dims[j - 1]; j--) {
            int64_t swap = dims[j];
            dims[j] = dims[j - 1];
            dims[j - 1] = swap;
        }
    for (uint32_t i = 1; i < n; i++)
        if (dims[i] == dims[i - 1]) {
            const char *dim = arena_printf(c->b->arena, "%lld", (long long)dims[i]);
            return diag_error(c->b->diags, E_TWICE, c->ast->span, "dimension", dim), false;
        }
    return true;
}

/* dims => 1 or [0, 2]; all when it is left out. */
static bool read_dims(Call *c, AttrDims *out) {
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = c->arg[0].node->type->n, n = rank;
    const Ast *given = call_option(c, "dims"), *keep = call_option(c, "keep");
    for (uint32_t i = 0; i < rank; i++) dims[i] = i;
    if (given && !constant_ints(c->b, given, "dims", TENSOR_MAX_RANK, &n, dims)) return false;
    if (keep && !constant_bool(c->b, keep, "keep", &out->keep)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!call_dim(c, rank, &dims[i])) return false;
    if (!sorted_dims(c, n, dims)) return false;
    out->dims = int_list(c, n, dims);
    return true;
}

static Op reduction(Op op) {
    if (op == OP_AGG_SUM) return OP_SUM;
    if (op == OP_AGG_AVG) return OP_MEAN;
    if (op == OP_AGG_MIN) return OP_MIN;
    return op == OP_AGG_MAX ? OP_MAX : op;
}

/* The index of the best: along one dimension, or of all elements in order; last => TRUE: the last of equals.
 */
static Expr arg_best(Call *c, Op op) {
    AttrDims a = {0};
    bool last = false;
    const Ast *given = call_option(c, "last");
    if (given && !constant_bool(c->b, given, "last", &last)) return call_fail(c);
    const Node *x = c->arg[0].node;
    int64_t elems = type_elems(x->type), first = 0;
    if (!call_option(c, "dims") && x->type->n > 1 && elems != DIM_ANY) {
        c->arg[0].node = x = ir_reshape(c->b->ir, x, 1, &elems);
    }
    if (!read_dims(c, &a)) return call_fail(c);
    if (last && a.dims.n == 1 && elems != DIM_ANY) {
        first = a.dims.at[0];
        return expr_of(ir_arg_last(c->b->ir, op, x, (uint32_t)first, a.keep), c->ast->span);
    }
    return call_make(c, op, &a, 1, &x);
}

Expr call_reduce(Call *c) {
    AttrDims a = {0};
    Op op = reduction(c->fn->op);
    if (!call_tensor(c, 0)) return call_fail(c);
    if (op == OP_ARGMAX || op == OP_ARGMIN) return arg_best(c, op);
    return read_dims(c, &a) ? call_make(c, op, &a, 1, &c->arg[0].node) : call_fail(c);
}

/* Reductions that are expressions (ir/compose_reduce.c). */
Expr call_reduced(Call *c) {
    AttrDims a = {0};
    double p;
    const Ast *given = call_option(c, strcmp(c->fn->name, "norm") == 0 ? "p" : "correction");
    if (!call_tensor(c, 0) || !read_dims(c, &a)) return call_fail(c);
    if (given && !constant_double(c->b, given, "a parameter", &p)) return call_fail(c);
    const Node *x = c->arg[0].node;
    if (type_elems(x->type) == DIM_ANY) {
        diag_error(c->b->diags, E_SHAPE_MISMATCH, c->ast->span,
                   arena_printf(c->b->arena, "%s: the shape of %s is known only at run time", c->fn->name,
                                bind_type_text(c->b, x->type)));
        return call_fail(c);
    }
    const Node *n =
        ir_compose_reduce(c->b->ir, c->fn->name, x, a.dims.n, a.dims.at, a.keep, given ? &p : NULL);
    bind_origin(c->b, n, c->ast->span);
    return expr_of(n, c->ast->span);
}

Expr call_softmax(Call *c) {
    int64_t dim = -1;
    const Ast *given = call_option(c, "dim");
    if (!call_tensor(c, 0) || (given && !constant_int(c->b, given, "dim", &dim))) return call_fail(c);
    if (!call_dim(c, c->arg[0].node->type->n, &dim)) return call_fail(c);
    AttrDims a = {int_list(c, 1, &dim), false};
    return call_make(c, c->fn->op, &a, 1, &c->arg[0].node);
}

/* ---- shapes ---- */

/* Arguments from..n as whole numbers, or one list or tuple of them. */
bool call_ints(Call *c, uint32_t from, uint32_t *n, int64_t *out) {
    if (c->n == from + 1) return constant_ints(c->b, c->ast_arg[from], c->fn->name, TENSOR_MAX_RANK, n, out);
    *n = c->n - from;
    if (*n > TENSOR_MAX_RANK) return bad_dim(c, TENSOR_MAX_RANK, 0);
    for (uint32_t i = 0; i < *n; i++)
        if (!constant_int(c->b, c->ast_arg[from + i], c->fn->name, &out[i])) return false;
    return true;
}

/* One size may be -1: what the others leave. */
static void infer_size(const Type *t, uint32_t n, int64_t *shape) {
    int64_t elems = type_elems(t), known = 1;
    for (uint32_t i = 0; i < n; i++)
        if (shape[i] > 0 && __builtin_mul_overflow(known, shape[i], &known)) return;
    for (uint32_t i = 0; i < n; i++)
        if (shape[i] == -1 && elems != DIM_ANY && known > 0 && elems % known == 0) shape[i] = elems / known;
}

Expr call_reshape(Call *c) {
    int64_t shape[TENSOR_MAX_RANK];
    uint32_t n;
    if (!call_tensor(c, 0) || !call_ints(c, 1, &n, shape)) return call_fail(c);
    infer_size(c->arg[0].node->type, n, shape);
    AttrShape a = {int_list(c, n, shape)};
    return call_make(c, OP_RESHAPE, &a, 1, &c->arg[0].node);
}

/* Dimensions from start_dim on become one. */
Expr call_flatten(Call *c) {
    int64_t start = 0, shape[TENSOR_MAX_RANK];
    const Ast *given = call_option(c, "start_dim");
    if (!call_tensor(c, 0) || (given && !constant_int(c->b, given, "start_dim", &start))) return call_fail(c);
    const Type *t = c->arg[0].node->type;
    if (!call_dim(c, t->n, &start)) return call_fail(c);
    shape[start] = 1;
    for (uint32_t i = 0; i < t->n; i++) {
        if (i < start) shape[i] = t->dims[i];
        else if (t->dims[i] == DIM_ANY || shape[start] == DIM_ANY) shape[start] = DIM_ANY;
        else shape[start] *= t->dims[i];
    }
    AttrShape a = {int_list(c, (uint32_t)start + 1, shape)};
    return call_make(c, OP_RESHAPE, &a, 1, &c->arg[0].node);
}

/* Without a permutation, all dimensions are reversed. */
Expr call_transpose(Call *c) {
    int64_t perm[TENSOR_MAX_RANK];
    if (!call_tensor(c, 0)) return call_fail(c);
    uint32_t n = c->arg[0].node->type->n;
    for (uint32_t i = 0; i < n; i++) perm[i] = n - 1 - i;
    if (c->n > 1 && !call_ints(c, 1, &n, perm)) return call_fail(c);
    AttrShape a = {int_list(c, n, perm)};
    return call_make(c, OP_TRANSPOSE, &a, 1, &c->arg[0].node);
}

Expr call_concat(Call *c) {
    int64_t axis = 0;
    const Ast *given = call_option(c, "dim");
    const Node **in = ARENA_ARRAY(c->b->arena, const Node *, c->n);
    if (given && !constant_int(c->b, given, "dim", &axis)) return call_fail(c);
    for (uint32_t i = 0; i < c->n; i++) {
        if (!call_tensor(c, i)) return call_fail(c);
        in[i] = c->arg[i].node;
    }
    if (!call_dim(c, in[0]->type->n, &axis)) return call_fail(c);
    return call_make(c, OP_CONCAT, &(AttrAxis){axis}, c->n, in);
}

/* ---- vectors from columns ---- */

/* Numbers only: TENSOR elements are never text, and a DECIMAL becomes a DOUBLE. */
static bool element_type(Call *c, const Type **out) {
    const Type *t = NULL;
    for (uint32_t i = 0; i < c->n; i++) {
        if (!call_value(c, i)) return false;
        const Type *own = c->arg[i].node->type;
        if (!type_is_numeric(own) && own->kind != TY_BOOL) {
            diag_error(c->b->diags, E_ARGUMENT_TYPE, c->ast_arg[i]->span, c->fn->name, "numbers",
                       bind_type_text(c->b, own));
            return false;
        }
        if (own->kind == TY_BOOL) own = type_nullable(type_get(c->b->types, TY_U8), own->nullable);
        t = t ? type_common(c->b->types, t, own) : own;
    }
    *out = t->kind == TY_DECIMAL ? type_get(c->b->types, TY_F64) : t;
    return true;
}

Expr call_vector(Call *c) {
    const Type *t;
    bool reported;
    const Node **in = ARENA_ARRAY(c->b->arena, const Node *, c->n);
    if (!element_type(c, &t)) return call_fail(c);
    for (uint32_t i = 0; i < c->n; i++)
        if (!(in[i] = bind_convert(c->b, c->arg[i], t, CONVERT_EXPLICIT, &reported))) return call_fail(c);
    return call_make(c, OP_STACK, &(AttrAxis){0}, c->n, in);
}

/* onehot(col, ['a', 'b', 'c']): element i is 1 where col is the i-th value; all 0 for another value. */
Expr call_onehot(Call *c) {
    if (c->n > 1 && c->arg[0].node && c->arg[0].node->type->kind == TY_TENSOR) return call_onehot_tensor(c);
    if (c->n < 2) {
        bind_no(c->b, c->ast->span, "onehot without its list of values");
        diag_help(c->b->diags, "write them: onehot(col, ['a', 'b'])");
        return call_fail(c);
    }
    const Ast *list = c->ast_arg[1];
    if (list->kind != A_ARRAY || !c->arg[0].node) {
        diag_error(c->b->diags, E_NOT_CONSTANT, list->span, "the second argument of onehot",
                   "a list of constants");
        return call_fail(c);
    }
    const Ast *items = list->kid[ARRAY_ITEMS];
    Expr *e = ARENA_ARRAY(c->b->arena, Expr, items->n + 1);
    Scope none = {.clause = "a list of onehot"};
    e[0] = c->arg[0];
    if (!bind_exprs(c->b, &none, items, e + 1)) return call_fail(c);
    if (!bind_unify(c->b, items->n + 1, e, "onehot", c->ast->span)) return call_fail(c);
    const Node **in = ARENA_ARRAY(c->b->arena, const Node *, items->n + 1);
    for (uint32_t i = 0; i <= items->n; i++) in[i] = e[i].node;
    return call_make(c, OP_ONEHOT, NULL, items->n + 1, in);
}
