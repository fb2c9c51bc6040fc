/* Elementwise layers, as expressions that lose no digits: functions of small numbers are not differences of
 * large ones. */
#include "frontend/layer.h"
#include <math.h>

static bool not_training(Settle *s) { return arg_double(s, "p", 0.5, &s->layer->set.p); }

/* Defaults of the arguments a, b and c, whatever they are called; what has no such argument ignores them. */
typedef struct Numbers {
    const char *name[3];
    double value[3];
} Numbers;

static const Numbers *numbers_of(LayerKind k) {
    static const Numbers known[LAYER_COUNT] = {
        [LAYER_LEAKY_RELU] = {{"negative_slope"}, {0.01}},
        [LAYER_RRELU] = {{"lower", "upper"}, {1.0 / 8, 1.0 / 3}},
        [LAYER_ELU] = {{"alpha"}, {1}},
        [LAYER_CELU] = {{"alpha"}, {1}},
        [LAYER_SOFTPLUS] = {{"beta", "threshold"}, {1, 20}},
        [LAYER_HARDTANH] = {{"min_val", "max_val"}, {-1, 1}},
        [LAYER_HARDSHRINK] = {{"lambd"}, {0.5}},
        [LAYER_SOFTSHRINK] = {{"lambd"}, {0.5}},
        [LAYER_THRESHOLD] = {{"threshold", "value"}, {0, 0}},
    };
    return &known[k];
}

bool layer_settle_pointwise(Settle *s) {
    static const char *const approximations[] = {"none", "tanh", NULL};
    LayerSettings *set = &s->layer->set;
    const Numbers *numbers = numbers_of(s->layer->kind);
    double *to[] = {&set->a, &set->b, &set->c};
    if (!input_one(s) || !not_training(s) || !arg_word(s, "approximate", approximations, &set->mode))
        return false;
    for (int i = 0; i < 3 && numbers->name[i]; i++)
        if (!arg_double(s, numbers->name[i], numbers->value[i], to[i])) return false;
    if (s->layer->kind == LAYER_SOFTPLUS && set->a <= 0) return arg_reject(s, "beta", "beta is above 0");
    if (s->layer->kind == LAYER_CELU && set->a == 0) return arg_reject(s, "alpha", "alpha is not 0");
    if (s->layer->kind == LAYER_HARDTANH && set->a > set->b)
        return arg_reject(s, NULL, "min_val is at most max_val");
    return true;
}

/* ---- parts ---- */

static const Node *mul(Build *m, const Node *x, const Node *y) { return nn_2(m, OP_MUL, x, y); }
static const Node *times(Build *m, const Node *x, double k) { return k == 1 ? x : nn_op(m, OP_MUL, x, k); }
static const Node *plus(Build *m, const Node *x, double k) { return k == 0 ? x : nn_op(m, OP_ADD, x, k); }
static const Node *at_most(Build *m, const Node *x, double k) { return nn_op(m, OP_MIN2, x, k); }
static const Node *at_least(Build *m, const Node *x, double k) { return nn_op(m, OP_MAX2, x, k); }
static const Node *relu(Build *m, const Node *x) { return nn_1(m, OP_RELU, x); }

/* 1 where x cmp k, else 0; of x's element type */
static const Node *where(Build *m, Op cmp, const Node *x, double k) {
    const Node *holds = nn_op(m, cmp, x, k);
    if (!holds) return NULL;
    AttrCast a = {type_tensor(m->b->types, x->type->elem, x->type->n, x->type->dims), false};
    return nn_make(m, OP_CAST, &a, 1, &holds);
}

/* e^x - 1 for x <= 0:  2 t / (1 - t),  t = tanh(x / 2) */
static const Node *exp_minus_1(Build *m, const Node *x) {
    const Node *t = nn_1(m, OP_TANH, times(m, x, 0.5));
    return nn_2(m, OP_DIV, times(m, t, 2), plus(m, times(m, t, -1), 1));
}

