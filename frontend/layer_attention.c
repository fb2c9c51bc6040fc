/* Attention: contractions and a softmax, and the encoder and decoder layers round it.  A row has no batch
 * dimension: queries (Tq, E), keys (Tk, ..), values (Tk, ..), a mask (Tq, Tk). */
#include "frontend/layer.h"
#include "ir/tensor_build.h"
#include <math.h>

/* ---- the core ---- */

/* 0 where a query may look, -infinity where it may not. */
static const Node *causal_mask(Build *m, const Node *like, int64_t queries, int64_t keys) {
    double *at = ARENA_ARRAY(m->b->arena, double, queries *keys);
    for (int64_t i = 0; i < queries * keys; i++) at[i] = i % keys > i / keys ? -INFINITY : 0;
    return nn_table(m, like, 2, (int64_t[]){queries, keys}, at);
}

/* Added to the scores; truth values as they are, or reversed, choose between 0 and -infinity. */
static const Node *masked(Build *m, const Node *scores, const Node *mask, bool true_hides) {
    if (!mask || !scores) return scores;
    if (mask->type->elem->kind == TY_BOOL) {
        const Node *zero = nn_number(m, scores, 0), *none = nn_number(m, scores, -INFINITY);
        mask = nn_make(m, OP_WHERE, NULL, 3,
                       (const Node *const[]){mask, true_hides ? none : zero, true_hides ? zero : none});
    }
    return nn_2(m, OP_ADD, scores, mask);
}

typedef struct Attention {
    const Node *q, *k, *v; /* (H, Tq, D), (H, Tk, D), (H, Tk, Dv) */
    const Node *mask;      /* or NULL */
    bool true_hides, causal;
    double scale;
} Attention;

/* softmax(q k^T scale + mask) v:  (H, Tq, Dv) */
static const Node *attend(Build *m, const Attention *a) {
    if (!a->q || !a->k || !a->v) return NULL;
    const Node *scores = nn_einsum(m, "hqd,hkd->hqk", nn_op(m, OP_MUL, a->q, a->scale), a->k);
    scores = masked(m, scores, a->mask, a->true_hides);
    if (a->causal)
        scores = nn_2(m, OP_ADD, scores, causal_mask(m, a->q, a->q->type->dims[1], a->k->type->dims[1]));
    return nn_einsum(m, "hqk,hkd->hqd", nn_softmax(m, scores, 2), a->v);
}

/* ---- scaled_dot_product_attention(q, k, v [, mask]) ---- */

static bool sdpa_shapes(Settle *s) {
    for (uint32_t i = 0; i < 3; i++) {
        if (s->in[i]->n != 2 && s->in[i]->n != 3)
            return input_reject(s, i, "it takes (length, size) or (heads, length, size)");
        if (s->in[i]->n != s->in[0]->n)
            return input_reject(s, i, "%s yields %s", s->from[0], bind_type_text(s->b, s->in[0]));
        if (type_elems(s->in[i]) == DIM_ANY)
            return input_reject(s, i, "it needs a size that is known when the model is made, not *");
    }
    uint32_t n = s->in[0]->n;
    const int64_t *q = s->in[0]->dims, *k = s->in[1]->dims, *v = s->in[2]->dims;
    if (q[n - 1] != k[n - 1]) return input_reject(s, 1, "queries have size %lld", (long long)q[n - 1]);
    if (k[n - 2] != v[n - 2]) return input_reject(s, 2, "there are %lld keys", (long long)k[n - 2]);
    if (n == 3 && (q[0] % k[0] || k[0] != v[0]))
        return input_reject(s, 1, "there are %lld heads of queries", (long long)q[0]);
    return true;
}

static bool mask_shape(Settle *s, uint32_t i, int64_t queries, int64_t keys) {
    const Type *t = s->in[i];
    bool fits = t->n >= 1 && t->n <= 3 && (t->dims[t->n - 1] == keys || t->dims[t->n - 1] == 1) &&
                (t->n < 2 || t->dims[t->n - 2] == queries || t->dims[t->n - 2] == 1);
    return fits || input_reject(s, i, "a mask is (%lld, %lld)", (long long)queries, (long long)keys);
}

