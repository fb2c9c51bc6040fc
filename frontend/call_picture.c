/* Functions of pictures, tensors (channels, height, width): torchvision's, with its numbers. */
#include "frontend/constant.h"
#include "frontend/function.h"
#include "frontend/layer.h"
#include "ir/tensor_build.h"
#include <math.h>

enum { SIDE_MOST = 1 << 16 };

static Expr done(Call *c, const Node *n) {
    if (n) bind_origin(c->b, n, c->ast->span);
    return n ? expr_of(n, c->ast->span) : call_fail(c);
}

static bool reject(Call *c, const char *why) {
    diag_error(c->b->diags, E_SHAPE_MISMATCH, c->ast->span, arena_printf(c->b->arena, "%s: %s", c->fn->name, why));
    return false;
}

/* Argument 0 is numbers (C, H, W), known when compiling. */
static bool picture(Call *c) {
    if (!call_tensor(c, 0)) return false;
    const Type *t = c->arg[0].node->type;
    if (t->n == 3 && type_elems(t) != DIM_ANY && type_is_numeric(t->elem)) return true;
    return reject(c, arena_printf(c->b->arena, "it takes numbers (channels, height, width), not %s", bind_type_text(c->b, t)));
}

static bool side(Call *c, uint32_t i, int64_t least, int64_t *out) {
    if (!constant_int(c->b, c->ast_arg[i], c->fn->name, out)) return false;
    return (*out >= least && *out <= SIDE_MOST) ||
           reject(c, arena_printf(c->b->arena, "%lld is not from %lld to %d", (long long)*out, (long long)least, SIDE_MOST));
}

/* resize(image, height, width, antialias => TRUE): bilinear; FLOAT32 of integers */
Expr call_resize(Call *c) {
    int64_t h, w;
    bool antialias = true;
    const Ast *given = call_option(c, "antialias");
    if (!picture(c) || !side(c, 1, 1, &h) || !side(c, 2, 1, &w)) return call_fail(c);
    if (given && !constant_bool(c->b, given, "antialias", &antialias)) return call_fail(c);
    return done(c, layer_bilinear(c->b, c->arg[0].node, h, w, antialias, c->ast->span));
}

static Expr cut(Call *c, int64_t top, int64_t left, int64_t h, int64_t w) {
    const Type *t = c->arg[0].node->type;
    if (top < 0 || left < 0 || top + h > t->dims[1] || left + w > t->dims[2]) {
        reject(c, arena_printf(c->b->arena, "%lld x %lld from (%lld, %lld) on is not inside of %s", (long long)h, (long long)w,
                               (long long)top, (long long)left, bind_type_text(c->b, t)));
        return call_fail(c);
    }
    return done(c, ir_slice(c->b->ir, c->arg[0].node, (int64_t[]){0, top, left}, (int64_t[]){t->dims[0], top + h, left + w}));
}

/* crop(image, top, left, height, width) */
Expr call_crop(Call *c) {
    int64_t top, left, h, w;
    bool ok = picture(c) && side(c, 1, 0, &top) && side(c, 2, 0, &left) && side(c, 3, 1, &h) && side(c, 4, 1, &w);
    return ok ? cut(c, top, left, h, w) : call_fail(c);
}

/* center_crop(image, height, width): where what is left over is odd, half is rounded to even */
Expr call_center_crop(Call *c) {
    int64_t h, w;
    if (!picture(c) || !side(c, 1, 1, &h) || !side(c, 2, 1, &w)) return call_fail(c);
    const int64_t *dims = c->arg[0].node->type->dims;
    return cut(c, (int64_t)rint((double)(dims[1] - h) / 2), (int64_t)rint((double)(dims[2] - w) / 2), h, w);
}

static const Node *make2(Call *c, Op op, const Node *x, const Node *y) {
    return x && y ? bind_make2(c->b, c->ast->span, op, x, y) : NULL;
}

/* A number a channel, or one for all, as (C, 1, 1). */
static const Node *per_channel(Call *c, uint32_t i) {
    const Node *x = c->arg[0].node;
    const Ast *t = c->ast_arg[i];
    int64_t n = x->type->dims[0], dims[] = {n, 1, 1};
    uint32_t given = t->kind == A_ARRAY ? t->kid[0]->n : 1;
    if (given != 1 && given != n) {
        reject(c, arena_printf(c->b->arena, "%u numbers for the channels of %s", given, bind_type_text(c->b, x->type)));
        return NULL;
    }
    const Type *elem = type_get(c->b->types, x->type->elem->kind == TY_F64 ? TY_F64 : TY_F32);
    Value v = {.type = type_tensor(c->b->types, elem, 3, dims)};
    v.t.data = arena_alloc(c->b->arena, (size_t)n * sizeof(double));
    for (int64_t k = 0; k < n; k++) {
        double number;
        const Ast *at = t->kind == A_ARRAY ? t->kid[0]->kid[given == 1 ? 0 : k] : t;
        if (!constant_double(c->b, at, c->fn->name, &number)) return NULL;
        Value one = elem->kind == TY_F64 ? value_f64(c->b->types, number) : (Value){.type = elem, .f32 = (float)number};
        tensor_set(&v, k, &one);
    }
    return ir_const(c->b->ir, v);
}

/* normalize(image, [mean, ..], [std, ..]): (x - mean) / std of each channel */
Expr call_normalize(Call *c) {
    if (!picture(c)) return call_fail(c);
    const Node *mean = per_channel(c, 1), *std = per_channel(c, 2);
    return done(c, make2(c, OP_DIV, make2(c, OP_SUB, c->arg[0].node, mean), std));
}

static const Node *channel(Call *c, int64_t i, double weight) {
    const Node *x = c->arg[0].node;
    const Node *plane = ir_slice(c->b->ir, x, (int64_t[]){i, 0, 0}, (int64_t[]){i + 1, x->type->dims[1], x->type->dims[2]});
    return make2(c, OP_MUL, plane, ir_number(c->b->ir, type_get(c->b->types, x->type->elem->kind == TY_F64 ? TY_F64 : TY_F32), weight));
}

/* grayscale(image): 0.2989 red + 0.587 green + 0.114 blue, cut to whole numbers of integers */
Expr call_grayscale(Call *c) {
    if (!picture(c)) return call_fail(c);
    const Type *t = c->arg[0].node->type;
    if (t->dims[0] != 3) {
        reject(c, arena_printf(c->b->arena, "it takes 3 channels, not %s", bind_type_text(c->b, t)));
        return call_fail(c);
    }
    const Node *y = make2(c, OP_ADD, make2(c, OP_ADD, channel(c, 0, 0.2989), channel(c, 1, 0.587)), channel(c, 2, 0.114));
    if (!y || !type_is_integer(t->elem)) return done(c, y);
    AttrCast to = {type_tensor(c->b->types, type_nullable(t->elem, false), 3, y->type->dims), false};
    const Node *whole = bind_make1(c->b, c->ast->span, OP_FLOOR, y);
    return whole ? done(c, bind_make(c->b, c->ast->span, OP_CAST, &to, 1, &whole)) : call_fail(c);
}
