/* What families read of a layer's arguments and input shapes, and how they say what does not fit. */
#include "frontend/layer.h"
#include <stdarg.h>
#include <stdio.h>

const Ast *arg_given(Settle *s, const char *name) {
    for (uint32_t i = 0; i < s->n_args; i++)
        if (strcmp(s->names[i], name) == 0) return s->args[i];
    return NULL;
}

/* The value that the layer computes with, for SHOW MODEL. */
void arg_note(Settle *s, const char *name, const char *text) {
    for (uint32_t i = 0; i < s->n_args; i++)
        if (strcmp(s->names[i], name) == 0) s->shown[i] = text;
}

static void note_ints(Settle *s, const char *name, uint32_t n, const int64_t *at) {
    Buf b = {0};
    for (uint32_t i = 0; i < n; i++) buf_printf(&b, "%s%lld", i ? ", " : "", (long long)at[i]);
    arg_note(s, name, arena_printf(s->b->arena, n == 1 ? "%s" : "(%s)", b.p));
    buf_free(&b);
}

static const char *formatted(Arena *a, const char *fmt, va_list ap) {
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *text = arena_alloc(a, (size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, ap);
    return text;
}

bool arg_reject(Settle *s, const char *name, const char *fmt, ...) {
    const Ast *t = name ? arg_given(s, name) : NULL;
    va_list ap;
    va_start(ap, fmt);
    const char *why = formatted(s->b->arena, fmt, ap);
    va_end(ap);
    diag_error(s->b->diags, E_INVALID, t ? t->span : s->ast->span, why);
    return false;
}

/* Larger ones overflow products long before any machine holds them. */
enum { MOST = 1 << 28 };

bool arg_in_range(Settle *s, const Ast *t, const char *name, int64_t least, int64_t value) {
    if (value >= least && value <= MOST) return true;
    const char *why = value > MOST ? arena_printf(s->b->arena, "%s is at most %d", name, MOST)
                                   : arena_printf(s->b->arena, "%s is at least %lld", name, (long long)least);
    diag_error(s->b->diags, E_INVALID, t->span, why);
    return false;
}

bool arg_int(Settle *s, const char *name, int64_t otherwise, int64_t least, int64_t *out) {
    const Ast *t = arg_given(s, name);
    *out = otherwise;
    if (t && !(constant_int(s->b, t, name, out) && arg_in_range(s, t, name, least, *out))) return false;
    if (t || otherwise >= least) note_ints(s, name, 1, out);
    return true;
}

bool arg_ints(Settle *s, const char *name, uint32_t max, uint32_t *n, int64_t *out) {
    if (!constant_ints(s->b, arg_given(s, name), name, max, n, out)) return false;
    note_ints(s, name, *n, out);
    return true;
}

bool arg_bool(Settle *s, const char *name, bool otherwise, bool *out) {
    *out = otherwise;
    if (arg_given(s, name) && !constant_bool(s->b, arg_given(s, name), name, out)) return false;
    arg_note(s, name, *out ? "TRUE" : "FALSE");
    return true;
}

bool arg_double(Settle *s, const char *name, double otherwise, double *out) {
    *out = otherwise;
    if (arg_given(s, name) && !constant_double(s->b, arg_given(s, name), name, out)) return false;
    arg_note(s, name, arena_printf(s->b->arena, "%g", *out));
    return true;
}

bool arg_word(Settle *s, const char *name, const char *const *words, int64_t *out) {
    const Ast *t = arg_given(s, name);
    *out = 0;
    arg_note(s, name, arena_printf(s->b->arena, "'%s'", words[0]));
    if (!t) return true;
    const char *text = constant_text(s->b, t, name);
    if (!text) return false;
    Buf all = {0};
    for (int64_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            arg_note(s, name, arena_printf(s->b->arena, "'%s'", text));
            return buf_free(&all), *out = i, true;
        }
        buf_printf(&all, "%s'%s'", i == 0 ? "" : words[i + 1] ? ", " : " or ", words[i]);
    }
    arg_reject(s, name, "%s is %s", name, all.p);
    buf_free(&all);
    return false;
}

bool arg_spatial(Settle *s, const char *name, uint32_t n, const int64_t *otherwise, int64_t least,
                 int64_t *out) {
    const Ast *t = arg_given(s, name);
    uint32_t given = 0;
    memcpy(out, otherwise, n * sizeof *out);
    note_ints(s, name, n, out);
    if (!t) return true;
    if (!constant_ints(s->b, t, name, n, &given, out)) return false;
    for (uint32_t i = 1; given == 1 && i < n; i++) out[i] = out[0];
    if (given != 1 && given != n)
        return arg_reject(s, name, "%s takes 1 or %u numbers, not %u", name, n, given);
    for (uint32_t i = 0; i < n; i++)
        if (!arg_in_range(s, t, name, least, out[i])) return false;
    note_ints(s, name, n, out);
    return true;
}

bool arg_dim(Settle *s, const char *name, int64_t otherwise, int64_t *out) {
    const Ast *t = arg_given(s, name);
    int64_t d = otherwise, rank = s->in[0]->n;
    if (t && !constant_int(s->b, t, name, &d)) return false;
    *out = d < 0 ? d + rank : d - 1;
    note_ints(s, name, 1, &d);
    if (*out >= 0 && *out < rank) return true;
    return input_reject(s, 0, "it has no dimension %lld (0 is the batch)", (long long)d);
}

/* ---- shapes ---- */

bool input_reject(Settle *s, uint32_t input, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    const char *why = formatted(s->b->arena, fmt, ap);
    va_end(ap);
    diag_error(s->b->diags, E_LAYER_SHAPE, s->ast->span, layer_title(s->b, s->layer),
               bind_type_text(s->b, s->in[input]), s->from[input], why);
    return false;
}

bool input_one(Settle *s) {
    return s->n_in == 1 ||
           arg_reject(s, NULL, "%s takes one input, not %u", layer_kind_text(s->layer->kind), s->n_in);
}

bool input_several(Settle *s) {
    const char *kind = layer_kind_text(s->layer->kind);
    return s->n_in >= 2 || arg_reject(s, NULL, "%s joins two inputs or more: [ a, b ] %s", kind, kind);
}

bool input_known(Settle *s, uint32_t dim) {
    if (s->in[0]->dims[dim] != DIM_ANY) return true;
    return input_reject(s, 0, "it needs a size that is known when the model is made, not *");
}

bool input_all_known(Settle *s) {
    for (uint32_t d = 0; d < s->in[0]->n; d++)
        if (!input_known(s, d)) return false;
    return true;
}

bool input_rank(Settle *s, uint32_t rank, const char *form) {
    return s->in[0]->n == rank || input_reject(s, 0, "it takes %s", form);
}

const char *input_form(uint32_t spatial) {
    return spatial == 1   ? "(channels, length)"
           : spatial == 2 ? "(channels, height, width)"
                          : "(channels, depth, height, width)";
}

uint32_t input_spatial(LayerKind k) {
    const char *name = layer_kind_text(k);
    return (uint32_t)(name[strlen(name) - 2] - '0');
}

static const Type *weight_type(Settle *s, uint32_t rank, const int64_t *dims) {
    TypeKind k = s->in[0]->elem->kind == TY_F64 ? TY_F64 : TY_F32;
    return type_tensor(s->b->types, type_get(s->b->types, k), rank, dims);
}

void layer_tensor(Settle *s, const char *name, uint32_t rank, const int64_t *dims) {
    s->tensors[s->n_tensors++] = (ModelTensor){name, weight_type(s, rank, dims)};
}