bool layer_settle_sdpa(Settle *s) {
    LayerSettings *set = &s->layer->set;
    if (s->n_in != 3 && s->n_in != 4)
        return arg_reject(s, NULL, "%s takes queries, keys, values and perhaps a mask",
                          layer_kind_text(s->layer->kind));
    if (!sdpa_shapes(s)) return false;
    uint32_t n = s->in[0]->n;
    double scale = 1 / sqrt((double)s->in[0]->dims[n - 1]);
    if (!arg_double(s, "dropout_p", 0, &set->p) || !arg_bool(s, "is_causal", false, &set->causal) ||
        !arg_double(s, "scale", scale, &set->a) || !arg_bool(s, "enable_gqa", false, &set->affine))
        return false;
    if (n == 3 && s->in[0]->dims[0] != s->in[1]->dims[0] && !set->affine)
        return input_reject(s, 1, "fewer heads of keys than of queries need enable_gqa => TRUE");
    return s->n_in == 3 || mask_shape(s, 3, s->in[0]->dims[n - 2], s->in[1]->dims[n - 2]);
}

/* Heads of keys that serve several heads of queries, one after another. */
static const Node *repeated_heads(Build *m, const Node *x, int64_t heads) {
    if (!x || x->type->dims[0] == heads) return x;
    int64_t times = heads / x->type->dims[0], *at = ARENA_ARRAY(m->b->arena, int64_t, heads);
    for (int64_t i = 0; i < heads; i++) at[i] = i / times;
    return nn_gather(m, x, 0, heads, at);
}

static const Node *with_heads(Build *m, const Node *x) {
    return x->type->n == 3 ? x : nn_split(m, x, 0, 2, (int64_t[]){1, x->type->dims[0]});
}

const Node *layer_build_sdpa(Build *m) {
    const LayerSettings *s = &m->l->set;
    const Node *q = with_heads(m, m->in[0]);
    int64_t heads = q->type->dims[0];
    Attention a = {.q = q,
                   .k = repeated_heads(m, with_heads(m, m->in[1]), heads),
                   .v = repeated_heads(m, with_heads(m, m->in[2]), heads),
                   .mask = m->l->n_in > 3 ? m->in[3] : NULL,
                   .causal = s->causal,
                   .scale = s->a};
    const Node *y = attend(m, &a);
    return m->in[0]->type->n == 3 ? y : nn_merge(m, y, 0, 2);
}

/* ---- with projections ----
 * in_proj_weight (3 E, E), or q_proj_weight (E, E), k_proj_weight (E, kdim), v_proj_weight (E, vdim);
 * in_proj_bias (3 E), out_proj.weight (E, E), out_proj.bias (E) */

static void projection_tensors(Settle *s, const char *prefix, int64_t e, int64_t kdim, int64_t vdim,
                               bool bias) {
    Arena *a = s->b->arena;
    if (kdim == e && vdim == e) {
        layer_tensor(s, arena_printf(a, "%sin_proj_weight", prefix), 2, (int64_t[]){3 * e, e});
    } else {
        layer_tensor(s, arena_printf(a, "%sq_proj_weight", prefix), 2, (int64_t[]){e, e});
        layer_tensor(s, arena_printf(a, "%sk_proj_weight", prefix), 2, (int64_t[]){e, kdim});
        layer_tensor(s, arena_printf(a, "%sv_proj_weight", prefix), 2, (int64_t[]){e, vdim});
    }
    if (bias) layer_tensor(s, arena_printf(a, "%sin_proj_bias", prefix), 1, (int64_t[]){3 * e});
    layer_tensor(s, arena_printf(a, "%sout_proj.weight", prefix), 2, (int64_t[]){e, e});
    if (bias) layer_tensor(s, arena_printf(a, "%sout_proj.bias", prefix), 1, &e);
}

