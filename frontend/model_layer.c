/* Layers from syntax: arguments to settings with PyTorch's defaults, shapes of parameters, shape errors. */
#include "frontend/model_layer.h"

static const struct LayerRow {
    const char *name, *arguments;
    bool (*settle)(Settle *s);
} rows[LAYER_COUNT];

bool layer_kind_find(const char *name, LayerKind *out) {
    for (LayerKind k = 0; k < LAYER_COUNT; k++)
        if (strcmp(layer_kind_text(k), name) == 0) return *out = k, true;
    return false;
}

/* What Keras and ONNX call them. */
static const char *const other_names[][2] = {
    {"dense", "linear"},
    {"gemm", "linear"},
    {"fc", "linear"},
    {"conv", "conv2d"},
    {"batchnorm2d", "batch_norm2d"},
    {"batch_normalization", "batch_norm2d"},
    {"maxpool2d", "max_pool2d"},
    {"max_pooling2d", "max_pool2d"},
    {"average_pooling2d", "avg_pool2d"},
    {"logsoftmax", "log_softmax"},
    {"leakyrelu", "leaky_relu"},
};

void layer_unknown(Binder *b, const Ast *t, const char *const *more, size_t n) {
    const char **names = ARENA_ARRAY(b->arena, const char *, LAYER_COUNT + n);
    for (LayerKind k = 0; k < LAYER_COUNT; k++) names[k] = layer_kind_text(k);
    for (size_t i = 0; i < n; i++) names[LAYER_COUNT + i] = more[i];
    diag_error(b->diags, E_UNKNOWN_LAYER, t->span, t->text);
    for (size_t i = 0; i < sizeof other_names / sizeof *other_names; i++)
        if (strcmp(t->text, other_names[i][0]) == 0) {
            diag_help(b->diags, "did you mean %s?", other_names[i][1]);
            return;
        }
    diag_did_you_mean(b->diags, t->text, names, LAYER_COUNT + n);
}

const char *layer_title(Binder *b, const ModelLayer *l) {
    return arena_printf(b->arena, "layer '%s' (%s)", l->name, layer_kind_text(l->kind));
}

/* ---- arguments ---- */

static void split_names(Settle *s, const char *words, bool *required) {
    for (const char *p = words; *p;) {
        size_t n = strcspn(p, " ");
        bool must = p[n - 1] == '!';
        required[s->n_args] = must;
        s->names[s->n_args++] = arena_strndup(s->b->arena, p, n - must);
        p += n + (p[n] == ' ');
    }
}

static bool name_index(Settle *s, const char *name, uint32_t *i) {
    for (*i = 0; *i < s->n_args; ++*i)
        if (strcmp(s->names[*i], name) == 0) return true;
    return false;
}

static bool take_named(Settle *s, const Ast *arg) {
    uint32_t i;
    if (name_index(s, arg->text, &i)) return s->args[i] = arg->kid[ARG_VALUE], true;
    diag_error(s->b->diags, E_UNKNOWN_ARGUMENT, arg->span, layer_kind_text(s->layer->kind), arg->text);
    diag_did_you_mean(s->b->diags, arg->text, s->names, s->n_args);
    return false;
}

static bool bad_count(Settle *s, uint32_t given) {
    const char *takes = s->n_args == 0   ? "no arguments"
                        : s->n_args == 1 ? "at most 1 argument"
                                         : arena_printf(s->b->arena, "at most %u arguments", s->n_args);
    diag_error(s->b->diags, E_ARGUMENT_COUNT, s->ast->span, layer_kind_text(s->layer->kind), takes,
               (int)given);
    return false;
}

/* reshape(1, 28, 28) is reshape((1, 28, 28)). */
static const Ast *as_tuple(Settle *s, const Ast *args) {
    Arena *a = s->b->arena;
    Ast *items = ast_list(a, args->span), *one = ast_list(a, args->span);
    for (uint32_t i = 0; i < args->n; i++) {
        if (args->kid[i]->kind == A_ARG) return args;
        ast_push(a, items, args->kid[i]);
    }
    return ast_push(a, one, ast_new(a, A_TUPLE, args->span, NULL, 0, items));
}

