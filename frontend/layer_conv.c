/* Convolutions and transposed convolutions of one to three spatial dimensions. */
#include "frontend/layer.h"
#include "ir/tensor_build.h"

static const int64_t zeros[3] = {0, 0, 0}, ones[3] = {1, 1, 1};
static const char *const padding_modes[] = {"zeros", "reflect", "replicate", "circular", NULL};

/* 'same' keeps the size at stride 1: the odd element is padded behind, as PyTorch does. */
static bool padding_arg(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    const Ast *t = arg_given(s, "padding");
    if (!t || t->kind != A_STRING) {
        bool ok = arg_spatial(s, "padding", n, zeros, 0, set->before);
        memcpy(set->after, set->before, sizeof set->after);
        return ok;
    }
    bool same = strcmp(t->text, "same") == 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t total = same ? set->dilation[i] * (set->kernel[i] - 1) : 0;
        set->before[i] = total / 2;
        set->after[i] = total - total / 2;
        if (same && set->stride[i] != 1) return arg_reject(s, "padding", "padding 'same' takes stride 1");
    }
    arg_note(s, "padding", arena_printf(s->b->arena, "'%s'", t->text));
    if (same || strcmp(t->text, "valid") == 0) return true;
    return arg_reject(s, "padding", "padding is a number, numbers, 'same' or 'valid'");
}

bool window_args(Settle *s, uint32_t n, bool stride_is_kernel) {
    LayerSettings *set = &s->layer->set;
    return arg_spatial(s, "kernel_size", n, ones, 1, set->kernel) &&
           arg_spatial(s, "stride", n, stride_is_kernel ? set->kernel : ones, 1, set->stride) &&
           arg_spatial(s, "dilation", n, ones, 1, set->dilation) && padding_arg(s, n);
}

bool window_fits(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    for (uint32_t i = 0; i < n; i++) {
        int64_t size = s->in[0]->dims[1 + i], span = set->dilation[i] * (set->kernel[i] - 1) + 1;
        if (size != DIM_ANY && size + set->before[i] + set->after[i] < span)
            return input_reject(s, 0, "its window is larger than that");
    }
    return true;
}

static bool groups_divide(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (set->in % set->groups == 0 && set->out % set->groups == 0) return true;
    return input_reject(s, 0, "%lld groups do not divide %lld and %lld channels", (long long)set->groups,
                        (long long)set->in, (long long)set->out);
}

static bool channel_args(Settle *s) {
    LayerSettings *set = &s->layer->set;
    return arg_int(s, "out_channels", 0, 1, &set->out) && arg_int(s, "groups", 1, 1, &set->groups) &&
           arg_bool(s, "bias", true, &set->bias);
}

/* The weights (a, b, kernel..) and the bias. */
static void filter_tensors(Settle *s, uint32_t n, int64_t a, int64_t b) {
    LayerSettings *set = &s->layer->set;
    int64_t dims[5] = {a, b};
    memcpy(dims + 2, set->kernel, n * sizeof *dims);
    layer_tensor(s, "weight", n + 2, dims);
    if (set->bias) layer_tensor(s, "bias", 1, &set->out);
}

/* A border that is not zeros copies elements of the input: it can't be wider than there are. */
static bool border_fits(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    for (uint32_t i = 0; i < n && set->mode; i++)
        if (!pad_fits(s, i + 1, (PadMode)set->mode, set->before[i], set->after[i])) return false;
    return true;
}

/* x (in, spatial..)  weight (out, in / groups, kernel..)  bias (out) */
bool layer_settle_conv(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind);
    if (!input_one(s) || !window_args(s, n, false) || !channel_args(s)) return false;
    if (!arg_word(s, "padding_mode", padding_modes, &set->mode)) return false;
    if (!input_rank(s, n + 1, input_form(n)) || !input_known(s, 0) || !window_fits(s, n)) return false;
    set->in = s->in[0]->dims[0];
    if (!groups_divide(s) || !border_fits(s, n)) return false;
    filter_tensors(s, n, set->out, set->in / set->groups);
    return true;
}

static const Node *biased(Build *m, const Node *y) {
    if (!m->l->set.bias || !y) return y;
    return nn_2(m, OP_ADD, y, nn_per_channel(m, nn_weight(m, 1), y->type->n));
}

