/* Layers that move or join elements. */
#include "frontend/layer.h"

bool layer_settle_flatten(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_dim(s, "start_dim", 1, &set->dim) || !arg_dim(s, "end_dim", -1, &set->last))
        return false;
    return set->last >= set->dim || arg_reject(s, "end_dim", "end_dim is not before start_dim");
}

const Node *layer_build_flatten(Build *m) {
    uint32_t from = (uint32_t)m->l->set.dim;
    return nn_merge(m, m->in[0], from, (uint32_t)m->l->set.last - from + 1);
}

static bool shape_arg(Settle *s, const char *name) {
    LayerSettings *set = &s->layer->set;
    const Ast *t = arg_given(s, name);
    if (!arg_ints(s, name, TENSOR_MAX_RANK, &set->n_shape, set->shape)) return false;
    for (uint32_t i = 0; i < set->n_shape; i++)
        if (!arg_in_range(s, t, name, 1, set->shape[i])) return false;
    return true;
}

static int64_t product(const LayerSettings *set) {
    int64_t n = 1;
    for (uint32_t i = 0; i < set->n_shape; i++)
        if (__builtin_mul_overflow(n, set->shape[i], &n)) return INT64_MAX;
    return n;
}

bool layer_settle_reshape(Settle *s) {
    if (!input_one(s) || !shape_arg(s, "shape")) return false;
    int64_t elems = type_elems(s->in[0]), want = product(&s->layer->set);
    return elems == DIM_ANY || want == elems ||
           input_reject(s, 0, "the shape has %lld elements, not %lld", (long long)want, (long long)elems);
}

const Node *layer_build_reshape(Build *m) {
    return nn_reshape(m, m->in[0], m->l->set.n_shape, m->l->set.shape);
}

/* dimension `dim` becomes several */
bool layer_settle_unflatten(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_dim(s, "dim", 1, &set->dim) || !shape_arg(s, "unflattened_size")) return false;
    if (s->in[0]->n + set->n_shape - 1 > TENSOR_MAX_RANK)
        return input_reject(s, 0, "a tensor has at most %d dimensions", TENSOR_MAX_RANK);
    int64_t size = s->in[0]->dims[set->dim], want = product(set);
    return size == DIM_ANY || want == size ||
           input_reject(s, 0, "the sizes make %lld, not %lld", (long long)want, (long long)size);
}

const Node *layer_build_unflatten(Build *m) {
    return nn_split(m, m->in[0], (uint32_t)m->l->set.dim, m->l->set.n_shape, m->l->set.shape);
}

/* one place of a dimension, which goes; -1 is the last */
bool layer_settle_take(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_dim(s, "dim", 1, &set->dim) || !input_known(s, (uint32_t)set->dim))
        return false;
    if (s->in[0]->n < 2) return input_reject(s, 0, "nothing but a number would be left");
    if (!constant_int(s->b, arg_given(s, "index"), "index", &set->last)) return false;
    int64_t size = s->in[0]->dims[set->dim];
    if (set->last < 0) set->last += size;
    return (set->last >= 0 && set->last < size) ||
           arg_reject(s, "index", "the dimension has %lld places", (long long)size);
}

const Node *layer_build_take(Build *m) {
    uint32_t d = (uint32_t)m->l->set.dim;
    int64_t at = m->l->set.last;
    return nn_split(m, nn_slice(m, m->in[0], d, at, at + 1), d, 0, NULL);
}

/* ---- channels to pixels and back ---- */

/* (C r^2, H, W) to (C, H r, W r), or the reverse */
bool layer_settle_pixel_shuffle(Settle *s) {
    LayerSettings *set = &s->layer->set;
    bool up = s->layer->kind == LAYER_PIXEL_SHUFFLE;
    if (!input_one(s) || !arg_int(s, up ? "upscale_factor" : "downscale_factor", 1, 1, &set->groups))
        return false;
    if (!input_rank(s, 3, input_form(2)) || !input_all_known(s)) return false;
    int64_t r = set->groups;
    const int64_t *d = s->in[0]->dims;
    if (up)
        return d[0] % (r * r) == 0 ||
               input_reject(s, 0, "%lld does not divide the channels", (long long)(r * r));
    return (d[1] % r == 0 && d[2] % r == 0) ||
           input_reject(s, 0, "%lld does not divide height and width", (long long)r);
}

const Node *layer_build_pixel_shuffle(Build *m) {
    const Node *x = m->in[0];
    const int64_t *d = x->type->dims;
    int64_t r = m->l->set.groups;
    if (m->l->kind == LAYER_PIXEL_SHUFFLE) {
        x = nn_reshape(m, x, 5, (int64_t[]){d[0] / (r * r), r, r, d[1], d[2]});
        x = nn_make(m, OP_TRANSPOSE, &(AttrShape){nn_ints(m, 5, (int64_t[]){0, 3, 1, 4, 2})}, 1, &x);
        return nn_merge(m, nn_merge(m, x, 3, 2), 1, 2);
    }
    x = nn_reshape(m, x, 5, (int64_t[]){d[0], d[1] / r, r, d[2] / r, r});
    x = nn_make(m, OP_TRANSPOSE, &(AttrShape){nn_ints(m, 5, (int64_t[]){0, 2, 4, 1, 3})}, 1, &x);
    return nn_merge(m, x, 0, 3);
}

/* (g, C / g) becomes (C / g, g) */
bool layer_settle_channel_shuffle(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_int(s, "groups", 1, 1, &set->groups) || !input_known(s, 0)) return false;
    return s->in[0]->dims[0] % set->groups == 0 ||
           input_reject(s, 0, "%lld groups do not divide %lld channels", (long long)set->groups,
                        (long long)s->in[0]->dims[0]);
}

const Node *layer_build_channel_shuffle(Build *m) {
    int64_t g = m->l->set.groups;
    const Node *x = nn_split(m, m->in[0], 0, 2, (int64_t[]){g, m->in[0]->type->dims[0] / g});
    return nn_merge(m, nn_transpose(m, x, 0, 1), 0, 2);
}

/* ---- several inputs ---- */

static bool sizes_meet(int64_t a, int64_t b) { return a == b || a == DIM_ANY || b == DIM_ANY; }

/* All shapes equal, but for dimension `but` (-1: none). */
static bool same_shapes(Settle *s, int64_t but) {
    for (uint32_t i = 1; i < s->n_in; i++) {
        bool same = s->in[i]->n == s->in[0]->n;
        for (uint32_t d = 0; same && d < s->in[0]->n; d++)
            same = d == but || sizes_meet(s->in[0]->dims[d], s->in[i]->dims[d]);
        if (!same) return input_reject(s, i, "%s yields %s", s->from[0], bind_type_text(s->b, s->in[0]));
    }
    return true;
}

bool layer_settle_join(Settle *s) { return input_several(s) && same_shapes(s, -1); }

const Node *layer_build_join(Build *m) {
    const Node *y = m->in[0];
    for (uint32_t i = 1; i < m->l->n_in; i++)
        y = nn_2(m, m->l->kind == LAYER_MUL ? OP_MUL : OP_ADD, y, m->in[i]);
    return y;
}

bool layer_settle_concat(Settle *s) {
    return input_several(s) && arg_dim(s, "dim", 1, &s->layer->set.dim) && same_shapes(s, s->layer->set.dim);
}

const Node *layer_build_concat(Build *m) { return nn_concat(m, m->l->set.dim, m->l->n_in, m->in); }