/* ln(1 + e^-|x|):  ln u + (e - (u - 1)) / u,  u = 1 + e rounded */
static const Node *log_1_plus_exp(Build *m, const Node *x) {
    const Node *e = nn_1(m, OP_EXP, times(m, nn_1(m, OP_ABS, x), -1));
    const Node *u = plus(m, e, 1), *lost = nn_2(m, OP_SUB, e, plus(m, u, -1));
    return nn_2(m, OP_ADD, nn_1(m, OP_LOG, u), nn_2(m, OP_DIV, lost, u));
}

/* max(x, 0) + ln(1 + e^-|b x|) / b; the line alone above the threshold */
static const Node *softplus(Build *m, const Node *x, double beta, double threshold) {
    const Node *bx = times(m, x, beta), *bend = times(m, log_1_plus_exp(m, bx), 1 / beta);
    if (threshold < 20) bend = mul(m, bend, where(m, OP_LE, bx, threshold));
    return nn_2(m, OP_ADD, relu(m, x), bend);
}

/* max(x, 0) + a (e^(min(x, 0) / b) - 1) */
static const Node *elu(Build *m, const Node *x, double a, double b) {
    const Node *below = exp_minus_1(m, times(m, at_most(m, x, 0), 1 / b));
    return nn_2(m, OP_ADD, relu(m, x), times(m, below, a));
}

static const Node *clip(Build *m, const Node *x, double lo, double hi) {
    return at_most(m, at_least(m, x, lo), hi);
}
static const Node *hardsigmoid(Build *m, const Node *x) {
    return times(m, clip(m, plus(m, x, 3), 0, 6), 1.0 / 6);
}

/* ---- each ---- */

const Node *nn_gelu(Build *m, const Node *x, bool by_tanh) {
    const Node *half = times(m, x, 0.5);
    if (!by_tanh) return mul(m, half, plus(m, nn_1(m, OP_ERF, times(m, x, sqrt(0.5))), 1));
    const Node *cube = mul(m, mul(m, x, x), x), *arg = nn_2(m, OP_ADD, x, times(m, cube, 0.044715));
    return mul(m, half, plus(m, nn_1(m, OP_TANH, times(m, arg, 2 / sqrt(acos(-1)) * sqrt(0.5))), 1));
}

static const Node *selu(Build *m, const Node *x) {
    const double alpha = 1.6732632423543772848170429916717, scale = 1.0507009873554804934193349852946;
    return times(m, elu(m, x, alpha, 1), scale);
}

/* x above the threshold, else the value: max(x, t) + (v - t) */
static const Node *threshold(Build *m, const Node *x) {
    double t = m->l->set.a, v = m->l->set.b;
    return nn_2(m, OP_ADD, at_least(m, x, t), times(m, where(m, OP_LE, x, t), v - t));
}

static const Node *softshrink(Build *m, const Node *x) {
    double k = m->l->set.a;
    return nn_2(m, OP_SUB, relu(m, plus(m, x, -k)), relu(m, plus(m, times(m, x, -1), -k)));
}