const Node *layer_build_conv(Build *m) {
    const LayerSettings *s = &m->l->set;
    const Node *x = m->in[0];
    uint32_t n = x->type->n - 1;
    const int64_t *before = s->mode ? zeros : s->before, *after = s->mode ? zeros : s->after;
    for (uint32_t i = 0; i < n && s->mode; i++)
        x = nn_pad(m, x, i + 1, (PadMode)s->mode, s->before[i], s->after[i], 0);
    AttrConv a = {nn_ints(m, n, s->stride),
                  nn_ints(m, n, before),
                  nn_ints(m, n, after),
                  nn_ints(m, n, s->dilation),
                  s->groups,
                  0};
    return biased(m, nn_make(m, OP_CONV, &a, 2, (const Node *const[]){x, nn_weight(m, 0)}));
}

/* ---- transposed: every element of x times the filter, added up `stride` apart ---- */

static bool outputs_exist(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    for (uint32_t i = 0; i < n; i++) {
        if (set->extra[i] >= set->stride[i] && set->extra[i] >= set->dilation[i])
            return arg_reject(s, "output_padding", "output_padding is less than stride or dilation");
        int64_t size = s->in[0]->dims[1 + i];
        if (size == DIM_ANY) return input_known(s, 1 + i);
        int64_t full = (size - 1) * set->stride[i] + set->dilation[i] * (set->kernel[i] - 1) + 1;
        if (full + set->extra[i] <= 2 * set->before[i])
            return input_reject(s, 0, "its padding leaves nothing of that");
    }
    return true;
}

/* x (in, spatial..)  weight (in, out / groups, kernel..)  bias (out) */
bool layer_settle_conv_transpose(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = input_spatial(s->layer->kind);
    const Ast *padding = arg_given(s, "padding");
    if (padding && padding->kind == A_STRING)
        return arg_reject(s, "padding", "padding is a number or numbers");
    if (!input_one(s) || !window_args(s, n, false) || !channel_args(s)) return false;
    if (!arg_spatial(s, "output_padding", n, zeros, 0, set->extra)) return false;
    if (!input_rank(s, n + 1, input_form(n)) || !input_known(s, 0) || !outputs_exist(s, n)) return false;
    set->in = s->in[0]->dims[0];
    if (!groups_divide(s)) return false;
    filter_tensors(s, n, set->in, set->out / set->groups);
    return true;
}

/* w (in, out / groups, kernel..) as (out, in / groups, kernel..), the kernel's elements in reverse */
static const Node *transposed_filters(Build *m, const Node *w, uint32_t n) {
    int64_t g = m->l->set.groups, in = m->l->set.in / g;
    w = nn_split(m, w, 0, 2, (int64_t[]){g, in});
    w = nn_merge(m, nn_transpose(m, w, 1, 2), 0, 2);
    for (uint32_t i = 0; i < n; i++) w = nn_reverse(m, w, 2 + i);
    return w;
}

/* law  conv_transpose(x, w) == conv(x spread by stride, w transposed and reversed), stride 1,
 *      padded by dilation (kernel - 1) - padding, behind by output_padding more; where that is negative,
 * elements go. A convolution takes part in every law, and reads the zeros at the speed of the rest; a phase a
 * stride would not. */
const Node *layer_build_conv_transpose(Build *m) {
    const LayerSettings *s = &m->l->set;
    int64_t before[3], after[3];
    const Node *x = m->in[0];
    uint32_t n = x->type->n - 1;
    for (uint32_t i = 0; i < n; i++) {
        int64_t reach = s->dilation[i] * (s->kernel[i] - 1), front = reach - s->before[i],
                back = front + s->extra[i];
        x = nn_spread(m, x, i + 1, s->stride[i]);
        if (!x) return NULL;
        int64_t size = x->type->dims[i + 1];
        x = nn_slice(m, x, i + 1, front < 0 ? -front : 0, back < 0 ? size + back : size);
        before[i] = front < 0 ? 0 : front;
        after[i] = back < 0 ? 0 : back;
    }
    AttrConv a = {nn_ints(m, n, ones),
                  nn_ints(m, n, before),
                  nn_ints(m, n, after),
                  nn_ints(m, n, s->dilation),
                  s->groups,
                  0};
    const Node *w = transposed_filters(m, nn_weight(m, 0), n);
    return biased(m, nn_make(m, OP_CONV, &a, 2, (const Node *const[]){x, w}));
}