static bool required_given(Settle *s, const bool *required) {
    for (uint32_t i = 0; i < s->n_args; i++) {
        if (!required[i] || s->args[i]) continue;
        diag_error(s->b->diags, E_INVALID, s->ast->span,
                   arena_printf(s->b->arena, "%s needs %s", layer_kind_text(s->layer->kind), s->names[i]));
        return false;
    }
    return true;
}

static bool read_arguments(Settle *s) {
    bool required[LAYER_MAX_ARGS] = {0}, ok = true;
    const Ast *args = s->ast->kid[LAYER_ARGS];
    uint32_t positional = 0;
    split_names(s, rows[s->layer->kind].arguments, required);
    if (s->layer->kind == LAYER_RESHAPE && args->n > 1) args = as_tuple(s, args);
    for (uint32_t i = 0; i < args->n; i++) {
        if (args->kid[i]->kind == A_ARG) ok &= take_named(s, args->kid[i]);
        else if (positional < s->n_args) s->args[positional++] = args->kid[i];
        else return bad_count(s, args->n);
    }
    return ok && required_given(s, required);
}

static const Ast *arg(Settle *s, const char *name) {
    uint32_t i;
    return name_index(s, name, &i) ? s->args[i] : NULL;
}

/* Larger ones overflow products long before any machine holds them. */
enum { MOST = 1 << 28 };

static bool positive(Settle *s, const Ast *t, const char *name, int64_t least, int64_t value) {
    if (value > MOST) {
        diag_error(s->b->diags, E_INVALID, t->span, arena_printf(s->b->arena, "%s is at most %d", name, MOST));
        return false;
    }
    if (value >= least) return true;
    diag_error(s->b->diags, E_INVALID, t->span,
               arena_printf(s->b->arena, "%s is at least %lld", name, (long long)least));
    return false;
}

static bool int_arg(Settle *s, const char *name, int64_t otherwise, int64_t least, int64_t *out) {
    const Ast *t = arg(s, name);
    *out = otherwise;
    return !t || (constant_int(s->b, t, name, out) && positive(s, t, name, least, *out));
}

static bool bool_arg(Settle *s, const char *name, bool otherwise, bool *out) {
    *out = otherwise;
    return !arg(s, name) || constant_bool(s->b, arg(s, name), name, out);
}

static bool double_arg(Settle *s, const char *name, double otherwise, double *out) {
    *out = otherwise;
    return !arg(s, name) || constant_double(s->b, arg(s, name), name, out);
}

/* A number for all n spatial dimensions, or one for each. */
static bool spatial_arg(Settle *s, const char *name, uint32_t n, const int64_t *otherwise, int64_t least,
                        int64_t *out) {
    const Ast *t = arg(s, name);
    uint32_t given = 0;
    memcpy(out, otherwise, n * sizeof *out);
    if (!t) return true;
    if (!constant_ints(s->b, t, name, n, &given, out)) return false;
    for (uint32_t i = 1; given == 1 && i < n; i++) out[i] = out[0];
    if (given != 1 && given != n) {
        diag_error(s->b->diags, E_INVALID, t->span,
                   arena_printf(s->b->arena, "%s takes 1 or %u numbers, not %u", name, n, given));
        return false;
    }
    for (uint32_t i = 0; i < n; i++)
        if (!positive(s, t, name, least, out[i])) return false;
    return true;
}

/* ---- shapes ---- */

static bool shape_error(Settle *s, uint32_t i, const char *why) {
    diag_error(s->b->diags, E_LAYER_SHAPE, s->ast->span, layer_title(s->b, s->layer),
               bind_type_text(s->b, s->in[i]), s->from[i], why);
    return false;
}

/* FLOAT32 computes in FLOAT32, DOUBLE in DOUBLE; integers become FLOAT32. */
static const Type *weight_type(Settle *s, uint32_t rank, const int64_t *dims) {
    TypeKind k = s->in[0]->elem->kind == TY_F64 ? TY_F64 : TY_F32;
    return type_tensor(s->b->types, type_get(s->b->types, k), rank, dims);
}

