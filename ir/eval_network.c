/* What networks are made of: contract, conv, max_pool, avg_pool, batch_norm.  Sums of products are
 * compensated: every product is exact or comes with its error, so that the result is the sum over the reals,
 * rounded (nearly always) once. */
#include "base/sum.h"
#include "ir/eval_map.h"
#include "ir/eval_walk.h"

#include <math.h>

static void add_product(FloatSum *s, double x, double y) {
    double p = x * y;
    sum_add(s, p);
    s->low += fma(x, y, -p);
}

/* ---- contract ---- */

/* Strides of label l in an operand: a label that stands twice walks the diagonal. */
static int64_t label_stride(const Value *v, const IntList *labels, int64_t l, int64_t *size) {
    int64_t stride[TENSOR_MAX_RANK], sum = 0;
    strides_of(v, stride);
    for (uint32_t d = 0; d < labels->n; d++) {
        if (labels->at[d] != l) continue;
        sum += stride[d];
        *size = tensor_dim(v, d);
    }
    return sum;
}

static bool has_label(const IntList *labels, int64_t l) {
    for (uint32_t d = 0; d < labels->n; d++)
        if (labels->at[d] == l) return true;
    return false;
}

static void add_label(const AttrContract *a, const Value *in, int64_t l, Walk *w) {
    int64_t size = 1, s0 = label_stride(&in[0], &a->a, l, &size), s1 = label_stride(&in[1], &a->b, l, &size);
    walk_add(w, size, s0, s1);
}

static bool labels_agree(Eval *e, const Node *n, const Value *in) {
    const AttrContract *a = ATTR_OF(n, Contract);
    int64_t size[WALK_MAX];
    bool seen[WALK_MAX] = {0};
    for (uint32_t k = 0; k < 2; k++) {
        const IntList *labels = k ? &a->b : &a->a;
        for (uint32_t d = 0; d < labels->n; d++) {
            int64_t l = labels->at[d], dim = tensor_dim(&in[k], d);
            if (seen[l] && size[l] != dim)
                return eval_fail(e, n, ROW_INDEX, "contracted sizes %lld and %lld", (long long)size[l],
                                 (long long)dim);
            size[l] = dim;
            seen[l] = true;
        }
    }
    return true;
}

static bool integer_dot(Eval *e, const Node *n, const Value *in, Walk *out_at, Walk *k, Value *elem) {
    Int128 sum = 0;
    bool overflow = false;
    for (walk_begin(k); !k->done; walk_next(k)) {
        Int128 x = tensor_elem(&in[0], out_at->place[0] + k->place[0]).i;
        overflow |=
            __builtin_add_overflow(sum, x * tensor_elem(&in[1], out_at->place[1] + k->place[1]).i, &sum);
    }
    elem->i = (int64_t)sum;
    return (!overflow && elem->i == sum) || eval_fail_range(e, n, elem->type);
}

static double float_dot(const Value *in, const Walk *out_at, Walk *k) {
    FloatSum sum = {0, 0};
    for (walk_begin(k); !k->done; walk_next(k))
        add_product(&sum, tensor_get(&in[0], out_at->place[0] + k->place[0]),
                    tensor_get(&in[1], out_at->place[1] + k->place[1]));
    return sum_value(&sum);
}

/* Labels of `out` in its order; inside, the others in order of a's, then b's. */
static void contract_walks(const Node *n, const Value *in, Walk *outer, Walk *inner) {
    const AttrContract *a = ATTR_OF(n, Contract);
    for (uint32_t d = 0; d < a->out.n; d++) add_label(a, in, a->out.at[d], outer);
    for (int64_t l = 0; l < WALK_MAX; l++)
        if ((has_label(&a->a, l) || has_label(&a->b, l)) && !has_label(&a->out, l))
            add_label(a, in, l, inner);
}

bool law_eval_contract(Eval *e, const Node *n, const Value *in, Value *out) {
    Walk outer = {0}, inner = {0};
    int64_t i = 0;
    if (!labels_agree(e, n, in)) return false;
    contract_walks(n, in, &outer, &inner);
    bool tensor = out->type->kind == TY_TENSOR;
    const Type *elem = tensor ? out->type->elem : out->type;
    if (tensor) eval_tensor(e, out, outer.size);
    for (walk_begin(&outer); !outer.done; walk_next(&outer), i++) {
        Value v = {.type = elem};
        if (type_is_float(elem)) {
            eval_store_float(out, i, float_dot(in, &outer, &inner));
        } else {
            if (!integer_dot(e, n, in, &outer, &inner, &v)) return false;
            eval_store(out, i, &v);
        }
    }
    return true;
}