/* (T, E) by heads: (H, T, E / H) */
static const Node *by_heads(Build *m, const Node *x, int64_t heads) {
    if (!x) return NULL;
    const Node *split = nn_split(m, x, 1, 2, (int64_t[]){heads, x->type->dims[1] / heads});
    return nn_transpose(m, split, 0, 1);
}

static const Node *projected(Build *m, const Node *x, const Node *w, const Node *b, int64_t part, int64_t e) {
    if (b) b = nn_slice(m, b, 0, part * e, (part + 1) * e);
    return nn_linear(m, x, w, b);
}

typedef struct Projections {
    const Node *query, *key, *value, *mask;
    uint32_t tensor; /* the first of its tensors in the layer */
    int64_t e, heads;
    bool packed, bias, causal;
} Projections;

/* One contraction for all three where they read the same. */
static void project(Build *m, const Projections *p, const Node **q, const Node **k, const Node **v) {
    uint32_t weights = p->packed ? 1 : 3;
    const Node *w = nn_weight(m, p->tensor), *b = p->bias ? nn_weight(m, p->tensor + weights) : NULL;
    if (p->packed && p->query == p->key && p->key == p->value) {
        const Node *all = nn_linear(m, p->query, w, b), **out[] = {q, k, v};
        for (int i = 0; i < 3; i++) *out[i] = nn_slice(m, all, 1, i * p->e, (i + 1) * p->e);
        return;
    }
    const Node *from[] = {p->query, p->key, p->value}, **out[] = {q, k, v};
    for (int i = 0; i < 3; i++) {
        const Node *own =
            p->packed ? nn_slice(m, w, 0, i * p->e, (i + 1) * p->e) : nn_weight(m, p->tensor + (uint32_t)i);
        *out[i] = projected(m, from[i], own, b, i, p->e);
    }
}

static const Node *multihead(Build *m, const Projections *p) {
    const Node *q, *k, *v;
    uint32_t last = p->tensor + (p->packed ? 1 : 3) + p->bias;
    project(m, p, &q, &k, &v);
    Attention a = {.q = by_heads(m, q, p->heads),
                   .k = by_heads(m, k, p->heads),
                   .v = by_heads(m, v, p->heads),
                   .mask = p->mask,
                   .true_hides = true,
                   .causal = p->causal,
                   .scale = 1 / sqrt((double)(p->e / p->heads))};
    const Node *y = nn_merge(m, nn_transpose(m, attend(m, &a), 0, 1), 1, 2);
    return nn_linear(m, y, nn_weight(m, last), p->bias ? nn_weight(m, last + 1) : NULL);
}

/* A sequence of vectors of `size` (0: any). */
static bool takes_sequence(Settle *s, uint32_t i, int64_t size) {
    const Type *t = s->in[i];
    if (t->n != 2) return input_reject(s, i, "it takes (length, size)");
    if (type_elems(t) == DIM_ANY)
        return input_reject(s, i, "it needs a size that is known when the model is made, not *");
    return size == 0 || t->dims[1] == size || input_reject(s, i, "it takes vectors of %lld", (long long)size);
}

static bool heads_divide(Settle *s, const char *name) {
    LayerSettings *set = &s->layer->set;
    return set->in % set->groups == 0 ||
           arg_reject(s, name, "%lld heads do not divide %lld", (long long)set->groups, (long long)set->in);
}

static bool batch_is_none(Settle *s) {
    bool ignored;
    return arg_bool(s, "batch_first", false, &ignored); /* a row has no batch dimension */
}

/* One input attends to itself, two are queries and what they look at, three queries, keys and values; a
 * fourth masks. */
