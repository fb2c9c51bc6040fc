/* Pooling: windows, adaptive windows, and means of powers. */
#include "frontend/layer.h"

/* Rounding up adds padding behind, but no window may start there (PyTorch): set->extra. */
static bool ceil_padding(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    for (uint32_t i = 0; i < n; i++) {
        int64_t size = s->in[0]->dims[1 + i], span = set->dilation[i] * (set->kernel[i] - 1) + 1;
        if (size == DIM_ANY) return input_reject(s, 0, "ceil_mode needs known sizes");
        int64_t room = size + 2 * set->before[i] - span;
        int64_t windows = (room + set->stride[i] - 1) / set->stride[i] + 1;
        if ((windows - 1) * set->stride[i] >= size + set->before[i]) windows--;
        int64_t after = (windows - 1) * set->stride[i] + span - size - set->before[i];
        set->extra[i] = after > set->after[i] ? after - set->after[i] : 0;
    }
    return true;
}

static bool half_padding(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    for (uint32_t i = 0; i < n; i++)
        if (2 * set->before[i] > set->kernel[i])
            return arg_reject(s, NULL, "padding is at most half of kernel_size");
    return true;
}

static bool is_max(LayerKind k) { return *layer_kind_text(k) == 'm'; }

bool layer_settle_pool(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind);
    bool ceil_mode, average = !is_max(s->layer->kind);
    if (!input_one(s) || !window_args(s, n, true) || !arg_bool(s, "ceil_mode", false, &ceil_mode))
        return false;
    if (!arg_bool(s, "count_include_pad", average, &set->count_pad) ||
        !arg_int(s, "divisor_override", 0, 1, &set->divisor))
        return false;
    if (!input_rank(s, n + 1, input_form(n)) || !window_fits(s, n) || !half_padding(s, n)) return false;
    if (set->divisor)
        for (uint32_t i = 0; i < n; i++)
            if (!input_known(s, i + 1)) return false;
    return !ceil_mode || ceil_padding(s, n);
}

static const Node *pooled(Build *m, Op op, const Node *x, const int64_t *before, const int64_t *after,
                          bool count_pad) {
    const LayerSettings *s = &m->l->set;
    if (!x) return NULL;
    uint32_t n = x->type->n - 1;
    AttrPool a = {nn_ints(m, n, s->kernel), nn_ints(m, n, s->stride),   nn_ints(m, n, before),
                  nn_ints(m, n, after),     nn_ints(m, n, s->dilation), count_pad};
    return nn_make(m, op, &a, 1, &x);
}

/* Zeros that count stand in the input itself where the window may reach beyond them: then what is inside is
 * counted. */
static const Node *padded_mean(Build *m, const int64_t *after) {
    static const int64_t none[3] = {0, 0, 0};
    const LayerSettings *s = &m->l->set;
    const Node *x = m->in[0];
    for (uint32_t i = 0, n = x->type->n - 1; i < n; i++)
        x = nn_pad(m, x, i + 1, PAD_VALUE, s->before[i], after[i], 0);
    return pooled(m, OP_AVG_POOL, x, none, after == s->after ? s->extra : none, false);
}

/* The mean over whole windows, times their size. */
static const Node *window_sums(Build *m, const int64_t *after) {
    const LayerSettings *s = &m->l->set;
    double area = 1;
    for (uint32_t i = 0; i + 1 < m->in[0]->type->n; i++) area *= (double)s->kernel[i];
    return nn_op(m, OP_MUL, padded_mean(m, after), area);
}

const Node *layer_build_pool(Build *m) {
    const LayerSettings *s = &m->l->set;
    int64_t after[3];
    bool rounded_up = false;
    for (uint32_t i = 0; i < 3; i++) {
        after[i] = s->after[i] + s->extra[i];
        rounded_up |= s->extra[i] > 0;
    }
    if (is_max(m->l->kind)) return pooled(m, OP_MAX_POOL, m->in[0], s->before, after, false);
    if (s->divisor) return nn_op(m, OP_DIV, window_sums(m, after), (double)s->divisor);
    if (s->count_pad && rounded_up) return padded_mean(m, s->after);
    return pooled(m, OP_AVG_POOL, m->in[0], s->before, after, s->count_pad);
}