static const Node *activation(Build *m, LayerKind kind, const Node *x) {
    const LayerSettings *s = &m->l->set;
    switch ((int)kind) {
    case LAYER_RELU: return relu(m, x);
    case LAYER_RELU6: return at_most(m, relu(m, x), 6);
    case LAYER_LEAKY_RELU: return nn_make(m, OP_LEAKY_RELU, &(AttrSlope){s->a}, 1, &x);
    case LAYER_RRELU: return nn_make(m, OP_LEAKY_RELU, &(AttrSlope){(s->a + s->b) / 2}, 1, &x);
    case LAYER_SIGMOID: return nn_1(m, OP_SIGMOID, x);
    case LAYER_TANH: return nn_1(m, OP_TANH, x);
    case LAYER_ELU: return elu(m, x, s->a, 1);
    case LAYER_CELU: return elu(m, x, s->a, s->a);
    case LAYER_SELU: return selu(m, x);
    case LAYER_GELU: return nn_gelu(m, x, s->mode);
    case LAYER_SILU: return mul(m, x, nn_1(m, OP_SIGMOID, x));
    case LAYER_MISH: return mul(m, x, nn_1(m, OP_TANH, softplus(m, x, 1, 20)));
    case LAYER_SOFTPLUS: return softplus(m, x, s->a, s->b);
    case LAYER_SOFTSIGN: return nn_2(m, OP_DIV, x, plus(m, nn_1(m, OP_ABS, x), 1));
    case LAYER_LOGSIGMOID: return nn_2(m, OP_SUB, at_most(m, x, 0), log_1_plus_exp(m, x));
    case LAYER_HARDTANH: return clip(m, x, s->a, s->b);
    case LAYER_HARDSIGMOID: return hardsigmoid(m, x);
    case LAYER_HARDSWISH: return mul(m, x, hardsigmoid(m, x));
    case LAYER_HARDSHRINK: return mul(m, x, where(m, OP_GT, nn_1(m, OP_ABS, x), s->a));
    case LAYER_SOFTSHRINK: return softshrink(m, x);
    case LAYER_TANHSHRINK: return nn_2(m, OP_SUB, x, nn_1(m, OP_TANH, x));
    case LAYER_THRESHOLD: return threshold(m, x);
    }
    return x; /* dropout is the identity when nothing is trained */
}

const Node *layer_build_pointwise(Build *m) { return activation(m, m->l->kind, m->in[0]); }

/* ---- prelu: a slope for all, or one a channel ---- */

bool layer_settle_prelu(Settle *s) {
    LayerSettings *set = &s->layer->set;
    double initial;
    if (!input_one(s) || !arg_int(s, "num_parameters", 1, 1, &set->in) ||
        !arg_double(s, "init", 0.25, &initial))
        return false;
    if (set->in != 1 && s->in[0]->dims[0] != set->in)
        return input_reject(s, 0, "it has %lld slopes", (long long)set->in);
    layer_tensor(s, "weight", 1, &set->in);
    return true;
}

/* max(x, 0) + w min(x, 0) */
const Node *layer_build_prelu(Build *m) {
    const Node *x = m->in[0], *w = nn_per_channel(m, nn_weight(m, 0), x->type->n);
    return nn_2(m, OP_ADD, relu(m, x), mul(m, at_most(m, x, 0), w));
}

/* ---- glu: the first half of a dimension times the sigmoid of the second ---- */

bool layer_settle_glu(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_dim(s, "dim", -1, &set->dim) || !input_known(s, (uint32_t)set->dim))
        return false;
    return s->in[0]->dims[set->dim] % 2 == 0 || input_reject(s, 0, "it halves an even dimension");
}

const Node *layer_build_glu(Build *m) {
    uint32_t d = (uint32_t)m->l->set.dim;
    int64_t size = m->in[0]->type->dims[d];
    const Node *gate = nn_slice(m, m->in[0], d, size / 2, size);
    return mul(m, nn_slice(m, m->in[0], d, 0, size / 2), nn_1(m, OP_SIGMOID, gate));
}

/* ---- softmax ---- */

bool layer_settle_softmax(Settle *s) { return input_one(s) && arg_dim(s, "dim", -1, &s->layer->set.dim); }

const Node *layer_build_softmax(Build *m) {
    AttrDims a = {nn_ints(m, 1, &m->l->set.dim), false};
    const Node *x = m->l->kind == LAYER_SOFTMIN ? nn_op(m, OP_MUL, m->in[0], -1) : m->in[0];
    return nn_make(m, m->l->kind == LAYER_LOG_SOFTMAX ? OP_LOG_SOFTMAX : OP_SOFTMAX, &a, 1, &x);
}

bool layer_settle_softmax2d(Settle *s) { return input_one(s) && input_rank(s, 3, input_form(2)); }
const Node *layer_build_softmax2d(Build *m) { return nn_softmax(m, m->in[0], 0); }