bool layer_settle_multihead_attention(Settle *s) {
    LayerSettings *set = &s->layer->set;
    int64_t kdim, vdim;
    if (s->n_in > 4) return arg_reject(s, NULL, "multihead_attention takes queries, keys, values and a mask");
    if (!arg_int(s, "embed_dim", 0, 1, &set->in) || !arg_int(s, "num_heads", 0, 1, &set->groups) ||
        !arg_double(s, "dropout", 0, &set->p) || !arg_bool(s, "bias", true, &set->bias) ||
        !arg_int(s, "kdim", set->in, 1, &kdim) || !arg_int(s, "vdim", set->in, 1, &vdim) ||
        !batch_is_none(s) || !arg_bool(s, "is_causal", false, &set->causal) || !heads_divide(s, "num_heads"))
        return false;
    int64_t sizes[] = {set->in, kdim, s->n_in == 2 ? kdim : vdim};
    for (uint32_t i = 0; i < s->n_in && i < 3; i++)
        if (!takes_sequence(s, i, sizes[i])) return false;
    const Type *keys = s->in[s->n_in > 1], *values = s->in[s->n_in > 2 ? 2 : s->n_in - 1];
    if (keys->dims[1] != kdim || values->dims[1] != vdim)
        return input_reject(s, 0, "kdim and vdim are of other inputs");
    if (keys->dims[0] != values->dims[0])
        return input_reject(s, 2, "there are %lld keys", (long long)keys->dims[0]);
    set->out = set->in;
    set->affine = kdim == set->in && vdim == set->in;
    projection_tensors(s, "", set->in, kdim, vdim, set->bias);
    return s->n_in < 4 || mask_shape(s, 3, s->in[0]->dims[0], keys->dims[0]);
}

const Node *layer_build_multihead_attention(Build *m) {
    const LayerSettings *s = &m->l->set;
    uint32_t n = m->l->n_in;
    Projections p = {.query = m->in[0],
                     .key = m->in[n > 1],
                     .value = m->in[n > 2 ? 2 : n - 1],
                     .mask = n > 3 ? m->in[3] : NULL,
                     .e = s->in,
                     .heads = s->groups,
                     .packed = s->affine,
                     .bias = s->bias,
                     .causal = s->causal};
    return multihead(m, &p);
}

/* ---- transformer layers ----
 * encoder:  x + attention, + feed forward;  decoder: a second attention looks at a memory.  Each sum is
 * normalised, or, with norm_first, what is added. */

static bool is_decoder(LayerKind k) { return k == LAYER_TRANSFORMER_DECODER_LAYER; }

static void linear_tensors(Settle *s, const char *name, int64_t out, int64_t in) {
    layer_tensor(s, arena_printf(s->b->arena, "%s.weight", name), 2, (int64_t[]){out, in});
    if (s->layer->set.bias) layer_tensor(s, arena_printf(s->b->arena, "%s.bias", name), 1, &out);
}

static void norm_tensors(Settle *s, const char *name, int64_t size) {
    layer_tensor(s, arena_printf(s->b->arena, "%s.weight", name), 1, &size);
    if (s->layer->set.bias) layer_tensor(s, arena_printf(s->b->arena, "%s.bias", name), 1, &size);
}

static void transformer_tensors(Settle *s) {
    LayerSettings *set = &s->layer->set;
    bool decoder = is_decoder(s->layer->kind);
    projection_tensors(s, "self_attn.", set->in, set->in, set->in, set->bias);
    if (decoder) projection_tensors(s, "multihead_attn.", set->in, set->in, set->in, set->bias);
    linear_tensors(s, "linear1", set->out, set->in);
    linear_tensors(s, "linear2", set->in, set->out);
    norm_tensors(s, "norm1", set->in);
    norm_tensors(s, "norm2", set->in);
    if (decoder) norm_tensors(s, "norm3", set->in);
}

