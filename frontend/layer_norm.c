/* Normalisations: with running statistics (batch_norm, a node of its own), or with those of the row. */
#include "frontend/layer.h"
#include <float.h>

static bool eps_arg(Settle *s, double otherwise) {
    LayerSettings *set = &s->layer->set;
    if (!arg_double(s, "eps", otherwise, &set->eps)) return false;
    return (set->eps >= 0 && set->eps < 1) ||
           arg_reject(s, "eps", "eps is a small number: the sizes of %s are those of its input",
                      layer_kind_text(s->layer->kind));
}

/* ---- batch_norm ---- */

/* x (C, ..)  weight, bias, running_mean, running_var (C) */
bool layer_settle_batch_norm(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind);
    if (!input_one(s) || !eps_arg(s, 1e-5) || !arg_double(s, "momentum", 0.1, &set->momentum) ||
        !arg_bool(s, "affine", true, &set->affine))
        return false;
    uint32_t rank = s->in[0]->n;
    if (n == 1 && rank != 1 && rank != 2)
        return input_reject(s, 0, "it takes (channels) or (channels, length)");
    if (n > 1 && !input_rank(s, n + 1, input_form(n))) return false;
    if (!input_known(s, 0)) return false;
    set->in = set->out = s->in[0]->dims[0];
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};
    for (int i = set->affine ? 0 : 2; i < 4; i++) layer_tensor(s, names[i], 1, &set->in);
    return true;
}

/* The number v for every channel. */
static const Node *for_channels(Build *m, const Node *like, double v) {
    return nn_op(m, OP_ADD, nn_op(m, OP_MUL, like, 0), v);
}

const Node *layer_build_batch_norm(Build *m) {
    bool affine = m->l->set.affine;
    uint32_t stats = affine ? 2 : 0;
    const Node *mean = nn_weight(m, stats), *var = nn_weight(m, stats + 1);
    const Node *in[] = {m->in[0], affine ? nn_weight(m, 0) : for_channels(m, var, 1),
                        affine ? nn_weight(m, 1) : for_channels(m, var, 0), mean, var};
    return nn_make(m, OP_BATCH_NORM, &(AttrNorm){m->l->set.eps}, 5, in);
}

/* ---- with the row's own statistics ----
 * (x - mean) / sqrt(mean((x - mean)^2) + eps) over the dimensions `dims`: two passes, as nothing cancels then
 */
static const Node *normalised(Build *m, const Node *x, uint32_t n, const int64_t *dims) {
    const Node *centred = nn_2(m, OP_SUB, x, nn_reduce(m, OP_MEAN, x, n, dims, true));
    const Node *var = nn_reduce(m, OP_MEAN, nn_2(m, OP_MUL, centred, centred), n, dims, true);
    return nn_2(m, OP_DIV, centred, nn_1(m, OP_SQRT, nn_op(m, OP_ADD, var, m->l->set.eps)));
}

static const Node *scaled(Build *m, const Node *x, const Node *weight, const Node *bias) {
    if (weight) x = nn_2(m, OP_MUL, x, weight);
    return bias ? nn_2(m, OP_ADD, x, bias) : x;
}

/* The last dimensions, as normalized_shape names them. */
static bool normalized_shape(Settle *s) {
    LayerSettings *set = &s->layer->set;
    const Type *x = s->in[0];
    if (!arg_ints(s, "normalized_shape", TENSOR_MAX_RANK, &set->n_shape, set->shape)) return false;
    for (uint32_t i = 0; i < set->n_shape; i++)
        if (!arg_in_range(s, arg_given(s, "normalized_shape"), "normalized_shape", 1, set->shape[i]))
            return false;
    bool same = set->n_shape <= x->n;
    for (uint32_t i = 0; same && i < set->n_shape; i++)
        same = set->shape[i] == x->dims[x->n - set->n_shape + i];
    return same || input_reject(s, 0, "its last dimensions are not normalized_shape");
}

static uint32_t last_dims(const Node *x, uint32_t n, int64_t *dims) {
    for (uint32_t i = 0; i < n; i++) dims[i] = x->type->n - n + i;
    return n;
}

/* x (.., S)  weight, bias (S) */
bool layer_settle_layer_norm(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !normalized_shape(s) || !eps_arg(s, 1e-5) ||
        !arg_bool(s, "elementwise_affine", true, &set->affine) || !arg_bool(s, "bias", true, &set->bias))
        return false;
    set->bias = set->bias && set->affine;
    if (set->affine) layer_tensor(s, "weight", set->n_shape, set->shape);
    if (set->bias) layer_tensor(s, "bias", set->n_shape, set->shape);
    return true;
}

const Node *nn_layer_norm(Build *m, const Node *x, uint32_t n, const Node *weight, const Node *bias) {
    int64_t dims[TENSOR_MAX_RANK];
    if (!x) return NULL;
    last_dims(x, n, dims);
    return scaled(m, normalised(m, x, n, dims), weight, bias);
}

const Node *layer_build_layer_norm(Build *m) {
    const LayerSettings *s = &m->l->set;
    return nn_layer_norm(m, m->in[0], s->n_shape, s->affine ? nn_weight(m, 0) : NULL,
                         s->bias ? nn_weight(m, 1) : NULL);
}