static void add_tensor(Settle *s, const char *name, uint32_t rank, const int64_t *dims) {
    s->tensors[s->n_tensors++] = (ModelTensor){name, weight_type(s, rank, dims)};
}

static bool one_input(Settle *s) {
    if (s->n_in == 1) return true;
    diag_error(
        s->b->diags, E_INVALID, s->ast->span,
        arena_printf(s->b->arena, "%s takes one input, not %u", layer_kind_text(s->layer->kind), s->n_in));
    return false;
}

static bool known_size(Settle *s, uint32_t dim) {
    if (s->in[0]->dims[dim] != DIM_ANY) return true;
    return shape_error(s, 0, "it needs a size that is known when the model is made, not *");
}

/* x (.., in)  weight (out, in)  bias (out) */
static bool settle_linear(Settle *s) {
    LayerSettings *set = &s->layer->set;
    const Type *x = s->in[0];
    if (!one_input(s) || !int_arg(s, "out_features", 0, 1, &set->out) ||
        !bool_arg(s, "bias", true, &set->bias))
        return false;
    if (x->n == 0) return shape_error(s, 0, "it takes a vector");
    if (!known_size(s, x->n - 1)) return false;
    set->in = x->dims[x->n - 1];
    add_tensor(s, "weight", 2, (int64_t[]){set->out, set->in});
    if (set->bias) add_tensor(s, "bias", 1, &set->out);
    return true;
}

static uint32_t spatial_rank(LayerKind k) {
    const char *name = layer_kind_text(k);
    return (uint32_t)(name[strlen(name) - 2] - '0');
}

static bool takes_rank(Settle *s, uint32_t rank, const char *form) {
    if (s->in[0]->n == rank) return true;
    return shape_error(s, 0, arena_printf(s->b->arena, "it takes %s", form));
}

static const char *channels_form(uint32_t spatial) {
    return spatial == 1   ? "(channels, length)"
           : spatial == 2 ? "(channels, height, width)"
                          : "(channels, depth, height, width)";
}

/* 'same' keeps the size at stride 1: the odd element is padded behind, as PyTorch does. */
static bool padding_arg(Settle *s, uint32_t n) {
    static const int64_t none[3] = {0, 0, 0};
    LayerSettings *set = &s->layer->set;
    const Ast *t = arg(s, "padding");
    if (!t || t->kind != A_STRING) {
        bool ok = spatial_arg(s, "padding", n, none, 0, set->before);
        memcpy(set->after, set->before, sizeof set->after);
        return ok;
    }
    bool same = strcmp(t->text, "same") == 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t total = same ? set->dilation[i] * (set->kernel[i] - 1) : 0;
        set->before[i] = total / 2;
        set->after[i] = total - total / 2;
        if (same && set->stride[i] != 1)
            return diag_error(s->b->diags, E_INVALID, t->span, "padding 'same' takes stride 1"), false;
    }
    if (same || strcmp(t->text, "valid") == 0) return true;
    diag_error(s->b->diags, E_INVALID, t->span, "padding is a number, numbers, 'same' or 'valid'");
    return false;
}

static bool window_args(Settle *s, uint32_t n, bool stride_is_kernel) {
    static const int64_t one[3] = {1, 1, 1};
    LayerSettings *set = &s->layer->set;
    return spatial_arg(s, "kernel_size", n, one, 1, set->kernel) &&
           spatial_arg(s, "stride", n, stride_is_kernel ? set->kernel : one, 1, set->stride) &&
           spatial_arg(s, "dilation", n, one, 1, set->dilation) && padding_arg(s, n);
}

/* At least one position of the window. */
static bool window_fits(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    for (uint32_t i = 0; i < n; i++) {
        int64_t size = s->in[0]->dims[1 + i], span = set->dilation[i] * (set->kernel[i] - 1) + 1;
        if (size != DIM_ANY && size + set->before[i] + set->after[i] < span)
            return shape_error(s, 0, "its window is larger than that");
    }
    return true;
}