bool layer_settle_transformer(Settle *s) {
    static const char *const activations[] = {"relu", "gelu", NULL};
    LayerSettings *set = &s->layer->set;
    uint32_t sequences = is_decoder(s->layer->kind) ? 2 : 1;
    if (s->n_in < sequences || s->n_in > sequences + 1)
        return arg_reject(s, NULL,
                          sequences == 1 ? "%s takes a sequence and perhaps a mask"
                                         : "%s takes a sequence, a memory and perhaps a mask",
                          layer_kind_text(s->layer->kind));
    if (!arg_int(s, "d_model", 0, 1, &set->in) || !arg_int(s, "nhead", 0, 1, &set->groups) ||
        !arg_int(s, "dim_feedforward", 2048, 1, &set->out) || !arg_double(s, "dropout", 0.1, &set->p) ||
        !arg_word(s, "activation", activations, &set->mode) ||
        !arg_double(s, "layer_norm_eps", 1e-5, &set->eps) || !batch_is_none(s) ||
        !arg_bool(s, "norm_first", false, &set->norm_first) || !arg_bool(s, "bias", true, &set->bias) ||
        !arg_bool(s, "is_causal", false, &set->causal) || !heads_divide(s, "nhead"))
        return false;
    for (uint32_t i = 0; i < sequences; i++)
        if (!takes_sequence(s, i, set->in)) return false;
    transformer_tensors(s);
    return s->n_in == sequences || mask_shape(s, sequences, s->in[0]->dims[0], s->in[0]->dims[0]);
}

typedef struct Transformer {
    Build *m;
    uint32_t attention_tensors, linear, norm; /* first tensors of each part */
    uint32_t each;                            /* tensors of a linear layer or a norm: with a bias two */
} Transformer;

static const Node *transformer_norm(const Transformer *t, uint32_t i, const Node *x) {
    uint32_t at = t->norm + i * t->each;
    return nn_layer_norm(t->m, x, 1, nn_weight(t->m, at), t->each == 2 ? nn_weight(t->m, at + 1) : NULL);
}

static const Node *feed_forward(const Transformer *t, const Node *x) {
    Build *m = t->m;
    uint32_t at = t->linear;
    bool bias = t->each == 2;
    const Node *hidden = nn_linear(m, x, nn_weight(m, at), bias ? nn_weight(m, at + 1) : NULL);
    at += t->each;
    hidden = m->l->set.mode ? nn_gelu(m, hidden, false) : nn_1(m, OP_RELU, hidden);
    return nn_linear(m, hidden, nn_weight(m, at), bias ? nn_weight(m, at + 1) : NULL);
}

/* Part 0 attends to the sequence itself; in a decoder part 1 to the memory; the last feeds forward. */
static const Node *transformer_part(const Transformer *t, uint32_t i, uint32_t last, const Node *x) {
    Build *m = t->m;
    const LayerSettings *s = &m->l->set;
    uint32_t sequences = is_decoder(m->l->kind) ? 2 : 1;
    if (i == last) return feed_forward(t, x);
    const Node *memory = i == 0 ? x : m->in[1];
    Projections p = {.query = x,
                     .key = memory,
                     .value = memory,
                     .tensor = i * t->attention_tensors,
                     .e = s->in,
                     .heads = s->groups,
                     .packed = true,
                     .bias = s->bias,
                     .causal = i == 0 && s->causal,
                     .mask = i == 0 && m->l->n_in > sequences ? m->in[sequences] : NULL};
    return multihead(m, &p);
}

const Node *layer_build_transformer(Build *m) {
    const LayerSettings *s = &m->l->set;
    uint32_t last = is_decoder(m->l->kind) ? 2 : 1, each = s->bias ? 2 : 1;
    Transformer t = {.m = m, .attention_tensors = 2 * each, .linear = last * 2 * each, .each = each};
    t.norm = t.linear + 2 * each;
    const Node *x = m->in[0];
    for (uint32_t i = 0; i <= last; i++) {
        const Node *read = s->norm_first ? transformer_norm(&t, i, x) : x;
        x = nn_2(m, OP_ADD, x, transformer_part(&t, i, last, read));
        if (!s->norm_first) x = transformer_norm(&t, i, x);
    }
    return x;
}