/* ---- windows ---- */

typedef struct Window {
    uint32_t n; /* spatial dimensions */
    int64_t size[TENSOR_MAX_RANK], kernel[TENSOR_MAX_RANK];
    const int64_t *stride, *before, *after, *dilation;
} Window;

static int64_t positions(const Window *w, uint32_t d) {
    int64_t room = w->size[d] + w->before[d] + w->after[d] - w->dilation[d] * (w->kernel[d] - 1) - 1;
    return room < 0 ? 0 : room / w->stride[d] + 1;
}

/* Where the window at `position` puts its element `tap`: false in the padding. *padded: inside the input with
 * its pads. */
static bool tap_place(const Window *w, const int64_t *position, const int64_t *tap, int64_t *place,
                      bool *padded) {
    bool inside = true;
    *place = 0;
    *padded = true;
    for (uint32_t d = 0; d < w->n; d++) {
        int64_t at = position[d] * w->stride[d] - w->before[d] + tap[d] * w->dilation[d];
        inside &= at >= 0 && at < w->size[d];
        *padded &= at < w->size[d] + w->after[d];
        *place = *place * w->size[d] + at;
    }
    return inside;
}

static int64_t window_area(const Window *w, const int64_t *sizes) {
    int64_t n = 1;
    for (uint32_t d = 0; d < w->n; d++) n *= sizes[d];
    return n;
}

static Walk window_walk(const Window *w, bool over_positions) {
    Walk walk = {0};
    for (uint32_t d = 0; d < w->n; d++)
        walk_add(&walk, over_positions ? positions(w, d) : w->kernel[d], 0, 0);
    return walk;
}

/* ---- conv ---- */

/* x (C, spatial..)  w (O, C / groups, kernel..): one output at a position */
static double conv_at(const Value *in, const Window *w, int64_t o, int64_t groups, const int64_t *position) {
    int64_t per_group = tensor_dim(&in[1], 1), first = o / (tensor_dim(&in[1], 0) / groups) * per_group;
    int64_t area = window_area(w, w->size), taps = window_area(w, w->kernel), place;
    FloatSum sum = {0, 0};
    bool padded;
    for (int64_t c = 0; c < per_group; c++) {
        Walk tap = window_walk(w, false);
        int64_t k = (o * per_group + c) * taps;
        for (walk_begin(&tap); !tap.done; walk_next(&tap), k++)
            if (tap_place(w, position, tap.at, &place, &padded))
                add_product(&sum, tensor_get(&in[0], (first + c) * area + place), tensor_get(&in[1], k));
    }
    return sum_value(&sum);
}

static bool conv_channels(Eval *e, const Node *n, const Value *in, int64_t groups) {
    int64_t c = tensor_dim(&in[0], 0), o = tensor_dim(&in[1], 0), per_group = tensor_dim(&in[1], 1);
    return (c == per_group * groups && o % groups == 0) ||
           eval_fail(e, n, ROW_INDEX, "%lld channels where the weights take %lld", (long long)c,
                     (long long)(per_group * groups));
}

bool law_eval_conv(Eval *e, const Node *n, const Value *in, Value *out) {
    const AttrConv *a = ATTR_OF(n, Conv);
    Window w = {in->type->n - 1, {0}, {0}, a->stride.at, a->before.at, a->after.at, a->dilation.at};
    int64_t shape[TENSOR_MAX_RANK] = {tensor_dim(&in[1], 0)}, i = 0;
    if (!conv_channels(e, n, in, a->groups)) return false;
    for (uint32_t d = 0; d < w.n; d++) {
        w.size[d] = tensor_dim(&in[0], d + 1);
        w.kernel[d] = tensor_dim(&in[1], d + 2);
        shape[d + 1] = positions(&w, d);
    }
    if (!eval_check_shape(e, n, out->type, shape)) return false;
    eval_tensor(e, out, shape);
    Walk position = window_walk(&w, true);
    for (int64_t o = 0; o < shape[0]; o++)
        for (walk_begin(&position); !position.done; walk_next(&position))
            eval_store_float(out, i++, conv_at(in, &w, o, a->groups, position.at));
    return true;
}