/* ---- (sum of x^p)^(1/p): NaN where the sum is negative, as in PyTorch ---- */

bool layer_settle_lp_pool(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind);
    bool ceil_mode;
    if (!input_one(s) || !arg_double(s, "norm_type", 0, &set->p) || !window_args(s, n, true) ||
        !arg_bool(s, "ceil_mode", false, &ceil_mode))
        return false;
    if (set->p == 0) return arg_reject(s, "norm_type", "norm_type is not 0");
    if (!input_rank(s, n + 1, input_form(n)) || !window_fits(s, n)) return false;
    return !ceil_mode || ceil_padding(s, n);
}

/* A window that ceil_mode lets reach beyond the input: its mean there, times the whole window, as PyTorch has
 * it. */
const Node *layer_build_lp_pool(Build *m) {
    const LayerSettings *s = &m->l->set;
    double area = 1;
    for (uint32_t i = 0; i + 1 < m->in[0]->type->n; i++) area *= (double)s->kernel[i];
    const Node *power = s->p == 2 ? nn_2(m, OP_MUL, m->in[0], m->in[0]) : nn_op(m, OP_POW, m->in[0], s->p);
    const Node *mean = pooled(m, OP_AVG_POOL, power, s->before, s->extra, false);
    const Node *sum = nn_op(m, OP_MUL, mean, area);
    return s->p == 2 ? nn_1(m, OP_SQRT, sum) : nn_op(m, OP_POW, sum, 1 / s->p);
}

/* ---- adaptive: window i of n reads [i size / n, ceil((i + 1) size / n)) ---- */

bool layer_settle_adaptive_pool(Settle *s) {
    static const int64_t none[3] = {0, 0, 0};
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind);
    if (!input_one(s) || !arg_spatial(s, "output_size", n, none, 1, set->kernel)) return false;
    if (!input_rank(s, n + 1, input_form(n))) return false;
    for (uint32_t i = 1; i <= n; i++)
        if (!input_known(s, i)) return false;
    return true;
}

static const Node *uniform_windows(Build *m, Op op, const int64_t *kernel) {
    static const int64_t none[3] = {0, 0, 0}, ones[3] = {1, 1, 1};
    uint32_t n = m->in[0]->type->n - 1;
    AttrPool a = {nn_ints(m, n, kernel), nn_ints(m, n, kernel), nn_ints(m, n, none),
                  nn_ints(m, n, none),   nn_ints(m, n, ones),   false};
    return nn_make(m, op, &a, 1, m->in);
}

/* Along one dimension, window after window: a box's maximum or mean is that of its lines'. */
static const Node *uneven_windows(Build *m, Op op, const Node *x, uint32_t dim, int64_t windows) {
    if (!x) return NULL;
    int64_t size = x->type->dims[dim], d = dim;
    const Node **parts = ARENA_ARRAY(m->b->arena, const Node *, windows);
    for (int64_t i = 0; i < windows; i++) {
        const Node *part = nn_slice(m, x, dim, i * size / windows, ((i + 1) * size + windows - 1) / windows);
        parts[i] = nn_reduce(m, op, part, 1, &d, true);
    }
    return nn_concat(m, dim, (uint32_t)windows, parts);
}

const Node *layer_build_adaptive_pool(Build *m) {
    const Node *x = m->in[0];
    bool max = strstr(layer_kind_text(m->l->kind), "max") != NULL, even = true;
    int64_t kernel[3];
    for (uint32_t i = 0; i + 1 < x->type->n; i++) {
        int64_t size = x->type->dims[i + 1], windows = m->l->set.kernel[i];
        kernel[i] = size / windows;
        even = even && size % windows == 0;
    }
    if (even) return uniform_windows(m, max ? OP_MAX_POOL : OP_AVG_POOL, kernel);
    for (uint32_t i = 1; i < m->in[0]->type->n; i++)
        x = uneven_windows(m, max ? OP_MAX : OP_MEAN, x, i, m->l->set.kernel[i - 1]);
    return x;
}
