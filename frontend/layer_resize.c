/* interpolate and upsample: along each dimension an output element is a weighted sum of a few input elements,
 * gathered. Sources, weights and rounding are PyTorch's, which computes them in float. */
#include "frontend/layer.h"
#include "ir/tensor_build.h"
#include <math.h>

enum { BY_NEAREST, BY_LINEAR, BY_BILINEAR, BY_TRILINEAR, BY_BICUBIC, BY_AREA, BY_NEAREST_EXACT };
static const char *const modes[] = {"nearest", "linear", "bilinear",      "trilinear",
                                    "bicubic", "area",   "nearest-exact", NULL};

/* ---- sizes ---- */

static bool factors(Settle *s, uint32_t n, double *out) {
    const Ast *t = arg_given(s, "scale_factor");
    bool list = t->kind == A_ARRAY || t->kind == A_TUPLE;
    uint32_t given = list ? t->kid[0]->n : 1;
    if (given != 1 && given != n)
        return arg_reject(s, "scale_factor", "scale_factor takes 1 or %u numbers, not %u", n, given);
    for (uint32_t i = 0; i < n; i++) {
        if (!constant_double(s->b, list ? t->kid[0]->kid[given == 1 ? 0 : i] : t, "scale_factor", &out[i]))
            return false;
        if (!(out[i] > 0)) return arg_reject(s, "scale_factor", "scale_factor is above 0");
    }
    return true;
}

static bool output_sizes(Settle *s, uint32_t n) {
    static const int64_t none[3] = {0, 0, 0};
    LayerSettings *set = &s->layer->set;
    double by[3];
    if ((arg_given(s, "size") != NULL) == (arg_given(s, "scale_factor") != NULL))
        return arg_reject(s, NULL, "%s takes size or scale_factor", layer_kind_text(s->layer->kind));
    if (arg_given(s, "size")) return arg_spatial(s, "size", n, none, 1, set->kernel);
    if (!factors(s, n, by)) return false;
    for (uint32_t i = 0; i < n; i++) {
        double size = floor((double)s->in[0]->dims[i + 1] * by[i]);
        if (size < 1 || size > 1 << 28)
            return arg_reject(s, "scale_factor", "scale_factor makes %g elements of dimension %u", size,
                              i + 2);
        set->kernel[i] = (int64_t)size;
        set->scale[i] = set->tracked ? 0 : by[i];
    }
    return true;
}

static bool mode_fits(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    static const uint32_t ranks[] = {
        [BY_LINEAR] = 1, [BY_BILINEAR] = 2, [BY_TRILINEAR] = 3, [BY_BICUBIC] = 2, [BY_NEAREST_EXACT] = 0};
    bool smooth = set->mode >= BY_LINEAR && set->mode <= BY_BICUBIC;
    if (ranks[set->mode] && ranks[set->mode] != n)
        return input_reject(s, 0, "mode '%s' takes %s", modes[set->mode], input_form(ranks[set->mode]));
    if (set->affine && !smooth)
        return arg_reject(s, "align_corners",
                          "align_corners is for modes 'linear', 'bilinear', 'trilinear' and 'bicubic'");
    if (set->causal && set->mode != BY_BILINEAR && set->mode != BY_BICUBIC)
        return arg_reject(s, "antialias", "antialias is for modes 'bilinear' and 'bicubic'");
    return true;
}

/* x (C, spatial..): affine: align_corners, causal: antialias, tracked: recompute_scale_factor */
bool layer_settle_resize(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!input_one(s) || !arg_word(s, "mode", modes, &set->mode) ||
        !arg_bool(s, "align_corners", false, &set->affine) ||
        !arg_bool(s, "antialias", false, &set->causal) ||
        !arg_bool(s, "recompute_scale_factor", false, &set->tracked))
        return false;
    if (s->in[0]->n < 2 || s->in[0]->n > 4)
        return input_reject(s, 0, "it takes (channels, spatial dimensions..)");
    uint32_t n = s->in[0]->n - 1;
    return input_all_known(s) && output_sizes(s, n) && mode_fits(s, n);
}

/* ---- where an output element reads, and with which weights ---- */

typedef struct Taps {
    int64_t n, out; /* taps of an output element, output elements */
    int64_t *at;    /* tap j of element i: at[j * out + i] */
    double *weight;
} Taps;

static Taps taps_new(Build *m, int64_t n, int64_t out) {
    return (Taps){n, out, ARENA_ARRAY(m->b->arena, int64_t, n * out),
                  ARENA_ARRAY(m->b->arena, double, n *out)};
}

static int64_t within(int64_t i, int64_t size) { return i < 0 ? 0 : i >= size ? size - 1 : i; }

/* Input elements an output element. */
static float step_of(const LayerSettings *s, uint32_t d, int64_t in, int64_t out) {
    if (s->affine && s->mode != BY_NEAREST && s->mode != BY_NEAREST_EXACT)
        return out > 1 ? (float)(in - 1) / (float)(out - 1) : 0;
    return s->scale[d] > 0 ? (float)(1 / s->scale[d]) : (float)in / (float)out;
}