/* ---- pooling over the last dimensions ---- */

typedef void (*PoolFn)(const Node *n, const Value *x, int64_t start, const Window *w, const int64_t *position,
                       Value *out, int64_t i);

/* The first of the largest; padding never is, a NaN always. */
static void max_at(const Node *n, const Value *x, int64_t start, const Window *w, const int64_t *position,
                   Value *out, int64_t i) {
    (void)n;
    Walk tap = window_walk(w, false);
    Value best = {0};
    int64_t place;
    bool padded;
    for (walk_begin(&tap); !tap.done; walk_next(&tap)) {
        if (!tap_place(w, position, tap.at, &place, &padded)) continue;
        Value v = tensor_elem(x, start + place);
        if (!best.type || value_cmp(&v, &best) > 0) best = v;
    }
    if (best.type) eval_store(out, i, &best);
    else eval_store_float(out, i, -INFINITY); /* a window of padding alone */
}

/* Over the elements inside, or with count_pad over those of the padded input. */
static void mean_at(const Node *n, const Value *x, int64_t start, const Window *w, const int64_t *position,
                    Value *out, int64_t i) {
    Walk tap = window_walk(w, false);
    FloatSum sum = {0, 0};
    int64_t place, inside = 0, counted = 0;
    bool padded;
    for (walk_begin(&tap); !tap.done; walk_next(&tap)) {
        bool in = tap_place(w, position, tap.at, &place, &padded);
        counted += padded;
        inside += in;
        if (in) sum_add(&sum, tensor_get(x, start + place));
    }
    eval_store_float(out, i, sum_value(&sum) / (double)(ATTR_OF(n, Pool)->count_pad ? counted : inside));
}

static bool pool(Eval *e, const Node *n, const Value *in, Value *out, PoolFn fn) {
    const AttrPool *a = ATTR_OF(n, Pool);
    Window w = {a->kernel.n, {0}, {0}, a->stride.at, a->before.at, a->after.at, a->dilation.at};
    int64_t shape[TENSOR_MAX_RANK] = {0}, outer = 1, i = 0;
    uint32_t first = in->type->n - w.n;
    for (uint32_t d = 0; d < in->type->n; d++) {
        if (d >= first) w.size[d - first] = tensor_dim(in, d), w.kernel[d - first] = a->kernel.at[d - first];
        shape[d] = d < first ? tensor_dim(in, d) : positions(&w, d - first);
        if (d < first) outer *= shape[d];
    }
    if (!eval_check_shape(e, n, out->type, shape)) return false;
    eval_tensor(e, out, shape);
    Walk position = window_walk(&w, true);
    for (int64_t o = 0; o < outer; o++)
        for (walk_begin(&position); !position.done; walk_next(&position))
            fn(n, in, o * window_area(&w, w.size), &w, position.at, out, i++);
    return true;
}

bool law_eval_max_pool(Eval *e, const Node *n, const Value *in, Value *out) {
    return pool(e, n, in, out, max_at);
}
bool law_eval_avg_pool(Eval *e, const Node *n, const Value *in, Value *out) {
    return pool(e, n, in, out, mean_at);
}

/* ---- batch_norm ---- */

/* x (C, ..)  scale, shift, mean, var (C): (x - mean) / sqrt(var + eps) scale + shift, in double */
bool law_eval_batch_norm(Eval *e, const Node *n, const Value *in, Value *out) {
    int64_t shape[TENSOR_MAX_RANK];
    eval_shape_of(in, shape);
    for (int k = 1; k < 5; k++)
        if (tensor_dim(&in[k], 0) != shape[0])
            return eval_fail(e, n, ROW_INDEX, "parameters of %lld channels for %lld",
                             (long long)tensor_dim(&in[k], 0), (long long)shape[0]);
    eval_tensor(e, out, shape);
    int64_t count = tensor_count(in), inner = shape[0] ? count / shape[0] : 0;
    for (int64_t i = 0; i < count; i++) {
        int64_t c = i / inner;
        double root = sqrt(tensor_get(&in[4], c) + ATTR_OF(n, Norm)->eps),
               x = tensor_get(&in[0], i) - tensor_get(&in[3], c);
        eval_store_float(out, i, x / root * tensor_get(&in[1], c) + tensor_get(&in[2], c));
    }
    return true;
}
