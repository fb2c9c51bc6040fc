/* Layers by name: which there are, what their arguments are called, and who settles and builds each. */
#include "frontend/layer.h"

static const struct LayerRow {
    const char *name, *arguments;
    bool (*settle)(Settle *s);
    const Node *(*build)(Build *m);
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
    {"swish", "silu"},
    {"hard_sigmoid", "hardsigmoid"},
    {"hard_swish", "hardswish"},
    {"layernormalization", "layer_norm"},
    {"instancenormalization", "instance_norm2d"},
    {"convtranspose", "conv_transpose2d"},
    {"conv2dtranspose", "conv_transpose2d"},
    {"global_average_pooling2d", "adaptive_avg_pool2d"},
    {"globalaveragepool", "adaptive_avg_pool2d"},
    {"upsampling2d", "upsample"},
    {"resize", "interpolate"},
    {"multiply", "mul"},
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

static const struct LayerRow rows[LAYER_COUNT] = {
#define LAYER(kind, name, family, arguments)                                                                 \
    [LAYER_##kind] = {name, arguments, layer_settle_##family, layer_build_##family},
#include "frontend/layer.def"
#undef LAYER
};

/* "kernel_size => 3, stride => 1" */
static const char *resolved(const Settle *s) {
    Buf b = {0};
    buf_puts(&b, "");
    for (uint32_t i = 0; i < s->n_args; i++)
        if (s->shown[i]) buf_printf(&b, "%s%s => %s", b.n ? ", " : "", s->names[i], s->shown[i]);
    const char *text = arena_strndup(s->b->arena, b.p, b.n);
    buf_free(&b);
    return text;
}

bool layer_settle(Settle *s) {
    if (!read_arguments(s) || !rows[s->layer->kind].settle(s)) return false;
    s->layer->arguments = resolved(s);
    return true;
}

const Node *layer_build(Binder *b, const ModelLayer *l, const char *model, int64_t version,
                        const ModelTensor *tensors, const Node *const *in, Span at) {
    Build m = {b, l, model, version, tensors, in, at};
    return rows[l->kind].build(&m);
}