static bool groups_divide(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (set->in % set->groups == 0 && set->out % set->groups == 0) return true;
    return shape_error(s, 0,
                       arena_printf(s->b->arena, "%lld groups do not divide %lld and %lld channels",
                                    (long long)set->groups, (long long)set->in, (long long)set->out));
}

/* x (in, spatial..)  weight (out, in / groups, kernel..)  bias (out) */
static bool settle_conv(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = spatial_rank(s->layer->kind);
    if (!one_input(s) || !int_arg(s, "out_channels", 0, 1, &set->out) || !window_args(s, n, false))
        return false;
    if (!int_arg(s, "groups", 1, 1, &set->groups) || !bool_arg(s, "bias", true, &set->bias)) return false;
    if (!takes_rank(s, n + 1, channels_form(n)) || !known_size(s, 0) || !window_fits(s, n)) return false;
    set->in = s->in[0]->dims[0];
    if (!groups_divide(s)) return false;
    int64_t dims[5] = {set->out, set->in / set->groups};
    memcpy(dims + 2, set->kernel, n * sizeof *dims);
    add_tensor(s, "weight", n + 2, dims);
    if (set->bias) add_tensor(s, "bias", 1, &set->out);
    return true;
}

/* x (C, ..)  weight, bias, running_mean, running_var (C) */
static bool settle_batch_norm(Settle *s) {
    LayerSettings *set = &s->layer->set;
    bool flat = s->layer->kind == LAYER_BATCH_NORM1D;
    if (!one_input(s) || !double_arg(s, "eps", 1e-5, &set->eps) ||
        !double_arg(s, "momentum", 0.1, &set->momentum))
        return false;
    uint32_t rank = s->in[0]->n;
    if (flat && rank != 1 && rank != 2) return shape_error(s, 0, "it takes (channels) or (channels, length)");
    if (!flat && !takes_rank(s, 3, channels_form(2))) return false;
    if (!known_size(s, 0)) return false;
    set->in = set->out = s->in[0]->dims[0];
    static const char *const names[] = {"weight", "bias", "running_mean", "running_var"};
    for (int i = 0; i < 4; i++) add_tensor(s, names[i], 1, &set->in);
    return true;
}

/* Rounding up adds padding behind, but no window may start there (PyTorch). */
static bool ceil_padding(Settle *s, uint32_t n) {
    LayerSettings *set = &s->layer->set;
    for (uint32_t i = 0; i < n; i++) {
        int64_t size = s->in[0]->dims[1 + i], span = set->dilation[i] * (set->kernel[i] - 1) + 1;
        if (size == DIM_ANY) return shape_error(s, 0, "ceil_mode needs known sizes");
        int64_t room = size + 2 * set->before[i] - span;
        int64_t windows = (room + set->stride[i] - 1) / set->stride[i] + 1;
        if ((windows - 1) * set->stride[i] >= size + set->before[i]) windows--;
        int64_t after = (windows - 1) * set->stride[i] + span - size - set->before[i];
        if (after <= set->after[i]) continue;
        if (set->count_pad)
            return bind_no(s->b, s->ast->span, "avg_pool with ceil_mode and count_include_pad"), false;
        set->after[i] = after;
    }
    return true;
}