/* x (.., S)  weight (S):  x / sqrt(mean(x^2) + eps), eps the element type's own when it is not given */
bool layer_settle_rms_norm(Settle *s) {
    LayerSettings *set = &s->layer->set;
    double own = s->in[0]->elem->kind == TY_F64 ? DBL_EPSILON : FLT_EPSILON;
    if (!input_one(s) || !normalized_shape(s) || !eps_arg(s, own) ||
        !arg_bool(s, "elementwise_affine", true, &set->affine))
        return false;
    if (set->affine) layer_tensor(s, "weight", set->n_shape, set->shape);
    return true;
}

const Node *layer_build_rms_norm(Build *m) {
    const LayerSettings *s = &m->l->set;
    const Node *x = m->in[0];
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t n = last_dims(x, s->n_shape, dims);
    const Node *square = nn_reduce(m, OP_MEAN, nn_2(m, OP_MUL, x, x), n, dims, true);
    const Node *y = nn_2(m, OP_DIV, x, nn_1(m, OP_SQRT, nn_op(m, OP_ADD, square, s->eps)));
    return scaled(m, y, s->affine ? nn_weight(m, 0) : NULL, NULL);
}

/* ---- over groups of channels ---- */

static bool channels_and_tensors(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_known(s, 0)) return false;
    set->in = set->out = s->in[0]->dims[0];
    if (set->affine) layer_tensor(s, "weight", 1, &set->in);
    if (set->affine) layer_tensor(s, "bias", 1, &set->in);
    return true;
}

/* x (C, ..)  weight, bias (C) */
bool layer_settle_group_norm(Settle *s) {
    LayerSettings *set = &s->layer->set;
    int64_t channels;
    if (!input_one(s) || !arg_int(s, "num_groups", 1, 1, &set->groups) ||
        !arg_int(s, "num_channels", 0, 1, &channels) || !eps_arg(s, 1e-5) ||
        !arg_bool(s, "affine", true, &set->affine) || !channels_and_tensors(s))
        return false;
    if (channels && channels != set->in)
        return input_reject(s, 0, "num_channels is %lld", (long long)channels);
    return set->in % set->groups == 0 || input_reject(s, 0, "%lld groups do not divide %lld channels",
                                                      (long long)set->groups, (long long)set->in);
}

/* x (C, ..): every channel is a group; with running statistics it is a batch_norm */
bool layer_settle_instance_norm(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind);
    if (!input_one(s) || !eps_arg(s, 1e-5) || !arg_double(s, "momentum", 0.1, &set->momentum) ||
        !arg_bool(s, "affine", false, &set->affine) ||
        !arg_bool(s, "track_running_stats", false, &set->tracked) || !input_rank(s, n + 1, input_form(n)) ||
        !channels_and_tensors(s))
        return false;
    set->groups = set->in;
    if (set->tracked) layer_tensor(s, "running_mean", 1, &set->in);
    if (set->tracked) layer_tensor(s, "running_var", 1, &set->in);
    return true;
}

const Node *layer_build_group_norm(Build *m) {
    const LayerSettings *s = &m->l->set;
    const Node *x = m->in[0];
    int64_t dims[TENSOR_MAX_RANK];
    uint32_t rank = x->type->n;
    const Node *groups = nn_split(m, x, 0, 2, (int64_t[]){s->groups, s->in / s->groups});
    for (uint32_t d = 0; d < rank; d++) dims[d] = d + 1;
    const Node *y = nn_merge(m, groups ? normalised(m, groups, rank, dims) : NULL, 0, 2);
    if (!s->affine) return y;
    return scaled(m, y, nn_per_channel(m, nn_weight(m, 0), rank), nn_per_channel(m, nn_weight(m, 1), rank));
}

const Node *layer_build_instance_norm(Build *m) {
    return m->l->set.tracked ? layer_build_batch_norm(m) : layer_build_group_norm(m);
}

/* ---- x / (k + alpha / size * sum of the squares of `size` channels round it)^beta ---- */

bool layer_settle_local_response_norm(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_int(s, "size", 1, 1, &set->kernel[0]) ||
        !arg_double(s, "alpha", 1e-4, &set->a) || !arg_double(s, "beta", 0.75, &set->b) ||
        !arg_double(s, "k", 1, &set->c))
        return false;
    if (s->in[0]->n < 2) return input_reject(s, 0, "it takes (channels, ..)");
    return input_all_known(s);
}

/* The mean over a window along the channels, zeros beyond: size / 2 before and (size - 1) / 2 behind. */
static const Node *window_mean(Build *m, const Node *x, int64_t size) {
    const Type *t = m->in[0]->type;
    static const int64_t one[2] = {1, 1};
    AttrPool a = {nn_ints(m, 2, (int64_t[]){size, 1}),
                  nn_ints(m, 2, one),
                  nn_ints(m, 2, (int64_t[]){size / 2, 0}),
                  nn_ints(m, 2, (int64_t[]){(size - 1) / 2, 0}),
                  nn_ints(m, 2, one),
                  true};
    const Node *plane = nn_reshape(m, x, 3, (int64_t[]){1, t->dims[0], type_elems(t) / t->dims[0]});
    return nn_reshape(m, nn_make(m, OP_AVG_POOL, &a, 1, &plane), t->n, t->dims);
}

const Node *layer_build_local_response_norm(Build *m) {
    const LayerSettings *s = &m->l->set;
    const Node *x = m->in[0], *mean = window_mean(m, nn_2(m, OP_MUL, x, x), s->kernel[0]);
    const Node *base = nn_op(m, OP_ADD, nn_op(m, OP_MUL, mean, s->a), s->c);
    return nn_2(m, OP_DIV, x, nn_op(m, OP_POW, base, s->b));
}