static Taps nearest(Build *m, float step, int64_t in, int64_t out) {
    Taps t = taps_new(m, 1, out);
    float half = m->l->set.mode == BY_NEAREST_EXACT ? 0.5f : 0;
    for (int64_t i = 0; i < out; i++) {
        t.at[i] = within((int64_t)floorf(((float)i + half) * step), in);
        t.weight[i] = 1;
    }
    return t;
}

static float source(const LayerSettings *s, float step, int64_t i) {
    return s->affine ? step * (float)i : step * ((float)i + 0.5f) - 0.5f;
}

static Taps linear(Build *m, float step, int64_t in, int64_t out) {
    Taps t = taps_new(m, 2, out);
    for (int64_t i = 0; i < out; i++) {
        float at = fmaxf(source(&m->l->set, step, i), 0), part;
        int64_t first = within((int64_t)at, in);
        part = fminf(fmaxf(at - (float)first, 0), 1);
        t.at[i] = first;
        t.at[out + i] = within(first + 1, in);
        t.weight[i] = 1 - (double)part;
        t.weight[out + i] = part;
    }
    return t;
}

/* Keys' kernel with parameter a at distance x. */
static double cubic_weight(double x, double a) {
    x = fabs(x);
    if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

static Taps cubic(Build *m, float step, int64_t in, int64_t out) {
    Taps t = taps_new(m, 4, out);
    for (int64_t i = 0; i < out; i++) {
        float at = source(&m->l->set, step, i), first = floorf(at);
        double part = (double)(at - first);
        for (int64_t j = 0; j < 4; j++) {
            t.at[j * out + i] = within((int64_t)first + j - 1, in);
            t.weight[j * out + i] = cubic_weight(part - (double)(j - 1), -0.75);
        }
    }
    return t;
}

/* The filter is stretched over all the input elements that an output element stands for. */
static Taps antialiased(Build *m, double step, int64_t in, int64_t out) {
    bool bilinear = m->l->set.mode == BY_BILINEAR;
    double stretch = step > 1 ? step : 1, reach = (bilinear ? 1 : 2) * stretch;
    Taps t = taps_new(m, (int64_t)ceil(reach) * 2 + 1, out);
    for (int64_t i = 0; i < out; i++) {
        double centre = step * ((double)i + 0.5), sum = 0;
        int64_t from = (int64_t)fmax(floor(centre - reach + 0.5), 0),
                to = (int64_t)floor(centre + reach + 0.5);
        if (to > in) to = in;
        for (int64_t j = 0; j < t.n; j++) {
            double x = ((double)(from + j) - centre + 0.5) / stretch;
            double w = from + j >= to ? 0 : bilinear ? fmax(1 - fabs(x), 0) : cubic_weight(x, -0.5);
            t.at[j * out + i] = within(from + j, in);
            sum += t.weight[j * out + i] = w;
        }
        for (int64_t j = 0; j < t.n; j++) t.weight[j * out + i] /= sum;
    }
    return t;
}

static Taps taps_of(Build *m, uint32_t d, int64_t in, int64_t out) {
    const LayerSettings *s = &m->l->set;
    float step = step_of(s, d, in, out);
    if (s->causal) return antialiased(m, (double)step, in, out);
    if (s->mode == BY_BICUBIC) return cubic(m, step, in, out);
    return s->mode == BY_NEAREST || s->mode == BY_NEAREST_EXACT ? nearest(m, step, in, out)
                                                          : linear(m, step, in, out);
}

/* The weights of tap j beside a tensor whose dimension dim they vary along. */
static const Node *weights_along(Build *m, const Node *x, uint32_t dim, const Taps *t, int64_t j) {
    int64_t dims[TENSOR_MAX_RANK] = {t->out};
    uint32_t rank = x->type->n - dim;
    for (uint32_t d = 1; d < rank; d++) dims[d] = 1;
    return nn_table(m, x, rank, dims, t->weight + j * t->out);
}

static const Node *resampled(Build *m, const Node *x, uint32_t dim, const Taps *t) {
    const Node *y = NULL;
    for (int64_t j = 0; j < t->n; j++) {
        const Node *one = nn_gather(m, x, dim, t->out, t->at + j * t->out);
        if (t->n > 1) one = nn_2(m, OP_MUL, one, weights_along(m, x, dim, t, j));
        y = y ? nn_2(m, OP_ADD, y, one) : one;
    }
    return y;
}

const Node *layer_bilinear(Binder *b, const Node *x, int64_t height, int64_t width, bool antialias, Span at) {
    ModelLayer l = {.kind = LAYER_INTERPOLATE, .name = "resize", .n_in = 1,
                    .set = {.mode = BY_BILINEAR, .causal = antialias, .kernel = {height, width}}};
    return layer_build(b, &l, NULL, 0, NULL, &x, at);
}

const Node *layer_build_resize(Build *m) {
    const Node *x = m->in[0];
    if (m->l->set.mode == BY_AREA) return layer_build_adaptive_pool(m);
    for (uint32_t d = 0; x && d + 1 < m->in[0]->type->n; d++) {
        int64_t in = x->type->dims[d + 1], out = m->l->set.kernel[d];
        if (in == out && (m->l->set.scale[d] == 0 || m->l->set.scale[d] == 1)) continue;
        Taps t = taps_of(m, d, in, out);
        x = resampled(m, x, d + 1, &t);
    }
    return x;
}