static bool settle_pool(Settle *s) {
    LayerSettings *set = &s->layer->set;
    uint32_t n = spatial_rank(s->layer->kind);
    bool ceil_mode, average = *layer_kind_text(s->layer->kind) == 'a';
    if (!one_input(s) || !window_args(s, n, true) || !bool_arg(s, "ceil_mode", false, &ceil_mode))
        return false;
    if (!bool_arg(s, "count_include_pad", average, &set->count_pad)) return false;
    if (!takes_rank(s, n + 1, channels_form(n)) || !window_fits(s, n)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (2 * set->before[i] > set->kernel[i])
            return diag_error(s->b->diags, E_INVALID, s->ast->span, "padding is at most half of kernel_size"),
                   false;
    return !ceil_mode || ceil_padding(s, n);
}

/* Dimensions as PyTorch counts them, the batch being 0; -1 is the last.  Rows have no batch dimension. */
static bool dim_arg(Settle *s, const char *name, int64_t otherwise, int64_t *out) {
    const Ast *t = arg(s, name);
    int64_t d = otherwise, rank = s->in[0]->n;
    if (t && !constant_int(s->b, t, name, &d)) return false;
    *out = d < 0 ? d + rank : d - 1;
    if (*out >= 0 && *out < rank) return true;
    return shape_error(s, 0,
                       arena_printf(s->b->arena, "it has no dimension %lld (0 is the batch)", (long long)d));
}

static bool settle_flatten(Settle *s) {
    return one_input(s) && dim_arg(s, "start_dim", 1, &s->layer->set.dim);
}
static bool settle_softmax(Settle *s) { return one_input(s) && dim_arg(s, "dim", -1, &s->layer->set.dim); }

static bool shape_arg(Settle *s) {
    LayerSettings *set = &s->layer->set;
    const Ast *t = arg(s, "shape");
    if (!constant_ints(s->b, t, "shape", TENSOR_MAX_RANK, &set->n_shape, set->shape)) return false;
    for (uint32_t i = 0; i < set->n_shape; i++)
        if (!positive(s, t, "shape", 1, set->shape[i])) return false;
    return true;
}

static bool settle_reshape(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (!one_input(s) || !shape_arg(s)) return false;
    int64_t elems = type_elems(s->in[0]), want = 1;
    for (uint32_t i = 0; i < set->n_shape; i++)
        if (__builtin_mul_overflow(want, set->shape[i], &want)) want = INT64_MAX;
    if (elems == DIM_ANY || want == elems) return true;
    return shape_error(s, 0,
                       arena_printf(s->b->arena, "the shape has %lld elements, not %lld", (long long)want,
                                    (long long)elems));
}

static bool settle_pointwise(Settle *s) {
    LayerSettings *set = &s->layer->set;
    return one_input(s) && double_arg(s, "negative_slope", 0.01, &set->slope) &&
           double_arg(s, "p", 0.5, &set->p);
}

/* ---- several inputs ---- */

static bool sizes_meet(int64_t a, int64_t b) { return a == b || a == DIM_ANY || b == DIM_ANY; }

/* All shapes equal, but for dimension `but` (-1: none). */
static bool same_shapes(Settle *s, int64_t but) {
    for (uint32_t i = 1; i < s->n_in; i++) {
        bool same = s->in[i]->n == s->in[0]->n;
        for (uint32_t d = 0; same && d < s->in[0]->n; d++)
            same = d == but || sizes_meet(s->in[0]->dims[d], s->in[i]->dims[d]);
        if (same) continue;
        return shape_error(
            s, i, arena_printf(s->b->arena, "%s yields %s", s->from[0], bind_type_text(s->b, s->in[0])));
    }
    return true;
}

static bool several_inputs(Settle *s) {
    if (s->n_in >= 2) return true;
    diag_error(s->b->diags, E_INVALID, s->ast->span,
               arena_printf(s->b->arena, "%s joins two inputs or more: [ a, b ] %s",
                            layer_kind_text(s->layer->kind), layer_kind_text(s->layer->kind)));
    return false;
}

static bool settle_add(Settle *s) { return several_inputs(s) && same_shapes(s, -1); }

static bool settle_concat(Settle *s) {
    return several_inputs(s) && dim_arg(s, "dim", 1, &s->layer->set.dim) && same_shapes(s, s->layer->set.dim);
}

static const struct LayerRow rows[LAYER_COUNT] = {
#define LAYER(kind, name, family, arguments) [LAYER_##kind] = {name, arguments, settle_##family},
#include "frontend/layer.def"
#undef LAYER
};

bool layer_settle(Settle *s) { return read_arguments(s) && rows[s->layer->kind].settle(s); }
